/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/modules.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "sensor/inventory-int.h"

#include "base/ban.h"

#define ARENA_MAX (16u << 20)
#define ROUNDS	  64u /* defaults that need each other */

struct stream { /* a build of one */
	struct yg_bytes module;
	struct yg_bytes name;
	uint32_t needs_at; /* in needs */
	uint32_t needs_count;
	bool is_in;
};

/* A stream that would do; those of one module stand together. */
struct need {
	uint32_t group; /* one of each is needed */
	struct yg_bytes module;
	struct yg_bytes stream; /* empty: any; "-NAME": any but this */
};

struct state {
	struct yg_bytes module;
	struct yg_bytes chosen;	 /* stream that was switched on; empty: none */
	struct yg_bytes preset;	 /* the default; empty: none */
	bool is_preset_override; /* of the machine's own */
	bool is_off;
	bool is_default_off; /* the default cannot hold */
	bool is_described;   /* there is a build of the chosen one */
};

struct artifact {
	uint64_t package; /* hash of name, version and architecture */
	uint64_t name;
	uint32_t stream;
};

/* Of those, sorted. */
struct hashes {
	uint64_t *items;
	size_t count;
};

#define LIST(type)                                                                                 \
	struct {                                                                                   \
		type *items;                                                                       \
		size_t count;                                                                      \
		size_t room;                                                                       \
	}

struct yg_modules {
	struct yg_packages *packages;
	struct yg_arena *arena;
	LIST(struct stream) streams;
	LIST(struct need) needs;
	LIST(struct state) states;
	LIST(struct artifact) artifacts;
	struct hashes in;
	struct hashes out;
	struct hashes names; /* of packages that streams that hold are made of */
	bool is_limited;
	bool is_unclear; /* a stream has not what it needs: the solver of dnf would weigh */
};

/* Room for one more; false: out of memory. */
static bool grow(void **items, size_t count, size_t *room, size_t size)
{
	size_t wanted = *room ? *room * 2 : 64;
	void *grown;

	if (count < *room)
		return true;
	grown = yg_reallocarray(*items, wanted, size);
	if (!grown)
		return false;
	*items = grown;
	*room = wanted;
	return true;
}
#define GROW(list) grow((void **)&(list).items, (list).count, &(list).room, sizeof(*(list).items))

int yg_modules_new(struct yg_packages *packages, struct yg_modules **ret)
{
	struct yg_modules *m = yg_calloc(1, sizeof(*m));

	if (!m)
		return YG_ENOMEM;
	m->packages = packages;
	m->arena = yg_arena_new(ARENA_MAX);
	if (!m->arena) {
		(void)yg_modules_free(m);
		return YG_ENOMEM;
	}
	*ret = m;
	return YG_OK;
}

struct yg_modules *yg_modules_free(struct yg_modules *m)
{
	if (!m)
		return NULL;
	(void)yg_arena_free(m->arena);
	free(m->streams.items);
	free(m->needs.items);
	free(m->states.items);
	free(m->artifacts.items);
	free(m->in.items);
	free(m->out.items);
	free(m->names.items);
	free(m);
	return NULL;
}

/* ---- what is switched on ---- */

static struct state *find_state(const struct yg_modules *m, struct yg_bytes module)
{
	for (size_t i = 0; i < m->states.count; i++)
		if (yg_bytes_eq(m->states.items[i].module, module))
			return &m->states.items[i];
	return NULL;
}

/* YG_OK with NULL: there is no room, and that is noted. */
static int get_state(struct yg_modules *m, struct yg_bytes module, struct state **ret)
{
	struct state state = {0};

	*ret = find_state(m, module);
	if (*ret)
		return YG_OK;
	if (m->states.count == YG_MODULES_STATES_MAX) {
		m->is_limited = true;
		return YG_OK;
	}
	if (!GROW(m->states) || !yg_arena_dup(m->arena, module, &state.module))
		return YG_ENOMEM;
	m->states.items[m->states.count] = state;
	*ret = &m->states.items[m->states.count++];
	return YG_OK;
}

