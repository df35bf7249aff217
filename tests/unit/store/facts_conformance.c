/* SPDX-License-Identifier: Apache-2.0 */
/* What store/facts.h promises, asked of every backend. */
#include "facts_help.h"

static struct yg_facts *facts;
static struct yg_buf got;
static uint64_t cursor; /* of the consumer "detect" */

static struct yg_facts *open_one(bool is_sqlite)
{
	struct yg_facts *opened = NULL;

	if (!is_sqlite)
		return yg_facts_new_ram();
	remove_store("facts");
	return yg_facts_open_sqlite(path_of("facts"), true, &opened) == YG_OK ? opened : NULL;
}

static bool is(const char *a, const char *b)
{
	if (strcmp(a, b) == 0)
		return true;
	fprintf(stderr, "got \"%s\", not \"%s\"\n", a, b);
	return false;
}

static const char *text(void)
{
	yg_buf_add_byte(&got, 0);
	return yg_buf_error(&got) ? "error" : (const char *)got.data;
}

static const char *list(struct yg_fact_filter filter)
{
	yg_buf_reset(&got);
	if (filter.limit == 0)
		filter.limit = 100;
	if (!filter.orgs && !filter.org_count)
		filter.is_all_orgs = true;
	return yg_facts_list(facts, &filter, tell_short, &got) == YG_OK ? text() : "error";
}

static const char *all(yg_fact_fn show)
{
	const struct yg_fact_filter filter = {.is_all_orgs = true, .limit = YG_FACT_LIST_MAX};

	yg_buf_reset(&got);
	return yg_facts_list(facts, &filter, show, &got) == YG_OK ? text() : "error";
}

static int put_all(const struct yg_fact_finding *findings, size_t count)
{
	int rc = yg_facts_begin(facts, "detect", cursor);

	for (size_t i = 0; rc == YG_OK && i < count; i++)
		rc = yg_facts_add(facts, &findings[i], NULL);
	if (rc == YG_OK)
		rc = yg_facts_commit(facts, cursor + 1, NULL);
	else
		yg_facts_abort(facts);
	cursor += rc == YG_OK;
	return rc;
}

static int put_one(const char *org, const char *rule, int minute)
{
	const struct yg_fact_finding f = finding_of(org, rule, minute);

	return put_all(&f, 1);
}

static void ids_are_derived_and_sort_as_their_minutes(void)
{
	uint8_t a[YG_FACT_ID_BYTES], b[YG_FACT_ID_BYTES];
	char hex[2 * YG_FACT_ID_BYTES + 1];

	yg_fact_finding_id(YG_S("acme"), YG_S("s"), YG_S("r"), YG_S("x"), T0 + 59999999999, a);
	yg_fact_finding_id(YG_S("acme"), YG_S("s"), YG_S("r"), YG_S("x"), T0, b);
	CHECK(memcmp(a, b, sizeof(a)) == 0);
	yg_hex((struct yg_bytes){a, sizeof(a)}, hex);
	/* Fixed: rows that were written stay where they are. */
	CHECK(is(hex, "81b05515671674b850486f7a2b575549"));
	yg_fact_finding_id(YG_S("acm"), YG_S("es"), YG_S("r"), YG_S("x"), T0, b);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	yg_fact_finding_id(YG_S("zz"), YG_S("s"), YG_S("r"), YG_S("x"), T0 + MINUTE, b);
	CHECK(memcmp(a, b, sizeof(a)) < 0);
	yg_fact_finding_id(YG_S("zz"), YG_S("s"), YG_S("r"), YG_S("x"), -1, a);
	yg_fact_finding_id(YG_S("zz"), YG_S("s"), YG_S("r"), YG_S("x"), 0, b);
	CHECK(memcmp(a, b, sizeof(a)) < 0);
	yg_fact_finding_id(YG_S("zz"), YG_S("s"), YG_S("r"), YG_S("x"), INT64_MIN, a);
	yg_fact_finding_id(YG_S("zz"), YG_S("s"), YG_S("r"), YG_S("x"), INT64_MAX, b);
	CHECK(memcmp(a, b, sizeof(a)) < 0);
}

