/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   WAIT ──quiet file──► DIGEST ──new──► READ ──end──► SETTLE ──committed──► moved, known ─► WAIT
 *                           └──known before──────────────────────────────────► moved ─► WAIT
 *
 * The name is opened once and read through what it led to; when size or time differ at the end,
 * somebody wrote meanwhile, and the file is looked at anew as what it is then.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/tr.h"
#include "sensor/drop-int.h"

#include "base/ban.h"

#define LOOK_NS	   (INT64_C(1) * YG_NS_PER_S)
#define HASH_BYTES (256u * 1024u)
#define HASH_TURN  16u /* pieces in one turn */
#define PATH_ROOM  4096u
#define NAMES_MAX  100u /* of one name in done/ */

enum stage {
	WAIT,
	DIGEST,
	READ,
	SETTLE,
};

/* A file that was seen in the folder. */
struct candidate {
	char name[YG_DROP_NAME_MAX + 1];
	uint64_t size;
	int64_t changed_ns;
	uint64_t inode;
	int64_t since_ns; /* seen as it is now */
	bool is_settled;  /* cannot be moved away: not looked at again */
	bool is_there;
};

struct yg_drop {
	struct yg_drop_config config;
	struct yg_drop_known known;
	struct candidate *list;
	size_t count;
	int64_t looked_ns;
	struct yg_drop_partial partials[YG_DROP_PARTIALS_MAX]; /* committed */
	size_t partial_count;

	enum stage stage;
	struct candidate now; /* being read */
	int fd;		      /* DIGEST */
	struct yg_sha256_state sha;
	char digest[YG_SHA256_HEX + 1];
	struct yg_drop_file *file;
	const char *reason; /* SETTLE: why it failed; NULL: it did not */
	uint64_t committed; /* records of it in committed batches */
	bool is_stuck;	    /* the result cannot be written down; said */

	uint64_t waiting_bytes;
	uint64_t records; /* of all files */
	uint64_t failed;
	int64_t read_ns;
	char error[YG_WIRE_WORDS_MAX + 1];
};

static bool path_of(const struct yg_drop *d, const char *sub, const char *name, char to[PATH_ROOM])
{
	int size = snprintf(to, PATH_ROOM, "%s/%s%s", d->config.folder, sub, name);

	return size > 0 && (unsigned)size < PATH_ROOM;
}

static int make_folder(const struct yg_drop *d, const char *sub)
{
	char path[PATH_ROOM];

	if (!path_of(d, sub, "", path))
		return YG_ELIMIT;
	return mkdir(path, 0770) == 0 || errno == EEXIST ? YG_OK : yg_err_from_errno(errno);
}

int yg_drop_open(const struct yg_drop_config *config, struct yg_drop **ret)
{
	struct yg_drop *d = yg_calloc(1, sizeof(*d));
	char path[PATH_ROOM];
	int rc = YG_OK;

	if (!d)
		return YG_ENOMEM;
	d->config = *config;
	d->fd = -1;
	d->read_ns = YG_TIME_NONE;
	for (size_t i = 0; i < config->partial_count && i < YG_DROP_PARTIALS_MAX; i++)
		d->partials[d->partial_count++] = config->partials[i];
	d->list = yg_calloc(YG_DROP_FILES_MAX, sizeof(*d->list));
	if (!d->list)
		rc = YG_ENOMEM;
	if (rc == YG_OK)
		rc = snprintf(path, sizeof(path), "%s/drop.known", config->state) <
				     (int)sizeof(path)
			     ? yg_drop_known_open(&d->known, path)
			     : YG_ELIMIT;
	if (rc == YG_OK)
		rc = make_folder(d, "done");
	if (rc == YG_OK)
		rc = make_folder(d, "failed");
	if (rc == YG_OK)
		*ret = d;
	else
		(void)yg_drop_free(d);
	return rc;
}

static void end_file(struct yg_drop *d)
{
	d->file = yg_drop_file_free(d->file);
	if (d->fd >= 0)
		(void)close(d->fd); /* read only */
	d->fd = -1;
	d->stage = WAIT;
	d->reason = NULL;
	d->committed = 0;
}

