/* SPDX-License-Identifier: Apache-2.0 */
/* The story: what the hub found, what people decide, who has been told. Through the API alone. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/demo_tale-int.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/json.h"

#include "base/ban.h"

#define LOOK_MS 150
#define QUIET_MS                                                                                   \
	7000 /* nothing new for so long: correlations wait, situations rest, then all is through   \
	      */
#define SILENT_MS 5000 /* the same when nothing was found at all */
#define PATH_ROOM YG_DEMO_PATH_ROOM
#define HEX_ROOM  YG_DEMO_HEX_ROOM

/* ---- the situation ---- */

static bool is_same(const struct yg_demo_seen *a, const struct yg_demo_seen *b)
{
	return a->records == b->records && a->findings == b->findings && a->removed == b->removed &&
	       a->situations == b->situations && a->alerts == b->alerts && a->change == b->change;
}

static int look_funnel(struct yg_demo *demo, struct yg_demo_seen *seen)
{
	char path[PATH_ROOM];
	json_t *body = NULL;
	json_t *day;
	size_t i;
	int rc;

	(void)snprintf(path, sizeof(path), "/orgs/%s/funnel", demo->ids[demo->victim]); /* fits */
	rc = yg_demo_must(demo, &demo->analyst, "GET", path, NULL, &body);
	json_array_foreach(json_object_get(body, "items"), i, day)
	{
		seen->records += yg_json_int(day, "records", 0);
		seen->findings += yg_json_int(day, "findings", 0);
		seen->removed += yg_json_int(day, "findings", 0) -
				 yg_json_int(day, "findings_after_noise", 0);
	}
	json_decref(body);
	return rc;
}

static int rank_of(struct yg_bytes severity)
{
	static const char *const names[] = {"low", "medium", "high", "critical"};

	for (int i = 0; i < 4; i++)
		if (yg_bytes_eq(severity, yg_bytes_str(names[i])))
			return i;
	return -1;
}

/* The gravest; of equal ones that of more alerts, then the first. */
static bool is_graver(const json_t *a, const json_t *b)
{
	int ranks = rank_of(yg_json_text(a, "severity")) - rank_of(yg_json_text(b, "severity"));
	int64_t alerts = yg_json_int(a, "alerts", 0) - yg_json_int(b, "alerts", 0);

	if (ranks != 0)
		return ranks > 0;
	if (alerts != 0)
		return alerts > 0;
	return yg_json_int(a, "number", 0) < yg_json_int(b, "number", 0);
}

/* *ret_best: owned; NULL: none yet. */
static int look_situations(struct yg_demo *demo, struct yg_demo_seen *seen, json_t **ret_best)
{
	char path[PATH_ROOM];
	json_t *body = NULL;
	json_t *best = NULL;
	json_t *one;
	size_t i;
	int rc;

	(void)snprintf(path, sizeof(path), "/situations?org=%s&limit=1000&state=open",
		       demo->ids[demo->victim]); /* fits */
	rc = yg_demo_must(demo, &demo->analyst, "GET", path, NULL, &body);
	json_array_foreach(json_object_get(body, "items"), i, one)
	{
		seen->situations++;
		seen->alerts += yg_json_int(one, "alerts", 0);
		seen->change += yg_json_int(one, "change", 0) + yg_json_int(one, "findings", 0);
		if (!best || is_graver(one, best))
			best = one;
	}
	*ret_best = json_incref(best);
	json_decref(body);
	return rc;
}

static bool is_quiet(const struct yg_demo *demo, const struct yg_demo_seen *seen, int64_t since_ms)
{
	/* All lines arrived: no more can come. Not all make records that leave (the policy). */
	bool is_all = demo->has_lines && seen->records >= (int64_t)demo->lines;

	if (!is_all && !yg_demo_is_read(demo))
		return false;
	return since_ms >= (seen->situations > 0 ? QUIET_MS : SILENT_MS);
}

