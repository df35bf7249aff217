/* SPDX-License-Identifier: Apache-2.0 */
#include "app/say.h"
#include "app/share-int.h"

#include "base/ban.h"

/* ---- JSON ---- */

static void add_id(const struct yg_share_plan *share, uint32_t member, struct yg_buf *to)
{
	yg_buf_add_json(to, share->community->members[member].id);
}

/* TLP as FIRST writes it: "TLP:AMBER". */
static void add_tlp(enum yg_tlp tlp, struct yg_buf *to)
{
	yg_buf_add_str(to, "TLP:");
	for (const char *c = yg_tlp_name(tlp); *c; c++)
		yg_buf_add_byte(to, (uint8_t)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c));
}

static void json_reasons(const struct yg_share_plan *share, const struct yg_plan_recipient *one,
			 struct yg_buf *to)
{
	const struct yg_warn_rule *rule = &share->rules->rules[one->rule];

	yg_buf_addf(to, ",\"content\":\"%s\",\"redaction\":\"%s\",\"why\":",
		    yg_warn_content_name(rule->content), yg_plan_redaction_name(one->redaction));
	yg_buf_add_json(to, yg_say_lang_now() == YG_LANG_JA ? rule->title_ja : rule->title_en);
	yg_buf_add_str(to, ",\"relations\":[");
	for (uint32_t i = 0; one->path && i < one->depth; i++) {
		const struct yg_relation *relation = &share->community->relations[one->reason[i]];

		yg_buf_add_str(to, i ? ",{\"supplier\":" : "{\"supplier\":");
		add_id(share, relation->supplier, to);
		yg_buf_add_str(to, ",\"buyer\":");
		add_id(share, relation->buyer, to);
		for (uint32_t j = 0; j < YG_ANSWER_COUNT; j++)
			yg_buf_addf(to, ",\"%s\":%s", yg_answer_name(j),
				    relation->answers & (1u << j) ? "true" : "false");
		yg_buf_addf(to, ",\"consent\":\"%s\"}",
			    yg_naming_name((enum yg_naming)relation->naming));
	}
	yg_buf_add_byte(to, ']');
}

static void json_recipient(const struct yg_share_plan *share, const struct yg_plan_recipient *one,
			   struct yg_buf *to)
{
	const struct yg_warn_rule *rule = &share->rules->rules[one->rule];

	yg_buf_add_str(to, "{\"id\":");
	add_id(share, one->member, to);
	yg_buf_addf(to, ",\"rule\":%u,\"depth\":", rule->number);
	if (one->depth == YG_PLAN_NO_DEPTH)
		yg_buf_add_str(to, "null");
	else
		yg_buf_add_u64(to, one->depth);
	yg_buf_add_str(to, ",\"path\":[");
	for (uint32_t i = 0; one->path && i <= one->depth; i++) {
		if (i > 0)
			yg_buf_add_byte(to, ',');
		add_id(share, one->path[i], to);
	}
	yg_buf_add_str(to, "],\"tlp\":\"");
	add_tlp(rule->tlp, to);
	yg_buf_addf(to, "\",\"named\":%s,\"candidates\":%u,\"state\":\"%s\"",
		    one->is_named ? "true" : "false", one->candidates,
		    yg_plan_state_name(one->state));
	if (share->with_reasons)
		json_reasons(share, one, to);
	yg_buf_add_byte(to, '}');
}

void yg_share_plan_json(const struct yg_share_plan *share, struct yg_buf *to)
{
	yg_buf_add_str(to, "{\"recipients\":[");
	for (uint32_t i = 0; i < share->plan->count; i++) {
		if (i > 0)
			yg_buf_add_byte(to, ',');
		json_recipient(share, &share->plan->recipients[i], to);
	}
	yg_buf_add_str(to, "]}\n");
}

/* ---- for people ---- */

static const char *const state_words[YG_PLAN_STATE_COUNT] = {
	N_("ready to be sent by a person"),
	N_("the member that was hit has to consent first"),
	N_("the member that was hit has to approve first"),
};

static const char *const redaction_words[YG_PLAN_REDACTION_COUNT] = {
	N_("everything"),
	N_("with the name of who was hit"),
	N_("without the name of who was hit"),
	N_("indicators of the attack only"),
};

