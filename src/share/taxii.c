/* SPDX-License-Identifier: Apache-2.0 */
/* Routes, media types, discovery, roots, collections, status. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <stdlib.h>

#include "base/alloc.h"
#include "share/taxii-int.h"

#include "base/ban.h"

int yg_taxii_refuse(const struct yg_taxii_call *call, int status, const char *code,
		    const char *title, const char *detail)
{
	enum yg_lang lang = call->request->lang;

	(void)yg_reply_problem(call->reply, status, code, yg_tr(lang, title),
			       detail ? yg_tr(lang, detail) : NULL); /* shows in the buffer */
	return YG_OK;
}

int yg_taxii_not_found(const struct yg_taxii_call *call)
{
	return yg_taxii_refuse(call, 404, "not-found",
			       N_("There is no such resource, or it is not for you"), NULL);
}

/* ---- media types (RFC 9110 sec. 12.5.1; TAXII 2.1 sec. 1.6.8) ---- */

static struct yg_bytes next_part(struct yg_bytes *rest, uint8_t end)
{
	size_t at = yg_bytes_chr(*rest, end);
	struct yg_bytes part = yg_bytes_trim(yg_bytes_cut(*rest, 0, at));

	*rest = at == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(*rest, at + 1);
	return part;
}

/* "version=2.1", or no version at all. */
static bool has_our_version(struct yg_bytes parameters)
{
	while (parameters.size > 0) {
		struct yg_bytes value = next_part(&parameters, ';');
		struct yg_bytes name = next_part(&value, '=');

		if (value.size >= 2 && value.data[0] == '"')
			value = yg_bytes_cut(value, 1, value.size - 1);
		if (yg_bytes_eq_nocase(name, YG_S("version")))
			return yg_bytes_eq(yg_bytes_trim(value), YG_S("2.1"));
	}
	return true;
}

static bool is_accepted(struct yg_bytes accept)
{
	if (yg_bytes_trim(accept).size == 0)
		return true;
	while (accept.size > 0) {
		struct yg_bytes parameters = next_part(&accept, ',');
		struct yg_bytes range = next_part(&parameters, ';');

		if (yg_bytes_eq(range, YG_S("*/*")) || yg_bytes_eq(range, YG_S("application/*")))
			return true;
		if (yg_bytes_eq_nocase(range, YG_S("application/taxii+json")) &&
		    has_our_version(parameters))
			return true;
	}
	return false;
}

/* ---- resources ---- */

static void ok(const struct yg_taxii_call *call)
{
	call->reply->status = 200;
	call->reply->content_type = YG_TAXII_TYPE;
}

static int discovery(struct yg_taxii_call *call)
{
	struct yg_buf *to = &call->reply->body;

	ok(call);
	if (!yg_shelf_discovery(call->reader, to))
		yg_buf_add_str(to, "{\"title\":\"Yagura\",\"description\":\"TAXII 2.1\","
				   "\"default\":\"/taxii2/hub/\","
				   "\"api_roots\":[\"/taxii2/hub/\"]}");
	return YG_OK;
}

static int root(struct yg_taxii_call *call)
{
	struct yg_buf *to = &call->reply->body;

	ok(call);
	if (!yg_shelf_root(call->reader, call->root, to))
		return yg_taxii_not_found(call);
	if (to->size == 0)
		yg_buf_addf(to,
			    "{\"title\":\"Yagura\",\"description\":\"Collections of this hub\","
			    "\"versions\":[\"" YG_TAXII_TYPE "\"],\"max_content_length\":%u}",
			    YG_TAXII_BODY_MAX);
	return YG_OK;
}

static void add_pair(struct yg_buf *to, const char *name, const char *value)
{
	yg_buf_addf(to, "\"%s\":", name);
	yg_buf_add_json(to, yg_bytes_str(value));
	yg_buf_add_byte(to, ',');
}

static void add_collection(struct yg_buf *to, const struct yg_shelf_view *view)
{
	const struct yg_collection *c = &view->collection;
	const char *join = "";

	yg_buf_add_byte(to, '{');
	add_pair(to, "id", c->id);
	add_pair(to, "title", c->title[0] ? c->title : c->id);
	if (c->description[0])
		add_pair(to, "description", c->description);
	if (c->alias[0])
		add_pair(to, "alias", c->alias);
	yg_buf_addf(to, "\"can_read\":%s,\"can_write\":%s,\"media_types\":[",
		    view->can_read ? "true" : "false", view->can_write ? "true" : "false");
	for (unsigned i = 0; i < YG_STIX_SPEC_COUNT; i++)
		if (c->specs & (1u << i)) {
			yg_buf_addf(to, "%s\"application/stix+json;version=2.%u\"", join, i);
			join = ",";
		}
	yg_buf_add_str(to, "]}");
}

static int list_one(void *arg, const struct yg_shelf_view *view)
{
	struct yg_buf *to = arg;

	yg_buf_add_str(to, to->size == 0 ? "{\"collections\":[" : ",");
	add_collection(to, view);
	return yg_buf_error(to);
}

static int collections(struct yg_taxii_call *call)
{
	struct yg_buf *to = &call->reply->body;
	int rc;

	if (!yg_shelf_root(call->reader, call->root, NULL))
		return yg_taxii_not_found(call);
	ok(call);
	rc = yg_shelf_list(call->reader, call->root, list_one, to);
	yg_buf_add_str(to, to->size == 0 ? "{}" : "]}");
	return rc;
}

static int collection(struct yg_taxii_call *call)
{
	ok(call);
	add_collection(&call->reply->body, &call->view);
	return YG_OK;
}

