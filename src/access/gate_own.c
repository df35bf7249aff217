/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What points to an organisation, as needles of folded characters without blanks and punctuation,
 * and the search for them. Needles are found by their first two characters, so the search costs
 * about one look-up for each character of a text, however many needles there are.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/gate-int.h"
#include "base/alloc.h"

#include "base/ban.h"

#define BUCKETS	   4096u
#define NEEDLE_MAX 256u /* characters */
#define SHORT	   3u	/* Latin letters: counts only as a word of its own */
#define MIDDLE	   5u	/* Latin letters: must begin or end a word */
#define RANGES_MAX 1000u
#define TELEPHONE  9u /* digits without the leading 0 or country code */
#define NUMBER_MIN 6u
#define FIRST_WORD 5u /* letters of a name's first word that are a name by themselves */

struct needle {
	uint32_t *points; /* heap */
	uint32_t next;	  /* in its bucket, + 1 */
	uint16_t size;
	uint8_t why;  /* enum yg_taken */
	bool is_name; /* may stand when the organisation is named */
	bool is_word; /* host, user: a word of its own unless it is long */
};

struct range {
	uint8_t address[16];
	uint8_t prefix;
};

struct yg_own {
	struct needle *needles;
	size_t count;
	size_t room;
	size_t entries;
	uint32_t heads[BUCKETS]; /* + 1; 0: none */
	struct range ranges[RANGES_MAX];
	size_t range_count;
};

/* Folded text as it is compared: the characters that count, and where they stand in it. */
struct compact {
	uint32_t *points;
	uint32_t *at;
	size_t count;
};

static const enum yg_taken reasons[] = {
	[YG_OWN_NAME] = YG_TAKEN_NAME,	   [YG_OWN_NUMBER] = YG_TAKEN_NUMBER,
	[YG_OWN_DOMAIN] = YG_TAKEN_DOMAIN, [YG_OWN_HOST] = YG_TAKEN_HOST,
	[YG_OWN_USER] = YG_TAKEN_USER,	   [YG_OWN_CONTACT] = YG_TAKEN_CONTACT,
	[YG_OWN_RANGE] = YG_TAKEN_ADDRESS, [YG_OWN_OTHER] = YG_TAKEN_NAME,
};
static const char *const keys[] = {
#define X(code, key) [YG_OWN_##code] = key,
	YG_OWN_MAP(X)
#undef X
};

/* Words that name the kind of organisation, not which one. */
static const char *const forms[] = {
	"株式会社",	"有限会社",	      "合同会社",     "合資会社",     "合名会社",
	"一般社団法人", "一般財団法人",	      "公益社団法人", "公益財団法人", "社会福祉法人",
	"医療法人社団", "医療法人財団",	      "医療法人",     "学校法人",     "独立行政法人",
	"国立大学法人", "特定非営利活動法人", "宗教法人",     "協同組合",
};
/* The same in Latin letters: only as words of their own. */
static const char *const latin_forms[] = {
	"kabushikikaisha",
	"incorporated",
	"corporation",
	"limited",
	"company",
	"gmbh",
	"corp",
	"ltd",
	"inc",
	"llc",
	"kk",
	"co",
};
/* Accounts that every house has. */
static const char *const common[] = {
	"root",	     "admin",	     "administrator", "guest",	    "user",	 "test",
	"system",    "nobody",	     "info",	      "support",    "service",	 "server",
	"daemon",    "backup",	     "operator",      "postmaster", "local",	 "default",
	"localhost", "sshd",	     "www",	      "mail",	    "webmaster", "abuse",
	"none",	     "unknown",	     "anonymous",     "oracle",	    "postgres",	 "mysql",
	"ubuntu",    "localservice",
};

struct yg_own *yg_own_new(void)
{
	return yg_calloc(1, sizeof(struct yg_own));
}

