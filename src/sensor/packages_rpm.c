/* SPDX-License-Identifier: Apache-2.0 */
/* The packages of a system with rpm, from whichever form of its database is there, and what the
 * lists that dnf or zypper keep offer for them (repos.h). */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/tr.h"
#include "sensor/inventory-int.h"
#include "sensor/repos.h"
#include "sensor/rpm.h"

#include "base/ban.h"

#define TRIES 3

static const char *const folders[] = {"/usr/lib/sysimage/rpm", "/var/lib/rpm"};

enum form {
	SQLITE,
	NDB,
	BDB,
	SQLITE_LOG, /* is written with it, and no form of its own */
	FORM_COUNT
};
static const char *const names[FORM_COUNT] = {[SQLITE] = "rpmdb.sqlite",
					      [NDB] = "Packages.db",
					      [BDB] = "Packages",
					      [SQLITE_LOG] = "rpmdb.sqlite-wal"};
_Static_assert(2 * FORM_COUNT == YG_INVENTORY_RPM_PATHS, "each form in each folder");

bool yg_inventory_rpm_path(const char *root, unsigned index, char to[YG_HOST_PATH_MAX])
{
	const char *folder = folders[index / FORM_COUNT % 2];
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, names[index % FORM_COUNT]); /* short */
	return yg_host_path(to, root, path);
}

static int take(void *arg, const struct yg_rpm_package *package)
{
	if (package->arch[0] == '\0') /* a key for signatures, kept like a package */
		return YG_OK;
	return yg_packages_add(arg, package->name, package->arch, package->version);
}

static int read_file(const char *path, enum form form, struct yg_rpm_found *found)
{
	struct yg_rpm_file file = {.fd = -1};
	struct stat st;
	int rc = yg_io_open_read(path, &file.fd);

	if (rc != YG_OK)
		return rc;
	if (fstat(file.fd, &st) != 0)
		rc = yg_err_from_errno(errno);
	else if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > YG_RPM_FILE_MAX)
		rc = YG_ELIMIT;
	if (rc == YG_OK) {
		file.size = (uint64_t)st.st_size;
		rc = form == NDB ? yg_rpm_read_ndb(&file, found) : yg_rpm_read_bdb(&file, found);
	}
	(void)close(file.fd); /* read only */
	return rc;
}

static void forget(struct yg_packages *packages)
{
	packages->count = 0;
	packages->dropped = 0;
	yg_arena_reset(packages->arena);
}

/* One form; what it gave before it failed does not stay. */
static int read_form(const char *path, enum form form, struct yg_packages *to, uint64_t *ret_bad)
{
	int rc = YG_EAGAIN;

	for (int i = 0; i < TRIES && rc == YG_EAGAIN; i++) {
		struct yg_rpm_found found = {.take = take, .arg = to};

		forget(to);
		rc = form == SQLITE ? yg_rpm_read_sqlite(path, &found)
				    : read_file(path, form, &found);
		*ret_bad = found.bad;
	}
	if (rc != YG_OK)
		forget(to);
	return rc;
}

static void problem(struct yg_inventory *to, const char *what, const char *why)
{
	yg_inventory_add(to, "problem", yg_bytes_str(what), yg_bytes_str(why),
			 (struct yg_bytes){0});
}

/* What pending updates rest on, and what is not known of them. */
static void judge(const struct yg_repos *repos, const struct yg_packages *packages, int64_t now_ns,
		  struct yg_inventory *to)
{
	char iso[YG_ISO_SIZE];

	if (repos->on == 0)
		problem(to, "updates",
			N_("which updates wait is not known: no repository is switched on"));
	else if (repos->failed > 0)
		problem(to, "updates", N_("a list of available packages could not be read"));
	else if (repos->read == 0)
		problem(to, "updates",
			N_("which updates wait is not known: no list of available packages is kept "
			   "here: run `dnf makecache` or `zypper refresh`"));
	else if (repos->missing > 0)
		problem(to, "updates",
			N_("of a repository no list of available packages is kept here: run `dnf "
			   "makecache` or `zypper refresh`"));
	if (repos->read == 0)
		return;
	if (repos->has_unknown_modules)
		problem(to, "updates_modules",
			N_("which updates wait for packages of module streams is not known"));
	if (repos->advised == 0 && yg_packages_have_updates(packages))
		problem(to, "updates_security",
			N_("which of the updates mend holes is not known: the lists kept here do "
			   "not say it"));
	(void)yg_time_iso(repos->time_ns - repos->time_ns % YG_NS_PER_S, 0, iso);
	yg_inventory_add(to, "now", YG_S("lists_time"), yg_bytes_str(iso), (struct yg_bytes){0});
	if (now_ns - repos->time_ns > YG_INVENTORY_OLD_S * YG_NS_PER_S)
		problem(to, "updates",
			N_("the lists of available packages are older than a week: run `dnf "
			   "makecache` or `zypper refresh`"));
}

static int read_database(const char *root, const char *path, enum form form, int64_t now_ns,
			 struct yg_packages *packages, struct yg_inventory *to)
{
	struct yg_repos repos;
	uint64_t bad = 0;
	int rc = read_form(path, form, packages, &bad);

	if (rc == YG_ENOMEM)
		return rc;
	yg_inventory_add(to, "host", YG_S("packages_from"), YG_S("rpm"), (struct yg_bytes){0});
	if (rc != YG_OK) {
		problem(to, "packages", N_("the package database could not be read"));
		problem(to, "updates",
			N_("which updates wait is not known: the package database could not be "
			   "read"));
		return YG_OK;
	}
	if (bad > 0)
		problem(to, "packages",
			N_("some entries of the package database could not be read"));
	yg_packages_sort(packages);
	rc = yg_repos_read(root, packages, &repos);
	if (rc != YG_OK)
		return rc;
	yg_packages_write(packages, to);
	judge(&repos, packages, now_ns, to);
	return YG_OK;
}

int yg_inventory_rpm(const char *root, int64_t now_ns, struct yg_inventory *to, bool *ret_is_there)
{
	struct yg_packages packages;
	char path[YG_HOST_PATH_MAX];
	unsigned i = 0;
	int rc;

	while (i < 2 * FORM_COUNT &&
	       (i % FORM_COUNT == SQLITE_LOG || !yg_inventory_rpm_path(root, i, path) ||
		access(path, F_OK) != 0))
		i++;
	*ret_is_there = i < 2 * FORM_COUNT;
	if (!*ret_is_there)
		return YG_OK;
	rc = yg_packages_init(&packages, yg_rpm_compare);
	if (rc == YG_OK)
		rc = read_database(root, path, (enum form)(i % FORM_COUNT), now_ns, &packages, to);
	yg_packages_done(&packages);
	return rc;
}
