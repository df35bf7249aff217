/* SPDX-License-Identifier: Apache-2.0 */
/* What an organisation that leaves has of collections of STIX objects, and what indicators hit in
 * its logs: as lines, and away. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/admin-int.h"
#include "app/backup-int.h"
#include "app/hub_clue_lists.h"
#include "base/arena.h"
#include "base/json.h"
#include "store/clues.h"
#include "store/stix.h"

#include "base/ban.h"

#define OWNED_MAX YG_COLLECTIONS_MAX
#define PAGE	  1000u
#define LINE_MAX_ (2u * YG_STIX_OBJECT_MAX)

struct owned {
	const char *org;
	struct yg_collections *s;
	struct yg_arena *arena;
	struct yg_collection *at;
	uint32_t count;
	const struct yg_collection *now;
	struct yg_buf line;
	int64_t after_us;
	yg_admin_line_fn fn;
	void *arg;
};

static int take_owned(void *arg, const struct yg_collection *c)
{
	struct owned *o = arg;
	struct yg_collection *more;

	if (strcmp(c->owner, o->org) != 0)
		return YG_OK;
	/* Few, so growing by one is good enough. */
	more = yg_arena_alloc(o->arena, (o->count + 1) * sizeof(*more));
	if (!more)
		return YG_ENOMEM;
	if (o->count > 0)
		memcpy(more, o->at, o->count * sizeof(*more));
	more[o->count++] = *c;
	o->at = more;
	return YG_OK;
}

/* YG_ENOENT: nothing was ever shared. */
static int open_owned(const struct yg_admin *admin, const char *org, struct owned *o)
{
	char path[YG_BACKUP_PATH_MAX];
	int rc = yg_backup_join(admin->data, "stix.db", path);

	*o = (struct owned){.org = org, .arena = yg_arena_new(1u << 30)};
	yg_buf_init(&o->line, LINE_MAX_);
	if (rc == YG_OK && !o->arena)
		rc = YG_ENOMEM;
	if (rc == YG_OK)
		rc = yg_collections_open(path, false, &o->s);
	return rc == YG_OK ? yg_collections_each(o->s, (struct yg_bytes){0}, take_owned, o) : rc;
}

static void close_owned(struct owned *o)
{
	(void)yg_collections_free(o->s); /* always NULL; undoes what is not committed */
	(void)yg_arena_free(o->arena);
	yg_buf_done(&o->line);
}

int yg_admin_shelves_erase(const struct yg_admin *admin, const char *org, uint64_t *ret_count)
{
	struct owned o;
	int rc = open_owned(admin, org, &o);

	if (rc == YG_OK)
		rc = yg_collections_begin(o.s);
	if (rc == YG_OK)
		rc = yg_collections_drop(o.s, org);
	if (rc == YG_OK) /* it names organisations; the hub writes it anew */
		rc = yg_collections_put_text(o.s, YG_CLUE_TEXTS, YG_S(YG_CLUE_SECTORS),
					     YG_S("null"));
	if (rc == YG_OK)
		rc = yg_collections_commit(o.s);
	if (rc == YG_OK)
		*ret_count += o.count;
	close_owned(&o);
	return rc == YG_ENOENT ? YG_OK : rc;
}

/* The object as it was sent, with its place. */
static int give_row(void *arg, const struct yg_stix_row *row)
{
	struct owned *o = arg;
	char added[YG_STIX_TIME_SIZE];
	int rc;

	o->after_us = row->added_us;
	yg_stix_time_write(row->added_us, added);
	yg_buf_reset(&o->line);
	yg_buf_addf(&o->line, "{\"collection\":\"%s\",\"title\":", o->now->id);
	yg_buf_add_json(&o->line, yg_bytes_str(o->now->title));
	yg_buf_addf(&o->line, ",\"date_added\":\"%s\",\"object\":", added);
	yg_buf_add(&o->line, row->object.text);
	yg_buf_add_byte(&o->line, '}');
	rc = yg_buf_error(&o->line);
	return rc == YG_OK ? o->fn(o->arg, yg_buf_bytes(&o->line)) : rc;
}

static int give_all(struct owned *o)
{
	struct yg_stix_filter filter = {.collection = o->now->number,
					.clearance = YG_TLP_RED,
					.otherwise = o->now->default_tlp,
					.after_us = INT64_MIN,
					.limit = PAGE,
					.specs = (1u << YG_STIX_SPEC_COUNT) - 1,
					.has_all = true};
	bool is_more = true;
	int rc = YG_OK;

	while (rc == YG_OK && is_more) {
		rc = yg_collections_read(o->s, &filter, true, give_row, o, &is_more);
		filter.after_us = o->after_us;
	}
	return rc;
}

int yg_admin_shelves_lines(const struct yg_admin *admin, const char *org, yg_admin_line_fn fn,
			   void *arg)
{
	struct owned o;
	int rc = open_owned(admin, org, &o);

	o.fn = fn;
	o.arg = arg;
	for (uint32_t i = 0; i < o.count && rc == YG_OK; i++) {
		o.now = &o.at[i];
		rc = give_all(&o);
	}
	close_owned(&o);
	return rc == YG_ENOENT ? YG_OK : rc;
}

static int give_sighting(void *arg, struct yg_bytes id, const struct yg_clue_sighting *one)
{
	struct owned *o = arg;
	char finding[2 * YG_CLUE_FINDING + 1], first[YG_ISO_SIZE], last[YG_ISO_SIZE];
	json_t *item;
	int rc;

	yg_hex((struct yg_bytes){one->finding, sizeof(one->finding)}, finding);
	(void)yg_time_iso(one->first_ns, 0, first); /* its size */
	(void)yg_time_iso(one->last_ns, 0, last);   /* as above */
	item = json_pack("{s:o, s:s, s:s, s:s, s:I}", "indicator", yg_json_string(id), "finding",
			 finding, "first", first, "last", last, "records", (json_int_t)one->count);
	yg_buf_reset(&o->line);
	rc = item ? yg_json_canonical(item, &o->line) : YG_ENOMEM;
	json_decref(item);
	return rc == YG_OK ? o->fn(o->arg, yg_buf_bytes(&o->line)) : rc;
}

int yg_admin_sightings_lines(const struct yg_admin *admin, const char *org, yg_admin_line_fn fn,
			     void *arg)
{
	struct owned o;
	int rc = open_owned(admin, org, &o);

	o.fn = fn;
	o.arg = arg;
	if (rc == YG_OK)
		rc = yg_clues_seen_at(o.s, org, give_sighting, &o);
	close_owned(&o);
	return rc == YG_ENOENT ? YG_OK : rc;
}
