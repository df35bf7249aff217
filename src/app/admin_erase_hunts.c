/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `yagura admin org erase` and `export`: what hunts of the hub hold of an organisation. The hub
 * drops a closed one from the job that runs; from those that are over it is taken here.
 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <time.h>

#include "app/admin-int.h"
#include "app/backup-int.h"
#include "app/hub_hunt_job.h"
#include "app/hub_warned.h"
#include "base/json.h"
#include "store/facts.h"

#include "base/ban.h"

#define WAIT_MS 60000
#define LOOK_MS 200
#define TRIES	100u

struct erasing {
	const char *dir; /* of the hunts */
	const char *org;
	struct yg_facts *facts; /* NULL: nothing was ever found */
	uint64_t count;
	bool is_at_work;
};

/* Where it is named: the counts of it under "orgs", and what counts for it alone. */
static bool take_out(json_t *object, const char *org)
{
	static const char *const names[] = {"orgs", "warned"};
	bool is_some = false;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		json_t *orgs = json_object_get(object, names[i]);

		is_some =
			(json_object_get(orgs, org) && json_object_del(orgs, org) == 0) || is_some;
	}
	return is_some;
}

/* The state of the hunt's consumer names it too, and what its judge remembers is a part of it. */
static int try_state(const struct erasing *e, const char *name, bool *ret_is_some)
{
	struct yg_fault fault;
	struct yg_buf state, part;
	uint64_t cursor = 0, at = 0;
	json_t *body = NULL;
	bool is_named, has_part;
	int rc;

	yg_buf_init(&state, YG_FACT_STATE_MAX);
	yg_buf_init(&part, YG_FACT_PART_MAX);
	rc = yg_facts_cursor(e->facts, name, &cursor, &state);
	if (rc == YG_OK && cursor > 0)
		rc = yg_json_load(yg_buf_bytes(&state), YG_FACT_STATE_MAX, &body, &fault);
	is_named = rc == YG_OK && take_out(body, e->org);
	has_part = rc == YG_OK && cursor > 0 &&
		   yg_facts_part(e->facts, name, yg_bytes_str(e->org), &at, &part) == YG_OK;
	*ret_is_some = is_named || has_part;
	if (*ret_is_some) {
		struct yg_bytes bytes;

		yg_buf_reset(&state);
		rc = yg_json_canonical(body, &state);
		if (rc == YG_OK)
			rc = yg_facts_begin(e->facts, name, cursor);
		if (rc == YG_OK && has_part)
			rc = yg_facts_put_part(e->facts, yg_bytes_str(e->org), cursor,
					       (struct yg_bytes){0});
		bytes = yg_buf_bytes(&state);
		rc = rc == YG_OK ? yg_facts_commit(e->facts, cursor, &bytes) : rc;
	}
	json_decref(body);
	yg_buf_done(&state);
	yg_buf_done(&part);
	return rc;
}

static int erase_state(const struct erasing *e, const char *id, bool *ret_is_some)
{
	char name[YG_FACT_CONSUMER_MAX + 1];
	int rc = YG_EMISMATCH;

	*ret_is_some = false;
	(void)snprintf(name, sizeof(name), "hunt-%s", id); /* an id: it fits */
	for (unsigned i = 0; e->facts && i < TRIES && rc == YG_EMISMATCH; i++) {
		rc = try_state(e, name, ret_is_some); /* the hub may be faster */
		if (rc != YG_OK)
			yg_facts_abort(e->facts);
	}
	return e->facts ? rc : YG_OK;
}

static int look_at_job(void *arg, json_t *job)
{
	struct erasing *e = arg;

	e->is_at_work = e->is_at_work || (yg_hunt_job_is(job, YG_HUNT_RUNNING) &&
					  json_object_get(json_object_get(job, "orgs"), e->org));
	return YG_OK;
}

