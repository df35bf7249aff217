/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `yagura share export --as list|rpz`: what the indicators of a collection name, one value a line
 * or as a response policy zone for a DNS server.
 *
 *   newest version ─► in force now? ─► pattern: only "one of these"? ─► values ─► well known? ─►
 *   sorted, once
 *
 * A pattern that says more than "one of these was seen" is left out: blocking a part of it would
 * block what nobody named. What is left out is counted by reason and said.
 * Source: STIX 2.1 sec. 4.7, 9; RPZ: draft-vixie-dnsop-dns-rpz-00 (names, "rpz-ip").
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/say.h"
#include "app/share-int.h"
#include "app/share_store.h"
#include "app/warning_lists.h"
#include "base/arena.h"
#include "base/io.h"
#include "base/json.h"
#include "parse/clue.h"
#include "parse/stix_pattern.h"
#include "store/clues.h"

#include "base/ban.h"

#define ARENA_MAX  (2048ul << 20)
#define PAGE	   1000u
#define OUT_BYTES  (1u << 20)
#define VALUES_MAX 8000000u
#define NAME_MAX_  200u /* bytes of a name in a zone: its own name stands behind it */
#define LABEL_MAX  63u
#define TTL_S	   300u

/* Why something is not in the list. */
enum left { LEFT_TIME, LEFT_MORE, LEFT_KIND, LEFT_NAME, LEFT_KNOWN, LEFT_PERSON, LEFT_COUNT };

struct listing {
	struct yg_share_place *place;
	bool is_zone;
	int64_t now_ns;
	const struct yg_warning_lists *known; /* or NULL */
	struct yg_arena *arena;
	struct yg_bytes *values;
	uint32_t count;
	uint32_t room;
	struct yg_bytes id; /* of the indicator that is read */
	uint32_t mark;	    /* of the pattern that is read: given back when it says more */
	uint64_t left[LEFT_COUNT];
	int64_t after_us;
	struct yg_buf out;
};

/* ---- values ---- */

static int keep(struct listing *l, struct yg_bytes value)
{
	if (l->count == VALUES_MAX)
		return YG_ELIMIT;
	if (l->count == l->room) {
		uint32_t room = l->room ? l->room * 2 : 4096;
		struct yg_bytes *values = yg_arena_alloc(l->arena, room * sizeof(*values));

		if (!values)
			return YG_ENOMEM;
		if (l->count > 0)
			memcpy(values, l->values, l->count * sizeof(*values));
		l->values = values;
		l->room = room;
	}
	return yg_arena_dup(l->arena, value, &l->values[l->count++]) ? YG_OK : YG_ENOMEM;
}

static bool is_name_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Two labels at least, none empty or too long, and not numbers alone, which is an address. */
static bool is_name(struct yg_bytes name)
{
	size_t labels = 0;
	bool has_letter = false;

	while (name.size > 0) {
		size_t end = yg_bytes_chr(name, '.');
		struct yg_bytes label = yg_bytes_cut(name, 0, end);

		if (label.size == 0 || label.size > LABEL_MAX)
			return false;
		for (size_t i = 0; i < label.size; i++) {
			if (!is_name_byte(label.data[i]))
				return false;
			has_letter = has_letter || label.data[i] < '0' || label.data[i] > '9';
		}
		labels++;
		if (end != SIZE_MAX && end + 1 == name.size)
			return false;
		name = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(name, end + 1);
	}
	return labels > 1 && has_letter;
}

/*
 * A name as DNS writes it, in small letters, without its last dot. False: it is none, or one that
 * holds a whole top level; or an address.
 */
