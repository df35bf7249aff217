/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_clue_lists.h"

#include <stdlib.h>

#include "app/hub_warned.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/disk.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"
#include "detect/indicators.h"
#include "parse/clue.h"

#include "base/ban.h"

#define PATH_ROOM    4352u
#define FILE_BYTES   (60u << 20) /* below YG_CSV_BYTES_MAX */
#define SECTORS_MAX  (64u << 20)
#define DIGEST_CHARS 16u
#define NAME_ROOM    48u
#define HEAD	     "value,source,tlp,pap,confidence,valid_until,confirmed,comment\n"

/* ---- by what ---- */

static int put_anew(struct yg_collections *stix, const char *name, const char *is,
		    int (*fn)(struct yg_collections *stix, int64_t arg), int64_t arg)
{
	int rc = yg_collections_begin(stix);

	if (rc != YG_OK)
		return rc;
	rc = fn(stix, arg);
	if (rc == YG_OK)
		rc = yg_collections_put_text(stix, YG_CLUE_TEXTS, yg_bytes_str(name),
					     yg_bytes_str(is));
	if (rc == YG_OK)
		return yg_collections_commit(stix);
	yg_collections_abort(stix);
	return rc;
}

int yg_clue_follow(struct yg_collections *stix, const char *name, const char *is,
		   int (*fn)(struct yg_collections *stix, int64_t arg), int64_t arg)
{
	struct yg_buf was;
	int rc;

	yg_buf_init(&was, YG_CLUE_TEXTS_MAX);
	rc = yg_collections_get_text(stix, YG_CLUE_TEXTS, yg_bytes_str(name), &was);
	if (rc == YG_ENOENT || (rc == YG_OK && !yg_bytes_eq(yg_buf_bytes(&was), yg_bytes_str(is))))
		rc = put_anew(stix, name, is, fn, arg);
	yg_buf_done(&was);
	return rc;
}

/* ---- a line ---- */

/* @list with room for one more; NULL: no memory, and it stays. */
static void *room_for(void *list, size_t count, size_t size)
{
	if (list && (count & (count - 1)) != 0) /* full at each power of two */
		return list;
	return yg_reallocarray(list, count ? 2 * count : 1, size);
}

static bool is_listed(const struct yg_clue_lists *l, const struct yg_clue *clue,
		      const struct yg_clue_value *value)
{
	uint8_t normal[YG_INDICATOR_NORMAL_MAX];
	struct yg_indicator one = {.value = {normal, 0}};
	struct yg_bytes name;

	if ((value->is_person && !clue->facts.is_yes) || value->kind == YG_CLUE_MAIL ||
	    value->kind == YG_CLUE_ACCOUNT)
		return false; /* an account may look like a name, and is none */
	one.value.size = yg_indicator_normal(value->value, &one.type, normal);
	if (one.value.size == 0)
		return false; /* nothing that is searched for */
	return clue->facts.is_yes || !l->known || !yg_warning_lists_has(l->known, &one, &name);
}

/* A cell of a table: quoted, whatever is in it. */
static void put_cell(struct yg_buf *to, struct yg_bytes text)
{
	yg_buf_add_byte(to, '"');
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '"')
			yg_buf_add_byte(to, '"');
		yg_buf_add_byte(to, text.data[i] < ' ' ? ' ' : text.data[i]);
	}
	yg_buf_add_byte(to, '"');
}

static void put_line(struct yg_buf *to, const struct yg_clue *clue, const struct yg_collection *of,
		     const struct yg_clue_value *value)
{
	const struct yg_clue_facts *f = &clue->facts;
	char until[YG_ISO_SIZE] = "";

	if (f->until_ns != YG_CLUE_NEVER)
		(void)yg_time_iso(f->until_ns, 0, until);
	put_cell(to, value->value);
	yg_buf_addf(to, ",stix:%s,%s,%s,%d,%s,%s,%s\n", of->id, yg_tlp_name(f->tlp),
		    yg_pap_name(f->pap ? f->pap : YG_PAP_RED),
		    f->confidence > 0 ? f->confidence : 0, until, f->is_yes ? "yes" : "no",
		    clue->id);
}

