/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "sensor/local.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/disk.h"
#include "base/io.h"
#include "base/json.h"
#include "base/tr.h"
#include "model/record.h"
#include "sensor/local-int.h"

#include "base/ban.h"

#define PENDING_MAX  (64u << 20)
#define PENDING_KEPT (2u << 20) /* memory that stays */
#define STATE_MAX    65536u
#define RAW_KEPT     (YG_ARCHIVE_RECORD_MAX / 8) /* escaped at worst six times as long */
#define NUMBER_SHIFT 20 /* a fresh beginning is above every number that was given out before */
#define PARTS_OF_MAX                                                                               \
	16 /* a file is closed at this part of the bound, so that whole files can go               \
	    */

struct yg_local {
	struct yg_local_config config;
	char dir[YG_ARCHIVE_PATH_MAX];
	char log[YG_ARCHIVE_PATH_MAX];
	struct yg_local_describer *describer;
	struct yg_archive_writer *writer; /* NULL: is_behind */
	int64_t hour_ns;		  /* that the writer has a file of; YG_TIME_NONE: none */
	bool is_behind;			  /* the log has lines that the archive lacks */
	bool is_started;		  /* numbers are known */
	bool is_opened;			  /* what was known before is read */
	int64_t retry_ns;
	int64_t synced_ns;
	bool has_unsynced;

	struct yg_buf pending; /* lines of the batch that is being collected */
	uint32_t count;
	size_t last; /* where the last line begins */
	int64_t pending_ns;
	bool is_logged; /* they stand in the log */
	bool is_lost;	/* they could not be put there */
	uint64_t next;	/* number of the first of them */

	struct yg_buf out;
	int log_fd;
	uint64_t log_size;

	bool is_short; /* of room: nothing more is written */
	bool is_said;
	int64_t began_ns;
	int64_t until_ns;
	struct yg_wire_range range;
};

/* ---- the range ---- */

static void add_gap(struct yg_local *l, const char *why, int64_t from_ns, int64_t to_ns)
{
	struct yg_wire_range *r = &l->range;
	struct yg_wire_gap *last = r->gap_count ? &r->gaps[r->gap_count - 1] : NULL;

	if (last && strcmp(last->why, why) == 0 && from_ns <= last->to_ns + YG_LOCAL_SYNC_NS) {
		last->to_ns = to_ns > last->to_ns ? to_ns : last->to_ns;
		return;
	}
	if (r->gap_count == YG_WIRE_GAPS_MAX) { /* rather too much of a gap than too little */
		r->gaps[0].to_ns = r->gaps[1].to_ns;
		memmove(&r->gaps[1], &r->gaps[2], (YG_WIRE_GAPS_MAX - 2) * sizeof(r->gaps[0]));
		r->gap_count--;
	}
	last = &r->gaps[r->gap_count++];
	*last = (struct yg_wire_gap){.from_ns = from_ns, .to_ns = to_ns};
	(void)snprintf(last->why, sizeof(last->why), "%s", why); /* short */
}

static void write_state(struct yg_local *l)
{
	struct yg_wire_range range = l->range;
	char path[YG_ARCHIVE_PATH_MAX];
	struct yg_buf text;
	int rc;

	range.is_kept = true;
	range.from_ns = l->began_ns;
	range.to_ns = l->until_ns;
	range.bytes_max = l->config.bytes_max;
	range.error[0] = '\0';
	yg_buf_init(&text, STATE_MAX);
	yg_wire_range_write(&range, &text);
	yg_buf_add_byte(&text, '\n');
	rc = yg_buf_error(&text);
	if (rc == YG_OK && yg_local_path(l->config.state, "archive.json", path))
		rc = yg_io_replace(path, yg_buf_bytes(&text), 0600);
	(void)rc; /* an older one says less: more of the time counts as a gap */
	yg_buf_done(&text);
}

int yg_local_range_read(const char *state, struct yg_wire_range *ret)
{
	char path[YG_ARCHIVE_PATH_MAX];
	struct yg_wire_fault wrong;
	struct yg_fault fault;
	uint8_t *bytes = NULL;
	json_t *object = NULL;
	size_t size = 0;
	int rc = yg_local_path(state, "archive.json", path)
			 ? yg_io_read_file(path, STATE_MAX, &bytes, &size)
			 : YG_ELIMIT;

	if (rc == YG_OK)
		rc = yg_json_load((struct yg_bytes){bytes, size}, STATE_MAX, &object, &fault);
	if (rc == YG_OK)
		rc = yg_wire_range_read(object, ret, &wrong);
	json_decref(object);
	free(bytes);
	return rc;
}

