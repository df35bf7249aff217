/* SPDX-License-Identifier: Apache-2.0 */
/* What a demo prints: each step as it happens, a line each. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <stdarg.h>
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
		/* The scenes say it in their own words. */
		if (demo->is_story && strcmp(step, "end") != 0) {
			yg_buf_done(&out);
			return YG_OK;
		}
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

void yg_demo_why(struct yg_demo *demo, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(demo->reason, sizeof(demo->reason), yg_say_tr(format), args); /* cut */
	va_end(args);
	yg_say("%s", yg_say_safe(yg_bytes_str(demo->reason), sizeof(demo->reason)));
}

int yg_demo_tell_end(struct yg_demo *demo, int rc, uint32_t recipients, uint32_t acknowledged,
		     json_t *take_missing)
{
	char words[256];
	int told;

	if (rc == YG_ELIMIT && yg_demo_since_ns(demo) >= demo->deadline_ns - demo->begun_ns) {
		char before[YG_DEMO_REASON];

		memcpy(before, demo->reason, sizeof(before));
		yg_demo_why(demo,
			    before[0] ? N_("the time (--timeout %u) is over: %.300s")
				      : N_("the time (--timeout %u) is over"),
			    demo->timeout_s, before);
		rc = YG_EAGAIN;
	} else if (rc == YG_EEND) {
		yg_demo_why(demo, N_("asked to end: everything is taken away"));
	} else if (rc != YG_OK && !demo->reason[0]) {
		(void)snprintf(demo->reason, sizeof(demo->reason), "%s",
			       yg_say_tr(yg_err_text(rc))); /* said where it happened */
	}
	demo->is_told = true;
	(void)snprintf(words, sizeof(words), yg_say_tr(N_("end: %u of %u recipients acknowledged")),
		       (unsigned)acknowledged, (unsigned)recipients); /* cut at worst */
	told = yg_demo_tell(
		demo, "end",
		json_pack("{s:b,s:i,s:i,s:o,s:o}", "ok", rc == YG_OK, "recipients", (int)recipients,
			  "acknowledged", (int)acknowledged, "missing",
			  take_missing ? take_missing : json_array(), "reason",
			  yg_json_string(yg_bytes_str(rc == YG_OK ? "" : demo->reason))),
		words);
	return rc == YG_OK ? told : rc;
}
