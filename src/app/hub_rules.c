/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/hub_rules.h"

#include <sys/stat.h>

#include "app/say.h"

#include "base/ban.h"

static int make_folder(const char *data, const char *name, char to[YG_HUB_RULES_PATH_MAX])
{
	int size = snprintf(to, YG_HUB_RULES_PATH_MAX, "%s/%s", data, name);
	int rc = size > 0 && (size_t)size < YG_HUB_RULES_PATH_MAX ? YG_OK : YG_ELIMIT;

	if (rc == YG_OK && mkdir(to, 0700) != 0 && errno != EEXIST)
		rc = yg_err_from_errno(errno);
	if (rc != YG_OK)
		yg_say("%s/%s: %s", yg_say_safe(yg_bytes_str(data), 300), name,
		       yg_say_tr(yg_err_text(rc)));
	return rc;
}

static int load_set(struct yg_hub_rules *rules)
{
	int rc = yg_rule_image_load(&rules->options, &rules->set.rules);
	if (rc == YG_OK)
		rc = yg_indicator_lists_load(&rules->options, &rules->set.lists);
	if (rc == YG_OK)
		rc = yg_hub_indicators_new(rules->indicators_dir, rules->warning_dir,
					   rules->set.lists.set, &rules->known);
	return rc;
}

static int load_reading(struct yg_hub_rules *rules)
{
	int rc = yg_zone_load(NULL, &rules->zone);

	return rc == YG_OK ? yg_source_files_load(&rules->options, &rules->sources) : rc;
}

static int said(int rc)
{
	if (rc == YG_ENOMEM)
		yg_say(N_("out of memory"));
	return rc;
}

int yg_hub_rules_open_reading(struct yg_hub_rules *rules, const char *data, bool without_pack)
{
	int rc;

	*rules = (struct yg_hub_rules){.set = {.rules = {.engine = NULL}}};
	rc = make_folder(data, "rules", rules->rules_dir);
	if (rc == YG_OK)
		rc = make_folder(data, "indicators", rules->indicators_dir);
	if (rc == YG_OK)
		rc = make_folder(data, "indicators/" YG_WARNED_FOLDER, rules->warned_dir);
	if (rc == YG_OK)
		rc = make_folder(data, "allow", rules->allow_dir);
	if (rc == YG_OK)
		rc = make_folder(data, "warning-lists", rules->warning_dir);
	if (rc != YG_OK)
		return rc;
	rules->paths[0] = rules->rules_dir;
	rules->paths[1] = rules->indicators_dir;
	rules->paths[2] = rules->warned_dir; /* behind: of doubles the first counts */
	rules->paths[3] = rules->allow_dir;
	rules->options = (struct yg_options){
		.rules = &rules->paths[0],
		.rule_count = 1,
		.indicators = &rules->paths[1],
		.indicator_count = 2,
		.allows = &rules->paths[3],
		.allow_count = 1,
		.may_lack_rules = true,
		.no_default_rules = without_pack,
	};
	return said(load_reading(rules));
}

/* In the loading thread: a large list takes seconds. */
static int read_known(void *arg, const struct yg_rule_set *set)
{
	struct yg_hub_rules *rules = arg;

	rules->loaded = yg_hub_indicators_free(rules->loaded); /* of a set that was not taken */
	return yg_hub_indicators_new(rules->indicators_dir, rules->warning_dir, set->lists.set,
				     &rules->loaded);
}

int yg_hub_rules_open(struct yg_hub_rules *rules, const char *data, bool without_pack,
		      struct yg_clock clock)
{
	int rc = yg_hub_rules_open_reading(rules, data, without_pack);

	if (rc != YG_OK)
		return rc;
	/* Before any of them is read: what changes from now on is seen. */
	rules->reload = yg_reload_new(&rules->options, -1, clock);
	if (rules->reload)
		yg_reload_with(rules->reload, read_known, rules);
	return said(rules->reload ? load_set(rules) : YG_ENOMEM);
}

void yg_hub_rules_done(struct yg_hub_rules *rules)
{
	rules->reload = yg_reload_free(rules->reload);
	rules->known = yg_hub_indicators_free(rules->known);
	rules->loaded = yg_hub_indicators_free(rules->loaded);
	rules->ready = yg_hub_indicators_free(rules->ready);
	yg_rule_set_done(&rules->set);
	yg_source_files_done(&rules->sources);
	rules->zone = yg_zone_free(rules->zone);
}

bool yg_hub_rules_look(struct yg_hub_rules *rules, struct yg_rule_set *ret)
{
	bool is_refused;

	if (!rules->reload ||
	    !yg_reload_look(rules->reload, &rules->set.rules, &rules->set.lists, ret, &is_refused))
		return false;
	(void)yg_hub_indicators_free(rules->ready);
	rules->ready = rules->loaded;
	rules->loaded = NULL;
	return true;
}

int yg_hub_rules_take(struct yg_hub_rules *rules, struct yg_rule_set *set)
{
	struct yg_rule_set former = rules->set;
	struct yg_hub_indicators *known = rules->ready;
	int rc = YG_OK;

	if (!known)
		rc = yg_hub_indicators_new(rules->indicators_dir, rules->warning_dir,
					   set->lists.set, &known);
	if (rc != YG_OK)
		return rc;
	rules->ready = NULL;
	(void)yg_hub_indicators_free(rules->known);
	rules->known = known;
	rules->set = *set;
	*set = (struct yg_rule_set){.rules = {.engine = NULL}};
	yg_rule_set_done(&former);
	return YG_OK;
}
