/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* this is the door */
#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ban.h"

long yg_fail_at;

int yg_fails_now(void)
{
	if (__builtin_expect(__atomic_load_n(&yg_fail_at, __ATOMIC_RELAXED) <= 0, 1))
		return 0;
	return __atomic_sub_fetch(&yg_fail_at, 1, __ATOMIC_RELAXED) == 0;
}

void *yg_malloc(size_t size)
{
	return yg_fails_now() ? NULL : malloc(size ? size : 1);
}

void *yg_calloc(size_t count, size_t size)
{
	return yg_fails_now() ? NULL : calloc(count ? count : 1, size ? size : 1);
}

void *yg_reallocarray(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes) || yg_fails_now())
		return NULL;
	return realloc(old, bytes ? bytes : 1);
}

char *yg_strndup(const char *text, size_t size)
{
	char *copy;

	if (size == SIZE_MAX)
		return NULL;
	copy = yg_malloc(size + 1);
	if (!copy)
		return NULL;
	if (size > 0)
		memcpy(copy, text, size);
	copy[size] = '\0';
	return copy;
}
