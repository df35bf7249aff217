/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/api.h - a hub's HTTP operations on organisations, people, sensors, findings and records.
 *
 * The table (access/api.def) is handed to web/ by app/, which also decides by access/hub.h who may
 * call (model/api.h, enum yg_route_scope): a handler runs only when that said yes. docs/api-hub.md
 * describes the operations for people, docs/openapi-hub.json for machines, docs/access-matrix.csv
 * says what each role gets at its own and at another organisation.
 *
 * One thread. Tests: tests/e2e/hub_api.py, access_matrix.py, hub_api_schema.py
 */
#pragma once

#include <stdatomic.h>

#include "access/hub.h"
#include "access/hunts.h"
#include "access/warnings.h"
#include "model/api.h"
#include "model/community.h"
#include "model/month.h"
#include "store/facts.h"
#include "store/situations.h"
#include "store/stix.h"

struct yg_hub_api;

/* One question to the archive of one organisation. Bytes are the caller's. */
struct yg_hub_question {
	char org[YG_ENROL_ID_MAX + 1];
	int64_t from_ns; /* [from, to) of the records' own time; YG_TIME_NONE: open */
	int64_t to_ns;
	const json_t *fields; /* {"NAME":"VALUE" or ["VALUE",…],…}; NULL: none */
	const json_t *texts;  /* ["…"]: all of them in each record; NULL: none */
	bool is_newest_first;
	char after[64]; /* a position of an answer; "": from the beginning */
	uint32_t limit;
	/* Of a finding: the log, and from when to when its records arrived. */
	struct yg_bytes source;	 /* empty: any */
	int64_t arrived_from_ns; /* YG_TIME_NONE: any */
	int64_t arrived_to_ns;
	/* The records that a finding refers to, and nothing else of this is looked at. NULL: a
	 * search. */
	const struct yg_fact_ref *refs;
	uint32_t ref_count;
	bool is_hunted;		 /* a hunt found it */
	const atomic_bool *stop; /* the hub ends: nobody waits for the answer any more */
};

/* What is asked of the forms of reports (docs/forms.md; share/incident.h). */
enum yg_hub_report_what {
	YG_HUB_REPORT_FORMS,  /* all forms and fields, an object */
	YG_HUB_REPORT_CHECK,  /* YG_EINVAL: what is wrong with @record, "PATH: TEXT" by lines */
	YG_HUB_REPORT_STATE,  /* [{form…}]: what is missing for whom until when; without items
				 those alone that the record calls for */
	YG_HUB_REPORT_RENDER, /* the form for its recipient; YG_ENOENT: no such form, stage or kind
				 of file; YG_EACCES: nothing may leave, the text says why */
	YG_HUB_REPORT_DIFF,   /* [{"path","before","after"}] from @before to @record */
	YG_HUB_REPORT_BOOK, /* {"proposed","found","fields","missing":[…]} of a workbook for @form;
			       YG_EINVAL: it, or its map, cannot be used, the text says why;
			       YG_ENOENT: no such form */
	YG_HUB_REPORT_SENT, /* @record after it was sent, as JSON; YG_ENOENT as above, YG_ELIMIT */
};
struct yg_hub_report_ask {
	enum yg_lang lang;
	int64_t now_ns;
	const json_t *record;
	const json_t *before; /* or NULL */
	struct yg_bytes form;
	struct yg_bytes stage; /* empty: the next */
	struct yg_bytes as;    /* "html"; empty: JSON; "official": @file with the form in it, where
				* YG_EINVAL says that it cannot be filled, and why */
	struct yg_bytes file;  /* BOOK, RENDER: the workbook that was imported */
	struct yg_bytes map;   /* which of its cells; empty: by their labels */
	bool is_attack_only;
	bool is_person;	 /* it goes to one named person */
	bool with_items; /* STATE: the lines of each form, too */
};

/* Which batches: those that arrived before the place @before of the journal (0: the newest). */
struct yg_hub_batches_ask {
	const char *org;
	const char *sensor; /* "": of all its sensors */
	uint64_t before;
	uint32_t limit;
	int (*fn)(void *arg, struct yg_bytes line); /* as DATA/batches has it (app/hub_batches.h) */
	void *arg;
};

/* A table that a person brought in a browser, read. All but @faults lives in the caller's arena. */
#define YG_HUB_SHEET_ROWS_MAX 2000u
struct yg_hub_sheet {
	struct yg_community community; /* relations: between whatever ids stand there */
	uint32_t fields; /* members: bit N: the file has a column for yg_member_fields()[N] */
	bool has_verified;
	json_t *faults; /* [{"line","column","text"}], owned by the caller; NULL: none */
	uint64_t fault_count;
};

