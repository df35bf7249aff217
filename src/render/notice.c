/* SPDX-License-Identifier: Apache-2.0 */
/* A notice in its one order; on a sheet of plain text; at the telephone; for programs. */
#include "render/notice-int.h"

#include "base/zone.h"
#include "model/event.h"

#include "base/ban.h"

#define PIECE_MAX      (6u * YG_NOTICE_TEXT_MAX + 1000u)
#define SCRIPT_SOURCES 3u
#define MESSAGE_FORM   "yagura-notice-1"

/* A piece of text being put together for one cell or line. */
static void begin(struct yg_buf *piece)
{
	yg_buf_init(piece, PIECE_MAX);
}

/* Hand @piece to one of the sheet's operations; an error goes on to the sheet's buffer. */
static void say(struct yg_notice_sheet *sheet,
		void (*op)(struct yg_notice_sheet *, struct yg_bytes), struct yg_buf *piece)
{
	if (yg_buf_error(piece) && !yg_buf_error(sheet->to))
		sheet->to->error = yg_buf_error(piece);
	else
		op(sheet, yg_buf_bytes(piece));
	yg_buf_done(piece);
}

static void say_fixed(struct yg_notice_sheet *sheet,
		      void (*op)(struct yg_notice_sheet *, struct yg_bytes), enum yg_fixed text,
		      struct yg_bytes arg)
{
	struct yg_buf clean;
	struct yg_buf piece;

	begin(&clean);
	begin(&piece);
	yg_text_add(&clean, arg);
	yg_words_fill(&piece, yg_fixed(text, sheet->lang),
		      (const struct yg_bytes[]){yg_buf_bytes(&clean)}, 1);
	if (yg_buf_error(&clean))
		piece.error = yg_buf_error(&clean);
	yg_buf_done(&clean);
	say(sheet, op, &piece);
}

static void section(struct yg_notice_sheet *sheet, const char *title)
{
	sheet->ops->section(sheet, yg_bytes_str(yg_tr(sheet->lang, title)));
}

static void row(struct yg_notice_sheet *sheet, const char *key, struct yg_buf *piece)
{
	if (yg_buf_error(piece) && !yg_buf_error(sheet->to))
		sheet->to->error = yg_buf_error(piece);
	else if (piece->size)
		sheet->ops->row(sheet, yg_bytes_str(yg_tr(sheet->lang, key)), yg_buf_bytes(piece));
	yg_buf_done(piece);
}

static void text_row(struct yg_notice_sheet *sheet, const char *key, struct yg_bytes text)
{
	struct yg_buf piece;

	begin(&piece);
	yg_text_add(&piece, text);
	row(sheet, key, &piece);
}

/* Free text: an address of the web in it is no link, but can be read. */
static void add_free(struct yg_buf *to, struct yg_bytes text)
{
	while (text.size) {
		size_t at = yg_bytes_find(text, YG_S("://"));
		size_t scheme = at;

		if (at == SIZE_MAX)
			break;
		while (scheme > 0 && at - scheme < 5 && (text.data[scheme - 1] | 0x20) >= 'a' &&
		       (text.data[scheme - 1] | 0x20) <= 'z')
			scheme--;
		yg_text_add(to, yg_bytes_cut(text, 0, scheme));
		if (at - scheme >= 4 &&
		    yg_bytes_eq_nocase(yg_bytes_cut(text, scheme, scheme + 4), YG_S("http"))) {
			yg_buf_add_str(to, "hxxp");
			scheme += 4;
		}
		yg_text_add(to, yg_bytes_cut(text, scheme, at + 3));
		text = yg_bytes_from(text, at + 3);
	}
	yg_text_add(to, text);
}