static void the_same_again_changes_nothing_but_its_counts(void)
{
	struct yg_fact_finding f[3] = {finding_of("acme", "r", 0), finding_of("acme", "r", 0),
				       finding_of("acme", "r", 0)};
	const char *whole;
	bool is_new = false;

	f[1].first_ns -= 3;
	f[1].outcome = YG_OUTCOME_POSSIBLE;
	f[1].reason = YG_S("let in");
	f[1].refs[0] = (struct yg_fact_ref){7, 8};
	f[2].last_ns += 100;
	f[2].outcome = YG_OUTCOME_ATTEMPT;
	f[2].reason = YG_S("refused");
	f[2].count = 4;
	f[2].written_ns += 1000;
	CHECK(put_all(f, 2) == YG_OK);
	CHECK(yg_facts_begin(facts, "detect", cursor) == YG_OK);
	CHECK(yg_facts_add(facts, &f[2], &is_new) == YG_OK && !is_new);
	f[0] = finding_of("acme", "other", 1);
	CHECK(yg_facts_add(facts, &f[0], &is_new) == YG_OK && is_new);
	CHECK(yg_facts_commit(facts, ++cursor, NULL) == YG_OK);
	CHECK(is(list((struct yg_fact_filter){0}), "acme:other:1*1 acme:r:0*6 "));
	whole = all(tell_whole);
	CHECK(strstr(whole, "acme s1 r [Title|\xe9\xa1\x8c] 0123abcd 3 2 1 2 [let in] "
			    "/var/log/auth.log 192.0.2.1 root <> "
			    "1699999980000000000 1699999980000000002 1699999980000000105 "
			    "1699999980000000009 1699999980000000011 6 "
			    "65536@1699999980000000000 7@8 65536@1699999980000000000\n"));
}

static void references_are_the_first_ones_and_the_last(void)
{
	struct yg_fact_finding f = finding_of("acme", "r", 0);

	f.ref_count = 2;
	for (uint64_t i = 0; i < 6; i++) {
		f.refs[0] = (struct yg_fact_ref){10 * i, 1};
		f.refs[1] = (struct yg_fact_ref){10 * i + 1, 1};
		CHECK(put_all(&f, 1) == YG_OK);
	}
	CHECK(strstr(all(tell_whole), " 6 0@1 1@1 10@1 11@1 20@1 21@1 30@1 51@1\n"));
}

static void a_batch_follows_on_its_cursor_or_is_refused(void)
{
	const struct yg_bytes state = YG_S("state");
	struct yg_fact_finding f = finding_of("acme", "r", 0);
	struct yg_buf kept;
	uint64_t at = 99;

	yg_buf_init(&kept, 100);
	CHECK(yg_facts_cursor(facts, "detect", &at, &kept) == YG_OK && at == 0 && kept.size == 0);
	CHECK(yg_facts_begin(facts, "detect", 1) == YG_EMISMATCH);
	CHECK(yg_facts_add(facts, &f, NULL) == YG_EINVAL);
	CHECK(yg_facts_commit(facts, 2, NULL) == YG_EINVAL);
	CHECK(yg_facts_begin(facts, "detect", 0) == YG_OK);
	CHECK(yg_facts_begin(facts, "detect", 0) == YG_EINVAL);
	CHECK(yg_facts_add(facts, &f, NULL) == YG_OK);
	yg_facts_abort(facts);
	CHECK(is(list((struct yg_fact_filter){0}), ""));
	CHECK(yg_facts_begin(facts, "detect", 0) == YG_OK);
	CHECK(yg_facts_add(facts, &f, NULL) == YG_OK);
	CHECK(yg_facts_commit(facts, 5, &state) == YG_OK);
	CHECK(yg_facts_begin(facts, "detect", 0) == YG_EMISMATCH); /* another was first */
	CHECK(yg_facts_begin(facts, "detect", 5) == YG_OK);
	CHECK(yg_facts_commit(facts, 6, NULL) == YG_OK);
	CHECK(yg_facts_cursor(facts, "detect", &at, &kept) == YG_OK && at == 6);
	CHECK_TEXT(yg_buf_bytes(&kept), "state");
	CHECK(yg_facts_cursor(facts, "hunt", &at, NULL) == YG_OK && at == 0);
	CHECK(yg_facts_begin(facts, "Hunt", 0) == YG_EINVAL);
	CHECK(yg_facts_begin(facts, "", 0) == YG_EINVAL);
	yg_buf_done(&kept);
}

