/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `yagura-sensor run`: collect, commit, hand over.
 *
 *   sources ──► batch being collected ──(full, or 200 ms old)──► spool ──► uplink ──► hub
 */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "sensor/commands.h"
#include "sensor/house.h"
#include "sensor/http.h"
#include "sensor/policy.h"
#include "sensor/sources.h"
#include "sensor/uplink.h"

#include "base/ban.h"

#define BATCH_AGE_NS (INT64_C(200) * 1000000) /* below YG_WIRE_BATCH_AGE_MS_MAX: a sync follows */
#define BLIND_MS     200
#define IDLE_MS	     1000
#define RETRY_MS     500
#define GRACE_MS     3000u
#define STATE_NS     (INT64_C(1000) * 1000000)

struct run {
	const struct yg_sensor_options *options;
	struct yg_clock clock;
	struct yg_home home;
	struct yg_spool *spool;
	struct yg_sources *sources;
	struct yg_house *house;
	struct yg_uplink *uplink;
	struct yg_sensor_policy *policy;
	struct yg_zone *zone;
	struct yg_collect collect;
	struct yg_buf packed;
	struct yg_buf checkpoint;
	struct yg_buf tally; /* what the batch holds, for the ledger */
	struct yg_wire_source *state;
	int64_t state_ns;
	int signal_fd;
	bool is_stuck;	     /* the last commit failed; it is tried again */
	bool is_policy_late; /* said */
	char syslog[YG_NET_TEXT_MAX];
};

static int64_t now_ns(const struct run *run)
{
	return run->clock.now_ns(run->clock.arg);
}

/* ---- commit ---- */

/* Where reading stands, of the sources and of what happens inside the house. */
static int write_checkpoint(struct run *run)
{
	int rc;

	yg_buf_reset(&run->checkpoint);
	rc = yg_house_before(run->house, now_ns(run));
	if (rc == YG_OK)
		rc = yg_sources_checkpoint(run->sources, &run->checkpoint);
	return rc == YG_OK ? yg_house_checkpoint(run->house, &run->checkpoint) : rc;
}

static int commit_batch(struct run *run)
{
	struct yg_wire_batch batch = {.first_ns = run->collect.first_ns,
				      .last_ns = run->collect.last_ns};
	int rc;

	yg_buf_reset(&run->packed);
	yg_buf_reset(&run->tally);
	rc = yg_wire_pack(yg_buf_bytes(&run->collect.content), &batch, &run->packed);
	if (rc == YG_OK)
		rc = yg_ledger_tally(yg_buf_bytes(&run->collect.content), &run->tally);
	if (rc == YG_OK)
		rc = yg_spool_commit_listed(run->spool, &batch, yg_buf_bytes(&run->packed),
					    yg_buf_bytes(&run->checkpoint),
					    yg_buf_bytes(&run->tally), now_ns(run));
	return rc;
}

/* What is collected becomes a batch on the disk; of what stays here only how far it was read. */
static int commit(struct run *run)
{
	int rc = write_checkpoint(run);

	if (rc == YG_OK)
		rc = run->collect.count > 0
			     ? commit_batch(run)
			     : yg_spool_commit_place(run->spool, yg_buf_bytes(&run->checkpoint));
	if (rc != YG_OK) {
		if (!run->is_stuck)
			yg_sensor_say(N_("the spool cannot be written: %s; reading waits until it "
					 "can"),
				      yg_sensor_tr(yg_err_text(rc)));
		run->is_stuck = true;
		return rc;
	}
	if (run->is_stuck)
		yg_sensor_say(N_("the spool can be written again"));
	run->is_stuck = false;
	yg_collect_reset(&run->collect);
	yg_house_after(run->house, now_ns(run));
	yg_uplink_wake(run->uplink);
	return YG_OK;
}

/* A wish of the hub comes in force between two batches; until the ledger has its line, it is tried.
 */
static void look_at_policy(struct run *run)
{
	int rc;

	if (run->is_stuck || !yg_sensor_policy_is_new(run->policy) ||
	    (run->collect.count > 0 && commit(run) != YG_OK))
		return;
	rc = yg_sensor_policy_enter(run->policy, run->spool, now_ns(run));
	if (rc != YG_OK && !run->is_policy_late)
		yg_sensor_say(N_("the ledger has no line for the new policy yet"));
	run->is_policy_late = rc != YG_OK;
}

