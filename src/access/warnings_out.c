/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of what is sent by mail and webhook; reminders and the deputy. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/warnings-int.h"

#include "access/provisions.h"
#include "access/sightings.h"
#include "base/alloc.h"

#include "base/ban.h"

#define HUB	    "hub"
#define WEBHOOK	    "webhook"
#define RETRY_S	    60
#define RETRY_MAX_S (6 * 3600)
#define TRIES_MAX   12u
#define TICK_LOOK   1000u

void yg_warn_out_done_with(struct yg_warn_out *out)
{
	json_decref(out->copy);
	*out = (struct yg_warn_out){0};
}

/* ---- the next row ---- */

struct looking {
	struct yg_warn_turn *turn;
	struct yg_warn_out *ret;
	uint32_t left; /* rows that may still be gone over */
	bool is_begun;
};

static bool is_hook(const char *channel)
{
	return strcmp(channel, WEBHOOK) == 0;
}

static int take_row(struct looking *l, struct yg_bytes body)
{
	struct yg_fault fault;
	json_t *row = NULL;
	int rc = yg_json_load(body, YG_DOC_BODY_MAX, &row, &fault);

	if (rc != YG_OK)
		return rc;
	memcpy(l->ret->key, l->turn->after, sizeof(l->ret->key));
	yg_hub_text(row, "id", l->ret->id, sizeof(l->ret->id));
	yg_hub_text(row, "channel", l->ret->channel, sizeof(l->ret->channel));
	yg_hub_text(row, "org", l->ret->org, sizeof(l->ret->org));
	l->ret->tries = (uint32_t)yg_json_int(row, "tries", 0);
	l->is_begun = json_is_true(json_object_get(row, "begun"));
	json_decref(row);
	return YG_EEND;
}

/* @key: TIME/ID-CHANNEL; what is not ours to take is not parsed. */
static int look_row(void *arg, struct yg_bytes key, struct yg_bytes body)
{
	struct looking *l = arg;
	struct yg_warn_turn *turn = l->turn;
	const char *dash;

	l->left--;
	if (key.size >= sizeof(turn->after))
		return YG_OK;
	if (key.size < 16 || memcmp(key.data, turn->until, 16) > 0)
		return YG_ENOENT; /* keys ascend with time */
	(void)snprintf(turn->after, sizeof(turn->after), "%.*s", YG_FMT(key)); /* as measured */
	dash = strrchr(turn->after, '-');
	if (is_hook(dash ? dash + 1 : "") != turn->is_hooks ||
	    !turn->is_free(turn->arg, turn->after))
		return YG_OK;
	return take_row(l, body);
}

/* What is known of a way to its end, in the warning: who reads it sees what became of it. */
static int note_channel(struct yg_hub_access *hub, const struct yg_warn_out *out, const char *state,
			const char *text, int64_t now_ns, bool is_repeated)
{
	const char *id = out->id, *channel = out->channel;
	json_t *body = NULL, *channels;
	int64_t repeats;
	int rc;

	if (yg_remind_is(out))
		return yg_remind_note(hub, out, state, text, now_ns, is_repeated);
	if (yg_warn_is_question(channel))
		return yg_warn_question_note(hub, id, state, text, now_ns, is_repeated);
	rc = yg_warn_load(hub, "warning", id, &body);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc; /* it was taken away meanwhile */
	channels = json_object_get(body, "channels");
	if (!channels) {
		channels = json_object();
		rc = yg_json_set(body, "channels", channels); /* takes it */
	}
	repeats = yg_json_int(json_object_get(channels, channel), "repeats", 0) + is_repeated;
	if (rc == YG_OK)
		rc = yg_json_set(channels, channel,
				 json_pack("{s:s, s:o, s:o, s:I}", "state", state, "time",
					   yg_warn_time(now_ns), "text", yg_hub_string(text),
					   "repeats", (json_int_t)repeats));
	if (rc == YG_OK && strcmp(state, "sent") == 0)
		rc = yg_warn_step_set(body, YG_WARN_DELIVERED, now_ns, channel,
				      is_hook(channel) ? WEBHOOK : "mail");
	if (rc == YG_OK)
		rc = yg_warn_save(hub, HUB, "warning", id, json_incref(body));
	json_decref(body);
	return rc;
}

static int settle(struct yg_hub_access *hub, const struct yg_warn_out *out, const char *state,
		  const char *text, int64_t now_ns)
{
	int rc = yg_control_begin(hub->store);

	if (rc != YG_OK)
		return rc;
	rc = yg_warn_drop(hub, HUB, "outbox", out->key);
	if (rc == YG_OK)
		rc = note_channel(hub, out, state, text, now_ns, false);
	if (rc == YG_OK)
		return yg_control_commit(hub->store);
	yg_control_abort(hub->store);
	return rc;
}

