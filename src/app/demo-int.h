/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/demo-int.h - `yagura demo`: what its files share.
 *
 *   demo.c        the command line; run and clean
 *   demo_place.c  the folder of a run: made, locked, taken away
 *   demo_child.c  programs that are started, heard, ended
 *   demo_answer.c what one of its answers says
 *   demo_http.c   asks the hub's pages on 127.0.0.1
 *   demo_town.c   members, relations, people and tokens of the demo's hub
 *   demo_log.c    the own logs
 *   demo_replay.c the logs to the sensor
 *   demo_story.c  from the situation to the receipts
 *   demo_cast.c   the story: who is who, and what the guide on the pages tells
 *   demo_scenes.c, demo_scenes_late.c  its six scenes
 *   demo_tell.c   what is printed
 *
 * Nothing here does what the hub and the sensor do: it starts them, asks as people and programs
 * do, and tells what they answered. One thread. Errors are said where they happen; the result is
 * YG_OK, YG_EEND (asked to end), YG_EAGAIN (the time is over) or another error.
 */
#pragma once

#include <jansson.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "model/community.h"

#define YG_DEMO_PATH	    4096u
#define YG_DEMO_TIMEOUT_S   60u
#define YG_DEMO_STORY_S	    240u /* with --story */
#define YG_DEMO_BACK_DAYS   30u	 /* how far the others' logs go back in the story */
#define YG_DEMO_TIMEOUT_MAX 86400u
#define YG_DEMO_SENSORS	    8u	  /* processes of one run */
#define YG_DEMO_FILES	    1000u /* of --attack */
#define YG_DEMO_NAME_MAX    64u
#define YG_DEMO_SECRET	    160u
#define YG_DEMO_ANSWER_MAX  (16u << 20) /* bytes of one answer */
#define YG_DEMO_REASON	    400u
#define YG_DEMO_RECIPIENTS  10000u

struct yg_demo_child {
	pid_t pid;	  /* 0: none */
	int out;	  /* its standard output; -1: closed */
	const char *name; /* static, for messages */
};

/* One who asks the hub: a session's cookie or a token; neither: nobody. */
struct yg_demo_who {
	char cookie[YG_DEMO_SECRET];
	char token[YG_DEMO_SECRET];
	char password[YG_DEMO_NAME_MAX]; /* of a person; to be told to who looks on */
};

struct yg_demo_sensor {
	uint32_t member; /* of the community */
	char state[YG_DEMO_PATH];
	struct yg_demo_child process;
};

struct yg_demo {
	/* What was asked for. */
	const char *attack; /* NULL: the own logs */
	const char *org;
	const char *members; /* NULL: the own community */
	const char *relations;
	const char *place;
	const char *zone;
	unsigned timeout_s;
	bool is_once;
	bool is_story; /* the six scenes; the own logs and community */
	bool is_json;
	int64_t day_s; /* of the own logs: its midnight, UTC */

	/* What there is. */
	struct yg_arena *arena;
	struct yg_community community;
	char (*ids)[YG_DEMO_NAME_MAX + 1]; /* of members at the hub, by index; in the arena */
	uint32_t victim;
	char base[YG_DEMO_PATH];
	char folder[YG_DEMO_PATH]; /* of this run, absolute; "": none yet */
	int lock_fd;
	int signal_fd;
	int64_t begun_ns;    /* steady */
	int64_t deadline_ns; /* steady */
	bool is_ending;	     /* a signal came */

	struct yg_demo_child hub;
	struct yg_demo_sensor sensors[YG_DEMO_SENSORS];
	unsigned sensor_count;
	uint16_t port;
	char sensors_url[128];
	char ca[YG_DEMO_PATH];
	char data[YG_DEMO_PATH];
	unsigned followed; /* logs that are read line by line; others are dropped */
	uint64_t lines;	   /* of the logs, where that is known */
	bool has_lines;
	struct yg_demo_who local;
	struct yg_demo_who analyst;
	struct yg_demo_who member; /* a person of the one that was hit, once it was asked */
	struct yg_demo_who cast[YG_DEMO_SENSORS]; /* --story: a person of each member, by index */
	json_t *people;				  /* --story: for the guide; owned, as the next */
	json_t *scenes;
	char reason[YG_DEMO_REASON]; /* why it did not come to its end; "": it did, or not known */
	bool is_noise_off;
	bool is_told; /* the last line was printed */
};

