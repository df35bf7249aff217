/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/advice-int.h - the tables that tools/advice.py makes of rules/advice.json and
 * rules/contacts.json. Private to render/. Immutable.
 */
#pragma once

#include <stddef.h>

struct yg_advice_row {
	const char *key;
	const char *whom;
	const char *what[3][2]; /* by enum yg_outcome, enum yg_lang; lines separated by \n */
	const char *do_now[3][2];
	const char *do_not[3][2];
};

struct yg_contact_row {
	const char *whom;
	const char *checked; /* ISO date: the oldest among the list's contacts */
	const char *lines[2];
};

/* Both sorted by key (bytewise). */
extern const struct yg_advice_row yg_advice_rows[];
extern const size_t yg_advice_row_count;
extern const struct yg_contact_row yg_contact_rows[];
extern const size_t yg_contact_row_count;