/* Each line of @text as a paragraph. */
static void paragraphs(struct yg_notice_sheet *sheet, struct yg_bytes text, bool is_free)
{
	while (text.size) {
		size_t end = yg_bytes_chr(text, '\n');
		struct yg_bytes line = yg_bytes_cut(text, 0, end == SIZE_MAX ? text.size : end);
		struct yg_buf piece;

		text = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(text, end + 1);
		line = yg_bytes_trim(line);
		if (line.size == 0)
			continue;
		begin(&piece);
		if (is_free)
			add_free(&piece, line);
		else
			yg_text_add(&piece, line);
		say(sheet, sheet->ops->paragraph, &piece);
	}
}

void yg_notice_add_value(struct yg_buf *to, struct yg_bytes value)
{
	struct yg_buf clean;
	struct yg_bytes text;
	size_t at = 0;

	yg_text_scratch(&clean, value.size);
	yg_text_add(&clean, value);
	text = yg_buf_bytes(&clean);
	if (text.size > 4 && yg_bytes_eq_nocase(yg_bytes_cut(text, 0, 4), YG_S("http"))) {
		yg_buf_add_str(to, "hxxp");
		at = 4;
	}
	for (; at < text.size; at++) {
		if (text.data[at] == '.')
			yg_buf_add_str(to, "[.]");
		else if (text.data[at] == '@')
			yg_buf_add_str(to, "[@]");
		else
			yg_buf_add_byte(to, text.data[at]);
	}
	yg_text_end(to, &clean);
}

static void add_time(struct yg_buf *to, const struct yg_notice *notice, int64_t time_ns)
{
	const struct yg_zone *zone = notice->zone ? notice->zone : yg_zone_japan();
	char text[YG_TEXT_TIME_SIZE];

	yg_buf_add_str(to, yg_text_time(text, time_ns, yg_zone_offset_at(zone, time_ns), true));
}

void yg_notice_heading(struct yg_buf *to, const struct yg_notice *notice, enum yg_lang lang)
{
	yg_buf_add_str(to, yg_tr(lang, yg_notice_kind_title(notice->kind)));
	yg_buf_add_byte(to, ' ');
	yg_text_add(to, notice->number);
}

/* ---- the marks before the body ---- */

static const enum yg_fixed tlp_texts[YG_TLP_COUNT] = {
	[YG_TLP_NONE] = YG_FIXED_TLP_RED,    [YG_TLP_CLEAR] = YG_FIXED_TLP_CLEAR,
	[YG_TLP_GREEN] = YG_FIXED_TLP_GREEN, [YG_TLP_AMBER] = YG_FIXED_TLP_AMBER,
	[YG_TLP_RED] = YG_FIXED_TLP_RED,     [YG_TLP_AMBER_STRICT] = YG_FIXED_TLP_AMBER_STRICT,
};
static const enum yg_fixed pap_texts[YG_PAP_COUNT] = {
	[YG_PAP_NONE] = YG_FIXED_PAP_RED,    [YG_PAP_CLEAR] = YG_FIXED_PAP_CLEAR,
	[YG_PAP_GREEN] = YG_FIXED_PAP_GREEN, [YG_PAP_AMBER] = YG_FIXED_PAP_AMBER,
	[YG_PAP_RED] = YG_FIXED_PAP_RED,
};

static void add_upper(struct yg_buf *to, const char *scheme, const char *name)
{
	yg_buf_add_str(to, scheme);
	for (name = *name ? name : "red"; *name; name++)
		yg_buf_add_byte(to, (uint8_t)(*name >= 'a' && *name <= 'z' ? *name - 32 : *name));
}

static void tell_markings(struct yg_notice_sheet *sheet, const struct yg_notice *notice)
{
	struct yg_buf piece;

	begin(&piece);
	add_upper(&piece, "TLP:", yg_tlp_name(notice->tlp));
	yg_buf_addf(&piece, " – %s", yg_fixed(tlp_texts[notice->tlp], sheet->lang));
	row(sheet, N_("Who may see it"), &piece);
	begin(&piece);
	add_upper(&piece, "PAP:", yg_pap_name(notice->pap));
	yg_buf_addf(&piece, " – %s", yg_fixed(pap_texts[notice->pap], sheet->lang));
	row(sheet, N_("What may be done"), &piece);
}

