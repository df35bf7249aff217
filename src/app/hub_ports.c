/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_ports.h"

#include "app/hub_absent.h"
#include "app/hub_api-int.h"
#include "app/hub_batches.h"
#include "app/hub_beats.h"
#include "app/hub_demo.h"
#include "app/hub_hunt_job.h"
#include "app/hub_search.h"
#include "app/hub_sheet.h"
#include "base/json.h"
#include "detect/indicators.h"
#include "render/month.h"

#include "base/ban.h"

#define PATH_ROOM 4352u /* of a name below the data folder */

/* DATA/@name; false: it is too long. */
static bool path_in(const struct yg_hub_lent *lent, const char *name, char to[PATH_ROOM])
{
	int length = snprintf(to, PATH_ROOM, "%s/%s", lent->data, name);

	return length > 0 && (unsigned)length < PATH_ROOM;
}

/* ---- of whoever reads ---- */

static bool heartbeat(void *arg, const char *sensor, struct yg_hub_heartbeat *ret)
{
	const struct yg_hub_lent *lent = arg;

	return yg_hub_beats_get(lent->beats, lent->data, sensor, ret);
}

static int hunt(void *arg, const char *id, int (*fn)(void *arg, json_t *job), void *fn_arg)
{
	char dir[PATH_ROOM];
	json_t *job = NULL;
	int rc = !path_in(arg, "hunts", dir) ? YG_ELIMIT
		 : yg_hunt_is_id(id)	     ? yg_hunt_job_load(dir, id, &job)
					     : YG_ENOENT;

	if (rc == YG_OK)
		rc = fn(fn_arg, job);
	json_decref(job);
	return rc;
}

static int hunts(void *arg, const char *before, int (*fn)(void *arg, json_t *job), void *fn_arg)
{
	char dir[PATH_ROOM];
	int rc = path_in(arg, "hunts", dir) ? yg_hunt_job_list_back(dir, before, fn, fn_arg)
					    : YG_ELIMIT;

	return rc == YG_EEND ? YG_OK : rc;
}

static int demo(void *arg, json_t **ret)
{
	return yg_hub_demo_read(((const struct yg_hub_lent *)arg)->data, ret);
}

static int tell(void *arg, const json_t *copy, const char *form, enum yg_lang lang,
		struct yg_buf *to)
{
	/* It only reads it, whatever its prototype says. */
	void *zone = (void *)(uintptr_t)((const struct yg_hub_lent *)arg)->zone;

	return yg_hub_warn_tell(zone, copy, form, lang, to);
}

static void month(void *arg, const struct yg_month *of, enum yg_lang lang, struct yg_buf *to)
{
	(void)arg;
	yg_month_page(to, of, lang);
}

static int batches(void *arg, const struct yg_hub_batches_ask *ask, uint64_t *ret_next)
{
	const struct yg_hub_batches_back back = {.org = ask->org,
						 .sensor = ask->sensor,
						 .before = ask->before,
						 .limit = ask->limit,
						 .fn = ask->fn,
						 .arg = ask->arg};
	char dir[PATH_ROOM];

	return path_in(arg, "batches", dir) ? yg_hub_batches_back(dir, &back, ret_next) : YG_ELIMIT;
}

static size_t normal(struct yg_bytes raw, uint8_t *to)
{
	enum yg_indicator_type type;

	return yg_indicator_normal(raw, &type, to);
}

/* What may stand in a report, and what a form makes of it. */
static int report(void *arg, enum yg_hub_report_what what, const struct yg_hub_report_ask *ask,
		  struct yg_buf *to)
{
	return yg_hub_report_ask(((const struct yg_hub_lent *)arg)->forms, what, ask, to);
}

/* ---- of the loop alone ---- */

static int search(void *arg, const struct yg_hub_question *question, struct yg_buf *to)
{
	const struct yg_hub_lent *lent = arg;
	char dir[PATH_ROOM], seen[PATH_ROOM];
	int rc;

	if (!path_in(lent, "archive", dir) || !path_in(lent, "batches", seen))
		return YG_ELIMIT;
	rc = yg_hub_search(dir, seen, question, to);
	if (rc != YG_OK || to->size == 0 || to->data[to->size - 1] != '}')
		return rc;
	to->size--; /* one more member: where it could not look */
	yg_buf_add_str(to, ",\"not_looked_back\":");
	rc = yg_absent_json(lent->data, question->org, to);
	yg_buf_add_byte(to, '}');
	return rc == YG_OK ? yg_buf_error(to) : rc;
}

static int answer_hunt(void *arg, const char *id, bool is_yes, const struct yg_hunt_who *who)
{
	char dir[PATH_ROOM];

	if (!yg_hunt_is_id(id))
		return YG_ENOENT;
	return path_in(arg, "hunts", dir)
		       ? yg_hunt_answer_write(dir, id,
					      is_yes ? YG_HUNT_APPROVED : YG_HUNT_CALLED_OFF, who)
		       : YG_ELIMIT;
}

static void finish(void *arg, struct yg_api_later *later, int error)
{
	yg_hub_ask_finish(((const struct yg_hub_lent *)arg)->http, later, error);
}

static int stream_put(void *arg, struct yg_api_later *later, struct yg_bytes piece)
{
	return yg_hub_ask_stream_put(((const struct yg_hub_lent *)arg)->http, later, piece);
}

static void stream_end(void *arg, struct yg_api_later *later)
{
	yg_hub_ask_stream_end(((const struct yg_hub_lent *)arg)->http, later);
}

/* ---- the table ---- */

struct yg_hub_api_ports yg_hub_ports(struct yg_hub_lent *lent)
{
	struct yg_hub_api_ports ports = {.heartbeat = heartbeat,
					 .hunt = hunt,
					 .hunts = hunts,
					 .planner = lent->warn->planner,
					 .demo = lent->is_demo ? demo : NULL,
					 .advise = yg_hub_warn_advise,
					 .tell = tell,
					 .month = month,
					 .batches = batches,
					 .sheet = yg_hub_sheet_read,
					 .normal = normal,
					 .tree = yg_hub_tree_read,
					 .receipts = yg_hub_tree_receipts,
					 .report = report,
					 .arg = lent};

	if (lent->http) {
		ports.search = search;
		ports.answer_hunt = answer_hunt;
		ports.finish = finish;
		ports.stream_put = stream_put;
		ports.stream_end = stream_end;
	}
	return ports;
}
