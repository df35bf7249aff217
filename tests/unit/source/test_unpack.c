/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC
#include "files.h"

#include "../check.h"
#include "base/alloc.h"
#include "source/unpack-int.h"

static struct yg_buf packed;
static struct yg_buf text;
static const char *reason;

static void begin(void)
{
	yg_buf_init(&packed, 64u << 20);
	yg_buf_init(&text, 256u << 20);
	reason = NULL;
}

static void end(void)
{
	yg_buf_done(&packed);
	yg_buf_done(&text);
}

static int read_file_text(const char *name)
{
	file(name, yg_buf_bytes(&packed));
	return read_path(at(name), &text, &reason, NULL);
}

static void gzip_members(void)
{
	begin();
	gzip_add(&packed, YG_S("one\n"));
	gzip_add(&packed, YG_S(""));
	gzip_add(&packed, YG_S("two\n"));
	yg_buf_add(&packed, YG_S("\0\0\0\0"));
	CHECK(read_file_text("a") == YG_EEND);
	CHECK_TEXT(yg_buf_bytes(&text), "one\ntwo\n");
	end();
}

static void zstd_frames(void)
{
	begin();
	yg_buf_add(&packed, YG_S("\x52\x2a\x4d\x18\x03\0\0\0abc")); /* a skippable frame first */
	zstd_add(&packed, YG_S("one\n"));
	yg_buf_add(&packed, YG_S("\x50\x2a\x4d\x18\0\0\0\0"));
	zstd_add(&packed, YG_S("two\n"));
	CHECK(read_file_text("a") == YG_EEND);
	CHECK_TEXT(yg_buf_bytes(&text), "one\ntwo\n");
	end();
}

static void xz_streams(void)
{
	begin();
	xz_add(&packed, YG_S("one\n"));
	yg_buf_add(&packed, YG_S("\0\0\0\0"));
	xz_add(&packed, YG_S("two\n"));
	CHECK(read_file_text("a") == YG_EEND);
	CHECK_TEXT(yg_buf_bytes(&text), "one\ntwo\n");
	end();
}

/* Text that does not compress to nothing: @size bytes of numbered lines. */
static void make_lines(struct yg_buf *to, size_t size)
{
	for (uint64_t i = 0; to->size < size; i++) {
		yg_buf_add_u64(to, i * UINT64_C(0x9e3779b97f4a7c15));
		yg_buf_add_byte(to, '\n');
	}
}

static void check_torn(void (*pack)(struct yg_buf *, struct yg_bytes))
{
	struct yg_buf lines;

	begin();
	yg_buf_init(&lines, 4u << 20);
	make_lines(&lines, 600000);
	pack(&packed, yg_buf_bytes(&lines));
	packed.size -= packed.size / 4;
	CHECK(read_file_text("torn") == YG_EFORMAT);
	CHECK(reason && strstr(reason, "cut off"));
	CHECK(text.size > 100000);
	CHECK(yg_bytes_starts(yg_buf_bytes(&lines), yg_buf_bytes(&text)));
	yg_buf_done(&lines);
	end();
}

static void torn(void)
{
	check_torn(gzip_add);
	if (!check_failed)
		check_torn(zstd_add);
	if (!check_failed)
		check_torn(xz_add);
}

static void wrong_checksums(void)
{
	begin();
	gzip_add(&packed, YG_S("one\n"));
	packed.data[packed.size - 6] ^= 1;
	CHECK(read_file_text("a") == YG_EDIGEST);
	CHECK_TEXT(yg_buf_bytes(&text), "one\n");
	end();
	begin();
	zstd_add(&packed, YG_S("one\n"));
	packed.data[packed.size - 1] ^= 1;
	CHECK(read_file_text("a") == YG_EDIGEST);
	CHECK(reason && strstr(reason, "checksum"));
	end();
}

