/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crypt.h"

#include <stdlib.h>

#include "../check.h"
#include "base/hash.h"

/* The digest @hex, too, when the bytes come in pieces of any size. */
static void in_pieces(const uint8_t *bytes, size_t size, const char *hex)
{
	uint8_t digest[YG_SHA256_BYTES];
	char got[YG_SHA256_HEX + 1];
	struct yg_sha256_state state;
	size_t piece = 0;

	yg_sha256_begin(&state);
	for (size_t at = 0; at < size; at += piece) {
		piece = piece % 131 + 1;
		if (piece > size - at)
			piece = size - at;
		yg_sha256_add(&state, (struct yg_bytes){bytes + at, piece});
	}
	yg_sha256_end(&state, digest);
	yg_hex((struct yg_bytes){digest, sizeof(digest)}, got);
	CHECK(strcmp(got, hex) == 0);
}

/* FIPS 180-4, examples of NIST. */
static void digests_are_those_of_the_standard(void)
{
	static const struct {
		const char *text;
		const char *digest;
	} vectors[] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	static uint8_t million[1000000];
	char hex[YG_SHA256_HEX + 1];

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		yg_sha256_hex(yg_bytes_str(vectors[i].text), hex);
		CHECK(strcmp(hex, vectors[i].digest) == 0);
	}
	memset(million, 'a', sizeof(million));
	yg_sha256_hex((struct yg_bytes){million, sizeof(million)}, hex);
	CHECK(strcmp(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0") == 0);
	in_pieces(million, sizeof(million), hex);
}

/* RFC 8032 sec. 7.1, tests 1 to 3. */
static const struct {
	const char *seed;
	const char *key;
	const char *message;
	const char *signature;
} signatures[] = {
	{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	 "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	 "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701"
	 "c"
	 "f9b46bd25bf5f0595bbe24655141438e7a100b"},
	{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	 "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
	 "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d"
	 "0"
	 "f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
	{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	 "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
	 "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f7609"
	 "8"
	 "4dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

static void signatures_are_those_of_the_standard(void)
{
	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
		uint8_t seed[YG_SIGN_SEED_BYTES];
		uint8_t key[YG_SIGN_PUBLIC_BYTES];
		uint8_t made_key[YG_SIGN_PUBLIC_BYTES];
		uint8_t signature[YG_SIGN_BYTES];
		uint8_t made[YG_SIGN_BYTES];
		uint8_t bytes[2];
		struct yg_bytes message = {bytes, strlen(signatures[i].message) / 2};

		CHECK(yg_hex_read(yg_bytes_str(signatures[i].seed), seed, sizeof(seed)));
		CHECK(yg_hex_read(yg_bytes_str(signatures[i].key), key, sizeof(key)));
		CHECK(yg_hex_read(yg_bytes_str(signatures[i].message), bytes, message.size));
		CHECK(yg_hex_read(yg_bytes_str(signatures[i].signature), signature,
				  sizeof(signature)));
		yg_sign_public(seed, made_key);
		CHECK(memcmp(key, made_key, sizeof(key)) == 0);
		yg_sign(seed, message, made);
		CHECK(memcmp(signature, made, sizeof(made)) == 0);
		CHECK(yg_sign_is_valid(key, message, signature));
	}
}

static void each_changed_bit_is_seen(void)
{
	uint8_t seed[YG_SIGN_SEED_BYTES] = {1, 2, 3};
	uint8_t key[YG_SIGN_PUBLIC_BYTES];
	uint8_t signature[YG_SIGN_BYTES];
	uint8_t text[] = "posture";
	struct yg_bytes message = {text, sizeof(text) - 1};

	yg_sign_public(seed, key);
	yg_sign(seed, message, signature);
	for (unsigned bit = 0; bit < 8 * sizeof(signature); bit++) {
		signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
		CHECK(!yg_sign_is_valid(key, message, signature));
		signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (unsigned bit = 0; bit < 8 * message.size; bit++) {
		text[bit / 8] ^= (uint8_t)(1u << bit % 8);
		CHECK(!yg_sign_is_valid(key, message, signature));
		text[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (unsigned bit = 0; bit < 8 * sizeof(key); bit++) {
		key[bit / 8] ^= (uint8_t)(1u << bit % 8);
		CHECK(!yg_sign_is_valid(key, message, signature));
		key[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	CHECK(yg_sign_is_valid(key, message, signature));
	message.size--;
	CHECK(!yg_sign_is_valid(key, message, signature));
	/* A key of small order fits many messages: refused, whatever the signature. */
	memset(key, 0, sizeof(key));
	memset(signature, 0, sizeof(signature));
	key[0] = signature[0] = 1;
	CHECK(!yg_sign_is_valid(key, message, signature));
}

/* RFC 4648 sec. 10. */
static void base64_is_that_of_the_standard(void)
{
	static const char *const vectors[][2] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
		{"\xfb\xff\xbf", "+/+/"},
	};
	struct yg_buf buf;
	uint8_t bytes[16];
	size_t size;

	yg_buf_init(&buf, 64);
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct yg_bytes plain = yg_bytes_str(vectors[i][0]);

		yg_buf_reset(&buf);
		yg_base64_add(&buf, plain);
		CHECK_TEXT(yg_buf_bytes(&buf), vectors[i][1]);
		CHECK(yg_base64_read(yg_bytes_str(vectors[i][1]), bytes, sizeof(bytes), &size));
		CHECK(yg_bytes_eq((struct yg_bytes){bytes, size}, plain));
		CHECK(yg_base64_read(yg_bytes_str(vectors[i][1]), bytes, plain.size, &size));
		CHECK(plain.size == 0 ||
		      !yg_base64_read(yg_bytes_str(vectors[i][1]), bytes, plain.size - 1, &size));
	}
	yg_buf_done(&buf);
	yg_buf_init(&buf, 7);
	yg_base64_add(&buf, YG_S("foobar"));
	CHECK(yg_buf_error(&buf) == YG_ELIMIT);
	yg_buf_done(&buf);
}

static void base64_has_one_form(void)
{
	static const char *const bad[] = {
		"Z",	    "Zg",   "Zg=",   "Zh==",  "Zm9=",	  "Z===",
		"====",	    "=Zg=", "Zm9v ", " Zm9v", "Zm9v\n",	  "Zm\n9",
		"Zg==Zg==", "-_-_", "Zm9*",  "Zm9v=", "Zm9v====", "\xff\xff\xff\xff"};
	uint8_t bytes[16];
	size_t size;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (yg_base64_read(yg_bytes_str(bad[i]), bytes, sizeof(bytes), &size))
			fprintf(stderr, "\"%s\" was read\n", bad[i]);
		CHECK(!yg_base64_read(yg_bytes_str(bad[i]), bytes, sizeof(bytes), &size));
	}
	CHECK(!yg_base64_read(YG_S("Zg\0="), bytes, sizeof(bytes), &size));
	for (unsigned c = 0; c < 256; c++) { /* at each place, the 64 letters and '=' alone */
		static const char letters[] =
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
		bool is_letter = c != 0 && strchr(letters, (int)c);

		for (unsigned at = 0; at < 4; at++) {
			uint8_t text[4] = {'A', 'A', 'A', 'A'};

			text[at] = (uint8_t)c;
			CHECK(yg_base64_read((struct yg_bytes){text, 4}, bytes, sizeof(bytes),
					     &size) == (is_letter || (c == '=' && at == 3)));
			CHECK(!yg_hex_read((struct yg_bytes){text, 4}, bytes, 2) ==
			      (c == 0 || !strchr("0123456789abcdefABCDEF", (int)c)));
		}
	}
}

static void hex_is_read_strictly(void)
{
	uint8_t bytes[2];

	CHECK(yg_hex_read(YG_S("0aFf"), bytes, 2) && bytes[0] == 0x0a && bytes[1] == 0xff);
	CHECK(!yg_hex_read(YG_S("0aF"), bytes, 2) && !yg_hex_read(YG_S("0aFf0"), bytes, 2));
	CHECK(!yg_hex_read(YG_S("0aFg"), bytes, 2) && !yg_hex_read(YG_S("0 Ff"), bytes, 2));
	CHECK(!yg_hex_read(YG_S("0x0a"), bytes, 2) && !yg_hex_read(YG_S(""), bytes, 2));
	CHECK(yg_hex_read(YG_S(""), bytes, 0));
}

static void ids_are_in_the_order_of_time(void)
{
	int64_t time_ns = INT64_C(1700000000000000000);
	char before[YG_RANDOM_ID_HEX + 1];
	char after[YG_RANDOM_ID_HEX + 1];
	char same[YG_RANDOM_ID_HEX + 1];

	yg_random_id(time_ns, before);
	for (unsigned i = 0; i < 200; i++) {
		time_ns += i < 100 ? 1000000 : INT64_C(86400000000000);
		yg_random_id(time_ns, after);
		yg_random_id(time_ns, same);
		CHECK(strlen(after) == YG_RANDOM_ID_HEX);
		CHECK(strspn(after, "0123456789abcdef") == YG_RANDOM_ID_HEX);
		CHECK(strcmp(before, after) < 0);
		CHECK(strcmp(same, after) != 0 && strncmp(same, after, 12) == 0);
		memcpy(before, after, sizeof(before));
		if (strcmp(before, same) < 0)
			memcpy(before, same, sizeof(before));
	}
}

static void secrets_are_wiped(void)
{
	uint8_t secret[32];
	uint8_t other[32];
	uint8_t zero[32] = {0};

	yg_random(secret, sizeof(secret));
	yg_random(other, sizeof(other));
	CHECK(memcmp(secret, other, sizeof(secret)) != 0);
	CHECK(memcmp(secret, zero, sizeof(secret)) != 0);
	yg_wipe(secret, sizeof(secret));
	CHECK(memcmp(secret, zero, sizeof(secret)) == 0);
}

static const struct check_case cases[] = {
	CASE(digests_are_those_of_the_standard),
	CASE(signatures_are_those_of_the_standard),
	CASE(each_changed_bit_is_seen),
	CASE(base64_is_that_of_the_standard),
	CASE(base64_has_one_form),
	CASE(hex_is_read_strictly),
	CASE(ids_are_in_the_order_of_time),
	CASE(secrets_are_wiped),
};
CHECK_MAIN(cases)
