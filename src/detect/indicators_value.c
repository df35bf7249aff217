/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value of a list: what it is, in its one normal form, or why it must not be used.
 */
#include "base/tr.h"
#include "detect/indicators-int.h"

#include "base/ban.h"

#define V4_MAPPED_BITS 96u
#define V4_BITS_MIN    8u
#define V6_BITS_MIN    16u

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool is_letter(uint8_t c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

/* Four decimal parts without leading zeros, which some programs read as octal. */
static bool read_v4(struct yg_bytes b, uint8_t to[4])
{
	size_t i = 0;

	for (unsigned part = 0; part < 4; part++) {
		unsigned value = 0;
		size_t from = i;

		if (part > 0 && (i >= b.size || b.data[i++] != '.'))
			return false;
		from = i;
		while (i < b.size && i - from < 3 && is_digit(b.data[i]))
			value = value * 10 + (unsigned)(b.data[i++] - '0');
		if (i == from || value > 255 || (i - from > 1 && b.data[from] == '0'))
			return false;
		to[part] = (uint8_t)value;
	}
	return i == b.size;
}

/* Groups of hex digits divided by ':' into @to; the last two may be a dotted address. */
static bool read_groups(struct yg_bytes b, uint8_t to[16], size_t *ret_size)
{
	size_t size = 0;
	size_t i = 0;

	*ret_size = 0;
	while (i < b.size) {
		unsigned value = 0;
		size_t from = i;

		if (size > 0 && b.data[i++] != ':')
			return false;
		from = i;
		if (size <= 12 && read_v4(yg_bytes_from(b, i), to + size)) {
			*ret_size = size + 4;
			return true;
		}
		while (i < b.size && i - from < 4 && yg_hex_digit(b.data[i]) >= 0)
			value = value << 4 | (unsigned)yg_hex_digit(b.data[i++]);
		if (i == from || size > 14)
			return false;
		to[size++] = (uint8_t)(value >> 8);
		to[size++] = (uint8_t)value;
	}
	*ret_size = size;
	return true;
}

static bool read_v6(struct yg_bytes b, uint8_t to[16])
{
	size_t gap = b.size <= 45 ? yg_bytes_find(b, YG_S("::")) : 0;
	uint8_t tail[16];
	size_t head_size;
	size_t tail_size;

	if (b.size < 2 || b.size > 45)
		return false;
	memset(to, 0, 16);
	if (gap == SIZE_MAX)
		return read_groups(b, to, &head_size) && head_size == 16;
	if (!read_groups(yg_bytes_cut(b, 0, gap), to, &head_size) ||
	    !read_groups(yg_bytes_from(b, gap + 2), tail, &tail_size) ||
	    head_size + tail_size > 14 || yg_bytes_chr(yg_bytes_cut(b, 0, gap), '.') != SIZE_MAX)
		return false;
	memcpy(to + 16 - tail_size, tail, tail_size);
	return true;
}

bool yg_indicator_address(struct yg_bytes b, uint8_t to[16])
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	if (b.size >= 7 && b.size <= 15 && read_v4(b, to + 12)) {
		memcpy(to, mapped, sizeof(mapped));
		return true;
	}
	return yg_bytes_chr(b, ':') != SIZE_MAX && read_v6(b, to);
}

void yg_indicator_mask(uint8_t address[16], unsigned bits)
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = bits > 8 * i ? bits - 8 * i : 0;

		if (keep < 8)
			address[i] &= (uint8_t)(0xff00u >> keep);
	}
}

/* Is the last label a word, as those of all top-level domains are? */
static bool is_top_label(struct yg_bytes label)
{
	if (yg_bytes_starts(label, YG_S("xn--")))
		return label.size > 4;
	for (size_t i = 0; i < label.size; i++)
		if (!is_letter(label.data[i]))
			return false;
	return label.size >= 2;
}

static bool is_host_char(uint8_t c)
{
	return is_letter(c) || is_digit(c) || c == '-' || c == '_';
}

