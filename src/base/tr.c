/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tr.h"

#include <stdlib.h>

#include "base/ban.h"

extern const unsigned char yg_catalogue_ja[];
extern const size_t yg_catalogue_ja_size;

static uint32_t word(size_t at)
{
	uint32_t value;

	memcpy(&value, yg_catalogue_ja + at, sizeof(value));
	return value;
}

/* msgfmt sorts the originals, so a binary search finds one. The catalogue is our own build's. */
static const char *find(const char *msgid)
{
	uint32_t low = 0;
	uint32_t high = word(8);
	uint32_t originals = word(12);
	uint32_t translations = word(16);

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int order = strcmp(msgid,
				   (const char *)yg_catalogue_ja + word(originals + mid * 8 + 4));

		if (order == 0)
			return (const char *)yg_catalogue_ja + word(translations + mid * 8 + 4);
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

const char *yg_tr(enum yg_lang lang, const char *msgid)
{
	const char *text;

	if (lang != YG_LANG_JA || !msgid[0])
		return msgid; /* the empty id is the catalogue's header */
	text = find(msgid);
	return text && text[0] ? text : msgid;
}

bool yg_lang_by_name(struct yg_bytes name, enum yg_lang *ret)
{
	if (!yg_bytes_eq(name, YG_S("ja")) && !yg_bytes_eq(name, YG_S("en")))
		return false;
	*ret = name.data[0] == 'j' ? YG_LANG_JA : YG_LANG_EN;
	return true;
}

enum yg_lang yg_lang_of_environment(void)
{
	static const char *const names[] = {"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value && value[0])
			return strncmp(value, "ja", 2) == 0 ? YG_LANG_JA : YG_LANG_EN;
	}
	return YG_LANG_EN;
}
