/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/share_import.h"

#include <pthread.h>
#include <stdlib.h>

#include "app/clue_take.h"
#include "app/hub_clue_lists.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/io.h"
#include "parse/stix.h"

#include "base/ban.h"

#define ARENA_MAX   (4096ul << 20)
#define CHUNK	    512u       /* objects */
#define CHUNK_BYTES (4u << 20) /* one that has more is handed on */
#define CHUNK_MAX   (64u << 20)
#define CHUNKS	    4u
#define SAID_MAX    10u
#define PATH_ROOM   4352u

/* What an indicator says, in its chunk's arena. */
struct judged {
	struct yg_clue clue;
	struct yg_clue_value *values;
	uint32_t count;
};

struct entry {
	struct yg_stix_object object;
	uint32_t index;
	const struct judged *judged; /* NULL: no indicator, or the hub's to judge */
};

struct chunk {
	struct yg_arena *arena;
	struct entry entries[CHUNK];
	uint32_t count;
};

struct fault {
	uint32_t index;
	char text[YG_STIX_FAULT_MAX];
};

struct import {
	struct yg_share_place *place;
	const char *file;
	struct yg_collections
		*beside; /* which markings are known is asked while the other stores */
	int64_t now_ns;
	bool is_said; /* what went wrong */
	/* Of a hub, when indicators are judged here. */
	bool judges;
	struct yg_clue_rules rules;
	struct yg_warning_lists *known;
	struct yg_clue_taken *taken;
	struct yg_arena *clue_arena;

	struct yg_stix_stream stream;
	struct fault faults[SAID_MAX];
	uint32_t fault_count;
	struct chunk chunks[CHUNKS];

	/* Chunks by turns: those from @stored on below @filled are the storing thread's. */
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	uint64_t filled;
	uint64_t stored;
	bool is_over;	 /* no more will come */
	bool is_useless; /* nothing of it will be committed: what comes is dropped */
	/* The storing thread's, until it was joined. */
	int rc;
	uint32_t mismatch; /* index */
	uint64_t there;
	int64_t last_us;
};

static void lock(struct import *m)
{
	(void)pthread_mutex_lock(&m->mutex); /* ours, of the plain kind */
}

static void unlock(struct import *m)
{
	(void)pthread_cond_broadcast(&m->changed); /* as above */
	(void)pthread_mutex_unlock(&m->mutex);
}

/* ---- storing ---- */

static int store_entry(struct import *m, const struct entry *e)
{
	struct yg_collections *s = m->place->s;
	int64_t number = m->place->c.number;
	int64_t added_us;
	int rc = yg_collections_put(s, number, &e->object, m->now_ns / 1000, 0, &added_us);

	if (rc == YG_EMISMATCH)
		m->mismatch = e->index;
	if (rc == YG_EDUPLICATE)
		m->there++;
	if (rc != YG_OK)
		return rc == YG_EDUPLICATE ? YG_OK : rc;
	m->last_us = added_us;
	return e->judged ? yg_clues_put_judged(s, &e->judged->clue, e->judged->values,
					       e->judged->count)
			 : YG_OK;
}

/* The next chunk, NULL: there is none any more. */
static struct chunk *next_chunk(struct import *m, bool *ret_is_useless)
{
	struct chunk *chunk = NULL;

	lock(m);
	while (m->stored == m->filled && !m->is_over)
		(void)pthread_cond_wait(&m->changed, &m->mutex); /* ours */
	if (m->stored < m->filled)
		chunk = &m->chunks[m->stored % CHUNKS];
	*ret_is_useless = m->is_useless;
	unlock(m);
	return chunk;
}

static void *store_all(void *arg)
{
	struct import *m = arg;
	struct chunk *chunk;
	bool is_useless;

	while ((chunk = next_chunk(m, &is_useless))) {
		for (uint32_t i = 0; m->rc == YG_OK && !is_useless && i < chunk->count; i++)
			m->rc = store_entry(m, &chunk->entries[i]);
		chunk->count = 0;
		yg_arena_reset(chunk->arena);
		lock(m);
		m->stored++;
		unlock(m);
	}
	return NULL;
}

/* ---- reading ---- */

static struct chunk *chunk_of(struct import *m)
{
	return &m->chunks[m->filled % CHUNKS];
}

/* The chunk in hand to the other thread, and an empty one. */
static void hand_on(struct import *m)
{
	lock(m);
	m->filled++;
	unlock(m);
	lock(m);
	while (m->filled - m->stored == CHUNKS)
		(void)pthread_cond_wait(&m->changed, &m->mutex); /* ours */
	unlock(m);
	m->stream.arena = chunk_of(m)->arena;
}

