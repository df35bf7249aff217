/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte chooses: a policy file, a wish of the hub, or a record whose fields are masked
 * (the bytes give names, values and the raw line). Of a masked value nothing may leave.
 */
#define YG_BAN_ALLOW_MALLOC
#include <assert.h>

#include "base/alloc.h"
#include "base/json.h"
#include "sensor/policy.h"

#include "base/ban.h"

static struct yg_policy local;
static struct yg_policy wish;

/* What is written of a policy is canonical JSON within its limit. */
static void check_text(const struct yg_policy *one, const struct yg_policy *two)
{
	struct yg_fault fault;
	struct yg_buf text;
	struct yg_buf again;
	json_t *value = NULL;

	yg_buf_init(&text, 1u << 20);
	yg_buf_init(&again, 1u << 20);
	assert(yg_policy_write_both(one, two, &text) == YG_OK);
	assert(yg_json_load(yg_buf_bytes(&text), text.size, &value, &fault) == YG_OK);
	assert(yg_json_canonical(value, &again) == YG_OK);
	assert(yg_bytes_eq(yg_buf_bytes(&text), yg_buf_bytes(&again)));
	assert(text.size < YG_LEDGER_LINE_MAX);
	json_decref(value);
	yg_buf_done(&text);
	yg_buf_done(&again);
}

static void read_wish(struct yg_bytes text)
{
	struct yg_wire_fault fault;
	char words[100];
	size_t asked;

	yg_policy_default(&local);
	if (yg_policy_wish_read(text, &wish, &fault) != YG_OK)
		return;
	assert(yg_policy_refusals(&local, &wish, words, sizeof(words), &asked) <= asked);
	assert(strlen(words) < sizeof(words));
	check_text(&local, &wish);
}

static struct yg_bytes take(struct yg_bytes *from)
{
	size_t size = from->size ? from->data[0] % 24u : 0;
	struct yg_bytes part = yg_bytes_cut(*from, 1, 1 + size);

	*from = yg_bytes_from(*from, 1 + size);
	return part;
}

/* Does @text hold @value, in whatever case? */
static bool holds(struct yg_bytes text, struct yg_bytes value)
{
	for (size_t at = 0; at + value.size <= text.size; at++)
		if (yg_bytes_eq_nocase(yg_bytes_cut(text, at, at + value.size), value))
			return true;
	return false;
}

static void mask_record(struct yg_bytes bytes)
{
	static const uint8_t key[YG_MAC_KEY_BYTES] = {3};
	struct yg_mask mask = {.local = &local, .key = key};
	struct yg_arena *arena = yg_arena_new(1u << 22);
	struct yg_names *names = yg_names_new();
	struct yg_bytes secret = take(&bytes);
	enum yg_policy_answer answer;
	struct yg_event event;

	yg_policy_default(&local);
	local.fields[0] = (struct yg_policy_field){.name = "user", .mask = YG_POLICY_DROP};
	yg_event_init(&event, arena, names);
	event.format = YG_FORMAT_JSON;
	event.source = YG_S("s");
	event.raw = take(&bytes);
	if (yg_event_add(&event, YG_S("user"), secret, YG_VALUE_TEXT) != YG_OK)
		abort();
	for (unsigned i = 0; i < 8 && bytes.size > 0; i++)
		if (yg_event_add(&event, YG_S("other"), take(&bytes), YG_VALUE_TEXT) != YG_OK)
			abort();
	assert(yg_mask_apply(&mask, &event, &answer) == YG_OK);
	/* What stands in the place of a value may hold short ones by chance. */
	if (secret.size >= 3 && !holds(YG_S(YG_MASK_GONE), secret)) {
		/* Nor may the place where one was cut out join with what stood beside it: words of
		 * the mask lie between. */
		assert(!holds(event.raw, secret));
		for (uint32_t i = 0; i < event.field_count; i++)
			assert(!holds(event.fields[i].text, secret));
	}
	(void)yg_names_free(names);
	(void)yg_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_bytes text = {data + 1, size - 1};
	struct yg_line_fault fault;

	if (size == 0)
		return 0;
	if (data[0] % 3 == 0) {
		if (yg_policy_read(text, &local, &fault) == YG_OK)
			check_text(&local, NULL);
	} else if (data[0] % 3 == 1) {
		read_wish(text);
	} else {
		mask_record(text);
	}
	return 0;
}
