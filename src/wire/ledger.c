/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a ledger, and what the hub countersigns. The walk is in ledger_walk.c. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "wire/ledger.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "wire/fields-int.h"

#include "base/ban.h"

#define COUNT(fields) (sizeof(fields) / sizeof((fields)[0]))
#define SIGNED_ROOM   (sizeof(YG_LEDGER_CONTEXT) + YG_LEDGER_SIGNED_MAX)

typedef unsigned long long ull;

const char *yg_ledger_word(enum yg_ledger_kind kind)
{
	static const char *const words[] = {
#define X(id, word) [YG_LEDGER_##id] = word,
		YG_LEDGER_KINDS(X)
#undef X
	};

	return (unsigned)kind < YG_LEDGER_KIND_COUNT ? words[kind] : "?";
}

/* ---- writing ---- */

static void add_hex(struct yg_buf *to, const char *key, const uint8_t digest[YG_SHA256_BYTES])
{
	char hex[YG_SHA256_HEX + 1];

	yg_hex((struct yg_bytes){digest, YG_SHA256_BYTES}, hex);
	yg_buf_addf(to, ",\"%s\":\"%s\"", key, hex);
}

static void add_number(struct yg_buf *to, const char *key, uint64_t number)
{
	yg_buf_addf(to, ",\"%s\":%llu", key, (ull)number);
}

static void add_base64(struct yg_buf *to, const char *key, const uint8_t *bytes, size_t size)
{
	yg_buf_addf(to, ",\"%s\":\"", key);
	yg_base64_add(to, (struct yg_bytes){bytes, size});
	yg_buf_add_byte(to, '"');
}

static void add_batch(const struct yg_ledger_line *line, struct yg_buf *to)
{
	static const uint8_t none[YG_SHA256_BYTES];

	add_number(to, "number", line->number);
	add_number(to, "epoch", line->epoch);
	add_number(to, "sequence", line->sequence);
	add_hex(to, "sha256", line->digest);
	if (line->kind == YG_LEDGER_BATCH) {
		add_number(to, "size", line->size);
		add_number(to, "records", line->count);
		yg_wire_add_time(to, "first", line->first_ns);
		yg_wire_add_time(to, "last", line->last_ns);
		if (memcmp(line->policy, none, sizeof(none)) != 0)
			add_hex(to, "policy", line->policy);
		return;
	}
	add_hex(to, "line", line->line);
	yg_buf_addf(to, ",\"status\":\"%s\"", line->is_already ? "already" : "kept");
	yg_wire_add_time(to, "hub_time", line->hub_ns);
	if (line->is_signed)
		add_base64(to, "signature", line->signature, YG_SIGN_BYTES);
}

static void add_cut(const struct yg_ledger_line *line, struct yg_buf *to)
{
	add_number(to, "first", line->first);
	add_hex(to, "before", line->before);
	add_number(to, "number", line->number);
	add_number(to, "epoch", line->epoch);
	add_number(to, "after", line->base);
	add_number(to, "receipted", line->receipted);
	add_number(to, "batches", line->batches);
	add_number(to, "records", line->records);
	if (line->has_key) {
		yg_buf_addf(to, ",\"sensor\":\"%s\",\"organisation\":\"%s\"", line->sensor,
			    line->organisation);
		add_base64(to, "key", line->key, YG_SIGN_PUBLIC_BYTES);
	}
	add_number(to, "bound", line->bound);
}

