/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/web.h"

#include "parse/web_normal.h"

#include "base/ban.h"

#define METHOD_BYTES_MAX  32u
#define ADDRESS_BYTES_MAX 64u

static bool is_dash(struct yg_bytes b)
{
	return b.size == 1 && b.data[0] == '-';
}

static bool is_digit(uint8_t c)
{
	return (uint8_t)(c - '0') <= 9;
}

static size_t last_space(struct yg_bytes b)
{
	for (size_t i = b.size; i > 0; i--)
		if (b.data[i - 1] == ' ')
			return i - 1;
	return SIZE_MAX;
}

/* Size of the method at the start of @b, which a space follows; 0 = none. */
static size_t method_size(struct yg_bytes b)
{
	size_t i = 0;

	while (i < b.size && i < METHOD_BYTES_MAX &&
	       ((uint8_t)((b.data[i] | 0x20) - 'a') < 26 || b.data[i] == '_' || b.data[i] == '-'))
		i++;
	return i < b.size && b.data[i] == ' ' ? i : 0;
}

void yg_web_cut_request(struct yg_bytes text, struct yg_web_request *ret)
{
	size_t method = method_size(text);
	struct yg_bytes rest = yg_bytes_from(text, method + 1);
	size_t space;

	*ret = (struct yg_web_request){.target = text};
	if (method == 0)
		return;
	space = last_space(rest);
	if (space != SIZE_MAX && yg_bytes_starts(yg_bytes_from(rest, space + 1), YG_S("HTTP/"))) {
		ret->version = yg_bytes_from(rest, space + 1);
		rest.size = space;
	} else if (rest.size == 0 || (rest.data[0] != '/' && rest.data[0] != '*' &&
				      yg_bytes_find(rest, YG_S("://")) == SIZE_MAX)) {
		return; /* words, but no request: nothing tells a method from garbage */
	}
	ret->method = yg_bytes_cut(text, 0, method);
	ret->target = rest;
}

int yg_web_add(struct yg_event *event, uint32_t name_id, struct yg_bytes text,
	       enum yg_value_kind kind)
{
	return is_dash(text) ? YG_OK : yg_event_add_id(event, name_id, text, kind);
}

int yg_web_add_request(struct yg_event *event, struct yg_bytes text)
{
	struct yg_web_request request;
	int rc = YG_OK;

	if (text.size == 0 || is_dash(text))
		return YG_OK;
	yg_web_cut_request(text, &request);
	if (request.method.size > 0)
		rc = yg_event_add_id(event, YG_F_cs_method, request.method, YG_VALUE_TEXT);
	if (rc == YG_OK)
		rc = yg_event_add_id(event, YG_F_cs_uri, request.target, YG_VALUE_TEXT);
	if (rc == YG_OK && request.version.size > 0)
		rc = yg_event_add_id(event, YG_F_cs_version, request.version, YG_VALUE_TEXT);
	return rc;
}

bool yg_web_is_address(struct yg_bytes text)
{
	unsigned dots = 0, colons = 0;

	if (text.size < 2 || text.size > ADDRESS_BYTES_MAX)
		return false; /* the shortest is "::" */
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];

		if (c == '.')
			dots++;
		else if (c == ':')
			colons++;
		else if (c == '%' && colons >= 2) /* a zone index follows */
			return true;
		else if (is_digit(c))
			continue;
		else if ((uint8_t)((c | 0x20) - 'a') > 5 || (dots > 0 && colons == 0))
			return false;
	}
	if (colons > 0)
		return colons >= 2;
	return dots == 3 && is_digit(text.data[0]) && is_digit(text.data[text.size - 1]);
}

/* Basic fields of an event that others are derived from. */
struct web {
	struct yg_bytes ip, forwarded, method, uri, stem, args, agent;
	bool has_uri, has_stem, has_args, has_host, has_query, has_c_uri, has_agent, has_c_agent;
	bool has_src_ip, has_normal;
};

static void collect_one(struct web *web, struct yg_event *event, struct yg_field *field)
{
	switch (field->name_id) {
	case YG_F_c_ip: /* the first one: others are those of proxies */
		if (web->ip.size == 0)
			web->ip = yg_event_text(event, field);
		break;
	case YG_F_x_forwarded_for:
		web->forwarded = yg_event_text(event, field);
		break;
	case YG_F_src_ip:
		web->has_src_ip = true;
		break;
	case YG_F_cs_method:
		web->method = yg_event_text(event, field);
		break;
	case YG_F_cs_uri:
		web->uri = yg_event_text(event, field);
		web->has_uri = true;
		break;
	case YG_F_cs_uri_stem:
		web->stem = yg_event_text(event, field);
		web->has_stem = true;
		break;
	case YG_F_cs_uri_args:
		web->args = yg_event_text(event, field);
		web->has_args = true;
		break;
	case YG_F_cs_host:
		web->has_host = true;
		break;
	case YG_F_cs_uri_query:
		web->has_query = true;
		break;
	case YG_F_c_uri:
		web->has_c_uri = true;
		break;
	case YG_F_cs_user_agent:
		web->agent = yg_event_text(event, field);
		web->has_agent = true;
		break;
	case YG_F_c_useragent:
		web->has_c_agent = true;
		break;
	case YG_F_cs_uri_normal:
		web->has_normal = true;
		break;
	default:
		break;
	}
}

static int derive(struct yg_event *event, bool is_wanted, uint32_t name_id, struct yg_bytes text)
{
	return is_wanted ? yg_event_derive(event, name_id, text, YG_VALUE_TEXT) : YG_OK;
}

