/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/benign.h - `yagura rules benign`: what rules find in logs where nothing is amiss, which
 * values cause it, and a filter that would take it away.
 *
 * Bounded: of each rule the values of the first YG_BENIGN_LOOKED_MAX hits are counted, so many
 * distinct ones for each field; every YG_BENIGN_SAMPLE-th record tells what is usual anyway.
 */
#pragma once

#include "app/detect-int.h"
#include "model/count.h"

#define YG_BENIGN_LOOKED_MAX 1000u
#define YG_BENIGN_VALUES_MAX 512u   /* (field, value) pairs of one rule */
#define YG_BENIGN_ALL_MAX    20000u /* records that all tell what is usual; then */
#define YG_BENIGN_SAMPLE     16u    /* one of so many */
#define YG_BENIGN_COMMON_MAX 65536u /* pairs known of the sample; power of two */

struct yg_benign_run;

/* The rules are loaded, as understood too. NULL without memory. */
struct yg_benign_run *yg_benign_new(struct yg_run *run);
struct yg_benign_run *yg_benign_free(struct yg_benign_run *benign);

/* Look at a batch, in order. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_benign_batch(struct yg_benign_run *benign, const struct yg_batch *batch);

/* The command line of `yagura rules benign`, @argv[0] = "benign". Returns the exit status. */
int yg_rules_benign(int argc, char **argv);

/* Put the report into words, JSON or a page. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_benign_report(struct yg_benign_run *benign, const struct yg_count *count,
				 struct yg_buf *to);