static void tell_certainty(struct yg_notice_sheet *sheet, const struct yg_notice *notice)
{
	struct yg_buf piece;

	begin(&piece);
	yg_buf_add_str(&piece, yg_tr(sheet->lang, yg_certainty_text(notice->certain.certainty)));
	/* That it was the machine has been said. */
	if (notice->certain.source.size && !yg_bytes_eq(notice->certain.source, YG_S("machine"))) {
		yg_buf_add_str(&piece, " – ");
		yg_text_add(&piece, notice->certain.source);
	}
	if (notice->certain.time_ns != YG_TIME_NONE) {
		yg_buf_add_str(&piece, " – ");
		add_time(&piece, notice, notice->certain.time_ns);
	}
	row(sheet, N_("How certain"), &piece);
}

static void tell_head(struct yg_notice_sheet *sheet, const struct yg_notice *notice)
{
	struct yg_buf title;
	struct yg_buf line;

	begin(&title);
	begin(&line);
	yg_notice_heading(&title, notice, sheet->lang);
	add_time(&line, notice, notice->time_ns);
	if (notice->issuer.en.size || notice->issuer.ja.size) {
		yg_buf_add_str(&line, " – ");
		yg_text_add(&line, yg_notice_say(&notice->issuer, sheet->lang));
	}
	if (yg_buf_error(&title) || yg_buf_error(&line))
		sheet->to->error = YG_ENOMEM;
	else
		sheet->ops->head(sheet, yg_buf_bytes(&title), yg_buf_bytes(&line));
	yg_buf_done(&title);
	yg_buf_done(&line);
}

static void tell_boxes(struct yg_notice_sheet *sheet, const struct yg_notice *notice)
{
	struct yg_buf piece;

	if (notice->is_exercise)
		say_fixed(sheet, sheet->ops->box, YG_FIXED_EXERCISE, YG_S(""));
	if (notice->is_automatic) {
		begin(&piece);
		yg_buf_addf(&piece, "%s – %s", yg_fixed(YG_FIXED_UNCONFIRMED, sheet->lang),
			    yg_fixed(YG_FIXED_UNCONFIRMED_WORDS, sheet->lang));
		say(sheet, sheet->ops->box, &piece);
	}
	if (notice->kind != YG_NOTICE_VICTIM)
		say_fixed(sheet, sheet->ops->box, YG_FIXED_USE_RESTRICTION, YG_S(""));
	if (notice->kind == YG_NOTICE_WITHDRAWAL)
		say_fixed(sheet, sheet->ops->box, YG_FIXED_WITHDRAWAL, notice->refers);
	if (notice->kind == YG_NOTICE_CORRECTION)
		say_fixed(sheet, sheet->ops->box, YG_FIXED_CORRECTION, notice->refers);
}

/* ---- what happened ---- */

static void value_list(struct yg_notice_sheet *sheet, const char *key, const struct yg_bytes *at,
		       size_t count)
{
	struct yg_buf piece;

	begin(&piece);
	for (size_t i = 0; i < count; i++) {
		if (i)
			yg_buf_add_str(&piece, ", ");
		yg_notice_add_value(&piece, at[i]);
	}
	row(sheet, key, &piece);
}

static void tell_times(struct yg_notice_sheet *sheet, const struct yg_notice *notice)
{
	const struct yg_notice_attack *attack = &notice->attack;
	char number[YG_TEXT_NUMBER_SIZE];
	struct yg_buf piece;

	begin(&piece);
	if (attack->first_ns != YG_TIME_NONE)
		add_time(&piece, notice, attack->first_ns);
	if (attack->last_ns != YG_TIME_NONE && attack->last_ns != attack->first_ns) {
		yg_buf_add_str(&piece, " – ");
		add_time(&piece, notice, attack->last_ns);
	}
	row(sheet, N_("When"), &piece);
	if (attack->count) {
		begin(&piece);
		yg_buf_add(&piece, yg_text_number(number, attack->count));
		row(sheet, N_("Findings"), &piece);
	}
}

