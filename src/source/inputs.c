/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the paths a person gave to the list of what is read, in which order.
 *
 * Folders are walked with a stack of their own (depth YG_INPUT_DEPTH_MAX). Names of one folder, and
 * of one archive, are sorted by bytes; the parts of a rotated log stand together, oldest first:
 *
 *   access.log-20260101  access.log-20260102.gz  access.log.10.gz  access.log.2  access.log.1
 * access.log
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/tr.h"
#include "base/utf8.h"
#include "source/encoding-int.h"
#include "source/sniff-int.h"
#include "source/unpack-int.h"

#include "base/ban.h"

#define SEEN_FIRST	 256u
#define NAME_BYTES_MAX	 8192u
#define FOLDER_FILES_MAX YG_INPUTS_MAX

/* A file or folder that was met: an open-addressing table, at most half full. */
struct seen {
	dev_t dev;
	ino_t ino;
	char *name; /* owned; NULL = empty slot */
};

/* One folder on the way down: the sorted names in it, and how far we are. */
struct folder {
	char *name; /* as it is shown and opened */
	char **entries;
	size_t count;
	size_t at;
};

struct walk {
	struct yg_inputs *inputs;
	yg_inputs_report_fn report;
	void *arg;
	struct seen *seen;
	size_t seen_count;
	size_t seen_room;
	size_t items_room;
	size_t duplicates;
	bool has_stdin;
	struct folder stack[YG_INPUT_DEPTH_MAX + 1];
	size_t depth;
	uint8_t head[YG_SNIFF_BYTES];
};

static void tell(struct walk *w, const char *name, int rc, const char *reason)
{
	if (w->report)
		w->report(w->arg, name, rc, reason ? reason : yg_err_text(rc));
}

/* How a name stands among the parts of a rotated log. */
struct rotation {
	struct yg_bytes base; /* name without number, date and packing */
	struct yg_bytes mark; /* the number or the date */
	int age;	      /* 0 dated, 1 numbered, 2 the one being written */
};

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static struct yg_bytes without_packing(struct yg_bytes name)
{
	static const char *const packed[] = {".gz", ".zst", ".xz", ".zip", ".bz2"};

	for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++)
		if (yg_bytes_ends(name, yg_bytes_str(packed[i])))
			return yg_bytes_cut(name, 0, name.size - strlen(packed[i]));
	return name;
}

/* Where the digits, and hyphens between them, at the end of @b begin. */
static size_t digits_at_end(struct yg_bytes b)
{
	size_t at = b.size;

	while (at > 0 && (is_digit(b.data[at - 1]) || (b.data[at - 1] == '-' && at > 1 &&
						       at < b.size && is_digit(b.data[at - 2]))))
		at--;
	return at;
}

/* logrotate's dateext is "-20260131"; others write ".2026-01-31"; numbers are ".1". */
static struct rotation rotation_of(const char *name)
{
	struct rotation r = {.base = without_packing(yg_bytes_str(name)), .age = 2};
	size_t at = digits_at_end(r.base);
	uint8_t before = at > 1 && at < r.base.size ? r.base.data[at - 1] : 0;

	if (before != '-' && before != '.')
		return r;
	r.mark = yg_bytes_from(r.base, at);
	if (r.mark.size >= 8)
		r.age = 0;
	else if (before == '.' && r.mark.size <= 4 && yg_bytes_chr(r.mark, '-') == SIZE_MAX)
		r.age = 1;
	if (r.age != 2)
		r.base.size = at - 1;
	return r;
}

static int compare_bytes(struct yg_bytes a, struct yg_bytes b)
{
	size_t both = a.size < b.size ? a.size : b.size;
	int order = both ? memcmp(a.data, b.data, both) : 0;

	if (order)
		return order;
	return (a.size > b.size) - (a.size < b.size);
}

static int compare_names(const char *left, const char *right)
{
	struct rotation a = rotation_of(left);
	struct rotation b = rotation_of(right);
	uint64_t number_a = 0;
	uint64_t number_b = 0;
	int order = compare_bytes(a.base, b.base);

	if (order)
		return order;
	if (a.age != b.age)
		return a.age - b.age;
	if (a.age == 0)
		order = compare_bytes(a.mark, b.mark);
	if (a.age == 1 && yg_bytes_u64(a.mark, &number_a) && yg_bytes_u64(b.mark, &number_b))
		order = (number_a < number_b) - (number_a > number_b);
	return order ? order : strcmp(left, right);
}

