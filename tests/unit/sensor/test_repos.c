/* SPDX-License-Identifier: Apache-2.0 */
/* Machines with rpm, made up: what is configured, what is kept, and what waits. */
#define _GNU_SOURCE
#include "sensor/repos.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "base/io.h"
#include "sensor/rpm.h"

#include "base/ban.h"

#define HASH "-0123456789abcdef"
#define DNF  "/var/cache/dnf/"
#define DNF5 "/var/cache/libdnf5/"
#define ZYPP "/var/cache/zypp/raw/"

static char root[64];

static void put_at(const char *path, const char *text, int64_t time_s)
{
	struct timespec times[2] = {{.tv_sec = time_s}, {.tv_sec = time_s}};
	char full[512];

	(void)snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *at = full + strlen(root) + 1; (at = strchr(at, '/')) != NULL; at++) {
		*at = '\0';
		(void)mkdir(full, 0755); /* it may be there */
		*at = '/';
	}
	if (yg_io_replace(full, yg_bytes_str(text), 0644) != YG_OK ||
	    utimensat(AT_FDCWD, full, times, 0) != 0)
		perror(full);
}

static void put(const char *path, const char *text)
{
	put_at(path, text, 1000000);
}

/* A repository as it is kept below @folder: its packages, and advisories or NULL. */
static void keep(const char *folder, const char *packages, const char *advisories, int64_t time_s)
{
	char path[300];
	char text[2048];

	(void)snprintf(path, sizeof(path), "%s/repodata/repomd.xml", folder);
	(void)snprintf(text, sizeof(text),
		       "<repomd><data type='primary'><location href='repodata/p.xml'/></data>%s"
		       "</repomd>",
		       advisories
			       ? "<data type='updateinfo'><location href='repodata/u.xml'/></data>"
			       : "");
	put_at(path, text, time_s);
	(void)snprintf(path, sizeof(path), "%s/repodata/p.xml", folder);
	(void)snprintf(text, sizeof(text), "<metadata>%s</metadata>", packages);
	put_at(path, text, time_s);
	if (!advisories)
		return;
	(void)snprintf(path, sizeof(path), "%s/repodata/u.xml", folder);
	(void)snprintf(text, sizeof(text), "<updates>%s</updates>", advisories);
	put_at(path, text, time_s);
}

#define PACKAGE(name, arch, version, release)                                                      \
	"<package type='rpm'><name>" name "</name><arch>" arch                                     \
	"</arch><version epoch='0' ver='" version "' rel='" release "'/></package>"
#define ADVISORY(type, name, arch, version, release)                                               \
	"<update type='" type "'><pkglist><collection><package name='" name "' arch='" arch        \
	"' epoch='0' version='" version "' release='" release                                      \
	"'/></collection></pkglist></update>"

static void begin(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	if (system(command) != 0 || mkdir(root, 0700) != 0)
		perror(root);
}

/* "name:arch new[!] " of what waits. */
static struct yg_repos look(char *to, size_t room)
{
	static const char *const installed[][3] = {
		{"bash", "x86_64", "5.2-3"},	{"kernel", "x86_64", "5.14-70"},
		{"kernel", "x86_64", "5.14-9"}, {"tzdata", "noarch", "2024a-1"},
		{"perl", "x86_64", "5.32-1"},	{"nodejs", "x86_64", "18.1-1.module+el9+1"},
	};
	struct yg_repos seen = {0};
	struct yg_packages packages;
	int rc = yg_packages_init(&packages, yg_rpm_compare);

	for (size_t i = 0; rc == YG_OK && i < sizeof(installed) / sizeof(installed[0]); i++)
		rc = yg_packages_add(&packages, installed[i][0], installed[i][1], installed[i][2]);
	if (rc == YG_OK) {
		yg_packages_sort(&packages);
		rc = yg_repos_read(root, &packages, &seen);
	}
	to[0] = '\0';
	for (size_t i = 0; rc == YG_OK && i < packages.count; i++)
		if (packages.items[i].newer.size > 0)
			(void)snprintf(to + strlen(to), room - strlen(to), "%.*s %.*s%s ",
				       YG_FMT(packages.items[i].key),
				       YG_FMT(packages.items[i].newer),
				       packages.items[i].is_security ? "!" : "");
	if (rc != YG_OK)
		(void)snprintf(to, room, "error %d", rc);
	yg_packages_done(&packages);
	return seen;
}

