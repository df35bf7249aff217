/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of a library file: its head, the framework's levels and scale. */
#include "parse/framework.h"

#include "parse/framework-int.h"

#include "base/ban.h"

#define DEFAULT_SCORE_MAX 100 /* of frameworks that do not say their scale */

static int read_levels(struct yg_fw_reader *reader, const struct yg_yaml *map)
{
	struct yg_framework_level *levels;
	const struct yg_yaml *list;
	uint32_t count = 0;
	int rc = yg_fw_list(reader, map, "implementation_groups_definition",
			    YG_FRAMEWORK_LEVELS_MAX, &list);

	if (rc != YG_OK || !list)
		return rc;
	levels = yg_fw_alloc(reader, list->count, sizeof(*levels));
	if (!levels)
		return YG_ENOMEM;
	for (const struct yg_yaml *item = list->first; item; item = item->next) {
		struct yg_framework_level *level = &levels[count];

		rc = yg_fw_need(reader, item, "ref_id", "a level", &level->ref_id);
		if (rc == YG_OK)
			rc = yg_fw_x_keys(reader, item, "a level", NULL, 0);
		if (rc == YG_OK)
			rc = yg_fw_text2(reader, item, "name", &level->name);
		if (rc == YG_OK)
			rc = yg_fw_text2(reader, item, "description", &level->description);
		if (rc != YG_OK)
			return rc;
		for (uint32_t i = 0; i < count; i++)
			if (yg_bytes_eq(levels[i].ref_id, level->ref_id))
				return yg_line_fault_set(reader->fault, YG_EFORMAT, item->line,
							 "the level '%.*s' stands twice",
							 YG_FMT(yg_fw_show(level->ref_id)));
		reader->framework->levels = levels;
		reader->framework->level_count = ++count;
	}
	return YG_OK;
}

/* Put @step where its score belongs among the @count before it. */
static bool insert_step(struct yg_framework_step *steps, uint32_t count,
			struct yg_framework_step step)
{
	while (count > 0 && steps[count - 1].score > step.score) {
		steps[count] = steps[count - 1];
		count--;
	}
	steps[count] = step;
	return count == 0 || steps[count - 1].score < step.score;
}

static int read_step(struct yg_fw_reader *reader, const struct yg_yaml *item,
		     struct yg_framework_step *step)
{
	struct yg_bytes score;
	int rc = yg_fw_need(reader, item, "score", "a step of the scale", &score);

	if (rc == YG_OK)
		rc = yg_fw_x_keys(reader, item, "a step of the scale", NULL, 0);
	if (rc == YG_OK)
		rc = yg_fw_int(reader, item, "score", -YG_FW_NUMBER_MAX, YG_FW_NUMBER_MAX,
			       &step->score);
	if (rc == YG_OK)
		rc = yg_fw_text2(reader, item, "name", &step->name);
	return rc == YG_OK ? yg_fw_text2(reader, item, "description", &step->description) : rc;
}

/* scores_definition: a list, or since 2026 a map with the list under "scale". */
static int read_scale(struct yg_fw_reader *reader, const struct yg_yaml *map)
{
	const struct yg_yaml *scale = yg_fw_get(map, "scores_definition");
	struct yg_framework_step *steps;
	const struct yg_yaml *list = NULL;
	uint32_t count = 0;
	int rc = scale && scale->kind == YG_YAML_MAP
			 ? yg_fw_list(reader, scale, "scale", YG_FW_LIST_MAX, &list)
			 : yg_fw_list(reader, map, "scores_definition", YG_FW_LIST_MAX, &list);

	if (rc != YG_OK || !list)
		return rc;
	steps = yg_fw_alloc(reader, list->count, sizeof(*steps));
	if (!steps)
		return YG_ENOMEM;
	for (const struct yg_yaml *item = list->first; item; item = item->next) {
		struct yg_framework_step step = {0};

		rc = read_step(reader, item, &step);
		if (rc != YG_OK)
			return rc;
		if (!insert_step(steps, count++, step))
			return yg_line_fault_set(reader->fault, YG_EFORMAT, item->line,
						 "the score %d stands twice in the scale",
						 step.score);
	}
	reader->framework->steps = steps;
	reader->framework->step_count = count;
	return YG_OK;
}

static int read_score_range(struct yg_fw_reader *reader, const struct yg_yaml *map)
{
	struct yg_framework *framework = reader->framework;
	const struct yg_yaml *at = yg_fw_get(map, "max_score");
	int rc;

	framework->score_max = DEFAULT_SCORE_MAX;
	rc = yg_fw_int(reader, map, "min_score", 0, YG_FW_NUMBER_MAX, &framework->score_min);
	if (rc == YG_OK)
		rc = yg_fw_int(reader, map, "max_score", 0, YG_FW_NUMBER_MAX,
			       &framework->score_max);
	if (rc == YG_OK && framework->score_min >= framework->score_max)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, at ? at->line : map->line,
					 "'min_score' (%d) must be less than 'max_score' (%d)",
					 framework->score_min, framework->score_max);
	return rc;
}

static int read_framework(struct yg_fw_reader *reader, const struct yg_yaml *map,
			  struct yg_library *library)
{
	static const char *const ours[] = {"x_rules", "x_answers"};
	struct yg_framework *framework = yg_fw_alloc(reader, 1, sizeof(*framework));
	int rc;

