/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_batches-int.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/disk.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"
#include "model/day.h"

#include "base/ban.h"

#define LINE_MAX_  YG_HUB_BATCHES_LINE_MAX
#define PIECE	   (256u << 10)
#define KIND_MAX   40u /* bytes of a name */
#define DAY_NS	   (INT64_C(86400) * YG_NS_PER_S)
#define SUFFIX	   ".jsonl"
#define EXPIRED	   "expired.json"
#define NAME_BYTES 16u /* "YYYY-MM-DD.jsonl" */

typedef unsigned long long ull;

struct yg_hub_batches {
	char dir[YG_DISK_PATH_MAX];
	int fd;
	int64_t day; /* of the open file, days since 1970; INT64_MIN: none */
	uint64_t size;
	uint64_t at;	    /* of the last line that is on the disk */
	struct yg_buf text; /* lines of this commit */
	int64_t text_day;   /* all of one day */
	uint64_t text_at;
};

static int64_t day_of(int64_t time_ns)
{
	return time_ns / DAY_NS - (time_ns % DAY_NS < 0);
}

static bool path_of(const struct yg_hub_batches *b, int64_t day, char to[YG_DISK_PATH_MAX])
{
	struct yg_civil civil = yg_date_civil(day);
	int size = snprintf(to, YG_DISK_PATH_MAX, "%s/%04d-%02u-%02u" SUFFIX, b->dir, civil.year,
			    civil.month, civil.day);

	return size > 0 && (unsigned)size < YG_DISK_PATH_MAX;
}

/* ---- reading ---- */

static bool read_line(struct yg_bytes text, struct yg_hub_batch *ret, char sensor[160])
{
	struct yg_fault fault;
	json_t *object = NULL;
	struct yg_bytes name;
	bool has_zone;
	bool is = yg_json_load(text, LINE_MAX_, &object, &fault) == YG_OK;

	name = yg_json_text(object, "sensor");
	*ret = (struct yg_hub_batch){
		.at = (uint64_t)yg_json_int(object, "at", 0),
		.epoch = (uint64_t)yg_json_int(object, "epoch", 0),
		.sequence = (uint64_t)yg_json_int(object, "sequence", 0),
		.records = (uint64_t)yg_json_int(object, "records", 0),
		.is_drop = json_object_get(object, "last") != NULL,
		.has_line = json_object_get(object, "line") != NULL,
	};
	if (!yg_time_parse_iso(yg_json_text(object, "received"), 0, &ret->received_ns, &has_zone))
		ret->received_ns = YG_TIME_NONE;
	if (ret->is_drop) {
		ret->sequence = (uint64_t)yg_json_int(object, "first", 0);
		ret->last = (uint64_t)yg_json_int(object, "last", 0);
	} else {
		ret->last = ret->sequence;
		is = is &&
		     yg_hex_read(yg_json_text(object, "sha256"), ret->digest, YG_SHA256_BYTES);
	}
	if (ret->has_line)
		is = is && yg_hex_read(yg_json_text(object, "line"), ret->line, YG_SHA256_BYTES);
	is = is && ret->at > 0 && ret->epoch > 0 && ret->sequence > 0 && name.size < 160;
	if (is) {
		memcpy(sensor, name.data, name.size);
		sensor[name.size] = '\0';
	}
	json_decref(object);
	return is;
}

typedef int (*line_fn)(void *arg, struct yg_bytes line);

/* Whole lines of the file from byte @at on, until @fn or the file ends; *ret_size: bytes of them.
 */
