/* SPDX-License-Identifier: Apache-2.0 */
#include "app/archive_gaps.h"

#include "app/say.h"

#include "base/ban.h"

#define GAPS_SAID 10u /* of one file; the rest are counted */

void yg_say_gap(const char *name, uint64_t at, uint64_t size, const char *words)
{
	const char *safe = yg_say_safe(yg_bytes_str(name), 300);

	if (size == 0)
		yg_say(N_("%s: byte %llu: %s"), safe, (unsigned long long)at, yg_say_tr(words));
	else
		yg_say(N_("%s: bytes %llu to %llu were left out: %s"), safe, (unsigned long long)at,
		       (unsigned long long)(at + size - 1), yg_say_tr(words));
}

bool yg_say_gaps(const char *name, const struct yg_archive *archive)
{
	uint64_t more = archive->gaps_more;

	for (uint32_t i = 0; i < archive->gap_count; i++) {
		const struct yg_archive_gap *gap = &archive->gaps[i];

		if (i < GAPS_SAID)
			yg_say_gap(name, gap->at, gap->size, gap->words);
		else
			more++;
	}
	if (more > 0)
		yg_say(N_("%s: %llu further places like these"),
		       yg_say_safe(yg_bytes_str(name), 300), (unsigned long long)more);
	return archive->gap_count > 0;
}
