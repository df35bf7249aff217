/* SPDX-License-Identifier: Apache-2.0 */
/* Along the lines of a ledger: does each follow, and does the hub stand behind what they say? */
#include "base/alloc.h"
#include "wire/ledger.h"

#include "base/ban.h"

void yg_ledger_walk_start(struct yg_ledger_walk *walk, const uint8_t *key)
{
	*walk = (struct yg_ledger_walk){.receipt_ns = YG_TIME_NONE, .has_key = key != NULL};
	if (key)
		memcpy(walk->key, key, YG_SIGN_PUBLIC_BYTES);
}

void yg_ledger_walk_resume(struct yg_ledger_walk *walk, const struct yg_ledger_line *cut)
{
	walk->n = cut->first - 1;
	memcpy(walk->hash, cut->before, sizeof(walk->hash));
	walk->number = cut->number;
	walk->epoch = cut->epoch;
	walk->base = cut->base;
	walk->receipted = cut->receipted;
	walk->batches = cut->batches;
	walk->records = cut->records;
	if (!cut->has_key)
		return;
	memcpy(walk->sensor, cut->sensor, sizeof(walk->sensor));
	memcpy(walk->organisation, cut->organisation, sizeof(walk->organisation));
	memcpy(walk->entered, cut->key, sizeof(walk->entered));
	walk->entered_n = cut->n; /* this entry names it */
}

void yg_ledger_walk_done(struct yg_ledger_walk *walk)
{
	free(walk->open);
	walk->open = NULL;
}

static int fault(enum yg_ledger_fault what, enum yg_ledger_fault *ret)
{
	*ret = what;
	return YG_EDIGEST;
}

/* ---- batches that wait for their countersignature ---- */

static void forget_open(struct yg_ledger_walk *walk, size_t count)
{
	if (count > walk->open_count)
		count = walk->open_count;
	walk->open_count -= count;
	walk->open_first += count;
	if (walk->open_count > 0)
		memmove(walk->open, walk->open + count, walk->open_count * sizeof(*walk->open));
}

static int add_open(struct yg_ledger_walk *walk, const struct yg_ledger_line *line)
{
	struct yg_ledger_open *open;

	if (walk->open_count == walk->open_room) {
		size_t room = walk->open_room ? walk->open_room * 2 : 256;

		if (walk->open_room >= YG_LEDGER_OPEN_MAX)
			return YG_ELIMIT;
		open = yg_reallocarray(walk->open, room, sizeof(*open));
		if (!open)
			return YG_ENOMEM;
		walk->open = open;
		walk->open_room = room;
	}
	if (walk->open_count == 0)
		walk->open_first = line->number;
	open = &walk->open[walk->open_count++];
	*open = (struct yg_ledger_open){.n = line->n, .count = line->count};
	memcpy(open->digest, line->digest, sizeof(open->digest));
	memcpy(open->hash, line->hash, sizeof(open->hash));
	return YG_OK;
}

static const struct yg_ledger_open *find_open(const struct yg_ledger_walk *walk, uint64_t number)
{
	return walk->open_count > 0 && number >= walk->open_first &&
			       number - walk->open_first < walk->open_count
		       ? &walk->open[number - walk->open_first]
		       : NULL;
}

/* ---- what lines say ---- */

static int take_batch(struct yg_ledger_walk *walk, const struct yg_ledger_line *line,
		      enum yg_ledger_fault *ret)
{
	if (line->number != walk->number + 1)
		return fault(YG_LEDGER_NUMBER, ret);
	if (walk->epoch == 0) {
		walk->epoch = line->epoch;
		walk->base = line->number - line->sequence;
	}
	if (line->epoch != walk->epoch || line->number - line->sequence != walk->base)
		return fault(YG_LEDGER_TWICE, ret);
	walk->number = line->number;
	walk->batches++;
	walk->records += line->count;
	return add_open(walk, line);
}

/* The hub's word, held against the key and against the line that it is about. */
static int take_receipt(struct yg_ledger_walk *walk, const struct yg_ledger_line *line,
			enum yg_ledger_fault *ret, uint64_t *ret_other)
{
	const struct yg_ledger_open *open = find_open(walk, line->number);
	struct yg_wire_receipt receipt = {.epoch = line->epoch,
					  .sequence = line->sequence,
					  .is_already = line->is_already,
					  .time_ns = line->hub_ns,
					  .is_signed = line->is_signed};
	struct yg_wire_batch batch = {.has_ledger = true};

