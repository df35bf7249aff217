/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/tar.h"

#include <string.h>

#include "base/ban.h"

#define SIZE_AT	  124u
#define SUM_AT	  148u
#define SUM_BYTES 8u
#define TYPE_AT	  156u

/* Octal digits between blanks and the end; false: anything else. */
static bool read_octal(const uint8_t *field, size_t size, uint64_t *ret)
{
	size_t i = 0;
	bool has_digit = false;

	*ret = 0;
	while (i < size && field[i] == ' ')
		i++;
	for (; i < size && field[i] >= '0' && field[i] <= '7'; i++) {
		*ret = *ret << 3 | (uint64_t)(field[i] - '0'); /* at most 12 digits */
		has_digit = true;
	}
	return has_digit && (i == size || field[i] == ' ' || field[i] == '\0');
}

static bool has_right_sum(const uint8_t *head)
{
	uint64_t wanted;
	uint64_t sum = 0;

	for (size_t i = 0; i < YG_TAR_BLOCK; i++)
		sum += i >= SUM_AT && i < SUM_AT + SUM_BYTES ? ' ' : head[i];
	return read_octal(head + SUM_AT, SUM_BYTES, &wanted) && wanted == sum;
}

static bool is_empty(const uint8_t *block)
{
	for (size_t i = 0; i < YG_TAR_BLOCK; i++)
		if (block[i] != 0)
			return false;
	return true;
}

static int begin_file(struct yg_tar *tar)
{
	const uint8_t *head = tar->block;
	struct yg_bytes name = {head, strnlen((const char *)head, YG_TAR_NAME_MAX)};

	if (is_empty(head)) /* the end of an archive; another may follow */
		return YG_OK;
	if (!has_right_sum(head) || !read_octal(head + SIZE_AT, 12, &tar->file_left))
		return YG_EFORMAT;
	tar->fill_left = (uint32_t)(-tar->file_left % YG_TAR_BLOCK);
	tar->is_wanted = (head[TYPE_AT] == '0' || head[TYPE_AT] == '\0') &&
			 yg_bytes_eq(name, yg_bytes_str(tar->name));
	tar->is_found |= tar->is_wanted;
	return YG_OK;
}

/* As much of the front of @b as @left lets. */
static struct yg_bytes front(struct yg_bytes b, uint64_t left)
{
	return yg_bytes_cut(b, 0, left < b.size ? (size_t)left : b.size);
}

int yg_tar_feed(struct yg_tar *tar, struct yg_bytes piece, bool is_end)
{
	int rc = YG_OK;

	while (rc == YG_OK && piece.size > 0) {
		struct yg_bytes part;

		if (tar->file_left > 0) {
			part = front(piece, tar->file_left);
			tar->file_left -= part.size;
			rc = tar->is_wanted ? tar->take(tar->arg, part) : YG_OK;
		} else if (tar->fill_left > 0) {
			part = front(piece, tar->fill_left);
			tar->fill_left -= (uint32_t)part.size;
		} else {
			part = front(piece, YG_TAR_BLOCK - tar->block_size);
			memcpy(tar->block + tar->block_size, part.data, part.size);
			tar->block_size += part.size;
			if (tar->block_size == YG_TAR_BLOCK) {
				tar->block_size = 0;
				rc = begin_file(tar);
			}
		}
		piece = yg_bytes_from(piece, part.size);
	}
	if (rc == YG_OK && is_end && (tar->file_left > 0 || tar->block_size > 0))
		rc = YG_EFORMAT;
	return rc;
}
