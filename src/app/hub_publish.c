/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_publish.h"

#include "access/publish.h"
#include "app/hub_thread.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/json.h"
#include "parse/stix.h"
#include "share/stix_notice.h"

#include "base/ban.h"

#define LOOK_MS	   500
#define AGAIN_MS   2000
#define SAID_AT	   3u /* errors in a row of one kind, before they are said */
#define ARENA_MAX  (256u << 20)
#define BUNDLE_MAX (64u << 20)

struct yg_hub_publish {
	struct yg_hub_publish_opts opts;
	struct yg_hub_thread life;
	struct yg_control *store;
	struct yg_enrol *enrol;
	struct yg_hub_access *hub;
	struct yg_collections *collections;
	int failed_rc;
	unsigned failures;
};

/* One publication. */
struct putting {
	struct yg_hub_publish *p;
	const struct yg_publish_work *work;
	struct yg_arena *arena;
	json_t *ids;  /* all that were ever put */
	json_t *kept; /* {"ID":true}: named by this version */
	uint32_t versions;
};

/* ---- objects ---- */

static bool has_marking(void *arg, struct yg_bytes id)
{
	const struct putting *put = arg;

	return yg_collections_has(put->p->collections, id);
}

/* The same way in as for what others send; ours is never wrong, so a fault is an error. */
static int read_objects(struct putting *put, struct yg_bytes text, struct yg_stix_bundle *ret)
{
	struct yg_stix_ask ask = {.has_marking = has_marking, .arg = put};
	struct yg_line_fault fault;
	int rc = yg_stix_read(text, &ask, put->arena, ret, &fault);

	for (uint32_t i = 0; rc == YG_OK && i < ret->count; i++)
		if (ret->items[i].fault) {
			yg_say("objects[%u].%s", i,
			       yg_say_safe(yg_bytes_str(ret->items[i].fault), 240));
			rc = YG_EFORMAT;
		}
	return rc;
}

struct last {
	struct yg_buf text;
	bool is_there;
};

static int take_last(void *arg, const struct yg_stix_row *row)
{
	struct last *last = arg;

	yg_buf_reset(&last->text);
	yg_buf_add(&last->text, row->object.text);
	last->is_there = true;
	return yg_buf_error(&last->text);
}

/* The newest version of @id that is in the collection. */
static int find_last(struct putting *put, struct yg_bytes id, struct last *ret)
{
	struct yg_stix_filter filter = {.collection = put->work->collection.number,
					.clearance = YG_TLP_RED,
					.otherwise = YG_TLP_RED,
					.after_us = INT64_MIN,
					.limit = 1,
					.ids = &id,
					.id_count = 1,
					.has_last = true};
	bool is_more;

	ret->is_there = false;
	return yg_collections_read(put->p->collections, &filter, true, take_last, ret, &is_more);
}

static int put_object(struct putting *put, const struct yg_stix_object *object)
{
	struct yg_clock clock = put->p->opts.clock;
	int64_t added_us;
	int rc = yg_collections_put(put->p->collections, put->work->collection.number, object,
				    clock.now_ns(clock.arg) / 1000, 0, &added_us);

	put->versions += rc == YG_OK;
	/* It is there from before: of a run that ended here, perhaps in another language. */
	return rc == YG_EDUPLICATE || rc == YG_EMISMATCH ? YG_OK : rc;
}

static int note_id(struct putting *put, struct yg_bytes id)
{
	char key[YG_PUBLISH_ID_MAX + 1];
	size_t count = json_array_size(put->ids);

	if (id.size > YG_PUBLISH_ID_MAX || count >= YG_PUBLISH_IDS_MAX)
		return YG_ELIMIT;
	(void)snprintf(key, sizeof(key), "%.*s", YG_FMT(id)); /* measured */
	for (size_t i = 0; i < count; i++)
		if (strcmp(json_string_value(json_array_get(put->ids, i)), key) == 0)
			return yg_json_set(put->kept, key, json_true());
	if (json_array_append_new(put->ids, json_string(key)) != 0)
		return YG_ENOMEM;
	return yg_json_set(put->kept, key, json_true());
}

/* What stands for itself and never changes is there once: definitions, the one who issues. */
static int put_named(struct putting *put, const struct yg_stix_object *object)
{
	bool is_common = yg_bytes_eq(object->type, YG_S("identity")) ||
			 yg_bytes_eq(object->type, YG_S("marking-definition"));
	struct last last = {.is_there = false};
	int rc = YG_OK;

	if (!is_common) {
		rc = note_id(put, object->id);
		return rc == YG_OK ? put_object(put, object) : rc;
	}
	yg_buf_init(&last.text, YG_STIX_OBJECT_MAX);
	rc = find_last(put, object->id, &last);
	yg_buf_done(&last.text);
	return rc == YG_OK && !last.is_there ? put_object(put, object) : rc;
}

