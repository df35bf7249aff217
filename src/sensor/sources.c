/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file's bytes wait in `raw` until they are records of a batch:
 *
 *   file ──tail──► raw ──(not UTF-8: converted)──► reader ──► batch
 *                  │ base = offset of its first byte: what the checkpoint says
 *
 * When the tail goes over to another file, the bytes of the old one are finished first, under the
 * mark of the old one.
 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "sensor/sources.h"

#include <poll.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/utf8.h"
#include "source/receive.h"
#include "source/tail.h"
#include "source/text.h"

#include "base/ban.h"

#define READ_BYTES     (128u * 1024u)
#define RAW_AIM	       (1280u * 1024u) /* more than the longest record: then it is not read further */
#define RAW_MAX	       (4u << 20)
#define HEAD_PEEK      32768u
#define ARENA_MAX      (32u << 20)
#define MESSAGES_TURN  1000u
#define CHECKPOINT_MAX (1u << 20)

struct file_source {
	char *path;
	struct yg_tail *tail;
	struct yg_lines *reader;
	struct yg_buf raw;
	uint64_t base;	/* offset of raw in its file */
	uint64_t lines; /* line feeds before it */
	bool is_ending; /* raw is the rest of a file that the tail has left; mark is of it */
	struct yg_tail_mark mark;
	int64_t read_ns;
	int rc; /* of the last read */
	uint64_t errors;
};

struct yg_sources {
	const struct yg_zone *zone;
	const struct yg_lines_filter *filter; /* NULL: all may leave */
	struct yg_names *names;
	struct yg_arena *arena;
	struct yg_buf text; /* converted, or one message */
	struct file_source files[YG_SOURCES_FILES_MAX];
	size_t file_count;
	size_t turn; /* who is read first */
	struct yg_receive *receive;
	struct yg_lines *udp; /* by kind; the sender stands in the source's name of the record */
	struct yg_lines *tcp;
	uint64_t udp_position;
	uint64_t tcp_position;
	int64_t udp_ns;
	int64_t tcp_ns;
	struct yg_collect *collect; /* of the read that goes on */
	int64_t now_ns;
};

struct yg_sources *yg_sources_new(const struct yg_zone *zone)
{
	struct yg_sources *s = yg_calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->zone = zone;
	s->udp_ns = YG_TIME_NONE;
	s->tcp_ns = YG_TIME_NONE;
	s->names = yg_names_new();
	s->arena = yg_arena_new(ARENA_MAX);
	yg_buf_init(&s->text, ARENA_MAX);
	return s->names && s->arena ? s : yg_sources_free(s);
}

static void file_done(struct file_source *file)
{
	(void)yg_tail_free(file->tail);
	(void)yg_lines_free(file->reader);
	yg_buf_done(&file->raw);
	free(file->path);
}

void yg_sources_filter(struct yg_sources *sources, const struct yg_lines_filter *filter)
{
	sources->filter = filter;
}

struct yg_sources *yg_sources_free(struct yg_sources *sources)
{
	if (!sources)
		return NULL;
	for (size_t i = 0; i < sources->file_count; i++)
		file_done(&sources->files[i]);
	(void)yg_receive_free(sources->receive);
	(void)yg_lines_free(sources->udp);
	(void)yg_lines_free(sources->tcp);
	(void)yg_names_free(sources->names);
	(void)yg_arena_free(sources->arena);
	yg_buf_done(&sources->text);
	free(sources);
	return NULL;
}

/* ---- checkpoints: {"files":[{"path":…,"device":HEX,"inode":HEX,"offset":N,…}]} ---- */

static uint64_t hex_number(const json_t *object, const char *key)
{
	struct yg_bytes text = yg_json_text(object, key);
	uint64_t value = 0;

	for (size_t i = 0; i < text.size && i < 16; i++) {
		int digit = yg_hex_digit(text.data[i]);

		if (digit < 0)
			return 0;
		value = value << 4 | (uint64_t)digit;
	}
	return value;
}

static uint64_t number(const json_t *object, const char *key)
{
	int64_t value = yg_json_int(object, key, 0);

	return value > 0 ? (uint64_t)value : 0;
}

