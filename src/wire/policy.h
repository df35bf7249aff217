/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/policy.h - which records may leave a member's house, and how their fields are masked.
 *
 * Two of them decide together: the local one, which a person of the member wrote (docs/policy.md),
 * and the hub's wish, which can only make it stricter: a record leaves when both let it, a field is
 * masked as the stricter of them says. What a wish asks beyond the local one is refused, and said.
 *
 * Records of other people's communications (mail, proxy, names looked up, connections) leave only
 * where the local policy says who decided that, when, and on which basis.
 *
 * Layer:   wire. May include base/, model/. Both sides.
 * Input:   a wish is untrusted bytes.
 * State:   none; no clock, no I/O; any thread.
 * Tests:   tests/unit/wire/test_policy.c, tests/fuzz/fuzz_policy.c
 */
#pragma once

#include "wire/message.h"

#define YG_POLICY_SOURCES_MAX 96u
#define YG_POLICY_FIELDS_MAX  128u
#define YG_POLICY_NAME_MAX    255u /* bytes of a source's name, with * for anything */
#define YG_POLICY_FIELD_MAX   63u
#define YG_POLICY_WORDS_MAX   200u /* bytes of who decided, and of a note */
#define YG_POLICY_TEXT_MAX    (110u << 10)

/* Id, word, words for people. Records of communications: 通信の秘密. */
#define YG_POLICY_CLASSES(X)                                                                       \
	X(NONE, "none", N_("other records"))                                                       \
	X(MAIL, "mail", N_("mail that was passed on"))                                             \
	X(PROXY, "proxy", N_("pages that were visited"))                                           \
	X(DNS, "dns", N_("names that were looked up"))                                             \
	X(FLOWS, "flows", N_("connections that were let through"))

enum yg_policy_class {
#define X(id, word, words) YG_POLICY_##id,
	YG_POLICY_CLASSES(X)
#undef X
		YG_POLICY_CLASS_COUNT
};
const char *yg_policy_class_word(enum yg_policy_class class_);
const char *yg_policy_class_words(enum yg_policy_class class_); /* a msgid */
bool yg_policy_class_by_word(struct yg_bytes word, enum yg_policy_class *ret);

/* From the most open to the strictest. */
#define YG_POLICY_MASKS(X)                                                                         \
	X(KEEP, "keep")                                                                            \
	X(TRUNCATE, "truncate") /* an address: /24, /48; what is none is dropped */                \
	X(HASH, "hash")		/* a keyed token: the same value, the same token */                \
	X(DROP, "drop")

enum yg_policy_mask {
#define X(id, word) YG_POLICY_##id,
	YG_POLICY_MASKS(X)
#undef X
		YG_POLICY_MASK_COUNT
};
const char *yg_policy_mask_word(enum yg_policy_mask mask);
bool yg_policy_mask_by_word(struct yg_bytes word, enum yg_policy_mask *ret);

#define YG_POLICY_BASES(X)                                                                         \
	X(OWN, "own-network", N_("own network, staff was told"))                                   \
	X(CONSENT, "consent", N_("valid consent"))                                                 \
	X(OTHER, "other", N_("another basis, named in the note"))

enum yg_policy_basis {
#define X(id, word, words) YG_POLICY_BASIS_##id,
	YG_POLICY_BASES(X)
#undef X
		YG_POLICY_BASIS_COUNT
};
const char *yg_policy_basis_word(enum yg_policy_basis basis);
const char *yg_policy_basis_words(enum yg_policy_basis basis); /* a msgid */
bool yg_policy_basis_by_word(struct yg_bytes word, enum yg_policy_basis *ret);

struct yg_policy_source {
	char name[YG_POLICY_NAME_MAX + 1]; /* pattern of the source; empty: any */
	char kind[YG_WIRE_KIND_MAX + 1];   /* format of the record; empty: any */
	bool leaves;
	bool has_class; /* what this source holds, whatever its records look like */
	enum yg_policy_class class_;
};

struct yg_policy_field {
	char name[YG_POLICY_FIELD_MAX + 1]; /* pattern */
	char kind[YG_WIRE_KIND_MAX + 1];
	enum yg_policy_mask mask;
};

