/* SPDX-License-Identifier: Apache-2.0 */
/* What is in a journal of one sender, seen from outside while it is open. */
#include "journal/look.h"
#include "journal_help.h"

#include "base/ban.h"

static struct yg_journal_look look_for(const char *prefix)
{
	struct yg_journal_look look;

	if (yg_journal_look(folder, yg_bytes_str(prefix), &look) != YG_OK)
		look.records = 999;
	return look;
}

static void counts_one_sender(void)
{
	struct yg_journal *j;
	struct yg_journal_look look;
	uint64_t last;

	new_folder();
	look = look_for("acme/"); /* there is no journal */
	CHECK(look.records == 0 && look.last == 0 && look.segments == 0);
	j = open_plain();
	CHECK(j && look_for("acme/").records == 0);
	CHECK(say(j, "acme/one", 1, 1, "12345") == YG_JOURNAL_NEW);
	CHECK(say(j, "acmeother/one", 1, 1, "1") == YG_JOURNAL_NEW);
	CHECK(drop(j, "acme/two", 1, 1, 9) == YG_JOURNAL_NEW);
	look = look_for("acme/");
	CHECK(look.records == 2 && look.bytes == 5 && look.segments == 1);
	last = look.last;
	CHECK(last > 0);
	for (uint64_t n = 2; n < 200; n++) /* several segments */
		CHECK(say(j, "rival/one", 1, n - 1, "a body of some length, so that they fill") ==
		      YG_JOURNAL_NEW);
	look = look_for("acme/");
	CHECK(look.records == 2 && look.last == last && look.segments == 1);
	look = look_for("rival/");
	CHECK(look.records == 198 && look.segments > 1 && look.last > last);
	CHECK(look_for("").records == 201);
	(void)yg_journal_free(j);
	CHECK(look_for("").records == 201);
	remove_all(folder);
}

static void cursors(void)
{
	static const char *const names[] = {"archive"};
	struct yg_journal_report report;
	struct yg_journal *j;
	char path[300];
	uint64_t cursor = 7;

	new_folder();
	CHECK(yg_journal_look_cursor(folder, "archive", &cursor) == YG_OK && cursor == 0);
	j = open_with((struct yg_journal_options){.consumers = names, .consumer_count = 1}, YG_OK,
		      &report);
	CHECK(j && say(j, "acme/one", 1, 1, "x") == YG_JOURNAL_NEW);
	CHECK(yg_journal_cursor_save(j, "archive", 1) == YG_OK);
	CHECK(yg_journal_look_cursor(folder, "archive", &cursor) == YG_OK && cursor == 1);
	(void)snprintf(path, sizeof(path), "%s/cursors/archive", folder);
	CHECK(yg_io_replace(path, YG_S("no cursor"), 0600) == YG_OK);
	CHECK(yg_journal_look_cursor(folder, "archive", &cursor) == YG_EDIGEST);
	(void)yg_journal_free(j);
	remove_all(folder);
}

/* Whatever stands in the files: an end, never a fault. */
static void damage(void)
{
	struct yg_journal *j;
	char path[300];
	uint8_t *bytes = NULL;
	size_t size = 0;
	DIR *dir;
	const struct dirent *entry;

	new_folder();
	j = open_plain();
	CHECK(j);
	for (uint64_t n = 1; n < 9; n++)
		CHECK(say(j, "acme/one", 1, n, "some body") == YG_JOURNAL_NEW);
	(void)yg_journal_free(j);
	dir = opendir(folder);
	path[0] = '\0';
	while (dir && (entry = readdir(dir)))
		if (yg_bytes_ends(yg_bytes_str(entry->d_name), YG_S(".seg")))
			(void)snprintf(path, sizeof(path), "%s/%.60s", folder, entry->d_name);
	if (dir)
		(void)closedir(dir);
	CHECK(yg_io_read_file(path, 1u << 20, &bytes, &size) == YG_OK && size > 1000);
	for (size_t at = 0; at < 600; at += 7) {
		bytes[at] ^= 0x5a;
		CHECK(yg_io_replace(path, (struct yg_bytes){bytes, size}, 0600) == YG_OK);
		CHECK(look_for("acme/").records <= 8);
		bytes[at] ^= 0x5a;
	}
	CHECK(yg_io_replace(path, (struct yg_bytes){bytes, size}, 0600) == YG_OK);
	CHECK(look_for("acme/").records == 8);
	CHECK(yg_io_replace(path, (struct yg_bytes){bytes, 300}, 0600) == YG_OK);
	CHECK(look_for("acme/").records <= 2);
	free(bytes);
	remove_all(folder);
}

static const struct check_case cases[] = {CASE(counts_one_sender), CASE(cursors), CASE(damage)};
CHECK_MAIN(cases)
