/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a header of rpm, and as a database in the two forms that are read by us: every text
 * ends within its bound, no more packages are told than there is room for, and the second time it
 * is the same. The first byte says as what. Seeds: of a package that rpm built, its database by
 * libdb, and the NDB that tests/e2e/sensor_rpm.py writes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "sensor/rpm.h"

struct seen {
	uint64_t count;
	uint64_t sum;
};

static void look(struct seen *seen, const struct yg_rpm_package *package)
{
	if (strnlen(package->name, sizeof(package->name)) == sizeof(package->name) ||
	    strnlen(package->version, sizeof(package->version)) == sizeof(package->version) ||
	    strnlen(package->arch, sizeof(package->arch)) == sizeof(package->arch) ||
	    package->name[0] == '\0')
		abort();
	seen->count++;
	seen->sum = seen->sum * 31 + yg_hash64(yg_bytes_str(package->name), 1) +
		    yg_hash64(yg_bytes_str(package->version), 2);
}

static int take(void *arg, const struct yg_rpm_package *package)
{
	look(arg, package);
	return YG_OK;
}

static struct seen read_as(uint8_t form, struct yg_bytes bytes)
{
	struct seen seen = {0};
	struct yg_rpm_found found = {.take = take, .arg = &seen};
	struct yg_rpm_file file = {.fd = -1, .size = bytes.size, .bytes = bytes};
	struct yg_rpm_package package;
	int rc;

	if (form % 3 == 0) {
		if (yg_rpm_header_read(bytes, &package) == YG_OK)
			look(&seen, &package);
		return seen;
	}
	rc = form % 3 == 1 ? yg_rpm_read_ndb(&file, &found) : yg_rpm_read_bdb(&file, &found);
	if (rc > 0 || found.packages != seen.count || seen.count > YG_RPM_PACKAGES_MAX)
		abort();
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen first;
	struct seen second;

	if (size < 1)
		return 0;
	first = read_as(data[0], (struct yg_bytes){data + 1, size - 1});
	second = read_as(data[0], (struct yg_bytes){data + 1, size - 1});
	if (first.count != second.count || first.sum != second.sum)
		abort();
	return 0;
}
