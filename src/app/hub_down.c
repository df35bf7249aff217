/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that are answered later.
 *
 *   batch, drop record ──► waits for the disk ──► one sync for a group ──► each its own outcome
 *   downlink ────────────► waits for a message, its time, or a change of the register that
 *                          shows its sensor out
 */
#include "app/hub-int.h"
#include "app/say.h"
#include "base/alloc.h"
#include "wire/message.h"

#include "base/ban.h"

#define FEW 8u /* waiters for the disk that are not worth waiting for more */

struct yg_hub_waiter {
	struct yg_hub_waiter *next;
	struct yg_hub_call *call;
	bool is_for_disk;
	uint64_t position;		/* for the disk, as are receipts */
	struct yg_wire_receipt receipt; /* for the disk */
	bool is_durable;
	bool is_signing; /* the receipt, by the signer; in hub->signing */
	uint64_t sign_id;
	struct yg_hub_waiter *sign_next;
	uint64_t after;	  /* for a message */
	int64_t until_ns; /* for a message; without a signature for a receipt */
};

/* A clock that is put back makes nobody wait longer. */
static int64_t steady_ns(void)
{
	return yg_clock_steady().now_ns(NULL);
}

/* NULL without memory. */
static struct yg_hub_waiter *add(struct yg_hub *hub, const struct yg_hub_waiter *waiter)
{
	struct yg_hub_waiter *copy = yg_malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *waiter;
	copy->next = hub->waiters;
	hub->waiters = copy;
	return copy;
}

/* ---- receipts and their signatures ---- */

static void begin_signing(struct yg_hub *hub, struct yg_hub_waiter *waiter, struct yg_bytes text)
{
	if (text.size == 0 ||
	    yg_signer_ask(&hub->signer, YG_SIGN_RECEIPT, text, &waiter->sign_id) != YG_OK)
		return; /* what is kept is kept without it too */
	waiter->is_signing = true;
	if (!hub->signing)
		hub->signing_end = &hub->signing;
	*hub->signing_end = waiter;
	hub->signing_end = &waiter->sign_next;
}

/* It is first in line in all but bad times. */
static void end_signing(struct yg_hub *hub, struct yg_hub_waiter *waiter)
{
	struct yg_hub_waiter **at = &hub->signing;

	if (!waiter->is_signing)
		return;
	while (*at != waiter)
		at = &(*at)->sign_next;
	*at = waiter->sign_next;
	if (hub->signing_end == &waiter->sign_next)
		hub->signing_end = at;
	waiter->sign_next = NULL;
	waiter->is_signing = false;
	hub->has_signed = true;
}

void yg_hub_take_signature(void *arg, uint64_t id, const uint8_t *signature)
{
	struct yg_hub *hub = arg;

	/* Answers come in order: those before it get none. One to nobody is late. */
	while (hub->signing && hub->signing->sign_id < id)
		end_signing(hub, hub->signing);
	if (!hub->signing || hub->signing->sign_id != id)
		return;
	if (signature) {
		memcpy(hub->signing->receipt.signature, signature, YG_SIGN_BYTES);
		hub->signing->receipt.is_signed = true;
	}
	end_signing(hub, hub->signing);
}

void yg_hub_signer_lost(struct yg_hub *hub)
{
	while (hub->signing)
		end_signing(hub, hub->signing);
}

static void answer_receipt(struct yg_hub *hub, struct yg_hub_call *call,
			   const struct yg_wire_receipt *receipt)
{
	yg_wire_receipt_write(receipt, &call->reply.body);
	yg_hub_answer(hub, call);
}

void yg_hub_wait_sync(struct yg_hub *hub, struct yg_hub_call *call, uint64_t position,
		      const struct yg_wire_receipt *receipt, struct yg_bytes to_sign)
{
	struct yg_hub_waiter one = {
		.call = call,
		.is_for_disk = true,
		.position = position,
		.receipt = *receipt,
		.is_durable = hub->keep->ops->outcome(hub->keep, position) == YG_OK,
		.until_ns = steady_ns() + YG_SIGNER_WAIT_MS * INT64_C(1000000),
	};
	struct yg_hub_waiter *waiter;

	if (one.is_durable && to_sign.size == 0) {
		answer_receipt(hub, call, receipt);
		return;
	}
	waiter = add(hub, &one);
	if (!waiter) {
		yg_hub_refuse(hub, call, YG_WIRE_BUSY, NULL); /* kept, but not told: sent again */
		return;
	}
	hub->for_disk++;
	begin_signing(hub, waiter, to_sign);
	hub->has_signed |= one.is_durable && !waiter->is_signing; /* nothing else would wake it */
}

