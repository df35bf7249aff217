/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sensor does with records inside the house as a part: local detection with its state and
 * log, the local archive with its log, and the spool, around one commit as the collecting loop has
 * them (sensor/house.h). Nothing raw leaves; what is acknowledged here is a commit of three lines.
 *
 * Each commit holds one planted line in a minute of its own, so it is one finding in one bundle:
 * what left for the hub says what is missing and what is doubled. Each holds a knock for an
 * event_count rule, whose windows span all cuts and kills: it must have fired where the judge of
 * `yagura detect` fires on the same lines. And each line stands in the local archive once.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/tree.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"
#include "sensor/commands.h"
#include "sensor/local.h"
#include "sensor/spool-int.h"
#include "sensor/watch-int.h"
#include "soak.h"

#define NOW	      (INT64_C(1763712000) * YG_NS_PER_S)
#define SEGMENT_BYTES 16384u
#define BYTES_MAX     (UINT64_C(1) << 40)
#define LINES	      3u /* of a commit: nothing, a knock and a planted one, each time turned */
#define ORG	      "org"
#define PLANTED	      "6b6b6b6b-0000-4000-8000-000000000001"
#define COUNTED	      "6b6b6b6b-0000-4000-8000-000000000003"

static const char rules_text[] =
	"title: Planted\nid: " PLANTED "\n"
	"logsource: {product: linux, service: sshd}\n"
	"detection:\n  sel: {message|contains: 'planted'}\n"
	"  condition: sel\nlevel: high\n"
	"---\n"
	"title: Knock\nid: 6b6b6b6b-0000-4000-8000-000000000002\nname: knock\n"
	"logsource: {product: linux, service: sshd}\n"
	"detection:\n  sel: {message|contains: 'knock'}\n"
	"  condition: sel\nlevel: low\n"
	"---\n"
	"title: Five knocks\nid: " COUNTED "\ncorrelation:\n"
	"  type: event_count\n  rules: [knock]\n  group-by: [hostname]\n"
	"  timespan: 5m\n  condition: {gte: 5}\nlevel: high\n";

struct part {
	struct soak_world *world;
	struct yg_home home;
	struct yg_sensor_policy *policy;
	struct yg_zone *zone;
	struct yg_names *names;
	struct yg_spool *spool;
	struct yg_local *local;
	struct yg_watch *watch;
	struct yg_collect collect;
	struct yg_lines_tap tap;
};

/* ---- lines ---- */

static void add_lines(unsigned sender, uint64_t sequence, struct yg_buf *to)
{
	static const char *const words[LINES] = {"nothing of note", "a knock", "a planted line"};
	char iso[YG_ISO_SIZE];

	(void)yg_time_iso(NOW + (int64_t)sequence * 60 * YG_NS_PER_S, 0, iso);
	for (unsigned i = 0; i < LINES; i++)
		yg_buf_addf(to, "%s box%u sshd[7]: %s %" PRIu64 "\n", iso, sender,
			    words[(sequence + i) % LINES], sequence);
}

/* Of a line of its file: which commit it was in. */
static uint64_t sequence_of(uint64_t position)
{
	return (position + LINES - 1) / LINES;
}

static size_t tap_take(void *arg, struct yg_event *event, struct yg_bytes source)
{
	struct part *p = arg;

	if (p->local)
		yg_local_take(p->local, event, source);
	return yg_watch_take(p->watch, event, source, p->world->now_ns);
}

static void tap_undo(void *arg)
{
	struct part *p = arg;

	if (p->local)
		yg_local_undo(p->local);
	yg_watch_undo(p->watch);
}

