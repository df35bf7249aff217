/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/repodata.h - what a repository of rpm packages says it has, as dnf and zypper keep it.
 *
 *   repomd.xml (which files there are) ─► primary.xml (packages), updateinfo.xml (advisories)
 *
 * Each is fed in pieces and told while it is read, so that its size does not matter.
 *
 * Layer:   parse. No state; any thread.
 * Input:   untrusted bytes. No entity may be defined, nothing outside is loaded; a tag is at most
 *          YG_REPODATA_TAG_MAX bytes, nesting YG_REPODATA_DEPTH_MAX; a package with a longer text
 *          than YG_REPODATA_TEXT_MAX is left out.
 * Source:  the XML metadata of createrepo_c 0.17 to 1.
 * Tests:   tests/unit/parse/test_repodata.c, tests/fuzz/fuzz_repodata.c, tests/e2e/sensor_rpm.py
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

#define YG_REPODATA_TAG_MAX   (256u << 10)
#define YG_REPODATA_DEPTH_MAX 32u
#define YG_REPODATA_NAME_MAX  256u
#define YG_REPODATA_TEXT_MAX  256u

struct yg_repodata_package {
	char name[YG_REPODATA_TEXT_MAX];
	char version[3 * YG_REPODATA_TEXT_MAX]; /* [EPOCH:]VERSION[-RELEASE]; no epoch: 0 */
	char arch[64];
};

enum yg_repodata_kind {
	YG_REPODATA_INDEX,	/* repomd.xml */
	YG_REPODATA_PACKAGES,	/* primary.xml */
	YG_REPODATA_ADVISORIES, /* updateinfo.xml */
};

/* Not YG_OK ends the reading, and is what it returns. */
struct yg_repodata_take {
	/* INDEX: a file of @type ("primary", "updateinfo_zck" …), without its folder. */
	int (*file)(void *arg, const char *type, const char *name);
	/* PACKAGES: each; ADVISORIES: each that an advisory of the type "security" brings. */
	int (*package)(void *arg, const struct yg_repodata_package *package);
	void *arg;
};

struct yg_repodata;

/* @take is copied. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_repodata_new(enum yg_repodata_kind kind, const struct yg_repodata_take *take,
				struct yg_repodata **ret);
/* YG_OK; YG_EFORMAT, YG_ELIMIT: it is no such file; YG_ENOMEM; what was returned to it. */
YG_MUST_USE int yg_repodata_feed(struct yg_repodata *repodata, struct yg_bytes piece, bool is_end);
struct yg_repodata *yg_repodata_free(struct yg_repodata *repodata);
