/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptions of sources: argv[1] is the folder of those that come with the program. */
#include <stdlib.h>

#include "../check.h"
#include "base/io.h"
#include "model/record.h"
#include "parse/sources.h"

static const char *folder;
static struct yg_names *names;
static struct yg_arena *arena;
static uint8_t record_text[(64u << 10) + 512];

static const char vpn[] =
	"source: 1\n"
	"name: my-vpn\n"
	"kind: vpn\n"
	"framing: any\n"
	"program: vpnd\n"
	"needs: 'vpn:'\n"
	"empty: [nobody]\n"
	"set: {auth_method: vpn}\n"
	"values:\n"
	"  - {field: auth_result, map: {refused: failed, welcome: accepted}}\n"
	"  - {field: code, to: reason, map: {'7': wrong password}, else: other}\n"
	"keys:\n"
	"  peer: '{src_ip:address}:{src_port:port}'\n"
	"lines:\n"
	"  - name: sign-in\n"
	"    pattern: '{:time %Y-%m-%d %T} vpn: {user:text last} {auth_result:one refused|welcome} "
	"code={code:number}'\n"
	"  - name: pairs\n"
	"    pattern: 'vpn: {:pairs}'\n"
	"    set: {action: pairs}\n"
	"  - name: table\n"
	"    cells: ['{:time %Y-%m-%d %T}', '-', '{kind:word}', '{src_ip:address}', "
	"'{msg:text}']\n";

struct reader {
	struct yg_sources *sources;
	struct yg_parser *parser;
	struct yg_event event;
	int rc;
};

static struct reader reader(const char *text)
{
	struct reader r = {.sources = yg_sources_new()};
	struct yg_line_fault fault = {0};
	struct yg_parse_opts opts = {.reference_ns = INT64_C(1700000000) * YG_NS_PER_S};

	if (!r.sources ||
	    yg_sources_add(r.sources, YG_S("test"), yg_bytes_str(text), &fault) != YG_OK)
		fprintf(stderr, "test:%u: %s\n", fault.line, fault.msg);
	opts.sources = r.sources;
	r.parser = yg_parser_new(&opts, names);
	return r;
}

static void done(struct reader *r)
{
	(void)yg_parser_free(r->parser);
	(void)yg_sources_free(r->sources);
}

/* "name=value|…" of the fields, in order. */
static const char *read_line(struct reader *r, const char *line)
{
	static char out[2048];
	struct yg_fault fault;
	size_t size = 0;

	memset(record_text, 0, sizeof(record_text));
	memcpy(record_text, line, strlen(line));
	yg_arena_reset(arena);
	r->rc = yg_parse_any(r->parser, YG_FORMAT_UNKNOWN,
			     (struct yg_bytes){record_text, strlen(line)}, arena, &r->event,
			     &fault);
	if (r->rc != YG_OK)
		return "?";
	out[0] = '\0';
	for (uint32_t i = 0; i < r->event.field_count && size < sizeof(out); i++)
		if (!r->event.fields[i].is_derived)
			size += (size_t)snprintf(
				out + size, sizeof(out) - size, "%.*s=%.*s|",
				YG_FMT(r->event.fields[i].name),
				YG_FMT(yg_event_text(&r->event, &r->event.fields[i])));
	return out;
}

#define READS(r, line, want) CHECK_TEXT(yg_bytes_str(read_line(r, line)), want)

