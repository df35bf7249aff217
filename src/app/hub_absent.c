/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#define _GNU_SOURCE
#include "app/hub_absent.h"

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define PATH_ROOM     4096u
#define HEARTBEAT_MAX (YG_WIRE_MESSAGE_MAX + 4096u)

static json_t *read_heartbeat(const char *data, const char *name)
{
	char path[PATH_ROOM];
	struct yg_fault fault;
	json_t *value = NULL;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int length = snprintf(path, sizeof(path), "%s/heartbeats/%s", data, name);

	if (length <= 0 || (unsigned)length >= sizeof(path) ||
	    yg_io_read_file(path, HEARTBEAT_MAX, &bytes, &size) != YG_OK)
		return NULL;
	if (yg_json_load((struct yg_bytes){bytes, size}, HEARTBEAT_MAX, &value, &fault) != YG_OK)
		value = NULL; /* being replaced: the next time */
	free(bytes);
	return value;
}

static void copy(char *to, size_t room, struct yg_bytes text)
{
	if (text.size < room)
		(void)snprintf(to, room, "%.*s", YG_FMT(text)); /* measured */
}

/* Of @org, and no record of a log leaves it. */
static bool is_absent(const json_t *file, const char *org, struct yg_absent *ret)
{
	const json_t *heartbeat = json_object_get(file, "heartbeat");
	const json_t *archive = json_object_get(heartbeat, "archive");

	*ret = (struct yg_absent){.sensor = ""};
	if (!yg_bytes_eq(yg_json_text(file, "organisation"), yg_bytes_str(org)) ||
	    !json_is_false(json_object_get(json_object_get(heartbeat, "policy"), "raw")))
		return false;
	copy(ret->sensor, sizeof(ret->sensor), yg_json_text(heartbeat, "sensor"));
	copy(ret->from, sizeof(ret->from), yg_json_text(archive, "from"));
	copy(ret->to, sizeof(ret->to), yg_json_text(archive, "to"));
	return true;
}

int yg_absent_each(const char *data, const char *org, yg_absent_fn fn, void *arg)
{
	char path[PATH_ROOM];
	int length = snprintf(path, sizeof(path), "%s/heartbeats", data);
	DIR *dir = length > 0 && (unsigned)length < sizeof(path) ? opendir(path) : NULL;
	const struct dirent *entry;
	uint32_t files = 0;
	int rc = YG_OK;

	if (!dir)
		return YG_OK; /* nobody was heard yet */
	while (rc == YG_OK && (entry = readdir(dir)) && files < YG_ABSENT_FILES_MAX) {
		struct yg_absent absent;
		json_t *file;

		if (!yg_bytes_ends(yg_bytes_str(entry->d_name), YG_S(".json")))
			continue;
		files++;
		file = read_heartbeat(data, entry->d_name);
		if (file && is_absent(file, org, &absent))
			rc = fn(arg, &absent);
		json_decref(file);
	}
	(void)closedir(dir); /* read only */
	return rc;
}

struct adding {
	struct yg_buf *to;
	uint32_t count;
};

static int add(void *arg, const struct yg_absent *absent)
{
	struct adding *a = arg;

	if (a->count == YG_ABSENT_MAX)
		return YG_OK;
	yg_buf_add_str(a->to, a->count++ > 0 ? ",{\"sensor\":" : "{\"sensor\":");
	yg_buf_add_json(a->to, yg_bytes_str(absent->sensor));
	yg_buf_add_str(a->to, ",\"held_by\":\"member\",\"archive\":");
	if (absent->from[0]) {
		yg_buf_add_str(a->to, "{\"from\":");
		yg_buf_add_json(a->to, yg_bytes_str(absent->from));
		yg_buf_add_str(a->to, ",\"to\":");
		yg_buf_add_json(a->to, yg_bytes_str(absent->to));
		yg_buf_add_str(a->to, "}}");
	} else {
		yg_buf_add_str(a->to, "null}");
	}
	return yg_buf_error(a->to);
}

int yg_absent_json(const char *data, const char *org, struct yg_buf *to)
{
	struct adding adding = {.to = to};
	int rc;

	yg_buf_add_byte(to, '[');
	rc = yg_absent_each(data, org, add, &adding);
	yg_buf_add_byte(to, ']');
	return rc == YG_OK ? yg_buf_error(to) : rc;
}
