/* SPDX-License-Identifier: Apache-2.0 */
/* Which lists of warnings are looked for in the archive, and how far: STATE/detect/back.json. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/disk.h"
#include "base/io.h"
#include "base/json.h"
#include "sensor/back-int.h"
#include "sensor/watch_set.h"

#include "base/ban.h"

#define STATE_MAX (4u << 20)
#define TEXT_MAX  (1u << 20) /* of one list; an offered one is shorter (YG_WIRE_PAYLOAD_MAX) */
#define PREFIX	  "warning-"
#define ENDING	  ".csv"
#define FILE_NAME "detect/back.json"

/* ---- names ---- */

/* "warning-X-2.csv" is a part of "warning-X.csv". False: no list of a warning. */
static bool base_of(const char *file, char to[YG_OFFER_NAME_MAX + 1])
{
	struct yg_bytes name = yg_bytes_str(file);
	size_t end = name.size - (sizeof(ENDING) - 1);
	size_t dash;

	if (name.size > YG_OFFER_NAME_MAX || !yg_bytes_starts(name, YG_S(PREFIX)) ||
	    !yg_bytes_ends(name, YG_S(ENDING)) || end <= sizeof(PREFIX) - 1)
		return false;
	for (dash = end;
	     dash > sizeof(PREFIX) - 1 && file[dash - 1] >= '0' && file[dash - 1] <= '9'; dash--)
		;
	/* A number of at most three digits: the id itself may end in more. */
	if (dash < end && end - dash <= 3 && dash > sizeof(PREFIX) && file[dash - 1] == '-')
		end = dash - 1;
	(void)snprintf(to, YG_OFFER_NAME_MAX + 1, "%.*s" ENDING, (int)end, file); /* shorter */
	return true;
}

static struct yg_back_look *find_look(struct yg_back_look *looks, uint32_t count, const char *name)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(looks[i].name, name) == 0)
			return &looks[i];
	return NULL;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* ---- the folder ---- */

struct names {
	char (*list)[YG_OFFER_NAME_MAX + 1];
	uint32_t count;
};

/* Names of lists, in order; with @base those of its parts alone. */
static int read_names(const struct yg_home *home, const char *base, struct names *ret)
{
	char folder[YG_HOME_PATH_MAX];
	char its[YG_OFFER_NAME_MAX + 1];
	const struct dirent *entry;
	DIR *dir;

	ret->count = 0;
	ret->list = yg_calloc(YG_OFFER_FILES_MAX, sizeof(*ret->list));
	if (!ret->list || !yg_home_path(home, "detect/indicators", folder))
		return ret->list ? YG_ELIMIT : YG_ENOMEM;
	dir = opendir(folder);
	if (!dir)
		return errno == ENOENT ? YG_OK : yg_err_from_errno(errno);
	while (ret->count < YG_OFFER_FILES_MAX && (entry = readdir(dir))) {
		if (!base_of(entry->d_name, its) || (base && strcmp(its, base) != 0))
			continue;
		memcpy(ret->list[ret->count++], entry->d_name,
		       strlen(entry->d_name) + 1); /* measured by base_of */
	}
	(void)closedir(dir); /* read only */
	qsort(ret->list, ret->count, sizeof(*ret->list), compare_names);
	return YG_OK;
}

static int read_text(const struct yg_home *home, const char *file, uint8_t **ret, size_t *ret_size)
{
	char folder[YG_HOME_PATH_MAX];
	char path[YG_HOME_PATH_MAX + YG_OFFER_NAME_MAX + 2];

	if (!yg_home_path(home, "detect/indicators", folder))
		return YG_ELIMIT;
	(void)snprintf(path, sizeof(path), "%s/%s", folder, file); /* fits */
	return yg_io_read_file(path, TEXT_MAX, ret, ret_size);
}

int yg_back_texts(const struct yg_home *home, const char *name, yg_back_text_fn fn, void *arg)
{
	struct names names = {0};
	int rc = read_names(home, name, &names);

	for (uint32_t i = 0; rc == YG_OK && i < names.count; i++) {
		uint8_t *bytes = NULL;
		size_t size = 0;

		rc = read_text(home, names.list[i], &bytes, &size);
		if (rc == YG_OK)
			rc = fn(arg, names.list[i], (struct yg_bytes){bytes, size});
		else if (rc == YG_ENOENT)
			rc = YG_OK;
		free(bytes);
	}
	free(names.list);
	return rc;
}

