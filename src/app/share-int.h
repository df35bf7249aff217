/* SPDX-License-Identifier: Apache-2.0 */
/* app/share-int.h - inside `yagura share`: its commands, their options, the two forms of a plan. */
#pragma once

#include <jansson.h>

#include "base/buf.h"
#include "model/marking.h"
#include "warn/plan.h"

struct yg_share_plan {
	const struct yg_community *community;
	const struct yg_warn_rules *rules;
	const struct yg_plan *plan;
	uint32_t victim;
	bool with_reasons;
};

/* docs/cli-contract.md. Ask yg_buf_error(to) at the end. */
void yg_share_plan_json(const struct yg_share_plan *share, struct yg_buf *to);
/* For people, in the language of messages. */
void yg_share_plan_text(const struct yg_share_plan *share, struct yg_buf *to);

/* ---- options, of all its commands ---- */

struct option; /* getopt.h */

/* "FORMAT", with where help is; false. */
bool yg_share_refuse(const char *format, const char *word);
/* The language of messages. False: it is none, which was said. */
bool yg_share_take_lang(const char *word);
/*
 * Each option to @take, which looks at optarg and says what is wrong with it. What is none stands
 * from optind on. False: *ret_status is the exit status; all was said, or it was --help.
 */
bool yg_share_options(int argc, char **argv, const struct option *longs,
		      bool (*take)(void *arg, int option), void *arg, int *ret_status);

/* ---- files ---- */

struct yg_own;
/* A file of JSON; what points to an organisation (access/gate.h). Errors are said. */
YG_MUST_USE int yg_share_load(const char *path, size_t bytes_max, json_t **ret);
YG_MUST_USE int yg_share_load_own(const char *path, struct yg_own **ret);

/* ---- commands ---- */

/* `yagura share release`: @argv from its own name on; the exit status. */
int yg_share_release(int argc, char **argv);
/* `yagura share check`: as above. */
int yg_share_check(int argc, char **argv);
/* `yagura share import` and `export`: as above. */
int yg_share_stix(int argc, char **argv);

struct yg_share_place; /* app/share_store.h */

struct yg_warning_lists; /* app/warning_lists.h */
struct yg_share_list {
	struct yg_share_place *place;
	bool is_zone; /* rpz */
	int64_t now_ns;
	enum yg_tlp ceiling; /* how strict a marking may leave */
	const struct yg_warning_lists
		*known; /* values on them are left out; NULL: none are known */
};
/* `yagura share export --as list|rpz`: what the indicators name, to standard output; what is left
 * out is said. YG_OK, YG_EPIPE, or an error. */
YG_MUST_USE int yg_share_list(const struct yg_share_list *ask, uint32_t *ret_written);
/* `yagura share poll`: as the first. */
int yg_share_poll(int argc, char **argv);
/* `yagura share statistics`; `drill` and `provision`: as above. */
int yg_share_statistics(int argc, char **argv);
int yg_share_drill(int argc, char **argv);
