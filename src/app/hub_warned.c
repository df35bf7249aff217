/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/hub_warned.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/say.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/hash.h"
#include "base/io.h"

#include "base/ban.h"

#define PATH_ROOM 4352u
#define ARENA_MAX (1u << 30)
#define LINE_MORE 24u /* bytes of a row beside its three texts: tabs, the time, the end */

struct text {
	struct text *next;
	uint8_t *bytes;
};

struct yg_hub_warned {
	struct text *texts; /* that the rows lie in */
	struct yg_warned_row *rows;
	size_t count;
	size_t room;
};

static int order(struct yg_bytes a, struct yg_bytes b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int by = size ? memcmp(a.data, b.data, size) : 0;

	return by ? by : (a.size > b.size) - (a.size < b.size);
}

static int by_row(const void *left, const void *right)
{
	const struct yg_warned_row *a = left, *b = right;
	int by = order(a->value, b->value);

	if (by == 0)
		by = order(a->org, b->org);
	return by ? by : order(a->warning, b->warning);
}

/* ---- reading ---- */

static int add_row(struct yg_hub_warned *w, const struct yg_warned_row *row)
{
	if (w->count == w->room) {
		size_t room = w->room ? 2 * w->room : 256;
		void *grown = room <= 2 * (size_t)YG_WARNED_ROWS_MAX
				      ? yg_reallocarray(w->rows, room, sizeof(*row))
				      : NULL;

		if (!grown)
			return YG_ENOMEM;
		w->rows = grown;
		w->room = room;
	}
	if (w->count == YG_WARNED_ROWS_MAX)
		return YG_ELIMIT;
	w->rows[w->count++] = *row;
	return YG_OK;
}

/* The next of four cells, and past its tab. */
static struct yg_bytes cell(struct yg_bytes *line)
{
	size_t tab = yg_bytes_chr(*line, '\t');
	struct yg_bytes one = yg_bytes_cut(*line, 0, tab == SIZE_MAX ? line->size : tab);

	*line = tab == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(*line, tab + 1);
	return one;
}

static bool read_row(struct yg_bytes line, struct yg_warned_row *ret)
{
	struct yg_bytes until;
	uint64_t seconds;

	ret->value = cell(&line);
	ret->org = cell(&line);
	until = cell(&line);
	ret->warning = cell(&line);
	if (ret->value.size == 0 || ret->org.size == 0 || ret->org.size > YG_WARNED_ID_MAX ||
	    ret->warning.size == 0 || ret->warning.size > YG_WARNED_ID_MAX || line.size > 0 ||
	    !yg_bytes_u64(until, &seconds) || seconds > INT64_MAX / YG_NS_PER_S)
		return false;
	ret->until_ns = (int64_t)seconds * YG_NS_PER_S;
	return true;
}

static int read_text(struct yg_hub_warned *w, struct yg_bytes text)
{
	int rc = YG_OK;

	while (rc == YG_OK && text.size > 0) {
		size_t end = yg_bytes_chr(text, '\n');
		struct yg_bytes line = yg_bytes_cut(text, 0, end == SIZE_MAX ? text.size : end);
		struct yg_warned_row row;

		if (read_row(line, &row))
			rc = add_row(w, &row);
		text = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(text, end + 1);
	}
	return rc;
}

static int read_scope(void *arg, const char *path)
{
	struct yg_hub_warned *w = arg;
	struct text *text;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_io_read_file(path, YG_WARNED_BYTES_MAX, &bytes, &size);

	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc;
	text = yg_malloc(sizeof(*text));
	if (!text) {
		free(bytes);
		return YG_ENOMEM;
	}
	*text = (struct text){w->texts, bytes};
	w->texts = text;
	return read_text(w, (struct yg_bytes){bytes, size});
}

static int each_scope(const char *indicators, int (*fn)(void *arg, const char *path), void *arg)
{
	char folder[PATH_ROOM];
	int length = snprintf(folder, sizeof(folder), "%s/%s", indicators, YG_WARNED_FOLDER);
	DIR *dir = length > 0 && (size_t)length < sizeof(folder) ? opendir(folder) : NULL;
	const struct dirent *entry;
	char path[PATH_ROOM];
	int rc = YG_OK;

	while (dir && rc == YG_OK && (entry = readdir(dir)) != NULL) {
		int size = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);

		if (strncmp(entry->d_name, YG_WARNED_SCOPE, strlen(YG_WARNED_SCOPE)) != 0 ||
		    strchr(entry->d_name + 1, '.') || size < 0 || (size_t)size >= sizeof(path))
			continue; /* with another point it is one that is being written */
		rc = fn(arg, path);
	}
	if (dir)
		(void)closedir(dir); /* only read */
	return rc;
}

