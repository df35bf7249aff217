/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/mask.h"

#include <arpa/inet.h>
#include <assert.h>

#include "base/buf.h"
#include "base/hash.h"

#include "base/ban.h"

#define COUNT(list)   (sizeof(list) / sizeof((list)[0]))
#define WORD_MIN      3u /* shorter values inside of longer words are chance */
#define TEXT_ROOM     (8u << 20)
#define TOKEN_BYTES   12u
#define SMALL	      64u
#define DOTS_DEEP     31u /* in a name as deep as names go: 32 levels */
#define CLASS_VALUES  12u
#define FACILITY_MAIL 2u /* RFC 5424, 6.2.1 */

/* ---- kinds of communication ---- */

static struct yg_bytes text_of(struct yg_event *event, const char *name)
{
	for (uint32_t i = 0; i < event->field_count; i++)
		if (yg_bytes_eq(event->fields[i].name, yg_bytes_str(name)))
			return yg_event_text(event, &event->fields[i]);
	return (struct yg_bytes){0};
}

/*
 * A record of @format is of @class_ when field @name begins with one of @values (NULL: whatever it
 * holds; "ssl$": is just that, for sslvpn-user is somebody who signs in), unless field @except has
 * one of @excepted: what a firewall stopped is its own record, not somebody's communication.
 */