static bool is_due(const struct run *run)
{
	int64_t age = now_ns(run) - run->collect.begun_ns;

	if (run->collect.count == 0)
		return yg_house_waits(run->house, now_ns(run));
	return yg_collect_is_full(&run->collect) || age >= BATCH_AGE_NS || age < 0;
}

/* Nothing is read while it could not be committed, or not be said under which policy. */
static bool is_held_up(const struct run *run)
{
	return run->is_stuck || run->is_policy_late;
}

static int wait_ms(const struct run *run, bool is_blind, bool is_more)
{
	int wait = is_blind ? BLIND_MS : IDLE_MS;
	int64_t left;

	if (is_held_up(run))
		return RETRY_MS;
	if (is_more)
		return 0;
	if (run->collect.count == 0)
		return wait < BLIND_MS || !yg_house_has_held(run->house) ? wait : BLIND_MS;
	left = (BATCH_AGE_NS - (now_ns(run) - run->collect.begun_ns)) / 1000000 + 1;
	return left < 0 ? 0 : left < wait ? (int)left : wait;
}

static void tell_state(struct run *run)
{
	int64_t now = now_ns(run);
	struct yg_wire_range range;
	char told[YG_WIRE_DETECTION_MAX + 1];

	if (now - run->state_ns < STATE_NS && now >= run->state_ns)
		return;
	run->state_ns = now;
	yg_house_tick(run->house, now);
	yg_house_range(run->house, &range);
	yg_uplink_range(run->uplink, &range);
	yg_house_detection(run->house, told);
	yg_uplink_detection(run->uplink, told);
	yg_uplink_sources(
		run->uplink, run->state,
		yg_house_state(run->house, run->state, yg_sources_state(run->sources, run->state)));
}

static int collect(struct run *run)
{
	struct pollfd fds[YG_SOURCES_FDS_MAX + 1];
	bool is_more = true;
	int rc = YG_OK;

	while (rc == YG_OK) {
		bool is_blind;
		unsigned count = yg_sources_fds(run->sources, fds + 1, &is_blind);

		fds[0] = (struct pollfd){.fd = run->signal_fd, .events = POLLIN};
		/* While the spool is stuck nothing is read: only a signal is of interest. */
		if (poll(fds, is_held_up(run) ? 1 : count + 1, wait_ms(run, is_blind, is_more)) <
			    0 &&
		    errno != EINTR)
			return yg_err_from_errno(errno);
		if (fds[0].revents)
			return YG_OK;
		look_at_policy(run);
		if (!is_held_up(run))
			rc = yg_sources_read(run->sources, now_ns(run), &run->collect, &is_more);
		if (rc == YG_OK && !is_held_up(run))
			rc = yg_house_read(run->house, now_ns(run), &run->collect, &is_more);
		if (rc == YG_OK && (run->is_stuck || is_due(run)))
			(void)!commit(run); /* said; tried again */
		if (yg_house_is_broken(run->house))
			return YG_ENOMEM; /* what breaks it, but for faults of ours */
		tell_state(run);
	}
	return rc;
}

/* ---- before and after ---- */

static void say_uplink(void *arg, const char *what, const char *detail)
{
	(void)arg;
	if (detail[0])
		yg_sensor_say("%s (%s)", yg_sensor_tr(what), yg_sensor_tr(detail));
	else
		yg_sensor_say("%s", yg_sensor_tr(what));
}

static int open_signals(struct run *run)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
		return YG_EIO;
	run->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return run->signal_fd < 0 ? yg_err_from_errno(errno) : YG_OK;
}

static int open_home(struct run *run)
{
	const char *folder = run->options->state;
	int rc = yg_home_load(&run->home, folder);

	if (rc == YG_ENOENT)
		yg_sensor_hint(N_("first: yagura-sensor enrol --hub URL --ca FILE --token T "
				  "--state DIR"),
			       N_("%s: this sensor is not enrolled"), folder);
	else if (rc != YG_OK)
		yg_sensor_say("%s: %s", folder, yg_sensor_tr(yg_err_text(rc)));
	return rc;
}

