/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC
#include "files.h"

#include "../check.h"
#include "base/alloc.h"

/* As YG_S, for tables. */
#define TEXT(literal)                                                                              \
	{                                                                                          \
		(const uint8_t *)(literal), sizeof(literal) - 1                                    \
	}

static struct yg_inputs inputs;
static struct yg_buf told; /* "NAME|RC|REASON\n" without the folder */
static struct yg_buf listed;

static const char *without_folder(const char *name)
{
	size_t size = strlen(folder);

	if (strncmp(name, folder, size) == 0)
		name += size + (name[size] == '/');
	return name;
}

static void on_report(void *arg, const char *name, int rc, const char *reason)
{
	(void)arg;
	if (strncmp(reason, YG_INPUTS_SAME_AS, strlen(YG_INPUTS_SAME_AS)) == 0)
		yg_buf_addf(&told, "%s|%d|same:%s\n", without_folder(name), rc,
			    without_folder(reason + strlen(YG_INPUTS_SAME_AS)));
	else
		yg_buf_addf(&told, "%s|%d|%s\n", without_folder(name), rc, reason);
}

static void begin(void)
{
	folder_make();
	yg_buf_init(&told, 1u << 20);
	yg_buf_init(&listed, 1u << 20);
}

static void end(void)
{
	yg_inputs_done(&inputs);
	yg_buf_done(&told);
	yg_buf_done(&listed);
	folder_remove();
}

static int expand(const char *a, const char *b)
{
	const char *const paths[2] = {a, b};
	int rc;

	yg_buf_reset(&told);
	yg_buf_reset(&listed);
	yg_inputs_done(&inputs);
	rc = yg_inputs_expand(paths, b ? 2 : 1, &inputs, on_report, NULL);
	for (size_t i = 0; i < inputs.count; i++)
		yg_buf_addf(&listed, "%s ", without_folder(inputs.items[i].name));
	return rc;
}

static bool was_told(const char *line)
{
	return yg_bytes_find(yg_buf_bytes(&told), yg_bytes_str(line)) != SIZE_MAX;
}

static void order(void)
{
	static const char *const names[] = {
		"access.log",	     "access.log.1",
		"access.log.10.gz",  "access.log.2.gz",
		"b-20260102.log",    "b.log-20260102",
		"b.log-20260101.gz", "b.log",
		"error.log",	     "access.log.x",
		".hidden",	     "c.2026-01-02",
		"c.2026-01-01",	     "c",
	};

	begin();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		file(names[i], YG_S("x\n"));
	CHECK(mkdir(at("aa"), 0700) == 0);
	file("aa/z", YG_S("x\n"));
	CHECK(expand(folder, NULL) == YG_OK);
	CHECK_TEXT(
		yg_buf_bytes(&listed),
		"aa/z access.log.10.gz access.log.2.gz access.log.1 access.log access.log.x "
		"b-20260102.log b.log-20260101.gz b.log-20260102 b.log c.2026-01-01 c.2026-01-02 c "
		"error.log ");
	CHECK(told.size == 0 && inputs.failed == 0);
	end();
}

static void no_logs(void)
{
	begin();
	file("a.png", YG_S("\x89PNG\r\n\x1a\n"));
	file("b.exe", YG_S("MZ\x90\0\3"));
	file("c", YG_S(""));
	file("d.docx", YG_S("PK\x03\x04\x14\0\0\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x13\0\0\0"
			    "[Content_Types].xml"));
	file("e", YG_S("SQLite format 3\0"));
	CHECK(expand(folder, NULL) == YG_OK);
	CHECK(inputs.count == 0 && inputs.failed == 1);
	CHECK(was_told("a.png|-1005|an image") && was_told("b.exe|-1005|a program"));
	CHECK(was_told("c|-1005|empty") && was_told("d.docx|-1005|an office document"));
	CHECK(was_told("e|-1005|a database") && was_told("|no log files in this folder"));
	/* Named, the same files are inputs: the reader says what they are not. */
	CHECK(expand(at("a.png"), at("c")) == YG_OK);
	CHECK(inputs.count == 2 && told.size == 0);
	end();
}

static void once(void)
{
	begin();
	file("a", YG_S("x\n"));
	CHECK(link(at("a"), at("b")) == 0);
	CHECK(symlink("a", at("c")) == 0);
	CHECK(mkdir(at("d"), 0700) == 0);
	CHECK(symlink("..", at("d/loop")) == 0);
	CHECK(expand(at("b"), folder) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&listed), "b ");
	CHECK(was_told("a|-1004|same:b\n") && was_told("c|-1004|same:b\n"));
	CHECK(was_told("d/loop|-1004|same:\n"));
	CHECK(inputs.failed == 0);
	CHECK(expand(at("a"), at("a")) == YG_OK);
	CHECK(inputs.count == 1 && inputs.failed == 0);
	CHECK(expand("-", "-") == YG_OK);
	CHECK(inputs.count == 1 && inputs.failed == 0 && was_told("-|-1004|same:-"));
	end();
}