static const struct {
	enum yg_format format;
	enum yg_policy_class class_;
	const char *name;
	const char *values[CLASS_VALUES];
	const char *except;
	const char *excepted[CLASS_VALUES];
} classes[] = {
	{YG_FORMAT_SQUID, YG_POLICY_PROXY, NULL, {NULL}, NULL, {NULL}},
	{YG_FORMAT_DNS, YG_POLICY_DNS, NULL, {NULL}, NULL, {NULL}},
	{YG_FORMAT_SYSLOG,
	 YG_POLICY_MAIL,
	 "program",
	 {"postfix", "sendmail", "sm-mta", "exim", "smtpd", "qmail", "amavis", "opendkim"},
	 NULL,
	 {NULL}},
	{YG_FORMAT_SYSLOG,
	 YG_POLICY_MAIL,
	 "program",
	 {"dovecot", "opendmarc", "rspamd", "spamd", "postgrey", "milter", "clamsmtp", "mimedefang",
	  "fetchmail", "cyrus/", "courier"},
	 NULL,
	 {NULL}},
	{YG_FORMAT_SYSLOG,
	 YG_POLICY_DNS,
	 "program",
	 {"named", "unbound", "pdns", "dnsdist", "coredns", "systemd-resolve", "kresd"},
	 NULL,
	 {NULL}},
	{YG_FORMAT_SYSLOG,
	 YG_POLICY_PROXY,
	 "program",
	 {"httpproxy", "e2guardian", "dansguardian", "tinyproxy", "privoxy", "squidguard"},
	 NULL,
	 {NULL}},
	{YG_FORMAT_KEYVALUE, YG_POLICY_PROXY, "program", {"httpproxy"}, NULL, {NULL}},
	{YG_FORMAT_SYSLOG, YG_POLICY_PROXY, "program", {"squid", "(squid"}, NULL, {NULL}},
	{YG_FORMAT_DESCRIBED,
	 YG_POLICY_MAIL,
	 "log_source",
	 {"exim", "exchange", "zimbra", "mailcow", "postfix"},
	 NULL,
	 {NULL}},
	{YG_FORMAT_FORTIGATE,
	 YG_POLICY_FLOWS,
	 "subtype",
	 {"forward", "multicast", "sniffer", "app-ctrl", "ztna"},
	 "action",
	 {"deny", "block", "drop", "reset"}},
	{YG_FORMAT_FORTIGATE,
	 YG_POLICY_PROXY,
	 "subtype",
	 {"webfilter", "ssl$", "videofilter", "file-filter", "dlp"},
	 "action",
	 {"block"}},
	{YG_FORMAT_FORTIGATE, YG_POLICY_DNS, "subtype", {"dns"}, "action", {"block"}},
	{YG_FORMAT_FORTIGATE, YG_POLICY_MAIL, "subtype", {"emailfilter"}, "action", {"block"}},
	{YG_FORMAT_FORTIGATE, YG_POLICY_FLOWS, "subtype", {"voip"}, "action", {"block"}},
	{YG_FORMAT_PALOALTO,
	 YG_POLICY_FLOWS,
	 "type",
	 {"TRAFFIC"},
	 "action",
	 {"deny", "drop", "reset", "block"}},
	{YG_FORMAT_PALOALTO,
	 YG_POLICY_PROXY,
	 "subtype",
	 {"url"},
	 "action",
	 {"deny", "drop", "reset", "block"}},
	{YG_FORMAT_ASA,
	 YG_POLICY_FLOWS,
	 "message_id",
	 {"302013", "302014", "302015", "302016", "302020", "302021", "305011", "305012"},
	 NULL,
	 {NULL}},
	{YG_FORMAT_ASA, YG_POLICY_FLOWS, "message_id", {"106100"}, "action", {"deny", "block"}},
	{YG_FORMAT_ASA, YG_POLICY_PROXY, "message_id", {"304001", "303002"}, NULL, {NULL}},
	/* What CEF calls an event is its maker's word: of these it is known. */
	{YG_FORMAT_CEF,
	 YG_POLICY_FLOWS,
	 "name",
	 {"traffic:forward", "traffic:multicast", "traffic:sniffer", "traffic:ztna", "TRAFFIC"},
	 "act",
	 {"deny", "block", "drop", "reset"}},
	{YG_FORMAT_CEF,
	 YG_POLICY_PROXY,
	 "name",
	 {"utm:webfilter", "utm:ssl", "utm:dlp", "utm:file-filter", "utm:videofilter"},
	 "act",
	 {"deny", "block", "drop", "reset"}},
	{YG_FORMAT_CEF, YG_POLICY_DNS, "name", {"utm:dns"}, "act", {"block"}},
	{YG_FORMAT_CEF, YG_POLICY_MAIL, "name", {"utm:emailfilter"}, "act", {"block"}},
	{YG_FORMAT_CEF, YG_POLICY_FLOWS, "name", {"utm:voip", "utm:app-ctrl"}, "act", {"block"}},
	{YG_FORMAT_CEF, YG_POLICY_MAIL, "product", {"FortiMail"}, "act", {"block", "reject"}},
	{YG_FORMAT_NETFILTER, YG_POLICY_FLOWS, "action", {"allow", "accept", "pass"}, NULL, {NULL}},
	{YG_FORMAT_FILTERLOG, YG_POLICY_FLOWS, "action", {"pass", "allow"}, NULL, {NULL}},
	{YG_FORMAT_SURICATA, YG_POLICY_DNS, "event_type", {"dns", "mdns", "doh2"}, NULL, {NULL}},
	{YG_FORMAT_SURICATA, YG_POLICY_MAIL, "event_type", {"smtp", "imap", "pop3"}, NULL, {NULL}},
	{YG_FORMAT_SURICATA,
	 YG_POLICY_PROXY,
	 "event_type",
	 {"http", "tls", "quic", "fileinfo", "websocket", "ftp"},
	 NULL,
	 {NULL}},
	{YG_FORMAT_SURICATA,
	 YG_POLICY_FLOWS,
	 "event_type",
	 {"flow", "netflow", "sip", "bittorrent", "mqtt", "tftp"},
	 NULL,
	 {NULL}},
	{YG_FORMAT_ZEEK, YG_POLICY_DNS, "_path", {"dns"}, NULL, {NULL}},
	{YG_FORMAT_ZEEK, YG_POLICY_MAIL, "_path", {"smtp"}, NULL, {NULL}},
	{YG_FORMAT_ZEEK,
	 YG_POLICY_PROXY,
	 "_path",
	 {"http", "ssl", "files", "x509", "websocket", "quic", "ftp"},
	 NULL,
	 {NULL}},
	{YG_FORMAT_ZEEK,
	 YG_POLICY_FLOWS,
	 "_path",
	 {"conn", "sip", "irc", "socks", "tunnel", "mqtt", "bittorrent"},
	 NULL,
	 {NULL}},
};

