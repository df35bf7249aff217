/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura admin search`: records of a member's archive, with a reason that the member sees. */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <getopt.h>
#include <unistd.h>

#include "access/consent.h"
#include "app/admin-int.h"
#include "app/archive_search.h"
#include "app/commands.h"
#include "app/hub_absent.h"
#include "app/say.h"
#include "base/io.h"
#include "model/record.h"

#include "base/ban.h"

#define PATH_ROOM     4096u
#define OUT_BYTES_MAX (64u << 20)
#define FLUSH_BYTES   (256u * 1024u)

struct search_cli {
	const char *data;
	const char *reason;
	struct yg_options options; /* from, to, fields, zone, as everywhere */
	const char *fields[YG_NARROW_FIELDS_MAX + 1];
	const char *org;
	struct yg_terms *terms;
	uint64_t limit;
	struct yg_archive_position after;
	bool has_after;
	bool is_newest_first;
	bool is_json;
	struct yg_narrow narrow;
	struct yg_buf what; /* that was asked, for the member */
	struct yg_buf out;
};

/* ---- command line ---- */

static bool take_limit(struct search_cli *cli, const char *text)
{
	if (yg_bytes_u64(yg_bytes_str(text), &cli->limit) && cli->limit > 0 &&
	    cli->limit <= UINT32_MAX)
		return true;
	yg_say(N_("--limit %s: give a number from 1"), yg_say_safe(yg_bytes_str(text), 40));
	return false;
}

static bool take_after(struct search_cli *cli, const char *text)
{
	cli->has_after = yg_archive_position_read(yg_bytes_str(text), &cli->after);
	if (!cli->has_after)
		yg_say_hint(N_("give what the last page named"), N_("--after %s: this is no place"),
			    yg_say_safe(yg_bytes_str(text), 60));
	return cli->has_after;
}

static bool take_text(struct search_cli *cli, const char *text)
{
	int rc = yg_terms_add(cli->terms, YG_S(""), yg_bytes_str(text));

	if (rc == YG_OK)
		return true;
	yg_say(rc == YG_ENOMEM ? N_("out of memory") : N_("the text to look for is too long"));
	return false;
}

static bool take_field(struct search_cli *cli, const char *text)
{
	if (cli->options.field_count < YG_NARROW_FIELDS_MAX + 1) /* one too many is said later */
		cli->fields[cli->options.field_count++] = text;
	return true;
}

/* What it was asked, in the words of the command line. */
static void note(struct search_cli *cli, const char *name, const char *value)
{
	yg_buf_addf(&cli->what, "%s%s %s", cli->what.size ? " " : "", name, value);
}

static bool take_option(struct search_cli *cli, int c)
{
	switch (c) {
	case 'd':
		cli->data = optarg;
		return true;
	case 'o':
		cli->org = optarg;
		return true;
	case 'r':
		cli->reason = optarg;
		return true;
	case 'f':
		cli->options.from = optarg;
		note(cli, "--from", optarg);
		return true;
	case 't':
		cli->options.to = optarg;
		note(cli, "--to", optarg);
		return true;
	case 'z':
		cli->options.zone = optarg;
		return true;
	case 'v':
		note(cli, "--field", optarg);
		return take_field(cli, optarg);
	case 'x':
		note(cli, "--text", optarg);
		return take_text(cli, optarg);
	case 'm':
		note(cli, "--limit", optarg);
		return take_limit(cli, optarg);
	case 'a':
		note(cli, "--after", optarg);
		return take_after(cli, optarg);
	case 'n':
		cli->is_newest_first = true;
		return true;
	case 'j':
		cli->is_json = true;
		return true;
	default:
		return c == 'l'; /* main.c */
	}
}

static bool read_cli(int argc, char **argv, struct search_cli *cli)
{
	static const struct option longs[] = {
		{"data", required_argument, NULL, 'd'},	  {"org", required_argument, NULL, 'o'},
		{"from", required_argument, NULL, 'f'},	  {"to", required_argument, NULL, 't'},
		{"tz", required_argument, NULL, 'z'},	  {"field", required_argument, NULL, 'v'},
		{"text", required_argument, NULL, 'x'},	  {"limit", required_argument, NULL, 'm'},
		{"after", required_argument, NULL, 'a'},  {"newest", no_argument, NULL, 'n'},
		{"reason", required_argument, NULL, 'r'}, {"json", no_argument, NULL, 'j'},
		{"lang", required_argument, NULL, 'l'},	  {0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (take_option(cli, c))
			continue;
		if (c == '?')
			yg_say(N_("`yagura admin --help` shows what there is"));
		return false;
	}
	if (argc - optind != 1 || !cli->data || !cli->org) {
		(void)yg_admin_wording("search");
		return false;
	}
	if (cli->reason && cli->reason[0])
		return true;
	yg_say_hint(N_("the member sees who opened what, when and why"),
		    N_("admin search: give --reason \"…\""));
	return false;
}

static int read_question(struct search_cli *cli)
{
	struct yg_zone *zone = NULL;
	int rc = yg_zone_load(cli->options.zone, &zone);

	if (rc != YG_OK)
		yg_say(N_("--tz %s: there is no such time zone"),
		       yg_say_safe(yg_bytes_str(cli->options.zone ? cli->options.zone : "?"), 80));
	cli->options.fields = cli->fields;
	if (rc == YG_OK)
		rc = yg_narrow_read(&cli->options, zone, &cli->narrow);
	(void)yg_zone_free(zone);
	if (rc == YG_OK)
		rc = yg_terms_prepare(cli->terms);
	return rc;
}

/* ---- searching ---- */

static int flush(struct search_cli *cli)
{
	int rc = yg_buf_error(&cli->out);

	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&cli->out));
	yg_buf_reset(&cli->out);
	return rc;
}

static int print(void *arg, const struct yg_archive_found *found)
{
	struct search_cli *cli = arg;

	if (cli->is_json) {
		yg_buf_add(&cli->out, found->line);
		yg_buf_add_byte(&cli->out, '\n');
	} else {
		yg_found_write(&cli->out, found->event, YG_S("-"), false);
	}
	return cli->out.size >= FLUSH_BYTES ? flush(cli) : yg_buf_error(&cli->out);
}

/* Written down for the member before anything is shown. */
static int note_view(struct search_cli *cli, struct yg_admin *admin)
{
	struct yg_bytes asked = yg_buf_bytes(&cli->what);
	struct yg_access *access = NULL;
	struct yg_hub_actor actor;
	char what[YG_VIEW_WHAT_MAX + 1];
	int rc;

	yg_hub_local_analyst(admin->actor.name, &actor);
	(void)snprintf(what, sizeof(what), "search %s",
		       asked.size ? yg_say_safe(asked, YG_VIEW_WHAT_MAX - 8) : "(all)");
	rc = yg_access_hub(admin->hub, &actor, cli->org, YG_MAY_read_records, &access);
	if (rc == YG_OK)
		rc = yg_views_add(access, what, cli->limit, cli->reason);
	(void)yg_access_free(access);
	return rc;
}

static int run(struct search_cli *cli, struct yg_archive_search_result *ret)
{
	char dir[PATH_ROOM];
	struct yg_archive_search_opts opts = {
		.dir = dir,
		.org = cli->org,
		.narrow = &cli->narrow,
		.terms = yg_terms_count(cli->terms) > 0 ? cli->terms : NULL,
		.after = cli->has_after ? &cli->after : NULL,
		.is_newest_first = cli->is_newest_first,
		.limit = (uint32_t)cli->limit,
	};
	int rc;

	if (snprintf(dir, sizeof(dir), "%s/archive", cli->data) >= (int)sizeof(dir))
		return YG_ELIMIT;
	rc = yg_archive_search(&opts, print, cli, ret);
	return rc == YG_OK ? flush(cli) : rc;
}

/* "Nothing found" would say too much. */
static int say_absent(void *arg, const struct yg_absent *absent)
{
	(void)arg;
	if (absent->from[0])
		yg_say_hint(N_("the member looks there: `yagura-sensor search`"),
			    N_("sensor %s: its logs are held by the member and were not looked at; "
			       "its own archive has them from %s to %s"),
			    yg_say_safe(yg_bytes_str(absent->sensor), YG_WIRE_ID_MAX),
			    yg_say_safe(yg_bytes_str(absent->from), sizeof(absent->from)),
			    yg_say_safe(yg_bytes_str(absent->to), sizeof(absent->to)));
	else
		yg_say(N_("sensor %s: its logs are held by the member and were not looked at; it "
			  "tells of no archive of its own"),
		       yg_say_safe(yg_bytes_str(absent->sensor), YG_WIRE_ID_MAX));
	return YG_OK;
}

static int search(struct search_cli *cli)
{
	struct yg_archive_search_result result = {0};
	struct yg_admin admin = {.data = cli->data};
	char position[YG_ARCHIVE_POSITION_SIZE];
	int status = YG_EXIT_FAILED;
	int rc = yg_admin_register(&admin);

	if (rc == YG_OK) {
		rc = note_view(cli, &admin);
		if (rc != YG_OK)
			status =
				yg_admin_error(&admin, rc == YG_EINVAL ? "--reason" : cli->org, rc);
	}
	yg_admin_register_close(&admin);
	if (rc != YG_OK)
		return status; /* said */
	rc = run(cli, &result);
	if (rc == YG_EPIPE)
		return YG_EXIT_DONE;
	if (rc != YG_OK) {
		(void)yg_admin_error(&admin, "search", rc);
		return YG_EXIT_FAILED;
	}
	yg_archive_position_write(&result.last, position);
	if (result.is_more)
		yg_say(N_("there may be more: --after %s goes on"), position);
	if (result.damaged > 0)
		yg_say_hint(N_("`yagura admin archive verify` names them"),
			    N_("%llu files or parts of files are damaged and were passed over"),
			    (unsigned long long)result.damaged);
	(void)!yg_absent_each(cli->data, cli->org, say_absent,
			      NULL); /* it returns what that does */
	yg_say(N_("%llu records found; %llu of %llu frames in %llu files were read"),
	       (unsigned long long)result.found, (unsigned long long)result.frames_read,
	       (unsigned long long)result.frames, (unsigned long long)result.files);
	return result.damaged > 0 ? YG_EXIT_PARTLY : YG_EXIT_DONE;
}

int yg_admin_search(int argc, char **argv)
{
	struct search_cli cli = {.terms = yg_terms_new()};
	int status = YG_EXIT_FAILED;

	yg_buf_init(&cli.what, OUT_BYTES_MAX);
	yg_buf_init(&cli.out, OUT_BYTES_MAX);
	if (!cli.terms)
		yg_say(N_("out of memory"));
	else if (read_cli(argc, argv, &cli) && read_question(&cli) == YG_OK)
		status = search(&cli);
	(void)yg_terms_free(cli.terms);
	yg_buf_done(&cli.what);
	yg_buf_done(&cli.out);
	return status;
}
