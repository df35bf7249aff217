/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/notice.h - what is told to an organisation about an attack: the 速報 to the one that was
 * hit, warnings to others, indicators, and what takes one of them back or puts it right.
 *
 * A notice is facts in fields, in two halves: the attack (攻撃技術情報: what the attacker used)
 * and the damage (被害内容・対応情報: what happened inside the house). The first may be shared by
 * prior agreement once nothing in it points to anybody; the second only when the one that was hit
 * agrees. A notice as it is written here holds everything; what leaves is what access/gate.h makes
 * of it, and render/notice.h tells it to people. The sentences that every notice carries (use
 * restriction, unconfirmed mark, no guarantee) are no fields: the renderer takes them from
 * texts/fixed.json, so that nobody can leave them out.
 *
 * The JSON form (docs/gate.md) is kept in the store and goes through the gate; this struct is for
 * those who make and read one. All texts are borrowed: from whoever fills the struct, or from the
 * tree it was read from. Pure; any thread on notices of its own.
 * Source: DOMAIN 4 and 7 (two halves, certainty); TLP 2.0; PAP.
 * Tests: tests/unit/model/test_notice.c
 */
#pragma once

#include "base/arena.h"
#include "base/json.h"
#include "base/zone.h"
#include "model/finding.h"
#include "model/indicator.h"

#define YG_NOTICE_LIST_MAX   200u	/* entries of each list */
#define YG_NOTICE_TEXT_MAX   8000u	/* bytes of one text */
#define YG_NOTICE_BYTES_MAX  (1u << 20) /* of the JSON form */
#define YG_NOTICE_NUMBER_MAX 64u	/* bytes of a notice's number */

/* What is sent. One line for each: code, word in JSON, title for people. */
#define YG_NOTICE_KIND_MAP(X)                                                                      \
	X(VICTIM, "victim", N_("Flash report")) /* 速報 to the organisation that was hit */      \
	X(WARNING, "warning", N_("Warning"))	/* to those whom it concerns */                    \
	X(INDICATORS, "indicators", N_("Indicators")) /* what to look for, no more */              \
	X(WITHDRAWAL, "withdrawal", N_("Withdrawal")) /* the notice it names was wrong */          \
	X(CORRECTION, "correction", N_("Correction")) /* this one takes its place */               \
	X(DRILL, "drill", N_("Receipt drill"))	      /* nothing happened: is it received? */
enum yg_notice_kind {
#define X(code, word, title) YG_NOTICE_##code,
	YG_NOTICE_KIND_MAP(X)
#undef X
		YG_NOTICE_KIND_COUNT
};
const char *yg_notice_kind_name(enum yg_notice_kind kind);  /* "warning" */
const char *yg_notice_kind_title(enum yg_notice_kind kind); /* untranslated */
bool yg_notice_kind_by_name(struct yg_bytes name, enum yg_notice_kind *ret);

/* What an indicator is. Only the first four can leave the house by themselves (access/gate.h). */
#define YG_NOTICE_INDICATOR_MAP(X)                                                                 \
	X(ADDRESS, "address", N_("address")) /* IPv4, IPv6, or a range of them */                  \
	X(DOMAIN, "domain", N_("domain name"))                                                     \
	X(URL, "url", N_("URL"))                                                                   \
	X(HASH, "hash", N_("hash of a file")) /* hex: MD5, SHA-1, SHA-256, SHA-512 */              \
	X(MAIL, "mail", N_("mail address"))                                                        \
	X(FILE, "file", N_("file")) /* a file's name or path */
enum yg_notice_indicator_type {
#define X(code, word, words) YG_NOTICE_INDICATOR_##code,
	YG_NOTICE_INDICATOR_MAP(X)
#undef X
		YG_NOTICE_INDICATOR_COUNT
};

const char *yg_notice_indicator_name(enum yg_notice_indicator_type type);  /* "address" */
const char *yg_notice_indicator_words(enum yg_notice_indicator_type type); /* untranslated */

/* A text in both languages; either may be empty, then the other one is shown. */
struct yg_notice_text {
	struct yg_bytes en;
	struct yg_bytes ja;
};

struct yg_notice_rule {
	struct yg_bytes id;
	struct yg_notice_text title;
	enum yg_level level;
	uint64_t count; /* findings by it */
};