static bool starts_with_one(struct yg_bytes text, const char *const values[CLASS_VALUES])
{
	for (size_t i = 0; i < CLASS_VALUES && values[i]; i++) {
		struct yg_bytes value = yg_bytes_str(values[i]);
		bool is_all = value.data[value.size - 1] == '$';

		value.size -= is_all;
		if (is_all && text.size != value.size)
			continue;
		/* Both are letters: at a glance, for each record is held against all of them. */
		if (text.size > 0 && (text.data[0] | 0x20) != (value.data[0] | 0x20))
			continue;
		if (yg_bytes_eq_nocase(yg_bytes_cut(text, 0, value.size), value))
			return true;
	}
	return false;
}

/* "<22>": the priority with which a line of syslog begins; 8 for each facility. */
static bool begins_as_mail(struct yg_bytes raw)
{
	size_t end = yg_bytes_chr(raw, '>');
	uint64_t priority;

	return raw.size > 0 && raw.data[0] == '<' && end != SIZE_MAX && end < 5 &&
	       yg_bytes_u64(yg_bytes_cut(raw, 1, end), &priority) && priority / 8 == FACILITY_MAIL;
}

/* A line of syslog says itself that it is of the mail system, whatever wrote it in which form. */
static bool is_of_mail_system(struct yg_event *event)
{
	uint64_t facility;

	return begins_as_mail(event->raw) ||
	       (yg_bytes_u64(text_of(event, "facility"), &facility) && facility == FACILITY_MAIL);
}

enum yg_policy_class yg_mask_class(struct yg_event *event)
{
	enum yg_policy_class class_ = YG_POLICY_NONE;

	for (size_t i = 0; i < COUNT(classes) && class_ == YG_POLICY_NONE; i++) {
		if (classes[i].format != event->format)
			continue;
		if (classes[i].name &&
		    !starts_with_one(text_of(event, classes[i].name), classes[i].values))
			continue;
		if (classes[i].except &&
		    starts_with_one(text_of(event, classes[i].except), classes[i].excepted))
			continue;
		class_ = classes[i].class_;
	}
	if (class_ == YG_POLICY_NONE && is_of_mail_system(event))
		class_ = YG_POLICY_MAIL;
	/* Who signed in where is a record of access. */
	return class_ != YG_POLICY_NONE && text_of(event, "auth_result").size > 0 ? YG_POLICY_NONE
										  : class_;
}

/* ---- masks ---- */

void yg_mask_token(const uint8_t key[YG_MAC_KEY_BYTES], struct yg_bytes value,
		   char to[YG_MASK_TOKEN_MAX])
{
	uint8_t mac[YG_MAC_BYTES];
	uint8_t small[SMALL];
	uint8_t parts[2 * YG_MAC_BYTES] = {0};
	size_t at = 0;

	/* Piece by piece, each with what came before it: no room is needed for long values. */
	do {
		struct yg_bytes piece = yg_bytes_cut(value, at, at + SMALL - YG_MAC_BYTES);

		memcpy(small, parts, YG_MAC_BYTES);
		for (size_t i = 0; i < piece.size; i++) {
			uint8_t c = piece.data[i];

			small[YG_MAC_BYTES + i] = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
		}
		yg_mac(key, (struct yg_bytes){small, YG_MAC_BYTES + piece.size}, mac);
		memcpy(parts, mac, YG_MAC_BYTES);
		at += SMALL - YG_MAC_BYTES;
	} while (at < value.size);
	to[0] = '~';
	yg_hex((struct yg_bytes){mac, TOKEN_BYTES}, to + 1);
}

bool yg_mask_truncate(struct yg_bytes value, char to[YG_MASK_TOKEN_MAX])
{
	char text[INET6_ADDRSTRLEN + 1];
	uint8_t address[16];

	if (value.size == 0 || value.size >= sizeof(text))
		return false;
	memcpy(text, value.data, value.size);
	text[value.size] = '\0';
	if (inet_pton(AF_INET, text, address) == 1) {
		address[3] = 0;
		return inet_ntop(AF_INET, address, to, YG_MASK_TOKEN_MAX) != NULL;
	}
	if (inet_pton(AF_INET6, text, address) != 1)
		return false;
	memset(address + 6, 0, 10);
	return inet_ntop(AF_INET6, address, to, YG_MASK_TOKEN_MAX) != NULL;
}

