/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "sensor/home.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define FILE_MAX 65536u

bool yg_home_path(const struct yg_home *home, const char *name, char to[YG_HOME_PATH_MAX])
{
	int size = snprintf(to, YG_HOME_PATH_MAX, "%s/%s", home->folder, name);

	return size > 0 && (unsigned)size < YG_HOME_PATH_MAX;
}

static int write_file(const struct yg_home *home, const char *name, struct yg_bytes content,
		      unsigned mode)
{
	char path[YG_HOME_PATH_MAX];

	return yg_home_path(home, name, path) ? yg_io_replace(path, content, mode) : YG_ELIMIT;
}

int yg_home_make(struct yg_home *home, const char *folder)
{
	*home = (struct yg_home){0};
	if (strlen(folder) >= sizeof(home->folder))
		return YG_ELIMIT;
	(void)snprintf(home->folder, sizeof(home->folder), "%s", folder); /* measured */
	return mkdir(folder, 0700) == 0 || errno == EEXIST ? YG_OK : yg_err_from_errno(errno);
}

static void copy(const json_t *object, const char *key, char *to, size_t room)
{
	struct yg_bytes text = yg_bytes_cut(yg_json_text(object, key), 0, room - 1);

	if (text.size > 0)
		memcpy(to, text.data, text.size);
	to[text.size] = '\0';
}

int yg_home_load(struct yg_home *home, const char *folder)
{
	char path[YG_HOME_PATH_MAX];
	struct yg_fault fault;
	uint8_t *bytes = NULL;
	size_t size = 0;
	json_t *object = NULL;
	int rc;

	*home = (struct yg_home){0};
	if (strlen(folder) >= sizeof(home->folder))
		return YG_ELIMIT;
	(void)snprintf(home->folder, sizeof(home->folder), "%s", folder); /* measured */
	if (!yg_home_path(home, "sensor.json", path))
		return YG_ELIMIT;
	rc = yg_io_read_file(path, FILE_MAX, &bytes, &size);
	if (rc == YG_OK)
		rc = yg_json_load((struct yg_bytes){bytes, size}, FILE_MAX, &object, &fault);
	free(bytes);
	if (rc != YG_OK)
		return rc;
	copy(object, "hub", home->hub, sizeof(home->hub));
	copy(object, "sensor", home->sensor, sizeof(home->sensor));
	copy(object, "organisation", home->organisation, sizeof(home->organisation));
	if (!yg_base64_read(yg_json_text(object, "downlink_key"), home->key, sizeof(home->key),
			    &size) ||
	    size != sizeof(home->key) || !yg_wire_is_id(yg_bytes_str(home->sensor)) ||
	    !yg_bytes_starts(yg_bytes_str(home->hub), YG_S("https://")))
		rc = YG_EFORMAT;
	json_decref(object);
	return rc;
}

int yg_home_write_identity(const struct yg_home *home, struct yg_bytes key,
			   struct yg_bytes certificate)
{
	struct yg_buf both;
	int rc;

	yg_buf_init(&both, FILE_MAX);
	yg_buf_add(&both, key);
	yg_buf_add(&both, certificate);
	rc = yg_buf_error(&both);
	if (rc == YG_OK)
		rc = write_file(home, "identity.pem", yg_buf_bytes(&both), 0600);
	if (both.data)
		yg_wipe(both.data, both.size);
	yg_buf_done(&both);
	return rc;
}

int yg_home_write(const struct yg_home *home, struct yg_bytes ca)
{
	struct yg_buf text;
	int rc = write_file(home, "ca.pem", ca, 0644);

	yg_buf_init(&text, FILE_MAX);
	yg_buf_add_str(&text, "{\"hub\":");
	yg_buf_add_json(&text, yg_bytes_str(home->hub));
	yg_buf_addf(&text, ",\"sensor\":\"%s\",\"organisation\":\"%s\",\"downlink_key\":\"",
		    home->sensor, home->organisation);
	yg_base64_add(&text, (struct yg_bytes){home->key, sizeof(home->key)});
	yg_buf_add_str(&text, "\"}\n");
	if (rc == YG_OK)
		rc = yg_buf_error(&text);
	if (rc == YG_OK)
		rc = write_file(home, "sensor.json", yg_buf_bytes(&text), 0600);
	yg_buf_done(&text);
	return rc;
}

uint64_t yg_home_downlink(const struct yg_home *home)
{
	char path[YG_HOME_PATH_MAX];
	uint8_t *bytes = NULL;
	uint64_t number = 0;
	size_t size = 0;

	if (yg_home_path(home, "downlink", path) &&
	    yg_io_read_file(path, 64, &bytes, &size) == YG_OK &&
	    !yg_bytes_u64(yg_bytes_trim((struct yg_bytes){bytes, size}), &number))
		number = 0;
	free(bytes);
	return number;
}

int yg_home_write_downlink(const struct yg_home *home, uint64_t number)
{
	char text[32];
	int size = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)number);

	return write_file(home, "downlink", (struct yg_bytes){(const uint8_t *)text, (size_t)size},
			  0600);
}

void yg_home_set_aside(const struct yg_home *home, uint64_t number, struct yg_bytes bytes)
{
	char path[YG_HOME_PATH_MAX];
	char name[48];

	if (!yg_home_path(home, "refused", path))
		return;
	(void)mkdir(path, 0700); /* there already is as good */
	/* The newest ones, in a ring of names. */
	(void)snprintf(name, sizeof(name), "refused/%llu.batch",
		       (unsigned long long)(number % YG_HOME_REFUSED_MAX)); /* short */
	(void)!write_file(home, name, bytes,
			  0600); /* for a person to look at: a help, no promise */
}
