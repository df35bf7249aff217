/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `yagura admin org erase`: what a closed organisation left here goes, and a signed record says so.
 *
 *   sensors refused ─► consumers have passed what the journal holds of it, hunts have left it ─►
 *   archive ─► findings ─► collections ─► hunts ─► batches, heartbeats ─► register and record (one
 * transaction) ─► free pages of both databases
 *
 * Beside the running hub. Each step can be done again: after an interruption the same command goes
 * on; it then counts what it itself deletes.
 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <unistd.h>

#include "access/leave.h"
#include "app/admin-int.h"
#include "app/backup-int.h"
#include "app/commands.h"
#include "app/hub_batches.h"
#include "app/keep.h"
#include "app/say.h"
#include "archive/tree.h"
#include "base/disk.h"
#include "base/io.h"
#include "store/copy.h"
#include "store/facts.h"
#include "store/situations.h"

#include "base/ban.h"

#define TRIES 100u
#define ROWS  1000u /* findings at once, so that those who write them wait little */

struct erase {
	struct yg_admin *admin;
	const char *org;
	struct yg_leave_counts counts;
	bool is_hunted;		       /* a hunt is at work there */
	uint64_t size;		       /* of the file that is looked at */
	char path[YG_BACKUP_PATH_MAX]; /* what an error is about */
};

static int fail(struct erase *e, const char *path, int rc)
{
	if (rc != YG_OK && !e->path[0])
		(void)snprintf(e->path, sizeof(e->path), "%s", path); /* for people */
	return rc;
}

static int path_of(struct erase *e, const char *name, char to[YG_BACKUP_PATH_MAX])
{
	return fail(e, name, yg_backup_join(e->admin->data, name, to));
}

/* ---- archive ---- */

static uint64_t look_at_file(struct erase *e, const char *path)
{
	struct yg_archive *archive = NULL;
	struct yg_fault fault;
	uint64_t records = 0;

	e->size = 0;
	if (yg_archive_open(path, &archive, &fault) == YG_OK) { /* else it goes uncounted */
		e->size = archive->size;
		for (uint32_t i = 0; i < archive->count; i++)
			records += archive->frames[i].records;
	}
	(void)yg_archive_free(archive);
	return records;
}

/*
 * A file that is being written is emptied, then removed: the hub, which has it open until its hour
 * is over, holds nothing then, and finds at the end of the hour that there is nothing to close.
 */
static int empty_file(const char *path)
{
	int fd = -1;
	int closed;
	int rc = yg_disk_open(path, 0, 0600, &fd);

	if (rc != YG_OK)
		return rc;
	rc = yg_disk_truncate(fd, 0);
	if (rc == YG_OK)
		rc = yg_disk_sync(fd);
	closed = yg_disk_close(fd);
	return rc == YG_OK ? closed : rc;
}

/* The folders above that became empty: day, month, year, organisation. */
static void drop_folders(const char *path)
{
	char folder[YG_BACKUP_PATH_MAX];

	if (strlen(path) >= sizeof(folder))
		return;
	memcpy(folder, path, strlen(path) + 1);
	for (unsigned i = 0; i < 4; i++) {
		char *slash = strrchr(folder, '/');

		if (!slash)
			return;
		*slash = '\0';
		if (yg_disk_rmdir(folder) != YG_OK)
			return; /* not empty: the next file takes it along */
		if (yg_disk_sync_folder_of(folder) != YG_OK)
			return; /* should it come back, it is empty */
	}
}

