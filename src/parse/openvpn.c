/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/openvpn.h"

#include "parse/address.h"
#include "parse/cursor.h"
#include "parse/times.h"
#include "parse/when.h"

#include "base/ban.h"

#define TIME_BYTES     19u /* 2024-12-15 14:11:27 */
#define OLD_TIME_BYTES 24u /* Sun Dec 15 14:11:27 2024 */

struct line {
	struct yg_bytes address, port, user, message;
	const char *result;
};

static bool has(struct yg_bytes text, const char *word)
{
	return yg_bytes_find(text, yg_bytes_str(word)) != SIZE_MAX;
}

/* "192.0.2.1:52234" */
static bool read_place(struct yg_bytes word, struct line *ret)
{
	size_t colon = word.size;

	while (colon > 0 && word.data[colon - 1] != ':')
		colon--;
	if (colon < 2 || !yg_is_digits(yg_bytes_from(word, colon)) ||
	    !yg_address_in(yg_bytes_cut(word, 0, colon - 1), &ret->address, NULL))
		return false;
	ret->port = yg_bytes_from(word, colon);
	return true;
}

/* "name/192.0.2.1:5", "192.0.2.1:5/name", "192.0.2.1:5": the client a line is about. */
static bool read_peer(struct yg_bytes word, struct line *ret)
{
	struct yg_bytes head, tail = word;

	(void)(yg_skip_head(&tail, YG_S("udp4:")) || yg_skip_head(&tail, YG_S("udp6:")) ||
	       yg_skip_head(&tail, YG_S("tcp4-server:")) ||
	       yg_skip_head(&tail, YG_S("tcp6-server:")));
	head = yg_take_to(&tail, '/');
	if (read_place(head, ret)) {
		ret->user = tail;
		return true;
	}
	if (!read_place(tail, ret))
		return false;
	ret->user = head;
	return true;
}

/* Lines without a client, as every server writes them while it starts and ends. */
static bool is_own_words(struct yg_bytes b)
{
	static const char *const heads[] = {"OpenVPN ",
					    "Incoming Control Channel",
					    "Outgoing Control Channel",
					    "library versions",
					    "MULTI: ",
					    "MULTI_",
					    "TLS Error: ",
					    "Initialization Sequence",
					    "TUN/TAP ",
					    "UDPv4 link ",
					    "UDPv6 link ",
					    "TCPv4_SERVER link ",
					    "TLS-Auth MTU",
					    "Diffie-Hellman initialized",
					    "net_route",
					    "net_iface",
					    "AUTH-PAM: ",
					    "SIGTERM[",
					    "SIGUSR1[",
					    "WARNING: --",
					    "DEPRECATED ",
					    "IFCONFIG POOL"};

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (yg_bytes_starts(b, yg_bytes_str(heads[i])))
			return true;
	return false;
}

/* One act counts once: of several lines about the same refusal only one says "failed". */
static const char *result_of(const struct line *line)
{
	struct yg_bytes m = line->message;

	if (has(m, "AUTH_FAILED") || has(m, "packet authentication failed") ||
	    has(m, "unwrapping failed") || has(m, "unwrap error") ||
	    has(m, "Username/Password verification failed") ||
	    yg_bytes_starts(m, YG_S("VERIFY ERROR")))
		return "failed";
	if (has(m, "Authentication succeeded") || has(m, "authentication succeeded"))
		return "accepted";
	/* "[name] Peer Connection Initiated with …": the certificate was accepted */
	if (yg_bytes_starts(m, YG_S("[")) && !yg_bytes_starts(m, YG_S("[UNDEF]")) &&
	    has(m, "] Peer Connection Initiated with "))
		return "accepted";
	return NULL;
}

/* The message without its time. False: not a line of OpenVPN. */
static bool read_words(struct yg_bytes b, struct line *ret)
{
	struct yg_bytes rest = b;
	struct yg_bytes word;

	if (yg_skip_head(&rest, YG_S("us="))) {
		(void)yg_take_word(&rest);
		b = rest;
	}
	word = yg_take_word(&rest);
	if (read_peer(word, ret)) {
		if (rest.size == 0)
			return false;
		ret->message = rest;
	} else {
		if (!is_own_words(b))
			return false;
		ret->message = b;
		if (has(b, "[AF_INET]"))
			(void)read_place(yg_bytes_from(b, yg_bytes_find(b, YG_S("[AF_INET]")) + 9),
					 ret);
	}
	if (yg_bytes_eq(ret->user, YG_S("UNDEF")))
		ret->user = (struct yg_bytes){0};
	ret->result = result_of(ret);
	return true;
}