static void note_fault(struct import *m, uint32_t index, const char *fault)
{
	struct fault *f = &m->faults[m->fault_count];

	if (m->fault_count == 0) {
		lock(m);
		m->is_useless = true;
		unlock(m);
	}
	if (m->fault_count == SAID_MAX)
		return;
	f->index = index;
	(void)snprintf(f->text, sizeof(f->text), "%s", fault); /* no longer than that */
	m->fault_count++;
}

/* As hub_clues.c judges what is new. */
static void judge(struct import *m, struct yg_clue_taken *t)
{
	struct yg_clue_knowing k = {.known = m->known, .note = t->clue.note};

	for (uint32_t i = 0; i < t->count; i++)
		(void)!yg_clue_know(&k, &t->values[i]); /* always YG_OK */
	t->clue.facts.is_known = yg_clue_is_known(&k);
	yg_clue_judge(&m->rules, &t->clue.facts, m->now_ns, &t->clue.verdict);
	t->clue.since_ns = m->now_ns;
}

static int keep_judged(struct import *m, struct yg_arena *arena, const struct judged **ret)
{
	const struct yg_clue_taken *t = m->taken;
	struct judged *j = yg_arena_alloc(arena, sizeof(*j));
	size_t size = t->count * sizeof(*j->values);

	if (!j)
		return YG_ENOMEM;
	j->clue = t->clue;
	j->count = t->count;
	j->values = yg_arena_alloc(arena, size + 1);
	if (!j->values)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < t->count; i++) {
		j->values[i] = t->values[i];
		if (!yg_arena_dup(arena, t->values[i].value, &j->values[i].value))
			return YG_ENOMEM;
	}
	*ret = j;
	return YG_OK;
}

static int take_clue(struct import *m, struct entry *e, const json_t *tree, struct yg_arena *arena)
{
	struct yg_fault fault;
	json_t *own = NULL;
	int rc = YG_OK;

	e->judged = NULL;
	if (!m->judges || !yg_bytes_eq(e->object.type, YG_S("indicator")))
		return YG_OK;
	if (!tree)
		rc = yg_json_load(e->object.text, YG_STIX_OBJECT_MAX, &own, &fault);
	yg_arena_reset(m->clue_arena);
	if (rc == YG_OK)
		rc = yg_clue_take(tree ? tree : own, &e->object, &m->place->c, m->clue_arena,
				  m->taken);
	json_decref(own);
	if (rc == YG_EFORMAT || rc == YG_ELIMIT)
		return YG_OK; /* it says nothing */
	if (rc != YG_OK)
		return rc;
	judge(m, m->taken);
	return keep_judged(m, arena, &e->judged);
}

static int take_item(void *arg, uint32_t index, const struct yg_stix_item *item, const json_t *tree)
{
	struct import *m = arg;
	struct chunk *chunk = chunk_of(m);
	struct entry *e = &chunk->entries[chunk->count];
	int rc;

	if (item->fault)
		note_fault(m, index, item->fault);
	if (m->fault_count > 0) {
		yg_arena_reset(chunk->arena); /* nothing of it will be stored */
		chunk->count = 0;
		return YG_OK;
	}
	*e = (struct entry){.object = item->object, .index = index};
	rc = take_clue(m, e, tree, chunk->arena);
	if (rc != YG_OK)
		return rc;
	chunk->count++;
	if (chunk->count == CHUNK || yg_arena_used(chunk->arena) > CHUNK_BYTES)
		hand_on(m);
	return YG_OK;
}

static bool has_marking(void *arg, struct yg_bytes id)
{
	struct import *m = arg;

	return yg_collections_has(m->beside, id);
}

/* ---- by what indicators are judged ---- */

static int get_text(struct import *m, const char *name, struct yg_buf *to)
{
	yg_buf_reset(to);
	return yg_collections_get_text(m->place->s, YG_CLUE_TEXTS, yg_bytes_str(name), to);
}

