/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/start_link.h"

#include "access/hub-int.h"
#include "base/hash.h"

#include "base/ban.h"

#define KIND	 "start_link"
#define PLACE	 "start_address"
#define KEY_SIZE 32u

int yg_start_link_at(struct yg_hub_access *hub, const char *url)
{
	char before[YG_START_URL_MAX + 1] = "";
	json_t *body = NULL;
	int rc;

	if (strlen(url) > YG_START_URL_MAX)
		return YG_EINVAL;
	rc = yg_hub_get(hub, PLACE, "pages", &body, NULL);
	if (rc == YG_OK)
		yg_hub_text(body, "url", before, sizeof(before));
	json_decref(body);
	if ((rc != YG_OK && rc != YG_ENOENT) || strcmp(before, url) == 0)
		return rc == YG_ENOENT ? YG_OK : rc;
	return yg_hub_put(hub, "hub", PLACE, "pages", json_pack("{s:s}", "url", url),
			  YG_REVISION_ANY);
}

struct earlier {
	struct yg_hub_access *hub;
	char key[YG_SHA256_HEX + 1];
};

static int note_earlier(void *arg, struct yg_bytes key, const json_t *body)
{
	struct earlier *earlier = arg;

	(void)body;
	if (key.size == YG_SHA256_HEX)
		memcpy(earlier->key, key.data, key.size);
	return YG_OK;
}

/* One at a time is more than there ever are. */
static int drop_earlier(struct yg_hub_access *hub, const char *actor)
{
	for (;;) {
		struct earlier earlier = {.hub = hub};
		int rc = yg_hub_each(hub, YG_HUB_REGISTER, KIND, "", "", 1, note_earlier, &earlier);

		if (rc == YG_OK && earlier.key[0])
			rc = yg_hub_remove(hub, actor, KIND, earlier.key);
		if (rc != YG_OK || !earlier.key[0])
			return rc;
	}
}

int yg_start_link_make(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
		       char key[YG_START_LINK_HEX + 1], char url[YG_START_URL_MAX + 1])
{
	char name[YG_DOC_ACTOR_MAX + 1];
	char digest[YG_SHA256_HEX + 1];
	uint8_t bytes[KEY_SIZE];
	json_t *body = NULL;
	int rc;

	url[0] = '\0';
	if (!actor->is_local || actor->person[0] || actor->token[0])
		return YG_EACCES;
	rc = yg_hub_get(hub, PLACE, "pages", &body, NULL);
	if (rc == YG_OK)
		yg_hub_text(body, "url", url, YG_START_URL_MAX + 1);
	json_decref(body);
	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	yg_hub_actor_name(actor, name);
	yg_random(bytes, sizeof(bytes));
	yg_hex((struct yg_bytes){bytes, sizeof(bytes)}, key);
	yg_wipe(bytes, sizeof(bytes));
	yg_sha256_hex(yg_bytes_str(key), digest);
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = drop_earlier(hub, name);
	if (rc == YG_OK)
		rc = yg_hub_put(hub, name, KIND, digest,
				json_pack("{s:o}", "until",
					  yg_hub_seconds(yg_hub_now_ns(hub) +
							 YG_START_LINK_S * YG_NS_PER_S)),
				YG_REVISION_NONE);
	rc = yg_hub_finish(hub, rc, &(struct yg_hub_deed){name, "", "start_link.make", "", ""});
	if (rc != YG_OK)
		yg_wipe(key, YG_START_LINK_HEX + 1);
	return rc;
}

int yg_start_link_use(struct yg_hub_access *hub, struct yg_bytes key)
{
	char digest[YG_SHA256_HEX + 1];
	json_t *body = NULL;
	int64_t until_ns;
	int rc;

	if (key.size != YG_START_LINK_HEX)
		return YG_EACCES;
	yg_sha256_hex(key, digest);
	rc = yg_hub_get(hub, KIND, digest, &body, NULL);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_EACCES : rc;
	until_ns = yg_hub_time(body, "until");
	json_decref(body);
	if (until_ns == YG_TIME_NONE || yg_hub_now_ns(hub) >= until_ns)
		return YG_EACCES;
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = yg_hub_remove(hub, "local:start link", KIND, digest);
	return yg_hub_finish(
		hub, rc, &(struct yg_hub_deed){"local:start link", "", "start_link.use", "", ""});
}
