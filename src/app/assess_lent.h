/* SPDX-License-Identifier: Apache-2.0 */
/* app/assess_lent.h - what the API of an assessment borrows: papers, statements, templates, lists.
 */
#pragma once

#include "app/assess-int.h"
#include "assess/api_ports.h"

/* Fill @to for @run, which must outlive the API. */
void yg_assess_lend_api(struct yg_assess_run *run, struct yg_assess_api_ports *to);
