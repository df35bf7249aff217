/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The search for indicators in the text of a field, in one bounded pass:
 *
 *   '.'  ─► end of the token ─┬ digit ─► address ─► one probe per prefix length in use
 *                             └ a last label that is listed ─► name ─► one probe per label
 *   ':'  ─► "://" ─► URL, or IPv6
 *   hex  ─► every 32nd byte: runs of 32, 40, 64
 *
 * A probe asks a filter first, whose cells are called for when the value is found and looked at
 * when the record was read to its end: what is not listed costs no waiting for memory. JSON's
 * escapes are understood in place: decoding every text would cost more than the search.
 */
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "detect/indicators-int.h"

#include "base/ban.h"

#define LABELS_MAX     32u /* of a name, from its end */
#define ADDRESS_PROBES 16u /* of one address at a time */
#define V6_TEXT_MAX    45u
#define REACH	       (YG_HOST_MAX + 16u) /* tokens that reach further back are no names */

void yg_indicator_scan_init(struct yg_indicator_scan *s, const struct yg_indicator_table *table,
			    struct yg_indicator_hit *to, uint32_t room)
{
	/* Not all of it: the places for probes and keys are large, and written before they are
	 * read. */
	s->table = table;
	s->to = to;
	s->room = room;
	s->count = 0;
	s->field = 0;
	s->text = (struct yg_bytes){NULL, 0};
	s->is_escaped = false;
	s->name = (struct yg_bytes){NULL, 0};
	s->probe_count = 0;
	s->key_size = 0;
	s->memo = NULL;
	s->is_unasked = false;
	s->is_clean = false;
	s->clean_count = 0;
	s->tell = NULL;
	s->tell_arg = NULL;
	s->v6_end = 0;
}

static void add_hit(struct yg_indicator_scan *s, uint32_t index, const struct yg_indicator_probe *p)
{
	if (index == YG_INDICATOR_NONE || s->count == s->room)
		return;
	for (uint32_t i = 0; i < s->count; i++)
		if (s->to[i].index == index)
			return;
	s->to[s->count++] = (struct yg_indicator_hit){index, p->field, p->text};
}

/* The filter lets it pass: look it up. */
static void settle(struct yg_indicator_scan *s, const struct yg_indicator_probe *p)
{
	struct yg_bytes key = {s->keys + p->key_at, p->key_size};
	uint8_t text[YG_INDICATOR_ADDRESS_TEXT_MAX];
	uint8_t address[16];

	for (uint32_t i = 0; i < s->clean_count; i++)
		if (s->clean[i].field == p->field)
			s->clean[i].place = NULL;
	if (p->kind == YG_KEY_ADDRESS) { /* the table holds it as it is written */
		memcpy(address, key.data, sizeof(address));
		yg_indicator_mask(address, p->bits);
		key = (struct yg_bytes){text, yg_indicator_address_text(address, p->bits, text)};
	}
	add_hit(s, yg_indicator_table_find(s->table, p->hash, p->kind, key), p);
}

/* Where it is kept that nothing has @hash: hosts and addresses repeat, and the filter is far away.
 */
static uint64_t *absent_place(struct yg_indicator_memo *memo, uint64_t hash)
{
	return &memo->absent[hash % YG_INDICATOR_MEMO_ABSENT];
}

static void settle_all(struct yg_indicator_scan *s)
{
	const uint8_t *cells = s->table->cells;

	for (uint32_t i = 0; i < s->probe_count; i++) {
		const struct yg_indicator_probe *p = &s->probes[i];

		if ((cells[p->places[0]] ^ cells[p->places[1]] ^ cells[p->places[2]]) == p->print)
			settle(s, p);
		else if (s->memo)
			*absent_place(s->memo, p->hash) = p->hash;
	}
	s->probe_count = 0;
	s->key_size = 0;
}

void yg_indicator_scan_end(struct yg_indicator_scan *s)
{
	settle_all(s);
	for (uint32_t i = 0; i < s->clean_count; i++) {
		const struct yg_indicator_clean *one = &s->clean[i];

		if (!one->place)
			continue;
		one->place->hash = one->hash;
		one->place->size = (uint32_t)one->text.size;
		one->place->is_escaped = one->is_escaped;
		memcpy(one->place->text, one->text.data, one->text.size);
	}
}

