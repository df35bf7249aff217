/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura search`: records of any format that hold a text, or fit an expression. */
#include <unistd.h>

#include "app/commands.h"
#include "app/say.h"
#include "app/source_lines.h"
#include "app/terms.h"
#include "app/walk.h"
#include "base/io.h"
#include "model/record.h"

#include "base/ban.h"

#define OUT_BYTES_MAX (64u << 20)
#define FLUSH_BYTES   (256u * 1024u)

struct search {
	struct yg_options options;
	struct yg_terms *terms;
	bool has_text;	/* --field or --regex was given: no TEXT among the paths */
	uint64_t limit; /* 0: none */
	struct yg_buf out;
	uint64_t found;
};

/* ---- what is looked for ---- */

/* Why a term was not taken. */
static bool say_term(int rc)
{
	if (rc == YG_OK)
		return true;
	if (rc == YG_EEND)
		yg_say(N_("more than %u things to look for"), YG_TERMS_MAX);
	else if (rc == YG_ENOMEM)
		yg_say(N_("out of memory"));
	else
		yg_say(N_("the text to look for is too long"));
	return false;
}

static bool set_field(void *arg, const char *value)
{
	struct search *s = arg;
	struct yg_bytes b = yg_bytes_str(value);
	size_t equals = yg_bytes_chr(b, '=');

	s->has_text = true;
	if (equals == SIZE_MAX || equals == 0) {
		yg_say(N_("%s: NAME=VALUE is expected"), yg_say_safe(b, 80));
		return false;
	}
	return say_term(
		yg_terms_add(s->terms, yg_bytes_cut(b, 0, equals), yg_bytes_from(b, equals + 1)));
}

static bool set_regex(void *arg, const char *value)
{
	struct search *s = arg;
	const char *reason = "";
	int rc = yg_terms_add_regex(s->terms, yg_bytes_str(value), &reason);

	s->has_text = true;
	if (rc == YG_OK || rc == YG_EEND)
		return say_term(rc);
	yg_say(N_("--regex %s: %s"), yg_say_safe(yg_bytes_str(value), 120),
	       rc == YG_ENOMEM ? yg_say_tr(N_("out of memory")) : reason);
	return false;
}

static bool set_flag(void *arg, const char *value)
{
	struct search *s = arg;

	(void)value; /* a switch has none */
	yg_terms_any(s->terms);
	return true;
}

static bool set_exact(void *arg, const char *value)
{
	struct search *s = arg;

	(void)value; /* a switch has none */
	yg_terms_exact(s->terms);
	return true;
}

static bool set_limit(void *arg, const char *value)
{
	struct search *s = arg;

	if (yg_bytes_u64(yg_bytes_str(value), &s->limit) && s->limit > 0)
		return true;
	yg_say(N_("--limit %s: give a number from 1"), yg_say_safe(yg_bytes_str(value), 40));
	return false;
}

/* ---- looking ---- */

static int take(void *arg, struct yg_event *event, const struct yg_walk_place *place)
{
	struct search *s = arg;
	int rc;

	if (!yg_terms_fit(s->terms, event))
		return YG_OK;
	s->found++;
	if (s->options.output == YG_OUTPUT_JSON)
		yg_record_write(&s->out, event, place->source, true);
	else
		yg_found_write(&s->out, event, place->source, s->options.output == YG_OUTPUT_CSV);
	rc = yg_buf_error(&s->out);
	if (rc == YG_OK && s->out.size >= FLUSH_BYTES) {
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&s->out));
		yg_buf_reset(&s->out);
	}
	return rc == YG_OK && s->found == s->limit ? YG_EEND : rc;
}

/* The first word is the text, where nothing else says what to look for. */
static bool take_text(struct search *s)
{
	if (s->has_text)
		return true;
	if (s->options.path_count < 2) {
		yg_say_hint(N_("for example: yagura search mimikatz /var/log"),
			    N_("search: give a text and logs"));
		return false;
	}
	if (!say_term(yg_terms_add(s->terms, YG_S(""), yg_bytes_str(s->options.paths[0]))))
		return false;
	s->options.paths++;
	s->options.path_count--;
	return true;
}

static int run(struct search *s, const char *from, const char *to)
{
	struct yg_walk walk = {.options = &s->options, .take = take, .arg = s};
	int rc;

	if (!yg_walk_times(&walk, from, to))
		return YG_EXIT_FAILED;
	if (s->options.output == YG_OUTPUT_CSV)
		yg_buf_add_str(&s->out, "\xef\xbb\xbf"
					"time,source,position,format,record\r\n");
	rc = yg_terms_prepare(s->terms);
	if (rc == YG_OK)
		rc = yg_walk_run(&walk);
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&s->out));
	if (rc != YG_OK)
		return yg_walk_failed(rc);
	yg_say(N_("%llu of %llu records fit"), (unsigned long long)s->found,
	       (unsigned long long)walk.records);
	return yg_walk_status(&walk);
}

int yg_command_search(int argc, char **argv)
{
	const char *from = NULL, *to = NULL;
	const struct yg_extra first[] = {{"--exact-case", false, NULL, set_exact}};
	const struct yg_extra extras[] = {
		{"--from", true, &from, NULL},	    {"--to", true, &to, NULL},
		{"--field", true, NULL, set_field}, {"--regex", true, NULL, set_regex},
		{"--any", false, NULL, set_flag},   {"--limit", true, NULL, set_limit}};
	struct search s = {0};
	int status = YG_EXIT_FAILED;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			yg_help_search();
			return YG_EXIT_DONE;
		}
	yg_buf_init(&s.out, OUT_BYTES_MAX);
	s.terms = yg_terms_new();
	if (!s.terms)
		yg_say(N_("out of memory"));
	else if (yg_extras_take(&argc, argv, first, 1, &s) &&
		 yg_extras_take(&argc, argv, extras, sizeof(extras) / sizeof(extras[0]), &s) &&
		 yg_options_read(argc, argv, &s.options) == YG_OPTIONS_RUN && take_text(&s))
		status = run(&s, from, to);
	(void)yg_terms_free(s.terms);
	yg_buf_done(&s.out);
	yg_options_done(&s.options);
	return status;
}
