/* SPDX-License-Identifier: Apache-2.0 */
#include "app/hub_check.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/hub-int.h"
#include "app/say.h"
#include "base/io.h"
#include "web/pem.h"

#include "base/ban.h"

#define PEM_MAX (1u << 20)

struct check {
	const struct yg_hub_config *config;
	unsigned faults;
};

/* What @value, of this setting, lacks. */
static void say(struct check *c, const char *group, const char *name, const char *value,
		const char *what)
{
	c->faults++;
	if (yg_hub_config_line(c->config, group, name) == 0) /* an option, or our own default */
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(value), 300), yg_say_tr(what));
	else
		yg_say("%s:%u: %s: %s: %s", yg_say_safe(yg_bytes_str(c->config->path), 300),
		       yg_hub_config_line(c->config, group, name), name,
		       yg_say_safe(yg_bytes_str(value), 300), yg_say_tr(what));
}

static void check_readable(struct check *c, const char *group, const char *name, const char *path)
{
	if (path && access(path, R_OK) != 0)
		say(c, group, name, path, yg_err_text(yg_err_from_errno(errno)));
}

/* ---- certificates ---- */

static bool read_pem(struct check *c, const char *name, const char *path, struct yg_bytes *ret)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = path ? yg_io_read_file(path, PEM_MAX, &bytes, &size) : YG_OK;

	if (rc != YG_OK)
		say(c, "http", name, path, yg_err_text(rc));
	*ret = (struct yg_bytes){bytes, size};
	return rc == YG_OK;
}

static void drop_pem(struct yg_bytes *pem)
{
	uint8_t *bytes = (uint8_t *)(uintptr_t)pem->data; /* read_pem() made it */

	if (bytes)
		yg_wipe(bytes, pem->size);
	free(bytes);
}

static void check_tls(struct check *c)
{
	const struct yg_hub_config *config = c->config;
	struct yg_bytes certificate = {0}, key = {0}, authorities = {0};
	bool is_read = read_pem(c, "certificate", config->http_certificate, &certificate);
	enum yg_web_pem pem = YG_WEB_PEM_GOOD;

	is_read &= read_pem(c, "key", config->http_key, &key);
	is_read &= read_pem(c, "client_authorities", config->http_client_authorities, &authorities);
	if (is_read && config->http_key)
		pem = yg_web_pem_check(certificate, key, authorities);
	if (pem == YG_WEB_PEM_CERTIFICATE)
		say(c, "http", "certificate", config->http_certificate, yg_web_pem_text(pem));
	else if (pem == YG_WEB_PEM_AUTHORITIES)
		say(c, "http", "client_authorities", config->http_client_authorities,
		    yg_web_pem_text(pem));
	else if (pem != YG_WEB_PEM_GOOD)
		say(c, "http", "key", config->http_key, yg_web_pem_text(pem));
	drop_pem(&certificate);
	drop_pem(&key);
	drop_pem(&authorities);
}

/* ---- places ---- */

/* Any port of this address: that of a hub that runs may be taken, and is right. */
static void check_place(struct check *c, const char *group, const struct yg_net_place *place)
{
	struct yg_net_place any = *place;
	struct yg_net_place bound;
	int fd;
	int rc;

	any.port = 0;
	rc = yg_net_listen(&any, YG_NET_TCP, &fd, &bound);
	if (rc == YG_OK)
		(void)close(fd); /* nothing was sent */
	else
		say(c, group, "listen", place->host,
		    rc == YG_ENOENT ? N_("this machine has no such address") : yg_err_text(rc));
}

/* The folder is made when it is not there; the one above it must be. */
static void check_data(struct check *c, const char *data)
{
	char above[YG_HUB_PATH_MAX];
	size_t size = strlen(data);
	struct stat st;

	if (stat(data, &st) == 0 && !S_ISDIR(st.st_mode)) {
		say(c, "", "data", data, N_("this is no folder"));
	} else if (access(data, R_OK | W_OK | X_OK) == 0) {
		return;
	} else if (errno != ENOENT) {
		say(c, "", "data", data, yg_err_text(yg_err_from_errno(errno)));
	} else if (size < sizeof(above)) {
		while (size > 1 && data[size - 1] == '/')
			size--;
		while (size > 0 && data[size - 1] != '/')
			size--;
		(void)snprintf(above, sizeof(above), "%.*s", (int)size, data); /* measured */
		if (access(size ? above : ".", W_OK | X_OK) != 0)
			say(c, "", "data", data,
			    errno == ENOENT || errno == ENOTDIR
				    ? N_("the folder above it is not there")
				    : yg_err_text(yg_err_from_errno(errno)));
	}
}

int yg_hub_check_config(const struct yg_hub_config *config, const char *data,
			const struct yg_net_place *http, const struct yg_net_place *sensors)
{
	struct check c = {.config = config};

	check_data(&c, data);
	check_place(&c, "http", http);
	check_tls(&c);
	check_place(&c, "sensors", sensors);
	check_readable(&c, "out", "mail_password_file", config->out.mail_password_file);
	check_readable(&c, "out", "authorities", config->out.authorities);
	check_readable(&c, "out", "feeds", config->out.feeds);
	return c.faults == 0 ? YG_OK : YG_EINVAL;
}