static void tell_rules(struct yg_notice_sheet *sheet, const struct yg_notice_attack *attack)
{
	char number[YG_TEXT_NUMBER_SIZE];

	for (size_t i = 0; i < attack->rules.count; i++) {
		const struct yg_notice_rule *rule = &attack->rules.at[i];
		struct yg_buf piece;

		begin(&piece);
		add_free(&piece, yg_notice_say(&rule->title, sheet->lang));
		if (rule->count) {
			yg_buf_add_str(&piece, " × ");
			yg_buf_add(&piece, yg_text_number(number, rule->count));
		}
		yg_buf_addf(&piece, " (%s)", yg_words_level(rule->level, sheet->lang));
		row(sheet, i ? "" : N_("What was seen"), &piece);
	}
}

static void tell_victim(struct yg_notice_sheet *sheet, const struct yg_notice *notice)
{
	struct yg_buf piece;

	if (!notice->has_victim)
		return;
	begin(&piece);
	yg_text_add(&piece, yg_notice_say(&notice->victim.name, sheet->lang));
	if (notice->victim.corporate_number.size) {
		yg_buf_add_str(&piece, " – ");
		yg_text_add(&piece, notice->victim.corporate_number);
	}
	row(sheet, N_("Organisation that was hit"), &piece);
}

static void tell_attack(struct yg_notice_sheet *sheet, const struct yg_notice *notice)
{
	const struct yg_notice_attack *attack = &notice->attack;
	bool is_whole = attack->rules.count > 0 || attack->count > 0;

	section(sheet, N_("What happened"));
	tell_victim(sheet, notice);
	text_row(sheet, N_("Kind of attack"),
		 yg_bytes_str(yg_tr(sheet->lang, yg_attack_words(attack->field))));
	tell_times(sheet, notice);
	if (is_whole)
		text_row(sheet, N_("Did it succeed?"),
			 yg_bytes_str(yg_words_outcome(attack->outcome, sheet->lang)));
	if (attack->log_kind.size)
		text_row(sheet, N_("Seen in"),
			 yg_bytes_str(yg_tr(sheet->lang,
					    yg_format_words(yg_format_by_name(attack->log_kind)))));
	tell_rules(sheet, attack);
	value_list(sheet, N_("From"), attack->sources.at, attack->sources.count);
	value_list(sheet, N_("Techniques"), attack->techniques.at, attack->techniques.count);
	sheet->ops->section_end(sheet);
	paragraphs(sheet, yg_notice_say(&attack->comment, sheet->lang), true);
}

/* Whoever draws a notice from alerts knows no more than "target"; others name a field. */
static struct yg_bytes target_words(const struct yg_notice_sheet *sheet, struct yg_bytes type)
{
	return yg_bytes_eq(type, YG_S("target")) ? yg_bytes_str(yg_tr(sheet->lang, N_("target")))
						 : type;
}

/* Something to stand below a heading. */
static bool has_facts(const struct yg_notice_damage *damage)
{
	return damage->targets.count + damage->records.count + damage->what.en.size +
		       damage->what.ja.size + damage->response.en.size + damage->response.ja.size >
	       0;
}

static void tell_damage(struct yg_notice_sheet *sheet, const struct yg_notice *notice)
{
	const struct yg_notice_damage *damage = &notice->damage;

	if (!notice->has_damage || !has_facts(damage))
		return;
	section(sheet, N_("At the organisation"));
	for (size_t i = 0; i < damage->targets.count; i++) {
		const struct yg_notice_target *target = &damage->targets.at[i];
		struct yg_buf piece;

		begin(&piece);
		yg_text_add(&piece, target_words(sheet, target->type));
		if (target->value.size) {
			yg_buf_add_str(&piece, ": ");
			yg_text_add(&piece, target->value);
		}
		row(sheet, i ? "" : N_("Concerned"), &piece);
	}
	sheet->ops->section_end(sheet);
	paragraphs(sheet, yg_notice_say(&damage->what, sheet->lang), true);
	paragraphs(sheet, yg_notice_say(&damage->response, sheet->lang), true);
	for (size_t i = 0; i < damage->records.count; i++)
		paragraphs(sheet, damage->records.at[i], true);
}