static int each_line_from(int fd, uint64_t at, line_fn fn, void *arg, uint64_t *ret_size)
{
	struct yg_buf bytes;
	size_t got = 1;
	int rc = YG_OK;

	*ret_size = 0;
	yg_buf_init(&bytes, LINE_MAX_ + 2 * PIECE);
	while (rc == YG_OK && got > 0) {
		uint8_t *room = yg_buf_reserve(&bytes, PIECE);
		size_t end;

		rc = room ? yg_io_read_at(fd, room, PIECE, at, &got) : YG_EFORMAT;
		if (rc != YG_OK)
			break;
		yg_buf_grew(&bytes, got);
		at += got;
		while (rc == YG_OK &&
		       (end = yg_bytes_chr(yg_buf_bytes(&bytes), '\n')) != SIZE_MAX) {
			rc = fn(arg, yg_bytes_cut(yg_buf_bytes(&bytes), 0, end));
			if (rc != YG_OK)
				break;
			*ret_size += end + 1;
			yg_buf_drop(&bytes, end + 1);
		}
		if (rc == YG_OK && bytes.size > LINE_MAX_)
			rc = YG_EFORMAT;
	}
	yg_buf_done(&bytes);
	return rc;
}

static int each_line(int fd, line_fn fn, void *arg, uint64_t *ret_size)
{
	return each_line_from(fd, 0, fn, arg, ret_size);
}

struct wanted {
	const char *sensor;
	yg_hub_batch_fn fn;
	void *arg;
};

static int give_line(void *arg, struct yg_bytes line)
{
	struct wanted *wanted = arg;
	struct yg_hub_batch batch;
	char sensor[160];

	/* Most lines are of others. */
	if (yg_bytes_find(line, yg_bytes_str(wanted->sensor)) == SIZE_MAX)
		return YG_OK;
	if (!read_line(line, &batch, sensor))
		return YG_EFORMAT;
	return strcmp(sensor, wanted->sensor) == 0 ? wanted->fn(wanted->arg, &batch) : YG_OK;
}

int yg_hub_batches_is_day(const struct dirent *entry)
{
	struct yg_bytes name = yg_bytes_str(entry->d_name);

	return name.size == NAME_BYTES && yg_bytes_ends(name, YG_S(SUFFIX));
}

static int read_day(const char *dir, const char *name, struct wanted *wanted)
{
	char path[YG_DISK_PATH_MAX];
	uint64_t size;
	int length = snprintf(path, sizeof(path), "%s/%s", dir, name);
	int fd;
	int rc = length > 0 && (unsigned)length < sizeof(path) ? yg_io_open_read(path, &fd)
							       : YG_ELIMIT;

	if (rc != YG_OK)
		return rc;
	rc = each_line(fd, give_line, wanted, &size);
	(void)close(fd); /* read only: nothing to lose */
	return rc;
}

int yg_hub_batches_read(const char *dir, const char *sensor, yg_hub_batch_fn fn, void *arg)
{
	struct wanted wanted = {sensor, fn, arg};
	struct dirent **names = NULL;
	int count = scandir(dir, &names, yg_hub_batches_is_day, alphasort);
	int rc = count < 0 ? yg_err_from_errno(errno) : YG_OK;

	for (int i = 0; i < count; i++) {
		if (rc == YG_OK)
			rc = read_day(dir, names[i]->d_name, &wanted);
		if (rc == YG_ENOENT)
			rc = YG_OK; /* a day that went just now */
		free(names[i]);
	}
	free(names);
	return rc;
}

/* ---- all of an organisation ---- */

struct of_org {
	char mark[YG_JOURNAL_SENSOR_MAX + 16]; /* "sensor":"ORG/ */
	yg_hub_batches_line_fn fn;
	void *arg;
	int fd; /* blanking: the file, and where the line stands in it */
	uint64_t at;
	uint64_t count;
};

static int give_own_line(void *arg, struct yg_bytes line)
{
	struct of_org *o = arg;

	return yg_bytes_find(line, yg_bytes_str(o->mark)) == SIZE_MAX ? YG_OK : o->fn(o->arg, line);
}

/* The text behind @name up to its quote becomes @with. */
static void cover(struct yg_buf *line, const char *name, uint8_t with)
{
	size_t at = yg_bytes_find(yg_buf_bytes(line), yg_bytes_str(name));

	if (at == SIZE_MAX)
		return;
	for (at += strlen(name); at < line->size && line->data[at] != '"'; at++)
		line->data[at] = with;
}