/* Room for a key and @probes of it or of its ends. */
static uint8_t *key_room(struct yg_indicator_scan *s, size_t size, uint32_t probes)
{
	if (s->key_size + size > sizeof(s->keys) ||
	    s->probe_count + probes > YG_INDICATOR_PROBES_MAX)
		settle_all(s);
	return s->keys + s->key_size;
}

/*
 * What would be looked up is told, and nothing is: the keys of an archive's filters are made by the
 * search itself, so that they cannot miss what it would find (detect/keys.c).
 */
static bool is_told(const struct yg_indicator_scan *s, uint64_t hash)
{
	if (s->tell)
		s->tell(s->tell_arg, hash);
	return s->tell != NULL;
}

/*
 * Ask for the key (in s->keys) later: the three cells of the filter are called for now and have
 * come from memory when the record has been read to its end.
 */
static void probe(struct yg_indicator_scan *s, uint64_t hash, enum yg_indicator_key kind,
		  uint8_t bits, struct yg_bytes key, struct yg_bytes text)
{
	const struct yg_indicator_table *t = s->table;
	struct yg_indicator_probe *p = &s->probes[s->probe_count];

	if (is_told(s, hash) || (s->memo && hash != 0 && *absent_place(s->memo, hash) == hash))
		return;
	s->probe_count++;
	p->hash = hash;
	p->print =
		yg_fuse_places(&t->filters[yg_indicator_top(hash, t->part_bits)], hash, p->places);
	for (unsigned i = 0; i < 3; i++)
		__builtin_prefetch(t->cells + p->places[i]);
	p->kind = (uint8_t)kind;
	p->bits = bits;
	p->key_at = (uint16_t)(key.data - s->keys);
	p->key_size = (uint16_t)key.size;
	p->field = s->field;
	p->text = text;
}

/* "FileVersion: 10.0.0.1" is no address. */
static bool is_version(const struct yg_indicator_scan *s)
{
	return s->name.size >= 7 &&
	       yg_bytes_eq_nocase(yg_bytes_from(s->name, s->name.size - 7), YG_S("version"));
}

static void try_address(struct yg_indicator_scan *s, struct yg_bytes text)
{
	const struct yg_indicator_table *t = s->table;
	uint8_t address[16];
	uint8_t *key = NULL;

	if (t->length_count == 0 || !yg_indicator_address(text, address) || is_version(s))
		return;
	for (unsigned i = 0; i < t->length_count; i++) { /* longest first */
		if (i % ADDRESS_PROBES == 0) {
			key = key_room(s, sizeof(address), ADDRESS_PROBES);
			memcpy(key, address, sizeof(address));
			s->key_size += sizeof(address);
		}
		if (t->lengths[i] < 128)
			yg_indicator_mask(address, t->lengths[i]);
		probe(s, yg_indicator_address_hash(t->seed, address, t->lengths[i]), YG_KEY_ADDRESS,
		      t->lengths[i], (struct yg_bytes){key, sizeof(address)}, text);
	}
}

static void try_host(struct yg_indicator_scan *s, struct yg_bytes text)
{
	uint8_t *name;
	size_t size;
	uint8_t dots[LABELS_MAX];
	size_t count = 0;
	struct yg_bytes host;

	if (!s->table->has[YG_INDICATOR_DOMAIN])
		return;
	name = key_room(s, YG_HOST_MAX, LABELS_MAX);
	size = yg_indicator_host(text, name);
	if (size == 0)
		return;
	s->key_size += (uint32_t)size;
	host = (struct yg_bytes){name, size};
	for (size_t i = size; i-- > 0 && count < LABELS_MAX;)
		if (name[i] == '.')
			dots[count++] = (uint8_t)i;
	/* From the whole name (unless it has absurdly many labels) to its last two. */
	for (size_t i = count < LABELS_MAX ? count : count - 1; i > 0; i--) {
		struct yg_bytes key = i == count ? host : yg_bytes_from(host, dots[i] + 1);

		probe(s, yg_indicator_key_hash(s->table->seed, YG_KEY_DOMAIN, key), YG_KEY_DOMAIN,
		      0, key, text);
	}
}

