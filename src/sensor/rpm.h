/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/rpm.h - the package database of Red Hat, SUSE and their children, as files; versions.
 *
 *   rpmdb.sqlite  (RHEL 9, Fedora)       rpm_sqlite.c ─┐
 *   Packages.db   (NDB: SUSE)            rpm_files.c  ─┼─► header ─► name, version, architecture
 *   Packages      (Berkeley DB: RHEL 7, 8) rpm_files.c ─┘  rpm.c
 *
 * Layer:   sensor. No state; any thread. Nothing is written beside the files.
 * Input:   untrusted bytes: sizes and counts are bounded, each byte is read a bounded number of
 *          times; a header that is not whole is counted and passed over.
 * Source:  rpm's file format, version 4 (headers); layout of NDB and of Berkeley DB 5 hash pages as
 *          rpm 4.18 and libdb 5.3 write them.
 * Tests:   tests/unit/sensor/test_rpm.c, tests/fuzz/fuzz_rpm.c, tests/e2e/sensor_inventory.py
 */
#pragma once

#include "base/buf.h"

#define YG_RPM_HEADER_MAX   (16u << 20) /* bytes; of the largest packages 3 MiB */
#define YG_RPM_ENTRIES_MAX  65536u	/* of a header */
#define YG_RPM_TEXT_MAX	    256u
#define YG_RPM_PACKAGES_MAX 65536u
#define YG_RPM_FILE_MAX	    (UINT64_C(4) << 30)

struct yg_rpm_package {
	char name[YG_RPM_TEXT_MAX];
	char version[3 * YG_RPM_TEXT_MAX]; /* [EPOCH:]VERSION-RELEASE */
	char arch[64];			   /* empty: none, as of a key */
};

/*
 * A header as a database keeps it: count of entries, size of data, entries, data. YG_OK;
 * YG_EFORMAT, YG_ELIMIT: it is none, or its texts are longer than any.
 */
YG_MUST_USE int yg_rpm_header_read(struct yg_bytes header, struct yg_rpm_package *ret);

/* Bytes of a file, or in memory (@fd -1). */
struct yg_rpm_file {
	int fd;
	uint64_t size;
	struct yg_bytes bytes;
};

struct yg_rpm_found {
	int (*take)(void *arg, const struct yg_rpm_package *package); /* not YG_OK: ends it */
	void *arg;
	uint64_t packages;
	uint64_t bad; /* headers that could not be read, or beyond the bounds */
};

/* Each package of a database. YG_OK; YG_EFORMAT: it is none of this kind; YG_EUNSUPPORTED;
 * YG_ELIMIT; YG_ENOMEM; what take() said; or an error of reading. */
YG_MUST_USE int yg_rpm_read_ndb(const struct yg_rpm_file *file, struct yg_rpm_found *found);
YG_MUST_USE int yg_rpm_read_bdb(const struct yg_rpm_file *file, struct yg_rpm_found *found);
/* @path must be short enough for its three forms. YG_EAGAIN: it was written meanwhile. */
YG_MUST_USE int yg_rpm_read_sqlite(const char *path, struct yg_rpm_found *found);

/* For those: one header. YG_OK, also when it is bad, or what take() said. */
YG_MUST_USE int yg_rpm_take(struct yg_rpm_found *found, struct yg_bytes header);

/* [EPOCH:]VERSION[-RELEASE], as rpm compares them: below, at, above 0 (rpm-version(7)). */
int yg_rpm_compare(struct yg_bytes a, struct yg_bytes b);
