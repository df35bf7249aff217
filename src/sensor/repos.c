/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sensor/repos.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/io.h"
#include "parse/modulemd.h"
#include "parse/repodata.h"
#include "sensor/inventory-int.h"
#include "sensor/modules.h"
#include "sensor/rpm.h"
#include "source/input.h"
#include "source/zchunk.h"

#include "base/ban.h"

#define ID_MAX	   256u
#define HASH_CHARS 16u /* behind the name of a repository, in the name of its folder */
#define ARENA_MAX  (8u << 20)
#define READ_BYTES 65536u

static const char *const zypp_configs[] = {"/etc/zypp/repos.d", NULL};
static const char *const zypp_caches[] = {"/var/cache/zypp/raw", NULL};
static const char *const dnf_configs[] = {"/usr/share/dnf5/repos.d", "/etc/yum.repos.d",
					  "/etc/distro.repos.d", NULL};
static const char *const dnf_overrides[] = {"/usr/share/dnf5/repos.override.d",
					    "/etc/dnf/repos.override.d", NULL};
static const char *const module_states[] = {"/etc/dnf/modules.d", NULL};
static const char *const module_defaults[] = {"/etc/dnf/modules.defaults.d", NULL};
static const char *const dnf_caches[] = {"/var/cache/dnf", "/var/cache/libdnf5", NULL};

struct repo {
	struct yg_bytes id;
	bool is_on;
	bool is_hotfix;	    /* its packages come whatever stream holds */
	const char *folder; /* below the root, of the newest that is kept; NULL: none */
	int64_t time_ns;
};

struct repos {
	const char *root;
	struct yg_arena *arena;
	struct repo *items;
	size_t count;
	size_t room;
	struct yg_packages *packages;
	struct yg_modules *modules;
	bool has_modules;	 /* documents of streams were read */
	bool has_failed_modules; /* or could not be */
	bool is_hotfix;		 /* the repository that is being read */
	struct yg_repos *seen;
};

/* ---- which are switched on ---- */

static struct repo *find_repo(struct repos *r, struct yg_bytes id)
{
	for (size_t i = 0; i < r->count; i++)
		if (yg_bytes_eq(r->items[i].id, id))
			return &r->items[i];
	return NULL;
}

static int add_repo(struct repos *r, struct yg_bytes id)
{
	struct repo *repo = find_repo(r, id);

	if (repo) { /* said once more: what stands there holds */
		repo->is_on = true;
		return YG_OK;
	}
	if (r->count == YG_REPOS_MAX || id.size == 0 || id.size >= ID_MAX)
		return YG_OK;
	if (r->count == r->room) {
		size_t room = r->room ? r->room * 2 : 64;
		struct repo *items = yg_reallocarray(r->items, room, sizeof(*items));

		if (!items)
			return YG_ENOMEM;
		r->items = items;
		r->room = room;
	}
	r->items[r->count] = (struct repo){.is_on = true, .time_ns = YG_TIME_NONE};
	if (!yg_arena_dup(r->arena, id, &r->items[r->count].id))
		return YG_ENOMEM;
	r->count++;
	return YG_OK;
}

static bool is_no(struct yg_bytes word)
{
	return yg_bytes_eq(word, YG_S("0")) || yg_bytes_eq_nocase(word, YG_S("no")) ||
	       yg_bytes_eq_nocase(word, YG_S("false")) || yg_bytes_eq_nocase(word, YG_S("off"));
}

/* Of all whose id is like @pattern; without wildcards it is the id. */
static void switch_like(struct repos *r, struct yg_bytes pattern, bool is_hotfix, bool is_on)
{
	char like[ID_MAX];
	char id[ID_MAX];

	if (pattern.size >= ID_MAX)
		return;
	(void)snprintf(like, sizeof(like), "%.*s", YG_FMT(pattern)); /* measured */
	for (size_t i = 0; i < r->count; i++) {
		(void)snprintf(id, sizeof(id), "%.*s", YG_FMT(r->items[i].id)); /* as above */
		if (fnmatch(like, id, 0) == 0)
			*(is_hotfix ? &r->items[i].is_hotfix : &r->items[i].is_on) = is_on;
	}
}