/* ---- lists that are there ---- */

struct listing {
	struct yg_back_look *looks; /* as they will be */
	uint8_t (*sums)[YG_DIGEST_BYTES];
	uint32_t count;
};

static int add_part(struct listing *l, const struct yg_home *home, const char *file)
{
	char base[YG_OFFER_NAME_MAX + 1];
	struct yg_back_look *look;
	uint8_t *bytes = NULL;
	uint8_t *sum;
	size_t size = 0;
	int rc = read_text(home, file, &bytes, &size);

	if (rc == YG_OK && base_of(file, base)) {
		look = find_look(l->looks, l->count, base);
		if (!look && l->count < YG_BACK_LOOKS_MAX) {
			look = &l->looks[l->count++];
			(void)snprintf(look->name, sizeof(look->name), "%s", base); /* fits */
		}
		sum = look ? l->sums[look - l->looks] : NULL;
		if (look)
			yg_digest_parts((struct yg_bytes[]){{sum, YG_DIGEST_BYTES},
							    yg_bytes_str(file),
							    {bytes, size}},
					3, sum);
	}
	free(bytes);
	return rc == YG_ENOENT ? YG_EAGAIN : rc;
}

/* One that is as it was goes on; any other waits. */
static void settle(const struct yg_back *b, struct yg_back_look *look, const uint8_t *sum,
		   uint64_t number)
{
	const struct yg_back_look *was =
		find_look((struct yg_back_look *)(uintptr_t)b->looks, b->count, look->name);
	char hex[2 * YG_DIGEST_BYTES + 1];

	yg_hex((struct yg_bytes){sum, YG_DIGEST_BYTES}, hex);
	if (was && strcmp(was->digest, hex) == 0) {
		*look = *was;
		return;
	}
	memcpy(look->digest, hex, sizeof(hex));
	look->state = YG_BACK_WAITS;
	look->number = number;
	look->to_ns = yg_back_now(b);
	look->from_ns = look->to_ns - (int64_t)b->days * 86400 * YG_NS_PER_S;
	look->first_ns = look->last_ns = YG_TIME_NONE;
}

static int list(struct yg_back *b, struct listing *l)
{
	struct names names = {0};
	int rc = read_names(b->config.home, NULL, &names);

	for (uint32_t i = 0; rc == YG_OK && i < names.count; i++)
		rc = add_part(l, b->config.home, names.list[i]);
	free(names.list);
	return rc;
}

int yg_back_list(struct yg_back *b, uint64_t signature, uint64_t number)
{
	struct listing l = {
		.looks = yg_calloc(YG_BACK_LOOKS_MAX, sizeof(*l.looks)),
		.sums = yg_calloc(YG_BACK_LOOKS_MAX, sizeof(*l.sums)),
	};
	int rc = l.looks && l.sums ? list(b, &l) : YG_ENOMEM;

	/* Only then the files are those that new lines are judged by. */
	if (rc == YG_OK && yg_watch_set_signature(yg_sensor_policy_detect(b->config.policy),
						  b->config.home, true) != signature)
		rc = YG_EAGAIN;
	if (rc == YG_OK) {
		(void)pthread_mutex_lock(&b->lock); /* ours, of the plain kind */
		for (uint32_t i = 0; i < l.count; i++)
			settle(b, &l.looks[i], l.sums[i], number);
		memcpy(b->looks, l.looks, l.count * sizeof(*l.looks));
		b->count = l.count;
		(void)pthread_mutex_unlock(&b->lock); /* as above */
		rc = yg_back_save(b);
	}
	free(l.looks);
	free(l.sums);
	return rc;
}

/* ---- the disk ---- */

