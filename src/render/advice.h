/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/advice.h - what to tell a person about a kind of attack, from rules/advice.yaml.
 *
 * Four short parts in two languages, compiled in. Every text says that it is no legal advice
 * where it speaks of duties. Immutable, thread-safe.
 */
#pragma once

#include "base/tr.h"
#include "model/finding.h"

struct yg_advice {
	const char *what;    /* what happened, with certainty by outcome (see yg_advice_for) */
	const char *do_now;  /* lines separated by \n */
	const char *do_not;
	const char *whom;    /* key into the contacts, see rules/contacts.yaml */
};

/* The advice for @key (empty or unknown: that of @field). Never NULL parts. */
struct yg_advice yg_advice_for(struct yg_bytes key, enum yg_attack_field field,
			       enum yg_outcome outcome, enum yg_lang lang);

/* Whom to tell: lines separated by \n, and the date the data was checked. */
const char *yg_advice_contacts(const char *whom, enum yg_lang lang, const char **ret_checked);
