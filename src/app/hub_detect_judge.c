/* SPDX-License-Identifier: Apache-2.0 */
#include "app/hub_detect_judge.h"

#include "app/hub_archive.h"
#include "app/hub_detect_told.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "detect/correlate.h"
#include "detect/judge.h"
#include "wire/batch.h"

#include "base/ban.h"

#define BUCKETS	    1024u
#define KEPT_FIRST  64u
#define REASON_MAX  (4u * YG_FACT_TEXT_MAX)
#define STATE_MAGIC "YGJ1"
#define SEPARATOR   ':' /* between a sensor and its source, in the judge's eyes */

/* A finding that went out, and the bundle it is in. */
struct kept {
	uint8_t finding[YG_ID_BYTES];
	uint8_t bundle[YG_FACT_ID_BYTES];
};

struct org {
	struct org *next; /* of the bucket */
	struct yg_hub_judges *judges;
	char name[YG_FACT_ORG_MAX + 1];
	size_t name_size;
	struct yg_judge *judge;
	struct kept *kept; /* a ring */
	uint32_t kept_room;
	uint32_t kept_count; /* ever */
};

struct yg_hub_judges {
	struct yg_hub_judges_opts opts;
	struct yg_detector detector;
	struct yg_tracer *tracer;
	struct yg_worker *worker;
	struct yg_batch *pieces[2]; /* the one being judged, the one that follows */
	struct yg_buf content;
	struct yg_wire_unpacker *unpacker;
	struct yg_buf reason;
	struct yg_buf outcomes; /* of the state that is being written */
	struct org *buckets[BUCKETS];
	uint32_t count;

	/* Of the batch that is being judged. */
	const struct yg_hub_batch *batch;
	const struct yg_hub_judged *out;
	struct yg_hub_batch_counts counts;
	const struct yg_trace *trace;
	uint64_t first_number; /* of the piece */
};

/* ---- organisations ---- */

static struct yg_bytes name_of(const struct org *org)
{
	return (struct yg_bytes){(const uint8_t *)org->name, org->name_size};
}

static unsigned bucket_of(struct yg_bytes name)
{
	return (unsigned)(yg_hash64(name, 0) % BUCKETS);
}

static struct org *find_org(const struct yg_hub_judges *j, struct yg_bytes name)
{
	struct org *org = j->buckets[bucket_of(name)];

	while (org && !yg_bytes_eq(name_of(org), name))
		org = org->next;
	return org;
}

static void free_org(struct org *org)
{
	(void)yg_judge_free(org->judge);
	free(org->kept);
	free(org);
}

bool yg_hub_judges_has(const struct yg_hub_judges *judges, struct yg_bytes org)
{
	return find_org(judges, org) != NULL;
}

void yg_hub_judges_drop(struct yg_hub_judges *judges, struct yg_bytes name)
{
	struct org *org = find_org(judges, name);
	struct org **at = &judges->buckets[bucket_of(name)];

	if (!org)
		return;
	while (*at != org)
		at = &(*at)->next;
	*at = org->next;
	judges->count--;
	free_org(org);
}

void yg_hub_judges_drop_all(struct yg_hub_judges *judges)
{
	for (unsigned i = 0; i < BUCKETS; i++) {
		while (judges->buckets[i]) {
			struct org *org = judges->buckets[i];

			judges->buckets[i] = org->next;
			free_org(org);
		}
	}
	judges->count = 0;
}

uint32_t yg_hub_judges_count(const struct yg_hub_judges *judges)
{
	return judges->count;
}

size_t yg_hub_judges_bytes(const struct yg_hub_judges *judges, struct yg_bytes name)
{
	const struct org *org = find_org(judges, name);

	return org ? sizeof(*org) + yg_judge_bytes(org->judge) + org->kept_room * sizeof(*org->kept)
		   : 0;
}

uint64_t yg_hub_judges_evicted(const struct yg_hub_judges *judges, struct yg_bytes name)
{
	const struct org *org = find_org(judges, name);
	struct yg_judge_counts counts;

	if (!org)
		return 0;
	counts = yg_judge_counts(org->judge);
	return counts.evicted_sources + counts.evicted_paths + counts.evicted_groups;
}

/* ---- what the judge says ---- */

/* @text as a row can hold it: cut before a character that does not fit. */
static struct yg_bytes fit(struct yg_bytes text)
{
	size_t size = YG_FACT_TEXT_MAX;

