/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "base/utf8.h"
#include "detect/rules-int.h"

#include "base/ban.h"

#define ID_MAX	  128u
#define TITLE_MAX 1024u

/* A text of the metadata that outlives the file. */
static int keep(struct yg_load *load, struct yg_bytes text, struct yg_bytes *ret)
{
	return yg_arena_dup(load->rules->arena, text, ret) ? YG_OK : YG_ENOMEM;
}

static int keep_folded(struct yg_load *load, struct yg_bytes text, struct yg_bytes *ret)
{
	uint8_t *to = yg_arena_alloc(load->rules->arena, text.size + 1);

	if (!to)
		return YG_ENOMEM;
	*ret = (struct yg_bytes){to, yg_fold(text, to)};
	return YG_OK;
}

/* The scalar under @key: *ret stays empty when it is missing or null; a list or map is refused. */
static int scalar(struct yg_load *load, const struct yg_yaml *map, const char *key,
		  struct yg_bytes *ret, uint32_t *ret_line)
{
	const struct yg_yaml *node = yg_yaml_get(map, key);

	*ret = YG_S("");
	*ret_line = node ? node->line : map->line;
	if (!node || yg_yaml_is_null(node))
		return YG_OK;
	if (node->kind != YG_YAML_SCALAR)
		return yg_load_fail(load, node->line, "'%s' must be a text", key);
	*ret = yg_bytes_trim(node->text);
	return YG_OK;
}

static int read_title(struct yg_load *load, const struct yg_yaml *doc, struct yg_rule *rule)
{
	struct yg_bytes text;
	uint32_t line;
	int rc = scalar(load, doc, "title", &text, &line);

	if (rc != YG_OK)
		return rc;
	if (text.size == 0)
		return yg_load_fail(load, line, "the rule has no 'title'");
	if (text.size > TITLE_MAX)
		return yg_load_fail(load, line, "the title is longer than %u bytes", TITLE_MAX);
	return keep(load, text, &rule->info.title);
}

/* What a rule without id is known by: its texts, in the order written, comments left out. */
static int derive_id(struct yg_load *load, const struct yg_yaml *doc, struct yg_rule *rule)
{
	const struct yg_yaml *stack[YG_YAML_DEPTH_MAX + 2];
	uint8_t digest[YG_ID_BYTES];
	char hex[YG_ID_HEX + 1];
	struct yg_bytes part;
	struct yg_buf buf;
	size_t depth = 1;
	int rc = YG_OK;

	yg_buf_init(&buf, YG_YAML_BYTES_MAX * 2u);
	stack[0] = doc->first;
	while (depth > 0) {
		const struct yg_yaml *node = stack[depth - 1];

		if (!node) {
			depth--;
			yg_buf_add_byte(&buf, 2);
			continue;
		}
		stack[depth - 1] = node->next;
		yg_buf_add(&buf, node->key);
		yg_buf_add_byte(&buf, 0);
		yg_buf_add(&buf, node->text);
		yg_buf_add_byte(&buf, 1);
		if (node->first)
			stack[depth++] = node->first;
	}
	part = yg_buf_bytes(&buf);
	if (yg_buf_error(&buf) == YG_OK) {
		yg_id_derive(&part, 1, digest);
		yg_hex((struct yg_bytes){digest, sizeof(digest)}, hex);
		rc = keep(load, (struct yg_bytes){(const uint8_t *)hex, YG_ID_HEX}, &rule->info.id);
	} else {
		rc = yg_buf_error(&buf);
	}
	yg_buf_done(&buf);
	return rc == YG_ELIMIT ? yg_load_fail(load, doc->line, "the rule is too large") : rc;
}

static int read_id(struct yg_load *load, const struct yg_yaml *doc, struct yg_rule *rule)
{
	struct yg_bytes text;
	uint32_t line;
	int rc = scalar(load, doc, "id", &text, &line);

	if (rc != YG_OK)
		return rc;
	if (text.size == 0)
		return derive_id(load, doc, rule);
	if (text.size > ID_MAX)
		return yg_load_fail(load, line, "the id is longer than %u bytes", ID_MAX);
	return keep(load, text, &rule->info.id);
}

static int read_name(struct yg_load *load, const struct yg_yaml *doc, struct yg_rule *rule)
{
	struct yg_bytes text;
	uint32_t line;
	int rc = scalar(load, doc, "name", &text, &line);

	if (rc == YG_OK && text.size > TITLE_MAX)
		return yg_load_fail(load, line, "the name is longer than %u bytes", TITLE_MAX);
	return rc == YG_OK ? keep(load, text, &rule->name) : rc;
}

