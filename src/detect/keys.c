/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/keys.h"

#include "base/hash.h"
#include "base/utf8.h"
#include "detect/indicators-int.h"

#include "base/ban.h"

enum {
	KIND_USER = YG_KEY_HASH + 1,
	KIND_HOST,
};

/* A table in which everything might be listed. Lengths: longest first; IPv4 is 96 bits further. */
__extension__ static const struct yg_indicator_kinds all_kinds = {
	.pairs = {[0 ... 1024 / 64 - 1] = UINT64_MAX},
	.tops = {[0 ... YG_INDICATOR_TOP_BITS / 64 - 1] = UINT64_MAX},
};
static const struct yg_indicator_table everything = {
	.seed = YG_KEYS_SEED,
	.kinds = &all_kinds,
	.lengths = {128, 120, 112, 104, 64, 48, 32, 16},
	.length_count = 8,
	.has = {true, true, true, true, true},
	.has_v6 = true,
	.has_marks = true,
	.has_colons = true,
};

/* Fields that hold a user, or a computer, alone. Compared case aside. */
static const struct yg_bytes user_fields[] = {
#define NAME(text)                                                                                 \
	{                                                                                          \
		(const uint8_t *)(text), sizeof(text) - 1                                          \
	}
	NAME("user"),	     NAME("TargetUserName"), NAME("SubjectUserName"),
	NAME("cs-username"), NAME("user.name"),	     NAME("AccountName"),
	NAME("srcuser"),     NAME("dstuser"),	     NAME("suser"),
	NAME("duser"),	     NAME("acct"),	     NAME("username"),
	NAME("TargetUser"),  NAME("SourceUser"),     NAME("userIdentity.userName"),
};
static const struct yg_bytes host_fields[] = {
	NAME("Computer"),  NAME("hostname"),	    NAME("ComputerName"), NAME("host"),
	NAME("host.name"), NAME("WorkstationName"), NAME("Workstation"),  NAME("devname"),
	NAME("shost"),	   NAME("dhost"),	    NAME("dvchost"),
#undef NAME
};

static bool is_among(const struct yg_bytes *list, size_t count, struct yg_bytes name)
{
	for (size_t i = 0; i < count; i++)
		if (yg_bytes_eq_nocase(list[i], name))
			return true;
	return false;
}

/* The kind of a field whose whole value is a key; 0 = none. */
static int kind_of(struct yg_bytes name)
{
	if (is_among(user_fields, sizeof(user_fields) / sizeof(user_fields[0]), name))
		return KIND_USER;
	return is_among(host_fields, sizeof(host_fields) / sizeof(host_fields[0]), name) ? KIND_HOST
											 : 0;
}

static void take_whole(int kind, struct yg_bytes value, yg_key_fn take, void *arg)
{
	uint8_t folded[YG_KEYS_VALUE_MAX];
	struct yg_bytes key = {folded, 0};

	if (value.size == 0 || value.size > sizeof(folded))
		return;
	key.size = yg_fold(value, folded);
	take(arg, yg_hash64(key, YG_KEYS_SEED + (unsigned)kind));
}

static void scan(struct yg_bytes text, bool is_escaped, yg_key_fn take, void *arg)
{
	YG_INDICATOR_SCAN(s);

	yg_indicator_scan_init(&s, &everything, NULL, 0);
	s.text = text;
	s.is_escaped = is_escaped;
	s.tell = take;
	s.tell_arg = arg;
	yg_indicator_scan_text(&s);
}

void yg_keys_of_event(struct yg_event *event, yg_key_fn take, void *arg)
{
	for (uint32_t i = 0; i < event->field_count; i++) {
		struct yg_field *field = &event->fields[i];
		struct yg_bytes written = field->text;
		bool was_escaped = field->is_escaped && !field->is_utf16;
		struct yg_bytes text;
		int kind;

		if (field->kind == YG_VALUE_NULL || field->kind == YG_VALUE_BOOL)
			continue;
		if (was_escaped) /* as the search sees it */
			scan(written, true, take, arg);
		text = yg_event_text(event, field);
		scan(text, false, take, arg);
		kind = kind_of(field->name);
		if (!kind && field->name_id != YG_NAME_OTHER)
			kind = kind_of(yg_names_text(event->names, field->name_id));
		if (kind)
			take_whole(kind, text, take, arg);
	}
}

