/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura archive cat`, `verify` and `repair`: what is in files of archives. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/archive-int.h"
#include "app/archive_gaps.h"
#include "app/commands.h"
#include "app/describe.h"
#include "app/narrow.h"
#include "app/say.h"
#include "archive/tree.h"
#include "archive/writer.h"
#include "base/alloc.h"
#include "base/io.h"
#include "parse/format.h"

#include "base/ban.h"

#define EVENT_ARENA_MAX (32u << 20)
#define NOTES_SAID	10u /* of one file; the rest are counted */

/* ---- cat ---- */

struct printing {
	struct yg_narrow narrow;
	struct yg_zone *zone;
	struct yg_names *names;
	struct yg_parser *parser;
	struct yg_arena *arena;
	struct yg_archive_unpacker *unpacker;
	struct yg_buf stored;
	struct yg_buf text;
	struct yg_buf out;
	bool is_partly;
	size_t readable;
};

static void say_place(const char *path, uint64_t at, const char *words)
{
	yg_say(N_("%s: byte %llu: %s"), yg_say_safe(yg_bytes_str(path), 300),
	       (unsigned long long)at, yg_say_tr(words));
}

/* Is this line (without its end) one of those wanted? Padding stands behind it. */
static bool is_wanted(struct printing *p, struct yg_bytes line)
{
	struct yg_event event;
	struct yg_fault fault;

	yg_arena_reset(p->arena);
	return yg_parse(p->parser, YG_FORMAT_RECORD, line, p->arena, &event, &fault) == YG_OK &&
	       yg_narrow_takes(&p->narrow, &event);
}

static int print_text(struct printing *p)
{
	struct yg_bytes text = yg_buf_bytes(&p->text);
	uint8_t *padding;

	if (yg_narrow_is_all(&p->narrow))
		return yg_io_write(STDOUT_FILENO, text);
	padding = yg_buf_reserve(&p->text, YG_PARSE_PADDING);
	if (!padding)
		return YG_ENOMEM;
	memset(padding, 0, YG_PARSE_PADDING);
	text = yg_buf_bytes(&p->text);
	yg_buf_reset(&p->out);
	while (text.size > 0) {
		size_t end = yg_bytes_chr(text, '\n'); /* whole lines: checked */

		if (is_wanted(p, yg_bytes_cut(text, 0, end)))
			yg_buf_add(&p->out, yg_bytes_cut(text, 0, end + 1));
		text = yg_bytes_from(text, end + 1);
	}
	return yg_buf_error(&p->out) ? YG_ENOMEM
				     : yg_io_write(STDOUT_FILENO, yg_buf_bytes(&p->out));
}

static int print_frame(struct printing *p, const struct yg_archive *archive, uint32_t index)
{
	struct yg_archive_frame frame;
	struct yg_fault fault = {0};
	int rc;

	yg_buf_reset(&p->stored);
	yg_buf_reset(&p->text);
	rc = yg_archive_load(archive, index, &p->stored);
	if (rc == YG_OK)
		rc = yg_archive_unpack(p->unpacker, yg_buf_bytes(&p->stored), &frame, &p->text,
				       &fault);
	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK) {
		const struct yg_archive_frame *at = &archive->frames[index];

		p->is_partly = true;
		yg_say_gap(archive->path, at->at, (uint64_t)at->head_size + at->packed_size,
			   fault.msg ? fault.msg : yg_err_text(rc));
		return YG_OK;
	}
	return print_text(p);
}

static int print_file(struct printing *p, const char *path)
{
	struct yg_archive_filters *filters = NULL;
	struct yg_archive *archive = NULL;
	struct yg_fault fault = {0};
	int rc = yg_archive_open(path, &archive, &fault);

	if (rc == YG_OK)
		rc = yg_archive_go_on(archive);
	if (rc != YG_OK && rc != YG_ENOMEM) {
		p->is_partly = true;
		say_place(path, fault.pos, fault.msg ? fault.msg : yg_err_text(rc));
	}
	if (rc != YG_OK) {
		(void)yg_archive_free(archive);
		return rc == YG_ENOMEM ? rc : YG_OK;
	}
	p->readable++;
	p->is_partly |= yg_say_gaps(path, archive);
	if (p->narrow.group_count > 0)
		rc = yg_archive_filters_open(archive, &filters, &fault);
	rc = rc == YG_ENOMEM ? rc : YG_OK; /* without filters all is looked at */
	if (rc == YG_OK && yg_narrow_may_file(&p->narrow, filters))
		for (uint32_t i = 0; i < archive->count && rc == YG_OK; i++)
			if (yg_narrow_may_frame(&p->narrow, &archive->frames[i], filters))
				rc = print_frame(p, archive, i);
	(void)yg_archive_filters_free(filters);
	(void)yg_archive_free(archive);
	return rc;
}

static int prepare_cat(struct printing *p, const struct yg_options *options)
{
	struct yg_parse_opts opts = {0};
	int rc = yg_zone_load(options->zone, &p->zone);

	if (rc != YG_OK) {
		yg_say(N_("--tz %s: there is no such time zone"),
		       yg_say_safe(yg_bytes_str(options->zone ? options->zone : "?"), 80));
		return rc;
	}
	opts.zone = p->zone;
	yg_buf_init(&p->stored, YG_ARCHIVE_STORED_MAX);
	yg_buf_init(&p->text, YG_ARCHIVE_TEXT_MAX + YG_PARSE_PADDING);
	yg_buf_init(&p->out, YG_ARCHIVE_TEXT_MAX);
	p->names = yg_names_new();
	p->parser = p->names ? yg_parser_new(&opts, p->names) : NULL;
	p->arena = yg_arena_new(EVENT_ARENA_MAX);
	p->unpacker = yg_archive_unpacker_new();
	if (!p->parser || !p->arena || !p->unpacker)
		return YG_ENOMEM;
	return yg_narrow_read(options, p->zone, &p->narrow);
}

int yg_archive_command_cat(const struct yg_options *options)
{
	struct printing p = {0};
	struct yg_inputs inputs = {0};
	int rc = prepare_cat(&p, options);
	bool is_prepared = rc == YG_OK;

	if (rc == YG_OK)
		rc = yg_archive_files(options, &inputs);
	for (size_t i = 0; i < inputs.count && rc == YG_OK; i++)
		rc = print_file(&p, inputs.items[i].path);
	p.is_partly |= inputs.failed > 0;
	if (rc == YG_ENOMEM)
		yg_say(N_("out of memory"));
	else if (rc != YG_OK && rc != YG_EPIPE && is_prepared)
		yg_say(N_("the output could not be written: %s"), yg_say_tr(yg_err_text(rc)));
	yg_inputs_done(&inputs);
	yg_buf_done(&p.stored);
	yg_buf_done(&p.text);
	yg_buf_done(&p.out);
	(void)yg_archive_unpacker_free(p.unpacker);
	(void)yg_arena_free(p.arena);
	(void)yg_parser_free(p.parser);
	(void)yg_names_free(p.names);
	(void)yg_zone_free(p.zone);
	if ((rc != YG_OK && rc != YG_EPIPE) || (rc == YG_OK && p.readable == 0))
		return YG_EXIT_FAILED;
	return p.is_partly ? YG_EXIT_PARTLY : YG_EXIT_DONE;
}

/* ---- verify ---- */

/* One file being checked. */
struct checking {
	bool is_json;
	struct yg_describer *describer;
	struct yg_archive_filters *filters;
	struct yg_archive_keys keys; /* of all frames */
	uint64_t *list;
	uint32_t list_room;
	const char *path;
	struct yg_buf damage; /* JSON */
	uint64_t said;
	uint64_t files;
	uint64_t damaged;
	uint64_t open;
	uint64_t records;
	uint64_t unreadable;
};

static void take_note(void *arg, const struct yg_archive_note *note)
{
	struct checking *c = arg;

	if (c->said++ < NOTES_SAID)
		yg_say(N_("%s: byte %llu, %llu bytes: %s"),
		       yg_say_safe(yg_bytes_str(note->path), 300), (unsigned long long)note->at,
		       (unsigned long long)note->size, yg_say_tr(note->words));
	if (!c->is_json)
		return;
	yg_buf_addf(&c->damage, "%s{\"file\":", c->said > 1 ? "," : "");
	yg_buf_add_json(&c->damage, yg_bytes_str(note->path));
	yg_buf_addf(&c->damage,
		    ",\"byte\":%llu,\"size\":%llu,\"what\":", (unsigned long long)note->at,
		    (unsigned long long)note->size);
	yg_buf_add_json(&c->damage, yg_bytes_str(note->words));
	yg_buf_add_byte(&c->damage, '}');
}

/* Keys of the lines of a frame, doubles among them. */
static int keys_of(struct checking *c, struct yg_bytes text, uint32_t *ret_count)
{
	uint32_t count = 0;

	while (text.size > 0) {
		size_t end = yg_bytes_chr(text, '\n') + 1;
		struct yg_archive_facts facts;
		int rc = yg_describe(c->describer, yg_bytes_cut(text, 0, end), &facts);

		if (rc != YG_OK)
			return rc;
		if (c->list_room - count < facts.key_count) {
			uint32_t room = (count + facts.key_count) * 2;
			uint64_t *list = yg_reallocarray(c->list, room, sizeof(*list));

			if (!list)
				return YG_ENOMEM;
			c->list = list;
			c->list_room = room;
		}
		if (facts.key_count > 0)
			memcpy(c->list + count, facts.keys, facts.key_count * sizeof(*c->list));
		count += facts.key_count;
		text = yg_bytes_from(text, end);
	}
	*ret_count = count;
	return YG_OK;
}

/* What stands in a frame must be in its filter. */
static int check_frame(void *arg, const struct yg_archive_frame *frame, struct yg_bytes text)
{
	struct checking *c = arg;
	uint32_t count = 0;
	int rc;

	if (!c->filters)
		return YG_OK;
	rc = keys_of(c, text, &count);
	if (rc != YG_OK)
		return rc;
	for (uint32_t i = 0; i < count; i++) {
		if (yg_archive_filters_frame(c->filters, frame->number, c->list[i]))
			continue;
		take_note(c, &(struct yg_archive_note){
				     c->path, frame->at, frame->head_size, YG_EMISMATCH,
				     N_("the filter lacks what this frame holds")});
		break;
	}
	return yg_archive_keys_frame(&c->keys, c->list, count, false);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* What stands in the file must be in the filter of the whole. */
static int check_whole(struct checking *c)
{
	size_t count = c->keys.count;
	uint64_t *found;
	uint32_t kept;

	if (!c->filters || count == 0 || count > UINT32_MAX)
		return YG_OK;
	found = yg_calloc(count, sizeof(*found));
	if (!found)
		return YG_ENOMEM;
	qsort(c->keys.keys, count, sizeof(*c->keys.keys), compare); /* shard after shard */
	kept = yg_archive_filters_file(c->filters, c->keys.keys, (uint32_t)count, found);
	free(found);
	if (kept != count)
		take_note(c, &(struct yg_archive_note){c->path, 0, 0, YG_EMISMATCH,
						       N_("the filter of the file lacks what the "
							  "file holds")});
	return YG_OK;
}

/* The filters beside the file; words for what they are. */
static int open_filters(struct checking *c, const char **ret_words)
{
	struct yg_archive *archive = NULL;
	struct yg_fault fault = {0};
	int rc = yg_archive_open(c->path, &archive, &fault);

	*ret_words = "none";
	if (rc == YG_OK) {
		rc = yg_archive_filters_open(archive, &c->filters, &fault);
		*ret_words = rc == YG_OK ? "good" : rc == YG_ENOENT ? "none" : "damaged";
		if (rc != YG_OK && rc != YG_ENOENT && rc != YG_ENOMEM) {
			char beside[YG_ARCHIVE_PATH_MAX];

			(void)snprintf(beside, sizeof(beside), "%s%s", c->path,
				       YG_ARCHIVE_FILTERS); /* for people: may be cut */
			take_note(c,
				  &(struct yg_archive_note){beside, fault.pos, 0, rc, fault.msg});
		}
	}
	(void)yg_archive_free(archive);
	return rc == YG_ENOMEM ? rc : YG_OK;
}

static void add_time(struct yg_buf *to, const char *key, int64_t time_ns)
{
	char iso[YG_ISO_SIZE];

	if (time_ns == YG_TIME_NONE) {
		yg_buf_addf(to, ",\"%s\":null", key);
		return;
	}
	(void)yg_time_iso(time_ns, 0, iso);
	yg_buf_addf(to, ",\"%s\":\"%s\"", key, iso);
}

static int print_check(struct checking *c, const struct yg_archive_check *check,
		       const char *filters)
{
	struct yg_buf line;
	int rc;

	yg_buf_init(&line, 64u << 20);
	yg_buf_add_str(&line, "{\"file\":");
	yg_buf_add_json(&line, yg_bytes_str(c->path));
	yg_buf_add_str(&line, ",\"org\":");
	yg_buf_add_json(&line, yg_bytes_str(check->org));
	add_time(&line, "hour", check->hour_ns);
	yg_buf_addf(&line, ",\"closed\":%s,\"frames\":%llu,\"records\":%llu",
		    check->is_sealed ? "true" : "false", (unsigned long long)check->frames,
		    (unsigned long long)check->records);
	add_time(&line, "first", check->first_ns);
	add_time(&line, "last", check->last_ns);
	yg_buf_addf(&line,
		    ",\"journal_first\":%llu,\"journal_end\":%llu,\"text_bytes\":%llu,"
		    "\"file_bytes\":%llu,\"filters\":\"%s\",\"damage\":[",
		    (unsigned long long)check->journal_first,
		    (unsigned long long)check->journal_end, (unsigned long long)check->text_bytes,
		    (unsigned long long)check->file_bytes, filters);
	yg_buf_add(&line, yg_buf_bytes(&c->damage));
	yg_buf_add_str(&line, "]}\n");
	rc = yg_buf_error(&line);
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&line));
	yg_buf_done(&line);
	return rc;
}

static int check_file(struct checking *c, const char *path)
{
	struct yg_archive_check check;
	const char *words = "none";
	int rc;

	c->path = path;
	c->said = 0;
	yg_buf_reset(&c->damage);
	yg_archive_keys_done(&c->keys);
	rc = open_filters(c, &words);
	if (rc == YG_OK)
		rc = yg_archive_verify(path, &check, take_note, check_frame, c);
	if (rc == YG_OK && !check.is_sealed && check.notes == 0 &&
	    yg_bytes_ends(yg_bytes_str(path), YG_S(YG_ARCHIVE_CLOSED)))
		take_note(c, &(struct yg_archive_note){path, check.file_bytes, 0, YG_ETRUNC,
						       N_("the end of a closed file is missing")});
	if (rc == YG_OK && c->filters)
		rc = yg_archive_filters_verify(c->filters, take_note, c);
	if (rc == YG_OK && c->said == 0)
		rc = check_whole(c);
	c->filters = yg_archive_filters_free(c->filters);
	if (rc == YG_ENOMEM)
		return rc;
	c->files++;
	if (rc != YG_OK) {
		c->unreadable++;
		yg_say_hint(N_("check the path and who may read it"), N_("%s: cannot be read: %s"),
			    yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(yg_err_text(rc)));
		return YG_OK;
	}
	if (c->said > NOTES_SAID)
		yg_say(N_("%s: %llu further places like these"),
		       yg_say_safe(yg_bytes_str(path), 300),
		       (unsigned long long)(c->said - NOTES_SAID));
	c->damaged += c->said > 0;
	c->open += !check.is_sealed;
	c->records += check.records;
	return c->is_json ? print_check(c, &check, words) : YG_OK;
}

static int print_sum(const struct checking *c)
{
	if (c->is_json)
		printf("{\"files\":%llu,\"damaged\":%llu,\"open\":%llu,\"records\":%llu}\n",
		       (unsigned long long)c->files, (unsigned long long)c->damaged,
		       (unsigned long long)c->open, (unsigned long long)c->records);
	else
		printf(yg_say_tr(N_("%llu files, %llu records: %llu files damaged, %llu not "
				    "closed\n")),
		       (unsigned long long)c->files, (unsigned long long)c->records,
		       (unsigned long long)c->damaged, (unsigned long long)c->open);
	return fflush(stdout) == 0 ? YG_OK : yg_err_from_errno(errno);
}

static void begin_checking(struct checking *c)
{
	yg_buf_init(&c->damage, 32u << 20);
	c->describer = yg_describer_new();
}

/* The sum; the exit status unless it could not be written. */
static int end_checking(struct checking *c, int rc, bool is_partly)
{
	if (rc == YG_OK)
		rc = print_sum(c);
	if (rc == YG_ENOMEM)
		yg_say(N_("out of memory"));
	else if (rc != YG_OK && rc != YG_EPIPE)
		yg_say(N_("the output could not be written: %s"), yg_say_tr(yg_err_text(rc)));
	yg_archive_keys_done(&c->keys);
	(void)yg_describer_free(c->describer);
	yg_buf_done(&c->damage);
	free(c->list);
	if (rc != YG_OK && rc != YG_EPIPE)
		return YG_EXIT_FAILED;
	return c->damaged || c->unreadable || is_partly ? YG_EXIT_PARTLY : YG_EXIT_DONE;
}

int yg_archive_command_verify(const struct yg_options *options)
{
	struct checking c = {.is_json = options->output == YG_OUTPUT_JSON};
	struct yg_inputs inputs = {0};
	bool is_partly;
	int status;
	int rc;

	begin_checking(&c);
	rc = c.describer ? yg_archive_files(options, &inputs) : YG_ENOMEM;
	for (size_t i = 0; i < inputs.count && rc == YG_OK; i++)
		rc = check_file(&c, inputs.items[i].path);
	is_partly = inputs.failed > 0;
	yg_inputs_done(&inputs);
	status = end_checking(&c, rc, is_partly);
	return c.files == c.unreadable ? YG_EXIT_FAILED : status;
}

/* A file of a hub's archive: one that is open can be closed, or still be empty. */
static int check_entry(void *arg, const struct yg_archive_entry *entry)
{
	char closed[YG_ARCHIVE_PATH_MAX];
	struct stat st;
	size_t size = strlen(entry->path) - (sizeof(YG_ARCHIVE_OPEN) - 1);

	if (!entry->is_open)
		return check_file(arg, entry->path);
	if (stat(entry->path, &st) == 0)
		return st.st_size == 0 ? YG_OK : check_file(arg, entry->path);
	(void)snprintf(closed, sizeof(closed), "%.*s%s", (int)size, entry->path,
		       YG_ARCHIVE_CLOSED); /* paths that do not fit are not in an archive */
	return stat(closed, &st) == 0 ? check_file(arg, closed) : YG_OK;
}

int yg_archive_verify_all(const char *dir, bool is_json)
{
	struct checking c = {.is_json = is_json};
	int rc;

	begin_checking(&c);
	rc = c.describer ? yg_archive_walk(dir, NULL, check_entry, &c) : YG_ENOMEM;
	if (rc == YG_ENOENT)
		rc = YG_OK; /* nothing was ever archived */
	return end_checking(&c, rc, false);
}

/* ---- repair ---- */

/* Does a closed file lack good filters? */
static bool lacks_filters(const char *path)
{
	struct yg_archive_filters *filters = NULL;
	struct yg_archive *archive = NULL;
	struct yg_fault fault;
	bool lacks = true;

	if (yg_archive_open(path, &archive, &fault) == YG_OK && archive->is_sealed &&
	    yg_archive_filters_open(archive, &filters, &fault) == YG_OK) {
		struct checking c = {.path = path};

		yg_buf_init(&c.damage, 1);
		lacks = yg_archive_filters_verify(filters, take_note, &c) != YG_OK || c.said > 0;
		yg_buf_done(&c.damage);
	}
	(void)yg_archive_filters_free(filters);
	(void)yg_archive_free(archive);
	return lacks;
}

static int repair_file(const char *path, struct yg_describer *describer)
{
	bool is_open = yg_bytes_ends(yg_bytes_str(path), YG_S(YG_ARCHIVE_OPEN));
	const char *safe = yg_say_safe(yg_bytes_str(path), 300);
	uint64_t cut = 0;
	int rc;

	if (!is_open && !lacks_filters(path))
		return YG_OK;
	rc = yg_archive_repair(path, yg_describe, describer, &cut);
	if (rc == YG_OK && is_open)
		yg_say(N_("%s: closed; %llu bytes behind the last whole frame were cut off"), safe,
		       (unsigned long long)cut);
	else if (rc == YG_OK)
		yg_say(N_("%s: filters made anew"), safe);
	else if (rc == YG_EAGAIN)
		yg_say(N_("%s: another process is writing there"), safe);
	else if (rc == YG_EDIGEST)
		yg_say_hint(N_("`yagura archive verify` names the places; bring it back from a "
			       "backup"),
			    N_("%s: a closed file is damaged; it was left as it is"), safe);
	else
		yg_say(N_("%s: cannot be repaired: %s"), safe, yg_say_tr(yg_err_text(rc)));
	return rc;
}

int yg_archive_command_repair(const struct yg_options *options)
{
	struct yg_describer *describer = yg_describer_new();
	struct yg_inputs inputs = {0};
	int rc = describer ? yg_archive_files(options, &inputs) : YG_ENOMEM;
	int status = rc == YG_OK && inputs.count > 0 ? YG_EXIT_DONE : YG_EXIT_FAILED;

	for (size_t i = 0; i < inputs.count && rc == YG_OK; i++)
		if (repair_file(inputs.items[i].path, describer) != YG_OK)
			status = YG_EXIT_PARTLY;
	if (!describer)
		yg_say(N_("out of memory"));
	if (status == YG_EXIT_DONE && inputs.failed)
		status = YG_EXIT_PARTLY;
	yg_inputs_done(&inputs);
	(void)yg_describer_free(describer);
	return status;
}
