/* SPDX-License-Identifier: Apache-2.0 */
#include "model/warn_rules.h"

#include "base/ban.h"

static const char *const tos[YG_WARN_TO_COUNT] = {"victim", "buyers", "provider", "sector"};
static const char *const contents[YG_WARN_CONTENT_COUNT] = {"everything", "warning", "indicators"};

const char *yg_warn_to_name(enum yg_warn_to to)
{
	return (uint32_t)to < YG_WARN_TO_COUNT ? tos[to] : "";
}

const char *yg_warn_content_name(enum yg_warn_content content)
{
	return (uint32_t)content < YG_WARN_CONTENT_COUNT ? contents[content] : "";
}

bool yg_warn_to_by_name(struct yg_bytes name, enum yg_warn_to *ret)
{
	for (uint32_t i = 0; i < YG_WARN_TO_COUNT; i++)
		if (yg_bytes_eq(name, yg_bytes_str(tos[i]))) {
			*ret = (enum yg_warn_to)i;
			return true;
		}
	return false;
}

bool yg_warn_content_by_name(struct yg_bytes name, enum yg_warn_content *ret)
{
	for (uint32_t i = 0; i < YG_WARN_CONTENT_COUNT; i++)
		if (yg_bytes_eq(name, yg_bytes_str(contents[i]))) {
			*ret = (enum yg_warn_content)i;
			return true;
		}
	return false;
}
