/* SPDX-License-Identifier: Apache-2.0 */
/* Heads, lines, groups and lists in the shapes of docs/api.md. */
#include "assess/show-int.h"
#include "base/alloc.h"

#include "base/ban.h"

json_t *yg_text_list_json(const struct yg_text_list *list)
{
	json_t *array = json_array();

	for (uint32_t i = 0; array && i < list->count; i++)
		if (json_array_append_new(array, yg_json_string(list->items[i])) != 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

json_t *yg_checks_json(const uint32_t *checks)
{
	json_t *object = json_object();

	for (unsigned i = 0; object && i < 5; i++)
		if (yg_json_set(object, yg_check_name((enum yg_check)i), json_integer(checks[i])) !=
		    YG_OK) {
			json_decref(object);
			return NULL;
		}
	return object;
}

const struct yg_criterion_state *yg_show_state(const struct yg_assess *assess, uint32_t index)
{
	for (uint32_t i = 0; i < assess->result.count; i++)
		if (assess->states[i].node == index)
			return &assess->states[i];
	return NULL;
}

/* ---- line ---- */

static const char *confirmation_word(const struct yg_assess *assess,
				     const struct yg_criterion_state *state)
{
	if (!assess->docs[state->node].confirmation)
		return NULL;
	if (state->is_confirmed)
		return "confirmed";
	return state->is_returned ? "returned" : "void";
}

static json_t *text_or_null(struct yg_bytes text)
{
	return text.size ? yg_json_string(text) : json_null();
}

json_t *yg_show_line(const struct yg_assess *assess, const struct yg_criterion_state *state,
		     enum yg_lang lang)
{
	const struct yg_framework_node *node = &assess->framework->nodes[state->node];
	const struct yg_framework_node *parent =
		node->parent == YG_NODE_NONE ? NULL : &assess->framework->nodes[node->parent];
	const json_t *answer = assess->docs[state->node].answer;
	const char *confirmation = confirmation_word(assess, state);
	struct yg_bytes above = parent ? parent->ref_id : (struct yg_bytes){0};
	struct yg_text2 title =
		node->name.ja.size || node->name.en.size ? node->name : node->description;

	return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:s, s:i, s:b, s:o, s:o, s:o, s:i, s:i, "
			 "s:o, s:b, s:i}",
			 "id", yg_json_string(node->ref_id), "requirement", yg_json_string(above),
			 "group", yg_json_string(above), "title", yg_text2_json(&title, lang),
			 "state", yg_answer_state_name(state->declared), "value",
			 text_or_null(yg_json_text(answer, "value")), "observed",
			 yg_observed_name(state->observed), "evidence", (int)state->evidence_all,
			 "stale", (int)state->is_stale, "confirmation",
			 confirmation ? json_string(confirmation) : json_null(), "by",
			 text_or_null(yg_json_text(answer, "by")), "date",
			 text_or_null(yg_json_text(answer, "date")), "effect",
			 node->help ? node->help->effect : 0, "effort",
			 node->help ? node->help->effort : 0, "review_due",
			 yg_day_json(state->review_due), "settled", (int)state->is_settled,
			 "revision", (int)yg_json_int(answer, "revision", 0));
}

int yg_assess_json_lines(struct yg_assess *assess, enum yg_lang lang, json_t **ret)
{
	const struct yg_assess_result *result;
	json_t *lines = json_array();
	int rc = lines ? yg_assess_evaluate(assess, &result) : YG_ENOMEM;

	for (uint32_t i = 0; rc == YG_OK && i < result->count; i++)
		if (json_array_append_new(lines,
					  yg_show_line(assess, &result->criteria[i], lang)) != 0)
			rc = YG_ENOMEM;
	if (rc == YG_OK)
		*ret = lines;
	else
		json_decref(lines);
	return rc;
}

int yg_assess_json_contradictions(struct yg_assess *assess, enum yg_lang lang, json_t **ret)
{
	const struct yg_assess_result *result;
	json_t *lines = json_array();
	int rc = lines ? yg_assess_evaluate(assess, &result) : YG_ENOMEM;

	for (uint32_t i = 0; rc == YG_OK && i < result->count; i++) {
		const struct yg_criterion_state *state = &result->criteria[i];
		const json_t *dispute = assess->docs[state->node].dispute;
		json_t *line;

		if (state->observed != YG_OBSERVED_CONTRADICTS)
			continue;
		line = yg_show_line(assess, state, lang);
		if (!line)
			rc = YG_ENOMEM;
		if (rc == YG_OK)
			rc = yg_json_set(line, "dispute",
					 dispute ? json_deep_copy(dispute) : json_null());
		if (rc == YG_OK)
			rc = yg_json_set(line, "checks", yg_checks_json(state->checks));
		if (rc == YG_OK)
			rc = json_array_append(lines, line) == 0 ? YG_OK : YG_ENOMEM;
		json_decref(line);
	}
	if (rc == YG_OK)
		*ret = lines;
	else
		json_decref(lines);
	return rc;
}

/* ---- groups ---- */

struct group_counts {
	uint32_t criteria;
	uint32_t declared[YG_ANSWER_STATE_COUNT];
	uint32_t contradicted;
	uint32_t stale;
};

/* Each criterion counts for all nodes above it. */
static void count_up(const struct yg_assess *assess, struct group_counts *counts)
{
	for (uint32_t i = 0; i < assess->result.count; i++) {
		const struct yg_criterion_state *state = &assess->states[i];
		uint32_t at = assess->framework->nodes[state->node].parent;

		for (; at != YG_NODE_NONE; at = assess->framework->nodes[at].parent) {
			counts[at].criteria++;
			counts[at].declared[state->declared]++;
			counts[at].contradicted += state->observed == YG_OBSERVED_CONTRADICTS;
			counts[at].stale += state->is_stale;
		}
	}
}

static json_t *group_json(const struct yg_assess *assess, uint32_t index,
			  const struct group_counts *counts, enum yg_lang lang)
{
	const struct yg_framework_node *node = &assess->framework->nodes[index];
	static const struct yg_text2 nothing;

	return json_pack(
		"{s:o, s:o, s:o, s:i, s:o, s:i, s:{s:i, s:i, s:i, s:i, s:i, s:i, s:i}}", "id",
		yg_json_string(node->ref_id), "title",
		yg_text2_json(node->name.ja.size || node->name.en.size ? &node->name
								       : &node->description,
			      lang),
		"asked", yg_text2_json(node->help ? &node->help->asked : &nothing, lang), "depth",
		(int)node->depth, "parent",
		node->parent == YG_NODE_NONE
			? json_null()
			: yg_json_string(assess->framework->nodes[node->parent].ref_id),
		"criteria", (int)counts->criteria, "counts", "met",
		(int)counts->declared[YG_ANSWER_MET], "partly",
		(int)counts->declared[YG_ANSWER_PARTLY], "not_met",
		(int)counts->declared[YG_ANSWER_NOT_MET], "na", (int)counts->declared[YG_ANSWER_NA],
		"open", (int)counts->declared[YG_ANSWER_OPEN], "contradicted",
		(int)counts->contradicted, "stale", (int)counts->stale);
}

int yg_assess_json_groups(struct yg_assess *assess, enum yg_lang lang, json_t **ret)
{
	const struct yg_assess_result *result;
	json_t *groups = json_array();
	struct group_counts *counts = NULL;
	int rc = groups ? yg_assess_evaluate(assess, &result) : YG_ENOMEM;

	if (rc == YG_OK) {
		counts = yg_calloc(assess->framework->node_count + 1, sizeof(*counts));
		rc = counts ? YG_OK : YG_ENOMEM;
	}
	if (rc == YG_OK)
		count_up(assess, counts);
	for (uint32_t i = 0; rc == YG_OK && i < assess->framework->node_count; i++)
		if (counts[i].criteria > 0 &&
		    json_array_append_new(groups, group_json(assess, i, &counts[i], lang)) != 0)
			rc = YG_ENOMEM;
	free(counts);
	if (rc == YG_OK)
		*ret = groups;
	else
		json_decref(groups);
	return rc;
}

/* ---- head ---- */

/* A clock that is set right by less than this is no news. */
#define CLOCK_SLACK_NS (10 * 60 * YG_NS_PER_S)

static json_t *counts_json(const struct yg_assessment_counts *counts)
{
	return json_pack(
		"{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "criteria",
		(int)counts->criteria, "met", (int)counts->declared[YG_ANSWER_MET], "partly",
		(int)counts->declared[YG_ANSWER_PARTLY], "not_met",
		(int)counts->declared[YG_ANSWER_NOT_MET], "na", (int)counts->declared[YG_ANSWER_NA],
		"open", (int)counts->declared[YG_ANSWER_OPEN], "supported", (int)counts->supported,
		"contradicted", (int)counts->contradicted, "stale", (int)counts->stale,
		"with_evidence", (int)counts->with_evidence, "declared_alone",
		(int)counts->declared_alone, "confirmed", (int)counts->confirmed, "returned",
		(int)counts->returned);
}

/* What may be said of where the firm stands; never that a level is granted. */
static const char *level_text(const struct yg_assess *assess)
{
	const struct yg_assess_result *result = &assess->result;

	if (result->level == YG_LEVEL_PRACTICE)
		return N_("Practice: the official wording is missing, so nothing is said about the "
			  "level");
	if (result->level != YG_LEVEL_REACHED)
		return N_("Not all criteria are fulfilled yet (self-assessment)");
	if (result->counts.confirmed == result->counts.criteria)
		return N_("Confirmed by a specialist (no star has been obtained by this)");
	return N_("Criteria expected to be fulfilled (self-assessment)");
}

static const char *review_word(const struct yg_assess *assess)
{
	static const char *const words[] = {"none", "expert", "third-party"};
	const struct yg_framework_rule *rule = yg_framework_rule(assess->framework, assess->level);

	return words[rule ? rule->review : YG_REVIEW_NONE];
}

static json_t *official_json(const struct yg_assess *assess)
{
	const json_t *official = assess->official;

	if (!official)
		return json_null();
	return json_pack(
		"{s:O?, s:O?, s:O?, s:O?, s:O?}", "sha256", json_object_get(official, "sha256"),
		"file_name", json_object_get(official, "file_name"), "date",
		json_object_get(official, "date"), "missing", json_object_get(official, "missing"),
		"unknown", json_object_get(official, "unknown"));
}

static json_t *level_json(const struct yg_assess *assess, enum yg_lang lang)
{
	const struct yg_framework_level *level;

	if (assess->level == YG_NODE_NONE)
		return json_null();
	level = &assess->framework->levels[assess->level];
	return json_pack("{s:o, s:o}", "id", yg_json_string(level->ref_id), "name",
			 yg_text2_json(&level->name, lang));
}

/* Lists of what moved from another assessment, where there are some. */
static int add_moved(const struct yg_assess *assess, json_t *head)
{
	static const char *const keys[] = {"moved", "not_moved", "from"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		json_t *value = json_object_get(assess->head, keys[i]);

		if (value && json_object_set(head, keys[i], value) != 0)
			return YG_ENOMEM;
	}
	return YG_OK;
}

int yg_assess_json_head(struct yg_assess *assess, enum yg_lang lang, json_t **ret)
{
	const struct yg_assess_result *result;
	const struct yg_library *library = assess->library;
	json_t *head;
	int rc = yg_assess_evaluate(assess, &result);

	if (rc != YG_OK)
		return rc;
	head = json_pack("{s:s, s:{s:o, s:o, s:o, s:s}, s:o, s:{s:O?, s:O?}, s:b, s:o, s:o, s:s, "
			 "s:s, s:o, s:b, "
			 "s:s, s:O?, s:i, s:o, s:o, s:b}",
			 "id", assess->id, "framework", "name", yg_json_string(library->ref_id),
			 "urn", yg_json_string(assess->framework->urn), "title",
			 yg_text2_json(&assess->framework->name, lang), "sha256",
			 assess->framework_sha256, "level", level_json(assess, lang),
			 "organisation", "name", json_object_get(assess->head, "organisation"),
			 "corporate_number", json_object_get(assess->head, "corporate_number"),
			 "practice", (int)(result->level == YG_LEVEL_PRACTICE), "official",
			 official_json(assess), "counts", counts_json(&result->counts),
			 "level_state", yg_level_state_name(result->level), "level_text",
			 yg_tr(lang, level_text(assess)), "detail",
			 yg_rule_detail(assess->framework, assess->level, result->criteria,
					result->count, lang),
			 "scope_ready", (int)(assess->scope != NULL), "review", review_word(assess),
			 "created", json_object_get(assess->head, "created"), "revision",
			 (int)yg_json_int(assess->head, "revision", 0), "publisher_page",
			 yg_json_string(library->source.url), "answer_sets",
			 json_boolean(assess->framework->answers_count > 0), "clock_behind",
			 (int)(yg_access_now(assess->access) + CLOCK_SLACK_NS < assess->newest_ns));
	if (!head)
		return YG_ENOMEM;
	rc = add_moved(assess, head);
	if (rc == YG_OK)
		*ret = head;
	else
		json_decref(head);
	return rc;
}

struct ids {
	json_t *list;
};

static int add_id(void *arg, const struct yg_doc *doc)
{
	struct ids *ids = arg;

	return json_array_append_new(ids->list, yg_json_string(doc->key)) == 0 ? YG_OK : YG_ENOMEM;
}

#define KEPT_MAX 4u /* frameworks that are not read again for each client */

/* The head of assessment @id to @heads. One of @kept stays open for those that follow. */
static int add_head(struct yg_access *access, const struct yg_assess_ports *ports, const char *id,
		    enum yg_lang lang, struct yg_assess *kept[KEPT_MAX], json_t *heads)
{
	struct yg_assess *assess = NULL;
	json_t *head = NULL;
	size_t i = 0;
	int rc = yg_assess_open_beside(access, ports, id, kept, KEPT_MAX, &assess);

	if (rc == YG_OK)
		rc = yg_assess_json_head(assess, lang, &head);
	if (rc == YG_OK && json_array_append_new(heads, head) != 0)
		rc = YG_ENOMEM;
	while (i < KEPT_MAX && kept[i] && assess && kept[i]->read != assess->read)
		i++;
	if (i < KEPT_MAX && !kept[i])
		kept[i] = assess;
	else
		(void)yg_assess_free(assess);
	return rc;
}

int yg_assess_json_all(struct yg_access *access, const struct yg_assess_ports *ports,
		       enum yg_lang lang, json_t **ret)
{
	struct yg_doc_filter filter = {.kind = YG_S("assessment"), .limit = ASSESSMENTS_MAX};
	struct ids ids = {.list = json_array()};
	struct yg_assess *kept[KEPT_MAX] = {NULL};
	json_t *heads = json_array();
	int rc = ids.list && heads ? yg_access_visit(access, &filter, add_id, &ids) : YG_ENOMEM;

	for (size_t i = json_array_size(ids.list); rc == YG_OK && i > 0; i--) /* newest first */
		rc = add_head(access, ports, json_string_value(json_array_get(ids.list, i - 1)),
			      lang, kept, heads);
	for (size_t i = 0; i < KEPT_MAX; i++)
		(void)yg_assess_free(kept[i]);
	json_decref(ids.list);
	if (rc == YG_OK)
		*ret = heads;
	else
		json_decref(heads);
	return rc;
}

/* ---- frameworks ---- */

static uint32_t criteria_of(const struct yg_framework *framework, uint32_t level)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < framework->node_count; i++)
		count += framework->nodes[i].is_assessable &&
			 yg_framework_asks(&framework->nodes[i], level);
	return count;
}