/* ---- the hub's own lists ---- */

struct writing {
	struct yg_clue_lists *lists;
	struct yg_buf text;
	uint64_t lines;
};

static int take_line(void *arg, const struct yg_clue *clue, const struct yg_collection *of,
		     const struct yg_clue_value *value)
{
	struct writing *w = arg;

	if (yg_clue_scope_of(of, clue->facts.tlp) != YG_CLUE_FOR_ALL ||
	    !is_listed(w->lists, clue, value))
		return YG_OK;
	put_line(&w->text, clue, of, value);
	w->lines++;
	return yg_buf_error(&w->text);
}

/* Does @path hold exactly @text? */
static bool is_same(const char *path, struct yg_bytes text)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	bool is = yg_io_read_file(path, FILE_BYTES, &bytes, &size) == YG_OK &&
		  yg_bytes_eq((struct yg_bytes){bytes, size}, text);

	free(bytes);
	return is;
}

static int write_file(struct yg_clue_lists *lists, int64_t file)
{
	struct writing w = {.lists = lists};
	int64_t span = (int64_t)YG_CLUE_FILE * (int64_t)YG_CLUE_PART;
	char path[PATH_ROOM];
	int size = snprintf(path, sizeof(path), "%s/stix-%05lld.csv", lists->indicators,
			    (long long)file);
	int rc = size > 0 && (size_t)size < sizeof(path) ? YG_OK : YG_ELIMIT;

	yg_buf_init(&w.text, FILE_BYTES);
	yg_buf_add_str(&w.text, HEAD);
	if (rc == YG_OK)
		rc = yg_clues_acting(lists->stix, file * span, (file + 1) * span, take_line, &w);
	if (rc == YG_OK)
		rc = yg_buf_error(&w.text);
	if (rc == YG_OK && w.lines == 0) {
		rc = yg_disk_unlink(path);
		rc = rc == YG_ENOENT ? YG_OK : rc;
	} else if (rc == YG_OK && !is_same(path, yg_buf_bytes(&w.text))) {
		rc = yg_disk_replace(path, yg_buf_bytes(&w.text), 0600);
	}
	yg_buf_done(&w.text);
	return rc;
}

/* The marked parts, ascending. */
struct marks {
	struct yg_clue_part *list;
	size_t count;
};

static int write_files(struct yg_clue_lists *lists, const struct marks *marks)
{
	int64_t last = -1;
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < marks->count; i++) {
		int64_t file = marks->list[i].number / (int64_t)YG_CLUE_FILE;

		if (yg_hub_thread_ends(lists->life))
			return YG_EAGAIN;
		if (file != last)
			rc = write_file(lists, file);
		last = file;
	}
	return rc;
}

/* ---- for single organisations ---- */

struct org {
	char id[YG_ENROL_ID_MAX + 1];
	char sector[YG_COLLECTION_NAME_MAX * 4 + 1];
};

struct sensor {
	char id[YG_ENROL_ID_MAX + 1];
	size_t org; /* index */
};

/* All who have sensors. */
struct town {
	struct yg_clue_lists *lists;
	struct org *orgs;
	size_t org_count;
	struct sensor *sensors;
	size_t sensor_count;
};

