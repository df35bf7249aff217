/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/engine.h"

#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"
#include "detect/image-int.h"
#include "detect/patterns.h"

static const uint8_t key[YG_DIGEST_BYTES] = "a key";

/* An opened engine over rules given as YAML, and where it lies. */
struct fixture {
	struct yg_rules *rules;
	struct yg_buf image;
	uint8_t *aligned;
	struct yg_engine *engine;
	struct yg_scratch *scratch;
	struct yg_arena *arena;
	struct yg_event event;
};

static void quiet(void *arg, const char *file, uint32_t line, bool is_refused, const char *reason)
{
	(void)arg;
	(void)is_refused;
	fprintf(stderr, "%s:%u: %s\n", file, line, reason);
}

static int open_copy(struct fixture *f)
{
	struct yg_fault fault;

	f->engine = yg_engine_free(f->engine);
	return yg_engine_open((struct yg_bytes){f->aligned, f->image.size}, key, &f->engine,
			      &fault);
}

static bool setup_for(struct fixture *f, const char *yaml, enum yg_matcher matcher)
{
	const struct yg_rules_opts opts = {.include_deprecated = false};
	struct yg_fault fault;
	void *aligned;

	*f = (struct fixture){.rules = yg_rules_new(), .arena = yg_arena_new(1 << 20)};
	yg_buf_init(&f->image, YG_IMAGE_BYTES_MAX);
	if (f->rules)
		f->rules->matcher = matcher;
	if (!f->rules || !f->arena ||
	    yg_rules_add(f->rules, "t.yml", yg_bytes_str(yaml), &opts, quiet, NULL) != YG_OK ||
	    yg_rules_finish(f->rules, quiet, NULL) != YG_OK || f->rules->refused ||
	    yg_image_compile(f->rules, key, &f->image, &fault) != YG_OK ||
	    posix_memalign(&aligned, 64, f->image.size) != 0)
		return false;
	f->aligned = aligned;
	memcpy(f->aligned, f->image.data, f->image.size);
	if (open_copy(f) != YG_OK)
		return false;
	f->scratch = yg_scratch_new(f->engine);
	return f->scratch != NULL;
}

static bool setup(struct fixture *f, const char *yaml)
{
	return setup_for(f, yaml, yg_matcher_here());
}

static void teardown(struct fixture *f)
{
	(void)yg_scratch_free(f->scratch);
	(void)yg_engine_free(f->engine);
	(void)yg_arena_free(f->arena);
	(void)yg_rules_free(f->rules);
	yg_buf_done(&f->image);
	free(f->aligned);
}

static void begin(struct fixture *f, enum yg_format format, const char *channel, uint32_t code)
{
	yg_arena_reset(f->arena);
	yg_event_init(&f->event, f->arena, yg_engine_names(f->engine));
	f->event.format = format;
	f->event.channel = yg_bytes_str(channel);
	f->event.event_code = code;
}

static void add(struct fixture *f, const char *name, const char *text)
{
	if (yg_event_add(&f->event, yg_bytes_str(name), yg_bytes_str(text), YG_VALUE_TEXT) != YG_OK)
		abort();
}

/* The ids of the rules hit, each followed by a blank. */
static const char *hits(struct fixture *f)
{
	static char text[256];
	struct yg_hits found;
	size_t size = 0;

	if (yg_engine_match(f->engine, f->scratch, &f->event, &found) != YG_OK)
		return "error";
	text[0] = '\0';
	for (uint32_t i = 0; i < found.count; i++)
		size += (size_t)snprintf(
			text + size, sizeof(text) - size, "%.*s ",
			YG_FMT(yg_engine_rule(f->engine, found.rules[i])->info.id));
	return text;
}

#define RULE(id, source, detection)                                                                \
	"title: t\nid: " id "\nlogsource: {" source "}\ndetection:\n" detection "---\n"

