/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The story's last three scenes: what partners read, and what their archives hold; one is silent; a
 * false alarm is taken back. What must not be there is looked for: a text that names another one
 * ends the story.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/demo_tale-int.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/json.h"

#include "base/ban.h"

#define PATH_ROOM  YG_DEMO_PATH_ROOM
#define HEX_ROOM   YG_DEMO_HEX_ROOM
#define TEXT_MAX   (256u << 10)
#define LOOK_MS	   200
#define SEARCH_MAX 100u /* pages of one search */
#define ALARM_WAIT 2	/* looks that must agree */

static struct yg_demo_recipient *recipient_of(const struct yg_demo_tale *tale, uint32_t member)
{
	for (uint32_t i = 0; i < tale->count; i++)
		if (tale->list[i].member == member)
			return &tale->list[i];
	return NULL;
}

static int must_have(const struct yg_demo_tale *tale, const char *id,
		     struct yg_demo_recipient **ret)
{
	*ret = recipient_of(tale, yg_demo_member_named(tale->demo, id));
	if (*ret)
		return YG_OK;
	yg_demo_why(tale->demo, N_("the plan leaves out %s"), id);
	return YG_EMISMATCH;
}

static int view_warning(struct yg_demo *demo, const char *login, const char *id)
{
	char page[PATH_ROOM];

	(void)snprintf(page, sizeof(page), "warnings/%s", id); /* fits */
	return yg_demo_view(demo, login, page);
}

/* ---- 4: what each reads ---- */

/* A warning as its recipient gets it. *ret owned. */
static int get_warning(struct yg_demo *demo, const struct yg_demo_who *who, const char *id,
		       json_t **ret)
{
	char path[PATH_ROOM];

	(void)snprintf(path, sizeof(path), "/warnings/%s", id); /* fits */
	return yg_demo_must(demo, who, "GET", path, NULL, ret);
}

/* Is anybody else's name, in any spelling we have, in what @member got? */
static int check_names(struct yg_demo *demo, uint32_t member, const json_t *warning)
{
	const struct yg_community *community = &demo->community;
	struct yg_bytes found = {0};
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, TEXT_MAX);
	rc = yg_json_canonical(warning, &text);
	for (uint32_t i = 0; i < community->member_count && rc == YG_OK; i++) {
		const struct yg_member *m = &community->members[i];
		const struct yg_bytes names[] = {m->id, m->name_ja, m->name_en};

		for (size_t k = 0; k < 3 && i != member; k++)
			if (names[k].size > 0 &&
			    yg_bytes_find(yg_buf_bytes(&text), names[k]) != SIZE_MAX)
				found = names[k];
	}
	yg_buf_done(&text);
	if (rc == YG_OK && found.size > 0) {
		yg_demo_why(demo,
			    N_("a warning names %s, which is none of its recipient's business"),
			    yg_say_safe(found, 80));
		rc = YG_EMISMATCH;
	}
	return rc;
}

/* What is told of one of the two partners whose texts are laid side by side. */
struct partner {
	const char *id;
	const char *warned; /* msgids with one %s: the marking */
	const char *indicated;
	json_t *warning; /* owned */
};

static bool is_indicators(const struct partner *partner)
{
	return yg_bytes_eq(yg_json_text(partner->warning, "kind"), YG_S("indicators"));
}

static int read_text(struct yg_demo_tale *tale, struct partner *partner)
{
	struct yg_demo *demo = tale->demo;
	struct yg_demo_recipient *r;
	char tlp[16];
	int rc = must_have(tale, partner->id, &r);

	if (rc == YG_OK)
		rc = yg_demo_deliver(tale, r);
	if (rc == YG_OK)
		rc = get_warning(demo, &r->who, r->id, &partner->warning);
	if (rc == YG_OK)
		rc = check_names(demo, r->member, partner->warning);
	if (rc == YG_OK)
		rc = yg_demo_read_it(tale, r);
	if (rc == YG_OK)
		rc = yg_demo_acknowledge(tale, r);
	if (rc != YG_OK)
		return rc;
	(void)snprintf(tlp, sizeof(tlp), "%.*s", YG_FMT(yg_json_text(partner->warning, "tlp")));
	for (char *at = tlp; *at; at++)
		*at = (char)(*at >= 'a' && *at <= 'z' ? *at - 32 : *at);
	rc = yg_demo_say(demo, is_indicators(partner) ? partner->indicated : partner->warned, tlp);
	return rc == YG_OK ? view_warning(demo, yg_demo_login(demo, r->member), r->id) : rc;
}

