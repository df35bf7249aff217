/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exchange file (docs/assessment-file.md): an assessment leaves to an expert's own machine and
 * what the expert confirmed comes back. Everything that leaves passes yg_release.
 */
#include "assess/assess-int.h"
#include "base/alloc.h"
#include "base/crypt.h"

#include "base/ban.h"

#define EXCHANGE_FORMAT	   "yagura-assessment-exchange"
#define EXCHANGE_BYTES_MAX (64u << 20)

/* The kinds that travel, in the order in which they are written. */
static const char *const kinds[] = {
	"assessment", "scope",	      "official", "answer",    "evidence",
	"dispute",    "confirmation", "expert",	  "technical", "official_result",
};
#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

struct out {
	struct yg_assess *assess;
	const char *kind;
	enum yg_audience audience;
	json_t *documents;
};

static int add_document(void *arg, const struct yg_doc *doc)
{
	struct out *out = arg;
	struct yg_fault fault;
	json_t *body = NULL;
	struct yg_released released = {0};
	json_t *entry;
	char time[YG_ISO_SIZE];
	int rc;

	/* A prefix of ids could match a longer one: only this assessment's documents. */
	if (!yg_bytes_eq(doc->key, yg_bytes_str(out->assess->id)) &&
	    (doc->key.size <= strlen(out->assess->id) ||
	     doc->key.data[strlen(out->assess->id)] != '/'))
		return YG_OK;
	rc = yg_json_load(doc->body, YG_DOC_BODY_MAX, &body, &fault);
	if (rc == YG_OK)
		rc = yg_release(
			&(struct yg_release_ask){.kind = out->kind, .audience = out->audience},
			body, &released);
	json_decref(body);
	if (rc == YG_EACCES)
		return YG_OK; /* nothing of it may leave */
	if (rc != YG_OK)
		return rc;
	(void)yg_time_iso(doc->time_ns, 0, time);
	entry = json_pack("{s:s, s:o, s:i, s:s, s:o, s:o}", "kind", out->kind, "key",
			  yg_json_string(doc->key), "revision", (int)doc->revision, "time", time,
			  "actor", yg_json_string(doc->actor), "body", released.copy);
	return json_array_append_new(out->documents, entry) == 0 ? YG_OK : YG_ENOMEM;
}

struct text_copy {
	struct yg_buf buf;
};

static int add_text(void *arg, const struct yg_doc *doc)
{
	struct text_copy *copy = arg;

	if (copy->buf.size == 0)
		yg_buf_add(&copy->buf, doc->body);
	return yg_buf_error(&copy->buf);
}

/* The framework file, as text: without it nobody can read the rest. */
static int add_framework(struct yg_assess *assess, json_t *to)
{
	const char *urn = json_string_value(json_object_get(assess->head, "library"));
	struct yg_doc_filter filter = {.kind = YG_S("library"), .limit = 1};
	struct text_copy copy;
	int rc;

	yg_buf_init(&copy.buf, LIBRARY_BYTES_MAX);
	filter.key_prefix = yg_bytes_str(urn);
	rc = yg_access_visit(assess->access, &filter, add_text, &copy);
	if (rc == YG_OK)
		rc = yg_json_set(to, "framework_file", yg_json_string(yg_buf_bytes(&copy.buf)));
	yg_buf_done(&copy.buf);
	return rc;
}

int yg_assess_export(struct yg_assess *assess, enum yg_audience audience, struct yg_buf *to)
{
	struct out out = {.assess = assess, .audience = audience, .documents = json_array()};
	char time[YG_ISO_SIZE];
	json_t *file = NULL;
	int rc = out.documents ? yg_assess_refresh(assess) : YG_ENOMEM;

	for (size_t i = 0; i < KIND_COUNT && rc == YG_OK; i++) {
		struct yg_doc_filter filter = {
			.kind = yg_bytes_str(kinds[i]),
			.key_prefix = yg_bytes_str(assess->id),
			.limit = YG_DOC_LIST_MAX,
		};

		out.kind = kinds[i];
		rc = yg_access_visit(assess->access, &filter, add_document, &out);
	}
	(void)yg_time_iso(yg_access_now(assess->access), 0, time);
	if (rc == YG_OK) {
		file = json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:O}", "format", EXCHANGE_FORMAT,
				 "version", 1, "assessment", assess->id, "exported", time,
				 "audience", audience == YG_AUDIENCE_OWN ? "own" : "expert",
				 "framework_sha256", assess->framework_sha256, "documents",
				 out.documents);
		rc = file ? add_framework(assess, file) : YG_ENOMEM;
	}
	if (rc == YG_OK)
		rc = yg_json_canonical(file, to);
	json_decref(file);
	json_decref(out.documents);
	return rc;
}

