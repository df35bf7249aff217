/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/keys.h - what stands in a record, as 64-bit keys for the filters of an archive.
 *
 * The keys of a record are made by the search for indicators itself: everything it would look up.
 * So whatever it could find in a record has a key among those of the record; the other way round a
 * key says "maybe". Kinds: addresses and the prefixes they lie in, names and their parents, hosts
 * of URLs, file hashes; and the values of fields that name users and computers.
 *
 * Keys are XXH3-64 with fixed seeds: the same on every machine, for ever (docs/archive.md).
 *
 * Layer:   detect. Pure, no state; thread-safe.
 * Tests:   tests/unit/detect/test_keys.c
 */
#pragma once

#include "detect/indicators.h"

#define YG_KEYS_SEED	  UINT64_C(0x7961677572610001) /* and the kind, 1 to 6 */
#define YG_KEYS_VALUE_MAX 256u /* bytes of a user or host; longer ones have no key */
#define YG_KEYS_PREFIX_V4                                                                          \
	{                                                                                          \
		8, 16, 24                                                                          \
	}
#define YG_KEYS_PREFIX_V6                                                                          \
	{                                                                                          \
		16, 32, 48, 64                                                                     \
	}

typedef void (*yg_key_fn)(void *arg, uint64_t key);

/* All keys of @event; doubles may come. Escaped fields are decoded on the way. */
void yg_keys_of_event(struct yg_event *event, yg_key_fn take, void *arg);

/* @also: another key that a record has which has @key, or 0. Both together deceive less often. */
typedef void (*yg_key_pair_fn)(void *arg, uint64_t key, uint64_t also);

/*
 * For each indicator of @set (finished) the one key that every record has in which it occurs: for a
 * prefix that of the longest prefix that has keys, for a URL its host's. For an address or prefix
 * also that of the next shorter one: what lies in 192.0.2.7 lies in 192.0.2.0/24, too.
 */
void yg_keys_of_indicators(const struct yg_indicators *set, yg_key_pair_fn take, void *arg);

/* Keys that every record has which has a field @name with the whole value @value. */
void yg_keys_of_field(struct yg_bytes name, struct yg_bytes value, yg_key_fn take, void *arg);

/* Is the whole text of field @field equal to @value, case aside, and is it called @name? */
bool yg_keys_is_field(struct yg_event *event, struct yg_field *field, struct yg_bytes name,
		      struct yg_bytes value);
