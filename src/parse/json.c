/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/json.h"

#include "parse/address.h"
#include "parse/auditd.h"
#include "parse/auth.h"
#include "parse/columns.h"
#include "parse/described.h"
#include "parse/format-int.h"
#include "parse/json-int.h"
#include "parse/plain.h"
#include "parse/products.h"
#include "parse/record.h"
#include "parse/syslog.h"
#include "parse/times.h"
#include "parse/web.h"

#include "base/ban.h"

#define ECS_HINTS_MIN	     2u
#define CONTAINER_FIELDS_MAX 6u

void yg_json_note(struct yg_json_facts *facts, struct yg_event *event,
		  const struct yg_json_node *node)
{
	uint32_t index = event->field_count - 1;
	struct yg_bytes text = event->fields[index].text;

	facts->has_windows |= node->is_windows;
	if (node->alias[0] && facts->alias_count < YG_JSON_ALIASES_MAX) {
		facts->alias[facts->alias_count].field = index;
		facts->alias[facts->alias_count].id[0] = node->alias[0];
		facts->alias[facts->alias_count].id[1] = node->alias[1];
		facts->alias_count++;
	}
	if (node->role == YG_ROLE_NONE || text.size == 0)
		return;
	if (node->role == YG_ROLE_ECS_HINT && facts->ecs_hints < UINT8_MAX)
		facts->ecs_hints++;
	if (facts->at[node->role] && facts->rank[node->role] <= node->rank)
		return;
	if (event->fields[index].is_utf16)
		text = yg_event_text(event, &event->fields[index]);
	if (node->role == YG_ROLE_ADDRESS && !yg_address_in(text, NULL, NULL))
		return;
	facts->at[node->role] = index + 1;
	facts->rank[node->role] = node->rank;
}

struct yg_field *yg_json_role(struct yg_event *event, const struct yg_json_facts *facts,
			      enum yg_json_role role)
{
	return facts->at[role] ? &event->fields[facts->at[role] - 1] : NULL;
}

struct yg_bytes yg_json_role_text(struct yg_event *event, const struct yg_json_facts *facts,
				  enum yg_json_role role)
{
	struct yg_field *field = yg_json_role(event, facts, role);

	return field ? yg_event_text(event, field) : (struct yg_bytes){0};
}

int yg_json_derive(struct yg_event *event, uint32_t name_id, struct yg_bytes text,
		   enum yg_value_kind kind)
{
	if (text.size == 0 || yg_event_find(event, name_id))
		return YG_OK;
	return yg_event_derive(event, name_id, text, kind);
}

/* Everything else: who it came from is all that can be said. */
static int finish_other(struct yg_event *event, const struct yg_json_facts *facts)
{
	struct yg_bytes address;

	if (!yg_address_in(yg_json_role_text(event, facts, YG_ROLE_ADDRESS), &address, NULL))
		return YG_OK;
	return yg_json_derive(event, YG_F_src_ip, address, YG_VALUE_TEXT);
}

static struct yg_bytes text_of(struct yg_event *event, struct yg_bytes name)
{
	for (uint32_t i = 0; i < event->field_count; i++)
		if (yg_bytes_eq(event->fields[i].name, name))
			return yg_event_text(event, &event->fields[i]);
	return (struct yg_bytes){0};
}

/* @text with the bytes behind it that readers may look at. */
static int padded_copy(struct yg_event *event, struct yg_bytes text, struct yg_bytes *ret)
{
	uint8_t *to = yg_arena_zalloc(event->arena, text.size + YG_PARSE_PADDING);

	if (!to)
		return YG_ENOMEM;
	if (text.size > 0)
		memcpy(to, text.data, text.size);
	*ret = (struct yg_bytes){to, text.size};
	return YG_OK;
}

