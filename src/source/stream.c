/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One input as a stream of UTF-8:
 *
 *   file, pipe, followed file ─► head (magic) ─► unpack ─► encoding ─► caller's buffer
 *
 * UTF-8 text is read straight into the caller's buffer and only looked at; what is something else
 * is copied out of there into the decoder and comes back converted.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/tr.h"
#include "parse/evtx.h"
#include "source/encoding-int.h"
#include "source/follow-int.h"
#include "source/unpack-int.h"

#include "base/ban.h"

#define HEAD_BYTES 4096u
#define WANT_MIN   4096u
#define WANT_MAX   (1u << 20)
#define ROOM_MIN   64u

struct yg_stream {
	char *path;
	int fd; /* -1 while follow owns it */
	bool is_following;
	bool is_head_read;
	bool is_binary_known; /* the question was asked */
	bool is_binary;	      /* bytes are given out as they are */
	bool is_ended;	      /* the packed side has no more */
	bool lacks_line_feed; /* the last byte given out was none: matters when a file is replaced
			       */
	int end_rc;	      /* what to say when all is given out: YG_EEND or the damage */
	const char *end_reason;
	enum yg_packing packing;
	uint64_t packed_bytes;
	uint64_t text_bytes;
	struct yg_follow follow;
	struct yg_unpack *unpack;
	struct yg_zip *zip;
	struct yg_decoder decoder;
	size_t head_at;
	size_t head_size;
	uint8_t head[HEAD_BYTES];
};

static const char *reason_for(int rc)
{
	return rc == YG_EIO ? N_("reading failed") : yg_err_text(rc);
}

static int open_member(struct yg_stream *s, const struct yg_input *input, const char **ret_reason)
{
	int rc = yg_zip_open(s->fd, (struct yg_bytes){NULL, 0}, &s->zip, ret_reason);

	s->packing = YG_PACKING_ZIP;
	s->is_head_read = true;
	if (rc == YG_OK)
		rc = yg_zip_start(s->zip, input->member_index, ret_reason);
	return rc;
}

int yg_stream_open(const struct yg_input *input, const struct yg_stream_opts *opts,
		   struct yg_stream **ret, const char **ret_reason)
{
	bool is_stdin = !input->member && strcmp(input->path, "-") == 0;
	struct yg_stream *s = yg_calloc(1, sizeof(*s));
	int rc = YG_ENOMEM;

	*ret_reason = N_("out of memory");
	if (!s)
		return YG_ENOMEM;
	s->fd = -1;
	s->end_rc = YG_EEND;
	s->follow = (struct yg_follow){.fd = -1, .notify_fd = -1, .stop_fd = -1};
	yg_decoder_init(&s->decoder);
	s->is_binary = opts && opts->is_binary;
	s->path = yg_strndup(input->path, strlen(input->path));
	if (!s->path)
		goto out;
	if (is_stdin) {
		s->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		rc = s->fd < 0 ? yg_err_from_errno(errno) : YG_OK;
	} else {
		rc = yg_io_open_read(s->path, &s->fd);
	}
	*ret_reason = reason_for(rc);
	if (rc != YG_OK)
		goto out;
	if (input->member)
		rc = open_member(s, input, ret_reason);
	else if (opts && opts->is_following) {
		s->is_following = true;
		yg_follow_init(&s->follow, is_stdin ? NULL : s->path, s->fd, opts->stop_fd);
		s->fd = -1;
	}
out:
	if (rc != YG_OK) {
		(void)yg_stream_free(s);
		return rc;
	}
	*ret = s;
	*ret_reason = NULL;
	return YG_OK;
}

struct yg_stream *yg_stream_free(struct yg_stream *stream)
{
	if (!stream)
		return NULL;
	(void)yg_unpack_free(stream->unpack);
	(void)yg_zip_free(stream->zip);
	if (stream->fd >= 0)
		(void)close(stream->fd); /* read only: nothing to lose */
	yg_follow_done(&stream->follow);
	yg_decoder_done(&stream->decoder);
	free(stream->path);
	free(stream);
	return NULL;
}

/* Bytes as they lie on disk. *ret_size 0 = end. */
static int read_file(struct yg_stream *s, uint8_t *to, size_t room, size_t *ret_size)
{
	int rc;

	*ret_size = 0;
	if (s->is_following) {
		rc = yg_follow_read(&s->follow, to, room, ret_size);
		if (rc == YG_EEND)
			rc = YG_OK;
	} else {
		rc = yg_io_read(s->fd, to, room, ret_size);
	}
	s->packed_bytes += *ret_size;
	return rc;
}

