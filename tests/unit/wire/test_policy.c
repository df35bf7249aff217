/* SPDX-License-Identifier: Apache-2.0 */
/* Policies, wishes, and masks on records. */
#include <time.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/json.h"
#include "model/record.h"
#include "wire/mask.h"

#include "base/ban.h"

static struct yg_policy local;
static struct yg_policy wish;
static const uint8_t key[YG_MAC_KEY_BYTES] = {1, 2, 3};

static bool fits(const char *pattern, const char *text)
{
	return yg_policy_fits(yg_bytes_str(pattern), yg_bytes_str(text));
}

static void patterns(void)
{
	CHECK(fits("a", "a") && !fits("a", "b") && !fits("a", "ab") && fits("", ""));
	CHECK(fits("*", "") && fits("*", "x/y") && fits("*.log", "a.log") &&
	      !fits("*.log", "a.logx"));
	CHECK(fits("a*b*c", "aXbYbZc") && !fits("a*b*c", "aXbYbZ") && fits("**", "q"));
}

static void add_field(struct yg_policy *to, const char *name, const char *kind,
		      enum yg_policy_mask mask)
{
	struct yg_policy_field *f = &to->fields[to->field_count++];

	*f = (struct yg_policy_field){.mask = mask};
	(void)snprintf(f->name, sizeof(f->name), "%s", name);
	(void)snprintf(f->kind, sizeof(f->kind), "%s", kind);
}

static void add_source(struct yg_policy *to, const char *kind, const char *name, bool leaves)
{
	struct yg_policy_source *s = &to->sources[to->source_count++];

	*s = (struct yg_policy_source){.leaves = leaves};
	(void)snprintf(s->name, sizeof(s->name), "%s", name);
	(void)snprintf(s->kind, sizeof(s->kind), "%s", kind);
}

static void start(void)
{
	yg_policy_default(&local);
	memset(&wish, 0, sizeof(wish));
	wish.raw = true;
}

static enum yg_policy_answer ask(bool with_wish, const char *kind, const char *source,
				 enum yg_policy_class class_)
{
	return yg_policy_ask(&local, with_wish ? &wish : NULL, yg_bytes_str(kind),
			     yg_bytes_str(source), class_, &class_);
}

static void asked(void)
{
	start();
	CHECK(ask(false, "syslog", "a", YG_POLICY_NONE) == YG_POLICY_LEAVES);
	for (unsigned i = YG_POLICY_MAIL; i < YG_POLICY_CLASS_COUNT; i++)
		CHECK(ask(false, "x", "a", (enum yg_policy_class)i) == YG_POLICY_SECRET);
	local.secrecy[YG_POLICY_DNS].is_on = true;
	CHECK(ask(false, "dns", "a", YG_POLICY_DNS) == YG_POLICY_LEAVES);
	add_source(&local, "", "/var/*", false);
	CHECK(ask(false, "syslog", "/var/x", YG_POLICY_NONE) == YG_POLICY_SOURCE_OFF);
	CHECK(ask(false, "syslog", "/srv/x", YG_POLICY_NONE) == YG_POLICY_LEAVES);
	/* A wish can only take away. */
	add_source(&wish, "", "/var/*", true);
	CHECK(ask(true, "syslog", "/var/x", YG_POLICY_NONE) == YG_POLICY_SOURCE_OFF);
	add_source(&wish, "windows", "", false);
	CHECK(ask(true, "windows", "/srv/x", YG_POLICY_NONE) == YG_POLICY_WISH_OFF);
	wish.secrecy[YG_POLICY_MAIL].is_on = true;
	CHECK(ask(true, "syslog", "/srv/x", YG_POLICY_MAIL) == YG_POLICY_SECRET);
	wish.raw = false;
	CHECK(ask(true, "syslog", "/srv/x", YG_POLICY_NONE) == YG_POLICY_RAW_OFF);
	local.raw = false;
	CHECK(ask(true, "syslog", "/srv/x", YG_POLICY_NONE) == YG_POLICY_RAW_OFF);
	/* A source that its owner calls proxy, whatever it looks like. */
	start();
	add_source(&local, "", "mine", true);
	local.sources[0].has_class = true;
	local.sources[0].class_ = YG_POLICY_PROXY;
	CHECK(ask(false, "syslog", "mine", YG_POLICY_NONE) == YG_POLICY_SECRET);
	local.sources[0].class_ = YG_POLICY_NONE;
	CHECK(ask(false, "squid", "mine", YG_POLICY_PROXY) == YG_POLICY_LEAVES);
}