/* A value that may stand nowhere in the record, and what stands in its place. */
struct value {
	struct yg_bytes text;
	struct yg_bytes token;
	uint32_t *back; /* make_back() */
	bool is_in_raw; /* it was found there */
};

struct job {
	const struct yg_mask *mask;
	struct yg_event *event;
	struct value values[YG_MASK_VALUES_MAX];
	size_t count;
	bool is_full; /* there are more */
	struct yg_buf text;
	struct yg_buf marks; /* for each byte of a text what begins there; empty: nothing does */
};

/* A mark: the number of a value from 1, the longest that is a word; is one part of a longer word?
 */
#define MARK_VALUE 0x7fu
#define MARK_LEAKS 0x80u
static_assert(YG_MASK_VALUES_MAX <= MARK_VALUE, "a mark has room for each value");

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool is_word(uint8_t c)
{
	return c >= 0x80 || c == '_' || (c >= '0' && c <= '9') ||
	       (lower(c) >= 'a' && lower(c) <= 'z');
}

static int make_token(struct job *job, enum yg_policy_mask how, struct yg_bytes value,
		      struct yg_bytes *ret)
{
	char token[YG_MASK_TOKEN_MAX] = YG_MASK_GONE;

	if (how == YG_POLICY_HASH)
		yg_mask_token(job->mask->key, value, token);
	else if (how == YG_POLICY_TRUNCATE && !yg_mask_truncate(value, token))
		(void)snprintf(token, sizeof(token), YG_MASK_GONE); /* short */
	return yg_arena_dup(job->event->arena, yg_bytes_str(token), ret) ? YG_OK : YG_ENOMEM;
}

/*
 * For each place in a value how many bytes of its beginning stand again right before it: where a
 * comparison goes on that came that far. So a search costs the bytes of the text, whatever the
 * value; else who writes a line of 64 long values that are nearly alike would hold up the sensor.
 * Source: Knuth, Morris, Pratt, "Fast pattern matching in strings", 1977.
 */
static bool make_back(struct job *job, struct value *value)
{
	struct yg_bytes v = value->text;
	uint32_t *back = yg_arena_alloc(job->event->arena, v.size * sizeof(*back));
	uint32_t same = 0;

	if (!back)
		return false;
	back[0] = 0;
	for (size_t i = 1; i < v.size; i++) {
		while (same > 0 && lower(v.data[i]) != lower(v.data[same]))
			same = back[same - 1];
		same += lower(v.data[i]) == lower(v.data[same]);
		back[i] = same;
	}
	value->back = back;
	return true;
}

/* False: no memory. */
static bool add_value(struct job *job, struct yg_bytes text, struct yg_bytes token)
{
	struct value value = {.text = text, .token = token};

	for (size_t i = 0; i < job->count; i++)
		if (yg_bytes_eq_nocase(job->values[i].text, text))
			return true;
	job->is_full |= job->count == YG_MASK_VALUES_MAX;
	if (job->count == YG_MASK_VALUES_MAX)
		return true;
	if (!make_back(job, &value))
		return false;
	job->values[job->count++] = value;
	return true;
}

/* Does @text from @at to @end stand as a word of its own? */
static bool is_whole(struct yg_bytes text, size_t at, size_t end)
{
	return (at == 0 || !is_word(text.data[at - 1]) || !is_word(text.data[at])) &&
	       (end == text.size || !is_word(text.data[end]) || !is_word(text.data[end - 1]));
}

/* Value @number stands in @text from @at on. False: no memory. */
static bool mark(struct job *job, struct yg_bytes text, size_t number, size_t at)
{
	struct yg_bytes v = job->values[number].text;
	size_t before;

	if (job->marks.size == 0) {
		uint8_t *room = yg_buf_reserve(&job->marks, text.size);

		if (!room)
			return false;
		memset(room, 0, text.size);
		yg_buf_grew(&job->marks, text.size);
	}
	before = job->marks.data[at] & MARK_VALUE;
	if (!is_whole(text, at, at + v.size))
		job->marks.data[at] |= v.size >= WORD_MIN ? MARK_LEAKS : 0;
	else if (before == 0 || job->values[before - 1].text.size < v.size)
		job->marks.data[at] = (uint8_t)((job->marks.data[at] & MARK_LEAKS) | (number + 1));
	return true;
}

