/* SPDX-License-Identifier: Apache-2.0 */
#include "app/hub_engine_wire.h"

#include <string.h>

#include "base/ban.h"

#define HEAD_MAX 128u

/* The fields before the bytes of others: small, and of a known size. */
struct head {
	uint8_t bytes[HEAD_MAX];
	size_t size;
};

static void add(struct head *head, const void *from, size_t size)
{
	memcpy(head->bytes + head->size, from, size); /* HEAD_MAX is more than any of ours */
	head->size += size;
}

static void add_u8(struct head *head, uint8_t value)
{
	add(head, &value, sizeof(value));
}

static void add_u32(struct head *head, uint32_t value)
{
	add(head, &value, sizeof(value));
}

static void add_u64(struct head *head, uint64_t value)
{
	add(head, &value, sizeof(value));
}

static struct yg_bytes bytes_of(const struct head *head)
{
	return (struct yg_bytes){head->bytes, head->size};
}

static int put(struct yg_msg_pipe *pipe, enum yg_hub_engine_kind kind, uint64_t id,
	       const struct head *head)
{
	const struct yg_bytes part = bytes_of(head);

	return yg_msg_put(pipe, kind, id, &part, 1);
}

static bool read_flag(struct yg_msg_reader *reader)
{
	uint8_t value = yg_msg_u8(reader);

	if (value > 1)
		reader->is_bad = true;
	return value == 1;
}

static struct yg_bytes read_name(struct yg_msg_reader *reader, size_t size_max)
{
	struct yg_bytes name = yg_msg_bytes(reader, size_max);

	if (name.size == 0)
		reader->is_bad = true;
	return name;
}

/* What the engine can answer, by number on the pipe. */
static const int results[] = {YG_OK,	 YG_ENOMEM,    YG_EFORMAT, YG_EDIGEST,
			      YG_ELIMIT, YG_EMISMATCH, YG_ENOENT,  YG_EIO};
#define RESULT_COUNT (sizeof(results) / sizeof(results[0]))

static uint32_t number_of(int rc)
{
	for (uint32_t i = 0; i < RESULT_COUNT; i++)
		if (results[i] == rc)
			return i;
	return RESULT_COUNT - 1; /* input or output: whatever else went wrong */
}

static int read_result(struct yg_msg_reader *reader)
{
	uint32_t number = yg_msg_u32(reader);

	if (number >= RESULT_COUNT) {
		reader->is_bad = true;
		return YG_EIO;
	}
	return results[number];
}

/* ---- from the keeper ---- */

int yg_hub_judge_put(struct yg_msg_pipe *pipe, uint64_t id, const struct yg_hub_judge *judge)
{
	struct head head = {.size = 0}, sensor_size = {.size = 0};
	struct yg_bytes parts[5];

	add_u8(&head, judge->is_new);
	add_u64(&head, judge->position);
	add_u64(&head, (uint64_t)judge->received_ns);
	add_u32(&head, (uint32_t)judge->org.size);
	add_u32(&sensor_size, (uint32_t)judge->sensor.size);
	parts[0] = bytes_of(&head);
	parts[1] = judge->org;
	parts[2] = bytes_of(&sensor_size);
	parts[3] = judge->sensor;
	parts[4] = judge->body;
	return yg_msg_put(pipe, YG_HUB_JUDGE, id, parts, 5);
}

int yg_hub_judge_read(struct yg_bytes body, struct yg_hub_judge *ret)
{
	struct yg_msg_reader reader = yg_msg_read(body);

	ret->is_new = read_flag(&reader);
	ret->position = yg_msg_u64(&reader);
	ret->received_ns = (int64_t)yg_msg_u64(&reader);
	ret->org = read_name(&reader, YG_FACT_ORG_MAX);
	ret->sensor = read_name(&reader, YG_HUB_ENGINE_SENSOR_MAX);
	ret->body = reader.rest;
	return reader.is_bad || ret->body.size > YG_WIRE_BATCH_MAX ? YG_EFORMAT : YG_OK;
}

