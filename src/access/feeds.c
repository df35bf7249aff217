/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds: what the hub fetches from other TAXII servers, and how that went. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/feeds.h"

#include "access/hub-int.h"
#include "base/buf.h"
#include "base/json.h"

#include "base/ban.h"

#define STORE	  "hub.feed"
#define HUB	  "hub"
#define STATE_MAX 65536u

/* With the port. Empty: none. */
static struct yg_bytes host_of(const char *url)
{
	struct yg_bytes text = yg_bytes_str(url);
	struct yg_bytes host = yg_bytes_from(text, yg_bytes_starts(text, YG_S("http://")) ? 7 : 8);

	return yg_bytes_cut(host, 0, yg_bytes_chr(host, '/'));
}

static bool is_this_machine(struct yg_bytes host)
{
	static const char *const ours[] = {"127.0.0.1", "localhost", "[::1]"};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		struct yg_bytes our = yg_bytes_str(ours[i]);

		if (yg_bytes_starts(host, our) &&
		    (host.size == our.size || host.data[our.size] == ':'))
			return true;
	}
	return false;
}

bool yg_feed_is_url(const char *url)
{
	struct yg_bytes text = yg_bytes_str(url);
	bool is_plain = yg_bytes_starts(text, YG_S("http://"));
	struct yg_bytes host;

	if (!is_plain && !yg_bytes_starts(text, YG_S("https://")))
		return false;
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] <= ' ' || text.data[i] > '~' || text.data[i] == '#')
			return false;
	host = host_of(url);
	if (host.size == 0 || yg_bytes_chr(host, '@') != SIZE_MAX ||
	    yg_bytes_chr(host, '?') != SIZE_MAX)
		return false;
	return !is_plain || is_this_machine(host);
}

bool yg_feed_is_file_of(const char *file, const char *url)
{
	struct yg_bytes host = host_of(url), name = yg_bytes_str(file);

	host = yg_bytes_cut(host, 0, yg_bytes_chr(host, ':')); /* [::1]: no file has such a name */
	return host.size > 0 && yg_bytes_starts(name, host) && name.size > host.size + 1 &&
	       name.data[host.size] == '_';
}

static bool is_name(const char *name)
{
	return strlen(name) <= YG_FEED_NAME_MAX && yg_feed_is_file(name);
}

static bool is_file_or_none(const char *name)
{
	return !name[0] || yg_feed_is_file(name);
}

static bool has_right_files(const struct yg_feed *f)
{
	return is_file_or_none(f->secret) && is_file_or_none(f->authorities) &&
	       is_file_or_none(f->certificate) && is_file_or_none(f->key) &&
	       !f->certificate[0] == !f->key[0] &&
	       (!f->user[0] || (f->secret[0] && yg_hub_is_text(f->user, YG_FEED_FILE_MAX)));
}

static bool is_right(const struct yg_feed *f)
{
	return is_name(f->name) && f->url[0] && yg_hub_is_text(f->remote, YG_FEED_REMOTE_MAX) &&
	       yg_stix_is_uuid(yg_bytes_str(f->collection)) && has_right_files(f) &&
	       f->interval_s >= YG_FEED_INTERVAL_MIN && f->interval_s <= YG_FEED_INTERVAL_MAX &&
	       f->limit > 0 && f->limit <= YG_FEED_LIMIT_MAX;
}

static int require(struct yg_access *by, enum yg_hub_right right, struct yg_hub_access **ret)
{
	int rc = yg_hub_require(by, right, ret);

	return rc == YG_OK && strcmp(by->org, YG_HUB_ORG) != 0 ? YG_EACCES : rc;
}

static int seen(void *arg, const struct yg_doc *doc)
{
	(void)arg;
	(void)doc;
	return YG_OK;
}

/* YG_ENOENT: it is not there. */
static int look(struct yg_hub_access *hub, const char *kind, const char *name)
{
	return yg_control_get(hub->store, YG_S(STORE), yg_bytes_str(kind), yg_bytes_str(name), seen,
			      NULL);
}

/* ---- what people say ---- */

static int count_one(void *arg, struct yg_bytes key, const json_t *body)
{
	(void)key;
	(void)body;
	++*(uint32_t *)arg;
	return YG_OK;
}

