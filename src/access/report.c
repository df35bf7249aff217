/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/report.h"

#include "access/cases.h"
#include "access/consent.h"
#include "access/situations.h"
#include "access/warnings-int.h"
#include "base/zone.h"
#include "model/day.h"

#include "base/ban.h"

#define DAY_NS		(86400 * YG_NS_PER_S)
#define SILENT_AFTER_NS (90 * YG_NS_PER_S)
#define VERIFIED_DAYS	365
#define PAGES_MAX	100u /* of 1000 situations */
#define YEAR_MIN	1970u
#define YEAR_MAX	2261u

struct making {
	const struct yg_month_from *from;
	struct yg_month *m;
	/* where the list of situations goes on */
	int64_t last_ns;
	uint64_t last_number;
	uint32_t seen;
	bool is_past; /* what follows ended before the month */
};

bool yg_month_read(struct yg_bytes text, unsigned *ret_year, unsigned *ret_month)
{
	uint64_t year, month;

	if (text.size != 7 || text.data[4] != '-' ||
	    !yg_bytes_u64(yg_bytes_cut(text, 0, 4), &year) ||
	    !yg_bytes_u64(yg_bytes_from(text, 5), &month) || year < YEAR_MIN || year > YEAR_MAX ||
	    month < 1 || month > 12)
		return false;
	*ret_year = (unsigned)year;
	*ret_month = (unsigned)month;
	return true;
}

void yg_month_before(const struct yg_zone *zone, int64_t now_ns, unsigned *ret_year,
		     unsigned *ret_month)
{
	struct yg_civil c = yg_date_civil(yg_day_in(zone, now_ns));

	*ret_year = (unsigned)(c.month > 1 ? c.year : c.year - 1);
	*ret_month = c.month > 1 ? (unsigned)c.month - 1 : 12;
}

/* Cut by whole characters. */
static void copy_words(char to[YG_MONTH_WORDS + 1], struct yg_bytes text)
{
	size_t size = text.size < YG_MONTH_WORDS ? text.size : YG_MONTH_WORDS;

	while (size > 0 && size < text.size && (text.data[size] & 0xc0) == 0x80)
		size--;
	if (size > 0)
		memcpy(to, text.data, size);
	to[size] = '\0';
}

static int set_bounds(const struct yg_month_from *from, struct yg_month *m)
{
	int32_t begin = (int32_t)yg_date_days(m->year, m->month, 1);
	int32_t end = begin + (int32_t)yg_month_days(m->year, m->month);

	m->zone = from->zone;
	m->from_ns = yg_day_start_ns(from->zone, begin);
	m->to_ns = yg_day_start_ns(from->zone, end);
	if (m->from_ns == YG_TIME_NONE || m->to_ns == YG_TIME_NONE)
		return YG_EINVAL;
	m->made_ns = from->now_ns;
	m->is_over = m->to_ns <= from->now_ns;
	return m->from_ns <= from->now_ns ? YG_OK : YG_EINVAL;
}

/* ---- what was seen ---- */

static int add_day(void *arg, const struct yg_funnel_day *day)
{
	struct yg_month *m = arg;

	m->records += day->records;
	m->record_days += day->records > 0;
	for (unsigned i = 0; i < YG_NOISE_COUNT; i++) {
		m->findings += day->situations.findings[i];
		m->alerts += day->situations.bundles[i];
		m->removed += i == YG_NOISE_KEPT ? 0 : day->situations.bundles[i];
	}
	return YG_OK;
}

static bool is_open(enum yg_situation_state state)
{
	return state != YG_SITUATION_NOISE && state != YG_SITUATION_RESOLVED;
}

/* The worst ones, among equals those that went on last: the list comes in that order. */
static struct yg_month_situation *top_at(struct yg_month *m, enum yg_level severity)
{
	uint32_t at = m->top_count;

	while (at > 0 && m->top[at - 1].severity < severity)
		at--;
	if (at == YG_MONTH_TOP)
		return NULL;
	if (m->top_count < YG_MONTH_TOP)
		m->top_count++;
	memmove(&m->top[at + 1], &m->top[at], (m->top_count - 1 - at) * sizeof(m->top[0]));
	return &m->top[at];
}

