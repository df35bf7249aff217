/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/report_aids.h"

#include "access/hub-int.h"
#include "base/json.h"

#include "base/ban.h"

#define BOOK	 "report_book"
#define MAP	 "report_map" /* beside the workbook, for that may be megabytes */
#define CONTACTS "report_contacts"
#define LIST	 "list"
#define MAP_MAX	 (1u << 20)

/* ---- documents ---- */

struct reading {
	bool is_whole; /* wanted as it is; else without "file", and no tree is made of that */
	struct yg_bytes file; /* in base64; is it the same? */
	bool is_same;
	json_t *body;
	int64_t time_ns;
	char by[YG_DOC_ACTOR_MAX + 1];
};

static int read_head(struct yg_bytes body, json_t **ret)
{
	struct yg_fault fault;
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, YG_DOC_BODY_MAX);
	rc = yg_json_splice(body, "file", YG_S("\"\""), &text);
	if (rc == YG_OK)
		rc = yg_json_load(yg_buf_bytes(&text), YG_DOC_BODY_MAX, ret, &fault);
	if (rc == YG_OK)
		(void)json_object_del(*ret, "file");
	yg_buf_done(&text);
	return rc;
}

static int keep(void *arg, const struct yg_doc *doc)
{
	struct reading *reading = arg;
	struct yg_fault fault;

	if (doc->is_removed)
		return YG_OK;
	json_decref(reading->body);
	reading->body = NULL;
	reading->time_ns = doc->time_ns;
	(void)snprintf(reading->by, sizeof(reading->by), "%.*s",
		       YG_FMT(doc->actor)); /* the store holds the limit */
	if (reading->is_whole)
		return yg_json_load(doc->body, YG_DOC_BODY_MAX, &reading->body, &fault);
	reading->is_same = yg_bytes_eq(yg_json_peek_text(doc->body, "file"), reading->file);
	return read_head(doc->body, &reading->body);
}

/* YG_ENOENT; reading->body owned. */
static int load(struct yg_hub_access *hub, const char *org, const char *kind, const char *key,
		struct reading *reading)
{
	int rc = yg_control_get(hub->store, yg_bytes_str(org), yg_bytes_str(kind),
				yg_bytes_str(key), keep, reading);

	return rc == YG_OK && !reading->body ? YG_ENOENT : rc;
}

static int require_own(struct yg_access *by, enum yg_hub_right right, struct yg_hub_access **ret)
{
	int rc = yg_hub_require(by, right, ret);

	return rc == YG_OK && strcmp(by->org, YG_HUB_ORG) == 0 ? YG_EINVAL : rc;
}

static bool is_form(const char *form)
{
	size_t size = strlen(form);

	return size > 0 && size <= YG_REPORT_FORM_ID_MAX &&
	       strspn(form, "abcdefghijklmnopqrstuvwxyz0123456789_-") == size;
}

/* When it was changed, and by whom. */
static int add_change(json_t *body, int64_t time_ns, const char *by)
{
	char iso[YG_ISO_SIZE];
	int rc;

	(void)yg_time_iso(time_ns / YG_NS_PER_S * YG_NS_PER_S, 0, iso);
	rc = yg_json_set(body, "changed", json_string(iso));
	return rc == YG_OK ? yg_json_set(body, "by", json_string(by)) : rc;
}

/* ---- workbooks ---- */

/* What belongs to a workbook that was read: its map, and which of both was changed last. */
static int complete(struct yg_hub_access *hub, const char *org, const char *form,
		    struct reading *book)
{
	struct reading map = {.is_whole = true};
	int rc = load(hub, org, MAP, form, &map);

