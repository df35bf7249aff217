/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_readers.h - threads of the keeper that answer what people and programs only read, so that
 * its loop goes on with batches meanwhile.
 *
 *   loop: admit ─► give ─► [ a reader: view ─► access ─► handler ─► reply ] ─► take ─► answer
 *
 * Who owns what:
 *   - the loop's alone: pipes, calls by place, rates, idempotency, streams, jobs, everything that
 *     writes to the register, and its own connections.
 *   - a reader's alone: its connections to hub.db (for reading, access/api.h), facts.db and
 *     situations.db, the access layer, the operations and the heartbeats on them.
 *   - a call: the loop's until it is given, the reader's until it is taken, but for `is_left`. The
 *     lock of the queue hands it over in both directions, and with it all it points to.
 *   - shared: what never changes once readers run (settings, clock, rules of warnings, tables).
 *
 * What a reader sees of the register is one moment (a view), begun after the loop let the call in:
 * a person's next reading sees what was answered to him before. The number of the register's last
 * change has to be the same before the call was let in, where it was read, and when the loop takes
 * it; else it is let in and read once more, so that no answer leaves that rests on a role, a
 * session or a mandate that was over before. Whatever turns out to write is refused by the store,
 * and done by the loop.
 * Tests: tests/unit/app/test_hub_readers.c, which is to be run with ThreadSanitizer too
 */
#pragma once

#include "base/err.h"

#define YG_HUB_READERS 2u

struct yg_hub_ask;
struct yg_hub_http;
struct yg_hub_readers;

/* On the files of @http, which has started, and is borrowed. Errors as those of opening. */
YG_MUST_USE int yg_hub_readers_start(const struct yg_hub_http *http, struct yg_hub_readers **ret);
/* Ended, and no call is with them: all that are left can be taken. */
void yg_hub_readers_stop(struct yg_hub_readers *readers);
/* Stops too; what was not taken before is not freed. NULL is allowed; always returns NULL. */
struct yg_hub_readers *yg_hub_readers_free(struct yg_hub_readers *readers);

/* Readable when there is something to take. */
int yg_hub_readers_fd(const struct yg_hub_readers *readers);
/* A call that was let in, and has a route of yg_hub_api_reads(). From the loop, as the next. */
void yg_hub_readers_give(struct yg_hub_readers *readers, struct yg_hub_ask *ask);
/* Those that came back, by `next`, in the order in which they did; NULL: none. */
struct yg_hub_ask *yg_hub_readers_take(struct yg_hub_readers *readers);
