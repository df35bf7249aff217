/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The single-record half of a trace: one pass over the fields, then a few questions by family.
 * Source: field documentation of OpenSSH and Linux-PAM messages as the parsers name them,
 *         Microsoft "4624/4625/4768/4771/4776" event descriptions, FortiOS log reference
 *         (event/vpn and event/system), RFC 9110 (methods and status classes).
 */
#include "base/hash.h"
#include "base/utf8.h"
#include "detect/trace-int.h"

#include "base/ban.h"

/* The fields a trace asks for, in any format. */
enum slot {
	NO_SLOT,
	CLIENT, /* c-ip */
	SRC_IP,
	REM_IP,
	SRC_IP_DEVICE,
	IP_ADDRESS,
	HOST,
	COMPUTER,
	DEVICE,
	USER_NAME,
	TARGET_USER,
	WINDOWS_TARGET,
	WINDOWS_USER,
	METHOD,
	STEM,
	URI,
	STATUS_WEB,
	SIZE_WEB,
	AUTH,
	ACTION,
	STATUS,
	SUBTYPE,
	LOGDESC,
	LOGON_TYPE,
	COMMAND_RUN,
	EVENT_ID,
	SLOT_COUNT
};

static const uint8_t slot_of[YG_F_COUNT] = {
	[YG_F_c_ip] = CLIENT,
	[YG_F_src_ip] = SRC_IP,
	[YG_F_remip] = REM_IP,
	[YG_F_srcip] = SRC_IP_DEVICE,
	[YG_F_IpAddress] = IP_ADDRESS,
	[YG_F_hostname] = HOST,
	[YG_F_Computer] = COMPUTER,
	[YG_F_devname] = DEVICE,
	[YG_F_user] = USER_NAME,
	[YG_F_target_user] = TARGET_USER,
	[YG_F_TargetUserName] = WINDOWS_TARGET,
	[YG_F_User] = WINDOWS_USER,
	[YG_F_cs_method] = METHOD,
	[YG_F_cs_uri_stem] = STEM,
	[YG_F_cs_uri] = URI,
	[YG_F_sc_status] = STATUS_WEB,
	[YG_F_sc_bytes] = SIZE_WEB,
	[YG_F_auth_result] = AUTH,
	[YG_F_action] = ACTION,
	[YG_F_status] = STATUS,
	[YG_F_subtype] = SUBTYPE,
	[YG_F_logdesc] = LOGDESC,
	[YG_F_LogonType] = LOGON_TYPE,
	[YG_F_COMMAND] = COMMAND_RUN,
	[YG_F_EventID] = EVENT_ID,
};

/* A text in a static list. */
#define WORD(text)                                                                                 \
	{                                                                                          \
		(const uint8_t *)(text), sizeof(text) - 1                                          \
	}

struct view {
	struct yg_event *event;
	struct yg_field *found[SLOT_COUNT]; /* the first of each */
};

static void look(struct view *view, struct yg_event *event)
{
	memset(view->found, 0, sizeof(view->found));
	view->event = event;
	for (uint32_t i = 0; i < event->field_count; i++) {
		uint32_t id = event->fields[i].name_id;
		uint8_t slot = id < YG_F_COUNT ? slot_of[id] : (uint8_t)NO_SLOT;

		if (slot && !view->found[slot])
			view->found[slot] = &event->fields[i];
	}
}

static struct yg_bytes text(const struct view *view, enum slot slot)
{
	struct yg_field *field = view->found[slot];

	return field ? yg_event_text(view->event, field) : (struct yg_bytes){0};
}

static bool is_any(struct yg_bytes b, const struct yg_bytes *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (yg_bytes_eq_nocase(b, list[i]))
			return true;
	return false;
}
#define IS_ANY(b, list) is_any(b, list, sizeof(list) / sizeof((list)[0]))

/* Nothing, or one of the ways logs write "nothing". */
static bool is_blank(struct yg_bytes b)
{
	const struct yg_bytes blanks[] = {YG_S("-"), YG_S("N/A"), YG_S("(null)"), YG_S("unknown")};

	return b.size == 0 || IS_ANY(b, blanks);
}

static struct yg_bytes first_of(const struct view *view, const enum slot *slots, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct yg_bytes b = text(view, slots[i]);

		if (!is_blank(b))
			return b;
	}
	return (struct yg_bytes){0};
}

enum { OTHER_BYTE, DIGIT, LETTER, DOT, COLON };