	if (rc == YG_OK)
		rc = yg_json_set(book->body, "map", json_incref(json_object_get(map.body, "map")));
	else if (rc == YG_ENOENT) /* it stood with the workbook before */
		rc = json_object_get(book->body, "map")
			     ? YG_OK
			     : yg_json_set(book->body, "map", json_string(""));
	if (rc == YG_OK && map.body && map.time_ns >= book->time_ns) {
		book->time_ns = map.time_ns;
		memcpy(book->by, map.by, sizeof(book->by));
	}
	json_decref(map.body);
	return rc == YG_OK ? add_change(book->body, book->time_ns, book->by) : rc;
}

int yg_report_book_get(struct yg_access *by, const char *form, bool has_file, json_t **ret)
{
	struct reading reading = {.is_whole = has_file};
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_read_reports, &hub);

	if (rc == YG_OK)
		rc = is_form(form) ? load(hub, by->org, BOOK, form, &reading) : YG_ENOENT;
	if (rc == YG_OK)
		rc = complete(hub, by->org, form, &reading);
	if (rc == YG_OK)
		*ret = reading.body;
	else
		json_decref(reading.body);
	return rc;
}

struct listing {
	struct yg_hub_access *hub;
	const char *org;
	json_t *items;
};

static int list_one(void *arg, const struct yg_doc *doc)
{
	const struct listing *l = arg;
	char form[YG_REPORT_FORM_ID_MAX + 1];
	struct reading reading = {0};
	int rc = keep(&reading, doc);

	if (rc != YG_OK || !reading.body)
		return rc;
	(void)snprintf(form, sizeof(form), "%.*s", YG_FMT(doc->key)); /* as measured when set */
	rc = complete(l->hub, l->org, form, &reading);
	if (rc == YG_OK)
		return json_array_append_new(l->items, reading.body) == 0 ? YG_OK : YG_ENOMEM;
	json_decref(reading.body);
	return rc;
}

int yg_report_book_list(struct yg_access *by, json_t **ret)
{
	struct yg_doc_filter filter = {.kind = YG_S(BOOK), .limit = YG_DOC_LIST_MAX};
	struct listing l = {.org = by->org, .items = json_array()};
	int rc = yg_hub_require(by, YG_MAY_read_reports, &l.hub);

	if (rc == YG_OK)
		rc = l.items ? yg_control_list(l.hub->store, yg_bytes_str(by->org), &filter,
					       list_one, &l)
			     : YG_ENOMEM;
	if (rc == YG_OK)
		*ret = l.items;
	else
		json_decref(l.items);
	return rc;
}

/* What is there, and what of a wish is new: each revision is kept, so nothing is put for nothing.
 */
struct setting {
	struct yg_access *by;
	struct yg_hub_access *hub;
	const struct yg_report_book_wish *wish;
	struct yg_buf file; /* in base64 */
	struct reading book;
	struct reading map;
	bool has_file; /* that is new */
	bool has_map;
};

static bool is_text(const json_t *body, const char *key, const char *text)
{
	json_t *wanted = yg_hub_string(text);
	json_t *value = json_object_get(body, key);
	bool is_so = json_equal(value, wanted) || (!value && !text[0]);

	json_decref(wanted);
	return is_so;
}

static int look(struct setting *s)
{
	const struct yg_report_book_wish *wish = s->wish;
	int rc = YG_OK;

	if (wish->file.data)
		yg_base64_add(&s->file, wish->file);
	rc = yg_buf_error(&s->file);
	s->book.file = yg_buf_bytes(&s->file);
	if (rc == YG_OK)
		rc = load(s->hub, s->by->org, BOOK, wish->form, &s->book);
	if (rc == YG_ENOENT && wish->file.data) {
		s->book.body = json_pack("{s:s}", "form", wish->form);
		rc = s->book.body ? YG_OK : YG_ENOMEM;
	}
	if (rc == YG_OK) {
		rc = load(s->hub, s->by->org, MAP, wish->form, &s->map);
		rc = rc == YG_ENOENT ? YG_OK : rc;
	}
	s->has_file =
		wish->file.data && !(s->book.is_same && is_text(s->book.body, "name", wish->name));
	/* It stood with the workbook before. */
	s->has_map =
		wish->map && !is_text(s->map.body ? s->map.body : s->book.body, "map", wish->map);
	return rc;
}

