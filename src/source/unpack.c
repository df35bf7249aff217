/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip, zstd and xz. Each decoder is a step function over one shared input buffer:
 *
 *   feed -> in[IN_BYTES] -> step_gzip | step_zstd | step_xz -> caller's room
 *
 * An error is returned together with the bytes that were decoded before it.
 */
#include "source/unpack-int.h"

#define YG_BAN_ALLOW_MALLOC /* the libraries' headers name it */
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/alloc.h"
#include "base/tr.h"

#include "base/ban.h"

#define IN_BYTES	 (128u * 1024u)
#define RATIO_FREE_BYTES (UINT64_C(16) << 20)
#define ZSTD_WINDOW_LOG	 27 /* log2 of YG_UNPACK_WINDOW_MAX */

struct yg_unpack {
	enum yg_packing packing;
	struct yg_feed feed;
	bool is_at_end;	    /* the feed has no more */
	bool is_inside;	    /* within a member or frame: the end now means torn */
	bool is_done;	    /* all was said; YG_EEND from now on */
	uint64_t fed_bytes; /* from the feed */
	uint64_t text_bytes;
	z_stream gzip;
	ZSTD_DStream *zstd;
	lzma_stream xz;
	lzma_allocator xz_allocator;
	size_t in_at;
	size_t in_size;
	uint8_t in[IN_BYTES];
};

static const char torn_text[] = N_("the compressed data ends too early: the file is cut off");
static const char damaged_text[] = N_("the compressed data is damaged");
static const char digest_text[] = N_("the checksum of the compressed data does not agree");
static const char garbage_text[] =
	N_("after the compressed data come other bytes, which were left out");
static const char bomb_text[] =
	N_("it unpacks to more than 1000 times its size: the rest was left out");
static const char window_text[] = N_("unpacking it needs more than 128 MiB of memory");
static const char memory_text[] = N_("out of memory");

static bool starts_or_may(struct yg_bytes head, const char *magic, size_t size, bool *ret_more)
{
	size_t both = head.size < size ? head.size : size;

	if (both > 0 && memcmp(head.data, magic, both) != 0)
		return false;
	if (both < size)
		*ret_more = true;
	return both == size;
}

enum yg_packing yg_packing_of(struct yg_bytes head, bool *ret_needs_more)
{
	static const struct {
		const char *magic;
		size_t size;
		enum yg_packing packing;
	} kinds[] = {
		{"\x1f\x8b", 2, YG_PACKING_GZIP},
		{"\x28\xb5\x2f\xfd", 4, YG_PACKING_ZSTD},
		{"\xfd"
		 "7zXZ",
		 6, YG_PACKING_XZ}, /* the sixth byte is the literal's NUL */
		{"PK\x03\x04", 4, YG_PACKING_ZIP},
		{"PK\x05\x06", 4, YG_PACKING_ZIP},
		{"PK\x07\x08", 4, YG_PACKING_ZIP},
	};

	*ret_needs_more = false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (starts_or_may(head, kinds[i].magic, kinds[i].size, ret_needs_more)) {
			*ret_needs_more = false;
			return kinds[i].packing;
		}
	/* A zstd file may begin with a skippable frame: 0x184D2A50..5F, little endian. */
	if (head.size > 0 && (head.data[0] & 0xf0) == 0x50 &&
	    starts_or_may(yg_bytes_from(head, 1), "\x2a\x4d\x18", 3, ret_needs_more)) {
		*ret_needs_more = false;
		return YG_PACKING_ZSTD;
	}
	return YG_PACKING_NONE;
}

bool yg_unpack_is_bomb(uint64_t packed_bytes, uint64_t text_bytes)
{
	return text_bytes > RATIO_FREE_BYTES && text_bytes / YG_STREAM_RATIO_MAX > packed_bytes;
}

static void *gzip_alloc(void *arg, unsigned count, unsigned size)
{
	(void)arg; /* no state */
	return yg_calloc(count, size);
}

static void gzip_free(void *arg, void *memory)
{
	(void)arg; /* no state */
	free(memory);
}

static void *xz_alloc(void *arg, size_t count, size_t size)
{
	(void)arg; /* no state */
	return yg_calloc(count, size);
}

