/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long logs stay on this machine: /etc/logrotate.conf and /etc/logrotate.d. Only what is
 * needed: which block names the file, how often it turns, how many are kept. A block without its
 * own words has those that stand before the first block of logrotate.conf.
 */
#include <dirent.h>
#include <fnmatch.h>
#include <stdlib.h>

#include "sensor/checks.h"
#include "sensor/inventory-int.h"

#include "base/ban.h"

#define FILE_MAX       (1u << 20)
#define FILES_MAX      500u
#define NAME_MAX_BYTES 1024u

/* What the words so far mean; 0: nothing was said. */
struct rules {
	uint32_t every_days;
	uint32_t count;
	bool has_count;
	bool is_by_size;
};

static struct yg_bytes next_word(struct yg_bytes *line)
{
	struct yg_bytes rest = yg_bytes_trim(*line);
	size_t end = 0;

	while (end < rest.size && rest.data[end] != ' ' && rest.data[end] != '\t')
		end++;
	*line = yg_bytes_from(rest, end);
	return yg_bytes_cut(rest, 0, end);
}

static void take_rule(struct rules *rules, struct yg_bytes line)
{
	static const struct {
		const char *word;
		uint32_t days;
	} words[] = {{"hourly", 1}, {"daily", 1}, {"weekly", 7}, {"monthly", 30}, {"yearly", 365}};
	struct yg_bytes word = next_word(&line);
	uint64_t count;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (yg_bytes_eq(word, yg_bytes_str(words[i].word)))
			rules->every_days = words[i].days;
	if (yg_bytes_eq(word, YG_S("size")))
		rules->is_by_size = true;
	if (yg_bytes_eq(word, YG_S("rotate")) && yg_bytes_u64(next_word(&line), &count) &&
	    count <= 100000) {
		rules->count = (uint32_t)count;
		rules->has_count = true;
	}
}

/* Do the words before a '{' name @path? They may be quoted, and hold wildcards. */
static bool names(struct yg_bytes line, const char *path)
{
	for (;;) {
		struct yg_bytes word = next_word(&line);
		char pattern[NAME_MAX_BYTES];

		if (word.size == 0)
			return false;
		if (word.size >= 2 && word.data[0] == '"' && word.data[word.size - 1] == '"')
			word = yg_bytes_cut(word, 1, word.size - 1);
		if (word.size >= sizeof(pattern))
			continue;
		memcpy(pattern, word.data, word.size);
		pattern[word.size] = '\0';
		if (fnmatch(pattern, path, FNM_PATHNAME) == 0)
			return true;
	}
}

static uint32_t days_of(const struct rules *rules)
{
	uint32_t every = rules->every_days ? rules->every_days : 7; /* as logrotate(8) */

	return rules->is_by_size || !rules->has_count ? 0 : rules->count * every;
}

/* @global: of the file that includes the others; changed by what stands outside of blocks. */
static void read_text(struct yg_bytes text, const char *path, struct rules *global,
		      uint32_t *ret_days)
{
	bool is_named = false; /* by the lines before a block, or by those of the block we are in */
	bool is_in_block = false;
	struct rules rules = *global;
	struct yg_bytes line;

	while (yg_host_line(&text, &line)) {
		size_t brace;

		line = yg_bytes_trim(line);
		if (line.size == 0 || line.data[0] == '#')
			continue;
		if (is_in_block && line.data[0] == '}') {
			if (is_named)
				*ret_days = days_of(&rules);
			is_in_block = is_named = false;
			continue;
		}
		brace = is_in_block ? SIZE_MAX : yg_bytes_chr(line, '{');
		if (is_in_block)
			take_rule(&rules, line);
		else if (line.data[0] == '/' || line.data[0] == '"' || brace != SIZE_MAX)
			is_named |= names(yg_bytes_cut(line, 0, brace), path);
		else
			take_rule(global, line);
		if (brace != SIZE_MAX) {
			is_in_block = true;
			rules = *global;
		}
	}
}

void yg_logrotate_read(struct yg_bytes text, const char *path, uint32_t *ret_days)
{
	struct rules global = {0};

	read_text(text, path, &global, ret_days);
}

uint32_t yg_logrotate_days(const char *root, const char *path)
{
	struct rules global = {0};
	char folder_path[YG_HOST_PATH_MAX];
	const struct dirent *entry;
	size_t left = FILES_MAX;
	uint32_t days = 0;
	uint8_t *mem;
	DIR *folder;

	read_text(yg_host_read(root, "/etc/logrotate.conf", FILE_MAX, &mem), path, &global, &days);
	free(mem);
	folder = yg_host_path(folder_path, root, "/etc/logrotate.d") ? opendir(folder_path) : NULL;
	while (folder && left-- > 0 && (entry = readdir(folder)) != NULL) {
		struct rules rules = global;
		char file[YG_HOST_PATH_MAX];

		if (entry->d_name[0] == '.' || snprintf(file, sizeof(file), "/etc/logrotate.d/%s",
							entry->d_name) >= (int)sizeof(file))
			continue;
		read_text(yg_host_read(root, file, FILE_MAX, &mem), path, &rules, &days);
		free(mem);
	}
	if (folder)
		(void)closedir(folder); /* read only */
	return days;
}
