/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of characters: made, named, without case, turned round. */
#include "detect/nfa-int.h"
#include "detect/patterns.h"

#include "base/ban.h"

#define POINT_MAX 0x10ffffu
#define LONG_S	  0x17fu
#define KELVIN	  0x212au

void yg_nfa_class_init(struct yg_nfa_class *class, unsigned flags)
{
	memset(class->low, 0, sizeof(class->low));
	class->high_count = 0;
	class->is_caseless = flags & YG_REGEX_CASELESS;
	class->is_over = class->is_unknown = false;
}

void yg_nfa_class_add(struct yg_nfa_class *class, uint32_t first, uint32_t last)
{
	for (uint32_t c = first; c <= last && c < 256; c++)
		class->low[c / 32] |= 1u << c % 32;
	if (last < 256)
		return;
	if (class->high_count == YG_NFA_RANGES_MAX) {
		class->is_over = true;
		return;
	}
	class->high[class->high_count++] = (struct yg_nfa_range){first < 256 ? 256 : first, last};
}

static bool has(const struct yg_nfa_class *class, uint32_t c)
{
	if (c < 256)
		return yg_nfa_bit(class->low, c);
	for (uint32_t i = 0; i < class->high_count; i++)
		if (c >= class->high[i].first && c <= class->high[i].last)
			return true;
	return false;
}

void yg_nfa_class_sort(struct yg_nfa_class *class)
{
	struct yg_nfa_range *high = class->high;
	uint32_t count = 0;

	for (uint32_t i = 1; i < class->high_count; i++) {
		struct yg_nfa_range range = high[i];
		uint32_t at = i;

		for (; at > 0 && high[at - 1].first > range.first; at--)
			high[at] = high[at - 1];
		high[at] = range;
	}
	for (uint32_t i = 0; i < class->high_count; i++) {
		if (count == 0 || high[i].first > high[count - 1].last + 1)
			high[count++] = high[i];
		else if (high[i].last > high[count - 1].last)
			high[count - 1].last = high[i].last;
	}
	class->high_count = count;
}

void yg_nfa_class_negate(struct yg_nfa_class *class)
{
	uint32_t next = 256;
	uint32_t count = 0;

	for (uint32_t i = 0; i < 8; i++)
		class->low[i] = ~class->low[i];
	yg_nfa_class_sort(class);
	for (uint32_t i = 0; i < class->high_count; i++) { /* writes no further than it has read */
		struct yg_nfa_range range = class->high[i];

		if (range.first > next)
			class->high[count++] = (struct yg_nfa_range){next, range.first - 1};
		next = range.last + 1;
	}
	if (next <= POINT_MAX && count == YG_NFA_RANGES_MAX)
		class->is_over = true;
	else if (next <= POINT_MAX)
		class->high[count++] = (struct yg_nfa_range){next, POINT_MAX};
	class->high_count = count;
}

void yg_nfa_class_join(struct yg_nfa_class *class, const struct yg_nfa_class *with)
{
	for (uint32_t i = 0; i < 8; i++)
		class->low[i] |= with->low[i];
	for (uint32_t i = 0; i < with->high_count; i++)
		yg_nfa_class_add(class, with->high[i].first, with->high[i].last);
	class->is_over |= with->is_over;
}

static bool is_ascii(const struct yg_nfa_class *class)
{
	return class->high_count == 0 &&
	       (class->low[4] | class->low[5] | class->low[6] | class->low[7]) == 0;
}

static void fold_ascii(struct yg_nfa_class *class)
{
	for (uint32_t c = 'A'; c <= 'Z'; c++)
		if (has(class, c) || has(class, c + 32)) {
			yg_nfa_class_add(class, c, c);
			yg_nfa_class_add(class, c + 32, c + 32);
		}
}

struct name {
	const char *name;
	struct yg_nfa_range ranges[8]; /* ended by {0, 0}, unless it comes first */
};