static int by_name(const void *left, const void *right)
{
	return compare_names(*(char *const *)left, *(char *const *)right);
}

/* "a/b"; with "!" for members. NULL without memory. */
static char *join(const char *a, char between, const char *b)
{
	size_t size_a = strlen(a);
	size_t size_b = strlen(b);
	char *both;

	if (between == '/' && size_a > 0 && a[size_a - 1] == '/')
		size_a--;
	both = yg_malloc(size_a + size_b + 2);
	if (!both)
		return NULL;
	memcpy(both, a, size_a);
	both[size_a] = between;
	memcpy(both + size_a + 1, b, size_b + 1);
	return both;
}

static char *copy(const char *text)
{
	return yg_strndup(text, strlen(text));
}

static struct seen *seen_slot(struct seen *table, size_t room, dev_t dev, ino_t ino)
{
	const uint64_t key[2] = {(uint64_t)dev, (uint64_t)ino};
	size_t at = (size_t)yg_hash64((struct yg_bytes){(const uint8_t *)key, sizeof(key)}, 0) &
		    (room - 1);

	while (table[at].name && (table[at].dev != dev || table[at].ino != ino))
		at = (at + 1) & (room - 1);
	return &table[at];
}

static bool seen_grow(struct walk *w)
{
	size_t room = w->seen_room ? w->seen_room * 2 : SEEN_FIRST;
	struct seen *table;

	if (w->seen_count * 2 < w->seen_room)
		return true;
	table = yg_calloc(room, sizeof(*table));
	if (!table)
		return false;
	for (size_t i = 0; i < w->seen_room; i++)
		if (w->seen[i].name)
			*seen_slot(table, room, w->seen[i].dev, w->seen[i].ino) = w->seen[i];
	free(w->seen);
	w->seen = table;
	w->seen_room = room;
	return true;
}

/* YG_OK the first time; YG_EDUPLICATE after telling so; YG_ENOMEM. */
static int meet(struct walk *w, const char *name, const struct stat *st)
{
	struct seen *slot;
	char *reason;

	if (!seen_grow(w))
		return YG_ENOMEM;
	slot = seen_slot(w->seen, w->seen_room, st->st_dev, st->st_ino);
	if (!slot->name) {
		slot->name = copy(name);
		if (!slot->name)
			return YG_ENOMEM;
		slot->dev = st->st_dev;
		slot->ino = st->st_ino;
		w->seen_count++;
		return YG_OK;
	}
	reason = yg_malloc(sizeof(YG_INPUTS_SAME_AS) + strlen(slot->name));
	if (!reason)
		return YG_ENOMEM;
	memcpy(reason, YG_INPUTS_SAME_AS, sizeof(YG_INPUTS_SAME_AS) - 1);
	memcpy(reason + sizeof(YG_INPUTS_SAME_AS) - 1, slot->name, strlen(slot->name) + 1);
	w->duplicates++;
	tell(w, name, YG_EDUPLICATE, reason);
	free(reason);
	return YG_EDUPLICATE;
}

static void item_done(struct yg_input *item)
{
	free(item->name);
	free(item->path);
	free(item->member);
}

/* Takes the strings in @item, also on failure. */
static int add(struct walk *w, struct yg_input take_item, bool is_complete)
{
	struct yg_inputs *in = w->inputs;
	int rc = is_complete ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK && in->count == YG_INPUTS_MAX) {
		tell(w, take_item.name, YG_ELIMIT,
		     N_("more than 100000 inputs: this one and the rest are left out"));
		rc = YG_ELIMIT;
	}
	if (rc == YG_OK && in->count == w->items_room) {
		size_t room = w->items_room ? w->items_room * 2 : 16;
		struct yg_input *items = yg_reallocarray(in->items, room, sizeof(*items));

		if (items) {
			in->items = items;
			w->items_room = room;
		} else {
			rc = YG_ENOMEM;
		}
	}
	if (rc == YG_OK)
		in->items[in->count++] = take_item;
	else
		item_done(&take_item);
	return rc;
}

