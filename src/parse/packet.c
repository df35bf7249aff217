/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/packet.h"

#include "parse/address.h"
#include "parse/cursor.h"
#include "parse/fortigate.h"
#include "parse/syslog.h"

#include "base/ban.h"

#define LOOK_BYTES	1024u
#define PREFIX_MAX	256u
#define FILTERLOG_PARTS 24u /* of a line; further ones are not looked at */

/* ---- netfilter ---- */

bool yg_netfilter_fits(struct yg_bytes record)
{
	struct yg_bytes look = yg_bytes_cut(record, 0, LOOK_BYTES);

	/* behind the header of a system log it is that log's line: the header is read, too */
	return !yg_fits_json(record) && !yg_syslog_fits(record) &&
	       yg_bytes_find(look, YG_S(" SRC=")) != SIZE_MAX &&
	       yg_bytes_find(look, YG_S(" DST=")) != SIZE_MAX &&
	       yg_bytes_find(look, YG_S(" PROTO=")) != SIZE_MAX;
}

/* Where the first pair begins: capital letters and '='. */
static size_t first_pair(struct yg_bytes b)
{
	for (size_t i = 0; i < b.size && i < PREFIX_MAX; i++) {
		size_t end = i;

		if (i > 0 && b.data[i - 1] != ' ')
			continue;
		while (end < b.size && (uint8_t)(b.data[end] - 'A') < 26)
			end++;
		if (end > i && end < b.size && b.data[end] == '=')
			return i;
	}
	return 0;
}

/* "[50028442.088484] IPTABLES-DROP: " without the kernel's clock. */
static struct yg_bytes prefix_of(struct yg_bytes b)
{
	struct yg_bytes rest = b;
	struct yg_bytes clock;

	if (yg_skip_head(&rest, YG_S("["))) {
		yg_skip_spaces(&rest);
		clock = yg_take_to(&rest, ']');
		if (yg_count_digits(clock) > 0 && yg_bytes_chr(clock, '.') != SIZE_MAX)
			b = rest;
	}
	b = yg_bytes_trim(b);
	if (b.size > 0 && b.data[b.size - 1] == ':')
		b.size--;
	return b;
}

/* KEY=value, KEY="value with spaces", FLAG: one at the front of *b. */
static int take_pair(struct yg_event *event, struct yg_bytes *b)
{
	size_t end = 0;
	struct yg_bytes key, value;

	while (end < b->size && b->data[end] != ' ' && b->data[end] != '=')
		end++;
	key = yg_bytes_cut(*b, 0, end);
	if (end == b->size || b->data[end] == ' ') {
		*b = yg_bytes_from(*b, end);
		yg_skip_spaces(b);
		return key.size == 0 ? YG_OK
				     : yg_event_add(event, YG_S("flags"), key, YG_VALUE_TEXT);
	}
	*b = yg_bytes_from(*b, end + 1);
	if (yg_skip_head(b, YG_S("\"")))
		value = yg_take_to(b, '"');
	else
		value = yg_bytes_cut(*b, 0, yg_bytes_chr(*b, ' '));
	if (b->size > 0 && value.data == b->data)
		*b = yg_bytes_from(*b, value.size);
	yg_skip_spaces(b);
	if (value.size == 0 || key.size == 0 || key.size > YG_EVENT_NAME_MAX)
		return YG_OK;
	return yg_event_add(event, key, value, YG_VALUE_TEXT);
}

int yg_netfilter_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		      struct yg_fault *reterr)
{
	size_t at = first_pair(record);
	struct yg_bytes b = yg_bytes_from(record, at);
	struct yg_bytes prefix = prefix_of(yg_bytes_cut(record, 0, at));
	int rc = YG_OK;

	(void)ctx; /* the kernel writes no time of day: that of the system log counts */
	if (!yg_netfilter_fits(record))
		return yg_fault_set(reterr, YG_EMISMATCH, "no SRC=, DST= and PROTO= of a packet",
				    0);
	if (prefix.size > 0)
		rc = yg_event_add(event, YG_S("prefix"), prefix, YG_VALUE_TEXT);
	while (rc == YG_OK && b.size > 0)
		rc = take_pair(event, &b);
	if (rc == YG_OK)
		rc = yg_netfilter_finish(event);
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}