/* ---- import ---- */

static int bad_file(struct yg_line_fault *reterr, const char *what)
{
	return yg_line_fault_set(reterr, YG_EFORMAT, 0, "bad-exchange: %s", what);
}

static bool is_kind(const char *kind)
{
	for (size_t i = 0; kind && i < KIND_COUNT; i++)
		if (strcmp(kinds[i], kind) == 0)
			return true;
	return false;
}

/* Does @key belong to assessment @id? */
static bool is_of(const char *key, const char *id)
{
	size_t size = strlen(id);

	return strncmp(key, id, size) == 0 &&
	       (key[size] == 0 || (key[size] == '/' && key[size + 1]));
}

/* The urn of the framework in the file, when there is one. */
static int read_urn(const struct yg_assess_ports *ports, struct yg_bytes text, char to[KEY_MAX],
		    struct yg_line_fault *reterr)
{
	struct yg_arena *arena = yg_arena_new(ARENA_BYTES_MAX);
	const struct yg_library *library;
	int rc;

	if (!arena)
		return YG_ENOMEM;
	rc = ports->read_framework(text, arena, &library, reterr);
	if (rc == YG_OK && (!library->framework || library->urn.size >= KEY_MAX))
		rc = bad_file(reterr, "the framework file in it holds no framework");
	if (rc == YG_OK)
		(void)snprintf(to, KEY_MAX, "%.*s", YG_FMT(library->urn)); /* fits: checked */
	(void)yg_arena_free(arena);
	return rc;
}

/* Are all documents of known kinds, and of assessment @id? */
static bool may_travel(const json_t *documents, const char *id)
{
	const json_t *document;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)documents, i, document)
	{
		const char *key = json_string_value(json_object_get(document, "key"));

		if (!is_kind(json_string_value(json_object_get(document, "kind"))) || !key ||
		    !is_of(key, id) || !json_is_object(json_object_get(document, "body")))
			return false;
	}
	return true;
}

static int check_file(const json_t *file, const struct yg_assess_ports *ports, char urn[KEY_MAX],
		      struct yg_line_fault *reterr)
{
	struct yg_bytes text = yg_json_text(file, "framework_file");
	const json_t *documents = json_object_get(file, "documents");
	const char *id = json_string_value(json_object_get(file, "assessment"));
	char digest[YG_SHA256_HEX + 1];

	if (!yg_bytes_eq(yg_json_text(file, "format"), YG_S(EXCHANGE_FORMAT)) ||
	    yg_json_int(file, "version", 0) != 1)
		return bad_file(reterr, "this is no exchange file of version 1");
	if (!id || !id[0] || strlen(id) >= YG_ASSESS_ID_MAX || strchr(id, '/') ||
	    !json_is_array(documents))
		return bad_file(reterr, "the assessment or its documents are missing");
	yg_sha256_hex(text, digest);
	if (!yg_bytes_eq(yg_json_text(file, "framework_sha256"), yg_bytes_str(digest)))
		return bad_file(reterr, "the framework file in it was changed");
	if (!may_travel(documents, id))
		return bad_file(reterr, "a document in it is of no kind that may travel");
	return read_urn(ports, text, urn, reterr);
}

/* The head, with the framework it names kept under @key here. */
static int import_head(struct yg_access *access, const json_t *document, const char *key)
{
	json_t *head = json_copy(json_object_get(document, "body"));
	int rc = head ? yg_json_set(head, "library", json_string(key)) : YG_ENOMEM;

	if (rc == YG_OK)
		rc = yg_access_put(access, "assessment",
				   json_string_value(json_object_get(document, "key")), head,
				   YG_REVISION_NONE, NULL);
	json_decref(head);
	return rc;
}

/* Everything, into a store that does not know this assessment. */
static int import_whole(struct yg_access *access, const json_t *file, struct yg_bytes urn,
			struct yg_line_fault *reterr)
{
	const json_t *documents = json_object_get(file, "documents");
	char library[KEY_MAX];
	json_t *document;
	size_t i;
	int rc = yg_assess_seal(access, urn, yg_json_text(file, "framework_file"), library, reterr);

