/* SPDX-License-Identifier: Apache-2.0 */
#include "assess/statement.h"

#include "base/clock.h"

#include "base/ban.h"

#define ENVELOPE_HEAD "{\"payload\":\""

static const char disclaimer_ja[] =
	"この文書は、組織が自ら行った評価の内容に、作成後の変更がないことを示します。"
	"★の取得や、評価の正しさを示すものではありません。★の取得は、制度の運営者の公表で確認してく"
	"ださい。";
static const char disclaimer_en[] = "This shows that what an organisation stated about itself has "
				    "not been changed since. It does "
				    "not show that a star was granted, nor that the statements are "
				    "true: look up stars where the "
				    "scheme's operator publishes them.";

/* @object under @key, taking it over; NULL, or an earlier error, makes or keeps the error. */
static int put(int rc, json_t *to, const char *key, json_t *take_value)
{
	if (rc == YG_OK)
		return yg_json_set(to, key, take_value);
	json_decref(take_value);
	return rc;
}

/* The fields named in @keys (closed by NULL) that @from has. */
static json_t *pick(const json_t *from, const char *const *keys)
{
	json_t *to = json_object();

	for (; to && *keys; keys++) {
		json_t *value = json_object_get(from, *keys);

		if (value && json_object_set(to, *keys, value) != 0) {
			json_decref(to);
			return NULL;
		}
	}
	return to;
}

/* The same for each element of an array; an empty array when there is none. */
static json_t *pick_each(const json_t *from, const char *const *keys)
{
	json_t *to = json_array();

	for (size_t i = 0; to && i < json_array_size(from); i++) {
		if (json_array_append_new(to, pick(json_array_get(from, i), keys)) != 0) {
			json_decref(to);
			return NULL;
		}
	}
	return to;
}

static json_t *text_or_null(struct yg_bytes text)
{
	return text.size > 0 ? yg_json_string(text) : json_null();
}

static json_t *scope_of(const json_t *scope)
{
	static const char *const named[] = {"name", NULL};
	static const char *const sites[] = {"name", "people", NULL};
	static const char *const clouds[] = {"name", "use", NULL};
	static const char *const out[] = {"name", "why", "touches", NULL};
	json_t *to;
	int rc = YG_OK;

	if (!json_is_object(scope))
		return json_null();
	to = json_object();
	rc = put(to ? YG_OK : YG_ENOMEM, to, "date", text_or_null(yg_json_text(scope, "date")));
	rc = put(rc, to, "companies", pick_each(json_object_get(scope, "companies"), named));
	rc = put(rc, to, "sites", pick_each(json_object_get(scope, "sites"), sites));
	rc = put(rc, to, "networks", pick_each(json_object_get(scope, "networks"), named));
	rc = put(rc, to, "clouds", pick_each(json_object_get(scope, "clouds"), clouds));
	rc = put(rc, to, "out", pick_each(json_object_get(scope, "out"), out));
	if (rc == YG_OK)
		return to;
	json_decref(to);
	return NULL;
}

static json_t *answer_of(const json_t *criterion)
{
	static const char *const keys[] = {"state",  "value",	 "by",	    "date",
					   "reason", "evidence", "choices", NULL};
	const json_t *answer = json_object_get(criterion, "answer");
	json_t *to = pick(json_is_object(answer) ? answer : criterion, keys);
	int rc = to ? YG_OK : YG_ENOMEM;

	rc = put(rc, to, "id", yg_json_string(yg_json_text(criterion, "id")));
	if (rc == YG_OK && !json_is_array(json_object_get(to, "evidence")))
		rc = put(rc, to, "evidence", json_array()); /* a line counts them instead */
	if (rc == YG_OK)
		return to;
	json_decref(to);
	return NULL;
}

/* Confirmed criteria only: what was returned is between the firm and its expert. */
static int add_confirmation(json_t *to, const json_t *criterion)
{
	static const char *const keys[] = {"date", "looked_at", "how", "state", NULL};
	static const char *const expert[] = {"name",	     "qualification", "registration",
					     "organisation", "role",	      NULL};
	const json_t *confirmation = json_object_get(criterion, "confirmation");
	json_t *entry;
	int rc;

	if (!yg_bytes_eq(yg_json_text(confirmation, "decision"), YG_S("confirmed")) ||
	    yg_bytes_eq(yg_json_text(confirmation, "state"), YG_S("void")))
		return YG_OK;
	entry = pick(confirmation, keys);
	rc = put(entry ? YG_OK : YG_ENOMEM, entry, "id",
		 yg_json_string(yg_json_text(criterion, "id")));
	rc = put(rc, entry, "expert", pick(json_object_get(confirmation, "expert"), expert));
	if (rc != YG_OK)
		json_decref(entry);
	else if (json_array_append_new(to, entry) != 0)
		rc = YG_ENOMEM;
	return rc;
}

