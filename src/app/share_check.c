/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura share check`: which indicators of a list are on lists of well-known values. No hub
 * needed. */
#define _GNU_SOURCE
#include <getopt.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/indicator_lists.h"
#include "app/say.h"
#include "app/share-int.h"
#include "app/warning_lists.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/io.h"

#include "base/ban.h"

#define OUT_MAX	    (1024u << 20)
#define OUT_AT_ONCE (1u << 20)
#define LISTS_MAX   64u

struct run {
	const char *folder;
	bool is_json;
	struct yg_buf out;
	uint64_t looked;
	uint64_t found;
};

enum option_code { OPT_WARNING = 1000, OPT_JSON, OPT_LANG };

static const struct option longs[] = {
	{"warning-lists", required_argument, NULL, OPT_WARNING},
	{"json", no_argument, NULL, OPT_JSON},
	{"lang", required_argument, NULL, OPT_LANG},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static bool take_option(void *arg, int option)
{
	struct run *run = arg;

	switch (option) {
	case OPT_WARNING:
		run->folder = optarg;
		return true;
	case OPT_JSON:
		run->is_json = true;
		return true;
	default:
		return yg_share_take_lang(optarg);
	}
}

static int write_out(struct run *run)
{
	int rc = yg_buf_error(&run->out);

	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&run->out));
	yg_buf_reset(&run->out);
	return rc;
}

static void add_json_text(struct yg_buf *to, const char *name, struct yg_bytes text)
{
	yg_buf_addf(to, "\"%s\":", name);
	yg_buf_add_json(to, text);
	yg_buf_add_str(to, ",");
}

static void add_found(struct run *run, const struct yg_indicator *one, struct yg_bytes list)
{
	if (!run->is_json) {
		yg_buf_addf(&run->out, "%s:%llu: ", yg_say_safe(one->file, 300),
			    (unsigned long long)one->line);
		yg_buf_addf(&run->out, "%s: ", yg_say_safe(one->value, 300));
		yg_buf_addf(&run->out, "%s\n", yg_say_safe(list, 300));
		return;
	}
	yg_buf_add_str(&run->out, "{");
	add_json_text(&run->out, "file", one->file);
	yg_buf_addf(&run->out, "\"line\":%llu,", (unsigned long long)one->line);
	add_json_text(&run->out, "value", one->value);
	add_json_text(&run->out, "list", list);
	yg_buf_add_str(&run->out, "\"active\":false}\n");
}

/* An indicator that is on a list. */
struct found {
	struct yg_indicator one;
	struct yg_bytes list;
};

static int by_place(const void *left, const void *right)
{
	const struct found *a = left, *b = right;
	size_t shorter = a->one.file.size < b->one.file.size ? a->one.file.size : b->one.file.size;
	int order = memcmp(a->one.file.data, b->one.file.data, shorter);

	if (order == 0)
		order = (a->one.file.size > shorter) - (b->one.file.size > shorter);
	return order != 0 ? order : (a->one.line > b->one.line) - (a->one.line < b->one.line);
}

/* All of @set that are on one of @lists, in *ret (free with free()). */
static int find_all(struct run *run, const struct yg_indicators *set,
		    const struct yg_warning_lists *lists, struct found **ret)
{
	size_t room = 0;

	*ret = NULL;
	for (uint32_t i = yg_indicators_first(set); i != YG_INDICATOR_NONE;
	     i = yg_indicators_next(set, i)) {
		struct found one = {.one = yg_indicators_get(set, i)};

		run->looked++;
		if (!yg_warning_lists_has(lists, &one.one, &one.list))
			continue;
		if (run->found == room) {
			struct found *grown;

			room = room ? 2 * room : 1024;
			grown = yg_reallocarray(*ret, room, sizeof(**ret));
			if (!grown)
				return YG_ENOMEM;
			*ret = grown;
		}
		(*ret)[run->found++] = one;
	}
	if (run->found > 1)
		qsort(*ret, run->found, sizeof(**ret), by_place);
	return YG_OK;
}

/* In the order of the lists. */
static int tell_all(struct run *run, const struct found *found)
{
	int rc = YG_OK;

	for (uint64_t i = 0; i < run->found && rc == YG_OK; i++) {
		add_found(run, &found[i].one, found[i].list);
		if (yg_buf_bytes(&run->out).size >= OUT_AT_ONCE)
			rc = write_out(run);
	}
	return rc == YG_OK ? write_out(run) : rc;
}

static int check(struct run *run, const char **paths, size_t count)
{
	struct yg_options options = {.indicators = paths, .indicator_count = count};
	struct yg_indicator_lists loaded = {.set = NULL};
	struct yg_warning_lists *lists = NULL;
	struct found *found = NULL;
	unsigned bad = 0;
	int rc = yg_warning_lists_load(run->folder, &lists, &bad);
	int status = YG_EXIT_FAILED;

	if (rc == YG_OK && yg_warning_lists_count(lists) == 0) {
		yg_say(N_("%s: holds no warning list"),
		       yg_say_safe(yg_bytes_str(run->folder), 300));
		rc = YG_ENOENT;
	}
	if (rc == YG_OK)
		rc = yg_indicator_lists_load(&options, &loaded);
	if (rc == YG_OK)
		rc = find_all(run, loaded.set, lists, &found);
	if (rc == YG_OK) {
		rc = tell_all(run, found);
		if (rc != YG_OK)
			yg_say(N_("the output could not be written: %s"),
			       yg_say_tr(yg_err_text(rc)));
	}
	if (rc == YG_OK) {
		yg_say(N_("%llu indicators, %llu of them on one of %u lists of well-known values"),
		       (unsigned long long)run->looked, (unsigned long long)run->found,
		       yg_warning_lists_count(lists));
		status =
			run->found > 0 || bad > 0 || loaded.bad > 0 ? YG_EXIT_PARTLY : YG_EXIT_DONE;
	} else if (rc == YG_ENOMEM) {
		yg_say(N_("out of memory"));
	}
	free(found);
	yg_indicator_lists_done(&loaded);
	(void)yg_warning_lists_free(lists);
	return status;
}

int yg_share_check(int argc, char **argv)
{
	struct run run = {.folder = NULL};
	const char *paths[LISTS_MAX];
	size_t count;
	int status;

	if (!yg_share_options(argc, argv, longs, take_option, &run, &status))
		return status;
	if (!run.folder) {
		(void)yg_share_refuse(N_("share check: %s is missing"), "--warning-lists");
		return YG_EXIT_FAILED;
	}
	count = optind < argc ? (size_t)(argc - optind) : 0;
	if (count < 1 || count > LISTS_MAX) {
		(void)yg_share_refuse(N_("share check: %s: from 1 to 64 lists are expected"),
				      "LIST");
		return YG_EXIT_FAILED;
	}
	for (size_t i = 0; i < count; i++)
		paths[i] = argv[(size_t)optind + i];
	yg_buf_init(&run.out, OUT_MAX);
	status = check(&run, paths, count);
	yg_buf_done(&run.out);
	return status;
}
