/* SPDX-License-Identifier: Apache-2.0 */
/* The tree, and the plan that goes down it; provisions_flow.c: on its way, and what came of it. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/provisions-int.h"

#include "base/alloc.h"

#include "base/ban.h"

#define CODE_RANGE 100000000u /* eight digits */

static const char *const stages[YG_PROVISION_STAGES] = {"ministry", "secretariat", "operator"};

const char *yg_provision_stage_name(unsigned stage)
{
	return stage < YG_PROVISION_STAGES ? stages[stage] : "";
}

unsigned yg_provision_stage_of(struct yg_bytes word)
{
	unsigned stage = 0;

	while (stage < YG_PROVISION_STAGES && !yg_bytes_eq(word, yg_bytes_str(stages[stage])))
		stage++;
	return stage;
}

int yg_provision_require(struct yg_access *by, enum yg_hub_right right, struct yg_hub_access **ret)
{
	int rc = yg_hub_require(by, right, ret);

	return rc == YG_OK && strcmp(by->org, YG_HUB_ORG) != 0 ? YG_EACCES : rc;
}

/* ---- the tree ---- */

struct listing {
	yg_warn_fn fn;
	void *arg;
};

static json_t *node_json(struct yg_bytes org, const json_t *body)
{
	return json_pack("{s:o, s:O, s:O}", "org", yg_json_string(org), "stage",
			 json_object_get(body, "stage"), "parent", json_object_get(body, "parent"));
}

static int list_node(void *arg, struct yg_bytes key, const json_t *body)
{
	const struct listing *listing = arg;
	json_t *one = node_json(key, body);
	int rc = one ? listing->fn(listing->arg, one) : YG_ENOMEM;

	json_decref(one);
	return rc;
}

int yg_provision_tree(struct yg_access *by, const char *after, uint32_t limit, yg_warn_fn fn,
		      void *arg)
{
	struct listing listing = {fn, arg};
	struct yg_hub_access *hub;
	int rc = yg_provision_require(by, YG_MAY_read_warnings, &hub);

	return rc == YG_OK ? yg_hub_each(hub, YG_WARN_STORE, "tree", "", after, limit, list_node,
					 &listing)
			   : rc;
}

int yg_provision_node(struct yg_access *by, const char *org, json_t **ret)
{
	struct yg_hub_access *hub;
	json_t *body = NULL;
	int rc = yg_provision_require(by, YG_MAY_read_warnings, &hub);

	if (rc == YG_OK)
		rc = yg_warn_load(hub, "tree", org, &body);
	if (rc == YG_OK) {
		*ret = node_json(yg_bytes_str(org), body);
		rc = *ret ? YG_OK : YG_ENOMEM;
	}
	json_decref(body);
	return rc;
}

struct family {
	const char *org;
	uint32_t count;
	bool has_child;
};

static int look_family(void *arg, struct yg_bytes key, const json_t *body)
{
	struct family *family = arg;

	(void)key;
	family->count++;
	family->has_child = family->has_child ||
			    yg_bytes_eq(yg_json_text(body, "parent"), yg_bytes_str(family->org));
	return YG_OK;
}

/* Of the stage above; a ministry has none. */
static int check_parent(struct yg_hub_access *hub, unsigned stage, const char *parent)
{
	json_t *body = NULL;
	unsigned above;
	int rc;

	if (stage == 0)
		return parent[0] ? YG_EINVAL : YG_OK;
	rc = parent[0] ? yg_warn_load(hub, "tree", parent, &body) : YG_EINVAL;
	above = yg_provision_stage_of(yg_json_text(body, "stage"));
	json_decref(body);
	if (rc == YG_ENOENT || (rc == YG_OK && above + 1 != stage))
		return YG_EINVAL;
	return rc;
}