/* Sections "[id]", and "enabled" and "module_hotfixes" in them. @is_override: of what is there
 * already. */
static int read_config(struct repos *r, struct yg_bytes text, bool is_override)
{
	struct yg_bytes section = {0};
	struct yg_bytes line;
	int rc = YG_OK;

	while (rc == YG_OK && yg_host_line(&text, &line)) {
		struct yg_bytes rest = yg_bytes_trim(line);
		struct yg_bytes key;

		if (yg_host_section(rest, &section)) {
			if (yg_bytes_eq(section, YG_S("main")))
				section = (struct yg_bytes){0};
			if (section.size > 0 && !is_override)
				rc = add_repo(r, section);
			continue;
		}
		key = yg_bytes_trim(yg_host_word(&rest, '='));
		if (section.size > 0 && (yg_bytes_eq_nocase(key, YG_S("enabled")) ||
					 yg_bytes_eq_nocase(key, YG_S("module_hotfixes"))))
			switch_like(r, section, yg_bytes_eq_nocase(key, YG_S("module_hotfixes")),
				    !is_no(yg_bytes_trim(rest)));
	}
	return rc;
}

static int is_config(const struct dirent *entry)
{
	return yg_bytes_ends(yg_bytes_str(entry->d_name), YG_S(".repo"));
}

static int is_module(const struct dirent *entry)
{
	return yg_bytes_ends(yg_bytes_str(entry->d_name), YG_S(".module"));
}

static int is_yaml(const struct dirent *entry)
{
	return yg_bytes_ends(yg_bytes_str(entry->d_name), YG_S(".yaml"));
}

/* The small files of folders, in their order. */
struct walk {
	const char *const *folders;
	int (*is_one)(const struct dirent *entry);
	int (*read)(struct repos *r, struct yg_bytes text, bool is_override);
	bool is_override;
};

static int walk_folders(struct repos *r, const struct walk *walk)
{
	int rc = YG_OK;

	for (const char *const *folder = walk->folders; *folder && rc == YG_OK; folder++) {
		char path[YG_HOST_PATH_MAX];
		struct dirent **entries = NULL;
		int count = yg_host_path(path, r->root, *folder)
				    ? scandir(path, &entries, walk->is_one, alphasort)
				    : 0;

		for (int i = 0; i < count; i++) {
			uint8_t *mem = NULL;

			if (rc == YG_OK && (unsigned)i < YG_INVENTORY_FILES_MAX &&
			    snprintf(path, sizeof(path), "%s/%s", *folder, entries[i]->d_name) <
				    (int)sizeof(path))
				rc = walk->read(
					r, yg_host_read(r->root, path, YG_REPOS_FILE_MAX, &mem),
					walk->is_override);
			free(mem);
			free(entries[i]);
		}
		free(entries);
	}
	return rc;
}

static int read_configs(struct repos *r, const char *const *folders, bool is_override)
{
	const struct walk walk = {folders, is_config, read_config, is_override};

	return walk_folders(r, &walk);
}

/* ---- what is kept of them ---- */

/* ROOT/FOLDER/repodata/NAME; false: too long. */
static bool file_path(const struct repos *r, const char *folder, const char *name,
		      char to[YG_HOST_PATH_MAX])
{
	int size = snprintf(to, YG_HOST_PATH_MAX, "%s%s/repodata/%s", r->root, folder, name);

	return size > 0 && (unsigned)size < YG_HOST_PATH_MAX;
}