static const char *const answer_words[YG_ANSWER_COUNT] = {
	N_("holds its secret data"),
	N_("its business stops without it"),
	N_("is connected to its systems"),
};

/* "B (株式会社B)" */
static void text_member(const struct yg_share_plan *share, uint32_t index, struct yg_buf *to)
{
	const struct yg_member *member = &share->community->members[index];
	bool is_japanese = yg_say_lang_now() == YG_LANG_JA;
	struct yg_bytes name = is_japanese ? member->name_ja : member->name_en;

	if (name.size == 0)
		name = is_japanese ? member->name_en : member->name_ja;
	yg_buf_add_str(to, yg_say_safe(member->id, YG_MEMBER_ID_MAX));
	if (name.size > 0)
		yg_buf_addf(to, " (%s)", yg_say_safe(name, YG_MEMBER_TEXT_MAX));
}

static void text_relation(const struct yg_share_plan *share, uint32_t index, struct yg_buf *to)
{
	const struct yg_relation *relation = &share->community->relations[index];
	const char *join = ": ";

	yg_buf_add_str(to, "      ");
	yg_buf_add_str(to, yg_say_safe(share->community->members[relation->supplier].id,
				       YG_MEMBER_ID_MAX));
	yg_buf_add_str(to, " → ");
	yg_buf_add_str(
		to, yg_say_safe(share->community->members[relation->buyer].id, YG_MEMBER_ID_MAX));
	for (uint32_t i = 0; i < YG_ANSWER_COUNT; i++)
		if (relation->answers & (1u << i)) {
			yg_buf_addf(to, "%s%s", join, yg_say_tr(answer_words[i]));
			join = yg_say_tr(N_(", "));
		}
	yg_buf_add_byte(to, '\n');
}

/* Depth 1 in full; what lies further away by its path, the relations below it. */
static void text_recipient(const struct yg_share_plan *share, const struct yg_plan_recipient *one,
			   struct yg_buf *to)
{
	const struct yg_warn_rule *rule = &share->rules->rules[one->rule];
	struct yg_bytes title = yg_say_lang_now() == YG_LANG_JA ? rule->title_ja : rule->title_en;

	yg_buf_add_str(to, "\n  ");
	text_member(share, one->member, to);
	yg_buf_add_str(to, "  ");
	add_tlp(rule->tlp, to);
	yg_buf_addf(to, "  %s\n    ", yg_say_tr(redaction_words[one->redaction]));
	yg_buf_addf(to, yg_say_tr(N_("rule %u: %s")), rule->number,
		    yg_say_safe(title, YG_WARN_TITLE_MAX));
	yg_buf_add_byte(to, '\n');
	for (uint32_t i = 0; one->path && i < one->depth; i++)
		text_relation(share, one->reason[i], to);
	yg_buf_add_str(to, "    ");
	yg_buf_add_str(to, yg_say_tr(state_words[one->state]));
	if (one->depth != 0)
		yg_buf_addf(to, yg_say_tr(N_("; seen from there it could be any of %u")),
			    one->candidates);
	yg_buf_add_byte(to, '\n');
}

void yg_share_plan_text(const struct yg_share_plan *share, struct yg_buf *to)
{
	uint32_t counts[YG_PLAN_STATE_COUNT] = {0};

	for (uint32_t i = 0; i < share->plan->count; i++)
		counts[share->plan->recipients[i].state]++;
	yg_buf_add_str(to, yg_say_tr(N_("Hit: ")));
	text_member(share, share->victim, to);
	yg_buf_add_byte(to, '\n');
	yg_buf_addf(to,
		    yg_say_tr(N_("Recipients: %u (ready: %u, needs consent: %u, needs approval: "
				 "%u). Nothing is sent by this.\n")),
		    share->plan->count, counts[YG_PLAN_READY], counts[YG_PLAN_NEEDS_CONSENT],
		    counts[YG_PLAN_NEEDS_APPROVAL]);
	for (uint32_t i = 0; i < share->plan->count; i++)
		text_recipient(share, &share->plan->recipients[i], to);
}
