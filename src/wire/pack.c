/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/pack.h"

#define YG_BAN_ALLOW_MALLOC /* the library's header names it */
#include <zstd.h>

#include "base/ban.h"

#define LEVEL 1 /* the next ones save little, and take twice as long */

int yg_zpack(struct yg_bytes bytes, struct yg_buf *to)
{
	size_t bound = ZSTD_compressBound(bytes.size);
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	uint8_t *room = NULL;
	size_t size;

	if (!zstd)
		return YG_ENOMEM;
	if (!ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, LEVEL)) &&
	    !ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1)))
		room = yg_buf_reserve(to, bound);
	size = room ? ZSTD_compress2(zstd, room, bound, bytes.data, bytes.size) : 0;
	(void)ZSTD_freeCCtx(zstd);
	if (!room)
		return yg_buf_error(to) != YG_OK ? yg_buf_error(to) : YG_ENOMEM;
	if (ZSTD_isError(size)) /* there is room: it was memory */
		return YG_ENOMEM;
	yg_buf_grew(to, size);
	return YG_OK;
}

static bool is_packed(struct yg_bytes kept)
{
	static const uint8_t magic[] = {0x28, 0xb5, 0x2f, 0xfd}; /* RFC 8878, 3.1.1 */

	return kept.size >= sizeof(magic) && memcmp(kept.data, magic, sizeof(magic)) == 0;
}

int yg_zunpack(struct yg_bytes kept, size_t max, struct yg_buf *room, struct yg_bytes *ret)
{
	unsigned long long size;
	uint8_t *to;

	*ret = kept;
	if (!is_packed(kept))
		return YG_OK;
	size = ZSTD_getFrameContentSize(kept.data, kept.size);
	if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR)
		return YG_EFORMAT;
	if (size > max)
		return YG_ELIMIT;
	yg_buf_reset(room);
	to = yg_buf_reserve(room, (size_t)size + 1);
	if (!to)
		return yg_buf_error(room);
	if (ZSTD_decompress(to, (size_t)size, kept.data, kept.size) != size)
		return YG_EFORMAT;
	yg_buf_grew(room, (size_t)size);
	*ret = yg_buf_bytes(room);
	return YG_OK;
}
