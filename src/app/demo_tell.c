/* SPDX-License-Identifier: Apache-2.0 */
/* What a demo prints: each step as it happens, a line each. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <unistd.h>

#include "app/demo-int.h"
#include "app/say.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define LINE_MAX_ (8u << 20)

static int write_out(struct yg_buf *line)
{
	int rc = yg_buf_error(line);

	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(line));
	if (rc != YG_OK && rc != YG_EPIPE)
		yg_say("%s", yg_say_tr(yg_err_text(rc)));
	yg_buf_done(line);
	return rc;
}

int yg_demo_tell(struct yg_demo *demo, const char *step, json_t *take_line, const char *words)
{
	struct yg_clock clock = yg_clock_system();
	int64_t ms = yg_demo_since_ns(demo) / 1000000;
	char time[YG_ISO_SIZE];
	struct yg_buf out;
	int rc = YG_OK;

	yg_buf_init(&out, LINE_MAX_);
	if (!demo->is_json) {
		json_decref(take_line);
		yg_buf_addf(&out, "%4lld.%01lld s  %s\n", (long long)(ms / 1000),
			    (long long)(ms % 1000 / 100), words);
		return write_out(&out);
	}
	/* Milliseconds are enough; the clock's own digits would say nothing more. */
	(void)yg_time_iso(clock.now_ns(clock.arg) / 1000000 * 1000000, 0, time);
	if (!take_line || yg_json_set(take_line, "step", json_string(step)) != YG_OK ||
	    yg_json_set(take_line, "time", json_string(time)) != YG_OK ||
	    yg_json_set(take_line, "ms", json_integer(ms)) != YG_OK)
		rc = YG_ENOMEM;
	if (rc == YG_OK)
		rc = yg_json_canonical(take_line, &out);
	json_decref(take_line);
	if (rc != YG_OK) {
		yg_say("%s", yg_say_tr(yg_err_text(rc)));
		yg_buf_done(&out);
		return rc;
	}
	yg_buf_add_byte(&out, '\n');
	return write_out(&out);
}
