/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kept state of correlations that somebody changed. The input is what stands behind the digest,
 * which is made right here, so that every byte of it is read, as a state of each version. What is
 * taken must be one that goes on: records can be counted with it, it can be kept again, and kept
 * twice it is the same bytes.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "detect/correlate.h"
#include "fuzz_traces.h"

#define HEAD_BYTES (8u + 8u + YG_DIGEST_BYTES) /* correlate_state.c: magic, version, digest */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_head(struct yg_buf *to, uint8_t version, struct yg_bytes rest)
{
	uint8_t head[HEAD_BYTES] = "YGCORR\0\0";

	head[8] = version;
	yg_digest(rest, head + 16);
	yg_buf_add(to, (struct yg_bytes){head, sizeof(head)});
	yg_buf_add(to, rest);
}

static void keep(const struct yg_correlator *correlator, uint64_t seed, struct yg_buf *to)
{
	yg_buf_init(to, YG_CORRELATION_STATE_MAX);
	assert(yg_correlator_save(correlator, seed, to) == YG_OK);
}

static struct yg_correlator *restore(struct yg_bytes state, uint64_t *seed)
{
	struct yg_correlator *correlator = yg_correlator_new(&engine);
	uint64_t left_out;
	int rc;

	assert(correlator);
	rc = yg_correlator_restore(correlator, state, seed, &left_out);
	assert(rc == YG_OK || rc == YG_EFORMAT || rc == YG_ENOMEM);
	return rc == YG_OK ? correlator : yg_correlator_free(correlator);
}

static int see(void *arg, const struct yg_trace *trace, const struct yg_origin *origin,
	       const struct yg_completion *list, uint32_t count)
{
	(void)arg;
	assert(count > 0 || origin->look);
	assert(origin->mark <= trace->source.size && trace->key_count <= YG_TRACE_KEYS_MAX);
	for (uint32_t i = 0; i < count; i++)
		assert(list[i].rule < engine.count);
	return YG_OK;
}

static void go_on(struct yg_correlator *correlator, const uint8_t *data, size_t size)
{
	int64_t now_ns = INT64_C(1700000000) * YG_NS_PER_S;
	uint64_t released;

	for (size_t i = 0; i + RECORD_BYTES <= size && i < 64 * RECORD_BYTES; i += RECORD_BYTES) {
		struct yg_completion done[YG_CORRELATION_DONE_MAX];
		uint32_t hits[ORDINARY], count;
		struct yg_trace_key keys[8];
		struct yg_trace trace = trace_of(&data[i], 1, &now_ns, hits, keys);

		if (i % (2 * RECORD_BYTES) == 0) {
			const struct yg_origin origin = {.received_ns = now_ns, .number = i};

			assert(yg_correlator_hold(correlator, &trace, &origin) == YG_OK);
			assert(yg_correlator_release(correlator, now_ns, see, NULL, &released) ==
			       YG_OK);
		} else {
			assert(yg_correlator_take(correlator, &trace, done, YG_CORRELATION_DONE_MAX,
						  &count) == YG_OK);
		}
	}
	/* The first of them is due at one end of time or at the other. */
	while (yg_correlator_due(correlator) != YG_TIME_NONE) {
		assert(yg_correlator_release(correlator, INT64_MAX, see, NULL, &released) == YG_OK);
		assert(yg_correlator_release(correlator, INT64_MIN, see, NULL, &released) == YG_OK);
	}
}

static void try_version(uint8_t version, struct yg_bytes rest)
{
	struct yg_correlator *correlator;
	struct yg_buf state, first, second;
	uint64_t seed;

	yg_buf_init(&state, YG_CORRELATION_STATE_MAX);
	add_head(&state, version, rest);
	correlator = restore(yg_buf_bytes(&state), &seed);
	if (correlator) {
		keep(correlator, seed, &first);
		go_on(correlator, rest.data, rest.size);
		(void)yg_correlator_free(correlator);
		correlator = restore(yg_buf_bytes(&first), &seed);
		assert(correlator);
		keep(correlator, seed, &second);
		assert(first.size == second.size &&
		       memcmp(first.data, second.data, first.size) == 0);
		yg_buf_done(&first);
		yg_buf_done(&second);
		(void)yg_correlator_free(correlator);
	}
	yg_buf_done(&state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (engine.count == 0)
		make_engine();
	for (uint8_t version = 1; version <= YG_CORRELATION_STATE_VERSION; version++)
		try_version(version, (struct yg_bytes){data, size});
	return 0;
}
