/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/reminders.h"

#include "access/members.h"
#include "access/warnings-int.h"
#include "base/alloc.h"
#include "base/crypt.h"
#include "model/day.h"

#include "base/ban.h"

#define HUB	 "hub"
#define KIND	 "reminder"
#define TIMES	 "report_reminders"
#define HOUR_NS	 (3600 * YG_NS_PER_S)
#define DAY_NS	 (24 * HOUR_NS)
#define DAYS_MAX 100000 /* of what times in nanoseconds hold: the year 2243 */

/* ---- when ---- */

/* @hour o'clock of @day there; where clocks skip it, as far behind the day's begin as it is said.
 */
static int64_t hour_of(const struct yg_zone *zone, int32_t day, uint32_t hour)
{
	int64_t local_s = day * (DAY_NS / YG_NS_PER_S) + hour * (int64_t)3600;

	return (local_s - yg_zone_offset_local(zone, local_s)) * YG_NS_PER_S;
}

bool yg_remind_step_at(const struct yg_remind_times *times, int32_t day,
		       const struct yg_remind_now *now, enum yg_remind_step *ret,
		       uint32_t *ret_hours)
{
	int64_t now_ns = now->now_ns;
	int64_t at_ns, next_ns, late_ns;
	bool is_found = false;

	*ret_hours = 0;
	if (day < 0 || day > DAYS_MAX)
		return false;
	at_ns = hour_of(now->zone, day, times->from_hour); /* of the last day */
	next_ns = hour_of(now->zone, day + 1, times->from_hour);
	late_ns = hour_of(now->zone, day + 1 + YG_REMIND_LATE_DAYS, times->from_hour);
	for (uint32_t i = 0; i < times->count; i++) {
		if (now_ns < at_ns - times->before[i] * HOUR_NS)
			continue;
		*ret = YG_REMIND_BEFORE;
		*ret_hours =
			times->before[i]; /* the most first: the last that fits is the nearest */
		is_found = true;
	}
	/* Of a day that is over only that it is: nothing is told as if there were time. */
	if (now_ns >= at_ns && now_ns < next_ns && times->on_day) {
		*ret = YG_REMIND_DAY;
		*ret_hours = 0;
		return true;
	}
	if (now_ns < next_ns)
		return is_found;
	*ret = YG_REMIND_OVER;
	*ret_hours = 0;
	return times->is_over && now_ns < late_ns;
}

static bool read_flag(const json_t *in, const char *key, bool *ret)
{
	const json_t *value = json_object_get(in, key);

	if (value && !json_is_boolean(value))
		return false;
	*ret = value ? json_is_true(value) : *ret;
	return true;
}

static int by_most(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x > y ? -1 : x < y;
}

static bool read_hours(const json_t *in, struct yg_remind_times *ret)
{
	const json_t *list = json_object_get(in, "before_hours");

	if (!list)
		return true;
	if (!json_is_array(list) || json_array_size(list) > YG_REMIND_BEFORE_MAX)
		return false;
	ret->count = 0;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		json_int_t hours = json_integer_value(one);

		if (!json_is_integer(one) || hours < 1 || hours > (json_int_t)YG_REMIND_HOURS_MAX)
			return false;
		for (uint32_t k = 0; k < ret->count; k++)
			if (ret->before[k] == (uint32_t)hours)
				return false;
		ret->before[ret->count++] = (uint32_t)hours;
	}
	qsort(ret->before, ret->count, sizeof(ret->before[0]), by_most);
	return true;
}

int yg_remind_times_read(const json_t *in, struct yg_remind_times *ret)
{
	const json_t *hour = json_object_get(in, "from_hour");

	*ret = YG_REMIND_TIMES_DEFAULT;
	if (hour && (!json_is_integer(hour) || json_integer_value(hour) < 0 ||
		     json_integer_value(hour) > 23))
		return YG_EINVAL;
	ret->from_hour = hour ? (uint32_t)json_integer_value(hour) : ret->from_hour;
	return json_is_object(in) && read_hours(in, ret) && read_flag(in, "on_day", &ret->on_day) &&
			       read_flag(in, "over", &ret->is_over)
		       ? YG_OK
		       : YG_EINVAL;
}

