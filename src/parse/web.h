/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/web.h - what all web records share: request lines, and the fields derived from others.
 *
 * Basic fields are what the log says: c-ip, cs-method, cs-uri (the request target as written;
 * the whole request where it is no request), cs-version, sc-status, cs-user-agent …
 * Derived from them, by yg_web_derive() alone, so that a log and its records give the same:
 *
 *   src_ip            c-ip, when it is an address
 *   cs-uri            cs-uri-stem and cs-uri-args, where only these were logged
 *   cs-uri-query      = cs-uri: rules put paths and queries into this name
 *   c-uri             = cs-uri (its name in proxy rules)
 *   cs-uri-stem       path: before '?', after scheme and host
 *   cs-uri-args       after '?'
 *   cs-host           of "scheme://host/…" and "CONNECT host:port"
 *   c-useragent       = cs-user-agent
 *   cs-uri-normal     cs-uri as parse/web_normal.h describes
 *   cs-headers-normal one for each of referer, user agent and other request headers, likewise;
 *                     addresses, host names and numbers are left out
 *
 * Layer: parse. Pure; one thread an event.
 */
#pragma once

#include "base/err.h"
#include "model/event.h"

/* "METHOD target HTTP/x" in its parts; method and version are empty where they are missing. */
struct yg_web_request {
	struct yg_bytes method;
	struct yg_bytes target; /* all of the text when it is no request at all */
	struct yg_bytes version;
};
void yg_web_cut_request(struct yg_bytes text, struct yg_web_request *ret);

/* Add cs-method, cs-uri and cs-version from a request line; nothing for "-" and empty. */
YG_MUST_USE int yg_web_add_request(struct yg_event *event, struct yg_bytes text);

/*
 * Add @text as the basic field @name_id, unless it is "-", with which servers write "nothing".
 */
YG_MUST_USE int yg_web_add(struct yg_event *event, uint32_t name_id, struct yg_bytes text,
			   enum yg_value_kind kind);

/* Add all derived fields that the event does not have already. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_web_derive(struct yg_event *event);

/* Looks like an IPv4 or IPv6 address (without port or prefix). A look, not a full check. */
bool yg_web_is_address(struct yg_bytes text);
