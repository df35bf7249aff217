/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura source records`: logs in the record form. */
#define _GNU_SOURCE
#include <unistd.h>

#include "app/commands.h"
#include "app/records.h"
#include "app/say.h"
#include "base/buf.h"
#include "base/io.h"
#include "model/record.h"

#include "base/ban.h"

#define OUT_BYTES_MAX (64u << 20)
#define FLUSH_BYTES   (256u * 1024u)

static int print_record(void *arg, struct yg_event *event, const struct yg_record_seen *seen)
{
	struct yg_buf *out = arg;
	int rc;

	yg_record_write(out, event, seen->source, true);
	rc = yg_buf_error(out);
	if (rc == YG_OK && out->size >= FLUSH_BYTES) {
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(out));
		yg_buf_reset(out);
	}
	return rc;
}

static int say_unread(void *arg, const struct yg_record_seen *seen, const char *why)
{
	(void)arg;
	yg_say(N_("%s: record %llu cannot be read: %s"), yg_say_safe(seen->source, 200),
	       (unsigned long long)seen->position, why);
	return YG_OK;
}

static int print_records(const struct yg_options *options)
{
	struct yg_buf out;
	struct yg_records_to to = {print_record, say_unread, &out};
	struct yg_records_done done;
	int rc;

	yg_buf_init(&out, OUT_BYTES_MAX);
	rc = yg_records(options, &to, &done);
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&out));
	if (rc != YG_OK && rc != YG_ENOMEM && rc != YG_EPIPE && done.is_prepared)
		yg_say(N_("the output could not be written: %s"), yg_say_tr(yg_err_text(rc)));
	yg_buf_done(&out);
	if ((rc != YG_OK && rc != YG_EPIPE) || done.readable == 0)
		return YG_EXIT_FAILED;
	return done.is_partly ? YG_EXIT_PARTLY : YG_EXIT_DONE;
}

int yg_command_source(int argc, char **argv)
{
	struct yg_options options = {0};
	int status = YG_EXIT_FAILED;

	if (argc < 2 || strcmp(argv[1], "records") != 0) {
		bool is_help =
			argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);

		if (is_help)
			yg_help_source();
		else
			yg_say(N_("source: what shall be done? try: yagura source records PATH"));
		return is_help ? YG_EXIT_DONE : YG_EXIT_FAILED;
	}
	if (yg_options_read(argc - 1, argv + 1, &options) == YG_OPTIONS_RUN)
		status = print_records(&options);
	yg_options_done(&options);
	return status;
}
