/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_traces.h - an engine with every type of correlation, and traces out of bytes: for
 * fuzz_judge.c and fuzz_correlate.c.
 */
#pragma once

#include <stdint.h>

#include "../unit/detect/fake_engine.h"
#include "base/hash.h"

#define RECORD_BYTES 12u
#define ORDINARY     6u /* rules 0 … 5; then one correlation of each type, and one on the first */

static struct yg_engine engine;

static void make_engine(void)
{
	static const char *const ids[] = {"a", "b", "c", "d", "e", "f", "g",
					  "h", "i", "j", "k", "l", "m", "n"};
	static const struct yg_bytes tag = {(const uint8_t *)"attack.t1505.003", 16};
	const struct yg_bytes *tags = &tag;

	engine.count = 0;
	for (uint32_t i = 0; i < ORDINARY; i++)
		(void)fake_rule(&engine, ids[i], i % 5, YG_KIND_PATTERN, i % YG_ATTACK_COUNT);
	engine.rules[0].info.tags = tags;
	engine.rules[0].info.tag_count = 1;
	for (uint32_t i = 0; i < 7; i++) {
		struct yg_correlation *correlation;

		(void)fake_rule(&engine, ids[ORDINARY + i], i % 5, YG_KIND_BEHAVIOUR, i % 6);
		correlation = fake_correlation(&engine, YG_CORRELATION_EVENT_COUNT + i,
					       1 << (2 * i), i + 1);
		correlation->refs[0] = i % ORDINARY;
		correlation->refs[1] = (i + 1) % ORDINARY;
		correlation->ref_count = 2;
		correlation->percentile = 90;
	}
	(void)fake_rule(&engine, ids[13], 3, YG_KIND_CORRELATION, 2);
	engine.correlations[13].type = YG_CORRELATION_NONE;
	*fake_correlation(&engine, YG_CORRELATION_TEMPORAL_ORDERED, 60, 2) =
		(struct yg_correlation){.type = YG_CORRELATION_TEMPORAL_ORDERED,
					.refs = {ORDINARY, 2},
					.ref_count = 2,
					.timespan_ns = 60 * YG_NS_PER_S,
					.compare = YG_PRED_GTE,
					.threshold = 2,
					.compare2 = YG_PRED_COUNT};
}

static int64_t time_of(const uint8_t *b, int64_t *now_ns)
{
	if (b[0] == 255)
		return b[1] & 1 ? INT64_MAX : INT64_MIN + 1;
	if (b[0] == 254)
		return YG_TIME_NONE;
	*now_ns += ((int64_t)b[0] - 100) * (b[1] + 1) * (YG_NS_PER_S / 10);
	return *now_ns;
}

static uint64_t salted(uint8_t number, uint64_t salt)
{
	return yg_hash64((struct yg_bytes){&number, 1}, salt) | 1;
}

/* One record out of RECORD_BYTES bytes. */
static struct yg_trace trace_of(const uint8_t *b, uint64_t salt, int64_t *now_ns, uint32_t *hits,
				struct yg_trace_key *keys)
{
	static const uint16_t statuses[] = {200, 200, 200, 404, 403, 401,
					    302, 500, 304, 206, 0,   303};
	struct yg_trace trace = {.time_ns = time_of(b, now_ns),
				 .flags = (uint32_t)(b[2] | b[3] << 8) & ~(uint32_t)YG_TRACE_WEB,
				 .format = YG_FORMAT_ACCESS,
				 .status = statuses[b[6] % 12],
				 .size_bytes = b[7] == 255 ? -1 : (int64_t)b[7] * b[7] * 10,
				 .hits = hits,
				 .keys = keys};

	if (b[4] & 15) {
		trace.actor = (struct yg_bytes){&b[4], 1};
		trace.actor_hash = salted(b[4], salt);
	}
	if (b[4] & 64)
		trace.flags |= YG_TRACE_WEB;
	trace.path_hash = b[5] ? salted(b[5], salt + 1) : 0;
	trace.path = (struct yg_bytes){&b[5], 1};
	trace.target = trace.path;
	for (uint32_t i = 0; i < ORDINARY; i++)
		if (b[8] >> i & 1)
			hits[trace.hit_count++] = i;
	for (uint32_t i = 0; i < (b[9] & 7u); i++)
		keys[trace.key_count++] = (struct yg_trace_key){
			.correlation = ORDINARY + (b[10] + i * (b[9] >> 3)) % 8,
			.ref = (b[10] >> 4) + i,
			.group = salted(b[11] & 3, salt + 2),
			.value = b[11] >> 2,
			.number = b[11]};
	return trace;
}
