/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/release-int.h"
#include "base/json.h"

#include "base/ban.h"

#define WORD_MAX 64u

static const struct {
	const char *kind;
	const char *expert;
	const char *statement;
} table[] = {
#define X(kind, expert, statement) {#kind, expert, statement},
#include "access/release.def"
#undef X
};

static const char *rule_of(const char *kind, enum yg_audience audience)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(kind, table[i].kind) != 0)
			continue;
		if (audience == YG_AUDIENCE_EXPERT)
			return table[i].expert;
		return audience == YG_AUDIENCE_STATEMENT ? table[i].statement : "-";
	}
	return "-";
}

/* The next word of a rule; a '{' or '}' is one of its own. False at the end. */
static bool next_word(const char **at, char word[WORD_MAX])
{
	size_t size = 0;

	while (**at == ' ')
		++*at;
	if (**at == '{' || **at == '}') {
		word[size++] = *(*at)++;
	} else {
		while (**at && !strchr(" {}", **at) && size + 1 < WORD_MAX)
			word[size++] = *(*at)++;
	}
	word[size] = 0;
	return size > 0;
}

static int copy_key(const json_t *from, const char *key, json_t *to)
{
	const json_t *value = json_object_get(from, key);

	return value ? yg_json_set(to, key, json_deep_copy(value)) : YG_OK;
}

/* The keys of @rule up to its end or its '}'. */
static int copy_keys(const json_t *from, const char *rule, json_t *to)
{
	char key[WORD_MAX];
	int rc = YG_OK;

	while (rc == YG_OK && next_word(&rule, key) && key[0] != '}')
		rc = copy_key(from, key, to);
	return rc;
}

/* Object @from, cut down to @rule; a value that is none gives YG_OK and *ret NULL. */
static int cut_object(const json_t *from, const char *rule, json_t **ret)
{
	int rc;

	*ret = NULL;
	if (!json_is_object(from))
		return YG_OK;
	*ret = json_object();
	if (!*ret)
		return YG_ENOMEM;
	rc = copy_keys(from, rule, *ret);
	if (rc != YG_OK) {
		json_decref(*ret);
		*ret = NULL;
	}
	return rc;
}

static int cut_list(const json_t *from, const char *rule, json_t **ret)
{
	json_t *list = json_array();
	json_t *part;
	int rc = list ? YG_OK : YG_ENOMEM;

	for (size_t i = 0; rc == YG_OK && i < json_array_size(from); i++) {
		rc = cut_object(json_array_get(from, i), rule, &part);
		if (rc == YG_OK && part && json_array_append_new(list, part) != 0)
			rc = YG_ENOMEM;
	}
	if (rc != YG_OK) {
		json_decref(list);
		return rc;
	}
	*ret = list;
	return YG_OK;
}

/* The value under @key, an object or a list of objects, by the rule behind its '{'. */
static int copy_inner(const json_t *from, const char *key, const char *rule, json_t *to)
{
	const json_t *value = json_object_get(from, key);
	json_t *part = NULL;
	int rc;

	if (json_is_array(value))
		rc = cut_list(value, rule, &part);
	else
		rc = cut_object(value, rule, &part);
	return rc == YG_OK && part ? yg_json_set(to, key, part) : rc;
}

static int copy_by_rule(const json_t *from, const char *rule, json_t *to)
{
	char key[WORD_MAX];
	int rc = YG_OK;

	while (rc == YG_OK && next_word(&rule, key)) {
		if (*rule != '{') {
			rc = copy_key(from, key, to);
			continue;
		}
		rc = copy_inner(from, key, ++rule, to);
		rule = strchr(rule, '}');
		if (!rule)
			return YG_EINVAL; /* the table is broken: a test goes through all of it */
		rule++;
	}
	return rc;
}

int yg_release_document(const char *kind, const json_t *object, enum yg_audience audience,
			json_t **ret)
{
	const char *rule = audience == YG_AUDIENCE_OWN ? "*" : rule_of(kind, audience);
	json_t *copy;
	int rc;

	if (!json_is_object(object))
		return YG_EINVAL;
	if (strcmp(rule, "-") == 0)
		return YG_EACCES;
	if (strcmp(rule, "*") == 0) {
		copy = json_deep_copy(object);
		rc = copy ? YG_OK : YG_ENOMEM;
	} else {
		copy = json_object();
		rc = copy ? copy_by_rule(object, rule, copy) : YG_ENOMEM;
	}
	if (rc != YG_OK) {
		json_decref(copy);
		return rc;
	}
	*ret = copy;
	return YG_OK;
}
