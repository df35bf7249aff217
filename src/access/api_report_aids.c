/* SPDX-License-Identifier: Apache-2.0 */
/* Beside reports: official workbooks, whom to tell for which service, when to remind. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/reminders.h"
#include "access/report_aids.h"
#include "access/reports.h"
#include "base/alloc.h"
#include "base/crypt.h"

#include "base/ban.h"

#define BODY_MAX (7u << 20) /* a workbook in base64, and its map */
#define TEXT_MAX (4u << 20)
#define MAP_MAX	 (1u << 20)

static int end(int rc)
{
	return rc == YG_EEND ? YG_OK : rc;
}

static int refuse(const struct yg_hub_call *call, int rc)
{
	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	if (rc == YG_ELIMIT)
		return yg_call_refuse(call, 413, "too-large", N_("The content is too large"),
				      N_("Leave out what is not needed, or split it."));
	return end(rc);
}

/* ---- workbooks ---- */

static int read_form(const struct yg_hub_call *call, char to[YG_REPORT_FORM_ID_MAX + 1])
{
	if (yg_call_part(call, 1, to, YG_REPORT_FORM_ID_MAX + 1))
		return YG_OK;
	(void)yg_call_not_found(call); /* always YG_OK */
	return YG_EEND;
}

/* @text, base64, to *ret (owned). YG_EINVAL. */
static int decode(struct yg_bytes text, struct yg_bytes *ret)
{
	size_t room = text.size / 4 * 3 + 3;
	uint8_t *to = yg_malloc(room);
	size_t size = 0;

	if (!to)
		return YG_ENOMEM;
	if (!yg_base64_read(text, to, room, &size) || size == 0) {
		free(to);
		return YG_EINVAL;
	}
	*ret = (struct yg_bytes){to, size};
	return YG_OK;
}

int yg_call_report_book(const struct yg_hub_call *call, const char *form, json_t **ret_book,
			struct yg_bytes *ret_file)
{
	int rc;

	*ret_book = NULL;
	rc = yg_report_book_get(yg_call_reader(call), form, true, ret_book);
	return rc == YG_OK ? decode(yg_json_text(*ret_book, "file"), ret_file) : rc;
}

/* What the port says of a workbook, as an object. YG_EEND: it cannot be used, the reply says why.
 */
static int look(const struct yg_hub_call *call, struct yg_hub_report_ask *how, json_t **ret)
{
	struct yg_fault fault;
	struct yg_buf out;
	int rc;

	yg_buf_init(&out, TEXT_MAX);
	rc = yg_call_report_ask(call, YG_HUB_REPORT_BOOK, how, &out);
	if (rc == YG_OK)
		rc = yg_json_load(yg_buf_bytes(&out), TEXT_MAX, ret, &fault);
	yg_buf_add_byte(&out, '\0');
	if (rc == YG_EINVAL) {
		(void)yg_reply_problem(
			call->reply, 422, "wrong-workbook",
			yg_tr(call->request->lang, N_("The workbook cannot be filled")),
			out.error ? NULL : (const char *)out.data);
		rc = YG_EEND; /* above: always YG_OK */
	}
	yg_buf_done(&out);
	return rc;
}

/* The book without its file, and with what would be found in it. */
static int give_book(const struct yg_hub_call *call, json_t *take_book, json_t *take_looked)
{
	int rc = json_object_update(take_book, take_looked) == 0 ? YG_OK : YG_ENOMEM;

	json_decref(take_looked);
	(void)json_object_del(take_book, "file");
	if (rc == YG_OK)
		return yg_call_json(call, 200, take_book);
	json_decref(take_book);
	return rc;
}

static int answer_book(const struct yg_hub_call *call, const char *form)
{
	struct yg_hub_report_ask how = {.form = yg_bytes_str(form)};
	json_t *book = NULL, *looked = NULL;
	int rc = yg_call_report_book(call, form, &book, &how.file);

	how.map = yg_json_text(book, "map");
	if (rc == YG_OK)
		rc = look(call, &how, &looked);
	free((void *)(uintptr_t)how.file.data); /* ours */
	if (rc == YG_OK)
		return give_book(call, book, looked);
	json_decref(looked);
	json_decref(book);
	return rc;
}

