/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of `yagura assess` that change the file. */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <unistd.h>

#include "app/assess-int.h"
#include "app/assess_facts.h"
#include "base/alloc.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define FRAMEWORK_BYTES_MAX (16u << 20)
#define TABLE_BYTES_MAX	    (64u << 20)
#define OFFICIAL_BYTES_MAX  (16u << 20)
#define EXCHANGE_BYTES_MAX  (64u << 20)
#define ATTACH_BYTES_MAX    (512u << 20)
#define TABLE_ARENA_MAX	    (512u << 20)

static struct yg_bytes given(const char *text)
{
	return yg_bytes_str(text ? text : "");
}

/* ---- new ---- */

/* A --framework that is a file: keep it in the store and use its name. */
static bool add_framework_file(struct yg_assess_run *run, int *ret_status)
{
	struct yg_line_fault fault = {0};
	uint8_t *data;
	size_t size;
	int rc;

	if (!yg_assess_read_file(run->cli->framework, FRAMEWORK_BYTES_MAX, &data, &size)) {
		*ret_status = YG_EXIT_FAILED;
		return false;
	}
	rc = yg_assess_add_framework(run->access, &run->ports, (struct yg_bytes){data, size},
				     &fault);
	free(data);
	if (rc == YG_OK)
		return true;
	*ret_status = yg_assess_say_fault(rc, &fault, run->cli->framework);
	return false;
}

/* The urn in a framework file, for --framework FILE. */
static bool urn_of_file(struct yg_assess_run *run, struct yg_arena *arena, struct yg_bytes *ret)
{
	const struct yg_library *library;
	struct yg_line_fault fault;
	uint8_t *data;
	size_t size;
	int rc;

	if (!yg_assess_read_file(run->cli->framework, FRAMEWORK_BYTES_MAX, &data, &size))
		return false;
	rc = run->ports.read_framework((struct yg_bytes){data, size}, arena, &library, &fault);
	free(data);
	*ret = rc == YG_OK ? library->urn : (struct yg_bytes){0};
	return rc == YG_OK;
}

static int create(struct yg_assess_run *run, struct yg_bytes framework)
{
	const struct yg_assess_cli *cli = run->cli;
	struct yg_assess_new wanted = {
		.framework = framework,
		.level = given(cli->level),
		.organisation = given(cli->organisation),
		.corporate_number = given(cli->corporate_number),
		.from = given(cli->from),
	};
	struct yg_line_fault fault = {0};
	char id[YG_ASSESS_ID_MAX];
	json_t *head = NULL;
	int rc = yg_assess_create(run->access, &run->ports, &wanted, id, &fault);

	if (rc != YG_OK && fault.msg[0]) {
		(void)yg_assess_say_fault(rc, &fault,
					  NULL); /* 2 whatever it was: nothing was made */
		return YG_EXIT_FAILED;
	}
	if (rc == YG_OK)
		rc = yg_assess_open(run->access, &run->ports, id, &run->assess);
	if (rc == YG_OK)
		rc = yg_assess_json_head(run->assess, cli->lang, &head);
	if (rc != YG_OK)
		return yg_assess_say_store(run, rc);
	if (cli->is_json)
		return yg_assess_print_json(head);
	printf(yg_say_tr(N_("assessment %s is made in %s: %u criteria")), id, run->db_path,
	       (unsigned)yg_json_int(json_object_get(head, "counts"), "criteria", 0));
	printf("\n%s\n",
	       json_is_true(json_object_get(head, "practice"))
		       ? yg_say_tr(N_("Practice mode until the official wording is imported: "
				      "yagura assess import-official FILE"))
		       : "");
	json_decref(head);
	return YG_EXIT_DONE;
}

int yg_assess_cmd_new(struct yg_assess_run *run)
{
	const char *name = run->cli->framework;
	struct yg_arena *arena;
	struct yg_bytes urn = given(name);
	int status = YG_EXIT_FAILED;

	if (!name) {
		yg_say_hint(N_("`yagura assess frameworks` lists them"),
			    N_("new: which framework? give --framework NAME"));
		return YG_EXIT_FAILED;
	}
	if (access(name, R_OK) != 0)
		return create(run, urn);
	arena = yg_arena_new(256u << 20);
	if (arena && add_framework_file(run, &status) && urn_of_file(run, arena, &urn))
		status = create(run, urn);
	(void)yg_arena_free(arena);
	return status;
}

