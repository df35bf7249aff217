/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/situations.h"

#include "access/warnings.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "model/day.h"

#include "base/ban.h"

#define DAYS_MAX 4000u

int yg_situation_view(const struct yg_hub_reach *reach, const char *org,
		      struct yg_situation_view *ret)
{
	bool is_reached = reach->is_all;

	for (uint32_t i = 0; i < reach->count && !is_reached; i++)
		is_reached = strcmp(reach->orgs[i], org) == 0;
	*ret = (struct yg_situation_view){.is_whole = reach->is_all};
	if (org[0] == '\0' && !reach->is_all) {
		if (reach->count != 1)
			return reach->count == 0 ? YG_ENOENT : YG_EINVAL;
		org = reach->orgs[0];
		is_reached = true;
	}
	if (org[0] != '\0' && !is_reached)
		return YG_ENOENT;
	(void)snprintf(ret->org, sizeof(ret->org), "%s", org); /* an id fits */
	return YG_OK;
}

int yg_situation_list(struct yg_situations *s, const struct yg_situation_view *view,
		      const struct yg_situations_filter *filter, yg_situation_fn fn, void *arg)
{
	struct yg_situations_filter bound = *filter;

	bound.is_part = !view->is_whole;
	bound.org = yg_bytes_str(view->org);
	if (bound.is_part)
		bound.assignee = (struct yg_bytes){0};
	return yg_situations_list(s, &bound, fn, arg);
}

/* A part does not say which situation it is of: its keeper knows. */
struct getting {
	yg_situation_fn fn;
	void *arg;
	uint64_t number;
};

static int get(void *arg, const struct yg_situation *one)
{
	struct getting *getting = arg;
	struct yg_situation shown = *one;

	getting->number = one->internal;
	shown.internal = 0;
	return getting->fn(getting->arg, &shown);
}

int yg_situation_get(struct yg_situations *s, const struct yg_situation_view *view,
		     const uint8_t id[YG_SITUATION_ID_BYTES], yg_situation_fn fn, void *arg,
		     uint64_t *ret_number)
{
	const struct yg_situations_filter filter = {
		.is_part = !view->is_whole, .org = yg_bytes_str(view->org), .limit = 1};
	struct getting getting = {fn, arg, 0};
	int rc = yg_situations_get(s, &filter, id, get, &getting);

	*ret_number = getting.number;
	return rc;
}

int yg_situation_alerts(struct yg_situations *s, const struct yg_situation_view *view,
			uint64_t number, const uint8_t *after, uint32_t limit,
			yg_situation_alert_fn fn, void *arg)
{
	return yg_situations_alerts(s, number, yg_bytes_str(view->org), after, limit, fn, arg);
}

/* ---- as objects ---- */

static void add_text(struct yg_buf *to, const char *key, struct yg_bytes text)
{
	yg_buf_addf(to, ",\"%s\":", key);
	if (text.size > 0)
		yg_buf_add_json(to, text);
	else
		yg_buf_add_str(to, "null");
}

static void add_time(struct yg_buf *to, const char *key, int64_t time_ns)
{
	char iso[YG_ISO_SIZE];

	if (time_ns == YG_TIME_NONE) {
		yg_buf_addf(to, ",\"%s\":null", key);
		return;
	}
	(void)yg_time_iso(time_ns, 0, iso);
	yg_buf_addf(to, ",\"%s\":\"%s\"", key, iso);
}

static void add_number(struct yg_buf *to, const char *key, uint64_t number)
{
	yg_buf_addf(to, ",\"%s\":%llu", key, (unsigned long long)number);
}

static void add_id(struct yg_buf *to, const char *key, const uint8_t *id)
{
	char hex[2 * YG_SITUATION_ID_BYTES + 1];

	yg_hex((struct yg_bytes){id, YG_SITUATION_ID_BYTES}, hex);
	yg_buf_addf(to, "\"%s\":\"%s\"", key, hex);
}

/* Whose word it is: of a part only what its own organisation may know of. */
static void add_certain(struct yg_buf *to, const struct yg_situation *one, bool is_whole)
{
	const struct yg_certain *c = &one->certain;
	bool is_shown = is_whole || yg_bytes_eq(c->source, YG_S("machine"));

	yg_buf_addf(to, ",\"certainty\":\"%s\"", yg_certainty_name(c->certainty));
	add_text(to, "certainty_source", is_shown ? c->source : (struct yg_bytes){0});
	add_time(to, "certainty_time", is_shown ? c->time_ns : YG_TIME_NONE);
}

static void add_derived(struct yg_buf *to, const struct yg_situation_facts *facts,
			const struct yg_situation_saying *how)
{
	const char *why = "";
	struct yg_buf words;

	yg_buf_addf(to, ",\"severity\":\"%s\"", yg_level_name(yg_situation_severity(facts, &why)));
	add_text(to, "severity_why", yg_bytes_str(yg_tr(how->lang, why)));
	yg_buf_addf(to, ",\"urgency\":\"%s\"",
		    yg_urgency_name(yg_situation_urgency(facts, how->now_ns, &why)));
	add_text(to, "urgency_why", yg_bytes_str(yg_tr(how->lang, why)));
	yg_buf_addf(to, ",\"tie\":\"%s\"", yg_tie_name(facts->tie));
	add_text(to, "key", facts->key);
	yg_buf_init(&words, 4096);
	yg_situation_say(facts, how->lang, &words);
	add_text(to, "reason", yg_buf_bytes(&words));
	yg_buf_done(&words);
}

