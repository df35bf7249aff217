/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/address.h"

#include "base/ban.h"

#define GROUPS_MAX 8u

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(uint8_t c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* Bytes of the dotted address at the start of @b, or 0. */
static size_t v4_size(struct yg_bytes b)
{
	size_t i = 0;

	for (unsigned part = 0; part < 4; part++) {
		unsigned value = 0;
		size_t from = i;

		while (i < b.size && i - from < 3 && is_digit(b.data[i]))
			value = value * 10 + (unsigned)(b.data[i++] - '0');
		if (i == from || value > 255)
			return 0;
		if (part < 3 && (i >= b.size || b.data[i++] != '.'))
			return 0;
	}
	return i < b.size && (is_digit(b.data[i]) || b.data[i] == '.') ? 0 : i;
}

static uint8_t byte_at(struct yg_bytes b, size_t i)
{
	return i < b.size ? b.data[i] : 0;
}

/* Hexadecimal digits from @i on; 5 stands for all that are too many. */
static size_t hex_run(struct yg_bytes b, size_t i)
{
	size_t n = 0;

	while (n < 5 && is_hex(byte_at(b, i + n)))
		n++;
	return n;
}

/* "1:2:" and "1:::2": a colon too many before or at @i. */
static bool has_loose_colon(struct yg_bytes b, size_t i)
{
	if (byte_at(b, i) == ':')
		return true;
	return i > 0 && b.data[i - 1] == ':' && (i < 2 || b.data[i - 2] != ':');
}

/* May a dotted address be the last two of the groups? */
static bool may_end_dotted(unsigned groups, bool has_gap)
{
	return has_gap ? groups + 2 < GROUPS_MAX : groups + 2 == GROUPS_MAX;
}

/* Bytes of the colon form at the start of @b, or 0. *ret_v4: where its dotted end begins. */
static size_t v6_size(struct yg_bytes b, size_t *ret_v4)
{
	bool has_gap = byte_at(b, 0) == ':' && byte_at(b, 1) == ':';
	size_t i = has_gap ? 2 : 0;
	unsigned groups = 0;
	size_t n;

	*ret_v4 = SIZE_MAX;
	while ((n = hex_run(b, i)) > 0) {
		size_t v4 = v4_size(yg_bytes_from(b, i));

		if (v4 > 0 && may_end_dotted(groups, has_gap)) {
			*ret_v4 = i;
			return i + v4;
		}
		i += n;
		if (n > 4 || ++groups > GROUPS_MAX)
			return 0;
		if (byte_at(b, i) != ':')
			break;
		if (byte_at(b, i + 1) == ':') {
			if (has_gap)
				return 0;
			has_gap = true;
			i++;
		}
		i++;
	}
	if (has_gap ? groups >= GROUPS_MAX : groups != GROUPS_MAX)
		return 0;
	return has_loose_colon(b, i) ? 0 : i;
}

/* An IPv4 address that stands behind ::ffff: is that address. */
static struct yg_bytes unmapped(struct yg_bytes b, size_t v4)
{
	static const struct yg_bytes prefix = {(const uint8_t *)"::ffff:", 7};

	if (v4 == prefix.size && yg_bytes_eq_nocase(yg_bytes_cut(b, 0, v4), prefix))
		return yg_bytes_from(b, v4);
	return b;
}

/* What may follow an address: nothing, the end of a list item, a port. */
static bool read_rest(struct yg_bytes rest, struct yg_bytes *ret_port)
{
	size_t i = 1;

	*ret_port = (struct yg_bytes){0};
	if (rest.size == 0 || rest.data[0] == ',' || rest.data[0] == ' ')
		return true;
	if (rest.data[0] != ':')
		return false;
	while (i < rest.size && i < 6 && is_digit(rest.data[i]))
		i++;
	*ret_port = yg_bytes_cut(rest, 1, i);
	/* some firewalls write "address:port:interface" */
	return i > 1 && (i == rest.size || strchr(",: ", rest.data[i]));
}

/* "%eth0" behind an address: which of this machine's links it belongs to. */
static struct yg_bytes skip_zone(struct yg_bytes b)
{
	size_t i = 0;

	if (byte_at(b, 0) != '%')
		return b;
	while (i < b.size && b.data[i] != ']' && b.data[i] != ',' && b.data[i] != ' ')
		i++;
	return yg_bytes_from(b, i);
}

bool yg_address_in(struct yg_bytes text, struct yg_bytes *ret_address, struct yg_bytes *ret_port)
{
	bool has_bracket = byte_at(text, 0) == '[';
	struct yg_bytes b = has_bracket ? yg_bytes_from(text, 1) : text;
	struct yg_bytes address, port;
	size_t v4 = SIZE_MAX;
	size_t size = v4_size(b);

	if (size == 0)
		size = v6_size(b, &v4);
	if (size == 0)
		return false;
	address = yg_bytes_cut(b, 0, size);
	if (v4 != SIZE_MAX)
		address = unmapped(address, v4);
	b = skip_zone(yg_bytes_from(b, size));
	if (has_bracket) {
		if (byte_at(b, 0) != ']')
			return false;
		b = yg_bytes_from(b, 1);
	}
	if (!read_rest(b, &port))
		return false;
	if (ret_address)
		*ret_address = address;
	if (ret_port)
		*ret_port = port;
	return true;
}

/* Bytes of an address in @b, which holds digits, dots and colons only; ends of sentences are not.
 */
static size_t bare_size(struct yg_bytes b, size_t *ret_v4)
{
	size_t run = 0;
	size_t size = 0;

	while (run < b.size && (is_hex(b.data[run]) || b.data[run] == '.' || b.data[run] == ':'))
		run++;
	for (unsigned tries = 0; tries < 2 && run > 0 && size == 0; tries++, run--) {
		size = v4_size(yg_bytes_cut(b, 0, run));
		if (size == 0)
			size = v6_size(yg_bytes_cut(b, 0, run), ret_v4);
		if (b.data[run - 1] != '.' && b.data[run - 1] != ':')
			break;
	}
	/* "1.2.3.4a" and "1::2g" are names of something else */
	return size > 0 && size < b.size && is_hex(b.data[size]) ? 0 : size;
}

size_t yg_address_at(struct yg_bytes text, struct yg_bytes *ret_address)
{
	struct yg_bytes b = yg_bytes_cut(text, 0, YG_ADDRESS_BYTES_MAX);
	size_t open = byte_at(b, 0) == '[';
	size_t v4 = SIZE_MAX;
	size_t size = bare_size(yg_bytes_from(b, open), &v4);
	struct yg_bytes address = yg_bytes_cut(b, open, open + size);
	struct yg_bytes rest;

	if (size == 0)
		return 0;
	if (v4 != SIZE_MAX)
		address = unmapped(address, v4);
	rest = yg_bytes_from(b, open + size);
	if (byte_at(rest, 0) == '%')
		rest = skip_zone(rest);
	if (open > 0) {
		if (byte_at(rest, 0) != ']')
			return 0;
		rest = yg_bytes_from(rest, 1);
	}
	*ret_address = address;
	return b.size - rest.size;
}

bool yg_address_is_remote(struct yg_bytes address)
{
	bool is_all_zero = true;

	if (yg_bytes_chr(address, '.') != SIZE_MAX && yg_bytes_chr(address, ':') == SIZE_MAX)
		return !yg_bytes_starts(address, YG_S("127.")) &&
		       !yg_bytes_starts(address, YG_S("0."));
	for (size_t i = 0; i + 1 < address.size; i++)
		if (address.data[i] != '0' && address.data[i] != ':')
			is_all_zero = false;
	/* "::", "::1", "0:0:0:0:0:0:0:1" */
	return !(is_all_zero && address.size > 0 &&
		 (address.data[address.size - 1] == '0' || address.data[address.size - 1] == '1' ||
		  address.data[address.size - 1] == ':'));
}
