/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/signin.h"

#include "parse/address.h"
#include "parse/cursor.h"
#include "parse/when.h"

#include "base/ban.h"

struct signin {
	struct yg_bytes user, address, port;
	struct yg_bytes method;
	const char *result;
};

static bool has(struct yg_bytes text, const char *word)
{
	return yg_bytes_find(text, yg_bytes_str(word)) != SIZE_MAX;
}

/* What stands in @b behind @mark and before @end (or the end); empty when @mark is missing. */
static struct yg_bytes behind(struct yg_bytes b, const char *mark, uint8_t end)
{
	struct yg_bytes head = yg_bytes_str(mark);
	size_t at = yg_bytes_find(b, head);

	if (at == SIZE_MAX)
		return (struct yg_bytes){0};
	b = yg_bytes_from(b, at + head.size);
	return yg_take_to(&b, end);
}

/* "warning: unknown[192.0.2.1]: SASL LOGIN authentication failed: why, sasl_username=U" */
static bool read_postfix(struct yg_bytes b, struct signin *s)
{
	size_t at = yg_bytes_find(b, YG_S("]: SASL "));

	s->method = YG_S("smtp");
	if (at != SIZE_MAX && yg_skip_head(&b, YG_S("warning: "))) {
		if (!has(b, "authentication failed"))
			return false;
		s->result = "failed";
		s->user = behind(b, "sasl_username=", ',');
		return yg_address_in(behind(b, "[", ']'), &s->address, NULL);
	}
	if (yg_bytes_starts(b, YG_S("NOQUEUE: reject: ")) || has(b, "non-SMTP command from ")) {
		s->method = (struct yg_bytes){0}; /* no sign-in, but who it was is said */
		return yg_address_in(behind(b, "[", ']'), &s->address, NULL);
	}
	/* "4BF1: client=host[192.0.2.1], sasl_method=PLAIN, sasl_username=U" */
	if (!has(b, ": client=") || !has(b, "sasl_username="))
		return false;
	s->result = "accepted";
	s->user = behind(b, "sasl_username=", ',');
	return yg_address_in(behind(b, "[", ']'), &s->address, NULL);
}

/* "pam(U,192.0.2.1,<session>): unknown user": what the password checker of Dovecot says. */
static bool read_dovecot_auth(struct yg_bytes b, struct signin *s)
{
	static const char *const databases[] = {"pam(",	   "sql(",    "ldap(",	 "passwd-file(",
						"passwd(", "shadow(", "static(", "lua("};
	size_t at = SIZE_MAX;

	for (size_t i = 0; i < sizeof(databases) / sizeof(databases[0]) && at == SIZE_MAX; i++)
		at = yg_bytes_find(b, yg_bytes_str(databases[i]));
	if (at == SIZE_MAX)
		return false;
	b = yg_bytes_from(b, at);
	(void)yg_take_to(&b, '(');
	s->method = YG_S("mail");
	s->user = yg_take_to(&b, ',');
	if (has(b, "unknown user"))
		s->result = "invalid";
	else if (has(b, "authenticate() failed") || has(b, "assword mismatch"))
		s->result = "failed";
	else
		return false;
	b = yg_take_to(&b, ')');
	return yg_address_in(yg_take_to(&b, ','), &s->address, NULL);
}

/* "imap-login: Disconnected (auth failed, 1 attempts in 6 secs): user=<U>, method=…, rip=A, …" */
static bool read_dovecot(struct yg_bytes b, struct signin *s)
{
	static const char *const services[] = {"imap", "pop3", "submission", "managesieve"};

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		struct yg_bytes service = yg_bytes_str(services[i]);

		if (!yg_bytes_starts(b, service) || !yg_skip_head(&b, service) ||
		    !yg_skip_head(&b, YG_S("-login: ")))
			continue;
		(void)yg_skip_head(&b, YG_S("Info: "));
		s->method = service;
		s->user = behind(b, "user=<", '>');
		if (yg_skip_head(&b, YG_S("Login: ")))
			s->result = "accepted";
		else if (has(b, "auth failed"))
			s->result = "failed";
		else
			s->result = "closed";
		return yg_address_in(behind(b, "rip=", ','), &s->address, NULL);
	}
	return yg_bytes_starts(b, YG_S("auth")) && read_dovecot_auth(b, s);
}

/*
 * "Auth: [SMB2,(null)] user [WORKGROUP]\[root] at [time] with [NTLMv2] status [NT_STATUS_…]
 * workstation [W] remote host [ipv4:192.0.2.1:44890] …"
 */
static bool read_samba(struct yg_bytes b, struct signin *s)
{
	struct yg_bytes status, host;

	if (!yg_skip_head(&b, YG_S("Auth: [")))
		return false;
	s->method = YG_S("smb");
	s->user = behind(b, "]\\[", ']');
	status = behind(b, "status [", ']');
	host = behind(b, "remote host [ipv", ']');
	(void)yg_take_to(&host, ':');
	if (yg_bytes_eq(status, YG_S("NT_STATUS_OK")))
		s->result = "accepted";
	else if (yg_bytes_eq(status, YG_S("NT_STATUS_NO_SUCH_USER")))
		s->result = "invalid";
	else
		s->result = "failed";
	return status.size > 0 && yg_address_in(host, &s->address, &s->port);
}

static int add_signin(struct yg_event *event, const struct signin *s)
{
	const struct yg_put puts[] = {
		{"user", s->user},
		{"src_ip", s->address},
		{"src_port", s->port},
		{"auth_method", s->method},
		{"auth_result", yg_bytes_str(s->result ? s->result : "")},
	};

	return YG_PUT_ALL(event, puts);
}

