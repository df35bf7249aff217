/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ledger of anyone: each line is read and walked; where the chain breaks it is judged. A line
 * that was read and is written again says the same.
 */
#include <assert.h>

#include "wire/ledger.h"

#include "base/ban.h"

static void again(const struct yg_ledger_line *line)
{
	struct yg_ledger_line copy = *line;
	struct yg_ledger_line two;
	struct yg_wire_fault fault;
	struct yg_buf text;

	yg_buf_init(&text, 2 * YG_LEDGER_LINE_MAX);
	if (yg_ledger_line_write(&copy, YG_S(""), &text) == YG_OK) {
		assert(yg_ledger_line_read(yg_buf_bytes(&text), &two, &fault) == YG_OK);
		assert(two.n == line->n && two.kind == line->kind && two.number == line->number);
		assert(memcmp(two.digest, line->digest, sizeof(two.digest)) == 0);
		assert(memcmp(two.hash, copy.hash, sizeof(two.hash)) == 0);
	}
	yg_buf_done(&text);
}

static void step(struct yg_ledger_walk *walk, const struct yg_ledger_line *line,
		 const struct yg_ledger_line *after)
{
	struct yg_ledger_break where = {
		.n = walk->n, .hash = walk->hash, .bad = line, .after = after};
	enum yg_ledger_fault what;
	uint64_t n, other;

	if (yg_ledger_walk_step(walk, line, &what, &other) == YG_EMISMATCH)
		assert(yg_ledger_judge(&where, &n, &other) != YG_LEDGER_WHOLE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_bytes text = {data, size};
	struct yg_ledger_line before = {0};
	struct yg_ledger_line line;
	struct yg_wire_fault fault;
	struct yg_ledger_walk walk;
	struct yg_buf tally;
	bool has_before = false;

	yg_ledger_walk_start(&walk, NULL);
	while (text.size > 0) {
		size_t end = yg_bytes_chr(text, '\n');

		if (yg_ledger_line_read(yg_bytes_cut(text, 0, end), &line, &fault) == YG_OK) {
			again(&line);
			if (has_before)
				step(&walk, &before, &line);
			before = line;
			has_before = true;
		}
		text = yg_bytes_from(text, end == SIZE_MAX ? end : end + 1);
	}
	if (has_before)
		step(&walk, &before, NULL);
	yg_ledger_walk_done(&walk);
	yg_buf_init(&tally, 1u << 20);
	(void)!yg_ledger_tally((struct yg_bytes){data, size}, &tally);
	yg_buf_done(&tally);
	return 0;
}
