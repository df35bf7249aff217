/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura source records`: logs in the record form; and the table of what else `source` does. */
#include <unistd.h>

#include "app/commands.h"
#include "app/say.h"
#include "app/source_files.h"
#include "app/walk.h"
#include "base/io.h"
#include "model/record.h"

#include "base/ban.h"

#define OUT_BYTES_MAX (64u << 20)
#define FLUSH_BYTES   (256u * 1024u)

static int print_record(void *arg, struct yg_event *event, const struct yg_walk_place *place)
{
	struct yg_buf *out = arg;
	int rc;

	yg_record_write(out, event, place->source, true);
	rc = yg_buf_error(out);
	if (rc == YG_OK && out->size >= FLUSH_BYTES) {
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(out));
		yg_buf_reset(out);
	}
	return rc;
}

static int records(int argc, char **argv)
{
	const char *from = NULL, *to = NULL;
	const struct yg_extra extras[] = {{"--from", true, &from, NULL}, {"--to", true, &to, NULL}};
	struct yg_options options = {0};
	struct yg_buf out;
	struct yg_walk walk = {.options = &options, .take = print_record, .arg = &out};
	int status = YG_EXIT_FAILED;
	int rc;

	yg_buf_init(&out, OUT_BYTES_MAX);
	if (yg_extras_take(&argc, argv, extras, 2, NULL) &&
	    yg_options_read(argc, argv, &options) == YG_OPTIONS_RUN &&
	    yg_walk_times(&walk, from, to)) {
		rc = yg_walk_run(&walk);
		if (rc == YG_OK)
			rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&out));
		status = rc == YG_OK ? yg_walk_status(&walk) : yg_walk_failed(rc);
	}
	yg_buf_done(&out);
	yg_options_done(&options);
	return status;
}

static int list(int argc, char **argv)
{
	struct yg_options options;
	int status = YG_EXIT_FAILED;

	if (yg_options_read_some(argc, argv, &options) == YG_OPTIONS_RUN)
		status = yg_source_list(&options);
	yg_options_done(&options);
	return status;
}

int yg_command_source(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{"records", records},
		{"learn", yg_command_source_learn},
		{"test", yg_command_source_test},
		{"list", list},
	};
	const char *name = argc > 1 ? argv[1] : "";

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		yg_help_source();
		return YG_EXIT_DONE;
	}
	yg_say(N_("source: what shall be done? try: yagura source records PATH"));
	return YG_EXIT_FAILED;
}
