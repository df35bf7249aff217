/* SPDX-License-Identifier: Apache-2.0 */
/* test_incident FOLDER: a record of an incident, its versions, the forms it fills, what leaves. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names */
#include "share/incident.h"

#include "../check.h"
#include "../forms_kit.h"
#include "base/alloc.h"

#define DAY(text) yg_day_read(YG_S(text))

static struct yg_incident_faults faults;
static struct yg_incident_ask ask;
static const char *folder;

/* 2026-11-26 09:00 in Japan. */
static int64_t now(void)
{
	int64_t ns = 0;
	bool has_zone;

	return yg_time_parse_iso(YG_S("2026-11-26T09:00:00+09:00"), 0, &ns, &has_zone) ? ns : 0;
}

static bool begin(void)
{
	bool is_good = kit_load(folder);

	ask = (struct yg_incident_ask){.forms = kit_forms, .now_ns = now()};
	return is_good;
}

/* A record from JSON; the caller's. */
static json_t *record_of(const char *text)
{
	struct yg_fault fault;
	json_t *record = NULL;

	if (yg_json_load(yg_bytes_str(text), YG_INCIDENT_READ_MAX, &record, &fault) != YG_OK)
		fprintf(stderr, "byte %zu: %s\n", fault.pos, fault.msg);
	return record;
}

#define HEAD "{\"format\":\"yagura-incident/1\",\"id\":\"i-1\",\"tlp\":\"amber\",\"version\":1"

static bool refuses(const char *rest, const char *words)
{
	char text[4096];
	json_t *record;
	int rc;
	bool is_good;

	(void)snprintf(text, sizeof(text), "%s%s}", HEAD, rest);
	record = record_of(text);
	rc = yg_incident_check(&ask, record, &faults);
	json_decref(record);
	is_good = rc == YG_EINVAL && faults.all == 1 && strcmp(faults.at[0], words) == 0;
	if (!is_good)
		fprintf(stderr, "%d, %u: %s\n", rc, faults.all, faults.at[0]);
	return is_good;
}

static bool set(json_t *record, const char *assignment)
{
	int rc = yg_incident_set(&ask, record, yg_bytes_str(assignment), &faults);

	if (rc != YG_OK)
		fprintf(stderr, "%d %s\n", rc, faults.at[0]);
	return rc == YG_OK;
}

static void names_the_path_of_a_fault(void)
{
	CHECK(begin());
	CHECK(refuses(",\"colour\":{}", "colour: there is no such section"));
	CHECK(refuses(",\"event\":{\"types\":\"malware\"}",
		      "event.types: there is no such field; is type meant?"));
	CHECK(refuses(",\"event\":{\"type\":\"malwares\"}",
		      "event.type: there is no choice malwares; is malware meant?"));
	/* Exactly one type; causes are several, each once. */
	CHECK(refuses(",\"event\":{\"type\":[\"malware\",\"intrusion\"]}",
		      "event.type: exactly one choice is expected"));
	CHECK(refuses(",\"event\":{\"causes\":[\"insider\",\"insider\"]}",
		      "event.causes[1]: stands twice"));
	CHECK(refuses(",\"event\":{\"causes\":\"insider\"}",
		      "event.causes: a list of choices is expected"));
	CHECK(refuses(",\"attack\":{\"indicators\":[{\"type\":\"ip\",\"value\":\"192.0.2.1\"}]}",
		      "attack.indicators[0].type: address, domain, url, hash, mail or file is "
		      "expected"));
	CHECK(refuses(",\"attack\":{\"indicators\":[{\"type\":\"url\"}]}",
		      "attack.indicators[0].value: is missing"));
	CHECK(refuses(",\"damage\":{\"machines\":-1}",
		      "damage.machines: a whole number from 0 on is expected"));
	CHECK(refuses(",\"damage\":{\"title\":\"\"}",
		      "damage.title: is empty: give a value, or leave the field out"));
	CHECK(refuses(",\"damage\":{\"title\":\"a\\nb\"}",
		      "damage.title: control characters and line breaks may not stand here"));
	CHECK(refuses(",\"reporter\":{\"corporate_number\":\"1234567890123\"}",
		      "reporter.corporate_number: no corporate number: 13 digits, the first "
		      "checks the others"));
	CHECK(refuses(",\"event\":{\"detected\":\"yesterday\"}",
		      "event.detected: a time is expected, such as 2026-11-25T09:30 or "
		      "2026-11-25T00:30:00Z, or a day"));
	CHECK(refuses(",\"sent\":[{\"form\":\"ddos\"}]",
		      "sent[0]: {\"form\", \"stage\", \"at\", \"version\"} is expected"));
	kit_end();
}

