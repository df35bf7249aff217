/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every query of a framework file passes the guard, reads exactly the tables it names,
 * and says what its vector expects, before and after one fact is changed.
 * test_evidence FRAMEWORK.yaml VECTORS.yaml
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "parse/yaml.h"
#include "store/query.h"
#include "table_text.h"

#define DAY	   "2026-11-25"
#define ROWS_MAX   64u
#define FILE_BYTES (4u << 20)

static char folder[] = "/tmp/yagura-evidence-XXXXXX";
static char path[64];
static unsigned passed;
static unsigned failed;

#define SAY(...)                                                                                   \
	do {                                                                                       \
		fprintf(stderr, __VA_ARGS__);                                                      \
		fputc('\n', stderr);                                                               \
	} while (0)

static const struct yg_yaml *read_file(const char *name, struct yg_arena *arena)
{
	struct yg_yaml_fault fault;
	const struct yg_yaml *docs;
	uint8_t *bytes;
	size_t size;

	if (yg_io_read_file(name, FILE_BYTES, &bytes, &size) != YG_OK)
		return NULL;
	if (yg_yaml_parse((struct yg_bytes){bytes, size}, arena, &docs, &fault) != YG_OK) {
		SAY("%s:%u: %s", name, fault.line, fault.msg);
		return NULL;
	}
	free(bytes);
	return docs->first;
}

static bool import(struct yg_inventory *inventory, const struct yg_yaml *list)
{
	struct yg_arena *arena = yg_arena_new(1u << 22);
	struct yg_table rows = table_text(list->text, arena);
	struct yg_line_fault fault = {0};
	struct yg_inventory_in in = {
		.table = list->key, .rows = &rows, .day = yg_day_read(YG_S(DAY))};
	bool is_in = yg_inventory_import(inventory, &in, NULL, &fault) == YG_OK;

	if (!is_in)
		SAY("line %u: list %.*s, line %u: %s", list->line, YG_FMT(list->key), fault.line,
		    fault.msg);
	(void)yg_arena_free(arena);
	return is_in;
}

struct rows {
	char text[ROWS_MAX][400];
	size_t count;
};

