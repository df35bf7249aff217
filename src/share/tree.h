/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share/tree.h - the tree down which provisions (情報提供) go: ministry, secretariat, operator,
 * below the coordinating body, which is none of its nodes.
 *
 *   id,name,stage,parent,channel,address   and, where there is such a column, secret
 *
 * A ministry has no parent (or "-"), a secretariat stands under a ministry, an operator under a
 * secretariat: so there are no cycles. All or nothing: with one fault there is no tree. Columns are
 * told by the header, in any order, letter case apart; further columns are left alone.
 *
 * An address may be empty: that is something a drill finds out. One that is there must be
 *   mail     one mail address, which goes to the sender's mail server; or
 *            smtps://HOST[:PORT]/ADDRESS, smtp://HOST[:PORT]/ADDRESS: to that server itself
 *   webhook  https://…, without an account; http:// to 127.0.0.1 alone
 *
 * Input: untrusted: a table of parse/csv.h or parse/workbook.h.
 * Layer: share. Pure; any thread. Everything lies in the arena or is borrowed from the table.
 * Source: DOMAIN 4 (the flow, and the drill's stages).
 * Tests: tests/unit/share/test_tree.c, tests/fuzz/fuzz_tree.c
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/table.h"

#define YG_TREE_NODES_MAX   100000u
#define YG_TREE_ID_MAX	    64u	 /* bytes */
#define YG_TREE_NAME_MAX    400u /* bytes */
#define YG_TREE_MAIL_MAX    254u /* bytes */
#define YG_TREE_ADDRESS_MAX 500u /* bytes */
#define YG_TREE_SECRET_MIN  16u	 /* bytes */
#define YG_TREE_SECRET_MAX  200u
#define YG_TREE_FAULTS_MAX  1000u /* kept; the others are counted */
#define YG_TREE_NONE	    UINT32_MAX

/* One line for each stage, from above: code, word in tables, title for people. */
#define YG_TREE_STAGE_MAP(X)                                                                       \
	X(MINISTRY, "ministry", N_("Ministry"))                                                    \
	X(SECRETARIAT, "secretariat", N_("Secretariat"))                                           \
	X(OPERATOR, "operator", N_("Operator"))
enum yg_tree_stage {
#define X(code, word, title) YG_TREE_##code,
	YG_TREE_STAGE_MAP(X)
#undef X
		YG_TREE_STAGE_COUNT
};
const char *yg_tree_stage_name(enum yg_tree_stage stage);  /* "ministry" */
const char *yg_tree_stage_title(enum yg_tree_stage stage); /* untranslated */

enum yg_tree_channel { YG_TREE_MAIL, YG_TREE_WEBHOOK, YG_TREE_CHANNEL_COUNT };
const char *yg_tree_channel_name(enum yg_tree_channel channel); /* "mail" */

struct yg_tree_node {
	struct yg_bytes id;
	struct yg_bytes name;	 /* may be empty */
	struct yg_bytes address; /* as in the table; empty: none */
	struct yg_bytes
		server; /* mail: smtp[s]://HOST[:PORT], part of address; empty: the sender's */
	struct yg_bytes mailbox; /* mail: the address alone */
	struct yg_bytes secret;	 /* empty: none */
	uint32_t parent;	 /* index; YG_TREE_NONE: the coordinating body */
	uint32_t line;
	enum yg_tree_stage stage;
	enum yg_tree_channel channel;
};

struct yg_tree {
	const struct yg_tree_node *nodes; /* in the order of the table */
	uint32_t count;
};

enum yg_tree_wrong {
	YG_TREE_NO_COLUMN,     /* the header lacks @column */
	YG_TREE_DOUBLE_COLUMN, /* the header has it twice */
	YG_TREE_TOO_WIDE,      /* more cells than the header */
	YG_TREE_EMPTY,	       /* nothing in @column, which must not be */
	YG_TREE_TOO_LONG,      /* more bytes than it may have: @number */
	YG_TREE_NO_TEXT,       /* control characters, line ends, or what no encoding reads */
	YG_TREE_NO_STAGE,      /* no stage */
	YG_TREE_NO_CHANNEL,    /* no channel */
	YG_TREE_NO_MAIL,       /* no mail address, with or without a server */
	YG_TREE_NO_URL,	       /* no URL of a webhook */
	YG_TREE_SHORT_SECRET,  /* fewer than YG_TREE_SECRET_MIN bytes */
	YG_TREE_DOUBLE_ID,     /* stood in line @number already */
	YG_TREE_UNKNOWN,       /* no node of this id */
	YG_TREE_SELF,	       /* its own parent */
	YG_TREE_HAS_PARENT,    /* a ministry with one */
	YG_TREE_WRONG_PARENT,  /* a parent (in line @number) that is not of the stage above */
	YG_TREE_TOO_MANY,      /* more rows than @number: the others were not looked at */
	YG_TREE_NOBODY,	       /* no row at all */
};

struct yg_tree_fault {
	enum yg_tree_wrong wrong;
	uint32_t line;
	uint32_t number;       /* see above; 0: none */
	const char *column;    /* static; "" for the row as a whole */
	struct yg_bytes value; /* as it stands there; borrowed from the table */
};

/* Filled by line. Start with {0}. */
struct yg_tree_faults {
	struct yg_tree_fault *items; /* in the arena */
	uint32_t count;
	uint64_t total;
};

/*
 * YG_OK, YG_EFORMAT (*faults says what, at least one), YG_ENOMEM. Cost: O(rows × log rows).
 */
YG_MUST_USE int yg_tree_read(const struct yg_table *table, struct yg_arena *arena,
			     struct yg_tree *ret, struct yg_tree_faults *faults);
