/* SPDX-License-Identifier: Apache-2.0 */
/* Plans: from a situation to a draft, and what people of the hub decide of it. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/members.h"
#include "access/situations.h"
#include "access/warnings-int.h"
#include "base/crypt.h"
#include "base/hash.h"

#include "base/ban.h"

#define RULES_MAX   40u
#define SOURCES_MAX 100u
#define TARGETS_MAX 200u
#define FIELDS_LOOK 20u /* findings that are asked for the field of attack */

/* ---- the notice that a situation gives ---- */

struct drawing {
	const struct yg_hub_call *call;
	json_t *rules;
	json_t *sources;
	json_t *indicators;
	json_t *targets;
	json_t *hosts; /* of the house: what points to it */
	enum yg_level level;
	enum yg_outcome outcome;
	enum yg_attack_field field;
	int64_t first_ns;
	int64_t last_ns;
	uint64_t count;
	uint32_t looked;
	uint8_t last[YG_SITUATION_ALERT_ID];
	uint32_t seen;
	char org[YG_ENROL_ID_MAX + 1];
};

static bool has_text(const json_t *list, struct yg_bytes text)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		if (yg_bytes_eq(yg_bytes_str(json_string_value(one)), text))
			return true;
	}
	return false;
}

static int add_to(json_t *list, json_t *take, size_t max)
{
	if (take && json_array_size(list) >= max) {
		json_decref(take);
		return YG_OK;
	}
	return take && json_array_append_new(list, take) == 0 ? YG_OK : YG_ENOMEM;
}

static int add_source(struct drawing *d, const struct yg_situation_alert *a)
{
	int rc;

	if (!a->is_outside || a->actor.size == 0 || has_text(d->sources, a->actor))
		return YG_OK;
	rc = add_to(d->sources, yg_json_string(a->actor), SOURCES_MAX);
	if (rc == YG_OK)
		rc = add_to(d->indicators,
			    json_pack("{s:s, s:o}", "type", "address", "value",
				      yg_json_string(a->actor)),
			    SOURCES_MAX);
	return rc;
}

static int add_rule(struct drawing *d, const struct yg_situation_alert *a)
{
	for (size_t i = 0; i < json_array_size(d->rules); i++) {
		json_t *one = json_array_get(d->rules, i);

		if (yg_bytes_eq(yg_json_text(one, "id"), a->rule))
			return yg_json_set(
				one, "count",
				json_integer(yg_json_int(one, "count", 0) + (json_int_t)a->count));
	}
	return add_to(d->rules,
		      json_pack("{s:o, s:{s:o, s:o}, s:s, s:I}", "id", yg_json_string(a->rule),
				"title", "en", yg_json_string(a->title), "ja",
				yg_json_string(a->title_ja), "level", yg_level_name(a->level),
				"count", (json_int_t)a->count),
		      RULES_MAX);
}

static int add_target(struct drawing *d, struct yg_bytes target)
{
	int rc = YG_OK;

	if (target.size == 0 || target.size > YG_OWN_BYTES_MAX || target.data[0] == '/' ||
	    has_text(d->hosts, target))
		return YG_OK;
	rc = add_to(d->hosts, yg_json_string(target), TARGETS_MAX);
	if (rc == YG_OK)
		rc = add_to(
			d->targets,
			json_pack("{s:s, s:o}", "type", "target", "value", yg_json_string(target)),
			TARGETS_MAX);
	return rc;
}

static int take_field(void *arg, const struct yg_fact_finding *finding)
{
	struct drawing *d = arg;

	d->field = finding->field;
	return YG_OK;
}

/* Of the gravest finding: what kind of attack it was. */
static int look_field(struct drawing *d, const struct yg_situation_alert *a)
{
	struct yg_facts *facts = d->call->api->opts.facts;
	const struct yg_fact_filter filter = {.is_all_orgs = true, .limit = 1};
	int rc;

	if (!facts || d->looked >= FIELDS_LOOK)
		return YG_OK;
	d->looked++;
	rc = yg_facts_get(facts, &filter, a->id, take_field, d);
	return rc == YG_ENOENT ? YG_OK : rc;
}