static int add_situation(void *arg, const struct yg_situation *one)
{
	struct making *making = arg;
	struct yg_month *m = making->m;
	const char *why = "";
	enum yg_level severity = yg_situation_severity(&one->facts, &why);
	struct yg_month_situation *top;

	making->seen++;
	making->last_ns = one->facts.last_ns;
	making->last_number = one->internal;
	making->is_past = one->facts.last_ns < m->from_ns;
	if (making->is_past)
		return YG_EEND;
	if (one->facts.first_ns >= m->to_ns || one->state == YG_SITUATION_NOISE)
		return YG_OK;
	m->situations++;
	m->by_severity[severity]++;
	m->open += is_open(one->state);
	m->urgent += is_open(one->state) && severity >= YG_LEVEL_HIGH;
	m->resolved += one->state == YG_SITUATION_RESOLVED;
	top = top_at(m, severity);
	if (!top)
		return YG_OK;
	*top = (struct yg_month_situation){.severity = severity,
					   .outcome = one->facts.outcome,
					   .state = one->state,
					   .first_ns = one->facts.first_ns,
					   .last_ns = one->facts.last_ns};
	for (unsigned lang = 0; lang < YG_MONTH_LANGS; lang++) {
		struct yg_buf words;

		yg_buf_init(&words, 4096);
		yg_situation_say(&one->facts, (enum yg_lang)lang, &words);
		copy_words(top->what[lang], yg_buf_bytes(&words));
		yg_buf_done(&words);
	}
	return YG_OK;
}

static int see(struct making *making)
{
	const struct yg_month_from *from = making->from;
	struct yg_month *m = making->m;
	struct yg_situation_view part = {.is_whole = false};
	const struct yg_funnel_from numbers = {from->situations, from->facts, NULL, from->zone};
	int rc;

	if (!from->facts || !from->situations)
		return YG_OK;
	m->has_seen = true;
	(void)snprintf(part.org, sizeof(part.org), "%s", m->org); /* an id fits */
	rc = yg_funnel(&numbers, m->org, m->from_ns, m->to_ns, add_day, m);
	for (unsigned i = 0; i < PAGES_MAX && rc == YG_OK && !making->is_past; i++) {
		const struct yg_situations_filter filter = {.limit = YG_SITUATIONS_LIST_MAX,
							    .has_after = i > 0,
							    .after_last_ns = making->last_ns,
							    .after_number = making->last_number};

		making->seen = 0;
		rc = yg_situation_list(from->situations, &part, &filter, add_situation, making);
		if (rc == YG_EEND)
			rc = YG_OK;
		if (making->seen < YG_SITUATIONS_LIST_MAX)
			break;
	}
	return rc;
}

/* ---- what was told ---- */

static bool has_step(const json_t *body, enum yg_warn_step step)
{
	return json_is_object(json_object_get(body, yg_warn_step_name(step)));
}

static void count_warning(struct yg_month *m, const json_t *body)
{
	struct yg_bytes kind = yg_json_text(body, "kind");
	bool is_waiting = !has_step(body, YG_WARN_ACKNOWLEDGED) &&
			  json_is_null(json_object_get(body, "replaced"));

	if (yg_bytes_eq(kind, YG_S("victim")))
		m->notices++;
	else if (yg_bytes_eq(kind, YG_S("withdrawal")) || yg_bytes_eq(kind, YG_S("correction")))
		m->corrected++;
	else
		m->warnings++;
	m->read += has_step(body, YG_WARN_SEEN);
	m->acknowledged += has_step(body, YG_WARN_ACKNOWLEDGED);
	m->acted += has_step(body, YG_WARN_ACTED);
	m->waiting += is_waiting;
}

static int add_warning(void *arg, int64_t time_ns, const char *id)
{
	struct making *making = arg;
	struct yg_month *m = making->m;
	struct yg_month_warning *told;
	json_t *body = NULL;
	int rc = yg_warn_load(making->from->hub, "warning", id, &body);

	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc; /* it was taken away meanwhile */
	count_warning(m, body);
	if (m->told_count < YG_MONTH_TOP) {
		told = &m->told[m->told_count++];
		*told = (struct yg_month_warning){.released_ns = time_ns};
		yg_hub_text(body, "number", told->number, sizeof(told->number));
		yg_hub_text(body, "kind", told->kind, sizeof(told->kind));
		yg_hub_text(body, "state", told->state, sizeof(told->state));
		copy_words(told->acted, yg_json_text(json_object_get(body, "acted"), "text"));
	}
	json_decref(body);
	return YG_OK;
}

