/* SPDX-License-Identifier: Apache-2.0 */
#include "web/forwarded.h"

#include "base/ban.h"

#define NODE_MAX 64u /* bytes of one, quotes and port and all */

/* The last hops of one line, in order; a hop that cannot be used is empty. */
struct hops {
	struct yg_bytes ring[YG_WEB_HOPS_MAX];
	uint32_t count;
};

void yg_web_hop_lines_add(struct yg_web_hop_lines *to, struct yg_bytes line)
{
	to->lines[to->count++ % YG_WEB_HOP_LINES] = line;
}

static void add_hop(struct hops *hops, struct yg_bytes hop)
{
	hops->ring[hops->count++ % YG_WEB_HOPS_MAX] = hop;
}

static bool is_trusted(const struct yg_web_proxies *proxies, const uint8_t address[16])
{
	for (uint32_t i = 0; i < proxies->count; i++)
		if (yg_net_prefix_has(&proxies->trusted[i], address))
			return true;
	return false;
}

bool yg_web_is_proxy(const struct yg_web_proxies *proxies, struct yg_bytes address)
{
	uint8_t bytes[16];

	return yg_net_address_read(address, bytes) && is_trusted(proxies, bytes);
}

/* "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80" */
static bool read_node(struct yg_bytes node, uint8_t to[16])
{
	size_t end = yg_bytes_chr(node, ']');
	size_t colon = yg_bytes_chr(node, ':');
	struct yg_bytes port = {0};
	uint64_t number;

	if (node.size > 0 && node.data[0] == '[') {
		if (end == SIZE_MAX)
			return false;
		port = yg_bytes_from(node, end + 1);
		node = yg_bytes_cut(node, 1, end);
		if (yg_bytes_chr(node, ':') == SIZE_MAX || (port.size > 0 && port.data[0] != ':'))
			return false;
	} else if (colon != SIZE_MAX &&
		   yg_bytes_chr(yg_bytes_from(node, colon + 1), ':') == SIZE_MAX) {
		port = yg_bytes_from(node, colon);
		node = yg_bytes_cut(node, 0, colon);
	}
	if (port.size > 0 &&
	    (!yg_bytes_u64(yg_bytes_from(port, 1), &number) || number > UINT16_MAX))
		return false;
	return yg_net_address_read(node, to);
}

/* ---- X-Forwarded-For ---- */

static void split_plain(struct yg_bytes line, struct hops *to)
{
	for (;;) {
		size_t comma = yg_bytes_chr(line, ',');
		struct yg_bytes hop = yg_bytes_trim(yg_bytes_cut(line, 0, comma));

		if (hop.size > 0)
			add_hop(to, hop);
		if (comma == SIZE_MAX)
			return;
		line = yg_bytes_from(line, comma + 1);
	}
}

/* ---- Forwarded ---- */

/* How far to the next ',' or ';' outside of quotes; SIZE_MAX: a quote is not closed. */
static size_t pair_end(struct yg_bytes rest)
{
	bool is_quoted = false;

	for (size_t i = 0; i < rest.size; i++) {
		uint8_t c = rest.data[i];

		if (is_quoted && c == '\\')
			i++;
		else if (c == '"')
			is_quoted = !is_quoted;
		else if (!is_quoted && (c == ',' || c == ';'))
			return i;
	}
	return is_quoted ? SIZE_MAX : rest.size;
}

/* The value of "for=…"; false: another parameter. An address needs no backslash: one is refused. */
static bool read_for(struct yg_bytes pair, struct yg_bytes *ret)
{
	size_t equals = yg_bytes_chr(pair, '=');
	struct yg_bytes value;

	if (equals == SIZE_MAX || !yg_bytes_eq_nocase(yg_bytes_cut(pair, 0, equals), YG_S("for")))
		return false;
	value = yg_bytes_from(pair, equals + 1);
	if (value.size >= 2 && value.data[0] == '"' && value.data[value.size - 1] == '"')
		value = yg_bytes_cut(value, 1, value.size - 1);
	*ret = value;
	return true;
}

/*
 * A line whose quotes do not match has no hop that can be used: its beginning may be a client's,
 * made to swallow what the proxy wrote behind it.
 */
static void split_forwarded(struct yg_bytes line, struct hops *to)
{
	struct yg_bytes node = {0};
	bool is_seen = false; /* anything of this hop */

	while (line.size > 0) {
		size_t end = pair_end(line);
		struct yg_bytes pair = yg_bytes_trim(yg_bytes_cut(line, 0, end));
		struct yg_bytes value;

		if (end == SIZE_MAX) {
			add_hop(to, (struct yg_bytes){0});
			return;
		}
		is_seen |= pair.size > 0;
		if (read_for(pair, &value)) /* twice: of no use */
			node = node.size > 0 ? YG_S("?") : value;
		if (is_seen && (end == line.size || line.data[end] == ',')) {
			add_hop(to, node);
			node = (struct yg_bytes){0};
			is_seen = false;
		}
		line = end == line.size ? (struct yg_bytes){0} : yg_bytes_from(line, end + 1);
	}
	if (is_seen)
		add_hop(to, node);
}

/* ---- from the right to the left ---- */

/* True: go on to the left of it. */
static bool go_back(const struct yg_web_proxies *proxies, struct yg_bytes hop, uint8_t at[16])
{
	uint8_t address[16];

	if (hop.size > NODE_MAX || !read_node(hop, address))
		return false;
	memcpy(at, address, sizeof(address));
	return is_trusted(proxies, address);
}

/* False: this line was the last to look at. */
static bool go_through(const struct yg_web_proxies *proxies, struct yg_bytes line, uint32_t *left,
		       uint8_t at[16])
{
	struct hops hops = {.count = 0};
	uint32_t known;

	if (proxies->field == YG_WEB_HOPS_X)
		split_plain(line, &hops);
	else
		split_forwarded(line, &hops);
	known = hops.count < YG_WEB_HOPS_MAX ? hops.count : YG_WEB_HOPS_MAX;
	for (uint32_t i = 1; i <= known; i++) {
		if (*left == 0)
			return false;
		--*left;
		if (!go_back(proxies, hops.ring[(hops.count - i) % YG_WEB_HOPS_MAX], at))
			return false;
	}
	return known == hops.count; /* else there are more to the left than are looked at */
}

void yg_web_forwarded_for(const struct yg_web_proxies *proxies, struct yg_bytes peer,
			  const struct yg_web_hop_lines *lines, char to[YG_NET_HOST_MAX])
{
	uint32_t known = lines->count < YG_WEB_HOP_LINES ? lines->count : YG_WEB_HOP_LINES;
	uint32_t left = YG_WEB_HOPS_MAX;
	uint8_t at[16];

	if (!yg_net_address_read(peer, at)) {
		to[0] = '\0';
		return;
	}
	for (uint32_t i = 1; i <= known && is_trusted(proxies, at); i++)
		if (!go_through(proxies, lines->lines[(lines->count - i) % YG_WEB_HOP_LINES], &left,
				at))
			break;
	yg_net_address_write(at, to);
}
