/* SPDX-License-Identifier: Apache-2.0 */
/* Backups made, checked, put back; lists that others have written. */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/backup.h"

#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "app/backup-int.h"
#include "base/alloc.h"
#include "base/disk.h"
#include "base/io.h"
#include "store/control.h"

#include "base/ban.h"

static char root[64];
static char data[96];
static char to[96];
static char back[96];

static int64_t now(void *arg)
{
	(void)arg;
	return INT64_C(1764000000) * YG_NS_PER_S;
}

static bool put(const char *folder, const char *name, const char *text)
{
	char path[YG_BACKUP_PATH_MAX];

	return yg_backup_join(folder, name, path) == YG_OK &&
	       yg_backup_folders(folder, path) == YG_OK &&
	       yg_disk_replace(path, yg_bytes_str(text), 0600) == YG_OK;
}

static bool has(const char *folder, const char *name, const char *text)
{
	char path[YG_BACKUP_PATH_MAX];
	uint8_t *bytes = NULL;
	size_t size = 0;
	bool is_same = yg_backup_join(folder, name, path) == YG_OK &&
		       yg_io_read_file(path, 1u << 20, &bytes, &size) == YG_OK &&
		       yg_bytes_eq((struct yg_bytes){bytes, size}, yg_bytes_str(text));

	free(bytes);
	return is_same;
}

/* A data folder as a hub leaves it, in small. */
static bool start(void)
{
	struct yg_control *store = NULL;
	char path[128];
	int rc;

	(void)snprintf(root, sizeof(root), "%s/backup-XXXXXX",
		       getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(root))
		return false;
	(void)snprintf(data, sizeof(data), "%s/data", root);
	(void)snprintf(to, sizeof(to), "%s/to", root);
	(void)snprintf(back, sizeof(back), "%s/back", root);
	(void)snprintf(path, sizeof(path), "%s/hub.db", data);
	if (mkdir(data, 0700) != 0)
		return false;
	rc = yg_control_open_sqlite(path, true, &store);
	(void)yg_control_free(store);
	return rc == YG_OK && put(data, "ca/ca.key", "secret\n") &&
	       put(data, "journal/state", "s") && put(data, "journal/cursors/archive", "c") &&
	       put(data, "journal/00000000000000000001.seg", "segment") &&
	       put(data, "journal/00000000000000000001.seg.new", "x") && put(data, "lock", "") &&
	       put(data, "archive/acme/2026/11/21/08-000.ndjson.zst", "closed") &&
	       put(data, "archive/acme/2026/11/21/08-000.ndjson.zst.filters", "f") &&
	       put(data, "archive/acme/2026/11/21/09-000.open", "open") &&
	       put(data, "batches/2026-11-21.jsonl", "{}\n") && put(data, "rules/a/b/c.yml", "r");
}

static int make(const char *base, struct yg_backup_report *report)
{
	return yg_backup_make(data, to, base, (struct yg_clock){.now_ns = now}, report);
}

static void there_and_back(void)
{
	struct yg_backup_report report;

	CHECK(start());
	CHECK(make(NULL, &report) == YG_OK && report.files == 10 && report.linked == 0);
	CHECK(yg_backup_verify(to, &report) == YG_OK && report.files == 10);
	CHECK(make(NULL, &report) == YG_EDUPLICATE);
	CHECK(yg_backup_restore(to, back, &report) == YG_OK && report.files == 10);
	CHECK(has(back, "ca/ca.key", "secret\n") && has(back, "rules/a/b/c.yml", "r"));
	CHECK(has(back, "archive/acme/2026/11/21/09-000.open", "open"));
	CHECK(has(back, "journal/00000000000000000001.seg", "segment"));
	CHECK(!has(back, "journal/00000000000000000001.seg.new", "x") && !has(back, "lock", ""));
	CHECK(yg_backup_restore(to, back, &report) == YG_EDUPLICATE);
	CHECK(yg_backup_verify(data, &report) == YG_EMISMATCH);
	CHECK(yg_backup_make(root, back, NULL, (struct yg_clock){.now_ns = now}, &report) ==
	      YG_ENOENT);
}

/* Head and list as if they had been made so. */
static bool forge(const char *lines)
{
	char digest[YG_SHA256_HEX + 1];
	char head[256];

	yg_sha256_hex(yg_bytes_str(lines), digest);
	(void)snprintf(head, sizeof(head), "{\"v\":1,\"list\":\"%s\"}\n", digest);
	return put(to, YG_BACKUP_LIST, lines) && put(to, YG_BACKUP_HEAD, head);
}

