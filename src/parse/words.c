/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/words.h"

#include "parse/address.h"
#include "parse/cursor.h"

#include "base/ban.h"

#define NEAR_BYTES	40u /* between the word for signing in and the word for refusing it */
#define MARK_BYTES	24u /* before an address */
#define USER_BYTES	256u
#define NOWHERE		SIZE_MAX
#define WORDS_IN(array) (sizeof(array) / sizeof((array)[0]))

/* What a word is a sign of. */
enum sign {
	SIGN_IN,   /* a word for signing in */
	REFUSAL,   /* a word for refusing */
	UNKNOWN,   /* by itself: an account that does not exist */
	REFUSED,   /* by itself: a refused sign-in */
	SUCCEEDED, /* by itself: one that went well */
};

struct word {
	const char *text; /* ASCII in lower case; a blank stands for one of " _-" or none */
	enum sign sign;
	bool is_whole; /* no letter may follow */
};

/* By their first letters; of one letter the longer ones stand first. */
static const struct word words_a[] = {
	{"authentication succe", SUCCEEDED, false},
	{"authenticated success", SUCCEEDED, false},
	{"auth succe", SUCCEEDED, false},
	{"access denied for user", REFUSED, true},
	{"authentication error", REFUSED, false},
	{"auth error", REFUSED, false},
	{"authenti", SIGN_IN, false},
	{"authori", SIGN_IN, false},
	{"auth", SIGN_IN, true},
};
static const struct word words_b[] = {
	{"brute force", REFUSED, false},
	{"bad", REFUSAL, true},
};
static const struct word words_c[] = {
	{"credential", SIGN_IN, false},
};
static const struct word words_d[] = {
	{"denied", REFUSAL, true},
	{"doesn't match", REFUSAL, true},
};
static const struct word words_f[] = {
	{"fail", REFUSAL, false},
};
static const struct word words_i[] = {
	{"invalid user", UNKNOWN, true},
	{"invalid username", REFUSED, true},
	{"incorrect username", REFUSED, true},
	{"invalid token", REFUSED, true},
	{"invalid", REFUSAL, true},
	{"incorrect", REFUSAL, false},
};
static const struct word words_l[] = {
	{"login succe", SUCCEEDED, false},   {"logon succe", SUCCEEDED, false},
	{"login accepted", SUCCEEDED, true}, {"logged in success", SUCCEEDED, false},
	{"login error", REFUSED, false},     {"login", SIGN_IN, false},
	{"log in", SIGN_IN, true},	     {"log on", SIGN_IN, true},
};
static const struct word words_m[] = {
	{"might not have worked", REFUSED, true}, /* SOGo */
	{"mismatch", REFUSAL, false},
};
static const struct word words_n[] = {
	{"no such user", UNKNOWN, true},      {"nonexistent user", UNKNOWN, true},
	{"non existent user", UNKNOWN, true}, {"not match", REFUSAL, false},
	{"not valid", REFUSAL, true},	      {"not allowed", REFUSAL, true},
	{"not permitted", REFUSAL, true},
};
static const struct word words_p[] = {
	{"possible smtp attack", REFUSED, true},
	{"passw", SIGN_IN, false},
	{"passphrase", SIGN_IN, false},
};
static const struct word words_r[] = {
	{"rejected", REFUSAL, true},
	{"refused", REFUSAL, true},
};
static const struct word words_s[] = {
	{"successfully logged in", SUCCEEDED, true},
	{"successfully signed in", SUCCEEDED, true},
	{"successfully authenticated", SUCCEEDED, true},
	{"successful login", SUCCEEDED, false},
	{"successful logon", SUCCEEDED, false},
	{"successful auth", SUCCEEDED, false},
	{"sign in", SIGN_IN, true},
	{"sign on", SIGN_IN, true},
};
static const struct word words_u[] = {
	{"unknown user", UNKNOWN, false},  {"unknown account", UNKNOWN, true},
	{"user not found", UNKNOWN, true}, {"user does not exist", UNKNOWN, true},
	{"user denied", REFUSED, true},	   {"unsuccess", REFUSAL, false},
	{"unauthori", REFUSED, false},
};
static const struct word words_w[] = {
	{"wrong username", REFUSED, true},
	{"wrong", REFUSAL, true},
};

