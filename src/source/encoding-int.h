/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source/encoding-int.h - any text bytes in, UTF-8 out. Inside source/.
 *
 * Layer:   source.
 * Input:   untrusted bytes; nothing is lost but what is no character, and that is counted.
 * State:   one decoder per stream, one thread. Memory: YG_DECODER_HOLD_MAX + what one call brings.
 * Source:  RFC 3629; Unicode 15 sec. 3.9 (maximal subparts); JIS X 0208 rows for the typical
 *          characters; Microsoft code page 932; eucJP-ms.
 * Tests:   tests/unit/source/test_encoding.c, tests/fuzz/fuzz_encoding.c
 */
#pragma once

#include "source/input.h"

#define YG_DECODER_HOLD_MAX (64u * 1024u) /* bytes looked at before an encoding is chosen */
#define YG_DECODER_PART_MAX (4u << 20)	  /* bytes that one yg_decoder_add() may bring */

struct yg_decoder {
	enum yg_encoding encoding; /* UNKNOWN while all was ASCII, or could not be told */
	bool is_started;	   /* the byte-order mark was looked for */
	void *iconv;		   /* CP932 and EUC-JP */
	struct yg_buf held;	   /* not yet given out: incomplete, or not yet decided */
	uint64_t lines;		   /* line feeds given out, until the first replacement */
	uint64_t replaced;
	uint64_t first_replaced; /* line, from 1; 0 = none */
};

void yg_decoder_init(struct yg_decoder *decoder);
void yg_decoder_done(struct yg_decoder *decoder);

/* A new file of the same stream begins: its byte-order mark and encoding are found anew. */
void yg_decoder_restart(struct yg_decoder *decoder);

/*
 * The fast way: how many of the bytes at the front of @in are UTF-8 already and may be given out
 * as they are. 0 unless nothing is held and the encoding is UTF-8 or not yet known; in the latter
 * case only ASCII is passed. The rest goes to yg_decoder_add().
 */
size_t yg_decoder_pass(struct yg_decoder *decoder, struct yg_bytes in);

/*
 * Convert what is held and @in; append to @to. @is_end: nothing follows, give out all. What does
 * not fit into @to stays held (see held.size) and comes with the next call, also after the end.
 * YG_OK, YG_ENOMEM, YG_ELIMIT (too much brought) or YG_EUNSUPPORTED (*ret_reason says why).
 */
YG_MUST_USE int yg_decoder_add(struct yg_decoder *decoder, struct yg_bytes in, bool is_end,
			       struct yg_buf *to, const char **ret_reason);

/* Bytes of @b before the first that is not ASCII. Cost: memory speed. */
size_t yg_ascii_run(struct yg_bytes b);

/*
 * Bytes of @b that are whole, well-formed UTF-8. *ret_bad: 0 when the rest is only incomplete,
 * else the number of bytes there that form no character.
 */
size_t yg_utf8_run(struct yg_bytes b, size_t *ret_bad);

/* What @b is written in, judged by its characters; UNKNOWN when it cannot be told. */
enum yg_encoding yg_encoding_guess(struct yg_bytes b);
