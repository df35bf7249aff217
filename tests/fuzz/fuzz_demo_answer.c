/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an answer: an error, or a status with texts that are ended; no more is asked for at
 * the end. */
#define YG_BAN_ALLOW_MALLOC
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app/demo-int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_demo_answer answer;
	int open = yg_demo_answer_read((struct yg_bytes){data, size}, false, &answer);
	int ended;

	yg_demo_answer_done(&answer);
	ended = yg_demo_answer_read((struct yg_bytes){data, size}, true, &answer);
	if (ended == YG_ETRUNC || (open == YG_OK && ended != YG_OK))
		abort();
	if (ended == YG_OK && (answer.status < 100 || answer.status > 599 || answer.retry_s > 60 ||
			       memchr(answer.cookie, 0, sizeof(answer.cookie)) == NULL))
		abort();
	yg_demo_answer_done(&answer);
	return 0;
}