static int draw(void *arg, const struct yg_situation_alert *a)
{
	struct drawing *d = arg;
	int rc = YG_OK;

	memcpy(d->last, a->id, sizeof(d->last));
	d->seen++;
	if (a->step != YG_NOISE_KEPT)
		return add_target(d, a->target); /* points to the house all the same */
	if (d->count == 0 || a->level > d->level)
		rc = look_field(d, a);
	d->level = a->level > d->level ? a->level : d->level;
	d->outcome = a->outcome > d->outcome ? a->outcome : d->outcome;
	if (d->count == 0 || a->first_ns < d->first_ns)
		d->first_ns = a->first_ns;
	if (d->count == 0 || a->last_ns > d->last_ns)
		d->last_ns = a->last_ns;
	d->count += a->count;
	if (rc == YG_OK)
		rc = add_source(d, a);
	if (rc == YG_OK)
		rc = add_rule(d, a);
	return rc == YG_OK ? add_target(d, a->target) : rc;
}

/* The situation as it stands: certainty, begin. */
struct situated {
	uint64_t number;
	int64_t opened_ns;
	char certainty[16];
	char source[YG_CERTAIN_SOURCE_MAX + 1];
	int64_t certain_ns;
};

static int take_situation(void *arg, const struct yg_situation *one)
{
	struct situated *s = arg;

	s->opened_ns = one->opened_ns;
	s->certain_ns = one->certain.time_ns;
	(void)snprintf(s->certainty, sizeof(s->certainty), "%s",
		       yg_certainty_name(one->certain.certainty)); /* short words */
	(void)snprintf(s->source, sizeof(s->source), "%.*s",
		       YG_FMT(yg_bytes_cut(one->certain.source, 0, YG_CERTAIN_SOURCE_MAX)));
	return YG_OK;
}

static int find_situation(const struct yg_hub_call *call, struct situated *ret)
{
	const struct yg_situation_view view = {.is_whole = true};
	struct yg_bytes part = call->request->parts[0];
	uint8_t id[YG_SITUATION_ID_BYTES];

	*ret = (struct situated){0};
	if (!call->api->opts.situations || !call->api->opts.ports.planner.plan) {
		(void)yg_call_refuse(call, 503, "busy", N_("Situations cannot be read now"),
				     N_("Wait a moment and try again.")); /* always YG_OK */
		return YG_EEND;
	}
	if (part.size != 2 * sizeof(id) || !yg_hex_read(part, id, sizeof(id)))
		return YG_ENOENT;
	return yg_situation_get(call->api->opts.situations, &view, id, take_situation, ret,
				&ret->number);
}

static int draw_all(struct drawing *d, uint64_t number)
{
	const uint8_t *after = NULL;
	struct yg_situations *s = d->call->api->opts.situations;
	struct yg_situation_view view = {.is_whole = true};
	int rc;

	memcpy(view.org, d->org, sizeof(view.org));
	d->rules = json_array();
	d->sources = json_array();
	d->indicators = json_array();
	d->targets = json_array();
	d->hosts = json_array();
	if (!d->rules || !d->sources || !d->indicators || !d->targets || !d->hosts)
		return YG_ENOMEM;
	do {
		d->seen = 0;
		rc = yg_situation_alerts(s, &view, number, after, YG_SITUATIONS_LIST_MAX, draw, d);
		after = d->last;
	} while (rc == YG_OK && d->seen == YG_SITUATIONS_LIST_MAX);
	return rc;
}

static void drawing_done(struct drawing *d)
{
	json_decref(d->rules);
	json_decref(d->sources);
	json_decref(d->indicators);
	json_decref(d->targets);
	json_decref(d->hosts);
}

/* What the caller says of it, key by key over what was drawn. */
static int merge(json_t *notice, const json_t *said)
{
	json_t *attack = json_object_get(said, "attack");
	json_t *kept = json_incref(json_object_get(notice, "attack"));
	int rc = YG_OK;

	if (json_is_object(said) && json_object_update(notice, (json_t *)(uintptr_t)said) != 0)
		rc = YG_ENOMEM;
	if (rc == YG_OK && json_is_object(attack)) {
		if (json_object_update(kept, attack) != 0)
			rc = YG_ENOMEM;
		else
			rc = yg_json_set(notice, "attack", json_incref(kept));
	}
	json_decref(kept);
	return rc;
}

