/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web/pem.h - do a certificate, its key and the authorities of others serve, before they are used?
 *
 * Layer:  web. Pure; any thread.
 * Tests:  tests/e2e/hub_config.py
 */
#pragma once

#include "base/bytes.h"

enum yg_web_pem {
	YG_WEB_PEM_GOOD,
	YG_WEB_PEM_CERTIFICATE, /* no PEM certificate is in it */
	YG_WEB_PEM_KEY,		/* no PEM key without a password */
	YG_WEB_PEM_PAIR,	/* the key is not the certificate's */
	YG_WEB_PEM_AUTHORITIES, /* no PEM certificate is in it */
	YG_WEB_PEM_NOMEM,
};

/* @authorities may be empty: none. The first that is wrong. */
enum yg_web_pem yg_web_pem_check(struct yg_bytes certificate, struct yg_bytes key,
				 struct yg_bytes authorities);

/* What is wrong, in English, for translation; NULL: nothing. */
const char *yg_web_pem_text(enum yg_web_pem pem);
