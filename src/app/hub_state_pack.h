/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_state_pack.h - what correlations remember of an organisation, on its way to the store.
 *
 *   engine: judges ─ save ─► state ─ pack ─► pieces ─► keeper ─► facts.db     (and back)
 *
 * A state is marks of times and positions, eight times as large as zstd (RFC 8878, its fastest
 * level, content size and checksum written) makes it: what is written again and again is that much
 * less. A state that an earlier version kept is not packed, and is taken as it is: it begins with
 * "YGJ", never with zstd's four bytes.
 *
 * Bounds: both sides YG_HUB_STATE_MAX. Pure; thread-safe. Cost: about 2.5 ms a MiB.
 * Tests: tests/unit/app/test_hub_state_pack.c, tests/unit/app/test_hub_detect.c
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* Packs @state, added to @to. YG_OK, YG_ENOMEM, YG_ELIMIT. */
YG_MUST_USE int yg_hub_state_pack(struct yg_bytes state, struct yg_buf *to);

/*
 * *@ret: the state that @kept holds: in @room, or @kept itself when it is not packed. YG_OK,
 * YG_ENOMEM, YG_ELIMIT: it says that it is larger than a state may be; YG_EFORMAT: it is damaged.
 */
YG_MUST_USE int yg_hub_state_unpack(struct yg_bytes kept, struct yg_buf *room,
				    struct yg_bytes *ret);
