/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/auth.h"

#include "parse/address.h"

#include "base/ban.h"

/* What is known of one message; empty runs where it does not say. */
struct auth {
	struct yg_bytes user;
	struct yg_bytes target;
	struct yg_bytes address;
	struct yg_bytes host; /* where it is a name, not an address */
	struct yg_bytes port;
	struct yg_bytes method;
	const char *result;
	struct yg_bytes repeated;
	bool is_invalid_user;
};

static struct yg_bytes from_str(const char *text)
{
	return yg_bytes_str(text);
}

/* Drop @head at the start of *b; false when it does not begin so. */
static bool skip(struct yg_bytes *b, const char *head)
{
	struct yg_bytes h = from_str(head);

	if (!yg_bytes_starts(*b, h))
		return false;
	*b = yg_bytes_from(*b, h.size);
	return true;
}

/* Where @needle begins for the last time in the first @end bytes of @b, or SIZE_MAX. */
static size_t find_last(struct yg_bytes b, struct yg_bytes needle, size_t end)
{
	if (end > b.size)
		end = b.size;
	if (needle.size > end)
		return SIZE_MAX;
	for (size_t i = end - needle.size + 1; i > 0; i--)
		if (memcmp(b.data + i - 1, needle.data, needle.size) == 0)
			return i - 1;
	return SIZE_MAX;
}

static struct yg_bytes up_to(struct yg_bytes b, const char *mark)
{
	return yg_bytes_cut(b, 0, yg_bytes_find(b, from_str(mark)));
}

static struct yg_bytes first_word(struct yg_bytes b)
{
	size_t end = 0;

	while (end < b.size && b.data[end] != ' ')
		end++;
	return yg_bytes_cut(b, 0, end);
}

/* "A port P …", "A: …", "A": the place a connection came from. */
static bool read_place(struct auth *auth, struct yg_bytes b)
{
	struct yg_bytes host = first_word(b);
	struct yg_bytes rest = yg_bytes_from(b, host.size);

	while (host.size > 0 && strchr(":,.", host.data[host.size - 1]) &&
	       !yg_address_in(host, NULL, NULL))
		host.size--;
	if (!yg_address_in(host, &auth->address, &auth->port))
		return false;
	if (skip(&rest, " port ")) {
		size_t n = 0;

		while (n < rest.size && rest.data[n] >= '0' && rest.data[n] <= '9')
			n++;
		auth->port = yg_bytes_cut(rest, 0, n);
	}
	return true;
}

/* The prefix "invalid user " or "illegal user " of a name. */
static void read_user(struct auth *auth, struct yg_bytes b)
{
	if (skip(&b, "invalid user ") || skip(&b, "illegal user "))
		auth->is_invalid_user = true;
	else if (!skip(&b, "authenticating user "))
		(void)skip(&b, "user ");
	auth->user = b;
}

/*
 * "[invalid user ]U from A port P …". U is what the client sent and may hold " from " itself: the
 * last one that an address follows counts. Where the account exists, the first does.
 */
static bool read_user_from(struct auth *auth, struct yg_bytes b, bool is_trusted)
{
	static const struct yg_bytes from = {(const uint8_t *)" from ", 6};
	size_t end = b.size;
	size_t at = is_trusted ? yg_bytes_find(b, from) : find_last(b, from, end);

	while (at != SIZE_MAX) {
		if (read_place(auth, yg_bytes_from(b, at + from.size))) {
			read_user(auth, yg_bytes_cut(b, 0, at));
			return true;
		}
		if (is_trusted)
			break;
		end = at + from.size - 1;
		at = find_last(b, from, end);
	}
	/* "Invalid user  from A": an empty name */
	if (skip(&b, "from ") && read_place(auth, b)) {
		auth->user = (struct yg_bytes){0};
		return true;
	}
	at = yg_bytes_find(b, from);
	read_user(auth, yg_bytes_cut(b, 0, at));
	if (at != SIZE_MAX)
		auth->host = first_word(yg_bytes_from(b, at + from.size));
	return true;
}

