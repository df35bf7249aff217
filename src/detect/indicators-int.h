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
#include "detect/fuse.h"
#include "detect/indicators.h"
#include "detect/indicators_wide-int.h"

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

/* An address or prefix as it is written: "192.0.2.1", "2001:db8:0:0:0:0:0:0/32". Returns its size.
 */
#define YG_INDICATOR_ADDRESS_TEXT_MAX 48u
size_t yg_indicator_address_text(const uint8_t address[16], unsigned bits,
				 uint8_t to[YG_INDICATOR_ADDRESS_TEXT_MAX]);

/* Called for each value of a list; an error ends the reading. */
typedef int (*yg_indicator_take_fn)(void *arg, uint64_t line, struct yg_bytes value,
				    struct yg_bytes comment);
typedef void (*yg_indicator_complain_fn)(void *arg, uint64_t line, const char *reason);

/*
 * A reader of lists, plain or CSV, that is fed as bytes come. One list after the other. Of a plain
 * line only the first YG_INDICATOR_ROW_MAX bytes count.
 */
struct yg_indicator_reader;
struct yg_indicator_reader *yg_indicator_reader_new(yg_indicator_take_fn take,
						    yg_indicator_complain_fn complain, void *arg);
struct yg_indicator_reader *yg_indicator_reader_free(struct yg_indicator_reader *reader);
void yg_indicator_reader_begin(struct yg_indicator_reader *reader);
/*
 * What comes next: *@ret_used bytes of @text were used up; the rest, at most YG_INDICATOR_ROW_MAX,
 * is wanted again at the front of the next call. @is_last: nothing follows, all is used. YG_OK or
 * what take said.
 */
YG_MUST_USE int yg_indicator_reader_feed(struct yg_indicator_reader *reader, struct yg_bytes text,
					 bool is_last, size_t *ret_used);

#define YG_INDICATOR_TOP_BITS 16384u

/* What a key in the table stands for; part of its hash. */
enum yg_indicator_key {
	YG_KEY_ADDRESS = 1, /* with prefixes: bits + address */
	YG_KEY_DOMAIN,
	YG_KEY_URL,
	YG_KEY_HASH,
};

/* What is listed at all: most texts hold nothing of it. Any bits are harmless. */
struct yg_indicator_kinds {
	uint64_t types;				   /* bit n: enum yg_indicator_type */
	uint64_t lengths[3];			   /* bit n: a prefix of n bits, 128: addresses */
	uint64_t has_v6;			   /* other than ::ffff:0:0/96 */
	uint64_t pairs[1024 / 64];		   /* first two letters of the last labels */
	uint64_t tops[YG_INDICATOR_TOP_BITS / 64]; /* last labels of the domains, hashed */
};

/* Compiled indicators, opened: indicators_image-int.h has their form. */
struct yg_indicator_table {
	uint64_t seed;
	uint64_t count;
	uint32_t part_bits;
	uint32_t bucket_bits;
	const struct yg_fuse *filters; /* 2^part_bits */
	const uint8_t *cells;
	const uint32_t *buckets; /* 2^bucket_bits + 1: units in records */
	struct yg_bytes records;
	struct yg_bytes comments;
	struct yg_bytes *lists; /* owned */
	uint32_t list_count;
	const struct yg_iimg_head *head; /* NULL: nothing is listed */
	const struct yg_iimg_note *notes;
	const struct yg_indicator_kinds *kinds;
	uint8_t lengths[129]; /* prefix lengths in use, longest first */
	unsigned length_count;
	bool has[YG_INDICATOR_HASH + 1]; /* types */
	bool has_v6;
	bool has_marks;	 /* anything but hashes */
	bool has_colons; /* URLs or IPv6 */
	struct yg_indicator_wide wide;
};

/* The first @bits of @hash as a number. */
static inline uint32_t yg_indicator_top(uint64_t hash, uint32_t bits)
{
	return bits ? (uint32_t)(hash >> (64 - bits)) : 0;
}
/* The entries that were listed. */
const struct yg_indicator_table *yg_indicators_listed(const struct yg_indicators *set);

uint64_t yg_indicator_key_hash(uint64_t seed, enum yg_indicator_key kind, struct yg_bytes key);
uint64_t yg_indicator_address_hash(uint64_t seed, const uint8_t address[16], uint8_t bits);
enum yg_indicator_key yg_indicator_kind(enum yg_indicator_type type);

/* Check @image and set *@table up over it (lists are owned). The rest as yg_indicators_open(). */
YG_MUST_USE int yg_indicator_table_open(struct yg_indicator_table *table,
					const struct yg_indicators_image *image,
					struct yg_fault *reterr);
void yg_indicator_table_done(struct yg_indicator_table *table);

/* The record with this hash, kind and value, or YG_INDICATOR_NONE. */
uint32_t yg_indicator_table_find(const struct yg_indicator_table *table, uint64_t hash,
				 enum yg_indicator_key kind, struct yg_bytes value);
