/* SPDX-License-Identifier: Apache-2.0 */
/* Heartbeats remembered: what is given is what stands in the file now, whatever was asked before.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/hub_beats.h"

#include "../check.h"

#include "base/ban.h"

static char folder[64];

static void put(const char *sensor, const char *text)
{
	char path[128], part[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/heartbeats/%s.json", folder, sensor);
	(void)snprintf(part, sizeof(part), "%s/heartbeats/%s.new", folder, sensor);
	file = fopen(part, "we");
	if (!file || fputs(text, file) < 0 || fclose(file) != 0 || rename(part, path) != 0)
		abort();
}

static long long number(struct yg_hub_beats *beats, const char *sensor)
{
	struct yg_hub_heartbeat beat;
	json_t *value;
	long long n;

	if (!yg_hub_beats_get(beats, folder, sensor, &beat))
		return -1;
	value = json_loadb((const char *)beat.text.data, beat.text.size, 0, NULL);
	n = json_integer_value(json_object_get(value, "n"));
	json_decref(value);
	return n;
}

static void what_stands_there(void)
{
	struct yg_hub_beats *beats = yg_hub_beats_new();
	char path[128], name[32], text[32];
	struct yg_hub_heartbeat first, again;

	CHECK(beats != NULL && number(beats, "none") == -1);
	put("a", "{ \"received\": \"2026-11-25T03:04:05Z\", \"n\": 1 }\n");
	CHECK(yg_hub_beats_get(beats, folder, "a", &first));
	CHECK_TEXT(first.text, "{\"received\":\"2026-11-25T03:04:05Z\",\"n\":1}");
	CHECK(first.received_ns == INT64_C(1795575845) * YG_NS_PER_S);
	CHECK(yg_hub_beats_get(beats, folder, "a", &again));
	CHECK(first.text.data == again.text.data); /* read once */
	put("a", "{\"n\":2}");
	CHECK(yg_hub_beats_get(beats, folder, "a", &first) && first.received_ns == YG_TIME_NONE);
	CHECK(number(beats, "a") == 2);
	put("a", "{\"n\":");
	CHECK(number(beats, "a") == -1 && number(beats, "a") == -1);
	put("a", "{\"n\":3}");
	CHECK(number(beats, "a") == 3);
	(void)snprintf(path, sizeof(path), "%s/heartbeats/a.json", folder);
	CHECK(unlink(path) == 0 && number(beats, "a") == -1);
	/* More than there are places: each its own. */
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 6000; i++) {
			(void)snprintf(name, sizeof(name), "s%d", i);
			(void)snprintf(text, sizeof(text), "{\"n\":%d}", i);
			if (round == 0)
				put(name, text);
			else
				CHECK(number(beats, name) == i && number(beats, name) == i);
		}
	}
	beats = yg_hub_beats_free(beats);
}

static const struct check_case cases[] = {CASE(what_stands_there)};

int main(void)
{
	char path[128];
	int failed;

	(void)snprintf(folder, sizeof(folder), "/tmp/yagura-beats-XXXXXX");
	(void)snprintf(path, sizeof(path), "%s/heartbeats", mkdtemp(folder) ? folder : "");
	if (mkdir(path, 0700) != 0)
		return 2;
	failed = check_main(cases, 1);
	(void)snprintf(path, sizeof(path), "rm -rf %s", folder);
	return system(path) == 0 ? failed : 2;
}
