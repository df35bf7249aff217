/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura assess report` and the exports in OSCAL: trees of assess/ as files. */
#include "app/assess-int.h"
#include "assess/oscal.h"
#include "assess/report.h"
#include "render/assess.h"

#include "base/ban.h"

#define REPORT_BYTES_MAX (64u << 20)

/* The days of --since, or YG_DAY_NONE without it; false when it is no day before today (said). */
static bool read_since(const struct yg_assess_run *run, int32_t *ret)
{
	const char *text = run->cli->since;

	*ret = YG_DAY_NONE;
	if (!text)
		return true;
	*ret = yg_day_read(yg_bytes_str(text));
	if (*ret != YG_DAY_NONE && *ret < yg_assess_today(run->assess))
		return true;
	yg_say(N_("--since %s: give a day before today, such as 2026-04-01"),
	       yg_say_safe(yg_bytes_str(text), 40));
	return false;
}

int yg_assess_cmd_report(struct yg_assess_run *run)
{
	const struct yg_assess_cli *cli = run->cli;
	enum yg_report_kind kind;
	json_t *report = NULL;
	struct yg_buf buf;
	int32_t since;
	int status;
	int rc;

	if (cli->arg_count != 1 || !yg_report_kind_by_name(yg_bytes_str(cli->args[0]), &kind)) {
		yg_say(N_("report: give ciso, management, gaps, progress or expert"));
		return YG_EXIT_FAILED;
	}
	if (!read_since(run, &since))
		return YG_EXIT_FAILED;
	rc = yg_assess_check_files(run);
	if (rc == YG_OK)
		rc = yg_assess_report(run->assess, kind, cli->lang, since, run->ports.zone_s,
				      &report);
	if (rc != YG_OK)
		return yg_assess_say_store(run, rc);
	if (cli->is_json)
		return yg_assess_write_json(cli->out, report);
	yg_buf_init(&buf, REPORT_BYTES_MAX);
	if (cli->is_csv)
		yg_assess_csv(&buf, report, cli->lang);
	else
		yg_assess_page(&buf, report, cli->lang);
	status = yg_assess_write_out(cli->out, &buf, 0600);
	yg_buf_done(&buf);
	json_decref(report);
	return status;
}

int yg_assess_cmd_oscal(struct yg_assess_run *run)
{
	static const char *const names[] = {[YG_OSCAL_CATALOG] = "oscal-catalog",
					    [YG_OSCAL_PROFILE] = "oscal-profile",
					    [YG_OSCAL_RESULTS] = "oscal-results"};
	const struct yg_assess_cli *cli = run->cli;
	json_t *tree = NULL;
	unsigned kind = 0;
	int rc;

	while (kind < sizeof(names) / sizeof(names[0]) && strcmp(cli->format, names[kind]) != 0)
		kind++;
	if (kind == sizeof(names) / sizeof(names[0])) {
		yg_say(N_("--format %s: give oscal-catalog, oscal-profile or oscal-results"),
		       yg_say_safe(yg_bytes_str(cli->format), 40));
		return YG_EXIT_FAILED;
	}
	rc = yg_assess_oscal(run->assess, (enum yg_oscal_kind)kind, cli->lang, run->ports.zone_s,
			     &tree);
	if (rc != YG_OK)
		return yg_assess_say_store(run, rc);
	return yg_assess_write_json(cli->out, tree);
}
