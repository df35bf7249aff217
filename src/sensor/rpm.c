/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of rpm: numbers big-endian, entries of 16 bytes (tag, type, offset, count), then data. */
#include "sensor/rpm.h"

#include <stdio.h>

#include "base/ban.h"

#define INTRO	     8u
#define ENTRY	     16u
#define TAG_NAME     1000u
#define TAG_VERSION  1001u
#define TAG_RELEASE  1002u
#define TAG_EPOCH    1003u
#define TAG_ARCH     1022u
#define TYPE_INT32   4u
#define TYPE_STRING  6u
#define PART_MAX     (YG_RPM_TEXT_MAX - 1)
#define NOT_THERE(b) ((b).size == 0)

struct parts {
	struct yg_bytes name;
	struct yg_bytes version;
	struct yg_bytes release;
	struct yg_bytes arch;
	uint32_t epoch;
	bool has_epoch;
};

static uint32_t be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* A text that ends with a zero; empty when it does not. */
static struct yg_bytes text_at(struct yg_bytes data, uint32_t at)
{
	struct yg_bytes rest = yg_bytes_from(data, at < data.size ? at : data.size);
	size_t end = yg_bytes_chr(rest, 0);

	return end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_cut(rest, 0, end);
}

static void take_entry(struct parts *p, const uint8_t *entry, struct yg_bytes data)
{
	uint32_t tag = be32(entry);
	uint32_t type = be32(entry + 4);
	uint32_t at = be32(entry + 8);
	struct yg_bytes *text = tag == TAG_NAME	     ? &p->name
				: tag == TAG_VERSION ? &p->version
				: tag == TAG_RELEASE ? &p->release
				: tag == TAG_ARCH    ? &p->arch
						     : NULL;

	if (text && type == TYPE_STRING && text->size == 0)
		*text = text_at(data, at);
	if (tag == TAG_EPOCH && type == TYPE_INT32 && data.size >= 4 && at <= data.size - 4) {
		p->epoch = be32(data.data + at);
		p->has_epoch = true;
	}
}

int yg_rpm_header_read(struct yg_bytes header, struct yg_rpm_package *ret)
{
	struct parts p = {0};
	struct yg_bytes data;
	uint32_t entries;
	uint32_t size;
	char epoch[16] = "";

	if (header.size < INTRO)
		return YG_EFORMAT;
	entries = be32(header.data);
	size = be32(header.data + 4);
	if (entries > YG_RPM_ENTRIES_MAX || size > YG_RPM_HEADER_MAX)
		return YG_ELIMIT;
	if (header.size - INTRO < (size_t)entries * ENTRY + size)
		return YG_EFORMAT;
	data = yg_bytes_cut(header, INTRO + (size_t)entries * ENTRY,
			    INTRO + (size_t)entries * ENTRY + size);
	for (uint32_t i = 0; i < entries; i++)
		take_entry(&p, header.data + INTRO + (size_t)i * ENTRY, data);
	if (NOT_THERE(p.name) || NOT_THERE(p.version) || NOT_THERE(p.release))
		return YG_EFORMAT;
	if (p.name.size > PART_MAX || p.version.size > PART_MAX || p.release.size > PART_MAX ||
	    p.arch.size >= sizeof(ret->arch))
		return YG_ELIMIT;
	if (p.has_epoch)
		(void)snprintf(epoch, sizeof(epoch), "%lu:", (unsigned long)p.epoch); /* 11 */
	(void)snprintf(ret->name, sizeof(ret->name), "%.*s", YG_FMT(p.name));	      /* measured */
	(void)snprintf(ret->version, sizeof(ret->version), "%s%.*s-%.*s", epoch, YG_FMT(p.version),
		       YG_FMT(p.release));				      /* measured */
	(void)snprintf(ret->arch, sizeof(ret->arch), "%.*s", YG_FMT(p.arch)); /* measured */
	return YG_OK;
}

int yg_rpm_take(struct yg_rpm_found *found, struct yg_bytes header)
{
	struct yg_rpm_package package;

	if (found->packages >= YG_RPM_PACKAGES_MAX ||
	    yg_rpm_header_read(header, &package) != YG_OK) {
		found->bad++;
		return YG_OK;
	}
	found->packages++;
	return found->take(found->arg, &package);
}
