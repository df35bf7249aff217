/* SPDX-License-Identifier: Apache-2.0 */
/* What the keeper remembers of those who call is never more than the register says. */
#include "app/hub-int.h"

#include <gnutls/x509.h>

#include "../access/hub_help.h"

#include "base/ban.h"

#define SETS 4096u /* as hub_known.c */
#define WAYS 4u

static struct yg_hub keeper;
static struct yg_cert_ca *issuer;

struct sensor {
	struct yg_buf key;
	struct yg_buf der;
	struct yg_cert_peer peer;
};

static struct yg_buf new_buf(void)
{
	struct yg_buf buf;

	yg_buf_init(&buf, YG_CERT_PEM_MAX);
	return buf;
}

static struct yg_cert_ca *new_ca(void)
{
	struct yg_buf key = new_buf();
	struct yg_buf pem = new_buf();
	struct yg_cert_ca *ca = NULL;

	MUST(yg_cert_key_new(&key) == YG_OK);
	MUST(yg_cert_ca_new(yg_buf_bytes(&key), "test", now_ns, &pem) == YG_OK);
	MUST(yg_cert_ca_load(yg_buf_bytes(&pem), yg_buf_bytes(&key), &ca) == YG_OK);
	yg_buf_done(&key);
	yg_buf_done(&pem);
	return ca;
}

/* A certificate of @ca for @org/@id over a key of its own. */
static void issue(struct yg_cert_ca *ca, const char *org, const char *id, struct sensor *ret)
{
	struct yg_buf csr = new_buf();
	struct yg_buf pem = new_buf();
	gnutls_datum_t der = {0};

	*ret = (struct sensor){.key = new_buf(), .der = new_buf()};
	(void)snprintf(ret->peer.organisation, sizeof(ret->peer.organisation), "%s", org);
	(void)snprintf(ret->peer.sensor, sizeof(ret->peer.sensor), "%s", id);
	MUST(yg_cert_key_new(&ret->key) == YG_OK);
	MUST(yg_cert_request_new(yg_buf_bytes(&ret->key), &csr) == YG_OK);
	MUST(yg_cert_issue_sensor(ca, yg_buf_bytes(&csr), now_ns, &ret->peer, &pem) == YG_OK);
	MUST(gnutls_pem_base64_decode2("CERTIFICATE",
				       &(gnutls_datum_t){pem.data, (unsigned)pem.size}, &der) == 0);
	yg_buf_add(&ret->der, (struct yg_bytes){der.data, der.size});
	gnutls_free(der.data);
	yg_buf_done(&csr);
	yg_buf_done(&pem);
}

static void drop(struct sensor *sensor)
{
	yg_buf_done(&sensor->key);
	yg_buf_done(&sensor->der);
}

/* The register has this very certificate for its sensor. */
static void enter(const struct sensor *given)
{
	struct yg_enrol_sensor sensor = {.until_ns = given->peer.until_ns};
	struct yg_enrol_token token;
	char text[YG_ENROL_TOKEN_HEX + 1];

	(void)snprintf(sensor.org, sizeof(sensor.org), "%s", given->peer.organisation);
	(void)snprintf(sensor.id, sizeof(sensor.id), "%s", given->peer.sensor);
	memcpy(sensor.fingerprint, given->peer.fingerprint, sizeof(sensor.fingerprint));
	MUST(yg_enrol_token_new(enrol, sensor.org, 60, text) == YG_OK);
	MUST(yg_enrol_token_look(enrol, yg_bytes_str(text), &token) == YG_OK);
	MUST(yg_enrol_sensor_add(enrol, &token, &sensor) == YG_OK);
}

static void end(void)
{
	keeper.known = yg_hub_known_free(keeper.known);
	issuer = yg_cert_ca_free(issuer);
	hub_end();
}

static void start(void)
{
	hub_start();
	add_org("acme");
	issuer = new_ca();
	keeper = (struct yg_hub){.clock = {.now_ns = hub_tell}, .ca = issuer, .enrol = enrol};
	keeper.known = yg_hub_known_new();
	MUST(issuer && keeper.known);
}

/* One who calls in a round of its own. */
static enum yg_wire_refusal look(const struct sensor *sensor)
{
	struct yg_cert_peer peer;

	yg_hub_known_stale(&keeper);
	return yg_hub_look(&keeper, yg_buf_bytes(&sensor->der), &peer);
}

static void who_is_nobody(void)
{
	struct yg_cert_ca *other;
	struct yg_cert_peer peer;
	struct sensor ours;
	struct sensor foreign;

	start();
	other = new_ca();
	issue(issuer, "acme", "s1", &ours);
	issue(other, "acme", "s1", &foreign);
	CHECK(yg_hub_look(&keeper, (struct yg_bytes){0}, &peer) == YG_WIRE_NO_CERTIFICATE);
	CHECK(yg_hub_look(&keeper, YG_S("no certificate"), &peer) == YG_WIRE_FOREIGN);
	CHECK(look(&foreign) == YG_WIRE_FOREIGN && look(&foreign) == YG_WIRE_FOREIGN);
	CHECK(look(&ours) == YG_WIRE_UNKNOWN); /* issued, but the register has no such sensor */
	enter(&ours);
	CHECK(look(&ours) == YG_WIRE_OK && look(&foreign) == YG_WIRE_FOREIGN);
	now_ns = ours.peer.until_ns;
	CHECK(look(&ours) == YG_WIRE_EXPIRED);
	now_ns = ours.peer.from_ns - 1;
	CHECK(look(&ours) == YG_WIRE_EXPIRED);
	drop(&ours);
	drop(&foreign);
	(void)yg_cert_ca_free(other);
	end();
}