	if (!framework)
		return YG_ENOMEM;
	reader->framework = framework;
	rc = yg_fw_need(reader, map, "urn", "objects.framework", &framework->urn);
	if (rc == YG_OK)
		rc = yg_fw_x_keys(reader, map, "objects.framework", ours, YG_FW_COUNT(ours));
	if (rc == YG_OK)
		rc = yg_fw_need(reader, map, "ref_id", "objects.framework", &framework->ref_id);
	if (rc == YG_OK)
		rc = yg_fw_text2(reader, map, "name", &framework->name);
	if (rc == YG_OK)
		rc = yg_fw_text2(reader, map, "description", &framework->description);
	if (rc == YG_OK)
		rc = read_levels(reader, map);
	if (rc == YG_OK)
		rc = read_score_range(reader, map);
	if (rc == YG_OK)
		rc = read_scale(reader, map);
	if (rc == YG_OK)
		rc = yg_fw_answers(reader, map);
	if (rc == YG_OK)
		rc = yg_fw_rules(reader, map);
	if (rc == YG_OK)
		rc = yg_fw_nodes(reader, map);
	library->framework = framework;
	return rc;
}

static int read_head(struct yg_fw_reader *reader, const struct yg_yaml *map,
		     struct yg_library *library)
{
	static const char *const ours[] = {"x_source"};
	const struct {
		const char *key;
		struct yg_bytes *to;
	} texts[] = {
		{"ref_id", &library->ref_id},	  {"copyright", &library->copyright},
		{"version", &library->version},	  {"publication_date", &library->publication_date},
		{"provider", &library->provider}, {"packager", &library->packager},
	};
	int rc = yg_fw_need(reader, map, "urn", "the library", &library->urn);

	if (rc == YG_OK)
		rc = yg_fw_x_keys(reader, map, "the library", ours, YG_FW_COUNT(ours));
	if (rc == YG_OK)
		rc = yg_fw_text(reader, map, "locale", &library->locale);
	reader->is_japanese = yg_bytes_eq_nocase(yg_bytes_cut(library->locale, 0, 2), YG_S("ja"));
	for (uint32_t i = 0; rc == YG_OK && i < YG_FW_COUNT(texts); i++)
		rc = yg_fw_text(reader, map, texts[i].key, texts[i].to);
	if (rc == YG_OK)
		rc = yg_fw_text2(reader, map, "name", &library->name);
	if (rc == YG_OK)
		rc = yg_fw_text2(reader, map, "description", &library->description);
	return rc == YG_OK ? yg_fw_source(reader, map, &library->source) : rc;
}

/* objects.framework, or the only item of objects.frameworks. */
static int find_framework(struct yg_fw_reader *reader, const struct yg_yaml *objects,
			  const struct yg_yaml **ret)
{
	const struct yg_yaml *list;
	int rc = yg_fw_map(reader, objects, "framework", ret);

	if (rc == YG_OK)
		rc = yg_fw_list(reader, objects, "frameworks", YG_FW_LIST_MAX, &list);
	if (rc != YG_OK || !list || list->count == 0)
		return rc;
	if (*ret || list->count > 1)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, list->line,
					 "more than one framework in one file: write a file for "
					 "each");
	*ret = list->first;
	return YG_OK;
}

static int read_library(struct yg_fw_reader *reader, const struct yg_yaml *map,
			struct yg_library *library)
{
	const struct yg_yaml *objects;
	const struct yg_yaml *framework;
	int rc = read_head(reader, map, library);

	if (rc == YG_OK)
		rc = yg_fw_map(reader, map, "objects", &objects);
	if (rc != YG_OK)
		return rc;
	if (!objects)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, map->line,
					 "the library has no 'objects': a framework stands under "
					 "objects.framework");
	rc = yg_fw_x_keys(reader, objects, "'objects'", NULL, 0);
	if (rc == YG_OK)
		rc = find_framework(reader, objects, &framework);
	if (rc != YG_OK)
		return rc;
	rc = yg_fw_controls(reader, yg_fw_get(objects, "reference_controls"));
	if (rc == YG_OK && framework)
		rc = read_framework(reader, framework, library);
	return rc == YG_OK ? yg_fw_mappings(reader, objects, library) : rc;
}

int yg_framework_read(struct yg_bytes text, struct yg_arena *arena, const struct yg_library **ret,
		      struct yg_line_fault *reterr)
{
	struct yg_fw_reader reader = {.arena = arena, .fault = reterr};
	struct yg_library *library;
	struct yg_yaml_fault fault;
	const struct yg_yaml *docs;
	int rc = yg_yaml_parse(text, arena, &docs, &fault);

	*ret = NULL;
	if (rc != YG_OK)
		return yg_line_fault_set(reterr, rc, fault.line, "%s", fault.msg);
	if (docs->count == 0 || docs->first->kind != YG_YAML_MAP)
		return yg_line_fault_set(reterr, YG_EFORMAT, docs->count ? docs->first->line : 0,
					 "not a library file: it begins with keys such as 'urn' "
					 "and 'objects'");
	if (docs->count > 1)
		return yg_line_fault_set(reterr, YG_EFORMAT, docs->first->next->line,
					 "a library file is one YAML document; a second begins "
					 "here");
	library = yg_fw_alloc(&reader, 1, sizeof(*library));
	if (!library)
		return YG_ENOMEM;
	rc = read_library(&reader, docs->first, library);
	if (rc == YG_OK)
		*ret = library;
	return rc;
}
