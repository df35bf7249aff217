/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/repos.h - the repositories that a machine with rpm gets updates from: which are switched
 * on, and what dnf or zypper fetched of each and keep. Files only; nothing is started, nothing is
 * fetched.
 *
 *   *.repo ─► switched on? ─► newest folder of the cache ─► repomd.xml ─► primary, updateinfo
 *
 * As with apt, what the owner excluded or pinned is not looked at, nor priorities. What a module
 * stream that does not hold is made of is left out (modules.h), as dnf leaves it out.
 *
 * Layer:   sensor. One thread.
 * Input:   untrusted: counts and sizes are bounded here and in parse/repodata.h.
 * Source:  dnf.conf(5), zypper(8), caching(7) of dnf5
 * Tests:   tests/unit/sensor/test_repos.c, tests/e2e/sensor_rpm.py
 */
#pragma once

#include "sensor/package_table.h"

#define YG_REPOS_MAX	  8192u /* sections; a subscription lists hundreds that are off */
#define YG_REPOS_FILE_MAX (8u << 20)
#define YG_REPOS_TEXT_MAX (UINT64_C(4) << 30) /* of one list, unpacked */

struct yg_repos {
	size_t on;		  /* switched on */
	size_t read;		  /* of those: whose packages were read */
	size_t missing;		  /* of which nothing is kept */
	size_t failed;		  /* kept, but it could not be read */
	size_t advised;		  /* read, and they say what mends holes */
	bool has_unknown_modules; /* which module streams hold is not known of all that is there */
	int64_t time_ns; /* when the list that was looked at longest ago was; YG_TIME_NONE */
};

/* Offer what they have to @packages, which are sorted. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_repos_read(const char *root, struct yg_packages *packages, struct yg_repos *ret);
/* A number that differs when something of it was written. */
uint64_t yg_repos_stamp(const char *root);
/* The same of the names and times in one folder, in whatever order they come. */
uint64_t yg_repos_stamp_folder(const char *path);
