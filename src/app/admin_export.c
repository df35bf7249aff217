/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `yagura admin export`: everything that is an organisation's own, as files that anyone can read.
 *
 *   archive ─► copied            ─┐
 *   findings, register, batches ─┴► DIR.new ─► manifest.json (sizes, SHA-256, signed) ─► DIR
 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/findings.h"
#include "access/leave.h"
#include "app/admin-int.h"
#include "app/backup-int.h"
#include "app/commands.h"
#include "app/describe.h"
#include "app/hub_batches.h"
#include "app/say.h"
#include "archive/tree.h"
#include "base/crypt.h"
#include "base/disk.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define FLUSH_BYTES   (1u << 20)
#define LINE_ROOM     (YG_DOC_BODY_MAX + FLUSH_BYTES)
#define HEARTBEAT_MAX (2u << 20)
#define FTW_FDS	      16

/* The file that is written to now. */
struct part {
	char name[64]; /* "people.ndjson"; "": none */
	int fd;
	uint64_t at;
	uint64_t lines;
	struct yg_sha256_state run;
	struct yg_buf text;
};

struct export
{
	struct yg_admin *admin;
	const char *org;
	char tmp[YG_BACKUP_PATH_MAX];
	char path[YG_BACKUP_PATH_MAX]; /* what an error is about */
	struct part part;
	struct yg_describer *describer;
	json_t *files; /* of the manifest */
	uint64_t count;
	uint64_t bytes;
	uint64_t records_files;
};

static int note_file(struct export *e, const char *name, const uint8_t digest[YG_SHA256_BYTES],
		     uint64_t size)
{
	char hex[YG_SHA256_HEX + 1];
	json_t *file;

	yg_hex((struct yg_bytes){digest, YG_SHA256_BYTES}, hex);
	file = json_pack("{s:o, s:I, s:s}", "name", yg_json_string(yg_bytes_str(name)), "size",
			 (json_int_t)size, "sha256", hex);
	if (!file || json_array_append_new(e->files, file) != 0)
		return YG_ENOMEM;
	e->count++;
	e->bytes += size;
	return YG_OK;
}

static int fail(struct export *e, const char *path, int rc)
{
	if (rc != YG_OK && !e->path[0])
		(void)snprintf(e->path, sizeof(e->path), "%s", path); /* for people */
	return rc;
}

/* ---- files of lines ---- */

static int flush_part(struct part *p)
{
	int rc = yg_disk_write(p->fd, yg_buf_bytes(&p->text), p->at);

	if (rc == YG_OK) {
		yg_sha256_add(&p->run, yg_buf_bytes(&p->text));
		p->at += p->text.size;
		yg_buf_reset(&p->text);
	}
	return rc;
}

static int end_part(struct export *e)
{
	struct part *p = &e->part;
	uint8_t digest[YG_SHA256_BYTES];
	int closed;
	int rc;

	if (!p->name[0])
		return YG_OK;
	rc = flush_part(p);
	if (rc == YG_OK)
		rc = yg_disk_sync(p->fd);
	closed = yg_disk_close(p->fd);
	yg_sha256_end(&p->run, digest);
	if (rc == YG_OK)
		rc = closed;
	if (rc == YG_OK)
		rc = note_file(e, p->name, digest, p->at);
	rc = fail(e, p->name, rc);
	p->name[0] = '\0';
	return rc;
}

static int begin_part(struct export *e, const char *name)
{
	char path[YG_BACKUP_PATH_MAX];
	char file[sizeof(e->part.name)];
	int rc = end_part(e);

	(void)snprintf(file, sizeof(file), "%s.ndjson", name); /* short words */
	if (rc == YG_OK)
		rc = yg_backup_join(e->tmp, file, path);
	if (rc == YG_OK)
		rc = yg_disk_open(path, YG_DISK_CREATE | YG_DISK_EXCLUSIVE, 0600, &e->part.fd);
	if (rc != YG_OK)
		return fail(e, file, rc);
	memcpy(e->part.name, file, sizeof(file));
	e->part.at = 0;
	yg_buf_reset(&e->part.text);
	yg_sha256_begin(&e->part.run);
	return YG_OK;
}