static int erase_file(void *arg, const struct yg_archive_entry *entry)
{
	struct erase *e = arg;
	struct yg_leave_counts *c = &e->counts;
	char filters[YG_BACKUP_PATH_MAX + sizeof(YG_ARCHIVE_FILTERS)];
	uint64_t records = look_at_file(e, entry->path);
	int rc = entry->is_open ? empty_file(entry->path) : YG_OK;

	(void)snprintf(filters, sizeof(filters), "%s%s", entry->path, YG_ARCHIVE_FILTERS);
	if (rc == YG_OK)
		rc = yg_disk_unlink(filters);
	if (rc == YG_OK || rc == YG_ENOENT)
		rc = yg_disk_unlink(entry->path);
	if (rc == YG_ENOENT)
		return YG_OK; /* closed, or over, just now: it is looked once more */
	if (rc != YG_OK)
		return fail(e, entry->path, rc);
	rc = yg_disk_sync_folder_of(entry->path);
	if (rc != YG_OK)
		return fail(e, entry->path, rc);
	drop_folders(entry->path);
	if (c->files == 0 || entry->hour_ns < c->oldest_ns)
		c->oldest_ns = entry->hour_ns;
	if (c->files == 0 || entry->hour_ns > c->newest_ns)
		c->newest_ns = entry->hour_ns;
	c->files++;
	c->records += records;
	c->bytes += e->size;
	return YG_OK;
}

/* YG_EDUPLICATE: something is left that is none of ours. */
static int erase_archive(struct erase *e)
{
	char path[YG_BACKUP_PATH_MAX], own[YG_BACKUP_PATH_MAX];
	int rc = path_of(e, "archive", path);

	if (rc == YG_OK)
		rc = yg_backup_join(path, e->org, own);
	for (unsigned i = 0; rc == YG_OK && i < 3 && access(own, F_OK) == 0; i++) {
		rc = yg_archive_walk(path, e->org, erase_file, e);
		if (rc == YG_ENOENT)
			rc = YG_OK;
	}
	if (rc == YG_OK && access(own, F_OK) == 0 && yg_disk_rmdir(own) != YG_OK)
		rc = YG_EDUPLICATE;
	return fail(e, own, rc);
}

/* ---- findings ---- */

/* What correlations remember of it. The hub writes such a part only behind new records. */
static int erase_state(struct yg_facts *facts, const char *org)
{
	uint64_t cursor = 0;
	int rc = YG_EMISMATCH;

	for (unsigned i = 0; i < 100 && rc == YG_EMISMATCH; i++) { /* the hub may be faster */
		rc = yg_facts_cursor(facts, YG_KEEP_DETECT, &cursor, NULL);
		if (rc == YG_OK)
			rc = yg_facts_begin(facts, YG_KEEP_DETECT, cursor);
	}
	if (rc != YG_OK)
		return rc;
	rc = yg_facts_put_part(facts, yg_bytes_str(org), cursor, (struct yg_bytes){0});
	if (rc == YG_OK)
		return yg_facts_commit(facts, cursor, NULL);
	yg_facts_abort(facts);
	return rc;
}

static int erase_findings(struct erase *e)
{
	struct yg_facts *facts = NULL;
	char path[YG_BACKUP_PATH_MAX];
	uint32_t count = ROWS;
	int rc = path_of(e, "facts.db", path);

	if (rc == YG_OK)
		rc = yg_facts_open_sqlite(path, false, &facts);
	if (rc == YG_ENOENT)
		return YG_OK; /* nothing was ever found */
	while (rc == YG_OK && count == ROWS) {
		count = 0;
		rc = yg_facts_expire(facts, yg_bytes_str(e->org), INT64_MAX, ROWS, &count);
		e->counts.findings += count;
	}
	if (rc == YG_OK)
		rc = erase_state(facts, e->org);
	(void)yg_facts_free(facts);
	return fail(e, path, rc);
}

/* Behind the findings: what is filled in from them meanwhile no longer has any of it. */
static int erase_alerts(struct erase *e)
{
	struct yg_situations *situations = NULL;
	char path[YG_BACKUP_PATH_MAX];
	int rc = path_of(e, "situations.db", path);

	if (rc == YG_OK)
		rc = yg_situations_open(path, false, &situations);
	if (rc == YG_ENOENT)
		return YG_OK; /* nothing was ever found */
	if (rc == YG_OK)
		rc = yg_situations_forget(situations, yg_bytes_str(e->org), ROWS);
	(void)yg_situations_free(situations); /* always NULL */
	return fail(e, path, rc);
}

