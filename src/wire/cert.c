/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/cert.h"

#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/alloc.h"

#include "base/ban.h"

#define SERIAL_BYTES 16u
/* Clocks of small boxes run behind: a certificate that begins now would be refused there. */
#define LEEWAY_S     3600
#define DAY_S	     86400
#define ADDRESS_ROOM 16u
#define KEY_BYTES    32u
#define KEY_TRIES    128u

struct yg_cert_ca {
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key; /* NULL: only checks */
};

/* ---- small steps ---- */

static int error_of(int code)
{
	switch (code) {
	case GNUTLS_E_SUCCESS:
		return YG_OK;
	case GNUTLS_E_MEMORY_ERROR:
		return YG_ENOMEM;
	case GNUTLS_E_RANDOM_FAILED:
	case GNUTLS_E_INTERNAL_ERROR:
		return YG_EIO;
	default:
		return YG_EFORMAT;
	}
}

/* The library reads only, whatever its type says. */
static gnutls_datum_t datum(struct yg_bytes b)
{
	return (gnutls_datum_t){(unsigned char *)(uintptr_t)b.data, (unsigned)b.size};
}

static int load_key(struct yg_bytes pem, gnutls_x509_privkey_t *ret)
{
	gnutls_datum_t text = datum(pem);
	gnutls_x509_privkey_t key;
	int code = gnutls_x509_privkey_init(&key);

	if (code < 0)
		return error_of(code);
	code = pem.size > YG_CERT_PEM_MAX
		       ? GNUTLS_E_ASN1_DER_ERROR
		       : gnutls_x509_privkey_import(key, &text, GNUTLS_X509_FMT_PEM);
	if (code < 0)
		gnutls_x509_privkey_deinit(key);
	else
		*ret = key;
	return error_of(code);
}

static int load_cert(struct yg_bytes bytes, gnutls_x509_crt_fmt_t form, gnutls_x509_crt_t *ret)
{
	gnutls_datum_t text = datum(bytes);
	gnutls_x509_crt_t crt;
	int code = gnutls_x509_crt_init(&crt);

	if (code < 0)
		return error_of(code);
	code = bytes.size > YG_CERT_PEM_MAX ? GNUTLS_E_ASN1_DER_ERROR
					    : gnutls_x509_crt_import(crt, &text, form);
	if (code < 0)
		gnutls_x509_crt_deinit(crt);
	else
		*ret = crt;
	return error_of(code);
}

static int export_cert(gnutls_x509_crt_t crt, struct yg_buf *pem)
{
	gnutls_datum_t text;
	int code = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &text);

	if (code < 0)
		return error_of(code);
	yg_buf_add(pem, (struct yg_bytes){text.data, text.size});
	gnutls_free(text.data);
	return yg_buf_error(pem);
}

/* Names, serial number and times: what all certificates have. */
static int set_common(gnutls_x509_crt_t crt, const char *name, int64_t now_ns, int days)
{
	time_t now = (time_t)(now_ns / YG_NS_PER_S);
	uint8_t serial[SERIAL_BYTES];
	int code;

	yg_random(serial, sizeof(serial));
	serial[0] &= 0x7f; /* a positive number */
	serial[0] |= 0x40; /* of full length */
	code = gnutls_x509_crt_set_version(crt, 3);
	if (code >= 0)
		code = gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
	if (code >= 0)
		code = gnutls_x509_crt_set_activation_time(crt, now - LEEWAY_S);
	if (code >= 0)
		code = gnutls_x509_crt_set_expiration_time(crt, now + (time_t)days * DAY_S);
	if (code >= 0)
		code = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
						     (unsigned)strlen(name));
	return code;
}

static int set_key_id(gnutls_x509_crt_t crt)
{
	uint8_t id[64];
	size_t size = sizeof(id);
	int code = gnutls_x509_crt_get_key_id(crt, 0, id, &size);

	return code < 0 ? code : gnutls_x509_crt_set_subject_key_id(crt, id, size);
}

