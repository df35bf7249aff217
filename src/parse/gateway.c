/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/gateway.h"

#include "parse/address.h"
#include "parse/cursor.h"
#include "parse/fortigate.h"
#include "parse/structured.h"

#include "base/ban.h"

#define NAME_BYTES_MAX 128u
#define LOOK_BYTES     256u /* of a message, for the header before the data */
#define JUNOS	       YG_S("[junos@")

static bool is_name_byte(uint8_t c)
{
	return (uint8_t)(c - '0') <= 9 || (uint8_t)((c | 0x20) - 'a') < 26 || c == '_' ||
	       c == '-' || c == '.';
}

/* Bytes of a name at the start of @b. */
static size_t name_size(struct yg_bytes b)
{
	size_t i = 0;

	while (i < b.size && i < NAME_BYTES_MAX && is_name_byte(b.data[i]))
		i++;
	return i;
}

/* '[action:"' */
static bool is_check_point(struct yg_bytes data)
{
	size_t size;

	if (data.size < 4 || data.data[0] != '[')
		return false;
	data = yg_bytes_from(data, 1);
	size = name_size(data);
	return size > 0 && yg_bytes_starts(yg_bytes_from(data, size), YG_S(":\""));
}

bool yg_gateway_fits(struct yg_bytes data)
{
	return yg_bytes_starts(data, JUNOS) || is_check_point(data);
}

size_t yg_gateway_find(struct yg_bytes message, struct yg_bytes *ret_name)
{
	size_t at = yg_bytes_find(yg_bytes_cut(message, 0, LOOK_BYTES), JUNOS);
	struct yg_bytes before;

	if (at == SIZE_MAX || at == 0 || message.data[at - 1] != ' ')
		return SIZE_MAX;
	before = yg_bytes_cut(message, 0, at - 1);
	*ret_name = yg_take_last_word(&before);
	return at;
}

/* ---- the params ---- */

/* Where a quoted value ends, from behind its first quote. */
static size_t value_size(struct yg_bytes b)
{
	size_t i = 0;

	while (i < b.size && b.data[i] != '"')
		i += b.data[i] == '\\' ? 2u : 1u;
	return i < b.size ? i : b.size;
}

/* name="value" or name:"value" (also name::"value") at the front of *b, which moves on. */
static bool take_param(struct yg_bytes *b, struct yg_bytes *ret_name, struct yg_bytes *ret_value)
{
	size_t size = name_size(*b);
	struct yg_bytes rest = yg_bytes_from(*b, size);
	size_t end;

	while (rest.size > 0 && (rest.data[0] == ':' || rest.data[0] == '='))
		rest = yg_bytes_from(rest, 1);
	if (size == 0 || rest.size == 0 || rest.data[0] != '"')
		return false;
	*ret_name = yg_bytes_cut(*b, 0, size);
	rest = yg_bytes_from(rest, 1);
	end = value_size(rest);
	*ret_value = yg_bytes_cut(rest, 0, end);
	*b = yg_bytes_from(rest, end + 1);
	return true;
}

/* What is no param (ids, what divides them) is passed over. */
static int add_params(struct yg_event *event, struct yg_bytes b)
{
	struct yg_bytes name, value;
	int rc = YG_OK;

	while (b.size > 0 && rc == YG_OK) {
		if (!take_param(&b, &name, &value)) {
			size_t word = name_size(b);

			b = yg_bytes_from(b, word > 0 ? word : 1);
			continue;
		}
		rc = yg_bytes_chr(value, '\\') == SIZE_MAX
			     ? yg_event_add(event, name, value, YG_VALUE_TEXT)
			     : yg_event_add_escaped(event, name, value);
	}
	return rc;
}

/* ---- what they mean ---- */

static bool has(struct yg_bytes text, const char *word)
{
	return yg_bytes_find(text, yg_bytes_str(word)) != SIZE_MAX;
}

static struct yg_bytes first_of(struct yg_event *event, const char *const *names)
{
	struct yg_bytes ret = {0};

	for (; *names && ret.size == 0; names++)
		ret = yg_field_text(event, yg_bytes_str(*names));
	return ret;
}

static bool ends_with_one(struct yg_bytes text, const char *const *tails)
{
	for (; *tails; tails++)
		if (yg_bytes_ends(text, yg_bytes_str(*tails)))
			return true;
	return false;
}