static int status(struct yg_taxii_call *call)
{
	int rc;

	if (!yg_shelf_root(call->reader, call->root, NULL))
		return yg_taxii_not_found(call);
	ok(call);
	rc = yg_shelf_status(call->reader, call->root, call->request->parts[1], &call->reply->body);
	return rc == YG_ENOENT ? yg_taxii_not_found(call) : rc;
}

/* ---- the call ---- */

static int open_collection(struct yg_taxii_call *call)
{
	int rc = yg_shelf_view(call->reader, call->root, call->request->parts[1], &call->view);

	return rc == YG_ENOENT ? yg_taxii_not_found(call), YG_EEND : rc;
}

static int serve(struct yg_taxii *taxii, const struct yg_request *request, struct yg_reply *reply,
		 int (*fn)(struct yg_taxii_call *call), bool has_collection)
{
	struct yg_taxii_call call = {.taxii = taxii,
				     .request = request,
				     .reply = reply,
				     .root = request->parts[0],
				     .object = request->parts[2]};
	int rc;

	reply->is_taxii = true;
	if (!is_accepted(request->accept))
		return yg_taxii_refuse(&call, 406, "not-acceptable",
				       N_("This kind of answer is not spoken here"),
				       N_("Send Accept: application/taxii+json;version=2.1"));
	if (request->method == YG_METHOD_POST &&
	    (!yg_bytes_eq(request->content_type, YG_S("application/taxii+json")) ||
	     !has_our_version(request->type_parameters)))
		return yg_taxii_refuse(&call, 415, "wrong-type",
				       N_("The kind of content is missing or not accepted"),
				       N_("Send Content-Type: application/taxii+json;version=2.1"));
	rc = yg_shelf_reader_new(taxii->opts.hub, taxii->opts.collections, taxii->opts.clock,
				 request->actor, request->login, &call.reader);
	if (rc == YG_OK && has_collection)
		rc = open_collection(&call);
	if (rc == YG_OK)
		rc = fn(&call);
	(void)yg_shelf_reader_free(call.reader);
	return rc == YG_EEND ? YG_OK : rc;
}

#define ROUTES(X)                                                                                  \
	X(GET, "collections/", Collections, collections, false)                                    \
	X(GET, "collections/{collection}/", Collection, collection, true)                          \
	X(GET, "collections/{collection}/manifest/", Manifest, yg_taxii_manifest, true)            \
	X(GET, "collections/{collection}/objects/", Objects, yg_taxii_objects, true)               \
	X(POST, "collections/{collection}/objects/", AddObjects, yg_taxii_add, true)               \
	X(GET, "collections/{collection}/objects/{object}/", Object, yg_taxii_objects, true)       \
	X(DELETE, "collections/{collection}/objects/{object}/", DeleteObject, yg_taxii_delete,     \
	  true)                                                                                    \
	X(GET, "collections/{collection}/objects/{object}/versions/", Versions, yg_taxii_versions, \
	  true)                                                                                    \
	X(GET, "status/{status}/", Status, status, false)

#define X(method, path, name, fn, has_collection)                                                  \
	static int do##name(void *context, struct yg_access *access,                               \
			    const struct yg_request *request, struct yg_reply *reply)              \
	{                                                                                          \
		(void)access;                                                                      \
		return serve(context, request, reply, fn, has_collection);                         \
	}
X(GET, "", Discovery, discovery, false)
X(GET, "", Root, root, false)
ROUTES(X)
#undef X

static const struct yg_route routes[] = {
	{YG_METHOD_GET, "/taxii2/", "taxiiDiscovery", doDiscovery, YG_ROUTE_SELF, 0},
	{YG_METHOD_GET, "/taxii2/{root}/", "taxiiRoot", doRoot, YG_ROUTE_SELF, 0},
	{YG_METHOD_GET, "/{root}/", "taxiiLoadedRoot", doRoot, YG_ROUTE_SELF, 0},
#define X(method, path, name, fn, has_collection)                                                  \
	{YG_METHOD_##method, "/taxii2/{root}/" path, "taxii" #name, do##name, YG_ROUTE_SELF, 0},   \
		{YG_METHOD_##method, "/{root}/" path, "taxiiLoaded" #name,                         \
		 do##name,	     YG_ROUTE_SELF,   0},
	ROUTES(X)
#undef X
};

struct yg_route_table yg_taxii_routes(struct yg_taxii *taxii)
{
	return (struct yg_route_table){routes, sizeof(routes) / sizeof(routes[0]), taxii};
}

int yg_taxii_new(const struct yg_taxii_opts *opts, struct yg_taxii **ret)
{
	struct yg_taxii *taxii = yg_calloc(1, sizeof(*taxii));
	int rc;

	if (!taxii)
		return YG_ENOMEM;
	taxii->opts = *opts;
	yg_random(taxii->known.key, sizeof(taxii->known.key));
	rc = yg_taxii_jobs_new(&taxii->jobs);
	if (rc != YG_OK)
		taxii = yg_taxii_free(taxii);
	*ret = taxii;
	return rc;
}

struct yg_taxii *yg_taxii_free(struct yg_taxii *taxii)
{
	if (taxii)
		taxii->jobs = yg_taxii_jobs_free(taxii->jobs);
	free(taxii);
	return NULL;
}

int yg_taxii_login(struct yg_taxii *taxii, struct yg_bytes login, struct yg_bytes password,
		   struct yg_reply *reply, enum yg_lang lang)
{
	int rc = yg_shelf_login(taxii->opts.collections, login, password, &taxii->known);

	if (rc != YG_EACCES)
		return rc;
	(void)yg_reply_problem(reply, 401, "no-session", yg_tr(lang, N_("You are not signed in")),
			       NULL); /* shows in the buffer */
	return YG_EEND;
}