static json_t *drawn_notice(const struct drawing *d, const struct situated *s, const json_t *name)
{
	const json_t *first = json_array_get(d->rules, 0);
	json_t *title = json_deep_copy(json_object_get(first, "title"));

	if (!title)
		title = json_object();
	return json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:o}, s:o, s:{s:s, s:O}, s:{s:s, s:s, s:o, "
			 "s:o, s:I, s:O, s:O, s:O}, s:{s:O}}",
			 "kind", "warning", "tlp", "amber", "pap", "amber", "certainty", "level",
			 s->certainty, "source", s->source, "time", yg_warn_time(s->certain_ns),
			 "title", title, "victim", "id", d->org, "name", name, "attack", "field",
			 yg_attack_name(d->field), "outcome", yg_outcome_name(d->outcome), "first",
			 yg_warn_time(d->first_ns), "last", yg_warn_time(d->last_ns), "count",
			 (json_int_t)d->count, "sources", d->sources, "rules", d->rules,
			 "indicators", d->indicators, "damage", "targets", d->targets);
}

/* ---- what points to the one that was hit ---- */

static int add_own(json_t *own, const char *kind, const char *text)
{
	json_t *list = json_object_get(own, kind);
	int rc = YG_OK;

	if (!text[0] || strlen(text) > YG_OWN_BYTES_MAX)
		return YG_OK;
	if (!list) {
		list = json_array();
		rc = yg_json_set(own, kind, list); /* takes it */
	}
	return rc == YG_OK ? add_to(list, yg_hub_string(text), YG_OWN_ENTRIES_MAX) : rc;
}

static int own_org(struct yg_hub_access *hub, const char *id, json_t *own, json_t *name)
{
	struct yg_hub_org org = {.name = ""};
	int rc = yg_hub_org_look(hub->enrol, id, &org);

	if (rc == YG_OK)
		rc = add_own(own, "names", org.name);
	if (rc == YG_OK)
		rc = add_own(own, "others", id);
	if (rc == YG_OK && org.corporate_number[0])
		rc = yg_json_set(own, "corporate_number", json_string(org.corporate_number));
	return rc == YG_OK ? yg_json_set(name, "ja", yg_hub_string(org.name)) : rc;
}

static int add_host(json_t *own, struct yg_bytes host)
{
	char one[YG_OWN_BYTES_MAX + 1];

	if (host.size == 0 || host.size > YG_OWN_BYTES_MAX || host.data[0] == '/')
		return YG_OK;
	(void)snprintf(one, sizeof(one), "%.*s", YG_FMT(host)); /* measured */
	return add_own(own, "hosts", one);
}

int yg_warn_own(struct yg_hub_access *hub, const char *org, struct yg_bytes host, json_t *own,
		json_t *name)
{
	json_t *profile = NULL;
	char text[YG_MEMBER_TEXT_MAX + 1];
	static const char *const kinds[][2] = {
		{"name_ja", "names"},	       {"name_en", "names"},
		{"contact_mail", "contacts"},  {"deputy_mail", "contacts"},
		{"contact_phone", "contacts"}, {"deputy_phone", "contacts"}};
	int rc = own_org(hub, org, own, name);

	if (rc == YG_OK)
		rc = yg_hub_get(hub, "member", org, &profile, NULL);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && rc == YG_OK; i++) {
		yg_hub_text(profile, kinds[i][0], text, sizeof(text));
		rc = add_own(own, kinds[i][1], text);
		if (rc == YG_OK && strcmp(kinds[i][1], "names") == 0 && text[0])
			rc = yg_json_set(name, i == 0 ? "ja" : "en", yg_hub_string(text));
		if (rc == YG_OK && i == 2 && strchr(text, '@'))
			rc = add_own(own, "domains", strchr(text, '@') + 1);
	}
	json_decref(profile);
	rc = rc == YG_ENOENT ? YG_OK : rc;
	return rc == YG_OK ? add_host(own, host) : rc;
}