/* Where to: as the register has it now, for a contact may have changed since. */
static int find_way(struct yg_hub_access *hub, const char *org, struct yg_warn_out *out)
{
	const char *key = strcmp(out->channel, "deputy") == 0 ? "deputy_mail" : "contact_mail";
	json_t *body = NULL;
	int rc = is_hook(out->channel) ? yg_warn_load(hub, WEBHOOK, org, &body)
				       : yg_hub_get(hub, "member", org, &body, NULL);

	yg_hub_text(body, is_hook(out->channel) ? "url" : key, out->to, sizeof(out->to));
	yg_hub_text(body, "secret", out->secret, sizeof(out->secret));
	yg_hub_text(body, "language", out->lang, sizeof(out->lang));
	json_decref(body);
	return rc == YG_ENOENT ? YG_OK : rc;
}

static bool has_room(const struct yg_warn_turn *turn, const struct yg_warn_out *out)
{
	return !turn->has_room || !out->to[0] || turn->has_room(turn->arg, out);
}

static int look_org(void *arg, const struct yg_doc *doc)
{
	struct yg_bytes org = yg_json_peek_text(doc->body, "org");

	/* An id stands in JSON as it is. */
	(void)snprintf(arg, YG_ENROL_ID_MAX + 1, "%.*s", YG_FMT(org)); /* cut: then it is nobody */
	return YG_OK;
}

/* Before anything else of a webhook's row is made: thousands may wait for one host. YG_EAGAIN. */
static int look_for_room(struct yg_hub_access *hub, const struct yg_warn_turn *turn,
			 struct yg_warn_out *out)
{
	char org[YG_ENROL_ID_MAX + 1] = "";
	int rc;

	if (!turn->has_room || !is_hook(out->channel))
		return YG_OK;
	rc = yg_control_get(hub->store, YG_S(YG_WARN_STORE), YG_S("warning"), yg_bytes_str(out->id),
			    look_org, org);
	if (rc == YG_OK)
		rc = find_way(hub, org, out);
	if (rc == YG_OK && !has_room(turn, out))
		return YG_EAGAIN;
	out->to[0] = '\0';
	return rc == YG_ENOENT ? YG_OK : rc;
}

static int find_copy(struct yg_hub_access *hub, const json_t *warning, struct yg_warn_out *out)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	struct yg_warn_variant variant;
	json_t *body = NULL, *text = NULL;
	int rc;

	yg_warn_plan_of(out->id, plan);
	rc = yg_warn_load(hub, "plan", plan, &body);
	if (rc == YG_OK) {
		yg_warn_variant_of(plan, body, warning,
				   is_hook(out->channel) ? YG_OUTLET_WEBHOOK : YG_OUTLET_MAIL,
				   &variant);
		rc = yg_warn_text(hub, HUB, &variant, &text);
	}
	if (rc == YG_OK && json_is_object(json_object_get(text, "copy")))
		out->copy = json_incref(json_object_get(text, "copy"));
	json_decref(text);
	json_decref(body);
	return rc;
}

/* What is no warning: a question's deputy, a reminder. */
static int fill_other(struct yg_hub_access *hub, struct yg_warn_out *out, int64_t now_ns)
{
	const char *settled;
	int rc = yg_remind_is(out) ? yg_remind_fill(hub, out, &settled)
				   : yg_warn_question_fill(hub, out, &settled);

	if (rc == YG_OK && settled) {
		rc = settle(hub, out, settled, "", now_ns);
		return rc == YG_OK ? YG_EEND : rc;
	}
	return rc;
}

/* Everything that sending needs. YG_EEND: it can be sent to nobody, which was settled; YG_EAGAIN:
 * there is no room where it goes. */