static void add_members(const struct yg_ledger_line *line, struct yg_buf *to)
{
	switch (line->kind) {
	case YG_LEDGER_ENROLLED:
		yg_buf_addf(to, ",\"sensor\":\"%s\",\"organisation\":\"%s\",\"hub\":", line->sensor,
			    line->organisation);
		yg_buf_add_json(to, yg_bytes_str(line->hub));
		add_base64(to, "key", line->key, YG_SIGN_PUBLIC_BYTES);
		break;
	case YG_LEDGER_POLICY:
		add_hex(to, "sha256", line->digest);
		break;
	case YG_LEDGER_DROP:
		add_number(to, "first", line->number);
		add_number(to, "last", line->last);
		add_number(to, "records", line->count);
		yg_buf_add_str(to, ",\"reason\":");
		yg_buf_add_json(to, yg_bytes_str(line->reason));
		break;
	case YG_LEDGER_EPOCH:
		add_number(to, "epoch", line->epoch);
		add_number(to, "after", line->number);
		break;
	case YG_LEDGER_SPOOL:
		add_number(to, "after", line->number);
		break;
	case YG_LEDGER_SHORTENED:
		add_cut(line, to);
		break;
	case YG_LEDGER_BATCH:
	case YG_LEDGER_RECEIPT:
	case YG_LEDGER_KIND_COUNT:
	default:
		add_batch(line, to);
	}
}

int yg_ledger_line_write(struct yg_ledger_line *line, struct yg_bytes more, struct yg_buf *to)
{
	size_t before = to->size;

	yg_buf_addf(to, "{\"v\":1,\"n\":%llu", (ull)line->n);
	yg_wire_add_time(to, "time", line->time_ns);
	yg_buf_addf(to, ",\"kind\":\"%s\"", yg_ledger_word(line->kind));
	add_members(line, to);
	yg_buf_add(to, more);
	add_hex(to, "prev", line->prev);
	yg_buf_add_byte(to, '}');
	if (yg_buf_error(to))
		return yg_buf_error(to);
	if (to->size - before >= YG_LEDGER_LINE_MAX)
		return YG_ELIMIT;
	yg_sha256(yg_bytes_from(yg_buf_bytes(to), before), line->hash);
	return YG_OK;
}

/* ---- reading ---- */

static const struct yg_wire_field line_fields[] = {
	{"n", YG_WIRE_KIND_PLACE, 0, false, "`n` must be an integer from 1"},
	{"time", YG_WIRE_KIND_TIME, 0, true, "`time` must be a time with its zone"},
	{"kind", YG_WIRE_KIND_TEXT, YG_WIRE_KIND_MAX, false, "`kind` must be a word"},
	{"prev", YG_WIRE_KIND_TEXT, YG_SHA256_HEX, false, "`prev` must be 64 hex digits"},
};

static const struct yg_wire_field enrolled_fields[] = {
	{"sensor", YG_WIRE_KIND_ID, 0, false, "`sensor` must be an id"},
	{"organisation", YG_WIRE_KIND_ID, 0, false, "`organisation` must be an id"},
	{"hub", YG_WIRE_KIND_TEXT, YG_LEDGER_WORDS_MAX, false, "`hub` must be an address"},
	{"key", YG_WIRE_KIND_TEXT, 64, false, "`key` must be base64"},
};

static const struct yg_wire_field policy_fields[] = {
	{"sha256", YG_WIRE_KIND_TEXT, YG_SHA256_HEX, false, "`sha256` must be 64 hex digits"},
};

#define PLACE_FIELDS                                                                               \
	{"number", YG_WIRE_KIND_PLACE, 0, false, "`number` must be an integer from 1"},            \
		{"epoch", YG_WIRE_KIND_PLACE, 0, false, "`epoch` must be an integer from 1"},      \
		{"sequence", YG_WIRE_KIND_PLACE, 0, false,                                         \
		 "`sequence` must be an integer from 1"},                                          \
	{                                                                                          \
		"sha256", YG_WIRE_KIND_TEXT, YG_SHA256_HEX, false,                                 \
			"`sha256` must be 64 hex digits"                                           \
	}

static const struct yg_wire_field batch_fields[] = {
	PLACE_FIELDS,
	{"size", YG_WIRE_KIND_COUNT, YG_WIRE_CONTENT_MAX, false, "`size` must be an integer"},
	{"records", YG_WIRE_KIND_COUNT, YG_WIRE_RECORDS_MAX, false, "`records` must be an integer"},
	{"first", YG_WIRE_KIND_TIME, 0, true, "`first` must be a time with its zone, or null"},
	{"last", YG_WIRE_KIND_TIME, 0, true, "`last` must be a time with its zone, or null"},
	{"policy", YG_WIRE_KIND_TEXT, YG_SHA256_HEX, true, "`policy` must be 64 hex digits"},
};

