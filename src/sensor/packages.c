/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The package database of Debian and its children, as files (packages_apk.c, packages_rpm.c: of the
 * others):
 *
 *   /var/lib/dpkg/status ──► installed, sorted ──┐
 *   /var/lib/apt/lists/…_Packages ──► newer? ────┴─► package and update lines
 *
 * A list of a suite that says NotAutomatic (backports, experimental) offers nothing by itself and
 * is left out. Pins and holds of the machine's owner are not looked at.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/tr.h"
#include "sensor/apk.h"
#include "sensor/inventory-int.h"
#include "sensor/repos.h"
#include "source/input.h"

#include "base/ban.h"

#define STATUS	   "/var/lib/dpkg/status"
#define LISTS	   "/var/lib/apt/lists"
#define STAMP	   "/var/lib/apt/periodic/update-success-stamp"
#define READ_BYTES 65536u
#define SUITES_MAX 256u

/* ---- versions: deb-version(7) ---- */

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* '~' before the end, the end before letters, letters before the others. */
static int order(struct yg_bytes b, size_t i)
{
	uint8_t c = i < b.size ? b.data[i] : 0;

	if (i >= b.size || is_digit(c))
		return 0;
	if (c == '~')
		return -1;
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? c : c + 256;
}

static size_t digits_end(struct yg_bytes b, size_t i)
{
	while (i < b.size && is_digit(b.data[i]))
		i++;
	return i;
}

static int compare_digits(struct yg_bytes a, size_t *i, struct yg_bytes b, size_t *j)
{
	size_t a_end;
	size_t b_end;
	int found;

	while (*i < a.size && a.data[*i] == '0')
		++*i;
	while (*j < b.size && b.data[*j] == '0')
		++*j;
	a_end = digits_end(a, *i);
	b_end = digits_end(b, *j);
	if (a_end - *i != b_end - *j)
		return a_end - *i < b_end - *j ? -1 : 1;
	found = a_end > *i ? memcmp(a.data + *i, b.data + *j, a_end - *i) : 0;
	*i = a_end;
	*j = b_end;
	return found;
}

/* Of the upstream version or the revision. */
static int compare_part(struct yg_bytes a, struct yg_bytes b)
{
	size_t i = 0;
	size_t j = 0;

	while (i < a.size || j < b.size) {
		int found;

		while ((i < a.size && !is_digit(a.data[i])) ||
		       (j < b.size && !is_digit(b.data[j]))) {
			found = order(a, i) - order(b, j);
			if (found != 0)
				return found;
			i++;
			j++;
		}
		found = compare_digits(a, &i, b, &j);
		if (found != 0)
			return found;
	}
	return 0;
}

static struct yg_bytes split(struct yg_bytes version, struct yg_bytes *ret_epoch,
			     struct yg_bytes *ret_revision)
{
	size_t colon = yg_bytes_chr(version, ':');
	size_t dash = version.size;

	*ret_epoch = colon == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_cut(version, 0, colon);
	version = colon == SIZE_MAX ? version : yg_bytes_from(version, colon + 1);
	dash = version.size;
	while (dash > 0 && version.data[dash - 1] != '-')
		dash--;
	*ret_revision = dash > 0 ? yg_bytes_from(version, dash) : (struct yg_bytes){0};
	return dash > 0 ? yg_bytes_cut(version, 0, dash - 1) : version;
}

int yg_deb_compare(struct yg_bytes a, struct yg_bytes b)
{
	struct yg_bytes a_epoch;
	struct yg_bytes b_epoch;
	struct yg_bytes a_revision;
	struct yg_bytes b_revision;
	struct yg_bytes a_main = split(a, &a_epoch, &a_revision);
	struct yg_bytes b_main = split(b, &b_epoch, &b_revision);
	int found = compare_part(a_epoch, b_epoch);

	if (found == 0)
		found = compare_part(a_main, b_main);
	return found ? found : compare_part(a_revision, b_revision);
}

/* ---- stanzas: deb822(5) ---- */

static void set(struct yg_stanza *stanza, char *to, size_t room, struct yg_bytes value)
{
	if (value.size >= room) {
		stanza->is_cut = true;
		value.size = room - 1;
	}
	if (value.size > 0)
		memcpy(to, value.data, value.size);
	to[value.size] = '\0';
}

/* "V:1.2-r3" */
static void take_apk_line(struct yg_stanza *s, struct yg_bytes line)
{
	struct yg_bytes value = yg_bytes_trim(yg_bytes_from(line, 2));

	if (line.size < 2 || line.data[1] != ':')
		return;
	if (line.data[0] == 'P')
		set(s, s->name, sizeof(s->name), value);
	else if (line.data[0] == 'V')
		set(s, s->version, sizeof(s->version), value);
	else if (line.data[0] == 'A')
		set(s, s->arch, sizeof(s->arch), value);
}