/* Of a repository there may be several, of earlier addresses and releases. */
static int note_folder(struct repos *r, struct repo *repo, const char *folder)
{
	char path[YG_HOST_PATH_MAX];
	int64_t time_ns;

	if (!repo || !repo->is_on || !file_path(r, folder, "repomd.xml", path))
		return YG_OK;
	time_ns = yg_host_time("", path);
	if (time_ns == YG_TIME_NONE || (repo->folder && time_ns <= repo->time_ns))
		return YG_OK;
	repo->time_ns = time_ns;
	repo->folder = yg_arena_str(r->arena, yg_bytes_str(folder));
	return repo->folder ? YG_OK : YG_ENOMEM;
}

static bool is_hash(struct yg_bytes b)
{
	for (size_t i = 0; i < b.size; i++)
		if (!((b.data[i] >= '0' && b.data[i] <= '9') ||
		      (b.data[i] >= 'a' && b.data[i] <= 'f')))
			return false;
	return b.size == HASH_CHARS;
}

/* "ID-0123456789abcdef" */
static int look_in_dnf(struct repos *r, const char *cache)
{
	char path[YG_HOST_PATH_MAX];
	DIR *folder = yg_host_path(path, r->root, cache) ? opendir(path) : NULL;
	size_t left = YG_INVENTORY_FILES_MAX;
	const struct dirent *entry;
	int rc = YG_OK;

	while (folder && rc == YG_OK && left-- > 0 && (entry = readdir(folder)) != NULL) {
		struct yg_bytes name = yg_bytes_str(entry->d_name);
		size_t at = name.size > HASH_CHARS ? name.size - HASH_CHARS - 1 : 0;

		if (at > 0 && name.data[at] == '-' && is_hash(yg_bytes_from(name, at + 1)) &&
		    snprintf(path, sizeof(path), "%s/%s", cache, entry->d_name) < (int)sizeof(path))
			rc = note_folder(r, find_repo(r, yg_bytes_cut(name, 0, at)), path);
	}
	if (folder)
		(void)closedir(folder); /* read only */
	return rc;
}

/* The name as it is, but for what no name of a folder can hold. */
static int look_in_zypp(struct repos *r, const char *cache)
{
	int rc = YG_OK;

	for (size_t i = 0; i < r->count && rc == YG_OK; i++) {
		char name[ID_MAX];
		char path[ID_MAX + 64];

		(void)snprintf(name, sizeof(name), "%.*s", YG_FMT(r->items[i].id)); /* measured */
		for (size_t j = 0; name[j]; j++)
			if (name[j] == '/' || (j == 0 && name[j] == '.'))
				name[j] = '_';
		(void)snprintf(path, sizeof(path), "%s/%s", cache, name); /* a short folder */
		rc = note_folder(r, &r->items[i], path);
	}
	return rc;
}

static int look_in_caches(struct repos *r, const char *const *caches, bool is_zypp)
{
	int rc = YG_OK;

	for (; *caches && rc == YG_OK; caches++)
		rc = is_zypp ? look_in_zypp(r, *caches) : look_in_dnf(r, *caches);
	return rc;
}

/* ---- reading one file ---- */

struct reading {
	struct yg_repodata *parser;
	struct yg_modulemd *modules; /* or this */
	uint64_t bytes;
};

static int feed(void *arg, struct yg_bytes piece)
{
	struct reading *reading = arg;

	reading->bytes += piece.size;
	if (reading->bytes > YG_REPOS_TEXT_MAX)
		return YG_ELIMIT;
	return reading->parser ? yg_repodata_feed(reading->parser, piece, false)
			       : yg_modulemd_feed(reading->modules, piece, false);
}

static int read_zchunk(const char *path, struct reading *reading)
{
	int fd;
	int rc = yg_io_open_read(path, &fd);

	if (rc != YG_OK)
		return rc;
	rc = yg_zchunk_read(fd, (struct yg_bytes){0}, feed, reading);
	(void)close(fd); /* read only */
	return rc;
}