static int take_sensor(void *arg, const struct yg_enrol_sensor *sensor)
{
	struct town *t = arg;
	void *more;

	if (sensor->is_revoked)
		return YG_OK;
	/* By organisation, so that one is new or the last. */
	if (t->org_count == 0 || strcmp(t->orgs[t->org_count - 1].id, sensor->org) != 0) {
		more = room_for(t->orgs, t->org_count, sizeof(*t->orgs));
		if (!more)
			return YG_ENOMEM;
		t->orgs = more;
		t->orgs[t->org_count] = (struct org){.sector = ""};
		memcpy(t->orgs[t->org_count++].id, sensor->org, sizeof(sensor->org));
	}
	more = room_for(t->sensors, t->sensor_count, sizeof(*t->sensors));
	if (!more)
		return YG_ENOMEM;
	t->sensors = more;
	t->sensors[t->sensor_count] = (struct sensor){.org = t->org_count - 1};
	memcpy(t->sensors[t->sensor_count++].id, sensor->id, sizeof(sensor->id));
	return YG_OK;
}

static int mark_all(struct yg_collections *stix, int64_t unused)
{
	(void)unused;
	return yg_clues_mark_acting(stix);
}

static int mark_nothing(struct yg_collections *stix, int64_t unused)
{
	(void)stix;
	(void)unused;
	return YG_OK;
}

/* {"organisation": "sector"}. NULL: no memory. */
static json_t *sectors_of(const struct town *t)
{
	json_t *all = json_object();
	int rc = all ? YG_OK : YG_ENOMEM;

	for (size_t i = 0; rc == YG_OK && i < t->org_count; i++)
		rc = yg_json_set(all, t->orgs[i].id,
				 yg_json_string(yg_bytes_str(t->orgs[i].sector)));
	if (rc == YG_OK)
		return all;
	json_decref(all);
	return NULL;
}

/* One that is new, or that has gone, is no change of sector: new sensors are told all there is. */
static bool is_other_sector(const json_t *was, const json_t *is)
{
	const char *org;
	json_t *sector;

	json_object_foreach((json_t *)(uintptr_t)was, org, sector) /* it is only read */
	{
		const json_t *now = json_object_get(is, org);

		if (now && !json_equal(now, sector))
			return true;
	}
	return false;
}

/* What all was listed by; NULL with YG_OK: nobody knows. */
static int sectors_before(struct yg_collections *stix, json_t **ret)
{
	struct yg_fault fault;
	struct yg_buf text;
	int rc;

	*ret = NULL;
	yg_buf_init(&text, SECTORS_MAX);
	rc = yg_collections_get_text(stix, YG_CLUE_TEXTS, YG_S(YG_CLUE_SECTORS), &text);
	if (rc == YG_OK && yg_json_load(yg_buf_bytes(&text), SECTORS_MAX, ret, &fault) == YG_ENOMEM)
		rc = YG_ENOMEM;
	yg_buf_done(&text);
	if (!json_is_object(*ret)) { /* an erasure leaves null */
		json_decref(*ret);
		*ret = NULL;
	}
	return rc == YG_ENOENT ? YG_OK : rc;
}

static int note_sectors(struct yg_collections *stix, const json_t *is)
{
	struct yg_buf text;
	json_t *was = NULL;
	int rc = sectors_before(stix, &was);

	yg_buf_init(&text, SECTORS_MAX);
	if (rc == YG_OK && !(was && json_equal(was, is))) {
		rc = yg_json_canonical(is, &text);
		yg_buf_add_byte(&text, '\0');
		if (rc == YG_OK)
			rc = yg_buf_error(&text);
		if (rc == YG_OK)
			rc = put_anew(stix, YG_CLUE_SECTORS, (const char *)text.data,
				      was && !is_other_sector(was, is) ? mark_nothing : mark_all,
				      0);
	}
	yg_buf_done(&text);
	json_decref(was);
	return rc;
}

/* Before anything is listed by them: what was listed by others is marked. */
static int follow_sectors(const struct town *t)
{
	json_t *is = sectors_of(t);
	int rc = is ? note_sectors(t->lists->stix, is) : YG_ENOMEM;

	json_decref(is);
	return rc;
}