static int open_spool(struct run *run)
{
	const char *reason = NULL;
	char path[YG_HOME_PATH_MAX];
	int rc = yg_home_path(&run->home, "spool", path)
			 ? yg_spool_open(path, run->options->spool_max, &run->spool, &reason)
			 : YG_ELIMIT;

	if (rc == YG_EAGAIN)
		yg_sensor_say(N_("%s: another sensor is running on this folder"),
			      run->options->state);
	else if (rc == YG_EFORMAT)
		yg_sensor_hint(N_("nothing was changed; move the folder `spool` away to begin "
				  "anew: the logs are read again from their beginning"),
			       N_("%s: the spool cannot be used: %s"), run->options->state, reason);
	else if (rc != YG_OK)
		yg_sensor_say("%s/spool: %s", run->options->state, yg_sensor_tr(yg_err_text(rc)));
	return rc;
}

static int open_policy(struct run *run)
{
	struct yg_line_fault fault;
	char words[512];
	int rc =
		yg_sensor_policy_load(&run->home, run->options->policy, true, &run->policy, &fault);

	if (rc != YG_OK && run->policy)
		yg_sensor_hint(N_("nothing is sent before this is right; "
				  "`yagura-sensor policy check` looks at it"),
			       N_("policy %s, line %u: %s"), yg_sensor_policy_path(run->policy),
			       fault.line, yg_sensor_policy_fault(&fault, words, sizeof(words)));
	else if (rc != YG_OK)
		yg_sensor_say("%s", yg_sensor_tr(yg_err_text(rc)));
	return rc;
}

/* The record of what leaves: who sends where, under which policy; then what does. */
static int open_ledger(struct run *run)
{
	struct yg_ledger_line line = {.kind = YG_LEDGER_ENROLLED};
	struct yg_spool_attached attached;
	char path[YG_HOME_PATH_MAX];
	int rc = yg_home_path(&run->home, "ledger", path)
			 ? yg_spool_attach(run->spool, path, now_ns(run), &attached)
			 : YG_ELIMIT;

	(void)snprintf(line.sensor, sizeof(line.sensor), "%s", run->home.sensor); /* ids */
	(void)snprintf(line.organisation, sizeof(line.organisation), "%s", run->home.organisation);
	(void)snprintf(line.hub, sizeof(line.hub), "%s", run->home.hub); /* the same limit */
	memcpy(line.key, run->home.key, sizeof(line.key));
	if (rc == YG_OK && attached.is_damaged)
		yg_sensor_hint(N_("`yagura-sensor ledger verify` says where"),
			       N_("%s: the ledger is not as it was written; it goes on in a new "
				  "file"),
			       path);
	else if (rc == YG_OK && attached.is_repaired)
		yg_sensor_say(N_("%s: the ledger's end was put right from the spool"), path);
	if (rc == YG_OK)
		rc = yg_spool_note(run->spool, &line, YG_S(""), now_ns(run));
	if (rc == YG_OK)
		rc = yg_sensor_policy_enter(run->policy, run->spool, now_ns(run));
	if (rc != YG_OK)
		yg_sensor_say(N_("%s: the ledger cannot be written: %s"), path,
			      yg_sensor_tr(yg_err_text(rc)));
	return rc;
}

static int open_sources(struct run *run)
{
	const struct yg_sensor_options *options = run->options;
	struct yg_net_place bound;
	int rc = YG_OK;

	run->sources = yg_sources_new(run->zone);
	if (!run->sources)
		return YG_ENOMEM;
	yg_sources_filter(run->sources, yg_sensor_policy_filter(run->policy));
	for (size_t i = 0; i < options->follow_count && rc == YG_OK; i++) {
		rc = yg_sources_follow(run->sources, options->follows[i],
				       yg_spool_checkpoint(run->spool));
		if (rc == YG_EDUPLICATE)
			rc = YG_OK;
		if (rc != YG_OK)
			yg_sensor_say("--follow %s: %s", options->follows[i],
				      yg_sensor_tr(yg_err_text(rc)));
	}
	if (rc != YG_OK || !options->has_syslog)
		return rc;
	rc = yg_sources_receive(run->sources, &options->syslog, &bound);
	if (rc != YG_OK)
		yg_sensor_hint(N_("ports below 1024 need a right of their own; another program may "
				  "have it"),
			       N_("--syslog: this address cannot be used: %s"),
			       yg_sensor_tr(yg_err_text(rc)));
	else
		yg_net_write(&bound, run->syslog);
	return rc;
}