/* The lines of one commit, as if they had just been read. */
static void read_lines(struct part *p, unsigned sender, uint64_t sequence)
{
	struct yg_lines_text now = {.is_end = true,
				    .take_all = true,
				    .lines_before = (sequence - 1) * LINES,
				    .now_ns = p->world->now_ns};
	struct yg_lines *lines;
	struct yg_buf text;
	uint64_t feeds;
	char source[8];
	size_t size;

	(void)snprintf(source, sizeof(source), "log%u", sender);
	yg_buf_init(&text, 4096);
	add_lines(sender, sequence, &text);
	now.text.size = text.size;
	(void)!yg_buf_reserve(&text, YG_LINES_PADDING);
	now.text.data = text.data;
	lines = yg_lines_new(source, p->zone, p->names, yg_sensor_policy_filter(p->policy));
	if (!lines || yg_lines_take(lines, &now, &p->collect, &size, &feeds) != YG_OK ||
	    size != now.text.size)
		give_up("lines were not taken");
	(void)yg_lines_free(lines);
	yg_buf_done(&text);
}

/* ---- a commit ---- */

static void checkpoint_of(struct part *p, unsigned sender, uint64_t sequence, struct yg_buf *to)
{
	yg_buf_add_str(to, "{\"at\":[");
	for (unsigned i = 0; i < SOAK_SENDERS; i++)
		yg_buf_addf(to, "%s%" PRIu64, i ? "," : "",
			    i == sender ? sequence : p->world->senders[i].sent);
	yg_buf_addf(to, "],\"archive\":%" PRIu64 ",\"detect\":%" PRIu64 "}",
		    yg_local_number(p->local), yg_watch_number(p->watch));
}

static void commit(struct part *p, unsigned sender, uint64_t sequence)
{
	struct yg_wire_batch batch = {.first_ns = YG_TIME_NONE, .last_ns = YG_TIME_NONE};
	struct yg_buf packed, checkpoint;
	int rc;

	yg_buf_init(&packed, 1u << 20);
	yg_buf_init(&checkpoint, 4096);
	read_lines(p, sender, sequence);
	rc = yg_watch_before(p->watch, p->world->now_ns, &p->collect);
	if (rc == YG_OK)
		yg_local_before(p->local, p->world->now_ns);
	checkpoint_of(p, sender, sequence, &checkpoint);
	if (rc == YG_OK)
		rc = yg_wire_pack(yg_buf_bytes(&p->collect.content), &batch, &packed);
	if (rc == YG_OK)
		rc = yg_spool_commit(p->spool, &batch, yg_buf_bytes(&packed),
				     yg_buf_bytes(&checkpoint), p->world->now_ns);
	if (rc != YG_OK)
		give_up("a commit was not taken: %s", yg_err_text(rc));
	soak_acked(p->world, sender, sequence);
	yg_local_after(p->local, p->world->now_ns);
	yg_watch_after(p->watch);
	yg_collect_reset(&p->collect);
	yg_buf_done(&packed);
	yg_buf_done(&checkpoint);
}

static void commit_next(struct part *p, unsigned sender)
{
	struct soak_sender *s = &p->world->senders[sender];

	if (s->sent == s->created && ++s->created > SOAK_BATCHES)
		give_up("too many batches in one generation");
	if (!soak_is_dropped(p->world, sender, s->sent + 1))
		commit(p, sender, s->sent + 1);
	s->sent++;
}

static void pass_time(struct part *p, int64_t seconds)
{
	p->world->now_ns += seconds * YG_NS_PER_S;
	yg_local_tick(p->local, p->world->now_ns);
	yg_watch_tick(p->watch);
}

static void part_step(void *arg, uint64_t *random)
{
	struct part *p = arg;
	uint64_t what = random_below(random, 32);

	if (what < 24)
		commit_next(p, (unsigned)random_below(random, SOAK_SENDERS));
	else if (what < 29)
		pass_time(p, 1 + (int64_t)random_below(random, 90));
	else if (what < 31)
		(void)!yg_watch_save(p->watch); /* as it is when the log is full */
	else
		pass_time(p, 3600);
}

/* ---- starting and ending ---- */

static void part_close(void *arg)
{
	struct part *p = arg;

	if (!p)
		return;
	(void)yg_watch_close(p->watch);
	(void)yg_local_close(p->local, p->world->now_ns);
	(void)yg_spool_free(p->spool);
	yg_collect_done(&p->collect);
	(void)yg_sensor_policy_free(p->policy);
	(void)yg_zone_free(p->zone);
	(void)yg_names_free(p->names);
	free(p);
}

