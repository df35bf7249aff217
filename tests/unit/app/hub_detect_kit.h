/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hub's detection as it is, from the journal to the rows of the facts store, with its engine in
 * a thread (engine_thread.h), between two lives of both whenever the test wants it.
 */
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "app/hub_detect.h"
#include "app/keep.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/io.h"
#include "detect/correlate.h"
#include "engine_relay.h"
#include "engine_thread.h"
#include "wire/message.h"

#define START INT64_C(1763712000000000000) /* 2025-11-21 08:00 */

static char root[96];
static struct yg_keep *keep;
static struct engine_thread engine;
static struct relay relay;
static bool is_relayed;
static bool has_own_clock; /* the engine, for when it looks at files */
static int answer_ms;
static unsigned distrusted;
static uint32_t ends; /* random: each engine ends after another number of batches; 0: none does */
static unsigned ends_after; /* at least so many */
static struct yg_facts *facts;
static struct yg_hub_detect *detect;
static int64_t now_ns;
static unsigned orgs_max;
static uint64_t bytes_max;
static int64_t save_ms;
static uint32_t commit_max; /* of all that begins from now on; 0: as it is */
static struct yg_buf rows;

static int64_t now(void *arg)
{
	(void)arg;
	return now_ns;
}

static const char *path_of(const char *name)
{
	static char path[2][160];
	static unsigned turn;

	turn = !turn;
	(void)snprintf(path[turn], sizeof(path[turn]), "%s/%s", root, name);
	return path[turn];
}

static void on_distrust(void *arg)
{
	(void)arg;
	distrusted++;
}

/* An engine for the detection, by way of the relay where the test wants one. */
static bool link_engine(void)
{
	struct yg_clock clock = {.now_ns = now};
	int fd;

	if (has_own_clock)
		clock = yg_clock_steady();
	if (ends != 0) {
		ends = ends * 1664525u + 1013904223u;
		relay.after = ends_after + (ends >> 8) % (2 * ends_after);
	}
	if (engine_start(&engine, root, clock, &fd) != YG_OK ||
	    (is_relayed && !relay_start(&relay, fd, &fd)))
		return false;
	yg_hub_detect_link(detect, fd);
	return true;
}

/* The one that ended is replaced. */
static bool next_engine(void)
{
	relay_stop(&relay);
	engine_stop(&engine);
	return link_engine();
}

static bool open_detect(void)
{
	const struct yg_hub_detect_opts opts = {
		.name = YG_KEEP_DETECT,
		.journal = yg_keep_journal(keep),
		.facts = facts,
		.clock = {.now_ns = now},
		.orgs_max = orgs_max,
		.bytes_max = bytes_max,
		.save_ms = save_ms,
		.answer_ms = answer_ms,
		.commit_max = commit_max,
		.distrust = on_distrust,
	};

	return yg_hub_detect_new(&opts, &detect) == YG_OK && link_engine();
}

static void close_all(void)
{
	detect = yg_hub_detect_free(detect);
	facts = yg_facts_free(facts);
	relay_stop(&relay);
	engine_stop(&engine);
	if (keep)
		keep = keep->ops->free(keep);
}

/* As after a crash: nothing is written on the way out. */
static bool reopen(void)
{
	struct yg_journal_report report;

	close_all();
	return yg_keep_open_journal(path_of("journal"), 0, &keep, &report) == YG_OK &&
	       yg_facts_open_sqlite(path_of("facts.db"), true, &facts) == YG_OK && open_detect();
}

static void remove_all(void)
{
	char command[200];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	if (root[0] && system(command) != 0)
		fprintf(stderr, "%s stays\n", root);
}