/* ---- answer ---- */

/* A path that stays in the folder of the table or below: who wrote the table need not be the one
 * who takes it in, and must not choose among that one's other files. */
static bool is_beside(const char *name)
{
	const char *at = name;

	if (name[0] == '/' || name[0] == 0)
		return false;
	for (; at; at = strchr(at, '/')) {
		at += *at == '/';
		if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == 0))
			return false;
	}
	return true;
}

/* Evidence whose title is a file beside the table: its path and digest are kept with it. */
static int attach_file(struct yg_assess_run *run, const json_t *evidence, const char *folder)
{
	const char *id = json_string_value(json_object_get(evidence, "id"));
	const char *title = json_string_value(json_object_get(evidence, "title"));
	struct yg_line_fault fault;
	struct stat stat_now;
	char *path = NULL;
	char *whole;
	json_t *changed;
	uint8_t *data;
	size_t size;
	int rc;

	if (!title || !is_beside(title) || asprintf(&path, "%s/%s", folder, title) < 0)
		return YG_OK;
	whole = realpath(path, NULL);
	free(path);
	if (!whole || stat(whole, &stat_now) != 0 || !S_ISREG(stat_now.st_mode) ||
	    yg_io_read_file(whole, ATTACH_BYTES_MAX, &data, &size) != YG_OK) {
		free(whole);
		return YG_OK; /* a title, not a file */
	}
	changed = json_deep_copy(evidence);
	rc = changed ? yg_json_set(changed, "place", json_string(whole)) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = yg_assess_put_evidence(run->assess, id, changed, YG_REVISION_ANY, NULL,
					    &fault);
	json_decref(changed);
	free(whole);
	if (rc == YG_OK)
		rc = yg_assess_attach(run->assess, id, yg_bytes_str(title),
				      (struct yg_bytes){data, size}, NULL, &fault);
	free(data);
	return rc;
}

static bool is_among(const json_t *ids, const json_t *id)
{
	const json_t *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)ids, i, one)
	{
		if (json_equal(one, id))
			return true;
	}
	return false;
}

/* @made: ids of the evidence that the table brought. */
static int attach_files(struct yg_assess_run *run, const char *table_path, const json_t *made)
{
	char *copy = yg_strndup(table_path, strlen(table_path));
	char *slash = copy ? strrchr(copy, '/') : NULL;
	json_t *items = NULL;
	json_t *item;
	size_t i;
	int rc;

	if (!copy)
		return YG_ENOMEM;
	if (slash)
		*slash = 0;
	rc = yg_assess_json_items(run->assess, "evidence", &items);
	json_array_foreach(items, i, item)
	{
		if (rc == YG_OK && is_among(made, json_object_get(item, "id")))
			rc = attach_file(run, item, slash ? (copy[0] ? copy : "/") : ".");
	}
	json_decref(items);
	free(copy);
	return rc;
}

static int answer_table(struct yg_assess_run *run)
{
	const char *path = run->cli->from;
	struct yg_arena *arena = yg_arena_new(TABLE_ARENA_MAX);
	struct yg_line_fault fault = {0};
	struct yg_bytes text;
	struct yg_table table;
	json_t *made = NULL;
	uint32_t count = 0;
	uint8_t *data = NULL;
	size_t size;
	int rc = YG_ENOMEM;

	if (!arena || !yg_assess_read_file(path, TABLE_BYTES_MAX, &data, &size)) {
		(void)yg_arena_free(arena);
		return YG_EXIT_FAILED;
	}
	rc = run->ports.to_utf8((struct yg_bytes){data, size}, arena, &text);
	free(data);
	if (rc == YG_OK)
		rc = run->ports.read_table(text, arena, &table, &fault);
	if (rc == YG_OK)
		rc = yg_assess_answer_table(run->assess, &table, &count, &made, &fault);
	(void)yg_arena_free(arena);
	if (rc != YG_OK) {
		int status = yg_assess_say_fault(rc, &fault, path);

		yg_say(N_("nothing was changed"));
		return status;
	}
	rc = attach_files(run, path, made);
	json_decref(made);
	if (rc != YG_OK)
		return yg_assess_say_store(run, rc);
	if (run->cli->is_json)
		return yg_assess_print_json(json_pack("{s:i}", "answers", (int)count));
	printf(yg_say_tr(N_("%u answers taken from %s")), count, path);
	printf("\n");
	return YG_EXIT_DONE;
}