static void parts_of_a_state_stand_with_the_batch(void)
{
	static uint8_t large[YG_FACT_STATE_MAX + 7];
	struct yg_buf kept;
	uint64_t at = 0;

	yg_buf_init(&kept, YG_FACT_PART_MAX);
	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (uint8_t)(i * 2654435761u >> 24);
	CHECK(yg_facts_part(facts, "detect", YG_S("acme"), &at, &kept) == YG_ENOENT);
	CHECK(yg_facts_begin(facts, "detect", 0) == YG_OK);
	CHECK(yg_facts_put_part(facts, YG_S("acme"), 4, YG_S("one")) == YG_OK);
	yg_facts_abort(facts);
	CHECK(yg_facts_part(facts, "detect", YG_S("acme"), &at, &kept) == YG_ENOENT);
	CHECK(yg_facts_begin(facts, "detect", 0) == YG_OK);
	CHECK(yg_facts_put_part(facts, YG_S("acme"), 4, YG_S("one")) == YG_OK);
	CHECK(yg_facts_put_part(facts, YG_S("zeta"), 5, (struct yg_bytes){large, sizeof(large)}) ==
	      YG_OK);
	CHECK(yg_facts_put_part(facts, YG_S(""), 5, YG_S("x")) == YG_EINVAL);
	CHECK(yg_facts_commit(facts, 9, NULL) == YG_OK);
	CHECK(yg_facts_part(facts, "detect", YG_S("acme"), &at, &kept) == YG_OK && at == 4);
	CHECK_TEXT(yg_buf_bytes(&kept), "one");
	CHECK(yg_facts_part(facts, "detect", YG_S("zeta"), &at, &kept) == YG_OK && at == 5);
	CHECK(yg_bytes_eq(yg_buf_bytes(&kept), (struct yg_bytes){large, sizeof(large)}));
	CHECK(yg_facts_part(facts, "hunt", YG_S("acme"), &at, NULL) == YG_ENOENT);
	CHECK(yg_facts_begin(facts, "detect", 9) == YG_OK);
	CHECK(yg_facts_put_part(facts, YG_S("zeta"), 6, YG_S("two")) == YG_OK);
	CHECK(yg_facts_put_part(facts, YG_S("acme"), 6, YG_S("")) == YG_OK);
	CHECK(yg_facts_commit(facts, 10, NULL) == YG_OK);
	CHECK(yg_facts_part(facts, "detect", YG_S("zeta"), &at, &kept) == YG_OK && at == 6);
	CHECK_TEXT(yg_buf_bytes(&kept), "two");
	CHECK(yg_facts_part(facts, "detect", YG_S("acme"), &at, NULL) == YG_ENOENT);
	yg_buf_done(&kept);
}

static void outcomes_only_get_weightier(void)
{
	struct yg_fact_finding f = finding_of("acme", "r", 0);

	CHECK(put_all(&f, 1) == YG_OK);
	CHECK(yg_facts_begin(facts, "detect", cursor) == YG_OK);
	CHECK(yg_facts_outcome(facts, f.id, YG_OUTCOME_POSSIBLE, YG_S("then let in")) == YG_OK);
	CHECK(yg_facts_outcome(facts, f.id, YG_OUTCOME_ATTEMPT, YG_S("refused")) == YG_OK);
	f.id[15] ^= 1;
	CHECK(yg_facts_outcome(facts, f.id, YG_OUTCOME_POSSIBLE, YG_S("x")) == YG_ENOENT);
	CHECK(yg_facts_commit(facts, ++cursor, NULL) == YG_OK);
	CHECK(strstr(all(tell_whole), " 2 [then let in] "));
}

static void put_sample(void)
{
	static const char *const orgs[] = {"acme", "beta", "gamma"};
	static const char *const rules[] = {"r1", "r2"};
	struct yg_fact_finding f[24];
	size_t count = 0;

	for (size_t o = 0; o < 3; o++)
		for (size_t r = 0; r < 2; r++)
			for (int m = 0; m < 4; m++) {
				struct yg_fact_finding *to = &f[count++];

				*to = finding_of(orgs[o], rules[r], 3 * m + (int)o);
				to->level = r ? YG_LEVEL_LOW : YG_LEVEL_CRITICAL;
				to->outcome = m > 1 ? YG_OUTCOME_POSSIBLE : YG_OUTCOME_UNKNOWN;
				to->actor = m ? YG_S("192.0.2.1") : YG_S("192.0.2.9");
			}
	CHECK(put_all(f, count) == YG_OK);
}