size_t yg_indicator_host(struct yg_bytes b, uint8_t to[YG_HOST_MAX])
{
	size_t label = 0;
	size_t labels = 1;

	if (b.size > 0 && b.data[b.size - 1] == '.')
		b.size--;
	if (b.size < 4 || b.size > YG_HOST_MAX)
		return 0;
	for (size_t i = 0; i < b.size; i++) {
		uint8_t c = lower(b.data[i]);

		to[i] = c;
		if (c == '.') {
			if (i == label || i - label > 63)
				return 0;
			label = i + 1;
			labels++;
		} else if (!is_host_char(c)) {
			return 0;
		}
	}
	if (labels < 2 || b.size - label > 63 ||
	    !is_top_label((struct yg_bytes){to + label, b.size - label}))
		return 0;
	return b.size;
}

/* Where ":PORT" begins at the end of @b; SIZE_MAX = there is none. */
static size_t port_colon(struct yg_bytes b)
{
	size_t i = b.size;

	while (i > 0 && is_digit(b.data[i - 1]))
		i--;
	return i > 0 && b.data[i - 1] == ':' ? i - 1 : SIZE_MAX;
}

static bool is_own_port(struct yg_bytes scheme, struct yg_bytes port)
{
	return port.size == 0 ||
	       (yg_bytes_eq(scheme, YG_S("http")) && yg_bytes_eq(port, YG_S("80"))) ||
	       (yg_bytes_eq(scheme, YG_S("https")) && yg_bytes_eq(port, YG_S("443")));
}

/* host, host:port, [v6]:port in lower case; the scheme's own port is left out. */
static size_t url_host(struct yg_bytes b, struct yg_bytes scheme, uint8_t *to)
{
	size_t colon = port_colon(b);
	struct yg_bytes host = yg_bytes_cut(b, 0, colon);

	if (host.size > 0 && host.data[host.size - 1] == '.')
		host.size--;
	/* Colons beside that of the port only stand in brackets. */
	if (host.size == 0 || host.data[host.size - 1] == '.' ||
	    (host.data[0] != '[' && yg_bytes_chr(host, ':') != SIZE_MAX))
		return 0;
	for (size_t i = 0; i < host.size; i++) {
		if (host.data[i] <= ' ' || host.data[i] >= 0x7f)
			return 0;
		to[i] = lower(host.data[i]);
	}
	if (colon == SIZE_MAX || is_own_port(scheme, yg_bytes_from(b, colon + 1)))
		return host.size;
	memcpy(to + host.size, b.data + colon, b.size - colon); /* ':' and digits */
	return host.size + b.size - colon;
}

/* The scheme before "://" in lower case; false when it is none. */
static bool url_scheme(struct yg_bytes scheme, uint8_t *to)
{
	if (scheme.size < 2 || scheme.size > 12)
		return false;
	for (size_t i = 0; i < scheme.size; i++) {
		if (!is_letter(scheme.data[i]) && (i == 0 || !is_digit(scheme.data[i])))
			return false;
		to[i] = lower(scheme.data[i]);
	}
	return true;
}

static size_t find_or_end(struct yg_bytes b, uint8_t c)
{
	size_t at = yg_bytes_chr(b, c);

	return at == SIZE_MAX ? b.size : at;
}

size_t yg_indicator_url(struct yg_bytes b, uint8_t to[YG_INDICATOR_VALUE_MAX], size_t *ret_query)
{
	size_t scheme = yg_bytes_find(b, YG_S("://"));
	struct yg_bytes host;
	struct yg_bytes rest;
	size_t host_size;
	size_t size;

	if (scheme == SIZE_MAX || b.size + 1 > YG_INDICATOR_VALUE_MAX ||
	    !url_scheme(yg_bytes_cut(b, 0, scheme), to))
		return 0;
	memcpy(to + scheme, "://", 3);
	rest = yg_bytes_from(yg_bytes_cut(b, 0, find_or_end(b, '#')), scheme + 3);
	host = yg_bytes_cut(rest, 0, find_or_end(rest, '/'));
	host = yg_bytes_cut(host, 0, find_or_end(host, '?'));
	rest = yg_bytes_from(rest, host.size);
	for (size_t at; (at = yg_bytes_chr(host, '@')) != SIZE_MAX;)
		host = yg_bytes_from(host, at + 1); /* behind user and password */
	host_size = url_host(host, (struct yg_bytes){to, scheme}, to + scheme + 3);
	if (host_size == 0)
		return 0;
	size = scheme + 3 + host_size;
	if (rest.size == 0 || rest.data[0] != '/')
		to[size++] = '/';
	if (rest.size > 0)
		memcpy(to + size, rest.data, rest.size);
	*ret_query = size + find_or_end(rest, '?');
	return size + rest.size;
}