static int add_file(struct walk *w, const char *name, const struct stat *st)
{
	struct yg_input item = {
		.name = copy(name),
		.path = copy(name),
		.size_bytes = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0,
		.mtime_ns = S_ISREG(st->st_mode) ? (int64_t)st->st_mtim.tv_sec * YG_NS_PER_S +
							   st->st_mtim.tv_nsec
						 : YG_TIME_NONE,
	};

	return add(w, item, item.name && item.path);
}

struct member {
	char *name; /* UTF-8; owned */
	uint64_t index;
};

static int by_member(const void *left, const void *right)
{
	const struct member *a = left;
	const struct member *b = right;
	int order = compare_names(a->name, b->name);

	return order ? order : (a->index > b->index) - (a->index < b->index);
}

/* Names in archives made on Japanese Windows are CP932. */
static char *member_name(const char *raw)
{
	struct yg_decoder decoder;
	struct yg_buf text;
	const char *reason = NULL;
	char *name = NULL;

	if (yg_utf8_valid(yg_bytes_str(raw)))
		return copy(raw);
	yg_decoder_init(&decoder);
	yg_buf_init(&text, NAME_BYTES_MAX * 4);
	decoder.is_started = true; /* a name has no byte-order mark */
	decoder.encoding = YG_ENCODING_CP932;
	if (yg_decoder_add(&decoder, yg_bytes_str(raw), true, &text, &reason) == YG_EUNSUPPORTED) {
		decoder.encoding = YG_ENCODING_UTF8;
		yg_buf_reset(&decoder.held);
		if (yg_decoder_add(&decoder, yg_bytes_str(raw), true, &text, &reason) != YG_OK)
			yg_buf_reset(&text);
	}
	if (text.size > 0)
		name = yg_strndup((const char *)text.data, text.size);
	yg_buf_done(&text);
	yg_decoder_done(&decoder);
	return name;
}

/* Why the member is left out: *ret_reason, or NULL when it is an input. */
static int judge_member(struct walk *w, struct yg_zip *zip, const struct yg_zip_member *member,
			uint64_t index, const char **ret_reason)
{
	size_t got = 0;
	int rc;

	*ret_reason = NULL;
	if (member->is_encrypted) {
		*ret_reason = N_("it is encrypted: unpack it with its password first");
		return YG_EUNSUPPORTED;
	}
	rc = yg_zip_start(zip, index, ret_reason);
	if (rc != YG_OK)
		return rc;
	rc = yg_zip_read(zip, w->head, sizeof(w->head), &got, ret_reason);
	if (rc == YG_OK || rc == YG_EEND) {
		*ret_reason = yg_sniff_no_log((struct yg_bytes){w->head, got});
		return *ret_reason ? YG_EMISMATCH : YG_OK;
	}
	if (rc == YG_ENOMEM || got == 0)
		return rc;
	*ret_reason = NULL; /* damaged further on: what comes before is read */
	return YG_OK;
}

static int add_member(struct walk *w, const char *path, struct yg_zip *zip, const struct member *m)
{
	struct yg_zip_member member;
	struct yg_input item;
	const char *reason = NULL;
	char *name;
	int rc;

	if (!yg_zip_member(zip, m->index, &member))
		return YG_OK;
	name = join(path, '!', m->name);
	if (!name)
		return YG_ENOMEM;
	rc = judge_member(w, zip, &member, m->index, &reason);
	if (rc != YG_OK) {
		if (rc != YG_ENOMEM)
			tell(w, name, rc, reason);
		free(name);
		return rc == YG_ENOMEM ? rc : YG_OK;
	}
	item = (struct yg_input){
		.name = name,
		.path = copy(path),
		.member = copy(m->name),
		.member_index = m->index,
		.size_bytes = member.packed_bytes,
		.mtime_ns = member.mtime_ns,
	};
	return add(w, item, item.path && item.member);
}

static int list_members(struct yg_zip *zip, struct member *list, size_t *ret_count)
{
	uint64_t count = yg_zip_count(zip);

	*ret_count = 0;
	for (uint64_t i = 0; i < count; i++) {
		struct yg_zip_member member;

		if (!yg_zip_member(zip, i, &member) || member.is_folder)
			continue;
		list[*ret_count].name = member_name(member.name);
		list[*ret_count].index = i;
		if (!list[*ret_count].name)
			return YG_ENOMEM;
		(*ret_count)++;
	}
	qsort(list, *ret_count, sizeof(*list), by_member);
	return YG_OK;
}