static int put_file(struct setting *s)
{
	json_t *body = s->book.body;
	int rc = yg_json_set(body, "file", yg_json_string(yg_buf_bytes(&s->file)));

	if (rc == YG_OK)
		rc = yg_json_set(body, "size", json_integer((json_int_t)s->wish->file.size));
	if (rc == YG_OK)
		rc = yg_json_set(body, "name", yg_hub_string(s->wish->name));
	return rc == YG_OK ? yg_hub_put_at(s->hub, s->by->org, s->by->actor, BOOK, s->wish->form,
					   json_incref(body), YG_REVISION_ANY)
			   : rc;
}

static int put_both(struct setting *s)
{
	int rc = s->has_file ? put_file(s) : YG_OK;

	if (rc == YG_OK && s->has_map)
		rc = yg_hub_put_at(s->hub, s->by->org, s->by->actor, MAP, s->wish->form,
				   json_pack("{s:s, s:o}", "form", s->wish->form, "map",
					     yg_hub_string(s->wish->map)),
				   YG_REVISION_ANY);
	return rc;
}

static int set_book(struct setting *s)
{
	int rc = look(s);

	if (rc != YG_OK || (!s->has_file && !s->has_map))
		return rc;
	rc = yg_hub_begin(s->hub);
	if (rc != YG_OK)
		return rc;
	return yg_hub_finish(s->hub, put_both(s),
			     &(struct yg_hub_deed){s->by->actor, s->by->org, "report.book",
						   s->wish->form, s->has_file ? "file" : "map"});
}

int yg_report_book_set(struct yg_access *by, const struct yg_report_book_wish *wish)
{
	struct setting s = {.by = by, .wish = wish, .map = {.is_whole = true}};
	int rc = require_own(by, YG_MAY_write_reports, &s.hub);

	if (rc == YG_OK && (!is_form(wish->form) ||
			    (wish->file.data && (wish->file.size == 0 ||
						 !yg_hub_is_text(wish->name, YG_REPORT_NAME_MAX)))))
		rc = YG_EINVAL;
	if (rc == YG_OK &&
	    (wish->file.size > YG_REPORT_BOOK_MAX || (wish->map && strlen(wish->map) > MAP_MAX)))
		rc = YG_ELIMIT;
	if (rc != YG_OK)
		return rc;
	yg_buf_init(&s.file, 2 * YG_REPORT_BOOK_MAX);
	rc = set_book(&s);
	yg_buf_done(&s.file);
	json_decref(s.book.body);
	json_decref(s.map.body);
	return rc;
}

static int remove_at(struct yg_access *by, const char *kind, const char *form)
{
	const struct yg_doc_put put = {.org = yg_bytes_str(by->org),
				       .kind = yg_bytes_str(kind),
				       .key = yg_bytes_str(form),
				       .is_removed = true,
				       .expected = YG_REVISION_ANY,
				       .time_ns = yg_hub_now_ns(by->hub),
				       .actor = yg_bytes_str(by->actor)};

	return yg_control_put(by->hub->store, &put, NULL);
}

int yg_report_book_remove(struct yg_access *by, const char *form)
{
	struct yg_hub_access *hub;
	int rc = require_own(by, YG_MAY_write_reports, &hub);

	if (rc == YG_OK && !is_form(form))
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = remove_at(by, BOOK, form);
	if (rc == YG_OK) {
		rc = remove_at(by, MAP, form);
		rc = rc == YG_ENOENT ? YG_OK : rc; /* it had none */
	}
	return yg_hub_finish(
		hub, rc, &(struct yg_hub_deed){by->actor, by->org, "report.book", form, "removed"});
}

