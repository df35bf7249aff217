/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#define _GNU_SOURCE
#include "app/hub_beats.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define PATH_ROOM 4096u
#define NAME_ROOM 128u

struct beat {
	char sensor[NAME_ROOM];
	ino_t inode;
	off_t size_of_file;
	struct timespec changed;
	char *text; /* NULL: there is none */
	size_t size;
	int64_t received_ns;
};

struct yg_hub_beats {
	int dir; /* the folder, so that its path is walked once; -1: not opened yet */
	struct beat places[YG_HUB_BEATS_MAX];
};

struct yg_hub_beats *yg_hub_beats_new(void)
{
	struct yg_hub_beats *beats = yg_calloc(1, sizeof(*beats));

	if (beats)
		beats->dir = -1;
	return beats;
}

struct yg_hub_beats *yg_hub_beats_free(struct yg_hub_beats *beats)
{
	for (unsigned i = 0; beats && i < YG_HUB_BEATS_MAX; i++)
		free(beats->places[i].text);
	if (beats && beats->dir >= 0)
		(void)close(beats->dir); /* nothing is written by it */
	free(beats);
	return NULL;
}

/* As it is handed on: without blanks, and whole. */
static void read_beat(const char *path, struct beat *beat)
{
	struct yg_fault fault;
	json_t *value = NULL;
	uint8_t *bytes;
	size_t size;
	bool has_zone;

	if (yg_io_read_file(path, YG_HUB_BEAT_BYTES_MAX, &bytes, &size) != YG_OK)
		return;
	if (yg_json_load((struct yg_bytes){bytes, size}, YG_HUB_BEAT_BYTES_MAX, &value, &fault) ==
	    YG_OK) {
		beat->text = json_dumps(value, JSON_COMPACT);
		beat->size = beat->text ? strlen(beat->text) : 0;
		if (!yg_time_parse_iso(yg_json_text(value, "received"), 0, &beat->received_ns,
				       &has_zone))
			beat->received_ns = YG_TIME_NONE;
		json_decref(value);
	}
	free(bytes);
}

static bool is_same(const struct beat *beat, const char *sensor, const struct stat *st)
{
	return beat->text && strcmp(beat->sensor, sensor) == 0 && beat->inode == st->st_ino &&
	       beat->size_of_file == st->st_size && beat->changed.tv_sec == st->st_mtim.tv_sec &&
	       beat->changed.tv_nsec == st->st_mtim.tv_nsec;
}

/* What the file is now; its path to @to. */
static bool look(struct yg_hub_beats *beats, const char *data, const char *sensor,
		 char to[PATH_ROOM], struct stat *st)
{
	int length = snprintf(to, PATH_ROOM, "%s/heartbeats/%s.json", data, sensor);
	int begin = (int)strlen(data) + (int)sizeof("/heartbeats/") - 1;

	if (length <= 0 || (unsigned)length >= PATH_ROOM || strlen(sensor) >= NAME_ROOM)
		return false;
	if (beats->dir < 0) {
		char folder[PATH_ROOM];

		(void)snprintf(folder, sizeof(folder), "%.*s", begin, to); /* a part of it */
		beats->dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	return fstatat(beats->dir, to + begin, st, 0) == 0; /* -1: an error, too */
}

bool yg_hub_beats_get(struct yg_hub_beats *beats, const char *data, const char *sensor,
		      struct yg_hub_heartbeat *ret)
{
	struct beat *beat = &beats->places[yg_hash64(yg_bytes_str(sensor), 0) % YG_HUB_BEATS_MAX];
	char path[PATH_ROOM];
	struct stat st;

	if (!look(beats, data, sensor, path, &st))
		return false;
	if (!is_same(beat, sensor, &st)) {
		free(beat->text);
		*beat = (struct beat){
			.inode = st.st_ino, .size_of_file = st.st_size, .changed = st.st_mtim};
		(void)snprintf(beat->sensor, sizeof(beat->sensor), "%s",
			       sensor); /* fits, see above */
		/* Replaced between the two: it is newer than its mark, and read again next time. */
		read_beat(path, beat);
	}
	*ret = (struct yg_hub_heartbeat){.text = {(const uint8_t *)beat->text, beat->size},
					 .received_ns = beat->received_ns};
	return beat->text != NULL;
}
