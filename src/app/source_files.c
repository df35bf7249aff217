/* SPDX-License-Identifier: Apache-2.0 */
#include "app/source_files.h"

#include <sys/stat.h>

#include "app/rule_files.h"
#include "app/say.h"
#include "base/alloc.h"

#include "base/ban.h"

#define PATH_BYTES_MAX 4096u

extern const unsigned char yg_source_pack[];
extern const size_t yg_source_pack_size;

bool yg_source_files_folder(char *to, size_t room)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	int size;

	if (config && config[0] == '/')
		size = snprintf(to, room, "%s/yagura/sources", config);
	else if (home && home[0])
		size = snprintf(to, room, "%s/.config/yagura/sources", home);
	else
		return false;
	return size > 0 && (size_t)size < room;
}

/* One file. A name that is taken is no mistake where @may_repeat. */
static int add(struct yg_source_files *to, const char *name, struct yg_bytes text, bool may_repeat)
{
	struct yg_line_fault fault;
	int rc = yg_sources_add(to->sources, yg_bytes_str(name), text, &fault);

	if (rc == YG_OK || rc == YG_ENOMEM || (rc == YG_EDUPLICATE && may_repeat))
		return rc == YG_ENOMEM ? rc : YG_OK;
	to->refused++;
	yg_say_hint(N_("`yagura source test FILE LINES` tries a description; "
		       "docs/source-description.md explains its form"),
		    N_("%s:%u: description refused: %s"), yg_say_safe(yg_bytes_str(name), 300),
		    fault.line, yg_say_safe(yg_bytes_str(fault.msg), 300));
	return YG_OK;
}

/* Files already read, from number @from on. */
static int add_files(struct yg_source_files *to, const struct yg_rule_files *files, size_t from,
		     bool may_repeat)
{
	int rc = YG_OK;

	for (size_t i = from; i < files->count && rc == YG_OK; i++)
		rc = add(to, files->items[i].name, files->items[i].text, may_repeat);
	return rc;
}

static int add_named(struct yg_source_files *to, const struct yg_options *options,
		     struct yg_rule_files *files)
{
	int rc = YG_OK;

	for (size_t i = 0; i < options->source_count && rc == YG_OK; i++) {
		size_t before = files->count;
		size_t unreadable = files->unreadable;

		rc = yg_rule_files_add_path(files, options->sources[i]);
		if (rc == YG_OK && files->count == before && files->unreadable == unreadable) {
			yg_say_hint(N_("give a .yaml file, or a folder that holds some"),
				    N_("--sources %s: no description was found there"),
				    yg_say_safe(yg_bytes_str(options->sources[i]), 300));
			to->refused++;
		}
		if (rc == YG_OK)
			rc = add_files(to, files, before, false);
	}
	return rc;
}

static int add_folder(struct yg_source_files *to, struct yg_rule_files *files)
{
	char path[PATH_BYTES_MAX];
	size_t before = files->count;
	struct stat st;
	int rc;

	if (!yg_source_files_folder(path, sizeof(path)) || stat(path, &st) != 0)
		return YG_OK;
	rc = yg_rule_files_add_path(files, path);
	return rc == YG_OK ? add_files(to, files, before, true) : rc;
}

static int add_shipped(struct yg_source_files *to, struct yg_rule_files *files)
{
	size_t before = files->count;
	int rc =
		yg_rule_files_unpack(files, (struct yg_bytes){yg_source_pack, yg_source_pack_size});

	return rc == YG_OK ? add_files(to, files, before, true) : rc;
}

int yg_source_files_load(const struct yg_options *options, struct yg_source_files *ret)
{
	struct yg_rule_files files;
	int rc = yg_rule_files_init(&files);

	*ret = (struct yg_source_files){.sources = rc == YG_OK ? yg_sources_new() : NULL};
	if (rc == YG_OK && !ret->sources)
		rc = YG_ENOMEM;
	if (rc == YG_OK)
		rc = add_named(ret, options, &files);
	if (rc == YG_OK)
		rc = add_folder(ret, &files);
	if (rc == YG_OK)
		rc = add_shipped(ret, &files);
	ret->refused += files.unreadable;
	yg_rule_files_done(&files);
	if (rc == YG_ELIMIT) { /* a folder of very many files: what was read counts */
		yg_say(N_("--sources: too many files; the others were not read"));
		ret->refused++;
		rc = YG_OK;
	}
	return rc;
}

void yg_source_files_done(struct yg_source_files *files)
{
	files->sources = yg_sources_free(files->sources);
}