int yg_hub_begin_put(struct yg_msg_pipe *pipe, uint64_t id, uint64_t seed)
{
	struct head head = {.size = 0};

	add_u64(&head, seed);
	return put(pipe, YG_HUB_BEGIN, id, &head);
}

int yg_hub_begin_read(struct yg_bytes body, uint64_t *ret_seed)
{
	struct yg_msg_reader reader = yg_msg_read(body);

	*ret_seed = yg_msg_u64(&reader);
	return yg_msg_is_whole(&reader) ? YG_OK : YG_EFORMAT;
}

int yg_hub_restore_put(struct yg_msg_pipe *pipe, uint64_t id, struct yg_bytes org,
		       struct yg_bytes piece, bool is_last)
{
	struct head head = {.size = 0};
	struct yg_bytes parts[3];

	add_u8(&head, is_last);
	add_u32(&head, (uint32_t)org.size);
	parts[0] = bytes_of(&head);
	parts[1] = org;
	parts[2] = piece;
	return yg_msg_put(pipe, YG_HUB_RESTORE, id, parts, 3);
}

int yg_hub_restore_read(struct yg_bytes body, struct yg_bytes *ret_org, struct yg_bytes *ret_piece,
			bool *ret_is_last)
{
	struct yg_msg_reader reader = yg_msg_read(body);

	*ret_is_last = read_flag(&reader);
	*ret_org = read_name(&reader, YG_FACT_ORG_MAX);
	*ret_piece = reader.rest;
	return reader.is_bad || ret_piece->size > YG_HUB_ENGINE_PIECE_MAX ? YG_EFORMAT : YG_OK;
}

int yg_hub_load_put(struct yg_msg_pipe *pipe, uint64_t id, struct yg_bytes hunt, uint64_t seed)
{
	struct head head = {.size = 0};
	struct yg_bytes parts[2];

	add_u64(&head, seed);
	parts[0] = bytes_of(&head);
	parts[1] = hunt;
	return yg_msg_put(pipe, YG_HUB_LOAD, id, parts, 2);
}

int yg_hub_load_read(struct yg_bytes body, struct yg_bytes *ret_hunt, uint64_t *ret_seed)
{
	struct yg_msg_reader reader = yg_msg_read(body);

	*ret_seed = yg_msg_u64(&reader);
	*ret_hunt = reader.rest;
	return reader.is_bad || ret_hunt->size == 0 || ret_hunt->size > YG_HUB_ENGINE_HUNT_MAX
		       ? YG_EFORMAT
		       : YG_OK;
}

int yg_hub_frame_put(struct yg_msg_pipe *pipe, uint64_t id, const struct yg_hub_judge *frame)
{
	struct head head = {.size = 0};
	struct yg_bytes parts[3];

	add_u64(&head, frame->position);
	add_u64(&head, (uint64_t)frame->received_ns);
	add_u32(&head, (uint32_t)frame->org.size);
	parts[0] = bytes_of(&head);
	parts[1] = frame->org;
	parts[2] = frame->body;
	return yg_msg_put(pipe, YG_HUB_FRAME, id, parts, 3);
}

int yg_hub_frame_read(struct yg_bytes body, struct yg_hub_judge *ret)
{
	struct yg_msg_reader reader = yg_msg_read(body);

	*ret = (struct yg_hub_judge){.is_new = true};
	ret->position = yg_msg_u64(&reader);
	ret->received_ns = (int64_t)yg_msg_u64(&reader);
	ret->org = read_name(&reader, YG_FACT_ORG_MAX);
	ret->body = reader.rest;
	/* Whole lines, as they are cut by. */
	return reader.is_bad || ret->body.size == 0 || ret->body.size > YG_WIRE_CONTENT_MAX ||
			       ret->body.data[ret->body.size - 1] != '\n'
		       ? YG_EFORMAT
		       : YG_OK;
}

int yg_hub_of_org_put(struct yg_msg_pipe *pipe, enum yg_hub_engine_kind kind, uint64_t id,
		      struct yg_bytes org)
{
	return yg_msg_put(pipe, kind, id, &org, 1);
}