/* An entry of the journal (journalctl -o json) is a line of a system log. */
static int add_journal(struct yg_parser_int *ctx, struct yg_event *event)
{
	static const struct {
		uint32_t name_id;
		const char *name;
	} names[] = {
		{YG_F_hostname, "_HOSTNAME"},
		{YG_F_program, "SYSLOG_IDENTIFIER"},
		{YG_F_pid, "_PID"},
		{YG_F_message, "MESSAGE"},
	};
	struct yg_bytes message;
	int rc = YG_OK;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && rc == YG_OK; i++) {
		struct yg_bytes text = text_of(event, yg_bytes_str(names[i].name));

		if (text.size > 0)
			rc = yg_event_add_id(event, names[i].name_id, text, YG_VALUE_TEXT);
	}
	if (rc == YG_OK)
		rc = padded_copy(event, yg_event_get(event, YG_F_message), &message);
	return rc == YG_OK ? yg_syslog_read_entry(ctx, yg_event_get(event, YG_F_program), message,
						  event)
			   : rc;
}

int yg_json_finish(enum yg_format format, struct yg_event *event, struct yg_json_facts *facts)
{
	switch (format) {
	case YG_FORMAT_WINDOWS:
	case YG_FORMAT_EVTX:
		return yg_windows_finish(event, facts);
	case YG_FORMAT_ECS:
		return yg_ecs_finish(event, facts);
	case YG_FORMAT_NGINX_JSON:
		return yg_web_derive(event);
	case YG_FORMAT_SYSLOG:
		return yg_syslog_finish(event);
	case YG_FORMAT_SURICATA:
		return yg_suricata_finish(event);
	case YG_FORMAT_ZEEK:
		return yg_zeek_finish(event);
	case YG_FORMAT_CLOUDTRAIL:
		return yg_cloudtrail_finish(event);
	case YG_FORMAT_AUDITD:
		return yg_auditd_finish(event);
	default:
		return finish_other(event, facts);
	}
}

static enum yg_format format_of(struct yg_event *event, const struct yg_json_facts *facts)
{
	enum yg_format product;

	if (yg_windows_fits(event, facts))
		return YG_FORMAT_WINDOWS;
	product = yg_product_of(event);
	if (product != YG_FORMAT_UNKNOWN)
		return product;
	if (yg_nginx_json_fits(event, facts))
		return YG_FORMAT_NGINX_JSON;
	if (facts->at[YG_ROLE_ECS] || facts->ecs_hints >= ECS_HINTS_MIN)
		return YG_FORMAT_ECS;
	if (text_of(event, YG_S("SYSLOG_IDENTIFIER")).size > 0 &&
	    text_of(event, YG_S("MESSAGE")).size > 0)
		return YG_FORMAT_SYSLOG;
	return YG_FORMAT_JSON;
}

/* Is an object of @got what was asked for? */
static bool is_wanted(enum yg_format wanted, enum yg_format got)
{
	return wanted == YG_FORMAT_UNKNOWN || wanted == YG_FORMAT_JSON || wanted == got ||
	       (wanted == YG_FORMAT_ECS && got != YG_FORMAT_JSON) ||
	       yg_format_family(wanted) == YG_FAMILY_SYSLOG;
}

static bool has_name(struct yg_event *event, struct yg_bytes name)
{
	return text_of(event, name).size > 0;
}

/* Our own record form is parse/record.c's, also where JSON is expected. */
static bool is_record(struct yg_bytes record, struct yg_event *event)
{
	return yg_record_fits(record) && has_name(event, YG_S("format")) &&
	       has_name(event, YG_S("source")) && has_name(event, YG_S("position"));
}

/*
 * {"log":"…\n","stream":"stdout","time":"…"}: a line of a container, as container engines keep it.
 * The line is what counts. YG_EMISMATCH: it is just text.
 */
static int read_container(struct yg_parser_int *ctx, struct yg_event *event)
{
	struct yg_bytes line = {0};
	int rc;

	if (event->field_count > CONTAINER_FIELDS_MAX || !has_name(event, YG_S("stream")) ||
	    !has_name(event, YG_S("time")))
		return YG_EMISMATCH;
	for (uint32_t i = 0; i < event->field_count; i++)
		if (yg_bytes_eq(event->fields[i].name, YG_S("log")))
			line = yg_bytes_trim(yg_event_text(event, &event->fields[i]));
	if (line.size == 0)
		return YG_EMISMATCH;
	rc = padded_copy(event, line, &line);
	if (rc == YG_OK)
		rc = yg_syslog_read_message(ctx, line, event);
	return rc == YG_EMISMATCH ? yg_read_carried(ctx, line, true, event) : rc;
}