/* What the operations need from elsewhere. NULL: what asks for it leaves it out, or answers 503. */
struct yg_hub_api_ports {
	/* Borrowed until the next call. False: there is none. */
	bool (*heartbeat)(void *arg, const char *sensor, struct yg_hub_heartbeat *ret);
	/*
	 * Add {"items":[{"position","record"}…],"next"?,"looked":{…}} to @to, with refs
	 * {"items":[…],"missing":N,"looked":{…} without its end: more is put behind it. In a thread
	 * of its own, one at a time. YG_OK; YG_EINVAL: a field, text or position that is none.
	 */
	int (*search)(void *arg, const struct yg_hub_question *question, struct yg_buf *to);
	/*
	 * The documents of hunts (access/hunts.h), borrowed: one, or those with an id below @before
	 * ("": all), newest first, until @fn says otherwise than YG_OK, which is returned (YG_EEND
	 * as YG_OK). YG_ENOENT: no such hunt.
	 */
	int (*hunt)(void *arg, const char *id, int (*fn)(void *arg, json_t *job), void *fn_arg);
	int (*hunts)(void *arg, const char *before, int (*fn)(void *arg, json_t *job),
		     void *fn_arg);
	/* Yes or no to hunt @id, for the hub to see within a second. */
	int (*answer_hunt)(void *arg, const char *id, bool is_yes, const struct yg_hunt_who *who);
	/* Who is to be warned (warn/plan.h). Its plan NULL: there is no planning here. */
	struct yg_warn_planner planner;
	/* What a demo says of itself (app/hub_demo.h), owned. NULL: this hub is none, as all but
	 * those of `yagura hub --demo`. */
	int (*demo)(void *arg, json_t **ret);
	/* What to do, not to do and whom to tell, added to @notice (model/notice.h) where it says
	 * nothing of it itself. */
	int (*advise)(void *arg, json_t *notice);
	/* A copy that left the gate, for people: @form "text", "page", "script". */
	int (*tell)(void *arg, const json_t *copy, const char *form, enum yg_lang lang,
		    struct yg_buf *to);
	/* The month of an organisation as one page for A4 (render/month.h). */
	void (*month)(void *arg, const struct yg_month *month, enum yg_lang lang,
		      struct yg_buf *to);
	/* Newest first; *ret_next: before which it goes on, 0: nothing is left. */
	int (*batches)(void *arg, const struct yg_hub_batches_ask *ask, uint64_t *ret_next);
	/* CSV in any encoding, or a workbook. YG_OK; YG_EFORMAT: ret->faults says what. */
	int (*sheet)(struct yg_bytes file, bool is_relations, enum yg_lang lang,
		     struct yg_arena *arena, struct yg_hub_sheet *ret);
	/* @raw as lists of indicators have it, to @to (2,048 bytes): its size; 0: it is none. */
	size_t (*normal)(struct yg_bytes raw, uint8_t *to);
	/*
	 * A table of the tree (share/tree.h), CSV: *ret, owned: {"nodes":[{"line","id","stage",
	 * "parent","channel","address"}],"faults":[{"line","column","text"}],"more":N}; with faults
	 * there are no nodes, "more" are not told one by one.
	 */
	int (*tree)(void *arg, struct yg_bytes table, enum yg_lang lang, json_t **ret);
	/* What yg_provision_paper() says, as a page for A4 (render/drill.h). */
	void (*receipts)(void *arg, const json_t *paper, enum yg_lang lang, struct yg_buf *to);
	/* Forms and records of incidents; what it says is added to @to. */
	int (*report)(void *arg, enum yg_hub_report_what what, const struct yg_hub_report_ask *ask,
		      struct yg_buf *to);
	/* An answer that was put off (model/api.h) is complete, or @error says why not. */
	void (*finish)(void *arg, struct yg_api_later *later, int error);
	/* More of an answer that stays open: YG_OK, or it cannot be sent: it is to be ended. */
	int (*stream_put)(void *arg, struct yg_api_later *later, struct yg_bytes piece);
	void (*stream_end)(void *arg, struct yg_api_later *later); /* it is not used any more */
	void *arg;
};

struct yg_hub_api_opts {
	struct yg_control *store; /* all borrowed */
	struct yg_hub_access *hub;
	struct yg_enrol *enrol;		  /* for reading */
	struct yg_facts *facts;		  /* for reading; NULL: there are no findings */
	struct yg_situations *situations; /* NULL: there are none */
	/* Of STIX objects, to find one by its name; NULL: none. */
	struct yg_collections *collections;
	struct yg_clock clock;
	const char *version; /* of the program */
	struct yg_hub_api_ports ports;
	/* For the operations of yg_hub_api_reads() alone, in a thread of its own: all above but the
	 * clock, the version and what never changes is its alone; @store, @hub and @enrol are on
	 * yg_control_open_reader(). No thread is started. */
	bool is_reader;
};

/*
 * Starts a thread for passwords, so that the loop goes on while one is looked at. YG_OK, YG_ENOMEM,
 * YG_EAGAIN (no thread), or a system error.
 */
YG_MUST_USE int yg_hub_api_new(const struct yg_hub_api_opts *opts, struct yg_hub_api **ret);
/* Calls that wait are not finished any more: end the server first. */
struct yg_hub_api *yg_hub_api_free(struct yg_hub_api *api);

/* Readable when yg_hub_api_run() has answers to finish; and it is to be called at least so often
 * (-1: whenever it likes). */
int yg_hub_api_fd(const struct yg_hub_api *api);
int yg_hub_api_timeout_ms(const struct yg_hub_api *api);
void yg_hub_api_run(struct yg_hub_api *api);

/*
 * May @route, one of these, be answered by a reader? It changes nothing, or what is noted of its
 * reading (a warning that is delivered by being seen) goes through the store: then the store says
 * so (yg_control_was_refused()), and who writes answers it.
 */
bool yg_hub_api_reads(const struct yg_route *route);

/* Its routes; lives as long as the api. */
struct yg_route_table yg_hub_api_routes(struct yg_hub_api *api);

/*
 * The refusal for what yg_access_hub() said: an organisation that is not there or not reached, a
 * right that is not had, a second factor that is missing. Always YG_OK.
 */
int yg_hub_api_refuse(struct yg_reply *reply, enum yg_lang lang, int rc);
