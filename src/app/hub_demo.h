/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_demo.h - `yagura hub --demo`: a hub on which visitors may look on as each of its people.
 *
 * A data folder is a demo's from its first start or never: DATA/demo is its mark, made only in a
 * folder that is new or empty. A demo hub serves 127.0.0.1 alone and takes no --config; a hub
 * that is none refuses the folder of a demo. So no hub of an organisation can be made one, and no
 * demo passes for more. DATA/demo/guide.json says which people may be signed in as without a
 * password and what the guide tells; who plays the story writes it. (A folder of its own: the
 * keeper's walls let it read no file that comes to the top later.) Tests: tests/e2e/demo_hub.py
 */
#pragma once

#include <jansson.h>

#include "base/err.h"

#define YG_HUB_DEMO_BYTES_MAX (256u << 10) /* of the guide */

/*
 * The parent, when it has the folder's lock and nothing else is made there: may it be started so?
 * YG_OK, or an error that was said.
 */
YG_MUST_USE int yg_hub_demo_mark(const char *data, bool is_demo);

/* The guide as it stands: an object, owned. YG_OK, or an error of reading it. */
YG_MUST_USE int yg_hub_demo_read(const char *data, json_t **ret);