/* By the message's name. A wrong word for SNMP is a monitor's mistake far more often. */
static const char *junos_result(struct yg_bytes name)
{
	static const char *const failed[] = {"_AUTH_FAIL",
					     "_AUTH_FAIL_LS",
					     "WEBAUTH_FAIL",
					     "LOGIN_FAILED",
					     "WEBAUTH_FAIL_LS",
					     "_AUTH_FAILURE",
					     NULL};
	static const char *const accepted[] = {"_AUTH_ACCEPTED",  "_AUTH_ACCEPTED_LS", "_AUTH_OK",
					       "WEBAUTH_SUCCESS", "UI_LOGIN_EVENT",    NULL};

	if (yg_bytes_starts(name, YG_S("SNMP")))
		return NULL;
	if (yg_bytes_ends(name, YG_S("_AUTH_INVALID")))
		return "invalid";
	if (ends_with_one(name, failed))
		return "failed";
	return ends_with_one(name, accepted) ? "accepted" : NULL;
}

static const char *junos_action(struct yg_bytes name)
{
	if (yg_bytes_starts(name, YG_S("RT_FLOW_SESSION_DENY")))
		return "deny";
	return yg_bytes_starts(name, YG_S("RT_FLOW_SESSION_C")) ? "allow" : NULL;
}

static const char *check_point_result(struct yg_event *event)
{
	struct yg_bytes action = yg_field_text(event, YG_S("action"));
	struct yg_bytes status = yg_field_text(event, YG_S("auth_status"));

	if (has(action, "Failed Log In") || has(status, "Failed Login"))
		return "failed";
	if (yg_bytes_eq(yg_field_text(event, YG_S("operation")), YG_S("Log In")))
		return has(yg_field_text(event, YG_S("audit_status")), "Failure") ||
				       has(yg_field_text(event, YG_S("additional_info")),
					   "failed to log in")
			       ? "failed"
			       : "accepted";
	return yg_bytes_eq(action, YG_S("Log In")) || has(status, "Successful Login") ? "accepted"
										      : NULL;
}

/* The address alone: Junos names a client as "203.0.113.9 51512 192.0.2.1 22", too. */
static struct yg_bytes address_of(struct yg_bytes text)
{
	struct yg_bytes address = {0};

	(void)yg_address_in(yg_take_word(&text), &address, NULL);
	return address;
}

static struct yg_bytes said(struct yg_bytes text)
{
	return yg_bytes_eq(text, YG_S("N/A")) ? (struct yg_bytes){0} : text;
}

/* The log's own fields of these names stay as they are. */
static int put_missing(struct yg_event *event, const struct yg_put *puts, size_t count)
{
	int rc = YG_OK;

	for (size_t i = 0; i < count && rc == YG_OK; i++)
		if (yg_field_text(event, yg_bytes_str(puts[i].name)).size == 0)
			rc = yg_put_all(event, &puts[i], 1);
	return rc;
}

static int add_meaning(struct yg_event *event, const char *result, const char *action)
{
	static const char *const user[] = {"user", "username", "user-name", "administrator", NULL};
	static const char *const from[] = {"source-address", "client-address", "src",
					   "client_ip",	     "ssh-connection", NULL};
	static const char *const to[] = {"destination-address", "dst", NULL};
	static const char *const from_port[] = {"source-port", "s_port", NULL};
	static const char *const to_port[] = {"destination-port", "service", NULL};
	struct yg_bytes port = first_of(event, to_port);
	const struct yg_put puts[] = {
		{"user", said(first_of(event, user))},
		{"src_ip", address_of(first_of(event, from))},
		{"dst_ip", address_of(first_of(event, to))},
		{"src_port", first_of(event, from_port)},
		{"dst_port", yg_is_digits(port) ? port : (struct yg_bytes){0}},
		{"action", yg_bytes_str(action ? action : "")},
		{"auth_result", yg_bytes_str(result ? result : "")},
	};

	return put_missing(event, puts, sizeof(puts) / sizeof(puts[0]));
}

int yg_gateway_add(struct yg_event *event, struct yg_bytes data, struct yg_bytes name)
{
	bool is_junos = yg_bytes_starts(data, JUNOS);
	int rc = add_params(event, data);

	if (rc == YG_OK)
		rc = is_junos ? add_meaning(event, junos_result(name), junos_action(name))
			      : add_meaning(event, check_point_result(event), NULL);
	event->format = YG_FORMAT_KEYVALUE;
	return rc == YG_OK ? yg_keyvalue_finish(event) : rc;
}