static const struct yg_wire_field receipt_fields[] = {
	PLACE_FIELDS,
	{"line", YG_WIRE_KIND_TEXT, YG_SHA256_HEX, false, "`line` must be 64 hex digits"},
	{"status", YG_WIRE_KIND_TEXT, YG_WIRE_KIND_MAX, false, "`status` must be a word"},
	{"hub_time", YG_WIRE_KIND_TIME, 0, true, "`hub_time` must be a time with its zone"},
	{"signature", YG_WIRE_KIND_TEXT, 128, true, "`signature` must be base64"},
};

static const struct yg_wire_field drop_fields[] = {
	{"first", YG_WIRE_KIND_PLACE, 0, false, "`first` must be an integer from 1"},
	{"last", YG_WIRE_KIND_PLACE, 0, false, "`last` must be an integer from 1"},
	{"records", YG_WIRE_KIND_COUNT, YG_WIRE_NUMBER_MAX, false, "`records` must be an integer"},
	{"reason", YG_WIRE_KIND_TEXT, YG_WIRE_WORDS_MAX, false, "`reason` must be a short text"},
};

static const struct yg_wire_field epoch_fields[] = {
	{"epoch", YG_WIRE_KIND_PLACE, 0, false, "`epoch` must be an integer from 1"},
	{"after", YG_WIRE_KIND_COUNT, YG_WIRE_NUMBER_MAX, false, "`after` must be an integer"},
};

static const struct yg_wire_field spool_fields[] = {
	{"after", YG_WIRE_KIND_COUNT, YG_WIRE_NUMBER_MAX, false, "`after` must be an integer"},
};

#define COUNT_FIELD(name)                                                                          \
	{                                                                                          \
		name, YG_WIRE_KIND_COUNT, YG_WIRE_NUMBER_MAX, false,                               \
			"a count of a cut must be an integer"                                      \
	}

static const struct yg_wire_field cut_fields[] = {
	{"first", YG_WIRE_KIND_PLACE, 0, false, "`first` must be an integer from 1"},
	{"before", YG_WIRE_KIND_TEXT, YG_SHA256_HEX, false, "`before` must be 64 hex digits"},
	COUNT_FIELD("number"),
	COUNT_FIELD("epoch"),
	COUNT_FIELD("after"),
	COUNT_FIELD("receipted"),
	COUNT_FIELD("batches"),
	COUNT_FIELD("records"),
	{"sensor", YG_WIRE_KIND_ID, 0, true, "`sensor` must be an id"},
	{"organisation", YG_WIRE_KIND_ID, 0, true, "`organisation` must be an id"},
	{"key", YG_WIRE_KIND_TEXT, 64, true, "`key` must be base64"},
	COUNT_FIELD("bound"),
};

static const struct {
	const struct yg_wire_field *fields;
	size_t count;
} kind_fields[] = {
	[YG_LEDGER_ENROLLED] = {enrolled_fields, COUNT(enrolled_fields)},
	[YG_LEDGER_POLICY] = {policy_fields, COUNT(policy_fields)},
	[YG_LEDGER_BATCH] = {batch_fields, COUNT(batch_fields)},
	[YG_LEDGER_RECEIPT] = {receipt_fields, COUNT(receipt_fields)},
	[YG_LEDGER_DROP] = {drop_fields, COUNT(drop_fields)},
	[YG_LEDGER_EPOCH] = {epoch_fields, COUNT(epoch_fields)},
	[YG_LEDGER_SPOOL] = {spool_fields, COUNT(spool_fields)},
	[YG_LEDGER_SHORTENED] = {cut_fields, COUNT(cut_fields)},
};

static bool read_kind(struct yg_bytes word, enum yg_ledger_kind *ret)
{
	for (unsigned i = 0; i < YG_LEDGER_KIND_COUNT; i++)
		if (yg_bytes_eq(word, yg_bytes_str(yg_ledger_word((enum yg_ledger_kind)i)))) {
			*ret = (enum yg_ledger_kind)i;
			return true;
		}
	return false;
}

