/* SPDX-License-Identifier: Apache-2.0 */
/* The console's files as they are compiled in: all there, small, and fit for the pages' policy. */
#include <string.h>

#include "../check.h"
#include "app/console.h"

#define TOTAL_MAX 560000u /* bytes of all files, docs/console.md */
/* What a browser loads before it shows anything, as it comes over the wire. */
#define FIRST_LOAD_MAX 300000u

static const struct yg_web_file *file(const char *path)
{
	for (size_t i = 0; i < yg_console_count; i++)
		if (strcmp(yg_console_table[i].path, path) == 0)
			return &yg_console_table[i];
	return NULL;
}

static bool has(const struct yg_web_file *in, const char *text)
{
	return in && yg_bytes_find(in->bytes, yg_bytes_str(text)) != SIZE_MAX;
}

static void the_console_is_built(void)
{
	size_t sum = 0;

	/* None at all: run tools/console, which `make run` and `make test` do by themselves. */
	CHECK(yg_console_count > 0);
	CHECK(file("/index.html") && file("/console.js") && file("/console.css"));
	for (size_t i = 0; i < yg_console_count; i++) {
		CHECK(yg_console_table[i].bytes.size > 0);
		CHECK(strlen(yg_console_table[i].etag) == 32);
		sum += yg_console_table[i].bytes.size;
	}
	CHECK(sum <= TOTAL_MAX);
}

/* Compressed for who takes it: what comes first is small. */
static void the_first_load_is_small(void)
{
	static const char *const first[] = {"/hub.html", "/console.js", "/console.css"};
	size_t sum = 0;

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		const struct yg_web_file *one = file(first[i]);

		CHECK(one != NULL);
		if (!one)
			return;
		if (one->gzip.size > 0) {
			CHECK(one->gzip.data[0] == 0x1f && one->gzip.data[1] == 0x8b);
			CHECK(strcmp(one->gzip_etag, one->etag) != 0);
			CHECK(one->gzip.size < one->bytes.size);
		}
		sum += one->gzip.size > 0 ? one->gzip.size : one->bytes.size;
	}
	CHECK(file("/console.js")->gzip.size > 0);
	CHECK(sum <= FIRST_LOAD_MAX);
}

static void a_page_asks_for_its_own_files_alone(const struct yg_web_file *page)
{
	CHECK(has(page, "src=\"/console.js\""));
	CHECK(has(page, "href=\"/console.css\""));
	CHECK(has(page, "lang=\"ja\""));
	CHECK(!has(page, "http:") && !has(page, "https:"));
	CHECK(!has(page, "<style") && !has(page, "style=") && !has(page, "onload="));
	CHECK(!has(page, "<script>"));
}

static void the_pages_ask_for_their_own_files_alone(void)
{
	a_page_asks_for_its_own_files_alone(file("/index.html")); /* of `assess web` */
	a_page_asks_for_its_own_files_alone(file("/hub.html"));
	CHECK(!has(file("/console.css"), "url("));
	CHECK(!has(file("/console.css"), "@import"));
	/* Neither may need what "default-src 'self'" forbids. */
	CHECK(!has(file("/console.js"), "eval(") && !has(file("/console.js"), "new Function"));
}

static void the_words_that_may_not_be_missing_are_there(void)
{
	const struct yg_web_file *script = file("/console.js");

	CHECK(has(script, "申告と観測の不一致"));
	CHECK(has(script, "公式資料の取込みが必要"));
	CHECK(has(script, "練習"));
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(the_console_is_built),
		CASE(the_first_load_is_small),
		CASE(the_pages_ask_for_their_own_files_alone),
		CASE(the_words_that_may_not_be_missing_are_there),
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
