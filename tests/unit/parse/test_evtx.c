/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/evtx.h"

#include <stdlib.h>

#include "../check.h"
#include "base/buf.h"
#include "evtx_build.h"
#include "model/record.h"

#define VALUES_MAX 64u

/* A chunk, its records read one after the other, and what they are in the record form. */
struct reader {
	struct yg_names *names;
	struct yg_evtx *evtx;
	struct yg_arena *arena;
	struct yg_event event;
	struct yg_fault fault;
	struct yg_buf out;
	int rc;
};

static struct build b;

static struct reader reader(void)
{
	struct reader r = {.names = yg_names_new(), .arena = yg_arena_new(32u << 20)};

	r.evtx = r.names ? yg_evtx_new(r.names) : NULL;
	yg_buf_init(&r.out, 1u << 26);
	if (!r.evtx || !r.arena)
		abort();
	return r;
}

static void reader_done(struct reader *r)
{
	(void)yg_evtx_free(r->evtx);
	(void)yg_arena_free(r->arena);
	(void)yg_names_free(r->names);
	yg_buf_done(&r->out);
}

static void read_at(struct reader *r, uint32_t at)
{
	yg_arena_reset(r->arena);
	r->fault = (struct yg_fault){0};
	r->rc = yg_evtx_read(r->evtx, at, r->arena, &r->event, &r->fault);
}

/* The chunk is read from memory of its own: sanitizers see what is read beyond it. */
static struct yg_bytes copy(uint32_t size)
{
	uint8_t *to = malloc(size);

	if (!to)
		abort();
	memcpy(to, b.bytes, size);
	return (struct yg_bytes){to, size};
}

/* The fields of the record that was built last, as JSON. */
static struct yg_bytes fields_of_last(struct reader *r)
{
	static uint8_t *chunk;
	struct yg_bytes bytes;

	free(chunk);
	bytes = copy(sizeof(b.bytes));
	chunk = (uint8_t *)(uintptr_t)bytes.data;
	yg_evtx_open(r->evtx, bytes);
	read_at(r, b.record);
	yg_buf_reset(&r->out);
	if (r->rc == YG_OK)
		yg_record_fields(&r->out, &r->event);
	return yg_buf_bytes(&r->out);
}

/* A record with the elements of build_system() and those of @fill, which take values from 7 on. */
static void whole_record(void (*fill)(void), const struct build_value *more, uint32_t count)
{
	struct build_value values[VALUES_MAX];

	build_record(&b);
	build_template(&b);
	build_open(&b, "Event", false);
	build_number(&b, 0x02, 1);
	build_system(&b);
	fill();
	build_number(&b, 0x04, 1);
	(void)build_template_end(&b);
	memcpy(values, build_system_values, sizeof(build_system_values));
	if (count > 0)
		memcpy(values + 7, more, count * sizeof(*more));
	build_values(&b, values, 7 + count);
	build_record_end(&b);
}

static const char *fill_element = "EventData";

/* <EventData> with a Data for each of the values */
static uint32_t data_count;
static void fill_data(void)
{
	char name[2] = "a";

	build_open(&b, fill_element, false);
	build_number(&b, 0x02, 1);
	for (uint32_t i = 0; i < data_count; i++, name[0]++)
		build_data(&b, name, (uint16_t)(7 + i));
	build_number(&b, 0x04, 1);
}

#define SYSTEM_JSON                                                                                \
	"\"Provider_Name\":\"Microsoft-Windows-Sysmon\",\"Provider_Guid\":"                        \
	"\"{5770385F-C22A-43E0-BF4C-06F5698FFBD9}\",\"EventID\":1,\"TimeCreated\":"                \
	"\"2026-04-17T05:24:53.0920519Z\",\"Correlation\":null,\"Channel\":"                       \
	"\"Microsoft-Windows-Sysmon/Operational\",\"Computer\":\"pc\",\"Security_UserID\":"        \
	"\"S-1-5-18\""

