/* SPDX-License-Identifier: Apache-2.0 */
#include "../check.h"

#include <stdlib.h>

#include "model/event.h"
#include "parse/frame.h"

#define OUT_BYTES 4096u

/*
 * All frames of @text, fed in pieces of @step bytes, as one string: records in [ ], with 't'
 * (torn) and 'l' (long) behind them. Skipped bytes show nothing.
 */
static const char *frames(enum yg_framing framing, struct yg_bytes text, size_t step)
{
	static char out[OUT_BYTES];
	struct yg_framer framer = {.framing = framing};
	size_t start = 0, end = 0, used = 0;

	out[0] = '\0';
	for (;;) {
		struct yg_frame frame;
		int rc = yg_frame_next(&framer, yg_bytes_cut(text, start, end), end == text.size,
				       &frame);

		if (rc == YG_EAGAIN && end == text.size)
			break;
		if (rc == YG_EAGAIN) {
			end = end + step < text.size ? end + step : text.size;
			continue;
		}
		if (rc != YG_OK || frame.consumed == 0 || frame.consumed > end - start)
			return "broken contract";
		if (!frame.is_skipped)
			used += (size_t)snprintf(out + used, OUT_BYTES - used, "[%.*s]%s%s",
						 YG_FMT(frame.record), frame.is_torn ? "t" : "",
						 frame.is_long ? "l" : "");
		start += frame.consumed;
	}
	return start == text.size ? out : "bytes left over";
}

static const struct {
	enum yg_framing framing;
	const char *text;
	const char *frames;
} table[] = {
	{YG_FRAMING_LINES, "", ""},
	{YG_FRAMING_LINES, "a\nb\n", "[a][b]"},
	{YG_FRAMING_LINES, "a\r\nb\r\n", "[a][b]"},
	{YG_FRAMING_LINES, "\n\na\n\r\n  \nb", "[a][b]t"},
	{YG_FRAMING_LINES, "a\rb\n", "[a\rb]"},
	/* Lines of one audit event are one record; one that ends itself waits for no other. */
	{YG_FRAMING_LINES,
	 "type=SYSCALL msg=audit(1.5:7): a\ntype=PATH msg=audit(1.5:7): b\n"
	 "type=PATH msg=audit(1.5:8): c\nother\ntype=PROCTITLE msg=audit(1.5:9): d\n"
	 "type=EOE msg=audit(1.5:9): e\n",
	 "[type=SYSCALL msg=audit(1.5:7): a\ntype=PATH msg=audit(1.5:7): b]"
	 "[type=PATH msg=audit(1.5:8): c][other][type=PROCTITLE msg=audit(1.5:9): d]"
	 "[type=EOE msg=audit(1.5:9): e]"},
	{YG_FRAMING_LINES, "type=PATH msg=audit(1.5:7): a\r\ntype=PATH msg=audit(1.5:7): b",
	 "[type=PATH msg=audit(1.5:7): a\r\ntype=PATH msg=audit(1.5:7): b]t"},
	{YG_FRAMING_DOCUMENTS, "{\"Records\":[{\"a\":1},{\"b\":[2]}]}", "[{\"a\":1}][{\"b\":[2]}]"},
	{YG_FRAMING_DOCUMENTS, "{ \"Records\" : [\n{}\n] }\n{\"Records\":[{}]}{\"c\":3}",
	 "[{}][{}][{\"c\":3}]"},
	{YG_FRAMING_DOCUMENTS, "{\"Records\":7}", "[{\"Records\":7}]"},
	{YG_FRAMING_DOCUMENTS, "{\"a\":1}{\"b\":2}", "[{\"a\":1}][{\"b\":2}]"},
	{YG_FRAMING_DOCUMENTS, "{\"a\":1}\n{\"b\":2}\n", "[{\"a\":1}][{\"b\":2}]"},
	{YG_FRAMING_DOCUMENTS, "[{\"a\":[1,{}]},\n {\"b\":2} ]\n", "[{\"a\":[1,{}]}][{\"b\":2}]"},
	{YG_FRAMING_DOCUMENTS, "[ ]\n", ""},
	{YG_FRAMING_DOCUMENTS, "[1,\"a,]b\",null]", "[1][\"a,]b\"][null]"},
	{YG_FRAMING_DOCUMENTS, "{\n  \"a\": {\n    \"b\": \"}\\\"{\"\n  }\n}\n{\n}\n",
	 "[{\n  \"a\": {\n    \"b\": \"}\\\"{\"\n  }\n}][{\n}]"},
	/* An object that begins at the same column, as some programs print arrays. */
	{YG_FRAMING_DOCUMENTS, "{\n\"a\":\n{\n\"b\":[\n{\n},\n{\n}\n]\n}\n}\n{}",
	 "[{\n\"a\":\n{\n\"b\":[\n{\n},\n{\n}\n]\n}\n}][{}]"},
	/* Torn at the end. */
	{YG_FRAMING_DOCUMENTS, "{\"a\":1}\n{\"b\":", "[{\"a\":1}][{\"b\":]t"},
	{YG_FRAMING_DOCUMENTS, "{\"a\":\"x", "[{\"a\":\"x]t"},
	/* A brace is missing: the next documents are whole. */
	{YG_FRAMING_DOCUMENTS, "{\"a\":{\"b\":1}\n{\"c\":2}\n{\"d\":3}\n",
	 "[{\"a\":{\"b\":1}]t[{\"c\":2}][{\"d\":3}]"},
	{YG_FRAMING_DOCUMENTS, "{\n  \"a\": 1,\n{\n  \"b\": 2\n}\n{}\n",
	 "[{\n  \"a\": 1,]t[{\n  \"b\": 2\n}][{}]"},
	/* A quote is missing. */
	{YG_FRAMING_DOCUMENTS, "{\"a\":\"x}\n{\"b\":2}\n", "[{\"a\":\"x}]t[{\"b\":2}]"},
	{YG_FRAMING_DOCUMENTS, "{\n  \"a: 1\n}\n{\n  \"b\": 2\n}\n",
	 "[{\n  \"a: 1\n}][{\n  \"b\": 2\n}]"},
	/* Inside an array the elements' own indent counts. */
	{YG_FRAMING_DOCUMENTS, "[\n  {\n    \"a\": [1, 2\n  },\n  {\n    \"b\": 2\n  }\n]\n",
	 "[{\n    \"a\": [1, 2\n  },]t[{\n    \"b\": 2\n  }]"},
	/* The wrong bracket. */
	{YG_FRAMING_DOCUMENTS, "{\"a\":[1}\n{\"b\":2}", "[{\"a\":[1}]t[{\"b\":2}]"},
	/* Text between documents is a record of its own, to be reported. */
	{YG_FRAMING_DOCUMENTS, "{}\nhello, world\n{}", "[{}][hello, world][{}]"},
	{YG_FRAMING_DOCUMENTS, "} ]\n{}", "[} ]][{}]"},
	/* Windows events as XML: in one line, in many, with something around them or not. */
	{YG_FRAMING_EVENTS,
	 "<?xml version='1.0'?>\r\n<Events><Event a='b'>1</Event>\n<Event>\n <EventData/>\n</Event>"
	 "</Events>\n",
	 "[<Event a='b'>1</Event>][<Event>\n <EventData/>\n</Event>]"},
	{YG_FRAMING_EVENTS, "<Event >1</Event><Event>2</Ev", "[<Event >1</Event>][<Event>2</Ev]t"},
	{YG_FRAMING_EVENTS, "what <Event>1</Event> else", "[what <Event>1</Event>][else]t"},
	{YG_FRAMING_EVENTS, "<Event", "[<Event]t"},
};

