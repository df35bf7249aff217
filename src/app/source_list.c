/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura source list`: which descriptions of sources there are, in the order of trying. */
#include <unistd.h>

#include "app/commands.h"
#include "app/say.h"
#include "app/source_files.h"
#include "base/io.h"

#include "base/ban.h"

#define OUT_BYTES_MAX  (4u << 20)
#define PATH_BYTES_MAX 4096u

static const char *framing_of(const struct yg_source *source)
{
	if (source->in_lines && source->in_syslog)
		return "any";
	return source->in_lines ? "line" : "syslog";
}

static struct yg_bytes title_of(const struct yg_source *source)
{
	if (yg_say_lang_now() == YG_LANG_JA && source->title_ja.size > 0)
		return source->title_ja;
	return source->title;
}

static void add_member(struct yg_buf *to, const char *head, struct yg_bytes text)
{
	yg_buf_add_str(to, head);
	yg_buf_add_json(to, text);
}

static void add_json(struct yg_buf *to, const struct yg_source *source)
{
	add_member(to, "{\"name\":", source->name);
	add_member(to, ",\"kind\":", source->kind);
	add_member(to, ",\"title\":", title_of(source));
	add_member(to, ",\"framing\":", yg_bytes_str(framing_of(source)));
	yg_buf_addf(to, ",\"lines\":%u", source->line_count);
	add_member(to, ",\"file\":", source->file);
	yg_buf_add_str(to, "}\n");
}

static void add_words(struct yg_buf *to, const struct yg_source *source)
{
	yg_buf_addf(to, "%-20s %-9s %-7s %s\n", yg_say_safe(source->name, 64),
		    yg_say_safe(source->kind, 16), framing_of(source),
		    yg_say_safe(title_of(source), 200));
	yg_buf_addf(to, "%20s %s\n", "", yg_say_safe(source->file, 300));
}

int yg_source_list(const struct yg_options *options)
{
	struct yg_source_files files;
	char folder[PATH_BYTES_MAX];
	struct yg_buf out;
	bool is_json = options->output == YG_OUTPUT_JSON;
	bool is_partly;
	int rc = yg_source_files_load(options, &files);

	yg_buf_init(&out, OUT_BYTES_MAX);
	if (rc == YG_OK)
		for (const struct yg_source *s = yg_sources_first(files.sources); s; s = s->next)
			(is_json ? add_json : add_words)(&out, s);
	if (rc == YG_OK && !is_json && yg_source_files_folder(folder, sizeof(folder)))
		yg_buf_addf(&out, yg_say_tr(N_("Your own descriptions: %s\n")),
			    yg_say_safe(yg_bytes_str(folder), 300));
	if (rc == YG_OK)
		rc = yg_buf_error(&out);
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&out));
	if (rc == YG_ENOMEM)
		yg_say(N_("out of memory"));
	else if (rc != YG_OK && rc != YG_EPIPE)
		yg_say(N_("the output could not be written: %s"), yg_say_tr(yg_err_text(rc)));
	is_partly = files.refused > 0;
	yg_buf_done(&out);
	yg_source_files_done(&files);
	if (rc != YG_OK && rc != YG_EPIPE)
		return YG_EXIT_FAILED;
	return is_partly ? YG_EXIT_PARTLY : YG_EXIT_DONE;
}
