/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which encoding, and how it becomes UTF-8.
 *
 *   start ──BOM──► UTF-8 / UTF-16LE / UTF-16BE
 *     │
 *     └─► UNKNOWN: ASCII passes. At the first other byte the text around it is judged:
 *           well-formed UTF-8 ──► UTF-8
 *           typical Japanese  ──► CP932 or EUC-JP
 *           neither           ──► stays UNKNOWN: those bytes are replaced, the next are judged anew
 *
 * So a log that is ASCII for a gigabyte and then names a folder in Japanese is read right, and a
 * stray byte in an attacker's request does not decide for the whole file.
 */
#define _GNU_SOURCE
#include "source/encoding-int.h"
#include "source/text.h"

#include <iconv.h>

#include "base/tr.h"
#include "base/utf8.h"

#include "base/ban.h"

#define REPLACEMENT	 "\xef\xbf\xbd"
#define HIGH_BITS	 UINT64_C(0x8080808080808080)
#define LOOK_BYTES	 (16u * 1024u) /* of the held bytes, from the first that is not ASCII */
#define WORST_GROWTH	 3u	       /* output bytes per input byte: one bad byte -> U+FFFD */
#define ICONV_PART_BYTES 16384u

const char *yg_encoding_name(enum yg_encoding encoding)
{
	switch (encoding) {
	case YG_ENCODING_UTF16LE:
		return "UTF-16LE";
	case YG_ENCODING_UTF16BE:
		return "UTF-16BE";
	case YG_ENCODING_CP932:
		return "CP932";
	case YG_ENCODING_EUC_JP:
		return "EUC-JP";
	case YG_ENCODING_UTF8:
	case YG_ENCODING_UNKNOWN:
	default:
		return "UTF-8";
	}
}

void yg_decoder_init(struct yg_decoder *decoder)
{
	*decoder = (struct yg_decoder){.encoding = YG_ENCODING_UNKNOWN};
	yg_buf_init(&decoder->held, YG_DECODER_HOLD_MAX + YG_DECODER_PART_MAX);
}

static void close_iconv(struct yg_decoder *d)
{
	if (d->iconv)
		(void)iconv_close(d->iconv); /* nothing to lose */
	d->iconv = NULL;
}

void yg_decoder_done(struct yg_decoder *decoder)
{
	close_iconv(decoder);
	yg_buf_done(&decoder->held);
}

void yg_decoder_restart(struct yg_decoder *decoder)
{
	close_iconv(decoder);
	yg_buf_reset(&decoder->held);
	decoder->encoding = YG_ENCODING_UNKNOWN;
	decoder->is_started = false;
}

size_t yg_ascii_run(struct yg_bytes b)
{
	size_t i = 0;

	while (b.size - i >= 64) {
		uint64_t w[8];

		memcpy(w, b.data + i, sizeof(w));
		if ((w[0] | w[1] | w[2] | w[3] | w[4] | w[5] | w[6] | w[7]) & HIGH_BITS)
			break;
		i += 64;
	}
	while (b.size - i >= 8) {
		uint64_t w;

		memcpy(&w, b.data + i, 8);
		if (w & HIGH_BITS)
			break;
		i += 8;
	}
	while (i < b.size && b.data[i] < 0x80)
		i++;
	return i;
}

/*
 * Size of the longest start of a character at @b that is well formed so far (maximal subpart), for
 * a @b at which no whole character stands. *ret_is_cut: it could still become one.
 */
static size_t subpart(struct yg_bytes b, bool *ret_is_cut)
{
	uint8_t c = b.data[0];
	uint8_t low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	uint8_t high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	size_t whole = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	size_t i = 1;

	*ret_is_cut = false;
	if (c < 0xc2 || c > 0xf4)
		return 1;
	while (i < b.size && i < whole && b.data[i] >= low && b.data[i] <= high) {
		low = 0x80;
		high = 0xbf;
		i++;
	}
	*ret_is_cut = i == b.size && i < whole;
	return i;
}

size_t yg_utf8_run(struct yg_bytes b, size_t *ret_bad)
{
	size_t i = 0;

	*ret_bad = 0;
	for (;;) {
		size_t step;
		bool is_cut;

		i += yg_ascii_run(yg_bytes_from(b, i));
		/* Three-byte characters come in runs: kana and kanji. */
		while (b.size - i >= 4 && b.data[i] > 0xe0 && b.data[i] < 0xed &&
		       (b.data[i + 1] & 0xc0) == 0x80 && (b.data[i + 2] & 0xc0) == 0x80)
			i += 3;
		if (i == b.size)
			return i;
		step = yg_utf8_size(yg_bytes_from(b, i));
		if (step == 0) {
			step = subpart(yg_bytes_from(b, i), &is_cut);
			*ret_bad = is_cut ? 0 : step;
			return i;
		}
		i += step;
	}
}