static int read_state(struct yg_local *l)
{
	int rc = yg_local_range_read(l->config.state, &l->range);

	l->began_ns = l->range.from_ns;
	l->until_ns = l->range.to_ns;
	if (rc != YG_OK || !l->range.is_kept || l->began_ns == YG_TIME_NONE ||
	    l->until_ns == YG_TIME_NONE || l->until_ns > l->config.now_ns) {
		l->range = (struct yg_wire_range){0};
		l->began_ns = l->config.now_ns;
		l->until_ns = l->config.now_ns;
	} else if (l->config.now_ns - l->until_ns > YG_LOCAL_STOPPED_NS) {
		add_gap(l, "stopped", l->until_ns, l->config.now_ns);
	}
	return rc == YG_ENOMEM ? rc : YG_OK;
}

/* ---- trouble ---- */

static void say_trouble(struct yg_local *l, const char *words)
{
	(void)snprintf(l->range.error, sizeof(l->range.error), "%s",
		       words); /* cut where too long */
	if (!l->is_said)
		l->config.say(N_("the local archive cannot be written: %s; collecting goes on, and "
				 "it is tried again"),
			      l->config.tr(words));
	l->is_said = true;
}

static void say_well(struct yg_local *l)
{
	if (l->is_said)
		l->config.say(N_("the local archive is being written again"));
	l->is_said = false;
	l->range.error[0] = '\0';
}

/* The archive failed: its lines stay in the log. */
static void fall_behind(struct yg_local *l, int rc, int64_t now_ns)
{
	l->writer = yg_archive_writer_free(l->writer);
	l->hour_ns = YG_TIME_NONE;
	l->is_behind = true;
	l->retry_ns = now_ns;
	say_trouble(l, yg_err_text(rc));
}

/* ---- the log ---- */

static int open_log(struct yg_local *l)
{
	struct stat st;
	int rc = yg_disk_open(l->log, YG_DISK_CREATE, 0600, &l->log_fd);

	if (rc != YG_OK) {
		l->log_fd = -1;
		return rc;
	}
	if (fstat(l->log_fd, &st) != 0)
		return yg_err_from_errno(errno);
	l->log_size = (uint64_t)st.st_size;
	return st.st_size == 0 ? yg_disk_sync_folder_of(l->log) : YG_OK;
}

/* Its name is on the disk before anything in it counts: the writer syncs no further up than here.
 */
static int make_folder(struct yg_local *l)
{
	int rc = yg_disk_mkdir(l->dir, 0700);

	return rc == YG_OK ? yg_disk_sync_folder_of(l->dir) : rc;
}

static void cut_log(struct yg_local *l, uint64_t size)
{
	if (yg_disk_truncate(l->log_fd, size) == YG_OK)
		l->log_size = size;
	/* else what stands there is in the archive already, which is looked at before */
}

static int append_log(struct yg_local *l)
{
	struct yg_local_entry entry = {
		.first = l->next,
		.count = l->count,
		.arrived_ns = l->pending_ns,
		.lines = yg_buf_bytes(&l->pending),
	};
	int rc = l->log_fd < 0 ? open_log(l) : YG_OK;

	yg_buf_reset(&l->out);
	yg_local_entry_write(&entry, &l->out);
	if (rc == YG_OK)
		rc = yg_buf_error(&l->out);
	if (rc == YG_OK && l->log_size + l->out.size > YG_LOCAL_LOG_MAX && l->log_size > 0)
		rc = YG_ELIMIT;
	if (rc == YG_OK)
		rc = yg_disk_write(l->log_fd, yg_buf_bytes(&l->out), l->log_size);
	if (rc == YG_OK)
		rc = yg_disk_sync(l->log_fd);
	if (rc == YG_OK)
		l->log_size += l->out.size;
	else if (l->log_fd >= 0)
		cut_log(l, l->log_size);
	return rc;
}

/* ---- the archive ---- */

static int64_t hour_of(int64_t time_ns)
{
	return time_ns - time_ns % YG_ARCHIVE_HOUR_NS;
}