	if (line->number > walk->number || line->number <= walk->receipted)
		return fault(YG_LEDGER_NUMBER, ret);
	memcpy(batch.digest, line->digest, sizeof(batch.digest));
	memcpy(batch.ledger, line->line, sizeof(batch.ledger));
	memcpy(batch.sensor, walk->sensor, sizeof(batch.sensor));
	memcpy(receipt.signature, line->signature, sizeof(receipt.signature));
	if (line->is_signed && !yg_ledger_is_signed(&receipt, &batch, walk->entered))
		return fault(YG_LEDGER_SIGNATURE, ret);
	if (open && (memcmp(open->digest, line->digest, sizeof(open->digest)) != 0 ||
		     memcmp(open->hash, line->line, sizeof(open->hash)) != 0)) {
		*ret_other = open->n;
		return fault(YG_LEDGER_OTHER, ret);
	}
	/* Of batches before a cut nothing is open here. */
	if (walk->open_count > 0 && line->number >= walk->open_first)
		forget_open(walk, (size_t)(line->number - walk->open_first + 1));
	walk->receipted = line->number;
	walk->receipt_n = line->n;
	walk->receipt_ns = line->hub_ns;
	walk->receipts++;
	walk->unsigned_receipts += !line->is_signed;
	return YG_OK;
}

static int take_enrolled(struct yg_ledger_walk *walk, const struct yg_ledger_line *line)
{
	memcpy(walk->sensor, line->sensor, sizeof(walk->sensor));
	memcpy(walk->organisation, line->organisation, sizeof(walk->organisation));
	memcpy(walk->entered, line->key, sizeof(walk->entered));
	walk->entered_n = line->n;
	return YG_OK;
}

bool yg_ledger_walk_is_key(const struct yg_ledger_walk *walk, uint64_t *ret_n)
{
	*ret_n = walk->entered_n;
	return !walk->has_key || walk->entered_n == 0 ||
	       memcmp(walk->entered, walk->key, sizeof(walk->key)) == 0;
}

static int take(struct yg_ledger_walk *walk, const struct yg_ledger_line *line,
		enum yg_ledger_fault *ret, uint64_t *ret_other)
{
	switch (line->kind) {
	case YG_LEDGER_ENROLLED:
		return take_enrolled(walk, line);
	case YG_LEDGER_BATCH:
		return take_batch(walk, line, ret);
	case YG_LEDGER_RECEIPT:
		return take_receipt(walk, line, ret, ret_other);
	case YG_LEDGER_DROP:
		walk->drops++;
		walk->dropped += line->count;
		return line->last <= walk->number ? YG_OK : fault(YG_LEDGER_NUMBER, ret);
	case YG_LEDGER_EPOCH:
		if (line->epoch <= walk->epoch || line->number > walk->number)
			return fault(YG_LEDGER_TWICE, ret);
		walk->epoch = line->epoch;
		walk->base = line->number;
		return YG_OK;
	case YG_LEDGER_SPOOL:
		walk->number = line->number;
		walk->open_count = 0;
		walk->epoch = 0; /* the next batch says which */
		walk->receipted = walk->receipted > line->number ? line->number : walk->receipted;
		return YG_OK;
	case YG_LEDGER_POLICY:
	case YG_LEDGER_SHORTENED: /* where the front is there all the same, it says nothing new */
	case YG_LEDGER_KIND_COUNT:
	default:
		return YG_OK;
	}
}

int yg_ledger_walk_step(struct yg_ledger_walk *walk, const struct yg_ledger_line *line,
			enum yg_ledger_fault *ret, uint64_t *ret_other)
{
	int rc;

	*ret = YG_LEDGER_WHOLE;
	*ret_other = 0;
	if (line->n != walk->n + 1 || memcmp(line->prev, walk->hash, sizeof(walk->hash)) != 0)
		return YG_EMISMATCH;
	rc = take(walk, line, ret, ret_other);
	if (rc != YG_OK)
		return rc;
	walk->n = line->n;
	memcpy(walk->hash, line->hash, sizeof(walk->hash));
	return YG_OK;
}

/* ---- where it is broken ---- */

static bool is_hash(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, YG_SHA256_BYTES) == 0;
}

/* The number is right, what it stands on is not: this line was changed, or the one before it. */
static uint64_t changed_of_two(const struct yg_ledger_break *where)
{
	bool is_meant = where->after ? is_hash(where->after->prev, where->bad->hash)
				     : where->head && is_hash(where->head, where->bad->hash);

	return is_meant && where->n > 0 ? where->n : where->n + 1;
}

enum yg_ledger_fault yg_ledger_judge(const struct yg_ledger_break *where, uint64_t *ret_n,
				     uint64_t *ret_other)
{
	const struct yg_ledger_line *bad = where->bad;
	uint64_t wanted = where->n + 1;

	*ret_n = wanted;
	*ret_other = 0;
	if (!bad)
		return YG_LEDGER_CHANGED;
	if (bad->n == wanted) {
		*ret_n = changed_of_two(where);
		return YG_LEDGER_CHANGED;
	}
	if (is_hash(bad->prev, where->hash))
		return YG_LEDGER_CHANGED; /* it stands where it should; its number was changed */
	if (bad->n < wanted) {
		*ret_n = bad->n;
		return YG_LEDGER_DOUBLED;
	}
	*ret_other = where->comes_later ? bad->n : bad->n - 1;
	return where->comes_later ? YG_LEDGER_MOVED : YG_LEDGER_MISSING;
}