struct tally {
	uint64_t typical; /* characters Japanese text is made of */
	uint64_t kana;	  /* half-width kana of CP932: any byte of A1..DF looks like one */
	uint64_t valid;	  /* other characters */
	uint64_t bad;	  /* bytes that form none */
};

static bool is_between(uint8_t c, uint8_t low, uint8_t high)
{
	return c >= low && c <= high;
}

/* Kana, full-width letters, punctuation, and the kanji of JIS level 1. */
static bool is_typical_cp932(uint8_t c, uint8_t t)
{
	return (c == 0x82 && is_between(t, 0x4f, 0xf1)) || (c == 0x83 && t <= 0x96) ||
	       (c == 0x81 && t <= 0xac) || is_between(c, 0x88, 0x98);
}

static bool is_typical_euc(uint8_t c, uint8_t t)
{
	return (c == 0xa4 && t <= 0xf3) || (c == 0xa5 && t <= 0xf6) || c == 0xa1 || c == 0xa3 ||
	       is_between(c, 0xb0, 0xcf);
}

/* One CP932 character at @b (first byte >= 0x80): its size, 0 = none. */
static size_t cp932_char(struct yg_bytes b, struct tally *tally)
{
	uint8_t c = b.data[0];
	uint8_t t = b.size > 1 ? b.data[1] : 0;

	if (is_between(c, 0xa1, 0xdf)) {
		tally->kana++;
		return 1;
	}
	if (c == 0x80 || c == 0xa0 || c > 0xfc || !is_between(t, 0x40, 0xfc) || t == 0x7f)
		return 0;
	if (is_typical_cp932(c, t))
		tally->typical++;
	else
		tally->valid++;
	return 2;
}

static size_t euc_char(struct yg_bytes b, struct tally *tally)
{
	uint8_t c = b.data[0];
	uint8_t t = b.size > 1 ? b.data[1] : 0;
	size_t size = 0;

	if (c == 0x8f) /* JIS X 0212: three bytes */
		size = is_between(t, 0xa1, 0xfe) && b.size > 2 && is_between(b.data[2], 0xa1, 0xfe)
			       ? 3
			       : 0;
	else if (c == 0x8e) /* half-width kana */
		size = is_between(t, 0xa1, 0xdf) ? 2 : 0;
	else if (is_between(c, 0xa1, 0xfe))
		size = is_between(t, 0xa1, 0xfe) ? 2 : 0;
	if (size == 2 && c >= 0xa1 && is_typical_euc(c, t))
		tally->typical++;
	else
		tally->valid += size > 0;
	return size;
}

static size_t utf8_char(struct yg_bytes b, struct tally *tally)
{
	size_t size = yg_utf8_size(b);

	tally->valid += size > 0;
	return size;
}

static struct tally count_chars(struct yg_bytes b, size_t (*one)(struct yg_bytes, struct tally *))
{
	struct tally tally = {0};
	size_t i = yg_ascii_run(b);

	while (i < b.size) {
		struct yg_bytes rest = yg_bytes_from(b, i);
		size_t step = one(rest, &tally);

		/* A character that the window cuts off says nothing. */
		if (step == 0 && rest.size >= 4)
			tally.bad++;
		i += step ? step : 1;
		i += yg_ascii_run(yg_bytes_from(b, i));
	}
	return tally;
}

static bool is_japanese(struct tally t)
{
	return t.typical > 0 && t.typical * 2 >= t.valid && t.bad * 5 <= t.typical + t.valid;
}

enum yg_encoding yg_encoding_guess(struct yg_bytes b)
{
	struct tally utf8 = count_chars(b, utf8_char);
	struct tally euc;
	struct tally cp932;
	bool is_euc;
	bool is_cp932;

