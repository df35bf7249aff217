/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands of `yagura assess` share: reading files, printing, saying what is wrong. */
#include <sys/stat.h>
#include <unistd.h>

#include "app/assess-int.h"
#include "base/crypt.h"
#include "base/io.h"
#include "base/json.h"
#include "base/utf8.h"

#include "base/ban.h"

#define JSON_OUT_MAX (256u << 20)

/* Plain words for the codes that assess/ puts before the ':' of a message. */
static const struct {
	const char *code;
	const char *title;
} titles[] = {
	{"unknown-criterion", N_("there is no such criterion at this level")},
	{"bad-state", N_("this is no answer: give met, partly, not_met, na or open")},
	{"bad-day", N_("this is no day: write it as 2026-11-25")},
	{"future-day", N_("the day lies in the future (is this machine's clock right?)")},
	{"reason-needed", N_("\"not applicable\" needs a reason")},
	{"unknown-evidence", N_("there is no such evidence")},
	{"unknown-question", N_("the criterion has no such question")},
	{"unknown-framework",
	 N_("there is no framework of this name: `yagura assess frameworks` lists them")},
	{"unknown-assessment", N_("there is no assessment to take answers from")},
	{"unknown-level",
	 N_("the framework has no level of this name: `yagura assess frameworks` lists them")},
	{"bad-framework", N_("the framework file cannot be used")},
	{"bad-corporate-number",
	 N_("a corporate number has 13 digits, and its check digit must agree")},
	{"no-column", N_("a column is missing in the first line")},
	{"twice-column", N_("a column stands twice in the first line")},
	{"too-wide", N_("the row has more cells than the first line: put quotes around text with a "
			"comma in it")},
	{"other-official",
	 N_("no criterion of this framework has a text in the file; the wording stays as it was")},
	{"twice", N_("a criterion stands twice in the table")},
	{"too-many", N_("there are too many of these")},
	{"practice", N_("practice mode: import the official wording first")},
	{"clock-back", N_("this machine's clock is behind what is recorded: set it, then sign")},
	{"key-expired", N_("the key has expired: make a new one with `yagura assess key new`")},
	{"key-early", N_("the key may not sign yet: set the clock, or use another key")},
	{"not-declared", N_("only an answer that is met or not applicable can be confirmed")},
	{"registration-expired", N_("the specialist's registration has expired")},
	{"not-allowed", N_("this actor may not do that")},
	{"until-needed", N_("an invitation needs a last day: --until 2027-03-31")},
	{"title-needed", N_("a title is needed")},
	{"name-needed", N_("a name is needed")},
	{"qualification-needed", N_("the qualification is needed")},
	{"advice-needed", N_("to return a criterion, give advice: --reason TEXT")},
	{"looked_at-needed", N_("say what was looked at: --note TEXT")},
	{"bad-exchange", N_("this exchange file cannot be used")},
	{"other-framework", N_("the exchange file is about another framework")},
	{"unknown-table", N_("there is no such table: `yagura assess import-facts` lists them")},
	{"bad-request", N_("the input is not as it must be")},
};

static const char *title_of(const char *msg)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		size_t size = strlen(titles[i].code);

		if (strncmp(msg, titles[i].code, size) == 0 && msg[size] == ':')
			return titles[i].title;
	}
	return NULL;
}

/* What an error without words of its own means here. */
static const char *plain_words(int rc)
{
	if (rc == YG_EACCES)
		return yg_say_tr(N_("this actor may not do that, or the file may only be read"));
	return yg_say_tr(rc == YG_ENOENT ? N_("there is no such entry") : yg_err_text(rc));
}

