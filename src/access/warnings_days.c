/* SPDX-License-Identifier: Apache-2.0 */
/* What was sent, by day: of one organisation from its inbox, of all from a count for each day. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/warnings-int.h"

#include "base/ban.h"

#define DAY_NS	  (86400 * YG_NS_PER_S)
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
	yg_warn_day_fn fn;
	void *arg;
};

/* Newest first: a day is over when an earlier one begins. */
static int count_sent(void *arg, int64_t time_ns, const char *id)
{
	struct days *d = arg;
	int64_t day_ns = time_ns - time_ns % DAY_NS;
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

static void day_key(int64_t time_ns, char to[YG_ISO_SIZE])
{
	(void)yg_time_iso(time_ns - time_ns % DAY_NS, 0, to); /* returns its size */
	to[10] = '\0';
}

int yg_warn_note_sent(struct yg_hub_access *hub, const char *actor, uint32_t count, int64_t now_ns)
{
	char key[YG_ISO_SIZE];
	json_t *body = NULL;
	int64_t before;
	int rc;

	if (count == 0)
		return YG_OK;
	day_key(now_ns, key);
	rc = yg_warn_load(hub, "sent", key, &body);
	before = yg_json_int(body, "count", 0);
	json_decref(body);
	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	return yg_warn_save(hub, actor, "sent", key,
			    json_pack("{s:I}", "count", (json_int_t)(before + count)));
}

struct all {
	char from[YG_ISO_SIZE];
	char to[YG_ISO_SIZE];
	yg_warn_day_fn fn;
	void *arg;
};

static int look_day(void *arg, struct yg_bytes key, const json_t *body)
{
	struct all *all = arg;
	char day[YG_DAY_SIZE];
	int32_t number = yg_day_read(key);
	int64_t count = yg_json_int(body, "count", 0);

	if (number < 0 || number > INT64_MAX / DAY_NS || count <= 0)
		return YG_OK;
	yg_day_write(number, day);
	if (strcmp(day, all->from) < 0 || (all->to[0] && strcmp(day, all->to) >= 0))
		return YG_OK;
	return all->fn(all->arg, number * DAY_NS, (uint64_t)count);
}

int yg_warn_days(struct yg_hub_access *hub, const char *org, int64_t from_ns, int64_t to_ns,
		 yg_warn_day_fn fn, void *arg)
{
	struct days d = {.day_ns = YG_TIME_NONE, .fn = fn, .arg = arg};
	struct all all = {.fn = fn, .arg = arg};
	int rc;

	if (org[0]) {
		rc = yg_warn_sent_each(hub, org, from_ns, to_ns ? to_ns : INT64_MAX, count_sent,
				       &d);
		return rc == YG_OK && d.count > 0 ? fn(arg, d.day_ns, d.count) : rc;
	}
	day_key(from_ns, all.from);
	if (to_ns)
		day_key(to_ns + DAY_NS - 1, all.to);
	return yg_hub_each(hub, YG_WARN_STORE, "sent", "", "", 0, look_day, &all);
}
