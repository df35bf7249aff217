/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of a statement, from the outside in; the first that fails is the reason told. */
#include "assess/statement.h"
#include "base/alloc.h"
#include "base/clock.h"

#include "base/ban.h"

/* What is being checked, and how far it was taken apart. */
struct check {
	struct yg_statement_verdict *verdict;
	const struct yg_key *key;
	int32_t today;
	json_t *envelope;
	json_t *statement;
	uint8_t *payload; /* heap */
	size_t payload_size;
	uint8_t public_key[YG_SIGN_PUBLIC_BYTES];
};

/* A step returns NULL when it holds, else the reason. Memory that ran out is told apart. */
static const char no_memory[] = "out of memory";

/* @text as JSON whose canonical form is @text itself. */
static const char *load_canonical(struct yg_bytes text, json_t **ret)
{
	struct yg_fault fault;
	struct yg_buf again;
	const char *reason = NULL;
	int rc = yg_json_load(text, YG_STATEMENT_MAX, ret, &fault);

	if (rc == YG_ENOMEM)
		return no_memory;
	if (rc != YG_OK)
		return rc == YG_ELIMIT ? N_("it is too large or nested too deeply for a statement")
				       : N_("it is no JSON, or no statement at all");
	yg_buf_init(&again, text.size + 1);
	rc = yg_json_canonical(*ret, &again);
	if (rc == YG_ENOMEM)
		reason = no_memory;
	else if (rc != YG_OK || !yg_bytes_eq(yg_buf_bytes(&again), text))
		reason = N_("it is not in canonical form: it was changed after it was written");
	yg_buf_done(&again);
	return reason;
}

/* An object with exactly the keys named (closed by NULL). */
static bool has_only(const json_t *object, const char *const *keys)
{
	size_t count = 0;

	for (; keys[count]; count++)
		if (!json_object_get(object, keys[count]))
			return false;
	return json_is_object(object) && json_object_size(object) == count;
}

static const char *check_envelope(struct check *check)
{
	static const char *const keys[] = {"payload", "payloadType", "signatures", NULL};
	static const char *const signature_keys[] = {"keyid", "sig", NULL};
	const json_t *signatures = json_object_get(check->envelope, "signatures");
	struct yg_bytes payload = yg_json_text(check->envelope, "payload");

	if (!has_only(check->envelope, keys) || json_array_size(signatures) != 1 ||
	    !has_only(json_array_get(signatures, 0), signature_keys))
		return N_("it is no envelope with one signature");
	if (!yg_bytes_eq(yg_json_text(check->envelope, "payloadType"),
			 YG_S(YG_STATEMENT_MEDIA_TYPE)))
		return N_("its content is of another type than a statement");
	check->payload = yg_calloc(payload.size + 1, 1);
	if (!check->payload)
		return no_memory;
	if (!yg_base64_read(payload, check->payload, payload.size, &check->payload_size) ||
	    check->payload_size == 0)
		return N_("its content is not in base64");
	return NULL;
}

static const char *check_statement(struct check *check)
{
	const json_t *statement = check->statement;
	const json_t *subject = json_object_get(statement, "subject");
	const json_t *predicate = json_object_get(statement, "predicate");
	const json_t *snapshot = json_object_get(predicate, "snapshot");
	const json_t *digest = json_object_get(json_array_get(subject, 0), "digest");
	char found[YG_SHA256_HEX + 1];
	int rc;

	if (!yg_bytes_eq(yg_json_text(statement, "_type"), YG_S(YG_STATEMENT_TYPE)) ||
	    !yg_bytes_eq(yg_json_text(statement, "predicateType"), YG_S(YG_STATEMENT_PREDICATE)) ||
	    json_array_size(subject) != 1 || !json_is_object(snapshot))
		return N_("its content is no statement about an assessment");
	rc = yg_snapshot_digest(snapshot, found);
	if (rc != YG_OK)
		return no_memory; /* it was canonical before: nothing else can fail */
	if (!yg_bytes_eq(yg_json_text(digest, "sha256"), yg_bytes_str(found)))
		return N_("its digest is not that of what it states");
	memcpy(check->verdict->digest, found, sizeof(found));
	return NULL;
}

