/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/framework.h - library files of frameworks (docs/framework-format.md) to model/framework.h.
 *
 * Layer:   parse. Input untrusted: at most YG_YAML_BYTES_MAX bytes; aliases, duplicate keys and
 *          the other limits of parse/yaml.h apply.
 * Refused, with the line: no urn, a urn or ref_id twice, a parent that is unknown, comes later or
 *          closes a cycle, a level, answer set or question that is not defined, a cycle among
 *          dependencies of questions or among mapping sets' rows onto themselves, a relationship,
 *          kind, rule or span that is none, a key beginning with x_ that is not ours (the nearest
 *          is named), numbers out of range. Other unknown keys are left alone.
 * Source:  the library format of CISO Assistant; the keys with x_ are ours.
 * Tests:   tests/unit/parse/test_framework.c, tests/fuzz/fuzz_framework.c
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/framework.h"

/*
 * Read one file. *ret and all it reaches live in @arena (which copies @text where it must: @text
 * may go afterwards). YG_OK, YG_EFORMAT, YG_ELIMIT or YG_ENOMEM with *reterr filled. Cost: O(text).
 */
YG_MUST_USE int yg_framework_read(struct yg_bytes text, struct yg_arena *arena,
				  const struct yg_library **ret, struct yg_line_fault *reterr);
