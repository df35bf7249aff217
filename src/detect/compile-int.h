/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/compile-int.h - the parts of the rule compiler. Private to detect/.
 *
 * compile.c (order of work) -> program.c (conditions), group.c (what is tried for which route),
 * index.c (tables and pattern sets of one field), databases.c (pattern sets, in two threads).
 */
#pragma once

#include "base/buf.h"
#include "detect/image-int.h"
#include "detect/route.h"
#include "detect/rules.h"
#include "detect/witness.h"

struct yg_databases;

struct yg_compiler {
	const struct yg_rules *rules;
	struct yg_router *router;
	struct yg_witness *witness;
	struct yg_databases *databases;
	struct yg_buf sections[YG_IMG_COUNT];
	uint32_t *order;      /* engine index -> rule */
	uint32_t *index_of;   /* rule -> engine index, or YG_IMG_NONE */
	uint32_t count;	      /* of engine indexes */
	uint64_t *meanings;   /* of the rules' expressions */
	uint32_t *code_first; /* engine index -> its first step; one more at the end */
	uint32_t pred_count;  /* in the image: those of the rules keep their numbers, more follow */
	uint32_t name_count;
	struct yg_fault *fault;
};

/* Elements of @section so far. */
static inline uint32_t yg_compiler_count(const struct yg_compiler *c, enum yg_img_section section,
					 size_t element_size)
{
	return (uint32_t)(c->sections[section].size / element_size);
}

/* Add an element; errors are remembered in the section's buffer. */
#define YG_COMPILER_ADD(c, section, element)                                                       \
	yg_buf_add(&(c)->sections[YG_IMG_##section],                                               \
		   (struct yg_bytes){(const uint8_t *)&(element), sizeof(element)})

/* A copy of @text in the section TEXT. */
struct yg_img_run yg_compiler_text(struct yg_compiler *c, struct yg_bytes text);

/*
 * A hash of what each expression of @rules asks for, whatever the numbers of fields and predicates;
 * heap memory, NULL without. And of a rule: its logsource too.
 */
uint64_t *yg_rules_meanings(const struct yg_rules *rules);
uint64_t yg_rule_meaning(const struct yg_rule *rule, const uint64_t *meanings);

/* Add the steps of @rule's condition; *ret is where to enter. YG_OK or YG_ENOMEM, YG_ELIMIT. */
YG_MUST_USE int yg_compile_program(struct yg_compiler *c, const struct yg_rule *rule,
				   uint32_t *ret);

/* Make the groups and the table from routes to groups. */
YG_MUST_USE int yg_compile_groups(struct yg_compiler *c);

/* One atom that shall be in a field's index. */
struct yg_index_entry {
	const struct yg_atom *atom;
	const struct yg_pred *pred;
	uint32_t local; /* number within the group */
};

/* The table of those @entries whose atoms are of @kind (EQUALS, STARTS or ENDS). */
YG_MUST_USE int yg_compile_table(struct yg_compiler *c, const struct yg_index_entry *entries,
				 uint32_t count, enum yg_atom_kind kind, struct yg_img_table *ret);

/*
 * A predicate of its own for "one of @preds" (all of one field, none cased): *ret is its number in
 * the image. Cost of evaluating it hardly depends on @count.
 */
YG_MUST_USE int yg_compile_lookup(struct yg_compiler *c, const uint32_t *preds, uint32_t count,
				  uint32_t *ret);

/* Index @entries (all of one field @name) into *ret. */
YG_MUST_USE int yg_compile_index(struct yg_compiler *c, uint32_t name,
				 const struct yg_index_entry *entries, uint32_t count,
				 struct yg_img_field *ret);

/* Pattern sets to be built; each gets a number of DBS. */
struct yg_databases *yg_databases_new(enum yg_matcher matcher);
struct yg_databases *yg_databases_free(struct yg_databases *databases);

/* A set of folded texts: match number i is texts[i]. Borrowed until built. */
YG_MUST_USE int yg_databases_add_texts(struct yg_databases *databases, const struct yg_bytes *texts,
				       uint32_t count, uint32_t *ret);

/* One expression, looked for on its own. */
YG_MUST_USE int yg_databases_add_regex(struct yg_databases *databases, const struct yg_pred *pred,
				       uint32_t *ret);

/* A set of expressions: match number i is preds[i]. The array is copied. */
YG_MUST_USE int yg_databases_add_regexes(struct yg_databases *databases,
					 const struct yg_pred *const *preds, uint32_t count,
					 uint32_t *ret);

/* Compile all of them and add them to the image. YG_OK, YG_ENOMEM, YG_ELIMIT or YG_EFORMAT. */
YG_MUST_USE int yg_databases_build(struct yg_databases *databases, struct yg_compiler *c);
