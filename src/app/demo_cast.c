/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The story's people, and the telling: each line goes to who looks at the terminal, in his
 * language, and in both into the hub's demo/guide.json, from where the guide on the pages has it.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <stdarg.h>
#include <unistd.h>

#include "app/demo_tale-int.h"
#include "app/say.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define FILE_MAX (256u << 10)

/* Who is who; {LETTER} in texts. Telephone numbers that nobody has. */
static const struct part {
	char letter;
	const char *id;
	const char *login;
	const char *name; /* a msgid */
	const char *phone;
	const char *deputy;
} parts[] = {
	{'A', YG_DEMO_ID_A, "demo-aoba", N_("A: security team of the large manufacturer"),
	 "000-0000-0011", "000-0000-0012"},
	{'B', YG_DEMO_ID_B, "demo-hiyori", N_("B: IT of the supplier"), "000-0000-0021",
	 "000-0000-0022"},
	{'C', YG_DEMO_ID_C, "demo-kogane", N_("C: IT of B's supplier, which is hit"),
	 "000-0000-0031", "000-0000-0032"},
	{'P', YG_DEMO_ID_P, "demo-minato", N_("B': IT of another buyer"), "000-0000-0041",
	 "000-0000-0042"},
	{'H', "hikari-hospital", "demo-hikari", N_("Hospital: IT"), "000-0000-0051",
	 "000-0000-0052"},
	{'Y', YG_DEMO_ID_Y, "demo-mizube", N_("City: IT"), "000-0000-0061", "000-0000-0062"},
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

uint32_t yg_demo_member_named(const struct yg_demo *demo, const char *id)
{
	return yg_community_find(&demo->community, yg_bytes_str(id));
}

const char *yg_demo_login(const struct yg_demo *demo, uint32_t member)
{
	for (size_t i = 0; i < PARTS; i++)
		if (member < demo->community.member_count &&
		    yg_bytes_eq(demo->community.members[member].id, yg_bytes_str(parts[i].id)))
			return parts[i].login;
	return YG_DEMO_ANALYST;
}

/* ---- people ---- */

static int note_person(struct yg_demo *demo, const char *login, const char *name)
{
	json_t *one = json_pack("{s:s, s:{s:s, s:s}}", "login", login, "name", "ja",
				yg_tr(YG_LANG_JA, name), "en", yg_tr(YG_LANG_EN, name));

	return one && json_array_append_new(demo->people, one) == 0 ? YG_OK : YG_ENOMEM;
}

static int add_person(struct yg_demo *demo, const char *login, const char *name, const char *org,
		      struct yg_demo_who *ret)
{
	const struct yg_demo_part part = {login, yg_say_tr(name), org ? "member" : "analyst", org};
	int rc = yg_demo_person(demo, &part, ret);

	return rc == YG_OK ? note_person(demo, login, name) : rc;
}

/* Whom to call; addresses of mail stay empty: a demo writes to nobody. */
static int set_phones(struct yg_demo *demo, const struct part *part, uint32_t member)
{
	const struct yg_member *m = &demo->community.members[member];
	char path[YG_DEMO_PATH_ROOM];

	(void)snprintf(path, sizeof(path), "/orgs/%s/member", demo->ids[member]); /* fits */
	return yg_demo_must(
		demo, &demo->local, "PUT", path,
		json_pack("{s:o, s:o, s:o, s:o, s:s, s:s}", "name_ja", yg_json_string(m->name_ja),
			  "name_en", yg_json_string(m->name_en), "sector",
			  yg_json_string(m->sector), "provider", yg_json_string(m->provider),
			  "contact_phone", part->phone, "deputy_phone", part->deputy),
		NULL);
}

int yg_demo_cast(struct yg_demo *demo)
{
	int rc = YG_OK;

	demo->people = json_array();
	demo->scenes = json_array();
	if (!demo->people || !demo->scenes)
		return YG_ENOMEM;
	rc = add_person(demo, YG_DEMO_ANALYST, N_("Analyst of the coordinating body"), NULL,
			&demo->analyst);
	for (size_t i = 0; i < PARTS && rc == YG_OK; i++) {
		uint32_t member = yg_demo_member_named(demo, parts[i].id);

		if (member >= YG_DEMO_SENSORS)
			return YG_ENOENT; /* demo/members.csv is ours */
		rc = set_phones(demo, &parts[i], member);
		if (rc == YG_OK)
			rc = add_person(demo, parts[i].login, parts[i].name, demo->ids[member],
					&demo->cast[member]);
	}
	return rc;
}

/* ---- telling ---- */

static void add_name(const struct yg_demo *demo, enum yg_lang lang, const struct part *part,
		     struct yg_buf *to)
{
	uint32_t member = yg_demo_member_named(demo, part->id);
	const struct yg_member *m;

	if (member == YG_MEMBER_NONE)
		return;
	m = &demo->community.members[member];
	yg_buf_add(to, lang == YG_LANG_JA ? m->name_ja : m->name_en);
	if (part->letter >= 'A' && part->letter <= 'C')
		yg_buf_addf(to, lang == YG_LANG_JA ? "（%c社）" : " (%c)", part->letter);
	else if (part->letter == 'P')
		yg_buf_add_str(to, lang == YG_LANG_JA ? "（B'社）" : " (B')");
}

/* @text with names for {A}, {B}, … */
static void fill(const struct yg_demo *demo, enum yg_lang lang, const char *text, struct yg_buf *to)
{
	for (; *text; text++) {
		size_t i = 0;

		while (i < PARTS &&
		       !(text[0] == '{' && text[1] == parts[i].letter && text[2] == '}'))
			i++;
		if (i < PARTS) {
			add_name(demo, lang, &parts[i], to);
			text += 2;
		} else {
			yg_buf_add_byte(to, (uint8_t)*text);
		}
	}
}

static int print_line(const struct yg_demo *demo, const char *before, struct yg_bytes line)
{
	struct yg_buf out;
	int rc;

	if (demo->is_json)
		return YG_OK;
	yg_buf_init(&out, 4 * YG_DEMO_LINE);
	yg_buf_add_str(&out, before);
	yg_buf_add(&out, line);
	yg_buf_add_byte(&out, '\n');
	rc = yg_buf_error(&out);
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&out));
	yg_buf_done(&out);
	return rc;
}