static void tell_indicators(struct yg_notice_sheet *sheet, const struct yg_notice *notice)
{
	const struct yg_notice_attack *attack = &notice->attack;

	if (attack->indicators.count == 0)
		return;
	section(sheet, N_("What to look for in your own logs"));
	for (size_t i = 0; i < attack->indicators.count; i++) {
		const struct yg_notice_indicator *at = &attack->indicators.at[i];
		struct yg_buf piece;

		begin(&piece);
		yg_notice_add_value(&piece, at->value);
		if (at->comment.size) {
			yg_buf_add_str(&piece, " – ");
			add_free(&piece, at->comment);
		}
		row(sheet, yg_notice_indicator_words(at->type), &piece);
	}
	sheet->ops->section_end(sheet);
}

/* ---- what to do ---- */

static void tell_list(struct yg_notice_sheet *sheet, const char *title,
		      const struct yg_notice_text *at, size_t count, bool is_numbered)
{
	struct yg_buf piece;

	for (size_t i = 0; i < count; i++) {
		if (i == 0) {
			section(sheet, title);
			sheet->ops->section_end(sheet);
			sheet->ops->list(sheet, is_numbered);
		}
		begin(&piece);
		yg_text_add(&piece, yg_notice_say(&at[i], sheet->lang));
		say(sheet, sheet->ops->item, &piece);
	}
	if (count)
		sheet->ops->list_end(sheet);
}

static bool concerns_machines(const struct yg_notice *notice)
{
	return notice->kind == YG_NOTICE_VICTIM ||
	       (notice->kind == YG_NOTICE_WARNING && notice->attack.field == YG_ATTACK_ENDPOINT);
}

static void tell_avoid(struct yg_notice_sheet *sheet, const struct yg_notice *notice)
{
	struct yg_buf piece;

	if (!concerns_machines(notice)) {
		tell_list(sheet, N_("Do not"), notice->avoid.at, notice->avoid.count, false);
		return;
	}
	section(sheet, N_("Do not"));
	sheet->ops->section_end(sheet);
	sheet->ops->list(sheet, false);
	say_fixed(sheet, sheet->ops->item, YG_FIXED_NOT_OFF, YG_S(""));
	for (size_t i = 0; i < notice->avoid.count; i++) {
		begin(&piece);
		yg_text_add(&piece, yg_notice_say(&notice->avoid.at[i], sheet->lang));
		say(sheet, sheet->ops->item, &piece);
	}
	sheet->ops->list_end(sheet);
}

void yg_notice_tell(struct yg_notice_sheet *sheet, const struct yg_notice *notice)
{
	tell_head(sheet, notice);
	tell_boxes(sheet, notice);
	paragraphs(sheet, yg_notice_say(&notice->title, sheet->lang), true);
	section(sheet, N_("About this notice"));
	tell_markings(sheet, notice);
	if (notice->kind != YG_NOTICE_DRILL)
		tell_certainty(sheet, notice);
	sheet->ops->section_end(sheet);
	if (notice->kind != YG_NOTICE_WITHDRAWAL && notice->kind != YG_NOTICE_DRILL) {
		tell_attack(sheet, notice);
		tell_damage(sheet, notice);
	}
	if (notice->kind != YG_NOTICE_WITHDRAWAL) {
		tell_list(sheet, N_("Do now"), notice->act.at, notice->act.count, true);
		tell_avoid(sheet, notice);
		tell_list(sheet, N_("Whom to tell"), notice->tell.at, notice->tell.count, false);
		tell_indicators(sheet, notice);
	}
	if (notice->reach.en.size || notice->reach.ja.size) {
		section(sheet, N_("Questions"));
		sheet->ops->section_end(sheet);
		paragraphs(sheet, yg_notice_say(&notice->reach, sheet->lang), false);
	}
	say_fixed(sheet, sheet->ops->foot, YG_FIXED_NO_GUARANTEE, YG_S(""));
	say_fixed(sheet, sheet->ops->foot, YG_FIXED_NO_ADVICE, YG_S(""));
}