static const char some_rules[] = RULE(
	"00000000-0000-0000-0000-00000000000a", "product: windows, category: process_creation",
	"  s: {Image|endswith: '\\cmd.exe'}\n  c: {CommandLine|contains: whoami}\n"
	"  condition: s and not c\n") RULE("00000000-0000-0000-0000-00000000000b",
					   "product: windows, category: process_creation",
					   "  s: {CommandLine|contains: whoami}\n  condition: s\n")
	RULE("00000000-0000-0000-0000-00000000000c", "product: windows, service: security",
	     "  s: {EventID: 4624}\n  n: {IpAddress: null}\n  condition: s and n\n")
		RULE("00000000-0000-0000-0000-00000000000d", "product: aws, service: cloudtrail",
		     "  s: {eventName: DeleteTrail}\n  condition: s\n")
			RULE("00000000-0000-0000-0000-00000000000e",
			     "product: windows, service: system",
			     "  keywords: ['needle']\n  condition: keywords\n");

#define A "00000000-0000-0000-0000-00000000000a "
#define B "00000000-0000-0000-0000-00000000000b "
#define C "00000000-0000-0000-0000-00000000000c "
#define D "00000000-0000-0000-0000-00000000000d "
#define E "00000000-0000-0000-0000-00000000000e "

static void finds_the_rules_of_a_route(void)
{
	struct fixture f;

	CHECK(setup(&f, some_rules));
	CHECK(yg_engine_rule_count(f.engine) == 5);
	begin(&f, YG_FORMAT_WINDOWS, "Microsoft-Windows-Sysmon/Operational", 1);
	add(&f, "Image", "C:\\Windows\\System32\\CMD.EXE");
	CHECK_TEXT(yg_bytes_str(hits(&f)), A);
	add(&f, "CommandLine", "cmd /c WhoAmI");
	CHECK_TEXT(yg_bytes_str(hits(&f)), B);
	begin(&f, YG_FORMAT_WINDOWS, "Microsoft-Windows-Sysmon/Operational", 7);
	add(&f, "Image", "C:\\Windows\\System32\\CMD.EXE");
	CHECK_TEXT(yg_bytes_str(hits(&f)), "");
	begin(&f, YG_FORMAT_WINDOWS, "Security", 4624);
	add(&f, "EventID", "4624");
	CHECK_TEXT(yg_bytes_str(hits(&f)), C);
	add(&f, "IpAddress", "192.0.2.1");
	CHECK_TEXT(yg_bytes_str(hits(&f)), "");
	teardown(&f);
}

/* A text as event files hold it, UTF-16LE; it is decoded when someone looks. */
static void add_utf16(struct fixture *f, const char *name, const char *text)
{
	uint8_t *to = yg_arena_alloc(f->arena, 2 * strlen(text));
	struct yg_field *field;

	add(f, name, text);
	field = &f->event.fields[f->event.field_count - 1];
	if (!to)
		abort();
	for (size_t i = 0; i < strlen(text); i++) {
		to[2 * i] = (uint8_t)text[i];
		to[2 * i + 1] = 0;
	}
	field->text = (struct yg_bytes){to, 2 * strlen(text)};
	field->is_utf16 = 1;
}

/* Also when what a value gave is remembered: the two forms are not mixed up. */
static void utf16_is_the_same_as_plain(void)
{
	static const char *const lines[][2] = {
		{"C:\\Windows\\CMD.EXE", "cmd /c dir"},
		{"C:\\Windows\\CMD.EXE", "cmd /c WHOAMI"},
		{"C:\\Windows\\other.exe", "whoami"},
		{"C:\\Windows\\other.exe", ""},
		{"", "whoami"},
	};
	struct fixture f;

	CHECK(setup(&f, some_rules));
	for (unsigned round = 0; round < 3; round++)
		for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
			char plain[256];

			begin(&f, YG_FORMAT_WINDOWS, "Microsoft-Windows-Sysmon/Operational", 1);
			add(&f, "Image", lines[i][0]);
			add(&f, "CommandLine", lines[i][1]);
			(void)snprintf(plain, sizeof(plain), "%s", hits(&f));
			begin(&f, YG_FORMAT_EVTX, "Microsoft-Windows-Sysmon/Operational", 1);
			add_utf16(&f, "Image", lines[i][0]);
			add_utf16(&f, "CommandLine", lines[i][1]);
			CHECK_TEXT(yg_bytes_str(hits(&f)), plain);
		}
	begin(&f, YG_FORMAT_EVTX, "System", 1);
	add_utf16(&f, "Anything", "a NEEDLE here");
	CHECK_TEXT(yg_bytes_str(hits(&f)), E);
	teardown(&f);
}