/* An open organisation, which is not the hub itself; out of the tree any one may go. */
static int check_org(struct yg_hub_access *hub, const char *org, bool is_put)
{
	struct yg_hub_org found;
	int rc = yg_hub_org_look(hub->enrol, org, &found);

	return rc == YG_OK && is_put &&
			       (found.closed_ns != YG_TIME_NONE || strcmp(org, YG_HUB_ORG) == 0)
		       ? YG_ENOENT
		       : rc;
}

/* Those below it would stand below the wrong stage. */
static int check_family(struct yg_hub_access *hub, const char *org, const char *stage)
{
	struct family family = {.org = org};
	json_t *before = NULL;
	int rc = yg_hub_each(hub, YG_WARN_STORE, "tree", "", "", 0, look_family, &family);

	if (rc == YG_OK)
		rc = yg_warn_load(hub, "tree", org, &before);
	if (rc == YG_OK && family.has_child &&
	    !yg_bytes_eq(yg_json_text(before, "stage"), yg_bytes_str(stage)))
		rc = YG_EMISMATCH;
	else if (rc == YG_ENOENT) /* it is new there */
		rc = stage[0] && family.count >= YG_PROVISION_NODES_MAX ? YG_ELIMIT : YG_OK;
	json_decref(before);
	return rc;
}

static int place(struct yg_access *by, const char *org, const char *stage, const char *parent)
{
	unsigned of = yg_provision_stage_of(yg_bytes_str(stage));
	int rc = check_org(by->hub, org, stage[0] != '\0');

	if (rc == YG_OK && stage[0])
		rc = of < YG_PROVISION_STAGES ? check_parent(by->hub, of, parent) : YG_EINVAL;
	if (rc == YG_OK)
		rc = check_family(by->hub, org, stage);
	if (rc != YG_OK)
		return rc;
	return stage[0] ? yg_warn_save(by->hub, by->actor, "tree", org,
				       json_pack("{s:s, s:s}", "stage", stage, "parent", parent))
			: yg_warn_drop(by->hub, by->actor, "tree", org);
}

int yg_provision_place(struct yg_access *by, const char *org, const char *stage, const char *parent)
{
	struct yg_hub_access *hub;
	int rc = yg_provision_require(by, YG_MAY_write_warnings, &hub);

	if (rc == YG_OK)
		rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = place(by, org, stage, parent);
	return yg_hub_finish(
		hub, rc, &(struct yg_hub_deed){by->actor, YG_HUB_ORG, "tree.place", org, stage});
}

/* ---- the plan ---- */

struct making {
	struct yg_access *by;
	const struct yg_provision_wish *wish;
	json_t *plan;
	const char *id;
	char salt[YG_RANDOM_ID_HEX + 1];
	char number[32];
	int64_t now_ns;
	struct node {
		char org[YG_ENROL_ID_MAX + 1];
		char parent[YG_ENROL_ID_MAX + 1];
		unsigned stage;
		bool is_out; /* of the branch */
	} * nodes;
	uint32_t count;
	json_t *sample; /* a warning, to ask the gate by */
};

static int note_node(void *arg, struct yg_bytes key, const json_t *body)
{
	struct making *m = arg;
	struct node *one = &m->nodes[m->count];

	if (m->count == YG_PROVISION_NODES_MAX || key.size > YG_ENROL_ID_MAX)
		return YG_ELIMIT;
	memcpy(one->org, key.data, key.size);
	one->org[key.size] = '\0';
	yg_hub_text(body, "parent", one->parent, sizeof(one->parent));
	one->stage = yg_provision_stage_of(yg_json_text(body, "stage"));
	m->count++;
	return YG_OK;
}

static int by_org(const void *a, const void *b)
{
	return strcmp(((const struct node *)a)->org, ((const struct node *)b)->org);
}

static const struct node *find_node(const struct making *m, const char *org)
{
	struct node wanted = {.stage = 0};

	(void)snprintf(wanted.org, sizeof(wanted.org), "%s", org); /* an id */
	return m->count ? bsearch(&wanted, m->nodes, m->count, sizeof(wanted), by_org) : NULL;
}