static int town_open(struct yg_clue_lists *lists, struct town *ret)
{
	int rc;

	*ret = (struct town){.lists = lists};
	rc = yg_enrol_sensor_list(lists->enrol, NULL, take_sensor, ret);
	for (size_t i = 0; rc == YG_OK && i < ret->org_count; i++)
		rc = yg_clue_sector(lists->hub, ret->orgs[i].id, ret->orgs[i].sector,
				    sizeof(ret->orgs[i].sector));
	if (rc == YG_OK)
		rc = follow_sectors(ret);
	return rc;
}

static void town_done(struct town *t)
{
	free(t->orgs);
	free(t->sensors);
}

struct scoping {
	const struct town *town;
	struct yg_warned_rows rows;
};

static int take_scoped(void *arg, const struct yg_clue *clue, const struct yg_collection *of,
		       const struct yg_clue_value *value)
{
	struct scoping *s = arg;
	enum yg_clue_scope scope = yg_clue_scope_of(of, clue->facts.tlp);
	struct yg_warned_row row = {.value = value->value,
				    .warning = yg_bytes_str(clue->id),
				    .until_ns = clue->facts.until_ns / YG_NS_PER_S * YG_NS_PER_S};
	int rc = YG_OK;

	if (scope == YG_CLUE_FOR_ALL || scope == YG_CLUE_FOR_NOBODY ||
	    !is_listed(s->town->lists, clue, value))
		return YG_OK;
	for (size_t i = 0; rc == YG_OK && i < s->town->org_count; i++) {
		row.org = yg_bytes_str(s->town->orgs[i].id);
		if (yg_clue_is_for(of, clue->facts.tlp, s->town->orgs[i].id,
				   s->town->orgs[i].sector))
			rc = yg_hub_warned_rows_add(&s->rows, &row);
	}
	return rc;
}

static int see_scoped(void *arg, const struct yg_collection *of)
{
	bool *has = arg;
	enum yg_clue_scope scope = yg_clue_scope_of(of, YG_TLP_CLEAR);

	*has = *has || scope == YG_CLUE_FOR_SECTOR || scope == YG_CLUE_FOR_ORG;
	return YG_OK;
}

static int write_scoped(struct yg_clue_lists *lists, const struct town *town)
{
	struct scoping s = {.town = town};
	bool has = false, is_changed;
	int rc = yg_hub_warned_rows_init(&s.rows);

	if (rc == YG_OK)
		rc = yg_collections_each(lists->stix, YG_S("hub"), see_scoped, &has);
	if (rc == YG_OK && has) /* else all that acts is for everybody: it need not be read */
		rc = yg_clues_acting(lists->stix, 0, INT64_MAX, take_scoped, &s);
	if (rc == YG_OK)
		rc = yg_hub_warned_write_as(lists->indicators, "stix", s.rows.rows, s.rows.count,
					    &is_changed);
	if (rc == YG_OK)
		lists->left_out_here = s.rows.left_out;
	yg_hub_warned_rows_done(&s.rows);
	return rc;
}

/* ---- lists of sensors ---- */

/* A part: its lines, each with whom it is for. */
struct line {
	size_t at;
	size_t size;
	enum yg_tlp tlp;
	struct yg_collection *of; /* NULL: for everybody */
};

struct part {
	struct yg_clue_lists *lists;
	char name[NAME_ROOM];
	struct yg_buf text;
	size_t escapes; /* bytes that it has more as JSON */
	struct line *lines;
	size_t count;
};

static void part_done(struct part *p)
{
	yg_buf_done(&p->text);
	for (size_t i = 0; i < p->count; i++)
		free(p->lines[i].of);
	free(p->lines);
}

