/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/reading.h - one record of a batch to an event, whatever the batch holds.
 *
 * Text goes to the parser of the input, records of Windows event files to the reader that knows
 * their chunk. One thread; borrows what it is given.
 */
#pragma once

#include "app/batch.h"
#include "parse/evtx.h"
#include "parse/format.h"

struct yg_reading {
	struct yg_parser *parser;     /* of the input; set by the owner */
	const struct yg_names *names; /* set by the owner */
	struct yg_evtx *evtx;	      /* made when it is first needed */
	const uint8_t *chunk;	      /* the one @evtx knows; NULL = none */
};

void yg_reading_done(struct yg_reading *reading);

/* Before each batch: what is known of the chunks of another one does not count any more. */
static inline void yg_reading_start(struct yg_reading *reading)
{
	reading->chunk = NULL;
}

/*
 * Record number @index of @batch. @arena is reset. Returns as yg_parse_any(); position and source
 * are left to the caller.
 */
YG_MUST_USE int yg_reading_event(struct yg_reading *reading, const struct yg_batch *batch,
				 uint32_t index, struct yg_arena *arena, struct yg_event *ret,
				 struct yg_fault *reterr);

/* The byte of the input at which record number @index of a Windows event file begins. */
uint64_t yg_reading_byte(const struct yg_batch *batch, uint32_t index);
