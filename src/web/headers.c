/* SPDX-License-Identifier: Apache-2.0 */
#include "web/headers.h"

#include "base/crypt.h"
#include "base/utf8.h"
#include "model/api.h"

#include "base/ban.h"

bool yg_web_host_is_ours(struct yg_bytes host, uint16_t port)
{
	static const char *const names[] = {"127.0.0.1", "localhost"};
	char wanted[32];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(wanted, sizeof(wanted), "%s:%u", names[i], port);
		if (yg_bytes_eq_nocase(host, yg_bytes_str(wanted)))
			return true;
		if (port == 80 && yg_bytes_eq_nocase(host, yg_bytes_str(names[i])))
			return true;
	}
	return false;
}

bool yg_web_host_is(struct yg_bytes host, struct yg_bytes name)
{
	struct yg_bytes rest;

	if (host.size < name.size || name.size == 0 ||
	    !yg_bytes_eq_nocase(yg_bytes_cut(host, 0, name.size), name))
		return false;
	rest = yg_bytes_from(host, name.size);
	if (rest.size == 0)
		return true;
	if (rest.data[0] != ':' || rest.size < 2 || rest.size > 6)
		return false;
	for (size_t i = 1; i < rest.size; i++)
		if (rest.data[i] < '0' || rest.data[i] > '9')
			return false;
	return true;
}

bool yg_web_origin_is_ours(struct yg_bytes origin, struct yg_bytes host, bool may_be_https)
{
	if (host.size == 0)
		return false;
	if (yg_bytes_starts(origin, YG_S("http://")))
		return yg_bytes_eq_nocase(yg_bytes_from(origin, 7), host);
	return may_be_https && yg_bytes_starts(origin, YG_S("https://")) &&
	       yg_bytes_eq_nocase(yg_bytes_from(origin, 8), host);
}

struct yg_bytes yg_web_bearer(struct yg_bytes header)
{
	if (header.size < 8 || !yg_bytes_eq_nocase(yg_bytes_cut(header, 0, 7), YG_S("Bearer ")))
		return (struct yg_bytes){0};
	return yg_bytes_trim(yg_bytes_from(header, 7));
}

bool yg_web_basic(struct yg_bytes header, uint8_t to[YG_WEB_BASIC_MAX], struct yg_bytes *ret_name,
		  struct yg_bytes *ret_password)
{
	struct yg_bytes all = {to, 0};
	size_t colon;

	if (header.size < 7 || !yg_bytes_eq_nocase(yg_bytes_cut(header, 0, 6), YG_S("Basic ")) ||
	    !yg_base64_read(yg_bytes_trim(yg_bytes_from(header, 6)), to, YG_WEB_BASIC_MAX,
			    &all.size) ||
	    !yg_utf8_valid(all))
		return false;
	colon = yg_bytes_chr(all, ':');
	if (colon == SIZE_MAX || yg_bytes_chr(all, 0) != SIZE_MAX)
		return false;
	*ret_name = yg_bytes_cut(all, 0, colon);
	*ret_password = yg_bytes_from(all, colon + 1);
	return true;
}

/* The next part of @rest up to @end (a separator), trimmed. */
static struct yg_bytes next_part(struct yg_bytes *rest, uint8_t end)
{
	size_t at = yg_bytes_chr(*rest, end);
	struct yg_bytes part = yg_bytes_cut(*rest, 0, at);

	*rest = at == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(*rest, at + 1);
	return yg_bytes_trim(part);
}

struct yg_bytes yg_web_cookie(struct yg_bytes header, struct yg_bytes name)
{
	struct yg_bytes found = {0};
	bool is_found = false;

	while (header.size > 0) {
		struct yg_bytes value = next_part(&header, ';');

		if (!yg_bytes_eq(next_part(&value, '='), name))
			continue;
		/* Two of one name: somebody else put one there, and nobody can say which. */
		if (is_found)
			return (struct yg_bytes){0};
		is_found = true;
		found = yg_bytes_trim(value);
	}
	return found;
}

static bool is_token_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

bool yg_web_is_token(struct yg_bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		if (!is_token_byte(text.data[i]))
			return false;
	return text.size > 0;
}