/* ---- keys and requests ---- */

/*
 * The library writes the private number as an integer, with a zero before a first bit that is set
 * and without leading zeros, where RFC 5915 sec. 3 wants exactly 32 bytes and strict readers refuse
 * anything else. So keys are drawn until the two forms are the same: one bit less of 256.
 */
static bool is_misfit(gnutls_x509_privkey_t key)
{
	gnutls_ecc_curve_t curve;
	gnutls_datum_t x = {0};
	gnutls_datum_t y = {0};
	gnutls_datum_t k = {0};
	bool is;

	if (gnutls_x509_privkey_export_ecc_raw(key, &curve, &x, &y, &k) < 0)
		return false; /* cannot be looked at: then as it is */
	is = k.size != KEY_BYTES || k.data[0] == 0 || k.data[0] >= 0x80;
	yg_wipe(k.data, k.size);
	gnutls_free(x.data);
	gnutls_free(y.data);
	gnutls_free(k.data);
	return is;
}

static int generate(gnutls_x509_privkey_t key)
{
	return gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
					    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
}

int yg_cert_key_new(struct yg_buf *pem)
{
	gnutls_x509_privkey_t key;
	gnutls_datum_t text;
	int code = gnutls_x509_privkey_init(&key);

	if (code < 0)
		return error_of(code);
	code = generate(key);
	for (unsigned i = 0; code >= 0 && i < KEY_TRIES && is_misfit(key); i++) {
		gnutls_x509_privkey_deinit(key);
		code = gnutls_x509_privkey_init(&key);
		if (code < 0)
			return error_of(code);
		code = generate(key);
	}
	if (code >= 0)
		code = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
							 GNUTLS_PKCS_PLAIN, &text);
	if (code >= 0) {
		yg_buf_add(pem, (struct yg_bytes){text.data, text.size});
		yg_wipe(text.data, text.size);
		gnutls_free(text.data);
	}
	gnutls_x509_privkey_deinit(key);
	return code < 0 ? error_of(code) : yg_buf_error(pem);
}

int yg_cert_request_new(struct yg_bytes key_pem, struct yg_buf *pem)
{
	gnutls_x509_privkey_t key;
	gnutls_privkey_t abstract = NULL;
	gnutls_x509_crq_t crq = NULL;
	gnutls_datum_t text;
	int code;
	int rc = load_key(key_pem, &key);

	if (rc != YG_OK)
		return rc;
	code = gnutls_x509_crq_init(&crq);
	if (code >= 0)
		code = gnutls_privkey_init(&abstract);
	if (code >= 0)
		code = gnutls_privkey_import_x509(abstract, key, 0);
	if (code >= 0)
		code = gnutls_x509_crq_set_version(crq, 1);
	if (code >= 0) /* the hub gives the name; a request must have one */
		code = gnutls_x509_crq_set_dn_by_oid(crq, GNUTLS_OID_X520_COMMON_NAME, 0, "sensor",
						     6);
	if (code >= 0)
		code = gnutls_x509_crq_set_key(crq, key);
	if (code >= 0)
		code = gnutls_x509_crq_privkey_sign(crq, abstract, GNUTLS_DIG_SHA256, 0);
	if (code >= 0)
		code = gnutls_x509_crq_export2(crq, GNUTLS_X509_FMT_PEM, &text);
	if (code >= 0) {
		yg_buf_add(pem, (struct yg_bytes){text.data, text.size});
		gnutls_free(text.data);
	}
	if (crq)
		gnutls_x509_crq_deinit(crq);
	if (abstract)
		gnutls_privkey_deinit(abstract);
	gnutls_x509_privkey_deinit(key);
	return code < 0 ? error_of(code) : yg_buf_error(pem);
}

/* ---- the authority ---- */