/* A kind of communication: switched on by whom, and why. */
struct yg_policy_secrecy {
	bool is_on;
	char by[YG_POLICY_WORDS_MAX + 1];
	char on[11]; /* the day, YYYY-MM-DD */
	enum yg_policy_basis basis;
	char note[YG_POLICY_WORDS_MAX + 1];
};

struct yg_policy {
	bool raw; /* false: no records of logs leave at all */
	struct yg_policy_source sources[YG_POLICY_SOURCES_MAX]; /* the first that fits decides */
	size_t source_count;
	struct yg_policy_field fields[YG_POLICY_FIELDS_MAX]; /* the same */
	size_t field_count;
	struct yg_policy_secrecy secrecy[YG_POLICY_CLASS_COUNT];
};

/* Where there is no file: everything but communications; of fields, all but passwords and what
 * stands for one (cookies). */
void yg_policy_default(struct yg_policy *ret);

/* Add what is built in behind what @policy has, so that the file's own rules come first. YG_OK, or
 * YG_ELIMIT. */
YG_MUST_USE int yg_policy_add_built_in(struct yg_policy *policy);

/* Does @text fit @pattern, where * stands for any bytes? Cost: O(pattern × text) at worst. */
bool yg_policy_fits(struct yg_bytes pattern, struct yg_bytes text);

/*
 * The same for names of fields: upper and lower case and blanks do not tell names apart
 * (docs/record-format.md). @with_nested: `user` is also what lies below it, `user.name`.
 */
bool yg_policy_fits_field(struct yg_bytes pattern, struct yg_bytes name, bool with_nested);

/* Is there a field of records of @kind that is masked? @wish may be NULL. */
bool yg_policy_masks(const struct yg_policy *local, const struct yg_policy *wish,
		     struct yg_bytes kind);

/* How a field of records of @kind is masked. @wish may be NULL. */
enum yg_policy_mask yg_policy_mask_of(const struct yg_policy *local, const struct yg_policy *wish,
				      struct yg_bytes field, struct yg_bytes kind);

/* Why a record stays. */
enum yg_policy_answer {
	YG_POLICY_LEAVES,
	YG_POLICY_SECRET, /* of a class that is not switched on */
	YG_POLICY_SOURCE_OFF,
	YG_POLICY_WISH_OFF, /* the hub does not want it */
	YG_POLICY_RAW_OFF,  /* no log leaves: nothing but that holds it back */
};
/*
 * May a record of @kind from @source, which by its looks is of @class_, leave? *ret_class: what it
 * counts as.
 */
enum yg_policy_answer yg_policy_ask(const struct yg_policy *local, const struct yg_policy *wish,
				    struct yg_bytes kind, struct yg_bytes source,
				    enum yg_policy_class class_, enum yg_policy_class *ret_class);

/* ---- policy_text.c ---- */

/* Add the policy as canonical JSON (RFC 8785). YG_OK or an error of @to. */
YG_MUST_USE int yg_policy_write(const struct yg_policy *policy, struct yg_buf *to);

/*
 * Add what is in force, {"local":{…},"wish":{…} or null}, canonical; its SHA-256 is the digest of
 * the policy in ledger and heartbeat.
 */
YG_MUST_USE int yg_policy_write_both(const struct yg_policy *local, const struct yg_policy *wish,
				     struct yg_buf *to);

/* Add what the hub is told: {"raw":…,"secrecy":[{…}],"sha256":HEX}. */
YG_MUST_USE int yg_policy_write_told(const struct yg_policy *local,
				     const uint8_t digest[YG_SHA256_BYTES], struct yg_buf *to);

/*
 * Read a wish: {"raw":false,"sources":[{"kind":…,"name":…,"leave":false}],
 * "fields":[{"field":…,"kind":…,"mask":…}],"secrecy":["dns"]}; all may be absent. YG_OK, or
 * YG_EFORMAT, YG_ELIMIT, YG_ENOMEM with @reterr filled.
 */
YG_MUST_USE int yg_policy_wish_read(struct yg_bytes text, struct yg_policy *ret,
				    struct yg_wire_fault *reterr);

/*
 * What of @wish goes beyond @local and is not done, as words divided by "; ", to @to (cut at its
 * room). Returns how many; *ret_asked: how many things the wish asks for in all.
 */
size_t yg_policy_refusals(const struct yg_policy *local, const struct yg_policy *wish, char *to,
			  size_t room, size_t *ret_asked);