static int add_criteria(json_t *snapshot, const struct yg_snapshot_parts *parts)
{
	json_t *answers = json_array();
	json_t *confirmations = json_array();
	int rc = answers && confirmations ? YG_OK : YG_ENOMEM;

	for (size_t i = 0; rc == YG_OK && i < json_array_size(parts->criteria); i++) {
		const json_t *criterion = json_array_get(parts->criteria, i);

		if (json_array_append_new(answers, answer_of(criterion)) != 0)
			rc = YG_ENOMEM;
		else
			rc = add_confirmation(confirmations, criterion);
	}
	rc = put(rc, snapshot, "answers", answers);
	return put(rc, snapshot, "confirmations", confirmations);
}

static json_t *framework_of(const struct yg_snapshot_parts *parts)
{
	static const char *const keys[] = {"urn", "name", NULL};
	json_t *to = pick(json_object_get(parts->head, "framework"), keys);
	int rc = put(to ? YG_OK : YG_ENOMEM, to, "sha256",
		     yg_json_string(yg_bytes_str(parts->framework_sha256)));

	if (rc == YG_OK)
		return to;
	json_decref(to);
	return NULL;
}

static json_t *official_of(const json_t *head)
{
	static const char *const keys[] = {"sha256", "date", NULL};
	const json_t *official = json_object_get(head, "official");

	return json_is_object(official) ? pick(official, keys) : json_null();
}

int yg_snapshot_build(const struct yg_snapshot_parts *parts, json_t **ret)
{
	static const char *const counts[] = {
		"criteria", "met",	     "partly",	       "not_met",   "na", "open",
		"stale",    "with_evidence", "declared_alone", "confirmed", NULL};
	static const char *const organisation[] = {"name", "corporate_number", NULL};
	static const char *const level[] = {"id", NULL};
	static const char *const evidence[] = {"id",	 "kind",  "date", "expires",
					       "sha256", "state", NULL};
	const json_t *head = parts->head;
	json_t *to;
	int rc;

	if (!json_is_object(head) || !json_is_array(parts->criteria) || !parts->framework_sha256)
		return YG_EINVAL;
	if (!json_is_false(json_object_get(head, "practice")))
		return YG_EUNSUPPORTED;
	to = json_object();
	rc = put(to ? YG_OK : YG_ENOMEM, to, "type", json_string(YG_STATEMENT_SNAPSHOT));
	rc = put(rc, to, "assessment", yg_json_string(yg_json_text(head, "id")));
	rc = put(rc, to, "framework", framework_of(parts));
	rc = put(rc, to, "official", official_of(head));
	rc = put(rc, to, "level",
		 json_is_object(json_object_get(head, "level"))
			 ? pick(json_object_get(head, "level"), level)
			 : json_null());
	rc = put(rc, to, "organisation", pick(json_object_get(head, "organisation"), organisation));
	rc = put(rc, to, "scope", scope_of(parts->scope));
	rc = put(rc, to, "evidence", pick_each(parts->evidence, evidence));
	rc = put(rc, to, "counts", pick(json_object_get(head, "counts"), counts));
	rc = put(rc, to, "level_state", yg_json_string(yg_json_text(head, "level_state")));
	if (rc == YG_OK)
		rc = add_criteria(to, parts);
	if (rc == YG_OK)
		*ret = to;
	else
		json_decref(to);
	return rc;
}

int yg_snapshot_digest(const json_t *snapshot, char to[YG_SHA256_HEX + 1])
{
	struct yg_buf buf;
	int rc;

	yg_buf_init(&buf, YG_STATEMENT_MAX);
	rc = yg_json_canonical(snapshot, &buf);
	if (rc == YG_OK)
		yg_sha256_hex(yg_buf_bytes(&buf), to);
	yg_buf_done(&buf);
	return rc;
}

static json_t *base64_of(struct yg_bytes b)
{
	struct yg_buf buf;
	json_t *text = NULL;

	yg_buf_init(&buf, b.size / 3 * 4 + 8);
	yg_base64_add(&buf, b);
	if (yg_buf_error(&buf) == YG_OK)
		text = yg_json_string(yg_buf_bytes(&buf));
	yg_buf_done(&buf);
	return text;
}

static json_t *day_or_null(int32_t day)
{
	char text[YG_DAY_SIZE];

	if (day == YG_DAY_NONE)
		return json_null();
	yg_day_write(day, text);
	return json_string(text);
}

static json_t *signer_of(const struct yg_key *key)
{
	json_t *to;
	int rc;

	if (!key)
		return json_null();
	to = json_object();
	rc = put(to ? YG_OK : YG_ENOMEM, to, "name", json_string(key->name));
	rc = put(rc, to, "public_key",
		 base64_of((struct yg_bytes){key->public_key, sizeof(key->public_key)}));
	rc = put(rc, to, "created", day_or_null(key->created));
	rc = put(rc, to, "expires", day_or_null(key->expires));
	if (rc == YG_OK)
		return to;
	json_decref(to);
	return NULL;
}

