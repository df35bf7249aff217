/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The correlator's state as bytes.
 *
 *	magic, version, digest of the rest | head | correlations | groups, each with its marks |
 *	records that wait (correlate_hold_state.c; not in version 1, without chains in 2)
 *
 * All numbers are little-endian of 8 bytes. A correlation is known by the digest of its rule's id,
 * of all it asks for and of all that the rules it counts ask for, so that a changed rule starts
 * anew and an unchanged one goes on whatever else the rule set holds. Groups stand in the order of
 * their last use, longest ago first.
 */
#include "base/alloc.h"
#include "base/hash.h"
#include "detect/correlate-int.h"

#include "base/ban.h"

#define MAGIC	    "YGCORR\0\0"
#define MAGIC_BYTES 8u
#define HEAD_BYTES  (MAGIC_BYTES + 8u + YG_DIGEST_BYTES)
/* Rules that one correlation stands on, each for each way to it; further ones do not count. */
#define DESCRIBED_MAX 4096u

/* --- which correlation --------------------------------------------------------------------------
 */

void yg_state_add(struct yg_buf *to, uint64_t value)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
	yg_buf_add(to, (struct yg_bytes){bytes, sizeof(bytes)});
}

static void add_double(struct yg_buf *to, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	yg_state_add(to, bits);
}

void yg_state_add_text(struct yg_buf *to, struct yg_bytes text)
{
	yg_state_add(to, text.size);
	yg_buf_add(to, text);
}

static void add_names(struct yg_buf *to, const struct yg_names *names, const uint32_t *ids,
		      uint32_t count)
{
	yg_state_add(to, count);
	for (uint32_t i = 0; i < count; i++)
		yg_state_add_text(to, ids[i] ? yg_names_text(names, ids[i]) : YG_S(""));
}

static void add_correlation(struct yg_buf *to, const struct yg_engine *engine,
			    const struct yg_engine_rule *rule)
{
	const struct yg_correlation *correlation = rule->correlation;
	const struct yg_names *names = yg_engine_names(engine);

	yg_state_add_text(to, rule->info.id);
	yg_state_add(to, correlation->type);
	yg_state_add(to, (uint64_t)correlation->timespan_ns);
	yg_state_add(to, correlation->compare);
	add_double(to, correlation->threshold);
	yg_state_add(to, correlation->compare2);
	add_double(to, correlation->threshold2);
	add_double(to, correlation->percentile);
	for (uint32_t i = 0; i < correlation->ref_count; i++)
		yg_state_add_text(to, yg_engine_rule(engine, correlation->refs[i])->info.id);
	add_names(to, names, correlation->group_by, correlation->group_by_count);
	add_names(to, names, correlation->value_fields, correlation->value_field_count);
	if (correlation->aliases)
		add_names(to, names, correlation->aliases,
			  correlation->ref_count * YG_CORRELATION_ALIAS_ROW);
	for (uint32_t i = 0; i < correlation->term_count; i++)
		yg_state_add(to, correlation->terms[i]);
}

/*
 * All that the marks of a group of rule @index depend on: what it asks for, what the rules that it
 * counts ask for, and so on down where these are correlations.
 */
static int describe(const struct yg_engine *engine, uint32_t index, uint8_t digest[YG_DIGEST_BYTES])
{
	uint32_t waiting[DESCRIBED_MAX];
	uint32_t count = 0;
	struct yg_buf buf;
	int rc;

	yg_buf_init(&buf, 16u << 20);
	waiting[count++] = index;
	for (uint32_t i = 0; i < count; i++) {
		const struct yg_engine_rule *rule = yg_engine_rule(engine, waiting[i]);

		if (!rule->correlation) {
			yg_state_add(&buf, rule->meaning);
			continue;
		}
		add_correlation(&buf, engine, rule);
		for (uint32_t r = 0; r < rule->correlation->ref_count && count < DESCRIBED_MAX; r++)
			waiting[count++] = rule->correlation->refs[r];
	}
	rc = yg_buf_error(&buf);
	if (rc == YG_OK)
		yg_digest(yg_buf_bytes(&buf), digest);
	yg_buf_done(&buf);
	return rc;
}

