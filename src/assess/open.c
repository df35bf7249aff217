/* SPDX-License-Identifier: Apache-2.0 */
/* Making, finding and loading assessments. */
#include "assess/assess-int.h"
#include "base/alloc.h"
#include "base/crypt.h"

#include "base/ban.h"

const char *yg_assess_id(const struct yg_assess *assess)
{
	return assess->id;
}

const struct yg_library *yg_assess_library(const struct yg_assess *assess)
{
	return assess->library;
}

const char *yg_assess_framework_sha256(const struct yg_assess *assess)
{
	return assess->framework_sha256;
}

uint32_t yg_assess_level(const struct yg_assess *assess)
{
	return assess->level;
}

int32_t yg_assess_today(const struct yg_assess *assess)
{
	return yg_day_of_time(yg_access_now(assess->access), assess->ports->zone_s);
}

struct yg_access *yg_assess_access(const struct yg_assess *assess)
{
	return assess->access;
}

bool yg_assess_key(const struct yg_assess *assess, struct yg_bytes part, char to[KEY_MAX])
{
	int size = snprintf(to, KEY_MAX, "%s/%.*s", assess->id, YG_FMT(part));

	return size > 0 && (size_t)size < KEY_MAX && part.size > 0 &&
	       !memchr(part.data, '/', part.size) && !memchr(part.data, 0, part.size);
}

const struct yg_framework_node *yg_assess_node(const struct yg_assess *assess,
					       struct yg_bytes ref_id, uint32_t *ret_index)
{
	uint32_t index = yg_framework_node(assess->framework, ref_id);
	const struct yg_framework_node *node;

	if (index == YG_NODE_NONE)
		return NULL;
	node = &assess->framework->nodes[index];
	if (!node->is_assessable || !yg_framework_asks(node, assess->level))
		return NULL;
	if (ret_index)
		*ret_index = index;
	return node;
}

struct yg_bytes yg_assess_official_text(const struct yg_assess *assess,
					const struct yg_framework_node *node)
{
	const json_t *texts = json_object_get(assess->official, "texts");
	char key[KEY_MAX];

	if (assess->library->source.wording == YG_WORDING_COMPLETE)
		return node->description.ja.size ? node->description.ja : node->description.en;
	if (node->ref_id.size >= sizeof(key))
		return (struct yg_bytes){0};
	(void)snprintf(key, sizeof(key), "%.*s", YG_FMT(node->ref_id)); /* fits: checked */
	return yg_json_text(texts, key);
}

bool yg_assess_is_practice(const struct yg_assess *assess)
{
	if (assess->library->source.wording == YG_WORDING_COMPLETE)
		return false;
	for (uint32_t i = 0; i < assess->framework->node_count; i++) {
		const struct yg_framework_node *node = &assess->framework->nodes[i];

		if (node->is_assessable && yg_framework_asks(node, assess->level) &&
		    yg_assess_official_text(assess, node).size == 0)
			return true;
	}
	return false;
}

/* ---- documents ---- */

