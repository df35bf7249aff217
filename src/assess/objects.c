/* SPDX-License-Identifier: Apache-2.0 */
/* Scope, disputes, confirmations, experts, technical results, official results, the head. */
#include "assess/assess-int.h"
#include "base/crypt.h"

#include "base/ban.h"

#define SCOPE_ENTRIES_MAX 500u
#define PEOPLE_MAX	  10000000

static int future(struct yg_line_fault *reterr)
{
	return yg_line_fault_set(reterr, YG_EINVAL, 0,
				 "future-day: the day lies in the future (is the clock right?)");
}

static int no_criterion(struct yg_bytes criterion, struct yg_line_fault *reterr)
{
	return yg_line_fault_set(reterr, YG_ENOENT, 0, "unknown-criterion: \"%.*s\"",
				 criterion.size > 60 ? 60 : (int)criterion.size,
				 criterion.data ? (const char *)criterion.data : "");
}

/* ---- scope ---- */

/* What an entry of each list of the scope may hold. */
static const struct {
	const char *list;
	const char *texts[4]; /* the first is needed */
	bool has_people;
} scope_lists[] = {
	{"companies", {"name", "note"}, false},	    {"sites", {"name", "note"}, true},
	{"networks", {"name", "note"}, false},	    {"clouds", {"name", "use", "note"}, false},
	{"out", {"name", "why", "touches"}, false},
};

static int take_people(const json_t *in, json_t *entry, struct yg_line_fault *reterr)
{
	const json_t *given = json_object_get(in, "people");
	int64_t people = yg_json_int(in, "people", 0);

	if (people < 0 || people > PEOPLE_MAX ||
	    (given && !json_is_integer(given) && !json_is_null(given)))
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "bad-request: people must be a whole number");
	return yg_json_set(entry, "people", json_integer(people));
}

static int take_scope_entry(const json_t *in, size_t kind, json_t *list,
			    struct yg_line_fault *reterr)
{
	json_t *entry = json_object();
	int rc = entry ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK && !json_is_object(in))
		rc = yg_line_fault_set(reterr, YG_EINVAL, 0,
				       "bad-request: entries of %s must be objects",
				       scope_lists[kind].list);
	for (size_t i = 0; i < 4 && scope_lists[kind].texts[i] && rc == YG_OK; i++)
		rc = yg_in_text(in, scope_lists[kind].texts[i],
				i == 0 ? TEXT_SHORT_MAX : YG_ASSESS_REASON_MAX, i == 0, entry,
				reterr);
	if (rc == YG_OK && scope_lists[kind].has_people)
		rc = take_people(in, entry, reterr);
	if (rc == YG_OK)
		return json_array_append_new(list, entry) == 0 ? YG_OK : YG_ENOMEM;
	json_decref(entry);
	return rc;
}

static int take_scope_list(const json_t *in, size_t kind, json_t *to, struct yg_line_fault *reterr)
{
	const json_t *entries = json_object_get(in, scope_lists[kind].list);
	json_t *list = json_array();
	json_t *entry;
	size_t i;
	int rc = list ? YG_OK : YG_ENOMEM;

	if (entries && (!json_is_array(entries) || json_array_size(entries) > SCOPE_ENTRIES_MAX))
		rc = yg_line_fault_set(reterr, YG_EINVAL, 0,
				       "bad-request: %s must be a list of at most %u",
				       scope_lists[kind].list, SCOPE_ENTRIES_MAX);
	json_array_foreach((json_t *)(uintptr_t)entries, i, entry)
	{
		if (rc == YG_OK)
			rc = take_scope_entry(entry, kind, list, reterr);
	}
	if (rc == YG_OK)
		return yg_json_set(to, scope_lists[kind].list, list);
	json_decref(list);
	return rc;
}

int yg_assess_put_scope(struct yg_assess *assess, const json_t *in, uint32_t expected, json_t **ret,
			struct yg_line_fault *reterr)
{
	static const char *const keys[] = {"revision", "date", "companies", "sites", "networks",
					   "clouds",   "out",  "note",	    NULL};
	json_t *to = json_object();
	int rc = to ? yg_assess_refresh(assess) : YG_ENOMEM;