int yg_cert_ca_new(struct yg_bytes key_pem, const char *name, int64_t now_ns, struct yg_buf *pem)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt = NULL;
	int code;
	int rc = load_key(key_pem, &key);

	if (rc != YG_OK)
		return rc;
	code = gnutls_x509_crt_init(&crt);
	if (code >= 0)
		code = set_common(crt, name, now_ns, YG_CERT_CA_DAYS);
	if (code >= 0)
		code = gnutls_x509_crt_set_key(crt, key);
	if (code >= 0) /* no authority below this one */
		code = gnutls_x509_crt_set_basic_constraints(crt, 1, 0);
	if (code >= 0)
		code = gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_KEY_CERT_SIGN |
								  GNUTLS_KEY_CRL_SIGN);
	if (code >= 0)
		code = set_key_id(crt);
	if (code >= 0)
		code = gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
	rc = code < 0 ? error_of(code) : export_cert(crt, pem);
	if (crt)
		gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
	return rc;
}

int yg_cert_ca_load(struct yg_bytes pem, struct yg_bytes key, struct yg_cert_ca **ret)
{
	struct yg_cert_ca *ca = yg_calloc(1, sizeof(*ca));
	int rc;

	if (!ca)
		return YG_ENOMEM;
	rc = load_cert(pem, GNUTLS_X509_FMT_PEM, &ca->crt);
	if (rc == YG_OK && key.size > 0)
		rc = load_key(key, &ca->key);
	if (rc != YG_OK) {
		(void)yg_cert_ca_free(ca);
		return rc;
	}
	*ret = ca;
	return YG_OK;
}

struct yg_cert_ca *yg_cert_ca_free(struct yg_cert_ca *ca)
{
	if (!ca)
		return NULL;
	if (ca->crt)
		gnutls_x509_crt_deinit(ca->crt);
	if (ca->key)
		gnutls_x509_privkey_deinit(ca->key);
	free(ca);
	return NULL;
}

/* ---- issuing ---- */

/* What only the two kinds of our certificates share, and the signature. */
static int finish(struct yg_cert_ca *ca, gnutls_x509_crt_t crt, const char *purpose)
{
	uint8_t id[64];
	size_t size = sizeof(id);
	int code = gnutls_x509_crt_set_basic_constraints(crt, 0, -1);

	if (code >= 0)
		code = gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
	if (code >= 0)
		code = gnutls_x509_crt_set_key_purpose_oid(crt, purpose, 0);
	if (code >= 0)
		code = set_key_id(crt);
	if (code >= 0)
		code = gnutls_x509_crt_get_subject_key_id(ca->crt, id, &size, NULL);
	if (code >= 0)
		code = gnutls_x509_crt_set_authority_key_id(crt, id, size);
	if (code >= 0)
		code = gnutls_x509_crt_sign2(crt, ca->crt, ca->key, GNUTLS_DIG_SHA256, 0);
	return code;
}

/* The four or sixteen bytes of an address; 0: it is a name. */
static size_t address_of(const char *name, uint8_t to[ADDRESS_ROOM])
{
	if (inet_pton(AF_INET, name, to) == 1)
		return 4;
	return inet_pton(AF_INET6, name, to) == 1 ? ADDRESS_ROOM : 0;
}

static int add_name(gnutls_x509_crt_t crt, const char *name)
{
	uint8_t address[ADDRESS_ROOM];
	size_t size = address_of(name, address);

	if (size > 0)
		return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, address,
							    (unsigned)size, GNUTLS_FSAN_APPEND);
	return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, name,
						    (unsigned)strlen(name), GNUTLS_FSAN_APPEND);
}

int yg_cert_issue_server(struct yg_cert_ca *ca, struct yg_bytes key_pem, const char *const *names,
			 size_t count, int64_t now_ns, struct yg_buf *pem)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt = NULL;
	int code;
	int rc;

	if (!ca->key || count == 0 || count > YG_CERT_NAMES_MAX)
		return YG_EINVAL;
	rc = load_key(key_pem, &key);
	if (rc != YG_OK)
		return rc;
	code = gnutls_x509_crt_init(&crt);
	if (code >= 0)
		code = set_common(crt, "Yagura hub", now_ns, YG_CERT_SERVER_DAYS);
	if (code >= 0)
		code = gnutls_x509_crt_set_key(crt, key);
	for (size_t i = 0; i < count && code >= 0; i++)
		code = add_name(crt, names[i]);
	if (code >= 0)
		code = finish(ca, crt, GNUTLS_KP_TLS_WWW_SERVER);
	rc = code < 0 ? error_of(code) : export_cert(crt, pem);
	if (crt)
		gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
	return rc;
}