static int append_lines(struct yg_local *l, const struct yg_local_entry *entry, uint64_t from)
{
	struct yg_bytes text = entry->lines;
	uint64_t number = entry->first;
	int rc = YG_OK;

	for (; rc == YG_OK && text.size > 0; number++) {
		size_t size = yg_bytes_chr(text, '\n') + 1; /* whole lines: ours, or checked */

		if (number >= from)
			rc = yg_archive_append(l->writer, yg_bytes_cut(text, 0, size),
					       entry->arrived_ns, number);
		text = yg_bytes_from(text, size);
	}
	l->hour_ns = hour_of(entry->arrived_ns);
	l->has_unsynced = true;
	return rc;
}

static int new_writer(struct yg_local *l)
{
	struct yg_archive_writer_opts opts = {l->dir, l->config.org, yg_local_describe,
					      l->describer};

	if (!l->writer)
		l->writer = yg_archive_writer_new(&opts);
	return l->writer ? YG_OK : YG_ENOMEM;
}

static int sync_archive(struct yg_local *l, int64_t now_ns)
{
	int rc = l->writer && l->has_unsynced ? yg_archive_sync(l->writer) : YG_OK;

	l->synced_ns = now_ns;
	if (rc != YG_OK) {
		fall_behind(l, rc, now_ns);
		return rc;
	}
	if (!l->is_behind && l->log_fd >= 0 && l->log_size > 0)
		cut_log(l, 0);
	l->has_unsynced = false;
	return YG_OK;
}

/* Lines of the log that were committed, as far as the archive lacks them. */
static int replay(struct yg_local *l, struct yg_bytes text, int64_t now_ns)
{
	/* Where no checkpoint ever had a number, nothing was committed: all of it comes again. */
	uint64_t committed = l->is_started || l->config.number > 0 ? l->next : 0;
	struct yg_local_entry entry;
	uint64_t end = 0;
	int rc = YG_OK;

	/* A spool that is older than the archive (put back, or begun anew): numbers are used up. */
	if (!l->is_started)
		rc = yg_local_end(l->dir, l->config.org, now_ns, &end);
	if (rc == YG_OK && end > l->next)
		l->next = end;
	while (rc == YG_OK && yg_local_entry_next(&text, &entry)) {
		if (entry.first + entry.count > committed)
			continue; /* comes again from its source */
		rc = yg_local_end(l->dir, l->config.org, entry.arrived_ns, &end);
		/* Its lines may be there and not on the disk: who was killed had them from the
		 * system. Files of earlier hours were closed, and so synced, before. */
		if (rc == YG_OK && end >= entry.first + entry.count &&
		    hour_of(entry.arrived_ns) >= hour_of(now_ns))
			rc = yg_archive_writer_begin(l->writer, entry.arrived_ns);
		if (rc == YG_OK)
			rc = append_lines(l, &entry, end);
	}
	return rc;
}

/* Catch up from the log: at the beginning, and after trouble. */
static void catch_up(struct yg_local *l, int64_t now_ns)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = make_folder(l);

	l->retry_ns = now_ns;
	if (rc == YG_OK)
		rc = new_writer(l);
	if (rc == YG_OK)
		rc = yg_local_repair(l->dir, l->config.org, hour_of(now_ns), l->describer);
	if (rc == YG_OK)
		rc = yg_io_read_file(l->log, 2 * YG_LOCAL_LOG_MAX + PENDING_MAX, &bytes, &size);
	if (rc == YG_OK)
		rc = replay(l, (struct yg_bytes){bytes, size}, now_ns);
	if (rc == YG_ENOENT)
		rc = YG_OK;
	free(bytes);
	if (rc != YG_OK) {
		fall_behind(l, rc, now_ns);
		return;
	}
	l->is_behind = false;
	if (sync_archive(l, now_ns) == YG_OK && l->log_size == 0)
		say_well(l);
	l->is_started = true;
}

/* ---- bounds ---- */

