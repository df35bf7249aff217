/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_clue_lists-int.h"

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

#define PATH_ROOM   4352u
#define FILE_BYTES  (60u << 20) /* below YG_CSV_BYTES_MAX */
#define SECTORS_MAX (64u << 20)
#define HEAD	    "value,source,tlp,pap,confidence,valid_until,confirmed,comment\n"

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

void *yg_clue_room_for(void *list, size_t count, size_t size)
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

void yg_clue_put_cell(struct yg_buf *to, struct yg_bytes text)
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
	yg_clue_put_cell(to, value->value);
	yg_buf_addf(to, ",stix:%s,%s,%s,%d,%s,%s,%s\n", of->id, yg_tlp_name(f->tlp),
		    yg_pap_name(f->pap ? f->pap : YG_PAP_RED),
		    f->confidence > 0 ? f->confidence : 0, until, f->is_yes ? "yes" : "no",
		    clue->id);
}

/* ---- what acts, read once: for the hub's own lists, and for those of sensors ---- */

struct writing {
	struct yg_clue_lists *lists;
	struct yg_clue_round *round; /* NULL: no sensor is told */
	struct yg_buf text;
	uint64_t lines;
};

static int take_line(void *arg, const struct yg_clue *clue, const struct yg_collection *of,
		     const struct yg_clue_value *value)
{
	struct writing *w = arg;
	enum yg_clue_scope scope = yg_clue_scope_of(of, clue->facts.tlp);
	int rc = YG_OK;

	if (scope == YG_CLUE_FOR_NOBODY || !is_listed(w->lists, clue, value))
		return YG_OK;
	if (w->round && clue->verdict.may_sensors)
		rc = yg_clue_round_take(w->round, clue, of, value->value);
	if (scope != YG_CLUE_FOR_ALL || rc != YG_OK)
		return rc;
	put_line(&w->text, clue, of, value);
	w->lines++;
	return yg_buf_error(&w->text);
}

