/* SPDX-License-Identifier: Apache-2.0 */
/* The story: what the hub found, what people decide, who has been told. Through the API alone. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/demo-int.h"
#include "app/say.h"
#include "base/json.h"

#include "base/ban.h"

#define LOOK_MS	  150
#define QUIET_MS  1500 /* nothing new for so long: the logs are through */
#define SILENT_MS 6000 /* the same when nothing was found at all */
#define PATH_ROOM 320u

/* ---- the situation ---- */

/* What is there now: it is looked at again until it does not change. */
struct seen {
	int64_t records;
	int64_t findings;
	int64_t removed;
	int64_t situations;
	int64_t alerts; /* of all situations */
	int64_t change;
};

static bool is_same(const struct seen *a, const struct seen *b)
{
	return a->records == b->records && a->findings == b->findings && a->removed == b->removed &&
	       a->situations == b->situations && a->alerts == b->alerts && a->change == b->change;
}

static int look_funnel(struct yg_demo *demo, struct seen *seen)
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
static int look_situations(struct yg_demo *demo, struct seen *seen, json_t **ret_best)
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

static bool is_quiet(const struct yg_demo *demo, const struct seen *seen, int64_t since_ms)
{
	if (demo->has_lines && seen->records < (int64_t)demo->lines)
		return since_ms >= SILENT_MS * 5; /* some lines make no record of their own */
	if (seen->situations > 0)
		return since_ms >= QUIET_MS;
	return seen->records > 0 && since_ms >= SILENT_MS;
}

/* Until the logs are through. *ret: the situation, owned; NULL: there is none. */
static int wait_for_situation(struct yg_demo *demo, struct seen *ret_seen, json_t **ret)
{
	struct seen last = {0};
	int64_t since_ns = yg_demo_since_ns(demo);
	int rc = YG_OK;

	*ret = NULL;
	for (;;) {
		struct seen now = {0};

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

static int tell_situation(struct yg_demo *demo, const struct seen *seen, const json_t *situation)
{
	char words[512];

	(void)snprintf(words, sizeof(words),
		       yg_say_tr(N_("situation %lld: %lld alerts, severity %.*s (%lld lines, %lld "
				    "findings, %lld of them put aside as noise; other situations: "
				    "%lld)")),
		       (long long)yg_json_int(situation, "number", 0),
		       (long long)yg_json_int(situation, "alerts", 0),
		       YG_FMT(yg_json_text(situation, "severity")), (long long)seen->records,
		       (long long)seen->findings, (long long)seen->removed,
		       (long long)seen->situations - 1); /* cut at worst */
	return yg_demo_tell(
		demo, "situation",
		json_pack("{s:O,s:O,s:O,s:O,s:O,s:O,s:I,s:I,s:I,s:I,s:o}", "situation",
			  json_object_get(situation, "id"), "number",
			  json_object_get(situation, "number"), "severity",
			  json_object_get(situation, "severity"), "alerts",
			  json_object_get(situation, "alerts"), "reason",
			  json_object_get(situation, "reason"), "key",
			  json_object_get(situation, "key"), "records", (json_int_t)seen->records,
			  "findings", (json_int_t)seen->findings, "noise",
			  (json_int_t)seen->removed, "others", (json_int_t)seen->situations - 1,
			  "at", yg_json_string(demo->community.members[demo->victim].id)),
		words);
}

int yg_demo_story(struct yg_demo *demo)
{
	json_t *situation = NULL;
	struct seen seen = {0};
	int rc = wait_for_situation(demo, &seen, &situation);

	if (rc == YG_OK && !situation) {
		yg_say(N_("no situation came of it: %lld records were received, %lld findings were "
			  "made, %lld of them put aside as noise"),
		       (long long)seen.records, (long long)seen.findings, (long long)seen.removed);
		rc = YG_EMISMATCH;
	}
	if (rc == YG_OK)
		rc = tell_situation(demo, &seen, situation);
	json_decref(situation);
	return rc;
}
