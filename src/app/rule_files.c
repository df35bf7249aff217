/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/rule_files.h"

#include <dirent.h>
#include <sys/stat.h>

#include "app/say.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/io.h"
#include "detect/rules.h"

#include "base/ban.h"

extern const unsigned char yg_pack[];
extern const size_t yg_pack_size;

#define PATH_BYTES_MAX 4096u

int yg_rule_files_init(struct yg_rule_files *files)
{
	*files = (struct yg_rule_files){.arena = yg_arena_new(YG_RULE_FILES_BYTES_MAX)};
	return files->arena ? YG_OK : YG_ENOMEM;
}

void yg_rule_files_done(struct yg_rule_files *files)
{
	(void)yg_arena_free(files->arena);
	free(files->items);
	*files = (struct yg_rule_files){0};
}

static int add(struct yg_rule_files *files, struct yg_rule_file file)
{
	if (files->count == files->room) {
		size_t room = files->room ? files->room * 2 : 256;
		struct yg_rule_file *items;

		if (files->count >= YG_RULE_FILES_MAX)
			return YG_ELIMIT;
		items = yg_reallocarray(files->items, room, sizeof(*items));
		if (!items)
			return YG_ENOMEM;
		files->items = items;
		files->room = room;
	}
	files->items[files->count++] = file;
	return YG_OK;
}

/* The pack is "\0NAME SIZE\n" and the text, again and again (tools/embed.py). */
int yg_rule_files_unpack(struct yg_rule_files *files, struct yg_bytes pack)
{
	struct yg_bytes rest = pack;

	while (rest.size > 0) {
		size_t end = yg_bytes_chr(rest, '\n');
		struct yg_bytes head = yg_bytes_cut(rest, 1, end);
		size_t space = yg_bytes_chr(head, ' ');
		struct yg_buf name;
		uint64_t size;
		int rc;

		if (!yg_bytes_u64(yg_bytes_from(head, space + 1), &size) ||
		    size > rest.size - end - 1)
			return YG_EFORMAT; /* cannot happen: our own build made it */
		yg_buf_init(&name, PATH_BYTES_MAX);
		yg_buf_add_str(&name, "yagura:");
		yg_buf_add(&name, yg_bytes_cut(head, 0, space));
		rc = yg_buf_error(&name);
		if (rc == YG_OK) {
			char *kept = yg_arena_str(files->arena, yg_buf_bytes(&name));

			rc = kept ? add(files,
					(struct yg_rule_file){
						.name = kept,
						.text = yg_bytes_cut(rest, end + 1, end + 1 + size),
						.is_own = true})
				  : YG_ENOMEM;
		}
		yg_buf_done(&name);
		if (rc != YG_OK)
			return rc;
		rest = yg_bytes_from(rest, end + 1 + size);
	}
	return YG_OK;
}

int yg_rule_files_add_pack(struct yg_rule_files *files)
{
	return yg_rule_files_unpack(files, (struct yg_bytes){yg_pack, yg_pack_size});
}

static void say_unreadable(struct yg_rule_files *files, const char *path, int rc)
{
	files->unreadable++;
	yg_say_hint(N_("check the path and who may read it"), N_("%s: cannot be read: %s"),
		    yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(yg_err_text(rc)));
}

static int add_file(struct yg_rule_files *files, const char *path)
{
	struct yg_rule_file file = {0};
	uint8_t *data = NULL;
	size_t size = 0;
	int rc = yg_io_read_file(path, YG_RULE_FILE_MAX, &data, &size);

	if (rc == YG_ENOMEM)
		return rc;
	if (rc == YG_ELIMIT) {
		files->unreadable++;
		yg_say(N_("%s: larger than %u bytes, not read"),
		       yg_say_safe(yg_bytes_str(path), 300), YG_RULE_FILE_MAX);
		return YG_OK;
	}
	if (rc != YG_OK) {
		say_unreadable(files, path, rc);
		return YG_OK;
	}
	file.name = yg_arena_str(files->arena, yg_bytes_str(path));
	rc = file.name && yg_arena_dup(files->arena, (struct yg_bytes){data, size}, &file.text)
		     ? add(files, file)
		     : YG_ENOMEM;
	free(data);
	return rc;
}