/* "[authenticating user |invalid user |user ]U A port P …" and "A port P …", "A …". */
static bool read_user_at(struct auth *auth, struct yg_bytes b)
{
	static const struct yg_bytes port = {(const uint8_t *)" port ", 6};
	size_t at = find_last(b, port, b.size);
	size_t start;

	if (read_place(auth, b))
		return true;
	while (at != SIZE_MAX) {
		start = find_last(b, YG_S(" "), at);
		start = start == SIZE_MAX ? 0 : start + 1;
		if (read_place(auth, yg_bytes_from(b, start))) {
			read_user(auth, yg_bytes_cut(b, 0, start > 0 ? start - 1 : 0));
			return true;
		}
		at = at > 0 ? find_last(b, port, at) : SIZE_MAX;
	}
	return false;
}

enum shape {
	METHOD_USER_FROM, /* "<method> for U from A port P" */
	USER_FROM,
	USER_AT,
	PLACE,	    /* the address follows */
	LAST_FROM,  /* after the last " from " */
	IN_BRACKET, /* [A] or (A) */
	USER_ONLY,
};

static const struct {
	const char *head;
	const char *result;
	enum shape shape;
} sshd_lines[] = {
	{"Accepted ", "accepted", METHOD_USER_FROM},
	{"Failed ", "failed", METHOD_USER_FROM},
	{"Postponed ", NULL, METHOD_USER_FROM},
	{"Partial ", NULL, METHOD_USER_FROM},
	{"Invalid user ", "invalid", USER_FROM},
	{"Illegal user ", "invalid", USER_FROM},
	/* a line "Failed …" on the same try follows these */
	{"PAM: Authentication failure for ", NULL, USER_FROM},
	{"PAM: authentication error for ", NULL, USER_FROM},
	{"PAM: User not known to the underlying authentication module for ", NULL, USER_FROM},
	{"input_userauth_request: invalid user ", "invalid", USER_ONLY},
	{"maximum authentication attempts exceeded for ", "limit", USER_FROM},
	{"Disconnecting: Too many authentication failures for ", "limit", USER_ONLY},
	{"Disconnecting ", "limit", USER_AT},
	{"Disconnected from ", "closed", USER_AT},
	{"Connection closed by ", "closed", USER_AT},
	{"Connection reset by ", "closed", USER_AT},
	{"Received disconnect from ", "closed", PLACE},
	{"refused connect from ", "refused", IN_BRACKET},
	{"User ", "refused", USER_FROM},
	{"ROOT LOGIN REFUSED FROM ", "refused", PLACE},
	{"Did not receive identification string from ", "probe", PLACE},
	{"Bad protocol version identification ", "probe", LAST_FROM},
	{"Unable to negotiate with ", "probe", PLACE},
	{"Unable to negotiate a key exchange method", "probe", USER_ONLY},
	{"banner exchange: Connection from ", "probe", PLACE},
	{"kex_exchange_identification: ", "probe", USER_ONLY},
	{"ssh_dispatch_run_fatal: Connection from ", "closed", USER_AT},
	{"Timeout before authentication for connection from ", "closed", PLACE},
	{"Timeout before authentication for ", "closed", PLACE},
	{"Connection from ", "opened", PLACE},
	{"reverse mapping checking getaddrinfo for ", NULL, IN_BRACKET},
	{"Address ", NULL, PLACE},
	{"Bad PAM password attempt for ", "failed", USER_FROM}, /* dropbear, from here on */
	{"Bad password attempt for ", "failed", USER_FROM},
	{"bad password attempt for ", "failed", USER_FROM}, /* old ones write so */
	{"Login attempt for nonexistent user", "invalid", USER_FROM},
	{"login attempt for nonexistent user", "invalid", USER_FROM},
	{"Password auth succeeded for ", "accepted", USER_FROM},
	{"Pubkey auth succeeded for ", "accepted", USER_FROM},
	{"PAM password auth succeeded for ", "accepted", USER_FROM},
	{"Child connection from ", "opened", PLACE},
};