static int fill(struct yg_hub_access *hub, const struct yg_warn_turn *turn, struct yg_warn_out *out,
		int64_t now_ns)
{
	char org[YG_ENROL_ID_MAX + 1];
	struct yg_hub_org found = {.closed_ns = YG_TIME_NONE};
	json_t *warning = NULL;
	int rc;

	if (yg_remind_is(out) || yg_warn_is_question(out->channel)) {
		rc = fill_other(hub, out, now_ns);
		return rc == YG_OK && !has_room(turn, out) ? YG_EAGAIN : rc;
	}
	rc = look_for_room(hub, turn, out);
	if (rc != YG_OK)
		return rc;
	rc = yg_warn_load(hub, "warning", out->id, &warning);
	if (rc == YG_ENOENT) {
		rc = settle(hub, out, "gone", "", now_ns);
		return rc == YG_OK ? YG_EEND : rc;
	}
	yg_hub_text(warning, "org", org, sizeof(org));
	yg_hub_text(warning, "code", out->code, sizeof(out->code));
	if (rc == YG_OK)
		rc = yg_hub_org_look(hub->enrol, org, &found);
	if (rc == YG_OK && found.closed_ns == YG_TIME_NONE)
		rc = find_way(hub, org, out);
	if (rc == YG_OK || rc == YG_ENOENT)
		rc = out->to[0] ? find_copy(hub, warning, out) : YG_OK;
	json_decref(warning);
	if (rc != YG_OK || out->copy)
		return rc;
	rc = settle(hub, out, out->to[0] ? "refused" : "no-contact", "", now_ns);
	return rc == YG_OK ? YG_EEND : rc;
}

/* The row, as it is written each time; @key: another place in the queue. */
static int save_row(struct yg_hub_access *hub, const struct yg_warn_out *out, const char *key,
		    uint32_t tries, bool is_begun)
{
	json_t *body = json_pack("{s:s, s:s, s:i}", "id", out->id, "channel", out->channel, "tries",
				 (int)tries);
	int rc = is_begun ? yg_json_set(body, "begun", json_true()) : YG_OK;

	if (rc == YG_OK && yg_remind_is(out))
		rc = yg_json_set(body, "org", json_string(out->org));
	if (rc == YG_OK)
		return yg_warn_save(hub, HUB, "outbox", key, body);
	json_decref(body);
	return rc;
}

static int begin_row(struct yg_hub_access *hub, struct yg_warn_out *out, int64_t now_ns)
{
	int rc = yg_control_begin(hub->store);

	if (rc != YG_OK)
		return rc;
	rc = save_row(hub, out, out->key, out->tries, true);
	if (rc == YG_OK && out->is_repeated)
		rc = note_channel(hub, out, "repeated", "", now_ns, true);
	if (rc == YG_OK)
		return yg_control_commit(hub->store);
	yg_control_abort(hub->store);
	return rc;
}