static int take_part(void *arg, const struct yg_clue *clue, const struct yg_collection *of,
		     const struct yg_clue_value *value)
{
	struct part *p = arg;
	enum yg_clue_scope scope = yg_clue_scope_of(of, clue->facts.tlp);
	size_t at = p->text.size;
	struct line *line;
	void *more;

	if (scope == YG_CLUE_FOR_NOBODY || !clue->verdict.may_sensors ||
	    !is_listed(p->lists, clue, value))
		return YG_OK;
	if (at + p->escapes > YG_CLUE_PART_BYTES) {
		p->lists->left_out++;
		return YG_OK;
	}
	more = room_for(p->lines, p->count, sizeof(*p->lines));
	if (!more)
		return YG_ENOMEM;
	p->lines = more;
	put_line(&p->text, clue, of, value);
	for (size_t i = at; i < p->text.size; i++)
		p->escapes += p->text.data[i] == '"' || p->text.data[i] == '\\' ||
			      p->text.data[i] == '\n';
	line = &p->lines[p->count];
	*line = (struct line){.at = at, .size = p->text.size - at, .tlp = clue->facts.tlp};
	if (scope != YG_CLUE_FOR_ALL) {
		line->of = yg_malloc(sizeof(*line->of));
		if (!line->of)
			return YG_ENOMEM;
		*line->of = *of;
	}
	p->count++;
	return yg_buf_error(&p->text);
}

static int part_read(struct yg_clue_lists *lists, int64_t number, struct part *ret)
{
	*ret = (struct part){.lists = lists};
	(void)snprintf(ret->name, sizeof(ret->name), "stix-%lld.csv", (long long)number); /* fits */
	yg_buf_init(&ret->text, YG_CLUE_PART_BYTES + (64u << 10));
	return yg_clues_acting(lists->stix, number * (int64_t)YG_CLUE_PART,
			       (number + 1) * (int64_t)YG_CLUE_PART, take_part, ret);
}

/* The lines of @p that are for @org; nothing: the list is to go. */
static int text_for(const struct part *p, const struct org *org, struct yg_buf *to)
{
	bool has_any = false;

	for (size_t i = 0; i < p->count; i++) {
		const struct line *line = &p->lines[i];

		if (line->of && !yg_clue_is_for(line->of, line->tlp, org->id, org->sector))
			continue;
		if (!has_any)
			yg_buf_add_str(to, HEAD);
		has_any = true;
		yg_buf_add(to, yg_bytes_cut(yg_bytes_from(yg_buf_bytes(&p->text), line->at), 0,
					    line->size));
	}
	return yg_buf_error(to);
}

static int send(struct yg_clue_lists *lists, const char *sensor, json_t *take_body)
{
	struct yg_buf text;
	uint64_t number;
	int rc = take_body ? YG_OK : YG_ENOMEM;

	yg_buf_init(&text, YG_ENROL_BODY_MAX);
	if (rc == YG_OK)
		rc = yg_json_canonical(take_body, &text);
	if (rc == YG_OK)
		rc = yg_enrol_down_add(lists->enrol, sensor, "detect", yg_buf_bytes(&text),
				       &number);
	yg_buf_done(&text);
	json_decref(take_body);
	return rc;
}

static int remove_list(struct yg_clue_lists *lists, const char *sensor, const char *name,
		       json_t *sent)
{
	int rc;

	if (!json_object_get(sent, name))
		return YG_OK;
	rc = send(lists, sensor,
		  json_pack("{s:s, s:s, s:b}", "what", "indicators", "name", name, "remove", 1));
	if (rc == YG_OK)
		(void)json_object_del(sent, name); /* it is there */
	return rc;
}

static int send_part(const struct part *p, const struct org *org, const char *sensor, json_t *sent)
{
	uint8_t digest[YG_DIGEST_BYTES];
	char hex[2 * YG_DIGEST_BYTES + 1];
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, YG_ENROL_BODY_MAX);
	rc = text_for(p, org, &text);
	if (rc == YG_OK && text.size == 0) {
		rc = remove_list(p->lists, sensor, p->name, sent);
	} else if (rc == YG_OK) {
		yg_digest(yg_buf_bytes(&text), digest);
		yg_hex((struct yg_bytes){digest, sizeof(digest)}, hex);
		hex[DIGEST_CHARS] = '\0';
		if (!yg_bytes_eq(yg_json_text(sent, p->name), yg_bytes_str(hex))) {
			rc = send(p->lists, sensor,
				  json_pack("{s:s, s:s, s:o}", "what", "indicators", "name",
					    p->name, "text", yg_json_string(yg_buf_bytes(&text))));
			if (rc == YG_OK)
				rc = yg_json_set(sent, p->name, json_string(hex));
		}
	}
	yg_buf_done(&text);
	return rc;
}