static void looks_for_keywords_in_values_and_raw_text(void)
{
	struct fixture f;

	CHECK(setup(&f, some_rules));
	begin(&f, YG_FORMAT_WINDOWS, "System", 1);
	add(&f, "Anything", "a NEEDLE here");
	CHECK_TEXT(yg_bytes_str(hits(&f)), E);
	begin(&f, YG_FORMAT_WINDOWS, "System", 1);
	f.event.raw = YG_S("{\"x\":\"needle\"}");
	CHECK_TEXT(yg_bytes_str(hits(&f)), E);
	teardown(&f);
}

static void tries_every_logsource_on_open_records(void)
{
	struct fixture f;

	CHECK(setup(&f, some_rules));
	begin(&f, YG_FORMAT_JSON, "", 0);
	add(&f, "eventName", "deletetrail");
	add(&f, "CommandLine", "whoami");
	add(&f, "text", "needle"); /* keyword rules of known sources stay out */
	CHECK_TEXT(yg_bytes_str(hits(&f)), B D);
	begin(&f, YG_FORMAT_ACCESS, "", 0);
	add(&f, "eventName", "DeleteTrail");
	CHECK_TEXT(yg_bytes_str(hits(&f)), "");
	teardown(&f);
}

static void decodes_escapes_on_the_way(void)
{
	struct fixture f;

	CHECK(setup(&f, some_rules));
	begin(&f, YG_FORMAT_WINDOWS, "Microsoft-Windows-Sysmon/Operational", 1);
	CHECK(yg_event_add_escaped(&f.event, YG_S("Image"), YG_S("C:\\\\cmd.e\\u0078e")) == YG_OK);
	CHECK_TEXT(yg_bytes_str(hits(&f)), A);
	teardown(&f);
}

static void works_without_rules(void)
{
	struct fixture f;

	CHECK(setup(&f, ""));
	begin(&f, YG_FORMAT_JSON, "", 0);
	add(&f, "a", "b");
	CHECK_TEXT(yg_bytes_str(hits(&f)), "");
	teardown(&f);
}

static void keeps_what_the_output_needs(void)
{
	struct fixture f;
	const struct yg_engine_rule *rule;

	CHECK(setup(&f, "title: A title\nid: 00000000-0000-0000-0000-00000000000a\nlevel: high\n"
			"tags: [attack.t1190, attack.t1059]\nlogsource: {category: webserver}\n"
			"detection:\n  s: {cs-uri-query|contains: union}\n  condition: s\n"));
	rule = yg_engine_rule(f.engine, 0);
	CHECK_TEXT(rule->info.title, "A title");
	CHECK(rule->info.level == YG_LEVEL_HIGH);
	CHECK(rule->info.tag_count == 2);
	CHECK_TEXT(rule->info.tags[1], "attack.t1059");
	CHECK(!rule->correlation);
	teardown(&f);
}

static void refuses_other_images(void)
{
	static const uint8_t other[YG_DIGEST_BYTES] = "another key";
	struct fixture f;
	struct yg_fault fault;
	struct yg_engine *engine;
	struct yg_img_head head;

	CHECK(setup(&f, some_rules));
	CHECK(yg_engine_open((struct yg_bytes){f.aligned, f.image.size}, other, &engine, &fault) ==
	      YG_EMISMATCH);
	CHECK(yg_engine_open((struct yg_bytes){f.aligned, 10}, key, &engine, &fault) == YG_EFORMAT);
	CHECK(yg_engine_open((struct yg_bytes){f.aligned, f.image.size - 64}, key, &engine,
			     &fault) == YG_EDIGEST);
	f.aligned[f.image.size - 1] ^= 1;
	CHECK(open_copy(&f) == YG_EDIGEST);
	f.aligned[f.image.size - 1] ^= 1;
	memcpy(&head, f.aligned, sizeof(head));
	head.version++;
	memcpy(f.aligned, &head, sizeof(head));
	CHECK(open_copy(&f) == YG_EMISMATCH);
	teardown(&f);
}