/* The next row that may be taken. YG_OK, YG_ENOENT, YG_EAGAIN. */
static int look_on(struct yg_hub_access *hub, struct looking *l)
{
	char after[sizeof(l->turn->after)];
	int rc = YG_EAGAIN;

	*l->ret = (struct yg_warn_out){0};
	memcpy(after, l->turn->after, sizeof(after)); /* which look_row moves */
	if (l->left > 0)
		rc = yg_hub_each_raw(hub, YG_WARN_STORE, "outbox", "", after, l->left, look_row, l);
	if (rc == YG_OK)
		rc = l->left > 0 ? YG_ENOENT : YG_EAGAIN;
	if (rc == YG_ENOENT)
		l->turn->after[0] = '\0';
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_warn_out_next(struct yg_hub_access *hub, int64_t now_ns, struct yg_warn_turn *turn,
		     struct yg_warn_out *ret)
{
	struct looking l = {.turn = turn, .ret = ret, .left = YG_WARN_LOOK_MAX};

	if (!turn->after[0])
		yg_warn_time_key(now_ns, false, turn->until);
	for (unsigned i = 0; i < YG_WARN_PASS_MAX; i++) {
		int rc = look_on(hub, &l);

		if (rc != YG_OK)
			return rc;
		ret->is_repeated = l.is_begun;
		rc = fill(hub, turn, ret, now_ns);
		if (rc == YG_OK)
			rc = begin_row(hub, ret, now_ns);
		if (rc == YG_OK)
			return YG_OK;
		yg_warn_out_done_with(ret);
		if (rc != YG_EEND && rc != YG_EAGAIN)
			return rc;
	}
	return YG_EAGAIN;
}

static int put_later(struct yg_hub_access *hub, const struct yg_warn_out *out, const char *text,
		     int64_t now_ns)
{
	int64_t wait_s = RETRY_S;
	char key[YG_HUB_KEY_MAX];
	char time[17];
	int rc;

	for (uint32_t i = 0; i < out->tries && wait_s < RETRY_MAX_S; i++)
		wait_s *= 2;
	wait_s = wait_s < RETRY_MAX_S ? wait_s : RETRY_MAX_S;
	yg_warn_time_key(now_ns + wait_s * YG_NS_PER_S, false, time);
	(void)snprintf(key, sizeof(key), "%s/%s-%s", time, out->id, out->channel); /* short */
	rc = yg_control_begin(hub->store);
	if (rc != YG_OK)
		return rc;
	rc = yg_warn_drop(hub, HUB, "outbox", out->key);
	if (rc == YG_OK)
		rc = save_row(hub, out, key, out->tries + 1, false);
	if (rc == YG_OK)
		rc = note_channel(hub, out, "later", text, now_ns, false);
	if (rc == YG_OK)
		return yg_control_commit(hub->store);
	yg_control_abort(hub->store);
	return rc;
}

int yg_warn_out_done(struct yg_hub_access *hub, const struct yg_warn_out *out,
		     enum yg_warn_sent how, const char *text, int64_t now_ns)
{
	if (how == YG_WARN_LATER && out->tries + 1 < TRIES_MAX)
		return put_later(hub, out, text, now_ns);
	return settle(hub, out, how == YG_WARN_SENT ? "sent" : "bounced", text, now_ns);
}

/* ---- what is due ---- */

struct due {
	char key[300];
	char id[YG_WARN_ID_HEX + 1];
	char what[16];
};

struct dues {
	const char *until;
	struct due *at;
	uint32_t count;
	uint32_t room;
};

static int take_due(void *arg, struct yg_bytes key, const json_t *body)
{
	struct dues *d = arg;
	struct due *one = &d->at[d->count];

	if (key.size >= sizeof(one->key))
		return YG_OK;
	(void)snprintf(one->key, sizeof(one->key), "%.*s", YG_FMT(key)); /* as measured */
	if (d->count == d->room || strncmp(one->key, d->until, 16) > 0)
		return YG_EEND;
	yg_hub_text(body, "id", one->id, sizeof(one->id));
	yg_hub_text(body, "what", one->what, sizeof(one->what));
	d->count++;
	return YG_OK;
}

static int queue(struct yg_hub_access *hub, const char *id, const char *channel, int64_t now_ns)
{
	char key[YG_HUB_KEY_MAX];
	char time[17];

	yg_warn_time_key(now_ns, false, time);
	(void)snprintf(key, sizeof(key), "%s/%s-%s", time, id, channel); /* short words */
	return yg_warn_save(hub, HUB, "outbox", key,
			    json_pack("{s:s, s:s, s:i}", "id", id, "channel", channel, "tries", 0));
}

static bool is_set(const json_t *body, const char *key)
{
	return !json_is_null(json_object_get(body, key)) && json_object_get(body, key);
}

/* Not seen: once more to the contact. Not acknowledged: the deputy, and the list of calls. */
static int tell_silent(struct yg_hub_access *hub, const struct due *due, json_t *body,
		       int64_t now_ns)
{
	bool is_reminder = strcmp(due->what, "remind") == 0;
	int rc;

	if (is_reminder && is_set(body, "seen"))
		return YG_OK;
	rc = yg_json_set(body, is_reminder ? "reminded" : "escalated", yg_warn_time(now_ns));
	if (rc == YG_OK)
		rc = queue(hub, due->id, is_reminder ? "remind" : "deputy", now_ns);
	return rc == YG_OK ? yg_warn_save(hub, HUB, "warning", due->id, json_incref(body)) : rc;
}

/* After the reminder comes the deputy's time. */
static int set_next(struct yg_hub_access *hub, const struct due *due, const json_t *body)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	json_t *whole = NULL;
	int64_t remind_s, escalate_s;
	int rc;

	yg_warn_plan_of(due->id, plan);
	rc = yg_warn_load(hub, "plan", plan, &whole);
	remind_s = yg_json_int(json_object_get(whole, "times"), "remind_s", 0);
	escalate_s = yg_json_int(json_object_get(whole, "times"), "escalate_s", 0);
	json_decref(whole);
	if (escalate_s < remind_s)
		escalate_s = remind_s;
	return rc == YG_OK
		       ? yg_warn_timer(hub, HUB,
				       yg_warn_time_of(body, "released") + escalate_s * YG_NS_PER_S,
				       due->id, "escalate")
		       : rc;
}

/* Of a drill that is over nobody need be reminded. */
static int look_over(struct yg_hub_access *hub, const struct due *due, int64_t now_ns, bool *ret)
{
	char plan[YG_WARN_PLAN_HEX + 1];
	json_t *whole = NULL;
	int rc;

	yg_warn_plan_of(due->id, plan);
	rc = yg_warn_load(hub, "plan", plan, &whole);
	*ret = yg_provision_is_over(whole, now_ns);
	json_decref(whole);
	return rc == YG_ENOENT ? YG_OK : rc;
}

