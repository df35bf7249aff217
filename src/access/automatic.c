/* SPDX-License-Identifier: Apache-2.0 */
/* Rules by which warnings go out by themselves: switched by people, off after a withdrawal. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/automatic.h"

#include "access/warnings-int.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/hash.h"
#include "base/utf8.h"

#include "base/ban.h"

#define ACTOR  "automatic"
#define DAY_NS (86400 * YG_NS_PER_S)

/* ---- documents ---- */

/* Rules have ids of any characters: their digest is the key. */
static void key_of(struct yg_bytes rule, char to[33])
{
	uint8_t digest[YG_DIGEST_BYTES];
	char hex[2 * YG_DIGEST_BYTES + 1];

	yg_digest(rule, digest);
	yg_hex((struct yg_bytes){digest, sizeof(digest)}, hex);
	memcpy(to, hex, 32);
	to[32] = '\0';
}

static bool is_rule(const char *rule)
{
	return yg_hub_is_text(rule, YG_AUTO_RULE_MAX);
}

static int require_hub(struct yg_access *by, enum yg_hub_right right, struct yg_hub_access **ret)
{
	int rc = yg_hub_require(by, right, ret);

	return rc == YG_OK && strcmp(by->org, YG_HUB_ORG) != 0 ? YG_EACCES : rc;
}

struct listing {
	yg_warn_fn fn;
	void *arg;
};

static int list_one(void *arg, struct yg_bytes key, const json_t *body)
{
	const struct listing *l = arg;
	json_t *shown = json_copy((json_t *)(uintptr_t)body); /* shallow; jansson takes no const */
	int rc = shown ? yg_json_set(shown, "id", yg_json_string(key)) : YG_ENOMEM;

	if (rc == YG_OK)
		rc = l->fn(l->arg, shown);
	json_decref(shown);
	return rc;
}

int yg_auto_list(struct yg_access *by, yg_warn_fn fn, void *arg)
{
	struct listing l = {fn, arg};
	struct yg_hub_access *hub;
	int rc = require_hub(by, YG_MAY_read_warnings, &hub);

	return rc == YG_OK ? yg_hub_each(hub, YG_WARN_STORE, "auto", "", "", YG_AUTO_RULES_MAX,
					 list_one, &l)
			   : rc;
}

/* ---- measured ---- */

struct measured {
	uint64_t judged;
	uint64_t noise;
	uint64_t rate; /* of thousand, rounded up */
};

static int measure(const struct yg_hub_access *hub, struct yg_situations *situations,
		   const char *rule, struct measured *ret)
{
	struct yg_situations_judged judged = {0};
	int rc = yg_situations_judged(situations, yg_bytes_str(rule),
				      yg_hub_now_ns(hub) - YG_AUTO_DAYS * DAY_NS, &judged);

	*ret = (struct measured){judged.noise + judged.confirmed, judged.noise, 0};
	if (ret->judged > 0)
		ret->rate = (1000 * ret->noise + ret->judged - 1) / ret->judged;
	return rc;
}

static bool is_good(const struct measured *m)
{
	return m->judged >= YG_AUTO_JUDGED_MIN && m->rate <= YG_AUTO_RATE_MAX;
}

static int set_measured(json_t *body, const struct measured *m)
{
	int rc = yg_json_set(body, "judged", json_integer((json_int_t)m->judged));

	if (rc == YG_OK)
		rc = yg_json_set(body, "noise", json_integer((json_int_t)m->noise));
	return rc == YG_OK
		       ? yg_json_set(body, "rate",
				     m->judged ? json_integer((json_int_t)m->rate) : json_null())
		       : rc;
}

static json_t *fresh(const char *rule)
{
	return json_pack("{s:s, s:b, s:i, s:i, s:n, s:s, s:n, s:s, s:i}", "rule", rule, "on", 0,
			 "judged", 0, "noise", 0, "rate", "by", "", "time", "reason", "",
			 "warnings", 0);
}

