/* SPDX-License-Identifier: Apache-2.0 */
/* What was sent, by day: of one organisation from its inbox, of all from a count for each day. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/warnings-int.h"
#include "model/day.h"

#include "base/ban.h"

#define ORDER_HEX 16u

/* ---- of one ---- */

struct sent {
	int64_t from_ns;
	int64_t to_ns;
	yg_warn_sent_fn fn;
	void *arg;
};

/* "ORG/ORDER-ID", ORDER as yg_warn_time_key() made it: newest first. */
static bool read_time(struct yg_bytes key, int64_t *ret_ns)
{
	size_t slash = yg_bytes_chr(key, '/');
	struct yg_bytes order = slash == SIZE_MAX
					? (struct yg_bytes){0}
					: yg_bytes_cut(key, slash + 1, slash + 1 + ORDER_HEX);
	uint64_t value = 0;

	if (order.size != ORDER_HEX)
		return false;
	for (size_t i = 0; i < order.size; i++) {
		const char *digits = "0123456789abcdef";
		const char *at = order.data[i] ? strchr(digits, order.data[i]) : NULL;

		if (!at)
			return false;
		value = value << 4 | (uint64_t)(at - digits);
	}
	value = UINT64_MAX - value; /* milliseconds */
	if (value > (uint64_t)INT64_MAX / 1000000)
		return false;
	*ret_ns = (int64_t)value * 1000000;
	return true;
}

static int look_sent(void *arg, struct yg_bytes key, const json_t *body)
{
	struct sent *s = arg;
	char id[YG_WARN_ID_HEX + 1];
	int64_t ns;

	if (!read_time(key, &ns))
		return YG_OK;
	if (ns < s->from_ns)
		return YG_EEND;
	if (ns >= s->to_ns)
		return YG_OK;
	yg_hub_text(body, "id", id, sizeof(id));
	return s->fn(s->arg, ns, id);
}

int yg_warn_sent_each(struct yg_hub_access *hub, const char *org, int64_t from_ns, int64_t to_ns,
		      yg_warn_sent_fn fn, void *arg)
{
	struct sent s = {from_ns, to_ns, fn, arg};
	char prefix[YG_HUB_KEY_MAX];
	char from[YG_HUB_KEY_MAX] = "";
	char order[17];
	int rc = yg_hub_key(prefix, org, "") ? YG_OK : YG_ENOENT;

	if (rc == YG_OK && to_ns < INT64_MAX) { /* later ones need not be looked at */
		yg_warn_time_key(to_ns, true, order);
		(void)snprintf(from, sizeof(from), "%s/%s", org, order); /* an id fits */
	}
	if (rc == YG_OK)
		rc = yg_hub_each(hub, YG_WARN_STORE, "inbox", prefix, from, 0, look_sent, &s);
	return rc == YG_EEND ? YG_OK : rc;
}

struct days {
	int64_t day_ns; /* YG_TIME_NONE: none yet */
	uint64_t count;
	const struct yg_zone *zone;
	yg_warn_day_fn fn;
	void *arg;
};

static int64_t start_of(const struct yg_zone *zone, int64_t time_ns)
{
	return yg_day_start_ns(zone, yg_day_in(zone, time_ns));
}

/* Newest first: a day is over when an earlier one begins. */
static int count_sent(void *arg, int64_t time_ns, const char *id)
{
	struct days *d = arg;
	int64_t day_ns = start_of(d->zone, time_ns);
	int rc = YG_OK;

	(void)id;
	if (d->day_ns != YG_TIME_NONE && d->day_ns != day_ns) {
		rc = d->fn(d->arg, d->day_ns, d->count);
		d->count = 0;
	}
	d->day_ns = day_ns;
	d->count++;
	return rc;
}

/* ---- of all ---- */

#define KEY_SIZE 24u

/* "2026-11-25", and for a part of a day that begins later "2026-11-25T150000". */
static void part_key(int64_t part_ns, char to[KEY_SIZE])
{
	struct yg_civil c = yg_time_civil(part_ns, 0);
	char day[YG_DAY_SIZE];

	yg_day_write(yg_day_in(NULL, part_ns), day);
	if (c.hour == 0 && c.minute == 0 && c.second == 0)
		(void)snprintf(to, KEY_SIZE, "%s", day); /* fits */
	else
		(void)snprintf(to, KEY_SIZE, "%sT%02u%02u%02u", day, c.hour % 24u, c.minute % 60u,
			       c.second % 60u); /* as above */
}

static int64_t read_part(struct yg_bytes key)
{
	int64_t ns = yg_day_start_ns(NULL, yg_day_read(yg_bytes_cut(key, 0, 10)));
	uint64_t clock = 0;

	if (key.size > 10 && (key.size != 17 || key.data[10] != 'T' ||
			      !yg_bytes_u64(yg_bytes_from(key, 11), &clock)))
		return YG_TIME_NONE;
	if (ns == YG_TIME_NONE || clock > 235959)
		return YG_TIME_NONE;
	return ns +
	       (int64_t)(clock / 10000 * 3600 + clock / 100 % 100 * 60 + clock % 100) * YG_NS_PER_S;
}

int yg_warn_note_sent(struct yg_hub_access *hub, const char *actor, uint32_t count, int64_t now_ns)
{
	char key[KEY_SIZE];
	json_t *body = NULL;
	int64_t before;
	int rc;

	if (count == 0)
		return YG_OK;
	part_key(yg_day_part_ns(yg_hub_zone_of(hub), now_ns), key);
	rc = yg_warn_load(hub, "sent", key, &body);
	before = yg_json_int(body, "count", 0);
	json_decref(body);
	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	return yg_warn_save(hub, actor, "sent", key,
			    json_pack("{s:I}", "count", (json_int_t)(before + count)));
}

struct all {
	const struct yg_warn_days *ask;
	int64_t from_ns; /* the day in which the asked one lies is whole */
	yg_warn_day_fn fn;
	void *arg;
};

static int look_part(void *arg, struct yg_bytes key, const json_t *body)
{
	struct all *all = arg;
	int64_t part_ns = read_part(key);
	int64_t count = yg_json_int(body, "count", 0);
	int64_t day_ns;

	if (part_ns == YG_TIME_NONE || part_ns < 0 || count <= 0)
		return YG_OK;
	day_ns = start_of(all->ask->zone, part_ns);
	if (day_ns < all->from_ns || (all->ask->to_ns && day_ns >= all->ask->to_ns))
		return YG_OK;
	return all->fn(all->arg, day_ns, (uint64_t)count);
}

int yg_warn_days(struct yg_hub_access *hub, const struct yg_warn_days *ask, yg_warn_day_fn fn,
		 void *arg)
{
	struct days d = {.day_ns = YG_TIME_NONE, .zone = ask->zone, .fn = fn, .arg = arg};
	struct all all = {ask, ask->from_ns ? start_of(ask->zone, ask->from_ns) : INT64_MIN, fn,
			  arg};
	int rc;

	if (ask->org[0]) {
		rc = yg_warn_sent_each(hub, ask->org, ask->from_ns,
				       ask->to_ns ? ask->to_ns : INT64_MAX, count_sent, &d);
		return rc == YG_OK && d.count > 0 ? fn(arg, d.day_ns, d.count) : rc;
	}
	return yg_hub_each(hub, YG_WARN_STORE, "sent", "", "", 0, look_part, &all);
}
