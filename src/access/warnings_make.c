/* SPDX-License-Identifier: Apache-2.0 */
/* A plan: the community as it is, who is to be warned, and the texts they would get. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/warnings-int.h"

#include "access/members.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/hash.h"

#include "base/ban.h"

#define ARENA_MAX  (1u << 30)
#define CODE_RANGE 100000000u /* eight digits */

/* ---- the community, as the register has it ---- */

struct reading {
	struct yg_hub_access *hub;
	struct yg_arena *arena;
	struct yg_member *members;
	uint32_t member_count;
	uint32_t member_room;
	struct link {
		struct yg_relation relation;
		bool is_seen;
	} * links;
	uint32_t link_count;
	uint32_t link_room;
	struct yg_community community;
};

static bool dup(struct reading *r, const json_t *body, const char *key, struct yg_bytes *to)
{
	return yg_arena_dup(r->arena, yg_json_text(body, key), to);
}

static int add_org(void *arg, struct yg_bytes key, const json_t *body)
{
	struct reading *r = arg;
	struct yg_member *one;

	if (!json_is_null(json_object_get(body, "closed")) && json_object_get(body, "closed"))
		return YG_OK;
	if (r->member_count == r->member_room) {
		uint32_t room = r->member_room ? 2 * r->member_room : 256;
		struct yg_member *more = room <= 2 * YG_MEMBERS_MAX
						 ? yg_reallocarray(r->members, room, sizeof(*more))
						 : NULL;

		if (!more)
			return YG_ENOMEM;
		r->members = more;
		r->member_room = room;
	}
	one = &r->members[r->member_count++];
	*one = (struct yg_member){0};
	return yg_arena_dup(r->arena, key, &one->id) && dup(r, body, "name", &one->name_ja)
		       ? YG_OK
		       : YG_ENOMEM;
}

static int add_profile(void *arg, struct yg_bytes key, const json_t *body)
{
	struct reading *r = arg;
	uint32_t at = yg_community_find(&r->community, key);
	struct yg_member *one;

	if (at == YG_MEMBER_NONE)
		return YG_OK;
	one = &r->members[at];
	return dup(r, body, "sector", &one->sector) && dup(r, body, "provider", &one->provider)
		       ? YG_OK
		       : YG_ENOMEM;
}

static int add_supply(void *arg, const struct yg_supply *supply, const char *place)
{
	struct reading *r = arg;
	struct link one = {.is_seen = yg_supply_is_seen(supply)};

	(void)place;
	one.relation.supplier = yg_community_find(&r->community, yg_bytes_str(supply->supplier));
	one.relation.buyer = yg_community_find(&r->community, yg_bytes_str(supply->buyer));
	if (one.relation.supplier == YG_MEMBER_NONE || one.relation.buyer == YG_MEMBER_NONE)
		return YG_OK; /* who is not here gets nothing from here */
	one.relation.answers = supply->answers;
	one.relation.naming = (uint8_t)supply->naming;
	if (r->link_count == r->link_room) {
		uint32_t room = r->link_room ? 2 * r->link_room : 256;
		struct link *more = room <= 2 * YG_RELATIONS_MAX
					    ? yg_reallocarray(r->links, room, sizeof(*more))
					    : NULL;

		if (!more)
			return YG_ENOMEM;
		r->links = more;
		r->link_room = room;
	}
	r->links[r->link_count++] = one;
	return YG_OK;
}

static int by_pair(const void *a, const void *b)
{
	const struct yg_relation *x = &((const struct link *)a)->relation;
	const struct yg_relation *y = &((const struct link *)b)->relation;

	if (x->supplier != y->supplier)
		return x->supplier < y->supplier ? -1 : 1;
	return x->buyer < y->buyer ? -1 : x->buyer > y->buyer;
}

static int finish_links(struct reading *r, uint8_t **ret_seen)
{
	struct yg_relation *relations =
		yg_arena_zalloc(r->arena, (r->link_count + 1u) * sizeof(*relations));
	uint8_t *seen = yg_arena_zalloc(r->arena, r->link_count + 1u);
	struct yg_member *members =
		yg_arena_zalloc(r->arena, (r->member_count + 1u) * sizeof(*members));

	if (!relations || !seen || !members)
		return YG_ENOMEM;
	if (r->link_count > 1)
		qsort(r->links, r->link_count, sizeof(*r->links), by_pair);
	for (uint32_t i = 0; i < r->link_count; i++) {
		relations[i] = r->links[i].relation;
		seen[i] = r->links[i].is_seen;
	}
	if (r->member_count)
		memcpy(members, r->members, r->member_count * sizeof(*members));
	r->community = (struct yg_community){members, r->member_count, relations, r->link_count};
	*ret_seen = seen;
	return YG_OK;
}

