/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A demo's hub says that it is one, and lets a visitor look on as each of the people that the demo
 * names. On any other hub there is nothing of it: no port is lent, and the register refuses
 * (yg_sign_in_demo).
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/people.h"
#include "base/alloc.h"

#include "base/ban.h"

#define PEOPLE_MAX 16u
#define SCENES_MAX 16u

/* The demo's own words; NULL: this hub is none. *ret owned. */
static int load(const struct yg_hub_call *call, json_t **ret)
{
	const struct yg_hub_api_ports *ports = &call->api->opts.ports;

	*ret = NULL;
	return ports->demo ? ports->demo(ports->arg, ret) : YG_OK;
}

/* A list of at most @max objects under @key; anything else is an empty one. */
static json_t *list_of(const json_t *demo, const char *key, size_t max)
{
	json_t *list = json_object_get(demo, key);

	return json_is_array(list) && json_array_size(list) <= max ? json_incref(list)
								   : json_array();
}

int yg_hub_do_get_demo(struct yg_hub_call *call)
{
	json_t *demo = NULL;
	json_t *shown;
	int rc = load(call, &demo);

	if (rc != YG_OK)
		return rc;
	/* Through a proxy nobody is let in, so nothing is told but the word. */
	if (demo && call->request->is_local)
		shown = json_pack("{s:b, s:o, s:o}", "demo", 1, "people",
				  list_of(demo, "people", PEOPLE_MAX), "scenes",
				  list_of(demo, "scenes", SCENES_MAX));
	else
		shown = json_pack("{s:b, s:[], s:[]}", "demo", demo != NULL, "people", "scenes");
	json_decref(demo);
	return yg_call_json(call, 200, shown);
}

#define BODY "<body>\n"

int yg_call_demo_page(const struct yg_hub_call *call, struct yg_buf *page)
{
	size_t at = yg_bytes_find(yg_buf_bytes(page), YG_S(BODY));
	struct yg_buf marked;
	int rc;

	if (!call->api->opts.ports.demo || at == SIZE_MAX)
		return YG_OK;
	at += sizeof(BODY) - 1;
	yg_buf_init(&marked, 2 * page->size + 4096);
	yg_buf_add(&marked, yg_bytes_cut(yg_buf_bytes(page), 0, at));
	yg_buf_addf(
		&marked, "<p><strong>%s</strong></p>\n",
		yg_tr(call->request->lang, N_("Demo: firms, people and machines are invented")));
	yg_buf_add(&marked, yg_bytes_from(yg_buf_bytes(page), at));
	rc = yg_buf_error(&marked);
	page->size = 0;
	if (rc == YG_OK)
		yg_buf_add(page, yg_buf_bytes(&marked));
	yg_buf_done(&marked);
	return rc == YG_OK ? yg_buf_error(page) : rc;
}

static bool is_named(const json_t *demo, const char *login)
{
	json_t *people = list_of(demo, "people", PEOPLE_MAX);
	bool is = false;

	for (size_t i = 0; i < json_array_size(people); i++)
		is |= yg_bytes_eq(yg_json_text(json_array_get(people, i), "login"),
				  yg_bytes_str(login));
	json_decref(people);
	return is;
}

static int sign_in(const struct yg_hub_call *call, const char *login)
{
	const struct yg_request *request = call->request;
	char token[YG_HUB_TOKEN_HEX + 1];
	int rc = yg_sign_in_demo(call->api->opts.hub, login, request->remote, request->browser,
				 token);

	if (rc == YG_ENOENT || rc == YG_EACCES)
		return yg_call_not_found(call);
	if (rc == YG_OK)
		rc = yg_call_give_session(call, token);
	yg_wipe(token, sizeof(token));
	return rc;
}

/* {"login"} */
int yg_hub_do_sign_in_demo(struct yg_hub_call *call)
{
	char login[YG_PERSON_LOGIN_MAX + 1];
	json_t *demo = NULL, *in = NULL;
	bool is_text;
	int rc = load(call, &demo);

	if (rc == YG_OK && !demo)
		return yg_call_not_found(call);
	if (rc == YG_OK && !call->request->is_local) {
		json_decref(demo);
		return yg_call_refuse(call, 403, "not-from-here",
				      N_("The demo is looked at from its own machine"),
				      N_("Open it at 127.0.0.1, without a proxy between."));
	}
	if (rc == YG_OK)
		rc = yg_call_body(call, &in);
	if (rc != YG_OK) {
		json_decref(demo);
		return rc == YG_EEND ? YG_OK : rc;
	}
	is_text = yg_call_text(call, in, "login", login, sizeof(login));
	if (is_text)
		rc = is_named(demo, login) ? sign_in(call, login) : yg_call_not_found(call);
	json_decref(in);
	json_decref(demo);
	return rc;
}
