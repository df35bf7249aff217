/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the keeper remembers of those who call, so that a batch costs no look-up in the register.
 *
 *   certificate ──► whose it is        cannot change: kept until its place is needed
 *   sensor ───────► welcome            holds for the register as it was: its stamp
 *   organisation ─► its consent        the same
 *
 * The stamp is the number of the last change of the two parts of the register that this rests on.
 * It is read anew in every round of the loop in which somebody calls, so an answer is as fresh as
 * one that was looked up in that round; whatever process made the change. Only a yes is remembered.
 */
#include "access/consent.h"
#include "app/hub-int.h"
#include "base/alloc.h"
#include "base/hash.h"

#include "base/ban.h"

#define WAYS	       4u
#define SETS	       4096u /* certificates: WAYS of them each */
#define CONSENTS_COUNT 4096u

struct stamp {
	uint64_t sensors; /* organisations, sensors */
	uint64_t terms;	  /* terms, consents */
};

/* What a certificate turned out to be. */
struct seen {
	bool is_used;
	bool is_welcome; /* as of @stamp, with this very certificate */
	int rc;
	uint64_t used; /* the greater the later */
	struct stamp stamp;
	uint8_t digest[YG_SHA256_BYTES];
	struct yg_cert_peer peer;
};

struct consent {
	struct stamp stamp; /* all 0: free, for the register is never without a change */
	char org[YG_WIRE_ID_MAX + 1];
};

struct yg_hub_known {
	bool is_read; /* @now is the register of this round */
	struct stamp now;
	uint64_t clock;
	struct seen seen[SETS * WAYS];
	struct consent consents[CONSENTS_COUNT];
};

struct yg_hub_known *yg_hub_known_new(void)
{
	return yg_calloc(1, sizeof(struct yg_hub_known));
}

struct yg_hub_known *yg_hub_known_free(struct yg_hub_known *known)
{
	free(known);
	return NULL;
}

void yg_hub_known_stale(struct yg_hub *hub)
{
	hub->known->is_read = false;
}

/* The register's stamp. False: it cannot be read now, so nothing remembered counts. */
static bool is_read(struct yg_hub *hub)
{
	struct yg_hub_known *known = hub->known;

	if (!known->is_read)
		known->is_read = yg_enrol_change(hub->enrol, &known->now.sensors) == YG_OK &&
				 yg_consent_change(hub->enrol, &known->now.terms) == YG_OK;
	return known->is_read;
}

static bool is_same(const struct stamp *a, const struct stamp *b)
{
	return a->sensors == b->sensors && a->terms == b->terms;
}

/* ---- who calls ---- */

/* The place of this certificate; the one that was used longest ago makes room. */
static struct seen *seen_of(struct yg_hub *hub, struct yg_bytes certificate)
{
	struct yg_hub_known *known = hub->known;
	uint8_t digest[YG_SHA256_BYTES];
	struct seen *oldest;
	struct seen *set;
	uint32_t number;

	yg_sha256(certificate, digest);
	memcpy(&number, digest, sizeof(number));
	set = &known->seen[number % SETS * WAYS];
	oldest = set;
	for (struct seen *seen = set; seen < set + WAYS; seen++) {
		if (seen->is_used && memcmp(seen->digest, digest, sizeof(digest)) == 0) {
			seen->used = ++known->clock;
			return seen;
		}
		if (!seen->is_used || (oldest->is_used && seen->used < oldest->used))
			oldest = seen;
	}
	*oldest = (struct seen){.used = ++known->clock};
	memcpy(oldest->digest, digest, sizeof(digest));
	oldest->rc = yg_cert_check(hub->ca, certificate, &oldest->peer);
	oldest->is_used = oldest->rc != YG_ENOMEM;
	return oldest;
}

static enum yg_wire_refusal look_up(struct yg_hub *hub, struct seen *seen)
{
	const struct yg_cert_peer *peer = &seen->peer;
	struct yg_enrol_sensor sensor;
	int rc = yg_enrol_sensor_look(hub->enrol, peer->organisation, peer->sensor, &sensor);

	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_WIRE_UNKNOWN : yg_hub_refusal_of(rc);
	if (sensor.is_revoked)
		return YG_WIRE_REVOKED;
	if (memcmp(sensor.fingerprint, peer->fingerprint, sizeof(sensor.fingerprint)) == 0) {
		seen->is_welcome = hub->known->is_read;
		seen->stamp = hub->known->now;
		return YG_WIRE_OK;
	}
	if (!sensor.has_next || memcmp(sensor.next, peer->fingerprint, sizeof(sensor.next)) != 0)
		return YG_WIRE_UNKNOWN; /* an older certificate of it */
	/* The renewed one has arrived where it should. */
	rc = yg_enrol_sensor_promote(hub->enrol, sensor.org, sensor.id);
	yg_hub_known_stale(hub);
	return rc == YG_OK ? YG_WIRE_OK : yg_hub_refusal_of(rc);
}

enum yg_wire_refusal yg_hub_look(struct yg_hub *hub, struct yg_bytes certificate,
				 struct yg_cert_peer *ret)
{
	enum yg_wire_refusal refusal = YG_WIRE_OK;
	struct seen *seen;

	if (certificate.size == 0)
		return YG_WIRE_NO_CERTIFICATE;
	seen = seen_of(hub, certificate);
	if (seen->rc != YG_OK)
		return seen->rc == YG_ENOMEM ? YG_WIRE_BUSY : YG_WIRE_FOREIGN;
	if (!yg_cert_is_in_time(&seen->peer, yg_hub_now(hub)))
		return YG_WIRE_EXPIRED;
	if (!is_read(hub) || !seen->is_welcome || !is_same(&seen->stamp, &hub->known->now))
		refusal = look_up(hub, seen);
	if (refusal == YG_WIRE_OK)
		*ret = seen->peer;
	return refusal;
}

enum yg_wire_refusal yg_hub_peer(struct yg_hub *hub, struct yg_hub_call *call,
				 const struct yg_cert_peer **ret)
{
	*ret = &call->peer;
	return yg_hub_look(hub, call->certificate, &call->peer);
}

/* ---- consent ---- */

enum yg_wire_refusal yg_hub_consent(struct yg_hub *hub, const char *org)
{
	uint64_t hash = yg_hash64(yg_bytes_str(org), yg_hash_secret());
	struct consent *consent = &hub->known->consents[hash % CONSENTS_COUNT];
	bool may_keep = is_read(hub);
	int rc;

	if (may_keep && is_same(&consent->stamp, &hub->known->now) &&
	    strcmp(consent->org, org) == 0)
		return YG_WIRE_OK;
	rc = yg_consent_is_current(hub->enrol, org);
	if (rc == YG_OK && may_keep) {
		consent->stamp = hub->known->now;
		(void)snprintf(consent->org, sizeof(consent->org), "%s", org); /* an id: fits */
	}
	return rc == YG_OK	 ? YG_WIRE_OK
	       : rc == YG_EACCES ? YG_WIRE_CONSENT
	       : rc == YG_ENOENT ? YG_WIRE_CLOSED
				 : yg_hub_refusal_of(rc);
}