/* Beside the folder whose disk is cut: what a person wrote is not under test. */
static int write_policy(const char *folder, char path[320])
{
	const char *end = strrchr(folder, '/');
	int size = (int)(end ? end - folder : 0);
	char rules[320], text[600];
	struct stat st;

	(void)snprintf(path, 320, "%.*s/policy.yaml", size, folder);
	(void)snprintf(rules, sizeof(rules), "%.*s/rules.yml", size, folder);
	if (stat(path, &st) == 0)
		return YG_OK; /* of the world before */
	(void)snprintf(text, sizeof(text),
		       "version: 1\nraw: false\ndetect:\n  built_in: false\n  rules: [%s]\n",
		       rules);
	if (yg_io_write_to(rules, yg_bytes_str(rules_text), 0600) != YG_OK)
		return YG_EIO;
	return yg_io_write_to(path, yg_bytes_str(text), 0600);
}

/* Where each source stands, as the checkpoint has it. */
static void read_checkpoint(struct part *p, uint64_t *ret_archive, uint64_t *ret_detect)
{
	struct yg_bytes text = yg_spool_checkpoint(p->spool);
	struct yg_fault fault;
	json_t *object = NULL;

	*ret_archive = *ret_detect = 0;
	for (unsigned i = 0; i < SOAK_SENDERS; i++)
		p->world->senders[i].sent = 0;
	if (text.size == 0)
		return;
	if (yg_json_load(text, text.size, &object, &fault) != YG_OK)
		give_up("the checkpoint cannot be read");
	for (unsigned i = 0; i < SOAK_SENDERS; i++)
		p->world->senders[i].sent = (uint64_t)json_integer_value(
			json_array_get(json_object_get(object, "at"), i));
	*ret_archive = (uint64_t)yg_json_int(object, "archive", 0);
	*ret_detect = (uint64_t)yg_json_int(object, "detect", 0);
	json_decref(object);
}

static int open_policy(struct part *p, const char *folder)
{
	struct yg_line_fault fault;
	char path[320];
	int rc = write_policy(folder, path);

	if (rc == YG_OK)
		rc = yg_home_make(&p->home, folder);
	if (rc == YG_OK)
		rc = yg_sensor_policy_load(&p->home, path, true, &p->policy, &fault);
	if (rc == YG_OK)
		rc = yg_zone_load("UTC", &p->zone);
	p->names = yg_names_new();
	return rc == YG_OK && !p->names ? YG_ENOMEM : rc;
}

static int open_local(struct part *p, uint64_t number)
{
	struct yg_local_config config = {.state = p->home.folder,
					 .org = ORG,
					 .bytes_max = YG_LOCAL_BYTES_DEFAULT,
					 .days = YG_LOCAL_DAYS_DEFAULT,
					 .now_ns = p->world->now_ns,
					 .number = number,
					 .say = yg_sensor_say,
					 .tr = yg_sensor_tr};

	return yg_local_open(&config, &p->local);
}

static int open_all(struct part *p, const char *folder, const char **reason)
{
	uint64_t number;
	struct yg_watch_config watch = {.home = &p->home};
	char path[300];
	int rc = open_policy(p, folder);

	(void)snprintf(path, sizeof(path), "%.200s/spool", folder);
	*reason = "policy";
	if (rc == YG_OK)
		rc = yg_spool_open(path, BYTES_MAX, &p->spool, reason);
	if (rc != YG_OK)
		return rc;
	p->spool->segment_max = SEGMENT_BYTES;
	read_checkpoint(p, &number, &watch.number);
	watch.policy = p->policy;
	watch.zone = p->zone;
	*reason = "local archive";
	rc = open_local(p, number);
	if (rc == YG_OK) {
		*reason = "detection";
		rc = yg_watch_open(&watch, &p->watch);
	}
	return rc;
}

