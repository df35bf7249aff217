/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the hub tells a monitoring system: GET /metrics, on this machine, or with a token of the hub
 * itself that may read_sensors.
 *
 * No name of an organisation, a person or a sensor stands in it: at this machine it is not asked
 * who reads it.
 * Source: Prometheus, "Text-based format", 0.0.4; OpenMetrics for names and units.
 * Tests: tests/e2e/hub_metrics.py (promtool)
 */
#include <sys/resource.h>

#include "app/hub-int.h"
#include "app/hub_detect.h"

#include "base/ban.h"

#define SILENT_AFTER_S 90

static void head(struct yg_buf *to, const char *name, const char *kind, const char *help)
{
	yg_buf_addf(to, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void one(struct yg_buf *to, const char *name, const char *kind, const char *help,
		uint64_t value)
{
	head(to, name, kind, help);
	yg_buf_addf(to, "%s %llu\n", name, (unsigned long long)value);
}

/* ---- the journal ---- */

static void add_journal(struct yg_journal *journal, struct yg_buf *to)
{
	static const char *const consumers[] = {YG_KEEP_CONSUMER, YG_KEEP_DETECT};
	struct yg_journal_stats stats;

	yg_journal_stats(journal, &stats);
	one(to, "yagura_journal_appended_total", "counter",
	    "Batches and drop records made durable since the keeper started.", stats.appended);
	one(to, "yagura_journal_repeated_total", "counter",
	    "Batches that came again and were acknowledged again.", stats.again);
	one(to, "yagura_journal_conflicts_total", "counter", "Batches whose place another one has.",
	    stats.conflicts);
	one(to, "yagura_journal_syncs_total", "counter", "Groups made durable.", stats.syncs);
	one(to, "yagura_journal_failures_total", "counter",
	    "Groups that could not be written or synced; their senders were told.", stats.failures);
	one(to, "yagura_journal_bytes", "gauge", "Size of all segments.", stats.bytes);
	one(to, "yagura_journal_segments", "gauge", "Segments kept.", stats.segments);
	head(to, "yagura_consumer_lag_records", "gauge",
	     "Journal positions that a consumer has not passed yet.");
	for (size_t i = 0; i < sizeof(consumers) / sizeof(consumers[0]); i++) {
		uint64_t cursor;

		if (yg_journal_passed_by(journal, consumers[i], &cursor))
			yg_buf_addf(to, "yagura_consumer_lag_records{consumer=\"%s\"} %llu\n",
				    consumers[i], (unsigned long long)(stats.durable - cursor));
	}
}

/* ---- detection ---- */

void yg_hub_metrics_detect(struct yg_hub_detect *detect, struct yg_buf *to)
{
	struct yg_hub_detect_counts counts = yg_hub_detect_counts(detect);

	one(to, "yagura_detect_records_total", "counter", "Records looked at.", counts.records);
	one(to, "yagura_detect_unread_records_total", "counter", "Records of no known form.",
	    counts.unread);
	one(to, "yagura_detect_findings_total", "counter", "Findings.", counts.findings);
	one(to, "yagura_detect_damaged_batches_total", "counter",
	    "Batches that could not be unpacked any more.", counts.damaged);
	one(to, "yagura_detect_set_aside_batches_total", "counter",
	    "Batches that ended the process that looks at them, and are left out.", counts.aside);
	one(to, "yagura_detect_unlisted_findings_total", "counter",
	    "Findings over the bound of one batch.", counts.unlisted);
	one(to, "yagura_detect_judges", "gauge", "Organisations whose state is in memory.",
	    counts.judges);
	one(to, "yagura_detect_judges_bytes", "gauge", "What these states take, about.",
	    counts.bytes);
	one(to, "yagura_detect_judges_given_up_total", "counter",
	    "States written and given up for others.", counts.evicted);
	one(to, "yagura_detect_lost_states_total", "counter",
	    "States that could not be taken up again.", counts.lost_states);
	one(to, "yagura_detect_pushed_out_total", "counter",
	    "Sources, paths and groups of correlations forgotten at their limits.",
	    counts.pushed_out);
	one(to, "yagura_detect_hurried_total", "counter",
	    "Records that correlations counted before other sensors' could come, at their limits.",
	    counts.hurried);
	one(to, "yagura_detect_waiting", "gauge",
	    "Organisations in which correlations wait for records of other sensors.",
	    counts.waiting);
	one(to, "yagura_detect_reloads_total", "counter",
	    "Changed rules and indicators taken over.", counts.reloads);
}

/* ---- sensors ---- */

struct sensors {
	const struct yg_hub *hub;
	uint64_t enrolled, expired, revoked;
};

static int count_sensor(void *arg, const struct yg_enrol_sensor *sensor)
{
	struct sensors *sensors = arg;

	if (sensor->is_revoked)
		sensors->revoked++;
	else if (sensor->until_ns <= yg_hub_now(sensors->hub))
		sensors->expired++;
	else
		sensors->enrolled++;
	return YG_OK;
}

static void add_sensors(struct yg_hub *hub, struct yg_buf *to)
{
	struct sensors sensors = {.hub = hub};

	if (yg_enrol_sensor_list(hub->enrol, NULL, count_sensor, &sensors) != YG_OK)
		return; /* the store is busy: the next time */
	head(to, "yagura_sensors", "gauge",
	     "Sensors in the register, by state of their certificate.");
	yg_buf_addf(
		to,
		"yagura_sensors{state=\"enrolled\"} %llu\nyagura_sensors{state=\"expired\"} %llu\n"
		"yagura_sensors{state=\"revoked\"} %llu\n",
		(unsigned long long)sensors.enrolled, (unsigned long long)sensors.expired,
		(unsigned long long)sensors.revoked);
}

/* ---- the process ---- */

static void add_process(struct yg_buf *to)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) != 0)
		return; /* cannot fail */
	head(to, "process_cpu_seconds_total", "counter",
	     "Processor time of the process that keeps.");
	yg_buf_addf(to, "process_cpu_seconds_total %.3f\n",
		    (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
	one(to, "yagura_keeper_memory_peak_bytes", "gauge", "The most memory that the process had.",
	    (uint64_t)usage.ru_maxrss * 1024);
}

void yg_hub_metrics(struct yg_hub *hub, struct yg_buf *to)
{
	head(to, "yagura_build_info", "gauge", "Always 1; the version is in the label.");
	yg_buf_addf(to, "yagura_build_info{version=\"%s\"} 1\n", YG_VERSION);
	add_journal(yg_keep_journal(hub->keep), to);
	add_sensors(hub, to);
	one(to, "yagura_calls_waiting", "gauge", "Calls of sensors that are not answered yet.",
	    hub->call_count);
	one(to, "yagura_calls_waiting_bytes", "gauge", "What they hold.", hub->call_bytes);
	add_process(to);
}
