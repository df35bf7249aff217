/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out: the one process of the hub that connects to the world. It has the network and no data: what
 * it sends (app/post.h) comes from the keeper, a few things at once, and it says how each ended;
 * what it fetches of feeds (app/hub_out_fetch.h) it hands on unread.
 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <poll.h>

#include "app/hub-int.h"
#include "app/hub_out_fetch.h"
#include "app/hub_out_wire.h"
#include "app/post.h"
#include "app/process.h"

#include "base/ban.h"

#define CONNECT_MS 5000L
#define TIMEOUT_MS 15000L
/* More than a keeper has under way: what one asked for that was killed ends beside that. */
#define AT_ONCE 36u
#define WAIT_MS 50 /* between looks at the keeper while something is under way */

struct out {
	const struct yg_hub_config_out *config;
	struct yg_post *post;
	struct yg_out_fetcher *fetchers[YG_OUT_FETCHES];
	struct yg_msg_pipe keeper;
	uint8_t keeper_number; /* counts them: ids are each one's own */
	unsigned under_way;
};

/* ---- sending ---- */

/* What comes of it for the queue: only what the other side refused for good is not tried again. */
static enum yg_warn_sent how_of(bool is_mail, const struct yg_post_end *end)
{
	if (end->cause == YG_POST_TAKEN)
		return YG_WARN_SENT;
	if (is_mail)
		return end->status >= 500 && end->status < 600 ? YG_WARN_BOUNCED : YG_WARN_LATER;
	return end->cause == YG_POST_INSIDE || end->cause == YG_POST_BOUNCED ? YG_WARN_BOUNCED
									     : YG_WARN_LATER;
}

/* Which of which keeper, and of which kind, as the letter's tag. */
static uint64_t tag_of(const struct out *out, uint64_t id, bool is_mail)
{
	return (uint64_t)out->keeper_number << 56 | (id << 1 & ((UINT64_C(1) << 56) - 1)) |
	       (uint64_t)is_mail;
}

/* Of a feed: in a thread of its own, so that nothing that is sent waits for it, nor for another. */
static int take_fetch(struct out *out, const struct yg_msg *message)
{
	struct yg_fetch_answer none = {.how = YG_FETCH_UNREACHABLE};
	int rc = yg_out_fetcher_start(out->fetchers[message->id % YG_OUT_FETCHES],
				      tag_of(out, message->id, false), message->body);

	if (rc == YG_OK || rc == YG_EFORMAT)
		return rc;
	(void)snprintf(none.words, sizeof(none.words), "%s", yg_err_text(rc)); /* short */
	return yg_out_fetched_put(&out->keeper, message->id, &none);
}

static int take_one(struct out *out, const struct yg_msg *message)
{
	bool is_mail = message->kind == YG_OUT_MAIL;
	struct yg_post_letter letter = {.kind = is_mail ? YG_POST_MAIL : YG_POST_HOOK};
	struct yg_out_wish wish;
	int rc;

	if (message->kind == YG_OUT_FETCH)
		return take_fetch(out, message);
	if ((!is_mail && message->kind != YG_OUT_HOOK) ||
	    yg_out_wish_read(message->body, &wish) != YG_OK)
		return YG_EFORMAT;
	if (is_mail ? !out->config->mail_server : !out->config->webhooks)
		return yg_out_done_put(&out->keeper, message->id, YG_WARN_LATER, "not set up");
	if (!yg_post_has_room(out->post))
		return yg_out_done_put(&out->keeper, message->id, YG_WARN_LATER, "busy");
	letter.to = wish.to;
	letter.key = wish.key;
	letter.signature = wish.signature;
	letter.body = wish.body;
	rc = yg_post_start(out->post, &letter, tag_of(out, message->id, is_mail));
	out->under_way += rc == YG_OK;
	if (rc == YG_OK)
		return YG_OK;
	return yg_out_done_put(&out->keeper, message->id, YG_WARN_LATER, yg_err_text(rc));
}

static int tell_fetched(struct out *out, struct yg_out_fetcher *fetcher)
{
	const struct yg_fetch_answer *answer;
	uint64_t tag;

	answer = yg_out_fetcher_next(fetcher, &tag);
	if (!answer || tag >> 56 != out->keeper_number)
		return YG_OK;
	return yg_out_fetched_put(&out->keeper, (tag & ((UINT64_C(1) << 56) - 1)) >> 1, answer);
}

