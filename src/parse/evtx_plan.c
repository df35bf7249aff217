/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EVTX: elements of BinXML to plans.
 *
 *   <Provider Name="a"/>          attribute step Provider_Name = "a"
 *   <EventID>%3</EventID>         text step EventID = value 3
 *   <Data Name="Image">%9</Data>  text step Image = value 9
 *   <EventData>%20</EventData>    text step whose value 20 is BinXML: run inside EventData
 *
 * Source: [MS-EVEN6] 2.2.12 (grammar); tokens' low six bits say what follows.
 */
#include <assert.h>

#include "base/utf8.h"
#include "parse/evtx-int.h"

#include "base/ban.h"

enum token {
	TOKEN_END = 0x00,
	TOKEN_OPEN = 0x01,
	TOKEN_CLOSE_START = 0x02,
	TOKEN_CLOSE_EMPTY = 0x03,
	TOKEN_CLOSE = 0x04,
	TOKEN_VALUE = 0x05,
	TOKEN_ATTRIBUTE = 0x06,
	TOKEN_CDATA = 0x07,
	TOKEN_CHAR = 0x08,
	TOKEN_ENTITY = 0x09,
	TOKEN_PI_TARGET = 0x0a,
	TOKEN_PI_DATA = 0x0b,
	TOKEN_TEMPLATE = 0x0c,
	TOKEN_VALUE_NORMAL = 0x0d,
	TOKEN_VALUE_OPTIONAL = 0x0e,
	TOKEN_FRAGMENT = 0x0f,
};

#define TOKEN_BITS	0x3fu
#define HAS_MORE	0x40u
#define DEFINITION_HEAD 24u /* next, GUID, size */
#define STEPS_FIRST	32u
#define ROOM_MUCH	(8u << 20) /* bytes of an arena: with more in use it is full, not memory out */
#define KEY_ROOM	512u	   /* bytes of a name that needs no memory */

/* An open element. */
struct element {
	const struct yg_json_node *parent;  /* what it stands in */
	const struct yg_json_node *node;    /* itself */
	const struct yg_evtx_piece *name;   /* <Data Name=…>: the name is a value */
	struct yg_evtx_piece *first, *last; /* its text */
	uint32_t attributes;		    /* steps before its children */
	bool is_data;			    /* <Data>: its name is that of its attribute Name */
	bool is_named;
	bool has_attributes;
	bool has_children;
	bool is_in_start; /* attributes may come */
};

struct maker {
	struct yg_evtx_cursor *c;
	struct yg_evtx_names *names;
	struct yg_arena *arena;
	struct yg_evtx_plan *plan;
	uint32_t room;
	uint32_t depth;
	struct element stack[YG_EVTX_DEPTH_MAX];
	/* The attribute being read. */
	const struct yg_json_node *attribute;
	bool is_name_attribute;
	struct yg_evtx_piece *first, *last;
};

int yg_evtx_fail(const struct yg_evtx_cursor *c, enum yg_err code, const char *msg)
{
	return yg_fault_set(c->reterr, code, msg, c->at);
}

static int cut_off(const struct yg_evtx_cursor *c)
{
	return yg_evtx_fail(c, YG_EFORMAT, "the elements of the record are cut off");
}

/* There was no room in an arena: it is full, or memory is out. */
static int no_room(const struct maker *m)
{
	if (yg_arena_used(m->arena) > ROOM_MUCH)
		return yg_evtx_fail(m->c, YG_ELIMIT, "templates of too many elements");
	return yg_evtx_fail(m->c, YG_ENOMEM, "out of memory");
}

static bool has(const struct yg_evtx_cursor *c, uint32_t size)
{
	return c->end - c->at >= size;
}

/* A name at @at of the chunk as UTF-8; its bytes with their header. */
static int read_name(const struct maker *m, uint32_t at, uint8_t room[KEY_ROOM],
		     struct yg_bytes *ret, uint32_t *ret_size)
{
	struct yg_bytes chunk = m->c->chunk;
	struct yg_bytes text;
	uint8_t *to = room;
	uint32_t units;