static int erase_job(void *arg, json_t *job)
{
	struct erasing *e = arg;
	char id[YG_HUNT_ID_SIZE];
	char path[YG_HUNT_PATH_MAX];
	bool is_some = false, was_in_state;
	int rc = YG_OK;

	(void)snprintf(id, sizeof(id), "%.*s", YG_FMT(yg_json_text(job, "id"))); /* cut: no id */
	if (!yg_hunt_is_id(id))
		return YG_OK;
	if (!yg_hunt_job_is(job, YG_HUNT_RUNNING)) { /* the hub does not write it any more */
		is_some = take_out(job, e->org);
		rc = is_some ? yg_hunt_job_save(e->dir, id, job) : YG_OK;
		if (rc == YG_OK && is_some)
			rc = yg_hunt_path(e->dir, id, "indicators", path)
				     ? yg_hub_warned_drop(path, yg_bytes_str(e->org))
				     : YG_ELIMIT;
	}
	if (rc == YG_OK)
		rc = erase_state(e, id, &was_in_state);
	e->count += rc == YG_OK && (is_some || was_in_state);
	return rc;
}

int yg_admin_hunts_wait(const struct yg_admin *admin, const char *org)
{
	const struct timespec pause = {0, LOOK_MS * 1000000L};
	char dir[YG_BACKUP_PATH_MAX];
	struct erasing e = {.dir = dir, .org = org};
	int rc = yg_backup_join(admin->data, "hunts", dir);

	for (unsigned ms = 0; rc == YG_OK; ms += LOOK_MS) {
		e.is_at_work = false;
		rc = yg_hunt_job_list(dir, look_at_job, &e);
		if (rc != YG_OK || !e.is_at_work)
			break;
		if (ms >= WAIT_MS)
			return YG_EAGAIN;
		(void)nanosleep(&pause, NULL); /* woken early, it is looked again earlier */
	}
	return rc == YG_EAGAIN ? YG_EIO : rc; /* of a disk: not what this one means */
}

int yg_admin_hunts_erase(const struct yg_admin *admin, const char *org, uint64_t *ret_count)
{
	char dir[YG_BACKUP_PATH_MAX], path[YG_BACKUP_PATH_MAX];
	struct erasing e = {.dir = dir, .org = org};
	int rc = yg_backup_join(admin->data, "hunts", dir);

	if (rc == YG_OK)
		rc = yg_backup_join(admin->data, "facts.db", path);
	if (rc == YG_OK)
		rc = yg_facts_open_sqlite(path, false, &e.facts);
	rc = rc == YG_ENOENT ? YG_OK : rc;
	if (rc == YG_OK)
		rc = yg_hunt_job_list(dir, erase_job, &e);
	(void)yg_facts_free(e.facts);
	*ret_count += e.count;
	return rc;
}

/* ---- export ---- */

struct giving {
	struct yg_hub_reach reach;
	yg_admin_line_fn fn;
	void *arg;
	struct yg_buf line;
};

static int give_job(void *arg, json_t *job)
{
	struct giving *g = arg;
	json_t *shown = NULL;
	int rc = yg_hunt_json(job, &g->reach, &shown);

	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc;
	yg_buf_reset(&g->line);
	rc = yg_json_canonical(shown, &g->line);
	json_decref(shown);
	return rc == YG_OK ? g->fn(g->arg, yg_buf_bytes(&g->line)) : rc;
}

int yg_admin_hunts_lines(const struct yg_admin *admin, const char *org, yg_admin_line_fn fn,
			 void *arg)
{
	char orgs[1][YG_ENROL_ID_MAX + 1];
	struct giving g = {.reach = {.orgs = orgs, .count = 1}, .fn = fn, .arg = arg};
	char dir[YG_BACKUP_PATH_MAX];
	int rc = yg_backup_join(admin->data, "hunts", dir);

	(void)snprintf(orgs[0], sizeof(orgs[0]), "%s", org); /* an id */
	yg_buf_init(&g.line, YG_HUNT_JOB_BYTES);
	if (rc == YG_OK)
		rc = yg_hunt_job_list(dir, give_job, &g);
	yg_buf_done(&g.line);
	return rc;
}