static void lines_pairs_and_cells(void)
{
	struct reader r = reader(vpn);

	READS(&r, "2026-01-02 03:04:05 vpn: bob refused code=7",
	      "log_source=my-vpn|log_kind=vpn|user=bob|auth_result=failed|code=7|reason=wrong "
	      "password|auth_method=vpn|");
	CHECK(r.event.format == YG_FORMAT_DESCRIBED && !r.event.has_zone);
	CHECK_TEXT(r.event.time_text, "2026-01-02 03:04:05");
	CHECK_TEXT(r.event.channel, "vpn");
	READS(&r, "2026-01-02 03:04:05 vpn: nobody welcome code=0",
	      "log_source=my-vpn|log_kind=vpn|auth_result=accepted|code=0|reason=other|auth_method="
	      "vpn|");
	READS(&r, "vpn: peer=192.0.2.1:7 name=\"a b\"",
	      "log_source=my-vpn|log_kind=vpn|name=a b|src_ip=192.0.2.1|src_port=7|action=pairs|"
	      "auth_method=vpn|");
	READS(&r, "vpn: peer=somewhere",
	      "log_source=my-vpn|log_kind=vpn|peer=somewhere|action=pairs|auth_method=vpn|");
	READS(&r, "2026-01-02 03:04:05,x,w,192.0.2.1,\"vpn: \"\"a\"\", b\"",
	      "log_source=my-vpn|log_kind=vpn|kind=w|src_ip=192.0.2.1|msg=vpn: \"a\", "
	      "b|auth_method="
	      "vpn|");
	READS(&r, "2026-01-02 03:04:05 bob refused code=7", "message=bob refused code=7|");
	CHECK(r.event.format == YG_FORMAT_PLAIN);
	done(&r);
}

/* The same messages inside a system log stay system log and get the fields. */
static void messages_of_the_system_log(void)
{
	struct reader r = reader(vpn);

	READS(&r, "Oct 26 14:50:21 gw vpnd[7]: 2026-01-02 03:04:05 vpn: bob refused code=7",
	      "hostname=gw|program=vpnd|pid=7|message=2026-01-02 03:04:05 vpn: bob refused code=7|"
	      "user=bob|auth_result=failed|code=7|reason=wrong password|auth_method=vpn|");
	CHECK(r.event.format == YG_FORMAT_SYSLOG);
	CHECK_TEXT(r.event.time_text, "Oct 26 14:50:21");
	READS(&r, "Oct 26 14:50:21 gw other[7]: 2026-01-02 03:04:05 vpn: bob refused code=7",
	      "hostname=gw|program=other|pid=7|message=2026-01-02 03:04:05 vpn: bob refused "
	      "code=7|");
	done(&r);
}

/* Read as a record, written, read: the same, also where the description is not known. */
static void as_a_record(void)
{
	struct reader r = reader(vpn);
	struct reader bare =
		reader("source: 1\nname: x\nkind: other\nlines: [pattern: '{x:port}']\n");
	struct yg_buf first, second;
	struct yg_fault fault;

	yg_buf_init(&first, 1u << 16);
	yg_buf_init(&second, 1u << 16);
	(void)read_line(&r, "2026-01-02 03:04:05 vpn: bob refused code=7");
	r.event.position = 1;
	yg_record_write(&first, &r.event, YG_S("log"), true);
	memset(record_text, 0, sizeof(record_text));
	memcpy(record_text, first.data, first.size);
	yg_arena_reset(arena);
	CHECK(yg_parse(bare.parser, YG_FORMAT_RECORD,
		       (struct yg_bytes){record_text, first.size - 1}, arena, &bare.event,
		       &fault) == YG_OK);
	CHECK(bare.event.format == YG_FORMAT_DESCRIBED);
	CHECK_TEXT(bare.event.channel, "vpn");
	yg_record_write(&second, &bare.event, YG_S("log"), true);
	CHECK(yg_bytes_eq(yg_buf_bytes(&first), yg_buf_bytes(&second)));
	yg_buf_done(&first);
	yg_buf_done(&second);
	done(&r);
	done(&bare);
}