static json_t *predicate_of(const json_t *snapshot, const struct yg_statement_new *wanted)
{
	char issued[YG_ISO_SIZE];
	int64_t second_ns = wanted->issued_ns - wanted->issued_ns % YG_NS_PER_S;
	json_t *to = json_object();
	int rc = to ? YG_OK : YG_ENOMEM;

	(void)yg_time_iso(second_ns, 0, issued); /* its size is not needed */
	rc = put(rc, to, "issued", json_string(issued));
	rc = put(rc, to, "day", day_or_null(yg_day_of_time(second_ns, wanted->zone_s)));
	rc = put(rc, to, "verifier",
		 json_pack("{s:s,s:s}", "id", "yagura", "version", wanted->version));
	rc = put(rc, to, "policy",
		 json_pack("{s:O,s:{s:O}}", "urn",
			   json_object_get(json_object_get(snapshot, "framework"), "urn"), "digest",
			   "sha256",
			   json_object_get(json_object_get(snapshot, "framework"), "sha256")));
	rc = put(rc, to, "result",
		 json_pack("{s:o,s:O,s:{s:s,s:s}}", "level",
			   text_or_null(yg_json_text(json_object_get(snapshot, "level"), "id")),
			   "level_state", json_object_get(snapshot, "level_state"), "text", "ja",
			   wanted->text_ja, "en", wanted->text_en));
	rc = put(rc, to, "signer", signer_of(wanted->signer));
	rc = put(rc, to, "disclaimer",
		 json_pack("{s:s,s:s}", "ja", disclaimer_ja, "en", disclaimer_en));
	rc = put(rc, to, "snapshot", json_deep_copy(snapshot));
	if (rc == YG_OK)
		return to;
	json_decref(to);
	return NULL;
}

int yg_statement_build(const json_t *snapshot, const struct yg_statement_new *wanted, json_t **ret)
{
	const json_t *framework = json_object_get(snapshot, "framework");
	char digest[YG_SHA256_HEX + 1];
	json_t *predicate;
	int rc;

	if (yg_json_text(framework, "urn").size == 0 ||
	    yg_json_text(framework, "sha256").size != YG_SHA256_HEX ||
	    !json_is_string(json_object_get(snapshot, "level_state")))
		return YG_EINVAL;
	rc = yg_snapshot_digest(snapshot, digest);
	if (rc != YG_OK)
		return rc;
	predicate = predicate_of(snapshot, wanted);
	if (!predicate)
		return YG_ENOMEM;
	*ret = json_pack("{s:s,s:[{s:s,s:{s:s}}],s:s,s:o}", "_type", YG_STATEMENT_TYPE, "subject",
			 "name", YG_STATEMENT_SNAPSHOT, "digest", "sha256", digest, "predicateType",
			 YG_STATEMENT_PREDICATE, "predicate", predicate);
	return *ret ? YG_OK : YG_ENOMEM;
}

void yg_statement_pae(struct yg_bytes type, struct yg_bytes payload, struct yg_buf *to)
{
	yg_buf_addf(to, "DSSEv1 %zu ", type.size);
	yg_buf_add(to, type);
	yg_buf_addf(to, " %zu ", payload.size);
	yg_buf_add(to, payload);
}

int yg_statement_seal(const json_t *statement, const struct yg_key *key, struct yg_buf *to)
{
	uint8_t signature[YG_SIGN_BYTES];
	struct yg_buf payload;
	struct yg_buf signing;
	int rc;

	if (!key->has_secret)
		return YG_EINVAL;
	yg_buf_init(&payload, YG_STATEMENT_MAX);
	yg_buf_init(&signing, YG_STATEMENT_MAX);
	rc = yg_json_canonical(statement, &payload);
	yg_statement_pae(YG_S(YG_STATEMENT_MEDIA_TYPE), yg_buf_bytes(&payload), &signing);
	if (rc == YG_OK)
		rc = yg_buf_error(&signing);
	if (rc == YG_OK) {
		/* Sorted keys, no blanks, and nothing in it needs an escape: canonical as it is. */
		yg_sign(key->seed, yg_buf_bytes(&signing), signature);
		yg_buf_add_str(to, ENVELOPE_HEAD);
		yg_base64_add(to, yg_buf_bytes(&payload));
		yg_buf_addf(
			to,
			"\",\"payloadType\":\"%s\",\"signatures\":[{\"keyid\":\"%s\",\"sig\":\"",
			YG_STATEMENT_MEDIA_TYPE, key->id);
		yg_base64_add(to, (struct yg_bytes){signature, sizeof(signature)});
		yg_buf_add_str(to, "\"}]}");
		rc = yg_buf_error(to);
	}
	yg_buf_done(&signing);
	yg_buf_done(&payload);
	return rc;
}
