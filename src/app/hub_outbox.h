/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_outbox.h - keeper: what is to be sent, row by row (access/warnings.h), handed to out.
 *
 * A row is written down as begun before it is handed over and taken away in the transaction of its
 * receipt, so whatever ends in between, nothing is lost, and at most what was under way then is
 * sent once more, under the same name. Also reminders, overdue questions, and reports
 * that are due (hub_remind.h). In the loop's thread.
 */
#pragma once

#include <poll.h>

#include "access/warnings.h"
#include "app/hub_config.h"
#include "base/clock.h"
#include "base/tr.h"

struct yg_hub_outbox;
struct yg_hub_report; /* app/hub_report.h */

struct yg_hub_outbox_opts {
	struct yg_hub_access *hub; /* borrowed, as the rest */
	const struct yg_hub_config_out *config;
	const struct yg_hub_report *report; /* forms, for reminders */
	struct yg_clock clock;
};
struct yg_hub_outbox *yg_hub_outbox_new(const struct yg_hub_outbox_opts *opts); /* or NULL */
/* What is to be fetched goes the same way; @feeds is borrowed. */
struct yg_hub_feeds;
void yg_hub_outbox_feeds(struct yg_hub_outbox *box, struct yg_hub_feeds *feeds);
struct yg_hub_outbox *yg_hub_outbox_free(struct yg_hub_outbox *box);
/* Another end: what was under way is begun again. */
void yg_hub_outbox_take(struct yg_hub_outbox *box, int take_fd);
struct pollfd yg_hub_outbox_poll(const struct yg_hub_outbox *box);
/* YG_OK; YG_EFORMAT: out said what it must not, its end was closed. */
YG_MUST_USE int yg_hub_outbox_hear(struct yg_hub_outbox *box);
/* Once a round of the loop; looks at the store at most five times a second. */
void yg_hub_outbox_run(struct yg_hub_outbox *box);
