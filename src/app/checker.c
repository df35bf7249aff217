/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same program under the name evtx-sigma-checker: what the publisher of the public rules calls
 * to prove an engine on its regression set. One JSON line for each hit, its rule as RuleId.
 *
 * Source: tests/regression_tests_runner.py of the rule repository (how it is called and read).
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/detect-int.h"
#include "app/say.h"
#include "base/alloc.h"

#include "base/ban.h"

struct checker {
	const char *log_source;
	const char *evtx;
	const char *level;
	const char *rules;
};

static bool read_options(int argc, char **argv, struct checker *ret)
{
	static const struct option longs[] = {{"log-source", required_argument, NULL, 's'},
					      {"evtx-path", required_argument, NULL, 'e'},
					      {"rule-level", required_argument, NULL, 'l'},
					      {"rule-path", required_argument, NULL, 'r'},
					      {0}};
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (option == 's')
			ret->log_source = optarg;
		else if (option == 'e')
			ret->evtx = optarg;
		else if (option == 'l')
			ret->level = optarg;
		else if (option == 'r')
			ret->rules = optarg;
		else
			return false;
	}
	return optind == argc && ret->evtx && ret->rules;
}

int yg_command_checker(int argc, char **argv)
{
	struct checker c = {.level = "informational"};
	struct yg_options options = {.output = YG_OUTPUT_CHECKER,
				     .no_default_rules = true,
				     .include_deprecated = true,
				     .path_count = 1,
				     .rule_count = 1};
	int status;

	if (!read_options(argc, argv, &c)) {
		fputs("usage: evtx-sigma-checker --evtx-path PATH --rule-path DIR [--rule-level "
		      "LEVEL] "
		      "[--log-source FILE]\n",
		      stderr);
		return YG_EXIT_FAILED;
	}
	if (!yg_level_by_name(yg_bytes_str(c.level), &options.level_min)) {
		yg_say(N_("--rule-level %s: give informational, low, medium, high or critical"),
		       yg_say_safe(yg_bytes_str(c.level), 40));
		return YG_EXIT_FAILED;
	}
	options.mapping = c.log_source;
	options.paths = (const char *const *)&c.evtx;
	options.rules = yg_calloc(1, sizeof(*options.rules));
	if (!options.rules) {
		yg_say(N_("out of memory"));
		return YG_EXIT_FAILED;
	}
	options.rules[0] = c.rules;
	status = yg_detect(&options);
	/* Rules beside the one that is asked about are not what the caller wants to know of. */
	return status == YG_EXIT_PARTLY ? YG_EXIT_DONE : status;
}
