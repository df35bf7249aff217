/* SPDX-License-Identifier: Apache-2.0 */
/* Can the archive of Vectorscan be linked with one search in the place of another? (meson.build) */
#include <hs.h>

/* Of each only whether it is there. */
extern const char avx512_vermicelliExec[], avx512_nvermicelliExec[], avx512_shuftiDoubleExec[],
	avx2_shuftiDoubleExec[];

int main(void)
{
	const char *const searches[] = {avx512_vermicelliExec, avx512_nvermicelliExec,
					avx512_shuftiDoubleExec, avx2_shuftiDoubleExec};

	for (unsigned i = 0; i < sizeof(searches) / sizeof(searches[0]); i++)
		if (!searches[i])
			return 1;
	return hs_valid_platform() != HS_SUCCESS;
}