/* ---- demo_place.c ---- */

/* The folder of all runs (--place, or one below TMPDIR that is this user's alone). */
YG_MUST_USE int yg_demo_base(struct yg_demo *demo);
/* A folder of this run below it, locked. */
YG_MUST_USE int yg_demo_place_make(struct yg_demo *demo);
/* It goes, with all that is in it. */
YG_MUST_USE int yg_demo_place_remove(struct yg_demo *demo);
/* `demo clean`: end what runs, take away what is there. *ret_count: runs. */
YG_MUST_USE int yg_demo_place_clean(struct yg_demo *demo, unsigned *ret_count);
/* "FOLDER/NAME"; false (said) when that is too long. */
bool yg_demo_path(const struct yg_demo *demo, const char *name, char to[YG_DEMO_PATH]);

/* ---- demo_child.c ---- */

/* Steady nanoseconds since the run began. */
int64_t yg_demo_since_ns(const struct yg_demo *demo);
/*
 * Wait for @fd (-1: for nothing but the time), at most @ms. YG_OK: @events; YG_EAGAIN: @ms are
 * over; YG_EEND: asked to end; YG_ELIMIT: the run's time is over.
 */
YG_MUST_USE int yg_demo_wait(struct yg_demo *demo, int fd, short events, int64_t ms);
/* Start argv[0] (a path). Its messages go to FOLDER/NAME.err. */
YG_MUST_USE int yg_demo_start(struct yg_demo *demo, const char *const *argv, const char *name,
			      struct yg_demo_child *ret);
/* Its first line, without the line end. YG_ETRUNC: it ended before; said, with its messages. */
YG_MUST_USE int yg_demo_first_line(struct yg_demo *demo, struct yg_demo_child *child,
				   struct yg_buf *to);
/* Start, wait for the end, all it printed in @out (may be NULL). Not exit status 0: said, YG_EIO.
 */
YG_MUST_USE int yg_demo_call(struct yg_demo *demo, const char *const *argv, const char *name,
			     struct yg_buf *out);
/* SIGTERM, and SIGKILL when it is still there after @ms. */
void yg_demo_end(struct yg_demo_child *child, int ms);
/* This program; the sensor beside it. False: said. */
bool yg_demo_self(char to[YG_DEMO_PATH]);
bool yg_demo_sensor_program(char to[YG_DEMO_PATH]);

/* ---- demo_answer.c ---- */

#define YG_DEMO_HEAD_MAX (64u << 10) /* bytes before the body */

struct yg_demo_answer {
	unsigned status;
	unsigned retry_s;	     /* Retry-After; 0: none */
	char cookie[YG_DEMO_SECRET]; /* Set-Cookie, name and value */
	json_t *body;		     /* owned; NULL: none, or not JSON */
};
void yg_demo_answer_done(struct yg_demo_answer *answer);

/*
 * Take the bytes of one answer apart. Pure. YG_OK (answer->body owned by the caller), YG_ETRUNC
 * (more must come), YG_EFORMAT, YG_ELIMIT, YG_ENOMEM. @is_ended: nothing more will come.
 */
YG_MUST_USE int yg_demo_answer_read(struct yg_bytes bytes, bool is_ended,
				    struct yg_demo_answer *ret);

/* ---- demo_http.c ---- */

/*
 * Ask as @who (NULL: nobody); @path from /api/v1 on, or from the root when it begins with "/start".
 * Asked again while the answer is 429 or 503. YG_OK: any answer, *ret to be freed.
 */
YG_MUST_USE int yg_demo_ask(struct yg_demo *demo, const struct yg_demo_who *who, const char *method,
			    const char *path, json_t *take_body, struct yg_demo_answer *ret);
