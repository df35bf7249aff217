/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/cert.h"

#include <gnutls/x509.h>

#include "../check.h"

#include "base/ban.h"

#define NOW (INT64_C(1700000000) * YG_NS_PER_S)
#define DAY (INT64_C(86400) * YG_NS_PER_S)

static struct yg_buf new_buf(void)
{
	struct yg_buf buf;

	yg_buf_init(&buf, YG_CERT_PEM_MAX);
	return buf;
}

/* An authority of its own; *ret_pem and its key stay until the end of the program. */
static struct yg_cert_ca *new_ca(void)
{
	struct yg_buf key = new_buf();
	struct yg_buf pem = new_buf();
	struct yg_cert_ca *ca = NULL;

	if (yg_cert_key_new(&key) == YG_OK &&
	    yg_cert_ca_new(yg_buf_bytes(&key), "test", NOW, &pem) == YG_OK)
		(void)!yg_cert_ca_load(yg_buf_bytes(&pem), yg_buf_bytes(&key), &ca);
	yg_buf_done(&key);
	yg_buf_done(&pem);
	return ca;
}

static struct yg_buf to_der(struct yg_bytes pem)
{
	gnutls_datum_t text = {(unsigned char *)(uintptr_t)pem.data, (unsigned)pem.size};
	gnutls_datum_t der = {0};
	struct yg_buf buf = new_buf();

	if (gnutls_pem_base64_decode2("CERTIFICATE", &text, &der) == 0) {
		yg_buf_add(&buf, (struct yg_bytes){der.data, der.size});
		gnutls_free(der.data);
	}
	return buf;
}

static void sensor(void)
{
	struct yg_cert_ca *ca = new_ca();
	struct yg_cert_ca *other = new_ca();
	struct yg_cert_peer peer = {.organisation = "acme", .sensor = "s-1"};
	struct yg_cert_peer found;
	struct yg_buf key = new_buf();
	struct yg_buf csr = new_buf();
	struct yg_buf pem = new_buf();
	struct yg_buf der;

	CHECK(ca && other);
	CHECK(yg_cert_key_new(&key) == YG_OK);
	CHECK(yg_cert_request_new(yg_buf_bytes(&key), &csr) == YG_OK);
	CHECK(yg_cert_issue_sensor(ca, yg_buf_bytes(&csr), NOW, &peer, &pem) == YG_OK);
	der = to_der(yg_buf_bytes(&pem));
	CHECK(yg_cert_check(ca, yg_buf_bytes(&der), &found) == YG_OK);
	CHECK(strcmp(found.sensor, "s-1") == 0 && strcmp(found.organisation, "acme") == 0);
	CHECK(memcmp(found.fingerprint, peer.fingerprint, sizeof(found.fingerprint)) == 0);
	CHECK(yg_cert_is_in_time(&found, NOW));
	CHECK(!yg_cert_is_in_time(&found, NOW - 2 * 3600 * YG_NS_PER_S));
	CHECK(yg_cert_is_in_time(&found, NOW + YG_CERT_SENSOR_DAYS * DAY - YG_NS_PER_S));
	CHECK(!yg_cert_is_in_time(&found, NOW + YG_CERT_SENSOR_DAYS * DAY));
	/* The same words from another authority are worth nothing; no bytes, no certificate. */
	CHECK(yg_cert_check(other, yg_buf_bytes(&der), &found) == YG_EACCES);
	CHECK(yg_cert_check(ca, YG_S("none"), &found) == YG_EFORMAT);
	der.data[der.size - 1] ^= 1; /* in the signature */
	CHECK(yg_cert_check(ca, yg_buf_bytes(&der), &found) != YG_OK);
	yg_buf_done(&key);
	yg_buf_done(&csr);
	yg_buf_done(&pem);
	yg_buf_done(&der);
	(void)yg_cert_ca_free(ca);
	(void)yg_cert_ca_free(other);
}

/* The hub's own certificate opens no door for a sensor. */
static void server(void)
{
	static const char *const names[] = {"127.0.0.1", "hub.example.jp", "::1"};
	static const char *const more[] = {"127.0.0.1", "other.example.jp"};
	struct yg_cert_ca *ca = new_ca();
	struct yg_buf key = new_buf();
	struct yg_buf pem = new_buf();
	struct yg_buf der;
	struct yg_cert_peer found;

	CHECK(ca && yg_cert_key_new(&key) == YG_OK);
	CHECK(yg_cert_issue_server(ca, yg_buf_bytes(&key), names, 3, NOW, &pem) == YG_OK);
	CHECK(yg_cert_server_fits(ca, yg_buf_bytes(&pem), names, 3, NOW, NOW + 30 * DAY));
	CHECK(!yg_cert_server_fits(ca, yg_buf_bytes(&pem), names, 3, NOW - 30 * DAY, NOW));
	CHECK(!yg_cert_server_fits(ca, yg_buf_bytes(&pem), more, 2, NOW, NOW));
	CHECK(!yg_cert_server_fits(ca, yg_buf_bytes(&pem), names, 3, NOW, NOW + 400 * DAY));
	der = to_der(yg_buf_bytes(&pem));
	CHECK(yg_cert_check(ca, yg_buf_bytes(&der), &found) == YG_EACCES);
	yg_buf_done(&key);
	yg_buf_done(&pem);
	yg_buf_done(&der);
	(void)yg_cert_ca_free(ca);
}

static void requests(void)
{
	struct yg_cert_ca *ca = new_ca();
	struct yg_cert_peer peer = {.organisation = "acme", .sensor = "s-1"};
	struct yg_cert_peer bad = {.organisation = "acme", .sensor = "S 1"};
	struct yg_buf key = new_buf();
	struct yg_buf csr = new_buf();
	struct yg_buf pem = new_buf();

	CHECK(ca && yg_cert_key_new(&key) == YG_OK);
	CHECK(yg_cert_request_new(yg_buf_bytes(&key), &csr) == YG_OK);
	CHECK(yg_cert_issue_sensor(ca, yg_buf_bytes(&csr), NOW, &bad, &pem) == YG_EINVAL);
	CHECK(yg_cert_issue_sensor(ca, YG_S(""), NOW, &peer, &pem) == YG_EFORMAT);
	csr.data[csr.size / 2] = csr.data[csr.size / 2] == 'A' ? 'B' : 'A';
	CHECK(yg_cert_issue_sensor(ca, yg_buf_bytes(&csr), NOW, &peer, &pem) == YG_EFORMAT);
	CHECK(pem.size == 0);
	yg_buf_done(&key);
	yg_buf_done(&csr);
	yg_buf_done(&pem);
	(void)yg_cert_ca_free(ca);
}

static const struct check_case cases[] = {CASE(sensor), CASE(server), CASE(requests)};
CHECK_MAIN(cases)