struct yg_bytes yg_indicator_url_host(struct yg_bytes url)
{
	size_t scheme = yg_bytes_find(url, YG_S("://"));
	struct yg_bytes rest = scheme == SIZE_MAX ? url : yg_bytes_from(url, scheme + 3);

	rest = yg_bytes_cut(rest, 0, find_or_end(rest, '/'));
	return yg_bytes_cut(rest, 0, find_or_end(rest, '?'));
}

static void refang_scheme(uint8_t *text, size_t size)
{
	static const struct {
		struct yg_bytes from;
		const char *to;
	} schemes[] = {
		{{(const uint8_t *)"hxxp:", 5}, "http"},
		{{(const uint8_t *)"hxxps:", 6}, "https"},
		{{(const uint8_t *)"fxp:", 4}, "ftp"},
	};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (yg_bytes_eq_nocase(
			    yg_bytes_cut((struct yg_bytes){text, size}, 0, schemes[i].from.size),
			    schemes[i].from))
			memcpy(text, schemes[i].to, schemes[i].from.size - 1);
}

/* The forms in which values are made harmless: "hxxp://evil[.]example", "evil(dot)example". */
static size_t refang(struct yg_bytes raw, uint8_t to[YG_INDICATOR_VALUE_MAX])
{
	static const struct {
		const char *from;
		const char *to;
	} forms[] = {
		{"[.]", "."},	{"(.)", "."},  {"{.}", "."},	 {"[dot]", "."},
		{"(dot)", "."}, {"[:]", ":"},  {"[://]", "://"}, {"[/]", "/"},
		{"[@]", "@"},	{"[at]", "@"}, {"\\.", "."},
	};
	size_t size = 0;
	size_t i = 0;

	while (i < raw.size) {
		size_t step = 0;
		bool may_be = raw.data[i] == '[' || raw.data[i] == '(' || raw.data[i] == '{' ||
			      raw.data[i] == '\\';

		for (size_t k = 0; may_be && k < sizeof(forms) / sizeof(forms[0]) && step == 0;
		     k++) {
			size_t from_size = strlen(forms[k].from);

			if (!yg_bytes_eq_nocase(yg_bytes_cut(raw, i, i + from_size),
						yg_bytes_str(forms[k].from)))
				continue;
			memcpy(to + size, forms[k].to,
			       strlen(forms[k].to)); /* never longer than @from */
			size += strlen(forms[k].to);
			step = from_size;
		}
		if (step == 0) {
			to[size++] = raw.data[i];
			step = 1;
		}
		i += step;
	}
	refang_scheme(to, size);
	return size;
}

/* Second levels under which registries of countries give out names: "co.jp" is nobody's. */
static bool is_registry(struct yg_bytes host)
{
	static const char *const second[] = {"ac", "ad",  "co",	 "com", "ed",  "edu",
					     "go", "gob", "gov", "gr",	"lg",  "mil",
					     "ne", "net", "or",	 "org", "gouv"};
	static const char countries[] =
		"ar au bd br cn co cy ec eg gt hk id il in jp ke kr lk mm mx my ng "
		"np nz pe ph pk py sa sg sv th tr tw tz ua ug uk uy ve vn za ";
	size_t dot = yg_bytes_chr(host, '.');
	struct yg_bytes top = yg_bytes_from(host, dot + 1);
	char name[4] = {0};

	if (dot == SIZE_MAX || top.size != 2)
		return false;
	memcpy(name, top.data, 2);
	name[2] = ' ';
	if (!strstr(countries, name))
		return false;
	for (size_t i = 0; i < sizeof(second) / sizeof(second[0]); i++)
		if (yg_bytes_eq(yg_bytes_cut(host, 0, dot), yg_bytes_str(second[i])))
			return true;
	return false;
}