int yg_demo_find_situation(struct yg_demo *demo, struct yg_demo_seen *ret_seen, json_t **ret)
{
	struct yg_demo_seen last = {0};
	int64_t since_ns = yg_demo_since_ns(demo);
	int rc = YG_OK;

	*ret = NULL;
	for (;;) {
		struct yg_demo_seen now = {0};

		json_decref(*ret);
		*ret = NULL;
		rc = look_funnel(demo, &now);
		if (rc == YG_OK)
			rc = look_situations(demo, &now, ret);
		if (rc != YG_OK)
			return rc;
		if (!is_same(&now, &last))
			since_ns = yg_demo_since_ns(demo);
		last = now;
		*ret_seen = now;
		if (is_quiet(demo, &now, (yg_demo_since_ns(demo) - since_ns) / 1000000))
			return YG_OK;
		rc = yg_demo_wait(demo, -1, 0, LOOK_MS);
		if (rc != YG_EAGAIN)
			return rc;
	}
}

/*
 * Everything was put aside as noise: the analyst takes that back, for once, and says why. (Refused
 * attacks are nothing to wake people for; the caller wants to see the rest of the way all the
 * same.)
 */
static int take_noise_back(struct yg_demo *demo, struct yg_demo_seen *seen, json_t **situation)
{
	int rc;

	if (*situation || seen->findings == 0)
		return YG_OK;
	rc = yg_demo_must(demo, &demo->analyst, "PUT", "/noise",
			  json_pack("{s:[],s:s}", "steps", "text", "demo"), NULL);
	demo->is_noise_off = rc == YG_OK;
	if (rc == YG_OK)
		yg_say(N_("all %lld findings were put aside as noise; noise removal is switched "
			  "off "
			  "for this run"),
		       (long long)seen->findings);
	return rc == YG_OK ? yg_demo_find_situation(demo, seen, situation) : rc;
}

int yg_demo_tell_situation(struct yg_demo *demo, const struct yg_demo_seen *seen,
			   const json_t *situation)
{
	char words[512];
	char severity[16];

	(void)snprintf(severity, sizeof(severity), "%.*s",
		       YG_FMT(yg_json_text(situation, "severity"))); /* short words */
	(void)snprintf(words, sizeof(words),
		       yg_say_tr(N_("situation %lld: %lld alerts, severity %s (%lld lines, %lld "
				    "findings, %lld of them put aside as noise; other situations: "
				    "%lld)")),
		       (long long)yg_json_int(situation, "number", 0),
		       (long long)yg_json_int(situation, "alerts", 0), yg_say_tr(severity),
		       (long long)seen->records, (long long)seen->findings,
		       (long long)seen->removed,
		       (long long)seen->situations - 1); /* cut at worst */
	return yg_demo_tell(
		demo, "situation",
		json_pack("{s:O,s:O,s:O,s:O,s:O,s:O,s:I,s:I,s:I,s:I,s:o,s:b}", "situation",
			  json_object_get(situation, "id"), "number",
			  json_object_get(situation, "number"), "severity",
			  json_object_get(situation, "severity"), "alerts",
			  json_object_get(situation, "alerts"), "reason",
			  json_object_get(situation, "reason"), "key",
			  json_object_get(situation, "key"), "records", (json_int_t)seen->records,
			  "findings", (json_int_t)seen->findings, "noise",
			  (json_int_t)seen->removed, "others", (json_int_t)seen->situations - 1,
			  "at", yg_json_string(demo->community.members[demo->victim].id),
			  "noise_off", (int)demo->is_noise_off),
		words);
}

/* ---- people decide ---- */

/* Whose word it is, in words: it stands in each warning. */
static int say_certainty(struct yg_demo *demo, const char *situation)
{
	char path[PATH_ROOM];

	(void)snprintf(path, sizeof(path), "/situations/%s", situation); /* fits */
	return yg_demo_must(demo, &demo->analyst, "PUT", path,
			    json_pack("{s:s, s:s}", "certainty", "analyst", "certainty_source",
				      yg_say_tr(N_("Analyst of the coordinating body"))),
			    NULL);
}