static json_t *levels_json(const struct yg_framework *framework, enum yg_lang lang)
{
	json_t *levels = json_array();

	for (uint32_t i = 0; levels && i < framework->level_count; i++)
		if (json_array_append_new(
			    levels,
			    json_pack("{s:o, s:o, s:o, s:i}", "id",
				      yg_json_string(framework->levels[i].ref_id), "name",
				      yg_text2_json(&framework->levels[i].name, lang),
				      "description",
				      yg_text2_json(&framework->levels[i].description, lang),
				      "criteria", (int)criteria_of(framework, i))) != 0) {
			json_decref(levels);
			return NULL;
		}
	return levels;
}

static json_t *framework_json(const struct yg_library *library, const char *name, bool is_shipped,
			      enum yg_lang lang)
{
	const struct yg_framework *framework = library->framework;

	return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:b, s:o, s:o, s:i}", "name",
			 name ? json_string(name) : yg_json_string(framework->ref_id), "urn",
			 yg_json_string(library->urn), "title",
			 yg_text2_json(&framework->name, lang), "description",
			 yg_text2_json(&framework->description, lang), "wording",
			 library->source.wording == YG_WORDING_IMPORT ? "import" : "complete",
			 "levels", levels_json(framework, lang), "shipped", (int)is_shipped,
			 "publication_date", yg_json_string(library->publication_date),
			 "publisher_page", yg_json_string(library->source.url), "criteria",
			 (int)criteria_of(framework, YG_NODE_NONE));
}

