/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <sys/eventfd.h>
#include <unistd.h>

#include "access/api-int.h"
#include "access/hub-int.h"

#include "base/alloc.h"

#include "base/ban.h"

#define X(method, path, id, scope, right_name, function)                                           \
	static int handle_##function(void *context, struct yg_access *access,                      \
				     const struct yg_request *request, struct yg_reply *reply)     \
	{                                                                                          \
		struct yg_hub_call call = {.api = context,                                         \
					   .access = access,                                       \
					   .request = request,                                     \
					   .reply = reply,                                         \
					   .right = YG_MAY_##right_name};                          \
                                                                                                   \
		int rc = yg_hub_do_##function(&call);                                              \
                                                                                                   \
		(void)yg_access_free(call.reader);                                                 \
		return rc == YG_EEND	 ? YG_OK                                                   \
		       : rc == YG_EACCES ? yg_hub_api_refuse(reply, request->lang, rc)             \
					 : rc;                                                     \
	}
#include "access/api.def"
#undef X

static const struct yg_route routes[] = {
#define X(method, path, id, scope, right_name, function)                                           \
	{YG_METHOD_##method, "/api/v1" path,   #id,                                                \
	 handle_##function,  YG_ROUTE_##scope, YG_MAY_##right_name},
#include "access/api.def"
#undef X
};

/* Made once, and kept with what else the hub knows of access: cursors outlive a restart. */
static int load_veil_key(struct yg_hub_api *api)
{
	char hex[2 * YG_MAC_KEY_BYTES + 1];
	json_t *body = NULL;
	int rc = yg_hub_get(api->opts.hub, "veil", "key", &body, NULL);

	if (rc == YG_OK &&
	    !yg_hex_read(yg_json_text(body, "key"), api->veil_key, sizeof(api->veil_key)))
		rc = YG_EFORMAT;
	json_decref(body);
	if (rc != YG_ENOENT)
		return rc;
	yg_random(api->veil_key, sizeof(api->veil_key));
	yg_hex((struct yg_bytes){api->veil_key, sizeof(api->veil_key)}, hex);
	rc = yg_hub_put(api->opts.hub, "hub", "veil", "key", json_pack("{s:s}", "key", hex),
			YG_REVISION_NONE);
	yg_wipe(hex, sizeof(hex));
	return rc;
}

static int start_jobs(struct yg_hub_api *api)
{
	int rc = yg_hub_jobs_new(api->fd, &api->passwords);

	return rc == YG_OK ? yg_hub_jobs_new(api->fd, &api->searches) : rc;
}

int yg_hub_api_new(const struct yg_hub_api_opts *opts, struct yg_hub_api **ret)
{
	struct yg_hub_api *api = yg_calloc(1, sizeof(*api));
	int rc;

	if (!api)
		return YG_ENOMEM;
	api->opts = *opts;
	api->fd = opts->is_reader ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = api->fd < 0 && !opts->is_reader ? yg_err_from_errno(errno) : YG_OK;
	if (rc == YG_OK)
		rc = load_veil_key(api);
	if (rc == YG_OK && !opts->is_reader)
		rc = start_jobs(api);
	if (rc != YG_OK) {
		(void)yg_hub_api_free(api);
		return rc;
	}
	*ret = api;
	return YG_OK;
}

struct yg_hub_api *yg_hub_api_free(struct yg_hub_api *api)
{
	if (!api)
		return NULL;
	yg_hub_streams_free(api);
	api->passwords = yg_hub_jobs_free(api->passwords);
	api->searches = yg_hub_jobs_free(api->searches);
	if (api->fd >= 0)
		(void)close(api->fd); /* a counter */
	yg_wipe(api->veil_key, sizeof(api->veil_key));
	free(api);
	return NULL;
}

bool yg_hub_api_reads(const struct yg_route *route)
{
	/* What stays open is fed by the loop. */
	return route->method == YG_METHOD_GET && route->handle != handle_open_stream;
}

struct yg_route_table yg_hub_api_routes(struct yg_hub_api *api)
{
	return (struct yg_route_table){routes, sizeof(routes) / sizeof(routes[0]), api};
}

int yg_hub_api_refuse(struct yg_reply *reply, enum yg_lang lang, int rc)
{
	if (rc == YG_ENOENT)
		return yg_reply_problem(
			reply, 404, "unknown-organisation",
			yg_tr(lang, N_("There is no such organisation")),
			yg_tr(lang, N_("Choose one of those that GET /api/v1/orgs gives.")));
	if (rc == YG_EAGAIN)
		return yg_reply_problem(
			reply, 403, "second-factor-needed",
			yg_tr(lang, N_("Reading this needs a second factor")),
			yg_tr(lang, N_("Set up a second factor for your account, and sign in with "
				       "it.")));
	return yg_reply_problem(
		reply, 403, "not-allowed", yg_tr(lang, N_("You may not do this")),
		yg_tr(lang, N_("Ask the administrator of this hub for the role that may.")));
}