static int add_line(struct yg_event *event, const struct line *line)
{
	struct yg_bytes user = line->user;
	struct yg_bytes rest = line->message;

	if (user.size == 0 && line->result && *line->result == 'a' &&
	    yg_skip_head(&rest, YG_S("[")))
		user = yg_take_to(&rest, ']');
	{
		const struct yg_put puts[] = {
			{"src_ip", line->address},
			{"src_port", line->port},
			{"user", user},
			{"message", line->message},
			{"auth_result", yg_bytes_str(line->result ? line->result : "")},
		};

		return YG_PUT_ALL(event, puts);
	}
}

static bool is_time(struct yg_bytes b)
{
	return b.size > TIME_BYTES + 1 && yg_count_digits(b) == 4 && b.data[4] == '-' &&
	       b.data[7] == '-' && b.data[10] == ' ' && b.data[13] == ':' && b.data[16] == ':' &&
	       b.data[19] == ' ';
}

/* "Sun Dec 15 14:11:27 2024 " */
static bool is_old_time(struct yg_bytes b)
{
	return b.size > OLD_TIME_BYTES + 1 && b.data[3] == ' ' && yg_when_month(b.data + 4) != 0 &&
	       b.data[7] == ' ' && b.data[13] == ':' && b.data[16] == ':' && b.data[19] == ' ' &&
	       yg_count_digits(yg_bytes_from(b, 20)) == 4 && b.data[OLD_TIME_BYTES] == ' ';
}

bool yg_openvpn_fits(struct yg_bytes record)
{
	struct line line = {0};

	if (is_time(record))
		return read_words(yg_bytes_from(record, TIME_BYTES + 1), &line);
	return is_old_time(record) && read_words(yg_bytes_from(record, OLD_TIME_BYTES + 1), &line);
}

static bool set_old_time(struct yg_parser_int *ctx, struct yg_bytes text, struct yg_event *event)
{
	const uint8_t *d = text.data;
	uint32_t day, hour, minute, second, year;
	struct yg_when when = {0};

	if (!yg_when_digits(d + 8 + (d[8] == ' '), 2 - (d[8] == ' '), &day) ||
	    !yg_when_digits(d + 11, 2, &hour) || !yg_when_digits(d + 14, 2, &minute) ||
	    !yg_when_digits(d + 17, 2, &second) || !yg_when_digits(d + 20, 4, &year))
		return false;
	when.civil = (struct yg_civil){.year = (int32_t)year,
				       .month = (uint8_t)yg_when_month(d + 4),
				       .day = (uint8_t)day,
				       .hour = (uint8_t)hour,
				       .minute = (uint8_t)minute,
				       .second = (uint8_t)second};
	event->time_text = text;
	return yg_when_instant(&when, ctx->opts.zone, &event->time_ns);
}

int yg_openvpn_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		    struct yg_fault *reterr)
{
	size_t size = is_time(record) ? TIME_BYTES : OLD_TIME_BYTES;
	struct line line = {0};
	bool has_time;

	if ((!is_time(record) && !is_old_time(record)) ||
	    !read_words(yg_bytes_from(record, size + 1), &line))
		return yg_fault_set(reterr, YG_EMISMATCH, "no line as OpenVPN writes it", 0);
	has_time = size == TIME_BYTES
			   ? yg_times_set(event, yg_bytes_cut(record, 0, size), ctx->opts.zone)
			   : set_old_time(ctx, yg_bytes_cut(record, 0, size), event);
	if (!has_time)
		return yg_fault_set(reterr, YG_EFORMAT, "there is no such time", 0);
	if (add_line(event, &line) != YG_OK || yg_openvpn_finish(event) != YG_OK)
		return yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
	return YG_OK;
}

int yg_openvpn_message(struct yg_event *event, struct yg_bytes program, struct yg_bytes message)
{
	struct line line = {0};

	if (!yg_bytes_starts(program, YG_S("openvpn")) && !yg_bytes_starts(program, YG_S("ovpn-")))
		return YG_EMISMATCH;
	if (!read_words(message, &line))
		return YG_EMISMATCH;
	return add_line(event, &line) == YG_OK ? yg_openvpn_finish(event) : YG_ENOMEM;
}

int yg_openvpn_finish(struct yg_event *event)
{
	event->channel = YG_S("openvpn");
	return YG_OK;
}