/* The same where only a status below 300 will do: what else came is said. *ret_body may be NULL. */
YG_MUST_USE int yg_demo_must(struct yg_demo *demo, const struct yg_demo_who *who,
			     const char *method, const char *path, json_t *take_body,
			     json_t **ret_body);

/* ---- demo_town.c ---- */

/* Members and relations from the files, or the own ones; whom the attack hits. */
YG_MUST_USE int yg_demo_town_read(struct yg_demo *demo);
/* The hub, with all of them in it, and the people of the demo. */
YG_MUST_USE int yg_demo_town_start(struct yg_demo *demo);
/* demo->local anew: its session ends when the hub's keeper is started again. */
YG_MUST_USE int yg_demo_sign_in_again(struct yg_demo *demo);
struct yg_demo_part {
	const char *login;
	const char *name;
	const char *role;
	const char *org; /* NULL: at the hub */
};
/* A person, signed in. */
YG_MUST_USE int yg_demo_person(struct yg_demo *demo, const struct yg_demo_part *part,
			       struct yg_demo_who *ret);
/* A token of @org (an id of the hub) as member. */
YG_MUST_USE int yg_demo_token(struct yg_demo *demo, const char *org, struct yg_demo_who *ret);
/* The index of the member of this id at the hub, or YG_MEMBER_NONE. */
uint32_t yg_demo_member_of(const struct yg_demo *demo, const char *hub_id);

/* ---- demo_log.c ---- */

#define YG_DEMO_LOG_LINES 20000u

#define YG_DEMO_LOG_DAY_S                                                                          \
	INT64_C(1773446400) /* 2026-03-14, what is written when no day is said                     \
			     */
#define YG_DEMO_INTRUDER "203.0.113.24"

/* The own three logs (VPN, Windows, web) of the day that begins at @day_s (UTC, seconds): the same
 * bytes for the same day. */
YG_MUST_USE int yg_demo_log_make(int64_t day_s, struct yg_buf *vpn, struct yg_buf *windows,
				 struct yg_buf *web);

/* A web log in which nothing happens, for the others. */
struct yg_demo_everyday {
	int64_t day_s;	 /* the last day */
	unsigned days;	 /* how many, up to that one; 0: one */
	bool is_visited; /* the intruder of the own logs looked in once, early */
	bool is_tested;	 /* on the last day somebody tries the pages on the house's behalf */
};
YG_MUST_USE int yg_demo_log_everyday(const struct yg_demo_everyday *wish, struct yg_buf *web);

/* ---- demo_replay.c ---- */

/* What --attack names to places that the sensor reads; enrols and starts the sensors. */
YG_MUST_USE int yg_demo_replay(struct yg_demo *demo);
/* Has the sensor of the one that is hit read everything? */
bool yg_demo_is_read(const struct yg_demo *demo);

/* ---- demo_story.c; demo_cast.c, demo_scenes.c: the story (app/demo_tale-int.h) ---- */

YG_MUST_USE int yg_demo_story(struct yg_demo *demo);
/* A person of each member and an analyst; telephones of members. */
YG_MUST_USE int yg_demo_cast(struct yg_demo *demo);
YG_MUST_USE int yg_demo_scenes(struct yg_demo *demo);

/* ---- demo_tell.c ---- */

/* Why it cannot go on: said, and kept for the last line. @format: a msgid. */
__attribute__((format(printf, 2, 3))) void yg_demo_why(struct yg_demo *demo, const char *format,
						       ...);
/* The last line of a run: @rc what came of it, @missing (taken) who has not acknowledged. */
YG_MUST_USE int yg_demo_tell_end(struct yg_demo *demo, int rc, uint32_t recipients,
				 uint32_t acknowledged, json_t *take_missing);
/*
 * One step: a line of JSON, or words. @take_line: what is said beside step, time and ms. @words: a
 * msgid; its arguments are the caller's.
 */
YG_MUST_USE int yg_demo_tell(struct yg_demo *demo, const char *step, json_t *take_line,
			     const char *words);