static void reads_system_and_data(void)
{
	static const struct build_value more[] = {{0x01, 12, u"C:\\a.b"}, {0x08, 4, "\x2a\0\0\0"}};
	struct reader r = reader();

	build_begin(&b);
	data_count = 2;
	whole_record(fill_data, more, 2);
	CHECK_TEXT(fields_of_last(&r), "{" SYSTEM_JSON ",\"a\":\"C:\\\\a.b\",\"b\":42}");
	CHECK(r.event.format == YG_FORMAT_EVTX && r.event.event_code == 1);
	CHECK_TEXT(r.event.channel, "Microsoft-Windows-Sysmon/Operational");
	CHECK(r.event.time_ns == INT64_C(1776403493092051900) && r.event.has_zone);
	reader_done(&r);
}

static const struct {
	struct build_value value;
	const char *json;
} shapes[] = {
	{{0x00, 0, NULL}, "null"},
	{{0x01, 0, NULL}, "\"\""},
	{{0x01, 8, u"abc"}, "\"abc\""}, /* the NUL at its end goes */
	{{0x01, 7, u"abc"}, "\"abc\""}, /* half a unit is none */
	{{0x01, 6, u"日本語"}, "\"日本語\""},
	{{0x01, 4, "\x3d\xd8\x00\xde"}, "\"😀\""}, /* a pair of surrogates */
	{{0x01, 4, "\x3d\xd8\x41\x00"},
	 "\"\xef\xbf\xbd"
	 "A\""}, /* half a pair */
	{{0x01, 2, "\x00\xde"}, "\"\xef\xbf\xbd\""},
	{{0x01, 36, u"0123456789abcdefgé"}, "\"0123456789abcdefgé\""},
	{{0x02, 4, "abc"}, "\"abc\""},
	{{0x02, 2,
	  "\xe9"
	  "a"},
	 "\"éa\""},
	{{0x03, 1, "\xff"}, "-1"},
	{{0x04, 1, "\xff"}, "255"},
	{{0x05, 2, "\x00\x80"}, "-32768"},
	{{0x06, 2, "\xff\xff"}, "65535"},
	{{0x07, 4, "\xfe\xff\xff\xff"}, "-2"},
	{{0x08, 4, "\xff\xff\xff\xff"}, "4294967295"},
	{{0x09, 8, "\0\0\0\0\0\0\0\x80"}, "-9223372036854775808"},
	{{0x0a, 8, "\xff\xff\xff\xff\xff\xff\xff\xff"}, "18446744073709551615"},
	{{0x0b, 4, "\0\0\x20\x40"}, "2.5"},
	{{0x0b, 4, "\xcd\xcc\xcc\x3d"}, "0.1"},
	{{0x0c, 8, "\0\0\0\0\0\0\x04\xc0"}, "-2.5"},
	{{0x0c, 8, "\0\0\0\0\0\0\xf0\x7f"}, "\"inf\""},
	{{0x0d, 4, "\1\0\0\0"}, "true"},
	{{0x0d, 4, "\0\0\0\0"}, "false"},
	{{0x0e, 3, "\x01\xab\xff"}, "\"01ABFF\""},
	{{0x0f, 16, BUILD_GUID}, "\"{5770385F-C22A-43E0-BF4C-06F5698FFBD9}\""},
	{{0x10, 4, "\x10\0\0\0"}, "\"0x10\""},
	{{0x10, 8, "\0\0\0\0\x01\0\0\0"}, "\"0x100000000\""},
	{{0x11, 8, "\0\0\0\0\0\0\0\0"}, "\"1601-01-01T00:00:00.0000000Z\""},
	{{0x11, 8, "\xff\xff\xff\xff\xff\xff\xff\x7f"}, "\"30828-09-14T02:48:05.4775807Z\""},
	{{0x11, 8, "\0\x80\x3e\xd5\xde\xb1\x9d\x01"}, "\"1970-01-01T00:00:00.0000000Z\""},
	{{0x12, 16, "\xea\x07\x02\0\x06\0\x1c\0\x17\0\x3b\0\x3a\0\xe7\x03"},
	 "\"2026-02-28T23:59:58.999Z\""},
	{{0x13, 28, "\x01\x05\0\0\0\0\0\x05\x15\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\xf4\x01\0\0"},
	 "\"S-1-5-21-1-2-3-500\""},
	{{0x13, 8, "\x01\x00\0\0\0\0\0\x05"}, "\"S-1-5\""},
	{{0x13, 9, "\x01\x05\0\0\0\0\0\x05\x15"}, "\"010500000000000515\""}, /* a torn one */
	{{0x14, 4, "\x34\x12\0\0"}, "\"0x1234\""},
	{{0x15, 8, "\0\0\0\0\0\0\0\x80"}, "\"0x8000000000000000\""},
	{{0x14, 4, "\0\0\0\0"}, "\"0x0\""},
	{{0x81, 12, u"ab\0cd"}, "[\"ab\",\"cd\"]"},
	{{0x81, 6, u"ab\0c"}, "\"ab\""},
	{{0x82, 4, "a\0b"}, "[\"a\",\"b\"]"},
	{{0x88, 8, "\1\0\0\0\2\0\0\0"}, "[1,2]"},
	{{0x95, 16, "\1\0\0\0\0\0\0\0\xff\0\0\0\0\0\0\0"}, "[\"0x1\",\"0xff\"]"},
	{{0x08, 2, "\1\0"}, "null"},	 /* fewer bytes than the type has */
	{{0x30, 2, "\1\2"}, "\"0102\""}, /* a type nobody knows */
};

