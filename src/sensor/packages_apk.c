/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/crypt.h"
#include "base/hash.h"
#include "base/tr.h"
#include "parse/tar.h"
#include "sensor/apk.h"
#include "sensor/inventory-int.h"
#include "sensor/package_table.h"
#include "sensor/repos.h"
#include "source/input.h"

#include "base/ban.h"

#define REPOSITORIES "/etc/apk/repositories"
#define WORLD	     "/etc/apk/world"
#define ARCH	     "/etc/apk/arch"
#define INDEX	     "APKINDEX.tar.gz"
#define READ_BYTES   65536u
#define URL_MAX	     1024u

static const char *const databases[] = {"/lib/apk/db/installed", "/usr/lib/apk/db/installed"};
static const char *const folders[] = {"/etc/apk/repositories.d", "/lib/apk/repositories.d"};
static const char *const caches[] = {"/etc/apk/cache", "/var/cache/apk"};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct apk {
	const char *root;
	struct yg_packages *packages;
	char arch[64];
	struct yg_bytes world;
	struct yg_bytes tag; /* of the repository that is being read; empty: none */
	size_t on;	     /* repositories */
	size_t read;
	size_t missing; /* nothing is kept */
	size_t failed;	/* kept, but it could not be read */
	int64_t time_ns;
};

static const char *find_database(const char *root)
{
	for (size_t i = 0; i < COUNT(databases); i++)
		if (yg_host_time(root, databases[i]) != YG_TIME_NONE)
			return databases[i];
	return NULL;
}

/* ---- reading ---- */

struct reading {
	struct yg_stanzas stanzas;
	struct yg_buf text; /* the line that is not whole */
	uint64_t bytes;
};

static int feed_stanzas(struct reading *r, struct yg_bytes piece, bool is_end)
{
	size_t used = 0;
	int rc;

	r->bytes += piece.size;
	yg_buf_add(&r->text, piece);
	rc = r->bytes > YG_APK_TEXT_MAX ? YG_ELIMIT : yg_buf_error(&r->text);
	if (rc == YG_OK)
		rc = yg_stanzas_feed(&r->stanzas, yg_buf_bytes(&r->text), is_end, &used);
	if (rc == YG_OK)
		yg_buf_drop(&r->text, used);
	return rc;
}

static int take_piece(void *arg, struct yg_bytes piece)
{
	return feed_stanzas(arg, piece, false);
}

static int feed(struct reading *r, struct yg_tar *tar, struct yg_bytes piece, bool is_end)
{
	int rc = tar ? yg_tar_feed(tar, piece, is_end) : feed_stanzas(r, piece, is_end);

	if (rc == YG_OK && tar && is_end)
		rc = tar->is_found ? feed_stanzas(r, (struct yg_bytes){0}, true) : YG_EFORMAT;
	return rc;
}

/* A file of stanzas, or (@tar) one that is packed away in an archive. */
static int read_stream(char *path, struct reading *r, struct yg_tar *tar)
{
	struct yg_input input = {.name = path, .path = path, .mtime_ns = YG_TIME_NONE};
	struct yg_stream_opts opts = {.stop_fd = -1, .is_binary = true};
	const char *reason = "";
	struct yg_stream *stream = NULL;
	struct yg_buf bytes;
	bool is_end = false;
	int rc = yg_stream_open(&input, &opts, &stream, &reason);

	yg_buf_init(&bytes, 16 * READ_BYTES);
	yg_buf_init(&r->text, YG_STANZAS_LINE_MAX + 16 * READ_BYTES);
	while (rc == YG_OK && !is_end) {
		rc = yg_stream_read(stream, &bytes, READ_BYTES, &reason);
		is_end = rc == YG_EEND;
		if (rc == YG_OK || is_end)
			rc = feed(r, tar, yg_buf_bytes(&bytes), is_end);
		yg_buf_reset(&bytes);
	}
	(void)yg_stream_free(stream);
	yg_buf_done(&r->text);
	yg_buf_done(&bytes);
	return rc;
}

/* ---- what is installed, what is offered ---- */

