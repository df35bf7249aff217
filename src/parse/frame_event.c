/* SPDX-License-Identifier: Apache-2.0 */
/* Windows events as XML, one after another: with or without <Events> around them, in lines or not.
 */
#include "parse/frame-int.h"

#include "model/event.h"

#include "base/ban.h"

static const struct yg_bytes event_end = {(const uint8_t *)"</Event>", 8};

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* <Event> or <Event with attributes, and neither <Events> nor <EventData>. */
static bool is_event(struct yg_bytes b)
{
	return yg_bytes_starts(b, YG_S("<Event")) && b.size > 6 &&
	       (b.data[6] == '>' || is_space(b.data[6]));
}

bool yg_frame_is_events(struct yg_bytes start)
{
	if (yg_bytes_starts(start, YG_S("- <"))) /* as browsers show it */
		start = yg_bytes_from(start, 2);
	if (yg_bytes_starts(start, YG_S("<?xml"))) {
		size_t end = yg_bytes_find(start, YG_S("?>"));

		if (end == SIZE_MAX)
			return false;
		start = yg_bytes_from(start, end + 2);
		while (start.size > 0 && is_space(start.data[0]))
			start = yg_bytes_from(start, 1);
	}
	return is_event(start) || yg_bytes_starts(start, YG_S("<Events"));
}

/* Bytes that are no event: white space, a declaration, the element around the events. */
static size_t skip_between(struct yg_bytes data, bool is_end)
{
	size_t i = 0;
	size_t end;

	while (i < data.size && is_space(data.data[i]))
		i++;
	if (i > 0 || data.data[0] != '<' || is_event(data) ||
	    (data.size < 8 && !is_end && yg_bytes_starts(YG_S("<Event "), data)))
		return i;
	end = yg_bytes_chr(yg_bytes_cut(data, 0, YG_EVENT_RECORD_MAX), '>');
	return end == SIZE_MAX ? 0 : end + 1;
}

/* Where the next event may begin behind what could not be read. */
static size_t next_start(struct yg_bytes data, size_t from)
{
	size_t at = yg_bytes_find(yg_bytes_from(data, from), YG_S("<Event "));

	return at == SIZE_MAX ? data.size : from + at;
}

static void give(struct yg_frame *ret, struct yg_bytes data, size_t size, bool is_skipped)
{
	*ret = (struct yg_frame){.record = {data.data, is_skipped ? 0 : size},
				 .consumed = size,
				 .is_skipped = is_skipped};
}

/* The rest of an event that was too long: up to the next one. */
static int drop(struct yg_framer *framer, struct yg_bytes data, struct yg_frame *ret)
{
	size_t next = next_start(data, 0);

	/* the mark itself may be cut */
	if (next == data.size && data.size > 7)
		next = data.size - 7;
	else if (next < data.size)
		framer->is_dropping = false;
	if (next == 0 && !framer->is_dropping)
		return YG_EAGAIN;
	give(ret, data, next > 0 ? next : data.size, true);
	return YG_OK;
}

int yg_frame_next_event(struct yg_framer *framer, struct yg_bytes data, bool is_end,
			struct yg_frame *ret)
{
	size_t look = data.size > YG_EVENT_RECORD_MAX ? YG_EVENT_RECORD_MAX : data.size;
	size_t from, end, skipped;

	if (framer->is_dropping && drop(framer, data, ret) == YG_OK)
		return YG_OK;
	skipped = skip_between(data, is_end);
	if (skipped > 0) {
		give(ret, data, skipped, true);
		return YG_OK;
	}
	from = framer->scanned < look ? framer->scanned : 0;
	end = yg_bytes_find(yg_bytes_cut(data, from, look), event_end);
	if (end != SIZE_MAX) {
		framer->scanned = 0;
		give(ret, data, from + end + event_end.size, false);
		return YG_OK;
	}
	if (data.size > YG_EVENT_RECORD_MAX) {
		framer->scanned = 0;
		framer->is_dropping = true;
		give(ret, data, look, false);
		ret->is_long = true;
		ret->is_torn = true;
		return YG_OK;
	}
	if (!is_end) {
		framer->scanned = look > event_end.size ? look - event_end.size : 0;
		return YG_EAGAIN;
	}
	framer->scanned = 0;
	give(ret, data, data.size, false);
	ret->is_torn = true;
	return YG_OK;
}