	if (text.size <= size)
		return text;
	while (size > 0 && (text.data[size] & 0xc0) == 0x80)
		size--;
	return yg_bytes_cut(text, 0, size);
}

static struct yg_bytes words_of(struct yg_hub_judges *j, const struct yg_reason *reason)
{
	yg_buf_reset(&j->reason);
	yg_reason_add(&j->reason, yg_reason_template(reason->code), reason);
	return yg_buf_error(&j->reason) ? YG_S("") : fit(yg_buf_bytes(&j->reason));
}

/* Remember which bundle the finding is in. */
static int keep(struct org *org, const uint8_t *finding, const uint8_t *bundle)
{
	struct kept *to;

	if (org->kept_count == org->kept_room && org->kept_room < YG_HUB_FINDINGS_KEPT) {
		uint32_t room = org->kept_room ? 4 * org->kept_room : KEPT_FIRST;
		void *grown;

		if (room > YG_HUB_FINDINGS_KEPT)
			room = YG_HUB_FINDINGS_KEPT;
		grown = yg_reallocarray(org->kept, room, sizeof(*org->kept));
		if (!grown)
			return YG_ENOMEM;
		org->kept = grown;
		org->kept_room = room;
	}
	to = &org->kept[org->kept_count++ % org->kept_room];
	memcpy(to->finding, finding, sizeof(to->finding));
	memcpy(to->bundle, bundle, sizeof(to->bundle));
	return YG_OK;
}

/* The bundle of a finding; NULL: not remembered. From the newest on: updates come soon. */
static const uint8_t *bundle_of(const struct org *org, const uint8_t *finding)
{
	uint32_t count = org->kept_count < org->kept_room ? org->kept_count : org->kept_room;

	for (uint32_t i = 1; i <= count; i++) {
		const struct kept *kept = &org->kept[(org->kept_count - i) % org->kept_room];

		if (memcmp(kept->finding, finding, YG_ID_BYTES) == 0)
			return kept->bundle;
	}
	return NULL;
}

/* Where the record of a finding came from. */
struct came {
	struct yg_bytes sensor;
	struct yg_bytes source; /* the log, as the sensor names it: without the sensor before it */
	int64_t received_ns;
	uint64_t number; /* of its line in the archive */
};

/* It is the one at hand, or one that waited for others. */
static struct came came_of(const struct org *org, struct yg_bytes source)
{
	const struct yg_origin *origin = yg_judge_origin(org->judge);
	const struct yg_hub_judges *j = org->judges;

	if (origin)
		return (struct came){
			.sensor = yg_bytes_cut(source, 0, origin->mark > 0 ? origin->mark - 1 : 0),
			.source = fit(yg_bytes_from(source, origin->mark)),
			.received_ns = origin->received_ns,
			.number = origin->number};
	return (struct came){.sensor = j->batch->sensor,
			     .source = fit(yg_bytes_from(source, j->batch->sensor.size + 1)),
			     .received_ns = j->batch->received_ns,
			     .number = j->first_number + j->trace->record};
}

static void fill_times(struct yg_fact_finding *to, const struct yg_finding *f, int64_t received_ns)
{
	int64_t time_ns = f->time_ns == YG_TIME_NONE ? received_ns : f->time_ns;
	bool has_first = f->first_position != 0 && f->time_ns != YG_TIME_NONE &&
			 f->first_ns != YG_TIME_NONE && f->first_ns < time_ns;

	to->minute_ns = time_ns;
	to->first_ns = has_first ? f->first_ns : time_ns;
	to->last_ns = time_ns;
	to->received_ns = received_ns;
}

struct yg_bytes yg_hub_finding_key(const struct yg_fact_finding *f, struct yg_buf *room)
{
	if (f->matched.size == 0 && f->hunt.size == 0)
		return f->rule;
	yg_buf_reset(room);
	if (f->hunt.size > 0) { /* never the bundle of what was found when it came */
		yg_buf_add(room, f->hunt);
		yg_buf_add_byte(room, ':');
	}
	yg_buf_add(room, f->rule);
	if (f->matched.size > 0) {
		yg_buf_add_byte(room, '=');
		yg_buf_add(room, f->matched);
	}
	return yg_buf_error(room) ? f->rule : yg_buf_bytes(room);
}