/* ---- 4: what their own archives hold ---- */

/* The first address among the indicators; "": none. */
static void first_address(const json_t *warning, char *to, size_t room)
{
	const json_t *attack = json_object_get(json_object_get(warning, "notice"), "attack");
	json_t *one;
	size_t i;

	to[0] = '\0';
	json_array_foreach(json_object_get(attack, "indicators"), i, one)
	{
		struct yg_bytes value = yg_json_text(one, "value");

		if (!to[0] && yg_bytes_eq(yg_json_text(one, "type"), YG_S("address")))
			(void)snprintf(to, room, "%.*s", YG_FMT(value));
	}
}

/* How many records of the last thirty days in the archive of @who hold @text. */
static int search(struct yg_demo *demo, const struct yg_demo_who *who, const char *text,
		  int64_t *ret_count)
{
	struct yg_clock wall = yg_clock_system();
	int64_t now_ns = wall.now_ns(wall.arg) / YG_NS_PER_S * YG_NS_PER_S;
	char from[YG_ISO_SIZE], to[YG_ISO_SIZE], after[64] = "";
	int rc = YG_OK;

	(void)yg_time_iso(now_ns - (int64_t)YG_DEMO_BACK_DAYS * 86400 * YG_NS_PER_S, 0, from);
	(void)yg_time_iso(now_ns, 0, to);
	*ret_count = 0;
	for (unsigned i = 0; i < SEARCH_MAX && rc == YG_OK; i++) {
		json_t *wish =
			json_pack("{s:s, s:s, s:[s]}", "from", from, "to", to, "texts", text);
		json_t *found = NULL;

		if (after[0])
			rc = yg_json_set(wish, "after", json_string(after));
		if (rc == YG_OK)
			rc = yg_demo_must(demo, who, "POST", "/search", json_incref(wish), &found);
		json_decref(wish);
		*ret_count += (int64_t)json_array_size(json_object_get(found, "items"));
		(void)snprintf(after, sizeof(after), "%.*s", YG_FMT(yg_json_text(found, "next")));
		json_decref(found);
		if (!after[0])
			return rc;
	}
	return rc == YG_OK ? YG_ELIMIT : rc;
}

/* The archive is a moment behind what the sensor sent: looked at until it is there. */
static int tell_archives(struct yg_demo *demo, const struct partner *a, const struct partner *p)
{
	uint32_t at_a = yg_demo_member_named(demo, a->id), at_p = yg_demo_member_named(demo, p->id);
	int64_t of_a = 0, of_p = 0;
	char address[64];
	int rc = YG_OK;

	first_address(p->warning, address, sizeof(address));
	if (!address[0]) {
		yg_demo_why(demo, N_("the warning has no address to look for"));
		return YG_EMISMATCH;
	}
	while (rc == YG_OK && of_p == 0) {
		rc = search(demo, &demo->cast[at_p], address, &of_p);
		if (rc == YG_OK && of_p == 0)
			rc = yg_demo_wait(demo, -1, 0, LOOK_MS);
		rc = rc == YG_EAGAIN ? YG_OK : rc;
	}
	if (rc == YG_OK)
		rc = search(demo, &demo->cast[at_a], address, &of_a);
	if (rc == YG_OK)
		rc = yg_demo_say(demo,
				 N_("Each searches its own archive for %s, %u days back: {A} %lld "
				    "records, {P} %lld. He had been there before."),
				 address, YG_DEMO_BACK_DAYS, (long long)of_a, (long long)of_p);
	return rc;
}