static void read_look(const json_t *one, struct yg_back_look *to)
{
	struct yg_bytes name = yg_json_text(one, "name"), digest = yg_json_text(one, "digest");

	(void)snprintf(to->name, sizeof(to->name), "%.*s", YG_FMT(name));	/* ours */
	(void)snprintf(to->digest, sizeof(to->digest), "%.*s", YG_FMT(digest)); /* ours */
	to->state = (enum yg_back_state)yg_json_int(one, "state", YG_BACK_WAITS);
	if (to->state == YG_BACK_SENDING || to->state > YG_BACK_TOLD)
		to->state = YG_BACK_DONE; /* nobody knows whether it left */
	to->number = (uint64_t)yg_json_int(one, "number", 0);
	to->done = (uint64_t)yg_json_int(one, "done", 0);
	to->from_ns = yg_json_int(one, "from_ms", 0) * 1000000;
	to->to_ns = yg_json_int(one, "to_ms", 0) * 1000000;
	to->records = (uint64_t)yg_json_int(one, "records", 0);
	to->count = (uint64_t)yg_json_int(one, "count", 0);
	to->first_ns = to->last_ns = YG_TIME_NONE;
	if (json_object_get(one, "first_ms"))
		to->first_ns = yg_json_int(one, "first_ms", 0) * 1000000;
	if (json_object_get(one, "last_ms"))
		to->last_ns = yg_json_int(one, "last_ms", 0) * 1000000;
	to->gaps = (uint32_t)yg_json_int(one, "gaps", 0);
	to->damaged = (uint32_t)yg_json_int(one, "damaged", 0);
	to->damaged_at = (uint64_t)yg_json_int(one, "damaged_at", 0);
	to->has_archive = json_is_true(json_object_get(one, "archive"));
}

int yg_back_load(struct yg_back *b)
{
	char path[YG_HOME_PATH_MAX];
	struct yg_fault fault;
	const json_t *looks;
	json_t *state = NULL;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_home_path(b->config.home, FILE_NAME, path)
			 ? yg_io_read_file(path, STATE_MAX, &bytes, &size)
			 : YG_ELIMIT;

	if (rc == YG_OK)
		rc = yg_json_load((struct yg_bytes){bytes, size}, STATE_MAX, &state, &fault);
	looks = json_object_get(state, "looks");
	for (size_t i = 0; i < json_array_size(looks) && b->count < YG_BACK_LOOKS_MAX; i++)
		read_look(json_array_get(looks, i), &b->looks[b->count++]);
	json_decref(state);
	free(bytes);
	return rc == YG_ENOMEM ? rc : YG_OK;
}

static int add_look(json_t *looks, const struct yg_back_look *l)
{
	json_t *one = json_pack("{s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:i, s:I, s:b}",
				"name", l->name, "digest", l->digest, "state", (int)l->state,
				"number", (json_int_t)l->number, "done", (json_int_t)l->done,
				"from_ms", (json_int_t)(l->from_ns / 1000000), "to_ms",
				(json_int_t)(l->to_ns / 1000000), "records", (json_int_t)l->records,
				"count", (json_int_t)l->count, "gaps", (int)l->gaps, "damaged",
				(int)l->damaged, "damaged_at", (json_int_t)l->damaged_at, "archive",
				(int)l->has_archive);
	int rc = one ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK && l->first_ns != YG_TIME_NONE)
		rc = yg_json_set(one, "first_ms", json_integer(l->first_ns / 1000000));
	if (rc == YG_OK && l->last_ns != YG_TIME_NONE)
		rc = yg_json_set(one, "last_ms", json_integer(l->last_ns / 1000000));
	if (rc != YG_OK || json_array_append(looks, one) != 0)
		rc = YG_ENOMEM;
	json_decref(one);
	return rc;
}

int yg_back_save(struct yg_back *b)
{
	json_t *looks = json_array();
	char path[YG_HOME_PATH_MAX];
	struct yg_buf text;
	json_t *state;
	int rc = looks ? YG_OK : YG_ENOMEM;

	yg_buf_init(&text, STATE_MAX);
	(void)pthread_mutex_lock(&b->lock); /* ours, of the plain kind */
	for (uint32_t i = 0; rc == YG_OK && i < b->count; i++)
		rc = add_look(looks, &b->looks[i]);
	b->is_dirty = false;
	(void)pthread_mutex_unlock(&b->lock); /* as above */
	state = json_pack("{s:i, s:O?}", "v", 1, "looks", looks);
	if (rc == YG_OK)
		rc = state ? yg_json_canonical(state, &text) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = yg_home_path(b->config.home, FILE_NAME, path)
			     ? yg_disk_replace(path, yg_buf_bytes(&text), 0600)
			     : YG_ELIMIT;
	json_decref(state);
	json_decref(looks);
	yg_buf_done(&text);
	return rc;
}
