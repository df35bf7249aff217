/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/json.h - the JSON lines of the contract (docs/cli-contract.md).
 *
 * Each function adds one line, ending in LF, to a buffer. Language changes rule_title only.
 * Thread-safe.
 */
#pragma once

#include "base/buf.h"
#include "base/tr.h"
#include "model/finding.h"
#include "model/report.h"

/* The same as the official regression runner of the public rules reads it (app/checker.c). */
void yg_json_checker(struct yg_buf *to, const struct yg_finding *finding);
void yg_json_finding(struct yg_buf *to, const struct yg_finding *finding, enum yg_lang lang);
void yg_json_update(struct yg_buf *to, const struct yg_finding_update *update);
void yg_json_story(struct yg_buf *to, const struct yg_story *story, enum yg_lang lang);
/* The --stats line. */
void yg_json_stats(struct yg_buf *to, const struct yg_report *report);