static int add_row(void *arg, const struct yg_check_row *row)
{
	struct rows *rows = arg;

	if (rows->count == ROWS_MAX || row->reason.size == 0)
		return YG_ELIMIT; /* each row says why */
	(void)snprintf(rows->text[rows->count++], sizeof(rows->text[0]), "%.*s %s",
		       YG_FMT(row->resource), yg_check_name(row->check));
	return YG_OK;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void expected_rows(struct yg_bytes text, struct rows *to)
{
	to->count = 0;
	while (text.size > 0 && to->count < ROWS_MAX) {
		size_t end = yg_bytes_chr(text, ';');
		struct yg_bytes one = yg_bytes_trim(yg_bytes_cut(text, 0, end));

		(void)snprintf(to->text[to->count++], sizeof(to->text[0]), "%.*s", YG_FMT(one));
		text = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(text, end + 1);
	}
}

static uint32_t named_tables(const struct yg_yaml *entry)
{
	const struct yg_yaml *tables = yg_yaml_get(entry, "tables");
	uint32_t mask = 0;

	for (const struct yg_yaml *one = tables ? tables->first : NULL; one; one = one->next) {
		uint32_t index = yg_inventory_table(one->text);

		mask |= index < 32 ? 1u << index : 0;
	}
	return mask;
}

static bool gives(const struct yg_yaml *entry, struct yg_bytes wanted, uint32_t line)
{
	static struct rows got;
	static struct rows expected;
	struct yg_query_done done;
	struct yg_query *query = NULL;
	bool is_equal;
	int rc;

	got.count = 0;
	if (yg_query_open(path, yg_day_read(YG_S(DAY)), &query) != YG_OK)
		abort();
	rc = yg_query_run(query, yg_yaml_text(entry, "sql"), add_row, &got, &done);
	(void)yg_query_free(query);
	if (rc != YG_OK) {
		SAY("vector line %u: %s (%d)", line, done.refusal, rc);
		return false;
	}
	if (done.tables != named_tables(entry)) {
		SAY("vector line %u: it reads tables %x and names %x", line, done.tables,
		    named_tables(entry));
		return false;
	}
	expected_rows(wanted, &expected);
	qsort(got.text, got.count, sizeof(got.text[0]), by_text);
	qsort(expected.text, expected.count, sizeof(expected.text[0]), by_text);
	is_equal = got.count == expected.count;
	for (size_t i = 0; is_equal && i < got.count; i++)
		is_equal = strcmp(got.text[i], expected.text[i]) == 0;
	if (!is_equal) {
		SAY("vector line %u expects \"%.*s\" and gets:", line, YG_FMT(wanted));
		for (size_t i = 0; i < got.count; i++)
			SAY("  %s", got.text[i]);
	}
	return is_equal;
}

static bool run_vector(const struct yg_yaml *vector, const struct yg_yaml *entry)
{
	struct yg_inventory *inventory = NULL;
	const struct yg_yaml *facts = yg_yaml_get(vector, "facts");
	const struct yg_yaml *flip = yg_yaml_get(vector, "flip");
	bool is_right = facts && flip;

	unlink(path);
	if (yg_inventory_open(path, true, &inventory) != YG_OK)
		abort();
	for (const struct yg_yaml *list = facts ? facts->first : NULL; list; list = list->next)
		is_right = import(inventory, list) && is_right;
	is_right = is_right && gives(entry, yg_yaml_text(vector, "rows"), vector->line);
	for (const struct yg_yaml *list = flip ? flip->first : NULL; list; list = list->next)
		is_right = import(inventory, list) && is_right;
	is_right = is_right && gives(entry, yg_yaml_text(vector, "flipped"), vector->line);
	if (yg_bytes_eq(yg_yaml_text(vector, "rows"), yg_yaml_text(vector, "flipped"))) {
		SAY("vector line %u: nothing flips", vector->line);
		is_right = false;
	}
	(void)yg_inventory_free(inventory);
	return is_right;
}

/* The entry that @vector is about: by criterion and, where it names one, by id. */
static bool is_about(const struct yg_yaml *vector, const struct yg_yaml *criterion,
		     const struct yg_yaml *entry)
{
	struct yg_bytes id = yg_yaml_text(vector, "id");

	return yg_bytes_eq(yg_yaml_text(vector, "criterion"), yg_yaml_text(criterion, "ref_id")) &&
	       (id.size == 0 || yg_bytes_eq(id, yg_yaml_text(entry, "id")));
}

static void run_entry(const struct yg_yaml *criterion, const struct yg_yaml *entry,
		      const struct yg_yaml *vectors)
{
	const struct yg_yaml *name = yg_yaml_get(entry, "name");
	unsigned found = 0;
	bool is_right = yg_yaml_text(name, "ja").size > 0 && yg_yaml_text(name, "en").size > 0;

	for (const struct yg_yaml *vector = vectors->first; vector; vector = vector->next) {
		if (!is_about(vector, criterion, entry))
			continue;
		found++;
		is_right = run_vector(vector, entry) && is_right;
	}
	if (found == 0)
		SAY("%.*s has no vector", YG_FMT(yg_yaml_text(criterion, "ref_id")));
	is_right = is_right && found > 0;
	passed += is_right;
	failed += !is_right;
}

int main(int argc, char **argv)
{
	struct yg_arena *arena = yg_arena_new(64u << 20);
	const struct yg_yaml *file = argc == 3 ? read_file(argv[1], arena) : NULL;
	const struct yg_yaml *nodes = yg_yaml_get(
		yg_yaml_get(yg_yaml_get(file, "objects"), "framework"), "requirement_nodes");
	const struct yg_yaml *vectors = argc == 3 ? read_file(argv[2], arena) : NULL;

	if (!nodes || !vectors || !mkdtemp(folder))
		return EXIT_FAILURE;
	(void)snprintf(path, sizeof(path), "%s/f.facts", folder);
	for (const struct yg_yaml *node = nodes->first; node; node = node->next) {
		const struct yg_yaml *evidence = yg_yaml_get(node, "x_evidence");

		for (const struct yg_yaml *entry = evidence ? evidence->first : NULL; entry;
		     entry = entry->next)
			if (yg_bytes_eq(yg_yaml_text(entry, "kind"), YG_S("query")))
				run_entry(node, entry, vectors);
	}
	unlink(path);
	rmdir(folder);
	(void)yg_arena_free(arena);
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed > 0;
}