static void mistakes_are_named(void)
{
	static const struct {
		const char *text;
		uint32_t line;
		const char *msg;
	} wants[] = {
		{"a: b\n", 1, "no key \"a\" here; there are: source name title"},
		{"source: 2\nname: x\n", 1, "a description begins with \"source: 1\""},
		{"source: 1\nname: X\n", 1, "name: 1 to 64 of a-z, 0-9 and - are expected"},
		{"source: 1\nname: x\nkind: car\n", 3, "kind: one of vpn, firewall"},
		{"source: 1\nname: x\nkind: vpn\n", 1,
		 "lines: at least one kind of line is needed"},
		{"source: 1\nname: x\nkind: vpn\nframing: xml\nlines: [pattern: '{a}']\n", 4,
		 "framing: line, syslog or any is expected"},
		{"source: 1\nname: x\nkind: vpn\nprogram: a\nlines: [pattern: '{a}']\n", 1,
		 "program: only with framing syslog or any"},
		{"source: 1\nname: x\nkind: vpn\nlines:\n  - pattern: '{a}'\n    cells: ['{b}']\n",
		 5, "a kind of line has one of pattern, cells, object"},
		{"source: 1\nname: x\nkind: vpn\nlines:\n  - name: q\n    pattern: '{a:word}{b}'\n",
		 6,
		 "two pieces stand side by side: nothing tells where the first ends; put text "
		 "between them (at byte 8 of the pattern)"},
		{"source: 1\nname: x\nkind: vpn\nlines: [pattern: '{a}']\n---\n"
		 "source: 1\nname: x\nkind: vpn\nlines: [pattern: '{a}']\n",
		 6, "the name \"x\" is taken by test"},
		{"", 0, "there is no description in it"},
		{"source: [1\n", 2, ""},
	};

	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		struct yg_sources *sources = yg_sources_new();
		struct yg_line_fault fault = {0};
		int rc = yg_sources_add(sources, YG_S("test"), yg_bytes_str(wants[i].text), &fault);

		if (!yg_bytes_starts(yg_bytes_str(fault.msg), yg_bytes_str(wants[i].msg)) ||
		    fault.line != wants[i].line)
			fprintf(stderr, "%zu: %u: %s\n", i, fault.line, fault.msg);
		CHECK(rc != YG_OK && fault.line == wants[i].line);
		CHECK(yg_bytes_starts(yg_bytes_str(fault.msg), yg_bytes_str(wants[i].msg)));
		CHECK(yg_sources_count(sources) == 0);
		(void)yg_sources_free(sources);
	}
}

/* More than the limits, and a set that is made to cost: an end, and the reason. */
static void limits_hold(void)
{
	struct yg_sources *sources = yg_sources_new();
	struct yg_line_fault fault = {0};
	struct yg_parse_opts opts = {.sources = sources};
	struct yg_parser *parser;
	struct yg_event event;
	struct yg_fault why;
	struct yg_buf text;
	int rc = YG_OK;
	unsigned added = 0;

	yg_buf_init(&text, 16u << 20);
	for (unsigned s = 0; s < YG_SOURCES_MAX + 1 && rc == YG_OK; s++) {
		yg_buf_reset(&text);
		yg_buf_addf(&text, "source: 1\nname: s%u\nkind: other\nlines:\n", s);
		for (unsigned i = 0; i < 8; i++)
			yg_buf_add_str(&text,
				       "  - pattern: '{a:text}aaaaaaab{b:text last}aaaab'\n");
		rc = yg_sources_add(sources, YG_S("test"), yg_buf_bytes(&text), &fault);
		added += rc == YG_OK;
	}
	CHECK(rc == YG_ELIMIT && added == YG_SOURCES_MAX);
	CHECK_TEXT(yg_bytes_str(fault.msg), "more than 512 descriptions");
	parser = yg_parser_new(&opts, names);
	memset(record_text, 0, sizeof(record_text));
	memset(record_text, 'a', YG_SOURCE_RECORD_MAX);
	record_text[YG_SOURCE_RECORD_MAX / 2 - 1] = 'b'; /* the anchor stands, the end does not */
	record_text[YG_SOURCE_RECORD_MAX - 1] = 'c';
	yg_arena_reset(arena);
	rc = yg_parse(parser, YG_FORMAT_DESCRIBED,
		      (struct yg_bytes){record_text, YG_SOURCE_RECORD_MAX}, arena, &event, &why);
	CHECK(rc == YG_ELIMIT);
	CHECK_TEXT(yg_bytes_str(why.msg),
		   "the descriptions of sources need too many steps for this record");
	(void)yg_parser_free(parser);
	(void)yg_sources_free(sources);
	yg_buf_done(&text);
}