static void hold_bounds(struct yg_local *l, int64_t now_ns)
{
	int64_t before_ns = now_ns - (int64_t)l->config.days * 86400 * YG_NS_PER_S;
	uint64_t lacking = yg_local_lacking(l->config.state);
	uint64_t bytes_max = l->config.bytes_max;
	int64_t oldest_ns = YG_TIME_NONE;
	uint64_t bytes = 0;
	uint64_t gone = 0;
	int rc = yg_local_measure(l->dir, l->config.org, &bytes, &oldest_ns);

	if (lacking > 0 && (bytes < lacking || bytes - lacking < bytes_max))
		bytes_max = bytes < lacking ? 0 : bytes - lacking;
	if (rc == YG_OK)
		rc = yg_local_shorten(l->dir, l->config.org, before_ns, bytes_max, &gone);
	if (rc == YG_OK && gone > 0)
		rc = yg_local_measure(l->dir, l->config.org, &bytes, &oldest_ns);
	if (rc != YG_OK) {
		say_trouble(l, yg_err_text(rc));
		return;
	}
	if (gone > 0)
		l->config.say(N_("local archive: %llu of the oldest files went, to stay within its "
				 "bounds"),
			      (unsigned long long)gone);
	/* What is left is what is still being written. */
	l->is_short = yg_local_lacking(l->config.state) > 0;
	if (l->is_short)
		say_trouble(l, N_("there is too little free space"));
	l->range.bytes = bytes;
	if (oldest_ns != YG_TIME_NONE && oldest_ns > l->began_ns)
		l->began_ns = oldest_ns; /* earlier hours went */
	while (l->range.gap_count > 0 && l->range.gaps[0].to_ns <= l->began_ns) {
		l->range.gap_count--;
		memmove(&l->range.gaps[0], &l->range.gaps[1],
			l->range.gap_count * sizeof(l->range.gaps[0]));
	}
}

static bool is_part_full(const struct yg_local *l)
{
	const char *path = l->writer ? yg_archive_writer_path(l->writer) : NULL;
	struct stat st;

	return path && stat(path, &st) == 0 &&
	       (uint64_t)st.st_size > l->config.bytes_max / PARTS_OF_MAX;
}

static void seal(struct yg_local *l, int64_t now_ns)
{
	int rc = sync_archive(l, now_ns);

	if (rc == YG_OK && l->writer)
		rc = yg_archive_seal(l->writer);
	if (rc != YG_OK && l->writer)
		fall_behind(l, rc, now_ns);
	l->hour_ns = YG_TIME_NONE;
	hold_bounds(l, now_ns);
}

/* ---- beginning and end ---- */

int yg_local_open(const struct yg_local_config *config, struct yg_local **ret)
{
	struct yg_local *l = yg_calloc(1, sizeof(*l));
	int rc;

	if (!l)
		return YG_ENOMEM;
	l->config = *config;
	l->log_fd = -1;
	l->hour_ns = YG_TIME_NONE;
	l->synced_ns = config->now_ns;
	l->next = config->number ? config->number
				 : (uint64_t)(config->now_ns / YG_NS_PER_S) << NUMBER_SHIFT;
	yg_buf_init(&l->pending, PENDING_MAX);
	yg_buf_init(&l->out, PENDING_MAX + YG_LOCAL_ENTRY_BYTES);
	l->describer = yg_local_describer_new();
	rc = l->describer ? YG_OK : YG_ENOMEM;
	if (rc == YG_OK && (!yg_local_path(config->state, "archive", l->dir) ||
			    !yg_local_path(config->state, "archive.log", l->log)))
		rc = YG_ELIMIT;
	if (rc == YG_OK)
		rc = read_state(l);
	if (rc != YG_OK) {
		(void)yg_local_close(l, config->now_ns);
		return rc;
	}
	l->is_opened = true;
	rc = open_log(l);
	if (rc == YG_OK)
		catch_up(l, config->now_ns);
	else
		fall_behind(l, rc, config->now_ns);
	if (!l->is_behind)
		l->until_ns = config->now_ns;
	hold_bounds(l, config->now_ns);
	write_state(l);
	*ret = l;
	return YG_OK;
}

struct yg_local *yg_local_close(struct yg_local *local, int64_t now_ns)
{
	if (!local)
		return NULL;
	if (local->writer && sync_archive(local, now_ns) == YG_OK) /* else the log has it */
		local->until_ns = now_ns;
	if (local->is_opened)
		write_state(local);
	(void)yg_archive_writer_free(local->writer);
	(void)yg_local_describer_free(local->describer);
	if (local->log_fd >= 0)
		(void)yg_disk_close(local->log_fd); /* what counts is synced */
	yg_buf_done(&local->pending);
	yg_buf_done(&local->out);
	free(local);
	return NULL;
}

/* ---- records ---- */

