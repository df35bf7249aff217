/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/month.h - one month of one organisation in numbers and words: what its president reads.
 *
 * Counts are what the hub's stores hold; what they cannot say is said (has_…, record_days). Days
 * and the month are those of a zone that must live as long. Fixed size, may be copied. Pure.
 */
#pragma once

#include "base/tr.h"
#include "base/zone.h"
#include "model/situation.h"

#define YG_MONTH_TOP	 5u /* of situations, of warnings: the page is one */
#define YG_MONTH_SENSORS 8u
#define YG_MONTH_WORDS	 400u /* bytes, cut by whole characters */
#define YG_MONTH_STATES	 5u
#define YG_MONTH_LANGS	 2u

/* How a sensor is, as the API says it. */
#define YG_MONTH_SENSOR_MAP(X)                                                                     \
	X(CONNECTED, "connected", N_("connected"))                                                 \
	X(SILENT, "silent", N_("silent"))                                                          \
	X(NEVER, "never", N_("never heard"))                                                       \
	X(EXPIRED, "expired", N_("certificate over"))                                              \
	X(REVOKED, "revoked", N_("revoked"))
enum yg_month_sensor_state {
#define X(code, name, words) YG_MONTH_SENSOR_##code,
	YG_MONTH_SENSOR_MAP(X)
#undef X
};

/* What is to be done, the most urgent first; each at most once. */
#define YG_MONTH_STEP_MAP(X)                                                                       \
	X(CONSENT, "consent")                                                                      \
	X(READ, "read")                                                                            \
	X(SITUATIONS, "situations")                                                                \
	X(NO_SENSOR, "no-sensor")                                                                  \
	X(SENSORS, "sensors")                                                                      \
	X(CERTIFICATES, "certificates")                                                            \
	X(CONTACT, "contact")                                                                      \
	X(VERIFY, "verify")                                                                        \
	X(NOTHING, "nothing")
enum yg_month_step {
#define X(code, name) YG_MONTH_STEP_##code,
	YG_MONTH_STEP_MAP(X)
#undef X
		YG_MONTH_STEP_COUNT
};

struct yg_month_situation {
	char what[YG_MONTH_LANGS][YG_MONTH_WORDS + 1]; /* one sentence, by language */
	enum yg_level severity;
	enum yg_outcome outcome;
	enum yg_situation_state state;
	int64_t first_ns;
	int64_t last_ns;
};

struct yg_month_warning {
	char number[32];
	char kind[16];			/* as the API says it */
	char state[16];			/* as above */
	char acted[YG_MONTH_WORDS + 1]; /* what the organisation said it did */
	int64_t released_ns;
};

struct yg_month_sensor {
	char host[YG_MONTH_WORDS + 1];
	enum yg_month_sensor_state state;
	int64_t heard_ns; /* YG_TIME_NONE: never */
};

struct yg_month {
	char org[65];
	char name[YG_MONTH_WORDS + 1];
	unsigned year;
	unsigned month;		    /* 1 to 12 */
	const struct yg_zone *zone; /* whose month and days; NULL: UTC */
	int64_t from_ns;
	int64_t to_ns;
	int64_t made_ns;
	bool is_over;

	bool has_seen; /* there are stores to look into */
	uint64_t records;
	uint64_t record_days; /* on which any came */
	uint64_t findings;
	uint64_t alerts;
	uint64_t removed;    /* alerts that noise removal took */
	uint64_t situations; /* that went on in the month */
	uint64_t by_severity[YG_LEVEL_CRITICAL + 1];
	uint64_t open;	   /* of these */
	uint64_t urgent;   /* open and high or critical */
	uint64_t resolved; /* of these */
	struct yg_month_situation top[YG_MONTH_TOP];
	uint32_t top_count;

	bool has_warned;  /* the reader may know what was sent */
	uint64_t notices; /* it was hit itself */
	uint64_t warnings;
	uint64_t corrected; /* corrections and withdrawals */
	uint64_t read;
	uint64_t acknowledged;
	uint64_t acted;
	uint64_t waiting;			    /* not acknowledged, nor replaced */
	struct yg_month_warning told[YG_MONTH_TOP]; /* the latest */
	uint32_t told_count;

	uint64_t cases; /* 相談 */
	bool has_views;
	uint64_t views; /* how often somebody else opened raw records */

	bool has_sensors;
	uint64_t sensors[YG_MONTH_STATES]; /* by state */
	struct yg_month_sensor shown[YG_MONTH_SENSORS];
	uint32_t shown_count;

	uint64_t steps[YG_MONTH_STEP_COUNT]; /* how many of what; 0: need not be done */
};

/* Did nothing at all come in? */
static inline bool yg_month_is_empty(const struct yg_month *m)
{
	return m->records == 0 && m->findings == 0 && m->situations == 0 && m->notices == 0 &&
	       m->warnings == 0 && m->corrected == 0 && m->cases == 0;
}
