/* SPDX-License-Identifier: Apache-2.0 */
/* The packages of a system with rpm, from whichever form of its database is there. */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/tr.h"
#include "sensor/inventory-int.h"
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
	struct yg_inventory *to = arg;
	char name[YG_INVENTORY_VALUE_MAX];

	if (package->arch[0] == '\0') /* a key for signatures, kept like a package */
		return YG_OK;
	(void)snprintf(name, sizeof(name), "%s:%s", package->name, package->arch); /* shorter */
	yg_inventory_add(to, "package", yg_bytes_str(name), yg_bytes_str(package->version),
			 (struct yg_bytes){0});
	return YG_OK;
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

/* One form; what it gave before it failed does not stay. */
static int read_form(const char *path, enum form form, struct yg_inventory *to, uint64_t *ret_bad)
{
	size_t before = to->text.size;
	int rc = YG_EAGAIN;

	for (int i = 0; i < TRIES && rc == YG_EAGAIN; i++) {
		struct yg_rpm_found found = {.take = take, .arg = to};

		to->text.size = before;
		rc = form == SQLITE ? yg_rpm_read_sqlite(path, &found)
				    : read_file(path, form, &found);
		*ret_bad = found.bad;
	}
	if (rc != YG_OK)
		to->text.size = before;
	return rc;
}

static void problem(struct yg_inventory *to, const char *what, const char *why)
{
	yg_inventory_add(to, "problem", yg_bytes_str(what), yg_bytes_str(why),
			 (struct yg_bytes){0});
}

int yg_inventory_rpm(const char *root, struct yg_inventory *to, bool *ret_is_there)
{
	char path[YG_HOST_PATH_MAX];
	uint64_t bad = 0;
	unsigned i = 0;
	int rc;

	while (i < 2 * FORM_COUNT &&
	       (i % FORM_COUNT == SQLITE_LOG || !yg_inventory_rpm_path(root, i, path) ||
		access(path, F_OK) != 0))
		i++;
	*ret_is_there = i < 2 * FORM_COUNT;
	if (!*ret_is_there)
		return YG_OK;
	rc = read_form(path, (enum form)(i % FORM_COUNT), to, &bad);
	if (rc == YG_ENOMEM)
		return rc;
	yg_inventory_add(to, "host", YG_S("packages_from"), YG_S("rpm"), (struct yg_bytes){0});
	if (rc != YG_OK)
		problem(to, "packages", N_("the package database could not be read"));
	else if (bad > 0)
		problem(to, "packages",
			N_("some entries of the package database could not be read"));
	problem(to, "updates",
		N_("which updates wait is not known for systems with rpm: `dnf check-update` or "
		   "`zypper list-updates` says it"));
	return YG_OK;
}
