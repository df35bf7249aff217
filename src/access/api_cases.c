/* SPDX-License-Identifier: Apache-2.0 */
/* 相談: cases by telephone or mail, for analysts. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/cases.h"
#include "access/hub-int.h"
#include "access/situations.h"
#include "base/hash.h"
#include "store/control.h"

#include "base/ban.h"

struct page {
	json_t *items;
	char last[YG_CASE_ID_HEX + 1];
};

static int add_item(void *arg, json_t *one)
{
	struct page *page = arg;

	yg_hub_text(one, "id", page->last, sizeof(page->last));
	return json_array_append(page->items, one) == 0 ? YG_OK : YG_ENOMEM;
}

/* ?NAME= to @to; false: longer than anything it could be. */
static bool query(const struct yg_hub_call *call, const char *name, char *to, size_t room)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes text = yg_call_query(call, name, mem);

	(void)snprintf(to, room, "%.*s", YG_FMT(text)); /* cut only when it is refused */
	return text.size < room;
}

/* A slip of the pen is no empty list. */
static bool is_state(const char *state)
{
	return !state[0] || strcmp(state, "open") == 0 || strcmp(state, "closed") == 0;
}

int yg_hub_do_list_cases(struct yg_hub_call *call)
{
	char state[16], org[YG_ENROL_ID_MAX + 1], after[YG_CASE_ID_HEX + 1];
	char situation[YG_CASE_SITUATION_HEX + 1];
	struct yg_case_filter filter = {
		.state = state, .org = org, .situation = situation, .after = after};
	struct page page = {.items = json_array()};
	int rc = page.items ? yg_call_query_limit(call, &filter.limit) : YG_ENOMEM;
	bool is_good = query(call, "state", state, sizeof(state)) &&
		       query(call, "org", org, sizeof(org)) &&
		       query(call, "situation", situation, sizeof(situation));

	if (rc == YG_OK && !is_state(state)) {
		json_decref(page.items);
		return yg_call_bad(call, N_("state is open or closed."));
	}
	if (rc == YG_OK && !query(call, "after", after, sizeof(after)))
		rc = YG_EINVAL;
	if (rc == YG_OK && is_good) /* nothing fits what is too long */
		rc = yg_case_list(call->access, &filter, add_item, &page);
	if (rc == YG_OK)
		return yg_call_page(
			call, page.items,
			yg_bytes_str(json_array_size(page.items) == filter.limit ? page.last : ""));
	json_decref(page.items);
	return rc == YG_EINVAL ? yg_call_bad(call, N_("after must be what `next` said.")) : rc;
}

static int answer(const struct yg_hub_call *call, struct yg_access *by, const char *id, int status)
{
	json_t *one = NULL;
	int rc = yg_case_get(by, id, &one);

	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	return rc == YG_OK ? yg_call_json(call, status, one) : rc;
}

int yg_hub_do_get_case(struct yg_hub_call *call)
{
	char id[YG_CASE_ID_HEX + 1];

	if (!yg_call_part(call, 0, id, sizeof(id)))
		return yg_call_not_found(call);
	return answer(call, call->access, id, 200);
}

/* ---- writing ---- */

struct texts {
	char channel[16];
	char org[YG_ENROL_ID_MAX + 1];
	char who[YG_CASE_WHO_MAX + 1];
	char contact[YG_CASE_WHO_MAX + 1];
	char text[YG_CASE_TEXT_MAX + 1];
	char advice[YG_CASE_TEXT_MAX + 1];
	char note[YG_CASE_TEXT_MAX + 1];
};

/* What is not in the body stays NULL. False: refused in the reply. */
static bool take(const struct yg_hub_call *call, const json_t *in, const char *key, char *to,
		 size_t room, const char **ret)
{
	if (!yg_call_text(call, in, key, to, room))
		return false;
	*ret = json_object_get(in, key) ? to : NULL;
	return true;
}

static bool take_time(const struct yg_hub_call *call, const json_t *in, int64_t *to)
{
	const json_t *value = json_object_get(in, "received");
	bool has_zone;

	*to = YG_TIME_NONE;
	if (!value || json_is_null(value))
		return true;
	if (yg_time_parse_iso(yg_json_text(in, "received"), 0, to, &has_zone))
		return true;
	(void)yg_call_bad(call, N_("Write a time as 2026-11-25T03:04:05Z, or a day as 2026-11-25 "
				   "(UTC).")); /* always YG_OK */
	return false;
}

/* YG_OK; YG_EEND: refused in the reply. */
static int read_wish(const struct yg_hub_call *call, struct texts *t, struct yg_case_wish *ret)
{
	struct yg_bytes tag = call->request->if_match;
	uint64_t revision = YG_REVISION_ANY;
	json_t *in = NULL;
	bool is_good;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc;
	*ret = (struct yg_case_wish){0};
	is_good = take(call, in, "channel", t->channel, sizeof(t->channel), &ret->channel) &&
		  take(call, in, "org", t->org, sizeof(t->org), &ret->org) &&
		  take(call, in, "who", t->who, sizeof(t->who), &ret->who) &&
		  take(call, in, "contact", t->contact, sizeof(t->contact), &ret->contact) &&
		  take(call, in, "text", t->text, sizeof(t->text), &ret->text) &&
		  take(call, in, "advice", t->advice, sizeof(t->advice), &ret->advice) &&
		  take(call, in, "note", t->note, sizeof(t->note), &ret->note) &&
		  take_time(call, in, &ret->received_ns);
	json_decref(in);
	if (is_good && tag.size > 0 &&
	    (!yg_bytes_u64(tag, &revision) || revision >= YG_REVISION_ANY)) {
		(void)yg_call_bad(call, N_("If-Match is the revision of a case.")); /* YG_OK */
		is_good = false;
	}
	ret->expected = (uint32_t)revision;
	return is_good ? YG_OK : YG_EEND;
}

