/* SPDX-License-Identifier: Apache-2.0 */
/* A drill goes down its tree: after whose receipt, around whom, and when it is stopped. */
#include "../check.h"
#include "base/alloc.h"
#include "share/drill.h"

#define MAIL(at, of, where)                                                                        \
	{                                                                                          \
		.parent = (at), .stage = (of), .address = {                                        \
			(const uint8_t *)(where),                                                  \
			sizeof(where) - 1                                                          \
		}                                                                                  \
	}
#define NONE YG_TREE_NONE

/* Two ministries, three secretariats, four operators. */
static const struct yg_tree_node nodes[] = {
	MAIL(NONE, YG_TREE_MINISTRY, "a"), MAIL(NONE, YG_TREE_MINISTRY, "b"),
	MAIL(0, YG_TREE_SECRETARIAT, "c"), MAIL(0, YG_TREE_SECRETARIAT, ""),
	MAIL(1, YG_TREE_SECRETARIAT, "d"), MAIL(2, YG_TREE_OPERATOR, "e"),
	MAIL(2, YG_TREE_OPERATOR, "f"),	   MAIL(3, YG_TREE_OPERATOR, "g"),
	MAIL(4, YG_TREE_OPERATOR, "h"),
};
#define COUNT (sizeof(nodes) / sizeof(nodes[0]))
static const struct yg_tree tree = {nodes, COUNT};

static void below_goes_after_above(void)
{
	struct yg_drill *drill = yg_drill_new(&tree, YG_DRILL_DOWN);

	CHECK(drill);
	CHECK(yg_drill_next(drill) == 0);
	CHECK(yg_drill_next(drill) == 1);
	CHECK(yg_drill_next(drill) == NONE);
	yg_drill_done(drill, 1, YG_DRILL_CONFIRMED);
	CHECK(yg_drill_next(drill) == 4);
	CHECK(yg_drill_next(drill) == NONE);
	yg_drill_done(drill, 0, YG_DRILL_CONFIRMED);
	CHECK(yg_drill_next(drill) == 2);
	CHECK(yg_drill_next(drill) == NONE);
	/* The one without an address has failed, and cut off what is below it. */
	CHECK(yg_drill_result_of(drill, 3) == YG_DRILL_NO_ADDRESS && !yg_drill_was_sent(drill, 3));
	CHECK(yg_drill_result_of(drill, 7) == YG_DRILL_NOT_REACHED && !yg_drill_was_sent(drill, 7));
	yg_drill_done(drill, 4, YG_DRILL_TIMEOUT);
	CHECK(yg_drill_result_of(drill, 8) == YG_DRILL_NOT_REACHED);
	yg_drill_done(drill, 2, YG_DRILL_CONFIRMED);
	CHECK(yg_drill_next(drill) == 5 && yg_drill_next(drill) == 6);
	CHECK(!yg_drill_is_over(drill));
	yg_drill_done(drill, 5, YG_DRILL_CONFIRMED);
	yg_drill_done(drill, 6, YG_DRILL_BOUNCED);
	CHECK(yg_drill_is_over(drill) && yg_drill_next(drill) == NONE);
	CHECK(yg_drill_was_sent(drill, 6) && yg_drill_result_of(drill, 6) == YG_DRILL_BOUNCED);
	yg_drill_free(drill);
}

static void a_failed_top_cuts_off_all_below(void)
{
	struct yg_drill *drill = yg_drill_new(&tree, YG_DRILL_DOWN);

	CHECK(drill);
	CHECK(yg_drill_next(drill) == 0 && yg_drill_next(drill) == 1);
	yg_drill_done(drill, 0, YG_DRILL_REFUSED);
	for (uint32_t i = 2; i < COUNT; i++)
		CHECK(yg_drill_result_of(drill, i) ==
		      (i == 4 || i == 8 ? YG_DRILL_WAITS : YG_DRILL_NOT_REACHED));
	yg_drill_done(drill, 1, YG_DRILL_REFUSED);
	CHECK(yg_drill_is_over(drill));
	yg_drill_free(drill);
}

static void it_goes_around_who_fails_when_asked_to(void)
{
	struct yg_drill *drill = yg_drill_new(&tree, YG_DRILL_AROUND);
	unsigned sent = 0;
	uint32_t node;

	CHECK(drill);
	while ((node = yg_drill_next(drill)) != NONE) {
		sent++;
		yg_drill_done(drill, node, YG_DRILL_TIMEOUT);
	}
	CHECK(yg_drill_is_over(drill) && sent == COUNT - 1);
	CHECK(yg_drill_result_of(drill, 7) == YG_DRILL_TIMEOUT);
	yg_drill_free(drill);
}

static void in_large_scale_mode_all_stages_are_told_at_once(void)
{
	static const uint32_t order[] = {0, 1, 2, 4, 5, 6, 7, 8};
	struct yg_drill *drill = yg_drill_new(&tree, YG_DRILL_AT_ONCE);

	CHECK(drill);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		CHECK(yg_drill_next(drill) == order[i]);
	CHECK(yg_drill_next(drill) == NONE);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		yg_drill_done(drill, order[i], order[i] ? YG_DRILL_CONFIRMED : YG_DRILL_TIMEOUT);
	CHECK(yg_drill_is_over(drill) && yg_drill_next(drill) == NONE);
	CHECK(yg_drill_result_of(drill, 3) == YG_DRILL_NO_ADDRESS);
	yg_drill_free(drill);
}

static void it_can_be_stopped(void)
{
	struct yg_drill *drill = yg_drill_new(&tree, YG_DRILL_DOWN);

	CHECK(drill);
	CHECK(yg_drill_next(drill) == 0);
	yg_drill_stop(drill);
	CHECK(yg_drill_next(drill) == NONE && !yg_drill_is_over(drill));
	yg_drill_done(drill, 0, YG_DRILL_CONFIRMED);
	CHECK(yg_drill_is_over(drill) && yg_drill_next(drill) == NONE);
	CHECK(yg_drill_result_of(drill, 0) == YG_DRILL_CONFIRMED);
	CHECK(yg_drill_result_of(drill, 1) == YG_DRILL_STOPPED);
	CHECK(yg_drill_result_of(drill, 8) == YG_DRILL_STOPPED);
	yg_drill_free(drill);
}

static void words_have_results(void)
{
	for (unsigned i = YG_DRILL_CONFIRMED; i < YG_DRILL_RESULT_COUNT; i++) {
		enum yg_drill_result result;
		const char *name = yg_drill_result_name((enum yg_drill_result)i);

		CHECK(yg_drill_result_by_name(yg_bytes_str(name), &result) && result == i);
		CHECK(yg_drill_result_title(result)[0]);
	}
	CHECK(!yg_drill_result_by_name(YG_S(""), &(enum yg_drill_result){0}));
}

static void no_memory_is_no_drill(void)
{
	for (long at = 1; at < 4; at++) {
		yg_fail_at = at;
		CHECK(!yg_drill_new(&tree, YG_DRILL_DOWN));
		yg_fail_at = 0;
	}
}

static const struct check_case cases[] = {
	CASE(below_goes_after_above),
	CASE(a_failed_top_cuts_off_all_below),
	CASE(it_goes_around_who_fails_when_asked_to),
	CASE(in_large_scale_mode_all_stages_are_told_at_once),
	CASE(it_can_be_stopped),
	CASE(words_have_results),
	CASE(no_memory_is_no_drill),
};

CHECK_MAIN(cases)
