/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A damaged rule image whose digest agrees. Images differ from machine to machine (pattern sets are
 * made for the CPU), so the input is a list of changes to one that is compiled here: three bytes
 * offset, four bytes value, again and again. What opens must match records without harm.
 */
#include <stdlib.h>
#include <string.h>

#include "detect/engine.h"
#include "detect/image-int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rule_texts[] =
	"title: a\nid: 00000000-0000-0000-0000-00000000000a\n"
	"logsource: {product: windows, category: process_creation}\ndetection:\n"
	"  s: {Image|endswith: ['\\a.exe', '\\b.exe', '\\c.exe', '\\d.exe', '\\e.exe', "
	"'\\f.exe']}\n"
	"  c: {CommandLine|contains: [whoami, net user]}\n  n: {User: null}\n"
	"  condition: s and c and not n\n---\n"
	"title: b\nid: 00000000-0000-0000-0000-00000000000b\nlogsource: {category: "
	"test}\ndetection:\n"
	"  r: {CommandLine|re: 'a+b{2,4}'}\n  g: {Image: 'c:\\*\\?.exe'}\n  x: {Port|gt: 10}\n"
	"  i: {Address|cidr: 10.0.0.0/8}\n  f: {User|fieldref: Image}\n  k: [needle, '\"q']\n"
	"  condition: 1 of them\n---\n"
	"title: c\nname: c\nid: 00000000-0000-0000-0000-00000000000c\nlogsource: {product: "
	"windows}\n"
	"detection:\n  s: {EventID: 1}\n  condition: s\n---\n"
	"title: d\nid: 00000000-0000-0000-0000-00000000000d\ncorrelation:\n  type: event_count\n"
	"  rules: [c]\n  group-by: [User]\n  timespan: 5m\n  condition: {gte: 10}\n";

static const uint8_t key[YG_DIGEST_BYTES] = "fuzz";
static struct yg_buf good;
static uint8_t *copy;

static void ignore(void *arg, const char *file, uint32_t line, bool is_refused, const char *reason)
{
	(void)arg;
	(void)file;
	(void)line;
	(void)is_refused;
	(void)reason;
}

static void prepare(void)
{
	const struct yg_rules_opts opts = {.include_deprecated = false};
	struct yg_rules *rules = yg_rules_new();
	struct yg_fault fault;
	void *memory;

	yg_buf_init(&good, YG_IMAGE_BYTES_MAX);
	if (!rules ||
	    yg_rules_add(rules, "f.yml", yg_bytes_str(rule_texts), &opts, ignore, NULL) != YG_OK ||
	    yg_rules_finish(rules, ignore, NULL) != YG_OK || rules->rule_count != 4 ||
	    yg_image_compile(rules, key, &good, &fault) != YG_OK ||
	    posix_memalign(&memory, 64, good.size) != 0)
		abort();
	copy = memory;
	(void)yg_rules_free(rules);
}

static void match(const struct yg_engine *engine, enum yg_format format, const char *channel)
{
	static const char *const fields[][2] = {
		{"Image", "C:\\x\\a.exe"}, {"CommandLine", "whoami aabbb"},
		{"User", "C:\\x\\a.exe"},  {"Port", "12"},
		{"Address", "10.1.2.3"},   {"EventID", "1"},
	};
	struct yg_arena *arena = yg_arena_new(1 << 20);
	struct yg_scratch *scratch = yg_scratch_new(engine);
	struct yg_event event;
	struct yg_hits hits;

	if (!arena || !scratch)
		abort();
	yg_event_init(&event, arena, yg_engine_names(engine));
	event.format = format;
	event.channel = yg_bytes_str(channel);
	event.event_code = 1;
	event.raw = YG_S("a needle \"q");
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (yg_event_add(&event, yg_bytes_str(fields[i][0]), yg_bytes_str(fields[i][1]),
				 YG_VALUE_TEXT) != YG_OK)
			abort();
	if (yg_engine_match(engine, scratch, &event, &hits) == YG_OK)
		for (uint32_t i = 0; i < hits.count; i++)
			(void)yg_engine_rule(engine, hits.rules[i]);
	(void)yg_scratch_free(scratch);
	(void)yg_arena_free(arena);
}

/*
 * Pattern sets are the library's own programs, guarded by its checksum and by our digest, and
 * nobody but us may write the file: what is in them is not changed here.
 */
static size_t changeable(void)
{
	struct yg_img_head head;

	memcpy(&head, good.data, sizeof(head));
	return (size_t)head.sections[YG_IMG_DB_BYTES].first * YG_IMG_ALIGN;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t after = offsetof(struct yg_img_head, digest) + YG_DIGEST_BYTES;
	uint8_t digest[YG_DIGEST_BYTES];
	struct yg_engine *engine;
	struct yg_fault fault;

	if (!copy)
		prepare();
	memcpy(copy, good.data, good.size);
	for (size_t i = 0; i + 7 <= size && i < 7 * 64; i += 7) {
		size_t at = (size_t)data[i] | (size_t)data[i + 1] << 8 | (size_t)data[i + 2] << 16;

		memcpy(copy + at % (changeable() - 4), data + i + 3, 4);
	}
	yg_digest((struct yg_bytes){copy + after, good.size - after}, digest);
	memcpy(copy + offsetof(struct yg_img_head, digest), digest, sizeof(digest));
	if (yg_engine_open((struct yg_bytes){copy, good.size}, key, &engine, &fault) != YG_OK)
		return 0;
	match(engine, YG_FORMAT_JSON, "");
	match(engine, YG_FORMAT_WINDOWS, "Microsoft-Windows-Sysmon/Operational");
	(void)yg_engine_free(engine);
	return 0;
}