void yg_situation_json(const struct yg_situation *one, const struct yg_situation_saying *how,
		       struct yg_buf *to)
{
	const struct yg_situation_facts *f = &one->facts;

	yg_buf_add_byte(to, '{');
	add_id(to, "id", one->id);
	yg_buf_addf(to, ",\"state\":\"%s\"", yg_situation_state_name(one->state));
	add_time(to, "first", f->first_ns);
	add_time(to, "last", f->last_ns);
	add_number(to, "alerts", f->bundles);
	add_number(to, "findings", f->count);
	add_number(to, "removed", one->removed);
	add_number(to, "logs", f->logs);
	add_number(to, "sources", f->sources);
	yg_buf_addf(to, ",\"level\":\"%s\",\"outcome\":\"%s\"", yg_level_name(f->level),
		    yg_outcome_name(f->outcome));
	add_derived(to, f, how);
	add_certain(to, one, how->is_whole);
	if (how->is_whole) {
		add_number(to, "number", one->number);
		add_number(to, "change", one->change);
		add_number(to, "organisations", f->orgs);
		add_number(to, "chains", one->chains);
		add_text(to, "assignee", one->assignee);
		add_time(to, "opened", one->opened_ns);
		add_time(to, "state_since", one->state_ns);
		add_time(to, "due", one->due_ns);
		if (one->merged_into)
			add_number(to, "merged_into", one->merged_into);
		else
			yg_buf_add_str(to, ",\"merged_into\":null");
	}
	yg_buf_add_byte(to, '}');
}

void yg_situation_alert_json(const struct yg_situation_alert *a,
			     const struct yg_situation_saying *how, struct yg_buf *to)
{
	bool is_judged = a->judged != YG_SITUATION_NEW;

	yg_buf_add_byte(to, '{');
	add_id(to, "finding", a->id);
	add_text(to, "org", a->org);
	add_text(to, "rule", a->rule);
	add_text(to, "title", a->title);
	add_text(to, "title_ja", a->title_ja);
	add_text(to, "log", a->log);
	add_text(to, "actor", a->actor);
	add_text(to, "target", a->target);
	yg_buf_addf(to, ",\"level\":\"%s\",\"outcome\":\"%s\"", yg_level_name(a->level),
		    yg_outcome_name(a->outcome));
	add_number(to, "count", a->count);
	add_time(to, "first", a->first_ns);
	add_time(to, "last", a->last_ns);
	if (a->step == YG_NOISE_KEPT) {
		yg_buf_add_str(to, ",\"removed_by\":null,\"removed_why\":null");
	} else {
		yg_buf_addf(to, ",\"removed_by\":\"%s\"", yg_noise_name(a->step));
		add_text(to, "removed_why",
			 a->why.size > 0 ? a->why
					 : yg_bytes_str(yg_tr(how->lang, yg_noise_words(a->step))));
	}
	yg_buf_add_str(to, ",\"judged\":");
	if (is_judged)
		yg_buf_addf(to, "\"%s\"", yg_situation_state_name(a->judged));
	else
		yg_buf_add_str(to, "null");
	add_text(to, "judged_by", is_judged && how->is_whole ? a->judged_by : (struct yg_bytes){0});
	add_time(to, "judged_at", is_judged ? a->judged_ns : YG_TIME_NONE);
	yg_buf_add_byte(to, '}');
}

void yg_situation_part_json(const struct yg_situation_part *part, struct yg_buf *to)
{
	yg_buf_add_str(to, "{\"org\":");
	yg_buf_add_json(to, part->org);
	add_number(to, "alerts", part->bundles);
	add_number(to, "findings", part->count);
	add_number(to, "removed", part->removed);
	yg_buf_addf(to, ",\"level\":\"%s\",\"outcome\":\"%s\"", yg_level_name(part->level),
		    yg_outcome_name(part->outcome));
	add_time(to, "first", part->first_ns);
	add_time(to, "last", part->last_ns);
	yg_buf_add_byte(to, '}');
}

static const char *name_of(enum yg_situation_what what, int64_t value)
{
	if (what == YG_SITUATION_STATE && value >= 0 && value < YG_SITUATION_STATE_COUNT)
		return yg_situation_state_name((enum yg_situation_state)value);
	if (what == YG_SITUATION_CERTAINTY && value >= 0 && value < YG_CERTAINTY_COUNT)
		return yg_certainty_name((enum yg_certainty)value);
	return "";
}

