/* SPDX-License-Identifier: Apache-2.0 */
/* Operations whose work is done by other folders (assess/api_ports.h). */
#include "assess/api-int.h"

#include "base/ban.h"

#define SOURCE_MAX 400u /* bytes */

static int read_day(struct yg_api_call *call, const char *name, int32_t otherwise, int32_t *ret)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes text = yg_api_query(call, name, mem);

	*ret = text.size > 0 ? yg_day_read(text) : otherwise;
	if (text.size > 0 && *ret == YG_DAY_NONE)
		return yg_line_fault_set(&call->fault, YG_EINVAL, 0,
					 "bad-day: %s is no day (2026-11-25)", name);
	return YG_OK;
}

static int read_format(struct yg_api_call *call, enum yg_assess_format *ret)
{
	static const char *const names[] = {"html", "csv", "json"};
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes text = yg_api_query(call, "format", mem);

	*ret = YG_ASSESS_HTML;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (yg_bytes_eq(text, yg_bytes_str(names[i]))) {
			*ret = (enum yg_assess_format)i;
			return YG_OK;
		}
	return text.size == 0 ? YG_OK
			      : yg_line_fault_set(&call->fault, YG_EINVAL, 0,
						  "bad-request: format must be html, csv or json");
}

int yg_api_report(struct yg_api_call *call)
{
	static const char *const names[] = {"ciso", "management", "gaps", "progress", "expert"};
	static const char *const types[] = {"text/html; charset=utf-8", "text/csv; charset=utf-8",
					    "application/json"};
	struct yg_assess_report_ask ask = {.report = call->request->parts[1],
					   .lang = call->request->lang};
	unsigned i = 0;
	int rc = read_format(call, &ask.format);

	while (i < sizeof(names) / sizeof(names[0]) &&
	       !yg_bytes_eq(ask.report, yg_bytes_str(names[i])))
		i++;
	if (rc == YG_OK && i == sizeof(names) / sizeof(names[0]))
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = read_day(call, "since", YG_DAY_NONE, &ask.since);
	if (rc != YG_OK)
		return rc;
	call->reply->content_type = types[ask.format];
	if (ask.format == YG_ASSESS_CSV)
		(void)snprintf(call->reply->file_name, sizeof(call->reply->file_name),
			       "yagura-%s.csv", names[i]);
	return call->ports->report(call->ports->arg, call->assess, &ask, &call->reply->body,
				   &call->fault);
}

int yg_api_statement(struct yg_api_call *call)
{
	int rc = call->ports->statement(call->ports->arg, call->assess, &call->reply->body,
					&call->fault);

	if (rc == YG_EUNSUPPORTED)
		return yg_line_fault_set(&call->fault, YG_EUNSUPPORTED, 0,
					 "practice: a statement needs the official wording");
	if (rc == YG_EINVAL && call->fault.msg[0]) {
		struct yg_line_fault fault = call->fault;

		return yg_line_fault_set(&call->fault, YG_EINVAL, 0, "not-now: %s", fault.msg);
	}
	return rc;
}

int yg_api_templates(struct yg_api_call *call)
{
	json_t *list = NULL;
	int rc = call->ports->templates(call->ports->arg, call->access, call->request->lang, &list);

	return yg_api_list(call, rc, list, "name");
}

int yg_api_template_file(struct yg_api_call *call)
{
	call->reply->content_type = "application/octet-stream";
	return call->ports->template_file(call->ports->arg, call->request->parts[0],
					  call->request->lang, &call->reply->body,
					  call->reply->file_name);
}

int yg_api_facts(struct yg_api_call *call)
{
	json_t *list = NULL;
	int rc = call->ports->facts(call->ports->arg, call->assess, call->request->lang, &list);

	return yg_api_list(call, rc, list, "table");
}

int yg_api_put_facts(struct yg_api_call *call)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_assess_facts_in in = {
		.table = call->request->parts[1],
		.bytes = call->request->body,
		.file_name = call->request->file_name,
		.source = yg_api_query(call, "source", mem),
		.lang = call->request->lang,
	};
	json_t *object = NULL;
	int rc = read_day(call, "date", yg_assess_today(call->assess), &in.day);

	if (rc == YG_OK && in.source.size > SOURCE_MAX)
		rc = yg_line_fault_set(&call->fault, YG_EINVAL, 0,
				       "bad-request: source is longer than %u bytes", SOURCE_MAX);
	if (rc == YG_OK && in.day > yg_assess_today(call->assess))
		rc = yg_line_fault_set(&call->fault, YG_EINVAL, 0,
				       "future-day: the list is of a day in the future");
	if (rc == YG_OK)
		rc = call->ports->put_facts(call->ports->arg, call->assess, &in, &object,
					    &call->fault);
	return yg_api_object(call, rc, object, 200);
}