int yg_hub_of_org_read(struct yg_bytes body, struct yg_bytes *ret_org)
{
	*ret_org = body;
	return body.size > 0 && body.size <= YG_FACT_ORG_MAX ? YG_OK : YG_EFORMAT;
}

int yg_hub_tick_put(struct yg_msg_pipe *pipe, uint64_t id, struct yg_bytes org, int64_t now_ns)
{
	struct head head = {.size = 0};
	struct yg_bytes parts[2];

	add_u64(&head, (uint64_t)now_ns);
	parts[0] = bytes_of(&head);
	parts[1] = org;
	return yg_msg_put(pipe, YG_HUB_TICK, id, parts, 2);
}

int yg_hub_tick_read(struct yg_bytes body, struct yg_bytes *ret_org, int64_t *ret_now_ns)
{
	struct yg_msg_reader reader = yg_msg_read(body);

	*ret_now_ns = (int64_t)yg_msg_u64(&reader);
	return reader.is_bad ? YG_EFORMAT : yg_hub_of_org_read(reader.rest, ret_org);
}

int yg_hub_word_put(struct yg_msg_pipe *pipe, enum yg_hub_engine_kind kind, uint64_t id)
{
	return yg_msg_put(pipe, kind, id, NULL, 0);
}

/* ---- from the engine ---- */

int yg_hub_begun_put(struct yg_msg_pipe *pipe, uint64_t id, const struct yg_hub_engine_set *set)
{
	struct head head = {.size = 0};
	const struct yg_bytes parts[] = {
		{(const uint8_t *)set->rules, sizeof(set->rules) - 1},
		{set->lists, sizeof(set->lists)},
		{head.bytes, 3 * sizeof(uint32_t)},
	};

	add_u32(&head, number_of(set->rc));
	add_u32(&head, set->rule_count);
	add_u32(&head, set->indicator_count);
	return yg_msg_put(pipe, YG_HUB_BEGUN, id, parts, 3);
}

int yg_hub_begun_read(struct yg_bytes body, struct yg_hub_engine_set *ret)
{
	struct yg_msg_reader reader = yg_msg_read(body);

	yg_msg_raw(&reader, ret->rules, sizeof(ret->rules) - 1);
	ret->rules[sizeof(ret->rules) - 1] = '\0';
	yg_msg_raw(&reader, ret->lists, sizeof(ret->lists));
	ret->rc = read_result(&reader);
	ret->rule_count = yg_msg_u32(&reader);
	ret->indicator_count = yg_msg_u32(&reader);
	for (size_t i = 0; i < sizeof(ret->rules) - 1; i++)
		if (!memchr("0123456789abcdef", ret->rules[i], 16))
			reader.is_bad = true;
	return yg_msg_is_whole(&reader) ? YG_OK : YG_EFORMAT;
}

/* The texts of a finding, in the order of the message. */
#define TEXTS(f)                                                                                   \
	{                                                                                          \
		&(f)->rule, &(f)->title, &(f)->title_ja, &(f)->reason, &(f)->source, &(f)->actor,  \
			&(f)->target, &(f)->matched                                                \
	}
#define TEXT_COUNT 8u
#define FOUND_MAX  (HEAD_MAX + TEXT_COUNT * (4u + YG_FACT_TEXT_MAX))

/* @room: FOUND_MAX bytes. YG_OK, YG_EINVAL. */
static int write_found(uint32_t record, const struct yg_fact_finding *f, uint8_t *room,
		       struct yg_bytes *ret)
{
	const struct yg_bytes *const texts[TEXT_COUNT] = TEXTS(f);
	struct head head = {.size = 0};
	struct yg_bytes body = {room, 0};

