/* SPDX-License-Identifier: Apache-2.0 */
/* Tables that people bring in a browser: members, and an organisation's relations. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/hub-int.h"
#include "access/members.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/crypt.h"
#include "model/day.h"

#include "base/ban.h"

#define ARENA_MAX  (64u << 20)
#define FAULTS_MAX 1000u

struct importing {
	struct yg_hub_call *call;
	struct yg_arena *arena;
	struct yg_hub_sheet sheet;
	json_t *faults;
	uint64_t fault_count;
	struct yg_access *hub; /* members that are not there are added; or NULL */
	bool analysts;	       /* relations: opened to them */
	bool is_preview;
	uint32_t added;
	uint32_t changed;
	uint32_t same;
};

/* ---- faults ---- */

static int add_fault(struct importing *in, uint32_t line, const char *value, const char *words)
{
	enum yg_lang lang = in->call->request->lang;
	struct yg_buf text;
	int rc = YG_OK;

	if (in->fault_count++ >= FAULTS_MAX)
		return YG_OK;
	yg_buf_init(&text, 4096);
	yg_buf_addf(&text, "%s%s%s", value, value[0] ? ": " : "", yg_tr(lang, words));
	rc = yg_buf_error(&text);
	if (rc == YG_OK &&
	    json_array_append_new(in->faults,
				  json_pack("{s:I, s:s, s:o}", "line", (json_int_t)line, "column",
					    "", "text", yg_json_string(yg_buf_bytes(&text)))) != 0)
		rc = YG_ENOMEM;
	yg_buf_done(&text);
	return rc;
}

/* What ends the whole, and not the row. */
static bool is_of_hub(int rc)
{
	return rc == YG_ENOMEM || rc == YG_EIO || rc == YG_ENOSPC || rc == YG_EAGAIN;
}

static int refuse_row(struct importing *in, uint32_t line, const char *value, int rc)
{
	if (is_of_hub(rc))
		return rc;
	if (rc == YG_ENOENT)
		return add_fault(in, line, value, N_("there is no such organisation here"));
	if (rc == YG_EINVAL)
		return add_fault(in, line, value,
				 N_("an id, a text or a day is malformed (ids a-z, 0-9 and -; days "
				    "as 2026-11-25, not to come)"));
	if (rc == YG_EDUPLICATE)
		return add_fault(in, line, value, N_("it is there already, and has left"));
	if (rc == YG_ELIMIT)
		return add_fault(in, line, value, N_("there are too many"));
	return add_fault(in, line, value, N_("this may not be changed from here"));
}

/* ---- members ---- */

static struct yg_bytes text_of(const struct yg_member *member, const char *name)
{
	const struct {
		const char *name;
		struct yg_bytes text;
	} texts[] = {
		{"name_ja", member->name_ja},
		{"name_en", member->name_en},
		{"sector", member->sector},
		{"provider", member->provider},
		{"contact_mail", member->contact_mail},
		{"contact_phone", member->contact_phone},
		{"deputy_mail", member->deputy_mail},
		{"deputy_phone", member->deputy_phone},
		{"hours", member->hours},
		{"language", member->language},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(texts[i].name, name) == 0)
			return texts[i].text;
	return (struct yg_bytes){0};
}

/* What the file has no column for stays as it is. */
static void fill_profile(const struct importing *in, const struct yg_member *from,
			 struct yg_member_profile *to)
{
	const struct yg_member_field *fields = yg_member_fields();

	for (uint32_t i = 0; fields[i].name; i++)
		if (in->sheet.fields >> i & 1u)
			(void)snprintf((char *)to + fields[i].offset, fields[i].bytes_max + 1,
				       "%.*s", YG_FMT(text_of(from, fields[i].name))); /* bounded */
}

/* Days are read here: an empty one is never. */
static bool fill_day(const struct importing *in, const struct yg_member *from,
		     struct yg_member_profile *to)
{
	if (!in->sheet.has_verified)
		return true;
	to->verified_day = from->verified.size ? yg_day_read(from->verified) : YG_DAY_NONE;
	return from->verified.size == 0 || to->verified_day != YG_DAY_NONE;
}

static bool is_same(const struct yg_member_profile *a, const struct yg_member_profile *b)
{
	const struct yg_member_field *fields = yg_member_fields();

	for (uint32_t i = 0; fields[i].name; i++)
		if (strcmp((const char *)a + fields[i].offset,
			   (const char *)b + fields[i].offset) != 0)
			return false;
	return a->verified_day == b->verified_day;
}