	if (at > chunk.size || chunk.size - at < 8)
		return yg_evtx_fail(m->c, YG_EFORMAT, "a name stands outside the chunk");
	units = yg_evtx_u16(chunk, at + 6);
	*ret_size = 10 + 2 * units;
	if (chunk.size - at - 8 < 2 * units)
		return yg_evtx_fail(m->c, YG_EFORMAT, "a name reaches beyond the chunk");
	text = (struct yg_bytes){chunk.data + at + 8, 2 * units};
	if (yg_utf16_room(text) > KEY_ROOM)
		to = yg_arena_alloc(m->arena, yg_utf16_room(text));
	if (!to)
		return no_room(m);
	*ret = (struct yg_bytes){to, yg_utf8_from_utf16le(text, to)};
	return YG_OK;
}

/* The name whose place stands at the cursor; where it follows at once it is passed over. */
static int take_name(struct maker *m, uint8_t room[KEY_ROOM], struct yg_bytes *ret)
{
	uint32_t size = 0;
	uint32_t at;
	int rc;

	if (!has(m->c, 4))
		return cut_off(m->c);
	at = yg_evtx_u32(m->c->chunk, m->c->at);
	rc = read_name(m, at, room, ret, &size);
	if (rc != YG_OK)
		return rc;
	m->c->at += 4;
	if (at == m->c->at) {
		if (!has(m->c, size))
			return cut_off(m->c);
		m->c->at += size;
	}
	return YG_OK;
}

static int find_node(const struct maker *m, const struct yg_json_node *parent, struct yg_bytes key,
		     const struct yg_json_node **ret)
{
	int rc = yg_evtx_names_find(m->names, parent, key, ret);

	if (rc == YG_ELIMIT)
		return yg_evtx_fail(m->c, rc, "too many different names in one chunk");
	return rc == YG_OK ? YG_OK : yg_evtx_fail(m->c, YG_ENOMEM, "out of memory");
}

static struct yg_evtx_step *add_step(struct maker *m)
{
	struct yg_evtx_plan *plan = m->plan;

	if (plan->count == m->room) {
		uint32_t room = m->room ? 2 * m->room : STEPS_FIRST;
		struct yg_evtx_step *steps = yg_arena_alloc(m->arena, room * sizeof(*steps));

		if (!steps)
			return NULL;
		if (plan->count > 0)
			memcpy(steps, plan->steps, plan->count * sizeof(*steps));
		plan->steps = steps;
		m->room = room;
	}
	plan->steps[plan->count] = (struct yg_evtx_step){0};
	return &plan->steps[plan->count++];
}

static void set_text(struct yg_evtx_step *step, const struct yg_evtx_piece *pieces)
{
	step->pieces = pieces;
	step->is_one_value = pieces && !pieces->next && !pieces->literal.data;
	step->value = pieces ? pieces->value : 0;
}

/* The attribute is complete. */
static int end_attribute(struct maker *m)
{
	struct element *e = &m->stack[m->depth - 1];
	struct yg_evtx_step *step;
	int rc = YG_OK;

	if (m->is_name_attribute) {
		m->is_name_attribute = false;
		e->is_named = true;
		if (m->first && !m->first->next && m->first->literal.data)
			rc = find_node(m, e->parent, m->first->literal, &e->node);
		else
			e->name = m->first;
	} else if (m->attribute && !e->is_named) {
		e->has_attributes = true;
		if (m->attribute->leaf != YG_JSON_LEAF_SKIP) {
			step = add_step(m);
			if (!step)
				return no_room(m);
			step->kind = YG_EVTX_STEP_ATTRIBUTE;
			step->node = m->attribute;
			step->inside = m->attribute;
			set_text(step, m->first);
			e->attributes++;
		}
	}
	m->attribute = NULL;
	m->first = m->last = NULL;
	return rc;
}

static int open_attribute(struct maker *m)
{
	struct element *e = &m->stack[m->depth - 1];
	const struct yg_json_node *list;
	uint8_t room[KEY_ROOM];
	struct yg_bytes name;
	int rc = end_attribute(m);

	m->c->at++;
	if (rc == YG_OK)
		rc = take_name(m, room, &name);
	if (rc != YG_OK)
		return rc;
	m->is_name_attribute = e->is_data && !e->is_named && yg_bytes_eq(name, YG_S("Name"));
	if (m->is_name_attribute)
		return YG_OK;
	rc = find_node(m, e->node, YG_S("#attributes"), &list);
	return rc == YG_OK ? find_node(m, list, name, &m->attribute) : rc;
}