int yg_warn_community(struct yg_hub_access *hub, struct yg_arena *arena, struct yg_community *ret,
		      uint8_t **ret_seen)
{
	struct reading r = {.hub = hub, .arena = arena};
	int rc = yg_hub_each(hub, YG_HUB_ORG, "org", "", "", 0, add_org, &r);

	r.community = (struct yg_community){.members = r.members, .member_count = r.member_count};
	if (rc == YG_OK)
		rc = yg_hub_each(hub, YG_HUB_REGISTER, "member", "", "", 0, add_profile, &r);
	if (rc == YG_OK)
		rc = yg_supply_each_confirmed(hub, add_supply, &r);
	if (rc == YG_OK)
		rc = finish_links(&r, ret_seen);
	*ret = r.community;
	free(r.members);
	free(r.links);
	return rc;
}

/* ---- texts ---- */

void yg_warn_variant_of(const char *plan, const json_t *body, const json_t *warning,
			enum yg_outlet outlet, struct yg_warn_variant *ret)
{
	*ret = (struct yg_warn_variant){.plan = plan,
					.body = body,
					.rule = (uint32_t)yg_json_int(warning, "rule", 0),
					.audience = YG_AUDIENCE_SECTOR,
					.agreed = YG_AGREED_NAMELESS,
					.outlet = outlet};
	/* Words of our own; what is not understood gets least. */
	if (yg_bytes_eq(yg_json_text(warning, "audience"), YG_S("own")))
		ret->audience = YG_AUDIENCE_OWN;
	else
		(void)yg_audience_by_name(yg_json_text(warning, "audience"), &ret->audience);
	(void)yg_tlp_by_name(yg_json_text(warning, "rule_tlp"), &ret->tlp);
	if (json_is_true(json_object_get(warning, "named")))
		ret->agreed = YG_AGREED_NAMED;
}

static bool has_damage(const json_t *plan)
{
	const json_t *answer = json_object_get(plan, "answer");

	return json_is_true(json_object_get(plan, "damage_agreed")) ||
	       json_is_true(json_object_get(answer, "damage"));
}

static int release(const struct yg_warn_variant *v, struct yg_own *own, struct yg_released *ret)
{
	struct yg_release_ask ask = {.kind = "notice",
				     .audience = v->audience,
				     .outlet = v->outlet,
				     .agreed = v->agreed,
				     .has_damage_consent = has_damage(v->body),
				     .use = YG_USE_MATCH,
				     .own = own};
	json_t *notice = json_copy(json_object_get(v->body, "notice"));
	enum yg_tlp tlp = v->tlp, wish = YG_TLP_NONE;
	int rc = notice ? YG_OK : YG_ENOMEM;

	ask.is_named_person = v->outlet == YG_OUTLET_CONSOLE || v->outlet == YG_OUTLET_PHONE ||
			      v->outlet == YG_OUTLET_PRINT;
	if (yg_tlp_by_name(yg_json_text(v->body, "tlp"), &wish) && wish > tlp)
		tlp = wish;
	if (rc == YG_OK)
		rc = yg_json_set(notice, "tlp", json_string(yg_tlp_name(tlp)));
	if (rc == YG_OK && v->audience == YG_AUDIENCE_OWN &&
	    yg_bytes_eq(yg_json_text(notice, "kind"), YG_S("warning")))
		rc = yg_json_set(notice, "kind", json_string("victim"));
	if (rc == YG_OK)
		rc = yg_release(&ask, notice, ret);
	json_decref(notice);
	return rc == YG_EACCES ? YG_OK : rc;
}

