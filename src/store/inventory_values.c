/* SPDX-License-Identifier: Apache-2.0 */
/* What people write in cells: full-width digits, はい and ○, 2026年4月1日, パソコン. */
#include "store/inventory-int.h"

#include <math.h>

#include "base/utf8.h"

#include "base/ban.h"

#define HEADER_BYTES_MAX 200u /* longer names of columns are none of ours */
#define COUNT_MAX	 1000000
#define CVSS_MAX	 10.0
#define YEAR_LEAST	 "1970-01-01"
#define REIWA_BEFORE	 2018u /* 令和1年 is 2019 */

static const char words_yes[] = "yes|y|true|1|on|ok|enabled|active|はい|有|有り|あり|有効|済|済み|"
				"実施|実施済|実施済み|適用|"
				"対象|利用中|在籍|○|◯|〇|✓|✔|●|オン|する";
static const char words_no[] =
	"no|n|false|0|off|ng|disabled|inactive|いいえ|無|無し|なし|無効|未|未実施|未適用|未対応|"
	"対象外|停止|停止中|×|✕|✗|✖|x|オフ|しない";
static const char words_nothing[] = "-|–|—|ー|?|不明|未確認|未定|unknown|n/a|na|none|null|該当なし";

static size_t narrow_point(uint32_t point, uint8_t to[4])
{
	if (point >= 0xff01 && point <= 0xff5e) /* full-width ASCII */
		point -= 0xfee0;
	else if (point == 0x3000 || point == 0xa0)
		point = ' ';
	return yg_utf8_put(point, to);
}

static uint32_t point_at(const uint8_t *at, size_t size)
{
	switch (size) {
	case 1:
		return at[0];
	case 2:
		return (uint32_t)(at[0] & 0x1f) << 6 | (at[1] & 0x3f);
	case 3:
		return (uint32_t)(at[0] & 0x0f) << 12 | (uint32_t)(at[1] & 0x3f) << 6 |
		       (at[2] & 0x3f);
	default:
		return (uint32_t)(at[0] & 0x07) << 18 | (uint32_t)(at[1] & 0x3f) << 12 |
		       (uint32_t)(at[2] & 0x3f) << 6 | (at[3] & 0x3f);
	}
}

size_t yg_inventory_narrow(struct yg_bytes from, char *to, size_t room)
{
	struct yg_bytes trimmed;
	size_t used = 0;

	for (size_t at = 0, size; at < from.size; at += size) {
		uint8_t one[4];
		size_t one_size;

		size = yg_utf8_size(yg_bytes_from(from, at));
		if (size == 0) /* not UTF-8: kept, and refused by who asks for text */
			size = one_size = 1, one[0] = from.data[at];
		else
			one_size = narrow_point(point_at(from.data + at, size), one);
		if (used + one_size > room)
			return SIZE_MAX;
		memcpy(to + used, one, one_size);
		used += one_size;
	}
	trimmed = yg_bytes_trim((struct yg_bytes){(const uint8_t *)to, used});
	if (trimmed.size > 0)
		memmove(to, trimmed.data, trimmed.size);
	return trimmed.size;
}

/* Names are compared folded, without the blanks and strokes that spreadsheets vary. */
static size_t plain(struct yg_bytes name, char to[HEADER_BYTES_MAX])
{
	size_t size = yg_inventory_narrow(name, to, HEADER_BYTES_MAX);
	size_t used = 0;

	if (size == SIZE_MAX)
		return SIZE_MAX;
	size = yg_fold((struct yg_bytes){(const uint8_t *)to, size}, (uint8_t *)to);
	if (size == 1) /* "-" alone is a word */
		return size;
	for (size_t i = 0; i < size; i++)
		if (to[i] != ' ' && to[i] != '_' && to[i] != '-')
			to[used++] = to[i];
	return used;
}

