/* SPDX-License-Identifier: Apache-2.0 */
/* Documents of module streams, whole and in the smallest pieces. */
#include "parse/modulemd.h"

#include "../check.h"
#include "base/buf.h"

#include "base/ban.h"

static int take(void *arg, const struct yg_modulemd_doc *doc)
{
	yg_buf_addf(arg, "%s%.*s:%.*s", doc->kind == YG_MODULEMD_DEFAULT ? "*" : "",
		    YG_FMT(doc->module), YG_FMT(doc->stream));
	for (const struct yg_yaml *at = doc->artifacts ? doc->artifacts->first : NULL; at;
	     at = at->next)
		yg_buf_addf(arg, " %.*s", YG_FMT(at->text));
	yg_buf_add_byte(arg, ';');
	return yg_buf_error(arg);
}

static uint64_t read_steps(struct yg_bytes text, size_t step, struct yg_buf *to)
{
	struct yg_modulemd *m = NULL;
	uint64_t bad;
	int rc = yg_modulemd_new(take, to, &m);

	yg_buf_reset(to);
	for (size_t at = 0; rc == YG_OK && at < text.size; at += step)
		rc = yg_modulemd_feed(m, yg_bytes_cut(text, at, at + step), false);
	if (rc == YG_OK)
		rc = yg_modulemd_feed(m, (struct yg_bytes){0}, true);
	if (rc != YG_OK)
		yg_buf_addf(to, "!%d", rc);
	bad = m ? yg_modulemd_bad(m) : 0;
	(void)yg_modulemd_free(m);
	return bad;
}

#define NODE                                                                                       \
	"---\ndocument: modulemd\nversion: 2\ndata:\n  name: nodejs\n  stream: \"18\"\n"           \
	"  version: 9040020231213\n  context: rhel9\n  description: >-\n    --- a rule\n\n"        \
	"    and more: text\n  artifacts:\n    rpms:\n    - nodejs-1:18.19-1.module_el9.x86_64\n"  \
	"    - npm-1:10-1.noarch\n...\n"

static void documents(void)
{
	static const char text[] =
		NODE "---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: perl\n"
		     "  stream: 5.30\n  profiles:\n    5.30: [common]\n...\n"
		     "---\ndocument: modulemd-translations\nversion: 1\ndata:\n  module: perl\n"
		     "  stream: x\n...\n"
		     "---\ndocument: modulemd\ndata: &a [*a]\n---\ndocument: modulemd\n"
		     "data:\n  name: last\n  stream: s\n";
	static const size_t steps[] = {1, 7, 100000};
	struct yg_buf got;

	yg_buf_init(&got, 1u << 20);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		CHECK(read_steps(yg_bytes_str(text), steps[i], &got) == 1);
		CHECK_TEXT(yg_buf_bytes(&got),
			   "nodejs:18 nodejs-1:18.19-1.module_el9.x86_64 npm-1:10-1.noarch;"
			   "*perl:5.30;last:s;");
	}
	yg_buf_done(&got);
}

/* One that is too long is passed over; what stands behind it is read. */
static void too_long(void)
{
	struct yg_buf text;
	struct yg_buf got;

	yg_buf_init(&text, 4 * YG_MODULEMD_DOC_MAX);
	yg_buf_init(&got, 1u << 20);
	yg_buf_add_str(&text, "---\ndocument: modulemd\ndata:\n  name: long\n  stream: s\n  d:\n");
	while (text.size < YG_MODULEMD_DOC_MAX + 100)
		yg_buf_add_str(&text, "  - word\n");
	yg_buf_add_str(&text, NODE);
	for (size_t step = 4099; step < 4 * YG_MODULEMD_DOC_MAX; step *= 1024) {
		CHECK(read_steps(yg_buf_bytes(&text), step, &got) == 1);
		CHECK_TEXT(yg_bytes_cut(yg_buf_bytes(&got), 0, 9), "nodejs:18");
	}
	yg_buf_done(&got);
	yg_buf_done(&text);
}

static void artifacts(void)
{
	struct yg_modulemd_artifact a;

	CHECK(yg_modulemd_artifact(YG_S("perl-DBI-0:1.64-3.module_el8.4.noarch"), &a));
	CHECK_TEXT(a.name, "perl-DBI");
	CHECK_TEXT(a.epoch, "");
	CHECK_TEXT(a.version, "1.64-3.module_el8.4");
	CHECK_TEXT(a.arch, "noarch");
	CHECK(yg_modulemd_artifact(YG_S("x-12:1-2.x86_64"), &a));
	CHECK_TEXT(a.epoch, "12");
	CHECK(!yg_modulemd_artifact(YG_S("x-1.x86_64"), &a));
	CHECK(!yg_modulemd_artifact(YG_S("-1-2.x86_64"), &a));
	CHECK(!yg_modulemd_artifact(YG_S("a-1-2."), &a));
	CHECK(!yg_modulemd_artifact(YG_S(""), &a));
}

static const struct check_case cases[] = {CASE(documents), CASE(too_long), CASE(artifacts)};

int main(void)
{
	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