static int load(struct yg_hub_access *hub, const char *rule, char key[33], json_t **ret)
{
	int rc;

	key_of(yg_bytes_str(rule), key);
	rc = yg_warn_load(hub, "auto", key, ret);
	if (rc == YG_ENOENT) {
		*ret = fresh(rule);
		rc = *ret ? YG_OK : YG_ENOMEM;
	}
	return rc;
}

int yg_auto_get(struct yg_access *by, struct yg_situations *situations, const char *rule,
		json_t **ret)
{
	struct yg_hub_access *hub;
	struct measured measured;
	json_t *body = NULL;
	char key[33];
	int rc = require_hub(by, YG_MAY_read_warnings, &hub);

	if (rc == YG_OK && !is_rule(rule))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = load(hub, rule, key, &body);
	if (rc == YG_OK)
		rc = measure(hub, situations, rule, &measured);
	if (rc == YG_OK)
		rc = set_measured(body, &measured);
	if (rc == YG_OK)
		rc = yg_json_set(body, "id", json_string(key));
	if (rc == YG_OK)
		rc = yg_json_set(body, "may", json_boolean(is_good(&measured)));
	if (rc == YG_OK)
		*ret = body;
	else
		json_decref(body);
	return rc;
}

/* ---- switched ---- */

static int count_one(void *arg, struct yg_bytes key, const json_t *body)
{
	(void)key;
	(void)body;
	(*(uint32_t *)arg)++;
	return YG_OK;
}

static int has_room(struct yg_hub_access *hub)
{
	uint32_t count = 0;
	int rc = yg_hub_each(hub, YG_WARN_STORE, "auto", "", "", 0, count_one, &count);

	return rc == YG_OK && count >= YG_AUTO_RULES_MAX ? YG_ELIMIT : rc;
}

static int set_switch(struct yg_hub_access *hub, const char *actor, json_t *body, bool is_on,
		      const char *reason)
{
	int rc = yg_json_set(body, "on", json_boolean(is_on));

	if (rc == YG_OK)
		rc = yg_json_set(body, "by", json_string(actor));
	if (rc == YG_OK)
		rc = yg_json_set(body, "time", yg_warn_time(yg_hub_now_ns(hub)));
	return rc == YG_OK ? yg_json_set(body, "reason", yg_hub_string(reason)) : rc;
}

/* In a transaction. */
static int do_switch(struct yg_hub_access *hub, const char *actor, const char *rule, bool is_on,
		     const char *reason, const struct measured *measured)
{
	json_t *body = NULL;
	char key[33];
	int rc = load(hub, rule, key, &body);

	if (rc == YG_OK && json_is_null(json_object_get(body, "time")))
		rc = has_room(hub);
	if (rc == YG_OK)
		rc = set_measured(body, measured);
	if (rc == YG_OK)
		rc = set_switch(hub, actor, body, is_on, reason);
	if (rc == YG_OK)
		rc = yg_warn_save(hub, actor, "auto", key, json_incref(body));
	json_decref(body);
	return rc;
}

int yg_auto_switch(struct yg_access *by, struct yg_situations *situations, const char *rule,
		   bool is_on, const char *reason)
{
	struct measured measured = {0};
	struct yg_hub_access *hub;
	char detail[100];
	int rc = require_hub(by, YG_MAY_write_warnings, &hub);

	if (rc == YG_OK && by->who.token[0])
		rc = YG_EACCES; /* a program says yes to nothing */
	if (rc == YG_OK && (!is_rule(rule) || !yg_hub_is_text(reason, YG_WARN_TEXT_MAX)))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = measure(hub, situations, rule, &measured);
	if (rc == YG_OK && is_on && !is_good(&measured))
		rc = YG_EMISMATCH;
	if (rc == YG_OK)
		rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	(void)snprintf(detail, sizeof(detail), "%llu judged, %llu noise",
		       (unsigned long long)measured.judged,
		       (unsigned long long)measured.noise); /* fits */
	rc = do_switch(hub, by->actor, rule, is_on, reason, &measured);
	return yg_hub_finish(hub, rc,
			     &(struct yg_hub_deed){by->actor, YG_HUB_ORG,
						   is_on ? "automatic.on" : "automatic.off", rule,
						   detail});
}