static void *part_open(struct soak_world *world, const char *folder, struct soak_tally *tally)
{
	struct part *p = calloc(1, sizeof(*p));
	const char *reason = NULL;
	int rc;

	if (!p)
		give_up("out of memory");
	p->world = world;
	/* In the hour of the life before, whose file is gone on with, or in another. */
	world->now_ns = world->now_ns ? world->now_ns : NOW;
	world->now_ns += (world->now_ns / YG_NS_PER_S % 3 ? 1 : 3600) * YG_NS_PER_S;
	yg_collect_init(&p->collect);
	p->tap = (struct yg_lines_tap){tap_take, tap_undo, p};
	p->collect.tap = &p->tap;
	rc = open_all(p, folder, &reason);
	if (rc != YG_OK) {
		soak_wrong(tally, "does not open: %s, %s", yg_err_text(rc), reason ? reason : "");
		part_close(p);
		return NULL;
	}
	return p;
}

/* In the next hour a new beginning closes all that is there. */
static void part_digest(void *arg)
{
	struct part *p = arg;
	uint64_t number = yg_local_number(p->local);

	pass_time(p, 3600);
	(void)yg_local_close(p->local, p->world->now_ns);
	p->local = NULL;
	if (open_local(p, number) != YG_OK)
		give_up("the local archive does not open");
}

static void part_settle(void *arg)
{
	struct part *p = arg;

	for (unsigned i = 0; i < SOAK_SENDERS; i++)
		while (p->world->senders[i].sent < p->world->senders[i].created)
			commit_next(p, i);
	part_digest(p);
}

static void part_run(void *arg, uint64_t batches)
{
	struct part *p = arg;

	for (uint64_t n = 0; batches == 0 || n < batches; n++) {
		for (unsigned i = 0; i < SOAK_SENDERS; i++)
			commit_next(p, i);
		if (n % 16 == 7)
			pass_time(p, 61);
		if (n % 64 == 33)
			(void)!yg_watch_save(p->watch);
	}
}

/* ---- looking at what is there ---- */

struct look {
	struct soak_world *world;
	struct soak_tally *tally;
	uint8_t *fired[SOAK_SENDERS];  /* by sequence: left for the hub */
	uint8_t *wanted[SOAK_SENDERS]; /* the same, in one go */
	uint8_t *lines[SOAK_SENDERS];  /* by position: how often it is in the local archive */
};

/* "logN" and a position that was given out. */
static bool read_place(const struct look *look, struct yg_bytes source, uint64_t position,
		       unsigned *ret_sender)
{
	uint64_t sender = SOAK_SENDERS;

	if (!yg_bytes_starts(source, YG_S("log")) ||
	    !yg_bytes_u64(yg_bytes_from(source, 3), &sender) || sender >= SOAK_SENDERS ||
	    position == 0 || sequence_of(position) > look->world->senders[sender].created)
		return false;
	*ret_sender = (unsigned)sender;
	return true;
}

static void more(uint8_t *to, uint64_t count)
{
	*to = (uint8_t)(*to + count > UINT8_MAX ? UINT8_MAX : *to + count);
}

static void look_at_finding(struct look *look, const json_t *record)
{
	const json_t *fields = json_object_get(record, "fields");
	struct yg_bytes rule = yg_json_text(fields, "rule");
	uint64_t position = (uint64_t)yg_json_int(record, "position", 0);
	uint64_t count = (uint64_t)yg_json_int(fields, "count", 0);
	unsigned sender;

	if (!read_place(look, yg_json_text(record, "source"), position, &sender))
		soak_wrong(look->tally, "a finding in nobody's line");
	else if (yg_bytes_eq(rule, YG_S(PLANTED)))
		more(&look->tally->times[sender][sequence_of(position)], count);
	else if (yg_bytes_eq(rule, YG_S(COUNTED)))
		more(&look->fired[sender][sequence_of(position)], count);
	else
		soak_wrong(look->tally, "a finding of rule %.*s", YG_FMT(rule));
}

