/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/described.h - records read by descriptions of sources (parse/sources.h).
 *
 * Whole lines become events of YG_FORMAT_DESCRIBED with the fields log_source (the description's
 * name) and log_kind; messages of the system log stay what they are and get fields.
 *
 * Layer:  parse. Input untrusted.
 * Tests:  tests/unit/parse/test_described.c, tests/fuzz/fuzz_description.c
 */
#pragma once

#include "parse/format-int.h"

bool yg_described_fits(struct yg_bytes record);
yg_read_fn yg_described_read;

/*
 * Add what a description knows of @message, which @program wrote into the system log. *ret_known:
 * one did. YG_OK or YG_ENOMEM. A message that costs too many steps is not known.
 */
YG_MUST_USE int yg_described_message(struct yg_parser_int *ctx, struct yg_event *event,
				     struct yg_bytes program, struct yg_bytes message,
				     bool *ret_known);

/*
 * YG_OK: a description names @program and reads @message, so nobody else is asked what it is.
 * YG_EMISMATCH: none does. YG_ENOMEM.
 */
YG_MUST_USE int yg_described_owns(struct yg_parser_int *ctx, struct yg_event *event,
				  struct yg_bytes program, struct yg_bytes message);

/*
 * Is the JSON @record, whose fields @event holds under their paths, known to a description? Then
 * what it says becomes fields before those of the same name, and @event is one of
 * YG_FORMAT_DESCRIBED. *ret_known: one does. YG_OK or YG_ENOMEM; too many steps: not known.
 */
YG_MUST_USE int yg_described_object(struct yg_parser_int *ctx, struct yg_event *event,
				    struct yg_bytes record, bool *ret_known);

/*
 * The fields of @record, when it is a JSON object, under their paths as descriptions name them,
 * added to @event (with names and arena). YG_OK, YG_EMISMATCH or YG_ENOMEM.
 */
YG_MUST_USE int yg_described_walk(const struct yg_parse_opts *opts, struct yg_bytes record,
				  struct yg_event *event);

/* What follows from the fields alone. Also for events read from the record form. */
YG_MUST_USE int yg_described_finish(struct yg_event *event);