int yg_demo_confirm(struct yg_demo *demo, const char *situation)
{
	static const char *const steps[][2] = {{"new", "check"}, {"check", "confirmed"}};
	char path[PATH_ROOM];
	int rc = YG_OK;

	(void)snprintf(path, sizeof(path), "/situations/%s/state", situation); /* fits */
	for (size_t i = 0; i < 2 && rc == YG_OK; i++)
		rc = yg_demo_must(demo, &demo->analyst, "POST", path,
				  json_pack("{s:s,s:s,s:s}", "from", steps[i][0], "to", steps[i][1],
					    "text", "demo"),
				  NULL);
	return rc == YG_OK && demo->is_story ? say_certainty(demo, situation) : rc;
}

static void copy_text(const json_t *from, const char *key, char *to, size_t room)
{
	struct yg_bytes text = yg_json_text(from, key);
	size_t size = text.size < room ? text.size : room - 1; /* cut: not found */

	if (size > 0)
		memcpy(to, text.data, size);
	to[size] = '\0';
}

/* All warnings of the plan, page by page. */
static int load_warnings(struct yg_demo_tale *s)
{
	char after[HEX_ROOM] = "";
	int rc = YG_OK;

	json_decref(s->warnings);
	s->warnings = json_array();
	do {
		char path[PATH_ROOM];
		json_t *body = NULL;

		(void)snprintf(path, sizeof(path), "/warnings?plan=%s&limit=1000%s%s", s->plan,
			       after[0] ? "&after=" : "", after); /* fits */
		rc = yg_demo_must(s->demo, &s->demo->analyst, "GET", path, NULL, &body);
		copy_text(body, "next", after, sizeof(after));
		if (rc == YG_OK &&
		    (!s->warnings ||
		     json_array_extend(s->warnings, json_object_get(body, "items")) != 0))
			rc = YG_ENOMEM;
		json_decref(body);
	} while (rc == YG_OK && after[0] && json_array_size(s->warnings) < YG_DEMO_RECIPIENTS);
	return rc;
}

static json_t *callers_id(const struct yg_demo *demo, const char *hub_id)
{
	uint32_t member = hub_id ? yg_demo_member_of(demo, hub_id) : YG_MEMBER_NONE;

	return member == YG_MEMBER_NONE ? json_null()
					: yg_json_string(demo->community.members[member].id);
}

/* "TLP:AMBER", as FIRST writes it. */
static json_t *marking_shown(const json_t *warning)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "TLP:%.*s", YG_FMT(yg_json_text(warning, "tlp")));
	for (char *at = text; *at; at++)
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
	return json_string(text);
}

/* As `yagura share plan --json` has it. */
static json_t *recipient_shown(const struct yg_demo *demo, const json_t *warning)
{
	static const char *const keys[] = {"rule", "depth", "named", "candidates", "state"};
	json_t *path = json_object_get(warning, "path");
	json_t *ids = json_array();
	json_t *shown = json_object();
	json_t *one;
	size_t i;
	int rc = ids && shown ? YG_OK : YG_ENOMEM;

	json_array_foreach(
		path, i,
		one) if (rc == YG_OK &&
			 json_array_append_new(ids, callers_id(demo, json_string_value(one))) != 0)
		rc = YG_ENOMEM;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]) && rc == YG_OK; i++) {
		json_t *value = json_object_get(warning, keys[i]);

		rc = yg_json_set(shown, keys[i], value ? json_incref(value) : json_null());
	}
	if (rc == YG_OK)
		rc = yg_json_set(shown, "path", json_incref(ids));
	json_decref(ids);
	if (rc == YG_OK)
		rc = yg_json_set(shown, "tlp", marking_shown(warning));
	if (rc == YG_OK)
		rc = yg_json_set(
			shown, "id",
			callers_id(demo, json_string_value(json_object_get(warning, "org"))));
	if (rc == YG_OK)
		return shown;
	json_decref(shown);
	return NULL;
}

