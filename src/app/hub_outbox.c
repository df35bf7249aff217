/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_outbox.h"

#include <strings.h>

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

/*
 * What out has at once. Mails and webhooks have room of their own: where one kind hangs, the other
 * goes. And of the webhooks' room one host gets a part alone: where one hangs, the others' go.
 */
#define OF_A_KIND     6u
#define UNDER_WAY     (2u * OF_A_KIND)
#define HOOKS_OF_HOST 2u
#define LOOK_NS	      (200 * 1000000LL)
#define TICK_LIMIT    200u
#define FLOW_NS	      (1000 * 1000000LL) /* between looks at what goes down the tree */

/* Mails, or webhooks. */
struct lane {
	struct yg_hub_outbox *box;
	struct yg_warn_turn turn;
	unsigned under_way;
	bool is_full;  /* a row was passed by: it may go when something else has ended */
	bool is_ended; /* the round is over: the next one begins with the next look */
};

struct yg_hub_outbox {
	struct yg_hub_outbox_opts opts;
	struct yg_msg_pipe pipe;
	struct yg_hub_feeds *feeds; /* NULL: not yet */
	struct {
		struct yg_warn_out out;
		uint64_t id; /* 0: free */
	} rows[UNDER_WAY];
	struct lane lanes[2];
	uint64_t last_id;
	int64_t look_ns;
	bool has_ended; /* something did: there is room again */
	int64_t flow_ns;
	struct yg_hub_remind *remind;
	bool is_told; /* of an error of the store */
};

static bool is_hook(const char *channel)
{
	return strcmp(channel, "webhook") == 0;
}

/* Not what is under way. */
static bool is_free(void *arg, const char *key)
{
	const struct lane *lane = arg;

	for (unsigned i = 0; i < UNDER_WAY; i++)
		if (lane->box->rows[i].id && strcmp(lane->box->rows[i].out.key, key) == 0)
			return false;
	return true;
}

/* What of a URL says whose program it is: its host, whatever the port. */
static struct yg_bytes host_of(const char *url)
{
	const char *host = strstr(url, "://");
	size_t size;

	host = host ? host + 3 : url;
	size = host[0] == '[' ? strcspn(host, "]") : strcspn(host, ":/?#");
	while (size > 0 && host[size - 1] == '.')
		size--; /* of the root */
	return (struct yg_bytes){(const uint8_t *)host, size};
}

static bool has_room(void *arg, const struct yg_warn_out *out)
{
	struct lane *lane = arg;
	struct yg_bytes host = host_of(out->to);
	unsigned alike = 0;

	for (unsigned i = 0; i < UNDER_WAY; i++) {
		const struct yg_warn_out *other = &lane->box->rows[i].out;
		struct yg_bytes others;

		if (!lane->box->rows[i].id || !is_hook(other->channel))
			continue;
		others = host_of(other->to);
		alike += others.size == host.size &&
			 strncasecmp((const char *)others.data, (const char *)host.data,
				     host.size) == 0;
	}
	lane->is_full = lane->is_full || alike >= HOOKS_OF_HOST;
	return alike < HOOKS_OF_HOST;
}

static struct lane *lane_of(struct yg_hub_outbox *box, const struct yg_warn_out *out)
{
	return &box->lanes[is_hook(out->channel)];
}

static void begin_lane(struct yg_hub_outbox *box, bool is_hooks)
{
	struct lane *lane = &box->lanes[is_hooks];

	*lane = (struct lane){.box = box};
	lane->turn = (struct yg_warn_turn){.is_hooks = is_hooks,
					   .is_free = is_free,
					   .has_room = is_hooks ? has_room : NULL,
					   .arg = lane};
}

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
	begin_lane(box, false);
	begin_lane(box, true);
	yg_msg_pipe_init(&box->pipe, YG_OUT_ANY_MAX, YG_OUT_QUEUE_MAX);
	return box;
}

void yg_hub_outbox_feeds(struct yg_hub_outbox *box, struct yg_hub_feeds *feeds)
{
	box->feeds = feeds;
}

