/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A drill's result with what came after it: numbers that people gave back by telephone or in a
 * reply, mails that came back. Nothing is sent.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/share_drill.h"

#include "app/say.h"
#include "app/sheet_file.h"
#include "base/alloc.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define RESULT_MAX (128u << 20)
#define FAULTS_MAX 1000u

struct named {
	struct yg_bytes id;
	json_t *node; /* borrowed from the result */
};

struct again {
	const char *path; /* of the answers */
	struct named *named;
	uint32_t count;
	uint64_t faults;
};

static int by_id(const void *a, const void *b)
{
	const struct named *x = a;
	const struct named *y = b;
	size_t size = x->id.size < y->id.size ? x->id.size : y->id.size;
	int order = size ? memcmp(x->id.data, y->id.data, size) : 0;

	return order ? order : (x->id.size > y->id.size) - (x->id.size < y->id.size);
}

static int index_nodes(struct again *again, const json_t *result)
{
	const json_t *nodes = json_object_get(result, "nodes");

	again->count = (uint32_t)json_array_size(nodes);
	again->named = yg_calloc((size_t)again->count + 1, sizeof(*again->named));
	if (!again->named)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < again->count; i++) {
		json_t *node = json_array_get(nodes, i);

		again->named[i] = (struct named){.id = yg_json_text(node, "id"), .node = node};
	}
	qsort(again->named, again->count, sizeof(*again->named), by_id);
	return YG_OK;
}

static bool wrong(struct again *again, uint32_t line, const char *format, struct yg_bytes value)
{
	char place[352];

	(void)snprintf(place, sizeof(place), "%s:%u", yg_say_safe(yg_bytes_str(again->path), 300),
		       line);
	if (again->faults++ < FAULTS_MAX)
		yg_say(format, place, yg_say_safe(value, 80));
	return false;
}

static bool is_number(struct yg_bytes text)
{
	uint64_t value;

	return yg_bytes_u64(text, &value);
}

/* A number that is right, or the word of a failure that showed later. */
static bool take_answer(struct again *again, const struct yg_table_row *row, json_t *node,
			struct yg_bytes answer)
{
	struct yg_bytes number = yg_json_text(node, "number");
	enum yg_drill_result result;

	if (!json_is_true(json_object_get(node, "sent")))
		return wrong(again, row->line, N_("%s: to %s nothing was sent"),
			     yg_json_text(node, "id"));
	if (is_number(answer) && !yg_bytes_eq(answer, number))
		return wrong(again, row->line, N_("%s: %s is not the number that was sent"),
			     answer);
	if (yg_bytes_eq(answer, number))
		return json_object_set_new(node, "answered", json_true()) == 0 &&
		       json_object_set_new(node, "result", json_string("confirmed")) == 0;
	if (!yg_drill_result_by_name(answer, &result) || !yg_drill_result_todo(result)[0])
		return wrong(again, row->line,
			     N_("%s: %s is neither a number nor a cause such as bounced"), answer);
	return json_object_set_new(node, "result", json_string(yg_drill_result_name(result))) == 0;
}

static int take_row(struct again *again, const struct yg_table_row *row, uint32_t id_column,
		    uint32_t answer_column)
{
	struct named wanted = {.id = yg_table_cell(row, id_column)};
	struct yg_bytes answer = yg_table_cell(row, answer_column);
	const struct named *found;

	if (answer.size == 0)
		return YG_OK; /* none yet */
	found = bsearch(&wanted, again->named, again->count, sizeof(*again->named), by_id);
	if (!found) {
		(void)wrong(again, row->line, N_("%s: nobody in this drill has the id %s"),
			    wanted.id);
		return YG_OK;
	}
	return take_answer(again, row, found->node, answer) || again->faults > 0 ? YG_OK
										 : YG_ENOMEM;
}

static int take_answers(struct again *again, struct yg_arena *arena)
{
	struct yg_table table;
	uint32_t id;
	uint32_t answer;
	int rc = yg_sheet_file_read(again->path, arena, &table);

	if (rc != YG_OK)
		return rc;
	id = yg_table_column(&table, "id");
	answer = yg_table_column(&table, "answer");
	if (id == UINT32_MAX || answer == UINT32_MAX) {
		(void)wrong(again, 1,
			    N_("%s: the column %s is missing: the first line names the columns"),
			    yg_bytes_str(id == UINT32_MAX ? "id" : "answer"));
		return YG_EFORMAT;
	}
	for (uint32_t i = 0; rc == YG_OK && i < table.row_count; i++)
		rc = take_row(again, &table.rows[i], id, answer);
	if (rc == YG_OK && again->faults > 0) {
		yg_say_hint(N_("correct the lines and try again"),
			    N_("%s: nothing of it was taken: %llu faults"),
			    yg_say_safe(yg_bytes_str(again->path), 300),
			    (unsigned long long)again->faults);
		rc = YG_EFORMAT;
	}
	return rc;
}

static int load(const char *path, json_t **ret)
{
	struct yg_fault fault = {0};
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_io_read_file(path, RESULT_MAX, &bytes, &size);

	*ret = NULL;
	if (rc == YG_OK)
		rc = yg_json_load((struct yg_bytes){bytes, size}, RESULT_MAX, ret, &fault);
	free(bytes);
	if (rc == YG_OK)
		rc = yg_share_drill_count(*ret);
	if (rc == YG_EFORMAT)
		yg_say(N_("%s: this is no result of `yagura share drill --json`"),
		       yg_say_safe(yg_bytes_str(path), 300));
	else if (rc != YG_OK)
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(yg_err_text(rc)));
	return rc;
}

int yg_share_drill_again(const char *result_path, const char *answers_path, struct yg_arena *arena,
			 json_t **ret)
{
	struct again again = {.path = answers_path};
	int rc = load(result_path, ret);

	if (rc == YG_OK && answers_path) {
		rc = index_nodes(&again, *ret);
		if (rc == YG_OK)
			rc = take_answers(&again, arena);
		free(again.named);
		if (rc == YG_OK)
			rc = yg_share_drill_count(*ret);
	}
	if (rc != YG_OK) {
		json_decref(*ret);
		*ret = NULL;
	}
	if (rc == YG_ENOMEM)
		yg_say("%s", yg_say_tr(yg_err_text(rc)));
	return rc;
}
