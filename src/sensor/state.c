/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a spool as text, for the first entry of a segment. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "base/hash.h"
#include "base/json.h"
#include "sensor/spool-int.h"

#include "base/ban.h"

typedef unsigned long long ull;

static void add_time(struct yg_buf *to, const char *key, int64_t time_ns)
{
	char text[YG_ISO_SIZE];

	if (time_ns == YG_TIME_NONE)
		return;
	(void)yg_time_iso(time_ns, 0, text); /* returns its size */
	yg_buf_addf(to, ",\"%s\":\"%s\"", key, text);
}

static void add_ledger(const struct yg_spool *spool, struct yg_buf *to)
{
	const struct yg_spool_ledger *ledger = &spool->ledger;
	const struct yg_ledger_mark mark = yg_ledger_mark(ledger->files);
	char hex[3][YG_SHA256_HEX + 1];

	yg_hex((struct yg_bytes){mark.hash, YG_SHA256_BYTES}, hex[0]);
	yg_hex((struct yg_bytes){ledger->enrolled, YG_SHA256_BYTES}, hex[1]);
	yg_hex((struct yg_bytes){ledger->policy, YG_SHA256_BYTES}, hex[2]);
	yg_buf_addf(to,
		    ",\"ledger\":{\"n\":%llu,\"sha256\":\"%s\",\"file\":%llu,\"size\":%llu,"
		    "\"enrolled\":\"%s\",\"policy\":\"%s\",\"receipted\":%llu}",
		    (ull)mark.n, hex[0], (ull)mark.file, (ull)mark.size, hex[1], hex[2],
		    (ull)ledger->receipted);
}

int yg_spool_state_write(const struct yg_spool *spool, struct yg_buf *to)
{
	const struct yg_wire_drop *drop = &spool->drop;
	struct yg_bytes checkpoint = yg_buf_bytes(&spool->checkpoint);

	yg_buf_addf(to, "{\"acked\":%llu,\"dropped\":%llu,\"epochs\":[", (ull)spool->acked,
		    (ull)spool->dropped);
	for (size_t i = 0; i < spool->epoch_count; i++)
		yg_buf_addf(to, "%s{\"epoch\":%llu,\"base\":%llu}", i ? "," : "",
			    (ull)spool->epochs[i].epoch, (ull)spool->epochs[i].base);
	yg_buf_add_byte(to, ']');
	if (drop->first > 0) {
		yg_buf_addf(to, ",\"drop\":{\"first\":%llu,\"last\":%llu,\"records\":%llu,",
			    (ull)drop->first, (ull)drop->last, (ull)drop->records);
		yg_buf_add_str(to, "\"reason\":");
		yg_buf_add_json(to, yg_bytes_str(drop->reason));
		add_time(to, "from", drop->first_ns);
		add_time(to, "to", drop->last_ns);
		add_time(to, "time", drop->time_ns);
		yg_buf_add_byte(to, '}');
	}
	if (spool->ledger.files)
		add_ledger(spool, to);
	if (checkpoint.size > 0) {
		yg_buf_add_str(to, ",\"checkpoint\":");
		yg_buf_add(to, checkpoint);
	}
	yg_buf_add_byte(to, '}');
	return yg_buf_error(to);
}

static uint64_t number(const json_t *object, const char *key)
{
	int64_t value = yg_json_int(object, key, 0);

	return value > 0 ? (uint64_t)value : 0;
}

static int64_t time_of(const json_t *object, const char *key)
{
	int64_t time_ns;
	bool has_zone;

	return yg_time_parse_iso(yg_json_text(object, key), 0, &time_ns, &has_zone) ? time_ns
										    : YG_TIME_NONE;
}

static void read_drop(const json_t *object, struct yg_wire_drop *ret)
{
	struct yg_bytes reason = yg_bytes_cut(yg_json_text(object, "reason"), 0, YG_WIRE_WORDS_MAX);

	*ret = (struct yg_wire_drop){
		.first = number(object, "first"),
		.last = number(object, "last"),
		.records = number(object, "records"),
		.first_ns = time_of(object, "from"),
		.last_ns = time_of(object, "to"),
		.time_ns = time_of(object, "time"),
	};
	if (reason.size > 0)
		memcpy(ret->reason, reason.data, reason.size);
}

/* YG_EFORMAT when they do not ascend: the mapping of numbers would not be one. */
static int read_epochs(const json_t *list, struct yg_spool *spool)
{
	size_t count = json_array_size(list);

	if (count == 0 || count > YG_SPOOL_EPOCHS_MAX)
		return YG_EFORMAT;
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(list, i);
		struct yg_spool_epoch epoch = {number(item, "epoch"), number(item, "base")};

		if (epoch.epoch == 0 || (i > 0 && (epoch.epoch <= spool->epochs[i - 1].epoch ||
						   epoch.base < spool->epochs[i - 1].base)))
			return YG_EFORMAT;
		spool->epochs[i] = epoch;
	}
	spool->epoch_count = count;
	return YG_OK;
}

/* YG_EFORMAT: the ledger cannot be continued from there. */
static int read_ledger(const json_t *object, struct yg_spool_ledger *ret)
{
	ret->has_mark = json_is_object(object);
	if (!ret->has_mark)
		return YG_OK;
	ret->mark = (struct yg_ledger_mark){
		.n = number(object, "n"),
		.file = number(object, "file"),
		.size = number(object, "size"),
	};
	ret->receipted = number(object, "receipted");
	return yg_hex_read(yg_json_text(object, "sha256"), ret->mark.hash, YG_SHA256_BYTES) &&
			       yg_hex_read(yg_json_text(object, "enrolled"), ret->enrolled,
					   YG_SHA256_BYTES) &&
			       yg_hex_read(yg_json_text(object, "policy"), ret->policy,
					   YG_SHA256_BYTES)
		       ? YG_OK
		       : YG_EFORMAT;
}

int yg_spool_state_read(struct yg_spool *spool, struct yg_bytes text)
{
	struct yg_fault fault;
	json_t *object = NULL;
	const json_t *checkpoint;
	int rc = yg_json_load(text, YG_SPOOL_BODY_MAX, &object, &fault);

	if (rc != YG_OK)
		return rc == YG_ENOMEM ? rc : YG_EFORMAT;
	spool->acked = number(object, "acked");
	spool->dropped = number(object, "dropped");
	read_drop(json_object_get(object, "drop"), &spool->drop);
	rc = read_epochs(json_object_get(object, "epochs"), spool);
	if (rc == YG_OK)
		rc = read_ledger(json_object_get(object, "ledger"), &spool->ledger);
	yg_buf_reset(&spool->checkpoint);
	checkpoint = json_object_get(object, "checkpoint");
	if (rc == YG_OK && checkpoint)
		rc = yg_json_canonical(checkpoint, &spool->checkpoint);
	json_decref(object);
	return rc;
}