static json_t *split_ids(const char *text)
{
	json_t *ids = json_array();
	struct yg_bytes rest = yg_bytes_str(text);

	while (ids && rest.size > 0) {
		size_t end = yg_bytes_chr(rest, ';');
		struct yg_bytes one = yg_bytes_trim(yg_bytes_cut(rest, 0, end));

		rest = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(rest, end + 1);
		if (one.size && json_array_append_new(ids, yg_json_string(one)) != 0) {
			json_decref(ids);
			return NULL;
		}
	}
	return ids;
}

int yg_assess_cmd_answer(struct yg_assess_run *run)
{
	const struct yg_assess_cli *cli = run->cli;
	struct yg_line_fault fault = {0};
	struct yg_answer_in answer = {.expected = YG_REVISION_ANY};
	json_t *ids = NULL;
	int rc;

	if (cli->from)
		return answer_table(run);
	if (cli->arg_count != 2) {
		yg_say(N_("answer: give a criterion and a state (answer 4-4-4-2 met), or --from "
			  "answers.csv"));
		return YG_EXIT_FAILED;
	}
	if (cli->evidence) {
		ids = split_ids(cli->evidence);
		if (!ids)
			return yg_assess_say_store(run, YG_ENOMEM);
	}
	answer.criterion = given(cli->args[0]);
	answer.state = given(cli->args[1]);
	answer.by = given(cli->person);
	answer.date = given(cli->date);
	answer.reason = given(cli->reason);
	answer.note = given(cli->note);
	answer.evidence = ids;
	rc = yg_assess_answer(run->assess, &answer, &fault);
	json_decref(ids);
	return rc == YG_OK ? YG_EXIT_DONE : yg_assess_say_fault(rc, &fault, cli->args[0]);
}

/* ---- scope ---- */

/* Read a JSON object from @path. NULL after saying what is wrong. */
static json_t *read_object(const char *path)
{
	struct yg_fault fault;
	json_t *object = NULL;
	uint8_t *data;
	size_t size;

	if (!yg_assess_read_file(path, TABLE_BYTES_MAX, &data, &size))
		return NULL;
	if (yg_json_load((struct yg_bytes){data, size}, TABLE_BYTES_MAX, &object, &fault) != YG_OK)
		yg_say(N_("%s: %s (at byte %zu)"), yg_say_safe(yg_bytes_str(path), 300),
		       yg_say_tr(fault.msg), fault.pos);
	free(data);
	return object;
}

static void print_list(const json_t *scope, const char *key, const char *heading)
{
	const json_t *list = json_object_get(scope, key);
	json_t *entry;
	size_t i;

	printf("%s\n", heading);
	if (json_array_size(list) == 0)
		printf("  -\n");
	json_array_foreach((json_t *)(uintptr_t)list, i, entry)
	{
		const char *why = json_string_value(json_object_get(entry, "why"));
		const char *touches = json_string_value(json_object_get(entry, "touches"));

		printf("  %s%s%s%s%s\n", json_string_value(json_object_get(entry, "name")),
		       why && why[0] ? " - " : "", why ? why : "",
		       touches && touches[0] ? " / " : "", touches ? touches : "");
	}
}

int yg_assess_cmd_scope(struct yg_assess_run *run)
{
	struct yg_line_fault fault = {0};
	json_t *scope = NULL;
	int rc;

	if (run->cli->from) {
		json_t *in = read_object(run->cli->from);

		if (!in)
			return YG_EXIT_PARTLY;
		rc = yg_assess_put_scope(run->assess, in, YG_REVISION_ANY, &scope, &fault);
		json_decref(in);
		if (rc != YG_OK)
			return yg_assess_say_fault(rc, &fault, run->cli->from);
	} else {
		rc = yg_assess_json_scope(run->assess, &scope);
		if (rc != YG_OK)
			return yg_assess_say_store(run, rc);
	}
	if (run->cli->is_json)
		return yg_assess_print_json(scope);
	yg_assess_make_printable(scope);
	print_list(scope, "companies", yg_say_tr(N_("Inside: companies")));
	print_list(scope, "sites", yg_say_tr(N_("Inside: sites")));
	print_list(scope, "networks", yg_say_tr(N_("Inside: networks")));
	print_list(scope, "clouds", yg_say_tr(N_("Inside: cloud services")));
	print_list(scope, "out", yg_say_tr(N_("Outside (why, and where it touches the inside)")));
	json_decref(scope);
	return YG_EXIT_DONE;
}

