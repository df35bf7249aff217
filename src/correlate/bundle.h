/* SPDX-License-Identifier: Apache-2.0 */
/*
 * correlate/bundle.h - which alerts belong together.
 *
 * Two levels, each a plain rule on the set of alerts, so that the order in which they come does not
 * matter:
 *
 *   chain   alerts with a strong key in common, at most YG_BUNDLE_GAP_NS apart, and so on from
 *           alert to alert: the same outside address anywhere; the same computer, account or inside
 *           address at one organisation; the same indicator anywhere. An account or computer that
 *           is attacked from outside ties only when the attack may have succeeded: otherwise all
 *           who try "admin" would be one.
 *   group   thin chains - one outside address, few alerts, no sign of success - whose first alert
 *           has the same pattern: one path for the web, one rule at one organisation elsewhere.
 *           "Many addresses, few attacks each."
 *
 * A situation is a group, or a chain that is not thin. Alerts that a step of noise removal took tie
 * chains together too (the guessing before the sign-in), but are not counted, so switching steps on
 * and off changes no ties.
 *
 * What is kept for it is spans: of each key the times from when to when it was seen without a gap.
 * An alert finds its spans by key and time (O(log n)), joins them, and they join their chains; the
 * smaller chain is relabelled, O(log n) for each alert over its life. A span to which
 * nothing was tied for YG_BUNDLE_LATE_NS of the hub's time goes, so there are as many as alerts of
 * that time have keys; an alert that comes later than that after the others is not tied to them.
 *
 * Pure: where spans are is the caller's (struct yg_bundle_ports). Tests: tests/unit/app/
 * test_hub_situations.c, against all pairs of random sets in random orders.
 */
#pragma once

#include "base/err.h"
#include "model/finding.h"

#define YG_BUNDLE_GAP_NS     (6 * 3600 * YG_NS_PER_S)
#define YG_BUNDLE_LATE_NS    (8 * 86400 * YG_NS_PER_S)
#define YG_BUNDLE_KEYS_MAX   4u
#define YG_BUNDLE_KEY_BYTES  16u
#define YG_BUNDLE_VALUE_MAX  160u /* bytes of a key's words; longer ones are cut */
#define YG_BUNDLE_SPANS_MAX  4u	  /* of one key within reach of one time */
#define YG_BUNDLE_THIN	     3u	  /* alerts of a thin chain */
#define YG_BUNDLE_THIN_COUNT 10u  /* findings in them */

/* What keys are made of. Bytes are borrowed. */
struct yg_bundle_alert {
	struct yg_bytes org;
	struct yg_bytes rule;
	struct yg_bytes title;
	struct yg_bytes actor;
	struct yg_bytes target;
	struct yg_bytes matched;
	enum yg_attack_field field;
	enum yg_finding_kind kind;
	enum yg_outcome outcome;
	int64_t time_ns;
};

struct yg_bundle_key {
	uint8_t key[YG_BUNDLE_KEY_BYTES];
	uint8_t tie; /* enum yg_tie */
	char value[YG_BUNDLE_VALUE_MAX + 1];
};

/*
 * The strong keys of @alert, and its pattern. A weightier outcome adds keys at the end and changes
 * none, so how many there were says which ones are new. Returns how many.
 */
unsigned yg_bundle_keys(const struct yg_bundle_alert *alert,
			struct yg_bundle_key keys[YG_BUNDLE_KEYS_MAX],
			struct yg_bundle_key *ret_pattern);

/* Is @text an address that is reached from the Internet (documentation ranges count as such)? */
bool yg_bundle_is_outside(struct yg_bytes text);

struct yg_bundle_span {
	struct yg_bundle_key key;
	int64_t first_ns;
	int64_t last_ns;
	uint64_t node; /* chain or group */
	uint64_t alerts;
};

/* Where spans, chains and groups are. All return YG_OK or an error, which ends the call. */
struct yg_bundle_ports {
	/* Spans of @key that end at @from_ns or later and begin at @to_ns or earlier, by begin; at
	 * most YG_BUNDLE_SPANS_MAX. Only first_ns, last_ns, node, alerts are filled. */
	int (*near)(void *arg, const struct yg_bundle_key *key, int64_t from_ns, int64_t to_ns,
		    struct yg_bundle_span *ret, unsigned *ret_count);
	int (*drop)(void *arg, const struct yg_bundle_span *span);
	/* Over the one of the same key and begin, if there is one. */
	int (*put)(void *arg, const struct yg_bundle_span *span);
	int (*fresh)(void *arg, bool is_group, uint64_t *ret);
	/* One of both, with all that the other had. */
	int (*unite)(void *arg, bool is_group, uint64_t a, uint64_t b, uint64_t *ret);
	void *arg;
};

/*
 * Tie an alert of @time_ns with @keys to its chain. @chain: the one it is in already, 0: none. Of
 * the keys the first @had were tied before. Without keys a chain of its own. YG_OK and *ret.
 */
YG_MUST_USE int yg_bundle_join(const struct yg_bundle_ports *ports,
			       const struct yg_bundle_key *keys, unsigned count, unsigned had,
			       int64_t time_ns, uint64_t chain, uint64_t *ret);
/* The same for its pattern: *ret is the group. */
YG_MUST_USE int yg_bundle_join_pattern(const struct yg_bundle_ports *ports,
				       const struct yg_bundle_key *pattern, int64_t time_ns,
				       uint64_t *ret);

/* Is a chain with these numbers of kept alerts thin? */
bool yg_bundle_is_thin(uint64_t alerts, uint64_t findings, uint64_t actors, bool is_outside,
		       enum yg_outcome outcome);