/* What a byte is in a written address. */
static const uint8_t address_bytes[256] = {
	['0'] = DIGIT,	['1'] = DIGIT,	['2'] = DIGIT,	['3'] = DIGIT,	['4'] = DIGIT,
	['5'] = DIGIT,	['6'] = DIGIT,	['7'] = DIGIT,	['8'] = DIGIT,	['9'] = DIGIT,
	['a'] = LETTER, ['b'] = LETTER, ['c'] = LETTER, ['d'] = LETTER, ['e'] = LETTER,
	['f'] = LETTER, ['A'] = LETTER, ['B'] = LETTER, ['C'] = LETTER, ['D'] = LETTER,
	['E'] = LETTER, ['F'] = LETTER, ['.'] = DOT,	[':'] = COLON,
};

bool yg_trace_is_address(struct yg_bytes b)
{
	size_t seen[COLON + 1] = {0};

	if (b.size < 2 || b.size > 64)
		return false;
	for (size_t i = 0; i < b.size; i++) {
		uint8_t kind = address_bytes[b.data[i]];

		if (b.data[i] == '%' && seen[COLON] >= 2)
			return true; /* fe80::1%eth0 */
		if (kind == OTHER_BYTE)
			return false;
		seen[kind]++;
	}
	return seen[COLON] >= 2 || (seen[COLON] == 0 && seen[LETTER] == 0 && seen[DOT] == 3);
}

static bool is_loopback(struct yg_bytes b)
{
	return yg_bytes_starts(b, YG_S("127.")) || yg_bytes_eq(b, YG_S("::1"));
}

static bool contains(struct yg_bytes b, const char *needle)
{
	return yg_bytes_find(b, yg_bytes_str(needle)) != SIZE_MAX;
}

/* --- web -------------------------------------------------------------------------------------- */

/* Does folded path segment @s begin as administration pages are commonly named? */
static bool is_admin_segment(struct yg_bytes s)
{
	static const char *const names[] = {"admin",	 "backend",    "console",  "controlpanel",
					    "cpanel",	 "dashboard",  "internal", "manage",
					    "panel",	 "phpmyadmin", "pma",	   "private",
					    "protected", "restricted", "secure",   "wp-admin"};
	const uint32_t firsts = 1u << ('a' - 'a') | 1u << ('b' - 'a') | 1u << ('c' - 'a') |
				1u << ('d' - 'a') | 1u << ('i' - 'a') | 1u << ('m' - 'a') |
				1u << ('p' - 'a') | 1u << ('r' - 'a') | 1u << ('s' - 'a') |
				1u << ('w' - 'a');

	if (s.size < 3 || s.data[0] < 'a' || s.data[0] > 'z' || !(firsts >> (s.data[0] - 'a') & 1u))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (s.data[0] == (uint8_t)names[i][0] && yg_bytes_starts(s, yg_bytes_str(names[i])))
			return true;
	return false;
}

/* What the suffix of the last segment says: a program, a page, or something fetched along. */
static uint32_t suffix_flags(struct yg_bytes s)
{
	static const struct yg_bytes programs[] = {
		WORD("php"),  WORD("phtml"), WORD("phar"), WORD("php3"), WORD("php4"), WORD("php5"),
		WORD("php7"), WORD("asp"),   WORD("aspx"), WORD("ashx"), WORD("asmx"), WORD("jsp"),
		WORD("jspx"), WORD("cfm"),   WORD("cgi"),  WORD("pl"),	 WORD("py"),   WORD("sh"),
	};
	static const struct yg_bytes parts[] = {
		WORD("png"),  WORD("jpg"),   WORD("jpeg"), WORD("gif"), WORD("ico"),
		WORD("svg"),  WORD("webp"),  WORD("css"),  WORD("js"),	WORD("map"),
		WORD("woff"), WORD("woff2"), WORD("ttf"),  WORD("eot"), WORD("mp4"),
	};
	size_t dot = s.size;
	struct yg_bytes suffix;

	while (dot > 0 && s.data[dot - 1] != '.')
		dot--;
	suffix = yg_bytes_from(s, dot);
	if (dot == 0 || suffix.size < 2 || suffix.size > 5)
		return YG_TRACE_PAGE_HTML;
	if (IS_ANY(suffix, programs))
		return YG_TRACE_PAGE_HTML | YG_TRACE_PROGRAM;
	return IS_ANY(suffix, parts) ? 0 : YG_TRACE_PAGE_HTML;
}