/* ---- evidence ---- */

/* `evidence add TITLE [--date] [--expires] [--source PLACE] [--evidence CRITERIA] [FILE]`,
 * `evidence list`, `evidence remove ID`. */
/* The document of evidence that the command line describes; NULL without memory. */
static json_t *evidence_in(const struct yg_assess_cli *cli)
{
	json_t *in = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s*, s:s*}", "kind",
			       cli->kind ? cli->kind : "record", "title", cli->args[1], "owner",
			       cli->person ? cli->person : "", "note", cli->note ? cli->note : "",
			       "place", cli->source ? cli->source : "", "criteria",
			       split_ids(cli->evidence ? cli->evidence : ""), "date", cli->date,
			       "expires", cli->expires);

	return in;
}

/* Attach the file named third; *made becomes the object as it then is. */
static int attach_named(struct yg_assess_run *run, json_t **made, struct yg_line_fault *fault)
{
	const char *path = run->cli->args[2];
	json_t *attached = NULL;
	uint8_t *data;
	size_t size;
	int rc;

	if (!yg_assess_read_file(path, ATTACH_BYTES_MAX, &data, &size))
		return YG_ENOENT; /* said */
	rc = yg_assess_attach(run->assess, json_string_value(json_object_get(*made, "id")),
			      yg_bytes_str(path), (struct yg_bytes){data, size}, &attached, fault);
	free(data);
	json_decref(*made);
	*made = attached;
	return rc;
}

static int add_evidence(struct yg_assess_run *run)
{
	const struct yg_assess_cli *cli = run->cli;
	struct yg_line_fault fault = {0};
	json_t *in = evidence_in(cli);
	json_t *made = NULL;
	int rc = in ? yg_assess_put_evidence(run->assess, NULL, in, YG_REVISION_NONE, &made, &fault)
		    : YG_ENOMEM;

	json_decref(in);
	if (rc == YG_OK && cli->arg_count > 2)
		rc = attach_named(run, &made, &fault);
	if (rc != YG_OK) {
		json_decref(made);
		return rc == YG_ENOENT ? YG_EXIT_PARTLY
				       : yg_assess_say_fault(rc, &fault, cli->args[1]);
	}
	if (cli->is_json)
		return yg_assess_print_json(made);
	printf("%s\n", json_string_value(json_object_get(made, "id")));
	json_decref(made);
	return YG_EXIT_DONE;
}

static int list_evidence(struct yg_assess_run *run)
{
	json_t *items = NULL;
	json_t *item;
	size_t i;
	int rc = yg_assess_check_files(run);

	if (rc == YG_OK)
		rc = yg_assess_json_items(run->assess, "evidence", &items);
	if (rc != YG_OK)
		return yg_assess_say_store(run, rc);
	if (run->cli->is_json)
		return yg_assess_print_json(items);
	yg_assess_make_printable(items);
	json_array_foreach(items, i, item)
	{
		printf("%s  %s  %s  %s\n", json_string_value(json_object_get(item, "id")),
		       json_string_value(json_object_get(item, "state")),
		       json_is_string(json_object_get(item, "date"))
			       ? json_string_value(json_object_get(item, "date"))
			       : "-",
		       json_string_value(json_object_get(item, "title")));
	}
	json_decref(items);
	return YG_EXIT_DONE;
}

int yg_assess_cmd_evidence(struct yg_assess_run *run)
{
	const struct yg_assess_cli *cli = run->cli;
	const char *what = cli->arg_count > 0 ? cli->args[0] : "list";
	int rc;

	if (strcmp(what, "list") == 0)
		return list_evidence(run);
	if (strcmp(what, "add") == 0 && (cli->arg_count == 2 || cli->arg_count == 3))
		return add_evidence(run);
	if (strcmp(what, "remove") == 0 && cli->arg_count == 2) {
		rc = yg_assess_remove_evidence(run->assess, cli->args[1], YG_REVISION_ANY);
		if (rc == YG_OK)
			return YG_EXIT_DONE;
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(cli->args[1]), 80),
		       yg_say_tr(N_("there is no such evidence")));
		return YG_EXIT_PARTLY;
	}
	yg_say(N_("evidence: list, add TITLE [FILE], or remove ID"));
	return YG_EXIT_FAILED;
}