static enum yg_policy_mask mask_of(const char *field, const char *kind)
{
	return yg_policy_mask_of(&local, &wish, yg_bytes_str(field), yg_bytes_str(kind));
}

static void stricter_wins(void)
{
	start();
	CHECK(mask_of("cs-cookie", "access") == YG_POLICY_DROP);
	/* What criterion 4-4-3-1 names is not masked by default. */
	CHECK(mask_of("src_ip", "fortigate") == YG_POLICY_KEEP);
	CHECK(mask_of("user", "syslog") == YG_POLICY_KEEP);
	CHECK(mask_of("cs-uri", "squid") == YG_POLICY_KEEP);
	add_field(&wish, "user", "", YG_POLICY_HASH);
	CHECK(mask_of("user", "syslog") == YG_POLICY_HASH);
	add_field(&local, "user", "syslog", YG_POLICY_DROP);
	CHECK(mask_of("user", "syslog") == YG_POLICY_DROP);
	CHECK(mask_of("user", "windows") == YG_POLICY_HASH);
	add_field(&wish, "cs-cookie", "", YG_POLICY_KEEP);
	CHECK(mask_of("cs-cookie", "access") == YG_POLICY_DROP);
}

static bool fits_field(const char *pattern, const char *name)
{
	return yg_policy_fits_field(yg_bytes_str(pattern), yg_bytes_str(name), true);
}

/* Case and blanks do not tell names apart, and a name is all that lies below it. */
static void names_of_fields(void)
{
	CHECK(fits_field("user", "User") && fits_field("USER", "user") &&
	      !fits_field("user", "us"));
	CHECK(fits_field("User Name", "username") && fits_field("UserName", "User  Name "));
	CHECK(fits_field("*password", "DB_Password") && !fits_field("*password", "password2"));
	CHECK(fits_field("a*b*c", "AxBybzC") && !fits_field("a*b*c", "AxBybz") &&
	      fits_field("*", ""));
	CHECK(fits_field("user", "user.name") && fits_field("*.user", "x.user.name.y"));
	CHECK(!fits_field("user", "username") && !fits_field("user.name", "user"));
	CHECK(!yg_policy_fits_field(YG_S("user"), YG_S("user.name"), false));
	start();
	CHECK(mask_of("headers.Authorization", "json") == YG_POLICY_DROP);
	CHECK(mask_of("Password", "json") == YG_POLICY_DROP);
	/* What was let out by name lets nothing out that only lies below it. */
	local.fields[0] = (struct yg_policy_field){.name = "request", .mask = YG_POLICY_KEEP};
	CHECK(mask_of("request", "json") == YG_POLICY_KEEP);
	CHECK(mask_of("request.password", "json") == YG_POLICY_DROP);
}

