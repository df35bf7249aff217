/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/start_link.h - links to the pages for whoever has the data folder: each opens one session
 * of the administrator at this machine, once, within YG_START_LINK_S.
 *
 * Kept under "hub.access" as digests (kind start_link); a new one ends those before it. The hub
 * writes down where its pages are (kind start_address), so that `yagura admin sign-in-link` can
 * print the whole link. Making and using one are entries of the audit log.
 * One thread at a time. Tests: tests/unit/access/test_start_link.c, tests/e2e/hub_pages.py
 */
#pragma once

#include "access/hub.h"

#define YG_START_LINK_HEX 64u
#define YG_START_LINK_S	  3600
#define YG_START_URL_MAX  300u

/* Where the pages are: "http://127.0.0.1:8470". YG_OK, YG_EINVAL (too long), or of the store. */
YG_MUST_USE int yg_start_link_at(struct yg_hub_access *hub, const char *url);

/* @actor: the command line. @url "": no hub has run here yet. YG_EACCES: another actor. */
YG_MUST_USE int yg_start_link_make(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
				   char key[YG_START_LINK_HEX + 1], char url[YG_START_URL_MAX + 1]);

/* YG_OK, once; YG_EACCES: none of ours, used, too old, or ended by a later one. */
YG_MUST_USE int yg_start_link_use(struct yg_hub_access *hub, struct yg_bytes key);
