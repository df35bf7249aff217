/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/framework.h"

#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/io.h"

static const char *manual; /* docs/framework-format.md */
static struct yg_arena *arena;
static const struct yg_library *library;
static struct yg_line_fault fault;

static int load(struct yg_bytes text)
{
	(void)yg_arena_free(arena);
	arena = yg_arena_new(512u << 20);
	memset(&fault, 0, sizeof(fault));
	return yg_framework_read(text, arena, &library, &fault);
}

static int read_text(const char *text)
{
	return load(yg_bytes_str(text));
}

static bool refuses_as(enum yg_err code, const char *text, uint32_t line, const char *part)
{
	int rc = read_text(text);

	if (rc == (int)code && library == NULL && fault.code == code && fault.line == line &&
	    strstr(fault.msg, part))
		return true;
	fprintf(stderr, "%d, line %u: %s\n  wanted line %u: %s\n", rc, fault.line, fault.msg, line,
		part);
	return false;
}

static bool refuses(const char *text, uint32_t line, const char *part)
{
	return refuses_as(YG_EFORMAT, text, line, part);
}

#define HEAD                                                                                       \
	"urn: urn:x:library:a\nlocale: ja\nref_id: A\nname: 名\n"                                 \
	"translations: {en: {name: Name}}\n" /* line 5 */
#define FRAMEWORK                                                                                  \
	HEAD "objects:\n  framework:\n    urn: urn:x:framework:a\n    ref_id: A-1\n" /* line 9 */
#define LEVELS                                                                                     \
	FRAMEWORK "    implementation_groups_definition:\n    - {ref_id: low, name: 低}\n"        \
		  "    - {ref_id: high, name: 高}\n"		   /* line 12 */
#define NODES LEVELS "    requirement_nodes:\n"			   /* line 13 */
#define NODE  NODES "    - urn: urn:x:node:1\n      ref_id: '1'\n" /* lines 14, 15 */
#define TAIL  "    requirement_nodes: [{urn: 'urn:x:node:1'}]\n"

static const char whole[] =
	"urn: urn:x:library:a\nlocale: ja\nref_id: A\nname: 名\ndescription: 説明\n"
	"copyright: c\nversion: 3\npublication_date: 2026-03-27\nprovider: p\npackager: q\n"
	"translations:\n  en: {name: Name}\n  fr: {name: Nom}\nunknown_key: [1, {a: b}]\n"
	"x_source:\n  url: https://example.org/page\n  file: https://example.org/f.xlsx\n"
	"  sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"
	"  licence: free\n  date: 2026-03-27\n  wording: import\n  note: {ja: 注, en: note}\n"
	"objects:\n"
	"  reference_controls:\n  - {urn: 'urn:x:control:RULES', name: 規程}\n"
	"  framework:\n    urn: urn:x:framework:a\n    ref_id: A-1\n    name: 枠\n"
	"    min_score: 1\n    max_score: 5\n"
	"    scores_definition:\n    - {score: 2, name: 二}\n    - {score: 1, name: 一}\n"
	"    implementation_groups_definition:\n    - {ref_id: low, name: 低}\n"
	"    - {ref_id: high, name: 高, translations: {en: {name: High}}}\n"
	"    x_answers:\n      points:\n"
	"      - {value: done, points: 4, gives: met, name: {ja: 済, en: Done}}\n"
	"      - {value: unknown, points: -1, gives: not_met}\n"
	"    x_rules:\n"
	"    - {group: low, rule: all-met, na: refused, review: expert, valid: P1Y}\n"
	"    - {group: high, rule: sum, target: 70, bands: [{least: 10}, {least: 70, name: 良}]}\n"
	"    - {rule: mean-maturity, target: 3.5, section_depth: 2}\n"
	"    requirement_nodes:\n"
	"    - {urn: 'urn:x:node:1', name: 章}\n"
	"    - urn: urn:x:node:1-1\n      ref_id: 1-1-1\n      parent_urn: urn:x:node:1\n"
	"      assessable: true\n      description: 文\n      annotation: 補\n"
	"      implementation_groups: [low, high]\n"
	"      reference_controls: ['urn:x:control:rules', 'urn:y:control:other']\n"
	"      x_answers: points\n"
	"      x_evidence:\n"
	"      - {id: q, kind: query, strength: proves, max_age: P14D, tables: [assets, updates],\n"
	"         sql: 'SELECT 1', name: {en: query}}\n"
	"      - {id: r, kind: record}\n"
	"      x_help: {asked: {ja: 何を, en: What}, cheap: 安く, effect: 3, effort: 1,\n"
	"        closed_by: [tool, 'template:contact-list']}\n"
	"      x_source: {refs: {iso27001_2022: ['4.1', A.5.31], empty: []}}\n"
	"    - urn: urn:x:node:1-2\n      parent_urn: URN:X:NODE:1\n      implementation_groups:\n"
	"      assessable: true\n"
	"      questions:\n"
	"        urn:x:q:1:\n          type: unique_choice\n          text: 問\n"
	"          translations: {en: {text: Question}}\n"
	"          choices:\n"
	"          - {urn: 'urn:x:q:1:choice:1', value: はい, add_score: 4, compute_result: true}\n"
	"          - {urn: 'urn:x:q:1:choice:2', value: いいえ, compute_result: non_compliant,\n"
	"             color: '#fff', select_implementation_groups: [a]}\n"
	"        urn:x:q:2:\n          type: multiple_choice\n          text: 問2\n"
	"          choices: [a, b]\n"
	"          depends_on: {question: 'urn:x:q:1', answers: ['urn:x:q:1:choice:1'],\n"
	"            condition: all}\n"
	"        urn:x:q:3: {type: boolean, text: 問3}\n"
	"        urn:x:q:4: {type: date, text: 問4, depends_on: null}\n"
	"  requirement_mapping_sets:\n"
	"  - urn: urn:x:mapping:1\n    name: m\n    source_framework_urn: urn:x:framework:a\n"
	"    target_framework_urn: urn:y:framework:b\n    requirement_mappings:\n"
	"    - source_requirement_urn: urn:x:node:1-1\n      target_requirement_urn: urn:y:1\n"
	"      relationship: subset\n"
	"    - source_requirement_urn: urn:x:node:1-2\n      target_requirement_urn: urn:y:1\n"
	"      relationship: not_related\n";