static void reads_values_of_all_types(void)
{
	struct reader r = reader();
	char wanted[512];

	data_count = 1;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		build_begin(&b);
		whole_record(fill_data, &shapes[i].value, 1);
		(void)snprintf(wanted, sizeof(wanted), "{" SYSTEM_JSON ",\"a\":%s}",
			       shapes[i].json);
		CHECK_TEXT(fields_of_last(&r), wanted);
	}
	reader_done(&r);
}

static void fill_texts(void)
{
	build_open(&b, "EventData", true);
	build_attribute(&b, "Name");
	build_text(&b, "n");
	build_number(&b, 0x02, 1);
	build_open(&b, "Data", false); /* text of many pieces */
	build_number(&b, 0x02, 1);
	build_text(&b, "a");
	build_number(&b, 0x09, 1);
	build_name(&b, "lt");
	build_number(&b, 0x08, 1);
	build_number(&b, 0xe9, 2);
	build_value(&b, 7, 1);
	build_number(&b, 0x07, 1); /* CDATA */
	build_number(&b, 2, 2);
	build_units(&b, "<>");
	build_number(&b, 0x0a, 1); /* <?t d?> */
	build_name(&b, "t");
	build_number(&b, 0x0b, 1);
	build_number(&b, 1, 2);
	build_units(&b, "d");
	build_number(&b, 0x09, 1);
	build_name(&b, "unknown");
	build_number(&b, 0x04, 1);
	build_open(&b, "Data", true); /* a name that is a value */
	build_attribute(&b, "Name");
	build_value(&b, 7, 1);
	build_number(&b, 0x02, 1);
	build_value(&b, 8, 1);
	build_number(&b, 0x04, 1);
	build_open(&b, "Empty", false);
	build_number(&b, 0x03, 1);
	build_open(&b, "Binary", true); /* text and attributes */
	build_attribute(&b, "Kind");
	build_text(&b, "k");
	build_attribute(&b, "Missing");
	build_value(&b, 40, 1);
	build_number(&b, 0x02, 1);
	build_value(&b, 8, 1);
	build_number(&b, 0x04, 1);
	build_number(&b, 0x04, 1);
}

