/* SPDX-License-Identifier: Apache-2.0 */
/* What detection found, and how much there was, for those who may read it. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/findings.h"
#include "base/alloc.h"
#include "model/day.h"

#include "base/ban.h"

#define AFTER_SIZE (2 * YG_FACT_ID_BYTES + 1) /* an id in hex, or a number */

/* ---- the filter ---- */

/* A filter with what it borrows, and the organisations that it goes over. */
struct asked {
	struct yg_fact_filter filter;
	struct yg_hub_reach reach;
	char rule[YG_API_QUERY_MAX + 1];
	char sensor[YG_API_QUERY_MAX + 1];
	char actor[YG_API_QUERY_MAX + 1];
};

static void done(struct asked *asked)
{
	if (asked)
		yg_hub_reach_done(&asked->reach);
	free(asked);
}

/* ?after= as a list's "next" had it. */
static int read_after(const struct yg_hub_call *call, struct yg_fact_filter *filter)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes after = yg_call_query(call, "after", mem);

	if (after.size == 0)
		return YG_OK;
	if (filter->by_change) {
		uint64_t number;

		if (yg_bytes_u64(after, &number) &&
		    yg_unveil(call->api->veil_key, number, &filter->after_change))
			return YG_OK;
	} else if (after.size == AFTER_SIZE - 1 && yg_findings_id_read(after, filter->after_id)) {
		filter->has_after = true;
		return YG_OK;
	}
	(void)yg_call_bad(call, N_("after must be what `next` said.")); /* always YG_OK */
	return YG_EEND;
}

static int read_words(const struct yg_hub_call *call, struct yg_fact_filter *filter)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes level = yg_call_query(call, "level", mem);

	if (level.size > 0 && !yg_level_by_name(level, &filter->level_min)) {
		(void)yg_call_bad(call,
				  N_("level is informational, low, medium, high or critical."));
		return YG_EEND;
	}
	level = yg_call_query(call, "outcome", mem);
	if (level.size == 0)
		return YG_OK;
	for (unsigned i = YG_OUTCOME_UNKNOWN; i <= YG_OUTCOME_POSSIBLE; i++) {
		filter->outcome_min = (enum yg_outcome)i;
		if (yg_bytes_eq(level, yg_bytes_str(yg_outcome_name(filter->outcome_min))))
			return YG_OK;
	}
	(void)yg_call_bad(call, N_("outcome is unknown, attempt or possible."));
	return YG_EEND;
}

static int read_filter(const struct yg_hub_call *call, struct asked *asked)
{
	struct yg_fact_filter *filter = &asked->filter;
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes order = yg_call_query(call, "order", mem);
	int rc = YG_OK;

	if (order.size > 0 && !yg_bytes_eq(order, YG_S("newest")) &&
	    !yg_bytes_eq(order, YG_S("change"))) {
		(void)yg_call_bad(call, N_("order is newest or change."));
		return YG_EEND;
	}
	filter->by_change = yg_bytes_eq(order, YG_S("change"));
	filter->rule = yg_call_query(call, "rule", asked->rule);
	filter->sensor = yg_call_query(call, "sensor", asked->sensor);
	filter->actor = yg_call_query(call, "actor", asked->actor);
	rc = yg_call_query_time(call, "from", false, &filter->from_ns);
	if (rc == YG_OK)
		rc = yg_call_query_time(call, "to", true, &filter->to_ns);
	if (rc == YG_OK)
		rc = yg_call_query_limit(call, &filter->limit);
	if (rc == YG_OK)
		rc = read_words(call, filter);
	if (rc == YG_OK)
		rc = read_after(call, filter);
	if (filter->from_ns == YG_TIME_NONE)
		filter->from_ns = 0;
	if (filter->to_ns == YG_TIME_NONE)
		filter->to_ns = 0;
	return rc == YG_OK ? yg_call_reach(call, &asked->reach) : rc;
}

/* ---- lists ---- */

struct listing {
	struct yg_buf *to;
	struct yg_collections *collections; /* NULL: no indicators are named */
	const uint8_t *key;		    /* of the veil */
	bool is_begun;
	uint64_t change; /* of the last one */
};

/* Changes and places of records count over all organisations: nobody shall see them ascend. */
static int add_object(const struct listing *listing, const struct yg_fact_finding *finding)
{
	struct yg_fact_finding shown = *finding;

	shown.change = yg_veil(listing->key, finding->change);
	yg_findings_json(&shown, false, listing->to);
	return listing->collections
		       ? yg_findings_indicators(listing->collections, finding, listing->to)
		       : YG_OK;
}

static int add_finding(void *arg, const struct yg_fact_finding *finding)
{
	struct listing *listing = arg;

	yg_buf_add_str(listing->to, listing->is_begun ? "," : "");
	listing->is_begun = true;
	listing->change = finding->change;
	if (add_object(listing, finding) == YG_ENOMEM)
		return YG_ENOMEM; /* another error: what it names is left out */
	return yg_buf_error(listing->to);
}

