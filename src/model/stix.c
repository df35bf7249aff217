/* SPDX-License-Identifier: Apache-2.0 */
#include "model/stix.h"

#include <stdio.h>

#include "base/ban.h"

#define NS_PER_US 1000

static bool are_digits(const uint8_t *at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (at[i] < '0' || at[i] > '9')
			return false;
	return true;
}

bool yg_stix_time(struct yg_bytes text, int64_t *ret_ns)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";
	bool has_zone = false;

	/* What logs may write is wider: blanks, other zones, commas. */
	if (text.size < sizeof(form) || text.size > YG_STIX_VERSION_MAX ||
	    text.data[text.size - 1] != 'Z')
		return false;
	for (size_t i = 0; i + 1 < sizeof(form); i++)
		if (form[i] == 'd' ? !are_digits(text.data + i, 1) : text.data[i] != form[i])
			return false;
	if (text.size > sizeof(form) &&
	    (text.data[sizeof(form) - 1] != '.' || text.size == sizeof(form) + 1 ||
	     !are_digits(text.data + sizeof(form), text.size - sizeof(form) - 1)))
		return false;
	return yg_time_parse_iso(text, 0, ret_ns, &has_zone) && has_zone;
}

void yg_stix_time_write(int64_t time_us, char to[YG_STIX_TIME_SIZE])
{
	struct yg_civil c = yg_time_civil(time_us * NS_PER_US, 0);
	unsigned year = c.year >= 0 && c.year <= 9999 ? (unsigned)c.year : 0;

	(void)snprintf(to, YG_STIX_TIME_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ", year % 10000,
		       c.month % 100u, c.day % 100u, c.hour % 100u, c.minute % 100u,
		       c.second % 100u, (unsigned)(c.ns / NS_PER_US) % 1000000u);
}

bool yg_stix_is_uuid(struct yg_bytes text)
{
	if (text.size != YG_STIX_UUID)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_dash ? text.data[i] != '-' : yg_hex_digit(text.data[i]) < 0)
			return false;
	}
	return true;
}

static bool is_type(struct yg_bytes type)
{
	if (type.size < 2 || type.size > 250)
		return false;
	for (size_t i = 0; i < type.size; i++) {
		uint8_t c = type.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			return false;
	}
	return type.data[0] != '-' && type.data[type.size - 1] != '-' &&
	       yg_bytes_find(type, YG_S("--")) == SIZE_MAX;
}

bool yg_stix_is_id(struct yg_bytes text, struct yg_bytes *ret_type)
{
	size_t at = yg_bytes_find(text, YG_S("--"));
	struct yg_bytes type = yg_bytes_cut(text, 0, at);

	if (at == SIZE_MAX || !is_type(type) || !yg_stix_is_uuid(yg_bytes_from(text, at + 2)))
		return false;
	if (ret_type)
		*ret_type = type;
	return true;
}

#define MARKING "marking-definition--"
#define WORD_OF_2(id, word)                                                                        \
	"{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":\"" MARKING id           \
	"\",\"created\":\"2022-10-01T00:00:00.000Z\",\"name\":\"TLP:" word                         \
	"\",\"extensions\":{\"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d\":"       \
	"{\"extension_type\":\"property-extension\",\"tlp_2_0\":\""
#define TLP_2(id, upper, lower)                                                                    \
	{                                                                                          \
		MARKING id, WORD_OF_2(id, upper) lower "\"}}}"                                     \
	}

static const struct {
	const char *id;
	const char *definition;
} tlp_2[YG_TLP_COUNT] = {
	[YG_TLP_NONE] = {"", ""},
	[YG_TLP_CLEAR] = TLP_2("94868c89-83c2-464b-929b-a1a8aa3c8487", "CLEAR", "clear"),
	[YG_TLP_GREEN] = TLP_2("bab4a63c-aed9-4cf5-a766-dfca5abac2bb", "GREEN", "green"),
	[YG_TLP_AMBER] = TLP_2("55d920b0-5e8b-4f79-9ee9-91f868d9b421", "AMBER", "amber"),
	[YG_TLP_AMBER_STRICT] =
		TLP_2("939a9414-2ddd-4d32-a0cd-375ea402b003", "AMBER+STRICT", "amber+strict"),
	[YG_TLP_RED] = TLP_2("e828b379-4e03-4974-9ac4-e53a884c97c1", "RED", "red"),
};

static const struct {
	const char *id;
	enum yg_tlp tlp;
} tlp_1[] = {
	{MARKING "613f2e26-407d-48c7-9eca-b8e91df99dc9", YG_TLP_CLEAR},
	{MARKING "34098fce-860f-48ae-8e50-ebd3cc5e41da", YG_TLP_GREEN},
	{MARKING "f88d31f6-486f-44da-b317-01333bde0b82", YG_TLP_AMBER},
	{MARKING "5e57c739-391a-4eb3-b6be-7d15ca92d5ed", YG_TLP_RED},
};

bool yg_stix_tlp_of_id(struct yg_bytes id, enum yg_tlp *ret)
{
	for (size_t i = 0; i < sizeof(tlp_1) / sizeof(tlp_1[0]); i++)
		if (yg_bytes_eq_nocase(id, yg_bytes_str(tlp_1[i].id))) {
			*ret = tlp_1[i].tlp;
			return true;
		}
	for (unsigned i = YG_TLP_CLEAR; i < YG_TLP_COUNT; i++)
		if (yg_bytes_eq_nocase(id, yg_bytes_str(tlp_2[i].id))) {
			*ret = (enum yg_tlp)i;
			return true;
		}
	return false;
}

const char *yg_stix_tlp_definition(enum yg_tlp tlp)
{
	return (unsigned)tlp < YG_TLP_COUNT ? tlp_2[tlp].definition : "";
}

struct yg_bytes yg_stix_tlp_id(enum yg_tlp tlp)
{
	return yg_bytes_str((unsigned)tlp < YG_TLP_COUNT ? tlp_2[tlp].id : "");
}