struct framework_list {
	const struct yg_assess_ports *ports;
	struct yg_arena *arena;
	enum yg_lang lang;
	json_t *items;
	json_t *urns; /* those listed already */
};

static int list_framework(struct framework_list *list, struct yg_bytes text, const char *name)
{
	const struct yg_library *library;
	struct yg_line_fault fault;
	char urn[KEY_MAX];

	if (list->ports->read_framework(text, list->arena, &library, &fault) != YG_OK ||
	    !library->framework || library->urn.size >= sizeof(urn))
		return YG_OK; /* kept by an earlier version and no longer readable: not offered */
	(void)snprintf(urn, sizeof(urn), "%.*s", YG_FMT(library->urn)); /* fits: checked */
	if (json_object_get(list->urns, urn))
		return YG_OK;
	if (yg_json_set(list->urns, urn, json_true()) != YG_OK)
		return YG_ENOMEM;
	return json_array_append_new(list->items,
				     framework_json(library, name, name != NULL, list->lang)) == 0
		       ? YG_OK
		       : YG_ENOMEM;
}

static int list_stored(void *arg, const struct yg_doc *doc)
{
	struct framework_list *list = arg;
	struct yg_bytes text;

	if (!yg_arena_dup(list->arena, doc->body, &text))
		return YG_ENOMEM;
	return list_framework(list, text, NULL);
}