struct yg_drop *yg_drop_free(struct yg_drop *drop)
{
	if (!drop)
		return NULL;
	end_file(drop);
	yg_drop_known_done(&drop->known);
	free(drop->list);
	free(drop);
	return NULL;
}

/* ---- what lies in the folder ---- */

static int64_t time_of(struct timespec time)
{
	return (int64_t)time.tv_sec * YG_NS_PER_S + time.tv_nsec;
}

static bool is_same(const struct candidate *c, const struct stat *st)
{
	return c->size == (uint64_t)st->st_size && c->changed_ns == time_of(st->st_mtim) &&
	       c->inode == (uint64_t)st->st_ino;
}

static void note_entry(struct yg_drop *d, const char *name, const struct stat *st, int64_t now_ns)
{
	size_t i = 0;

	while (i < d->count && strcmp(d->list[i].name, name) != 0)
		i++;
	if (i == YG_DROP_FILES_MAX)
		return; /* its turn comes when others have gone */
	if (i == d->count) {
		d->list[d->count++] = (struct candidate){.since_ns = now_ns};
		(void)snprintf(d->list[i].name, sizeof(d->list[i].name), "%.*s",
			       (int)YG_DROP_NAME_MAX, name); /* measured */
	}
	d->list[i].is_there = true;
	if (is_same(&d->list[i], st))
		return;
	d->list[i].size = (uint64_t)st->st_size;
	d->list[i].changed_ns = time_of(st->st_mtim);
	d->list[i].inode = (uint64_t)st->st_ino;
	d->list[i].since_ns = now_ns;
	d->list[i].is_settled = false;
}

static void forget_gone(struct yg_drop *d)
{
	size_t kept = 0;

	d->waiting_bytes = 0;
	for (size_t i = 0; i < d->count; i++)
		if (d->list[i].is_there) {
			d->waiting_bytes += d->list[i].is_settled ? 0 : d->list[i].size;
			d->list[kept++] = d->list[i];
		}
	d->count = kept;
}

static void set_error(struct yg_drop *d, const char *words)
{
	(void)snprintf(d->error, sizeof(d->error), "%s", words); /* cut where too long */
}