/* 10 MB in one field: said with its path, nothing else is wrong. */
static void names_a_text_that_is_too_long(void)
{
	json_t *record, *damage;
	char *text;

	CHECK(begin());
	text = malloc(10485761);
	CHECK(text);
	memset(text, 'x', 10485760);
	text[10485760] = '\0';
	record = yg_incident_new("i-1");
	damage = json_object();
	(void)json_object_set_new(damage, "summary", json_string(text));
	(void)json_object_set_new(record, "damage", damage);
	free(text);
	CHECK(yg_incident_check(&ask, record, &faults) == YG_EINVAL && faults.all == 1);
	CHECK(strcmp(faults.at[0], "damage.summary: 10485760 bytes; at most 8000 may stand here") ==
	      0);
	json_decref(record);
	kit_end();
}

/* What has happened has happened; a next report lies ahead as it is written down. */
static void knows_what_day_it_is(void)
{
	json_t *record, *before;

	CHECK(begin());
	CHECK(refuses(",\"event\":{\"known\":\"2026-11-27\"}",
		      "event.known: 2026-11-27 lies in the future (today is 2026-11-26)"));
	CHECK(refuses(",\"event\":{\"detected\":\"2026-11-26T09:01\"}",
		      "event.detected: 2026-11-26 lies in the future (today is 2026-11-26)"));
	CHECK(refuses(",\"response\":{\"next_report\":\"2026-11-25\"}",
		      "response.next_report: 2026-11-25 is over; give a day from 2026-11-26 on"));
	record = record_of(HEAD ",\"response\":{\"next_report\":\"2026-11-26\"},"
				"\"event\":{\"detected\":\"2026-11-26T00:00:00Z\"}}");
	CHECK(yg_incident_check(&ask, record, &faults) == YG_OK);
	/* A week later the same record is in order, a change of that day is not. */
	ask.now_ns += 7 * 86400 * YG_NS_PER_S;
	CHECK(yg_incident_check(&ask, record, &faults) == YG_EINVAL);
	before = json_deep_copy(record);
	ask.before = before;
	CHECK(yg_incident_check(&ask, record, &faults) == YG_OK);
	CHECK(set(record, "response.next_report=2026-11-30"));
	CHECK(yg_incident_check(&ask, record, &faults) == YG_EINVAL);
	json_decref(record);
	json_decref(before);
	kit_end();
}

static void sets_fields_by_their_type(void)
{
	json_t *record;
	struct yg_buf text;

	CHECK(begin());
	record = yg_incident_new("i-1");
	CHECK(set(record, "event.causes=insider, vulnerability"));
	CHECK(set(record, "attack.indicators=address 192.0.2.7 control server"));
	CHECK(set(record, "attack.indicators+=domain evil.example"));
	CHECK(set(record, "damage.machines=12"));
	CHECK(set(record, "damage.services=shop"));
	CHECK(set(record, "damage.services="));
	CHECK(set(record, "tlp=green"));
	CHECK(yg_incident_check(&ask, record, &faults) == YG_OK);
	yg_buf_init(&text, 4096);
	CHECK(yg_json_canonical(record, &text) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&text),
		   "{\"attack\":{\"indicators\":[{\"comment\":\"control server\",\"type\":"
		   "\"address\",\"value\":\"192.0.2.7\"},{\"type\":\"domain\",\"value\":"
		   "\"evil.example\"}]},\"damage\":{\"machines\":12},\"event\":{\"causes\":["
		   "\"insider\",\"vulnerability\"]},\"format\":\"yagura-incident/1\",\"id\":"
		   "\"i-1\",\"tlp\":\"green\",\"version\":1}");
	yg_buf_done(&text);
	CHECK(yg_incident_set(&ask, record, YG_S("evnt.type=malware"), &faults) == YG_EINVAL);
	CHECK(strcmp(faults.at[0], "evnt.type: there is no such field; is event.type meant?") == 0);
	CHECK(yg_incident_set(&ask, record, YG_S("event.type+=malware"), &faults) == YG_EINVAL);
	CHECK(yg_incident_set(&ask, record, YG_S("event.type"), &faults) == YG_EINVAL);
	json_decref(record);
	kit_end();
}

