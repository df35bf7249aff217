/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A description file, a line "====", and lines against it: nothing but the limits may stop either,
 * and what was read is the same when it is read back as a record, with what earlier lines lent it.
 */
#include "parse/join.h"
#include "parse/sources.h"
#include "parse_fuzz.h"

/* What earlier lines lend @event. */
static void join_line(struct yg_join *join, struct yg_parser *parser, struct yg_event *event)
{
	struct yg_described_by by = yg_parser_described_by(parser);
	struct yg_join_lent lent;

	if (yg_join_next(join, event, by, &lent) != YG_OK)
		abort();
	if (lent.count > (by.line ? by.line->take_count : 0))
		abort();
	for (uint32_t i = 0; i < lent.count; i++)
		if (lent.fields[i].text.size == 0 ||
		    lent.fields[i].text.size > YG_JOIN_VALUE_BYTES ||
		    !yg_arena_dup(fuzz_arena, lent.fields[i].text, &lent.fields[i].text))
			abort();
	if (yg_join_lend(event, lent.fields, lent.count) != YG_OK)
		abort();
}

static void try_line(struct yg_parser *parser, const struct yg_sources *sources,
		     struct yg_join *join, struct yg_bytes line)
{
	uint8_t *text = calloc(1, line.size + YG_PARSE_PADDING);
	struct yg_buf first, second;
	struct yg_event event;
	struct yg_fault fault = {0};

	if (!text)
		abort();
	if (line.size > 0)
		memcpy(text, line.data, line.size);
	yg_arena_reset(fuzz_arena);
	if (yg_parse_any(parser, YG_FORMAT_DESCRIBED, (struct yg_bytes){text, line.size},
			 fuzz_arena, &event, &fault) != YG_OK) {
		if (!fault.msg || fault.pos > line.size)
			abort();
		free(text);
		return;
	}
	(void)yg_join_may(sources, (struct yg_bytes){text, line.size}); /* must not fail */
	join_line(join, parser, &event);
	fuzz_look(&event);
	yg_buf_init(&first, 16u << 20);
	yg_buf_init(&second, 16u << 20);
	event.position = event.position ? event.position : 1;
	yg_record_write(&first, &event, YG_S("log"), true);
	if (event.format == YG_FORMAT_DESCRIBED && first.size <= YG_EVENT_RECORD_MAX)
		fuzz_again(&first, &second);
	yg_buf_done(&first);
	yg_buf_done(&second);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct yg_names *names;
	struct yg_bytes all = {data, size};
	size_t end = yg_bytes_find(all, YG_S("\n====\n"));
	struct yg_sources *sources = yg_sources_new();
	struct yg_parse_opts opts = {.reference_ns = INT64_C(1700000000) * YG_NS_PER_S,
				     .sources = sources};
	struct yg_line_fault fault = {0};
	struct yg_join *join = yg_join_new();
	struct yg_parser *parser;

	fuzz_open();
	if (!names)
		names = yg_names_new();
	parser = yg_parser_new(&opts, names);
	if (!sources || !parser || !join)
		abort();
	if (yg_sources_add(sources, YG_S("fuzz"), yg_bytes_cut(all, 0, end), &fault) != YG_OK &&
	    fault.msg[0] == '\0')
		abort();
	all = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(all, end + 6);
	for (unsigned n = 0; n < 16 && all.size > 0; n++) {
		struct yg_bytes line = yg_bytes_cut(all, 0, yg_bytes_chr(all, '\n'));

		try_line(parser, sources, join, line);
		all = yg_bytes_from(all, line.size + 1);
	}
	(void)yg_join_free(join);
	(void)yg_parser_free(parser);
	(void)yg_sources_free(sources);
	return 0;
}
