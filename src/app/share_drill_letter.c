/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a drill sends: a notice of its own kind, through the gate and into mail or JSON by the same
 * functions as a warning. It always says that it is a drill, announced or not: nobody shall switch
 * off a machine because of it.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/share_drill.h"

#include "app/hub_mail.h"
#include "base/hash.h"
#include "base/json.h"
#include "model/notice.h"

#include "base/ban.h"

#define LINE_MAX 300u

void yg_share_drill_key(const struct yg_share_drill *run, uint32_t node,
			char to[YG_SHARE_DRILL_KEY_MAX])
{
	const struct yg_tree_node *one = &run->tree.nodes[node];
	const char *channel = yg_tree_channel_name(one->channel);
	struct yg_bytes parts[] = {yg_bytes_str(run->number), one->id};
	uint8_t id[YG_ID_BYTES];
	char hex[YG_ID_HEX + 1];

	yg_id_derive(parts, 2, id);
	yg_hex((struct yg_bytes){id, sizeof(id)}, hex);
	if (run->notice)
		(void)snprintf(to, YG_SHARE_DRILL_KEY_MAX, "%s-%s", hex, channel); /* short */
	else
		(void)snprintf(to, YG_SHARE_DRILL_KEY_MAX, "%s-%u-%s", run->number, node + 1,
			       channel); /* short */
}

static struct yg_notice_text both(const char *en, const char *ja)
{
	return (struct yg_notice_text){.en = yg_bytes_str(en), .ja = yg_bytes_str(ja)};
}

static struct yg_notice_text title_of(bool is_announced)
{
	return is_announced
		       ? both("This is the receipt drill that was announced. Nothing has happened.",
			      "予告していた疎通確認訓練です。実際に起きたことではありません。")
		       : both("This is a receipt drill without prior announcement. Nothing has "
			      "happened.",
			      "予告なしの疎通確認訓練です。実際に起きたことではありません。");
}

static void ask_back(const struct yg_share_drill *run, uint32_t node, char en[LINE_MAX],
		     char ja[LINE_MAX])
{
	(void)snprintf(en, LINE_MAX,
		       "Give us back the number %08u, so that we know that a person has read this.",
		       run->nodes[node].number); /* short */
	(void)snprintf(ja, LINE_MAX,
		       "番号 %08u をお知らせください。人が読んだことの確認になります。",
		       run->nodes[node].number); /* short */
}

static int drill_json(const struct yg_share_drill *run, uint32_t node, json_t **ret)
{
	char en[LINE_MAX];
	char ja[LINE_MAX];
	struct yg_notice_text acts[2];
	struct yg_notice notice = {.kind = YG_NOTICE_DRILL,
				   .number = yg_bytes_str(run->number),
				   .time_ns = run->began_ns,
				   .tlp = YG_TLP_GREEN,
				   .pap = YG_PAP_CLEAR,
				   .is_exercise = true,
				   .title = title_of(run->is_announced)};

	notice.certain.time_ns = YG_TIME_NONE;
	notice.attack.first_ns = notice.attack.last_ns = YG_TIME_NONE;
	notice.issuer = both(run->issuer, run->issuer);
	notice.reach = both(run->reach, run->reach);
	ask_back(run, node, en, ja);
	acts[0] = both(en, ja);
	acts[1] = both("Tell us if somebody else should get such messages from now on.",
		       "今後の受け取り先が変わる場合は、新しい連絡先をお知らせください。");
	notice.act.at = acts;
	notice.act.count = 2;
	return yg_notice_json(&notice, ret);
}

/* A person's notice, and the number as the last thing to do. */
static int provision_json(const struct yg_share_drill *run, uint32_t node, json_t **ret)
{
	json_t *notice = json_deep_copy(run->notice);
	json_t *acts = json_object_get(notice, "act");
	char en[LINE_MAX];
	char ja[LINE_MAX];
	int rc = notice ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK && !json_is_array(acts)) {
		acts = json_array();
		rc = yg_json_set(notice, "act", acts); /* borrowed from there */
	}
	ask_back(run, node, en, ja);
	if (rc == YG_OK &&
	    json_array_append_new(acts, json_pack("{s:s, s:s}", "en", en, "ja", ja)) != 0)
		rc = YG_ENOMEM;
	*ret = notice;
	return rc;
}

/* Through the gate, as a warning goes. *ret_why: for EACCES. */
static int release(const struct yg_share_drill *run, json_t *notice, enum yg_tree_channel channel,
		   json_t **ret, const char **ret_why)
{
	struct yg_own *nobody = run->notice ? NULL : yg_own_new(); /* nobody was hit */
	struct yg_release_ask ask = {.kind = "notice",
				     .audience = YG_AUDIENCE_PARTNER,
				     .agreed = YG_AGREED_NAMELESS,
				     .own = nobody};
	struct yg_released released = {.copy = NULL};
	int rc = run->notice || nobody ? YG_OK : YG_ENOMEM;

	if (run->notice)
		ask = run->ask;
	ask.outlet = channel == YG_TREE_MAIL ? YG_OUTLET_MAIL : YG_OUTLET_WEBHOOK;
	if (rc == YG_OK)
		rc = yg_release(&ask, notice, &released);
	*ret = rc == YG_OK ? json_incref(released.copy) : NULL;
	*ret_why = yg_refusal_text(released.refusal);
	yg_released_done(&released);
	yg_own_free(nobody);
	return rc;
}

int yg_share_drill_ask(const struct yg_share_drill *run, enum yg_tree_channel channel,
		       const char **ret_why)
{
	json_t *copy = NULL;
	json_t *notice = json_deep_copy(run->notice);
	int rc = notice ? release(run, notice, channel, &copy, ret_why) : YG_ENOMEM;

	json_decref(copy);
	json_decref(notice);
	return rc;
}

static int copy_of(const struct yg_share_drill *run, uint32_t node, json_t **ret)
{
	json_t *notice = NULL;
	const char *why;
	int rc = run->notice ? provision_json(run, node, &notice) : drill_json(run, node, &notice);

	*ret = NULL;
	if (rc == YG_OK)
		rc = release(run, notice, run->tree.nodes[node].channel, ret, &why);
	json_decref(notice);
	return rc;
}

int yg_share_drill_letter(const struct yg_share_drill *run, uint32_t node, struct yg_buf *to)
{
	const struct yg_tree_node *one = &run->tree.nodes[node];
	char key[YG_SHARE_DRILL_KEY_MAX];
	char address[YG_TREE_MAIL_MAX + 1];
	json_t *copy = NULL;
	int rc = copy_of(run, node, &copy);

	yg_share_drill_key(run, node, key);
	if (rc == YG_OK && one->channel == YG_TREE_WEBHOOK) {
		rc = yg_json_canonical(copy, to);
	} else if (rc == YG_OK) {
		const struct yg_hub_mail mail = {.from = run->out.mail_from,
						 .to = address,
						 .id = key,
						 .code = "",
						 .time_ns = run->began_ns,
						 .lang = YG_LANG_JA};

		(void)snprintf(address, sizeof(address), "%.*s", YG_FMT(one->mailbox)); /* fits */
		rc = yg_hub_mail_write(&mail, copy, to);
	}
	json_decref(copy);
	return rc;
}
