/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crc32.h"

#include "../check.h"

static void agrees_with_known_sums(void)
{
	CHECK(yg_crc32(YG_S(""), 0) == 0);
	CHECK(yg_crc32(YG_S("123456789"), 0) == 0xcbf43926);
	CHECK(yg_crc32(YG_S("The quick brown fox jumps over the lazy dog"), 0) == 0x414fa339);
}

static void parts_are_the_whole(void)
{
	static const struct yg_bytes text = {
		(const uint8_t *)"The quick brown fox jumps over the lazy dog, and over it again",
		62};

	for (size_t i = 0; i <= text.size; i++)
		CHECK(yg_crc32(yg_bytes_from(text, i), yg_crc32(yg_bytes_cut(text, 0, i), 0)) ==
		      yg_crc32(text, 0));
}

static const struct check_case cases[] = {CASE(agrees_with_known_sums), CASE(parts_are_the_whole)};

CHECK_MAIN(cases)
