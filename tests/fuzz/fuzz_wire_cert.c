/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate or a request of somebody: nothing but a refusal comes of it. */
#include <assert.h>

#include "wire/cert.h"

#include "base/ban.h"

static struct yg_cert_ca *new_ca(void)
{
	struct yg_cert_ca *ca = NULL;
	struct yg_buf key;
	struct yg_buf pem;

	yg_buf_init(&key, YG_CERT_PEM_MAX);
	yg_buf_init(&pem, YG_CERT_PEM_MAX);
	assert(yg_cert_key_new(&key) == YG_OK);
	assert(yg_cert_ca_new(yg_buf_bytes(&key), "fuzz", 0, &pem) == YG_OK);
	assert(yg_cert_ca_load(yg_buf_bytes(&pem), yg_buf_bytes(&key), &ca) == YG_OK);
	yg_buf_done(&key);
	yg_buf_done(&pem);
	return ca;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct yg_cert_ca *ca;
	struct yg_cert_peer peer = {.organisation = "o", .sensor = "s"};
	struct yg_cert_peer found;
	struct yg_buf pem;

	if (!ca)
		ca = new_ca();
	yg_buf_init(&pem, YG_CERT_PEM_MAX);
	assert(yg_cert_check(ca, (struct yg_bytes){data, size}, &found) != YG_OK);
	if (yg_cert_issue_sensor(ca, (struct yg_bytes){data, size}, 0, &peer, &pem) == YG_OK)
		assert(pem.size > 0);
	yg_buf_done(&pem);
	return 0;
}
