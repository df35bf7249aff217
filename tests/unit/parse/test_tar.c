/* SPDX-License-Identifier: Apache-2.0 */
/* Archives, whole and in the smallest pieces. */
#include "parse/tar.h"

#include <stdio.h>

#include "../check.h"
#include "base/buf.h"

#include "base/ban.h"

static void add_file(struct yg_buf *to, const char *name, char type, const char *text)
{
	uint8_t head[YG_TAR_BLOCK] = {0};
	size_t size = strlen(text);
	unsigned sum = 0;

	(void)snprintf((char *)head, 100, "%s", name);
	(void)snprintf((char *)head + 124, 12, "%011o", (unsigned)size);
	head[156] = (uint8_t)type;
	memset(head + 148, ' ', 8);
	for (size_t i = 0; i < sizeof(head); i++)
		sum += head[i];
	(void)snprintf((char *)head + 148, 8, "%06o", sum);
	yg_buf_add(to, (struct yg_bytes){head, sizeof(head)});
	yg_buf_add_str(to, text);
	for (; size % YG_TAR_BLOCK != 0; size++)
		yg_buf_add_byte(to, 0);
}

static int take(void *arg, struct yg_bytes piece)
{
	yg_buf_add(arg, piece);
	return yg_buf_error(arg);
}

/* The text of the wanted file in pieces of @step; *ret_rc: what was said. */
static void read_steps(struct yg_bytes archive, size_t step, struct yg_buf *to, int *ret_rc,
		       bool *ret_found)
{
	struct yg_tar tar = {.name = "APKINDEX", .take = take, .arg = to};

	yg_buf_reset(to);
	*ret_rc = YG_OK;
	for (size_t at = 0; *ret_rc == YG_OK && at < archive.size; at += step)
		*ret_rc = yg_tar_feed(&tar, yg_bytes_cut(archive, at, at + step), false);
	if (*ret_rc == YG_OK)
		*ret_rc = yg_tar_feed(&tar, (struct yg_bytes){0}, true);
	*ret_found = tar.is_found;
}

static void one_of_several(void)
{
	static const size_t steps[] = {1, 7, 512, 100000};
	struct yg_buf archive;
	struct yg_buf got;

	yg_buf_init(&archive, 1u << 20);
	yg_buf_init(&got, 1u << 20);
	add_file(&archive, ".SIGN.RSA.key", '0', "signature");
	add_file(&archive, "APKINDEX", '5', "");
	add_file(&archive, "APKINDEX/x", '0', "no");
	for (int i = 0; i < 1024; i++) /* the end of an archive; another one follows */
		yg_buf_add_byte(&archive, 0);
	add_file(&archive, "DESCRIPTION", '0', "main");
	add_file(&archive, "APKINDEX", '0', "P:busybox\nV:1.36.1-r2\n");
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		bool is_found;
		int rc;

		read_steps(yg_buf_bytes(&archive), steps[i], &got, &rc, &is_found);
		CHECK(rc == YG_OK && is_found);
		CHECK_TEXT(yg_buf_bytes(&got), "P:busybox\nV:1.36.1-r2\n");
	}
	yg_buf_done(&got);
	yg_buf_done(&archive);
}

static void damaged(void)
{
	struct yg_buf archive;
	struct yg_buf got;
	bool is_found;
	int rc;

	yg_buf_init(&archive, 1u << 20);
	yg_buf_init(&got, 1u << 20);
	add_file(&archive, "APKINDEX", '0', "P:busybox\n");
	read_steps(yg_bytes_cut(yg_buf_bytes(&archive), 0, 515), 9, &got, &rc, &is_found);
	CHECK(rc == YG_EFORMAT && is_found);
	read_steps(yg_bytes_cut(yg_buf_bytes(&archive), 0, 500), 9, &got, &rc, &is_found);
	CHECK(rc == YG_EFORMAT && !is_found);
	archive.data[3] ^= 1;
	read_steps(yg_buf_bytes(&archive), 9, &got, &rc, &is_found);
	CHECK(rc == YG_EFORMAT && !is_found);
	archive.data[3] ^= 1;
	memset(archive.data + 124, 0x80, 12); /* a size as a number of 11 bytes */
	read_steps(yg_buf_bytes(&archive), 9, &got, &rc, &is_found);
	CHECK(rc == YG_EFORMAT);
	yg_buf_done(&got);
	yg_buf_done(&archive);
}

static const struct check_case cases[] = {CASE(one_of_several), CASE(damaged)};

int main(void)
{
	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