struct yg_own *yg_own_free(struct yg_own *own)
{
	if (!own)
		return NULL;
	for (size_t i = 0; i < own->count; i++)
		free(own->needles[i].points);
	free(own->needles);
	free(own);
	return NULL;
}

/* ---- compact texts ---- */

static bool compact_of(struct yg_arena *arena, struct yg_units folded, struct compact *ret)
{
	ret->count = 0;
	ret->points = yg_arena_alloc(arena, (folded.count + 1) * sizeof(uint32_t));
	ret->at = yg_arena_alloc(arena, (folded.count + 1) * sizeof(uint32_t));
	if (!ret->points || !ret->at)
		return false;
	for (size_t i = 0; i < folded.count; i++) {
		if (!yg_look_counts(folded.at[i].point))
			continue;
		ret->points[ret->count] = folded.at[i].point;
		ret->at[ret->count++] = (uint32_t)i;
	}
	return true;
}

static size_t bucket_of(const uint32_t *points)
{
	return (points[0] * 31u + points[1]) % BUCKETS;
}

/* Does a word begin at folded character @at (or end before it)? Only Latin ones are words. */
static bool is_edge(struct yg_units folded, size_t at)
{
	return at == 0 || at >= folded.count || !yg_point_is_alnum(folded.at[at - 1].point) ||
	       !yg_point_is_alnum(folded.at[at].point);
}

/* ---- making needles ---- */

static int add_needle(struct yg_own *own, const uint32_t *points, size_t size, struct needle needle)
{
	size_t bucket;

	if (size < 2 || size > NEEDLE_MAX)
		return YG_OK;
	if (own->count >= 4 * (size_t)YG_OWN_ENTRIES_MAX)
		return YG_ELIMIT;
	if (own->count == own->room) {
		size_t room = own->room ? own->room * 2 : 64;
		struct needle *grown = yg_reallocarray(own->needles, room, sizeof(*grown));

		if (!grown)
			return YG_ENOMEM;
		own->needles = grown;
		own->room = room;
	}
	needle.points = yg_malloc(size * sizeof(*points));
	if (!needle.points)
		return YG_ENOMEM;
	memcpy(needle.points, points, size * sizeof(*points));
	needle.size = (uint16_t)size;
	bucket = bucket_of(points);
	needle.next = own->heads[bucket];
	own->needles[own->count++] = needle;
	own->heads[bucket] = (uint32_t)own->count;
	return YG_OK;
}

static bool is_common(const uint32_t *points, size_t size)
{
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
		size_t n = 0;

		while (n < size && common[i][n] && (uint8_t)common[i][n] == points[n])
			n++;
		if (n == size && !common[i][n])
			return true;
	}
	return false;
}

/* Does @compact have @form (UTF-8 that folding leaves alone) at character @at? Its size, or 0. */
static size_t form_at(const struct compact *compact, size_t at, const char *form,
		      struct yg_arena *arena)
{
	struct yg_units units;

	if (!yg_units_read(arena, yg_bytes_str(form), &units) || at + units.count > compact->count)
		return 0;
	for (size_t i = 0; i < units.count; i++)
		if (units.at[i].point != compact->points[at + i])
			return 0;
	return units.count;
}

/* (株), (有), (医), …: 1 when the character at @at stands between brackets. */
static size_t in_brackets(struct yg_units folded, size_t at)
{
	return at > 0 && at + 1 < folded.count && folded.at[at - 1].point == '(' &&
	       folded.at[at + 1].point == ')';
}