static json_t *text_doc(const struct yg_warn_variant *v, struct yg_released *released)
{
	json_t *doc = json_pack(
		"{s:I, s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:b, s:s}", "rule", (json_int_t)v->rule,
		"agreed", yg_agreed_name(v->agreed), "outlet", yg_outlet_name(v->outlet), "refusal",
		yg_refusal_name(released->refusal), "tlp", yg_tlp_name(released->tlp), "named",
		(int)released->is_named, "copy",
		released->copy ? json_incref(released->copy) : json_null(), "marks",
		released->marks ? json_incref(released->marks) : json_null(), "damage",
		(int)has_damage(v->body), "audience", yg_audience_name(v->audience));

	return doc;
}

int yg_warn_text(struct yg_hub_access *hub, const char *actor, const struct yg_warn_variant *v,
		 json_t **ret)
{
	struct yg_released released = {0};
	struct yg_line_fault fault = {.msg = ""};
	struct yg_own *own = NULL;
	char key[YG_HUB_KEY_MAX];
	int rc;

	(void)snprintf(key, sizeof(key), "%s/%u-%s-%s-%s", v->plan, (unsigned)v->rule,
		       yg_agreed_name(v->agreed), has_damage(v->body) ? "damage" : "attack",
		       yg_outlet_name(v->outlet)); /* short words */
	rc = yg_warn_load(hub, "text", key, ret);
	if (rc != YG_ENOENT)
		return rc;
	if (json_is_true(json_object_get(v->body, "erased"))) {
		*ret = json_pack("{s:s, s:n, s:n}", "refusal", "erased", "copy", "marks");
		return *ret ? YG_OK : YG_ENOMEM;
	}
	own = yg_own_new();
	rc = own ? yg_own_read(own, json_object_get(v->body, "own"), &fault) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = release(v, own, &released);
	if (rc == YG_OK) {
		*ret = text_doc(v, &released);
		rc = *ret ? yg_warn_save(hub, actor, "text", key, json_incref(*ret)) : YG_ENOMEM;
	}
	yg_released_done(&released);
	(void)yg_own_free(own);
	return rc;
}

/* ---- the plan ---- */

int yg_warn_number(struct yg_hub_access *hub, const char *actor, char to[32])
{
	char year[16];
	json_t *body = NULL;
	int64_t last;
	int rc;

	(void)snprintf(year, sizeof(year), "%04u", yg_hub_year(hub)); /* four digits */
	rc = yg_warn_load(hub, "count", year, &body);
	last = yg_json_int(body, "last", 0);
	json_decref(body);
	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	(void)snprintf(to, 32, "%.10s-%04u", year, (unsigned)(last + 1) % 100000000u); /* it fits */
	return yg_warn_save(hub, actor, "count", year,
			    json_pack("{s:I}", "last", (json_int_t)last + 1));
}

struct making {
	struct yg_hub_access *hub;
	const char *actor;
	const struct yg_warn_wish *wish;
	const struct yg_community *community;
	const uint8_t *seen;
	json_t *plan;
	const char *id;
	const char *salt;
	uint32_t asks;
	char last[YG_WARN_ID_HEX + 1];
};

static json_t *path_json(const struct making *m, const struct yg_warn_planned *one)
{
	json_t *path = json_array();

	for (uint32_t i = 0; path && one->path && one->depth != UINT32_MAX && i <= one->depth; i++)
		if (json_array_append_new(
			    path, yg_json_string(m->community->members[one->path[i]].id)) != 0) {
			json_decref(path);
			path = NULL;
		}
	return path;
}

static bool is_open(const struct making *m, const struct yg_warn_planned *one)
{
	for (uint32_t i = 0; one->reason && one->depth != UINT32_MAX && i < one->depth; i++)
		if (!m->seen[one->reason[i]])
			return false;
	return true;
}

static json_t *receipts(json_t *warning)
{
	static const char *const empty[] = {"released",	    "delivered", "seen",
					    "acknowledged", "acted",	 "replaced",
					    "reminded",	    "escalated", "refusal"};

	for (size_t i = 0; warning && i < sizeof(empty) / sizeof(empty[0]); i++)
		if (yg_json_set(warning, empty[i], json_null()) != YG_OK) {
			json_decref(warning);
			return NULL;
		}
	if (warning && yg_json_set(warning, "calls", json_array()) == YG_OK)
		return warning;
	json_decref(warning);
	return NULL;
}

/* Eight digits that nobody can guess from the id. */
static void make_code(char to[16])
{
	uint32_t random;

	yg_random((uint8_t *)&random, sizeof(random));
	(void)snprintf(to, 16, "%08u", (unsigned)(random % CODE_RANGE));
}