static int by_member(const void *a, const void *b)
{
	const struct yg_demo_recipient *x = a;
	const struct yg_demo_recipient *y = b;

	return (x->member > y->member) - (x->member < y->member);
}

static int list_recipients(struct yg_demo_tale *s)
{
	json_t *one;
	size_t i;

	s->list = yg_calloc(json_array_size(s->warnings) + 1, sizeof(*s->list));
	if (!s->list)
		return YG_ENOMEM;
	json_array_foreach(s->warnings, i, one)
	{
		struct yg_demo_recipient *r = &s->list[s->count];
		const char *org = json_string_value(json_object_get(one, "org"));

		r->member = org ? yg_demo_member_of(s->demo, org) : YG_MEMBER_NONE;
		copy_text(one, "id", r->id, sizeof(r->id));
		if (r->member == YG_MEMBER_NONE || !r->id[0])
			return YG_EFORMAT;
		s->count++;
	}
	qsort(s->list, s->count, sizeof(*s->list), by_member);
	return YG_OK;
}

static int by_text_id(const void *a, const void *b)
{
	json_t *const *x = a;
	json_t *const *y = b;

	return yg_member_id_order(yg_json_text(*x, "id"), yg_json_text(*y, "id"));
}

/* By id, as the plan of the command line. */
static json_t *recipients_shown(const struct yg_demo_tale *s)
{
	size_t count = json_array_size(s->warnings);
	json_t **all = yg_calloc(count + 1, sizeof(json_t *));
	json_t *list = json_array();

	for (size_t i = 0; all && i < count; i++)
		all[i] = recipient_shown(s->demo, json_array_get(s->warnings, i));
	if (all)
		qsort(all, count, sizeof(json_t *), by_text_id);
	for (size_t i = 0; i < count; i++)
		if (!all || json_array_append_new(list, all[i]) != 0) {
			json_decref(list);
			list = NULL;
			break;
		}
	free(all);
	return list;
}

static uint32_t count_waiting(const struct yg_demo_tale *s)
{
	uint32_t count = 0;
	json_t *one;
	size_t i;

	json_array_foreach(s->warnings, i, one) count +=
		yg_bytes_starts(yg_json_text(one, "state"), YG_S("needs-"));
	return count;
}

int yg_demo_make_plan(struct yg_demo_tale *s, const char *situation, json_t *take_wish)
{
	struct yg_demo *demo = s->demo;
	char path[PATH_ROOM];
	char words[256];
	json_t *made = NULL;
	int rc;

	(void)snprintf(path, sizeof(path), "/situations/%s/plan", situation); /* fits */
	rc = yg_json_set(take_wish, "victim", json_string(demo->ids[s->victim]));
	if (rc == YG_OK)
		rc = yg_demo_must(demo, &demo->analyst, "POST", path, json_incref(take_wish),
				  &made);
	json_decref(take_wish);
	copy_text(made, "id", s->plan, sizeof(s->plan));
	json_decref(made);
	if (rc == YG_OK)
		rc = load_warnings(s);
	if (rc == YG_OK)
		rc = list_recipients(s);
	if (rc != YG_OK || s->is_quiet)
		return rc;
	(void)snprintf(words, sizeof(words),
		       yg_say_tr(N_("plan: %u organisations are to be told; for %u the word of the "
				    "one that was hit is needed first")),
		       (unsigned)s->count, (unsigned)count_waiting(s)); /* cut at worst */
	return yg_demo_tell(
		demo, "plan",
		json_pack("{s:s,s:o}", "plan", s->plan, "recipients", recipients_shown(s)), words);
}