static void records_in_any_pieces(void)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (size_t step = 1; step < 200; step = step < 8 ? step + 1 : step * 5) {
			const char *got =
				frames(table[i].framing, yg_bytes_str(table[i].text), step);

			if (strcmp(got, table[i].frames) != 0)
				fprintf(stderr, "%s\n  step %zu: %s\n", table[i].text, step, got);
			CHECK(strcmp(got, table[i].frames) == 0);
		}
	}
}

static void lines_are_counted_by_their_ends(void)
{
	struct yg_bytes text = YG_S("\n\r\na\n\nb\nc");
	struct yg_framer framer = {.framing = YG_FRAMING_LINES};
	struct yg_frame frame;
	uint64_t line = 1;
	char seen[16] = "";
	size_t used = 0;

	while (yg_frame_next(&framer, text, true, &frame) == YG_OK) {
		if (!frame.is_skipped)
			used += (size_t)snprintf(seen + used, sizeof(seen) - used, "%c%d ",
						 frame.record.data[0], (int)line);
		for (size_t i = 0; i < frame.consumed; i++)
			line += text.data[i] == '\n';
		text = yg_bytes_from(text, frame.consumed);
	}
	CHECK(strcmp(seen, "a3 b5 c6 ") == 0);
}

static void nul_bytes_are_kept(void)
{
	struct yg_framer framer = {.framing = YG_FRAMING_LINES};
	struct yg_frame frame;

	CHECK(yg_frame_next(&framer, YG_S("a\0b\nc"), false, &frame) == YG_OK);
	CHECK(frame.record.size == 3 && frame.consumed == 4 && !frame.is_torn);
}

/* @head, then @fill to @size bytes, then @tail. */
static struct yg_bytes big(const char *head, uint8_t fill, size_t size, const char *tail)
{
	size_t all = strlen(head) + size + strlen(tail);
	uint8_t *mem = malloc(all);