static int start_uplink(struct run *run)
{
	struct yg_uplink_config config = {
		.home = &run->home,
		.spool = run->spool,
		.policy = run->policy,
		.clock = run->clock,
		.version = YG_VERSION,
		.say = say_uplink,
	};
	int rc = yg_http_start();

	if (rc == YG_OK)
		rc = yg_uplink_start(&config, &run->uplink);
	if (rc != YG_OK)
		yg_sensor_say("%s", yg_sensor_tr(yg_err_text(rc)));
	return rc;
}

/* For the program that started this one. */
static int print_ready(const struct run *run)
{
	struct yg_buf line;
	int rc;

	yg_buf_init(&line, 1024);
	yg_buf_addf(&line, "{\"ready\":true,\"sensor\":\"%s\",\"syslog\":", run->home.sensor);
	if (run->syslog[0])
		yg_buf_add_json(&line, yg_bytes_str(run->syslog));
	else
		yg_buf_add_str(&line, "null");
	yg_buf_add_str(&line, "}\n");
	rc = yg_buf_error(&line);
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&line));
	yg_buf_done(&line);
	return rc == YG_EPIPE ? YG_OK : rc;
}

static int open_house(struct run *run)
{
	struct yg_house_config config = {
		.options = run->options,
		.home = &run->home,
		.zone = run->zone,
		.clock = run->clock,
		.checkpoint = yg_spool_checkpoint(run->spool),
		.policy = run->policy,
		.filter = yg_sensor_policy_filter(run->policy),
		.inventory_filter = yg_sensor_policy_filter_inventory(run->policy),
	};

	return yg_house_open(&config, &run->collect, &run->house);
}

static int open_all(struct run *run)
{
	int rc = open_home(run);

	if (rc == YG_OK)
		rc = open_policy(run);
	if (rc == YG_OK)
		rc = open_spool(run);
	if (rc == YG_OK)
		rc = open_ledger(run);
	if (rc == YG_OK) {
		rc = yg_zone_load(run->options->zone, &run->zone);
		if (rc != YG_OK)
			yg_sensor_hint(N_("give a name such as Asia/Tokyo, UTC, or an offset such "
					  "as +09:00"),
				       N_("--tz %s: there is no such time zone"),
				       run->options->zone ? run->options->zone : "?");
	}
	if (rc == YG_OK)
		rc = open_sources(run);
	if (rc == YG_OK)
		rc = open_signals(run);
	if (rc == YG_OK)
		rc = open_house(run); /* its threads have the signals blocked, too */
	if (rc == YG_OK)
		rc = start_uplink(run);
	return rc;
}

static void close_all(struct run *run)
{
	run->uplink = yg_uplink_stop(run->uplink, GRACE_MS);
	run->house = yg_house_close(run->house);
	(void)yg_sources_free(run->sources);
	(void)yg_spool_free(run->spool);
	(void)yg_sensor_policy_free(run->policy);
	(void)yg_zone_free(run->zone);
	yg_collect_done(&run->collect);
	yg_buf_done(&run->packed);
	yg_buf_done(&run->checkpoint);
	yg_buf_done(&run->tally);
	free(run->state);
	if (run->signal_fd >= 0)
		(void)close(run->signal_fd); /* nothing to lose */
}

int yg_sensor_run(const struct yg_sensor_options *options)
{
	struct run run = {.options = options, .clock = yg_clock_system(), .signal_fd = -1};
	int rc;

	yg_collect_init(&run.collect);
	yg_buf_init(&run.packed, 2 * YG_WIRE_CONTENT_MAX);
	yg_buf_init(&run.checkpoint, YG_SPOOL_CHECKPOINT_MAX);
	yg_buf_init(&run.tally, 2 * YG_LEDGER_TALLY_MAX);
	run.state = yg_calloc(YG_WIRE_SOURCES_MAX, sizeof(*run.state));
	rc = run.state ? open_all(&run) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = print_ready(&run);
	if (rc == YG_OK) {
		rc = collect(&run);
		/* What was collected is committed; what is in the logs stays there. */
		if (run.collect.count > 0 || yg_house_has_held(run.house))
			(void)!commit(&run); /* said; the logs are read again from the checkpoint */
		if (rc != YG_OK)
			yg_sensor_say(N_("the sensor cannot go on: %s"),
				      yg_sensor_tr(yg_err_text(rc)));
	}
	close_all(&run);
	return rc == YG_OK ? 0 : 2;
}