/* The same behind the head that was read to see the magic. */
static int read_packed(void *arg, uint8_t *to, size_t room, size_t *ret_size)
{
	struct yg_stream *s = arg;
	size_t left = s->head_size - s->head_at;

	if (left == 0)
		return read_file(s, to, room, ret_size);
	if (room > left)
		room = left;
	memcpy(to, s->head + s->head_at, room);
	s->head_at += room;
	*ret_size = room;
	return YG_OK;
}

/* Packed files do not grow: they are read to their end and that is it. */
static void stop_following(struct yg_stream *s)
{
	if (!s->is_following)
		return;
	s->fd = s->follow.fd;
	s->follow.fd = -1;
	yg_follow_done(&s->follow);
	s->is_following = false;
}

/* The first bytes decide how the file is packed. A pipe may give them one by one. */
static int read_head(struct yg_stream *s, const char **ret_reason)
{
	bool needs_more = true;
	int rc;

	while (needs_more && s->head_size < HEAD_BYTES) {
		size_t got;

		rc = read_file(s, s->head + s->head_size, HEAD_BYTES - s->head_size, &got);
		if (rc != YG_OK)
			return rc;
		s->head_size += got;
		if (got == 0 && s->follow.is_fresh && s->head_size == 0) {
			s->follow.is_fresh =
				false; /* the empty file was replaced: nothing to finish */
			continue;
		}
		s->packing = yg_packing_of((struct yg_bytes){s->head, s->head_size}, &needs_more);
		if (got == 0)
			break;
	}
	s->is_head_read = true;
	if (s->packing == YG_PACKING_NONE)
		return YG_OK;
	if (s->packing == YG_PACKING_ZIP) {
		*ret_reason = N_("a zip archive can only be read from a file, not from a pipe: "
				 "save it first");
		return YG_EUNSUPPORTED;
	}
	stop_following(s);
	rc = yg_unpack_new(s->packing, (struct yg_feed){read_packed, s}, &s->unpack);
	if (rc != YG_OK)
		*ret_reason = reason_for(rc);
	return rc;
}

/* Unpacked bytes, any encoding. *ret_size counts also with an error; YG_EEND at the end. */
static int read_text(struct yg_stream *s, uint8_t *to, size_t room, size_t *ret_size,
		     const char **ret_reason)
{
	int rc;

	*ret_size = 0;
	if (!s->is_head_read) {
		rc = read_head(s, ret_reason);
		if (rc != YG_OK)
			return rc;
	}
	if (s->zip)
		rc = yg_zip_read(s->zip, to, room, ret_size, ret_reason);
	else if (s->unpack)
		rc = yg_unpack_read(s->unpack, to, room, ret_size, ret_reason);
	else {
		rc = read_packed(s, to, room, ret_size);
		if (rc == YG_OK && *ret_size == 0)
			rc = s->follow.is_fresh ? YG_EAGAIN : YG_EEND;
	}
	return rc;
}

/* Remember what ends the stream: it is said when all that came before is given out. */
static void end_with(struct yg_stream *s, int rc, const char *reason)
{
	s->is_ended = true;
	s->end_rc = rc;
	s->end_reason = reason ? reason : reason_for(rc);
}

/* Give @in to the decoder. What it cannot convert at all ends the stream. */
static int decode(struct yg_stream *s, struct yg_bytes in, struct yg_buf *to)
{
	const char *reason = NULL;
	int rc = yg_decoder_add(&s->decoder, in, s->is_ended, to, &reason);

	if (rc == YG_OK)
		return YG_OK;
	end_with(s, rc, reason);
	s->end_rc = YG_EEND; /* the damage is said now */
	yg_buf_reset(&s->decoder.held);
	return rc;
}

/* The file was replaced: finish the old one's text, so that its last line stays a line. */
static int turn_page(struct yg_stream *s, struct yg_buf *to)
{
	const char *reason = NULL;
	size_t before = to->size;
	int rc;

	do {
		rc = yg_decoder_add(&s->decoder, (struct yg_bytes){NULL, 0}, true, to, &reason);
		if (rc != YG_OK)
			return rc;
		if (s->decoder.held.size > 0 && to->max - to->size < ROOM_MIN)
			return YG_OK; /* full: goes on with the next call */
	} while (s->decoder.held.size > 0);
	if (to->size > before)
		s->lacks_line_feed = to->data[to->size - 1] != '\n';
	if (s->lacks_line_feed)
		yg_buf_add_byte(to, '\n');
	s->lacks_line_feed = false;
	s->follow.is_fresh = false;
	yg_decoder_restart(&s->decoder);
	return yg_buf_error(to);
}

/* Is it a file of bytes that must not be decoded? False: the first bytes do not tell yet. */
static bool know_binary(struct yg_stream *s, struct yg_bytes start)
{
	if (s->is_binary_known)
		return true;
	if (start.size < YG_EVTX_MAGIC_BYTES && !s->is_ended)
		return false;
	s->is_binary_known = true;
	s->is_binary |= yg_evtx_fits(start);
	if (s->is_binary)
		stop_following(
			s); /* it grows in its midst: what comes cannot be told from its end */
	return true;
}

