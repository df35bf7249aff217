/* SPDX-License-Identifier: Apache-2.0 */
#include "assess/key.h"

#include "base/utf8.h"

#include "base/ban.h"

#define HEAD_SECRET "yagura-key v1 secret"
#define HEAD_PUBLIC "yagura-key v1 public"
#define PEM_BYTES   64u
#define NAME_FAULT  N_("a key's name is one line of at most 120 bytes")

/* Messages are whole sentences without places to fill, so that they can be translated as shown. */
_Static_assert(YG_KEY_NAME_MAX == 120, "the message above says so");

/* What stands before the 32 bytes of a key (RFC 8410 sec. 10.1 and 10.3, without attributes). */
static const uint8_t pkcs8_head[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
				     0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
static const uint8_t spki_head[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
				    0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

struct reader {
	struct yg_bytes rest;
	uint32_t line; /* of the line read last */
	struct yg_line_fault *reterr;
};

static bool is_name(struct yg_bytes name)
{
	if (name.size > YG_KEY_NAME_MAX || !yg_utf8_valid(name))
		return false;
	for (size_t i = 0; i < name.size; i++)
		if (name.data[i] < 0x20 || name.data[i] == 0x7f)
			return false;
	return yg_bytes_trim(name).size == name.size;
}

static void grow(struct yg_key *key)
{
	if (key->has_secret)
		yg_sign_public(key->seed, key->public_key);
	yg_sha256_hex((struct yg_bytes){key->public_key, sizeof(key->public_key)}, key->id);
}

int yg_key_new(struct yg_bytes name, int32_t created, int32_t expires, struct yg_key *ret,
	       struct yg_line_fault *reterr)
{
	if (!is_name(name))
		return yg_line_fault_set(reterr, YG_EINVAL, 0, NAME_FAULT);
	if (created != YG_DAY_NONE && expires != YG_DAY_NONE && expires < created)
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 N_("the last day lies before the first"));
	memset(ret, 0, sizeof(*ret));
	ret->has_secret = true;
	ret->created = created;
	ret->expires = expires;
	if (name.size > 0)
		memcpy(ret->name, name.data, name.size);
	yg_random(ret->seed, sizeof(ret->seed));
	grow(ret);
	return YG_OK;
}

/* The next line without its end (LF, or CR LF as mail programs make it). */
static struct yg_bytes next_line(struct reader *reader)
{
	size_t end = yg_bytes_chr(reader->rest, '\n');
	struct yg_bytes line = yg_bytes_cut(reader->rest, 0, end);

	reader->rest = end == SIZE_MAX ? yg_bytes_from(reader->rest, reader->rest.size)
				       : yg_bytes_from(reader->rest, end + 1);
	reader->line++;
	if (yg_bytes_ends(line, YG_S("\r")))
		line.size--;
	return line;
}

/* The value of the next line, which must begin with @label. False when it does not. */
static bool value_of(struct reader *reader, struct yg_bytes label, struct yg_bytes *ret)
{
	struct reader ahead = *reader;
	struct yg_bytes line = next_line(&ahead);

	if (!yg_bytes_starts(line, label))
		return false;
	*ret = yg_bytes_from(line, label.size);
	*reader = ahead;
	return true;
}

static int bad_line(struct reader *reader, const char *wanted)
{
	return yg_line_fault_set(reader->reterr, YG_EFORMAT, reader->line + 1, "%s", wanted);
}

/* An optional line with a day in ISO form. */
static int day_of(struct reader *reader, struct yg_bytes label, int32_t *ret)
{
	char again[YG_DAY_SIZE];
	struct yg_bytes value;

	*ret = YG_DAY_NONE;
	if (!value_of(reader, label, &value))
		return YG_OK;
	*ret = yg_day_read(value);
	if (*ret != YG_DAY_NONE)
		yg_day_write(*ret, again);
	if (*ret == YG_DAY_NONE || !yg_bytes_eq(value, yg_bytes_str(again)))
		return yg_line_fault_set(reader->reterr, YG_EFORMAT, reader->line,
					 N_("a day such as 2026-11-25 is expected here"));
	return YG_OK;
}

static int bytes_of(struct reader *reader, struct yg_bytes label, const char *wanted,
		    uint8_t to[YG_SIGN_SEED_BYTES])
{
	struct yg_bytes value;
	size_t size;

	if (!value_of(reader, label, &value))
		return bad_line(reader, wanted);
	if (!yg_base64_read(value, to, YG_SIGN_SEED_BYTES, &size) || size != YG_SIGN_SEED_BYTES)
		return yg_line_fault_set(reader->reterr, YG_EFORMAT, reader->line,
					 N_("32 bytes in base64 are expected here"));
	return YG_OK;
}

static int fingerprint_of(struct reader *reader, const struct yg_key *key)
{
	struct yg_bytes value;

	if (!value_of(reader, YG_S("fingerprint: "), &value))
		return bad_line(reader, N_("the line \"fingerprint:\" is expected here"));
	if (!yg_bytes_eq(value, yg_bytes_str(key->id)))
		return yg_line_fault_set(reader->reterr, YG_EDIGEST, reader->line,
					 N_("the fingerprint is not that of this key"));
	return YG_OK;
}

/* Nothing but empty lines. */
static int end_of(struct reader *reader)
{
	while (reader->rest.size > 0)
		if (next_line(reader).size > 0)
			return yg_line_fault_set(reader->reterr, YG_EFORMAT, reader->line,
						 N_("nothing may follow after the key"));
	return YG_OK;
}

static int read_ours(struct reader *reader, struct yg_key *key)
{
	struct yg_bytes name;
	int rc;

	if (!value_of(reader, YG_S("name: "), &name) &&
	    (!value_of(reader, YG_S("name:"), &name) || name.size > 0))
		return bad_line(reader, N_("the line \"name:\" is expected here"));
	if (!is_name(name))
		return yg_line_fault_set(reader->reterr, YG_EFORMAT, reader->line, NAME_FAULT);
	if (name.size > 0)
		memcpy(key->name, name.data, name.size);
	rc = day_of(reader, YG_S("created: "), &key->created);
	if (rc == YG_OK)
		rc = day_of(reader, YG_S("expires: "), &key->expires);
	if (rc == YG_OK && key->has_secret)
		rc = bytes_of(reader, YG_S("seed: "), N_("the line \"seed:\" is expected here"),
			      key->seed);
	else if (rc == YG_OK)
		rc = bytes_of(reader, YG_S("public: "), N_("the line \"public:\" is expected here"),
			      key->public_key);
	if (rc != YG_OK)
		return rc;
	grow(key);
	return key->has_secret ? YG_OK : fingerprint_of(reader, key);
}

/* One base64 line between the marks: DER of fixed length, so its head is compared as a whole. */
static int read_pem(struct reader *reader, struct yg_key *key)
{
	struct yg_bytes head = key->has_secret ? (struct yg_bytes){pkcs8_head, sizeof(pkcs8_head)}
					       : (struct yg_bytes){spki_head, sizeof(spki_head)};
	struct yg_bytes last = key->has_secret ? YG_S("-----END PRIVATE KEY-----")
					       : YG_S("-----END PUBLIC KEY-----");
	uint8_t der[PEM_BYTES];
	size_t size = 0;
	bool is_ours = yg_base64_read(next_line(reader), der, sizeof(der), &size) &&
		       size == head.size + YG_SIGN_SEED_BYTES &&
		       yg_bytes_starts((struct yg_bytes){der, size}, head);

	if (is_ours)
		memcpy(key->has_secret ? key->seed : key->public_key, der + head.size,
		       YG_SIGN_SEED_BYTES);
	yg_wipe(der, sizeof(der));
	if (!is_ours)
		return yg_line_fault_set(reader->reterr, YG_EFORMAT, reader->line,
					 N_("only Ed25519 keys without a password can be used"));
	if (!yg_bytes_eq(next_line(reader), last))
		return yg_line_fault_set(reader->reterr, YG_EFORMAT, reader->line,
					 N_("the closing line of the PEM form is expected here"));
	grow(key);
	return YG_OK;
}

static int read_any(struct reader *reader, struct yg_key *key)
{
	struct yg_bytes head = next_line(reader);

	key->has_secret = yg_bytes_eq(head, YG_S(HEAD_SECRET)) ||
			  yg_bytes_eq(head, YG_S("-----BEGIN PRIVATE KEY-----"));
	if (yg_bytes_eq(head, YG_S(HEAD_SECRET)) || yg_bytes_eq(head, YG_S(HEAD_PUBLIC)))
		return read_ours(reader, key);
	if (key->has_secret || yg_bytes_eq(head, YG_S("-----BEGIN PUBLIC KEY-----")))
		return read_pem(reader, key);
	return yg_line_fault_set(reader->reterr, YG_EFORMAT, 1,
				 N_("this is no key: its first line is not that of a key file"));
}

int yg_key_read(struct yg_bytes text, struct yg_key *ret, struct yg_line_fault *reterr)
{
	struct reader reader = {text, 0, reterr};
	int rc;

	memset(ret, 0, sizeof(*ret));
	ret->created = YG_DAY_NONE;
	ret->expires = YG_DAY_NONE;
	if (text.size > YG_KEY_FILE_MAX)
		return yg_line_fault_set(reterr, YG_ELIMIT, 0, N_("too large to be a key"));
	rc = read_any(&reader, ret);
	if (rc == YG_OK)
		rc = end_of(&reader);
	if (rc == YG_OK && ret->created != YG_DAY_NONE && ret->expires != YG_DAY_NONE &&
	    ret->expires < ret->created)
		rc = yg_line_fault_set(reterr, YG_EFORMAT, 0,
				       N_("the last day lies before the first"));
	if (rc != YG_OK)
		yg_key_done(ret);
	return rc;
}

static void write_head(const struct yg_key *key, const char *head, struct yg_buf *to)
{
	char day[YG_DAY_SIZE];

	yg_buf_addf(to, "%s\nname: %s\n", head, key->name);
	if (key->created != YG_DAY_NONE) {
		yg_day_write(key->created, day);
		yg_buf_addf(to, "created: %s\n", day);
	}
	if (key->expires != YG_DAY_NONE) {
		yg_day_write(key->expires, day);
		yg_buf_addf(to, "expires: %s\n", day);
	}
}

void yg_key_write_secret(const struct yg_key *key, struct yg_buf *to)
{
	write_head(key, HEAD_SECRET, to);
	yg_buf_add_str(to, "seed: ");
	yg_base64_add(to, (struct yg_bytes){key->seed, sizeof(key->seed)});
	yg_buf_add_byte(to, '\n');
}

void yg_key_write_public(const struct yg_key *key, struct yg_buf *to)
{
	write_head(key, HEAD_PUBLIC, to);
	yg_buf_add_str(to, "public: ");
	yg_base64_add(to, (struct yg_bytes){key->public_key, sizeof(key->public_key)});
	yg_buf_addf(to, "\nfingerprint: %s\n", key->id);
}

void yg_key_done(struct yg_key *key)
{
	yg_wipe(key, sizeof(*key));
}
