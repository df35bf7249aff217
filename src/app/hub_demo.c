/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/hub-int.h"
#include "app/hub_demo.h"
#include "app/say.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define MARK  "demo"
#define GUIDE MARK "/guide.json"

/* Nothing but the lock that was just taken. */
static int look_empty(const char *data, bool *ret)
{
	const struct dirent *entry;
	DIR *folder = opendir(data);

	if (!folder)
		return yg_err_from_errno(errno);
	*ret = true;
	while ((entry = readdir(folder)) != NULL)
		*ret &= strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
			strcmp(entry->d_name, "lock") == 0;
	(void)closedir(folder); /* read only */
	return YG_OK;
}

static int refuse(const char *data, bool is_demo)
{
	if (is_demo)
		yg_say_hint(N_("a demo takes a folder of its own, new or empty"),
			    N_("%s: this is no folder of a demo"),
			    yg_say_safe(yg_bytes_str(data), 300));
	else
		yg_say_hint(N_("give a hub for real things a folder of its own"),
			    N_("%s: this folder is a demo's"),
			    yg_say_safe(yg_bytes_str(data), 300));
	return YG_EACCES;
}

int yg_hub_demo_mark(const char *data, bool is_demo)
{
	char path[YG_HUB_PATH_MAX];
	bool is_empty = false;
	int rc;

	if (!yg_hub_join(data, MARK, path))
		return yg_hub_say_path(data, MARK, YG_ELIMIT);
	if (access(path, F_OK) == 0)
		return is_demo ? YG_OK : refuse(data, false);
	if (errno != ENOENT)
		return yg_hub_say_path(data, MARK, yg_err_from_errno(errno));
	if (!is_demo)
		return YG_OK;
	rc = look_empty(data, &is_empty);
	if (rc == YG_OK && !is_empty)
		return refuse(data, true);
	/* The keeper, who reads it, may be another user. */
	if (rc == YG_OK && mkdir(path, 0755) != 0)
		rc = yg_err_from_errno(errno);
	if (rc == YG_OK && !yg_hub_join(data, GUIDE, path))
		rc = YG_ELIMIT;
	if (rc == YG_OK)
		rc = yg_io_replace(path, YG_S("{}\n"), 0644);
	return rc == YG_OK ? rc : yg_hub_say_path(data, MARK, rc);
}

int yg_hub_demo_read(const char *data, json_t **ret)
{
	char path[YG_HUB_PATH_MAX];
	struct yg_fault fault;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_hub_join(data, GUIDE, path)
			 ? yg_io_read_file(path, YG_HUB_DEMO_BYTES_MAX, &bytes, &size)
			 : YG_ELIMIT;

	*ret = NULL;
	if (rc == YG_OK)
		rc = yg_json_load((struct yg_bytes){bytes, size}, size, ret, &fault);
	free(bytes);
	if (rc == YG_OK && !json_is_object(*ret)) {
		json_decref(*ret);
		*ret = NULL;
		rc = YG_EFORMAT;
	}
	return rc;
}
