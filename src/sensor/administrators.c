/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may do everything on this machine:
 *
 *   passwd ──► uid 0 ─────────────────────────┐
 *   group ───► members of sudo, wheel, admin ─┼─► administrator lines
 *   sudoers ─► "WHO HOST = ALL" ──────────────┘
 *
 * Of the rules of sudo those count that end in the command ALL; as whom and with or without a
 * password does not matter. Only root may read them: a sensor without rights says so.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/tr.h"
#include "sensor/inventory-int.h"

#include "base/ban.h"

#define FILE_MAX    (4u << 20)
#define SUDOERS_MAX (1u << 20) /* of all its files */
#define PEOPLE_MAX  1024u
#define ALIASES_MAX 256u /* that are followed; each may name others */
#define SUDOERS	    "/etc/sudoers"
#define SUDOERS_D   "/etc/sudoers.d"

struct person {
	struct yg_bytes name;
	bool is_root;	/* uid 0 */
	bool is_sudoer; /* by a rule */
	uint8_t groups; /* a bit for each of group_names */
};
static const char *const group_names[] = {"sudo", "wheel", "admin"};
#define GROUPS (sizeof(group_names) / sizeof(group_names[0]))

struct people {
	struct yg_bytes passwd;
	struct yg_bytes group;
	struct yg_bytes sudoers;
	struct yg_arena *arena; /* of their names */
	struct person list[PEOPLE_MAX];
	size_t count;
	unsigned aliases; /* that were followed */
};

/* NULL: there is no room, or no name. */
static struct person *note_person(struct people *p, struct yg_bytes name)
{
	size_t i = 0;

	while (i < p->count && !yg_bytes_eq(p->list[i].name, name))
		i++;
	if (i == PEOPLE_MAX || name.size == 0 ||
	    (i == p->count && !yg_arena_dup(p->arena, name, &p->list[i].name)))
		return NULL;
	p->count += i == p->count;
	return &p->list[i];
}

static void mark(struct people *p, struct yg_bytes name, uint8_t groups, bool is_sudoer)
{
	struct person *person = note_person(p, name);

	if (!person)
		return;
	person->groups |= groups;
	person->is_sudoer |= is_sudoer;
}

/* ---- groups ---- */

/* Members of the group of @line, and those whose first group it is. */
static void take_members(struct people *p, struct yg_bytes line, uint8_t groups, bool is_sudoer)
{
	struct yg_bytes rest = p->passwd;
	struct yg_bytes gid;
	struct yg_bytes user;

	(void)yg_host_word(&line, ':'); /* name */
	(void)yg_host_word(&line, ':'); /* password */
	gid = yg_host_word(&line, ':');
	while (line.size > 0)
		mark(p, yg_bytes_trim(yg_host_word(&line, ',')), groups, is_sudoer);
	while (gid.size > 0 && yg_host_line(&rest, &user)) {
		struct yg_bytes name = yg_host_word(&user, ':');

		(void)yg_host_word(&user, ':'); /* password */
		(void)yg_host_word(&user, ':'); /* uid */
		if (yg_bytes_eq(yg_host_word(&user, ':'), gid))
			mark(p, name, groups, is_sudoer);
	}
}

static void take_groups(struct people *p)
{
	struct yg_bytes rest = p->group;
	struct yg_bytes line;

	while (yg_host_line(&rest, &line)) {
		struct yg_bytes name = yg_bytes_cut(line, 0, yg_bytes_chr(line, ':'));

		for (size_t i = 0; i < GROUPS; i++)
			if (yg_bytes_eq(name, yg_bytes_str(group_names[i])))
				take_members(p, line, (uint8_t)(1u << i), false);
	}
}

/* ---- sudoers(5) ---- */

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* The next rule: a line, those that a backslash joins to it, without comments. */
static bool next_rule(struct yg_bytes *text, struct yg_buf *rule)
{
	bool is_more = true;
	struct yg_bytes line;

	yg_buf_reset(rule);
	while (is_more && yg_host_line(text, &line)) {
		size_t comment = yg_bytes_chr(line, '#');

		/* "#1000" is a user id where one may stand: no name, and not looked at */
		line = yg_bytes_cut(line, 0, comment);
		is_more = comment == SIZE_MAX && yg_bytes_ends(line, YG_S("\\"));
		yg_buf_add(rule, yg_bytes_cut(line, 0, line.size - is_more));
		yg_buf_add_byte(rule, ' ');
	}
	return rule->size > 0;
}

static struct yg_bytes first_word(struct yg_bytes text)
{
	size_t end = 0;

	text = yg_bytes_trim(text);
	while (end < text.size && !is_blank(text.data[end]))
		end++;
	return yg_bytes_cut(text, 0, end);
}

