/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/share_store.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/admin-int.h"
#include "app/say.h"
#include "app/share-int.h"
#include "app/user_data.h"
#include "base/crypt.h"
#include "base/io.h"

#include "base/ban.h"

int yg_share_say_error(const char *what, int rc)
{
	yg_say("%s: %s", yg_say_safe(yg_bytes_str(what), 300), yg_say_tr(yg_err_text(rc)));
	return rc;
}

bool yg_share_place_tlp(struct yg_share_place *place, const char *word)
{
	place->has_default = yg_tlp_by_name(yg_bytes_str(word), &place->default_tlp);
	return place->has_default ||
	       yg_share_refuse(N_("--default-tlp %s: give clear, green, amber, amber+strict or "
				  "red"),
			       yg_say_safe(yg_bytes_str(word), 80));
}

bool yg_share_place_path(const struct yg_share_place *place, char to[YG_SHARE_PATH])
{
	int size;

	if (!place->store && !place->data)
		return yg_user_data_path("stix.db", to, YG_SHARE_PATH);
	size = place->store ? snprintf(to, YG_SHARE_PATH, "%s", place->store)
			    : snprintf(to, YG_SHARE_PATH, "%s/stix.db", place->data);
	return size > 0 && (unsigned)size < YG_SHARE_PATH;
}

static bool is_alias(struct yg_bytes name)
{
	for (size_t i = 0; i < name.size; i++) {
		uint8_t c = name.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (c && strchr("._-", c))))
			return false;
	}
	return name.size > 0 && name.size <= YG_COLLECTION_NAME_MAX && name.data[0] != '-';
}

int yg_share_place_make(struct yg_share_place *place)
{
	struct yg_bytes name = yg_bytes_str(place->collection);
	struct yg_collection c = {.default_tlp = place->default_tlp,
				  .is_readable = true,
				  .is_writable = true,
				  .specs = (1u << YG_STIX_2_0) | (1u << YG_STIX_2_1)};
	const char *title = place->title ? place->title : place->collection;

	if (yg_stix_is_uuid(name)) {
		memcpy(c.id, name.data, name.size);
	} else if (is_alias(name)) {
		memcpy(c.alias, name.data, name.size);
	} else {
		yg_say(N_("--collection %s: a UUID, or a name of letters, digits, -, _ and ."),
		       yg_say_safe(name, 80));
		return YG_EINVAL;
	}
	(void)snprintf(c.root, sizeof(c.root), "hub");
	(void)snprintf(c.owner, sizeof(c.owner), "hub");
	(void)snprintf(c.title, sizeof(c.title), "%s", title); /* cut: for people */
	place->c = c;
	return yg_collections_add(place->s, &place->c);
}

int yg_share_place_open(struct yg_share_place *place, bool may_make)
{
	char path[YG_SHARE_PATH];
	int rc;

	if (!yg_share_place_path(place, path)) {
		yg_say(N_("say with --store FILE where the collections are"));
		return YG_EINVAL;
	}
	rc = yg_collections_open(path, may_make, &place->s);
	if (rc != YG_OK)
		return yg_share_say_error(path, rc);
	rc = yg_collections_get(place->s, yg_bytes_str(place->collection), &place->c);
	if (rc == YG_OK && place->has_default && place->default_tlp != place->c.default_tlp) {
		yg_say(N_("--default-tlp %s: what holds for objects without a marking was set when "
			  "the collection was made: %s"),
		       yg_tlp_name(place->default_tlp),
		       place->c.default_tlp ? yg_tlp_name(place->c.default_tlp) : "-");
		return YG_EMISMATCH;
	}
	if (rc == YG_ENOENT && !may_make)
		yg_say(N_("%s: there is no such collection"),
		       yg_say_safe(yg_bytes_str(place->collection), 80));
	return rc;
}

int yg_share_place_note(const struct yg_share_place *place, const char *action, uint64_t count)
{
	char detail[64];

	if (!place->data || count == 0)
		return YG_OK;
	(void)snprintf(detail, sizeof(detail), "%llu versions",
		       (unsigned long long)count); /* fits */
	return yg_admin_note(place->data, place->c.owner, action, place->c.id, detail);
}

int yg_share_secret(const char *path, char *to, size_t room)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_io_read_file(path, room - 1, &bytes, &size);

	if (rc != YG_OK)
		return yg_share_say_error(path, rc);
	while (size > 0 && (bytes[size - 1] == '\n' || bytes[size - 1] == '\r'))
		size--;
	if (size == 0 || memchr(bytes, '\n', size) || memchr(bytes, 0, size)) {
		yg_say(N_("%s: one line is expected"), yg_say_safe(yg_bytes_str(path), 300));
		rc = YG_EFORMAT;
	} else {
		memcpy(to, bytes, size);
		to[size] = 0;
	}
	yg_wipe(bytes, size);
	free(bytes);
	return rc;
}