static bool is_v4(const uint8_t address[16])
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	return memcmp(address, mapped, sizeof(mapped)) == 0;
}

static bool is_own_or_any(const uint8_t address[16])
{
	static const uint8_t zero[16] = {0};

	if (is_v4(address))
		return address[12] == 127 || memcmp(address + 12, zero, 4) == 0 ||
		       memcmp(address + 12, "\xff\xff\xff\xff", 4) == 0;
	return memcmp(address, zero, 15) == 0 && address[15] <= 1;
}

static size_t write_number(unsigned value, uint8_t *to)
{
	size_t size = 0;

	if (value >= 100)
		to[size++] = (uint8_t)('0' + value / 100);
	if (value >= 10)
		to[size++] = (uint8_t)('0' + value / 10 % 10);
	to[size++] = (uint8_t)('0' + value % 10);
	return size;
}

static size_t write_v4(const uint8_t address[4], uint8_t *to)
{
	size_t size = 0;

	for (unsigned i = 0; i < 4; i++) {
		if (i > 0)
			to[size++] = '.';
		size += write_number(address[i], to + size);
	}
	return size;
}

/* Every group written out: one form for one address. */
static size_t write_v6(const uint8_t address[16], uint8_t *to)
{
	static const char digits[] = "0123456789abcdef";
	size_t size = 0;

	for (unsigned i = 0; i < 16; i += 2) {
		unsigned group = (unsigned)address[i] << 8 | address[i + 1];
		unsigned shift = group > 0xfff ? 12 : group > 0xff ? 8 : group > 0xf ? 4 : 0;

		if (i > 0)
			to[size++] = ':';
		for (unsigned k = 0; k <= shift; k += 4)
			to[size++] = (uint8_t)digits[group >> (shift - k) & 15];
	}
	return size;
}

size_t yg_indicator_address_text(const uint8_t address[16], unsigned bits,
				 uint8_t to[YG_INDICATOR_ADDRESS_TEXT_MAX])
{
	bool is_short = is_v4(address) && bits >= V4_MAPPED_BITS;
	size_t size = is_short ? write_v4(address + 12, to) : write_v6(address, to);

	if (bits < 128) {
		to[size++] = '/';
		size += write_number(is_short ? bits - V4_MAPPED_BITS : bits, to + size);
	}
	return size;
}

static int finish_address(struct yg_indicator_value *v, unsigned bits, const char **ret_reason)
{
	bool is_short = is_v4(v->address);
	unsigned shown = is_short ? bits - V4_MAPPED_BITS : bits;

	yg_indicator_mask(v->address, bits);
	if (shown < (is_short ? V4_BITS_MIN : V6_BITS_MIN)) {
		*ret_reason = N_("the prefix is so wide that it would match nearly everything");
		return YG_EFORMAT;
	}
	if (is_own_or_any(v->address)) {
		*ret_reason = N_("this address stands for the machine itself or for any: it would "
				 "match everywhere");
		return YG_EFORMAT;
	}
	v->bits = (uint8_t)bits;
	v->type = bits == 128 ? YG_INDICATOR_ADDRESS : YG_INDICATOR_PREFIX;
	v->size = yg_indicator_address_text(v->address, bits, v->text);
	return YG_OK;
}

/* "192.0.2.0/24", "2001:db8::/32": true when it is meant so; *ret_rc says whether it is right. */
static bool read_prefix(struct yg_bytes b, struct yg_indicator_value *v, int *ret_rc,
			const char **ret_reason)
{
	size_t slash = yg_bytes_chr(b, '/');
	uint64_t bits;

	if (slash == SIZE_MAX || !yg_indicator_address(yg_bytes_cut(b, 0, slash), v->address))
		return false;
	if (!yg_bytes_u64(yg_bytes_from(b, slash + 1), &bits))
		return false; /* a URL without scheme */
	if (bits > (is_v4(v->address) ? 32u : 128u)) {
		*ret_reason = N_("the prefix length is too great");
		*ret_rc = YG_EFORMAT;
		return true;
	}
	*ret_rc = finish_address(v, (unsigned)bits + (is_v4(v->address) ? V4_MAPPED_BITS : 0),
				 ret_reason);
	return true;
}

