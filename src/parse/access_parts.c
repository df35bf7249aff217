/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/access_parts.h"

#include "parse/web.h"
#include "parse/when.h"

#include "base/ban.h"

#define ZONE_SIZE     6u  /* " +0300" */
#define MINUTE_SIZE   18u /* "22/Dec/2016:16:30:" */
#define STATUS_SIZE   6u  /* "\" 200 " */
#define IPV4_SIZE_MAX 15u
#define FORM_SIZE     32u /* of a time and what is behind it */

enum { IS_DIGIT = 1, IS_DOT = 2, IS_COLON = 4, IS_LETTER = 8 };

__extension__ static const uint8_t classes[256] = {
	['0' ... '9'] = IS_DIGIT,  ['.'] = IS_DOT, [':'] = IS_COLON, ['a' ... 'f'] = IS_LETTER,
	['A' ... 'F'] = IS_LETTER,
};

static bool is_digit(uint8_t c)
{
	return (uint8_t)(c - '0') <= 9;
}

/* Size of the address at the front of @record, or 0. */
static size_t client_size(struct yg_bytes record, uint64_t *ret_key)
{
	unsigned dots = 0, colons = 0;
	unsigned seen = 0;
	uint64_t key = 0;
	size_t i = 0;

	for (; i < record.size && i <= YG_ACCESS_CLIENT_MAX; i++) {
		uint8_t class = classes[record.data[i]];

		if (class == 0)
			break;
		seen |= class;
		dots += class == IS_DOT;
		colons += class == IS_COLON;
		key = key << 4 | (record.data[i] & 15u); /* of digits 0 to 9, of the dot 14 */
	}
	*ret_key = 0;
	if (i > YG_ACCESS_CLIENT_MAX || colons > 8)
		return 0;
	/* "2001.db8::7" is none to the reader of all forms, which takes it for a name and a port */
	if (colons >= 2)
		return yg_web_is_address(yg_bytes_cut(record, 0, i)) ? i : 0;
	if (dots != 3 || (seen & ~(unsigned)(IS_DIGIT | IS_DOT)) || !is_digit(record.data[0]) ||
	    !is_digit(record.data[i - 1]))
		return 0;
	*ret_key = i <= IPV4_SIZE_MAX ? key << 4 | i : 0;
	return i;
}

/*
 * "22/Dec/2016:16:30:52 +0300] \"" at the front of @rest? Each byte with @mix in it must lie in
 * @span from @low on. One look for all of them, without branches: the bytes behind fit anyway.
 */
static bool is_time(struct yg_bytes rest)
{
	/* clang-format off: columns */
	static const uint8_t low[FORM_SIZE] = "00/aaa/0000:00:00:00 +0000] \"\0\0";
	static const uint8_t mix[FORM_SIZE] = "\0\0\0\x20\x20\x20";
	static const uint8_t span[FORM_SIZE] =
		"\x09\x09\0\x19\x19\x19\0\x09\x09\x09\x09\0\x09\x09\0\x09\x09\0"
		"\x09\x09\0\x02\x09\x09\x09\x09\0\0\0\xff\xff\xff";
	/* clang-format on */
	uint8_t is_other = 0;

	if (rest.size < FORM_SIZE)
		return false;
	for (size_t i = 0; i < FORM_SIZE; i++)
		is_other |= (uint8_t)((rest.data[i] | mix[i]) - low[i]) > span[i];
	return !is_other && rest.data[YG_ACCESS_TIME_SIZE + 1] != ','; /* between + and - */
}

/* "\" 200 1" at @quote? */
static bool is_status(struct yg_bytes record, size_t quote)
{
	const uint8_t *d = record.data + quote;

	return record.size - quote > STATUS_SIZE && d[1] == ' ' && is_digit(d[2]) &&
	       is_digit(d[3]) && is_digit(d[4]) && d[5] == ' ' && is_digit(d[6]);
}

bool yg_access_part(struct yg_bytes record, struct yg_access_parts *ret)
{
	size_t client = client_size(record, &ret->client_key);
	size_t time, quote, size, end;

	if (client == 0 || !yg_bytes_starts(yg_bytes_from(record, client), YG_S(" - ")))
		return false;
	time = yg_bytes_chr(yg_bytes_cut(record, client, client + YG_ACCESS_BEFORE_MAX), '[');
	if (time == SIZE_MAX)
		return false;
	time += client + 1;
	if (!is_time(yg_bytes_from(record, time)))
		return false;
	quote = time + YG_ACCESS_TIME_SIZE + ZONE_SIZE + sizeof("] \"") - 1;
	end = yg_bytes_chr(yg_bytes_from(record, quote), '"');
	if (end == SIZE_MAX || !is_status(record, quote + end))
		return false;
	size = quote + end + STATUS_SIZE;
	end = size;
	while (end < record.size && is_digit(record.data[end]))
		end++;
	if (end - size > YG_ACCESS_SIZE_MAX ||
	    (end < record.size && !yg_bytes_starts(yg_bytes_from(record, end), YG_S(" \""))))
		return false;
	ret->client = yg_bytes_cut(record, 0, client);
	ret->before = yg_bytes_cut(record, client, time);
	ret->time = yg_bytes_cut(record, time, time + YG_ACCESS_TIME_SIZE);
	ret->middle = yg_bytes_cut(record, time + YG_ACCESS_TIME_SIZE, size);
	ret->size = yg_bytes_cut(record, size, end);
	ret->after = yg_bytes_from(record, end);
	return true;
}

bool yg_access_instant(struct yg_access_minute *minute, const struct yg_access_parts *parts,
		       int64_t *ret_ns)
{
	const uint8_t *text = parts->time.data;
	const uint8_t *zone = parts->middle.data;
	uint32_t second = (uint32_t)(text[18] - '0') * 10 + (uint32_t)(text[19] - '0');
	struct yg_when when;

	if (second > 59 || memcmp(text, minute->text, MINUTE_SIZE) != 0 ||
	    memcmp(zone, minute->text + YG_ACCESS_TIME_SIZE, ZONE_SIZE) != 0) {
		if (!yg_when_clf((struct yg_bytes){text, YG_ACCESS_TIME_SIZE + ZONE_SIZE}, &when) ||
		    !yg_when_instant(&when, NULL, ret_ns))
			return false;
		if (second > 59)
			return true;
		memcpy(minute->text, text, YG_ACCESS_TIME_SIZE + ZONE_SIZE);
		minute->time_ns = *ret_ns - (int64_t)second * YG_NS_PER_S;
	}
	*ret_ns = minute->time_ns + (int64_t)second * YG_NS_PER_S;
	return true;
}