static int ring(struct yg_hub_access *hub, const struct due *due, int64_t now_ns)
{
	json_t *body = NULL;
	bool is_over = false;
	int rc = look_over(hub, due, now_ns, &is_over);

	if (rc != YG_OK || is_over)
		return rc;
	rc = yg_warn_load(hub, "warning", due->id, &body);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc;
	if (!is_set(body, "acknowledged") && !is_set(body, "replaced")) {
		rc = tell_silent(hub, due, body, now_ns);
		if (rc == YG_OK && strcmp(due->what, "remind") == 0)
			rc = set_next(hub, due, body);
	}
	json_decref(body);
	return rc;
}

/* One of the timers. */
static int do_due(struct yg_hub_access *hub, const struct due *due, int64_t now_ns)
{
	if (strcmp(due->what, "question") == 0)
		return yg_warn_question_late(hub, due->id, now_ns);
	if (strcmp(due->what, "expire") == 0) /* some of its indicators count no more */
		return yg_sight_plan_due(hub, HUB, due->id);
	return ring(hub, due, now_ns);
}

int yg_warn_tick(struct yg_hub_access *hub, int64_t now_ns, uint32_t limit, uint32_t *ret_count)
{
	char until[17];
	struct dues d = {.until = until, .room = limit < TICK_LOOK ? limit : TICK_LOOK};
	int rc;

	*ret_count = 0;
	yg_warn_time_key(now_ns, false, until);
	d.at = yg_calloc((size_t)d.room + 1, sizeof(*d.at));
	rc = d.at ? yg_hub_each(hub, YG_WARN_STORE, "timer", "", "", 0, take_due, &d) : YG_ENOMEM;
	rc = rc == YG_EEND ? YG_OK : rc;
	if (rc == YG_OK && d.count > 0)
		rc = yg_control_begin(hub->store);
	if (rc == YG_OK && d.count > 0) {
		for (uint32_t i = 0; i < d.count && rc == YG_OK; i++) {
			rc = do_due(hub, &d.at[i], now_ns);
			if (rc == YG_OK)
				rc = yg_warn_drop(hub, HUB, "timer", d.at[i].key);
		}
		if (rc == YG_OK)
			rc = yg_control_commit(hub->store);
		else
			yg_control_abort(hub->store);
	}
	*ret_count = rc == YG_OK ? d.count : 0;
	free(d.at);
	return rc;
}

/* ---- a member's own program ---- */

int yg_warn_hook_get(struct yg_access *by, char ret_url[YG_WARN_URL_MAX + 1])
{
	struct yg_hub_access *hub;
	json_t *body = NULL;
	int rc = yg_hub_require(by, YG_MAY_read_members, &hub);

	ret_url[0] = '\0';
	if (rc == YG_OK)
		rc = yg_warn_load(hub, "webhook", by->org, &body);
	yg_hub_text(body, "url", ret_url, YG_WARN_URL_MAX + 1);
	json_decref(body);
	return rc == YG_ENOENT ? YG_OK : rc;
}

/* A URL that ends up in nothing but a request to its host: no account, no blanks, no control. */
static bool is_url(const char *url)
{
	struct yg_bytes text = yg_bytes_str(url);
	struct yg_bytes host = yg_bytes_from(text, 8);

	if (text.size <= 8 || memcmp(url, "https://", 8) != 0)
		return false;
	host = yg_bytes_cut(host, 0, yg_bytes_chr(host, '/'));
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] <= ' ' || text.data[i] > '~')
			return false;
	return host.size > 0 && yg_bytes_chr(host, '@') == SIZE_MAX;
}

int yg_warn_hook_set(struct yg_access *by, const char *url, const char *secret)
{
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_write_members, &hub);

	if (rc != YG_OK)
		return rc;
	if (strcmp(by->org, YG_HUB_ORG) == 0 || strlen(url) > YG_WARN_URL_MAX ||
	    (url[0] &&
	     (!is_url(url) || strlen(secret) < 16 || !yg_hub_is_text(secret, YG_WARN_SECRET_MAX))))
		return YG_EINVAL;
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = url[0] ? yg_warn_save(
			      hub, by->actor, "webhook", by->org,
			      json_pack("{s:s, s:o}", "url", url, "secret", yg_hub_string(secret)))
		    : yg_warn_drop(hub, by->actor, "webhook", by->org);
	return yg_hub_finish(hub, rc,
			     &(struct yg_hub_deed){by->actor, by->org, "webhook.set", by->org, ""});
}
