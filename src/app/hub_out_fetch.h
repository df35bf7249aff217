/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_out_fetch.h - out: pages of feeds, one after the other in a thread of its own; out has as
 * many of these as feeds are asked at once.
 *
 * The keeper names an address and files of the operator's folder (out.feeds of the configuration);
 * what is in them is read here for each page, given to that server alone, and forgotten. The rule
 * of webhooks holds: HTTPS, no address inside, no redirect; in the clear to 127.0.0.1 where the
 * operator wrote so. One that was asked for meanwhile waits, the last one counts: only a keeper
 * that was replaced leaves an earlier one.
 * Threads: all of it from the loop; the thread begins with the first page. Tests:
 * tests/e2e/hub_feeds.py
 */
#pragma once

#include "app/hub_config.h"
#include "app/hub_out_wire.h"

struct yg_out_fetcher;

/* @config is borrowed. YG_OK, YG_ENOMEM, YG_EAGAIN. */
YG_MUST_USE int yg_out_fetcher_new(const struct yg_hub_config_out *config,
				   struct yg_out_fetcher **ret);
/* What is under way is broken off, within about a second. NULL is allowed. */
struct yg_out_fetcher *yg_out_fetcher_free(struct yg_out_fetcher *fetcher);

/* @tag comes back with the answer. YG_OK; YG_EFORMAT: no wish; a system error: no thread. */
YG_MUST_USE int yg_out_fetcher_start(struct yg_out_fetcher *fetcher, uint64_t tag,
				     struct yg_bytes wish);
/* Readable when there is an answer. */
int yg_out_fetcher_fd(const struct yg_out_fetcher *fetcher);
/* The next one; lives until the next call or start. NULL: none. */
const struct yg_fetch_answer *yg_out_fetcher_next(struct yg_out_fetcher *fetcher,
						  uint64_t *ret_tag);