int yg_auto_withdrawn(struct yg_hub_access *hub, const char *actor, const json_t *plan)
{
	const char *rule = json_string_value(json_object_get(plan, "automatic"));
	json_t *body = NULL;
	char key[33];
	int rc;

	if (!rule)
		return YG_OK;
	key_of(yg_bytes_str(rule), key);
	rc = yg_warn_load(hub, "auto", key, &body);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc;
	if (json_is_true(json_object_get(body, "on"))) {
		rc = set_switch(hub, "hub", body, false, "one of its warnings was withdrawn");
		if (rc == YG_OK)
			rc = yg_warn_save(hub, actor, "auto", key, json_incref(body));
		if (rc == YG_OK)
			rc = yg_audit_append(
				hub, &(struct yg_hub_deed){"hub", YG_HUB_ORG, "automatic.off", rule,
							   "one of its warnings was withdrawn"});
	}
	json_decref(body);
	return rc;
}

/* ---- which are on ---- */

static int take_rule(void *arg, struct yg_bytes key, const json_t *body)
{
	struct yg_auto_rules *rules = arg;
	struct yg_bytes rule = yg_json_text(body, "rule");
	void *more;

	(void)key;
	if (!json_is_true(json_object_get(body, "on")) || rule.size > YG_AUTO_RULE_MAX)
		return YG_OK;
	more = yg_reallocarray(rules->rules, rules->count + 1u, sizeof(*rules->rules));
	if (!more)
		return YG_ENOMEM;
	rules->rules = more;
	(void)snprintf(rules->rules[rules->count++], sizeof(*rules->rules), "%.*s",
		       YG_FMT(rule)); /* measured */
	return YG_OK;
}

int yg_auto_load(struct yg_hub_access *hub, struct yg_auto_rules *ret)
{
	yg_auto_rules_done(ret);
	return yg_hub_each(hub, YG_WARN_STORE, "auto", "", "", 0, take_rule, ret);
}

void yg_auto_rules_done(struct yg_auto_rules *rules)
{
	free(rules->rules);
	*rules = (struct yg_auto_rules){.rules = NULL};
}

bool yg_auto_wants(const struct yg_auto_rules *rules, const struct yg_fact_finding *finding)
{
	/* What was found in the past, or is told by a sensor under a name of its own rules. */
	if (rules->count == 0 || finding->hunt.size > 0 ||
	    yg_bytes_starts(finding->rules, YG_S(YG_FACT_TOLD)))
		return false;
	for (uint32_t i = 0; i < rules->count; i++)
		if (yg_bytes_eq(yg_bytes_str(rules->rules[i]), finding->rule))
			return true;
	return false;
}

/* ---- sent ---- */

struct sending {
	struct yg_hub_access *hub;
	const struct yg_auto_ports *ports;
	const struct yg_fact_finding *f;
	char rule[YG_AUTO_RULE_MAX + 1];
	char org[YG_ENROL_ID_MAX + 1];
	char key[33]; /* of the rule */
	json_t *body; /* its document */
	uint32_t count;
};

