/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EVTX: a record to an event. A stack of frames instead of recursion: a frame is a stream of BinXML
 * (the record, or a value that is BinXML itself), or a plan with the values it takes.
 */
#include "parse/evtx.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "parse/evtx-int.h"

#include "base/ban.h"

#define SLOTS	       1024u /* power of two, twice YG_EVTX_PLANS_MAX */
#define ARENA_MAX      (48u << 20)
#define RECORD_HEAD    24u
#define FRAMES_MAX     (2u * YG_EVTX_NEST_MAX)
#define TOKEN_BITS     0x3fu
#define TOKEN_END      0x00u
#define TOKEN_OPEN     0x01u
#define TOKEN_PI       0x0au
#define TOKEN_PI_DATA  0x0bu
#define TOKEN_TEMPLATE 0x0cu
#define TOKEN_FRAGMENT 0x0fu

struct yg_evtx {
	struct yg_evtx_names names;
	struct yg_arena *arena; /* plans of the chunk */
	struct yg_bytes chunk;
	struct yg_evtx_plan *slots[SLOTS];
	uint32_t plan_count;
	uint32_t plan_bytes; /* of definitions read for this chunk */
	struct yg_json_facts facts;
};

struct frame {
	const struct yg_json_node *inside; /* names of what stands here */
	/* A plan … */
	const struct yg_evtx_plan *plan; /* NULL: a stream */
	const struct yg_evtx_value *values;
	uint32_t value_count;
	uint32_t step;
	/* … or a stream. */
	uint32_t at;
	uint32_t end;
};

struct run {
	struct yg_evtx *reader;
	struct yg_event *event;
	struct yg_fault *reterr;
	struct frame frames[FRAMES_MAX];
	uint32_t depth;
	uint32_t work;	     /* steps and values so far */
	uint32_t text_bytes; /* of values so far */
};

struct yg_evtx *yg_evtx_new(const struct yg_names *names)
{
	struct yg_evtx *reader = yg_calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->arena = yg_arena_new(ARENA_MAX);
	if (yg_evtx_names_init(&reader->names, names) != YG_OK || !reader->arena)
		return yg_evtx_free(reader);
	return reader;
}

struct yg_evtx *yg_evtx_free(struct yg_evtx *reader)
{
	if (!reader)
		return NULL;
	yg_evtx_names_done(&reader->names);
	(void)yg_arena_free(reader->arena);
	free(reader);
	return NULL;
}

void yg_evtx_open(struct yg_evtx *reader, struct yg_bytes bytes)
{
	assert(bytes.size <= YG_EVTX_CHUNK_BYTES);
	reader->chunk = bytes;
	reader->plan_count = 0;
	reader->plan_bytes = 0;
	memset(reader->slots, 0, sizeof(reader->slots));
	yg_arena_reset(reader->arena);
	yg_evtx_names_trim(&reader->names);
}

static int fail_at(const struct run *r, enum yg_err code, const char *msg, uint32_t at)
{
	return yg_fault_set(r->reterr, code, msg, at);
}

static int out_of_memory(const struct run *r)
{
	return fail_at(r, YG_ENOMEM, "out of memory", 0);
}

static struct yg_evtx_cursor cursor_of(const struct run *r, uint32_t at, uint32_t end)
{
	return (struct yg_evtx_cursor){.chunk = r->reader->chunk,
				       .at = at,
				       .end = end,
				       .has_dependency = true,
				       .reterr = r->reterr};
}

static int push(struct run *r, const struct frame *frame)
{
	if (r->depth == FRAMES_MAX)
		return fail_at(r, YG_ELIMIT, "templates are nested too deeply", frame->at);
	r->frames[r->depth++] = *frame;
	return YG_OK;
}

/* A new plan for the definition at @at; one that cannot be understood is remembered, too. */
static int make_plan(struct run *r, uint32_t at, uint32_t size, const struct yg_json_node *inside,
		     struct yg_evtx_plan **ret)
{
	struct yg_evtx *reader = r->reader;
	struct yg_evtx_cursor c = cursor_of(r, at, at + size);
	struct yg_evtx_plan *plan;

