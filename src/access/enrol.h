/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/enrol.h - which organisations a hub has, and which sensors of them are welcome.
 *
 * The register of the hub itself: it belongs to no member, so it stands under an organisation of
 * its own in the store ("hub"), and its kinds are in no table of rights: nothing that goes through
 * access/access.h can read or write it. A sensor is welcome when its certificate's fingerprint is
 * the one that stands here, and it was not revoked. `yagura admin` changes the same file beside the
 * running hub: yg_enrol_change() tells that something did.
 *
 * Also the messages that wait for sensors (the downlink), because they are few, numbered and must
 * outlive the process.
 *
 * One thread at a time.
 * Tests: tests/unit/access/test_enrol.c, tests/e2e/sensor_certificates.py
 */
#pragma once

#include "base/clock.h"
#include "base/crypt.h"
#include "store/control.h"

#define YG_ENROL_ID_MAX	   64u	/* bytes of an id: a-z 0-9 -, not beginning with - */
#define YG_ENROL_NAME_MAX  200u /* bytes of a name for people */
#define YG_ENROL_TOKEN_HEX 48u
#define YG_ENROL_KIND_MAX  32u
#define YG_ENROL_BODY_MAX  (128u << 10) /* bytes of a message for a sensor */

struct yg_enrol;

/*
 * @actor (copied) stands on each change, for example "local:root" or "hub". The store stays the
 * caller's. YG_OK, YG_ENOMEM.
 */
YG_MUST_USE int yg_enrol_new(struct yg_control *store, struct yg_clock clock, const char *actor,
			     struct yg_enrol **ret);
struct yg_enrol *yg_enrol_free(struct yg_enrol *enrol);

/*
 * Tell of each change of organisations, tokens and sensors and of each message to one, within the
 * change's own transaction: an error from there undoes it. The audit log stands here
 * (yg_hub_access_new).
 */
typedef int (*yg_enrol_change_fn)(void *arg, const char *actor, const char *action, const char *org,
				  const char *object);
void yg_enrol_on_change(struct yg_enrol *enrol, yg_enrol_change_fn fn, void *arg);

bool yg_enrol_is_id(struct yg_bytes id);
/* What stands for something else in the store: no organisation is called so. */
bool yg_enrol_is_reserved(const char *id);

/* YG_OK; YG_EDUPLICATE: there is one; YG_EINVAL: no id, one that is reserved, or a name that is
 * too long. */
YG_MUST_USE int yg_enrol_add_org(struct yg_enrol *enrol, const char *id, const char *name);

/*
 * A new token for one sensor of @org, good for @valid_s seconds, as text to @to: only its digest is
 * kept. YG_OK; YG_ENOENT: no such organisation.
 */
YG_MUST_USE int yg_enrol_token_new(struct yg_enrol *enrol, const char *org, int64_t valid_s,
				   char to[YG_ENROL_TOKEN_HEX + 1]);

/* What a token that is still good stands for. */
struct yg_enrol_token {
	char digest[YG_SHA256_HEX + 1];
	char org[YG_ENROL_ID_MAX + 1];
	uint32_t revision;
};
/* YG_OK; YG_EACCES: unknown, used or too old (which, nobody is told). */
YG_MUST_USE int yg_enrol_token_look(struct yg_enrol *enrol, struct yg_bytes token,
				    struct yg_enrol_token *ret);

struct yg_enrol_sensor {
	char org[YG_ENROL_ID_MAX + 1];
	char id[YG_ENROL_ID_MAX + 1];
	char host[YG_ENROL_NAME_MAX + 1]; /* what the machine calls itself */
	uint8_t fingerprint[YG_SHA256_BYTES];
	int64_t until_ns; /* of its certificate */
	bool has_next;	  /* it asked for another one and has not used it yet */
	uint8_t next[YG_SHA256_BYTES];
	int64_t next_until_ns;
	int64_t enrolled_ns;
	bool is_revoked;
};

/*
 * Use the token and enter the sensor, both or neither. YG_OK; YG_EACCES: somebody used it first.
 */
YG_MUST_USE int yg_enrol_sensor_add(struct yg_enrol *enrol, const struct yg_enrol_token *token,
				    const struct yg_enrol_sensor *sensor);

/* YG_OK; YG_ENOENT. Cost: one look-up in the store. */
YG_MUST_USE int yg_enrol_sensor_look(struct yg_enrol *enrol, const char *org, const char *id,
				     struct yg_enrol_sensor *ret);

/*
 * Another certificate for a sensor that is welcome: the old one is good until the new one is used,
 * for the answer with it may get lost. YG_OK, YG_ENOENT, YG_EACCES (revoked).
 */
YG_MUST_USE int yg_enrol_sensor_renew(struct yg_enrol *enrol, const char *org, const char *id,
				      const uint8_t fingerprint[YG_SHA256_BYTES], int64_t until_ns);

/* The new one was used: the old one is not good any more. As above. */
YG_MUST_USE int yg_enrol_sensor_promote(struct yg_enrol *enrol, const char *org, const char *id);

/* @name: "ID" or "ORG/ID". YG_OK (also when it was revoked before); YG_ENOENT. */
YG_MUST_USE int yg_enrol_sensor_revoke(struct yg_enrol *enrol, const char *name);