static void reads_texts_of_all_kinds(void)
{
	static const struct build_value more[] = {{0x01, 6, u"v w"}, {0x06, 2, "\7\0"}};
	struct reader r = reader();

	build_begin(&b);
	whole_record(fill_texts, more, 2);
	CHECK_TEXT(fields_of_last(&r),
		   "{" SYSTEM_JSON
		   ",\"EventData_Name\":\"n\",\"Data\":\"a<év w<>unknown\",\"v w\":7,"
		   "\"Empty\":null,\"Binary_Kind\":\"k\",\"Binary\":7}");
	reader_done(&r);
}

/* A second record whose template is that of the first; and each read alone says the same. */
static void templates_are_shared(void)
{
	static const struct build_value more[] = {{0x01, 2, u"x"}};
	struct build_value values[8];
	struct reader r = reader();
	struct yg_bytes chunk;
	struct yg_buf first;
	uint32_t record[2];

	yg_buf_init(&first, 1u << 20);
	build_begin(&b);
	data_count = 1;
	whole_record(fill_data, more, 1);
	record[0] = b.record;
	build_record(&b);
	record[1] = b.record;
	build_template_again(&b, b.definition);
	memcpy(values, build_system_values, sizeof(build_system_values));
	values[7] = (struct build_value){0x01, 2, u"y"};
	build_values(&b, values, 8);
	build_record_end(&b);
	CHECK_TEXT(fields_of_last(&r), "{" SYSTEM_JSON ",\"a\":\"y\"}");
	chunk = copy(sizeof(b.bytes));
	for (unsigned i = 0; i < 4; i++) { /* 0 1 alone, then 0 1 together */
		if (i < 3)
			yg_evtx_open(r.evtx, chunk);
		read_at(&r, record[i % 2]);
		CHECK(r.rc == YG_OK);
		yg_buf_reset(&r.out);
		yg_record_fields(&r.out, &r.event);
		CHECK_TEXT(yg_buf_bytes(&r.out), i % 2 ? "{" SYSTEM_JSON ",\"a\":\"y\"}"
						       : "{" SYSTEM_JSON ",\"a\":\"x\"}");
	}
	free((uint8_t *)(uintptr_t)chunk.data);
	yg_buf_done(&first);
	reader_done(&r);
}

/* %7 inside the element: what that value holds stands there. */
static void fill_embedded(void)
{
	build_open(&b, fill_element, false);
	build_number(&b, 0x02, 1);
	build_value(&b, 7, 0x21);
	build_number(&b, 0x04, 1);
}

/* The bytes of BinXML that stand at @from of the chunk, as a value for the record that follows. */
static uint8_t embedded[8192];

static void embedded_records(struct reader *r, uint32_t size, const char *element, const char *json)
{
	struct build_value more = {0x21, (uint16_t)size, embedded};
	char wanted[1024];

	build_begin(&b);
	fill_element = element;
	whole_record(fill_embedded, &more, 1);
	fill_element = "EventData";
	(void)snprintf(wanted, sizeof(wanted), "{" SYSTEM_JSON "%s}", json);
	CHECK_TEXT(fields_of_last(r), wanted);
}

/*
 * Elements without a template have no number of dependency. Their names stand where the value will
 * be: it is built twice, the second time at its place.
 */
static void reads_embedded_elements(void)
{
	struct reader r = reader();
	uint32_t place, size;

	for (unsigned turn = 0; turn < 2; turn++) {
		/* where the value begins: behind all other values of the record */
		build_begin(&b);
		fill_element = "UserData";
		whole_record(fill_embedded, &(struct build_value){0x21, 0, NULL}, 1);
		fill_element = "EventData";
		place = b.record + 24 + 4; /* found below */
		for (place = b.at - 4; memcmp(b.bytes + place - 12, BUILD_SID, 12) != 0; place--)
			;
		b.at = place;
		b.is_bare = true;
		build_number(&b, 0x0001010f, 4);
		build_open(&b, "EventXML", true);
		build_attribute(&b, "xmlns");
		build_text(&b, "u");
		build_attribute(&b, "Kind");
		build_text(&b, "k");
		build_number(&b, 0x02, 1);
		build_open(&b, "Param1", false);
		build_number(&b, 0x02, 1);
		build_text(&b, "10.0.0.1");
		build_number(&b, 0x04, 1);
		build_number(&b, 0x04, 1);
		build_number(&b, 0, 1);
		size = b.at - place;
		memcpy(embedded, b.bytes + place, size);
	}
	embedded_records(&r, size, "UserData", ",\"Kind\":\"k\",\"Param1\":\"10.0.0.1\"");
	reader_done(&r);
}

