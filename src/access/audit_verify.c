/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is the audit log what it was? One pass over all documents in the order they were written in:
 *
 *   entry       number one more than before? body of its key? "previous" the digest before?
 *   checkpoint  signed by our key? its digests those of the entries that were read?
 *   witnesses   (the file, a copy kept elsewhere) the same, and is there an entry for each?
 *
 * When "previous" does not fit, either of the two entries may be the changed one; the next one, or
 * the checkpoint over them, says which.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/audit-int.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define WITNESSES     2u
#define WITNESS_BYTES (1u << 20)

const char *yg_audit_fault_name(enum yg_audit_fault fault)
{
	static const char *const names[] = {
		[YG_AUDIT_GOOD] = "good",	    [YG_AUDIT_CHANGED] = "changed",
		[YG_AUDIT_REMOVED] = "removed",	    [YG_AUDIT_REORDERED] = "reordered",
		[YG_AUDIT_CUT] = "cut off",	    [YG_AUDIT_FORM] = "malformed",
		[YG_AUDIT_SIGNATURE] = "signature", [YG_AUDIT_KEY] = "other key",
	};

	return names[fault];
}

/* A checkpoint whose signature was looked at. */
struct point {
	json_t *body; /* NULL: none */
	const json_t *digests;
	uint64_t first;
	uint64_t last;
};

struct pass {
	struct yg_hub_access *hub;
	struct yg_audit_report *report;
	uint8_t key[YG_SIGN_PUBLIC_BYTES];
	struct point witnesses[WITNESSES];
	char previous[YG_SHA256_HEX + 1];
	/* Digests of the entries since the last checkpoint, in order. */
	char (*recent)[YG_SHA256_HEX + 1];
	uint64_t recent_first;
	size_t recent_count;
	size_t recent_room;
	bool is_doubtful; /* changed is report->number or the entry after it */
	uint64_t change;  /* of the document read last */
	uint32_t seen;
};

static int found(struct pass *pass, enum yg_audit_fault fault, uint64_t number)
{
	pass->report->fault = fault;
	pass->report->number = number;
	return YG_EEND;
}

/* ---- checkpoints ---- */

static enum yg_audit_fault check_signature(const struct pass *pass, json_t *body)
{
	uint8_t signature[YG_SIGN_BYTES];
	uint8_t key[YG_SIGN_PUBLIC_BYTES];
	size_t key_size = 0;
	size_t size = 0;
	struct yg_buf text;
	bool is_good;

	if (!yg_base64_read(yg_json_text(body, "signature"), signature, sizeof(signature), &size) ||
	    size != sizeof(signature) ||
	    !yg_base64_read(yg_json_text(body, "key"), key, sizeof(key), &key_size) ||
	    key_size != sizeof(key))
		return YG_AUDIT_SIGNATURE;
	(void)json_object_del(body, "signature"); /* it was there */
	yg_buf_init(&text, YG_DOC_BODY_MAX);
	yg_buf_add_str(&text, YG_AUDIT_CONTEXT);
	is_good = yg_json_canonical(body, &text) == YG_OK &&
		  yg_sign_is_valid(key, yg_buf_bytes(&text), signature);
	yg_buf_done(&text);
	if (!is_good)
		return YG_AUDIT_SIGNATURE;
	return memcmp(key, pass->key, sizeof(key)) == 0 ? YG_AUDIT_GOOD : YG_AUDIT_KEY;
}

/* YG_OK, also with a fault in *@ret_fault; the point's body is the caller's to release. */
static int read_point(struct pass *pass, struct yg_bytes line, struct point *ret,
		      enum yg_audit_fault *ret_fault)
{
	struct yg_fault fault;
	json_t *body = NULL;
	int rc = yg_json_load(line, WITNESS_BYTES, &body, &fault);

	*ret = (struct point){0};
	*ret_fault = YG_AUDIT_FORM;
	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK)
		return YG_OK;
	ret->body = body;
	ret->digests = json_object_get(body, "digests");
	ret->first = (uint64_t)yg_json_int(body, "first", 0);
	ret->last = (uint64_t)yg_json_int(body, "last", 0);
	*ret_fault = check_signature(pass, body);
	if (*ret_fault == YG_AUDIT_GOOD &&
	    (ret->first == 0 || ret->last < ret->first ||
	     json_array_size(ret->digests) != ret->last - ret->first + 1))
		*ret_fault = YG_AUDIT_FORM;
	return YG_OK;
}

/* What @point says of entry @number; NULL: nothing. */
static const char *said_of(const struct point *point, uint64_t number)
{
	if (!point->body || number < point->first || number > point->last)
		return NULL;
	return json_string_value(json_array_get(point->digests, number - point->first));
}

