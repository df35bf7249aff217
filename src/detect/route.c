/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/route.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "detect/explain.h"

#include "base/ban.h"

#define PRODUCTS_MAX   3u
#define CATEGORIES_MAX 4u
#define SERVICES_MAX   4u
#define SLOTS	       1024u /* power of two, over twice the rows of the table */
#define KEY_MAX	       128u
#define SEED	       UINT64_C(0x79672d726f757465)

struct route {
	struct yg_bytes products[PRODUCTS_MAX];
	struct yg_bytes categories[CATEGORIES_MAX];
	struct yg_bytes services[SERVICES_MAX];
};

/* What a slot's number means depends on the kind that was hashed with the key. */
enum kind {
	KIND_CHANNEL, /* folded channel -> index into channels[] of the first row of its service */
	KIND_CODE,    /* channel index and event id -> route */
	KIND_PROGRAM, /* folded program -> route */
	KIND_DEVICE,  /* folded type -> route */
	KIND_SOURCE,  /* and the format's number on top: folded channel -> route */
};

struct slot {
	uint64_t hash; /* 0 = free */
	uint32_t value;
};

enum fixed_route {
	ROUTE_WINDOWS = YG_ROUTE_OPEN + 1, /* a channel we do not know */
	ROUTE_WEB,
	ROUTE_APACHE_ERROR,
	ROUTE_NGINX_ERROR,
	ROUTE_SYSLOG,
	ROUTE_FORTIGATE,
	ROUTE_FIREWALL,
	ROUTE_REGISTRY_ADD,
	ROUTE_REGISTRY_DELETE,
	ROUTE_FIXED_COUNT,
};

static const struct {
	const char *product, *service, *channel;
} channels[] = {
#define YG_ROUTE_CHANNEL(product, service, channel) {product, service, channel},
#include "detect/route.def"
};

static const struct {
	const char *service;
	uint32_t code;
	const char *category;
} codes[] = {
#define YG_ROUTE_CODE(service, code, category) {service, code, category},
#include "detect/route.def"
};

static const struct {
	const char *program, *services;
} programs[] = {
#define YG_ROUTE_PROGRAM(program, services) {program, services},
#include "detect/route.def"
};

static const char *const devices[] = {
#define YG_ROUTE_DEVICE(type) type,
#include "detect/route.def"
};