int yg_hub_warned_load(const char *indicators, struct yg_hub_warned **ret)
{
	struct yg_hub_warned *w = yg_calloc(1, sizeof(*w));
	int rc;

	if (!w)
		return YG_ENOMEM;
	rc = each_scope(indicators, read_scope, w);
	if (w->count > 1)
		qsort(w->rows, w->count, sizeof(*w->rows), by_row);
	if (rc == YG_OK)
		*ret = w;
	else
		(void)yg_hub_warned_free(w);
	return rc;
}

static void forget(struct yg_hub_warned *w)
{
	while (w->texts) {
		struct text *text = w->texts;

		w->texts = text->next;
		free(text->bytes);
		free(text);
	}
	free(w->rows);
}

struct yg_hub_warned *yg_hub_warned_free(struct yg_hub_warned *w)
{
	if (!w)
		return NULL;
	forget(w);
	free(w);
	return NULL;
}

/* ---- looking ---- */

size_t yg_hub_warned_rows(const struct yg_hub_warned *warned, const struct yg_warned_row **ret)
{
	*ret = warned->rows;
	return warned->count;
}

size_t yg_hub_warned_find(const struct yg_hub_warned *w, struct yg_bytes value, struct yg_bytes org,
			  const struct yg_warned_row **ret)
{
	size_t low = 0, high = w->count, end;

	while (low < high) { /* the first that is not before it */
		size_t middle = low + (high - low) / 2;
		int by = order(w->rows[middle].value, value);

		if (by == 0)
			by = order(w->rows[middle].org, org);
		if (by < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < w->count && yg_bytes_eq(w->rows[end].value, value) &&
			yg_bytes_eq(w->rows[end].org, org);)
		end++;
	*ret = end > low ? &w->rows[low] : NULL;
	return end - low;
}

bool yg_hub_warned_counts(const struct yg_hub_warned *warned, struct yg_bytes value,
			  struct yg_bytes org, int64_t received_ns)
{
	const struct yg_warned_row *rows;
	size_t count = yg_hub_warned_find(warned, value, org, &rows);

	for (size_t i = 0; i < count; i++)
		if (received_ns < rows[i].until_ns)
			return true;
	return false;
}

bool yg_hub_warned_is_list(struct yg_bytes path)
{
	return yg_bytes_find(path, YG_S("/" YG_WARNED_FOLDER "/")) != SIZE_MAX;
}

/* ---- writing ---- */

static void put_scope(const struct yg_warned_row *row, struct yg_buf *to)
{
	yg_buf_add(to, row->value);
	yg_buf_add_byte(to, '\t');
	yg_buf_add(to, row->org);
	yg_buf_addf(to, "\t%lld\t", (long long)(row->until_ns / YG_NS_PER_S));
	yg_buf_add(to, row->warning);
	yg_buf_add_byte(to, '\n');
}

/* Does @path hold exactly @text? */
static bool is_same(const char *path, struct yg_bytes text)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	bool is = yg_io_read_file(path, YG_WARNED_BYTES_MAX, &bytes, &size) == YG_OK &&
		  yg_bytes_eq((struct yg_bytes){bytes, size}, text);

	free(bytes);
	return is;
}

static int replace(const char *indicators, const char *name, struct yg_bytes text,
		   bool *ret_changed)
{
	char path[PATH_ROOM];
	int size = snprintf(path, sizeof(path), "%s/%s/%s", indicators, YG_WARNED_FOLDER, name);
	int rc = size > 0 && (size_t)size < sizeof(path) ? YG_OK : YG_ELIMIT;

	if (rc != YG_OK || is_same(path, text))
		return rc;
	*ret_changed = true;
	return yg_disk_replace(path, text, 0600);
}

/* Nothing to say, and nothing was ever said: no file for that. */
static bool is_idle(const char *indicators, const char *scope, size_t count)
{
	char path[PATH_ROOM];
	int size = snprintf(path, sizeof(path), "%s/%s/%s", indicators, YG_WARNED_FOLDER, scope);

	return count == 0 && size > 0 && (size_t)size < sizeof(path) && access(path, F_OK) != 0;
}

static int drop_from(void *arg, const char *path)
{
	const struct yg_bytes *org = arg;
	struct yg_hub_warned w = {.count = 0};
	struct yg_buf left;
	size_t kept = 0;
	int rc = read_scope(&w, path);

	yg_buf_init(&left, YG_WARNED_BYTES_MAX);
	for (size_t i = 0; i < w.count; i++)
		if (!yg_bytes_eq(w.rows[i].org, *org)) {
			put_scope(&w.rows[i], &left);
			kept++;
		}
	if (rc == YG_OK)
		rc = yg_buf_error(&left);
	if (rc == YG_OK && kept < w.count)
		rc = yg_disk_replace(path, yg_buf_bytes(&left), 0600);
	yg_buf_done(&left);
	forget(&w);
	return rc;
}

