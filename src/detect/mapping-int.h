/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/mapping-int.h - a file of log sources as it was read. Private to detect/.
 */
#pragma once

#include "base/arena.h"
#include "detect/mapping.h"

/* A field and the values one of which it must have. */
struct yg_mapping_test {
	struct yg_bytes field;	 /* without spaces */
	struct yg_bytes *values; /* folded */
	uint32_t count;
	bool is_code;	 /* the event id, which a kind of record tells */
	bool is_channel; /* its channel: the same */
};

/* What rules call @as is @from here. */
struct yg_mapping_rename {
	struct yg_bytes as, from;
};

struct yg_mapping_entry {
	struct yg_logsource source;
	uint32_t line;
	struct yg_mapping_test *tests; /* all of them must hold */
	uint32_t test_count;
	struct yg_bytes *channels; /* of sources, folded; none: any record */
	uint32_t channel_count;
	struct yg_logsource rewrite;
	bool is_rewritten;
	uint32_t need; /* is_rewritten: of needs */
	bool is_left;  /* the file says neither where nor when: what the router says counts too */
	struct yg_mapping_rename *renames; /* that the parsers do not do themselves */
	uint32_t rename_count;
};

/* A logsource that entries are rewritten to, and the entries that say something about it. */
struct yg_mapping_need {
	struct yg_logsource source;
	uint32_t *entries;
	uint32_t count;
};

struct yg_mapping {
	struct yg_arena *arena; /* owns all below */
	struct yg_mapping_entry *entries;
	uint32_t count;
	struct yg_mapping_need *needs; /* distinct */
	uint32_t need_count;
	uint32_t *order; /* entries whose rewrite needs no other first */
	bool has_renames;
};

/* Does @entry say something about @logsource? Each part it gives is the same there. */
bool yg_mapping_fits(const struct yg_mapping_entry *entry, const struct yg_logsource *logsource);