static void try_hash(struct yg_indicator_scan *s, struct yg_bytes text)
{
	struct yg_bytes key;
	uint8_t *hex;

	if (text.size != 32 && text.size != 40 && text.size != 64)
		return;
	hex = key_room(s, text.size, 1);
	for (size_t i = 0; i < text.size; i++)
		hex[i] = (uint8_t)(text.data[i] | 0x20); /* digits have that bit already */
	s->key_size += (uint32_t)text.size;
	key = (struct yg_bytes){hex, text.size};
	probe(s, yg_indicator_key_hash(s->table->seed, YG_KEY_HASH, key), YG_KEY_HASH, 0, key,
	      text);
}

static void try_url_key(struct yg_indicator_scan *s, struct yg_bytes key, struct yg_bytes text)
{
	probe(s, yg_indicator_key_hash(s->table->seed, YG_KEY_URL, key), YG_KEY_URL, 0, key, text);
}

/* With and without its query, with and without its scheme. */
static void try_url(struct yg_indicator_scan *s, struct yg_bytes plain, struct yg_bytes text)
{
	uint8_t *url = key_room(s, YG_INDICATOR_VALUE_MAX, 4);
	size_t query = 0;
	size_t size = yg_indicator_url(plain, url, &query);
	struct yg_bytes whole = {url, size};
	size_t scheme = yg_bytes_find(whole, YG_S("://"));

	if (size == 0 || is_told(s, yg_indicator_key_hash(s->table->seed, YG_KEY_URL,
							  yg_indicator_url_host(whole))))
		return;
	s->key_size += (uint32_t)size;
	try_url_key(s, whole, text);
	try_url_key(s, yg_bytes_from(whole, scheme + 3), text);
	if (query == size)
		return;
	try_url_key(s, yg_bytes_cut(whole, 0, query), text);
	try_url_key(s, yg_bytes_cut(whole, scheme + 3, query), text);
}

enum {
	IS_NAME = 1, /* letters, digits, '.', '-', '_' */
	IS_HEX = 2,
	IS_V6 = 4,	/* hex digits, ':', '.' */
	IS_URL_END = 8, /* what no URL holds, or what encloses URLs in texts */
	IS_WORD = 16,	/* letters and digits */
	IS_DIGIT = 32,
};

__extension__ static const uint8_t classes[256] = {
	[0 ... ' '] = IS_URL_END,
	['"'] = IS_URL_END,
	['<'] = IS_URL_END,
	['>'] = IS_URL_END,
	['\''] = IS_URL_END,
	['`'] = IS_URL_END,
	['|'] = IS_URL_END,
	['\\'] = IS_URL_END,
	['{'] = IS_URL_END,
	['}'] = IS_URL_END,
	['^'] = IS_URL_END,
	[0x7f ... 0xff] = IS_URL_END,
	['.'] = IS_NAME | IS_V6,
	['-'] = IS_NAME,
	['_'] = IS_NAME,
	[':'] = IS_V6,
	['0' ... '9'] = IS_NAME | IS_HEX | IS_V6 | IS_WORD | IS_DIGIT,
	['a' ... 'f'] = IS_NAME | IS_HEX | IS_V6 | IS_WORD,
	['g' ... 'z'] = IS_NAME | IS_WORD,
	['A' ... 'F'] = IS_NAME | IS_HEX | IS_V6 | IS_WORD,
	['G' ... 'Z'] = IS_NAME | IS_WORD,
};

static bool is_class(struct yg_bytes b, size_t at, uint8_t class)
{
	return at < b.size && (classes[b.data[at]] & class) != 0;
}

/*
 * What stands before @at in the text as it is meant, 0 at its front; *ret_at: where that begins. In
 * escaped text "\\\\" is one backslash, "\\/" a slash, and "\\n" something that divides.
 */
