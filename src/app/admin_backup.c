/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura admin backup` and `restore`: the data folder kept elsewhere, and put back. */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <getopt.h>

#include "app/admin-int.h"
#include "app/backup.h"
#include "app/commands.h"
#include "app/say.h"

#include "base/ban.h"

struct backup_cli {
	const char *data;
	const char *to;
	const char *from;
	const char *base;
	const char *word[2]; /* behind the command's own */
	int word_count;
	bool is_json;
};

static bool read_cli(int argc, char **argv, struct backup_cli *cli)
{
	static const struct option longs[] = {
		{"data", required_argument, NULL, 'd'},
		{"to", required_argument, NULL, 't'},
		{"from", required_argument, NULL, 'f'},
		{"base", required_argument, NULL, 'b'},
		{"json", no_argument, NULL, 'j'},
		{"lang", required_argument, NULL, 'l'},
		{0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'd')
			cli->data = optarg;
		else if (c == 't')
			cli->to = optarg;
		else if (c == 'f')
			cli->from = optarg;
		else if (c == 'b')
			cli->base = optarg;
		else if (c == 'j')
			cli->is_json = true;
		else if (c == '?') {
			yg_say(N_("`yagura admin --help` shows what there is"));
			return false;
		}
	}
	for (int i = optind + 1; i < argc; i++) {
		if (cli->word_count == 2)
			return false;
		cli->word[cli->word_count++] = argv[i];
	}
	return true;
}

static const char *safe(const char *text)
{
	return yg_say_safe(yg_bytes_str(text), 300);
}

/* What a folder is that is none of ours, and the rest; the exit status. */
static int say_failed(const char *dir, int rc, const struct yg_backup_report *report)
{
	if (rc == YG_EMISMATCH)
		yg_say_hint(N_("a backup has a file backup.json, which is written last"),
			    N_("%s: this is no whole backup"), safe(dir));
	else if (rc == YG_EDIGEST && report->wrong > 0)
		yg_say_hint(N_("take another backup; `sha256sum -c files.sha256` names all"),
			    N_("%s: %llu files are damaged or missing; the first is %s"), safe(dir),
			    (unsigned long long)report->wrong, safe(report->path));
	else if (rc == YG_EDUPLICATE)
		yg_say_hint(N_("give a folder that is not there yet, or is empty"),
			    N_("%s: something is there already; nothing was changed"),
			    safe(report->path));
	else
		yg_say("%s: %s", safe(report->path[0] ? report->path : dir),
		       yg_say_tr(yg_err_text(rc)));
	return rc == YG_EMISMATCH || rc == YG_EDIGEST || rc == YG_EDUPLICATE ? YG_EXIT_PARTLY
									     : YG_EXIT_FAILED;
}

enum done { MADE, WHOLE, RESTORED };

static int say_done(const struct backup_cli *cli, const struct yg_backup_report *report,
		    enum done what)
{
	unsigned long long files = report->files, bytes = report->bytes;

	if (cli->is_json)
		printf("{\"files\":%llu,\"bytes\":%llu,\"linked\":%llu}\n", files, bytes,
		       (unsigned long long)report->linked);
	else if (what == MADE)
		yg_say(N_("backup made: %llu files, %llu bytes"), files, bytes);
	else if (what == WHOLE)
		yg_say(N_("the backup is whole: %llu files, %llu bytes"), files, bytes);
	else
		yg_say(N_("put back: %llu files, %llu bytes"), files, bytes);
	return fflush(stdout) == 0 ? YG_EXIT_DONE : YG_EXIT_FAILED;
}

static int verify(const struct backup_cli *cli, const char *dir)
{
	struct yg_backup_report report = {0};
	int rc = yg_backup_verify(dir, &report);

	return rc == YG_OK ? say_done(cli, &report, WHOLE) : say_failed(dir, rc, &report);
}

static int make(const struct backup_cli *cli)
{
	struct yg_backup_report report = {0};
	int rc = yg_backup_make(cli->data, cli->to, cli->base, yg_clock_system(), &report);

	if (rc == YG_ENOENT && strcmp(report.path, cli->data) == 0) {
		yg_say_hint(N_("is this the folder that the hub was started with?"),
			    N_("%s: there is no hub's data in it"), safe(cli->data));
		return YG_EXIT_FAILED;
	}
	return rc == YG_OK ? say_done(cli, &report, MADE)
			   : say_failed(rc == YG_EMISMATCH && cli->base ? cli->base : cli->to, rc,
					&report);
}

int yg_admin_backup(int argc, char **argv)
{
	struct backup_cli cli = {0};

	if (!read_cli(argc, argv, &cli))
		return YG_EXIT_FAILED;
	if (cli.word_count == 2 && strcmp(cli.word[0], "verify") == 0 && !cli.to && !cli.from)
		return verify(&cli, cli.word[1]);
	if (cli.word_count > 0 || !cli.data || !cli.to || cli.from)
		return yg_admin_wording("backup");
	return make(&cli);
}

int yg_admin_restore(int argc, char **argv)
{
	struct yg_backup_report report = {0};
	struct backup_cli cli = {0};
	int rc;

	if (!read_cli(argc, argv, &cli))
		return YG_EXIT_FAILED;
	if (cli.word_count > 0 || !cli.data || !cli.from || cli.to || cli.base)
		return yg_admin_wording("restore");
	rc = yg_backup_restore(cli.from, cli.data, &report);
	return rc == YG_OK ? say_done(&cli, &report, RESTORED) : say_failed(cli.from, rc, &report);
}