/* ---- what does not hold any more ---- */

static int add_revoked(const struct putting *put, const struct last *last, struct yg_buf *to,
		       bool *ret_is_new)
{
	char time[YG_STIX_TIME_SIZE];
	struct yg_fault fault;
	json_t *tree = NULL;
	int rc = yg_json_load(yg_buf_bytes(&last->text), YG_STIX_OBJECT_MAX, &tree, &fault);

	*ret_is_new = rc == YG_OK && !json_is_true(json_object_get(tree, "revoked"));
	yg_stix_time_write(put->work->time_ns / 1000, time);
	if (*ret_is_new)
		rc = yg_json_set(tree, "revoked", json_true());
	if (*ret_is_new && rc == YG_OK)
		rc = yg_json_set(tree, "modified", json_string(time));
	yg_buf_add_str(to, "{\"objects\":[");
	if (rc == YG_OK)
		rc = yg_json_canonical(tree, to);
	yg_buf_add_str(to, "]}");
	json_decref(tree);
	return rc == YG_OK ? yg_buf_error(to) : rc;
}

static int revoke(struct putting *put, struct yg_bytes id)
{
	struct last last = {.is_there = false};
	struct yg_stix_bundle bundle;
	struct yg_buf text;
	bool is_new = false;
	int rc;

	yg_buf_init(&last.text, YG_STIX_OBJECT_MAX);
	yg_buf_init(&text, 2 * YG_STIX_OBJECT_MAX);
	rc = find_last(put, id, &last);
	if (rc == YG_OK && last.is_there) /* else somebody deleted it: so it does not hold */
		rc = add_revoked(put, &last, &text, &is_new);
	if (rc == YG_OK && is_new)
		rc = read_objects(put, yg_buf_bytes(&text), &bundle);
	if (rc == YG_OK && is_new && bundle.count == 1)
		rc = put_object(put, &bundle.items[0].object);
	yg_buf_done(&last.text);
	yg_buf_done(&text);
	return rc;
}

static int revoke_others(struct putting *put)
{
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < json_array_size(put->ids); i++) {
		const char *id = json_string_value(json_array_get(put->ids, i));

		if (id && !json_object_get(put->kept, id))
			rc = revoke(put, yg_bytes_str(id));
	}
	return rc;
}

/* ---- one publication ---- */

/* The copy as objects. A correction of what a sector gets is a newer version of that grouping. */
static int make_objects(struct putting *put, struct yg_buf *to)
{
	const struct yg_publish_work *work = put->work;
	struct yg_line_fault fault;
	struct yg_notice notice;
	int rc = yg_notice_read(work->copy, put->arena, &notice, &fault);

	if (rc != YG_OK)
		return rc;
	if (notice.kind == YG_NOTICE_CORRECTION || notice.kind == YG_NOTICE_WARNING)
		notice.kind = YG_NOTICE_INDICATORS;
	notice.refers = yg_bytes_str(work->number);
	return yg_stix_notice_again(&notice, work->first_ns, put->p->opts.lang, to);
}

static int put_bundle(struct putting *put)
{
	struct yg_stix_bundle bundle;
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, BUNDLE_MAX);
	rc = make_objects(put, &text);
	if (rc == YG_OK)
		rc = read_objects(put, yg_buf_bytes(&text), &bundle);
	for (uint32_t i = 0; rc == YG_OK && i < bundle.count; i++)
		rc = put_named(put, &bundle.items[i].object);
	yg_buf_done(&text);
	return rc;
}

static int put_all(struct putting *put)
{
	struct yg_collections *s = put->p->collections;
	int rc = yg_collections_begin(s);

	if (rc == YG_OK && put->work->copy)
		rc = put_bundle(put);
	if (rc == YG_OK)
		rc = revoke_others(put);
	if (rc == YG_OK)
		return yg_collections_commit(s);
	yg_collections_abort(s);
	return rc;
}

/* Each try begins with what was put before. */
static int put_begin(struct putting *put)
{
	json_decref(put->ids);
	put->ids = json_deep_copy(put->work->ids);
	put->versions = 0;
	yg_arena_reset(put->arena);
	return put->ids && json_object_clear(put->kept) == 0 ? YG_OK : YG_ENOMEM;
}

static int try_once(struct putting *put)
{
	int rc = put_begin(put);

	return rc == YG_OK && put->work->collection.number != 0 ? put_all(put) : rc;
}