static void nothing_is_known(void)
{
	char got[256];
	struct yg_repos seen;

	begin();
	seen = look(got, sizeof(got));
	CHECK(got[0] == '\0' && seen.on == 0 && seen.read == 0 && seen.time_ns == YG_TIME_NONE);
	put("/etc/yum.repos.d/a.repo", "[base]\nname=x\nbaseurl=http://192.0.2.1/\n");
	seen = look(got, sizeof(got));
	CHECK(got[0] == '\0' && seen.on == 1 && seen.missing == 1 && seen.read == 0);
	put(DNF "base" HASH "/repodata/repomd.xml", "<repomd/>");
	seen = look(got, sizeof(got));
	CHECK(seen.on == 1 && seen.failed == 1 && seen.read == 0 && seen.missing == 0);
}

static void dnf(void)
{
	char got[256];
	struct yg_repos seen;

	begin();
	put("/etc/yum.repos.d/a.repo", "# [not]\n[base]\nenabled = 1\n[updates]\nname=y\n"
				       "[off]\nenabled=0\n[main]\nenabled=1\n[later]\nenabled=1\n");
	put("/etc/dnf/repos.override.d/99.repo", "[lat*]\nenabled=false\n");
	keep(DNF "base" HASH,
	     PACKAGE("bash", "x86_64", "5.2", "3") PACKAGE("bash", "src", "9", "9"), NULL, 3000);
	/* Of an earlier release, and of now in the place of dnf5. */
	keep(DNF "updates" HASH, PACKAGE("bash", "x86_64", "8", "1"), NULL, 1000);
	keep(DNF5 "updates-fedcba9876543210",
	     PACKAGE("bash", "x86_64", "5.2", "4") PACKAGE("bash", "x86_64", "5.2", "10")
		     PACKAGE("bash", "i686", "6", "1") PACKAGE("kernel", "x86_64", "5.14", "71")
			     PACKAGE("tzdata", "noarch", "2023c", "1")
				     PACKAGE("perl", "noarch", "5.34", "1")
					     PACKAGE("nodejs", "x86_64", "20", "1.module+el9+2"),
	     ADVISORY("security", "bash", "x86_64", "5.2", "4")
		     ADVISORY("bugfix", "perl", "noarch", "5.34", "1")
			     ADVISORY("security", "kernel", "x86_64", "5.14", "70")
				     ADVISORY("security", "tzdata", "noarch", "2023c", "1"),
	     2000);
	keep(DNF "off" HASH, PACKAGE("bash", "x86_64", "7", "1"), NULL, 3000);
	keep(DNF "later" HASH, PACKAGE("bash", "x86_64", "7", "1"), NULL, 3000);
	seen = look(got, sizeof(got));
	CHECK(strcmp(got, "bash:x86_64 5.2-10! kernel:x86_64 5.14-71 perl:x86_64 5.34-1 ") == 0);
	CHECK(seen.on == 2 && seen.read == 2 && seen.missing == 0 && seen.failed == 0);
	CHECK(seen.advised == 1 && seen.has_unknown_modules && seen.time_ns == 2000 * YG_NS_PER_S);
}

#define MODULE(name, stream, more)                                                                 \
	"---\ndocument: modulemd\nversion: 2\ndata:\n  name: " name "\n  stream: \"" stream        \
	"\"\n  artifacts:\n    rpms:\n    - " more "\n"
#define NEEDS(stream)                                                                              \
	"  dependencies:\n  - requires:\n      platform: [el9]\n      bash: [" stream "]\n"
#define PRESET(name, stream)                                                                       \
	"---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: " name                     \
	"\n  stream: \"" stream "\"\n...\n"

