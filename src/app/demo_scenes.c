/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The story's first three scenes: logs become a situation; what left the house, and who looked; the
 * question. All that is told was asked of the hub and the sensor just then.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/demo_tale-int.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/json.h"

#include "base/ban.h"

#define PATH_ROOM  YG_DEMO_PATH_ROOM
#define HEX_ROOM   YG_DEMO_HEX_ROOM
#define TITLES_MAX 3u
#define OUT_MAX	   (1u << 20)

static void copy_text(const json_t *from, const char *key, char *to, size_t room)
{
	struct yg_bytes text = yg_json_text(from, key);
	size_t size = text.size < room ? text.size : room - 1; /* cut: not found */

	if (size > 0)
		memcpy(to, text.data, size);
	to[size] = '\0';
}

/* ---- 1: from logs to a situation ---- */

static int tell_funnel(struct yg_demo *demo, const struct yg_demo_seen *seen)
{
	static const struct {
		const char *step;
		const char *words;
	} steps[] = {
		{"mitigated", N_("%lld put aside: the attempt was refused, nothing came of it")},
		{"recon", N_("%lld put aside: somebody looked round, nothing is to be done")},
		{"scanner", N_("%lld put aside: a known survey of the whole network")},
		{"allowed", N_("%lld put aside: on the list of what is allowed")},
	};
	char path[PATH_ROOM];
	json_t *body = NULL;
	int rc;

	rc = yg_demo_say(demo, N_("%lld lines of VPN, Windows and web logs: %lld findings."),
			 (long long)seen->records, (long long)seen->findings);
	(void)snprintf(path, sizeof(path), "/orgs/%s/funnel", demo->ids[demo->victim]); /* fits */
	if (rc == YG_OK)
		rc = yg_demo_must(demo, &demo->analyst, "GET", path, NULL, &body);
	for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]) && rc == YG_OK; k++) {
		int64_t count = 0;
		json_t *day;
		size_t i;

		json_array_foreach(json_object_get(body, "items"), i, day) count +=
			yg_json_int(json_object_get(json_object_get(day, "removed"), steps[k].step),
				    "findings", 0);
		if (count > 0)
			rc = yg_demo_say(demo, steps[k].words, (long long)count);
	}
	json_decref(body);
	return rc;
}

/* What was not put aside, each title once, the VPN first: that is how he came in. */
struct titles {
	const json_t *alerts[TITLES_MAX];
	size_t count;
};

static bool has_title(const struct titles *titles, const json_t *alert)
{
	for (size_t i = 0; i < titles->count; i++)
		if (yg_bytes_eq(yg_json_text(titles->alerts[i], "rule"),
				yg_json_text(alert, "rule")))
			return true;
	return false;
}

static void pick_titles(const json_t *items, bool is_vpn, struct titles *titles)
{
	json_t *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)items, i, one)
	{
		bool is = yg_bytes_find(yg_json_text(one, "log"), YG_S("vpn")) != SIZE_MAX;

		if (titles->count < TITLES_MAX && is == is_vpn &&
		    json_is_null(json_object_get(one, "removed_by")) && !has_title(titles, one))
			titles->alerts[titles->count++] = one;
	}
}

/* "SENSOR/path/vpn.log": the last of it. */
static struct yg_bytes file_of(struct yg_bytes log)
{
	size_t at = log.size;

	while (at > 0 && log.data[at - 1] != '/')
		at--;
	return yg_bytes_cut(yg_bytes_from(log, at), 0, 100);
}

static int tell_titles(struct yg_demo *demo, const struct titles *titles)
{
	int rc = YG_OK;

	for (size_t i = 0; i < titles->count && rc == YG_OK; i++) {
		struct yg_bytes en = yg_bytes_cut(yg_json_text(titles->alerts[i], "title"), 0, 200);
		struct yg_bytes ja =
			yg_bytes_cut(yg_json_text(titles->alerts[i], "title_ja"), 0, 200);
		struct yg_bytes file = file_of(yg_json_text(titles->alerts[i], "log"));
		char texts[2][YG_DEMO_LINE];

		(void)snprintf(texts[0], YG_DEMO_LINE, "%.*s（%.*s）", YG_FMT(ja.size ? ja : en),
			       YG_FMT(file)); /* fits */
		(void)snprintf(texts[1], YG_DEMO_LINE, "%.*s (%.*s)", YG_FMT(en),
			       YG_FMT(file)); /* fits */
		rc = yg_demo_say_both(demo, texts[0], texts[1]);
	}
	return rc;
}

