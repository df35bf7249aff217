/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/format-int.h - what the dispatcher (format.c) and the readers of the formats share.
 *
 * A reader turns one record into an event. It is one line of the table in format.c.
 * Layer: parse; private to it.
 */
#pragma once

#include "parse/format.h"

struct yg_columns;

/* What a parser keeps from record to record: settings and buffers, no knowledge of records. */
struct yg_parser_int {
	struct yg_parse_opts opts;
	const struct yg_names *names;
	enum yg_format wanted;	    /* the format asked for; YG_FORMAT_UNKNOWN when any will do */
	struct yg_columns *columns; /* what the head lines say; NULL: there were none */
	void *json;		    /* state of the JSON reader; NULL until it is first needed */
	void (*json_free)(void *json); /* set together with @json */
	struct yg_described_by by;     /* of the record at hand */
};

/*
 * Parse @record into @event, which is fresh: arena, names, raw = @record and format = that of
 * the table's line are set. The reader fills fields, time, channel and event_code, and may
 * set a more exact format. It must not keep anything of the record in @ctx.
 *
 * Returns as yg_parse(): YG_EMISMATCH for another format (cheaply, please), YG_EFORMAT for this
 * one but damaged, with *reterr filled in both cases.
 */
typedef int yg_read_fn(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		       struct yg_fault *reterr);

struct yg_reader {
	enum yg_format format;
	/*
	 * A look at a few bytes: false when @record is certainly not of this format. Saves the
	 * call of @read when any format will do. Never NULL.
	 */
	bool (*fits)(struct yg_bytes record);
	yg_read_fn *read;
};

/*
 * @text, which @event's record carries, by @reader: on success @event is what the text says, with
 * the time of the carrier where the text has none. YG_OK, YG_EMISMATCH or YG_ENOMEM.
 */
YG_MUST_USE int yg_read_inner(struct yg_parser_int *ctx, const struct yg_reader *reader,
			      struct yg_bytes text, struct yg_event *event);

/*
 * The same by the readers of text that carriers bring. @is_bare: nothing but the text is known of
 * who wrote it, so that descriptions of lines are asked, too, a header of the system log may stand
 * in it, and any line with a time will do.
 */
YG_MUST_USE int yg_read_carried(struct yg_parser_int *ctx, struct yg_bytes text, bool is_bare,
				struct yg_event *event);

/* The record begins, after white space, with '{': text readers leave it alone. */
static inline bool yg_fits_json(struct yg_bytes record)
{
	size_t i = 0;

	while (i < record.size && record.data[i] <= ' ')
		i++;
	return i < record.size && record.data[i] == '{';
}