static json_t *time_json(int64_t time_ns)
{
	char text[YG_ISO_SIZE];

	(void)yg_time_iso(time_ns - time_ns % 1000000, 0, text); /* its size */
	return json_string(text);
}

static json_t *to_json(const struct yg_feed *f, const char *actor, int64_t now_ns)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:o}", "url",
			 f->url, "collection_there", f->remote, "collection", f->collection, "user",
			 f->user, "secret_file", f->secret, "authorities_file", f->authorities,
			 "certificate_file", f->certificate, "key_file", f->key, "interval_s",
			 (json_int_t)f->interval_s, "limit", (json_int_t)f->limit, "default_tlp",
			 yg_tlp_name(f->default_tlp), "by", actor, "added", time_json(now_ns));
}

int yg_feed_add(struct yg_access *by, const struct yg_feed *feed)
{
	struct yg_hub_access *hub;
	uint32_t count = 0;
	int rc = require(by, YG_MAY_write_indicators, &hub);

	if (rc == YG_OK && !is_right(feed))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = look(hub, "feed", feed->name);
	rc = rc == YG_OK ? YG_EDUPLICATE : rc == YG_ENOENT ? YG_OK : rc;
	if (rc == YG_OK)
		rc = yg_hub_each(hub, STORE, "feed", "", "", 0, count_one, &count);
	if (rc == YG_OK && count >= YG_FEEDS_MAX)
		rc = YG_ELIMIT;
	if (rc == YG_OK)
		rc = yg_hub_put_at(hub, STORE, by->actor, "feed", feed->name,
				   to_json(feed, by->actor, yg_hub_now_ns(hub)), YG_REVISION_ANY);
	return yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){by->actor, YG_HUB_ORG, "feed.add", feed->name, feed->url});
}

static int drop(struct yg_hub_access *hub, const char *actor, const char *kind, const char *name)
{
	const struct yg_doc_put put = {.org = YG_S(STORE),
				       .kind = yg_bytes_str(kind),
				       .key = yg_bytes_str(name),
				       .is_removed = true,
				       .expected = YG_REVISION_ANY,
				       .time_ns = yg_hub_now_ns(hub),
				       .actor = yg_bytes_str(actor)};
	int rc = yg_control_put(hub->store, &put, NULL);

	return rc == YG_ENOENT ? YG_OK : rc;
}

int yg_feed_remove(struct yg_access *by, const char *name)
{
	struct yg_hub_access *hub;
	int rc = require(by, YG_MAY_write_indicators, &hub);

	if (rc == YG_OK)
		rc = is_name(name) ? yg_hub_begin(hub) : YG_ENOENT;
	if (rc != YG_OK)
		return rc;
	rc = look(hub, "feed", name);
	if (rc == YG_OK)
		rc = drop(hub, by->actor, "feed", name);
	if (rc == YG_OK)
		rc = drop(hub, by->actor, "now", name);
	return yg_hub_finish(hub, rc,
			     &(struct yg_hub_deed){by->actor, YG_HUB_ORG, "feed.remove", name, ""});
}

int yg_feed_poll_now(struct yg_access *by, const char *name)
{
	struct yg_hub_access *hub;
	int rc = require(by, YG_MAY_write_indicators, &hub);

	if (rc == YG_OK)
		rc = is_name(name) ? yg_hub_begin(hub) : YG_ENOENT;
	if (rc != YG_OK)
		return rc;
	rc = look(hub, "feed", name);
	if (rc == YG_OK)
		rc = yg_hub_put_at(hub, STORE, by->actor, "now", name, json_object(),
				   YG_REVISION_ANY);
	return yg_hub_finish(hub, rc,
			     &(struct yg_hub_deed){by->actor, YG_HUB_ORG, "feed.poll", name, ""});
}

/* ---- reading ---- */

struct listing {
	struct yg_collections *states;
	yg_feed_fn fn;
	void *arg;
};

static json_t *state_of(struct yg_collections *states, struct yg_bytes name)
{
	struct yg_fault fault;
	struct yg_buf text;
	json_t *state = NULL;

	yg_buf_init(&text, STATE_MAX);
	if (!states || yg_collections_get_text(states, "feed", name, &text) != YG_OK ||
	    yg_json_load(yg_buf_bytes(&text), STATE_MAX, &state, &fault) != YG_OK)
		state = json_null();
	yg_buf_done(&text);
	return state;
}