static void garbage_behind(void)
{
	begin();
	gzip_add(&packed, YG_S("one\n"));
	yg_buf_add(&packed, YG_S("plain"));
	CHECK(read_file_text("a") == YG_EFORMAT);
	CHECK(reason && strstr(reason, "other bytes"));
	CHECK_TEXT(yg_buf_bytes(&text), "one\n");
	end();
	begin();
	zstd_add(&packed, YG_S("one\n"));
	yg_buf_add(&packed, YG_S("plain"));
	CHECK(read_file_text("a") == YG_EFORMAT);
	CHECK_TEXT(yg_buf_bytes(&text), "one\n");
	end();
}

static void bombs_stop(void)
{
	static void (*const packs[])(struct yg_buf *, struct yg_bytes) = {gzip_add, zstd_add,
									  xz_add};
	size_t size = 40u << 20;
	uint8_t *zeros = calloc(1, size);

	CHECK(zeros);
	for (size_t i = 0; i < 3; i++) {
		begin();
		packs[i](&packed, (struct yg_bytes){zeros, size});
		CHECK(read_file_text("bomb") == YG_ELIMIT);
		CHECK(reason && strstr(reason, "1000"));
		CHECK(text.size >= (16u << 20) && text.size < (18u << 20));
		end();
	}
	free(zeros);
}

static void empty_and_short(void)
{
	begin();
	CHECK(read_file_text("a") == YG_EEND);
	CHECK(text.size == 0);
	yg_buf_add(&packed, YG_S("\x1f")); /* the start of a magic is not one */
	CHECK(read_file_text("a") == YG_EEND);
	CHECK_TEXT(yg_buf_bytes(&text), "\x1f");
	end();
	begin();
	yg_buf_add(&packed, YG_S("\x1f\x8b"));
	CHECK(read_file_text("a") == YG_EFORMAT);
	CHECK(text.size == 0);
	end();
}

static void magics(void)
{
	bool more;

	CHECK(yg_packing_of(YG_S("PK\x03\x04"), &more) == YG_PACKING_ZIP);
	CHECK(yg_packing_of(YG_S("PK"), &more) == YG_PACKING_NONE && more);
	CHECK(yg_packing_of(YG_S("PKI started"), &more) == YG_PACKING_NONE && !more);
	CHECK(yg_packing_of(YG_S(""), &more) == YG_PACKING_NONE && more);
	CHECK(yg_packing_of(YG_S("\x5f\x2a\x4d\x18"), &more) == YG_PACKING_ZSTD);
	CHECK(yg_packing_of(YG_S("\xfd"
				 "7zXZ\0"),
			    &more) == YG_PACKING_XZ);
}

/* Each allocation and each read fails once: an error, never a crash, and never a whole success. */
static void torture(void)
{
	static void (*const packs[])(struct yg_buf *, struct yg_bytes) = {gzip_add, xz_add};
	unsigned failures = 0;

	for (size_t kind = 0; kind < 2; kind++) {
		struct yg_input input = {.name = folder, .path = folder};
		char path[128];
		int rc = YG_ENOMEM;

		begin();
		packs[kind](&packed, YG_S("192.0.2.1 GET /\n192.0.2.2 GET /\n"));
		file("torture", yg_buf_bytes(&packed));
		(void)snprintf(path, sizeof(path), "%s", at("torture"));
		input.path = path;
		for (long n = 1; n < 1000; n++) {
			yg_buf_done(&text);
			yg_fail_at = n;
			rc = read_input(&input, &text, &reason, NULL);
			if (yg_fail_at > 0)
				break; /* fewer calls than n: nothing failed */
			yg_fail_at = 0;
			CHECK(rc != YG_EEND || text.size > 0);
			CHECK(rc == YG_EEND || reason);
			failures += rc != YG_EEND;
		}
		yg_fail_at = 0;
		CHECK(rc == YG_EEND);
		CHECK(text.size == 32);
		end();
	}
	CHECK(failures > 10);
}

static const struct check_case cases[] = {
	CASE(gzip_members),    CASE(zstd_frames),    CASE(xz_streams), CASE(torn),
	CASE(wrong_checksums), CASE(garbage_behind), CASE(bombs_stop), CASE(empty_and_short),
	CASE(magics),	       CASE(torture),
};

int main(void)
{
	int rc;

	folder_make();
	rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	folder_remove();
	return rc;
}
