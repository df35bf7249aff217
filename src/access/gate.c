/* SPDX-License-Identifier: Apache-2.0 */
/* Who may have what by which way: the words, the first question, and the one release function. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/gate-int.h"
#include "access/release-int.h"
#include "base/tr.h"

#include "base/ban.h"

static const struct {
	const char *word;
	enum yg_tlp strictest;
} outlets[] = {
#define X(code, word, strictest) {word, YG_TLP_##strictest},
#include "access/outlets.def"
#undef X
};
static const struct yg_gate_audience audiences[] = {
	{"own", YG_TLP_RED, true, true, true},
	{"expert", YG_TLP_NONE, false, false, false},
	{"statement", YG_TLP_NONE, false, false, false},
#define X(code, word, strictest, damage, name, whole)                                              \
	{word, YG_TLP_##strictest, damage, name, whole},
#include "access/audiences.def"
#undef X
};
static const char *const agreed_words[YG_AGREED_COUNT] = {"nothing", "nameless", "named"};
static const char *const use_words[YG_USE_COUNT] = {"match", "lookup", "block"};
static const enum yg_pap use_pap[YG_USE_COUNT] = {YG_PAP_RED, YG_PAP_AMBER, YG_PAP_GREEN};
static const struct {
	const char *word;
	const char *text;
} refusals[] = {
#define X(code, word, text) {word, text},
	YG_REFUSAL_MAP(X)
#undef X
};
static const char *const taken_words[] = {
#define X(code, word, en, ja) word,
	YG_TAKEN_MAP(X)
#undef X
};

const char *yg_outlet_name(enum yg_outlet outlet)
{
	return outlets[outlet].word;
}

const char *yg_audience_name(enum yg_audience audience)
{
	return audiences[audience].word;
}

const char *yg_agreed_name(enum yg_agreed agreed)
{
	return agreed_words[agreed];
}

const char *yg_use_name(enum yg_use use)
{
	return use_words[use];
}

const char *yg_refusal_name(enum yg_refusal refusal)
{
	return refusals[refusal].word;
}

const char *yg_refusal_text(enum yg_refusal refusal)
{
	return refusals[refusal].text;
}

const char *yg_taken_name(enum yg_taken taken)
{
	return taken_words[taken];
}

bool yg_outlet_by_name(struct yg_bytes name, enum yg_outlet *ret)
{
	for (unsigned i = 0; i < YG_OUTLET_COUNT; i++) {
		if (yg_bytes_eq(name, yg_bytes_str(outlets[i].word))) {
			*ret = (enum yg_outlet)i;
			return true;
		}
	}
	return false;
}

bool yg_audience_by_name(struct yg_bytes name, enum yg_audience *ret)
{
	for (unsigned i = 0; i < YG_AUDIENCE_COUNT; i++) {
		if (yg_bytes_eq(name, yg_bytes_str(audiences[i].word))) {
			*ret = (enum yg_audience)i;
			return true;
		}
	}
	return false;
}

bool yg_agreed_by_name(struct yg_bytes name, enum yg_agreed *ret)
{
	for (unsigned i = 0; i < YG_AGREED_COUNT; i++) {
		if (yg_bytes_eq(name, yg_bytes_str(agreed_words[i]))) {
			*ret = (enum yg_agreed)i;
			return true;
		}
	}
	return false;
}

bool yg_use_by_name(struct yg_bytes name, enum yg_use *ret)
{
	for (unsigned i = 0; i < YG_USE_COUNT; i++) {
		if (yg_bytes_eq(name, yg_bytes_str(use_words[i]))) {
			*ret = (enum yg_use)i;
			return true;
		}
	}
	return false;
}

const struct yg_gate_audience *yg_gate_audience_of(enum yg_audience audience)
{
	return &audiences[audience];
}

bool yg_gate_pap_allows(enum yg_pap pap, enum yg_use use)
{
	return (pap == YG_PAP_NONE ? YG_PAP_RED : pap) <= use_pap[use];
}

enum yg_refusal yg_gate_ask(const struct yg_release_ask *ask, enum yg_tlp tlp, enum yg_pap pap)
{
	bool is_unmarked = tlp == YG_TLP_NONE;

	if (ask->audience == YG_AUDIENCE_OWN)
		return YG_REFUSAL_NONE;
	if (ask->audience == YG_AUDIENCE_EXPERT || ask->audience == YG_AUDIENCE_STATEMENT)
		return YG_REFUSAL_KIND;
	if ((ask->audience == YG_AUDIENCE_SENSOR) != (ask->outlet == YG_OUTLET_SENSOR))
		return YG_REFUSAL_SENSOR;
	if (ask->agreed == YG_AGREED_NOTHING)
		return YG_REFUSAL_CONSENT;
	if (is_unmarked)
		tlp = YG_TLP_RED;
	if (tlp > audiences[ask->audience].strictest)
		return is_unmarked ? YG_REFUSAL_UNMARKED : YG_REFUSAL_MARKING;
	if (tlp > outlets[ask->outlet].strictest)
		return is_unmarked ? YG_REFUSAL_UNMARKED : YG_REFUSAL_OUTLET;
	if (tlp == YG_TLP_RED && !ask->is_named_person)
		return is_unmarked ? YG_REFUSAL_UNMARKED : YG_REFUSAL_PERSON;
	if (!yg_gate_pap_allows(pap, ask->use))
		return YG_REFUSAL_PAP;
	return YG_REFUSAL_NONE;
}

void yg_released_done(struct yg_released *released)
{
	json_decref(released->copy);
	json_decref(released->marks);
	*released = (struct yg_released){0};
}

int yg_release(const struct yg_release_ask *ask, const json_t *object, struct yg_released *ret)
{
	int rc;

	*ret = (struct yg_released){0};
	if (!json_is_object(object) || !ask->kind)
		return YG_EINVAL;
	if (strcmp(ask->kind, "notice") == 0)
		rc = yg_gate_notice(ask, object, ret);
	else if (strcmp(ask->kind, "incident") == 0)
		rc = yg_gate_incident(ask, object, ret);
	else
		rc = yg_release_document(ask->kind, object, ask->audience, &ret->copy);
	if (rc == YG_EACCES && ret->refusal == YG_REFUSAL_NONE)
		ret->refusal = YG_REFUSAL_KIND;
	if (rc != YG_OK) {
		json_decref(ret->copy);
		json_decref(ret->marks);
		ret->copy = ret->marks = NULL;
	}
	return rc;
}