/* That there is a file is told, not which. */
static int hide_files(json_t *shown)
{
	static const char *const keys[][2] = {{"secret_file", "has_secret"},
					      {"authorities_file", "has_authorities"},
					      {"certificate_file", "has_certificate"},
					      {"key_file", NULL}};
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < sizeof(keys) / sizeof(keys[0]); i++) {
		bool is_there = yg_json_text(shown, keys[i][0]).size > 0;

		(void)json_object_del(shown, keys[i][0]);
		if (keys[i][1])
			rc = yg_json_set(shown, keys[i][1], json_boolean(is_there));
	}
	return rc;
}

static int list_one(void *arg, struct yg_bytes key, const json_t *body)
{
	const struct listing *l = arg;
	json_t *shown = json_copy((json_t *)(uintptr_t)body); /* jansson takes no const */
	int rc = shown ? yg_json_set(shown, "name", yg_json_string(key)) : YG_ENOMEM;

	if (rc == YG_OK)
		rc = hide_files(shown);
	if (rc == YG_OK)
		rc = yg_json_set(shown, "state", state_of(l->states, key));
	if (rc == YG_OK)
		rc = l->fn(l->arg, shown);
	json_decref(shown);
	return rc;
}

int yg_feed_list(struct yg_access *by, struct yg_collections *states, yg_feed_fn fn, void *arg)
{
	struct listing l = {states, fn, arg};
	struct yg_hub_access *hub;
	int rc = require(by, YG_MAY_read_indicators, &hub);

	return rc == YG_OK ? yg_hub_each(hub, STORE, "feed", "", "", 0, list_one, &l) : rc;
}

/* ---- the hub itself ---- */

struct each {
	yg_feed_each_fn fn;
	void *arg;
};

static int each_one(void *arg, struct yg_bytes key, const json_t *body)
{
	const struct each *e = arg;
	struct yg_feed f = {.interval_s = (uint32_t)yg_json_int(body, "interval_s", 3600),
			    .limit = (uint32_t)yg_json_int(body, "limit", 1000)};

	if (key.size >= sizeof(f.name))
		return YG_OK; /* none of ours */
	memcpy(f.name, key.data, key.size);
	yg_hub_text(body, "url", f.url, sizeof(f.url));
	yg_hub_text(body, "collection_there", f.remote, sizeof(f.remote));
	yg_hub_text(body, "collection", f.collection, sizeof(f.collection));
	yg_hub_text(body, "user", f.user, sizeof(f.user));
	yg_hub_text(body, "secret_file", f.secret, sizeof(f.secret));
	yg_hub_text(body, "authorities_file", f.authorities, sizeof(f.authorities));
	yg_hub_text(body, "certificate_file", f.certificate, sizeof(f.certificate));
	yg_hub_text(body, "key_file", f.key, sizeof(f.key));
	(void)yg_tlp_by_name(yg_json_text(body, "default_tlp"), &f.default_tlp); /* "": none */
	return is_right(&f) ? e->fn(e->arg, &f) : YG_OK;
}

int yg_feed_each(struct yg_hub_access *hub, yg_feed_each_fn fn, void *arg)
{
	struct each e = {fn, arg};

	return yg_hub_each(hub, STORE, "feed", "", "", 0, each_one, &e);
}

int yg_feed_take_now(struct yg_hub_access *hub, const char *name)
{
	int rc = look(hub, "now", name);

	if (rc != YG_OK)
		return rc;
	rc = yg_control_begin(hub->store);
	if (rc == YG_OK)
		rc = drop(hub, HUB, "now", name);
	if (rc == YG_OK)
		return yg_control_commit(hub->store);
	yg_control_abort(hub->store);
	return rc;
}

int yg_feed_note(struct yg_hub_access *hub, const struct yg_feed *feed, uint64_t count)
{
	char detail[96];

	(void)snprintf(detail, sizeof(detail), "feed %s: %llu versions", feed->name,
		       (unsigned long long)count); /* it fits */
	return yg_audit_add(hub, HUB, "", "collection.poll", feed->collection, detail);
}