static bool is_below(const struct making *m, const struct node *node, const char *branch)
{
	for (unsigned i = 0; node && i < YG_PROVISION_STAGES; i++) {
		if (strcmp(node->org, branch) == 0)
			return true;
		node = node->parent[0] ? find_node(m, node->parent) : NULL;
	}
	return false;
}

static bool has_branch(const struct yg_provision_wish *wish)
{
	return wish->branch && wish->branch[0];
}

/* Who gets it: all, or the branch. Nodes come in the order of the store; here by strcmp. */
static int choose(struct making *m)
{
	if (!has_branch(m->wish))
		return YG_OK;
	if (m->count > 1)
		qsort(m->nodes, m->count, sizeof(*m->nodes), by_org);
	if (!find_node(m, m->wish->branch))
		return YG_EMISMATCH;
	for (uint32_t i = 0; i < m->count; i++)
		m->nodes[i].is_out = !is_below(m, &m->nodes[i], m->wish->branch);
	return YG_OK;
}

/* It says that it is a drill, announced or not: nobody shall act on it. */
static json_t *drill_notice(bool is_announced)
{
	return json_pack(
		"{s:s, s:s, s:s, s:b, s:{s:s, s:s}, s:[{s:s, s:s}, {s:s, s:s}]}", "kind", "drill",
		"tlp", "green", "pap", "clear", "exercise", 1, "title", "en",
		is_announced ? "This is the receipt drill that was announced. Nothing has happened."
			     : "This is a receipt drill without prior announcement. Nothing has "
			       "happened.",
		"ja",
		is_announced ? "予告していた疎通確認訓練です。実際に起きたことではありません。"
			     : "予告なしの疎通確認訓練です。実際に起きたことではありません。",
		"act", "en", "Confirm the receipt, so that we know that a person has read this.",
		"ja", "受領を確認してください。人が読んだことの確認になります。", "en",
		"Tell us if somebody else should get such messages from now on.", "ja",
		"今後の受け取り先が変わる場合は、新しい連絡先をお知らせください。");
}

static json_t *plan_json(const struct making *m, json_t *notice)
{
	const struct yg_provision_wish *wish = m->wish;
	const char *tlp = json_string_value(json_object_get(notice, "tlp"));

	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:O, s:o, s:s, s:s, s:b, s:n, s:n, s:n, s:n, "
		"s:o, s:{s:I, s:I, s:I}, s:{s:s, s:b, s:s, s:s, s:I, s:n}}",
		"situation", "", "victim", YG_HUB_ORG, "number", m->number, "refers", "", "state",
		"draft", "made", yg_warn_time(m->now_ns), "made_by", m->by->actor, "notice", notice,
		"own", wish->own ? json_deep_copy(wish->own) : json_object(), "salt", m->salt,
		"tlp", tlp ? tlp : "red", "damage_agreed", 0, "question", "answer", "approved",
		"replaced", "began", yg_warn_time(m->now_ns), "times", "consent_s",
		(json_int_t)wish->times.consent_s, "remind_s", (json_int_t)wish->times.remind_s,
		"escalate_s", (json_int_t)wish->times.escalate_s, "flow", "kind",
		wish->notice ? "provision" : "drill", "announced", (int)wish->is_announced, "mode",
		wish->is_large_scale ? "large-scale" : "normal", "branch",
		has_branch(wish) ? wish->branch : "", "wait_s",
		(json_int_t)(wish->wait_s ? wish->wait_s : YG_PROVISION_LOST_S), "stopped");
}