/* Hidden names (a copy that is on its way), folders, links, sockets are nothing to read. */
static void look(struct yg_drop *d, int64_t now_ns)
{
	DIR *folder = opendir(d->config.folder);
	const struct dirent *entry;

	d->looked_ns = now_ns;
	if (!folder) {
		set_error(d, yg_err_text(yg_err_from_errno(errno)));
		return;
	}
	for (size_t i = 0; i < d->count; i++)
		d->list[i].is_there = false;
	while ((entry = readdir(folder)) != NULL) {
		struct stat st;

		if (entry->d_name[0] == '.' || strlen(entry->d_name) > YG_DROP_NAME_MAX ||
		    fstatat(dirfd(folder), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		note_entry(d, entry->d_name, &st, now_ns);
	}
	(void)closedir(folder); /* read only */
	forget_gone(d);
}

/* The first by name that did not change for a while; NULL: none. */
static struct candidate *choose(struct yg_drop *d, int64_t now_ns)
{
	struct candidate *found = NULL;

	for (size_t i = 0; i < d->count; i++) {
		struct candidate *c = &d->list[i];
		int64_t age = now_ns - c->since_ns;

		if (age < 0)
			c->since_ns = now_ns; /* the clock went back */
		if (!c->is_settled && age >= YG_DROP_QUIET_S * YG_NS_PER_S &&
		    (!found || strcmp(c->name, found->name) < 0))
			found = c;
	}
	return found;
}

/* ---- files that are read in part ---- */

static size_t find_partial(const struct yg_drop *d, const char *digest)
{
	size_t i = 0;

	while (i < d->partial_count && strcmp(d->partials[i].digest, digest) != 0)
		i++;
	return i;
}

static void remove_partial(struct yg_drop *d, size_t i)
{
	if (i >= d->partial_count)
		return;
	d->partial_count--;
	memmove(&d->partials[i], &d->partials[i + 1],
		(d->partial_count - i) * sizeof(d->partials[0]));
}

static void set_partial(struct yg_drop *d, const char *digest, uint64_t records)
{
	size_t i = find_partial(d, digest);

	if (i == YG_DROP_PARTIALS_MAX) { /* the oldest never came back */
		remove_partial(d, 0);
		i--;
	}
	if (i == d->partial_count)
		d->partial_count++;
	memcpy(d->partials[i].digest, digest, sizeof(d->partials[i].digest));
	d->partials[i].records = records;
}

/* ---- what became of a file ---- */

/* To DIR/SUB/NAME, or NAME.1 … where there is one already. */
static int move(struct yg_drop *d, const char *sub, char to_name[YG_DROP_NAME_MAX + 8])
{
	char from[PATH_ROOM];
	char to[PATH_ROOM];

	for (unsigned i = 0; i < NAMES_MAX; i++) {
		int size = i ? snprintf(to_name, YG_DROP_NAME_MAX + 8, "%s.%u", d->now.name, i)
			     : snprintf(to_name, YG_DROP_NAME_MAX + 8, "%s", d->now.name);

		if (size <= 0 || !path_of(d, "", d->now.name, from) ||
		    !path_of(d, sub, to_name, to))
			return YG_ELIMIT;
		if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
			return YG_OK;
		if (errno != EEXIST)
			return yg_err_from_errno(errno);
	}
	return YG_EDUPLICATE;
}

/* Beside a file that failed: why, in the language of the person who runs the sensor. */
static void write_why(struct yg_drop *d, const char *name)
{
	char path[PATH_ROOM];
	struct yg_buf text;
	int rc = snprintf(path, sizeof(path), "%s/failed/%s.why.txt", d->config.folder, name);

	if (rc <= 0 || (unsigned)rc >= sizeof(path))
		return;
	yg_buf_init(&text, 4096);
	yg_buf_addf(&text, "%s\n", d->config.tr(d->reason));
	yg_buf_addf(&text, d->config.tr(N_("%llu records of it were read and are sent.\n")),
		    (unsigned long long)(d->file ? yg_drop_file_records(d->file) : 0));
	rc = yg_io_replace(path, yg_buf_bytes(&text), 0640);
	yg_buf_done(&text);
	if (rc != YG_OK)
		set_error(d, yg_err_text(rc)); /* the reason stands in drop.known, too */
}

static void settle_candidate(struct yg_drop *d)
{
	for (size_t i = 0; i < d->count; i++)
		if (strcmp(d->list[i].name, d->now.name) == 0)
			d->list[i].is_settled = true;
}

/* @sub: "done/" or "failed/". */
static void put_away(struct yg_drop *d, const char *sub)
{
	char name[YG_DROP_NAME_MAX + 8];
	int rc = move(d, sub, name);

	if (rc == YG_OK && d->reason)
		write_why(d, name);
	if (rc == YG_OK || rc == YG_ENOENT)
		return;
	settle_candidate(d);
	set_error(d, yg_err_text(rc));
	d->config.say(N_("drop folder: %s was read, but cannot be moved to %s: %s"), d->now.name,
		      sub, d->config.tr(yg_err_text(rc)));
}

/* Is the name still what was read? */
static bool is_unchanged(const struct yg_drop *d)
{
	char path[PATH_ROOM];
	struct stat st;

	return path_of(d, "", d->now.name, path) && lstat(path, &st) == 0 && is_same(&d->now, &st);
}

/* All of it is in committed batches: written down, then moved. */
static void finish(struct yg_drop *d, int64_t now_ns)
{
	struct yg_drop_result result = {
		.digest = d->digest,
		.name = d->now.name,
		.size = d->now.size,
		.records = d->file ? yg_drop_file_records(d->file) : 0,
		.damaged = d->file ? yg_drop_file_damaged(d->file) : 0,
		.reason = d->reason,
		.time_ns = now_ns,
	};
	int rc;

	if (!is_unchanged(d)) {
		d->config.say(N_("drop folder: %s changed while it was read; it is read again"),
			      d->now.name);
		end_file(d);
		return;
	}
	rc = yg_drop_known_add(&d->known, &result);
	if (rc != YG_OK) { /* tried again: else the same would be sent again after a restart */
		if (!d->is_stuck)
			d->config.say(N_("drop folder: what was read cannot be written down: %s; "
					 "tried again"),
				      d->config.tr(yg_err_text(rc)));
		d->is_stuck = true;
		return;
	}
	d->is_stuck = false;
	remove_partial(d, find_partial(d, d->digest));
	d->failed += d->reason != NULL;
	set_error(d, d->reason ? d->reason : "");
	if (d->reason)
		d->config.say(N_("drop folder: %s cannot be read: %s (%llu records of it were)"),
			      d->now.name, d->config.tr(d->reason),
			      (unsigned long long)result.records);
	else if (result.damaged > 0)
		d->config.say(N_("drop folder: %s is read, %llu records; %llu places of it are "
				 "damaged"),
			      d->now.name, (unsigned long long)result.records,
			      (unsigned long long)result.damaged);
	else
		d->config.say(N_("drop folder: %s is read, %llu records"), d->now.name,
			      (unsigned long long)result.records);
	put_away(d, d->reason ? "failed/" : "done/");
	end_file(d);
}

/* ---- stages ---- */

/* Cannot even be opened: nothing is known of its content. */
static void refuse(struct yg_drop *d, const char *reason)
{
	d->reason = reason;
	d->failed++;
	set_error(d, reason);
	d->config.say(N_("drop folder: %s cannot be read: %s (%llu records of it were)"),
		      d->now.name, d->config.tr(reason), 0ULL);
	put_away(d, "failed/");
	end_file(d);
}

static void begin(struct yg_drop *d, const struct candidate *candidate)
{
	char path[PATH_ROOM];
	struct stat st;

	d->now = *candidate;
	d->fd = path_of(d, "", d->now.name, path)
			? open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
			: -1;
	if (d->fd < 0 && errno == ENOENT)
		return;
	if (d->fd < 0) {
		refuse(d, yg_err_text(yg_err_from_errno(errno)));
		return;
	}
	if (fstat(d->fd, &st) != 0 || !S_ISREG(st.st_mode) || !is_same(&d->now, &st)) {
		end_file(d); /* another one by now */
		return;
	}
	if (d->now.size > YG_DROP_BYTES_MAX) {
		refuse(d, N_("it is larger than 8 GiB: cut it into parts"));
		return;
	}
	yg_sha256_begin(&d->sha);
	d->stage = DIGEST;
}

static void begin_reading(struct yg_drop *d)
{
	uint8_t digest[YG_SHA256_BYTES];
	const char *reason = NULL;
	char path[PATH_ROOM];
	size_t partial;
	int rc;

	yg_sha256_end(&d->sha, digest);
	yg_hex((struct yg_bytes){digest, sizeof(digest)}, d->digest);
	(void)close(d->fd); /* read only */
	d->fd = -1;
	if (yg_drop_known_has(&d->known, d->digest)) {
		d->config.say(
			N_("drop folder: %s holds what was read before; it is not sent again"),
			d->now.name);
		put_away(d, "done/");
		end_file(d);
		return;
	}
	partial = find_partial(d, d->digest);
	d->committed = partial < d->partial_count ? d->partials[partial].records : 0;
	rc = path_of(d, "", d->now.name, path)
		     ? yg_drop_file_open(&d->config, path, d->committed, &d->file, &reason)
		     : YG_ELIMIT;
	d->stage = READ;
	if (rc != YG_OK) {
		d->reason = reason ? reason : yg_err_text(rc);
		d->stage = SETTLE;
	}
}

static int take_digest(struct yg_drop *d, bool *ret_more)
{
	uint8_t *piece = yg_malloc(HASH_BYTES);
	size_t got = 1;
	int rc = piece ? YG_OK : YG_ENOMEM;

	for (unsigned i = 0; rc == YG_OK && got > 0 && i < HASH_TURN; i++) {
		rc = yg_io_read(d->fd, piece, HASH_BYTES, &got);
		if (rc == YG_OK)
			yg_sha256_add(&d->sha, (struct yg_bytes){piece, got});
	}
	free(piece);
	*ret_more = true;
	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK)
		refuse(d, yg_err_text(rc));
	else if (got == 0)
		begin_reading(d);
	return YG_OK;
}

static int take_records(struct yg_drop *d, int64_t now_ns, struct yg_collect *collect,
			bool *ret_more)
{
	uint64_t before = yg_drop_file_records(d->file);
	const char *reason = NULL;
	int rc = yg_drop_file_read(d->file, now_ns, collect, &reason);

	d->read_ns = now_ns;
	d->records += yg_drop_file_records(d->file) - before;
	*ret_more = true;
	if (rc == YG_OK || rc == YG_ENOMEM)
		return rc;
	d->stage = SETTLE;
	if (rc != YG_EEND)
		d->reason = reason ? reason : yg_err_text(rc);
	else if (yg_drop_file_records(d->file) == 0)
		d->reason = N_("there is nothing in it that is a record");
	return YG_OK;
}

int yg_drop_read(struct yg_drop *d, int64_t now_ns, struct yg_collect *collect, bool *ret_more)
{
	const struct candidate *candidate;

	if (!d)
		return YG_OK;
	if (d->stage == WAIT || d->is_stuck) {
		if (now_ns - d->looked_ns < LOOK_NS && now_ns >= d->looked_ns)
			return YG_OK;
		look(d, now_ns);
	}
	switch (d->stage) {
	case WAIT:
		candidate = choose(d, now_ns);
		if (candidate)
			begin(d, candidate);
		*ret_more |= d->stage != WAIT;
		return YG_OK;
	case DIGEST:
		return take_digest(d, ret_more);
	case READ:
		if (yg_collect_is_full(collect))
			return YG_OK;
		return take_records(d, now_ns, collect, ret_more);
	case SETTLE:
	default:
		if (!d->file || d->committed >= yg_drop_file_records(d->file)) {
			finish(d, now_ns);
			*ret_more |= !d->is_stuck;
		}
		return YG_OK;
	}
}

static void write_partial(struct yg_buf *to, const char *comma, const char *digest,
			  uint64_t records)
{
	yg_buf_addf(to, "%s{\"sha256\":\"%s\",\"records\":%llu}", comma, digest,
		    (unsigned long long)records);
}

void yg_drop_checkpoint(const struct yg_drop *drop, struct yg_buf *to)
{
	const char *comma = "";

	if (!drop)
		return;
	yg_buf_add_str(to, ",\"drop\":[");
	for (size_t i = 0; i < drop->partial_count; i++) {
		if (drop->file && strcmp(drop->partials[i].digest, drop->digest) == 0)
			continue;
		write_partial(to, comma, drop->partials[i].digest, drop->partials[i].records);
		comma = ",";
	}
	if (drop->file)
		write_partial(to, comma, drop->digest, yg_drop_file_records(drop->file));
	yg_buf_add_byte(to, ']');
}

void yg_drop_committed(struct yg_drop *drop)
{
	if (!drop || !drop->file)
		return;
	drop->committed = yg_drop_file_records(drop->file);
	set_partial(drop, drop->digest, drop->committed);
}

void yg_drop_state(const struct yg_drop *drop, struct yg_wire_source *to)
{
	struct yg_bytes name = yg_bytes_cut(yg_bytes_str(drop->config.folder), 0, YG_WIRE_NAME_MAX);

	*to = (struct yg_wire_source){
		.kind = "drop",
		.position = drop->records,
		.lag = drop->waiting_bytes,
		.records = drop->records,
		.errors = drop->failed,
		.read_ns = drop->read_ns,
	};
	memcpy(to->name, name.data, name.size);
	(void)snprintf(to->error, sizeof(to->error), "%s", drop->error); /* same room */
}