static void reads_the_head(void)
{
	CHECK(read_text(whole) == YG_OK);
	CHECK_TEXT(library->urn, "urn:x:library:a");
	CHECK_TEXT(library->locale, "ja");
	CHECK_TEXT(library->name.ja, "名");
	CHECK_TEXT(library->name.en, "Name");
	CHECK_TEXT(library->description.ja, "説明");
	CHECK(library->description.en.size == 0);
	CHECK_TEXT(yg_text2(&library->description, YG_LANG_EN), "説明");
	CHECK_TEXT(library->version, "3");
	CHECK_TEXT(library->publication_date, "2026-03-27");
	CHECK_TEXT(library->packager, "q");
	CHECK(library->source.wording == YG_WORDING_IMPORT);
	CHECK_TEXT(library->source.file, "https://example.org/f.xlsx");
	CHECK(library->source.sha256.size == 64);
	CHECK_TEXT(library->source.note.en, "note");
}

static void reads_the_framework(void)
{
	const struct yg_framework *f;

	CHECK(read_text(whole) == YG_OK);
	f = library->framework;
	CHECK(f && f->level_count == 2 && f->rule_count == 3 && f->node_count == 3);
	CHECK_TEXT(f->ref_id, "A-1");
	CHECK(f->score_min == 1 && f->score_max == 5 && f->step_count == 2);
	CHECK(f->steps[0].score == 1 && f->steps[1].score == 2);
	CHECK_TEXT(f->steps[0].name.ja, "一");
	CHECK_TEXT(f->levels[1].name.en, "High");
	CHECK(f->answers_count == 1 && f->answers[0].choice_count == 2);
	CHECK_TEXT(f->answers[0].ref_id, "points");
	CHECK_TEXT(f->answers[0].choices[0].gives, "met");
	CHECK(f->answers[0].choices[1].points == -1 && f->answers[0].choices[1].has_points);
}

static void reads_the_rules(void)
{
	const struct yg_framework_rule *rules;

	CHECK(read_text(whole) == YG_OK);
	rules = library->framework->rules;
	CHECK(rules[0].level == 0 && rules[0].kind == YG_RULE_ALL_MET);
	CHECK(rules[0].na == YG_NA_REFUSED && rules[0].review == YG_REVIEW_EXPERT);
	CHECK(rules[0].valid.years == 1 && rules[0].valid.days == 0);
	CHECK(rules[1].level == 1 && rules[1].target_milli == 70000 && rules[1].band_count == 2);
	CHECK(rules[1].bands[0].least == 70 && rules[1].bands[1].least == 10);
	CHECK_TEXT(rules[1].bands[0].name.ja, "良");
	CHECK(rules[1].na == YG_NA_NEEDS_REASON && yg_period_is_none(rules[1].valid));
	CHECK(rules[2].level == YG_NODE_NONE && rules[2].target_milli == 3500);
	CHECK(rules[2].section_depth == 2 && rules[2].line == 45);
}