/* An answer is as fresh as the round; what was a yes is none behind the change. */
static void revoked(void)
{
	struct yg_cert_peer peer;
	struct sensor sensor;

	start();
	issue(issuer, "acme", "s1", &sensor);
	enter(&sensor);
	CHECK(look(&sensor) == YG_WIRE_OK && look(&sensor) == YG_WIRE_OK);
	CHECK(yg_hub_look(&keeper, yg_buf_bytes(&sensor.der), &peer) == YG_WIRE_OK);
	CHECK(strcmp(peer.organisation, "acme") == 0 && strcmp(peer.sensor, "s1") == 0);
	MUST(yg_enrol_sensor_revoke(enrol, "acme/s1") == YG_OK);
	CHECK(yg_hub_look(&keeper, yg_buf_bytes(&sensor.der), &peer) == YG_WIRE_OK);
	CHECK(look(&sensor) == YG_WIRE_REVOKED && look(&sensor) == YG_WIRE_REVOKED);
	drop(&sensor);
	end();
}

/* A renewed certificate counts when it first comes; the one before it does not any more. */
static void renewed(void)
{
	struct yg_enrol_sensor kept;
	struct sensor first;
	struct sensor next;
	struct sensor stranger;

	start();
	issue(issuer, "acme", "s1", &first);
	issue(issuer, "acme", "s1", &next);
	issue(issuer, "acme", "s1", &stranger);
	enter(&first);
	CHECK(look(&first) == YG_WIRE_OK && look(&next) == YG_WIRE_UNKNOWN);
	MUST(yg_enrol_sensor_renew(enrol, "acme", "s1", next.peer.fingerprint,
				   next.peer.until_ns) == YG_OK);
	CHECK(look(&first) == YG_WIRE_OK && look(&stranger) == YG_WIRE_UNKNOWN);
	CHECK(look(&next) == YG_WIRE_OK);
	MUST(yg_enrol_sensor_look(enrol, "acme", "s1", &kept) == YG_OK);
	CHECK(!kept.has_next &&
	      memcmp(kept.fingerprint, next.peer.fingerprint, sizeof(kept.fingerprint)) == 0);
	CHECK(look(&first) == YG_WIRE_UNKNOWN && look(&next) == YG_WIRE_OK);
	drop(&first);
	drop(&next);
	drop(&stranger);
	end();
}

static uint32_t set_of(struct yg_bytes certificate)
{
	uint8_t digest[YG_SHA256_BYTES];
	uint32_t number;

	yg_sha256(certificate, digest);
	memcpy(&number, digest, sizeof(number));
	return number % SETS;
}

/* Those who crowd a place out of it change no answer. */
static void crowded(void)
{
	struct yg_cert_peer peer;
	struct sensor sensor;
	unsigned others = 0;

	start();
	issue(issuer, "acme", "s1", &sensor);
	enter(&sensor);
	CHECK(look(&sensor) == YG_WIRE_OK);
	for (uint32_t i = 0; others < 2 * WAYS && i < SETS * 200; i++) {
		struct yg_bytes other = {(const uint8_t *)&i, sizeof(i)};

		if (set_of(other) != set_of(yg_buf_bytes(&sensor.der)))
			continue;
		others++;
		CHECK(yg_hub_look(&keeper, other, &peer) == YG_WIRE_FOREIGN);
		if (others % 2 == 0)
			CHECK(look(&sensor) == YG_WIRE_OK);
	}
	CHECK(others == 2 * WAYS);
	MUST(yg_enrol_sensor_revoke(enrol, "acme/s1") == YG_OK);
	CHECK(look(&sensor) == YG_WIRE_REVOKED);
	drop(&sensor);
	end();
}

static enum yg_wire_refusal consent_of(const char *org)
{
	yg_hub_known_stale(&keeper);
	return yg_hub_consent(&keeper, org);
}

/* Only a yes is remembered, and only for the terms that it was given to. */
static void consents(void)
{
	struct yg_terms terms = {.version = "1", .host = "Tokyo"};
	struct yg_hub_actor sato;
	struct yg_access *at_hub;
	struct yg_access *by;

	start();
	CHECK(consent_of("acme") == YG_WIRE_OK && consent_of("none") == YG_WIRE_CLOSED);
	CHECK(consent_of("none") == YG_WIRE_CLOSED);
	at_hub = open_as(&root, "hub", YG_MAY_write_org);
	terms.from_day = yg_day_read(YG_S("2026-10-01"));
	MUST(yg_terms_set(at_hub, &terms) == YG_OK);
	CHECK(yg_hub_consent(&keeper, "acme") == YG_WIRE_OK); /* the round is still the same */
	CHECK(consent_of("acme") == YG_WIRE_CONSENT && consent_of("acme") == YG_WIRE_CONSENT);
	sato = person("sato", "member:acme");
	by = open_as(&sato, "acme", YG_MAY_write_consent);
	MUST(yg_consent_give(by, "1", "Sato", yg_day_read(YG_S("2026-11-20"))) == YG_OK);
	CHECK(consent_of("acme") == YG_WIRE_OK && consent_of("acme") == YG_WIRE_OK);
	MUST(yg_consent_withdraw(by) == YG_OK);
	CHECK(consent_of("acme") == YG_WIRE_CONSENT);
	(void)yg_access_free(by);
	(void)yg_access_free(at_hub);
	end();
}

int main(void)
{
	static const struct check_case cases[] = {CASE(who_is_nobody), CASE(revoked), CASE(renewed),
						  CASE(crowded), CASE(consents)};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