	json_array_foreach((json_t *)(uintptr_t)documents, i, document)
	{
		const char *kind = json_string_value(json_object_get(document, "kind"));

		/* Confirmations are written by experts only: the desk shows the old ones from the
		 * firm's file, and makes new ones. An owner's access may not put them. */
		if (rc != YG_OK || strcmp(kind, "confirmation") == 0 ||
		    strcmp(kind, "technical") == 0)
			continue;
		if (strcmp(kind, "assessment") == 0)
			rc = import_head(access, document, library);
		else
			rc = yg_access_put(
				access, kind, json_string_value(json_object_get(document, "key")),
				json_object_get(document, "body"), YG_REVISION_NONE, NULL);
	}
	return rc == YG_EMISMATCH || rc == YG_EINVAL || rc == YG_EUNSUPPORTED
		       ? bad_file(reterr, "a document in it stands twice, has no proper name, or "
					  "holds what cannot be kept")
		       : rc;
}

/* The code before the ':' of a refusal, as the reason of a conflict. */
static int conflict_of(const struct yg_line_fault *fault, const char **ret_conflict)
{
	static const char *const codes[] = {"practice", "not-declared", "registration-expired"};

	*ret_conflict = "bad-confirmation";
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strncmp(fault->msg, codes[i], strlen(codes[i])) == 0)
			*ret_conflict = codes[i];
	return YG_OK;
}

/* Write what the expert of @body decided, as the expert is known here. */
static int put_back(struct yg_assess *assess, const char *expert, const char *key,
		    const json_t *body, uint32_t index, const char **ret_conflict)
{
	struct yg_access *as_expert = NULL;
	struct yg_line_fault fault = {0};
	json_t *confirmation = NULL;
	int rc = yg_access_as_expert(assess->access, expert, &as_expert);

	if (rc == YG_ENOENT || rc == YG_EACCES) {
		*ret_conflict = "not-invited";
		return YG_OK;
	}
	if (rc != YG_OK)
		return rc;
	rc = yg_assess_confirmation_of(assess, expert, body, index, &confirmation, &fault);
	if (rc == YG_OK)
		rc = yg_access_put(as_expert, "confirmation", key, confirmation, YG_REVISION_ANY,
				   NULL);
	else if (fault.msg[0])
		rc = conflict_of(&fault, ret_conflict);
	if (rc == YG_EACCES) { /* invited to another assessment */
		*ret_conflict = "not-invited";
		rc = YG_OK;
	}
	json_decref(confirmation);
	(void)yg_access_free(as_expert);
	return rc;
}

/* One confirmation that came back; *ret_conflict a reason when it cannot be taken. */
static int take_back(struct yg_assess *assess, const json_t *document, const char **ret_conflict)
{
	const char *key = json_string_value(json_object_get(document, "key"));
	const json_t *body = json_object_get(document, "body");
	const char *criterion = strchr(key, '/');
	struct yg_bytes expert = yg_json_text(json_object_get(body, "expert"), "id");
	char expert_id[YG_ASSESS_ID_MAX];
	uint32_t index = 0;
	char basis[65];
	int rc;

	*ret_conflict = NULL;
	if (!criterion || !yg_assess_node(assess, yg_bytes_str(criterion + 1), &index)) {
		*ret_conflict = "unknown-criterion";
		return YG_OK;
	}
	rc = yg_assess_basis(assess, index, basis);
	if (rc != YG_OK)
		return rc;
	if (!yg_bytes_eq(yg_json_text(body, "basis"), yg_bytes_str(basis))) {
		*ret_conflict = "basis-changed";
		return YG_OK;
	}
	if (expert.size == 0 || expert.size >= sizeof(expert_id)) {
		*ret_conflict = "not-invited";
		return YG_OK;
	}
	(void)snprintf(expert_id, sizeof(expert_id), "%.*s", YG_FMT(expert)); /* fits: checked */
	return put_back(assess, expert_id, key, body, index, ret_conflict);
}

static bool is_same(const struct yg_assess *assess, const json_t *document)
{
	const char *key = json_string_value(json_object_get(document, "key"));
	const char *criterion = strchr(key, '/');
	uint32_t index = 0;
	json_t *mine;
	bool same;

	if (!criterion || !yg_assess_node(assess, yg_bytes_str(criterion + 1), &index) ||
	    !assess->docs[index].confirmation)
		return false;
	mine = json_copy(assess->docs[index].confirmation);
	(void)json_object_del(mine, "revision");
	same = json_equal(mine, json_object_get(document, "body")) == 1;
	json_decref(mine);
	return same;
}

