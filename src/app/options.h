/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/options.h - the command line of `yagura detect` (docs/cli-contract.md).
 */
#pragma once

#include "base/tr.h"
#include "model/event.h"
#include "model/finding.h"

struct yg_tally;

#define YG_THREADS_MAX 64u
#define YG_PATHS_MAX   100000u

enum yg_output {
	YG_OUTPUT_TERMINAL,
	YG_OUTPUT_JSON,
	YG_OUTPUT_STORIES,
	YG_OUTPUT_CSV,
	YG_OUTPUT_HTML,
	YG_OUTPUT_CHECKER, /* app/checker.c */
	YG_OUTPUT_NONE,	   /* something else than findings is shown */
};

/*
 * Units of work (detect/meter.h) for each KiB. Reasons: docs/tuning.md. Own and public rules stay
 * far below it on all shared data.
 */
#define YG_RULE_BUDGET_DEFAULT 10000u
#define YG_RULE_BUDGET_MIN     64u /* less is not even counted */
#define YG_EXPLAIN_MAX_DEFAULT 10u
#define YG_EXPLAIN_MAX_MAX     10000u

struct yg_options {
	enum yg_output output;
	const char *html_path;
	const char **rules; /* paths; owned array of borrowed strings */
	size_t rule_count;
	const char **indicators;
	size_t indicator_count;
	const char **allows;
	size_t allow_count;
	const char **sources; /* --sources: descriptions (app/source_files.h) */
	size_t source_count;
	const char *placeholders;
	const char *mapping; /* NULL, or a file of log sources (detect/mapping.h) */
	bool no_default_rules;
	bool may_lack_rules; /* a folder of --rules may be empty: it is a hub's */
	bool include_deprecated;
	enum yg_format format; /* UNKNOWN = recognise */
	const char *log_format;
	const char *zone;
	bool is_following;
	bool has_fail_on;
	enum yg_level fail_on;
	enum yg_level level_min; /* findings below are not made */
	unsigned threads;	 /* 0 = one per processor */
	bool with_stats;
	bool is_counting;	  /* --count */
	bool is_benign;		  /* rules benign (app/benign.c) */
	uint64_t rule_budget;	  /* 0 = none */
	uint64_t findings_budget; /* of a rule, for each 1000 records; 0 = none */
	const char *profile;  /* NULL, or where to write what rules cost; "-" = standard error */
	const char *explain;  /* NULL, or which rule */
	unsigned explain_max; /* records or groups shown that fit, and that nearly fit */
	struct yg_tally *keywords; /* count what findings name instead (app/keywords.h); owned */
	const char *const *paths;
	size_t path_count;

	/* hunt, archive cat */
	const char *from; /* as written; NULL = none */
	const char *to;
	const char **fields; /* "NAME=VALUE"; owned array of borrowed strings */
	size_t field_count;
	const char *state_path; /* hunt; NULL = none */
	/* archive */
	const char *out_dir;
	const char *org;
	const char *arrived; /* as written; NULL = now */
};

/* What to do after reading the command line. */
enum yg_options_result {
	YG_OPTIONS_RUN,
	YG_OPTIONS_DONE,  /* --help was shown */
	YG_OPTIONS_WRONG, /* said on standard error */
};

/* @argv[0] is the subcommand, which may have options of its own. Sets the language of messages. */
enum yg_options_result yg_options_read(int argc, char **argv, struct yg_options *ret);
/* The same where no log has to be named. */
enum yg_options_result yg_options_read_some(int argc, char **argv, struct yg_options *ret);
void yg_options_done(struct yg_options *options);
