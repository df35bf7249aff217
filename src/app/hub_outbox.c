/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_outbox.h"

#include "access/provisions.h"
#include "app/hub_feeds.h"
#include "app/hub_mail.h"
#include "app/hub_out_wire.h"
#include "app/hub_remind.h"
#include "app/post.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/json.h"
#include "render/notice.h"

#include "base/ban.h"

#define UNDER_WAY 8u /* rows that out has at once */
#define OF_A_KIND 6u /* of these mails, or webhooks: where one kind hangs, the other goes */
#define LOOK_NS	  (200 * 1000000LL)
#define FULL_NS                                                                                    \
	(2000 * 1000000LL) /* while one kind is full, and its rows are gone over in vain           \
			    */
#define TICK_LIMIT 200u
#define FLOW_NS	   (1000 * 1000000LL) /* between looks at what goes down the tree */

struct yg_hub_outbox {
	struct yg_hub_outbox_opts opts;
	struct yg_msg_pipe pipe;
	struct yg_hub_feeds *feeds; /* NULL: not yet */
	struct {
		struct yg_warn_out out;
		uint64_t id; /* 0: free */
	} rows[UNDER_WAY];
	uint64_t last_id;
	int64_t look_ns;
	bool is_full; /* of one kind */
	int64_t flow_ns;
	struct yg_hub_remind *remind;
	bool is_told; /* of an error of the store */
};

struct yg_hub_outbox *yg_hub_outbox_new(const struct yg_hub_outbox_opts *opts)
{
	struct yg_hub_outbox *box = yg_calloc(1, sizeof(*box));

	if (!box)
		return NULL;
	box->opts = *opts;
	box->remind = yg_hub_remind_new(opts->hub, opts->report);
	if (!box->remind) {
		free(box);
		return NULL;
	}
	yg_msg_pipe_init(&box->pipe, YG_OUT_ANY_MAX, YG_OUT_QUEUE_MAX);
	return box;
}

void yg_hub_outbox_feeds(struct yg_hub_outbox *box, struct yg_hub_feeds *feeds)
{
	box->feeds = feeds;
}

static void forget_all(struct yg_hub_outbox *box)
{
	for (unsigned i = 0; i < UNDER_WAY; i++) {
		if (box->rows[i].id)
			yg_warn_out_done_with(&box->rows[i].out);
		box->rows[i].id = 0;
	}
	if (box->feeds)
		yg_hub_feeds_lost(box->feeds);
}

struct yg_hub_outbox *yg_hub_outbox_free(struct yg_hub_outbox *box)
{
	if (!box)
		return NULL;
	forget_all(box);
	box->remind = yg_hub_remind_free(box->remind);
	yg_msg_pipe_close(&box->pipe);
	free(box);
	return NULL;
}

void yg_hub_outbox_take(struct yg_hub_outbox *box, int take_fd)
{
	forget_all(box);
	yg_msg_pipe_open(&box->pipe, take_fd);
	box->look_ns = 0;
}

struct pollfd yg_hub_outbox_poll(const struct yg_hub_outbox *box)
{
	bool is_written = box->pipe.sent < box->pipe.out.size;

	return (struct pollfd){.fd = box->pipe.fd,
			       .events = (short)(POLLIN | (is_written ? POLLOUT : 0))};
}

static int64_t now_ns(const struct yg_hub_outbox *box)
{
	return box->opts.clock.now_ns(box->opts.clock.arg);
}

static void say_error(struct yg_hub_outbox *box, int rc)
{
	if (!box->is_told)
		yg_say(N_("warnings wait to be sent: %s"), yg_say_tr(yg_err_text(rc)));
	box->is_told = true;
}

/* ---- what came of it ---- */

static int hear_done(struct yg_hub_outbox *box, const struct yg_msg *message)
{
	char words[YG_OUT_WORDS_MAX + 1];
	enum yg_warn_sent how;
	unsigned i = 0;
	int rc;

	if (message->kind == YG_OUT_FETCHED && box->feeds)
		return yg_hub_feeds_hear(box->feeds, message);
	while (i < UNDER_WAY && (box->rows[i].id == 0 || box->rows[i].id != message->id))
		i++;
	if (message->kind != YG_OUT_DONE || i == UNDER_WAY ||
	    yg_out_done_read(message->body, &how, words) != YG_OK)
		return YG_EFORMAT;
	rc = yg_warn_out_done(box->opts.hub, &box->rows[i].out, how, words, now_ns(box));
	if (rc != YG_OK)
		say_error(box, rc); /* the row stays, and is begun again */
	yg_warn_out_done_with(&box->rows[i].out);
	box->rows[i].id = 0;
	box->look_ns = 0; /* at once: there is room again */
	return YG_OK;
}

int yg_hub_outbox_hear(struct yg_hub_outbox *box)
{
	struct yg_msg message;
	int rc = yg_msg_fill(&box->pipe);

	while (rc == YG_OK && (rc = yg_msg_next(&box->pipe, &message)) == YG_OK)
		rc = hear_done(box, &message);
	if (rc == YG_EAGAIN)
		return YG_OK;
	forget_all(box);
	yg_msg_pipe_close(&box->pipe);
	return rc == YG_EPIPE ? YG_OK : rc;
}

/* ---- what goes out ---- */

static bool is_hook(const char *channel)
{
	return strcmp(channel, "webhook") == 0;
}

