/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/mapping.h - a file of log sources of one's own: what a rule's logsource means in records.
 *
 * The form is that of the public rules' tests/thor.yml (docs/routing.md, "A mapping of one's own"):
 * entries under `logsources` with product, category, service; conditions (field: value or list),
 * sources (Windows channels) and rewrite (another logsource, which is looked up again). Where no
 * entry fits a rule's logsource the router alone decides.
 *
 * Evaluation is bottom-up over the entries in the order of their rewrites, each logsource that is
 * rewritten to once: no recursion; a record that a rule hits costs at most a look at each value,
 * and at a quarter of YG_MAPPING_ENTRIES_MAX squared results.
 *
 * Layer:   detect. Input untrusted.
 * State:   immutable after reading: any number of threads.
 * Tests:   tests/unit/detect/test_mapping.c, tests/e2e/checker.py, tests/fuzz/fuzz_mapping.c
 */
#pragma once

#include "detect/route.h"
#include "parse/yaml.h"

#define YG_MAPPING_BYTES_MAX   (1u << 20)
#define YG_MAPPING_ENTRIES_MAX 512u
#define YG_MAPPING_VALUES_MAX  16384u /* of conditions and sources together */
#define YG_MAPPING_CHAIN_MAX   8u     /* rewrites that follow one another */

struct yg_mapping;

/* Told of what is there but not used: @line, @what in English with the key or value concerned. */
typedef void (*yg_mapping_report_fn)(void *arg, uint32_t line, const char *what);

/*
 * Read @text. YG_OK (*ret owned), YG_EFORMAT, YG_ELIMIT (*reterr with line and reason) or
 * YG_ENOMEM. Cost: O(text), and entries squared for each rewrite in the longest chain.
 */
YG_MUST_USE int yg_mapping_read(struct yg_bytes text, yg_mapping_report_fn report, void *arg,
				struct yg_mapping **ret, struct yg_yaml_fault *reterr);
struct yg_mapping *yg_mapping_free(struct yg_mapping *mapping);

uint32_t yg_mapping_entry_count(const struct yg_mapping *mapping);

/* Add the fields that conditions and fieldmappings name. YG_OK, YG_ENOMEM or YG_ELIMIT. */
YG_MUST_USE int yg_mapping_add_names(const struct yg_mapping *mapping, struct yg_names *names);

/* Does some entry say what @logsource means? */
bool yg_mapping_covers(const struct yg_mapping *mapping, const struct yg_logsource *logsource);

/* What is asked about: a record, or all records of a kind when rules are grouped beforehand. */
struct yg_mapping_view {
	const struct yg_mapping *mapping;
	const struct yg_router *router;
	uint32_t route;
	struct yg_event *event;	 /* NULL: of a kind; conditions that it leaves open may hold */
	struct yg_bytes channel; /* of the kind; empty = none, or unknown */
	uint32_t event_code;	 /* of the kind; 0 = any */
	bool is_foreign_channel; /* of the kind: one that the router does not know */
	bool has_channel;	 /* false: sources cannot be told and hold */
	bool admits[YG_MAPPING_ENTRIES_MAX];
	uint8_t needs[YG_MAPPING_ENTRIES_MAX]; /* what is rewritten to: 0 = not asked yet, 1 no, 2
						  yes */
};

/* Decide which entries admit the record or kind that @view describes; fills view->admits. */
void yg_mapping_look(struct yg_mapping_view *view);

/* After looking: may a rule with @logsource see it? */
bool yg_mapping_admits(const struct yg_mapping_view *view, const struct yg_logsource *logsource);

/*
 * For each of @sources that the mapping covers: ret_taken[i] = may a rule with it see some record
 * of @route? 1 also where that cannot be told before the record is there; the others' are left.
 * Cost: a look for each channel and event id of the route.
 */
void yg_mapping_reaches(const struct yg_mapping *mapping, const struct yg_router *router,
			uint32_t route, const struct yg_logsource *sources, uint32_t count,
			uint8_t *ret_taken);

/* Are there fieldmappings that the parsers do not do themselves? */
bool yg_mapping_renames(const struct yg_mapping *mapping);

/*
 * After looking at a record: give it the fields that the entries which admit it call otherwise,
 * where it has none of that name. Returns YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_mapping_rename(const struct yg_mapping_view *view);