/* What can never be there as objects is given up: what is there of it is revoked, if it can be. */
static int put_or_give_up(struct putting *put, struct yg_publish_work *work)
{
	int rc = try_once(put);

	if (!yg_publish_is_lasting(rc))
		return rc;
	yg_say_hint(N_("it is refused, and the others go on"),
		    N_("warning %s on its way into a collection: %s"), work->number,
		    yg_say_tr(yg_err_text(rc)));
	rc = yg_publish_give_up(work);
	if (rc == YG_OK)
		rc = try_once(put);
	return yg_publish_is_lasting(rc) ? put_begin(put) : rc;
}

static int publish(struct yg_hub_publish *p, struct yg_publish_work *work)
{
	struct putting put = {.p = p, .work = work};
	int rc;

	put.arena = yg_arena_new(ARENA_MAX);
	put.kept = json_object();
	rc = put.arena && put.kept ? YG_OK : YG_ENOMEM;
	if (rc == YG_OK)
		rc = put_or_give_up(&put, work);
	if (rc == YG_OK) {
		rc = yg_publish_done(p->hub, work, put.ids, put.versions);
		put.ids = NULL;
	}
	json_decref(put.ids);
	json_decref(put.kept);
	(void)yg_arena_free(put.arena);
	return rc;
}

/* YG_ENOENT: nothing is due. */
static int publish_next(struct yg_hub_publish *p)
{
	struct yg_publish_work work;
	int rc = yg_publish_next(p->hub, &work);

	if (rc == YG_OK) {
		rc = yg_collections_get(p->collections, yg_bytes_str(yg_publish_collection(&work)),
					&work.collection);
		if (rc == YG_ENOENT) {
			work.collection = (struct yg_collection){.number = 0};
			rc = YG_OK;
		}
	}
	if (rc == YG_OK)
		rc = yg_publish_fill(p->hub, &work);
	if (rc == YG_OK)
		rc = publish(p, &work);
	yg_publish_work_done(&work);
	return rc;
}

/* ---- its life ---- */

static void close_all(struct yg_hub_publish *p)
{
	p->hub = yg_hub_access_free(p->hub);
	p->enrol = yg_enrol_free(p->enrol);
	p->store = yg_control_free(p->store);
	p->collections = yg_collections_free(p->collections);
}

static int open_all(struct yg_hub_publish *p)
{
	int rc = yg_control_open_sqlite(p->opts.db_path, false, &p->store);

	if (rc == YG_OK)
		rc = yg_enrol_new(p->store, p->opts.clock, "hub", &p->enrol);
	if (rc == YG_OK)
		rc = yg_hub_access_new(p->store, p->enrol, p->opts.clock, &p->hub);
	if (rc == YG_OK)
		rc = yg_collections_open(p->opts.collections_path, false, &p->collections);
	return rc;
}

static int round_of(struct yg_hub_publish *p)
{
	int rc = p->collections ? YG_OK : open_all(p);

	while (rc == YG_OK && !yg_hub_thread_ends(&p->life))
		rc = publish_next(p);
	return rc == YG_ENOENT ? YG_OK : rc;
}

static void say_trouble(struct yg_hub_publish *p, int rc)
{
	p->failures = rc == p->failed_rc ? p->failures + 1 : 1;
	p->failed_rc = rc;
	if (rc != YG_OK && p->failures == SAID_AT)
		yg_say_hint(N_("nothing is lost by that; it is tried again"),
			    N_("warnings on their way into collections: %s"),
			    yg_say_tr(yg_err_text(rc)));
}

static void *live(void *arg)
{
	struct yg_hub_publish *p = arg;

	while (!yg_hub_thread_ends(&p->life)) {
		int rc = round_of(p);

		say_trouble(p, rc);
		if (rc != YG_OK) /* a store that cannot be read may be another one by then */
			close_all(p);
		(void)yg_hub_thread_pause(&p->life, rc != YG_OK ? AGAIN_MS : LOOK_MS);
	}
	close_all(p);
	return NULL;
}

int yg_hub_publish_start(const struct yg_hub_publish_opts *opts, struct yg_hub_publish **ret)
{
	struct yg_hub_publish *p = yg_calloc(1, sizeof(*p));
	int rc;

	if (!p)
		return YG_ENOMEM;
	p->opts = *opts;
	rc = yg_hub_thread_start(&p->life, YG_THREAD_PREFIX "publish", live, p);
	if (rc == YG_OK)
		*ret = p;
	else
		(void)yg_hub_publish_free(p);
	return rc;
}

struct yg_hub_publish *yg_hub_publish_free(struct yg_hub_publish *p)
{
	if (!p)
		return NULL;
	yg_hub_thread_done(&p->life);
	free(p);
	return NULL;
}
