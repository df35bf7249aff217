/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/yaml.h - YAML files of people: a bounded tree with line numbers.
 *
 * Layer:  parse. Input untrusted. Pure, thread-safe. Wraps libyaml's event parser.
 * Refused, with the line: anchors and aliases (bombs), tags other than the core ones, duplicate
 * keys in one map, keys that are not scalars, depth over YG_YAML_DEPTH_MAX, more than
 * YG_YAML_NODES_MAX nodes, more than YG_YAML_BYTES_MAX bytes, invalid UTF-8.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#define YG_YAML_BYTES_MAX (16u << 20)
#define YG_YAML_NODES_MAX 1000000u
#define YG_YAML_DEPTH_MAX 32u
#define YG_YAML_DOCS_MAX  10000u

enum yg_yaml_kind {
	YG_YAML_SCALAR,
	YG_YAML_LIST,
	YG_YAML_MAP,
};

struct yg_yaml {
	enum yg_yaml_kind kind;
	bool is_plain;	      /* scalar written without quotes: may mean null, a number or a bool */
	uint32_t line;	      /* from 1 */
	struct yg_bytes text; /* scalar: its value; NUL-terminated as well */
	struct yg_bytes key;  /* its key in the map it stands in; empty elsewhere */
	const struct yg_yaml *first; /* list, map: children in order of the file */
	const struct yg_yaml *next;  /* the next child of the same parent */
	uint32_t count;		     /* children */
};

struct yg_yaml_fault {
	enum yg_err code;
	uint32_t line;
	char msg[160]; /* English; names the key or token concerned */
};

/*
 * Parse @text into @arena. *ret_docs is a list node whose children are the documents (an empty
 * file gives none). Returns YG_OK, YG_EFORMAT, YG_ELIMIT or YG_ENOMEM, with *reterr filled; after
 * YG_EFORMAT and YG_ELIMIT *ret_docs holds the documents that were complete before the fault.
 * The line of a list or map in a map is that of its key. Cost: O(text).
 */
YG_MUST_USE int yg_yaml_parse(struct yg_bytes text, struct yg_arena *arena,
			      const struct yg_yaml **ret_docs, struct yg_yaml_fault *reterr);

/* The child of map @map under @key, or NULL (also when @map is NULL or no map). */
const struct yg_yaml *yg_yaml_get(const struct yg_yaml *map, const char *key);

/* Its text when it is a scalar, else an empty run. */
struct yg_bytes yg_yaml_text(const struct yg_yaml *map, const char *key);

/* A plain scalar that the YAML 1.1/1.2 core schema reads as null: empty, ~, null, Null, NULL. */
bool yg_yaml_is_null(const struct yg_yaml *node);
