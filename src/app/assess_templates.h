/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/assess_templates.h - the documents to edit that come with the program (templates/).
 *
 * The functions have the form of the API's ports (assess/api_ports.h); @arg is struct
 * yg_assess_run. Immutable data: any thread.
 */
#pragma once

#include "app/assess-int.h"

/* Array of {"name","title","file_name","criteria"}, owned by the caller. */
int yg_assess_templates(void *arg, struct yg_access *access, enum yg_lang lang, json_t **ret);

/* The file named @name ("contact-list") and its own name to @file_name (room 128). YG_ENOENT. */
int yg_assess_template_file(void *arg, struct yg_bytes name, enum yg_lang lang, struct yg_buf *to,
			    char *file_name);
