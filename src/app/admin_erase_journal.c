/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura admin org erase`: until what the journal holds of the organisation is through. */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <time.h>

#include "app/admin-int.h"
#include "app/backup-int.h"
#include "app/hub_archive.h"
#include "app/hub_detect.h"
#include "app/keep.h"
#include "base/disk.h"
#include "journal/look.h"
#include "store/facts.h"

#include "base/ban.h"

#define REFUSED_MS 2000 /* what was being received when the sensors were refused is through */
#define WAIT_MS	   60000
#define LOOK_MS	   200

static void pause_ms(long ms)
{
	struct timespec wait = {ms / 1000, ms % 1000 * 1000000};

	(void)nanosleep(&wait, NULL); /* woken early, it is looked again earlier */
}

/* What all consumers are done with: a restart would begin behind it. */
static int passed(const char *data, const char *journal, uint64_t *ret)
{
	struct yg_facts *facts = NULL;
	char path[YG_BACKUP_PATH_MAX];
	struct yg_buf state;
	uint64_t detected = 0, begin = 0;
	int rc = yg_journal_look_cursor(journal, YG_KEEP_CONSUMER, ret);

	if (rc == YG_OK)
		rc = yg_backup_join(data, "facts.db", path);
	yg_buf_init(&state, YG_FACT_STATE_MAX);
	if (rc == YG_OK)
		rc = yg_facts_open_sqlite(path, false, &facts);
	if (rc == YG_OK)
		rc = yg_facts_cursor(facts, YG_KEEP_DETECT, &detected, &state);
	if (rc == YG_OK)
		rc = yg_hub_detect_begin_of(yg_buf_bytes(&state), &begin);
	if (rc == YG_ENOENT)
		rc = YG_OK; /* it has not begun */
	if (begin < *ret)
		*ret = begin;
	(void)yg_facts_free(facts);
	yg_buf_done(&state);
	return rc;
}

/* Beside no hub: the journal is opened here, which begins a segment, and the others go. */
static int cut_alone(const struct yg_admin *admin, const char *folder)
{
	struct yg_journal_report report;
	struct yg_keep *keep = NULL;
	uint64_t at = 0;
	int rc = yg_keep_open_journal(folder, 0, &keep, &report);

	if (rc != YG_OK)
		return rc;
	rc = passed(admin->data, folder, &at);
	if (rc == YG_OK)
		rc = yg_journal_passed(yg_keep_journal(keep), YG_KEEP_CONSUMER, at);
	if (rc == YG_OK)
		rc = yg_journal_passed(yg_keep_journal(keep), YG_KEEP_DETECT, at);
	if (rc == YG_OK)
		rc = yg_journal_trim(yg_keep_journal(keep));
	(void)keep->ops->free(keep);
	return rc;
}

int yg_admin_journal_cut(const struct yg_admin *admin, const char *org, uint64_t *ret_records)
{
	char journal[YG_BACKUP_PATH_MAX], wish[YG_BACKUP_PATH_MAX], prefix[YG_ENROL_ID_MAX + 2];
	struct yg_journal_look look;
	int rc = yg_backup_join(admin->data, "journal", journal);

	if (*ret_records == 0)
		return YG_OK;
	(void)snprintf(prefix, sizeof(prefix), "%s/", org); /* an id */
	if (rc == YG_OK)
		rc = yg_backup_join(journal, YG_HUB_ARCHIVE_ROTATE, wish);
	if (rc == YG_OK)
		rc = cut_alone(admin, journal);
	if (rc == YG_EAGAIN) /* a hub has it */
		rc = yg_disk_replace(wish, (struct yg_bytes){0}, 0600);
	for (unsigned ms = 0; rc == YG_OK && ms <= WAIT_MS; ms += LOOK_MS) {
		rc = yg_journal_look(journal, yg_bytes_str(prefix), &look);
		*ret_records = look.records;
		if (rc != YG_OK || look.records == 0)
			break;
		pause_ms(LOOK_MS);
	}
	if (yg_disk_unlink(wish) == YG_OK)	     /* a hub that did not see it shall not later */
		(void)!yg_disk_sync_folder(journal); /* then it rotates once for nothing */
	return rc == YG_EAGAIN ? YG_EIO : rc;
}

int yg_admin_journal_wait(const struct yg_admin *admin, const char *org, bool is_just_refused,
			  uint64_t *ret_records)
{
	char journal[YG_BACKUP_PATH_MAX], prefix[YG_ENROL_ID_MAX + 2];
	struct yg_journal_look look;
	int rc = yg_backup_join(admin->data, "journal", journal);

	(void)snprintf(prefix, sizeof(prefix), "%s/", org); /* an id */
	if (rc == YG_OK && is_just_refused)
		pause_ms(REFUSED_MS);
	for (unsigned ms = 0; rc == YG_OK; ms += LOOK_MS) {
		uint64_t at = 0;

		rc = yg_journal_look(journal, yg_bytes_str(prefix), &look);
		*ret_records = look.records;
		if (rc == YG_OK && look.records > 0)
			rc = passed(admin->data, journal, &at);
		if (rc != YG_OK || look.last <= at)
			break;
		if (ms >= WAIT_MS)
			return YG_EAGAIN;
		pause_ms(LOOK_MS);
	}
	return rc == YG_EAGAIN ? YG_EIO : rc; /* of the database: not what this one means */
}