static int on_finding(void *arg, const struct yg_finding *f)
{
	struct org *org = arg;
	struct yg_hub_judges *j = org->judges;
	const struct came came = came_of(org, f->source);
	struct yg_fact_finding to = {
		.org = name_of(org),
		.sensor = came.sensor,
		.rule = fit(f->rule->id),
		.title = fit(f->rule->title),
		.title_ja = fit(f->rule->title_ja),
		.rules = yg_bytes_str(j->opts.rules),
		.level = f->rule->level,
		.kind = f->rule->kind,
		.field = f->rule->field,
		.outcome = f->outcome,
		.source = came.source,
		.actor = fit(f->actor),
		.target = fit(f->target),
		.matched = fit(f->matched),
		.hunt = yg_bytes_str(j->opts.hunt ? j->opts.hunt : ""),
		.count = 1,
		.ref_count = 1,
	};
	int rc;

	fill_times(&to, f, came.received_ns);
	to.refs[0].number = came.number;
	to.refs[0].received_ns = came.received_ns;
	yg_fact_finding_id(to.org, to.sensor, yg_hub_finding_key(&to, &j->reason), to.source,
			   to.minute_ns, to.id);
	to.minute_ns = yg_fact_minute(to.minute_ns);
	j->counts.findings++;
	rc = keep(org, f->id, to.id);
	if (rc != YG_OK || !j->out)
		return rc;
	to.reason = words_of(j, &f->reason);
	return j->out->finding(j->out->arg, &to);
}

static int on_update(void *arg, const struct yg_finding_update *update)
{
	struct org *org = arg;
	struct yg_hub_judges *j = org->judges;
	const uint8_t *bundle = bundle_of(org, update->id);

	if (!bundle) {
		j->counts.lost_updates++;
		return YG_OK;
	}
	if (!j->out)
		return YG_OK;
	return j->out->outcome(j->out->arg, bundle, update->outcome, words_of(j, &update->reason));
}

static int need_org(struct yg_hub_judges *j, struct yg_bytes name, struct org **ret)
{
	struct org **bucket = &j->buckets[bucket_of(name)];
	struct yg_judge_out out = {.finding = on_finding, .update = on_update};
	struct org *org = find_org(j, name);

	if (org) {
		*ret = org;
		return YG_OK;
	}
	if (name.size == 0 || name.size > YG_FACT_ORG_MAX)
		return YG_EFORMAT;
	org = yg_calloc(1, sizeof(*org));
	if (!org)
		return YG_ENOMEM;
	org->judges = j;
	memcpy(org->name, name.data, name.size);
	org->name_size = name.size;
	out.arg = org;
	org->judge = yg_judge_new(j->opts.engine, j->opts.indicators, &out);
	if (!org->judge) {
		free_org(org);
		return YG_ENOMEM;
	}
	yg_judge_source(org->judge, YG_S(""));
	yg_judge_without_stories(org->judge); /* nobody is shown them here */
	org->next = *bucket;
	*bucket = org;
	j->count++;
	*ret = org;
	return YG_OK;
}

/* ---- from a batch to traces ---- */

/* The next records of the content from *at on, as many as a piece takes. */
static int cut_piece(struct yg_hub_judges *j, struct yg_batch *piece, size_t *at,
		     uint64_t *position)
{
	struct yg_bytes rest = yg_bytes_from(yg_buf_bytes(&j->content), *at);
	uint8_t *padding;
	size_t size = 0;

	yg_batch_reset(piece);
	piece->format = YG_FORMAT_RECORD;
	piece->is_forced = true;
	piece->reference_ns = 0; /* times of records say their year */
	while (size < rest.size && piece->record_count < YG_BATCH_RECORDS_MAX) {
		size_t line = yg_bytes_chr(yg_bytes_from(rest, size), '\n'); /* checked */

		if (piece->record_count > 0 && size + line >= YG_HUB_PIECE_BYTES)
			break;
		piece->records[piece->record_count++] = (struct yg_batch_record){
			.at = (uint32_t)size, .size = (uint32_t)line, .position = (*position)++};
		size += line + 1;
	}
	yg_buf_add(&piece->text, yg_bytes_cut(rest, 0, size));
	padding = yg_buf_reserve(&piece->text, YG_PARSE_PADDING);
	if (!padding)
		return YG_ENOMEM;
	memset(padding, 0, YG_PARSE_PADDING);
	*at += size;
	return YG_OK;
}