/* What was under way is found again by new rounds. */
static void forget_all(struct yg_hub_outbox *box)
{
	for (unsigned i = 0; i < UNDER_WAY; i++) {
		if (box->rows[i].id)
			yg_warn_out_done_with(&box->rows[i].out);
		box->rows[i].id = 0;
	}
	begin_lane(box, false);
	begin_lane(box, true);
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

/* There is room again: what waits for that alone goes at once. */
static void end_row(struct yg_hub_outbox *box, unsigned i)
{
	struct lane *lane = lane_of(box, &box->rows[i].out);

	yg_warn_out_done_with(&box->rows[i].out);
	box->rows[i].id = 0;
	lane->under_way--;
	lane->is_ended = lane->is_ended && !lane->is_full;
	lane->is_full = false;
	box->has_ended = true;
}

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
	end_row(box, i);
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
		.zone = yg_hub_zone_of(box->opts.hub),
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

static unsigned free_row(const struct yg_hub_outbox *box)
{
	unsigned i = 0;

	while (i < UNDER_WAY && box->rows[i].id)
		i++;
	return i;
}

/* YG_OK: one more is under way; YG_ENOENT, YG_EAGAIN: as yg_warn_out_next(). */
static int begin_one(struct yg_hub_outbox *box, struct lane *lane)
{
	struct yg_warn_out out;
	unsigned i = free_row(box);
	int rc;

	rc = yg_warn_out_next(box->opts.hub, now_ns(box), &lane->turn, &out);
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
	lane->under_way++;
	return YG_OK;
}

/* As many as there is room for; both kinds' room together is that of all rows. */
static int begin_lane_rows(struct yg_hub_outbox *box, struct lane *lane)
{
	int rc = YG_OK;

	while (rc == YG_OK && !lane->is_ended && lane->under_way < OF_A_KIND)
		rc = begin_one(box, lane);
	lane->is_ended = lane->is_ended || rc == YG_ENOENT;
	return rc == YG_ENOENT || rc == YG_EAGAIN ? YG_OK : rc;
}

static bool is_set_up(const struct yg_hub_outbox *box)
{
	return box->opts.config->mail_server || box->opts.config->webhooks;
}

static int begin_rows(struct yg_hub_outbox *box)
{
	int rc = YG_OK;

	box->has_ended = false;
	for (unsigned i = 0; i < 2 && rc == YG_OK && box->pipe.fd >= 0 && is_set_up(box); i++)
		rc = begin_lane_rows(box, &box->lanes[i]);
	return rc;
}

/* The timers: what has become due since is put into the queue. */
static int look(struct yg_hub_outbox *box, int64_t now)
{
	uint32_t count;
	int rc = yg_warn_tick(box->opts.hub, now, TICK_LIMIT, &count);

	box->look_ns = now;
	box->lanes[0].is_ended = box->lanes[1].is_ended = false;
	if (rc == YG_OK && (now - box->flow_ns >= FLOW_NS || now < box->flow_ns)) {
		box->flow_ns = now;
		rc = yg_provision_tick(box->opts.hub, now);
	}
	return rc;
}

void yg_hub_outbox_run(struct yg_hub_outbox *box)
{
	int64_t now = now_ns(box);
	bool is_time = now - box->look_ns >= LOOK_NS || now < box->look_ns;
	int rc = YG_OK;

	if (box->feeds)
		yg_hub_feeds_run(box->feeds, &box->pipe);
	(void)yg_msg_flush(&box->pipe); /* what cannot be written shows when it is read */
	if (!is_time && !box->has_ended)
		return;
	if (is_time)
		rc = look(box, now);
	if (rc == YG_OK)
		rc = begin_rows(box);
	if (rc == YG_OK && is_time)
		rc = yg_hub_remind_run(box->remind, now); /* what it puts there goes next time */
	(void)yg_msg_flush(&box->pipe);			  /* as above */
	if (rc == YG_OK)
		box->is_told = false;
	else
		say_error(box, rc);
}