int yg_hub_do_list_report_books(struct yg_hub_call *call)
{
	json_t *items = NULL;
	int rc = yg_report_book_list(yg_call_reader(call), &items);

	return rc == YG_OK ? yg_call_page(call, items, (struct yg_bytes){0}) : rc;
}

int yg_hub_do_get_report_book(struct yg_hub_call *call)
{
	char form[YG_REPORT_FORM_ID_MAX + 1];
	int rc = read_form(call, form);

	return refuse(call, rc == YG_OK ? answer_book(call, form) : rc);
}

/* The file of @in, or the one that is there; *ret_old: what was there, or NULL. YG_EEND: refused.
 */
static int file_of(const struct yg_hub_call *call, const json_t *in, const char *form,
		   json_t **ret_old, struct yg_bytes *ret)
{
	struct yg_bytes text = yg_json_text(in, "file");
	int rc;

	if (text.size == 0)
		return yg_call_report_book(call, form, ret_old, ret);
	rc = yg_report_book_get(yg_call_reader(call), form, false, ret_old);
	rc = rc == YG_OK || rc == YG_ENOENT ? decode(text, ret) : rc;
	if (rc == YG_EINVAL) {
		(void)yg_call_bad(call, N_("file is the workbook in base64.")); /* always YG_OK */
		rc = YG_EEND;
	}
	return rc;
}

/* As it is now; what would be found in it was looked up before it was kept. */
static int answer_set(const struct yg_hub_call *call, const char *form, json_t *take_looked)
{
	json_t *book = NULL;
	int rc = yg_report_book_get(yg_call_reader(call), form, false, &book);

	if (rc == YG_OK)
		return give_book(call, book, take_looked);
	json_decref(take_looked);
	return rc;
}

static int set_book(struct yg_hub_call *call, const json_t *in, const char *form)
{
	struct yg_report_book_wish wish = {.form = form, .name = "workbook.xlsx"};
	struct yg_hub_report_ask how = {.form = yg_bytes_str(form)};
	const json_t *map = json_object_get(in, "map");
	json_t *looked = NULL, *old = NULL;
	int rc;

	if ((map && !json_is_string(map)) || json_string_length(map) > MAP_MAX)
		return yg_call_bad(call, N_("map is a text of at most 1 MiB."));
	if (json_object_get(in, "name"))
		wish.name = json_string_value(json_object_get(in, "name"));
	if (!wish.name)
		return yg_call_bad(call, N_("name is a text."));
	wish.map = map ? json_string_value(map) : NULL;
	rc = file_of(call, in, form, &old, &how.file);
	how.map = map ? yg_bytes_str(wish.map) : yg_json_text(old, "map");
	if (rc == YG_OK)
		rc = look(call, &how, &looked);
	json_decref(old);
	if (rc == YG_OK && yg_json_text(in, "file").size > 0)
		wish.file = how.file;
	if (rc == YG_OK)
		rc = yg_report_book_set(call->access, &wish);
	free((void *)(uintptr_t)how.file.data); /* ours */
	if (rc == YG_OK)
		return answer_set(call, form, looked);
	json_decref(looked);
	return rc == YG_EINVAL ? yg_call_bad(call, N_("name is one line of at most 200 bytes."))
			       : rc;
}

/* {"file" (base64), "name", "map"}: what is left out stays. */
int yg_hub_do_set_report_book(struct yg_hub_call *call)
{
	char form[YG_REPORT_FORM_ID_MAX + 1];
	json_t *in = NULL;
	int rc = read_form(call, form);

	if (rc == YG_OK)
		rc = yg_call_body_of(call, BODY_MAX, &in);
	if (rc == YG_OK)
		rc = yg_call_read(call, YG_MAY_read_reports);
	if (rc == YG_OK)
		rc = set_book(call, in, form);
	json_decref(in);
	return refuse(call, rc);
}