static int take_installed(void *arg, const struct yg_stanza *s)
{
	struct apk *a = arg;

	if (!s->name[0] || !s->version[0])
		return YG_OK;
	if (s->is_cut) {
		a->packages->dropped++;
		return YG_OK;
	}
	if (!a->arch[0] && s->arch[0] && strcmp(s->arch, "noarch") != 0)
		memcpy(a->arch, s->arch, sizeof(a->arch));
	return yg_packages_add(a->packages, s->name, s->arch[0] ? s->arch : "noarch", s->version);
}

/* "NAME@TAG", a version may stand between, is in world. */
static bool is_wanted_from(const struct apk *a, const char *name)
{
	struct yg_bytes rest = a->world;
	struct yg_bytes line;

	while (yg_host_line(&rest, &line)) {
		struct yg_bytes word = yg_bytes_trim(line);
		size_t at = yg_bytes_chr(word, '@');
		size_t end = 0;

		while (end < word.size && !strchr("@=<>~!", word.data[end]))
			end++;
		if (at != SIZE_MAX && yg_bytes_eq(yg_bytes_from(word, at + 1), a->tag) &&
		    yg_bytes_eq(yg_bytes_cut(word, 0, end), yg_bytes_str(name)))
			return true;
	}
	return false;
}

static int take_offered(void *arg, const struct yg_stanza *s)
{
	struct apk *a = arg;
	struct yg_package *item;

	if (s->is_cut || !s->name[0] || !s->version[0])
		return YG_OK;
	item = yg_packages_find(a->packages, s->name, s->arch[0] ? s->arch : "noarch");
	if (!item) /* what was built for one architecture may be for all now */
		item = yg_packages_find(a->packages, s->name, "noarch");
	if (!item && strcmp(s->arch, "noarch") == 0) /* or the other way round */
		item = yg_packages_find(a->packages, s->name, a->arch);
	if (!item || (a->tag.size > 0 && !is_wanted_from(a, s->name)))
		return YG_OK;
	return yg_packages_offer(a->packages, item, yg_bytes_str(s->version), false);
}

/* ---- repositories ---- */

/* CACHE/APKINDEX.12345678.tar.gz, when it is there and newer than what was found. */
static void note_kept(const struct apk *a, const char *cache, const uint8_t *digest,
		      char found[YG_HOST_PATH_MAX], int64_t *time_ns)
{
	char path[64];
	int64_t now_ns;

	(void)snprintf(path, sizeof(path), "%s/APKINDEX.%02x%02x%02x%02x.tar.gz", cache, digest[0],
		       digest[1], digest[2], digest[3]); /* short */
	now_ns = yg_host_time(a->root, path);
	if (now_ns != YG_TIME_NONE && (*time_ns == YG_TIME_NONE || now_ns > *time_ns) &&
	    yg_host_path(found, a->root, path))
		*time_ns = now_ns;
}

static struct yg_bytes without_slash(struct yg_bytes url)
{
	while (url.size > 0 && url.data[url.size - 1] == '/')
		url.size--;
	return url;
}

/* Where the list of @url is kept. apk 2 names it by the SHA-1 of the address as it is written, apk
 * 3 by the SHA-256 of the address of the list. *ret_time_ns: YG_TIME_NONE: nowhere. */
static void find_kept(const struct apk *a, struct yg_bytes url, bool is_index,
		      char found[YG_HOST_PATH_MAX], int64_t *ret_time_ns)
{
	struct yg_bytes base = without_slash(url);
	char index[URL_MAX + 128];
	uint8_t old[YG_SHA1_BYTES];
	uint8_t new[YG_SHA256_BYTES];

	*ret_time_ns = YG_TIME_NONE;
	(void)snprintf(index, sizeof(index), is_index ? "%.*s" : "%.*s/%s/" INDEX, YG_FMT(base),
		       a->arch);  /* measured */
	if (url.data[0] == '/') { /* a folder of this machine */
		*ret_time_ns = yg_host_time(a->root, index);
		if (!yg_host_path(found, a->root, index))
			*ret_time_ns = YG_TIME_NONE;
		return;
	}
	yg_sha1(url, old);
	yg_sha256(yg_bytes_str(index), new);
	for (size_t i = 0; i < COUNT(caches); i++) {
		note_kept(a, caches[i], old, found, ret_time_ns);
		note_kept(a, caches[i], new, found, ret_time_ns);
	}
}