static json_t *scene_now(const struct yg_demo *demo)
{
	return json_array_get(demo->scenes, json_array_size(demo->scenes) - 1);
}

static json_t *line_in(const struct yg_demo *demo, enum yg_lang lang, const char *text)
{
	struct yg_buf line;
	json_t *value;

	yg_buf_init(&line, 2 * YG_DEMO_LINE);
	fill(demo, lang, text, &line);
	value = yg_buf_error(&line) ? NULL : yg_json_string(yg_buf_bytes(&line));
	yg_buf_done(&line);
	return value;
}

int yg_demo_scene(struct yg_demo *demo, const char *title)
{
	char before[32];
	json_t *scene;
	json_t *shown;
	size_t number = json_array_size(demo->scenes) + 1;

	scene = json_pack("{s:i, s:{s:o, s:o}, s:{s:[], s:[]}, s:[]}", "scene", (int)number,
			  "title", "ja", line_in(demo, YG_LANG_JA, yg_tr(YG_LANG_JA, title)), "en",
			  line_in(demo, YG_LANG_EN, yg_tr(YG_LANG_EN, title)), "told", "ja", "en",
			  "views");
	if (!scene || json_array_append_new(demo->scenes, scene) != 0)
		return YG_ENOMEM;
	shown = json_object_get(json_object_get(scene, "title"),
				yg_say_lang_now() == YG_LANG_JA ? "ja" : "en");
	(void)snprintf(before, sizeof(before), "\n[%zu/6] ", number); /* one digit */
	return print_line(demo, before, yg_bytes_str(json_string_value(shown)));
}

static int add_line(struct yg_demo *demo, enum yg_lang lang, const char *text)
{
	json_t *list = json_object_get(json_object_get(scene_now(demo), "told"),
				       lang == YG_LANG_JA ? "ja" : "en");
	json_t *line = line_in(demo, lang, text);
	int rc = line && json_array_append(list, line) == 0 ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK && lang == yg_say_lang_now())
		rc = print_line(demo, "      ", yg_bytes_str(json_string_value(line)));
	json_decref(line);
	return rc;
}

int yg_demo_say(struct yg_demo *demo, const char *format, ...)
{
	static const enum yg_lang langs[] = {YG_LANG_JA, YG_LANG_EN};
	int rc = YG_OK;

	for (size_t i = 0; i < 2 && rc == YG_OK; i++) {
		char text[YG_DEMO_LINE];
		va_list args;

		va_start(args, format);
		(void)vsnprintf(text, sizeof(text), yg_tr(langs[i], format), args); /* cut */
		va_end(args);
		rc = add_line(demo, langs[i], text);
	}
	return rc;
}

int yg_demo_say_both(struct yg_demo *demo, const char *ja, const char *en)
{
	int rc = add_line(demo, YG_LANG_JA, ja);

	return rc == YG_OK ? add_line(demo, YG_LANG_EN, en) : rc;
}

int yg_demo_view(struct yg_demo *demo, const char *login, const char *page)
{
	json_t *views = json_object_get(scene_now(demo), "views");
	json_t *one = json_pack("{s:s, s:s}", "login", login, "page", page);

	return one && json_array_append_new(views, one) == 0 ? YG_OK : YG_ENOMEM;
}

/* Beside the hub, which reads it whenever a page asks. */
static int write_guide(struct yg_demo *demo)
{
	json_t *all = json_pack("{s:O, s:O}", "people", demo->people, "scenes", demo->scenes);
	char path[YG_DEMO_PATH];
	struct yg_buf text;
	int rc = all ? YG_OK : YG_ENOMEM;

	yg_buf_init(&text, FILE_MAX);
	if (rc == YG_OK && !yg_demo_path(demo, "hub/demo/guide.json", path))
		rc = YG_ELIMIT;
	if (rc == YG_OK)
		rc = yg_json_canonical(all, &text);
	if (rc == YG_OK)
		rc = yg_io_replace(path, yg_buf_bytes(&text), 0644);
	yg_buf_done(&text);
	json_decref(all);
	if (rc != YG_OK)
		yg_demo_why(demo, "guide.json: %s", yg_say_tr(yg_err_text(rc)));
	return rc;
}

int yg_demo_scene_end(struct yg_demo *demo)
{
	int rc = write_guide(demo);

	return rc == YG_OK ? yg_demo_tell(demo, "scene", json_deep_copy(scene_now(demo)), "") : rc;
}
