/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/frame-int.h - framing of Windows events as XML. Private to parse/frame.c.
 */
#pragma once

#include "parse/frame.h"

/* Does an input that begins with @start (no white space in front) hold such events? */
bool yg_frame_is_events(struct yg_bytes start);

/* As yg_frame_next, for YG_FRAMING_EVENTS. @data is not empty. */
YG_MUST_USE int yg_frame_next_event(struct yg_framer *framer, struct yg_bytes data, bool is_end,
				    struct yg_frame *ret);