/* Whatever number stands where, with a digest that agrees: opened or refused, never worse. */
static void survive_changes(enum yg_matcher matcher, enum yg_img_section end_section)
{
	const size_t after = offsetof(struct yg_img_head, digest) + YG_DIGEST_BYTES;
	static const uint32_t values[] = {0, 1, 0x7fffffff, 0xfffffffe, 0xffffffff};
	struct fixture f;
	struct yg_img_head head;
	size_t end;

	CHECK(setup_for(&f, some_rules, matcher));
	memcpy(&head, f.aligned, sizeof(head));
	end = (size_t)head.sections[end_section].first * YG_IMG_ALIGN;
	for (size_t at = offsetof(struct yg_img_head, sections); at + 4 <= end; at += 4)
		for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			uint8_t digest[YG_DIGEST_BYTES];

			memcpy(f.aligned + at, &values[v], 4);
			yg_digest((struct yg_bytes){f.aligned + after, f.image.size - after},
				  digest);
			memcpy(f.aligned + offsetof(struct yg_img_head, digest), digest,
			       sizeof(digest));
			if (open_copy(&f) == YG_OK) {
				f.scratch = yg_scratch_free(f.scratch);
				f.scratch = yg_scratch_new(f.engine);
				CHECK(f.scratch);
				begin(&f, YG_FORMAT_JSON, "", 0);
				add(&f, "Image", "\\cmd.exe");
				add(&f, "CommandLine", "whoami");
				(void)hits(&f);
			}
			memcpy(f.aligned + at, f.image.data + at, 4);
		}
	teardown(&f);
}

/* Pattern sets are changed only where they are not the library's own programs. */
static void survives_every_changed_word(void)
{
	survive_changes(yg_matcher_here(), YG_IMG_SETTLED);
}

static void survives_every_changed_word_of_its_own_patterns(void)
{
	struct fixture f;
	struct yg_img_head head;
	struct yg_img_run patterns;
	const size_t after = offsetof(struct yg_img_head, digest) + YG_DIGEST_BYTES;

	survive_changes(YG_MATCHER_BUILTIN, YG_IMG_SETTLED);
	CHECK(setup_for(&f, some_rules, YG_MATCHER_BUILTIN));
	memcpy(&head, f.aligned, sizeof(head));
	patterns = head.sections[YG_IMG_DB_BYTES];
	CHECK(patterns.count > 16);
	for (size_t at = 0; at < patterns.count; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			size_t place = (size_t)patterns.first * YG_IMG_ALIGN + at;
			uint8_t digest[YG_DIGEST_BYTES];

			f.aligned[place] ^= (uint8_t)(1u << bit);
			yg_digest((struct yg_bytes){f.aligned + after, f.image.size - after},
				  digest);
			memcpy(f.aligned + offsetof(struct yg_img_head, digest), digest,
			       sizeof(digest));
			if (open_copy(&f) == YG_OK) {
				f.scratch = yg_scratch_free(f.scratch);
				f.scratch = yg_scratch_new(f.engine);
				CHECK(f.scratch);
				begin(&f, YG_FORMAT_JSON, "", 0);
				add(&f, "Image", "\\cmd.exe");
				add(&f, "CommandLine", "whoami");
				(void)hits(&f);
			}
			f.aligned[place] ^= (uint8_t)(1u << bit);
		}
	teardown(&f);
}

/* An image says who it is for, and is opened with that one. */
static void opens_images_of_both_matchers(void)
{
	struct fixture f;
	struct yg_img_head head;

	CHECK(setup_for(&f, some_rules, YG_MATCHER_BUILTIN));
	memcpy(&head, f.aligned, sizeof(head));
	CHECK(head.matcher == YG_MATCHER_BUILTIN);
	for (uint32_t other = 0; other < 4; other++) {
		head.matcher = other;
		memcpy(f.aligned, &head, sizeof(head));
		CHECK(open_copy(&f) == (other == YG_MATCHER_BUILTIN ? YG_OK : YG_EMISMATCH));
	}
	teardown(&f);
}