static const char *check_signature(struct check *check)
{
	const json_t *signer =
		json_object_get(json_object_get(check->statement, "predicate"), "signer");
	const json_t *entry = json_array_get(json_object_get(check->envelope, "signatures"), 0);
	uint8_t signature[YG_SIGN_BYTES];
	char id[YG_SHA256_HEX + 1];
	struct yg_buf signing;
	size_t size = 0;
	bool is_valid;

	if (!yg_base64_read(yg_json_text(signer, "public_key"), check->public_key,
			    sizeof(check->public_key), &size) ||
	    size != sizeof(check->public_key))
		return N_("it does not carry the key that signed it");
	yg_sha256_hex((struct yg_bytes){check->public_key, sizeof(check->public_key)}, id);
	if (!yg_bytes_eq(yg_json_text(entry, "keyid"), yg_bytes_str(id)))
		return N_("its key id is not that of the key it carries");
	if (!yg_base64_read(yg_json_text(entry, "sig"), signature, sizeof(signature), &size) ||
	    size != sizeof(signature))
		return N_("its signature is no Ed25519 signature");
	yg_buf_init(&signing, YG_STATEMENT_MAX + 64);
	yg_statement_pae(YG_S(YG_STATEMENT_MEDIA_TYPE),
			 (struct yg_bytes){check->payload, check->payload_size}, &signing);
	if (yg_buf_error(&signing) != YG_OK) {
		yg_buf_done(&signing);
		return no_memory;
	}
	is_valid = yg_sign_is_valid(check->public_key, yg_buf_bytes(&signing), signature);
	yg_buf_done(&signing);
	if (!is_valid)
		return N_("the signature does not fit: it was changed after signing");
	memcpy(check->verdict->key_id, id, sizeof(id));
	return NULL;
}

/* A day under @key: YG_DAY_NONE for null; false for anything that is no day in ISO form. */
static bool day_of(const json_t *object, const char *key, int32_t *ret)
{
	struct yg_bytes text = yg_json_text(object, key);
	char again[YG_DAY_SIZE];

	*ret = YG_DAY_NONE;
	if (json_is_null(json_object_get(object, key)))
		return true;
	*ret = yg_day_read(text);
	if (*ret == YG_DAY_NONE)
		return false;
	yg_day_write(*ret, again);
	return yg_bytes_eq(text, yg_bytes_str(again));
}

/* The instant and the day of issue, which must not lie further apart than time zones do. */
static bool issue_of(const json_t *predicate, int32_t *ret_day)
{
	struct yg_bytes text = yg_json_text(predicate, "issued");
	int64_t time_ns;
	bool has_zone;

	if (text.size == 0 || text.data[text.size - 1] != 'Z' ||
	    !yg_time_parse_iso(text, 0, &time_ns, &has_zone) ||
	    !day_of(predicate, "day", ret_day) || *ret_day == YG_DAY_NONE)
		return false;
	return *ret_day - yg_day_of_time(time_ns, 0) >= -1 &&
	       *ret_day - yg_day_of_time(time_ns, 0) <= 1;
}

static bool ended_before(int32_t expires, int32_t day)
{
	return expires != YG_DAY_NONE && expires < day;
}

static const char *check_days(struct check *check)
{
	const json_t *predicate = json_object_get(check->statement, "predicate");
	const json_t *signer = json_object_get(predicate, "signer");
	const struct yg_key *key = check->key;
	int32_t created;
	int32_t expires;
	int32_t day;

	if (!issue_of(predicate, &day) || !day_of(signer, "created", &created) ||
	    !day_of(signer, "expires", &expires))
		return N_("it does not say properly when it was issued");
	if (created > day || (key && key->created > day))
		return N_("it was issued before its key was made: a clock was wrong");
	if (ended_before(expires, day) || (key && ended_before(key->expires, day)))
		return N_("its key had expired before it was issued");
	check->verdict->is_expired_now = ended_before(expires, check->today) ||
					 (key && ended_before(key->expires, check->today));
	/* The neighbour's day may have begun earlier: one day is no future. */
	check->verdict->is_from_future = day > check->today + 1;
	return NULL;
}

static const char *check_key(struct check *check)
{
	if (check->key &&
	    memcmp(check->key->public_key, check->public_key, sizeof(check->public_key)) != 0)
		return N_("it was signed by another key");
	return NULL;
}

static const char *check_all(struct check *check, struct yg_bytes envelope)
{
	const char *reason = load_canonical(envelope, &check->envelope);

	if (!reason)
		reason = check_envelope(check);
	if (!reason)
		reason = load_canonical((struct yg_bytes){check->payload, check->payload_size},
					&check->statement);
	if (!reason)
		reason = check_statement(check);
	if (!reason)
		reason = check_signature(check);
	if (!reason)
		reason = check_key(check);
	return reason ? reason : check_days(check);
}

int yg_statement_verify(struct yg_bytes envelope, const struct yg_key *key, int32_t today,
			struct yg_statement_verdict *verdict)
{
	struct check check = {.verdict = verdict, .key = key, .today = today};

	memset(verdict, 0, sizeof(*verdict));
	verdict->reason = check_all(&check, envelope);
	verdict->is_valid = !verdict->reason;
	verdict->is_signer_known = verdict->is_valid && key;
	if (verdict->is_valid)
		verdict->statement = check.statement;
	else
		json_decref(check.statement);
	json_decref(check.envelope);
	free(check.payload);
	return verdict->reason == no_memory ? YG_ENOMEM : YG_OK;
}

void yg_statement_verdict_done(struct yg_statement_verdict *verdict)
{
	json_decref(verdict->statement);
	memset(verdict, 0, sizeof(*verdict));
}