/* A form of organisation at the beginning (@is_end: the end) of characters [*first, *last). */
static size_t form_size(const struct compact *compact, struct yg_units folded, size_t first,
			size_t last, bool is_end, struct yg_arena *arena)
{
	struct compact part = {compact->points + first, compact->at + first, last - first};
	size_t size = 0;

	for (size_t i = 0; size == 0 && i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t length = strlen(forms[i]) / 3;

		if (length < part.count)
			size = form_at(&part, is_end ? part.count - length : 0, forms[i], arena);
	}
	for (size_t i = 0; size == 0 && i < sizeof(latin_forms) / sizeof(latin_forms[0]); i++) {
		size_t length = strlen(latin_forms[i]);
		size_t cut = is_end ? last - length : first + length;

		if (length < part.count && is_edge(folded, compact->at[cut]))
			size = form_at(&part, is_end ? part.count - length : 0, latin_forms[i],
				       arena);
	}
	if (size == 0 && part.count > 1)
		size = in_brackets(folded, compact->at[is_end ? last - 1 : first]);
	return size;
}

static bool is_latin(const uint32_t *points, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (points[i] >= 0x80)
			return false;
	return true;
}

/* A name of one character (森) is one only beside the usual forms, before and after it. */
static int add_short(struct yg_own *own, const uint32_t *core, size_t size, struct needle needle,
		     struct yg_arena *arena)
{
	static const char *const usual[] = {"株式会社", "有限会社", "合同会社", "株",
					    "有",	"医療法人", "coltd",	"inc"};
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && size > 0 && i < sizeof(usual) / sizeof(usual[0]); i++) {
		uint32_t points[NEEDLE_MAX];
		struct yg_units form;

		if (!yg_units_read(arena, yg_bytes_str(usual[i]), &form))
			return YG_ENOMEM;
		for (size_t k = 0; k < form.count; k++)
			points[k] = points[form.count + size + k] = form.at[k].point;
		memcpy(points + form.count, core, size * sizeof(*core));
		rc = add_needle(own, points, form.count + size, needle);
		if (rc == YG_OK)
			rc = add_needle(own, points + form.count, form.count + size, needle);
	}
	return rc;
}

/* A name: without its forms when enough is left of it, else whole. */
static int add_name(struct yg_own *own, const struct compact *compact, struct yg_units folded,
		    struct needle needle, struct yg_arena *arena)
{
	size_t first = 0;
	size_t last = compact->count;
	size_t size;

	while (first < last && (size = form_size(compact, folded, first, last, false, arena)) > 0)
		first += size;
	while (first < last && (size = form_size(compact, folded, first, last, true, arena)) > 0)
		last -= size;
	if (last - first < 2 ||
	    (last - first < SHORT && is_latin(compact->points + first, last - first))) {
		int rc = add_short(own, compact->points + first, last - first, needle, arena);

		return rc == YG_OK ? add_needle(own, compact->points, compact->count, needle) : rc;
	}
	return add_needle(own, compact->points + first, last - first, needle);
}

/* Its digits; a telephone number without what can be written in several ways. */
static int add_digits(struct yg_own *own, const struct compact *compact, size_t size_min,
		      struct needle needle)
{
	uint32_t digits[NEEDLE_MAX];
	size_t count = 0;
	size_t skip = 0;

	for (size_t i = 0; i < compact->count && count < NEEDLE_MAX; i++) {
		if (compact->points[i] < '0' || compact->points[i] > '9')
			return YG_OK;
		digits[count++] = compact->points[i];
	}
	if (size_min == TELEPHONE) {
		if (count > 10 && digits[0] == '8' && digits[1] == '1')
			skip = 2;
		if (skip < count && digits[skip] == '0')
			skip++;
	}
	return count - skip >= size_min ? add_needle(own, digits + skip, count - skip, needle)
					: YG_OK;
}

/* The label that an organisation chose of "www.yamada.co.jp": "yamada". */
static struct yg_bytes chosen_label(struct yg_bytes domain)
{
	static const char *const second[] = {"co", "or", "ne", "ac",  "go",  "ed",
					     "gr", "lg", "ad", "com", "net", "org"};
	struct yg_bytes labels[16];
	size_t count = 0;
	size_t start = 0;
	size_t at;

