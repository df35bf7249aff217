/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_warned.h - indicators of warnings, each for one organisation's logs alone.
 *
 *   DATA/indicators/.warned/values.txt   each value once: a list as any other (indicator_lists.h)
 *   DATA/indicators/.warned/.scope       VALUE TAB ORGANISATION TAB UNTIL TAB WARNING, by value
 *
 * The engine looks for a value of the list in everybody's records, for it has one set; what it
 * found counts only where a row of the scope says so (yg_hub_warned_counts), before anything is
 * made of it: no row, count or state of an organisation shows that another one has an indicator.
 * A value without a row counts for nobody. UNTIL: seconds since 1970, the first that does not
 * count.
 *
 * Written by the thread that reads the warnings (hub_sight.h), each file whole, the scope first;
 * the list names the scope's digest, so that a change of either is one of the list. A hunt's folder
 * has its part in the same form.
 * Threads: a table is immutable.
 * Tests: tests/unit/app/test_hub_warned.c, tests/e2e/hub_sightings.py
 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

#define YG_WARNED_FOLDER    ".warned" /* in a folder of indicators; hidden from its lists */
#define YG_WARNED_VALUES    "values.txt"
#define YG_WARNED_SCOPE	    ".scope"
#define YG_WARNED_ROWS_MAX  2000000u
#define YG_WARNED_BYTES_MAX (512u << 20)
#define YG_WARNED_ID_MAX    64u /* bytes of an organisation or a warning */

struct yg_warned_row {
	struct yg_bytes value; /* normal (detect/indicators.h) */
	struct yg_bytes org;
	struct yg_bytes warning;
	int64_t until_ns;
};

struct yg_hub_warned;

/*
 * All scopes of INDICATORS/.warned (a hunt's may have several); without any the table is empty.
 * Lines that are none are left out. YG_OK, YG_ENOMEM, YG_ELIMIT, the system's error.
 */
YG_MUST_USE int yg_hub_warned_load(const char *indicators, struct yg_hub_warned **ret);
struct yg_hub_warned *yg_hub_warned_free(struct yg_hub_warned *warned);

/* Rows of @org go from every scope of INDICATORS/.warned; values stay, and count for nobody through
 * it. YG_OK also where there is none; YG_ENOMEM, YG_ELIMIT, the disk's error. */
YG_MUST_USE int yg_hub_warned_drop(const char *indicators, struct yg_bytes org);

/* Ascending by value, organisation, warning; bytes live as long as @warned. */
size_t yg_hub_warned_rows(const struct yg_hub_warned *warned, const struct yg_warned_row **ret);
/* Those of @value and @org: *ret the first, returns how many. Cost: O(log n). */
size_t yg_hub_warned_find(const struct yg_hub_warned *warned, struct yg_bytes value,
			  struct yg_bytes org, const struct yg_warned_row **ret);
/* Does @value count for a record of @org that came at @received_ns? */
bool yg_hub_warned_counts(const struct yg_hub_warned *warned, struct yg_bytes value,
			  struct yg_bytes org, int64_t received_ns);

/* Is @path one of a list written here? */
bool yg_hub_warned_is_list(struct yg_bytes path);

/*
 * Rows of one source, gathered to be written. There are two (warnings, and what came as STIX), and
 * what is read is bounded over both: each has half of it, and what is beyond is left out and
 * counted, so that the rest goes on.
 */
struct yg_warned_rows {
	struct yg_arena *arena; /* of the texts */
	struct yg_warned_row *rows;
	size_t count;
	size_t max;
	uint64_t bytes; /* as written */
	uint64_t left_out;
};
/* *ret is done with in any case. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_hub_warned_rows_init(struct yg_warned_rows *ret);
void yg_hub_warned_rows_done(struct yg_warned_rows *rows);
/* A copy of @row. YG_OK, also where it is left out; YG_ENOMEM. */
YG_MUST_USE int yg_hub_warned_rows_add(struct yg_warned_rows *rows,
				       const struct yg_warned_row *row);

/* Say it where @left_out is another number than *said, which it then is; 0 is not said. */
void yg_hub_warned_say_left_out(uint64_t left_out, uint64_t *said);

/*
 * Put @rows (sorted in place) into INDICATORS/.warned, which is there, in place of what it says.
 * *ret_changed: something is another than before. YG_OK, YG_ENOMEM, YG_ELIMIT, the disk's error.
 */
YG_MUST_USE int yg_hub_warned_write(const char *indicators, struct yg_warned_row *rows,
				    size_t count, bool *ret_changed);
/* The same beside it, of another source: .warned/NAME.txt and .warned/.scope-NAME; of a row
 * "warning" is the id of what it comes from. @name: a few letters. */
YG_MUST_USE int yg_hub_warned_write_as(const char *indicators, const char *name,
				       struct yg_warned_row *rows, size_t count, bool *ret_changed);