/* All sensors, of @org alone unless it is NULL, by organisation and id. */
typedef int (*yg_enrol_sensor_fn)(void *arg, const struct yg_enrol_sensor *sensor);
YG_MUST_USE int yg_enrol_sensor_list(struct yg_enrol *enrol, const char *org, yg_enrol_sensor_fn fn,
				     void *arg);

/*
 * Remember what was read of sensors' records, so that a list of those that did not change costs a
 * look-up each and no parsing; some MB. Only on a store that reads (yg_control_open_reader()), to
 * which a revision is what it is for ever. YG_OK, YG_ENOMEM.
 */
YG_MUST_USE int yg_enrol_remember(struct yg_enrol *enrol);
/*
 * The same from behind @after ("ORG/ID" or any bytes; empty: from the beginning), at most @limit of
 * them, with an index: what comes before costs nothing.
 */
YG_MUST_USE int yg_enrol_sensor_page(struct yg_enrol *enrol, const char *org, struct yg_bytes after,
				     uint32_t limit, yg_enrol_sensor_fn fn, void *arg);

/* The number of the last change of the register, by whatever process. */
YG_MUST_USE int yg_enrol_change(struct yg_enrol *enrol, uint64_t *ret);

/* The last heartbeat of a sensor: {"received",…,"heartbeat":{…}}, JSON without blanks. */
struct yg_hub_heartbeat {
	struct yg_bytes text;
	int64_t received_ns; /* YG_TIME_NONE: it does not say */
};

/*
 * Messages that wait for sensors.
 *
 *   message (kind, body) ──► queue of a sensor: number, time, what became of it
 *                        └─► its body, once for all queues that wait with it (store/control.h,
 *                            shared): by its SHA-256, until the last of them is answered, its
 *                            sensor is revoked, or its organisation is erased
 *
 * A body below YG_ENROL_SHARED_MIN stands in the queue itself. What a sensor is sent, its envelope
 * and its signature, is made when it fetches (wire/message.h), so it is the same either way.
 */
#define YG_ENROL_SHARED_MIN 1024u /* bytes */

struct yg_enrol_down {
	uint64_t number; /* from 1, by sensor */
	char kind[YG_ENROL_KIND_MAX + 1];
	int64_t time_ns;
	struct yg_bytes body; /* a JSON object; borrowed */
	bool is_answered;
};

/* What is sent, to any number of sensors: checked, brought into its form and digested once. */
struct yg_enrol_message;
/* @body (a JSON object) is not kept. YG_OK; YG_EINVAL: kind or body. */
YG_MUST_USE int yg_enrol_message_new(const char *kind, struct yg_bytes body,
				     struct yg_enrol_message **ret);
struct yg_enrol_message *yg_enrol_message_free(struct yg_enrol_message *message);

/* For the sensor @id of @org. YG_OK; YG_ENOENT: no such sensor, or it is revoked. Cost: some puts
 * of few bytes; the message itself only where no queue has it. */
YG_MUST_USE int yg_enrol_down_send(struct yg_enrol *enrol, const char *org, const char *id,
				   const struct yg_enrol_message *message, uint64_t *ret_number);
/* The same at once, to one. @name: "ID" or "ORG/ID". YG_OK; YG_ENOENT: no such sensor; YG_EINVAL:
 * kind or body. */
YG_MUST_USE int yg_enrol_down_add(struct yg_enrol *enrol, const char *name, const char *kind,
				  struct yg_bytes body, uint64_t *ret_number);
/* The queues of sensors that are revoked hold nothing more. A revocation does it for its own; those
 * of an earlier version did not. YG_OK. */
YG_MUST_USE int yg_enrol_down_settle(struct yg_enrol *enrol);
/* Unanswered ones with a number above @after, ascending, at most @limit. */
typedef int (*yg_enrol_down_fn)(void *arg, const struct yg_enrol_down *down);
YG_MUST_USE int yg_enrol_down_list(struct yg_enrol *enrol, const char *id, uint64_t after,
				   uint32_t limit, yg_enrol_down_fn fn, void *arg);
/*
 * The sensor has seen messages up to @number: later ones get higher numbers, also when the hub was
 * restored from an older copy. YG_OK, YG_EINVAL. Cost: one look-up when it is as it should be.
 */
YG_MUST_USE int yg_enrol_down_floor(struct yg_enrol *enrol, const char *id, uint64_t number);
/* What became of message @number, and what the sensor said of it, cut. YG_OK, YG_ENOENT. */
enum yg_enrol_down_state { YG_ENROL_DOWN_WAITS, YG_ENROL_DOWN_APPLIED, YG_ENROL_DOWN_REFUSED };
YG_MUST_USE int yg_enrol_down_look(struct yg_enrol *enrol, const char *id, uint64_t number,
				   enum yg_enrol_down_state *ret, char *why, size_t room);
/* YG_OK (also when it was answered before); YG_ENOENT. */
YG_MUST_USE int yg_enrol_down_answer(struct yg_enrol *enrol, const char *id, uint64_t number,
				     bool is_applied, const char *detail);