/* The one that was hit is asked at its own pages; its person answers: yes, without the name. */
static int ask_consent(struct yg_demo_tale *s, json_t **ret)
{
	struct yg_demo *demo = s->demo;
	const char *org = demo->ids[s->victim];
	struct yg_demo_who *who = demo->is_story ? &demo->cast[s->victim] : &demo->member;
	char words[512];
	char path[PATH_ROOM];
	int64_t asked_ms = yg_demo_since_ns(demo) / 1000000;
	uint32_t waiting = count_waiting(s);
	int rc;

	*ret = NULL;
	if (waiting == 0)
		return YG_OK;
	rc = demo->is_story ? YG_OK
			    : yg_demo_person(demo,
					     &(struct yg_demo_part){"demo-member", "demo-member",
								    "member", org},
					     who);
	(void)snprintf(path, sizeof(path), "/questions/%s", s->plan); /* fits */
	if (rc == YG_OK)
		rc = yg_demo_must(demo, who, "GET", path, NULL, NULL);
	(void)snprintf(path, sizeof(path), "/questions/%s/answer", s->plan); /* fits */
	if (rc == YG_OK)
		rc = yg_demo_must(
			demo, who, "POST", path,
			json_pack("{s:s,s:b,s:s}", "answer", "yes", "named", 0, "text",
				  yg_say_tr(N_("Yes, as long as our name is not given."))),
			NULL);
	if (rc != YG_OK)
		return rc;
	*ret = json_pack("{s:s,s:b,s:i,s:I,s:I}", "answer", "yes", "named", 0, "recipients",
			 (int)waiting, "asked_ms", (json_int_t)asked_ms, "answered_ms",
			 (json_int_t)(yg_demo_since_ns(demo) / 1000000));
	(void)snprintf(words, sizeof(words),
		       yg_say_tr(N_("%.*s was asked, and agrees to the form without its name")),
		       YG_FMT(demo->community.members[s->victim].id)); /* cut at worst */
	if (demo->is_json || demo->is_story)
		return *ret ? YG_OK : YG_ENOMEM;
	return yg_demo_tell(demo, "consent", NULL, words);
}

int yg_demo_approve(struct yg_demo_tale *s)
{
	struct yg_demo *demo = s->demo;
	char path[PATH_ROOM];
	char words[256];
	json_t *consent = NULL;
	uint32_t released = 0;
	json_t *one;
	size_t i;
	int rc = ask_consent(s, &consent);

	(void)snprintf(path, sizeof(path), "/plans/%s/approve", s->plan); /* fits */
	if (rc == YG_OK)
		rc = yg_demo_must(demo, &demo->analyst, "POST", path, NULL, NULL);
	if (rc == YG_OK)
		rc = load_warnings(s);
	json_array_foreach(s->warnings, i, one) released +=
		json_is_string(json_object_get(one, "released"));
	(void)snprintf(words, sizeof(words),
		       yg_say_tr(N_("approved by a person: %u of %u warnings went out")),
		       (unsigned)released, (unsigned)s->count); /* cut at worst */
	s->released = released;
	if (rc == YG_OK && !s->is_quiet)
		return yg_demo_tell(demo, "approval",
				    json_pack("{s:s,s:s,s:i,s:o}", "plan", s->plan, "by",
					      "demo-analyst", "released", (int)released, "consent",
					      consent ? consent : json_null()),
				    words);
	json_decref(consent);
	return rc;
}

/* ---- recipients ---- */

static int tell_receipt(struct yg_demo_tale *s, const struct yg_demo_recipient *r, const char *step,
			const json_t *warning, const char *format)
{
	const struct yg_member *member = &s->demo->community.members[r->member];
	json_t *at = json_object_get(warning, step);
	char words[640];

	if (s->is_quiet)
		return YG_OK;
	(void)snprintf(words, sizeof(words), yg_say_tr(format), YG_FMT(member->id),
		       YG_FMT(member->name_ja)); /* cut at worst */
	return yg_demo_tell(s->demo, step,
			    json_pack("{s:o,s:s,s:o,s:o}", "id", yg_json_string(member->id),
				      "warning", r->id, "tlp", marking_shown(warning), "hub_time",
				      yg_json_string(yg_json_text(at, "time"))),
			    words);
}