	if (reader->plan_count == YG_EVTX_PLANS_MAX ||
	    size > YG_EVTX_PLAN_BYTES_MAX - reader->plan_bytes)
		return fail_at(r, YG_ELIMIT, "too many templates in one chunk", at);
	reader->plan_count++;
	reader->plan_bytes += size;
	plan = yg_arena_zalloc(reader->arena, sizeof(*plan));
	if (!plan)
		return out_of_memory(r);
	plan->at = at;
	plan->inside = inside;
	plan->rc = yg_evtx_plan_make(&c, &reader->names, inside, false, reader->arena, plan);
	plan->fault = *r->reterr;
	if (plan->rc == YG_ENOMEM)
		return YG_ENOMEM;
	*ret = plan;
	return YG_OK;
}

static int plan_of(struct run *r, uint32_t at, uint32_t size, const struct yg_json_node *inside,
		   const struct yg_evtx_plan **ret)
{
	uint32_t hash = (at * 0x9e3779b1u ^ inside->serial * 0x85ebca6bu) >> 16;
	struct yg_evtx_plan **slot;
	int rc = YG_OK;

	for (;; hash++) {
		slot = &r->reader->slots[hash & (SLOTS - 1)];
		if (!*slot || ((*slot)->at == at && (*slot)->inside == inside))
			break;
	}
	if (!*slot)
		rc = make_plan(r, at, size, inside, slot);
	if (rc != YG_OK)
		return rc;
	*ret = *slot;
	if ((*slot)->rc != YG_OK)
		*r->reterr = (*slot)->fault;
	return (*slot)->rc;
}

/* A template instance at *@at: its plan and values become a frame, *@at moves behind it. */
static int enter_template(struct run *r, uint32_t *at, uint32_t end,
			  const struct yg_json_node *inside)
{
	struct yg_evtx_cursor c = cursor_of(r, *at, end);
	struct frame frame = {.inside = inside};
	struct yg_evtx_value *values;
	uint32_t definition, size;
	int rc = yg_evtx_instance(&c, &definition, &size);

	if (rc == YG_OK)
		rc = plan_of(r, definition, size, inside, &frame.plan);
	if (rc == YG_OK)
		rc = yg_evtx_value_count(&c, &frame.value_count);
	if (rc != YG_OK)
		return rc;
	r->work += frame.value_count;
	if (r->work > YG_EVTX_WORK_MAX)
		return fail_at(r, YG_ELIMIT, "the record asks for too much work", *at);
	values = yg_arena_alloc(r->event->arena, (frame.value_count + 1) * sizeof(*values));
	if (!values)
		return out_of_memory(r);
	rc = yg_evtx_values(&c, frame.value_count, values);
	if (rc != YG_OK)
		return rc;
	frame.values = values;
	*at = c.at;
	return push(r, &frame);
}

/* Elements that no template describes: understood for this record alone. */
static int enter_elements(struct run *r, struct frame *stream)
{
	struct yg_evtx_cursor c = cursor_of(r, stream->at, stream->end);
	struct yg_evtx_plan *plan = yg_arena_zalloc(r->event->arena, sizeof(*plan));
	struct frame frame = {.inside = stream->inside, .plan = plan};
	int rc;

	if (!plan)
		return out_of_memory(r);
	c.has_dependency = false; /* only templates say what their elements depend on */
	rc = yg_evtx_plan_make(&c, &r->reader->names, stream->inside, true, r->event->arena, plan);
	r->work += c.at - stream->at;
	if (rc == YG_OK && r->work > YG_EVTX_WORK_MAX)
		rc = fail_at(r, YG_ELIMIT, "the record asks for too much work", stream->at);
	stream->at = c.at;
	return rc == YG_OK ? push(r, &frame) : rc;
}

static int pass_instruction(struct run *r, struct frame *stream)
{
	struct yg_evtx_cursor c = cursor_of(r, stream->at, stream->end);
	int rc = yg_evtx_instruction(&c);

	stream->at = c.at;
	return rc;
}

