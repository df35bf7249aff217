/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logs of the demo's story: one night at a small firm, told by three devices.
 *
 *   VPN      twenty people come and go; one address guesses the password of `sato`, and gets in
 *   Windows  from the address that the VPN gave it: a sign-in, shadow copies deleted, log cleared
 *   web      everyday visits, refused looks of many, and the intruder on his way to a web shell
 *
 * Always the same bytes for the same day: the seed is fixed. Addresses are those of RFC 5737 and of
 * private networks, names end in .example (RFC 2606). Fields follow the public documentation of
 * their makers.
 */
#include "app/demo-int.h"

#include "base/ban.h"

#define SEED	       UINT64_C(0x59616775726131)
#define LOG_MAX	       (16u << 20)
#define VPN_LINES      2000u
#define WIN_LINES      5000u
#define WEB_LINES      (YG_DEMO_LOG_LINES - VPN_LINES - WIN_LINES)
#define DAY_S	       86400u
#define DAY_ROOM       40u
#define INTRUDER       YG_DEMO_INTRUDER
#define INSIDE	       "10.212.134.200" /* what the VPN gave it */
#define GUESSES	       60u
#define EVERYDAY_LINES 300u
#define TESTER	       "192.0.2.77" /* whom the house asked to try its pages */
#define TEST_LINES     6u
#define TEST_S	       (10u * 3600u)
#define BEGIN_S	       (2u * 3600u + 660u) /* 02:11:00 */

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

/* The day that a log is of, as its lines write it. */
struct day {
	int64_t at_s;	    /* midnight, UTC */
	char iso[DAY_ROOM]; /* 2026-03-14 */
	char clf[DAY_ROOM]; /* 14/Mar/2026 */
};

static struct day day_of(int64_t at_s)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct day day = {.at_s = at_s};
	char time[YG_ISO_SIZE];
	unsigned month;

	(void)yg_time_iso(at_s * YG_NS_PER_S, 0, time); /* 2026-03-14T00:00:00Z */
	month = (unsigned)(10 * (time[5] - '0') + time[6] - '0') % 13;
	(void)snprintf(day.iso, sizeof(day.iso), "%.10s", time);
	(void)snprintf(day.clf, sizeof(day.clf), "%.2s/%.3s/%.4s", time + 8,
		       months + 3 * (month > 0 ? month - 1 : 0), time);
	return day;
}

/* ---- VPN ---- */

static void vpn_line(struct yg_buf *to, const struct day *day, unsigned second, const char *user,
		     const char *address, bool is_in)
{
	struct at t = at(second);

	yg_buf_addf(to,
		    "date=%s time=%02u:%02u:%02u devname=\"FGT-KOGANE\" "
		    "devid=\"FGT60FTK00000001\" tz=\"+0000\" logid=\"%s\" type=\"event\" "
		    "subtype=\"vpn\" level=\"%s\" vd=\"root\" ",
		    day->iso, t.hour, t.minute, t.second, is_in ? "0101039424" : "0101039426",
		    is_in ? "information" : "alert");
	if (is_in)
		yg_buf_addf(to,
			    "logdesc=\"SSL VPN tunnel up\" action=\"tunnel-up\" "
			    "tunneltype=\"ssl-web\" tunnelid=%u remip=%s user=\"%s\" "
			    "group=\"VPN-USERS\" dst_host=\"N/A\" reason=\"login successfully\" "
			    "msg=\"SSL tunnel established\"\n",
			    (unsigned)(day->at_s + 3600 + second), address, user);
	else
		yg_buf_addf(to,
			    "logdesc=\"SSL VPN login fail\" action=\"ssl-login-fail\" "
			    "tunneltype=\"ssl-web\" tunnelid=0 remip=%s user=\"%s\" group=\"N/A\" "
			    "dst_host=\"N/A\" reason=\"sslvpn_login_permission_denied\" "
			    "msg=\"SSL user failed to logged in\"\n",
			    address, user);
}

