/* SPDX-License-Identifier: Apache-2.0 */
/* test_rpm FOLDER: headers made here, and the seeds of fuzz_rpm (FOLDER), which rpm made. */
#include "sensor/rpm.h"

#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/io.h"

#include "base/ban.h"

#define STRING 6u
#define INT32  4u

static void add32(struct yg_buf *to, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		yg_buf_add_byte(to, (uint8_t)(value >> shift));
}

struct entry {
	uint32_t tag;
	uint32_t type;
	const char *text; /* INT32: 4 bytes */
};

static void make(struct yg_buf *to, const struct entry *entries, uint32_t count)
{
	uint32_t at = 0;

	yg_buf_init(to, 1u << 20);
	for (uint32_t i = 0; i < count; i++)
		at += entries[i].type == INT32 ? 4 : (uint32_t)strlen(entries[i].text) + 1;
	add32(to, count);
	add32(to, at);
	at = 0;
	for (uint32_t i = 0; i < count; i++) {
		add32(to, entries[i].tag);
		add32(to, entries[i].type);
		add32(to, at);
		add32(to, 1);
		at += entries[i].type == INT32 ? 4 : (uint32_t)strlen(entries[i].text) + 1;
	}
	for (uint32_t i = 0; i < count; i++)
		yg_buf_add(to, (struct yg_bytes){
				       (const uint8_t *)entries[i].text,
				       entries[i].type == INT32 ? 4 : strlen(entries[i].text) + 1});
}

static const struct entry whole[] = {
	{1000, STRING, "bash"},	 {1001, STRING, "5.1"},	   {1002, STRING, "2.el9"},
	{1003, INT32, "\0\0\1"}, {1022, STRING, "x86_64"}, {1004, STRING, "a shell"},
};

static void headers(void)
{
	struct yg_rpm_package p;
	struct yg_buf header;

	make(&header, whole, 6);
	CHECK(yg_rpm_header_read(yg_buf_bytes(&header), &p) == YG_OK);
	CHECK(strcmp(p.name, "bash") == 0 && strcmp(p.arch, "x86_64") == 0);
	CHECK(strcmp(p.version, "256:5.1-2.el9") == 0); /* the literal's own zero is the last */
	/* Cut off anywhere, it is none: no byte behind its end is looked at (sanitizers). */
	for (size_t size = 0; size < header.size; size++) {
		uint8_t *copy = yg_malloc(size + 1);

		CHECK(copy != NULL);
		memcpy(copy, header.data, size);
		CHECK(yg_rpm_header_read((struct yg_bytes){copy, size}, &p) != YG_OK);
		free(copy);
	}
	yg_buf_done(&header);
	/* Without an epoch, without an architecture (a key). */
	make(&header, whole, 3);
	CHECK(yg_rpm_header_read(yg_buf_bytes(&header), &p) == YG_OK);
	CHECK(strcmp(p.version, "5.1-2.el9") == 0 && p.arch[0] == '\0');
	yg_buf_done(&header);
	make(&header, whole, 2);
	CHECK(yg_rpm_header_read(yg_buf_bytes(&header), &p) == YG_EFORMAT);
	yg_buf_done(&header);
}

static void lies(void)
{
	char long_text[2 * YG_RPM_TEXT_MAX];
	struct entry entries[3] = {whole[0], whole[1], whole[2]};
	struct yg_rpm_package p;
	struct yg_buf header;

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	entries[0].text = long_text;
	make(&header, entries, 3);
	CHECK(yg_rpm_header_read(yg_buf_bytes(&header), &p) == YG_ELIMIT);
	yg_buf_done(&header);
	entries[0] = whole[0];
	/* A text that begins behind the data; one whose end is not there. */
	make(&header, entries, 3);
	header.data[8 + 11] = 0xff;
	CHECK(yg_rpm_header_read(yg_buf_bytes(&header), &p) == YG_EFORMAT);
	header.data[8 + 11] = 0;
	header.data[header.size - 1] = 'x';
	CHECK(yg_rpm_header_read(yg_buf_bytes(&header), &p) == YG_EFORMAT);
	/* More entries, more data than there can be. */
	header.data[0] = 0x7f;
	CHECK(yg_rpm_header_read(yg_buf_bytes(&header), &p) == YG_ELIMIT);
	header.data[0] = 0;
	header.data[4] = 0x7f;
	CHECK(yg_rpm_header_read(yg_buf_bytes(&header), &p) == YG_ELIMIT);
	yg_buf_done(&header);
}

struct seen {
	unsigned count;
	unsigned right;
};

static int take(void *arg, const struct yg_rpm_package *package)
{
	struct seen *seen = arg;

	seen->count++;
	seen->right += strncmp(package->name, "sample", 6) == 0 && package->arch[0] != '\0';
	return YG_OK;
}

static const char *folder;

static struct yg_bytes load(const char *name, uint8_t **ret_free)
{
	char path[4096];
	size_t size = 0;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (yg_io_read_file(path, 1u << 20, ret_free, &size) != YG_OK)
		size = 0; /* no database: the caller sees it */
	return yg_bytes_from((struct yg_bytes){*ret_free, size}, 1);
}