static bool read_hex(const json_t *object, const char *key, uint8_t to[YG_SHA256_BYTES])
{
	return yg_hex_read(yg_json_text(object, key), to, YG_SHA256_BYTES);
}

static bool read_base64(const json_t *object, const char *key, uint8_t *to, size_t size)
{
	size_t got = 0;

	return yg_base64_read(yg_json_text(object, key), to, size, &got) && got == size;
}

static const char *read_batch(const json_t *object, struct yg_ledger_line *ret)
{
	struct yg_bytes status = yg_json_text(object, "status");

	ret->number = yg_wire_number(object, "number");
	ret->epoch = yg_wire_number(object, "epoch");
	ret->sequence = yg_wire_number(object, "sequence");
	if (!read_hex(object, "sha256", ret->digest))
		return "`sha256` must be 64 hex digits";
	if (ret->kind == YG_LEDGER_BATCH) {
		ret->size = yg_wire_number(object, "size");
		ret->count = yg_wire_number(object, "records");
		ret->first_ns = yg_wire_time(object, "first");
		ret->last_ns = yg_wire_time(object, "last");
		if (json_is_string(json_object_get(object, "policy")) &&
		    !read_hex(object, "policy", ret->policy))
			return "`policy` must be 64 hex digits";
		return NULL;
	}
	ret->hub_ns = yg_wire_time(object, "hub_time");
	ret->is_already = yg_bytes_eq(status, YG_S("already"));
	if (!ret->is_already && !yg_bytes_eq(status, YG_S("kept")))
		return "`status` must be kept or already";
	ret->is_signed = json_is_string(json_object_get(object, "signature"));
	if (ret->is_signed && !read_base64(object, "signature", ret->signature, YG_SIGN_BYTES))
		return "`signature` must be 64 bytes in base64";
	return read_hex(object, "line", ret->line) ? NULL : "`line` must be 64 hex digits";
}

static const char *read_cut(const json_t *object, struct yg_ledger_line *ret)
{
	ret->first = yg_wire_number(object, "first");
	ret->number = yg_wire_number(object, "number");
	ret->epoch = yg_wire_number(object, "epoch");
	ret->base = yg_wire_number(object, "after");
	ret->receipted = yg_wire_number(object, "receipted");
	ret->batches = yg_wire_number(object, "batches");
	ret->records = yg_wire_number(object, "records");
	ret->bound = yg_wire_number(object, "bound");
	ret->has_key = json_is_string(json_object_get(object, "key"));
	if (ret->has_key) {
		yg_wire_text(object, "sensor", ret->sensor, sizeof(ret->sensor));
		yg_wire_text(object, "organisation", ret->organisation, sizeof(ret->organisation));
		if (!ret->sensor[0] || !ret->organisation[0])
			return "`key` stands without whose it is";
		if (!read_base64(object, "key", ret->key, YG_SIGN_PUBLIC_BYTES))
			return "`key` must be 32 bytes in base64";
	}
	if (ret->first > ret->n || ret->base > ret->number || ret->receipted > ret->number)
		return "the numbers of a cut do not fit each other";
	return read_hex(object, "before", ret->before) ? NULL : "`before` must be 64 hex digits";
}

