/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "wire/range.h"

#include "wire/fields-int.h"

#include "base/ban.h"

static const struct yg_wire_field range_fields[] = {
	{"from", YG_WIRE_KIND_TIME, 0, true, "`from` of `archive` must be a time with its zone"},
	{"to", YG_WIRE_KIND_TIME, 0, true, "`to` of `archive` must be a time with its zone"},
	{"bytes", YG_WIRE_KIND_COUNT, YG_WIRE_NUMBER_MAX, true, "`bytes` must be an integer"},
	{"bytes_max", YG_WIRE_KIND_COUNT, YG_WIRE_NUMBER_MAX, true,
	 "`bytes_max` must be an integer"},
	{"gaps", YG_WIRE_KIND_LIST, YG_WIRE_GAPS_MAX, true, "`gaps` must be a list of at most 32"},
	{"error", YG_WIRE_KIND_TEXT, 256, true, "`error` of `archive` must be a short text"},
};

static const struct yg_wire_field gap_fields[] = {
	{"from", YG_WIRE_KIND_TIME, 0, false, "`from` of a gap must be a time with its zone"},
	{"to", YG_WIRE_KIND_TIME, 0, false, "`to` of a gap must be a time with its zone"},
	{"why", YG_WIRE_KIND_TEXT, YG_WIRE_WHY_MAX, false, "`why` of a gap must be a word"},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void yg_wire_range_write(const struct yg_wire_range *range, struct yg_buf *to)
{
	if (!range->is_kept) {
		yg_buf_add_str(to, "null");
		return;
	}
	yg_buf_addf(to, "{\"bytes\":%llu,\"bytes_max\":%llu", (unsigned long long)range->bytes,
		    (unsigned long long)range->bytes_max);
	yg_wire_add_time(to, "from", range->from_ns);
	yg_wire_add_time(to, "to", range->to_ns);
	yg_buf_add_str(to, ",\"gaps\":[");
	for (uint32_t i = 0; i < range->gap_count; i++) {
		const struct yg_wire_gap *gap = &range->gaps[i];

		yg_buf_add_str(to, i ? ",{\"why\":" : "{\"why\":");
		yg_buf_add_json(to, yg_bytes_str(gap->why));
		yg_wire_add_time(to, "from", gap->from_ns);
		yg_wire_add_time(to, "to", gap->to_ns);
		yg_buf_add_byte(to, '}');
	}
	yg_buf_add_byte(to, ']');
	if (range->error[0]) {
		yg_buf_add_str(to, ",\"error\":");
		yg_buf_add_json(to, yg_bytes_str(range->error));
	}
	yg_buf_add_byte(to, '}');
}

int yg_wire_range_read(const struct json_t *object, struct yg_wire_range *ret,
		       struct yg_wire_fault *reterr)
{
	const json_t *gaps;
	int rc;

	*ret = (struct yg_wire_range){.from_ns = YG_TIME_NONE, .to_ns = YG_TIME_NONE};
	if (!object || json_is_null(object))
		return YG_OK;
	rc = yg_wire_fields_check(object, range_fields, COUNT(range_fields), YG_WIRE_REQUEST,
				  reterr);
	if (rc != YG_OK)
		return rc;
	ret->from_ns = yg_wire_time(object, "from");
	ret->to_ns = yg_wire_time(object, "to");
	ret->bytes = yg_wire_number(object, "bytes");
	ret->bytes_max = yg_wire_number(object, "bytes_max");
	yg_wire_text(object, "error", ret->error, sizeof(ret->error));
	gaps = json_object_get(object, "gaps");
	for (size_t i = 0; rc == YG_OK && i < json_array_size(gaps); i++) {
		const json_t *item = json_array_get(gaps, i);
		struct yg_wire_gap *gap = &ret->gaps[ret->gap_count];

		rc = yg_wire_fields_check(item, gap_fields, COUNT(gap_fields), YG_WIRE_REQUEST,
					  reterr);
		if (rc != YG_OK)
			break;
		gap->from_ns = yg_wire_time(item, "from");
		gap->to_ns = yg_wire_time(item, "to");
		yg_wire_text(item, "why", gap->why, sizeof(gap->why));
		ret->gap_count++;
	}
	ret->is_kept = rc == YG_OK;
	return rc;
}

bool yg_wire_range_covers(const struct yg_wire_range *range, int64_t from_ns, int64_t to_ns)
{
	if (!range->is_kept || range->from_ns == YG_TIME_NONE || range->to_ns == YG_TIME_NONE ||
	    from_ns < range->from_ns || to_ns > range->to_ns)
		return false;
	for (uint32_t i = 0; i < range->gap_count; i++)
		if (range->gaps[i].from_ns < to_ns && range->gaps[i].to_ns > from_ns)
			return false;
	return true;
}