/* @key: TIME/ID-CHANNEL */
static bool is_free(void *arg, const char *key)
{
	struct yg_hub_outbox *box = arg;
	const char *dash = strrchr(key, '-');
	bool is_of_hooks = dash && is_hook(dash + 1);
	unsigned alike = 0;

	for (unsigned i = 0; i < UNDER_WAY; i++) {
		if (!box->rows[i].id)
			continue;
		if (strcmp(box->rows[i].out.key, key) == 0)
			return false;
		alike += is_hook(box->rows[i].out.channel) == is_of_hooks;
	}
	box->is_full = box->is_full || alike >= OF_A_KIND;
	return alike < OF_A_KIND;
}

static int write_mail(const struct yg_hub_outbox *box, const struct yg_warn_out *out,
		      const char *name, struct yg_buf *body)
{
	const struct yg_hub_mail mail = {
		.from = box->opts.config->mail_from ? box->opts.config->mail_from
						    : "yagura@localhost",
		.to = out->to,
		.id = name,
		.code = out->code,
		.time_ns = now_ns(box),
		.lang = strcmp(out->lang, "en") == 0 ? YG_LANG_EN : YG_LANG_JA,
		.is_both = out->lang[0] == '\0'};

	const struct yg_reminder_words words = {out->number, out->day, out->step};

	if (out->org[0])
		return yg_hub_mail_reminder(&mail, &words, body);
	return out->copy ? yg_hub_mail_write(&mail, out->copy, body)
			 : yg_hub_mail_question(&mail, out->number, out->due_ns, body);
}

static int hand_over(struct yg_hub_outbox *box, const struct yg_warn_out *out, uint64_t id)
{
	bool is_of_hooks = is_hook(out->channel);
	struct yg_out_wish wish = {.to = ""};
	struct yg_buf body;
	int rc;

	yg_buf_init(&body, YG_OUT_BODY_MAX / 2);
	(void)snprintf(wish.to, sizeof(wish.to), "%s", out->to); /* the same room */
	(void)snprintf(wish.key, sizeof(wish.key), "%s-%s", out->id, out->channel); /* short */
	rc = is_of_hooks ? yg_json_canonical(out->copy, &body)
			 : write_mail(box, out, wish.key, &body);
	wish.body = yg_buf_bytes(&body);
	if (rc == YG_OK && is_of_hooks)
		rc = yg_post_sign(yg_bytes_str(out->secret), now_ns(box), wish.body,
				  wish.signature);
	if (rc == YG_OK)
		rc = yg_out_wish_put(&box->pipe, is_of_hooks ? YG_OUT_HOOK : YG_OUT_MAIL, id,
				     &wish);
	yg_buf_done(&body);
	return rc;
}

/* YG_OK: one more is under way; YG_ENOENT: nothing is due, or there is no room. */
static int begin_one(struct yg_hub_outbox *box)
{
	struct yg_warn_out out;
	unsigned i = 0;
	int rc;

	while (i < UNDER_WAY && box->rows[i].id)
		i++;
	if (i == UNDER_WAY)
		return YG_ENOENT;
	rc = yg_warn_out_next(box->opts.hub, now_ns(box), is_free, box, &out);
	if (rc != YG_OK)
		return rc;
	rc = hand_over(box, &out, ++box->last_id);
	if (rc == YG_EINVAL || rc == YG_EFORMAT || rc == YG_ELIMIT) {
		/* No address, or nothing that could be sent: that is its end. */
		rc = yg_warn_out_done(box->opts.hub, &out, YG_WARN_BOUNCED, "not an address",
				      now_ns(box));
		yg_warn_out_done_with(&out);
		return rc;
	}
	if (rc != YG_OK) {
		yg_warn_out_done_with(&out);
		return rc;
	}
	box->rows[i].out = out;
	box->rows[i].id = box->last_id;
	return YG_OK;
}

static bool is_set_up(const struct yg_hub_outbox *box)
{
	return box->opts.config->mail_server || box->opts.config->webhooks;
}

void yg_hub_outbox_run(struct yg_hub_outbox *box)
{
	int64_t now = now_ns(box);
	uint32_t count;
	int rc;

	if (box->feeds)
		yg_hub_feeds_run(box->feeds, &box->pipe);
	(void)yg_msg_flush(&box->pipe); /* what cannot be written shows when it is read */
	if (now - box->look_ns < (box->is_full ? FULL_NS : LOOK_NS) && now >= box->look_ns)
		return;
	box->look_ns = now;
	box->is_full = false;
	rc = yg_warn_tick(box->opts.hub, now, TICK_LIMIT, &count);
	if (rc == YG_OK && (now - box->flow_ns >= FLOW_NS || now < box->flow_ns)) {
		box->flow_ns = now;
		rc = yg_provision_tick(box->opts.hub, now);
	}
	while (rc == YG_OK && box->pipe.fd >= 0 && is_set_up(box))
		rc = begin_one(box);
	if (rc == YG_OK || rc == YG_ENOENT)
		rc = yg_hub_remind_run(box->remind, now); /* what it puts there goes next time */
	(void)yg_msg_flush(&box->pipe);			  /* as above */
	if (rc == YG_OK || rc == YG_ENOENT)
		box->is_told = false;
	else
		say_error(box, rc);
}
