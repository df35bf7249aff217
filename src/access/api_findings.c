/* SPDX-License-Identifier: Apache-2.0 */
/* What detection found, and how much there was, for those who may read it. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"
#include "base/alloc.h"
#include "base/hash.h"

#include "base/ban.h"

#define AFTER_SIZE (2 * YG_FACT_ID_BYTES + 1) /* an id in hex, or a number */

static json_t *refs_json(const struct yg_fact_finding *finding)
{
	json_t *refs = json_array();

	for (uint32_t i = 0; refs && i < finding->ref_count; i++) {
		json_t *ref = json_pack("{s:I, s:o}", "number", (json_int_t)finding->refs[i].number,
					"received", yg_call_time(finding->refs[i].received_ns));

		if (!ref || json_array_append_new(refs, ref) != 0) {
			json_decref(refs);
			return NULL;
		}
	}
	return refs;
}

static json_t *text(struct yg_bytes bytes)
{
	return yg_json_string(bytes);
}

static json_t *text_or_null(struct yg_bytes bytes)
{
	return bytes.size ? yg_json_string(bytes) : json_null();
}

static json_t *finding_json(const struct yg_fact_finding *finding)
{
	char id[2 * YG_FACT_ID_BYTES + 1];
	json_t *rule;

	yg_hex((struct yg_bytes){finding->id, sizeof(finding->id)}, id);
	rule = json_pack("{s:o, s:o, s:o, s:s, s:s, s:o}", "id", text(finding->rule), "title",
			 text(finding->title), "title_ja", text_or_null(finding->title_ja), "level",
			 yg_level_name(finding->level), "kind", yg_kind_name(finding->kind), "set",
			 text_or_null(finding->rules));
	if (!rule)
		return NULL;
	return json_pack(
		"{s:s, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, "
		"s:o, s:o, s:I, s:o}",
		"id", id, "org", text(finding->org), "sensor", text(finding->sensor), "rule", rule,
		"attack_field", yg_attack_name(finding->field), "outcome",
		yg_outcome_name(finding->outcome), "reason", text_or_null(finding->reason),
		"source", text(finding->source), "actor", text_or_null(finding->actor), "target",
		text_or_null(finding->target), "matched", text_or_null(finding->matched), "count",
		(json_int_t)finding->count, "first", yg_call_time(finding->first_ns), "last",
		yg_call_time(finding->last_ns), "received", yg_call_time(finding->received_ns),
		"seen", yg_call_time(finding->written_ns), "change", (json_int_t)finding->change,
		"records", refs_json(finding));
}

/* ---- the filter ---- */

/* A filter with what it borrows. */
struct asked {
	struct yg_fact_filter filter;
	struct yg_hub_reach reach;
	struct yg_bytes orgs[YG_FACT_ORGS_MAX];
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

static int bind_orgs(const struct yg_hub_call *call, struct asked *asked)
{
	struct yg_fact_filter *filter = &asked->filter;
	int rc;

	filter->orgs = asked->orgs;
	if (call->access) {
		asked->orgs[0] = yg_bytes_str(yg_access_org(call->access));
		filter->org_count = 1;
		return YG_OK;
	}
	rc = yg_hub_reach(call->api->opts.hub, call->request->actor, call->right, &asked->reach);
	if (rc != YG_OK)
		return rc;
	filter->is_all_orgs = asked->reach.is_all;
	for (uint32_t i = 0; i < asked->reach.count && i < YG_FACT_ORGS_MAX; i++)
		asked->orgs[filter->org_count++] = yg_bytes_str(asked->reach.orgs[i]);
	return YG_OK;
}

/* ?after= as a list's "next" had it. */
static int read_after(const struct yg_hub_call *call, struct yg_fact_filter *filter)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes after = yg_call_query(call, "after", mem);