/* With nothing but the rules @rules. */
static bool start_with(const char *rules)
{
	close_all();
	remove_all();
	(void)snprintf(root, sizeof(root), "%s/hub-detect-XXXXXX",
		       getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	now_ns = START;
	orgs_max = 0;
	bytes_max = 0;
	save_ms = 1;
	is_relayed = false;
	has_own_clock = false;
	answer_ms = 0;
	distrusted = 0;
	ends = 0;
	ends_after = 6;
	relay = (struct relay){.poison = 0};
	return mkdtemp(root) && mkdir(path_of("rules"), 0700) == 0 &&
	       yg_io_write_to(path_of("rules/count.yml"), yg_bytes_str(rules), 0600) == YG_OK &&
	       reopen();
}

/* What the next batches have in place of what they should have; else nothing. */
static struct yg_bytes spoilt;

static bool send_from(const char *org, const char *sensor, uint64_t sequence,
		      struct yg_bytes content)
{
	struct yg_wire_batch batch = {.epoch = 1,
				      .sequence = sequence,
				      .first_ns = YG_TIME_NONE,
				      .last_ns = YG_TIME_NONE};
	struct yg_keep_answer answer = {.result = YG_KEEP_GAP};
	struct yg_buf packed;
	struct yg_buf bytes;
	int rc;

	(void)snprintf(batch.sensor, sizeof(batch.sensor), "%s", sensor); /* short */
	yg_buf_init(&packed, 1u << 20);
	yg_buf_init(&bytes, 1u << 20);
	rc = yg_wire_pack(content, &batch, &packed);
	yg_wire_head_write(&batch, &bytes);
	yg_buf_add(&bytes, yg_buf_bytes(&packed));
	if (spoilt.size > 0) {
		yg_buf_reset(&bytes);
		yg_buf_add(&bytes, spoilt);
	}
	if (rc == YG_OK)
		rc = keep->ops->accept(keep, org, &batch, now_ns, yg_buf_bytes(&bytes), &answer);
	if (rc == YG_OK)
		rc = keep->ops->sync(keep);
	yg_buf_done(&packed);
	yg_buf_done(&bytes);
	return rc == YG_OK && answer.result == YG_KEEP_NEW;
}

static int tell(void *arg, const struct yg_fact_finding *f)
{
	char id[2 * YG_FACT_ID_BYTES + 1];

	yg_hex((struct yg_bytes){f->id, YG_FACT_ID_BYTES}, id);
	yg_buf_addf(arg, "%s %.*s %.*s %.*s %d %lld-%lld x%llu", id, YG_FMT(f->org),
		    YG_FMT(f->rule), YG_FMT(f->source), (int)f->outcome,
		    (long long)((f->first_ns - START) / YG_NS_PER_S),
		    (long long)((f->last_ns - START) / YG_NS_PER_S), (unsigned long long)f->count);
	for (uint32_t i = 0; i < f->ref_count; i++)
		yg_buf_addf(arg, " %llu", (unsigned long long)f->refs[i].number);
	yg_buf_add_byte(arg, '\n');
	return yg_buf_error(arg);
}

/* All rows as text; owned. */
static inline char *all_rows(void)
{
	const struct yg_fact_filter filter = {.is_all_orgs = true, .limit = YG_FACT_LIST_MAX};

	yg_buf_reset(&rows);
	if (yg_facts_list(facts, &filter, tell, &rows) != YG_OK)
		return NULL;
	return yg_strndup((const char *)rows.data, rows.size);
}

static bool drain(void)
{
	int rc;

	while ((rc = yg_hub_detect_step(detect)) == YG_OK)
		;
	return rc == YG_EAGAIN;
}

/* As the parent does it: whenever an engine ended, there is another one. */
static bool drain_over(unsigned *deaths)
{
	int rc;

	while ((rc = yg_hub_detect_step(detect)) == YG_OK || rc == YG_EPIPE) {
		if (rc != YG_EPIPE)
			continue;
		*deaths += 1;
		if (!next_engine())
			return false;
	}
	return rc == YG_EAGAIN;
}

/* Time goes on until nothing waits for other sensors. */
static bool ripen(void)
{
	unsigned deaths = 0;

	do {
		now_ns += YG_CORRELATION_WAIT_NS;
		if (!drain_over(&deaths))
			return false;
	} while (yg_hub_detect_counts(detect).waiting > 0);
	return true;
}
