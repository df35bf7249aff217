/* SPDX-License-Identifier: Apache-2.0 */
#include "assess/oscal.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"

#include "base/ban.h"

#define UUID_SIZE      37u /* with NUL */
#define PROPERTY_SPACE "urn:yagura:oscal"

static int put(int rc, json_t *to, const char *key, json_t *take_value)
{
	if (rc == YG_OK)
		return yg_json_set(to, key, take_value);
	json_decref(take_value);
	return rc;
}

static int append(int rc, json_t *to, json_t *take_value)
{
	if (rc == YG_OK)
		return json_array_append_new(to, take_value) == 0 ? YG_OK : YG_ENOMEM;
	json_decref(take_value);
	return rc;
}

/* A value without another owner, or NULL after an error. */
static json_t *done(int rc, json_t *to)
{
	if (rc == YG_OK)
		return to;
	json_decref(to);
	return NULL;
}

static void uuid_of(const char *what, struct yg_bytes a, struct yg_bytes b, char to[UUID_SIZE])
{
	struct yg_bytes parts[] = {YG_S(PROPERTY_SPACE), yg_bytes_str(what), a, b};
	uint8_t id[YG_ID_BYTES];
	char hex[YG_ID_HEX + 1];

	yg_id_derive(parts, sizeof(parts) / sizeof(parts[0]), id);
	id[6] = (uint8_t)((id[6] & 0x0f) | 0x50);
	id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
	yg_hex((struct yg_bytes){id, sizeof(id)}, hex);
	(void)snprintf(to, UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
		       hex + 20); /* fits exactly */
}

static json_t *uuid_json(const char *what, struct yg_bytes a, struct yg_bytes b)
{
	char uuid[UUID_SIZE];

	uuid_of(what, a, b, uuid);
	return json_string(uuid);
}

/* OSCAL texts may not be empty. */
static json_t *text_or(struct yg_bytes text, struct yg_bytes otherwise)
{
	struct yg_bytes trimmed = yg_bytes_trim(text);

	return yg_json_string(trimmed.size > 0 ? trimmed : otherwise);
}

static bool is_token_byte(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '-' || c == '_' || c == '.';
}

void yg_oscal_token(const struct yg_framework *framework, uint32_t index,
		    char to[YG_OSCAL_TOKEN_MAX])
{
	const struct yg_framework_node *node = &framework->nodes[index];
	size_t size = 0;
	bool is_exact = node->ref_id.size > 0 && node->ref_id.size <= YG_OSCAL_TOKEN_MAX / 2;

	to[size++] = node->is_assessable ? 'c' : 'g';
	to[size++] = '-';
	for (size_t i = 0; is_exact && i < node->ref_id.size; i++) {
		uint8_t c = node->ref_id.data[i];

		is_exact = is_token_byte(c);
		to[size++] = (char)c;
	}
	/* Ids that are no tokens: the place in the file, which is unique. */
	if (is_exact)
		to[size] = 0;
	else
		(void)snprintf(to, YG_OSCAL_TOKEN_MAX, "%c-node-%u",
			       node->is_assessable ? 'c' : 'g', index); /* fits */
}

static json_t *metadata_of(const struct yg_oscal_parts *parts, struct yg_bytes title)
{
	char time[YG_ISO_SIZE];
	json_t *to = json_object();
	int rc = to ? YG_OK : YG_ENOMEM;

	(void)yg_time_iso(parts->now_ns - parts->now_ns % YG_NS_PER_S, 0, time); /* size unused */
	rc = put(rc, to, "title", text_or(title, parts->library->urn));
	rc = put(rc, to, "last-modified", json_string(time));
	rc = put(rc, to, "version", text_or(parts->library->version, YG_S("1")));
	rc = put(rc, to, "oscal-version", json_string(YG_OSCAL_VERSION));
	return done(rc, to);
}

/* ---- catalog ---- */

static int add_part(int rc, json_t *parts, const char *token, const char *name,
		    struct yg_bytes prose)
{
	char id[YG_OSCAL_TOKEN_MAX + 8];

