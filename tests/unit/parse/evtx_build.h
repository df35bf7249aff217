/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chunks of Windows event files built by hand: bytes, names, elements, templates, values, and
 * checksums that are right. Also for fuzz seeds.
 */
#pragma once

#include <assert.h>
#include <string.h>

#include "base/crc32.h"
#include "parse/evtx.h"

#define BUILD_END 0xffffffffu

struct build {
	uint8_t bytes[YG_EVTX_CHUNK_BYTES];
	uint32_t at;
	uint32_t record;     /* where the open record begins */
	uint32_t definition; /* where the open template's definition begins */
	uint64_t id;
	bool is_bare; /* elements without a number of what they depend on */
};

static inline void build_bytes(struct build *b, const void *from, size_t size)
{
	assert(size <= sizeof(b->bytes) - b->at);
	if (size > 0)
		memcpy(b->bytes + b->at, from, size);
	b->at += (uint32_t)size;
}

static inline void build_number(struct build *b, uint64_t value, size_t size)
{
	build_bytes(b, &value, size);
}

static inline void build_patch(struct build *b, uint32_t at, uint64_t value, size_t size)
{
	memcpy(b->bytes + at, &value, size);
}

static inline void build_units(struct build *b, const char *text)
{
	for (; *text; text++)
		build_number(b, (uint8_t)*text, 2);
}

/* A name at once behind its place. */
static inline void build_name(struct build *b, const char *name)
{
	build_number(b, b->at + 4, 4);
	build_number(b, 0, 6); /* next, hash */
	build_number(b, strlen(name), 2);
	build_units(b, name);
	build_number(b, 0, 2);
}

static inline void build_open(struct build *b, const char *name, bool has_attributes)
{
	build_number(b, has_attributes ? 0x41 : 0x01, 1);
	if (!b->is_bare)
		build_number(b, 0xffff, 2);
	build_number(b, 0, 4);
	build_name(b, name);
	if (has_attributes)
		build_number(b, 0, 4);
}

static inline void build_attribute(struct build *b, const char *name)
{
	build_number(b, 0x06, 1);
	build_name(b, name);
}

static inline void build_text(struct build *b, const char *text)
{
	build_number(b, 0x0105, 2);
	build_number(b, strlen(text), 2);
	build_units(b, text);
}

static inline void build_value(struct build *b, uint16_t index, uint8_t type)
{
	build_number(b, 0x0e, 1);
	build_number(b, index, 2);
	build_number(b, type, 1);
}

/* <name>value @index</name> */
static inline void build_leaf(struct build *b, const char *name, uint16_t index)
{
	build_open(b, name, false);
	build_number(b, 0x02, 1);
	build_value(b, index, 0);
	build_number(b, 0x04, 1);
}

/* <Data Name="name">value @index</Data> */
static inline void build_data(struct build *b, const char *name, uint16_t index)
{
	build_open(b, "Data", true);
	build_attribute(b, "Name");
	build_text(b, name);
	build_number(b, 0x02, 1);
	build_value(b, index, 0);
	build_number(b, 0x04, 1);
}

static inline void build_begin(struct build *b)
{
	memset(b, 0, sizeof(*b));
	memcpy(b->bytes, "ElfChnk", 8);
	b->at = 512;
}

static inline void build_record(struct build *b)
{
	b->record = b->at;
	build_bytes(b, "**\0\0\0\0\0\0", 8);
	build_number(b, ++b->id, 8);
	build_number(b, UINT64_C(133000000000000000), 8); /* 2022-06-18 */
	build_number(b, 0x0001010f, 4);
}

static inline void build_record_end(struct build *b)
{
	uint32_t size;

	while ((b->at - b->record + 4) % 8)
		build_number(b, 0, 1);
	size = b->at - b->record + 4;
	build_number(b, size, 4);
	build_patch(b, b->record + 4, size, 4);
}

