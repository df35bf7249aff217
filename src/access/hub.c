/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/clues.h"
#include "access/hub-int.h"
#include "access/sightings.h"

#include <assert.h>

#include "access/mandate.h"
#include "access/session.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/zone.h"
#include "model/day.h"

#include "base/ban.h"

#define FREE_BY_LOGIN	5u
#define FREE_BY_ADDRESS 50u /* a whole office may have one address */
#define REFUSALS_BURST                                                                             \
	60u /* refused sign-ins that the audit log takes at once, then one a second */

static_assert((unsigned)YG_MAY_COUNT <= 64, "rights are the bits of an uint64_t");

static const struct {
	const char *name;
	bool may[YG_HUB_ROLE_COUNT];
} rights[YG_MAY_COUNT] = {
#define X(name, administrator, analyst, member, provider)                                          \
	[YG_MAY_##name] = {#name, {administrator, analyst, member, provider}},
#include "access/hub_rights.def"
#undef X
};

static const char *const roles[YG_HUB_ROLE_COUNT] = {
	[YG_HUB_ADMINISTRATOR] = "administrator",
	[YG_HUB_ANALYST] = "analyst",
	[YG_HUB_MEMBER] = "member",
	[YG_HUB_PROVIDER] = "provider",
};

const char *yg_hub_role_name(enum yg_hub_role role)
{
	return roles[role];
}

bool yg_hub_role_by_name(struct yg_bytes name, enum yg_hub_role *ret)
{
	for (unsigned i = 0; i < YG_HUB_ROLE_COUNT; i++) {
		if (yg_bytes_eq(name, yg_bytes_str(roles[i]))) {
			*ret = (enum yg_hub_role)i;
			return true;
		}
	}
	return false;
}

const char *yg_hub_right_name(enum yg_hub_right right)
{
	return rights[right].name;
}

bool yg_hub_role_may(enum yg_hub_role role, enum yg_hub_right right)
{
	return rights[right].may[role];
}

static bool is_hub(const char *org)
{
	return strcmp(org, YG_HUB_ORG) == 0;
}

bool yg_hub_role_fits(enum yg_hub_role role, const char *org)
{
	bool is_of_hub = role == YG_HUB_ADMINISTRATOR || role == YG_HUB_ANALYST;

	return is_of_hub == is_hub(org);
}

/* ---- the register ---- */

int yg_hub_note(void *arg, const char *actor, const char *action, const char *org,
		const char *object)
{
	int rc = yg_audit_append(arg, &(struct yg_hub_deed){actor, org, action, object, ""});

	/* One that is new gets the indicators of warnings that its organisation has. */
	if (rc == YG_OK && strcmp(action, "sensor.enrol") == 0)
		rc = yg_sight_org_due(arg, actor, org);
	if (rc == YG_OK && strcmp(action, "sensor.revoke") == 0)
		rc = yg_clue_lists_forget(arg, actor, org, object);
	return rc;
}

int yg_hub_access_new(struct yg_control *store, struct yg_enrol *enrol, struct yg_clock clock,
		      struct yg_hub_access **ret)
{
	struct yg_hub_access *hub = yg_calloc(1, sizeof(*hub));

	if (!hub)
		return YG_ENOMEM;
	hub->store = store;
	hub->enrol = enrol;
	hub->clock = clock;
	hub->by_login = yg_throttle_new(FREE_BY_LOGIN);
	hub->by_address = yg_throttle_new(FREE_BY_ADDRESS);
	hub->by_factor = yg_throttle_new(FREE_BY_LOGIN);
	hub->requests = yg_rate_new(YG_HUB_RATE_BURST, YG_HUB_RATE_PER_S);
	hub->refusals = yg_rate_new(REFUSALS_BURST, 1);
	if (!hub->by_login || !hub->by_address || !hub->by_factor || !hub->requests ||
	    !hub->refusals) {
		(void)yg_hub_access_free(hub);
		return YG_ENOMEM;
	}
	yg_enrol_on_change(enrol, yg_hub_note, hub);
	*ret = hub;
	return YG_OK;
}

void yg_hub_access_demo(struct yg_hub_access *hub)
{
	hub->is_demo = true;
}

struct yg_hub_access *yg_hub_access_free(struct yg_hub_access *hub)
{
	if (hub) {
		/* Who only looks signs nothing: least of all a log that he was asked to check. */
		if (hub->has_key && hub->audit_number > 0)
			(void)yg_audit_checkpoint(hub); /* the entries stand without it */
		yg_enrol_on_change(hub->enrol, NULL, NULL);
		(void)yg_throttle_free(hub->by_login);
		(void)yg_throttle_free(hub->by_address);
		(void)yg_throttle_free(hub->by_factor);
		(void)yg_rate_free(hub->requests);
		(void)yg_rate_free(hub->refusals);
		yg_wipe(hub->seed, sizeof(hub->seed));
		free(hub);
	}
	return NULL;
}

int64_t yg_hub_now_ns(const struct yg_hub_access *hub)
{
	return hub->clock.now_ns(hub->clock.arg);
}

int64_t yg_hub_now_s(const struct yg_hub_access *hub)
{
	return yg_hub_now_ns(hub) / YG_NS_PER_S;
}

const struct yg_zone *yg_hub_zone_of(const struct yg_hub_access *hub)
{
	return yg_zone_of(hub->clock);
}

int32_t yg_hub_today(const struct yg_hub_access *hub)
{
	return yg_day_in(yg_hub_zone_of(hub), yg_hub_now_ns(hub));
}

unsigned yg_hub_year(const struct yg_hub_access *hub)
{
	return (unsigned)yg_date_civil(yg_hub_today(hub)).year;
}

int64_t yg_hub_rate(struct yg_hub_access *hub, const struct yg_hub_actor *actor)
{
	const char *key = actor->session[0] ? actor->session : actor->token;

	return key[0] ? yg_rate_take(hub->requests, yg_bytes_str(key), yg_hub_now_ns(hub)) : 0;
}

/* ---- changes ---- */

int yg_hub_begin(struct yg_hub_access *hub)
{
	return yg_control_begin(hub->store);
}

int yg_hub_finish(struct yg_hub_access *hub, int rc, const struct yg_hub_deed *deed)
{
	if (rc == YG_OK)
		rc = yg_audit_append(hub, deed);
	if (rc == YG_OK) {
		rc = yg_control_commit(hub->store);
		if (rc == YG_OK)
			yg_audit_after(hub);
		return rc;
	}
	yg_control_abort(hub->store);
	return rc;
}

int yg_hub_require(struct yg_access *by, enum yg_hub_right right, struct yg_hub_access **ret)
{
	if (!by->hub || by->right != right)
		return YG_EACCES;
	*ret = by->hub;
	return yg_hub_check(by);
}

/* ---- from a credential to an actor ---- */

static void copy(char *to, size_t room, const char *text)
{
	(void)snprintf(to, room, "%s", text); /* ids and names hold their limits */
}

void yg_hub_local(const char *name, struct yg_hub_actor *ret)
{
	*ret = (struct yg_hub_actor){.is_local = true, .grant_count = 1, .rights = UINT64_MAX};
	ret->grants[0].role = YG_HUB_ADMINISTRATOR;
	copy(ret->grants[0].org, sizeof(ret->grants[0].org), YG_HUB_ORG);
	if (yg_access_clean_name(yg_bytes_str(name), ret->name) == 0)
		copy(ret->name, sizeof(ret->name), "?");
}

void yg_hub_local_analyst(const char *name, struct yg_hub_actor *ret)
{
	yg_hub_local(name, ret);
	ret->grants[0].role = YG_HUB_ANALYST;
}

static bool is_command_line(const struct yg_hub_actor *actor)
{
	return actor->is_local && !actor->person[0] && !actor->token[0];
}

/* The same credential as it is now. YG_EACCES: it is good no more. */
static int look_again(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
		      struct yg_hub_actor *ret)
{
	int rc;

	if (is_command_line(actor)) {
		*ret = *actor;
		return YG_OK;
	}
	if (actor->token[0])
		return yg_token_look(hub, actor->grants[0].org, actor->token, ret);
	rc = yg_session_look(hub, actor->person, actor->session, ret);
	/* A session that began at this machine, but whose request came from elsewhere. */
	ret->is_local = ret->is_local && actor->is_local;
	return rc == YG_OK ? yg_person_fill(hub, actor->person, ret) : rc;
}

void yg_hub_actor_name(const struct yg_hub_actor *actor, char to[YG_DOC_ACTOR_MAX + 1])
{
	const char *kind = actor->person[0] ? "person" : actor->token[0] ? "token" : "local";
	const char *name = actor->person[0]  ? actor->person
			   : actor->token[0] ? actor->token
					     : actor->name;

	(void)snprintf(to, YG_DOC_ACTOR_MAX + 1, "%s:%s", kind, name); /* both are bounded */
}

int yg_hub_change(struct yg_hub_access *hub, uint64_t *ret)
{
	uint64_t orgs = 0;
	int rc = yg_control_last_change(hub->store, YG_S(YG_HUB_REGISTER), ret);

	if (rc == YG_OK)
		rc = yg_control_last_change(hub->store, YG_S(YG_HUB_ORG), &orgs);
	if (orgs > *ret) /* numbers ascend over the whole store */
		*ret = orgs;
	return rc;
}

/* ---- from an actor to organisations ---- */

/*
 * At this machine, beside what an administrator may: write down what was signed on paper, hand a
 * member its own data, and hand out tokens of any role. Whoever can use the command line has the
 * files anyway.
 */
static bool may_by_paper(const struct yg_hub_actor *actor, enum yg_hub_right right)
{
	return is_command_line(actor) &&
	       (right == YG_MAY_write_mandates || right == YG_MAY_write_consent ||
		right == YG_MAY_export_org || right == YG_MAY_read_relations ||
		right == YG_MAY_write_relations);
}

/* One question, and what was found so far. */
struct question {
	struct yg_hub_access *hub;
	const struct yg_hub_actor *actor;
	struct yg_hub_org org;
	enum yg_hub_right right;
	const char *mandate; /* only this one counts; NULL: any */
	bool is_reached;
	bool is_allowed;
	struct yg_hub_decision *ret;
};

static void allow(struct question *q, enum yg_hub_role role, const char *acts_for,
		  const char *mandate)
{
	q->is_allowed = true;
	q->ret->role = role;
	copy(q->ret->acts_for, sizeof(q->ret->acts_for), acts_for);
	copy(q->ret->mandate, sizeof(q->ret->mandate), mandate);
}

/* A token may have been narrowed. */
static bool is_in_scope(const struct question *q)
{
	return q->actor->rights >> q->right & 1;
}

/* What @grant gives by itself. */
static void try_grant(struct question *q, const struct yg_hub_grant *grant)
{
	bool is_of_hub = is_hub(grant->org) && yg_hub_role_fits(grant->role, YG_HUB_ORG);
	bool is_own = strcmp(grant->org, q->org.id) == 0 && q->org.closed_ns == YG_TIME_NONE;

	if (!is_of_hub && !is_own)
		return;
	q->is_reached = true;
	if (!q->is_allowed && is_in_scope(q) &&
	    (yg_hub_role_may(grant->role, q->right) || may_by_paper(q->actor, q->right)))
		allow(q, grant->role, grant->org, "");
}

/* What a mandate gives to a provider's people. */
static int try_mandate(struct question *q, const struct yg_hub_grant *grant)
{
	char mandate[YG_RANDOM_ID_HEX + 1] = "";
	struct yg_hub_org provider;
	int rc;

	if (grant->role != YG_HUB_PROVIDER || is_hub(q->org.id) ||
	    q->org.closed_ns != YG_TIME_NONE || strcmp(grant->org, q->org.id) == 0)
		return YG_OK;
	rc = yg_hub_org_look(q->hub->enrol, grant->org, &provider);
	if (rc != YG_OK || provider.closed_ns != YG_TIME_NONE)
		return rc == YG_ENOENT ? YG_OK : rc;
	rc = yg_mandate_find(q->hub, grant->org, q->org.id, q->right, q->mandate, mandate);
	if (rc != YG_OK && rc != YG_EACCES)
		return rc == YG_ENOENT ? YG_OK : rc;
	q->is_reached = true;
	if (rc == YG_OK && !q->is_allowed && is_in_scope(q) &&
	    yg_hub_role_may(YG_HUB_PROVIDER, q->right))
		allow(q, YG_HUB_PROVIDER, grant->org, mandate);
	return YG_OK;
}

/* What is no organisation's id is not there; the hub always is. */
static int find_org(struct yg_hub_access *hub, const char *id, struct yg_hub_org *ret)
{
	if (!is_hub(id))
		return yg_hub_org_look(hub->enrol, id, ret);
	*ret = (struct yg_hub_org){.closed_ns = YG_TIME_NONE};
	copy(ret->id, sizeof(ret->id), id);
	return YG_OK;
}

static int answer(const struct question *q)
{
	const struct yg_hub_actor *actor = q->actor;

	if (!q->is_allowed)
		return q->is_reached ? YG_EACCES : YG_ENOENT;
	if (actor->person[0] && !actor->is_local && !actor->has_second_factor &&
	    q->right != YG_MAY_read_org)
		return YG_EAGAIN;
	return YG_OK;
}

int yg_hub_decide(struct yg_hub_access *hub, const struct yg_hub_actor *actor, const char *org,
		  enum yg_hub_right right, struct yg_hub_decision *ret)
{
	struct question q = {.hub = hub, .actor = actor, .right = right, .ret = ret};
	int rc = find_org(hub, org, &q.org);

	if (rc != YG_OK)
		return rc;
	/* Own grants first: a mandate is named only where nothing else allowed it. */
	for (uint32_t i = 0; i < actor->grant_count; i++)
		try_grant(&q, &actor->grants[i]);
	for (uint32_t i = 0; i < actor->grant_count && !q.is_allowed && rc == YG_OK; i++)
		rc = try_mandate(&q, &actor->grants[i]);
	return rc == YG_OK ? answer(&q) : rc;
}

static char *name_of(const struct yg_hub_actor *actor, const struct yg_hub_decision *decision)
{
	char name[YG_DOC_ACTOR_MAX + 1];
	char text[YG_DOC_ACTOR_MAX + 1];

	yg_hub_actor_name(actor, name);
	if (!decision->mandate[0])
		return yg_strndup(name, strlen(name));
	(void)snprintf(text, sizeof(text), "%.80s by %s/%s", name, decision->acts_for,
		       decision->mandate); /* ids are bounded */
	return yg_strndup(text, strlen(text));
}

int yg_access_hub(struct yg_hub_access *hub, const struct yg_hub_actor *actor, const char *org,
		  enum yg_hub_right right, struct yg_access **ret)
{
	struct yg_hub_decision decision = {0};
	struct yg_hub_actor now = {0};
	struct yg_access *access;
	int rc;

	if ((unsigned)right >= YG_MAY_COUNT)
		return YG_EINVAL;
	rc = look_again(hub, actor, &now);
	if (rc == YG_OK)
		rc = yg_hub_decide(hub, &now, org, right, &decision);
	if (rc != YG_OK)
		return rc;
	access = yg_calloc(1, sizeof(*access));
	if (!access)
		return YG_ENOMEM;
	*access = (struct yg_access){.store = hub->store,
				     .clock = hub->clock,
				     .role = right == YG_MAY_write_assessments ? YG_ROLE_OWNER
									       : YG_ROLE_READER,
				     .hub = hub,
				     .right = right,
				     .who = now,
				     .hub_role = decision.role};
	copy(access->org, sizeof(access->org), org);
	copy(access->acts_for, sizeof(access->acts_for), decision.acts_for);
	copy(access->mandate, sizeof(access->mandate), decision.mandate);
	access->actor = name_of(&now, &decision);
	if (!access->actor) {
		(void)yg_access_free(access);
		return YG_ENOMEM;
	}
	*ret = access;
	return YG_OK;
}

/* Does the very grant, or mandate, by which @access was opened still allow it? */
static int look_at_way(const struct yg_access *access, const struct yg_hub_actor *now)
{
	struct yg_hub_decision decision;
	struct question q = {.hub = access->hub,
			     .actor = now,
			     .right = access->right,
			     .mandate = access->mandate,
			     .ret = &decision};
	int rc = find_org(access->hub, access->org, &q.org);

	for (uint32_t i = 0; i < now->grant_count && rc == YG_OK && !q.is_allowed; i++) {
		if (now->grants[i].role != access->hub_role ||
		    strcmp(now->grants[i].org, access->acts_for) != 0)
			continue;
		if (access->mandate[0])
			rc = try_mandate(&q, &now->grants[i]);
		else
			try_grant(&q, &now->grants[i]);
	}
	if (rc != YG_OK)
		return rc;
	return q.is_allowed ? answer(&q) : YG_EACCES;
}

int yg_hub_check(const struct yg_access *access)
{
	struct yg_hub_decision decision;
	struct yg_hub_actor now = {0};
	int rc = look_again(access->hub, &access->who, &now);

	if (rc == YG_OK)
		rc = look_at_way(access, &now);
	else
		return rc;
	if (rc != YG_EACCES)
		return rc;
	/* What another way allows is to be opened anew, under that one's name. */
	rc = yg_hub_decide(access->hub, &now, access->org, access->right, &decision);
	return rc == YG_OK ? YG_EACCES : rc;
}

/* ---- over several ---- */

static int add_org(void *arg, const char *org)
{
	struct yg_hub_reach *reach = arg;
	char(*more)[YG_ENROL_ID_MAX + 1];

	for (uint32_t i = 0; i < reach->count; i++) {
		if (strcmp(reach->orgs[i], org) == 0)
			return YG_OK;
	}
	more = yg_reallocarray(reach->orgs, reach->count + 1, sizeof(*more));
	if (!more)
		return YG_ENOMEM;
	reach->orgs = more;
	copy(reach->orgs[reach->count++], sizeof(*more), org);
	return YG_OK;
}

/* A candidate counts when the one rule says so. */
struct reaching {
	struct yg_hub_access *hub;
	const struct yg_hub_actor *actor;
	enum yg_hub_right right;
	struct yg_hub_reach *reach;
};

static int try_org(void *arg, const char *org)
{
	struct reaching *reaching = arg;
	struct yg_hub_decision decision;
	int rc = yg_hub_decide(reaching->hub, reaching->actor, org, reaching->right, &decision);

	if (rc == YG_OK)
		return add_org(reaching->reach, org);
	return rc == YG_EACCES || rc == YG_ENOENT || rc == YG_EAGAIN ? YG_OK : rc;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(a, b);
}

int yg_hub_reach(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
		 enum yg_hub_right right, struct yg_hub_reach *ret)
{
	struct yg_hub_decision decision;
	struct yg_hub_actor now = {0};
	struct reaching reaching = {hub, &now, right, ret};
	int rc;

	*ret = (struct yg_hub_reach){0};
	if ((unsigned)right >= YG_MAY_COUNT)
		return YG_EINVAL;
	rc = look_again(hub, actor, &now);
	if (rc != YG_OK)
		return rc == YG_EACCES ? YG_OK : rc;
	rc = yg_hub_decide(hub, &now, YG_HUB_ORG, right, &decision);
	if (rc == YG_OK) {
		ret->is_all = true;
		return YG_OK;
	}
	rc = rc == YG_EACCES || rc == YG_ENOENT || rc == YG_EAGAIN ? YG_OK : rc;
	for (uint32_t i = 0; i < now.grant_count && rc == YG_OK; i++) {
		if (!is_hub(now.grants[i].org))
			rc = try_org(&reaching, now.grants[i].org);
		if (rc == YG_OK && now.grants[i].role == YG_HUB_PROVIDER)
			rc = yg_mandate_each(hub, now.grants[i].org, right, try_org, &reaching);
	}
	if (rc != YG_OK)
		yg_hub_reach_done(ret);
	else if (ret->count > 1)
		qsort(ret->orgs, ret->count, sizeof(*ret->orgs), by_id);
	return rc;
}

void yg_hub_reach_done(struct yg_hub_reach *reach)
{
	free(reach->orgs);
	*reach = (struct yg_hub_reach){0};
}