static uint8_t before(const struct yg_indicator_scan *s, size_t at, size_t *ret_at)
{
	struct yg_bytes text = s->text;
	size_t slashes = 0;
	uint8_t c = at > 0 ? text.data[at - 1] : 0;

	*ret_at = at > 0 ? at - 1 : 0;
	if (!s->is_escaped || at < 2 || text.data[at - 2] != '\\')
		return c;
	while (slashes < at - 1 && text.data[at - 2 - slashes] == '\\')
		slashes++;
	if (slashes % 2 == 0)
		return c;
	*ret_at = at - 2;
	return c == '/' || c == '\\' || c == '"' ? c : ' ';
}

/* Escapes before a token: in "\\nevil.example" the n does not belong to it. */
static size_t skip_escape(const struct yg_indicator_scan *s, size_t from)
{
	struct yg_bytes text = s->text;
	size_t slashes = 0;

	if (from > 0 && text.data[from - 1] == '%')
		return is_class(text, from, IS_HEX) && is_class(text, from + 1, IS_HEX) ? from + 2
											: from;
	if (!s->is_escaped)
		return from;
	while (slashes < from && text.data[from - 1 - slashes] == '\\')
		slashes++;
	if (slashes % 2 == 0)
		return from;
	return from + (text.data[from] == 'u' ? 5 : 1);
}

/* The same for a run of hex digits: "\\u000a2001:db8::1" has four that belong to the escape. */
static size_t skip_escape_hex(const struct yg_indicator_scan *s, size_t from)
{
	size_t start = skip_escape(s, from);

	if (start == from && s->is_escaped && from > 0 && s->text.data[from - 1] == 'u' &&
	    skip_escape(s, from - 1) > from)
		return from + 4;
	return start;
}

/*
 * Does the token at @from follow a single slash or backslash? Then it is a file name or, behind a
 * word ("Chrome/120.0.0.0"), a version.
 */
static bool is_path_part(const struct yg_indicator_scan *s, size_t from, bool *ret_is_behind_word)
{
	size_t at;
	uint8_t first = before(s, from, &at);
	uint8_t second = at > 0 ? before(s, at, &at) : 0;

	*ret_is_behind_word = (classes[second] & IS_WORD) != 0;
	return (first == '/' || first == '\\') && first != second;
}

static void take_name(struct yg_indicator_scan *s, size_t from, size_t to)
{
	bool is_behind_word;

	while (from < to && (s->text.data[from] == '.' || s->text.data[from] == '-'))
		from++;
	if (from < to && to - from <= YG_HOST_MAX && !is_path_part(s, from, &is_behind_word))
		try_host(s, yg_bytes_cut(s->text, from, to));
}

/* "192.0.2.1", or two of them around a hyphen. */
static void take_numbers(struct yg_indicator_scan *s, size_t from, size_t to)
{
	struct yg_bytes text = s->text;
	bool is_behind_word;

	if (to - from < 7 || to - from > 64 ||
	    (is_path_part(s, from, &is_behind_word) && is_behind_word))
		return;
	for (size_t i = from; i < to;) {
		size_t end = i;

		while (end < to && (text.data[end] == '.' || (classes[text.data[end]] & IS_DIGIT)))
			end++;
		if (end < to && text.data[end] != '-' && text.data[end] != '_')
			return; /* letters: no address */
		try_address(s, yg_bytes_cut(text, i, end));
		i = end + 1;
	}
}

/* Can a name end with this label? */
static bool is_listed_top(const struct yg_indicator_scan *s, size_t from, size_t to)
{
	uint32_t bit = yg_indicator_top_bit(yg_bytes_cut(s->text, from, to));

	return (s->table->kinds->tops[bit / 64] >> bit % 64 & 1) != 0;
}

/* The token around @dot that ends at @to, not reaching below @low. */
static void take_token(struct yg_indicator_scan *s, size_t low, size_t dot, size_t to,
		       bool is_number)
{
	size_t from = dot;

	while (from > low && (classes[s->text.data[from - 1]] & IS_NAME))
		from--;
	from = skip_escape(s, from);
	if (from < dot && is_number)
		take_numbers(s, from, to);
	else if (from < dot)
		take_name(s, from, to);
}

