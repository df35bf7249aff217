/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura source learn | test | list`: descriptions of sources made, tried and listed. */
#define _GNU_SOURCE
#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/say.h"
#include "app/source_files.h"
#include "app/source_learn-int.h"
#include "base/alloc.h"
#include "base/io.h"
#include "base/zone.h"

#include "base/ban.h"

#define ARENA_BYTES_MAX (64u << 20)
#define PATH_BYTES_MAX	4096u
#define FILE_BYTES_MAX	YG_SOURCE_BYTES_MAX

enum {
	OPT_NAME = 256,
	OPT_TITLE,
	OPT_KIND,
	OPT_FIELD,
	OPT_SET,
	OPT_LINE,
	OPT_FRAMING,
	OPT_OUT,
	OPT_ADD,
	OPT_FORCE,
	OPT_TZ,
	OPT_JSON,
	OPT_LANG,
	OPT_JOIN,
	OPT_WITHIN,
	OPT_KEEP,
	OPT_TAKE,
	OPT_ENDS,
};

static const struct option learn_longs[] = {
	{"name", required_argument, NULL, OPT_NAME},
	{"title", required_argument, NULL, OPT_TITLE},
	{"kind", required_argument, NULL, OPT_KIND},
	{"field", required_argument, NULL, OPT_FIELD},
	{"set", required_argument, NULL, OPT_SET},
	{"line", required_argument, NULL, OPT_LINE},
	{"framing", required_argument, NULL, OPT_FRAMING},
	{"out", required_argument, NULL, OPT_OUT},
	{"add", no_argument, NULL, OPT_ADD},
	{"force", no_argument, NULL, OPT_FORCE},
	{"tz", required_argument, NULL, OPT_TZ},
	{"json", no_argument, NULL, OPT_JSON},
	{"lang", required_argument, NULL, OPT_LANG},
	{"join", required_argument, NULL, OPT_JOIN},
	{"within", required_argument, NULL, OPT_WITHIN},
	{"keep", required_argument, NULL, OPT_KEEP},
	{"take", required_argument, NULL, OPT_TAKE},
	{"ends", no_argument, NULL, OPT_ENDS},
	{"help", no_argument, NULL, 'h'},
	{0},
};

#define WITHIN_S 3600u /* where --within is not given */

bool yg_learn_is_name(struct yg_bytes name)
{
	for (size_t i = 0; i < name.size; i++)
		if ((uint8_t)(name.data[i] - 'a') >= 26 && (uint8_t)(name.data[i] - '0') > 9 &&
		    name.data[i] != '-')
			return false;
	return name.size > 0 && name.size <= YG_PATTERN_NAME_MAX;
}

/* "NAME=VALUE", both there. */
static bool split_pair(const char *text, struct yg_bytes *ret_name, struct yg_bytes *ret_value)
{
	struct yg_bytes b = yg_bytes_str(text);
	size_t equals = yg_bytes_chr(b, '=');

	if (equals == SIZE_MAX || equals == 0 || equals > YG_PATTERN_NAME_MAX ||
	    equals + 1 == b.size) {
		yg_say(N_("%s: NAME=VALUE is expected"), yg_say_safe(b, 80));
		return false;
	}
	*ret_name = yg_bytes_cut(b, 0, equals);
	*ret_value = yg_bytes_from(b, equals + 1);
	return true;
}

bool yg_learn_add_field(struct yg_learn_task *task, const char *text)
{
	struct yg_learn_field *field = &task->fields[task->field_count];

	if (task->field_count == YG_LEARN_FIELDS_MAX) {
		yg_say(N_("more than %u fields"), YG_LEARN_FIELDS_MAX);
		return false;
	}
	if (!split_pair(text, &field->name, &field->value))
		return false;
	task->field_count++;
	return true;
}

bool yg_learn_add_set(struct yg_learn_task *task, const char *text)
{
	struct yg_source_pair *set = &task->sets[task->set_count];

	if (task->set_count == YG_LEARN_SETS_MAX) {
		yg_say(N_("more than %u fields"), YG_LEARN_SETS_MAX);
		return false;
	}
	if (!split_pair(text, &set->name, &set->text))
		return false;
	task->set_count++;
	return true;
}

static bool set_language(const char *text)
{
	enum yg_lang lang;

	if (!yg_lang_by_name(yg_bytes_str(text), &lang)) {
		yg_say(N_("--lang %s: give ja or en"), yg_say_safe(yg_bytes_str(text), 40));
		return false;
	}
	yg_say_lang(lang);
	return true;
}

/* One more name of a field. */
static bool add_name(const char **names, uint32_t *count, uint32_t most, const char *name)
{
	if (*count == most) {
		yg_say(N_("more than %u fields"), most);
		return false;
	}
	names[(*count)++] = name;
	return true;
}

/* What is to be said of lines that belong together. */
static bool set_join_option(struct yg_learn_task *task, int option, const char *value)
{
	if (option == OPT_JOIN)
		return add_name(task->joins, &task->join_count, YG_SOURCE_JOIN_KEYS_MAX, value);
	if (option == OPT_KEEP)
		return add_name(task->keeps, &task->keep_count, YG_SOURCE_JOIN_FIELDS_MAX, value);
	if (option == OPT_TAKE)
		return add_name(task->takes, &task->take_count, YG_SOURCE_JOIN_FIELDS_MAX, value);
	task->is_end |= option == OPT_ENDS;
	if (option == OPT_ENDS ||
	    (yg_bytes_u64(yg_bytes_str(value), &task->within_s) && task->within_s > 0 &&
	     task->within_s <= YG_SOURCE_JOIN_WITHIN_MAX))
		return true;
	yg_say(N_("--within %s: give seconds, from 1 to %u"), yg_say_safe(yg_bytes_str(value), 40),
	       YG_SOURCE_JOIN_WITHIN_MAX);
	return false;
}

static bool set_option(struct yg_learn_task *task, int option, const char *value)
{
	switch (option) {
	case OPT_JOIN:
	case OPT_WITHIN:
	case OPT_KEEP:
	case OPT_TAKE:
	case OPT_ENDS:
		return set_join_option(task, option, value);
	case OPT_NAME:
		task->name = value;
		return true;
	case OPT_TITLE:
		task->title = value;
		return true;
	case OPT_KIND:
		task->kind = value;
		return true;
	case OPT_FIELD:
		return yg_learn_add_field(task, value);
	case OPT_SET:
		return yg_learn_add_set(task, value);
	case OPT_LINE:
		if (yg_bytes_u64(yg_bytes_str(value), &task->pointed) && task->pointed > 0)
			return true;
		yg_say(N_("--line %s: give a number from 1"), yg_say_safe(yg_bytes_str(value), 40));
		return false;
	case OPT_FRAMING:
		task->framing = value;
		return true;
	case OPT_OUT:
		task->out = value;
		return true;
	case OPT_TZ:
		task->zone_name = value;
		return true;
	case OPT_LANG:
		return set_language(value);
	case OPT_JSON:
		task->is_json = true;
		return true;
	default:
		task->is_adding |= option == OPT_ADD;
		task->is_forced |= option == OPT_FORCE;
		return true;
	}
}

/* The command line. *ret_help: --help was asked for. */
static bool read_options(int argc, char **argv, const struct option *longs,
			 struct yg_learn_task *task, bool *ret_help)
{
	int option;

	optind = 1;
	opterr = 0;
	task->pointed = 1;
	*ret_help = false;
	while ((option = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		if (option == 'h') {
			*ret_help = true;
			return true;
		}
		if (option == '?' || option == ':') {
			yg_say_hint(N_("`yagura source --help` shows all options"),
				    option == '?' ? N_("%s: there is no such option")
						  : N_("%s: a value is missing after it"),
				    yg_say_safe(yg_bytes_str(argv[optind - 1]), 80));
			return false;
		}
		if (!set_option(task, option, optarg))
			return false;
	}
	return true;
}

static bool prepare(struct yg_learn_task *task)
{
	int rc = yg_zone_load(task->zone_name, &task->zone);

	if (rc != YG_OK) {
		yg_say_hint(N_("give a name such as Asia/Tokyo, UTC, or an offset such as +09:00"),
			    N_("--tz %s: there is no such time zone"),
			    yg_say_safe(yg_bytes_str(task->zone_name ? task->zone_name : "?"), 80));
		return false;
	}
	task->names = yg_names_new();
	task->arena = yg_arena_new(ARENA_BYTES_MAX);
	if (task->names && task->arena)
		return true;
	yg_say(N_("out of memory"));
	return false;
}

static void finish(struct yg_learn_task *task)
{
	yg_lines_done(&task->lines);
	(void)yg_zone_free(task->zone);
	(void)yg_names_free(task->names);
	(void)yg_arena_free(task->arena);
}

/* ---- the description ---- */

/*
 * Who wrote @line, and what, when it is one of the system log; else both are empty. False, and
 * said, without memory.
 */
static bool read_syslog(struct yg_learn_task *task, struct yg_bytes line,
			struct yg_bytes *ret_program, struct yg_bytes *ret_message)
{
	struct yg_parse_opts opts = {.zone = task->zone,
				     .reference_ns = yg_clock_system().now_ns(NULL)};
	struct yg_parser *parser = yg_parser_new(&opts, task->names);
	struct yg_event event;
	struct yg_fault fault;
	int rc = parser ? yg_parse(parser, YG_FORMAT_SYSLOG, line, task->arena, &event, &fault)
			: YG_ENOMEM;

	*ret_program = *ret_message = (struct yg_bytes){0};
	if (rc == YG_OK && yg_event_get(&event, YG_F_message).size > 0) {
		*ret_program = yg_event_get(&event, YG_F_program);
		*ret_message = yg_event_get(&event, YG_F_message);
	}
	(void)yg_parser_free(parser);
	if (rc == YG_ENOMEM)
		yg_say(N_("out of memory"));
	return rc != YG_ENOMEM;
}

/* Who wrote the line that was pointed at, where messages of the system log are to be learnt. */
static bool choose_framing(struct yg_learn_task *task, struct yg_bytes *ret_program)
{
	bool is_syslog = task->framing && strcmp(task->framing, "syslog") == 0;
	struct yg_bytes message;

	*ret_program = (struct yg_bytes){0};
	if (task->framing && !is_syslog) {
		if (strcmp(task->framing, "line") == 0)
			return true;
		yg_say(N_("--framing %s: give line or syslog"),
		       yg_say_safe(yg_bytes_str(task->framing), 40));
		return false;
	}
	if (!read_syslog(task, task->lines.items[task->pointed - 1], ret_program, &message))
		return false;
	if (ret_program->size > 0 || !is_syslog)
		return true;
	yg_say(N_("--framing syslog: line %llu is no line of the system log that names its "
		  "program"),
	       (unsigned long long)task->pointed);
	return false;
}

/* What the pattern is learnt from: whole lines, or what programs wrote into the system log. */
static bool choose_texts(struct yg_learn_task *task, struct yg_bytes *texts,
			 struct yg_bytes *ret_program)
{
	if (!choose_framing(task, ret_program))
		return false;
	for (uint32_t i = 0; i < task->lines.count; i++) {
		struct yg_bytes program, message;

		texts[i] = task->lines.items[i];
		if (ret_program->size == 0)
			continue;
		if (!read_syslog(task, texts[i], &program, &message))
			return false;
		if (program.size > 0)
			texts[i] = message;
	}
	return true;
}

static void add_pair(struct yg_buf *to, const char *indent, const char *key, struct yg_bytes text)
{
	yg_buf_addf(to, "%s%s: ", indent, key);
	yg_learn_quote(to, text);
	yg_buf_add_byte(to, '\n');
}

/* "indent key: [name, name]", where there are any. */
static void add_names(struct yg_buf *to, const char *before, const char *const *names,
		      uint32_t count, const char *behind)
{
	if (count == 0)
		return;
	yg_buf_addf(to, "%s: [", before);
	for (uint32_t i = 0; i < count; i++) {
		yg_buf_add_str(to, i ? ", " : "");
		yg_learn_quote(to, yg_bytes_str(names[i]));
	}
	yg_buf_addf(to, "]%s\n", behind);
}

/* One kind of line, as an item of "lines": @pattern, or the members of an object. */
static void add_kind(struct yg_learn_task *task, struct yg_buf *to, struct yg_bytes pattern)
{
	struct yg_bytes result = YG_S("line");

	for (uint32_t i = 0; i < task->set_count; i++)
		if (yg_bytes_eq(task->sets[i].name, YG_S("auth_result")))
			result = task->sets[i].text;
	add_pair(to, "  - ", "name", result);
	if (task->is_object) {
		yg_buf_add_str(to, "    object:\n");
		yg_buf_add(to, pattern);
	} else {
		add_pair(to, "    ", "pattern", pattern);
	}
	if (task->set_count > 0)
		yg_buf_add_str(to, "    set:\n");
	for (uint32_t i = 0; i < task->set_count; i++) {
		yg_buf_add_str(to, "      ");
		yg_learn_quote(to, task->sets[i].name);
		yg_buf_add_str(to, ": ");
		yg_learn_quote(to, task->sets[i].text);
		yg_buf_add_byte(to, '\n');
	}
	add_names(to, "    keeps", task->keeps, task->keep_count, "");
	add_names(to, "    takes", task->takes, task->take_count, "");
	if (task->is_end)
		yg_buf_add_str(to, "    ends: true\n");
}

static void add_head(struct yg_learn_task *task, struct yg_buf *to, struct yg_bytes program)
{
	yg_buf_addf(to,
		    "# Made by `yagura source learn` from %u lines. The form is explained in\n"
		    "# docs/source-description.md; `yagura source test` tries it again.\n"
		    "source: 1\n",
		    task->lines.count);
	add_pair(to, "", "name", yg_bytes_str(task->name));
	if (task->title)
		add_pair(to, "", "title", yg_bytes_str(task->title));
	add_pair(to, "", "kind", yg_bytes_str(task->kind ? task->kind : "app"));
	if (program.size > 0) {
		yg_buf_add_str(to, "framing: syslog\n");
		add_pair(to, "", "program", program);
	}
	if (task->join_count > 0) {
		char within[48];

		(void)snprintf(within, sizeof(within), ", within: %llu}",
			       (unsigned long long)(task->within_s ? task->within_s : WITHIN_S));
		add_names(to, "join: {key", task->joins, task->join_count, within);
	}
	yg_buf_add_str(to, "lines:\n");
}

/* Is the time of the JSON object @text found without being told? */
static int find_time(struct yg_learn_task *task, struct yg_bytes text, bool *ret_has_time)
{
	struct yg_parse_opts opts = {.zone = task->zone,
				     .reference_ns = yg_clock_system().now_ns(NULL)};
	struct yg_parser *parser = yg_parser_new(&opts, task->names);
	uint8_t *padded = yg_arena_zalloc(task->arena, text.size + YG_PARSE_PADDING);
	struct yg_event event;
	struct yg_fault fault;
	int rc = YG_ENOMEM;

	*ret_has_time = false;
	if (parser && padded) {
		memcpy(padded, text.data, text.size);
		rc = yg_parse(parser, YG_FORMAT_JSON, (struct yg_bytes){padded, text.size},
			      task->arena, &event, &fault);
		*ret_has_time = rc == YG_OK && event.time_ns != YG_TIME_NONE;
	}
	(void)yg_parser_free(parser);
	return rc == YG_ENOMEM ? rc : YG_OK;
}

/* The pattern that reads the line that was pointed at; the careful one first. */
static int learn_pattern(struct yg_learn_task *task, const struct yg_bytes *texts, bool is_first,
			 struct yg_buf *to)
{
	struct yg_learn learn = {.lines = texts,
				 .line_count = task->lines.count,
				 .pointed = (uint32_t)task->pointed - 1,
				 .fields = task->fields,
				 .field_count = task->field_count,
				 .is_first = is_first,
				 .zone = task->zone,
				 .reference_ns = yg_clock_system().now_ns(NULL),
				 .names = task->names};
	struct yg_fault fault = {YG_ENOMEM, "out of memory", 0};
	uint32_t field = UINT32_MAX;
	int rc = find_time(task, texts[learn.pointed], &learn.has_time);

	if (rc == YG_OK)
		rc = yg_learn_object(&learn, task->arena, to, &field, &fault);
	task->is_object = rc != YG_EMISMATCH;
	if (!task->is_object)
		rc = yg_learn_pattern(&learn, task->arena, to, &field, &fault);

	if (rc == YG_OK || task->is_told)
		return rc;
	task->is_told = true; /* it is tried in several ways */
	if (field != UINT32_MAX)
		yg_say(N_("--field %s=%s: %s"), yg_say_safe(task->fields[field].name, 80),
		       yg_say_safe(task->fields[field].value, 80), yg_say_tr(fault.msg));
	else
		yg_say(N_("line %llu: %s"), (unsigned long long)task->pointed,
		       yg_say_tr(fault.msg));
	return rc;
}

/* The file as it was (--add), or a new head; then the new kind. */
static int make_text(struct yg_learn_task *task, struct yg_bytes before, struct yg_bytes program,
		     const struct yg_bytes *texts, bool is_first, struct yg_buf *to)
{
	struct yg_buf pattern;
	int rc;

	yg_buf_init(&pattern, FILE_BYTES_MAX);
	yg_buf_reset(to);
	rc = learn_pattern(task, texts, is_first, &pattern);
	if (rc == YG_OK) {
		if (before.size > 0)
			yg_buf_add(to, before);
		else
			add_head(task, to, task->is_object ? (struct yg_bytes){0} : program);
		add_kind(task, to, yg_buf_bytes(&pattern));
		rc = yg_buf_error(to);
		if (rc != YG_OK)
			yg_say("%s: %s", yg_say_safe(yg_bytes_str(task->out), 300),
			       yg_say_tr(yg_err_text(rc)));
	}
	yg_buf_done(&pattern);
	return rc;
}

/* How many of the lines @text reads, shown where @show is not NULL. *ret_rc: why it cannot be used.
 */
static uint32_t try_text(struct yg_learn_task *task, struct yg_bytes text, const char *name,
			 const struct yg_line_show *show, int *ret_rc)
{
	struct yg_sources *sources = yg_sources_new();
	struct yg_arena *arena = yg_arena_new(ARENA_BYTES_MAX);
	struct yg_parse_opts opts = {.zone = task->zone,
				     .reference_ns = yg_clock_system().now_ns(NULL),
				     .sources = sources};
	struct yg_line_trial trial = {sources, &opts, task->names, arena, NULL};
	struct yg_line_fault fault;
	uint32_t count = 0;

	*ret_rc = sources && arena ? yg_sources_add(sources, yg_bytes_str(name), text, &fault)
				   : YG_ENOMEM;
	if (*ret_rc != YG_OK && *ret_rc != YG_ENOMEM && show)
		yg_say(N_("%s:%u: description refused: %s"), yg_say_safe(yg_bytes_str(name), 300),
		       fault.line, yg_say_safe(yg_bytes_str(fault.msg), 300));
	if (*ret_rc == YG_OK && show)
		*ret_rc = yg_lines_show(&trial, &task->lines, show, &count);
	for (uint32_t i = 0; *ret_rc == YG_OK && !show && i < task->lines.count; i++) {
		const struct yg_source_line *kind;
		struct yg_source_miss miss;
		struct yg_event event;

		int rc = yg_line_try(&trial, task->lines.items[i], &event, &kind, &miss);

		count += rc == YG_OK;
		*ret_rc = rc == YG_ENOMEM ? rc : YG_OK;
	}
	if (*ret_rc == YG_ENOMEM)
		yg_say(N_("out of memory"));
	(void)yg_arena_free(arena);
	(void)yg_sources_free(sources);
	return count;
}

/*
 * How many lines are read by what is learnt so. YG_OK (also when it is refused: then none), or an
 * error, which is said.
 */
static int try_learning(struct yg_learn_task *task, struct yg_bytes before,
			const struct yg_bytes *texts, bool is_first, uint32_t *ret_count)
{
	struct yg_bytes program;
	struct yg_buf text;
	int rc;

	*ret_count = 0;
	yg_buf_init(&text, FILE_BYTES_MAX);
	rc = choose_framing(task, &program) ? YG_OK : YG_EINVAL;
	if (rc == YG_OK)
		rc = make_text(task, before, program, texts, is_first, &text);
	if (rc == YG_OK)
		*ret_count = try_text(task, yg_buf_bytes(&text), task->out, NULL, &rc);
	yg_buf_done(&text);
	return rc == YG_EFORMAT || rc == YG_ELIMIT || rc == YG_EDUPLICATE ? YG_OK : rc;
}

/* Names of people end at the last place that fits, unless fewer lines are read so. */
static int learn_text(struct yg_learn_task *task, struct yg_bytes before, struct yg_buf *to)
{
	struct yg_bytes *texts = yg_calloc(task->lines.count, sizeof(*texts));
	struct yg_bytes program;
	uint32_t careful = 0, other = 0;
	int rc = YG_ENOMEM;

	if (!texts) {
		yg_say(N_("out of memory"));
		return rc;
	}
	rc = choose_texts(task, texts, &program) ? YG_OK : YG_EINVAL;
	if (rc == YG_OK)
		rc = try_learning(task, before, texts, false, &careful);
	if (rc == YG_OK)
		rc = try_learning(task, before, texts, true, &other);
	if (rc == YG_OK)
		rc = make_text(task, before, program, texts, other > careful, to);
	free(texts);
	return rc;
}

/* Where it goes when no place was named: the user's folder, which is made. */
static bool default_place(struct yg_learn_task *task)
{
	char folder[PATH_BYTES_MAX];
	char path[PATH_BYTES_MAX];
	int size;

	if (task->out)
		return true;
	if (!yg_source_files_folder(folder, sizeof(folder))) {
		yg_say(N_("--out FILE: say where the description shall go"));
		return false;
	}
	for (size_t i = 1; i <= strlen(folder); i++) {
		char kept = folder[i];

		if (kept != '/' && kept != '\0')
			continue;
		folder[i] = '\0';
		if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
			yg_say(N_("%s: the folder cannot be made: %s"),
			       yg_say_safe(yg_bytes_str(folder), 300),
			       yg_say_tr(yg_err_text(yg_err_from_errno(errno))));
			return false;
		}
		folder[i] = kept;
	}
	size = snprintf(path, sizeof(path), "%s/%s.yaml", folder, task->name);
	task->out = size > 0 && (size_t)size < sizeof(path)
			    ? yg_arena_str(task->arena, yg_bytes_str(path))
			    : NULL;
	return task->out != NULL;
}

/* What stands at the place already. False, and said: it may not be touched. */
static bool read_before(struct yg_learn_task *task, uint8_t **ret, size_t *ret_size)
{
	struct stat st;
	bool is_there = stat(task->out, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
	int rc;

	*ret = NULL;
	*ret_size = 0;
	if (!is_there && !task->is_adding)
		return true;
	if (!is_there) {
		yg_say(N_("%s: there is no description to add to"),
		       yg_say_safe(yg_bytes_str(task->out), 300));
		return false;
	}
	if (!task->is_adding && !task->is_forced) {
		yg_say_hint(N_("--add adds a kind of line to it, --force replaces it"),
			    N_("%s: is there already"), yg_say_safe(yg_bytes_str(task->out), 300));
		return false;
	}
	if (!task->is_adding)
		return true;
	rc = yg_io_read_file(task->out, FILE_BYTES_MAX, ret, ret_size);
	if (rc == YG_OK)
		return true;
	yg_say_hint(N_("check the path and who may read it"), N_("%s: cannot be read: %s"),
		    yg_say_safe(yg_bytes_str(task->out), 300), yg_say_tr(yg_err_text(rc)));
	return false;
}

/* Show, and write what can be used. */
static int show_and_write(struct yg_learn_task *task, struct yg_bytes text, bool is_asking)
{
	uint32_t untimed = 0;
	struct yg_line_show show = {.is_json = task->is_json,
				    .is_coloured = yg_is_coloured(STDOUT_FILENO),
				    .name = task->lines_path ? task->lines_path : "-",
				    .untimed = &untimed};
	int rc;
	uint32_t count = try_text(task, text, task->out, &show, &rc);

	if (rc == YG_EPIPE)
		return YG_EXIT_DONE;
	if (rc != YG_OK)
		return YG_EXIT_FAILED;
	if (count == 0) {
		yg_say(N_("this was learnt:"));
		fprintf(stderr, "%.*s", YG_FMT(text)); /* for whoever goes on by hand */
		yg_say_hint(
			N_("give the values exactly as they stand in the line, and more lines of "
			   "this kind"),
			N_("no line is read by what was learnt; nothing was written"));
		return YG_EXIT_FAILED;
	}
	if (untimed == count)
		yg_say_hint(N_("write {:time FORMAT} where it stands in the description "
			       "(docs/source-description.md)"),
			    N_("no time was found in these lines: their records have none, and "
			       "rules that count within minutes cannot tell when they were"));
	if (is_asking && !yg_learn_confirm(N_("Is this right? Enter keeps it, n throws it away.")))
		return YG_EXIT_FAILED;
	rc = yg_io_write_to(task->out, text, 0644);
	if (rc != YG_OK) {
		yg_say_hint(N_("choose another place, or make room"),
			    N_("%s cannot be written: %s"),
			    yg_say_safe(yg_bytes_str(task->out), 300), yg_say_tr(yg_err_text(rc)));
		return YG_EXIT_FAILED;
	}
	yg_say(N_("%s: written; %u of %u lines are read"),
	       yg_say_safe(yg_bytes_str(task->out), 300), count, task->lines.count);
	return count == task->lines.count ? YG_EXIT_DONE : YG_EXIT_PARTLY;
}

static bool check_task(const struct yg_learn_task *task)
{
	if (!task->name || !yg_learn_is_name(yg_bytes_str(task->name))) {
		yg_say(N_("--name NAME: name the device with small letters, digits and -"));
		return false;
	}
	if (task->field_count == 0) {
		yg_say_hint(
			N_("for example --field user=bob --field src_ip=192.0.2.1"),
			N_("--field NAME=VALUE: say what stands in the line, at least one field"));
		return false;
	}
	if (task->is_adding ? task->join_count > 0 || task->within_s > 0
			    : task->within_s > 0 && task->join_count == 0) {
		yg_say_hint(N_("with --add, what joins lines is in the file already"),
			    N_("--join FIELD, --within SECONDS: for a new description"));
		return false;
	}
	if (task->lines.count > YG_LEARN_LINES_MAX || task->pointed > task->lines.count) {
		yg_say(N_("1 to %u lines are expected, and --line has to be one of them"),
		       YG_LEARN_LINES_MAX);
		return false;
	}
	return true;
}

/* A sign-in has a way; where none is said it follows from the kind of device. */
static bool complete_sets(struct yg_learn_task *task)
{
	const char *kind = task->kind ? task->kind : "app";
	bool has_result = false;
	const char *method;

	for (uint32_t i = 0; i < task->set_count; i++) {
		if (yg_bytes_eq(task->sets[i].name, YG_S("auth_method")))
			return true;
		has_result |= yg_bytes_eq(task->sets[i].name, YG_S("auth_result"));
	}
	if (!has_result)
		return true;
	method = strcmp(kind, "mail") == 0    ? "auth_method=smtp"
		 : strcmp(kind, "phone") == 0 ? "auth_method=sip"
		 : strcmp(kind, "other") == 0 ? "auth_method=app"
					      : NULL;
	if (!method) {
		char text[64];

		(void)snprintf(text, sizeof(text), "auth_method=%s", kind);
		method = yg_arena_str(task->arena, yg_bytes_str(text));
	}
	return method && yg_learn_add_set(task, method);
}

/* Somebody sits there, and has not said everything on the command line. */
static bool is_to_ask(const struct yg_learn_task *task)
{
	return task->field_count == 0 && isatty(STDIN_FILENO) && isatty(STDERR_FILENO) &&
	       (!task->lines_path || strcmp(task->lines_path, "-") != 0);
}

/* The lines, and what is wanted of them. */
static bool gather(struct yg_learn_task *task, bool is_asking)
{
	const char *path = task->lines_path ? task->lines_path : "-";

	if (is_asking && !task->lines_path ? !yg_learn_ask_lines(task)
					   : !yg_lines_read(path, &task->lines))
		return false;
	if (is_asking && task->pointed <= task->lines.count && !yg_learn_ask(task))
		return false;
	return check_task(task) && complete_sets(task);
}

static int learn(struct yg_learn_task *task)
{
	bool is_asking = is_to_ask(task);
	struct yg_buf text;
	uint8_t *before;
	size_t before_size;
	int status = YG_EXIT_FAILED;

	if (!prepare(task) || !gather(task, is_asking) || !default_place(task) ||
	    !read_before(task, &before, &before_size))
		return status;
	yg_buf_init(&text, FILE_BYTES_MAX);
	if (learn_text(task, (struct yg_bytes){before, before_size}, &text) == YG_OK)
		status = show_and_write(task, yg_buf_bytes(&text), is_asking);
	yg_buf_done(&text);
	free(before);
	return status;
}

int yg_command_source_learn(int argc, char **argv)
{
	struct yg_learn_task task = {0};
	bool is_help;
	int status = YG_EXIT_FAILED;

	if (!read_options(argc, argv, learn_longs, &task, &is_help))
		return status;
	if (is_help) {
		yg_help_source();
		return YG_EXIT_DONE;
	}
	if (argc - optind > 1) {
		yg_say(N_("learn: give one file of lines, or - for standard input"));
		return status;
	}
	task.lines_path = optind < argc ? argv[optind] : NULL;
	status = learn(&task);
	finish(&task);
	return status;
}

/* ---- test ---- */

static const struct option test_longs[] = {
	{"tz", required_argument, NULL, OPT_TZ},
	{"json", no_argument, NULL, OPT_JSON},
	{"lang", required_argument, NULL, OPT_LANG},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static int test_lines(struct yg_learn_task *task, const char *path, struct yg_bytes text)
{
	struct yg_line_show show = {.is_json = task->is_json,
				    .is_coloured = yg_is_coloured(STDOUT_FILENO),
				    .name = task->lines_path};
	int rc;
	uint32_t count = try_text(task, text, path, &show, &rc);

	if (rc != YG_OK)
		return rc == YG_EPIPE ? YG_EXIT_DONE : YG_EXIT_FAILED;
	yg_say(N_("%u of %u lines are read"), count, task->lines.count);
	return count == task->lines.count ? YG_EXIT_DONE : YG_EXIT_PARTLY;
}

int yg_command_source_test(int argc, char **argv)
{
	struct yg_learn_task task = {0};
	uint8_t *text = NULL;
	size_t size = 0;
	bool is_help;
	int status = YG_EXIT_FAILED;
	int rc;

	if (!read_options(argc, argv, test_longs, &task, &is_help))
		return status;
	if (is_help) {
		yg_help_source();
		return YG_EXIT_DONE;
	}
	if (argc - optind != 2) {
		yg_say(N_("test: give a description and a file of lines (- for standard input)"));
		return status;
	}
	task.lines_path = argv[optind + 1];
	rc = yg_io_read_file(argv[optind], FILE_BYTES_MAX, &text, &size);
	if (rc != YG_OK)
		yg_say_hint(N_("check the path and who may read it"), N_("%s: cannot be read: %s"),
			    yg_say_safe(yg_bytes_str(argv[optind]), 300),
			    yg_say_tr(yg_err_text(rc)));
	else if (prepare(&task) && yg_lines_read(task.lines_path, &task.lines))
		status = test_lines(&task, argv[optind], (struct yg_bytes){text, size});
	free(text);
	finish(&task);
	return status;
}
