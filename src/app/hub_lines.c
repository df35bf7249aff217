/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which line of its ledger each sensor's last batch had, so that a receipt that got lost is given
 * again, countersigned, when the batch comes again.
 *
 * The journal knows a batch again by half a digest, the older ones by their number alone, and never
 * by the line of the ledger: what is known again there is no ground to sign anything. So where this
 * table does not know better (the hub was started anew, or it is an older batch), the receipt says
 * "already" and is not signed; the next batch's countersignature vouches for all before it.
 */
#include "app/hub_lines.h"

#include "base/alloc.h"
#include "base/hash.h"

#include "base/ban.h"

#define LINES 8192u /* sensors; two in one place push each other out */

struct line {
	uint64_t epoch; /* 0: free */
	uint64_t sequence;
	uint8_t digest[YG_SHA256_BYTES];
	uint8_t ledger[YG_SHA256_BYTES];
	bool has_ledger;
	char sensor[YG_WIRE_ID_MAX + 1];
};

struct yg_hub_lines {
	struct line lines[LINES];
};

struct yg_hub_lines *yg_hub_lines_new(void)
{
	return yg_calloc(1, sizeof(struct yg_hub_lines));
}

struct yg_hub_lines *yg_hub_lines_free(struct yg_hub_lines *lines)
{
	free(lines);
	return NULL;
}

static void note(struct line *line, const struct yg_wire_batch *batch)
{
	*line = (struct line){
		.epoch = batch->epoch,
		.sequence = batch->sequence,
		.has_ledger = batch->has_ledger,
	};
	memcpy(line->digest, batch->digest, sizeof(line->digest));
	if (batch->has_ledger)
		memcpy(line->ledger, batch->ledger, sizeof(line->ledger));
	(void)snprintf(line->sensor, sizeof(line->sensor), "%s", batch->sensor); /* an id */
}

static bool is_same(const struct line *line, const struct yg_wire_batch *batch)
{
	return line->epoch == batch->epoch && line->sequence == batch->sequence &&
	       line->has_ledger == batch->has_ledger &&
	       memcmp(line->digest, batch->digest, sizeof(line->digest)) == 0 &&
	       (!line->has_ledger ||
		memcmp(line->ledger, batch->ledger, sizeof(line->ledger)) == 0) &&
	       strcmp(line->sensor, batch->sensor) == 0;
}

bool yg_hub_lines_hold(struct yg_hub_lines *lines, const struct yg_wire_batch *batch, bool is_new)
{
	struct line *line =
		&lines->lines[yg_hash64(yg_bytes_str(batch->sensor), yg_hash_secret()) % LINES];

	if (is_new)
		note(line, batch);
	return is_new || is_same(line, batch);
}
