/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#define _GNU_SOURCE
#include "sensor/offer.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/disk.h"
#include "base/json.h"

#include "base/ban.h"

/* a-z A-Z 0-9 . _ -, not beginning with a dot: one file in our folder. */
static bool is_name(struct yg_bytes name)
{
	if (name.size == 0 || name.size > YG_OFFER_NAME_MAX || name.data[0] == '.')
		return false;
	for (size_t i = 0; i < name.size; i++) {
		uint8_t c = name.data[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '.' && c != '_' && c != '-')
			return false;
	}
	return true;
}

/* What is there already, but for the file @name. */
static int measure(const char *folder, const char *name, uint32_t *ret_files, uint64_t *ret_bytes)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	*ret_files = 0;
	*ret_bytes = 0;
	if (!dir)
		return yg_err_from_errno(errno);
	while ((entry = readdir(dir))) {
		struct stat st;

		if (entry->d_name[0] == '.' || strcmp(entry->d_name, name) == 0 ||
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		(*ret_files)++;
		*ret_bytes += (uint64_t)st.st_size;
	}
	(void)closedir(dir); /* read only */
	return YG_OK;
}

static int put(const char *folder, const char *path, const char *name, struct yg_bytes text,
	       const char **ret_why)
{
	uint32_t files;
	uint64_t bytes;
	int rc = yg_disk_mkdir(folder, 0700);

	if (rc == YG_OK)
		rc = measure(folder, name, &files, &bytes);
	if (rc == YG_OK &&
	    (files >= YG_OFFER_FILES_MAX || bytes + text.size > YG_OFFER_BYTES_MAX)) {
		*ret_why = "too much was offered: remove something first";
		return YG_ELIMIT;
	}
	if (rc == YG_OK)
		rc = yg_disk_replace(path, text, 0600);
	return rc == YG_OK ? yg_disk_sync_folder_of(folder) : rc;
}

static int take(const struct yg_home *home, bool is_rules, const json_t *body, const char **ret_why)
{
	struct yg_bytes name = yg_json_text(body, "name");
	struct yg_bytes text = yg_json_text(body, "text");
	bool is_removal = json_is_true(json_object_get(body, "remove"));
	char file[YG_OFFER_NAME_MAX + 1];
	char folder[YG_HOME_PATH_MAX];
	char path[YG_HOME_PATH_MAX];
	int size;
	int rc;

	if (!is_name(name) || (is_rules && !yg_bytes_ends(name, YG_S(".yml")))) {
		*ret_why = "name must be a plain file name (of rules: NAME.yml)";
		return YG_EINVAL;
	}
	memcpy(file, name.data, name.size);
	file[name.size] = '\0';
	if (!yg_home_path(home, "detect", folder))
		return YG_ELIMIT;
	rc = yg_disk_mkdir(folder, 0700);
	if (rc != YG_OK)
		return rc;
	if (!yg_home_path(home, is_rules ? "detect/rules" : "detect/indicators", folder))
		return YG_ELIMIT;
	size = snprintf(path, sizeof(path), "%s/%s", folder, file);
	if (size < 0 || (size_t)size >= sizeof(path))
		return YG_ELIMIT;
	if (is_removal) {
		rc = yg_disk_unlink(path);
		return rc == YG_ENOENT ? YG_OK : rc;
	}
	if (text.size == 0) {
		*ret_why = "text is missing";
		return YG_EINVAL;
	}
	return put(folder, path, file, text, ret_why);
}

int yg_offer_take(const struct yg_home *home, const struct yg_detect_settings *settings,
		  const json_t *body, const char **ret_why)
{
	struct yg_bytes what = yg_json_text(body, "what");
	bool is_rules = yg_bytes_eq(what, YG_S("rules"));

	*ret_why = "";
	if (!is_rules && !yg_bytes_eq(what, YG_S("indicators"))) {
		*ret_why = "what must be rules or indicators";
		return YG_EINVAL;
	}
	if (!settings->is_on || !(is_rules ? settings->takes_rules : settings->takes_indicators)) {
		*ret_why = settings->is_on ? "the local policy takes none from the hub"
					   : "there is no local detection";
		return YG_EACCES;
	}
	return take(home, is_rules, body, ret_why);
}