json_t *yg_remind_times_json(const struct yg_remind_times *times)
{
	json_t *list = json_array();

	for (uint32_t i = 0; list && i < times->count; i++)
		if (json_array_append_new(list, json_integer(times->before[i])) != 0) {
			json_decref(list);
			list = NULL;
		}
	return json_pack("{s:o, s:b, s:b, s:i}", "before_hours", list, "on_day", times->on_day,
			 "over", times->is_over, "from_hour", (int)times->from_hour);
}

/* ---- documents ---- */

static int keep_body(void *arg, const struct yg_doc *doc)
{
	struct yg_fault fault;

	return doc->is_removed ? YG_ENOENT
			       : yg_json_load(doc->body, YG_DOC_BODY_MAX, (json_t **)arg, &fault);
}

/* *ret owned. YG_ENOENT. */
static int load(struct yg_hub_access *hub, const char *org, const char *kind, const char *key,
		json_t **ret)
{
	*ret = NULL;
	return yg_control_get(hub->store, yg_bytes_str(org), yg_bytes_str(kind), yg_bytes_str(key),
			      keep_body, ret);
}

int yg_remind_times_of(struct yg_hub_access *hub, const char *org, struct yg_remind_times *ret)
{
	json_t *body = NULL;
	int rc = load(hub, org, TIMES, "times", &body);

	*ret = YG_REMIND_TIMES_DEFAULT;
	if (rc == YG_OK)
		rc = yg_remind_times_read(body, ret);
	json_decref(body);
	return rc == YG_ENOENT ? YG_OK : rc;
}

int yg_remind_times_get(struct yg_access *by, struct yg_remind_times *ret)
{
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_read_reports, &hub);

	return rc == YG_OK ? yg_remind_times_of(hub, by->org, ret) : rc;
}

int yg_remind_times_set(struct yg_access *by, const struct yg_remind_times *times)
{
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_write_reports, &hub);

	if (rc == YG_OK && strcmp(by->org, YG_HUB_ORG) == 0)
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = yg_hub_put_at(hub, by->org, by->actor, TIMES, "times", yg_remind_times_json(times),
			   YG_REVISION_ANY);
	return yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){by->actor, by->org, "report.reminders", "times", ""});
}

/* ---- what was told ---- */

struct listing {
	const char *report;
	json_t *items;
};

static int list_one(void *arg, struct yg_bytes key, const json_t *body)
{
	struct listing *l = arg;
	json_t *one;

	(void)key;
	if (!yg_bytes_eq(yg_json_text(body, "report"), yg_bytes_str(l->report)))
		return YG_OK;
	one = json_copy((json_t *)(uintptr_t)body); /* its keys alone are taken out */
	(void)json_object_del(one, "report");
	return one && json_array_append_new(l->items, one) == 0 ? YG_OK : YG_ENOMEM;
}

static int by_made(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int order = strcmp(json_string_value(json_object_get(x, "made")),
			   json_string_value(json_object_get(y, "made")));

	return order ? order
		     : strcmp(json_string_value(json_object_get(x, "to")),
			      json_string_value(json_object_get(y, "to")));
}

/* Oldest first: keys are digests, and say nothing. */
static int in_order(json_t **items)
{
	size_t count = json_array_size(*items);
	json_t **list = yg_calloc(count + 1, sizeof(*list));
	json_t *sorted = json_array();
	int rc = list && sorted ? YG_OK : YG_ENOMEM;

	for (size_t i = 0; rc == YG_OK && i < count; i++)
		list[i] = json_array_get(*items, i);
	if (rc == YG_OK)
		qsort(list, count, sizeof(*list), by_made);
	for (size_t i = 0; rc == YG_OK && i < count; i++)
		rc = json_array_append(sorted, list[i]) == 0 ? YG_OK : YG_ENOMEM;
	free(list);
	json_decref(*items);
	*items = sorted;
	return rc;
}

int yg_remind_list(struct yg_access *by, const char *report, json_t **ret)
{
	struct listing l = {report, json_array()};
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_read_reports, &hub);

	if (rc == YG_OK)
		rc = l.items ? yg_hub_each(hub, by->org, KIND, "", "", 0, list_one, &l) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = in_order(&l.items);
	if (rc == YG_OK)
		*ret = l.items;
	else
		json_decref(l.items);
	return rc;
}

