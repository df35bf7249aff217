/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any JSON as a record of an incident: refused with the path of what is wrong, or filled into
 * forms, sent through the gate, told, and brought back to each of its versions. What leaves without
 * the name does not hold the name.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names */
#include <stdint.h>
#include <stdlib.h>

#include "parse/form.h"
#include "render/form.h"
#include "share/incident.h"

#define NOW INT64_C(1795651200000000000) /* 2026-11-26 */

extern const unsigned char yg_form_pack[];
extern const size_t yg_form_pack_size;

/* The forms that come with the program: "\0folder/NAME SIZE\n" and the bytes, fields first. */
static const struct yg_forms *load(void)
{
	static struct yg_arena *arena; /* kept to the end */
	static struct yg_forms *forms;
	struct yg_bytes all = {yg_form_pack, yg_form_pack_size};
	struct yg_line_fault fault;
	bool is_first = true;

	if (forms)
		return forms;
	arena = yg_arena_new(64u << 20);
	forms = arena ? yg_arena_zalloc(arena, sizeof(*forms)) : NULL;
	if (!forms)
		abort();
	while (all.size > 0) {
		size_t end = yg_bytes_chr(all, '\n');
		struct yg_bytes head = yg_bytes_cut(all, 1, end);
		uint64_t size;
		struct yg_bytes text;

		if (!yg_bytes_u64(yg_bytes_from(head, yg_bytes_chr(head, ' ') + 1), &size))
			abort();
		text = yg_bytes_cut(all, end + 1, end + 1 + size);
		if ((is_first ? yg_form_fields_read(text, arena, forms, &fault)
			      : yg_form_read(text, arena, forms, &fault)) != YG_OK)
			abort();
		is_first = false;
		all = yg_bytes_from(all, end + 1 + size);
	}
	return forms;
}

static void tell(const struct yg_filled *filled)
{
	struct yg_buf out;

	yg_buf_init(&out, 64u << 20);
	yg_filled_json(&out, filled);
	if (yg_buf_error(&out))
		abort();
	yg_buf_reset(&out);
	yg_filled_page(&out, filled);
	if (yg_buf_error(&out))
		abort();
	yg_buf_reset(&out);
	if (yg_filled_sheet(&out, filled, YG_SHEET_CSV) != YG_OK)
		abort();
	yg_buf_reset(&out);
	if (yg_filled_sheet(&out, filled, YG_SHEET_WORKBOOK) != YG_OK)
		abort();
	yg_buf_done(&out);
}

static void fill(const struct yg_forms *forms, const struct yg_form *form, const json_t *record)
{
	struct yg_incident_fill ask = {.forms = forms, .form = form, .now_ns = NOW};
	struct yg_arena *arena = yg_arena_new(64u << 20);
	struct yg_filled filled;
	enum yg_refusal refusal;
	int rc = arena ? yg_incident_fill(&ask, record, arena, &filled) : YG_ENOMEM;

	if (rc != YG_OK)
		abort();
	tell(&filled);
	for (unsigned half = 0; half < 2; half++) {
		ask.is_attack_only = half;
		rc = yg_incident_leave(&ask, record, YG_OUTLET_EXPORT, false, arena, &filled,
				       &refusal);
		if (rc != YG_OK && rc != YG_EACCES)
			abort();
		if ((rc == YG_EACCES) != (refusal != YG_REFUSAL_NONE))
			abort();
		if (rc == YG_OK)
			tell(&filled);
	}
	(void)yg_arena_free(arena);
}

static void versions(const json_t *record)
{
	int64_t now = yg_json_int(record, "version", 1);

	for (int64_t v = now; v > 0 && now - v < 20; v--) {
		json_t *back = NULL;

		if (yg_incident_version(record, (uint32_t)v, &back) == YG_OK)
			json_decref(back);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct yg_forms *forms = load();
	struct yg_incident_ask ask = {.forms = forms, .now_ns = NOW};
	struct yg_incident_faults faults;
	struct yg_fault fault;
	json_t *record = NULL;
	json_t *changed;
	int rc;

	if (yg_json_load((struct yg_bytes){data, size}, 1u << 16, &record, &fault) != YG_OK)
		return 0;
	rc = yg_incident_check(&ask, record, &faults);
	if ((rc == YG_OK) != (faults.all == 0) || (rc != YG_OK && faults.at[0][0] == 0))
		abort();
	versions(record);
	changed = json_is_object(record) ? json_deep_copy(record) : NULL;
	if (changed &&
	    yg_incident_set(&ask, changed, (struct yg_bytes){data, size > 100 ? 100 : size},
			    &faults) == YG_ENOMEM)
		abort();
	json_decref(changed);
	for (uint32_t i = 0; rc == YG_OK && i < forms->form_count; i++)
		fill(forms, forms->forms[i], record);
	json_decref(record);
	return 0;
}
