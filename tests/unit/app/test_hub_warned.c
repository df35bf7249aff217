/* SPDX-License-Identifier: Apache-2.0 */
/* Which indicators count for whom: rows, their files, and what of them is new to a hunt. */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_warned.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "app/hub_hunt_new.h"
#include "app/say.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

static char root[96];
static char lists[128], rules[128], to[128], known_path[128];

static bool make(const char *folder)
{
	return mkdir(folder, 0700) == 0;
}

static bool made(void)
{
	char path[256];

	(void)snprintf(root, sizeof(root), "/tmp/test-warned-XXXXXX"); /* it fits, as all here */
	if (!mkdtemp(root))
		return false;
	(void)snprintf(lists, sizeof(lists), "%s/indicators", root);
	(void)snprintf(rules, sizeof(rules), "%s/rules", root);
	(void)snprintf(to, sizeof(to), "%s/new", root);
	(void)snprintf(known_path, sizeof(known_path), "%s/known", root);
	if (!make(lists) || !make(rules) || !make(to))
		return false;
	(void)snprintf(path, sizeof(path), "%s/" YG_WARNED_FOLDER, lists);
	if (!make(path))
		return false;
	(void)snprintf(path, sizeof(path), "%s/rules", to);
	if (!make(path))
		return false;
	(void)snprintf(path, sizeof(path), "%s/indicators", to);
	if (!make(path))
		return false;
	(void)snprintf(path, sizeof(path), "%s/indicators/" YG_WARNED_FOLDER, to);
	return make(path);
}

static struct yg_warned_row row(const char *value, const char *org, const char *warning,
				int64_t until_s)
{
	return (struct yg_warned_row){yg_bytes_str(value), yg_bytes_str(org), yg_bytes_str(warning),
				      until_s * YG_NS_PER_S};
}

static int write_two(bool *ret_changed)
{
	struct yg_warned_row rows[] = {
		row("evil.example", "beta", "w2", 2000), row("192.0.2.1", "acme", "w1", 1000),
		row("192.0.2.1", "acme", "w3", 1500), row("192.0.2.1", "beta", "w2", 2000)};

	return yg_hub_warned_write(lists, rows, 4, ret_changed);
}

static void each_counts_for_its_own_alone(void)
{
	struct yg_hub_warned *w = NULL;
	const struct yg_warned_row *rows;
	bool is_changed = false;

	CHECK(yg_hub_warned_load(lists, &w) == YG_OK && yg_hub_warned_rows(w, &rows) == 0);
	CHECK(!yg_hub_warned_counts(w, YG_S("192.0.2.1"), YG_S("acme"), 0));
	(void)yg_hub_warned_free(w);
	CHECK(write_two(&is_changed) == YG_OK && is_changed);
	CHECK(write_two(&is_changed) == YG_OK && !is_changed); /* files stay as they are */
	CHECK(yg_hub_warned_load(lists, &w) == YG_OK && yg_hub_warned_rows(w, &rows) == 4);
	CHECK(yg_hub_warned_find(w, YG_S("192.0.2.1"), YG_S("acme"), &rows) == 2);
	CHECK(yg_bytes_eq(rows[0].warning, YG_S("w1")) && yg_bytes_eq(rows[1].warning, YG_S("w3")));
	CHECK(yg_hub_warned_find(w, YG_S("192.0.2.1"), YG_S("acm"), &rows) == 0);
	CHECK(yg_hub_warned_find(w, YG_S("192.0.2.1"), YG_S("gamma"), &rows) == 0 && !rows);
	CHECK(yg_hub_warned_counts(w, YG_S("192.0.2.1"), YG_S("acme"), 1499 * YG_NS_PER_S));
	CHECK(!yg_hub_warned_counts(w, YG_S("192.0.2.1"), YG_S("acme"), 1500 * YG_NS_PER_S));
	CHECK(yg_hub_warned_counts(w, YG_S("evil.example"), YG_S("beta"), 0));
	CHECK(!yg_hub_warned_counts(w, YG_S("evil.example"), YG_S("acme"), 0));
	(void)yg_hub_warned_free(w);
	CHECK(yg_hub_warned_drop(lists, YG_S("acme")) == YG_OK);
	CHECK(yg_hub_warned_load(lists, &w) == YG_OK && yg_hub_warned_rows(w, &rows) == 2);
	CHECK(!yg_hub_warned_counts(w, YG_S("192.0.2.1"), YG_S("acme"), 0));
	(void)yg_hub_warned_free(w);
	CHECK(write_two(&is_changed) == YG_OK && is_changed);
	CHECK(yg_hub_warned_is_list(YG_S("/d/indicators/.warned/values.txt")));
	CHECK(!yg_hub_warned_is_list(YG_S("/d/indicators/warned.txt")));
}