static int add_line(struct export *e, struct yg_bytes line)
{
	yg_buf_add(&e->part.text, line);
	yg_buf_add_byte(&e->part.text, '\n');
	if (yg_buf_error(&e->part.text))
		return yg_buf_error(&e->part.text);
	return e->part.text.size >= FLUSH_BYTES ? flush_part(&e->part) : YG_OK;
}

static int take_document(void *arg, const char *part, struct yg_bytes line)
{
	struct export *e = arg;
	struct yg_bytes name = yg_bytes_str(e->part.name);
	int rc = YG_OK;

	if (!yg_bytes_eq(yg_bytes_cut(name, 0, yg_bytes_chr(name, '.')), yg_bytes_str(part)))
		rc = begin_part(e, part);
	return rc == YG_OK ? add_line(e, line) : rc;
}

static int take_finding(void *arg, const struct yg_fact_finding *finding)
{
	struct export *e = arg;

	yg_findings_json(finding, false, &e->part.text);
	return add_line(e, (struct yg_bytes){0});
}

static int take_line(void *arg, struct yg_bytes line)
{
	return add_line(arg, line);
}

static int take_sensor(void *arg, const struct yg_enrol_sensor *sensor)
{
	struct export *e = arg;
	char name[YG_ENROL_ID_MAX + 32];
	char path[YG_BACKUP_PATH_MAX];
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc;

	(void)snprintf(name, sizeof(name), "heartbeats/%s.json", sensor->id); /* an id */
	rc = yg_backup_join(e->admin->data, name, path);
	if (rc == YG_OK)
		rc = yg_io_read_file(path, HEARTBEAT_MAX, &bytes, &size);
	if (rc == YG_OK)
		rc = add_line(e, yg_bytes_trim((struct yg_bytes){bytes, size}));
	free(bytes);
	return rc == YG_ENOENT ? YG_OK : rc; /* never heard */
}

static int export_findings(struct export *e)
{
	const struct yg_hub_reach all = {.is_all = true}; /* who can read this folder reads all */
	struct yg_fact_filter filter = {.limit = YG_FACT_LIST_MAX};
	struct yg_fact_next next = {.is_more = true};
	struct yg_facts *facts = NULL;
	char path[YG_BACKUP_PATH_MAX];
	int rc = begin_part(e, "findings");

	if (rc == YG_OK)
		rc = yg_backup_join(e->admin->data, "facts.db", path);
	if (rc == YG_OK)
		rc = yg_facts_open_sqlite(path, false, &facts);
	if (rc == YG_ENOENT)
		return YG_OK; /* nothing was ever found */
	while (rc == YG_OK && next.is_more) {
		rc = yg_findings_list(facts, &all, e->org, &filter, take_finding, e);
		next = yg_facts_next(facts);
		filter.has_after = true;
		memcpy(filter.after_id, next.after_id, sizeof(filter.after_id));
	}
	(void)yg_facts_free(facts);
	return fail(e, path, rc);
}