static void filters_hold(void)
{
	struct yg_bytes orgs[] = {YG_S("gamma"), YG_S("none"), YG_S("acme"), YG_S("acme")};
	struct yg_fact_filter filter = {.orgs = orgs, .org_count = 1};

	put_sample();
	filter.rule = YG_S("r1");
	CHECK(is(list(filter), "gamma:r1:11*1 gamma:r1:8*1 gamma:r1:5*1 gamma:r1:2*1 "));
	filter.org_count = 4;
	CHECK(is(list(filter), "gamma:r1:11*1 acme:r1:9*1 gamma:r1:8*1 acme:r1:6*1 gamma:r1:5*1 "
			       "acme:r1:3*1 gamma:r1:2*1 acme:r1:0*1 "));
	filter.outcome_min = YG_OUTCOME_ATTEMPT;
	filter.level_min = YG_LEVEL_MEDIUM;
	CHECK(is(list(filter), "gamma:r1:11*1 acme:r1:9*1 gamma:r1:8*1 acme:r1:6*1 "));
	filter.level_min = YG_LEVEL_INFORMATIONAL;
	filter.rule = YG_S("r2");
	filter.from_ns = T0 + 8 * MINUTE;
	filter.to_ns = T0 + 10 * MINUTE + 1;
	CHECK(is(list(filter), "acme:r2:9*1 gamma:r2:8*1 "));
	filter.from_ns += 1;
	CHECK(is(list(filter), "acme:r2:9*1 "));
	filter.to_ns = T0 + 9 * MINUTE;
	CHECK(is(list(filter), ""));
	filter = (struct yg_fact_filter){.actor = YG_S("192.0.2.9"), .rule = YG_S("r2")};
	CHECK(is(list(filter), "gamma:r2:2*1 beta:r2:1*1 acme:r2:0*1 "));
	filter.sensor = YG_S("s2");
	CHECK(is(list(filter), ""));
	filter.sensor = YG_S("s1");
	filter.rule = YG_S("r3");
	CHECK(is(list(filter), ""));
	filter = (struct yg_fact_filter){.orgs = orgs, .limit = 5};
	CHECK(yg_facts_list(facts, &filter, tell_short, &got) == YG_OK); /* none allowed */
	filter.limit = 0;
	CHECK(yg_facts_list(facts, &filter, tell_short, &got) == YG_EINVAL);
	filter.limit = YG_FACT_LIST_MAX + 1;
	CHECK(yg_facts_list(facts, &filter, tell_short, &got) == YG_EINVAL);
}

/* All pages of @limit, one behind the other, are the whole list. */
static bool pages_are_whole(struct yg_fact_filter filter, uint32_t limit)
{
	char whole[4096];
	struct yg_buf pages;
	bool is_same;

	(void)snprintf(whole, sizeof(whole), "%s", list(filter));
	yg_buf_init(&pages, sizeof(whole));
	filter.limit = limit;
	if (!filter.orgs)
		filter.is_all_orgs = true;
	for (unsigned i = 0; i < 100; i++) {
		struct yg_fact_next next;

		if (yg_facts_list(facts, &filter, tell_short, &pages) != YG_OK)
			return false;
		next = yg_facts_next(facts);
		if (!next.is_more)
			break;
		filter.has_after = true;
		memcpy(filter.after_id, next.after_id, sizeof(filter.after_id));
		filter.after_change = next.after_change;
	}
	yg_buf_add_byte(&pages, 0);
	is_same = is((const char *)pages.data, whole) && whole[0];
	yg_buf_done(&pages);
	return is_same;
}