int yg_assess_say_fault(int rc, const struct yg_line_fault *fault, const char *place)
{
	const char *safe = yg_say_safe(yg_bytes_str(place ? place : ""), 300);
	const char *title = title_of(fault->msg);
	const char *detail = title ? strchr(fault->msg, ':') + 1 : fault->msg;
	char where[400] = "";

	detail += strspn(detail, " ");
	if (place && fault->line)
		(void)snprintf(where, sizeof(where), "%s:%u: ", safe, fault->line);
	else if (place)
		(void)snprintf(where, sizeof(where), "%s: ", safe);
	if (!fault->msg[0])
		yg_say("%s%s", where, plain_words(rc));
	else if (!title)
		yg_say("%s%s", where, yg_say_safe(yg_bytes_str(detail), 300));
	else if (!detail[0] || (place && strcmp(detail, place) == 0)) /* said already */
		yg_say("%s%s", where, yg_say_tr(title));
	else
		yg_say("%s%s (%s)", where, yg_say_tr(title),
		       yg_say_safe(yg_bytes_str(detail), 300));
	return rc == YG_ENOMEM || rc == YG_ENOSPC || rc == YG_EIO ? YG_EXIT_FAILED : YG_EXIT_PARTLY;
}

static struct yg_bytes text_in(const json_t *string)
{
	return (struct yg_bytes){(const uint8_t *)json_string_value(string),
				 json_string_length(string)};
}

/* Would a terminal obey the character of @size bytes at @c, or turn the line round for it? */
static bool commands(const uint8_t *c, size_t size)
{
	if (size <= 1)
		return size == 0 || (c[0] < ' ' && c[0] != '\n' && c[0] != '\t') || c[0] == 0x7f;
	if (size == 2)
		return c[0] == 0xc2 && c[1] < 0xa0;
	if (size != 3 || c[0] != 0xe2)
		return false;
	return (c[1] == 0x80 && c[2] >= 0xaa && c[2] <= 0xae) ||
	       (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9);
}

/* @text with '?' for such characters. NULL: there are none. */
static json_t *printable(struct yg_bytes text)
{
	json_t *clean = NULL;
	struct yg_buf buf;
	bool is_changed = false;

	yg_buf_init(&buf, text.size + 1);
	while (text.size > 0) {
		size_t size = yg_utf8_size(text);
		bool is_bad = commands(text.data, size);

		size = size ? size : 1;
		yg_buf_add(&buf, is_bad ? YG_S("?") : yg_bytes_cut(text, 0, size));
		is_changed = is_changed || is_bad;
		text = yg_bytes_from(text, size);
	}
	if (is_changed && yg_buf_error(&buf) == YG_OK)
		clean = yg_json_string(yg_buf_bytes(&buf));
	yg_buf_done(&buf);
	return clean;
}

/* One object or array: its texts are cleaned, what it holds is put on the list. */
static void clean_one(json_t *value, json_t *list)
{
	const char *key;
	void *next;
	json_t *entry;
	json_t *clean;
	size_t i;

	json_object_foreach_safe(value, next, key, entry)
	{
		clean = json_is_string(entry) ? printable(text_in(entry)) : NULL;
		if (clean)
			(void)json_object_set_new(value, key, clean); /* the key is there */
		else if (json_is_object(entry) || json_is_array(entry))
			(void)json_array_append(list, entry); /* without memory: left as it is */
	}
	json_array_foreach(value, i, entry)
	{
		clean = json_is_string(entry) ? printable(text_in(entry)) : NULL;
		if (clean)
			(void)json_array_set_new(value, i, clean); /* the place is there */
		else if (json_is_object(entry) || json_is_array(entry))
			(void)json_array_append(list, entry); /* as above */
	}
}

void yg_assess_make_printable(json_t *value)
{
	json_t *list = json_array();

	if (list && value)
		(void)json_array_append(list, value); /* without memory: left as it is */
	while (json_array_size(list) > 0) {
		size_t last = json_array_size(list) - 1;
		json_t *one = json_incref(json_array_get(list, last));

		(void)json_array_remove(list, last); /* it is there */
		clean_one(one, list);
		json_decref(one);
	}
	json_decref(list);
}