static int check_point(struct pass *pass, const struct yg_doc *doc)
{
	struct yg_audit_report *report = pass->report;
	enum yg_audit_fault fault;
	struct point point;
	int rc = read_point(pass, doc->body, &point, &fault);

	if (rc != YG_OK)
		return rc;
	if (fault != YG_AUDIT_GOOD && !pass->is_doubtful)
		rc = found(pass, fault, point.first > 0 ? point.first : report->covered + 1);
	for (size_t i = 0; i < pass->recent_count && rc == YG_OK; i++) {
		const char *said = said_of(&point, pass->recent_first + i);

		if (said && strcmp(said, pass->recent[i]) != 0)
			rc = found(pass, YG_AUDIT_CHANGED, pass->recent_first + i);
	}
	if (rc == YG_OK && pass->is_doubtful)
		rc = YG_EEND; /* it said nothing of them */
	if (rc == YG_OK && point.last > report->entries)
		rc = found(pass, YG_AUDIT_REMOVED, report->entries + 1);
	/* A full list may begin later: its entries were written in one go. */
	if (rc == YG_OK && point.first > report->covered + 1 + YG_AUDIT_UNSIGNED_MAX &&
	    json_array_size(point.digests) < YG_AUDIT_LIST_MAX)
		rc = found(pass, YG_AUDIT_SIGNATURE, report->covered + 1);
	if (rc == YG_OK) {
		report->checkpoints++;
		report->covered = point.last;
		pass->recent_count = 0;
	}
	json_decref(point.body);
	return rc;
}

/* ---- entries ---- */

static int remember(struct pass *pass, uint64_t number, const char digest[YG_SHA256_HEX + 1])
{
	if (pass->recent_count == pass->recent_room) {
		size_t room = pass->recent_room ? 2 * pass->recent_room : YG_AUDIT_EVERY;
		void *more = yg_reallocarray(pass->recent, room, sizeof(*pass->recent));

		if (!more)
			return YG_ENOMEM;
		pass->recent = more;
		pass->recent_room = room;
	}
	if (pass->recent_count == 0)
		pass->recent_first = number;
	memcpy(pass->recent[pass->recent_count++], digest, YG_SHA256_HEX + 1);
	return YG_OK;
}

static int no_document(void *arg, const struct yg_doc *doc)
{
	(void)arg;
	(void)doc;
	return YG_OK;
}

/* Entry @expected should come now, and another one does. */
static int out_of_place(struct pass *pass, uint64_t expected)
{
	char key[YG_AUDIT_KEY_ROOM];
	int rc;

	yg_audit_key_of(expected, key);
	rc = yg_control_get(pass->hub->store, YG_S(YG_HUB_AUDIT), YG_S(YG_AUDIT_ENTRY),
			    yg_bytes_str(key), no_document, NULL);
	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	return found(pass, rc == YG_OK ? YG_AUDIT_REORDERED : YG_AUDIT_REMOVED, expected);
}

static int check_witnesses(struct pass *pass, uint64_t number, const char *digest)
{
	for (unsigned i = 0; i < WITNESSES; i++) {
		const char *said = said_of(&pass->witnesses[i], number);

		if (said && strcmp(said, digest) != 0)
			return found(pass, YG_AUDIT_CHANGED, number);
	}
	return YG_OK;
}

/* @previous does not fit: this entry or the one before was changed. */
static int doubt(struct pass *pass, uint64_t number)
{
	if (pass->is_doubtful) { /* the second in a row: it was the one between */
		if (number == pass->report->number + 2)
			pass->report->number++;
		return YG_EEND;
	}
	(void)found(pass, YG_AUDIT_CHANGED, number > 1 ? number - 1 : 1); /* perhaps */
	pass->is_doubtful = true;
	return YG_OK;
}

static int judge_entry(struct pass *pass, const struct yg_doc *doc, uint64_t number,
		       struct yg_bytes previous)
{
	uint64_t expected = pass->report->entries + 1;
	char key[YG_AUDIT_KEY_ROOM];
	char digest[YG_SHA256_HEX + 1];
	int rc = YG_OK;

	yg_sha256_hex(doc->body, digest);
	yg_audit_key_of(number, key);
	if (number > expected || !yg_bytes_eq(doc->key, yg_bytes_str(key)))
		return pass->is_doubtful ? YG_EEND : out_of_place(pass, expected);
	if (number < expected)
		return pass->is_doubtful ? YG_EEND : found(pass, YG_AUDIT_REORDERED, number);
	rc = check_witnesses(pass, number, digest);
	if (rc == YG_OK && !yg_bytes_eq(previous, yg_bytes_str(pass->previous)))
		rc = doubt(pass, number);
	else if (rc == YG_OK && pass->is_doubtful && number > pass->report->number + 1)
		rc = YG_EEND; /* this one fits: it was the one before */
	if (rc != YG_OK)
		return rc;
	pass->report->entries = number;
	memcpy(pass->previous, digest, sizeof(digest));
	return remember(pass, number, digest);
}

