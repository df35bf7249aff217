/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/indicators-int.h - reading lists and values of indicators. Inside detect/.
 *
 * Layer:   detect. Pure, no state; thread-safe.
 * Input:   lists are hand-made or come from feeds: untrusted.
 * Source:  RFC 4180 (CSV), RFC 4291 sec. 2.2 (addresses), RFC 1123 sec. 2.1 (names), RFC 3986
 * (URLs). Tests:   tests/unit/detect/test_indicators.c, tests/fuzz/fuzz_indicators.c
 */
#pragma once

#include "base/buf.h"
#include "detect/indicators.h"

#define YG_INDICATOR_VALUE_MAX	 2048u	/* bytes of one value */
#define YG_INDICATOR_COMMENT_MAX 1024u	/* bytes of one comment; longer ones are cut */
#define YG_INDICATOR_ROW_MAX	 65536u /* bytes of one CSV row */
#define YG_INDICATOR_CELLS_MAX	 64u
#define YG_HOST_MAX		 253u

struct yg_indicator_value {
	enum yg_indicator_type type;
	uint8_t bits;	     /* ADDRESS (128) and PREFIX: of the 128-bit form */
	uint8_t address[16]; /* the same: IPv4 as ::ffff:a.b.c.d, host bits zero */
	size_t size;
	uint8_t text[YG_INDICATOR_VALUE_MAX]; /* normalised */
};

/* The whole of @b as an IPv4 or IPv6 address without brackets, port or zone. */
bool yg_indicator_address(struct yg_bytes b, uint8_t to[16]);

/* Keep the first @bits of @address. */
void yg_indicator_mask(uint8_t address[16], unsigned bits);

/*
 * @b as a host name, lower case, without a dot at the end, in @to; 0 unless it has at least two
 * labels of legal characters and the last one is a word ("com", "xn--p1ai").
 */
size_t yg_indicator_host(struct yg_bytes b, uint8_t to[YG_HOST_MAX]);

/*
 * A URL with scheme: scheme and host in lower case, without user, default port and fragment; an
 * empty path is "/". Returns the size in @to, 0 when it is none; *ret_query: where "?" stands, or
 * the size.
 */
size_t yg_indicator_url(struct yg_bytes b, uint8_t to[YG_INDICATOR_VALUE_MAX], size_t *ret_query);

/* Host and port in a normal URL with or without its scheme. */
struct yg_bytes yg_indicator_url_host(struct yg_bytes url);

/* What @raw is. YG_OK, or YG_EFORMAT with the reason in words. */
YG_MUST_USE int yg_indicator_read(struct yg_bytes raw, struct yg_indicator_value *ret,
				  const char **ret_reason);

/* Called for each value of a list; an error ends the reading. */
typedef int (*yg_indicator_take_fn)(void *arg, uint64_t line, struct yg_bytes value,
				    struct yg_bytes comment);
typedef void (*yg_indicator_complain_fn)(void *arg, uint64_t line, const char *reason);

/* The values of a list, plain or CSV. YG_OK, YG_ENOMEM or what @take said. */
YG_MUST_USE int yg_indicator_list(struct yg_bytes text, yg_indicator_take_fn take,
				  yg_indicator_complain_fn complain, void *arg);

#define YG_INDICATOR_TOP_BITS 16384u

/* What a key in the table stands for; part of its hash. */
enum yg_indicator_key {
	YG_KEY_ADDRESS = 1, /* with prefixes: bits + address */
	YG_KEY_DOMAIN,
	YG_KEY_URL,
	YG_KEY_HASH,
};

struct yg_indicator_entry {
	uint32_t value_at;
	uint32_t comment_at;
	uint32_t line;
	uint16_t value_size;
	uint16_t comment_size;
	uint16_t file;
	uint8_t type;
	uint8_t bits;
};

struct yg_indicator_slot {
	uint32_t entry; /* + 1; 0 = empty */
	uint32_t tag;
};

struct yg_indicator_table {
	struct yg_indicator_entry *entries;
	uint32_t count;
	uint32_t room;
	struct yg_buf text;
	uint32_t last_comment_at; /* in text: lists repeat their comments */
	uint32_t last_comment_size;
	struct yg_indicator_slot *slots; /* a power of two, at most three quarters full */
	uint32_t mask;
	uint64_t *filter; /* a power of two of words */
	uint32_t filter_mask;
	uint8_t lengths[129]; /* prefix lengths in use, longest first */
	unsigned length_count;
	bool has[YG_INDICATOR_HASH + 1]; /* types */
	bool has_v6;
	bool has_marks;				   /* anything but hashes */
	bool has_colons;			   /* URLs or IPv6 */
	uint64_t pairs[1024 / 64];		   /* the first two letters of the same */
	uint64_t tops[YG_INDICATOR_TOP_BITS / 64]; /* last labels of the domains, hashed */
};

/* The entries that were listed. */
const struct yg_indicator_table *yg_indicators_listed(const struct yg_indicators *set);

uint64_t yg_indicator_key_hash(uint64_t seed, enum yg_indicator_key kind, struct yg_bytes key);
uint64_t yg_indicator_address_hash(uint64_t seed, const uint8_t address[16], uint8_t bits);

/* The two bits of a hash in its word of the filter. */
static inline uint64_t yg_indicator_filter_bits(uint64_t hash)
{
	return UINT64_C(1) << (hash >> 58) | UINT64_C(1) << (hash >> 52 & 63);
}

/* The bit in tops[] of a last label, in any case. */
static inline uint32_t yg_indicator_top_bit(struct yg_bytes label)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < label.size; i++)
		hash = hash * 31 + (label.data[i] | 0x20u);
	return (hash ^ hash >> 14) % YG_INDICATOR_TOP_BITS;
}

/* The bit in pairs[] of two letters in any case. */
static inline uint32_t yg_indicator_pair(uint8_t first, uint8_t second)
{
	return (first & 31u) << 5 | (second & 31u);
}

/* A search through one event, or for one value: indicators_scan.c. */
struct yg_indicator_scan {
	const struct yg_indicator_table *table;
	uint64_t seed;
	struct yg_indicator_hit *to;
	uint32_t room;
	uint32_t count;
	uint32_t field; /* written into the hits */
	struct yg_bytes text;
	bool is_escaped;			/* text holds JSON escapes */
	void (*tell)(void *arg, uint64_t hash); /* NULL; else told what would be looked up */
	void *tell_arg;
	size_t v6_end; /* where the last text that looked like an IPv6 address ended */
};

/* All that stands somewhere in scan->text. */
void yg_indicator_scan_text(struct yg_indicator_scan *scan);
/* All that the whole of @value is. */
void yg_indicator_scan_value(struct yg_indicator_scan *scan, struct yg_bytes value);
