/* SPDX-License-Identifier: Apache-2.0 */
/* What a statement says and does not say, and that nothing in its file can be changed. */
#include "base/io.h"

#include "../check.h"
#include "sample_statement.h"

static struct yg_key key;
static struct yg_buf envelope;
static struct yg_statement_verdict verdict;

static bool sign(int64_t issued_ns)
{
	if (yg_key_read(YG_S(""), &key, NULL) == YG_OK ||
	    yg_key_read(yg_bytes_str(sample_secret), &key, NULL) != YG_OK)
		return false;
	if (!envelope.max)
		yg_buf_init(&envelope, YG_STATEMENT_MAX);
	yg_buf_reset(&envelope);
	return sample_sign(&key, issued_ns, &envelope);
}

static bool verify(struct yg_bytes bytes, const struct yg_key *with, int32_t today)
{
	yg_statement_verdict_done(&verdict);
	return yg_statement_verify(bytes, with, today, &verdict) == YG_OK && verdict.is_valid;
}

static void a_good_one(void)
{
	CHECK(sign(SAMPLE_ISSUED_NS));
	CHECK(verify(yg_buf_bytes(&envelope), NULL, SAMPLE_DAY));
	CHECK(!verdict.is_signer_known && !verdict.is_expired_now && !verdict.is_from_future);
	CHECK_TEXT(yg_bytes_str(verdict.key_id), key.id);
	CHECK(verify(yg_buf_bytes(&envelope), &key, SAMPLE_DAY + 400));
	CHECK(verdict.is_signer_known && verdict.is_expired_now);
	CHECK(verify(yg_buf_bytes(&envelope), &key, SAMPLE_DAY - 30));
	CHECK(verdict.is_from_future);
	yg_statement_verdict_done(&verdict);
}

static void the_same_assessment_gives_the_same_bytes(void)
{
	struct yg_buf first;

	CHECK(sign(SAMPLE_ISSUED_NS));
	first = envelope;
	yg_buf_init(&envelope, YG_STATEMENT_MAX);
	CHECK(sign(SAMPLE_ISSUED_NS));
	CHECK(yg_bytes_eq(yg_buf_bytes(&first), yg_buf_bytes(&envelope)));
	yg_buf_done(&first);
}

/* What is between the firm and its expert is nowhere in it. */
static void what_it_says(void)
{
	static const char *const never[] = {"SECRET",	  "OBSERVED", "DISPUTE",  "RETURNED",
					    "contradict", "dispute",  "observed", "supported",
					    "returned",	  "note",     "advice"};
	static const char *const always[] = {"\"state\":\"met\"", "\"by\":\"山田\"",
					     "会計だけ未対応",	  "資産の一覧と現物5台",
					     "第012345号",	  "工場の制御装置",
					     "\"open\":1",	  ("\"sha256\":\"" SAMPLE_SHA)};
	json_t *snapshot = sample_snapshot();
	struct yg_buf text;

	CHECK(snapshot);
	yg_buf_init(&text, 1u << 20);
	CHECK(yg_json_canonical(snapshot, &text) == YG_OK);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		CHECK(yg_bytes_find(yg_buf_bytes(&text), yg_bytes_str(never[i])) == SIZE_MAX);
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		CHECK(yg_bytes_find(yg_buf_bytes(&text), yg_bytes_str(always[i])) != SIZE_MAX);
	CHECK(json_array_size(json_object_get(snapshot, "answers")) == 4);
	CHECK(json_array_size(json_object_get(snapshot, "confirmations")) == 1);
	yg_buf_done(&text);
	json_decref(snapshot);
}

static void the_statement_has_the_form_of_the_standard(void)
{
	json_t *predicate;

	CHECK(sign(SAMPLE_ISSUED_NS));
	CHECK(verify(yg_buf_bytes(&envelope), &key, SAMPLE_DAY));
	CHECK_TEXT(yg_json_text(verdict.statement, "_type"), "https://in-toto.io/Statement/v1");
	predicate = json_object_get(verdict.statement, "predicate");
	CHECK_TEXT(yg_json_text(predicate, "issued"), "2026-11-24T23:30:00Z");
	CHECK_TEXT(yg_json_text(predicate, "day"), "2026-11-25");
	CHECK_TEXT(yg_json_text(json_object_get(predicate, "verifier"), "id"), "yagura");
	CHECK_TEXT(yg_json_text(json_object_get(json_object_get(predicate, "policy"), "digest"),
				"sha256"),
		   SAMPLE_SHA);
	CHECK_TEXT(yg_json_text(json_object_get(predicate, "result"), "level"), "star3");
	yg_statement_verdict_done(&verdict);
}