#define D "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" /* of nothing */

static void hostile_lists(void)
{
	static const char *const bad[] = {
		D "  ../outside\n",
		D "  /etc/passwd\n",
		D "  a/../../b\n",
		D "  a//b\n",
		D "  a/\n",
		D "  ./a\n",
		D "  \n",
		D "  a",
		D " a\n",
		D "  a\n" D "  a\n",
		"x" D "  a\n",
		D "  a\tb\n",
		"\n",
		"zz" D "  hub.db\n",
		D "  ..\n",
		D "\n",
	};
	struct yg_backup_report report;
	struct stat st;

	CHECK(start() && mkdir(to, 0700) == 0 && put(to, "hub.db", ""));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char lines[1024];

		(void)snprintf(lines, sizeof(lines), "%s%s", bad[i], "");
		CHECK(forge(lines));
		CHECK(yg_backup_restore(to, back, &report) == YG_EFORMAT);
		CHECK(yg_backup_verify(to, &report) == YG_EFORMAT);
		CHECK(stat(back, &st) != 0);
	}
	/* Without a register it is none; with one that is no database it is damaged. */
	CHECK(forge(D "  a\n") && yg_backup_restore(to, back, &report) == YG_EMISMATCH);
	CHECK(forge(D "  hub.db\n") && yg_backup_verify(to, &report) != YG_OK);
	CHECK(forge("") && yg_backup_verify(to, &report) == YG_EMISMATCH);
	CHECK(put(to, YG_BACKUP_HEAD, "{\"v\":2}") &&
	      yg_backup_verify(to, &report) == YG_EMISMATCH);
	CHECK(put(to, YG_BACKUP_HEAD, "[") && yg_backup_verify(to, &report) == YG_EMISMATCH);
	/* A list that is not the head's. */
	CHECK(forge(D "  hub.db\n") && put(to, YG_BACKUP_LIST, D "  hub.dc\n"));
	CHECK(yg_backup_verify(to, &report) == YG_EDIGEST);
}

static void remove_tree(const char *path)
{
	char command[256];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", path);
	CHECK(system(command) == 0); /* a folder of this test */
}

/* Each call of base/ fails once: no backup, or a whole one; nothing restored, or all. */
static void failing_calls(void)
{
	struct yg_backup_report report;
	struct stat st;
	bool was_reached = true;
	long count;

	CHECK(start());
	/* The last ones first, each: there the backup is whole but for what fails. */
	yg_fail_at = 100000;
	CHECK(make(NULL, &report) == YG_OK);
	count = 100000 - yg_fail_at;
	yg_fail_at = 0;
	remove_tree(to);
	for (long n = count - 12; n <= count; n++) {
		int rc;

		yg_fail_at = n;
		rc = make(NULL, &report);
		yg_fail_at = 0;
		CHECK((rc == YG_OK) == (yg_backup_verify(to, &report) == YG_OK));
		remove_tree(to);
	}
	for (long n = 1; was_reached && n < 3000; n += n < 40 ? 1 : 13) {
		int rc;

		yg_fail_at = n;
		rc = make(NULL, &report);
		was_reached = yg_fail_at == 0;
		yg_fail_at = 0;
		CHECK((rc == YG_OK) == (yg_backup_verify(to, &report) == YG_OK));
		remove_tree(to);
	}
	CHECK(!was_reached && make(NULL, &report) == YG_OK);
	was_reached = true;
	for (long n = 1; was_reached && n < 3000; n += n < 40 ? 1 : 13) {
		char partial[128];
		int rc;

		yg_fail_at = n;
		rc = yg_backup_restore(to, back, &report);
		was_reached = yg_fail_at == 0;
		yg_fail_at = 0;
		CHECK(rc == YG_OK || stat(back, &st) != 0 ||
		      has(back, "journal/00000000000000000001.seg", "segment"));
		remove_tree(back);
		(void)snprintf(partial, sizeof(partial), "%s.partial", back);
		remove_tree(partial);
	}
	CHECK(!was_reached && yg_backup_restore(to, back, &report) == YG_OK);
}

static const struct check_case cases[] = {CASE(there_and_back), CASE(hostile_lists),
					  CASE(failing_calls)};
CHECK_MAIN(cases)
