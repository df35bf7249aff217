/* SPDX-License-Identifier: Apache-2.0 */
/* What comes in is taken key by key: unknown keys, wrong types and long texts are named. */
#include "assess/assess-int.h"

#include "base/ban.h"

int yg_in_keys(const json_t *in, const char *const *keys, struct yg_line_fault *reterr)
{
	const char *key;
	json_t *value;

	if (!json_is_object(in))
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "bad-request: an object is expected");
	json_object_foreach((json_t *)(uintptr_t)in, key, value)
	{
		size_t i = 0;

		while (keys[i] && strcmp(keys[i], key) != 0)
			i++;
		if (!keys[i])
			return yg_line_fault_set(reterr, YG_EINVAL, 0,
						 "bad-request: unknown key %.60s", key);
	}
	return YG_OK;
}

int yg_in_text(const json_t *in, const char *key, size_t bytes_max, bool is_needed, json_t *to,
	       struct yg_line_fault *reterr)
{
	const json_t *value = json_object_get(in, key);
	struct yg_bytes text = yg_bytes_trim(yg_json_text(in, key));

	if (value && !json_is_string(value) && !json_is_null(value))
		return yg_line_fault_set(reterr, YG_EINVAL, 0, "bad-request: %s must be a text",
					 key);
	if (text.size > bytes_max)
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "bad-request: %s is longer than %zu bytes", key,
					 bytes_max);
	if (is_needed && text.size == 0)
		return yg_line_fault_set(reterr, YG_EINVAL, 0, "%s-needed: %s must not be empty",
					 key, key);
	return yg_json_set(to, key, yg_json_string(text));
}

int yg_in_day(const json_t *in, const char *key, int32_t otherwise, json_t *to,
	      struct yg_line_fault *reterr)
{
	const json_t *value = json_object_get(in, key);
	struct yg_bytes text = yg_json_text(in, key);
	int32_t day = otherwise;

	if (value && !json_is_string(value) && !json_is_null(value))
		return yg_line_fault_set(reterr, YG_EINVAL, 0, "bad-request: %s must be a day",
					 key);
	if (text.size > 0) {
		day = yg_day_read(text);
		if (day == YG_DAY_NONE)
			return yg_line_fault_set(
				reterr, YG_EINVAL, 0, "bad-day: %s: %.*s is no day (2026-11-25)",
				key, text.size > 20 ? 20 : (int)text.size, (const char *)text.data);
	}
	return yg_json_set(to, key, yg_day_json(day));
}

int yg_in_word(const json_t *in, const char *key, const char *const *words, json_t *to,
	       struct yg_line_fault *reterr)
{
	struct yg_bytes text = yg_json_text(in, key);
	const json_t *value = json_object_get(in, key);

	if (!value || json_is_null(value))
		return yg_json_set(to, key, json_string(words[0]));
	for (size_t i = 0; words[i]; i++)
		if (json_is_string(value) && yg_bytes_eq(text, yg_bytes_str(words[i])))
			return yg_json_set(to, key, json_string(words[i]));
	return yg_line_fault_set(reterr, YG_EINVAL, 0,
				 "bad-request: %s: %.*s is not one of the words", key,
				 text.size > 40 ? 40 : (int)text.size,
				 (const char *)(text.data ? text.data : (const uint8_t *)""));
}

int yg_in_bool(const json_t *in, const char *key, bool otherwise, json_t *to,
	       struct yg_line_fault *reterr)
{
	const json_t *value = json_object_get(in, key);

	if (value && !json_is_boolean(value))
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "bad-request: %s must be true or false", key);
	return yg_json_set(to, key, json_boolean(value ? json_is_true(value) : otherwise));
}

static int take_field(const json_t *in, const struct in_field *field, int32_t today, json_t *to,
		      struct yg_line_fault *reterr)
{
	int rc;

	switch (field->kind) {
	case IN_TEXT:
		return yg_in_text(in, field->key, TEXT_SHORT_MAX, field->is_needed, to, reterr);
	case IN_LONG:
		return yg_in_text(in, field->key, YG_ASSESS_REASON_MAX, field->is_needed, to,
				  reterr);
	case IN_WORD:
		return yg_in_word(in, field->key, field->words, to, reterr);
	case IN_DAY:
		return yg_in_day(in, field->key, YG_DAY_NONE, to, reterr);
	case IN_NO:
		return yg_in_bool(in, field->key, false, to, reterr);
	default:
		break;
	}
	rc = yg_in_day(in, field->key, today, to, reterr);
	if (rc == YG_OK && field->kind == IN_PAST_DAY && yg_json_day(to, field->key) > today)
		rc = yg_line_fault_set(
			reterr, YG_EINVAL, 0,
			"future-day: the day lies in the future (is the clock right?)");
	return rc;
}

int yg_in_fields(const json_t *in, const struct in_field *fields, int32_t today, json_t *to,
		 struct yg_line_fault *reterr)
{
	int rc = YG_OK;

	for (; fields->key && rc == YG_OK; fields++)
		rc = take_field(in, fields, today, to, reterr);
	return rc;
}
