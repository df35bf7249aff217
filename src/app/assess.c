/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura assess`: options, opening the file, and the table of its commands. */
#define _GNU_SOURCE
#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/assess-int.h"
#include "app/user_data.h"
#include "base/alloc.h"
#include "base/io.h"

#include "base/ban.h"

#define LIMIT_MAX    10000u
#define JAPAN_ZONE_S (9 * 3600)

enum needs {
	NEEDS_NOTHING,	  /* no file at all */
	NEEDS_STORE,	  /* the file, made when it is not there */
	NEEDS_OLD_STORE,  /* the file, which must be there */
	NEEDS_ASSESSMENT, /* and an assessment in it */
};

static const struct {
	const char *name;
	enum needs needs;
	yg_assess_command run;
	int args_max; /* words after the command that are no options */
} commands[] = {
	{"frameworks", NEEDS_NOTHING, yg_assess_cmd_frameworks, 0},
	{"new", NEEDS_STORE, yg_assess_cmd_new, 0},
	{"list", NEEDS_ASSESSMENT, yg_assess_cmd_list, 1},
	{"show", NEEDS_ASSESSMENT, yg_assess_cmd_show, 1},
	{"scope", NEEDS_ASSESSMENT, yg_assess_cmd_scope, 0},
	{"answer", NEEDS_ASSESSMENT, yg_assess_cmd_answer, 2},
	{"evidence", NEEDS_ASSESSMENT, yg_assess_cmd_evidence, 3},
	{"import-official", NEEDS_ASSESSMENT, yg_assess_cmd_import_official, 1},
	{"import-facts", NEEDS_ASSESSMENT, yg_assess_cmd_import_facts, 2},
	{"evaluate", NEEDS_ASSESSMENT, yg_assess_cmd_evaluate, 0},
	{"next", NEEDS_ASSESSMENT, yg_assess_cmd_next, 0},
	{"expert", NEEDS_ASSESSMENT, yg_assess_cmd_expert, 2},
	{"confirm", NEEDS_ASSESSMENT, yg_assess_cmd_confirm, 1},
	{"export", NEEDS_ASSESSMENT, yg_assess_cmd_export, 0},
	{"import", NEEDS_STORE, yg_assess_cmd_import, 1},
	{"web", NEEDS_STORE, yg_assess_cmd_web, 0},
	{"template", NEEDS_NOTHING, yg_assess_cmd_template, 9},
	{"report", NEEDS_ASSESSMENT, yg_assess_cmd_report, 1},
	{"sign", NEEDS_ASSESSMENT, yg_assess_cmd_sign, 0},
	{"verify", NEEDS_NOTHING, yg_assess_cmd_verify, 9},
	{"key", NEEDS_NOTHING, yg_assess_cmd_key, 9},
};

enum option_code {
	OPT_TEXT = 1000, /* + index in text_options */
	OPT_JSON = 2000,
	OPT_HTML,
	OPT_CSV,
	OPT_OPEN,
	OPT_NO_OPEN,
	OPT_ROUTES,
	OPT_LIMIT,
	OPT_PORT,
	OPT_LANG,
};

/* Options that take one text: where each goes. */
static const struct {
	const char *name;
	size_t offset;
} text_options[] = {
	{"db", offsetof(struct yg_assess_cli, db)},
	{"assessment", offsetof(struct yg_assess_cli, assessment)},
	{"framework", offsetof(struct yg_assess_cli, framework)},
	{"level", offsetof(struct yg_assess_cli, level)},
	{"organisation", offsetof(struct yg_assess_cli, organisation)},
	{"corporate-number", offsetof(struct yg_assess_cli, corporate_number)},
	{"from", offsetof(struct yg_assess_cli, from)},
	{"by", offsetof(struct yg_assess_cli, person)},
	{"key", offsetof(struct yg_assess_cli, key)},
	{"out", offsetof(struct yg_assess_cli, out)},
	{"name", offsetof(struct yg_assess_cli, name)},
	{"expires", offsetof(struct yg_assess_cli, expires)},
	{"until", offsetof(struct yg_assess_cli, until)},
	{"reason", offsetof(struct yg_assess_cli, reason)},
	{"note", offsetof(struct yg_assess_cli, note)},
	{"evidence", offsetof(struct yg_assess_cli, evidence)},
	{"date", offsetof(struct yg_assess_cli, date)},
	{"source", offsetof(struct yg_assess_cli, source)},
	{"since", offsetof(struct yg_assess_cli, since)},
	{"format", offsetof(struct yg_assess_cli, format)},
	{"as", offsetof(struct yg_assess_cli, as_expert)},
	{"audience", offsetof(struct yg_assess_cli, audience)},
	{"kind", offsetof(struct yg_assess_cli, kind)},
};
#define TEXT_OPTION_COUNT (sizeof(text_options) / sizeof(text_options[0]))

static void fill_longs(struct option *longs)
{
	static const struct option rest[] = {
		{"json", no_argument, NULL, OPT_JSON},
		{"html", no_argument, NULL, OPT_HTML},
		{"csv", no_argument, NULL, OPT_CSV},
		{"open", no_argument, NULL, OPT_OPEN},
		{"no-open", no_argument, NULL, OPT_NO_OPEN},
		{"routes", no_argument, NULL, OPT_ROUTES},
		{"limit", required_argument, NULL, OPT_LIMIT},
		{"port", required_argument, NULL, OPT_PORT},
		{"lang", required_argument, NULL, OPT_LANG},
		{"help", no_argument, NULL, 'h'},
		{0},
	};

	for (size_t i = 0; i < TEXT_OPTION_COUNT; i++)
		longs[i] = (struct option){text_options[i].name, required_argument, NULL,
					   OPT_TEXT + (int)i};
	memcpy(longs + TEXT_OPTION_COUNT, rest, sizeof(rest));
}

static bool read_number(const char *name, uint64_t max, uint64_t *to)
{
	if (yg_bytes_u64(yg_bytes_str(optarg), to) && *to <= max)
		return true;
	yg_say(N_("--%s %s: a number up to %u is expected"), name,
	       yg_say_safe(yg_bytes_str(optarg), 40), (unsigned)max);
	return false;
}

/* One option. False when it is wrong (said). */
static bool take_option(int option, struct yg_assess_cli *cli)
{
	switch (option) {
	case OPT_JSON:
		cli->is_json = true;
		return true;
	case OPT_HTML:
		cli->is_html = true;
		return true;
	case OPT_CSV:
		cli->is_csv = true;
		return true;
	case OPT_OPEN:
		cli->is_opening = true;
		return true;
	case OPT_NO_OPEN:
		cli->is_opening = false;
		return true;
	case OPT_ROUTES:
		cli->is_routes_only = true;
		return true;
	case OPT_LIMIT:
		return read_number("limit", LIMIT_MAX, &cli->limit);
	case OPT_PORT:
		return read_number("port", 65535, &cli->port);
	case OPT_LANG:
		if (yg_lang_by_name(yg_bytes_str(optarg), &cli->lang)) {
			yg_say_lang(cli->lang);
			return true;
		}
		yg_say(N_("--lang %s: give ja or en"), yg_say_safe(yg_bytes_str(optarg), 40));
		return false;
	case 'o':
		cli->out = optarg;
		return true;
	default:
		*(const char **)(void *)((char *)cli + text_options[option - OPT_TEXT].offset) =
			optarg;
		return true;
	}
}

/* False when the command line is wrong (said), or help was shown (*ret_status 0). */
static bool read_options(int argc, char **argv, struct yg_assess_cli *cli, int *ret_status)
{
	struct option longs[TEXT_OPTION_COUNT + 16];
	int option;

	fill_longs(longs);
	*ret_status = YG_EXIT_FAILED;
	cli->lang = yg_say_lang_now();
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":ho:", longs, NULL)) != -1) {
		if (option == 'h') {
			yg_help_assess();
			*ret_status = YG_EXIT_DONE;
			return false;
		}
		if (option == ':' || option == '?') {
			yg_say_hint(N_("`yagura assess --help` shows what there is"),
				    option == ':' ? N_("%s: a value is missing after it")
						  : N_("%s: there is no such option"),
				    yg_say_safe(yg_bytes_str(argv[optind - 1]), 80));
			return false;
		}
		if (!take_option(option, cli))
			return false;
	}
	cli->args = argv + optind;
	cli->arg_count = argc - optind;
	return true;
}

/* ---- opening ---- */

/* --db, else YAGURA_ASSESS_DB, else a file in the user's data folder. */
static bool choose_path(const struct yg_assess_cli *cli, char *to, size_t room)
{
	const char *path = cli->db ? cli->db : getenv("YAGURA_ASSESS_DB");
	int size = path ? snprintf(to, room, "%s", path) : 0;

	return path ? size > 0 && (size_t)size < room : yg_user_data_path("assess.db", to, room);
}

/* Was it the file of the firm's lists that failed with @rc? */
static bool is_of_facts(const struct yg_assess_run *run, int rc)
{
	uint64_t change;

	return run->facts && run->ports.facts_change &&
	       run->ports.facts_change(run->ports.facts, &change) == rc;
}

int yg_assess_say_store(const struct yg_assess_run *run, int rc)
{
	const char *path = yg_say_safe(yg_bytes_str(run->db_path), 300);
	const char *trouble = run->store ? yg_control_trouble(run->store) : "";

	switch (rc) {
	case YG_ENOENT:
		yg_say_hint(
			N_("make one with: yagura assess new --framework scs-2026-03-27 --level "
			   "star3 --db FILE"),
			N_("%s: there is no assessment here"), path);
		break;
	case YG_EFORMAT:
		if (is_of_facts(run, rc))
			yg_say_hint(N_("move it away and bring the lists in again with `yagura "
				       "assess import-facts`; the answers are not in it"),
				    N_("%s.facts: the file of the lists is damaged"), path);
		else
			yg_say_hint(
				N_("give the path of a file that `yagura assess new` made, or a "
				   "copy of it that is whole"),
				N_("%s: this is no assessment file, or it is damaged; it was left "
				   "as "
				   "it is"),
				path);
		break;
	case YG_EMISMATCH:
		yg_say_hint(N_("use the newer program, or an older copy of the file"),
			    N_("%s: made by a newer version of Yagura; it was left as it is"),
			    path);
		break;
	case YG_EAGAIN:
		yg_say_hint(N_("close the other program that has it open, and try again"),
			    N_("%s: another program is writing to it"), path);
		break;
	case YG_ENOSPC:
		yg_say_hint(N_("free some space; what was there before is unharmed"), "%s: %s",
			    path, yg_say_tr(yg_err_text(rc)));
		break;
	default:
		yg_say("%s: %s%s%s", path, yg_say_tr(yg_err_text(rc)), trouble[0] ? ": " : "",
		       yg_say_safe(yg_bytes_str(trouble), 200));
	}
	return YG_EXIT_FAILED;
}

