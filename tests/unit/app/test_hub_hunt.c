/* SPDX-License-Identifier: Apache-2.0 */
/* What is new, when it is hunted for, and the document of a hunt; the pass: tests/e2e/hub_hunts.py.
 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "app/hub_hunt_job.h"
#include "app/hub_hunt_new.h"
#include "app/say.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

static char root[96];
static char dir_rules[128], dir_lists[128], dir_to[128], known_path[128];

static bool is_put = true; /* all that was to be written is */

static void put(const char *dir, const char *name, const char *text)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	is_put = yg_io_write_to(path, yg_bytes_str(text), 0600) == YG_OK && is_put;
}

static void test_gathering(void)
{
	struct yg_hunt_gather g = {0};

	CHECK(!yg_hunt_gather_due(&g, 1000000));
	yg_hunt_gather_note(&g, 5000);
	CHECK(!yg_hunt_gather_due(&g, 5000 + YG_HUNT_QUIET_MS - 1));
	CHECK(yg_hunt_gather_due(&g, 5000 + YG_HUNT_QUIET_MS));
	CHECK(!yg_hunt_gather_due(&g, 50000)); /* once */
	/* Changes that do not end: at the latest after the whole time. */
	for (int64_t at = 60000; at < 60000 + YG_HUNT_GATHER_MS; at += 1000) {
		yg_hunt_gather_note(&g, at);
		CHECK(!yg_hunt_gather_due(&g, at));
	}
	CHECK(!yg_hunt_gather_due(&g, 60000 + YG_HUNT_GATHER_MS - 1));
	CHECK(yg_hunt_gather_due(&g, 60000 + YG_HUNT_GATHER_MS));
}

static struct yg_hunt_new look(struct yg_hunt_known *known, const char *to)
{
	struct yg_hunt_new found = {0};

	if (yg_hunt_look(known, dir_rules, dir_lists, to, &found) != YG_OK)
		found.indicators = UINT64_MAX; /* what no test wants */
	return found;
}

static void test_what_is_new(void)
{
	struct yg_hunt_known *known = NULL;
	struct yg_hunt_new found;
	bool is_new = false;

	CHECK(yg_hunt_known_open(known_path, &known, &is_new) == YG_OK && is_new);
	put(dir_lists, "a.txt", "# a list\n192.0.2.1\n192.0.2.2\r\n\n");
	put(dir_lists, "b.csv", "value,source\n198.51.100.1,\"a\nfeed\"\n198.51.100.2,b\n");
	put(dir_rules, "r.yml", "title: One\nid: aaaa\n---\ntitle: Two\n");
	found = look(known, NULL);
	CHECK(found.indicators == 4 && found.rules == 2 && json_array_size(found.rule_ids) == 2);
	json_decref(found.rule_ids);
	CHECK(yg_hunt_known_save(known) == YG_OK);
	(void)yg_hunt_known_free(known);

	/* The same after a start: nothing. In another file, in another order, with other ends of
	 * lines: nothing. One that says something else, and a value of its own: new. */
	CHECK(yg_hunt_known_open(known_path, &known, &is_new) == YG_OK && !is_new);
	found = look(known, dir_to);
	CHECK(found.indicators == 0 && found.rules == 0 && found.rule_ids == NULL);
	put(dir_lists, "a.txt", "");
	put(dir_lists, "c.txt", "192.0.2.2\n192.0.2.1");
	put(dir_lists, "b.csv", "value,source\n198.51.100.2,c\n198.51.100.3,c\n");
	put(dir_rules, "r.yml", "title: Two\n---\ntitle: One\nid: aaaa\nlevel: low\n---\n");
	found = look(known, dir_to);
	CHECK(found.indicators == 2 && found.rules == 1);
	CHECK(json_array_size(found.rule_ids) == 1 &&
	      strcmp(json_string_value(json_array_get(found.rule_ids, 0)), "aaaa") == 0);
	json_decref(found.rule_ids);
	/* What went and came again. */
	put(dir_lists, "a.txt", "192.0.2.1\n");
	put(dir_lists, "b.csv", "value,source\n198.51.100.1,\"a\nfeed\"\n");
	CHECK(look(known, dir_to).indicators == 0);
	(void)yg_hunt_known_free(known);

	put(root, "known", "YGHK1\n\n\nwhat else is it, 24 b..");
	CHECK(is_put);
	CHECK(yg_hunt_known_open(known_path, &known, &is_new) == YG_EFORMAT);
}

