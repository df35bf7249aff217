/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/fortigate.h"

#include "parse/address.h"
#include "parse/plain.h"
#include "parse/times.h"
#include "parse/words.h"

#include "base/ban.h"

#define KEY_BYTES_MAX 128u
#define LOOK_BYTES    2048u /* of the start, to see what a record is */

struct pair {
	struct yg_bytes key;
	struct yg_bytes value;
	bool is_quoted;
};

static bool is_key_byte(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
	       c == '-' || c == '.' || c == '/' || c == '@';
}

/* Bytes of a key that '=' follows at the start of @b, or 0. */
size_t yg_pair_key(struct yg_bytes b)
{
	size_t i = 0;

	while (i < b.size && i < KEY_BYTES_MAX && is_key_byte(b.data[i]))
		i++;
	return i < b.size && b.data[i] == '=' ? i : 0;
}

/* A quoted value from behind its first quote: its end, where the closing quote is or is missing. */
static size_t quoted_end(struct yg_bytes b, uint8_t quote)
{
	size_t i = 0;

	while (i < b.size && b.data[i] != quote)
		i += b.data[i] == '\\' && i + 1 < b.size ? 2u : 1u;
	return i < b.size ? i : b.size;
}

/*
 * The next pair at the front of *b, which moves on. Words that are no pair are passed over.
 * @comma: pairs are divided by commas. False at the end.
 */
static bool next_pair(struct yg_bytes *b, bool comma, struct pair *ret)
{
	while (b->size > 0) {
		size_t key = yg_pair_key(*b);
		size_t end;

		if (key > 0) {
			ret->key = yg_bytes_cut(*b, 0, key);
			*b = yg_bytes_from(*b, key + 1);
			ret->is_quoted = b->size > 0 && (b->data[0] == '"' || b->data[0] == '\'');
			if (ret->is_quoted) {
				uint8_t quote = b->data[0];

				*b = yg_bytes_from(*b, 1);
				end = quoted_end(*b, quote);
				ret->value = yg_bytes_cut(*b, 0, end);
				*b = yg_bytes_from(*b, end + 1);
				return true;
			}
			end = 0;
			while (end < b->size && b->data[end] != ' ' &&
			       (!comma || b->data[end] != ','))
				end++;
			ret->value = yg_bytes_cut(*b, 0, end);
			*b = yg_bytes_from(*b, end);
			return true;
		}
		/* to the byte after the next space or comma */
		end = 0;
		while (end < b->size && b->data[end] != ' ' && b->data[end] != ',')
			end++;
		*b = yg_bytes_from(*b, end + 1);
	}
	return false;
}

/* Do commas divide the pairs? Told from the first one's end. */
static bool has_commas(struct yg_bytes b)
{
	struct pair pair;

	if (!next_pair(&b, true, &pair))
		return false;
	return b.size > 1 && b.data[0] == ',' &&
	       (yg_pair_key(yg_bytes_from(b, 1)) > 0 || b.data[1] == ' ');
}

static struct yg_bytes after_pri(struct yg_bytes b)
{
	size_t end;

	if (b.size > 0 && b.data[0] == '<') {
		end = yg_bytes_chr(yg_bytes_cut(b, 0, 5), '>');
		if (end != SIZE_MAX)
			b = yg_bytes_from(b, end + 1);
	}
	while (b.size > 0 && b.data[0] == ' ')
		b = yg_bytes_from(b, 1);
	return b;
}

bool yg_fortigate_fits(struct yg_bytes record)
{
	struct yg_bytes look = yg_bytes_cut(after_pri(record), 0, LOOK_BYTES);

	if (yg_pair_key(look) == 0)
		return false;
	return yg_bytes_find(look, YG_S("logid=")) != SIZE_MAX &&
	       yg_bytes_find(look, YG_S("type=")) != SIZE_MAX;
}

