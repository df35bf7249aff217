/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura search`: records of any format that hold a text, or fit an expression. */
#include <unistd.h>

#include "app/commands.h"
#include "app/say.h"
#include "app/source_lines.h"
#include "app/walk.h"
#include "base/alloc.h"
#include "base/io.h"
#include "base/utf8.h"
#include "detect/nfa.h"
#include "detect/patterns.h"
#include "model/record.h"
#include "render/csv.h"

#include "base/ban.h"

#define TERMS_MAX      32u
#define TERM_BYTES_MAX 4096u
#define OUT_BYTES_MAX  (64u << 20)
#define FLUSH_BYTES    (256u * 1024u)
#define SHOWN_BYTES    2000u /* of a record on a terminal */

/* One thing to look for. */
struct term {
	struct yg_bytes field; /* empty: anywhere */
	struct yg_bytes text;  /* folded, unless case counts; empty with an expression */
	struct yg_nfa *nfa;
};

struct search {
	struct yg_options options;
	struct term terms[TERMS_MAX];
	uint32_t term_count;
	bool is_any;	/* one of them is enough */
	bool is_exact;	/* case counts */
	bool has_text;	/* --field or --regex was given: no TEXT among the paths */
	uint64_t limit; /* 0: none */
	struct yg_nfa_room *room;
	uint8_t *folded; /* scratch, YG_EVENT_RECORD_MAX bytes */
	struct yg_buf out;
	uint64_t found;
};

/* ---- what is looked for ---- */

static struct term *new_term(struct search *s)
{
	if (s->term_count < TERMS_MAX)
		return &s->terms[s->term_count++];
	yg_say(N_("more than %u things to look for"), TERMS_MAX);
	return NULL;
}

static bool set_text(struct search *s, struct term *term, struct yg_bytes text)
{
	uint8_t *kept = text.size <= TERM_BYTES_MAX ? yg_malloc(text.size + 1) : NULL;

	if (!kept) {
		yg_say(N_("the text to look for is too long"));
		return false;
	}
	term->text = text;
	term->text.data = kept;
	if (s->is_exact)
		memcpy(kept, text.data, text.size);
	else
		term->text.size = yg_fold(text, kept);
	return true;
}

static bool set_field(void *arg, const char *value)
{
	struct search *s = arg;
	struct yg_bytes b = yg_bytes_str(value);
	size_t equals = yg_bytes_chr(b, '=');
	struct term *term;

	s->has_text = true;
	if (equals == SIZE_MAX || equals == 0) {
		yg_say(N_("%s: NAME=VALUE is expected"), yg_say_safe(b, 80));
		return false;
	}
	term = new_term(s);
	if (!term)
		return false;
	term->field = yg_bytes_cut(b, 0, equals);
	return set_text(s, term, yg_bytes_from(b, equals + 1));
}

static bool set_regex(void *arg, const char *value)
{
	struct search *s = arg;
	struct term *term = new_term(s);
	const char *reason = "";
	int rc;

	s->has_text = true;
	if (!term)
		return false;
	rc = yg_nfa_new(yg_bytes_str(value), s->is_exact ? 0 : YG_REGEX_CASELESS, &term->nfa,
			&reason);
	if (rc == YG_OK)
		return true;
	yg_say(N_("--regex %s: %s"), yg_say_safe(yg_bytes_str(value), 120),
	       rc == YG_ENOMEM ? yg_say_tr(N_("out of memory")) : reason);
	return false;
}

static bool set_flag(void *arg, const char *value)
{
	struct search *s = arg;

	(void)value; /* a switch has none */
	s->is_any = true;
	return true;
}

static bool set_exact(void *arg, const char *value)
{
	struct search *s = arg;

	(void)value; /* a switch has none */
	s->is_exact = true;
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

static bool holds(struct search *s, const struct term *term, struct yg_bytes text)
{
	if (term->nfa)
		return yg_nfa_find(term->nfa, s->room, text);
	if (s->is_exact)
		return yg_bytes_find(text, term->text) != SIZE_MAX;
	text = yg_bytes_cut(text, 0, YG_EVENT_RECORD_MAX);
	return yg_bytes_find((struct yg_bytes){s->folded, yg_fold(text, s->folded)}, term->text) !=
	       SIZE_MAX;
}

static bool term_fits(struct search *s, const struct term *term, struct yg_event *event)
{
	if (term->field.size == 0 && event->raw.size > 0 && holds(s, term, event->raw))
		return true;
	for (uint32_t i = 0; i < event->field_count; i++) {
		struct yg_field *field = &event->fields[i];

		/* what we made of other fields (normal forms) is looked at only when it is named */
		if (term->field.size > 0 ? !yg_bytes_eq_nocase(field->name, term->field)
					 : field->is_derived)
			continue;
		if (holds(s, term, yg_event_text(event, field)))
			return true;
	}
	return false;
}

static bool fits(struct search *s, struct yg_event *event)
{
	for (uint32_t i = 0; i < s->term_count; i++)
		if (term_fits(s, &s->terms[i], event) == s->is_any)
			return s->is_any;
	return !s->is_any;
}

/* The record as one line: as it stands in the log, or its fields. */
static void add_text(struct yg_buf *to, struct yg_event *event)
{
	if (event->raw.size > 0)
		yg_buf_add(to, event->raw);
	else
		yg_record_fields(to, event);
}

static void add_row(struct search *s, struct yg_event *event, struct yg_bytes source, bool is_csv)
{
	struct yg_buf text;
	char iso[YG_ISO_SIZE] = "";

	yg_buf_init(&text, OUT_BYTES_MAX);
	add_text(&text, event);
	if (event->time_ns != YG_TIME_NONE)
		(void)yg_time_iso(event->time_ns, 0, iso);
	if (event->source.size > 0)
		source = event->source;
	if (is_csv) {
		yg_buf_addf(&s->out, "%s,", iso);
		yg_csv_quoted(&s->out, source);
		yg_buf_addf(&s->out, ",%llu,%s,", (unsigned long long)event->position,
			    yg_format_name(event->format));
		yg_csv_quoted(&s->out, yg_buf_bytes(&text));
		yg_buf_add_str(&s->out, "\r\n");
	} else {
		yg_buf_addf(&s->out, "%s %s:%llu: ", iso[0] ? iso : "-", yg_say_safe(source, 200),
			    (unsigned long long)event->position);
		yg_buf_addf(&s->out, "%s\n", yg_say_safe(yg_buf_bytes(&text), SHOWN_BYTES));
	}
	yg_buf_done(&text);
}

static int take(void *arg, struct yg_event *event, const struct yg_walk_place *place)
{
	struct search *s = arg;
	int rc;

	if (!fits(s, event))
		return YG_OK;
	s->found++;
	if (s->options.output == YG_OUTPUT_JSON)
		yg_record_write(&s->out, event, place->source, true);
	else
		add_row(s, event, place->source, s->options.output == YG_OUTPUT_CSV);
	rc = yg_buf_error(&s->out);
	if (rc == YG_OK && s->out.size >= FLUSH_BYTES) {
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&s->out));
		yg_buf_reset(&s->out);
	}
	return rc == YG_OK && s->found == s->limit ? YG_EEND : rc;
}

/* The rooms that looking needs. */
static int prepare(struct search *s)
{
	uint32_t steps = 0;

	for (uint32_t i = 0; i < s->term_count; i++)
		if (s->terms[i].nfa && yg_nfa_size(s->terms[i].nfa) > steps)
			steps = yg_nfa_size(s->terms[i].nfa);
	if (steps > 0) {
		s->room = yg_nfa_room_new(steps);
		if (!s->room)
			return YG_ENOMEM;
	}
	s->folded = yg_malloc(YG_EVENT_RECORD_MAX + 1u);
	return s->folded ? YG_OK : YG_ENOMEM;
}

/* The first word is the text, where nothing else says what to look for. */
static bool take_text(struct search *s)
{
	struct term *term;

	if (s->has_text)
		return true;
	if (s->options.path_count < 2) {
		yg_say_hint(N_("for example: yagura search mimikatz /var/log"),
			    N_("search: give a text and logs"));
		return false;
	}
	term = new_term(s);
	if (!term || !set_text(s, term, yg_bytes_str(s->options.paths[0])))
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
	rc = prepare(s);
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
	if (yg_extras_take(&argc, argv, first, 1, &s) &&
	    yg_extras_take(&argc, argv, extras, sizeof(extras) / sizeof(extras[0]), &s) &&
	    yg_options_read(argc, argv, &s.options) == YG_OPTIONS_RUN && take_text(&s))
		status = run(&s, from, to);
	for (uint32_t i = 0; i < s.term_count; i++) {
		(void)yg_nfa_free(s.terms[i].nfa);
		free((void *)(uintptr_t)s.terms[i].text.data); /* set_text made it */
	}
	(void)yg_nfa_room_free(s.room);
	free(s.folded);
	yg_buf_done(&s.out);
	yg_options_done(&s.options);
	return status;
}