/* ---- whom to tell ---- */

static const char *const columns[] = {
#define X(name) #name,
	YG_REPORT_TELL_MAP(X)
#undef X
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

int yg_report_tell_get(struct yg_access *by, json_t **ret)
{
	struct reading reading = {.is_whole = true};
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_read_reports, &hub);

	if (rc == YG_OK)
		rc = load(hub, by->org, CONTACTS, LIST, &reading);
	*ret = rc == YG_OK	 ? json_incref(json_object_get(reading.body, "items"))
	       : rc == YG_ENOENT ? json_array()
				 : NULL;
	json_decref(reading.body);
	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	return *ret ? YG_OK : YG_ENOMEM;
}

/* The line with its known texts alone, those that are empty among them. NULL: it is none. */
static json_t *copy_line(const json_t *line)
{
	json_t *made = json_object();
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)line, key, value) /* only read */
	{
		size_t i = 0;

		while (i < COLUMNS && strcmp(key, columns[i]) != 0)
			i++;
		if (i == COLUMNS || !json_is_string(value) ||
		    (json_string_length(value) > 0 &&
		     !yg_hub_is_text(json_string_value(value), YG_REPORT_TELL_BYTES))) {
			json_decref(made);
			return NULL;
		}
	}
	for (size_t i = 0; made && i < COLUMNS; i++) {
		value = json_object_get(line, columns[i]);
		if (yg_json_set(made, columns[i], value ? json_incref(value) : json_string("")) !=
			    YG_OK ||
		    (i < 2 && yg_json_text(made, columns[i]).size == 0)) {
			json_decref(made);
			return NULL;
		}
	}
	return made;
}

int yg_report_tell_set(struct yg_access *by, const json_t *items)
{
	struct yg_hub_access *hub;
	json_t *made = json_array();
	int rc = require_own(by, YG_MAY_write_reports, &hub);

	if (rc == YG_OK && (!made || !json_is_array(items)))
		rc = made ? YG_EINVAL : YG_ENOMEM;
	if (rc == YG_OK && json_array_size(items) > YG_REPORT_TELL_MAX)
		rc = YG_ELIMIT;
	for (size_t i = 0; rc == YG_OK && i < json_array_size(items); i++) {
		json_t *line = copy_line(json_array_get(items, i));

		rc = line && json_array_append_new(made, line) == 0 ? YG_OK : YG_EINVAL;
	}
	if (rc == YG_OK)
		rc = yg_hub_begin(hub);
	if (rc != YG_OK) {
		json_decref(made);
		return rc;
	}
	rc = yg_hub_put_at(hub, by->org, by->actor, CONTACTS, LIST,
			   json_pack("{s:o}", "items", made), YG_REVISION_ANY);
	return yg_hub_finish(
		hub, rc, &(struct yg_hub_deed){by->actor, by->org, "report.contacts", LIST, ""});
}

static bool concerns(struct yg_bytes service, const json_t *services)
{
	if (yg_bytes_eq(service, YG_S("*")))
		return true;
	for (size_t i = 0; i < json_array_size(services); i++) {
		const char *one = json_string_value(json_array_get(services, i));

		if (one && yg_bytes_eq_nocase(service, yg_bytes_trim(yg_bytes_str(one))))
			return true;
	}
	return false;
}

int yg_report_tell_for(const json_t *items, const json_t *services, json_t **ret)
{
	json_t *found = json_array();
	int rc = found ? YG_OK : YG_ENOMEM;

	for (size_t i = 0; rc == YG_OK && i < json_array_size(items); i++) {
		json_t *line = json_array_get(items, i);

		if (concerns(yg_bytes_trim(yg_json_text(line, "service")), services))
			rc = json_array_append(found, line) == 0 ? YG_OK : YG_ENOMEM;
	}
	if (rc == YG_OK)
		*ret = found;
	else
		json_decref(found);
	return rc;
}