/* Wherever the keyword stands in raw texts of one block and more, and wherever they lie. */
static void finds_keywords_at_every_place(void)
{
	static const enum yg_matcher matchers[] = {YG_MATCHER_VECTORSCAN, YG_MATCHER_BUILTIN};
	_Alignas(64) uint8_t raw[320];
	struct fixture f;

	for (int m = 0; m < 2; m++) {
		if (m == 0 && yg_matcher_here() != YG_MATCHER_VECTORSCAN)
			continue;
		CHECK(setup_for(&f,
				RULE("00000000-0000-0000-0000-00000000000a", "product: windows",
				     "  s: ['aa', '?a', '1a']\n  condition: s\n"),
				matchers[m]));
		for (size_t size = 60; size < 200; size += 3)
			for (size_t at = 0; at + 1 < size; at++) {
				uint8_t *first = raw + at % 64;

				memset(raw, '.', sizeof(raw));
				memcpy(first + at, "1a", 2);
				begin(&f, YG_FORMAT_WINDOWS, "Other", 1);
				f.event.raw = (struct yg_bytes){first, size};
				CHECK_TEXT(yg_bytes_str(hits(&f)), A);
			}
		teardown(&f);
	}
}

/* The built-in matcher's answers, but for what stands in the last @blind bytes of long texts. */
static size_t blind;

static int scan_blindly(const void *sets, void *room, uint32_t set, struct yg_bytes text,
			yg_pattern_fn found, void *arg)
{
	size_t size = text.size > 64 ? text.size - blind : text.size;

	return yg_builtin_ops.scan(sets, room, set, yg_bytes_cut(text, 0, size), found, arg);
}

static void a_matcher_that_misses_is_not_trusted(void)
{
	struct yg_matcher_ops ops = yg_builtin_ops;

	CHECK(yg_matcher_prove(&ops) == YG_OK);
	ops.scan = scan_blindly;
	CHECK(yg_matcher_prove(&ops) == YG_OK);
	blind = 1;
	CHECK(yg_matcher_prove(&ops) == YG_EMISMATCH);
	blind = 0;
	if (yg_vectorscan_runs())
		CHECK((yg_matcher_prove(&yg_vectorscan_ops) == YG_OK) ==
		      (yg_matcher_here() == YG_MATCHER_VECTORSCAN));
	yg_fail_at = 1;
	CHECK(yg_matcher_prove(&yg_builtin_ops) == YG_ENOMEM);
	yg_fail_at = 0;
}

static void lose_memory(enum yg_matcher matcher)
{
	struct fixture f;
	int failures = 0;

	CHECK(setup_for(&f, some_rules, matcher));
	for (long at = 1; at < 100000; at++) {
		struct yg_buf image;
		struct yg_fault fault;
		int rc;

		yg_buf_init(&image, YG_IMAGE_BYTES_MAX);
		yg_fail_at = at;
		rc = yg_image_compile(f.rules, key, &image, &fault);
		yg_buf_done(&image);
		if (rc == YG_OK && yg_fail_at > 0)
			break; /* fewer calls than that */
		CHECK(rc == YG_ENOMEM);
		failures++;
	}
	yg_fail_at = 0;
	CHECK(failures > 10);
	for (long at = 1; at < 100000; at++) {
		int rc;

		yg_fail_at = at;
		rc = open_copy(&f);
		if (rc == YG_OK && yg_fail_at > 0)
			break;
		CHECK(rc == YG_ENOMEM);
	}
	yg_fail_at = 0;
	CHECK(f.engine);
	teardown(&f);
}

static void reports_lost_memory(void)
{
	lose_memory(yg_matcher_here());
	lose_memory(YG_MATCHER_BUILTIN);
}

static const struct check_case cases[] = {
	CASE(finds_the_rules_of_a_route),
	CASE(utf16_is_the_same_as_plain),
	CASE(looks_for_keywords_in_values_and_raw_text),
	CASE(tries_every_logsource_on_open_records),
	CASE(decodes_escapes_on_the_way),
	CASE(works_without_rules),
	CASE(keeps_what_the_output_needs),
	CASE(refuses_other_images),
	CASE(survives_every_changed_word),
	CASE(survives_every_changed_word_of_its_own_patterns),
	CASE(opens_images_of_both_matchers),
	CASE(finds_keywords_at_every_place),
	CASE(a_matcher_that_misses_is_not_trusted),
	CASE(reports_lost_memory),
};
CHECK_MAIN(cases)
