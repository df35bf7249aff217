/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/warning_lists.h"

#include <dirent.h>
#include <sys/stat.h>

#include "app/say.h"
#include "base/alloc.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define PATH_ROOM   4352u
#define NAME_MAX_B  200u /* bytes of a list's name that are kept */
#define TEXT_MAX    (256u << 20)
#define REASON_ROOM 1024u

/*
 * Two sets of the form that --allow has: a value is asked for and the list's name is the reason.
 * What is on @exact counts for itself alone, which its reason repeats.
 */
struct yg_warning_lists {
	struct yg_indicators *below; /* cidr, hostname: what lies in or below it, too */
	struct yg_indicators *exact; /* string */
	unsigned count;
};

static bool is_type(const json_t *list, const char *type)
{
	return yg_bytes_eq(yg_json_text(list, "type"), yg_bytes_str(type));
}

/* A cell of CSV that no line end or quote leaves. */
static void add_cell(struct yg_buf *to, struct yg_bytes text)
{
	yg_buf_add_str(to, "\"");
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i] < 0x20 ? ' ' : text.data[i];

		yg_buf_add(to, (struct yg_bytes){&c, 1});
		if (c == '"')
			yg_buf_add(to, (struct yg_bytes){&c, 1});
	}
	yg_buf_add_str(to, "\"");
}

/* The reason in @exact: the value, a space, the name. */
static void add_exact(struct yg_buf *to, struct yg_bytes value, struct yg_bytes name)
{
	uint8_t text[REASON_ROOM];
	int size = snprintf((char *)text, sizeof(text), "%.*s %.*s", YG_FMT(value), YG_FMT(name));

	add_cell(to, (struct yg_bytes){
			     text, size > 0 && (unsigned)size < sizeof(text) ? (size_t)size : 0});
}

/* The values of @list as lists of indicators are written, with its name as what is said of each. */
static void write_values(const json_t *list, struct yg_buf *below, struct yg_buf *exact)
{
	struct yg_bytes name = yg_json_text(list, "name");
	bool is_exact = is_type(list, "string");
	const json_t *value;
	size_t i;

	name = yg_bytes_cut(name, 0, name.size < NAME_MAX_B ? name.size : NAME_MAX_B);
	json_array_foreach(json_object_get(list, "list"), i, value)
	{
		struct yg_bytes text = {(const uint8_t *)json_string_value(value),
					json_string_length(value)};
		bool is_below = !is_exact;

		if (text.size > 1 && text.data[0] == '.') {
			text = yg_bytes_from(text, 1);
			is_below = true;
		}
		if (text.size == 0 || text.data[0] == '#')
			continue;
		add_cell(is_below ? below : exact, text);
		yg_buf_add_str(is_below ? below : exact, ",");
		if (is_below)
			add_cell(below, name);
		else
			add_exact(exact, text, name);
		yg_buf_add_str(is_below ? below : exact, "\n");
	}
}

/* NULL: it is one. */
static const char *why_none(const json_t *list)
{
	if (!json_is_object(list) || !json_is_array(json_object_get(list, "list")) ||
	    yg_json_text(list, "name").size == 0)
		return N_("no warning list: an object with name, type and list is expected");
	if (is_type(list, "cidr") || is_type(list, "hostname") || is_type(list, "string"))
		return NULL;
	return N_("warning lists of this type are not used: cidr, hostname and string are");
}

struct reading {
	struct yg_warning_lists *lists;
	struct yg_buf below;
	struct yg_buf exact;
	unsigned bad;
};

static int refuse(struct reading *r, const char *path, const char *why)
{
	r->bad++;
	yg_say("%s: %s", yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(why));
	return YG_OK;
}

static int read_file(struct reading *r, const char *path)
{
	struct yg_fault fault;
	uint8_t *bytes = NULL;
	size_t size = 0;
	json_t *list = NULL;
	const char *why;
	int rc = yg_io_read_file(path, YG_WARNING_LIST_BYTES_MAX, &bytes, &size);

	if (rc == YG_OK)
		rc = yg_json_load((struct yg_bytes){bytes, size}, YG_WARNING_LIST_BYTES_MAX, &list,
				  &fault);
	free(bytes);
	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK)
		return refuse(r, path, yg_err_text(rc));
	why = why_none(list);
	if (!why && ++r->lists->count > YG_WARNING_LISTS_MAX)
		rc = YG_ELIMIT;
	if (!why && rc == YG_OK)
		write_values(list, &r->below, &r->exact);
	json_decref(list);
	return why ? refuse(r, path, why) : rc;
}

static bool ends_with_json(const char *name)
{
	size_t size = strlen(name);

	return size > 5 && strcmp(name + size - 5, ".json") == 0;
}