/* ---- official wording ---- */

static void print_ids(const char *heading, const json_t *ids)
{
	json_t *id;
	size_t i;

	if (json_array_size(ids) == 0)
		return;
	printf("%s", heading);
	json_array_foreach((json_t *)(uintptr_t)ids, i, id) printf(" %s", json_string_value(id));
	printf("\n");
}

int yg_assess_cmd_import_official(struct yg_assess_run *run)
{
	const struct yg_assess_cli *cli = run->cli;
	struct yg_line_fault fault = {0};
	json_t *result = NULL;
	uint8_t *data;
	size_t size;
	bool is_whole;
	int status;
	int rc;

	if (cli->arg_count != 1) {
		yg_say(N_("import-official: give the publisher's file (CSV with id and text_ja, "
			  "library "
			  "YAML, or workbook)"));
		return YG_EXIT_FAILED;
	}
	if (!yg_assess_read_file(cli->args[0], OFFICIAL_BYTES_MAX, &data, &size))
		return YG_EXIT_FAILED;
	rc = yg_assess_import_official(run->assess, yg_bytes_str(cli->args[0]),
				       (struct yg_bytes){data, size}, &result, &fault);
	free(data);
	if (rc != YG_OK)
		return yg_assess_say_fault(rc, &fault, cli->args[0]);
	is_whole = json_array_size(json_object_get(result, "missing")) == 0;
	status = is_whole ? YG_EXIT_DONE : YG_EXIT_PARTLY;
	if (cli->is_json)
		return yg_assess_print_json(result) == YG_EXIT_DONE ? status : YG_EXIT_FAILED;
	yg_assess_make_printable(result);
	printf(yg_say_tr(N_("%u of %u criteria have their official wording now (SHA-256 %s)")),
	       (unsigned)yg_json_int(result, "found", 0),
	       (unsigned)yg_json_int(result, "criteria", 0),
	       json_string_value(json_object_get(result, "sha256")));
	printf("\n");
	print_ids(yg_say_tr(N_("missing:")), json_object_get(result, "missing"));
	print_ids(yg_say_tr(N_("unknown to the framework:")), json_object_get(result, "unknown"));
	if (!is_whole)
		printf("%s\n", yg_say_tr(N_("Practice mode stays on until none is missing.")));
	if (!json_is_true(json_object_get(result, "matches_known_digest")))
		printf("%s\n",
		       yg_say_tr(N_(
			       "The file is not byte for byte the one this framework was compared "
			       "with: compare a few criteria with the publisher's page.")));
	json_decref(result);
	return status;
}

/* ---- the firm's own lists ---- */

static int list_facts(struct yg_assess_run *run)
{
	json_t *items = NULL;
	json_t *item;
	json_t *column;
	size_t i;
	size_t k;
	int rc = yg_assess_facts_json(run->facts, run->cli->lang, &items);

	if (rc != YG_OK)
		return yg_assess_say_store(run, rc);
	if (run->cli->is_json)
		return yg_assess_print_json(items);
	yg_assess_make_printable(items);
	json_array_foreach(items, i, item)
	{
		const char *date = json_string_value(json_object_get(item, "date"));

		printf("%-12s %s  ", json_string_value(json_object_get(item, "table")),
		       json_string_value(json_object_get(item, "title")));
		if (date)
			printf(yg_say_tr(N_("%u rows of %s")),
			       (unsigned)yg_json_int(item, "rows", 0), date);
		printf("\n            ");
		json_array_foreach(json_object_get(item, "columns"), k, column)
			printf(" %s", json_string_value(column));
		printf("\n");
	}
	json_decref(items);
	return YG_EXIT_DONE;
}