/* ---- who looked ---- */

static int count_view(void *arg, struct yg_bytes key, const json_t *body)
{
	struct yg_month *m = arg;
	int64_t ns = yg_hub_time(body, "time");

	(void)key;
	if (ns != YG_TIME_NONE && ns < m->from_ns)
		return YG_EEND; /* latest first */
	m->views += ns != YG_TIME_NONE && ns < m->to_ns;
	return YG_OK;
}

/* ---- sensors ---- */

static enum yg_month_sensor_state state_of(const struct making *making,
					   const struct yg_enrol_sensor *sensor, int64_t heard_ns)
{
	int64_t now_ns = making->from->now_ns;

	if (sensor->is_revoked)
		return YG_MONTH_SENSOR_REVOKED;
	if (now_ns >= sensor->until_ns)
		return YG_MONTH_SENSOR_EXPIRED;
	if (heard_ns == YG_TIME_NONE)
		return YG_MONTH_SENSOR_NEVER;
	return now_ns - heard_ns > SILENT_AFTER_NS ? YG_MONTH_SENSOR_SILENT
						   : YG_MONTH_SENSOR_CONNECTED;
}

static int add_sensor(void *arg, const struct yg_enrol_sensor *sensor)
{
	const struct making *making = arg;
	const struct yg_month_from *from = making->from;
	struct yg_month *m = making->m;
	struct yg_hub_heartbeat beat;
	struct yg_month_sensor *shown;
	int64_t heard_ns = YG_TIME_NONE;
	enum yg_month_sensor_state state;

	if (from->heartbeat && from->heartbeat(from->arg, sensor->id, &beat))
		heard_ns = beat.received_ns;
	state = state_of(making, sensor, heard_ns);
	m->sensors[state]++;
	/* What was revoked is counted, and no more. */
	if (state == YG_MONTH_SENSOR_REVOKED || m->shown_count == YG_MONTH_SENSORS)
		return YG_OK;
	shown = &m->shown[m->shown_count++];
	*shown = (struct yg_month_sensor){.state = state, .heard_ns = heard_ns};
	copy_words(shown->host, yg_bytes_str(sensor->host[0] ? sensor->host : sensor->id));
	return YG_OK;
}

/* ---- what is to be done ---- */

static int look_at_contact(struct making *making)
{
	struct yg_month *m = making->m;
	json_t *body = NULL;
	int32_t day, today = yg_hub_today(making->from->hub);
	int rc = yg_hub_get(making->from->hub, "member", m->org, &body, NULL);

	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	day = yg_day_read(yg_json_text(body, "verified"));
	if (yg_json_text(body, "contact_mail").size == 0 &&
	    yg_json_text(body, "contact_phone").size == 0)
		m->steps[YG_MONTH_STEP_CONTACT] = 1;
	else if (day == YG_DAY_NONE || today - day > VERIFIED_DAYS)
		m->steps[YG_MONTH_STEP_VERIFY] = 1;
	json_decref(body);
	return YG_OK;
}