	*reterr = (struct yg_line_fault){0};
	if (rc == YG_OK)
		rc = yg_in_keys(in, keys, reterr);
	if (rc == YG_OK)
		rc = yg_in_day(in, "date", assess->day, to, reterr);
	for (size_t i = 0; i < sizeof(scope_lists) / sizeof(scope_lists[0]) && rc == YG_OK; i++)
		rc = take_scope_list(in, i, to, reterr);
	if (rc == YG_OK)
		rc = yg_in_text(in, "note", YG_ASSESS_REASON_MAX, false, to, reterr);
	if (rc == YG_OK && yg_json_day(to, "date") > assess->day)
		rc = future(reterr);
	if (rc == YG_OK)
		rc = yg_access_put(assess->access, "scope", assess->id, to, expected, NULL);
	json_decref(to);
	return rc == YG_OK && ret ? yg_assess_json_scope(assess, ret) : rc;
}

int yg_assess_json_scope(struct yg_assess *assess, json_t **ret)
{
	int rc = yg_assess_refresh(assess);

	if (rc != YG_OK)
		return rc;
	*ret = assess->scope ? json_deep_copy(assess->scope)
			     : json_pack("{s:i, s:n, s:[], s:[], s:[], s:[], s:[], s:s}",
					 "revision", 0, "date", "companies", "sites", "networks",
					 "clouds", "out", "note", "");
	return *ret ? YG_OK : YG_ENOMEM;
}

/* ---- disputes and confirmations: one document a criterion ---- */

static int put_node_doc(struct yg_assess *assess, const char *kind,
			const struct yg_framework_node *node, const json_t *object,
			uint32_t expected)
{
	char key[KEY_MAX];

	if (!yg_assess_key(assess, node->ref_id, key))
		return YG_EINVAL;
	return yg_access_put(assess->access, kind, key, object, expected, NULL);
}

static int add_by(struct yg_assess *assess, json_t *to)
{
	int rc = yg_json_set(to, "by", json_string(yg_access_actor(assess->access)));

	return rc == YG_OK ? yg_json_set(to, "date", yg_day_json(assess->day)) : rc;
}

int yg_assess_put_dispute(struct yg_assess *assess, struct yg_bytes criterion, const json_t *in,
			  uint32_t expected, struct yg_line_fault *reterr)
{
	static const char *const keys[] = {"choice", "reason", "by", "date", "revision", NULL};
	static const char *const choices[] = {"open", "observation_wrong", "answer_wrong", NULL};
	const struct yg_framework_node *node;
	json_t *to = json_object();
	int rc = to ? yg_assess_refresh(assess) : YG_ENOMEM;

	*reterr = (struct yg_line_fault){0};
	node = rc == YG_OK ? yg_assess_node(assess, criterion, NULL) : NULL;
	if (rc == YG_OK && !node)
		rc = no_criterion(criterion, reterr);
	if (rc == YG_OK)
		rc = yg_in_keys(in, keys, reterr);
	if (rc == YG_OK)
		rc = yg_in_word(in, "choice", choices, to, reterr);
	if (rc == YG_OK)
		rc = yg_in_text(in, "reason", YG_ASSESS_REASON_MAX,
				yg_bytes_eq(yg_json_text(to, "choice"), YG_S("observation_wrong")),
				to, reterr);
	if (rc == YG_OK)
		rc = add_by(assess, to);
	if (rc == YG_OK)
		rc = put_node_doc(assess, "dispute", node, to, expected);
	json_decref(to);
	return rc;
}

/* Who confirms: the id of the expert this access acts as, or NULL. */
static const char *acting_expert(const struct yg_assess *assess)
{
	const char *actor = yg_access_actor(assess->access);

	return strncmp(actor, "expert:", 7) == 0 ? actor + 7 : NULL;
}

