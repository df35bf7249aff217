/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/community.h - members.csv and relations.csv to a community: every fault of every line.
 *
 *   members    id,name_ja,name_en,sector,provider,contact_mail,deputy_mail
 *              and, where there are such columns, contact_phone,deputy_phone,hours,verified,
 *              language (of mails: ja|en, or nothing)
 *   relations  supplier,buyer,secret_data,business_stop,system_access,consent
 *
 * All or nothing: with one fault there is no community. Columns are told by the header, in any
 * order, letter case apart; further columns are left alone. yes|no and named|anonymous|ask in any
 * letter case.
 * Layer:   parse. Input untrusted: tables of parse/csv.h or parse/workbook.h. Pure.
 * Tests:   tests/unit/parse/test_community.c, tests/fuzz/fuzz_community.c
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/community.h"
#include "model/table.h"

#define YG_ROW_FAULTS_MAX 1000u /* kept; the others are counted */

enum yg_row_wrong {
	YG_ROW_NO_COLUMN,     /* the header lacks @column */
	YG_ROW_DOUBLE_COLUMN, /* the header has it twice */
	YG_ROW_TOO_WIDE,      /* more cells than the header */
	YG_ROW_EMPTY,	      /* nothing in @column, which must not be */
	YG_ROW_TOO_LONG,      /* more bytes than it may have: @number */
	YG_ROW_NO_TEXT,	      /* control characters, line ends, or what no encoding reads */
	YG_ROW_NO_MAIL,	      /* no mail address */
	YG_ROW_NO_ANSWER,     /* neither yes nor no */
	YG_ROW_NO_CONSENT,    /* neither named, anonymous nor ask */
	YG_ROW_NO_LANGUAGE,   /* neither ja nor en */
	YG_ROW_UNKNOWN,	      /* no member of this id */
	YG_ROW_SELF,	      /* supplier and buyer are one */
	YG_ROW_DOUBLE_ID,     /* stood in line @number already */
	YG_ROW_DOUBLE_PAIR,   /* this supplier and buyer stood in line @number already */
	YG_ROW_TOO_MANY,      /* more rows than @number: the others were not looked at */
};

struct yg_row_fault {
	enum yg_row_wrong wrong;
	uint32_t line;
	uint32_t number;	/* see above; 0: none */
	const char *column;	/* static; "" for the row as a whole */
	struct yg_bytes value;	/* as it stands there; borrowed from the table */
	struct yg_bytes value2; /* DOUBLE_PAIR: the buyer */
};

/* Filled by line. Start with {0}. */
struct yg_row_faults {
	struct yg_row_fault *items; /* in the arena */
	uint32_t count;
	uint64_t total;
};

/*
 * *ret gets the members, by id, and no relations. @checks_mail: addresses must be such, for whoever
 * is going to write to them; a plan needs none. YG_OK, YG_EFORMAT (*faults says what, at least
 * one), YG_ENOMEM. Cost: O(rows × log rows).
 */
YG_MUST_USE int yg_members_read(const struct yg_table *table, bool checks_mail,
				struct yg_arena *arena, struct yg_community *ret,
				struct yg_row_faults *faults);

/* The relations between the members of @community, added to it. As above. */
YG_MUST_USE int yg_relations_read(const struct yg_table *table, struct yg_arena *arena,
				  struct yg_community *community, struct yg_row_faults *faults);