static int read_stdin(size_t bytes_max, uint8_t **ret, size_t *ret_size)
{
	struct yg_buf buf;
	int rc = YG_OK;

	yg_buf_init(&buf, bytes_max + 1);
	for (;;) {
		uint8_t *at = yg_buf_reserve(&buf, 65536);
		size_t got;

		rc = at ? yg_io_read(STDIN_FILENO, at, 65536, &got) : yg_buf_error(&buf);
		if (rc != YG_OK || got == 0)
			break;
		yg_buf_grew(&buf, got);
	}
	if (rc != YG_OK) {
		yg_buf_done(&buf);
		return rc;
	}
	*ret = buf.data; /* the caller frees it */
	*ret_size = buf.size;
	return YG_OK;
}

bool yg_assess_read_file(const char *path, size_t bytes_max, uint8_t **ret, size_t *ret_size)
{
	int rc = strcmp(path, "-") == 0 ? read_stdin(bytes_max, ret, ret_size)
					: yg_io_read_file(path, bytes_max, ret, ret_size);

	if (rc == YG_OK)
		return true;
	if (rc == YG_ELIMIT)
		yg_say(N_("%s is larger than %zu MiB; it was not read"),
		       yg_say_safe(yg_bytes_str(path), 300), bytes_max >> 20);
	else
		yg_say(N_("%s cannot be read: %s"), yg_say_safe(yg_bytes_str(path), 300),
		       yg_say_tr(yg_err_text(rc)));
	return false;
}

int yg_assess_write_out(const char *path, const struct yg_buf *content, unsigned mode)
{
	int rc = yg_buf_error(content);

	if (rc == YG_OK && path && strcmp(path, "-") != 0)
		rc = yg_io_write_to(path, yg_buf_bytes(content), mode);
	else if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(content));
	if (rc == YG_OK || rc == YG_EPIPE)
		return YG_EXIT_DONE;
	yg_say(N_("the output could not be written: %s"), yg_say_tr(yg_err_text(rc)));
	return YG_EXIT_FAILED;
}

int yg_assess_write_json(const char *path, json_t *take_object)
{
	struct yg_buf buf;
	int status = YG_EXIT_FAILED;
	int rc;

	yg_buf_init(&buf, JSON_OUT_MAX);
	rc = yg_json_canonical(take_object, &buf);
	json_decref(take_object);
	if (rc == YG_OK) {
		yg_buf_add_byte(&buf, '\n');
		status = yg_assess_write_out(path, &buf, 0600);
	} else {
		yg_say(N_("the output could not be written: %s"), yg_say_tr(yg_err_text(rc)));
	}
	yg_buf_done(&buf);
	return status;
}

int yg_assess_print_json(json_t *take_object)
{
	return yg_assess_write_json(NULL, take_object);
}

/* Evidence with a place that is a file here, and a digest: is the file still the same? */
static int check_file(struct yg_assess_run *run, const json_t *evidence)
{
	const char *path = json_string_value(json_object_get(evidence, "place"));
	struct yg_bytes wanted = yg_json_text(evidence, "sha256");
	char digest[YG_SHA256_HEX + 1];
	struct stat now;
	uint8_t *data;
	size_t size;

	if (!path || path[0] != '/' || wanted.size == 0 || access(path, R_OK) != 0)
		return YG_OK; /* kept elsewhere: nothing can be said here */
	if (stat(path, &now) != 0 || !S_ISREG(now.st_mode))
		return YG_OK; /* a pipe would wait for ever: such a place was made up */
	if (yg_io_read_file(path, 1u << 30, &data, &size) != YG_OK)
		return YG_OK;
	yg_sha256_hex((struct yg_bytes){data, size}, digest);
	free(data);
	return yg_assess_mark_changed(run->assess,
				      json_string_value(json_object_get(evidence, "id")),
				      !yg_bytes_eq(wanted, yg_bytes_str(digest)));
}

int yg_assess_check_files(struct yg_assess_run *run)
{
	json_t *items = NULL;
	json_t *item;
	size_t i;
	int rc = yg_assess_json_items(run->assess, "evidence", &items);

	json_array_foreach(items, i, item)
	{
		if (rc == YG_OK)
			rc = check_file(run, item);
	}
	json_decref(items);
	return rc == YG_EACCES ? YG_OK : rc; /* an expert only reads */
}
