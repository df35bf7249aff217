/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata of repositories, whole and in the smallest pieces. */
#include "parse/repodata.h"

#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/buf.h"

#include "base/ban.h"

static int add_file(void *arg, const char *type, const char *name)
{
	yg_buf_addf(arg, "%s=%s;", type, name);
	return yg_buf_error(arg);
}

static int add_package(void *arg, const struct yg_repodata_package *p)
{
	yg_buf_addf(arg, "%s:%s %s;", p->name, p->arch, p->version);
	return yg_buf_error(arg);
}

/* What is told of @text in pieces of @step, and "!" with the error. */
static void read_steps(enum yg_repodata_kind kind, struct yg_bytes text, size_t step,
		       struct yg_buf *to)
{
	const struct yg_repodata_take take = {.file = add_file, .package = add_package, .arg = to};
	struct yg_repodata *repodata = NULL;
	int rc = yg_repodata_new(kind, &take, &repodata);

	yg_buf_reset(to);
	for (size_t at = 0; rc == YG_OK && at < text.size; at += step)
		rc = yg_repodata_feed(repodata, yg_bytes_cut(text, at, at + step), false);
	if (rc == YG_OK)
		rc = yg_repodata_feed(repodata, (struct yg_bytes){0}, true);
	if (rc != YG_OK)
		yg_buf_addf(to, "!%d", rc);
	(void)yg_repodata_free(repodata);
}

static const char index_text[] =
	"<?xml version='1.0' encoding='UTF-8'?>\n<repomd "
	"xmlns='http://linux.duke.edu/metadata/repo' "
	"xmlns:rpm='http://linux.duke.edu/metadata/rpm'><revision>17</revision>"
	"<data type='primary'><checksum type='sha256'>00</checksum>"
	"<location href='repodata/00-primary.xml.gz'/><size>1</size></data>"
	"<data type='primary_zck'><location href='repodata/00-primary.xml.zck'/></data>"
	"<data type='other'><location href='../../../etc/x'/></data>"
	"<data type='filelists'><location href='repodata/..'/><location/></data>"
	"<tags><location href='no'/></tags></repomd>";

static const char primary_text[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<metadata packages=\"3\">\n"
	"<package type=\"rpm\"><name>bash</name><arch>x86_64</arch>"
	"<version epoch=\"0\" ver=\"5.2.15\" rel=\"3.el9\"/><summary>a &lt;b&gt; c</summary>"
	"<format><rpm:license>GPL</rpm:license><rpm:provides><rpm:entry name=\"bash\" flags=\"EQ\" "
	"epoch=\"9\" ver=\"9\" rel=\"9\"/></rpm:provides><name>inner</name></format></package>\n"
	"<package type=\"rpm\"><version epoch=\"2\" ver=\"1.0~rc1\" rel=\"1\"/>"
	"<name>a&amp;b</name><arch>noarch</arch></package>\n"
	"<package type=\"rpm\"><name>unfinished</name><arch>noarch</arch></package>\n"
	"</metadata>";

static const char advisories_text[] =
	"<updates><update type='security'><id>X-1</id><pkglist><collection short='x'>"
	"<package name='bash' version='5.2.15' release='4.el9' epoch='0' arch='x86_64' src='s'>"
	"<filename>bash.rpm</filename></package></collection></pkglist></update>"
	"<update type='bugfix'><pkglist><collection>"
	"<package name='vim' version='9' release='1' epoch='2' arch='x86_64'/>"
	"</collection></pkglist></update></updates>";

static void told_in_pieces(void)
{
	static const struct {
		enum yg_repodata_kind kind;
		const char *text;
		const char *wanted;
	} rows[] = {
		{YG_REPODATA_INDEX, index_text,
		 "primary=00-primary.xml.gz;primary_zck=00-primary.xml.zck;other=x;"},
		{YG_REPODATA_PACKAGES, primary_text,
		 "bash:x86_64 5.2.15-3.el9;a&b:noarch 2:1.0~rc1-1;"},
		{YG_REPODATA_ADVISORIES, advisories_text, "bash:x86_64 5.2.15-4.el9;"},
	};
	struct yg_buf got;

	yg_buf_init(&got, 1u << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t step = 1; step < 2000; step = step * 3 + 1) {
			read_steps(rows[i].kind, yg_bytes_str(rows[i].text), step, &got);
			CHECK_TEXT(yg_buf_bytes(&got), rows[i].wanted);
		}
	yg_buf_done(&got);
}

static bool is_refused(struct yg_bytes text, int error)
{
	struct yg_buf got;
	char wanted[16];
	bool is_so;

	yg_buf_init(&got, 1u << 20);
	read_steps(YG_REPODATA_PACKAGES, text, 65536, &got);
	(void)snprintf(wanted, sizeof(wanted), "!%d", error);
	is_so = yg_bytes_eq(yg_buf_bytes(&got), yg_bytes_str(wanted));
	yg_buf_done(&got);
	return is_so;
}

static void hostile(void)
{
	struct yg_buf text;

	yg_buf_init(&text, 4u << 20);
	CHECK(is_refused(YG_S(""), YG_EFORMAT));
	CHECK(is_refused(YG_S("<metadata><package>"), YG_EFORMAT));
	CHECK(is_refused(YG_S("<!DOCTYPE m [<!ENTITY a \"x\">]><m>&a;</m>"), YG_EFORMAT));
	for (unsigned i = 0; i < YG_REPODATA_DEPTH_MAX + 1; i++)
		yg_buf_add_str(&text, "<a>");
	CHECK(is_refused(yg_buf_bytes(&text), YG_ELIMIT));
	yg_buf_reset(&text);
	yg_buf_add_str(&text, "<a b='");
	for (unsigned i = 0; i < YG_REPODATA_TAG_MAX + (2u << 16); i++)
		yg_buf_add_byte(&text, 'x');
	CHECK(is_refused(yg_buf_bytes(&text), YG_ELIMIT));
	yg_buf_done(&text);
}

/* A name that no installed package can have: that one is left out, and nothing else. */
static void long_names(void)
{
	struct yg_buf text, got;

	yg_buf_init(&text, 1u << 20);
	yg_buf_init(&got, 1u << 20);
	yg_buf_add_str(&text, "<metadata><package><name>");
	for (unsigned i = 0; i < YG_REPODATA_TEXT_MAX; i++)
		yg_buf_add_byte(&text, 'x');
	yg_buf_add_str(
		&text,
		"</name><arch>noarch</arch><version ver='1'/></package><package><name>y</name>"
		"<arch>noarch</arch><version epoch='00' ver='1'/></package></metadata>");
	read_steps(YG_REPODATA_PACKAGES, yg_buf_bytes(&text), 7, &got);
	CHECK_TEXT(yg_buf_bytes(&got), "y:noarch 1;");
	yg_buf_done(&text);
	yg_buf_done(&got);
}

static const struct check_case cases[] = {CASE(told_in_pieces), CASE(hostile), CASE(long_names)};

int main(void)
{
	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