static void what_was_expected_is_said(void)
{
	struct reader r = reader(vpn);
	struct yg_parse_opts opts = {0};
	const struct yg_source_line *line;
	struct yg_source_miss miss;

	memcpy(record_text, "vpn: nothing here", 18);
	yg_arena_reset(arena);
	yg_event_init(&r.event, arena, names);
	CHECK(yg_source_try(yg_sources_first(r.sources), &opts, yg_bytes_str((char *)record_text),
			    &r.event, &line, &miss) == YG_EMISMATCH);
	CHECK(miss.line && miss.at == 5);
	CHECK_TEXT(miss.line->name, "pairs");
	CHECK_TEXT(yg_bytes_str(miss.expected), "pairs name=value");
	done(&r);
}

/* Every file of the folder is right, and lines of what used to be code are read the same. */
static void shipped(void)
{
	static const char *const wants[][2] = {
		{"Oct 26 14:50:21 fw php-fpm[7]: /index.php: webConfigurator authentication error "
		 "for "
		 "user 'bob' from: 192.0.2.1",
		 "user=bob|src_ip=192.0.2.1|auth_method=webgui|auth_result=failed|"},
		{"Oct 26 14:50:21 fw audit[7]: /index.php: Web GUI authentication error for 'x' "
		 "from "
		 "9.9.9.9' from 192.0.2.1",
		 "user=x' from 9.9.9.9|src_ip=192.0.2.1|auth_method=webgui|auth_result=failed|"},
		{"Oct 26 14:50:21 fw php-fpm[7]: /index.php: Successful login for user 'bob' from: "
		 "192.0.2.1 (Local Database)",
		 "user=bob|src_ip=192.0.2.1|auth_method=webgui|auth_result=accepted|"},
		{"Oct 26 14:50:21 nas SYSTEM: User [bob] from [192.0.2.1] failed to log in via "
		 "[DSM] "
		 "due to authorization failure.",
		 "user=bob|src_ip=192.0.2.1|auth_method=nas|auth_result=failed|"},
		{"Oct 26 14:50:21 nas SYSTEM: User [bob] from [192.0.2.1] signed in to [DSM]",
		 "user=bob|src_ip=192.0.2.1|auth_method=nas|auth_result=accepted|"},
	};
	struct yg_sources *sources = yg_sources_new();
	struct yg_parse_opts opts = {.sources = sources};
	struct reader r = {.sources = sources};
	static const char *const files[] = {"firewall-page.yaml", "synology.yaml"};

	for (size_t i = 0; i < 2; i++) {
		char path[4096];
		struct yg_line_fault fault = {0};
		uint8_t *data;
		size_t size;

		(void)snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		CHECK(yg_io_read_file(path, YG_SOURCE_BYTES_MAX, &data, &size) == YG_OK);
		CHECK(yg_sources_add(sources, yg_bytes_str(files[i]), (struct yg_bytes){data, size},
				     &fault) == YG_OK);
		free(data);
	}
	r.parser = yg_parser_new(&opts, names);
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		const char *got = strstr(read_line(&r, wants[i][0]), "|user=");

		CHECK(got);
		CHECK_TEXT(yg_bytes_str(got + 1), wants[i][1]);
		CHECK(r.event.format == YG_FORMAT_SYSLOG);
	}
	done(&r);
}