static int count_job(void *arg, json_t *job)
{
	unsigned *count = arg;

	*count += yg_hunt_job_is(job, YG_HUNT_ASKS);
	return YG_OK;
}

static void test_document(void)
{
	static const char id[] = "20261125-210905-1a2b3c4d";
	json_t *job = json_pack("{s:s, s:s}", "id", id, "state", YG_HUNT_ASKS);
	const struct yg_hunt_who who = {"person:0f", "Ana", YG_HUB_ADMINISTRATOR, "is it old?"};
	struct yg_hunt_who read;
	char path[256];
	unsigned count = 0;

	CHECK(yg_hunt_is_id(id) && !yg_hunt_is_id("new") &&
	      !yg_hunt_is_id("../../../../../etc/abcd") &&
	      !yg_hunt_is_id("20261125-210905-1A2B3C4D") &&
	      !yg_hunt_is_id("2026112a-210905-1a2b3c4d"));
	(void)snprintf(path, sizeof(path), "%s/%s", root, id);
	CHECK(mkdir(path, 0700) == 0);
	CHECK(yg_hunt_job_save(root, id, job) == YG_OK);
	CHECK(yg_hunt_job_list(root, count_job, &count) == YG_OK && count == 1);
	CHECK(yg_hunt_answer_read(root, id, &read) == YG_HUNT_NO_ANSWER && !read.actor[0]);
	CHECK(yg_hunt_answer_write(root, id, YG_HUNT_APPROVED, &who) == YG_OK);
	CHECK(yg_hunt_answer_read(root, id, &read) == YG_HUNT_APPROVED);
	CHECK(strcmp(read.actor, who.actor) == 0 && strcmp(read.name, who.name) == 0);
	CHECK(read.role == who.role && strcmp(read.reason, who.reason) == 0);
	CHECK(yg_hunt_answer_write(root, id, YG_HUNT_CALLED_OFF, &who) == YG_OK);
	CHECK(yg_hunt_answer_read(root, id, NULL) == YG_HUNT_CALLED_OFF);
	put(path, "answer", "approve\n"); /* of an older program */
	CHECK(yg_hunt_answer_read(root, id, &read) == YG_HUNT_APPROVED && !read.name[0]);
	put(path, "answer", "approve");
	CHECK(yg_hunt_answer_read(root, id, NULL) == YG_HUNT_NO_ANSWER); /* not whole: none */
	put(path, "job.json", "[]");
	CHECK(yg_hunt_job_list(root, count_job, &count) == YG_OK && count == 1);
	json_decref(job);
}

static bool make_folders(void)
{
	char path[160];
	bool is_made = mkdtemp(root) != NULL;

	(void)snprintf(dir_rules, sizeof(dir_rules), "%s/r", root);
	(void)snprintf(dir_lists, sizeof(dir_lists), "%s/i", root);
	(void)snprintf(dir_to, sizeof(dir_to), "%s/new", root);
	(void)snprintf(known_path, sizeof(known_path), "%s/known", root);
	is_made = is_made && mkdir(dir_rules, 0700) == 0 && mkdir(dir_lists, 0700) == 0 &&
		  mkdir(dir_to, 0700) == 0;
	(void)snprintf(path, sizeof(path), "%s/rules", dir_to);
	is_made = is_made && mkdir(path, 0700) == 0;
	(void)snprintf(path, sizeof(path), "%s/indicators", dir_to);
	return is_made && mkdir(path, 0700) == 0;
}

static const struct check_case cases[] = {
	CASE(test_gathering),
	CASE(test_what_is_new),
	CASE(test_document),
};

int main(void)
{
	const char *tmp = getenv("TMPDIR");
	char command[200];
	int status;

	(void)snprintf(root, sizeof(root), "%s/hub-hunt-XXXXXX", tmp ? tmp : "/tmp");
	if (!make_folders())
		return 1;
	status = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	if (system(command) != 0)
		fprintf(stderr, "%s stays\n", root);
	return status;
}