static int open_element(struct maker *m, const struct yg_json_node *inside)
{
	uint32_t head = m->c->has_dependency ? 7 : 5; /* token, dependency, size */
	bool has_list = m->c->chunk.data[m->c->at] & HAS_MORE;
	struct element *e;
	uint8_t room[KEY_ROOM];
	struct yg_bytes name;
	int rc;

	if (m->depth == YG_EVTX_DEPTH_MAX)
		return yg_evtx_fail(m->c, YG_ELIMIT, "elements are nested too deeply");
	if (!has(m->c, head))
		return cut_off(m->c);
	m->c->at += head;
	rc = take_name(m, room, &name);
	if (rc != YG_OK)
		return rc;
	if (has_list && !has(m->c, 4))
		return cut_off(m->c);
	m->c->at += has_list ? 4 : 0;
	e = &m->stack[m->depth++];
	*e = (struct element){
		.parent = inside, .is_in_start = true, .is_data = yg_bytes_eq(name, YG_S("Data"))};
	if (m->depth > 1)
		m->stack[m->depth - 2].has_children = true;
	return find_node(m, inside, name, &e->node);
}

/* Whose name the text of @e gets: where attributes stand beside it, that of its #text. */
static int text_node(struct maker *m, const struct element *e, const struct yg_json_node **ret)
{
	*ret = e->node;
	if (!e->has_attributes || e->is_named || e->node->child_class == YG_JSON_ITEM)
		return YG_OK;
	return find_node(m, e->node, YG_S("#text"), ret);
}

static int close_element(struct maker *m)
{
	struct element *e = &m->stack[m->depth - 1];
	const struct yg_json_node *node;
	struct yg_evtx_step *step;
	int rc = end_attribute(m);

	if (rc == YG_OK)
		rc = text_node(m, e, &node);
	if (rc != YG_OK)
		return rc;
	m->depth--;
	if ((!e->first && e->has_children) || node->leaf == YG_JSON_LEAF_SKIP)
		return YG_OK;
	step = add_step(m);
	if (!step)
		return no_room(m);
	step->kind = e->first ? YG_EVTX_STEP_TEXT : YG_EVTX_STEP_EMPTY;
	/* an attribute of a container is followed by its children: no null is at stake there */
	step->back = e->has_children ? UINT32_MAX : e->attributes;
	step->node = node;
	step->inside = e->node;
	step->name = e->name;
	set_text(step, e->first);
	return YG_OK;
}

/* A piece of the attribute's text, or of the element's. */
static int add_piece(struct maker *m, struct yg_bytes literal, uint16_t value)
{
	struct element *e = &m->stack[m->depth - 1];
	bool is_attribute = m->attribute || m->is_name_attribute;
	struct yg_evtx_piece **first = is_attribute ? &m->first : &e->first;
	struct yg_evtx_piece **last = is_attribute ? &m->last : &e->last;
	struct yg_evtx_piece *piece = yg_arena_alloc(m->arena, sizeof(*piece));

	if (!piece)
		return no_room(m);
	*piece = (struct yg_evtx_piece){.literal = literal, .value = value};
	if (*last)
		(*last)->next = piece;
	else
		*first = piece;
	*last = piece;
	return YG_OK;
}

/* @size units of text at the cursor. */
static int add_units(struct maker *m, uint32_t units)
{
	struct yg_bytes text = {m->c->chunk.data + m->c->at, 2 * units};
	uint8_t *to;

	if (!has(m->c, 2 * units))
		return cut_off(m->c);
	m->c->at += 2 * units;
	to = yg_arena_alloc(m->arena, yg_utf8_size_of_utf16le(text) + 1);
	if (!to)
		return no_room(m);
	return add_piece(m, (struct yg_bytes){to, yg_utf8_from_utf16le(text, to)}, 0);
}

static int read_literal(struct maker *m, uint32_t head)
{
	uint32_t at = m->c->at;

	if (!has(m->c, head))
		return cut_off(m->c);
	if (head == 4 && m->c->chunk.data[at + 1] != YG_EVTX_STRING)
		return yg_evtx_fail(m->c, YG_EFORMAT, "a literal value that is no text");
	m->c->at += head;
	return add_units(m, yg_evtx_u16(m->c->chunk, at + head - 2));
}