static json_t *warning_json(const struct making *m, const struct node *node)
{
	bool is_top =
		has_branch(m->wish) ? strcmp(node->org, m->wish->branch) == 0 : node->stage == 0;
	bool is_due = m->wish->is_large_scale || is_top;
	const char *tlp = json_string_value(json_object_get(m->plan, "tlp"));
	uint32_t random;
	char code[16];

	yg_random((uint8_t *)&random, sizeof(random));
	(void)snprintf(code, sizeof(code), "%08u", (unsigned)(random % CODE_RANGE));
	return json_pack(
		"{s:s, s:s, s:i, s:n, s:[], s:s, s:s, s:b, s:i, s:s, s:s, s:s, s:b, s:s, s:s, s:s, "
		"s:s, s:s, s:o, s:s, s:s, s:O, s:s, s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:n, "
		"s:[]}",
		"plan", m->id, "org", node->org, "rule", 0, "depth", "path", "rule_tlp", tlp, "tlp",
		tlp, "named", 0, "candidates", 0, "state", is_due ? "ready" : YG_PROVISION_WAITS,
		"redaction", m->wish->notice ? "indicators" : "whole", "audience",
		yg_audience_name(m->wish->notice ? m->wish->audience : YG_AUDIENCE_PARTNER), "open",
		1, "code", code, "why_en", "It stands in the tree of provisions.", "why_ja",
		"情報提供の経路に入っています。", "pap", "", "kind",
		m->wish->notice ? "indicators" : "drill", "began", yg_warn_time(m->now_ns), "stage",
		yg_provision_stage_name(node->stage), "parent", node->parent, "number",
		json_object_get(m->plan, "number"), "refers", "", "released", "delivered", "seen",
		"acknowledged", "acted", "replaced", "reminded", "escalated", "refusal", "calls");
}

/* Who has left since stays in the tree, and gets nothing. */
static int add_all(struct making *m)
{
	int rc = YG_OK;

	for (uint32_t i = 0; rc == YG_OK && i < m->count; i++) {
		char id[YG_WARN_ID_HEX + 1];
		struct yg_hub_org found;
		json_t *warning;

		if (m->nodes[i].is_out)
			continue;
		rc = yg_hub_org_look(m->by->hub->enrol, m->nodes[i].org, &found);
		if (rc == YG_ENOENT || (rc == YG_OK && found.closed_ns != YG_TIME_NONE)) {
			rc = YG_OK;
			continue;
		}
		warning = rc == YG_OK ? warning_json(m, &m->nodes[i]) : NULL;
		if (rc == YG_OK && !warning)
			rc = YG_ENOMEM;
		yg_warn_id(m->id, m->salt, m->nodes[i].org, id);
		if (rc == YG_OK && !m->sample)
			m->sample = json_incref(warning);
		if (rc == YG_OK)
			rc = yg_warn_save(m->by->hub, m->by->actor, "warning", id, warning);
	}
	return rc == YG_OK && !m->sample ? YG_ENOENT : rc;
}

/* By every way it may go: all recipients get the same copy. */
static int ask_gate(const struct making *m, const char **ret_why)
{
	static const enum yg_outlet outlets[] = {YG_OUTLET_CONSOLE, YG_OUTLET_MAIL,
						 YG_OUTLET_WEBHOOK};
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < sizeof(outlets) / sizeof(outlets[0]); i++) {
		struct yg_warn_variant variant;
		json_t *text = NULL;
		struct yg_bytes refusal;

		yg_warn_variant_of(m->id, m->plan, m->sample, outlets[i], &variant);
		rc = yg_warn_text(m->by->hub, m->by->actor, &variant, &text);
		refusal = yg_json_text(text, "refusal");
		for (unsigned k = 0; rc == YG_OK && refusal.size > 0 && k < YG_REFUSAL_COUNT; k++)
			if (yg_bytes_eq(refusal,
					yg_bytes_str(yg_refusal_name((enum yg_refusal)k)))) {
				*ret_why = yg_refusal_text((enum yg_refusal)k);
				rc = YG_EACCES;
			}
		json_decref(text);
	}
	return rc;
}

static int fill_notice(struct making *m, json_t *notice)
{
	struct yg_arena *arena = yg_arena_new(64u << 20);
	struct yg_line_fault fault;
	struct yg_notice read;
	int rc = yg_json_set(notice, "number", json_string(m->number));

	if (rc == YG_OK)
		rc = yg_json_set(notice, "time", yg_warn_time(m->now_ns));
	if (rc == YG_OK)
		rc = arena ? yg_notice_read(notice, arena, &read, &fault) : YG_ENOMEM;
	(void)yg_arena_free(arena);
	return rc == YG_EFORMAT || rc == YG_ELIMIT ? YG_EINVAL : rc;
}