int yg_signin_read(struct yg_event *event, struct yg_bytes program, struct yg_bytes message,
		   bool *ret_known)
{
	struct signin s = {0};

	message = yg_bytes_trim(message);
	if (yg_bytes_starts(program, YG_S("postfix/")))
		*ret_known = read_postfix(message, &s);
	else if (yg_bytes_eq(program, YG_S("dovecot")))
		*ret_known = read_dovecot(message, &s);
	else if (yg_bytes_eq(program, YG_S("smbd")) || yg_bytes_eq(program, YG_S("smb")) ||
		 yg_bytes_eq(program, YG_S("smbd_audit")))
		*ret_known = read_samba(message, &s);
	else
		*ret_known = false;
	return *ret_known ? add_signin(event, &s) : YG_OK;
}

/* ---- Samba's own log ---- */

#define SAMBA_TIME_BYTES 19u /* 2021/10/14 15:24:12 */

static bool is_samba_head(struct yg_bytes b)
{
	return b.size > SAMBA_TIME_BYTES + 3 && b.data[0] == '[' &&
	       yg_count_digits(yg_bytes_from(b, 1)) == 4 && b.data[5] == '/' && b.data[8] == '/' &&
	       b.data[11] == ' ' && b.data[14] == ':' && b.data[17] == ':' &&
	       yg_bytes_find(yg_bytes_cut(b, 20, 40), YG_S(", ")) != SIZE_MAX &&
	       yg_bytes_chr(yg_bytes_cut(b, 20, 200), ']') != SIZE_MAX;
}

bool yg_samba_fits(struct yg_bytes record)
{
	struct yg_bytes b = record;

	if (is_samba_head(record))
		return true;
	yg_skip_spaces(&b);
	return yg_bytes_starts(b, YG_S("Auth: [")) && has(b, "remote host [");
}

/* The time of "[2021/10/14 15:24:12.023984,  2] …". */
static void set_head_time(struct yg_parser_int *ctx, struct yg_bytes b, struct yg_event *event)
{
	const uint8_t *d = b.data + 1;
	uint32_t year, month, day, hour, minute, second, ns = 0;
	struct yg_when when = {0};
	size_t size;

	if (!yg_when_digits(d, 4, &year) || !yg_when_digits(d + 5, 2, &month) ||
	    !yg_when_digits(d + 8, 2, &day) || !yg_when_digits(d + 11, 2, &hour) ||
	    !yg_when_digits(d + 14, 2, &minute) || !yg_when_digits(d + 17, 2, &second))
		return;
	size = b.data[1 + SAMBA_TIME_BYTES] == '.'
		       ? yg_when_fraction(yg_bytes_from(b, 1 + SAMBA_TIME_BYTES), &ns)
		       : 0;
	when.civil = (struct yg_civil){.year = (int32_t)year,
				       .month = (uint8_t)month,
				       .day = (uint8_t)day,
				       .hour = (uint8_t)hour,
				       .minute = (uint8_t)minute,
				       .second = (uint8_t)second,
				       .ns = ns};
	if (yg_when_instant(&when, ctx->opts.zone, &event->time_ns))
		event->time_text = yg_bytes_cut(b, 1, 1 + SAMBA_TIME_BYTES + size);
}

/* "Thu, 14 Oct 2021 15:24:12.023984 UTC" */
static void set_auth_time(struct yg_parser_int *ctx, struct yg_bytes text, struct yg_event *event)
{
	struct yg_bytes b = text;
	uint32_t day, year, hour, minute, second, ns = 0;
	struct yg_when when = {0};

	(void)yg_take_word(&b);
	if (b.size < 20 || !yg_when_digits(b.data, 2, &day) || yg_when_month(b.data + 3) == 0 ||
	    !yg_when_digits(b.data + 7, 4, &year) || !yg_when_digits(b.data + 12, 2, &hour) ||
	    !yg_when_digits(b.data + 15, 2, &minute) || !yg_when_digits(b.data + 18, 2, &second))
		return;
	when.civil.month = (uint8_t)yg_when_month(b.data + 3);
	if (b.size > 20 && b.data[20] == '.')
		(void)yg_when_fraction(yg_bytes_from(b, 20), &ns);
	when.civil.year = (int32_t)year;
	when.civil.day = (uint8_t)day;
	when.civil.hour = (uint8_t)hour;
	when.civil.minute = (uint8_t)minute;
	when.civil.second = (uint8_t)second;
	when.civil.ns = ns;
	when.has_zone = yg_bytes_ends(b, YG_S(" UTC"));
	if (!yg_when_instant(&when, ctx->opts.zone, &event->time_ns))
		return;
	event->time_text = text;
	event->has_zone = when.has_zone;
}

int yg_samba_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		  struct yg_fault *reterr)
{
	struct yg_bytes b = record;
	struct signin s = {0};
	int rc;

	if (!yg_samba_fits(record))
		return yg_fault_set(reterr, YG_EMISMATCH, "no line as Samba writes it", 0);
	yg_skip_spaces(&b);
	if (is_samba_head(record))
		set_head_time(ctx, record, event);
	else
		set_auth_time(ctx, behind(b, "at [", ']'), event);
	rc = yg_event_add_id(event, YG_F_message, yg_bytes_trim(b), YG_VALUE_TEXT);
	if (rc == YG_OK && read_samba(b, &s))
		rc = add_signin(event, &s);
	if (rc == YG_OK)
		rc = yg_samba_finish(event);
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}

int yg_samba_finish(struct yg_event *event)
{
	event->channel = YG_S("smbd");
	return YG_OK;
}