/* A template's instance, with its definition. */
static inline void build_template(struct build *b)
{
	build_number(b, 0x010c, 2);
	build_number(b, 7, 4);
	build_number(b, b->at + 4, 4);
	b->definition = b->at;
	build_number(b, 0, 4);
	build_bytes(b, "0123456789abcdef", 16);
	build_number(b, 0, 4);
	build_number(b, 0x0001010f, 4);
}

static inline uint32_t build_template_end(struct build *b)
{
	build_number(b, 0, 1);
	build_patch(b, b->definition + 20, b->at - b->definition - 24, 4);
	return b->definition;
}

static inline void build_template_again(struct build *b, uint32_t definition)
{
	build_number(b, 0x010c, 2);
	build_number(b, 7, 4);
	build_number(b, definition, 4);
}

struct build_value {
	uint8_t type;
	uint16_t size;
	const void *data;
};

static inline void build_values(struct build *b, const struct build_value *values, uint32_t count)
{
	build_number(b, count, 4);
	for (uint32_t i = 0; i < count; i++) {
		build_number(b, values[i].size, 2);
		build_number(b, values[i].type, 2);
	}
	for (uint32_t i = 0; i < count; i++)
		build_bytes(b, values[i].data, values[i].size);
}

/* Header and checksums; @end: where the records end, BUILD_END = here. */
static inline void build_end(struct build *b, uint32_t end)
{
	struct yg_bytes all = {b->bytes, sizeof(b->bytes)};

	end = end == BUILD_END ? b->at : end;
	build_patch(b, 24, 1, 8);
	build_patch(b, 32, b->id, 8);
	build_patch(b, 40, 128, 4);
	build_patch(b, 44, b->record, 4);
	build_patch(b, 48, end, 4);
	build_patch(b, 52, yg_crc32(yg_bytes_cut(all, 512, end), 0), 4);
	build_patch(b, 124,
		    yg_crc32(yg_bytes_cut(all, 128, 512), yg_crc32(yg_bytes_cut(all, 0, 120), 0)),
		    4);
}

/* The System part of a template, values 0 … 6. */
static inline void build_system(struct build *b)
{
	build_open(b, "System", false);
	build_number(b, 0x02, 1);
	build_open(b, "Provider", true);
	build_attribute(b, "Name");
	build_text(b, "Microsoft-Windows-Sysmon");
	build_attribute(b, "Guid");
	build_value(b, 0, 0x0f);
	build_number(b, 0x03, 1);
	build_leaf(b, "EventID", 1);
	build_open(b, "TimeCreated", true);
	build_attribute(b, "SystemTime");
	build_value(b, 2, 0x11);
	build_number(b, 0x03, 1);
	build_open(b, "Correlation", true);
	build_attribute(b, "ActivityID");
	build_value(b, 3, 0x0f);
	build_number(b, 0x03, 1);
	build_leaf(b, "Channel", 4);
	build_leaf(b, "Computer", 5);
	build_open(b, "Security", true);
	build_attribute(b, "UserID");
	build_value(b, 6, 0x13);
	build_number(b, 0x03, 1);
	build_number(b, 0x04, 1);
}

/* What build_system() takes: 2026-04-17T05:24:53.0920519Z, S-1-5-18. */
#define BUILD_GUID "\x5f\x38\x70\x57\x2a\xc2\xe0\x43\xbf\x4c\x06\xf5\x69\x8f\xfb\xd9"
#define BUILD_TIME "\x47\x4c\x14\x85\x2a\xce\xdc\x01"
#define BUILD_SID  "\x01\x01\0\0\0\0\0\x05\x12\0\0\0"
static const struct build_value build_system_values[7] = {
	{0x0f, 16, BUILD_GUID},
	{0x06, 2, "\x01\0"},
	{0x11, 8, BUILD_TIME},
	{0x00, 0, NULL},
	{0x01, 72, u"Microsoft-Windows-Sysmon/Operational"},
	{0x01, 4, u"pc"},
	{0x13, 12, BUILD_SID},
};
