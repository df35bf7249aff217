/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DATA/ca:  ca.key ca.pem          the authority, made once
 *           server.key server.pem  of the listener for sensors, made anew when it must be
 *           downlink.seed          signs messages to sensors, made once
 *
 * The signer makes and opens them, before it is shut in; the front opens the pair of the listener.
 *
 * A certificate is written after its key: where it is missing nothing was issued yet.
 */
#include <sys/stat.h>

#include "app/hub-int.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/io.h"

#include "base/ban.h"

#define RENEW_BEFORE_NS (INT64_C(30) * 86400 * YG_NS_PER_S)

static bool join(const char *folder, const char *name, char to[YG_HUB_PATH_MAX])
{
	int size = snprintf(to, YG_HUB_PATH_MAX, "%s/%s", folder, name);

	return size > 0 && (unsigned)size < YG_HUB_PATH_MAX;
}

static int say_file(const char *folder, const char *name, int rc)
{
	yg_say("%s/%s: %s", yg_say_safe(yg_bytes_str(folder), 300), name,
	       yg_say_tr(yg_err_text(rc)));
	return rc;
}

/* A whole file as a string; YG_ENOENT is not said. */
static int read_text(const char *folder, const char *name, char **ret)
{
	char path[YG_HUB_PATH_MAX];
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = join(folder, name, path) ? yg_io_read_file(path, YG_CERT_PEM_MAX, &bytes, &size)
					  : YG_ELIMIT;

	if (rc == YG_OK) {
		*ret = yg_strndup((const char *)bytes, size);
		rc = *ret ? YG_OK : YG_ENOMEM;
		yg_wipe(bytes, size);
	}
	free(bytes);
	return rc == YG_OK || rc == YG_ENOENT ? rc : say_file(folder, name, rc);
}

/* Write @text, and keep it as a string. */
static int write_text(const char *folder, const char *name, struct yg_buf *text, unsigned mode,
		      char **ret)
{
	char path[YG_HUB_PATH_MAX];
	int rc = yg_buf_error(text);

	if (rc == YG_OK)
		rc = join(folder, name, path) ? yg_io_replace(path, yg_buf_bytes(text), mode)
					      : YG_ELIMIT;
	if (rc == YG_OK) {
		free(*ret);
		*ret = yg_strndup((const char *)text->data, text->size);
		rc = *ret ? YG_OK : YG_ENOMEM;
	}
	return rc == YG_OK ? rc : say_file(folder, name, rc);
}

/* The key called @name, made when it is not there (or @is_new). */
static int need_key(const char *folder, const char *name, bool is_new, char **ret)
{
	struct yg_buf pem;
	int rc = is_new ? YG_ENOENT : read_text(folder, name, ret);

	if (rc != YG_ENOENT)
		return rc;
	yg_buf_init(&pem, YG_CERT_PEM_MAX);
	rc = yg_cert_key_new(&pem);
	if (rc == YG_OK)
		rc = write_text(folder, name, &pem, 0600, ret);
	else
		(void)say_file(folder, name, rc);
	if (pem.data)
		yg_wipe(pem.data, pem.size);
	yg_buf_done(&pem);
	return rc;
}

static int need_authority(struct yg_hub_keys *ca, const char *folder, int64_t now_ns)
{
	char *key = NULL;
	struct yg_buf pem;
	int found = read_text(folder, "ca.pem", &ca->pem);
	int rc = found == YG_OK || found == YG_ENOENT
			 ? need_key(folder, "ca.key", found == YG_ENOENT, &key)
			 : found;

	yg_buf_init(&pem, YG_CERT_PEM_MAX);
	if (rc == YG_OK && found == YG_ENOENT) {
		rc = yg_cert_ca_new(yg_bytes_str(key), "Yagura hub authority", now_ns, &pem);
		if (rc == YG_OK)
			rc = write_text(folder, "ca.pem", &pem, 0644, &ca->pem);
	}
	if (rc == YG_OK) {
		rc = yg_cert_ca_load(yg_bytes_str(ca->pem), yg_bytes_str(key), &ca->ca);
		if (rc != YG_OK)
			(void)say_file(folder, "ca.pem", rc);
	}
	yg_buf_done(&pem);
	if (key)
		yg_wipe(key, strlen(key));
	free(key);
	return rc;
}

