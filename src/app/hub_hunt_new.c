/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_hunt_new.h"

#include <dirent.h>
#include <inttypes.h>

#include "app/hub_warned.h"
#include "app/rule_files.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"
#include "parse/csv.h"
#include "parse/yaml.h"

#include "base/ban.h"

#define MAGIC	    "YGHK1\n\n\n"
#define MAGIC_SIZE  8u
#define FIRST_SLOTS 1024u
#define FILE_MAX    (MAGIC_SIZE + 8u * (size_t)YG_HUNT_KNOWN_MAX + 8u)
#define PATH_ROOM   4352u
#define OUT_MAX	    (UINT64_C(1) << 30)
#define ARENA_MAX   (64u << 20)
#define PLAIN_SEED  1u
#define RULE_SEED   2u
#define WARNED_SEED 3u

struct yg_hunt_known {
	char *path;
	uint64_t *slots; /* open addressing; 0: free */
	size_t room;	 /* a power of two */
	size_t count;
	bool is_full_said;
};

/* ---- gathering ---- */

void yg_hunt_gather_note(struct yg_hunt_gather *gather, int64_t now_ms)
{
	if (!gather->is_waiting)
		gather->first_ms = now_ms;
	gather->last_ms = now_ms;
	gather->is_waiting = true;
}

bool yg_hunt_gather_due(struct yg_hunt_gather *gather, int64_t now_ms)
{
	if (!gather->is_waiting || (now_ms - gather->last_ms < YG_HUNT_QUIET_MS &&
				    now_ms - gather->first_ms < YG_HUNT_GATHER_MS))
		return false;
	gather->is_waiting = false;
	return true;
}

/* ---- the known ---- */

static uint64_t *slot_of(uint64_t *slots, size_t room, uint64_t hash)
{
	size_t at = (size_t)hash & (room - 1);

	while (slots[at] != 0 && slots[at] != hash)
		at = (at + 1) & (room - 1);
	return &slots[at];
}

static int grow(struct yg_hunt_known *known)
{
	size_t room = known->room ? 2 * known->room : FIRST_SLOTS;
	uint64_t *slots = yg_calloc(room, sizeof(*slots));

	if (!slots)
		return YG_ENOMEM;
	for (size_t i = 0; i < known->room; i++)
		if (known->slots[i] != 0)
			*slot_of(slots, room, known->slots[i]) = known->slots[i];
	free(known->slots);
	known->slots = slots;
	known->room = room;
	return YG_OK;
}

/* *ret_is_new: it was not there. */
static int learn(struct yg_hunt_known *known, uint64_t hash, bool *ret_is_new)
{
	uint64_t *slot;
	int rc = 2 * (known->count + 1) > known->room ? grow(known) : YG_OK;

	*ret_is_new = false;
	if (rc != YG_OK)
		return rc;
	hash = hash != 0 ? hash : 1;
	slot = slot_of(known->slots, known->room, hash);
	if (*slot == hash)
		return YG_OK;
	if (known->count == YG_HUNT_KNOWN_MAX) {
		if (!known->is_full_said)
			yg_say(N_("hunts: more than %u rules and indicators came so far: what "
				  "comes now is not looked for in the archive"),
			       YG_HUNT_KNOWN_MAX);
		known->is_full_said = true;
		return YG_OK;
	}
	*slot = hash;
	known->count++;
	*ret_is_new = true;
	return YG_OK;
}

static void put_u64(struct yg_buf *to, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		yg_buf_add_byte(to, (uint8_t)(value >> 8 * i));
}

static uint64_t get_u64(const uint8_t *from)
{
	uint64_t value = 0;

	for (unsigned i = 8; i-- > 0;)
		value = value << 8 | from[i];
	return value;
}

static int parse(struct yg_hunt_known *known, struct yg_bytes b)
{
	int rc = YG_OK;
	bool is_new;

	if (b.size < MAGIC_SIZE + 8 || b.size % 8 != 0 || memcmp(b.data, MAGIC, MAGIC_SIZE) != 0 ||
	    yg_hash64(yg_bytes_cut(b, 0, b.size - 8), 0) != get_u64(b.data + b.size - 8))
		return YG_EFORMAT;
	for (size_t at = MAGIC_SIZE; rc == YG_OK && at < b.size - 8; at += 8)
		rc = learn(known, get_u64(b.data + at), &is_new);
	return rc;
}