static bool add_line(struct yg_local *l, struct yg_event *event, struct yg_bytes source, bool raw)
{
	l->pending.size = l->last;
	yg_record_write(&l->pending, event, source, raw);
	return yg_buf_error(&l->pending) == YG_OK &&
	       l->pending.size - l->last <= YG_ARCHIVE_RECORD_MAX;
}

void yg_local_take(struct yg_local *l, struct yg_event *event, struct yg_bytes source)
{
	struct yg_event cut = *event;

	l->last = l->pending.size;
	if (!add_line(l, event, source, true) && !add_line(l, event, source, false)) {
		cut.raw = yg_bytes_cut(event->raw, 0, RAW_KEPT);
		cut.field_count = 0;
		if (!add_line(l, &cut, source, true)) {
			l->pending.size = l->last; /* no memory: a gap */
			l->pending.error = YG_OK;
			l->is_lost = true;
			return;
		}
	}
	l->count++;
}

void yg_local_undo(struct yg_local *l)
{
	if (l->count == 0 || l->last >= l->pending.size)
		return;
	l->pending.size = l->last;
	l->count--;
}

void yg_local_before(struct yg_local *l, int64_t now_ns)
{
	int rc = YG_OK;

	if (l->count == 0 || l->is_logged || l->is_lost)
		return;
	l->pending_ns = now_ns;
	if (l->is_short)
		rc = YG_ENOSPC;
	/* A full log is emptied by a sync. */
	if (rc == YG_OK && l->log_size + l->pending.size > YG_LOCAL_LOG_MAX && !l->is_behind)
		(void)!sync_archive(l, now_ns); /* said */
	if (rc == YG_OK)
		rc = append_log(l);
	l->is_logged = rc == YG_OK;
	l->is_lost = rc != YG_OK;
	if (rc != YG_OK) {
		say_trouble(l, rc == YG_ENOSPC ? N_("there is too little free space")
					       : yg_err_text(rc));
		add_gap(l, rc == YG_ENOSPC ? "full" : "error", now_ns, now_ns + 1);
	}
}

uint64_t yg_local_number(const struct yg_local *local)
{
	return local->next + local->count;
}

void yg_local_after(struct yg_local *l, int64_t now_ns)
{
	struct yg_local_entry entry = {
		.first = l->next,
		.count = l->count,
		.arrived_ns = l->pending_ns,
		.lines = yg_buf_bytes(&l->pending),
	};

	if (l->is_logged && !l->is_behind) {
		int rc = append_lines(l, &entry, 0);

		if (rc != YG_OK)
			fall_behind(l, rc, now_ns);
	}
	l->next += l->count;
	l->count = 0;
	l->last = 0;
	l->is_logged = false;
	l->is_lost = false;
	if (l->pending.room > PENDING_KEPT) {
		yg_buf_done(&l->pending);
		yg_buf_done(&l->out);
	} else {
		yg_buf_reset(&l->pending);
	}
}

static void keep_up(struct yg_local *l, int64_t now_ns)
{
	int rc = l->is_behind ? YG_EAGAIN : sync_archive(l, now_ns);

	l->synced_ns = now_ns;
	if (rc != YG_OK) {
		write_state(l); /* of gaps */
		return;
	}
	if (!l->is_short)
		say_well(l);
	l->until_ns = now_ns;
	if (l->is_short || yg_local_lacking(l->config.state) > 0)
		hold_bounds(l, now_ns);
	write_state(l);
}

void yg_local_tick(struct yg_local *l, int64_t now_ns)
{
	bool is_back = now_ns < l->synced_ns; /* the clock was set */

	if (l->is_behind && (now_ns - l->retry_ns >= YG_LOCAL_RETRY_NS || now_ns < l->retry_ns))
		catch_up(l, now_ns);
	if (l->writer && l->hour_ns != YG_TIME_NONE &&
	    (hour_of(now_ns) != l->hour_ns || is_part_full(l)))
		seal(l, now_ns);
	if (now_ns - l->synced_ns >= YG_LOCAL_SYNC_NS || is_back)
		keep_up(l, now_ns);
}

void yg_local_range(const struct yg_local *local, struct yg_wire_range *ret)
{
	*ret = local->range;
	ret->is_kept = true;
	ret->from_ns = local->began_ns;
	ret->to_ns = local->until_ns;
	ret->bytes_max = local->config.bytes_max;
}