/* --- saving
 * --------------------------------------------------------------------------------------- */

static uint32_t correlation_count(const struct yg_engine *engine)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < yg_engine_rule_count(engine); i++)
		count += yg_engine_rule(engine, i)->correlation != NULL;
	return count;
}

/* Digests of all correlations, in the order of the engine. */
static int add_correlations(const struct yg_engine *engine, struct yg_buf *to)
{
	yg_state_add(to, correlation_count(engine));
	for (uint32_t i = 0; i < yg_engine_rule_count(engine); i++) {
		uint8_t digest[YG_DIGEST_BYTES];
		int rc;

		if (!yg_engine_rule(engine, i)->correlation)
			continue;
		rc = describe(engine, i, digest);
		if (rc != YG_OK)
			return rc;
		yg_state_add(to, i);
		yg_buf_add(to, (struct yg_bytes){digest, sizeof(digest)});
	}
	return YG_OK;
}

static void add_group(struct yg_buf *to, struct yg_group *group)
{
	yg_state_add(to, group->correlation);
	yg_state_add(to, group->key);
	yg_state_add(to, group->was_reported);
	yg_state_add(to, (uint64_t)group->reported_ns);
	yg_state_add(to, group->since);
	yg_state_add(to, group->since_position);
	yg_state_add(to, (uint64_t)group->since_ns);
	yg_state_add(to, group->count);
	for (uint32_t i = 0; i < group->count; i++) {
		const struct yg_mark *mark = yg_mark_at(group, i);

		yg_state_add(to, (uint64_t)mark->time_ns);
		yg_state_add(to, mark->position);
		yg_state_add(to, mark->value);
		yg_state_add(to, mark->count);
	}
}

int yg_correlator_save(const struct yg_correlator *correlator, uint64_t seed, struct yg_buf *to)
{
	const struct yg_table *groups = &correlator->groups;
	size_t start = to->size;
	uint8_t head[HEAD_BYTES] = MAGIC;
	int rc;

	head[MAGIC_BYTES] = YG_CORRELATION_STATE_VERSION;
	yg_buf_add(to, (struct yg_bytes){head, sizeof(head)});
	yg_state_add(to, seed);
	yg_state_add(to, correlator->evicted);
	/* Traces that wait are announced anew, and their times with them. */
	yg_state_add(
		to, (uint64_t)(correlator->ahead_next ? correlator->told_ns : correlator->last_ns));
	rc = add_correlations(correlator->engine, to);
	if (rc != YG_OK)
		return rc;
	yg_state_add(to, groups->count);
	for (uint32_t at = groups->oldest; at != YG_TABLE_NONE; at = yg_table_newer(groups, at))
		add_group(to, yg_table_at(groups, at));
	yg_held_save(correlator, to);
	rc = yg_buf_error(to);
	if (rc != YG_OK)
		return rc;
	yg_digest((struct yg_bytes){to->data + start + HEAD_BYTES, to->size - start - HEAD_BYTES},
		  to->data + start + MAGIC_BYTES + 8);
	return YG_OK;
}

/* --- restoring
 * ------------------------------------------------------------------------------------ */

struct yg_bytes yg_state_bytes(struct yg_state_reader *reader, size_t size)
{
	struct yg_bytes taken = {NULL, 0};

	if (reader->is_bad || reader->rest.size < size) {
		reader->is_bad = true;
		return taken;
	}
	taken = yg_bytes_cut(reader->rest, 0, size);
	reader->rest = yg_bytes_from(reader->rest, size);
	return taken;
}

uint64_t yg_state_u64(struct yg_state_reader *reader)
{
	struct yg_bytes bytes = yg_state_bytes(reader, 8);
	uint64_t value = 0;

	for (size_t i = 0; i < bytes.size; i++)
		value |= (uint64_t)bytes.data[i] << 8 * i;
	return value;
}

