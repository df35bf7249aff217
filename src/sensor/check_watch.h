/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/check_watch.h - `yagura-sensor check`: what local detection would see, as the local file
 * stands now.
 *
 * Layer: sensor. Cost: reads and compiles the rules, as `run` does.
 */
#pragma once

#include "base/buf.h"
#include "base/hash.h"
#include "model/event.h"
#include "sensor/commands.h"

struct yg_check_watch {
	bool is_readable; /* the local file */
	bool is_raw;	  /* records of logs leave */
	bool is_on;
	bool is_loaded; /* rules and indicators */
	uint32_t rules;
	uint32_t refused;
	uint32_t unreadable;
	uint32_t indicators;
	char digest[2 * YG_DIGEST_BYTES + 1];
	bool wants[YG_FORMAT_COUNT]; /* kinds of log that a rule looks into */
};

void yg_check_watch_look(const struct yg_sensor_options *options, struct yg_check_watch *ret);
void yg_check_watch_text(const struct yg_check_watch *found, enum yg_lang lang, struct yg_buf *to);
/* An object. */
void yg_check_watch_json(const struct yg_check_watch *found, struct yg_buf *to);