static int fail_choice(struct yg_load *load, uint32_t line, const char *what, struct yg_bytes word,
		       const char *const *choices, size_t count)
{
	const char *nearest = yg_nearest(word, choices, count);

	return yg_load_fail(load, line, "there is no %s '%s'%s%s%s", what, yg_load_show(load, word),
			    nearest ? "; nearest: '" : "", nearest ? nearest : "",
			    nearest ? "'" : "");
}

static int read_level(struct yg_load *load, const struct yg_yaml *doc, struct yg_rule *rule)
{
	static const char *const names[] = {"informational", "low", "medium", "high", "critical"};
	struct yg_bytes text;
	uint8_t folded[16];
	uint32_t line;
	int rc = scalar(load, doc, "level", &text, &line);

	rule->info.level = YG_LEVEL_MEDIUM;
	if (rc != YG_OK || text.size == 0)
		return rc;
	if (text.size <= sizeof(folded) &&
	    yg_level_by_name((struct yg_bytes){folded, yg_fold(text, folded)}, &rule->info.level))
		return YG_OK;
	return fail_choice(load, line, "level", text, names, 5);
}

static int read_status(struct yg_load *load, const struct yg_yaml *doc, struct yg_rule *rule)
{
	static const char *const names[] = {"stable", "test", "experimental", "deprecated",
					    "unsupported"};
	struct yg_bytes text;
	uint32_t line;
	int rc = scalar(load, doc, "status", &text, &line);

	if (rc != YG_OK || text.size == 0)
		return rc;
	for (size_t i = 0; i < 5; i++)
		if (yg_bytes_eq_nocase(text, yg_bytes_str(names[i]))) {
			rule->is_deprecated = i >= 3;
			return YG_OK;
		}
	return fail_choice(load, line, "status", text, names, 5);
}

static int read_tags(struct yg_load *load, const struct yg_yaml *doc, struct yg_rule *rule)
{
	const struct yg_yaml *node = yg_yaml_get(doc, "tags");
	struct yg_bytes *tags;
	uint32_t count = 0;

	if (!node || yg_yaml_is_null(node))
		return YG_OK;
	if (node->kind == YG_YAML_MAP)
		return yg_load_fail(load, node->line, "'tags' must be a list");
	if (node->count > YG_TAGS_MAX)
		return yg_load_fail(load, node->line, "more than %u tags", YG_TAGS_MAX);
	tags = yg_arena_alloc(load->rules->arena, (node->count + 1) * sizeof(*tags));
	if (!tags)
		return YG_ENOMEM;
	for (const struct yg_yaml *tag = node->kind == YG_YAML_LIST ? node->first : node; tag;
	     tag = node->kind == YG_YAML_LIST ? tag->next : NULL) {
		int rc;

		if (tag->kind != YG_YAML_SCALAR)
			return yg_load_fail(load, tag->line, "a tag must be a text");
		rc = keep_folded(load, yg_bytes_trim(tag->text), &tags[count++]);
		if (rc != YG_OK)
			return rc;
	}
	rule->info.tags = tags;
	rule->info.tag_count = count;
	return YG_OK;
}

/* A key that is nearly one of ours was meant to be ours: ignoring it would widen the rule. */
static int check_logsource_keys(struct yg_load *load, const struct yg_yaml *node)
{
	static const char *const names[] = {"product", "category", "service"};

	for (const struct yg_yaml *key = node->first; key; key = key->next)
		for (size_t i = 0; i < 3; i++)
			if (yg_word_distance(key->key, yg_bytes_str(names[i])) == 1)
				return yg_load_fail(load, key->line,
						    "logsource has no key '%s'; nearest: '%s'",
						    yg_load_show(load, key->key), names[i]);
	return YG_OK;
}

static int read_logsource(struct yg_load *load, const struct yg_yaml *doc, struct yg_rule *rule)
{
	const struct yg_yaml *node = yg_yaml_get(doc, "logsource");
	const char *const names[] = {"product", "category", "service"};
	struct yg_bytes *const to[] = {&rule->logsource.product, &rule->logsource.category,
				       &rule->logsource.service};
	bool is_empty = true;
	int rc;

	if (!node)
		return yg_load_fail(load, doc->line, "the rule has no 'logsource'");
	if (node->kind != YG_YAML_MAP)
		return yg_load_fail(load, node->line,
				    "'logsource' must be a map with product, category or service");
	rc = check_logsource_keys(load, node);
	for (size_t i = 0; i < 3 && rc == YG_OK; i++) {
		struct yg_bytes text;
		uint32_t line;

		rc = scalar(load, node, names[i], &text, &line);
		if (rc == YG_OK && text.size > TITLE_MAX)
			return yg_load_fail(load, line, "the %s is longer than %u bytes", names[i],
					    TITLE_MAX);
		if (rc == YG_OK)
			rc = keep_folded(load, text, to[i]);
		is_empty &= text.size == 0;
	}
	if (rc == YG_OK && is_empty)
		return yg_load_fail(load, node->line,
				    "the logsource names no product, category or service");
	return rc;
}