/* The expert as this file knows them: nobody says of themselves what they are. */
static int add_expert(const json_t *expert, json_t *to)
{
	static const char *const kept_keys[] = {
		"id",		"name", "qualification", "registration",
		"organisation", "role", "independent",	 NULL};
	json_t *who = json_object();
	int rc = who ? YG_OK : YG_ENOMEM;

	for (size_t i = 0; kept_keys[i] && rc == YG_OK; i++) {
		json_t *value = json_object_get(expert, kept_keys[i]);

		if (value && json_object_set(who, kept_keys[i], value) != 0)
			rc = YG_ENOMEM;
	}
	if (rc == YG_OK)
		return yg_json_set(to, "expert", who);
	json_decref(who);
	return rc;
}

static int take_confirmation(struct yg_assess *assess, const char *expert_id, const json_t *in,
			     uint32_t index, json_t *to, struct yg_line_fault *reterr)
{
	static const char *const decisions[] = {"confirmed", "returned", NULL};
	static const char *const ways[] = {"document", "interview", "observation",
					   "sample",   "other",	    NULL};
	char actor[YG_ASSESS_ID_MAX + sizeof("expert:")];
	char basis[65];
	int rc = yg_in_word(in, "decision", decisions, to, reterr);

	(void)snprintf(actor, sizeof(actor), "expert:%s", expert_id); /* ids are shorter */
	if (rc == YG_OK)
		rc = add_expert(json_object_get(assess->experts, expert_id), to);
	if (rc == YG_OK)
		rc = yg_in_text(in, "advice", YG_ASSESS_REASON_MAX,
				yg_bytes_eq(yg_json_text(to, "decision"), YG_S("returned")), to,
				reterr);
	if (rc == YG_OK)
		rc = yg_in_text(in, "looked_at", YG_ASSESS_REASON_MAX,
				yg_bytes_eq(yg_json_text(to, "decision"), YG_S("confirmed")), to,
				reterr);
	if (rc == YG_OK)
		rc = yg_in_word(in, "how", ways, to, reterr);
	if (rc == YG_OK)
		rc = yg_assess_basis(assess, index, basis);
	if (rc == YG_OK)
		rc = yg_json_set(to, "basis", json_string(basis));
	if (rc == YG_OK)
		rc = yg_json_set(to, "by", json_string(actor));
	return rc;
}

/* May this expert confirm criterion @index on @day? */
static int check_confirmation(const struct yg_assess *assess, const json_t *expert,
			      const json_t *in, uint32_t index, int32_t day,
			      struct yg_line_fault *reterr)
{
	bool is_returned = yg_bytes_eq(yg_json_text(in, "decision"), YG_S("returned"));
	int32_t expires = yg_json_day(expert, "registration_expires");
	enum yg_answer_state state = YG_ANSWER_OPEN;

	if (!expert)
		return yg_line_fault_set(reterr, YG_EACCES, 0,
					 "not-allowed: only an invited expert confirms or returns");
	if (day > assess->day)
		return future(reterr);
	if (is_returned)
		return YG_OK;
	if (yg_assess_is_practice(assess))
		return yg_line_fault_set(
			reterr, YG_EUNSUPPORTED, 0,
			"practice: confirming needs the official wording; import it first");
	if (expires != YG_DAY_NONE && expires < day)
		return yg_line_fault_set(
			reterr, YG_EACCES, 0,
			"registration-expired: the expert's registration has expired");
	(void)yg_answer_state_by_name(yg_json_text(assess->docs[index].answer, "state"), &state);
	if (state != YG_ANSWER_MET && state != YG_ANSWER_NA)
		return yg_line_fault_set(
			reterr, YG_EINVAL, 0,
			"not-declared: only an answer met or not applicable can be confirmed");
	return YG_OK;
}

int yg_assess_confirmation_of(struct yg_assess *assess, const char *expert_id, const json_t *in,
			      uint32_t index, json_t **ret, struct yg_line_fault *reterr)
{
	const json_t *expert = expert_id ? json_object_get(assess->experts, expert_id) : NULL;
	int32_t day = yg_json_day(in, "date");
	json_t *to = json_object();
	int rc = to ? YG_OK : YG_ENOMEM;

	if (day == YG_DAY_NONE)
		day = assess->day;
	if (rc == YG_OK)
		rc = check_confirmation(assess, expert, in, index, day, reterr);
	if (rc == YG_OK)
		rc = take_confirmation(assess, expert_id, in, index, to, reterr);
	if (rc == YG_OK)
		rc = yg_json_set(to, "date", yg_day_json(day));
	if (rc == YG_OK)
		*ret = to;
	else
		json_decref(to);
	return rc;
}