/* What left: a batch of the spool. */
static void look_at_batch(struct look *look, struct yg_bytes content)
{
	while (content.size > 0) {
		size_t end = yg_bytes_chr(content, '\n');
		struct yg_bytes line = yg_bytes_cut(content, 0, end);
		struct yg_fault fault;
		json_t *record = NULL;

		if (yg_json_load(line, line.size, &record, &fault) != YG_OK)
			soak_wrong(look->tally, "a record that cannot be read");
		else if (!yg_bytes_eq(yg_json_text(record, "format"), YG_S("yagura-finding")))
			soak_wrong(look->tally, "something raw left");
		else
			look_at_finding(look, record);
		json_decref(record);
		content = yg_bytes_from(content, end < content.size ? end + 1 : content.size);
	}
}

static void look_at_spool(struct look *look, const char *folder)
{
	int rc = YG_OK;

	for (uint64_t n = 1; rc == YG_OK; n++) {
		struct yg_wire_batch batch;
		struct yg_buf content;

		yg_buf_init(&content, YG_WIRE_CONTENT_MAX);
		rc = yg_spool_peek_batch(folder, n, &batch, &content);
		if (rc == YG_OK)
			look_at_batch(look, yg_buf_bytes(&content));
		yg_buf_done(&content);
	}
	if (rc != YG_EEND)
		soak_wrong(look->tally, "the spool: %s", yg_err_text(rc));
}

/* ---- the local archive ---- */

static int look_at_text(void *arg, const struct yg_archive_frame *frame, struct yg_bytes text)
{
	struct look *look = arg;

	(void)frame;
	while (text.size > 0) {
		size_t end = yg_bytes_chr(text, '\n') + 1; /* whole lines: checked */
		struct yg_fault fault;
		json_t *record = NULL;
		uint64_t position;
		unsigned sender;

		if (yg_json_load(yg_bytes_cut(text, 0, end), end, &record, &fault) != YG_OK)
			soak_wrong(look->tally, "a line of the local archive that is none");
		position = (uint64_t)yg_json_int(record, "position", 0);
		if (yg_bytes_eq(yg_json_text(record, "format"), YG_S("yagura-finding")))
			; /* what was found stands there, too */
		else if (!read_place(look, yg_json_text(record, "source"), position, &sender))
			soak_wrong(look->tally, "the local archive has nobody's line");
		else
			more(&look->lines[sender][position], 1);
		json_decref(record);
		text = yg_bytes_from(text, end);
	}
	return YG_OK;
}

static void note(void *arg, const struct yg_archive_note *note)
{
	const struct look *look = arg;

	soak_wrong(look->tally, "%s: byte %" PRIu64 ": %s", note->path, note->at, note->words);
}

static int look_at_file(void *arg, const struct yg_archive_entry *entry)
{
	struct yg_archive_check check;
	struct look *look = arg;
	int rc = yg_archive_verify(entry->path, &check, note, look_at_text, look);

	if (rc != YG_OK || entry->is_open || !check.is_sealed)
		soak_wrong(look->tally, "%s: not closed, or %s", entry->path, yg_err_text(rc));
	return YG_OK;
}

static void check_archive(struct look *look, const char *dir)
{
	int rc = yg_archive_walk(dir, NULL, look_at_file, look);

	if (rc != YG_OK && rc != YG_ENOENT)
		soak_wrong(look->tally, "the local archive: %s", yg_err_text(rc));
	for (unsigned i = 0; i < SOAK_SENDERS; i++)
		for (uint64_t q = 1; q <= look->world->senders[i].created; q++)
			for (unsigned k = 1; k <= LINES; k++) {
				unsigned times = look->lines[i][(q - 1) * LINES + k];

				if (times != (look->tally->times[i][q] > 0))
					soak_wrong(look->tally,
						   "log%u, commit %" PRIu64
						   ": a line is in the local archive %u times",
						   i, q, times);
			}
}

/* ---- the same in one go ---- */

static int note_wanted(void *arg, const struct yg_finding *f)
{
	struct look *look = arg;
	unsigned sender;

	if (yg_bytes_eq(f->rule->id, YG_S(COUNTED)) &&
	    read_place(look, f->source, f->position, &sender))
		more(&look->wanted[sender][sequence_of(f->position)], 1);
	return YG_OK;
}

