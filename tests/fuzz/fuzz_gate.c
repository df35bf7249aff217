/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate: any text, and any notice, from any source. Spans lie in the text, in order and apart;
 * what is left does not name the organisation, neither to the gate nor to a plain search.
 */
#define YG_BAN_ALLOW_MALLOC
#include <assert.h>
#include <stdlib.h>
#include <strings.h>

#include "access/gate-int.h"

static struct yg_own *own;

static void must(int rc)
{
	assert(rc == YG_OK);
}

static void start(void)
{
	own = yg_own_new();
	assert(own);
	must(yg_own_add(own, YG_OWN_NAME, YG_S("株式会社ハトムネ")));
	must(yg_own_add(own, YG_OWN_NAME, YG_S("Hatomune Kogyo Co., Ltd.")));
	must(yg_own_add(own, YG_OWN_DOMAIN, YG_S("hatomune.example")));
	must(yg_own_add(own, YG_OWN_HOST, YG_S("keiri-7")));
	must(yg_own_add(own, YG_OWN_USER, YG_S("t.sakuragi")));
	must(yg_own_add(own, YG_OWN_RANGE, YG_S("203.0.113.0/24")));
	must(yg_own_add(own, YG_OWN_NUMBER, YG_S("1234567890123")));
}

static bool is_plainly_in(struct yg_bytes text)
{
	for (size_t i = 0; i + 8 <= text.size; i++)
		if (strncasecmp((const char *)text.data + i, "hatomune", 8) == 0)
			return true;
	return yg_bytes_find(text, YG_S("ハトムネ")) != SIZE_MAX;
}

static void one_text(struct yg_bytes text)
{
	static struct yg_proved proved;
	static struct yg_spans spans;
	struct yg_scan scan = {own, &proved, YG_MANNER_FREE};
	struct yg_buf left;
	size_t at = 0;

	if (yg_gate_spans(&scan, true, text, &spans) != YG_OK)
		return;
	yg_buf_init(&left, 1u << 20);
	for (size_t i = 0; i < spans.count; i++) {
		assert(spans.at[i].start >= at && spans.at[i].start < spans.at[i].end);
		yg_buf_add(&left, yg_bytes_cut(text, at, spans.at[i].start));
		yg_buf_add_str(&left, "[x]");
		at = spans.at[i].end;
	}
	assert(at <= text.size);
	yg_buf_add(&left, yg_bytes_from(text, at));
	assert(!yg_buf_error(&left));
	if (left.size)
		assert(!is_plainly_in(yg_buf_bytes(&left)));
	yg_buf_done(&left);
}

static void one_notice(struct yg_bytes text)
{
	struct yg_release_ask ask = {.kind = "notice",
				     .own = own,
				     .agreed = YG_AGREED_NAMELESS,
				     .has_damage_consent = true,
				     .is_named_person = true,
				     .outlet = YG_OUTLET_PRINT,
				     .audience = YG_AUDIENCE_PARTNER};
	struct yg_released released;
	struct yg_fault fault;
	json_t *notice;

	if (yg_json_load(text, 1u << 20, &notice, &fault) != YG_OK)
		return;
	if (yg_release(&ask, notice, &released) == YG_OK) {
		char *out = json_dumps(released.copy, 0);

		assert(out && !is_plainly_in(yg_bytes_str(out)));
		free(out);
	}
	yg_released_done(&released);
	json_decref(notice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!own)
		start();
	one_text((struct yg_bytes){data, size});
	one_notice((struct yg_bytes){data, size});
	return 0;
}
