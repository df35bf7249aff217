/* SPDX-License-Identifier: Apache-2.0 */
/* app/demo_tale-int.h - a plan of the demo and what becomes of it; the story told in six scenes. */
#pragma once

#include "app/demo-int.h"

/* ---- demo_story.c ---- */

#define YG_DEMO_PATH_ROOM 320u
#define YG_DEMO_HEX_ROOM  40u

/* What is there now: it is looked at again until it does not change. */
struct yg_demo_seen {
	int64_t records;
	int64_t findings;
	int64_t removed;
	int64_t situations;
	int64_t alerts; /* of all situations */
	int64_t change;
};

/* One recipient of the plan, and how far it is. */
struct yg_demo_recipient {
	uint32_t member;
	char id[YG_DEMO_HEX_ROOM]; /* of the warning */
	struct yg_demo_who who;
	bool is_delivered;
	bool is_seen;
	bool is_acknowledged;
};

/* A plan and what became of it. */
struct yg_demo_tale {
	struct yg_demo *demo;
	uint32_t victim;
	bool is_quiet; /* its steps are not told */
	char plan[YG_DEMO_HEX_ROOM];
	json_t *warnings; /* of the plan, as analysts see them; owned */
	struct yg_demo_recipient *list;
	uint32_t count;
	uint32_t released;
};
void yg_demo_tale_done(struct yg_demo_tale *tale);

/* Until the logs are through. *ret: the gravest situation, owned; NULL: there is none. */
YG_MUST_USE int yg_demo_find_situation(struct yg_demo *demo, struct yg_demo_seen *ret_seen,
				       json_t **ret);
YG_MUST_USE int yg_demo_tell_situation(struct yg_demo *demo, const struct yg_demo_seen *seen,
				       const json_t *situation);
/* YG_EMISMATCH, and why. */
YG_MUST_USE int yg_demo_tell_none(struct yg_demo *demo, const struct yg_demo_seen *seen);
/* An analyst looks at it, and says that it is one. */
YG_MUST_USE int yg_demo_confirm(struct yg_demo *demo, const char *situation);
/* The plan for tale->victim. @take_wish: what is asked for besides. */
YG_MUST_USE int yg_demo_make_plan(struct yg_demo_tale *tale, const char *situation,
				  json_t *take_wish);
/* The one that was hit is asked where its word is needed, and agrees without its name; approved. */
YG_MUST_USE int yg_demo_approve(struct yg_demo_tale *tale);
/* One recipient looks into its inbox; reads; acknowledges. */
YG_MUST_USE int yg_demo_deliver(struct yg_demo_tale *tale, struct yg_demo_recipient *r);
YG_MUST_USE int yg_demo_read_it(struct yg_demo_tale *tale, struct yg_demo_recipient *r);
YG_MUST_USE int yg_demo_acknowledge(struct yg_demo_tale *tale, struct yg_demo_recipient *r);
/* What analysts see of its receipts, where it came another way (telephone). */
YG_MUST_USE int yg_demo_heard(struct yg_demo_tale *tale, struct yg_demo_recipient *r,
			      const json_t *warning);
/* The last line: everybody, or who is missing and how far it is. */
YG_MUST_USE int yg_demo_tell_tale(struct yg_demo_tale *tale, int rc);

/* ---- demo_cast.c: the story's people, and what the guide tells ---- */

#define YG_DEMO_ID_A	"aoba-motor"
#define YG_DEMO_ID_B	"hiyori-parts"
#define YG_DEMO_ID_C	"kogane-plating"
#define YG_DEMO_ID_P	"minato-machine" /* B' */
#define YG_DEMO_ID_Y	"mizube-city"
#define YG_DEMO_ANALYST "demo-analyst"
/* How long nobody need answer, here: seconds in place of hours, so that it fits into a story. */
#define YG_DEMO_REMIND_S   3
#define YG_DEMO_ESCALATE_S 6
#define YG_DEMO_LINE	   600u /* bytes of one told line */

/* The login of the person of @member. */
const char *yg_demo_login(const struct yg_demo *demo, uint32_t member);
uint32_t yg_demo_member_named(const struct yg_demo *demo, const char *id);

/* A scene begins; what is said belongs to it until the next. Texts are msgids, in which {A}, {B},
 * {C}, {P} and {Y} stand for the members. */
YG_MUST_USE int yg_demo_scene(struct yg_demo *demo, const char *title);
__attribute__((format(printf, 2, 3))) YG_MUST_USE int yg_demo_say(struct yg_demo *demo,
								  const char *format, ...);
/* The same of words that are there in both languages. */
YG_MUST_USE int yg_demo_say_both(struct yg_demo *demo, const char *ja, const char *en);
/* Where this scene is seen: @page as behind # of the pages, looked at as @login. */
YG_MUST_USE int yg_demo_view(struct yg_demo *demo, const char *login, const char *page);
/* The scene is over: the guide on the pages has it. */
YG_MUST_USE int yg_demo_scene_end(struct yg_demo *demo);

/* ---- demo_scenes.c, demo_scenes_late.c ---- */

/* The fourth to the sixth; @tale: the plan, approved. */
YG_MUST_USE int yg_demo_scenes_late(struct yg_demo_tale *tale);