static bool take_name(struct yg_bytes value, char to[NAME_MAX_ + 1])
{
	if (value.size > 0 && value.data[value.size - 1] == '.')
		value.size--;
	if (value.size > NAME_MAX_)
		return false;
	for (size_t i = 0; i < value.size; i++) {
		uint8_t c = value.data[i];

		to[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
	}
	to[value.size] = 0;
	return is_name((struct yg_bytes){(const uint8_t *)to, value.size});
}

/* An address or a network, not wider than /8; what stands beyond its prefix is cleared. */
static bool read_network(struct yg_bytes value, bool is_six, uint8_t a[16], unsigned *ret_bits)
{
	size_t slash = yg_bytes_chr(value, '/');
	struct yg_bytes host = yg_bytes_cut(value, 0, slash);
	uint64_t whole = is_six ? 128 : 32;
	uint64_t bits = whole;
	char text[64];

	if (slash != SIZE_MAX && !yg_bytes_u64(yg_bytes_from(value, slash + 1), &bits))
		return false;
	if (host.size == 0 || host.size >= sizeof(text) || bits < 8 || bits > whole)
		return false;
	memcpy(text, host.data, host.size);
	text[host.size] = 0;
	if (inet_pton(is_six ? AF_INET6 : AF_INET, text, a) != 1)
		return false;
	*ret_bits = (unsigned)bits;
	for (unsigned i = 0; i < whole / 8; i++) {
		unsigned kept = *ret_bits > i * 8 ? *ret_bits - i * 8 : 0;

		a[i] &= kept >= 8 ? 0xff : (uint8_t)(0xff00 >> kept);
	}
	return true;
}

/* "32.4.3.2.1.rpz-ip" of 1.2.3.4, "24.0.2.0.192.rpz-ip" of 192.0.2.0/24. */
static bool take_address(struct yg_bytes value, bool is_six, char to[NAME_MAX_ + 1])
{
	uint8_t a[16];
	unsigned bits;
	int size;

	if (!read_network(value, is_six, a, &bits))
		return false;
	size = snprintf(to, NAME_MAX_ + 1, "%u", bits); /* as the next: it fits */
	if (!is_six)
		(void)snprintf(to + size, NAME_MAX_ + 1 - (size_t)size, ".%u.%u.%u.%u.rpz-ip", a[3],
			       a[2], a[1], a[0]);
	for (unsigned i = 8; is_six && i-- > 0;)
		size += snprintf(to + size, NAME_MAX_ + 1 - (size_t)size, ".%x%s",
				 a[2 * i] << 8 | a[2 * i + 1], i ? "" : ".rpz-ip");
	return true;
}

static bool is_line(struct yg_bytes value)
{
	for (size_t i = 0; i < value.size; i++)
		if (value.data[i] < ' ' || value.data[i] == 0x7f)
			return false;
	return value.size > 0;
}

/* Is it on a list of values that everyone uses? */
static bool is_known(const struct listing *l, enum yg_clue_kind kind, struct yg_bytes value)
{
	static const enum yg_indicator_type types[] = {[YG_CLUE_NAME] = YG_INDICATOR_DOMAIN,
						       [YG_CLUE_IPV4] = YG_INDICATOR_ADDRESS,
						       [YG_CLUE_IPV6] = YG_INDICATOR_ADDRESS,
						       [YG_CLUE_URL] = YG_INDICATOR_URL,
						       [YG_CLUE_HASH] = YG_INDICATOR_HASH};
	struct yg_indicator one = {.value = value};
	struct yg_bytes unused;

	if (!l->known || kind >= YG_CLUE_MAIL)
		return false;
	one.type = kind <= YG_CLUE_IPV6 && yg_bytes_chr(value, '/') != SIZE_MAX
			   ? YG_INDICATOR_PREFIX
			   : types[kind];
	return yg_warning_lists_has(l->known, &one, &unused);
}

struct marking {
	int64_t collection;
	bool is_yes;
};

static int look_mark(void *arg, const struct yg_clue *clue)
{
	struct marking *m = arg;

	m->is_yes = m->is_yes || (clue->collection == m->collection && clue->facts.is_yes);
	return YG_OK;
}

/* Did a person say that it is an indicator (docs/indicators.md)? */
static bool is_marked(const struct listing *l)
{
	struct marking m = {.collection = l->place->c.number};

	return yg_clues_named(l->place->s, l->id, look_mark, &m) == YG_OK && m.is_yes;
}

static int take_value(void *arg, struct yg_bytes path, struct yg_bytes value)
{
	struct listing *l = arg;
	enum yg_clue_kind kind = yg_clue_kind_of(path);
	char name[NAME_MAX_ + 1];
	bool is_good;

	if (kind > YG_CLUE_MAIL || (l->is_zone && kind > YG_CLUE_IPV6)) {
		l->left[LEFT_KIND]++;
		return YG_OK;
	}
	if (yg_clue_is_person(kind, value) && !is_marked(l)) {
		l->left[LEFT_PERSON]++;
		return YG_OK;
	}
	if (kind == YG_CLUE_NAME)
		is_good = take_name(value, name);
	else if (l->is_zone)
		is_good = take_address(value, kind == YG_CLUE_IPV6, name);
	else
		is_good = is_line(value);
	if (!is_good) {
		l->left[LEFT_NAME]++;
		return YG_OK;
	}
	if (is_known(l, kind, kind == YG_CLUE_NAME ? yg_bytes_str(name) : value)) {
		l->left[LEFT_KNOWN]++;
		return YG_OK;
	}
	return keep(l, kind == YG_CLUE_NAME || l->is_zone ? yg_bytes_str(name) : value);
}

/* ---- indicators ---- */

/* Revoked, not yet, no more: false. */
static bool is_in_force(const struct listing *l, const json_t *tree)
{
	int64_t ns;

	if (json_is_true(json_object_get(tree, "revoked")))
		return false;
	if (yg_stix_time(yg_json_text(tree, "valid_from"), &ns) && ns > l->now_ns)
		return false;
	return !yg_stix_time(yg_json_text(tree, "valid_until"), &ns) || ns > l->now_ns;
}

static int take_pattern(struct listing *l, const json_t *tree)
{
	struct yg_bytes type = yg_json_text(tree, "pattern_type");
	struct yg_fault fault;
	uint64_t left[LEFT_COUNT];
	int rc;

	memcpy(left, l->left, sizeof(left));
	l->mark = l->count;
	rc = type.size == 0 || yg_bytes_eq(type, YG_S("stix"))
		     ? yg_stix_pattern_values(yg_json_text(tree, "pattern"), take_value, l, &fault)
		     : YG_EUNSUPPORTED;
	if (rc != YG_EUNSUPPORTED && rc != YG_EFORMAT)
		return rc;
	l->count = l->mark;
	memcpy(l->left, left, sizeof(left));
	l->left[LEFT_MORE]++;
	return YG_OK;
}

static int take_row(void *arg, const struct yg_stix_row *row)
{
	struct listing *l = arg;
	struct yg_fault fault;
	json_t *tree = NULL;
	int rc = yg_json_load(row->object.text, YG_STIX_OBJECT_MAX, &tree, &fault);

	l->after_us = row->added_us;
	l->id = row->object.id;
	if (rc == YG_OK && !is_in_force(l, tree))
		l->left[LEFT_TIME]++;
	else if (rc == YG_OK)
		rc = take_pattern(l, tree);
	json_decref(tree);
	return rc;
}

static int read_all(struct listing *l, enum yg_tlp ceiling)
{
	const struct yg_bytes type = YG_S("indicator");
	struct yg_stix_filter filter = {.collection = l->place->c.number,
					.clearance = ceiling,
					.otherwise = l->place->c.default_tlp,
					.after_us = INT64_MIN,
					.limit = PAGE,
					.types = &type,
					.type_count = 1,
					.has_last = true};
	bool is_more = true;
	int rc = YG_OK;

	while (rc == YG_OK && is_more) {
		rc = yg_collections_read(l->place->s, &filter, true, take_row, l, &is_more);
		filter.after_us = l->after_us;
	}
	return rc;
}

/* ---- writing ---- */

static int by_bytes(const void *a, const void *b)
{
	const struct yg_bytes *x = a, *y = b;
	size_t size = x->size < y->size ? x->size : y->size;
	int order = memcmp(x->data, y->data, size);

	return order ? order : (x->size > y->size) - (x->size < y->size);
}

static int flush(struct listing *l)
{
	int rc = yg_buf_error(&l->out);

	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&l->out));
	yg_buf_reset(&l->out);
	return rc;
}

