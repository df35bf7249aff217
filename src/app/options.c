/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/options.h"

#include <getopt.h>

#include "app/commands.h"
#include "app/say.h"
#include "app/tally.h"
#include "base/alloc.h"

#include "base/ban.h"

enum {
	OPT_JSON = 256,
	OPT_STORIES,
	OPT_CSV,
	OPT_HTML,
	OPT_RULES,
	OPT_NO_DEFAULT,
	OPT_SOURCES,
	OPT_PLACEHOLDERS,
	OPT_DEPRECATED,
	OPT_FORMAT,
	OPT_LOG_FORMAT,
	OPT_TZ,
	OPT_INDICATORS,
	OPT_ALLOW,
	OPT_FOLLOW,
	OPT_FAIL_ON,
	OPT_THREADS,
	OPT_LANG,
	OPT_STATS,
	OPT_FROM,
	OPT_TO,
	OPT_FIELD,
	OPT_STATE,
	OPT_OUT,
	OPT_ORG,
	OPT_ARRIVED,
	OPT_COUNT,
	OPT_EXPLAIN,
	OPT_EXPLAIN_MAX,
	OPT_PROFILE,
	OPT_RULE_BUDGET,
	OPT_FINDINGS_BUDGET,
};

static const struct option longs[] = {
	{"json", no_argument, NULL, OPT_JSON},
	{"json-stories", no_argument, NULL, OPT_STORIES},
	{"csv", no_argument, NULL, OPT_CSV},
	{"html", required_argument, NULL, OPT_HTML},
	{"rules", required_argument, NULL, OPT_RULES},
	{"no-default-rules", no_argument, NULL, OPT_NO_DEFAULT},
	{"sources", required_argument, NULL, OPT_SOURCES},
	{"placeholders", required_argument, NULL, OPT_PLACEHOLDERS},
	{"include-deprecated", no_argument, NULL, OPT_DEPRECATED},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"log-format", required_argument, NULL, OPT_LOG_FORMAT},
	{"tz", required_argument, NULL, OPT_TZ},
	{"indicators", required_argument, NULL, OPT_INDICATORS},
	{"allow", required_argument, NULL, OPT_ALLOW},
	{"follow", no_argument, NULL, OPT_FOLLOW},
	{"fail-on", required_argument, NULL, OPT_FAIL_ON},
	{"threads", required_argument, NULL, OPT_THREADS},
	{"lang", required_argument, NULL, OPT_LANG},
	{"stats", no_argument, NULL, OPT_STATS},
	{"count", no_argument, NULL, OPT_COUNT},
	{"explain", required_argument, NULL, OPT_EXPLAIN},
	{"explain-max", required_argument, NULL, OPT_EXPLAIN_MAX},
	{"profile", required_argument, NULL, OPT_PROFILE},
	{"rule-budget", required_argument, NULL, OPT_RULE_BUDGET},
	{"findings-budget", required_argument, NULL, OPT_FINDINGS_BUDGET},
	{"help", no_argument, NULL, 'h'},
};
#define LONGS (sizeof(longs) / sizeof(longs[0]))

/* Options of some commands alone. */
static const struct {
	const char *commands; /* divided by spaces */
	struct option option;
} more_longs[] = {
	{"hunt cat", {"from", required_argument, NULL, OPT_FROM}},
	{"hunt cat", {"to", required_argument, NULL, OPT_TO}},
	{"hunt cat", {"field", required_argument, NULL, OPT_FIELD}},
	{"hunt", {"state", required_argument, NULL, OPT_STATE}},
	{"write", {"out", required_argument, NULL, OPT_OUT}},
	{"write", {"org", required_argument, NULL, OPT_ORG}},
	{"write", {"arrived", required_argument, NULL, OPT_ARRIVED}},
};
#define MORE_LONGS (sizeof(more_longs) / sizeof(more_longs[0]))

