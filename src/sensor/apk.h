/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/apk.h - the packages of Alpine Linux: what is installed, and what the lists that apk
 * keeps offer for it. Files only; nothing is started, nothing is fetched.
 *
 *   /lib/apk/db/installed ──► installed, sorted ──┐
 *   /etc/apk/repositories ──► …/APKINDEX.*.tar.gz ┴─► package and update lines
 *
 * A repository with a tag offers to those alone that /etc/apk/world wants from it. Versions that
 * world pins are not looked at, as with apt's holds: the update waits all the same.
 *
 * Layer:   sensor. One thread.
 * Input:   untrusted: counts and sizes are bounded here, in parse/tar.h and package_table.h.
 * Source:  apk-world(5), apk-repositories(5), apk-package(5) of apk-tools 2.14 and 3.0; its order
 *          of versions: {digits}{.digits}…{letter}{_suffix{digits}}…{~hash}{-r digits}
 * Tests:   tests/unit/sensor/test_apk.c, tests/fuzz/fuzz_apk.c, tests/e2e/sensor_apk.py
 */
#pragma once

#include "sensor/inventory.h"

#define YG_APK_REPOS_MAX  256u
#define YG_APK_TEXT_MAX	  (UINT64_C(256) << 20) /* of one list, unpacked */
#define YG_APK_CONFIG_MAX (1u << 20)

/* As apk compares versions: below, at, above 0. */
int yg_apk_compare(struct yg_bytes a, struct yg_bytes b);

/* YG_OK, also when nothing is there or it cannot be read (a problem); YG_ENOMEM. */
YG_MUST_USE int yg_inventory_apk(const char *root, int64_t now_ns, struct yg_inventory *to,
				 bool *ret_is_there);
/* A number that differs when something of it was written. */
uint64_t yg_apk_stamp(const char *root);
