/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is found only when the records of other senders have come.
 *
 * Correlations count a record when it is due. What it told in the light of earlier ones was looked
 * up when it came, and is kept with it. Those that tell of success come once more in their turn:
 * for findings made since then they are what followed.
 */
#include "detect/judge-int.h"

#include "base/ban.h"

/* What a look said, as bits. */
enum {
	LOOK_SHELL = 1,
	LOOK_PAGE = 2,
	LOOK_PASSWORD = 4,
	LOOK_GUESSER = 8,
	LOOK_REFUSED = 16,
	LOOK_SUCCESS = LOOK_SHELL | LOOK_PAGE | LOOK_PASSWORD,
};

void yg_judge_wait(struct yg_judge *judge, const struct yg_origin *origin)
{
	judge->is_waiting = origin != NULL;
	yg_outcomes_wait(judge->outcomes, judge->is_waiting);
	if (origin)
		judge->origin = *origin;
}

const struct yg_origin *yg_judge_origin(const struct yg_judge *judge)
{
	return judge->released;
}

static uint32_t bits_of(const struct yg_look *look)
{
	return (look->has_shell ? LOOK_SHELL : 0u) | (look->has_page ? LOOK_PAGE : 0u) |
	       (look->has_password ? LOOK_PASSWORD : 0u) | (look->is_guesser ? LOOK_GUESSER : 0u) |
	       (look->is_refused ? LOOK_REFUSED : 0u);
}

int yg_judge_hold(struct yg_judge *judge, const struct yg_look *look)
{
	const struct yg_trace *trace = look->trace;
	struct yg_origin origin = judge->origin;

	origin.look = bits_of(look);
	if (trace->key_count == 0 && !(origin.look & LOOK_SUCCESS))
		return YG_OK;
	origin.request = yg_outcomes_request(judge->outcomes, look);
	return yg_correlator_hold(judge->correlator, trace, &origin);
}

static int take_held(void *arg, const struct yg_trace *trace, const struct yg_origin *origin,
		     const struct yg_completion *list, uint32_t count)
{
	struct yg_judge *judge = arg;
	struct yg_bytes source = trace->source.size > 0 ? trace->source : judge->source;
	struct yg_look look = {.trace = trace,
			       .request = origin->request,
			       .is_back = true,
			       .has_shell = origin->look & LOOK_SHELL,
			       .has_page = origin->look & LOOK_PAGE,
			       .has_password = origin->look & LOOK_PASSWORD,
			       .is_guesser = origin->look & LOOK_GUESSER,
			       .is_refused = origin->look & LOOK_REFUSED};
	int rc = YG_OK;

	yg_outcomes_look_back(judge->outcomes, &look);
	judge->released = origin;
	if (origin->look & LOOK_SUCCESS)
		rc = yg_judge_change(judge, &look, source);
	if (rc == YG_OK && count > 0)
		rc = yg_judge_find(judge, &look, source, list, count);
	judge->released = NULL;
	return rc;
}

int yg_judge_release(struct yg_judge *judge, int64_t now_ns, uint64_t *ret_count)
{
	return yg_correlator_release(judge->correlator, now_ns, take_held, judge, ret_count);
}