static int read_repository(struct apk *a, struct yg_bytes url, bool is_index)
{
	struct reading r = {.stanzas = {.is_apk = true, .take = take_offered, .arg = a}};
	struct yg_tar tar = {.name = "APKINDEX", .take = take_piece, .arg = &r};
	char path[YG_HOST_PATH_MAX];
	int64_t time_ns = YG_TIME_NONE;
	int rc;

	if (a->on == YG_APK_REPOS_MAX)
		return YG_OK;
	a->on++;
	if (url.size < URL_MAX)
		find_kept(a, url, is_index, path, &time_ns);
	if (time_ns == YG_TIME_NONE) {
		a->missing++;
		return YG_OK;
	}
	rc = read_stream(path, &r, &tar);
	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK) {
		a->failed++;
		return YG_OK;
	}
	a->read++;
	if (a->time_ns == YG_TIME_NONE || time_ns < a->time_ns)
		a->time_ns = time_ns;
	return YG_OK;
}

static struct yg_bytes next_word(struct yg_bytes *line)
{
	struct yg_bytes word;

	*line = yg_bytes_trim(*line);
	word = yg_host_word(line, ' ');
	return word;
}

/* "[@tag] [ndx|v2|v3] URL [component…]" */
static int read_line(struct apk *a, struct yg_bytes line)
{
	char url[URL_MAX];
	struct yg_bytes word = next_word(&line);
	struct yg_bytes base;
	bool is_index = false;
	int rc = YG_OK;

	a->tag = (struct yg_bytes){0};
	for (; word.size > 0; word = next_word(&line)) {
		if (word.data[0] == '@')
			a->tag = yg_bytes_from(word, 1);
		else if (yg_bytes_eq(word, YG_S("ndx")))
			is_index = true;
		else if (!yg_bytes_eq(word, YG_S("v2")) && !yg_bytes_eq(word, YG_S("v3")))
			break;
	}
	if (word.size == 0 || word.data[0] == '#' || yg_bytes_eq(word, YG_S("set")))
		return YG_OK;
	base = word;
	word = next_word(&line);
	if (word.size == 0)
		return read_repository(a, base, is_index);
	for (; word.size > 0 && rc == YG_OK; word = next_word(&line)) {
		int size = snprintf(url, sizeof(url), "%.*s/%.*s", YG_FMT(without_slash(base)),
				    YG_FMT(word));

		if (size > 0 && (size_t)size < sizeof(url))
			rc = read_repository(a, yg_bytes_str(url), is_index);
	}
	return rc;
}

static int read_repositories(struct apk *a, const char *path)
{
	uint8_t *mem;
	struct yg_bytes text = yg_host_read(a->root, path, YG_APK_CONFIG_MAX, &mem);
	struct yg_bytes line;
	int rc = YG_OK;

	while (rc == YG_OK && yg_host_line(&text, &line))
		rc = read_line(a, line);
	free(mem);
	return rc;
}

static int is_list(const struct dirent *entry)
{
	return yg_bytes_ends(yg_bytes_str(entry->d_name), YG_S(".list"));
}