static int blank_line(void *arg, struct yg_bytes line)
{
	struct of_org *o = arg;
	uint64_t at = o->at;
	struct yg_buf text;
	int rc;

	o->at += line.size + 1;
	if (yg_bytes_find(line, yg_bytes_str(o->mark)) == SIZE_MAX)
		return YG_OK;
	yg_buf_init(&text, LINE_MAX_);
	yg_buf_add(&text, line);
	rc = yg_buf_error(&text);
	if (rc == YG_OK) {
		cover(&text, "\"sensor\":\"", '-');
		cover(&text, "\"sha256\":\"", '0');
		cover(&text, "\"line\":\"", '0');
		rc = yg_disk_write(o->fd, yg_buf_bytes(&text), at);
	}
	yg_buf_done(&text);
	o->count += rc == YG_OK;
	return rc;
}

static int lines_of_day(const char *path, struct of_org *o)
{
	uint64_t size;
	int fd = -1;
	int rc = yg_io_open_read(path, &fd);

	if (rc != YG_OK)
		return rc;
	rc = each_line(fd, give_own_line, o, &size);
	(void)close(fd); /* read only: nothing to lose */
	return rc;
}

static int blank_day(const char *path, struct of_org *o)
{
	uint64_t size;
	int closed;
	int rc = yg_disk_open(path, 0, 0600, &o->fd);

	if (rc != YG_OK)
		return rc;
	o->at = 0;
	rc = each_line(o->fd, blank_line, o, &size);
	if (rc == YG_OK)
		rc = yg_disk_sync(o->fd);
	closed = yg_disk_close(o->fd);
	return rc == YG_OK ? closed : rc;
}

static int each_day(const char *dir, const char *org, struct of_org *o,
		    int (*take)(const char *path, struct of_org *o))
{
	char path[YG_DISK_PATH_MAX];
	struct dirent **names = NULL;
	int count = scandir(dir, &names, yg_hub_batches_is_day, alphasort);
	int rc = count < 0 && errno != ENOENT ? yg_err_from_errno(errno) : YG_OK;

	if (snprintf(o->mark, sizeof(o->mark), "\"sensor\":\"%s/", org) >= (int)sizeof(o->mark))
		rc = YG_ELIMIT;
	for (int i = 0; i < count; i++) {
		int length = snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);

		if (rc == YG_OK)
			rc = length > 0 && (unsigned)length < sizeof(path) ? take(path, o)
									   : YG_ELIMIT;
		if (rc == YG_ENOENT)
			rc = YG_OK; /* a day that went just now */
		free(names[i]);
	}
	free(names);
	return rc;
}

int yg_hub_batches_lines(const char *dir, const char *org, yg_hub_batches_line_fn fn, void *arg)
{
	struct of_org o = {.fn = fn, .arg = arg};

	return each_day(dir, org, &o, lines_of_day);
}

int yg_hub_batches_blank(const char *dir, const char *org, uint64_t *ret_count)
{
	struct of_org o = {.fd = -1};
	int rc = each_day(dir, org, &o, blank_day);

	*ret_count = o.count;
	return rc;
}

/* ---- a range ---- */

struct between {
	char mark[YG_JOURNAL_SENSOR_MAX + 16]; /* "sensor":"ORG/ */
	uint64_t first;
	uint64_t last;
	uint64_t read; /* bytes */
	yg_hub_batch_fn fn;
	void *arg;
};

/* {"at":N,… as it is written. False: that is no such line. */
bool yg_hub_batches_at(struct yg_bytes line, uint64_t *ret)
{
	static const char head[] = "{\"at\":";
	size_t end = yg_bytes_chr(line, ',');

	return yg_bytes_starts(line, yg_bytes_str(head)) && end != SIZE_MAX &&
	       yg_bytes_u64(yg_bytes_cut(line, sizeof(head) - 1, end), ret);
}

static int give_between(void *arg, struct yg_bytes line)
{
	struct between *b = arg;
	struct yg_hub_batch batch;
	char sensor[160];
	uint64_t at;

	b->read += line.size + 1;
	if (!yg_hub_batches_at(line, &at))
		return YG_EFORMAT;
	if (at > b->last)
		return YG_EEND;
	if (b->read > YG_HUB_BATCHES_LOOK)
		return YG_ELIMIT;
	if (at < b->first || yg_bytes_find(line, yg_bytes_str(b->mark)) == SIZE_MAX)
		return YG_OK;
	if (!read_line(line, &batch, sensor))
		return YG_EFORMAT;
	return b->fn(b->arg, &batch);
}