int yg_assess_json_frameworks(struct yg_access *access, const struct yg_assess_ports *ports,
			      enum yg_lang lang, json_t **ret)
{
	struct yg_doc_filter filter = {.kind = YG_S("library"), .limit = ASSESSMENTS_MAX};
	struct framework_list list = {
		.ports = ports,
		.arena = yg_arena_new(8u * ARENA_BYTES_MAX),
		.lang = lang,
		.items = json_array(),
		.urns = json_object(),
	};
	int rc = list.arena && list.items && list.urns ? YG_OK : YG_ENOMEM;

	for (size_t i = 0; i < ports->framework_count && rc == YG_OK; i++)
		rc = list_framework(&list, ports->frameworks[i].bytes, ports->frameworks[i].name);
	if (rc == YG_OK)
		rc = yg_access_visit(access, &filter, list_stored, &list);
	json_decref(list.urns);
	(void)yg_arena_free(list.arena);
	if (rc == YG_OK)
		*ret = list.items;
	else
		json_decref(list.items);
	return rc;
}

/* ---- simple lists, history ---- */

static int add_state(const struct yg_assess *assess, const char *kind, json_t *object)
{
	int32_t valid_to = yg_json_day(object, "valid_to");

	if (strcmp(kind, "evidence") == 0)
		return yg_json_set(object, "state",
				   json_string(yg_evidence_state_name(
					   yg_evidence_state(assess, object, NULL, NULL))));
	if (strcmp(kind, "official_result") == 0)
		return yg_json_set(object, "days_left",
				   valid_to == YG_DAY_NONE ? json_null()
							   : json_integer(valid_to - assess->day));
	return YG_OK;
}