int yg_assess_put_confirmation(struct yg_assess *assess, struct yg_bytes criterion,
			       const json_t *in, uint32_t expected, struct yg_line_fault *reterr)
{
	static const char *const keys[] = {"decision", "advice",   "looked_at", "how",
					   "date",     "expert",   "basis",	"state",
					   "by",       "revision", NULL};
	const struct yg_framework_node *node;
	json_t *now = json_copy((json_t *)(uintptr_t)in);
	json_t *to = NULL;
	uint32_t index = 0;
	int rc = now ? yg_assess_refresh(assess) : YG_ENOMEM;

	*reterr = (struct yg_line_fault){0};
	node = rc == YG_OK ? yg_assess_node(assess, criterion, &index) : NULL;
	if (rc == YG_OK && !node)
		rc = no_criterion(criterion, reterr);
	if (rc == YG_OK)
		rc = yg_in_keys(in, keys, reterr);
	(void)json_object_del(now, "date"); /* it is said today, whatever day it names */
	if (rc == YG_OK)
		rc = yg_assess_confirmation_of(assess, acting_expert(assess), now, index, &to,
					       reterr);
	if (rc == YG_OK)
		rc = put_node_doc(assess, "confirmation", node, to, expected);
	json_decref(now);
	json_decref(to);
	return rc;
}

/* ---- experts, technical results, official results: lists of simple objects ---- */

static int take_expert(struct yg_assess *assess, const json_t *in, json_t *to,
		       struct yg_line_fault *reterr)
{
	static const char *const keys[] = {"id",
					   "role",
					   "name",
					   "organisation",
					   "qualification",
					   "registration",
					   "registration_expires",
					   "independent",
					   "independence_note",
					   "invited",
					   "until",
					   "ended",
					   "revision",
					   NULL};
	static const char *const roles[] = {"expert", "assessor", NULL};
	static const struct in_field fields[] = {
		{"role", IN_WORD, false, roles},
		{"name", IN_TEXT, true, NULL},
		{"organisation", IN_TEXT, false, NULL},
		{"qualification", IN_TEXT, true, NULL},
		{"registration", IN_TEXT, false, NULL},
		{"registration_expires", IN_DAY, false, NULL},
		{"independent", IN_NO, false, NULL},
		{"independence_note", IN_LONG, false, NULL},
		{"invited", IN_TODAY, false, NULL},
		{"until", IN_DAY, false, NULL},
		{"ended", IN_NO, false, NULL},
		{0},
	};
	int rc = yg_in_keys(in, keys, reterr);

	if (rc == YG_OK)
		rc = yg_in_fields(in, fields, assess->day, to, reterr);
	if (rc == YG_OK && yg_json_day(to, "until") == YG_DAY_NONE)
		rc = yg_line_fault_set(reterr, YG_EINVAL, 0,
				       "until-needed: an invitation needs a last day (until)");
	return rc;
}

static int take_technical(struct yg_assess *assess, const json_t *in, json_t *to,
			  struct yg_line_fault *reterr)
{
	static const char *const keys[] = {"id",	"title",  "date",     "by",
					   "method",	"sample", "result",   "criteria",
					   "file_name", "sha256", "revision", NULL};
	static const struct in_field fields[] = {
		{"title", IN_TEXT, true, NULL},	     {"date", IN_PAST_DAY, false, NULL},
		{"by", IN_TEXT, false, NULL},	     {"method", IN_LONG, false, NULL},
		{"sample", IN_LONG, false, NULL},    {"result", IN_LONG, true, NULL},
		{"file_name", IN_TEXT, false, NULL}, {0},
	};
	const json_t *criteria = json_object_get(in, "criteria");
	int rc = yg_in_keys(in, keys, reterr);