/* Where a line begins before which only earlier ones than @first stand, not far before it. */
static int find_begin(int fd, uint64_t first, uint64_t *ret)
{
	uint8_t piece[2 * LINE_MAX_];
	uint64_t low = 0, high;
	struct stat st;
	int rc = fstat(fd, &st) == 0 ? YG_OK : yg_err_from_errno(errno);

	high = rc == YG_OK ? (uint64_t)st.st_size : 0;
	while (rc == YG_OK && high - low > PIECE) {
		uint64_t middle = low + (high - low) / 2;
		struct yg_bytes text = {piece, 0};
		size_t line;
		uint64_t at;

		rc = yg_io_read_at(fd, piece, sizeof(piece), middle, &text.size);
		line = yg_bytes_chr(text, '\n') + 1; /* 0: there is none */
		if (rc == YG_OK &&
		    (line == 0 || !yg_hub_batches_at(yg_bytes_from(text, line), &at)))
			rc = YG_EFORMAT;
		if (rc == YG_OK && at < first)
			low = middle + line;
		else
			high = middle;
	}
	*ret = low;
	return rc;
}

/* From find_begin's place on to the first line that is not before @before. */
int yg_hub_batches_end(int fd, uint64_t before, uint64_t *ret)
{
	struct yg_buf bytes;
	uint64_t from = 0;
	size_t got = 0;
	int rc = find_begin(fd, before, &from);

	*ret = from;
	yg_buf_init(&bytes, 2 * PIECE);
	if (rc == YG_OK) {
		uint8_t *room = yg_buf_reserve(&bytes, PIECE + LINE_MAX_);

		rc = room ? yg_io_read_at(fd, room, PIECE + LINE_MAX_, from, &got) : YG_ENOMEM;
		if (rc == YG_OK)
			yg_buf_grew(&bytes, got);
	}
	for (struct yg_bytes text = yg_buf_bytes(&bytes); rc == YG_OK && text.size > 0;) {
		size_t end = yg_bytes_chr(text, '\n');
		uint64_t at;

		if (end == SIZE_MAX || !yg_hub_batches_at(text, &at) || at >= before)
			break;
		*ret += end + 1;
		text = yg_bytes_from(text, end + 1);
	}
	yg_buf_done(&bytes);
	return rc;
}

int yg_hub_batches_between(const char *dir, const char *org, int64_t received_ns, uint64_t first,
			   uint64_t last, yg_hub_batch_fn fn, void *arg)
{
	struct between b = {.first = first, .last = last, .fn = fn, .arg = arg};
	struct yg_civil civil = yg_date_civil(day_of(received_ns));
	char path[YG_DISK_PATH_MAX];
	uint64_t begin = 0, size;
	int fd = -1;
	int length = snprintf(path, sizeof(path), "%s/%04d-%02u-%02u" SUFFIX, dir, civil.year,
			      civil.month, civil.day);
	int rc = length > 0 && (unsigned)length < sizeof(path) &&
				 snprintf(b.mark, sizeof(b.mark), "\"sensor\":\"%s/", org) <
					 (int)sizeof(b.mark)
			 ? yg_io_open_read(path, &fd)
			 : YG_ELIMIT;

	if (rc != YG_OK)
		return rc;
	rc = find_begin(fd, first, &begin);
	if (rc == YG_OK)
		rc = each_line_from(fd, begin, give_between, &b, &size);
	(void)close(fd); /* read only: nothing to lose */
	return rc == YG_EEND ? YG_OK : rc;
}

/* ---- days that are over ---- */

static bool note_path(const char *dir, char to[YG_DISK_PATH_MAX])
{
	int size = snprintf(to, YG_DISK_PATH_MAX, "%s/" EXPIRED, dir);

	return size > 0 && (unsigned)size < YG_DISK_PATH_MAX;
}

