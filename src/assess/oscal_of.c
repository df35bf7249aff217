/* SPDX-License-Identifier: Apache-2.0 */
#include "assess/gather-int.h"
#include "assess/oscal.h"

#include "base/ban.h"

int yg_assess_oscal(struct yg_assess *assess, enum yg_oscal_kind kind, enum yg_lang lang,
		    int32_t zone_s, json_t **ret)
{
	struct yg_oscal_parts parts = {
		.library = yg_assess_library(assess),
		.level = yg_assess_level(assess),
		.lang = lang,
		.now_ns = yg_access_now(yg_assess_access(assess)),
		.zone_s = zone_s,
	};
	json_t *head = NULL;
	json_t *criteria = NULL;
	int rc = YG_OK;

	if (kind == YG_OSCAL_RESULTS)
		rc = yg_assess_json_head(assess, lang, &head);
	if (rc == YG_OK && kind == YG_OSCAL_RESULTS)
		rc = yg_assess_criteria(assess, lang, &criteria);
	parts.head = head;
	parts.criteria = criteria;
	if (rc == YG_OK)
		rc = yg_oscal_build(kind, &parts, ret);
	json_decref(head);
	json_decref(criteria);
	return rc;
}