	/* Other encodings hardly ever look like UTF-8; the reverse is common. */
	if (utf8.valid > 0 && utf8.bad * 2 <= utf8.valid)
		return YG_ENCODING_UTF8;
	euc = count_chars(b, euc_char);
	cp932 = count_chars(b, cp932_char);
	is_euc = is_japanese(euc);
	is_cp932 = is_japanese(cp932);
	if (is_euc && is_cp932) {
		if (euc.bad != cp932.bad)
			return euc.bad < cp932.bad ? YG_ENCODING_EUC_JP : YG_ENCODING_CP932;
		/* EUC-JP read as CP932 gives mostly half-width kana and rare kanji. */
		return cp932.typical > euc.typical ? YG_ENCODING_CP932 : YG_ENCODING_EUC_JP;
	}
	if (is_euc)
		return YG_ENCODING_EUC_JP;
	if (is_cp932)
		return YG_ENCODING_CP932;
	/* Half-width kana alone: only CP932 writes it in single bytes. */
	if (cp932.bad == 0 && cp932.valid == 0 && cp932.kana >= 4 && euc.bad > 0 && utf8.valid == 0)
		return YG_ENCODING_CP932;
	return YG_ENCODING_UNKNOWN;
}

/* UTF-16 without a mark: every second byte of the first ones is zero, the others are ASCII. */
static enum yg_encoding guess_utf16(struct yg_bytes b)
{
	size_t little = 0;
	size_t big = 0;
	size_t pairs = b.size / 2 < 16 ? b.size / 2 : 16;

	for (size_t i = 0; i < pairs; i++) {
		uint8_t c = b.data[2 * i];
		uint8_t t = b.data[2 * i + 1];

		little += t == 0 && c >= 9 && c < 0x7f;
		big += c == 0 && t >= 9 && t < 0x7f;
	}
	if (pairs < 4 || (little != pairs && big != pairs))
		return YG_ENCODING_UNKNOWN;
	return little == pairs ? YG_ENCODING_UTF16LE : YG_ENCODING_UTF16BE;
}

/* Look for the byte-order mark in what is held; true when it is settled. */
static bool start(struct yg_decoder *d, bool is_end)
{
	struct yg_bytes b = yg_buf_bytes(&d->held);
	size_t mark = 0;

	if (b.size < 4 && !is_end && (b.size == 0 || b.data[0] >= 0xef || b.data[0] == 0))
		return false;
	if (yg_bytes_starts(b, YG_S("\xef\xbb\xbf"))) {
		d->encoding = YG_ENCODING_UTF8;
		mark = 3;
	} else if (yg_bytes_starts(b, YG_S("\xff\xfe"))) {
		d->encoding = YG_ENCODING_UTF16LE;
		mark = 2;
	} else if (yg_bytes_starts(b, YG_S("\xfe\xff"))) {
		d->encoding = YG_ENCODING_UTF16BE;
		mark = 2;
	} else {
		d->encoding = guess_utf16(b);
	}
	yg_buf_drop(&d->held, mark);
	d->is_started = true;
	return true;
}

static void count_lines(struct yg_decoder *d, struct yg_bytes b)
{
	size_t i = 0;

	if (d->first_replaced)
		return; /* only needed to name the first */
	while (i < b.size) {
		size_t end = b.size - i > 255 ? i + 255 : b.size;
		uint8_t found = 0; /* one byte, so that it is counted 16 bytes at a time */

		for (; i < end; i++)
			found = (uint8_t)(found + (b.data[i] == '\n'));
		d->lines += found;
	}
}

static void give(struct yg_decoder *d, struct yg_buf *to, struct yg_bytes b)
{
	count_lines(d, b);
	yg_buf_add(to, b);
}

static void replace(struct yg_decoder *d, struct yg_buf *to)
{
	d->replaced++;
	if (!d->first_replaced)
		d->first_replaced = d->lines + 1;
	yg_buf_add(to, YG_S(REPLACEMENT));
}

size_t yg_decoder_pass(struct yg_decoder *decoder, struct yg_bytes in)
{
	size_t bad;
	size_t size;

	if (!decoder->is_started || decoder->held.size > 0)
		return 0;
	if (decoder->encoding == YG_ENCODING_UTF8)
		size = yg_utf8_run(in, &bad);
	else if (decoder->encoding == YG_ENCODING_UNKNOWN)
		size = yg_ascii_run(in);
	else
		return 0;
	count_lines(decoder, yg_bytes_cut(in, 0, size));
	return size;
}

/* The convert_ functions give out the front of @b and return how many of its bytes are used up. */
static size_t convert_utf8(struct yg_decoder *d, struct yg_bytes b, bool is_end, struct yg_buf *to)
{
	size_t i = 0;

	while (i < b.size) {
		size_t bad;
		size_t good = yg_utf8_run(yg_bytes_from(b, i), &bad);

		give(d, to, yg_bytes_cut(b, i, i + good));
		i += good;
		if (i == b.size)
			break;
		if (bad == 0) {
			if (!is_end)
				break;
			bad = b.size - i;
		}
		replace(d, to);
		i += bad;
	}
	return i;
}