/* Flags that the folded path of a request gives. */
static uint32_t path_flags(struct yg_bytes path, bool is_post)
{
	static const char *const sign_in[] = {
		"login",   "signin",	 "sign-in",	    "sign_in",	 "logon",     "auth",
		"session", "xmlrpc.php", "/administrator/", "/owa/auth", "logincheck"};
	static const char *const upload[] = {"upload", "filemanager", "elfinder", "import",
					     "attach", "fileput",     "/media"};
	uint32_t flags = 0;
	size_t start = 0;

	for (size_t i = 0; i <= path.size; i++) {
		if (i < path.size && path.data[i] != '/')
			continue;
		if (is_admin_segment(yg_bytes_cut(path, start, i)))
			flags |= YG_TRACE_ADMIN;
		if (i < path.size)
			start = i + 1;
	}
	flags |= suffix_flags(yg_bytes_from(path, start));
	if (!is_post)
		return flags;
	for (size_t i = 0; i < sizeof(sign_in) / sizeof(sign_in[0]); i++)
		if (contains(path, sign_in[i]) && !contains(path, "logout"))
			flags |= YG_TRACE_SIGN_IN_PATH;
	for (size_t i = 0; i < sizeof(upload) / sizeof(upload[0]); i++)
		if (contains(path, upload[i]))
			flags |= YG_TRACE_UPLOAD;
	return flags;
}

static void web_path(const struct view *view, uint64_t seed, bool is_post, struct yg_trace *trace)
{
	/* Written before it is read; clearing it would cost more than all the rest here. */
	uint8_t folded[YG_TRACE_FOLD_MAX] __attribute__((uninitialized));
	struct yg_bytes path = text(view, STEM);

	if (path.size == 0) {
		path = text(view, URI);
		path = yg_bytes_cut(path, 0, yg_bytes_chr(path, '?'));
	}
	if (path.size == 0)
		return;
	trace->path = yg_bytes_cut(path, 0, YG_TRACE_TARGET_MAX);
	trace->target = trace->path;
	if (path.size > sizeof(folded)) { /* nobody's page: kept apart, but not looked into */
		trace->path_hash = yg_hash64(path, seed) | 1;
		return;
	}
	path = (struct yg_bytes){folded, yg_fold(path, folded)};
	trace->path_hash = yg_hash64(path, seed) | 1;
	trace->flags |= path_flags(path, is_post);
}

static void web_facts(const struct view *view, uint64_t seed, struct yg_trace *trace)
{
	struct yg_bytes method = text(view, METHOD);
	bool is_post = yg_bytes_eq(method, YG_S("POST"));
	uint64_t number;

	trace->flags |= YG_TRACE_WEB;
	if (is_post)
		trace->flags |= YG_TRACE_POST;
	if (yg_bytes_eq(method, YG_S("PUT")))
		trace->flags |= YG_TRACE_PUT | YG_TRACE_UPLOAD;
	web_path(view, seed, is_post, trace);
	if (yg_bytes_u64(text(view, STATUS_WEB), &number) && number >= 100 && number <= 999)
		trace->status = (uint16_t)number;
	/* An answer to HEAD or OPTIONS has no body to compare. */
	if (!yg_bytes_eq(method, YG_S("HEAD")) && !yg_bytes_eq(method, YG_S("OPTIONS")) &&
	    yg_bytes_u64(text(view, SIZE_WEB), &number) && number <= INT64_MAX)
		trace->size_bytes = (int64_t)number;
	/* A POST to a sign-in path that is refused outright; other answers need comparison. */
	if ((trace->flags & YG_TRACE_SIGN_IN_PATH) &&
	    (trace->status == 401 || trace->status == 403))
		trace->flags |= YG_TRACE_SIGN_IN_BAD;
}

/* --- sign-ins and devices --------------------------------------------------------------------- */

static uint32_t auth_facts(const struct view *view)
{
	static const struct yg_bytes bad[] = {
		WORD("failed"), WORD("failure"),  WORD("invalid"),
		WORD("denied"), WORD("rejected"), WORD("limit"),
	};
	static const struct yg_bytes good[] = {
		WORD("accepted"),
		WORD("success"),
	};
	struct yg_bytes auth = text(view, AUTH);

	if (auth.size == 0)
		return 0;
	if (IS_ANY(auth, good))
		return YG_TRACE_SIGN_IN_OK;
	if (yg_bytes_eq_nocase(auth, YG_S("refused"))) /* before any try: nothing was guessed */
		return YG_TRACE_BLOCKED;
	return IS_ANY(auth, bad) ? YG_TRACE_SIGN_IN_BAD : 0;
}

