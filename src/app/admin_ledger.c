/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   ledger (checked with the hub's own key) ──► batches by epoch and sequence ─┐
 *   DATA/batches ──────────────────────────────► the same ───────────────────┴► first difference
 *   last heartbeat ──► the line that the sensor called its last
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/admin_ledger.h"

#include "app/commands.h"
#include "app/hub_batches.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/io.h"
#include "sensor/ledger_read.h"

#include "base/ban.h"

#define BATCHES_MAX (UINT64_C(1) << 23) /* of one sensor, on either side */
#define PATH_ROOM   4096u
#define NAME_ROOM   160u
#define DAY_NS	    (INT64_C(86400) * YG_NS_PER_S)

typedef unsigned long long ull;

/* A batch as one of the two sides has it. */
struct side {
	uint64_t epoch;
	uint64_t sequence;
	uint64_t n;	 /* ledger: its entry */
	uint64_t number; /* ledger */
	int64_t hub_ns;	 /* ledger: when the hub had signed for it; YG_TIME_NONE: not yet */
	bool has_line;
	bool is_seen;	 /* the other side has it too */
	bool is_dropped; /* ledger: it was given up */
	uint8_t digest[YG_SHA256_BYTES];
	uint8_t line[YG_SHA256_BYTES];
};

struct sides {
	struct side *list;
	size_t count;
	size_t room;
};

struct compare {
	const struct yg_admin_compare *asked;
	struct sides ledger;
	struct sides hub;
	struct sides
		drops; /* of the hub: what it was told was given up, .number the last sequence */
	size_t ledger_first; /* batches of the spool that is in force now begin here */
	uint64_t receipted;  /* number */
	uint64_t records;    /* of the hub */
	uint64_t dropped;
	uint64_t reported_n; /* of the last heartbeat; 0: none */
	uint8_t reported[YG_SHA256_BYTES];
	bool is_reported_met;
	bool is_reported_right;
	size_t signed_count; /* of the ledger's, those with a time of the hub's */
	int64_t expired_ns;  /* what arrived before, the hub may have forgotten; INT64_MIN: none */
	uint64_t cut_number; /* of the last batch whose entry the ledger's owner had cut; 0: none */
	struct side cut_last; /* its place: up to there the hub may have what the ledger has not */
};

static int add_side(struct sides *sides, const struct side *side)
{
	if (sides->count == sides->room) {
		size_t room = sides->room ? sides->room * 2 : 1024;
		void *more;

		if (sides->room >= BATCHES_MAX)
			return YG_ELIMIT;
		more = yg_reallocarray(sides->list, room, sizeof(*sides->list));
		if (!more)
			return YG_ENOMEM;
		sides->list = more;
		sides->room = room;
	}
	sides->list[sides->count++] = *side;
	return YG_OK;
}

/* ---- the hub's side ---- */

static int take_hub(void *arg, const struct yg_hub_batch *batch)
{
	struct compare *c = arg;
	struct side side = {
		.epoch = batch->epoch, .sequence = batch->sequence, .has_line = batch->has_line};

	if (batch->is_drop) {
		c->dropped += batch->records;
		side.number = batch->last;
		return add_side(&c->drops, &side);
	}
	c->records += batch->records;
	memcpy(side.digest, batch->digest, sizeof(side.digest));
	memcpy(side.line, batch->line, sizeof(side.line));
	return add_side(&c->hub, &side);
}

static int by_place(const void *a_arg, const void *b_arg)
{
	const struct side *a = a_arg;
	const struct side *b = b_arg;

	if (a->epoch != b->epoch)
		return a->epoch < b->epoch ? -1 : 1;
	return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

/* Sorted, each place once (after a crash or a restored journal one may stand there again). */
static void sort_hub(struct sides *hub)
{
	size_t kept = 0;

	if (hub->count > 1)
		qsort(hub->list, hub->count, sizeof(*hub->list), by_place);
	for (size_t i = 0; i < hub->count; i++)
		if (kept == 0 || by_place(&hub->list[kept - 1], &hub->list[i]) != 0)
			hub->list[kept++] = hub->list[i];
	hub->count = kept;
}

static int read_hub(struct compare *c)
{
	char path[PATH_ROOM];
	char name[NAME_ROOM];
	int size = snprintf(path, sizeof(path), "%s/batches", c->asked->data);
	int rc;

	if (size <= 0 || (unsigned)size >= sizeof(path))
		return YG_ELIMIT;
	(void)snprintf(name, sizeof(name), "%s/%s", c->asked->org, c->asked->sensor); /* ids */
	rc = yg_hub_batches_read(path, name, take_hub, c);
	if (rc == YG_OK)
		rc = yg_hub_batches_expired(path, &c->expired_ns);
	if (rc == YG_OK)
		sort_hub(&c->hub);
	return rc;
}

/* The public half of what signs receipts. */
static int read_key(const char *data, uint8_t key[YG_SIGN_PUBLIC_BYTES])
{
	uint8_t seed[YG_SIGN_SEED_BYTES];
	char path[PATH_ROOM];
	uint8_t *bytes = NULL;
	size_t size = 0;
	int length = snprintf(path, sizeof(path), "%s/ca/downlink.seed", data);
	int rc = length > 0 && (unsigned)length < sizeof(path)
			 ? yg_io_read_file(path, 256, &bytes, &size)
			 : YG_ELIMIT;

	if (rc == YG_OK &&
	    !yg_hex_read(yg_bytes_trim((struct yg_bytes){bytes, size}), seed, sizeof(seed)))
		rc = YG_EFORMAT;
	if (rc == YG_OK)
		yg_sign_public(seed, key);
	yg_wipe(seed, sizeof(seed));
	if (bytes)
		yg_wipe(bytes, size);
	free(bytes);
	return rc;
}

static void read_reported(struct compare *c)
{
	const json_t *heartbeat = json_object_get(c->asked->heartbeat, "heartbeat");
	const json_t *ledger = json_object_get(heartbeat, "ledger");
	int64_t n = yg_json_int(ledger, "entries", 0);

	if (n > 0 && yg_hex_read(yg_json_text(ledger, "head"), c->reported, sizeof(c->reported)))
		c->reported_n = (uint64_t)n;
}

/* ---- the member's side ---- */

/* Batches above @line's number, which the hub had not taken, belong to another epoch now. */
static void renumber(struct compare *c, const struct yg_ledger_line *line)
{
	for (size_t i = c->ledger.count; i-- > c->ledger_first;) {
		struct side *side = &c->ledger.list[i];

		if (side->number <= line->number)
			return;
		side->epoch = line->epoch;
		side->sequence = side->number - line->number;
	}
}

/* It covers all before it. */
static void note_receipt(struct compare *c, const struct yg_ledger_line *line)
{
	c->receipted = line->number;
	for (; c->signed_count < c->ledger.count &&
	       c->ledger.list[c->signed_count].number <= line->number;
	     c->signed_count++)
		c->ledger.list[c->signed_count].hub_ns = line->hub_ns;
}

static void note_drop(struct compare *c, const struct yg_ledger_line *line)
{
	for (size_t i = c->ledger.count; i-- > c->ledger_first;) {
		struct side *side = &c->ledger.list[i];

		if (side->number < line->number)
			return;
		side->is_dropped |= side->number <= line->last;
	}
}

static int take_line(void *arg, const struct yg_ledger_line *line, struct yg_bytes text)
{
	struct compare *c = arg;
	struct side side = {.epoch = line->epoch,
			    .sequence = line->sequence,
			    .n = line->n,
			    .number = line->number,
			    .hub_ns = YG_TIME_NONE,
			    .has_line = true};

	(void)text;
	if (line->n == c->reported_n) {
		c->is_reported_met = true;
		c->is_reported_right = memcmp(line->hash, c->reported, sizeof(c->reported)) == 0;
	}
	if (line->kind == YG_LEDGER_RECEIPT)
		note_receipt(c, line);
	if (line->kind == YG_LEDGER_DROP)
		note_drop(c, line);
	if (line->kind == YG_LEDGER_EPOCH)
		renumber(c, line);
	if (line->kind == YG_LEDGER_EPOCH && line->number < c->cut_number)
		c->cut_last = (struct side){.epoch = line->epoch,
					    .sequence = c->cut_number - line->number};
	if (line->kind == YG_LEDGER_SPOOL)
		c->signed_count = c->ledger_first = c->ledger.count;
	if (line->kind != YG_LEDGER_BATCH)
		return YG_OK;
	memcpy(side.digest, line->digest, sizeof(side.digest));
	memcpy(side.line, line->hash, sizeof(side.line));
	return add_side(&c->ledger, &side);
}

static int note_owner(void *arg, const struct yg_ledger_line *line, struct yg_bytes text)
{
	(void)text;
	if (line->kind == YG_LEDGER_ENROLLED ||
	    (line->kind == YG_LEDGER_SHORTENED && line->has_key))
		(void)snprintf(arg, NAME_ROOM, "%s/%s", line->organisation, line->sensor); /* ids */
	return YG_OK;
}

int yg_admin_ledger_owner(const char *ledger, char *to)
{
	struct yg_ledger_known known = {0};
	struct yg_ledger_verdict verdict;
	int rc;

	to[0] = '\0';
	rc = yg_ledger_check(ledger, &known, note_owner, to, &verdict);
	return rc == YG_OK && !to[0] ? YG_ENOENT : rc;
}

/* ---- differences ---- */

enum what {
	EQUAL,
	OTHER_CONTENT, /* the hub has other bytes in this place */
	OTHER_LINE,    /* the hub got it with another line: the ledger was written anew */
	NOT_AT_HUB,    /* countersigned, and the hub does not have it */
	NOT_IN_LEDGER, /* the hub has it */
};

struct difference {
	enum what what;
	struct side where;
	uint64_t waiting; /* batches that the hub does not have yet */
	uint64_t older;	  /* batches that the hub has forgotten, as its retention says */
};

/*
 * Did the hub forget it? The countersignature in the ledger may be some seconds younger than the
 * arrival, so up to a day more is believed where it stands before all that the hub has.
 */
static bool is_forgotten(const struct compare *c, const struct side *mine)
{
	return c->expired_ns != INT64_MIN && mine->hub_ns != YG_TIME_NONE &&
	       mine->hub_ns < c->expired_ns + DAY_NS &&
	       (c->hub.count == 0 || by_place(mine, &c->hub.list[0]) < 0);
}

/* Both sides say that it was given up; whether it had been on its way does not matter. */
static bool is_given_up(const struct compare *c, const struct side *mine)
{
	for (size_t i = 0; mine->is_dropped && i < c->drops.count; i++) {
		const struct side *range = &c->drops.list[i];

		if (range->epoch == mine->epoch && range->sequence <= mine->sequence &&
		    mine->sequence <= range->number)
			return true;
	}
	return false;
}

static void keep_first(struct difference *d, enum what what, const struct side *where)
{
	if (d->what != EQUAL && by_place(&d->where, where) <= 0)
		return;
	d->what = what;
	d->where = *where;
}

static void look_at_batch(struct compare *c, const struct side *mine, struct difference *d)
{
	struct side *theirs = c->hub.count ? bsearch(mine, c->hub.list, c->hub.count,
						     sizeof(*c->hub.list), by_place)
					   : NULL;

	if (!theirs && is_forgotten(c, mine)) {
		d->older++;
		return;
	}
	if (!theirs) {
		if (mine->number <= c->receipted && mine >= c->ledger.list + c->ledger_first &&
		    !is_given_up(c, mine))
			keep_first(d, NOT_AT_HUB, mine);
		else
			d->waiting++;
		return;
	}
	theirs->is_seen = true;
	if (memcmp(theirs->digest, mine->digest, sizeof(mine->digest)) != 0)
		keep_first(d, OTHER_CONTENT, mine);
	else if (theirs->has_line && memcmp(theirs->line, mine->line, sizeof(mine->line)) != 0)
		keep_first(d, OTHER_LINE, mine);
}

static void find_difference(struct compare *c, struct difference *d)
{
	*d = (struct difference){0};
	for (size_t i = 0; i < c->ledger.count; i++)
		look_at_batch(c, &c->ledger.list[i], d);
	for (size_t i = 0; i < c->hub.count; i++)
		if (!c->hub.list[i].is_seen && by_place(&c->hub.list[i], &c->cut_last) > 0)
			keep_first(d, NOT_IN_LEDGER, &c->hub.list[i]);
}

/* ---- telling ---- */

static const char *word_of(enum what what)
{
	static const char *const words[] = {"equal", "other-content", "other-line", "not-at-hub",
					    "not-in-ledger"};

	return words[what];
}

static void say_difference(const struct difference *d)
{
	static const char *const formats[] = {
		[EQUAL] = "",
		[OTHER_CONTENT] = N_("epoch %llu, sequence %llu (entry %llu): the hub has other "
				     "content than the ledger says"),
		[OTHER_LINE] =
			N_("epoch %llu, sequence %llu (entry %llu): when it came, the ledger "
			   "was another one up to this entry"),
		[NOT_AT_HUB] = N_("epoch %llu, sequence %llu (entry %llu): the hub signed for it "
				  "and does not have it"),
		[NOT_IN_LEDGER] = N_("epoch %llu, sequence %llu: the hub has it, the ledger does "
				     "not"),
	};

	printf("%s", yg_say_tr(N_("different: ")));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	printf(yg_say_tr(formats[d->what]), (ull)d->where.epoch, (ull)d->where.sequence,
	       (ull)d->where.n);
#pragma GCC diagnostic pop
	printf("\n");
}

static void say_broken(const struct yg_ledger_verdict *verdict)
{
	printf("%s", yg_say_tr(N_("the ledger is not whole: ")));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	printf(yg_say_tr(yg_ledger_fault_format(verdict->fault)), (ull)verdict->n,
	       (ull)verdict->other);
#pragma GCC diagnostic pop
	printf("\n");
}

static void say_findings(const struct compare *c, const struct yg_ledger_verdict *verdict,
			 const struct difference *d, bool is_head_wrong)
{
	if (verdict->fault != YG_LEDGER_WHOLE)
		say_broken(verdict);
	if (d->what != EQUAL)
		say_difference(d);
	if (is_head_wrong)
		printf(yg_say_tr(N_("entry %llu is not the one that the sensor reported as its "
				    "last\n")),
		       (ull)c->reported_n);
	if (verdict->cut.n > 0)
		printf(yg_say_tr(N_("the ledger begins at entry %llu: what stood before it was cut "
				    "by its owner's setting, and is not compared\n")),
		       (ull)verdict->begins);
	if (d->older > 0)
		printf(yg_say_tr(
			       N_("%llu batches are older than what the hub still remembers; they "
				  "are not compared\n")),
		       (ull)d->older);
}

static int tell(const struct compare *c, const struct yg_ledger_verdict *verdict,
		const struct difference *d)
{
	bool is_head_wrong = c->is_reported_met && !c->is_reported_right;
	bool is_equal = verdict->fault == YG_LEDGER_WHOLE && d->what == EQUAL && !is_head_wrong;

	if (c->asked->is_json) {
		printf("{\"result\":\"%s\",\"ledger\":\"%s\",\"epoch\":%llu,\"sequence\":%llu,"
		       "\"entry\":%llu,\"batches\":%llu,\"hub_batches\":%llu,\"waiting\":%llu,"
		       "\"head\":\"%s\",\"begins\":%llu,\"older\":%llu}\n",
		       word_of(d->what), verdict->fault == YG_LEDGER_WHOLE ? "whole" : "broken",
		       (ull)d->where.epoch, (ull)d->where.sequence,
		       (ull)(verdict->fault == YG_LEDGER_WHOLE ? d->where.n : verdict->n),
		       (ull)c->ledger.count, (ull)c->hub.count, (ull)d->waiting,
		       !c->is_reported_met    ? "unknown"
		       : c->is_reported_right ? "equal"
					      : "different",
		       (ull)verdict->begins, (ull)d->older);
		return is_equal ? YG_EXIT_DONE : YG_EXIT_PARTLY;
	}
	say_findings(c, verdict, d, is_head_wrong);
	if (is_equal)
		printf(yg_say_tr(
			       N_("equal: %llu batches on both sides; %llu more in the ledger have "
				  "not arrived yet or were given up\n")),
		       (ull)(c->ledger.count - d->waiting - d->older), (ull)d->waiting);
	return is_equal ? YG_EXIT_DONE : YG_EXIT_PARTLY;
}

static int say_error(const char *what, int rc)
{
	yg_say("%s: %s", yg_say_safe(yg_bytes_str(what), 300), yg_say_tr(yg_err_text(rc)));
	return YG_EXIT_FAILED;
}

/* What the hub has, without anything to hold it against. */
static int tell_hub(const struct compare *c)
{
	const struct side *last = c->hub.count ? &c->hub.list[c->hub.count - 1] : NULL;
	char hex[YG_SHA256_HEX + 1] = "";

	if (last && last->has_line)
		yg_hex((struct yg_bytes){last->line, YG_SHA256_BYTES}, hex);
	if (c->asked->is_json) {
		printf("{\"organisation\":\"%s\",\"sensor\":\"%s\",\"hub_batches\":%llu,"
		       "\"records\":%llu,\"dropped\":%llu,\"epoch\":%llu,\"sequence\":%llu,"
		       "\"line\":\"%s\",\"reported\":%llu}\n",
		       c->asked->org, c->asked->sensor, (ull)c->hub.count, (ull)c->records,
		       (ull)c->dropped, (ull)(last ? last->epoch : 0),
		       (ull)(last ? last->sequence : 0), hex, (ull)c->reported_n);
		return YG_EXIT_DONE;
	}
	printf(yg_say_tr(N_("%s/%s: %llu batches, %llu records; last epoch %llu, sequence %llu, "
			    "ledger entry %s; the sensor reports %llu entries\n")),
	       c->asked->org, c->asked->sensor, (ull)c->hub.count, (ull)c->records,
	       (ull)(last ? last->epoch : 0), (ull)(last ? last->sequence : 0), hex[0] ? hex : "-",
	       (ull)c->reported_n);
	return YG_EXIT_DONE;
}

static int compare_both(struct compare *c)
{
	uint8_t key[YG_SIGN_PUBLIC_BYTES];
	struct yg_ledger_known known = {.key = key};
	struct yg_ledger_verdict verdict;
	struct yg_ledger_line cut;
	struct difference difference;
	uint64_t begins;
	int rc = read_key(c->asked->data, key);

	if (rc != YG_OK)
		return say_error("ca/downlink.seed", rc);
	/* What the sensor called its last line must be there. */
	known.has_head = c->reported_n > 0;
	known.n = c->reported_n;
	memcpy(known.hash, c->reported, sizeof(known.hash));
	rc = yg_ledger_find_cut(c->asked->ledger, &begins, &cut, NULL);
	if (rc == YG_OK && cut.n > 0) {
		c->cut_number = cut.number;
		c->cut_last = (struct side){.epoch = cut.epoch, .sequence = cut.number - cut.base};
	}
	if (rc == YG_OK)
		rc = yg_ledger_check(c->asked->ledger, &known, take_line, c, &verdict);
	if (rc != YG_OK)
		return say_error(c->asked->ledger, rc);
	find_difference(c, &difference);
	/* Behind a fault nothing was read: that the rest is missing says nothing new. */
	if (verdict.fault != YG_LEDGER_WHOLE && difference.what == NOT_IN_LEDGER)
		difference.what = EQUAL;
	return tell(c, &verdict, &difference);
}

int yg_admin_ledger_compare(const struct yg_admin_compare *compare)
{
	struct compare c = {.asked = compare};
	int status;
	int rc;

	read_reported(&c);
	rc = read_hub(&c);
	if (rc != YG_OK)
		status = say_error("batches", rc);
	else
		status = compare->ledger ? compare_both(&c) : tell_hub(&c);
	free(c.ledger.list);
	free(c.hub.list);
	free(c.drops.list);
	return status;
}