static int own_of(struct yg_hub_access *hub, const struct drawing *d, json_t *own, json_t *name)
{
	int rc = yg_warn_own(hub, d->org, (struct yg_bytes){0}, own, name);

	for (size_t i = 0; i < json_array_size(d->hosts) && rc == YG_OK; i++)
		rc = add_own(own, "hosts", json_string_value(json_array_get(d->hosts, i)));
	return rc;
}

/* What the caller knows of it besides. */
static int add_said_own(json_t *own, const json_t *said)
{
	const char *key;
	json_t *value;
	int rc = YG_OK;

	json_object_foreach((json_t *)(uintptr_t)said, key, value)
	{
		for (size_t i = 0; i < json_array_size(value) && rc == YG_OK; i++) {
			const char *text = json_string_value(json_array_get(value, i));

			rc = text ? add_own(own, key, text) : YG_EINVAL;
		}
	}
	return rc;
}

/* ---- POST /situations/{situation}/plan ---- */

/* Hours, also of parts of one (0.5); at least a second. */
static int64_t hours(const json_t *in, const char *key, int64_t otherwise_s)
{
	double given = json_number_value(json_object_get(in, key)); /* 0: absent, or no number */
	int64_t seconds;

	if (!(given > 0 && given <= 720))
		return otherwise_s;
	seconds = (int64_t)(given * 3600 + 0.5);
	return seconds > 0 ? seconds : 1;
}

static int answer_plan(struct yg_hub_call *call, const char *plan, int status)
{
	json_t *shown = NULL;
	int rc = yg_warn_plan_get(yg_call_reader(call), plan, &shown);

	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	return rc == YG_OK ? yg_call_json(call, status, shown) : rc;
}

static int make_of(struct yg_hub_call *call, const json_t *in, struct drawing *d,
		   const struct situated *s, char plan[YG_WARN_PLAN_HEX + 1])
{
	const struct yg_hub_api_ports *ports = &call->api->opts.ports;
	char situation[2 * YG_SITUATION_ID_BYTES + 1];
	const struct yg_warn_times defaults = YG_WARN_TIMES_DEFAULT;
	json_t *own = json_object(), *name = json_object(), *notice = NULL;
	struct yg_warn_wish wish = {.situation = situation,
				    .victim = d->org,
				    .began_ns = s->opened_ns,
				    .is_damage_agreed =
					    json_is_true(json_object_get(in, "damage_agreed")),
				    .times = {hours(in, "consent_hours", defaults.consent_s),
					      hours(in, "remind_hours", defaults.remind_s),
					      hours(in, "escalate_hours", defaults.escalate_s)},
				    .planner = ports->planner};
	int rc = own && name ? own_of(call->api->opts.hub, d, own, name) : YG_ENOMEM;

	(void)snprintf(situation, sizeof(situation), "%.*s", YG_FMT(call->request->parts[0]));
	(void)yg_tlp_by_name(yg_json_text(in, "tlp"), &wish.tlp); /* checked before */
	if (rc == YG_OK)
		rc = add_said_own(own, json_object_get(in, "own"));
	notice = rc == YG_OK ? drawn_notice(d, s, name) : NULL;
	if (rc == YG_OK)
		rc = notice ? merge(notice, json_object_get(in, "notice")) : YG_ENOMEM;
	if (rc == YG_OK && ports->advise)
		rc = ports->advise(ports->arg, notice);
	wish.notice = notice;
	wish.own = own;
	if (rc == YG_OK)
		rc = yg_warn_plan_make(call->access, &wish, plan);
	json_decref(notice);
	json_decref(own);
	json_decref(name);
	return rc;
}

static bool is_wish(const struct yg_hub_call *call, const json_t *in, struct drawing *d)
{
	enum yg_tlp tlp;
	struct yg_bytes text = yg_json_text(in, "tlp");
	const json_t *own = json_object_get(in, "own");
	const json_t *notice = json_object_get(in, "notice");

	if (!yg_call_text(call, in, "victim", d->org, sizeof(d->org)))
		return false;
	if (yg_enrol_is_id(yg_bytes_str(d->org)) &&
	    (text.size == 0 || yg_tlp_by_name(text, &tlp)) && (!own || json_is_object(own)) &&
	    (!notice || json_is_object(notice)))
		return true;
	(void)yg_call_bad(call, N_("victim is the id of the organisation that was hit; tlp, notice "
				   "and own as in docs/api-hub.md.")); /* always YG_OK */
	return false;
}

