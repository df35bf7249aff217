/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/simdjson-shim.h"

#include <memory>
#include <new>

#include <simdjson.h>

using stage = simdjson::internal::dom_parser_implementation;

struct yg_json_index {
	std::unique_ptr<stage> parser;
	size_t room = 0;
};

static const size_t first_room = 64 * 1024;
static const size_t depth_max = 1; /* of the second pass, which is not used */

extern "C" struct yg_json_index *yg_json_index_new(void)
{
	return new (std::nothrow) yg_json_index();
}

extern "C" struct yg_json_index *yg_json_index_free(struct yg_json_index *index)
{
	delete index;
	return nullptr;
}

static bool make_room(struct yg_json_index *index, size_t size)
{
	size_t room = index->room ? index->room : first_room;

	if (index->room > size)
		return true;
	while (room <= size)
		room *= 2;
	index->room = 0;
	index->parser.reset();
	if (simdjson::get_active_implementation()->create_dom_parser_implementation(
		    room, depth_max, index->parser) != simdjson::SUCCESS)
		return false;
	index->room = room;
	return true;
}

extern "C" enum yg_json_index_result yg_json_index_make(struct yg_json_index *index,
							const uint8_t *text, size_t size,
							const uint32_t **ret_at,
							uint32_t *ret_count)
{
	if (size == 0)
		return YG_JSON_INDEX_EMPTY;
	if (!make_room(index, size))
		return YG_JSON_INDEX_NOMEM;
	switch (index->parser->stage1(text, size, simdjson::stage1_mode::regular)) {
	case simdjson::SUCCESS:
		break;
	case simdjson::UNESCAPED_CHARS:
		return YG_JSON_INDEX_CONTROL;
	case simdjson::UTF8_ERROR:
		return YG_JSON_INDEX_UTF8;
	case simdjson::EMPTY:
		return YG_JSON_INDEX_EMPTY;
	default:
		return YG_JSON_INDEX_UNCLOSED;
	}
	*ret_count = index->parser->n_structural_indexes;
	index->parser->structural_indexes[*ret_count] = static_cast<uint32_t>(size);
	*ret_at = index->parser->structural_indexes.get();
	return YG_JSON_INDEX_OK;
}
