/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/check_watch.h"

#include "sensor/watch_set.h"

#include "base/ban.h"

static void look_at_set(const struct yg_watch_set *set, struct yg_check_watch *ret)
{
	ret->is_loaded = true;
	ret->rules = set->rules;
	ret->refused = set->refused;
	ret->unreadable = set->unreadable;
	ret->indicators = set->indicator_count;
	memcpy(ret->digest, set->digest, sizeof(ret->digest));
	for (enum yg_format f = YG_FORMAT_RECORD + 1; f < YG_FORMAT_FINDING; f++)
		ret->wants[f] = yg_engine_wants(set->engine, f, true) ||
				yg_engine_wants(set->engine, f, false);
}

void yg_check_watch_look(const struct yg_sensor_options *options, struct yg_check_watch *ret)
{
	struct yg_sensor_policy *policy = NULL;
	struct yg_watch_set *set = NULL;
	struct yg_line_fault fault;
	struct yg_home home = {0};

	*ret = (struct yg_check_watch){0};
	if (strlen(options->state) >= sizeof(home.folder))
		return;
	(void)snprintf(home.folder, sizeof(home.folder), "%s", options->state); /* measured */
	if (yg_sensor_policy_load(&home, options->policy, false, &policy, &fault) == YG_OK) {
		const struct yg_detect_settings *settings = yg_sensor_policy_detect(policy);

		ret->is_readable = true;
		ret->is_raw = yg_sensor_policy_local(policy)->raw;
		ret->is_on = settings->is_on;
		if (settings->is_on && yg_watch_set_load(settings, &home, NULL, &set) == YG_OK)
			look_at_set(set, ret);
		(void)yg_watch_set_free(set);
	}
	(void)yg_sensor_policy_free(policy);
}

static void add_kinds(const struct yg_check_watch *found, enum yg_lang lang, struct yg_buf *to)
{
	bool is_first = true;

	for (enum yg_format f = YG_FORMAT_RECORD + 1; f < YG_FORMAT_FINDING; f++) {
		if (!found->wants[f])
			continue;
		yg_buf_addf(to, "%s%s", is_first ? "      " : ", ",
			    yg_tr(lang, yg_format_words(f)));
		is_first = false;
	}
	yg_buf_add_str(to, is_first ? "" : "\n");
}

static void text_of_set(const struct yg_check_watch *found, enum yg_lang lang, struct yg_buf *to)
{
	yg_buf_addf(to, yg_tr(lang, N_("  o Local detection: on, %u rules and %u indicators\n")),
		    found->rules, found->indicators);
	yg_buf_addf(to, "    %s\n", yg_tr(lang, N_("Its rules look into these kinds of log:")));
	add_kinds(found, lang, to);
	if (found->refused > 0)
		yg_buf_addf(to, yg_tr(lang, N_("    %u rules cannot be used\n")), found->refused);
	if (found->unreadable > 0)
		yg_buf_addf(to,
			    yg_tr(lang, N_("    %u files or folders of rules and indicators "
					   "cannot be read\n")),
			    found->unreadable);
}

void yg_check_watch_text(const struct yg_check_watch *found, enum yg_lang lang, struct yg_buf *to)
{
	const char *words;

	yg_buf_addf(to, "\n%s\n", yg_tr(lang, N_("Who looks into the records")));
	if (found->is_loaded) {
		text_of_set(found, lang, to);
		return;
	}
	if (!found->is_readable)
		words = N_("  x Local detection: the policy cannot be read (`yagura-sensor policy "
			   "check` says why)\n");
	else if (found->is_on)
		words = N_("  x Local detection: its rules cannot be used\n");
	else if (found->is_raw)
		words = N_("  o Local detection: off; the hub looks into the records, for they "
			   "leave\n");
	else
		words = N_("  x Local detection: off, and no record leaves: nobody looks. Write "
			   "`detect: {on: true}` in the policy\n");
	yg_buf_add_str(to, yg_tr(lang, words));
}

void yg_check_watch_json(const struct yg_check_watch *found, struct yg_buf *to)
{
	bool is_first = true;

	yg_buf_addf(to,
		    "{\"on\":%s,\"ready\":%s,\"raw\":%s,\"rules\":%u,\"refused\":%u,"
		    "\"unreadable\":%u,\"indicators\":%u,\"rule_set\":",
		    found->is_on ? "true" : "false", found->is_loaded ? "true" : "false",
		    found->is_raw ? "true" : "false", found->rules, found->refused,
		    found->unreadable, found->indicators);
	if (found->is_loaded)
		yg_buf_add_json(to, yg_bytes_str(found->digest));
	else
		yg_buf_add_str(to, "null");
	yg_buf_add_str(to, ",\"looks_into\":[");
	for (enum yg_format f = YG_FORMAT_RECORD + 1; f < YG_FORMAT_FINDING; f++) {
		if (!found->wants[f])
			continue;
		yg_buf_addf(to, "%s\"%s\"", is_first ? "" : ",", yg_format_name(f));
		is_first = false;
	}
	yg_buf_add_str(to, "]}");
}