int yg_hub_batches_expired(const char *dir, int64_t *ret_ns)
{
	char path[YG_DISK_PATH_MAX];
	struct yg_fault fault;
	uint8_t *bytes = NULL;
	size_t size = 0;
	json_t *object = NULL;
	int32_t day;
	int rc = note_path(dir, path) ? yg_io_read_file(path, LINE_MAX_, &bytes, &size) : YG_ELIMIT;

	*ret_ns = INT64_MIN;
	if (rc == YG_OK)
		rc = yg_json_load((struct yg_bytes){bytes, size}, LINE_MAX_, &object, &fault);
	if (rc == YG_OK) {
		day = yg_day_read(yg_json_text(object, "before"));
		if (day == YG_DAY_NONE)
			rc = YG_EFORMAT;
		else
			*ret_ns = day * DAY_NS;
	}
	json_decref(object);
	free(bytes);
	return rc == YG_ENOENT ? YG_OK : rc;
}

/* Never an earlier one than stands there. */
static int note_expired(const char *dir, int32_t before)
{
	char path[YG_DISK_PATH_MAX];
	char day[YG_DAY_SIZE];
	char text[64];
	int64_t known_ns;

	if (!note_path(dir, path))
		return YG_ELIMIT;
	/* A note that cannot be read is written anew. */
	if (yg_hub_batches_expired(dir, &known_ns) == YG_OK && known_ns >= before * DAY_NS)
		return YG_OK;
	yg_day_write(before, day);
	(void)snprintf(text, sizeof(text), "{\"v\":1,\"before\":\"%s\"}\n", day); /* 37 */
	return yg_disk_replace(path, yg_bytes_str(text), 0600);
}

static int expire_day(const char *dir, const char *name, int64_t since_ns, uint64_t *files)
{
	int32_t day = yg_day_read(yg_bytes_cut(yg_bytes_str(name), 0, YG_DAY_SIZE - 1));
	char path[YG_DISK_PATH_MAX];
	int rc;

	if (day == YG_DAY_NONE || (day + 1) * DAY_NS > since_ns)
		return YG_OK;
	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return YG_ELIMIT;
	rc = note_expired(dir, day + 1);
	if (rc == YG_OK)
		rc = yg_disk_unlink(path);
	*files += rc == YG_OK;
	return rc;
}

int yg_hub_batches_expire(const char *dir, int64_t since_ns, uint64_t *ret_files)
{
	struct dirent **names = NULL;
	int count = scandir(dir, &names, yg_hub_batches_is_day, alphasort);
	int rc = count < 0 && errno != ENOENT ? yg_err_from_errno(errno) : YG_OK;

	*ret_files = 0;
	for (int i = 0; i < count; i++) {
		if (rc == YG_OK && i + 1 < count)
			rc = expire_day(dir, names[i]->d_name, since_ns, ret_files);
		free(names[i]);
	}
	free(names);
	if (*ret_files > 0) {
		int synced = yg_disk_sync_folder(dir);

		rc = rc == YG_OK ? synced : rc;
	}
	return rc;
}

/* ---- opening ---- */

static int note_at(void *arg, struct yg_bytes line)
{
	struct yg_hub_batches *b = arg;
	struct yg_hub_batch batch;
	char sensor[160];

	/* What a power cut left of lines that never counted. */
	if (!read_line(line, &batch, sensor))
		return YG_EEND;
	b->at = batch.at;
	return YG_OK;
}

static int open_day(struct yg_hub_batches *b, int64_t day)
{
	char path[YG_DISK_PATH_MAX];
	struct stat st;
	int rc;

	if (b->day == day)
		return YG_OK;
	if (b->fd >= 0)
		(void)yg_disk_close(b->fd); /* was synced */
	b->fd = -1;
	b->day = INT64_MIN;
	rc = path_of(b, day, path) ? yg_disk_open(path, YG_DISK_CREATE, 0600, &b->fd) : YG_ELIMIT;
	if (rc == YG_OK)
		rc = yg_disk_sync_folder(b->dir);
	if (rc == YG_OK && fstat(b->fd, &st) != 0)
		rc = yg_err_from_errno(errno);
	if (rc == YG_OK) {
		b->size = (uint64_t)st.st_size;
		b->day = day;
	}
	return rc;
}