static uint32_t utf16_unit(const struct yg_decoder *d, const uint8_t *at)
{
	return d->encoding == YG_ENCODING_UTF16LE ? (uint32_t)(at[0] | at[1] << 8)
						  : (uint32_t)(at[0] << 8 | at[1]);
}

/* One character of UTF-16 at @at (@size >= 2 bytes): its bytes; *ret_point beyond Unicode = none.
 */
static size_t utf16_char(const struct yg_decoder *d, const uint8_t *at, size_t size,
			 uint32_t *ret_point)
{
	uint32_t unit = utf16_unit(d, at);
	uint32_t next;

	*ret_point = unit;
	if (unit < 0xd800 || unit > 0xdfff)
		return 2;
	*ret_point = UINT32_MAX;
	if (unit > 0xdbff || size < 4)
		return 2;
	next = utf16_unit(d, at + 2);
	if (next < 0xdc00 || next > 0xdfff)
		return 2;
	*ret_point = 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00);
	return 4;
}

static size_t convert_utf16(struct yg_decoder *d, struct yg_bytes b, bool is_end, struct yg_buf *to)
{
	size_t i = 0;

	while (b.size - i >= 2) {
		uint8_t utf8[4];
		uint32_t point;
		size_t size = utf16_char(d, b.data + i, b.size - i, &point);

		if (point == UINT32_MAX && b.size - i < 4 && !is_end)
			break; /* perhaps the first half of a pair */
		i += size;
		if (point == UINT32_MAX) {
			replace(d, to);
			continue;
		}
		d->lines += point == '\n' && !d->first_replaced;
		yg_buf_add(to, (struct yg_bytes){utf8, yg_utf8_put(point, utf8)});
	}
	if (is_end && b.size - i == 1) {
		replace(d, to);
		i = b.size;
	}
	return i;
}

/* Nothing leaks: where it failed, iconv_open gave no descriptor but -1. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
static int open_iconv(struct yg_decoder *d, const char **ret_reason)
{
	static const char *const cp932[] = {"CP932", "WINDOWS-31J", "SHIFT_JIS"};
	static const char *const euc[] = {"EUC-JP-MS", "EUCJP-MS", "EUC-JP"};
	const char *const *names = d->encoding == YG_ENCODING_CP932 ? cp932 : euc;

	for (size_t i = 0; i < 3; i++) {
		iconv_t cd = iconv_open("UTF-8", names[i]);

		if (cd != (iconv_t)-1) { /* NOLINT: the interface returns this */
			d->iconv = cd;
			return YG_OK;
		}
		if (errno == ENOMEM) {
			*ret_reason = N_("out of memory");
			return YG_ENOMEM;
		}
	}
	*ret_reason =
		N_("this machine lacks the conversion from Shift_JIS or EUC-JP (the gconv modules "
		   "of the C library): convert the file to UTF-8 first");
	return YG_EUNSUPPORTED;
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

/* Kept until the process ends: the C library lets a module go with its last descriptor. */
static struct yg_decoder kept[2];

void yg_text_keep(void)
{
	const char *reason;

	for (size_t i = 0; i < 2; i++) {
		kept[i].encoding = i == 0 ? YG_ENCODING_CP932 : YG_ENCODING_EUC_JP;
		if (!kept[i].iconv && open_iconv(&kept[i], &reason) != YG_OK)
			kept[i].iconv = NULL; /* such texts are refused with this reason */
	}
}

/* Through iconv; a byte that begins no character becomes U+FFFD, and the next is tried. */
static size_t convert_iconv(struct yg_decoder *d, struct yg_bytes b, bool is_end, struct yg_buf *to)
{
	size_t i = 0;

	while (i < b.size && yg_buf_error(to) == YG_OK) {
		uint8_t out[ICONV_PART_BYTES];
		size_t ascii = yg_ascii_run(yg_bytes_from(b, i));
		char *from;
		char *at = (char *)out;
		size_t from_size;
		size_t out_size = sizeof(out);
		size_t done;
		int why = 0;

		give(d, to, yg_bytes_cut(b, i, i + ascii));
		i += ascii;
		from_size = yg_bytes_chr(yg_bytes_from(b, i), '\n'); /* never inside a character */
		if (from_size == SIZE_MAX)
			from_size = b.size - i;
		if (from_size == 0)
			continue;
		from = (char *)(uintptr_t)(b.data + i); /* iconv does not write there */
		if (iconv(d->iconv, &from, &from_size, &at, &out_size) == (size_t)-1)
			why = errno;
		done = (size_t)((const uint8_t *)from - (b.data + i));
		give(d, to, (struct yg_bytes){out, sizeof(out) - out_size});
		i += done;
		if (why == EINVAL && i + from_size == b.size && !is_end)
			break; /* the rest of the character comes later */
		if (why == EILSEQ || why == EINVAL) {
			(void)iconv(d->iconv, NULL, NULL, NULL,
				    NULL); /* cannot fail: back to the start */
			replace(d, to);
			i++;
		}
	}
	return i;
}