static int add_planned(void *arg, const struct yg_warn_planned *one)
{
	struct making *m = arg;
	const struct yg_member *member = &m->community->members[one->member];
	char org[YG_ENROL_ID_MAX + 1];
	char code[16];
	json_t *warning;
	bool is_named = one->is_named && !m->wish->automatic;

	if (m->wish->automatic && strcmp(one->state, "ready") != 0)
		return YG_OK; /* it waits for a word that nobody asks for here */
	(void)snprintf(org, sizeof(org), "%.*s", YG_FMT(member->id)); /* an id fits */
	yg_warn_id(m->id, m->salt, org, m->last);
	make_code(code);
	warning = json_pack(
		"{s:s, s:s, s:I, s:o, s:o, s:s, s:s, s:b, s:I, s:s, s:s, s:s, s:b, s:s, s:o, s:o, "
		"s:s, s:s, s:o, s:b}",
		"plan", m->id, "org", org, "rule", (json_int_t)one->rule, "depth",
		one->depth == UINT32_MAX ? json_null() : json_integer(one->depth), "path",
		path_json(m, one), "rule_tlp", yg_tlp_name(one->tlp), "tlp", yg_tlp_name(one->tlp),
		"named", (int)is_named, "candidates", (json_int_t)one->candidates, "state",
		one->state, "redaction", one->redaction, "audience",
		yg_audience_name(one->audience), "open", (int)is_open(m, one), "code", code,
		"why_en", yg_json_string(one->why.en), "why_ja", yg_json_string(one->why.ja), "pap",
		json_string_value(json_object_get(m->wish->notice, "pap"))
			? json_string_value(json_object_get(m->wish->notice, "pap"))
			: "",
		"kind",
		strcmp(one->redaction, "whole") == 0	    ? "victim"
		: strcmp(one->redaction, "indicators") == 0 ? "indicators"
							    : "warning",
		"began", yg_warn_time(m->wish->began_ns), "automatic", m->wish->automatic != NULL);
	warning = receipts(warning);
	if (!warning)
		return YG_ENOMEM;
	if (yg_json_set(warning, "number", json_incref(json_object_get(m->plan, "number"))) !=
		    YG_OK ||
	    yg_json_set(warning, "refers", json_string("")) != YG_OK) {
		json_decref(warning);
		return YG_ENOMEM;
	}
	m->asks += strcmp(one->state, "ready") != 0;
	return yg_warn_save(m->hub, m->actor, "warning", m->last, warning);
}

/* What the gate says of each recipient's copy; who gets none is refused here, not at the end. */
static int settle_one(struct making *m, const char *id, json_t *warning)
{
	struct yg_warn_variant variant;
	json_t *text = NULL;
	int rc;

	yg_warn_variant_of(m->id, m->plan, warning, YG_OUTLET_CONSOLE, &variant);
	rc = yg_warn_text(m->hub, m->actor, &variant, &text);
	if (rc == YG_OK && yg_json_text(text, "refusal").size > 0) {
		rc = yg_json_set(warning, "refusal", json_incref(json_object_get(text, "refusal")));
		if (rc == YG_OK)
			rc = yg_json_set(warning, "state", json_string("refused"));
	} else if (rc == YG_OK) {
		rc = yg_json_set(warning, "tlp", json_incref(json_object_get(text, "tlp")));
	}
	if (rc == YG_OK)
		rc = yg_warn_save(m->hub, m->actor, "warning", id, json_incref(warning));
	json_decref(text);
	return rc;
}

struct kinds {
	struct {
		int64_t rule;
		bool is_named;
		char id[YG_WARN_ID_HEX + 1];
		json_t *warning;
		bool is_refused;
	} at[64];
	uint32_t count;
};

static int note_kind(void *arg, struct yg_bytes key, const json_t *body)
{
	struct kinds *kinds = arg;
	int64_t rule = yg_json_int(body, "rule", 0);
	bool is_named = json_is_true(json_object_get(body, "named"));

	for (uint32_t i = 0; i < kinds->count; i++)
		if (kinds->at[i].rule == rule && kinds->at[i].is_named == is_named)
			return YG_OK;
	if (kinds->count == 64)
		return YG_ELIMIT;
	kinds->at[kinds->count].rule = rule;
	kinds->at[kinds->count].is_named = is_named;
	kinds->at[kinds->count].warning = json_incref((json_t *)(uintptr_t)body);
	memcpy(kinds->at[kinds->count].id, key.data, YG_WARN_ID_HEX);
	kinds->count++;
	return YG_OK;
}

