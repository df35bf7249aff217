/* SPDX-License-Identifier: Apache-2.0 */
/* Key files: ours there and back, PEM as others write it, and everything that is no key. */
#include "assess/key.h"

#include "../check.h"

static struct yg_key key;
static struct yg_line_fault fault;

static int read_text(const char *text)
{
	return yg_key_read(yg_bytes_str(text), &key, &fault);
}

/* RFC 8032 sec. 7.1, test 1. */
static const char known_secret[] = "yagura-key v1 secret\n"
				   "name: test one\n"
				   "created: 2026-11-25\n"
				   "expires: 2027-11-25\n"
				   "seed: nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n";

static void a_known_key_grows_as_the_standard_says(void)
{
	char hex[2 * YG_SIGN_PUBLIC_BYTES + 1];

	CHECK(read_text(known_secret) == YG_OK);
	CHECK(key.has_secret);
	CHECK_TEXT(yg_bytes_str(key.name), "test one");
	CHECK(key.created == yg_day_read(YG_S("2026-11-25")));
	CHECK(key.expires == yg_day_read(YG_S("2027-11-25")));
	for (size_t i = 0; i < sizeof(key.public_key); i++)
		snprintf(hex + 2 * i, 3, "%02x", key.public_key[i]);
	CHECK_TEXT(yg_bytes_str(hex),
		   "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
	/* sha256sum of these 32 bytes. */
	CHECK_TEXT(yg_bytes_str(key.id),
		   "21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9");
}

static void there_and_back(void)
{
	struct yg_key made;
	struct yg_buf buf;

	CHECK(yg_key_new(YG_S("株式会社山田製作所"), 20000, 20365, &made, &fault) == YG_OK);
	yg_buf_init(&buf, YG_KEY_FILE_MAX);
	yg_key_write_secret(&made, &buf);
	CHECK(yg_key_read(yg_buf_bytes(&buf), &key, &fault) == YG_OK);
	CHECK(memcmp(&made, &key, sizeof(key)) == 0);
	yg_buf_reset(&buf);
	yg_key_write_public(&made, &buf);
	CHECK(yg_bytes_find(yg_buf_bytes(&buf), YG_S("seed")) == SIZE_MAX);
	CHECK(yg_key_read(yg_buf_bytes(&buf), &key, &fault) == YG_OK);
	CHECK(!key.has_secret && key.created == 20000 && key.expires == 20365);
	CHECK_TEXT(yg_bytes_str(key.id), made.id);
	yg_buf_done(&buf);
	yg_key_done(&made);
	CHECK(made.seed[0] == 0 && made.seed[31] == 0 && !made.has_secret);
}

static void two_new_keys_differ(void)
{
	struct yg_key other;

	CHECK(yg_key_new(YG_S(""), YG_DAY_NONE, YG_DAY_NONE, &key, &fault) == YG_OK);
	CHECK(yg_key_new(YG_S(""), YG_DAY_NONE, YG_DAY_NONE, &other, &fault) == YG_OK);
	CHECK(strcmp(key.id, other.id) != 0);
}

/* Any single bit of a public file changed: refused, unless it is a word that no digest covers. */
static void a_changed_public_file_is_another_name_or_refused(void)
{
	struct yg_buf buf;
	char id[YG_SHA256_HEX + 1];

	CHECK(read_text(known_secret) == YG_OK);
	memcpy(id, key.id, sizeof(id));
	yg_buf_init(&buf, YG_KEY_FILE_MAX);
	yg_key_write_public(&key, &buf);
	for (size_t i = 0; i < buf.size; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			buf.data[i] ^= (uint8_t)(1u << bit);
			if (yg_key_read(yg_buf_bytes(&buf), &key, &fault) == YG_OK)
				CHECK(strcmp(key.id, id) == 0);
			buf.data[i] ^= (uint8_t)(1u << bit);
		}
	}
	yg_buf_done(&buf);
}

static void pem_as_others_write_it(void)
{
	/* Made from the same seed with another program. */
	CHECK(read_text("-----BEGIN PRIVATE KEY-----\n"
			"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
			"-----END PRIVATE KEY-----\n") == YG_OK);
	CHECK(key.has_secret);
	CHECK_TEXT(yg_bytes_str(key.id),
		   "21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9");
	CHECK(read_text("-----BEGIN PUBLIC KEY-----\n"
			"MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
			"-----END PUBLIC KEY-----\n") == YG_OK);
	CHECK_TEXT(yg_bytes_str(key.id),
		   "21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9");
	CHECK(!key.has_secret && key.name[0] == 0 && key.expires == YG_DAY_NONE);
}

static void what_is_no_key(void)
{
	static const struct {
		const char *text;
		int code;
		uint32_t line;
	} bad[] = {
		{"", YG_EFORMAT, 1},
		{"hello\n", YG_EFORMAT, 1},
		{"yagura-key v2 secret\n", YG_EFORMAT, 1},
		{"yagura-key v1 secret\n", YG_EFORMAT, 2},
		{"yagura-key v1 secret\nname: a\n", YG_EFORMAT, 3},
		{"yagura-key v1 secret\nname: a\ncreated: 2026/11/25\n", YG_EFORMAT, 3},
		{"yagura-key v1 secret\nname: a\nexpires: 2026-02-30\n", YG_EFORMAT, 3},
		{"yagura-key v1 secret\nname: a\nseed: nWGx\n", YG_EFORMAT, 3},
		{"yagura-key v1 secret\nname: a\tb\n", YG_EFORMAT, 2},
		{"yagura-key v1 secret\nname: a\n"
		 "seed: nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\nmore\n",
		 YG_EFORMAT, 4},
		{"yagura-key v1 secret\nname: a\ncreated: 2026-11-25\nexpires: 2026-11-24\n"
		 "seed: nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n",
		 YG_EFORMAT, 0},
		{"yagura-key v1 public\nname: a\n"
		 "public: 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n",
		 YG_EFORMAT, 4},
		{"yagura-key v1 public\nname: a\n"
		 "public: 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\nfingerprint: 00\n",
		 YG_EDIGEST, 4},
		{"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", YG_EFORMAT, 2},
		{"-----BEGIN PUBLIC KEY-----\n"
		 "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n",
		 YG_EFORMAT, 3},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int rc = read_text(bad[i].text);

		if (rc != bad[i].code || fault.line != bad[i].line)
			fprintf(stderr, "%zu: %d, line %u: %s\n", i, rc, fault.line, fault.msg);
		CHECK(rc == bad[i].code && fault.line == bad[i].line && fault.msg[0]);
		CHECK(!key.has_secret && key.id[0] == 0);
	}
	CHECK(yg_key_new(YG_S("a\nb"), 0, 0, &key, &fault) == YG_EINVAL);
	CHECK(yg_key_new(YG_S("a"), 1, 0, &key, &fault) == YG_EINVAL);
}

static void lines_of_mail_programs_are_fine(void)
{
	CHECK(read_text(
		      "yagura-key v1 public\r\nname: a\r\n"
		      "public: 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\r\n"
		      "fingerprint: "
		      "21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9\r\n\r\n") ==
	      YG_OK);
}

static const struct check_case cases[] = {
	CASE(a_known_key_grows_as_the_standard_says),
	CASE(there_and_back),
	CASE(two_new_keys_differ),
	CASE(a_changed_public_file_is_another_name_or_refused),
	CASE(pem_as_others_write_it),
	CASE(what_is_no_key),
	CASE(lines_of_mail_programs_are_fine),
};
CHECK_MAIN(cases)