static void take_line(struct yg_stanza *s, struct yg_bytes line)
{
	size_t colon = yg_bytes_chr(line, ':');
	struct yg_bytes key = yg_bytes_cut(line, 0, colon);
	struct yg_bytes value;

	if (colon == SIZE_MAX || line.data[0] == ' ' || line.data[0] == '\t')
		return;
	value = yg_bytes_trim(yg_bytes_from(line, colon + 1));
	if (yg_bytes_eq_nocase(key, YG_S("Package")))
		set(s, s->name, sizeof(s->name), value);
	else if (yg_bytes_eq_nocase(key, YG_S("Version")))
		set(s, s->version, sizeof(s->version), value);
	else if (yg_bytes_eq_nocase(key, YG_S("Architecture")))
		set(s, s->arch, sizeof(s->arch), value);
	else if (yg_bytes_eq_nocase(key, YG_S("Status")))
		set(s, s->status, sizeof(s->status), value);
}

static int end_stanza(struct yg_stanzas *s)
{
	int rc = s->has_any ? s->take(s->arg, &s->now) : YG_OK;

	s->now = (struct yg_stanza){0};
	s->has_any = false;
	return rc;
}

int yg_stanzas_feed(struct yg_stanzas *s, struct yg_bytes text, bool is_end, size_t *ret_used)
{
	int rc = YG_OK;

	*ret_used = 0;
	while (rc == YG_OK && text.size > 0) {
		size_t end = yg_bytes_chr(text, '\n');
		struct yg_bytes line = yg_bytes_cut(text, 0, end);
		size_t used = end == SIZE_MAX ? text.size : end + 1;
		bool is_long = end == SIZE_MAX && text.size >= YG_STANZAS_LINE_MAX;

		if (end == SIZE_MAX && !is_end && !is_long)
			break;
		if (!s->is_in_long && yg_bytes_trim(line).size == 0) {
			rc = end_stanza(s);
		} else if (!s->is_in_long) {
			(s->is_apk ? take_apk_line : take_line)(&s->now, line);
			s->has_any = true;
		}
		s->is_in_long = is_long;
		text = yg_bytes_from(text, used);
		*ret_used += used;
	}
	return rc == YG_OK && is_end ? end_stanza(s) : rc;
}

/* A file of stanzas, packed or not. YG_OK; YG_ENOENT …; YG_EUNSUPPORTED: packed as we cannot. */
static int read_stanzas(char *path, struct yg_stanzas *s)
{
	struct yg_input input = {.name = path, .path = path, .mtime_ns = YG_TIME_NONE};
	struct yg_stream_opts opts = {.stop_fd = -1};
	const char *reason = "";
	struct yg_stream *stream = NULL;
	struct yg_buf text;
	bool is_end = false;
	int rc = yg_stream_open(&input, &opts, &stream, &reason);

	yg_buf_init(&text, YG_STANZAS_LINE_MAX + 4 * READ_BYTES);
	while (rc == YG_OK && !is_end) {
		size_t used;

		rc = yg_stream_read(stream, &text, READ_BYTES, &reason);
		is_end = rc == YG_EEND;
		if (rc == YG_OK || is_end)
			rc = yg_stanzas_feed(s, yg_buf_bytes(&text), is_end, &used);
		if (rc == YG_OK)
			yg_buf_drop(&text, used);
	}
	(void)yg_stream_free(stream);
	yg_buf_done(&text);
	return rc;
}

/* ---- what is installed ---- */

struct lists {
	const char *root;
	struct yg_packages *packages;
	bool is_security; /* the one that is being read */
	struct suite {
		char name[256]; /* the front of the names of its lists */
		bool is_off;	/* NotAutomatic */
		bool is_security;
	} suites[SUITES_MAX];
	size_t suite_count;
	size_t read;
	size_t packed; /* in a way that we do not unpack */
	size_t failed;
};

static bool is_installed(const char *status)
{
	struct yg_bytes word = yg_bytes_trim(yg_bytes_str(status));
	size_t at = word.size;

	while (at > 0 && word.data[at - 1] != ' ')
		at--;
	word = yg_bytes_from(word, at);
	return word.size > 0 && !yg_bytes_eq(word, YG_S("not-installed")) &&
	       !yg_bytes_eq(word, YG_S("config-files"));
}

static int take_installed(void *arg, const struct yg_stanza *s)
{
	struct yg_packages *packages = arg;

	if (!s->name[0] || !s->version[0] || !is_installed(s->status))
		return YG_OK;
	if (s->is_cut) {
		packages->dropped++;
		return YG_OK;
	}
	return yg_packages_add(packages, s->name, s->arch[0] ? s->arch : "all", s->version);
}