/* The address in the last pair of brackets that holds one. */
static bool read_bracket(struct auth *auth, struct yg_bytes b)
{
	for (size_t i = b.size; i > 0; i--) {
		struct yg_bytes inside;

		if (b.data[i - 1] != '[' && b.data[i - 1] != '(')
			continue;
		inside = yg_bytes_from(b, i);
		inside = yg_bytes_cut(inside, 0,
				      yg_bytes_chr(inside, b.data[i - 1] == '[' ? ']' : ')'));
		if (read_place(auth, inside))
			return true;
	}
	return read_place(auth, b);
}

static bool read_shape(struct auth *auth, enum shape shape, struct yg_bytes b)
{
	size_t at;

	switch (shape) {
	case METHOD_USER_FROM:
		auth->method = up_to(b, " for ");
		if (auth->method.size == b.size)
			return false;
		b = yg_bytes_from(b, auth->method.size + 5);
		auth->method = yg_bytes_cut(auth->method, 0, yg_bytes_chr(auth->method, '/'));
		return read_user_from(auth, b, auth->result && *auth->result == 'a');
	case USER_FROM:
		return read_user_from(auth, b, false);
	case USER_AT:
		return read_user_at(auth, b);
	case PLACE:
		return read_place(auth, b);
	case LAST_FROM:
		at = find_last(b, YG_S(" from "), b.size);
		return at != SIZE_MAX && read_place(auth, yg_bytes_from(b, at + 6));
	case IN_BRACKET:
		return read_bracket(auth, b);
	case USER_ONLY:
		if (*auth->result != 'p')
			read_user(auth, up_to(b, " [preauth]"));
		return true;
	}
	return false;
}

static bool read_sshd(struct auth *auth, struct yg_bytes b)
{
	(void)(skip(&b, "error: ") || skip(&b, "fatal: ") || skip(&b, "info: "));
	for (size_t i = 0; i < sizeof(sshd_lines) / sizeof(sshd_lines[0]); i++)
		if (skip(&b, sshd_lines[i].head)) {
			auth->result = sshd_lines[i].result;
			if (!read_shape(auth, sshd_lines[i].shape, b))
				return false;
			/* dropbear writes names in quotes */
			if (auth->user.size >= 2 && auth->user.data[0] == '\'' &&
			    auth->user.data[auth->user.size - 1] == '\'')
				auth->user = yg_bytes_cut(auth->user, 1, auth->user.size - 1);
			return true;
		}
	return false;
}

/* The value of "key=" in "…; logname= uid=0 … rhost=A  user=U"; it ends at the next space. */
static struct yg_bytes value_of(struct yg_bytes b, struct yg_bytes key)
{
	size_t at = yg_bytes_find(b, key);

	if (at == SIZE_MAX)
		return (struct yg_bytes){0};
	return first_word(yg_bytes_from(b, at + key.size));
}

/* "session opened for user root(uid=0) by bob(uid=1000)" */
static void read_session(struct auth *auth, struct yg_bytes b)
{
	struct yg_bytes word = first_word(b);
	struct yg_bytes by = yg_bytes_from(b, word.size);
	struct yg_bytes name = yg_bytes_cut(word, 0, yg_bytes_chr(word, '('));

	if (skip(&by, " by "))
		auth->user = yg_bytes_cut(by, 0, yg_bytes_chr(by, '('));
	if (auth->user.size == 0)
		auth->user = name;
	else
		auth->target = name;
}