static bool start_decoder(struct yg_unpack *u)
{
	switch (u->packing) {
	case YG_PACKING_GZIP:
		u->gzip.zalloc = gzip_alloc;
		u->gzip.zfree = gzip_free;
		return inflateInit2(&u->gzip, 15 + 16) == Z_OK;
	case YG_PACKING_ZSTD:
		u->zstd = ZSTD_createDStream();
		return u->zstd && !ZSTD_isError(ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax,
								       ZSTD_WINDOW_LOG));
	case YG_PACKING_XZ:
		u->xz = (lzma_stream)LZMA_STREAM_INIT;
		u->xz_allocator = (lzma_allocator){.alloc = xz_alloc, .free = gzip_free};
		u->xz.allocator = &u->xz_allocator;
		return lzma_stream_decoder(&u->xz, YG_UNPACK_WINDOW_MAX, LZMA_CONCATENATED) ==
		       LZMA_OK;
	case YG_PACKING_NONE:
	case YG_PACKING_ZIP:
	default:
		return false;
	}
}

int yg_unpack_new(enum yg_packing packing, struct yg_feed feed, struct yg_unpack **ret)
{
	struct yg_unpack *u = yg_calloc(1, sizeof(*u));

	if (!u)
		return YG_ENOMEM;
	u->packing = packing;
	u->feed = feed;
	if (!start_decoder(u)) {
		(void)yg_unpack_free(u);
		return YG_ENOMEM;
	}
	*ret = u;
	return YG_OK;
}

struct yg_unpack *yg_unpack_free(struct yg_unpack *unpack)
{
	if (!unpack)
		return NULL;
	if (unpack->packing == YG_PACKING_GZIP)
		(void)inflateEnd(
			&unpack->gzip); /* complains only about states that do not matter here */
	if (unpack->packing == YG_PACKING_XZ)
		lzma_end(&unpack->xz);
	(void)ZSTD_freeDStream(unpack->zstd); /* NULL is legal */
	free(unpack);
	return NULL;
}

static int refill(struct yg_unpack *u)
{
	size_t got = 0;
	int rc;

	if (u->in_at < u->in_size || u->is_at_end)
		return YG_OK;
	rc = u->feed.read(u->feed.arg, u->in, IN_BYTES, &got);
	if (rc != YG_OK)
		return rc;
	u->in_at = 0;
	u->in_size = got;
	u->fed_bytes += got;
	u->is_at_end = got == 0;
	return YG_OK;
}

/* Between two gzip members: YG_OK = another one begins, YG_EEND, or YG_EFORMAT. */
static int next_gzip_member(struct yg_unpack *u, const char **ret_reason)
{
	/* Tapes and some writers pad with zeros. */
	for (;;) {
		int rc = refill(u);

		if (rc != YG_OK)
			return rc;
		if (u->is_at_end)
			return YG_EEND;
		while (u->in_at < u->in_size && u->in[u->in_at] == 0)
			u->in_at++;
		if (u->in_at < u->in_size)
			break;
	}
	if (u->in[u->in_at] != 0x1f) {
		*ret_reason = garbage_text;
		return YG_EFORMAT;
	}
	(void)inflateReset(&u->gzip); /* the state is valid: it just ended a member */
	return YG_OK;
}

static int step_gzip(struct yg_unpack *u, uint8_t *to, size_t room, size_t *ret_size,
		     const char **ret_reason)
{
	int zrc;

	if (!u->is_inside && u->fed_bytes > u->in_size - u->in_at) { /* not the first member */
		int rc = next_gzip_member(u, ret_reason);

		if (rc != YG_OK)
			return rc;
	}
	u->is_inside = true;
	u->gzip.next_in = u->in + u->in_at;
	u->gzip.avail_in = (uInt)(u->in_size - u->in_at);
	u->gzip.next_out = to;
	u->gzip.avail_out = (uInt)room;
	zrc = inflate(&u->gzip, Z_NO_FLUSH);
	u->in_at = u->in_size - u->gzip.avail_in;
	*ret_size = room - u->gzip.avail_out;
	if (zrc == Z_STREAM_END) {
		u->is_inside = false;
		return YG_OK;
	}
	if (zrc == Z_OK || zrc == Z_BUF_ERROR)
		return YG_OK;
	if (zrc == Z_MEM_ERROR) {
		*ret_reason = memory_text;
		return YG_ENOMEM;
	}
	if (u->gzip.msg &&
	    strstr(u->gzip.msg, "check")) { /* "incorrect data check", "… length …" */
		*ret_reason = digest_text;
		return YG_EDIGEST;
	}
	*ret_reason = damaged_text;
	return YG_EFORMAT;
}