/* Everybody else; but one stays silent. */
static int read_rest(struct yg_demo_tale *tale)
{
	uint32_t silent = yg_demo_member_named(tale->demo, YG_DEMO_ID_Y);
	int rc = YG_OK;

	for (uint32_t i = 0; i < tale->count && rc == YG_OK; i++) {
		struct yg_demo_recipient *r = &tale->list[i];

		if (r->is_acknowledged || r->member == silent)
			continue;
		rc = yg_demo_deliver(tale, r);
		if (rc == YG_OK && r->is_delivered)
			rc = yg_demo_read_it(tale, r);
		if (rc == YG_OK && r->is_seen)
			rc = yg_demo_acknowledge(tale, r);
	}
	return rc;
}

static int scene_texts(struct yg_demo_tale *tale)
{
	struct yg_demo *demo = tale->demo;
	struct partner a = {.id = YG_DEMO_ID_A,
			    .warned = N_("{A} gets TLP:%s: what happened, what to do, indicators."),
			    .indicated = N_("{A} gets TLP:%s: indicators to look for, no more.")};
	struct partner p = {.id = YG_DEMO_ID_P,
			    .warned = N_("{P} gets TLP:%s: what happened, what to do, indicators."),
			    .indicated = N_("{P} gets TLP:%s: indicators to look for, no more.")};
	int rc = yg_demo_scene(demo, N_("{A} and {P} read different texts"));

	if (rc == YG_OK)
		rc = read_text(tale, &a);
	if (rc == YG_OK)
		rc = read_text(tale, &p);
	if (rc == YG_OK &&
	    yg_bytes_eq(yg_json_text(a.warning, "text"), yg_json_text(p.warning, "text"))) {
		yg_demo_why(demo, N_("two partners read the same text"));
		rc = YG_EMISMATCH;
	}
	if (rc == YG_OK)
		rc = yg_demo_say(demo,
				 N_("Neither text names {C}, nor any other member (looked for: "
				    "ids and names in both languages)."));
	if (rc == YG_OK)
		rc = tell_archives(demo, &a, &p);
	json_decref(a.warning);
	json_decref(p.warning);
	if (rc == YG_OK)
		rc = read_rest(tale);
	return rc == YG_OK ? yg_demo_scene_end(demo) : rc;
}

/* ---- 5: silence ---- */

/* Until the hub has done @what ("reminded", "escalated") of itself. */
static int wait_until(struct yg_demo *demo, const char *id, const char *what)
{
	int rc = YG_EAGAIN;

	while (rc == YG_EAGAIN) {
		json_t *warning = NULL;
		bool is;

		rc = get_warning(demo, &demo->analyst, id, &warning);
		is = json_is_string(json_object_get(warning, what));
		json_decref(warning);
		if (rc != YG_OK || is)
			return rc;
		rc = yg_demo_wait(demo, -1, 0, LOOK_MS);
	}
	return rc;
}

static int call(struct yg_demo *demo, const char *id, const char *result, const char *who)
{
	char path[PATH_ROOM];

	(void)snprintf(path, sizeof(path), "/warnings/%s/called", id); /* fits */
	return yg_demo_must(demo, &demo->analyst, "POST", path,
			    json_pack("{s:s, s:s, s:b}", "result", result, "who", yg_say_tr(who),
				      "acknowledged", strcmp(result, "reached") == 0),
			    NULL);
}