static int check_entry(struct pass *pass, const struct yg_doc *doc)
{
	struct yg_fault fault;
	json_t *body = NULL;
	int rc;

	/* Written once, never again: another revision is a change, an end a removal. */
	if (doc->is_removed || doc->revision != 1) {
		uint64_t number = 0;

		if (!yg_bytes_u64(doc->key, &number))
			number = pass->report->entries + 1;
		return found(pass, doc->is_removed ? YG_AUDIT_REMOVED : YG_AUDIT_CHANGED, number);
	}
	rc = yg_json_load(doc->body, YG_DOC_BODY_MAX, &body, &fault);
	if (rc != YG_OK)
		return rc == YG_ENOMEM ? rc : found(pass, YG_AUDIT_FORM, pass->report->entries + 1);
	rc = judge_entry(pass, doc, (uint64_t)yg_json_int(body, "number", 0),
			 yg_json_text(body, "previous"));
	json_decref(body);
	return rc;
}

static int look_at(void *arg, const struct yg_doc *doc)
{
	struct pass *pass = arg;

	pass->seen++;
	pass->change = doc->change;
	if (yg_bytes_eq(doc->kind, YG_S(YG_AUDIT_ENTRY)))
		return check_entry(pass, doc);
	if (yg_bytes_eq(doc->kind, YG_S(YG_AUDIT_CHECKPOINT)) && !doc->is_removed)
		return check_point(pass, doc);
	return YG_OK;
}

/* ---- all ---- */

static int read_all(struct pass *pass)
{
	struct yg_doc_filter filter = {.by_change = true, .limit = YG_HUB_PAGE};
	int rc;

	do {
		pass->seen = 0;
		rc = yg_control_list(pass->hub->store, YG_S(YG_HUB_AUDIT), &filter, look_at, pass);
		filter.after_change = pass->change;
	} while (rc == YG_OK && pass->seen == filter.limit);
	return rc == YG_EEND ? YG_OK : rc;
}

/* A copy of a checkpoint; one that this hub's key did not sign is a fault itself. */
static int add_witness(struct pass *pass, struct yg_bytes line, struct point *to)
{
	enum yg_audit_fault fault;
	int rc = read_point(pass, yg_bytes_trim(line), to, &fault);

	if (rc == YG_OK && fault != YG_AUDIT_GOOD && pass->report->fault == YG_AUDIT_GOOD)
		(void)found(pass, fault, to->first); /* said when nothing else is found */
	if (fault != YG_AUDIT_GOOD) {
		json_decref(to->body);
		*to = (struct point){0};
	}
	return rc;
}

static int add_file(struct pass *pass)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_io_read_file(pass->hub->data, WITNESS_BYTES, &bytes, &size);

	if (rc == YG_OK)
		rc = add_witness(pass, (struct yg_bytes){bytes, size}, &pass->witnesses[0]);
	else if (rc == YG_ENOENT)
		rc = YG_OK; /* a backup has none */
	free(bytes);
	return rc;
}

/*
 * Whoever changes an entry and makes the chain fit again has to take away each checkpoint over it:
 * he cannot sign. So entries without one are a fault, but for as many as a crash may leave.
 */
static bool is_unsigned(const struct pass *pass)
{
	uint64_t to = pass->report->covered;

	for (unsigned i = 0; i < WITNESSES; i++)
		if (pass->witnesses[i].body && pass->witnesses[i].last > to)
			to = pass->witnesses[i].last;
	return pass->hub->has_key && pass->report->entries > to + YG_AUDIT_UNSIGNED_MAX;
}

int yg_audit_verify(struct yg_hub_access *hub, struct yg_bytes checkpoint,
		    struct yg_audit_report *ret)
{
	struct pass pass = {.hub = hub, .report = ret, .previous = YG_AUDIT_NOTHING};
	struct yg_audit_report before;
	int rc = YG_OK;

	*ret = (struct yg_audit_report){0};
	memcpy(pass.key, hub->key, sizeof(pass.key));
	if (hub->has_key)
		rc = add_file(&pass);
	if (rc == YG_OK && checkpoint.size > 0)
		rc = add_witness(&pass, checkpoint, &pass.witnesses[1]);
	before = *ret;
	ret->fault = YG_AUDIT_GOOD;
	if (rc == YG_OK)
		rc = read_all(&pass);
	if (rc == YG_OK && ret->fault == YG_AUDIT_GOOD && is_unsigned(&pass))
		(void)found(&pass, YG_AUDIT_SIGNATURE, ret->covered + 1); /* YG_EEND */
	for (unsigned i = 0; i < WITNESSES; i++) {
		if (rc == YG_OK && ret->fault == YG_AUDIT_GOOD &&
		    pass.witnesses[i].last > ret->entries)
			(void)found(&pass, YG_AUDIT_CUT, ret->entries + 1); /* YG_EEND */
		json_decref(pass.witnesses[i].body);
	}
	if (ret->fault == YG_AUDIT_GOOD && before.fault != YG_AUDIT_GOOD) {
		ret->fault = before.fault;
		ret->number = before.number;
	}
	memcpy(ret->last, pass.previous, sizeof(ret->last));
	free(pass.recent);
	return rc;
}
