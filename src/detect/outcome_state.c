/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What outcomes rest on, as bytes: sources that are followed with their findings, paths and what
 * they answered. Saving and restoring are one walk over the same members, so that the two cannot
 * differ. The order of use is that of the entries, oldest first.
 *
 *   magic, digest of the rest, then: sources, paths, misses, counters; numbers little end first
 */
#include "base/hash.h"
#include "detect/outcome-int.h"

#include "base/ban.h"

#define MAGIC	   "YGO1"
#define HEAD_BYTES (sizeof(MAGIC) - 1 + YG_DIGEST_BYTES)
#define ID_MAX	   1024u /* bytes of a rule's id */

struct codec {
	struct yg_buf *to; /* saving; NULL: restoring */
	struct yg_bytes from;
	const struct yg_outcomes_names *names;
	int rc;
};

/* ---- single values, in either direction ---- */

static void code_bytes(struct codec *c, void *at, size_t size)
{
	if (c->to) {
		yg_buf_add(c->to, (struct yg_bytes){at, size});
		return;
	}
	if (c->from.size < size) {
		c->rc = YG_EFORMAT;
		memset(at, 0, size);
		return;
	}
	memcpy(at, c->from.data, size);
	c->from = yg_bytes_from(c->from, size);
}

static uint64_t code_number(struct codec *c, uint64_t value, unsigned size)
{
	uint8_t bytes[8] = {0};

	for (unsigned i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
	code_bytes(c, bytes, size);
	value = 0;
	for (unsigned i = size; i-- > 0;)
		value = value << 8 | bytes[i];
	return value;
}

#define CODE(c, member)                                                                            \
	((member) = (__typeof__(member))code_number((c), (uint64_t)(member), sizeof(member)))

/* A count of things that follow; more than @max are none of ours. */
static uint32_t code_count(struct codec *c, uint32_t count, uint32_t max)
{
	count = (uint32_t)code_number(c, count, 4);
	if (count > max) {
		c->rc = YG_EFORMAT;
		return 0;
	}
	return count;
}

/* A borrowed text, as it stands in the bytes. */
static struct yg_bytes code_text(struct codec *c, struct yg_bytes text, uint32_t max)
{
	uint32_t size = code_count(c, (uint32_t)text.size, max);

	if (c->to) {
		yg_buf_add(c->to, text);
		return text;
	}
	if (size > c->from.size) {
		c->rc = YG_EFORMAT;
		size = 0;
	}
	text = yg_bytes_cut(c->from, 0, size);
	c->from = yg_bytes_from(c->from, size);
	return text;
}

static const struct yg_rule_info *code_rule(struct codec *c, const struct yg_rule_info *rule)
{
	struct yg_bytes id = code_text(c, rule ? rule->id : YG_S(""), ID_MAX);

	return c->to || c->rc != YG_OK ? rule : c->names->rule(c->names->arg, id);
}

static struct yg_bytes code_source(struct codec *c, struct yg_bytes source)
{
	source = code_text(c, source, UINT32_MAX);
	if (!c->to && c->rc == YG_OK)
		c->rc = c->names->source(c->names->arg, source, &source);
	return source;
}

/* ---- findings that are followed ---- */

static void code_pending(struct codec *c, struct yg_pending *p)
{
	code_bytes(c, p->id, sizeof(p->id));
	code_bytes(c, p->story, sizeof(p->story));
	p->rule = code_rule(c, p->rule);
	p->source = code_source(c, p->source);
	CODE(c, p->position);
	CODE(c, p->path_hash);
	CODE(c, p->time_ns);
	CODE(c, p->request);
	CODE(c, p->outcome);
	CODE(c, p->is_web);
	CODE(c, p->is_sign_in);
	CODE(c, p->is_planting);
}

static void code_waiting(struct codec *c, struct yg_waiting *w)
{
	code_bytes(c, w->id, sizeof(w->id));
	code_bytes(c, w->story, sizeof(w->story));
	w->rule = code_rule(c, w->rule);
	w->source = code_source(c, w->source);
	CODE(c, w->position);
	CODE(c, w->actor_hash);
	CODE(c, w->size_bytes);
}

/* Chains are kept with the newest first; they are written so, and put together from their end. */
static void save_chain(struct codec *c, const struct yg_outcomes *o, uint32_t first, bool is_path)
{
	for (uint32_t i = first; i;) {
		if (is_path) {
			struct yg_waiting waiting = o->waiting[i - 1];

			code_waiting(c, &waiting);
			i = waiting.next;
		} else {
			struct yg_pending pending = o->pool[i - 1];

			code_pending(c, &pending);
			i = pending.next;
		}
	}
}

static void read_pendings(struct codec *c, struct yg_outcomes *o, uint32_t count,
			  uint32_t *ret_first, uint32_t *ret_count)
{
	uint32_t *link = ret_first;

	*ret_first = 0;
	*ret_count = 0;
	for (uint32_t i = 0; i < count && c->rc == YG_OK; i++) {
		struct yg_pending pending = {.rule = NULL};
		uint32_t index;

		code_pending(c, &pending);
		if (c->rc != YG_OK || !pending.rule) /* a rule that is not there any more */
			continue;
		c->rc = yg_followed_place(o, &index);
		if (c->rc != YG_OK)
			return;
		/* The place may have moved all of them: the link is found anew. */
		link = ret_first;
		while (*link)
			link = &o->pool[*link - 1].next;
		pending.next = 0;
		o->pool[index] = pending;
		*link = index + 1;
		(*ret_count)++;
	}
}

static void read_waitings(struct codec *c, struct yg_outcomes *o, uint32_t count,
			  struct yg_path *path)
{
	path->waiting = 0;
	path->waiting_count = 0;
	for (uint32_t i = 0; i < count && c->rc == YG_OK; i++) {
		struct yg_waiting waiting = {.rule = NULL};
		uint32_t *link = &path->waiting;
		uint32_t index;

		code_waiting(c, &waiting);
		if (c->rc != YG_OK || !waiting.rule)
			continue;
		index = yg_wait_place(o, &c->rc);
		if (index == YG_TABLE_NONE)
			return;
		while (*link)
			link = &o->waiting[*link - 1].next;
		waiting.next = 0;
		o->waiting[index] = waiting;
		*link = index + 1;
		path->waiting_count++;
	}
}

/* ---- entries ---- */

static void code_followed(struct codec *c, struct yg_outcomes *o, struct yg_followed *f)
{
	uint32_t count = code_count(c, f->finding_count, YG_FOLLOW_FINDINGS_MAX);

	CODE(c, f->requests);
	CODE(c, f->guesses);
	CODE(c, f->guess_request);
	CODE(c, f->upload_request);
	CODE(c, f->guess_ns);
	CODE(c, f->refused_path);
	for (unsigned i = 0; i < YG_REFUSALS_KEPT; i++)
		CODE(c, f->refusals[i]);
	CODE(c, f->refusal_at);
	CODE(c, f->has_uploaded);
	if (f->refusal_at >= YG_REFUSALS_KEPT)
		c->rc = YG_EFORMAT;
	if (c->to)
		save_chain(c, o, f->first, false);
	else
		read_pendings(c, o, count, &f->first, &f->finding_count);
}

static void code_path(struct codec *c, struct yg_outcomes *o, struct yg_path *p)
{
	uint32_t count = code_count(c, p->waiting_count, YG_PATH_WAITING_MAX);

	CODE(c, p->size_count);
	CODE(c, p->size_at);
	if (p->size_count > YG_SIZES_KEPT || p->size_at >= YG_SIZES_KEPT) {
		c->rc = YG_EFORMAT;
		return;
	}
	for (unsigned i = 0; i < p->size_count; i++)
		CODE(c, p->sizes[i]);
	CODE(c, p->was_else);
	CODE(c, p->ok);
	CODE(c, p->refused);
	CODE(c, p->moved);
	CODE(c, p->post_ok);
	CODE(c, p->post_refused);
	CODE(c, p->post_moved);
	if (c->to)
		save_chain(c, o, p->waiting, true);
	else
		read_waitings(c, o, count, p);
}

enum what {
	FOLLOWED,
	PATH,
	MISS,
};

static void code_entry(struct codec *c, struct yg_outcomes *o, enum what what, void *entry)
{
	if (what == FOLLOWED)
		code_followed(c, o, entry);
	else if (what == PATH)
		code_path(c, o, entry);
}

static void save_table(struct codec *c, struct yg_outcomes *o, struct yg_table *table,
		       enum what what)
{
	uint32_t index = table->count > 0 ? table->oldest : YG_TABLE_NONE;

	(void)code_count(c, table->count, table->max);
	for (; index != YG_TABLE_NONE; index = yg_table_newer(table, index)) {
		(void)code_number(c, yg_table_key(table, index), 8);
		code_entry(c, o, what, yg_table_at(table, index));
	}
}

static void read_table(struct codec *c, struct yg_outcomes *o, struct yg_table *table,
		       enum what what)
{
	uint32_t count = code_count(c, 0, table->max);

	for (uint32_t i = 0; i < count && c->rc == YG_OK; i++) {
		uint64_t key = code_number(c, 0, 8);
		uint32_t index;

		if (c->rc == YG_OK && yg_table_find(table, key) != YG_TABLE_NONE)
			c->rc = YG_EFORMAT;
		if (c->rc == YG_OK)
			c->rc = yg_table_add(table, key, &index);
		if (c->rc == YG_OK)
			code_entry(c, o, what, yg_table_at(table, index));
	}
}

/* ---- the whole ---- */

size_t yg_outcomes_bytes(const struct yg_outcomes *o)
{
	return sizeof(*o) + yg_table_bytes(&o->sources) + yg_table_bytes(&o->paths) +
	       yg_table_bytes(&o->misses) + o->pool_room * sizeof(*o->pool) +
	       o->wait_room * sizeof(*o->waiting);
}

int yg_outcomes_save(const struct yg_outcomes *outcomes, struct yg_buf *to)
{
	/* The walk that reads is the one that writes: it changes nothing on the way out. */
	struct yg_outcomes *o = (struct yg_outcomes *)(uintptr_t)outcomes;
	size_t begin = to->size;
	struct codec c = {.to = to};
	uint8_t digest[YG_DIGEST_BYTES] = {0};

	yg_buf_add_str(to, MAGIC);
	yg_buf_add(to, (struct yg_bytes){digest, sizeof(digest)});
	save_table(&c, o, &o->sources, FOLLOWED);
	save_table(&c, o, &o->paths, PATH);
	save_table(&c, o, &o->misses, MISS);
	(void)code_number(&c, o->evicted_sources, 8);
	(void)code_number(&c, o->evicted_paths, 8);
	if (yg_buf_error(to) != YG_OK)
		return yg_buf_error(to);
	yg_digest(yg_bytes_from(yg_buf_bytes(to), begin + HEAD_BYTES), digest);
	memcpy(to->data + begin + sizeof(MAGIC) - 1, digest, sizeof(digest));
	return YG_OK;
}

int yg_outcomes_restore(struct yg_outcomes *o, struct yg_bytes state,
			const struct yg_outcomes_names *names)
{
	struct codec c = {.from = yg_bytes_from(state, HEAD_BYTES), .names = names};
	uint8_t digest[YG_DIGEST_BYTES];

	if (state.size < HEAD_BYTES || !yg_bytes_starts(state, YG_S(MAGIC)))
		return YG_EFORMAT;
	yg_digest(c.from, digest);
	if (memcmp(digest, state.data + sizeof(MAGIC) - 1, sizeof(digest)) != 0)
		return YG_EDIGEST;
	read_table(&c, o, &o->sources, FOLLOWED);
	read_table(&c, o, &o->paths, PATH);
	read_table(&c, o, &o->misses, MISS);
	o->evicted_sources = code_number(&c, 0, 8);
	o->evicted_paths = code_number(&c, 0, 8);
	if (c.rc == YG_OK && c.from.size > 0)
		c.rc = YG_EFORMAT;
	return c.rc;
}