/* Counters of days, and names that nobody else has: when nothing refers to them any more. */
static int forget_names(struct erase *e)
{
	struct yg_facts *facts = NULL;
	char path[YG_BACKUP_PATH_MAX];
	int rc = path_of(e, "facts.db", path);

	if (rc == YG_OK)
		rc = yg_facts_open_sqlite(path, false, &facts);
	if (rc == YG_ENOENT)
		return YG_OK; /* nothing was ever found */
	if (rc == YG_OK)
		rc = YG_EAGAIN;
	for (unsigned i = 0; facts && i < TRIES && rc == YG_EAGAIN; i++)
		rc = yg_facts_forget(facts, yg_bytes_str(e->org)); /* the hub may be writing */
	(void)yg_facts_free(facts);
	return fail(e, path, rc);
}

/* ---- batches, heartbeats ---- */

static int erase_heartbeat(void *arg, const struct yg_enrol_sensor *sensor)
{
	struct erase *e = arg;
	char name[YG_ENROL_ID_MAX + 32];
	char path[YG_BACKUP_PATH_MAX];
	int rc;

	(void)snprintf(name, sizeof(name), "heartbeats/%s.json", sensor->id); /* an id */
	rc = path_of(e, name, path);
	if (rc == YG_OK)
		rc = yg_disk_unlink(path);
	e->counts.heartbeats += rc == YG_OK;
	if (rc == YG_OK)
		rc = yg_disk_sync_folder_of(path);
	return rc == YG_ENOENT ? YG_OK : fail(e, path, rc);
}

static int erase_batches(struct erase *e)
{
	char path[YG_BACKUP_PATH_MAX];
	int rc = path_of(e, "batches", path);

	if (rc == YG_OK)
		rc = fail(e, path, yg_hub_batches_blank(path, e->org, &e->counts.batches));
	return rc == YG_OK ? yg_enrol_sensor_list(e->admin->enrol, e->org, erase_heartbeat, e) : rc;
}

/* Bytes of what was deleted are nowhere in the files of the databases. */
static int scrub(struct erase *e)
{
	static const char *const names[] = {"hub.db", "facts.db", "situations.db", "stix.db"};
	char path[YG_BACKUP_PATH_MAX];
	int rc = YG_OK;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && rc == YG_OK; i++) {
		rc = path_of(e, names[i], path);
		if (rc == YG_OK)
			rc = yg_store_scrub(path);
		rc = rc == YG_ENOENT ? YG_OK : fail(e, path, rc);
	}
	return rc;
}

/* ---- all of it ---- */

static int run(struct erase *e, struct yg_access *by, struct yg_buf *record)
{
	uint32_t refused = 0;
	int rc = fail(e, e->org, yg_leave_refuse(by, e->org, &refused));

	if (rc == YG_OK)
		rc = yg_admin_journal_wait(e->admin, e->org, refused > 0, &e->counts.journal);
	if (rc == YG_OK) {
		rc = yg_admin_hunts_wait(e->admin, e->org);
		e->is_hunted = rc == YG_EAGAIN;
	}
	if (rc == YG_EAGAIN)
		return rc; /* said by the caller */
	if (rc == YG_OK)
		rc = yg_admin_journal_cut(e->admin, e->org, &e->counts.journal);
	rc = fail(e, "journal", rc);
	if (rc == YG_OK)
		rc = erase_archive(e);
	if (rc == YG_OK)
		rc = erase_findings(e);
	if (rc == YG_OK)
		rc = erase_alerts(e);
	if (rc == YG_OK)
		rc = fail(e, "stix.db",
			  yg_admin_shelves_erase(e->admin, e->org, &e->counts.collections));
	if (rc == YG_OK)
		rc = fail(e, "hunts", yg_admin_hunts_erase(e->admin, e->org, &e->counts.hunts));
	if (rc == YG_OK)
		rc = forget_names(e);
	if (rc == YG_OK)
		rc = erase_batches(e);
	if (rc == YG_OK)
		rc = fail(e, e->org, yg_leave_erase(by, e->org, &e->counts, record));
	return rc;
}

/* The record is out, whatever becomes of the rest: it stands in the audit log too. */
static int hand_out(struct erase *e, const struct yg_buf *record)
{
	struct yg_admin *admin = e->admin;
	int rc = YG_OK;

	if (admin->record)
		rc = fail(e, admin->record,
			  yg_disk_create(admin->record, yg_buf_bytes(record), 0600));
	if (rc == YG_OK && admin->is_json)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(record));
	return rc == YG_EPIPE ? YG_OK : rc;
}