static int step_zstd(struct yg_unpack *u, uint8_t *to, size_t room, size_t *ret_size,
		     const char **ret_reason)
{
	ZSTD_inBuffer in = {u->in, u->in_size, u->in_at};
	ZSTD_outBuffer out = {to, room, 0};
	size_t before = u->in_at;
	size_t left = ZSTD_decompressStream(u->zstd, &out, &in);

	u->in_at = in.pos;
	*ret_size = out.pos;
	if (!ZSTD_isError(left)) {
		if (out.pos > 0 ||
		    u->in_at != before) /* asked without input it names a new frame */
			u->is_inside = left != 0;
		return YG_OK;
	}
	switch (ZSTD_getErrorCode(left)) {
	case ZSTD_error_checksum_wrong:
		*ret_reason = digest_text;
		return YG_EDIGEST;
	case ZSTD_error_frameParameter_windowTooLarge:
		*ret_reason = window_text;
		return YG_ELIMIT;
	case ZSTD_error_memory_allocation:
		*ret_reason = memory_text;
		return YG_ENOMEM;
	case ZSTD_error_prefix_unknown:
		*ret_reason = garbage_text;
		return YG_EFORMAT;
	default:
		*ret_reason = damaged_text;
		return YG_EFORMAT;
	}
}

static int step_xz(struct yg_unpack *u, uint8_t *to, size_t room, size_t *ret_size,
		   const char **ret_reason)
{
	lzma_ret lrc;

	u->xz.next_in = u->in + u->in_at;
	u->xz.avail_in = u->in_size - u->in_at;
	u->xz.next_out = to;
	u->xz.avail_out = room;
	lrc = lzma_code(&u->xz, u->is_at_end ? LZMA_FINISH : LZMA_RUN);
	u->in_at = u->in_size - u->xz.avail_in;
	*ret_size = room - u->xz.avail_out;
	switch (lrc) {
	case LZMA_OK:
		return YG_OK;
	case LZMA_STREAM_END:
		return YG_EEND;
	case LZMA_BUF_ERROR: /* only without progress: at the end of the input it means torn */
		*ret_reason = torn_text;
		return u->is_at_end ? YG_EFORMAT : YG_OK;
	case LZMA_MEM_ERROR:
		*ret_reason = memory_text;
		return YG_ENOMEM;
	case LZMA_MEMLIMIT_ERROR:
		*ret_reason = window_text;
		return YG_ELIMIT;
	case LZMA_FORMAT_ERROR:
		*ret_reason = garbage_text;
		return YG_EFORMAT;
	default:
		*ret_reason = damaged_text;
		return YG_EFORMAT;
	}
}

/* One round: input if there is none, then the decoder. */
static int step(struct yg_unpack *u, uint8_t *to, size_t room, size_t *ret_size,
		const char **ret_reason)
{
	int rc = refill(u);

	*ret_size = 0;
	if (rc != YG_OK)
		return rc;
	if (u->packing == YG_PACKING_XZ)
		return step_xz(u, to, room, ret_size, ret_reason);
	rc = u->packing == YG_PACKING_GZIP ? step_gzip(u, to, room, ret_size, ret_reason)
					   : step_zstd(u, to, room, ret_size, ret_reason);
	if (rc == YG_OK && *ret_size == 0 && u->is_at_end) {
		if (!u->is_inside)
			return YG_EEND;
		*ret_reason = torn_text;
		return YG_EFORMAT;
	}
	return rc;
}

int yg_unpack_read(struct yg_unpack *unpack, uint8_t *to, size_t room, size_t *ret_size,
		   const char **ret_reason)
{
	size_t filled = 0;
	int rc = unpack->is_done ? YG_EEND : YG_OK;

	*ret_reason = NULL;
	if (room > UINT32_MAX)
		room = UINT32_MAX; /* zlib counts in 32 bits */
	while (rc == YG_OK && filled < room) {
		size_t got;

		rc = step(unpack, to + filled, room - filled, &got, ret_reason);
		filled += got;
		unpack->text_bytes += got;
		if (yg_unpack_is_bomb(unpack->fed_bytes - (unpack->in_size - unpack->in_at),
				      unpack->text_bytes) &&
		    rc == YG_OK) {
			*ret_reason = bomb_text;
			rc = YG_ELIMIT;
		}
	}
	*ret_size = filled;
	if (rc != YG_OK && rc != YG_EAGAIN)
		unpack->is_done = true;
	if (rc == YG_EEND && filled > 0)
		return YG_OK; /* the end is said by the next call */
	return rc;
}
