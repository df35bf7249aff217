/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/inventory.h - what this machine is: system, packages, sockets, administrators, malware
 * protection. Read from files only; nothing is started.
 *
 * An inventory is sorted lines "KIND TAB NAME TAB VALUE TAB MORE": so two of them are compared line
 * by line, and one is kept as a file. Kinds:
 *
 *   host           name, os_id, os_version, os_name, kernel, support_end, support_regular_end,
 *                  support_source, packages_from
 *   package        name:architecture, version
 *   update         name:architecture, the newer version, "security" where it is one
 *   socket         "tcp 0.0.0.0:22", user id
 *   administrator  account, why ("sudo", "sudoers", "uid 0")
 *   antivirus      product, "running" or "not running"
 *   now            what changes all the time and is no change: lists_time, signatures_time
 *   problem        what could not be found out: packages, updates, updates_security, support …; why
 *
 * Layer:   sensor. One thread an inventory.
 * Input:   untrusted files: all sizes and counts are bounded, what is beyond is counted.
 * Source:  deb-version(7), deb822(5), os-release(5), proc_pid_net(5), group(5), sudoers(5); of rpm:
 *          rpm.h, repos.h; of apk: apk.h
 * Tests:   tests/unit/sensor/test_inventory.c, tests/fuzz/fuzz_packages.c,
 *          tests/fuzz/fuzz_host.c, tests/e2e/sensor_inventory.py
 */
#pragma once

#include "base/buf.h"
#include "sensor/lines.h"

#define YG_INVENTORY_TEXT_MAX  (8u << 20)
#define YG_INVENTORY_LINES_MAX 65536u
#define YG_INVENTORY_VALUE_MAX 512u
#define YG_INVENTORY_FILES_MAX 1024u /* lists of packages that are looked at */
#define YG_INVENTORY_OLD_S     (INT64_C(7) * 86400)

struct yg_inventory {
	struct yg_buf text;
	struct yg_bytes *lines; /* into text, without line feeds; after yg_inventory_sort */
	size_t count;
	uint64_t dropped; /* beyond the limits */
};
void yg_inventory_init(struct yg_inventory *inventory);
void yg_inventory_done(struct yg_inventory *inventory);

/* Add a line. Control characters become '?', long values are cut. */
void yg_inventory_add(struct yg_inventory *inventory, const char *kind, struct yg_bytes name,
		      struct yg_bytes value, struct yg_bytes more);

/* Sort, drop doubles. YG_OK or YG_ENOMEM, YG_ELIMIT. */
YG_MUST_USE int yg_inventory_sort(struct yg_inventory *inventory);

/* The @index-th part of a line, from 0. */
struct yg_bytes yg_inventory_part(struct yg_bytes line, unsigned index);
bool yg_inventory_is(struct yg_bytes line, const char *kind);
/* The value of the line @kind @name; empty when there is none. Needs the order. */
struct yg_bytes yg_inventory_value(const struct yg_inventory *inventory, const char *kind,
				   const char *name);
size_t yg_inventory_count(const struct yg_inventory *inventory, const char *kind);

/*
 * Read what is below the folder @root ("" for this machine). @now_ns: to say what is old.
 * @packages: text of an earlier yg_inventory_packages that still holds, or empty: read anew.
 * YG_OK, YG_ENOMEM or YG_ELIMIT; what cannot be read becomes a "problem".
 */
YG_MUST_USE int yg_inventory_collect(const char *root, int64_t now_ns, struct yg_bytes packages,
				     struct yg_inventory *to);
/* Only the lines that come from the package database. */
YG_MUST_USE int yg_inventory_packages(const char *root, int64_t now_ns, struct yg_inventory *to);
/* A number that differs when the package database or its lists were written. */
uint64_t yg_inventory_packages_stamp(const char *root);

/* ---- differences ---- */

/* @was or @is is empty where there is none. Kinds now and problem are no differences. */
typedef int (*yg_inventory_diff_fn)(void *arg, struct yg_bytes was, struct yg_bytes is);
YG_MUST_USE int yg_inventory_diff(const struct yg_inventory *before,
				  const struct yg_inventory *after, yg_inventory_diff_fn fn,
				  void *arg);

/* ---- records ---- */

struct yg_inventory_writer {
	struct yg_lines *reader;
	const struct yg_names *names;
	struct yg_arena *arena;
	struct yg_collect *collect;
	int64_t now_ns;
	uint64_t position;
	struct yg_bytes host;
};
/* Records of the differences; @before NULL: none. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_inventory_write_changes(struct yg_inventory_writer *writer,
					   const struct yg_inventory *before,
					   const struct yg_inventory *after);
/* The summary and the lists. */
YG_MUST_USE int yg_inventory_write_all(struct yg_inventory_writer *writer,
				       const struct yg_inventory *inventory);

/* ---- parsers, for their tests ---- */

/* As dpkg compares versions: below, at, above 0. */
int yg_deb_compare(struct yg_bytes a, struct yg_bytes b);

struct yg_stanza {
	char name[YG_INVENTORY_VALUE_MAX];
	char version[YG_INVENTORY_VALUE_MAX];
	char arch[64];
	char status[128];
	bool is_cut; /* a value was too long */
};
struct yg_stanzas {
	bool is_apk; /* fields are called P, V and A, and letter case matters */
	struct yg_stanza now;
	bool has_any;
	bool is_in_long; /* the rest of a line that is too long is passed over */
	int (*take)(void *arg, const struct yg_stanza *stanza);
	void *arg;
};
/*
 * Stanzas of a package database (deb822, or apk's) from the front of @text; lines that are not
 * whole stay unless @is_end. *ret_used: bytes consumed. YG_OK or what take() returned.
 */
YG_MUST_USE int yg_stanzas_feed(struct yg_stanzas *stanzas, struct yg_bytes text, bool is_end,
				size_t *ret_used);
/* More than @text may hold of one line that is not whole. */
#define YG_STANZAS_LINE_MAX 65536u

/* Lines of /proc/net/tcp and its like. */
void yg_inventory_sockets(struct yg_inventory *to, const char *protocol, struct yg_bytes text,
			  unsigned udp_first, unsigned udp_last);
/* passwd and group; @sudoers: all files of sudo's rules one behind the other, or empty. */
YG_MUST_USE int yg_inventory_administrators(struct yg_inventory *to, struct yg_bytes passwd,
					    struct yg_bytes group, struct yg_bytes sudoers);
/* os-release. */
void yg_inventory_system(struct yg_inventory *to, struct yg_bytes text);