static void pages_follow_one_another(void)
{
	struct yg_bytes orgs[] = {YG_S("gamma"), YG_S("acme")};

	put_sample();
	for (uint32_t limit = 1; limit < 26; limit += 3) {
		CHECK(pages_are_whole((struct yg_fact_filter){0}, limit));
		CHECK(pages_are_whole((struct yg_fact_filter){.orgs = orgs, .org_count = 1},
				      limit));
		CHECK(pages_are_whole((struct yg_fact_filter){.orgs = orgs, .org_count = 2},
				      limit));
		CHECK(pages_are_whole((struct yg_fact_filter){.by_change = true}, limit));
		for (size_t count = 1; count <= 2; count++)
			CHECK(pages_are_whole((struct yg_fact_filter){.by_change = true,
								      .orgs = orgs,
								      .org_count = count},
					      limit));
		CHECK(pages_are_whole(
			(struct yg_fact_filter){.rule = YG_S("r2"), .to_ns = T0 + 9 * MINUTE},
			limit));
	}
}

static void changes_come_in_order(void)
{
	struct yg_fact_finding f = finding_of("acme", "r", 9);
	struct yg_bytes orgs[] = {YG_S("beta")};
	uint64_t change = 9;

	CHECK(yg_facts_last_change(facts, &change) == YG_OK && change == 0);
	CHECK(put_one("acme", "r", 9) == YG_OK && put_one("beta", "r", 1) == YG_OK);
	CHECK(put_one("acme", "r", 5) == YG_OK);
	CHECK(yg_facts_last_change(facts, &change) == YG_OK && change == 3);
	CHECK(is(list((struct yg_fact_filter){.by_change = true}),
		 "acme:r:9*1 beta:r:1*1 acme:r:5*1 "));
	CHECK(put_one("acme", "r", 9) == YG_OK);
	CHECK(is(list((struct yg_fact_filter){.by_change = true, .after_change = 1}),
		 "beta:r:1*1 acme:r:5*1 acme:r:9*2 "));
	CHECK(is(list((struct yg_fact_filter){.by_change = true, .orgs = orgs, .org_count = 1}),
		 "beta:r:1*1 "));
	CHECK(is(list((struct yg_fact_filter){.by_change = true, .after_change = UINT64_MAX}), ""));
	CHECK(yg_facts_last_change(facts, &change) == YG_OK && change == 4);
	/* Twice in one batch: nobody saw the one between. */
	CHECK(yg_facts_begin(facts, "detect", cursor) == YG_OK);
	CHECK(yg_facts_add(facts, &f, NULL) == YG_OK && yg_facts_add(facts, &f, NULL) == YG_OK);
	CHECK(yg_facts_commit(facts, ++cursor, NULL) == YG_OK);
	CHECK(yg_facts_last_change(facts, &change) == YG_OK && change == 5);
}

static void one_is_found_where_it_is_allowed(void)
{
	struct yg_fact_finding f = finding_of("acme", "r", 0);
	struct yg_bytes orgs[] = {YG_S("beta"), YG_S("acme")};
	struct yg_fact_filter filter = {.orgs = orgs, .org_count = 1};

	CHECK(put_all(&f, 1) == YG_OK && put_one("beta", "r", 0) == YG_OK);
	yg_buf_reset(&got);
	CHECK(yg_facts_get(facts, &filter, f.id, tell_short, &got) == YG_ENOENT);
	filter.org_count = 2;
	CHECK(yg_facts_get(facts, &filter, f.id, tell_short, &got) == YG_OK);
	filter = (struct yg_fact_filter){.is_all_orgs = true};
	CHECK(yg_facts_get(facts, &filter, f.id, tell_short, &got) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&got), "acme:r:0*1 acme:r:0*1 ");
	f.id[9] ^= 1;
	CHECK(yg_facts_get(facts, &filter, f.id, tell_short, &got) == YG_ENOENT);
	filter = (struct yg_fact_filter){0};
	CHECK(yg_facts_get(facts, &filter, f.id, tell_short, &got) == YG_ENOENT);
}

static const char *days(struct yg_fact_filter filter)
{
	yg_buf_reset(&got);
	if (filter.limit == 0)
		filter.limit = 10;
	return yg_facts_days(facts, &filter, tell_day, &got) == YG_OK ? text() : "error";
}