void yg_situation_event_json(const struct yg_situation_event *e, struct yg_buf *to)
{
	yg_buf_addf(to, "{\"what\":\"%s\"", yg_situation_what_name(e->what));
	add_time(to, "time", e->time_ns);
	add_text(to, "actor", e->actor);
	add_text(to, "from", yg_bytes_str(name_of(e->what, e->from)));
	add_text(to, "to", yg_bytes_str(name_of(e->what, e->to)));
	if (e->other)
		add_number(to, "other", e->other);
	else
		yg_buf_add_str(to, ",\"other\":null");
	add_time(to, "due", e->what == YG_SITUATION_DUE ? e->to : YG_TIME_NONE);
	add_text(to, "text", e->text);
	yg_buf_add_byte(to, '}');
}

/* ---- the funnel ---- */

struct funnel {
	struct yg_funnel_day *days;
	uint32_t count;
};

/* The place of @day_ns, made where there is none yet; NULL: there is no room. */
static struct yg_funnel_day *day_at(struct funnel *funnel, int64_t day_ns)
{
	uint32_t low = 0, high = funnel->count;

	while (low < high) { /* days ascend */
		uint32_t mid = low + (high - low) / 2;

		if (funnel->days[mid].day_ns < day_ns)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < funnel->count && funnel->days[low].day_ns == day_ns)
		return &funnel->days[low];
	if (funnel->count == DAYS_MAX)
		return NULL;
	memmove(&funnel->days[low + 1], &funnel->days[low],
		(funnel->count - low) * sizeof(*funnel->days));
	funnel->days[low] = (struct yg_funnel_day){.day_ns = day_ns, .situations.day_ns = day_ns};
	funnel->count++;
	return &funnel->days[low];
}

static int add_records(void *arg, const struct yg_fact_day *day)
{
	struct yg_funnel_day *at = day_at(arg, day->day_ns);

	if (at)
		at->records += day->records;
	return YG_OK;
}

static int add_situations(void *arg, const struct yg_situations_day *day)
{
	struct yg_funnel_day *at = day_at(arg, day->day_ns);

	if (at)
		at->situations = *day;
	return YG_OK;
}

static int add_notices(void *arg, int64_t day_ns, uint64_t count)
{
	struct yg_funnel_day *at = day_at(arg, day_ns);

	if (at)
		at->notices += count;
	return YG_OK;
}

int yg_funnel(const struct yg_funnel_from *from, const char *org, int64_t from_ns, int64_t to_ns,
	      yg_funnel_fn fn, void *arg)
{
	const struct yg_bytes one = yg_bytes_str(org);
	const struct yg_fact_filter filter = {.is_all_orgs = org[0] == '\0',
					      .orgs = &one,
					      .org_count = org[0] != '\0',
					      .zone = from->zone,
					      .from_ns = from_ns,
					      .to_ns = to_ns,
					      .limit = YG_FACT_LIST_MAX};
	struct funnel funnel = {.days = yg_calloc(DAYS_MAX, sizeof(*funnel.days))};
	int rc = funnel.days ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK)
		rc = yg_facts_days(from->facts, &filter, add_records, &funnel);
	if (rc == YG_OK)
		rc = yg_situations_days(
			from->situations,
			&(struct yg_situations_days){one, from->zone, from_ns, to_ns, DAYS_MAX},
			add_situations, &funnel);
	if (rc == YG_OK && from->hub)
		rc = yg_warn_days(from->hub,
				  &(struct yg_warn_days){org, from->zone, from_ns, to_ns},
				  add_notices, &funnel);
	for (uint32_t i = 0; i < funnel.count && rc == YG_OK; i++)
		rc = fn(arg, &funnel.days[i]);
	free(funnel.days);
	return rc;
}

void yg_funnel_json(const struct yg_funnel_day *day, const struct yg_zone *zone, struct yg_buf *to)
{
	char date[YG_DAY_SIZE];
	const struct yg_situations_day *s = &day->situations;
	uint64_t findings = 0, alerts = 0;
	char iso[YG_ISO_SIZE];

	for (unsigned i = 0; i < YG_NOISE_COUNT; i++) {
		findings += s->findings[i];
		alerts += s->bundles[i];
	}
	(void)yg_time_iso(day->day_ns, 0, iso);
	yg_day_write(yg_day_in(zone, day->day_ns), date);
	yg_buf_addf(to, "{\"day\":\"%s\",\"date\":\"%s\"", iso, date);
	add_number(to, "records", day->records);
	add_number(to, "findings", findings);
	add_number(to, "alerts", alerts);
	yg_buf_add_str(to, ",\"removed\":{");
	for (unsigned i = 1; i < YG_NOISE_COUNT; i++)
		yg_buf_addf(to, "%s\"%s\":{\"findings\":%llu,\"alerts\":%llu}", i > 1 ? "," : "",
			    yg_noise_name((enum yg_noise)i), (unsigned long long)s->findings[i],
			    (unsigned long long)s->bundles[i]);
	yg_buf_add_byte(to, '}');
	add_number(to, "findings_after_noise", s->findings[YG_NOISE_KEPT]);
	add_number(to, "alerts_after_noise", s->bundles[YG_NOISE_KEPT]);
	add_number(to, "situations", s->situations);
	add_number(to, "notices", day->notices);
	yg_buf_add_byte(to, '}');
}