static void pae_of_the_standard(void)
{
	struct yg_buf pae;

	/* The example of the DSSE protocol. */
	yg_buf_init(&pae, 256);
	yg_statement_pae(YG_S("http://example.com/HelloWorld"), YG_S("hello world"), &pae);
	CHECK_TEXT(yg_buf_bytes(&pae), "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
	yg_buf_done(&pae);
}

static void practice_states_nothing(void)
{
	json_t *head = sample_tree(sample_head);
	json_t *criteria = sample_criteria_tree();
	struct yg_snapshot_parts parts = {
		.head = head, .criteria = criteria, .framework_sha256 = SAMPLE_SHA};
	json_t *snapshot = NULL;

	CHECK(json_object_set_new(head, "practice", json_true()) == 0);
	CHECK(yg_snapshot_build(&parts, &snapshot) == YG_EUNSUPPORTED && !snapshot);
	CHECK(json_object_del(head, "practice") == 0);
	CHECK(yg_snapshot_build(&parts, &snapshot) == YG_EUNSUPPORTED && !snapshot);
	parts.criteria = NULL;
	CHECK(yg_snapshot_build(&parts, &snapshot) == YG_EINVAL);
	json_decref(criteria);
	json_decref(head);
}

/* Every bit of every byte of a real statement, with the key and without. */
static void each_changed_byte_is_found(void)
{
	CHECK(sign(SAMPLE_ISSUED_NS));
	for (size_t i = 0; i < envelope.size; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			envelope.data[i] ^= (uint8_t)(1u << bit);
			CHECK(!verify(yg_buf_bytes(&envelope), bit % 2 ? &key : NULL, SAMPLE_DAY));
			CHECK(verdict.reason && !verdict.statement);
			envelope.data[i] ^= (uint8_t)(1u << bit);
		}
	}
	CHECK(verify(yg_buf_bytes(&envelope), &key, SAMPLE_DAY));
	yg_statement_verdict_done(&verdict);
}

static void each_missing_or_added_byte_is_found(void)
{
	static const char added[] = " \n{}\",A=";
	struct yg_buf other;

	CHECK(sign(SAMPLE_ISSUED_NS));
	yg_buf_init(&other, YG_STATEMENT_MAX);
	for (size_t i = 0; i <= envelope.size; i++) {
		yg_buf_reset(&other);
		yg_buf_add(&other, yg_bytes_cut(yg_buf_bytes(&envelope), 0, i));
		CHECK(i == envelope.size || !verify(yg_buf_bytes(&other), NULL, SAMPLE_DAY));
		yg_buf_add_byte(&other, (uint8_t)added[i % (sizeof(added) - 1)]);
		yg_buf_add(&other, yg_bytes_from(yg_buf_bytes(&envelope), i));
		CHECK(!verify(yg_buf_bytes(&other), NULL, SAMPLE_DAY));
	}
	yg_buf_done(&other);
}

static void another_key_is_found(void)
{
	struct yg_key other;

	CHECK(sign(SAMPLE_ISSUED_NS));
	CHECK(yg_key_new(YG_S("other"), YG_DAY_NONE, YG_DAY_NONE, &other, NULL) == YG_OK);
	CHECK(!verify(yg_buf_bytes(&envelope), &other, SAMPLE_DAY));
	CHECK_TEXT(yg_bytes_str(verdict.reason), "it was signed by another key");
}

