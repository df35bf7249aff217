/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `yagura share import` and `export`: STIX bundles in and out of a collection, beside the hub or
 * without one.
 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "access/gate.h"
#include "app/commands.h"
#include "app/say.h"
#include "app/share-int.h"
#include "app/share_import.h"
#include "app/share_store.h"
#include "app/warning_lists.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/io.h"
#include "parse/stix.h"
#include "store/stix.h"

#include "base/ban.h"

#define PAGE	   1000u
#define PAGE_BYTES (64u << 20)

struct run {
	const char *word; /* "import" */
	const char *file;
	struct yg_share_place place;
	/* export */
	const char *as;	      /* NULL: STIX */
	const char *warnings; /* a folder of lists of well-known values */
	struct yg_buf out;
	enum yg_tlp ceiling;
	int64_t after_us;
	uint64_t count;
	unsigned used_tlp; /* bit by enum yg_tlp: TLP 2.0 markings that objects name */
	unsigned sent_tlp; /* whose definitions are among them */
};

enum option_code {
	OPT_COLLECTION = 1000,
	OPT_TLP,
	OPT_STORE,
	OPT_DATA,
	OPT_TITLE,
	OPT_AS,
	OPT_WARNINGS,
	OPT_LANG,
};

static const struct option longs[] = {
	{"collection", required_argument, NULL, OPT_COLLECTION},
	{"default-tlp", required_argument, NULL, OPT_TLP},
	{"store", required_argument, NULL, OPT_STORE},
	{"data", required_argument, NULL, OPT_DATA},
	{"title", required_argument, NULL, OPT_TITLE},
	{"as", required_argument, NULL, OPT_AS},
	{"warning-lists", required_argument, NULL, OPT_WARNINGS},
	{"lang", required_argument, NULL, OPT_LANG},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static bool take_option(void *arg, int option)
{
	struct run *run = arg;

	switch (option) {
	case OPT_COLLECTION:
		run->place.collection = optarg;
		return true;
	case OPT_STORE:
		run->place.store = optarg;
		return true;
	case OPT_DATA:
		run->place.data = optarg;
		return true;
	case OPT_TITLE:
		run->place.title = optarg;
		return true;
	case OPT_TLP:
		return yg_share_place_tlp(&run->place, optarg);
	case OPT_WARNINGS:
		run->warnings = optarg;
		return true;
	case OPT_AS:
		run->as = optarg;
		return strcmp(optarg, "stix") == 0 || strcmp(optarg, "rpz") == 0 ||
		       strcmp(optarg, "list") == 0 ||
		       yg_share_refuse(N_("--as %s: give stix, list or rpz"),
				       yg_say_safe(yg_bytes_str(optarg), 40));
	default:
		return yg_share_take_lang(optarg);
	}
}

static bool read_words(int argc, char **argv, struct run *run)
{
	bool is_import = strcmp(run->word, "import") == 0;

	if (is_import && optind < argc)
		run->file = argv[optind++];
	if (optind < argc)
		return yg_share_refuse(N_("share: %s: one word too many"),
				       yg_say_safe(yg_bytes_str(argv[optind]), 80));
	if (is_import && !run->file)
		return yg_share_refuse(N_("share: %s is missing"), "FILE");
	if (!run->place.collection)
		return yg_share_refuse(N_("share: %s is missing"), "--collection ID");
	if (run->place.store && run->place.data)
		return yg_share_refuse(N_("share: give one of %s"), "--store, --data");
	return true;
}

static bool read_options(int argc, char **argv, struct run *run, int *ret_status)
{
	if (!yg_share_options(argc, argv, longs, take_option, run, ret_status))
		return false;
	return read_words(argc, argv, run);
}

/* ---- export ---- */

static int add_row(void *arg, const struct yg_stix_row *row)
{
	struct run *run = arg;

	yg_buf_add_str(&run->out, run->count++ ? ",\n" : "\n");
	yg_buf_add(&run->out, row->object.text);
	run->after_us = row->added_us;
	for (unsigned i = YG_TLP_CLEAR; i < YG_TLP_COUNT; i++) {
		struct yg_bytes id = yg_stix_tlp_id((enum yg_tlp)i);

		if (yg_bytes_eq(row->object.id, id))
			run->sent_tlp |= 1u << i;
		else if (yg_bytes_find(row->object.text, id) != SIZE_MAX)
			run->used_tlp |= 1u << i;
	}
	return yg_buf_error(&run->out);
}

static int flush(struct run *run)
{
	int rc = yg_buf_error(&run->out);

	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&run->out));
	yg_buf_reset(&run->out);
	return rc;
}

/* Definitions of TLP 2.0 travel along: whoever reads the bundle may not have them. */
static void add_definitions(struct run *run)
{
	for (unsigned i = YG_TLP_CLEAR; i < YG_TLP_COUNT; i++) {
		if (!(run->used_tlp & ~run->sent_tlp & (1u << i)))
			continue;
		yg_buf_add_str(&run->out, run->count++ ? ",\n" : "\n");
		yg_buf_add_str(&run->out, yg_stix_tlp_definition((enum yg_tlp)i));
	}
}

