/* SPDX-License-Identifier: Apache-2.0 */
/* access/leave-int.h - what the parts of erasing share. */
#pragma once

#include "access/hub-int.h"
#include "access/leave.h"

/* Texts that were noted, at most YG_LEAVE_FOUND_MAX. */
struct yg_leave_words {
	char **list;
	size_t count;
};
YG_MUST_USE int yg_leave_word_add(struct yg_leave_words *words, struct yg_bytes text);
void yg_leave_words_done(struct yg_leave_words *words);

/*
 * leave_warnings.c, in the transaction of yg_leave_erase(), behind other changes: what was sent to
 * @org, what is known of it in plans about it, and its name in the paths of others' warnings.
 */
YG_MUST_USE int yg_leave_warnings(struct yg_access *by, const char *org,
				  struct yg_leave_counts *counts);
