/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_beats.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define PATH_ROOM 4096u
#define NAME_ROOM 128u

struct beat {
	char sensor[NAME_ROOM];
	ino_t inode;
	off_t size;
	struct timespec changed;
	json_t *value;
};

struct yg_hub_beats {
	struct beat places[YG_HUB_BEATS_MAX];
};

struct yg_hub_beats *yg_hub_beats_new(void)
{
	return yg_calloc(1, sizeof(struct yg_hub_beats));
}

struct yg_hub_beats *yg_hub_beats_free(struct yg_hub_beats *beats)
{
	for (unsigned i = 0; beats && i < YG_HUB_BEATS_MAX; i++)
		json_decref(beats->places[i].value);
	free(beats);
	return NULL;
}

static json_t *read_beat(const char *path)
{
	struct yg_fault fault;
	json_t *value = NULL;
	uint8_t *bytes;
	size_t size;

	if (yg_io_read_file(path, YG_HUB_BEAT_BYTES_MAX, &bytes, &size) != YG_OK)
		return NULL;
	if (yg_json_load((struct yg_bytes){bytes, size}, YG_HUB_BEAT_BYTES_MAX, &value, &fault) !=
	    YG_OK)
		value = NULL;
	free(bytes);
	return value;
}

static bool is_same(const struct beat *beat, const char *sensor, const struct stat *st)
{
	return beat->value && strcmp(beat->sensor, sensor) == 0 && beat->inode == st->st_ino &&
	       beat->size == st->st_size && beat->changed.tv_sec == st->st_mtim.tv_sec &&
	       beat->changed.tv_nsec == st->st_mtim.tv_nsec;
}

json_t *yg_hub_beats_get(struct yg_hub_beats *beats, const char *data, const char *sensor)
{
	struct beat *beat = &beats->places[yg_hash64(yg_bytes_str(sensor), 0) % YG_HUB_BEATS_MAX];
	char path[PATH_ROOM];
	struct stat st;
	int length = snprintf(path, sizeof(path), "%s/heartbeats/%s.json", data, sensor);

	if (length <= 0 || (unsigned)length >= sizeof(path) || strlen(sensor) >= NAME_ROOM ||
	    stat(path, &st) != 0)
		return NULL;
	if (is_same(beat, sensor, &st))
		return json_incref(beat->value);
	json_decref(beat->value);
	/* Replaced between the two: the value is newer than its mark, and read again next time. */
	beat->value = read_beat(path);
	beat->inode = st.st_ino;
	beat->size = st.st_size;
	beat->changed = st.st_mtim;
	(void)snprintf(beat->sensor, sizeof(beat->sensor), "%s", sensor); /* fits, see above */
	return json_incref(beat->value);
}
