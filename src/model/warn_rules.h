/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/warn_rules.h - whom a community warns when a member is hit, and how: rules that are data.
 *
 * Read by parse/warn_rules.h (docs/warn.md), applied by warn/plan.h. The first rule that fits a
 * member decides. Rules by relation stand before those by provider or sector. Pure.
 */
#pragma once

#include "model/community.h"
#include "model/marking.h"

#define YG_WARN_RULES_MAX	   16u
#define YG_WARN_DEPTH_MAX	   6u
#define YG_WARN_TITLE_MAX	   400u /* bytes */
#define YG_WARN_CANDIDATES_MAX	   10000u
#define YG_WARN_CANDIDATES_DEFAULT 5u

enum yg_warn_to {
	YG_WARN_TO_VICTIM,
	YG_WARN_TO_BUYERS,   /* along relations, from supplier to buyer */
	YG_WARN_TO_PROVIDER, /* who has the victim's provider */
	YG_WARN_TO_SECTOR,   /* who is of the victim's sector */
	YG_WARN_TO_COUNT
};

enum yg_warn_content {
	YG_WARN_EVERYTHING, /* the victim's own: nothing is taken out */
	YG_WARN_WARNING,    /* what concerns the recipient */
	YG_WARN_INDICATORS, /* 攻撃技術情報 alone */
	YG_WARN_CONTENT_COUNT
};

struct yg_warn_rule {
	uint32_t number; /* as the file and the plan call it; ascending */
	enum yg_warn_to to;
	uint32_t depth_min; /* buyers: relations between the victim and the recipient */
	uint32_t depth_max;
	uint8_t first_any; /* buyers: the victim's relation has one of these answers yes */
	uint8_t next_any;  /* buyers: and so has each relation after it, one of these */
	enum yg_warn_content content;
	enum yg_tlp tlp;
	bool may_name;	   /* names the victim where the relation's consent says so */
	bool waits_if_ask; /* waits for approval where the relation says `ask` */
	struct yg_bytes title_en;
	struct yg_bytes title_ja;
};

struct yg_warn_rules {
	struct yg_warn_rule rules[YG_WARN_RULES_MAX];
	uint32_t count;
	uint32_t candidates_min; /* fewer organisations it could be: the member is asked */
};

const char *yg_warn_to_name(enum yg_warn_to to);		/* "buyers" */
const char *yg_warn_content_name(enum yg_warn_content content); /* "warning" */
bool yg_warn_to_by_name(struct yg_bytes name, enum yg_warn_to *ret);
bool yg_warn_content_by_name(struct yg_bytes name, enum yg_warn_content *ret);