static int step_stream(struct run *r)
{
	struct frame *f = &r->frames[r->depth - 1];
	uint8_t token = f->at < f->end ? r->reader->chunk.data[f->at] & TOKEN_BITS : TOKEN_END;

	switch (token) {
	case TOKEN_END:
		r->depth--;
		return YG_OK;
	case TOKEN_FRAGMENT:
		if (f->end - f->at < 4)
			break;
		f->at += 4;
		return YG_OK;
	case TOKEN_TEMPLATE:
		return enter_template(r, &f->at, f->end, f->inside);
	case TOKEN_OPEN:
		return enter_elements(r, f);
	case TOKEN_PI:
	case TOKEN_PI_DATA:
		return pass_instruction(r, f);
	default:
		break;
	}
	return fail_at(r, YG_EFORMAT, "an unknown token stands in the record", f->at);
}

static struct yg_bytes bytes_of(const struct run *r, const struct yg_evtx_value *value)
{
	return (struct yg_bytes){r->reader->chunk.data + value->at, value->size};
}

/* When the event happened: System/TimeCreated. */
static void note_time(const struct run *r, const struct yg_evtx_value *value)
{
	struct yg_event *event = r->event;
	struct yg_bytes b = bytes_of(r, value);
	struct yg_civil civil;

	if (value->type == YG_EVTX_FILETIME && b.size >= 8) {
		(void)yg_evtx_filetime_ns(yg_evtx_u64(b, 0), &event->time_ns);
	} else if (value->type == YG_EVTX_SYSTEMTIME && b.size >= 16) {
		civil = (struct yg_civil){.year = yg_evtx_u16(b, 0),
					  .month = (uint8_t)yg_evtx_u16(b, 2),
					  .day = (uint8_t)yg_evtx_u16(b, 6),
					  .hour = (uint8_t)yg_evtx_u16(b, 8),
					  .minute = (uint8_t)yg_evtx_u16(b, 10),
					  .second = (uint8_t)yg_evtx_u16(b, 12),
					  .ns = yg_evtx_u16(b, 14) % 1000u * 1000000u};
		(void)yg_time_from_civil(&civil, 0, &event->time_ns); /* else it stays unknown */
	}
}

static bool is_event_time(const struct yg_json_node *node)
{
	return node->role == YG_ROLE_TIME && node->rank == 1 && node->parent_class == YG_JSON_PART;
}

/* Add @field under the name of @node. What is beyond the limits is counted as dropped. */
static int emit(struct run *r, const struct yg_json_node *node, struct yg_field *field)
{
	struct yg_event *event = r->event;
	uint32_t before = event->field_count;

	if (field->text.size > YG_EVTX_TEXT_MAX - r->text_bytes) {
		event->dropped++;
		return YG_OK;
	}
	r->text_bytes += (uint32_t)field->text.size;
	field->name = node->name;
	field->name_id = node->name_id;
	if (yg_event_add_field(event, field) != YG_OK)
		return out_of_memory(r);
	if (event->field_count > before && (node->role || node->alias[0]))
		yg_json_note(&r->reader->facts, event, node);
	return YG_OK;
}

/* The items of a list are values of one name, as the element would be repeated. */
static int emit_list(struct run *r, const struct yg_json_node *node,
		     const struct yg_evtx_value *value)
{
	uint8_t type = value->type & (uint8_t)~YG_EVTX_LIST;
	uint32_t item_size = yg_evtx_item_size(type);
	struct yg_bytes b = bytes_of(r, value);
	size_t unit = type == YG_EVTX_STRING ? 2 : 1;
	int rc = YG_OK;

	while (b.size > 0 && rc == YG_OK) {
		struct yg_field field = {0};
		size_t size = item_size;

		if (item_size == 0) /* up to NUL, which goes with it */
			for (size = unit; size <= b.size; size += unit)
				if (!b.data[size - 1] && !b.data[size - unit])
					break;
		if (size > b.size)
			size = b.size;
		rc = yg_evtx_value_text(type, yg_bytes_cut(b, 0, size), r->event->arena, &field);
		if (rc == YG_OK)
			rc = emit(r, node, &field);
		if (r->event->dropped > 0)
			return rc;
		b = yg_bytes_from(b, size);
	}
	return rc;
}