static struct yg_hunt_new look(struct yg_hunt_known *known)
{
	struct yg_hunt_new found = {0};

	if (yg_hunt_look(known, rules, lists, to, &found) != YG_OK)
		found.indicators = UINT64_MAX; /* what no test wants */
	return found;
}

static void what_is_new_is_so_for_one_organisation_and_warning(void)
{
	struct yg_warned_row more[] = {row("192.0.2.1", "acme", "w1", 9000),
				       row("192.0.2.1", "beta", "w4", 2000)};
	struct yg_hunt_known *known = NULL;
	struct yg_hub_warned *w = NULL;
	const struct yg_warned_row *rows;
	struct yg_hunt_new found;
	char path[256];
	json_t *acme;
	bool is;

	CHECK(write_two(&is) == YG_OK);
	CHECK(yg_hunt_known_open(known_path, &known, &is) == YG_OK);
	found = look(known);
	CHECK(found.indicators == 0 && found.rules == 0 && json_object_size(found.warned) == 2);
	acme = json_object_get(found.warned, "acme");
	CHECK(yg_json_int(acme, "indicators", 0) == 2 &&
	      json_array_size(json_object_get(acme, "warnings")) == 2);
	json_decref(found.warned);
	/* The hunt's folder has them in the same form. */
	(void)snprintf(path, sizeof(path), "%s/indicators", to);
	CHECK(yg_hub_warned_load(path, &w) == YG_OK && yg_hub_warned_rows(w, &rows) == 4);
	(void)yg_hub_warned_free(w);
	found = look(known);
	CHECK(!found.warned);
	/* Longer valid is not new, another warning is. */
	CHECK(yg_hub_warned_write(lists, more, 2, &is) == YG_OK && is);
	found = look(known);
	CHECK(json_object_size(found.warned) == 1 && json_object_get(found.warned, "beta"));
	json_decref(found.warned);
	(void)yg_hunt_known_free(known);
}

static void lines_that_are_none_are_left_out(void)
{
	static const char text[] = "192.0.2.1\tacme\t10\tw1\n"
				   "192.0.2.2\tacme\t10\n"
				   "192.0.2.3\tacme\tsoon\tw1\n"
				   "\tacme\t10\tw1\n"
				   "192.0.2.4\tacme\t99999999999999\tw1\n"
				   "192.0.2.5\tacme\t10\tw1\tmore\n"
				   "192.0.2.6\tacme\t10\tw2";
	struct yg_hub_warned *w = NULL;
	const struct yg_warned_row *rows;
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s/%s", lists, YG_WARNED_FOLDER, YG_WARNED_SCOPE);
	CHECK(yg_disk_replace(path, yg_bytes_str(text), 0600) == YG_OK);
	CHECK(yg_hub_warned_load(lists, &w) == YG_OK && yg_hub_warned_rows(w, &rows) == 2);
	CHECK(yg_bytes_eq(rows[1].value, YG_S("192.0.2.6")));
	(void)yg_hub_warned_free(w);
}

/* Two sources fill what is read together at the most: what is beyond is counted, and no error. */
static void what_is_beyond_the_bound_is_left_out(void)
{
	const struct yg_warned_row one = row("192.0.2.9", "acme", "w9", 2000);
	struct yg_warned_rows rows;
	bool is_changed;

	CHECK(yg_hub_warned_rows_init(&rows) == YG_OK && 2 * rows.max <= YG_WARNED_ROWS_MAX);
	rows.max = 3;
	for (unsigned i = 0; i < 5; i++)
		CHECK(yg_hub_warned_rows_add(&rows, &one) == YG_OK);
	CHECK(rows.count == 3 && rows.left_out == 2);
	CHECK(yg_hub_warned_write(lists, rows.rows, rows.count, &is_changed) == YG_OK);
	yg_hub_warned_rows_done(&rows);
	/* So are bytes. */
	CHECK(yg_hub_warned_rows_init(&rows) == YG_OK);
	rows.bytes = YG_WARNED_BYTES_MAX / 2 - 24 - 9 - 4 - 2;
	CHECK(yg_hub_warned_rows_add(&rows, &one) == YG_OK && rows.count == 1);
	CHECK(yg_hub_warned_rows_add(&rows, &one) == YG_OK && rows.count == 1);
	CHECK(rows.left_out == 1);
	yg_hub_warned_rows_done(&rows);
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(each_counts_for_its_own_alone),
		CASE(what_is_new_is_so_for_one_organisation_and_warning),
		CASE(lines_that_are_none_are_left_out),
		CASE(what_is_beyond_the_bound_is_left_out),
	};

	if (!made())
		return 1;
	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