static int take_offered(void *arg, const struct yg_stanza *s)
{
	struct lists *l = arg;
	struct yg_package *item;

	if (s->is_cut || !s->name[0] || !s->version[0])
		return YG_OK;
	item = yg_packages_find(l->packages, s->name, s->arch[0] ? s->arch : "all");
	if (!item) /* what was built for one architecture may be for all now */
		item = yg_packages_find(l->packages, s->name, "all");
	return item ? yg_packages_offer(l->packages, item, yg_bytes_str(s->version), l->is_security)
		    : YG_OK;
}

/* ---- lists ---- */

static void read_release(struct lists *l, const char *name, size_t front)
{
	struct suite *suite = &l->suites[l->suite_count];
	char path[YG_HOST_PATH_MAX];
	struct yg_bytes line;
	struct yg_bytes text;
	uint8_t *mem;

	if (l->suite_count == SUITES_MAX || front >= sizeof(suite->name) ||
	    snprintf(path, sizeof(path), LISTS "/%s", name) >= (int)sizeof(path))
		return;
	*suite = (struct suite){0};
	memcpy(suite->name, name, front);
	text = yg_host_read(l->root, path, 16u << 20, &mem);
	while (yg_host_line(&text, &line)) {
		struct yg_bytes key = yg_host_word(&line, ':');

		line = yg_bytes_trim(line);
		if (yg_bytes_eq_nocase(key, YG_S("NotAutomatic")))
			suite->is_off = yg_bytes_eq_nocase(line, YG_S("yes"));
		else if (yg_bytes_eq_nocase(key, YG_S("Label")) ||
			 yg_bytes_eq_nocase(key, YG_S("Suite")))
			suite->is_security |= yg_bytes_find(line, YG_S("-security")) != SIZE_MAX ||
					      yg_bytes_find(line, YG_S("-Security")) != SIZE_MAX;
	}
	free(mem);
	l->suite_count++;
}

/* The suite that a list belongs to: the longest front; NULL: it has no release file. */
static const struct suite *suite_of(const struct lists *l, const char *name)
{
	const struct suite *found = NULL;

	for (size_t i = 0; i < l->suite_count; i++)
		if (yg_bytes_starts(yg_bytes_str(name), yg_bytes_str(l->suites[i].name)) &&
		    (!found || strlen(l->suites[i].name) > strlen(found->name)))
			found = &l->suites[i];
	return found;
}

static int read_list(struct lists *l, const char *name)
{
	const struct suite *suite = suite_of(l, name);
	struct yg_bytes ending = yg_bytes_str(name);
	struct yg_stanzas stanzas = {.take = take_offered, .arg = l};
	char path[YG_HOST_PATH_MAX];
	char full[YG_HOST_PATH_MAX];
	int rc;

	if (suite && suite->is_off)
		return YG_OK;
	if (yg_bytes_ends(ending, YG_S(".lz4")) || yg_bytes_ends(ending, YG_S(".bz2")) ||
	    yg_bytes_ends(ending, YG_S(".lzma"))) {
		l->packed++;
		return YG_OK;
	}
	if (snprintf(path, sizeof(path), LISTS "/%s", name) >= (int)sizeof(path) ||
	    !yg_host_path(full, l->root, path))
		return YG_OK;
	l->is_security = suite && suite->is_security;
	rc = read_stanzas(full, &stanzas);
	if (rc == YG_ENOMEM)
		return rc;
	if (rc == YG_OK)
		l->read++;
	else
		l->failed++;
	return YG_OK;
}

static bool is_list(const char *name)
{
	struct yg_bytes b = yg_bytes_str(name);
	size_t at = yg_bytes_find(b, YG_S("_Packages"));

	b = yg_bytes_from(b, at == SIZE_MAX ? b.size : at + sizeof("_Packages") - 1);
	return at != SIZE_MAX && (b.size == 0 || b.data[0] == '.');
}

/* @releases: first those that say what a suite is, then its lists. */
static int walk_lists(struct lists *l, bool releases)
{
	char path[YG_HOST_PATH_MAX];
	const struct dirent *entry;
	size_t left = YG_INVENTORY_FILES_MAX;
	int rc = YG_OK;
	DIR *folder;

	if (!yg_host_path(path, l->root, LISTS))
		return YG_OK;
	folder = opendir(path);
	while (folder && rc == YG_OK && left-- > 0 && (entry = readdir(folder)) != NULL) {
		struct yg_bytes name = yg_bytes_str(entry->d_name);

		if (!releases)
			rc = is_list(entry->d_name) ? read_list(l, entry->d_name) : YG_OK;
		else if (yg_bytes_ends(name, YG_S("_InRelease")))
			read_release(l, entry->d_name, name.size - sizeof("InRelease") + 1);
		else if (yg_bytes_ends(name, YG_S("_Release")))
			read_release(l, entry->d_name, name.size - sizeof("Release") + 1);
	}
	if (folder)
		(void)closedir(folder); /* read only */
	return rc;
}