static void wishes_are_read(void)
{
	static const char *const bad[] = {
		"[]",
		"{\"raw\":1}",
		"{\"sources\":{}}",
		"{\"sources\":[{\"kind\":\"x\"}]}",
		"{\"fields\":[{\"field\":\"u\",\"mask\":\"blur\"}]}",
		"{\"fields\":[{\"field\":\"\",\"mask\":\"drop\"}]}",
		"{\"secrecy\":[\"none\"]}",
		"{\"secrecy\":[1]}",
		"{\"fields\":[{\"field\":\"a\\u0007\",\"mask\":\"drop\"}]}"};
	struct yg_wire_fault fault;
	char words[64];
	size_t asked_for;

	CHECK(yg_policy_wish_read(
		      YG_S("{\"raw\":true,\"sources\":[{\"kind\":\"dns\",\"leave\":true},"
			   "{\"name\":\"/x\",\"leave\":false}],\"fields\":[{\"field\":\"user\","
			   "\"mask\":\"keep\"},{\"field\":\"src_ip\",\"mask\":\"drop\"}],"
			   "\"secrecy\":[\"dns\"],\"later\":1}"),
		      &wish, &fault) == YG_OK);
	CHECK(wish.source_count == 2 && wish.field_count == 2 && wish.secrecy[YG_POLICY_DNS].is_on);
	yg_policy_default(&local);
	CHECK(yg_policy_refusals(&local, &wish, words, sizeof(words), &asked_for) == 1);
	CHECK(strcmp(words, "dns is not switched on here") == 0 && asked_for == 5);
	local.field_count = 0;
	add_field(&local, "user", "", YG_POLICY_HASH);
	add_source(&local, "dns", "", false);
	CHECK(yg_policy_refusals(&local, &wish, words, sizeof(words), &asked_for) == 3);
	CHECK(strcmp(words, "source dns stays here; field user: hash, not keep; dns is not sw") <=
	      0);
	CHECK(strlen(words) == sizeof(words) - 1); /* cut, not overrun */
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(yg_policy_wish_read(yg_bytes_str(bad[i]), &wish, &fault) == YG_EFORMAT);
}

/* What is written is canonical, so that anybody can make the digest again. */
static void written_canonically(void)
{
	struct yg_fault fault;
	struct yg_buf text;
	struct yg_buf again;
	json_t *value = NULL;

	start();
	add_source(&local, "dns", "a\"b", true);
	local.sources[0].has_class = true;
	local.secrecy[YG_POLICY_DNS] = (struct yg_policy_secrecy){
		.is_on = true, .by = "A", .on = "2026-11-20", .basis = YG_POLICY_BASIS_CONSENT};
	yg_buf_init(&text, 1u << 20);
	yg_buf_init(&again, 1u << 20);
	CHECK(yg_policy_write_both(&local, &wish, &text) == YG_OK);
	CHECK(yg_json_load(yg_buf_bytes(&text), text.size, &value, &fault) == YG_OK);
	CHECK(yg_json_canonical(value, &again) == YG_OK);
	CHECK(yg_bytes_eq(yg_buf_bytes(&text), yg_buf_bytes(&again)));
	json_decref(value);
	yg_buf_reset(&text);
	CHECK(yg_policy_write_told(&local, key, &text) == YG_OK && text.size < YG_WIRE_TOLD_MAX);
	yg_buf_done(&text);
	yg_buf_done(&again);
}

/* ---- records ---- */

static struct yg_arena *arena;
static struct yg_names *names;
static struct yg_event event;
static char record[8192];

static bool begin(enum yg_format format, const char *raw)
{
	if (!arena)
		arena = yg_arena_new(1u << 22);
	if (!names)
		names = yg_names_new();
	yg_arena_reset(arena);
	yg_event_init(&event, arena, names);
	event.format = format;
	event.raw = yg_bytes_str(raw);
	event.source = YG_S("log");
	event.position = 1;
	event.time_ns = YG_TIME_NONE;
	start();
	return true;
}

static bool field(const char *name, const char *text)
{
	return yg_event_add(&event, yg_bytes_str(name), yg_bytes_str(text), YG_VALUE_TEXT) == YG_OK;
}

/* The record as it leaves; "" when it stays. */
static const char *leave(void)
{
	struct yg_mask mask = {.local = &local, .key = key};
	enum yg_policy_answer answer;
	struct yg_buf to;

	record[0] = '\0';
	if (yg_mask_apply(&mask, &event, &answer) != YG_OK)
		return record;
	yg_buf_init(&to, sizeof(record) - 1);
	yg_record_write(&to, &event, YG_S("log"), true);
	memcpy(record, to.data, to.size);
	record[to.size] = '\0';
	yg_buf_done(&to);
	return record;
}