/* Does the hub know whom the collection is for? It does of one that is new from now on. */
static int look_shelf(struct import *m, struct yg_buf *text, bool *ret)
{
	char name[YG_CLUE_SHELF_NAME];
	char is[YG_CLUE_SHELF_ROOM];
	int64_t cursor;
	int rc;

	yg_clue_shelf_text(&m->place->c, name, is);
	rc = get_text(m, name, text);
	if (rc == YG_OK)
		*ret = yg_bytes_eq(yg_buf_bytes(text), yg_bytes_str(is));
	if (rc != YG_ENOENT)
		return rc;
	rc = yg_clues_cursor(m->place->s, m->place->c.number, &cursor);
	*ret = rc == YG_OK && cursor == INT64_MIN;
	return *ret ? yg_collections_put_text(m->place->s, YG_CLUE_TEXTS, yg_bytes_str(name),
					      yg_bytes_str(is))
		    : rc;
}

/* In the transaction: what is judged here was judged by what holds then. */
static int look_rules(struct import *m)
{
	char words[YG_CLUE_RULES_ROOM];
	bool is_level = false, is_shelf = false;
	struct yg_buf text;
	int rc;

	if (!m->place->data || strcmp(m->place->c.root, "hub") != 0)
		return YG_OK;
	yg_buf_init(&text, YG_CLUE_TEXTS_MAX);
	rc = get_text(m, "rules", &text);
	if (rc == YG_OK && text.size < sizeof(words)) {
		(void)snprintf(words, sizeof(words), "%.*s",
			       YG_FMT(yg_buf_bytes(&text))); /* fits */
		if (yg_clue_rules_read(words, &m->rules))
			rc = yg_clues_level(m->place->s, m->place->c.number, &is_level);
		if (rc == YG_OK && is_level)
			rc = look_shelf(m, &text, &is_shelf);
		m->judges = rc == YG_OK && is_shelf;
	}
	yg_buf_done(&text);
	return rc == YG_ENOENT ? YG_OK : rc;
}

static int ready_to_judge(struct import *m)
{
	char folder[PATH_ROOM];
	unsigned bad;
	int size;

	if (!m->judges)
		return YG_OK;
	size = snprintf(folder, sizeof(folder), "%s/warning-lists", m->place->data);
	m->taken = yg_calloc(1, sizeof(*m->taken));
	m->clue_arena = yg_arena_new(CHUNK_MAX);
	if (size < 0 || (size_t)size >= sizeof(folder))
		return YG_ELIMIT;
	if (!m->taken || !m->clue_arena)
		return YG_ENOMEM;
	return yg_warning_lists_load(folder, &m->known, &bad);
}

/* ---- all of it ---- */

static int open_all(struct import *m)
{
	char path[YG_SHARE_PATH];
	int rc = yg_share_place_open(m->place, true);

	m->is_said = rc != YG_OK && rc != YG_ENOENT;
	if (m->is_said)
		return rc == YG_EMISMATCH ? rc : YG_EIO;
	rc = yg_share_place_path(m->place, path) ? yg_collections_open(path, false, &m->beside)
						 : YG_ELIMIT;
	if (rc == YG_OK)
		rc = yg_collections_fill_much(m->place->s);
	if (rc == YG_OK)
		rc = yg_collections_begin(m->place->s);
	if (rc == YG_OK && m->place->c.number == 0)
		rc = yg_share_place_make(m->place);
	m->is_said = rc == YG_EINVAL; /* it is no name of a collection */
	if (rc == YG_OK)
		rc = look_rules(m);
	if (rc == YG_OK)
		rc = ready_to_judge(m);
	for (size_t i = 0; rc == YG_OK && i < CHUNKS; i++) {
		m->chunks[i].arena = yg_arena_new(CHUNK_MAX);
		rc = m->chunks[i].arena ? YG_OK : YG_ENOMEM;
	}
	return rc;
}

static void close_all(struct import *m)
{
	m->beside = yg_collections_free(m->beside);
	(void)yg_warning_lists_free(m->known);
	(void)yg_arena_free(m->clue_arena);
	free(m->taken);
	for (size_t i = 0; i < CHUNKS; i++)
		(void)yg_arena_free(m->chunks[i].arena);
}

static void say_fault(const struct import *m, uint32_t at, const char *fault)
{
	yg_say("%s: objects[%u]%s%s", yg_say_safe(yg_bytes_str(m->file), 200), at,
	       fault[0] == ':' ? "" : ".", yg_say_safe(yg_bytes_str(fault), YG_STIX_FAULT_MAX));
}

static void print_counts(uint32_t count, uint64_t stored, uint64_t refused)
{
	/* In English whatever the language: scripts read it. */
	printf("%u objects: %llu stored, %llu refused\n", count, (unsigned long long)stored,
	       (unsigned long long)refused);
}