static int emit_value(struct run *r, const struct yg_json_node *node,
		      const struct yg_evtx_value *value)
{
	struct yg_field field = {0};

	if (value->type & YG_EVTX_LIST && yg_evtx_item_size(value->type & 0x7f) != UINT32_MAX)
		return emit_list(r, node, value);
	if (is_event_time(node) && r->event->time_ns == YG_TIME_NONE)
		note_time(r, value);
	if (yg_evtx_value_text(value->type, bytes_of(r, value), r->event->arena, &field) != YG_OK)
		return out_of_memory(r);
	return emit(r, node, &field);
}

/* The value number @index of @f that is there, or NULL. */
static const struct yg_evtx_value *value_of(const struct frame *f, uint32_t index)
{
	if (index >= f->value_count || f->values[index].type == YG_EVTX_NULL)
		return NULL;
	return &f->values[index];
}

/* Does the text have a part that is there? */
static bool is_given(const struct frame *f, const struct yg_evtx_step *step)
{
	const struct yg_evtx_piece *piece = step->pieces;

	while (piece && !piece->literal.data && !value_of(f, piece->value))
		piece = piece->next;
	return piece;
}

/* All pieces as one text. */
static int join(struct run *r, const struct frame *f, const struct yg_evtx_piece *pieces,
		struct yg_bytes *ret)
{
	struct yg_buf buf;
	int rc = YG_OK;

	yg_buf_init(&buf, YG_EVTX_TEXT_MAX);
	for (const struct yg_evtx_piece *p = pieces; p && rc == YG_OK; p = p->next) {
		const struct yg_evtx_value *value = p->literal.data ? NULL : value_of(f, p->value);
		struct yg_field field = {.text = p->literal};

		if (value && value->type != YG_EVTX_BINXML)
			rc = yg_evtx_value_text(value->type, bytes_of(r, value), r->event->arena,
						&field);
		if (rc == YG_OK)
			yg_buf_add(&buf, yg_event_text(r->event, &field));
	}
	if (rc == YG_OK)
		rc = yg_buf_error(&buf);
	if (rc == YG_OK && !yg_arena_dup(r->event->arena, yg_buf_bytes(&buf), ret))
		rc = YG_ENOMEM;
	yg_buf_done(&buf);
	if (rc == YG_ELIMIT)
		return fail_at(r, rc, "a text of too many pieces", 0);
	return rc == YG_OK ? YG_OK : out_of_memory(r);
}

/* What stands inside values that are BinXML themselves. */
static int enter_values(struct run *r, const struct frame *f, const struct yg_evtx_step *step)
{
	int rc = YG_OK;

	for (const struct yg_evtx_piece *p = step->pieces; p && rc == YG_OK; p = p->next) {
		const struct yg_evtx_value *value = p->literal.data ? NULL : value_of(f, p->value);

		if (value && value->type == YG_EVTX_BINXML)
			rc = push(r, &(struct frame){.inside = step->inside,
						     .at = value->at,
						     .end = value->at + value->size});
	}
	return rc;
}

static int emit_pieces(struct run *r, const struct frame *f, const struct yg_evtx_step *step,
		       const struct yg_json_node *node)
{
	struct yg_field field = {.kind = YG_VALUE_TEXT};
	int rc = YG_OK;

	if (step->pieces && !step->pieces->next)
		field.text = step->pieces->literal;
	else
		rc = join(r, f, step->pieces, &field.text);
	if (rc != YG_OK)
		return rc;
	return emit(r, node, &field);
}

/* <Data Name=…> whose name is a value. */
static int named_node(struct run *r, const struct frame *f, const struct yg_evtx_step *step,
		      const struct yg_json_node **ret)
{
	struct yg_bytes name;
	int rc = join(r, f, step->name, &name);

	if (rc != YG_OK)
		return rc;
	if (name.size > YG_EVTX_TEXT_MAX - r->text_bytes)
		return fail_at(r, YG_ELIMIT, "names of too many bytes", 0);
	r->text_bytes += (uint32_t)name.size;
	rc = yg_evtx_names_find(&r->reader->names, step->inside->parent, name, ret);
	if (rc == YG_ELIMIT)
		return fail_at(r, rc, "too many different names in one chunk", 0);
	return rc == YG_OK ? YG_OK : out_of_memory(r);
}