static int add_zip(struct walk *w, const char *path, int fd)
{
	struct yg_zip *zip = NULL;
	const char *reason = NULL;
	struct member *list = NULL;
	size_t count = 0;
	size_t before = w->inputs->count;
	int rc = yg_zip_open(fd, (struct yg_bytes){NULL, 0}, &zip, &reason);

	if (rc != YG_OK) {
		if (rc != YG_ENOMEM)
			tell(w, path, rc, reason);
		return rc == YG_ENOMEM ? rc : YG_OK;
	}
	list = yg_calloc(yg_zip_count(zip), sizeof(*list));
	rc = list ? list_members(zip, list, &count) : YG_ENOMEM;
	for (size_t i = 0; i < count && rc == YG_OK; i++)
		rc = add_member(w, path, zip, &list[i]);
	if (rc == YG_OK && w->inputs->count == before)
		tell(w, path, YG_ENOENT, N_("no log files in this archive"));
	for (size_t i = 0; list && i < yg_zip_count(zip); i++)
		free(list[i].name);
	free(list);
	(void)yg_zip_free(zip);
	return rc;
}

/* A regular file: looked into, to tell archives from logs and, when walking, logs from the rest. */
static int take_regular(struct walk *w, const char *name, const struct stat *st, bool is_named)
{
	const char *reason = NULL;
	bool needs_more;
	size_t got = 0;
	int fd;
	int rc = meet(w, name, st);

	if (rc != YG_OK)
		return rc == YG_EDUPLICATE ? YG_OK : rc;
	rc = yg_io_open_read(name, &fd);
	if (rc != YG_OK) {
		tell(w, name, rc, NULL);
		return YG_OK;
	}
	rc = yg_io_read(fd, w->head, sizeof(w->head), &got);
	if (rc != YG_OK) {
		tell(w, name, rc, NULL);
		rc = YG_OK;
		goto out;
	}
	if (!is_named)
		reason = yg_sniff_no_log((struct yg_bytes){w->head, got});
	if (reason)
		tell(w, name, YG_EMISMATCH, reason);
	else if (yg_packing_of((struct yg_bytes){w->head, got}, &needs_more) == YG_PACKING_ZIP)
		rc = add_zip(w, name, fd);
	else
		rc = add_file(w, name, st);
out:
	(void)close(fd); /* read only: nothing to lose */
	return rc;
}

static void folder_done(struct folder *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->entries[i]);
	free(f->entries);
	free(f->name);
	*f = (struct folder){0};
}

static int folder_add(struct folder *f, size_t *room, const char *name)
{
	if (f->count == FOLDER_FILES_MAX)
		return YG_ELIMIT;
	if (f->count == *room) {
		size_t more = *room ? *room * 2 : 32;
		char **entries = yg_reallocarray(f->entries, more, sizeof(*entries));

		if (!entries)
			return YG_ENOMEM;
		f->entries = entries;
		*room = more;
	}
	f->entries[f->count] = copy(name);
	if (!f->entries[f->count])
		return YG_ENOMEM;
	f->count++;
	return YG_OK;
}

/* What stands beside a file of an archive tells about it, and is no log (docs/archive.md). */
static bool is_filters(const char *name)
{
	return yg_bytes_ends(yg_bytes_str(name), YG_S(".ndjson.zst.filters"));
}

/* Read the names of folder @name onto the stack. */
static int enter(struct walk *w, const char *name)
{
	struct folder *f = &w->stack[w->depth];
	const struct dirent *entry;
	size_t room = 0;
	DIR *dir;
	int rc = YG_OK;

	if (w->depth > YG_INPUT_DEPTH_MAX - 1) {
		tell(w, name, YG_ELIMIT,
		     N_("folders lie more than 32 deep here: this one is left out"));
		return YG_OK;
	}
	dir = opendir(name);
	if (!dir) {
		tell(w, name, yg_err_from_errno(errno), NULL);
		return YG_OK;
	}
	*f = (struct folder){.name = copy(name)};
	if (!f->name)
		rc = YG_ENOMEM;
	while (rc == YG_OK && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && !is_filters(entry->d_name))
			rc = folder_add(f, &room, entry->d_name);
	(void)closedir(dir); /* read only: nothing to lose */
	if (rc == YG_ELIMIT) {
		tell(w, name, rc,
		     N_("more than 100000 files in this folder: the rest is left out"));
		rc = YG_OK;
	}
	if (rc != YG_OK) {
		folder_done(f);
		return rc;
	}
	if (f->count > 1)
		qsort(f->entries, f->count, sizeof(*f->entries), by_name);
	w->depth++;
	return YG_OK;
}