/* What a PAM module says, its name and "(service:type): " already dropped. */
static bool read_pam_text(struct auth *auth, struct yg_bytes b)
{
	auth->method = YG_S("pam");
	if (skip(&b, "session opened for user ")) {
		auth->result = "opened";
		read_session(auth, b);
		return true;
	}
	if (skip(&b, "session closed for user ")) {
		auth->result = "closed";
		auth->user = first_word(b);
		return true;
	}
	if (skip(&b, "check pass; user unknown")) {
		auth->result = "invalid";
		return true;
	}
	if (yg_bytes_find(b, YG_S("authentication failure")) == SIZE_MAX)
		return false;
	auth->result = "failed";
	/* the user comes last and may hold spaces */
	if (yg_bytes_find(b, YG_S(" user=")) != SIZE_MAX)
		auth->user = yg_bytes_from(b, yg_bytes_find(b, YG_S(" user=")) + 6);
	if (!read_place(auth, value_of(b, YG_S("rhost="))))
		auth->host = value_of(b, YG_S("rhost="));
	return true;
}

/* "pam_unix(sshd:auth): …", "PAM 2 more authentication failures; …" */
static bool read_pam(struct auth *auth, struct yg_bytes program, struct yg_bytes b)
{
	size_t end;
	uint64_t number;

	if (yg_bytes_find(program, YG_S("(pam_")) != SIZE_MAX)
		return read_pam_text(auth, b);
	if (skip(&b, "PAM ")) {
		auth->repeated = first_word(b);
		if (!yg_bytes_u64(auth->repeated, &number)) {
			auth->repeated = (struct yg_bytes){0};
			return false;
		}
		return read_pam_text(auth, b);
	}
	(void)skip(&b, "(pam_unix) "); /* very old systems */
	if (yg_bytes_starts(b, YG_S("authentication failure;")))
		return read_pam_text(auth, up_to(b, " msg="));
	if (!yg_bytes_starts(b, YG_S("pam_")))
		return false;
	end = yg_bytes_find(b, YG_S("): "));
	return end != SIZE_MAX && read_pam_text(auth, yg_bytes_from(b, end + 3));
}

static int add(struct yg_event *event, uint32_t name_id, struct yg_bytes text,
	       enum yg_value_kind kind)
{
	return text.size > 0 ? yg_event_add_id(event, name_id, text, kind) : YG_OK;
}

/* " ; TTY=pts/0 ; PWD=/x ; USER=root ; COMMAND=all of the rest" */
static int add_sudo_parts(struct yg_event *event, struct yg_bytes b, struct auth *auth)
{
	static const struct {
		const char *key;
		uint32_t name_id;
	} parts[] = {
		{"TTY=", YG_F_TTY},
		{"PWD=", YG_F_PWD},
		{"USER=", YG_F_USER},
		{"COMMAND=", YG_F_COMMAND},
	};
	int rc = YG_OK;

	while (b.size > 0 && rc == YG_OK) {
		size_t i = 0;
		struct yg_bytes value;

		while (i < 4 && !skip(&b, parts[i].key))
			i++;
		value = i == 3 ? b : up_to(b, " ; ");
		b = yg_bytes_from(b, value.size + 3);
		if (i == 4)
			continue;
		if (i == 2)
			auth->target = value;
		rc = add(event, parts[i].name_id, value, YG_VALUE_TEXT);
	}
	return rc;
}

/* "bob : TTY=…", "bob : 3 incorrect password attempts ; TTY=…", "bob : user NOT in sudoers ; …" */
static int read_sudo(struct yg_event *event, struct auth *auth, struct yg_bytes b, bool *ret_known)
{
	struct yg_bytes user = up_to(b, " : ");
	struct yg_bytes said;

	if (user.size == b.size)
		return YG_OK;
	*ret_known = true;
	auth->user = yg_bytes_trim(user);
	b = yg_bytes_from(b, user.size + 3);
	said = up_to(b, " ; ");
	if (yg_bytes_starts(said, YG_S("TTY=")) || yg_bytes_starts(said, YG_S("PWD=")) ||
	    yg_bytes_starts(said, YG_S("HOST="))) {
		auth->result = "accepted";
		return add_sudo_parts(event, b, auth);
	}
	if (yg_bytes_find(said, YG_S("incorrect password")) != SIZE_MAX) {
		auth->result = "failed";
		auth->repeated = first_word(said);
	} else {
		auth->result = "refused"; /* not in sudoers, command not allowed … */
	}
	return add_sudo_parts(event, yg_bytes_from(b, said.size + 3), auth);
}