static int find_steps(struct making *making, const struct yg_month_may *may)
{
	struct yg_month *m = making->m;
	uint64_t usable = 0, all = 0;
	int rc = yg_consent_is_current(making->from->enrol, m->org);

	if (rc != YG_OK && rc != YG_EACCES && rc != YG_ENOENT)
		return rc; /* ENOENT: closed; there is nothing to agree to any more */
	m->steps[YG_MONTH_STEP_CONSENT] = rc == YG_EACCES;
	m->steps[YG_MONTH_STEP_READ] = m->waiting;
	m->steps[YG_MONTH_STEP_SITUATIONS] = m->urgent;
	if (m->has_sensors) {
		usable = m->sensors[YG_MONTH_SENSOR_CONNECTED] +
			 m->sensors[YG_MONTH_SENSOR_SILENT] + m->sensors[YG_MONTH_SENSOR_NEVER];
		m->steps[YG_MONTH_STEP_SENSORS] =
			m->sensors[YG_MONTH_SENSOR_SILENT] + m->sensors[YG_MONTH_SENSOR_NEVER];
		m->steps[YG_MONTH_STEP_CERTIFICATES] = m->sensors[YG_MONTH_SENSOR_EXPIRED];
		m->steps[YG_MONTH_STEP_NO_SENSOR] =
			usable == 0 && m->sensors[YG_MONTH_SENSOR_EXPIRED] == 0;
	}
	rc = may->members ? look_at_contact(making) : YG_OK;
	for (unsigned i = 0; i < YG_MONTH_STEP_NOTHING; i++)
		all += m->steps[i];
	m->steps[YG_MONTH_STEP_NOTHING] = all == 0;
	return rc;
}

/* ---- all of it ---- */

static int name_it(struct making *making, const char *org)
{
	struct yg_hub_org found;
	int rc = yg_hub_org_look(making->from->enrol, org, &found);

	if (rc != YG_OK)
		return rc;
	(void)snprintf(making->m->org, sizeof(making->m->org), "%s", org); /* an id fits */
	copy_words(making->m->name, yg_bytes_str(found.name[0] ? found.name : found.id));
	return YG_OK;
}

int yg_month_make(const struct yg_month_from *from, const char *org, const struct yg_month_may *may,
		  struct yg_month *ret)
{
	struct making making = {.from = from, .m = ret};
	int rc;

	*ret = (struct yg_month){.year = ret->year, .month = ret->month};
	rc = set_bounds(from, ret);
	if (rc == YG_OK)
		rc = name_it(&making, org);
	if (rc == YG_OK)
		rc = see(&making);
	if (rc == YG_OK && may->warnings) {
		ret->has_warned = true;
		rc = yg_warn_sent_each(from->hub, org, ret->from_ns, ret->to_ns, add_warning,
				       &making);
	}
	if (rc == YG_OK)
		rc = yg_case_count(from->hub, org, ret->from_ns, ret->to_ns, &ret->cases);
	if (rc == YG_OK && may->views) {
		ret->has_views = true;
		rc = yg_hub_each(from->hub, org, "view", "", "", 0, count_view, ret);
		rc = rc == YG_EEND ? YG_OK : rc;
	}
	if (rc == YG_OK && may->sensors) {
		ret->has_sensors = true;
		rc = yg_enrol_sensor_list(from->enrol, org, add_sensor, &making);
	}
	return rc == YG_OK ? find_steps(&making, may) : rc;
}

/* ---- as an object ---- */

static json_t *time_json(int64_t time_ns)
{
	char iso[YG_ISO_SIZE];

	if (time_ns == YG_TIME_NONE)
		return json_null();
	(void)yg_time_iso(time_ns - time_ns % YG_NS_PER_S, 0, iso); /* returns its size */
	return json_string(iso);
}

static json_t *count_json(uint64_t count)
{
	return json_integer((json_int_t)count);
}

/* Takes @one; NULL in either place: NULL. */
static json_t *add_one(json_t *list, json_t *take_one)
{
	if (list && take_one && json_array_append_new(list, take_one) == 0)
		return list;
	if (list)
		json_decref(list);
	return NULL;
}

static json_t *seen_json(const struct yg_month *m, enum yg_lang lang)
{
	json_t *levels = json_object();
	json_t *top = json_array();

	for (unsigned i = YG_LEVEL_LOW; i <= YG_LEVEL_CRITICAL && levels; i++)
		if (yg_json_set(levels, yg_level_name((enum yg_level)i),
				count_json(m->by_severity[i])) != YG_OK) {
			json_decref(levels);
			levels = NULL;
		}
	for (uint32_t i = 0; i < m->top_count && top; i++) {
		const struct yg_month_situation *s = &m->top[i];

		top = add_one(top,
			      json_pack("{s:o, s:s, s:s, s:s, s:o, s:o}", "what",
					yg_hub_string(s->what[lang == YG_LANG_JA]), "severity",
					yg_level_name(s->severity), "state",
					yg_situation_state_name(s->state), "outcome",
					yg_outcome_name(s->outcome), "first",
					time_json(s->first_ns), "last", time_json(s->last_ns)));
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "records",
			 count_json(m->records), "days", count_json(m->record_days), "findings",
			 count_json(m->findings), "alerts", count_json(m->alerts), "removed",
			 count_json(m->removed), "situations", count_json(m->situations), "open",
			 count_json(m->open), "levels", levels, "top", top);
}

