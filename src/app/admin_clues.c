/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura admin indicators`: what came as STIX and what became of it, beside the hub. */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "access/clues.h"
#include "app/admin-int.h"
#include "app/backup-int.h"
#include "app/commands.h"
#include "app/say.h"
#include "base/io.h"
#include "base/json.h"
#include "detect/indicators.h"

#include "base/ban.h"

#define OUT_MAX	  (256u << 20)
#define PAGE	  500u
#define WORDS_MAX 4u

struct cli {
	struct yg_admin admin;
	const char *value;
	const char *state;
	const char *what;
	const char *words[WORDS_MAX]; /* from "list" on */
	unsigned count;
	struct yg_hub_actor actor;
	struct yg_collections *stix;
	struct yg_shelf_reader *reader;
	struct yg_clue_view *view;
	struct yg_hub_reach reach;
	struct yg_buf out;
};

static bool read_option(struct cli *cli, int c)
{
	const struct yg_admin_option known[] = {
		{'d', .text = &cli->admin.data},
		{'o', .text = &cli->admin.org},
		{'s', .text = &cli->state},
		{'v', .text = &cli->value},
		{'w', .text = &cli->what},
		{'W', .text = &cli->admin.reason},
		{'j', .flag = &cli->admin.is_json},
		{'m', .limit = &cli->admin.limit},
		{.letter = 'l'},
	};

	return yg_admin_option(known, sizeof(known) / sizeof(known[0]), c);
}

static bool read_cli(int argc, char **argv, struct cli *cli)
{
	static const struct option longs[] = {
		{"data", required_argument, NULL, 'd'},	 {"org", required_argument, NULL, 'o'},
		{"state", required_argument, NULL, 's'}, {"value", required_argument, NULL, 'v'},
		{"what", required_argument, NULL, 'w'},	 {"reason", required_argument, NULL, 'W'},
		{"limit", required_argument, NULL, 'm'}, {"json", no_argument, NULL, 'j'},
		{"lang", required_argument, NULL, 'l'},	 {0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (!read_option(cli, c))
			return false;
	for (int i = optind + 1; i < argc; i++) {
		if (cli->count == WORDS_MAX) {
			(void)yg_admin_wording("indicators");
			return false;
		}
		cli->words[cli->count++] = argv[i];
	}
	if (cli->admin.data)
		return true;
	yg_say_hint(N_("`yagura admin --help` shows what there is"),
		    N_("admin: give --data FOLDER, and say what shall be done"));
	return false;
}

static const char *word(const struct cli *cli, unsigned at)
{
	return at < cli->count ? cli->words[at] : "";
}

static bool is_word(const struct cli *cli, unsigned at, const char *text)
{
	return strcmp(word(cli, at), text) == 0;
}

/* ---- opening ---- */

static int open_all(struct cli *cli)
{
	char path[YG_BACKUP_PATH_MAX];
	int rc = yg_admin_register(&cli->admin); /* says what is wrong */

	if (rc != YG_OK)
		return YG_EINVAL;
	yg_hub_local_analyst(cli->admin.actor.name, &cli->actor);
	rc = yg_backup_join(cli->admin.data, "stix.db", path);
	if (rc == YG_OK)
		rc = yg_collections_open(path, false, &cli->stix);
	if (rc == YG_OK)
		rc = yg_hub_reach(cli->admin.hub, &cli->actor, YG_MAY_read_indicators, &cli->reach);
	if (rc == YG_OK)
		rc = yg_shelf_reader_new(cli->admin.hub, cli->stix, yg_clock_system(), &cli->actor,
					 (struct yg_bytes){0}, &cli->reader);
	if (rc == YG_OK)
		rc = yg_clue_view_new(cli->reader, cli->admin.hub, cli->stix, &cli->reach,
				      yg_say_lang_now(), &cli->view);
	return rc;
}

static void close_all(struct cli *cli)
{
	(void)yg_clue_view_free(cli->view);
	(void)yg_shelf_reader_free(cli->reader);
	yg_hub_reach_done(&cli->reach);
	(void)yg_collections_free(cli->stix);
	yg_admin_register_close(&cli->admin);
	yg_buf_done(&cli->out);
}

static int flush(struct cli *cli)
{
	int rc = yg_buf_error(&cli->out);

	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&cli->out));
	yg_buf_reset(&cli->out);
	return rc == YG_EPIPE ? YG_OK : rc;
}

/* ---- showing ---- */

static const char *safe(const json_t *object, const char *key, size_t room)
{
	return yg_say_safe(yg_json_text(object, key), room);
}

static void add_record(struct cli *cli, const json_t *one)
{
	const json_t *why = json_object_get(one, "why");
	const json_t *values = json_object_get(one, "values");

	yg_buf_addf(&cli->out, "%s  %-5s  ", safe(one, "id", 80), safe(one, "state", 10));
	yg_buf_addf(&cli->out, "%3lld  ", (long long)yg_json_int(one, "score", 0));
	yg_buf_addf(&cli->out, "%s%s", safe(json_array_get(values, 0), "value", 100),
		    json_array_size(values) > 1 ? " …" : "");
	if (json_is_object(why))
		yg_buf_addf(&cli->out, "  (%s)", safe(why, "text", 300));
	yg_buf_add_byte(&cli->out, '\n');
}

static int add_json(struct cli *cli, const json_t *one)
{
	int rc = yg_json_canonical(one, &cli->out);

	yg_buf_add_byte(&cli->out, '\n');
	return rc;
}

static bool read_filter(const struct cli *cli, uint8_t *normal, struct yg_clue_filter *to)
{
	enum yg_indicator_type type;

	*to = (struct yg_clue_filter){.state = YG_CLUE_STATE_COUNT};
	if (cli->state && !yg_clue_state_by_name(yg_bytes_str(cli->state), &to->state)) {
		yg_say(N_("--state %s: give waits, acts or over"),
		       yg_say_safe(yg_bytes_str(cli->state), 40));
		return false;
	}
	if (!cli->value)
		return true;
	to->value = (struct yg_bytes){normal,
				      yg_indicator_normal(yg_bytes_str(cli->value), &type, normal)};
	if (to->value.size == 0) /* of a person: as it is written */
		to->value = yg_bytes_str(cli->value);
	return true;
}

static int print_page(struct cli *cli, const json_t *items, uint64_t *given)
{
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < json_array_size(items); i++) {
		if (cli->admin.is_json)
			rc = add_json(cli, json_array_get(items, i));
		else
			add_record(cli, json_array_get(items, i));
		++*given;
	}
	return rc == YG_OK ? flush(cli) : rc;
}

static int list(struct cli *cli)
{
	uint8_t normal[YG_INDICATOR_NORMAL_MAX];
	struct yg_clue_filter filter;
	uint64_t given = 0;
	int rc = YG_OK;

	if (!read_filter(cli, normal, &filter))
		return YG_EINVAL;
	do {
		json_t *items = NULL;
		uint64_t left = cli->admin.limit ? cli->admin.limit - given : PAGE;

		filter.limit = left < PAGE ? (uint32_t)left : PAGE;
		rc = yg_clue_list(cli->view, &filter, &items, &filter.after);
		if (rc == YG_OK)
			rc = print_page(cli, items, &given);
		json_decref(items);
	} while (rc == YG_OK && filter.after > 0 &&
		 (cli->admin.limit == 0 || given < cli->admin.limit));
	return rc;
}

static void add_said(struct cli *cli, const json_t *said)
{
	for (size_t i = 0; i < json_array_size(said); i++) {
		const json_t *one = json_array_get(said, i);

		yg_buf_addf(&cli->out, "  %s  %s", safe(one, "added", 40),
			    safe(one, "modified", 40));
		yg_buf_addf(&cli->out, "  TLP:%s  %s", safe(one, "tlp", 20),
			    safe(one, "created_by_ref", 80));
		yg_buf_addf(&cli->out, "  %s\n", safe(one, "collection", 40));
	}
}

static void add_words(struct cli *cli, const json_t *words)
{
	for (size_t i = 0; i < json_array_size(words); i++) {
		const json_t *one = json_array_get(words, i);

		yg_buf_addf(&cli->out, "  %s  %s", safe(one, "time", 40), safe(one, "word", 20));
		yg_buf_addf(&cli->out, "  %s  %s", safe(one, "org", 80), safe(one, "by", 100));
		yg_buf_addf(&cli->out, ": %s\n", safe(one, "text", 300));
	}
}

static int print_one(struct cli *cli)
{
	const json_t *records;
	json_t *one = NULL;
	int rc = yg_clue_get(cli->view, yg_bytes_str(word(cli, 1)), &one);

	if (rc != YG_OK)
		return rc;
	if (cli->admin.is_json) {
		rc = add_json(cli, one);
	} else {
		records = json_object_get(one, "records");
		for (size_t i = 0; i < json_array_size(records); i++)
			add_record(cli, json_array_get(records, i));
		add_said(cli, json_object_get(one, "said"));
		add_words(cli, json_object_get(one, "words"));
	}
	json_decref(one);
	return rc == YG_OK ? flush(cli) : rc;
}

/* ---- saying ---- */

static int say(struct cli *cli, const char *text, bool is_decision)
{
	const char *org = cli->admin.org && !is_decision ? cli->admin.org : YG_HUB_ORG;
	bool is_hub = strcmp(org, YG_HUB_ORG) == 0;
	struct yg_access *by = NULL;
	enum yg_clue_word what;
	json_t *one = NULL;
	int rc;

	if (!yg_clue_word_by_name(yg_bytes_str(text), &what) ||
	    (what >= YG_CLUE_WORD_YES) != is_decision || !cli->admin.reason) {
		yg_say(is_decision ? N_("admin indicators decide ID yes|no|back --reason TEXT")
				   : N_("admin indicators report ID --what false-positive|seen "
					"--reason TEXT"));
		return YG_EINVAL;
	}
	rc = yg_clue_get(cli->view, yg_bytes_str(word(cli, 1)), &one);
	json_decref(one);
	if (rc == YG_OK)
		rc = yg_access_hub(cli->admin.hub, &cli->actor, org,
				   is_hub ? YG_MAY_write_indicators : YG_MAY_write_warnings, &by);
	if (rc == YG_OK)
		rc = yg_clue_say(by, word(cli, 1), what, cli->admin.reason);
	(void)yg_access_free(by);
	return rc;
}

static int run(struct cli *cli)
{
	if (is_word(cli, 0, "list") && cli->count == 1)
		return list(cli);
	if (is_word(cli, 0, "show") && cli->count == 2)
		return print_one(cli);
	if (is_word(cli, 0, "report") && cli->count == 2)
		return say(cli, cli->what ? cli->what : "", false);
	if (is_word(cli, 0, "decide") && cli->count == 3)
		return say(cli, word(cli, 2), true);
	yg_say_hint(N_("`yagura admin --help` shows what there is"),
		    N_("admin indicators: list, show ID, report ID, decide ID yes|no|back"));
	return YG_EINVAL;
}

static int end(const struct cli *cli, int rc)
{
	const char *data = yg_say_safe(yg_bytes_str(cli->admin.data), 300);

	if (rc == YG_OK)
		return YG_EXIT_DONE;
	if (rc == YG_ENOENT && cli->view) {
		yg_say(N_("%s: there is none of this name"),
		       yg_say_safe(yg_bytes_str(word(cli, 1)), 100));
		return YG_EXIT_PARTLY;
	}
	if (rc == YG_ENOENT)
		yg_say_hint(N_("is this the folder that the hub was started with?"),
			    "%s/stix.db: %s", data, yg_say_tr(yg_err_text(rc)));
	else if (rc != YG_EINVAL)
		yg_say("%s/stix.db: %s", data, yg_say_tr(yg_err_text(rc)));
	return YG_EXIT_FAILED;
}

int yg_admin_clues(int argc, char **argv)
{
	struct cli cli = {.count = 0};
	int status = YG_EXIT_FAILED;
	int rc;

	yg_buf_init(&cli.out, OUT_MAX);
	if (read_cli(argc, argv, &cli)) {
		rc = open_all(&cli);
		if (rc == YG_OK)
			rc = run(&cli);
		status = end(&cli, rc);
	}
	close_all(&cli);
	return status;
}