/* In its inbox? *ret: that warning, owned; NULL: not there. */
static int look_inbox(struct yg_demo_tale *s, const struct yg_demo_recipient *r, json_t **ret)
{
	json_t *body = NULL;
	json_t *one;
	size_t i;
	int rc = yg_demo_must(s->demo, &r->who, "GET", "/warnings?limit=100", NULL, &body);

	*ret = NULL;
	json_array_foreach(
		json_object_get(body, "items"), i,
		one) if (!*ret && yg_bytes_eq(yg_json_text(one, "id"), yg_bytes_str(r->id))) *ret =
		json_incref(one);
	json_decref(body);
	return rc;
}

int yg_demo_deliver(struct yg_demo_tale *s, struct yg_demo_recipient *r)
{
	json_t *warning = NULL;
	int rc = YG_OK;

	if (s->demo->is_story)
		r->who = s->demo->cast[r->member];
	else
		rc = yg_demo_token(s->demo, s->demo->ids[r->member], &r->who);
	if (rc == YG_OK)
		rc = look_inbox(s, r, &warning);
	r->is_delivered = warning != NULL;
	if (warning)
		rc = tell_receipt(s, r, "delivered", warning, N_("delivered: %.*s (%.*s)"));
	json_decref(warning);
	return rc;
}

/* Every recipient looks into its inbox; what was not released is not waited for. */
static int deliver_all(struct yg_demo_tale *s)
{
	int rc = YG_OK;

	for (uint32_t i = 0; i < s->count && rc == YG_OK; i++)
		rc = yg_demo_deliver(s, &s->list[i]);
	return rc;
}

static int mark(struct yg_demo_tale *s, const struct yg_demo_recipient *r, const char *verb,
		const char *step, const char *words)
{
	char path[PATH_ROOM];
	json_t *warning = NULL;
	int rc;

	(void)snprintf(path, sizeof(path), "/warnings/%s/%s", r->id, verb); /* fits */
	rc = yg_demo_must(s->demo, &r->who, "POST", path, NULL, &warning);
	if (rc == YG_OK && !json_is_object(json_object_get(warning, step)))
		rc = YG_EMISMATCH;
	if (rc == YG_OK)
		rc = tell_receipt(s, r, step, warning, words);
	json_decref(warning);
	return rc;
}

int yg_demo_read_it(struct yg_demo_tale *s, struct yg_demo_recipient *r)
{
	int rc = mark(s, r, "seen", "seen", N_("read: %.*s (%.*s)"));

	r->is_seen = rc == YG_OK;
	return rc;
}

int yg_demo_acknowledge(struct yg_demo_tale *s, struct yg_demo_recipient *r)
{
	int rc = mark(s, r, "acknowledge", "acknowledged", N_("acknowledged: %.*s (%.*s)"));

	r->is_acknowledged = rc == YG_OK;
	return rc;
}

static int acknowledge_all(struct yg_demo_tale *s)
{
	int rc = YG_OK;

	for (uint32_t i = 0; i < s->count && rc == YG_OK; i++)
		if (s->list[i].is_delivered)
			rc = yg_demo_read_it(s, &s->list[i]);
	for (uint32_t i = 0; i < s->count && rc == YG_OK; i++)
		if (s->list[i].is_seen)
			rc = yg_demo_acknowledge(s, &s->list[i]);
	return rc;
}