/*
 * The label behind the dot at @dot; when it is the last of its token, the token, not reaching below
 * @low. Returns up to where all is done. Most tokens (file names, fractions) end here.
 */
static size_t take_dot(struct yg_indicator_scan *s, size_t dot, size_t low)
{
	struct yg_bytes text = s->text;
	bool is_number;
	size_t end = dot + 1;
	size_t to;

	while (is_class(text, end, IS_NAME) && text.data[end] != '.')
		end++;
	if (end < text.size && text.data[end] == '.' && is_class(text, end + 1, IS_WORD))
		return low;					 /* not the last */
	for (to = end; !(classes[text.data[to - 1]] & IS_WORD);) /* is_mark() saw one */
		to--;
	is_number = (classes[text.data[dot + 1]] & IS_DIGIT) != 0;
	if (!is_number && !is_listed_top(s, dot + 1, to))
		return end;
	take_token(s, low, dot, to, is_number);
	/* Where a search begins depends on what it found before, which nobody knows here. */
	if (s->tell && low > 0)
		take_token(s, dot > REACH ? dot - REACH : 0, dot, to, is_number);
	if (s->tell && s->v6_end > low && s->v6_end <= dot)
		take_token(s, s->v6_end, dot, to, is_number);
	return end;
}

/* The URL around the colon at @colon, without JSON's escapes, in @to; its size. */
static size_t copy_url(const struct yg_indicator_scan *s, size_t colon,
		       uint8_t to[YG_INDICATOR_VALUE_MAX], struct yg_bytes *ret_text)
{
	struct yg_bytes text = s->text;
	size_t from = colon;
	size_t end = colon;
	size_t size = 0;

	while (from > 0 && colon - from < 12 && (classes[text.data[from - 1]] & IS_WORD))
		from--;
	from = from < colon ? skip_escape(s, from) : from;
	for (size_t i = from; i < text.size && size < YG_INDICATOR_VALUE_MAX;) {
		if (s->is_escaped && text.data[i] == '\\' && i + 1 < text.size &&
		    text.data[i + 1] == '/')
			i++;
		else if (classes[text.data[i]] & IS_URL_END)
			break;
		to[size++] = text.data[i++];
		end = i;
	}
	/* Ends of sentences and brackets around it do not belong to it. */
	while (size > 0 && strchr(".,;)]", to[size - 1]) != NULL) {
		size--;
		end--;
	}
	*ret_text = yg_bytes_cut(text, from, end);
	return size;
}

static bool is_url_colon(const struct yg_indicator_scan *s, size_t colon)
{
	struct yg_bytes rest = yg_bytes_from(s->text, colon + 1);

	return yg_bytes_starts(rest, YG_S("//")) ||
	       (s->is_escaped && yg_bytes_starts(rest, YG_S("\\/\\/")));
}

/* The address around @colon that ends at @to, not reaching below @low: is it a new hit? */
static bool try_v6(struct yg_indicator_scan *s, size_t colon, size_t low, size_t to)
{
	struct yg_bytes text = s->text;
	uint8_t address[16];
	size_t from = colon;
	uint32_t count;

	while (from > low && colon - from < 9 && is_class(text, from - 1, IS_HEX))
		from--;
	if (from < colon)
		from = skip_escape_hex(s, from);
	if (from > colon)
		return false;
	if (text.data[to - 1] == '.' || (text.data[to - 1] == ':' && text.data[to - 2] != ':'))
		to--; /* the end of a sentence, "from ADDRESS:" */
	s->v6_end = to;
	text = yg_bytes_cut(text, from, to);
	if (!yg_indicator_address(text, address))
		return false;
	/* "src:2001:db8::1" begins with a legal address, too: only a listed one ends the look. */
	settle_all(s);
	count = s->count;
	try_address(s, text);
	settle_all(s);
	return s->count > count;
}