	if (rc == YG_OK)
		rc = yg_in_fields(in, fields, assess->day, to, reterr);
	if (rc == YG_OK)
		rc = yg_in_text(in, "sha256", YG_SHA256_HEX, false, to, reterr);
	if (rc == YG_OK && criteria && !json_is_array(criteria))
		rc = yg_line_fault_set(reterr, YG_EINVAL, 0,
				       "bad-request: criteria must be a list");
	if (rc == YG_OK)
		rc = yg_json_set(to, "criteria",
				 criteria ? json_deep_copy(criteria) : json_array());
	return rc;
}

static int take_official_result(struct yg_assess *assess, const json_t *in, json_t *to,
				struct yg_line_fault *reterr)
{
	static const char *const keys[] = {"id",       "level",	 "number",     "valid_from",
					   "valid_to", "source", "checked_on", "days_left",
					   "revision", NULL};
	static const struct in_field fields[] = {
		{"level", IN_TEXT, true, NULL},
		{"number", IN_TEXT, true, NULL},
		{"valid_from", IN_DAY, false, NULL},
		{"valid_to", IN_DAY, false, NULL},
		{"source", IN_LONG, true, NULL},
		{"checked_on", IN_PAST_DAY, false, NULL},
		{0},
	};
	int rc = yg_in_keys(in, keys, reterr);

	if (rc == YG_OK)
		rc = yg_in_fields(in, fields, assess->day, to, reterr);
	if (rc == YG_OK && yg_json_day(to, "valid_to") != YG_DAY_NONE &&
	    yg_json_day(to, "valid_to") < yg_json_day(to, "valid_from"))
		rc = yg_line_fault_set(reterr, YG_EINVAL, 0,
				       "bad-day: valid_to lies before valid_from");
	return rc;
}

typedef int (*take_fn)(struct yg_assess *assess, const json_t *in, json_t *to,
		       struct yg_line_fault *reterr);

struct simple_kind {
	const char *kind;
	take_fn take;
	json_t *const *objects; /* where the loaded ones are */
};

int yg_assess_place(const struct yg_assess *assess, const json_t *objects, const char *id,
		    uint32_t most, struct place *ret, struct yg_line_fault *reterr)
{
	ret->is_new = !id;
	if (id && (!json_object_get(objects, id) || strlen(id) >= sizeof(ret->id)))
		return YG_ENOENT;
	if (!id && json_object_size(objects) >= most)
		return yg_line_fault_set(reterr, YG_ELIMIT, 0, "too-many: more than %u", most);
	if (id)
		(void)snprintf(ret->id, sizeof(ret->id), "%s", id); /* fits: checked */
	else
		yg_random_id(yg_access_now(assess->access), ret->id);
	return yg_assess_key(assess, yg_bytes_str(ret->id), ret->key) ? YG_OK : YG_ENOENT;
}

static int put_simple(struct yg_assess *assess, const struct simple_kind *kind, const char *id,
		      const json_t *in, uint32_t expected, json_t **ret,
		      struct yg_line_fault *reterr)
{
	struct place place;
	json_t *to = json_object();
	int rc = to ? yg_assess_refresh(assess) : YG_ENOMEM;

	*reterr = (struct yg_line_fault){0};
	if (rc == YG_OK)
		rc = yg_assess_place(assess, *kind->objects, id, SIMPLE_OBJECTS_MAX, &place,
				     reterr);
	if (rc == YG_OK)
		rc = kind->take(assess, in, to, reterr);
	if (rc == YG_OK)
		rc = yg_access_put(assess->access, kind->kind, place.key, to,
				   place.is_new ? YG_REVISION_NONE : expected, NULL);
	json_decref(to);
	if (rc == YG_OK)
		rc = yg_assess_refresh(assess);
	if (rc != YG_OK || !ret)
		return rc;
	*ret = json_deep_copy(json_object_get(*kind->objects, place.id));
	return *ret ? YG_OK : YG_ENOMEM;
}