/* Parts that fell out of the window of the newest. */
static int send_window(struct yg_clue_lists *lists, const char *sensor, int64_t first, json_t *sent)
{
	const char *name;
	json_t *one;
	void *next;
	int rc = YG_OK;

	json_object_foreach_safe(sent, next, name, one)
	{
		uint64_t number;
		struct yg_bytes text = yg_bytes_str(name);
		size_t dot = yg_bytes_chr(text, '.');

		if (rc == YG_OK && yg_bytes_starts(text, YG_S("stix-")) &&
		    yg_bytes_u64(yg_bytes_from(yg_bytes_cut(text, 0, dot), 5), &number) &&
		    (int64_t)number < first)
			rc = remove_list(lists, sensor, name, sent);
	}
	return rc;
}

struct round {
	const struct town *town;
	struct part *parts;
	size_t count;
	int64_t first; /* part of the window */
	bool is_greeting;
};

/* In a transaction: messages and what is known of them are one. */
static int tell_sensor(const struct round *r, const struct sensor *sensor)
{
	struct yg_clue_lists *lists = r->town->lists;
	const struct org *org = &r->town->orgs[sensor->org];
	json_t *sent = NULL, *before = NULL;
	bool is_new;
	int rc = yg_clue_lists(lists->hub, org->id, sensor->id, &sent, &is_new);

	if (rc != YG_OK || (r->is_greeting && !is_new)) {
		json_decref(sent);
		return rc;
	}
	before = json_deep_copy(sent);
	rc = before ? send_window(lists, sensor->id, r->first, sent) : YG_ENOMEM;
	for (size_t i = 0; rc == YG_OK && i < r->count; i++)
		rc = send_part(&r->parts[i], org, sensor->id, sent);
	if (rc == YG_OK && (is_new || !json_equal(before, sent)))
		rc = yg_clue_lists_set(lists->hub, org->id, sensor->id, json_incref(sent));
	json_decref(before);
	json_decref(sent);
	return rc;
}

static int tell_all(const struct round *r)
{
	struct yg_clue_lists *lists = r->town->lists;
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < r->town->sensor_count; i++) {
		if (yg_hub_thread_ends(lists->life))
			return YG_EAGAIN;
		rc = yg_control_begin(lists->store);
		if (rc != YG_OK)
			break;
		rc = tell_sensor(r, &r->town->sensors[i]);
		if (rc == YG_OK)
			rc = yg_control_commit(lists->store);
		else
			yg_control_abort(lists->store);
		if (rc == YG_ENOENT) /* it was revoked just now */
			rc = YG_OK;
	}
	return rc;
}

/* Read a part of the round. */
static int add_part(struct round *r, int64_t number)
{
	void *more = room_for(r->parts, r->count, sizeof(*r->parts));
	int rc;

	if (yg_hub_thread_ends(r->town->lists->life))
		return YG_EAGAIN;
	if (!more)
		return YG_ENOMEM;
	r->parts = more;
	rc = part_read(r->town->lists, number, &r->parts[r->count]);
	r->count++; /* what it has is freed in any case */
	return rc;
}

static void round_done(struct round *r)
{
	for (size_t i = 0; i < r->count; i++)
		part_done(&r->parts[i]);
	free(r->parts);
}