static void days_are_counted_by_the_writer(void)
{
	struct yg_bytes orgs[] = {YG_S("acme"), YG_S("beta")};
	struct yg_fact_filter filter = {.orgs = orgs, .org_count = 2};
	struct yg_fact_finding f = finding_of("acme", "r", 0);

	f.count = 3;
	CHECK(yg_facts_count_records(facts, orgs[0], T0, 1, 1) == YG_EINVAL);
	CHECK(put_all(&f, 1) == YG_OK && put_one("acme", "r", 0) == YG_OK);
	CHECK(yg_facts_begin(facts, "detect", cursor) == YG_OK);
	CHECK(yg_facts_count_records(facts, orgs[0], T0 + 5, 10, 1000) == YG_OK);
	CHECK(yg_facts_count_records(facts, orgs[0], T0 + 1440 * MINUTE, 1, 2) == YG_OK);
	CHECK(yg_facts_count_records(facts, orgs[1], T0, 5, 50) == YG_OK);
	CHECK(yg_facts_count_records(facts, YG_S(""), T0, 5, 50) == YG_EINVAL);
	CHECK(yg_facts_commit(facts, ++cursor, NULL) == YG_OK);
	CHECK(is(days(filter), "acme:19675 10/1000 4/1 0,0,0,1,0\nacme:19676 1/2 0/0 0,0,0,0,0\n"
			       "beta:19675 5/50 0/0 0,0,0,0,0\n"));
	filter.limit = 2;
	CHECK(is(days(filter), "acme:19675 10/1000 4/1 0,0,0,1,0\nacme:19676 1/2 0/0 0,0,0,0,0\n"));
	filter = (struct yg_fact_filter){.is_all_orgs = true};
	CHECK(is(days(filter), ":19675 15/1050 4/1 0,0,0,1,0\n:19676 1/2 0/0 0,0,0,0,0\n"));
	filter.from_ns = T0;
	CHECK(is(days(filter), ":19676 1/2 0/0 0,0,0,0,0\n"));
	filter.from_ns = 0;
	filter.to_ns = T0;
	CHECK(is(days(filter), ":19675 15/1050 4/1 0,0,0,1,0\n"));
	/* What is given up is not counted. */
	CHECK(yg_facts_begin(facts, "detect", cursor) == YG_OK);
	CHECK(yg_facts_count_records(facts, orgs[0], T0, 77, 77) == YG_OK);
	yg_facts_abort(facts);
	CHECK(is(days(filter), ":19675 15/1050 4/1 0,0,0,1,0\n"));
}

static int64_t at_hour(int32_t day, unsigned hour)
{
	return (day * INT64_C(24) + hour) * 60 * MINUTE;
}

/* Counted in Japan: its days, and those of UTC, are both exact. */
static void days_are_those_of_the_zone(void)
{
	struct yg_bytes acme = YG_S("acme");
	struct yg_fact_filter utc = {.orgs = &acme, .org_count = 1};
	struct yg_fact_filter there = {.orgs = &acme, .org_count = 1, .zone = yg_zone_japan()};

	yg_facts_zone(facts, yg_zone_japan());
	CHECK(yg_facts_begin(facts, "detect", cursor) == YG_OK);
	CHECK(yg_facts_count_records(facts, acme, at_hour(19675, 14), 1, 1) == YG_OK);
	CHECK(yg_facts_count_records(facts, acme, at_hour(19675, 15), 10, 10) == YG_OK);
	CHECK(yg_facts_count_records(facts, acme, at_hour(19675, 23), 100, 100) == YG_OK);
	CHECK(yg_facts_count_records(facts, acme, at_hour(19676, 0), 1000, 1000) == YG_OK);
	CHECK(yg_facts_count_records(facts, acme, at_hour(19676, 15), 10000, 10000) == YG_OK);
	CHECK(yg_facts_commit(facts, ++cursor, NULL) == YG_OK);
	CHECK(is(days(utc), "acme:19675 111/111 0/0 0,0,0,0,0\n"
			    "acme:19676 11000/11000 0/0 0,0,0,0,0\n"));
	/* They begin at 15:00 UTC of the day before. */
	CHECK(is(days(there), "acme:19674 1/1 0/0 0,0,0,0,0\n"
			      "acme:19675 1110/1110 0/0 0,0,0,0,0\n"
			      "acme:19676 10000/10000 0/0 0,0,0,0,0\n"));
	there.from_ns = at_hour(19675, 15);
	there.to_ns = at_hour(19676, 15);
	CHECK(is(days(there), "acme:19675 1110/1110 0/0 0,0,0,0,0\n"));
	there.from_ns++; /* a day that began before is not given in part */
	CHECK(is(days(there), ""));
	utc.from_ns = at_hour(19675, 1);
	CHECK(is(days(utc), "acme:19676 11000/11000 0/0 0,0,0,0,0\n"));
	utc.limit = 1;
	utc.from_ns = 0;
	CHECK(is(days(utc), "acme:19675 111/111 0/0 0,0,0,0,0\n"));
	yg_facts_zone(facts, NULL);
}