	for (size_t i = 0; i <= domain.size && count < 16; i++) {
		if (i < domain.size && domain.data[i] != '.')
			continue;
		if (i > start)
			labels[count++] = yg_bytes_cut(domain, start, i);
		start = i + 1;
	}
	if (count < 2)
		return (struct yg_bytes){0};
	at = count - 2;
	for (size_t i = 0; at > 0 && i < sizeof(second) / sizeof(second[0]); i++)
		if (yg_bytes_eq_nocase(labels[at], yg_bytes_str(second[i])))
			return labels[at - 1];
	return labels[at];
}

/* A folded text as needles. */
static int add_folded(struct yg_own *own, enum yg_own_kind kind, struct yg_units folded,
		      struct yg_arena *arena)
{
	struct needle needle = {.why = (uint8_t)reasons[kind],
				.is_name = kind == YG_OWN_NAME || kind == YG_OWN_NUMBER ||
					   kind == YG_OWN_OTHER,
				.is_word = kind == YG_OWN_HOST || kind == YG_OWN_USER};
	struct compact compact;
	int rc;

	if (!compact_of(arena, folded, &compact))
		return YG_ENOMEM;
	if ((needle.is_word || kind == YG_OWN_CONTACT) && is_common(compact.points, compact.count))
		return YG_OK;
	if (kind == YG_OWN_NAME)
		return add_name(own, &compact, folded, needle, arena);
	if (kind == YG_OWN_NUMBER)
		return add_digits(own, &compact, NUMBER_MIN, needle);
	rc = add_needle(own, compact.points, compact.count, needle);
	return rc == YG_OK && kind == YG_OWN_CONTACT ? add_digits(own, &compact, TELEPHONE, needle)
						     : rc;
}

/* The same of @text, and of what it stands for when it is written in escapes. */
static int add_text(struct yg_own *own, enum yg_own_kind kind, struct yg_bytes text,
		    struct yg_arena *arena)
{
	struct yg_units units;
	struct yg_units folded;
	bool is_changed = true;
	int rc = YG_OK;

	if (!yg_units_read(arena, text, &units))
		return YG_ENOMEM;
	for (unsigned layer = 0; rc == YG_OK && is_changed && layer < 2; layer++) {
		if (!yg_units_fold(arena, units, &folded))
			return YG_ENOMEM;
		rc = add_folded(own, kind, folded, arena);
		if (rc == YG_OK && !yg_units_decode(arena, units, false, &units, &is_changed))
			rc = YG_ENOMEM;
	}
	return rc;
}

static int add_range(struct yg_own *own, struct yg_bytes text)
{
	unsigned prefix;
	struct range *range = &own->ranges[own->range_count];

	if (own->range_count >= RANGES_MAX)
		return YG_ELIMIT;
	if (!yg_scan_address(text, range->address, &prefix))
		return YG_EINVAL;
	range->prefix = (uint8_t)prefix;
	own->range_count++;
	return YG_OK;
}

/*
 * The first word of a name in Latin letters, when it says more than "Japan" or "General": people
 * call the organisation by it.
 */
static struct yg_bytes first_word(struct yg_bytes text)
{
	static const char *const general[] = {
		"japan",    "nippon",	 "nihon",	  "tokyo",	"osaka",      "kyoto",
		"national", "general",	 "united",	  "american",	"global",     "central",
		"eastern",  "western",	 "northern",	  "southern",	"university", "hospital",
		"company",  "kabushiki", "international", "industrial", "digital",    "smart",
		"advanced", "first",	 "public",	  "medical",
	};
	struct yg_bytes word;
	size_t size = 0;

	while (size < text.size && text.data[size] < 0x80 && yg_look_counts(text.data[size]))
		size++;
	word = yg_bytes_cut(text, 0, size);
	if (size < FIRST_WORD || size == text.size)
		return (struct yg_bytes){0};
	for (size_t i = 0; i < sizeof(general) / sizeof(general[0]); i++)
		if (yg_bytes_eq_nocase(word, yg_bytes_str(general[i])))
			return (struct yg_bytes){0};
	return word;
}

