/* SPDX-License-Identifier: Apache-2.0 */
/* The sending of a drill or provision: who is next gets a letter; what came of it is noted. */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <signal.h>

#include "app/share_drill.h"
#include "base/crypt.h"
#include "base/json.h"
#include "model/day.h"

#include "base/ban.h"

#define WAIT_MS 200
#define JAPAN_S (9 * 3600)
#define NUMBERS 100000000u /* of eight digits */

static volatile sig_atomic_t is_asked_to_stop;

static void stop(int signal_number)
{
	(void)signal_number;
	is_asked_to_stop = 1;
}

/* What is under way may end; a second signal ends the program. */
static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = stop, .sa_flags = (int)SA_RESETHAND};

	(void)sigaction(SIGINT, &action, NULL); /* valid signals: it cannot fail */
	(void)sigaction(SIGTERM, &action, NULL);
}

static int64_t now_ns(struct yg_clock clock)
{
	return clock.now_ns(clock.arg);
}

void yg_share_drill_numbers(struct yg_share_drill *run)
{
	char day[YG_DAY_SIZE];
	uint8_t bytes[4];

	yg_day_write(yg_day_of_time(run->began_ns, JAPAN_S), day);
	yg_random(bytes, sizeof(bytes));
	if (!run->notice)
		(void)snprintf(run->number, sizeof(run->number), "D-%.10s-%02x%02x%02x%02x", day,
			       bytes[0], bytes[1], bytes[2], bytes[3]); /* it fits */
	for (uint32_t i = 0; i < run->tree.count; i++) {
		yg_random(bytes, sizeof(bytes));
		memcpy(&run->nodes[i].number, bytes, sizeof(bytes));
		run->nodes[i].number %= NUMBERS;
	}
}

static void settle(struct yg_share_drill *run, uint32_t node, enum yg_drill_result result,
		   const char *words)
{
	struct yg_share_drill_node *known = &run->nodes[node];
	int64_t took_ns = now_ns(run->steady) - known->begun_ns;

	known->took_ms = took_ns > 0 ? (uint32_t)(took_ns / 1000000) : 0;
	known->words = words[0] ? yg_arena_str(run->arena, yg_bytes_str(words)) : NULL;
	yg_drill_done(run->drill, node, result);
}

static enum yg_drill_result result_of(enum yg_post_cause cause)
{
	static const enum yg_drill_result results[] = {
		[YG_POST_TAKEN] = YG_DRILL_CONFIRMED, [YG_POST_BOUNCED] = YG_DRILL_BOUNCED,
		[YG_POST_LATER] = YG_DRILL_BUSY,      [YG_POST_NO_HOST] = YG_DRILL_NO_HOST,
		[YG_POST_REFUSED] = YG_DRILL_REFUSED, [YG_POST_TIMEOUT] = YG_DRILL_TIMEOUT,
		[YG_POST_TLS] = YG_DRILL_TLS,	      [YG_POST_INSIDE] = YG_DRILL_INSIDE,
		[YG_POST_BROKEN] = YG_DRILL_BROKEN,   [YG_POST_OTHER] = YG_DRILL_OTHER,
	};

	return results[cause];
}

/* {"confirmed":"KEY"}: the program behind the webhook read what it got. */
static bool is_answer(const struct yg_share_drill *run, uint32_t node, struct yg_bytes answer)
{
	char key[YG_SHARE_DRILL_KEY_MAX];
	struct yg_fault fault;
	json_t *tree = NULL;
	bool is_it;

	if (yg_json_load(answer, YG_POST_ANSWER_MAX, &tree, &fault) != YG_OK)
		return false;
	yg_share_drill_key(run, node, key);
	is_it = yg_bytes_eq(yg_json_text(tree, "confirmed"), yg_bytes_str(key));
	json_decref(tree);
	return is_it;
}

static int begin(struct yg_share_drill *run, struct yg_post *post, uint32_t at)
{
	const struct yg_tree_node *node = &run->tree.nodes[at];
	bool is_mail = node->channel == YG_TREE_MAIL;
	char to[YG_TREE_ADDRESS_MAX + 1];
	char server[YG_TREE_ADDRESS_MAX + 1];
	char key[YG_SHARE_DRILL_KEY_MAX];
	char signature[YG_POST_SIGNATURE_MAX] = "";
	struct yg_post_letter letter = {.kind = is_mail ? YG_POST_MAIL : YG_POST_HOOK,
					.to = to,
					.server = node->server.size ? server : NULL,
					.key = key,
					.signature = signature};
	struct yg_buf body;
	int rc;

	yg_buf_init(&body, YG_POST_BODY_MAX);
	run->nodes[at].begun_ns = now_ns(run->steady);
	(void)snprintf(to, sizeof(to), "%.*s", YG_FMT(is_mail ? node->mailbox : node->address));
	(void)snprintf(server, sizeof(server), "%.*s", YG_FMT(node->server)); /* as checked */
	yg_share_drill_key(run, at, key);
	rc = yg_share_drill_letter(run, at, &body);
	letter.body = yg_buf_bytes(&body);
	if (rc == YG_OK && node->secret.size > 0)
		rc = yg_post_sign(node->secret, now_ns(run->clock), letter.body, signature);
	if (rc == YG_OK)
		rc = yg_post_start(post, &letter, at);
	yg_buf_done(&body);
	if (rc == YG_OK)
		return rc;
	settle(run, at, YG_DRILL_OTHER, yg_err_text(rc));
	return rc == YG_ENOMEM ? rc : YG_OK;
}

/* One round. YG_EEND: nothing is under way, and nothing is due. */
static int go_on(struct yg_share_drill *run, struct yg_post *post, uint32_t *under_way)
{
	struct yg_post_end end;
	uint64_t tag;
	uint32_t node;
	int rc = YG_OK;

	if (is_asked_to_stop && !yg_drill_is_over(run->drill))
		yg_drill_stop(run->drill);
	while (rc == YG_OK && yg_post_has_room(post) &&
	       (node = yg_drill_next(run->drill)) != YG_TREE_NONE) {
		rc = begin(run, post, node);
		*under_way += yg_drill_result_of(run->drill, node) == YG_DRILL_WAITS;
	}
	if (rc != YG_OK || *under_way == 0)
		return rc == YG_OK ? YG_EEND : rc;
	rc = yg_post_wait(post, WAIT_MS);
	while (rc == YG_OK && yg_post_next(post, &tag, &end)) {
		node = (uint32_t)tag;
		run->nodes[node].is_answered = end.cause == YG_POST_TAKEN &&
					       run->tree.nodes[node].channel == YG_TREE_WEBHOOK &&
					       is_answer(run, node, end.answer);
		settle(run, node, result_of(end.cause), end.words);
		(*under_way)--;
	}
	return rc;
}

int yg_share_drill_send(struct yg_share_drill *run)
{
	const struct yg_post_opts opts = {.config = &run->out,
					  .at_once = run->at_once,
					  .connect_ms = (long)run->timeout_s * 1000,
					  .timeout_ms = (long)run->timeout_s * 1000,
					  .is_single = true};
	struct yg_post *post = NULL;
	uint32_t under_way = 0;
	int rc = yg_post_new(&opts, &post);

	catch_signals();
	while (rc == YG_OK)
		rc = go_on(run, post, &under_way);
	post = yg_post_free(post);
	run->ended_ns = now_ns(run->clock);
	return rc == YG_EEND ? YG_OK : rc;
}