static int find_here(const struct yg_engine *engine, const uint8_t *digests, struct yg_bytes digest)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < yg_engine_rule_count(engine); i++) {
		if (!yg_engine_rule(engine, i)->correlation)
			continue;
		if (memcmp(digests + (size_t)at++ * YG_DIGEST_BYTES, digest.data,
			   YG_DIGEST_BYTES) == 0)
			return (int)i;
	}
	return -1;
}

static int digests_here(const struct yg_engine *engine, uint8_t **ret)
{
	uint8_t *digests = yg_calloc(correlation_count(engine) + 1u, YG_DIGEST_BYTES);
	uint32_t at = 0;
	int rc = digests ? YG_OK : YG_ENOMEM;

	for (uint32_t i = 0; i < yg_engine_rule_count(engine) && rc == YG_OK; i++)
		if (yg_engine_rule(engine, i)->correlation)
			rc = describe(engine, i, digests + (size_t)at++ * YG_DIGEST_BYTES);
	*ret = digests;
	return rc;
}

static int read_map(const struct yg_engine *engine, struct yg_state_reader *reader,
		    struct yg_state_map *map)
{
	uint64_t count = yg_state_u64(reader);
	uint8_t *digests = NULL;
	int rc = digests_here(engine, &digests);

	/* Numbers there are below YG_RULES_MAX and ascend. */
	for (uint64_t i = 0; i < count && rc == YG_OK && !reader->is_bad; i++) {
		uint64_t there = yg_state_u64(reader);
		struct yg_bytes digest = yg_state_bytes(reader, YG_DIGEST_BYTES);
		uint32_t *grown;

		if (reader->is_bad || there >= YG_RULES_MAX || there < map->count) {
			reader->is_bad = true;
			break;
		}
		grown = yg_reallocarray(map->here, there + 1, sizeof(*grown));
		if (!grown) {
			rc = YG_ENOMEM;
			break;
		}
		map->here = grown;
		while (map->count < there)
			map->here[map->count++] = YG_STATE_NOT_HERE;
		map->here[map->count++] = (uint32_t)find_here(engine, digests, digest);
	}
	free(digests);
	return rc;
}

/* Marks a group of this correlation may have. */
static bool is_count(const struct yg_correlation *rule, uint64_t count)
{
	uint64_t terms = rule->terms ? rule->term_count : 1;

	if (rule->type == YG_CORRELATION_TEMPORAL_ORDERED)
		return count == 0 || count == terms * rule->ref_count;
	return count <= YG_CORRELATION_MARKS_MAX;
}

static bool is_mark(const struct yg_correlation *rule, const struct yg_mark *mark)
{
	if (rule->type == YG_CORRELATION_TEMPORAL && mark->value >= rule->ref_count)
		return false;
	if (rule->type == YG_CORRELATION_TEMPORAL_ORDERED)
		return mark->count <= rule->ref_count;
	return mark->count > 0 && mark->count < UINT64_C(1) << 60;
}

static int take_marks(struct yg_correlator *correlator, uint32_t index,
		      struct yg_state_reader *reader, uint64_t count)
{
	struct yg_group *group = yg_table_at(&correlator->groups, index);
	const struct yg_correlation *rule =
		yg_engine_rule(correlator->engine, group->correlation)->correlation;
	int rc;

	if (!is_count(rule, count) || reader->rest.size / 32 < count) {
		reader->is_bad = true;
		return YG_OK;
	}
	if (count == 0)
		return YG_OK;
	rc = yg_marks_want(correlator, index, (uint32_t)count);
	if (rc != YG_OK)
		return rc;
	for (group->count = 0; group->count < count; group->count++) {
		struct yg_mark *mark = yg_mark_at(group, group->count);

		mark->time_ns = (int64_t)yg_state_u64(reader);
		mark->position = yg_state_u64(reader);
		mark->value = yg_state_u64(reader);
		mark->count = yg_state_u64(reader);
		reader->is_bad |= !is_mark(rule, mark);
	}
	return YG_OK;
}

