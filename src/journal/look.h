/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal/look.h - what a journal holds of one sender, looked at beside the process that has it.
 *
 * Nothing is changed and nothing locked. What is being written just now may be missed: ask again
 * once the sender is refused.
 *
 * Layer:   journal.
 * Input:   files of the journal, checked as everywhere here (docs/journal.md).
 * Threads: any.
 * Tests:   tests/unit/journal/test_look.c, tests/e2e/leave.py
 */
#pragma once

#include "journal/journal.h"

struct yg_journal_look {
	uint64_t records;  /* of senders whose id begins with the prefix */
	uint64_t bytes;	   /* of their bodies */
	uint64_t last;	   /* position of the last of them; 0: none */
	uint64_t segments; /* that hold some */
};

/*
 * All segments in @folder. Where a segment ends, or what follows cannot be read, the next one goes
 * on. YG_OK also where there is no journal; or an error of the system. Cost: a short read for each
 * record.
 */
YG_MUST_USE int yg_journal_look(const char *folder, struct yg_bytes prefix,
				struct yg_journal_look *ret);

/* The cursor that yg_journal_cursor_save() left in @folder; 0: none. YG_EDIGEST: damaged. */
YG_MUST_USE int yg_journal_look_cursor(const char *folder, const char *name, uint64_t *ret);