static bool has(const char *text)
{
	return strstr(record, text) != NULL;
}

static void replaced_everywhere(void)
{
	char token[YG_MASK_TOKEN_MAX];

	CHECK(begin(YG_FORMAT_SYSLOG, "from Alice: alice@192.0.2.9, alice") &&
	      field("user", "alice") && field("src_ip", "192.0.2.9") &&
	      field("message", "from Alice: alice@192.0.2.9, alice"));
	add_field(&local, "user", "", YG_POLICY_HASH);
	add_field(&local, "src_ip", "", YG_POLICY_TRUNCATE);
	(void)leave();
	CHECK(!has("lice") && !has("192.0.2.9") && has("192.0.2.0"));
	yg_mask_token(key, YG_S("ALICE"), token);
	CHECK(has(token) && strlen(token) == 25 && token[0] == '~');
	CHECK(has("\"raw\":\"from ~"));
}

static void dropped(void)
{
	CHECK(begin(YG_FORMAT_ACCESS, "GET / \"sid=abc\"") && field("cs-cookie", "sid=abc") &&
	      field("c-ip", "192.0.2.9"));
	(void)leave(); /* built in */
	CHECK(!has("abc") && !has("cs-cookie") && has("GET / \\\"[masked]\\\"") &&
	      has("192.0.2.9"));
}

static void raw_that_stays(void)
{
	/* In another writing. */
	CHECK(begin(YG_FORMAT_JSON, "{\"user\":\"CORP\\\\bob\"}") && field("user", "CORP\\bob"));
	add_field(&local, "user", "", YG_POLICY_HASH);
	(void)leave();
	CHECK(!has("raw") && !has("bob"));
	/* Part of a longer word. */
	CHECK(begin(YG_FORMAT_JSON, "bob, bobby") && field("user", "bob") &&
	      field("other", "bobby") && field("third", "x bob"));
	add_field(&local, "user", "", YG_POLICY_HASH);
	(void)leave();
	CHECK(!has("raw") && !has("bob") && has("\"other\":\"[masked]\"") &&
	      has("\"third\":\"x ~"));
	/* A value of one byte is masked as a word alone. */
	CHECK(begin(YG_FORMAT_JSON, "u=7 in 1700") && field("user", "7"));
	add_field(&local, "user", "", YG_POLICY_DROP);
	(void)leave();
	CHECK(has("\"raw\":\"u=[masked] in 1700\""));
	/* Bytes of other scripts are words. */
	CHECK(begin(YG_FORMAT_JSON, "田中さん") && field("user", "田中") && field("m", "田中さん"));
	add_field(&local, "user", "", YG_POLICY_HASH);
	(void)leave();
	CHECK(!has("田中") && has("\"m\":\"[masked]\""));
}

static void derived_values(void)
{
	CHECK(begin(YG_FORMAT_WINDOWS, "") && field("IpAddress", "192.0.2.9") &&
	      yg_event_derive(&event, YG_F_src_ip, YG_S("192.0.2.9"), YG_VALUE_TEXT) == YG_OK);
	add_field(&local, "src_ip", "", YG_POLICY_HASH);
	(void)leave();
	CHECK(has("\"IpAddress\":\"~") && !has("192.0.2"));
}

/* A value may be the name of a field of the log; a name of ours tells nothing. */
static void in_names(void)
{
	CHECK(begin(YG_FORMAT_JSON, "{\"Taro77\":\"x\",\"user\":\"Taro77\"}") &&
	      field("Taro77", "x") && field("of Taro77x", "y") && field("user", "Taro77"));
	add_field(&local, "user", "", YG_POLICY_HASH);
	(void)leave();
	CHECK(!has("aro77") && has("\"[masked]\":\"y\"") && has("\"user\":\"~"));
	CHECK(begin(YG_FORMAT_SYSLOG, "x") && field("user", "message") && field("message", "x"));
	add_field(&local, "user", "", YG_POLICY_HASH);
	(void)leave();
	CHECK(has("\"message\":\"x\""));
}

