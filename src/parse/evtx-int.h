/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/evtx-int.h - what the files of the EVTX reader share.
 *
 * evtx_scan.c finds chunks and records, evtx_names.c names, evtx_plan.c turns elements into plans,
 * evtx_value.c values into texts, evtx.c runs plans. Layer: parse; private to it.
 */
#pragma once

#include "base/buf.h"
#include "parse/evtx.h"
#include "parse/json-int.h"

/* Numbers as they stand in the file; the caller has checked that they are inside. */
static inline uint16_t yg_evtx_u16(struct yg_bytes b, size_t at)
{
	return (uint16_t)(b.data[at] | b.data[at + 1] << 8);
}
static inline uint32_t yg_evtx_u32(struct yg_bytes b, size_t at)
{
	uint32_t value;

	memcpy(&value, b.data + at, sizeof(value)); /* little-endian, as this machine is */
	return value;
}
static inline uint64_t yg_evtx_u64(struct yg_bytes b, size_t at)
{
	uint64_t value;

	memcpy(&value, b.data + at, sizeof(value));
	return value;
}
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers of files are little-endian");

/* Types of values. Source: [MS-EVEN6] 2.2.12, value types; 0x80 marks a list of them. */
enum yg_evtx_type {
	YG_EVTX_NULL = 0x00,
	YG_EVTX_STRING = 0x01,
	YG_EVTX_ANSI = 0x02,
	YG_EVTX_INT8 = 0x03,
	YG_EVTX_UINT8 = 0x04,
	YG_EVTX_INT16 = 0x05,
	YG_EVTX_UINT16 = 0x06,
	YG_EVTX_INT32 = 0x07,
	YG_EVTX_UINT32 = 0x08,
	YG_EVTX_INT64 = 0x09,
	YG_EVTX_UINT64 = 0x0a,
	YG_EVTX_REAL32 = 0x0b,
	YG_EVTX_REAL64 = 0x0c,
	YG_EVTX_BOOL = 0x0d,
	YG_EVTX_BINARY = 0x0e,
	YG_EVTX_GUID = 0x0f,
	YG_EVTX_SIZE = 0x10,
	YG_EVTX_FILETIME = 0x11,
	YG_EVTX_SYSTEMTIME = 0x12,
	YG_EVTX_SID = 0x13,
	YG_EVTX_HEX32 = 0x14,
	YG_EVTX_HEX64 = 0x15,
	YG_EVTX_HANDLE = 0x20,
	YG_EVTX_BINXML = 0x21,
	YG_EVTX_XML = 0x23,
	YG_EVTX_LIST = 0x80,
};

/* A value of a record: where it stands in the chunk. */
struct yg_evtx_value {
	uint32_t at;
	uint16_t size;
	uint8_t type;
};

/* A piece of a text: literal, or a value of the record. */
struct yg_evtx_piece {
	struct yg_bytes literal; /* UTF-8; data NULL = a value */
	uint16_t value;
	const struct yg_evtx_piece *next;
};

enum yg_evtx_step_kind {
	YG_EVTX_STEP_ATTRIBUTE, /* a field if there is a value */
	YG_EVTX_STEP_TEXT,	/* text of an element; null if there is no value */
	YG_EVTX_STEP_EMPTY,	/* an element without text: null, unless an attribute was there */
	YG_EVTX_STEP_TEMPLATE,	/* another template's content stands here */
};

/* What one element or attribute gives. */
struct yg_evtx_step {
	uint8_t kind;
	bool is_one_value; /* @value alone is the text */
	uint16_t value;
	uint32_t back;			   /* attributes of the element: steps before this one */
	uint32_t at;			   /* TEMPLATE: where the instance stands in the chunk */
	uint32_t end;			   /* TEMPLATE: where the bytes it may use end */
	const struct yg_json_node *node;   /* of the field */
	const struct yg_json_node *inside; /* of the element: names of what a value holds */
	const struct yg_evtx_piece *pieces;
	const struct yg_evtx_piece *name; /* <Data Name=…> whose name is a value; else NULL */
};

struct yg_evtx_plan {
	uint32_t at; /* of the definition in the chunk; with @inside the key */
	const struct yg_json_node *inside;
	struct yg_evtx_step *steps;
	uint32_t count;
	int rc; /* a definition that cannot be understood is remembered, too */
	struct yg_fault fault;
};

/* Names by place: what yg_json_node_fill says, remembered. */
struct yg_evtx_names {
	const struct yg_names *names;
	struct yg_arena *arena;
	struct yg_json_node **slots;
	uint32_t count;
	uint32_t serial;
	struct yg_json_node root;
};

int yg_evtx_names_init(struct yg_evtx_names *set, const struct yg_names *names);
void yg_evtx_names_done(struct yg_evtx_names *set);
/* Forget all when there are many. What was given out before is invalid then. */
void yg_evtx_names_trim(struct yg_evtx_names *set);
/* The node of @key (UTF-8) below @parent. YG_OK, YG_ELIMIT (too many names) or YG_ENOMEM. */
YG_MUST_USE int yg_evtx_names_find(struct yg_evtx_names *set, const struct yg_json_node *parent,
				   struct yg_bytes key, const struct yg_json_node **ret);

/* Bytes of BinXML that are being read. */
struct yg_evtx_cursor {
	struct yg_bytes chunk;
	uint32_t at;
	uint32_t end;
	bool has_dependency; /* elements have a number that says what they depend on */
	struct yg_fault *reterr;
};

int yg_evtx_fail(const struct yg_evtx_cursor *c, enum yg_err code, const char *msg);

/*
 * Understand the elements at @c up to the end of the fragment (or, @is_one, of the first element)
 * as a plan in @arena. @inside: the element they stand in. YG_OK, YG_EFORMAT, YG_ELIMIT,
 * YG_ENOMEM.
 */
YG_MUST_USE int yg_evtx_plan_make(struct yg_evtx_cursor *c, struct yg_evtx_names *names,
				  const struct yg_json_node *inside, bool is_one,
				  struct yg_arena *arena, struct yg_evtx_plan *ret);

/*
 * Pass over a template instance at @c (its token included): *ret_at, *ret_size: the elements of
 * the definition. Then @c stands at the table of values.
 */
YG_MUST_USE int yg_evtx_instance(struct yg_evtx_cursor *c, uint32_t *ret_at, uint32_t *ret_size);

/*
 * Pass over the table of values and the values; *ret_count of them are written to @to, if not
 * NULL (room for yg_evtx_value_count()).
 */
YG_MUST_USE int yg_evtx_value_count(struct yg_evtx_cursor *c, uint32_t *ret_count);
YG_MUST_USE int yg_evtx_values(struct yg_evtx_cursor *c, uint32_t count, struct yg_evtx_value *to);

/* Pass over one part of <?target data?>, which tells nothing of the event. */
YG_MUST_USE int yg_evtx_instruction(struct yg_evtx_cursor *c);

/* The field's text, kind and form for one value that is no list: may point into @bytes. */
YG_MUST_USE int yg_evtx_value_text(uint8_t type, struct yg_bytes bytes, struct yg_arena *arena,
				   struct yg_field *field);
/* Bytes of one item of a list of @type; 0: texts, each ended by NUL; UINT32_MAX: no such list. */
uint32_t yg_evtx_item_size(uint8_t type);
/* A time as Windows counts it (100 ns since 1601): false when out of our range. */
bool yg_evtx_filetime_ns(uint64_t filetime, int64_t *ret_ns);