static size_t count_pairs(struct yg_bytes b, size_t max)
{
	bool comma = has_commas(b);
	struct pair pair;
	size_t count = 0;

	while (count < max && next_pair(&b, comma, &pair))
		count++;
	return count;
}

bool yg_keyvalue_fits(struct yg_bytes record)
{
	struct yg_bytes look = yg_bytes_cut(after_pri(record), 0, LOOK_BYTES);

	if (yg_fits_json(record))
		return false;
	return yg_pair_key(look) > 0 && count_pairs(look, YG_PAIRS_MIN) == YG_PAIRS_MIN;
}

/* \" and \\ in a quoted value; other backslashes (paths) stay. */
static bool unquote(struct yg_event *event, struct yg_bytes *value)
{
	uint8_t *to;
	size_t size = 0;

	if (yg_bytes_find(*value, YG_S("\\\"")) == SIZE_MAX &&
	    yg_bytes_find(*value, YG_S("\\\\")) == SIZE_MAX)
		return true;
	to = yg_arena_alloc(event->arena, value->size);
	if (!to)
		return false;
	for (size_t i = 0; i < value->size; i++) {
		if (value->data[i] == '\\' && i + 1 < value->size &&
		    (value->data[i + 1] == '"' || value->data[i + 1] == '\\'))
			i++;
		to[size++] = value->data[i];
	}
	*value = (struct yg_bytes){to, size};
	return true;
}

static int add_pairs(struct yg_event *event, struct yg_bytes b)
{
	bool comma = has_commas(b);
	struct pair pair;
	int rc = YG_OK;

	while (rc == YG_OK && next_pair(&b, comma, &pair)) {
		if (pair.is_quoted && !unquote(event, &pair.value))
			return YG_ENOMEM;
		rc = yg_event_add(event, pair.key, pair.value, YG_VALUE_TEXT);
	}
	return rc;
}

static struct yg_bytes get(struct yg_event *event, struct yg_bytes name)
{
	for (uint32_t i = 0; i < event->field_count; i++)
		if (yg_bytes_eq(event->fields[i].name, name))
			return yg_event_text(event, &event->fields[i]);
	return (struct yg_bytes){0};
}

/* date, time and tz in one run: to show them, and (@is_tight) to read them. */
static struct yg_bytes join_time(struct yg_event *event, bool is_tight)
{
	struct yg_bytes date = get(event, YG_S("date"));
	struct yg_bytes time = get(event, YG_S("time"));
	struct yg_bytes zone = get(event, YG_S("tz"));
	char text[64];
	struct yg_bytes ret = {0};
	int size;

	if (date.size == 0 || time.size == 0 || date.size > 16 || time.size > 20 || zone.size > 8)
		return ret;
	size = snprintf(text, sizeof(text), "%.*s %.*s%s%.*s", YG_FMT(date), YG_FMT(time),
			zone.size > 0 && !is_tight ? " " : "", YG_FMT(zone));
	(void)yg_arena_dup(event->arena, (struct yg_bytes){(const uint8_t *)text, (size_t)size},
			   &ret);
	return ret;
}

/* eventtime is the time since 1970 and not in doubt; date and time are shown where they stand. */
static void read_time(struct yg_parser_int *ctx, struct yg_event *event)
{
	struct yg_bytes stamp = get(event, YG_S("eventtime"));
	struct yg_bytes tight = join_time(event, true);

	if (!yg_times_set(event, stamp, ctx->opts.zone) &&
	    !yg_times_set(event, tight, ctx->opts.zone))
		return;
	if (tight.size > 0)
		event->time_text = join_time(event, false);
}

int yg_fortigate_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		      struct yg_fault *reterr)
{
	int rc;

	if (!yg_fortigate_fits(record))
		return yg_fault_set(reterr, YG_EMISMATCH, "no logid= and type= of a FortiGate log",
				    0);
	rc = add_pairs(event, after_pri(record));
	if (rc == YG_OK) {
		read_time(ctx, event);
		rc = yg_fortigate_finish(event);
	}
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}