/* What stands in fields that there was no room for is not known: their line stays. */
static void more_than_there_is_room_for(void)
{
	for (unsigned i = 0; i < 2; i++) {
		CHECK(begin(YG_FORMAT_JSON, "a=1 password=secret"));
		if (i == 1)
			local.field_count = 0;
		CHECK(field("a", "1"));
		event.dropped = 1;
		(void)leave();
		CHECK(has("\"a\":\"1\"") && has("secret") == (i == 1));
	}
}

/* Deeper than fields go, a value is text with names of its own in it. */
static void deeper_than_fields_go(void)
{
	CHECK(begin(YG_FORMAT_JSON, "{...{\"password\":\"secret\"}}") &&
	      field("a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a",
		    "{\"password\":\"secret\"}") &&
	      field("b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b", "word"));
	(void)leave(); /* built in */
	CHECK(!has("secret") && !has("raw\":") && has("\"word\""));
}

/* Blanks around a value are not what it is. */
static void blanks(void)
{
	CHECK(begin(YG_FORMAT_JSON, "u=' alice ', alice") && field("user", " alice ") &&
	      field("m", "by alice"));
	add_field(&local, "user", "", YG_POLICY_HASH);
	(void)leave();
	CHECK(!has("alice") && has("\"m\":\"by ~"));
}

/* `raw: false` is about logs; every other rule holds for the inventory too. */
static void what_is_no_log(void)
{
	struct yg_mask mask = {.local = &local, .key = key};
	enum yg_policy_answer answer;

	CHECK(begin(YG_FORMAT_JSON, "") && field("name", "x"));
	local.raw = false;
	CHECK(yg_mask_apply(&mask, &event, &answer) == YG_EACCES && answer == YG_POLICY_RAW_OFF);
	mask.is_no_log = true;
	CHECK(yg_mask_apply(&mask, &event, &answer) == YG_OK);
	add_source(&local, "json", "log", false);
	CHECK(yg_mask_apply(&mask, &event, &answer) == YG_EACCES && answer == YG_POLICY_SOURCE_OFF);
}

static void too_many_values(void)
{
	char name[16];
	char text[16];

	CHECK(begin(YG_FORMAT_JSON, "raw"));
	for (unsigned i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "u%u", i);
		(void)snprintf(text, sizeof(text), "value%u", i);
		CHECK(field(name, yg_arena_str(arena, yg_bytes_str(text))));
	}
	CHECK(field("free", "value99 here"));
	for (uint32_t i = 0; i < event.field_count; i++)
		CHECK(yg_arena_dup(arena, event.fields[i].name, &event.fields[i].name));
	add_field(&local, "u*", "", YG_POLICY_HASH);
	(void)leave();
	CHECK(!has("value") && has("\"[masked]\":\"[masked]\"") && !has("raw\":"));
}

static void truncated(void)
{
	char to[YG_MASK_TOKEN_MAX];

	CHECK(yg_mask_truncate(YG_S("192.0.2.255"), to) && strcmp(to, "192.0.2.0") == 0);
	CHECK(yg_mask_truncate(YG_S("2001:db8:1:2::3"), to) && strcmp(to, "2001:db8:1::") == 0);
	CHECK(!yg_mask_truncate(YG_S("192.0.2"), to) && !yg_mask_truncate(YG_S(""), to));
	CHECK(!yg_mask_truncate(YG_S("192.0.2.1:80"), to));
	CHECK(begin(YG_FORMAT_SYSLOG, "x") && field("src_ip", "gateway"));
	add_field(&local, "src_ip", "", YG_POLICY_TRUNCATE);
	(void)leave();
	CHECK(has("[masked]") && !has("gateway"));
}

