/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The community of the demo at a hub of its own: members and relations by `yagura admin`, people
 * and tokens through the API, as an operator would.
 *
 * Ids of members may be any text; those of a hub are a-z, 0-9 and -. When one of them does not fit,
 * all get numbers in the order of their bytes, so that ties are decided as `share plan` does. The
 * caller sees his own ids. Contacts of the files are not taken over: a demo writes to nobody.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <poll.h>
#include <unistd.h>

#include "access/enrol.h"
#include "app/demo-int.h"
#include "app/say.h"
#include "app/sheet_file.h"
#include "base/alloc.h"
#include "base/crypt.h"
#include "base/io.h"
#include "base/json.h"
#include "base/nearest.h"
#include "parse/community.h"
#include "parse/csv.h"
#include "render/sheet.h"

#include "base/ban.h"

#define OWN_VICTIM  "kogane-plating"
#define PASSWORD_ID (YG_RANDOM_ID_HEX + 8)

/* demo/members.csv, relations.csv and story.csv, made by tools/embed.py: "\0NAME SIZE\n" before
 * each. */
extern const unsigned char yg_demo_pack[];
extern const size_t yg_demo_pack_size;

/* ---- reading ---- */

static bool find_own(const char *name, struct yg_bytes *ret)
{
	struct yg_bytes rest = {yg_demo_pack, yg_demo_pack_size};

	while (rest.size > 0) {
		size_t end = yg_bytes_chr(rest, '\n');
		struct yg_bytes head;
		size_t blank;
		uint64_t size;

		if (rest.data[0] != 0 || end == SIZE_MAX)
			return false;
		head = yg_bytes_cut(rest, 1, end);
		rest = yg_bytes_from(rest, end + 1);
		blank = yg_bytes_chr(head, ' ');
		if (blank == SIZE_MAX || !yg_bytes_u64(yg_bytes_from(head, blank + 1), &size) ||
		    size > rest.size)
			return false;
		*ret = yg_bytes_cut(rest, 0, (size_t)size);
		if (yg_bytes_ends(yg_bytes_cut(head, 0, blank), yg_bytes_str(name)))
			return true;
		rest = yg_bytes_from(rest, (size_t)size);
	}
	return false;
}

static int read_table(struct yg_demo *demo, const char *path, const char *own, struct yg_table *ret)
{
	struct yg_line_fault fault;
	struct yg_bytes text;

	if (path)
		return yg_sheet_file_read(path, demo->arena, ret);
	if (!find_own(own, &text))
		return YG_EFORMAT;
	return yg_csv_read(text, demo->arena, ret, &fault);
}

static int read_files(struct yg_demo *demo)
{
	struct yg_row_faults faults = {0};
	struct yg_table table;
	int rc = read_table(demo, demo->members, "members.csv", &table);

	if (rc != YG_OK)
		return rc;
	rc = yg_members_read(&table, false, demo->arena, &demo->community, &faults);
	if (rc == YG_EFORMAT)
		yg_sheet_file_say_faults(demo->members ? demo->members : "", &faults);
	if (rc == YG_OK)
		rc = read_table(demo, demo->relations,
				demo->is_story ? "story.csv" : "relations.csv", &table);
	if (rc != YG_OK)
		return rc;
	rc = yg_relations_read(&table, demo->arena, &demo->community, &faults);
	if (rc == YG_EFORMAT)
		yg_sheet_file_say_faults(demo->relations ? demo->relations : "", &faults);
	return rc;
}

static bool fits_hub(struct yg_bytes id)
{
	char text[YG_DEMO_NAME_MAX + 1];

	if (!yg_enrol_is_id(id))
		return false;
	(void)snprintf(text, sizeof(text), "%.*s", YG_FMT(id)); /* measured */
	return !yg_enrol_is_reserved(text);
}

static int give_ids(struct yg_demo *demo)
{
	const struct yg_community *community = &demo->community;
	bool fit = true;

	demo->ids = yg_arena_zalloc(demo->arena,
				    ((size_t)community->member_count + 1) * sizeof(*demo->ids));
	if (!demo->ids)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < community->member_count && fit; i++)
		fit = fits_hub(community->members[i].id);
	for (uint32_t i = 0; i < community->member_count; i++)
		if (fit)
			(void)snprintf(demo->ids[i], sizeof(demo->ids[i]), "%.*s",
				       YG_FMT(community->members[i].id)); /* measured */
		else
			(void)snprintf(demo->ids[i], sizeof(demo->ids[i]), "m%06u", (unsigned)i);
	return YG_OK;
}