#define LIST(letter, first) [(first) - 'a'] = {words_##letter, WORDS_IN(words_##letter)}

static const struct {
	const struct word *words;
	size_t count;
} lists[26] = {
	LIST(a, 'a'), LIST(b, 'b'), LIST(c, 'c'), LIST(d, 'd'), LIST(f, 'f'),
	LIST(i, 'i'), LIST(l, 'l'), LIST(m, 'm'), LIST(n, 'n'), LIST(p, 'p'),
	LIST(r, 'r'), LIST(s, 's'), LIST(u, 'u'), LIST(w, 'w'),
};

#undef LIST

/* The same in Japanese, as UTF-8. */
static const struct word words_ja[] = {
	{"ログイン失敗", REFUSED, false},	{"ログインに失敗", REFUSED, false},
	{"ログインエラー", REFUSED, false},	{"ログインできません", REFUSED, false},
	{"ログオン失敗", REFUSED, false},	{"ログオンに失敗", REFUSED, false},
	{"サインインに失敗", REFUSED, false},	{"認証失敗", REFUSED, false},
	{"認証に失敗", REFUSED, false},		{"認証エラー", REFUSED, false},
	{"パスワードが違", REFUSED, false},	{"パスワードが間違", REFUSED, false},
	{"パスワードが正しく", REFUSED, false}, {"パスワード誤り", REFUSED, false},
	{"ログイン成功", SUCCEEDED, false},	{"ログインに成功", SUCCEEDED, false},
	{"ログインしました", SUCCEEDED, false}, {"認証成功", SUCCEEDED, false},
	{"認証に成功", SUCCEEDED, false},
};

static bool is_letter(uint8_t c)
{
	return (uint8_t)((c | 0x20) - 'a') < 26;
}

static bool is_upper(uint8_t c)
{
	return (uint8_t)(c - 'A') < 26;
}

static bool is_digit(uint8_t c)
{
	return (uint8_t)(c - '0') <= 9;
}

/* A word may begin at @i: no letter stands before it, or a small one before a capital. */
static bool is_start(struct yg_bytes b, size_t i)
{
	return i == 0 || !is_letter(b.data[i - 1]) ||
	       (is_upper(b.data[i]) && !is_upper(b.data[i - 1]));
}

/* Bytes of @b that are @word from @i on; 0: they are not. */
static size_t word_at(struct yg_bytes b, size_t i, const struct word *word)
{
	size_t at = i;

	for (const char *c = word->text; *c; c++) {
		if (*c == ' ') {
			while (at < b.size && at < i + 64 && strchr(" _-\t", b.data[at]) &&
			       b.data[at])
				at++;
			continue;
		}
		if (at >= b.size ||
		    (b.data[at] | (is_letter(b.data[at]) ? 0x20 : 0)) != (uint8_t)*c)
			return 0;
		at++;
	}
	if (word->is_whole && at < b.size && is_letter(b.data[at]) &&
	    !(is_upper(b.data[at]) && !is_upper(b.data[at - 1])))
		return 0;
	return at - i;
}

struct signs {
	size_t sign_in, refusal; /* where the last of each ended */
	bool is_refused, is_unknown, has_succeeded;
};

static bool are_near(size_t start, size_t other_end)
{
	return other_end != NOWHERE && start - other_end <= NEAR_BYTES;
}

static void note(struct signs *signs, enum sign sign, size_t start, size_t end)
{
	switch (sign) {
	case SIGN_IN:
		signs->is_refused |= are_near(start, signs->refusal);
		signs->sign_in = end;
		break;
	case REFUSAL:
		signs->is_refused |= are_near(start, signs->sign_in);
		signs->refusal = end;
		break;
	case UNKNOWN:
		signs->is_unknown = true;
		break;
	case REFUSED:
		signs->is_refused = true;
		break;
	case SUCCEEDED:
		signs->has_succeeded = true;
		break;
	}
}