int yg_modules_add_state(struct yg_modules *m, struct yg_bytes text)
{
	struct state *state = NULL;
	struct yg_bytes line;
	int rc = YG_OK;

	while (rc == YG_OK && yg_host_line(&text, &line)) {
		struct yg_bytes rest = yg_bytes_trim(line);
		struct yg_bytes key;

		if (yg_host_section(rest, &key)) {
			rc = get_state(m, key, &state);
			continue;
		}
		key = yg_bytes_trim(yg_host_word(&rest, '='));
		rest = yg_bytes_trim(rest);
		if (!state)
			continue;
		if (yg_bytes_eq(key, YG_S("stream")) &&
		    !yg_arena_dup(m->arena, rest, &state->chosen))
			rc = YG_ENOMEM;
		else if (yg_bytes_eq(key, YG_S("state")))
			state->is_off = yg_bytes_eq(rest, YG_S("disabled"));
	}
	return rc;
}

/* Two repositories that name different defaults name none. */
static int add_default(struct yg_modules *m, const struct yg_modulemd_doc *doc, bool is_override)
{
	struct state *state = NULL;
	int rc = get_state(m, doc->module, &state);

	if (rc != YG_OK || !state || (state->is_preset_override && !is_override))
		return rc;
	if (!is_override && state->preset.size > 0 && !yg_bytes_eq(state->preset, doc->stream)) {
		state->is_default_off = true;
		return YG_OK;
	}
	state->is_preset_override = is_override;
	if (is_override)
		state->is_default_off = false;
	return yg_arena_dup(m->arena, doc->stream, &state->preset) ? YG_OK : YG_ENOMEM;
}

/* The stream of @module that holds; empty: none. */
static struct yg_bytes holding(const struct yg_modules *m, struct yg_bytes module)
{
	const struct state *state = find_state(m, module);

	if (!state || state->is_off)
		return (struct yg_bytes){0};
	if (state->chosen.size > 0)
		return state->chosen;
	return state->is_default_off ? (struct yg_bytes){0} : state->preset;
}

/* ---- streams ---- */

static int add_need(struct yg_modules *m, struct stream *stream, struct need need)
{
	if (m->needs.count == YG_MODULES_NEEDS_MAX) {
		m->is_limited = true;
		return YG_OK;
	}
	if (!GROW(m->needs) || !yg_arena_dup(m->arena, need.module, &need.module) ||
	    !yg_arena_dup(m->arena, need.stream, &need.stream))
		return YG_ENOMEM;
	m->needs.items[m->needs.count++] = need;
	stream->needs_count++;
	return YG_OK;
}

/* "requires": module → streams, a list or (in version 1) one. The platform is that of the
 * repository. */
static int add_needs(struct yg_modules *m, struct stream *stream, const struct yg_yaml *requires)
{
	int rc = YG_OK;

	for (const struct yg_yaml *at = requires ? requires->first : NULL; at && rc == YG_OK;
	     at = at->next) {
		struct need need = {.group = stream->needs_count, .module = at->key};

		if (yg_bytes_eq(at->key, YG_S("platform")))
			continue;
		if (at->kind == YG_YAML_SCALAR)
			need.stream = at->text;
		if (at->kind == YG_YAML_SCALAR || !at->first)
			rc = add_need(m, stream, need);
		for (const struct yg_yaml *one = at->first; one && rc == YG_OK; one = one->next) {
			need.stream = one->text;
			rc = add_need(m, stream, need);
		}
	}
	return rc;
}

/* Of what was built there is one map, or a list of one; of several all are needed. */
static int add_dependencies(struct yg_modules *m, struct stream *stream,
			    const struct yg_yaml *dependencies)
{
	int rc = YG_OK;

	if (!dependencies || dependencies->kind != YG_YAML_LIST)
		return add_needs(m, stream, yg_yaml_get(dependencies, "requires"));
	for (const struct yg_yaml *at = dependencies->first; at && rc == YG_OK; at = at->next)
		rc = add_needs(m, stream, yg_yaml_get(at, "requires"));
	return rc;
}

