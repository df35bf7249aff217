/* SPDX-License-Identifier: Apache-2.0 */
#include "app/assess_lent.h"

#include "app/assess_facts.h"
#include "app/assess_templates.h"
#include "assess/report.h"
#include "assess/statement.h"
#include "base/json.h"
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
		return yg_line_fault_set(reterr, YG_ENOENT, 0,
					 "not-found: there is no such report");
	if (ask->since != YG_DAY_NONE && ask->since >= yg_assess_today(assess))
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "bad-day: since must be a day before today");
	rc = yg_assess_report(assess, kind, ask->lang, ask->since, run->ports.zone_s, &tree);
	if (rc == YG_OK && ask->format == YG_ASSESS_JSON)
		rc = yg_json_canonical(tree, to);
	else if (rc == YG_OK && ask->format == YG_ASSESS_CSV)
		yg_assess_csv(to, tree, ask->lang);
	else if (rc == YG_OK)
		yg_assess_page(to, tree, ask->lang);
	json_decref(tree);
	return rc != YG_OK ? rc : yg_buf_error(to);
}

static int statement(void *arg, struct yg_assess *assess, struct yg_buf *to,
		     struct yg_line_fault *reterr)
{
	const struct yg_assess_run *run = arg;
	json_t *tree = NULL;
	int rc = yg_assess_statement(assess, NULL, YG_VERSION, run->ports.zone_s, &tree, reterr);

	if (rc == YG_EUNSUPPORTED)
		rc = yg_line_fault_set(reterr, YG_EUNSUPPORTED, 0,
				       "practice: a statement needs the official wording");
	if (rc == YG_OK)
		rc = yg_json_canonical(tree, to);
	json_decref(tree);
	return rc;
}

static int facts(void *arg, struct yg_assess *assess, enum yg_lang lang, json_t **ret)
{
	const struct yg_assess_run *run = arg;

	(void)assess; /* one file of facts for all assessments in the file */
	return yg_assess_facts_json(run->facts, lang, ret);
}

static int put_facts(void *arg, struct yg_assess *assess, const struct yg_assess_facts_in *in,
		     json_t **ret, struct yg_line_fault *reterr)
{
	const struct yg_assess_run *run = arg;

	if (!yg_access_may_write(yg_assess_access(assess), "facts"))
		return yg_line_fault_set(reterr, YG_EACCES, 0,
					 "not-allowed: only the firm itself brings in its lists");
	return yg_assess_facts_put(run->facts, in, ret, reterr);
}

void yg_assess_lend_api(struct yg_assess_run *run, struct yg_assess_api_ports *to)
{
	*to = (struct yg_assess_api_ports){
		.assess = &run->ports,
		.arg = run,
		.report = report,
		.statement = statement,
		.templates = yg_assess_templates,
		.template_file = yg_assess_template_file,
		.facts = facts,
		.put_facts = put_facts,
	};
}
