/* SPDX-License-Identifier: Apache-2.0 */
#include "model/marking.h"

#include "base/tr.h"

#include "base/ban.h"

static const char *const tlp_names[YG_TLP_COUNT] = {"",	     "clear",	     "green",
						    "amber", "amber+strict", "red"};
static const char *const pap_names[YG_PAP_COUNT] = {"", "clear", "green", "amber", "red"};
static const char *const certainty_names[YG_CERTAINTY_COUNT] = {"machine", "analyst", "confirmed"};
static const char *const certainty_texts[YG_CERTAINTY_COUNT] = {
	N_("found by machine, not confirmed"),
	N_("confirmed by an analyst"),
	N_("confirmed by the organisation that was hit"),
};

const char *yg_tlp_name(enum yg_tlp tlp)
{
	return tlp_names[tlp];
}

const char *yg_pap_name(enum yg_pap pap)
{
	return pap_names[pap];
}

/* @name without "@scheme:" before it. */
static struct yg_bytes bare(struct yg_bytes name, const char *scheme)
{
	size_t size = strlen(scheme);

	name = yg_bytes_trim(name);
	if (name.size > size &&
	    yg_bytes_eq_nocase(yg_bytes_cut(name, 0, size), yg_bytes_str(scheme)))
		name = yg_bytes_trim(yg_bytes_from(name, size));
	return name;
}

static bool find(struct yg_bytes name, const char *const *names, unsigned count, unsigned *ret)
{
	if (yg_bytes_eq_nocase(name, YG_S("white"))) { /* as it was called before */
		*ret = 1;
		return true;
	}
	for (unsigned i = 1; i < count; i++) {
		if (yg_bytes_eq_nocase(name, yg_bytes_str(names[i]))) {
			*ret = i;
			return true;
		}
	}
	return false;
}

bool yg_tlp_by_name(struct yg_bytes name, enum yg_tlp *ret)
{
	unsigned found;

	name = bare(name, "TLP:");
	if (yg_bytes_eq_nocase(name, YG_S("amber-strict"))) { /* as STIX writes it */
		*ret = YG_TLP_AMBER_STRICT;
		return true;
	}
	if (!find(name, tlp_names, YG_TLP_COUNT, &found))
		return false;
	*ret = (enum yg_tlp)found;
	return true;
}

bool yg_pap_by_name(struct yg_bytes name, enum yg_pap *ret)
{
	unsigned found;

	if (!find(bare(name, "PAP:"), pap_names, YG_PAP_COUNT, &found))
		return false;
	*ret = (enum yg_pap)found;
	return true;
}

const char *yg_certainty_name(enum yg_certainty certainty)
{
	return certainty_names[certainty];
}

const char *yg_certainty_text(enum yg_certainty certainty)
{
	return certainty_texts[certainty];
}

bool yg_certainty_by_name(struct yg_bytes name, enum yg_certainty *ret)
{
	for (unsigned i = 0; i < YG_CERTAINTY_COUNT; i++) {
		if (yg_bytes_eq_nocase(yg_bytes_trim(name), yg_bytes_str(certainty_names[i]))) {
			*ret = (enum yg_certainty)i;
			return true;
		}
	}
	return false;
}

enum yg_tlp yg_tlp_stricter(enum yg_tlp a, enum yg_tlp b)
{
	if (a == YG_TLP_NONE || b == YG_TLP_NONE)
		return YG_TLP_RED;
	return a > b ? a : b;
}

enum yg_pap yg_pap_stricter(enum yg_pap a, enum yg_pap b)
{
	if (a == YG_PAP_NONE || b == YG_PAP_NONE)
		return YG_PAP_RED;
	return a > b ? a : b;
}
