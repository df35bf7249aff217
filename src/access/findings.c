/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/findings.h"

#include "base/alloc.h"
#include "base/crypt.h"
#include "base/hash.h"
#include "store/clues.h"

#include "base/ban.h"

/* What @reach holds, put into a filter. */
struct bound {
	struct yg_fact_filter filter;
	struct yg_bytes *orgs; /* owned */
	struct yg_bytes one;
};

static bool is_reached(const struct yg_hub_reach *reach, const char *org)
{
	for (uint32_t i = 0; i < reach->count; i++)
		if (strcmp(reach->orgs[i], org) == 0)
			return true;
	return reach->is_all;
}

/* YG_OK, YG_ENOENT, YG_ENOMEM, YG_ELIMIT: more organisations than one list can hold. */
static int bind(const struct yg_hub_reach *reach, const char *org,
		const struct yg_fact_filter *filter, struct bound *ret)
{
	*ret = (struct bound){.filter = *filter, .one = yg_bytes_str(org)};
	ret->filter.is_all_orgs = false;
	ret->filter.orgs = NULL;
	ret->filter.org_count = 0;
	if (org[0] != '\0') {
		if (!is_reached(reach, org))
			return YG_ENOENT;
		ret->filter.orgs = &ret->one;
		ret->filter.org_count = 1;
		return YG_OK;
	}
	ret->filter.is_all_orgs = reach->is_all;
	if (reach->is_all)
		return YG_OK;
	if (reach->count > YG_FACT_ORGS_MAX)
		return YG_ELIMIT;
	ret->orgs = yg_calloc(reach->count + 1u, sizeof(*ret->orgs));
	if (!ret->orgs)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < reach->count; i++)
		ret->orgs[i] = yg_bytes_str(reach->orgs[i]);
	ret->filter.orgs = ret->orgs;
	ret->filter.org_count = reach->count;
	return YG_OK;
}

int yg_findings_list(struct yg_facts *facts, const struct yg_hub_reach *reach, const char *org,
		     const struct yg_fact_filter *filter, yg_fact_fn fn, void *arg)
{
	struct bound bound;
	int rc = bind(reach, org, filter, &bound);

	if (rc == YG_OK)
		rc = yg_facts_list(facts, &bound.filter, fn, arg);
	free(bound.orgs);
	return rc;
}

int yg_findings_get(struct yg_facts *facts, const struct yg_hub_reach *reach,
		    const uint8_t id[YG_FACT_ID_BYTES], yg_fact_fn fn, void *arg)
{
	const struct yg_fact_filter filter = {.limit = 1};
	struct bound bound;
	int rc = bind(reach, "", &filter, &bound);

	if (rc == YG_OK)
		rc = yg_facts_get(facts, &bound.filter, id, fn, arg);
	free(bound.orgs);
	return rc;
}

int yg_findings_days(struct yg_facts *facts, const struct yg_hub_reach *reach, const char *org,
		     const struct yg_fact_filter *filter, yg_fact_day_fn fn, void *arg)
{
	struct bound bound;
	int rc = bind(reach, org, filter, &bound);

	if (rc == YG_OK)
		rc = yg_facts_days(facts, &bound.filter, fn, arg);
	free(bound.orgs);
	return rc;
}

/* ---- as an object ---- */

void yg_findings_id(const uint8_t id[YG_FACT_ID_BYTES], char to[2 * YG_FACT_ID_BYTES + 1])
{
	yg_hex((struct yg_bytes){id, YG_FACT_ID_BYTES}, to);
}

bool yg_findings_id_read(struct yg_bytes text, uint8_t to[YG_FACT_ID_BYTES])
{
	return text.size == (size_t)2 * YG_FACT_ID_BYTES && yg_hex_read(text, to, YG_FACT_ID_BYTES);
}

static void add_text(struct yg_buf *to, const char *key, struct yg_bytes text)
{
	yg_buf_addf(to, ",\"%s\":", key);
	yg_buf_add_json(to, text);
}

