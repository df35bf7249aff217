/* SPDX-License-Identifier: Apache-2.0 */
#include "access/totp.h"

#include "../check.h"

#include "base/ban.h"

static const struct yg_bytes rfc_secret = {(const uint8_t *)"12345678901234567890", 20};

/* RFC 4226 appendix D. */
static void counters(void)
{
	static const uint32_t codes[] = {755224, 287082, 359152, 969429, 338314,
					 254676, 287922, 162583, 399871, 520489};

	for (unsigned i = 0; i < 10; i++)
		CHECK(yg_totp_code(rfc_secret, i) == codes[i]);
}

/* RFC 6238 appendix B, SHA-1; the last six of its eight digits. */
static void times(void)
{
	static const struct {
		int64_t time_s;
		uint32_t code;
	} vectors[] = {{59, 287082},	   {1111111109, 81804},	 {1111111111, 50471},
		       {1234567890, 5924}, {2000000000, 279037}, {INT64_C(20000000000), 353130}};

	for (unsigned i = 0; i < 6; i++)
		CHECK(yg_totp_code(rfc_secret, vectors[i].time_s / YG_TOTP_STEP_S) ==
		      vectors[i].code);
}

static void windows(void)
{
	int64_t step = 0;

	/* Step 1 is 30 to 59 s. One before and one after are good, two are not. */
	CHECK(yg_totp_is_right(rfc_secret, YG_S("287082"), 59, -1, &step) && step == 1);
	CHECK(yg_totp_is_right(rfc_secret, YG_S("287 082"), 0, -1, &step) && step == 1);
	CHECK(yg_totp_is_right(rfc_secret, YG_S("287082"), 89, -1, &step));
	CHECK(!yg_totp_is_right(rfc_secret, YG_S("287082"), 90, -1, &step));
	/* Each is good once, and none before it. */
	CHECK(!yg_totp_is_right(rfc_secret, YG_S("287082"), 59, 1, &step));
	CHECK(!yg_totp_is_right(rfc_secret, YG_S("755224"), 59, 1, &step));
	CHECK(yg_totp_is_right(rfc_secret, YG_S("359152"), 59, 1, &step) && step == 2);
	CHECK(!yg_totp_is_right(rfc_secret, YG_S("28708"), 59, -1, &step));
	CHECK(!yg_totp_is_right(rfc_secret, YG_S("2870820"), 59, -1, &step));
	CHECK(!yg_totp_is_right(rfc_secret, YG_S("28708x"), 59, -1, &step));
	CHECK(!yg_totp_is_right(rfc_secret, YG_S(""), 59, -1, &step));
}

/* RFC 4648 sec. 10, without the padding. */
static void base32(void)
{
	static const char *const vectors[][2] = {
		{"", ""},
		{"f", "MY"},
		{"fo", "MZXQ"},
		{"foo", "MZXW6"},
		{"foob", "MZXW6YQ"},
		{"fooba", "MZXW6YTB"},
		{"foobar", "MZXW6YTBOI"},
	};
	uint8_t bytes[16];
	size_t size = 0;
	struct yg_buf text;

	yg_buf_init(&text, 100);
	for (unsigned i = 0; i < 7; i++) {
		yg_buf_reset(&text);
		yg_base32_add(&text, yg_bytes_str(vectors[i][0]));
		CHECK_TEXT(yg_buf_bytes(&text), vectors[i][1]);
		CHECK(yg_base32_read(yg_buf_bytes(&text), bytes, sizeof(bytes), &size));
		CHECK_TEXT(((struct yg_bytes){bytes, size}), vectors[i][0]);
	}
	yg_buf_done(&text);
	CHECK(yg_base32_read(YG_S("mzxw-6ytb oi======"), bytes, sizeof(bytes), &size));
	CHECK_TEXT(((struct yg_bytes){bytes, size}), "foobar");
	CHECK(!yg_base32_read(YG_S("MZXW6YTBO"), bytes, sizeof(bytes), &size)); /* half a byte */
	CHECK(!yg_base32_read(YG_S("MZ"), bytes, sizeof(bytes), &size)); /* bits behind the end */
	CHECK(!yg_base32_read(YG_S("M1"), bytes, sizeof(bytes), &size));
	CHECK(!yg_base32_read(YG_S("MZXW6YTBOI"), bytes, 5, &size));
}

static void uris(void)
{
	struct yg_buf text;

	yg_buf_init(&text, 1000);
	yg_totp_uri(&text, rfc_secret, YG_S("Yagura"), YG_S("a b@example.jp"));
	CHECK_TEXT(
		yg_buf_bytes(&text),
		"otpauth://totp/Yagura:a%20b%40example.jp?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
		"&issuer=Yagura&algorithm=SHA1&digits=6&period=30");
	yg_buf_done(&text);
}

static const struct check_case cases[] = {
	CASE(counters), CASE(times), CASE(windows), CASE(base32), CASE(uris),
};
CHECK_MAIN(cases)