static void make_vpn(struct yg_buf *to, const struct day *day, uint64_t *seed)
{
	unsigned attack = 0;

	/* Everyday sign-ins come in order of time, the attack between them. */
	for (unsigned n = 0; n < VPN_LINES - GUESSES - 1; n++) {
		unsigned second = (unsigned)((uint64_t)n * DAY_S / VPN_LINES);
		unsigned who = below(seed, PEOPLE);
		char address[32];

		for (; attack <= GUESSES && BEGIN_S + 9 * attack <= second; attack++)
			vpn_line(to, day, BEGIN_S + 9 * attack, "sato", INTRUDER,
				 attack == GUESSES);
		(void)snprintf(address, sizeof(address), "198.51.100.%u", 10 + who);
		vpn_line(to, day, second, people[who], address, true);
	}
}

/* ---- Windows ---- */

static void windows_head(struct yg_buf *to, const struct day *day, unsigned second, unsigned id,
			 const char *provider, const char *channel)
{
	struct at t = at(second);

	yg_buf_addf(to,
		    "{\"Event\":{\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\"%s\"}},"
		    "\"EventID\":%u,\"TimeCreated\":{\"#attributes\":{\"SystemTime\":\"%s"
		    "T%02u:%02u:%02u.0000000Z\"}},\"Channel\":\"%s\","
		    "\"Computer\":\"FS01.kogane-plating.example\"},\"EventData\":{",
		    provider, id, day->iso, t.hour, t.minute, t.second, channel);
}