bool yg_web_content_type(struct yg_bytes header, char to[YG_WEB_TYPE_MAX + 1], struct yg_bytes *ret)
{
	struct yg_bytes type = next_part(&header, ';');
	size_t slash = yg_bytes_chr(type, '/');

	if (slash == SIZE_MAX || slash == 0 || slash + 1 == type.size ||
	    type.size > YG_WEB_TYPE_MAX)
		return false;
	for (size_t i = 0; i < type.size; i++) {
		uint8_t c = type.data[i];

		if (i != slash && !is_token_byte(c))
			return false;
		to[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	to[type.size] = 0;
	*ret = (struct yg_bytes){(const uint8_t *)to, type.size};
	return true;
}

bool yg_web_is_form_type(struct yg_bytes type)
{
	return yg_bytes_eq(type, YG_S("application/x-www-form-urlencoded")) ||
	       yg_bytes_eq(type, YG_S("multipart/form-data")) ||
	       yg_bytes_eq(type, YG_S("text/plain"));
}

/* "q=0.8" among the parameters of a range, in thousandths; 1000 without one, 0 when broken. */
static unsigned weight_of(struct yg_bytes parameters)
{
	while (parameters.size > 0) {
		struct yg_bytes one = next_part(&parameters, ';');
		double weight;

		if (!yg_bytes_eq_nocase(next_part(&one, '='), YG_S("q")))
			continue;
		if (!yg_bytes_double(one, &weight) || !(weight >= 0 && weight <= 1))
			return 0;
		return (unsigned)(weight * 1000);
	}
	return 1000;
}

enum yg_lang yg_web_accept_language(struct yg_bytes header, enum yg_lang otherwise)
{
	unsigned best = 0;
	enum yg_lang lang = otherwise;

	for (unsigned i = 0; header.size > 0 && i < YG_WEB_LANGUAGES_MAX; i++) {
		struct yg_bytes parameters = next_part(&header, ',');
		struct yg_bytes range = next_part(&parameters, ';');
		struct yg_bytes primary = next_part(&range, '-');
		unsigned weight = weight_of(parameters);

		if (weight <= best)
			continue;
		if (yg_bytes_eq_nocase(primary, YG_S("ja")))
			lang = YG_LANG_JA;
		else if (yg_bytes_eq_nocase(primary, YG_S("en")))
			lang = YG_LANG_EN;
		else
			continue;
		best = weight;
	}
	return lang;
}

bool yg_web_accepts_gzip(struct yg_bytes header)
{
	bool is_any = false;

	for (unsigned i = 0; header.size > 0 && i < YG_WEB_CODINGS_MAX; i++) {
		struct yg_bytes parameters = next_part(&header, ',');
		struct yg_bytes coding = next_part(&parameters, ';');
		bool is_liked = weight_of(parameters) > 0;

		if (yg_bytes_eq_nocase(coding, YG_S("gzip")) ||
		    yg_bytes_eq_nocase(coding, YG_S("x-gzip")))
			return is_liked;
		if (yg_bytes_eq(coding, YG_S("*")))
			is_any = is_liked;
	}
	return is_any;
}

/* Bytes an entity tag is made of (RFC 9110 sec. 8.8.3); those above ASCII are left out. */
static bool is_tag(struct yg_bytes tag)
{
	if (tag.size == 0 || tag.size > YG_WEB_TAG_MAX)
		return false;
	for (size_t i = 0; i < tag.size; i++)
		if (tag.data[i] <= ' ' || tag.data[i] >= 0x7f || tag.data[i] == '"' ||
		    tag.data[i] == ',')
			return false;
	return true;
}

bool yg_web_if_match(struct yg_bytes header, struct yg_bytes *ret)
{
	struct yg_bytes tag = yg_bytes_trim(header);

	if (yg_bytes_starts(tag, YG_S("W/")) || yg_bytes_eq(tag, YG_S("*")))
		return false;
	if (tag.size >= 2 && tag.data[0] == '"' && tag.data[tag.size - 1] == '"')
		tag = yg_bytes_cut(tag, 1, tag.size - 1);
	if (!is_tag(tag))
		return false;
	*ret = tag;
	return true;
}

bool yg_web_none_match(struct yg_bytes header, struct yg_bytes tag)
{
	if (yg_bytes_eq(yg_bytes_trim(header), YG_S("*")))
		return true;
	while (header.size > 0) {
		struct yg_bytes one = next_part(&header, ',');

		if (yg_bytes_starts(one, YG_S("W/")))
			one = yg_bytes_from(one, 2);
		if (one.size == tag.size + 2 && one.data[0] == '"' &&
		    one.data[one.size - 1] == '"' &&
		    yg_bytes_eq(yg_bytes_cut(one, 1, one.size - 1), tag))
			return true;
	}
	return false;
}

bool yg_web_decode(struct yg_bytes from, uint8_t *to, size_t *ret_size)
{
	size_t size = 0;

	for (size_t i = 0; i < from.size; i++) {
		uint8_t c = from.data[i];

		if (c == '%') {
			int high = i + 2 < from.size ? yg_hex_digit(from.data[i + 1]) : -1;
			int low = i + 2 < from.size ? yg_hex_digit(from.data[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (uint8_t)(high << 4 | low);
			i += 2;
		}
		if (c < ' ' || c == 0x7f)
			return false;
		to[size++] = c;
	}
	*ret_size = size;
	return yg_utf8_valid((struct yg_bytes){to, size});
}

bool yg_web_file_name(struct yg_bytes header, char to[YG_WEB_FILE_NAME_MAX + 1],
		      struct yg_bytes *ret)
{
	uint8_t mem[3 * YG_WEB_FILE_NAME_MAX];
	struct yg_bytes name = {mem, 0};

	if (header.size > sizeof(mem) || !yg_web_decode(header, mem, &name.size))
		return false;
	name = yg_bytes_trim(name);
	if (name.size == 0 || name.size > YG_WEB_FILE_NAME_MAX ||
	    yg_bytes_chr(name, '/') != SIZE_MAX || yg_bytes_chr(name, '\\') != SIZE_MAX ||
	    yg_bytes_eq(name, YG_S(".")) || yg_bytes_eq(name, YG_S("..")))
		return false;
	memcpy(to, name.data, name.size);
	to[name.size] = 0;
	*ret = (struct yg_bytes){(const uint8_t *)to, name.size};
	return true;
}

void yg_web_disposition(struct yg_buf *to, struct yg_bytes name)
{
	bool is_ascii = true;

	yg_buf_add_str(to, "attachment; filename=\"");
	for (size_t i = 0; i < name.size; i++) {
		size_t size = yg_utf8_size(yg_bytes_from(name, i));
		uint8_t c = name.data[i];

		/* Quotes, backslashes and % are read differently by different browsers. */
		if (size == 1 && c >= ' ' && c < 0x7f && !strchr("\"\\%", c)) {
			yg_buf_add_byte(to, c);
			continue;
		}
		is_ascii = false;
		yg_buf_add_byte(to, '_');
		i += size > 1 ? size - 1 : 0;
	}
	yg_buf_add_byte(to, '"');
	if (is_ascii)
		return;
	yg_buf_add_str(to, "; filename*=UTF-8''");
	for (size_t i = 0; i < name.size; i++) {
		uint8_t c = name.data[i];

		if (is_token_byte(c) && !strchr("%'*", c))
			yg_buf_add_byte(to, c);
		else
			yg_buf_addf(to, "%%%02X", c);
	}
}

/* One segment of a path to @to; false when it may not stand in one. */
static bool decode_segment(struct yg_bytes raw, uint8_t *to, size_t *ret_size)
{
	struct yg_bytes segment = {to, 0};

	if (!yg_web_decode(raw, to, &segment.size))
		return false;
	*ret_size = segment.size;
	return yg_bytes_chr(segment, '/') == SIZE_MAX && yg_bytes_chr(segment, '\\') == SIZE_MAX &&
	       !yg_bytes_eq(segment, YG_S(".")) && !yg_bytes_eq(segment, YG_S(".."));
}

/* Only what RFC 9112 lets stand in a target. '#' never reaches a server. */
static bool is_target_text(struct yg_bytes target)
{
	for (size_t i = 0; i < target.size; i++)
		if (target.data[i] <= ' ' || target.data[i] >= 0x7f || target.data[i] == '#')
			return false;
	return true;
}

int yg_web_target(struct yg_bytes target, char *to, struct yg_bytes *ret_path,
		  struct yg_bytes *ret_query)
{
	size_t mark = yg_bytes_chr(target, '?');
	struct yg_bytes raw = yg_bytes_cut(target, 0, mark);
	struct yg_bytes query =
		mark == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(target, mark + 1);
	uint8_t decoded[YG_API_QUERY_MAX];
	size_t size = 0;
	size_t part;

	if (raw.size > YG_API_PATH_MAX || query.size > YG_API_QUERY_MAX)
		return YG_ELIMIT;
	if (raw.size == 0 || raw.data[0] != '/' || !is_target_text(target) ||
	    !yg_web_decode(query, decoded, &part))
		return YG_EFORMAT;
	raw = yg_bytes_from(raw, 1);
	for (;;) {
		size_t end = yg_bytes_chr(raw, '/');

		to[size++] = '/';
		if (!decode_segment(yg_bytes_cut(raw, 0, end), (uint8_t *)to + size, &part))
			return YG_EFORMAT;
		size += part;
		if (end == SIZE_MAX)
			break;
		raw = yg_bytes_from(raw, end + 1);
	}
	to[size] = 0;
	*ret_path = (struct yg_bytes){(const uint8_t *)to, size};
	*ret_query = query;
	return YG_OK;
}