static bool find_mark(struct yg_bytes checkpoint, const char *path, struct yg_tail_mark *ret)
{
	struct yg_fault fault;
	json_t *object = NULL;
	const json_t *files;
	bool is_found = false;

	if (checkpoint.size == 0 ||
	    yg_json_load(checkpoint, CHECKPOINT_MAX, &object, &fault) != YG_OK)
		return false;
	files = json_object_get(object, "files");
	for (size_t i = 0; i < json_array_size(files) && !is_found; i++) {
		const json_t *file = json_array_get(files, i);

		if (!yg_bytes_eq(yg_json_text(file, "path"), yg_bytes_str(path)))
			continue;
		*ret = (struct yg_tail_mark){
			.device = hex_number(file, "device"),
			.inode = hex_number(file, "inode"),
			.offset = number(file, "offset"),
			.lines = number(file, "lines"),
			.head_hash = hex_number(file, "head"),
			.head_size = (uint32_t)number(file, "head_size"),
		};
		is_found = ret->head_size <= YG_TAIL_HEAD_MAX;
	}
	json_decref(object);
	return is_found;
}

/* Of raw's first byte. */
static struct yg_tail_mark mark_of(struct file_source *file)
{
	struct yg_tail_mark mark = file->mark;

	if (!file->is_ending)
		yg_tail_mark(file->tail, file->base, file->lines, &mark);
	mark.offset = file->base;
	mark.lines = file->lines;
	if (mark.head_size > mark.offset)
		mark.head_size = 0; /* cannot be: what is consumed only grows */
	return mark;
}

int yg_sources_checkpoint(struct yg_sources *sources, struct yg_buf *to)
{
	yg_buf_add_str(to, "{\"files\":[");
	for (size_t i = 0; i < sources->file_count; i++) {
		struct file_source *file = &sources->files[i];
		struct yg_tail_mark mark = mark_of(file);

		yg_buf_add_str(to, i ? ",{\"path\":" : "{\"path\":");
		yg_buf_add_json(to, yg_bytes_str(file->path));
		yg_buf_addf(
			to,
			",\"device\":\"%llx\",\"inode\":\"%llx\",\"offset\":%llu,\"lines\":%llu,"
			"\"head\":\"%llx\",\"head_size\":%u}",
			(unsigned long long)mark.device, (unsigned long long)mark.inode,
			(unsigned long long)mark.offset, (unsigned long long)mark.lines,
			(unsigned long long)mark.head_hash, mark.head_size);
	}
	yg_buf_add_str(to, "]}");
	return yg_buf_error(to);
}

/* ---- files ---- */

/* What stands before the place where reading goes on: head lines of tables. */
static int resume(struct file_source *file)
{
	uint8_t *head = yg_malloc(HEAD_PEEK);
	size_t size;
	int rc;

	if (!head)
		return YG_ENOMEM;
	size = yg_tail_peek(file->tail, head,
			    file->base < HEAD_PEEK ? (size_t)file->base : HEAD_PEEK);
	rc = yg_lines_resume(file->reader, (struct yg_bytes){head, size});
	free(head);
	return rc;
}

static void begin_file(struct file_source *file)
{
	yg_buf_reset(&file->raw);
	file->base = yg_tail_start(file->tail, &file->lines);
	file->is_ending = false;
}

int yg_sources_follow(struct yg_sources *sources, const char *path, struct yg_bytes checkpoint)
{
	struct file_source *file = &sources->files[sources->file_count];
	struct yg_tail_mark mark;
	int rc;

	if (sources->file_count == YG_SOURCES_FILES_MAX)
		return YG_ELIMIT;
	for (size_t i = 0; i < sources->file_count; i++)
		if (strcmp(sources->files[i].path, path) == 0)
			return YG_EDUPLICATE;
	*file = (struct file_source){.path = yg_strndup(path, strlen(path)),
				     .read_ns = YG_TIME_NONE};
	yg_buf_init(&file->raw, RAW_MAX);
	file->reader = yg_lines_new(path, sources->zone, sources->names, sources->filter);
	rc = file->path && file->reader
		     ? yg_tail_open(path, find_mark(checkpoint, path, &mark) ? &mark : NULL,
				    &file->tail)
		     : YG_ENOMEM;
	if (rc == YG_OK) {
		begin_file(file);
		rc = resume(file);
	}
	if (rc != YG_OK) {
		file_done(file);
		return rc;
	}
	sources->file_count++;
	return YG_OK;
}

static int add_padding(struct yg_buf *buf)
{
	uint8_t *room = yg_buf_reserve(buf, YG_LINES_PADDING);

	if (!room)
		return yg_buf_error(buf);
	memset(room, 0, YG_LINES_PADDING);
	return YG_OK;
}

static void consume(struct file_source *file, size_t size, uint64_t lines)
{
	yg_buf_drop(&file->raw, size);
	file->base += size;
	file->lines += lines;
}