	if (after.size == 0)
		return YG_OK;
	if (filter->by_change) {
		if (yg_bytes_u64(after, &filter->after_change))
			return YG_OK;
	} else if (after.size == AFTER_SIZE - 1 &&
		   yg_hex_read(after, filter->after_id, YG_FACT_ID_BYTES)) {
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
	return rc == YG_OK ? bind_orgs(call, asked) : rc;
}

/* ---- lists ---- */

struct listing {
	json_t *items;
	uint64_t change; /* of the last one */
};

static int add_finding(void *arg, const struct yg_fact_finding *finding)
{
	struct listing *listing = arg;
	json_t *item = finding_json(finding);

	listing->change = finding->change;
	return item && json_array_append_new(listing->items, item) == 0 ? YG_OK : YG_ENOMEM;
}

/* Where the next page begins: for a live view also when nothing more is there now. */
static void write_next(const struct yg_facts *facts, const struct listing *listing, bool by_change,
		       char to[AFTER_SIZE])
{
	struct yg_fact_next next = yg_facts_next(facts);
	char id[2 * YG_FACT_ID_BYTES + 1];

	if (by_change && (next.is_more || listing->change > 0))
		(void)snprintf(to, AFTER_SIZE, "%llu",
			       (unsigned long long)(next.is_more ? next.after_change
								 : listing->change)); /* fits */
	if (by_change || !next.is_more)
		return;
	yg_hex((struct yg_bytes){next.after_id, sizeof(next.after_id)}, id);
	(void)snprintf(to, AFTER_SIZE, "%s", id); /* fits */
}

static int no_facts(const struct yg_hub_call *call)
{
	return yg_call_refuse(call, 503, "busy", N_("Findings cannot be read now"),
			      N_("Wait a moment and try again."));
}

int yg_hub_do_list_findings(struct yg_hub_call *call)
{
	struct asked *asked = yg_calloc(1, sizeof(*asked));
	struct listing listing = {.items = json_array()};
	char next[AFTER_SIZE] = "";
	int rc = asked && listing.items ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK && !call->api->opts.facts) {
		json_decref(listing.items);
		done(asked);
		return no_facts(call);
	}
	if (rc == YG_OK)
		rc = read_filter(call, asked);
	if (rc == YG_OK)
		rc = yg_facts_list(call->api->opts.facts, &asked->filter, add_finding, &listing);
	if (rc == YG_OK)
		write_next(call->api->opts.facts, &listing, asked->filter.by_change, next);
	done(asked);
	if (rc == YG_OK)
		return yg_call_page(call, listing.items, yg_bytes_str(next));
	json_decref(listing.items);
	return rc == YG_EEND ? YG_OK : rc;
}

/* ---- one, and the days ---- */

static int give_finding(void *arg, const struct yg_fact_finding *finding)
{
	json_t **ret = arg;

	*ret = finding_json(finding);
	return *ret ? YG_OK : YG_ENOMEM;
}

int yg_hub_do_get_finding(struct yg_hub_call *call)
{
	struct asked *asked = yg_calloc(1, sizeof(*asked));
	uint8_t id[YG_FACT_ID_BYTES];
	json_t *found = NULL;
	int rc = asked ? bind_orgs(call, asked) : YG_ENOMEM;

	if (rc == YG_OK && !call->api->opts.facts) {
		done(asked);
		return no_facts(call);
	}
	if (rc == YG_OK && (call->request->parts[0].size != 2 * sizeof(id) ||
			    !yg_hex_read(call->request->parts[0], id, sizeof(id))))
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = yg_facts_get(call->api->opts.facts, &asked->filter, id, give_finding, &found);
	done(asked);
	if (rc == YG_OK)
		return yg_call_json(call, 200, found);
	json_decref(found);
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

static int add_day(void *arg, const struct yg_fact_day *day)
{
	json_t *item =
		json_pack("{s:o, s:I, s:I, s:I, s:I, s:o}", "day", yg_call_time(day->day_ns),
			  "records", (json_int_t)day->records, "bytes", (json_int_t)day->bytes,
			  "findings", (json_int_t)day->findings, "bundles",
			  (json_int_t)day->bundles, "levels", levels_json(day->by_level));

	return item && json_array_append_new(arg, item) == 0 ? YG_OK : YG_ENOMEM;
}

int yg_hub_do_list_days(struct yg_hub_call *call)
{
	struct asked *asked = yg_calloc(1, sizeof(*asked));
	json_t *items = json_array();
	int rc = asked && items ? read_filter(call, asked) : YG_ENOMEM;

	if (rc == YG_OK && call->api->opts.facts)
		rc = yg_facts_days(call->api->opts.facts, &asked->filter, add_day, items);
	done(asked);
	if (rc == YG_OK)
		return yg_call_page(call, items, (struct yg_bytes){0});
	json_decref(items);
	return rc == YG_EEND ? YG_OK : rc;
}
