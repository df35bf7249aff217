/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_hunt_set.h"

#include "base/ban.h"

int yg_hunt_set_load(struct yg_hunt_set *s, const char *hunts_dir, const char *id,
		     const char *allow_dir, const char *warning_dir, bool is_general)
{
	int rc;

	*s = (struct yg_hunt_set){.known = NULL};
	if (!yg_hunt_path(hunts_dir, id, "rules", s->rules_dir) ||
	    !yg_hunt_path(hunts_dir, id, "indicators", s->indicators_dir) ||
	    !yg_hunt_path(hunts_dir, id, "indicators/" YG_WARNED_FOLDER, s->warned_dir))
		return YG_ELIMIT;
	s->paths[0] = s->rules_dir;
	s->paths[1] = s->indicators_dir;
	s->paths[2] = s->warned_dir;
	s->paths[3] = allow_dir;
	s->options = (struct yg_options){
		.rules = &s->paths[0],
		.rule_count = 1,
		.indicators = &s->paths[1],
		.indicator_count = is_general ? 1 : 2,
		.allows = &s->paths[3],
		.allow_count = 1,
		.may_lack_rules = true,
		.no_default_rules = true,
	};
	rc = yg_rule_image_load(&s->options, &s->set.rules);
	if (rc == YG_OK)
		rc = yg_indicator_lists_load(&s->options, &s->set.lists);
	if (rc == YG_OK && !is_general && s->set.rules.loaded == 0 &&
	    (!s->set.lists.set || yg_indicators_count(s->set.lists.set) == 0))
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = yg_hub_indicators_new(s->indicators_dir, warning_dir, s->set.lists.set,
					   &s->known);
	return rc;
}

void yg_hunt_set_done(struct yg_hunt_set *set)
{
	set->known = yg_hub_indicators_free(set->known);
	yg_rule_set_done(&set->set);
}