/* A name of its own at most a top level below the zone; its number is the second it was made in. */
static void add_head(struct listing *l)
{
	yg_buf_addf(&l->out,
		    "; %s\n$TTL %u\n@ IN SOA localhost. nobody.localhost. %u 3600 600 86400 %u\n"
		    "@ IN NS localhost.\n",
		    l->place->c.id, TTL_S, (uint32_t)(l->now_ns / YG_NS_PER_S), TTL_S);
}

static void add_value(struct listing *l, struct yg_bytes value)
{
	yg_buf_add(&l->out, value);
	yg_buf_add_str(&l->out, l->is_zone ? " CNAME .\n" : "\n");
	if (!l->is_zone || yg_bytes_ends(value, YG_S(".rpz-ip")))
		return;
	yg_buf_add_str(&l->out, "*.");
	yg_buf_add(&l->out, value);
	yg_buf_add_str(&l->out, " CNAME .\n");
}

static int write_all(struct listing *l, uint32_t *ret_written)
{
	int rc = YG_OK;

	if (l->count > 0)
		qsort(l->values, l->count, sizeof(*l->values), by_bytes);
	if (l->is_zone)
		add_head(l);
	for (uint32_t i = 0; i < l->count && rc == YG_OK; i++) {
		if (i > 0 && yg_bytes_eq(l->values[i], l->values[i - 1]))
			continue;
		add_value(l, l->values[i]);
		(*ret_written)++;
		if (l->out.size > OUT_BYTES)
			rc = flush(l);
	}
	return rc == YG_OK ? flush(l) : rc;
}

