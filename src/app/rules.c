/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura rules check`: what is wrong with which rule, and where. */
#define _GNU_SOURCE
#include <getopt.h>

#include "app/benign.h"
#include "app/commands.h"
#include "app/matcher.h"
#include "app/rule_files.h"
#include "app/say.h"
#include "base/io.h"
#include "detect/rules.h"

#include "base/ban.h"

#define PLACEHOLDERS_BYTES_MAX (4u << 20)

struct check_opts {
	bool include_deprecated;
	const char *placeholders;
};

static void print_report(void *arg, const char *file, uint32_t line, bool is_refused,
			 const char *reason)
{
	(void)arg;
	printf("%s:%u: %s: %s\n", file, line, is_refused ? "refused" : "inactive", reason);
}

/* Returns false when the command line is wrong (said), or help was asked for (*ret_status 0). */
static bool read_options(int argc, char **argv, struct check_opts *ret, int *ret_status)
{
	static const struct option longs[] = {
		{"include-deprecated", no_argument, NULL, 'd'},
		{"placeholders", required_argument, NULL, 'p'},
		{"lang", required_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	enum yg_lang lang;
	int option;

	*ret_status = YG_EXIT_FAILED;
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		switch (option) {
		case 'd':
			ret->include_deprecated = true;
			break;
		case 'p':
			ret->placeholders = optarg;
			break;
		case 'l':
			if (!yg_lang_by_name(yg_bytes_str(optarg), &lang)) {
				yg_say(N_("--lang %s: give ja or en"),
				       yg_say_safe(yg_bytes_str(optarg), 40));
				return false;
			}
			yg_say_lang(lang);
			break;
		case 'h':
			yg_help_rules();
			*ret_status = YG_EXIT_DONE;
			return false;
		default:
			yg_say_hint(N_("`yagura rules --help` shows what there is"),
				    option == ':' ? N_("%s: a value is missing after it")
						  : N_("%s: there is no such option"),
				    yg_say_safe(yg_bytes_str(argv[optind - 1]), 80));
			return false;
		}
	}
	return true;
}

static int read_placeholders(struct yg_rules *rules, const char *path)
{
	char reason[256] = "";
	uint32_t line = 1;
	uint8_t *data;
	size_t size;
	int rc;

	if (!path)
		return YG_OK;
	rc = yg_io_read_file(path, PLACEHOLDERS_BYTES_MAX, &data, &size);
	if (rc != YG_OK) {
		yg_say(N_("%s: the placeholder file cannot be read: %s"),
		       yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(yg_err_text(rc)));
		return rc;
	}
	rc = yg_rules_placeholders(rules, path, (struct yg_bytes){data, size}, reason, &line);
	free(data);
	if (rc != YG_OK)
		yg_say(N_("%s:%u: the placeholder file is wrong: %s"),
		       yg_say_safe(yg_bytes_str(path), 300), line, reason);
	return rc;
}

static int check(struct yg_rules *rules, const struct yg_rule_files *files,
		 const struct check_opts *opts)
{
	struct yg_rules_opts rules_opts = {.include_deprecated = opts->include_deprecated};
	int rc = read_placeholders(rules, opts->placeholders);

	for (size_t i = 0; i < files->count && rc == YG_OK; i++)
		rc = yg_rules_add(rules, files->items[i].name, files->items[i].text, &rules_opts,
				  print_report, NULL);
	if (rc == YG_OK)
		rc = yg_rules_finish(rules, print_report, NULL);
	return rc;
}

static int check_paths(char **paths, int count, const struct check_opts *opts)
{
	struct yg_rule_files files = {0};
	struct yg_rules *rules = yg_rules_new();
	int status = YG_EXIT_FAILED;
	int rc = rules ? yg_matcher_choose(&rules->matcher) : YG_ENOMEM;

	if (rc == YG_OK)
		rc = yg_rule_files_init(&files);
	for (int i = 0; i < count && rc == YG_OK; i++)
		rc = yg_rule_files_add_path(&files, paths[i]);
	if (rc == YG_OK && files.count == 0) {
		yg_say_hint(N_("give a .yml file, or a folder that holds some"),
			    N_("no rule was found there"));
		goto out;
	}
	if (rc == YG_OK)
		rc = check(rules, &files, opts);
	if (rc == YG_ENOMEM)
		yg_say(N_("out of memory"));
	if (rc != YG_OK)
		goto out;
	printf("rules: %u found, %u loaded, %u inactive, %u refused\n", rules->found,
	       rules->found - rules->refused, rules->inactive, rules->refused);
	status = rules->refused > 0 || files.unreadable > 0 ? YG_EXIT_PARTLY : YG_EXIT_DONE;
	if (fflush(stdout) != 0 && errno != EPIPE) {
		yg_say(N_("the output could not be written: %s"),
		       yg_say_tr(yg_err_text(yg_err_from_errno(errno))));
		status = YG_EXIT_FAILED;
	}
out:
	(void)yg_rules_free(rules);
	yg_rule_files_done(&files);
	return status;
}

int yg_command_rules(int argc, char **argv)
{
	struct check_opts opts = {0};
	int status;

	if (argc > 1 && strcmp(argv[1], "benign") == 0)
		return yg_rules_benign(argc - 1, argv + 1);
	if (argc < 2 || strcmp(argv[1], "check") != 0) {
		bool is_help =
			argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);

		if (is_help)
			yg_help_rules();
		else
			yg_say(N_("rules: what shall be done? try: yagura rules check PATH"));
		return is_help ? YG_EXIT_DONE : YG_EXIT_FAILED;
	}
	if (!read_options(argc - 1, argv + 1, &opts, &status))
		return status;
	if (optind >= argc - 1) {
		yg_say_hint(N_("give a .yml file, or a folder that holds some"),
			    N_("no rule was named"));
		return YG_EXIT_FAILED;
	}
	return check_paths(argv + 1 + optind, argc - 1 - optind, &opts);
}