/* What else an entry says: the short name of a host, the name in a mail address. */
static int add_part(struct yg_own *own, enum yg_own_kind kind, struct yg_bytes text,
		    struct yg_arena *arena)
{
	size_t at;
	int rc;

	switch (kind) {
	case YG_OWN_NAME:
		text = first_word(text);
		return text.size ? add_text(own, YG_OWN_NAME, text, arena) : YG_OK;
	case YG_OWN_DOMAIN:
		text = chosen_label(text);
		if (text.size == 0)
			return YG_OK;
		rc = add_text(own, YG_OWN_NAME, text, arena);
		text = first_word(text);
		return rc == YG_OK && text.size ? add_text(own, YG_OWN_NAME, text, arena) : rc;
	case YG_OWN_HOST:
		at = yg_bytes_chr(text, '.');
		return at != SIZE_MAX ? add_text(own, kind, yg_bytes_cut(text, 0, at), arena)
				      : YG_OK;
	case YG_OWN_USER:
	case YG_OWN_CONTACT:
		at = yg_bytes_chr(text, '\\');
		if (at != SIZE_MAX)
			return add_text(own, YG_OWN_USER, yg_bytes_from(text, at + 1), arena);
		at = yg_bytes_chr(text, '@');
		return at != SIZE_MAX ? add_text(own, YG_OWN_USER, yg_bytes_cut(text, 0, at), arena)
				      : YG_OK;
	default:
		return YG_OK;
	}
}

int yg_own_add(struct yg_own *own, enum yg_own_kind kind, struct yg_bytes text)
{
	struct yg_arena *arena;
	int rc;

	text = yg_bytes_trim(text);
	if (text.size == 0)
		return YG_OK;
	if (text.size > YG_OWN_BYTES_MAX || own->entries >= YG_OWN_ENTRIES_MAX)
		return YG_ELIMIT;
	own->entries++;
	if (kind == YG_OWN_RANGE)
		return add_range(own, text);
	arena = yg_arena_new(1u << 20);
	if (!arena)
		return YG_ENOMEM;
	rc = add_text(own, kind, text, arena);
	if (rc == YG_OK)
		rc = add_part(own, kind, text, arena);
	yg_arena_free(arena);
	return rc;
}

/* ---- from JSON ---- */

static int read_entry(struct yg_own *own, enum yg_own_kind kind, const json_t *value,
		      struct yg_line_fault *reterr)
{
	struct yg_bytes text = {(const uint8_t *)json_string_value(value),
				json_string_length(value)};
	int rc = json_is_string(value) ? yg_own_add(own, kind, text) : YG_EFORMAT;

	if (rc != YG_OK)
		return yg_line_fault_set(reterr, (enum yg_err)rc, 0, "\"%s\": %s", keys[kind],
					 yg_err_text(rc));
	return YG_OK;
}

static int read_key(struct yg_own *own, enum yg_own_kind kind, const json_t *value,
		    struct yg_line_fault *reterr)
{
	int rc = YG_OK;

	if (!json_is_array(value))
		return read_entry(own, kind, value, reterr);
	for (size_t i = 0; rc == YG_OK && i < json_array_size(value); i++)
		rc = read_entry(own, kind, json_array_get(value, i), reterr);
	return rc;
}

int yg_own_read(struct yg_own *own, const json_t *tree, struct yg_line_fault *reterr)
{
	const char *key;
	json_t *value;

	if (!json_is_object(tree))
		return yg_line_fault_set(reterr, YG_EFORMAT, 0, "an object is wanted");
	/* jansson's iterator takes no const object, and changes none. */
	json_object_foreach((json_t *)(uintptr_t)tree, key, value)
	{
		int rc = YG_EFORMAT;

		for (unsigned kind = 0; kind < YG_OWN_COUNT; kind++) {
			if (strcmp(key, keys[kind]) != 0)
				continue;
			rc = read_key(own, (enum yg_own_kind)kind, value, reterr);
			if (rc != YG_OK)
				return rc;
		}
		if (rc != YG_OK)
			return yg_line_fault_set(reterr, YG_EFORMAT, 0, "\"%s\" is not known here",
						 key);
	}
	return YG_OK;
}