/* ---- together ---- */

uint64_t yg_inventory_packages_stamp(const char *root)
{
	int64_t times[3 + YG_INVENTORY_RPM_PATHS] = {
		yg_host_time(root, STATUS), yg_host_time(root, LISTS), yg_host_time(root, STAMP)};
	char path[YG_HOST_PATH_MAX];

	for (unsigned i = 0; i < YG_INVENTORY_RPM_PATHS; i++)
		times[3 + i] = yg_inventory_rpm_path(root, i, path) ? yg_host_time("", path)
								    : YG_TIME_NONE;
	return yg_hash64((struct yg_bytes){(const uint8_t *)times, sizeof(times)},
			 yg_repos_stamp(root) ^ yg_apk_stamp(root));
}

static void problem(struct yg_inventory *to, const char *what, const char *why)
{
	yg_inventory_add(to, "problem", yg_bytes_str(what), yg_bytes_str(why),
			 (struct yg_bytes){0});
}

/* What pending updates rest on. */
static void judge_lists(const struct lists *l, int64_t now_ns, struct yg_inventory *to)
{
	int64_t lists_ns = yg_host_time(l->root, LISTS);
	int64_t stamp_ns = yg_host_time(l->root, STAMP);
	char iso[YG_ISO_SIZE];

	if (l->packed > 0)
		problem(to, "updates",
			N_("the lists of available packages are packed in a way that is not read "
			   "(lz4, bz2)"));
	else if (l->failed > 0)
		problem(to, "updates", N_("a list of available packages could not be read"));
	else if (l->read == 0)
		problem(to, "updates",
			N_("there are no lists of available packages: run `apt update`"));
	if (stamp_ns > lists_ns)
		lists_ns = stamp_ns;
	if (lists_ns == YG_TIME_NONE || l->read == 0)
		return;
	(void)yg_time_iso(lists_ns - lists_ns % YG_NS_PER_S, 0, iso);
	yg_inventory_add(to, "now", YG_S("lists_time"), yg_bytes_str(iso), (struct yg_bytes){0});
	if (now_ns - lists_ns > YG_INVENTORY_OLD_S * YG_NS_PER_S)
		problem(to, "updates",
			N_("the lists of available packages are older than a week: run `apt "
			   "update`"));
}

static int read_dpkg(struct lists *lists, int64_t now_ns, struct yg_inventory *to)
{
	struct yg_packages *packages = lists->packages;
	struct yg_stanzas stanzas = {.take = take_installed, .arg = packages};
	char path[YG_HOST_PATH_MAX];
	int rc = yg_host_path(path, lists->root, STATUS) ? read_stanzas(path, &stanzas) : YG_ELIMIT;

	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK)
		problem(to, "packages", N_("the package database could not be read"));
	yg_inventory_add(to, "host", YG_S("packages_from"), YG_S("dpkg"), (struct yg_bytes){0});
	yg_packages_sort(packages);
	rc = walk_lists(lists, true);
	if (rc == YG_OK)
		rc = walk_lists(lists, false);
	yg_packages_write(packages, to);
	judge_lists(lists, now_ns, to);
	return rc;
}

static int with_dpkg(const char *root, int64_t now_ns, struct yg_inventory *to)
{
	struct yg_packages packages;
	struct lists *lists = yg_calloc(1, sizeof(*lists));
	int rc = yg_packages_init(&packages, yg_deb_compare);

	if (!lists)
		rc = YG_ENOMEM;
	if (rc == YG_OK) {
		lists->root = root;
		lists->packages = &packages;
		rc = read_dpkg(lists, now_ns, to);
	}
	free(lists);
	yg_packages_done(&packages);
	return rc;
}

int yg_inventory_packages(const char *root, int64_t now_ns, struct yg_inventory *to)
{
	bool is_there = yg_host_time(root, STATUS) != YG_TIME_NONE;
	int rc = is_there ? with_dpkg(root, now_ns, to) : YG_OK;

	if (!is_there)
		rc = yg_inventory_apk(root, now_ns, to, &is_there);
	if (rc == YG_OK && !is_there)
		rc = yg_inventory_rpm(root, now_ns, to, &is_there);
	if (rc == YG_OK && !is_there)
		problem(to, "packages", N_("no package database that is known"));
	return rc == YG_OK ? yg_buf_error(&to->text) : rc;
}