static json_t *warned_json(const struct yg_month *m)
{
	json_t *top = json_array();

	for (uint32_t i = 0; i < m->told_count && top; i++) {
		const struct yg_month_warning *w = &m->told[i];

		top = add_one(top, json_pack("{s:s, s:s, s:s, s:o, s:o}", "number", w->number,
					     "kind", w->kind, "state", w->state, "released",
					     time_json(w->released_ns), "acted_text",
					     w->acted[0] ? yg_hub_string(w->acted) : json_null()));
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "notices",
			 count_json(m->notices), "warnings", count_json(m->warnings), "corrected",
			 count_json(m->corrected), "read", count_json(m->read), "acknowledged",
			 count_json(m->acknowledged), "acted", count_json(m->acted), "open",
			 count_json(m->waiting), "top", top);
}

static json_t *sensors_json(const struct yg_month *m)
{
	static const char *const names[] = {
#define X(code, name, words) name,
		YG_MONTH_SENSOR_MAP(X)
#undef X
	};
	json_t *all = json_object();
	json_t *shown = json_array();
	uint64_t count = 0;
	int rc = all ? YG_OK : YG_ENOMEM;

	for (unsigned i = 0; i < YG_MONTH_STATES && rc == YG_OK; i++) {
		count += m->sensors[i];
		rc = yg_json_set(all, names[i], count_json(m->sensors[i]));
	}
	for (uint32_t i = 0; i < m->shown_count && shown; i++)
		shown = add_one(shown, json_pack("{s:o, s:s, s:o}", "host",
						 yg_hub_string(m->shown[i].host), "state",
						 names[m->shown[i].state], "heard",
						 time_json(m->shown[i].heard_ns)));
	if (rc == YG_OK)
		rc = yg_json_set(all, "count", count_json(count));
	if (rc == YG_OK) {
		rc = yg_json_set(all, "shown", shown); /* takes it */
		shown = NULL;
	}
	json_decref(shown);
	if (rc == YG_OK)
		return all;
	json_decref(all);
	return NULL;
}

static json_t *steps_json(const struct yg_month *m)
{
	static const char *const names[] = {
#define X(code, name) name,
		YG_MONTH_STEP_MAP(X)
#undef X
	};
	json_t *list = json_array();

	for (unsigned i = 0; i < YG_MONTH_STEP_COUNT && list; i++)
		if (m->steps[i] > 0)
			list = add_one(list, json_pack("{s:s, s:o}", "what", names[i], "n",
						       count_json(m->steps[i])));
	return list;
}

json_t *yg_month_json(const struct yg_month *m, enum yg_lang lang)
{
	char month[16];

	(void)snprintf(month, sizeof(month), "%04u-%02u", m->year, m->month); /* it fits */
	return json_pack("{s:s, s:o, s:s, s:o, s:o, s:s, s:o, s:b, s:b, s:o, s:o, "
			 "s:{s:o, s:o, s:o, s:o}, s:o, s:o}",
			 "org", m->org, "name", yg_hub_string(m->name), "month", month, "from",
			 time_json(m->from_ns), "to", time_json(m->to_ns), "time_zone",
			 yg_zone_name(m->zone), "made", time_json(m->made_ns), "over",
			 (int)m->is_over, "empty", (int)yg_month_is_empty(m), "seen",
			 m->has_seen ? seen_json(m, lang) : json_null(), "warned",
			 m->has_warned ? warned_json(m) : json_null(), "done", "acted",
			 count_json(m->acted), "cases", count_json(m->cases), "views",
			 m->has_views ? count_json(m->views) : json_null(), "resolved",
			 count_json(m->resolved), "sensors",
			 m->has_sensors ? sensors_json(m) : json_null(), "next", steps_json(m));
}