/* An element without a text is null, unless an attribute was there. */
static int emit_null(struct run *r, const struct frame *f, const struct yg_evtx_step *step,
		     const struct yg_json_node *node)
{
	struct yg_field field = {.kind = YG_VALUE_NULL};

	if (step->back == UINT32_MAX)
		return YG_OK;
	for (uint32_t i = 1; i <= step->back; i++)
		if (is_given(f, step - i))
			return YG_OK;
	return emit(r, node, &field);
}

static int run_step(struct run *r, const struct frame *f, const struct yg_evtx_step *step)
{
	const struct yg_evtx_value *value = NULL;
	const struct yg_json_node *node = step->node;
	uint32_t at = step->at;
	int rc = YG_OK;

	if (step->kind == YG_EVTX_STEP_TEMPLATE)
		return enter_template(r, &at, step->end, step->inside);
	if (step->name)
		rc = named_node(r, f, step, &node);
	if (rc != YG_OK)
		return rc;
	if (step->is_one_value) {
		value = value_of(f, step->value);
		if (value && value->type != YG_EVTX_BINXML)
			return emit_value(r, node, value);
	} else if (is_given(f, step)) {
		rc = emit_pieces(r, f, step, node);
		return rc == YG_OK && step->pieces->next ? enter_values(r, f, step) : rc;
	}
	if (value)
		return enter_values(r, f, step);
	return step->kind == YG_EVTX_STEP_ATTRIBUTE ? YG_OK : emit_null(r, f, step, node);
}

static int step_plan(struct run *r)
{
	struct frame *f = &r->frames[r->depth - 1];

	if (f->step == f->plan->count) {
		r->depth--;
		return YG_OK;
	}
	return run_step(r, f, &f->plan->steps[f->step++]);
}

static int run(struct run *r)
{
	int rc = YG_OK;

	while (rc == YG_OK && r->depth > 0 && r->event->dropped == 0) {
		if (++r->work > YG_EVTX_WORK_MAX)
			return fail_at(r, YG_ELIMIT, "the record asks for too much work", 0);
		rc = r->frames[r->depth - 1].plan ? step_plan(r) : step_stream(r);
	}
	return rc;
}

int yg_evtx_read(struct yg_evtx *reader, uint32_t at, struct yg_arena *arena, struct yg_event *ret,
		 struct yg_fault *reterr)
{
	struct run r;
	uint32_t size;
	int rc;

	assert(reader && arena && ret && reterr);
	*reterr = (struct yg_fault){0};
	if (at > reader->chunk.size || reader->chunk.size - at < YG_EVTX_RECORD_MIN)
		return yg_fault_set(reterr, YG_EFORMAT, "no record stands here", at);
	size = yg_evtx_u32(reader->chunk, at + 4);
	if (size < YG_EVTX_RECORD_MIN || size > reader->chunk.size - at)
		return yg_fault_set(reterr, YG_EFORMAT, "the size of the record is impossible", at);
	yg_event_init(ret, arena, reader->names.names);
	ret->format = YG_FORMAT_EVTX;
	ret->has_zone = true;
	memset(reader->facts.at, 0, sizeof(reader->facts.at));
	reader->facts.alias_count = 0;
	reader->facts.has_windows = true;
	r.reader = reader;
	r.event = ret;
	r.reterr = reterr;
	r.depth = 1;
	r.work = 0;
	r.text_bytes = 0;
	r.frames[0] = (struct frame){
		.inside = &reader->names.root, .at = at + RECORD_HEAD, .end = at + size - 4};
	rc = run(&r);
	if (rc != YG_OK)
		return rc;
	if (ret->time_ns == YG_TIME_NONE)
		(void)yg_evtx_filetime_ns(yg_evtx_u64(reader->chunk, at + 16), &ret->time_ns);
	if (yg_windows_finish(ret, &reader->facts) != YG_OK)
		return out_of_memory(&r);
	return YG_OK;
}