/* Was it warned of already, or is the hour full? The key keeps both. YG_EEND: not now. */
static int is_due(struct sending *s, char sent[YG_HUB_KEY_MAX])
{
	int64_t now_ns = yg_hub_now_ns(s->hub), hour = now_ns / (3600 * YG_NS_PER_S);
	json_t *was = NULL;
	char source[33];
	int rc;

	key_of(s->f->actor.size ? s->f->actor : s->f->matched, source);
	(void)snprintf(sent, YG_HUB_KEY_MAX, "%s/%s/%s", s->key, s->org, source); /* hex, id */
	/* What came before a person switched it on, or is read again after a long stop, is not for
	 * the machine. */
	if (s->f->received_ns < yg_warn_time_of(s->body, "time") ||
	    s->f->received_ns < now_ns - YG_AUTO_AGE_S * YG_NS_PER_S)
		return YG_EEND;
	if (yg_json_int(s->body, "hour", 0) == hour &&
	    yg_json_int(s->body, "in_hour", 0) >= (json_int_t)YG_AUTO_HOUR_MAX)
		return YG_EEND;
	rc = yg_warn_load(s->hub, "auto_sent", sent, &was);
	if (rc == YG_OK)
		rc = yg_json_int(was, "time_s", 0) + YG_AUTO_QUIET_S > now_ns / YG_NS_PER_S
			     ? YG_EEND
			     : YG_OK;
	json_decref(was);
	return rc == YG_ENOENT ? YG_OK : rc;
}

static int note_sent(struct sending *s, const char *sent, const char *plan)
{
	int64_t now_ns = yg_hub_now_ns(s->hub), hour = now_ns / (3600 * YG_NS_PER_S);
	json_int_t in_hour =
		yg_json_int(s->body, "hour", 0) == hour ? yg_json_int(s->body, "in_hour", 0) : 0;
	int rc = yg_json_set(s->body, "hour", json_integer(hour));

	if (rc == YG_OK)
		rc = yg_json_set(s->body, "in_hour", json_integer(in_hour + 1));
	if (rc == YG_OK)
		rc = yg_json_set(s->body, "warnings",
				 json_integer(yg_json_int(s->body, "warnings", 0) + 1));
	if (rc == YG_OK)
		rc = yg_warn_save(s->hub, "hub", "auto", s->key, json_incref(s->body));
	return rc == YG_OK ? yg_warn_save(s->hub, "hub", "auto_sent", sent,
					  json_pack("{s:s, s:I}", "plan", plan, "time_s",
						    (json_int_t)(now_ns / YG_NS_PER_S)))
			   : rc;
}

static const char *type_of(const struct yg_fact_finding *f)
{
	if (yg_bytes_ends(f->rule, YG_S("-domain")))
		return "domain";
	if (yg_bytes_ends(f->rule, YG_S("-url")))
		return "url";
	return yg_bytes_ends(f->rule, YG_S("-hash")) ? "hash" : "address";
}

/* 攻撃技術情報 and nothing else: no target, no count of what was hit, no record. */
static json_t *notice_of(const struct yg_fact_finding *f)
{
	json_t *sources = json_array(), *indicators = json_array(), *notice;
	int rc = sources && indicators ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK && f->actor.size > 0 &&
	    (json_array_append_new(sources, yg_json_string(f->actor)) != 0 ||
	     json_array_append_new(indicators, json_pack("{s:s, s:o}", "type", "address", "value",
							 yg_json_string(f->actor))) != 0))
		rc = YG_ENOMEM;
	if (rc == YG_OK && f->matched.size > 0 && !yg_bytes_eq(f->matched, f->actor) &&
	    json_array_append_new(indicators, json_pack("{s:s, s:o}", "type", type_of(f), "value",
							yg_json_string(f->matched))) != 0)
		rc = YG_ENOMEM;
	notice = rc == YG_OK
			 ? json_pack("{s:s, s:s, s:s, s:b, s:{s:s, s:o, s:o}, s:{s:o, s:o}, "
				     "s:{s:s, s:o, s:o, s:O, s:O, s:[{s:o, s:{s:o, s:o}, s:s}]}}",
				     "kind", "warning", "tlp", "amber", "pap", "amber", "automatic",
				     1, "certainty", "level", "machine", "source",
				     yg_json_string(f->rule), "time", yg_warn_time(f->written_ns),
				     "title", "en", yg_json_string(f->title), "ja",
				     yg_json_string(f->title_ja), "attack", "field",
				     yg_attack_name(f->field), "first", yg_warn_time(f->first_ns),
				     "last", yg_warn_time(f->last_ns), "sources", sources,
				     "indicators", indicators, "rules", "id",
				     yg_json_string(f->rule), "title", "en",
				     yg_json_string(f->title), "ja", yg_json_string(f->title_ja),
				     "level", yg_level_name(f->level))
			 : NULL;
	json_decref(sources);
	json_decref(indicators);
	return notice;
}