static int read_stream(char *path, struct reading *reading)
{
	struct yg_input input = {.name = path, .path = path, .mtime_ns = YG_TIME_NONE};
	struct yg_stream_opts opts = {.stop_fd = -1, .is_binary = true};
	const char *reason = "";
	struct yg_stream *stream = NULL;
	struct yg_buf text;
	bool is_end = false;
	int rc = yg_stream_open(&input, &opts, &stream, &reason);

	yg_buf_init(&text, 16 * READ_BYTES);
	while (rc == YG_OK && !is_end) {
		rc = yg_stream_read(stream, &text, READ_BYTES, &reason);
		is_end = rc == YG_EEND;
		if (rc == YG_OK || is_end)
			rc = feed(reading, yg_buf_bytes(&text));
		yg_buf_reset(&text);
	}
	(void)yg_stream_free(stream);
	yg_buf_done(&text);
	return rc;
}

static int read_packed(char *path, struct reading *reading)
{
	return yg_bytes_ends(yg_bytes_str(path), YG_S(".zck")) ? read_zchunk(path, reading)
							       : read_stream(path, reading);
}

static int read_file(char *path, enum yg_repodata_kind kind, const struct yg_repodata_take *take)
{
	struct reading reading = {0};
	int rc = yg_repodata_new(kind, take, &reading.parser);

	if (rc == YG_OK)
		rc = read_packed(path, &reading);
	if (rc == YG_OK)
		rc = yg_repodata_feed(reading.parser, (struct yg_bytes){0}, true);
	(void)yg_repodata_free(reading.parser);
	return rc;
}

/* ---- what they offer ---- */

/* By the convention of who builds them. */
static bool is_of_module(struct yg_bytes version)
{
	return yg_bytes_find(version, YG_S(".module")) != SIZE_MAX;
}

/* Does a module stream hold @p back? Where what streams are made of is not known, what was built
 * for one counts as held back, whatever it would replace. */
static bool is_held_back(const struct repos *r, const struct yg_package *item,
			 const struct yg_repodata_package *p)
{
	enum yg_module_verdict verdict = YG_MODULE_NONE;

	if (r->is_hotfix)
		return false;
	if (r->has_modules)
		verdict = yg_modules_judge(r->modules, p->name, p->version, p->arch);
	if (verdict != YG_MODULE_NONE)
		return verdict == YG_MODULE_OUT;
	return is_of_module(yg_bytes_str(p->version)) ||
	       (!r->has_modules && is_of_module(item->version));
}

/* What is installed that @p would take the place of: what was built for one architecture may be
 * for all now, and the other way round. */
static struct yg_package *find_installed(const struct repos *r, const struct yg_repodata_package *p)
{
	static const char *const archs[] = {"x86_64", "aarch64", "ppc64le", "s390x", "i686"};
	struct yg_packages *packages = r->packages;
	struct yg_package *item = yg_packages_find(packages, p->name, p->arch);

	if (strcmp(p->arch, "src") == 0 || strcmp(p->arch, "nosrc") == 0)
		return NULL;
	if (!item && strcmp(p->arch, "noarch") != 0)
		item = yg_packages_find(packages, p->name, "noarch");
	for (size_t i = 0; !item && strcmp(p->arch, "noarch") == 0 && i < 5; i++)
		item = yg_packages_find(packages, p->name, archs[i]);
	return item && !is_held_back(r, item, p) ? item : NULL;
}

static int take_offered(void *arg, const struct yg_repodata_package *p)
{
	struct repos *r = arg;
	struct yg_package *item = find_installed(r, p);

	return item ? yg_packages_offer(r->packages, item, yg_bytes_str(p->version), false) : YG_OK;
}

/* An advisory counts when the update that waits brings what it names. */
static int take_advised(void *arg, const struct yg_repodata_package *p)
{
	struct repos *r = arg;
	struct yg_package *item = find_installed(r, p);
	struct yg_bytes version = yg_bytes_str(p->version);

	if (item && item->newer.size > 0 && yg_rpm_compare(version, item->version) > 0 &&
	    yg_rpm_compare(version, item->newer) <= 0)
		item->is_security = true;
	return YG_OK;
}

