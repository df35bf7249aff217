/* SPDX-License-Identifier: Apache-2.0 */
#include "model/situation.h"

#include "base/ban.h"

#define DAY_NS (86400 * YG_NS_PER_S)

#define X(code, name, words) {name, words},
static const struct {
	const char *name;
	const char *words;
} noise[] = {YG_NOISE_MAP(X)}, ties[] = {YG_TIE_MAP(X)}, states[] = {YG_SITUATION_STATE_MAP(X)};
#undef X

const char *yg_noise_name(enum yg_noise step)
{
	return noise[step].name;
}

const char *yg_noise_words(enum yg_noise step)
{
	return noise[step].words;
}

bool yg_noise_by_name(struct yg_bytes name, enum yg_noise *ret)
{
	for (unsigned i = 0; i < YG_NOISE_COUNT; i++) {
		*ret = (enum yg_noise)i;
		if (yg_bytes_eq(name, yg_bytes_str(noise[i].name)))
			return true;
	}
	return false;
}

const char *yg_tie_name(enum yg_tie tie)
{
	return ties[tie].name;
}

const char *yg_tie_words(enum yg_tie tie)
{
	return ties[tie].words;
}

const char *yg_situation_state_name(enum yg_situation_state state)
{
	return states[state].name;
}

const char *yg_situation_state_words(enum yg_situation_state state)
{
	return states[state].words;
}

bool yg_situation_state_by_name(struct yg_bytes name, enum yg_situation_state *ret)
{
	for (unsigned i = 0; i < YG_SITUATION_STATE_COUNT; i++) {
		*ret = (enum yg_situation_state)i;
		if (yg_bytes_eq(name, yg_bytes_str(states[i].name)))
			return true;
	}
	return false;
}

bool yg_situation_may(enum yg_situation_state from, enum yg_situation_state to)
{
	static const uint8_t allowed[YG_SITUATION_STATE_COUNT] = {
		[YG_SITUATION_NEW] = 1u << YG_SITUATION_CHECK,
		[YG_SITUATION_CHECK] = 1u << YG_SITUATION_NOISE | 1u << YG_SITUATION_CONFIRMED,
		[YG_SITUATION_NOISE] = 1u << YG_SITUATION_CHECK,
		[YG_SITUATION_CONFIRMED] = 1u << YG_SITUATION_CHECK | 1u << YG_SITUATION_NOTIFIED |
					   1u << YG_SITUATION_RESOLVED,
		[YG_SITUATION_NOTIFIED] = 1u << YG_SITUATION_CHECK |
					  1u << YG_SITUATION_ACKNOWLEDGED |
					  1u << YG_SITUATION_RESOLVED,
		[YG_SITUATION_ACKNOWLEDGED] =
			1u << YG_SITUATION_CHECK | 1u << YG_SITUATION_RESOLVED,
		[YG_SITUATION_RESOLVED] = 1u << YG_SITUATION_CHECK,
	};

	return (allowed[from] >> to & 1u) != 0;
}

enum yg_level yg_situation_severity(const struct yg_situation_facts *f, const char **ret_why)
{
	bool is_in = f->outcome == YG_OUTCOME_POSSIBLE;

	if (is_in && f->logs > 1 && f->level >= YG_LEVEL_HIGH) {
		*ret_why = N_("it may have succeeded, and several logs show it");
		return YG_LEVEL_CRITICAL;
	}
	if (is_in && f->level == YG_LEVEL_CRITICAL) {
		*ret_why = N_("a critical alert, and it may have succeeded");
		return YG_LEVEL_CRITICAL;
	}
	if (is_in) {
		*ret_why = N_("it may have succeeded");
		return YG_LEVEL_HIGH;
	}
	if (f->orgs > 1 && f->level >= YG_LEVEL_HIGH) {
		*ret_why = N_("several organisations are attacked; nothing says that it succeeded");
		return YG_LEVEL_HIGH;
	}
	if (f->outcome == YG_OUTCOME_ATTEMPT) {
		*ret_why = N_("facts speak against success");
		return f->level >= YG_LEVEL_HIGH ? YG_LEVEL_MEDIUM : YG_LEVEL_LOW;
	}
	*ret_why = N_("as its alerts say; the logs do not tell whether it succeeded");
	return f->level < YG_LEVEL_LOW ? YG_LEVEL_LOW : f->level;
}

const char *yg_urgency_name(enum yg_urgency urgency)
{
	static const char *const names[] = {"later", "today", "now"};

	return names[urgency];
}

enum yg_urgency yg_situation_urgency(const struct yg_situation_facts *f, int64_t now_ns,
				     const char **ret_why)
{
	const char *why;
	enum yg_level severity = yg_situation_severity(f, &why);
	bool is_going_on = f->last_ns > now_ns - DAY_NS;

	if (severity >= YG_LEVEL_HIGH && f->outcome == YG_OUTCOME_POSSIBLE && is_going_on) {
		*ret_why = N_("it may have succeeded, and went on within the last 24 hours");
		return YG_URGENCY_NOW;
	}
	if (severity >= YG_LEVEL_HIGH) {
		*ret_why = is_going_on ? N_("serious, and went on within the last 24 hours")
				       : N_("serious, but nothing of it in the last 24 hours");
		return YG_URGENCY_TODAY;
	}
	*ret_why = N_("not serious so far");
	return YG_URGENCY_LATER;
}

void yg_situation_say(const struct yg_situation_facts *f, enum yg_lang lang, struct yg_buf *to)
{
	int64_t minutes = (f->last_ns - f->first_ns) / (60 * YG_NS_PER_S);

	yg_buf_add_str(to, yg_tr(lang, ties[f->tie].words));
	if (f->key.size > 0)
		yg_buf_addf(to, ": %.*s", YG_FMT(f->key));
	yg_buf_addf(to,
		    yg_tr(lang, N_(" (alerts %llu, logs %llu, sources %llu, organisations "
				   "%llu, within %lld minutes)")),
		    (unsigned long long)f->bundles, (unsigned long long)f->logs,
		    (unsigned long long)f->sources, (unsigned long long)f->orgs,
		    (long long)minutes);
}