struct bad {
	void (*fill)(void);
	int rc;
	const char *msg;
};

static void fill_deep(void)
{
	for (unsigned i = 0; i < 1500; i++) {
		build_open(&b, "a", false);
		build_number(&b, 0x02, 1);
	}
}

static void fill_unknown(void)
{
	build_number(&b, 0x3f, 1);
}

static void fill_name_outside(void)
{
	build_number(&b, 0x01, 1);
	build_number(&b, 0xffff, 2);
	build_number(&b, 0, 4);
	build_number(&b, 0xfffffff0, 4);
}

static void fill_long_name(void)
{
	build_number(&b, 0x01, 1);
	build_number(&b, 0xffff, 2);
	build_number(&b, 0, 4);
	build_number(&b, b.at + 4, 4);
	build_number(&b, 0, 6);
	build_number(&b, 0xffff, 2);
}

static void fill_template_outside(void)
{
	build_number(&b, 0x010c, 2);
	build_number(&b, 7, 4);
	build_number(&b, 0xffffff00, 4);
}

/* The template that is being defined, inside itself. */
static void fill_loop(void)
{
	build_template_again(&b, b.definition);
	build_values(&b, NULL, 0);
}

static void refuses_hostile_templates(void)
{
	static const struct bad bads[] = {
		{fill_deep, YG_ELIMIT, "elements are nested too deeply"},
		{fill_unknown, YG_EFORMAT, "an unknown token stands in an element"},
		{fill_name_outside, YG_EFORMAT, "a name stands outside the chunk"},
		{fill_long_name, YG_EFORMAT, "a name reaches beyond the chunk"},
		{fill_template_outside, YG_EFORMAT, "a template stands outside the chunk"},
		{fill_loop, YG_ELIMIT, "templates are nested too deeply"},
	};
	struct reader r = reader();

	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		build_begin(&b);
		whole_record(bads[i].fill, NULL, 0);
		(void)fields_of_last(&r);
		CHECK(r.rc == bads[i].rc);
		CHECK_TEXT(yg_bytes_str(r.fault.msg), bads[i].msg);
		CHECK(r.fault.pos <= sizeof(b.bytes));
	}
	reader_done(&r);
}

static void refuses_lying_values(void)
{
	struct reader r = reader();
	uint32_t table;

	build_begin(&b);
	data_count = 0;
	whole_record(fill_data, NULL, 0);
	table = b.definition + 24 + (uint32_t)b.bytes[b.definition + 20] +
		((uint32_t)b.bytes[b.definition + 21] << 8);
	build_patch(&b, table, 0x80000000u, 4);
	(void)fields_of_last(&r);
	CHECK(r.rc == YG_EFORMAT);
	CHECK_TEXT(yg_bytes_str(r.fault.msg), "more values are announced than fit");
	build_patch(&b, table, 7, 4);
	build_patch(&b, table + 4, 0xffff, 2);
	(void)fields_of_last(&r);
	CHECK(r.rc == YG_EFORMAT);
	CHECK_TEXT(yg_bytes_str(r.fault.msg), "a value reaches beyond the record");
	build_patch(&b, b.record + 4, 0x7fffffff, 4);
	(void)fields_of_last(&r);
	CHECK(r.rc == YG_EFORMAT);
	CHECK_TEXT(yg_bytes_str(r.fault.msg), "the size of the record is impossible");
	reader_done(&r);
}

