/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/auditd.h"

#include "parse/address.h"
#include "parse/cursor.h"
#include "parse/times.h"

#include "base/ban.h"

#define COMMAND_BYTES_MAX 65536u
#define NODE_BYTES_MAX	  256u
#define TYPE_BYTES_MAX	  64u

struct head {
	struct yg_bytes node, type, id, rest;
};

/* "[node=N ]type=T msg=audit(ID): rest" */
static bool cut_head(struct yg_bytes b, struct head *ret)
{
	*ret = (struct head){0};
	if (yg_skip_head(&b, YG_S("node="))) {
		ret->node = yg_take_word(&b);
		if (ret->node.size > NODE_BYTES_MAX)
			return false;
	}
	if (!yg_skip_head(&b, YG_S("type=")))
		return false;
	ret->type = yg_take_to(&b, ' ');
	if (ret->type.size == 0 || ret->type.size > TYPE_BYTES_MAX ||
	    !yg_skip_head(&b, YG_S("msg=audit(")))
		return false;
	ret->id = yg_bytes_cut(b, 0, yg_bytes_chr(yg_bytes_cut(b, 0, 64), ')'));
	if (ret->id.size < 3 || yg_bytes_chr(ret->id, ':') == SIZE_MAX)
		return false;
	b = yg_bytes_from(b, ret->id.size + 1);
	(void)yg_skip_head(&b, YG_S(":"));
	yg_skip_spaces(&b);
	ret->rest = b;
	return true;
}

struct yg_bytes yg_audit_id(struct yg_bytes line)
{
	struct head head;

	return cut_head(line, &head) ? head.id : (struct yg_bytes){0};
}

bool yg_audit_is_last(struct yg_bytes line)
{
	static const char *const alone[] = {"USER_",   "CRED_",	 "SERVICE_",  "SYSTEM_", "DAEMON_",
					    "ADD_",    "DEL_",	 "GRP_",      "ACCT_",	 "CRYPTO_",
					    "CHUSER_", "CHGRP_", "PROCTITLE", "EOE",	 "LOGIN"};
	struct head head;

	if (!cut_head(line, &head))
		return true;
	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++)
		if (yg_bytes_starts(head.type, yg_bytes_str(alone[i])))
			return true;
	return false;
}

bool yg_auditd_fits(struct yg_bytes record)
{
	struct head head;

	return cut_head(record, &head);
}

static bool is_key_byte(uint8_t c)
{
	return (uint8_t)((c | 0x20) - 'a') < 26 || (uint8_t)(c - '0') <= 9 || c == '_' || c == '-';
}

static int hex_digit(uint8_t c)
{
	if ((uint8_t)(c - '0') <= 9)
		return c - '0';
	return (uint8_t)(c - 'A') < 6 ? c - 'A' + 10 : -1;
}

/* Values of these keys are text, written as hex where they hold spaces, quotes or controls. */
static bool is_text_key(struct yg_bytes key, bool is_execve)
{
	static const char *const keys[] = {"proctitle", "name",	    "comm", "exe", "acct",
					   "cwd",	"data",	    "cmd",  "dir", "path",
					   "watch",	"old_name", "key",  "grp"};

	if (is_execve && key.size > 1 && key.data[0] == 'a' &&
	    (yg_is_digits(yg_bytes_from(key, 1)) || yg_bytes_chr(key, '[') != SIZE_MAX))
		return true;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (yg_bytes_eq(key, yg_bytes_str(keys[i])))
			return true;
	return false;
}

/* Undo hex; NUL, which divides the arguments of a proctitle, becomes a space. */
static int unhex(struct yg_event *event, struct yg_bytes *value)
{
	uint8_t *to;

	if (value->size < 2 || value->size % 2 != 0)
		return YG_OK;
	for (size_t i = 0; i < value->size; i++)
		if (hex_digit(value->data[i]) < 0)
			return YG_OK;
	to = yg_arena_alloc(event->arena, value->size / 2);
	if (!to)
		return YG_ENOMEM;
	for (size_t i = 0; i < value->size / 2; i++) {
		to[i] = (uint8_t)(hex_digit(value->data[2 * i]) * 16 +
				  hex_digit(value->data[2 * i + 1]));
		if (to[i] == 0)
			to[i] = ' ';
	}
	*value = (struct yg_bytes){to, value->size / 2};
	return YG_OK;
}