static json_t *parse_doc(struct yg_assess *assess, const struct yg_doc *doc)
{
	struct yg_fault fault;
	json_t *object = NULL;

	if (doc->time_ns > assess->newest_ns)
		assess->newest_ns = doc->time_ns;
	if (yg_json_load(doc->body, YG_DOC_BODY_MAX, &object, &fault) != YG_OK)
		return NULL;
	if (!json_is_object(object) ||
	    yg_json_set(object, "revision", json_integer(doc->revision)) != YG_OK) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* The part of a key after "ID/". */
struct yg_bytes yg_assess_key_part(const struct yg_assess *assess, struct yg_bytes key)
{
	return yg_bytes_from(key, strlen(assess->id) + 1);
}

struct node_load {
	struct yg_assess *assess;
	size_t offset; /* of the slot in struct node_docs */
};

static int load_node_doc(void *arg, const struct yg_doc *doc)
{
	struct node_load *load = arg;
	uint32_t index = yg_framework_node(load->assess->framework,
					   yg_assess_key_part(load->assess, doc->key));
	json_t **slot;

	if (index == YG_NODE_NONE)
		return YG_OK; /* of a criterion that a later file no longer has: kept, not shown */
	slot = (json_t **)(void *)((char *)&load->assess->docs[index] + load->offset);
	*slot = parse_doc(load->assess, doc);
	return *slot ? YG_OK : YG_ENOMEM;
}

struct simple_load {
	struct yg_assess *assess;
	json_t *objects; /* id -> document */
};

static int load_simple(void *arg, const struct yg_doc *doc)
{
	struct simple_load *load = arg;
	struct yg_bytes id = yg_assess_key_part(load->assess, doc->key);
	char key[KEY_MAX];
	json_t *object = parse_doc(load->assess, doc);

	if (!object)
		return YG_ENOMEM;
	(void)snprintf(key, sizeof(key), "%.*s", YG_FMT(id)); /* keys are shorter */
	if (yg_json_set(object, "id", json_string(key)) != YG_OK) {
		json_decref(object);
		return YG_ENOMEM;
	}
	return yg_json_set(load->objects, key, object);
}

static int visit_kind(struct yg_assess *assess, const char *kind, yg_doc_fn fn, void *arg)
{
	char prefix[KEY_MAX];
	struct yg_doc_filter filter = {
		.kind = yg_bytes_str(kind),
		.limit = YG_DOC_LIST_MAX,
	};

	(void)snprintf(prefix, sizeof(prefix), "%s/", assess->id); /* ids are shorter */
	filter.key_prefix = yg_bytes_str(prefix);
	return yg_access_visit(assess->access, &filter, fn, arg);
}

static int load_simple_kind(struct yg_assess *assess, const char *kind, json_t **to)
{
	struct simple_load load = {.assess = assess, .objects = json_object()};
	int rc;

	if (!load.objects)
		return YG_ENOMEM;
	rc = visit_kind(assess, kind, load_simple, &load);
	if (rc != YG_OK) {
		json_decref(load.objects);
		return rc;
	}
	json_decref(*to);
	*to = load.objects;
	return YG_OK;
}

/* One document that may be missing. */
static int load_one(struct yg_assess *assess, const char *kind, json_t **to)
{
	uint32_t revision;
	json_t *object = NULL;
	int rc = yg_access_get(assess->access, kind, assess->id, &object, &revision);

	json_decref(*to);
	*to = NULL;
	if (rc == YG_ENOENT)
		return YG_OK;
	if (rc != YG_OK)
		return rc;
	*to = object;
	return yg_json_set(object, "revision", json_integer(revision));
}

static void drop_node_docs(struct yg_assess *assess)
{
	for (uint32_t i = 0; i < assess->framework->node_count; i++) {
		json_decref(assess->docs[i].answer);
		json_decref(assess->docs[i].dispute);
		json_decref(assess->docs[i].confirmation);
		json_decref(assess->docs[i].evidence);
		assess->docs[i] = (struct node_docs){0};
	}
}

static bool has_id(const json_t *ids, const char *id)
{
	const json_t *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)ids, i, one)
	{
		if (strcmp(json_string_value(one), id) == 0)
			return true;
	}
	return false;
}

static int link_one(struct yg_assess *assess, uint32_t index, const char *id)
{
	struct node_docs *docs = &assess->docs[index];

	if (!id || !json_object_get(assess->evidence, id))
		return YG_OK; /* was removed */
	if (!docs->evidence)
		docs->evidence = json_array();
	if (has_id(docs->evidence, id))
		return YG_OK;
	return json_array_append_new(docs->evidence, json_string(id)) == 0 ? YG_OK : YG_ENOMEM;
}

/* Evidence belongs to a criterion when the answer names it, or it names the criterion. */
static int link_evidence(struct yg_assess *assess)
{
	const char *id;
	json_t *evidence;
	json_t *one;
	size_t i;
	int rc = YG_OK;

	for (uint32_t k = 0; k < assess->framework->node_count; k++)
		json_array_foreach(json_object_get(assess->docs[k].answer, "evidence"), i, one)
		{
			if (rc == YG_OK)
				rc = link_one(assess, k, json_string_value(one));
		}
	json_object_foreach(assess->evidence, id, evidence)
	{
		json_array_foreach(json_object_get(evidence, "criteria"), i, one)
		{
			uint32_t index = yg_framework_node(assess->framework,
							   yg_bytes_str(json_string_value(one)));

			if (rc == YG_OK && index != YG_NODE_NONE)
				rc = link_one(assess, index, id);
		}
	}
	return rc;
}

