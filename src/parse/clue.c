/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "parse/clue.h"

#include "model/stix.h"
#include "parse/stix_pattern.h"

#include "base/ban.h"

static const struct {
	const char *path;
	enum yg_clue_kind kind;
} paths[] = {
	{"domain-name:value", YG_CLUE_NAME},
	{"ipv4-addr:value", YG_CLUE_IPV4},
	{"ipv6-addr:value", YG_CLUE_IPV6},
	{"url:value", YG_CLUE_URL},
	{"file:hashes.'SHA-256'", YG_CLUE_HASH},
	{"file:hashes.\"SHA-256\"", YG_CLUE_HASH},
	{"file:hashes.'SHA-1'", YG_CLUE_HASH},
	{"file:hashes.SHA1", YG_CLUE_HASH},
	{"file:hashes.'SHA-512'", YG_CLUE_HASH},
	{"file:hashes.'MD5'", YG_CLUE_HASH},
	{"file:hashes.MD5", YG_CLUE_HASH},
	{"email-addr:value", YG_CLUE_MAIL},
	{"email-addr:display_name", YG_CLUE_ACCOUNT},
	{"email-message:from_ref.value", YG_CLUE_ACCOUNT},
	{"email-message:sender_ref.value", YG_CLUE_ACCOUNT},
	{"email-message:to_refs[*].value", YG_CLUE_ACCOUNT},
	{"user-account:user_id", YG_CLUE_ACCOUNT},
	{"user-account:account_login", YG_CLUE_ACCOUNT},
	{"user-account:display_name", YG_CLUE_ACCOUNT},
};

enum yg_clue_kind yg_clue_kind_of(struct yg_bytes path)
{
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (yg_bytes_eq(path, yg_bytes_str(paths[i].path)))
			return paths[i].kind;
	return YG_CLUE_OTHER;
}

bool yg_clue_is_person(enum yg_clue_kind kind, struct yg_bytes value)
{
	if (kind == YG_CLUE_MAIL || kind == YG_CLUE_ACCOUNT)
		return true;
	return kind == YG_CLUE_URL && (yg_bytes_chr(value, '@') != SIZE_MAX ||
				       yg_bytes_find(value, YG_S("%40")) != SIZE_MAX);
}

struct reading {
	yg_clue_value_fn fn;
	void *arg;
	uint32_t count;
};

static int take_value(void *arg, struct yg_bytes path, struct yg_bytes value)
{
	struct reading *r = arg;

	if (r->count++ == YG_CLUE_VALUES_MAX)
		return YG_EUNSUPPORTED;
	return r->fn(r->arg, yg_clue_kind_of(path), value);
}

static int read_pattern(const json_t *tree, struct yg_clue_facts *facts, struct reading *r)
{
	struct yg_bytes type = yg_json_text(tree, "pattern_type");
	struct yg_fault fault;
	int rc = YG_EUNSUPPORTED;

	if (type.size == 0 || yg_bytes_eq(type, YG_S("stix")))
		rc = yg_stix_pattern_values(yg_json_text(tree, "pattern"), take_value, r, &fault);
	facts->is_more = rc == YG_EUNSUPPORTED || rc == YG_EFORMAT || rc == YG_ELIMIT;
	return facts->is_more ? YG_OK : rc;
}

/* The strictest of its labels. */
static enum yg_pap pap_of(const json_t *tree)
{
	const json_t *labels = json_object_get(tree, "labels");
	enum yg_pap found = YG_PAP_NONE, one;

	for (size_t i = 0; i < json_array_size(labels); i++) {
		const json_t *label = json_array_get(labels, i);
		struct yg_bytes text = {(const uint8_t *)json_string_value(label),
					json_string_length(label)};

		if (yg_bytes_eq_nocase(yg_bytes_cut(text, 0, 4), YG_S("pap:")) &&
		    yg_pap_by_name(text, &one) && one > found)
			found = one;
	}
	return found;
}

int yg_clue_read(const json_t *tree, struct yg_clue_facts *facts, yg_clue_value_fn fn, void *arg)
{
	struct reading r = {fn, arg, 0};
	const json_t *confidence = json_object_get(tree, "confidence");
	json_int_t said = json_is_integer(confidence) ? json_integer_value(confidence) : -1;

	facts->confidence = said >= 0 && said <= 100 ? (int32_t)said : YG_CLUE_UNSAID;
	facts->pap = pap_of(tree);
	facts->is_revoked = json_is_true(json_object_get(tree, "revoked"));
	if (!yg_stix_time(yg_json_text(tree, "valid_from"), &facts->from_ns))
		facts->from_ns = 0;
	if (!yg_stix_time(yg_json_text(tree, "valid_until"), &facts->until_ns))
		facts->until_ns = YG_CLUE_NEVER;
	return read_pattern(tree, facts, &r);
}