static bool is_rule_name(const char *name)
{
	struct yg_bytes b = yg_bytes_str(name);

	return name[0] != '.' &&
	       (yg_bytes_ends(b, YG_S(".yml")) || yg_bytes_ends(b, YG_S(".yaml")));
}

static int keep_entry(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int compare_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* One folder's entries, waiting; folders are walked with this stack, not by recursion. */
struct level {
	struct dirent **entries;
	int count;
	int at;
	size_t path_size;
};

static void free_level(struct level *level)
{
	for (int i = level->at; i < level->count; i++)
		free(level->entries[i]);
	free(level->entries);
}

/* Look at one entry: a file is added, a folder makes *ret_folder true. */
static int visit(struct yg_rule_files *files, const char *path, const char *name, bool *ret_folder)
{
	struct stat st;

	*ret_folder = false;
	if (stat(path, &st) != 0)
		return YG_OK; /* a dangling link inside a folder is nobody's rule */
	*ret_folder = S_ISDIR(st.st_mode);
	if (!S_ISREG(st.st_mode) || !is_rule_name(name))
		return YG_OK;
	return add_file(files, path);
}

static int walk(struct yg_rule_files *files, char *path)
{
	struct level stack[YG_RULE_FOLDER_DEPTH];
	size_t depth = 0;
	int rc = YG_OK;

	stack[0] = (struct level){.path_size = strlen(path)};
	stack[0].count = scandir(path, &stack[0].entries, keep_entry, compare_bytes);
	if (stack[0].count < 0) {
		say_unreadable(files, path, yg_err_from_errno(errno));
		return YG_OK;
	}
	depth = 1;
	while (depth > 0 && rc == YG_OK) {
		struct level *level = &stack[depth - 1];
		struct dirent *entry;
		bool is_folder = false;
		int size;

		if (level->at == level->count) {
			free_level(level);
			depth--;
			continue;
		}
		entry = level->entries[level->at++];
		size = snprintf(path + level->path_size, PATH_BYTES_MAX - level->path_size, "/%s",
				entry->d_name);
		if (size > 0 && (size_t)size < PATH_BYTES_MAX - level->path_size)
			rc = visit(files, path, entry->d_name, &is_folder);
		free(entry);
		if (is_folder && depth < YG_RULE_FOLDER_DEPTH) {
			struct level *next = &stack[depth];

			*next = (struct level){.path_size = strlen(path)};
			next->count = scandir(path, &next->entries, keep_entry, compare_bytes);
			if (next->count >= 0)
				depth++;
			else
				say_unreadable(files, path, yg_err_from_errno(errno));
		}
	}
	while (depth > 0)
		free_level(&stack[--depth]);
	return rc;
}

int yg_rule_files_add_path(struct yg_rule_files *files, const char *path)
{
	struct stat st;
	char *room;
	int rc;

	if (stat(path, &st) != 0) {
		say_unreadable(files, path, yg_err_from_errno(errno));
		return YG_OK;
	}
	if (!S_ISDIR(st.st_mode))
		return add_file(files, path);
	if (strlen(path) >= PATH_BYTES_MAX / 2)
		return YG_ELIMIT;
	room = yg_malloc(PATH_BYTES_MAX);
	if (!room)
		return YG_ENOMEM;
	memcpy(room, path, strlen(path) + 1);
	while (strlen(room) > 1 && room[strlen(room) - 1] == '/')
		room[strlen(room) - 1] = '\0';
	rc = walk(files, room);
	free(room);
	return rc;
}

int yg_rule_files_digest(const struct yg_rule_files *files, struct yg_bytes extra,
			 uint8_t to[YG_DIGEST_BYTES])
{
	struct yg_bytes *parts = yg_calloc(files->count * 2 + 1, sizeof(*parts));

	if (!parts)
		return YG_ENOMEM;
	for (size_t i = 0; i < files->count; i++) {
		parts[2 * i] = yg_bytes_str(files->items[i].name);
		parts[2 * i + 1] = files->items[i].text;
	}
	parts[files->count * 2] = extra;
	yg_digest_parts(parts, files->count * 2 + 1, to);
	free(parts);
	return YG_OK;
}