static int count_one(void *arg, struct yg_bytes key, const json_t *body)
{
	uint32_t *count = arg;

	(void)key;
	(void)body;
	(*count)++;
	return YG_OK;
}

static int check_room(struct yg_hub_access *hub)
{
	uint32_t count = 0;
	int rc = yg_hub_each(hub, YG_WARN_STORE, "flow", "", "", 0, count_one, &count);

	return rc == YG_OK && count >= YG_PROVISION_FLOWS_MAX ? YG_ELIMIT : rc;
}

/* In a transaction. */
static int make(struct making *m, const char **ret_why)
{
	struct yg_hub_access *hub = m->by->hub;
	json_t *notice = m->wish->notice ? json_incref(m->wish->notice)
					 : drill_notice(m->wish->is_announced);
	int rc = notice ? yg_warn_number(hub, m->by->actor, m->number) : YG_ENOMEM;

	if (rc == YG_OK)
		rc = check_room(hub);
	if (rc == YG_OK)
		rc = fill_notice(m, notice);
	if (rc == YG_OK) {
		m->plan = plan_json(m, notice);
		rc = m->plan ? YG_OK : YG_ENOMEM;
	}
	json_decref(notice);
	if (rc == YG_OK)
		rc = yg_hub_each(hub, YG_WARN_STORE, "tree", "", "", 0, note_node, m);
	if (rc == YG_OK)
		rc = m->count ? choose(m) : YG_ENOENT;
	if (rc == YG_OK)
		rc = add_all(m);
	if (rc == YG_OK)
		rc = ask_gate(m, ret_why);
	if (rc == YG_OK)
		rc = yg_warn_save(hub, m->by->actor, "flow", m->id,
				  json_pack("{s:b}", "around", 0));
	return rc == YG_OK ? yg_warn_save(hub, m->by->actor, "plan", m->id, json_incref(m->plan))
			   : rc;
}

/* Newest first, as plans of warnings. */
static void fresh_id(int64_t now_ns, char to[YG_WARN_PLAN_HEX + 1])
{
	uint64_t at = (UINT64_C(0xffffffffffff) - (uint64_t)(now_ns / 1000000)) << 16;
	uint16_t chance;

	yg_random((uint8_t *)&chance, sizeof(chance));
	(void)snprintf(to, YG_WARN_PLAN_HEX + 1, "%016llx", (unsigned long long)(at | chance));
}

int yg_provision_make(struct yg_access *by, const struct yg_provision_wish *wish,
		      char ret[YG_WARN_PLAN_HEX + 1], const char **ret_why)
{
	struct making m = {.by = by, .wish = wish, .id = ret};
	struct yg_hub_access *hub;
	int rc = yg_provision_require(by, YG_MAY_write_warnings, &hub);

	*ret_why = "";
	if (rc == YG_OK && wish->wait_s != 0 &&
	    (wish->wait_s < YG_PROVISION_WAIT_MIN_S || wish->wait_s > YG_PROVISION_WAIT_MAX_S))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		m.nodes = yg_calloc(YG_PROVISION_NODES_MAX, sizeof(*m.nodes));
	if (rc == YG_OK)
		rc = m.nodes ? yg_hub_begin(hub) : YG_ENOMEM;
	if (rc == YG_OK) {
		m.now_ns = yg_hub_now_ns(hub);
		yg_random_id(m.now_ns, m.salt);
		fresh_id(m.now_ns, ret);
		rc = make(&m, ret_why);
		rc = yg_hub_finish(hub, rc,
				   &(struct yg_hub_deed){by->actor, YG_HUB_ORG, "provision.plan",
							 ret, wish->notice ? "" : "drill"});
	}
	json_decref(m.plan);
	json_decref(m.sample);
	free(m.nodes);
	return rc;
}