/* ---- field of attack ---- */

/* Rows are tried in order; NULL = any; the first that fits decides. */
static const struct {
	const char *category;
	const char *product;
	const char *service;
	enum yg_attack_field field;
} attack_rows[] = {
	{"webserver", NULL, NULL, YG_ATTACK_WEB},
	{"proxy", NULL, NULL, YG_ATTACK_WEB},
	{"web", NULL, NULL, YG_ATTACK_WEB},
	{NULL, "apache", NULL, YG_ATTACK_WEB},
	{NULL, "nginx", NULL, YG_ATTACK_WEB},
	{NULL, "modsecurity", NULL, YG_ATTACK_WEB},
	{"application", NULL, NULL, YG_ATTACK_WEB},
	{NULL, NULL, "sshd", YG_ATTACK_SIGN_IN},
	{NULL, NULL, "auth", YG_ATTACK_SIGN_IN},
	{NULL, NULL, "vpn", YG_ATTACK_SIGN_IN},
	{NULL, NULL, "pam", YG_ATTACK_SIGN_IN},
	{"authentication", NULL, NULL, YG_ATTACK_SIGN_IN},
	{"firewall", NULL, NULL, YG_ATTACK_NETWORK},
	{"dns", NULL, NULL, YG_ATTACK_NETWORK},
	{NULL, "fortigate", NULL, YG_ATTACK_NETWORK},
	{NULL, "fortios", NULL, YG_ATTACK_NETWORK},
	{NULL, "fortinet", NULL, YG_ATTACK_NETWORK},
	{NULL, "cisco", NULL, YG_ATTACK_NETWORK},
	{NULL, "paloalto", NULL, YG_ATTACK_NETWORK},
	{NULL, "juniper", NULL, YG_ATTACK_NETWORK},
	{NULL, "huawei", NULL, YG_ATTACK_NETWORK},
	{NULL, "zeek", NULL, YG_ATTACK_NETWORK},
	{NULL, "aws", NULL, YG_ATTACK_CLOUD},
	{NULL, "azure", NULL, YG_ATTACK_CLOUD},
	{NULL, "gcp", NULL, YG_ATTACK_CLOUD},
	{NULL, "google_workspace", NULL, YG_ATTACK_CLOUD},
	{NULL, "m365", NULL, YG_ATTACK_CLOUD},
	{NULL, "okta", NULL, YG_ATTACK_CLOUD},
	{NULL, "onelogin", NULL, YG_ATTACK_CLOUD},
	{NULL, "github", NULL, YG_ATTACK_CLOUD},
	{NULL, "bitbucket", NULL, YG_ATTACK_CLOUD},
	{NULL, "gitlab", NULL, YG_ATTACK_CLOUD},
	{NULL, "cloudflare", NULL, YG_ATTACK_CLOUD},
	{NULL, "kubernetes", NULL, YG_ATTACK_CLOUD},
	{NULL, "windows", NULL, YG_ATTACK_ENDPOINT},
	{NULL, "linux", NULL, YG_ATTACK_ENDPOINT},
	{NULL, "macos", NULL, YG_ATTACK_ENDPOINT},
	{"antivirus", NULL, NULL, YG_ATTACK_ENDPOINT},
	{"process_creation", NULL, NULL, YG_ATTACK_ENDPOINT},
};

static bool is_row_part(const char *want, struct yg_bytes have)
{
	return !want || yg_bytes_eq(yg_bytes_str(want), have);
}

/* Guessed passwords, remote sign-in and stolen accounts, seen in a log that records sign-ins. */
static bool is_sign_in(const struct yg_rule *rule)
{
	static const char *const tags[] = {"attack.t1110", "attack.t1078", "attack.t1021"};

	if (!yg_bytes_eq(rule->logsource.service, YG_S("security")) &&
	    !yg_bytes_eq(rule->logsource.service, YG_S("signinlogs")) &&
	    rule->logsource.category.size > 0)
		return false;
	for (uint32_t i = 0; i < rule->info.tag_count; i++)
		for (size_t k = 0; k < sizeof(tags) / sizeof(tags[0]); k++)
			if (yg_bytes_starts(rule->info.tags[i], yg_bytes_str(tags[k])))
				return true;
	return false;
}