/* Two sensors may have logs of one name: the judge knows them by "SENSOR:SOURCE". */
static int name_source(const struct yg_hub_judges *j, struct yg_batch *piece,
		       struct yg_trace *trace)
{
	struct yg_bytes sensor = j->batch->sensor;
	uint8_t *to = yg_arena_alloc(piece->arena, sensor.size + 1 + trace->source.size);

	if (!to)
		return YG_ENOMEM;
	memcpy(to, sensor.data, sensor.size);
	to[sensor.size] = SEPARATOR;
	if (trace->source.size > 0)
		memcpy(to + sensor.size + 1, trace->source.data, trace->source.size);
	trace->source = (struct yg_bytes){to, sensor.size + 1 + trace->source.size};
	return YG_OK;
}

/* What sensors found themselves is no log: rules do not look at it. */
static void drop_told(struct yg_batch *piece)
{
	size_t kept = 0;

	for (size_t i = 0; i < piece->trace_count; i++)
		if (piece->traces[i].format != YG_FORMAT_FINDING)
			piece->traces[kept++] = piece->traces[i];
	piece->trace_count = kept;
}

/* Indicators that were not valid any more when the record came, or are another organisation's, do
 * not count. */
static int drop_others(const struct yg_hub_judges *j, struct yg_batch *piece,
		       struct yg_trace *trace)
{
	struct yg_trace_indicator *kept;
	uint32_t count = 0;

	if (!j->opts.counts || trace->indicator_count == 0)
		return YG_OK;
	kept = yg_arena_alloc(piece->arena, trace->indicator_count * sizeof(*kept));
	if (!kept)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < trace->indicator_count; i++)
		if (j->opts.counts(j->opts.counts_arg, trace->indicators[i].index, j->batch->org,
				   j->batch->received_ns))
			kept[count++] = trace->indicators[i];
	trace->indicators = kept;
	trace->indicator_count = count;
	return YG_OK;
}

static int work(struct yg_hub_judges *j, struct yg_batch *piece, size_t *at, uint64_t *position)
{
	int rc = cut_piece(j, piece, at, position);

	if (rc != YG_OK)
		return rc;
	yg_worker_run(j->worker, piece);
	rc = piece->rc;
	drop_told(piece);
	for (size_t i = 0; rc == YG_OK && i < piece->trace_count; i++) {
		rc = name_source(j, piece, &piece->traces[i]);
		if (rc == YG_OK)
			rc = drop_others(j, piece, &piece->traces[i]);
	}
	j->counts.records += piece->record_count;
	j->counts.unread += piece->counts.unparsed;
	return rc;
}

static struct yg_trace_run traces_of(const struct yg_batch *piece)
{
	return (struct yg_trace_run){piece->traces, (uint32_t)piece->trace_count};
}

/*
 * What a hunt reads comes as the archive has it; what sensors send, each a little late, waits for
 * the others where correlations count it.
 */
static int take_piece(struct yg_hub_judges *j, struct org *org, const struct yg_batch *now,
		      struct yg_trace_run after)
{
	bool is_live = !j->opts.hunt;
	int rc = is_live ? YG_OK : yg_judge_ahead(org->judge, traces_of(now), after);

	for (size_t i = 0; rc == YG_OK && i < now->trace_count; i++) {
		const struct yg_origin origin = {
			.received_ns = j->batch->received_ns,
			.number = j->first_number + now->traces[i].record,
			.mark = (uint32_t)j->batch->sensor.size + 1,
		};

		j->trace = &now->traces[i];
		yg_judge_wait(org->judge, is_live ? &origin : NULL);
		rc = yg_judge_take(org->judge, j->trace);
	}
	return rc;
}

/* All pieces, each in the sight of the next. */
static int judge_content(struct yg_hub_judges *j, struct org *org)
{
	struct yg_batch *now = j->pieces[0], *next = j->pieces[1];
	size_t end = j->content.size;
	uint64_t position = 1;
	size_t at = 0;
	int rc = work(j, now, &at, &position);

	while (rc == YG_OK) {
		bool is_last = at >= end;
		struct yg_trace_run after = {NULL, 0};
		struct yg_batch *other = now;

		if (!is_last) {
			rc = work(j, next, &at, &position);
			after = traces_of(next);
		}
		if (rc == YG_OK)
			rc = take_piece(j, org, now, after);
		if (is_last)
			break;
		j->first_number += now->record_count;
		now = next;
		next = other;
	}
	return rc;
}