static int take_for_sensors(void *arg, const struct yg_clue *clue, const struct yg_collection *of,
			    const struct yg_clue_value *value)
{
	struct writing *w = arg;

	if (yg_clue_scope_of(of, clue->facts.tlp) == YG_CLUE_FOR_NOBODY ||
	    !clue->verdict.may_sensors || !is_listed(w->lists, clue, value))
		return YG_OK;
	return yg_clue_round_take(w->round, clue, of, value->value);
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

static int write_file(struct yg_clue_lists *lists, struct yg_clue_round *round, int64_t file)
{
	struct writing w = {.lists = lists, .round = round};
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

static int64_t file_of(int64_t part)
{
	return part / (int64_t)YG_CLUE_FILE;
}

/* Lists of sensors in a file that is as it was. */
static int read_lists(struct yg_clue_lists *lists, struct yg_clue_round *round, int64_t file)
{
	struct writing w = {.lists = lists, .round = round};
	int64_t span = (int64_t)YG_CLUE_PART;
	int rc = YG_OK;

	for (size_t i = round->told; rc == YG_OK && i < round->count; i++) {
		const struct yg_clue_list *list = &round->lists[i];

		if (file_of(list->first) == file)
			rc = yg_clues_acting(lists->stix, list->first * span,
					     (list->first + (int64_t)list->parts) * span,
					     take_for_sensors, &w);
	}
	return rc;
}

/* File by file: those with a marked part are written, and what sensors get of each is told. */
static int write_files(struct yg_clue_lists *lists, const struct yg_clue_marks *marks,
		       struct yg_clue_round *round)
{
	size_t at = 0;
	int rc = YG_OK;

	while (rc == YG_OK && (at < marks->count || round->told < round->count)) {
		int64_t mark = at < marks->count ? file_of(marks->list[at].number) : INT64_MAX;
		int64_t list = round->told < round->count ? file_of(round->lists[round->told].first)
							  : INT64_MAX;
		int64_t file = mark < list ? mark : list;

		if (yg_hub_thread_ends(lists->life))
			return YG_EAGAIN;
		rc = mark == file ? write_file(lists, round, file) : read_lists(lists, round, file);
		if (rc == YG_OK)
			rc = yg_clue_round_tell(round, (file + 1) * (int64_t)YG_CLUE_FILE);
		while (at < marks->count && file_of(marks->list[at].number) == file)
			at++;
	}
	return rc;
}

/* ---- for single organisations ---- */

static int take_sensor(void *arg, const struct yg_enrol_sensor *sensor)
{
	struct yg_clue_town *t = arg;
	void *more;

	if (sensor->is_revoked)
		return YG_OK;
	/* By organisation, so that one is new or the last. */
	if (t->org_count == 0 || strcmp(t->orgs[t->org_count - 1].id, sensor->org) != 0) {
		more = yg_clue_room_for(t->orgs, t->org_count, sizeof(*t->orgs));
		if (!more)
			return YG_ENOMEM;
		t->orgs = more;
		t->orgs[t->org_count] = (struct yg_clue_org){.sector = ""};
		memcpy(t->orgs[t->org_count++].id, sensor->org, sizeof(sensor->org));
	}
	more = yg_clue_room_for(t->sensors, t->sensor_count, sizeof(*t->sensors));
	if (!more)
		return YG_ENOMEM;
	t->sensors = more;
	t->sensors[t->sensor_count] = (struct yg_clue_sensor){.org = t->org_count - 1};
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
static json_t *sectors_of(const struct yg_clue_town *t)
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
static int follow_sectors(const struct yg_clue_town *t)
{
	json_t *is = sectors_of(t);
	int rc = is ? note_sectors(t->lists->stix, is) : YG_ENOMEM;

	json_decref(is);
	return rc;
}

static int town_open(struct yg_clue_lists *lists, struct yg_clue_town *ret)
{
	int rc;

	*ret = (struct yg_clue_town){.lists = lists};
	rc = yg_enrol_sensor_list(lists->enrol, NULL, take_sensor, ret);
	for (size_t i = 0; rc == YG_OK && i < ret->org_count; i++)
		rc = yg_clue_sector(lists->hub, ret->orgs[i].id, ret->orgs[i].sector,
				    sizeof(ret->orgs[i].sector));
	if (rc == YG_OK)
		rc = follow_sectors(ret);
	return rc;
}

static void town_done(struct yg_clue_town *t)
{
	free(t->orgs);
	free(t->sensors);
}

struct scoping {
	const struct yg_clue_town *town;
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

static int write_scoped(struct yg_clue_lists *lists, const struct yg_clue_town *town)
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

/* ---- all of it ---- */

static int look_marks(struct yg_clue_lists *lists, struct yg_clue_marks *ret)
{
	struct yg_clue_part part = {.number = -1};
	int rc = YG_OK;

	while (rc == YG_OK && (rc = yg_clues_part(lists->stix, part.number, &part)) == YG_OK) {
		void *more = yg_clue_room_for(ret->list, ret->count, sizeof(*ret->list));

		if (!more)
			return YG_ENOMEM;
		ret->list = more;
		ret->list[ret->count++] = part;
	}
	return rc == YG_ENOENT ? YG_OK : rc;
}

static int unmark(struct yg_clue_lists *lists, const struct yg_clue_marks *marks,
		  const struct yg_clue_round *round)
{
	int rc = yg_collections_begin(lists->stix);

	for (size_t i = 0; rc == YG_OK && i < marks->count; i++)
		rc = yg_clues_part_done(lists->stix, &marks->list[i]);
	if (rc == YG_OK)
		rc = yg_clue_round_settle(round);
	if (rc == YG_OK)
		return yg_collections_commit(lists->stix);
	yg_collections_abort(lists->stix);
	return rc;
}

/* Lists of another form were sent before. */
static int mark_again(struct yg_collections *stix, int64_t unused)
{
	(void)unused;
	return yg_clues_mark_acting(stix);
}

static int write_marked(struct yg_clue_lists *lists, const struct yg_clue_marks *marks)
{
	struct yg_clue_town town = {0};
	struct yg_clue_round round = {.count = 0};
	int rc = town_open(lists, &town);

	if (rc == YG_OK)
		rc = yg_clue_round_begin(&town, marks, &round);
	if (rc == YG_OK)
		rc = write_files(lists, marks, &round);
	if (rc == YG_OK)
		rc = yg_clue_round_tell(&round, INT64_MAX);
	if (rc == YG_OK)
		rc = write_scoped(lists, &town);
	if (rc == YG_OK)
		rc = unmark(lists, marks, &round);
	yg_clue_round_done(&round);
	town_done(&town);
	return rc;
}

int yg_clue_lists_write(struct yg_clue_lists *lists)
{
	struct yg_clue_marks marks = {.count = 0};
	int rc = yg_clue_follow(lists->stix, "lists", YG_CLUE_LISTS_FORM, mark_again, 0);

	if (rc == YG_OK)
		rc = look_marks(lists, &marks);
	lists->has_written = marks.count > 0;
	if (rc == YG_OK && marks.count > 0) {
		lists->left_out = 0;
		rc = write_marked(lists, &marks);
	}
	free(marks.list);
	return rc;
}

/* Is there a sensor that was told nothing yet? */
static int look_for_new(const struct yg_clue_town *t, bool *ret)
{
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < t->sensor_count && !*ret; i++)
		rc = yg_clue_lists_is_new(t->lists->hub, t->orgs[t->sensors[i].org].id,
					  t->sensors[i].id, ret);
	return rc;
}

static int greet(struct yg_clue_lists *lists, const struct yg_clue_town *town)
{
	struct yg_clue_round round = {.count = 0};
	struct writing w = {.lists = lists, .round = &round};
	int rc = write_scoped(lists, town); /* its organisation may be new, too */

	if (rc == YG_OK)
		rc = yg_clue_round_greet(town, &round);
	if (rc == YG_OK)
		rc = yg_clues_acting(lists->stix, round.first * (int64_t)YG_CLUE_PART, INT64_MAX,
				     take_for_sensors, &w);
	if (rc == YG_OK)
		rc = yg_clue_round_tell(&round, INT64_MAX);
	yg_clue_round_done(&round);
	return rc;
}

int yg_clue_lists_greet(struct yg_clue_lists *lists)
{
	struct yg_clue_town town;
	bool is_wanted = false;
	int rc = town_open(lists, &town);

	if (rc == YG_OK)
		rc = look_for_new(&town, &is_wanted);
	if (rc == YG_OK && is_wanted)
		rc = greet(lists, &town);
	town_done(&town);
	return rc;
}

int yg_clue_lists_follow_sectors(struct yg_clue_lists *lists)
{
	struct yg_clue_town town;
	int rc = town_open(lists, &town);

	town_done(&town);
	return rc;
}