	prose = yg_bytes_trim(prose);
	if (rc != YG_OK || prose.size == 0)
		return rc;
	(void)snprintf(id, sizeof(id), "%s_%.3s", token, name); /* fits */
	return append(
		rc, parts,
		json_pack("{s:s,s:s,s:o}", "id", id, "name", name, "prose", yg_json_string(prose)));
}

static json_t *node_json(const struct yg_oscal_parts *parts, uint32_t index)
{
	const struct yg_framework *framework = parts->library->framework;
	const struct yg_framework_node *node = &framework->nodes[index];
	char token[YG_OSCAL_TOKEN_MAX];
	json_t *to = json_object();
	json_t *pieces = json_array();
	int rc = to && pieces ? YG_OK : YG_ENOMEM;

	yg_oscal_token(framework, index, token);
	rc = put(rc, to, "id", json_string(token));
	rc = put(rc, to, "title",
		 text_or(yg_text2(&node->name, parts->lang),
			 node->ref_id.size ? node->ref_id : yg_bytes_str(token)));
	if (node->ref_id.size > 0)
		rc = put(rc, to, "props",
			 json_pack("[{s:s,s:o}]", "name", "label", "value",
				   yg_json_string(node->ref_id)));
	rc = add_part(rc, pieces, token, "statement", yg_text2(&node->description, parts->lang));
	if (node->help)
		rc = add_part(rc, pieces, token, "guidance",
			      yg_text2(&node->help->asked, parts->lang));
	if (rc == YG_OK && json_array_size(pieces) > 0)
		rc = put(rc, to, "parts", pieces);
	else
		json_decref(pieces);
	return done(rc, to);
}

/* The list @key of @parent, made when it is not there yet; borrowed. */
static json_t *list_in(json_t *parent, const char *key)
{
	json_t *list = json_object_get(parent, key);

	if (!list && yg_json_set(parent, key, json_array()) == YG_OK)
		list = json_object_get(parent, key);
	return list;
}

/*
 * Parents come before their children in a framework, so one pass hangs each node under its own.
 * Below a control everything is a control. Groups that end up empty would break the model's
 * rules, but a framework's groups without criteria are kept: title and id are enough there.
 */
static int add_nodes(const struct yg_oscal_parts *parts, json_t *catalog, json_t **nodes)
{
	const struct yg_framework *framework = parts->library->framework;
	int rc = YG_OK;

	for (uint32_t i = 0; rc == YG_OK && i < framework->node_count; i++) {
		const struct yg_framework_node *node = &framework->nodes[i];
		bool has_parent = node->parent != YG_NODE_NONE && node->parent < i;
		bool is_control = node->is_assessable ||
				  (has_parent && framework->nodes[node->parent].is_assessable);
		json_t *list = list_in(has_parent ? nodes[node->parent] : catalog,
				       is_control ? "controls" : "groups");

		nodes[i] = node_json(parts, i); /* owned by the list below */
		rc = list && nodes[i] ? append(rc, list, nodes[i]) : YG_ENOMEM;
		if (!list)
			json_decref(nodes[i]);
	}
	return rc;
}

static json_t *catalog_of(const struct yg_oscal_parts *parts)
{
	const struct yg_framework *framework = parts->library->framework;
	json_t **nodes = yg_calloc(framework->node_count + 1, sizeof(*nodes));
	json_t *to = json_object();
	int rc = nodes && to ? YG_OK : YG_ENOMEM;

	rc = put(rc, to, "uuid", uuid_json("catalog", framework->urn, YG_S("")));
	rc = put(rc, to, "metadata", metadata_of(parts, yg_text2(&framework->name, parts->lang)));
	if (rc == YG_OK)
		rc = add_nodes(parts, to, nodes);
	free((void *)nodes);
	return done(rc, to);
}

/* ---- profile ---- */

static bool is_asked(const struct yg_framework_node *node, uint32_t level)
{
	return node->is_assessable && yg_framework_asks(node, level);
}