/* ---- one repository ---- */

/* Of each kind as it is and in the packing of dnf: which of them was fetched shows. */
struct files {
	char packages[2][YG_REPODATA_NAME_MAX];
	char advisories[2][YG_REPODATA_NAME_MAX];
	char modules[2][YG_REPODATA_NAME_MAX];
};

static int take_file(void *arg, const char *type, const char *name)
{
	struct files *files = arg;
	char *to = strcmp(type, "primary") == 0		 ? files->packages[0]
		   : strcmp(type, "primary_zck") == 0	 ? files->packages[1]
		   : strcmp(type, "updateinfo") == 0	 ? files->advisories[0]
		   : strcmp(type, "updateinfo_zck") == 0 ? files->advisories[1]
		   : strcmp(type, "modules") == 0	 ? files->modules[0]
		   : strcmp(type, "modules_zck") == 0	 ? files->modules[1]
							 : NULL;

	if (to)
		(void)snprintf(to, YG_REPODATA_NAME_MAX, "%s", name); /* as repodata.h has it */
	return YG_OK;
}

/* YG_ENOENT: neither was fetched. *ret_time_ns: when it was. */
static int read_either(struct repos *r, const struct repo *repo,
		       char names[2][YG_REPODATA_NAME_MAX], enum yg_repodata_kind kind,
		       int64_t *ret_time_ns)
{
	const struct yg_repodata_take take = {
		.package = kind == YG_REPODATA_PACKAGES ? take_offered : take_advised, .arg = r};

	for (size_t i = 0; i < 2; i++) {
		char path[YG_HOST_PATH_MAX];

		if (!names[i][0] || !file_path(r, repo->folder, names[i], path))
			continue;
		*ret_time_ns = yg_host_time("", path);
		if (*ret_time_ns != YG_TIME_NONE)
			return read_file(path, kind, &take);
	}
	return YG_ENOENT;
}

static int read_index(struct repos *r, const struct repo *repo, struct files *ret)
{
	const struct yg_repodata_take take = {.file = take_file, .arg = ret};
	char path[YG_HOST_PATH_MAX];

	*ret = (struct files){0};
	return file_path(r, repo->folder, "repomd.xml", path)
		       ? read_file(path, YG_REPODATA_INDEX, &take)
		       : YG_ELIMIT;
}

/* ---- module streams ---- */

struct taking {
	struct repos *r;
	bool is_override;
};

static int take_module(void *arg, const struct yg_modulemd_doc *doc)
{
	const struct taking *taking = arg;

	return yg_modules_add(taking->r->modules, doc, taking->is_override);
}

static int read_modules_file(struct repos *r, char *path)
{
	struct taking taking = {.r = r};
	struct reading reading = {0};
	int rc = yg_modulemd_new(take_module, &taking, &reading.modules);

	if (rc != YG_OK)
		return rc;
	rc = read_packed(path, &reading);
	if (rc == YG_OK)
		rc = yg_modulemd_feed(reading.modules, (struct yg_bytes){0}, true);
	r->has_modules = true;
	r->has_failed_modules |= rc != YG_OK || yg_modulemd_bad(reading.modules) > 0;
	(void)yg_modulemd_free(reading.modules);
	return rc == YG_ENOMEM ? rc : YG_OK;
}

static int read_modules(struct repos *r, const struct repo *repo)
{
	struct files files;
	int rc = repo->folder ? read_index(r, repo, &files) : YG_ENOENT;

	if (rc != YG_OK) /* counted where its packages are read */
		return rc == YG_ENOMEM ? rc : YG_OK;
	for (size_t i = 0; i < 2; i++) {
		char path[YG_HOST_PATH_MAX];

		if (files.modules[i][0] && file_path(r, repo->folder, files.modules[i], path) &&
		    yg_host_time("", path) != YG_TIME_NONE)
			return read_modules_file(r, path);
	}
	r->has_failed_modules |= files.modules[0][0] || files.modules[1][0];
	return YG_OK;
}