static void reads_the_nodes(void)
{
	const struct yg_framework_node *nodes;

	CHECK(read_text(whole) == YG_OK);
	nodes = library->framework->nodes;
	CHECK_TEXT(nodes[0].ref_id, "1"); /* the end of its urn */
	CHECK(nodes[0].parent == YG_NODE_NONE && nodes[0].depth == 1 && !nodes[0].is_assessable);
	CHECK_TEXT(nodes[1].ref_id, "1-1-1");
	CHECK(nodes[1].parent == 0 && nodes[1].depth == 2 && nodes[1].is_assessable);
	CHECK(nodes[1].levels == 3 && nodes[1].answers == &library->framework->answers[0]);
	CHECK(nodes[1].typical.count == 2);
	CHECK_TEXT(nodes[1].typical.items[0], "規程");
	CHECK_TEXT(nodes[1].typical.items[1], "other");
	CHECK_TEXT(nodes[1].annotation.ja, "補");
	CHECK(nodes[1].ref_count == 2 && nodes[1].refs[0].items.count == 2);
	CHECK_TEXT(nodes[1].refs[0].column, "iso27001_2022");
	CHECK_TEXT(nodes[1].refs[0].items.items[1], "A.5.31");
	CHECK(nodes[1].refs[1].items.count == 0);
	CHECK(nodes[2].parent == 0 && nodes[2].levels == 0 && !nodes[2].answers);
}

static void reads_evidence_and_help(void)
{
	const struct yg_framework_node *node;

	CHECK(read_text(whole) == YG_OK);
	node = &library->framework->nodes[1];
	CHECK(node->evidence_count == 2 && node->evidence[0].kind == YG_EVIDENCE_QUERY);
	CHECK(node->evidence[0].strength == YG_STRENGTH_PROVES);
	CHECK(node->evidence[0].max_age.days == 14 && node->evidence[0].tables.count == 2);
	CHECK_TEXT(node->evidence[0].tables.items[1], "updates");
	CHECK_TEXT(node->evidence[0].sql, "SELECT 1");
	CHECK_TEXT(node->evidence[0].name.en, "query");
	CHECK(node->evidence[1].kind == YG_EVIDENCE_RECORD);
	CHECK(node->evidence[1].strength == YG_STRENGTH_SUPPORTS);
	CHECK(node->help && node->help->effect == 3 && node->help->effort == 1);
	CHECK_TEXT(node->help->asked.en, "What");
	CHECK_TEXT(node->help->cheap.ja, "安く");
	CHECK(node->help->closed_by.count == 2);
	CHECK_TEXT(node->help->closed_by.items[1], "template:contact-list");
}

static void reads_questions(void)
{
	const struct yg_framework_question *q;

	CHECK(read_text(whole) == YG_OK);
	q = library->framework->nodes[2].questions;
	CHECK(library->framework->nodes[2].question_count == 4);
	CHECK(q[0].kind == YG_QUESTION_ONE && q[0].choice_count == 2);
	CHECK_TEXT(q[0].text.en, "Question");
	CHECK(q[0].choices[0].has_points && q[0].choices[0].points == 4);
	CHECK_TEXT(q[0].choices[0].gives, "met");
	CHECK_TEXT(q[0].choices[1].gives, "not_met");
	CHECK(!q[0].choices[1].has_points && q[0].depends_on == YG_NODE_NONE);
	CHECK(q[1].kind == YG_QUESTION_MANY && q[1].depends_on == 0 && q[1].depends_on_all);
	CHECK_TEXT(q[1].choices[1].id, "urn:x:q:2:choice:2");
	CHECK_TEXT(q[1].choices[1].name.ja, "b");
	CHECK_TEXT(q[1].depends_answers.items[0], "urn:x:q:1:choice:1");
	CHECK(q[2].kind == YG_QUESTION_ONE && q[2].choice_count == 2);
	CHECK_TEXT(q[2].choices[0].name.en, "Yes");
	CHECK(q[3].kind == YG_QUESTION_DATE && q[3].choice_count == 0);
}

static void reads_the_older_form_of_questions(void)
{
	const struct yg_framework_question *q;

	CHECK(read_text(NODE "      question:\n        question_type: unique_choice\n"
			     "        question_choices: ['Yes', 'No']\n        questions:\n"
			     "        - {urn: 'urn:x:q:1', text: One}\n"
			     "        - {urn: 'urn:x:q:2', text: Two}\n") == YG_OK);
	q = library->framework->nodes[0].questions;
	CHECK(library->framework->nodes[0].question_count == 2);
	CHECK_TEXT(q[1].text.ja, "Two");
	CHECK_TEXT(q[1].choices[1].id, "urn:x:q:2:choice:2");
	CHECK_TEXT(q[1].choices[1].name.ja, "No");
	CHECK(read_text(NODE "      questions: {question_type: text, question_choices: null,\n"
			     "        questions: [{urn: 'urn:x:q:1', text: One}]}\n") == YG_OK);
	CHECK(library->framework->nodes[0].questions[0].kind == YG_QUESTION_TEXT);
}