/* Windows: sign-ins by others than services and the system itself. */
static uint32_t windows_sign_in(const struct view *view, uint32_t code)
{
	struct yg_bytes type = text(view, LOGON_TYPE);
	struct yg_bytes status;

	switch (code) {
	case 4624:
		/* 2 console, 3 network, 7 unlock, 8 clear text, 9 other name, 10 remote, 11 cached
		 */
		if (yg_bytes_eq(type, YG_S("0")) || yg_bytes_eq(type, YG_S("4")) ||
		    yg_bytes_eq(type, YG_S("5")))
			return 0;
		return YG_TRACE_SIGN_IN_OK;
	case 4625:
	case 4771:
		return YG_TRACE_SIGN_IN_BAD;
	case 4776:
		status = text(view, STATUS);
		return yg_bytes_eq_nocase(status, YG_S("0x0")) ? YG_TRACE_SIGN_IN_OK : 0;
	default:
		return 0;
	}
}

/* Windows: records that are written because something was carried out. */
static bool windows_done(struct yg_bytes channel, uint32_t code)
{
	static const uint16_t security[] = {4688, 4697, 4698, 4702, 4720, 4722, 4724, 4728,
					    4732, 4738, 4756, 1102, 4719, 4657, 5136, 5140};

	if (contains(channel, "Sysmon"))
		return code >= 1 && code <= 26 && code != 4 && code != 16;
	if (contains(channel, "PowerShell"))
		return code == 4103 || code == 4104 || code == 400 || code == 800;
	if (yg_bytes_eq_nocase(channel, YG_S("System")))
		return code == 7045 || code == 104;
	if (!yg_bytes_eq_nocase(channel, YG_S("Security")))
		return false;
	for (size_t i = 0; i < sizeof(security) / sizeof(security[0]); i++)
		if (code == security[i])
			return true;
	return false;
}

static uint32_t windows_facts(const struct view *view)
{
	const struct yg_event *event = view->event;
	uint64_t code = event->event_code;
	uint32_t flags;

	if (code == 0 && !yg_bytes_u64(text(view, EVENT_ID), &code))
		return 0;
	if (code > UINT32_MAX)
		return 0;
	flags = windows_sign_in(view, (uint32_t)code);
	if (windows_done(event->channel, (uint32_t)code))
		flags |= YG_TRACE_DONE;
	return flags;
}

/* Firewall and VPN devices: what they let through, and who signed in to them. */
static uint32_t device_facts(const struct view *view)
{
	static const struct yg_bytes blocked[] = {
		WORD("deny"),	 WORD("denied"),  WORD("block"),
		WORD("blocked"), WORD("dropped"), WORD("drop"),
		WORD("reset"),	 WORD("reject"),  WORD("clear_session"),
	};
	static const struct yg_bytes allowed[] = {
		WORD("accept"),	     WORD("allow"),    WORD("allowed"),	  WORD("pass"),
		WORD("passthrough"), WORD("detected"), WORD("monitored"),
	};
	struct yg_bytes action = text(view, ACTION);
	struct yg_bytes status = text(view, STATUS);

	if (yg_bytes_eq(action, YG_S("ssl-login-fail")))
		return YG_TRACE_SIGN_IN_BAD;
	if (yg_bytes_eq(action, YG_S("tunnel-up")) || yg_bytes_eq(action, YG_S("ssl-new-con-ok")))
		return YG_TRACE_SIGN_IN_OK;
	if (yg_bytes_eq_nocase(action, YG_S("login")) ||
	    yg_bytes_eq_nocase(action, YG_S("authentication")) ||
	    yg_bytes_eq_nocase(action, YG_S("FSSO-logon"))) {
		if (yg_bytes_eq_nocase(status, YG_S("success")))
			return YG_TRACE_SIGN_IN_OK;
		return yg_bytes_eq_nocase(status, YG_S("failed")) ||
				       yg_bytes_eq_nocase(status, YG_S("failure"))
			       ? YG_TRACE_SIGN_IN_BAD
			       : 0;
	}
	if (IS_ANY(action, blocked))
		return YG_TRACE_BLOCKED;
	return IS_ANY(action, allowed) ? YG_TRACE_ALLOWED : 0;
}

/* --- actor and target ------------------------------------------------------------------------- */