int yg_assess_put_expert(struct yg_assess *assess, const char *id, const json_t *in,
			 uint32_t expected, json_t **ret, struct yg_line_fault *reterr)
{
	struct simple_kind kind = {"expert", take_expert, &assess->experts};

	return put_simple(assess, &kind, id, in, expected, ret, reterr);
}

int yg_assess_put_technical(struct yg_assess *assess, const char *id, const json_t *in,
			    uint32_t expected, json_t **ret, struct yg_line_fault *reterr)
{
	struct simple_kind kind = {"technical", take_technical, &assess->technical};

	return put_simple(assess, &kind, id, in, expected, ret, reterr);
}

int yg_assess_put_official_result(struct yg_assess *assess, const char *id, const json_t *in,
				  uint32_t expected, json_t **ret, struct yg_line_fault *reterr)
{
	struct simple_kind kind = {"official_result", take_official_result,
				   &assess->official_results};

	return put_simple(assess, &kind, id, in, expected, ret, reterr);
}

/* ---- the head ---- */

static bool is_text_or_none(const json_t *value)
{
	return !value || json_is_null(value) || json_is_string(value);
}

/* Name and number of the firm, as far as they are given. */
static int take_organisation(const json_t *in, json_t *to, struct yg_line_fault *reterr)
{
	static const char *const keys[] = {"name", "corporate_number", NULL};
	struct yg_bytes number = yg_json_text(in, "corporate_number");
	int rc = yg_in_keys(in, keys, reterr);

	if (rc == YG_OK && (!is_text_or_none(json_object_get(in, "name")) ||
			    yg_json_text(in, "name").size > TEXT_SHORT_MAX))
		rc = yg_line_fault_set(
			reterr, YG_EINVAL, 0,
			"bad-request: the organisation's name must be a text of at most "
			"%u bytes",
			TEXT_SHORT_MAX);
	if (rc == YG_OK && json_object_get(in, "name"))
		rc = yg_json_set(to, "organisation", yg_json_string(yg_json_text(in, "name")));
	if (rc != YG_OK || !json_object_get(in, "corporate_number"))
		return rc;
	if (number.size && !yg_is_corporate_number(number))
		return yg_line_fault_set(
			reterr, YG_EINVAL, 0,
			"bad-corporate-number: 13 digits whose check digit agrees");
	return yg_json_set(to, "corporate_number", yg_json_string(number));
}

static int take_head(const struct yg_assess *assess, const json_t *in, json_t *to,
		     struct yg_line_fault *reterr)
{
	static const char *const keys[] = {"level", "organisation", NULL};
	const json_t *organisation = json_object_get(in, "organisation");
	struct yg_bytes level = yg_json_text(in, "level");
	int rc = yg_in_keys(in, keys, reterr);

	(void)json_object_del(to, "revision"); /* the store's own */
	if (rc == YG_OK && !is_text_or_none(json_object_get(in, "level")))
		rc = yg_line_fault_set(reterr, YG_EINVAL, 0,
				       "bad-request: level must be the name of a level");
	if (rc == YG_OK && level.size &&
	    yg_framework_level(assess->framework, level) == YG_NODE_NONE)
		rc = yg_line_fault_set(reterr, YG_EINVAL, 0,
				       "unknown-level: the framework has no such level");
	if (rc == YG_OK && level.size)
		rc = yg_json_set(to, "level", yg_json_string(level));
	return rc == YG_OK && organisation ? take_organisation(organisation, to, reterr) : rc;
}

int yg_assess_put_head(struct yg_assess *assess, const json_t *in, uint32_t expected,
		       struct yg_line_fault *reterr)
{
	json_t *to = NULL;
	int rc = yg_assess_refresh(assess);

	*reterr = (struct yg_line_fault){0};
	if (rc == YG_OK) {
		to = json_copy(assess->head);
		rc = to ? take_head(assess, in, to, reterr) : YG_ENOMEM;
	}
	if (rc == YG_OK)
		rc = yg_access_put(assess->access, "assessment", assess->id, to, expected, NULL);
	json_decref(to);
	return rc;
}