static bool has(struct yg_event *event, uint32_t name_id)
{
	return yg_event_find(event, name_id) != NULL;
}

/* Derive an address (and its port) from the first of the fields that holds one. */
static int derive_address(struct yg_event *event, const char *const *names, uint32_t ip_id,
			  uint32_t port_id)
{
	struct yg_bytes address, port;
	int rc;

	if (has(event, ip_id))
		return YG_OK;
	for (; *names; names++) {
		if (!yg_address_in(get(event, yg_bytes_str(*names)), &address, &port))
			continue;
		rc = yg_event_derive(event, ip_id, address, YG_VALUE_TEXT);
		if (rc == YG_OK && port.size > 0 && !has(event, port_id))
			rc = yg_event_derive(event, port_id, port, YG_VALUE_NUMBER);
		return rc;
	}
	return YG_OK;
}

static int derive_copy(struct yg_event *event, const char *const *names, uint32_t to_id)
{
	if (has(event, to_id))
		return YG_OK;
	for (; *names; names++) {
		struct yg_bytes text = get(event, yg_bytes_str(*names));

		if (text.size > 0 && !yg_bytes_eq(text, YG_S("N/A")))
			return yg_event_derive(event, to_id, text, YG_VALUE_TEXT);
	}
	return YG_OK;
}

/* "https(192.0.2.1)": how and from where an administrator came. */
static int derive_ui(struct yg_event *event)
{
	struct yg_bytes ui = yg_event_get(event, YG_F_ui);
	size_t open = yg_bytes_chr(ui, '(');
	struct yg_bytes address;

	if (open == SIZE_MAX || has(event, YG_F_src_ip))
		return YG_OK;
	ui = yg_bytes_cut(ui, open + 1, yg_bytes_chr(ui, ')'));
	if (!yg_address_in(ui, &address, NULL))
		return YG_OK;
	return yg_event_derive(event, YG_F_src_ip, address, YG_VALUE_TEXT);
}

static bool contains(struct yg_bytes text, const char *word)
{
	return yg_bytes_find(text, yg_bytes_str(word)) != SIZE_MAX;
}

/* Sophos, FortiAuthenticator and Check Point say it in other fields. */
static const char *other_result(struct yg_event *event, struct yg_bytes status)
{
	if (contains(yg_event_get(event, YG_F_action), "Failed Log In"))
		return "failed";
	if (!contains(get(event, YG_S("log_subtype")), "Authentication") &&
	    !contains(get(event, YG_S("subcategory")), "Authentication"))
		return NULL;
	if (contains(status, "Failed"))
		return "failed";
	return contains(status, "Success") ? "accepted" : NULL;
}

/* Accepted or failed, for the records that are about signing in. */
static const char *auth_result(struct yg_event *event)
{
	struct yg_bytes action = yg_event_get(event, YG_F_action);
	struct yg_bytes status = yg_event_get(event, YG_F_status);
	bool is_sign_in = contains(action, "login") || contains(action, "logon") ||
			  contains(action, "auth") || contains(action, "negotiate");

	if (contains(action, "login-fail") || contains(action, "auth-fail") ||
	    contains(yg_event_get(event, YG_F_logdesc), "login fail"))
		return "failed";
	if (yg_bytes_eq(action, YG_S("tunnel-up")) &&
	    yg_bytes_starts(yg_event_get(event, YG_F_tunneltype), YG_S("ssl")))
		return "accepted";
	if (yg_bytes_eq(action, YG_S("tunnel-down")))
		return "closed";
	if (!is_sign_in)
		return other_result(event, status);
	if (contains(status, "fail") || contains(status, "denied"))
		return "failed";
	return contains(status, "success") ? "accepted" : NULL;
}

