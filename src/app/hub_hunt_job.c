/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_hunt_job.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/disk.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define JOBS_MAX   100000u
#define ANSWER_MAX 64u
#define YES	   "approve\n"
#define NO	   "cancel\n"

bool yg_hunt_is_id(const char *text)
{
	if (strlen(text) != YG_HUNT_ID_SIZE - 1)
		return false;
	for (unsigned i = 0; i < YG_HUNT_ID_SIZE - 1; i++) {
		char c = text[i];
		bool is_digit = c >= '0' && c <= '9';

		if (i == 8 || i == 15 ? c != '-' : !is_digit && !(i > 15 && c >= 'a' && c <= 'f'))
			return false;
	}
	return true;
}

bool yg_hunt_path(const char *dir, const char *id, const char *name, char to[YG_HUNT_PATH_MAX])
{
	int size = snprintf(to, YG_HUNT_PATH_MAX, "%s/%s/%s", dir, id, name);

	return size > 0 && (size_t)size < YG_HUNT_PATH_MAX;
}

int yg_hunt_job_load(const char *dir, const char *id, json_t **ret)
{
	char path[YG_HUNT_PATH_MAX];
	struct yg_fault fault;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_hunt_path(dir, id, "job.json", path)
			 ? yg_io_read_file(path, YG_HUNT_JOB_BYTES, &bytes, &size)
			 : YG_ELIMIT;

	if (rc == YG_OK)
		rc = yg_json_load((struct yg_bytes){bytes, size}, YG_HUNT_JOB_BYTES, ret, &fault);
	free(bytes);
	if (rc == YG_OK && !json_is_object(*ret)) {
		json_decref(*ret);
		rc = YG_EFORMAT;
	}
	return rc;
}

int yg_hunt_job_save(const char *dir, const char *id, const json_t *job)
{
	char path[YG_HUNT_PATH_MAX];
	struct yg_buf text;
	int rc = yg_hunt_path(dir, id, "job.json", path) ? YG_OK : YG_ELIMIT;

	yg_buf_init(&text, YG_HUNT_JOB_BYTES);
	if (rc == YG_OK)
		rc = yg_json_canonical(job, &text);
	yg_buf_add_byte(&text, '\n');
	if (rc == YG_OK)
		rc = yg_buf_error(&text);
	if (rc == YG_OK)
		rc = yg_disk_replace(path, yg_buf_bytes(&text), 0600);
	yg_buf_done(&text);
	return rc;
}

bool yg_hunt_job_is(const json_t *job, const char *state)
{
	return yg_bytes_eq(yg_json_text(job, "state"), yg_bytes_str(state));
}

/* ---- all ---- */

struct ids {
	char (*items)[YG_HUNT_ID_SIZE];
	size_t count;
};

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int read_ids(const char *dir, struct ids *ids)
{
	DIR *folder = opendir(dir);
	const struct dirent *entry;
	int rc = YG_OK;

	if (!folder)
		return errno == ENOENT ? YG_OK : yg_err_from_errno(errno);
	while (rc == YG_OK && (entry = readdir(folder)) != NULL) {
		void *more;

		if (!yg_hunt_is_id(entry->d_name) || ids->count == JOBS_MAX)
			continue;
		more = yg_reallocarray(ids->items, ids->count + 1, sizeof(*ids->items));
		rc = more ? YG_OK : YG_ENOMEM;
		if (rc == YG_OK) {
			ids->items = more;
			memcpy(ids->items[ids->count++], entry->d_name, YG_HUNT_ID_SIZE);
		}
	}
	(void)closedir(folder); /* only read */
	if (ids->count > 0)
		qsort(ids->items, ids->count, sizeof(*ids->items), compare);
	return rc;
}

int yg_hunt_job_list(const char *dir, yg_hunt_job_fn fn, void *arg)
{
	struct ids ids = {0};
	int rc = read_ids(dir, &ids);

	for (size_t i = 0; rc == YG_OK && i < ids.count; i++) {
		json_t *job = NULL;

		rc = yg_hunt_job_load(dir, ids.items[i], &job);
		if (rc == YG_OK)
			rc = fn(arg, job);
		else if (rc != YG_ENOMEM)
			rc = YG_OK;
		json_decref(job);
	}
	free(ids.items);
	return rc;
}

/* ---- answers ---- */

int yg_hunt_answer_write(const char *dir, const char *id, enum yg_hunt_answer answer)
{
	char path[YG_HUNT_PATH_MAX];

	if (!yg_hunt_path(dir, id, "answer", path))
		return YG_ELIMIT;
	return yg_disk_replace(path, yg_bytes_str(answer == YG_HUNT_APPROVED ? YES : NO), 0600);
}

enum yg_hunt_answer yg_hunt_answer_read(const char *dir, const char *id)
{
	enum yg_hunt_answer answer = YG_HUNT_NO_ANSWER;
	char path[YG_HUNT_PATH_MAX];
	uint8_t *bytes = NULL;
	size_t size = 0;

	if (yg_hunt_path(dir, id, "answer", path) &&
	    yg_io_read_file(path, ANSWER_MAX, &bytes, &size) == YG_OK) {
		struct yg_bytes text = {bytes, size};

		if (yg_bytes_eq(text, YG_S(YES)))
			answer = YG_HUNT_APPROVED;
		else if (yg_bytes_eq(text, YG_S(NO)))
			answer = YG_HUNT_CALLED_OFF;
	}
	free(bytes);
	return answer;
}
