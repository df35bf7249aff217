/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that are answered later.
 *
 *   batch, drop record ──► waits for the disk ──► one sync for all of a round ──► receipts
 *   downlink ────────────► waits for a message, its time, or a change of the register that
 *                          shows its sensor out
 */
#include "app/hub-int.h"
#include "base/alloc.h"
#include "wire/message.h"

#include "base/ban.h"

struct yg_hub_waiter {
	struct yg_hub_waiter *next;
	struct yg_tls_call *call;
	bool is_for_disk;
	struct yg_wire_receipt receipt; /* for the disk */
	uint64_t after;			/* for a message */
	int64_t until_ns;
};

static bool add(struct yg_hub *hub, const struct yg_hub_waiter *waiter)
{
	struct yg_hub_waiter *copy = yg_malloc(sizeof(*copy));

	if (!copy)
		return false;
	*copy = *waiter;
	copy->next = hub->waiters;
	hub->waiters = copy;
	return true;
}

void yg_hub_wait_sync(struct yg_hub *hub, struct yg_tls_call *call,
		      const struct yg_wire_receipt *receipt)
{
	struct yg_hub_waiter waiter = {.call = call, .is_for_disk = true, .receipt = *receipt};

	if (!add(hub, &waiter))
		yg_hub_refuse(hub, call, YG_WIRE_BUSY, NULL); /* kept, but not told: sent again */
	else
		hub->is_syncing = true;
}

/* ---- messages ---- */

struct letter {
	struct yg_hub *hub;
	struct yg_tls_call *call;
	const struct yg_cert_peer *peer;
	uint32_t count;
};

static int add_message(void *arg, const struct yg_enrol_down *down)
{
	struct letter *letter = arg;
	struct yg_wire_down message = {
		.number = down->number, .time_ns = down->time_ns, .body = down->body};
	struct yg_buf *to = &letter->call->reply.body;

	/* The sensor's reader takes YG_WIRE_MESSAGE_MAX: the rest comes next time. */
	if (letter->count > 0 && to->size + 2 * down->body.size + 4096 > YG_WIRE_MESSAGE_MAX)
		return YG_EEND;
	memcpy(message.sensor, letter->peer->sensor, sizeof(message.sensor));
	memcpy(message.kind, down->kind, sizeof(message.kind));
	yg_buf_add_str(to, letter->count++ > 0 ? "," : "{\"v\":1,\"messages\":[");
	return yg_wire_down_write(&message, letter->hub->ca.seed, to);
}

/*
 * Answer @call when there are messages (or @is_over), or when its sensor is not welcome any more.
 * False: it goes on waiting.
 */
static bool try_down(struct yg_hub *hub, struct yg_tls_call *call, uint64_t after, bool is_over)
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
		yg_tls_answer(hub->tls, call);
	return true;
}

void yg_hub_wait_down(struct yg_hub *hub, struct yg_tls_call *call, uint64_t after, uint64_t wait_s)
{
	struct yg_hub_waiter waiter = {
		.call = call,
		.after = after,
		.until_ns = yg_hub_now(hub) + (int64_t)wait_s * YG_NS_PER_S,
	};

	if (try_down(hub, call, after, wait_s == 0))
		return;
	if (!add(hub, &waiter))
		yg_hub_refuse(hub, call, YG_WIRE_BUSY, NULL);
}

/* ---- rounds ---- */

static void answer_receipt(struct yg_hub *hub, struct yg_hub_waiter *waiter, int rc)
{
	if (rc != YG_OK) {
		yg_hub_refuse(hub, waiter->call, YG_WIRE_INTERNAL, NULL);
		return;
	}
	yg_wire_receipt_write(&waiter->receipt, &waiter->call->reply.body);
	yg_tls_answer(hub->tls, waiter->call);
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

int yg_hub_round(struct yg_hub *hub)
{
	struct yg_hub_waiter **at = &hub->waiters;
	int64_t now = yg_hub_now(hub);
	bool is_changed;
	bool is_tick = tick(hub, now, &is_changed);
	int rc = hub->is_syncing ? hub->keep->ops->sync(hub->keep) : YG_OK;

	if (!hub->is_syncing && !is_tick)
		return YG_OK;
	hub->is_syncing = false;
	while (*at) {
		struct yg_hub_waiter *waiter = *at;
		bool is_over = !waiter->is_for_disk && now >= waiter->until_ns;
		bool is_answered = waiter->is_for_disk;

		if (waiter->is_for_disk)
			answer_receipt(hub, waiter, rc);
		else if (is_over || is_changed)
			is_answered = try_down(hub, waiter->call, waiter->after, is_over);
		if (!is_answered) {
			at = &waiter->next;
			continue;
		}
		*at = waiter->next;
		free(waiter);
	}
	return rc;
}

int yg_hub_timeout_ms(const struct yg_hub *hub)
{
	if (hub->is_syncing)
		return 0;
	return hub->waiters ? YG_HUB_TICK_MS : -1;
}

void yg_hub_waiters_done(struct yg_hub *hub)
{
	while (hub->waiters) {
		struct yg_hub_waiter *waiter = hub->waiters;

		hub->waiters = waiter->next;
		free(waiter);
	}
}