int yg_hub_do_remove_report_book(struct yg_hub_call *call)
{
	char form[YG_REPORT_FORM_ID_MAX + 1];
	int rc = read_form(call, form);

	if (rc == YG_OK)
		rc = yg_report_book_remove(call->access, form);
	if (rc != YG_OK)
		return refuse(call, rc);
	call->reply->status = 204;
	return YG_OK;
}

/* ---- whom to tell ---- */

static int answer_contacts(const struct yg_hub_call *call)
{
	json_t *items = NULL;
	int rc = yg_report_tell_get(yg_call_reader(call), &items);

	return rc == YG_OK ? yg_call_page(call, items, (struct yg_bytes){0}) : rc;
}

int yg_hub_do_get_report_contacts(struct yg_hub_call *call)
{
	return answer_contacts(call);
}

/* {"items":[{"service","tell",…}]}: the whole list. */
int yg_hub_do_set_report_contacts(struct yg_hub_call *call)
{
	json_t *in = NULL;
	int rc = yg_call_body(call, &in);

	if (rc == YG_OK)
		rc = yg_call_read(call, YG_MAY_read_reports);
	if (rc == YG_OK)
		rc = yg_report_tell_set(call->access, json_object_get(in, "items"));
	json_decref(in);
	if (rc == YG_EINVAL)
		return yg_call_bad(
			call, N_("Send {\"items\":[…]}: lines with service and tell, and where "
				 "wanted form, phone, night, mail, deputy, note; each text is "
				 "one line of at most 400 bytes."));
	return rc == YG_OK ? answer_contacts(call) : refuse(call, rc);
}

/* ---- when to remind ---- */

static int answer_reminders(const struct yg_hub_call *call)
{
	struct yg_remind_times times;
	int rc = yg_remind_times_get(yg_call_reader(call), &times);

	return rc == YG_OK ? yg_call_json(call, 200, yg_remind_times_json(&times)) : rc;
}

int yg_hub_do_get_report_reminders(struct yg_hub_call *call)
{
	return answer_reminders(call);
}

/* {"before_hours":[24],"on_day":true,"over":true,"from_hour":9}; what is left out is as at first.
 */
int yg_hub_do_set_report_reminders(struct yg_hub_call *call)
{
	struct yg_remind_times times;
	json_t *in = NULL;
	int rc = yg_call_body(call, &in);

	if (rc == YG_OK)
		rc = yg_call_read(call, YG_MAY_read_reports);
	if (rc == YG_OK)
		rc = yg_remind_times_read(in, &times);
	json_decref(in);
	if (rc == YG_OK)
		rc = yg_remind_times_set(call->access, &times);
	if (rc == YG_EINVAL)
		return yg_call_bad(call, N_("before_hours is a list of at most five different "
					    "numbers from 1 to 1440, from_hour a number from 0 to "
					    "23, on_day and over are true or false."));
	return rc == YG_OK ? answer_reminders(call) : refuse(call, rc);
}

/* ---- beside a record ---- */

int yg_call_report_beside(const struct yg_hub_call *call, const char *id, const json_t *record,
			  struct yg_buf *to)
{
	const json_t *services = json_object_get(json_object_get(record, "damage"), "services");
	json_t *all = NULL, *found = NULL, *told = NULL;
	int rc = yg_report_tell_get(yg_call_reader(call), &all);

	if (rc == YG_OK)
		rc = yg_report_tell_for(all, services, &found);
	if (rc == YG_OK)
		rc = yg_remind_list(yg_call_reader(call), id, &told);
	yg_buf_add_str(to, ",\"tell\":");
	if (rc == YG_OK)
		rc = yg_json_canonical(found, to);
	yg_buf_add_str(to, ",\"reminders\":");
	if (rc == YG_OK)
		rc = yg_json_canonical(told, to);
	json_decref(all);
	json_decref(found);
	json_decref(told);
	return rc;
}
