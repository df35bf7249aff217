/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share/stix_notice.h - a notice as a STIX 2.1 bundle: for those who take in no other form.
 *
 *   notice (a copy that left the gate) ─► identity of the issuer, indicators, attack patterns,
 *     sightings, incident ─► report (indicators alone: grouping) that names them all
 *
 * What stands in a notice went through access/gate.h before: nothing is taken out here, and nothing
 * is added but words of the standard. The same notice gives the same bytes: ids are digests of its
 * number and of what they stand for, so a correction is a newer version of the same report, and a
 * withdrawal revokes it and all it names. Exercises, and what no person looked at, say so in
 * `labels` and `name`.
 *
 * Layer: share. Pure; any thread. Source: STIX 2.1 sec. 4, 5, 7.2; TLP 2.0 (model/stix.h).
 * Tests: tests/unit/share/test_stix_notice.c, tests/e2e/taxii.py (validated by programs of others)
 */
#pragma once

#include "base/buf.h"
#include "model/notice.h"

/* Added to @to with a line end. @lang: of names and descriptions. YG_OK; YG_EINVAL: no time or no
 * number; YG_ENOMEM, YG_ELIMIT. */
YG_MUST_USE int yg_stix_notice(const struct yg_notice *notice, enum yg_lang lang,
			       struct yg_buf *to);
/* The same as a version of what was first made at @first_ns (UTC, since 1970): `created` stays. */
YG_MUST_USE int yg_stix_notice_again(const struct yg_notice *notice, int64_t first_ns,
				     enum yg_lang lang, struct yg_buf *to);