	if (!mem)
		abort();
	memcpy(mem, head, strlen(head));
	memset(mem + strlen(head), fill, size);
	memcpy(mem + strlen(head) + size, tail, strlen(tail));
	return (struct yg_bytes){mem, all};
}

static void check_long(enum yg_framing framing, struct yg_bytes text, size_t record_size,
		       bool is_long)
{
	struct yg_framer framer = {.framing = framing};
	struct yg_frame frame;
	struct yg_bytes rest = text;
	bool has_long = false;
	size_t records = 0;

	while (yg_frame_next(&framer, rest, true, &frame) == YG_OK) {
		if (!frame.is_skipped) {
			if (records == 0)
				CHECK(frame.record.size == record_size);
			else
				CHECK_TEXT(frame.record, "{\"b\":1}");
			records++;
		}
		has_long = has_long || frame.is_long;
		rest = yg_bytes_from(rest, frame.consumed);
	}
	CHECK(rest.size == 0 && records == 2 && has_long == is_long);
}

static void long_records_are_cut(void)
{
	static const size_t max = YG_EVENT_RECORD_MAX;
	struct yg_bytes text = big("", 'x', max, "\n{\"b\":1}\n");

	check_long(YG_FRAMING_LINES, text, max, false);
	free((void *)(uintptr_t)text.data);
	text = big("", 'x', max + 1, "\n{\"b\":1}\n");
	check_long(YG_FRAMING_LINES, text, max, true);
	free((void *)(uintptr_t)text.data);
	text = big("", 'x', 3 * max, "\n{\"b\":1}\n");
	check_long(YG_FRAMING_LINES, text, max, true);
	free((void *)(uintptr_t)text.data);
	text = big("{\"a\":\"", 'x', 3 * max, "\"}\n{\"b\":1}\n");
	check_long(YG_FRAMING_DOCUMENTS, text, max, true);
	free((void *)(uintptr_t)text.data);
	text = big("{\"a\":\"", 'x', max - 8, "\"}{\"b\":1}\n");
	check_long(YG_FRAMING_DOCUMENTS, text, max, false);
	free((void *)(uintptr_t)text.data);
	/* Not inside a character: U+3042 begins two bytes before the limit. */
	text = big("", 'x', max - 2, "\xe3\x81\x82\n{\"b\":1}\n");
	check_long(YG_FRAMING_LINES, text, max - 2, true);
	free((void *)(uintptr_t)text.data);
}

static void framing_is_recognised(void)
{
	static const struct {
		const char *start;
		enum yg_framing framing;
	} starts[] = {
		{"", YG_FRAMING_LINES},
		{"192.0.2.7 - - [\n", YG_FRAMING_LINES},
		{"{\"a\":1}\n{\"b\":2}\n", YG_FRAMING_LINES},
		{"{\"a\":1}", YG_FRAMING_LINES},
		{"{\"a\":\n", YG_FRAMING_DOCUMENTS},
		{"{\n  \"a\": 1\n}\n", YG_FRAMING_DOCUMENTS},
		{"\n {\"a\":1}{\"b\":2}\n", YG_FRAMING_DOCUMENTS},
		{"{\"a\":1},\n{\"b\":2}\n", YG_FRAMING_DOCUMENTS},
		{"[{\"a\":1}]", YG_FRAMING_DOCUMENTS},
		{"[\n  {\"a\":1}", YG_FRAMING_DOCUMENTS},
		{"[]\n", YG_FRAMING_DOCUMENTS},
		{"[Thu Sep 30 13:27:06 2021] [error] x\n", YG_FRAMING_LINES},
		{"[10/Feb/2024:21:23:32 +0100] x\n", YG_FRAMING_LINES},
		{"<Event xmlns='x'><System/>", YG_FRAMING_EVENTS},
		{"\n<?xml version='1.0'?>\n<Events><Event>", YG_FRAMING_EVENTS},
		{"- <Event xmlns='x'>- <System>", YG_FRAMING_EVENTS},
		{"- a list", YG_FRAMING_LINES},
		{"<EventData>", YG_FRAMING_LINES},
		{"<34>1 2026-03-01T08:00:01Z m p - - - x", YG_FRAMING_LINES},
		/* A first line that is damaged does not change what the file is. */
		{"{\"a\":{\"b\":1}\n{\"c\":2}\n", YG_FRAMING_LINES},
		{"{\"a\":\"x}\n{\"c\":2}\n", YG_FRAMING_LINES},
	};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		enum yg_framing got = yg_frame_recognise(yg_bytes_str(starts[i].start), true);

		if (got != starts[i].framing)
			fprintf(stderr, "%s\n", starts[i].start);
		CHECK(got == starts[i].framing);
	}
}

static const struct check_case cases[] = {
	CASE(records_in_any_pieces), CASE(lines_are_counted_by_their_ends),
	CASE(nul_bytes_are_kept),    CASE(long_records_are_cut),
	CASE(framing_is_recognised),
};
CHECK_MAIN(cases)
