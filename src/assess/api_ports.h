/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assess/api_ports.h - what the API of an assessment borrows from other folders: papers,
 * statements, templates and lists of facts. A route whose function is NULL is not offered at all.
 */
#pragma once

#include "assess/assess.h"

enum yg_assess_format {
	YG_ASSESS_HTML,
	YG_ASSESS_CSV,
	YG_ASSESS_JSON,
};

struct yg_assess_report_ask {
	struct yg_bytes report; /* "ciso", "management", "gaps", "progress", "expert" */
	enum yg_assess_format format;
	int32_t since; /* YG_DAY_NONE: not said */
	enum yg_lang lang;
};

/* A list of facts that is brought in. */
struct yg_assess_facts_in {
	struct yg_bytes table;	   /* "assets" */
	struct yg_bytes bytes;	   /* the CSV file, in any encoding */
	struct yg_bytes file_name; /* may be empty */
	int32_t day;
	struct yg_bytes source; /* may be empty */
	enum yg_lang lang;
};

/* All functions: YG_OK, or an error with *reterr as in assess/assess.h ("code: what is wrong"). */
struct yg_assess_api_ports {
	const struct yg_assess_ports *assess;
	void *arg; /* given to all of them */

	/* GET …/reports/{report}: the finished bytes. */
	int (*report)(void *arg, struct yg_assess *assess, const struct yg_assess_report_ask *ask,
		      struct yg_buf *to, struct yg_line_fault *reterr);
	/* GET …/statement: the unsigned statement, canonical JSON. YG_EUNSUPPORTED: practice mode.
	 */
	int (*statement)(void *arg, struct yg_assess *assess, struct yg_buf *to,
			 struct yg_line_fault *reterr);
	/* GET /templates: an array of {"name","title","file_name","criteria":[…]}. */
	int (*templates)(void *arg, struct yg_access *access, enum yg_lang lang, json_t **ret);
	/* GET /templates/{template}: the file and its name (room 256). YG_ENOENT. */
	int (*template_file)(void *arg, struct yg_bytes name, enum yg_lang lang, struct yg_buf *to,
			     char *file_name);
	/* GET …/facts: an array of {"table","rows","date","source","columns","help"}. */
	int (*facts)(void *arg, struct yg_assess *assess, enum yg_lang lang, json_t **ret);
	/* PUT …/facts/{table}: the same object of this table. YG_ENOENT: there is no such table. */
	int (*put_facts)(void *arg, struct yg_assess *assess, const struct yg_assess_facts_in *in,
			 json_t **ret, struct yg_line_fault *reterr);
};