static void reads_mappings(void)
{
	const struct yg_mapping_set *set;

	CHECK(read_text(whole) == YG_OK && library->mapping_set_count == 1);
	set = library->mapping_sets;
	CHECK_TEXT(set->to_framework, "urn:y:framework:b");
	CHECK(set->row_count == 2 && set->rows[0].kind == YG_MAPPING_SUBSET);
	CHECK_TEXT(set->rows[0].to_urn, "urn:y:1");
	CHECK(set->rows[1].kind == YG_MAPPING_NOT_RELATED);
}

static void takes_the_base_language(void)
{
	CHECK(read_text("urn: u\nlocale: fr\nname: Nom\nobjects: {}\n") == YG_OK);
	CHECK_TEXT(library->name.en, "Nom");
	CHECK(library->name.ja.size == 0 && library->framework == NULL);
	CHECK(read_text("urn: u\nlocale: fr\nname: Nom\nobjects: {}\n"
			"translations: {en: {name: Name}, ja: {name: 名}}\n") == YG_OK);
	CHECK_TEXT(library->name.en, "Name");
	CHECK_TEXT(library->name.ja, "名");
}

static void takes_a_scale_in_a_map(void)
{
	CHECK(read_text(FRAMEWORK "    scores_definition: {scale: [{score: 0}], alternatives: {b: "
				  "[1]}}\n" TAIL) == YG_OK);
	CHECK(library->framework->step_count == 1);
	CHECK(library->framework->score_min == 0 && library->framework->score_max == 100);
}

static void takes_frameworks_of_one(void)
{
	CHECK(read_text("urn: u\nobjects: {frameworks: [{urn: f, ref_id: F, requirement_nodes: "
			"[{urn: n}]}]}\n") == YG_OK);
	CHECK_TEXT(library->framework->nodes[0].ref_id, "n");
}

static void names_a_node_by_its_urn_when_the_end_is_taken(void)
{
	CHECK(read_text(NODES "    - {urn: 'urn:x:a:1'}\n    - {urn: 'urn:x:b:1'}\n"
			      "    - {urn: 'urn:x:c:2', ref_id: '1'}\n") == YG_OK);
	CHECK_TEXT(library->framework->nodes[0].ref_id, "urn:x:a:1");
	CHECK_TEXT(library->framework->nodes[1].ref_id, "urn:x:b:1");
}

/* The example of docs/framework-format.md is what it says it is. */
static void reads_the_example_of_the_manual(void)
{
	uint8_t *data;
	size_t size;
	struct yg_bytes text;
	size_t start;

	CHECK(yg_io_read_file(manual, 1u << 20, &data, &size) == YG_OK);
	text = (struct yg_bytes){data, size};
	start = yg_bytes_find(text, YG_S("```yaml\n"));
	CHECK(start != SIZE_MAX);
	text = yg_bytes_from(text, start + 8);
	text = yg_bytes_cut(text, 0, yg_bytes_find(text, YG_S("```\n")));
	if (load(text) != YG_OK)
		fprintf(stderr, "line %u of the example: %s\n", fault.line, fault.msg);
	CHECK(library != NULL && library->framework->node_count == 2);
	CHECK(library->framework->rules[1].bands[0].least == 3);
	CHECK(library->framework->nodes[1].evidence_count == 2);
	free(data);
}

static void refuses_what_is_no_library(void)
{
	CHECK(refuses("", 0, "not a library file"));
	CHECK(refuses("- a\n", 1, "not a library file"));
	CHECK(refuses("a: &x 1\n", 1, "anchor"));
	CHECK(refuses("a: 1\na: 2\n", 2, "stands twice"));
	CHECK(refuses("a: 1\n---\nb: 1\n", 3, "a second begins"));
	CHECK(refuses("name: a\n", 1, "the library has no 'urn'"));
	CHECK(refuses("urn: u\n", 1, "has no 'objects'"));
	CHECK(refuses("urn: [u]\n", 1, "'urn' must be one text"));
	CHECK(refuses("urn: u\nobjects: []\n", 2, "'objects' must be a map"));
	CHECK(refuses("urn: u\nobjects:\n  framework: [a]\n", 3, "'framework' must be a map"));
	CHECK(refuses("urn: u\nobjects:\n  frameworks: [{}, {}]\n", 3, "more than one framework"));
	CHECK(refuses("urn: u\ntranslations: {ja: x}\nobjects: {}\n", 2, "'ja' must be a map"));
}