/* The first of @words that stands at @i; its size, and 1 where none does. */
static size_t look_for(struct yg_bytes b, size_t i, const struct word *list, size_t count,
		       struct signs *signs)
{
	for (size_t k = 0; k < count; k++) {
		size_t size = word_at(b, i, &list[k]);

		if (size == 0)
			continue;
		note(signs, list[k].sign, i, i + size);
		return size;
	}
	return 1;
}

/* The word at @i, of those with its first letter: most bytes begin none, and cost one look here. */
static size_t look_at(struct yg_bytes b, size_t i, struct signs *signs)
{
	uint8_t c = b.data[i];
	uint8_t letter = (uint8_t)((c | 0x20) - 'a');

	if (c >= 0xe3)
		return look_for(b, i, words_ja, WORDS_IN(words_ja), signs);
	if (!is_letter(c) || lists[letter].count == 0 || !is_start(b, i))
		return 1;
	return look_for(b, i, lists[letter].words, lists[letter].count, signs);
}

static const char *result_of(struct yg_bytes b)
{
	struct signs signs = {.sign_in = NOWHERE, .refusal = NOWHERE};

	for (size_t i = 0; i < b.size;)
		i += look_at(b, i, &signs);
	if (signs.is_unknown)
		return "invalid";
	if (signs.is_refused)
		return "failed";
	return signs.has_succeeded ? "accepted" : NULL;
}

/* ---- the address ---- */

/* "192.0.2.1:4 -> 198.51.100.1:5": the arrow's end is where it went. */
static bool is_behind_arrow(struct yg_bytes b, size_t end)
{
	while (end > 0 && b.data[end - 1] == ' ')
		end--;
	return end > 1 && b.data[end - 1] == '>' &&
	       (b.data[end - 2] == '-' || b.data[end - 2] == '=');
}

/* Letters and "_." before @end, which blanks and "=:'\"([<@" may divide from it. */
static struct yg_bytes word_before(struct yg_bytes b, size_t end)
{
	size_t floor = end > MARK_BYTES ? end - MARK_BYTES : 0;
	size_t start;

	while (end > floor && strchr(" \t=:'\"`([{<@", b.data[end - 1]) && b.data[end - 1])
		end--;
	start = end;
	while (start > floor && (is_letter(b.data[start - 1]) || b.data[start - 1] == '_' ||
				 b.data[start - 1] == '.'))
		start--;
	return yg_bytes_cut(b, start, end);
}

static bool ends_nocase(struct yg_bytes b, const char *tail)
{
	size_t size = strlen(tail);

	return b.size >= size &&
	       yg_bytes_eq_nocase(yg_bytes_from(b, b.size - size), yg_bytes_str(tail));
}

static bool starts_nocase(struct yg_bytes b, const char *head)
{
	size_t size = strlen(head);

	return b.size >= size && yg_bytes_eq_nocase(yg_bytes_cut(b, 0, size), yg_bytes_str(head));
}

/* "Device IP Address=", "NAS-IP-Address=": the machine that asked for somebody else. */
static bool is_go_between(struct yg_bytes b, size_t end)
{
	static const char *const heads[] = {"nas", "device ip"};
	size_t start;

	while (end > 0 && (b.data[end - 1] == '"' || b.data[end - 1] == '='))
		end--;
	start = end;
	while (start > 0 && end - start < MARK_BYTES && !strchr(",;|([{\"", b.data[start - 1]))
		start--;
	b = yg_bytes_trim(yg_bytes_cut(b, start, end));
	for (size_t i = 0; i < WORDS_IN(heads); i++) {
		size_t size = strlen(heads[i]);

		if (starts_nocase(b, heads[i]) && (b.size == size || !is_letter(b.data[size])))
			return true;
	}
	return false;
}