/* "(to root) bob on pts/1", "FAILED SU (to root) bob on pts/1", "Successful su for root by bob" */
static bool read_su(struct auth *auth, struct yg_bytes b)
{
	auth->result = "accepted";
	if (skip(&b, "FAILED SU ") || skip(&b, "FAILED su ") || skip(&b, "BAD SU "))
		auth->result = "failed";
	if (skip(&b, "(to ")) {
		auth->target = up_to(b, ") ");
		b = yg_bytes_from(b, auth->target.size + 2);
		auth->user = yg_bytes_cut(b, 0, find_last(b, YG_S(" on "), b.size));
		return true;
	}
	if (skip(&b, "Successful su for ") || skip(&b, "for ")) {
		auth->target = up_to(b, " by ");
		auth->user = yg_bytes_from(b, auth->target.size + 4);
		return true;
	}
	if (b.size > 2 && (b.data[0] == '+' || b.data[0] == '-') && b.data[1] == ' ') {
		size_t colon = find_last(b, YG_S(":"), b.size);
		size_t space = find_last(b, YG_S(" "), colon == SIZE_MAX ? 0 : colon);

		if (colon == SIZE_MAX || space == SIZE_MAX)
			return false;
		auth->result = b.data[0] == '+' ? "accepted" : "failed";
		auth->user = yg_bytes_cut(b, space + 1, colon);
		auth->target = yg_bytes_from(b, colon + 1);
		return true;
	}
	return false;
}

/* "New session 5 of user bob." */
static bool read_logind(struct auth *auth, struct yg_bytes b)
{
	static const struct yg_bytes of = {(const uint8_t *)" of user ", 9};
	size_t at = yg_bytes_find(b, of);

	if (!skip(&b, "New session ") || at == SIZE_MAX)
		return false;
	auth->result = "opened";
	auth->user = yg_bytes_from(b, yg_bytes_find(b, of) + of.size);
	if (auth->user.size > 0 && auth->user.data[auth->user.size - 1] == '.')
		auth->user.size--;
	return true;
}

/* "(root) CMD (command)" */
static int read_cron(struct yg_event *event, struct auth *auth, struct yg_bytes b, bool *ret_known)
{
	struct yg_bytes user;

	if (!skip(&b, "("))
		return YG_OK;
	user = up_to(b, ") CMD (");
	if (user.size == b.size)
		return YG_OK;
	*ret_known = true;
	auth->user = user;
	b = yg_bytes_from(b, user.size + 7);
	if (b.size > 0 && b.data[b.size - 1] == ')')
		b.size--;
	return add(event, YG_F_COMMAND, b, YG_VALUE_TEXT);
}

/* "FAILED LOGIN 1 FROM A FOR U, Authentication failure", "LOGIN ON tty1 BY root" */
static bool read_login(struct auth *auth, struct yg_bytes b)
{
	size_t at = yg_bytes_find(b, YG_S(" FOR "));

	if (skip(&b, "ROOT LOGIN ") || skip(&b, "LOGIN ON ")) {
		auth->result = "accepted";
		at = yg_bytes_find(b, YG_S(" BY "));
		auth->user = at == SIZE_MAX ? (struct yg_bytes){0}
					    : first_word(yg_bytes_from(b, at + 4));
		return true;
	}
	if (!yg_bytes_starts(b, YG_S("FAILED LOGIN")) || at == SIZE_MAX)
		return false;
	auth->result = "failed";
	auth->user = up_to(yg_bytes_from(b, at + 5), ", ");
	at = yg_bytes_find(b, YG_S(" FROM "));
	if (at != SIZE_MAX)
		(void)read_place(auth, yg_bytes_from(b, at + 6));
	return true;
}

