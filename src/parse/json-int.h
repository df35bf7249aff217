/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/json-int.h - what the readers of JSON share: the walk over a text, its keys, its facts.
 *
 *   text ─► simdjson: where tokens begin ─► walk: keys and values ─► fields of the event
 *                                             │                        + facts (which field
 *                                             └─ node of the key         is the time, …)
 *
 * A node says what a key means at its place: the name its value gets, the role that value may
 * play, what its children are. It depends on the key and its place alone, never on values, so
 * it is worked out once and remembered. Layer: parse; private to it.
 */
#pragma once

#include "parse/format-int.h"

#define YG_JSON_DEPTH_MAX   32u	  /* deeper values are kept as they are written, as text */
#define YG_JSON_NODES_MAX   4096u /* remembered; with more, all are forgotten at the next record */
#define YG_JSON_ALIASES_MAX 64u	  /* fields of a record with a second name */

/* How the names under a key are made. */
enum yg_json_class {
	YG_JSON_PLAIN,	   /* dotted path */
	YG_JSON_ROOT,	   /* the outermost object of a log record */
	YG_JSON_FIELDS,	   /* the same, where names are taken as they are (the record form) */
	YG_JSON_EVENT,	   /* Windows, XML turned to JSON: Event */
	YG_JSON_SYSTEM,	   /* Event.System */
	YG_JSON_PART,	   /* an element of System or EventData with attributes */
	YG_JSON_DATA,	   /* EventData: names are those of the children */
	YG_JSON_ITEM,	   /* one of a list of data: {"@Name":…,"#text":…} */
	YG_JSON_ITEM_PART, /* its "#attributes" */
	YG_JSON_USER_DATA, /* UserData: names of the leaves */
	YG_JSON_WINLOG,	   /* Winlogbeat: winlog */
	YG_JSON_NOTHING,   /* record form: what a later version may add */
	YG_JSON_RECORD,	   /* record form: the outermost object */
};

enum yg_json_leaf {
	YG_JSON_LEAF_FIELD,
	YG_JSON_LEAF_SKIP, /* XML name spaces */
	YG_JSON_LEAF_ITEM_NAME,
	YG_JSON_LEAF_ITEM_TEXT,
	YG_JSON_LEAF_MEMBER, /* record form: node.rank tells which */
};

/* The members of the record form beside its fields. */
enum yg_json_member {
	YG_MEMBER_VERSION,
	YG_MEMBER_FORMAT,
	YG_MEMBER_SOURCE,
	YG_MEMBER_POSITION,
	YG_MEMBER_TIME,
	YG_MEMBER_HAS_ZONE,
	YG_MEMBER_TIME_TEXT,
	YG_MEMBER_RAW,
	YG_MEMBER_COUNT
};

/* Parts a field may play. For each the field of the lowest rank is remembered, then the first. */
enum yg_json_role {
	YG_ROLE_NONE,
	YG_ROLE_TIME,
	YG_ROLE_ADDRESS, /* only values that hold an address */
	YG_ROLE_EVENT_ID,
	YG_ROLE_CHANNEL,
	YG_ROLE_PROVIDER,
	YG_ROLE_COMPUTER,
	YG_ROLE_ECS, /* names that only ECS has */
	YG_ROLE_ECS_HINT,
	YG_ROLE_LINE, /* web: "GET / HTTP/1.1" */
	YG_ROLE_METHOD,
	YG_ROLE_TARGET,
	YG_ROLE_QUERY,
	YG_ROLE_STATUS,
	YG_ROLE_SIZE,
	YG_ROLE_AGENT,
	YG_ROLE_REFERER,
	YG_ROLE_HOST,
	YG_ROLE_USER,
	YG_ROLE_VERSION,
	YG_ROLE_FORWARDED,
	YG_ROLE_DURATION,
	YG_ROLE_COUNT
};