struct refusing {
	char (*ids)[YG_WARN_ID_HEX + 1];
	json_t **bodies;
	uint32_t count;
	uint32_t room;
	int64_t rule;
	bool is_named;
};

static int note_same(void *arg, struct yg_bytes key, const json_t *body)
{
	struct refusing *r = arg;

	if (yg_json_int(body, "rule", 0) != r->rule ||
	    json_is_true(json_object_get(body, "named")) != r->is_named)
		return YG_OK;
	if (r->count == r->room)
		return YG_EEND;
	memcpy(r->ids[r->count], key.data, YG_WARN_ID_HEX);
	r->ids[r->count][YG_WARN_ID_HEX] = '\0';
	r->bodies[r->count++] = json_incref((json_t *)(uintptr_t)body);
	return YG_OK;
}

/* All of a kind are refused: each is told so. */
static int refuse_kind(struct making *m, int64_t rule, bool is_named)
{
	struct refusing r = {.room = YG_MEMBERS_MAX, .rule = rule, .is_named = is_named};
	int rc;

	r.ids = yg_calloc(r.room, sizeof(*r.ids));
	r.bodies = yg_calloc(r.room, sizeof(*r.bodies));
	rc = r.ids && r.bodies
		     ? yg_hub_each(m->hub, YG_WARN_STORE, "warning", m->id, "", 0, note_same, &r)
		     : YG_ENOMEM;
	for (uint32_t i = 0; i < r.count; i++) {
		if (rc == YG_OK)
			rc = settle_one(m, r.ids[i], r.bodies[i]);
		json_decref(r.bodies[i]);
	}
	free(r.ids);
	free(r.bodies);
	return rc;
}

/* A text for each kind of recipient; where the gate refuses one, its recipients are refused. */
static int make_texts(struct making *m)
{
	struct kinds kinds = {0};
	int rc = yg_hub_each(m->hub, YG_WARN_STORE, "warning", m->id, "", 0, note_kind, &kinds);

	for (uint32_t i = 0; i < kinds.count; i++) {
		struct yg_warn_variant variant;
		json_t *text = NULL;

		yg_warn_variant_of(m->id, m->plan, kinds.at[i].warning, YG_OUTLET_CONSOLE,
				   &variant);
		if (rc == YG_OK)
			rc = yg_warn_text(m->hub, m->actor, &variant, &text);
		if (rc == YG_OK && (yg_json_text(text, "refusal").size > 0 ||
				    !yg_bytes_eq(yg_json_text(text, "tlp"),
						 yg_json_text(kinds.at[i].warning, "tlp"))))
			rc = refuse_kind(m, kinds.at[i].rule, kinds.at[i].is_named);
		json_decref(text);
		json_decref(kinds.at[i].warning);
	}
	return rc;
}

static int save_question(struct making *m, int64_t now_ns)
{
	char key[YG_HUB_KEY_MAX];
	int64_t due_ns = now_ns + m->wish->times.consent_s * YG_NS_PER_S;
	int rc;

	if (!yg_hub_key(key, m->wish->victim, m->id))
		return YG_EINVAL;
	rc = yg_json_set(m->plan, "question",
			 json_pack("{s:s, s:o, s:o}", "state", "asked", "asked",
				   yg_warn_time(now_ns), "due", yg_warn_time(due_ns)));
	if (rc == YG_OK)
		rc = yg_warn_save(m->hub, m->actor, "question", key,
				  json_pack("{s:s}", "plan", m->id));
	return rc == YG_OK ? yg_warn_timer(m->hub, m->actor, due_ns, m->id, "question") : rc;
}

