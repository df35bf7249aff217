/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_tree.h - what the hub's operations on provisions are lent (access/api.h): a table of the
 * tree as share/ reads it, and receipts on paper as render/ writes them.
 *
 * Thread-safe. Tests: tests/e2e/hub_provisions.py
 */
#pragma once

#include "access/api.h"

#define YG_HUB_TREE_FAULTS_MAX 200u /* told one by one; the others are counted */

/* The ports `tree` and `receipts`; @arg is not looked at. */
YG_MUST_USE int yg_hub_tree_read(void *arg, struct yg_bytes table, enum yg_lang lang, json_t **ret);
void yg_hub_tree_receipts(void *arg, const json_t *paper, enum yg_lang lang, struct yg_buf *to);
