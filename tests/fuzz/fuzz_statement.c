/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: a verdict with a reason, or a statement whose parts are all there. */
#include <stdint.h>
#include <stdlib.h>

#include "assess/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_statement_verdict verdict;

	if (yg_statement_verify((struct yg_bytes){data, size}, NULL, 20782, &verdict) != YG_OK)
		return 0;
	if (verdict.is_valid != (verdict.reason == NULL) ||
	    verdict.is_valid != (verdict.statement != NULL) || verdict.is_signer_known)
		abort();
	if (verdict.is_valid &&
	    (strlen(verdict.key_id) != YG_SHA256_HEX || strlen(verdict.digest) != YG_SHA256_HEX))
		abort();
	yg_statement_verdict_done(&verdict);
	return 0;
}