static void refuses_a_framework_without_its_parts(void)
{
	CHECK(refuses(HEAD "objects:\n  framework: {ref_id: A}\n", 7,
		      "objects.framework has no 'urn'"));
	CHECK(refuses(HEAD "objects:\n  framework: {urn: u}\n", 7,
		      "objects.framework has no 'ref_id'"));
	CHECK(refuses(FRAMEWORK, 7, "has no 'requirement_nodes'"));
	CHECK(refuses(FRAMEWORK "    requirement_nodes: []\n", 10, "has no 'requirement_nodes'"));
	CHECK(refuses(FRAMEWORK "    requirement_nodes: {}\n", 10, "must be a list"));
	CHECK(refuses(FRAMEWORK "    implementation_groups_definition:\n    - {name: x}\n" TAIL, 11,
		      "a level has no 'ref_id'"));
	CHECK(refuses(LEVELS "    - {ref_id: low}\n" TAIL, 13, "the level 'low' stands twice"));
	CHECK(refuses(FRAMEWORK "    min_score: 5\n    max_score: 5\n" TAIL, 11,
		      "'min_score' (5) must be less than 'max_score' (5)"));
	CHECK(refuses(FRAMEWORK "    min_score: -1\n" TAIL, 10, "'min_score' must be a whole"));
	CHECK(refuses(FRAMEWORK "    max_score: 99999999999\n" TAIL, 10, "not '99999999999'"));
	CHECK(refuses(FRAMEWORK "    scores_definition:\n    - {score: 1}\n    - {score: 1}\n" TAIL,
		      12, "the score 1 stands twice"));
	CHECK(refuses(FRAMEWORK "    scores_definition: [{name: x}]\n" TAIL, 10,
		      "a step of the scale has no 'score'"));
}

static void refuses_nodes_that_do_not_fit(void)
{
	CHECK(refuses(NODES "    - {ref_id: '1'}\n", 14, "a requirement node has no 'urn'"));
	CHECK(refuses(NODES "    - x\n", 14, "a requirement node has no 'urn'"));
	CHECK(refuses(NODE "    - urn: URN:x:node:1\n", 16,
		      "the urn 'URN:x:node:1' stands twice; first in line 14"));
	CHECK(refuses(NODE "    - urn: urn:x:node:2\n      ref_id: '1'\n", 16,
		      "the ref_id '1' stands twice; first in line 14"));
	CHECK(refuses(NODE "      depth: 0\n", 16, "'depth' must be a whole number from 1"));
	CHECK(refuses(NODE "      assessable: maybe\n", 16, "true or false, not 'maybe'"));
	CHECK(refuses(NODE "      implementation_groups: [lo]\n", 16, "no level 'lo'"));
	CHECK(refuses(NODE "      implementation_groups: low\n", 16, "must be a list"));
	CHECK(refuses(NODE "      implementation_groups: [[low]]\n", 16, "must be a text"));
	CHECK(refuses(NODE "      name: [a]\n", 16, "'name' must be one text"));
}

static void refuses_parents_that_are_none(void)
{
	CHECK(refuses(NODE "      parent_urn: urn:x:node:9\n", 16,
		      "no requirement node has the urn 'urn:x:node:9'"));
	CHECK(refuses(NODE "      parent_urn: urn:x:node:2\n    - urn: urn:x:node:2\n", 16,
		      "comes later (line 17)"));
	CHECK(refuses(NODE "      parent_urn: urn:x:node:1\n", 16, "closes a cycle"));
	CHECK(refuses(NODE "      parent_urn: urn:x:node:2\n    - urn: urn:x:node:2\n"
			   "      parent_urn: urn:x:node:3\n    - urn: urn:x:node:3\n"
			   "      parent_urn: urn:x:node:1\n",
		      16, "closes a cycle"));
	CHECK(refuses(NODE "      parent_urn: urn:x:node:2\n    - urn: urn:x:node:2\n"
			   "      parent_urn: urn:x:node:3\n    - urn: urn:x:node:3\n"
			   "      parent_urn: urn:x:node:2\n",
		      16, "comes later"));
}