/* IPv6 addresses hold two colons or more. Returns where to go on. */
static size_t take_v6(struct yg_indicator_scan *s, size_t colon, size_t low)
{
	struct yg_bytes text = s->text;
	size_t to = colon + 1;
	size_t colons = 1;

	for (; is_class(text, to, IS_V6) && to - colon <= V6_TEXT_MAX; to++)
		colons += text.data[to] == ':';
	if (colons < 2)
		return colon + 1;
	if (s->tell && low > 0) /* as in take_dot() */
		(void)try_v6(s, colon, 0, to);
	if (!try_v6(s, colon, low, to))
		return colon + 1;
	if (text.data[to - 1] == '.' || (text.data[to - 1] == ':' && text.data[to - 2] != ':'))
		to--;
	return to;
}

static size_t take_colon(struct yg_indicator_scan *s, size_t colon, size_t low)
{
	uint8_t url[YG_INDICATOR_VALUE_MAX];
	struct yg_bytes text;
	size_t size;

	if (!is_url_colon(s, colon))
		return s->table->has_v6 ? take_v6(s, colon, low) : colon + 1;
	if (s->table->has[YG_INDICATOR_URL]) {
		size = copy_url(s, colon, url, &text);
		try_url(s, (struct yg_bytes){url, size}, text);
	}
	return colon + 1; /* the host in it is a token of its own */
}

/* Can the dot at @at stand before the last part of an IPv4 address? One to three digits, a dot. */
static inline bool is_fourth_part(struct yg_bytes text, size_t at)
{
	return at >= 5 && (classes[text.data[at - 1]] & IS_DIGIT) &&
	       (text.data[at - 2] == '.' || text.data[at - 3] == '.' || text.data[at - 4] == '.');
}

/* Can a token or a URL be around this mark at all? Most are the ends of sentences and of files. */
static inline bool is_mark(const struct yg_indicator_scan *s, size_t at)
{
	uint8_t next = at + 1 < s->text.size ? s->text.data[at + 1] : ' ';
	uint32_t pair;

	if (s->text.data[at] != '.')
		return s->table->has_colons &&
		       ((classes[next] & IS_V6) || next == '/' || (next == '\\' && s->is_escaped));
	if (classes[next] & IS_DIGIT)
		return s->table->length_count > 0 && is_fourth_part(s->text, at);
	if (!(classes[next] & IS_WORD) || at + 2 >= s->text.size)
		return false;
	pair = yg_indicator_pair(next, s->text.data[at + 2]);
	return (s->table->kinds->pairs[pair / 64] >> pair % 64 & 1) != 0;
}

/*
 * Was nothing found in this text before? If not, it may turn out so now. Asked when the first thing
 * was met that has to be looked at: most texts hold nothing like it and are searched sooner than
 * they are found among those remembered.
 */
static bool is_known_clean(struct yg_indicator_scan *s)
{
	struct yg_indicator_clean one = {
		.text = s->text, .field = s->field, .is_escaped = s->is_escaped};

	if (!s->is_unasked)
		return false;
	s->is_unasked = false;
	one.hash = yg_hash64(s->text, s->table->seed);
	one.place = &s->memo->texts[one.hash % YG_INDICATOR_MEMO_TEXTS];
	s->is_clean = one.place->hash == one.hash && one.place->size == s->text.size &&
		      one.place->is_escaped == s->is_escaped &&
		      memcmp(one.place->text, s->text.data, s->text.size) == 0;
	/* What is clean as a version might hold an address elsewhere. */
	if (!s->is_clean && s->clean_count < YG_INDICATOR_CLEAN_MAX && !is_version(s))
		s->clean[s->clean_count++] = one;
	return s->is_clean;
}

static size_t take_mark(struct yg_indicator_scan *s, size_t at, size_t low)
{
	return s->text.data[at] == '.' ? take_dot(s, at, low) : take_colon(s, at, low);
}

/* Is byte @c in the eight of @word? */
static inline bool has_byte(uint64_t word, uint8_t c)
{
	uint64_t x = word ^ UINT64_C(0x0101010101010101) * c;

	return ((x - UINT64_C(0x0101010101010101)) & ~x & UINT64_C(0x8080808080808080)) != 0;
}