/* Bytes of a key that '=' follows at the start of @b; 0: none. *ret_word: bytes of the word. */
static size_t key_size(struct yg_bytes b, size_t *ret_word)
{
	size_t key = 0;

	while (key < b.size && key < YG_EVENT_NAME_MAX && is_key_byte(b.data[key]))
		key++;
	*ret_word = key > 0 ? key : 1;
	return key < b.size && b.data[key] == '=' ? key : 0;
}

/* A value at the front of *b: up to its closing quote, or to a space or the divider 0x1d. */
static struct yg_bytes take_value(struct yg_bytes *b, uint8_t *ret_quote)
{
	struct yg_bytes ret;
	size_t end = 0;

	*ret_quote = b->size > 0 && (b->data[0] == '"' || b->data[0] == '\'') ? b->data[0] : 0;
	if (*ret_quote) {
		*b = yg_bytes_from(*b, 1);
		return yg_take_to(b, *ret_quote);
	}
	while (end < b->size && b->data[end] != ' ' && b->data[end] != 0x1d)
		end++;
	ret = yg_bytes_cut(*b, 0, end);
	*b = yg_bytes_from(*b, end);
	return ret;
}

/* One key=value at the front of *b; words that are none are passed over. False at the end. */
static bool take_pair(struct yg_bytes *b, struct yg_bytes *ret_key, struct yg_bytes *ret_value,
		      uint8_t *ret_quote)
{
	while (b->size > 0) {
		size_t word;
		size_t key = key_size(*b, &word);

		if (key == 0) {
			*b = yg_bytes_from(*b, word);
			continue;
		}
		*ret_key = yg_bytes_cut(*b, 0, key);
		*b = yg_bytes_from(*b, key + 1);
		*ret_value = take_value(b, ret_quote);
		return true;
	}
	return false;
}

static bool is_nothing(struct yg_bytes value)
{
	return value.size == 0 || yg_bytes_eq(value, YG_S("?")) ||
	       yg_bytes_eq(value, YG_S("(null)")) || yg_bytes_eq(value, YG_S("(none)"));
}

/* The pairs of @b; one in single quotes holds pairs itself: msg='op=login acct="root" …'. */
static int add_pairs(struct yg_event *event, struct yg_bytes b, bool is_execve)
{
	struct yg_bytes outer = {0};
	struct yg_bytes key, value;
	uint8_t quote;
	int rc = YG_OK;

	while (rc == YG_OK) {
		if (!take_pair(&b, &key, &value, &quote)) {
			if (!outer.data)
				break;
			b = outer; /* on behind the inner ones */
			outer = (struct yg_bytes){0};
			continue;
		}
		if (quote == '\'' && !outer.data && yg_bytes_chr(value, '=') != SIZE_MAX) {
			outer = b;
			b = value;
			continue;
		}
		if (is_nothing(value))
			continue;
		if (!quote && is_text_key(key, is_execve))
			rc = unhex(event, &value);
		if (rc == YG_OK)
			rc = yg_event_add(event, key, value, YG_VALUE_TEXT);
	}
	return rc;
}

static int add_line(struct yg_event *event, const struct head *head)
{
	int rc = yg_event_add_id(event, YG_F_type, head->type, YG_VALUE_TEXT);

	return rc == YG_OK ? add_pairs(event, head->rest, yg_bytes_eq(head->type, YG_S("EXECVE")))
			   : rc;
}

