/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/store/facts_help.h - bundles to put in, and listings as text.
 */
#pragma once

#include "store/facts.h"
#include "store_help.h"

#define MINUTE INT64_C(60000000000)
#define T0     (INT64_C(28333333) * MINUTE) /* 2023-11-14, a whole minute */

/* One finding of @org by @rule, @minute minutes behind T0. */
static inline struct yg_fact_finding finding_of(const char *org, const char *rule, int minute)
{
	struct yg_fact_finding f = {
		.org = yg_bytes_str(org),
		.sensor = YG_S("s1"),
		.rule = yg_bytes_str(rule),
		.title = YG_S("Title"),
		.title_ja = YG_S("\xe9\xa1\x8c"),
		.rules = YG_S("0123abcd"),
		.level = YG_LEVEL_HIGH,
		.kind = YG_KIND_BEHAVIOUR,
		.field = YG_ATTACK_SIGN_IN,
		.outcome = YG_OUTCOME_UNKNOWN,
		.reason = YG_S("nothing known"),
		.source = YG_S("/var/log/auth.log"),
		.actor = YG_S("192.0.2.1"),
		.target = YG_S("root"),
		.hunt = minute % 2 ? YG_S("20251121-080000-1a2b3c4d") : YG_S(""),
		.minute_ns = T0 + minute * MINUTE,
		.first_ns = T0 + minute * MINUTE + 5,
		.last_ns = T0 + minute * MINUTE + 5,
		.received_ns = T0 + minute * MINUTE + 9,
		.written_ns = T0 + minute * MINUTE + 11,
		.count = 1,
		.refs = {{65536 + (uint64_t)(minute < 0 ? 0 : minute), T0}},
		.ref_count = 1,
	};

	yg_fact_finding_id(f.org, f.sensor, f.rule, f.source, f.minute_ns, f.id);
	return f;
}

/* "org:rule:minute*count " of each. */
static inline int tell_short(void *arg, const struct yg_fact_finding *f)
{
	yg_buf_addf(arg, "%.*s:%.*s:%lld*%llu ", YG_FMT(f->org), YG_FMT(f->rule),
		    (long long)((f->minute_ns - T0) / MINUTE), (unsigned long long)f->count);
	return yg_buf_error(arg);
}

/* All there is of each but when it changed. */
static inline int tell_whole(void *arg, const struct yg_fact_finding *f)
{
	char id[2 * YG_FACT_ID_BYTES + 1];

	yg_hex((struct yg_bytes){f->id, YG_FACT_ID_BYTES}, id);
	yg_buf_addf(
		arg,
		"%s %.*s %.*s %.*s [%.*s|%.*s] %.*s %d %d %d %d [%.*s] %.*s %.*s %.*s <%.*s>%s%.*s",
		id, YG_FMT(f->org), YG_FMT(f->sensor), YG_FMT(f->rule), YG_FMT(f->title),
		YG_FMT(f->title_ja), YG_FMT(f->rules), (int)f->level, (int)f->kind, (int)f->field,
		(int)f->outcome, YG_FMT(f->reason), YG_FMT(f->source), YG_FMT(f->actor),
		YG_FMT(f->target), YG_FMT(f->matched), f->hunt.size > 0 ? " hunt " : "",
		YG_FMT(f->hunt));
	yg_buf_addf(arg, " %lld %lld %lld %lld %lld %llu", (long long)f->minute_ns,
		    (long long)f->first_ns, (long long)f->last_ns, (long long)f->received_ns,
		    (long long)f->written_ns, (unsigned long long)f->count);
	for (uint32_t i = 0; i < f->ref_count; i++)
		yg_buf_addf(arg, " %llu@%lld", (unsigned long long)f->refs[i].number,
			    (long long)f->refs[i].received_ns);
	yg_buf_add_byte(arg, '\n');
	return yg_buf_error(arg);
}

static inline int tell_day(void *arg, const struct yg_fact_day *day)
{
	yg_buf_addf(arg, "%.*s:%lld %llu/%llu %llu/%llu %llu,%llu,%llu,%llu,%llu\n",
		    YG_FMT(day->org), (long long)(day->day_ns / (1440 * MINUTE)),
		    (unsigned long long)day->records, (unsigned long long)day->bytes,
		    (unsigned long long)day->findings, (unsigned long long)day->bundles,
		    (unsigned long long)day->by_level[0], (unsigned long long)day->by_level[1],
		    (unsigned long long)day->by_level[2], (unsigned long long)day->by_level[3],
		    (unsigned long long)day->by_level[4]);
	return yg_buf_error(arg);
}