/* The analyst opens the records behind one finding, and has to say why. */
static int open_records(struct yg_demo *demo, const json_t *alert)
{
	char path[PATH_ROOM];
	char id[HEX_ROOM];

	copy_text(alert, "finding", id, sizeof(id));
	(void)snprintf(path, sizeof(path), "/findings/%s/records?org=%s", id,
		       demo->ids[demo->victim]); /* fits */
	return yg_demo_must(
		demo, &demo->analyst, "POST", path,
		json_pack("{s:s}", "reason",
			  yg_say_tr(N_("to see whether somebody really came in by the VPN"))),
		NULL);
}

static int tell_alerts(struct yg_demo *demo, const char *situation)
{
	char path[PATH_ROOM];
	json_t *body = NULL;
	struct titles titles = {.count = 0};
	int rc;

	(void)snprintf(path, sizeof(path), "/situations/%s/alerts?limit=1000",
		       situation); /* fits */
	rc = yg_demo_must(demo, &demo->analyst, "GET", path, NULL, &body);
	pick_titles(json_object_get(body, "items"), true, &titles);
	pick_titles(json_object_get(body, "items"), false, &titles);
	if (rc == YG_OK)
		rc = tell_titles(demo, &titles);
	if (rc == YG_OK && titles.count > 0)
		rc = open_records(demo, titles.alerts[0]);
	json_decref(body);
	return rc;
}

static int scene_situation(struct yg_demo *demo, char id[HEX_ROOM])
{
	struct yg_demo_seen seen = {0};
	json_t *situation = NULL;
	char page[PATH_ROOM];
	int rc = yg_demo_scene(demo, N_("At {C}, 20,000 lines become one situation"));

	id[0] = '\0';
	if (rc == YG_OK)
		rc = yg_demo_find_situation(demo, &seen, &situation);
	if (rc == YG_OK)
		rc = situation ? yg_demo_tell_situation(demo, &seen, situation)
			       : yg_demo_tell_none(demo, &seen);
	copy_text(situation, "id", id, HEX_ROOM);
	if (rc == YG_OK)
		rc = tell_funnel(demo, &seen);
	if (rc == YG_OK)
		rc = yg_demo_say(demo,
				 N_("What is left is %lld situation; entry was a VPN account:"),
				 (long long)seen.situations);
	json_decref(situation);
	if (rc == YG_OK)
		rc = tell_alerts(demo, id);
	if (rc == YG_OK)
		rc = yg_demo_confirm(demo, id);
	(void)snprintf(page, sizeof(page), "situations/%s", id); /* fits */
	if (rc == YG_OK)
		rc = yg_demo_view(demo, YG_DEMO_ANALYST, page);
	(void)snprintf(page, sizeof(page), "funnel?org=%s", demo->ids[demo->victim]); /* fits */
	if (rc == YG_OK)
		rc = yg_demo_view(demo, YG_DEMO_ANALYST, page);
	return rc == YG_OK ? yg_demo_scene_end(demo) : rc;
}

/* ---- 2: what left the house, and who looked ---- */

/* One object that a program printed; NULL, and said, when it is none. Owned. */
static json_t *read_printed(struct yg_demo *demo, const struct yg_buf *out, const char *name)
{
	struct yg_bytes text = yg_bytes_trim(yg_buf_bytes(out));
	struct yg_fault fault;
	json_t *ret = NULL;

	if (yg_json_load(text, text.size, &ret, &fault) != YG_OK)
		yg_demo_why(demo, N_("%s printed what is no answer"), name);
	return ret;
}

/* The member's own record of what left, whole; and the hub has the same. */
static int tell_ledger(struct yg_demo *demo)
{
	const struct yg_demo_sensor *sensor = &demo->sensors[0];
	char program[YG_DEMO_PATH], self[YG_DEMO_PATH];
	const char *verify[] = {program,       "ledger", "verify", "--state",
				sensor->state, "--json", NULL};
	char ledger[YG_DEMO_PATH + 16];
	const char *compare[] = {self,	    "admin",	"--data", demo->data, "ledger",
				 "compare", "--ledger", ledger,	  "--json",   NULL};
	json_t *mine = NULL, *both = NULL;
	struct yg_buf out;
	int rc = yg_demo_sensor_program(program) && yg_demo_self(self) ? YG_OK : YG_ENOENT;

	(void)snprintf(ledger, sizeof(ledger), "%s/ledger", sensor->state); /* fits */
	yg_buf_init(&out, OUT_MAX);
	if (rc == YG_OK)
		rc = yg_demo_call(demo, verify, "ledger-verify", &out);
	if (rc == YG_OK)
		mine = read_printed(demo, &out, "ledger verify");
	yg_buf_done(&out);
	yg_buf_init(&out, OUT_MAX);
	if (rc == YG_OK)
		rc = yg_demo_call(demo, compare, "ledger-compare", &out);
	if (rc == YG_OK)
		both = read_printed(demo, &out, "ledger compare");
	yg_buf_done(&out);
	if (rc == YG_OK && (!mine || !both))
		rc = YG_EFORMAT;
	if (rc == YG_OK && yg_json_int(mine, "receipts", 0) == 0) {
		yg_demo_why(demo, N_("the ledger has no countersignature of the hub"));
		rc = YG_EMISMATCH;
	}
	if (rc == YG_OK)
		rc = yg_demo_say(demo,
				 N_("The sensor of {C} wrote down what left: %lld records in %lld "
				    "batches. The hub countersigned it, and the chain is whole."),
				 (long long)yg_json_int(mine, "records", 0),
				 (long long)yg_json_int(mine, "batches", 0));
	if (rc == YG_OK)
		rc = yg_demo_say(
			demo,
			N_("Laid beside what the hub has, %lld batches: the same, byte for "
			   "byte (yagura admin ledger compare)."),
			(long long)yg_json_int(both, "batches", 0));
	json_decref(mine);
	json_decref(both);
	return rc;
}

