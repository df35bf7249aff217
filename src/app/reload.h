/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/reload.h - new rules and indicators while following (docs/tuning.md).
 *
 * The files and folders of --rules, --indicators, --allow and --placeholders are watched (inotify;
 * where that fails they are looked at every YG_RELOAD_POLL_MS), and SIGHUP asks too. When nothing
 * has changed for a moment, a thread of its own reads and compiles them beside the running set.
 * What comes out takes over between two records, or, where it is worse than the running one (a rule
 * is refused that was not before, a file cannot be read), is refused in words and thrown away.
 */
#pragma once

#include "app/indicator_lists.h"
#include "app/options.h"
#include "app/rule_image.h"
#include "base/clock.h"

#define YG_RELOAD_SETTLE_MS   300     /* without a change, before the files are read */
#define YG_RELOAD_WAIT_MS     5000    /* where changes do not end: after the first of them */
#define YG_RELOAD_POLL_MS     2000    /* between two looks where there is no inotify */
#define YG_RELOAD_WATCHES_MAX 8192u   /* folders */
#define YG_RELOAD_DEPTH_MAX   32u     /* folders in folders */
#define YG_RELOAD_FILES_MAX   200000u /* looked at when there is no inotify */

struct yg_reload;

/* What takes over. */
struct yg_rule_set {
	struct yg_rule_image rules;
	struct yg_indicator_lists lists;
};
void yg_rule_set_done(struct yg_rule_set *set);

/*
 * Watch what @options (borrowed) name. @hup_fd: readable when SIGHUP came, or -1. @clock should not
 * jump. NULL without memory.
 */
struct yg_reload *yg_reload_new(const struct yg_options *options, int hup_fd,
				struct yg_clock clock);
/*
 * What else is made of a set, in the loading thread behind it, so that nobody waits for it: @fn,
 * before the first look. Another value than YG_OK: the set is not taken. Two calls are never at a
 * time, and what @fn made is the caller's once look() has said true.
 */
void yg_reload_with(struct yg_reload *reload, int (*fn)(void *arg, const struct yg_rule_set *set),
		    void *arg);
/* Waits for the thread. */
struct yg_reload *yg_reload_free(struct yg_reload *reload);

/*
 * Look for changes; called often by the thread that reads. @now is the running set (its digests and
 * what was said of it). True: *ret is another set that is to take over, owned by the caller. A set
 * that is refused makes *ret_refused true once.
 */
bool yg_reload_look(struct yg_reload *reload, const struct yg_rule_image *rules,
		    const struct yg_indicator_lists *lists, struct yg_rule_set *ret,
		    bool *ret_refused);