static const struct name names[] = {
	{"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
	{"alpha", {{'A', 'Z'}, {'a', 'z'}}},
	{"ascii", {{0, 127}}},
	{"blank", {{'\t', '\t'}, {' ', ' '}}},
	{"cntrl", {{0, 31}, {127, 127}}},
	{"digit", {{'0', '9'}}},
	{"graph", {{33, 126}}},
	{"lower", {{'a', 'z'}}},
	{"print", {{32, 126}}},
	{"punct", {{33, 47}, {58, 64}, {91, 96}, {123, 126}}},
	{"space", {{'\t', '\r'}, {' ', ' '}}},
	{"upper", {{'A', 'Z'}}},
	{"word", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
	{"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
	/* Not names of the syntax: the escapes that have none. */
	{"\\h",
	 {{'\t', '\t'},
	  {' ', ' '},
	  {0xa0, 0xa0},
	  {0x1680, 0x1680},
	  {0x180e, 0x180e},
	  {0x2000, 0x200a},
	  {0x202f, 0x202f},
	  {0x205f, 0x205f}}},
	{"\\v", {{'\n', '\r'}, {0x85, 0x85}, {0x2028, 0x2029}}},
};

static bool add_named(struct yg_nfa_class *class, struct yg_bytes name, bool is_negated)
{
	struct yg_nfa_class part;
	size_t at = 0;

	while (at < sizeof(names) / sizeof(names[0]) &&
	       !yg_bytes_eq(name, yg_bytes_str(names[at].name)))
		at++;
	if (at == sizeof(names) / sizeof(names[0]))
		return false;
	yg_nfa_class_init(&part, 0);
	for (uint32_t i = 0; i < 8; i++) {
		struct yg_nfa_range range = names[at].ranges[i];

		if (range.last != 0)
			yg_nfa_class_add(&part, range.first, range.last);
	}
	if (yg_bytes_eq(name, YG_S("\\h")))
		yg_nfa_class_add(&part, 0x3000, 0x3000);
	if (class->is_caseless &&
	    (names[at].ranges[0].last == 'Z' || names[at].ranges[0].last == 'z'))
		fold_ascii(&part); /* upper and lower; alpha has both */
	if (is_negated)
		yg_nfa_class_negate(&part);
	yg_nfa_class_join(class, &part);
	return true;
}

bool yg_nfa_class_add_named(struct yg_nfa_class *class, struct yg_bytes name, bool is_negated)
{
	return !yg_bytes_starts(name, YG_S("\\")) && add_named(class, name, is_negated);
}

bool yg_nfa_class_add_escape(struct yg_nfa_class *class, uint8_t letter)
{
	bool is_negated = letter >= 'A' && letter <= 'Z';

	switch (letter | 0x20) {
	case 'd':
		return add_named(class, YG_S("digit"), is_negated);
	case 's':
		return add_named(class, YG_S("space"), is_negated);
	case 'w':
		return add_named(class, YG_S("word"), is_negated);
	case 'h':
		return add_named(class, YG_S("\\h"), is_negated);
	case 'v':
		return add_named(class, YG_S("\\v"), is_negated);
	default:
		return false;
	}
}

/*
 * Letters and their other cases: @first, first + step, … @last each with that plus @delta. Letters
 * with three forms stand in three pairs. Source: Unicode, CaseFolding.txt (simple), as Vectorscan
 * has it.
 */
static const struct {
	uint16_t first, last;
	uint16_t delta;
	uint16_t step;
} cases[] = {
	{65, 90, 32, 1},       {75, 75, 8415, 1},   {83, 83, 300, 1},	 {107, 107, 8383, 1},
	{115, 115, 268, 1},    {181, 181, 743, 1},  {181, 181, 775, 1},	 {192, 214, 32, 1},
	{197, 197, 8294, 1},   {216, 222, 32, 1},   {223, 223, 7615, 1}, {229, 229, 8262, 1},
	{255, 255, 121, 1},    {256, 302, 1, 2},    {306, 310, 1, 2},	 {313, 327, 1, 2},
	{330, 374, 1, 2},      {377, 381, 1, 2},    {880, 882, 1, 2},	 {886, 886, 1, 1},
	{891, 893, 130, 1},    {895, 895, 116, 1},  {902, 902, 38, 1},	 {904, 906, 37, 1},
	{908, 908, 64, 1},     {910, 911, 63, 1},   {913, 929, 32, 1},	 {914, 914, 62, 1},
	{917, 917, 96, 1},     {920, 920, 57, 1},   {920, 920, 92, 1},	 {921, 921, 7205, 1},
	{922, 922, 86, 1},     {928, 928, 54, 1},   {929, 929, 80, 1},	 {931, 931, 31, 1},
	{931, 939, 32, 1},     {934, 934, 47, 1},   {937, 937, 7549, 1}, {946, 946, 30, 1},
	{949, 949, 64, 1},     {952, 952, 25, 1},   {952, 952, 60, 1},	 {953, 953, 7173, 1},
	{954, 954, 54, 1},     {960, 960, 22, 1},   {961, 961, 48, 1},	 {962, 962, 1, 1},
	{966, 966, 15, 1},     {969, 969, 7517, 1}, {975, 975, 8, 1},	 {977, 977, 35, 1},
	{984, 1006, 1, 2},     {1010, 1010, 7, 1},  {1015, 1015, 1, 1},	 {1018, 1018, 1, 1},
	{1024, 1039, 80, 1},   {1040, 1071, 32, 1}, {1120, 1152, 1, 2},	 {1162, 1214, 1, 2},
	{1216, 1216, 15, 1},   {1217, 1229, 1, 2},  {1232, 1326, 1, 2},	 {1329, 1366, 48, 1},
	{7680, 7828, 1, 2},    {7776, 7776, 59, 1}, {7777, 7777, 58, 1}, {7840, 7934, 1, 2},
	{8498, 8498, 28, 1},   {8544, 8559, 16, 1}, {8579, 8579, 1, 1},	 {9398, 9423, 26, 1},
	{65313, 65338, 32, 1},
};

/*
 * Where the table above says all there is to say: Latin-1, Extended-A and Extended Additional,
 * Greek, Cyrillic, Armenian, punctuation, signs and numbers, full-width; and what knows no case:
 * Hebrew to Burmese, kana, Chinese characters, Hangul, pictures.
 */
static const struct yg_nfa_range known[] = {
	{256, 383},	{890, 1423},	{1424, 4255},	{7680, 7935},	    {8192, 11263},
	{11904, 42559}, {44032, 64255}, {64336, 65535}, {0x1f000, 0x3ffff},
};

void yg_nfa_class_fold(struct yg_nfa_class *class)
{
	if (!class->is_caseless)
		return;
	if (is_ascii(class)) { /* what the table below says of them */
		bool has_k = has(class, 'k') || has(class, 'K');
		bool has_s = has(class, 's') || has(class, 'S');

		fold_ascii(class);
		if (has_k)
			yg_nfa_class_add(class, KELVIN, KELVIN);
		if (has_s)
			yg_nfa_class_add(class, LONG_S, LONG_S);
		return;
	}
	for (uint32_t i = 0; i < class->high_count; i++) {
		bool is_known = false;

		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			is_known |= class->high[i].first >= known[k].first &&
				    class->high[i].last <= known[k].last;
		class->is_unknown |= !is_known;
	}
	/* What is added completes a letter's forms: rows seen later add nothing wrong. */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (uint32_t c = cases[i].first; c <= cases[i].last; c += cases[i].step) {
			uint32_t other = c + cases[i].delta;

			if (has(class, c) && !has(class, other))
				yg_nfa_class_add(class, other, other);
			else if (has(class, other) && !has(class, c))
				yg_nfa_class_add(class, c, c);
		}
}

static bool is_other_ascii(uint32_t first, uint32_t last)
{
	return first == last && (first == LONG_S || first == KELVIN);
}

/* The characters beyond ASCII are all in @set but for the two, if those. */
static bool has_all(const struct yg_nfa *nfa, const struct yg_nfa_set *set, bool *ret_is_folded)
{
	const struct yg_nfa_range *ranges = nfa->ranges + set->range_first;
	uint32_t next = 256;

	for (uint32_t i = 0; i < set->range_count; i++) {
		if (ranges[i].first > next && !is_other_ascii(next, ranges[i].first - 1))
			return false;
		*ret_is_folded |= ranges[i].first > next;
		next = ranges[i].last + 1;
	}
	return next == POINT_MAX + 1;
}

static bool has_none(const struct yg_nfa *nfa, const struct yg_nfa_set *set, bool *ret_is_folded)
{
	const struct yg_nfa_range *ranges = nfa->ranges + set->range_first;

	for (uint32_t i = 0; i < set->range_count; i++) {
		if (!is_other_ascii(ranges[i].first, ranges[i].last))
			return false;
		*ret_is_folded = true;
	}
	return true;
}

bool yg_nfa_is_alike(const struct yg_nfa *nfa, bool *ret_is_folded)
{
	*ret_is_folded = false;
	for (uint32_t i = 0; i < nfa->set_count; i++) {
		const struct yg_nfa_set *set = &nfa->sets[i];
		const uint32_t *low = set->low;

		if ((low[4] & low[5] & low[6] & low[7]) == UINT32_MAX) {
			if (!has_all(nfa, set, ret_is_folded))
				return false;
		} else if ((low[4] | low[5] | low[6] | low[7]) != 0 ||
			   !has_none(nfa, set, ret_is_folded)) {
			return false;
		}
	}
	return true;
}