/* Read while the other thread stores; both are at their end then. */
static int read_beside(struct import *m, struct yg_bytes text, struct yg_arena *arena,
		       struct yg_stix_bundle *bundle, struct yg_line_fault *fault)
{
	struct yg_stix_ask ask = {
		.now_ns = m->now_ns, .has_marking = has_marking, .arg = m, .stream = &m->stream};
	int rc;

	m->stream = (struct yg_stix_stream){.fn = take_item, .arg = m, .arena = chunk_of(m)->arena};
	if (pthread_create(&m->thread, NULL, store_all, m) != 0)
		return YG_ENOMEM;
	rc = yg_stix_read(text, &ask, arena, bundle, fault);
	lock(m);
	m->filled += chunk_of(m)->count > 0 ? 1 : 0;
	m->is_useless = m->is_useless || rc != YG_OK;
	m->is_over = true;
	unlock(m);
	(void)pthread_join(m->thread, NULL); /* ours */
	return rc;
}

/* What was stored becomes lasting, with the place up to which indicators were judged. */
static int settle(struct import *m, const struct yg_stix_bundle *bundle)
{
	int rc = m->rc;

	if (rc == YG_OK && m->judges && m->last_us != 0)
		rc = yg_clues_cursor_set(m->place->s, m->place->c.number, m->last_us);
	if (rc == YG_OK)
		rc = yg_share_place_note(m->place, "collection.import", bundle->count - m->there);
	if (rc == YG_OK)
		rc = yg_collections_commit(m->place->s);
	if (rc == YG_OK) {
		print_counts(bundle->count, bundle->count, 0);
		if (m->there > 0)
			yg_say(N_("%llu of them were there before"), (unsigned long long)m->there);
	} else if (rc == YG_EMISMATCH) {
		say_fault(m, m->mismatch,
			  yg_say_tr(N_("modified: this version is here already, with other "
				       "content")));
		print_counts(bundle->count, 0, 1);
	} else if (rc != YG_EINVAL) {
		(void)yg_share_say_error("import", rc);
	}
	return rc;
}

static int take_bundle(struct import *m, struct yg_bytes text, struct yg_arena *arena)
{
	struct yg_stix_bundle bundle = {.count = 0};
	struct yg_line_fault fault = {.msg = ""};
	int rc = read_beside(m, text, arena, &bundle, &fault);

	if (rc != YG_OK) {
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(m->file), 200),
		       fault.msg[0] ? fault.msg : yg_say_tr(yg_err_text(rc)));
		print_counts(bundle.count, 0, bundle.count);
		return YG_EFORMAT;
	}
	if (bundle.wrong == 0)
		return settle(m, &bundle);
	for (uint32_t i = 0; i < m->fault_count; i++)
		say_fault(m, m->faults[i].index, m->faults[i].text);
	print_counts(bundle.count, 0, bundle.wrong);
	return YG_EFORMAT;
}

static int import_text(struct import *m, struct yg_bytes text)
{
	struct yg_arena *arena = NULL;
	int rc = open_all(m);

	if (rc == YG_OK)
		arena = yg_arena_new(ARENA_MAX);
	if (rc == YG_OK && !arena)
		rc = YG_ENOMEM;
	if (rc == YG_OK)
		rc = take_bundle(m, text, arena);
	else if (!m->is_said)
		(void)yg_share_say_error("import", rc);
	if (rc != YG_OK && m->place->s)
		yg_collections_abort(m->place->s);
	(void)yg_arena_free(arena);
	close_all(m);
	return rc;
}

int yg_share_import(struct yg_share_place *place, const char *file)
{
	struct yg_clock clock = yg_clock_system();
	struct import *m = yg_calloc(1, sizeof(*m));
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = m ? yg_io_read_file(file, YG_STIX_BUNDLE_MAX, &bytes, &size) : YG_ENOMEM;

	if (rc != YG_OK) {
		(void)yg_share_say_error(file, rc);
		free(m);
		return YG_EIO;
	}
	m->place = place;
	m->file = file;
	m->now_ns = clock.now_ns(clock.arg);
	(void)pthread_mutex_init(&m->mutex, NULL); /* glibc: cannot fail, as the next */
	(void)pthread_cond_init(&m->changed, NULL);
	rc = import_text(m, (struct yg_bytes){bytes, size});
	(void)pthread_cond_destroy(&m->changed);
	(void)pthread_mutex_destroy(&m->mutex);
	free(bytes);
	free(m);
	return rc;
}
