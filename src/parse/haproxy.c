/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/haproxy.h"

#include "parse/address.h"
#include "parse/cursor.h"
#include "parse/web.h"
#include "parse/when.h"

#include "base/ban.h"

#define CLIENT_BYTES_MAX 64u /* an IPv6 address with its port */
#define TIME_BYTES	 24u /* 25/Nov/2026:14:42:33.985 */

/* Where the time's bracket opens, behind "client:port "; 0 when this is no line of HAProxy. */
static size_t bracket_of(struct yg_bytes record)
{
	size_t at = yg_bytes_chr(yg_bytes_cut(record, 0, CLIENT_BYTES_MAX), ' ');
	struct yg_bytes client = yg_bytes_cut(record, 0, at);
	const uint8_t *d = record.data;
	size_t digits = 0;

	if (at == SIZE_MAX || record.size < at + TIME_BYTES + 4 || d[at + 1] != '[' ||
	    d[at + 4] != '/' || d[at + 8] != '/' || d[at + 13] != ':' || d[at + 22] != '.' ||
	    d[at + TIME_BYTES + 2] != ']' || d[at + TIME_BYTES + 3] != ' ')
		return 0;
	while (digits < client.size &&
	       yg_count_digits(yg_bytes_from(client, client.size - digits - 1)) == digits + 1)
		digits++;
	return digits > 0 && digits < client.size && d[client.size - digits - 1] == ':' ? at + 1
											: 0;
}

bool yg_haproxy_fits(struct yg_bytes record)
{
	return bracket_of(record) > 0;
}

/* "{a|b}" at the front, as captured headers stand in braces; nothing when there is no such. */
static struct yg_bytes take_braces(struct yg_bytes *b)
{
	struct yg_bytes ret = {0};
	size_t end;

	if (b->size == 0 || b->data[0] != '{')
		return ret;
	/* a captured header may hold braces and quotes: the last "} " before the request counts */
	end = yg_bytes_find(*b, YG_S("} {"));
	if (end == SIZE_MAX)
		end = yg_bytes_find(*b, YG_S("} \""));
	if (end == SIZE_MAX)
		return ret;
	ret = yg_bytes_cut(*b, 1, end);
	*b = yg_bytes_from(*b, end + 2);
	return ret;
}

/* The last of "0/0/0/3/173": what the whole took; "+" before it where the end was not awaited. */
static struct yg_bytes total_of(struct yg_bytes timers)
{
	for (size_t i = timers.size; i > 0; i--)
		if (timers.data[i - 1] == '/') {
			timers = yg_bytes_from(timers, i);
			break;
		}
	if (timers.size > 0 && timers.data[0] == '+')
		timers = yg_bytes_from(timers, 1);
	return timers;
}

static bool is_state(struct yg_bytes word)
{
	return (word.size == 2 || word.size == 4) && yg_count_digits(word) == 0 &&
	       yg_bytes_chr(word, '/') == SIZE_MAX;
}

static int read_request(struct yg_event *event, struct yg_bytes b)
{
	struct yg_bytes request_headers = take_braces(&b);
	struct yg_bytes response_headers = take_braces(&b);
	const struct yg_put puts[] = {
		{"request_headers", request_headers},
		{"response_headers", response_headers},
	};
	int rc = YG_PUT_ALL(event, puts);

	if (rc != YG_OK || !yg_skip_head(&b, YG_S("\"")))
		return rc;
	if (b.size > 0 && b.data[b.size - 1] == '"') /* missing where syslog cut the line off */
		b.size--;
	return yg_web_add_request(event, b);
}