/* How likely what stands behind @mark is who came: 2 surely, 1 perhaps, 0 it is the other end. */
static int rank_of(struct yg_bytes mark)
{
	static const char *const own[] = {"to", "on", "at", "server", "lip", "laddr"};
	static const char *const own_heads[] = {"dst",	  "dest",   "local",   "server",
						"target", "listen", "upstream"};
	static const char *const theirs[] = {"from", "ip",   "client", "remote",  "rhost", "src",
					     "addr", "peer", "source", "address", "host",  "by"};

	for (size_t i = 0; i < WORDS_IN(own); i++)
		if (yg_bytes_eq_nocase(mark, yg_bytes_str(own[i])))
			return 0;
	for (size_t i = 0; i < WORDS_IN(own_heads); i++)
		if (starts_nocase(mark, own_heads[i]))
			return 0;
	for (size_t i = 0; i < WORDS_IN(theirs); i++)
		if (ends_nocase(mark, theirs[i]))
			return 2;
	return 1;
}

/* An address can begin at @i: with a digit, a colon or a bracket that continues nothing. */
static bool may_be_address(struct yg_bytes b, size_t i)
{
	uint8_t before = i > 0 ? b.data[i - 1] : ' ';
	uint8_t c = b.data[i];

	if (is_letter(before) || is_digit(before) || before == '.')
		return false;
	return yg_hex_digit(c) >= 0 || c == ':' || c == '[';
}

/*
 * The address of the client. Names are what strangers wish, so of several that are marked alike the
 * last counts: a name stands before the place it came from in nearly every log.
 */
static struct yg_bytes find_address(struct yg_bytes b)
{
	struct yg_bytes best = {0};
	int best_rank = 0;

	for (size_t i = 0; i < b.size;) {
		struct yg_bytes address;
		size_t size = 0;

		if (may_be_address(b, i))
			size = yg_address_at(yg_bytes_from(b, i), &address);
		if (size > 0) {
			bool is_other = is_behind_arrow(b, i) || is_go_between(b, i);
			int rank = is_other ? 0 : rank_of(word_before(b, i));

			if (rank > 0 && rank >= best_rank && yg_address_is_remote(address)) {
				best = address;
				best_rank = rank;
			}
		}
		i += size > 0 ? size : 1;
	}
	return best;
}

/* ---- the user ---- */

static bool is_stop_word(struct yg_bytes b)
{
	static const char *const stops[] = {
		"is",	   "not",	 "name",	"does",	   "from",	   "was",
		"and",	   "or",	 "for",		"with",	   "password",	   "id",
		"has",	   "login",	 "at",		"on",	   "in",	   "null",
		"the",	   "failed",	 "credentials", "client",  "request",	   "attempt",
		"page",	   "fail",	 "failure",	"fails",   "denied",	   "incorrect",
		"error",   "refused",	 "rejected",	"invalid", "success",	   "succeeded",
		"agent",   "successful", "attempts",	"to",	   "by",	   "via",
		"using",   "session",	 "timeout",	"expired", "locked",	   "authentication",
		"because", "due",	 "account",	"unknown", "unsuccessful", "of"};

	for (size_t i = 0; i < WORDS_IN(stops); i++)
		if (yg_bytes_eq_nocase(b, yg_bytes_str(stops[i])))
			return true;
	return b.size == 0;
}

static uint8_t closing(uint8_t open)
{
	switch (open) {
	case '[':
		return ']';
	case '(':
		return ')';
	case '<':
		return '>';
	case '"':
	case '\'':
	case '`':
		return open;
	default:
		return 0;
	}
}

/* What stands between the first byte of @b and @close. */
static struct yg_bytes quoted_value(struct yg_bytes b, uint8_t close)
{
	size_t end = yg_bytes_chr(yg_bytes_cut(b, 1, USER_BYTES), close);

	if (end == SIZE_MAX)
		return (struct yg_bytes){0};
	/* the quotes of a text inside JSON have a backslash before them */
	return yg_bytes_cut(b, 1, end > 0 && b.data[end] == '\\' ? end : 1 + end);
}