/* A value that is BinXML and asks for itself many times, each of which asks … */
static void fill_many(void)
{
	build_open(&b, "EventData", false);
	build_number(&b, 0x02, 1);
	for (unsigned i = 0; i < 600; i++)
		build_data(&b, "x", 7);
	build_number(&b, 0x04, 1);
}

static void bounds_the_work_of_a_record(void)
{
	struct build_value more = {0x01, 20000, NULL};
	struct reader r = reader();
	char *text = malloc(20000);

	CHECK(text);
	memset(text, 'A', 20000);
	more.data = text;
	build_begin(&b);
	whole_record(fill_many, &more, 1);
	(void)fields_of_last(&r); /* 12 MB of text announced */
	CHECK(r.rc == YG_OK && r.event.dropped > 0);
	CHECK(r.out.size < 2 * YG_EVTX_TEXT_MAX);
	free(text);
	reader_done(&r);
}

/* 300 items, each named by the same long value, from pieces that make it longer still */
static void fill_long_names(void)
{
	build_open(&b, "EventData", false);
	build_number(&b, 0x02, 1);
	for (unsigned i = 0; i < 300; i++) {
		build_open(&b, "Data", true);
		build_attribute(&b, "Name");
		build_value(&b, 7, 1);
		build_value(&b, 7, 1);
		build_number(&b, 0x02, 1);
		build_value(&b, 7, 1);
		build_value(&b, 7, 1);
		build_number(&b, 0x04, 1);
	}
	build_number(&b, 0x04, 1);
}

static void bounds_names_that_are_values(void)
{
	struct build_value more = {0x01, 30000, NULL};
	struct reader r = reader();
	char *text = malloc(30000);

	CHECK(text);
	memset(text, 0x30, 30000); /* a character of three bytes */
	more.data = text;
	build_begin(&b);
	whole_record(fill_long_names, &more, 1);
	(void)fields_of_last(&r);
	CHECK(r.rc == YG_ELIMIT || (r.rc == YG_OK && r.event.dropped > 0));
	CHECK(yg_arena_used(r.arena) < 8u << 20);
	free(text);
	reader_done(&r);
}

static void bounds_the_templates_of_a_chunk(void)
{
	struct reader r = reader();
	struct yg_bytes chunk;
	uint32_t first;

	/* Each record names another place inside one big definition as its template. */
	build_begin(&b);
	build_record(&b);
	first = b.at + 64;
	for (uint32_t at = first; at + 24 < 60000; at += 8)
		build_patch(&b, at + 4, 60000 - 30000, 4); /* sizes of 30 kB everywhere */
	chunk = (struct yg_bytes){b.bytes, sizeof(b.bytes)};
	yg_evtx_open(r.evtx, chunk);
	for (unsigned i = 0; i < 1000; i++) {
		b.at = b.record + 24;
		build_number(&b, 0x0001010f, 4);
		build_template_again(&b, first + 16 * i);
		build_number(&b, 0, 4);
		build_patch(&b, b.record + 4, 64, 4);
		read_at(&r, b.record);
		CHECK(r.rc == YG_EFORMAT || r.rc == YG_ELIMIT || r.rc == YG_OK);
	}
	CHECK(r.rc == YG_ELIMIT);
	CHECK_TEXT(yg_bytes_str(r.fault.msg), "too many templates in one chunk");
	reader_done(&r);
}

/* Notes of a scan, as one line: words@at+size;… */
static struct yg_buf notes;

static void note(void *arg, const struct yg_evtx_note *n)
{
	(void)arg;
	yg_buf_addf(&notes, "%s@%llu+%llu;", n->words, (unsigned long long)n->at,
		    (unsigned long long)n->size);
}