/* The place of the longest prefix with keys of its own that holds all of @bits. */
static unsigned longest_prefix(uint8_t bits)
{
	unsigned i = 0;

	while (i + 1 < everything.length_count && everything.lengths[i] > bits)
		i++;
	return i;
}

/* Of an address or prefix as the table holds it. */
static void tell_address(struct yg_bytes text, yg_key_pair_fn take, void *arg)
{
	struct yg_indicator_value value = {.bits = 128};
	const char *reason;
	uint64_t key, also = 0;
	unsigned place;

	/* It was written from an address; what a damaged image holds in its place is none's key. */
	if (yg_indicator_read(text, &value, &reason) != YG_OK)
		value.bits = 0;
	if (value.bits < everything.lengths[everything.length_count - 1]) {
		yg_indicator_mask(value.address, 0);
		take(arg, yg_indicator_address_hash(YG_KEYS_SEED, value.address, 0), 0);
		return;
	}
	place = longest_prefix(value.bits);
	yg_indicator_mask(value.address, everything.lengths[place]);
	key = yg_indicator_address_hash(YG_KEYS_SEED, value.address, everything.lengths[place]);
	if (++place < everything.length_count) {
		yg_indicator_mask(value.address, everything.lengths[place]);
		also = yg_indicator_address_hash(YG_KEYS_SEED, value.address,
						 everything.lengths[place]);
	}
	take(arg, key, also);
}

void yg_keys_of_indicators(const struct yg_indicators *set, yg_key_pair_fn take, void *arg)
{
	const struct yg_indicator_table *table = yg_indicators_listed(set);
	uint32_t at = yg_indicator_table_next(table, YG_INDICATOR_NONE);

	for (uint64_t i = 0; i < table->count && at != YG_INDICATOR_NONE; i++) {
		struct yg_indicator one = yg_indicator_table_get(table, at);
		enum yg_indicator_key kind = yg_indicator_kind(one.type);

		if (kind == YG_KEY_ADDRESS)
			tell_address(one.value, take, arg);
		else if (kind == YG_KEY_URL)
			take(arg,
			     yg_indicator_key_hash(YG_KEYS_SEED, kind,
						   yg_indicator_url_host(one.value)),
			     0);
		else
			take(arg, yg_indicator_key_hash(YG_KEYS_SEED, kind, one.value), 0);
		at = yg_indicator_table_next(table, at);
	}
}

void yg_keys_of_field(struct yg_bytes name, struct yg_bytes value, yg_key_fn take, void *arg)
{
	int kind = kind_of(name);

	if (kind)
		take_whole(kind, value, take, arg);
	scan(value, false, take, arg);
}

static bool is_called(const struct yg_event *event, const struct yg_field *field,
		      struct yg_bytes name)
{
	return yg_bytes_eq_nocase(field->name, name) ||
	       (field->name_id != YG_NAME_OTHER &&
		yg_bytes_eq_nocase(yg_names_text(event->names, field->name_id), name));
}

bool yg_keys_is_field(struct yg_event *event, struct yg_field *field, struct yg_bytes name,
		      struct yg_bytes value)
{
	uint8_t a[YG_KEYS_VALUE_MAX * 4];
	uint8_t b[YG_KEYS_VALUE_MAX * 4];
	struct yg_bytes text;

	if (!is_called(event, field, name))
		return false;
	text = yg_event_text(event, field);
	if (text.size > sizeof(a) || value.size > sizeof(b))
		return yg_bytes_eq(text, value);
	return yg_bytes_eq((struct yg_bytes){a, yg_fold(text, a)},
			   (struct yg_bytes){b, yg_fold(value, b)});
}