static json_t *profile_of(const struct yg_oscal_parts *parts)
{
	const struct yg_framework *framework = parts->library->framework;
	const struct yg_framework_level *level =
		parts->level == YG_NODE_NONE ? NULL : &framework->levels[parts->level];
	char catalog[UUID_SIZE];
	char href[UUID_SIZE + 1];
	json_t *ids = json_array();
	json_t *to = json_object();
	int rc = ids && to ? YG_OK : YG_ENOMEM;

	uuid_of("catalog", framework->urn, YG_S(""), catalog);
	(void)snprintf(href, sizeof(href), "#%s", catalog); /* fits */
	for (uint32_t i = 0; rc == YG_OK && i < framework->node_count; i++) {
		char token[YG_OSCAL_TOKEN_MAX];

		if (!is_asked(&framework->nodes[i], parts->level))
			continue;
		yg_oscal_token(framework, i, token);
		rc = append(rc, ids, json_string(token));
	}
	rc = put(rc, to, "uuid",
		 uuid_json("profile", framework->urn, level ? level->ref_id : YG_S("")));
	rc = put(rc, to, "metadata",
		 metadata_of(parts, level ? yg_text2(&level->name, parts->lang)
					  : yg_text2(&framework->name, parts->lang)));
	if (rc != YG_OK)
		json_decref(ids);
	else
		rc = put(rc, to, "imports",
			 json_pack("[{s:s,s:[{s:o}]}]", "href", href, "include-controls",
				   "with-ids", ids));
	rc = put(rc, to, "merge", json_pack("{s:b}", "as-is", 1));
	return done(rc, to);
}

/* ---- assessment-results ---- */

/* The beginning of a day as OSCAL writes times; NULL when @day is none. */
static json_t *day_json(struct yg_bytes day_text, int32_t zone_s)
{
	int32_t day = yg_day_read(day_text);
	char text[YG_DAY_SIZE];
	char time[YG_ISO_SIZE + YG_DAY_SIZE];
	int32_t minutes = (zone_s < 0 ? -zone_s : zone_s) / 60;

	if (day == YG_DAY_NONE)
		return NULL;
	yg_day_write(day, text);
	(void)snprintf(time, sizeof(time), "%sT00:00:00%c%02u:%02u", text, zone_s < 0 ? '-' : '+',
		       (unsigned)minutes / 60 % 100, (unsigned)minutes % 60); /* fits */
	return json_string(time);
}

static int put_day(int rc, json_t *to, const char *key, struct yg_bytes day, int32_t zone_s)
{
	json_t *value = day_json(day, zone_s);

	return value ? put(rc, to, key, value) : rc;
}

/* What a person declared. */
static json_t *declared_json(const struct yg_oscal_parts *parts, const json_t *criterion)
{
	struct yg_bytes id = yg_json_text(criterion, "id");
	struct yg_bytes state = yg_json_text(criterion, "state");
	struct yg_bytes date = yg_json_text(criterion, "date");
	struct yg_bytes assessment = yg_json_text(parts->head, "id");
	json_t *to = json_object();
	int rc = to ? YG_OK : YG_ENOMEM;

	rc = put(rc, to, "uuid", uuid_json("answer", assessment, id));
	rc = put(rc, to, "title", text_or(yg_json_text(criterion, "title"), id));
	rc = put(rc, to, "description", text_or(state, YG_S("open")));
	rc = put(rc, to, "methods", json_pack("[s]", "INTERVIEW"));
	rc = put(rc, to, "types", json_pack("[s]", "control-objective"));
	rc = put_day(rc, to, "collected", date, parts->zone_s);
	rc = put_day(rc, to, "expires", yg_json_text(criterion, "review_due"), parts->zone_s);
	return done(rc, to);
}

static json_t *evidence_json(const struct yg_oscal_parts *parts, const json_t *evidence)
{
	struct yg_bytes id = yg_json_text(evidence, "id");
	struct yg_bytes title = yg_json_text(evidence, "title");
	struct yg_bytes sha256 = yg_json_text(evidence, "sha256");
	json_t *to = json_object();
	int rc = to ? YG_OK : YG_ENOMEM;

	rc = put(rc, to, "uuid", uuid_json("evidence", yg_json_text(parts->head, "id"), id));
	rc = put(rc, to, "title", text_or(title, id));
	rc = put(rc, to, "description", text_or(yg_json_text(evidence, "kind"), YG_S("record")));
	rc = put(rc, to, "methods", json_pack("[s]", "EXAMINE"));
	rc = put(rc, to, "types", json_pack("[s]", "control-objective"));
	rc = put_day(rc, to, "collected", yg_json_text(evidence, "date"), parts->zone_s);
	rc = put_day(rc, to, "expires", yg_json_text(evidence, "expires"), parts->zone_s);
	if (sha256.size > 0)
		rc = put(rc, to, "props",
			 json_pack("[{s:s,s:s,s:o}]", "name", "sha256", "ns", PROPERTY_SPACE,
				   "value", yg_json_string(sha256)));
	return done(rc, to);
}

