/* SPDX-License-Identifier: Apache-2.0 */
#include "access/totp.h"

#include "base/crypt.h"

#include "base/ban.h"

#define SHA1_BYTES 20u
#define SHA1_BLOCK 64u
#define CODES	   1000000u

/* ---- SHA-1 (RFC 3174): only for HMAC over eight bytes here ---- */

static uint32_t turn(uint32_t word, unsigned bits)
{
	return word << bits | word >> (32 - bits);
}

static void sha1_block(uint32_t state[5], const uint8_t block[SHA1_BLOCK])
{
	uint32_t w[80];
	uint32_t a = state[0];
	uint32_t b = state[1];
	uint32_t c = state[2];
	uint32_t d = state[3];
	uint32_t e = state[4];

	for (unsigned i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
		       (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (unsigned i = 16; i < 80; i++)
		w[i] = turn(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (unsigned i = 0; i < 80; i++) {
		uint32_t f = i < 20   ? (b & c) | (~b & d)
			     : i < 40 ? b ^ c ^ d
			     : i < 60 ? (b & c) | (b & d) | (c & d)
				      : b ^ c ^ d;
		uint32_t k = i < 20   ? 0x5a827999
			     : i < 40 ? 0x6ed9eba1
			     : i < 60 ? 0x8f1bbcdc
				      : 0xca62c1d6;
		uint32_t next = turn(a, 5) + f + e + k + w[i];

		e = d;
		d = c;
		c = turn(b, 30);
		b = a;
		a = next;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
}

/* One block before (HMAC's padded key), then @message of less than 56 bytes. */
static void sha1_after(const uint8_t first[SHA1_BLOCK], const uint8_t *message, size_t size,
		       uint8_t to[SHA1_BYTES])
{
	uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
	uint8_t last[SHA1_BLOCK] = {0};
	uint64_t bits = (SHA1_BLOCK + size) * 8;

	memcpy(last, message, size);
	last[size] = 0x80;
	for (unsigned i = 0; i < 8; i++)
		last[SHA1_BLOCK - 1 - i] = (uint8_t)(bits >> (8 * i));
	sha1_block(state, first);
	sha1_block(state, last);
	for (unsigned i = 0; i < SHA1_BYTES; i++)
		to[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}

/* RFC 2104 with a key of at most one block and a message of eight bytes. */
static void hmac(struct yg_bytes key, const uint8_t message[8], uint8_t to[SHA1_BYTES])
{
	uint8_t inner[SHA1_BLOCK];
	uint8_t outer[SHA1_BLOCK];
	uint8_t digest[SHA1_BYTES];

	key = yg_bytes_cut(key, 0, SHA1_BLOCK);
	memset(inner, 0x36, sizeof(inner));
	memset(outer, 0x5c, sizeof(outer));
	for (size_t i = 0; i < key.size; i++) {
		inner[i] ^= key.data[i];
		outer[i] ^= key.data[i];
	}
	sha1_after(inner, message, 8, digest);
	sha1_after(outer, digest, sizeof(digest), to);
	yg_wipe(inner, sizeof(inner));
	yg_wipe(outer, sizeof(outer));
}

/* ---- codes ---- */

uint32_t yg_totp_code(struct yg_bytes secret, int64_t step)
{
	uint8_t message[8];
	uint8_t digest[SHA1_BYTES];
	unsigned at;

	for (unsigned i = 0; i < 8; i++)
		message[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
	hmac(secret, message, digest);
	at = digest[SHA1_BYTES - 1] & 0xf; /* RFC 4226 sec. 5.3 */
	return (((uint32_t)digest[at] & 0x7f) << 24 | (uint32_t)digest[at + 1] << 16 |
		(uint32_t)digest[at + 2] << 8 | digest[at + 3]) %
	       CODES;
}

/* UINT32_MAX: no code. */
static uint32_t read_code(struct yg_bytes text)
{
	uint32_t code = 0;
	unsigned digits = 0;

	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == ' ')
			continue;
		if (text.data[i] < '0' || text.data[i] > '9' || ++digits > YG_TOTP_DIGITS)
			return UINT32_MAX;
		code = code * 10 + (uint32_t)(text.data[i] - '0');
	}
	return digits == YG_TOTP_DIGITS ? code : UINT32_MAX;
}

bool yg_totp_is_right(struct yg_bytes secret, struct yg_bytes code, int64_t now_s, int64_t used,
		      int64_t *ret_step)
{
	uint32_t given = read_code(code);
	int64_t now = now_s / YG_TOTP_STEP_S;
	bool is_right = false;

	for (int64_t step = now - YG_TOTP_WINDOW; step <= now + YG_TOTP_WINDOW; step++) {
		if (yg_totp_code(secret, step) == given && step > used) {
			is_right = true;
			*ret_step = step;
		}
	}
	return is_right;
}

static void add_escaped(struct yg_buf *to, struct yg_bytes text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";

	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] != 0 && strchr(plain, text.data[i]))
			yg_buf_add_byte(to, text.data[i]);
		else
			yg_buf_addf(to, "%%%02X", text.data[i]);
	}
}

void yg_totp_uri(struct yg_buf *to, struct yg_bytes secret, struct yg_bytes issuer,
		 struct yg_bytes login)
{
	yg_buf_add_str(to, "otpauth://totp/");
	add_escaped(to, issuer);
	yg_buf_add_byte(to, ':');
	add_escaped(to, login);
	yg_buf_add_str(to, "?secret=");
	yg_base32_add(to, secret);
	yg_buf_add_str(to, "&issuer=");
	add_escaped(to, issuer);
	yg_buf_add_str(to, "&algorithm=SHA1&digits=6&period=30");
}

/* ---- base32 ---- */

void yg_base32_add(struct yg_buf *to, struct yg_bytes b)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint32_t held = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < b.size; i++) {
		held = held << 8 | b.data[i];
		for (bits += 8; bits >= 5; bits -= 5)
			yg_buf_add_byte(to, (uint8_t)digits[held >> (bits - 5) & 31]);
		held &= 0xff;
	}
	if (bits > 0)
		yg_buf_add_byte(to, (uint8_t)digits[held << (5 - bits) & 31]);
}

static int digit_of(uint8_t c)
{
	if (c >= '2' && c <= '7')
		return c - '2' + 26;
	c &= (uint8_t)~0x20u;
	return c >= 'A' && c <= 'Z' ? c - 'A' : -1;
}

bool yg_base32_read(struct yg_bytes text, uint8_t *to, size_t room, size_t *ret_size)
{
	uint32_t held = 0;
	unsigned bits = 0;
	size_t size = 0;

	while (text.size > 0 && text.data[text.size - 1] == '=')
		text.size--;
	for (size_t i = 0; i < text.size; i++) {
		int digit = digit_of(text.data[i]);

		if (text.data[i] == ' ' || text.data[i] == '-')
			continue;
		if (digit < 0)
			return false;
		held = (held << 5 | (uint32_t)digit) & 0xfff;
		bits += 5;
		if (bits < 8)
			continue;
		bits -= 8;
		if (size == room)
			return false;
		to[size++] = (uint8_t)(held >> bits);
	}
	/* What is left over fills less than a digit, and is nothing. */
	if (bits >= 5 || (held & ((1u << bits) - 1)) != 0)
		return false;
	*ret_size = size;
	return true;
}