static int read_state(struct repos *r, struct yg_bytes text, bool is_override)
{
	(void)is_override;
	return yg_modules_add_state(r->modules, text);
}

static int read_defaults(struct repos *r, struct yg_bytes text, bool is_override)
{
	struct taking taking = {.r = r, .is_override = is_override};
	struct yg_modulemd *parser = NULL;
	int rc = yg_modulemd_new(take_module, &taking, &parser);

	if (rc == YG_OK)
		rc = yg_modulemd_feed(parser, text, true);
	(void)yg_modulemd_free(parser);
	return rc;
}

/* Of all repositories, before what they offer is looked at. */
static int read_all_modules(struct repos *r)
{
	const struct walk states = {module_states, is_module, read_state, false};
	const struct walk defaults = {module_defaults, is_yaml, read_defaults, true};
	bool is_any_installed = false;
	int rc = walk_folders(r, &states);

	if (rc == YG_OK)
		rc = walk_folders(r, &defaults);
	for (size_t i = 0; i < r->count && rc == YG_OK; i++)
		if (r->items[i].is_on)
			rc = read_modules(r, &r->items[i]);
	if (rc == YG_OK)
		rc = yg_modules_settle(r->modules);
	for (size_t i = 0; i < r->packages->count; i++)
		is_any_installed |= is_of_module(r->packages->items[i].version);
	r->seen->has_unknown_modules = r->has_failed_modules ||
				       (is_any_installed && !r->has_modules) ||
				       yg_modules_are_partly_unknown(r->modules);
	return rc;
}

/* Fetched again and found to be the same, a file gets a new time. */
static void note_time(struct yg_repos *seen, const struct repo *repo, int64_t time_ns)
{
	if (repo->time_ns > time_ns)
		time_ns = repo->time_ns;
	if (seen->time_ns == YG_TIME_NONE || time_ns < seen->time_ns)
		seen->time_ns = time_ns;
}

static int read_packages(struct repos *r, const struct repo *repo)
{
	struct yg_repos *seen = r->seen;
	struct files files;
	int64_t time_ns = YG_TIME_NONE;
	int rc;

	seen->on++;
	r->is_hotfix = repo->is_hotfix;
	if (!repo->folder) {
		seen->missing++;
		return YG_OK;
	}
	rc = read_index(r, repo, &files);
	if (rc == YG_OK)
		rc = read_either(r, repo, files.packages, YG_REPODATA_PACKAGES, &time_ns);
	if (rc == YG_ENOMEM)
		return rc;
	if (rc == YG_OK) {
		seen->read++;
		note_time(seen, repo, time_ns);
	} else {
		seen->failed++;
	}
	return YG_OK;
}

static int read_advisories(struct repos *r, const struct repo *repo)
{
	struct files files;
	int64_t time_ns;
	int rc;

	if (!repo->folder)
		return YG_OK;
	r->is_hotfix = repo->is_hotfix;
	rc = read_index(r, repo, &files);
	if (rc == YG_OK)
		rc = read_either(r, repo, files.advisories, YG_REPODATA_ADVISORIES, &time_ns);
	r->seen->advised += rc == YG_OK;
	return rc == YG_ENOMEM ? rc : YG_OK;
}

/* ---- together ---- */

static int find_repos(struct repos *r)
{
	int rc = read_configs(r, zypp_configs, false);

	if (rc != YG_OK)
		return rc;
	if (r->count > 0)
		return look_in_caches(r, zypp_caches, true);
	rc = read_configs(r, dnf_configs, false);
	if (rc == YG_OK)
		rc = read_configs(r, dnf_overrides, true);
	return rc == YG_OK ? look_in_caches(r, dnf_caches, false) : rc;
}