/* An address alone, in brackets, or with a port. */
static bool read_address(struct yg_bytes b, struct yg_indicator_value *v)
{
	size_t colon;

	if (b.size > 2 && b.data[0] == '[') {
		size_t close = yg_bytes_chr(b, ']');

		return close != SIZE_MAX &&
		       yg_indicator_address(yg_bytes_cut(b, 1, close), v->address);
	}
	if (yg_indicator_address(b, v->address))
		return true;
	colon = yg_bytes_chr(b, ':');
	return colon != SIZE_MAX && yg_indicator_address(yg_bytes_cut(b, 0, colon), v->address);
}

static bool is_hash(struct yg_bytes b)
{
	for (size_t i = 0; i < b.size; i++)
		if (yg_hex_digit(b.data[i]) < 0)
			return false;
	return b.size >= 32;
}

static int read_hash(struct yg_bytes b, struct yg_indicator_value *v, const char **ret_reason)
{
	if (b.size != 32 && b.size != 40 && b.size != 64) {
		*ret_reason =
			N_("a hash of this length is not searched for: give MD5, SHA-1 or SHA-256");
		return YG_EFORMAT;
	}
	for (size_t i = 0; i < b.size; i++)
		v->text[i] = lower(b.data[i]);
	v->size = b.size;
	v->type = YG_INDICATOR_HASH;
	return YG_OK;
}

static int read_host(struct yg_bytes b, struct yg_indicator_value *v, const char **ret_reason)
{
	size_t colon = yg_bytes_chr(b, ':');

	if (yg_bytes_starts(b, YG_S("*.")))
		b = yg_bytes_from(b, 2);
	else if (yg_bytes_starts(b, YG_S(".")))
		b = yg_bytes_from(b, 1);
	if (colon != SIZE_MAX)
		b = yg_bytes_cut(b, 0, yg_bytes_chr(b, ':'));
	v->type = YG_INDICATOR_DOMAIN;
	v->size = yg_indicator_host(b, v->text);
	if (v->size == 0 && (yg_bytes_eq_nocase(b, YG_S("localhost")) || is_top_label(b))) {
		*ret_reason = N_("a name without a dot would match too much");
		return YG_EFORMAT;
	}
	if (v->size == 0) {
		*ret_reason = N_("neither an address, a prefix, a domain, a URL nor a hash");
		return YG_EFORMAT;
	}
	if (is_registry((struct yg_bytes){v->text, v->size})) {
		*ret_reason = N_("under this name everybody can register: it would match too much");
		return YG_EFORMAT;
	}
	return YG_OK;
}

/* Is @host, perhaps with a port, a name or an address? */
static bool is_url_host(struct yg_bytes host)
{
	uint8_t name[YG_HOST_MAX];
	uint8_t address[16];
	size_t close = yg_bytes_chr(host, ']');

	if (host.size > 0 && host.data[0] == '[')
		return close != SIZE_MAX &&
		       yg_indicator_address(yg_bytes_cut(host, 1, close), address);
	host = yg_bytes_cut(host, 0, find_or_end(host, ':'));
	return yg_indicator_host(host, name) > 0 || yg_indicator_address(host, address);
}

/* "192.0.2.0./24" is no path, only a prefix written wrongly. */
static bool is_like_prefix(struct yg_bytes b)
{
	size_t slash = find_or_end(b, '/');
	uint8_t address[16];
	uint64_t bits;

	return yg_indicator_address(yg_bytes_cut(b, 0, slash), address) &&
	       yg_bytes_u64(yg_bytes_from(b, slash + 1), &bits);
}

