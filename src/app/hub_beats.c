/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_beats.h"

#include <stdio.h>
#include <sys/stat.h>

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
	struct beat places[YG_HUB_BEATS_MAX];
};

struct yg_hub_beats *yg_hub_beats_new(void)
{
	return yg_calloc(1, sizeof(struct yg_hub_beats));
}

struct yg_hub_beats *yg_hub_beats_free(struct yg_hub_beats *beats)
{
	for (unsigned i = 0; beats && i < YG_HUB_BEATS_MAX; i++)
		free(beats->places[i].text);
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

bool yg_hub_beats_get(struct yg_hub_beats *beats, const char *data, const char *sensor,
		      struct yg_hub_heartbeat *ret)
{
	struct beat *beat = &beats->places[yg_hash64(yg_bytes_str(sensor), 0) % YG_HUB_BEATS_MAX];
	char path[PATH_ROOM];
	struct stat st;
	int length = snprintf(path, sizeof(path), "%s/heartbeats/%s.json", data, sensor);

	if (length <= 0 || (unsigned)length >= sizeof(path) || strlen(sensor) >= NAME_ROOM ||
	    stat(path, &st) != 0)
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