static int export_lines(struct export *e, struct yg_access *by)
{
	char path[YG_BACKUP_PATH_MAX];
	int rc = fail(e, e->org, yg_leave_each(by, take_document, e));

	if (rc == YG_OK)
		rc = export_findings(e);
	if (rc == YG_OK)
		rc = begin_part(e, "hunts");
	if (rc == YG_OK)
		rc = fail(e, "hunts", yg_admin_hunts_lines(e->admin, e->org, take_line, e));
	if (rc == YG_OK)
		rc = begin_part(e, "stix");
	if (rc == YG_OK)
		rc = fail(e, "stix.db", yg_admin_shelves_lines(e->admin, e->org, take_line, e));
	if (rc == YG_OK)
		rc = begin_part(e, "indicator_sightings");
	if (rc == YG_OK)
		rc = fail(e, "stix.db", yg_admin_sightings_lines(e->admin, e->org, take_line, e));
	if (rc == YG_OK)
		rc = begin_part(e, "batches");
	if (rc == YG_OK)
		rc = yg_backup_join(e->admin->data, "batches", path);
	if (rc == YG_OK)
		rc = fail(e, path, yg_hub_batches_lines(path, e->org, take_line, e));
	if (rc == YG_OK)
		rc = begin_part(e, "heartbeats");
	if (rc == YG_OK)
		rc = fail(e, "heartbeats",
			  yg_enrol_sensor_list(e->admin->enrol, e->org, take_sensor, e));
	return rc == YG_OK ? end_part(e) : rc;
}

/* ---- archive ---- */

/* A file that is being written: its whole frames, closed. YG_ENOENT: there is none. */
static int copy_open(struct export *e, const char *from, char *to)
{
	uint8_t digest[YG_SHA256_BYTES];
	char filters[YG_BACKUP_PATH_MAX + sizeof(YG_ARCHIVE_FILTERS)];
	size_t size = strlen(to) - strlen(YG_ARCHIVE_OPEN);
	uint64_t bytes;
	int rc = yg_backup_copy(from, to, digest, &bytes);

	if (rc == YG_OK)
		rc = yg_archive_repair(to, yg_describe, e->describer, &bytes);
	if (rc == YG_EMISMATCH) { /* not one whole frame yet */
		rc = yg_disk_unlink(to);
		return rc == YG_OK ? YG_ENOENT : rc;
	}
	if (rc != YG_OK)
		return rc;
	if (size + sizeof(YG_ARCHIVE_CLOSED) > YG_BACKUP_PATH_MAX)
		return YG_ELIMIT;
	memcpy(to + size, YG_ARCHIVE_CLOSED, sizeof(YG_ARCHIVE_CLOSED));
	(void)snprintf(filters, sizeof(filters), "%s%s", to, YG_ARCHIVE_FILTERS); /* has room */
	rc = yg_disk_unlink(filters); /* for searching here, nothing of the member's */
	return rc == YG_ENOENT ? YG_OK : rc;
}

/* Copied, not linked: what becomes of the copy (its owner, its rights) is not the archive's. */
static int take_closed(const char *from, const char *to)
{
	uint8_t digest[YG_SHA256_BYTES];
	uint64_t size;

	return yg_backup_copy(from, to, digest, &size);
}

static int take_file(void *arg, const struct yg_archive_entry *entry)
{
	struct export *e = arg;
	char name[YG_BACKUP_PATH_MAX], to[YG_BACKUP_PATH_MAX], closed[YG_BACKUP_PATH_MAX];
	size_t head = strlen(e->admin->data) + strlen("/archive/") + strlen(e->org) + 1;
	size_t open_size = strlen(entry->path) - strlen(YG_ARCHIVE_OPEN);
	uint8_t digest[YG_SHA256_BYTES];
	uint64_t size = 0;
	int rc = yg_backup_join("archive", entry->path + head, name);

	if (rc == YG_OK)
		rc = yg_backup_join(e->tmp, name, to);
	if (rc == YG_OK)
		rc = yg_backup_folders(e->tmp, to);
	if (rc == YG_OK)
		rc = entry->is_open ? copy_open(e, entry->path, to) : take_closed(entry->path, to);
	if (rc == YG_ENOENT && entry->is_open &&
	    snprintf(closed, sizeof(closed), "%.*s" YG_ARCHIVE_CLOSED, (int)open_size,
		     entry->path) < (int)sizeof(closed) &&
	    access(closed, F_OK) == 0) { /* closed just now */
		memcpy(to + strlen(to) - strlen(YG_ARCHIVE_OPEN), YG_ARCHIVE_CLOSED,
		       sizeof(YG_ARCHIVE_CLOSED)); /* the name is no longer than @closed */
		rc = take_closed(closed, to);
	}
	if (rc == YG_ENOENT)
		return YG_OK; /* its time was over, or nothing is in it yet */
	if (rc == YG_OK)
		rc = yg_disk_sync_folder_of(to);
	if (rc == YG_OK)
		rc = yg_backup_digest(to, digest, &size);
	if (rc == YG_OK)
		rc = note_file(e, to + strlen(e->tmp) + 1, digest, size);
	e->records_files += rc == YG_OK;
	return fail(e, entry->path, rc);
}