/* What an earlier keeper asked for is told to nobody: who asked knows that it began. */
static int tell_ended(struct out *out)
{
	struct yg_post_end end;
	uint64_t tag;
	int rc = YG_OK;

	while (yg_post_next(out->post, &tag, &end)) {
		out->under_way--;
		if (tag >> 56 == out->keeper_number && rc == YG_OK)
			rc = yg_out_done_put(&out->keeper, (tag & ((UINT64_C(1) << 56) - 1)) >> 1,
					     how_of(tag & 1, &end), end.words);
	}
	return rc;
}

/* ---- its life ---- */

static void drop_keeper(struct out *out)
{
	out->keeper_number++;
	yg_msg_pipe_close(&out->keeper); /* a new one comes */
}

static void tell_all(struct out *out)
{
	int rc = tell_ended(out);

	for (unsigned i = 0; rc == YG_OK && i < YG_OUT_FETCHES; i++)
		rc = tell_fetched(out, out->fetchers[i]);
	if (rc != YG_OK)
		drop_keeper(out);
}

static void hear(struct out *out)
{
	struct yg_msg message;
	int rc = yg_msg_fill(&out->keeper);

	while (rc == YG_OK && (rc = yg_msg_next(&out->keeper, &message)) == YG_OK)
		rc = take_one(out, &message);
	if (rc != YG_EAGAIN)
		drop_keeper(out);
}

static int live(struct out *out, int control)
{
	int rc = yg_process_say_ready(control);

	while (rc == YG_OK || rc == YG_EAGAIN) {
		bool is_full = yg_msg_flush(&out->keeper) == YG_EAGAIN;
		struct pollfd fds[2 + YG_OUT_FETCHES] = {
			{.fd = control, .events = POLLIN},
			{.fd = out->keeper.fd, .events = is_full ? POLLOUT : POLLIN}};
		unsigned peer;
		int fd;

		for (unsigned i = 0; i < YG_OUT_FETCHES; i++)
			fds[2 + i] = (struct pollfd){.fd = yg_out_fetcher_fd(out->fetchers[i]),
						     .events = POLLIN};
		if (poll(fds, 2 + YG_OUT_FETCHES, out->under_way > 0 ? 0 : -1) < 0 &&
		    errno != EINTR)
			return YG_EIO;
		if (fds[0].revents) {
			rc = yg_process_next_link(control, &peer, &fd);
			if (rc == YG_OK) {
				out->keeper_number++;
				yg_msg_pipe_open(&out->keeper, fd);
			}
		} else if (fds[1].revents && !is_full) {
			hear(out);
		}
		if (out->under_way > 0 && yg_post_wait(out->post, WAIT_MS) != YG_OK)
			return YG_EIO;
		tell_all(out);
	}
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_hub_out_live(void *arg, int control, unsigned index)
{
	const struct yg_hub_settings *settings = arg;
	struct out out = {.config = &settings->out};
	const struct yg_post_opts opts = {.config = out.config,
					  .at_once = AT_ONCE,
					  .connect_ms = CONNECT_MS,
					  .timeout_ms = TIMEOUT_MS};
	int rc;

	(void)index;
	yg_hub_forget_link(arg);
	yg_msg_pipe_init(&out.keeper, YG_OUT_ANY_MAX, YG_OUT_QUEUE_MAX);
	rc = yg_post_new(&opts, &out.post);
	for (unsigned i = 0; rc == YG_OK && i < YG_OUT_FETCHES; i++)
		rc = yg_out_fetcher_new(out.config, &out.fetchers[i]);
	yg_wall_also(out.config->feeds);
	if (rc == YG_OK && yg_wall_enter(YG_WALL_OUT, out.config->authorities) != YG_OK)
		rc = yg_hub_say_path(settings->data, "", YG_EUNSUPPORTED);
	if (rc == YG_OK)
		rc = live(&out, control);
	for (unsigned i = 0; i < YG_OUT_FETCHES; i++)
		out.fetchers[i] = yg_out_fetcher_free(out.fetchers[i]);
	out.post = yg_post_free(out.post);
	yg_msg_pipe_close(&out.keeper);
	return rc;
}