static void refuses_questions_that_do_not_fit(void)
{
	CHECK(refuses(NODE "      questions: [a]\n", 16, "'questions' must be a map"));
	CHECK(refuses(NODE "      questions:\n        q: text\n", 17, "a question must be a map"));
	CHECK(refuses(NODE "      questions:\n        q: {type: uniqe_choice}\n", 17,
		      "nearest: 'unique_choice'"));
	CHECK(refuses(NODE "      questions:\n        q: {type: unique_choice}\n", 17,
		      "has no 'choices'"));
	CHECK(refuses(NODE "      questions:\n        q:\n          type: unique_choice\n"
			   "          choices:\n          - {urn: a, value: b}\n"
			   "          - {urn: a, value: c}\n",
		      21, "the choice 'a' stands twice"));
	CHECK(refuses(NODE "      questions:\n        q: {type: text, x_help: 1}\n", 17,
		      "'x_help' belongs to a requirement node, not to a question"));
	CHECK(refuses(NODE "      questions:\n        q:\n          type: text\n"
			   "          depends_on: {question: r}\n",
		      19, "names the question 'r', which this node does not have"));
	CHECK(refuses(NODE "      questions:\n        q:\n          type: text\n"
			   "          depends_on: {question: r, answers: [x]}\n        r:\n"
			   "          type: unique_choice\n          choices: [{urn: y}]\n",
		      19, "the answer 'x', which the question 'r' does not have"));
	CHECK(refuses(NODE "      questions:\n        q: {type: text, depends_on: {question: r}}\n"
			   "        r: {type: text, depends_on: {question: q}}\n",
		      17, "the question 'q' waits for itself"));
	CHECK(refuses(NODE "      questions:\n        q: {type: text, depends_on: {question: q}}\n",
		      17, "waits for itself"));
	CHECK(refuses(NODE "      questions:\n        q: {type: text, depends_on: {question: q,\n"
			   "          condition: some}}\n",
		      18, "it is one of: any, all"));
}

static void names_the_nearest_of_our_keys(void)
{
	CHECK(refuses("urn: u\nx_sorce: {}\nobjects: {}\n", 2,
		      "the library has no key 'x_sorce'; nearest: 'x_source'"));
	CHECK(refuses("urn: u\nx_rules: []\nobjects: {}\n", 2,
		      "'x_rules' belongs to objects.framework, not to the library"));
	CHECK(refuses("urn: u\nobjects: {x_answers: 1}\n", 2, "belongs to objects.framework or"));
	CHECK(refuses(FRAMEWORK "    x_rule: []\n" TAIL, 10, "nearest: 'x_rules'"));
	CHECK(refuses(FRAMEWORK "    x_zzzzzzz: []\n" TAIL, 10,
		      "objects.framework has no key 'x_zzzzzzz'"));
	CHECK(strstr(fault.msg, "nearest") == NULL);
	CHECK(refuses(NODE "      x_evidense: []\n", 16, "nearest: 'x_evidence'"));
	CHECK(refuses("urn: u\nx_source: {urll: a}\nobjects: {}\n", 2,
		      "x_source has no key 'urll'; nearest: 'url'"));
	CHECK(refuses(NODE "      x_help: {wy: a}\n", 16, "x_help has no key 'wy'"));
	CHECK(refuses(NODE "      x_help: {why: {jp: a}}\n", 16, "why has no key 'jp'"));
}

static void refuses_sources_that_do_not_fit(void)
{
	CHECK(refuses("urn: u\nx_source: {url: 'javascript:alert(1)'}\nobjects: {}\n", 2,
		      "'url' must begin with https://"));
	CHECK(refuses("urn: u\nx_source: {file: 'a.xlsx'}\nobjects: {}\n", 2,
		      "'file' must begin with https://"));
	CHECK(refuses("urn: u\nx_source: {sha256: abc}\nobjects: {}\n", 2, "64 digits"));
	CHECK(refuses("urn: u\nx_source: {date: 2026-02-30}\nobjects: {}\n", 2, "must be a day"));
	CHECK(refuses("urn: u\nx_source: {wording: imported}\nobjects: {}\n", 2,
		      "nearest: 'import'"));
	CHECK(refuses("urn: u\nx_source: []\nobjects: {}\n", 2, "'x_source' must be a map"));
}

#define RULES LEVELS "    x_rules:\n" /* line 13 */

static void refuses_rules_that_do_not_fit(void)
{
	CHECK(refuses(RULES "    - {rule: all_met}\n" TAIL, 14, "nearest: 'all-met'"));
	CHECK(refuses(RULES "    - {group: low}\n" TAIL, 14, "has no 'rule'"));
	CHECK(refuses(RULES "    - {group: mid, rule: none}\n" TAIL, 14, "no level 'mid'"));
	CHECK(refuses(RULES "    - {group: low, rule: none}\n    - {group: low, rule: none}\n" TAIL,
		      15, "a second rule for the level low"));
	CHECK(refuses(RULES "    - {rule: none}\n    - {rule: none}\n" TAIL, 15,
		      "a second rule for the whole framework"));
	CHECK(refuses(RULES "    - {rule: all-met, valid: 1Y}\n" TAIL, 14,
		      "'valid' must be a span such as P1Y"));
	CHECK(refuses(RULES "    - {rule: all-met, valid: P101Y}\n" TAIL, 14, "not 'P101Y'"));
	CHECK(refuses(RULES "    - {rule: all-met, na: ok}\n" TAIL, 14,
		      "one of: needs-reason, refused"));
	CHECK(refuses(RULES "    - {rule: all-met, review: experts}\n" TAIL, 14,
		      "nearest: 'expert'"));
	CHECK(refuses(RULES "    - {rule: all-met, target: 1}\n" TAIL, 14, "'target' belongs to"));
	CHECK(refuses(RULES "    - {rule: sum, section_depth: 1, target: 1}\n" TAIL, 14,
		      "'section_depth' belongs to"));
	CHECK(refuses(RULES "    - {rule: none, bands: []}\n" TAIL, 14, "'bands' belongs to"));
	CHECK(refuses(RULES "    - {rule: sum}\n" TAIL, 14, "sum needs 'target' or 'bands'"));
	CHECK(refuses(RULES "    - {rule: level-per-task}\n" TAIL, 14, "needs 'target'"));
	CHECK(refuses(RULES "    - {rule: sum, target: 3.1415}\n" TAIL, 14, "up to three"));
	CHECK(refuses(RULES "    - {rule: sum, target: 1000001}\n" TAIL, 14, "at most 1000000"));
	CHECK(refuses(RULES "    - {rule: sum, bands: [{least: 1}, {least: 1}]}\n" TAIL, 14,
		      "two bands begin at 1"));
	CHECK(refuses(RULES "    - {rule: mean-maturity, target: 3, section_depth: 0}\n" TAIL, 14,
		      "'section_depth' must be"));
}