int yg_assess_json_items(struct yg_assess *assess, const char *kind, json_t **ret)
{
	json_t *objects;
	json_t *list = json_array();
	json_t *object;
	const char *id;
	int rc = list ? yg_assess_refresh(assess) : YG_ENOMEM;

	if (rc != YG_OK) {
		json_decref(list);
		return rc;
	}
	objects = strcmp(kind, "evidence") == 0		 ? assess->evidence
		  : strcmp(kind, "expert") == 0		 ? assess->experts
		  : strcmp(kind, "technical") == 0	 ? assess->technical
		  : strcmp(kind, "official_result") == 0 ? assess->official_results
							 : NULL;
	if (!objects)
		rc = YG_EINVAL;
	json_object_foreach(objects, id, object)
	{
		json_t *copy = rc == YG_OK ? json_deep_copy(object) : NULL;

		if (rc == YG_OK && !copy)
			rc = YG_ENOMEM;
		if (rc == YG_OK)
			rc = add_state(assess, kind, copy);
		if (rc == YG_OK && json_array_append(list, copy) != 0)
			rc = YG_ENOMEM;
		json_decref(copy);
	}
	if (rc == YG_OK)
		*ret = list;
	else
		json_decref(list);
	return rc;
}

struct history {
	const struct yg_assess *assess;
	json_t *list;	/* oldest first */
	json_t *before; /* "kind/key" -> the word of the revision before */
	uint32_t limit;
};

