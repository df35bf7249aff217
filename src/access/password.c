/* SPDX-License-Identifier: Apache-2.0 */
#include "access/password.h"

#include <assert.h>
#include <sodium.h>

#include "base/hash.h"
#include "base/tr.h"
#include "base/utf8.h"

#include "base/ban.h"

#define NAME_MIN   4u /* characters: shorter names may be part of anything */
#define EXTRA_MAX  4u /* characters beside a name that make no password of it */
#define RUN_KINDS  3u /* a password of so few different characters is no secret */
#define FOLDED_MAX (YG_PASSWORD_MAX + 4)

static_assert(YG_PASSWORD_HASH_MAX >= crypto_pwhash_STRBYTES, "a digest does not fit");

/*
 * What people who are asked for twelve characters write first: the well-known short ones made
 * longer, rows of keys, and words of this field. Folded. Of our own making; a list of leaked ones
 * belongs to whoever runs the hub.
 */
static const char *const common[] = {
	"123456789012",
	"1234567890123",
	"12345678901234",
	"123456123456",
	"123412341234",
	"000000000000",
	"111111111111",
	"098765432109",
	"password1234",
	"password12345",
	"password123456",
	"password2024",
	"password2025",
	"password2026",
	"passwordpassword",
	"passw0rd1234",
	"p@ssw0rd1234",
	"p@ssword1234",
	"mypassword123",
	"mypassword1234",
	"newpassword1",
	"newpassword123",
	"qwertyuiop12",
	"qwertyuiop123",
	"qwertyuiop[]",
	"qwertyuiopasdf",
	"qwerty123456",
	"qwerty1234567",
	"qwertyqwerty",
	"qwertyuiop@[",
	"asdfghjkl123",
	"asdfghjkl;:]",
	"zxcvbnm12345",
	"1q2w3e4r5t6y",
	"1qaz2wsx3edc",
	"1qaz2wsx3edc4rfv",
	"qazwsxedcrfv",
	"q1w2e3r4t5y6",
	"abcdefghijkl",
	"abcdefg12345",
	"abc123456789",
	"abcd12345678",
	"abcdef123456",
	"administrator",
	"administrator1",
	"admin1234567",
	"admin12345678",
	"admin123456789",
	"adminadminadmin",
	"adminpassword",
	"rootrootroot",
	"letmein12345",
	"welcome12345",
	"welcome123456",
	"changeme1234",
	"changemeplease",
	"iloveyou1234",
	"iloveyou12345",
	"sunshine1234",
	"princess1234",
	"football1234",
	"baseball1234",
	"dragon123456",
	"monkey123456",
	"sakura123456",
	"sakurasakura",
	"arigatou1234",
	"konnichiwa12",
	"konnichiwa123",
	"nihonnihon12",
	"japan1234567",
	"tokyo1234567",
	"tokyo2020tokyo",
	"pasuwa-do1234",
	"himitsu12345",
	"doraemon1234",
	"pokemon12345",
	"security1234",
	"securitysecurity",
	"yagurayagura",
	"yagura123456",
	"yagura-admin",
	"companyname1",
	"testtesttest",
	"test12345678",
	"testpassword",
	"guestguestguest",
	"useruseruser",
	"correcthorsebatterystaple",
};

const char *yg_password_fault_text(enum yg_password_fault fault)
{
	static const char *const texts[] = {
		[YG_PASSWORD_GOOD] = N_("the password is good"),
		[YG_PASSWORD_SHORT] = N_("a password has at least 12 characters; a sentence of a "
					 "few words is easy to remember"),
		[YG_PASSWORD_LONG] = N_("a password has at most 1024 bytes"),
		[YG_PASSWORD_BYTES] = N_("a password is text without control characters"),
		[YG_PASSWORD_NAME] = N_("this is the name of the person or the organisation and "
					"little more: choose what nobody can look up"),
		[YG_PASSWORD_COMMON] = N_("this is among the first that anybody would try"),
	};

	return texts[fault];
}

