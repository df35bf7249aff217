/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "sensor/back-int.h"
#include "sensor/commands.h"

#include "base/ban.h"

#define ARENA_MAX (1u << 20)
#define NICE	  19
#define AGAIN_NS  (2 * YG_NS_PER_S)
#define SOURCE	  "local-archive"

/* ---- the thread ---- */

bool yg_back_pause(struct yg_back *b, int64_t ns)
{
	struct timespec until;
	bool is_end;

	(void)clock_gettime(CLOCK_MONOTONIC, &until); /* Linux has it */
	ns = ns > 0 ? ns + until.tv_nsec : until.tv_nsec;
	until.tv_sec += ns / YG_NS_PER_S;
	until.tv_nsec = ns % YG_NS_PER_S;
	(void)pthread_mutex_lock(&b->lock); /* ours, of the plain kind */
	while (!b->is_ending && pthread_cond_timedwait(&b->changed, &b->lock, &until) == 0)
		;
	is_end = b->is_ending;
	(void)pthread_mutex_unlock(&b->lock); /* as above */
	return is_end;
}

/* Until there is something to do. False: the end. */
static bool wait_for_work(struct yg_back *b, bool *ret_has_set, uint64_t *ret_signature,
			  uint64_t *ret_number)
{
	bool goes_on;

	(void)pthread_mutex_lock(&b->lock); /* ours, of the plain kind */
	while (!b->is_ending && !b->has_set && !b->is_dirty)
		(void)pthread_cond_wait(&b->changed, &b->lock);
	goes_on = !b->is_ending;
	*ret_has_set = b->has_set;
	*ret_signature = b->signature;
	*ret_number = b->number;
	b->has_set = false;
	(void)pthread_mutex_unlock(&b->lock); /* as above */
	return goes_on;
}

static bool has_waiting(struct yg_back *b)
{
	bool has = false;

	(void)pthread_mutex_lock(&b->lock); /* ours, of the plain kind */
	for (uint32_t i = 0; i < b->count; i++)
		has |= b->looks[i].state == YG_BACK_WAITS;
	(void)pthread_mutex_unlock(&b->lock); /* as above */
	return has;
}

/* Again after a while when something fails: nobody else does it. */
static bool look_back(struct yg_back *b)
{
	bool is_said = false, is_end = false;

	while (!is_end && has_waiting(b)) {
		int rc = yg_back_pass(b);

		is_end = rc == YG_EEND;
		if (rc == YG_OK || is_end)
			continue;
		if (!is_said)
			yg_sensor_say(
				N_("the archive cannot be looked at for warnings, it is tried "
				   "again: %s"),
				yg_sensor_tr(yg_err_text(rc)));
		is_said = true;
		is_end = yg_back_pause(b, AGAIN_NS);
	}
	return is_end;
}

/* What failed is still to be done: nobody else asks for it. Is it the end? */
static bool put_off(struct yg_back *b, bool is_set)
{
	(void)pthread_mutex_lock(&b->lock); /* ours, of the plain kind */
	b->has_set |= is_set;
	b->is_dirty |= !is_set;
	(void)pthread_mutex_unlock(&b->lock); /* as above */
	return yg_back_pause(b, AGAIN_NS);
}

static void *run_back(void *arg)
{
	struct yg_back *b = arg;
	uint64_t signature, number;
	bool has_set, is_said = false;

	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE); /* of this thread, on Linux */
	while (wait_for_work(b, &has_set, &signature, &number)) {
		int rc = has_set ? yg_back_list(b, signature, number) : yg_back_save(b);
		bool has_failed = rc != YG_OK && rc != YG_EAGAIN;

		if (has_failed && !is_said)
			yg_sensor_say(N_("what is looked for in the archive cannot be kept: %s"),
				      yg_sensor_tr(yg_err_text(rc)));
		is_said = has_failed;
		if (has_failed && put_off(b, has_set))
			break;
		if (look_back(b))
			break;
	}
	(void)!yg_back_save(b); /* else more is looked for again, or told again */
	return NULL;
}

/* ---- beginning and end ---- */

static bool is_wanted(struct yg_sensor_policy *policy)
{
	const struct yg_detect_settings *settings = yg_sensor_policy_detect(policy);

	return settings->is_on && settings->takes_indicators && settings->look_back_days > 0 &&
	       !yg_sensor_policy_local(policy)->raw;
}

static int open_sync(struct yg_back *b)
{
	pthread_condattr_t attributes;

	if (pthread_condattr_init(&attributes) != 0)
		return YG_ENOMEM;
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC); /* Linux has it */
	(void)pthread_cond_init(&b->changed, &attributes);	       /* glibc: cannot fail */
	(void)pthread_mutex_init(&b->lock, NULL);		       /* the same */
	(void)pthread_condattr_destroy(&attributes);		       /* ours */
	return YG_OK;
}

int yg_back_open(const struct yg_back_config *config, struct yg_back **ret)
{
	struct yg_back *b;
	int rc;

	*ret = NULL;
	if (!is_wanted(config->policy))
		return YG_OK;
	b = yg_calloc(1, sizeof(*b));
	if (!b)
		return YG_ENOMEM;
	b->config = *config;
	b->days = yg_sensor_policy_detect(config->policy)->look_back_days;
	rc = open_sync(b);
	if (rc != YG_OK) {
		free(b);
		return rc;
	}
	b->arena = yg_arena_new(ARENA_MAX);
	b->writer = yg_lines_new(SOURCE, config->zone, config->names, NULL);
	rc = b->arena && b->writer ? yg_back_load(b) : YG_ENOMEM;
	if (rc == YG_OK && pthread_create(&b->thread, NULL, run_back, b) != 0)
		rc = YG_ENOMEM;
	b->is_started = rc == YG_OK;
	if (rc == YG_OK)
		*ret = b;
	else
		(void)yg_back_close(b);
	return rc;
}

