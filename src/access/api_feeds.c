/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds of other TAXII servers, and how they get on. What is secret has no operation. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/feeds.h"

#include "base/ban.h"

static int add_item(void *arg, json_t *one)
{
	return json_array_append(arg, one) == 0 ? YG_OK : YG_ENOMEM;
}

int yg_hub_do_list_feeds(struct yg_hub_call *call)
{
	json_t *items = json_array();
	int rc = items ? yg_feed_list(call->access, call->api->opts.collections, add_item, items)
		       : YG_ENOMEM;

	if (rc == YG_OK)
		return yg_call_page(call, items, (struct yg_bytes){0});
	json_decref(items);
	return rc;
}
