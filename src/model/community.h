/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/community.h - the members of a community and who supplies whom.
 *
 * A relation joins a supplier to a buyer and carries the scheme's three answers (does the supplier
 * hold the buyer's secret data; would its stop harm the buyer's business; is it connected to the
 * buyer's systems) and what the supplier lets the buyer be told of it when it is hit.
 * Immutable; borrowed from the arena it was read into. Pure; any thread.
 */
#pragma once

#include "base/bytes.h"

#define YG_MEMBERS_MAX	   100000u
#define YG_RELATIONS_MAX   1000000u
#define YG_MEMBER_ID_MAX   64u	/* bytes */
#define YG_MEMBER_TEXT_MAX 400u /* bytes of a name, sector, provider */
#define YG_MEMBER_MAIL_MAX 254u /* bytes */
#define YG_MEMBER_NONE	   UINT32_MAX

struct yg_member {
	struct yg_bytes id;
	struct yg_bytes name_ja;
	struct yg_bytes name_en;
	struct yg_bytes sector;	  /* empty: not said */
	struct yg_bytes provider; /* who runs its systems; empty: not said */
	struct yg_bytes contact_mail;
	struct yg_bytes deputy_mail;
	struct yg_bytes contact_phone; /* as the rest: where the file has such a column */
	struct yg_bytes deputy_phone;
	struct yg_bytes hours;
	struct yg_bytes verified; /* a day, 2026-11-25 */
	struct yg_bytes language; /* of mails: "ja", "en"; empty: not said */
	uint32_t line;		  /* of the file it stood in; 0: none */
};

/* The three answers, as bits. */
#define YG_ANSWER_SECRET_DATA	0x1u
#define YG_ANSWER_BUSINESS_STOP 0x2u
#define YG_ANSWER_SYSTEM_ACCESS 0x4u
#define YG_ANSWER_COUNT		3u

/* May the buyer be told the supplier's name when the supplier is hit? */
enum yg_naming {
	YG_NAMING_NAMED,
	YG_NAMING_ANONYMOUS, /* told, but not who */
	YG_NAMING_ASK,	     /* ask the supplier each time */
	YG_NAMING_COUNT
};

struct yg_relation {
	uint32_t supplier; /* index of a member */
	uint32_t buyer;
	uint8_t answers;
	uint8_t naming; /* enum yg_naming */
	uint32_t line;	/* of the file it stood in; 0: none */
};

struct yg_community {
	const struct yg_member *members; /* by id (bytes) */
	uint32_t member_count;
	const struct yg_relation *relations; /* by supplier, then buyer; no pair twice */
	uint32_t relation_count;
};

/* "secret_data", "business_stop", "system_access" for the @index-th bit. */
const char *yg_answer_name(uint32_t index);
bool yg_answer_by_name(struct yg_bytes name, uint8_t *ret);

const char *yg_naming_name(enum yg_naming naming);		   /* "named", "anonymous", "ask" */
bool yg_naming_by_name(struct yg_bytes name, enum yg_naming *ret); /* any letter case */

/* The member called @id, or YG_MEMBER_NONE. Cost: O(log members). */
uint32_t yg_community_find(const struct yg_community *community, struct yg_bytes id);

/* Bytes as numbers, the shorter first where one begins with the other: the order of ids. */
int yg_member_id_order(struct yg_bytes a, struct yg_bytes b);