static const struct {
	enum yg_format format;
	const char *channel, *products, *categories, *services;
} sources[] = {
#define YG_ROUTE_SOURCE(format, channel, products, categories, services)                           \
	{YG_FORMAT_##format, channel, products, categories, services},
#include "detect/route.def"
};

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

/* Formats whose records have a Windows channel, or may have one. */
#define CHANNELED	 (FORMAT_BIT(WINDOWS) | FORMAT_BIT(EVTX) | FORMAT_BIT(ECS) | FORMAT_BIT(JSON))
#define FORMAT_BIT(name) (UINT64_C(1) << YG_FORMAT_##name)
_Static_assert(YG_FORMAT_COUNT <= 64, "a bit for each format");

struct yg_router {
	struct route routes[YG_ROUTES_MAX];
	uint64_t formats[YG_ROUTES_MAX]; /* whose records can have the route */
	uint32_t count;
	uint32_t of_channel[COUNT(channels)]; /* the route when the event id says nothing */
	struct slot slots[SLOTS];
	uint64_t fingerprint;
};

static uint64_t key_hash(enum kind kind, struct yg_bytes key)
{
	uint8_t folded[KEY_MAX];
	size_t size;

	if (key.size > sizeof(folded))
		return 0;
	size = yg_fold(key, folded);
	return yg_hash64((struct yg_bytes){folded, size}, SEED + kind) | 1;
}

static uint64_t code_hash(uint32_t channel, uint32_t code)
{
	uint32_t key[2] = {channel, code};

	return yg_hash64((struct yg_bytes){(const uint8_t *)key, sizeof(key)}, SEED + KIND_CODE) |
	       1;
}

/* The slot of @hash, or the free one where it would go. */
static uint32_t slot_of(const struct yg_router *router, uint64_t hash)
{
	uint32_t at = (uint32_t)(hash >> 20) & (SLOTS - 1);

	while (router->slots[at].hash && router->slots[at].hash != hash)
		at = (at + 1) & (SLOTS - 1);
	return at;
}

static void put(struct yg_router *router, uint64_t hash, uint32_t value)
{
	struct slot *slot = &router->slots[slot_of(router, hash)];

	assert(hash && !slot->hash); /* the table has no row twice */
	*slot = (struct slot){hash, value};
}

static bool get(const struct yg_router *router, uint64_t hash, uint32_t *ret)
{
	const struct slot *slot = &router->slots[slot_of(router, hash)];

	if (!hash || !slot->hash)
		return false;
	*ret = slot->value;
	return true;
}

static void add_word(struct yg_bytes *words, uint32_t room, const char *word)
{
	uint32_t i = 0;

	while (words[i].size) {
		i++;
		assert(i < room);
	}
	words[i] = yg_bytes_str(word);
}

static uint32_t add_route(struct yg_router *router, const char *product, const char *service,
			  uint64_t formats)
{
	struct route *route = &router->routes[router->count];

	assert(router->count < YG_ROUTES_MAX);
	add_word(route->products, PRODUCTS_MAX, product);
	if (service)
		add_word(route->services, SERVICES_MAX, service);
	router->formats[router->count] = formats;
	return router->count++;
}

/* Does the channel of row @c stand in an earlier one, under another name of its service? */
static bool is_again(uint32_t c)
{
	for (uint32_t i = 0; i < c; i++)
		if (strcmp(channels[i].channel, channels[c].channel) == 0)
			return true;
	return false;
}

/* Another name by which rules call the service of @route. */
static void add_name(struct route *route, const char *service)
{
	for (uint32_t i = 0; i < SERVICES_MAX; i++)
		if (yg_bytes_eq(route->services[i], yg_bytes_str(service)))
			return;
	add_word(route->services, SERVICES_MAX, service);
}

/* A channel that stands there twice has a service with two names: it must be so with all of the
 * service's channels. */
static void add_channels(struct yg_router *router)
{
	for (uint32_t i = 0; i < COUNT(channels); i++) {
		uint64_t hash = key_hash(KIND_CHANNEL, yg_bytes_str(channels[i].channel));
		uint32_t first = 0;

		if (is_again(i) && get(router, hash, &first)) {
			add_name(&router->routes[router->of_channel[first]], channels[i].service);
			continue;
		}
		while (strcmp(channels[first].service, channels[i].service) != 0 ||
		       strcmp(channels[first].product, channels[i].product) != 0)
			first++;
		put(router, hash, first);
		if (first == i)
			router->of_channel[i] = add_route(router, channels[i].product,
							  channels[i].service, CHANNELED);
	}
}

static void add_codes(struct yg_router *router)
{
	for (uint32_t i = 0; i < COUNT(codes); i++)
		for (uint32_t c = 0; c < COUNT(channels); c++) {
			uint64_t hash = code_hash(c, codes[i].code);
			uint32_t route;

			if (!router->of_channel[c] ||
			    strcmp(channels[c].service, codes[i].service) != 0)
				continue;
			if (!get(router, hash, &route)) {
				route = add_route(router, channels[c].product, channels[c].service,
						  CHANNELED);
				put(router, hash, route);
			}
			add_word(router->routes[route].categories, CATEGORIES_MAX,
				 codes[i].category);
		}
}

/* The words of @list, which commas divide, behind those that are there. */
static void add_words(struct yg_bytes *words, uint32_t room, const char *list)
{
	struct yg_bytes rest = yg_bytes_str(list);
	uint32_t i = 0;

	while (words[i].size)
		i++;
	for (; rest.size; i++) {
		size_t end = yg_bytes_chr(rest, ',');

		assert(i < room);
		words[i] = yg_bytes_cut(rest, 0, end);
		rest = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(rest, end + 1);
	}
}

static uint64_t source_hash(enum yg_format format, struct yg_bytes channel)
{
	return key_hash(KIND_SOURCE + (enum kind)format, channel);
}

static void add_sources(struct yg_router *router)
{
	for (uint32_t i = 0; i < COUNT(sources); i++) {
		struct route *route = &router->routes[router->count];

		assert(router->count < YG_ROUTES_MAX);
		add_words(route->products, PRODUCTS_MAX, sources[i].products);
		add_words(route->categories, CATEGORIES_MAX, sources[i].categories);
		add_words(route->services, SERVICES_MAX, sources[i].services);
		router->formats[router->count] = UINT64_C(1) << sources[i].format;
		put(router, source_hash(sources[i].format, yg_bytes_str(sources[i].channel)),
		    router->count++);
	}
}

/* One route for each row. */
static void add_programs(struct yg_router *router)
{
	for (uint32_t i = 0; i < COUNT(programs); i++) {
		uint32_t route = add_route(router, "linux", "syslog", FORMAT_BIT(SYSLOG));

		add_words(router->routes[route].services, SERVICES_MAX, programs[i].services);
		put(router, key_hash(KIND_PROGRAM, yg_bytes_str(programs[i].program)), route);
	}
}

static void make_fortigate(struct route *route, const char *type)
{
	add_word(route->products, PRODUCTS_MAX, "fortigate");
	add_word(route->products, PRODUCTS_MAX, "fortios");
	add_word(route->products, PRODUCTS_MAX, "fortinet");
	add_word(route->categories, CATEGORIES_MAX, "firewall");
	add_word(route->services, SERVICES_MAX,
		 "sslvpnd"); /* its messages have no type of their own */
	if (type)
		add_word(route->services, SERVICES_MAX, type);
}

static void add_fixed(struct yg_router *router)
{
	struct route *r = router->routes;

	router->count = ROUTE_FIXED_COUNT;
	add_word(r[ROUTE_WINDOWS].products, PRODUCTS_MAX, "windows");
	add_word(r[ROUTE_WEB].products, PRODUCTS_MAX, "apache");
	add_word(r[ROUTE_WEB].products, PRODUCTS_MAX, "nginx");
	add_word(r[ROUTE_WEB].categories, CATEGORIES_MAX, "webserver");
	add_word(r[ROUTE_WEB].services, SERVICES_MAX, "apache");
	add_word(r[ROUTE_WEB].services, SERVICES_MAX, "nginx");
	add_word(r[ROUTE_APACHE_ERROR].products, PRODUCTS_MAX, "apache");
	add_word(r[ROUTE_APACHE_ERROR].services, SERVICES_MAX, "apache");
	add_word(r[ROUTE_NGINX_ERROR].products, PRODUCTS_MAX, "nginx");
	add_word(r[ROUTE_NGINX_ERROR].services, SERVICES_MAX, "nginx");
	add_word(r[ROUTE_SYSLOG].products, PRODUCTS_MAX, "linux");
	add_word(r[ROUTE_SYSLOG].services, SERVICES_MAX, "syslog");
	make_fortigate(&r[ROUTE_FORTIGATE], NULL);
	add_word(r[ROUTE_FIREWALL].categories, CATEGORIES_MAX, "firewall");
	for (uint32_t i = ROUTE_REGISTRY_ADD; i <= ROUTE_REGISTRY_DELETE; i++) {
		add_word(r[i].products, PRODUCTS_MAX, "windows");
		add_word(r[i].services, SERVICES_MAX, "sysmon");
		add_word(r[i].categories, CATEGORIES_MAX, "registry_event");
	}
	router->formats[ROUTE_WINDOWS] = CHANNELED;
	router->formats[ROUTE_REGISTRY_ADD] = CHANNELED;
	router->formats[ROUTE_REGISTRY_DELETE] = CHANNELED;
	router->formats[ROUTE_SYSLOG] = FORMAT_BIT(SYSLOG);
	router->formats[ROUTE_FORTIGATE] = FORMAT_BIT(FORTIGATE);
	add_word(r[ROUTE_REGISTRY_ADD].categories, CATEGORIES_MAX, "registry_add");
	add_word(r[ROUTE_REGISTRY_DELETE].categories, CATEGORIES_MAX, "registry_delete");
}

static uint64_t words_hash(const struct yg_bytes *words, uint32_t room, uint64_t seed)
{
	for (uint32_t i = 0; i < room; i++)
		seed = yg_hash64(words[i], seed);
	return seed;
}

struct yg_router *yg_router_new(void)
{
	struct yg_router *router = yg_calloc(1, sizeof(*router));
	uint64_t hash = SEED;

	if (!router)
		return NULL;
	add_fixed(router);
	add_channels(router);
	add_codes(router);
	add_programs(router);
	add_sources(router);
	for (uint32_t i = 0; i < COUNT(devices); i++) {
		assert(router->count < YG_ROUTES_MAX);
		make_fortigate(&router->routes[router->count], devices[i]);
		router->formats[router->count] = FORMAT_BIT(FORTIGATE);
		put(router, key_hash(KIND_DEVICE, yg_bytes_str(devices[i])), router->count++);
	}
	for (uint32_t i = 0; i < router->count; i++) {
		hash = words_hash(router->routes[i].products, PRODUCTS_MAX, hash);
		hash = words_hash(router->routes[i].categories, CATEGORIES_MAX, hash);
		hash = words_hash(router->routes[i].services, SERVICES_MAX, hash);
	}
	router->fingerprint = hash;
	return router;
}

struct yg_router *yg_router_free(struct yg_router *router)
{
	free(router);
	return NULL;
}

uint32_t yg_router_count(const struct yg_router *router)
{
	return router->count;
}

uint64_t yg_router_fingerprint(const struct yg_router *router)
{
	return router->fingerprint;
}

/* Sysmon writes what happened to a registry key into EventType, where shippers may add theirs. */
static uint32_t registry_route(struct yg_event *event, uint32_t undecided)
{
	for (uint32_t i = 0; i < event->field_count; i++) {
		struct yg_bytes text;

		if (event->fields[i].name_id != YG_F_EventType)
			continue;
		text = yg_event_text(event, &event->fields[i]);
		if (yg_bytes_eq_nocase(text, YG_S("CreateKey")))
			return ROUTE_REGISTRY_ADD;
		if (yg_bytes_eq_nocase(text, YG_S("DeleteKey")) ||
		    yg_bytes_eq_nocase(text, YG_S("DeleteValue")))
			return ROUTE_REGISTRY_DELETE;
	}
	return undecided;
}

/* Is what happened told by a further field? */
static bool is_split(uint32_t channel, uint32_t event_code)
{
	return event_code == 12 && strcmp(channels[channel].service, "sysmon") == 0 &&
	       strcmp(channels[channel].product, "windows") == 0;
}

static uint32_t windows_route(const struct yg_router *router, struct yg_event *event)
{
	uint32_t channel, route;

	if (!get(router, key_hash(KIND_CHANNEL, event->channel), &channel))
		return ROUTE_WINDOWS;
	if (!get(router, code_hash(channel, event->event_code), &route))
		return router->of_channel[channel];
	return is_split(channel, event->event_code) ? registry_route(event, route) : route;
}

static uint32_t syslog_route(const struct yg_router *router, struct yg_bytes program)
{
	uint32_t route;

	for (size_t i = program.size; i > 0; i--)
		if (program.data[i - 1] == '/') {
			program = yg_bytes_from(program, i);
			break;
		}
	return get(router, key_hash(KIND_PROGRAM, program), &route) ? route : ROUTE_SYSLOG;
}

static uint32_t fortigate_route(const struct yg_router *router, const struct yg_event *event)
{
	uint32_t route;

	for (uint32_t i = 0; i < event->field_count; i++)
		if (event->fields[i].name_id == YG_F_type)
			return get(router, key_hash(KIND_DEVICE, event->fields[i].text), &route)
				       ? route
				       : ROUTE_FORTIGATE;
	return ROUTE_FORTIGATE;
}

/* The row of the format and channel, else that of the format. */
static bool source_route(const struct yg_router *router, const struct yg_event *event,
			 uint32_t *ret)
{
	if (event->channel.size && get(router, source_hash(event->format, event->channel), ret))
		return true;
	return get(router, source_hash(event->format, (struct yg_bytes){0}), ret);
}

/* Formats all of whose records have one route. */
static const uint32_t fixed[YG_FORMAT_COUNT] = {
	[YG_FORMAT_ACCESS] = ROUTE_WEB,
	[YG_FORMAT_NGINX_JSON] = ROUTE_WEB,
	[YG_FORMAT_APACHE_ERROR] = ROUTE_APACHE_ERROR,
	[YG_FORMAT_NGINX_ERROR] = ROUTE_NGINX_ERROR,
	[YG_FORMAT_KEYVALUE] = ROUTE_FIREWALL,
};

uint32_t yg_router_route(const struct yg_router *router, struct yg_event *event)
{
	uint32_t route;

	switch (event->format) {
	case YG_FORMAT_WINDOWS:
	case YG_FORMAT_EVTX:
	case YG_FORMAT_ECS:
	case YG_FORMAT_JSON:
		return event->channel.size ? windows_route(router, event) : YG_ROUTE_OPEN;
	case YG_FORMAT_SYSLOG:
		return syslog_route(router, event->channel);
	case YG_FORMAT_FORTIGATE:
		return fortigate_route(router, event);
	default: /* a row of its format, or none */
		break;
	}
	if (event->format < YG_FORMAT_COUNT && fixed[event->format])
		return fixed[event->format];
	return source_route(router, event, &route) ? route : YG_ROUTE_OPEN;
}

/* yg_router_route() without a record: the same questions, of a format alone. */
bool yg_router_reaches(const struct yg_router *router, enum yg_format format, bool has_channel,
		       uint32_t route)
{
	uint64_t bit = UINT64_C(1) << format;
	uint32_t other;

	assert(format < YG_FORMAT_COUNT && route < router->count);
	if (fixed[format])
		return route == fixed[format];
	if (route != YG_ROUTE_OPEN)
		return (router->formats[route] & bit) != 0;
	if (format == YG_FORMAT_SYSLOG || format == YG_FORMAT_FORTIGATE)
		return false;
	if (CHANNELED & bit)
		return !has_channel;
	return !get(router, source_hash(format, (struct yg_bytes){0}), &other);
}

static bool has_word(const struct yg_bytes *words, uint32_t room, struct yg_bytes word)
{
	if (!word.size)
		return true;
	for (uint32_t i = 0; i < room && words[i].size; i++)
		if (yg_bytes_eq(words[i], word))
			return true;
	return false;
}

bool yg_router_applies(const struct yg_router *router, uint32_t route,
		       const struct yg_logsource *logsource)
{
	const struct route *r = &router->routes[route];

	assert(route < router->count && route != YG_ROUTE_OPEN);
	return route != YG_ROUTE_NONE && has_word(r->products, PRODUCTS_MAX, logsource->product) &&
	       has_word(r->categories, CATEGORIES_MAX, logsource->category) &&
	       has_word(r->services, SERVICES_MAX, logsource->service);
}

bool yg_router_knows(const struct yg_router *router, const struct yg_logsource *logsource)
{
	for (uint32_t i = YG_ROUTE_OPEN + 1; i < router->count; i++)
		if (yg_router_applies(router, i, logsource))
			return true;
	return false;
}

bool yg_router_has_channel(const struct yg_router *router, struct yg_bytes channel)
{
	uint32_t first;

	return get(router, key_hash(KIND_CHANNEL, channel), &first);
}

void yg_router_each_event(const struct yg_router *router,
			  void (*fn)(void *arg, uint32_t route, struct yg_bytes channel,
				     uint32_t event_code),
			  void *arg)
{
	fn(arg, ROUTE_WINDOWS, (struct yg_bytes){0}, 0);
	for (uint32_t c = 0; c < COUNT(channels); c++) {
		struct yg_bytes channel = yg_bytes_str(channels[c].channel);
		uint32_t first = 0, route;

		if (is_again(c) || !get(router, key_hash(KIND_CHANNEL, channel), &first))
			continue;
		fn(arg, router->of_channel[first], channel, 0);
		for (uint32_t i = 0; i < COUNT(codes); i++) {
			if (strcmp(codes[i].service, channels[first].service) != 0 ||
			    !get(router, code_hash(first, codes[i].code), &route))
				continue;
			fn(arg, route, channel, codes[i].code);
			if (!is_split(first, codes[i].code))
				continue;
			fn(arg, ROUTE_REGISTRY_ADD, channel, codes[i].code);
			fn(arg, ROUTE_REGISTRY_DELETE, channel, codes[i].code);
		}
	}
}

/* --- which records a logsource means: for explaining ----------------------------------------- */

struct telling {
	const struct yg_router *router;
	const struct yg_logsource *logsource;
	void (*fn)(void *arg, const struct yg_record_kind *kind);
	void *arg;
	uint32_t told;
};

static bool is_meant(const struct telling *t, enum yg_format format, struct yg_bytes channel,
		     uint32_t code)
{
	struct yg_event event = {.format = format, .channel = channel, .event_code = code};
	uint32_t route = yg_router_route(t->router, &event);

	return route != YG_ROUTE_OPEN && route != YG_ROUTE_NONE &&
	       yg_router_applies(t->router, route, t->logsource);
}

static void tell(struct telling *t, enum yg_format format, const char *channel, uint32_t code)
{
	t->told++;
	t->fn(t->arg, &(struct yg_record_kind){.format = yg_format_name(format),
					       .channel = yg_bytes_str(channel),
					       .event_code = code});
}

static void tell_windows(struct telling *t)
{
	for (uint32_t c = 0; c < COUNT(channels); c++) {
		struct yg_bytes channel = yg_bytes_str(channels[c].channel);

		if (is_again(c))
			continue;
		if (is_meant(t, YG_FORMAT_WINDOWS, channel, 0)) {
			tell(t, YG_FORMAT_WINDOWS, channels[c].channel, 0);
			continue;
		}
		for (uint32_t i = 0; i < COUNT(codes); i++) {
			bool is_first = true;

			for (uint32_t k = 0; k < i; k++)
				is_first &= codes[k].code != codes[i].code ||
					    strcmp(codes[k].service, codes[i].service) != 0;
			if (is_first && strcmp(codes[i].service, channels[c].service) == 0 &&
			    is_meant(t, YG_FORMAT_WINDOWS, channel, codes[i].code))
				tell(t, YG_FORMAT_WINDOWS, channels[c].channel, codes[i].code);
		}
	}
}

bool yg_router_each(const struct yg_router *router, const struct yg_logsource *logsource,
		    void (*fn)(void *arg, const struct yg_record_kind *kind), void *arg)
{
	struct telling t = {router, logsource, fn, arg, 0};

	tell_windows(&t);
	for (enum yg_format format = YG_FORMAT_UNKNOWN + 1; format < YG_FORMAT_COUNT; format++)
		if (format != YG_FORMAT_WINDOWS && format != YG_FORMAT_EVTX &&
		    is_meant(&t, format, YG_S(""), 0))
			tell(&t, format, "", 0);
	if (!is_meant(&t, YG_FORMAT_SYSLOG, YG_S(""), 0))
		for (uint32_t i = 0; i < COUNT(programs); i++)
			if (is_meant(&t, YG_FORMAT_SYSLOG, yg_bytes_str(programs[i].program), 0))
				tell(&t, YG_FORMAT_SYSLOG, programs[i].program, 0);
	for (uint32_t i = 0; i < COUNT(sources); i++)
		if (sources[i].channel[0] && !is_meant(&t, sources[i].format, YG_S(""), 0) &&
		    is_meant(&t, sources[i].format, yg_bytes_str(sources[i].channel), 0))
			tell(&t, sources[i].format, sources[i].channel, 0);
	return t.told > 0;
}