/* What is wrong, or NULL. */
static const char *read_members(const json_t *object, struct yg_ledger_line *ret)
{
	switch (ret->kind) {
	case YG_LEDGER_ENROLLED:
		yg_wire_text(object, "sensor", ret->sensor, sizeof(ret->sensor));
		yg_wire_text(object, "organisation", ret->organisation, sizeof(ret->organisation));
		yg_wire_text(object, "hub", ret->hub, sizeof(ret->hub));
		return read_base64(object, "key", ret->key, YG_SIGN_PUBLIC_BYTES)
			       ? NULL
			       : "`key` must be 32 bytes in base64";
	case YG_LEDGER_POLICY:
		return read_hex(object, "sha256", ret->digest) ? NULL
							       : "`sha256` must be 64 hex digits";
	case YG_LEDGER_DROP:
		ret->number = yg_wire_number(object, "first");
		ret->last = yg_wire_number(object, "last");
		ret->count = yg_wire_number(object, "records");
		yg_wire_text(object, "reason", ret->reason, sizeof(ret->reason));
		return ret->number <= ret->last ? NULL : "`first` stands behind `last`";
	case YG_LEDGER_EPOCH:
		ret->epoch = yg_wire_number(object, "epoch");
		ret->number = yg_wire_number(object, "after");
		return NULL;
	case YG_LEDGER_SPOOL:
		ret->number = yg_wire_number(object, "after");
		return NULL;
	case YG_LEDGER_SHORTENED:
		return read_cut(object, ret);
	case YG_LEDGER_BATCH:
	case YG_LEDGER_RECEIPT:
	case YG_LEDGER_KIND_COUNT:
	default:
		return read_batch(object, ret);
	}
}

int yg_ledger_line_read(struct yg_bytes text, struct yg_ledger_line *ret,
			struct yg_wire_fault *reterr)
{
	struct yg_ledger_line line = {
		.time_ns = YG_TIME_NONE, .first_ns = YG_TIME_NONE, .last_ns = YG_TIME_NONE};
	const char *msg = NULL;
	json_t *object = NULL;
	int rc = yg_wire_object_read(text, YG_LEDGER_LINE_MAX - 1, line_fields, COUNT(line_fields),
				     YG_WIRE_REQUEST, &object, reterr);

	if (rc != YG_OK)
		return rc;
	if (!read_kind(yg_json_text(object, "kind"), &line.kind))
		msg = "`kind` is none that is known";
	else if (!read_hex(object, "prev", line.prev))
		msg = "`prev` must be 64 hex digits";
	if (msg)
		rc = yg_wire_fault_set(reterr, YG_EFORMAT, YG_WIRE_REQUEST, msg, 0);
	if (rc == YG_OK)
		rc = yg_wire_fields_check(object, kind_fields[line.kind].fields,
					  kind_fields[line.kind].count, YG_WIRE_REQUEST, reterr);
	if (rc == YG_OK) {
		line.n = yg_wire_number(object, "n");
		line.time_ns = yg_wire_time(object, "time");
		msg = read_members(object, &line);
		if (msg)
			rc = yg_wire_fault_set(reterr, YG_EFORMAT, YG_WIRE_REQUEST, msg, 0);
	}
	json_decref(object);
	if (rc == YG_OK) {
		yg_sha256(text, line.hash);
		*ret = line;
	}
	return rc;
}

/* ---- what a batch holds ---- */

struct tally {
	struct yg_bytes name; /* as JSON writes it, without its quotes */
	uint64_t count;
};

struct tallies {
	struct tally list[YG_LEDGER_NAMES_MAX];
	size_t count;
	size_t room;	/* at most so many are named */
	uint64_t other; /* of names beyond that */
};

static void count_name(struct tallies *t, struct yg_bytes name)
{
	for (size_t i = t->count; i-- > 0;)
		if (yg_bytes_eq(t->list[i].name, name)) {
			t->list[i].count++;
			return;
		}
	if (t->count < t->room && name.size <= 160)
		t->list[t->count++] = (struct tally){name, 1};
	else
		t->other++;
}

/* The text that begins at @at (behind its quote), as it is written. */
static struct yg_bytes quoted(struct yg_bytes line, size_t at)
{
	struct yg_bytes rest = yg_bytes_from(line, at);
	size_t end = 0;

	while (end < rest.size && rest.data[end] != '"')
		end += rest.data[end] == '\\' ? 2 : 1;
	return yg_bytes_cut(rest, 0, end);
}