static enum yg_attack_field attack_field(const struct yg_rule *rule)
{
	for (size_t i = 0; i < sizeof(attack_rows) / sizeof(attack_rows[0]); i++) {
		if (!is_row_part(attack_rows[i].category, rule->logsource.category) ||
		    !is_row_part(attack_rows[i].product, rule->logsource.product) ||
		    !is_row_part(attack_rows[i].service, rule->logsource.service))
			continue;
		if (attack_rows[i].field == YG_ATTACK_ENDPOINT && is_sign_in(rule))
			return YG_ATTACK_SIGN_IN;
		return attack_rows[i].field;
	}
	return YG_ATTACK_OTHER;
}

/* ---- keys of our own pack ---- */

static int read_kind(struct yg_load *load, const struct yg_yaml *doc, struct yg_rule *rule)
{
	static const char *const names[] = {"pattern", "behaviour", "correlation"};
	static const enum yg_finding_kind values[] = {YG_KIND_PATTERN, YG_KIND_BEHAVIOUR,
						      YG_KIND_CORRELATION};
	struct yg_bytes text;
	uint32_t line;
	int rc = scalar(load, doc, "x_kind", &text, &line);

	if (rc != YG_OK || text.size == 0)
		return rc;
	for (size_t i = 0; i < 3; i++)
		if (yg_bytes_eq(text, yg_bytes_str(names[i]))) {
			rule->info.kind = values[i];
			return YG_OK;
		}
	return fail_choice(load, line, "x_kind", text, names, 3);
}

static int read_quiet(struct yg_load *load, const struct yg_yaml *doc, struct yg_rule *rule)
{
	struct yg_bytes text;
	uint32_t line;
	int rc = scalar(load, doc, "x_quiet", &text, &line);

	if (rc != YG_OK)
		return rc;
	rule->is_quiet = yg_bytes_eq(text, YG_S("true"));
	if (text.size > 0 && !rule->is_quiet && !yg_bytes_eq(text, YG_S("false")))
		return yg_load_fail(load, line, "x_quiet takes true or false");
	return YG_OK;
}

static int read_field(struct yg_load *load, const struct yg_yaml *doc, struct yg_rule *rule)
{
	struct yg_bytes text;
	uint32_t line;
	int rc = scalar(load, doc, "x_field", &text, &line);

	if (rc == YG_OK && text.size > 0 && !yg_attack_by_name(text, &rule->info.field))
		return yg_load_fail(load, line, "there is no field of attack '%s'",
				    yg_load_show(load, text));
	return rc;
}

static int read_own(struct yg_load *load, const struct yg_yaml *doc, struct yg_rule *rule)
{
	struct yg_bytes title = YG_S("");
	struct yg_bytes advice = YG_S("");
	uint32_t line;
	int rc = scalar(load, doc, "x_title_ja", &title, &line);

	if (rc == YG_OK)
		rc = keep(load, title, &rule->info.title_ja);
	if (rc == YG_OK)
		rc = scalar(load, doc, "x_advice", &advice, &line);
	if (rc == YG_OK)
		rc = keep(load, advice, &rule->info.advice);
	if (rc == YG_OK)
		rc = read_field(load, doc, rule);
	if (rc == YG_OK)
		rc = read_quiet(load, doc, rule);
	return rc == YG_OK ? read_kind(load, doc, rule) : rc;
}

int yg_sigma_metadata(struct yg_load *load, const struct yg_yaml *doc, struct yg_rule *rule)
{
	bool is_correlation = yg_yaml_get(doc, "correlation") != NULL;
	int rc = read_title(load, doc, rule);

	if (rc == YG_OK)
		rc = read_id(load, doc, rule);
	if (rc == YG_OK)
		rc = read_name(load, doc, rule);
	if (rc == YG_OK)
		rc = read_level(load, doc, rule);
	if (rc == YG_OK)
		rc = read_status(load, doc, rule);
	if (rc == YG_OK)
		rc = read_tags(load, doc, rule);
	if (rc == YG_OK && !is_correlation)
		rc = read_logsource(load, doc, rule);
	if (rc != YG_OK)
		return rc;
	rule->info.is_own = load->opts->is_own;
	rule->info.kind = !is_correlation      ? YG_KIND_PATTERN
			  : load->opts->is_own ? YG_KIND_BEHAVIOUR
					       : YG_KIND_CORRELATION;
	rule->info.field = attack_field(rule);
	return load->opts->is_own ? read_own(load, doc, rule) : YG_OK;
}
