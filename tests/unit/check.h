/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/check.h - the least a unit test needs: CHECK, cases, a count at the end.
 *
 * A test file is a list of functions; a failed CHECK ends its function and is counted.
 * The last line is "N passed, N failed, N skipped", which tools/test adds up.
 */
#pragma once

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

static int check_failed;

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                 \
			check_failed = 1;                                                          \
			return;                                                                    \
		}                                                                                  \
	} while (0)

/* The bytes @b are the C string @text. */
#define CHECK_TEXT(b, text)                                                                        \
	do {                                                                                       \
		struct yg_bytes check_b = (b);                                                     \
		if (!yg_bytes_eq(check_b, yg_bytes_str(text))) {                                   \
			fprintf(stderr, "%s:%d: \"%.*s\" is not \"%s\"\n", __FILE__, __LINE__,     \
				YG_FMT(check_b), text);                                            \
			check_failed = 1;                                                          \
			return;                                                                    \
		}                                                                                  \
	} while (0)

struct check_case {
	const char *name;
	void (*run)(void);
};

#define CASE(function)                                                                             \
	{                                                                                          \
#function, function                                                                \
	}

static inline int check_main(const struct check_case *cases, size_t count)
{
	size_t failed = 0;

	for (size_t i = 0; i < count; i++) {
		check_failed = 0;
		cases[i].run();
		if (check_failed)
			fprintf(stderr, "failed: %s\n", cases[i].name);
		failed += (size_t)check_failed;
	}
	printf("%zu passed, %zu failed, 0 skipped\n", count - failed, failed);
	return failed > 0;
}

#define CHECK_MAIN(cases)                                                                          \
	int main(void)                                                                             \
	{                                                                                          \
		return check_main(cases, sizeof(cases) / sizeof((cases)[0]));                      \
	}