/* The whole lines of raw, which are no UTF-8, all at once: only so their end is a place in raw. */
static int take_converted(struct yg_sources *s, struct file_source *file, size_t whole)
{
	struct yg_lines_text text = {
		.is_end = true, .take_all = true, .lines_before = file->lines, .now_ns = s->now_ns};
	struct yg_bytes converted;
	uint64_t lines = 0;
	size_t size = 0;
	int rc;

	yg_arena_reset(s->arena);
	rc = yg_text_to_utf8(yg_bytes_cut(yg_buf_bytes(&file->raw), 0, whole), s->arena,
			     &converted);
	if (rc == YG_EUNSUPPORTED) {
		file->errors++;
		consume(file, whole, 0);
		return YG_OK;
	}
	yg_buf_reset(&s->text);
	if (rc == YG_OK) {
		yg_buf_add(&s->text, converted);
		rc = add_padding(&s->text);
	}
	text.text = yg_buf_bytes(&s->text);
	if (rc == YG_OK)
		rc = yg_lines_take(file->reader, &text, s->collect, &size, &lines);
	if (rc == YG_OK)
		consume(file, whole, lines);
	return rc;
}

/* Bytes of raw up to its last line feed; all of it at the end, or when that is one long line. */
static size_t whole_lines(const struct file_source *file)
{
	const struct yg_buf *raw = &file->raw;
	const uint8_t *end = raw->size ? memrchr(raw->data, '\n', raw->size) : NULL;

	if (file->is_ending || (!end && raw->size >= RAW_AIM))
		return raw->size;
	return end ? (size_t)(end - raw->data) + 1 : 0;
}

static int take_raw(struct yg_sources *s, struct file_source *file)
{
	struct yg_lines_text text = {
		.is_end = file->is_ending, .lines_before = file->lines, .now_ns = s->now_ns};
	size_t whole = whole_lines(file);
	uint64_t lines = 0;
	size_t size = 0;
	int rc;

	if (whole == 0)
		return YG_OK;
	if (!yg_utf8_valid(yg_bytes_cut(yg_buf_bytes(&file->raw), 0, whole)))
		return take_converted(s, file, whole);
	rc = add_padding(&file->raw);
	text.text = yg_buf_bytes(&file->raw);
	if (rc == YG_OK)
		rc = yg_lines_take(file->reader, &text, s->collect, &size, &lines);
	consume(file, size, lines);
	/* The end of a file that is no record at all. */
	if (rc == YG_OK && file->is_ending && size == 0 && !yg_collect_is_full(s->collect))
		consume(file, file->raw.size, 0);
	return rc;
}

/* *ret_more: it could give more at once. */
static int read_file(struct yg_sources *s, struct file_source *file, bool *ret_more)
{
	int rc;

	if (!file->is_ending && file->raw.size < RAW_AIM) {
		yg_tail_mark(file->tail, file->base, file->lines, &file->mark);
		rc = yg_tail_read(file->tail, &file->raw, READ_BYTES);
		file->rc = rc == YG_EAGAIN || rc == YG_EEND ? YG_OK : rc;
		if (rc == YG_ENOMEM)
			return rc;
		if (rc == YG_OK)
			file->read_ns = s->now_ns;
		file->is_ending = rc == YG_EEND;
		*ret_more |= rc == YG_OK || rc == YG_EEND;
		file->errors += file->rc != YG_OK;
	}
	rc = take_raw(s, file);
	if (rc == YG_OK && file->is_ending && file->raw.size == 0) {
		begin_file(file);
		yg_lines_restart(file->reader);
		*ret_more = true;
	}
	return rc;
}

/* ---- syslog ---- */

int yg_sources_receive(struct yg_sources *sources, const struct yg_net_place *place,
		       struct yg_net_place *ret_bound)
{
	int rc = yg_receive_open(place, &sources->receive);

	if (rc != YG_OK)
		return rc;
	*ret_bound = yg_receive_place(sources->receive);
	sources->udp = yg_lines_new("syslog-udp", sources->zone, sources->names, sources->filter);
	sources->tcp = yg_lines_new("syslog-tcp", sources->zone, sources->names, sources->filter);
	return sources->udp && sources->tcp ? YG_OK : YG_ENOMEM;
}

