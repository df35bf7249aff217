/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_hunt_job.h - the document of a hunt of the hub: DATA/hunts/ID/job.json
 * (docs/hub-hunts.md), and the answer of a person beside it.
 *
 * The hub alone writes the document; who answers (another process) writes DATA/hunts/ID/answer, so
 * that neither overwrites the other. Both are replaced whole.
 * Threads: any; each call for itself.
 */
#pragma once

#include <jansson.h>

#include "access/hunts.h"

#define YG_HUNT_ID_SIZE	  25u /* "20261125-210905-1a2b3c4d" and NUL */
#define YG_HUNT_JOB_BYTES (64u << 20)
#define YG_HUNT_PATH_MAX  4096u

/* waiting: has not begun; asks: a person has to say yes first. */
#define YG_HUNT_WAITING	  "waiting"
#define YG_HUNT_ASKS	  "asks"
#define YG_HUNT_RUNNING	  "running"
#define YG_HUNT_DONE	  "done"
#define YG_HUNT_FAILED	  "failed"
#define YG_HUNT_CANCELLED "cancelled"

enum yg_hunt_answer {
	YG_HUNT_NO_ANSWER,
	YG_HUNT_APPROVED,
	YG_HUNT_CALLED_OFF,
};

/* Could @text be an id? */
bool yg_hunt_is_id(const char *text);

/* DIR/ID/NAME to @to. False: too long. */
bool yg_hunt_path(const char *dir, const char *id, const char *name, char to[YG_HUNT_PATH_MAX]);

/* *ret is owned. YG_OK, YG_ENOENT, YG_EFORMAT, YG_ENOMEM, the system's error. */
YG_MUST_USE int yg_hunt_job_load(const char *dir, const char *id, json_t **ret);
YG_MUST_USE int yg_hunt_job_save(const char *dir, const char *id, const json_t *job);

/* Is its state @state? */
bool yg_hunt_job_is(const json_t *job, const char *state);

/* All, oldest first; damaged ones are left out. @job is borrowed. YG_OK also where there is none.
 */
typedef int (*yg_hunt_job_fn)(void *arg, json_t *job);
YG_MUST_USE int yg_hunt_job_list(const char *dir, yg_hunt_job_fn fn, void *arg);
/* The same newest first, those with an id below @before ("": all). */
YG_MUST_USE int yg_hunt_job_list_back(const char *dir, const char *before, yg_hunt_job_fn fn,
				      void *arg);

/*
 * The file: a line "approve" or "cancel", then actor, name, role and reason of @who, a line each.
 * Without those four it is nobody's in particular.
 */
YG_MUST_USE int yg_hunt_answer_write(const char *dir, const char *id, enum yg_hunt_answer answer,
				     const struct yg_hunt_who *who);
/* @ret_who may be NULL. */
enum yg_hunt_answer yg_hunt_answer_read(const char *dir, const char *id,
					struct yg_hunt_who *ret_who);