#define FIRST_OF(view, ...)                                                                        \
	first_of(view, (const enum slot[]){__VA_ARGS__},                                           \
		 sizeof((const enum slot[]){__VA_ARGS__}) / sizeof(enum slot))

static void who(const struct view *view, enum yg_family family, struct yg_trace *trace)
{
	struct yg_bytes account =
		FIRST_OF(view, TARGET_USER, WINDOWS_TARGET, USER_NAME, WINDOWS_USER);
	struct yg_bytes host = FIRST_OF(view, COMPUTER, HOST, DEVICE);
	/* On Windows the other derived addresses name the machine itself (Sysmon 3). */
	struct yg_bytes address =
		family == YG_FAMILY_WINDOWS
			? FIRST_OF(view, IP_ADDRESS)
			: FIRST_OF(view, CLIENT, SRC_IP, REM_IP, SRC_IP_DEVICE, IP_ADDRESS);

	if (yg_bytes_starts(address, YG_S("::ffff:"))) /* IPv4 as dual-stack sockets write it */
		address = yg_bytes_from(address, sizeof("::ffff:") - 1);
	if (family == YG_FAMILY_WINDOWS && is_loopback(address))
		address = (struct yg_bytes){0};
	trace->actor = address.size ? address : host.size ? host : account;
	if (trace->target.size == 0) {
		if (account.size > 0 &&
		    (trace->flags & (YG_TRACE_SIGN_IN_OK | YG_TRACE_SIGN_IN_BAD)))
			trace->target = account;
		else if (address.size > 0 && host.size > 0)
			trace->target = host;
		else if (account.data != trace->actor.data)
			trace->target = account;
	}
	trace->actor = yg_bytes_cut(trace->actor, 0, YG_TRACE_TARGET_MAX);
	trace->target = yg_bytes_cut(trace->target, 0, YG_TRACE_TARGET_MAX);
}

struct yg_sign_in yg_trace_sign_in(struct yg_event *event)
{
	enum yg_family family = yg_format_family(event->format);
	struct yg_sign_in ret = {0};
	struct yg_trace trace = {0};
	struct view view;

	look(&view, event);
	trace.flags = auth_facts(&view);
	if (family == YG_FAMILY_WINDOWS)
		trace.flags |= windows_facts(&view);
	else if (family == YG_FAMILY_FIREWALL)
		trace.flags |= device_facts(&view);
	ret.flags = trace.flags & (YG_TRACE_SIGN_IN_OK | YG_TRACE_SIGN_IN_BAD);
	if (ret.flags == 0)
		return ret;
	who(&view, family, &trace);
	ret.account = FIRST_OF(&view, TARGET_USER, WINDOWS_TARGET, USER_NAME, WINDOWS_USER);
	ret.host = FIRST_OF(&view, COMPUTER, HOST, DEVICE);
	/* where no address is known the actor is the host, or the account itself */
	if (trace.actor.data != ret.account.data && trace.actor.data != ret.host.data)
		ret.source = trace.actor;
	return ret;
}

void yg_trace_facts(struct yg_event *event, uint64_t seed, struct yg_trace *trace)
{
	enum yg_family family = yg_format_family(event->format);
	struct view view;

	look(&view, event);
	/* Proxies and log shippers write web requests as JSON of their own making. */
	if ((family == YG_FAMILY_NONE || family == YG_FAMILY_JSON) && view.found[STATUS_WEB] &&
	    (view.found[STEM] || view.found[URI]))
		family = YG_FAMILY_WEB;
	if (family == YG_FAMILY_WEB) {
		web_facts(&view, seed, trace);
		trace->actor =
			yg_bytes_cut(FIRST_OF(&view, CLIENT, SRC_IP), 0, YG_TRACE_TARGET_MAX);
	} else {
		trace->flags |= auth_facts(&view);
		if (family == YG_FAMILY_WINDOWS)
			trace->flags |= windows_facts(&view);
		else if (family == YG_FAMILY_FIREWALL)
			trace->flags |= device_facts(&view);
		if (family == YG_FAMILY_SYSLOG && view.found[COMMAND_RUN])
			trace->flags |= YG_TRACE_DONE;
		who(&view, family, trace);
	}
	if (trace->actor.size == 0)
		return;
	trace->actor_hash = yg_hash64(trace->actor, seed) | 1;
	if (yg_trace_is_address(trace->actor))
		trace->flags |= YG_TRACE_ACTOR_IP;
}
