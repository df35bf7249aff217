/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/joining.h - lines of an input that say one thing together (parse/join.h): what earlier ones
 * lend to the records of a batch.
 *
 * The intake sees the lines of an input in their order, whatever the number of workers, so it is
 * here that they are joined; workers then read each record with what it was lent. Only records that
 * a joining description can have are read here, once more than others.
 *
 * Layer: app. One thread; nothing of it outlives the run.
 */
#pragma once

#include "app/batch.h"
#include "parse/format.h"

struct yg_joining;

/* @opts as for the workers' parsers; its descriptions are borrowed. NULL without memory. */
struct yg_joining *yg_joining_new(const struct yg_parse_opts *opts);
struct yg_joining *yg_joining_free(struct yg_joining *joining);

/* The records of @batch, which follow those of the call before. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_joining_take(struct yg_joining *joining, struct yg_batch *batch);

/* Tries whose earlier lines were pushed out for others. NULL: 0. */
uint64_t yg_joining_evicted(const struct yg_joining *joining);