static int round_begin(const struct town *town, struct round *ret)
{
	int64_t parts = 0;
	int rc = yg_clues_parts(town->lists->stix, &parts);

	*ret = (struct round){.town = town};
	if (parts > (int64_t)YG_CLUE_SENSOR_PARTS)
		ret->first = parts - (int64_t)YG_CLUE_SENSOR_PARTS;
	return rc;
}

static int tell_marked(const struct town *town, const struct marks *marks)
{
	struct round r;
	int rc = round_begin(town, &r);

	for (size_t i = 0; rc == YG_OK && i < marks->count; i++)
		if (marks->list[i].number >= r.first)
			rc = add_part(&r, marks->list[i].number);
	if (rc == YG_OK && r.count > 0)
		rc = tell_all(&r);
	round_done(&r);
	return rc;
}

static int look_marks(struct yg_clue_lists *lists, struct marks *ret)
{
	struct yg_clue_part part = {.number = -1};
	int rc = YG_OK;

	while (rc == YG_OK && (rc = yg_clues_part(lists->stix, part.number, &part)) == YG_OK) {
		void *more = room_for(ret->list, ret->count, sizeof(*ret->list));

		if (!more)
			return YG_ENOMEM;
		ret->list = more;
		ret->list[ret->count++] = part;
	}
	return rc == YG_ENOENT ? YG_OK : rc;
}

static int unmark(struct yg_clue_lists *lists, const struct marks *marks)
{
	int rc = yg_collections_begin(lists->stix);

	for (size_t i = 0; rc == YG_OK && i < marks->count; i++)
		rc = yg_clues_part_done(lists->stix, &marks->list[i]);
	if (rc == YG_OK)
		return yg_collections_commit(lists->stix);
	yg_collections_abort(lists->stix);
	return rc;
}

int yg_clue_lists_write(struct yg_clue_lists *lists)
{
	struct marks marks = {.count = 0};
	struct town town = {0};
	int rc = look_marks(lists, &marks);

	lists->has_written = marks.count > 0;
	if (rc == YG_OK && marks.count > 0) {
		lists->left_out = 0;
		rc = town_open(lists, &town);
		if (rc == YG_OK)
			rc = write_files(lists, &marks);
		if (rc == YG_OK)
			rc = write_scoped(lists, &town);
		if (rc == YG_OK)
			rc = tell_marked(&town, &marks);
		town_done(&town);
		if (rc == YG_OK)
			rc = unmark(lists, &marks);
	}
	free(marks.list);
	return rc;
}

/* Is there a sensor that was told nothing yet? */
static int look_for_new(const struct town *t, bool *ret)
{
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < t->sensor_count && !*ret; i++)
		rc = yg_clue_lists_is_new(t->lists->hub, t->orgs[t->sensors[i].org].id,
					  t->sensors[i].id, ret);
	return rc;
}

int yg_clue_lists_greet(struct yg_clue_lists *lists)
{
	struct town town;
	struct round r = {.count = 0};
	int64_t parts = 0;
	bool is_wanted = false;
	int rc = town_open(lists, &town);

	if (rc == YG_OK)
		rc = look_for_new(&town, &is_wanted);
	if (rc == YG_OK && is_wanted)
		rc = write_scoped(lists, &town); /* its organisation may be new, too */
	if (rc == YG_OK && is_wanted)
		rc = yg_clues_parts(lists->stix, &parts);
	if (rc == YG_OK && is_wanted)
		rc = round_begin(&town, &r);
	r.is_greeting = true;
	for (int64_t i = r.first; rc == YG_OK && is_wanted && i < parts; i++)
		rc = add_part(&r, i);
	if (rc == YG_OK && is_wanted)
		rc = tell_all(&r);
	round_done(&r);
	town_done(&town);
	return rc;
}

int yg_clue_lists_follow_sectors(struct yg_clue_lists *lists)
{
	struct town town;
	int rc = town_open(lists, &town);

	town_done(&town);
	return rc;
}