int yg_hunt_known_open(const char *path, struct yg_hunt_known **ret, bool *ret_is_new)
{
	struct yg_hunt_known *known = yg_calloc(1, sizeof(*known));
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc;

	if (!known)
		return YG_ENOMEM;
	known->path = yg_strndup(path, strlen(path));
	rc = known->path ? yg_io_read_file(path, FILE_MAX, &bytes, &size) : YG_ENOMEM;
	*ret_is_new = rc == YG_ENOENT;
	if (rc == YG_OK)
		rc = parse(known, (struct yg_bytes){bytes, size});
	else if (rc == YG_ENOENT)
		rc = YG_OK;
	free(bytes);
	if (rc == YG_OK)
		*ret = known;
	else
		(void)yg_hunt_known_free(known);
	return rc;
}

int yg_hunt_known_save(const struct yg_hunt_known *known)
{
	struct yg_buf buf;
	int rc;

	yg_buf_init(&buf, FILE_MAX);
	yg_buf_add_str(&buf, MAGIC);
	for (size_t i = 0; i < known->room; i++)
		if (known->slots[i] != 0)
			put_u64(&buf, known->slots[i]);
	rc = yg_buf_error(&buf);
	if (rc == YG_OK)
		put_u64(&buf, yg_hash64(yg_buf_bytes(&buf), 0));
	rc = rc == YG_OK ? yg_buf_error(&buf) : rc;
	if (rc == YG_OK)
		rc = yg_disk_replace(known->path, yg_buf_bytes(&buf), 0600);
	yg_buf_done(&buf);
	return rc;
}

struct yg_hunt_known *yg_hunt_known_free(struct yg_hunt_known *known)
{
	if (!known)
		return NULL;
	free(known->path);
	free(known->slots);
	free(known);
	return NULL;
}

/* ---- looking ---- */

struct look {
	struct yg_hunt_known *known;
	const char *to;
	struct yg_hunt_new *ret;
	struct yg_buf out;
};

/* @content as a file of its own: its name is its content's, so writing it again changes nothing. */
static int write_out(const struct look *look, const char *folder, struct yg_bytes content,
		     const char *ending)
{
	char path[PATH_ROOM];
	int size = snprintf(path, sizeof(path), "%s/%s/%016" PRIx64 "%s", look->to, folder,
			    yg_hash64(content, 0), ending);

	if (size < 0 || (size_t)size >= sizeof(path))
		return YG_ELIMIT;
	return yg_disk_replace(path, content, 0600);
}

/* The end of the line at the front, LF included; in a table a quoted cell may hold one. */
static size_t line_end(struct yg_bytes text, bool is_table)
{
	bool is_quoted = false;

	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '"')
			is_quoted = is_table && !is_quoted;
		else if (text.data[i] == '\n' && !is_quoted)
			return i + 1;
	}
	return text.size;
}

/* Does the first line name columns (detect/indicators.h)? */
static bool is_head(struct yg_bytes line)
{
	static const char *const names[] = {"value", "indicator", "ioc"};

	while (line.size > 0) {
		size_t comma = yg_bytes_chr(line, ',');
		struct yg_bytes cell =
			yg_bytes_trim(yg_bytes_cut(line, 0, comma == SIZE_MAX ? line.size : comma));

		if (cell.size >= 2 && cell.data[0] == '"')
			cell = yg_bytes_cut(cell, 1, cell.size - 1);
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (yg_bytes_eq_nocase(cell, yg_bytes_str(names[i])))
				return true;
		line = comma == SIZE_MAX ? YG_S("") : yg_bytes_from(line, comma + 1);
	}
	return false;
}

static int look_at_line(struct look *look, struct yg_bytes line, uint64_t seed,
			struct yg_bytes head)
{
	struct yg_bytes entry = yg_bytes_trim(line);
	bool is_new;
	int rc;

	if (entry.size == 0 || entry.data[0] == '#')
		return YG_OK;
	rc = learn(look->known, yg_hash64(entry, seed), &is_new);
	if (rc != YG_OK || !is_new)
		return rc;
	look->ret->indicators++;
	if (look->out.size == 0 && head.size > 0) {
		yg_buf_add(&look->out, head);
		yg_buf_add_byte(&look->out, '\n');
	}
	yg_buf_add(&look->out, entry);
	yg_buf_add_byte(&look->out, '\n');
	return yg_buf_error(&look->out);
}

static int look_at_list(struct look *look, struct yg_bytes text)
{
	struct yg_bytes first = yg_bytes_trim(yg_bytes_cut(text, 0, line_end(text, false)));
	bool is_table = is_head(first);
	struct yg_bytes head = is_table ? first : YG_S("");
	uint64_t seed = is_table ? yg_hash64(head, PLAIN_SEED) : PLAIN_SEED;
	int rc = YG_OK;

	yg_buf_reset(&look->out);
	if (is_table)
		text = yg_bytes_from(text, line_end(text, false));
	while (rc == YG_OK && text.size > 0) {
		size_t end = line_end(text, is_table);

		rc = look_at_line(look, yg_bytes_cut(text, 0, end), seed, head);
		text = yg_bytes_from(text, end);
	}
	if (rc == YG_OK && look->to && look->out.size > 0)
		rc = write_out(look, "indicators", yg_buf_bytes(&look->out),
			       is_table ? ".csv" : ".txt");
	return rc;
}

