/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of products nobody described: their times, and sign-ins told by their words. */
#include "../check.h"
#include "parse/words.h"
#include "reading.h"

static void times_of_many_forms(void)
{
	static const struct {
		const char *line, *time, *message;
	} lines[] = {
		{"2026-03-01 08:00:01,250 WARN hello", "2026-03-01T08:00:01.250Z", "WARN hello"},
		{"[2026/03/01 08:00:01] hello", "2026-03-01T08:00:01Z", "hello"},
		{"2026-03-01T08:00:01.5+09:00|INFO|hello", "2026-02-28T23:00:01.500Z",
		 "INFO|hello"},
		{"2026-03-01 08:00:01 +0900 hello", "2026-02-28T23:00:01Z", "hello"},
		{"2026-03-01 08:00:01 UTC [7] hello", "2026-03-01T08:00:01Z", "[7] hello"},
		{"2026-03-01 08:00:01Z hello", "2026-03-01T08:00:01Z", "hello"},
		{"2026-03-01 08:00:01 -- hello", "2026-03-01T08:00:01Z", "hello"},
		{"01/Mar/2026:08:00:01 +0000 hello", "2026-03-01T08:00:01Z", "hello"},
		{"Sun Mar  1 08:00:01 2026 : hello", "2026-03-01T08:00:01Z", "hello"},
		{"Mar 01, 2026 8:00:01 PM hello", "2026-03-01T20:00:01Z", "hello"},
		{"03/01/26 08:00:01.25 hello", "2026-03-01T08:00:01.250Z", "hello"},
		{"31/01/2026 08:00:01 hello", "2026-01-31T08:00:01Z", "hello"},
		{"01.03.2026 08:00:01 hello", "2026-03-01T08:00:01Z", "hello"},
		{"1772352001.250 hello", "2026-03-01T08:00:01.250Z", "hello"},
		{"2026年3月1日 8時00分01秒 hello", "2026-03-01T08:00:01Z", "hello"},
		{"WARN: [2026-03-01 08:00:01] hello", "2026-03-01T08:00:01Z",
		 "WARN: [2026-03-01 08:00:01] hello"},
	};
	struct reading r = reading("");

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char text[YG_ISO_SIZE] = "none";

		reading_next(&r, lines[i].line);
		if (r.rc == YG_OK && r.event.time_ns != YG_TIME_NONE)
			(void)yg_time_iso(r.event.time_ns, 0, text);
		if (strcmp(text, lines[i].time) != 0)
			fprintf(stderr, "%s: %s\n", lines[i].line, text);
		CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_PLAIN);
		CHECK(strcmp(text, lines[i].time) == 0);
		CHECK(yg_bytes_eq(field(&r, "message"), yg_bytes_str(lines[i].message)));
	}
	reading_done(&r);
}

static void lines_without_a_time_are_left_alone(void)
{
	static const char *const lines[] = {
		"",
		"hello",
		"version 10.20.30 of 2026 is out",
		"2026-13-41 08:00:01 there is no such day",
		("a long text in which a time stands far too late to be that of a log: 2026-03-01 "
		 "08:00:01"),
		"12345678901234567890 hello",
	};
	struct reading r = reading("");

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		reading_next(&r, lines[i]);
		CHECK(r.rc != YG_OK);
	}
	reading_done(&r);
}

struct said {
	const char *text, *result, *user, *address;
};

static void check_said(const struct said *said)
{
	struct yg_words words;

	yg_words_read(yg_bytes_str(said->text), &words);
	if (strcmp(words.result ? words.result : "", said->result) != 0)
		fprintf(stderr, "%s: %s\n", said->text, words.result ? words.result : "no sign-in");
	CHECK(strcmp(words.result ? words.result : "", said->result) == 0);
	if (!*said->result)
		return;
	if (!yg_bytes_eq(words.user, yg_bytes_str(said->user)) ||
	    !yg_bytes_eq(words.address, yg_bytes_str(said->address)))
		fprintf(stderr, "%s: '%.*s' of %.*s\n", said->text, YG_FMT(words.user),
			YG_FMT(words.address));
	CHECK(yg_bytes_eq(words.user, yg_bytes_str(said->user)));
	CHECK(yg_bytes_eq(words.address, yg_bytes_str(said->address)));
}