	add_u32(&head, record);
	add_u8(&head, (uint8_t)f->level);
	add_u8(&head, (uint8_t)f->kind);
	add_u8(&head, (uint8_t)f->field);
	add_u8(&head, (uint8_t)f->outcome);
	add_u64(&head, (uint64_t)f->first_ns);
	add_u64(&head, (uint64_t)f->last_ns);
	memcpy(room, head.bytes, head.size);
	body.size = head.size;
	for (size_t i = 0; i < TEXT_COUNT; i++) {
		uint32_t size = (uint32_t)texts[i]->size;

		if (size > YG_FACT_TEXT_MAX)
			return YG_EINVAL;
		memcpy(room + body.size, &size, sizeof(size));
		body.size += sizeof(size);
		if (size > 0)
			memcpy(room + body.size, texts[i]->data, size);
		body.size += size;
	}
	*ret = body;
	return YG_OK;
}

int yg_hub_found_put(struct yg_msg_pipe *pipe, uint64_t id, uint32_t record,
		     const struct yg_fact_finding *f)
{
	uint8_t room[FOUND_MAX];
	struct yg_bytes body;
	int rc = write_found(record, f, room, &body);

	return rc == YG_OK ? yg_msg_put(pipe, YG_HUB_FOUND, id, &body, 1) : rc;
}

static int read_found(struct yg_msg_reader *reader, uint32_t *ret_record,
		      struct yg_fact_finding *ret)
{
	struct yg_bytes *const texts[TEXT_COUNT] = TEXTS(ret);
	uint8_t level, kind, field, outcome;

	*ret_record = yg_msg_u32(reader);
	level = yg_msg_u8(reader);
	kind = yg_msg_u8(reader);
	field = yg_msg_u8(reader);
	outcome = yg_msg_u8(reader);
	ret->first_ns = (int64_t)yg_msg_u64(reader);
	ret->last_ns = (int64_t)yg_msg_u64(reader);
	for (size_t i = 0; i < TEXT_COUNT; i++)
		*texts[i] = yg_msg_bytes(reader, YG_FACT_TEXT_MAX);
	if (!yg_msg_is_whole(reader) || *ret_record >= YG_WIRE_RECORDS_MAX ||
	    level > YG_LEVEL_CRITICAL || kind > YG_KIND_CORRELATION || field >= YG_ATTACK_COUNT ||
	    outcome > YG_OUTCOME_POSSIBLE || ret->first_ns > ret->last_ns || ret->rule.size == 0)
		return YG_EFORMAT;
	ret->level = (enum yg_level)level;
	ret->kind = (enum yg_finding_kind)kind;
	ret->field = (enum yg_attack_field)field;
	ret->outcome = (enum yg_outcome)outcome;
	return YG_OK;
}

int yg_hub_found_read(struct yg_bytes body, uint32_t *ret_record, struct yg_fact_finding *ret)
{
	struct yg_msg_reader reader = yg_msg_read(body);

	*ret = (struct yg_fact_finding){.count = 1};
	return read_found(&reader, ret_record, ret);
}

int yg_hub_waited_put(struct yg_msg_pipe *pipe, uint64_t id, const struct yg_fact_finding *f)
{
	struct head head = {.size = 0};
	struct yg_bytes parts[3];
	uint8_t room[FOUND_MAX];
	int rc = write_found(0, f, room, &parts[2]);

	add_u64(&head, f->refs[0].number);
	add_u64(&head, (uint64_t)f->received_ns);
	add_u32(&head, (uint32_t)f->sensor.size);
	parts[0] = bytes_of(&head);
	parts[1] = f->sensor;
	return rc == YG_OK ? yg_msg_put(pipe, YG_HUB_WAITED, id, parts, 3) : rc;
}

int yg_hub_waited_read(struct yg_bytes body, struct yg_fact_finding *ret)
{
	struct yg_msg_reader reader = yg_msg_read(body);
	uint32_t record;

	*ret = (struct yg_fact_finding){.count = 1, .ref_count = 1};
	ret->refs[0].number = yg_msg_u64(&reader);
	ret->received_ns = (int64_t)yg_msg_u64(&reader);
	ret->refs[0].received_ns = ret->received_ns;
	ret->sensor = read_name(&reader, YG_HUB_ENGINE_SENSOR_MAX);
	return read_found(&reader, &record, ret) == YG_OK && record == 0 ? YG_OK : YG_EFORMAT;
}

