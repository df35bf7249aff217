/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logs of the demo's story: one night at a small firm, told by three devices.
 *
 *   VPN      twenty people come and go; one address guesses the password of `sato`, and gets in
 *   Windows  from the address that the VPN gave it: a sign-in, shadow copies deleted, log cleared
 *   web      everyday visits, refused looks of many, and the intruder on his way to a web shell
 *
 * Always the same bytes: the seed is fixed. Addresses are those of RFC 5737 and of private
 * networks, names end in .example (RFC 2606). Fields follow the public documentation of their
 * makers.
 */
#include "app/demo-int.h"

#include "base/ban.h"

#define SEED	  UINT64_C(0x59616775726131)
#define DAY	  "2026-03-14"
#define LOG_MAX	  (16u << 20)
#define VPN_LINES 2000u
#define WIN_LINES 5000u
#define WEB_LINES (YG_DEMO_LOG_LINES - VPN_LINES - WIN_LINES)
#define DAY_S	  86400u
#define INTRUDER  "203.0.113.24"
#define INSIDE	  "10.212.134.200" /* what the VPN gave it */
#define GUESSES	  60u
#define BEGIN_S	  (2u * 3600u + 660u) /* 02:11:00 */

/* splitmix64: small, and the same everywhere. */
static uint64_t next(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static unsigned below(uint64_t *state, unsigned n)
{
	return (unsigned)(next(state) % n);
}

static const char *const people[] = {"suzuki",	 "takahashi", "tanaka",	   "ito",  "watanabe",
				     "yamamoto", "nakamura",  "kobayashi", "kato", "yoshida"};
#define PEOPLE ((unsigned)(sizeof(people) / sizeof(people[0])))

struct at {
	unsigned hour;
	unsigned minute;
	unsigned second;
};

static struct at at(unsigned second)
{
	return (struct at){second / 3600 % 24, second / 60 % 60, second % 60};
}

/* ---- VPN ---- */

static void vpn_line(struct yg_buf *to, unsigned second, const char *user, const char *address,
		     bool is_in)
{
	struct at t = at(second);

	yg_buf_addf(to,
		    "date=" DAY " time=%02u:%02u:%02u devname=\"FGT-KOGANE\" "
		    "devid=\"FGT60FTK00000001\" tz=\"+0000\" logid=\"%s\" type=\"event\" "
		    "subtype=\"vpn\" level=\"%s\" vd=\"root\" ",
		    t.hour, t.minute, t.second, is_in ? "0101039424" : "0101039426",
		    is_in ? "information" : "alert");
	if (is_in)
		yg_buf_addf(to,
			    "logdesc=\"SSL VPN tunnel up\" action=\"tunnel-up\" "
			    "tunneltype=\"ssl-web\" tunnelid=%u remip=%s user=\"%s\" "
			    "group=\"VPN-USERS\" dst_host=\"N/A\" reason=\"login successfully\" "
			    "msg=\"SSL tunnel established\"\n",
			    1773450000u + second, address, user);
	else
		yg_buf_addf(to,
			    "logdesc=\"SSL VPN login fail\" action=\"ssl-login-fail\" "
			    "tunneltype=\"ssl-web\" tunnelid=0 remip=%s user=\"%s\" group=\"N/A\" "
			    "dst_host=\"N/A\" reason=\"sslvpn_login_permission_denied\" "
			    "msg=\"SSL user failed to logged in\"\n",
			    address, user);
}

static void make_vpn(struct yg_buf *to, uint64_t *seed)
{
	unsigned attack = 0;

	/* Everyday sign-ins come in order of time, the attack between them. */
	for (unsigned n = 0; n < VPN_LINES - GUESSES - 1; n++) {
		unsigned second = (unsigned)((uint64_t)n * DAY_S / VPN_LINES);
		unsigned who = below(seed, PEOPLE);
		char address[32];

		for (; attack <= GUESSES && BEGIN_S + 9 * attack <= second; attack++)
			vpn_line(to, BEGIN_S + 9 * attack, "sato", INTRUDER, attack == GUESSES);
		(void)snprintf(address, sizeof(address), "198.51.100.%u", 10 + who);
		vpn_line(to, second, people[who], address, true);
	}
}

/* ---- Windows ---- */

static void windows_head(struct yg_buf *to, unsigned second, unsigned id, const char *provider,
			 const char *channel)
{
	struct at t = at(second);

	yg_buf_addf(to,
		    "{\"Event\":{\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\"%s\"}},"
		    "\"EventID\":%u,\"TimeCreated\":{\"#attributes\":{\"SystemTime\":\"" DAY
		    "T%02u:%02u:%02u.0000000Z\"}},\"Channel\":\"%s\","
		    "\"Computer\":\"FS01.kogane-plating.example\"},\"EventData\":{",
		    provider, id, t.hour, t.minute, t.second, channel);
}

static void sign_in(struct yg_buf *to, unsigned second, const char *user, const char *address,
		    bool is_in)
{
	windows_head(to, second, is_in ? 4624 : 4625, "Microsoft-Windows-Security-Auditing",
		     "Security");
	yg_buf_addf(to,
		    "\"SubjectUserName\":\"%s\",\"TargetUserName\":\"%s\","
		    "\"TargetDomainName\":\"KOGANE\",%s\"LogonType\":3,"
		    "\"LogonProcessName\":\"%s\",\"AuthenticationPackageName\":\"%s\","
		    "\"WorkstationName\":\"-\",\"IpAddress\":\"%s\",\"IpPort\":\"0\"}}}\n",
		    is_in ? "FS01$" : "-", user,
		    is_in ? "" : "\"Status\":\"0xc000006d\",\"SubStatus\":\"0xc000006a\",",
		    is_in ? "Kerberos" : "NtLmSsp", is_in ? "Kerberos" : "NTLM", address);
}

static void command(struct yg_buf *to, unsigned second, const char *program, const char *line)
{
	windows_head(to, second, 1, "Microsoft-Windows-Sysmon",
		     "Microsoft-Windows-Sysmon/Operational");
	yg_buf_addf(
		to,
		"\"Image\":\"C:\\\\Windows\\\\System32\\\\%s\",\"CommandLine\":\"%s\","
		"\"ParentImage\":\"C:\\\\Windows\\\\explorer.exe\",\"User\":\"KOGANE\\\\%s\"}}}\n",
		program, line, "sato");
}

#define WIN_ATTACK 12u /* lines */

static void windows_attack(struct yg_buf *to)
{
	unsigned begin = BEGIN_S + 9 * GUESSES + 300;

	for (unsigned n = 0; n < 9; n++)
		sign_in(to, begin + 10 * n, "sato", INSIDE, false);
	sign_in(to, begin + 200, "sato", INSIDE, true);
	command(to, begin + 300, "vssadmin.exe", "vssadmin delete shadows /all /quiet");
	command(to, begin + 301, "wevtutil.exe", "wevtutil cl Security");
}

static void make_windows(struct yg_buf *to, uint64_t *seed)
{
	bool is_told = false;

	for (unsigned n = 0; n < WIN_LINES - WIN_ATTACK; n++) {
		unsigned second = (unsigned)((uint64_t)n * DAY_S / WIN_LINES);
		unsigned who = below(seed, PEOPLE);
		char address[32];

		if (!is_told && second > BEGIN_S + 9 * GUESSES + 700) {
			windows_attack(to);
			is_told = true;
		}
		(void)snprintf(address, sizeof(address), "192.168.10.%u", 20 + who);
		sign_in(to, second, people[who], address, true);
	}
}

/* ---- web ---- */

static void web_line(struct yg_buf *to, unsigned second, const char *address, const char *request,
		     unsigned status, unsigned size)
{
	struct at t = at(second);

	yg_buf_addf(to,
		    "%s - - [14/Mar/2026:%02u:%02u:%02u +0000] \"%s HTTP/1.1\" %u %u \"-\" "
		    "\"Mozilla/5.0 (Windows NT 10.0; Win64; x64)\"\n",
		    address, t.hour, t.minute, t.second, request, status, size);
}

static const char *const pages[] = {"GET /",
				    "GET /products/",
				    "GET /company/access.html",
				    "GET /css/site.css",
				    "GET /img/factory.jpg",
				    "GET /news/2026/",
				    "POST /contact/send",
				    "GET /recruit/"};
#define PAGES ((unsigned)(sizeof(pages) / sizeof(pages[0])))

static const struct {
	const char *request;
	unsigned status;
	unsigned size;
} web_attack[] = {
	{"GET /index.php?id=1%27%20UNION%20SELECT%201,2,3--", 200, 5123},
	{"GET /item.php?cat=1;cat%20/etc/passwd", 200, 3123},
	{"POST /uploads/shell.php?cmd=whoami", 200, 50},
};
#define WEB_ATTACK ((unsigned)(sizeof(web_attack) / sizeof(web_attack[0])))

static void make_web(struct yg_buf *to, uint64_t *seed)
{
	unsigned attack = 0;

	for (unsigned n = 0; n < WEB_LINES - WEB_ATTACK; n++) {
		unsigned second = (unsigned)((uint64_t)n * DAY_S / WEB_LINES);
		unsigned page = below(seed, PAGES);
		char address[32];

		for (; attack < WEB_ATTACK && BEGIN_S + 1800 + 10 * attack <= second; attack++)
			web_line(to, BEGIN_S + 1800 + 10 * attack, INTRUDER,
				 web_attack[attack].request, web_attack[attack].status,
				 web_attack[attack].size);
		(void)snprintf(address, sizeof(address), "198.51.100.%u", 30 + below(seed, 200));
		/* Of fifty visits one is somebody who looks whether a file was left open: refused.
		 */
		if (below(seed, 50) == 0)
			web_line(to, second, address, "GET /.env", 404, 196);
		else
			web_line(to, second, address, pages[page], 200, 900 + below(seed, 9000));
	}
}

int yg_demo_log_make(struct yg_buf *vpn, struct yg_buf *windows, struct yg_buf *web)
{
	uint64_t seed = SEED;
	int rc;

	yg_buf_init(vpn, LOG_MAX);
	yg_buf_init(windows, LOG_MAX);
	yg_buf_init(web, LOG_MAX);
	make_vpn(vpn, &seed);
	make_windows(windows, &seed);
	make_web(web, &seed);
	rc = yg_buf_error(vpn);
	if (rc == YG_OK)
		rc = yg_buf_error(windows);
	return rc == YG_OK ? yg_buf_error(web) : rc;
}

int yg_demo_log_everyday(struct yg_buf *web)
{
	uint64_t seed = SEED + 1;

	yg_buf_init(web, LOG_MAX);
	for (unsigned n = 0; n < 300; n++) {
		char address[32];

		(void)snprintf(address, sizeof(address), "198.51.100.%u", 30 + below(&seed, 200));
		web_line(web, n * (DAY_S / 300), address, pages[below(&seed, PAGES)], 200,
			 900 + below(&seed, 9000));
	}
	return yg_buf_error(web);
}