/* The last file: up to where it is whole, and what stands there. */
static int open_last(struct yg_hub_batches *b)
{
	struct dirent **names = NULL;
	int count = scandir(b->dir, &names, yg_hub_batches_is_day, alphasort);
	uint64_t size = 0;
	int rc = count < 0 ? yg_err_from_errno(errno) : YG_OK;

	if (count > 0) {
		int32_t day = yg_day_read(
			yg_bytes_cut(yg_bytes_str(names[count - 1]->d_name), 0, YG_DAY_SIZE - 1));

		rc = day == YG_DAY_NONE ? YG_OK : open_day(b, day);
	}
	if (rc == YG_OK && b->fd >= 0) {
		rc = each_line(b->fd, note_at, b, &size);
		if (rc == YG_EEND || rc == YG_EFORMAT)
			rc = YG_OK;
		if (rc == YG_OK && size < b->size)
			rc = yg_disk_truncate(b->fd, size);
		b->size = size;
	}
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
	return rc;
}

int yg_hub_batches_open(const char *dir, uint64_t durable, struct yg_hub_batches **ret)
{
	struct yg_hub_batches *b;
	int rc;

	if (strlen(dir) >= YG_DISK_PATH_MAX - 32)
		return YG_ELIMIT;
	b = yg_calloc(1, sizeof(*b));
	if (!b)
		return YG_ENOMEM;
	b->fd = -1;
	b->day = INT64_MIN;
	(void)snprintf(b->dir, sizeof(b->dir), "%s", dir); /* measured */
	yg_buf_init(&b->text, YG_HUB_BATCHES_PENDING);
	rc = yg_disk_mkdir(dir, 0700);
	if (rc == YG_OK)
		rc = open_last(b);
	if (rc != YG_OK) {
		(void)yg_hub_batches_free(b);
		return rc;
	}
	if (b->at > durable)
		b->at = 0; /* a backup of the journal was put back: all is written that comes */
	*ret = b;
	return YG_OK;
}

struct yg_hub_batches *yg_hub_batches_free(struct yg_hub_batches *batches)
{
	if (!batches)
		return NULL;
	if (batches->fd >= 0)
		(void)yg_disk_close(batches->fd); /* what counts was synced */
	yg_buf_done(&batches->text);
	free(batches);
	return NULL;
}

/* ---- writing ---- */

int yg_hub_batches_commit(struct yg_hub_batches *batches)
{
	struct yg_hub_batches *b = batches;
	int rc;

	if (b->text.size == 0)
		return YG_OK;
	rc = open_day(b, b->text_day);
	if (rc == YG_OK)
		rc = yg_disk_write(b->fd, yg_buf_bytes(&b->text), b->size);
	if (rc == YG_OK)
		rc = yg_disk_sync(b->fd);
	if (rc != YG_OK) {
		/* What is on the disk is looked at again, and these come again. */
		if (b->fd >= 0)
			(void)yg_disk_close(b->fd); /* as above */
		b->fd = -1;
		b->day = INT64_MIN;
		(void)!open_last(b); /* else with the next one */
		yg_hub_batches_abort(b);
		return rc;
	}
	b->size += b->text.size;
	b->at = b->text_at;
	yg_buf_reset(&b->text);
	return YG_OK;
}

void yg_hub_batches_abort(struct yg_hub_batches *batches)
{
	yg_buf_reset(&batches->text);
}

static void add_hex(struct yg_buf *to, const char *key, const uint8_t digest[YG_SHA256_BYTES])
{
	char hex[YG_SHA256_HEX + 1];

	yg_hex((struct yg_bytes){digest, YG_SHA256_BYTES}, hex);
	yg_buf_addf(to, ",\"%s\":\"%s\"", key, hex);
}

/* As formats are called. A record is its sender's word: what it calls one goes into a line of all.
 */