static bool is_satisfied(const json_t *criterion)
{
	struct yg_bytes state = yg_json_text(criterion, "state");

	return !json_is_true(json_object_get(criterion, "stale")) &&
	       (yg_bytes_eq(state, YG_S("met")) || yg_bytes_eq(state, YG_S("na")));
}

static json_t *finding_json(const struct yg_oscal_parts *parts, const json_t *criterion,
			    const char *token, json_t *take_related)
{
	struct yg_bytes id = yg_json_text(criterion, "id");
	struct yg_bytes state = yg_json_text(criterion, "state");
	json_t *to = json_object();
	int rc = to ? YG_OK : YG_ENOMEM;

	rc = put(rc, to, "uuid", uuid_json("finding", yg_json_text(parts->head, "id"), id));
	rc = put(rc, to, "title", text_or(yg_json_text(criterion, "title"), id));
	rc = put(rc, to, "description",
		 text_or(yg_json_text(json_object_get(criterion, "answer"), "reason"),
			 state.size > 0 ? state : YG_S("open")));
	rc = put(rc, to, "target",
		 json_pack("{s:s,s:s,s:{s:s}}", "type", "objective-id", "target-id", token,
			   "status", "state",
			   is_satisfied(criterion) ? "satisfied" : "not-satisfied"));
	if (rc == YG_OK && json_array_size(take_related) > 0)
		rc = put(rc, to, "related-observations", take_related);
	else
		json_decref(take_related);
	return done(rc, to);
}

static int relate(int rc, json_t *related, const json_t *observation)
{
	return append(rc, related,
		      json_pack("{s:O}", "observation-uuid", json_object_get(observation, "uuid")));
}

/* What is being put together. @seen: UUIDs of observations that are in the list already. */
struct results {
	const struct yg_oscal_parts *parts;
	json_t *observations;
	json_t *findings;
	json_t *controls;
	json_t *seen;
};

/* An observation without a day is none in OSCAL: an answer not yet given, above all. */
static int add_observation(int rc, struct results *results, json_t *take, json_t *related)
{
	const char *uuid = json_string_value(json_object_get(take, "uuid"));

	if (rc == YG_OK && uuid && !json_object_get(take, "collected")) {
		json_decref(take);
		return YG_OK;
	}

	if (rc == YG_OK && !uuid)
		rc = YG_ENOMEM;
	rc = relate(rc, related, take);
	if (rc == YG_OK && !json_object_get(results->seen, uuid)) {
		rc = yg_json_set(results->seen, uuid, json_true());
		return append(rc, results->observations, take);
	}
	json_decref(take);
	return rc;
}

static int add_criterion(struct results *results, const json_t *criterion)
{
	const struct yg_framework *framework = results->parts->library->framework;
	const json_t *evidence = json_object_get(criterion, "evidence");
	uint32_t index = yg_framework_node(framework, yg_json_text(criterion, "id"));
	char token[YG_OSCAL_TOKEN_MAX];
	json_t *related;
	int rc;

	yg_oscal_token(framework, index, token); /* it is there: is_known */
	related = json_array();
	rc = related ? YG_OK : YG_ENOMEM;
	rc = add_observation(rc, results, declared_json(results->parts, criterion), related);
	for (size_t i = 0; rc == YG_OK && i < json_array_size(evidence); i++)
		rc = add_observation(rc, results,
				     evidence_json(results->parts, json_array_get(evidence, i)),
				     related);
	rc = append(rc, results->controls, json_pack("{s:s}", "control-id", token));
	if (rc != YG_OK) {
		json_decref(related);
		return rc;
	}
	return append(rc, results->findings,
		      finding_json(results->parts, criterion, token, related));
}