static int scene_silent(struct yg_demo_tale *tale)
{
	struct yg_demo *demo = tale->demo;
	struct yg_demo_recipient *r = NULL;
	json_t *warning = NULL;
	int rc = yg_demo_scene(demo, N_("{Y} is silent; its deputy is called"));

	if (rc == YG_OK)
		rc = must_have(tale, YG_DEMO_ID_Y, &r);
	if (rc == YG_OK)
		rc = wait_until(demo, r->id, "reminded");
	if (rc == YG_OK)
		rc = yg_demo_say(demo,
				 N_("Nobody reads it: the hub reminds. (Here after %d seconds; "
				    "otherwise after two hours.)"),
				 YG_DEMO_REMIND_S);
	if (rc == YG_OK)
		rc = wait_until(demo, r->id, "escalated");
	if (rc == YG_OK)
		rc = yg_demo_say(demo,
				 N_("Still nothing: it is on the list of calls. (Here after %d "
				    "seconds; otherwise after six hours.)"),
				 YG_DEMO_ESCALATE_S);
	if (rc == YG_OK)
		rc = call(demo, r->id, "no-answer", N_("contact of the city"));
	if (rc == YG_OK)
		rc = call(demo, r->id, "reached", N_("deputy of the city"));
	if (rc == YG_OK)
		rc = get_warning(demo, &demo->analyst, r->id, &warning);
	if (rc == YG_OK)
		rc = yg_demo_heard(tale, r, warning);
	if (rc == YG_OK)
		rc = yg_demo_say(demo,
				 N_("The contact does not answer, the deputy does: %zu calls are "
				    "recorded, and the receipt says telephone."),
				 json_array_size(json_object_get(warning, "calls")));
	json_decref(warning);
	if (rc == YG_OK)
		rc = view_warning(demo, YG_DEMO_ANALYST, r->id);
	if (rc == YG_OK)
		rc = view_warning(demo, yg_demo_login(demo, r->member), r->id);
	return rc == YG_OK ? yg_demo_scene_end(demo) : rc;
}

/* ---- 6: a false alarm ---- */

/* The situation at @member, when nothing of it changes any more. */
static int find_alarm(struct yg_demo *demo, uint32_t member, char id[HEX_ROOM])
{
	char path[PATH_ROOM];
	int64_t before = -1;
	unsigned same = 0;
	int rc = YG_OK;

	(void)snprintf(path, sizeof(path), "/situations?org=%s&state=open&limit=10",
		       demo->ids[member]); /* fits */
	while (rc == YG_OK && same < ALARM_WAIT) {
		json_t *body = NULL;
		const json_t *one;
		int64_t now;

		rc = yg_demo_must(demo, &demo->analyst, "GET", path, NULL, &body);
		one = json_array_get(json_object_get(body, "items"), 0);
		now = one ? yg_json_int(one, "findings", 0) : -1;
		same = now >= 0 && now == before ? same + 1 : 0;
		before = now;
		(void)snprintf(id, HEX_ROOM, "%.*s", YG_FMT(yg_json_text(one, "id")));
		json_decref(body);
		if (rc == YG_OK && same < ALARM_WAIT)
			rc = yg_demo_wait(demo, -1, 0, LOOK_MS);
		rc = rc == YG_EAGAIN ? YG_OK : rc;
	}
	return rc;
}

/* It goes out, is read, and is acknowledged: nobody knows better yet. */
static int send_alarm(struct yg_demo_tale *tale, const char *situation)
{
	int rc = yg_demo_confirm(tale->demo, situation);

	if (rc == YG_OK)
		rc = yg_demo_make_plan(tale, situation, json_object());
	if (rc == YG_OK)
		rc = yg_demo_approve(tale);
	for (uint32_t i = 0; i < tale->count && rc == YG_OK; i++) {
		rc = yg_demo_deliver(tale, &tale->list[i]);
		if (rc == YG_OK && tale->list[i].is_delivered)
			rc = yg_demo_read_it(tale, &tale->list[i]);
	}
	return rc;
}

/* *ret_plan: that of the withdrawal; *ret_number: of what it takes back. */
static int withdraw(struct yg_demo_tale *tale, char ret_plan[HEX_ROOM], char ret_number[HEX_ROOM])
{
	char path[PATH_ROOM];
	json_t *made = NULL;
	int rc;

	(void)snprintf(path, sizeof(path), "/plans/%s/withdraw", tale->plan); /* fits */
	rc = yg_demo_must(
		tale->demo, &tale->demo->analyst, "POST", path,
		json_pack("{s:s}", "reason", yg_say_tr(N_("the house itself had its pages tried"))),
		&made);
	(void)snprintf(ret_plan, HEX_ROOM, "%.*s", YG_FMT(yg_json_text(made, "id")));
	(void)snprintf(ret_number, HEX_ROOM, "%.*s", YG_FMT(yg_json_text(made, "refers")));
	json_decref(made);
	return rc;
}