/* Mark where value @number stands in @text, in whatever case. False: no memory. */
static bool mark_all(struct job *job, struct yg_bytes text, size_t number)
{
	const struct value *value = &job->values[number];
	struct yg_bytes v = value->text;
	size_t same = 0;

	if (v.size > text.size)
		return true;
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = lower(text.data[i]);

		while (same > 0 && c != lower(v.data[same]))
			same = value->back[same - 1];
		same += c == lower(v.data[same]);
		if (same < v.size)
			continue;
		if (!mark(job, text, number, i + 1 - v.size))
			return false;
		same = value->back[same - 1];
	}
	return true;
}

/*
 * @text with every masked value in it replaced, to job->text; false: nothing was to be done.
 * *ret_leaks: a masked value is still in it, as part of a longer word; or it is not known, without
 * memory, which is left in job->marks. Of several at one place the longest is replaced.
 */
static bool replace(struct job *job, struct yg_bytes text, bool is_raw, bool *ret_leaks)
{
	bool is_changed = false;
	size_t from = 0;

	*ret_leaks = false;
	yg_buf_reset(&job->text);
	job->marks.size = 0; /* its error stays */
	for (size_t i = 0; i < job->count; i++)
		if (!mark_all(job, text, i)) {
			*ret_leaks = true;
			return false;
		}
	for (size_t at = 0; at < job->marks.size;) {
		size_t number = job->marks.data[at] & MARK_VALUE;
		struct value *value;

		if (number == 0) {
			*ret_leaks |= (job->marks.data[at] & MARK_LEAKS) != 0;
			at++;
			continue;
		}
		value = &job->values[number - 1];
		yg_buf_add(&job->text, yg_bytes_cut(text, from, at));
		yg_buf_add(&job->text, value->token);
		value->is_in_raw |= is_raw;
		is_changed = true;
		at += value->text.size;
		from = at;
	}
	if (is_changed)
		yg_buf_add(&job->text, yg_bytes_from(text, from));
	return is_changed;
}

/* job->text for good. */
static int keep_text(struct job *job, struct yg_bytes *ret)
{
	if (yg_buf_error(&job->text))
		return yg_buf_error(&job->text);
	return yg_arena_dup(job->event->arena, yg_buf_bytes(&job->text), ret) ? YG_OK : YG_ENOMEM;
}

static void set_text(struct yg_field *field, struct yg_bytes text)
{
	field->text = text;
	field->kind = YG_VALUE_TEXT;
	field->is_escaped = 0;
	field->is_utf16 = 0;
}

/* ---- a record ---- */

/* Which values must go; masked fields have their mask for text after this, dropped ones no text. */
static int mask_fields(struct job *job, struct yg_bytes kind, bool *is_masked)
{
	struct yg_event *event = job->event;

	for (uint32_t i = 0; i < event->field_count; i++) {
		struct yg_field *field = &event->fields[i];
		enum yg_policy_mask how =
			yg_policy_mask_of(job->mask->local, job->mask->wish, field->name, kind);
		struct yg_bytes text = yg_event_text(event, field);
		struct yg_bytes token;

		is_masked[i] = how != YG_POLICY_KEEP;
		if (!is_masked[i] || text.size == 0)
			continue;
		if (make_token(job, how, text, &token) != YG_OK)
			return YG_ENOMEM;
		/* elsewhere it stands without its blanks */
		if (yg_bytes_trim(text).size > 0 && !add_value(job, yg_bytes_trim(text), token))
			return YG_ENOMEM;
		set_text(field, how == YG_POLICY_DROP ? (struct yg_bytes){0} : token);
	}
	return YG_OK;
}

/*
 * A value may stand in the name of a field, too: {"taro":{"user":"taro"}}. Names that every log of
 * its kind has tell nothing, whoever is called so; nor do values of a letter or two.
 */