static const char *person_of(const struct yg_assess_cli *cli)
{
	const char *user = getenv("USER");

	return cli->person ? cli->person : user && user[0] ? user : "local";
}

/* *ret_is_new: the file was not there before. */
static int open_run(struct yg_assess_run *run, enum needs needs, bool *ret_is_new)
{
	int rc;

	if (needs == NEEDS_NOTHING)
		return yg_assess_ports_init(run);
	if (!choose_path(run->cli, run->db_path, sizeof(run->db_path)))
		return YG_EINVAL;
	*ret_is_new = needs == NEEDS_STORE && access(run->db_path, F_OK) != 0 && errno == ENOENT;
	rc = yg_control_open_sqlite(run->db_path, needs == NEEDS_STORE, &run->store);
	if (rc == YG_OK)
		rc = yg_access_local(run->store, yg_clock_system(), person_of(run->cli),
				     &run->access);
	if (rc == YG_OK && run->cli->as_expert) {
		struct yg_access *as_expert;

		rc = yg_access_as_expert(run->access, run->cli->as_expert, &as_expert);
		if (rc == YG_OK) {
			(void)yg_access_free(run->access);
			run->access = as_expert;
		}
	}
	if (rc == YG_OK)
		rc = yg_assess_ports_init(run);
	if (rc == YG_OK && needs == NEEDS_ASSESSMENT)
		rc = yg_assess_open(run->access, &run->ports, run->cli->assessment, &run->assess);
	return rc;
}

