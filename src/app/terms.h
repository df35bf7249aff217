/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/terms.h - texts and expressions to look for in records, for `yagura search` and
 * `yagura admin search`; and a record as one line for people.
 *
 * A text is held by a value, or by the record's line; with a field, by the values of that field
 * alone. Case aside, unless it counts. All terms have to fit, or any. What was made out of other
 * fields is looked at only when it is named.
 *
 * One thread at a time.
 */
#pragma once

#include "base/buf.h"
#include "model/event.h"

#define YG_TERMS_MAX	  32u
#define YG_TERM_BYTES_MAX 4096u

struct yg_terms;

/* NULL without memory. */
struct yg_terms *yg_terms_new(void);
struct yg_terms *yg_terms_free(struct yg_terms *terms);

/* Before the first is added. */
void yg_terms_exact(struct yg_terms *terms);
/* One of them is enough. */
void yg_terms_any(struct yg_terms *terms);

/* @field empty: anywhere. Both borrowed. YG_OK; YG_ELIMIT: too long; YG_EEND: YG_TERMS_MAX are
 * there; YG_ENOMEM. */
YG_MUST_USE int yg_terms_add(struct yg_terms *terms, struct yg_bytes field, struct yg_bytes text);
/* As above; else @reterr says what is wrong with the expression (English, static). */
YG_MUST_USE int yg_terms_add_regex(struct yg_terms *terms, struct yg_bytes regex,
				   const char **reterr);

/* After the last is added. YG_OK, YG_ENOMEM. */
YG_MUST_USE int yg_terms_prepare(struct yg_terms *terms);

uint32_t yg_terms_count(const struct yg_terms *terms);
bool yg_terms_fit(struct yg_terms *terms, struct yg_event *event);

/*
 * Can the record of this line (docs/record-format.md) fit? False is certain; a look at its bytes
 * alone, so that most lines need not be read.
 */
bool yg_terms_may_fit(struct yg_terms *terms, struct yg_bytes line);

/* The record as a line: time, place, and as it stands in the log, or its fields. */
void yg_found_write(struct yg_buf *to, struct yg_event *event, struct yg_bytes source, bool is_csv);