/* The same files as yg_indicator_lists_load() takes for the folder. */
static int look_at_lists(struct look *look, const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	char path[PATH_ROOM];
	int rc = YG_OK;

	while (dir && rc == YG_OK && (entry = readdir(dir)) != NULL) {
		int n = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		uint8_t *bytes = NULL;
		size_t size = 0;

		if (entry->d_name[0] == '.' || entry->d_type == DT_DIR || n < 0 ||
		    (size_t)n >= sizeof(path))
			continue;
		/* One that cannot be read was named by who compiles them. */
		if (yg_io_read_file(path, YG_CSV_BYTES_MAX, &bytes, &size) == YG_OK)
			rc = look_at_list(look, (struct yg_bytes){bytes, size});
		free(bytes);
	}
	if (dir)
		(void)closedir(dir); /* only read */
	return rc;
}

/* ---- indicators for single organisations ---- */

/* One more for its organisation, and which warning it is of. */
static int note_warned(struct look *look, const struct yg_warned_row *row)
{
	char org[YG_WARNED_ID_MAX + 1];
	json_t *one, *ids, *last;
	int rc = YG_OK;

	(void)snprintf(org, sizeof(org), "%.*s", YG_FMT(row->org)); /* it fits: read so */
	if (!look->ret->warned)
		look->ret->warned = json_object();
	one = json_object_get(look->ret->warned, org);
	if (!one) {
		one = json_pack("{s:i, s:[]}", "indicators", 0, "warnings");
		rc = yg_json_set(look->ret->warned, org, one); /* takes it */
	}
	if (rc == YG_OK)
		rc = yg_json_set(one, "indicators",
				 json_integer(yg_json_int(one, "indicators", 0) + 1));
	ids = json_object_get(one, "warnings");
	for (size_t i = 0; i < json_array_size(ids); i++) {
		last = json_array_get(ids, i);
		if (yg_bytes_eq(yg_bytes_str(json_string_value(last)), row->warning))
			return rc;
	}
	if (rc == YG_OK && json_array_append_new(ids, yg_json_string(row->warning)) != 0)
		rc = YG_ENOMEM;
	return rc;
}

static int look_at_row(struct look *look, const struct yg_warned_row *row, bool *ret_is_new)
{
	struct yg_buf key;
	int rc;

	yg_buf_init(&key, OUT_MAX);
	yg_buf_add(&key, row->value);
	yg_buf_add_byte(&key, '\t');
	yg_buf_add(&key, row->org);
	yg_buf_add_byte(&key, '\t');
	yg_buf_add(&key, row->warning);
	rc = yg_buf_error(&key);
	if (rc == YG_OK)
		rc = learn(look->known, yg_hash64(yg_buf_bytes(&key), WARNED_SEED), ret_is_new);
	yg_buf_done(&key);
	return rc;
}

static void put_row(struct yg_buf *to, const struct yg_warned_row *row)
{
	yg_buf_add(to, row->value);
	yg_buf_add_byte(to, '\t');
	yg_buf_add(to, row->org);
	yg_buf_addf(to, "\t%lld\t", (long long)(row->until_ns / YG_NS_PER_S));
	yg_buf_add(to, row->warning);
	yg_buf_add_byte(to, '\n');
}

/* The new rows, as a scope of their own with its list, as the hub's own folder has them. */
static int write_warned(const struct look *look, struct yg_bytes scope, struct yg_bytes values)
{
	char path[PATH_ROOM];
	uint64_t hash = yg_hash64(scope, 0);
	int size = snprintf(path, sizeof(path), "%s/indicators/%s/%s-%016" PRIx64, look->to,
			    YG_WARNED_FOLDER, YG_WARNED_SCOPE, hash);
	int rc = size > 0 && (size_t)size < sizeof(path) ? yg_disk_replace(path, scope, 0600)
							 : YG_ELIMIT;

	if (rc != YG_OK)
		return rc;
	size = snprintf(path, sizeof(path), "%s/indicators/%s/values-%016" PRIx64 ".txt", look->to,
			YG_WARNED_FOLDER, hash);
	return size > 0 && (size_t)size < sizeof(path) ? yg_disk_replace(path, values, 0600)
						       : YG_ELIMIT;
}