static int say_result(const struct erase *e, int rc)
{
	const struct yg_leave_counts *c = &e->counts;

	if (rc != YG_OK) {
		yg_say_hint(N_("what was deleted before that stays deleted; run the same again"),
			    N_("%s: erasing came as far as %s: %s"), e->org,
			    yg_say_safe(yg_bytes_str(e->path), 300), yg_say_tr(yg_err_text(rc)));
		return YG_EXIT_FAILED;
	}
	if (!e->admin->is_json)
		yg_say(N_("%s: erased: %llu files of the archive, %llu records, %llu findings, "
			  "%llu documents of the register"),
		       e->org, (unsigned long long)c->files, (unsigned long long)c->records,
		       (unsigned long long)c->findings, (unsigned long long)c->documents);
	if (c->journal == 0)
		return YG_EXIT_DONE;
	yg_say_hint(N_("start the hub anew, and run the same again for a record that it is "
		       "complete"),
		    N_("%s: %llu batches still stand in the journal until it is cut off"), e->org,
		    (unsigned long long)c->journal);
	return YG_EXIT_PARTLY;
}

static int erase(struct yg_admin *admin, struct yg_access *by)
{
	struct erase e = {.admin = admin,
			  .org = admin->args[2],
			  .counts = {.oldest_ns = YG_TIME_NONE, .newest_ns = YG_TIME_NONE}};
	struct yg_buf record;
	bool is_done;
	int rc;

	yg_buf_init(&record, 1u << 20);
	rc = run(&e, by, &record);
	is_done = rc == YG_OK;
	if (rc == YG_OK)
		rc = hand_out(&e, &record);
	if (is_done) {
		int scrubbed = scrub(&e);

		rc = rc == YG_OK ? scrubbed : rc;
	}
	yg_buf_done(&record);
	if (rc == YG_EAGAIN && e.is_hunted) {
		yg_say_hint(N_("is the hub running? It leaves what was closed within seconds; "
			       "`yagura admin hunt cancel ID` ends a hunt"),
			    N_("%s: a hunt is at work in its archive; nothing was deleted"), e.org);
		return YG_EXIT_PARTLY;
	}
	if (rc == YG_EAGAIN && !e.path[0]) { /* run() came no further than the journal */
		yg_say_hint(N_("is the hub running? It must take what it received into the archive "
			       "first; then try again"),
			    N_("%s: the journal holds records that are not through yet; nothing "
			       "was deleted"),
			    e.org);
		return YG_EXIT_PARTLY;
	}
	return say_result(&e, rc);
}

int yg_admin_org_erase(struct yg_admin *admin)
{
	const char *org = admin->args[2];
	struct yg_access *by = NULL;
	int status = yg_admin_open(admin, YG_HUB_ORG, YG_MAY_write_org, &by);
	int rc = status == YG_EXIT_DONE ? yg_leave_check(by, org) : YG_OK;

	if (rc == YG_EAGAIN) {
		yg_say_hint(N_("`yagura admin export` first, then `yagura admin org close`"),
			    N_("%s: only a closed organisation can be erased; nothing was deleted"),
			    yg_say_safe(yg_bytes_str(org), 100));
		status = YG_EXIT_PARTLY;
	} else if (rc != YG_OK) {
		status = yg_admin_error(admin, org, rc);
	} else if (status == YG_EXIT_DONE && !admin->is_sure) {
		yg_say_hint(N_("add --yes; it cannot be undone"),
			    N_("%s: this deletes all its records, findings and people; nothing was "
			       "deleted"),
			    org);
		status = YG_EXIT_PARTLY;
	} else if (status == YG_EXIT_DONE && admin->record && access(admin->record, F_OK) == 0) {
		yg_say_hint(N_("give a file that is not there yet"),
			    N_("%s: something is there already; nothing was changed"),
			    yg_say_safe(yg_bytes_str(admin->record), 300));
		status = YG_EXIT_PARTLY;
	} else if (status == YG_EXIT_DONE) {
		status = erase(admin, by);
	}
	(void)yg_access_free(by);
	return status;
}