static bool is_command(const char *commands, const char *name)
{
	size_t size = strlen(name);
	const char *at = strstr(commands, name);

	return at && (at == commands || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0');
}

/* The options of @command, ending in an empty one. */
static void make_longs(const char *command, struct option to[LONGS + MORE_LONGS + 1])
{
	size_t count = LONGS;

	memcpy(to, longs, sizeof(longs));
	for (size_t i = 0; i < MORE_LONGS; i++)
		if (is_command(more_longs[i].commands, command))
			to[count++] = more_longs[i].option;
	to[count] = (struct option){0};
}

static void show_help(const char *command)
{
	if (strcmp(command, "hunt") == 0)
		yg_help_hunt();
	else if (is_command("write cat verify repair", command))
		yg_help_archive();
	else
		yg_help_detect();
}

/* The names people give the access-log forms; the parser tells them apart by itself. */
static enum yg_format format_by_name(struct yg_bytes name)
{
	static const char *const access_names[] = {"combined", "common", "vhost-combined",
						   "nginx",    "apache", "vhost_combined"};

	for (size_t i = 0; i < sizeof(access_names) / sizeof(access_names[0]); i++)
		if (yg_bytes_eq(name, yg_bytes_str(access_names[i])))
			return YG_FORMAT_ACCESS;
	return yg_format_by_name(name);
}

static void say_formats(void)
{
	fputs("        ", stderr);
	/* Findings are told by a sensor, not read from a log. */
	for (enum yg_format f = 1; f < YG_FORMAT_FINDING; f++)
		fprintf(stderr, "%s%s", f > 1 ? ", " : "", yg_format_name(f));
	fputs(", combined, common, vhost-combined\n", stderr);
}

static bool add_path(const char ***list, size_t *count, const char *path)
{
	const char **more =
		*count < YG_PATHS_MAX ? yg_reallocarray(*list, *count + 1, sizeof(*more)) : NULL;

	if (!more) {
		yg_say(N_("out of memory"));
		return false;
	}
	more[(*count)++] = path;
	*list = more;
	return true;
}

static bool set_output(struct yg_options *options, enum yg_output output)
{
	if (options->output != YG_OUTPUT_TERMINAL && options->output != output) {
		yg_say(N_("give only one of --json, --json-stories, --csv and --html"));
		return false;
	}
	options->output = output;
	return true;
}

static bool set_format(struct yg_options *options, const char *name)
{
	options->format = format_by_name(yg_bytes_str(name));
	if (options->format != YG_FORMAT_UNKNOWN)
		return true;
	yg_say(N_("--format %s: there is no such format; these are known:"),
	       yg_say_safe(yg_bytes_str(name), 80));
	say_formats();
	return false;
}

static bool set_threads(struct yg_options *options, const char *text)
{
	uint64_t value;

	if (!yg_bytes_u64(yg_bytes_str(text), &value) || value < 1 || value > YG_THREADS_MAX) {
		yg_say(N_("--threads %s: give a number from 1 to %u"),
		       yg_say_safe(yg_bytes_str(text), 40), YG_THREADS_MAX);
		return false;
	}
	options->threads = (unsigned)value;
	return true;
}

static bool set_fail_on(struct yg_options *options, const char *text)
{
	options->has_fail_on = yg_level_by_name(yg_bytes_str(text), &options->fail_on);
	if (!options->has_fail_on)
		yg_say(N_("--fail-on %s: give informational, low, medium, high or critical"),
		       yg_say_safe(yg_bytes_str(text), 40));
	return options->has_fail_on;
}

static bool set_lang(const char *text)
{
	enum yg_lang lang;

	if (!yg_lang_by_name(yg_bytes_str(text), &lang)) {
		yg_say(N_("--lang %s: give ja or en"), yg_say_safe(yg_bytes_str(text), 40));
		return false;
	}
	yg_say_lang(lang);
	return true;
}

static bool set_explain_max(struct yg_options *options, const char *text)
{
	uint64_t value;

	if (!yg_bytes_u64(yg_bytes_str(text), &value) || value < 1 || value > YG_EXPLAIN_MAX_MAX) {
		yg_say(N_("--explain-max %s: give a number from 1 to %u"),
		       yg_say_safe(yg_bytes_str(text), 40), YG_EXPLAIN_MAX_MAX);
		return false;
	}
	options->explain_max = (unsigned)value;
	return true;
}

static bool set_budget(uint64_t *to, const char *name, const char *text, uint64_t least,
		       uint64_t most)
{
	if (yg_bytes_u64(yg_bytes_str(text), to) && (*to == 0 || (*to >= least && *to <= most)))
		return true;
	yg_say(N_("%s %s: give 0 for no limit, or a number from %llu to %llu"), name,
	       yg_say_safe(yg_bytes_str(text), 40), (unsigned long long)least,
	       (unsigned long long)most);
	return false;
}

/* Options for those who tune rules (docs/tuning.md). */
static bool set_tuning_option(struct yg_options *o, int option, const char *value)
{
	switch (option) {
	case OPT_COUNT:
		o->is_counting = true;
		return true;
	case OPT_EXPLAIN:
		o->explain = value;
		return true;
	case OPT_PROFILE:
		o->profile = value;
		return true;
	case OPT_RULE_BUDGET:
		return set_budget(&o->rule_budget, "--rule-budget", value, YG_RULE_BUDGET_MIN,
				  UINT32_MAX);
	case OPT_FINDINGS_BUDGET:
		return set_budget(&o->findings_budget, "--findings-budget", value, 1, 1000);
	default:
		return set_explain_max(o, value);
	}
}

/* What cannot be asked for together. */
static bool fits_together(const struct yg_options *o)
{
	if (o->is_counting && o->explain) {
		yg_say(N_("give only one of --count and --explain"));
		return false;
	}
	if (o->is_following && (o->is_counting || o->explain)) {
		yg_say(N_("%s looks at logs as they are: leave out --follow"),
		       o->explain ? "--explain" : "--count");
		return false;
	}
	if (!o->is_counting && !o->explain)
		return true;
	if (o->output != YG_OUTPUT_TERMINAL && o->output != YG_OUTPUT_JSON) {
		yg_say(N_("%s is shown as text or with --json"),
		       o->explain ? "--explain" : "--count");
		return false;
	}
	return true;
}

/* Options that choose what goes out. */
static bool set_output_option(struct yg_options *o, int option, const char *value)
{
	switch (option) {
	case OPT_JSON:
		return set_output(o, YG_OUTPUT_JSON);
	case OPT_STORIES:
		return set_output(o, YG_OUTPUT_STORIES);
	case OPT_CSV:
		return set_output(o, YG_OUTPUT_CSV);
	case OPT_HTML:
		o->html_path = value;
		return set_output(o, YG_OUTPUT_HTML);
	case OPT_FAIL_ON:
		return set_fail_on(o, value);
	case OPT_LANG:
		return set_lang(value);
	default:
		o->with_stats = true;
		return true;
	}
}

/* Options that choose what goes in. */
static bool set_input_option(struct yg_options *o, int option, const char *value)
{
	switch (option) {
	case OPT_RULES:
		return add_path(&o->rules, &o->rule_count, value);
	case OPT_INDICATORS:
		return add_path(&o->indicators, &o->indicator_count, value);
	case OPT_ALLOW:
		return add_path(&o->allows, &o->allow_count, value);
	case OPT_SOURCES:
		return add_path(&o->sources, &o->source_count, value);
	case OPT_NO_DEFAULT:
		o->no_default_rules = true;
		return true;
	case OPT_PLACEHOLDERS:
		o->placeholders = value;
		return true;
	case OPT_DEPRECATED:
		o->include_deprecated = true;
		return true;
	case OPT_FORMAT:
		return set_format(o, value);
	case OPT_LOG_FORMAT:
		o->log_format = value;
		return true;
	case OPT_TZ:
		o->zone = value;
		return true;
	case OPT_THREADS:
		return set_threads(o, value);
	default:
		o->is_following = true;
		return true;
	}
}

/* Options of hunts and archives. */
static bool set_archive_option(struct yg_options *o, int option, const char *value)
{
	switch (option) {
	case OPT_FROM:
		o->from = value;
		return true;
	case OPT_TO:
		o->to = value;
		return true;
	case OPT_FIELD:
		return add_path(&o->fields, &o->field_count, value);
	case OPT_STATE:
		o->state_path = value;
		return true;
	case OPT_OUT:
		o->out_dir = value;
		return true;
	case OPT_ORG:
		o->org = value;
		return true;
	default:
		o->arrived = value;
		return true;
	}
}

static bool is_output_option(int option)
{
	return (option >= OPT_JSON && option <= OPT_HTML) || option == OPT_FAIL_ON ||
	       option == OPT_LANG || option == OPT_STATS;
}

static bool set_option(struct yg_options *o, int option, const char *value)
{
	if (option >= OPT_COUNT)
		return set_tuning_option(o, option, value);
	if (option >= OPT_FROM)
		return set_archive_option(o, option, value);
	return is_output_option(option) ? set_output_option(o, option, value)
					: set_input_option(o, option, value);
}

enum yg_options_result yg_options_read_some(int argc, char **argv, struct yg_options *ret)
{
	struct option table[LONGS + MORE_LONGS + 1];
	int option;

	*ret = (struct yg_options){.explain_max = YG_EXPLAIN_MAX_DEFAULT,
				   .rule_budget = YG_RULE_BUDGET_DEFAULT};
	make_longs(argv[0], table);
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":h", table, NULL)) != -1) {
		if (option == 'h') {
			show_help(argv[0]);
			return YG_OPTIONS_DONE;
		}
		if (option == '?' || option == ':') {
			yg_say_hint(N_("`yagura detect --help` shows what there is"),
				    option == '?' ? N_("%s: there is no such option")
						  : N_("%s: a value is missing after it"),
				    yg_say_safe(yg_bytes_str(argv[optind - 1]), 80));
			return YG_OPTIONS_WRONG;
		}
		if (!set_option(ret, option, optarg))
			return YG_OPTIONS_WRONG;
	}
	if (!fits_together(ret))
		return YG_OPTIONS_WRONG;
	ret->paths = (const char *const *)argv + optind;
	ret->path_count = (size_t)(argc - optind);
	return YG_OPTIONS_RUN;
}

enum yg_options_result yg_options_read(int argc, char **argv, struct yg_options *ret)
{
	enum yg_options_result result = yg_options_read_some(argc, argv, ret);

	if (result != YG_OPTIONS_RUN)
		return result;
	if (ret->path_count == 0) {
		yg_say_hint(N_("give files or folders, or - for standard input; "
			       "`yagura detect --help` shows more"),
			    N_("no log was named"));
		return YG_OPTIONS_WRONG;
	}
	if (ret->log_format && ret->format == YG_FORMAT_UNKNOWN)
		ret->format = YG_FORMAT_ACCESS;
	return YG_OPTIONS_RUN;
}

void yg_options_done(struct yg_options *options)
{
	free(options->rules);
	free(options->indicators);
	free(options->allows);
	free(options->fields);
	free(options->sources);
	options->keywords = yg_tally_free(options->keywords);
	*options = (struct yg_options){0};
}
