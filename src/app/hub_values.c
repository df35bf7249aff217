/* SPDX-License-Identifier: Apache-2.0 */
#include "app/hub_values.h"

#include <stdio.h>

#include "detect/indicators.h"

#include "base/ban.h"

#define PREFIX_MIN_4 8u /* wider ones are refused in lists: detect/indicators.md */
#define PREFIX_MIN_6 16u

/* A name counts for those that end in it, label by label. */
static int give_name(struct yg_bytes name, yg_hub_value_fn fn, void *arg)
{
	int rc = fn(arg, name);
	size_t dot;

	while (rc == YG_OK && (dot = yg_bytes_chr(name, '.')) != SIZE_MAX) {
		name = yg_bytes_from(name, dot + 1);
		rc = fn(arg, name);
	}
	return rc;
}

/* With and without its query, with and without its scheme: as detect/indicators.h matches. */
static int give_url(struct yg_bytes url, yg_hub_value_fn fn, void *arg)
{
	size_t scheme = yg_bytes_find(url, YG_S("://"));
	struct yg_bytes bare = scheme == SIZE_MAX ? url : yg_bytes_from(url, scheme + 3);
	size_t query = yg_bytes_chr(url, '?'), bare_query = yg_bytes_chr(bare, '?');
	int rc = fn(arg, url);

	if (rc == YG_OK && query != SIZE_MAX)
		rc = fn(arg, yg_bytes_cut(url, 0, query));
	if (rc == YG_OK && scheme != SIZE_MAX)
		rc = fn(arg, bare);
	if (rc == YG_OK && scheme != SIZE_MAX && bare_query != SIZE_MAX)
		rc = fn(arg, yg_bytes_cut(bare, 0, bare_query));
	return rc;
}

static int give_address(struct yg_bytes address, yg_hub_value_fn fn, void *arg)
{
	bool is_six = yg_bytes_chr(address, ':') != SIZE_MAX;
	int rc = fn(arg, address);

	for (unsigned bits = is_six ? 127 : 31;
	     rc == YG_OK && bits >= (is_six ? PREFIX_MIN_6 : PREFIX_MIN_4); bits--) {
		uint8_t normal[YG_INDICATOR_NORMAL_MAX];
		enum yg_indicator_type type;
		char text[80];
		int size = snprintf(text, sizeof(text), "%.*s/%u", YG_FMT(address), bits);

		if (size < 0 || (size_t)size >= sizeof(text))
			return YG_OK; /* no address is that long */
		size = (int)yg_indicator_normal(yg_bytes_str(text), &type, normal);
		if (size > 0)
			rc = fn(arg, (struct yg_bytes){normal, (size_t)size});
	}
	return rc;
}

int yg_hub_values_of(struct yg_bytes matched, yg_hub_value_fn fn, void *arg)
{
	uint8_t normal[YG_INDICATOR_NORMAL_MAX];
	enum yg_indicator_type type;
	struct yg_bytes value = {normal, yg_indicator_normal(matched, &type, normal)};

	if (value.size == 0)
		return YG_OK;
	switch (type) {
	case YG_INDICATOR_DOMAIN:
		return give_name(value, fn, arg);
	case YG_INDICATOR_URL:
		return give_url(value, fn, arg);
	case YG_INDICATOR_ADDRESS:
		return give_address(value, fn, arg);
	default:
		return fn(arg, value);
	}
}