int yg_repos_read(const char *root, struct yg_packages *packages, struct yg_repos *ret)
{
	struct repos r = {
		.root = root, .arena = yg_arena_new(ARENA_MAX), .packages = packages, .seen = ret};
	int rc = r.arena ? YG_OK : YG_ENOMEM;

	*ret = (struct yg_repos){.time_ns = YG_TIME_NONE};
	if (rc == YG_OK)
		rc = yg_modules_new(packages, &r.modules);
	if (rc == YG_OK)
		rc = find_repos(&r);
	if (rc == YG_OK)
		rc = read_all_modules(&r);
	for (size_t i = 0; i < r.count && rc == YG_OK; i++)
		if (r.items[i].is_on)
			rc = read_packages(&r, &r.items[i]);
	for (size_t i = 0; i < r.count && rc == YG_OK; i++) /* all updates are known now */
		if (r.items[i].is_on)
			rc = read_advisories(&r, &r.items[i]);
	free(r.items);
	(void)yg_modules_free(r.modules);
	(void)yg_arena_free(r.arena);
	return rc;
}

/* ---- did anything change? ---- */

/* The next name and its time; false at the end. */
static bool stamp_next(DIR *folder, const char *path, char name[YG_HOST_PATH_MAX],
		       uint64_t *ret_stamp)
{
	const struct dirent *entry = readdir(folder);

	while (entry &&
	       (entry->d_name[0] == '.' || snprintf(name, YG_HOST_PATH_MAX, "%s/%s", path,
						    entry->d_name) >= (int)YG_HOST_PATH_MAX))
		entry = readdir(folder);
	if (entry)
		*ret_stamp = yg_hash64(yg_bytes_str(name), (uint64_t)yg_host_time("", name));
	return entry != NULL;
}

uint64_t yg_repos_stamp_folder(const char *path)
{
	size_t left = YG_INVENTORY_FILES_MAX;
	DIR *folder = opendir(path);
	char name[YG_HOST_PATH_MAX];
	uint64_t stamp = 0;
	uint64_t one;

	while (folder && left-- > 0 && stamp_next(folder, path, name, &one))
		stamp += one;
	if (folder)
		(void)closedir(folder); /* read only */
	return stamp;
}

/* The same, and of what each repository's folder holds of it. */
static uint64_t stamp_cache(const char *path)
{
	size_t left = YG_INVENTORY_FILES_MAX;
	DIR *folder = opendir(path);
	char name[YG_HOST_PATH_MAX];
	char inner[YG_HOST_PATH_MAX + 16];
	uint64_t stamp = 0;
	uint64_t one;

	while (folder && left-- > 0 && stamp_next(folder, path, name, &one)) {
		(void)snprintf(inner, sizeof(inner), "%s/repodata", name); /* measured */
		stamp += one + yg_repos_stamp_folder(inner);
	}
	if (folder)
		(void)closedir(folder); /* read only */
	return stamp;
}

uint64_t yg_repos_stamp(const char *root)
{
	static const struct {
		const char *const *folders;
		uint64_t (*stamp)(const char *path);
	} all[] = {{zypp_configs, yg_repos_stamp_folder},
		   {dnf_configs, yg_repos_stamp_folder},
		   {dnf_overrides, yg_repos_stamp_folder},
		   {module_states, yg_repos_stamp_folder},
		   {module_defaults, yg_repos_stamp_folder},
		   {zypp_caches, stamp_cache},
		   {dnf_caches, stamp_cache}};
	uint64_t stamp = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (const char *const *at = all[i].folders; *at; at++) {
			char path[YG_HOST_PATH_MAX];

			if (yg_host_path(path, root, *at))
				stamp = stamp * 31 + all[i].stamp(path);
		}
	return stamp;
}
