/* SPDX-License-Identifier: Apache-2.0 */
/* share/taxii-int.h - inside the TAXII server: one call. */
#pragma once

#include "base/crypt.h"
#include "share/taxii.h"

struct yg_taxii_jobs;

struct yg_taxii {
	struct yg_taxii_opts opts;
	struct yg_shelf_known known;
	struct yg_taxii_jobs *jobs;
};

struct yg_taxii_call {
	struct yg_taxii *taxii;
	const struct yg_request *request;
	struct yg_reply *reply;
	struct yg_shelf_reader *reader;
	struct yg_bytes root;
	struct yg_bytes object;
	struct yg_shelf_view view; /* where the path names a collection */
};

/* Always YG_OK. @title and @detail (may be NULL): English, translated here. */
int yg_taxii_refuse(const struct yg_taxii_call *call, int status, const char *code,
		    const char *title, const char *detail);
int yg_taxii_not_found(const struct yg_taxii_call *call);

/* taxii_objects.c, taxii_post.c: what a collection is asked. */
int yg_taxii_manifest(struct yg_taxii_call *call);
int yg_taxii_objects(struct yg_taxii_call *call);
int yg_taxii_versions(struct yg_taxii_call *call);
int yg_taxii_delete(struct yg_taxii_call *call);
int yg_taxii_add(struct yg_taxii_call *call);

/* ---- what writes: in a thread, one after the other (taxii_jobs.c) ---- */

/* The title of errors in what was sent or asked that other servers give, too, and their cases look
 * for; never translated. */
#define YG_TAXII_PROCESSING "ProcessingError"
#define YG_TAXII_JOB_ROOT   64u

/* A deed of one request, with bytes of its own: who asked may be gone before it is done. */
struct yg_taxii_job {
	struct yg_taxii_job *next;
	struct yg_taxii *taxii;
	struct yg_api_later *later; /* NULL: nobody waits. The loop's alone, as @reply */
	struct yg_reply *reply;
	enum yg_lang lang;
	struct yg_shelf_filler *filler;
	char root[YG_TAXII_JOB_ROOT + 1];
	/* In the thread: fills @status and @out, and what is to be noted. YG_OK, or an error. */
	int (*work)(struct yg_taxii_job *job);
	void (*done)(void *arg); /* frees @arg */
	void *arg;
	int error;
	struct yg_reply out;
	/* An entry of the audit log; @action NULL: none. */
	const char *action;
	char object[400];
	char detail[200];
};

YG_MUST_USE int yg_taxii_jobs_new(struct yg_taxii_jobs **ret);
struct yg_taxii_jobs *yg_taxii_jobs_free(struct yg_taxii_jobs *jobs);
/* For @call's collection. YG_OK, YG_ENOMEM. */
YG_MUST_USE int yg_taxii_job_new(const struct yg_taxii_call *call, struct yg_taxii_job **ret);
struct yg_taxii_job *yg_taxii_job_free(struct yg_taxii_job *job);
/* Takes the job. YG_API_LATER, or YG_OK when the reply says that too many wait. */
int yg_taxii_job_give(const struct yg_taxii_call *call, struct yg_taxii_job *take);