/* A text that may be empty: null then. */
static void add_maybe(struct yg_buf *to, const char *key, struct yg_bytes text)
{
	if (text.size > 0)
		add_text(to, key, text);
	else
		yg_buf_addf(to, ",\"%s\":null", key);
}

static void add_time(struct yg_buf *to, const char *key, int64_t time_ns)
{
	char iso[YG_ISO_SIZE];

	(void)yg_time_iso(time_ns, 0, iso);
	yg_buf_addf(to, ",\"%s\":\"%s\"", key, iso);
}

bool yg_findings_is_told(const struct yg_fact_finding *finding)
{
	return yg_bytes_starts(finding->rules, YG_S(YG_FACT_TOLD));
}

#define IDS_MAX 20u /* of one finding that are named */

struct naming {
	struct yg_buf *to;
	bool is_begun;
};

static int add_id(void *arg, struct yg_bytes id)
{
	struct naming *n = arg;

	if (!n->is_begun) {
		n->to->size--; /* the end of the object */
		yg_buf_add_str(n->to, ",\"indicators\":[");
	} else {
		yg_buf_add_byte(n->to, ',');
	}
	n->is_begun = true;
	yg_buf_add_json(n->to, id);
	return YG_OK;
}

int yg_findings_indicators(struct yg_collections *s, const struct yg_fact_finding *finding,
			   struct yg_buf *to)
{
	struct naming n = {.to = to};
	int rc;

	if (finding->kind != YG_KIND_INDICATOR || to->size == 0)
		return YG_OK;
	rc = yg_clues_of_finding(s, finding->id, IDS_MAX, add_id, &n);
	if (n.is_begun)
		yg_buf_add_str(to, "]}");
	return rc;
}

void yg_findings_json(const struct yg_fact_finding *f, bool with_numbers, struct yg_buf *to)
{
	char id[2 * YG_FACT_ID_BYTES + 1];

	yg_findings_id(f->id, id);
	yg_buf_addf(to, "{\"id\":\"%s\",\"change\":%llu", id, (unsigned long long)f->change);
	add_text(to, "org", f->org);
	add_text(to, "sensor", f->sensor);
	add_text(to, "source", f->source);
	add_text(to, "rule", f->rule);
	add_text(to, "title", f->title);
	add_maybe(to, "title_ja", f->title_ja);
	add_text(to, "rule_set", f->rules);
	add_text(to, "held_by", yg_findings_is_told(f) ? YG_S("member") : YG_S("hub"));
	yg_buf_addf(to, ",\"level\":\"%s\",\"kind\":\"%s\",\"field\":\"%s\",\"outcome\":\"%s\"",
		    yg_level_name(f->level), yg_kind_name(f->kind), yg_attack_name(f->field),
		    yg_outcome_name(f->outcome));
	add_maybe(to, "reason", f->reason);
	add_maybe(to, "actor", f->actor);
	add_maybe(to, "target", f->target);
	add_maybe(to, "matched", f->matched);
	add_maybe(to, "hunt", f->hunt);
	yg_buf_addf(to, ",\"count\":%llu", (unsigned long long)f->count);
	add_time(to, "minute", f->minute_ns);
	add_time(to, "first", f->first_ns);
	add_time(to, "last", f->last_ns);
	add_time(to, "received", f->received_ns);
	add_time(to, "written", f->written_ns);
	yg_buf_add_str(to, ",\"records\":[");
	for (uint32_t i = 0; i < f->ref_count; i++) {
		char iso[YG_ISO_SIZE];

		(void)yg_time_iso(f->refs[i].received_ns, 0, iso);
		yg_buf_addf(to, "%s{\"received\":\"%s\"", i ? "," : "", iso);
		if (with_numbers)
			yg_buf_addf(to, ",\"number\":%llu", (unsigned long long)f->refs[i].number);
		yg_buf_add_byte(to, '}');
	}
	yg_buf_add_str(to, "]}");
}