/* A message is a text of its own: whatever it holds, it is one record. */
static int take_message(void *arg, bool is_tcp, const char *from, struct yg_bytes message)
{
	struct yg_sources *s = arg;
	struct yg_lines *reader = is_tcp ? s->tcp : s->udp;
	uint64_t *position = is_tcp ? &s->tcp_position : &s->udp_position;
	struct yg_lines_text text = {.is_end = true, .take_all = true, .now_ns = s->now_ns};
	struct yg_bytes clean = message;
	uint64_t lines;
	size_t size;
	int rc = YG_OK;

	(void)from; /* the message names its host; who sent it is of no proof in UDP */
	yg_arena_reset(s->arena);
	if (!yg_utf8_valid(message))
		rc = yg_text_to_utf8(message, s->arena, &clean);
	if (rc == YG_EUNSUPPORTED)
		return YG_OK;
	yg_buf_reset(&s->text);
	yg_buf_add(&s->text, clean);
	/* Line feeds inside would make several of it. */
	for (size_t i = 0; i < s->text.size; i++)
		if (s->text.data[i] == '\n')
			s->text.data[i] = ' ';
	yg_buf_add_byte(&s->text, '\n');
	if (rc == YG_OK)
		rc = add_padding(&s->text);
	text.text = yg_buf_bytes(&s->text);
	text.lines_before = (*position)++;
	*(is_tcp ? &s->tcp_ns : &s->udp_ns) = s->now_ns;
	yg_lines_restart(reader);
	return rc == YG_OK ? yg_lines_take(reader, &text, s->collect, &size, &lines) : rc;
}

/* ---- all of them ---- */

unsigned yg_sources_fds(const struct yg_sources *sources, struct pollfd *to, bool *ret_blind)
{
	unsigned count = 0;

	*ret_blind = sources->file_count > 0; /* another file at the path tells nobody */
	for (size_t i = 0; i < sources->file_count; i++)
		if (yg_tail_fd(sources->files[i].tail) >= 0)
			to[count++] = (struct pollfd){.fd = yg_tail_fd(sources->files[i].tail),
						      .events = POLLIN};
	if (sources->receive)
		to[count++] =
			(struct pollfd){.fd = yg_receive_fd(sources->receive), .events = POLLIN};
	return count;
}

int yg_sources_read(struct yg_sources *sources, int64_t now_ns, struct yg_collect *collect,
		    bool *ret_more)
{
	int rc = YG_OK;

	*ret_more = false;
	sources->collect = collect;
	sources->now_ns = now_ns;
	/* Those who send to us do not wait; files do. */
	if (sources->receive && !yg_collect_is_full(collect))
		rc = yg_receive_read(sources->receive, MESSAGES_TURN, take_message, sources);
	for (size_t i = 0; i < sources->file_count && rc == YG_OK; i++) {
		if (yg_collect_is_full(collect)) {
			*ret_more = true;
			break;
		}
		rc = read_file(sources, &sources->files[(sources->turn + i) % sources->file_count],
			       ret_more);
	}
	sources->turn++;
	return rc;
}

static void describe_file(const struct file_source *file, struct yg_wire_source *to)
{
	struct yg_tail_state state = yg_tail_state(file->tail);
	struct yg_lines_state reader = yg_lines_state(file->reader);
	struct yg_bytes path = yg_bytes_cut(yg_bytes_str(file->path), 0, YG_WIRE_NAME_MAX);
	const char *error = "";

	*to = (struct yg_wire_source){
		.kind = "file",
		.position = file->base,
		.lag = !file->is_ending && state.size > file->base ? state.size - file->base : 0,
		.records = reader.records,
		.errors = file->errors + reader.unknown + reader.cut + state.lost,
		.held = reader.held,
		.read_ns = file->read_ns,
	};
	memcpy(to->name, path.data, path.size);
	if (file->rc != YG_OK)
		error = yg_err_text(file->rc);
	else if (!state.is_there)
		error = "there is no file at this path";
	else if (state.rc != YG_OK)
		error = yg_err_text(state.rc);
	else if (state.lost > 0)
		error = "the rest of an earlier file was not found any more";
	(void)snprintf(to->error, sizeof(to->error), "%s", error); /* ours, short */
}

static void describe_syslog(const struct yg_sources *s, bool is_tcp, struct yg_wire_source *to)
{
	struct yg_receive_state state = yg_receive_state(s->receive);
	struct yg_lines_state reader = yg_lines_state(is_tcp ? s->tcp : s->udp);
	struct yg_net_place place = yg_receive_place(s->receive);

	*to = (struct yg_wire_source){
		.position = is_tcp ? state.tcp : state.udp,
		.records = reader.records,
		.errors = reader.unknown + (is_tcp ? state.cut + state.displaced : 0),
		.held = reader.held,
		.read_ns = is_tcp ? s->tcp_ns : s->udp_ns,
	};
	(void)snprintf(to->kind, sizeof(to->kind),
		       is_tcp ? "syslog-tcp" : "syslog-udp"); /* short */
	yg_net_write(&place, to->name);
}

uint32_t yg_sources_state(struct yg_sources *sources, struct yg_wire_source *to)
{
	uint32_t count = 0;

	for (size_t i = 0; i < sources->file_count; i++)
		describe_file(&sources->files[i], &to[count++]);
	if (sources->receive) {
		describe_syslog(sources, false, &to[count++]);
		describe_syslog(sources, true, &to[count++]);
	}
	return count;
}