static int look_at_warned(struct look *look, const char *indicators_dir)
{
	struct yg_hub_warned *warned = NULL;
	const struct yg_warned_row *rows;
	struct yg_bytes last = {0};
	struct yg_buf values;
	size_t count;
	int rc = yg_hub_warned_load(indicators_dir, &warned);

	if (rc != YG_OK)
		return rc;
	yg_buf_init(&values, OUT_MAX);
	yg_buf_reset(&look->out);
	count = yg_hub_warned_rows(warned, &rows);
	for (size_t i = 0; rc == YG_OK && i < count; i++) {
		bool is_new = false;

		rc = look_at_row(look, &rows[i], &is_new);
		if (rc != YG_OK || !is_new)
			continue;
		rc = note_warned(look, &rows[i]);
		put_row(&look->out, &rows[i]);
		if (!yg_bytes_eq(rows[i].value, last)) {
			yg_buf_add(&values, rows[i].value);
			yg_buf_add_byte(&values, '\n');
		}
		last = rows[i].value;
	}
	if (rc == YG_OK)
		rc = yg_buf_error(&look->out);
	if (rc == YG_OK)
		rc = yg_buf_error(&values);
	if (rc == YG_OK && look->to && look->out.size > 0)
		rc = write_warned(look, yg_buf_bytes(&look->out), yg_buf_bytes(&values));
	yg_buf_done(&values);
	(void)yg_hub_warned_free(warned);
	return rc;
}

/* ---- rules ---- */

/* Its id, or else its title, for telling its findings from those of its neighbours in the file. */
static int note_rule(struct look *look, struct yg_bytes text)
{
	struct yg_arena *arena = yg_arena_new(ARENA_MAX);
	const struct yg_yaml *docs = NULL;
	struct yg_yaml_fault fault;
	struct yg_bytes id = YG_S("");
	json_t *value;
	int rc = arena ? yg_yaml_parse(text, arena, &docs, &fault) : YG_ENOMEM;

	if (rc == YG_OK && docs->first) {
		id = yg_yaml_text(docs->first, "id");
		if (id.size == 0)
			id = yg_yaml_text(docs->first, "title");
	}
	if (rc == YG_OK && id.size > 0) {
		if (!look->ret->rule_ids)
			look->ret->rule_ids = json_array();
		value = yg_json_string(id);
		if (!value || json_array_append_new(look->ret->rule_ids, value) != 0)
			rc = YG_ENOMEM;
		look->ret->rules++;
	}
	(void)yg_arena_free(arena);
	return rc == YG_ENOMEM ? rc : YG_OK; /* what is no rule was named when it was compiled */
}

/* The size of the document at the front: up to a line that begins with "---". */
static size_t document_end(struct yg_bytes text)
{
	size_t at = 0;

	do {
		at += line_end(yg_bytes_from(text, at), false);
	} while (at < text.size && !yg_bytes_starts(yg_bytes_from(text, at), YG_S("---")));
	return at;
}

static int look_at_rule_file(struct look *look, const struct yg_rule_file *file)
{
	struct yg_bytes text = file->text;
	uint64_t before = look->ret->rules;
	int rc = YG_OK;

	while (rc == YG_OK && text.size > 0) {
		struct yg_bytes document = yg_bytes_cut(text, 0, document_end(text));
		struct yg_bytes entry = document;
		bool is_new = false;

		text = yg_bytes_from(text, document.size);
		if (yg_bytes_starts(entry, YG_S("---")))
			entry = yg_bytes_from(entry, 3);
		entry = yg_bytes_trim(entry);
		if (entry.size > 0)
			rc = learn(look->known, yg_hash64(entry, RULE_SEED), &is_new);
		if (rc == YG_OK && is_new)
			rc = note_rule(look, entry);
	}
	if (rc == YG_OK && look->to && look->ret->rules > before)
		rc = write_out(look, "rules", file->text, ".yml");
	return rc;
}

static int look_at_rules(struct look *look, const char *folder)
{
	struct yg_rule_files files;
	int rc = yg_rule_files_init(&files);

	if (rc == YG_OK)
		rc = yg_rule_files_add_path(&files, folder);
	for (size_t i = 0; rc == YG_OK && i < files.count; i++)
		rc = look_at_rule_file(look, &files.items[i]);
	yg_rule_files_done(&files);
	return rc;
}

int yg_hunt_look(struct yg_hunt_known *known, const char *rules_dir, const char *indicators_dir,
		 const char *to, struct yg_hunt_new *ret)
{
	struct look look = {.known = known, .to = to, .ret = ret};
	int rc;

	yg_buf_init(&look.out, OUT_MAX);
	rc = look_at_rules(&look, rules_dir);
	if (rc == YG_OK)
		rc = look_at_lists(&look, indicators_dir);
	if (rc == YG_OK)
		rc = look_at_warned(&look, indicators_dir);
	yg_buf_done(&look.out);
	return rc;
}