static int count_row(void *arg, const struct yg_stix_row *row)
{
	struct run *run = arg;

	run->after_us = row->added_us;
	run->count += row->object.tlp > run->ceiling;
	return YG_OK;
}

/* What stays inside is said. */
static int say_kept(struct run *run)
{
	struct yg_stix_filter filter = {.collection = run->place.c.number,
					.clearance = YG_TLP_RED,
					.otherwise = run->place.c.default_tlp,
					.after_us = INT64_MIN,
					.limit = PAGE,
					.specs = 3,
					.has_all = true};
	bool is_more = true;
	int rc = YG_OK;

	run->count = 0;
	while (is_more && rc == YG_OK) {
		rc = yg_collections_read(run->place.s, &filter, false, count_row, run, &is_more);
		filter.after_us = run->after_us;
	}
	if (rc == YG_OK && run->count > 0)
		yg_say(N_("%llu objects stay inside: they are TLP:RED, or nothing is marked on "
			  "them and the collection has no --default-tlp"),
		       (unsigned long long)run->count);
	return rc;
}

/* By the gate: how strict a marking this way out may carry, for this use. */
static enum yg_tlp ceiling_of(enum yg_outlet outlet, enum yg_use use)
{
	struct yg_release_ask ask = {.kind = "stix",
				     .audience = YG_AUDIENCE_PARTNER,
				     .outlet = outlet,
				     .agreed = YG_AGREED_NAMED,
				     .use = use};
	enum yg_tlp tlp = YG_TLP_RED;

	while (tlp > YG_TLP_NONE && yg_gate_ask(&ask, tlp, YG_PAP_CLEAR) != YG_REFUSAL_NONE)
		tlp--;
	return tlp;
}

static int export_bundle(struct run *run)
{
	struct yg_stix_filter filter = {.limit = PAGE,
					.after_us = INT64_MIN,
					.specs = (1u << YG_STIX_2_0) | (1u << YG_STIX_2_1),
					.has_all = true};
	bool is_more = true;
	int rc = YG_OK;

	run->ceiling = ceiling_of(YG_OUTLET_EXPORT, YG_USE_MATCH);
	filter.collection = run->place.c.number;
	filter.otherwise = run->place.c.default_tlp;
	filter.clearance = run->ceiling;
	yg_buf_init(&run->out, PAGE_BYTES + PAGE * YG_STIX_OBJECT_MAX / 4);
	yg_buf_addf(&run->out, "{\"type\":\"bundle\",\"id\":\"bundle--%s\",\"objects\":[",
		    run->place.c.id);
	while (rc == YG_OK && is_more) {
		rc = yg_collections_read(run->place.s, &filter, true, add_row, run, &is_more);
		filter.after_us = run->after_us;
		if (rc == YG_OK)
			rc = flush(run);
	}
	add_definitions(run);
	yg_buf_add_str(&run->out, "\n]}\n");
	if (rc == YG_OK)
		rc = flush(run);
	yg_buf_done(&run->out);
	return rc;
}

/* Names are for blocking, and lists for whatever somebody makes of them. */
static int export_values(struct run *run)
{
	struct yg_clock clock = yg_clock_system();
	struct yg_warning_lists *known = NULL;
	struct yg_share_list ask = {.place = &run->place, .is_zone = strcmp(run->as, "rpz") == 0};
	uint32_t written;
	unsigned bad;
	int rc = run->warnings ? yg_warning_lists_load(run->warnings, &known, &bad) : YG_OK;

	if (rc == YG_OK && run->warnings && yg_warning_lists_count(known) == 0) {
		yg_say(N_("%s: there is no warning list in it"),
		       yg_say_safe(yg_bytes_str(run->warnings), 300));
		rc = YG_EINVAL;
	}
	run->ceiling = ceiling_of(YG_OUTLET_EXPORT, YG_USE_BLOCK);
	ask.now_ns = clock.now_ns(clock.arg);
	ask.ceiling = run->ceiling;
	ask.known = known;
	if (rc == YG_OK)
		rc = yg_share_list(&ask, &written);
	(void)yg_warning_lists_free(known);
	return rc;
}

static int export(struct run *run)
{
	int rc = yg_share_place_open(&run->place, false);

	if (rc != YG_OK)
		return rc;
	rc = run->as && strcmp(run->as, "stix") != 0 ? export_values(run) : export_bundle(run);
	if (rc == YG_OK)
		rc = say_kept(run);
	else if (rc != YG_EPIPE && rc != YG_EINVAL)
		(void)yg_share_say_error(run->word, rc);
	return rc == YG_EPIPE ? YG_OK : rc;
}

int yg_share_stix(int argc, char **argv)
{
	struct run run = {.word = argv[0]};
	int status;
	int rc;

	if (!read_options(argc, argv, &run, &status))
		return status;
	rc = strcmp(run.word, "import") == 0 ? yg_share_import(&run.place, run.file) : export(&run);
	run.place.s = yg_collections_free(run.place.s);
	return rc == YG_OK	    ? YG_EXIT_DONE
	       : rc == YG_EFORMAT   ? YG_EXIT_PARTLY
	       : rc == YG_EMISMATCH ? YG_EXIT_PARTLY
	       : rc == YG_ENOENT    ? YG_EXIT_PARTLY
				    : YG_EXIT_FAILED;
}