static int refuse(const struct yg_hub_call *call, int rc)
{
	switch (rc) {
	case YG_ENOENT:
		return yg_call_not_found(call);
	case YG_EINVAL:
		return yg_call_bad(call, N_("who and text are needed; channel is telephone, mail, "
					    "visit or other; org is an organisation of this hub; "
					    "no control characters but ends of lines."));
	case YG_ELIMIT:
		return yg_call_refuse(call, 409, "full", N_("This case is full"),
				      N_("Write a new one that names it."));
	case YG_EMISMATCH:
		return yg_call_refuse(call, 409, "changed-meanwhile",
				      N_("Somebody else changed this case meanwhile"),
				      N_("Load it again."));
	case YG_EEND:
		return YG_OK;
	default:
		return rc;
	}
}

int yg_hub_do_add_case(struct yg_hub_call *call)
{
	struct texts texts;
	struct yg_case_wish wish;
	char id[YG_CASE_ID_HEX + 1];
	int rc = read_wish(call, &texts, &wish);

	if (rc == YG_OK)
		rc = yg_call_read(call, YG_MAY_read_cases);
	if (rc == YG_OK)
		rc = yg_case_add(call->access, &wish, id);
	if (rc == YG_ENOENT)
		rc = YG_EINVAL; /* the organisation is none */
	return rc == YG_OK ? answer(call, yg_call_reader(call), id, 201) : refuse(call, rc);
}

int yg_hub_do_change_case(struct yg_hub_call *call)
{
	struct texts texts;
	struct yg_case_wish wish;
	char id[YG_CASE_ID_HEX + 1];
	int rc = read_wish(call, &texts, &wish);

	if (rc == YG_OK)
		rc = yg_call_read(call, YG_MAY_read_cases);
	if (rc == YG_OK)
		rc = yg_call_part(call, 0, id, sizeof(id)) ? yg_case_change(call->access, id, &wish)
							   : YG_ENOENT;
	return rc == YG_OK ? answer(call, yg_call_reader(call), id, 200) : refuse(call, rc);
}

static int see_nothing(void *arg, const struct yg_situation *one)
{
	(void)arg;
	(void)one;
	return YG_OK;
}

/* Analysts see situations whole: so is it looked for. */
static int find_situation(const struct yg_hub_call *call, const char *id)
{
	const struct yg_situation_view whole = {.is_whole = true};
	uint8_t bytes[YG_SITUATION_ID_BYTES];
	uint64_t number;

	if (!id[0])
		return YG_OK;
	if (!call->api->opts.situations || strlen(id) != YG_CASE_SITUATION_HEX ||
	    !yg_hex_read(yg_bytes_str(id), bytes, sizeof(bytes)))
		return YG_ENOENT;
	return yg_situation_get(call->api->opts.situations, &whole, bytes, see_nothing, NULL,
				&number);
}

/* {"situation": an id, or null} */
int yg_hub_do_link_case(struct yg_hub_call *call)
{
	char situation[YG_CASE_SITUATION_HEX + 1];
	char id[YG_CASE_ID_HEX + 1];
	json_t *in = NULL;
	bool is_good;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	is_good = yg_call_text(call, in, "situation", situation, sizeof(situation));
	json_decref(in);
	if (!is_good)
		return YG_OK;
	rc = yg_call_read(call, YG_MAY_read_cases);
	if (rc == YG_OK)
		rc = yg_call_part(call, 0, id, sizeof(id)) ? find_situation(call, situation)
							   : YG_ENOENT;
	if (rc == YG_OK)
		rc = yg_case_link(call->access, id, situation);
	return rc == YG_OK ? answer(call, yg_call_reader(call), id, 200) : refuse(call, rc);
}

static int refuse_state(const struct yg_hub_call *call, int rc, bool is_closed)
{
	if (rc == YG_EINVAL)
		return yg_call_bad(call, N_("text says what came of it."));
	if (rc != YG_EMISMATCH)
		return refuse(call, rc);
	return yg_call_refuse(call, 409, "state",
			      is_closed ? N_("This case is closed already")
					: N_("This case is open already"),
			      N_("Load it again."));
}

/* {"text"}: what came of it. */
int yg_hub_do_close_case(struct yg_hub_call *call)
{
	char text[YG_CASE_TEXT_MAX + 1];
	char id[YG_CASE_ID_HEX + 1];
	json_t *in = NULL;
	bool is_good;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	is_good = yg_call_text(call, in, "text", text, sizeof(text));
	json_decref(in);
	if (!is_good)
		return YG_OK;
	rc = yg_call_read(call, YG_MAY_read_cases);
	if (rc == YG_OK)
		rc = yg_call_part(call, 0, id, sizeof(id)) ? yg_case_close(call->access, id, text)
							   : YG_ENOENT;
	return rc == YG_OK ? answer(call, yg_call_reader(call), id, 200)
			   : refuse_state(call, rc, true);
}

int yg_hub_do_reopen_case(struct yg_hub_call *call)
{
	char id[YG_CASE_ID_HEX + 1];
	int rc = yg_call_read(call, YG_MAY_read_cases);

	if (rc == YG_OK)
		rc = yg_call_part(call, 0, id, sizeof(id)) ? yg_case_reopen(call->access, id)
							   : YG_ENOENT;
	return rc == YG_OK ? answer(call, yg_call_reader(call), id, 200)
			   : refuse_state(call, rc, false);
}
