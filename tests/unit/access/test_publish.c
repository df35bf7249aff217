/* SPDX-License-Identifier: Apache-2.0 */
/* Warnings into collections: who may say so, what may go in, what follows it, what is done at once
 * by two. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/publish.h"
#include "base/json.h"

#include "hub_help.h"

#include "base/ban.h"

static struct yg_hub_actor analyst;
static enum yg_tlp marked = YG_TLP_GREEN; /* what is sent */
static struct yg_collection community = {.number = 7,
					 .id = "00000000-0000-4000-8000-000000000001",
					 .owner = "hub",
					 .reach = YG_COLLECTION_COMMUNITY};

/* Everybody of the sector, all ready. */
static int plan_all(void *arg, const struct yg_community *all, uint32_t victim,
		    yg_warn_planned_fn fn, void *fn_arg)
{
	const enum yg_audience *audience = arg;
	int rc = YG_OK;

	for (uint32_t i = 0; i < all->member_count && rc == YG_OK; i++) {
		const struct yg_warn_planned one = {.member = i,
						    .rule = 5,
						    .depth = UINT32_MAX,
						    .candidates = all->member_count,
						    .state = "ready",
						    .redaction = "indicators",
						    .audience = *audience,
						    .tlp = marked};

		if (i != victim)
			rc = fn(fn_arg, &one);
	}
	return rc;
}

static void begin(void)
{
	hub_start();
	add_org("victim");
	add_org("a");
	analyst = person("ana", "analyst");
}

/* Made and approved. */
static void send(enum yg_audience audience, char plan[YG_WARN_PLAN_HEX + 1])
{
	json_t *notice =
		json_pack("{s:s, s:s, s:s, s:{s:[s], s:[{s:s, s:s}]}}", "kind", "warning", "tlp",
			  "amber", "pap", "amber", "attack", "sources", "203.0.113.9", "indicators",
			  "type", "domain", "value", "evil.example");
	json_t *own = json_pack("{s:[s]}", "names", "Chikuma Seisakusho");
	struct yg_warn_wish wish = {.situation = "",
				    .victim = "victim",
				    .notice = notice,
				    .own = own,
				    .began_ns = now_ns,
				    .times = YG_WARN_TIMES_DEFAULT,
				    .planner = {plan_all, &audience}};
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_write_warnings);
	uint32_t count;

	MUST(yg_warn_plan_make(by, &wish, plan) == YG_OK);
	MUST(yg_warn_approve(by, plan, &count) == YG_OK && count == 1);
	(void)yg_access_free(by);
	json_decref(notice);
	json_decref(own);
}

static int set_rule(const struct yg_collection *c, enum yg_tlp at_most)
{
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_write_warnings);
	int rc = yg_publish_rule_set(by, c, at_most);

	(void)yg_access_free(by);
	return rc;
}

static int wish_for(const char *plan, const struct yg_collection *c)
{
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_write_warnings);
	int rc = yg_publish_wish(by, plan, c);

	(void)yg_access_free(by);
	return rc;
}

static void withdraw(const char *plan, char fresh[YG_WARN_PLAN_HEX + 1])
{
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_write_warnings);

	now_ns += YG_NS_PER_S;
	MUST(yg_warn_withdraw(by, plan, "wrong", fresh) == YG_OK);
	(void)yg_access_free(by);
}

static int keep_last(void *arg, json_t *one)
{
	json_t **to = arg;

	json_decref(*to);
	*to = json_incref(one);
	return YG_OK;
}

/* The only publication is in @state. */
static bool is_in(const char *state)
{
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_read_warnings);
	json_t *one = NULL;
	bool is;

	MUST(yg_publish_list(by, "", "", 0, keep_last, &one) == YG_OK);
	is = one && yg_bytes_eq(yg_json_text(one, "state"), yg_bytes_str(state));
	(void)yg_access_free(by);
	json_decref(one);
	return is;
}

static int take(struct yg_publish_work *work)
{
	int rc = yg_publish_next(hub, work);

	if (rc == YG_OK) {
		work->collection = community;
		rc = yg_publish_fill(hub, work);
	}
	return rc;
}

static void done(struct yg_publish_work *work, const char *id)
{
	json_t *ids = json_deep_copy(work->ids);

	if (id)
		MUST(json_array_append_new(ids, json_string(id)) == 0);
	MUST(yg_publish_done(hub, work, ids, 1) == YG_OK);
	yg_publish_work_done(work);
}

static void off_by_default_and_by_rule(void)
{
	char plan[YG_WARN_PLAN_HEX + 1], fresh[YG_WARN_PLAN_HEX + 1];
	struct yg_publish_work work;
	char *text;

	begin();
	send(YG_AUDIENCE_SECTOR, plan);
	CHECK(yg_publish_next(hub, &work) == YG_ENOENT);
	CHECK(set_rule(&community, YG_TLP_AMBER) == YG_EINVAL);
	CHECK(set_rule(&community, YG_TLP_CLEAR) == YG_OK);
	send(YG_AUDIENCE_SECTOR, plan);
	CHECK(yg_publish_next(hub, &work) == YG_ENOENT); /* it is GREEN */
	CHECK(set_rule(&community, YG_TLP_GREEN) == YG_OK);
	send(YG_AUDIENCE_PARTNER, plan);
	CHECK(yg_publish_next(hub, &work) == YG_ENOENT); /* to no sector */
	now_ns += YG_NS_PER_S;
	send(YG_AUDIENCE_SECTOR, plan);
	CHECK(take(&work) == YG_OK && work.copy && !work.is_withdrawn);
	text = json_dumps(work.copy, JSON_COMPACT);
	CHECK(text && !strstr(text, "Chikuma") && !strstr(text, "victim"));
	CHECK(text && strstr(text, "evil.example"));
	free(text);
	CHECK(strcmp(yg_publish_collection(&work), community.id) == 0);
	done(&work, "indicator--1");
	CHECK(is_in("published") && yg_publish_next(hub, &work) == YG_ENOENT);
	/* The rule has ended; what is there goes on. */
	CHECK(set_rule(&community, YG_TLP_NONE) == YG_OK);
	withdraw(plan, fresh);
	CHECK(take(&work) == YG_OK && work.is_withdrawn && !work.copy);
	CHECK(json_array_size(work.ids) == 1 && work.first_ns < work.time_ns);
	done(&work, NULL);
	CHECK(is_in("withdrawn") && yg_publish_next(hub, &work) == YG_ENOENT);
	CHECK(wish_for(fresh, &community) == YG_EMISMATCH &&
	      wish_for(plan, &community) == YG_EMISMATCH);
	hub_end();
}