static int need_server(const struct yg_hub_keys *ca, const char *folder, const char *const *names,
		       size_t count, int64_t now_ns)
{
	char *key = NULL;
	char *old = NULL;
	struct yg_buf pem;
	int rc = need_key(folder, "server.key", false, &key);

	yg_buf_init(&pem, YG_CERT_PEM_MAX);

	if (rc == YG_OK)
		rc = read_text(folder, "server.pem", &old);
	if (rc == YG_ENOENT ||
	    (rc == YG_OK && !yg_cert_server_fits(ca->ca, yg_bytes_str(old), names, count, now_ns,
						 now_ns + RENEW_BEFORE_NS))) {
		rc = yg_cert_issue_server(ca->ca, yg_bytes_str(key), names, count, now_ns, &pem);
		if (rc == YG_OK)
			rc = write_text(folder, "server.pem", &pem, 0644, &old);
		else
			(void)say_file(folder, "server.pem", rc);
	}
	yg_buf_done(&pem);
	if (key)
		yg_wipe(key, strlen(key));
	free(key);
	free(old);
	return rc;
}

static int need_seed(struct yg_hub_keys *ca, const char *folder)
{
	char hex[2 * YG_SIGN_SEED_BYTES + 1];
	char *text = NULL;
	struct yg_buf out;
	int rc = read_text(folder, "downlink.seed", &text);

	if (rc == YG_ENOENT) {
		yg_random(ca->seed, sizeof(ca->seed));
		yg_hex((struct yg_bytes){ca->seed, sizeof(ca->seed)}, hex);
		yg_buf_init(&out, sizeof(hex));
		yg_buf_add_str(&out, hex);
		rc = write_text(folder, "downlink.seed", &out, 0600, &text);
		yg_buf_done(&out);
		yg_wipe(hex, sizeof(hex));
	}
	if (rc == YG_OK &&
	    !yg_hex_read(yg_bytes_trim(yg_bytes_str(text)), ca->seed, sizeof(ca->seed)))
		rc = say_file(folder, "downlink.seed", YG_EFORMAT);
	if (text)
		yg_wipe(text, strlen(text));
	free(text);
	return rc;
}

int yg_hub_keys_open(struct yg_hub_keys *keys, const char *folder, const char *const *names,
		     size_t count, int64_t now_ns)
{
	int rc;

	*keys = (struct yg_hub_keys){0};
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return say_file(folder, "", yg_err_from_errno(errno));
	rc = need_authority(keys, folder, now_ns);
	if (rc == YG_OK)
		rc = need_server(keys, folder, names, count, now_ns);
	if (rc == YG_OK)
		rc = need_seed(keys, folder);
	return rc;
}

void yg_hub_keys_done(struct yg_hub_keys *keys)
{
	keys->ca = yg_cert_ca_free(keys->ca);
	free(keys->pem);
	keys->pem = NULL;
	yg_wipe(keys->seed, sizeof(keys->seed));
	yg_wipe(keys->audit_seed, sizeof(keys->audit_seed));
}

static int need_text(const char *folder, const char *name, char **ret)
{
	int rc = read_text(folder, name, ret);

	return rc == YG_ENOENT ? say_file(folder, name, rc) : rc;
}

int yg_hub_server_open(struct yg_hub_server *server, const char *folder)
{
	int rc;

	*server = (struct yg_hub_server){0};
	rc = need_text(folder, "server.key", &server->key);
	if (rc == YG_OK)
		rc = need_text(folder, "server.pem", &server->certificate);
	if (rc == YG_OK)
		rc = need_text(folder, "ca.pem", &server->authority);
	return rc;
}

void yg_hub_server_done(struct yg_hub_server *server)
{
	if (server->key)
		yg_wipe(server->key, strlen(server->key));
	free(server->key);
	free(server->certificate);
	free(server->authority);
	*server = (struct yg_hub_server){0};
}
