/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source/follow-int.h - a file that is still being written, read like `tail -F`. Inside source/.
 *
 * Layer:   source. One thread.
 * Tests:   tests/unit/source/test_follow.c
 */
#pragma once

#include "source/input.h"

#define YG_FOLLOW_WAIT_MS 200 /* the longest one call waits */

struct yg_follow {
	const char *path; /* borrowed; NULL: no regular file, so nothing can replace it */
	int fd;		  /* the file being read; owned */
	int stop_fd;	  /* borrowed; -1 = none */
	int notify_fd;	  /* inotify; owned; -1 where there is none */
	uint64_t offset;  /* bytes read of this file */
	uint64_t rotations;
	bool is_idle;  /* the last call had nothing: the next one waits */
	bool is_fresh; /* the next bytes begin a new file */
};

/* Takes @fd. Never fails: without inotify the file is looked at every YG_FOLLOW_WAIT_MS. */
void yg_follow_init(struct yg_follow *follow, const char *path, int take_fd, int stop_fd);
void yg_follow_done(struct yg_follow *follow);

/*
 * The next bytes. YG_OK; YG_EAGAIN: nothing now; YG_EEND: told to stop, or the pipe ended; an error
 * of reading. When the file was replaced or cut: YG_OK without bytes and follow->is_fresh set; the
 * caller clears it, and what comes then is the other file.
 */
YG_MUST_USE int yg_follow_read(struct yg_follow *follow, uint8_t *to, size_t room,
			       size_t *ret_size);
