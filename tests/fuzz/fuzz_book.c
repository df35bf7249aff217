/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a workbook that is filled, and as a map: a fault with a message, or a workbook that
 * can be opened again and has what was written, and nothing else changed in the cells beside.
 */
#include <stdint.h>
#include <stdlib.h>

#include "parse/book_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char text[] = "x & <y>";

static void check_again(struct yg_arena *arena, struct yg_bytes file, uint32_t sheet,
			struct yg_cell at, const struct yg_book_look *before)
{
	struct yg_line_fault fault = {.msg = ""};
	const struct yg_book_look *look;
	struct yg_book *book;

	if (yg_book_open(file, arena, &book, &fault) != YG_OK)
		return; /* more than may be opened: it grew */
	if (yg_book_look(book, sheet, &look, &fault) != YG_OK)
		abort();
	if (!yg_bytes_eq(yg_book_text(look, at), yg_bytes_str(text)))
		abort();
	for (uint32_t i = 0; i < before->cell_count; i++)
		if (yg_cell_compare(before->cells[i].at, at) != 0 &&
		    !yg_bytes_eq(yg_book_text(look, before->cells[i].at), before->cells[i].text))
			abort();
	(void)yg_book_close(book);
}

static void fill(struct yg_arena *arena, struct yg_book *book, struct yg_buf *out)
{
	struct yg_book_write write = {.at = {3, 3}, .text = yg_bytes_str(text)};
	struct yg_line_fault fault = {.msg = ""};
	const struct yg_book_look *look;

	write.sheet = yg_book_sheet(book, (struct yg_bytes){0});
	if (write.sheet == UINT32_MAX || yg_book_look(book, write.sheet, &look, &fault) != YG_OK)
		return;
	if (yg_book_fill(book, &write, 1, out, &fault) == YG_OK)
		check_again(arena, yg_buf_bytes(out), write.sheet, yg_book_first(look, write.at),
			    look);
	else if (fault.msg[0] == '\0')
		abort();
}

/* A map against forms that have nothing: its shape alone is read. */
static void read_map(struct yg_arena *arena, struct yg_bytes bytes)
{
	struct yg_forms *forms = yg_arena_zalloc(arena, sizeof(*forms));
	struct yg_line_fault fault = {.msg = ""};
	struct yg_form *form = yg_arena_zalloc(arena, sizeof(*form));
	struct yg_book_map map;

	if (!forms || !form)
		return;
	form->id = YG_S("f");
	forms->forms[0] = form;
	forms->form_count = 1;
	if (yg_book_map_read(bytes, forms, arena, &map, &fault) == YG_OK ? !map.form
									 : fault.msg[0] == '\0')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_arena *arena = yg_arena_new(256u << 20);
	struct yg_line_fault fault = {.msg = ""};
	struct yg_bytes bytes = {data, size};
	struct yg_book *book;
	struct yg_buf out;

	if (!arena || size > 65536) {
		(void)yg_arena_free(arena);
		return 0;
	}
	yg_buf_init(&out, YG_BOOK_OUT_MAX);
	if (yg_book_open(bytes, arena, &book, &fault) == YG_OK) {
		fill(arena, book, &out);
		(void)yg_book_close(book);
	} else if (fault.msg[0] == '\0') {
		abort();
	}
	read_map(arena, bytes);
	yg_buf_done(&out);
	(void)yg_arena_free(arena);
	return 0;
}
