/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/log_format.h - access logs by their format string: Apache LogFormat, nginx log_format.
 *
 * A string is compiled to a list of steps once; lines are then cut in one pass.
 * Layer: parse. Pure. A compiled format is immutable and may be shared by threads.
 * Source: Apache HTTP Server 2.4 mod_log_config "Custom Log Formats"; nginx
 *         ngx_http_log_module "log_format" and the variables of ngx_http_core_module.
 */
#pragma once

#include "base/err.h"
#include "model/event.h"

#define YG_LOG_FORMAT_BYTES_MAX 4096u
#define YG_LOG_FORMAT_STEPS_MAX 128u

struct yg_log_format;

/*
 * Compile @text: Apache when it has %-directives, nginx when it has $variables; the nicknames
 * "common", "combined", "vhost_combined" and a whole LogFormat "…"/log_format … line are
 * understood too. Unknown directives match any text and keep it under the directive's own name.
 * Returns YG_OK, YG_EFORMAT (fault.pos: where in @text), YG_ELIMIT or YG_ENOMEM.
 */
YG_MUST_USE int yg_log_format_compile(struct yg_bytes text, struct yg_log_format **ret,
				      struct yg_fault *reterr);
struct yg_log_format *yg_log_format_free(struct yg_log_format *format);