static int read_char(struct maker *m)
{
	uint8_t *to = yg_arena_alloc(m->arena, 4);
	uint16_t point;

	if (!has(m->c, 3))
		return cut_off(m->c);
	if (!to)
		return no_room(m);
	point = yg_evtx_u16(m->c->chunk, m->c->at + 1);
	if (point >= 0xd800 && point <= 0xdfff)
		point = 0xfffd;
	m->c->at += 3;
	return add_piece(m, (struct yg_bytes){to, yg_utf8_put(point, to)}, 0);
}

static int read_entity(struct maker *m)
{
	static const struct {
		struct yg_bytes name;
		struct yg_bytes text;
	} known[] = {
		{{(const uint8_t *)"lt", 2}, {(const uint8_t *)"<", 1}},
		{{(const uint8_t *)"gt", 2}, {(const uint8_t *)">", 1}},
		{{(const uint8_t *)"amp", 3}, {(const uint8_t *)"&", 1}},
		{{(const uint8_t *)"quot", 4}, {(const uint8_t *)"\"", 1}},
		{{(const uint8_t *)"apos", 4}, {(const uint8_t *)"'", 1}},
	};
	uint8_t room[KEY_ROOM];
	struct yg_bytes name;
	int rc;

	m->c->at++;
	rc = take_name(m, room, &name);
	if (rc != YG_OK)
		return rc;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (yg_bytes_eq(name, known[i].name))
			return add_piece(m, known[i].text, 0);
	if (!yg_arena_dup(m->arena, name, &name))
		return no_room(m);
	return add_piece(m, name, 0);
}

static int read_value(struct maker *m)
{
	uint16_t value;

	if (!has(m->c, 4))
		return cut_off(m->c);
	value = yg_evtx_u16(m->c->chunk, m->c->at + 1);
	m->c->at += 4;
	return add_piece(m, (struct yg_bytes){0}, value);
}

int yg_evtx_instruction(struct yg_evtx_cursor *c)
{
	bool is_target = (c->chunk.data[c->at] & TOKEN_BITS) == TOKEN_PI_TARGET;
	uint32_t size = is_target ? 5 : 3;

	if (!has(c, size))
		return cut_off(c);
	if (!is_target)
		size += 2u * yg_evtx_u16(c->chunk, c->at + 1);
	else if (yg_evtx_u32(c->chunk, c->at + 1) == c->at + 5 && has(c, size + 8))
		size += 10 + 2u * yg_evtx_u16(c->chunk, c->at + 5 + 6);
	if (!has(c, size))
		return cut_off(c);
	c->at += size;
	return YG_OK;
}

int yg_evtx_instance(struct yg_evtx_cursor *c, uint32_t *ret_at, uint32_t *ret_size)
{
	uint32_t at, size;

	if (!has(c, 10))
		return cut_off(c);
	at = yg_evtx_u32(c->chunk, c->at + 6);
	if (at > c->chunk.size || c->chunk.size - at < DEFINITION_HEAD)
		return yg_evtx_fail(c, YG_EFORMAT, "a template stands outside the chunk");
	size = yg_evtx_u32(c->chunk, at + 20);
	if (size > c->chunk.size - at - DEFINITION_HEAD)
		return yg_evtx_fail(c, YG_EFORMAT, "a template reaches beyond the chunk");
	c->at += 10;
	if (at == c->at) {
		if (!has(c, DEFINITION_HEAD + size))
			return cut_off(c);
		c->at += DEFINITION_HEAD + size;
	}
	*ret_at = at + DEFINITION_HEAD;
	*ret_size = size;
	return YG_OK;
}

int yg_evtx_value_count(struct yg_evtx_cursor *c, uint32_t *ret_count)
{
	if (!has(c, 4))
		return cut_off(c);
	*ret_count = yg_evtx_u32(c->chunk, c->at);
	c->at += 4;
	if (*ret_count > (c->end - c->at) / 4)
		return yg_evtx_fail(c, YG_EFORMAT, "more values are announced than fit");
	return YG_OK;
}

