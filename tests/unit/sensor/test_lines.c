/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/lines.h"

#include "../check.h"
#include "base/alloc.h"
#include "base/zone.h"

#include "base/ban.h"

#define NOW (INT64_C(1700000000) * YG_NS_PER_S)

static struct yg_zone *zone;
static struct yg_names *names;
static struct yg_lines *lines;
static struct yg_collect collect;
static struct yg_buf padded;

static bool start(const struct yg_lines_filter *filter)
{
	if (!zone && yg_zone_load("UTC", &zone) != YG_OK)
		return false;
	if (!names)
		names = yg_names_new();
	lines = yg_lines_free(lines);
	yg_collect_done(&collect);
	yg_collect_init(&collect);
	lines = yg_lines_new("/var/log/x", zone, names, filter);
	return lines != NULL;
}

static int take_bytes(struct yg_bytes text, bool is_end, size_t *ret_size)
{
	struct yg_lines_text in = {.is_end = is_end, .now_ns = NOW};
	uint64_t count;
	uint8_t *room;

	yg_buf_done(&padded);
	yg_buf_init(&padded, 8u << 20);
	yg_buf_add(&padded, text);
	room = yg_buf_reserve(&padded, YG_LINES_PADDING);
	if (!room)
		return YG_ENOMEM;
	memset(room, 0, YG_LINES_PADDING);
	in.text = yg_buf_bytes(&padded);
	return yg_lines_take(lines, &in, &collect, ret_size, &count);
}

static int take(const char *text, bool is_end, size_t *ret_size)
{
	return take_bytes(yg_bytes_str(text), is_end, ret_size);
}

static bool has(const char *part)
{
	return yg_bytes_find(yg_buf_bytes(&collect.content), yg_bytes_str(part)) != SIZE_MAX;
}

static void whole_lines_only(void)
{
	size_t size;

	CHECK(start(NULL));
	CHECK(take("Nov 21 08:00:01 box sshd[7]: one\nNov 21 08:00:02 box sshd[7]: tw", false,
		   &size) == YG_OK);
	CHECK(size == 33 && collect.count == 1 && has("\"message\":\"one\""));
	CHECK(has("\"format\":\"syslog\"") && has("\"source\":\"/var/log/x\""));
	CHECK(take("Nov 21 08:00:02 box sshd[7]: tw", true, &size) == YG_OK);
	CHECK(collect.count == 2 && has("\"message\":\"tw\""));
	CHECK(collect.first_ns != YG_TIME_NONE &&
	      collect.last_ns == collect.first_ns + YG_NS_PER_S);
}

static void nothing_is_left_out(void)
{
	size_t size;

	CHECK(start(NULL));
	CHECK(take("what no format knows \x01\x02\n", false, &size) == YG_OK);
	CHECK(collect.count == 1 && has("what no format knows \\u0001\\u0002"));
	CHECK(yg_lines_state(lines).records == 1);
	CHECK(take("\n\n", false, &size) == YG_OK && size == 2 && collect.count == 1);
}

/* A table's head counts for what stands below it, also after a restart in the middle. */
/* A file was cut while its writer went on at his old place: the hole is no part of the line. */
static void holes(void)
{
	static const char text[] = "\0\0\0\0Nov 21 08:00:01 box sshd[7]: one\n\0\0\0"
				   "Nov 21 08:00:02 box sshd[7]: two\n\0\0\0\0\0";
	size_t size;

	CHECK(start(NULL));
	CHECK(take_bytes((struct yg_bytes){(const uint8_t *)text, 3}, false, &size) == YG_OK);
	CHECK(size == 3 && collect.count == 0);
	CHECK(take_bytes((struct yg_bytes){(const uint8_t *)text, sizeof(text) - 1}, false,
			 &size) == YG_OK);
	CHECK(size == sizeof(text) - 1 && collect.count == 2);
	CHECK(has("\"program\":\"sshd\",\"pid\":7,\"message\":\"one\"") &&
	      has("\"message\":\"two\""));
	CHECK(yg_lines_state(lines).unknown == 0 && !has("u0000"));
}

static void head_lines(void)
{
	static const char head[] =
		"#Software: IIS\n#Fields: date time c-ip cs-method cs-uri-stem\n";
	size_t size;

	CHECK(start(NULL));
	CHECK(yg_lines_resume(lines, yg_bytes_str(head)) == YG_OK);
	CHECK(take("2026-11-21 08:00:01 192.0.2.7 GET /a\n", false, &size) == YG_OK);
	CHECK(collect.count == 1 && has("\"c-ip\":\"192.0.2.7\""));
}

/* A record of more than 1 MiB goes with what fits, and the batch stays one that the hub takes. */
static void too_long(void)
{
	char *text = yg_malloc((3u << 20) + 2);
	size_t size;
	struct yg_wire_batch batch = {0};
	struct yg_buf packed;

	CHECK(text && start(NULL));
	memset(text, 1, 3u << 20); /* each becomes six bytes */
	text[3u << 20] = '\n';
	text[(3u << 20) + 1] = '\0';
	CHECK(take(text, false, &size) == YG_OK);
	CHECK(collect.count == 1 && collect.content.size <= YG_WIRE_LINE_MAX);
	CHECK(yg_lines_state(lines).cut > 0);
	yg_buf_init(&packed, 8u << 20);
	CHECK(yg_wire_pack(yg_buf_bytes(&collect.content), &batch, &packed) == YG_OK);
	yg_buf_done(&packed);
	free(text);
}

static int hold_back(void *arg, struct yg_event *event)
{
	(void)arg;
	return yg_bytes_find(event->raw, YG_S("secret")) != SIZE_MAX ? YG_EACCES : YG_OK;
}

static void filtered(void)
{
	static const struct yg_lines_filter filter = {hold_back, NULL};
	size_t size;

	CHECK(start(&filter));
	CHECK(take("Nov 21 08:00:01 box a: secret\nNov 21 08:00:01 box a: open\n", false, &size) ==
	      YG_OK);
	CHECK(collect.count == 1 && !has("secret") && has("open"));
	CHECK(yg_lines_state(lines).held == 1);
	lines = yg_lines_free(lines);
	names = yg_names_free(names);
	zone = yg_zone_free(zone);
	yg_collect_done(&collect);
	yg_buf_done(&padded);
}

static const struct check_case cases[] = {
	CASE(whole_lines_only),
	CASE(nothing_is_left_out),
	CASE(holes),
	CASE(head_lines),
	CASE(too_long),
	CASE(filtered),
};
CHECK_MAIN(cases)