int yg_hub_warned_drop(const char *indicators, struct yg_bytes org)
{
	return each_scope(indicators, drop_from, &org);
}

int yg_hub_warned_rows_init(struct yg_warned_rows *ret)
{
	*ret = (struct yg_warned_rows){.arena = yg_arena_new(ARENA_MAX),
				       .max = YG_WARNED_ROWS_MAX / 2};
	return ret->arena ? YG_OK : YG_ENOMEM;
}

void yg_hub_warned_rows_done(struct yg_warned_rows *rows)
{
	free(rows->rows);
	(void)yg_arena_free(rows->arena);
}

int yg_hub_warned_rows_add(struct yg_warned_rows *r, const struct yg_warned_row *row)
{
	uint64_t size = row->value.size + row->org.size + row->warning.size + LINE_MORE;
	struct yg_warned_row *to;

	if (r->count == r->max || size > YG_WARNED_BYTES_MAX / 2 - r->bytes) {
		r->left_out++;
		return YG_OK;
	}
	if ((r->count & (r->count - 1)) == 0) { /* full at each power of two */
		void *more = yg_reallocarray(r->rows, r->count ? 2 * r->count : 1, sizeof(*row));

		if (!more)
			return YG_ENOMEM;
		r->rows = more;
	}
	to = &r->rows[r->count];
	to->until_ns = row->until_ns;
	if (!yg_arena_dup(r->arena, row->value, &to->value) ||
	    !yg_arena_dup(r->arena, row->org, &to->org) ||
	    !yg_arena_dup(r->arena, row->warning, &to->warning))
		return YG_ENOMEM;
	r->count++;
	r->bytes += size;
	return YG_OK;
}

void yg_hub_warned_say_left_out(uint64_t left_out, uint64_t *said)
{
	if (left_out > 0 && left_out != *said)
		yg_say(N_("%llu values of indicators for single organisations are not looked for: "
			  "there are too many"),
		       (unsigned long long)left_out);
	*said = left_out;
}

/* The files of one source. */
struct names {
	const char *scope;
	const char *values;
	const char *made; /* said in the list */
};

static int write_all(const char *indicators, const struct names *names, struct yg_warned_row *rows,
		     size_t count, bool *ret_changed)
{
	uint8_t digest[YG_DIGEST_BYTES];
	char hex[2 * YG_DIGEST_BYTES + 1];
	struct yg_buf scope, values;
	int rc;

	*ret_changed = false;
	if (count > YG_WARNED_ROWS_MAX)
		return YG_ELIMIT;
	if (is_idle(indicators, names->scope, count))
		return YG_OK;
	if (count > 1)
		qsort(rows, count, sizeof(*rows), by_row);
	yg_buf_init(&scope, YG_WARNED_BYTES_MAX);
	yg_buf_init(&values, YG_WARNED_BYTES_MAX);
	for (size_t i = 0; i < count; i++)
		put_scope(&rows[i], &scope);
	yg_digest(yg_buf_bytes(&scope), digest);
	yg_hex((struct yg_bytes){digest, sizeof(digest)}, hex);
	yg_buf_addf(&values, "# made by the hub from %s; scope %s\n", names->made, hex);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || !yg_bytes_eq(rows[i].value, rows[i - 1].value)) {
			yg_buf_add(&values, rows[i].value);
			yg_buf_add_byte(&values, '\n');
		}
	rc = yg_buf_error(&scope);
	if (rc == YG_OK)
		rc = yg_buf_error(&values);
	if (rc == YG_OK)
		rc = replace(indicators, names->scope, yg_buf_bytes(&scope), ret_changed);
	if (rc == YG_OK)
		rc = replace(indicators, names->values, yg_buf_bytes(&values), ret_changed);
	yg_buf_done(&scope);
	yg_buf_done(&values);
	return rc;
}

int yg_hub_warned_write(const char *indicators, struct yg_warned_row *rows, size_t count,
			bool *ret_changed)
{
	static const struct names names = {YG_WARNED_SCOPE, YG_WARNED_VALUES, "warnings"};

	return write_all(indicators, &names, rows, count, ret_changed);
}

int yg_hub_warned_write_as(const char *indicators, const char *name, struct yg_warned_row *rows,
			   size_t count, bool *ret_changed)
{
	char scope[64], values[64];
	const struct names names = {scope, values, name};

	(void)snprintf(scope, sizeof(scope), "%s-%.40s", YG_WARNED_SCOPE, name); /* both fit */
	(void)snprintf(values, sizeof(values), "%.40s.txt", name);
	return write_all(indicators, &names, rows, count, ret_changed);
}