/* All of @data, in pieces of @piece bytes: "id id x id" with x for damaged stretches. */
static void scan(struct yg_bytes data, size_t piece, struct yg_buf *to)
{
	struct yg_evtx_scan s = {.note = note};
	struct yg_evtx_part part;
	size_t given = 0;
	size_t used = 0;

	yg_buf_reset(to);
	yg_buf_reset(&notes);
	for (;;) {
		struct yg_evtx_chunk chunk;
		struct yg_evtx_record record;
		bool is_end = given == data.size;

		if (yg_evtx_scan_next(&s, yg_bytes_cut(data, used, given), is_end, &part) !=
		    YG_OK) {
			if (is_end)
				return;
			given = data.size - given < piece ? data.size : given + piece;
			continue;
		}
		used += part.consumed;
		if (part.chunk.size == 0)
			continue;
		yg_evtx_chunk_begin(&chunk, &part, note, NULL);
		while (yg_evtx_chunk_next(&chunk, &record)) {
			if (record.is_damaged)
				yg_buf_add_str(to, "x ");
			else
				yg_buf_addf(to, "%llu ", (unsigned long long)record.id);
		}
	}
}

/* A chunk of three records with the ids @from, @from + 1, @from + 2. */
static void three_records(uint64_t from)
{
	build_begin(&b);
	b.id = from - 1;
	data_count = 0;
	for (unsigned i = 0; i < 3; i++)
		whole_record(fill_data, NULL, 0);
	build_end(&b, BUILD_END);
}

static uint8_t file[4096 + 4 * YG_EVTX_CHUNK_BYTES];

static size_t file_of(unsigned chunks)
{
	struct yg_bytes head = {file, 120};
	uint32_t sum;

	memset(file, 0, sizeof(file));
	memcpy(file, "ElfFile", 8);
	sum = yg_crc32(head, 0);
	memcpy(file + 124, &sum, 4);
	for (unsigned i = 0; i < chunks; i++) {
		three_records(1 + 3 * i);
		memcpy(file + 4096 + i * YG_EVTX_CHUNK_BYTES, b.bytes, YG_EVTX_CHUNK_BYTES);
	}
	return 4096 + chunks * YG_EVTX_CHUNK_BYTES;
}

static void finds_chunks_and_records(void)
{
	struct yg_buf ids;
	size_t size = file_of(3);

	yg_buf_init(&ids, 1u << 20);
	yg_buf_init(&notes, 1u << 20);
	for (size_t piece = 1000; piece < 300000; piece *= 3) {
		scan((struct yg_bytes){file, size}, piece, &ids);
		CHECK_TEXT(yg_buf_bytes(&ids), "1 2 3 4 5 6 7 8 9 ");
		CHECK_TEXT(yg_buf_bytes(&notes), "");
	}
	/* only chunks; nothing at all; an unused end */
	scan((struct yg_bytes){file + 4096, size - 4096}, 4096, &ids);
	CHECK_TEXT(yg_buf_bytes(&ids), "1 2 3 4 5 6 7 8 9 ");
	scan((struct yg_bytes){file, 0}, 4096, &ids);
	CHECK_TEXT(yg_buf_bytes(&ids), "");
	scan((struct yg_bytes){file, sizeof(file)}, 4096, &ids);
	CHECK_TEXT(yg_buf_bytes(&ids), "1 2 3 4 5 6 7 8 9 ");
	CHECK_TEXT(yg_buf_bytes(&notes), "");
	/* junk between chunks, and the last one cut inside its second record */
	memset(file + 4096 + YG_EVTX_CHUNK_BYTES, 'j', YG_EVTX_CHUNK_BYTES);
	scan((struct yg_bytes){file, 4096 + 2 * YG_EVTX_CHUNK_BYTES + 512 + 1400}, 999, &ids);
	CHECK_TEXT(yg_buf_bytes(&ids), "1 2 3 7 x ");
	CHECK_TEXT(yg_bytes_cut(yg_buf_bytes(&notes), 0, 95),
		   "bytes that belong to no chunk: passed over@69632+65536;a chunk is cut "
		   "off@135168+1912;a stretch");
	yg_buf_done(&ids);
	yg_buf_done(&notes);
}