static void say_no_member(const struct yg_demo *demo, struct yg_bytes id)
{
	const struct yg_community *community = &demo->community;
	const char *path = demo->members ? demo->members : "demo/members.csv";
	struct yg_bytes *ids = yg_calloc((size_t)community->member_count + 1, sizeof(*ids));
	size_t near = SIZE_MAX;

	for (uint32_t i = 0; ids && i < community->member_count; i++)
		ids[i] = community->members[i].id;
	if (ids)
		near = yg_nearest_of(id, ids, community->member_count);
	if (near != SIZE_MAX)
		yg_say(N_("--at %s: %s has no such member; is %s meant?"), yg_say_safe(id, 80),
		       yg_say_safe(yg_bytes_str(path), 200), yg_say_safe(ids[near], 80));
	else
		yg_say(N_("--at %s: %s has no such member"), yg_say_safe(id, 80),
		       yg_say_safe(yg_bytes_str(path), 200));
	free(ids);
}

int yg_demo_town_read(struct yg_demo *demo)
{
	struct yg_bytes at = yg_bytes_trim(yg_bytes_str(demo->org ? demo->org : OWN_VICTIM));
	int rc = read_files(demo);

	if (rc == YG_OK)
		rc = give_ids(demo);
	if (rc == YG_ENOMEM)
		yg_say("%s", yg_say_tr(yg_err_text(rc)));
	if (rc != YG_OK)
		return rc;
	demo->victim = yg_community_find(&demo->community, at);
	if (demo->victim != YG_MEMBER_NONE)
		return YG_OK;
	say_no_member(demo, at);
	return YG_ENOENT;
}

