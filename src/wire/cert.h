/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/cert.h - the certificates of a hub and its sensors: making, requesting, checking.
 *
 * One authority a hub, ECDSA P-256 throughout (every TLS stack knows it). A sensor's certificate
 * names the organisation (O) and the sensor (CN); that it is still welcome is not in it, that is
 * the enrolment record's business (access/enrol.h).
 *
 * Layer:   wire. May include base/, model/; GnuTLS. No files, no clock: times are parameters.
 * Input:   requests and certificates are untrusted bytes.
 * Threads: functions are independent; a struct yg_cert_ca may be used by one thread at a time.
 * Source:  RFC 5280 (certificates), RFC 2986 (requests), RFC 5480 (P-256).
 * Tests:   tests/unit/wire/test_cert.c, tests/fuzz/fuzz_wire_cert.c,
 * tests/e2e/sensor_certificates.py
 */
#pragma once

#include "base/clock.h"
#include "wire/batch.h"

#define YG_CERT_PEM_MAX	    16384u
#define YG_CERT_NAMES_MAX   32u
#define YG_CERT_NAME_MAX    253u /* bytes of a host name or address */
#define YG_CERT_CA_DAYS	    7300
#define YG_CERT_SERVER_DAYS 397 /* what clients of other makers accept */
#define YG_CERT_SENSOR_DAYS 825

/* A new private key, PEM (PKCS#8). The caller wipes it. YG_OK, YG_ENOMEM, YG_EIO. */
YG_MUST_USE int yg_cert_key_new(struct yg_buf *pem);

/* The hub's authority over @key: signs itself. */
YG_MUST_USE int yg_cert_ca_new(struct yg_bytes key, const char *name, int64_t now_ns,
			       struct yg_buf *pem);

struct yg_cert_ca;

/* With @key (PEM) it can issue, without (empty) only check. YG_OK, YG_EFORMAT, YG_ENOMEM. */
YG_MUST_USE int yg_cert_ca_load(struct yg_bytes pem, struct yg_bytes key, struct yg_cert_ca **ret);
struct yg_cert_ca *yg_cert_ca_free(struct yg_cert_ca *ca);

/* For the hub's own listener: @names are host names and addresses, as URLs write them. */
YG_MUST_USE int yg_cert_issue_server(struct yg_cert_ca *ca, struct yg_bytes key,
				     const char *const *names, size_t count, int64_t now_ns,
				     struct yg_buf *pem);

/* Does the server certificate @pem hold for all @names, from @now_ns until @until_ns at least? */
bool yg_cert_server_fits(struct yg_cert_ca *ca, struct yg_bytes pem, const char *const *names,
			 size_t count, int64_t now_ns, int64_t until_ns);

/* A sensor's request over its @key. */
YG_MUST_USE int yg_cert_request_new(struct yg_bytes key, struct yg_buf *pem);

#define YG_CERT_FINGERPRINT_BYTES 32u

struct yg_cert_peer {
	char organisation[YG_WIRE_ID_MAX + 1];
	char sensor[YG_WIRE_ID_MAX + 1];
	uint8_t fingerprint[YG_CERT_FINGERPRINT_BYTES]; /* SHA-256 of the certificate (DER) */
	int64_t from_ns;
	int64_t until_ns;
};

/*
 * The certificate for @csr (PEM). Only the key is taken from the request, and only when it is
 * P-256 and signed the request. @peer: names in, the rest out. YG_OK; YG_EFORMAT: not such a
 * request; YG_ENOMEM, YG_EIO.
 */
YG_MUST_USE int yg_cert_issue_sensor(struct yg_cert_ca *ca, struct yg_bytes csr, int64_t now_ns,
				     struct yg_cert_peer *peer, struct yg_buf *pem);

/*
 * Whose certificate is @der? YG_OK: issued by @ca for a sensor (*ret says which; the caller looks
 * at its time with yg_cert_is_in_time and at the enrolment); YG_EACCES: not by @ca, or for
 * another purpose; YG_EFORMAT: no certificate; YG_ENOMEM. Cost: one P-256 verification.
 */
YG_MUST_USE int yg_cert_check(struct yg_cert_ca *ca, struct yg_bytes der, struct yg_cert_peer *ret);

/* From when to when the first certificate in @pem (a key may stand before it) is good. */
YG_MUST_USE int yg_cert_times(struct yg_bytes pem, int64_t *ret_from_ns, int64_t *ret_until_ns);

static inline bool yg_cert_is_in_time(const struct yg_cert_peer *peer, int64_t now_ns)
{
	return now_ns >= peer->from_ns && now_ns < peer->until_ns;
}