/* What follows the server: the numbers of httplog or of tcplog. False: neither of them. */
static int read_numbers(struct yg_event *event, struct yg_bytes b, bool *ret_is_one)
{
	struct yg_bytes timers = yg_take_word(&b);
	struct yg_bytes status = yg_take_word(&b);
	struct yg_bytes bytes = yg_take_word(&b);
	struct yg_bytes state, connections, queues;
	int rc;

	*ret_is_one = false;
	if (is_state(bytes)) { /* tcplog: timers bytes state */
		state = bytes;
		bytes = status;
		status = (struct yg_bytes){0};
	} else {
		(void)yg_take_word(&b); /* captured cookies, of request and answer */
		(void)yg_take_word(&b);
		state = yg_take_word(&b);
	}
	connections = yg_take_word(&b);
	queues = yg_take_word(&b);
	if (!is_state(state) || yg_bytes_chr(timers, '/') == SIZE_MAX ||
	    yg_bytes_chr(connections, '/') == SIZE_MAX || yg_bytes_chr(queues, '/') == SIZE_MAX)
		return YG_OK;
	*ret_is_one = true;
	{
		const struct yg_put puts[] = {
			{"timers", timers},	      {"time-taken", total_of(timers)},
			{"sc-status", status},	      {"sc-bytes", bytes},
			{"termination_state", state}, {"connections", connections},
			{"queues", queues},
		};

		rc = YG_PUT_ALL(event, puts);
	}
	return rc == YG_OK ? read_request(event, b) : rc;
}

static int read_place(struct yg_event *event, struct yg_bytes *b)
{
	struct yg_bytes frontend = yg_take_word(b);
	struct yg_bytes server = yg_take_word(b);
	struct yg_bytes backend = yg_take_to(&server, '/');
	bool is_tls = frontend.size > 1 && frontend.data[frontend.size - 1] == '~';

	frontend.size -= is_tls;
	{
		const struct yg_put puts[] = {
			{"frontend", frontend},
			{"tls", is_tls ? YG_S("true") : (struct yg_bytes){0}},
			{"backend", backend},
			{"server", server},
		};

		return YG_PUT_ALL(event, puts);
	}
}

/* "frontend/bind: message" */
static int read_error(struct yg_event *event, struct yg_bytes b)
{
	struct yg_bytes bind = yg_take_to(&b, ':');
	struct yg_bytes frontend = yg_take_to(&bind, '/');
	const struct yg_put puts[] = {
		{"frontend", frontend},
		{"bind", bind},
		{"message", yg_bytes_trim(b)},
	};

	return YG_PUT_ALL(event, puts);
}

static int read_client(struct yg_event *event, struct yg_bytes client)
{
	struct yg_bytes address = client;
	struct yg_bytes port = {0};

	for (size_t i = client.size; i > 0; i--)
		if (client.data[i - 1] == ':') {
			address = yg_bytes_cut(client, 0, i - 1);
			port = yg_bytes_from(client, i);
			break;
		}
	{
		const struct yg_put puts[] = {{"c-ip", address}, {"src_port", port}};

		return YG_PUT_ALL(event, puts);
	}
}

int yg_haproxy_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		    struct yg_fault *reterr)
{
	size_t open = bracket_of(record);
	struct yg_bytes b = yg_bytes_from(record, open + TIME_BYTES + 3);
	struct yg_bytes front, colon;
	struct yg_when when;
	bool is_one = true;
	int rc;

	if (open == 0)
		return yg_fault_set(reterr, YG_EMISMATCH, "no client and time as HAProxy writes it",
				    0);
	event->time_text = yg_bytes_cut(record, open + 1, open + 1 + TIME_BYTES);
	if (!yg_when_clf(event->time_text, &when) ||
	    !yg_when_instant(&when, ctx->opts.zone, &event->time_ns))
		return yg_fault_set(reterr, YG_EFORMAT, "there is no such time", open + 1);
	event->has_zone = when.has_zone;
	front = b;
	colon = yg_take_word(&front);
	rc = read_client(event, yg_bytes_cut(record, 0, open - 1));
	if (rc == YG_OK && colon.size > 1 && colon.data[colon.size - 1] == ':' &&
	    yg_bytes_chr(colon, '/') != SIZE_MAX) {
		rc = read_error(event, b);
	} else if (rc == YG_OK) {
		rc = read_place(event, &b);
		if (rc == YG_OK)
			rc = read_numbers(event, b, &is_one);
	}
	if (rc == YG_OK && !is_one)
		return yg_fault_set(reterr, YG_EMISMATCH, "neither httplog nor tcplog of HAProxy",
				    (size_t)(b.data - record.data));
	if (rc == YG_OK)
		rc = yg_haproxy_finish(event);
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}

int yg_haproxy_finish(struct yg_event *event)
{
	event->channel = YG_S("haproxy");
	return yg_web_derive(event);
}
