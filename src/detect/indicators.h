/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/indicators.h - addresses, prefixes, domains, URLs and hashes to look for.
 *
 * Layer: detect. Texts of lists and compiled images are handed in; nothing is read here.
 * Matching: an address matches itself and prefixes it lies in; a domain matches itself and its
 * sub-domains (label by label); a URL matches scheme, host and path exactly, query included when
 * the indicator has one; a hash matches as MD5, SHA-1 or SHA-256 hex in any case.
 *
 * Lists are compiled into an image (indicators_build.h), in memory or in a file that is mapped;
 * a set is one image of what is looked for and one of what is not to be reported (--allow).
 */
#pragma once

#include "base/err.h"
#include "base/hash.h"
#include "model/event.h"

#define YG_INDICATORS_MAX	20000000u
#define YG_INDICATOR_NOTES_MAX	10u
#define YG_INDICATOR_REASON_MAX 116u /* bytes, with NUL */

enum yg_indicator_type {
	YG_INDICATOR_ADDRESS,
	YG_INDICATOR_PREFIX,
	YG_INDICATOR_DOMAIN,
	YG_INDICATOR_URL,
	YG_INDICATOR_HASH,
};

enum yg_indicators_side {
	YG_INDICATORS_LISTED,
	YG_INDICATORS_ALLOWED,
	YG_INDICATORS_SIDES,
};

struct yg_indicators;

struct yg_indicators *yg_indicators_new(void);
struct yg_indicators *yg_indicators_free(struct yg_indicators *set);

/* Called for lines that are no indicator. @reason is a text for the catalogue. */
typedef void (*yg_indicators_report_fn)(void *arg, const char *file, uint64_t line,
					const char *reason);

/*
 * Add a list: one value a line (# comments, defanged forms such as hxxp and [.] understood), or
 * CSV with a header that has a column value/indicator/ioc (and optionally type, comment/reason).
 * Types are found from the value. YG_OK, YG_ELIMIT or YG_ENOMEM.
 */
YG_MUST_USE int yg_indicators_add(struct yg_indicators *set, const char *file, struct yg_bytes text,
				  yg_indicators_report_fn report, void *arg);

/* The same for values that shall not be reported (--allow), with the reason from the list. */
YG_MUST_USE int yg_indicators_allow(struct yg_indicators *set, const char *file,
				    struct yg_bytes text, yg_indicators_report_fn report,
				    void *arg);

/* An image that was compiled before. */
struct yg_indicators_image {
	struct yg_bytes bytes; /* aligned to 8; borrowed for as long as the set lives */
	const uint8_t *key;    /* YG_DIGEST_BYTES: what it must have been made from */
	bool is_known;	       /* the great sections were checked before: only the rest */
	void (*seen)(void *arg, size_t at, size_t size); /* these bytes were checked; may be NULL */
	void *arg;
};

/*
 * Take @image as this side of the set, in place of lists. Everything in it is checked, once, or at
 * each look. YG_OK, YG_ENOMEM; YG_EMISMATCH: another version, or made from something else;
 * YG_ETRUNC, YG_EDIGEST, YG_EFORMAT: damaged. Cost: linear in its size, is_known: in a twentieth.
 */
YG_MUST_USE int yg_indicators_open(struct yg_indicators *set, enum yg_indicators_side side,
				   const struct yg_indicators_image *image,
				   struct yg_fault *reterr);

/*
 * The filter's cells are what is looked at for each value, anywhere in them. The caller who has
 * faster memory than a mapped file (large pages) may copy them there: @copy holds the same bytes
 * and lives as long as the set. Between open and finish.
 */
struct yg_bytes yg_indicators_cells(const struct yg_indicators *set, enum yg_indicators_side side);
void yg_indicators_move_cells(struct yg_indicators *set, enum yg_indicators_side side,
			      const uint8_t *copy);

/* After the last list: compile them. Then the set is immutable and thread-safe. */
YG_MUST_USE int yg_indicators_finish(struct yg_indicators *set);

/* How many different ones are listed. */
uint32_t yg_indicators_count(const struct yg_indicators *set);

/* What was read into a side of a finished set. */
struct yg_indicators_facts {
	uint64_t count;
	uint64_t duplicates; /* the first one counts */
	uint64_t refused;    /* lines */
	uint32_t note_count; /* of the first refused ones: yg_indicators_note() */
};
struct yg_indicators_facts yg_indicators_facts(const struct yg_indicators *set,
					       enum yg_indicators_side side);
struct yg_indicators_note {
	struct yg_bytes file;
	uint64_t line;
	const char *reason; /* a text for the catalogue */
};
struct yg_indicators_note yg_indicators_note(const struct yg_indicators *set,
					     enum yg_indicators_side side, uint32_t index);

struct yg_indicator {
	enum yg_indicator_type type;
	struct yg_bytes value;	 /* normalised */
	struct yg_bytes comment; /* from the list; may be empty */
	struct yg_bytes file;
	uint64_t line;
};
/*
 * What @raw is, written as struct yg_indicator.value has it, to @to (room for
 * YG_INDICATOR_NORMAL_MAX). Returns its size; 0: it is no indicator. Pure.
 */
#define YG_INDICATOR_NORMAL_MAX 2048u
size_t yg_indicator_normal(struct yg_bytes raw, enum yg_indicator_type *ret_type, uint8_t *to);

/* @index is that of a hit; it says nothing about the order in the lists. */
struct yg_indicator yg_indicators_get(const struct yg_indicators *set, uint32_t index);

#define YG_INDICATOR_NONE UINT32_MAX
/* All of a finished set, in no order: the first, the one behind @index; YG_INDICATOR_NONE: no more.
 */
uint32_t yg_indicators_first(const struct yg_indicators *set);
uint32_t yg_indicators_next(const struct yg_indicators *set, uint32_t index);

/*
 * Texts in which nothing was found, kept for the next record: user agents, pages and programs
 * repeat; and addresses of clients. 768 KiB; one thread. Free with free(). NULL: no memory.
 */
struct yg_indicator_memo;
struct yg_indicator_memo *yg_indicator_memo_new(void);

struct yg_indicator_hit {
	uint32_t index;
	uint32_t field;	       /* index into event->fields */
	struct yg_bytes value; /* inside the field's text */
};

/*
 * Indicators that occur in @event: at most @room, ordered by field, each index once.
 * Returns how many. @memo: of this thread and this set alone; NULL: none. Cost: a few probes per
 * address-, name-, URL- or hash-like field.
 */
uint32_t yg_indicators_match(const struct yg_indicators *set, struct yg_event *event,
			     struct yg_indicator_memo *memo, struct yg_indicator_hit *to,
			     uint32_t room);

/* The reason when @actor (an address or name) is on an allow list, else an empty run. */
bool yg_indicators_is_allowed(const struct yg_indicators *set, struct yg_bytes actor,
			      struct yg_bytes *ret_reason);

/*
 * Is no indicator in @address, the value of a field that holds a client's address? @key: no other
 * address has it (struct yg_access_parts), by which @memo remembers that it is so; 0: none. Cost: a
 * look there, or a search.
 */
bool yg_indicators_is_clean(const struct yg_indicators *set, struct yg_bytes address, uint64_t key,
			    struct yg_indicator_memo *memo);

/* The place of @memo that will be looked at then is called from memory. */
void yg_indicators_call_clean(const struct yg_indicator_memo *memo, uint64_t key);