static int clean_names(struct job *job)
{
	struct yg_event *event = job->event;
	size_t count = 0;

	for (size_t i = 0; i < job->count; i++)
		if (job->values[i].text.size >= WORD_MIN)
			job->values[count++] = job->values[i];
	job->count = count;
	for (uint32_t i = 0; i < event->field_count; i++) {
		struct yg_field *field = &event->fields[i];
		bool leaks;
		bool is_changed;
		int rc;

		if (field->name_id != YG_NAME_OTHER)
			continue;
		is_changed = replace(job, field->name, false, &leaks);
		if (leaks || (job->is_full && yg_bytes_eq(field->text, YG_S(YG_MASK_GONE)))) {
			field->name = YG_S(YG_MASK_GONE);
			continue;
		}
		rc = is_changed ? keep_text(job, &field->name) : YG_OK;
		if (rc != YG_OK)
			return rc;
	}
	return YG_OK;
}

static int clean_others(struct job *job, const bool *is_masked)
{
	struct yg_event *event = job->event;

	for (uint32_t i = 0; i < event->field_count; i++) {
		struct yg_field *field = &event->fields[i];
		struct yg_bytes text;
		bool leaks;
		bool is_changed;
		int rc;

		if (is_masked[i])
			continue;
		text = yg_event_text(event, field);
		is_changed = replace(job, text, false, &leaks);
		if (leaks || job->is_full) {
			set_text(field, YG_S(YG_MASK_GONE));
			continue;
		}
		rc = is_changed ? keep_text(job, &text) : YG_OK;
		if (rc != YG_OK)
			return rc;
		if (is_changed)
			set_text(field, text);
	}
	return YG_OK;
}

static int clean_raw(struct job *job)
{
	struct yg_event *event = job->event;
	bool leaks;
	bool is_whole = true;

	if (event->raw.size == 0)
		return YG_OK;
	(void)replace(job, event->raw, true, &leaks); /* whether it did is in the values */
	for (size_t i = 0; i < job->count; i++)
		is_whole &= job->values[i].is_in_raw;
	if (leaks || !is_whole || job->is_full) {
		event->raw = (struct yg_bytes){0};
		return YG_OK;
	}
	return keep_text(job, &event->raw);
}

/* Without the fields whose mask is to drop them. */
static void remove_dropped(struct job *job, struct yg_bytes kind)
{
	struct yg_event *event = job->event;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < event->field_count; i++) {
		struct yg_field *field = &event->fields[i];

		if (yg_policy_mask_of(job->mask->local, job->mask->wish, field->name, kind) !=
		    YG_POLICY_DROP)
			event->fields[kept++] = *field;
	}
	event->field_count = kept;
}

/* A value nested deeper than fields are is the text of it (docs/record-format.md): the names in
 * there are nobody's. */
static bool is_too_deep(struct yg_event *event, struct yg_field *field)
{
	struct yg_bytes text;
	size_t dots = 0;

	if (field->name.size < 2 * DOTS_DEEP)
		return false;
	for (size_t i = 0; i < field->name.size; i++)
		dots += field->name.data[i] == '.';
	text = yg_event_text(event, field);
	return dots >= DOTS_DEEP && text.size > 0 && (text.data[0] == '{' || text.data[0] == '[');
}

/* What the policy masks may stand where no field shows it: there it leaves with nothing. */
static void hide_unread(const struct yg_mask *mask, struct yg_event *event, struct yg_bytes kind)
{
	bool is_unread = event->dropped > 0; /* fields that there was no room for */

	if (!yg_policy_masks(mask->local, mask->wish, kind))
		return;
	for (uint32_t i = 0; i < event->field_count; i++) {
		if (!is_too_deep(event, &event->fields[i]))
			continue;
		set_text(&event->fields[i], YG_S(YG_MASK_GONE));
		is_unread = true;
	}
	if (is_unread)
		event->raw = (struct yg_bytes){0};
}