int yg_json_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		 struct yg_fault *reterr)
{
	int rc = yg_json_read_inner(ctx, record, event, reterr);

	if (rc != YG_OK || event->format != YG_FORMAT_JSON)
		return rc;
	rc = read_container(ctx, event);
	if (rc == YG_EMISMATCH)
		rc = yg_plain_object(event, record);
	return rc == YG_ENOMEM ? yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0) : YG_OK;
}

int yg_json_read_described(struct yg_parser_int *ctx, struct yg_bytes record,
			   struct yg_event *event, struct yg_fault *reterr)
{
	int rc = yg_json_read_inner(ctx, record, event, reterr);

	return rc != YG_OK || event->format == YG_FORMAT_DESCRIBED
		       ? rc
		       : yg_fault_set(reterr, YG_EMISMATCH, "no description of a source fits", 0);
}

/* Formats with a reader of their own: no description is asked. */
static bool is_product(enum yg_format format)
{
	return format == YG_FORMAT_WINDOWS || format == YG_FORMAT_SURICATA ||
	       format == YG_FORMAT_ZEEK || format == YG_FORMAT_CLOUDTRAIL ||
	       format == YG_FORMAT_AUDITD;
}

/* The fields of @record, and what they look like. */
static int read_fields(struct yg_json *json, struct yg_bytes record, struct yg_event *event,
		       struct yg_fault *reterr)
{
	struct yg_json_facts *facts;
	int rc = yg_json_walk(json, YG_JSON_ROOT, record, event, reterr);

	if (rc != YG_OK)
		return rc;
	if (is_record(record, event))
		return yg_fault_set(reterr, YG_EMISMATCH, "a record, not a log", 0);
	facts = yg_json_facts(json);
	event->format = format_of(event, facts);
	if (!facts->has_windows || event->format == YG_FORMAT_WINDOWS)
		return YG_OK;
	/* names were made as for a Windows event, and it is none: take them as written */
	event->field_count = 0;
	event->dropped = 0;
	rc = yg_json_walk(json, YG_JSON_PLAIN, record, event, reterr);
	if (rc == YG_OK)
		event->format = format_of(event, facts);
	return rc;
}

/* What the format that was found makes of the fields. */
static int add_meaning(struct yg_parser_int *ctx, struct yg_event *event,
		       struct yg_json_facts *facts)
{
	int rc = YG_OK;

	if (event->format == YG_FORMAT_NGINX_JSON)
		rc = yg_nginx_json_add(event, facts);
	else if (event->format == YG_FORMAT_AUDITD)
		rc = yg_laurel_add(ctx, event);
	else if (event->format == YG_FORMAT_SYSLOG) {
		rc = add_journal(ctx, event);
		if (rc == YG_OK && event->format != YG_FORMAT_SYSLOG)
			return YG_OK; /* the message was a record of that format, and is read */
	}
	return rc == YG_OK ? yg_json_finish(event->format, event, facts) : rc;
}

int yg_json_read_inner(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		       struct yg_fault *reterr)
{
	struct yg_json *json = yg_json_state(ctx);
	struct yg_json_facts *facts;
	struct yg_field *time;
	struct yg_bytes time_text;
	bool is_known = false;
	int rc;

	if (!json)
		return yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
	rc = read_fields(json, record, event, reterr);
	if (rc != YG_OK)
		return rc;
	facts = yg_json_facts(json);
	time = yg_json_role(event, facts, YG_ROLE_TIME);
	time_text = time ? yg_event_text(event, time) : (struct yg_bytes){0};
	if (!is_product(event->format))
		rc = yg_described_object(ctx, event, record, &is_known);
	if (rc == YG_OK && !is_wanted(ctx->wanted, event->format))
		return yg_fault_set(reterr, YG_EMISMATCH, "a JSON object of another kind", 0);
	if (time && event->time_ns == YG_TIME_NONE)
		(void)yg_times_set(event, time_text, ctx->opts.zone);
	if (rc == YG_OK && !is_known)
		rc = add_meaning(ctx, event, facts);
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}