static int count_told(void *arg, const struct yg_fact_finding *finding)
{
	struct yg_hub_judges *j = arg;

	j->counts.findings++;
	return j->out->finding(j->out->arg, finding);
}

static int pass_outcome(void *arg, const uint8_t id[YG_FACT_ID_BYTES], enum yg_outcome outcome,
			struct yg_bytes reason)
{
	const struct yg_hub_judges *j = arg;

	return j->out->outcome(j->out->arg, id, outcome, reason);
}

static int pass_look(void *arg, const struct yg_told_look *look)
{
	const struct yg_hub_judges *j = arg;

	return j->out->look(j->out->arg, look);
}

/*
 * Findings that the sensor made itself, behind those made here. They are no state: seen again they
 * say nothing new, and a hunt looks for what it was told to look for.
 */
static int take_told(struct yg_hub_judges *j)
{
	const struct yg_told told = {j->batch->org, j->batch->sensor, j->batch->received_ns};
	const struct yg_told_out out = {count_told, pass_outcome, pass_look, j};
	struct yg_bytes rest = yg_buf_bytes(&j->content);
	int rc = YG_OK;

	if (!j->out || j->opts.hunt)
		return YG_OK;
	while (rc == YG_OK && rest.size > 0) {
		size_t end = yg_bytes_chr(rest, '\n');
		struct yg_bytes line = yg_bytes_cut(rest, 0, end);

		if (yg_told_is(line))
			rc = yg_told_take(&told, line, &out);
		if (rc == YG_EFORMAT) { /* not as the protocol says: nobody's finding */
			j->counts.unread++;
			rc = YG_OK;
		}
		rest = yg_bytes_from(rest, end < rest.size ? end + 1 : rest.size);
	}
	return rc;
}

/* The content, as records from number @first on. */
static int judge_batch(struct yg_hub_judges *j, const struct yg_hub_batch *batch, uint64_t first,
		       const struct yg_hub_judged *out, struct yg_hub_batch_counts *ret)
{
	uint64_t released;
	struct org *org;
	int rc = need_org(j, batch->org, &org);

	if (rc != YG_OK)
		return rc;
	j->batch = batch;
	j->out = out;
	j->first_number = first;
	j->counts = (struct yg_hub_batch_counts){.bytes = j->content.size};
	rc = judge_content(j, org);
	if (rc == YG_OK)
		rc = yg_judge_release(org->judge, batch->received_ns, &released);
	if (rc == YG_OK)
		rc = take_told(j);
	*ret = j->counts;
	j->batch = NULL;
	j->out = NULL;
	return rc;
}

int yg_hub_judges_tick(struct yg_hub_judges *j, struct yg_bytes name, int64_t now_ns,
		       const struct yg_hub_judged *out, struct yg_hub_batch_counts *ret)
{
	struct org *org = find_org(j, name);
	int rc;

	*ret = (struct yg_hub_batch_counts){0};
	if (!org)
		return YG_OK;
	j->out = out;
	j->counts = *ret;
	rc = yg_judge_release(org->judge, now_ns, &j->counts.records);
	*ret = j->counts;
	j->out = NULL;
	return rc;
}

int64_t yg_hub_judges_due(const struct yg_hub_judges *judges, struct yg_bytes name)
{
	const struct org *org = find_org(judges, name);

	return org ? yg_correlator_due(yg_judge_correlator(org->judge)) : YG_TIME_NONE;
}

uint64_t yg_hub_judges_hurried(const struct yg_hub_judges *judges, struct yg_bytes name)
{
	const struct org *org = find_org(judges, name);

	return org ? yg_correlator_hurried(yg_judge_correlator(org->judge)) : 0;
}

int yg_hub_judges_take_text(struct yg_hub_judges *j, const struct yg_hub_batch *batch,
			    struct yg_bytes text, uint64_t first, const struct yg_hub_judged *out,
			    struct yg_hub_batch_counts *ret)
{
	*ret = (struct yg_hub_batch_counts){0};
	yg_buf_reset(&j->content);
	yg_buf_add(&j->content, text);
	if (yg_buf_error(&j->content) != YG_OK)
		return yg_buf_error(&j->content);
	return judge_batch(j, batch, first, out, ret);
}

