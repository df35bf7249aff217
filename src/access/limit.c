/* SPDX-License-Identifier: Apache-2.0 */
#include "access/limit.h"

#include <arpa/inet.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"

#include "base/ban.h"

#define SETS (YG_LIMIT_KEYS / YG_LIMIT_WAYS)

/* Two hashes name a key: one that falls together with another's shares its fate, one in 2^64. */
static uint64_t key_hash(struct yg_bytes key)
{
	uint64_t hash = yg_hash64(key, yg_hash_secret());

	return hash ? hash : 1; /* 0: the place is free */
}

/* ---- waiting after failures ---- */

struct failures {
	uint64_t key;
	uint32_t count;
	int64_t last_ns;
};

struct yg_throttle {
	uint32_t free_count;
	struct failures places[SETS][YG_LIMIT_WAYS];
};

struct yg_throttle *yg_throttle_new(uint32_t free_count)
{
	struct yg_throttle *throttle = yg_calloc(1, sizeof(*throttle));

	if (throttle)
		throttle->free_count = free_count;
	return throttle;
}

struct yg_throttle *yg_throttle_free(struct yg_throttle *throttle)
{
	free(throttle);
	return NULL;
}

static const struct failures *find(const struct yg_throttle *throttle, uint64_t key)
{
	const struct failures *set = throttle->places[key % SETS];

	for (unsigned i = 0; i < YG_LIMIT_WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
	}
	return NULL;
}

static bool is_forgotten(const struct failures *place, int64_t now_ns)
{
	return now_ns - place->last_ns > YG_THROTTLE_FORGET_S * YG_NS_PER_S;
}

int64_t yg_throttle_wait_s(const struct yg_throttle *throttle, struct yg_bytes key, int64_t now_ns)
{
	const struct failures *place = find(throttle, key_hash(key));
	int64_t wait_s = YG_THROTTLE_FIRST_S;
	int64_t passed_s;

	if (!place || place->count < throttle->free_count || is_forgotten(place, now_ns))
		return 0;
	for (uint32_t n = throttle->free_count; n < place->count && wait_s < YG_THROTTLE_MAX_S; n++)
		wait_s *= 2;
	if (wait_s > YG_THROTTLE_MAX_S)
		wait_s = YG_THROTTLE_MAX_S;
	passed_s = (now_ns - place->last_ns) / YG_NS_PER_S;
	if (passed_s < 0)
		passed_s = 0; /* the clock was set back: not longer than it would be */
	return passed_s < wait_s ? wait_s - passed_s : 0;
}

void yg_throttle_failed(struct yg_throttle *throttle, struct yg_bytes key, int64_t now_ns)
{
	uint64_t hash = key_hash(key);
	struct failures *set = throttle->places[hash % SETS];
	struct failures *oldest = &set[0];
	unsigned i = 0;

	while (i < YG_LIMIT_WAYS && set[i].key != hash)
		i++;
	for (unsigned k = 1; i == YG_LIMIT_WAYS && k < YG_LIMIT_WAYS; k++) {
		if (set[k].key == 0 || (oldest->key != 0 && set[k].last_ns < oldest->last_ns))
			oldest = &set[k];
	}
	if (i < YG_LIMIT_WAYS)
		oldest = &set[i];
	if (oldest->key != hash || is_forgotten(oldest, now_ns))
		*oldest = (struct failures){.key = hash};
	if (oldest->count < UINT32_MAX)
		oldest->count++;
	oldest->last_ns = now_ns;
}

void yg_throttle_forgive(struct yg_throttle *throttle, struct yg_bytes key)
{
	uint64_t hash = key_hash(key);
	struct failures *set = throttle->places[hash % SETS];

	for (unsigned i = 0; i < YG_LIMIT_WAYS; i++) {
		if (set[i].key == hash && set[i].count > 0)
			set[i].count--;
	}
}

void yg_throttle_succeeded(struct yg_throttle *throttle, struct yg_bytes key)
{
	uint64_t hash = key_hash(key);
	struct failures *set = throttle->places[hash % SETS];

	for (unsigned i = 0; i < YG_LIMIT_WAYS; i++) {
		if (set[i].key == hash)
			set[i] = (struct failures){0};
	}
}

/* ---- rates ---- */

struct bucket {
	uint64_t key;
	int64_t last_ns;
	int64_t filled; /* thousandths */
};

struct yg_rate {
	int64_t burst; /* thousandths */
	int64_t per_s; /* of one, so thousandths in a millisecond */
	struct bucket places[SETS][YG_LIMIT_WAYS];
};

struct yg_rate *yg_rate_new(uint32_t burst, uint32_t per_s)
{
	struct yg_rate *rate = yg_calloc(1, sizeof(*rate));

	if (rate) {
		rate->burst = (int64_t)burst * 1000;
		rate->per_s = per_s;
	}
	return rate;
}

struct yg_rate *yg_rate_free(struct yg_rate *rate)
{
	free(rate);
	return NULL;
}

static struct bucket *bucket_of(struct yg_rate *rate, uint64_t key, int64_t now_ns)
{
	struct bucket *set = rate->places[key % SETS];
	struct bucket *oldest = &set[0];

	for (unsigned i = 0; i < YG_LIMIT_WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].last_ns < oldest->last_ns)
			oldest = &set[i];
	}
	*oldest = (struct bucket){key, now_ns, rate->burst};
	return oldest;
}

int64_t yg_rate_take(struct yg_rate *rate, struct yg_bytes key, int64_t now_ns)
{
	struct bucket *bucket = bucket_of(rate, key_hash(key), now_ns);
	int64_t passed_ms = (now_ns - bucket->last_ns) / 1000000;

	if (passed_ms < 0) { /* the clock was set back */
		passed_ms = 0;
		bucket->last_ns = now_ns;
	}
	if (passed_ms > 0) {
		int64_t until_full = (rate->burst - bucket->filled) / rate->per_s + 1;

		bucket->filled += (passed_ms < until_full ? passed_ms : until_full) * rate->per_s;
		if (bucket->filled > rate->burst)
			bucket->filled = rate->burst;
		bucket->last_ns += passed_ms * 1000000;
	}
	if (bucket->filled < 1000)
		return (1000 - bucket->filled + rate->per_s - 1) / rate->per_s;
	bucket->filled -= 1000;
	return 0;
}

/* ---- addresses ---- */

struct yg_bytes yg_limit_address(struct yg_bytes address, char to[YG_LIMIT_ADDRESS_MAX])
{
	struct yg_bytes cut = yg_bytes_cut(address, 0, YG_LIMIT_ADDRESS_MAX - 1);
	struct in6_addr parsed;

	if (cut.size > 0)
		memcpy(to, cut.data, cut.size);
	to[cut.size] = '\0';
	if (inet_pton(AF_INET6, to, &parsed) == 1) {
		static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

		/* An IPv4 address in the coat of IPv6 is that IPv4 address. */
		if (memcmp(parsed.s6_addr, mapped, sizeof(mapped)) == 0)
			(void)inet_ntop(AF_INET, parsed.s6_addr + 12, to, YG_LIMIT_ADDRESS_MAX);
		else {
			memset(parsed.s6_addr + 8, 0, 8);
			(void)inet_ntop(AF_INET6, &parsed, to, YG_LIMIT_ADDRESS_MAX);
		}
	}
	return yg_bytes_str(to);
}