static json_t *plan_json(const struct yg_warn_wish *wish, const char *number, const char *salt,
			 const char *actor, int64_t now_ns)
{
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:O, s:O, s:s, s:s, s:b, s:n, s:n, s:n, s:n, "
		"s:o, s:{s:I, s:I, s:I}, s:o}",
		"situation", wish->situation, "victim", wish->victim, "number", number, "refers",
		"", "state", "draft", "made", yg_warn_time(now_ns), "made_by", actor, "notice",
		wish->notice, "own", wish->own, "salt", salt, "tlp", yg_tlp_name(wish->tlp),
		"damage_agreed", (int)wish->is_damage_agreed, "question", "answer", "approved",
		"replaced", "began", yg_warn_time(wish->began_ns), "times", "consent_s",
		(json_int_t)wish->times.consent_s, "remind_s", (json_int_t)wish->times.remind_s,
		"escalate_s", (json_int_t)wish->times.escalate_s, "automatic",
		wish->automatic ? yg_hub_string(wish->automatic) : json_null());
}

/* In a transaction. */
static int make(struct making *m, const struct yg_community *community, uint32_t victim,
		int64_t now_ns)
{
	const struct yg_warn_wish *wish = m->wish;
	char number[32];
	int rc = yg_warn_number(m->hub, m->actor, number);

	if (rc == YG_OK)
		rc = yg_json_set(wish->notice, "number", json_string(number));
	if (rc == YG_OK)
		rc = yg_json_set(wish->notice, "time", yg_warn_time(now_ns));
	if (rc != YG_OK)
		return rc;
	m->plan = plan_json(wish, number, m->salt, m->actor, now_ns);
	if (!m->plan)
		return YG_ENOMEM;
	rc = wish->planner.plan(wish->planner.arg, community, victim, add_planned, m);
	if (rc == YG_OK)
		rc = make_texts(m);
	if (rc == YG_OK && m->asks > 0)
		rc = save_question(m, now_ns);
	return rc == YG_OK ? yg_warn_plan_new(m->hub, m->actor, m->id, json_incref(m->plan)) : rc;
}

/* The notice must be one before anything is kept. */
static int check_notice(const json_t *tree, struct yg_arena *arena)
{
	struct yg_line_fault fault;
	struct yg_notice notice;

	return json_is_object(tree) ? yg_notice_read(tree, arena, &notice, &fault) : YG_EFORMAT;
}

int yg_warn_plan_make(struct yg_access *by, struct yg_warn_wish *wish,
		      char ret[YG_WARN_PLAN_HEX + 1])
{
	char salt[YG_RANDOM_ID_HEX + 1];
	struct making m = {.wish = wish, .id = ret, .salt = salt};
	struct yg_community community = {0};
	uint32_t victim = YG_MEMBER_NONE;
	struct yg_arena *arena;
	uint8_t *seen = NULL;
	uint64_t place[2];
	int rc = yg_hub_require(by, YG_MAY_write_warnings, &m.hub);

	if (rc == YG_OK && strcmp(by->org, YG_HUB_ORG) != 0)
		rc = YG_EACCES;
	arena = rc == YG_OK ? yg_arena_new(ARENA_MAX) : NULL;
	if (rc == YG_OK)
		rc = arena ? check_notice(wish->notice, arena) : YG_ENOMEM;
	if (rc == YG_EFORMAT)
		rc = YG_EINVAL;
	m.actor = by->actor;
	if (rc == YG_OK)
		rc = yg_warn_community(m.hub, arena, &community, &seen);
	if (rc == YG_OK)
		victim = yg_community_find(&community, yg_bytes_str(wish->victim));
	if (rc == YG_OK && victim == YG_MEMBER_NONE)
		rc = YG_ENOENT;
	m.community = &community;
	m.seen = seen;
	yg_random_id(yg_hub_now_ns(m.hub ? m.hub : by->hub), salt);
	/* Newest first: what is left of the greatest time, then bits of chance. */
	place[0] = (UINT64_C(0xffffffffffff) - (uint64_t)(yg_hub_now_ns(by->hub) / 1000000)) << 16;
	yg_random((uint8_t *)&place[1], sizeof(place[1]));
	(void)snprintf(ret, YG_WARN_PLAN_HEX + 1, "%016llx",
		       (unsigned long long)(place[0] | (place[1] & 0xffff))); /* 16 digits */
	if (rc == YG_OK)
		rc = yg_hub_begin(m.hub);
	if (rc == YG_OK) {
		rc = make(&m, &community, victim, yg_hub_now_ns(m.hub));
		rc = yg_hub_finish(
			m.hub, rc,
			&(struct yg_hub_deed){by->actor, YG_HUB_ORG, "warning.plan", ret, ""});
	}
	json_decref(m.plan);
	(void)yg_arena_free(arena);
	return rc;
}