static void refuses_answers_that_do_not_fit(void)
{
	CHECK(refuses(LEVELS "    x_answers:\n      a: []\n" TAIL, 14, "a list of 1 to"));
	CHECK(refuses(LEVELS "    x_answers:\n      a: [{points: 1}]\n" TAIL, 14,
		      "an answer of x_answers has no 'value'"));
	CHECK(refuses(LEVELS "    x_answers:\n      a: [{value: b}, {value: b}]\n" TAIL, 14,
		      "the answer 'b' stands twice"));
	CHECK(refuses(LEVELS "    x_answers:\n      a: [{value: b, gives: yes}]\n" TAIL, 14,
		      "'gives' cannot be 'yes'"));
	CHECK(refuses(LEVELS "    x_answers:\n      a: [{value: b, points: 1.5}]\n" TAIL, 14,
		      "'points' must be a whole number"));
	CHECK(refuses(NODE "      x_answers: none\n", 16, "no answer set 'none'"));
}

#define EVIDENCE NODE "      x_evidence:\n" /* line 16 */

static void refuses_evidence_that_does_not_fit(void)
{
	CHECK(refuses(EVIDENCE "      - {kind: record}\n", 17, "has no 'id'"));
	CHECK(refuses(EVIDENCE "      - {id: a}\n", 17, "has no 'kind'"));
	CHECK(refuses(EVIDENCE "      - {id: a, kind: records}\n", 17, "nearest: 'record'"));
	CHECK(refuses(EVIDENCE "      - {id: a, kind: record, strength: refutes}\n", 17,
		      "it is one of: proves, supports, refutes-only"));
	CHECK(refuses(EVIDENCE "      - {id: a, kind: record}\n      - {id: a, kind: record}\n", 18,
		      "the evidence 'a' stands twice"));
	CHECK(refuses(EVIDENCE "      - {id: a, kind: query, tables: [t]}\n", 17,
		      "the query 'a' has no 'sql'"));
	CHECK(refuses(EVIDENCE "      - {id: a, kind: query, sql: s}\n", 17,
		      "the query 'a' has no 'tables'"));
	CHECK(refuses(EVIDENCE "      - {id: a, kind: record, sql: s}\n", 17,
		      "'sql' belongs to evidence of the kind query"));
	CHECK(refuses(EVIDENCE "      - {id: a, kind: query, sql: s, tables: [a b]}\n", 17,
		      "'a b' is no name of a table"));
	CHECK(refuses(EVIDENCE "      - {id: a, kind: record, max_age: P}\n", 17,
		      "'max_age' must"));
	CHECK(refuses(EVIDENCE "      - {id: a, kind: record, population: x}\n", 17,
		      "an item of x_evidence has no key 'population'"));
	CHECK(refuses(NODE "      x_evidence: {}\n", 16, "must be a list"));
	CHECK(refuses(NODE "      x_help: {effect: 4}\n", 16, "whole number from 1 to 3"));
	CHECK(refuses(NODE "      x_help: {closed_by: ['template:']}\n", 16,
		      "'closed_by' cannot be 'template:'"));
	CHECK(refuses(NODE "      x_source: {refs: {a: b}}\n", 16, "'a' must be a list"));
}

#define MAPPING                                                                                    \
	"urn: u\nobjects:\n  requirement_mapping_set:\n    urn: m\n"                               \
	"    source_framework_urn: f\n    target_framework_urn: f\n    requirement_mappings:\n"
#define ROW(a, b, kind)                                                                            \
	"    - {source_requirement_urn: " a ", target_requirement_urn: " b ", relationship: " kind \
	"}\n"

