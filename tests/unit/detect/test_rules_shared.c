/* SPDX-License-Identifier: Apache-2.0 */
/* The public rules outside the repository all load: run when they are there, skipped when not. */
#define _GNU_SOURCE /* nftw */
#include <ftw.h>
#include <stdlib.h>

#include "../check.h"
#include "base/io.h"
#include "detect/rules.h"

static struct yg_rules *rules;
static int failures;

static void report(void *arg, const char *file, uint32_t line, bool is_refused, const char *reason)
{
	(void)arg;
	fprintf(stderr, "%s:%u: %s%s\n", file, line, is_refused ? "refused: " : "", reason);
}

static int visit(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
	const struct yg_rules_opts opts = {.include_deprecated = false};
	size_t size = strlen(path);
	uint8_t *text;
	size_t text_size;

	(void)info;
	(void)ftw;
	if (kind != FTW_F || size < 4 || strcmp(path + size - 4, ".yml") != 0)
		return 0;
	if (yg_io_read_file(path, YG_RULE_FILE_MAX, &text, &text_size) != YG_OK ||
	    yg_rules_add(rules, path, (struct yg_bytes){text, text_size}, &opts, report, NULL) !=
		    YG_OK)
		failures++;
	else
		free(text);
	return 0;
}

static void loads_all(void)
{
	CHECK(failures == 0);
	CHECK(rules->found == 3754);
	CHECK(rules->rule_count == 3754);
	CHECK(rules->inactive == 2);
	CHECK(rules->refused == 0);
}

static void keeps_equal_predicates_once(void)
{
	CHECK(rules->pred_count > 30000 && rules->pred_count < 36000);
}

static const struct check_case cases[] = {
	CASE(loads_all),
	CASE(keeps_equal_predicates_once),
};

int main(int argc, char **argv)
{
	const char *shared = getenv("YAGURA_SHARED");
	char path[4096];
	int rc;

	(void)snprintf(path, sizeof(path), "%s/sigma-rules",
		       shared	  ? shared
		       : argc > 1 ? argv[1]
				  : "");
	rules = yg_rules_new();
	if (!rules || nftw(path, visit, 16, FTW_PHYS) != 0) {
		fprintf(stderr,
			"skipped: no public rules at %s (YAGURA_SHARED names the folder above)\n",
			path);
		printf("0 passed, 0 failed, 1 skipped\n");
		(void)yg_rules_free(rules);
		return 77;
	}
	if (yg_rules_finish(rules, report, NULL) != YG_OK)
		failures++;
	fprintf(stderr,
		"%u found, %u loaded, %u inactive, %u refused; %u predicates, %u nodes, %zu "
		"bytes\n",
		rules->found, rules->rule_count, rules->inactive, rules->refused, rules->pred_count,
		rules->expr_count, yg_arena_used(rules->arena));
	rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	(void)yg_rules_free(rules);
	return rc;
}
