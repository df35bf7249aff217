/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/detect/judge_kit.h - what a judge emits, kept, and traces made in one line. */
#pragma once

#include "base/hash.h"
#include "fake_engine.h"

#define SEEN_MAX 256u

struct seen {
	struct yg_finding findings[SEEN_MAX];
	uint32_t finding_count;
	struct yg_finding_update updates[SEEN_MAX];
	uint32_t update_count;
	uint32_t update_total;
	uint64_t *digest; /* of all that was emitted; may be NULL */
	int rc;
};

static inline void see_bytes(struct seen *seen, const void *data, size_t size)
{
	if (seen->digest)
		*seen->digest = yg_hash64((struct yg_bytes){data, size}, *seen->digest);
}

static inline int see_finding(void *arg, const struct yg_finding *finding)
{
	struct seen *seen = arg;

	see_bytes(seen, finding->id, sizeof(finding->id));
	see_bytes(seen, &finding->reason.code, sizeof(finding->reason.code));
	if (seen->finding_count < SEEN_MAX)
		seen->findings[seen->finding_count++] = *finding;
	return seen->rc;
}

static inline int see_update(void *arg, const struct yg_finding_update *update)
{
	struct seen *seen = arg;

	seen->update_total++;
	see_bytes(seen, update->id, sizeof(update->id));
	see_bytes(seen, &update->reason.code, sizeof(update->reason.code));
	if (seen->update_count < SEEN_MAX)
		seen->updates[seen->update_count++] = *update;
	return seen->rc;
}

static inline struct yg_judge *judge_for(struct seen *seen, const struct yg_engine *engine,
					 const struct yg_indicators *indicators)
{
	struct yg_judge *judge = yg_judge_new(
		engine, indicators,
		&(struct yg_judge_out){.finding = see_finding, .update = see_update, .arg = seen});

	if (judge)
		yg_judge_source(judge, YG_S("access.log"));
	return judge;
}

/* Texts in findings end with the call that emitted them: only what stays may be asked later. */

/* A web request; @path must last. @actor 0 is nobody. */
static inline struct yg_trace web(uint64_t position, int64_t time_s, unsigned actor,
				  const char *path, uint16_t status, int64_t size_bytes)
{
	static const char *const names[] = {"", "192.0.2.1", "192.0.2.2", "192.0.2.3"};
	struct yg_bytes text = yg_bytes_str(path);

	return (struct yg_trace){.position = position,
				 .time_ns = time_s * YG_NS_PER_S,
				 .flags = YG_TRACE_WEB | (actor ? YG_TRACE_ACTOR_IP : 0),
				 .format = YG_FORMAT_ACCESS,
				 .actor = yg_bytes_str(names[actor]),
				 .actor_hash = actor,
				 .target = text,
				 .path = text,
				 .path_hash = yg_hash64(text, 1) | 1,
				 .status = status,
				 .size_bytes = size_bytes};
}

/* A sign-in that is not a web request: refused or accepted. */
static inline struct yg_trace sign_in(uint64_t position, int64_t time_s, unsigned actor,
				      bool is_accepted)
{
	struct yg_trace trace = web(position, time_s, actor, "root", 0, -1);

	trace.flags =
		YG_TRACE_ACTOR_IP | (is_accepted ? YG_TRACE_SIGN_IN_OK : YG_TRACE_SIGN_IN_BAD);
	trace.format = YG_FORMAT_SYSLOG;
	trace.path = (struct yg_bytes){0};
	trace.path_hash = 0;
	return trace;
}