/* Opening failed with @rc: say why, and what to do. */
static int say_open(const struct yg_assess_run *run, enum needs needs, int rc)
{
	const struct yg_assess_cli *cli = run->cli;
	const char *path = yg_say_safe(yg_bytes_str(run->db_path), 300);
	/* Still the owner: it was the desk of the expert that did not open. */
	bool is_desk =
		cli->as_expert && run->access && yg_access_role(run->access) == YG_ROLE_OWNER;

	if (is_desk && rc == YG_EACCES)
		yg_say_hint(N_("the owner can invite again: yagura assess expert"),
			    N_("--as %s: the invitation is over"),
			    yg_say_safe(yg_bytes_str(cli->as_expert), 80));
	else if (is_desk && rc == YG_ENOENT)
		yg_say_hint(N_("`yagura assess expert list` shows those who were invited"),
			    N_("--as %s: nobody with this id was invited"),
			    yg_say_safe(yg_bytes_str(cli->as_expert), 80));
	else if (rc == YG_EINVAL)
		yg_say(N_("no place for the assessment file is known: give --db FILE"));
	else if (rc == YG_ENOENT && needs == NEEDS_STORE)
		yg_say_hint(N_("make the folder first, or give another path"),
			    N_("%s: its folder is not there"), path);
	else if (rc == YG_ENOENT && run->store && cli->assessment)
		yg_say_hint(N_("`yagura assess list assessments` shows those in the file"),
			    N_("--assessment %s: there is no such assessment in the file"),
			    yg_say_safe(yg_bytes_str(cli->assessment), 80));
	else
		return yg_assess_say_store(run, rc);
	return YG_EXIT_FAILED;
}