/* A URL; without its scheme it is kept without, and matches every scheme. */
static int read_url(struct yg_bytes b, bool has_scheme, struct yg_indicator_value *v,
		    const char **ret_reason)
{
	uint8_t whole[YG_INDICATOR_VALUE_MAX];
	struct yg_bytes url;
	struct yg_bytes rest;
	size_t query;
	bool is_right;

	*ret_reason = N_("neither an address, a prefix, a domain, a URL nor a hash");
	if (!has_scheme) {
		if (b.size + 7 >= sizeof(whole))
			return YG_EFORMAT;
		memcpy(whole, "any://", 6);
		memcpy(whole + 6, b.data, b.size);
		b = (struct yg_bytes){whole, b.size + 6};
	}
	v->type = YG_INDICATOR_URL;
	v->size = yg_indicator_url(b, v->text, &query);
	if (v->size == 0)
		return YG_EFORMAT;
	url = (struct yg_bytes){v->text, v->size};
	rest = yg_bytes_from(url, yg_bytes_find(url, YG_S("://")) + 3);
	is_right = is_url_host(yg_bytes_cut(rest, 0, find_or_end(rest, '/')));
	if (!has_scheme) {
		is_right = is_right && !is_like_prefix(rest);
		v->size = rest.size;
		memmove(v->text, rest.data, rest.size);
	}
	return is_right ? YG_OK : YG_EFORMAT;
}

static int read_one(struct yg_bytes b, struct yg_indicator_value *v, const char **ret_reason)
{
	static const char *const kinds[] = {"md5:", "sha1:", "sha256:", "sha-256:", "sha-1:"};
	int rc;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (yg_bytes_eq_nocase(yg_bytes_cut(b, 0, strlen(kinds[i])),
				       yg_bytes_str(kinds[i])))
			b = yg_bytes_trim(yg_bytes_from(b, strlen(kinds[i])));
	if (yg_bytes_find(b, YG_S("://")) != SIZE_MAX)
		return read_url(b, true, v, ret_reason);
	if (is_hash(b))
		return read_hash(b, v, ret_reason);
	if (read_prefix(b, v, &rc, ret_reason))
		return rc;
	if (yg_bytes_chr(b, '@') != SIZE_MAX) {
		*ret_reason = N_("mail addresses are not searched for");
		return YG_EFORMAT;
	}
	if (yg_bytes_chr(b, '/') != SIZE_MAX && yg_bytes_find(b, YG_S(":/")) == SIZE_MAX)
		return read_url(b, false, v, ret_reason);
	if (read_address(b, v))
		return finish_address(v, 128, ret_reason);
	return read_host(b, v, ret_reason);
}

int yg_indicator_read(struct yg_bytes raw, struct yg_indicator_value *ret, const char **ret_reason)
{
	uint8_t plain[YG_INDICATOR_VALUE_MAX];
	struct yg_bytes b;
	size_t bar;

	raw = yg_bytes_trim(raw);
	if (raw.size == 0 || raw.size > sizeof(plain)) {
		*ret_reason = raw.size ? N_("the value is longer than 2048 bytes") : N_("empty");
		return YG_EFORMAT;
	}
	b = (struct yg_bytes){plain, refang(raw, plain)};
	if (yg_bytes_find(b, YG_S("://")) == SIZE_MAX) /* a comment that follows without a space */
		b = yg_bytes_trim(yg_bytes_cut(b, 0, yg_bytes_chr(b, '#')));
	/* MISP's pairs: "name.exe|HASH", "192.0.2.1|443". A URL may hold the sign itself. */
	bar = yg_bytes_chr(b, '|');
	if (bar != SIZE_MAX && yg_bytes_find(b, YG_S("://")) == SIZE_MAX) {
		struct yg_bytes second = yg_bytes_from(b, bar + 1);

		/* Up to a third part, if someone wrote one: what is kept must read as itself. */
		second = yg_bytes_trim(yg_bytes_cut(second, 0, yg_bytes_chr(second, '|')));
		if (read_one(second, ret, ret_reason) == YG_OK)
			return YG_OK;
		b = yg_bytes_trim(yg_bytes_cut(b, 0, bar));
	}
	return read_one(b, ret, ret_reason);
}

size_t yg_indicator_normal(struct yg_bytes raw, enum yg_indicator_type *ret_type, uint8_t *to)
{
	struct yg_indicator_value value;
	const char *reason;

	_Static_assert(YG_INDICATOR_NORMAL_MAX == YG_INDICATOR_VALUE_MAX, "room for any value");
	if (yg_indicator_read(raw, &value, &reason) != YG_OK)
		return 0;
	*ret_type = value.type;
	memcpy(to, value.text, value.size);
	return value.size;
}