static int add_org(struct importing *in, const char *org, const struct yg_member *member)
{
	const struct yg_bytes name = member->name_ja.size ? member->name_ja : member->name_en;
	char text[YG_MEMBER_TEXT_MAX + 1];

	(void)snprintf(text, sizeof(text), "%.*s", YG_FMT(name)); /* read with this limit */
	return yg_hub_org_add(in->hub, org,
			      name.size > 0 && name.size <= YG_ENROL_NAME_MAX ? text : NULL, NULL);
}

/* *ret_is_new: it was added. */
static int open_member(struct importing *in, const char *org, const struct yg_member *member,
		       struct yg_access **ret, bool *ret_is_new)
{
	int rc = yg_call_open(in->call, org, YG_MAY_write_members, ret);

	*ret_is_new = false;
	if (rc != YG_ENOENT || !in->hub)
		return rc;
	rc = add_org(in, org, member);
	*ret_is_new = rc == YG_OK;
	return rc == YG_OK ? yg_call_open(in->call, org, YG_MAY_write_members, ret) : rc;
}

static int take_member(struct importing *in, uint32_t index)
{
	const struct yg_member *member = &in->sheet.community.members[index];
	struct yg_member_profile before, profile;
	struct yg_access *writer = NULL, *reader = NULL;
	char org[YG_MEMBER_ID_MAX + 1];
	bool is_new = false;
	int rc;

	(void)snprintf(org, sizeof(org), "%.*s", YG_FMT(member->id)); /* read with this limit */
	rc = open_member(in, org, member, &writer, &is_new);
	if (rc == YG_OK)
		rc = yg_call_open(in->call, org, YG_MAY_read_members, &reader);
	if (rc == YG_OK)
		rc = yg_member_get(reader, &before);
	if (rc == YG_OK) {
		profile = before;
		fill_profile(in, member, &profile);
		rc = fill_day(in, member, &profile) ? YG_OK : YG_EINVAL;
	}
	if (rc == YG_OK && !is_same(&before, &profile)) {
		rc = yg_member_set(writer, &profile);
		in->changed += rc == YG_OK && !is_new;
	} else if (rc == YG_OK) {
		in->same += !is_new;
	}
	in->added += rc == YG_OK && is_new;
	(void)yg_access_free(reader);
	(void)yg_access_free(writer);
	return rc == YG_OK ? rc : refuse_row(in, member->line, org, rc);
}

/* ---- relations ---- */

/* Did this side say just that already? */
static bool has_said(const struct yg_supply *now, const struct yg_supply *wish, bool is_supplier,
		     bool analysts)
{
	return now->answers == wish->answers &&
	       (is_supplier ? now->by_supplier_ns : now->by_buyer_ns) != YG_TIME_NONE &&
	       (is_supplier ? now->naming == wish->naming && now->analysts_supplier == analysts
			    : now->analysts_buyer == analysts);
}

/* Both ends are taken as they stand: nobody learns here who is at this hub. */
static int take_relation(struct importing *in, uint32_t index)
{
	const struct yg_relation *r = &in->sheet.community.relations[index];
	const struct yg_member *members = in->sheet.community.members;
	struct yg_supply wish = {.answers = r->answers, .naming = (enum yg_naming)r->naming};
	const char *org = yg_access_org(in->call->access);
	bool is_supplier, is_new, analysts = in->analysts;
	struct yg_supply now;
	int rc;

	(void)snprintf(wish.supplier, sizeof(wish.supplier), "%.*s",
		       YG_FMT(members[r->supplier].id)); /* read with this limit */
	(void)snprintf(wish.buyer, sizeof(wish.buyer), "%.*s",
		       YG_FMT(members[r->buyer].id)); /* as above */
	is_supplier = strcmp(org, wish.supplier) == 0;
	if (!is_supplier && strcmp(org, wish.buyer) != 0)
		return add_fault(in, r->line, org,
				 N_("is neither supplier nor buyer here: it cannot declare this"));
	rc = yg_supply_get(yg_call_reader(in->call), wish.supplier, wish.buyer, &now);
	is_new = rc == YG_ENOENT;
	if (rc == YG_OK)
		analysts |= is_supplier ? now.analysts_supplier : now.analysts_buyer;
	if (rc == YG_OK && has_said(&now, &wish, is_supplier, analysts)) {
		in->same++;
		return YG_OK;
	}
	if (rc == YG_OK || is_new)
		rc = yg_supply_say(in->call->access, &wish, analysts);
	if (rc != YG_OK)
		return refuse_row(in, r->line, is_supplier ? wish.buyer : wish.supplier, rc);
	in->added += is_new;
	in->changed += !is_new;
	return YG_OK;
}

/* ---- both ---- */