/* ---- telling ---- */

/* Of what a reminder is, and for whom: the same give the same. */
static void make_id(const struct yg_remind *one, const char *to, char ret[YG_WARN_ID_HEX + 1])
{
	char digest[YG_SHA256_HEX + 1];
	char text[512];
	int size = snprintf(text, sizeof(text), "%s\n%s\n%d\n%s\n%u\n%s", one->org, one->report,
			    (int)one->day, yg_remind_step_name(one->step), one->hours, to);

	/* Ids and words: about 300 bytes at most. */
	yg_sha256_hex((struct yg_bytes){(const uint8_t *)text,
					size > 0 && (size_t)size < sizeof(text) ? (size_t)size : 0},
		      digest);
	(void)snprintf(ret, YG_WARN_ID_HEX + 1, "%.*s", (int)YG_WARN_ID_HEX, digest);
}

static int queue(struct yg_hub_access *hub, const char *org, const char *id, const char *channel,
		 int64_t now_ns)
{
	char key[YG_HUB_KEY_MAX];
	char time[17];

	yg_warn_time_key(now_ns, false, time);
	(void)snprintf(key, sizeof(key), "%s/%s-%s", time, id, channel); /* short words */
	return yg_warn_save(hub, HUB, "outbox", key,
			    json_pack("{s:s, s:s, s:s, s:i}", "id", id, "channel", channel, "org",
				      org, "tries", 0));
}

/* NULL without memory. */
static json_t *dues_json(const struct yg_remind *one)
{
	json_t *list = json_array();

	for (uint32_t i = 0; list && i < one->due_count; i++)
		if (json_array_append_new(list, json_pack("{s:s, s:s}", "form", one->dues[i].form,
							  "stage", one->dues[i].stage)) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static int tell_one(struct yg_hub_access *hub, const struct yg_remind *one, const char *to,
		    int64_t now_ns, uint32_t *count)
{
	const char *channel = strcmp(to, "webhook") == 0  ? to
			      : strcmp(to, "deputy") == 0 ? YG_REMIND_DEPUTY
							  : YG_REMIND_CONTACT;
	char id[YG_WARN_ID_HEX + 1];
	char day[YG_DAY_SIZE];
	json_t *body = NULL;
	int rc;

	make_id(one, to, id);
	rc = load(hub, one->org, KIND, id, &body);
	json_decref(body);
	if (rc != YG_ENOENT)
		return rc;
	yg_day_write(one->day, day);
	rc = yg_hub_put_at(hub, one->org, HUB, KIND, id,
			   json_pack("{s:s, s:o, s:s, s:s, s:i, s:s, s:o, s:s}", "report",
				     one->report, "forms", dues_json(one), "day", day, "step",
				     yg_remind_step_name(one->step), "hours", (int)one->hours, "to",
				     to, "made", yg_warn_time(now_ns), "state", "waiting"),
			   YG_REVISION_NONE);
	if (rc == YG_OK)
		rc = queue(hub, one->org, id, channel, now_ns);
	*count += rc == YG_OK;
	return rc;
}

/* Has it been told to one of them already? Then to all: who was added since is told next time. */
static int was_told(struct yg_hub_access *hub, const struct yg_remind *one, bool *ret)
{
	char id[YG_WARN_ID_HEX + 1];
	json_t *body = NULL;
	int rc;

	make_id(one, "contact", id);
	rc = load(hub, one->org, KIND, id, &body);
	json_decref(body);
	*ret = rc == YG_OK;
	return rc == YG_ENOENT ? YG_OK : rc;
}

static int tell_all(struct yg_hub_access *hub, const struct yg_remind *one, int64_t now_ns,
		    uint32_t *count)
{
	json_t *profile = NULL, *hook = NULL;
	bool has_deputy = false;
	int rc = yg_hub_get(hub, "member", one->org, &profile, NULL);

	has_deputy = yg_json_text(profile, "deputy_mail").size > 0 &&
		     !yg_bytes_eq(yg_json_text(profile, "deputy_mail"),
				  yg_json_text(profile, "contact_mail"));
	json_decref(profile);
	if (rc == YG_OK || rc == YG_ENOENT)
		rc = tell_one(hub, one, "contact", now_ns, count);
	if (rc == YG_OK && has_deputy)
		rc = tell_one(hub, one, "deputy", now_ns, count);
	if (rc == YG_OK)
		rc = yg_warn_load(hub, "webhook", one->org, &hook);
	if (rc == YG_OK)
		rc = tell_one(hub, one, "webhook", now_ns, count);
	json_decref(hook);
	return rc == YG_ENOENT ? YG_OK : rc;
}

int yg_remind_put(struct yg_hub_access *hub, const struct yg_remind *one, int64_t now_ns,
		  uint32_t *ret_count)
{
	char day[YG_DAY_SIZE];
	char detail[64];
	bool is_told = false;
	int rc = was_told(hub, one, &is_told);

	*ret_count = 0;
	if (rc != YG_OK || is_told)
		return rc;
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = tell_all(hub, one, now_ns, ret_count);
	yg_day_write(one->day, day);
	(void)snprintf(detail, sizeof(detail), "%s %s", day,
		       yg_remind_step_name(one->step)); /* a word */
	rc = yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){HUB, one->org, "report.remind", one->report, detail});
	if (rc != YG_OK)
		*ret_count = 0;
	return rc;
}