static int load_documents(struct yg_assess *assess)
{
	static const struct {
		const char *kind;
		size_t offset;
	} node_kinds[] = {
		{"answer", offsetof(struct node_docs, answer)},
		{"dispute", offsetof(struct node_docs, dispute)},
		{"confirmation", offsetof(struct node_docs, confirmation)},
	};
	int rc = load_one(assess, "assessment", &assess->head);

	if (rc == YG_OK && !assess->head)
		return YG_ENOENT;
	if (rc == YG_OK)
		rc = load_one(assess, "scope", &assess->scope);
	if (rc == YG_OK)
		rc = load_one(assess, "official", &assess->official);
	drop_node_docs(assess);
	for (size_t i = 0; i < sizeof(node_kinds) / sizeof(node_kinds[0]) && rc == YG_OK; i++) {
		struct node_load load = {.assess = assess, .offset = node_kinds[i].offset};

		rc = visit_kind(assess, node_kinds[i].kind, load_node_doc, &load);
	}
	if (rc == YG_OK)
		rc = load_simple_kind(assess, "evidence", &assess->evidence);
	if (rc == YG_OK)
		rc = link_evidence(assess);
	if (rc == YG_OK)
		rc = load_simple_kind(assess, "expert", &assess->experts);
	if (rc == YG_OK)
		rc = load_simple_kind(assess, "technical", &assess->technical);
	if (rc == YG_OK)
		rc = load_simple_kind(assess, "official_result", &assess->official_results);
	return rc;
}

int yg_assess_refresh(struct yg_assess *assess)
{
	int32_t day = yg_assess_today(assess);
	uint64_t change;
	struct yg_bytes level;
	int rc = yg_access_last_change(assess->access, &change);

	if (rc != YG_OK)
		return rc;
	if (assess->is_loaded && change == assess->change && day == assess->day)
		return YG_OK;
	assess->is_loaded = false;
	assess->is_evaluated = false;
	rc = load_documents(assess);
	if (rc != YG_OK)
		return rc;
	level = yg_json_text(assess->head, "level");
	assess->level = level.size ? yg_framework_level(assess->framework, level) : YG_NODE_NONE;
	if (level.size && assess->level == YG_NODE_NONE)
		return YG_EFORMAT;
	assess->change = change;
	assess->day = day;
	assess->is_loaded = true;
	return YG_OK;
}

/* ---- opening ---- */

static struct read_framework *leave_framework(struct read_framework *read)
{
	if (read && --read->users == 0) {
		(void)yg_arena_free(read->arena);
		free(read);
	}
	return NULL;
}

static int read_text(struct read_framework *read, const struct yg_assess_ports *ports,
		     struct yg_bytes stored)
{
	struct yg_line_fault fault;
	struct yg_bytes text;

	if (!yg_arena_dup(read->arena, stored, &text))
		return YG_ENOMEM;
	yg_sha256_hex(text, read->sha256);
	return ports->read_framework(text, read->arena, &read->library, &fault);
}

/* Read the framework file that this store keeps under @key. */
static int read_framework(struct yg_access *access, const struct yg_assess_ports *ports,
			  const char *key, struct read_framework **ret)
{
	struct read_framework *read = yg_calloc(1, sizeof(*read));
	uint8_t *stored = NULL;
	size_t size;
	int rc = read ? YG_OK : YG_ENOMEM;

	if (rc != YG_OK)
		return rc;
	read->users = 1;
	(void)snprintf(read->key, sizeof(read->key), "%s", key); /* fits: keys are shorter */
	read->arena = yg_arena_new(ARENA_BYTES_MAX);
	rc = read->arena ? yg_access_get_bytes(access, "library", key, &stored, &size, NULL)
			 : YG_ENOMEM;
	if (rc == YG_OK)
		rc = read_text(read, ports, (struct yg_bytes){stored, size});
	free(stored);
	if (rc == YG_OK)
		*ret = read;
	else
		(void)leave_framework(read);
	return rc;
}

