/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/checks.h - which kinds of log arrive, and which attacks are seen with them. What there is
 * to know stands in checks.yaml; this reads it, counts records by it, and keeps the counts.
 *
 * Layer:   sensor. One thread.
 * Tests:   tests/unit/sensor/test_checks.c, tests/e2e/sensor_check.py
 */
#pragma once

#include "base/arena.h"
#include "base/tr.h"
#include "model/event.h"

#define YG_SIGNALS_MAX	     64u
#define YG_CHECKS_MAX	     64u
#define YG_CHECK_HOW_MAX     8u
#define YG_CHECK_NEEDS_MAX   16u
#define YG_SIGNAL_VALUES_MAX 16u
#define YG_SEEN_SAVE_NS	     (INT64_C(60) * YG_NS_PER_S)

struct yg_both { /* a text in both languages; C strings */
	const char *en;
	const char *ja;
};
const char *yg_both_text(const struct yg_both *both, enum yg_lang lang);

struct yg_signal {
	const char *id;
	uint64_t formats; /* bits of enum yg_format */
	uint32_t events[YG_SIGNAL_VALUES_MAX];
	uint32_t event_count;
	struct yg_bytes channel;
	struct yg_bytes has;
	struct yg_bytes field;
	struct yg_bytes values[YG_SIGNAL_VALUES_MAX];
	uint32_t value_count;
	bool is_contained; /* a part of the value is enough */
};

struct yg_check_how {
	struct yg_both device;
	struct yg_both step;
};
struct yg_check {
	const char *id;
	struct yg_both attack;
	struct yg_both why;
	struct yg_check_how how[YG_CHECK_HOW_MAX];
	uint32_t how_count;
	uint32_t needs[YG_CHECK_NEEDS_MAX]; /* of signals */
	uint32_t need_count;
	bool is_secret; /* under the secrecy of communications */
};

struct yg_checks {
	struct yg_arena *arena;
	struct yg_signal signals[YG_SIGNALS_MAX];
	uint32_t signal_count;
	struct yg_check checks[YG_CHECKS_MAX]; /* the last one is that of keeping */
	uint32_t check_count;
	struct yg_check keeping;
	struct yg_both secrecy;
	uint32_t fresh_days;
	uint32_t keep_days;
	uint32_t keep_days_bad;
};

/* @text: NULL data: what comes with the program. YG_OK; YG_EFORMAT with *ret_line and words;
 * YG_ENOMEM. */
YG_MUST_USE int yg_checks_load(struct yg_bytes text, struct yg_checks **ret, char reason[200]);
struct yg_checks *yg_checks_free(struct yg_checks *checks);

bool yg_signal_fits(const struct yg_signal *signal, struct yg_event *event);

/* ---- counts ---- */

struct yg_seen_signal {
	uint64_t count;
	int64_t first_ns; /* of arrival */
	int64_t last_ns;
};
struct yg_seen {
	const struct yg_checks *checks;
	struct yg_seen_signal signals[YG_SIGNALS_MAX];
	uint64_t records;
	int64_t since_ns;
	int64_t saved_ns;
	bool has_news;
};

/* Counts of STATE/seen.json, or none. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_seen_load(struct yg_seen *seen, const struct yg_checks *checks,
			     const char *state, int64_t now_ns);
/* Count @event. Cost: a comparison or a few for each signal of its format. */
void yg_seen_take(struct yg_seen *seen, struct yg_event *event, int64_t now_ns);
/* Keep the counts, when a while has passed or @is_end. What a crash takes is a minute of counts. */
void yg_seen_save(struct yg_seen *seen, const char *state, int64_t now_ns, bool is_end);

/* ---- logrotate ---- */

/*
 * For how many days logrotate keeps the log at @path on the machine below @root: 0: it does not
 * say (no rule, or a rule by size).
 */
uint32_t yg_logrotate_days(const char *root, const char *path);
/* The same from one configuration. *ret_days is left alone when no block names @path. */
void yg_logrotate_read(struct yg_bytes text, const char *path, uint32_t *ret_days);