static uint64_t hash_package(struct yg_bytes name, struct yg_bytes epoch, struct yg_bytes version,
			     struct yg_bytes arch)
{
	return yg_hash64(arch, yg_hash64(version, yg_hash64(epoch, yg_hash64(name, 1))));
}

static int add_artifacts(struct yg_modules *m, uint32_t stream, const struct yg_yaml *artifacts)
{
	for (const struct yg_yaml *at = artifacts ? artifacts->first : NULL; at; at = at->next) {
		struct yg_modulemd_artifact a;

		if (!yg_modulemd_artifact(at->text, &a) || yg_bytes_eq(a.arch, YG_S("src")) ||
		    !yg_packages_have_name(m->packages, a.name))
			continue;
		if (m->artifacts.count == YG_MODULES_ARTIFACTS_MAX) {
			m->is_limited = true;
			return YG_OK;
		}
		if (!GROW(m->artifacts))
			return YG_ENOMEM;
		m->artifacts.items[m->artifacts.count++] = (struct artifact){
			.package = hash_package(a.name, a.epoch, a.version, a.arch),
			.name = yg_hash64(a.name, 1),
			.stream = stream,
		};
	}
	return YG_OK;
}

static int add_stream(struct yg_modules *m, const struct yg_modulemd_doc *doc)
{
	struct stream stream = {.needs_at = (uint32_t)m->needs.count};
	int rc;

	if (m->streams.count == YG_MODULES_STREAMS_MAX) {
		m->is_limited = true;
		return YG_OK;
	}
	if (!GROW(m->streams) || !yg_arena_dup(m->arena, doc->module, &stream.module) ||
	    !yg_arena_dup(m->arena, doc->stream, &stream.name))
		return YG_ENOMEM;
	rc = add_dependencies(m, &stream, doc->dependencies);
	if (rc == YG_OK)
		rc = add_artifacts(m, (uint32_t)m->streams.count, doc->artifacts);
	m->streams.items[m->streams.count++] = stream;
	return rc;
}

int yg_modules_add(struct yg_modules *m, const struct yg_modulemd_doc *doc, bool is_override)
{
	if (doc->kind == YG_MODULEMD_DEFAULT)
		return add_default(m, doc, is_override);
	return is_override ? YG_OK : add_stream(m, doc);
}

/* ---- which hold ---- */

/* Is what needs[*at] … of one group ask for there? Moves *at behind them. */
static bool is_module_there(const struct yg_modules *m, uint32_t *at, uint32_t end)
{
	const struct need *first = &m->needs.items[*at];
	struct yg_bytes holds = holding(m, first->module);
	bool has_wanted = false;
	bool is_there = false;
	bool is_barred = false;

	for (; *at < end && m->needs.items[*at].group == first->group; ++*at) {
		struct yg_bytes stream = m->needs.items[*at].stream;

		if (stream.size > 0 && stream.data[0] == '-') {
			is_barred |= yg_bytes_eq(yg_bytes_from(stream, 1), holds);
			continue;
		}
		has_wanted |= stream.size > 0;
		is_there |= yg_bytes_eq(stream, holds);
	}
	return holds.size > 0 && !is_barred && (is_there || !has_wanted);
}

static bool has_needed(const struct yg_modules *m, const struct stream *stream)
{
	uint32_t at = stream->needs_at;
	uint32_t end = at + stream->needs_count;

	while (at < end)
		if (!is_module_there(m, &at, end))
			return false;
	return true;
}

/* Has one build of the stream of @state what it needs? *ret_is_there: there is a build of it. */
static bool can_hold(const struct yg_modules *m, const struct state *state, bool *ret_is_there)
{
	struct yg_bytes name = holding(m, state->module);

	*ret_is_there = false;
	for (size_t i = 0; i < m->streams.count; i++) {
		const struct stream *stream = &m->streams.items[i];

		if (!yg_bytes_eq(stream->module, state->module) || !yg_bytes_eq(stream->name, name))
			continue;
		*ret_is_there = true;
		if (has_needed(m, stream))
			return true;
	}
	return false;
}