static bool is_alias_rule(struct yg_bytes rule)
{
	return yg_bytes_ends(first_word(rule), YG_S("_Alias"));
}

/* Is ALL among the commands? Tags ("NOPASSWD:") and "(as whom)" stand before a command. */
static bool has_all(struct yg_bytes commands)
{
	while (commands.size > 0) {
		struct yg_bytes one = yg_host_word(&commands, ',');
		size_t at = one.size;

		while (at > 0 && one.data[at - 1] != ')' && one.data[at - 1] != ':')
			at--;
		if (yg_bytes_eq(yg_bytes_trim(yg_bytes_from(one, at)), YG_S("ALL")))
			return true;
	}
	return false;
}

static void take_users(struct people *p, struct yg_bytes users);

static void take_alias(struct people *p, struct yg_bytes name)
{
	struct yg_bytes text = p->sudoers;
	struct yg_buf rule;

	if (p->aliases++ >= ALIASES_MAX)
		return;
	yg_buf_init(&rule, SUDOERS_MAX);
	while (next_rule(&text, &rule)) {
		struct yg_bytes rest = yg_bytes_trim(yg_buf_bytes(&rule));

		if (!yg_bytes_eq(first_word(rest), YG_S("User_Alias")))
			continue;
		rest = yg_bytes_from(rest, sizeof("User_Alias") - 1);
		while (rest.size > 0) { /* "A = x, y : B = z" */
			struct yg_bytes one = yg_host_word(&rest, ':');

			if (yg_bytes_eq(yg_bytes_trim(yg_host_word(&one, '=')), name))
				take_users(p, one);
		}
	}
	yg_buf_done(&rule);
}

static void take_group_rule(struct people *p, struct yg_bytes name)
{
	struct yg_bytes rest = p->group;
	struct yg_bytes line;

	while (yg_host_line(&rest, &line))
		if (yg_bytes_eq(yg_bytes_cut(line, 0, yg_bytes_chr(line, ':')), name))
			take_members(p, line, 0, true);
}

static bool is_alias_name(struct yg_bytes name)
{
	for (size_t i = 0; i < name.size; i++)
		if (!((name.data[i] >= 'A' && name.data[i] <= 'Z') || name.data[i] == '_' ||
		      (i > 0 && name.data[i] >= '0' && name.data[i] <= '9')))
			return false;
	return name.size > 0;
}

/* "alice, %wheel, ADMINS" */
static void take_users(struct people *p, struct yg_bytes users)
{
	while (users.size > 0) {
		struct yg_bytes name = yg_bytes_trim(yg_host_word(&users, ','));

		if (name.size == 0 || strchr("!+#", name.data[0]))
			continue;
		if (name.data[0] == '%')
			take_group_rule(p, yg_bytes_from(name, 1));
		else if (yg_bytes_eq(name, YG_S("ALL")))
			mark(p, name, 0, true); /* everybody, and that is said */
		else if (is_alias_name(name))
			take_alias(p, name);
		else
			mark(p, name, 0, true);
	}
}

/* "USERS HOSTS = COMMANDS": the hosts are what stands before "=", back to a blank that no comma
 * touches. */
static void take_rule(struct people *p, struct yg_bytes rule)
{
	size_t equals = yg_bytes_chr(rule, '=');
	struct yg_bytes front = yg_bytes_trim(yg_bytes_cut(rule, 0, equals));
	size_t at = front.size;

	if (equals == SIZE_MAX || is_alias_rule(rule) ||
	    yg_bytes_starts(yg_bytes_trim(rule), YG_S("Defaults")) ||
	    !has_all(yg_bytes_from(rule, equals + 1)))
		return;
	while (at > 0 && !is_blank(front.data[at - 1])) {
		at--;
		while (at > 0 && is_blank(front.data[at - 1]) &&
		       (front.data[at] == ',' ||
			yg_bytes_ends(yg_bytes_trim(yg_bytes_cut(front, 0, at)), YG_S(","))))
			at--;
	}
	take_users(p, yg_bytes_cut(front, 0, at));
}

static int take_rules(struct people *p)
{
	struct yg_bytes text = p->sudoers;
	struct yg_buf rule;
	int rc;

	yg_buf_init(&rule, SUDOERS_MAX);
	while (next_rule(&text, &rule))
		take_rule(p, yg_buf_bytes(&rule));
	rc = yg_buf_error(&rule);
	yg_buf_done(&rule);
	return rc;
}

/* ---- together ---- */

