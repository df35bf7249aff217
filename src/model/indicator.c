/* SPDX-License-Identifier: Apache-2.0 */
#include "model/indicator.h"

#include "base/ban.h"

static const char *const tlp_names[YG_TLP_COUNT] = {"",	     "clear",	     "green",
						    "amber", "amber+strict", "red"};
static const char *const pap_names[YG_PAP_COUNT] = {"", "clear", "green", "amber", "red"};

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