static const char app[] =
	"source: 1\n"
	"name: app\n"
	"kind: app\n"
	"needs: who\n"
	"values:\n"
	"  - {field: done, to: auth_result, map: {'true': accepted, 'false': failed}}\n"
	"lines:\n"
	"  - name: sign-in\n"
	"    object:\n"
	"      event: sign in\n"
	"      who.name: '{user:text}'\n"
	"      who.from: '{src_ip:address}{?:{src_port:port}?}'\n"
	"      who.from?: '{proxy:one relay|cache}'\n"
	"      done: '{done:one true|false}'\n"
	"      at?: '{:time %d.%m.%Y %T}'\n"
	"    set: {auth_method: app}\n"
	"  - name: other\n"
	"    object: {event: '{action:text}', who.name: '{user:text}'}\n";

static void objects(void)
{
	struct reader r = reader(app);

	READS(&r,
	      "{\"event\":\"sign in\",\"who\":{\"name\":\"b\\u006fb "
	      "\",\"from\":[\"relay\",\"192.0.2.1:7\"]},"
	      "\"done\":false,\"at\":\"03.01.2026 "
	      "04:05:06\",\"timestamp\":\"2020-01-01T00:00:00Z\"}",
	      "event=sign in|who.name=bob |who.from=relay|who.from=192.0.2.1:7|at=03.01.2026 "
	      "04:05:06|"
	      "timestamp=2020-01-01T00:00:00Z|log_source=app|log_kind=app|user=bob|src_ip=192.0.2."
	      "1|src_port=7|"
	      "proxy=relay|done=false|auth_result=failed|auth_method=app|");
	CHECK(r.event.format == YG_FORMAT_DESCRIBED);
	CHECK_TEXT(r.event.time_text, "03.01.2026 04:05:06");
	/* what the log calls so does not count, and the time is found by itself */
	READS(&r,
	      "{\"log_kind\":\"vpn\",\"log_source\":\"x\",\"user\":\"y\",\"event\":\"left\",\"who."
	      "name\":"
	      "\"eve\",\"timestamp\":\"2020-01-01T00:00:00Z\",\"n\":null}",
	      "event=left|who.name=eve|timestamp=2020-01-01T00:00:00Z|n=|log_source=app|log_kind="
	      "app|"
	      "action=left|user=eve|");
	CHECK(r.event.format == YG_FORMAT_DESCRIBED && r.event.has_zone);
	CHECK_TEXT(r.event.channel, "app");
	/* a value that does not fit, a key that lacks, a word that must be there */
	READS(&r, "{\"event\":1,\"who\":{\"names\":\"eve\"}}", "event=1|who.names=eve|");
	CHECK(r.event.format == YG_FORMAT_JSON);
	READS(&r, "{\"event\":\"x\",\"who\":{\"name\":null}}", "event=x|who.name=|");
	CHECK(r.event.format == YG_FORMAT_JSON);
	READS(&r, "{\"event\":\"x\",\"w\\u0068o\":{\"name\":\"z\"}}", "event=x|who.name=z|");
	CHECK(r.event.format == YG_FORMAT_JSON);
	done(&r);
}

/* Known formats are theirs, whatever a description says; where it stands in a line, it counts. */
static void objects_of_others_and_inside(void)
{
	struct reader r = reader("source: 1\nname: any\nkind: app\nlines:\n"
				 "  - {name: all, object: {x: '{user:text}'}}\n");

	(void)read_line(&r, "{\"EventID\":1,\"Channel\":\"Security\",\"x\":\"y\"}");
	CHECK(r.event.format == YG_FORMAT_WINDOWS);
	(void)read_line(&r, "{\"x\":\"bob\"}");
	CHECK(r.event.format == YG_FORMAT_DESCRIBED);
	(void)read_line(&r, "Jan  2 03:04:05 host prog[1]: {\"x\":\"bob\"}");
	CHECK_TEXT(yg_event_get(&r.event, YG_F_user), "bob");
	(void)read_line(&r,
			"{\"log\":\"{\\\"x\\\":\\\"bob\\\"}\\n\",\"stream\":\"stdout\",\"time\":"
			"\"2026-01-01T00:00:00Z\"}");
	CHECK_TEXT(yg_event_get(&r.event, YG_F_user), "bob");
	done(&r);
}