static int read_folder(struct apk *a, const char *folder)
{
	char path[YG_HOST_PATH_MAX];
	struct dirent **entries = NULL;
	int count = yg_host_path(path, a->root, folder)
			    ? scandir(path, &entries, is_list, alphasort)
			    : 0;
	int rc = YG_OK;

	for (int i = 0; i < count; i++) {
		if (rc == YG_OK && (unsigned)i < YG_INVENTORY_FILES_MAX &&
		    snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name) <
			    (int)sizeof(path))
			rc = read_repositories(a, path);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

/* ---- together ---- */

static void problem(struct yg_inventory *to, const char *what, const char *why)
{
	yg_inventory_add(to, "problem", yg_bytes_str(what), yg_bytes_str(why),
			 (struct yg_bytes){0});
}

/* What pending updates rest on, and what is not known of them. */
static void judge(const struct apk *a, int64_t now_ns, struct yg_inventory *to)
{
	char iso[YG_ISO_SIZE];

	if (a->on == 0)
		problem(to, "updates",
			N_("which updates wait is not known: no repository is switched on"));
	else if (a->failed > 0)
		problem(to, "updates", N_("a list of available packages could not be read"));
	else if (a->read == 0)
		problem(to, "updates",
			N_("which updates wait is not known: no list of available packages is kept "
			   "here: run `apk update`"));
	else if (a->missing > 0)
		problem(to, "updates",
			N_("of a repository no list of available packages is kept here: run `apk "
			   "update`"));
	if (a->read == 0)
		return;
	if (yg_packages_have_updates(a->packages))
		problem(to, "updates_security",
			N_("which of the updates mend holes is not known: the lists kept here do "
			   "not say it"));
	(void)yg_time_iso(a->time_ns - a->time_ns % YG_NS_PER_S, 0, iso);
	yg_inventory_add(to, "now", YG_S("lists_time"), yg_bytes_str(iso), (struct yg_bytes){0});
	if (now_ns - a->time_ns > YG_INVENTORY_OLD_S * YG_NS_PER_S)
		problem(to, "updates",
			N_("the lists of available packages are older than a week: run `apk "
			   "update`"));
}

static void read_arch(struct apk *a)
{
	uint8_t *mem;
	struct yg_bytes text = yg_host_read(a->root, ARCH, 4096, &mem);
	struct yg_bytes line;

	if (yg_host_line(&text, &line)) {
		line = yg_bytes_trim(line);
		if (line.size > 0 && line.size < sizeof(a->arch))
			(void)snprintf(a->arch, sizeof(a->arch), "%.*s", YG_FMT(line));
	}
	free(mem);
}

static int read_all(struct apk *a, const char *database, int64_t now_ns, struct yg_inventory *to)
{
	struct reading r = {.stanzas = {.is_apk = true, .take = take_installed, .arg = a}};
	char path[YG_HOST_PATH_MAX];
	uint8_t *world_mem;
	int rc = yg_host_path(path, a->root, database) ? read_stream(path, &r, NULL) : YG_ELIMIT;

	if (rc == YG_ENOMEM)
		return rc;
	yg_inventory_add(to, "host", YG_S("packages_from"), YG_S("apk"), (struct yg_bytes){0});
	if (rc != YG_OK)
		problem(to, "packages", N_("the package database could not be read"));
	yg_packages_sort(a->packages);
	read_arch(a);
	a->world = yg_host_read(a->root, WORLD, YG_APK_CONFIG_MAX, &world_mem);
	rc = read_repositories(a, REPOSITORIES);
	for (size_t i = 0; i < COUNT(folders) && rc == YG_OK; i++)
		rc = read_folder(a, folders[i]);
	free(world_mem);
	if (rc != YG_OK)
		return rc;
	yg_packages_write(a->packages, to);
	judge(a, now_ns, to);
	return YG_OK;
}

int yg_inventory_apk(const char *root, int64_t now_ns, struct yg_inventory *to, bool *ret_is_there)
{
	const char *database = find_database(root);
	struct yg_packages packages;
	struct apk apk = {.root = root, .packages = &packages, .time_ns = YG_TIME_NONE};
	int rc;

	*ret_is_there = database != NULL;
	if (!database)
		return YG_OK;
	rc = yg_packages_init(&packages, yg_apk_compare);
	if (rc == YG_OK)
		rc = read_all(&apk, database, now_ns, to);
	yg_packages_done(&packages);
	return rc;
}

uint64_t yg_apk_stamp(const char *root)
{
	const char *database = find_database(root);
	uint64_t stamp = 0;
	char path[YG_HOST_PATH_MAX];

	if (!database)
		return 0;
	stamp = (uint64_t)yg_host_time(root, database) * 31 + (uint64_t)yg_host_time(root, WORLD);
	stamp = stamp * 31 + (uint64_t)yg_host_time(root, REPOSITORIES);
	for (size_t i = 0; i < COUNT(folders); i++)
		if (yg_host_path(path, root, folders[i]))
			stamp = stamp * 31 + yg_repos_stamp_folder(path);
	for (size_t i = 0; i < COUNT(caches); i++)
		if (yg_host_path(path, root, caches[i]))
			stamp = stamp * 31 + yg_repos_stamp_folder(path);
	return stamp;
}