/* The word at the start of @b, without what ends a sentence. */
static struct yg_bytes bare_value(struct yg_bytes b)
{
	size_t i = 0;

	while (i < b.size && i < USER_BYTES && b.data[i] > ' ' && !strchr(",;)]\"'>\\", b.data[i]))
		i++;
	while (i > 0 && strchr(".:!?", b.data[i - 1]) && b.data[i - 1])
		i--;
	return yg_bytes_cut(b, 0, i);
}

/* What divides a name from its value; in "user":"bob" a quote stands before the colon, too. */
static bool is_between(struct yg_bytes b)
{
	if (b.size < 2 || b.data[0] == 0)
		return false;
	return strchr(" \t=:\\", b.data[0]) || (b.data[0] == '"' && b.data[1] == ':');
}

/* The value behind the word for a user: in quotes or brackets, or a word. */
static struct yg_bytes value_behind(struct yg_bytes b)
{
	uint8_t close;

	while (is_between(b))
		b = yg_bytes_from(b, 1);
	close = b.size > 0 ? closing(b.data[0]) : 0;
	return close ? quoted_value(b, close) : bare_value(b);
}

/* "user bob", "user=bob", "user[bob]": the word is a name of something, and no part of a longer one
 * ("user.name"). */
static bool names_value(struct yg_bytes b)
{
	return b.size > 0 && (is_between(b) || closing(b.data[0]) || b.data[0] == '"');
}

/* The value behind @mark in @b, or nothing. */
static struct yg_bytes user_behind(struct yg_bytes b, const struct word *mark)
{
	for (size_t i = 0; i < b.size; i++) {
		struct yg_bytes value;
		size_t size;

		if (!is_start(b, i))
			continue;
		size = word_at(b, i, mark);
		if (size == 0 || !names_value(yg_bytes_from(b, i + size)))
			continue;
		value = yg_bytes_trim(value_behind(yg_bytes_from(b, i + size)));
		if (!is_stop_word(value) && value.data[value.size - 1] != '=' &&
		    !yg_address_in(value, NULL, NULL))
			return value;
	}
	return (struct yg_bytes){0};
}

static struct yg_bytes find_user(struct yg_bytes b)
{
	static const struct word marks[] = {
		{"user name", SIGN_IN, true}, {"username", SIGN_IN, true}, {"user", SIGN_IN, true},
		{"account", SIGN_IN, true},   {"usr", SIGN_IN, true},	   {"acct", SIGN_IN, true},
		{"login", SIGN_IN, true},     {"for", SIGN_IN, true},
	};
	struct yg_bytes user = {0};

	for (size_t i = 0; i < WORDS_IN(marks) && user.size == 0; i++)
		user = user_behind(b, &marks[i]);
	return user;
}

void yg_words_read(struct yg_bytes text, struct yg_words *ret)
{
	text = yg_bytes_cut(text, 0, YG_WORDS_BYTES_MAX);
	*ret = (struct yg_words){.result = result_of(text)};
	if (!ret->result)
		return;
	ret->address = find_address(text);
	ret->user = find_user(text);
}

int yg_words_add(struct yg_event *event, struct yg_bytes text, bool *ret_known)
{
	struct yg_field *own = yg_event_find(event, YG_F_src_ip);
	struct yg_field *account = yg_event_find(event, YG_F_user);
	struct yg_words said;

	yg_words_read(text, &said);
	*ret_known = said.result && (own || said.address.size > 0);
	if (!*ret_known)
		return YG_OK;
	if (own) { /* now it is a field of the record, as the others that are told by the words */
		own->is_derived = 0;
		said.address = (struct yg_bytes){0};
	}
	if (account) { /* the log has a name for it */
		account->is_derived = 0;
		said.user = (struct yg_bytes){0};
	}
	const struct yg_put puts[] = {
		{"user", said.user},
		{"src_ip", said.address},
		{"auth_method", YG_S("app")},
		{"auth_result", yg_bytes_str(said.result)},
	};
	return YG_PUT_ALL(event, puts);
}