uint32_t yg_demo_member_of(const struct yg_demo *demo, const char *hub_id)
{
	uint32_t low = 0;
	uint32_t high = demo->community.member_count;

	while (low < high) { /* both ids are in the order of bytes */
		uint32_t middle = low + (high - low) / 2;
		int order = strcmp(demo->ids[middle], hub_id);

		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return YG_MEMBER_NONE;
}

/* ---- into the hub ---- */

static int write_sheet(struct yg_demo *demo, struct yg_sheet *sheet, const char *name,
		       char path[YG_DEMO_PATH])
{
	struct yg_buf file;
	int rc = YG_ELIMIT;

	yg_buf_init(&file, YG_SHEET_BYTES_MAX);
	if (yg_demo_path(demo, name, path))
		rc = yg_sheet_end(sheet, &file);
	if (rc == YG_OK)
		rc = yg_io_write_to(path, yg_buf_bytes(&file), 0600);
	yg_buf_done(&file);
	yg_sheet_done(sheet);
	if (rc != YG_OK)
		yg_say("%s: %s", name, yg_say_tr(yg_err_text(rc)));
	return rc;
}

static void add_row(struct yg_sheet *sheet, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		yg_sheet_cell(sheet, yg_bytes_str(texts[i]));
}

static int write_members(struct yg_demo *demo, char path[YG_DEMO_PATH])
{
	static const char *const columns[] = {"id",	  "name_ja",	  "name_en",	"sector",
					      "provider", "contact_mail", "deputy_mail"};
	struct yg_sheet sheet;

	yg_sheet_init(&sheet, YG_SHEET_CSV);
	add_row(&sheet, columns, sizeof(columns) / sizeof(columns[0]));
	yg_sheet_row_end(&sheet);
	for (uint32_t i = 0; i < demo->community.member_count; i++) {
		const struct yg_member *member = &demo->community.members[i];

		yg_sheet_cell(&sheet, yg_bytes_str(demo->ids[i]));
		yg_sheet_cell(&sheet, member->name_ja.size ? member->name_ja : member->id);
		yg_sheet_cell(&sheet, member->name_en);
		yg_sheet_cell(&sheet, member->sector);
		yg_sheet_cell(&sheet, member->provider);
		yg_sheet_cell(&sheet, YG_S("")); /* nobody is written to */
		yg_sheet_cell(&sheet, YG_S(""));
		yg_sheet_row_end(&sheet);
	}
	return write_sheet(demo, &sheet, "members.csv", path);
}

static int write_relations(struct yg_demo *demo, char path[YG_DEMO_PATH])
{
	static const char *const columns[] = {"supplier",      "buyer",		"secret_data",
					      "business_stop", "system_access", "consent"};
	struct yg_sheet sheet;

	yg_sheet_init(&sheet, YG_SHEET_CSV);
	add_row(&sheet, columns, sizeof(columns) / sizeof(columns[0]));
	yg_sheet_row_end(&sheet);
	for (uint32_t i = 0; i < demo->community.relation_count; i++) {
		const struct yg_relation *relation = &demo->community.relations[i];

		yg_sheet_cell(&sheet, yg_bytes_str(demo->ids[relation->supplier]));
		yg_sheet_cell(&sheet, yg_bytes_str(demo->ids[relation->buyer]));
		for (uint32_t a = 0; a < YG_ANSWER_COUNT; a++)
			yg_sheet_cell(&sheet,
				      relation->answers & (1u << a) ? YG_S("yes") : YG_S("no"));
		yg_sheet_cell(&sheet,
			      yg_bytes_str(yg_naming_name((enum yg_naming)relation->naming)));
		yg_sheet_row_end(&sheet);
	}
	return write_sheet(demo, &sheet, "relations.csv", path);
}

static int import_all(struct yg_demo *demo, const char *self)
{
	char members[YG_DEMO_PATH];
	char relations[YG_DEMO_PATH];
	int rc = write_members(demo, members);

	if (rc == YG_OK)
		rc = write_relations(demo, relations);
	if (rc == YG_OK) {
		const char *const words[] = {self,     "admin", "--data", demo->data, "members",
					     "import", members, "--add",  NULL};

		rc = yg_demo_call(demo, words, "members", NULL);
	}
	if (rc == YG_OK && demo->community.relation_count > 0) {
		const char *const words[] = {self,	   "admin",  "--data",	demo->data,
					     "relations",  "import", relations, "--confirmed",
					     "--analysts", NULL};

		rc = yg_demo_call(demo, words, "relations", NULL);
	}
	return rc;
}

/* ---- the hub ---- */

/* {"ready":true,"url":"http://127.0.0.1:PORT",…,"admin_link":"http://…/start?key=…"} */
static int read_ready(struct yg_demo *demo, struct yg_bytes line, char *link, size_t link_room)
{
	json_t *ready = NULL;
	struct yg_fault fault;
	uint64_t port = 0;
	struct yg_bytes url;
	struct yg_bytes start;
	size_t colon;
	int rc = yg_json_load(line, line.size, &ready, &fault);

	url = yg_json_text(ready, "url");
	start = yg_json_text(ready, "admin_link");
	colon = url.size;
	while (colon > 0 && url.data[colon - 1] != ':')
		colon--;
	if (rc == YG_OK && (!yg_bytes_u64(yg_bytes_from(url, colon), &port) || port == 0 ||
			    port > UINT16_MAX || start.size <= url.size))
		rc = YG_EFORMAT;
	if (rc == YG_OK) {
		demo->port = (uint16_t)port;
		start = yg_bytes_from(start, url.size);
		(void)snprintf(link, link_room, "%.*s", YG_FMT(start));
		(void)snprintf(demo->sensors_url, sizeof(demo->sensors_url), "%.*s",
			       YG_FMT(yg_json_text(ready, "sensors")));
		(void)snprintf(demo->ca, sizeof(demo->ca), "%.*s",
			       YG_FMT(yg_json_text(ready, "ca"))); /* cut ones are not found */
	}
	json_decref(ready);
	return rc;
}

/* The administrator at this machine, by a link that works once. */
static int sign_in_local(struct yg_demo *demo, const char *link)
{
	struct yg_demo_answer answer;
	int rc = yg_demo_ask(demo, NULL, "GET", link, NULL, &answer);

	if (rc == YG_OK && (answer.status != 303 || !answer.cookie[0])) {
		yg_demo_why(demo, N_("the hub answered %u to %s %s: %s"), answer.status, "GET",
			    "/start", "");
		rc = YG_EIO;
	}
	if (rc == YG_OK)
		memcpy(demo->local.cookie, answer.cookie, sizeof(answer.cookie));
	yg_demo_answer_done(&answer);
	return rc;
}

static int start_hub(struct yg_demo *demo, const char *self)
{
	const char *const words[] = {self,	    "hub",	 "--data",	"",	  "--http",
				     "127.0.0.1:0", "--sensors", "127.0.0.1:0", "--demo", NULL};
	const char *argv[sizeof(words) / sizeof(words[0])];
	char link[YG_DEMO_SECRET] = "";
	struct yg_buf line;
	int rc;

	memcpy(argv, words, sizeof(words));
	argv[3] = demo->data;
	yg_buf_init(&line, 65536);
	rc = yg_demo_start(demo, argv, "hub", &demo->hub);
	if (rc == YG_OK)
		rc = yg_demo_first_line(demo, &demo->hub, &line);
	if (rc == YG_OK)
		rc = read_ready(demo, yg_buf_bytes(&line), link, sizeof(link));
	yg_buf_done(&line);
	if (rc == YG_EFORMAT)
		yg_demo_why(demo, N_("the hub did not say where it is"));
	if (rc != YG_OK)
		return rc;
	return sign_in_local(demo, link);
}

int yg_demo_sign_in_again(struct yg_demo *demo)
{
	char self[YG_DEMO_PATH];
	char link[YG_DEMO_SECRET] = "";
	struct yg_bytes text;
	struct yg_buf out;
	size_t at;
	int rc = yg_demo_self(self) ? YG_OK : YG_EIO;

	yg_buf_init(&out, 4096);
	if (rc == YG_OK) {
		const char *const words[] = {self,	 "admin",	 "--data",
					     demo->data, "sign-in-link", NULL};

		rc = yg_demo_call(demo, words, "sign-in-link", &out);
	}
	text = yg_bytes_trim(yg_buf_bytes(&out));
	at = yg_bytes_find(text, YG_S("/start?"));
	if (rc == YG_OK && at != SIZE_MAX)
		(void)snprintf(link, sizeof(link), "%.*s", YG_FMT(yg_bytes_from(text, at)));
	yg_buf_done(&out);
	return rc == YG_OK ? sign_in_local(demo, link) : rc;
}

int yg_demo_person(struct yg_demo *demo, const struct yg_demo_part *part, struct yg_demo_who *ret)
{
	struct yg_clock clock = yg_clock_system();
	char password[PASSWORD_ID];
	struct yg_demo_answer answer = {0};
	json_t *made = NULL;
	int rc;

	memcpy(password, "demo-", 5);
	yg_random_id(clock.now_ns(clock.arg), password + 5);
	rc = yg_demo_must(demo, &demo->local, "POST", "/people",
			  json_pack("{s:s,s:s,s:[{s:s,s:s}]}", "login", part->login, "name",
				    part->name, "grants", "role", part->role, "org",
				    part->org ? part->org : "hub"),
			  &made);
	if (rc == YG_OK)
		rc = yg_demo_must(demo, NULL, "POST", "/invitation",
				  json_pack("{s:o,s:s}", "key",
					    yg_json_string(yg_json_text(made, "invitation")),
					    "password", password),
				  NULL);
	json_decref(made);
	if (rc == YG_OK)
		rc = yg_demo_ask(demo, NULL, "POST", "/session",
				 json_pack("{s:s,s:s}", "login", part->login, "password", password),
				 &answer);
	if (rc == YG_OK && (answer.status != 200 || !answer.cookie[0])) {
		yg_demo_why(demo, N_("the hub answered %u to %s %s: %s"), answer.status, "POST",
			    "/session", yg_say_safe(yg_json_text(answer.body, "title"), 200));
		rc = YG_EIO;
	}
	*ret = (struct yg_demo_who){0};
	if (rc == YG_OK)
		memcpy(ret->password, password, sizeof(password));
	if (rc == YG_OK)
		(void)snprintf(ret->cookie, sizeof(ret->cookie), "%s", answer.cookie);
	yg_demo_answer_done(&answer);
	yg_wipe(password, sizeof(password));
	return rc;
}

int yg_demo_token(struct yg_demo *demo, const char *org, struct yg_demo_who *ret)
{
	char path[YG_DEMO_NAME_MAX + 32];
	json_t *made = NULL;
	int rc;

	*ret = (struct yg_demo_who){0};
	(void)snprintf(path, sizeof(path), "/tokens?org=%s", org); /* fits */
	rc = yg_demo_must(demo, &demo->local, "POST", path,
			  json_pack("{s:s,s:s}", "role", "member", "name", "demo"), &made);
	if (rc == YG_OK)
		(void)snprintf(ret->token, sizeof(ret->token), "%.*s",
			       YG_FMT(yg_json_text(made, "token")));
	json_decref(made);
	return rc;
}

int yg_demo_town_start(struct yg_demo *demo)
{
	char self[YG_DEMO_PATH];
	int rc;

	if (!yg_demo_self(self) || !yg_demo_path(demo, "hub", demo->data))
		return YG_ELIMIT;
	rc = start_hub(demo, self);
	if (rc == YG_OK)
		rc = import_all(demo, self);
	if (rc == YG_OK && !demo->is_story)
		rc = yg_demo_person(
			demo,
			&(struct yg_demo_part){"demo-analyst", "demo-analyst", "analyst", NULL},
			&demo->analyst);
	return rc;
}