int yg_assess_cmd_import_facts(struct yg_assess_run *run)
{
	const struct yg_assess_cli *cli = run->cli;
	struct yg_assess_facts_in in = {.lang = cli->lang, .day = yg_assess_today(run->assess)};
	struct yg_line_fault fault = {0};
	json_t *item = NULL;
	uint8_t *data;
	size_t size;
	int rc;

	if (cli->arg_count == 0)
		return list_facts(run);
	if (cli->arg_count != 2) {
		yg_say_hint(N_("`yagura assess import-facts` without more lists the tables"),
			    N_("import-facts: give a table and a CSV file"));
		return YG_EXIT_FAILED;
	}
	if (cli->date) {
		in.day = yg_day_read(given(cli->date));
		if (in.day == YG_DAY_NONE) {
			yg_say("--date %s: %s", yg_say_safe(given(cli->date), 40),
			       yg_say_tr(N_("this is no day: write it as 2026-11-25")));
			return YG_EXIT_FAILED;
		}
	}
	if (!yg_assess_read_file(cli->args[1], TABLE_BYTES_MAX, &data, &size))
		return YG_EXIT_FAILED;
	in.table = given(cli->args[0]);
	in.bytes = (struct yg_bytes){data, size};
	in.file_name = given(cli->args[1]);
	in.source = given(cli->source);
	rc = yg_assess_facts_put(run->facts, &in, &item, &fault);
	free(data);
	if (rc == YG_EFORMAT && !fault.msg[0])
		return yg_assess_say_store(run, rc);
	if (rc != YG_OK)
		return yg_assess_say_fault(rc, &fault, cli->args[1]);
	if (cli->is_json)
		return yg_assess_print_json(item);
	printf(yg_say_tr(N_("%s: %u rows taken from %s")), cli->args[0],
	       (unsigned)yg_json_int(item, "rows", 0), cli->args[1]);
	printf("\n");
	json_decref(item);
	return YG_EXIT_DONE;
}

/* ---- exchange ---- */

int yg_assess_cmd_export(struct yg_assess_run *run)
{
	const struct yg_assess_cli *cli = run->cli;
	enum yg_audience audience = YG_AUDIENCE_OWN;
	struct yg_buf buf;
	int status;
	int rc;

	if (cli->format)
		return yg_assess_cmd_oscal(run);
	if (cli->audience && strcmp(cli->audience, "expert") == 0) {
		audience = YG_AUDIENCE_EXPERT;
	} else if (cli->audience && strcmp(cli->audience, "own") != 0) {
		yg_say(N_("--audience: give own or expert"));
		return YG_EXIT_FAILED;
	}
	yg_buf_init(&buf, 4u * EXCHANGE_BYTES_MAX);
	rc = yg_assess_export(run->assess, audience, &buf);
	if (rc != YG_OK) {
		yg_buf_done(&buf);
		return yg_assess_say_store(run, rc);
	}
	status = yg_assess_write_out(cli->out, &buf, 0600);
	yg_buf_done(&buf);
	return status;
}

int yg_assess_cmd_import(struct yg_assess_run *run)
{
	const struct yg_assess_cli *cli = run->cli;
	struct yg_line_fault fault = {0};
	json_t *result = NULL;
	json_t *conflict;
	uint8_t *data;
	size_t size;
	size_t i;
	int rc;

	if (cli->arg_count != 1) {
		yg_say(N_("import: give the exchange file"));
		return YG_EXIT_FAILED;
	}
	if (!yg_assess_read_file(cli->args[0], EXCHANGE_BYTES_MAX, &data, &size))
		return YG_EXIT_FAILED;
	rc = yg_assess_import(run->access, &run->ports, (struct yg_bytes){data, size}, &result,
			      &fault);
	free(data);
	if (rc != YG_OK)
		return yg_assess_say_fault(rc, &fault, cli->args[0]);
	if (cli->is_json)
		return yg_assess_print_json(result);
	yg_assess_make_printable(result);
	printf(yg_say_tr(N_("assessment %s: %u confirmations taken over, %zu not")),
	       json_string_value(json_object_get(result, "assessment")),
	       (unsigned)yg_json_int(result, "confirmations", 0),
	       json_array_size(json_object_get(result, "conflicts")));
	printf("\n");
	json_array_foreach(json_object_get(result, "conflicts"), i, conflict)
	{
		printf("  %s: %s\n", json_string_value(json_object_get(conflict, "criterion")),
		       json_string_value(json_object_get(conflict, "reason")));
	}
	json_decref(result);
	return YG_EXIT_DONE;
}

/* ---- expert's desk ---- */