/* ---- versions ---- */

static int count_change(void *arg, struct yg_bytes path, const json_t *before, const json_t *after)
{
	char *to = arg;

	(void)snprintf(to + strlen(to), 200 - strlen(to), "%.*s%s%s ", YG_FMT(path),
		       before ? "" : "+", after ? "" : "-");
	return YG_OK;
}

/* Random changes: every version comes back as it was. */
static void keeps_every_version(void)
{
	enum { VERSIONS = 60 };
	static const char *const paths[] = {"damage.title", "damage.services", "event.causes",
					    "attack.summary"};
	static const char *const values[] = {"a", "b", "", "insider", "malware"};
	json_t *versions[VERSIONS], *old, *fresh;
	unsigned seed = 20261126;

	CHECK(begin());
	versions[0] = yg_incident_new("i-1");
	old = json_deep_copy(versions[0]);
	for (unsigned v = 1; v < VERSIONS;) {
		char text[80];
		int rc;

		seed = seed * 1103515245u + 12345u;
		(void)snprintf(text, sizeof(text), "%s=%s", paths[seed >> 16 & 3],
			       values[(seed >> 18) % 5]);
		fresh = json_deep_copy(old);
		CHECK(set(fresh, text));
		rc = yg_incident_next(kit_forms, old, fresh, "tester", now());
		if (rc == YG_EEND) {
			json_decref(fresh);
			continue;
		}
		CHECK(rc == YG_OK);
		json_decref(old);
		old = fresh;
		versions[v] = json_deep_copy(fresh);
		(void)json_object_del(versions[v++], "history");
	}
	for (unsigned v = 0; v < VERSIONS; v++) {
		json_t *back = NULL;

		CHECK(yg_incident_version(old, v + 1, &back) == YG_OK);
		CHECK(json_equal(back, versions[v]));
		json_decref(back);
		json_decref(versions[v]);
	}
	CHECK(yg_incident_version(old, 0, &fresh) == YG_ENOENT);
	CHECK(yg_incident_version(old, VERSIONS + 1, &fresh) == YG_ENOENT);
	json_decref(old);
	kit_end();
}

static void tells_what_differs(void)
{
	json_t *old, *fresh;
	char changes[200] = "";

	CHECK(begin());
	old = record_of(HEAD ",\"event\":{\"type\":\"malware\"},\"damage\":{\"title\":\"x\"}}");
	fresh = record_of(HEAD ",\"event\":{\"type\":\"intrusion\",\"attack_type\":\"other\"}}");
	CHECK(yg_incident_diff(kit_forms, old, fresh, count_change, changes) == YG_OK);
	CHECK(strcmp(changes, "event.type event.attack_type+ damage.title- ") == 0);
	json_decref(old);
	json_decref(fresh);
	kit_end();
}

/* ---- forms ---- */

static struct yg_filled filled;

static bool fill(const char *form, enum yg_form_stage stage, const json_t *record)
{
	struct yg_incident_fill how = {.forms = kit_forms,
				       .form = yg_form_find(kit_forms, yg_bytes_str(form)),
				       .stage = stage,
				       .lang = YG_LANG_JA,
				       .now_ns = now()};

	return yg_incident_fill(&how, record, kit_arena, &filled) == YG_OK;
}

/* From 2026-11-02, a Monday: 3rd and 5th day; the 30th is Tuesday 1 December, the 60th New Year's
 * Eve, on which offices rest until 4 January, a Monday. */