static void missing(void)
{
	begin();
	file("a", YG_S("x\n"));
	CHECK(symlink("nowhere", at("dangling")) == 0);
	CHECK(expand(at("none"), folder) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&listed), "a ");
	CHECK(inputs.failed == 1);
	CHECK(was_told("none|-2|") && was_told("dangling|-2|"));
	if (geteuid() != 0) { /* root reads everything */
		CHECK(chmod(at("a"), 0) == 0);
		CHECK(expand(at("a"), NULL) == YG_OK);
		CHECK(inputs.failed == 1 && was_told("a|-13|"));
	}
	end();
}

static void special(void)
{
	begin();
	CHECK(mkfifo(at("fifo"), 0600) == 0);
	file("a", YG_S("x\n"));
	CHECK(expand(folder, NULL) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&listed), "a ");
	CHECK(expand(at("fifo"), NULL) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&listed), "fifo ");
	end();
}

static void deep(void)
{
	char name[256] = "d";

	begin();
	for (int i = 0; i < 40; i++) {
		CHECK(mkdir(at(name), 0700) == 0);
		(void)snprintf(name + 1 + 2 * i, sizeof(name) - 1 - 2 * (size_t)i, "/d");
	}
	file(name, YG_S("x\n"));
	CHECK(expand(folder, NULL) == YG_OK);
	CHECK(inputs.count == 0 && was_told("32 deep"));
	end();
}

static void zips(void)
{
	static const struct zip_entry entries[] = {
		{"logs/access.log", TEXT("new\n"), NULL, false},
		{"logs/access.log.1", TEXT("old\n"), NULL, true},
		{"readme.png", TEXT("\x89PNG\r\n\x1a\n"), NULL, false},
		{"inner.gz", TEXT("\x1f\x8b\x08\0inside"), NULL, true},
		{"none", TEXT(""), NULL, false},
	};
	struct yg_stream_state state;
	const char *reason = NULL;
	struct yg_buf text;

	begin();
	yg_buf_init(&text, 4096);
	CHECK(zip_make("a.zip", entries, 5));
	CHECK(expand(at("a.zip"), NULL) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&listed),
		   "a.zip!inner.gz a.zip!logs/access.log.1 a.zip!logs/access.log ");
	CHECK(was_told("a.zip!readme.png|-1005|an image") && was_told("a.zip!none|-1005|empty"));
	CHECK(read_input(&inputs.items[1], &text, &reason, &state) == YG_EEND);
	CHECK(read_input(&inputs.items[2], &text, &reason, &state) == YG_EEND);
	CHECK_TEXT(yg_buf_bytes(&text), "old\nnew\n");
	CHECK(state.packing == YG_PACKING_ZIP && state.packed_bytes > 0);
	yg_buf_reset(&text); /* an archive in an archive is given as it is */
	CHECK(read_input(&inputs.items[0], &text, &reason, &state) == YG_EEND);
	CHECK(yg_bytes_starts(yg_buf_bytes(&text), YG_S("\x1f")));
	CHECK(yg_bytes_ends(yg_buf_bytes(&text), YG_S("inside")));
	yg_buf_done(&text);
	end();
}

static void zip_encrypted(void)
{
	static const struct zip_entry entries[] = {{"a.log", TEXT("one\n"), "secret", false}};

	begin();
	if (zip_make("e.zip", entries, 1)) {
		CHECK(expand(at("e.zip"), NULL) == YG_OK);
		CHECK(inputs.count == 0 && inputs.failed == 1);
		CHECK(was_told("e.zip!a.log|-1003|it is encrypted"));
	}
	end();
}

