/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura admin members` and `relations`: lists of a community, in and out. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <unistd.h>

#include "access/members.h"
#include "app/admin-int.h"
#include "app/commands.h"
#include "app/say.h"
#include "app/sheet_file.h"
#include "base/alloc.h"
#include "base/io.h"
#include "model/day.h"
#include "render/sheet.h"

#include "base/ban.h"

#define ARENA_MAX   (1u << 30)
#define PAGE	    1000u
#define FAULTS_SAID 1000u

static const char *word(const struct yg_admin *admin, size_t at)
{
	return admin->arg_count > at ? admin->args[at] : "";
}

static const char *yes_no(bool is)
{
	return is ? "yes" : "no";
}

/* ---- in: what both share ---- */

struct import {
	struct yg_admin *admin;
	struct yg_arena *arena;
	const char *path;
	struct yg_community community;
	struct yg_table table;
	struct yg_row_faults faults;
	struct yg_access *by;  /* of the organisation of the row before */
	struct yg_access *hub; /* --add: who may add organisations */
};

/* An access of @org, kept while rows of one organisation follow each other. */
static int reach(struct import *in, const char *org, enum yg_hub_right right)
{
	if (in->by && strcmp(yg_access_org(in->by), org) == 0)
		return YG_OK;
	in->by = yg_access_free(in->by);
	return yg_access_hub(in->admin->hub, &in->admin->actor, org, right, &in->by);
}

static int refuse_row(const struct import *in, uint32_t line, const char *value, int rc)
{
	char place[352];

	(void)snprintf(place, sizeof(place), "%s:%u", yg_say_safe(yg_bytes_str(in->path), 300),
		       line);
	if (rc == YG_ENOENT)
		yg_say_hint(N_("`yagura admin org add ID` adds it"),
			    N_("%s: there is no organisation %s at this hub"), place,
			    yg_say_safe(yg_bytes_str(value), 80));
	else if (rc == YG_EINVAL)
		yg_say(N_("%s: %s: a text or a day is malformed (days as 2026-11-25, not to come)"),
		       place, yg_say_safe(yg_bytes_str(value), 80));
	else
		yg_say("%s: %s: %s", place, yg_say_safe(yg_bytes_str(value), 80),
		       yg_say_tr(yg_err_text(rc)));
	return rc;
}

/* Every row, or none. *ret_wrong: rows that cannot be taken; all of them are said. */
static int take_all(struct import *in, uint32_t count, int (*take)(struct import *, uint32_t))
{
	uint32_t wrong = 0;
	int rc = yg_hub_together(in->admin->hub);

	if (rc != YG_OK)
		return rc;
	for (uint32_t i = 0; i < count && wrong < FAULTS_SAID; i++) {
		int one = take(in, i);

		if (one == YG_ENOMEM || one == YG_EIO || one == YG_ENOSPC || one == YG_EAGAIN) {
			rc = one;
			break;
		}
		wrong += one != YG_OK;
	}
	if (rc == YG_OK && wrong > 0)
		rc = YG_EFORMAT;
	rc = yg_hub_together_end(in->admin->hub, rc);
	in->by = yg_access_free(in->by);
	if (rc == YG_EFORMAT)
		yg_say_hint(N_("correct the lines and try again"),
			    N_("%s: nothing of it was taken: %llu faults"),
			    yg_say_safe(yg_bytes_str(in->path), 300), (unsigned long long)wrong);
	return rc;
}

static int done(const struct import *in, uint32_t count, int rc)
{
	if (rc == YG_EFORMAT)
		return YG_EXIT_PARTLY; /* said */
	if (rc != YG_OK)
		return yg_admin_error(in->admin, in->path, rc);
	printf("%u\n", count);
	return YG_EXIT_DONE;
}

/* ---- members in ---- */

static bool has_column(const struct import *in, const char *name)
{
	return yg_table_column(&in->table, name) != UINT32_MAX;
}

/* What the file has no column for stays as it is. */
static bool fill_profile(const struct import *in, const struct yg_member *from,
			 struct yg_member_profile *to)
{
	const struct {
		const char *name;
		struct yg_bytes text;
	} texts[] = {
		{"name_ja", from->name_ja},
		{"name_en", from->name_en},
		{"sector", from->sector},
		{"provider", from->provider},
		{"contact_mail", from->contact_mail},
		{"contact_phone", from->contact_phone},
		{"deputy_mail", from->deputy_mail},
		{"deputy_phone", from->deputy_phone},
		{"hours", from->hours},
		{"language", from->language},
	};

	for (const struct yg_member_field *f = yg_member_fields(); f->name; f++)
		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
			if (strcmp(f->name, texts[i].name) == 0 && has_column(in, f->name))
				(void)snprintf((char *)to + f->offset, f->bytes_max + 1, "%.*s",
					       YG_FMT(texts[i].text)); /* read with these limits */
	if (!has_column(in, "verified"))
		return true;
	to->verified_day = from->verified.size ? yg_day_read(from->verified) : YG_DAY_NONE;
	return from->verified.size == 0 || to->verified_day != YG_DAY_NONE;
}

/* --add: an organisation that is not there yet. */
static int add_missing(const struct import *in, const char *org, const struct yg_member *member)
{
	const struct yg_bytes name = member->name_ja.size ? member->name_ja : member->name_en;
	char text[YG_MEMBER_TEXT_MAX + 1];

	(void)snprintf(text, sizeof(text), "%.*s", YG_FMT(name)); /* read with this limit */
	/* A longer one stands in the profile alone. */
	return yg_hub_org_add(in->hub, org,
			      name.size > 0 && name.size <= YG_ENROL_NAME_MAX ? text : NULL, NULL);
}

static int refuse_id(const struct import *in, uint32_t line, const char *org, int rc)
{
	if (rc != YG_EINVAL)
		return refuse_row(in, line, org, rc);
	yg_say_hint(N_("an id: a-z, 0-9 and -, at most 64, not beginning with -"),
		    N_("%s:%u: %s: this cannot be added as an organisation"),
		    yg_say_safe(yg_bytes_str(in->path), 300), line,
		    yg_say_safe(yg_bytes_str(org), 80));
	return rc;
}

static int take_member(struct import *in, uint32_t index)
{
	const struct yg_member *member = &in->community.members[index];
	char org[YG_MEMBER_ID_MAX + 1];
	struct yg_member_profile profile;
	struct yg_access *reader = NULL;
	int rc;

	(void)snprintf(org, sizeof(org), "%.*s", YG_FMT(member->id)); /* read with this limit */
	rc = reach(in, org, YG_MAY_write_members);
	if (rc == YG_ENOENT && in->hub) { /* --add; asked first, for what fails ends the whole */
		rc = add_missing(in, org, member);
		if (rc != YG_OK)
			return refuse_id(in, member->line, org, rc);
		rc = reach(in, org, YG_MAY_write_members);
	}
	if (rc == YG_OK)
		rc = yg_access_hub(in->admin->hub, &in->admin->actor, org, YG_MAY_read_members,
				   &reader);
	if (rc == YG_OK)
		rc = yg_member_get(reader, &profile);
	(void)yg_access_free(reader);
	if (rc == YG_OK)
		rc = fill_profile(in, member, &profile) ? yg_member_set(in->by, &profile)
							: YG_EINVAL;
	return rc == YG_OK ? rc : refuse_row(in, member->line, org, rc);
}

static int import_members(struct yg_admin *admin, const char *path)
{
	struct import in = {.admin = admin, .path = path, .arena = yg_arena_new(ARENA_MAX)};
	int status = YG_EXIT_FAILED;
	int rc = in.arena ? yg_sheet_file_read(path, in.arena, &in.table) : YG_ENOMEM;

	if (rc == YG_OK) {
		rc = yg_members_read(&in.table, true, in.arena, &in.community, &in.faults);
		if (rc == YG_EFORMAT)
			yg_sheet_file_say_faults(path, &in.faults);
		if (rc == YG_OK && admin->adds_orgs)
			rc = yg_access_hub(admin->hub, &admin->actor, YG_HUB_ORG, YG_MAY_write_org,
					   &in.hub);
		if (rc == YG_OK)
			rc = take_all(&in, in.community.member_count, take_member);
		in.hub = yg_access_free(in.hub);
		status = done(&in, in.community.member_count, rc);
	}
	(void)yg_arena_free(in.arena);
	return status;
}

/* ---- relations in ---- */

struct orgs {
	struct import *in;
	struct yg_member *list;
	uint32_t count;
	char last[YG_ENROL_ID_MAX + 1];
	uint32_t seen;
};

static int add_org(void *arg, const struct yg_hub_org *org)
{
	struct orgs *orgs = arg;

	orgs->seen++;
	memcpy(orgs->last, org->id, sizeof(orgs->last));
	if (org->closed_ns != YG_TIME_NONE || org->is_erased)
		return YG_OK;
	if (orgs->count == YG_MEMBERS_MAX)
		return YG_ELIMIT;
	orgs->list[orgs->count] = (struct yg_member){0};
	return yg_arena_dup(orgs->in->arena, yg_bytes_str(org->id), &orgs->list[orgs->count++].id)
		       ? YG_OK
		       : YG_ENOMEM;
}

/* The organisations of the hub, by id: those that a relation can join. */
static int list_orgs(struct import *in)
{
	struct orgs orgs = {.in = in};
	struct yg_access *by = NULL;
	int rc = yg_access_hub(in->admin->hub, &in->admin->actor, YG_HUB_ORG, YG_MAY_read_org, &by);

	orgs.list = yg_arena_alloc(in->arena, YG_MEMBERS_MAX * sizeof(*orgs.list));
	if (rc == YG_OK && !orgs.list)
		rc = YG_ENOMEM;
	do {
		char after[YG_ENROL_ID_MAX + 1];

		memcpy(after, orgs.last, sizeof(after));
		orgs.seen = 0;
		if (rc == YG_OK)
			rc = yg_hub_org_list(by, after, PAGE, add_org, &orgs);
	} while (rc == YG_OK && orgs.seen == PAGE);
	(void)yg_access_free(by);
	in->community = (struct yg_community){.members = orgs.list, .member_count = orgs.count};
	return rc;
}

/* What @org says of it. With what it opened to the analysts it stays at that. */
static int say_relation(struct import *in, const char *org, const struct yg_supply *wish)
{
	struct yg_access *reader = NULL;
	struct yg_supply now;
	bool analysts = in->admin->is_open;
	int rc = reach(in, org, YG_MAY_write_relations);

	if (rc == YG_OK)
		rc = yg_access_hub(in->admin->hub, &in->admin->actor, org, YG_MAY_read_relations,
				   &reader);
	if (rc == YG_OK) {
		rc = yg_supply_get(reader, wish->supplier, wish->buyer, &now);
		if (rc == YG_OK)
			analysts |= strcmp(org, wish->supplier) == 0 ? now.analysts_supplier
								     : now.analysts_buyer;
		else if (rc == YG_ENOENT &&
			 (strcmp(org, wish->supplier) == 0 || strcmp(org, wish->buyer) == 0))
			rc = YG_OK;
	}
	(void)yg_access_free(reader);
	return rc == YG_OK ? yg_supply_say(in->by, wish, analysts) : rc;
}

/* Said by --org, or by each row's supplier; with --confirmed by both. */
static int take_relation(struct import *in, uint32_t index)
{
	const struct yg_relation *relation = &in->community.relations[index];
	struct yg_supply wish = {.answers = relation->answers,
				 .naming = (enum yg_naming)relation->naming};
	const char *org = in->admin->org;
	int rc;

	(void)snprintf(wish.supplier, sizeof(wish.supplier), "%.*s", /* ids of the hub */
		       YG_FMT(in->community.members[relation->supplier].id));
	(void)snprintf(wish.buyer, sizeof(wish.buyer), "%.*s",
		       YG_FMT(in->community.members[relation->buyer].id));
	if (!org)
		org = wish.supplier;
	rc = say_relation(in, org, &wish);
	if (rc == YG_OK && in->admin->is_confirmed)
		rc = say_relation(in, wish.buyer, &wish);
	if (rc == YG_ENOENT) {
		yg_say(N_("%s:%u: %s is neither supplier nor buyer here: it cannot declare this"),
		       yg_say_safe(yg_bytes_str(in->path), 300), relation->line, org);
		return rc;
	}
	return rc == YG_OK ? rc : refuse_row(in, relation->line, org, rc);
}

static int import_relations(struct yg_admin *admin, const char *path)
{
	struct import in = {.admin = admin, .path = path, .arena = yg_arena_new(ARENA_MAX)};
	int status = YG_EXIT_FAILED;
	int rc = in.arena ? yg_sheet_file_read(path, in.arena, &in.table) : YG_ENOMEM;

	if (rc == YG_OK) {
		rc = list_orgs(&in);
		if (rc == YG_OK)
			rc = yg_relations_read(&in.table, in.arena, &in.community, &in.faults);
		if (rc == YG_EFORMAT)
			yg_sheet_file_say_faults(path, &in.faults);
		else if (rc == YG_OK)
			rc = take_all(&in, in.community.relation_count, take_relation);
		status = done(&in, in.community.relation_count, rc);
	}
	(void)yg_arena_free(in.arena);
	return status;
}

/* ---- out ---- */

static void add_text(struct yg_sheet *sheet, const char *text)
{
	yg_sheet_cell(sheet, yg_bytes_str(text));
}

static int write_out(struct yg_admin *admin, struct yg_sheet *sheet)
{
	struct yg_buf file;
	int rc;

	yg_buf_init(&file, YG_SHEET_BYTES_MAX);
	rc = yg_sheet_end(sheet, &file);
	if (rc == YG_OK)
		rc = admin->to ? yg_io_write_to(admin->to, yg_buf_bytes(&file), 0600)
			       : yg_io_write(STDOUT_FILENO, yg_buf_bytes(&file));
	yg_buf_done(&file);
	return rc;
}

static enum yg_sheet_form form_of(const struct yg_admin *admin)
{
	struct yg_bytes name = yg_bytes_str(admin->to ? admin->to : "");

	return name.size > 5 &&
			       yg_bytes_eq_nocase(yg_bytes_from(name, name.size - 5), YG_S(".xlsx"))
		       ? YG_SHEET_WORKBOOK
		       : YG_SHEET_CSV;
}

struct export
{
	struct yg_admin *admin;
	struct yg_sheet sheet;
	char last[YG_ENROL_ID_MAX + 1];
	uint32_t seen;
};

/* The order of docs/warn.md, then what the hub knows besides. */
static const char *const member_columns[] = {"name_ja",	      "name_en",      "sector",
					     "provider",      "contact_mail", "deputy_mail",
					     "contact_phone", "deputy_phone", "hours"};
#define MEMBER_COLUMNS (sizeof(member_columns) / sizeof(member_columns[0]))

static int export_member(void *arg, const struct yg_hub_org *org)
{
	struct export *out = arg;
	struct yg_admin *admin = out->admin;
	struct yg_member_profile profile;
	char day[YG_DAY_SIZE] = "";
	struct yg_access *by = NULL;
	int rc;

	out->seen++;
	memcpy(out->last, org->id, sizeof(out->last));
	if (org->closed_ns != YG_TIME_NONE || org->is_erased)
		return YG_OK;
	rc = yg_access_hub(admin->hub, &admin->actor, org->id, YG_MAY_read_members, &by);
	if (rc == YG_OK)
		rc = yg_member_get(by, &profile);
	(void)yg_access_free(by);
	if (rc != YG_OK)
		return rc;
	add_text(&out->sheet, org->id);
	for (size_t i = 0; i < MEMBER_COLUMNS; i++)
		for (const struct yg_member_field *f = yg_member_fields(); f->name; f++)
			if (strcmp(f->name, member_columns[i]) == 0)
				add_text(&out->sheet, (const char *)&profile + f->offset);
	if (profile.verified_day != YG_DAY_NONE)
		yg_day_write(profile.verified_day, day);
	add_text(&out->sheet, day);
	add_text(&out->sheet, profile.language);
	yg_sheet_row_end(&out->sheet);
	return YG_OK;
}

static int export_members(struct yg_admin *admin)
{
	struct export out = {.admin = admin};
	struct yg_access *by = NULL;
	int rc = yg_access_hub(admin->hub, &admin->actor, admin->org ? admin->org : YG_HUB_ORG,
			       YG_MAY_read_org, &by);

	yg_sheet_init(&out.sheet, form_of(admin));
	add_text(&out.sheet, "id");
	for (size_t i = 0; i < MEMBER_COLUMNS; i++)
		add_text(&out.sheet, member_columns[i]);
	add_text(&out.sheet, "verified");
	add_text(&out.sheet, "language");
	yg_sheet_row_end(&out.sheet);
	do {
		char after[YG_ENROL_ID_MAX + 1];

		memcpy(after, out.last, sizeof(after));
		out.seen = 0;
		if (rc == YG_OK)
			rc = yg_hub_org_list(by, after, PAGE, export_member, &out);
	} while (rc == YG_OK && out.seen == PAGE);
	(void)yg_access_free(by);
	if (rc == YG_OK)
		rc = write_out(admin, &out.sheet);
	yg_sheet_done(&out.sheet);
	return yg_admin_done(admin, "members export", rc);
}

static int export_relation(void *arg, const struct yg_supply *supply, const char *place)
{
	struct yg_sheet *sheet = arg;

	(void)place;
	add_text(sheet, supply->supplier);
	add_text(sheet, supply->buyer);
	for (uint32_t i = 0; i < YG_ANSWER_COUNT; i++)
		add_text(sheet, yes_no(supply->answers & (1u << i)));
	add_text(sheet, yg_naming_name(supply->naming));
	add_text(sheet, yes_no(yg_supply_is_confirmed(supply)));
	add_text(sheet, yes_no(yg_supply_is_seen(supply)));
	yg_sheet_row_end(sheet);
	return yg_buf_error(&sheet->rows);
}

static int export_relations(struct yg_admin *admin)
{
	static const char *const columns[] = {"supplier",      "buyer",		"secret_data",
					      "business_stop", "system_access", "consent",
					      "confirmed",     "analysts"};
	struct yg_access *by = NULL;
	struct yg_sheet sheet;
	int rc = yg_access_hub(admin->hub, &admin->actor, admin->org ? admin->org : YG_HUB_ORG,
			       YG_MAY_read_relations, &by);

	yg_sheet_init(&sheet, form_of(admin));
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		add_text(&sheet, columns[i]);
	yg_sheet_row_end(&sheet);
	if (rc == YG_OK)
		rc = yg_supply_list(by, "", 0, export_relation, &sheet);
	(void)yg_access_free(by);
	if (rc == YG_OK)
		rc = write_out(admin, &sheet);
	yg_sheet_done(&sheet);
	return yg_admin_done(admin, admin->org ? admin->org : "relations export", rc);
}

/* ---- commands ---- */

int yg_admin_members(struct yg_admin *admin)
{
	if (admin->arg_count == 3 && strcmp(word(admin, 1), "import") == 0)
		return import_members(admin, word(admin, 2));
	if (admin->arg_count == 2 && strcmp(word(admin, 1), "export") == 0)
		return export_members(admin);
	return yg_admin_wording("members");
}

int yg_admin_relations(struct yg_admin *admin)
{
	if (admin->org && admin->is_confirmed) {
		yg_say_hint(N_("an organisation speaks for itself alone; leave --org out where "
			       "both sides signed"),
			    N_("relations: --confirmed and --org do not go together"));
		return YG_EXIT_FAILED;
	}
	if (admin->arg_count == 3 && strcmp(word(admin, 1), "import") == 0)
		return import_relations(admin, word(admin, 2));
	if (admin->arg_count == 2 && strcmp(word(admin, 1), "export") == 0)
		return export_relations(admin);
	return yg_admin_wording("relations");
}