/* What was done with the packet, where the prefix says it. */
static const char *action_of(struct yg_bytes prefix)
{
	static const char *const denied[] = {"DROP", "REJECT", "BLOCK", "DENY",
					     "drop", "reject", "block", "deny"};
	static const char *const accepted[] = {"ACCEPT", "ALLOW", "PASS",
					       "accept", "allow", "pass"};

	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
		if (yg_bytes_find(prefix, yg_bytes_str(denied[i])) != SIZE_MAX)
			return "deny";
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++)
		if (yg_bytes_find(prefix, yg_bytes_str(accepted[i])) != SIZE_MAX)
			return "accept";
	/* "[WAN_LOCAL-D-2147483647]": a rule set's name, what it did, number of the rule */
	if (yg_bytes_find(prefix, YG_S("-D-")) != SIZE_MAX ||
	    yg_bytes_find(prefix, YG_S("-R-")) != SIZE_MAX)
		return "deny";
	return yg_bytes_find(prefix, YG_S("-A-")) != SIZE_MAX ? "accept" : NULL;
}

int yg_netfilter_finish(struct yg_event *event)
{
	const char *action = action_of(yg_field_text(event, YG_S("prefix")));
	int rc = yg_device_derive(event);

	event->channel = YG_S("iptables");
	if (rc == YG_OK && action)
		rc = yg_derive_once(event, YG_F_action, yg_bytes_str(action));
	return rc;
}

/* ---- filterlog ---- */

struct parts {
	struct yg_bytes at[FILTERLOG_PARTS];
	size_t count;
};

static void cut_parts(struct yg_bytes b, struct parts *ret)
{
	ret->count = 0;
	while (b.size > 0 && ret->count < FILTERLOG_PARTS)
		ret->at[ret->count++] = yg_take_to(&b, ',');
}

/* Positions of what the two versions of IP have in different places. */
struct places {
	size_t proto, source, target, source_port;
};

static bool place(const struct parts *p, struct places *ret)
{
	if (p->count < 9)
		return false;
	if (yg_bytes_eq(p->at[8], YG_S("4")))
		*ret = (struct places){16, 18, 19, 20};
	else if (yg_bytes_eq(p->at[8], YG_S("6")))
		*ret = (struct places){12, 15, 16, 17};
	else
		return false;
	return p->count > ret->target && yg_address_in(p->at[ret->source], NULL, NULL) &&
	       yg_address_in(p->at[ret->target], NULL, NULL);
}

bool yg_filterlog_fits(struct yg_bytes record)
{
	struct parts parts;
	struct places places;

	if (record.size == 0 || (!yg_count_digits(record) && record.data[0] != ','))
		return false;
	cut_parts(yg_bytes_cut(record, 0, LOOK_BYTES), &parts);
	return place(&parts, &places);
}

int yg_filterlog_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		      struct yg_fault *reterr)
{
	static const struct yg_bytes nothing;
	struct parts p;
	struct places at;
	bool has_ports;
	int rc;

	(void)ctx; /* the time is that of the system log */
	cut_parts(record, &p);
	if (!place(&p, &at))
		return yg_fault_set(reterr, YG_EMISMATCH, "no packet as filterlog writes it", 0);
	has_ports = p.count > at.source_port + 1 && yg_is_digits(p.at[at.source_port]) &&
		    yg_is_digits(p.at[at.source_port + 1]);
	{
		const struct yg_put puts[] = {
			{"rule", p.at[0]},
			{"tracker", p.at[3]},
			{"interface", p.at[4]},
			{"reason", p.at[5]},
			{"action", p.at[6]},
			{"direction", p.at[7]},
			{"ip_version", p.at[8]},
			{"proto", p.at[at.proto]},
			{"src_ip", p.at[at.source]},
			{"dst_ip", p.at[at.target]},
			{"src_port", has_ports ? p.at[at.source_port] : nothing},
			{"dst_port", has_ports ? p.at[at.source_port + 1] : nothing},
			{"tcp_flags", has_ports && p.count > at.source_port + 3
					      ? p.at[at.source_port + 3]
					      : nothing},
		};

		rc = YG_PUT_ALL(event, puts);
	}
	if (rc == YG_OK)
		rc = yg_filterlog_finish(event);
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}

int yg_filterlog_finish(struct yg_event *event)
{
	event->channel = YG_S("filterlog");
	return YG_OK;
}
