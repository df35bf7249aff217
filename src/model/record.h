/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/record.h - an event as one line of JSON: the record form (docs/record-format.md).
 * parse/record.c reads it back; detection on records and on the raw file is the same.
 */
#pragma once

#include "base/buf.h"
#include "model/event.h"

/*
 * Add the record of @event, ending in LF. @source is written when event->source is empty.
 * Derived fields are left out: reading makes them anew.
 */
void yg_record_write(struct yg_buf *to, struct yg_event *event, struct yg_bytes source,
		     bool with_raw);

/* Only the {…} of the fields, as findings carry it in event{…}. */
void yg_record_fields(struct yg_buf *to, struct yg_event *event);