/* Most fields are short and hold neither: 4 to 16 bytes are looked at in two overlapping words. */
static bool is_short_and_plain(const struct yg_indicator_scan *s)
{
	struct yg_bytes text = s->text;
	uint64_t head = 0;
	uint64_t tail = 0;

	if (text.size > 16)
		return false;
	if (text.size >= 8) {
		memcpy(&head, text.data, 8);
		memcpy(&tail, text.data + text.size - 8, 8);
	} else {
		memcpy(&head, text.data, 4);
		memcpy(&tail, text.data + text.size - 4, 4);
	}
	return !has_byte(head, '.') && !has_byte(tail, '.') &&
	       !(s->table->has_colons && (has_byte(head, ':') || has_byte(tail, ':')));
}

static void scan_marks(struct yg_indicator_scan *s)
{
	struct yg_bytes text = s->text;
	size_t low = 0; /* up to here all is done */
	size_t at = 0;

#ifdef __SSE2__
	const __m128i dot = _mm_set1_epi8('.');
	const __m128i colon = _mm_set1_epi8(s->table->has_colons ? ':' : '.');

	for (; text.size - at >= 16; at += 16) {
		__m128i part = _mm_loadu_si128((const __m128i *)(const void *)(text.data + at));
		unsigned mask = (unsigned)_mm_movemask_epi8(
			_mm_or_si128(_mm_cmpeq_epi8(part, dot), _mm_cmpeq_epi8(part, colon)));

		for (; mask; mask &= mask - 1) {
			size_t mark = at + (size_t)__builtin_ctz(mask);

			if (mark < low || !is_mark(s, mark))
				continue;
			if (is_known_clean(s))
				return;
			low = take_mark(s, mark, low);
		}
	}
#endif
	for (; at < text.size; at++) {
		if (at < low || (text.data[at] != '.' && text.data[at] != ':') || !is_mark(s, at))
			continue;
		if (is_known_clean(s))
			return;
		low = take_mark(s, at, low);
	}
}

/* At the places @marks from @from on. False: the text was found clean before. */
static inline bool take_marks(struct yg_indicator_scan *s, size_t from, uint64_t marks, size_t *low)
{
	for (; marks; marks &= marks - 1) {
		size_t mark = from + (size_t)__builtin_ctzll(marks);

		if (mark < *low || !is_mark(s, mark))
			continue;
		if (is_known_clean(s))
			return false;
		*low = take_mark(s, mark, *low);
	}
	return true;
}

/* Are the 16 bytes at @at all hex digits? */
static inline bool is_hex16(const uint8_t *at)
{
#ifdef __SSE2__
	__m128i x = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i digit = _mm_sub_epi8(x, _mm_set1_epi8('0'));
	__m128i letter = _mm_sub_epi8(_mm_or_si128(x, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));

	digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
	letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(5)), letter);
	return _mm_movemask_epi8(_mm_or_si128(digit, letter)) == 0xffff;
#else
	for (unsigned i = 0; i < 16; i++)
		if (!(classes[at[i]] & IS_HEX))
			return false;
	return true;
#endif
}

/* A run of 32 that covers the byte at @at covers the 16 before it, or from it on, too. */
static inline bool may_be_hash(struct yg_bytes text, size_t at)
{
	return (classes[text.data[at]] & IS_HEX) != 0 &&
	       (is_hex16(text.data + at - 16) ||
		(text.size - at >= 16 && is_hex16(text.data + at)));
}

/*
 * The next run of hex digits in @text from @from on that may be a hash; none shorter than
 * YG_INDICATOR_HEX_MIN has to be given. Such a run covers one of every 32 bytes: only these are
 * looked at.
 */
static bool next_hex(struct yg_bytes text, size_t from, size_t *ret_from, size_t *ret_to)
{
	for (size_t at = from + 31; at < text.size; at += 32) {
		size_t first = at;
		size_t end = at;

		if (!may_be_hash(text, at))
			continue;
		while (first > from && (classes[text.data[first - 1]] & IS_HEX))
			first--;
		while (is_class(text, end, IS_HEX))
			end++;
		*ret_from = first;
		*ret_to = end;
		return true;
	}
	return false;
}