/* ---- searching ---- */

static bool has_gap(const struct compact *compact, size_t first, size_t size)
{
	return compact->at[first + size - 1] - compact->at[first] + 1 != size;
}

/* Short words are found everywhere: they count only where they are words. */
static bool is_hit(const struct needle *needle, const struct compact *compact,
		   struct yg_units folded, size_t first)
{
	size_t size = needle->size;
	bool begins;
	bool ends;

	if (memcmp(compact->points + first, needle->points, size * sizeof(uint32_t)) != 0)
		return false;
	if (size > MIDDLE || !is_latin(needle->points, size))
		return true;
	begins = is_edge(folded, compact->at[first]);
	ends = is_edge(folded, compact->at[first + size - 1] + 1u);
	if (size <= SHORT || needle->is_word || has_gap(compact, first, size))
		return begins && ends;
	return begins || ends;
}

static bool joins(uint32_t point)
{
	return point == '-' || point == '_' || point == '.' || point == '@';
}

/* The whole word that a hit stands in: "www.yamada.example", "YAMADA-DC01". */
static void add_hit(struct yg_units folded, size_t first, size_t last, enum yg_taken why,
		    struct yg_spans *spans)
{
	if (yg_point_is_alnum(folded.at[first].point)) {
		while (first > 0 && (yg_point_is_alnum(folded.at[first - 1].point) ||
				     (joins(folded.at[first - 1].point) && first > 1 &&
				      yg_point_is_alnum(folded.at[first - 2].point))))
			first--;
	}
	if (yg_point_is_alnum(folded.at[last].point)) {
		while (last + 1 < folded.count &&
		       (yg_point_is_alnum(folded.at[last + 1].point) ||
			(joins(folded.at[last + 1].point) && last + 2 < folded.count &&
			 yg_point_is_alnum(folded.at[last + 2].point))))
			last++;
	}
	yg_spans_add(spans, folded.at[first].start, folded.at[last].end, why);
}

bool yg_own_search(const struct yg_own *own, bool with_names, struct yg_units folded,
		   struct yg_arena *arena, struct yg_spans *spans)
{
	struct compact compact;

	if (!compact_of(arena, folded, &compact))
		return false;
	for (size_t i = 0; i + 1 < compact.count && !spans->is_over; i++) {
		for (uint32_t at = own->heads[bucket_of(compact.points + i)]; at;
		     at = own->needles[at - 1].next) {
			const struct needle *needle = &own->needles[at - 1];

			if ((needle->is_name && !with_names) || i + needle->size > compact.count ||
			    !is_hit(needle, &compact, folded, i))
				continue;
			add_hit(folded, compact.at[i], compact.at[i + needle->size - 1],
				(enum yg_taken)needle->why, spans);
		}
	}
	return true;
}

static bool is_same(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned rest = bits % 8;

	return memcmp(a, b, bits / 8) == 0 &&
	       (rest == 0 || ((a[bits / 8] ^ b[bits / 8]) & (0xff00u >> rest) & 0xff) == 0);
}

bool yg_own_has_address(const struct yg_own *own, const uint8_t address[16], unsigned prefix)
{
	for (size_t i = 0; i < own->range_count; i++) {
		const struct range *range = &own->ranges[i];

		if (is_same(address, range->address,
			    prefix < range->prefix ? prefix : range->prefix))
			return true;
	}
	return false;
}

bool yg_own_is_in(const struct yg_own *own, struct yg_bytes text)
{
	return yg_gate_is_named(own, true, text);
}
