/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/gate.h - everything that leaves passes here: (object, audience, consent, marking) to a
 * redacted copy, or a refusal with its reason.
 *
 * Three questions are asked in this order. May this audience have something of this marking, by
 * this outlet, with the consent that was given? (outlets.def, audiences.def; nothing marked counts
 * as RED.) Which fields may it have? (release.def for documents of posture, the tables of
 * gate_notice.c for notices, the halves of a record for incidents: what is not listed stays
 * inside.) And is what stands in them free of what points to the house: names of the organisation,
 * host and user names, mail addresses, internal addresses, files and paths, query strings, own
 * domains? Structured values are kept only when they are proved to be of the attacker's side; free
 * text loses every piece that is not, in whatever case, width or encoding it is written.
 *
 * Pure but for yg_gate_loosen(), which writes to the audit log. Any thread, one object each; a
 * struct yg_own may be shared once it is complete.
 * Source: TLP 2.0; PAP; DOMAIN 3, 4, 7; issue "the gate". docs/gate.md, docs/gate-matrix.csv
 * Tests: tests/unit/access/test_gate*.c, test_release.c, tests/fuzz/fuzz_gate.c, tests/e2e/gate.py
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "model/marking.h"

struct yg_access;
struct yg_hub_access;

/* ---- the question ---- */

enum yg_audience {
	YG_AUDIENCE_OWN,       /* the organisation whose data it is: everything */
	YG_AUDIENCE_EXPERT,    /* posture: the specialist it invited */
	YG_AUDIENCE_STATEMENT, /* posture: whoever gets the signed statement */
#define X(code, ...) YG_AUDIENCE_##code,
#include "access/audiences.def"
#undef X
	YG_AUDIENCE_COUNT
};
const char *yg_audience_name(enum yg_audience audience); /* "partner" */
bool yg_audience_by_name(struct yg_bytes name, enum yg_audience *ret);

enum yg_outlet {
#define X(code, ...) YG_OUTLET_##code,
#include "access/outlets.def"
#undef X
	YG_OUTLET_COUNT
};
const char *yg_outlet_name(enum yg_outlet outlet); /* "webhook" */
bool yg_outlet_by_name(struct yg_bytes name, enum yg_outlet *ret);

/* What the organisation that was hit agreed to, beforehand or this time. */
enum yg_agreed {
	YG_AGREED_NOTHING,  /* not asked yet, or no: nothing leaves */
	YG_AGREED_NAMELESS, /* the attack half, nothing that points to it */
	YG_AGREED_NAMED,    /* and its name, to direct partners */
	YG_AGREED_COUNT
};
const char *yg_agreed_name(enum yg_agreed agreed); /* "nameless" */
bool yg_agreed_by_name(struct yg_bytes name, enum yg_agreed *ret);

/* What the recipient is to do with indicators: PAP says what it may. */
enum yg_use {
	YG_USE_MATCH,  /* look for them in own logs: any PAP */
	YG_USE_LOOKUP, /* ask third parties about them: up to AMBER */
	YG_USE_BLOCK,  /* block them: up to GREEN */
	YG_USE_COUNT
};
const char *yg_use_name(enum yg_use use); /* "block" */
bool yg_use_by_name(struct yg_bytes name, enum yg_use *ret);

struct yg_own;
struct yg_loosening;
struct yg_forms; /* model/form.h */

struct yg_release_ask {
	const char *kind; /* "notice", "incident", or a kind of release.def */
	enum yg_audience audience;
	enum yg_outlet outlet; /* notices; documents of posture have outlets of their own */
	enum yg_agreed agreed;
	bool has_damage_consent; /* 被害内容・対応情報 too */
	bool is_named_person;	 /* the recipient is one named person: RED */
	enum yg_use use;
	const struct yg_own *own; /* what points to the organisation concerned; notices need it */
	const struct yg_loosening *loosening; /* or NULL */
	const struct yg_forms *forms; /* incidents: which field is of which half; else NULL */
};

/* ---- the answer ---- */

/* Why nothing leaves: code, word, English text for people. */
#define YG_REFUSAL_MAP(X)                                                                          \
	X(NONE, "", "")                                                                            \
	X(KIND, "kind", N_("nothing of this kind may leave"))                                      \
	X(OUTLET, "outlet", N_("this outlet may not carry a marking as strict as this"))           \
	X(MARKING, "marking", N_("this audience may not have something marked as strictly"))       \
	X(UNMARKED, "unmarked", N_("nothing is marked on it, so it counts as TLP:RED"))            \
	X(PERSON, "person", N_("TLP:RED goes to named people only"))                               \
	X(CONSENT, "consent", N_("the organisation concerned has not agreed"))                     \
	X(PAP, "pap", N_("its PAP does not allow what it is asked for"))                           \
	X(SENSOR, "sensor", N_("sensors and the outlet for sensors go together"))                  \
	X(OWN, "own", N_("what points to the organisation is not known, so nothing is proved"))    \
	X(EMPTY, "empty", N_("nothing of it is left that may leave"))                              \
	X(APPROVAL, "approval", N_("nobody has approved it for publication"))
enum yg_refusal {
#define X(code, word, text) YG_REFUSAL_##code,
	YG_REFUSAL_MAP(X)
#undef X
		YG_REFUSAL_COUNT
};
const char *yg_refusal_name(enum yg_refusal refusal); /* "consent" */
const char *yg_refusal_text(enum yg_refusal refusal); /* untranslated */

