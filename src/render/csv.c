/* SPDX-License-Identifier: Apache-2.0 */
#include "render/csv-int.h"

#include "base/ban.h"

/* Full-width = + - @ count too: Japanese spreadsheets take them for the plain ones. */
static bool is_formula(struct yg_bytes cell)
{
	static const char *const wide[] = {"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
					   "\xef\xbc\xa0", "\xe2\x88\x92"};

	while (yg_bytes_starts(cell, YG_S(" ")) || yg_bytes_starts(cell, YG_S("\xe3\x80\x80")))
		cell = yg_bytes_from(cell, cell.data[0] == ' ' ? 1 : 3);
	if (cell.size > 0 && memchr("=+-@", cell.data[0], 4))
		return true;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		if (yg_bytes_starts(cell, yg_bytes_str(wide[i])))
			return true;
	}
	return false;
}

/* Our own words, numbers, times: nothing to guard against. @before is "" or ",". */
static void plain(struct yg_buf *to, const char *before, const char *text)
{
	yg_buf_add_str(to, before);
	yg_buf_add_str(to, text);
}

void yg_csv_quoted(struct yg_buf *to, struct yg_bytes text)
{
	struct yg_buf scratch;
	struct yg_bytes rest;

	yg_text_scratch(&scratch, text.size);
	yg_text_add(&scratch, text);
	rest = yg_buf_bytes(&scratch);
	yg_buf_add_str(to, is_formula(rest) ? "\"'" : "\"");
	while (rest.size > 0) {
		size_t at = yg_bytes_chr(rest, '"');

		if (at >= rest.size)
			at = rest.size;
		else
			at++;
		yg_buf_add(to, yg_bytes_cut(rest, 0, at));
		if (rest.data[at - 1] == '"')
			yg_buf_add_byte(to, '"');
		rest = yg_bytes_from(rest, at);
	}
	yg_buf_add_byte(to, '"');
	yg_text_end(to, &scratch);
}

/* A cell with text of a log or a rule. */
static void cell(struct yg_buf *to, struct yg_bytes text)
{
	yg_buf_add_byte(to, ',');
	yg_csv_quoted(to, text);
}

static void cell_number(struct yg_buf *to, uint64_t value)
{
	yg_buf_add_byte(to, ',');
	yg_buf_add_u64(to, value);
}

static void first_cell(struct yg_buf *to, int64_t time_ns, int32_t zone_s)
{
	char time[YG_TEXT_TIME_SIZE];

	if (time_ns != YG_TIME_NONE)
		yg_buf_add_str(to, yg_text_time(time, time_ns, zone_s, true));
}

static void cell_reason(struct yg_buf *to, const struct yg_reason *reason, enum yg_lang lang)
{
	struct yg_buf words;

	yg_text_scratch(&words, reason->text.size);
	yg_words_reason(&words, reason, lang);
	cell(to, yg_buf_bytes(&words));
	yg_text_end(to, &words);
}

static void cell_id(struct yg_buf *to, const uint8_t id[YG_ID_BYTES])
{
	char hex[YG_ID_HEX + 1];

	yg_hex((struct yg_bytes){id, YG_ID_BYTES}, hex);
	yg_buf_add_str(to, ",");
	/* A letter in front: spreadsheets turn 32 digits, or 12e345…, into a number. */
	yg_buf_add_str(to, "id:");
	yg_buf_add_str(to, hex);
	yg_buf_add_str(to, "\r\n");
}

void yg_csv_header(struct yg_buf *to, enum yg_lang lang)
{
	static const char *const names[] = {
		N_("time"),
		N_("level"),
		N_("title"),
		N_("rule id"),
		N_("outcome"),
		N_("reason"),
		N_("source address or actor"),
		N_("target"),
		N_("file"),
		N_("position"),
		N_("count"),
		N_("finding id"),
	};

	yg_buf_add_str(to, "\xef\xbb\xbf");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		plain(to, i > 0 ? "," : "", yg_tr(lang, names[i]));
	yg_buf_add_str(to, "\r\n");
}

void yg_csv_finding(struct yg_buf *to, const struct yg_finding *finding, enum yg_lang lang,
		    int32_t zone_s)
{
	first_cell(to, finding->time_ns, zone_s);
	plain(to, ",", yg_words_level(finding->rule->level, lang));
	cell(to, yg_words_title(finding->rule, lang));
	cell(to, finding->rule->id);
	cell(to, yg_bytes_str(yg_words_outcome(finding->outcome, lang)));
	cell_reason(to, &finding->reason, lang);
	cell(to, finding->actor);
	cell(to, finding->target);
	cell(to, finding->source);
	cell_number(to, finding->position);
	cell_number(to, finding->count);
	cell_id(to, finding->id);
}

void yg_csv_update(struct yg_buf *to, const struct yg_finding_update *update, enum yg_lang lang,
		   int32_t zone_s)
{
	first_cell(to, update->time_ns, zone_s);
	plain(to, ",", "");
	cell(to, yg_bytes_str(yg_tr(lang, N_("later change of an earlier finding"))));
	plain(to, ",", "");
	cell(to, yg_bytes_str(yg_words_outcome(update->outcome, lang)));
	cell_reason(to, &update->reason, lang);
	yg_buf_add_str(to, ",,");
	cell(to, update->source);
	cell_number(to, update->position);
	yg_buf_add_byte(to, ',');
	cell_id(to, update->id);
}