/* ---- plain text ---- */

static void line(struct yg_notice_sheet *sheet, const char *before, struct yg_bytes text)
{
	yg_buf_add_str(sheet->to, before);
	yg_buf_add(sheet->to, text);
	yg_buf_add_byte(sheet->to, '\n');
}

static void text_head(struct yg_notice_sheet *sheet, struct yg_bytes title, struct yg_bytes when)
{
	line(sheet, "", title);
	line(sheet, "", when);
}

static void text_box(struct yg_notice_sheet *sheet, struct yg_bytes text)
{
	line(sheet, "\n*** ", text);
}

static void text_section(struct yg_notice_sheet *sheet, struct yg_bytes title)
{
	line(sheet, "\n# ", title);
}

static void text_paragraph(struct yg_notice_sheet *sheet, struct yg_bytes text)
{
	line(sheet, "\n", text);
}

static void text_row_op(struct yg_notice_sheet *sheet, struct yg_bytes key, struct yg_bytes value)
{
	yg_buf_add_str(sheet->to, "  ");
	yg_buf_add(sheet->to, key);
	line(sheet, key.size ? ": " : "  ", value);
}

static void text_list(struct yg_notice_sheet *sheet, bool is_numbered)
{
	sheet->is_numbered = is_numbered;
	sheet->number = 0;
}

static void text_item(struct yg_notice_sheet *sheet, struct yg_bytes text)
{
	if (sheet->is_numbered)
		yg_buf_addf(sheet->to, "  %u. ", ++sheet->number);
	line(sheet, sheet->is_numbered ? "" : "  - ", text);
}

static void nothing(struct yg_notice_sheet *sheet)
{
	(void)sheet; /* a text has no ends to write */
}

static const struct yg_notice_sheet_ops text_ops = {
	text_head,   text_box,	text_section, nothing, text_paragraph,
	text_row_op, text_list, text_item,    nothing, text_paragraph,
};

void yg_notice_plain(struct yg_buf *to, const struct yg_notice *notice, struct yg_bytes note,
		     enum yg_lang lang)
{
	struct yg_notice_sheet sheet = {.ops = &text_ops, .to = to, .lang = lang};

	yg_notice_tell(&sheet, notice);
	if (note.size)
		line(&sheet, "\n", note);
}

void yg_notice_text(struct yg_buf *to, const struct yg_notice *notice, enum yg_lang lang)
{
	yg_notice_plain(to, notice, (struct yg_bytes){0}, lang);
}

/* ---- at the telephone ---- */

static void script_line(struct yg_notice_sheet *sheet, const char *msgid, struct yg_bytes arg)
{
	struct yg_buf clean;

	begin(&clean);
	add_free(&clean, arg);
	YG_FILL(sheet->to, sheet->lang, msgid, yg_buf_bytes(&clean));
	yg_buf_add_byte(sheet->to, '\n');
	yg_buf_done(&clean);
}

static void script_facts(struct yg_notice_sheet *sheet, const struct yg_notice *notice)
{
	struct yg_buf piece;

	script_line(
		sheet, N_("It is about: %1."),
		notice->title.en.size || notice->title.ja.size
			? yg_notice_say(&notice->title, sheet->lang)
			: yg_bytes_str(yg_tr(sheet->lang, yg_attack_words(notice->attack.field))));
	if (notice->has_victim)
		script_line(sheet, N_("The organisation that was hit is %1."),
			    yg_notice_say(&notice->victim.name, sheet->lang));
	if (notice->attack.first_ns != YG_TIME_NONE) {
		begin(&piece);
		add_time(&piece, notice, notice->attack.first_ns);
		script_line(sheet, N_("It began at %1."), yg_buf_bytes(&piece));
		yg_buf_done(&piece);
	}
	for (size_t i = 0; i < notice->attack.sources.count && i < SCRIPT_SOURCES; i++)
		script_line(sheet, N_("An address to write down: %1."),
			    notice->attack.sources.at[i]);
}