static void rows_expire_by_organisation(void)
{
	uint32_t count = 9;

	struct yg_fact_finding late = finding_of("acme", "late", 0);

	/* An old log that came today stays as long as its records do. */
	late.received_ns = T0 + 1000 * MINUTE;
	CHECK(put_all(&late, 1) == YG_OK);
	put_sample();
	CHECK(yg_facts_expire(facts, YG_S("acme"), T0 + 6 * MINUTE, 3, &count) == YG_OK &&
	      count == 3);
	CHECK(yg_facts_expire(facts, YG_S("acme"), T0 + 6 * MINUTE, 100, &count) == YG_OK &&
	      count == 1);
	CHECK(yg_facts_expire(facts, YG_S("acme"), T0 + 6 * MINUTE, 100, &count) == YG_OK &&
	      count == 0);
	CHECK(yg_facts_expire(facts, YG_S("none"), T0 + 6 * MINUTE, 100, &count) == YG_OK &&
	      count == 0);
	CHECK(is(list((struct yg_fact_filter){.rule = YG_S("r1"), .to_ns = T0 + 7 * MINUTE}),
		 "acme:r1:6*1 gamma:r1:5*1 beta:r1:4*1 gamma:r1:2*1 beta:r1:1*1 "));
	CHECK(is(list((struct yg_fact_filter){.rule = YG_S("late")}), "acme:late:0*1 "));
}

static int refuse(void *arg, const struct yg_fact_finding *f)
{
	const struct yg_fact_filter filter = {.is_all_orgs = true, .limit = 1};
	uint64_t change;

	(void)f;
	if (yg_facts_begin(facts, "detect", cursor) != YG_EINVAL ||
	    yg_facts_last_change(facts, &change) != YG_EINVAL ||
	    yg_facts_list(facts, &filter, refuse, arg) != YG_EINVAL)
		return YG_EIO;
	(*(unsigned *)arg)++;
	return YG_EPIPE;
}

static void a_reader_ends_the_listing_and_does_nothing_else(void)
{
	const struct yg_fact_filter filter = {.is_all_orgs = true, .limit = 10};
	unsigned calls = 0;

	put_sample();
	CHECK(yg_facts_list(facts, &filter, refuse, &calls) == YG_EPIPE && calls == 1);
	CHECK(is(list((struct yg_fact_filter){.limit = 1, .rule = YG_S("r1")}), "gamma:r1:11*1 "));
}

static void what_is_outside_its_limits_is_refused(void)
{
	static uint8_t many[YG_FACT_TEXT_MAX + 1];
	struct yg_fact_finding f = finding_of("acme", "r", 0), good = f;

	CHECK(yg_facts_begin(facts, "detect", 0) == YG_OK);
	f.count = 0;
	CHECK(yg_facts_add(facts, &f, NULL) == YG_EINVAL);
	f = good;
	f.target = (struct yg_bytes){many, sizeof(many)};
	CHECK(yg_facts_add(facts, &f, NULL) == YG_EINVAL);
	f.target.size--;
	f.org = YG_S("");
	CHECK(yg_facts_add(facts, &f, NULL) == YG_EINVAL);
	f = good;
	f.ref_count = YG_FACT_REFS_MAX + 1;
	CHECK(yg_facts_add(facts, &f, NULL) == YG_EINVAL);
	f = good;
	f.minute_ns += MINUTE; /* not that of the id */
	CHECK(yg_facts_add(facts, &f, NULL) == YG_EINVAL);
	f = good;
	f.level = 5;
	CHECK(yg_facts_add(facts, &f, NULL) == YG_EINVAL);
	CHECK(yg_facts_add(facts, &good, NULL) == YG_OK);
	CHECK(yg_facts_commit(facts, 1, NULL) == YG_OK);
	CHECK(is(list((struct yg_fact_filter){0}), "acme:r:0*1 "));
}

