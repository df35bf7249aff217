/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/stix.h - one STIX object, as it is read, kept and handed on: its own text, and what has to
 * be known of it.
 *
 * The text is never made anew: numbers, timestamps, the order of keys and escapes are the bytes
 * that came, only blanks between tokens are gone. Two objects are one version of one thing when
 * their id and their version (modified, else created) are the same instant. Source: STIX 2.1 (OASIS
 * Standard, 10 June 2021) sec. 2, 3, 7; TAXII 2.1 sec. 3.4 (version).
 */
#pragma once

#include "base/clock.h"
#include "base/tr.h"
#include "model/marking.h"

#define YG_STIX_ID_MAX	     300u	/* bytes: type of at most 250, "--", a UUID */
#define YG_STIX_UUID	     36u	/* characters */
#define YG_STIX_OBJECT_MAX   (1u << 20) /* bytes of its text */
#define YG_STIX_VERSION_MAX  40u	/* bytes of a timestamp as it is written */
#define YG_STIX_MARKINGS_MAX 4096u	/* marking definitions in one bundle */
#define YG_STIX_OBJECTS_MAX  2000000u	/* in one bundle */
#define YG_STIX_BUNDLE_MAX   (1u << 30) /* bytes of one bundle */
#define YG_STIX_DEPTH_MAX    48u	/* nesting of an object */

enum yg_stix_spec { YG_STIX_2_0, YG_STIX_2_1, YG_STIX_SPEC_COUNT };

struct yg_stix_object {
	struct yg_bytes text;
	struct yg_bytes id;
	struct yg_bytes type;
	struct yg_bytes version; /* as written; empty: a thing without versions (address, file) */
	int64_t version_ns;	 /* its instant; 0 without one */
	enum yg_stix_spec spec;
	enum yg_tlp tlp; /* the strictest on it or on a part of it; NONE: no TLP marking */
};

/* A timestamp of STIX and TAXII: RFC 3339 with T and Z. False: it is none, or outside of what times
 * in nanoseconds hold. Pure. */
bool yg_stix_time(struct yg_bytes text, int64_t *ret_ns);
/* Microseconds since 1970 as TAXII writes them, "2026-11-26T00:00:00.000001Z", with NUL. */
#define YG_STIX_TIME_SIZE 28u
void yg_stix_time_write(int64_t time_us, char to[YG_STIX_TIME_SIZE]);
/* 8-4-4-4-12 hex digits of either case. */
bool yg_stix_is_uuid(struct yg_bytes text);
/* "type--UUID" with a right type; *ret_type (may be NULL) is borrowed. */
bool yg_stix_is_id(struct yg_bytes text, struct yg_bytes *ret_type);

/* What a published marking definition says: its TLP (TLP 1.0 of the standard itself, TLP 2.0 of
 * the extension). False: it is none of them. */
bool yg_stix_tlp_of_id(struct yg_bytes id, enum yg_tlp *ret);
/* The definition object of a TLP 2.0 marking, for bundles that use it; "" for NONE. */
const char *yg_stix_tlp_definition(enum yg_tlp tlp);
/* Its id. */
struct yg_bytes yg_stix_tlp_id(enum yg_tlp tlp);