int yg_hub_judges_take(struct yg_hub_judges *j, const struct yg_hub_batch *batch,
		       const struct yg_hub_judged *out, struct yg_hub_batch_counts *ret)
{
	struct yg_wire_fault fault;
	struct yg_wire_batch wire;
	int rc = yg_wire_batch_read(batch->body, &wire, &fault);

	*ret = (struct yg_hub_batch_counts){0};
	yg_buf_reset(&j->content);
	if (rc == YG_OK)
		/* A worker held it against its digest, the journal's reader against its own. */
		rc = yg_wire_unpack(j->unpacker, &wire, true, &j->content, &fault);
	if (rc != YG_OK)
		return rc;
	return judge_batch(j, batch, batch->position * YG_HUB_ARCHIVE_LINES, out, ret);
}

/* ---- states ---- */

/*
 *   magic, then parts: what it is (1 byte), its size (8 bytes, little end first), its bytes
 *     'C'  correlations, always there
 *     'O'  outcomes
 *     'K'  findings that may still change: id and bundle, oldest first
 */

static void begin_part(struct yg_buf *to, char what, size_t *ret_at)
{
	static const uint8_t size[8];

	yg_buf_add_byte(to, (uint8_t)what);
	*ret_at = to->size;
	yg_buf_add(to, (struct yg_bytes){size, sizeof(size)});
}

static int end_part(struct yg_buf *to, size_t at)
{
	uint64_t size;

	if (yg_buf_error(to) != YG_OK)
		return yg_buf_error(to);
	size = to->size - at - 8;
	for (unsigned i = 0; i < 8; i++)
		to->data[at + i] = (uint8_t)(size >> 8 * i);
	return YG_OK;
}

static void add_kept(const struct org *org, struct yg_buf *to)
{
	uint32_t count = org->kept_count < org->kept_room ? org->kept_count : org->kept_room;

	for (uint32_t i = count; i > 0; i--) {
		const struct kept *kept = &org->kept[(org->kept_count - i) % org->kept_room];

		yg_buf_add(to, (struct yg_bytes){kept->finding, sizeof(kept->finding)});
		yg_buf_add(to, (struct yg_bytes){kept->bundle, sizeof(kept->bundle)});
	}
}

/* Outcomes, apart: where both together are too large, correlations go alone. */
static int save_outcomes(struct yg_hub_judges *j, const struct org *org)
{
	size_t at;
	int rc;

	yg_buf_reset(&j->outcomes);
	begin_part(&j->outcomes, 'O', &at);
	rc = yg_judge_save_outcomes(org->judge, &j->outcomes);
	if (rc == YG_OK)
		rc = end_part(&j->outcomes, at);
	if (rc != YG_OK)
		return rc;
	begin_part(&j->outcomes, 'K', &at);
	add_kept(org, &j->outcomes);
	return end_part(&j->outcomes, at);
}

int yg_hub_judges_save(struct yg_hub_judges *j, struct yg_bytes name, struct yg_buf *to)
{
	const struct org *org = find_org(j, name);
	size_t at;
	int rc;

	if (!org)
		return YG_ENOENT;
	yg_buf_add_str(to, STATE_MAGIC);
	begin_part(to, 'C', &at);
	if (yg_buf_error(to) != YG_OK)
		return yg_buf_error(to);
	rc = yg_correlator_save(yg_judge_correlator(org->judge), yg_tracer_seed(j->tracer), to);
	if (rc == YG_OK)
		rc = end_part(to, at);
	if (rc == YG_OK)
		rc = save_outcomes(j, org);
	if (rc == YG_OK && j->outcomes.size <= to->max - to->size)
		yg_buf_add(to, yg_buf_bytes(&j->outcomes));
	return rc == YG_OK ? yg_buf_error(to) : rc;
}

/* The part @what of a state; empty when there is none. */
static struct yg_bytes part_of(struct yg_bytes state, char what)
{
	while (state.size >= 9) {
		uint64_t size = 0;

		for (unsigned i = 8; i-- > 0;)
			size = size << 8 | state.data[1 + i];
		if (size > state.size - 9)
			break;
		if (state.data[0] == (uint8_t)what)
			return yg_bytes_cut(state, 9, 9 + (size_t)size);
		state = yg_bytes_from(state, 9 + (size_t)size);
	}
	return (struct yg_bytes){0};
}