static int take_entry(struct walk *w, const char *name)
{
	struct stat st;
	int rc;

	if (stat(name, &st) != 0) {
		tell(w, name, yg_err_from_errno(errno), NULL);
		return YG_OK;
	}
	if (S_ISREG(st.st_mode))
		return take_regular(w, name, &st, false);
	if (!S_ISDIR(st.st_mode))
		return YG_OK; /* pipes, sockets and devices are only read when named */
	rc = meet(w, name, &st);
	if (rc != YG_OK)
		return rc == YG_EDUPLICATE ? YG_OK : rc;
	return enter(w, name);
}

static int take_folder(struct walk *w, const char *given, const struct stat *st)
{
	size_t before = w->inputs->count;
	size_t duplicates = w->duplicates;
	int rc = meet(w, given, st);

	if (rc != YG_OK)
		return rc == YG_EDUPLICATE ? YG_OK : rc;
	rc = enter(w, given);
	if (w->depth == 0)
		return rc; /* could not be opened: told */
	while (rc == YG_OK && w->depth > 0) {
		struct folder *f = &w->stack[w->depth - 1];
		char *name;

		if (f->at == f->count) {
			folder_done(f);
			w->depth--;
			continue;
		}
		name = join(f->name, '/', f->entries[f->at++]);
		rc = name ? take_entry(w, name) : YG_ENOMEM;
		free(name);
	}
	if (rc == YG_OK && w->inputs->count == before && w->duplicates == duplicates)
		tell(w, given, YG_ENOENT, N_("no log files in this folder"));
	return rc;
}

static int take_given(struct walk *w, const char *given)
{
	static const struct stat nothing;
	struct stat st;

	if (strcmp(given, "-") == 0) {
		if (w->has_stdin) {
			w->duplicates++;
			tell(w, given, YG_EDUPLICATE, YG_INPUTS_SAME_AS "-");
			return YG_OK;
		}
		w->has_stdin = true;
		return add_file(w, given, &nothing);
	}
	if (stat(given, &st) != 0) {
		tell(w, given, yg_err_from_errno(errno), NULL);
		return YG_OK;
	}
	if (S_ISDIR(st.st_mode))
		return take_folder(w, given, &st);
	if (S_ISREG(st.st_mode))
		return take_regular(w, given, &st, true);
	return add_file(w, given, &st);
}

int yg_inputs_expand(const char *const *paths, size_t count, struct yg_inputs *ret,
		     yg_inputs_report_fn report, void *arg)
{
	struct walk *w = yg_calloc(1, sizeof(*w));
	int rc = w ? YG_OK : YG_ENOMEM;

	*ret = (struct yg_inputs){0};
	if (!w)
		return rc;
	w->inputs = ret;
	w->report = report;
	w->arg = arg;
	for (size_t i = 0; i < count && rc == YG_OK; i++) {
		size_t before = ret->count;
		size_t duplicates = w->duplicates;

		rc = take_given(w, paths[i]);
		/* What is given twice is no failure: it is read. */
		if (rc == YG_OK && ret->count == before && w->duplicates == duplicates)
			ret->failed++;
	}
	while (w->depth > 0)
		folder_done(&w->stack[--w->depth]);
	for (size_t i = 0; i < w->seen_room; i++)
		free(w->seen[i].name);
	free(w->seen);
	free(w);
	if (rc != YG_OK && rc != YG_ELIMIT)
		yg_inputs_done(ret);
	return rc;
}

void yg_inputs_done(struct yg_inputs *inputs)
{
	for (size_t i = 0; i < inputs->count; i++)
		item_done(&inputs->items[i]);
	free(inputs->items);
	*inputs = (struct yg_inputs){0};
}