/* "message repeated 3 times: [ … ]", "last message repeated 3 times" */
static struct yg_bytes read_repeated(struct auth *auth, struct yg_bytes b, bool *ret_alone)
{
	struct yg_bytes all = b;
	uint64_t number;

	*ret_alone = false;
	if (!skip(&b, "message repeated ") && !skip(&b, "last message repeated "))
		return all;
	auth->repeated = first_word(b);
	b = yg_bytes_from(b, auth->repeated.size);
	if (!skip(&b, " times") || !yg_bytes_u64(auth->repeated, &number)) {
		auth->repeated = (struct yg_bytes){0};
		return all;
	}
	*ret_alone = !skip(&b, ": [ ");
	if (b.size > 0 && b.data[b.size - 1] == ']')
		b.size--;
	return b;
}

static bool is_one_of(struct yg_bytes program, const char *const *names)
{
	for (; *names; names++)
		if (yg_bytes_eq(program, from_str(*names)))
			return true;
	return false;
}

static int add_all(struct yg_event *event, const struct auth *auth)
{
	const struct {
		uint32_t name_id;
		struct yg_bytes text;
		enum yg_value_kind kind;
	} fields[] = {
		{YG_F_user, auth->user, YG_VALUE_TEXT},
		{YG_F_target_user, auth->target, YG_VALUE_TEXT},
		{YG_F_src_ip, auth->address, YG_VALUE_TEXT},
		{YG_F_src_host, auth->host, YG_VALUE_TEXT},
		{YG_F_src_port, auth->port, YG_VALUE_NUMBER},
		{YG_F_auth_method, auth->method, YG_VALUE_TEXT},
		{YG_F_auth_result, from_str(auth->result), YG_VALUE_TEXT},
		{YG_F_repeated, auth->repeated, YG_VALUE_NUMBER},
	};
	int rc = YG_OK;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]) && rc == YG_OK; i++)
		rc = add(event, fields[i].name_id, fields[i].text, fields[i].kind);
	return rc;
}

int yg_auth_read(struct yg_event *event, struct yg_bytes program, struct yg_bytes message,
		 bool *ret_known)
{
	static const char *const ssh[] = {"sshd", "sshd-session", "sshd-auth", "dropbear", NULL};
	static const char *const cron[] = {"cron",	     "CRON",	       "crond", "CROND",
					   "/usr/sbin/cron", "/USR/SBIN/CRON", NULL};
	static const char *const su[] = {"su", "su-l", NULL};
	struct auth auth = {0};
	bool is_alone;
	int rc = YG_OK;

	message = read_repeated(&auth, yg_bytes_trim(message), &is_alone);
	*ret_known = is_alone || read_pam(&auth, program, message);
	if (*ret_known)
		return add_all(event, &auth);
	if (is_one_of(program, ssh))
		*ret_known = read_sshd(&auth, message);
	else if (yg_bytes_eq(program, YG_S("sudo")))
		rc = read_sudo(event, &auth, message, ret_known);
	else if (is_one_of(program, su))
		*ret_known = read_su(&auth, message);
	else if (yg_bytes_eq(program, YG_S("systemd-logind")))
		*ret_known = read_logind(&auth, message);
	else if (is_one_of(program, cron))
		rc = read_cron(event, &auth, message, ret_known);
	else if (yg_bytes_eq(program, YG_S("login")))
		*ret_known = read_login(&auth, message);
	return rc == YG_OK && *ret_known ? add_all(event, &auth) : rc;
}