static int restore_org(struct yg_hub_judges *j, struct org *org, struct yg_bytes state,
		       uint64_t *ret_left_out)
{
	struct yg_bytes outcomes = part_of(state, 'O');
	struct yg_bytes kept = part_of(state, 'K');
	uint64_t seed = 0;
	int rc = yg_correlator_restore(yg_judge_correlator(org->judge), part_of(state, 'C'), &seed,
				       ret_left_out);

	if (rc == YG_OK && seed != yg_tracer_seed(j->tracer))
		rc = YG_EMISMATCH; /* hashes under another secret say nothing here */
	if (rc == YG_OK && outcomes.size > 0)
		rc = yg_judge_restore_outcomes(org->judge, outcomes);
	if (kept.size % sizeof(struct kept) != 0)
		rc = YG_EFORMAT;
	for (size_t at = 0; rc == YG_OK && at < kept.size; at += sizeof(struct kept))
		rc = keep(org, kept.data + at, kept.data + at + YG_ID_BYTES);
	return rc;
}

int yg_hub_judges_restore(struct yg_hub_judges *j, struct yg_bytes name, struct yg_bytes state,
			  uint64_t *ret_left_out)
{
	struct org *org;
	int rc = need_org(j, name, &org);

	*ret_left_out = 0;
	if (rc != YG_OK)
		return rc;
	rc = yg_bytes_starts(state, YG_S(STATE_MAGIC))
		     ? restore_org(j, org, yg_bytes_from(state, sizeof(STATE_MAGIC) - 1),
				   ret_left_out)
		     : YG_EFORMAT;
	if (rc == YG_OK)
		return YG_OK;
	yg_hub_judges_drop(j, name);
	if (rc == YG_ENOMEM)
		return rc;
	return need_org(j, name, &org) == YG_OK ? rc : YG_ENOMEM;
}

/* ---- beginning and end ---- */

static int make_parts(struct yg_hub_judges *j)
{
	j->tracer = yg_tracer_new(j->opts.engine, j->opts.indicators);
	j->pieces[0] = yg_batch_new();
	j->pieces[1] = yg_batch_new();
	j->unpacker = yg_wire_unpacker_new();
	if (!j->tracer || !j->pieces[0] || !j->pieces[1] || !j->unpacker)
		return YG_ENOMEM;
	if (j->opts.has_seed)
		yg_tracer_reseed(j->tracer, j->opts.seed);
	yg_tracer_bare(j->tracer);
	j->detector = (struct yg_detector){.engine = j->opts.engine,
					   .indicators = j->opts.indicators,
					   .tracer = j->tracer,
					   .parse = j->opts.parse};
	j->worker = yg_worker_new(&j->detector);
	return j->worker ? YG_OK : YG_ENOMEM;
}

int yg_hub_judges_new(const struct yg_hub_judges_opts *opts, struct yg_hub_judges **ret)
{
	struct yg_hub_judges *j = yg_calloc(1, sizeof(*j));
	int rc;

	if (!j)
		return YG_ENOMEM;
	j->opts = *opts;
	yg_buf_init(&j->content, YG_WIRE_CONTENT_MAX);
	yg_buf_init(&j->reason, REASON_MAX);
	yg_buf_init(&j->outcomes, YG_HUB_STATE_MAX);
	rc = make_parts(j);
	if (rc == YG_OK)
		*ret = j;
	else
		(void)yg_hub_judges_free(j);
	return rc;
}

uint64_t yg_hub_judges_seed(const struct yg_hub_judges *judges)
{
	return yg_tracer_seed(judges->tracer);
}

struct yg_hub_judges *yg_hub_judges_free(struct yg_hub_judges *j)
{
	if (!j)
		return NULL;
	yg_hub_judges_drop_all(j);
	(void)yg_wire_unpacker_free(j->unpacker);
	(void)yg_worker_free(j->worker);
	(void)yg_tracer_free(j->tracer);
	(void)yg_batch_free(j->pieces[0]);
	(void)yg_batch_free(j->pieces[1]);
	yg_buf_done(&j->content);
	yg_buf_done(&j->reason);
	yg_buf_done(&j->outcomes);
	free(j);
	return NULL;
}