struct yg_json_node {
	const struct yg_json_node *parent;
	struct yg_json_node *follow; /* the key that came next last time: a guess */
	uint64_t word[2];	     /* first and last 8 bytes of the key: all of a short one */
	struct yg_bytes key;
	struct yg_bytes path; /* what the names of children begin with */
	struct yg_bytes name; /* of the field; may be the key itself */
	uint32_t serial;
	uint32_t name_id;
	uint32_t alias[2]; /* further names of the field (ECS), or 0 */
	uint8_t parent_class;
	uint8_t child_class;
	uint8_t leaf;
	uint8_t role;
	uint8_t rank;
	uint8_t is_windows;    /* its name was made by a rule for Windows events */
	uint8_t is_kept;       /* beyond this record */
	uint8_t is_key_name;   /* the name is the key as written */
	uint8_t is_known_name; /* the name is that of name_id, letter by letter */
};

/* What the walk noticed. Positions are those in event->fields, plus 1; 0 = none. */
struct yg_json_facts {
	uint32_t at[YG_ROLE_COUNT];
	uint8_t rank[YG_ROLE_COUNT];
	uint8_t ecs_hints;
	bool has_windows;			 /* a name was made by a rule for Windows events */
	bool has_fields;			 /* record form: "fields" was an object */
	struct yg_field member[YG_MEMBER_COUNT]; /* record form; name.data NULL = not there */
	uint32_t alias_count;
	struct {
		uint32_t field; /* position, without the 1 */
		uint32_t id[2];
	} alias[YG_JSON_ALIASES_MAX];
};

struct yg_json;
struct yg_json_index;

/* The state kept in ctx->json, made on first use; NULL without memory. */
struct yg_json *yg_json_state(struct yg_parser_int *ctx);

/*
 * Flatten the JSON object @text into fields of @event; facts are those of the last walk.
 * @root: what the outermost object is. YG_EMISMATCH: not an object; YG_EFORMAT; YG_ELIMIT;
 * YG_ENOMEM. Some fields may have been added before a fault is met.
 */
YG_MUST_USE int yg_json_walk(struct yg_json *json, enum yg_json_class root, struct yg_bytes text,
			     struct yg_event *event, struct yg_fault *reterr);
struct yg_json_facts *yg_json_facts(struct yg_json *json);

/* json_keys.c: fill in what @node means, from parent, parent_class and key. False: no memory. */
bool yg_json_node_fill(struct yg_json_node *node, struct yg_arena *arena,
		       const struct yg_names *names);

/* What the field just added, whose node is @node, is good for. */
void yg_json_note(struct yg_json_facts *facts, struct yg_event *event,
		  const struct yg_json_node *node);

/* The field that plays @role, or NULL; its text. */
struct yg_field *yg_json_role(struct yg_event *event, const struct yg_json_facts *facts,
			      enum yg_json_role role);
struct yg_bytes yg_json_role_text(struct yg_event *event, const struct yg_json_facts *facts,
				  enum yg_json_role role);

/* Derive @name_id with @text, unless @text is empty or the event has such a field already. */
YG_MUST_USE int yg_json_derive(struct yg_event *event, uint32_t name_id, struct yg_bytes text,
			       enum yg_value_kind kind);

/*
 * What follows from the fields: channel, event_code, derived fields. The same for a log record
 * and for one read back from the record form.
 */
YG_MUST_USE int yg_json_finish(enum yg_format format, struct yg_event *event,
			       struct yg_json_facts *facts);
YG_MUST_USE int yg_windows_finish(struct yg_event *event, struct yg_json_facts *facts);
YG_MUST_USE int yg_ecs_derive(struct yg_event *event, const struct yg_json_facts *facts);
YG_MUST_USE int yg_ecs_finish(struct yg_event *event, const struct yg_json_facts *facts);
/* Add the web fields, as an access log would have them. Before yg_json_finish, not for records. */
YG_MUST_USE int yg_nginx_json_add(struct yg_event *event, const struct yg_json_facts *facts);

/* Whether the fields are such a record. */
bool yg_windows_fits(struct yg_event *event, const struct yg_json_facts *facts);
bool yg_nginx_json_fits(struct yg_event *event, const struct yg_json_facts *facts);