/* Only path and query were logged, each for itself. */
static int join_uri(struct yg_event *event, struct web *web)
{
	uint8_t *mem;

	web->has_uri = true;
	web->uri = web->stem;
	if (web->args.size > 0) {
		mem = yg_arena_alloc(event->arena, web->stem.size + web->args.size + 1);
		if (!mem)
			return YG_ENOMEM;
		memcpy(mem, web->stem.data, web->stem.size);
		mem[web->stem.size] = '?';
		memcpy(mem + web->stem.size + 1, web->args.data, web->args.size);
		web->uri = (struct yg_bytes){mem, web->stem.size + web->args.size + 1};
	}
	return derive(event, true, YG_F_cs_uri, web->uri);
}

/* Where scheme and host end in "http://host/path"; 0 for other forms. *ret_host is the host. */
static size_t host_end(struct yg_bytes uri, struct yg_bytes *ret_host)
{
	size_t i = 0;
	size_t from;

	*ret_host = (struct yg_bytes){0};
	if (uri.size == 0 || uri.data[0] == '/')
		return 0;
	while (i < uri.size && (uint8_t)((uri.data[i] | 0x20) - 'a') < 26)
		i++;
	if (i == 0 || !yg_bytes_starts(yg_bytes_from(uri, i), YG_S("://")))
		return 0;
	from = i + 3;
	for (i = from; i < uri.size && uri.data[i] != '/' && uri.data[i] != '?';)
		i++;
	*ret_host = yg_bytes_cut(uri, from, i);
	return i;
}

static int derive_uri(struct yg_event *event, struct web *web)
{
	struct yg_bytes host, normal;
	size_t start = host_end(web->uri, &host);
	size_t mark = yg_bytes_chr(yg_bytes_from(web->uri, start), '?');
	size_t end = mark == SIZE_MAX ? web->uri.size : start + mark;
	int rc;

	if (yg_bytes_eq(web->method, YG_S("CONNECT")))
		host = web->uri;
	rc = derive(event, !web->has_query, YG_F_cs_uri_query, web->uri);
	if (rc == YG_OK)
		rc = derive(event, !web->has_c_uri, YG_F_c_uri, web->uri);
	if (rc == YG_OK)
		rc = derive(event, !web->has_stem, YG_F_cs_uri_stem,
			    yg_bytes_cut(web->uri, start, end));
	if (rc == YG_OK)
		rc = derive(event, !web->has_args && mark != SIZE_MAX, YG_F_cs_uri_args,
			    yg_bytes_from(web->uri, end + 1));
	if (rc == YG_OK)
		rc = derive(event, !web->has_host && host.size > 0, YG_F_cs_host, host);
	if (rc == YG_OK && !web->has_normal) {
		rc = yg_web_normal(web->uri, YG_WEB_TARGET, event->arena, &normal);
		if (rc == YG_OK)
			rc = derive(event, true, YG_F_cs_uri_normal, normal);
	}
	return rc;
}

/* Addresses, names, numbers: nothing a rule on headers would look for. */
static bool is_harmless(struct yg_bytes text)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];

		if ((uint8_t)((c | 0x20) - 'a') > 25 && (uint8_t)(c - '0') > 9 &&
		    (c == 0 || !strchr(".:,-_[] ", c)))
			return false;
	}
	return true;
}

static bool is_header(const struct yg_field *field)
{
	switch (field->name_id) {
	case YG_F_cs_referer:
	case YG_F_cs_user_agent:
		return true;
	case YG_F_cs_host:
	case YG_F_cs_username:
	case YG_F_cs_cookie:
	case YG_F_cs_content_type:
	case YG_F_x_forwarded_for:
	case YG_F_extra:
		return !is_harmless(field->text);
	default:
		return (field->name_id == YG_NAME_OTHER || field->name_id >= YG_F_COUNT) &&
		       yg_bytes_starts(field->name, YG_S("cs-")) && !is_harmless(field->text);
	}
}

static int derive_header(struct yg_event *event, struct yg_bytes text)
{
	struct yg_bytes normal;
	int rc;

	if (text.size == 0)
		return YG_OK;
	rc = yg_web_normal(text, YG_WEB_HEADER, event->arena, &normal);

	return rc == YG_OK ? derive(event, true, YG_F_cs_headers_normal, normal) : rc;
}

/*
 * The address of the client. A log that writes X-Forwarded-For in place of the peer's address does
 * so because the peer is always its own proxy: the first of the list is the client then.
 */
static int derive_source(struct yg_event *event, const struct web *web)
{
	struct yg_bytes ip = web->ip;

	if (web->has_src_ip)
		return YG_OK;
	if (ip.size == 0)
		ip = yg_bytes_trim(
			yg_bytes_cut(web->forwarded, 0, yg_bytes_chr(web->forwarded, ',')));
	return derive(event, yg_web_is_address(ip), YG_F_src_ip, ip);
}

int yg_web_derive(struct yg_event *event)
{
	struct web web = {0};
	uint32_t count = event->field_count;
	int rc;

	for (uint32_t i = 0; i < count; i++)
		collect_one(&web, event, &event->fields[i]);
	rc = derive_source(event, &web);
	if (rc == YG_OK && !web.has_uri && web.has_stem)
		rc = join_uri(event, &web);
	if (rc == YG_OK && web.has_uri)
		rc = derive_uri(event, &web);
	if (rc == YG_OK)
		rc = derive(event, web.has_agent && !web.has_c_agent, YG_F_c_useragent, web.agent);
	for (uint32_t i = 0; i < count && rc == YG_OK; i++)
		if (!event->fields[i].is_derived && is_header(&event->fields[i]))
			rc = derive_header(event, yg_event_text(event, &event->fields[i]));
	return rc;
}
