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
#define ANSWER_MAX 4096u
#define YES_WORD   "approve"
#define NO_WORD	   "cancel"
#define YES	   YES_WORD "\n"
#define NO	   NO_WORD "\n"

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
		*ret = NULL;
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

static int give_one(const char *dir, const char *id, yg_hunt_job_fn fn, void *arg)
{
	json_t *job = NULL;
	int rc = yg_hunt_job_load(dir, id, &job);

	if (rc == YG_OK)
		rc = fn(arg, job);
	else if (rc != YG_ENOMEM)
		rc = YG_OK;
	json_decref(job);
	return rc;
}

int yg_hunt_job_list(const char *dir, yg_hunt_job_fn fn, void *arg)
{
	struct ids ids = {0};
	int rc = read_ids(dir, &ids);

	for (size_t i = 0; rc == YG_OK && i < ids.count; i++)
		rc = give_one(dir, ids.items[i], fn, arg);
	free(ids.items);
	return rc;
}

int yg_hunt_job_list_back(const char *dir, const char *before, yg_hunt_job_fn fn, void *arg)
{
	struct ids ids = {0};
	int rc = read_ids(dir, &ids);

	for (size_t i = ids.count; rc == YG_OK && i-- > 0;)
		if (!before[0] || strcmp(ids.items[i], before) < 0)
			rc = give_one(dir, ids.items[i], fn, arg);
	free(ids.items);
	return rc;
}

/* ---- answers ---- */

int yg_hunt_answer_write(const char *dir, const char *id, enum yg_hunt_answer answer,
			 const struct yg_hunt_who *who)
{
	char path[YG_HUNT_PATH_MAX];
	struct yg_buf text;
	int rc;

	if (!yg_hunt_path(dir, id, "answer", path))
		return YG_ELIMIT;
	yg_buf_init(&text, ANSWER_MAX);
	yg_buf_addf(&text, "%s%s\n%s\n%s\n%s\n", answer == YG_HUNT_APPROVED ? YES : NO, who->actor,
		    who->name, yg_hub_role_name(who->role), who->reason);
	rc = yg_buf_error(&text);
	if (rc == YG_OK)
		rc = yg_disk_replace(path, yg_buf_bytes(&text), 0600);
	yg_buf_done(&text);
	return rc;
}

/* The next line of @text to @to, cut; it goes from @text. */
static void take_line(struct yg_bytes *text, char *to, size_t room)
{
	size_t end = yg_bytes_chr(*text, '\n');
	struct yg_bytes line = yg_bytes_cut(*text, 0, end);

	(void)snprintf(to, room, "%.*s", YG_FMT(line)); /* what was written fits */
	*text = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(*text, end + 1);
}

static void read_who(struct yg_bytes text, struct yg_hunt_who *to)
{
	char role[32];

	*to = (struct yg_hunt_who){.role = YG_HUB_ANALYST};
	take_line(&text, to->actor, sizeof(to->actor));
	take_line(&text, to->name, sizeof(to->name));
	take_line(&text, role, sizeof(role));
	take_line(&text, to->reason, sizeof(to->reason));
	if (!yg_hub_role_by_name(yg_bytes_str(role), &to->role))
		to->role = YG_HUB_ANALYST; /* of a version that wrote none */
}

enum yg_hunt_answer yg_hunt_answer_read(const char *dir, const char *id,
					struct yg_hunt_who *ret_who)
{
	enum yg_hunt_answer answer = YG_HUNT_NO_ANSWER;
	char path[YG_HUNT_PATH_MAX];
	uint8_t *bytes = NULL;
	size_t size = 0;

	if (ret_who)
		*ret_who = (struct yg_hunt_who){.role = YG_HUB_ANALYST};
	if (yg_hunt_path(dir, id, "answer", path) &&
	    yg_io_read_file(path, ANSWER_MAX, &bytes, &size) == YG_OK) {
		struct yg_bytes text = {bytes, size};
		char word[16];

		bool is_whole = yg_bytes_chr(text, '\n') != SIZE_MAX;

		take_line(&text, word, sizeof(word));
		if (!is_whole)
			answer = YG_HUNT_NO_ANSWER;
		else if (strcmp(word, YES_WORD) == 0)
			answer = YG_HUNT_APPROVED;
		else if (strcmp(word, NO_WORD) == 0)
			answer = YG_HUNT_CALLED_OFF;
		if (ret_who)
			read_who(text, ret_who);
	}
	free(bytes);
	return answer;
}