static void failing_memory_changes_nothing(void)
{
	struct yg_fact_finding f = finding_of("acme", "r2", 0);
	char before[512];

	CHECK(put_one("acme", "r", 0) == YG_OK);
	(void)snprintf(before, sizeof(before), "%s", all(tell_whole));
	for (unsigned long at = 1; at < 400; at++) {
		uint64_t next = 0;
		int rc;

		yg_fail_at = (long)at;
		rc = put_all(&f, 1);
		yg_fail_at = 0;
		if (rc == YG_OK)
			break;
		CHECK(is_ordered_failure(rc));
		CHECK(yg_facts_cursor(facts, "detect", &next, NULL) == YG_OK && next == cursor);
		CHECK(is(all(tell_whole), before));
	}
	CHECK(is(list((struct yg_fact_filter){.rule = YG_S("r2")}), "acme:r2:0*1 "));
}

/* The same random batches in both: the same rows. */
static void both_backends_agree(void)
{
	struct yg_facts *two[] = {open_one(false), open_one(true)};
	char *texts[2] = {NULL, NULL};

	CHECK(two[0] && two[1]);
	for (size_t b = 0; b < 2; b++) {
		uint32_t random = 12345;

		facts = two[b];
		cursor = 0;
		for (unsigned i = 0; i < 60; i++) {
			struct yg_fact_finding f[20];

			for (unsigned k = 0; k < 20; k++) {
				static const char *const orgs[] = {"a", "b", "c"};

				random = random * 1664525u + 1013904223u;
				f[k] = finding_of(orgs[random >> 8 & 1], "r", random >> 12 & 15);
				f[k].outcome = (random >> 20) % 3;
				f[k].reason = yg_bytes_str(orgs[(random >> 20) % 3]);
				f[k].refs[0].number = random >> 3;
			}
			CHECK(put_all(f, 20) == YG_OK);
		}
		texts[b] = strdup(all(tell_whole));
		CHECK(texts[b]);
	}
	CHECK(is(texts[1], texts[0]) && strlen(texts[0]) > 1000);
	for (size_t b = 0; b < 2; b++) {
		free(texts[b]);
		(void)yg_facts_free(two[b]);
	}
}

static const struct check_case cases[] = {
	CASE(ids_are_derived_and_sort_as_their_minutes),
	CASE(the_same_again_changes_nothing_but_its_counts),
	CASE(references_are_the_first_ones_and_the_last),
	CASE(a_batch_follows_on_its_cursor_or_is_refused),
	CASE(parts_of_a_state_stand_with_the_batch),
	CASE(outcomes_only_get_weightier),
	CASE(filters_hold),
	CASE(pages_follow_one_another),
	CASE(changes_come_in_order),
	CASE(one_is_found_where_it_is_allowed),
	CASE(days_are_counted_by_the_writer),
	CASE(days_are_those_of_the_zone),
	CASE(rows_expire_by_organisation),
	CASE(a_reader_ends_the_listing_and_does_nothing_else),
	CASE(what_is_outside_its_limits_is_refused),
	CASE(failing_memory_changes_nothing),
};
#define CASE_COUNT (sizeof(cases) / sizeof(cases[0]))

int main(void)
{
	size_t failed = 0;

	make_folder();
	yg_buf_init(&got, 64u << 20);
	for (size_t i = 0; i < 2 * CASE_COUNT; i++) {
		cursor = 0;
		facts = open_one(i >= CASE_COUNT);
		check_failed = !facts;
		if (facts)
			cases[i % CASE_COUNT].run();
		facts = yg_facts_free(facts);
		if (check_failed)
			fprintf(stderr, "failed: %s (%s)\n", cases[i % CASE_COUNT].name,
				i >= CASE_COUNT ? "sqlite" : "ram");
		failed += (size_t)check_failed;
	}
	check_failed = 0;
	both_backends_agree();
	failed += (size_t)check_failed;
	yg_buf_done(&got);
	remove_store("facts");
	(void)rmdir(folder);
	printf("%zu passed, %zu failed, 0 skipped\n", 2 * CASE_COUNT + 1 - failed, failed);
	return failed > 0;
}