/* ---- messages ---- */

struct letter {
	struct yg_hub *hub;
	struct yg_hub_call *call;
	const struct yg_cert_peer *peer;
	uint32_t count;
};

static int add_message(void *arg, const struct yg_enrol_down *down)
{
	struct letter *letter = arg;
	struct yg_wire_down message = {
		.number = down->number, .time_ns = down->time_ns, .body = down->body};
	struct yg_buf *to = &letter->call->reply.body;
	struct yg_buf *payload = &letter->hub->text;
	uint8_t signature[YG_SIGN_BYTES];
	int rc;

	/* The sensor's reader takes YG_WIRE_MESSAGE_MAX: the rest comes next time. */
	if (letter->count > 0 && to->size + 2 * down->body.size + 4096 > YG_WIRE_MESSAGE_MAX)
		return YG_EEND;
	memcpy(message.sensor, letter->peer->sensor, sizeof(message.sensor));
	memcpy(message.kind, down->kind, sizeof(message.kind));
	yg_buf_reset(payload);
	rc = yg_wire_down_payload(&message, payload);
	if (rc == YG_OK)
		rc = yg_signer_sign(&letter->hub->signer, YG_SIGN_DOWNLINK, yg_buf_bytes(payload),
				    signature);
	if (rc != YG_OK)
		return rc;
	yg_buf_add_str(to, letter->count++ > 0 ? "," : "{\"v\":1,\"messages\":[");
	return yg_wire_down_seal(yg_buf_bytes(payload), signature, to);
}

/*
 * Answer @call when there are messages (or @is_over), or when its sensor is not welcome any more.
 * False: it goes on waiting.
 */
static bool try_down(struct yg_hub *hub, struct yg_hub_call *call, uint64_t after, bool is_over)
{
	struct letter letter = {.hub = hub, .call = call};
	enum yg_wire_refusal refusal = yg_hub_peer(hub, call, &letter.peer);
	int rc;

	if (refusal != YG_WIRE_OK) {
		yg_hub_refuse(hub, call, refusal, NULL);
		return true;
	}
	rc = yg_enrol_down_list(hub->enrol, letter.peer->sensor, after, YG_WIRE_DOWN_MAX,
				add_message, &letter);
	if (rc == YG_EEND)
		rc = YG_OK;
	if (rc == YG_OK && letter.count == 0 && !is_over)
		return false;
	if (letter.count == 0)
		yg_buf_add_str(&call->reply.body, "{\"v\":1,\"messages\":[");
	yg_buf_add_str(&call->reply.body, "]}");
	if (rc != YG_OK)
		yg_hub_refuse(hub, call, YG_WIRE_BUSY, NULL);
	else
		yg_hub_answer(hub, call);
	return true;
}

void yg_hub_wait_down(struct yg_hub *hub, struct yg_hub_call *call, uint64_t after, uint64_t wait_s)
{
	struct yg_hub_waiter waiter = {
		.call = call,
		.after = after,
		.until_ns = steady_ns() + (int64_t)wait_s * YG_NS_PER_S,
	};

	if (try_down(hub, call, after, wait_s == 0))
		return;
	if (!add(hub, &waiter))
		yg_hub_refuse(hub, call, YG_WIRE_BUSY, NULL);
}

/* ---- rounds ---- */

/* How long the group may still collect; -1: nothing waits for the disk, or the disk is busy. */
static int group_ms(const struct yg_hub *hub)
{
	int due = yg_hub_sync_is_busy(hub->sync) ? -1 : hub->keep->ops->due_ms(hub->keep);

	return due > 0 && hub->for_disk <= FEW ? 0 : due;
}