static void counts_from_the_day_of_knowledge(void)
{
	json_t *record;

	CHECK(begin());
	record = record_of(HEAD ",\"event\":{\"known\":\"2026-11-02\"},\"personal\":{\"leak\":"
				"\"yes\"}}");
	CHECK(fill("personal-data", YG_FORM_FIRST, record) && filled.applies);
	CHECK(filled.due_count == 2);
	CHECK(filled.due[0].aim == DAY("2026-11-04") && filled.due[0].latest == DAY("2026-11-06"));
	CHECK(filled.due[0].state == YG_DUE_OVER && filled.due[0].left == -20);
	CHECK(filled.due[1].latest == DAY("2026-12-01") && filled.due[1].left == 5 &&
	      filled.due[1].state == YG_DUE_OPEN);
	CHECK(set(record, "personal.reasons=sensitive,wrongful"));
	CHECK(fill("personal-data", YG_FORM_FIRST, record));
	CHECK(filled.due[1].latest == DAY("2027-01-04"));
	CHECK(set(record, "event.known=2026-11-22"));
	CHECK(fill("personal-data", YG_FORM_FIRST, record));
	CHECK(filled.due[0].state == YG_DUE_TODAY);
	CHECK(yg_incident_sent(record, filled.form, YG_FORM_FIRST, now()) == YG_OK);
	CHECK(fill("personal-data", YG_FORM_FIRST, record));
	CHECK(filled.due[0].state == YG_DUE_SENT);
	CHECK_TEXT(filled.due[0].sent, "2026-11-26T09:00:00+09:00");
	CHECK(set(record, "event.known="));
	CHECK(fill("personal-data", YG_FORM_FIRST, record));
	CHECK(filled.due[1].state == YG_DUE_UNKNOWN);
	CHECK_TEXT(filled.due[1].from_path, "event.known");
	json_decref(record);
	kit_end();
}

/* Against a list made by hand. */
static void knows_when_offices_rest(void)
{
	static const char *const rests[] = {
		"2026-01-01", "2026-01-12", "2026-02-11", "2026-02-23", "2026-03-20", "2026-04-29",
		"2026-05-03", "2026-05-06", "2026-07-20", "2026-08-11", "2026-09-21", "2026-09-22",
		"2026-09-23", "2026-10-12", "2026-11-03", "2026-11-23", "2026-12-29", "2027-01-03",
		"2027-03-22", "2025-11-24", "2025-05-06", "2024-02-12", "2026-11-28", "2026-11-29"};
	static const char *const works[] = {"2026-01-05", "2026-05-07", "2026-09-24", "2026-09-18",
					    "2026-12-28", "2026-11-24", "2027-01-04", "2026-03-23"};

	for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
		if (!yg_form_rests(yg_day_read(yg_bytes_str(rests[i]))))
			fprintf(stderr, "%s\n", rests[i]);
		CHECK(yg_form_rests(yg_day_read(yg_bytes_str(rests[i]))));
	}
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
		if (yg_form_rests(yg_day_read(yg_bytes_str(works[i]))))
			fprintf(stderr, "%s\n", works[i]);
		CHECK(!yg_form_rests(yg_day_read(yg_bytes_str(works[i]))));
	}
}

static bool is_missing(const char *path)
{
	for (uint32_t i = 0; i < filled.row_count; i++)
		if (filled.rows[i].is_missing &&
		    yg_bytes_eq(filled.rows[i].path, yg_bytes_str(path)))
			return true;
	return false;
}