/* A repository of two streams of node, two of bash, a build of perl for each of those, and the same
 * packages of no module; and another one, of which nothing but @hotfix is known. */
static void keep_modules(const char *hotfix)
{
	begin();
	put("/etc/yum.repos.d/a.repo", "[base]\n[other]\nmodule_hotfixes=0\n");
	put("/etc/yum.repos.d/b.repo", hotfix);
	keep(DNF "base" HASH,
	     PACKAGE("nodejs", "x86_64", "18.9", "1.module+el9+3")
		     PACKAGE("nodejs", "x86_64", "20", "1.module+el9+2")
			     PACKAGE("nodejs", "x86_64", "21", "1")
				     PACKAGE("bash", "x86_64", "5.3", "1.module+el9+1")
					     PACKAGE("bash", "x86_64", "6", "1.module+el9+1")
						     PACKAGE("perl", "x86_64", "5.33", "1")
							     PACKAGE("perl", "x86_64", "5.40", "2"),
	     NULL, 2000);
	keep(DNF "other" HASH, PACKAGE("tzdata", "noarch", "2030", "1"), NULL, 2000);
	put_at(DNF "base" HASH "/repodata/repomd.xml",
	       "<repomd><data type='primary'><location href='repodata/p.xml'/></data>"
	       "<data type='modules'><location href='repodata/m.yaml'/></data></repomd>",
	       2000);
	put(DNF "base" HASH "/repodata/m.yaml",
	    MODULE("nodejs", "18", "nodejs-0:18.9-1.module+el9+3.x86_64")
		    MODULE("nodejs", "20", "nodejs-0:20-1.module+el9+2.x86_64")
			    MODULE("bash", "5", "bash-0:5.3-1.module+el9+1.x86_64")
				    MODULE("bash", "6", "bash-0:6-1.module+el9+1.x86_64")
					    MODULE("perl", "1", "perl-0:5.33-1.x86_64") NEEDS("5")
						    MODULE("perl", "1", "perl-0:5.40-2.x86_64")
							    NEEDS("6") PRESET("perl", "1")
								    PRESET("bash", "5"));
}

static void module_streams(void)
{
	char got[256];
	struct yg_repos seen;

	/* Defaults hold: bash 5, and of perl what was built for it; no stream of node does. */
	keep_modules("");
	seen = look(got, sizeof(got));
	CHECK(strcmp(got, "bash:x86_64 5.3-1.module+el9+1 nodejs:x86_64 21-1 perl:x86_64 5.33-1 "
			  "tzdata:noarch 2030-1 ") == 0);
	CHECK(!seen.has_unknown_modules);
	/* What was switched on holds in their place. */
	put("/etc/dnf/modules.d/nodejs.module",
	    "[nodejs]\nname=nodejs\nstream=18\nstate=enabled\n");
	put("/etc/dnf/modules.d/bash.module", "[bash]\nname=bash\nstream=6\nstate=enabled\n");
	seen = look(got, sizeof(got));
	CHECK(strcmp(got, "bash:x86_64 6-1.module+el9+1 nodejs:x86_64 18.9-1.module+el9+3 "
			  "perl:x86_64 5.40-2 tzdata:noarch 2030-1 ") == 0);
	CHECK(!seen.has_unknown_modules);
	/* Switched off: nothing of any stream, and perl, which needs one, is not clear. */
	put("/etc/dnf/modules.d/bash.module", "[bash]\nname=bash\nstream=\nstate=disabled\n");
	seen = look(got, sizeof(got));
	CHECK(strcmp(got, "nodejs:x86_64 18.9-1.module+el9+3 tzdata:noarch 2030-1 ") == 0);
	CHECK(seen.has_unknown_modules);
	/* The machine's own default. */
	put("/etc/dnf/modules.d/bash.module", "");
	put("/etc/dnf/modules.defaults.d/x.yaml", PRESET("bash", "6"));
	seen = look(got, sizeof(got));
	CHECK(strstr(got, "bash:x86_64 6-1") && strstr(got, "perl:x86_64 5.40"));
	/* A stream that no list describes. */
	put("/etc/dnf/modules.d/nodejs.module", "[nodejs]\nstream=99\nstate=enabled\n");
	seen = look(got, sizeof(got));
	CHECK(seen.has_unknown_modules);
}

