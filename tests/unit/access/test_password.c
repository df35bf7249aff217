/* SPDX-License-Identifier: Apache-2.0 */
#include "access/password.h"

#include "../check.h"

#include "base/ban.h"

static enum yg_password_fault check(const char *password)
{
	const struct yg_bytes names[] = {YG_S("Tanaka@example.jp"), YG_S("acme"), YG_S("ab"),
					 YG_S("\xe6\xa0\xaa\xe5\xbc\x8f\xe4\xbc\x9a\xe7\xa4\xbe"
					      "\xe6\xab\x93\xe8\xa3\xbd\xe4\xbd\x9c\xe6\x89\x80")};

	return yg_password_check(yg_bytes_str(password), names, 4);
}

static void choices(void)
{
	char text[YG_PASSWORD_MAX + 3];

	CHECK(check("four plain words") == YG_PASSWORD_GOOD);
	/* No rule about kinds of characters; characters count, not bytes. */
	CHECK(check("mizu no oto ga") == YG_PASSWORD_GOOD);
	CHECK(check("\xe5\x8f\xa4\xe6\xb1\xa0\xe3\x82\x84\xe8\x9b\x99\xe9\xa3\x9b\xe3\x81\xb3\xe8"
		    "\xbe\xbc\xe3\x82\x80\xe6\xb0\xb4\xe3\x81\xae\xe9\x9f\xb3\xef\xbc\x81") ==
	      YG_PASSWORD_GOOD);
	CHECK(check("\xe5\x8f\xa4\xe6\xb1\xa0\xe3\x82\x84\xe8\x9b\x99") == YG_PASSWORD_SHORT);
	CHECK(check("elevenchars") == YG_PASSWORD_SHORT);
	CHECK(check("") == YG_PASSWORD_SHORT);
	CHECK(check("with\ttab and more") == YG_PASSWORD_BYTES);
	CHECK(check("no utf-8 \xff and more") == YG_PASSWORD_BYTES);
	CHECK(check("Password1234") == YG_PASSWORD_COMMON);
	CHECK(check("121212121212121212") == YG_PASSWORD_COMMON);
	CHECK(check("\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82"
		    "\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82") ==
	      YG_PASSWORD_COMMON);
	CHECK(check("TANAKA@example.jp") == YG_PASSWORD_NAME);
	CHECK(check("tanaka@example.jp123") == YG_PASSWORD_NAME);
	CHECK(check("tanaka went to the sea") == YG_PASSWORD_GOOD); /* more than the name */
	memset(text, 'x', sizeof(text));
	memcpy(text, "abcdefg", 7);
	text[YG_PASSWORD_MAX] = '\0';
	CHECK(check(text) == YG_PASSWORD_GOOD);
	text[YG_PASSWORD_MAX] = 'x';
	text[YG_PASSWORD_MAX + 1] = '\0';
	CHECK(check(text) == YG_PASSWORD_LONG);
}

static void digests(void)
{
	char hash[YG_PASSWORD_HASH_MAX];
	char other[YG_PASSWORD_HASH_MAX];

	CHECK(yg_password_make(YG_S("four plain words"), hash) == YG_OK);
	CHECK(yg_password_make(YG_S("four plain words"), other) == YG_OK);
	CHECK(strcmp(hash, other) != 0); /* a salt of its own */
	CHECK(strncmp(hash, "$argon2id$v=19$m=65536,t=3,p=1$", 31) == 0);
	CHECK(yg_password_is_right(hash, YG_S("four plain words")) == YG_OK);
	CHECK(yg_password_is_right(hash, YG_S("four plain Words")) == YG_EACCES);
	CHECK(yg_password_is_right(hash, YG_S("")) == YG_EACCES);
	CHECK(yg_password_is_right("", YG_S("four plain words")) == YG_EACCES);
	CHECK(yg_password_is_right("$argon2id$nonsense", YG_S("x")) == YG_EACCES);
	CHECK(!yg_password_is_weak(hash));
	CHECK(yg_password_is_weak("$argon2id$v=19$m=8192,t=1,p=1$VmaNnClFel6BIElEYkbQRg$"
				  "VR9pTko4iavflUijAB6fR9Kk9EUeiZ/vgj6BpKox0bY"));
}

static const struct check_case cases[] = {CASE(choices), CASE(digests)};
CHECK_MAIN(cases)
