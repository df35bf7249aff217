/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the framework reader share: the reader's state, access to YAML values with
 * exact errors, and a table of names.
 *
 * All functions of type int return YG_OK or, with reader->fault filled, an error.
 */
#pragma once

#include "parse/framework.h"
#include "parse/yaml.h"

#define YG_FW_LIST_MAX	    1000u	/* items of one short list: groups, choices, references */
#define YG_FW_NUMBER_MAX    1000000	/* scores, points, sums: ± this */
#define YG_FW_CHOICES_MAX   100u	/* of one question */
#define YG_FW_QUESTIONS_MAX 1000u	/* of one node */
#define YG_FW_SQL_MAX	    (64u << 10) /* bytes of one query */

/* Names (urns, ids) to small numbers; letter case of A–Z does not count, as in the original. */
struct yg_fw_names {
	const struct yg_bytes **slots; /* NULL: free */
	uint32_t *values;
	uint32_t mask;
};

struct yg_fw_reader {
	struct yg_arena *arena;
	struct yg_line_fault *fault;
	bool is_japanese;	     /* the language of texts without translations */
	struct yg_fw_names controls; /* objects.reference_controls: urns to places in … */
	struct yg_bytes *control_names;
	struct yg_framework *framework;
	struct yg_fw_names node_urns;
	struct yg_fw_names node_ids;
};

/* ---- framework_value.c ---- */

int yg_fw_no_memory(struct yg_fw_reader *reader);

/* For "%.*s" with YG_FMT in a message: @b as readable text of at most 60 bytes. */
struct yg_bytes yg_fw_show(struct yg_bytes b);

/* Zeroed room for @count things of @size bytes (at least one). NULL after setting the fault. */
void *yg_fw_alloc(struct yg_fw_reader *reader, size_t count, size_t size);

/* Room for @count names. */
int yg_fw_names_init(struct yg_fw_reader *reader, struct yg_fw_names *names, uint32_t count);
/* Remember *@name (borrowed) as @value. False when it stands there already (*ret_old: its value).
 * Never called more often than there is room. */
bool yg_fw_names_add(struct yg_fw_names *names, const struct yg_bytes *name, uint32_t value,
		     uint32_t *ret_old);
/* Its value, or UINT32_MAX. */
uint32_t yg_fw_names_get(const struct yg_fw_names *names, struct yg_bytes name);

/* The child @key of @map when it is there and not null, else NULL. */
const struct yg_yaml *yg_fw_get(const struct yg_yaml *map, const char *key);

/* The scalar @key of @map, trimmed; absent and null give an empty text. @place names the map in
 * messages ("the library"). */
int yg_fw_text(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
	       struct yg_bytes *ret);
/* The same, but it must be there. */
int yg_fw_need(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
	       const char *place, struct yg_bytes *ret);

/* A list or map @key of @map, NULL when absent or null. */
int yg_fw_list(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
	       uint32_t max, const struct yg_yaml **ret);
int yg_fw_map(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
	      const struct yg_yaml **ret);

/* The items of a list of scalars; none when @list is NULL or null. */
int yg_fw_items(struct yg_fw_reader *reader, const struct yg_yaml *list, struct yg_text_list *ret);
/* The same of the list @key of @map. */
int yg_fw_text_list(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
		    struct yg_text_list *ret);

/* A whole number within @least..@most. Absent: *ret is left alone. */
int yg_fw_int(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
	      int64_t least, int64_t most, int32_t *ret);

/* A decimal fraction × 1000; absent: *ret is left alone. At most three places. */
int yg_fw_milli(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
		int32_t *ret);

/* true or false as YAML 1.1 and 1.2 write them; absent: *ret is left alone. */
int yg_fw_bool(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key, bool *ret);

/* A span such as P1Y; absent: *ret is left alone. */
int yg_fw_period(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
		 struct yg_period *ret);

/* @key and its translations (translations.ja.@key, translations.en.@key). */
int yg_fw_text2(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
		struct yg_text2 *ret);
/* Our own form: {ja: …, en: …}, or one text in the file's language. */
int yg_fw_words(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
		struct yg_text2 *ret);

/* The place of the word @key among @words; absent: *ret is left alone. */
int yg_fw_word(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
	       const char *const *words, uint32_t count, uint32_t *ret);

/* Keys with x_ of a map of the original format must be among the @count of @ours. */
int yg_fw_x_keys(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *place,
		 const char *const *ours, uint32_t count);
/* All keys of a map of our own must be among @keys. Also refuses what is no map. */
int yg_fw_own_keys(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *place,
		   const char *const *keys, uint32_t count);

#define YG_FW_COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

/* ---- framework_rules.c: x_source, x_rules, x_answers, x_evidence, x_help ---- */

int yg_fw_source(struct yg_fw_reader *reader, const struct yg_yaml *library,
		 struct yg_framework_source *ret);
int yg_fw_answers(struct yg_fw_reader *reader, const struct yg_yaml *map);
int yg_fw_rules(struct yg_fw_reader *reader, const struct yg_yaml *map);
/* x_answers, x_evidence, x_help and x_source of a node. */
int yg_fw_node_extras(struct yg_fw_reader *reader, const struct yg_yaml *map,
		      struct yg_framework_node *node);
int yg_fw_evidence(struct yg_fw_reader *reader, const struct yg_yaml *map,
		   struct yg_framework_node *node);

/* ---- framework_nodes.c ---- */

/* Remember the names of objects.reference_controls (@list may be NULL). */
int yg_fw_controls(struct yg_fw_reader *reader, const struct yg_yaml *list);
int yg_fw_nodes(struct yg_fw_reader *reader, const struct yg_yaml *map);

/* ---- framework_questions.c ---- */

int yg_fw_questions(struct yg_fw_reader *reader, const struct yg_yaml *map,
		    struct yg_framework_node *node);

/* ---- framework_mapping.c ---- */

int yg_fw_mappings(struct yg_fw_reader *reader, const struct yg_yaml *objects,
		   struct yg_library *library);