static void says_what_is_missing_at_which_stage(void)
{
	json_t *record;
	enum yg_form_stage stage;
	uint32_t first;

	CHECK(begin());
	record = record_of(HEAD ",\"reporter\":{\"sector\":\"water\"},\"event\":{\"type\":"
				"\"near_miss\"},\"damage\":{\"service_state\":\"stopped\"}}");
	CHECK(fill("sector-report", YG_FORM_FIRST, record) && filled.applies);
	CHECK(is_missing("reporter.organisation") && !is_missing("event.type"));
	CHECK(!is_missing("event.causes"));
	CHECK(is_missing("damage.restore_outlook")); /* because the service stands still */
	first = filled.missing;
	CHECK(fill("sector-report", YG_FORM_FOLLOWUP, record) && filled.missing > first);
	CHECK(is_missing("event.causes"));
	CHECK(set(record, "damage.service_state=none"));
	CHECK(fill("sector-report", YG_FORM_FIRST, record));
	CHECK(!is_missing("damage.restore_outlook") && filled.missing == first - 1);
	CHECK(!yg_incident_applies(kit_forms, yg_form_find(kit_forms, YG_S("ransomware")), record));
	CHECK(yg_incident_stage(filled.form, record, &stage) && stage == YG_FORM_FIRST);
	CHECK(yg_incident_sent(record, filled.form, YG_FORM_FIRST, now()) == YG_OK);
	CHECK(yg_incident_stage(filled.form, record, &stage) && stage == YG_FORM_FOLLOWUP);
	CHECK(yg_incident_check(&ask, record, &faults) == YG_OK);
	json_decref(record);
	kit_end();
}

/* ---- what leaves ---- */

#define SECRET "株式会社ヤマギシ精機"

static json_t *whole_record(void)
{
	return record_of(
		HEAD ",\"reporter\":{\"organisation\":\"" SECRET "\",\"person\":\"鈴木 花子\","
		     "\"own_names\":[\"yamagishi.example\"]},"
		     "\"event\":{\"type\":\"malware\",\"attack_type\":\"ransomware\"},"
		     "\"attack\":{\"summary\":\"" SECRET "の端末から 198.51.100.7 へ通信\","
		     "\"entry\":\"vpn\",\"indicators\":[{\"type\":\"address\",\"value\":"
		     "\"198.51.100.7\"},{\"type\":\"domain\",\"value\":\"mail.yamagishi.example\"},"
		     "{\"type\":\"address\",\"value\":\"192.168.1.5\"}]},"
		     "\"damage\":{\"title\":\"工場が停止\",\"summary\":\"出荷停止\"},"
		     "\"statement\":{\"title\":\"お知らせ\",\"known_facts\":\"調査中です\"}}");
}

static enum yg_refusal leave(const char *form, const json_t *record, bool is_attack_only,
			     enum yg_outlet outlet)
{
	struct yg_incident_fill how = {.forms = kit_forms,
				       .form = yg_form_find(kit_forms, yg_bytes_str(form)),
				       .lang = YG_LANG_JA,
				       .is_attack_only = is_attack_only,
				       .now_ns = now()};
	enum yg_refusal refusal = YG_REFUSAL_NONE;
	int rc = yg_incident_leave(&how, record, outlet, false, kit_arena, &filled, &refusal);

	return rc == YG_OK ? YG_REFUSAL_NONE : rc == YG_EACCES ? refusal : YG_REFUSAL_COUNT;
}

/* All values together. */
static bool tells(const char *text)
{
	for (uint32_t i = 0; i < filled.row_count; i++)
		if (yg_bytes_find(filled.rows[i].value, yg_bytes_str(text)) != SIZE_MAX)
			return true;
	return false;
}

static void the_attack_half_goes_alone(void)
{
	json_t *record;

	CHECK(begin());
	record = whole_record();
	CHECK(yg_incident_check(&ask, record, &faults) == YG_OK);
	CHECK(leave("ransomware", record, false, YG_OUTLET_EXPORT) == YG_REFUSAL_NONE);
	CHECK(tells(SECRET) && tells("出荷停止") && tells("198.51.100.7"));
	CHECK(leave("ransomware", record, true, YG_OUTLET_EXPORT) == YG_REFUSAL_NONE);
	CHECK(filled.is_attack_only && !tells(SECRET) && !tells("出荷停止") && !tells("鈴木"));
	CHECK(!is_missing("reporter.organisation")); /* not asked of this half */
	CHECK(leave("attack-information", record, false, YG_OUTLET_EXPORT) == YG_REFUSAL_NONE);
	CHECK(!tells(SECRET) && !tells("ヤマギシ") && !tells("yamagishi") && !tells("192.168"));
	CHECK(tells("198.51.100.7") && tells("へ通信") && tells("VPN機器"));
	CHECK(filled.record.size == 0);
	json_decref(record);
	kit_end();
}