int yg_hub_told_put(struct yg_msg_pipe *pipe, uint64_t id, const struct yg_fact_finding *f)
{
	struct head head = {.size = 0}, bundle_size = {.size = 0}, rules_size = {.size = 0};
	struct yg_bytes parts[6];
	uint8_t room[FOUND_MAX];
	int rc = write_found(0, f, room, &parts[5]);

	add_u64(&head, f->count);
	add_u64(&head, (uint64_t)f->minute_ns);
	add_u32(&bundle_size, (uint32_t)f->bundle.size);
	add_u32(&rules_size, (uint32_t)f->rules.size);
	parts[0] = bytes_of(&head);
	parts[1] = bytes_of(&bundle_size);
	parts[2] = f->bundle;
	parts[3] = bytes_of(&rules_size);
	parts[4] = f->rules;
	return rc == YG_OK ? yg_msg_put(pipe, YG_HUB_TOLD, id, parts, 6) : rc;
}

int yg_hub_told_read(struct yg_bytes body, struct yg_fact_finding *ret)
{
	struct yg_msg_reader reader = yg_msg_read(body);
	uint32_t record;

	*ret = (struct yg_fact_finding){.count = yg_msg_u64(&reader)};
	ret->minute_ns = (int64_t)yg_msg_u64(&reader);
	ret->bundle = yg_msg_bytes(&reader, YG_TOLD_BUNDLE_MAX);
	ret->rules = yg_msg_bytes(&reader, YG_TOLD_RULES_MAX);
	return read_found(&reader, &record, ret) == YG_OK && record == 0 && ret->count > 0 &&
			       ret->count <= YG_TOLD_COUNT_MAX && ret->bundle.size > 0 &&
			       ret->bundle.data[0] == YG_TOLD_BUNDLE_MARK &&
			       yg_bytes_starts(ret->rules, YG_S(YG_FACT_TOLD))
		       ? YG_OK
		       : YG_EFORMAT;
}

int yg_hub_looked_put(struct yg_msg_pipe *pipe, uint64_t id, const struct yg_told_look *look)
{
	const int64_t times[] = {look->from_ns, look->to_ns, look->first_ns, look->last_ns};
	const uint64_t counts[] = {look->records, look->count, look->gaps, look->damaged};
	struct head head = {.size = 0};
	struct yg_bytes parts[2];

	add_u8(&head, look->has_archive);
	for (size_t i = 0; i < 4; i++)
		add_u64(&head, (uint64_t)times[i]);
	for (size_t i = 0; i < 4; i++)
		add_u64(&head, counts[i]);
	parts[0] = bytes_of(&head);
	parts[1] = look->list;
	return yg_msg_put(pipe, YG_HUB_LOOKED, id, parts, 2);
}

int yg_hub_looked_read(struct yg_bytes body, struct yg_told_look *ret)
{
	struct yg_msg_reader reader = yg_msg_read(body);
	int64_t times[4];
	uint64_t counts[4];
	uint8_t has_archive = yg_msg_u8(&reader);

	for (size_t i = 0; i < 4; i++)
		times[i] = (int64_t)yg_msg_u64(&reader);
	for (size_t i = 0; i < 4; i++)
		counts[i] = yg_msg_u64(&reader);
	*ret = (struct yg_told_look){.list = reader.rest,
				     .has_archive = has_archive == 1,
				     .from_ns = times[0],
				     .to_ns = times[1],
				     .first_ns = times[2],
				     .last_ns = times[3],
				     .records = counts[0],
				     .count = counts[1],
				     .gaps = counts[2],
				     .damaged = counts[3]};
	return !reader.is_bad && has_archive <= 1 && yg_told_look_is(ret) ? YG_OK : YG_EFORMAT;
}

int yg_hub_learnt_put(struct yg_msg_pipe *pipe, uint64_t id, const struct yg_hub_learnt *learnt)
{
	struct head head = {.size = 0};
	struct yg_bytes parts[2];

	add(&head, learnt->bundle, sizeof(learnt->bundle));
	add_u8(&head, (uint8_t)learnt->outcome);
	parts[0] = bytes_of(&head);
	parts[1] = learnt->reason;
	return yg_msg_put(pipe, YG_HUB_LEARNT, id, parts, 2);
}

