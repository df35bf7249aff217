/* SPDX-License-Identifier: Apache-2.0 */
#include "web/pem.h"

#include <gnutls/gnutls.h>

#include "base/tr.h"

#include "base/ban.h"

static gnutls_datum_t datum(struct yg_bytes b)
{
	return (gnutls_datum_t){(unsigned char *)(uintptr_t)b.data, (unsigned)b.size};
}

static bool is_certificates(gnutls_certificate_credentials_t with, struct yg_bytes pem)
{
	gnutls_datum_t text = datum(pem);

	return gnutls_certificate_set_x509_trust_mem(with, &text, GNUTLS_X509_FMT_PEM) > 0;
}

static enum yg_web_pem check(gnutls_certificate_credentials_t with, struct yg_bytes certificate,
			     struct yg_bytes key, struct yg_bytes authorities)
{
	gnutls_datum_t texts[] = {datum(certificate), datum(key)};
	int code;

	if (!is_certificates(with, certificate))
		return YG_WEB_PEM_CERTIFICATE;
	code = gnutls_certificate_set_x509_key_mem(with, &texts[0], &texts[1], GNUTLS_X509_FMT_PEM);
	if (code == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
		return YG_WEB_PEM_PAIR;
	if (code < 0)
		return YG_WEB_PEM_KEY;
	if (authorities.size > 0 && !is_certificates(with, authorities))
		return YG_WEB_PEM_AUTHORITIES;
	return YG_WEB_PEM_GOOD;
}

enum yg_web_pem yg_web_pem_check(struct yg_bytes certificate, struct yg_bytes key,
				 struct yg_bytes authorities)
{
	gnutls_certificate_credentials_t with;
	enum yg_web_pem found;

	if (gnutls_certificate_allocate_credentials(&with) < 0)
		return YG_WEB_PEM_NOMEM;
	found = check(with, certificate, key, authorities);
	gnutls_certificate_free_credentials(with);
	return found;
}

const char *yg_web_pem_text(enum yg_web_pem pem)
{
	static const char *const texts[] = {
		[YG_WEB_PEM_CERTIFICATE] = N_("there is no certificate in PEM in it"),
		[YG_WEB_PEM_KEY] =
			N_("there is no key in PEM in it that can be used without a password"),
		[YG_WEB_PEM_PAIR] = N_("the key is not the certificate's"),
		[YG_WEB_PEM_AUTHORITIES] = N_("there is no certificate in PEM in it"),
		[YG_WEB_PEM_NOMEM] = N_("out of memory"),
	};

	return texts[pem];
}