static void refuses_mappings_that_do_not_fit(void)
{
	CHECK(read_text(MAPPING ROW("A", "B", "equal") ROW("A", "C", "equal") ROW("B", "C", "equal")
				ROW("C", "A", "not_related")) == YG_OK);
	CHECK(refuses(MAPPING ROW("A", "B", "equal") ROW("B", "A", "equal"), 9,
		      "this row closes a cycle: 'A' would be mapped onto itself"));
	CHECK(refuses(MAPPING ROW("A", "a", "equal"), 8, "closes a cycle"));
	CHECK(refuses(MAPPING ROW("A", "B", "equal") ROW("B", "C", "subset")
			      ROW("C", "D", "superset") ROW("D", "B", "intersect"),
		      11, "closes a cycle: 'B'"));
	CHECK(refuses(MAPPING ROW("A", "B", "equals"), 8, "nearest: 'equal'"));
	CHECK(refuses(MAPPING "    - {source_requirement_urn: a, relationship: equal}\n", 8,
		      "has no 'target_requirement_urn'"));
	CHECK(refuses("urn: u\nobjects:\n  requirement_mapping_set: {urn: m}\n", 3,
		      "the mapping set has no 'source_framework_urn'"));
	CHECK(refuses("urn: u\nobjects:\n  requirement_mapping_set: {urn: m, source_framework_urn: "
		      "a,\n    target_framework_urn: b}\n",
		      3, "has no 'requirement_mappings'"));
	CHECK(refuses(MAPPING ROW("A", "B", "equal") "  requirement_mapping_sets: []\n", 9,
		      "two keys"));
}

static void has_limits(void)
{
	char text[4096];
	size_t used = (size_t)snprintf(text, sizeof(text), "%s",
				       FRAMEWORK "    implementation_groups_definition:\n");

	for (unsigned i = 0; i <= YG_FRAMEWORK_LEVELS_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "    - {ref_id: l%u}\n",
					 i);
	CHECK(refuses_as(YG_ELIMIT, text, 10, "has 33 items; at most 32 are read"));
}

static void lives_without_memory(void)
{
	long n = 0;
	int rc = YG_ENOMEM;

	while (rc == YG_ENOMEM && n < 1000) {
		struct yg_arena *small;

		yg_fail_at = ++n;
		small = yg_arena_new(1u << 20);
		if (small)
			rc = yg_framework_read(yg_bytes_str(whole), small, &library, &fault);
		yg_fail_at = 0;
		(void)yg_arena_free(small);
	}
	CHECK(rc == YG_OK && n > 2);
	/* An arena that is too small, at every size, says so and no more. */
	rc = YG_ENOMEM;
	for (size_t size = 1024; rc == YG_ENOMEM && size < (4u << 20); size += 512) {
		struct yg_arena *small = yg_arena_new(size);

		CHECK(small != NULL);
		memset(&fault, 0, sizeof(fault));
		rc = yg_framework_read(yg_bytes_str(whole), small, &library, &fault);
		CHECK(rc == YG_OK || (fault.code == YG_ENOMEM && library == NULL));
		(void)yg_arena_free(small);
	}
	CHECK(rc == YG_OK);
}

static const struct check_case cases[] = {
	CASE(reads_the_head),
	CASE(reads_the_framework),
	CASE(reads_the_rules),
	CASE(reads_the_nodes),
	CASE(reads_evidence_and_help),
	CASE(reads_questions),
	CASE(reads_the_older_form_of_questions),
	CASE(reads_mappings),
	CASE(takes_the_base_language),
	CASE(takes_a_scale_in_a_map),
	CASE(takes_frameworks_of_one),
	CASE(names_a_node_by_its_urn_when_the_end_is_taken),
	CASE(reads_the_example_of_the_manual),
	CASE(refuses_what_is_no_library),
	CASE(refuses_a_framework_without_its_parts),
	CASE(refuses_nodes_that_do_not_fit),
	CASE(refuses_parents_that_are_none),
	CASE(refuses_questions_that_do_not_fit),
	CASE(names_the_nearest_of_our_keys),
	CASE(refuses_sources_that_do_not_fit),
	CASE(refuses_rules_that_do_not_fit),
	CASE(refuses_answers_that_do_not_fit),
	CASE(refuses_evidence_that_does_not_fit),
	CASE(refuses_mappings_that_do_not_fit),
	CASE(has_limits),
	CASE(lives_without_memory),
};

int main(int argc, char **argv)
{
	int rc;

	if (argc != 2) {
		fprintf(stderr, "usage: test_framework MANUAL\n");
		return EXIT_FAILURE;
	}
	manual = argv[1];
	rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	(void)yg_arena_free(arena);
	return rc;
}
