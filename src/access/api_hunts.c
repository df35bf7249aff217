/* SPDX-License-Identifier: Apache-2.0 */
/* Hunts: which there are, how far each is, and a person's yes or no to one that asks. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/audit.h"
#include "access/hunts.h"
#include "base/alloc.h"

#include "base/ban.h"

#define ID_ROOM	 64u
#define LOOK_MAX 1000u /* documents that one answer looks at */

struct hunts {
	struct yg_hub_reach reach;
	json_t *items;
	json_t *one;
	uint32_t limit;
	uint32_t looked;
	char last[ID_ROOM];
	bool is_more;
	char state[16];
};

static int no_hunts(const struct yg_hub_call *call)
{
	return yg_call_refuse(call, 503, "busy", N_("Hunts cannot be read now"),
			      N_("Wait a moment and try again."));
}

static int add_hunt(void *arg, json_t *job)
{
	struct hunts *hunts = arg;
	struct yg_bytes id = yg_json_text(job, "id");
	json_t *item = NULL;
	int rc;

	if (json_array_size(hunts->items) == hunts->limit || hunts->looked == LOOK_MAX ||
	    id.size >= sizeof(hunts->last)) {
		hunts->is_more = true;
		return YG_EEND;
	}
	hunts->looked++;
	(void)snprintf(hunts->last, sizeof(hunts->last), "%.*s", YG_FMT(id)); /* it fits */
	rc = yg_hunt_json(job, &hunts->reach, &item);
	if (rc == YG_ENOENT)
		return YG_OK;
	if (rc == YG_OK && json_array_append_new(hunts->items, item) != 0)
		rc = YG_ENOMEM;
	return rc;
}

static int see_hunt(void *arg, json_t *job)
{
	struct hunts *hunts = arg;
	struct yg_bytes state = yg_json_text(job, "state");

	(void)snprintf(hunts->state, sizeof(hunts->state), "%.*s", YG_FMT(state)); /* our words */
	return yg_hunt_json(job, &hunts->reach, &hunts->one);
}

int yg_hub_do_list_hunts(struct yg_hub_call *call)
{
	const struct yg_hub_api_ports *ports = &call->api->opts.ports;
	char mem[YG_API_QUERY_MAX + 1];
	char before[ID_ROOM] = "";
	struct yg_bytes after = yg_call_query(call, "after", mem);
	struct hunts hunts = {0};
	int rc;

	if (!ports->hunts)
		return no_hunts(call);
	if (after.size >= sizeof(before) ||
	    (after.size > 0 && memchr(after.data, 0, after.size) != NULL))
		return yg_call_bad(call, N_("after must be what `next` said."));
	if (after.size > 0)
		memcpy(before, after.data, after.size);
	hunts.items = json_array();
	rc = hunts.items ? yg_call_query_limit(call, &hunts.limit) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = yg_call_reach(call, &hunts.reach);
	if (rc == YG_OK)
		rc = ports->hunts(ports->arg, before, add_hunt, &hunts);
	yg_hub_reach_done(&hunts.reach);
	if (rc == YG_OK)
		return yg_call_page(call, hunts.items,
				    yg_bytes_str(hunts.is_more ? hunts.last : ""));
	json_decref(hunts.items);
	return rc == YG_EEND ? YG_OK : rc;
}

/* One as the caller sees it, to hunts->one. */
static int find_hunt(const struct yg_hub_call *call, const char *id, struct hunts *hunts)
{
	const struct yg_hub_api_ports *ports = &call->api->opts.ports;
	bool is_of_hub = call->access && strcmp(yg_access_org(call->access), YG_HUB_ORG) == 0;
	/* What the hub's own people answer is over all. */
	int rc = is_of_hub ? yg_hub_reach(call->api->opts.hub, call->request->actor,
					  YG_MAY_read_hunts, &hunts->reach)
			   : yg_call_reach(call, &hunts->reach);

	if (rc == YG_OK)
		rc = ports->hunt(ports->arg, id, see_hunt, hunts);
	yg_hub_reach_done(&hunts->reach);
	return rc;
}

int yg_hub_do_get_hunt(struct yg_hub_call *call)
{
	struct hunts hunts = {0};
	char id[ID_ROOM];
	int rc;

	if (!call->api->opts.ports.hunt)
		return no_hunts(call);
	rc = yg_call_part(call, 0, id, sizeof(id)) ? find_hunt(call, id, &hunts) : YG_ENOENT;
	if (rc == YG_OK)
		return yg_call_json(call, 200, hunts.one);
	return rc == YG_ENOENT ? yg_call_not_found(call) : rc;
}

/* ---- yes or no ---- */

static bool is_one_of(const char *state, bool is_yes)
{
	return strcmp(state, "asks") == 0 ||
	       (!is_yes && (strcmp(state, "waiting") == 0 || strcmp(state, "running") == 0));
}

/* {"reason"} to @who. YG_EEND: refused in the reply. */
static int read_who(const struct yg_hub_call *call, struct yg_hunt_who *who)
{
	char reason[YG_VIEW_REASON_MAX + 1];
	json_t *in;
	bool is_good;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc;
	is_good = yg_call_text(call, in, "reason", reason, sizeof(reason));
	json_decref(in);
	if (!is_good)
		return YG_EEND;
	rc = yg_hunt_who_of(call->access, reason, who);
	if (rc != YG_EINVAL)
		return rc;
	(void)yg_call_bad(call, N_("reason is a text of one line.")); /* always YG_OK */
	return YG_EEND;
}

static int answer(struct yg_hub_call *call, bool is_yes)
{
	const struct yg_hub_api_ports *ports = &call->api->opts.ports;
	struct hunts hunts = {0};
	struct yg_hunt_who who;
	char id[ID_ROOM];
	int rc = read_who(call, &who);

	if (rc != YG_OK)
		return rc;
	if (!ports->hunt || !ports->answer_hunt)
		return no_hunts(call);
	rc = yg_call_read(call, YG_MAY_read_hunts);
	if (rc == YG_OK)
		rc = yg_call_part(call, 0, id, sizeof(id)) ? find_hunt(call, id, &hunts)
							   : YG_ENOENT;
	if (rc == YG_OK && !is_one_of(hunts.state, is_yes)) {
		json_decref(hunts.one);
		return yg_call_refuse(call, 409, is_yes ? "does-not-ask" : "is-over",
				      is_yes ? N_("This hunt does not ask")
					     : N_("This hunt is over"),
				      N_("GET /api/v1/hunts shows the state of each."));
	}
	if (rc == YG_OK) /* before it can have an effect */
		rc = yg_hunt_note(call->api->opts.hub, id, is_yes ? "hunt.confirm" : "hunt.refuse",
				  who.actor, who.reason);
	if (rc == YG_OK)
		rc = ports->answer_hunt(ports->arg, id, is_yes, &who);
	if (rc == YG_OK)
		return yg_call_json(call, 202, hunts.one);
	json_decref(hunts.one);
	return rc == YG_ENOENT ? yg_call_not_found(call) : rc;
}

int yg_hub_do_confirm_hunt(struct yg_hub_call *call)
{
	return answer(call, true);
}

int yg_hub_do_refuse_hunt(struct yg_hub_call *call)
{
	return answer(call, false);
}
