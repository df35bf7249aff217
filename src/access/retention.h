/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/retention.h - how long a hub keeps the logs of an organisation, kind by kind.
 *
 * A part of the hub's register (access/enrol.h): what nobody set is kept YG_RETENTION_MONTHS. A
 * kind of log is a group of formats (model/event.h). The criterion 4-4-3-1 of SCS wants the logs of
 * firewalls, proxies and sign-ins kept for six months: yg_retention_is_short() says where a setting
 * breaks that; who sets it is warned, not hindered.
 *
 * One thread at a time for each register.
 * Tests: tests/unit/access/test_retention.c, tests/e2e/retention.py
 */
#pragma once

#include "access/enrol.h"
#include "model/event.h"

#define YG_RETENTION_MONTHS	12u /* where nothing is set */
#define YG_RETENTION_MONTHS_MAX 240u
#define YG_RETENTION_WANTED	6u /* 4-4-3-1 */

/* Kinds: id, name, is it wanted for six months?, words for people. */
#define YG_RETENTION_KIND_MAP(X)                                                                   \
	X(FIREWALL, "firewall", true, N_("firewall, VPN and packet filter"))                       \
	X(PROXY, "proxy", true, N_("proxy"))                                                       \
	X(AUTHENTICATION, "authentication", true,                                                  \
	  N_("sign-ins: system logs, audit logs, Windows events"))                                 \
	X(WEB, "web", false, N_("web servers and load balancers"))                                 \
	X(NETWORK, "network", false, N_("name servers, intrusion detection, network monitors"))    \
	X(OTHER, "other", true, N_("all else, also devices that are read by a description"))

enum yg_retention_kind {
#define X(id, name, is_wanted, words) YG_RETENTION_##id,
	YG_RETENTION_KIND_MAP(X)
#undef X
		YG_RETENTION_KIND_COUNT,
	YG_RETENTION_ALL = YG_RETENTION_KIND_COUNT /* what kinds without their own have */
};

const char *yg_retention_kind_name(enum yg_retention_kind kind);  /* "firewall" */
const char *yg_retention_kind_words(enum yg_retention_kind kind); /* untranslated */
/* The kind called @name, or YG_RETENTION_ALL when there is none. */
enum yg_retention_kind yg_retention_kind_by_name(struct yg_bytes name);
/* To which kind logs of @format belong. */
enum yg_retention_kind yg_retention_kind_of(enum yg_format format);

struct yg_retention {
	char org[YG_ENROL_ID_MAX + 1];
	uint32_t months[YG_RETENTION_KIND_COUNT + 1]; /* the last: YG_RETENTION_ALL. 0: not set */
};

/* What counts for @kind. */
uint32_t yg_retention_months(const struct yg_retention *retention, enum yg_retention_kind kind);
/* Shorter than the criterion wants it for @kind (YG_RETENTION_ALL: for any kind)? */
bool yg_retention_is_short(const struct yg_retention *retention, enum yg_retention_kind kind);

/* What was set for @org; where nothing was, all 0 and YG_OK, also for one nobody knows. */
YG_MUST_USE int yg_retention_get(struct yg_enrol *enrol, const char *org, struct yg_retention *ret);

/* Set @kind of @org. YG_OK; YG_ENOENT: no such organisation; YG_EINVAL: months out of range. */
YG_MUST_USE int yg_retention_set(struct yg_enrol *enrol, const char *org,
				 enum yg_retention_kind kind, uint32_t months,
				 struct yg_retention *ret);

/* All organisations, by id. */
typedef int (*yg_retention_fn)(void *arg, const struct yg_retention *retention);
YG_MUST_USE int yg_retention_list(struct yg_enrol *enrol, yg_retention_fn fn, void *arg);

/*
 * The first moment whose logs are kept at @now_ns for @months (calendar months, UTC; the 31st of a
 * month that is shorter is its last day). Pure.
 */
int64_t yg_retention_since(int64_t now_ns, uint32_t months);

/* ---- what was deleted ---- */

struct yg_retention_done {
	uint64_t files;
	uint64_t records;
	uint64_t bytes;
	int64_t oldest_ns; /* hours of arrival of what went */
	int64_t newest_ns;
};
/* Keep for good that files of @org were deleted now (kind "retention_done" of the register). */
YG_MUST_USE int yg_retention_note(struct yg_enrol *enrol, const char *org,
				  const struct yg_retention_done *done);
/* The last such note of @org. YG_OK, YG_ENOENT. @ret_ns: when. */
YG_MUST_USE int yg_retention_noted(struct yg_enrol *enrol, const char *org,
				   struct yg_retention_done *ret, int64_t *ret_ns);

/*
 * A clock that was put far ahead must not delete what is young. @is_safe: the time of this pass is
 * at most YG_RETENTION_JUMP_S after that of the last one, or has been so far ahead for a day; the
 * time is noted either way. The first pass of a hub is safe.
 */
#define YG_RETENTION_JUMP_S (31 * 86400)
YG_MUST_USE int yg_retention_pass(struct yg_enrol *enrol, bool *is_safe);