/* The word that a revision of @kind is told by: a state, a decision, a choice; null: none. */
static json_t *word_of(struct yg_bytes kind, const json_t *body)
{
	return text_or_null(yg_json_text(body, yg_bytes_eq(kind, YG_S("confirmation")) ? "decision"
					       : yg_bytes_eq(kind, YG_S("dispute"))    ? "choice"
										       : "state"));
}

/* The word before this one, and remember this one. NULL without memory. */
static json_t *word_before(struct history *history, const struct yg_doc *doc, json_t *word)
{
	char key[KEY_MAX + YG_DOC_KIND_MAX];
	json_t *before;

	(void)snprintf(key, sizeof(key), "%.*s/%.*s", YG_FMT(doc->kind), YG_FMT(doc->key));
	before = json_incref(json_object_get(history->before, key));
	if (json_object_set(history->before, key, word) != 0) {
		json_decref(before);
		return NULL;
	}
	return before ? before : json_null();
}

/* Is @kind one whose keys end in a criterion? */
static bool is_of_criterion(struct yg_bytes kind)
{
	return yg_bytes_eq(kind, YG_S("answer")) || yg_bytes_eq(kind, YG_S("dispute")) ||
	       yg_bytes_eq(kind, YG_S("confirmation"));
}

static int add_change(void *arg, const struct yg_doc *doc)
{
	struct history *history = arg;
	const char *id = history->assess->id;
	struct yg_bytes part = {0};
	char time[YG_ISO_SIZE];
	json_t *body = NULL;
	json_t *entry;
	json_t *word;
	struct yg_fault fault;

	if (!yg_bytes_eq(doc->key, yg_bytes_str(id))) {
		if (!yg_bytes_starts(doc->key, yg_bytes_str(id)) || doc->key.size <= strlen(id) + 1)
			return YG_OK; /* of another assessment, or a library */
		part = yg_assess_key_part(history->assess, doc->key);
	}
	if (doc->body.size > 0 && doc->body.data[0] == '{' &&
	    yg_json_load(doc->body, YG_DOC_BODY_MAX, &body, &fault) == YG_ENOMEM)
		return YG_ENOMEM;
	(void)yg_time_iso(doc->time_ns, 0, time);
	word = word_of(doc->kind, body);
	entry = json_pack("{s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:O, s:b, s:i}", "change",
			  (json_int_t)doc->change, "time", time, "actor",
			  yg_json_string(doc->actor), "kind", yg_json_string(doc->kind), "key",
			  yg_json_string(part), "criterion",
			  is_of_criterion(doc->kind) ? yg_json_string(part) : json_null(), "from",
			  word_before(history, doc, word), "to", word, "removed",
			  (int)doc->is_removed, "revision", (int)doc->revision);
	json_decref(word);
	json_decref(body);
	if (!entry || json_array_append_new(history->list, entry) != 0)
		return YG_ENOMEM;
	if (json_array_size(history->list) > 2u * history->limit) /* drop the oldest half at once */
		while (json_array_size(history->list) > history->limit)
			(void)json_array_remove(history->list, 0);
	return YG_OK;
}

int yg_assess_json_history(struct yg_assess *assess, uint64_t after, uint32_t limit, json_t **ret)
{
	struct history history = {
		.assess = assess,
		.list = json_array(),
		.before = json_object(),
		.limit = limit,
	};
	struct yg_doc_filter filter = {
		.by_change = true,
		.after_change = after,
		.limit = YG_DOC_LIST_MAX,
	};
	json_t *newest = json_array();
	int rc = history.list && history.before && newest && limit > 0 ? YG_OK : YG_ENOMEM;
	size_t size;

	if (rc == YG_OK)
		rc = yg_access_visit(assess->access, &filter, add_change, &history);
	size = json_array_size(history.list);
	for (size_t i = 0; i < size && i < limit && rc == YG_OK; i++)
		if (json_array_append(newest, json_array_get(history.list, size - 1 - i)) != 0)
			rc = YG_ENOMEM;
	json_decref(history.list);
	json_decref(history.before);
	if (rc == YG_OK)
		*ret = newest;
	else
		json_decref(newest);
	return rc;
}
