/* SPDX-License-Identifier: Apache-2.0 */
/* Rules by which warnings go out by themselves. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/automatic.h"

#include "base/ban.h"

static int add_item(void *arg, json_t *one)
{
	return json_array_append(arg, one) == 0 ? YG_OK : YG_ENOMEM;
}

static int no_situations(const struct yg_hub_call *call)
{
	return yg_call_refuse(call, 503, "busy", N_("Situations cannot be read now"),
			      N_("Wait a moment and try again."));
}

/* ?rule=: that one alone, measured now. */
int yg_hub_do_list_automatic_rules(struct yg_hub_call *call)
{
	char mem[YG_API_QUERY_MAX + 1];
	char rule[YG_AUTO_RULE_MAX + 1] = "";
	struct yg_bytes text = yg_call_query(call, "rule", mem);
	struct yg_situations *situations = call->api->opts.situations;
	json_t *items, *one = NULL;
	int rc = YG_OK;

	if (text.size >= sizeof(rule))
		return yg_call_bad(call, N_("rule is a rule's id, at most 200 bytes."));
	if (text.size > 0 && !situations)
		return no_situations(call);
	(void)snprintf(rule, sizeof(rule), "%.*s", YG_FMT(text)); /* measured */
	items = json_array();
	if (!items)
		return YG_ENOMEM;
	rc = rule[0] ? yg_auto_get(call->access, situations, rule, &one)
		     : yg_auto_list(call->access, add_item, items);
	if (rc == YG_OK && one)
		rc = add_item(items, one);
	json_decref(one);
	if (rc == YG_OK)
		return yg_call_page(call, items, (struct yg_bytes){0});
	json_decref(items);
	return rc == YG_EINVAL ? yg_call_bad(call, N_("rule is a rule's id, at most 200 bytes."))
			       : rc;
}

static int answer(const struct yg_hub_call *call, const char *rule)
{
	json_t *one = NULL;
	int rc = yg_auto_get(yg_call_reader(call), call->api->opts.situations, rule, &one);

	return rc == YG_OK ? yg_call_json(call, 200, one) : rc;
}

/* {"rule","on","reason"} */
int yg_hub_do_switch_automatic_rule(struct yg_hub_call *call)
{
	char rule[YG_AUTO_RULE_MAX + 1], reason[YG_WARN_TEXT_MAX + 1];
	json_t *in = NULL;
	bool is_good, is_on;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	is_on = json_is_true(json_object_get(in, "on"));
	is_good = yg_call_text(call, in, "rule", rule, sizeof(rule)) &&
		  yg_call_text(call, in, "reason", reason, sizeof(reason));
	json_decref(in);
	if (!is_good)
		return YG_OK;
	rc = yg_call_read(call, YG_MAY_read_warnings);
	if (rc == YG_OK && !call->api->opts.situations)
		return no_situations(call);
	if (rc == YG_OK)
		rc = yg_auto_switch(call->access, call->api->opts.situations, rule, is_on, reason);
	if (rc == YG_OK)
		return answer(call, rule);
	if (rc == YG_EINVAL)
		return yg_call_bad(call, N_("rule is a rule's id, at most 200 bytes; reason says "
					    "why, in one line."));
	if (rc == YG_EACCES)
		return yg_call_refuse(call, 403, "person-needed",
				      N_("Only a person may decide this"),
				      N_("Sign in; a token of a program is not enough."));
	if (rc == YG_EMISMATCH)
		return yg_call_refuse(call, 409, "unmeasured",
				      N_("This rule may not warn by itself"),
				      N_("At least 20 of its alerts of the last 90 days have to be "
					 "judged, and at most 5 percent of them as noise."));
	if (rc == YG_ELIMIT)
		return yg_call_refuse(call, 409, "too-many", N_("There are too many such rules"),
				      N_("At most 1,000 have a switch."));
	return rc == YG_EEND ? YG_OK : rc;
}