int yg_hub_do_make_plan(struct yg_hub_call *call)
{
	struct drawing d = {.call = call, .first_ns = YG_TIME_NONE, .last_ns = YG_TIME_NONE};
	char plan[YG_WARN_PLAN_HEX + 1];
	struct situated situated;
	json_t *in = NULL;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	if (!is_wish(call, in, &d)) {
		json_decref(in);
		return YG_OK;
	}
	rc = yg_call_read(call, YG_MAY_read_warnings);
	if (rc == YG_OK)
		rc = find_situation(call, &situated);
	if (rc == YG_OK)
		rc = draw_all(&d, situated.number);
	if (rc == YG_OK)
		rc = make_of(call, in, &d, &situated, plan);
	drawing_done(&d);
	json_decref(in);
	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	if (rc == YG_EINVAL || rc == YG_EFORMAT)
		return yg_call_bad(call, N_("victim is the id of the organisation that was hit; "
					    "tlp, notice and own as in docs/api-hub.md."));
	return rc == YG_OK ? answer_plan(call, plan, 201) : rc == YG_EEND ? YG_OK : rc;
}

/* ---- reading ---- */

struct page {
	json_t *items;
	uint32_t limit;
	char last[YG_WARN_ID_HEX + 1];
};

static int add_item(void *arg, json_t *one)
{
	struct page *page = arg;

	yg_hub_text(one, "id", page->last, sizeof(page->last));
	return json_array_append(page->items, one) == 0 ? YG_OK : YG_ENOMEM;
}

static int end_page(const struct yg_hub_call *call, struct page *page, int rc)
{
	if (rc == YG_OK)
		return yg_call_page(call, page->items,
				    yg_bytes_str(json_array_size(page->items) == page->limit
							 ? page->last
							 : ""));
	json_decref(page->items);
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_hub_do_list_plans(struct yg_hub_call *call)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes after = yg_call_query(call, "after", mem);
	char from[YG_WARN_PLAN_HEX + 1] = "", situation[2 * YG_SITUATION_ID_BYTES + 1] = "";
	uint8_t id[YG_SITUATION_ID_BYTES];
	struct page page = {.items = json_array()};
	int rc = page.items ? yg_call_query_limit(call, &page.limit) : YG_ENOMEM;

	if (after.size < sizeof(from))
		(void)snprintf(from, sizeof(from), "%.*s", YG_FMT(after)); /* as measured */
	after = yg_call_query(call, "situation", mem);
	if (rc == YG_OK && after.size > 0 &&
	    (after.size != 2 * sizeof(id) || !yg_hex_read(after, id, sizeof(id)))) {
		json_decref(page.items);
		return yg_call_bad(call, N_("situation is a situation's id."));
	}
	(void)snprintf(situation, sizeof(situation), "%.*s", YG_FMT(after)); /* as measured */
	if (rc == YG_OK)
		rc = yg_warn_plan_list(call->access, situation, from, page.limit, add_item, &page);
	return end_page(call, &page, rc);
}

static bool plan_of(const struct yg_hub_call *call, char to[YG_WARN_PLAN_HEX + 1])
{
	return yg_call_part(call, 0, to, YG_WARN_PLAN_HEX + 1) && yg_warn_is_plan(to);
}

int yg_hub_do_get_plan(struct yg_hub_call *call)
{
	char plan[YG_WARN_PLAN_HEX + 1];

	return plan_of(call, plan) ? answer_plan(call, plan, 200) : yg_call_not_found(call);
}

int yg_hub_do_plan_texts(struct yg_hub_call *call)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	struct page page = {.items = json_array(), .limit = UINT32_MAX};
	int rc = !page.items	       ? YG_ENOMEM
		 : plan_of(call, plan) ? yg_warn_texts(call->access, plan, add_item, &page)
				       : YG_ENOENT;

	if (rc != YG_ENOENT)
		return end_page(call, &page, rc);
	json_decref(page.items);
	return yg_call_not_found(call);
}