static void tokens(void)
{
	char a[YG_MASK_TOKEN_MAX];
	char b[YG_MASK_TOKEN_MAX];
	uint8_t other[YG_MAC_KEY_BYTES] = {9};
	char text[300];

	yg_mask_token(key, YG_S("alice"), a);
	yg_mask_token(other, YG_S("alice"), b);
	CHECK(strcmp(a, b) != 0);
	/* Long values differ wherever they differ. */
	memset(text, 'x', sizeof(text));
	yg_mask_token(key, (struct yg_bytes){(const uint8_t *)text, sizeof(text)}, a);
	for (size_t i = 0; i < sizeof(text); i += 7) {
		text[i] = 'y';
		yg_mask_token(key, (struct yg_bytes){(const uint8_t *)text, sizeof(text)}, b);
		text[i] = 'x';
		CHECK(strcmp(a, b) != 0);
	}
	yg_mask_token(key, (struct yg_bytes){(const uint8_t *)text, sizeof(text) - 1}, b);
	CHECK(strcmp(a, b) != 0);
}

static void classes(void)
{
	static const struct {
		enum yg_format format;
		const char *fields[6];
		enum yg_policy_class class_;
	} tries[] = {
		{YG_FORMAT_SQUID, {"c-ip", "192.0.2.1"}, YG_POLICY_PROXY},
		{YG_FORMAT_DNS, {"query", "a.jp"}, YG_POLICY_DNS},
		{YG_FORMAT_ACCESS, {"c-ip", "192.0.2.1"}, YG_POLICY_NONE},
		{YG_FORMAT_SYSLOG, {"program", "postfix/qmgr"}, YG_POLICY_MAIL},
		{YG_FORMAT_SYSLOG,
		 {"program", "postfix/smtpd", "auth_result", "failed"},
		 YG_POLICY_NONE},
		{YG_FORMAT_SYSLOG, {"program", "sshd"}, YG_POLICY_NONE},
		{YG_FORMAT_FORTIGATE, {"subtype", "forward", "action", "close"}, YG_POLICY_FLOWS},
		{YG_FORMAT_FORTIGATE, {"subtype", "forward", "action", "deny"}, YG_POLICY_NONE},
		{YG_FORMAT_FORTIGATE, {"subtype", "vpn", "action", "tunnel-up"}, YG_POLICY_NONE},
		{YG_FORMAT_FORTIGATE,
		 {"subtype", "sslvpn-user", "action", "tunnel-up"},
		 YG_POLICY_NONE},
		{YG_FORMAT_FORTIGATE, {"subtype", "ssl", "action", "exempt"}, YG_POLICY_PROXY},
		{YG_FORMAT_FORTIGATE,
		 {"subtype", "webfilter", "action", "passthrough"},
		 YG_POLICY_PROXY},
		{YG_FORMAT_FORTIGATE,
		 {"subtype", "webfilter", "action", "blocked"},
		 YG_POLICY_NONE},
		{YG_FORMAT_ASA, {"message_id", "302013"}, YG_POLICY_FLOWS},
		{YG_FORMAT_ASA, {"message_id", "106023"}, YG_POLICY_NONE},
		{YG_FORMAT_ZEEK, {"_path", "conn"}, YG_POLICY_FLOWS},
		{YG_FORMAT_ZEEK, {"_path", "notice"}, YG_POLICY_NONE},
		{YG_FORMAT_SURICATA, {"event_type", "alert"}, YG_POLICY_NONE},
		{YG_FORMAT_SURICATA, {"event_type", "dns"}, YG_POLICY_DNS},
		{YG_FORMAT_SURICATA, {"event_type", "sip"}, YG_POLICY_FLOWS},
		{YG_FORMAT_SYSLOG, {"program", "utm-maild", "facility", "2"}, YG_POLICY_MAIL},
		{YG_FORMAT_KEYVALUE, {"from", "a@b.jp", "facility", "2"}, YG_POLICY_MAIL},
		{YG_FORMAT_SYSLOG,
		 {"program", "dovecot", "facility", "2", "auth_result", "failed"},
		 YG_POLICY_NONE},
		{YG_FORMAT_SYSLOG, {"program", "sshd", "facility", "10"}, YG_POLICY_NONE},
		{YG_FORMAT_SYSLOG, {"program", "dovecot"}, YG_POLICY_MAIL},
		{YG_FORMAT_SYSLOG, {"program", "pdns_recursor"}, YG_POLICY_DNS},
		{YG_FORMAT_FORTIGATE, {"subtype", "voip", "action", "permit"}, YG_POLICY_FLOWS},
		{YG_FORMAT_ASA, {"message_id", "106100", "action", "accept"}, YG_POLICY_FLOWS},
		{YG_FORMAT_ASA, {"message_id", "106100", "action", "deny"}, YG_POLICY_NONE},
		{YG_FORMAT_CEF,
		 {"name", "traffic:forward accept", "act", "accept"},
		 YG_POLICY_FLOWS},
		{YG_FORMAT_CEF, {"name", "traffic:forward deny", "act", "deny"}, YG_POLICY_NONE},
		{YG_FORMAT_CEF, {"name", "login failed"}, YG_POLICY_NONE},
	};

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		CHECK(begin(tries[i].format, ""));
		for (size_t j = 0; j < 6 && tries[i].fields[j]; j += 2)
			CHECK(field(tries[i].fields[j], tries[i].fields[j + 1]));
		CHECK(yg_mask_class(&event) == tries[i].class_);
	}
}

