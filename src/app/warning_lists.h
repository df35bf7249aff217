/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/warning_lists.h - lists of well-known values that are hardly indicators: resolvers and
 * addresses everyone uses, domains of large services, hashes of empty files.
 *
 * Files are JSON in the form of MISP's warning lists: {"name","type","list":[…],
 * "matching_attributes":[…]}; type cidr: addresses in it; hostname: the name and those below it;
 * string: the value itself, with a dot before it those below it. Types substring and regex are
 * not used, which is said. The program ships none: people import what they trust.
 *
 * One thread while they are read; then immutable and thread-safe.
 * Tests: tests/e2e/warning_lists.py
 */
#pragma once

#include "detect/indicators.h"

#define YG_WARNING_LISTS_MAX	  1024u
#define YG_WARNING_LIST_BYTES_MAX (64u << 20)

struct yg_warning_lists;

/*
 * All *.json in @folder and its folders (one level: `lists/NAME/list.json`). A folder that is not
 * there holds none. What is no such list is said and left out, *ret_bad counts them. YG_OK,
 * YG_ENOMEM, YG_ELIMIT (said).
 */
YG_MUST_USE int yg_warning_lists_load(const char *folder, struct yg_warning_lists **ret,
				      unsigned *ret_bad);
struct yg_warning_lists *yg_warning_lists_free(struct yg_warning_lists *lists);

unsigned yg_warning_lists_count(const struct yg_warning_lists *lists);

/*
 * Is @indicator on one of them, and if so, on which? Of a URL its host counts if it names nothing
 * but the host: a page of a large service may well be an indicator. *ret_name lives as long as
 * @lists. Cost: a few probes. Any thread.
 */
bool yg_warning_lists_has(const struct yg_warning_lists *lists,
			  const struct yg_indicator *indicator, struct yg_bytes *ret_name);