/* Signed by @ca? Times are for the caller, who knows what time it is. */
static bool is_issued_by(struct yg_cert_ca *ca, gnutls_x509_crt_t crt)
{
	unsigned status = GNUTLS_CERT_INVALID;
	int code = gnutls_x509_crt_verify(crt, &ca->crt, 1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS,
					  &status);

	return code >= 0 && status == 0;
}

bool yg_cert_server_fits(struct yg_cert_ca *ca, struct yg_bytes pem, const char *const *names,
			 size_t count, int64_t now_ns, int64_t until_ns)
{
	gnutls_x509_crt_t crt;
	bool fits;

	if (load_cert(pem, GNUTLS_X509_FMT_PEM, &crt) != YG_OK)
		return false;
	fits = is_issued_by(ca, crt) &&
	       gnutls_x509_crt_get_activation_time(crt) <= (time_t)(now_ns / YG_NS_PER_S) &&
	       gnutls_x509_crt_get_expiration_time(crt) >= (time_t)(until_ns / YG_NS_PER_S);
	for (size_t i = 0; i < count && fits; i++)
		fits = gnutls_x509_crt_check_hostname(crt, names[i]) != 0;
	gnutls_x509_crt_deinit(crt);
	return fits;
}

/* A request over a P-256 key that proves to have it. */
static int load_request(struct yg_bytes pem, gnutls_x509_crq_t *ret)
{
	gnutls_datum_t text = datum(pem);
	gnutls_x509_crq_t crq;
	unsigned bits = 0;
	int code = gnutls_x509_crq_init(&crq);

	if (code < 0)
		return error_of(code);
	code = pem.size > YG_CERT_PEM_MAX ? GNUTLS_E_ASN1_DER_ERROR
					  : gnutls_x509_crq_import(crq, &text, GNUTLS_X509_FMT_PEM);
	if (code >= 0 &&
	    (gnutls_x509_crq_get_pk_algorithm(crq, &bits) != GNUTLS_PK_ECDSA || bits != 256))
		code = GNUTLS_E_ASN1_DER_ERROR;
	if (code >= 0)
		code = gnutls_x509_crq_verify(crq, 0);
	if (code < 0)
		gnutls_x509_crq_deinit(crq);
	else
		*ret = crq;
	return error_of(code);
}

/* Times and fingerprint as they stand in what was made or shown. */
static int describe(gnutls_x509_crt_t crt, struct yg_cert_peer *peer)
{
	size_t size = sizeof(peer->fingerprint);
	int code =
		gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, peer->fingerprint, &size);

	peer->from_ns = (int64_t)gnutls_x509_crt_get_activation_time(crt) * YG_NS_PER_S;
	peer->until_ns = (int64_t)gnutls_x509_crt_get_expiration_time(crt) * YG_NS_PER_S;
	return code;
}

/* Nothing but the key goes over from a request: who it is for is not the requester's to say. */
static int set_key_of(gnutls_x509_crt_t crt, gnutls_x509_crq_t crq)
{
	gnutls_pubkey_t key;
	int code = gnutls_pubkey_init(&key);

	if (code < 0)
		return code;
	code = gnutls_pubkey_import_x509_crq(key, crq, 0);
	if (code >= 0)
		code = gnutls_x509_crt_set_pubkey(crt, key);
	gnutls_pubkey_deinit(key);
	return code;
}

int yg_cert_issue_sensor(struct yg_cert_ca *ca, struct yg_bytes csr, int64_t now_ns,
			 struct yg_cert_peer *peer, struct yg_buf *pem)
{
	gnutls_x509_crt_t crt = NULL;
	gnutls_x509_crq_t crq;
	int code;
	int rc;