static void add_person(struct yg_inventory *to, const struct person *person)
{
	char why[64] = "";
	size_t size = 0;

	for (size_t i = 0; i < GROUPS; i++)
		if (person->groups & 1u << i)
			size += (size_t)snprintf(why + size, sizeof(why) - size, "%s%s",
						 size ? "," : "", group_names[i]); /* all fit */
	if (person->is_sudoer)
		size += (size_t)snprintf(why + size, sizeof(why) - size, "%ssudoers",
					 size ? "," : ""); /* fits too */
	if (person->is_root)
		(void)snprintf(why + size, sizeof(why) - size, "%suid 0", size ? "," : "");
	yg_inventory_add(to, "administrator", person->name, yg_bytes_str(why),
			 (struct yg_bytes){0});
}

int yg_inventory_administrators(struct yg_inventory *to, struct yg_bytes passwd,
				struct yg_bytes group, struct yg_bytes sudoers)
{
	struct people *people = yg_calloc(1, sizeof(*people));
	struct yg_bytes line;
	int rc;

	if (people)
		people->arena = yg_arena_new(FILE_MAX);
	if (!people || !people->arena) {
		free(people);
		return YG_ENOMEM;
	}
	people->passwd = passwd;
	people->group = group;
	people->sudoers = sudoers;
	while (yg_host_line(&passwd, &line)) {
		struct yg_bytes name = yg_host_word(&line, ':');
		struct person *person;

		(void)yg_host_word(&line, ':'); /* password */
		if (!yg_bytes_eq(yg_host_word(&line, ':'), YG_S("0")))
			continue;
		person = note_person(people, name);
		if (person)
			person->is_root = true;
	}
	take_groups(people);
	rc = take_rules(people);
	for (size_t i = 0; i < people->count; i++)
		add_person(to, &people->list[i]);
	(void)yg_arena_free(people->arena);
	free(people);
	return rc == YG_ENOMEM ? rc : YG_OK;
}

/* ---- the machine's own files ---- */

/* As sudo reads its folder: no names with a point in them or a "~" at their end. */
static int is_rules_file(const struct dirent *entry)
{
	struct yg_bytes name = yg_bytes_str(entry->d_name);

	return yg_bytes_chr(name, '.') == SIZE_MAX && !yg_bytes_ends(name, YG_S("~"));
}

/* False: it is there, and cannot be read. */
static bool add_rules(const char *root, const char *path, struct yg_buf *to)
{
	char full[YG_HOST_PATH_MAX];
	uint8_t *mem;
	struct yg_bytes text = yg_host_read(root, path, SUDOERS_MAX, &mem);
	bool is_read = mem || (yg_host_path(full, root, path) && access(full, F_OK) != 0);

	if (to->size + text.size + 1 > SUDOERS_MAX)
		is_read = false;
	else
		yg_buf_add(to, text);
	yg_buf_add_byte(to, '\n');
	free(mem);
	return is_read;
}

static bool read_rules(const char *root, struct yg_buf *to)
{
	char path[YG_HOST_PATH_MAX];
	struct dirent **entries = NULL;
	bool is_read = add_rules(root, SUDOERS, to);
	int count = yg_host_path(path, root, SUDOERS_D)
			    ? scandir(path, &entries, is_rules_file, alphasort)
			    : 0;

	if (count < 0 && access(path, F_OK) == 0)
		is_read = false;
	for (int i = 0; i < count; i++) {
		if ((unsigned)i < YG_INVENTORY_FILES_MAX &&
		    snprintf(path, sizeof(path), SUDOERS_D "/%s", entries[i]->d_name) <
			    (int)sizeof(path))
			is_read &= add_rules(root, path, to);
		free(entries[i]);
	}
	free(entries);
	return is_read;
}

static void problem(struct yg_inventory *to, const char *what, const char *why)
{
	yg_inventory_add(to, "problem", yg_bytes_str(what), yg_bytes_str(why),
			 (struct yg_bytes){0});
}

int yg_host_administrators(const char *root, struct yg_inventory *to)
{
	uint8_t *passwd_mem;
	uint8_t *group_mem;
	struct yg_bytes passwd = yg_host_read(root, "/etc/passwd", FILE_MAX, &passwd_mem);
	struct yg_bytes group = yg_host_read(root, "/etc/group", FILE_MAX, &group_mem);
	struct yg_buf rules;
	int rc;

	yg_buf_init(&rules, SUDOERS_MAX + 2);
	if (!passwd_mem || !group_mem)
		problem(to, "administrators", N_("the list of accounts could not be read"));
	if (!read_rules(root, &rules))
		problem(to, "sudoers",
			N_("who may use sudo by a rule of their own is not known: only root may "
			   "read /etc/sudoers"));
	rc = yg_inventory_administrators(to, passwd, group, yg_buf_bytes(&rules));
	yg_buf_done(&rules);
	free(passwd_mem);
	free(group_mem);
	return rc;
}
