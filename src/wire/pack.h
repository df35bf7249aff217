/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/pack.h - bytes of our own, packed while they travel and are kept.
 *
 *   engine: judges ─ save ─► state ─ pack ─► pieces ─► keeper ─► facts.db     (and back)
 *
 * What correlations remember of an organisation is marks of times and positions, eight times as
 * large as zstd (RFC 8878, its fastest level, content size and checksum written) makes it: what is
 * written again and again is that much less. What an earlier version kept is not packed, and is
 * taken as it is; it must not begin with zstd's four bytes (a state begins with "YGJ").
 *
 * Pure; thread-safe. Cost: about 2.5 ms a MiB to pack, 0.6 to unpack.
 * Tests: tests/unit/wire/test_pack.c, tests/unit/app/test_hub_detect.c
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* Packs @bytes, added to @to. YG_OK, YG_ENOMEM, YG_ELIMIT: more than @to may hold. */
YG_MUST_USE int yg_zpack(struct yg_bytes bytes, struct yg_buf *to);

/*
 * *@ret: the bytes that @kept holds: in @room, or @kept itself when they are not packed. YG_OK,
 * YG_ENOMEM, YG_ELIMIT: it says that they are more than @max; YG_EFORMAT: it is damaged.
 */
YG_MUST_USE int yg_zunpack(struct yg_bytes kept, size_t max, struct yg_buf *room,
			   struct yg_bytes *ret);