/* The plan, and out with it, by the machine: a person switched the rule on. In a transaction. */
static int plan_and_send(struct sending *s, struct yg_access *by, json_t *notice, json_t *own,
			 char plan[YG_WARN_PLAN_HEX + 1])
{
	struct yg_warn_wish wish = {.situation = "",
				    .victim = s->org,
				    .notice = notice,
				    .own = own,
				    .began_ns = s->f->received_ns,
				    .times = YG_WARN_TIMES_DEFAULT,
				    .automatic = s->rule,
				    .planner = s->ports->planner};
	int rc = yg_warn_plan_make(by, &wish, plan);

	return rc == YG_OK ? yg_warn_approve(by, plan, &s->count) : rc;
}

/* In a transaction. */
static int send(struct sending *s, struct yg_access *by)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	char sent[YG_HUB_KEY_MAX];
	json_t *notice = NULL, *own = NULL, *name = NULL;
	int rc = load(s->hub, s->rule, s->key, &s->body);

	if (rc == YG_OK && !json_is_true(json_object_get(s->body, "on")))
		rc = YG_EEND;
	if (rc == YG_OK)
		rc = is_due(s, sent);
	if (rc != YG_OK)
		return rc;
	notice = notice_of(s->f);
	own = json_object();
	name = json_object();
	rc = notice && own && name ? yg_warn_own(s->hub, s->org, s->f->target, own, name)
				   : YG_ENOMEM;
	if (rc == YG_OK && s->ports->advise)
		rc = s->ports->advise(s->ports->arg, notice);
	if (rc == YG_OK)
		rc = plan_and_send(s, by, notice, own, plan);
	if (rc == YG_OK)
		rc = note_sent(s, sent, plan);
	json_decref(notice);
	json_decref(own);
	json_decref(name);
	return rc;
}

int yg_auto_send(struct yg_hub_access *hub, const struct yg_auto_ports *ports,
		 const struct yg_fact_finding *f, uint32_t *ret_count)
{
	struct sending s = {.hub = hub, .ports = ports, .f = f};
	struct yg_hub_actor machine;
	struct yg_access *by = NULL;
	int rc;

	*ret_count = 0;
	if (f->rule.size > YG_AUTO_RULE_MAX || f->org.size > YG_ENROL_ID_MAX ||
	    (f->actor.size == 0 && f->matched.size == 0))
		return YG_OK; /* nothing that another house could look for */
	(void)snprintf(s.rule, sizeof(s.rule), "%.*s", YG_FMT(f->rule)); /* measured */
	(void)snprintf(s.org, sizeof(s.org), "%.*s", YG_FMT(f->org));	 /* measured */
	yg_hub_local_analyst(ACTOR, &machine);
	rc = yg_access_hub(hub, &machine, YG_HUB_ORG, YG_MAY_write_warnings, &by);
	if (rc == YG_OK)
		rc = yg_control_begin(hub->store);
	if (rc == YG_OK) {
		rc = send(&s, by);
		if (rc == YG_OK)
			rc = yg_control_commit(hub->store);
		else
			yg_control_abort(hub->store);
	}
	(void)yg_access_free(by);
	json_decref(s.body);
	*ret_count = rc == YG_OK ? s.count : 0;
	/* Not now; nobody may be warned unasked; the organisation is no member any more. */
	return rc == YG_EEND || rc == YG_EMISMATCH || rc == YG_ENOENT ? YG_OK : rc;
}