static int derive_addresses(struct yg_event *event)
{
	static const char *const source[] = {"remip",	  "srcip",     "src",	      "SRC",
					     "src_ip",	  "srcaddr",   "source",      "sourceip",
					     "source_ip", "remote_ip", "remote_addr", "remoteip",
					     "client_ip", "clientip",  "saddr",	      "addr",
					     "rhost",	  "ip",	       NULL};
	static const char *const target[] = {"dstip",	"dst",	       "DST",	 "dst_ip",
					     "dstaddr", "destination", "destip", "dest_ip",
					     "locip",	NULL};
	static const char *const source_port[] = {"srcport",  "spt",   "SPT",
						  "src_port", "sport", NULL};
	static const char *const target_port[] = {"dstport",  "dpt",   "DPT",
						  "dst_port", "dport", NULL};
	int rc = derive_address(event, source, YG_F_src_ip, YG_F_src_port);

	if (rc == YG_OK)
		rc = derive_address(event, target, YG_F_dst_ip, YG_F_dst_port);
	if (rc == YG_OK)
		rc = derive_copy(event, source_port, YG_F_src_port);
	if (rc == YG_OK)
		rc = derive_copy(event, target_port, YG_F_dst_port);
	return rc == YG_OK ? derive_ui(event) : rc;
}

int yg_device_derive(struct yg_event *event)
{
	const char *result = auth_result(event);
	int rc = derive_addresses(event);

	if (rc == YG_OK && result && !has(event, YG_F_auth_result))
		rc = yg_event_derive(event, YG_F_auth_result, yg_bytes_str(result), YG_VALUE_TEXT);
	return rc;
}

int yg_fortigate_finish(struct yg_event *event)
{
	event->channel = YG_S("fortigate");
	return yg_device_derive(event);
}

void yg_device_time(struct yg_parser_int *ctx, struct yg_event *event)
{
	static const char *const names[] = {"time", "timestamp", "t",	  "ts",		  "devTime",
					    "rt",   "end",	 "start", "UNIFIutcTime", NULL};

	read_time(ctx, event);
	for (size_t i = 0; names[i] && event->time_ns == YG_TIME_NONE; i++)
		(void)yg_times_set(event, get(event, yg_bytes_str(names[i])), ctx->opts.zone);
}

/*
 * A sign-in that the words tell. Programs write pairs, too, with how bad it is as a level: those
 * are no device, and the rules for unknown products look at them.
 */
static int add_words(struct yg_event *event, struct yg_bytes pairs)
{
	bool is_program = get(event, YG_S("level")).size > 0 || get(event, YG_S("lvl")).size > 0;
	bool is_known;
	int rc = yg_words_add(event, pairs, &is_known);

	if (rc == YG_OK && is_known && is_program && get(event, YG_S("msg")).size > 0) {
		event->format = YG_FORMAT_PLAIN;
		rc = yg_plain_finish(event);
	}
	return rc;
}

int yg_keyvalue_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		     struct yg_fault *reterr)
{
	struct yg_bytes b = after_pri(record);
	int rc;

	if (!yg_keyvalue_fits(record))
		return yg_fault_set(reterr, YG_EMISMATCH, "fewer than four pairs key=value", 0);
	rc = add_pairs(event, b);
	if (rc == YG_OK) {
		yg_device_time(ctx, event);
		rc = yg_keyvalue_finish(event);
	}
	if (rc == YG_OK && !has(event, YG_F_auth_result))
		rc = add_words(event, b);
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}

int yg_device_user(struct yg_event *event)
{
	static const char *const user[] = {"usr",  "username",	 "user_name", "suser",
					   "acct", "UNIFIadmin", NULL};

	return derive_copy(event, user, YG_F_user);
}

int yg_keyvalue_finish(struct yg_event *event)
{
	int rc = yg_device_derive(event);

	event->channel = YG_S("keyvalue");
	return rc == YG_OK ? yg_device_user(event) : rc;
}
