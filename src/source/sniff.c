/* SPDX-License-Identifier: Apache-2.0 */
#include "source/sniff-int.h"

#include "base/tr.h"
#include "parse/evtx.h"
#include "source/unpack-int.h"

#include "base/ban.h"

struct magic {
	uint16_t at;
	uint8_t size;
	const char *bytes;
	const char *words;
};

static const char program_text[] = N_("a program, not a log");
static const char image_text[] = N_("an image, not a log");
static const char media_text[] = N_("sound or video, not a log");
static const char office_text[] = N_("an office document, not a log");
static const char database_text[] = N_("a database, not a log");
static const char archive_text[] = N_("an archive of a kind that is not read: unpack it first");
static const char journal_text[] =
	N_("a systemd journal: write it out first with journalctl --file FILE -o short-iso");
static const char binary_text[] = N_("binary data, not a log");
static const char empty_text[] = N_("empty");

static const struct magic magics[] = {
	{0, 4, "\x7f\x45LF", program_text},
	{0, 2, "MZ", program_text},
	{0, 4, "\xca\xfe\xba\xbe", program_text},
	{0, 4, "\xcf\xfa\xed\xfe", program_text},
	{0, 4, "\xce\xfa\xed\xfe", program_text},
	{0, 4, "\0asm", program_text},
	{0, 8, "!<arch>\n", program_text},
	{0, 4, "\x89PNG", image_text},
	{0, 3, "\xff\xd8\xff", image_text},
	{0, 4, "GIF8", image_text},
	{0, 4, "II*\0", image_text},
	{0, 4, "MM\0*", image_text},
	{0, 4, "\0\0\1\0", image_text},
	{8, 4, "WEBP", image_text},
	{4, 4, "ftyp", media_text},
	{8, 4, "WAVE", media_text},
	{8, 4, "AVI ", media_text},
	{0, 3, "ID3", media_text},
	{0, 4, "OggS", media_text},
	{0, 4, "\x1a\x45\xdf\xa3", media_text},
	{0, 5, "%PDF-", office_text},
	{0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", office_text},
	{0, 5, "{\\rtf", office_text},
	{0, 16, "SQLite format 3\0", database_text},
	{4, 15, "Standard Jet DB", database_text},
	{4, 4, "\xef\xcd\xab\x89", database_text}, /* Extensible Storage Engine */
	{0, 6, "7z\xbc\xaf\x27\x1c", archive_text},
	{0, 6, "Rar!\x1a\x07", archive_text},
	{0, 4, "MSCF", archive_text},
	{0, 3, "BZh", archive_text},
	{0, 4, "\x04\x22\x4d\x18", archive_text}, /* lz4 */
	{257, 5, "ustar", archive_text},
	{0, 8, "LPKSHHRH", journal_text},
	{0, 4, "\xd4\xc3\xb2\xa1", N_("a network capture, not a log")},
	{0, 4, "\x0a\x0d\x0d\x0a", N_("a network capture, not a log")},
};

/* "MZ" and "BZh" could begin a text: a program and an archive are not all printable. */
static bool is_text(struct yg_bytes b)
{
	for (size_t i = 0; i < b.size; i++)
		if ((b.data[i] < 0x20 && b.data[i] != '\t' && b.data[i] != '\r' &&
		     b.data[i] != '\n') ||
		    b.data[i] >= 0x7f)
			return false;
	return true;
}

/* A zip whose first member is the description part of an office document or of a program. */
static const char *sniff_zip(struct yg_bytes head)
{
	if (head.size < 34 || memcmp(head.data, "PK\x03\x04", 4) != 0)
		return NULL;
	head = yg_bytes_from(head, 30);
	if (yg_bytes_starts(head, YG_S("[Content_Types].xml")) ||
	    yg_bytes_starts(head, YG_S("mimetype")) || yg_bytes_starts(head, YG_S("_rels/")) ||
	    yg_bytes_starts(head, YG_S("docProps/")))
		return office_text;
	if (yg_bytes_starts(head, YG_S("META-INF/")) ||
	    yg_bytes_starts(head, YG_S("AndroidManifest.xml")))
		return program_text;
	return NULL;
}

/*
 * Tables of fixed records (wtmp, lastlog): many zeros and other control characters. Zeros alone are
 * no sign: a log that was cut while open begins with a hole. Nor is UTF-16.
 */
static bool is_binary(struct yg_bytes b)
{
	size_t zeros = 0;
	size_t controls = 0;
	size_t pairs = 0;

	if (b.size >= 2 && (b.data[0] == 0xff || b.data[0] == 0xfe))
		return false;
	for (size_t i = 0; i < b.size; i++) {
		uint8_t c = b.data[i];

		zeros += c == 0;
		controls += c > 0 && c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != 0x1b;
		pairs += i > 0 && (c == 0) != (b.data[i - 1] == 0);
	}
	return zeros * 10 > b.size && controls * 200 > b.size && pairs * 10 < b.size * 9;
}

const char *yg_sniff_no_log(struct yg_bytes head)
{
	bool needs_more;

	if (head.size == 0)
		return empty_text;
	if (yg_evtx_fits(head))
		return NULL;
	if (is_text(head))
		return yg_bytes_starts(head, YG_S("%PDF-")) ? office_text : NULL;
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		const struct magic *m = &magics[i];

		if (head.size >= (size_t)m->at + m->size &&
		    memcmp(head.data + m->at, m->bytes, m->size) == 0)
			return m->words;
	}
	if (yg_packing_of(head, &needs_more) != YG_PACKING_NONE)
		return sniff_zip(head); /* what is in it is seen when it is unpacked */
	return is_binary(head) ? binary_text : NULL;
}