static void say_left(const struct listing *l, uint32_t written)
{
	static const char *const texts[LEFT_COUNT] = {
		[LEFT_TIME] = N_("%llu indicators are not in force: revoked, not yet, or no more"),
		[LEFT_MORE] =
			N_("%llu indicators say more than that one of some values was seen; a "
			   "list cannot say it"),
		[LEFT_KIND] = N_("%llu values are of a kind that this list does not hold"),
		[LEFT_NAME] = N_("%llu values are no names or addresses that may stand in it"),
		[LEFT_PERSON] = N_("%llu values name a person, and nobody said that they are "
				   "indicators"),
		[LEFT_KNOWN] = N_("%llu values are on a list of well-known ones"),
	};

	yg_say(N_("%llu values written"), (unsigned long long)written);
	for (unsigned i = 0; i < LEFT_COUNT; i++)
		if (l->left[i] > 0)
			yg_say(texts[i], (unsigned long long)l->left[i]);
}

int yg_share_list(const struct yg_share_list *ask, uint32_t *ret_written)
{
	struct listing l = {.place = ask->place,
			    .is_zone = ask->is_zone,
			    .now_ns = ask->now_ns,
			    .known = ask->known};
	int rc;

	*ret_written = 0;
	l.arena = yg_arena_new(ARENA_MAX);
	yg_buf_init(&l.out, 2 * OUT_BYTES);
	rc = l.arena ? read_all(&l, ask->ceiling) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = write_all(&l, ret_written);
	if (rc == YG_OK)
		say_left(&l, *ret_written);
	yg_buf_done(&l.out);
	(void)yg_arena_free(l.arena);
	return rc;
}