static void a_marking_and_approval_hold(void)
{
	json_t *record;

	CHECK(begin());
	record = whole_record();
	CHECK(set(record, "tlp=red"));
	CHECK(leave("partner-notice", record, false, YG_OUTLET_EXPORT) == YG_REFUSAL_OUTLET);
	CHECK(leave("partner-notice", record, false, YG_OUTLET_PRINT) == YG_REFUSAL_PERSON);
	CHECK(leave("public-statement", record, false, YG_OUTLET_PRINT) == YG_REFUSAL_APPROVAL);
	CHECK(set(record, "statement.approved_by=社長"));
	CHECK(leave("public-statement", record, false, YG_OUTLET_PRINT) == YG_REFUSAL_NONE);
	CHECK(tells("調査中です") && !tells("出荷停止") && !tells("社長"));
	CHECK_TEXT(filled.heading, "お知らせ");
	(void)json_object_del(record, "tlp");
	CHECK(leave("partner-notice", record, false, YG_OUTLET_PRINT) == YG_REFUSAL_UNMARKED);
	json_decref(record);
	kit_end();
}

/* Each allocation fails once: it is said, or less leaves, never more. */
static void without_memory_nothing_more_leaves(void)
{
	struct yg_incident_fill how = {.lang = YG_LANG_JA, .is_attack_only = true, .now_ns = now()};
	json_t *record;
	long left = 0;

	CHECK(begin());
	record = whole_record();
	how.forms = kit_forms;
	how.form = yg_form_find(kit_forms, YG_S("ransomware"));
	for (long at = 1; left <= 0; at++) {
		struct yg_arena *arena = yg_arena_new(16u << 20);
		enum yg_refusal refusal;
		int rc;

		CHECK(arena);
		yg_fail_at = at;
		rc = yg_incident_leave(&how, record, YG_OUTLET_EXPORT, false, arena, &filled,
				       &refusal);
		left = yg_fail_at;
		yg_fail_at = 0;
		CHECK(rc == YG_OK || rc == YG_ENOMEM);
		CHECK(rc != YG_OK || (!tells("ヤマギシ") && !tells("192.168") && !tells("出荷")));
		(void)yg_arena_free(arena);
	}
	json_decref(record);
	kit_end();
}

static void without_memory_a_change_is_whole_or_none(void)
{
	json_t *old, *fresh;
	long left = 0;

	CHECK(begin());
	old = whole_record();
	for (long at = 1; left <= 0; at++) {
		int rc;

		fresh = json_deep_copy(old);
		yg_fail_at = at;
		rc = yg_incident_set(&ask, fresh, YG_S("damage.services=a\nb"), &faults);
		if (rc == YG_OK)
			rc = yg_incident_next(kit_forms, old, fresh, "x", now());
		if (rc == YG_OK)
			rc = yg_incident_sent(fresh, kit_forms->forms[0], YG_FORM_FIRST, now());
		left = yg_fail_at;
		yg_fail_at = 0;
		CHECK(rc == YG_OK || rc == YG_ENOMEM);
		CHECK(rc != YG_OK || yg_incident_check(&ask, fresh, &faults) == YG_OK);
		CHECK(rc != YG_OK || json_array_size(json_object_get(fresh, "history")) == 1);
		json_decref(fresh);
	}
	json_decref(old);
	kit_end();
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {CASE(names_the_path_of_a_fault),
						  CASE(names_a_text_that_is_too_long),
						  CASE(knows_what_day_it_is),
						  CASE(sets_fields_by_their_type),
						  CASE(keeps_every_version),
						  CASE(tells_what_differs),
						  CASE(counts_from_the_day_of_knowledge),
						  CASE(knows_when_offices_rest),
						  CASE(says_what_is_missing_at_which_stage),
						  CASE(the_attack_half_goes_alone),
						  CASE(a_marking_and_approval_hold),
						  CASE(without_memory_nothing_more_leaves),
						  CASE(without_memory_a_change_is_whole_or_none)};

	if (argc != 2)
		return 2;
	folder = argv[1];
	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