static int count_observations(struct yg_assess *assess)
{
	const struct yg_framework *framework = assess->framework;
	uint32_t count = 0;

	assess->docs = yg_calloc(framework->node_count + 1, sizeof(*assess->docs));
	assess->states = yg_calloc(framework->node_count + 1, sizeof(*assess->states));
	assess->first_observation =
		yg_calloc(framework->node_count + 1, sizeof(*assess->first_observation));
	if (!assess->docs || !assess->states || !assess->first_observation)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < framework->node_count; i++)
		for (uint32_t k = 0; k < framework->nodes[i].evidence_count; k++)
			count += framework->nodes[i].evidence[k].kind == YG_EVIDENCE_QUERY;
	assess->observations = yg_calloc(count + 1, sizeof(*assess->observations));
	if (!assess->observations)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < framework->node_count; i++) {
		assess->first_observation[i] = assess->observation_count;
		for (uint32_t k = 0; k < framework->nodes[i].evidence_count; k++)
			if (framework->nodes[i].evidence[k].kind == YG_EVIDENCE_QUERY)
				assess->observations[assess->observation_count++] =
					(struct observation){
						.node = i, .evidence = k, .day = YG_DAY_NONE};
	}
	assess->first_observation[framework->node_count] = assess->observation_count;
	return YG_OK;
}

static int load_framework(struct yg_assess *assess, struct yg_assess *const *others, size_t count)
{
	const char *key = json_string_value(json_object_get(assess->head, "library"));
	int rc = YG_OK;

	if (!key || strlen(key) >= KEY_MAX)
		return YG_EFORMAT;
	for (size_t i = 0; i < count && !assess->read; i++)
		if (others[i] && strcmp(others[i]->read->key, key) == 0) {
			assess->read = others[i]->read;
			assess->read->users++;
		}
	if (!assess->read)
		rc = read_framework(assess->access, assess->ports, key, &assess->read);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_EFORMAT : rc;
	assess->library = assess->read->library;
	assess->framework_sha256 = assess->read->sha256;
	assess->framework = assess->library->framework;
	return assess->framework ? count_observations(assess) : YG_EFORMAT;
}

struct newest {
	char id[YG_ASSESS_ID_MAX];
};

/* Ids begin with the time, so the last one is the newest. */
static int take_last(void *arg, const struct yg_doc *doc)
{
	struct newest *newest = arg;

	if (doc->key.size < sizeof(newest->id))
		(void)snprintf(newest->id, sizeof(newest->id), "%.*s", YG_FMT(doc->key));
	return YG_OK;
}

static int find_newest(struct yg_access *access, char to[YG_ASSESS_ID_MAX])
{
	struct newest newest = {""};
	struct yg_doc_filter filter = {.kind = YG_S("assessment"), .limit = ASSESSMENTS_MAX};
	int rc = yg_access_visit(access, &filter, take_last, &newest);

	if (rc == YG_OK && !newest.id[0])
		rc = YG_ENOENT;
	memcpy(to, newest.id, YG_ASSESS_ID_MAX);
	return rc;
}

int yg_assess_open_beside(struct yg_access *access, const struct yg_assess_ports *ports,
			  const char *id, struct yg_assess *const *others, size_t count,
			  struct yg_assess **ret)
{
	struct yg_assess *assess = yg_calloc(1, sizeof(*assess));
	int rc = YG_OK;

	if (!assess)
		return YG_ENOMEM;
	assess->access = access;
	assess->ports = ports;
	if (id && strlen(id) >= sizeof(assess->id))
		rc = YG_ENOENT;
	else if (id && id[0])
		(void)snprintf(assess->id, sizeof(assess->id), "%s", id);
	else
		rc = find_newest(access, assess->id);
	if (rc == YG_OK)
		rc = load_one(assess, "assessment", &assess->head);
	if (rc == YG_OK && !assess->head)
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = load_framework(assess, others, count);
	if (rc == YG_OK)
		rc = yg_assess_refresh(assess);
	if (rc != YG_OK) {
		(void)yg_assess_free(assess);
		return rc;
	}
	*ret = assess;
	return YG_OK;
}

int yg_assess_open(struct yg_access *access, const struct yg_assess_ports *ports, const char *id,
		   struct yg_assess **ret)
{
	return yg_assess_open_beside(access, ports, id, NULL, 0, ret);
}

struct yg_assess *yg_assess_free(struct yg_assess *assess)
{
	if (!assess)
		return NULL;
	if (assess->docs)
		drop_node_docs(assess);
	for (uint32_t i = 0; i < assess->observation_count; i++)
		json_decref(assess->observations[i].rows);
	free(assess->docs);
	free(assess->states);
	free(assess->first_observation);
	free(assess->observations);
	json_decref(assess->head);
	json_decref(assess->scope);
	json_decref(assess->official);
	json_decref(assess->evidence);
	json_decref(assess->experts);
	json_decref(assess->technical);
	json_decref(assess->official_results);
	(void)leave_framework(assess->read);
	free(assess);
	return NULL;
}