static int take_group(struct yg_correlator *correlator, struct yg_state_reader *reader,
		      const struct yg_state_map *map, uint64_t *left_out)
{
	struct yg_group read = {.correlation = 0};
	uint64_t there = yg_state_u64(reader);
	struct yg_group *group;
	uint64_t count;
	uint32_t index;
	int rc;

	read.key = yg_state_u64(reader);
	count = yg_state_u64(reader);
	read.was_reported = count == 1;
	reader->is_bad |= count > 1;
	read.reported_ns = (int64_t)yg_state_u64(reader);
	read.since = yg_state_u64(reader);
	read.since_position = yg_state_u64(reader);
	read.since_ns = (int64_t)yg_state_u64(reader);
	count = yg_state_u64(reader);
	if (reader->is_bad || there >= map->count || count > YG_CORRELATION_MARKS_MAX) {
		reader->is_bad = true;
		return YG_OK;
	}
	read.correlation = map->here[there];
	if (read.correlation == YG_STATE_NOT_HERE) {
		(void)yg_state_bytes(reader, count * 32);
		(*left_out)++;
		return YG_OK;
	}
	rc = yg_groups_find(correlator, read.correlation, read.key, &index);
	if (rc != YG_OK)
		return rc;
	group = yg_table_at(&correlator->groups, index);
	reader->is_bad |= group->room > 0; /* a group twice */
	if (reader->is_bad)
		return YG_OK;
	*group = read;
	return take_marks(correlator, index, reader, count);
}

static void empty(struct yg_correlator *correlator)
{
	while (correlator->groups.count > 0)
		yg_groups_forget_oldest(correlator);
	yg_held_drop_all(correlator);
	correlator->evicted = 0;
	correlator->last_ns = 0;
}

static int take_state(struct yg_correlator *correlator, struct yg_state_reader *reader,
		      uint64_t version, uint64_t *ret_seed, uint64_t *ret_left_out)
{
	struct yg_state_map map = {.has_chains = version > 2};
	uint64_t evicted, count;
	int rc;

	*ret_seed = yg_state_u64(reader);
	evicted = yg_state_u64(reader);
	correlator->last_ns = (int64_t)yg_state_u64(reader);
	rc = read_map(correlator->engine, reader, &map);
	count = rc == YG_OK ? yg_state_u64(reader) : 0;
	reader->is_bad |= count > YG_CORRELATION_GROUPS_MAX;
	for (uint64_t i = 0; i < count && rc == YG_OK && !reader->is_bad; i++)
		rc = take_group(correlator, reader, &map, ret_left_out);
	if (rc == YG_OK && !reader->is_bad && version > 1)
		rc = yg_held_restore(correlator, reader, &map, ret_left_out);
	free(map.here);
	if (rc == YG_OK && (reader->is_bad || reader->rest.size > 0))
		return YG_EFORMAT;
	correlator->evicted += evicted;
	return rc;
}

int yg_correlator_restore(struct yg_correlator *correlator, struct yg_bytes state,
			  uint64_t *ret_seed, uint64_t *ret_left_out)
{
	struct yg_state_reader reader = {.rest = state};
	uint8_t digest[YG_DIGEST_BYTES];
	struct yg_bytes magic = yg_state_bytes(&reader, MAGIC_BYTES);
	uint64_t version = yg_state_u64(&reader);
	struct yg_bytes want = yg_state_bytes(&reader, YG_DIGEST_BYTES);
	int rc;

	*ret_seed = 0;
	*ret_left_out = 0;
	if (reader.is_bad || memcmp(magic.data, MAGIC, MAGIC_BYTES) != 0)
		return YG_EFORMAT;
	if (version == 0 || version > YG_CORRELATION_STATE_VERSION)
		return YG_EMISMATCH;
	yg_digest(reader.rest, digest);
	if (memcmp(digest, want.data, YG_DIGEST_BYTES) != 0)
		return YG_EDIGEST;
	rc = take_state(correlator, &reader, version, ret_seed, ret_left_out);
	if (rc != YG_OK)
		empty(correlator);
	return rc;
}