/* ---- on its way out (warnings_out.c) ---- */

bool yg_remind_is(const struct yg_warn_out *out)
{
	return out->org[0] != '\0';
}

int yg_remind_note(struct yg_hub_access *hub, const struct yg_warn_out *out, const char *state,
		   const char *text, int64_t now_ns, bool is_repeated)
{
	json_t *body = NULL;
	int64_t repeats;
	int rc = load(hub, out->org, KIND, out->id, &body);

	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc; /* it went with the organisation */
	repeats = yg_json_int(body, "repeats", 0) + is_repeated;
	rc = yg_json_set(body, "state", json_string(state));
	if (rc == YG_OK)
		rc = yg_json_set(body, "time", yg_warn_time(now_ns));
	if (rc == YG_OK && text[0])
		rc = yg_json_set(body, "text", yg_hub_string(text));
	if (rc == YG_OK && repeats > 0)
		rc = yg_json_set(body, "repeats", json_integer(repeats));
	if (rc == YG_OK)
		rc = yg_hub_put_at(hub, out->org, HUB, KIND, out->id, json_incref(body),
				   YG_REVISION_ANY);
	json_decref(body);
	return rc;
}

static bool is_in(const json_t *sent, const json_t *due)
{
	for (size_t i = 0; i < json_array_size(sent); i++) {
		const json_t *one = json_array_get(sent, i);

		if (yg_bytes_eq(yg_json_text(one, "form"), yg_json_text(due, "form")) &&
		    yg_bytes_eq(yg_json_text(one, "stage"), yg_json_text(due, "stage")))
			return true;
	}
	return false;
}

/* Was everything it reminds of noted as sent meanwhile? */
static bool is_sent(const json_t *record, const json_t *reminder)
{
	const json_t *dues = json_object_get(reminder, "forms");

	for (size_t i = 0; i < json_array_size(dues); i++)
		if (!is_in(json_object_get(record, "sent"), json_array_get(dues, i)))
			return false;
	return true;
}

static struct yg_bytes domain_of(struct yg_bytes mail)
{
	size_t at = yg_bytes_chr(mail, '@');

	return at == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(mail, at + 1);
}

/* The address in the record is free text: it is taken only where the register knows its domain. */
static bool is_known(struct yg_bytes mail, const json_t *profile)
{
	static const char *const keys[] = {"contact_mail", "deputy_mail"};
	struct yg_bytes domain = domain_of(mail);

	for (size_t i = 0; domain.size > 0 && i < 2; i++)
		if (yg_bytes_eq_nocase(domain, domain_of(yg_json_text(profile, keys[i]))))
			return true;
	return false;
}

static int find_mail(struct yg_hub_access *hub, const json_t *record, struct yg_warn_out *out)
{
	bool is_deputy = strcmp(out->channel, YG_REMIND_DEPUTY) == 0;
	const json_t *reporter = json_object_get(record, "reporter");
	json_t *profile = NULL;
	int rc = yg_hub_get(hub, "member", out->org, &profile, NULL);

	if (!is_deputy && is_known(yg_json_text(reporter, "mail"), profile))
		yg_hub_text(reporter, "mail", out->to, sizeof(out->to));
	else
		yg_hub_text(profile, is_deputy ? "deputy_mail" : "contact_mail", out->to,
			    sizeof(out->to));
	yg_hub_text(profile, "language", out->lang, sizeof(out->lang));
	json_decref(profile);
	return rc == YG_ENOENT ? YG_OK : rc;
}