static int tell_views(struct yg_demo *demo)
{
	char path[PATH_ROOM];
	json_t *body = NULL;
	const json_t *last;
	int rc;

	(void)snprintf(path, sizeof(path), "/orgs/%s/views", demo->ids[demo->victim]); /* fits */
	rc = yg_demo_must(demo, &demo->cast[demo->victim], "GET", path, NULL, &body);
	last = json_array_get(json_object_get(body, "items"), 0);
	if (rc == YG_OK && !last) {
		yg_demo_why(demo, N_("nobody is said to have looked, and somebody did"));
		rc = YG_EMISMATCH;
	}
	if (rc == YG_OK)
		rc = yg_demo_say(demo, N_("Who looked: %.*s opened %lld records. Why: %.*s."),
				 YG_FMT(yg_json_text(last, "name")),
				 (long long)yg_json_int(last, "records", 0),
				 YG_FMT(yg_bytes_cut(yg_json_text(last, "reason"), 0, 200)));
	json_decref(body);
	return rc;
}

static int scene_house(struct yg_demo *demo)
{
	int rc = yg_demo_scene(demo, N_("{C} sees exactly what left its house, and who looked"));

	if (rc == YG_OK)
		rc = tell_ledger(demo);
	if (rc == YG_OK)
		rc = tell_views(demo);
	if (rc == YG_OK)
		rc = yg_demo_view(demo, yg_demo_login(demo, demo->victim), "mine");
	return rc == YG_OK ? yg_demo_scene_end(demo) : rc;
}

/* ---- 3: the question ---- */

static int scene_question(struct yg_demo_tale *tale, const char *situation)
{
	struct yg_demo *demo = tale->demo;
	char page[PATH_ROOM];
	json_t *wish = json_pack("{s:f, s:f}", "remind_hours", YG_DEMO_REMIND_S / 3600.0,
				 "escalate_hours", YG_DEMO_ESCALATE_S / 3600.0);
	int rc = yg_demo_scene(demo, N_("{C} is asked, and agrees to the form without its name"));

	if (rc == YG_OK)
		rc = yg_demo_make_plan(tale, situation, wish);
	else
		json_decref(wish);
	if (rc == YG_OK)
		rc = yg_demo_say(
			demo,
			N_("The plan names %u organisations. So few could guess who was hit "
			   "that {C} is asked first, and sees each text that would leave."),
			(unsigned)tale->count);
	if (rc == YG_OK)
		rc = yg_demo_approve(tale);
	if (rc == YG_OK)
		rc = yg_demo_say(demo,
				 N_("{C} says yes, without its name. A person of the coordinating "
				    "body approves; %u warnings go out."),
				 (unsigned)tale->released);
	(void)snprintf(page, sizeof(page), "questions/%s", tale->plan); /* fits */
	if (rc == YG_OK)
		rc = yg_demo_view(demo, yg_demo_login(demo, demo->victim), page);
	(void)snprintf(page, sizeof(page), "plans/%s", tale->plan); /* fits */
	if (rc == YG_OK)
		rc = yg_demo_view(demo, YG_DEMO_ANALYST, page);
	return rc == YG_OK ? yg_demo_scene_end(demo) : rc;
}

int yg_demo_scenes(struct yg_demo *demo)
{
	struct yg_demo_tale tale = {.demo = demo, .victim = demo->victim};
	char situation[HEX_ROOM];
	int rc = scene_situation(demo, situation);

	if (rc == YG_OK)
		rc = scene_house(demo);
	if (rc == YG_OK)
		rc = scene_question(&tale, situation);
	if (rc == YG_OK)
		rc = yg_demo_scenes_late(&tale);
	rc = yg_demo_tell_tale(&tale, rc);
	yg_demo_tale_done(&tale);
	return rc;
}