int yg_hub_learnt_read(struct yg_bytes body, struct yg_hub_learnt *ret)
{
	struct yg_msg_reader reader = yg_msg_read(body);
	uint8_t outcome;

	yg_msg_raw(&reader, ret->bundle, sizeof(ret->bundle));
	outcome = yg_msg_u8(&reader);
	ret->reason = reader.rest;
	if (reader.is_bad || outcome > YG_OUTCOME_POSSIBLE || ret->reason.size > YG_FACT_TEXT_MAX)
		return YG_EFORMAT;
	ret->outcome = (enum yg_outcome)outcome;
	return YG_OK;
}

int yg_hub_judged_put(struct yg_msg_pipe *pipe, uint64_t id,
		      const struct yg_hub_judged_batch *judged)
{
	struct head head = {.size = 0};

	add_u32(&head, number_of(judged->rc));
	add_u64(&head, judged->records);
	add_u64(&head, judged->bytes);
	add_u64(&head, judged->unread);
	add_u64(&head, judged->findings);
	add_u64(&head, judged->unlisted);
	add_u64(&head, judged->held);
	add_u64(&head, judged->pushed_out);
	add_u64(&head, judged->hurried);
	add_u64(&head, (uint64_t)judged->due_ns);
	return put(pipe, YG_HUB_JUDGED, id, &head);
}

int yg_hub_judged_read(struct yg_bytes body, struct yg_hub_judged_batch *ret)
{
	struct yg_msg_reader reader = yg_msg_read(body);

	ret->rc = read_result(&reader);
	ret->records = yg_msg_u64(&reader);
	ret->bytes = yg_msg_u64(&reader);
	ret->unread = yg_msg_u64(&reader);
	ret->findings = yg_msg_u64(&reader);
	ret->unlisted = yg_msg_u64(&reader);
	ret->held = yg_msg_u64(&reader);
	ret->pushed_out = yg_msg_u64(&reader);
	ret->hurried = yg_msg_u64(&reader);
	ret->due_ns = (int64_t)yg_msg_u64(&reader);
	if (!yg_msg_is_whole(&reader) || ret->records > YG_WIRE_RECORDS_MAX ||
	    ret->bytes > YG_WIRE_CONTENT_MAX || ret->unread > ret->records ||
	    ret->findings > YG_HUB_ENGINE_HELD_MAX || ret->unlisted > ret->findings ||
	    ret->held > YG_HUB_ENGINE_HELD_MAX || ret->pushed_out > YG_HUB_ENGINE_HELD_MAX ||
	    ret->hurried > YG_HUB_ENGINE_HELD_MAX)
		return YG_EFORMAT;
	return YG_OK;
}

int yg_hub_state_put(struct yg_msg_pipe *pipe, uint64_t id, struct yg_bytes piece)
{
	return yg_msg_put(pipe, YG_HUB_STATE, id, &piece, 1);
}

int yg_hub_state_read(struct yg_bytes body, struct yg_bytes *ret_piece)
{
	*ret_piece = body;
	return body.size > 0 && body.size <= YG_HUB_ENGINE_PIECE_MAX ? YG_OK : YG_EFORMAT;
}

int yg_hub_done_put(struct yg_msg_pipe *pipe, enum yg_hub_engine_kind kind, uint64_t id, int rc,
		    uint64_t number)
{
	struct head head = {.size = 0};

	add_u32(&head, number_of(rc));
	add_u64(&head, number);
	return put(pipe, kind, id, &head);
}

int yg_hub_done_read(struct yg_bytes body, int *ret_rc, uint64_t *ret_number)
{
	struct yg_msg_reader reader = yg_msg_read(body);

	*ret_rc = read_result(&reader);
	*ret_number = yg_msg_u64(&reader);
	if (!yg_msg_is_whole(&reader) || *ret_number > YG_HUB_ENGINE_HELD_MAX)
		return YG_EFORMAT;
	return YG_OK;
}