struct yg_notice_indicator {
	enum yg_notice_indicator_type type;
	struct yg_bytes value;
	enum yg_tlp tlp;	/* NONE: as the notice */
	enum yg_pap pap;	/* NONE: as the notice */
	uint8_t confidence;	/* 1..100; 0: nothing is said */
	int64_t valid_until_ns; /* INT64_MAX: no end */
	struct yg_bytes comment;
};

/* Something of the house that was hit. */
struct yg_notice_target {
	struct yg_bytes type; /* a field's name: "User", "Computer", "c-uri", "DestinationIp" */
	struct yg_bytes value;
};

/* A list of a notice: @count of @at. */
#define YG_NOTICE_LIST(type)                                                                       \
	struct {                                                                                   \
		const struct type *at;                                                             \
		size_t count;                                                                      \
	}

/* 攻撃技術情報. */
struct yg_notice_attack {
	enum yg_attack_field field; /* OTHER: not said */
	struct yg_bytes log_kind;   /* a format's name (model/event.h): "apache-access"; or empty */
	enum yg_outcome outcome;
	int64_t first_ns; /* or YG_TIME_NONE */
	int64_t last_ns;
	uint64_t count;			     /* findings */
	YG_NOTICE_LIST(yg_bytes) sources;    /* addresses the attack came from */
	YG_NOTICE_LIST(yg_bytes) techniques; /* "attack.t1190" */
	YG_NOTICE_LIST(yg_notice_rule) rules;
	YG_NOTICE_LIST(yg_notice_indicator) indicators;
	struct yg_notice_text comment;
};

/* 被害内容・対応情報. */
struct yg_notice_damage {
	struct yg_notice_text what;	/* what is known to have happened */
	struct yg_notice_text response; /* what the organisation does about it */
	YG_NOTICE_LIST(yg_notice_target) targets;
	YG_NOTICE_LIST(yg_bytes) records; /* records as they were logged */
};

/* Who was hit. In a copy that leaves: only with consent to be named. */
struct yg_notice_victim {
	struct yg_bytes id;
	struct yg_notice_text name;
	struct yg_bytes corporate_number; /* 13 digits, or empty */
};

struct yg_notice {
	enum yg_notice_kind kind;
	struct yg_bytes number;	    /* "2026-0017"; the hub's, in ascending order */
	struct yg_bytes refers;	    /* WITHDRAWAL, CORRECTION: the number it is about; else empty */
	struct yg_bytes situation;  /* its id, for the hub alone; never leaves */
	int64_t time_ns;	    /* of issue */
	const struct yg_zone *zone; /* in which people read its times; NULL: Japan's */
	enum yg_tlp tlp;
	enum yg_pap pap;
	struct yg_certain certain;
	bool is_automatic;	      /* sent without a person's look: marked 自動・未確認 */
	bool is_exercise;	      /* a drill, or the demo: every form says so */
	struct yg_notice_text issuer; /* who sends it; the coordinating body */
	struct yg_notice_text reach;  /* how to ask back: a telephone number, a name */
	struct yg_notice_text title;
	bool has_victim;
	struct yg_notice_victim victim;
	struct yg_notice_attack attack;
	bool has_damage;
	struct yg_notice_damage damage;
	YG_NOTICE_LIST(yg_notice_text) act;   /* do now, in order */
	YG_NOTICE_LIST(yg_notice_text) avoid; /* do not do */
	YG_NOTICE_LIST(yg_notice_text) tell;  /* whom to tell */
};

/*
 * The JSON form. *ret owned by the caller (json_decref). Texts that are not UTF-8 get U+FFFD.
 * YG_OK, YG_ELIMIT (a list or text beyond its limit), YG_ENOMEM.
 */
YG_MUST_USE int yg_notice_json(const struct yg_notice *notice, json_t **ret);

/*
 * And back. Texts are borrowed from @tree, lists lie in @arena. Keys that are not known are
 * passed over; one of another type than here, an unknown word, or something beyond a limit is
 * YG_EFORMAT or YG_ELIMIT with the key's name in @reterr->msg (line 0). What is left out is empty.
 */
YG_MUST_USE int yg_notice_read(const json_t *tree, struct yg_arena *arena, struct yg_notice *ret,
			       struct yg_line_fault *reterr);

/* The text for people of @lang: the other one where it is empty. */
static inline struct yg_bytes yg_notice_say(const struct yg_notice_text *text, enum yg_lang lang)
{
	struct yg_bytes first = lang == YG_LANG_JA ? text->ja : text->en;
	struct yg_bytes second = lang == YG_LANG_JA ? text->en : text->ja;

	return first.size ? first : second;
}