static void whose_and_for_whom(void)
{
	struct yg_collection own = community, other = community;
	char plan[YG_WARN_PLAN_HEX + 1];
	struct yg_publish_work work;

	begin();
	own.reach = YG_COLLECTION_OWN;
	(void)snprintf(other.owner, sizeof(other.owner), "a");
	CHECK(set_rule(&own, YG_TLP_GREEN) == YG_EMISMATCH);
	CHECK(set_rule(&other, YG_TLP_GREEN) == YG_EMISMATCH);
	send(YG_AUDIENCE_SECTOR, plan);
	CHECK(wish_for(plan, &own) == YG_EMISMATCH && wish_for(plan, &other) == YG_EMISMATCH);
	CHECK(wish_for("0000000000000000", &community) == YG_ENOENT);
	CHECK(wish_for("x", &community) == YG_ENOENT);
	CHECK(wish_for(plan, &community) == YG_OK && is_in("waiting"));
	/* Meanwhile it is for nobody else any more: what was there is to go. */
	CHECK(yg_publish_next(hub, &work) == YG_OK);
	work.collection = own;
	CHECK(yg_publish_fill(hub, &work) == YG_OK && !work.copy);
	done(&work, NULL);
	CHECK(is_in("refused"));
	/* Or it was removed. */
	CHECK(wish_for(plan, &community) == YG_OK);
	CHECK(yg_publish_next(hub, &work) == YG_OK);
	CHECK(yg_publish_fill(hub, &work) == YG_OK && !work.copy);
	done(&work, NULL);
	CHECK(is_in("refused"));
	hub_end();
}

/* What is said while one is at work is done after it, and nothing is done twice for nothing. */
static void two_at_once(void)
{
	char plan[YG_WARN_PLAN_HEX + 1], fresh[YG_WARN_PLAN_HEX + 1];
	struct yg_publish_work work, later;

	begin();
	CHECK(set_rule(&community, YG_TLP_GREEN) == YG_OK);
	send(YG_AUDIENCE_SECTOR, plan);
	CHECK(take(&work) == YG_OK && work.copy);
	withdraw(plan, fresh);
	CHECK(take(&later) == YG_OK && later.is_withdrawn); /* a second one takes the newer plan */
	yg_publish_work_done(&later);
	done(&work, "grouping--1");
	CHECK(is_in("waiting"));
	CHECK(take(&later) == YG_OK && later.is_withdrawn && json_array_size(later.ids) == 1);
	done(&later, NULL);
	CHECK(is_in("withdrawn") && yg_publish_next(hub, &later) == YG_ENOENT);
	hub_end();
}

/* A rule lets in CLEAR alone; while that is gone over a person says that it may be GREEN. */
static void a_wish_meanwhile(void)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	struct yg_publish_work work;

	begin();
	CHECK(set_rule(&community, YG_TLP_CLEAR) == YG_OK);
	marked = YG_TLP_CLEAR;
	send(YG_AUDIENCE_SECTOR, plan);
	marked = YG_TLP_GREEN;
	CHECK(take(&work) == YG_OK);
	CHECK(wish_for(plan, &community) == YG_OK);
	done(&work, NULL);
	CHECK(is_in("waiting"));
	CHECK(take(&work) == YG_OK);
	CHECK(yg_bytes_eq(yg_json_text(work.body, "at_most"), YG_S("green")));
	done(&work, NULL);
	CHECK(!is_in("waiting") && yg_publish_next(hub, &work) == YG_ENOENT);
	hub_end();
}

/* What can never be put stands in nobody's way. */
static void given_up(void)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	struct yg_publish_work work;

	begin();
	CHECK(yg_publish_is_lasting(YG_ELIMIT) && yg_publish_is_lasting(YG_EFORMAT));
	CHECK(!yg_publish_is_lasting(YG_OK) && !yg_publish_is_lasting(YG_ENOMEM));
	CHECK(set_rule(&community, YG_TLP_GREEN) == YG_OK);
	send(YG_AUDIENCE_SECTOR, plan);
	CHECK(take(&work) == YG_OK && work.copy);
	CHECK(yg_publish_give_up(&work) == YG_OK && !work.copy);
	CHECK(yg_bytes_eq(yg_json_text(work.body, "refusal"), YG_S("objects")));
	done(&work, NULL);
	CHECK(is_in("refused") && yg_publish_next(hub, &work) == YG_ENOENT);
	hub_end();
}

static const struct check_case cases[] = {
	CASE(off_by_default_and_by_rule), CASE(whose_and_for_whom), CASE(two_at_once),
	CASE(a_wish_meanwhile),		  CASE(given_up),
};

CHECK_MAIN(cases)