static int merge(struct yg_assess *assess, const json_t *file, json_t *conflicts,
		 uint32_t *ret_count)
{
	const json_t *documents = json_object_get(file, "documents");
	json_t *document;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)documents, i, document)
	{
		const char *kind = json_string_value(json_object_get(document, "kind"));
		const char *conflict;
		const char *name;
		int rc;

		if (strcmp(kind, "confirmation") != 0 || is_same(assess, document))
			continue;
		name = strchr(json_string_value(json_object_get(document, "key")), '/');
		rc = take_back(assess, document, &conflict);
		if (rc != YG_OK)
			return rc;
		if (!conflict)
			(*ret_count)++;
		else if (json_array_append_new(conflicts, json_pack("{s:s, s:s}", "criterion",
								    name ? name + 1 : "", "reason",
								    conflict)) != 0)
			return YG_ENOMEM;
	}
	return YG_OK;
}

/* Within the transaction that is open. *ret_assess: opened, also where something is refused. */
static int import_into(struct yg_access *access, const struct yg_assess_ports *ports,
		       const json_t *file, const char *urn, struct yg_assess **ret_assess,
		       json_t **ret, struct yg_line_fault *reterr)
{
	const char *id = json_string_value(json_object_get(file, "assessment"));
	json_t *conflicts = json_array();
	uint32_t count = 0;
	bool is_new = false;
	int rc = conflicts ? yg_assess_open(access, ports, id, ret_assess) : YG_ENOMEM;

	if (rc == YG_ENOENT) {
		is_new = true;
		rc = import_whole(access, file, yg_bytes_str(urn), reterr);
		if (rc == YG_OK)
			rc = yg_assess_open(access, ports, id, ret_assess);
		if (rc == YG_ENOENT || (rc == YG_EFORMAT && !reterr->msg[0]))
			rc = bad_file(reterr,
				      "its head is missing or names no level of the framework");
	}
	if (rc == YG_OK && !yg_bytes_eq(yg_json_text(file, "framework_sha256"),
					yg_bytes_str((*ret_assess)->framework_sha256)))
		rc = yg_line_fault_set(reterr, YG_EINVAL, 0,
				       "other-framework: the file is about another framework file");
	if (rc == YG_OK) /* also into a new one: the confirmations that were there travel along */
		rc = merge(*ret_assess, file, conflicts, &count);
	if (rc == YG_OK) {
		*ret = json_pack("{s:s, s:b, s:i, s:O}", "assessment", id, "new", (int)is_new,
				 "confirmations", (int)count, "conflicts", conflicts);
		rc = *ret ? YG_OK : YG_ENOMEM;
	}
	json_decref(conflicts);
	return rc;
}

/* All of it or nothing. */
static int import_in_one(struct yg_access *access, const struct yg_assess_ports *ports,
			 const json_t *file, const char *urn, json_t **ret,
			 struct yg_line_fault *reterr)
{
	struct yg_assess *assess = NULL;
	int rc = yg_access_begin(access);

	*ret = NULL;
	if (rc != YG_OK)
		return rc;
	rc = import_into(access, ports, file, urn, &assess, ret, reterr);
	(void)yg_assess_free(assess);
	if (rc == YG_OK)
		rc = yg_access_commit(access);
	else
		yg_access_abort(access);
	if (rc != YG_OK) {
		json_decref(*ret);
		*ret = NULL;
	}
	return rc;
}

int yg_assess_import(struct yg_access *access, const struct yg_assess_ports *ports,
		     struct yg_bytes bytes, json_t **ret, struct yg_line_fault *reterr)
{
	struct yg_fault fault;
	json_t *file = NULL;
	char urn[KEY_MAX] = "";
	int rc;

	*reterr = (struct yg_line_fault){0};
	rc = yg_json_load(bytes, EXCHANGE_BYTES_MAX, &file, &fault);
	if (rc == YG_EFORMAT || rc == YG_ELIMIT)
		return yg_line_fault_set(reterr, (enum yg_err)rc, 0,
					 "bad-exchange: %s (at byte %zu)", fault.msg, fault.pos);
	if (rc == YG_OK)
		rc = check_file(file, ports, urn, reterr);
	if (rc == YG_OK)
		rc = import_in_one(access, ports, file, urn, ret, reterr);
	json_decref(file);
	return rc;
}