static void zip_damaged(void)
{
	static struct zip_entry entries[] = {{"a.log", {NULL, 0}, NULL, false}};
	static uint8_t lines[400000];
	const char *reason = NULL;
	struct yg_buf text;
	struct stat st;
	int fd;

	begin();
	yg_buf_init(&text, 1u << 20);
	for (size_t i = 0; i < sizeof(lines); i++) /* hardly compressible */
		lines[i] = (uint8_t)('a' + (i * i * 2654435761u >> 13) % 26);
	entries[0].text = (struct yg_bytes){lines, sizeof(lines)};
	CHECK(zip_make("a.zip", entries, 1));
	CHECK(stat(at("a.zip"), &st) == 0);
	fd = open(at("a.zip"), O_RDWR);
	CHECK(fd >= 0 &&
	      pwrite(fd, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, st.st_size * 3 / 4) == 8);
	(void)close(fd);
	CHECK(expand(at("a.zip"), NULL) == YG_OK && inputs.count == 1);
	{
		int rc = read_input(&inputs.items[0], &text, &reason, NULL);

		CHECK(rc == YG_EFORMAT || rc == YG_EDIGEST);
	}
	CHECK(reason && text.size > 100000);
	CHECK(truncate(at("a.zip"), st.st_size / 2) == 0);
	CHECK(expand(at("a.zip"), NULL) == YG_OK);
	CHECK(inputs.count == 0 && inputs.failed == 1 &&
	      was_told("a.zip|-1001|the zip archive is damaged"));
	yg_buf_done(&text);
	end();
}

static void zip_japanese_names(void)
{
	static struct zip_entry entries[] = {{"xxxx.log", TEXT("one\n"), NULL, true}};
	uint8_t content[512];
	size_t size;
	FILE *f;

	begin();
	CHECK(zip_make("a.zip", entries, 1));
	f = fopen(at("a.zip"), "r");
	CHECK(f);
	size = fread(content, 1, sizeof(content), f);
	(void)fclose(f);
	for (size_t i = 0; i + 4 <= size; i++)
		if (memcmp(content + i, "xxxx", 4) == 0)
			memcpy(content + i, "\x8b\x4c\x98\x5e", 4); /* 記録 in CP932 */
	file("a.zip", (struct yg_bytes){content, size});
	CHECK(expand(at("a.zip"), NULL) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&listed), "a.zip!記録.log ");
	end();
}

/* Each allocation and each read fails once. */
static void torture(void)
{
	static const struct zip_entry entries[] = {{"a.log", TEXT("one\n"), NULL, false},
						   {"b.log", TEXT("two\n"), NULL, true}};
	char path[256];
	int rc = YG_ENOMEM;

	begin();
	CHECK(zip_make("a.zip", entries, 2));
	file("b", YG_S("x\n"));
	CHECK(symlink("b", at("c")) == 0);
	(void)snprintf(path, sizeof(path), "%s", folder);
	for (long n = 1; n < 1000; n++) {
		const char *const paths[1] = {path};

		yg_fail_at = n;
		rc = yg_inputs_expand(paths, 1, &inputs, on_report, NULL);
		if (yg_fail_at > 0)
			break;
		yg_fail_at = 0;
		CHECK(rc == YG_OK || rc == YG_ENOMEM);
		CHECK(rc == YG_OK || inputs.count == 0);
		yg_inputs_done(&inputs);
	}
	yg_fail_at = 0;
	CHECK(rc == YG_OK);
	CHECK(inputs.count == 3);
	end();
}

static void stdin_pipe(void)
{
	struct yg_input input = {.name = folder, .path = folder};
	char dash[] = "-";
	const char *reason = NULL;
	struct yg_buf text;
	int fds[2];
	int saved = dup(STDIN_FILENO);

	yg_buf_init(&text, 4096);
	CHECK(pipe(fds) == 0 && write(fds[1], "\xef\xbb\xbfone\n", 7) == 7);
	(void)close(fds[1]);
	CHECK(dup2(fds[0], STDIN_FILENO) == STDIN_FILENO);
	(void)close(fds[0]);
	input.path = dash;
	CHECK(read_input(&input, &text, &reason, NULL) == YG_EEND);
	CHECK_TEXT(yg_buf_bytes(&text), "one\n");
	CHECK(pipe(fds) == 0 && write(fds[1], "PK\x03\x04....", 8) == 8);
	(void)close(fds[1]);
	CHECK(dup2(fds[0], STDIN_FILENO) == STDIN_FILENO);
	(void)close(fds[0]);
	CHECK(read_input(&input, &text, &reason, NULL) == YG_EUNSUPPORTED);
	CHECK(reason && strstr(reason, "pipe"));
	if (saved >= 0) {
		(void)dup2(saved, STDIN_FILENO);
		(void)close(saved);
	}
	yg_buf_done(&text);
}

static const struct check_case cases[] = {
	CASE(order),	   CASE(no_logs),
	CASE(once),	   CASE(missing),
	CASE(special),	   CASE(deep),
	CASE(zips),	   CASE(zip_encrypted),
	CASE(zip_damaged), CASE(zip_japanese_names),
	CASE(torture),	   CASE(stdin_pipe),
};

CHECK_MAIN(cases)