/* Each failure is one of this group alone; what holds on is said once. */
static void say_synced(struct yg_hub *hub, int rc)
{
	if (rc != YG_OK && hub->journal_rc != rc)
		yg_say_hint(N_("what was acknowledged is kept; sensors keep the rest and send it "
			       "again. Make room, or look at the disk"),
			    N_("%s/journal: cannot be written: %s"),
			    yg_say_safe(yg_bytes_str(hub->data), 300), yg_say_tr(yg_err_text(rc)));
	else if (rc == YG_OK && hub->journal_rc != YG_OK)
		yg_say(N_("%s/journal: is being written again"),
		       yg_say_safe(yg_bytes_str(hub->data), 300));
	hub->journal_rc = rc;
}

/* False: it goes on waiting. */
static bool try_receipt(struct yg_hub *hub, struct yg_hub_waiter *waiter, int64_t now)
{
	int rc = waiter->is_durable ? YG_OK : hub->keep->ops->outcome(hub->keep, waiter->position);

	if (rc == YG_EAGAIN)
		return false;
	waiter->is_durable = rc == YG_OK;
	if (rc == YG_OK && waiter->is_signing && now < waiter->until_ns)
		return false;
	end_signing(hub, waiter);
	if (rc == YG_OK)
		answer_receipt(hub, waiter->call, &waiter->receipt);
	else
		yg_hub_refuse(hub, waiter->call, yg_hub_refusal_of(rc), NULL);
	hub->for_disk--;
	return true;
}

/* Is it time to look at the register? *ret_is_changed: something in it did change. */
static bool tick(struct yg_hub *hub, int64_t now, bool *ret_is_changed)
{
	uint64_t change = hub->change_seen;

	*ret_is_changed = false;
	if (now - hub->tick_ns < YG_HUB_TICK_MS * INT64_C(1000000) && now >= hub->tick_ns)
		return false;
	hub->tick_ns = now;
	/* When it cannot be read, each waiter is looked at, and told what is the matter. */
	*ret_is_changed =
		yg_enrol_change(hub->enrol, &change) != YG_OK || change != hub->change_seen;
	hub->change_seen = change;
	return true;
}

void yg_hub_round(struct yg_hub *hub)
{
	struct yg_hub_waiter **at = &hub->waiters;
	int64_t now = steady_ns();
	bool is_changed;
	bool is_tick = tick(hub, now, &is_changed);
	bool is_synced;
	int rc;

	if (hub->signer.pipe.fd < 0)
		yg_hub_signer_lost(hub);
	(void)yg_msg_flush(&hub->signer.pipe); /* it signs while the disk is waited for */
	is_synced = yg_hub_sync_end(hub->sync, &rc);
	if (is_synced)
		say_synced(hub, rc);
	if (group_ms(hub) == 0)
		yg_hub_sync_begin(hub->sync);
	if (!is_synced && !is_tick && !hub->has_signed)
		return;
	hub->has_signed = false;
	while (*at) {
		struct yg_hub_waiter *waiter = *at;
		bool is_over = !waiter->is_for_disk && now >= waiter->until_ns;
		bool is_answered = false;

		if (waiter->is_for_disk)
			is_answered = try_receipt(hub, waiter, now);
		else if (is_over || is_changed)
			is_answered = try_down(hub, waiter->call, waiter->after, is_over);
		if (!is_answered) {
			at = &waiter->next;
			continue;
		}
		*at = waiter->next;
		free(waiter);
	}
}

int yg_hub_timeout_ms(const struct yg_hub *hub)
{
	int group = group_ms(hub);

	if (hub->has_signed)
		return 0;
	if (!hub->waiters)
		return group;
	return group >= 0 && group < YG_HUB_TICK_MS ? group : YG_HUB_TICK_MS;
}

void yg_hub_waiters_done(struct yg_hub *hub)
{
	yg_hub_signer_lost(hub);
	while (hub->waiters) {
		struct yg_hub_waiter *waiter = hub->waiters;

		hub->waiters = waiter->next;
		free(waiter);
	}
	hub->for_disk = 0;
}
