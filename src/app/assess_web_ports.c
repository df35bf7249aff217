/* SPDX-License-Identifier: Apache-2.0 */
/* What the API of an assessment borrows from render/ and from the parts that make papers. */
#include "app/assess-int.h"
#include "assess/report.h"
#include "assess/statement.h"
#include "render/assess.h"

#include "base/ban.h"

static int report(void *arg, struct yg_assess *assess, const struct yg_assess_report_ask *ask,
		  struct yg_buf *to, struct yg_line_fault *reterr)
{
	const struct yg_assess_run *run = arg;
	enum yg_report_kind kind;
	json_t *tree = NULL;
	int rc;

	if (!yg_report_kind_by_name(ask->report, &kind))
		return YG_ENOENT;
	if (ask->since != YG_DAY_NONE && ask->since >= yg_assess_today(assess))
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "bad-day: since must be a day before today");
	rc = yg_assess_report(assess, kind, ask->lang, ask->since, run->ports.zone_s, &tree);
	if (rc != YG_OK)
		return rc;
	if (ask->format == YG_ASSESS_JSON)
		rc = yg_json_canonical(tree, to);
	else if (ask->format == YG_ASSESS_CSV)
		yg_assess_csv(to, tree, ask->lang);
	else
		yg_assess_page(to, tree, ask->lang);
	json_decref(tree);
	return rc;
}

/* Unsigned, for reading: nothing is kept of it. */
static int statement(void *arg, struct yg_assess *assess, struct yg_buf *to,
		     struct yg_line_fault *reterr)
{
	const struct yg_assess_run *run = arg;
	json_t *tree = NULL;
	int rc = yg_assess_statement(assess, NULL, YG_VERSION, run->ports.zone_s, &tree, reterr);

	if (rc == YG_OK)
		rc = yg_json_canonical(tree, to);
	json_decref(tree);
	return rc;
}

void yg_assess_web_ports(struct yg_assess_run *run, struct yg_assess_api_ports *to)
{
	*to = (struct yg_assess_api_ports){
		.assess = &run->ports,
		.arg = run,
		.report = report,
		.statement = statement,
	};
}