static void mistakes_in_objects(void)
{
	static const char *const wrong[][2] = {
		{"{x: '{user:text}', y: '{z'}", "without }"},
		{"{x?: '{user:text}'}", "always"},
		{"{}", "1 to 128 pairs"},
		{"[x]", "1 to 128 pairs"},
		{"{x: ''}", "piece"},
		{"{x: '{a:text}'}, pattern: '{:text}'", "one of pattern, cells, object"},
	};
	char text[256];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct yg_sources *sources = yg_sources_new();
		struct yg_line_fault fault = {0};

		(void)snprintf(text, sizeof(text),
			       "source: 1\nname: a\nkind: app\nlines:\n  - {name: x, object: %s}\n",
			       wrong[i][0]);
		CHECK(yg_sources_add(sources, YG_S("f"), yg_bytes_str(text), &fault) != YG_OK);
		CHECK(fault.line == 5);
		if (!strstr(fault.msg, wrong[i][1])) {
			fprintf(stderr, "%s: %s\n", wrong[i][0], fault.msg);
			CHECK(false);
		}
		(void)yg_sources_free(sources);
	}
}

/* Many kinds, many keys, many fields: the steps are counted, and the object is read as JSON. */
static void steps_of_objects_are_counted(void)
{
	struct yg_buf text, line;
	struct reader r;

	yg_buf_init(&text, YG_SOURCE_BYTES_MAX);
	yg_buf_init(&line, 60000);
	yg_buf_add_str(&text, "source: 1\nname: a\nkind: app\nlines:\n");
	for (unsigned k = 0; k < YG_SOURCE_LINES_MAX; k++) {
		yg_buf_addf(&text, "  - name: k%u\n    object:\n", k);
		for (unsigned i = 0; i < YG_SOURCE_MEMBERS_MAX - 1; i++)
			yg_buf_addf(&text, "      a%u?: '{:one x}'\n", i);
		yg_buf_add_str(&text, "      missing: '{:text}'\n");
	}
	yg_buf_add_byte(&text, 0);
	CHECK(yg_buf_error(&text) == YG_OK);
	r = reader((const char *)text.data);
	yg_buf_add_byte(&line, '{');
	for (unsigned i = 0; i < 1024; i++)
		yg_buf_addf(&line, "%s\"b%u\":\"%u\"", i ? "," : "", i, i);
	yg_buf_add_str(&line, "}");
	yg_buf_add_byte(&line, 0);
	CHECK(yg_buf_error(&line) == YG_OK);
	(void)read_line(&r, (const char *)line.data);
	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_JSON);
	done(&r);
	yg_buf_done(&text);
	yg_buf_done(&line);
}

static const struct check_case cases[] = {
	CASE(lines_pairs_and_cells),
	CASE(messages_of_the_system_log),
	CASE(as_a_record),
	CASE(mistakes_are_named),
	CASE(limits_hold),
	CASE(what_was_expected_is_said),
	CASE(shipped),
	CASE(objects),
	CASE(objects_of_others_and_inside),
	CASE(mistakes_in_objects),
	CASE(steps_of_objects_are_counted),
};

int main(int argc, char **argv)
{
	int rc;

	folder = argc > 1 ? argv[1] : "sources";
	names = yg_names_new();
	arena = yg_arena_new(64u << 20);
	if (!names || !arena)
		return 1;
	rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	(void)yg_arena_free(arena);
	(void)yg_names_free(names);
	return rc;
}