static void databases(void)
{
	static const char *const names[] = {"ndb", "bdb"};

	for (int i = 0; i < 2; i++) {
		struct seen seen = {0};
		struct yg_rpm_found found = {.take = take, .arg = &seen};
		uint8_t *mem = NULL;
		struct yg_bytes bytes = load(names[i], &mem);
		struct yg_rpm_file file = {.fd = -1, .size = bytes.size, .bytes = bytes};
		int rc = i ? yg_rpm_read_bdb(&file, &found) : yg_rpm_read_ndb(&file, &found);

		CHECK(rc == YG_OK && seen.count == 2 && seen.right == 2 && found.bad == 0);
		/* As the other, it is none. */
		rc = i ? yg_rpm_read_ndb(&file, &found) : yg_rpm_read_bdb(&file, &found);
		CHECK(rc == YG_EFORMAT && seen.count == 2);
		free(mem);
	}
}

/* Overflow pages that follow each other in a circle: it ends, and what is whole is told. */
static void circle(void)
{
	struct seen seen = {0};
	struct yg_rpm_found found = {.take = take, .arg = &seen};
	uint8_t *mem = NULL;
	struct yg_bytes bytes = load("bdb", &mem);
	struct yg_rpm_file file = {.fd = -1, .size = bytes.size, .bytes = bytes};
	uint8_t *at = bytes.size ? mem + 1 : NULL;
	int pages = 0;

	for (size_t page = 0; page + 512 <= bytes.size; page += 512)
		if (at[page + 25] == 7) {
			memcpy(at + page + 16, at + page + 8, 4); /* the next one: itself */
			at[page + 22] = 1;
			at[page + 23] = 0;
			pages++;
		}
	CHECK(pages > 2);
	CHECK(yg_rpm_read_bdb(&file, &found) == YG_ELIMIT && seen.count == 0);
	free(mem);
}

/* As `rpm --eval '%{lua: print(rpm.vercmp(A, B))}'` says (tried with rpm 4.18.0). */
static void versions(void)
{
	static const struct {
		const char *a;
		const char *b;
		int wanted;
	} rows[] = {
		{"1.0", "1.0", 0},
		{"1.0", "2.0", -1},
		{"2.0.1", "2.0", 1},
		{"2.0.1a", "2.0.1", 1},
		{"5.5p10", "5.5p1", 1},
		{"10xyz", "10.1xyz", -1},
		{"xyz10", "xyz10.1", -1},
		{"xyz.4", "8", -1},
		{"1.05", "1.5", 0},
		{"1.0010", "1.9", 1},
		{"2.50", "2.5", 1},
		{"fc4", "fc.4", 0},
		{"FC5", "fc4", -1},
		{"2a", "2.0", -1},
		{"1.0", "1.fc4", 1},
		{"3.0.0_fc", "3.0.0.fc", 0},
		{"a", "1", -1},
		{"1.e.9", "1.9", -1},
		{"18446744073709551616", "18446744073709551615", 1},
		{"1\xe3\x81\x82", "1", 0},
		/* what comes before a release, and what after it */
		{"1.0~rc1", "1.0", -1},
		{"1.0~rc1", "1.0~rc2", -1},
		{"1.0~rc1~git1", "1.0~rc1", -1},
		{"1.0", "1.0~~", 1},
		{"~1", "1", -1},
		{"1.0^", "1.0", 1},
		{"1.0^git1", "1.0", 1},
		{"1.0^git1", "1.01", -1},
		{"1.0^20160101", "1.0.1", -1},
		{"1.0^20160102", "1.0^20160101^git1", 1},
		{"1.0~rc1^git1", "1.0~rc1", 1},
		{"1.0^git1~pre", "1.0^git1", -1},
		{"1.0^git1", "1.0~rc1", 1},
		/* with epoch and release */
		{"1:0.9-1", "2.0-1", 1},
		{"0:1.0-1", "1.0-1", 0},
		{"2:1.0-1", "10:1.0-1", -1},
		{"1.0-1", "1.0-2", -1},
		{"1.0-2.el9", "1.0-2.el9_1", -1},
		{"5.14.0-503.el9", "5.14.0-70.el9", 1},
		{"1.0-1", "1.0~rc1-2", 1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int found = yg_rpm_compare(yg_bytes_str(rows[i].a), yg_bytes_str(rows[i].b));
		int back = yg_rpm_compare(yg_bytes_str(rows[i].b), yg_bytes_str(rows[i].a));

		if ((found > 0) - (found < 0) != rows[i].wanted)
			fprintf(stderr, "%s and %s: %d\n", rows[i].a, rows[i].b, found);
		CHECK((found > 0) - (found < 0) == rows[i].wanted);
		CHECK((back > 0) - (back < 0) == -rows[i].wanted);
	}
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {CASE(headers), CASE(lies), CASE(databases),
						  CASE(circle), CASE(versions)};

	if (argc != 2)
		return 2;
	folder = argv[1];
	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
