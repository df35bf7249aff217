/* SPDX-License-Identifier: Apache-2.0 */
/* A marking is loosened: by its owner, for one object, in the audit log. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/access-int.h"
#include "access/audit.h"
#include "access/gate-int.h"
#include "access/hub-int.h"
#include "base/alloc.h"
#include "base/crypt.h"
#include "model/notice.h"

#include "base/ban.h"

#define REASON_MAX 1000u

struct yg_loosening {
	char digest[YG_SHA256_HEX + 1]; /* of the object in canonical form */
	enum yg_tlp tlp;
	enum yg_pap pap;
};

static int digest_of(const json_t *object, char to[YG_SHA256_HEX + 1])
{
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, YG_NOTICE_BYTES_MAX);
	rc = yg_json_canonical(object, &text);
	if (rc == YG_OK)
		yg_sha256_hex(yg_buf_bytes(&text), to);
	yg_buf_done(&text);
	return rc;
}

bool yg_loosening_of(const struct yg_loosening *loosening, const json_t *object, enum yg_tlp *tlp,
		     enum yg_pap *pap)
{
	char digest[YG_SHA256_HEX + 1];

	if (digest_of(object, digest) != YG_OK || strcmp(digest, loosening->digest) != 0)
		return false;
	*tlp = loosening->tlp;
	*pap = loosening->pap == YG_PAP_NONE ? *pap : loosening->pap;
	return true;
}

struct yg_loosening *yg_loosening_free(struct yg_loosening *loosening)
{
	free(loosening);
	return NULL;
}

/* Is @tlp (@pap) less than what stands on @object, and neither of them more? */
static bool is_looser(const json_t *object, enum yg_tlp tlp, enum yg_pap pap)
{
	enum yg_tlp old_tlp = YG_TLP_NONE;
	enum yg_pap old_pap = YG_PAP_NONE;

	(void)yg_tlp_by_name(yg_json_text(object, "tlp"), &old_tlp); /* none: as RED */
	(void)yg_pap_by_name(yg_json_text(object, "pap"), &old_pap);
	old_tlp = old_tlp == YG_TLP_NONE ? YG_TLP_RED : old_tlp;
	old_pap = old_pap == YG_PAP_NONE ? YG_PAP_RED : old_pap;
	return tlp != YG_TLP_NONE && tlp <= old_tlp && pap <= old_pap &&
	       (tlp < old_tlp || (pap != YG_PAP_NONE && pap < old_pap));
}

/* The one that was hit, and nobody else: no hub, no provider for itself. */
static bool is_owner(const struct yg_access *by, const json_t *object)
{
	struct yg_bytes id = yg_json_text(json_object_get(object, "victim"), "id");

	return id.size > 0 && yg_bytes_eq(id, yg_bytes_str(by->org));
}

static const char *word_of(const json_t *object, const char *key)
{
	const char *word = json_string_value(json_object_get(object, key));

	return word ? word : "none";
}

int yg_gate_loosen(struct yg_access *by, const json_t *object, enum yg_tlp tlp, enum yg_pap pap,
		   const char *reason, struct yg_loosening **ret)
{
	struct yg_loosening made = {.tlp = tlp, .pap = pap};
	struct yg_hub_access *hub;
	char detail[YG_AUDIT_DETAIL_MAX];
	int rc = yg_hub_require(by, YG_MAY_write_consent, &hub);

	if (rc != YG_OK)
		return rc;
	if (!is_owner(by, object))
		return YG_EACCES;
	if (!is_looser(object, tlp, pap) || !reason || !yg_hub_is_text(reason, REASON_MAX))
		return YG_EINVAL;
	rc = digest_of(object, made.digest);
	if (rc != YG_OK)
		return rc;
	(void)snprintf(detail, sizeof(detail), "tlp %.20s -> %s, pap %.20s -> %s: %s",
		       word_of(object, "tlp"), yg_tlp_name(tlp), word_of(object, "pap"),
		       pap == YG_PAP_NONE ? "as it is" : yg_pap_name(pap), reason);
	*ret = yg_calloc(1, sizeof(made));
	if (!*ret)
		return YG_ENOMEM;
	rc = yg_audit_add(hub, by->actor, by->org, "marking.loosen", made.digest, detail);
	if (rc != YG_OK) {
		*ret = yg_loosening_free(*ret);
		return rc;
	}
	**ret = made;
	return YG_OK;
}
