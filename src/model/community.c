/* SPDX-License-Identifier: Apache-2.0 */
#include "model/community.h"

#include "base/ban.h"

static const char *const answers[YG_ANSWER_COUNT] = {"secret_data", "business_stop",
						     "system_access"};
static const char *const namings[YG_NAMING_COUNT] = {"named", "anonymous", "ask"};

const char *yg_answer_name(uint32_t index)
{
	return index < YG_ANSWER_COUNT ? answers[index] : "";
}

bool yg_answer_by_name(struct yg_bytes name, uint8_t *ret)
{
	for (uint32_t i = 0; i < YG_ANSWER_COUNT; i++)
		if (yg_bytes_eq_nocase(name, yg_bytes_str(answers[i]))) {
			*ret = (uint8_t)(1u << i);
			return true;
		}
	return false;
}

const char *yg_naming_name(enum yg_naming naming)
{
	return (uint32_t)naming < YG_NAMING_COUNT ? namings[naming] : "";
}

bool yg_naming_by_name(struct yg_bytes name, enum yg_naming *ret)
{
	for (uint32_t i = 0; i < YG_NAMING_COUNT; i++)
		if (yg_bytes_eq_nocase(name, yg_bytes_str(namings[i]))) {
			*ret = (enum yg_naming)i;
			return true;
		}
	return false;
}

int yg_member_id_order(struct yg_bytes a, struct yg_bytes b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int order = size ? memcmp(a.data, b.data, size) : 0;

	return order ? order : (a.size > b.size) - (a.size < b.size);
}

uint32_t yg_community_find(const struct yg_community *community, struct yg_bytes id)
{
	uint32_t low = 0;
	uint32_t high = community->member_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = yg_member_id_order(community->members[middle].id, id);

		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return YG_MEMBER_NONE;
}
