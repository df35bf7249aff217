/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura admin warnings`: plans, receipts, and what a person decides, beside the hub. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/automatic.h"
#include "access/warnings.h"
#include "app/admin-int.h"
#include "app/commands.h"
#include "app/hub_warn.h"
#include "app/say.h"
#include "base/arena.h"
#include "base/json.h"
#include "share/stix_notice.h"

#include "base/ban.h"

#define TEXT_SHOWN   80u
#define NOTICE_ARENA (16u << 20)

static const char *word(const struct yg_admin *admin, size_t at)
{
	return at < admin->arg_count ? admin->args[at] : "";
}

static const char *shown(const json_t *one, const char *key)
{
	struct yg_bytes text = yg_json_text(one, key);

	return text.size ? yg_say_safe(text, TEXT_SHOWN) : "-";
}

static int print_plan(void *arg, json_t *one)
{
	struct yg_admin *admin = arg;

	if (admin->is_json)
		return yg_admin_json(admin, json_incref(one));
	yg_buf_addf(&admin->out, "%s  ", shown(one, "id"));
	yg_buf_addf(&admin->out, "%s  ", shown(one, "number"));
	yg_buf_addf(&admin->out, "%s  ", shown(one, "made"));
	yg_buf_addf(&admin->out, "%s  ", shown(one, "victim"));
	yg_buf_addf(&admin->out, "%s\n", shown(one, "state"));
	return yg_buf_error(&admin->out);
}

static int print_warning(void *arg, json_t *one)
{
	struct yg_admin *admin = arg;

	if (admin->is_json)
		return yg_admin_json(admin, json_incref(one));
	yg_buf_addf(&admin->out, "%s  ", shown(one, "id"));
	yg_buf_addf(&admin->out, "%s  ", shown(one, "number"));
	yg_buf_addf(&admin->out, "%s  ", shown(one, "org"));
	yg_buf_addf(&admin->out, "%s  ", shown(one, "kind"));
	yg_buf_addf(&admin->out, "%s  ", shown(one, "state"));
	yg_buf_addf(&admin->out, "%s\n", shown(one, "released"));
	return yg_buf_error(&admin->out);
}

static int say_wrong(const struct yg_admin *admin, int rc)
{
	if (rc == YG_EMISMATCH && strcmp(word(admin, 1), "automatic-on") == 0)
		yg_say_hint(N_("`yagura admin warnings automatic RULE` says how they were judged"),
			    N_("%s: at least %u of its alerts of the last %u days have to be "
			       "judged, and at most %u %% of them as noise"),
			    yg_say_safe(yg_bytes_str(word(admin, 2)), 80), YG_AUTO_JUDGED_MIN,
			    YG_AUTO_DAYS, YG_AUTO_RATE_MAX / 10u);
	else if (rc == YG_EMISMATCH)
		yg_say(N_("%s: from where it stands, this cannot be done"),
		       yg_say_safe(yg_bytes_str(word(admin, 2)), 80));
	else if (rc == YG_ENOENT)
		yg_say(N_("%s: there is none of this name"),
		       yg_say_safe(yg_bytes_str(word(admin, 2)), 80));
	else if (rc == YG_EINVAL)
		yg_say(N_("give a reason with --reason; results of a call are reached, busy, "
			  "no-answer and wrong-number"));
	else
		return yg_admin_error(admin, word(admin, 2), rc);
	return YG_EXIT_PARTLY;
}

static int end(struct yg_admin *admin, int rc)
{
	return rc == YG_OK || rc == YG_EPIPE ? yg_admin_done(admin, word(admin, 2), YG_OK)
					     : say_wrong(admin, rc);
}

/* As a STIX bundle, and nothing else: for `yagura share import`. */
static int show_stix(struct yg_admin *admin, struct yg_access *by)
{
	struct yg_arena *arena = yg_arena_new(NOTICE_ARENA);
	json_t *one = NULL, *copy = NULL;
	struct yg_line_fault fault;
	struct yg_notice notice;
	int rc = arena ? yg_warn_get(by, word(admin, 2), YG_OUTLET_TAXII, &one, &copy) : YG_ENOMEM;

	if (rc == YG_OK && !copy)
		rc = YG_ENOENT; /* nothing of it may leave this way */
	if (rc == YG_OK)
		rc = yg_notice_read(copy, arena, &notice, &fault);
	if (rc == YG_OK)
		rc = yg_stix_notice(&notice, yg_say_lang_now(), &admin->out);
	json_decref(one);
	json_decref(copy);
	(void)yg_arena_free(arena);
	return rc;
}

/* The warning, and its text as it goes out. */
static int show(struct yg_admin *admin, struct yg_access *by)
{
	json_t *one = NULL, *copy = NULL;
	int rc;

	if (admin->as)
		return strcmp(admin->as, "stix") == 0 ? show_stix(admin, by) : YG_EINVAL;
	rc = yg_warn_get(by, word(admin, 2), YG_OUTLET_PRINT, &one, &copy);

	if (rc == YG_OK)
		rc = print_warning(admin, one);
	if (rc == YG_OK && copy && !admin->is_json)
		rc = yg_hub_warn_tell((void *)(uintptr_t)yg_hub_zone_of(admin->hub), copy, "text",
				      yg_say_lang_now(), &admin->out);
	json_decref(one);
	json_decref(copy);
	return rc;
}

/* ---- rules that warn by themselves ---- */

static int print_rule(void *arg, json_t *one)
{
	struct yg_admin *admin = arg;

	if (admin->is_json)
		return yg_admin_json(admin, json_incref(one));
	yg_buf_addf(&admin->out, "%s  ", shown(one, "rule"));
	yg_buf_addf(&admin->out, "%s  ",
		    json_is_true(json_object_get(one, "on")) ? yg_say_tr(N_("on"))
							     : yg_say_tr(N_("off")));
	yg_buf_addf(&admin->out, yg_say_tr(N_("%lld judged, %lld noise, %lld sent")),
		    (long long)yg_json_int(one, "judged", 0),
		    (long long)yg_json_int(one, "noise", 0),
		    (long long)yg_json_int(one, "warnings", 0));
	yg_buf_addf(&admin->out, "  %s  ", shown(one, "time"));
	yg_buf_addf(&admin->out, "%s\n", shown(one, "reason"));
	return yg_buf_error(&admin->out);
}

/* Judgements stand beside the register. YG_OK or an error (said). */
static int open_judged(struct yg_admin *admin, struct yg_situations **ret)
{
	char path[4096];
	int size = snprintf(path, sizeof(path), "%s/situations.db", admin->data);
	int rc = size > 0 && (size_t)size < sizeof(path) ? yg_situations_open(path, true, ret)
							 : YG_ELIMIT;

	return rc;
}

static int automatic(struct yg_admin *admin, struct yg_access *by, const char *what)
{
	const char *reason = admin->reason ? admin->reason : "";
	struct yg_situations *situations = NULL;
	json_t *one = NULL;
	int rc;

	if (!word(admin, 2)[0])
		return yg_auto_list(by, print_rule, admin);
	rc = open_judged(admin, &situations);
	if (rc == YG_OK && strcmp(what, "automatic") != 0)
		rc = yg_auto_switch(by, situations, word(admin, 2),
				    strcmp(what, "automatic-on") == 0, reason);
	else if (rc == YG_OK)
		rc = yg_auto_get(by, situations, word(admin, 2), &one);
	if (rc == YG_OK && one)
		rc = print_rule(admin, one);
	json_decref(one);
	(void)yg_situations_free(situations);
	return rc;
}

static int read_command(struct yg_admin *admin, const char *what)
{
	struct yg_access *by = NULL;
	int rc = yg_access_hub(admin->hub, &admin->actor, YG_HUB_ORG, YG_MAY_read_warnings, &by);

	if (rc == YG_OK && strcmp(what, "plans") == 0)
		rc = yg_warn_plan_list(by, "", "", admin->limit ? (uint32_t)admin->limit : 0,
				       print_plan, admin);
	else if (rc == YG_OK && strcmp(what, "automatic") == 0)
		rc = automatic(admin, by, what);
	else if (rc == YG_OK && strcmp(what, "list") == 0)
		rc = yg_warn_list(by, word(admin, 2), "", "",
				  admin->limit ? (uint32_t)admin->limit : 0, print_warning, admin);
	else if (rc == YG_OK)
		rc = show(admin, by);
	(void)yg_access_free(by);
	return end(admin, rc);
}

static int decide(struct yg_admin *admin, struct yg_access *by, const char *what)
{
	const char *reason = admin->reason ? admin->reason : "";
	const struct yg_warn_call call = {word(admin, 3), word(admin, 4), reason, false};
	char fresh[YG_WARN_PLAN_HEX + 1];
	uint32_t count = 0;
	int rc;

	if (strncmp(what, "automatic", strlen("automatic")) == 0)
		return automatic(admin, by, what);
	if (strcmp(what, "refuse") == 0)
		return yg_warn_refuse(by, word(admin, 2), reason);
	if (strcmp(what, "called") == 0)
		return yg_warn_called(by, word(admin, 2), &call);
	if (strcmp(what, "withdraw") == 0) {
		rc = yg_warn_withdraw(by, word(admin, 2), reason, fresh);
		if (rc == YG_OK)
			yg_buf_addf(&admin->out, "%s\n", fresh);
		return rc;
	}
	rc = yg_warn_approve(by, word(admin, 2), &count);
	if (rc == YG_OK)
		yg_buf_addf(&admin->out, "%u\n", (unsigned)count);
	return rc;
}

static int write_command(struct yg_admin *admin, const char *what)
{
	struct yg_access *by = NULL;
	int rc = yg_access_hub(admin->hub, &admin->actor, YG_HUB_ORG, YG_MAY_write_warnings, &by);

	if (rc == YG_OK)
		rc = decide(admin, by, what);
	(void)yg_access_free(by);
	return end(admin, rc);
}

int yg_admin_warnings(struct yg_admin *admin)
{
	static const struct {
		const char *name;
		size_t words_min;
		size_t words_max;
		bool is_write;
	} known[] = {{"plans", 2, 2, false},	     {"list", 2, 3, false},
		     {"show", 3, 3, false},	     {"approve", 3, 3, true},
		     {"refuse", 3, 3, true},	     {"withdraw", 3, 3, true},
		     {"called", 5, 5, true},	     {"automatic", 2, 3, false},
		     {"automatic-on", 3, 3, true},   {"automatic-off", 3, 3, true},
		     {"publications", 2, 3, false},  {"publish", 3, 3, true},
		     {"publish-rules", 2, 2, false}, {"publish-rule", 3, 3, true}};
	const char *what = word(admin, 1);
	char name[sizeof(admin->actor.name)];

	/* Who has the folder's files acts as an analyst here, under his own name. */
	(void)snprintf(name, sizeof(name), "%s", admin->actor.name); /* the same room */
	yg_hub_local_analyst(name, &admin->actor);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(what, known[i].name) != 0 || admin->arg_count < known[i].words_min ||
		    admin->arg_count > known[i].words_max)
			continue;
		if (strncmp(what, "publi", strlen("publi")) == 0)
			return yg_admin_publish(admin, what);
		return known[i].is_write ? write_command(admin, what) : read_command(admin, what);
	}
	return yg_admin_wording(
		"warnings "
		"plans|list|show|approve|refuse|withdraw|called|automatic|publish|publications|"
		"publish-rule");
}