static void add_tallies(struct yg_buf *to, const char *key, const struct tallies *t)
{
	yg_buf_addf(to, ",\"%s\":{", key);
	for (size_t i = 0; i < t->count; i++) {
		yg_buf_add_str(to, i ? ",\"" : "\"");
		yg_buf_add(to, t->list[i].name);
		yg_buf_addf(to, "\":%llu", (ull)t->list[i].count);
	}
	if (t->other > 0)
		yg_buf_addf(to, "%s\"…\":%llu", t->count ? "," : "", (ull)t->other);
	yg_buf_add_byte(to, '}');
}

int yg_ledger_tally(struct yg_bytes content, struct yg_buf *to)
{
	const struct yg_bytes head = YG_S("{\"v\":1,\"format\":\"");
	const struct yg_bytes middle = YG_S("\",\"source\":\"");
	struct tallies *formats = yg_calloc(2, sizeof(*formats));
	struct tallies *sources = formats ? formats + 1 : NULL;

	if (!formats)
		return YG_ENOMEM;
	formats->room = sources->room = YG_LEDGER_NAMES_MAX;
	while (content.size > 0) {
		size_t end = yg_bytes_chr(content, '\n');
		struct yg_bytes line = yg_bytes_cut(content, 0, end);
		struct yg_bytes name = YG_S("?");

		if (yg_bytes_starts(line, head)) {
			name = quoted(line, head.size);
			line = yg_bytes_from(line, head.size + name.size);
		}
		count_name(formats, name);
		if (yg_bytes_starts(line, middle))
			count_name(sources, quoted(line, middle.size));
		else
			count_name(sources, YG_S("?"));
		content = yg_bytes_from(content, end == SIZE_MAX ? end : end + 1);
	}
	add_tallies(to, "formats", formats);
	add_tallies(to, "sources", sources);
	free(formats);
	return yg_buf_error(to);
}

/* ---- countersignatures ---- */

struct yg_bytes yg_ledger_signed(const struct yg_wire_receipt *receipt,
				 const struct yg_wire_batch *batch, char to[YG_LEDGER_SIGNED_MAX])
{
	char digest[YG_SHA256_HEX + 1];
	char line[YG_SHA256_HEX + 1] = "-";
	char time[YG_ISO_SIZE] = "-";
	int size;

	yg_hex((struct yg_bytes){batch->digest, YG_SHA256_BYTES}, digest);
	if (batch->has_ledger)
		yg_hex((struct yg_bytes){batch->ledger, YG_SHA256_BYTES}, line);
	if (receipt->time_ns != YG_TIME_NONE)
		(void)yg_time_iso(receipt->time_ns, 0, time); /* returns its size */
	size = snprintf(to, YG_LEDGER_SIGNED_MAX, "%s:%llu:%llu:%s:%s:%s:%s", batch->sensor,
			(ull)receipt->epoch, (ull)receipt->sequence, digest, line,
			receipt->is_already ? "already" : "kept", time); /* at most 330 */
	return (struct yg_bytes){(const uint8_t *)to, size > 0 ? (size_t)size : 0};
}

/* With the words of the purpose before them. */
static struct yg_bytes with_context(const struct yg_wire_receipt *receipt,
				    const struct yg_wire_batch *batch, char to[SIGNED_ROOM])
{
	size_t size = sizeof(YG_LEDGER_CONTEXT) - 1;

	memcpy(to, YG_LEDGER_CONTEXT, size);
	size += yg_ledger_signed(receipt, batch, to + size).size;
	return (struct yg_bytes){(const uint8_t *)to, size};
}

void yg_ledger_sign(struct yg_wire_receipt *receipt, const struct yg_wire_batch *batch,
		    const uint8_t seed[YG_SIGN_SEED_BYTES])
{
	char text[SIGNED_ROOM];

	yg_sign(seed, with_context(receipt, batch, text), receipt->signature);
	receipt->is_signed = true;
}

bool yg_ledger_is_signed(const struct yg_wire_receipt *receipt, const struct yg_wire_batch *batch,
			 const uint8_t key[YG_SIGN_PUBLIC_BYTES])
{
	char text[SIGNED_ROOM];

	return receipt->is_signed &&
	       yg_sign_is_valid(key, with_context(receipt, batch, text), receipt->signature);
}