static void modules_that_do_not_filter(void)
{
	char got[256];
	struct yg_repos seen;

	keep_modules("[other]\nmodule_hotfixes=1\n");
	put("/etc/dnf/modules.d/nodejs.module", "[nodejs]\nstream=18\nstate=enabled\n");
	keep(DNF "other" HASH, PACKAGE("nodejs", "x86_64", "19", "1"), NULL, 2000);
	seen = look(got, sizeof(got));
	CHECK(strstr(got, "nodejs:x86_64 19-1 ") && !seen.has_unknown_modules);
	/* Documents that are named but not there, or damaged: what is of a module is not told. */
	keep_modules("");
	put(DNF "base" HASH "/repodata/m.yaml", "---\na: [\n");
	seen = look(got, sizeof(got));
	CHECK(strcmp(got, "nodejs:x86_64 21-1 perl:x86_64 5.40-2 tzdata:noarch 2030-1 ") == 0);
	CHECK(seen.has_unknown_modules);
}

static void zypper(void)
{
	char got[256];
	struct yg_repos seen;

	begin();
	put("/etc/zypp/repos.d/oss.repo", "[repo/oss]\nenabled=1\nautorefresh=1\n");
	put("/etc/zypp/repos.d/debug.repo", "[debug]\nenabled=0\n");
	put("/etc/yum.repos.d/other.repo", "[other]\n");
	keep(ZYPP "repo_oss", PACKAGE("tzdata", "noarch", "2024b", "1"),
	     ADVISORY("security", "tzdata", "noarch", "2024b", "1"), 5000);
	keep(ZYPP "debug", PACKAGE("tzdata", "noarch", "2025", "1"), NULL, 5000);
	seen = look(got, sizeof(got));
	CHECK(strcmp(got, "tzdata:noarch 2024b-1! ") == 0);
	CHECK(seen.on == 1 && seen.read == 1 && seen.time_ns == 5000 * YG_NS_PER_S);
}

/* What is torn is said; what stood before the tear counts. */
static void torn(void)
{
	char got[256];
	struct yg_repos seen;

	begin();
	put("/etc/yum.repos.d/a.repo", "[base]\n[gone]\n");
	keep(DNF "base" HASH, PACKAGE("bash", "x86_64", "6", "1") "<package>", NULL, 10);
	seen = look(got, sizeof(got));
	CHECK(strcmp(got, "bash:x86_64 6-1 ") == 0);
	CHECK(seen.on == 2 && seen.failed == 1 && seen.missing == 1 && seen.read == 0);
	CHECK(seen.time_ns == YG_TIME_NONE);
}

static void a_stamp_moves(void)
{
	uint64_t before;

	begin();
	before = yg_repos_stamp(root);
	CHECK(before == yg_repos_stamp(root));
	put("/etc/yum.repos.d/a.repo", "[base]\n");
	CHECK(before != yg_repos_stamp(root));
	keep(DNF "base" HASH, "", NULL, 10);
	before = yg_repos_stamp(root);
	/* Fetched again, and it was the same: only the file's time moves. */
	put_at(DNF "base" HASH "/repodata/p.xml", "<metadata></metadata>", 20);
	CHECK(before != yg_repos_stamp(root));
	before = yg_repos_stamp(root);
	put_at(ZYPP "x/repodata/p.xml", "", 20);
	CHECK(before != yg_repos_stamp(root));
}

static const struct check_case cases[] = {
	CASE(nothing_is_known),		  CASE(dnf),  CASE(zypper),	   CASE(module_streams),
	CASE(modules_that_do_not_filter), CASE(torn), CASE(a_stamp_moves),
};

int main(void)
{
	const char *base = getenv("TMPDIR");
	int status;

	(void)snprintf(root, sizeof(root), "%.40s/yagura-repos-XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(root)) {
		perror(root);
		return 1;
	}
	status = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	begin();
	(void)rmdir(root);
	return status;
}