static void without_memory(void)
{
	struct yg_mask mask = {.local = &local, .key = key};
	enum yg_policy_answer answer;
	int rc = YG_ENOMEM;

	for (long n = 1; rc == YG_ENOMEM; n++) {
		CHECK(begin(YG_FORMAT_SYSLOG, "x alice") && field("user", "alice") &&
		      field("message", "x alice"));
		add_field(&local, "user", "", YG_POLICY_HASH);
		yg_fail_at = n;
		rc = yg_mask_apply(&mask, &event, &answer);
		yg_fail_at = 0;
	}
	CHECK(rc == YG_OK);
}

/* CPU time for a line with 64 masked values of @size bytes that differ in their end alone, and much
 * that begins like them. */
static void time_of(size_t size, double *ret)
{
	static char values[YG_MASK_VALUES_MAX][2048];
	static char line[96 * 1024];
	static char many[YG_MASK_VALUES_MAX][24];
	double best = 0;

	*ret = 0;
	memset(line, 'a', sizeof(line) - 1);
	for (unsigned turn = 0; turn < 3; turn++) {
		clock_t began;
		double took;

		if (!begin(YG_FORMAT_JSON, line))
			return;
		for (unsigned i = 0; i < YG_MASK_VALUES_MAX; i++) {
			memset(values[i], 'a', size - 3);
			(void)snprintf(values[i] + size - 3, 4, "b%02u", i);	  /* it fits */
			(void)snprintf(many[i], sizeof(many[i]), "%u.secret", i); /* as above */
			CHECK(field(many[i], values[i]));
		}
		add_field(&local, "*.secret", "", YG_POLICY_DROP);
		began = clock();
		(void)leave();
		took = (double)(clock() - began);
		best = turn == 0 || took < best ? took : best;
		CHECK(!has("raw"));
	}
	*ret = best;
}

/* A search goes over a text once for each value, however long that is. */
static void long_values(void)
{
	double of_long, of_short;

	time_of(2000, &of_long);
	time_of(10, &of_short);
	CHECK(of_long > 0 && of_short > 0);
	CHECK(of_long < 25 * (of_short + CLOCKS_PER_SEC / 1000));
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(patterns),
		CASE(asked),
		CASE(stricter_wins),
		CASE(names_of_fields),
		CASE(wishes_are_read),
		CASE(written_canonically),
		CASE(replaced_everywhere),
		CASE(dropped),
		CASE(raw_that_stays),
		CASE(derived_values),
		CASE(in_names),
		CASE(more_than_there_is_room_for),
		CASE(deeper_than_fields_go),
		CASE(blanks),
		CASE(what_is_no_log),
		CASE(too_many_values),
		CASE(long_values),
		CASE(truncated),
		CASE(tokens),
		CASE(classes),
		CASE(without_memory),
	};
	int rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	(void)yg_arena_free(arena);
	(void)yg_names_free(names);
	return rc;
}