/* Characters of well-formed @text; 0 also for what is not, or has control characters. */
static size_t characters(struct yg_bytes text)
{
	size_t count = 0;

	for (size_t at = 0; at < text.size; count++) {
		size_t size = yg_utf8_size(yg_bytes_from(text, at));

		if (size == 0 || text.data[at] < 0x20 || text.data[at] == 0x7f)
			return 0;
		at += size;
	}
	return count;
}

static bool has_few_kinds(struct yg_bytes text)
{
	bool seen[256] = {false};
	unsigned kinds = 0;

	for (size_t i = 0; i < text.size; i++) {
		kinds += !seen[text.data[i]];
		seen[text.data[i]] = true;
	}
	if (kinds < RUN_KINDS)
		return true;
	kinds = (unsigned)yg_utf8_size(text); /* one character over and over */
	return kinds > 0 &&
	       yg_bytes_eq(yg_bytes_from(text, kinds), yg_bytes_cut(text, 0, text.size - kinds));
}

static bool is_name(struct yg_bytes folded, struct yg_bytes name)
{
	uint8_t mem[FOLDED_MAX];
	struct yg_bytes other = {mem, 0};
	size_t name_size;

	if (name.size > folded.size)
		return false;
	other.size = yg_fold(name, mem);
	name_size = characters(other);
	/* Of a mail address also what stands before the @. */
	if (name_size >= NAME_MIN && yg_bytes_find(folded, other) != SIZE_MAX &&
	    characters(folded) - name_size <= EXTRA_MAX)
		return true;
	other.size = yg_bytes_chr(other, '@') == SIZE_MAX ? 0 : yg_bytes_chr(other, '@');
	name_size = characters(other);
	return name_size >= NAME_MIN && yg_bytes_find(folded, other) != SIZE_MAX &&
	       characters(folded) - name_size <= EXTRA_MAX;
}

enum yg_password_fault yg_password_check(struct yg_bytes password, const struct yg_bytes *names,
					 size_t name_count)
{
	uint8_t mem[FOLDED_MAX];
	struct yg_bytes folded = {mem, 0};
	size_t count;

	if (password.size > YG_PASSWORD_MAX)
		return YG_PASSWORD_LONG;
	count = characters(password);
	if (count == 0 && password.size > 0)
		return YG_PASSWORD_BYTES;
	if (count < YG_PASSWORD_MIN)
		return YG_PASSWORD_SHORT;
	folded.size = yg_fold(password, mem);
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
		if (yg_bytes_eq(folded, yg_bytes_str(common[i])))
			return YG_PASSWORD_COMMON;
	}
	if (has_few_kinds(folded))
		return YG_PASSWORD_COMMON;
	for (size_t i = 0; i < name_count; i++) {
		if (is_name(folded, names[i]))
			return YG_PASSWORD_NAME;
	}
	return YG_PASSWORD_GOOD;
}

int yg_password_make(struct yg_bytes password, char to[YG_PASSWORD_HASH_MAX])
{
	(void)yg_hash_secret(); /* starts the library once */
	memset(to, 0, YG_PASSWORD_HASH_MAX);
	return crypto_pwhash_str_alg(to, (const char *)password.data, password.size,
				     YG_PASSWORD_PASSES, YG_PASSWORD_MEMORY,
				     crypto_pwhash_ALG_ARGON2ID13) == 0
		       ? YG_OK
		       : YG_ENOMEM;
}

int yg_password_is_right(const char *hash, struct yg_bytes password)
{
	(void)yg_hash_secret(); /* as above */
	errno = 0;
	if (password.size > YG_PASSWORD_MAX)
		password.size = 0; /* too long to be one: the same work all the same */
	if (password.size == 0)
		password = YG_S("");
	if (crypto_pwhash_str_verify(hash, (const char *)password.data, password.size) == 0)
		return YG_OK;
	return errno == ENOMEM ? YG_ENOMEM : YG_EACCES;
}

bool yg_password_is_weak(const char *hash)
{
	return crypto_pwhash_str_needs_rehash(hash, YG_PASSWORD_PASSES, YG_PASSWORD_MEMORY) != 0;
}