/*
 * In state UNKNOWN: choose by the text from @b on (its first byte is not ASCII) as soon as that
 * line is whole or there is plenty. False: more is needed.
 */
static bool decide(struct yg_decoder *d, struct yg_bytes b, bool is_end)
{
	struct yg_bytes window = yg_bytes_cut(b, 0, LOOK_BYTES);

	if (!is_end && window.size < LOOK_BYTES && yg_bytes_chr(window, '\n') == SIZE_MAX)
		return false;
	d->encoding = yg_encoding_guess(window);
	return true;
}

/*
 * Text that could not be told: as if UTF-8, up to the last line end of what was judged, so that the
 * next judgement begins with a fresh line and each byte is judged a bounded number of times.
 */
static size_t convert_unknown(struct yg_decoder *d, struct yg_bytes b, bool is_end,
			      struct yg_buf *to)
{
	struct yg_bytes window = yg_bytes_cut(b, 0, LOOK_BYTES);
	const uint8_t *last = memrchr(window.data, '\n', window.size);

	if (last)
		return convert_utf8(d, yg_bytes_cut(window, 0, (size_t)(last - window.data) + 1),
				    true, to);
	return convert_utf8(d, window, is_end && window.size == b.size, to);
}

static size_t convert(struct yg_decoder *d, struct yg_bytes b, bool is_end, struct yg_buf *to)
{
	switch (d->encoding) {
	case YG_ENCODING_UTF16LE:
	case YG_ENCODING_UTF16BE:
		return convert_utf16(d, b, is_end, to);
	case YG_ENCODING_CP932:
	case YG_ENCODING_EUC_JP:
		return convert_iconv(d, b, is_end, to);
	case YG_ENCODING_UTF8:
		return convert_utf8(d, b, is_end, to);
	case YG_ENCODING_UNKNOWN:
	default:
		return convert_unknown(d, b, is_end, to);
	}
}

static int prepare(struct yg_decoder *d, const char **ret_reason)
{
	bool needs_iconv = d->encoding == YG_ENCODING_CP932 || d->encoding == YG_ENCODING_EUC_JP;

	return needs_iconv && !d->iconv ? open_iconv(d, ret_reason) : YG_OK;
}

int yg_decoder_add(struct yg_decoder *decoder, struct yg_bytes in, bool is_end, struct yg_buf *to,
		   const char **ret_reason)
{
	struct yg_decoder *d = decoder;
	struct yg_bytes b;
	size_t used = 0;
	int rc = YG_OK;

	yg_buf_add(&d->held, in);
	if (yg_buf_error(&d->held) != YG_OK)
		return yg_buf_error(&d->held);
	if (!d->is_started && !start(d, is_end))
		return YG_OK;
	b = yg_buf_bytes(&d->held);
	while (used < b.size && rc == YG_OK) {
		struct yg_bytes rest = yg_bytes_from(b, used);
		size_t fits = (to->max - to->size) / WORST_GROWTH;
		size_t step;

		if (d->encoding == YG_ENCODING_UNKNOWN && rest.data[0] >= 0x80 &&
		    !decide(d, rest, is_end))
			break;
		rc = prepare(d, ret_reason);
		if (rc != YG_OK || fits < 4) /* full: what is held is given out by the next call */
			break;
		if (d->encoding == YG_ENCODING_UNKNOWN && rest.data[0] < 0x80)
			rest = yg_bytes_cut(rest, 0, yg_ascii_run(rest));
		rest = yg_bytes_cut(rest, 0, fits);
		step = convert(d, rest, is_end && used + rest.size == b.size, to);
		rc = yg_buf_error(to);
		if (step == 0)
			break;
		used += step;
	}
	yg_buf_drop(&d->held, used);
	return rc;
}
