/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/query_wire.h - what parent and query process say to each other.
 *
 * A frame is its size (4 bytes), its kind (1 byte) and that many bytes, in the byte order of the
 * machine: both ends are the same program. The parent takes every byte for hostile.
 */
#pragma once

#include "base/buf.h"
#include "store/query.h"

#define YG_QUERY_FRAME_HEAD 5u
#define YG_QUERY_FRAME_MAX  (66u << 10) /* bytes after the head */
#define YG_QUERY_FRAME_FULL (64u << 10) /* rows are sent when so many bytes are together */

enum yg_query_frame {
	YG_QUERY_FRAME_HELLO = 1, /* int32 code */
	YG_QUERY_FRAME_QUERY,	  /* text */
	YG_QUERY_FRAME_ROWS,	  /* rows, whole ones */
	YG_QUERY_FRAME_DONE,	  /* int32 code, uint32 tables, refusal */
};

/* A row: check (1 byte), sizes of resource and reason (2 bytes each), both texts. */
void yg_query_wire_add_row(struct yg_buf *to, const struct yg_check_row *row);

/*
 * Take the row at the front of *rest. YG_OK; YG_EEND: no more; YG_EFORMAT: no such row (sizes,
 * state, UTF-8). @ret borrows from *rest.
 */
YG_MUST_USE int yg_query_wire_row(struct yg_bytes *rest, struct yg_check_row *ret);

/* Head and bytes of a frame. */
void yg_query_wire_add_frame(struct yg_buf *to, enum yg_query_frame kind, struct yg_bytes body);

/* The body of DONE. YG_EFORMAT when it is none. */
void yg_query_wire_add_done(struct yg_buf *to, int code, const struct yg_query_done *done);
YG_MUST_USE int yg_query_wire_done(struct yg_bytes body, int *ret_code, struct yg_query_done *ret);
