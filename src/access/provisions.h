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
 * that do not get it; after a day without receipt nothing goes on by itself.
 *
 * Kept under "hub.warn" beside the rest: kinds tree (ORG: stage, parent) and flow (PLAN: a plan on
 * its way down). One thread at a time.
 * Source: DOMAIN 4. Tests: tests/unit/access/test_provisions.c, tests/e2e/hub_provisions.py
 */
#pragma once

#include "access/warnings.h"

#define YG_PROVISION_NODES_MAX 20000u
#define YG_PROVISION_FLOWS_MAX 500u	   /* drafts, and what is on its way */
#define YG_PROVISION_LOST_S    (24 * 3600) /* then what still waits is not reached */

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
	struct yg_warn_times times;
};
/*
 * @by: write_warnings at the hub. A draft: yg_warn_approve() sends it. YG_OK; YG_ENOENT: the tree
 * is empty; YG_EINVAL: no notice; YG_ELIMIT: too many are on their way, or wait for a decision;
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

/* The hub itself: who is due now goes out. Cost: O(warnings of plans on their way). */
YG_MUST_USE int yg_provision_tick(struct yg_hub_access *hub, int64_t now_ns);