/* All rows or none; a preview is the same, and then none. */
static int take_all(struct importing *in, uint32_t count, int (*take)(struct importing *, uint32_t))
{
	struct yg_hub_access *hub = in->call->api->opts.hub;
	bool is_good;
	int done, rc = yg_hub_together(hub);

	if (rc != YG_OK)
		return rc;
	for (uint32_t i = 0; rc == YG_OK && i < count && in->fault_count < FAULTS_MAX; i++)
		rc = take(in, i);
	is_good = rc == YG_OK && in->fault_count == 0 && !in->is_preview;
	done = yg_hub_together_end(hub, is_good ? YG_OK : rc == YG_OK ? YG_EFORMAT : rc);
	return is_good || rc != YG_OK ? done : YG_OK;
}

static int answer(struct importing *in, uint32_t rows)
{
	bool is_taken = in->fault_count == 0 && !in->is_preview;

	return yg_call_json(in->call, 200,
			    json_pack("{s:b, s:I, s:I, s:I, s:I, s:O, s:I}", "taken", (int)is_taken,
				      "rows", (json_int_t)rows, "added", (json_int_t)in->added,
				      "changed", (json_int_t)in->changed, "same",
				      (json_int_t)in->same, "faults", in->faults, "fault_count",
				      (json_int_t)in->fault_count));
}

/* The table in {"file":BASE64}. YG_OK; YG_EEND: refused. */
static int read_file(struct importing *in, const json_t *body, bool is_relations)
{
	const struct yg_hub_api_ports *ports = &in->call->api->opts.ports;
	struct yg_bytes text = yg_json_text(body, "file");
	uint8_t *bytes = yg_arena_alloc(in->arena, text.size + 1);
	size_t size = 0;
	int rc;

	if (!bytes)
		return YG_ENOMEM;
	if (!ports->sheet)
		(void)yg_call_refuse(in->call, 503, "busy", N_("Tables cannot be read now"),
				     N_("Wait a moment and try again.")); /* always YG_OK */
	else if (!yg_base64_read(text, bytes, text.size, &size) || size == 0)
		(void)yg_call_bad(in->call,
				  N_("file is the file's bytes in base64.")); /* as above */
	if (!ports->sheet || size == 0)
		return YG_EEND;
	rc = ports->sheet((struct yg_bytes){bytes, size}, is_relations, in->call->request->lang,
			  in->arena, &in->sheet);
	if (rc == YG_OK || rc == YG_EFORMAT) {
		in->faults = in->sheet.faults ? in->sheet.faults : json_array();
		in->fault_count = in->sheet.fault_count;
		rc = in->faults ? YG_OK : YG_ENOMEM;
	}
	return rc;
}

static int import(struct importing *in, const json_t *body, bool is_relations)
{
	uint32_t rows;
	int rc;

	in->arena = yg_arena_new(ARENA_MAX);
	in->is_preview = json_is_true(json_object_get(body, "preview"));
	in->analysts = json_is_true(json_object_get(body, "analysts"));
	rc = in->arena ? read_file(in, body, is_relations) : YG_ENOMEM;
	rows = is_relations ? in->sheet.community.relation_count : in->sheet.community.member_count;
	if (rc == YG_OK && in->fault_count == 0 && rows > YG_HUB_SHEET_ROWS_MAX) {
		(void)yg_call_refuse(in->call, 413, "too-many", N_("The table has too many lines"),
				     N_("At most 2,000 at a time here; `yagura admin` takes "
					"more.")); /* always YG_OK */
		rc = YG_EEND;
	}
	if (rc == YG_OK && in->fault_count == 0)
		rc = take_all(in, rows, is_relations ? take_relation : take_member);
	if (rc == YG_OK)
		rc = answer(in, rows);
	json_decref(in->faults);
	(void)yg_arena_free(in->arena);
	return rc;
}

/* {"file","add","preview"} */
int yg_hub_do_import_members(struct yg_hub_call *call)
{
	struct importing in = {.call = call};
	json_t *body = NULL;
	int rc = yg_call_body(call, &body);

	if (rc == YG_OK && json_is_true(json_object_get(body, "add")))
		rc = yg_call_open(call, NULL, YG_MAY_write_org, &in.hub);
	if (rc == YG_OK)
		rc = import(&in, body, false);
	json_decref(body);
	(void)yg_access_free(in.hub);
	return rc == YG_EEND ? YG_OK : rc;
}

/* {"file","analysts","preview"} */
int yg_hub_do_import_relations(struct yg_hub_call *call)
{
	struct importing in = {.call = call};
	json_t *body = NULL;
	int rc = yg_call_body(call, &body);

	if (rc == YG_OK)
		rc = yg_call_read(call, YG_MAY_read_relations);
	if (rc == YG_OK)
		rc = import(&in, body, true);
	json_decref(body);
	return rc == YG_EEND ? YG_OK : rc;
}