/* Is the withdrawal of @number in the inbox of @r? Its id to @id; "": no. */
static int look_withdrawal(struct yg_demo *demo, const struct yg_demo_recipient *r,
			   const char *number, char id[HEX_ROOM])
{
	json_t *body = NULL;
	json_t *one;
	size_t i;
	int rc = yg_demo_must(demo, &r->who, "GET", "/warnings?limit=100", NULL, &body);

	id[0] = '\0';
	json_array_foreach(json_object_get(body, "items"), i, one)
	{
		if (yg_bytes_eq(yg_json_text(one, "kind"), YG_S("withdrawal")) &&
		    yg_bytes_eq(yg_json_text(one, "refers"), yg_bytes_str(number)))
			(void)snprintf(id, HEX_ROOM, "%.*s", YG_FMT(yg_json_text(one, "id")));
	}
	json_decref(body);
	return rc;
}

static int reach_all(struct yg_demo_tale *tale, const char *number)
{
	struct yg_demo *demo = tale->demo;
	uint32_t partner = yg_demo_member_named(demo, YG_DEMO_ID_P);
	uint32_t reached = 0;
	int rc = YG_OK;

	for (uint32_t i = 0; i < tale->count && rc == YG_OK; i++) {
		char id[HEX_ROOM];

		rc = look_withdrawal(demo, &tale->list[i], number, id);
		reached += id[0] != '\0';
		if (rc == YG_OK && id[0] && tale->list[i].member == partner)
			rc = view_warning(demo, yg_demo_login(demo, partner), id);
	}
	if (rc == YG_OK && (reached < tale->count || tale->count < 2)) {
		yg_demo_why(demo, N_("the withdrawal reached %u of %u"), (unsigned)reached,
			    (unsigned)tale->count);
		rc = YG_EMISMATCH;
	}
	return rc == YG_OK ? yg_demo_say(demo,
					 N_("It is taken back: %u had it, %u have the withdrawal, "
					    "nobody else."),
					 (unsigned)tale->count, (unsigned)reached)
			   : rc;
}

static int scene_alarm(struct yg_demo *demo)
{
	struct yg_demo_tale tale = {
		.demo = demo, .victim = yg_demo_member_named(demo, YG_DEMO_ID_B), .is_quiet = true};
	char situation[HEX_ROOM] = "", plan[HEX_ROOM] = "", number[HEX_ROOM] = "";
	char page[PATH_ROOM];
	int rc = yg_demo_scene(demo, N_("A false alarm is taken back, and reaches all who had it"));

	if (rc == YG_OK)
		rc = find_alarm(demo, tale.victim, situation);
	if (rc == YG_OK)
		rc = send_alarm(&tale, situation);
	if (rc == YG_OK)
		rc = yg_demo_say(
			demo,
			N_("At {B} somebody reads forbidden files through the web pages: %u "
			   "warnings. It was a test that {B} itself had ordered."),
			(unsigned)tale.count);
	if (rc == YG_OK)
		rc = withdraw(&tale, plan, number);
	(void)snprintf(page, sizeof(page), "plans/%s", plan); /* fits */
	if (rc == YG_OK)
		rc = yg_demo_view(demo, YG_DEMO_ANALYST, page);
	if (rc == YG_OK)
		rc = reach_all(&tale, number);
	yg_demo_tale_done(&tale);
	return rc == YG_OK ? yg_demo_scene_end(demo) : rc;
}

int yg_demo_scenes_late(struct yg_demo_tale *tale)
{
	int rc = scene_texts(tale);

	if (rc == YG_OK)
		rc = scene_silent(tale);
	return rc == YG_OK ? scene_alarm(tale->demo) : rc;
}