int yg_evtx_values(struct yg_evtx_cursor *c, uint32_t count, struct yg_evtx_value *to)
{
	uint32_t table = c->at;
	uint32_t at = table + 4 * count;

	for (uint32_t i = 0; i < count; i++) {
		uint16_t size = yg_evtx_u16(c->chunk, table + 4 * i);

		if (size > c->end - at)
			return yg_evtx_fail(c, YG_EFORMAT, "a value reaches beyond the record");
		if (to)
			to[i] = (struct yg_evtx_value){at, size, c->chunk.data[table + 4 * i + 2]};
		at += size;
	}
	c->at = at;
	return YG_OK;
}

/* Another template inside an element: run when the plan is run. */
static int add_template(struct maker *m)
{
	struct element *e = &m->stack[m->depth - 1];
	struct yg_evtx_step *step = add_step(m);
	uint32_t at, size, count;
	int rc;

	if (!step)
		return no_room(m);
	*step = (struct yg_evtx_step){
		.kind = YG_EVTX_STEP_TEMPLATE, .inside = e->node, .at = m->c->at, .end = m->c->end};
	e->has_children = true;
	rc = yg_evtx_instance(m->c, &at, &size);
	if (rc == YG_OK)
		rc = yg_evtx_value_count(m->c, &count);
	return rc == YG_OK ? yg_evtx_values(m->c, count, NULL) : rc;
}

/* What may stand inside an element, or in its start. */
static int read_content(struct maker *m, uint8_t token)
{
	switch (token) {
	case TOKEN_VALUE:
		return read_literal(m, 4);
	case TOKEN_CDATA:
		return read_literal(m, 3);
	case TOKEN_CHAR:
		return read_char(m);
	case TOKEN_ENTITY:
		return read_entity(m);
	case TOKEN_PI_TARGET:
	case TOKEN_PI_DATA:
		return yg_evtx_instruction(m->c);
	case TOKEN_VALUE_NORMAL:
	case TOKEN_VALUE_OPTIONAL:
		return read_value(m);
	case TOKEN_TEMPLATE:
		return add_template(m);
	default:
		return yg_evtx_fail(m->c, YG_EFORMAT, "an unknown token stands in an element");
	}
}

static int read_token(struct maker *m)
{
	struct element *e = &m->stack[m->depth - 1];
	uint8_t token = m->c->chunk.data[m->c->at] & TOKEN_BITS;
	int rc;

	switch (token) {
	case TOKEN_ATTRIBUTE:
		if (!e->is_in_start)
			return yg_evtx_fail(m->c, YG_EFORMAT, "an attribute outside a start tag");
		return open_attribute(m);
	case TOKEN_CLOSE_START:
		rc = end_attribute(m);
		e->is_in_start = false;
		m->c->at++;
		return rc;
	case TOKEN_CLOSE_EMPTY:
	case TOKEN_CLOSE:
		m->c->at++;
		return close_element(m);
	case TOKEN_OPEN:
		if (e->is_in_start)
			return yg_evtx_fail(m->c, YG_EFORMAT, "an element inside a start tag");
		return open_element(m, e->node);
	default:
		if (e->is_in_start && !m->attribute && !m->is_name_attribute)
			return yg_evtx_fail(m->c, YG_EFORMAT, "text inside a start tag");
		return read_content(m, token);
	}
}

int yg_evtx_plan_make(struct yg_evtx_cursor *c, struct yg_evtx_names *names,
		      const struct yg_json_node *inside, bool is_one, struct yg_arena *arena,
		      struct yg_evtx_plan *ret)
{
	struct maker m = {.c = c, .names = names, .arena = arena, .plan = ret};
	int rc = YG_OK;

	while (rc == YG_OK && c->at < c->end) {
		uint8_t token = c->chunk.data[c->at] & TOKEN_BITS;

		if (m.depth > 0) {
			rc = read_token(&m);
			if (m.depth == 0 && is_one)
				return rc;
		} else if (token == TOKEN_END) {
			c->at++;
			return YG_OK;
		} else if (token == TOKEN_OPEN) {
			rc = open_element(&m, inside);
		} else if (token == TOKEN_FRAGMENT && has(c, 4)) {
			c->at += 4;
		} else if (token == TOKEN_PI_TARGET || token == TOKEN_PI_DATA) {
			rc = yg_evtx_instruction(c);
		} else {
			rc = yg_evtx_fail(c, YG_EFORMAT,
					  "an unknown token stands before an element");
		}
	}
	if (rc == YG_OK && m.depth > 0)
		rc = cut_off(c);
	return rc;
}
