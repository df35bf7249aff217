/* SPDX-License-Identifier: Apache-2.0 */
#include "web/router.h"

#include "base/ban.h"

/* The segment behind the '/' at the start of @path; @path goes on to the next '/'. */
static struct yg_bytes next_segment(struct yg_bytes *path)
{
	struct yg_bytes rest = yg_bytes_from(*path, 1);
	size_t end = yg_bytes_chr(rest, '/');

	*path = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(rest, end);
	return yg_bytes_cut(rest, 0, end);
}

static bool is_name(struct yg_bytes segment)
{
	return segment.size > 2 && segment.data[0] == '{';
}

/*
 * Does @pattern take @path? Bit i of *ret_literal is set where segment i is literal, from the
 * highest bit down: of two patterns that take one path the larger number has the first literal.
 */
static bool takes(const char *pattern, struct yg_bytes path, struct yg_bytes *parts,
		  uint32_t *ret_literal)
{
	struct yg_bytes rest = yg_bytes_str(pattern);
	uint32_t literal = 0;
	unsigned part = 0;
	unsigned i;

	for (i = 0; rest.size > 0 && path.size > 0 && i < YG_WEB_SEGMENTS_MAX; i++) {
		struct yg_bytes wanted = next_segment(&rest);
		struct yg_bytes got = next_segment(&path);

		if (is_name(wanted)) {
			if (got.size == 0 || part == YG_API_PARTS_MAX)
				return false;
			parts[part++] = got;
		} else if (yg_bytes_eq(wanted, got)) {
			literal |= 1u << (31 - i);
		} else {
			return false;
		}
	}
	*ret_literal = literal;
	return rest.size == 0 && path.size == 0;
}

void yg_web_route(const struct yg_route_table *tables, size_t count, unsigned method,
		  struct yg_bytes path, struct yg_web_match *ret)
{
	uint32_t best = 0;

	*ret = (struct yg_web_match){0};
	for (size_t t = 0; t < count; t++) {
		for (size_t i = 0; i < tables[t].count; i++) {
			const struct yg_route *route = &tables[t].routes[i];
			struct yg_bytes parts[YG_API_PARTS_MAX] = {0};
			uint32_t literal;

			if (!takes(route->pattern, path, parts, &literal))
				continue;
			ret->methods |= 1u << route->method;
			if ((unsigned)route->method != method || (ret->route && literal <= best))
				continue;
			best = literal;
			ret->route = route;
			ret->context = tables[t].context;
			memcpy(ret->parts, parts, sizeof(parts));
		}
	}
}

static bool is_word(struct yg_bytes segment)
{
	for (size_t i = 0; i < segment.size; i++) {
		uint8_t c = segment.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr("-_.", c))))
			return false;
	}
	return true;
}

/* "/", then segments of a-z, 0-9, '-', '_' and '.', or "{name}"; perhaps a "/" at the end. */
static bool is_well_formed(const char *pattern)
{
	struct yg_bytes rest = yg_bytes_str(pattern);
	unsigned names = 0;

	if (rest.size == 0 || rest.size > YG_API_PATH_MAX || rest.data[0] != '/')
		return false;
	for (unsigned i = 0; rest.size > 0; i++) {
		struct yg_bytes segment = next_segment(&rest);

		if (segment.size == 0 && rest.size == 0 && i > 0)
			return true; /* ends in a slash */
		if (segment.size == 0 || i == YG_WEB_SEGMENTS_MAX)
			return false;
		if (is_name(segment)) {
			if (segment.data[segment.size - 1] != '}' || ++names > YG_API_PARTS_MAX)
				return false;
			segment = yg_bytes_cut(segment, 1, segment.size - 1);
		}
		if (!is_word(segment))
			return false;
	}
	return true;
}

/*
 * Can both take one path, and no literal segment says which? So when at each place they have the
 * same literal, or a name in at least one, and the places of literals are the same.
 */
static bool is_ambiguous(const char *one, const char *other)
{
	struct yg_bytes a = yg_bytes_str(one);
	struct yg_bytes b = yg_bytes_str(other);

	while (a.size > 0 && b.size > 0) {
		struct yg_bytes left = next_segment(&a);
		struct yg_bytes right = next_segment(&b);

		if (is_name(left) != is_name(right))
			return false;
		if (!is_name(left) && !yg_bytes_eq(left, right))
			return false;
	}
	return a.size == 0 && b.size == 0;
}

int yg_web_routes_check(const struct yg_route_table *tables, size_t count,
			const struct yg_route **ret_bad)
{
	const struct yg_route *seen[YG_WEB_ROUTES_MAX];
	size_t n = 0;

	for (size_t t = 0; t < count; t++) {
		for (size_t i = 0; i < tables[t].count; i++) {
			const struct yg_route *route = &tables[t].routes[i];

			if (ret_bad)
				*ret_bad = route;
			if (n == YG_WEB_ROUTES_MAX)
				return YG_ELIMIT;
			if ((unsigned)route->method >= YG_WEB_METHOD_OTHER || !route->handle ||
			    !is_well_formed(route->pattern))
				return YG_EINVAL;
			for (size_t k = 0; k < n; k++)
				if (seen[k]->method == route->method &&
				    is_ambiguous(seen[k]->pattern, route->pattern))
					return YG_EINVAL;
			seen[n++] = route;
		}
	}
	return YG_OK;
}

void yg_web_allow(unsigned methods, char to[40])
{
	static const struct {
		unsigned bit;
		const char *text;
	} names[] = {{1u << YG_METHOD_GET, "GET, HEAD"},
		     {1u << YG_METHOD_POST, "POST"},
		     {1u << YG_METHOD_PUT, "PUT"},
		     {1u << YG_METHOD_DELETE, "DELETE"}};
	size_t size = 0;

	to[0] = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (methods & names[i].bit)
			size += (size_t)snprintf(to + size, 40 - size, "%s%s", size ? ", " : "",
						 names[i].text);
}