/* All that is kept of one; empty when @index is none of this table. */
struct yg_indicator yg_indicator_table_get(const struct yg_indicator_table *table, uint32_t index);
/* The one behind @index in the table (YG_INDICATOR_NONE: the first), or YG_INDICATOR_NONE. */
uint32_t yg_indicator_table_next(const struct yg_indicator_table *table, uint32_t index);

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

struct yg_bytes yg_indicator_table_cells(const struct yg_indicator_table *table);
struct yg_indicators_facts yg_indicator_table_facts(const struct yg_indicator_table *table);
/* @index < note_count of the facts. */
struct yg_indicators_note yg_indicator_table_note(const struct yg_indicator_table *table,
						  uint32_t index);

#define YG_INDICATOR_PROBES_MAX 48u
#define YG_INDICATOR_KEYS_MAX	4096u

/* A value that the filter is asked for, while its cells are on their way from memory. */
struct yg_indicator_probe {
	uint64_t hash;
	uint32_t places[3];
	uint8_t print;
	uint8_t kind; /* enum yg_indicator_key */
	uint8_t bits; /* ADDRESS */
	uint16_t key_at;
	uint16_t key_size;
	uint32_t field;
	struct yg_bytes text;
};

#define YG_INDICATOR_CLEAN_MAX 16u
#define YG_INDICATOR_CLEAN_SIZE                                                                    \
	17u /* bytes of a text, at least; shorter ones are quick to search */

#define YG_INDICATOR_MEMO_TEXT	240u
#define YG_INDICATOR_MEMO_TEXTS 1024u

/* A text of which the filter let nothing pass. */
struct yg_indicator_clean_text {
	uint64_t hash;
	uint32_t size; /* 0: free */
	uint32_t is_escaped;
	uint8_t text[YG_INDICATOR_MEMO_TEXT];
};

#define YG_INDICATOR_MEMO_KEYS	 65536u
#define YG_INDICATOR_MEMO_ABSENT 4096u /* 32 KiB: nearer than the filter */

#define YG_INDICATOR_MEMO_WAYS 8u /* keys in a line of cache */

/* Texts: each place holds what fell there last; keys: each line of cache the last eight. */
struct yg_indicator_memo {
	uint64_t absent[YG_INDICATOR_MEMO_ABSENT]; /* hashes that the filter turned away; 0: free */
	struct yg_indicator_clean_text texts[YG_INDICATOR_MEMO_TEXTS];
	/* yg_indicators_is_clean(); 0: free. More than asked for: memory comes at multiples of 16.
	 */
	uint64_t keys[YG_INDICATOR_MEMO_KEYS + YG_INDICATOR_MEMO_WAYS];
};

/* A text of this record that is kept there unless the filter lets something in it pass. */
struct yg_indicator_clean {
	struct yg_indicator_clean_text *place; /* NULL: not clean */
	uint64_t hash;
	struct yg_bytes text;
	uint32_t field;
	bool is_escaped;
};

/* A search through one event, or for one value: indicators_scan.c. */
struct yg_indicator_scan {
	const struct yg_indicator_table *table;
	struct yg_indicator_hit *to;
	uint32_t room;
	uint32_t count;
	uint32_t field; /* written into the hits */
	struct yg_bytes text;
	bool is_escaped;			/* text holds JSON escapes */
	struct yg_bytes name;			/* of the field */
	void (*tell)(void *arg, uint64_t hash); /* NULL; else told what would be looked up */
	void *tell_arg;
	size_t v6_end; /* where the last text that looked like an IPv6 address ended */
	uint32_t probe_count;
	uint32_t key_size;		/* bytes used of keys */
	struct yg_indicator_memo *memo; /* may be NULL */
	bool is_unasked;		/* the text may be among those remembered */
	bool is_clean;			/* it was */
	uint32_t clean_count;
	struct yg_indicator_clean clean[YG_INDICATOR_CLEAN_MAX];
	struct yg_indicator_probe probes[YG_INDICATOR_PROBES_MAX];
	uint8_t keys[YG_INDICATOR_KEYS_MAX];
};

/* On the stack without filling its 7 KB with zeros for each record: only what was written is read.
 */
#define YG_INDICATOR_SCAN(name) struct yg_indicator_scan name __attribute__((uninitialized))

void yg_indicator_scan_init(struct yg_indicator_scan *scan, const struct yg_indicator_table *table,
			    struct yg_indicator_hit *to, uint32_t room);
/* All that stands somewhere in scan->text. */
void yg_indicator_scan_text(struct yg_indicator_scan *scan);
/* The same, where scan->text was looked at already: @marks of it; may it hold a hash? */
void yg_indicator_scan_marked(struct yg_indicator_scan *scan, uint64_t marks, bool has_hex);
/* All that the whole of @value is. */
void yg_indicator_scan_value(struct yg_indicator_scan *scan, struct yg_bytes value);
/* All texts of the record but derived ones. */
void yg_indicator_scan_event(struct yg_indicator_scan *scan, struct yg_event *event);
/* Settle the probes that wait: to be called once at the end. */
void yg_indicator_scan_end(struct yg_indicator_scan *scan);
