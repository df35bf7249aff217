/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/modules.h - module streams of dnf (RHEL 8 and 9 and their children): which packages a
 * stream that is not switched on holds back.
 *
 *   modules.yaml of all repositories ─┐
 *   /etc/dnf/modules.d ───────────────┼─► settle: which streams hold ─► may this package come?
 *   /etc/dnf/modules.defaults.d ──────┘
 *
 * As dnf does it: the stream that holds is the one that was switched on, else the default, unless
 * the module was switched off. What a stream that holds is made of may come, and nothing else of
 * the same names; what other streams are made of may not. Of several builds of one stream those
 * hold whose needed streams hold.
 *
 * Layer:   sensor. One thread.
 * Input:   untrusted: all counts are bounded; beyond them the answer is "not known".
 * Source:  dnf.modularity(7), modularity(7) of dnf5
 * Tests:   tests/unit/sensor/test_repos.c, tests/fuzz/fuzz_modulemd.c
 */
#pragma once

#include "parse/modulemd.h"
#include "sensor/package_table.h"

#define YG_MODULES_STREAMS_MAX	 16384u /* builds of streams */
#define YG_MODULES_NEEDS_MAX	 131072u
#define YG_MODULES_ARTIFACTS_MAX 262144u /* of names that are installed */
#define YG_MODULES_STATES_MAX	 4096u

enum yg_module_verdict {
	YG_MODULE_NONE, /* no stream names it */
	YG_MODULE_IN,	/* a stream that holds is made of it */
	YG_MODULE_OUT,	/* it is held back */
};

struct yg_modules;

/* Only what has the name of one of @packages, which are sorted, matters. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_modules_new(struct yg_packages *packages, struct yg_modules **ret);
struct yg_modules *yg_modules_free(struct yg_modules *modules);

/* A file of modules.d: sections "[MODULE]" with stream and state. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_modules_add_state(struct yg_modules *modules, struct yg_bytes text);
/* A document of a repository; @is_override: of the machine's own defaults. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_modules_add(struct yg_modules *modules, const struct yg_modulemd_doc *doc,
			       bool is_override);
/* All were added. Once. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_modules_settle(struct yg_modules *modules);

enum yg_module_verdict yg_modules_judge(const struct yg_modules *modules, const char *name,
					const char *version, const char *arch);
/* A stream is switched on that no document describes, or a limit was met. */
bool yg_modules_are_partly_unknown(const struct yg_modules *modules);
