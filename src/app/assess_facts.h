/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/assess_facts.h - the lists a firm brings in, as assess/ and its API borrow them: the facts
 * file beside the assessment file, and the process that runs queries on it.
 *
 * Threads: one at a time.
 */
#pragma once

#include "assess/api_ports.h"
#include "assess/assess.h"

struct yg_assess_facts;

/* @facts_path is copied; the file need not be there yet. NULL without memory. */
struct yg_assess_facts *yg_assess_facts_new(const char *facts_path,
					    const struct yg_assess_ports *ports);
struct yg_assess_facts *yg_assess_facts_free(struct yg_assess_facts *facts);

/* Let @ports->run_queries and table_change use @facts. */
void yg_assess_facts_lend(struct yg_assess_facts *facts, struct yg_assess_ports *ports);

/* The ports of the API: all tables as JSON; one list brought in. @arg: struct yg_assess_facts. */
int yg_assess_facts_json(struct yg_assess_facts *facts, enum yg_lang lang, json_t **ret);
int yg_assess_facts_put(struct yg_assess_facts *facts, const struct yg_assess_facts_in *in,
			json_t **ret, struct yg_line_fault *reterr);