static int export_archive(struct export *e)
{
	char path[YG_BACKUP_PATH_MAX];
	int rc = yg_backup_join(e->admin->data, "archive", path);

	if (rc == YG_OK)
		rc = yg_archive_walk(path, e->org, take_file, e);
	return rc == YG_ENOENT ? YG_OK : fail(e, path, rc); /* nothing was ever archived */
}

/* ---- manifest ---- */

static int add_base64(json_t *object, const char *name, struct yg_bytes bytes)
{
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, 1024);
	yg_base64_add(&text, bytes);
	rc = yg_buf_error(&text) ? yg_buf_error(&text)
				 : yg_json_set(object, name, yg_json_string(yg_buf_bytes(&text)));
	yg_buf_done(&text);
	return rc;
}

static int sign_manifest(struct export *e, json_t *manifest, struct yg_buf *to)
{
	uint8_t signature[YG_SIGN_BYTES];
	uint8_t key[YG_SIGN_PUBLIC_BYTES];
	/* The key is part of what it signs: it is asked for first. */
	int rc = yg_leave_sign(e->admin->hub, YG_LEAVE_EXPORTED, (struct yg_bytes){0}, signature,
			       key);

	if (rc == YG_OK)
		rc = add_base64(manifest, "key", (struct yg_bytes){key, sizeof(key)});
	if (rc == YG_OK)
		rc = yg_json_canonical(manifest, to);
	if (rc == YG_OK)
		rc = yg_leave_sign(e->admin->hub, YG_LEAVE_EXPORTED, yg_buf_bytes(to), signature,
				   key);
	if (rc == YG_OK)
		rc = add_base64(manifest, "signature",
				(struct yg_bytes){signature, sizeof(signature)});
	yg_buf_reset(to);
	if (rc == YG_OK)
		rc = yg_json_canonical(manifest, to);
	yg_buf_add_byte(to, '\n');
	return rc == YG_OK ? yg_buf_error(to) : rc;
}

static int write_manifest(struct export *e, char digest[YG_SHA256_HEX + 1])
{
	char path[YG_BACKUP_PATH_MAX];
	char host[65] = "";
	struct yg_buf text;
	json_t *manifest;
	int rc = yg_backup_join(e->tmp, "manifest.json", path);

	(void)gethostname(host, sizeof(host) - 1); /* else it stays empty */
	manifest = json_pack("{s:i, s:s, s:s, s:o, s:o, s:s, s:O}", "v", 1, "what", "exported",
			     "organisation", e->org, "hub", yg_json_string(yg_bytes_str(host)),
			     "time", yg_admin_time(e->admin->now_ns), "version", YG_VERSION,
			     "files", e->files);
	yg_buf_init(&text, 1u << 30);
	if (rc == YG_OK)
		rc = manifest ? sign_manifest(e, manifest, &text) : YG_ENOMEM;
	if (rc == YG_OK) {
		yg_sha256_hex(yg_buf_bytes(&text), digest);
		rc = yg_disk_create(path, yg_buf_bytes(&text), 0600);
	}
	yg_buf_done(&text);
	json_decref(manifest);
	return fail(e, path, rc);
}