bool yg_inventory_is_one_of(struct yg_bytes name, const char *names)
{
	char mine[HEADER_BYTES_MAX];
	size_t mine_size = plain(name, mine);
	struct yg_bytes rest = yg_bytes_str(names);

	if (mine_size == SIZE_MAX || mine_size == 0)
		return false;
	while (rest.size > 0) {
		size_t end = yg_bytes_chr(rest, '|');
		char other[HEADER_BYTES_MAX];

		/* Our lists begin each name folded and narrow: most are passed by at a glance. */
		if (rest.data[0] == (uint8_t)mine[0] &&
		    plain(yg_bytes_cut(rest, 0, end), other) == mine_size &&
		    memcmp(mine, other, mine_size) == 0)
			return true;
		rest = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(rest, end + 1);
	}
	return false;
}

/* Replace @from by @to's one byte; false when it is not there. */
static bool swap(char *text, size_t *size, const char *from, char to)
{
	struct yg_bytes whole = {(const uint8_t *)text, *size};
	size_t from_size = strlen(from);
	size_t at = yg_bytes_find(whole, yg_bytes_str(from));

	if (at == SIZE_MAX)
		return false;
	text[at] = to;
	memmove(text + at + 1, text + at + from_size, *size - at - from_size);
	*size -= from_size - 1;
	return true;
}

/* 令和8年 and R8. become 2026. */
static bool from_reiwa(struct yg_bytes text, char *to, size_t room, size_t *ret_size)
{
	struct yg_bytes rest;
	size_t digits = 0;
	uint64_t year;
	int size;

	if (yg_bytes_starts(text, YG_S("令和")))
		rest = yg_bytes_from(text, sizeof("令和") - 1);
	else if (text.size > 1 && (text.data[0] == 'R' || text.data[0] == 'r'))
		rest = yg_bytes_from(text, 1);
	else
		return false;
	if (yg_bytes_starts(rest, YG_S("元")))
		digits = sizeof("元") - 1, year = 1;
	else {
		while (digits < rest.size && digits < 2 && rest.data[digits] >= '0' &&
		       rest.data[digits] <= '9')
			digits++;
		if (!yg_bytes_u64(yg_bytes_cut(rest, 0, digits), &year))
			return false;
	}
	rest = yg_bytes_from(rest, digits);
	size = snprintf(to, room, "%u%.*s", (unsigned)(REIWA_BEFORE + year), YG_FMT(rest));
	if (size < 0 || (size_t)size >= room)
		return false;
	*ret_size = (size_t)size;
	return true;
}

static int read_day(struct yg_bytes narrow, struct yg_inventory_value *ret, const char **ret_why)
{
	char text[64];
	char iso[YG_DAY_SIZE];
	size_t size = narrow.size;
	size_t end;
	int32_t day;

	*ret_why = "a day such as 2026-04-01";
	if (size >= sizeof(text))
		return YG_EFORMAT;
	if (!from_reiwa(narrow, text, sizeof(text), &size))
		memcpy(text, narrow.data, size);
	/* A time behind the day, as spreadsheets and consoles add it, says nothing here. */
	end = yg_bytes_chr((struct yg_bytes){(const uint8_t *)text, size}, ' ');
	if (end == SIZE_MAX)
		end = yg_bytes_chr((struct yg_bytes){(const uint8_t *)text, size}, 'T');
	if (end != SIZE_MAX)
		size = end;
	if (swap(text, &size, "年", '-') && swap(text, &size, "月", '-') &&
	    yg_bytes_ends((struct yg_bytes){(const uint8_t *)text, size}, YG_S("日")))
		size -= sizeof("日") - 1;
	day = yg_day_read((struct yg_bytes){(const uint8_t *)text, size});
	if (day == YG_DAY_NONE || day < 0)
		return YG_EFORMAT;
	yg_day_write(day, iso);
	ret->kind = YG_INV_IS_TEXT;
	ret->size = sizeof(iso) - 1;
	memcpy(ret->text, iso, sizeof(iso));
	return YG_OK;
}