/* @is_top: folders in it are read too. */
static int read_folder(struct reading *r, const char *folder, bool is_top)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	char path[PATH_ROOM];
	int rc = YG_OK;

	while (dir && rc == YG_OK && (entry = readdir(dir)) != NULL) {
		int size = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		struct stat st;

		if (entry->d_name[0] == '.' || size < 0 || (unsigned)size >= sizeof(path) ||
		    stat(path, &st) != 0)
			continue;
		if (S_ISREG(st.st_mode) && ends_with_json(entry->d_name))
			rc = read_file(r, path);
		else if (S_ISDIR(st.st_mode) && is_top)
			rc = read_folder(r, path, false); /* one level: no further */
	}
	if (dir)
		(void)closedir(dir); /* only read */
	return rc;
}

/* Values that are no indicator (a long hash, say) are left out: none is equal to them. */
static int compile(struct yg_indicators *set, const struct yg_buf *text)
{
	int rc = yg_buf_error(text);

	if (rc == YG_OK)
		rc = yg_indicators_allow(set, "warning-lists", yg_buf_bytes(text), NULL, NULL);
	return rc == YG_OK ? yg_indicators_finish(set) : rc;
}

int yg_warning_lists_load(const char *folder, struct yg_warning_lists **ret, unsigned *ret_bad)
{
	struct reading r = {.lists = yg_calloc(1, sizeof(*r.lists))};
	int rc = r.lists ? YG_OK : YG_ENOMEM;

	yg_buf_init(&r.below, TEXT_MAX);
	yg_buf_init(&r.exact, TEXT_MAX);
	if (rc == YG_OK) {
		r.lists->below = yg_indicators_new();
		r.lists->exact = yg_indicators_new();
		rc = r.lists->below && r.lists->exact ? YG_OK : YG_ENOMEM;
	}
	yg_buf_add_str(&r.below, "value,comment\n");
	yg_buf_add_str(&r.exact, "value,comment\n");
	if (rc == YG_OK)
		rc = read_folder(&r, folder, true);
	if (rc == YG_OK)
		rc = compile(r.lists->below, &r.below);
	if (rc == YG_OK)
		rc = compile(r.lists->exact, &r.exact);
	yg_buf_done(&r.below);
	yg_buf_done(&r.exact);
	if (rc == YG_ELIMIT)
		yg_say(N_("%s: more than %u warning lists, or 256 MiB of values"),
		       yg_say_safe(yg_bytes_str(folder), 300), YG_WARNING_LISTS_MAX);
	*ret_bad = r.bad;
	*ret = rc == YG_OK ? r.lists : yg_warning_lists_free(r.lists);
	return rc;
}

struct yg_warning_lists *yg_warning_lists_free(struct yg_warning_lists *lists)
{
	if (!lists)
		return NULL;
	(void)yg_indicators_free(lists->below);
	(void)yg_indicators_free(lists->exact);
	free(lists);
	return NULL;
}

unsigned yg_warning_lists_count(const struct yg_warning_lists *lists)
{
	return lists->count;
}

/* What of an indicator is asked for; of a URL with a page nothing. */
static struct yg_bytes asked(const struct yg_indicator *indicator)
{
	struct yg_bytes value = indicator->value;
	size_t at;

	if (indicator->type == YG_INDICATOR_PREFIX)
		return yg_bytes_cut(value, 0, yg_bytes_chr(value, '/'));
	if (indicator->type != YG_INDICATOR_URL)
		return value;
	at = yg_bytes_find(value, YG_S("://"));
	value = at == SIZE_MAX ? value : yg_bytes_from(value, at + 3);
	at = yg_bytes_chr(value, '/');
	if (at != SIZE_MAX && at + 1 < value.size)
		return (struct yg_bytes){NULL, 0};
	value = at == SIZE_MAX ? value : yg_bytes_cut(value, 0, at);
	at = yg_bytes_chr(value, ':'); /* its port */
	return at == SIZE_MAX ? value : yg_bytes_cut(value, 0, at);
}

bool yg_warning_lists_has(const struct yg_warning_lists *lists,
			  const struct yg_indicator *indicator, struct yg_bytes *ret_name)
{
	struct yg_bytes value = asked(indicator);
	struct yg_bytes reason;
	size_t at;

	if (value.size == 0)
		return false;
	if (yg_indicators_is_allowed(lists->below, value, ret_name))
		return true;
	if (!yg_indicators_is_allowed(lists->exact, value, &reason))
		return false;
	at = yg_bytes_chr(reason, ' ');
	if (at == SIZE_MAX || !yg_bytes_eq_nocase(yg_bytes_cut(reason, 0, at), value))
		return false; /* a name below one that counts for itself alone */
	*ret_name = yg_bytes_from(reason, at + 1);
	return true;
}