static void sign_in(struct yg_buf *to, const struct day *day, unsigned second, const char *user,
		    const char *address, bool is_in)
{
	windows_head(to, day, second, is_in ? 4624 : 4625, "Microsoft-Windows-Security-Auditing",
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

static void command(struct yg_buf *to, const struct day *day, unsigned second, const char *program,
		    const char *line)
{
	windows_head(to, day, second, 1, "Microsoft-Windows-Sysmon",
		     "Microsoft-Windows-Sysmon/Operational");
	yg_buf_addf(
		to,
		"\"Image\":\"C:\\\\Windows\\\\System32\\\\%s\",\"CommandLine\":\"%s\","
		"\"ParentImage\":\"C:\\\\Windows\\\\explorer.exe\",\"User\":\"KOGANE\\\\%s\"}}}\n",
		program, line, "sato");
}

#define WIN_ATTACK 12u /* lines */

static void windows_attack(struct yg_buf *to, const struct day *day)
{
	unsigned begin = BEGIN_S + 9 * GUESSES + 300;

	for (unsigned n = 0; n < 9; n++)
		sign_in(to, day, begin + 10 * n, "sato", INSIDE, false);
	sign_in(to, day, begin + 200, "sato", INSIDE, true);
	command(to, day, begin + 300, "vssadmin.exe", "vssadmin delete shadows /all /quiet");
	command(to, day, begin + 301, "wevtutil.exe", "wevtutil cl Security");
}

static void make_windows(struct yg_buf *to, const struct day *day, uint64_t *seed)
{
	bool is_told = false;

	for (unsigned n = 0; n < WIN_LINES - WIN_ATTACK; n++) {
		unsigned second = (unsigned)((uint64_t)n * DAY_S / WIN_LINES);
		unsigned who = below(seed, PEOPLE);
		char address[32];

		if (!is_told && second > BEGIN_S + 9 * GUESSES + 700) {
			windows_attack(to, day);
			is_told = true;
		}
		(void)snprintf(address, sizeof(address), "192.168.10.%u", 20 + who);
		sign_in(to, day, second, people[who], address, true);
	}
}

/* ---- web ---- */

/* What a visitor asked for, and what he got. */
struct visit {
	const char *request;
	unsigned status;
	unsigned size;
};

static void web_line(struct yg_buf *to, const struct day *day, unsigned second, const char *address,
		     const struct visit *visit)
{
	struct at t = at(second);

	yg_buf_addf(to,
		    "%s - - [%s:%02u:%02u:%02u +0000] \"%s HTTP/1.1\" %u %u \"-\" "
		    "\"Mozilla/5.0 (Windows NT 10.0; Win64; x64)\"\n",
		    address, day->clf, t.hour, t.minute, t.second, visit->request, visit->status,
		    visit->size);
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

static const struct visit web_attack[] = {
	{"GET /index.php?id=1%27%20UNION%20SELECT%201,2,3--", 200, 5123},
	{"GET /item.php?cat=1;cat%20/etc/passwd", 200, 3123},
	{"POST /uploads/shell.php?cmd=whoami", 200, 50},
};
#define WEB_ATTACK ((unsigned)(sizeof(web_attack) / sizeof(web_attack[0])))

static const char *const test_requests[] = {
	"GET /download?file=../../../../etc/passwd",
	"GET /download?file=..%2f..%2f..%2f..%2fetc%2fshadow",
};
#define TEST_REQUESTS ((unsigned)(sizeof(test_requests) / sizeof(test_requests[0])))

static void make_web(struct yg_buf *to, const struct day *day, uint64_t *seed)
{
	static const struct visit look = {"GET /.env", 404, 196};
	unsigned attack = 0;

	for (unsigned n = 0; n < WEB_LINES - WEB_ATTACK; n++) {
		unsigned second = (unsigned)((uint64_t)n * DAY_S / WEB_LINES);
		unsigned page = below(seed, PAGES);
		char address[32];

		for (; attack < WEB_ATTACK && BEGIN_S + 1800 + 10 * attack <= second; attack++)
			web_line(to, day, BEGIN_S + 1800 + 10 * attack, INTRUDER,
				 &web_attack[attack]);
		(void)snprintf(address, sizeof(address), "198.51.100.%u", 30 + below(seed, 200));
		/* Of fifty visits one is somebody who looks whether a file was left open: refused.
		 */
		if (below(seed, 50) == 0)
			web_line(to, day, second, address, &look);
		else
			web_line(to, day, second, address,
				 &(struct visit){pages[page], 200, 900 + below(seed, 9000)});
	}
}

int yg_demo_log_make(int64_t day_s, struct yg_buf *vpn, struct yg_buf *windows, struct yg_buf *web)
{
	struct day day = day_of(day_s);
	uint64_t seed = SEED;
	int rc;

	yg_buf_init(vpn, LOG_MAX);
	yg_buf_init(windows, LOG_MAX);
	yg_buf_init(web, LOG_MAX);
	make_vpn(vpn, &day, &seed);
	make_windows(windows, &day, &seed);
	make_web(web, &day, &seed);
	rc = yg_buf_error(vpn);
	if (rc == YG_OK)
		rc = yg_buf_error(windows);
	return rc == YG_OK ? yg_buf_error(web) : rc;
}

/* Somebody tries the own pages on behalf of the house: what looks like an attack, and is none. */
static void add_test(struct yg_buf *web, const struct day *day)
{
	for (unsigned n = 0; n < TEST_LINES; n++)
		web_line(web, day, TEST_S + 20 * n, TESTER,
			 &(struct visit){test_requests[n % TEST_REQUESTS], 200, 3000 + n});
}

int yg_demo_log_everyday(const struct yg_demo_everyday *wish, struct yg_buf *web)
{
	unsigned days = wish->days ? wish->days : 1;
	uint64_t seed = SEED + 1;

	yg_buf_init(web, LOG_MAX);
	for (unsigned n = 0; n < EVERYDAY_LINES; n++) {
		uint64_t second = (uint64_t)n * days * (DAY_S / EVERYDAY_LINES);
		struct day day = day_of(wish->day_s - (int64_t)(days - 1) * DAY_S +
					(int64_t)(second / DAY_S * DAY_S));
		unsigned who = below(&seed, 200);
		unsigned page = below(&seed, PAGES);
		char address[32];

		(void)snprintf(address, sizeof(address), "198.51.100.%u", 30 + who);
		web_line(web, &day, (unsigned)(second % DAY_S), address,
			 &(struct visit){pages[page], 200, 900 + below(&seed, 9000)});
		/* The one who is looked for later was here before: a look round, nothing more. */
		if (wish->is_visited && n == EVERYDAY_LINES / 5)
			web_line(web, &day, (unsigned)(second % DAY_S) + 30, YG_DEMO_INTRUDER,
				 &(struct visit){"GET /company/access.html", 200, 4096});
	}
	if (wish->is_tested) {
		struct day day = day_of(wish->day_s);

		add_test(web, &day);
	}
	return yg_buf_error(web);
}
