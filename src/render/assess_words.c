/* SPDX-License-Identifier: Apache-2.0 */
#include "render/assess-int.h"
#include "render/text-int.h"

#include "base/ban.h"

struct word {
	const char *value;
	const char *text;
};

static struct yg_bytes word_of(const struct word *words, size_t count, struct yg_bytes value,
			       enum yg_lang lang)
{
	for (size_t i = 0; i < count; i++)
		if (yg_bytes_eq(value, yg_bytes_str(words[i].value)))
			return yg_bytes_str(yg_tr(lang, words[i].text));
	return value;
}

#define WORD(words, value, lang) word_of(words, sizeof(words) / sizeof((words)[0]), value, lang)

struct yg_bytes yg_words_state(struct yg_bytes state, enum yg_lang lang)
{
	static const struct word words[] = {
		{"met", N_("met")},	      {"partly", N_("partly met")},
		{"not_met", N_("not met")},   {"na", N_("not applicable")},
		{"open", N_("not answered")},
	};

	return WORD(words, state, lang);
}

struct yg_bytes yg_words_observed(struct yg_bytes observed, enum yg_lang lang)
{
	static const struct word words[] = {
		{"none", N_("nothing observed")},
		{"supports", N_("observation agrees")},
		{"contradicts", N_("declared and observed differ")},
		{"stale", N_("observation too old")},
	};

	return WORD(words, observed, lang);
}

struct yg_bytes yg_words_due(struct yg_bytes status, enum yg_lang lang)
{
	static const struct word words[] = {
		{"done", N_("done")},
		{"due_soon", N_("due soon")},
		{"overdue", N_("overdue")},
		{"never", N_("no record yet")},
	};

	return WORD(words, status, lang);
}

struct yg_bytes yg_words_decision(struct yg_bytes decision, enum yg_lang lang)
{
	static const struct word words[] = {
		{"confirmed", N_("confirmed")},
		{"returned", N_("returned with advice")},
	};

	return WORD(words, decision, lang);
}

struct yg_bytes yg_words_how(struct yg_bytes how, enum yg_lang lang)
{
	static const struct word words[] = {
		{"interview", N_("interview")},	      {"document", N_("documents read")},
		{"observation", N_("seen in place")}, {"sample", N_("sample looked at")},
		{"other", N_("another way")},
	};

	return WORD(words, how, lang);
}

struct yg_bytes yg_words_validity(struct yg_bytes state, enum yg_lang lang)
{
	static const struct word words[] = {
		{"valid", N_("valid")},
		{"void", N_("void: what it rested on has changed")},
		{"expired", N_("expired")},
	};

	return WORD(words, state, lang);
}

struct yg_bytes yg_words_size(int64_t size, enum yg_lang lang)
{
	static const char *const words[] = {N_("small"), N_("middle"), N_("large")};

	if (size < 1 || size > 3)
		return (struct yg_bytes){0};
	return yg_bytes_str(yg_tr(lang, words[size - 1]));
}

void yg_words_closed_by(struct yg_buf *to, const json_t *closed_by, enum yg_lang lang)
{
	static const struct word words[] = {
		{"tool", N_("a tool")},
		{"service", N_("a service")},
		{"decision", N_("a decision of the management")},
	};

	for (size_t i = 0; i < json_array_size(closed_by); i++) {
		struct yg_bytes word =
			yg_bytes_str(json_string_value(json_array_get(closed_by, i)));

		if (i > 0)
			yg_buf_add_str(to, yg_tr(lang, N_(", ")));
		if (yg_bytes_starts(word, YG_S("template:")))
			YG_FILL(to, lang, N_("template %1"), yg_bytes_from(word, 9));
		else
			yg_buf_add(to, WORD(words, word, lang));
	}
}

const char *yg_words_report(struct yg_bytes name, enum yg_lang lang)
{
	static const struct word words[] = {
		{"ciso", N_("Yearly report to the officer in charge of security")},
		{"management", N_("Where we stand, on one page")},
		{"gaps", N_("What is missing, and the next step for each")},
		{"progress", N_("What has changed")},
		{"expert", N_("Confirmation by a security specialist")},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (yg_bytes_eq(name, yg_bytes_str(words[i].value)))
			return yg_tr(lang, words[i].text);
	return "";
}