/* The first bytes, until they tell. A pipe may give them one by one. */
static void read_start(struct yg_stream *s, uint8_t *at, size_t want, size_t *ret_got)
{
	while (!know_binary(s, (struct yg_bytes){at, *ret_got}) && *ret_got < want) {
		const char *reason = NULL;
		size_t got;
		int rc = read_text(s, at + *ret_got, want - *ret_got, &got, &reason);

		if (rc != YG_OK && rc != YG_EAGAIN)
			end_with(s, rc, reason);
		*ret_got += got;
		if (rc == YG_EAGAIN)
			s->is_binary_known =
				true; /* following: what is written line by line is text */
	}
}

/*
 * One read, straight into the caller's buffer. The decoder first copies what it is given, so it may
 * then write over it.
 */
static int read_more(struct yg_stream *s, struct yg_buf *to, size_t want)
{
	const char *reason = NULL;
	uint8_t *at = yg_buf_reserve(to, want);
	struct yg_bytes rest;
	size_t good;
	size_t got;
	int rc;

	if (!at)
		return yg_buf_error(to);
	rc = read_text(s, at, want, &got, &reason);
	if (rc == YG_EAGAIN)
		return s->follow.is_fresh ? turn_page(s, to) : rc;
	if (rc != YG_OK)
		end_with(s, rc, reason);
	if (!s->is_binary_known)
		read_start(s, at, want, &got);
	if (s->is_binary) {
		yg_buf_grew(to, got);
		return YG_OK;
	}
	good = yg_decoder_pass(&s->decoder, (struct yg_bytes){at, got});
	yg_buf_grew(to, good);
	rest = (struct yg_bytes){at + good, got - good};
	if (rest.size == 0 && !s->is_ended)
		return YG_OK;
	return decode(s, rest, to);
}

/* How many bytes to read so that about @want come out and all fit. */
static size_t plan(const struct yg_stream *s, const struct yg_buf *to, size_t want)
{
	size_t room = to->max - to->size;
	enum yg_encoding encoding = s->decoder.encoding;

	if (want < WANT_MIN)
		want = WANT_MIN;
	if (want > WANT_MAX)
		want = WANT_MAX;
	if (encoding != YG_ENCODING_UTF8 && encoding != YG_ENCODING_UNKNOWN)
		want /= 2; /* two bytes become three */
	return want < room ? want : room;
}

static int give_part(struct yg_stream *s, struct yg_buf *to, size_t want)
{
	const struct yg_bytes none = {NULL, 0};

	if (to->max - to->size < ROOM_MIN)
		return YG_ELIMIT;
	if (s->follow.is_fresh)
		return turn_page(s, to);
	if (s->is_ended) {
		int rc = s->end_rc;

		if (s->decoder.held.size > 0 && !s->is_binary)
			return decode(s, none, to);
		s->end_rc = YG_EEND;
		return rc;
	}
	if (s->decoder.held.size >= YG_DECODER_HOLD_MAX)
		return decode(s, none, to);
	return read_more(s, to, plan(s, to, want));
}

int yg_stream_read(struct yg_stream *stream, struct yg_buf *to, size_t want,
		   const char **ret_reason)
{
	struct yg_stream *s = stream;
	size_t before = to->size;
	int rc;

	*ret_reason = NULL;
	/* Until something comes out: a first read may hold only a byte-order mark. */
	do {
		rc = give_part(s, to, want);
	} while (rc == YG_OK && to->size == before);
	if (to->size > before) {
		s->text_bytes += to->size - before;
		s->lacks_line_feed = to->data[to->size - 1] != '\n';
	}
	if (s->text_bytes > YG_STREAM_BYTES_MAX && rc == YG_OK) {
		end_with(s, YG_EEND, NULL);
		*ret_reason = N_("more than 1 TiB of text in one input: the rest was left out");
		return YG_ELIMIT;
	}
	if (rc != YG_OK && rc != YG_EEND && rc != YG_EAGAIN)
		*ret_reason = s->end_reason ? s->end_reason : reason_for(rc);
	return rc;
}

struct yg_stream_state yg_stream_state(const struct yg_stream *stream)
{
	return (struct yg_stream_state){
		.packed_bytes = stream->zip ? yg_zip_packed(stream->zip) : stream->packed_bytes,
		.text_bytes = stream->text_bytes,
		.packing = stream->packing,
		.encoding = stream->decoder.encoding,
		.replaced = stream->decoder.replaced,
		.first_replaced = stream->decoder.first_replaced,
		.rotations = stream->follow.rotations,
		.is_binary = stream->is_binary,
	};
}
