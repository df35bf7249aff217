/* SPDX-License-Identifier: Apache-2.0 */
/* Private to app/assess*.c: the command line of `yagura assess`, and what its commands share. */
#pragma once

#include "app/commands.h"
#include "app/say.h"
#include "assess/assess.h"

/* One option each (docs/cli-contract.md); NULL or 0 when not given. */
struct yg_assess_facts;

struct yg_assess_cli {
	const char *db;
	const char *assessment;
	const char *framework;
	const char *level;
	const char *organisation;
	const char *corporate_number;
	const char *from;
	const char *person; /* --by */
	const char *key;
	const char *out;
	const char *name;
	const char *expires;
	const char *until;
	const char *reason;
	const char *note;
	const char *evidence;
	const char *date;
	const char *source;
	const char *since;
	const char *format;
	const char *as_expert;
	const char *audience;
	const char *kind;
	uint64_t limit;
	uint64_t port;
	bool is_json;
	bool is_html;
	bool is_csv;
	bool is_opening;
	bool is_routes_only;
	enum yg_lang lang;
	char *const *args; /* positional, after the command's name */
	int arg_count;
};

/* What a command runs on. */
struct yg_assess_run {
	const struct yg_assess_cli *cli;
	struct yg_control *store;
	struct yg_access *access;
	struct yg_assess_ports ports;
	struct yg_assess *assess;      /* NULL for commands that need none */
	struct yg_assess_facts *facts; /* NULL without a file */
	char db_path[4096];
};

/* Each prints its result and returns an exit status. */
typedef int (*yg_assess_command)(struct yg_assess_run *run);

int yg_assess_cmd_new(struct yg_assess_run *run);
int yg_assess_cmd_answer(struct yg_assess_run *run);
int yg_assess_cmd_scope(struct yg_assess_run *run);
int yg_assess_cmd_evidence(struct yg_assess_run *run);
int yg_assess_cmd_import_official(struct yg_assess_run *run);
int yg_assess_cmd_import_facts(struct yg_assess_run *run);
int yg_assess_cmd_export(struct yg_assess_run *run);
int yg_assess_cmd_import(struct yg_assess_run *run);
int yg_assess_cmd_expert(struct yg_assess_run *run);
int yg_assess_cmd_confirm(struct yg_assess_run *run);

int yg_assess_cmd_list(struct yg_assess_run *run);
int yg_assess_cmd_show(struct yg_assess_run *run);
int yg_assess_cmd_evaluate(struct yg_assess_run *run);
int yg_assess_cmd_next(struct yg_assess_run *run);
int yg_assess_cmd_frameworks(struct yg_assess_run *run);
int yg_assess_cmd_web(struct yg_assess_run *run);
int yg_assess_cmd_template(struct yg_assess_run *run);
int yg_assess_cmd_report(struct yg_assess_run *run);
int yg_assess_cmd_oscal(struct yg_assess_run *run); /* export --format oscal-… */

int yg_assess_cmd_sign(struct yg_assess_run *run);
int yg_assess_cmd_verify(struct yg_assess_run *run);
int yg_assess_cmd_key(struct yg_assess_run *run);

/* ---- shared by them ---- */

/* Read a named file ("-": standard input) into heap memory, or say why not. */
bool yg_assess_read_file(const char *path, size_t bytes_max, uint8_t **ret, size_t *ret_size);

/* To the file at @path (mode @mode), whole or not at all, or (NULL or "-") to standard output. An
 * error that @content holds is told too. Exit status. */
int yg_assess_write_out(const char *path, const struct yg_buf *content, unsigned mode);

/* @object as one line of JSON there (taken). Exit status. */
int yg_assess_write_json(const char *path, json_t *take_object);

/* The same on standard output. */
int yg_assess_print_json(json_t *take_object);

/* Texts in @value (of this run alone) without what a terminal would obey: they come from files and
 * people of all kinds. Before printing other than as JSON. */
void yg_assess_make_printable(json_t *value);

/* Say an error of assess/ in plain words; @place is a file or id, may be NULL. Exit status 1, or 2
 * when the store failed. */
int yg_assess_say_fault(int rc, const struct yg_line_fault *fault, const char *place);

/* Say that the store failed (rc), with what to do. Always YG_EXIT_FAILED. */
int yg_assess_say_store(const struct yg_assess_run *run, int rc);

/* The digests of files that evidence names are looked at again; those that changed are marked. */
int yg_assess_check_files(struct yg_assess_run *run);

/* Fill run->ports; what it opens is closed by yg_assess_ports_done. */
int yg_assess_ports_init(struct yg_assess_run *run);
void yg_assess_ports_done(struct yg_assess_run *run);

void yg_help_assess(void);
