/* SPDX-License-Identifier: Apache-2.0 */
/* app/share_store.h - the collection that a command of `yagura share` works on. */
#pragma once

#include "store/stix.h"

struct yg_share_place {
	const char *collection; /* id or name, as it was given */
	const char *store;	/* --store FILE */
	const char *data;	/* --data D: the hub's */
	const char *title;	/* of one that is made */
	enum yg_tlp default_tlp;
	bool has_default;
	struct yg_collections *s; /* freed by the caller */
	struct yg_collection c;	  /* number 0: it is not there yet */
};

#define YG_SHARE_PATH 4096u
/* --store, the hub's, or the user's own. False: it is too long, or there is no home. */
bool yg_share_place_path(const struct yg_share_place *place, char to[YG_SHARE_PATH]);
/* Fill s and c. YG_OK; YG_ENOENT: there is no such collection (said unless @may_make); an error
 * that was said. */
YG_MUST_USE int yg_share_place_open(struct yg_share_place *place, bool may_make);
/* Make it: the hub's own, for nobody else until its owner says otherwise. As above. */
YG_MUST_USE int yg_share_place_make(struct yg_share_place *place);
/* Of a hub: an entry of its audit log that @count versions came by this command; of others, and for
 * none, nothing. YG_OK, or an error that was said. */
YG_MUST_USE int yg_share_place_note(const struct yg_share_place *place, const char *action,
				    uint64_t count);
/* --default-tlp. False: said. */
bool yg_share_place_tlp(struct yg_share_place *place, const char *word);

/* "WHAT: …" of an error; @rc. */
int yg_share_say_error(const char *what, int rc);
/* A file of a secret, one line of at most @room - 1 bytes. YG_OK, or an error that was said. */
YG_MUST_USE int yg_share_secret(const char *path, char *to, size_t room);