/* Where the next page begins: for a live view also when nothing more is there now. */
static void add_next(const struct yg_facts *facts, const struct listing *listing, bool by_change)
{
	struct yg_fact_next next = yg_facts_next(facts);
	char id[2 * YG_FACT_ID_BYTES + 1];

	if (by_change && (next.is_more || listing->change > 0))
		yg_buf_addf(listing->to, ",\"next\":\"%llu\"",
			    (unsigned long long)yg_veil(listing->key, next.is_more
									      ? next.after_change
									      : listing->change));
	if (by_change || !next.is_more)
		return;
	yg_findings_id(next.after_id, id);
	yg_buf_addf(listing->to, ",\"next\":\"%s\"", id);
}

static int no_facts(const struct yg_hub_call *call)
{
	return yg_call_refuse(call, 503, "busy", N_("Findings cannot be read now"),
			      N_("Wait a moment and try again."));
}

int yg_hub_do_list_findings(struct yg_hub_call *call)
{
	struct yg_facts *facts = call->api->opts.facts;
	struct asked *asked = facts ? yg_calloc(1, sizeof(*asked)) : NULL;
	struct listing listing = {.to = &call->reply->body,
				  .collections = call->api->opts.collections,
				  .key = call->api->veil_key};
	int rc;

	if (!facts)
		return no_facts(call);
	rc = asked ? read_filter(call, asked) : YG_ENOMEM;
	if (rc == YG_OK) {
		yg_buf_add_str(listing.to, "{\"items\":[");
		rc = yg_findings_list(facts, &asked->reach, "", &asked->filter, add_finding,
				      &listing);
	}
	if (rc == YG_OK) {
		yg_buf_add_byte(listing.to, ']');
		add_next(facts, &listing, asked->filter.by_change);
		yg_buf_add_byte(listing.to, '}');
	}
	done(asked);
	return rc;
}

/* ---- one, and the days ---- */

static int give_finding(void *arg, const struct yg_fact_finding *finding)
{
	const struct listing *listing = arg;

	/* What it names is left out when that cannot be read. */
	return add_object(listing, finding) == YG_ENOMEM ? YG_ENOMEM : YG_OK;
}

int yg_hub_do_get_finding(struct yg_hub_call *call)
{
	struct yg_facts *facts = call->api->opts.facts;
	struct listing listing = {.to = &call->reply->body,
				  .collections = call->api->opts.collections,
				  .key = call->api->veil_key};
	struct yg_hub_reach reach = {0};
	uint8_t id[YG_FACT_ID_BYTES];
	int rc = yg_findings_id_read(call->request->parts[0], id) ? YG_OK : YG_ENOENT;

	if (!facts)
		return no_facts(call);
	if (rc == YG_OK)
		rc = yg_call_reach(call, &reach);
	if (rc == YG_OK)
		rc = yg_findings_get(facts, &reach, id, give_finding, &listing);
	yg_hub_reach_done(&reach);
	return rc == YG_ENOENT ? yg_call_not_found(call) : rc;
}

static json_t *levels_json(const uint64_t by_level[5])
{
	json_t *levels = json_object();

	for (unsigned i = 0; levels && i < 5; i++)
		if (yg_json_set(levels, yg_level_name((enum yg_level)i),
				json_integer((json_int_t)by_level[i])) != YG_OK) {
			json_decref(levels);
			return NULL;
		}
	return levels;
}

struct day_list {
	json_t *items;
	const struct yg_zone *zone;
};

/* The filter's, but days are those of its zone. */
static int read_span(const struct yg_hub_call *call, struct yg_fact_filter *filter)
{
	int rc = yg_call_query_span(call, &filter->from_ns, &filter->to_ns);

	if (filter->from_ns == YG_TIME_NONE)
		filter->from_ns = 0;
	if (filter->to_ns == YG_TIME_NONE)
		filter->to_ns = 0;
	return rc;
}

static int add_day(void *arg, const struct yg_fact_day *day)
{
	const struct day_list *list = arg;
	char date[YG_DAY_SIZE];
	json_t *item;

	yg_day_write(yg_day_in(list->zone, day->day_ns), date);
	item = json_pack("{s:o, s:s, s:I, s:I, s:I, s:I, s:o}", "day", yg_call_time(day->day_ns),
			 "date", date, "records", (json_int_t)day->records, "bytes",
			 (json_int_t)day->bytes, "findings", (json_int_t)day->findings, "bundles",
			 (json_int_t)day->bundles, "levels", levels_json(day->by_level));

	return item && json_array_append_new(list->items, item) == 0 ? YG_OK : YG_ENOMEM;
}

int yg_hub_do_list_days(struct yg_hub_call *call)
{
	struct asked *asked = yg_calloc(1, sizeof(*asked));
	json_t *items = json_array();
	struct day_list list = {.items = items};
	int rc = asked && items ? read_filter(call, asked) : YG_ENOMEM;

	if (rc == YG_OK)
		rc = yg_call_query_zone(call, &list.zone);
	if (rc == YG_OK)
		asked->filter.zone = list.zone;
	if (rc == YG_OK)
		rc = read_span(call, &asked->filter);
	if (rc == YG_OK && call->api->opts.facts)
		rc = yg_findings_days(call->api->opts.facts, &asked->reach, "", &asked->filter,
				      add_day, &list);
	done(asked);
	if (rc == YG_OK)
		return yg_call_page(call, items, (struct yg_bytes){0});
	json_decref(items);
	return rc == YG_EEND ? YG_OK : rc;
}