/* Why a piece was taken out: code, word, what stands in its place in English and Japanese. */
#define YG_TAKEN_MAP(X)                                                                            \
	X(NAME, "name", "[organisation]", "〔組織名〕")                                            \
	X(NUMBER, "number", "[number]", "〔番号〕")                                                \
	X(CONTACT, "contact", "[contact]", "〔連絡先〕")                                           \
	X(DOMAIN, "domain", "[domain]", "〔ドメイン名〕")                                          \
	X(HOST, "host", "[host]", "〔端末名〕")                                                    \
	X(USER, "user", "[user]", "〔利用者名〕")                                                  \
	X(MAIL, "mail", "[mail address]", "〔メールアドレス〕")                                    \
	X(ADDRESS, "address", "[address]", "〔アドレス〕")                                         \
	X(PATH, "path", "[file]", "〔ファイル名〕")                                                \
	X(QUERY, "query", "[query]", "〔問い合わせ文字列〕")                                       \
	X(SECRET, "secret", "[secret]", "〔秘密の値〕")                                            \
	X(ENCODED, "encoded", "[encoded]", "〔符号化された文字列〕")                               \
	X(FIELD, "field", "", "")	/* the whole field: not for this audience */               \
	X(MARKING, "marking", "", "")	/* the whole entry: marked more strictly than the rest */  \
	X(UNPROVED, "unproved", "", "") /* the whole field: could not be proved clean */
enum yg_taken {
#define X(code, word, en, ja) YG_TAKEN_##code,
	YG_TAKEN_MAP(X)
#undef X
		YG_TAKEN_COUNT
};
const char *yg_taken_name(enum yg_taken taken);

struct yg_released {
	json_t *copy; /* owned by the caller; NULL when refused */
	/*
	 * For the sender's view of before and after, an array, owned by the caller:
	 * {"path":"attack/comment/en","reason":"host","before":[start,end],"after":[start,end]},
	 * bytes of the text in the object and in the copy. A whole field that is not in the copy
	 * has no "before" and "after". Not for the recipient. NULL for documents of posture.
	 */
	json_t *marks;
	enum yg_refusal refusal;
	enum yg_tlp tlp; /* that the copy carries */
	enum yg_pap pap;
	bool is_named;
};
/* Free what it owns; it is empty afterwards. */
void yg_released_done(struct yg_released *released);

/*
 * The one release function. YG_OK: ret->copy may go to the audience; YG_EACCES: nothing may, and
 * ret->refusal says why; YG_EINVAL: @object is no object of that kind; YG_ENOMEM. *ret is always
 * written. Cost: linear in the object, with tables for what points to the organisation.
 */
YG_MUST_USE int yg_release(const struct yg_release_ask *ask, const json_t *object,
			   struct yg_released *ret);

/*
 * The first question alone, without an object: for plans, which ask it a hundred thousand times.
 * @tlp, @pap as they stand on the object. NONE: something may leave.
 */
enum yg_refusal yg_gate_ask(const struct yg_release_ask *ask, enum yg_tlp tlp, enum yg_pap pap);

/* ---- what points to an organisation ---- */

#define YG_OWN_ENTRIES_MAX 20000u /* of all kinds together */
#define YG_OWN_BYTES_MAX   200u	  /* of one entry */

/* The kinds, and their key in the JSON form. */
#define YG_OWN_MAP(X)                                                                               \
	X(NAME, "names") /* in both languages, short forms, brands; with or without 株式会社 */ \
	X(NUMBER, "corporate_number")                                                               \
	X(DOMAIN, "domains")                                                                        \
	X(HOST, "hosts")                                                                            \
	X(USER, "users")                                                                            \
	X(CONTACT, "contacts") /* people's names, telephone numbers, mail and postal addresses */   \
	X(RANGE, "ranges")     /* addresses of its own: "203.0.113.0/24" */                         \
	X(OTHER, "others")     /* its id, code names, anything else */
enum yg_own_kind {
#define X(code, key) YG_OWN_##code,
	YG_OWN_MAP(X)
#undef X
		YG_OWN_COUNT
};

struct yg_own *yg_own_new(void); /* NULL without memory */
struct yg_own *yg_own_free(struct yg_own *own);
/*
 * One entry; several organisations may stand in one. YG_OK, also for what is too common to point
 * to anybody (user "root") and for what is empty; YG_EINVAL: no range; YG_ELIMIT; YG_ENOMEM.
 */
YG_MUST_USE int yg_own_add(struct yg_own *own, enum yg_own_kind kind, struct yg_bytes text);
/*
 * From {"names":[…],"corporate_number":"…","domains":[…],…}; a text stands for a list of one.
 * Unknown keys are refused, so that a misspelt one leaks nothing. YG_EFORMAT and as above.
 */
YG_MUST_USE int yg_own_read(struct yg_own *own, const json_t *tree, struct yg_line_fault *reterr);

/* Does @text name the organisation, in any spelling, or can that not be found out? */
bool yg_own_is_in(const struct yg_own *own, struct yg_bytes text);

/* ---- loosening a marking ---- */

/*
 * The owner agrees that @object, and it alone, goes out under @tlp (and @pap; NONE: as it is),
 * which is less strict than what stands on it. @by: write_consent at the owner, whose id is the
 * object's victim. Written to the
 * audit log ("marking.loosen", with the digest of the object, both markings and @reason, 1 to 1,000
 * bytes) before it returns. *ret for yg_release_ask.loosening; yg_loosening_free(). YG_OK,
 * YG_EACCES, YG_EINVAL (nothing is loosened by it, no reason), errors of the store.
 */
YG_MUST_USE int yg_gate_loosen(struct yg_access *by, const json_t *object, enum yg_tlp tlp,
			       enum yg_pap pap, const char *reason, struct yg_loosening **ret);
struct yg_loosening *yg_loosening_free(struct yg_loosening *loosening);