static bool is_kind(struct yg_bytes name)
{
	for (size_t i = 0; i < name.size; i++) {
		char c = (char)name.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr("-_.", c))))
			return false;
	}
	return name.size > 0;
}

/* The name stands in front of each record (docs/record-format.md); what has none is "other". */
static struct yg_bytes kind_of(struct yg_bytes line)
{
	static const char head[] = "{\"v\":1,\"format\":\"";
	struct yg_bytes rest, name;
	size_t end;

	if (!yg_bytes_starts(line, yg_bytes_str(head)))
		return YG_S("other");
	rest = yg_bytes_from(line, sizeof(head) - 1);
	end = yg_bytes_chr(yg_bytes_cut(rest, 0, rest.size < KIND_MAX ? rest.size : KIND_MAX), '"');
	name = yg_bytes_cut(rest, 0, end == SIZE_MAX ? 0 : end);
	return is_kind(name) ? name : YG_S("other");
}

void yg_hub_batches_kinds(struct yg_bytes content, struct yg_buf *to)
{
	struct {
		struct yg_bytes name;
		uint64_t count;
	} kinds[YG_HUB_BATCHES_KINDS_MAX] = {{YG_S("other"), 0}};
	uint32_t count = 1;

	while (content.size > 0) {
		size_t end = yg_bytes_chr(content, '\n');
		struct yg_bytes name = kind_of(yg_bytes_cut(content, 0, end));
		uint32_t i = 0;

		while (i < count && !yg_bytes_eq(kinds[i].name, name))
			i++;
		if (i == count && count < YG_HUB_BATCHES_KINDS_MAX)
			kinds[count++].name = name;
		kinds[i < count ? i : 0].count++;
		content = yg_bytes_from(content, end < content.size ? end + 1 : content.size);
	}
	yg_buf_add_str(to, ",\"kinds\":{");
	for (uint32_t i = 0, written = 0; i < count; i++) {
		if (kinds[i].count == 0)
			continue;
		yg_buf_add_str(to, written++ > 0 ? "," : "");
		yg_buf_add_json(to, kinds[i].name);
		yg_buf_addf(to, ":%llu", (ull)kinds[i].count);
	}
	yg_buf_add_str(to, "}");
}

int yg_hub_batches_add(struct yg_hub_batches *batches, const struct yg_journal_record *record,
		       const struct yg_wire_batch *batch, const struct yg_wire_drop *drop,
		       struct yg_bytes kinds)
{
	struct yg_hub_batches *b = batches;
	int64_t day = day_of(record->batch.received_ns);
	char time[YG_ISO_SIZE];
	int rc = YG_OK;

	if (record->position <= b->at)
		return YG_OK; /* it is there */
	if (b->text.size > 0 && (day != b->text_day || b->text.size + LINE_MAX_ > b->text.max))
		rc = yg_hub_batches_commit(b);
	if (rc != YG_OK)
		return rc;
	b->text_day = day;
	(void)yg_time_iso(record->batch.received_ns, 0, time); /* returns its size */
	yg_buf_addf(&b->text, "{\"at\":%llu,\"received\":\"%s\",\"sensor\":", (ull)record->position,
		    time);
	yg_buf_add_json(&b->text, record->batch.sensor);
	yg_buf_addf(&b->text, ",\"epoch\":%llu", (ull)(batch ? batch->epoch : drop->epoch));
	if (batch) {
		yg_buf_addf(&b->text, ",\"sequence\":%llu,\"records\":%u", (ull)batch->sequence,
			    batch->count);
		add_hex(&b->text, "sha256", batch->digest);
		if (batch->has_ledger)
			add_hex(&b->text, "line", batch->ledger);
		yg_buf_add(&b->text, kinds);
	} else {
		yg_buf_addf(&b->text, ",\"first\":%llu,\"last\":%llu,\"records\":%llu",
			    (ull)drop->first, (ull)drop->last, (ull)drop->records);
	}
	yg_buf_add_str(&b->text, "}\n");
	b->text_at = record->position;
	return yg_buf_error(&b->text);
}