int yg_demo_heard(struct yg_demo_tale *s, struct yg_demo_recipient *r, const json_t *warning)
{
	static const struct {
		const char *step;
		const char *words;
	} steps[] = {{"delivered", N_("delivered: %.*s (%.*s)")},
		     {"seen", N_("read: %.*s (%.*s)")},
		     {"acknowledged", N_("acknowledged: %.*s (%.*s)")}};
	bool *const marks[] = {&r->is_delivered, &r->is_seen, &r->is_acknowledged};
	int rc = YG_OK;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && rc == YG_OK; i++) {
		bool is = json_is_object(json_object_get(warning, steps[i].step));

		if (is && !*marks[i])
			rc = tell_receipt(s, r, steps[i].step, warning, steps[i].words);
		*marks[i] = is;
	}
	return rc;
}

/* Why the gate let nothing out to that recipient; null. */
static json_t *refusal_of(const struct yg_demo_tale *s, const char *id)
{
	json_t *one;
	size_t i;

	json_array_foreach(s->warnings, i, one)
	{
		struct yg_bytes word = yg_json_text(one, "refusal");

		if (yg_bytes_eq(yg_json_text(one, "id"), yg_bytes_str(id)) && word.size > 0)
			return yg_json_string(word);
	}
	return json_null();
}

int yg_demo_tell_tale(struct yg_demo_tale *s, int rc)
{
	uint32_t done = 0;
	json_t *missing = json_array();

	for (uint32_t i = 0; i < s->count; i++) {
		const struct yg_demo_recipient *r = &s->list[i];
		const struct yg_member *member = &s->demo->community.members[r->member];
		const char *at = r->is_seen ? "seen" : r->is_delivered ? "delivered" : "planned";

		done += r->is_acknowledged;
		if (r->is_acknowledged)
			continue;
		(void)json_array_append_new(
			missing,
			json_pack("{s:o,s:s,s:o}", "id", yg_json_string(member->id), "reached", at,
				  "refusal", refusal_of(s, r->id))); /* shows below */
		yg_say(N_("%s has not acknowledged its warning; it is at: %s"),
		       yg_say_safe(member->id, 80), at);
	}
	if (rc == YG_OK && (s->count == 0 || done < s->count)) {
		yg_demo_why(s->demo, N_("not every recipient has acknowledged its warning"));
		rc = YG_EMISMATCH;
	}
	return yg_demo_tell_end(s->demo, rc, s->count, done, missing);
}

void yg_demo_tale_done(struct yg_demo_tale *s)
{
	json_decref(s->warnings);
	free(s->list);
	s->warnings = NULL;
	s->list = NULL;
	s->count = 0;
}

/* ---- the whole ---- */

int yg_demo_tell_none(struct yg_demo *demo, const struct yg_demo_seen *seen)
{
	yg_demo_why(
		demo,
		N_("no situation came of it: %lld records were received, %lld findings were made, "
		   "%lld of them put aside as noise"),
		(long long)seen->records, (long long)seen->findings, (long long)seen->removed);
	return YG_EMISMATCH;
}

int yg_demo_story(struct yg_demo *demo)
{
	struct yg_demo_tale s = {.demo = demo, .victim = demo->victim};
	json_t *situation = NULL;
	struct yg_demo_seen seen = {0};
	char id[HEX_ROOM];
	int rc = yg_demo_find_situation(demo, &seen, &situation);

	if (rc == YG_OK)
		rc = take_noise_back(demo, &seen, &situation);
	if (rc == YG_OK)
		rc = situation ? yg_demo_tell_situation(demo, &seen, situation)
			       : yg_demo_tell_none(demo, &seen);
	copy_text(situation, "id", id, sizeof(id));
	json_decref(situation);
	if (rc == YG_OK)
		rc = yg_demo_confirm(demo, id);
	if (rc == YG_OK)
		rc = yg_demo_make_plan(&s, id, json_object());
	if (rc == YG_OK)
		rc = yg_demo_approve(&s);
	if (rc == YG_OK)
		rc = deliver_all(&s);
	if (rc == YG_OK)
		rc = acknowledge_all(&s);
	rc = yg_demo_tell_tale(&s, rc);
	yg_demo_tale_done(&s);
	return rc;
}