static int mask_event(const struct yg_mask *mask, struct yg_event *event, struct yg_bytes kind)
{
	struct job job = {.mask = mask, .event = event};
	bool *is_masked = yg_arena_zalloc(event->arena, event->field_count + 1u);
	int rc;

	if (!is_masked)
		return YG_ENOMEM;
	yg_buf_init(&job.text, TEXT_ROOM);
	yg_buf_init(&job.marks, TEXT_ROOM);
	rc = mask_fields(&job, kind, is_masked);
	if (rc == YG_OK && (job.count > 0 || job.is_full))
		rc = clean_others(&job, is_masked);
	if (rc == YG_OK && job.count > 0)
		rc = clean_raw(&job);
	if (rc == YG_OK)
		hide_unread(mask, event, kind);
	if (rc == YG_OK)
		remove_dropped(&job, kind);
	if (rc == YG_OK && (job.count > 0 || job.is_full)) /* last: the policy goes by names */
		rc = clean_names(&job);
	if (rc == YG_OK)
		rc = yg_buf_error(&job.marks);
	yg_buf_done(&job.text);
	yg_buf_done(&job.marks);
	return rc == YG_ELIMIT ? YG_ENOMEM : rc;
}

int yg_mask_apply(const struct yg_mask *mask, struct yg_event *event, enum yg_policy_answer *ret)
{
	struct yg_bytes kind = yg_bytes_str(yg_format_name(event->format));
	enum yg_policy_class class_ = yg_mask_class(event);

	*ret = yg_policy_ask(mask->local, mask->wish, kind, event->source, class_, &class_);
	if (*ret == YG_POLICY_RAW_OFF && mask->is_no_log)
		*ret = YG_POLICY_LEAVES;
	return *ret == YG_POLICY_LEAVES ? mask_event(mask, event, kind) : YG_EACCES;
}

/* ---- what was taken from a record ---- */

/* As a field of the record, so that what holds for its other fields holds for it too. */
#define TAKEN "finding_value"

static bool is_taken(const struct yg_field *field)
{
	return yg_bytes_eq(field->name, YG_S(TAKEN));
}

/* Is there a field that the policy masks? */
static bool masks_any(const struct yg_mask *mask, const struct yg_event *event)
{
	struct yg_bytes kind = yg_bytes_str(yg_format_name(event->format));

	for (uint32_t i = 0; i < event->field_count; i++)
		if (event->fields[i].text.size > 0 &&
		    yg_policy_mask_of(mask->local, mask->wish, event->fields[i].name, kind) !=
			    YG_POLICY_KEEP)
			return true;
	return false;
}

static bool holds(struct yg_bytes text, struct yg_bytes value)
{
	for (size_t at = 0; at + value.size <= text.size; at++) {
		size_t same = 0;

		while (same < value.size && lower(text.data[at + same]) == lower(value.data[same]))
			same++;
		if (same == value.size)
			return true;
	}
	return false;
}

/* Does @value stand in what may leave of the record? */
static bool stands_in(struct yg_event *event, struct yg_bytes value)
{
	for (uint32_t i = 0; i < event->field_count; i++)
		if (!is_taken(&event->fields[i]) && !event->fields[i].is_derived &&
		    holds(yg_event_text(event, &event->fields[i]), value))
			return true;
	return false;
}

/* The values as they are after masking; one that is not there any more was dropped. */
static void take_back(struct yg_event *event, bool is_masked, struct yg_bytes *values, size_t count)
{
	uint32_t at = 0;

	for (size_t i = 0; i < count; i++) {
		struct yg_bytes text = YG_S(YG_MASK_GONE);

		while (at < event->field_count && !is_taken(&event->fields[at]))
			at++;
		if (at < event->field_count)
			text = yg_event_text(event, &event->fields[at++]);
		if (values[i].size == 0)
			continue;
		values[i] = is_masked && !stands_in(event, text) ? YG_S(YG_MASK_GONE) : text;
	}
}

int yg_mask_taken(const struct yg_mask *mask, struct yg_event *event, struct yg_bytes *values,
		  size_t count, enum yg_policy_answer *ret)
{
	bool is_masked;
	int rc = YG_OK;

	/* Where there is no room for them none of them is known to be clean. */
	if (event->field_count + count > YG_EVENT_FIELDS_MAX)
		event->field_count = YG_EVENT_FIELDS_MAX - (uint32_t)count;
	is_masked = masks_any(mask, event) || event->dropped > 0;
	for (size_t i = 0; i < count && rc == YG_OK; i++)
		rc = yg_event_add(event, YG_S(TAKEN), values[i], YG_VALUE_TEXT);
	if (rc == YG_OK)
		rc = yg_mask_apply(mask, event, ret);
	if (rc == YG_OK)
		take_back(event, is_masked, values, count);
	return rc;
}
