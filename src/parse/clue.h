/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/clue.h - a STIX indicator that was checked (parse/stix.h), as what can be looked for: the
 * values of its pattern, and what stands beside them.
 *
 * A pattern that says more than "one of these was seen" gives no values (parse/stix_pattern.h).
 * Mail addresses and accounts name a person, and so does a URL that holds a mail address.
 *
 * Layer: parse. Input untrusted. Pure. Any thread. Cost: linear.
 * Source: STIX 2.1 sec. 4.7, 9. Tests: tests/unit/parse/test_clue.c, tests/fuzz/fuzz_clue.c
 */
#pragma once

#include "base/err.h"
#include "base/json.h"
#include "model/clue.h"

#define YG_CLUE_VALUES_MAX 2000u /* of one indicator; more: it says more than a list can */

enum yg_clue_kind {
	YG_CLUE_NAME,
	YG_CLUE_IPV4,
	YG_CLUE_IPV6,
	YG_CLUE_URL,
	YG_CLUE_HASH,
	YG_CLUE_MAIL,
	YG_CLUE_ACCOUNT, /* and who a mail is from or to */
	YG_CLUE_OTHER
};
/* What an object path is of: "file:hashes.'SHA-256'". */
enum yg_clue_kind yg_clue_kind_of(struct yg_bytes path);
/* Does a value of @kind name a person? */
bool yg_clue_is_person(enum yg_clue_kind kind, struct yg_bytes value);

/* Both borrowed for the call. Another value than YG_OK ends the reading and is returned. */
typedef int (*yg_clue_value_fn)(void *arg, enum yg_clue_kind kind, struct yg_bytes value);

/*
 * @tree: the object. Fills of *facts what it says: times, confidence, PAP (a label "pap:amber"),
 * revoked, is_more; the rest stays as it is. @fn may be called before is_more turns out: its values
 * are none then. YG_OK, YG_ENOMEM, what @fn returned.
 */
YG_MUST_USE int yg_clue_read(const json_t *tree, struct yg_clue_facts *facts, yg_clue_value_fn fn,
			     void *arg);
