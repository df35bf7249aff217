/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the firm's own lists say about each criterion. A query runs when its first list is there,
 * and again only when one of its lists changed or the day turned.
 */
#include "assess/assess-int.h"
#include "base/alloc.h"
#include "base/hash.h"

#include "base/ban.h"

/* One number for "these lists on this day", and what else is known of them. */
static int stamp_of(struct yg_assess *assess, const struct yg_framework_evidence *evidence,
		    uint64_t *ret_stamp, bool *ret_is_there, int32_t *ret_day)
{
	const struct yg_assess_ports *ports = assess->ports;
	uint64_t stamp =
		yg_hash64((struct yg_bytes){(const uint8_t *)&assess->day, sizeof(assess->day)}, 1);

	*ret_is_there = false;
	*ret_day = YG_DAY_NONE;
	for (uint32_t i = 0; i < evidence->tables.count; i++) {
		uint64_t change;
		int32_t day;
		int rc = ports->table_change(ports->facts, assess->access,
					     evidence->tables.items[i], &change, &day);

		if (rc != YG_OK)
			return rc;
		if (i == 0)
			*ret_is_there = change != 0;
		if (change != 0 && day != YG_DAY_NONE &&
		    (*ret_day == YG_DAY_NONE || day < *ret_day))
			*ret_day = day;
		stamp = yg_hash64((struct yg_bytes){(const uint8_t *)&change, sizeof(change)},
				  stamp);
	}
	*ret_stamp = stamp | 1; /* 0 means: not run yet */
	return YG_OK;
}

struct batch {
	struct yg_assess *assess;
	struct yg_assess_query *queries;
	uint32_t *places; /* query -> observation */
	uint32_t count;
};

static json_t *row_json(const struct yg_check_row *row)
{
	return json_pack("{s:o, s:s, s:o}", "resource", yg_json_string(row->resource), "check",
			 yg_check_name(row->check), "reason", yg_json_string(row->reason));
}

/* How much a row is worth showing: the first of these in a full list gives way last. */
static unsigned weight(enum yg_check check)
{
	static const unsigned weights[] = {
		[YG_CHECK_ALARM] = 4, [YG_CHECK_ERROR] = 3, [YG_CHECK_UNKNOWN] = 2,
		[YG_CHECK_OK] = 1,    [YG_CHECK_NA] = 0,
	};

	return weights[check];
}

static unsigned weight_at(const json_t *rows, size_t at)
{
	return weight(yg_check_by_name(yg_json_text(json_array_get(rows, at), "check")));
}

/* Keep the rows that weigh most, in their order. */
static int keep_row(json_t *rows, const struct yg_check_row *row)
{
	size_t at = json_array_size(rows);
	json_t *object;

	while (at > 0 && weight_at(rows, at - 1) < weight(row->check))
		at--;
	if (at >= OBSERVED_ROWS_MAX)
		return YG_OK;
	object = row_json(row);
	if (!object || json_array_insert_new(rows, at, object) != 0)
		return YG_ENOMEM;
	if (json_array_size(rows) > OBSERVED_ROWS_MAX)
		(void)json_array_remove(rows, OBSERVED_ROWS_MAX);
	return YG_OK;
}

static int take_row(void *arg, uint32_t query, const struct yg_check_row *row, const char *error)
{
	struct batch *batch = arg;
	struct observation *observation;

	if (query >= batch->count)
		return YG_EINVAL;
	observation = &batch->assess->observations[batch->places[query]];
	if (!row) {
		(void)snprintf(observation->error, sizeof(observation->error), "%s",
			       error ? error : "");
		observation->checks[YG_CHECK_ERROR]++;
		return YG_OK;
	}
	observation->checks[row->check]++;
	return keep_row(observation->rows, row);
}

/* Empty an observation before it is made anew. */
static int reset(struct observation *observation)
{
	json_decref(observation->rows);
	observation->rows = json_array();
	memset(observation->checks, 0, sizeof(observation->checks));
	observation->error[0] = 0;
	return observation->rows ? YG_OK : YG_ENOMEM;
}

/* Fill @batch with the queries that must run. */
static int choose(struct batch *batch)
{
	struct yg_assess *assess = batch->assess;

	for (uint32_t i = 0; i < assess->observation_count; i++) {
		struct observation *observation = &assess->observations[i];
		const struct yg_framework_node *node = &assess->framework->nodes[observation->node];
		const struct yg_framework_evidence *evidence =
			&node->evidence[observation->evidence];
		uint64_t stamp;
		int rc;

		if (!yg_framework_asks(node, assess->level))
			continue;
		rc = stamp_of(assess, evidence, &stamp, &observation->is_there, &observation->day);
		if (rc != YG_OK)
			return rc;
		if (stamp == observation->stamp && observation->rows)
			continue;
		observation->stamp = 0;
		rc = reset(observation);
		if (rc != YG_OK)
			return rc;
		if (!observation->is_there) {
			observation->stamp = stamp;
			continue;
		}
		batch->queries[batch->count] = (struct yg_assess_query){
			.node = observation->node,
			.evidence = observation->evidence,
			.sql = evidence->sql,
		};
		batch->places[batch->count++] = i;
		observation->stamp = stamp;
	}
	return YG_OK;
}

static bool is_current(const struct yg_assess *assess, uint64_t facts_change)
{
	return assess->is_observed && facts_change == assess->observed_change &&
	       assess->day == assess->observed_day && assess->level == assess->observed_level;
}

int yg_assess_observe(struct yg_assess *assess, uint64_t facts_change)
{
	struct batch batch = {.assess = assess};
	int rc = YG_OK;

	if (assess->observation_count == 0 || !assess->ports->run_queries ||
	    !assess->ports->table_change)
		return YG_OK;
	if (is_current(assess, facts_change))
		return YG_OK;
	assess->is_observed = false;
	batch.queries = yg_calloc(assess->observation_count, sizeof(*batch.queries));
	batch.places = yg_calloc(assess->observation_count, sizeof(*batch.places));
	if (!batch.queries || !batch.places)
		rc = YG_ENOMEM;
	if (rc == YG_OK)
		rc = choose(&batch);
	if (rc == YG_OK && batch.count > 0)
		rc = assess->ports->run_queries(assess->ports->facts, assess->access, assess->day,
						batch.queries, batch.count, take_row, &batch);
	if (rc != YG_OK)
		for (uint32_t i = 0; i < batch.count; i++)
			assess->observations[batch.places[i]].stamp = 0; /* once more next time */
	free(batch.queries);
	free(batch.places);
	if (rc == YG_OK) {
		assess->is_observed = true;
		assess->observed_change = facts_change;
		assess->observed_day = assess->day;
		assess->observed_level = assess->level;
	}
	return rc;
}