/* ---- all of it ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	(void)remove(path); /* what stays is said by its name: DIR.new */
	return 0;
}

static int make_all(struct export *e, struct yg_access *by)
{
	char digest[YG_SHA256_HEX + 1];
	char detail[128];
	char actor[160];
	int rc = fail(e, e->tmp, yg_disk_mkdir(e->tmp, 0700));

	if (rc == YG_OK)
		rc = export_archive(e);
	if (rc == YG_OK)
		rc = export_lines(e, by);
	if (rc == YG_OK)
		rc = write_manifest(e, digest);
	if (e->part.name[0])
		(void)yg_disk_close(e->part.fd); /* of a file that goes */
	if (rc == YG_OK)
		rc = fail(e, e->tmp, yg_disk_sync_folder(e->tmp));
	if (rc == YG_OK) {
		(void)snprintf(detail, sizeof(detail), "%llu files, manifest %s",
			       (unsigned long long)e->count, digest); /* has room */
		(void)snprintf(actor, sizeof(actor), "local:%.100s", e->admin->actor.name);
		rc = fail(e, e->org,
			  yg_audit_add(e->admin->hub, actor, e->org, "org.export", e->org, detail));
	}
	if (rc == YG_OK)
		rc = fail(e, e->admin->to, yg_disk_rename(e->tmp, e->admin->to));
	if (rc == YG_OK)
		rc = fail(e, e->admin->to, yg_disk_sync_folder_of(e->admin->to));
	if (rc != YG_OK)
		(void)nftw(e->tmp, remove_one, FTW_FDS, FTW_DEPTH | FTW_PHYS); /* see there */
	return rc;
}

static int say_done(const struct export *e, int rc)
{
	if (rc == YG_OK && e->admin->is_json)
		printf("{\"files\":%llu,\"bytes\":%llu,\"archive_files\":%llu}\n",
		       (unsigned long long)e->count, (unsigned long long)e->bytes,
		       (unsigned long long)e->records_files);
	else if (rc == YG_OK)
		yg_say(N_("%s: exported: %llu files, %llu bytes"), e->org,
		       (unsigned long long)e->count, (unsigned long long)e->bytes);
	else
		yg_say(N_("export: %s: %s; nothing was left behind"),
		       yg_say_safe(yg_bytes_str(e->path), 300), yg_say_tr(yg_err_text(rc)));
	return rc == YG_OK ? YG_EXIT_DONE : YG_EXIT_FAILED;
}

int yg_admin_export(struct yg_admin *admin)
{
	struct export e = {.admin = admin, .org = admin->org, .part.fd = -1};
	struct yg_access *by = NULL;
	int status;

	if (admin->arg_count != 1 || !admin->org || !admin->to)
		return yg_admin_wording("export");
	if (snprintf(e.tmp, sizeof(e.tmp), "%s.new", admin->to) >= (int)sizeof(e.tmp))
		return yg_admin_error(admin, admin->to, YG_ELIMIT);
	if (!yg_backup_is_free(admin->to) || access(e.tmp, F_OK) == 0) {
		yg_say_hint(
			N_("give a folder that is not there yet, or is empty"),
			N_("%s: something is there already; nothing was changed"),
			yg_say_safe(yg_bytes_str(yg_backup_is_free(admin->to) ? e.tmp : admin->to),
				    300));
		return YG_EXIT_PARTLY;
	}
	status = yg_admin_open(admin, admin->org, YG_MAY_export_org, &by);
	if (status == YG_EXIT_DONE) {
		yg_buf_init(&e.part.text, LINE_ROOM);
		e.files = json_array();
		e.describer = yg_describer_new();
		status = say_done(&e, e.files && e.describer ? make_all(&e, by) : YG_ENOMEM);
		(void)yg_describer_free(e.describer);
		json_decref(e.files);
		yg_buf_done(&e.part.text);
	}
	(void)yg_access_free(by);
	return status;
}