/* All hashes that lie in the bytes from @to to @last or begin or end there. */
static void scan_hex(struct yg_indicator_scan *s, size_t to, size_t last)
{
	const struct yg_indicator_wide *wide = &s->table->wide;
	struct yg_bytes text = s->text;
	struct yg_bytes part = yg_bytes_cut(text, 0, last);
	size_t from;

	while (to > 0 && (classes[text.data[to - 1]] & IS_HEX))
		to--;
	while (is_class(text, part.size, IS_HEX))
		part.size++;
	while (wide->is_wider ? yg_indicator_wide_hex(part, to, &from, &to)
			      : next_hex(part, to, &from, &to)) {
		size_t first = from;

		if (is_known_clean(s))
			return;
		from = skip_escape_hex(s, from);
		if (from == first && from > 0 && (classes[text.data[from - 1]] & IS_WORD) &&
		    skip_escape(s, from - 1) != from)
			continue; /* a longer word; but in "\\n44d8…" the n is none */
		if (from < to && !is_class(text, to, IS_WORD))
			try_hash(s, yg_bytes_cut(text, from, to));
	}
}

/* Where blocks are looked at without asking in between. */
static void scan_whole(struct yg_indicator_scan *s)
{
	struct yg_indicator_marks m = {0};
	uint64_t found[YG_INDICATOR_BLOCKS_MAX + 1] __attribute__((uninitialized));
	size_t at[YG_INDICATOR_BLOCKS_MAX + 1] __attribute__((uninitialized));
	size_t low = 0;

	while (m.next < s->text.size) {
		unsigned count = yg_indicator_wide_all(&s->table->wide, s->text, &m, found, at);

		for (unsigned i = 0; i < count; i++)
			if (!take_marks(s, at[i], found[i], &low))
				return;
	}
	if (m.has_hex && s->table->has[YG_INDICATOR_HASH])
		scan_hex(s, m.hex_from, m.hex_to);
}

static void scan_wide(struct yg_indicator_scan *s)
{
	struct yg_indicator_marks m = {0};
	size_t low = 0;

	while (m.next < s->text.size && yg_indicator_wide_next(&s->table->wide, s->text, &m))
		if (!take_marks(s, m.at, m.marks, &low))
			return;
	if (m.has_hex && s->table->has[YG_INDICATOR_HASH])
		scan_hex(s, 0, s->text.size);
}

/* Nothing is known of the text yet. */
static inline void begin_text(struct yg_indicator_scan *scan)
{
	scan->is_unasked = scan->memo && scan->text.size >= YG_INDICATOR_CLEAN_SIZE &&
			   scan->text.size <= YG_INDICATOR_MEMO_TEXT;
	scan->is_clean = false;
}

void yg_indicator_scan_marked(struct yg_indicator_scan *scan, uint64_t marks, bool has_hex)
{
	size_t low = 0;

	begin_text(scan);
	if (take_marks(scan, 0, marks, &low) && has_hex && scan->table->has[YG_INDICATOR_HASH])
		scan_hex(scan, 0, scan->text.size);
}

void yg_indicator_scan_text(struct yg_indicator_scan *scan)
{
	if (scan->text.size < 4)
		return;
	begin_text(scan);
	/* What would be looked up is told by the plain way alone, wherever it runs. */
	if (scan->text.size >= YG_INDICATOR_WIDE_MIN && scan->table->wide.is_here && !scan->tell) {
		if (scan->table->wide.is_whole)
			scan_whole(scan);
		else
			scan_wide(scan);
		return;
	}
	if (scan->table->has_marks && !is_short_and_plain(scan))
		scan_marks(scan);
	if (!scan->is_clean && scan->table->has[YG_INDICATOR_HASH] && scan->text.size >= 32)
		scan_hex(scan, 0, scan->text.size);
}

void yg_indicator_scan_value(struct yg_indicator_scan *scan, struct yg_bytes value)
{
	try_address(scan, value);
	try_host(scan, value);
	if (scan->table->has[YG_INDICATOR_URL])
		try_url(scan, value, value);
	if (scan->table->has[YG_INDICATOR_HASH])
		try_hash(scan, value);
}