struct yg_back *yg_back_close(struct yg_back *b)
{
	if (!b)
		return NULL;
	(void)pthread_mutex_lock(&b->lock); /* ours, of the plain kind */
	b->is_ending = true;
	(void)pthread_cond_broadcast(&b->changed);
	(void)pthread_mutex_unlock(&b->lock); /* as above */
	if (b->is_started)
		(void)pthread_join(b->thread, NULL); /* ours, joinable */
	(void)pthread_mutex_destroy(&b->lock);
	(void)pthread_cond_destroy(&b->changed);
	(void)yg_lines_free(b->writer);
	(void)yg_arena_free(b->arena);
	free(b);
	return NULL;
}

void yg_back_set(struct yg_back *b, uint64_t signature, uint64_t number)
{
	(void)pthread_mutex_lock(&b->lock); /* ours, of the plain kind */
	b->has_set = true;
	b->signature = signature;
	b->number = number;
	(void)pthread_cond_broadcast(&b->changed);
	(void)pthread_mutex_unlock(&b->lock); /* as above */
}

/* ---- what is told ---- */

struct writing {
	struct yg_arena *arena;
	struct yg_event event;
	int rc;
};

static void add(struct writing *o, const char *name, const char *text, enum yg_value_kind kind)
{
	char *kept = yg_arena_str(o->arena, yg_bytes_str(text));

	if (o->rc == YG_OK)
		o->rc = kept ? yg_event_add(&o->event, yg_bytes_str(name), yg_bytes_str(kept), kind)
			     : YG_ENOMEM;
}

static void add_number(struct writing *o, const char *name, uint64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number); /* measured */
	add(o, name, text, YG_VALUE_NUMBER);
}

static void add_time(struct writing *o, const char *name, int64_t ns)
{
	char iso[YG_ISO_SIZE];

	if (ns == YG_TIME_NONE)
		return;
	(void)yg_time_iso(ns, 0, iso);
	add(o, name, iso, YG_VALUE_TEXT);
}

static void begin_event(struct yg_back *b, struct writing *o)
{
	*o = (struct writing){.arena = b->arena};
	yg_arena_reset(b->arena);
	yg_event_init(&o->event, b->arena, b->config.names);
	o->event.format = YG_FORMAT_FINDING;
	o->event.source = YG_S(SOURCE);
	o->event.position = 1;
	o->event.has_zone = true;
}

/* docs/protocol.md, Looks back. YG_EACCES: the policy keeps findings here. */
static int write_look(struct yg_back *b, const struct yg_back_look *look, int64_t now_ns,
		      struct yg_collect *collect)
{
	struct writing o;
	int rc;

	begin_event(b, &o);
	rc = yg_sensor_policy_values(b->config.policy, &o.event, NULL, 0);
	if (rc != YG_OK)
		return rc;
	begin_event(b, &o);
	o.event.time_ns = look->to_ns;
	add(&o, "look", look->name, YG_VALUE_TEXT);
	add(&o, "state", look->has_archive ? "done" : "none", YG_VALUE_TEXT);
	if (look->has_archive) {
		add_time(&o, "from", look->from_ns);
		add_time(&o, "to", look->to_ns);
		add_number(&o, "records", look->records);
		add_number(&o, "count", look->count);
		add_time(&o, "first", look->first_ns);
		add_time(&o, "last", look->last_ns);
		add_number(&o, "gaps", look->gaps);
		add_number(&o, "damaged", look->damaged);
	}
	return o.rc == YG_OK ? yg_lines_put(b->writer, &o.event, now_ns, collect) : o.rc;
}

int yg_back_read(struct yg_back *b, int64_t now_ns, struct yg_collect *collect)
{
	int rc = YG_OK;

	(void)pthread_mutex_lock(&b->lock); /* ours, of the plain kind */
	for (uint32_t i = 0; rc == YG_OK && i < b->count && !yg_collect_is_full(collect); i++) {
		struct yg_back_look *look = &b->looks[i];

		if (look->state != YG_BACK_DONE)
			continue;
		rc = write_look(b, look, now_ns, collect);
		if (rc == YG_OK)
			look->state = YG_BACK_SENDING;
		if (rc == YG_EACCES) {
			look->state = YG_BACK_TOLD; /* to nobody */
			b->is_dirty = true;
			(void)pthread_cond_broadcast(&b->changed);
			rc = YG_OK;
		}
	}
	(void)pthread_mutex_unlock(&b->lock); /* as above */
	return rc;
}

void yg_back_after(struct yg_back *b)
{
	(void)pthread_mutex_lock(&b->lock); /* ours, of the plain kind */
	for (uint32_t i = 0; i < b->count; i++) {
		if (b->looks[i].state != YG_BACK_SENDING)
			continue;
		b->looks[i].state = YG_BACK_TOLD;
		b->is_dirty = true;
		(void)pthread_cond_broadcast(&b->changed);
	}
	(void)pthread_mutex_unlock(&b->lock); /* as above */
}
