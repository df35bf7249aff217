/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/indicators.h - addresses, prefixes, domains, URLs and hashes to look for.
 *
 * Layer: detect. The texts of the lists are handed in; nothing is read here.
 * Matching: an address matches itself and prefixes it lies in; a domain matches itself and its
 * sub-domains (label by label); a URL matches scheme, host and path exactly, query included when
 * the indicator has one; a hash matches as MD5, SHA-1 or SHA-256 hex in any case.
 */
#pragma once

#include "base/err.h"
#include "model/event.h"

#define YG_INDICATORS_MAX 20000000u

enum yg_indicator_type {
	YG_INDICATOR_ADDRESS,
	YG_INDICATOR_PREFIX,
	YG_INDICATOR_DOMAIN,
	YG_INDICATOR_URL,
	YG_INDICATOR_HASH,
};

struct yg_indicators;

struct yg_indicators *yg_indicators_new(void);
struct yg_indicators *yg_indicators_free(struct yg_indicators *set);

/* Called for lines that are no indicator. */
typedef void (*yg_indicators_report_fn)(void *arg, const char *file, uint64_t line,
					const char *reason);

/*
 * Add a list: one value a line (# comments, defanged forms such as hxxp and [.] understood), or
 * CSV with a header that has a column value/indicator/ioc (and optionally type, comment/reason).
 * Types are found from the value. YG_OK, YG_ELIMIT or YG_ENOMEM.
 */
YG_MUST_USE int yg_indicators_add(struct yg_indicators *set, const char *file, struct yg_bytes text,
				  yg_indicators_report_fn report, void *arg);

/* The same for values that shall not be reported (--allow), with the reason from the list. */
YG_MUST_USE int yg_indicators_allow(struct yg_indicators *set, const char *file,
				    struct yg_bytes text, yg_indicators_report_fn report,
				    void *arg);

/* After the last list: build the tables. Then the set is immutable and thread-safe. */
YG_MUST_USE int yg_indicators_finish(struct yg_indicators *set);

struct yg_indicator {
	enum yg_indicator_type type;
	struct yg_bytes value;	 /* normalised */
	struct yg_bytes comment; /* from the list; may be empty */
	struct yg_bytes file;
	uint64_t line;
};
uint32_t yg_indicators_count(const struct yg_indicators *set);
struct yg_indicator yg_indicators_get(const struct yg_indicators *set, uint32_t index);

struct yg_indicator_hit {
	uint32_t index;
	uint32_t field;	       /* index into event->fields */
	struct yg_bytes value; /* inside the field's text */
};

/*
 * Indicators that occur in @event: at most @room, ordered by field, each index once.
 * Returns how many. Cost: a few probes per address-, name-, URL- or hash-like field.
 */
uint32_t yg_indicators_match(const struct yg_indicators *set, struct yg_event *event,
			     struct yg_indicator_hit *to, uint32_t room);

/* The reason when @actor (an address or name) is on an allow list, else an empty run. */
bool yg_indicators_is_allowed(const struct yg_indicators *set, struct yg_bytes actor,
			      struct yg_bytes *ret_reason);
