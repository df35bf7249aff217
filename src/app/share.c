/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura share plan`: whom to warn when a member is hit. No hub is needed. */
#define _GNU_SOURCE
#include <getopt.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/say.h"
#include "app/share-int.h"
#include "app/sheet_file.h"
#include "base/alloc.h"
#include "base/io.h"
#include "base/nearest.h"
#include "parse/warn_rules.h"
#include "parse/yaml.h"

#include "base/ban.h"

#define ARENA_MAX (1u << 30)
#define OUT_MAX	  (512u << 20)

/* rules/warn/default.yaml, made by tools/embed.py. */
extern const unsigned char yg_warn_default[];
extern const size_t yg_warn_default_size;

struct run {
	const char *members;
	const char *relations;
	const char *victim;
	const char *rules_path; /* NULL: the program's own */
	bool is_json;
	bool with_reasons;
	struct yg_arena *arena;
	struct yg_community community;
	struct yg_warn_rules rules;
};

enum option_code {
	OPT_MEMBERS = 1000,
	OPT_RELATIONS,
	OPT_VICTIM,
	OPT_RULES,
	OPT_JSON,
	OPT_REASONS,
	OPT_LANG,
};

static const struct option longs[] = {
	{"members", required_argument, NULL, OPT_MEMBERS},
	{"relations", required_argument, NULL, OPT_RELATIONS},
	{"victim", required_argument, NULL, OPT_VICTIM},
	{"rules", required_argument, NULL, OPT_RULES},
	{"json", no_argument, NULL, OPT_JSON},
	{"reasons", no_argument, NULL, OPT_REASONS},
	{"lang", required_argument, NULL, OPT_LANG},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static bool take_option(void *arg, int option)
{
	struct run *run = arg;

	switch (option) {
	case OPT_MEMBERS:
		run->members = optarg;
		return true;
	case OPT_RELATIONS:
		run->relations = optarg;
		return true;
	case OPT_VICTIM:
		run->victim = optarg;
		return true;
	case OPT_RULES:
		run->rules_path = optarg;
		return true;
	case OPT_JSON:
		run->is_json = true;
		return true;
	case OPT_REASONS:
		run->with_reasons = true;
		return true;
	default:
		return yg_share_take_lang(optarg);
	}
}

/* What is no option: `plan` alone, and everything it needs was given. */
static bool read_words(int argc, char **argv, const struct run *run)
{
	if (optind >= argc || strcmp(argv[optind], "plan") != 0)
		return yg_share_refuse(
			N_("share: %s: there is no such command"),
			yg_say_safe(yg_bytes_str(optind < argc ? argv[optind] : ""), 40));
	if (optind + 1 < argc)
		return yg_share_refuse(N_("share plan: %s: one word too many"),
				       yg_say_safe(yg_bytes_str(argv[optind + 1]), 80));
	if (!run->members || !run->relations || !run->victim)
		return yg_share_refuse(N_("share plan: %s is missing"),
				       !run->members	 ? "--members FILE"
				       : !run->relations ? "--relations FILE"
							 : "--victim ID");
	return true;
}

/* False when the command line is wrong (said), or help was shown (*ret_status 0). */
static bool read_options(int argc, char **argv, struct run *run, int *ret_status)
{
	if (!yg_share_options(argc, argv, longs, take_option, run, ret_status))
		return false;
	return read_words(argc, argv, run);
}

/* ---- reading ---- */

static int read_community(struct run *run)
{
	struct yg_row_faults faults = {0};
	struct yg_table table;
	int rc = yg_sheet_file_read(run->members, run->arena, &table);

	if (rc != YG_OK)
		return rc;
	rc = yg_members_read(&table, false, run->arena, &run->community, &faults);
	if (rc == YG_EFORMAT)
		yg_sheet_file_say_faults(run->members, &faults);
	if (rc != YG_OK)
		return rc;
	rc = yg_sheet_file_read(run->relations, run->arena, &table);
	if (rc != YG_OK)
		return rc;
	rc = yg_relations_read(&table, run->arena, &run->community, &faults);
	if (rc == YG_EFORMAT)
		yg_sheet_file_say_faults(run->relations, &faults);
	return rc;
}

static int read_rules(struct run *run)
{
	struct yg_line_fault fault = {.msg = ""};
	struct yg_bytes text = {yg_warn_default, yg_warn_default_size};
	const char *path = run->rules_path ? run->rules_path : "yagura:rules/warn/default.yaml";
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = YG_OK;

	if (run->rules_path) {
		rc = yg_io_read_file(run->rules_path, YG_YAML_BYTES_MAX, &bytes, &size);
		text = (struct yg_bytes){bytes, size};
	}
	if (rc == YG_OK)
		rc = yg_warn_rules_read(text, run->arena, &run->rules, &fault);
	free(bytes);
	if (rc != YG_OK && fault.msg[0])
		yg_say("%s:%u: %s", yg_say_safe(yg_bytes_str(path), 300), fault.line,
		       yg_say_safe(yg_bytes_str(fault.msg), YG_LINE_FAULT_MAX));
	else if (rc != YG_OK)
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(yg_err_text(rc)));
	return rc;
}

/* The member who was hit, or YG_MEMBER_NONE (said). */
static uint32_t find_victim(const struct run *run)
{
	struct yg_bytes id = yg_bytes_trim(yg_bytes_str(run->victim));
	uint32_t found = yg_community_find(&run->community, id);
	struct yg_bytes *ids;
	size_t near = SIZE_MAX;

	if (found != YG_MEMBER_NONE)
		return found;
	if (id.size == 0) {
		yg_say_hint(N_("give the id of a member, as in the column id"),
			    N_("--victim: nobody is named"));
		return found;
	}
	ids = yg_calloc((size_t)run->community.member_count + 1, sizeof(*ids));
	for (uint32_t i = 0; ids && i < run->community.member_count; i++)
		ids[i] = run->community.members[i].id;
	if (ids)
		near = yg_nearest_of(id, ids, run->community.member_count);
	if (near != SIZE_MAX)
		yg_say(N_("--victim %s: %s has no such member; is %s meant?"), yg_say_safe(id, 80),
		       yg_say_safe(yg_bytes_str(run->members), 200), yg_say_safe(ids[near], 80));
	else
		yg_say(N_("--victim %s: %s has no such member"), yg_say_safe(id, 80),
		       yg_say_safe(yg_bytes_str(run->members), 200));
	free(ids);
	return found;
}

/* ---- the plan ---- */

static int print(const struct run *run, uint32_t victim, const struct yg_plan *plan)
{
	struct yg_share_plan share = {.community = &run->community,
				      .rules = &run->rules,
				      .plan = plan,
				      .victim = victim,
				      .with_reasons = run->with_reasons};
	struct yg_buf out;
	int rc;

	yg_buf_init(&out, OUT_MAX);
	if (run->is_json)
		yg_share_plan_json(&share, &out);
	else
		yg_share_plan_text(&share, &out);
	rc = yg_buf_error(&out);
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&out));
	yg_buf_done(&out);
	if (rc == YG_OK || rc == YG_EPIPE)
		return YG_OK;
	yg_say("%s", yg_say_tr(yg_err_text(rc)));
	return rc;
}

static int make_plan(const struct run *run, uint32_t victim)
{
	struct yg_plan_graph *graph = yg_plan_graph_new(&run->community);
	struct yg_plan plan;
	int rc = YG_ENOMEM;

	if (graph)
		rc = yg_plan_make(graph, &run->rules, victim, run->arena, &plan);
	if (rc == YG_OK)
		rc = print(run, victim, &plan);
	else
		yg_say("%s", yg_say_tr(yg_err_text(rc)));
	(void)yg_plan_graph_free(graph);
	return rc;
}

/* Commands with a file of their own. */
static const struct {
	const char *word;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"check", yg_share_check},     {"drill", yg_share_drill},
	{"export", yg_share_stix},     {"import", yg_share_stix},
	{"poll", yg_share_poll},       {"provision", yg_share_drill},
	{"release", yg_share_release}, {"statistics", yg_share_statistics},
};

int yg_command_share(int argc, char **argv)
{
	struct run run = {0};
	uint32_t victim;
	int status;
	int rc;

	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].word) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (!read_options(argc, argv, &run, &status))
		return status;
	run.arena = yg_arena_new(ARENA_MAX);
	rc = run.arena ? read_rules(&run) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = read_community(&run);
	if (rc == YG_ENOMEM)
		yg_say("%s", yg_say_tr(yg_err_text(rc)));
	victim = rc == YG_OK ? find_victim(&run) : YG_MEMBER_NONE;
	if (victim != YG_MEMBER_NONE)
		rc = make_plan(&run, victim);
	(void)yg_arena_free(run.arena);
	return rc == YG_OK && victim != YG_MEMBER_NONE ? YG_EXIT_DONE : YG_EXIT_FAILED;
}
