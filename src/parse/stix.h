/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/stix.h - a STIX bundle or a TAXII envelope: bytes to objects (model/stix.h).
 *
 * Every type of object is taken, also those that the standard does not know; what the standard
 * demands of an object is looked at: id, type, timestamps, references, markings, what its type
 * needs, the grammar of a pattern. A fault names its place, "objects[17].pattern: …".
 *
 *   bytes ─► split: {"objects":[ … ]} ─► each: blanks out, read as JSON, checked ─► markings known?
 *
 * Layer: parse. Input untrusted; no clock: @now_ns is the caller's. Any thread, one arena each.
 * Source: STIX 2.1 sec. 2, 3, 4 to 8; TLP by the published marking definitions (model/stix.h).
 * Tests: tests/unit/parse/test_stix.c, tests/fuzz/fuzz_stix.c, tests/e2e/stix.py
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/stix.h"

#define YG_STIX_FAULT_MAX 240u

struct yg_stix_item;
struct json_t;

/*
 * Each object as soon as it was looked at, in their order, one time each: @index in the bundle,
 * @tree as it was read (NULL: read again what is needed). Wrong ones too. Another value than YG_OK
 * ends the reading and is returned.
 */
typedef int (*yg_stix_item_fn)(void *arg, uint32_t index, const struct yg_stix_item *item,
			       const struct json_t *tree);
struct yg_stix_stream {
	yg_stix_item_fn fn;
	void *arg;
	struct yg_arena *arena; /* bytes of the next object; @fn may put another one here */
};

struct yg_stix_ask {
	int64_t now_ns; /* a version later than a day after it is refused; 0: any */
	/* Is this marking definition known from elsewhere? NULL: no. */
	bool (*has_marking)(void *arg, struct yg_bytes id);
	void *arg;
	uint32_t objects_max; /* 0: YG_STIX_OBJECTS_MAX */
	/* What was made and says nothing of changes is a version all the same: taken from those who
	 * leave `modified` out (docs/taxii.md, the data set of others' cases). */
	bool may_lack_modified;
	/* Objects are told and not kept: items is NULL then. From the first on whose marking is not
	 * known before the end they are kept, and told at the end. NULL: all are kept. */
	struct yg_stix_stream *stream;
};

struct yg_stix_item {
	struct yg_stix_object object; /* of a wrong one what could be read: id, version */
	const char *fault;	      /* "pattern: …"; NULL: it is right */
	bool is_open;		      /* the reader's own */
};

struct yg_stix_bundle {
	struct yg_stix_item *items; /* in the arena, as all they point to; NULL with a stream */
	uint32_t count;
	uint32_t wrong; /* items with a fault */
	/* Of a TAXII envelope: is there more, and by which word it is asked for (empty: none). */
	bool is_more;
	struct yg_bytes next;
};

/*
 * Read @text. YG_OK: it has the form of a bundle; items may have faults of their own. Otherwise
 * nothing can be told apart: YG_EFORMAT, YG_ELIMIT (with a message), YG_ENOMEM.
 * Cost: linear; memory: the text once more, and 150 bytes an object; with a stream a small constant
 * but for what is kept.
 */
YG_MUST_USE int yg_stix_read(struct yg_bytes text, const struct yg_stix_ask *ask,
			     struct yg_arena *arena, struct yg_stix_bundle *ret,
			     struct yg_line_fault *reterr);