int yg_auditd_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		   struct yg_fault *reterr)
{
	struct yg_bytes b = record;
	struct yg_bytes time;
	struct head head;
	int rc;

	if (!cut_head(record, &head))
		return yg_fault_set(reterr, YG_EMISMATCH, "no type= and msg=audit() in front", 0);
	time = yg_bytes_cut(head.id, 0, yg_bytes_chr(head.id, ':'));
	if (!yg_times_set(event, time, ctx->opts.zone))
		return yg_fault_set(reterr, YG_EFORMAT, "there is no such time",
				    (size_t)(head.id.data - record.data));
	{
		const struct yg_put puts[] = {{"node", head.node}, {"audit_id", head.id}};

		rc = YG_PUT_ALL(event, puts);
	}
	while (rc == YG_OK && b.size > 0) {
		struct yg_bytes line = yg_take_to(&b, '\n');

		if (line.size > 0 && line.data[line.size - 1] == '\r')
			line.size--;
		if (cut_head(line, &head))
			rc = add_line(event, &head);
	}
	if (rc == YG_OK)
		rc = yg_auditd_finish(event);
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}

static bool has_type(struct yg_event *event, struct yg_bytes type)
{
	for (uint32_t i = 0; i < event->field_count; i++)
		if (event->fields[i].name_id == YG_F_type &&
		    yg_bytes_eq(yg_event_text(event, &event->fields[i]), type))
			return true;
	return false;
}

/*
 * a0 a1 a2 … of EXECVE, with spaces between. The a0 … a3 of SYSCALL are registers: they come
 * first in the event, EXECVE's own after them, so of two values of a name the last counts.
 */
static int derive_command(struct yg_event *event)
{
	uint8_t *to = NULL;
	size_t size = 0;

	for (uint32_t n = 0; n < YG_EVENT_FIELDS_MAX; n++) {
		struct yg_bytes last = {0};
		char name[16];
		int length = snprintf(name, sizeof(name), "a%u", n);
		struct yg_bytes wanted = {(const uint8_t *)name, (size_t)length};
		uint32_t at = event->field_count;

		for (uint32_t i = event->field_count; i > 0 && at == event->field_count; i--)
			if (yg_bytes_eq(event->fields[i - 1].name, wanted))
				at = i - 1;
		if (at == event->field_count)
			break;
		last = yg_event_text(event, &event->fields[at]);
		if (!to)
			to = yg_arena_alloc(event->arena, COMMAND_BYTES_MAX);
		if (!to)
			return YG_ENOMEM;
		if (size + last.size + 1 > COMMAND_BYTES_MAX)
			break;
		if (size > 0)
			to[size++] = ' ';
		memcpy(to + size, last.data, last.size);
		size += last.size;
	}
	return yg_derive_once(event, YG_F_CommandLine, (struct yg_bytes){to, size});
}

/* "success"/"failed" of sign-ins. */
static int derive_result(struct yg_event *event)
{
	struct yg_bytes res = yg_field_text(event, YG_S("res"));

	if (!has_type(event, YG_S("USER_LOGIN")) && !has_type(event, YG_S("USER_AUTH")))
		return YG_OK;
	if (yg_bytes_eq(res, YG_S("success")) || yg_bytes_eq(res, YG_S("1")))
		res = YG_S("accepted");
	else if (res.size > 0)
		res = YG_S("failed");
	return yg_derive_once(event, YG_F_auth_result, res);
}

int yg_auditd_finish(struct yg_event *event)
{
	bool is_execve = has_type(event, YG_S("EXECVE"));
	struct yg_bytes address = {0};
	struct yg_bytes user = yg_field_text(event, YG_S("acct"));
	int rc = YG_OK;

	event->channel = is_execve ? YG_S("execve") : YG_S("auditd");
	if (user.size == 0)
		user = yg_field_text(event, YG_S("AUID"));
	if (is_execve) {
		rc = derive_command(event);
		if (rc == YG_OK)
			rc = yg_derive_once(event, YG_F_Image, yg_field_text(event, YG_S("exe")));
	}
	if (rc == YG_OK)
		rc = yg_derive_once(event, YG_F_CommandLine,
				    yg_field_text(event, YG_S("proctitle")));
	if (rc == YG_OK)
		rc = yg_derive_once(event, YG_F_user, user);
	if (rc == YG_OK && yg_address_in(yg_field_text(event, YG_S("addr")), &address, NULL))
		rc = yg_derive_once(event, YG_F_src_ip, address);
	return rc == YG_OK ? derive_result(event) : rc;
}