static int ignore_update(void *arg, const struct yg_finding_update *update)
{
	(void)arg;
	(void)update;
	return YG_OK;
}

/* All that was committed, sender by sender, as traces; and a judge that has seen nothing yet. */
static void judge_all(struct look *look, const char *folder)
{
	const struct yg_judge_out out = {
		.finding = note_wanted, .update = ignore_update, .arg = look};
	struct part p = {.world = look->world};
	struct yg_watch_config config = {.home = &p.home};
	struct yg_judge *judge = NULL;
	char scratch[320];
	int rc;

	(void)snprintf(scratch, sizeof(scratch), "%.200s-reference", folder);
	folder_remove(scratch);
	folder_make(scratch);
	yg_collect_init(&p.collect);
	p.tap = (struct yg_lines_tap){tap_take, tap_undo, &p};
	p.collect.tap = &p.tap;
	rc = open_policy(&p, scratch);
	config.policy = p.policy;
	config.zone = p.zone;
	if (rc == YG_OK)
		rc = yg_watch_open(&config, &p.watch);
	for (unsigned i = 0; rc == YG_OK && i < SOAK_SENDERS; i++)
		for (uint64_t q = 1; q <= look->world->senders[i].created; q++)
			if (look->tally->times[i][q] > 0)
				read_lines(&p, i, q);
	if (rc == YG_OK)
		judge = yg_judge_new(p.watch->set->engine, NULL, &out);
	if (!judge)
		give_up("the lines cannot be judged in one go: %s", yg_err_text(rc));
	yg_judge_source(judge, YG_S(""));
	for (uint32_t i = 0; rc == YG_OK && i < p.watch->count; i++)
		rc = yg_judge_take(judge, &p.watch->traces[i]);
	if (rc != YG_OK)
		give_up("the lines cannot be judged in one go: %s", yg_err_text(rc));
	(void)yg_judge_free(judge);
	p.watch->is_broken = true; /* nothing of it is kept */
	(void)yg_watch_close(p.watch);
	yg_collect_done(&p.collect);
	(void)yg_sensor_policy_free(p.policy);
	(void)yg_zone_free(p.zone);
	(void)yg_names_free(p.names);
	folder_remove(scratch);
}

static void part_check(struct soak_world *world, const char *folder, struct soak_tally *tally)
{
	struct look look = {.world = world, .tally = tally};
	char path[300];

	for (unsigned i = 0; i < SOAK_SENDERS; i++) {
		look.fired[i] = calloc(world->senders[i].created + 2, 1);
		look.wanted[i] = calloc(world->senders[i].created + 2, 1);
		look.lines[i] = calloc((world->senders[i].created + 1) * LINES + 1, 1);
		if (!look.fired[i] || !look.wanted[i] || !look.lines[i])
			give_up("out of memory");
	}
	(void)snprintf(path, sizeof(path), "%.200s/spool", folder);
	look_at_spool(&look, path);
	(void)snprintf(path, sizeof(path), "%.200s/archive", folder);
	check_archive(&look, path);
	judge_all(&look, folder);
	for (unsigned i = 0; i < SOAK_SENDERS; i++) {
		for (uint64_t q = 1; q <= world->senders[i].created; q++)
			if (look.fired[i][q] != look.wanted[i][q])
				soak_wrong(tally,
					   "log%u, commit %" PRIu64
					   ": the count fired %u times, in one go %u",
					   i, q, look.fired[i][q], look.wanted[i][q]);
		free(look.fired[i]);
		free(look.wanted[i]);
		free(look.lines[i]);
	}
}

const struct soak_part soak_house = {
	.name = "house",
	.is_talkative = true,
	.lies = RECORD_LIE_SEGMENT | RECORD_LIE_REPLACE | RECORD_LIE_FOLDER | RECORD_LIE_ARCHIVE |
		RECORD_LIE_LOG,
	.open = part_open,
	.step = part_step,
	.run = part_run,
	.settle = part_settle,
	.digest = part_digest,
	.close = part_close,
	.check = part_check,
};