int yg_hub_do_warning_times(struct yg_hub_call *call)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes text = yg_call_query(call, "plan", mem);
	char plan[YG_WARN_PLAN_HEX + 1] = "";
	json_t *out = NULL;
	int rc = text.size < sizeof(plan) ? YG_OK : YG_ENOENT;

	if (rc == YG_OK)
		(void)snprintf(plan, sizeof(plan), "%.*s", YG_FMT(text)); /* as measured */
	if (rc == YG_OK)
		rc = yg_warn_speed(call->access, plan, &out);
	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	return rc == YG_OK ? yg_call_json(call, 200, out) : rc;
}

/* ---- deciding ---- */

static int refuse_decision(const struct yg_hub_call *call, int rc)
{
	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	if (rc == YG_EINVAL)
		return yg_call_bad(call, N_("Give a reason in one line, or the notice that takes "
					    "its place."));
	if (rc == YG_EMISMATCH)
		return yg_call_refuse(call, 409, "state",
				      N_("The plan does not stand where this could be done"),
				      N_("Look at it again: nothing may be ready, or it was "
					 "refused, withdrawn or corrected."));
	if (rc == YG_EACCES)
		return yg_call_refuse(call, 403, "person-needed",
				      N_("Only a person may decide this"),
				      N_("Sign in; a token of a program is not enough."));
	return rc;
}

int yg_hub_do_approve_plan(struct yg_hub_call *call)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	uint32_t count = 0;
	int rc = yg_call_read(call, YG_MAY_read_warnings);

	if (rc == YG_OK)
		rc = plan_of(call, plan) ? yg_warn_approve(call->access, plan, &count) : YG_ENOENT;
	if (rc == YG_OK)
		return answer_plan(call, plan, 200);
	return rc == YG_EEND ? YG_OK : refuse_decision(call, rc);
}

static int with_reason(struct yg_hub_call *call, bool is_withdrawal)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	char fresh[YG_WARN_PLAN_HEX + 1];
	char reason[YG_WARN_TEXT_MAX + 1];
	json_t *in = NULL;
	bool is_good;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	is_good = yg_call_text(call, in, "reason", reason, sizeof(reason));
	json_decref(in);
	if (!is_good)
		return YG_OK;
	rc = yg_call_read(call, YG_MAY_read_warnings);
	if (rc == YG_OK && !plan_of(call, plan))
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = is_withdrawal ? yg_warn_withdraw(call->access, plan, reason, fresh)
				   : yg_warn_refuse(call->access, plan, reason);
	if (rc == YG_OK)
		return answer_plan(call, is_withdrawal ? fresh : plan, is_withdrawal ? 201 : 200);
	return rc == YG_EEND ? YG_OK : refuse_decision(call, rc);
}

int yg_hub_do_refuse_plan(struct yg_hub_call *call)
{
	return with_reason(call, false);
}

int yg_hub_do_withdraw_plan(struct yg_hub_call *call)
{
	return with_reason(call, true);
}

/* {"notice"}: over the first one's, key by key. */
int yg_hub_do_correct_plan(struct yg_hub_call *call)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	char fresh[YG_WARN_PLAN_HEX + 1];
	json_t *in = NULL, *shown = NULL, *notice = NULL;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	rc = yg_call_read(call, YG_MAY_read_warnings);
	if (rc == YG_OK)
		rc = plan_of(call, plan) ? yg_warn_plan_get(yg_call_reader(call), plan, &shown)
					 : YG_ENOENT;
	if (rc == YG_OK && !json_is_object(json_object_get(in, "notice")))
		rc = YG_EINVAL;
	if (rc == YG_OK) {
		notice = json_deep_copy(json_object_get(shown, "notice"));
		rc = notice ? merge(notice, json_object_get(in, "notice")) : YG_ENOMEM;
	}
	if (rc == YG_OK)
		rc = yg_warn_correct(call->access, plan, notice, fresh);
	json_decref(notice);
	json_decref(shown);
	json_decref(in);
	if (rc == YG_OK)
		return answer_plan(call, fresh, 201);
	return rc == YG_EEND ? YG_OK : refuse_decision(call, rc);
}