static json_t *result_json(struct results *results)
{
	const struct yg_oscal_parts *parts = results->parts;
	char time[YG_ISO_SIZE];
	json_t *to = json_object();
	int rc = to ? YG_OK : YG_ENOMEM;

	(void)yg_time_iso(parts->now_ns - parts->now_ns % YG_NS_PER_S, 0, time); /* size unused */
	rc = put(rc, to, "uuid",
		 uuid_json("result", yg_json_text(parts->head, "id"), yg_bytes_str(time)));
	rc = put(rc, to, "title",
		 text_or(yg_json_text(json_object_get(parts->head, "organisation"), "name"),
			 YG_S("-")));
	rc = put(rc, to, "description",
		 text_or(yg_json_text(parts->head, "level_text"), YG_S("-")));
	rc = put(rc, to, "start", json_string(time));
	rc = put(rc, to, "reviewed-controls",
		 json_pack("{s:[{s:O}]}", "control-selections", "include-controls",
			   results->controls));
	rc = put(rc, to, "observations", json_incref(results->observations));
	rc = put(rc, to, "findings", json_incref(results->findings));
	return done(rc, to);
}

/* A self-assessment has no plan in OSCAL: a resource of the file itself says so. */
static int add_plan(int rc, json_t *to, const struct yg_oscal_parts *parts)
{
	struct yg_bytes urn = parts->library->framework->urn;
	char plan[UUID_SIZE];
	char href[UUID_SIZE + 1];

	uuid_of("plan", urn, YG_S(""), plan);
	(void)snprintf(href, sizeof(href), "#%s", plan); /* fits */
	rc = put(rc, to, "import-ap", json_pack("{s:s}", "href", href));
	return put(rc, to, "back-matter",
		   json_pack("{s:[{s:s,s:o,s:s}]}", "resources", "uuid", plan, "title",
			     yg_json_string(urn), "description",
			     "A self-assessment; there is no separate assessment plan."));
}

static json_t *results_of(const struct yg_oscal_parts *parts)
{
	struct results results = {parts, json_array(), json_array(), json_array(), json_object()};
	json_t *to = json_object();
	int rc = to && results.observations && results.findings && results.controls && results.seen
			 ? YG_OK
			 : YG_ENOMEM;

	for (size_t i = 0; rc == YG_OK && i < json_array_size(parts->criteria); i++)
		rc = add_criterion(&results, json_array_get(parts->criteria, i));
	rc = put(rc, to, "uuid", uuid_json("results", yg_json_text(parts->head, "id"), YG_S("")));
	rc = put(rc, to, "metadata",
		 metadata_of(parts, yg_text2(&parts->library->framework->name, parts->lang)));
	rc = add_plan(rc, to, parts);
	if (rc == YG_OK)
		rc = put(rc, to, "results", json_pack("[o]", result_json(&results)));
	json_decref(results.observations);
	json_decref(results.findings);
	json_decref(results.controls);
	json_decref(results.seen);
	return done(rc, to);
}

/* Are all criteria of this framework? */
static bool is_known(const struct yg_oscal_parts *parts)
{
	for (size_t i = 0; i < json_array_size(parts->criteria); i++) {
		struct yg_bytes id = yg_json_text(json_array_get(parts->criteria, i), "id");

		if (yg_framework_node(parts->library->framework, id) == YG_NODE_NONE)
			return false;
	}
	return json_is_object(parts->head) && json_array_size(parts->criteria) > 0;
}

int yg_oscal_build(enum yg_oscal_kind kind, const struct yg_oscal_parts *parts, json_t **ret)
{
	static const char *const roots[] = {"catalog", "profile", "assessment-results"};
	const struct yg_framework *framework = parts->library ? parts->library->framework : NULL;
	json_t *body;

	if (!framework || (parts->level != YG_NODE_NONE && parts->level >= framework->level_count))
		return YG_EINVAL;
	if (kind == YG_OSCAL_RESULTS && !is_known(parts))
		return YG_EINVAL;
	body = kind == YG_OSCAL_CATALOG	  ? catalog_of(parts)
	       : kind == YG_OSCAL_PROFILE ? profile_of(parts)
					  : results_of(parts);
	if (!body)
		return YG_ENOMEM;
	*ret = json_pack("{s:o}", roots[kind], body);
	return *ret ? YG_OK : YG_ENOMEM;
}
