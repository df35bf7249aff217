/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura admin retention`: how long the logs of whom are kept. */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <getopt.h>
#include <unistd.h>

#include "access/retention.h"
#include "app/admin-int.h"
#include "app/commands.h"
#include "app/say.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define OUT_MAX (64u << 20)

struct retention_cli {
	const char *data;
	const char *org;
	enum yg_retention_kind kind;
	uint64_t months; /* 0: not given */
	bool is_json;
	bool is_set;
	struct yg_enrol *enrol;
	struct yg_buf out;
};

static bool take_kind(struct retention_cli *cli, const char *text)
{
	struct yg_buf names;

	cli->kind = yg_retention_kind_by_name(yg_bytes_str(text));
	if (cli->kind != YG_RETENTION_ALL)
		return true;
	yg_buf_init(&names, 1024);
	for (unsigned k = 0; k < YG_RETENTION_KIND_COUNT; k++)
		yg_buf_addf(&names, "%s%s", k ? ", " : "",
			    yg_retention_kind_name((enum yg_retention_kind)k));
	yg_say(N_("--kind %s: there is no such kind; there are %.*s"),
	       yg_say_safe(yg_bytes_str(text), 80), YG_FMT(yg_buf_bytes(&names)));
	yg_buf_done(&names);
	return false;
}

static bool take_months(struct retention_cli *cli, const char *text)
{
	if (yg_bytes_u64(yg_bytes_str(text), &cli->months) && cli->months > 0 &&
	    cli->months <= YG_RETENTION_MONTHS_MAX)
		return true;
	yg_say(N_("--months: a number from 1 to %u"), YG_RETENTION_MONTHS_MAX);
	return false;
}

static bool take_option(struct retention_cli *cli, int c)
{
	switch (c) {
	case 'd':
		cli->data = optarg;
		return true;
	case 'o':
		cli->org = optarg;
		return true;
	case 'j':
		cli->is_json = true;
		return true;
	case 'k':
		return take_kind(cli, optarg);
	case 'm':
		return take_months(cli, optarg);
	case 'l':
		return true; /* main.c */
	default:
		yg_say(N_("`yagura admin --help` shows what there is"));
		return false;
	}
}

/* "retention show" or "retention set", with what each needs. */
static bool read_words(struct retention_cli *cli, char **words, int count)
{
	if (count == 2 && cli->data) {
		cli->is_set = strcmp(words[1], "set") == 0;
		if (cli->is_set ? cli->org && cli->months > 0
				: strcmp(words[1], "show") == 0 && cli->months == 0)
			return true;
	}
	(void)yg_admin_wording("retention");
	return false;
}

static bool read_cli(int argc, char **argv, struct retention_cli *cli)
{
	static const struct option longs[] = {
		{"data", required_argument, NULL, 'd'},
		{"org", required_argument, NULL, 'o'},
		{"kind", required_argument, NULL, 'k'},
		{"months", required_argument, NULL, 'm'},
		{"json", no_argument, NULL, 'j'},
		{"lang", required_argument, NULL, 'l'},
		{0},
	};
	int c;

	cli->kind = YG_RETENTION_ALL;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (!take_option(cli, c))
			return false;
	return read_words(cli, argv + optind, argc - optind);
}

/* ---- show ---- */

static json_t *done_json(struct yg_enrol *enrol, const char *org)
{
	struct yg_retention_done done;
	char iso[3][YG_ISO_SIZE];
	int64_t time_ns;

	if (yg_retention_noted(enrol, org, &done, &time_ns) != YG_OK)
		return json_null();
	(void)yg_time_iso(time_ns, 0, iso[0]);
	(void)yg_time_iso(done.oldest_ns, 0, iso[1]);
	(void)yg_time_iso(done.newest_ns, 0, iso[2]);
	return json_pack("{s:s, s:I, s:I, s:I, s:s, s:s}", "time", iso[0], "files",
			 (json_int_t)done.files, "records", (json_int_t)done.records, "bytes",
			 (json_int_t)done.bytes, "oldest", iso[1], "newest", iso[2]);
}

static int show_json(struct retention_cli *cli, const struct yg_retention *retention)
{
	json_t *months = json_object();
	json_t *line;
	int rc = months ? YG_OK : YG_ENOMEM;

	for (unsigned k = 0; rc == YG_OK && k < YG_RETENTION_KIND_COUNT; k++) {
		enum yg_retention_kind kind = (enum yg_retention_kind)k;

		if (json_object_set_new(months, yg_retention_kind_name(kind),
					json_integer(yg_retention_months(retention, kind))) != 0)
			rc = YG_ENOMEM;
	}
	line = json_pack("{s:s, s:o, s:b, s:o}", "organisation", retention->org, "months", months,
			 "too_short", (int)yg_retention_is_short(retention, YG_RETENTION_ALL),
			 "last_deleted", done_json(cli->enrol, retention->org));
	if (rc == YG_OK)
		rc = line ? yg_json_canonical(line, &cli->out) : YG_ENOMEM;
	json_decref(line);
	yg_buf_add_byte(&cli->out, '\n');
	return rc;
}

static int show_one(void *arg, const struct yg_retention *retention)
{
	struct retention_cli *cli = arg;

	if (cli->is_json)
		return show_json(cli, retention);
	for (unsigned k = 0; k < YG_RETENTION_KIND_COUNT; k++) {
		enum yg_retention_kind kind = (enum yg_retention_kind)k;

		yg_buf_addf(&cli->out, "%s  %-14s  %3u  %s%s\n", retention->org,
			    yg_retention_kind_name(kind), yg_retention_months(retention, kind),
			    yg_say_tr(yg_retention_kind_words(kind)),
			    yg_retention_is_short(retention, kind)
				    ? yg_say_tr(N_("  (shorter than the 6 months of 4-4-3-1)"))
				    : "");
	}
	return yg_buf_error(&cli->out);
}

static int show(struct retention_cli *cli)
{
	struct yg_retention retention;
	int rc;

	if (!cli->org) {
		rc = yg_retention_list(cli->enrol, show_one, cli);
	} else {
		rc = yg_retention_get(cli->enrol, cli->org, &retention);
		if (rc == YG_OK)
			rc = show_one(cli, &retention);
	}
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&cli->out));
	return rc == YG_EPIPE ? YG_OK : rc;
}

/* ---- set ---- */

static int set(struct retention_cli *cli)
{
	struct yg_retention retention;
	int rc = yg_retention_set(cli->enrol, cli->org, cli->kind, (uint32_t)cli->months,
				  &retention);

	if (rc == YG_OK && yg_retention_is_short(&retention, cli->kind))
		yg_say_hint(N_("the criterion 4-4-3-1 wants logs of firewalls, proxies and "
			       "sign-ins kept for 6 months or more"),
			    N_("%s: kept shorter than the criterion wants it"), cli->org);
	return rc;
}

int yg_admin_retention(int argc, char **argv)
{
	struct retention_cli cli = {0};
	struct yg_admin admin = {0};
	int status = YG_EXIT_FAILED;
	int rc;

	if (!read_cli(argc, argv, &cli))
		return status;
	yg_buf_init(&cli.out, OUT_MAX);
	admin.data = cli.data;
	if (yg_admin_register(&admin) == YG_OK) {
		cli.enrol = admin.enrol;
		rc = cli.is_set ? set(&cli) : show(&cli);
		status = rc == YG_OK ? YG_EXIT_DONE
				     : yg_admin_error(&admin, cli.org ? cli.org : "retention", rc);
	}
	yg_admin_register_close(&admin);
	yg_buf_done(&cli.out);
	return status;
}
