/* SPDX-License-Identifier: Apache-2.0 */
#include "app/shipped.h"

#include "base/ban.h"

#define FILES_MAX      32u
#define NAME_MAX_BYTES 64u

/* Made by tools/embed.py: "\0folder/NAME SIZE\n" and the bytes, one after another. */
extern const unsigned char yg_frameworks[];
extern const size_t yg_frameworks_size;
extern const unsigned char yg_templates[];
extern const size_t yg_templates_size;
extern const unsigned char yg_form_pack[];
extern const size_t yg_form_pack_size;

struct pack {
	struct yg_assess_shipped files[FILES_MAX];
	char names[FILES_MAX][NAME_MAX_BYTES];
	size_t count;
};

static void read_pack(struct pack *pack, struct yg_bytes all, bool with_ending)
{
	while (all.size > 0 && all.data[0] == 0 && pack->count < FILES_MAX) {
		size_t end = yg_bytes_chr(all, '\n');
		struct yg_bytes head = yg_bytes_cut(all, 1, end);
		size_t slash = yg_bytes_chr(head, '/');
		size_t blank = yg_bytes_chr(head, ' ');
		struct yg_bytes name = yg_bytes_cut(head, slash == SIZE_MAX ? 0 : slash + 1, blank);
		size_t dot = with_ending ? SIZE_MAX : yg_bytes_chr(name, '.');
		uint64_t size;

		if (end == SIZE_MAX || !yg_bytes_u64(yg_bytes_from(head, blank + 1), &size))
			return; /* cannot be: the build made it */
		(void)snprintf(pack->names[pack->count], NAME_MAX_BYTES, "%.*s",
			       YG_FMT(yg_bytes_cut(name, 0, dot)));
		pack->files[pack->count].name = pack->names[pack->count];
		pack->files[pack->count++].bytes = yg_bytes_cut(all, end + 1, end + 1 + size);
		all = yg_bytes_from(all, end + 1 + size);
	}
}

const struct yg_assess_shipped *yg_shipped_frameworks(size_t *ret_count)
{
	static struct pack pack;

	if (pack.count == 0)
		read_pack(&pack, (struct yg_bytes){yg_frameworks, yg_frameworks_size}, false);
	*ret_count = pack.count;
	return pack.files;
}

const struct yg_assess_shipped *yg_shipped_templates(size_t *ret_count)
{
	static struct pack pack;

	if (pack.count == 0)
		read_pack(&pack, (struct yg_bytes){yg_templates, yg_templates_size}, true);
	*ret_count = pack.count;
	return pack.files;
}

const struct yg_assess_shipped *yg_shipped_forms(size_t *ret_count)
{
	static struct pack pack;

	if (pack.count == 0)
		read_pack(&pack, (struct yg_bytes){yg_form_pack, yg_form_pack_size}, true);
	*ret_count = pack.count;
	return pack.files;
}
