/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State and log of local detection.
 *
 *   STATE/detect/log    entries of sensor/local-int.h: first is the number of the commit
 *   STATE/detect/state  "YGW1", number (8 bytes, little end first), then parts: what (1 byte), size
 *                       (8 bytes), bytes: 'C' correlations, 'O' outcomes, 'K' findings that may
 *                       still change; last, the digest of all before
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/disk.h"
#include "base/io.h"
#include "detect/correlate.h"
#include "sensor/commands.h"
#include "sensor/local-int.h"
#include "sensor/watch-int.h"

#include "base/ban.h"

#define MAGIC	       "YGW1"
#define MAGIC_SIZE     4u
#define KEPT_BYTES     (YG_ID_BYTES + YG_WATCH_TOKEN_BYTES + 8u)
#define LOG_READ_MAX   (256u << 20)
#define STATE_READ_MAX (81u << 20)

static void put64(uint8_t *to, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get64(const uint8_t *from)
{
	uint64_t value = 0;

	for (unsigned i = 8; i-- > 0;)
		value = value << 8 | from[i];
	return value;
}

static int path_of(const struct yg_watch *w, const char *name, char to[YG_HOME_PATH_MAX])
{
	int size = snprintf(to, YG_HOME_PATH_MAX, "%s/%s", w->folder, name);

	return size > 0 && (unsigned)size < YG_HOME_PATH_MAX ? YG_OK : YG_ELIMIT;
}

/* ---- the state ---- */

static void begin_part(struct yg_buf *to, char what, size_t *ret_at)
{
	static const uint8_t size[8];

	yg_buf_add_byte(to, (uint8_t)what);
	*ret_at = to->size;
	yg_buf_add(to, (struct yg_bytes){size, sizeof(size)});
}

static int end_part(struct yg_buf *to, size_t at)
{
	if (yg_buf_error(to) == YG_OK)
		put64(to->data + at, to->size - at - 8);
	return yg_buf_error(to);
}

static void add_kept(const struct yg_watch *w, struct yg_buf *to)
{
	uint32_t count = w->kept_count < YG_WATCH_KEPT_MAX ? w->kept_count : YG_WATCH_KEPT_MAX;

	for (uint32_t i = count; i > 0; i--) {
		const struct yg_watch_kept *kept =
			&w->kept[(w->kept_count - i) % YG_WATCH_KEPT_MAX];
		uint8_t minute[8];

		put64(minute, (uint64_t)kept->minute_ns);
		yg_buf_add(to, (struct yg_bytes){kept->finding, sizeof(kept->finding)});
		yg_buf_add(to,
			   (struct yg_bytes){(const uint8_t *)kept->bundle, sizeof(kept->bundle)});
		yg_buf_add(to, (struct yg_bytes){minute, sizeof(minute)});
	}
}

/* Outcomes; where they would make the state too large it goes without them. */
static int add_outcomes(struct yg_watch *w, struct yg_buf *to)
{
	size_t before = to->size;
	size_t at;
	int rc;

	begin_part(to, 'O', &at);
	rc = yg_judge_save_outcomes(w->judge, to);
	if (rc == YG_OK)
		rc = end_part(to, at);
	if (rc == YG_OK) {
		begin_part(to, 'K', &at);
		add_kept(w, to);
		rc = end_part(to, at);
	}
	if (rc != YG_ELIMIT)
		return rc;
	to->size = before;
	to->error = YG_OK;
	return YG_OK;
}

int yg_watch_state_write(struct yg_watch *w)
{
	struct yg_buf *to = &w->state;
	uint8_t number[8];
	uint8_t digest[YG_DIGEST_BYTES];
	size_t at;
	int rc;

	yg_buf_reset(to);
	put64(number, w->number);
	yg_buf_add_str(to, MAGIC);
	yg_buf_add(to, (struct yg_bytes){number, sizeof(number)});
	begin_part(to, 'C', &at);
	rc = yg_buf_error(to);
	if (rc == YG_OK)
		rc = yg_correlator_save(yg_judge_correlator(w->judge), yg_tracer_seed(w->tracer),
					to);
	if (rc == YG_OK)
		rc = end_part(to, at);
	if (rc == YG_OK)
		rc = add_outcomes(w, to);
	if (rc == YG_OK) {
		yg_digest(yg_buf_bytes(to), digest);
		yg_buf_add(to, (struct yg_bytes){digest, sizeof(digest)});
		rc = yg_buf_error(to);
	}
	return rc;
}

/* The part @what of a state; empty when there is none. */
static struct yg_bytes part_of(struct yg_bytes state, char what)
{
	while (state.size >= 9) {
		uint64_t size = get64(state.data + 1);

		if (size > state.size - 9)
			break;
		if (state.data[0] == (uint8_t)what)
			return yg_bytes_cut(state, 9, 9 + (size_t)size);
		state = yg_bytes_from(state, 9 + (size_t)size);
	}
	return (struct yg_bytes){0};
}

static void read_kept(struct yg_watch *w, struct yg_bytes kept)
{
	for (; kept.size >= KEPT_BYTES; kept = yg_bytes_from(kept, KEPT_BYTES)) {
		struct yg_watch_kept one;

		memcpy(one.finding, kept.data, sizeof(one.finding));
		memcpy(one.bundle, kept.data + YG_ID_BYTES, sizeof(one.bundle));
		one.minute_ns = (int64_t)get64(kept.data + YG_ID_BYTES + YG_WATCH_TOKEN_BYTES);
		yg_watch_keep(w, &one);
	}
}

int yg_watch_state_read(struct yg_watch *w, struct yg_bytes state)
{
	size_t end = state.size > YG_DIGEST_BYTES ? state.size - YG_DIGEST_BYTES : 0;
	struct yg_bytes parts = yg_bytes_cut(state, MAGIC_SIZE + 8, end);
	struct yg_bytes outcomes = part_of(parts, 'O');
	uint8_t digest[YG_DIGEST_BYTES];
	uint64_t left_out;
	uint64_t seed;
	int rc;

	if (end < MAGIC_SIZE + 8 || !yg_bytes_starts(state, YG_S(MAGIC)))
		return YG_EFORMAT;
	yg_digest(yg_bytes_cut(state, 0, end), digest);
	if (memcmp(digest, state.data + end, sizeof(digest)) != 0)
		return YG_EDIGEST;
	rc = yg_correlator_restore(yg_judge_correlator(w->judge), part_of(parts, 'C'), &seed,
				   &left_out);
	if (rc != YG_OK)
		return rc;
	yg_tracer_reseed(w->tracer, seed);
	w->number = get64(state.data + MAGIC_SIZE);
	w->kept_count = 0;
	read_kept(w, part_of(parts, 'K'));
	return outcomes.size > 0 ? yg_judge_restore_outcomes(w->judge, outcomes) : YG_OK;
}

int yg_watch_save(struct yg_watch *w)
{
	char path[YG_HOME_PATH_MAX];
	int rc = path_of(w, "state", path);

	if (rc == YG_OK)
		rc = yg_watch_state_write(w);
	if (rc == YG_OK)
		rc = yg_disk_replace(path, yg_buf_bytes(&w->state), 0600);
	/* Entries that the state has are passed over: whether they go at once does not matter. */
	if (rc == YG_OK && yg_disk_truncate(w->log_fd, 0) == YG_OK)
		w->log_size = 0;
	return rc;
}

/* ---- the log ---- */

int yg_watch_log_open(struct yg_watch *w)
{
	char path[YG_HOME_PATH_MAX];
	int rc = path_of(w, "log", path);

	if (rc == YG_OK)
		rc = yg_disk_open(path, YG_DISK_CREATE, 0600, &w->log_fd);
	return rc == YG_OK ? yg_disk_sync_folder(w->folder) : rc;
}

int yg_watch_log_add(struct yg_watch *w)
{
	struct yg_local_entry entry = {.first = w->number + 1,
				       .count = w->count,
				       .arrived_ns = w->arrived_ns,
				       .lines = yg_buf_bytes(&w->lines)};
	int rc;

	yg_buf_reset(&w->entry);
	yg_local_entry_write(&entry, &w->entry);
	rc = yg_buf_error(&w->entry);
	if (rc == YG_OK)
		rc = yg_disk_write(w->log_fd, yg_buf_bytes(&w->entry), w->log_size);
	if (rc == YG_OK)
		rc = yg_disk_sync(w->log_fd);
	w->entry_size = w->entry.size;
	return rc;
}

/* An entry again: the same records in the same order, said to nobody. */
static int replay(struct yg_watch *w, const struct yg_local_entry *entry)
{
	struct yg_bytes rest = entry->lines;
	int rc = YG_OK;

	w->arrived_ns = entry->arrived_ns;
	while (rc == YG_OK && rest.size > 0) {
		size_t end = yg_bytes_chr(rest, '\n');
		bool is_kept;

		rc = yg_watch_keep_line(w, yg_bytes_cut(rest, 0, end), &is_kept);
		rest = yg_bytes_from(rest, end < rest.size ? end + 1 : rest.size);
	}
	if (rc == YG_OK && w->count > 0)
		rc = yg_watch_judge(w);
	yg_watch_forget(w);
	w->number = entry->first;
	return rc;
}

static int replay_log(struct yg_watch *w, struct yg_bytes log, uint64_t *ret_end)
{
	struct yg_bytes rest = log;
	struct yg_local_entry entry;
	int rc = YG_OK;

	*ret_end = 0;
	w->is_silent = true;
	while (rc == YG_OK && yg_local_entry_next(&rest, &entry)) {
		if (entry.first > w->config.number)
			break; /* never committed: its logs are read again */
		if (entry.first > w->number)
			rc = replay(w, &entry);
		*ret_end = log.size - rest.size;
	}
	w->is_silent = false;
	return rc;
}

static int load_log(struct yg_watch *w)
{
	char path[YG_HOME_PATH_MAX];
	uint8_t *bytes = NULL;
	size_t size = 0;
	uint64_t end = 0;
	int rc = path_of(w, "log", path);

	if (rc == YG_OK)
		rc = yg_io_read_file(path, LOG_READ_MAX, &bytes, &size);
	if (rc == YG_OK)
		rc = replay_log(w, (struct yg_bytes){bytes, size}, &end);
	free(bytes);
	if (rc == YG_OK)
		rc = yg_disk_truncate(w->log_fd, end);
	w->log_size = end;
	return rc;
}

/* What is remembered may not be what the place in the logs says: then it is said. */
static void look_at_number(struct yg_watch *w)
{
	if (w->number != w->config.number)
		yg_sensor_say(N_("detect: what correlations remember is of another time than the "
				 "place in the logs (state %llu, place %llu): some of what spans "
				 "the restart may be missed or counted twice"),
			      (unsigned long long)w->number, (unsigned long long)w->config.number);
	w->number = w->config.number;
}

int yg_watch_load(struct yg_watch *w)
{
	char path[YG_HOME_PATH_MAX];
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = path_of(w, "state", path);

	if (rc == YG_OK)
		rc = yg_io_read_file(path, STATE_READ_MAX, &bytes, &size);
	if (rc == YG_OK)
		rc = yg_watch_state_read(w, (struct yg_bytes){bytes, size});
	free(bytes);
	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK && rc != YG_ENOENT)
		yg_sensor_say(N_("what correlations remembered cannot be read and begins anew: %s"),
			      yg_sensor_tr(yg_err_text(rc)));
	rc = load_log(w);
	if (rc == YG_OK)
		look_at_number(w);
	return rc;
}