/*
 * A default of which no build has what it needs does not hold: dnf's solver may then switch on
 * more, or give up another default, which is not done here but said. True: something changed.
 */
static bool drop_defaults(struct yg_modules *m)
{
	bool has_changed = false;

	for (size_t i = 0; i < m->states.count; i++) {
		struct state *state = &m->states.items[i];
		bool is_there;

		if (holding(m, state->module).size == 0 || can_hold(m, state, &is_there))
			continue;
		m->is_unclear |= is_there;
		if (state->chosen.size > 0)
			continue;
		state->is_default_off = true;
		has_changed = true;
	}
	return has_changed;
}

static int compare_hashes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void sort(struct hashes *hashes)
{
	if (hashes->count > 0)
		qsort(hashes->items, hashes->count, sizeof(*hashes->items), compare_hashes);
}

static bool has(const struct hashes *hashes, uint64_t hash)
{
	return hashes->count > 0 &&
	       bsearch(&hash, hashes->items, hashes->count, sizeof(hash), compare_hashes) != NULL;
}

int yg_modules_settle(struct yg_modules *m)
{
	size_t room = m->artifacts.count ? m->artifacts.count : 1;

	for (unsigned i = 0; i < ROUNDS && drop_defaults(m); i++)
		;
	for (size_t i = 0; i < m->streams.count; i++) {
		struct stream *stream = &m->streams.items[i];
		struct state *state = find_state(m, stream->module);

		stream->is_in = yg_bytes_eq(holding(m, stream->module), stream->name) &&
				has_needed(m, stream);
		if (state && yg_bytes_eq(state->chosen, stream->name))
			state->is_described = true;
	}
	m->in.items = yg_calloc(room, sizeof(uint64_t));
	m->out.items = yg_calloc(room, sizeof(uint64_t));
	m->names.items = yg_calloc(room, sizeof(uint64_t));
	if (!m->in.items || !m->out.items || !m->names.items)
		return YG_ENOMEM;
	for (size_t i = 0; i < m->artifacts.count; i++) {
		const struct artifact *a = &m->artifacts.items[i];
		bool is_in = m->streams.items[a->stream].is_in;
		struct hashes *to = is_in ? &m->in : &m->out;

		to->items[to->count++] = a->package;
		if (is_in)
			m->names.items[m->names.count++] = a->name;
	}
	sort(&m->in);
	sort(&m->out);
	sort(&m->names);
	return YG_OK;
}

/* ---- asking ---- */

enum yg_module_verdict yg_modules_judge(const struct yg_modules *m, const char *name,
					const char *version, const char *arch)
{
	struct yg_bytes rest = yg_bytes_str(version);
	size_t colon = yg_bytes_chr(rest, ':');
	struct yg_bytes epoch = yg_bytes_cut(rest, 0, colon == SIZE_MAX ? 0 : colon);
	uint64_t hash;

	rest = yg_bytes_from(rest, colon == SIZE_MAX ? 0 : colon + 1);
	hash = hash_package(yg_bytes_str(name), epoch, rest, yg_bytes_str(arch));
	if (has(&m->in, hash))
		return YG_MODULE_IN;
	if (has(&m->out, hash) || has(&m->names, yg_hash64(yg_bytes_str(name), 1)))
		return YG_MODULE_OUT;
	return YG_MODULE_NONE;
}

bool yg_modules_are_partly_unknown(const struct yg_modules *m)
{
	if (m->is_limited || m->is_unclear)
		return true;
	for (size_t i = 0; i < m->states.count; i++)
		if (m->states.items[i].chosen.size > 0 && !m->states.items[i].is_off &&
		    !m->states.items[i].is_described)
			return true;
	return false;
}