static void days_of_the_key_bind(void)
{
	CHECK(sign(SAMPLE_ISSUED_NS + 366 * INT64_C(86400) * YG_NS_PER_S));
	CHECK(!verify(yg_buf_bytes(&envelope), NULL, SAMPLE_DAY + 400));
	CHECK_TEXT(yg_bytes_str(verdict.reason), "its key had expired before it was issued");
	CHECK(sign(SAMPLE_ISSUED_NS - INT64_C(86400) * YG_NS_PER_S));
	CHECK(!verify(yg_buf_bytes(&envelope), &key, SAMPLE_DAY));
	CHECK_TEXT(yg_bytes_str(verdict.reason),
		   "it was issued before its key was made: a clock was wrong");
	/* A key whose holder shortened its life afterwards: the checker's copy counts too. */
	CHECK(sign(SAMPLE_ISSUED_NS + 10 * INT64_C(86400) * YG_NS_PER_S));
	key.expires = SAMPLE_DAY + 5;
	CHECK(!verify(yg_buf_bytes(&envelope), &key, SAMPLE_DAY + 20));
	CHECK_TEXT(yg_bytes_str(verdict.reason), "its key had expired before it was issued");
}

/* Signed properly, but not what it says it is: what only a faulty signer makes. */
static bool signed_but_wrong(void (*spoil)(json_t *statement), const char *reason)
{
	struct yg_statement_new wanted = {SAMPLE_ISSUED_NS, SAMPLE_ZONE_S, "0", "", "", &key};
	json_t *snapshot = sample_snapshot();
	json_t *statement = NULL;
	bool is_found;

	yg_buf_reset(&envelope);
	if (!snapshot || yg_statement_build(snapshot, &wanted, &statement) != YG_OK)
		return false;
	spoil(statement);
	is_found = yg_statement_seal(statement, &key, &envelope) == YG_OK &&
		   !verify(yg_buf_bytes(&envelope), NULL, SAMPLE_DAY) &&
		   strcmp(verdict.reason, reason) == 0;
	json_decref(statement);
	json_decref(snapshot);
	return is_found;
}

static void other_answers(json_t *statement)
{
	json_t *predicate = json_object_get(statement, "predicate");

	(void)json_object_set_new(json_object_get(predicate, "snapshot"), "level_state",
				  json_string("reached"));
}

static void other_type(json_t *statement)
{
	(void)json_object_set_new(statement, "predicateType", json_string("https://example.com"));
}

static void no_day(json_t *statement)
{
	(void)json_object_set_new(json_object_get(statement, "predicate"), "day",
				  json_string("2026-11-29"));
}

static void no_signer(json_t *statement)
{
	(void)json_object_set_new(json_object_get(statement, "predicate"), "signer", json_null());
}

static void signed_but_not_consistent(void)
{
	CHECK(sign(SAMPLE_ISSUED_NS));
	CHECK(signed_but_wrong(other_answers, "its digest is not that of what it states"));
	CHECK(signed_but_wrong(other_type, "its content is no statement about an assessment"));
	CHECK(signed_but_wrong(no_day, "it does not say properly when it was issued"));
	CHECK(signed_but_wrong(no_signer, "it does not carry the key that signed it"));
}

static void without_the_secret_nothing_is_signed(void)
{
	CHECK(sign(SAMPLE_ISSUED_NS));
	key.has_secret = false;
	CHECK(!sample_sign(&key, SAMPLE_ISSUED_NS, &envelope));
}

static const struct check_case cases[] = {
	CASE(a_good_one),
	CASE(the_same_assessment_gives_the_same_bytes),
	CASE(what_it_says),
	CASE(the_statement_has_the_form_of_the_standard),
	CASE(pae_of_the_standard),
	CASE(practice_states_nothing),
	CASE(each_changed_byte_is_found),
	CASE(each_missing_or_added_byte_is_found),
	CASE(another_key_is_found),
	CASE(days_of_the_key_bind),
	CASE(signed_but_not_consistent),
	CASE(without_the_secret_nothing_is_signed),
};

/* With two paths: write a statement and its public key there, for another program's tests. */
int main(int argc, char **argv)
{
	int rc = 0;

	if (argc == 3) {
		struct yg_buf file;

		yg_buf_init(&file, YG_KEY_FILE_MAX);
		if (!sign(SAMPLE_ISSUED_NS))
			return 1;
		yg_key_write_public(&key, &file);
		if (yg_io_replace(argv[1], yg_buf_bytes(&envelope), 0644) != YG_OK ||
		    yg_io_replace(argv[2], yg_buf_bytes(&file), 0644) != YG_OK)
			return 1;
		yg_buf_done(&file);
	} else {
		rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	}
	yg_statement_verdict_done(&verdict);
	yg_buf_done(&envelope);
	return rc;
}