/* For the member's own program: what the mail says, and which form it is. */
static int find_hook(struct yg_hub_access *hub, const json_t *reminder, struct yg_warn_out *out)
{
	json_t *hook = NULL;
	int rc = yg_warn_load(hub, "webhook", out->org, &hook);

	yg_hub_text(hook, "url", out->to, sizeof(out->to));
	yg_hub_text(hook, "secret", out->secret, sizeof(out->secret));
	json_decref(hook);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc;
	out->copy = json_pack(
		"{s:s, s:s, s:s, s:O, s:O, s:O, s:O}", "format", "yagura-report-reminder/1", "id",
		out->id, "org", out->org, "report", json_object_get(reminder, "report"), "forms",
		json_object_get(reminder, "forms"), "day", json_object_get(reminder, "day"), "step",
		json_object_get(reminder, "step"));
	return out->copy ? YG_OK : YG_ENOMEM;
}

int yg_remind_fill(struct yg_hub_access *hub, struct yg_warn_out *out, const char **ret_settled)
{
	struct yg_hub_org found = {.closed_ns = YG_TIME_NONE};
	json_t *reminder = NULL, *record = NULL;
	int rc = load(hub, out->org, KIND, out->id, &reminder);

	*ret_settled = NULL;
	if (rc == YG_OK) {
		yg_hub_text(reminder, "report", out->number, sizeof(out->number));
		out->day = yg_day_read(yg_json_text(reminder, "day"));
		(void)yg_remind_step_by_name(yg_json_text(reminder, "step"), &out->step); /* ours */
		rc = load(hub, out->org, "report", out->number, &record);
	}
	if (rc == YG_OK)
		rc = yg_hub_org_look(hub->enrol, out->org, &found);
	if (rc == YG_ENOENT ||
	    (rc == YG_OK && (found.closed_ns != YG_TIME_NONE || is_sent(record, reminder)))) {
		*ret_settled = "gone";
		rc = YG_OK;
	} else if (rc == YG_OK) {
		rc = strcmp(out->channel, "webhook") == 0 ? find_hook(hub, reminder, out)
							  : find_mail(hub, record, out);
		if (rc == YG_OK && !out->to[0])
			*ret_settled = "no-contact";
	}
	json_decref(record);
	json_decref(reminder);
	return rc;
}

/* ---- the hub's own look ---- */

struct orgs {
	yg_remind_org_fn fn;
	void *arg;
};

static int look_org(void *arg, struct yg_bytes key, const json_t *body)
{
	struct orgs *o = arg;
	char org[YG_ENROL_ID_MAX + 1];

	if (key.size >= sizeof(org))
		return YG_OK;
	(void)snprintf(org, sizeof(org), "%.*s", YG_FMT(key)); /* as measured */
	return o->fn(o->arg, org, yg_hub_time(body, "closed") != YG_TIME_NONE);
}

int yg_remind_orgs(struct yg_hub_access *hub, const char *after, uint32_t limit,
		   yg_remind_org_fn fn, void *arg)
{
	struct orgs o = {fn, arg};

	return yg_hub_each(hub, YG_HUB_ORG, "org", "", after, limit, look_org, &o);
}

struct reports {
	yg_remind_report_fn fn;
	void *arg;
};

static int look_report(void *arg, struct yg_bytes key, const json_t *body)
{
	struct reports *r = arg;
	char id[YG_REPORT_ID_MAX + 1];

	if (key.size >= sizeof(id))
		return YG_OK;
	(void)snprintf(id, sizeof(id), "%.*s", YG_FMT(key)); /* as measured */
	return r->fn(r->arg, id, body);
}

int yg_remind_reports(struct yg_hub_access *hub, const char *org, const char *after, uint32_t limit,
		      yg_remind_report_fn fn, void *arg)
{
	struct reports r = {fn, arg};

	return yg_hub_each(hub, org, "report", "", after, limit, look_report, &r);
}