void yg_notice_script(struct yg_buf *to, const struct yg_notice *notice, enum yg_lang lang)
{
	struct yg_notice_sheet sheet = {.ops = &text_ops, .to = to, .lang = lang};
	struct yg_buf piece;

	begin(&piece);
	yg_notice_heading(&piece, notice, lang);
	script_line(&sheet, N_("Call about: %1"), yg_buf_bytes(&piece));
	yg_buf_done(&piece);
	script_line(&sheet,
		    N_("Say who you are and where you call from. Ask whether this is a "
		       "good moment."),
		    YG_S(""));
	say_fixed(&sheet, text_paragraph, YG_FIXED_ASK_BACK, YG_S(""));
	tell_boxes(&sheet, notice);
	yg_buf_add_byte(to, '\n');
	if (notice->kind != YG_NOTICE_WITHDRAWAL)
		script_facts(&sheet, notice);
	script_line(&sheet, N_("How certain: %1."),
		    yg_bytes_str(yg_tr(lang, yg_certainty_text(notice->certain.certainty))));
	if (notice->kind != YG_NOTICE_WITHDRAWAL) {
		tell_list(&sheet, N_("Do now"), notice->act.at, notice->act.count, true);
		tell_avoid(&sheet, notice);
		tell_list(&sheet, N_("Whom to tell"), notice->tell.at, notice->tell.count, false);
	}
	begin(&piece);
	add_upper(&piece, "TLP:", yg_tlp_name(notice->tlp));
	yg_buf_addf(&piece, " – %s", yg_fixed(tlp_texts[notice->tlp], lang));
	say(&sheet, text_paragraph, &piece);
	say_fixed(&sheet, text_paragraph, YG_FIXED_NO_GUARANTEE, YG_S(""));
	script_line(&sheet,
		    N_("\nWrite down: whom you spoke to, when, whether they understood, "
		       "what they will do, when to call again."),
		    YG_S(""));
}

/* ---- for programs ---- */

static json_t *fixed_json(enum yg_fixed text)
{
	return json_pack("{s:s, s:s}", "en", yg_fixed(text, YG_LANG_EN), "ja",
			 yg_fixed(text, YG_LANG_JA));
}

int yg_notice_message(struct yg_buf *to, const struct yg_notice *notice)
{
	json_t *message = json_object();
	json_t *inner = NULL;
	int rc = message ? yg_notice_json(notice, &inner) : YG_ENOMEM;

	if (rc == YG_OK)
		rc = yg_json_set(message, "notice", inner);
	if (rc == YG_OK)
		rc = yg_json_set(message, "form", json_string(MESSAGE_FORM));
	if (rc == YG_OK && notice->kind != YG_NOTICE_VICTIM)
		rc = yg_json_set(message, "use_restriction", fixed_json(YG_FIXED_USE_RESTRICTION));
	if (rc == YG_OK && notice->is_automatic)
		rc = yg_json_set(message, "unconfirmed", fixed_json(YG_FIXED_UNCONFIRMED));
	if (rc == YG_OK && notice->is_exercise)
		rc = yg_json_set(message, "exercise", fixed_json(YG_FIXED_EXERCISE));
	if (rc == YG_OK)
		rc = yg_json_set(message, "no_guarantee", fixed_json(YG_FIXED_NO_GUARANTEE));
	if (rc == YG_OK)
		rc = yg_json_canonical(message, to);
	json_decref(message);
	return rc;
}