static void goes_on_behind_damage(void)
{
	struct yg_buf ids;
	size_t size = file_of(2);
	uint32_t second;

	yg_buf_init(&ids, 1u << 20);
	yg_buf_init(&notes, 1u << 20);
	/* the second record's size is wrong: the third is found again, and the sum is told */
	memcpy(&second, file + 4096 + 512 + 4, 4);
	file[4096 + 512 + second + 4] ^= 0x55;
	scan((struct yg_bytes){file, size}, 4096, &ids);
	CHECK_TEXT(yg_buf_bytes(&ids), "1 x 3 4 5 6 ");
	CHECK(yg_bytes_find(yg_buf_bytes(&notes),
			    YG_S("the checksum of a chunk's records is wrong")) == 0);
	/* a header that lies about its end, with a wrong sum */
	(void)file_of(2);
	memset(file + 4096 + 48, 0xff, 4);
	scan((struct yg_bytes){file, size}, 4096, &ids);
	CHECK_TEXT(yg_buf_bytes(&ids), "1 2 3 4 5 6 ");
	/* a chunk that breaks off where the next begins */
	(void)file_of(2);
	memmove(file + 4096 + 3400, file + 4096 + YG_EVTX_CHUNK_BYTES, YG_EVTX_CHUNK_BYTES);
	scan((struct yg_bytes){file, 4096 + 3400 + YG_EVTX_CHUNK_BYTES}, 4096, &ids);
	CHECK_TEXT(yg_buf_bytes(&ids), "1 2 3 4 5 6 ");
	yg_buf_done(&ids);
	yg_buf_done(&notes);
}

/* Behind the end that the header names: records that go on count, leftovers do not. */
static void knows_leftovers(void)
{
	struct yg_buf ids;
	uint32_t third;

	yg_buf_init(&ids, 1u << 20);
	yg_buf_init(&notes, 1u << 20);
	three_records(5);
	third = b.record;
	build_end(&b, third);
	scan((struct yg_bytes){b.bytes, sizeof(b.bytes)}, 4096, &ids);
	CHECK_TEXT(yg_buf_bytes(&ids), "5 6 7 "); /* not closed: it goes on */
	build_patch(&b, third + 8, 3, 8);
	scan((struct yg_bytes){b.bytes, sizeof(b.bytes)}, 4096, &ids);
	CHECK_TEXT(yg_buf_bytes(&ids), "5 6 ");
	yg_buf_done(&ids);
	yg_buf_done(&notes);
}

static void memory_ends_cleanly(void)
{
	static const struct build_value more[] = {{0x01, 2, u"x"}};
	struct reader r = reader();
	int rc = YG_ENOMEM;

	build_begin(&b);
	data_count = 1;
	whole_record(fill_data, more, 1);
	for (size_t room = 16; rc == YG_ENOMEM && room < 1u << 20; room += 512) {
		struct yg_arena *arena = yg_arena_new(room);

		CHECK(arena);
		yg_evtx_open(r.evtx, (struct yg_bytes){b.bytes, sizeof(b.bytes)});
		rc = yg_evtx_read(r.evtx, b.record, arena, &r.event, &r.fault);
		CHECK(rc == YG_OK || rc == YG_ENOMEM);
		(void)yg_arena_free(arena);
	}
	CHECK(rc == YG_OK);
	reader_done(&r);
}

static const struct check_case cases[] = {
	CASE(reads_system_and_data),
	CASE(reads_values_of_all_types),
	CASE(reads_texts_of_all_kinds),
	CASE(templates_are_shared),
	CASE(reads_embedded_elements),
	CASE(refuses_hostile_templates),
	CASE(refuses_lying_values),
	CASE(bounds_the_work_of_a_record),
	CASE(bounds_names_that_are_values),
	CASE(bounds_the_templates_of_a_chunk),
	CASE(finds_chunks_and_records),
	CASE(goes_on_behind_damage),
	CASE(knows_leftovers),
	CASE(memory_ends_cleanly),
};

CHECK_MAIN(cases)