/* Is there no assessment in the file? Not known counts as no. */
static bool is_empty(struct yg_assess_run *run)
{
	struct yg_assess *assess = NULL;
	bool is = !run->assess && run->access &&
		  yg_assess_open(run->access, &run->ports, NULL, &assess) == YG_ENOENT;

	(void)yg_assess_free(assess);
	return is;
}

/* A refused command changes nothing: a file that was made for it goes again. */
static void remove_new(const char *path)
{
	static const char *const ends[] = {"-wal", "-shm", ""};
	char name[4096 + 8];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		(void)snprintf(name, sizeof(name), "%s%s", path, ends[i]); /* room was left */
		(void)unlink(name);					   /* it may not be there */
	}
}

static int run_command(const struct yg_assess_cli *cli, size_t which)
{
	enum needs needs = cli->is_routes_only ? NEEDS_NOTHING : commands[which].needs;
	struct yg_assess_run run = {.cli = cli};
	bool is_new = false;
	int status;
	int rc;

	if (cli->arg_count > commands[which].args_max) {
		yg_say_hint(N_("`yagura assess --help` shows what there is"),
			    N_("%s: this is one word too many for `%s`"),
			    yg_say_safe(yg_bytes_str(cli->args[commands[which].args_max]), 80),
			    commands[which].name);
		return YG_EXIT_FAILED;
	}
	rc = open_run(&run, needs, &is_new);
	status = rc == YG_OK ? commands[which].run(&run) : say_open(&run, needs, rc);
	is_new = is_new && status != YG_EXIT_DONE && is_empty(&run);
	(void)yg_assess_free(run.assess);
	yg_assess_ports_done(&run);
	(void)yg_access_free(run.access);
	(void)yg_control_free(run.store);
	if (is_new && commands[which].run != yg_assess_cmd_web)
		remove_new(run.db_path);
	if (fflush(stdout) != 0 && errno != EPIPE) {
		yg_say(N_("the output could not be written: %s"),
		       yg_say_tr(yg_err_text(yg_err_from_errno(errno))));
		status = YG_EXIT_FAILED;
	}
	return status;
}

int yg_command_assess(int argc, char **argv)
{
	struct yg_assess_cli cli = {0};
	const char *name = argc > 1 ? argv[1] : "";
	int status;

	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		yg_help_assess();
		return YG_EXIT_DONE;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name) != 0)
			continue;
		if (!read_options(argc - 1, argv + 1, &cli, &status))
			return status;
		return run_command(&cli, i);
	}
	if (!name[0])
		yg_say_hint(N_("`yagura assess --help` shows what there is"),
			    N_("assess: what shall be done?"));
	else
		yg_say_hint(N_("`yagura assess --help` shows what there is"),
			    N_("assess %s: there is no such command"),
			    yg_say_safe(yg_bytes_str(name), 60));
	return YG_EXIT_FAILED;
}
