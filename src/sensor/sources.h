/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/sources.h - the files that are followed and the syslog that is received, read in turn.
 *
 * Layer:   sensor. One thread: the collecting one.
 */
#pragma once

#include "base/net.h"
#include "sensor/lines.h"
#include "wire/message.h"

#define YG_SOURCES_FILES_MAX 128u
#define YG_SOURCES_FDS_MAX   (YG_SOURCES_FILES_MAX + 1)

struct pollfd;
struct yg_sources;

/* @zone outlives it. NULL without memory. */
struct yg_sources *yg_sources_new(const struct yg_zone *zone);
struct yg_sources *yg_sources_free(struct yg_sources *sources);

/* What of later sources may leave, and how; before they are added. @filter outlives it. */
void yg_sources_filter(struct yg_sources *sources, const struct yg_lines_filter *filter);

/*
 * Follow the file at @path, from where the checkpoint says (empty: from its beginning). YG_OK;
 * YG_ELIMIT: too many; YG_EDUPLICATE: it is followed already; YG_ENOMEM.
 */
YG_MUST_USE int yg_sources_follow(struct yg_sources *sources, const char *path,
				  struct yg_bytes checkpoint);
/* As yg_receive_open; *ret_bound is where. */
YG_MUST_USE int yg_sources_receive(struct yg_sources *sources, const struct yg_net_place *place,
				   struct yg_net_place *ret_bound);

/* What to poll for reading; at most YG_SOURCES_FDS_MAX. *ret_blind: some tell nothing: look again
 * every few hundred milliseconds. */
unsigned yg_sources_fds(const struct yg_sources *sources, struct pollfd *to, bool *ret_blind);

/*
 * Read what is there, a piece of each source, into @collect, until that is full. *ret_more: there
 * is more to read now. YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_sources_read(struct yg_sources *sources, int64_t now_ns,
				struct yg_collect *collect, bool *ret_more);

/* Where all sources stand: everything before is in batches, or in @collect of the last read. */
YG_MUST_USE int yg_sources_checkpoint(struct yg_sources *sources, struct yg_buf *to);

/* How they fare. Returns how many were written to @to (room YG_WIRE_SOURCES_MAX). */
uint32_t yg_sources_state(struct yg_sources *sources, struct yg_wire_source *to);