/* `expert invite NAME --kind expert|assessor --source QUALIFICATION --key REGISTRATION
 *  --expires DAY --until DAY`, `expert list`, `expert end ID`. */
static int invite(struct yg_assess_run *run)
{
	const struct yg_assess_cli *cli = run->cli;
	struct yg_line_fault fault = {0};
	json_t *made = NULL;
	json_t *in = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*, s:s*}", "role",
			       cli->kind ? cli->kind : "expert", "name", cli->args[1],
			       "organisation", cli->organisation ? cli->organisation : "",
			       "qualification", cli->source ? cli->source : "", "registration",
			       cli->name ? cli->name : "", "registration_expires", cli->expires,
			       "until", cli->until);
	int rc = in ? yg_assess_put_expert(run->assess, NULL, in, YG_REVISION_NONE, &made, &fault)
		    : YG_ENOMEM;

	json_decref(in);
	if (rc != YG_OK)
		return yg_assess_say_fault(rc, &fault, cli->args[1]);
	if (cli->is_json)
		return yg_assess_print_json(made);
	printf("%s\n", json_string_value(json_object_get(made, "id")));
	json_decref(made);
	return YG_EXIT_DONE;
}

static json_t *find_expert(struct yg_assess_run *run, const char *id)
{
	json_t *items = NULL;
	json_t *found = NULL;
	json_t *item;
	size_t i;

	if (yg_assess_json_items(run->assess, "expert", &items) != YG_OK)
		return NULL;
	json_array_foreach(items, i, item)
	{
		if (strcmp(json_string_value(json_object_get(item, "id")), id) == 0)
			found = json_incref(item);
	}
	json_decref(items);
	return found;
}

int yg_assess_cmd_expert(struct yg_assess_run *run)
{
	const struct yg_assess_cli *cli = run->cli;
	const char *what = cli->arg_count > 0 ? cli->args[0] : "list";
	struct yg_line_fault fault = {0};
	json_t *items = NULL;
	int rc;

	if (strcmp(what, "invite") == 0 && cli->arg_count == 2)
		return invite(run);
	if (strcmp(what, "end") == 0 && cli->arg_count == 2) {
		json_t *expert = find_expert(run, cli->args[1]);

		rc = expert ? yg_json_set(expert, "ended", json_true()) : YG_ENOENT;
		if (rc == YG_OK)
			rc = yg_assess_put_expert(run->assess, cli->args[1], expert,
						  YG_REVISION_ANY, NULL, &fault);
		json_decref(expert);
		return rc == YG_OK ? YG_EXIT_DONE : yg_assess_say_fault(rc, &fault, cli->args[1]);
	}
	if (strcmp(what, "list") != 0) {
		yg_say(N_("expert: list, invite NAME, or end ID"));
		return YG_EXIT_FAILED;
	}
	rc = yg_assess_json_items(run->assess, "expert", &items);
	if (rc != YG_OK)
		return yg_assess_say_store(run, rc);
	return yg_assess_print_json(items);
}

/* `confirm CRITERION --as EXPERT --note LOOKED_AT [--kind HOW]`, `confirm CRITERION --as EXPERT
 *  --reason ADVICE` returns it. */
int yg_assess_cmd_confirm(struct yg_assess_run *run)
{
	const struct yg_assess_cli *cli = run->cli;
	struct yg_line_fault fault = {0};
	json_t *in;
	int rc;

	if (cli->arg_count != 1) {
		yg_say(N_("confirm: give one criterion, --as EXPERT, and --note WHAT WAS LOOKED AT "
			  "(or "
			  "--reason ADVICE to return it)"));
		return YG_EXIT_FAILED;
	}
	in = json_pack("{s:s, s:s, s:s, s:s}", "decision", cli->reason ? "returned" : "confirmed",
		       "advice", cli->reason ? cli->reason : "", "looked_at",
		       cli->note ? cli->note : "", "how", cli->kind ? cli->kind : "document");
	rc = in ? yg_assess_put_confirmation(run->assess, yg_bytes_str(cli->args[0]), in,
					     YG_REVISION_ANY, &fault)
		: YG_ENOMEM;
	json_decref(in);
	return rc == YG_OK ? YG_EXIT_DONE : yg_assess_say_fault(rc, &fault, cli->args[0]);
}
