/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/provisions.h - provisions (情報提供) and receipt drills (疎通確認訓練) at a hub: down the
 * tree of ministries, secretariats and operators, with the receipts of warnings.
 *
 *   tree ─► plan of warnings (draft) ─ a person approves ─► ministries: released
 *           (access/warnings.h)                             the others: "waits"
 *                                                             └ the one above has it ─► released
 *
 * The plan, its copies by the gate, the channels, reminders and receipts are those of warnings;
 * what is added is who goes after whom. In normal mode a recipient is released when the warning of
 * the one above is delivered; in large-scale mode all are at once. A person can go around those
 * that do not get it, or stop it; after a day without receipt (or what was said) nothing goes on by
 * itself, and nobody is reminded. A branch begins at one organisation, as if it stood on top.
 *
 * Kept under "hub.warn" beside the rest: kinds tree (ORG: stage, parent) and flow (PLAN: a plan on
 * its way down). One thread at a time.
 * Source: DOMAIN 4. Tests: tests/unit/access/test_provisions.c, tests/e2e/hub_provisions.py
 */
#pragma once

#include "access/warnings.h"

#define YG_PROVISION_NODES_MAX	 20000u
#define YG_PROVISION_FLOWS_MAX	 500u	     /* drafts, and what is on its way */
#define YG_PROVISION_LOST_S	 (24 * 3600) /* then what still waits is not reached */
#define YG_PROVISION_WAIT_MIN_S	 30	     /* the same, where somebody says */
#define YG_PROVISION_WAIT_MAX_S	 (7 * 24 * 3600)
#define YG_PROVISION_CHANGES_MAX 500u /* of a table that are told one by one */

/* @by: read_warnings at the hub. {"org","stage","parent"} by org after @after. */
YG_MUST_USE int yg_provision_tree(struct yg_access *by, const char *after, uint32_t limit,
				  yg_warn_fn fn, void *arg);
/*
 * @by: write_warnings at the hub. @stage "ministry", "secretariat", "operator"; "": out of the
 * tree.
 * @parent stands in the tree, of the stage above; "" for a ministry. YG_OK; YG_ENOENT: there is no
 * such open organisation; YG_EINVAL: no stage, or a parent that is not of the stage above;
 * YG_EMISMATCH: somebody stands below it; YG_ELIMIT.
 */
YG_MUST_USE int yg_provision_place(struct yg_access *by, const char *org, const char *stage,
				   const char *parent);
/* One of them. YG_OK, YG_ENOENT. */
YG_MUST_USE int yg_provision_node(struct yg_access *by, const char *org, json_t **ret);

struct yg_provision_wish {
	json_t *notice;	   /* model/notice.h, without number and time; changed. NULL: a drill */
	const json_t *own; /* access/gate.h; NULL: nobody was hit */
	enum yg_audience audience;
	bool is_announced; /* of a drill */
	bool is_large_scale;
	const char *branch; /* to this one and all below it; NULL or "": to the whole tree */
	int64_t wait_s;	    /* for receipts; 0: YG_PROVISION_LOST_S */
	struct yg_warn_times times;
};
/*
 * @by: write_warnings at the hub. A draft: yg_warn_approve() sends it. YG_OK; YG_ENOENT: the tree
 * is empty; YG_EINVAL: no notice, or another time to wait; YG_EMISMATCH: the branch is not in the
 * tree; YG_ELIMIT: too many are on their way, or wait for a decision;
 * YG_EACCES: the gate lets nothing of it leave, *ret_why (untranslated) says why.
 */
YG_MUST_USE int yg_provision_make(struct yg_access *by, const struct yg_provision_wish *wish,
				  char ret[YG_WARN_PLAN_HEX + 1], const char **ret_why);
/* @by: read_warnings at the hub. Receipts and causes at each stage, contacts to correct
 * (docs/drill.md). YG_OK; YG_ENOENT: no plan of this kind. */
YG_MUST_USE int yg_provision_get(struct yg_access *by, const char *plan, json_t **ret);
/* @by: write_warnings at the hub, a person. What waits goes out all the same. YG_OK, YG_ENOENT,
 * YG_EACCES; YG_EMISMATCH: it is not on its way. */
YG_MUST_USE int yg_provision_around(struct yg_access *by, const char *plan);

/* @by: as above. Nobody else is sent to. YG_OK, YG_ENOENT, YG_EACCES; YG_EMISMATCH: it is not on
 * its way, or over. */
YG_MUST_USE int yg_provision_stop(struct yg_access *by, const char *plan);
/* @by: read_warnings at the hub. Newest first after @after (""), without counts: "provision",
 * "drill" or both (""). Cost: O(plans). */
YG_MUST_USE int yg_provision_list(struct yg_access *by, const char *kind, const char *after,
				  uint32_t limit, yg_warn_fn fn, void *arg);
/* The same as yg_provision_get(), in the form of a result on paper (render/drill.h), with names and
 * contacts as they are now. */
YG_MUST_USE int yg_provision_paper(struct yg_access *by, const char *plan, json_t **ret);
/* Does nothing go on with this plan by itself, nor anybody get reminded? No plan of this kind:
 * false. */
bool yg_provision_is_over(const json_t *plan, int64_t now_ns);

/* ---- a table, and contacts: provisions_table.c ---- */

/*
 * @by: write_warnings at the hub, a person. @nodes: [{"line","id","stage","parent","channel",
 * "address"}], a whole tree, checked (share/tree.h). With @is_check nothing is changed. The tree is
 * as in the table then: who is not in it stands nowhere. A mail address becomes the contact; an
 * empty one, and a webhook, leave it as it is. All or nothing. *ret, owned: {"nodes","added",
 * "moved","removed","contacts","changes":[{"org","what","before","after"}],"faults":[{"line",
 * "column","cause"}]}; with faults nothing is changed. YG_OK, YG_EACCES, YG_ELIMIT.
 */
YG_MUST_USE int yg_provision_table(struct yg_access *by, const json_t *nodes, bool is_check,
				   json_t **ret);
/*
 * @by: as above. Whom to reach at @org, which stands in the tree: a drill found it wrong. @mail and
 * @phone may be empty. It counts as not tried. YG_OK, YG_ENOENT, YG_EACCES; YG_EINVAL: no mail
 * address, or no text.
 */
YG_MUST_USE int yg_provision_contact(struct yg_access *by, const char *org, const char *mail,
				     const char *phone);

/* The hub itself: who is due now goes out. Cost: O(warnings of plans on their way). */
YG_MUST_USE int yg_provision_tick(struct yg_hub_access *hub, int64_t now_ns);