static void words_tell_a_sign_in(void)
{
	static const struct said saids[] = {
		{"Login failed for user 'bob' from 192.0.2.9", "failed", "bob", "192.0.2.9"},
		{"Authentication failure. IP: 192.0.2.9. Username: bob.", "failed", "bob",
		 "192.0.2.9"},
		{"LOGIN_FAILED account=bob ip=192.0.2.9:4001 on 198.51.100.1", "failed", "bob",
		 "192.0.2.9"},
		{"loginFailed user=\"bob smith\" peer=[2001:db8::9]:4001", "failed", "bob smith",
		 "2001:db8::9"},
		{"query from 192.0.2.9:4 attempted to login with account \"bob\" and failed!",
		 "failed", "bob", "192.0.2.9"},
		{"password mismatch (bob) client 192.0.2.9 to server 198.51.100.7", "failed", "",
		 "192.0.2.9"},
		{"unknown user bob, 192.0.2.9", "invalid", "bob", "192.0.2.9"},
		{"192.0.2.9 was refused: wrong credentials", "failed", "", "192.0.2.9"},
		{"User bob logged in successfully from 192.0.2.9", "accepted", "bob", "192.0.2.9"},
		{"Unsuccessful login of user bob from 192.0.2.9", "failed", "bob", "192.0.2.9"},
		{"認証に失敗しました user=bob ip=192.0.2.9", "failed", "bob", "192.0.2.9"},
		{"{\"event\":\"login\",\"result\":\"failed\",\"user\":\"bob\",\"ip\":"
		 "\"192.0.2.9\"}",
		 "failed", "bob", "192.0.2.9"},
		{"{\"message\":\"failed login for username \\\"bob\\\" from ip 192.0.2.9\"}",
		 "failed", "bob", "192.0.2.9"},
		/* words that follow a mark and are no name */
		{"telnet login fail from 192.0.2.9", "failed", "", "192.0.2.9"},
		{"Administrator login denied due to bad credentials src=192.0.2.9", "failed", "",
		 "192.0.2.9"},
		{"user.name(REALM)[] - authentication failed for bob from 192.0.2.9", "failed",
		 "bob", "192.0.2.9"},
		{"user agent=\"x\" failed to authenticate user:bob, 192.0.2.9", "failed", "bob",
		 "192.0.2.9"},
		{"Authentication not allowed, remoteIp = 192.0.2.9", "failed", "", "192.0.2.9"},
		/* the machine that asked for somebody else */
		{"Authentication failed, Device IP Address=198.51.100.1, User-Name=bob, "
		 "NAS-IP-Address=198.51.100.1, Calling-Station-ID=192.0.2.9",
		 "failed", "bob", "192.0.2.9"},
		{"action=\"Authentication\" user=\"bob\" nas=\"198.51.100.1\" with invalid token",
		 "failed", "bob", ""},
		/* a name that pretends to be a place: the last place counts */
		{"login failed for 'x from 198.51.100.66' from 192.0.2.9", "failed",
		 "x from 198.51.100.66", "192.0.2.9"},
	};

	for (size_t i = 0; i < sizeof(saids) / sizeof(saids[0]); i++)
		check_said(&saids[i]);
}

static void other_words_tell_none(void)
{
	static const struct said saids[] = {
		{"connection from 192.0.2.9 failed", "", "", ""},
		{"user bob opened the page from 192.0.2.9", "", "", ""},
		{"login page shown to 192.0.2.9", "", "", ""},
		{"the author failed to answer 192.0.2.9", "", "", ""},
		{"the job failed at 192.0.2.9; much later, and about something else altogether, "
		 "there is a login",
		 "", "", ""},
		{"blogin failover 192.0.2.9", "", "", ""},
	};

	for (size_t i = 0; i < sizeof(saids) / sizeof(saids[0]); i++)
		check_said(&saids[i]);
}

static void carriers_are_looked_into(void)
{
	struct reading r = reading("");

	reading_next(&r, "{\"log\":\"2026-03-01 08:00:01 login failed for bob from "
			 "192.0.2.9\\n\",\"stream\":\"stdout\",\"time\":\"2026-03-01T08:00:02Z\"}");
	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_PLAIN);
	CHECK(yg_bytes_eq(field(&r, "src_ip"), YG_S("192.0.2.9")));
	reading_next(&r,
		     "{\"log\":\"2026/03/01 08:00:01 [error] 7#7: *1 user \\\"bob\\\": password "
		     "mismatch, client: 192.0.2.9, server: x\\n\",\"stream\":\"stderr\",\"time\":"
		     "\"2026-03-01T08:00:02Z\"}");
	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_NGINX_ERROR);
	reading_next(&r, "2026-03-01T08:00:02Z stderr F 2026/03/01 08:00:01 [error] 7#7: *1 user "
			 "\"bob\": password mismatch, client: 192.0.2.9, server: x");
	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_NGINX_ERROR);
	reading_next(
		&r,
		"{\"level\":\"warn\",\"time\":\"2026-03-01T08:00:02Z\",\"msg\":\"login failed\","
		"\"username\":\"bob\",\"remote_addr\":\"192.0.2.9\"}");
	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_PLAIN);
	CHECK(yg_bytes_eq(field(&r, "user"), YG_S("bob")));
	CHECK(yg_bytes_eq(field(&r, "auth_result"), YG_S("failed")));
	reading_next(
		&r, "{\"__REALTIME_TIMESTAMP\":\"1772352001250000\",\"_HOSTNAME\":\"m\","
		    "\"SYSLOG_IDENTIFIER\":\"postfix/smtpd\",\"_PID\":\"7\",\"MESSAGE\":\"warning: "
		    "u[192.0.2.9]: SASL LOGIN authentication failed: x\"}");
	CHECK(r.rc == YG_OK && r.event.format == YG_FORMAT_SYSLOG);
	CHECK(yg_bytes_eq(field(&r, "auth_method"), YG_S("smtp")));
	reading_next(&r, "Mar  1 08:00:01 m appd[7]: login failed for bob from 192.0.2.9");
	CHECK(r.event.format == YG_FORMAT_SYSLOG);
	CHECK(yg_bytes_eq(field(&r, "auth_method"), YG_S("app")));
	CHECK(yg_bytes_eq(field(&r, "user"), YG_S("bob")));
	reading_next(&r, "Mar  1 08:00:01 m sshd[7]: something of a login that failed, 192.0.2.9");
	CHECK(field(&r, "auth_result").size == 0);
	reading_done(&r);
}

static const struct check_case cases[] = {
	CASE(times_of_many_forms),	CASE(lines_without_a_time_are_left_alone),
	CASE(words_tell_a_sign_in),	CASE(other_words_tell_none),
	CASE(carriers_are_looked_into),
};

CHECK_MAIN(cases)