static int read_yes_no(struct yg_bytes narrow, struct yg_inventory_value *ret, const char **ret_why)
{
	bool is_yes = yg_inventory_is_one_of(narrow, words_yes);

	*ret_why = "yes or no (はい, いいえ, ○, ×)";
	if (!is_yes && !yg_inventory_is_one_of(narrow, words_no))
		return YG_EFORMAT;
	ret->kind = YG_INV_IS_INTEGER;
	ret->integer = is_yes;
	return YG_OK;
}

static int read_count(struct yg_bytes narrow, struct yg_inventory_value *ret, const char **ret_why)
{
	uint64_t number;

	*ret_why = "a whole number from 0 to 1000000";
	if (yg_bytes_ends(narrow, YG_S("日"))) /* 180日 */
		narrow = yg_bytes_trim(yg_bytes_cut(narrow, 0, narrow.size - (sizeof("日") - 1)));
	if (!yg_bytes_u64(narrow, &number) || number > COUNT_MAX)
		return YG_EFORMAT;
	ret->kind = YG_INV_IS_INTEGER;
	ret->integer = (int64_t)number;
	return YG_OK;
}

static int read_cvss(struct yg_bytes narrow, struct yg_inventory_value *ret, const char **ret_why)
{
	double number;

	*ret_why = "a CVSS base score from 0.0 to 10.0";
	if (!yg_bytes_double(narrow, &number) || !isfinite(number) || number < 0 ||
	    number > CVSS_MAX)
		return YG_EFORMAT;
	ret->kind = YG_INV_IS_REAL;
	ret->real = number;
	return YG_OK;
}

static bool read_word(const struct yg_inventory_column *column, struct yg_bytes narrow,
		      struct yg_inventory_value *ret)
{
	for (const struct yg_inventory_word *word = column->words; word->word; word++) {
		if (!yg_inventory_is_one_of(narrow, word->word) &&
		    !yg_inventory_is_one_of(narrow, word->synonyms))
			continue;
		ret->kind = YG_INV_IS_TEXT;
		ret->size = strlen(word->word);
		memcpy(ret->text, word->word, ret->size + 1);
		return true;
	}
	return false;
}

/* No line ends and other control characters: a name is one line. */
static bool is_printable(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((uint8_t)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return true;
}

int yg_inventory_value_read(const struct yg_inventory_column *column, struct yg_bytes cell,
			    struct yg_inventory_value *ret, const char **ret_why)
{
	struct yg_bytes narrow;

	ret->kind = YG_INV_NOTHING;
	*ret_why = "at most 1000 bytes";
	ret->size = yg_inventory_narrow(yg_bytes_trim(cell), ret->text, YG_INVENTORY_VALUE_MAX);
	if (ret->size == SIZE_MAX)
		return YG_ELIMIT;
	ret->text[ret->size] = 0;
	narrow = (struct yg_bytes){(const uint8_t *)ret->text, ret->size};
	*ret_why = "text in UTF-8";
	if (!yg_utf8_valid(narrow))
		return YG_EFORMAT;
	if (ret->size == 0)
		return YG_OK;
	/* "none" may be a word of its column, and then is that. */
	if (column->type == YG_INV_WORD && read_word(column, narrow, ret))
		return YG_OK;
	if (yg_inventory_is_one_of(narrow, words_nothing))
		return YG_OK;
	switch (column->type) {
	case YG_INV_DAY:
		return read_day(narrow, ret, ret_why);
	case YG_INV_YES_NO:
		return read_yes_no(narrow, ret, ret_why);
	case YG_INV_COUNT:
		return read_count(narrow, ret, ret_why);
	case YG_INV_CVSS:
		return read_cvss(narrow, ret, ret_why);
	case YG_INV_WORD:
		*ret_why = "one of the words of this column (docs/inventory.md)";
		return YG_EFORMAT;
	default:
		break;
	}
	*ret_why = "one line without control characters";
	if (!is_printable(ret->text, ret->size))
		return YG_EFORMAT;
	ret->kind = YG_INV_IS_TEXT;
	return YG_OK;
}
