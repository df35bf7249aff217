/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/advice.h - what to tell a person about a kind of attack, and whom to turn to.
 *
 * The texts are data: rules/advice.json and rules/contacts.json (shape: rules/README.md), checked
 * and turned into C tables by tools/advice.py while building. Immutable, thread-safe.
 */
#pragma once

#include "base/tr.h"
#include "model/finding.h"

/* Parts of several lines are separated by \n. No part is NULL or empty. Never freed. */
struct yg_advice {
	const char *what; /* what happened, with the certainty of the outcome asked for */
	const char *do_now;
	const char *do_not;
	const char *whom; /* key for yg_advice_contacts() */
};

/* The advice for @key; for an empty or unknown key that of @field. Cost: O(log keys). */
struct yg_advice yg_advice_for(struct yg_bytes key, enum yg_attack_field field,
			       enum yg_outcome outcome, enum yg_lang lang);

/* True when @key has an advice of its own (or names a field of attack). */
bool yg_advice_has(struct yg_bytes key);

/*
 * Whom to tell: lines separated by \n. *ret_checked is the ISO date on which the oldest of them
 * was checked. An unknown @whom gives the list "general". Never NULL.
 */
const char *yg_advice_contacts(const char *whom, enum yg_lang lang, const char **ret_checked);
