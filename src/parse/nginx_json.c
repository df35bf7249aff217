/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Web access logs written as JSON: nginx (log_format escape=json), Apache, Caddy, Traefik, and
 * ECS events of a web server. The fields keep their names; those rules use stand beside them,
 * and what follows from these is derived as for every web record (parse/web.h).
 *
 * Source: nginx ngx_http_core_module (variables); Caddy "log" (HTTP access log encoders);
 *         Traefik "Access Logs"; Elastic Common Schema 8, http and url field sets.
 */
#include "parse/address.h"
#include "parse/json-int.h"

#include "base/ban.h"

/* "GET /path HTTP/1.1", taken apart; version is empty for HTTP/0.9. */
struct line {
	struct yg_bytes method;
	struct yg_bytes target;
	struct yg_bytes version;
};

static bool is_status(struct yg_bytes text)
{
	return text.size == 3 && text.data[0] >= '1' && text.data[0] <= '5' &&
	       text.data[1] >= '0' && text.data[1] <= '9' && text.data[2] >= '0' &&
	       text.data[2] <= '9';
}

static bool split_line(struct yg_bytes text, struct line *ret)
{
	size_t space = yg_bytes_chr(text, ' ');
	struct yg_bytes rest;
	size_t last;

	if (space == 0 || space == SIZE_MAX)
		return false;
	ret->method = yg_bytes_cut(text, 0, space);
	rest = yg_bytes_from(text, space + 1);
	for (last = rest.size; last > 0 && rest.data[last - 1] != ' '; last--)
		;
	ret->version = (struct yg_bytes){0};
	if (last > 0 && yg_bytes_starts(yg_bytes_from(rest, last), YG_S("HTTP/"))) {
		ret->version = yg_bytes_from(rest, last);
		rest = yg_bytes_cut(rest, 0, last - 1);
	}
	ret->target = rest;
	return rest.size > 0;
}

bool yg_nginx_json_fits(struct yg_event *event, const struct yg_json_facts *facts)
{
	struct line line;
	bool has_line = split_line(yg_json_role_text(event, facts, YG_ROLE_LINE), &line) &&
			line.version.size > 0;

	if (!is_status(yg_json_role_text(event, facts, YG_ROLE_STATUS)))
		return false;
	if (!has_line && (!facts->at[YG_ROLE_TARGET] || !facts->at[YG_ROLE_METHOD]))
		return false;
	return facts->at[YG_ROLE_ADDRESS] || facts->at[YG_ROLE_AGENT] || facts->at[YG_ROLE_SIZE];
}

/* "https://host/path" and "//host/path" from the path on. */
static struct yg_bytes without_host(struct yg_bytes target)
{
	size_t at = yg_bytes_find(target, YG_S("://"));
	struct yg_bytes rest;

	if (at == SIZE_MAX || at > 5 || yg_bytes_chr(target, '/') < at)
		return target;
	rest = yg_bytes_from(target, at + 3);
	at = yg_bytes_chr(rest, '/');
	return at == SIZE_MAX ? YG_S("/") : yg_bytes_from(rest, at);
}

/* Add a field under the name rules know, unless the log has it or wrote "-" for nothing. */
static int add(struct yg_event *event, uint32_t name_id, struct yg_bytes text,
	       enum yg_value_kind kind)
{
	if (text.size == 0 || yg_bytes_eq(text, YG_S("-")) || yg_event_find(event, name_id))
		return YG_OK;
	return yg_event_add_id(event, name_id, text, kind);
}

/* The target as the client sent it, query included. */
static struct yg_bytes target_of(struct yg_event *event, const struct yg_json_facts *facts,
				 const struct line *line)
{
	struct yg_bytes target = yg_json_role_text(event, facts, YG_ROLE_TARGET);
	struct yg_bytes query = yg_json_role_text(event, facts, YG_ROLE_QUERY);
	size_t mark;
	uint8_t *to;

	if (line->target.size > 0 && (target.size == 0 || facts->rank[YG_ROLE_TARGET] > 1))
		return without_host(line->target);
	target = without_host(target);
	if (query.size == 0 || yg_bytes_eq(query, YG_S("-")) ||
	    yg_bytes_chr(target, '?') != SIZE_MAX)
		return target;
	mark = query.data[0] != '?'; /* is to be added */
	to = yg_arena_alloc(event->arena, target.size + mark + query.size);
	if (!to)
		return target;
	if (target.size > 0)
		memcpy(to, target.data, target.size);
	to[target.size] = '?';
	memcpy(to + target.size + mark, query.data, query.size);
	return (struct yg_bytes){to, target.size + mark + query.size};
}

/* The fields that are values of the log as they stand. */
static int add_values(struct yg_event *event, const struct yg_json_facts *facts)
{
	static const struct {
		uint32_t name_id;
		enum yg_json_role role;
		enum yg_value_kind kind;
	} values[] = {
		{YG_F_sc_status, YG_ROLE_STATUS, YG_VALUE_NUMBER},
		{YG_F_sc_bytes, YG_ROLE_SIZE, YG_VALUE_NUMBER},
		{YG_F_cs_user_agent, YG_ROLE_AGENT, YG_VALUE_TEXT},
		{YG_F_cs_referer, YG_ROLE_REFERER, YG_VALUE_TEXT},
		{YG_F_cs_host, YG_ROLE_HOST, YG_VALUE_TEXT},
		{YG_F_cs_username, YG_ROLE_USER, YG_VALUE_TEXT},
		{YG_F_cs_version, YG_ROLE_VERSION, YG_VALUE_TEXT},
		{YG_F_x_forwarded_for, YG_ROLE_FORWARDED, YG_VALUE_TEXT},
		{YG_F_time_taken, YG_ROLE_DURATION, YG_VALUE_TEXT},
	};
	int rc = YG_OK;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]) && rc == YG_OK; i++)
		rc = add(event, values[i].name_id, yg_json_role_text(event, facts, values[i].role),
			 values[i].kind);
	return rc;
}

int yg_nginx_json_add(struct yg_event *event, const struct yg_json_facts *facts)
{
	struct yg_bytes method = yg_json_role_text(event, facts, YG_ROLE_METHOD);
	struct yg_bytes address = {0};
	struct line line = {0};
	int rc;

	(void)split_line(yg_json_role_text(event, facts, YG_ROLE_LINE), &line);
	(void)yg_address_in(yg_json_role_text(event, facts, YG_ROLE_ADDRESS), &address, NULL);
	rc = add(event, YG_F_c_ip, address, YG_VALUE_TEXT);
	if (rc == YG_OK)
		rc = add(event, YG_F_cs_method, method.size ? method : line.method, YG_VALUE_TEXT);
	if (rc == YG_OK)
		rc = add(event, YG_F_cs_uri, target_of(event, facts, &line), YG_VALUE_TEXT);
	if (rc == YG_OK)
		rc = add_values(event, facts);
	if (rc == YG_OK)
		rc = add(event, YG_F_cs_version, line.version, YG_VALUE_TEXT);
	return rc;
}