	if (!ca->key || !yg_wire_is_id(yg_bytes_str(peer->sensor)) ||
	    !yg_wire_is_id(yg_bytes_str(peer->organisation)))
		return YG_EINVAL;
	rc = load_request(csr, &crq);
	if (rc != YG_OK)
		return rc;
	code = gnutls_x509_crt_init(&crt);
	if (code >= 0)
		code = set_common(crt, peer->sensor, now_ns, YG_CERT_SENSOR_DAYS);
	if (code >= 0)
		code = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0,
						     peer->organisation,
						     (unsigned)strlen(peer->organisation));
	if (code >= 0)
		code = set_key_of(crt, crq);
	if (code >= 0)
		code = finish(ca, crt, GNUTLS_KP_TLS_WWW_CLIENT);
	if (code >= 0)
		code = describe(crt, peer);
	rc = code < 0 ? error_of(code) : export_cert(crt, pem);
	if (crt)
		gnutls_x509_crt_deinit(crt);
	gnutls_x509_crq_deinit(crq);
	return rc;
}

/* ---- checking ---- */

/* One name of the subject, which must be an id. */
static bool get_name(gnutls_x509_crt_t crt, const char *oid, char to[YG_WIRE_ID_MAX + 1])
{
	char text[YG_WIRE_ID_MAX + 1];
	size_t size = sizeof(text);

	if (gnutls_x509_crt_get_dn_by_oid(crt, oid, 0, 0, text, &size) < 0)
		return false;
	if (size >= sizeof(text) || !yg_wire_is_id((struct yg_bytes){(const uint8_t *)text, size}))
		return false;
	memcpy(to, text, size);
	to[size] = '\0';
	return true;
}

static bool is_for_clients(gnutls_x509_crt_t crt)
{
	char oid[64];
	size_t size = sizeof(oid);

	return gnutls_x509_crt_get_key_purpose_oid(crt, 0, oid, &size, NULL) >= 0 &&
	       strcmp(oid, GNUTLS_KP_TLS_WWW_CLIENT) == 0;
}

int yg_cert_check(struct yg_cert_ca *ca, struct yg_bytes der, struct yg_cert_peer *ret)
{
	struct yg_cert_peer peer = {0};
	gnutls_x509_crt_t crt;
	int rc = load_cert(der, GNUTLS_X509_FMT_DER, &crt);

	if (rc != YG_OK)
		return rc;
	if (!is_issued_by(ca, crt) || !is_for_clients(crt) ||
	    !get_name(crt, GNUTLS_OID_X520_COMMON_NAME, peer.sensor) ||
	    !get_name(crt, GNUTLS_OID_X520_ORGANIZATION_NAME, peer.organisation))
		rc = YG_EACCES;
	if (rc == YG_OK)
		rc = error_of(describe(crt, &peer));
	gnutls_x509_crt_deinit(crt);
	if (rc == YG_OK)
		*ret = peer;
	return rc;
}

int yg_cert_times(struct yg_bytes pem, int64_t *ret_from_ns, int64_t *ret_until_ns)
{
	static const struct yg_bytes mark = {(const uint8_t *)"-----BEGIN CERTIFICATE", 22};
	size_t at = yg_bytes_find(pem, mark);
	gnutls_x509_crt_t crt;
	int rc;

	if (at == SIZE_MAX)
		return YG_EFORMAT;
	rc = load_cert(yg_bytes_from(pem, at), GNUTLS_X509_FMT_PEM, &crt);
	if (rc != YG_OK)
		return rc;
	*ret_from_ns = (int64_t)gnutls_x509_crt_get_activation_time(crt) * YG_NS_PER_S;
	*ret_until_ns = (int64_t)gnutls_x509_crt_get_expiration_time(crt) * YG_NS_PER_S;
	gnutls_x509_crt_deinit(crt);
	return YG_OK;
}
