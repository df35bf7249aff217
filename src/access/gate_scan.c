/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of free text that point to a house, whoever's it is: internal addresses, mail addresses,
 * paths and files, query strings, accounts, names that look like machines; and addresses and
 * domains that nothing proves to be of the attacker's side. One pass over words.
 */
#include <arpa/inet.h>

#include "access/gate-int.h"

#include "base/ban.h"

#define OTHER	  1 /* stands for every character that is not ASCII */
#define KEY_MAX	  48u
#define WORD_MAX  300u
#define LABEL_MAX 63u

/* The text as one byte for each character, and the unit each one came from. */
struct line {
	const struct yg_scan *scan;
	struct yg_units folded;
	struct yg_spans *spans;
	uint8_t *c;
	uint32_t *from;
	size_t count;
};

/* ---- addresses ---- */

bool yg_scan_address(struct yg_bytes text, uint8_t ret[16], unsigned *ret_prefix)
{
	char host[INET6_ADDRSTRLEN];
	size_t slash = yg_bytes_chr(text, '/');
	uint64_t bits = 128;
	bool is_v4;

	if (slash != SIZE_MAX) {
		if (!yg_bytes_u64(yg_bytes_from(text, slash + 1), &bits))
			return false;
		text.size = slash;
	}
	if (text.size >= sizeof(host) || memchr(text.data, 0, text.size))
		return false;
	memcpy(host, text.data, text.size);
	host[text.size] = 0;
	memset(ret, 0, 16);
	is_v4 = inet_pton(AF_INET, host, ret + 12) == 1;
	if (is_v4)
		memset(ret + 10, 0xff, 2);
	else if (inet_pton(AF_INET6, host, ret) != 1)
		return false;
	if (slash != SIZE_MAX && bits > (is_v4 ? 32u : 128u))
		return false;
	*ret_prefix = (unsigned)bits + (is_v4 && slash != SIZE_MAX ? 96 : 0);
	return true;
}

/* ---- what is proved ---- */

static bool address_may_stay(const struct yg_scan *scan, struct yg_bytes text)
{
	uint8_t address[16];
	unsigned prefix;

	if (!yg_scan_address(text, address, &prefix) || prefix != 128)
		return false;
	for (size_t i = 0; i < scan->proved->address_count; i++)
		if (memcmp(scan->proved->addresses[i], address, 16) == 0)
			return true;
	return false;
}

/* @text is a domain that is proved, or below one, or what one is below. */
static bool domain_may_stay(const struct yg_scan *scan, struct yg_bytes text)
{
	for (size_t i = 0; i < scan->proved->domain_count; i++) {
		struct yg_bytes domain = scan->proved->domains[i];

		if (yg_bytes_eq(text, domain) ||
		    (text.size > domain.size && yg_bytes_ends(text, domain) &&
		     text.data[text.size - domain.size - 1] == '.'))
			return true;
	}
	return false;
}

static bool is_one_of(struct yg_bytes word, const char *const *list)
{
	for (; *list; list++)
		if (yg_bytes_eq(word, yg_bytes_str(*list)))
			return true;
	return false;
}

static bool is_in(const char *needle, struct yg_bytes hay)
{
	return yg_bytes_find(hay, yg_bytes_str(needle)) != SIZE_MAX;
}

static struct yg_bytes last_label(struct yg_bytes text)
{
	size_t at = text.size;

	while (at > 0 && text.data[at - 1] != '.')
		at--;
	return yg_bytes_from(text, at);
}

static bool is_internal_ending(struct yg_bytes label)
{
	static const char *const endings[] = {
		"local", "localdomain", "lan",	   "internal",	"intra",     "intranet", "corp",
		"home",	 "arpa",	"private", "localhost", "workgroup", NULL};

	return is_one_of(label, endings);
}

/* Labels of letters, digits and '-', at least two; the last one no number. */
static bool is_dotted(struct yg_bytes text)
{
	struct yg_bytes last = last_label(text);
	size_t label = 0;

	if (last.size < 2 || last.size == text.size || text.size > 253)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];

		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
		} else if ((!yg_point_is_alnum(c) && c != '-' && c != '_') || ++label > LABEL_MAX) {
			return false;
		}
	}
	for (size_t i = 0; i < last.size; i++)
		if (last.data[i] >= 'a' && last.data[i] <= 'z')
			return true;
	return false;
}

bool yg_scan_is_domain(struct yg_bytes text)
{
	return is_dotted(text) && !is_internal_ending(last_label(text));
}

/* ---- words ---- */

static bool is_quote(uint8_t c)
{
	return c == '"' || c == '\'' || c == '`';
}

static bool is_delimiter(uint8_t c)
{
	return c <= ' ' || c == OTHER || is_quote(c) || strchr("<>(){}[],;|^=&", c) != NULL;
}

static bool is_end(uint8_t c)
{
	return c <= ' ' || c == OTHER || is_quote(c) || c == '<' || c == '>';
}

static struct yg_bytes word_of(const struct line *line, size_t first, size_t last)
{
	return (struct yg_bytes){line->c + first, last - first};
}

static void mark(struct line *line, size_t first, size_t last, enum yg_taken why)
{
	if (first < last)
		yg_spans_add(line->spans, line->folded.at[line->from[first]].start,
			     line->folded.at[line->from[last - 1]].end, why);
}

/* Names of programs that every machine of its kind has. */
static const char *const programs[] = {"cmd.exe",	  "powershell.exe",
				       "pwsh.exe",	  "rundll32.exe",
				       "regsvr32.exe",	  "mshta.exe",
				       "wscript.exe",	  "cscript.exe",
				       "certutil.exe",	  "bitsadmin.exe",
				       "wmic.exe",	  "lsass.exe",
				       "svchost.exe",	  "explorer.exe",
				       "services.exe",	  "net.exe",
				       "net1.exe",	  "sc.exe",
				       "schtasks.exe",	  "vssadmin.exe",
				       "wevtutil.exe",	  "bcdedit.exe",
				       "psexec.exe",	  "psexesvc.exe",
				       "reg.exe",	  "msiexec.exe",
				       "installutil.exe", "ntds.dit",
				       "ntdsutil.exe",	  "whoami.exe",
				       "nltest.exe",	  "taskkill.exe",
				       "winword.exe",	  "excel.exe",
				       "outlook.exe",	  "spoolsv.exe",
				       "winlogon.exe",	  "procdump.exe",
				       "comsvcs.dll",	  "wp-login.php",
				       "xmlrpc.php",	  ".env",
				       "web.config",	  ".htaccess",
				       "node.js",	  NULL};

static bool is_file(struct yg_bytes word)
{
	static const char *const endings[] = {
		"exe",	 "dll",	  "sys",  "ps1",    "psm1", "bat",  "cmd",  "vbs",  "js",   "jse",
		"hta",	 "lnk",	  "scr",  "msi",    "doc",  "docx", "docm", "xls",  "xlsx", "xlsm",
		"ppt",	 "pptx",  "pdf",  "rtf",    "txt",  "csv",  "tsv",  "log",  "zip",  "rar",
		"7z",	 "gz",	  "tgz",  "tar",    "iso",  "img",  "vhd",  "vhdx", "bak",  "sql",
		"mdb",	 "accdb", "db",	  "sqlite", "pst",  "ost",  "eml",  "msg",  "php",  "asp",
		"aspx",	 "jsp",	  "jspx", "cgi",    "pl",   "py",   "sh",   "rb",   "war",  "jar",
		"class", "conf",  "cfg",  "ini",    "xml",  "json", "yaml", "yml",  "html", "htm",
		"png",	 "jpg",	  "jpeg", "gif",    "svg",  "dwg",  "dxf",  "step", "key",  "pem",
		"pfx",	 "p12",	  "crt",  "cer",    "kdbx", "rdp",  "ovpn", "evtx", "dmp",  "tmp",
		"dat",	 "bin",	  "lock", "md",	    "dit",  "env",  NULL};
	struct yg_bytes last = last_label(word);

	return last.size < word.size && is_one_of(last, endings);
}

/* Identifiers of the trade, dates and the like have digits and hyphens, and are nobody's. */
static bool is_public_name(struct yg_bytes word)
{
	static const char *const heads[] = {"cve-",   "cwe-", "ghsa-", "jvn",  "capec-", "ms1",
					    "ms2",    "utf-", "sha-",  "md-5", "iso-",	 "tls-",
					    "x-",     "kb",   "icsa-", "edb-", "apt-",	 "unc-",
					    "event-", "log4", "http-", NULL};
	size_t letters = 0;

	for (size_t i = 0; heads[i]; i++)
		if (yg_bytes_starts(word, yg_bytes_str(heads[i])))
			return true;
	/* 2026-11-25t09:00:00z */
	for (size_t i = 0; i < word.size; i++)
		letters += word.data[i] >= 'a' && word.data[i] <= 'z';
	if (word.size >= 10 && word.data[4] == '-' && word.data[7] == '-' && letters <= 2)
		return yg_bytes_starts(word, YG_S("19")) || yg_bytes_starts(word, YG_S("20"));
	return false;
}

/* "ws-0123", "dc01", "desktop-4f2a9c1", a SID, a GUID, a telephone number. */
static bool is_machine(struct yg_bytes word)
{
	static const char *const heads[] = {"desktop-", "laptop-", "win-", "ip-", "ec2-", NULL};
	static const char *const stems[] = {"dc",  "srv", "sv",	  "pc",	    "ws",    "fs",
					    "nas", "vm",  "svr",  "ad",	    "web",   "db",
					    "app", "ap",  "sql",  "file",   "print", "mail",
					    "vpn", "fw",  "host", "client", NULL};
	size_t digits = 0;
	size_t joints = 0;
	size_t stem = 0;

	for (size_t i = 0; heads[i]; i++)
		if (yg_bytes_starts(word, yg_bytes_str(heads[i])))
			return true;
	for (size_t i = 0; i < word.size; i++) {
		digits += word.data[i] >= '0' && word.data[i] <= '9';
		joints += word.data[i] == '-' || word.data[i] == '_';
		if (digits + joints == 0)
			stem++;
	}
	if (digits && joints)
		return !is_public_name(word);
	return digits && digits + stem == word.size &&
	       is_one_of(yg_bytes_cut(word, 0, stem), stems);
}

static bool is_hex(struct yg_bytes word)
{
	for (size_t i = 0; i < word.size; i++)
		if (yg_hex_digit(word.data[i]) < 0)
			return false;
	return word.size > 0;
}

/* "00:1a:2b:3c:4d:5e" with ':', '-' or '.' */
static bool is_mac(struct yg_bytes word)
{
	if (word.size != 17)
		return false;
	for (size_t i = 0; i < 17; i++) {
		if (i % 3 == 2 ? word.data[i] != word.data[2] || yg_point_is_alnum(word.data[i])
			       : yg_hex_digit(word.data[i]) < 0)
			return false;
	}
	return true;
}

/* ---- kinds of words; each says whether it has dealt with the word ---- */

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* A number up to 255 at @at: its end, or 0. */
static size_t octet_at(const struct line *line, size_t at, size_t last)
{
	unsigned value = 0;
	size_t i = at;

	for (; i < last && is_digit(line->c[i]) && i < at + 4; i++)
		value = value * 10 + line->c[i] - '0';
	return i > at && i < at + 4 && value < 256 ? i : 0;
}

/* The IPv4 address at @at (also written with '-'): its end, or 0. */
static size_t quad_at(const struct line *line, size_t at, size_t last, uint8_t joint)
{
	size_t i = at;

	if (at > 0 && is_digit(line->c[at - 1]))
		return 0;
	if (at > 1 && line->c[at - 1] == joint && is_digit(line->c[at - 2]))
		return 0;
	for (unsigned part = 0; part < 4; part++) {
		if (part > 0 && (i >= last || line->c[i++] != joint))
			return 0;
		i = octet_at(line, i, last);
		if (i == 0)
			return 0;
	}
	return i;
}

/* Every IPv4 address in [first, last); true when the word holds one. */
static bool scan_quads(struct line *line, size_t first, size_t last)
{
	bool is_found = false;

	for (size_t i = first; i < last; i++) {
		size_t end = quad_at(line, i, last, '.');
		bool is_dashed = end == 0;
		char text[16];

		if (end == 0)
			end = quad_at(line, i, last, '-');
		if (end == 0)
			continue;
		for (size_t k = i; k < end; k++)
			text[k - i] = line->c[k] == '-' ? '.' : (char)line->c[k];
		text[end - i] = 0;
		if (!address_may_stay(line->scan, yg_bytes_str(text)))
			mark(line, is_dashed ? first : i, is_dashed ? last : end, YG_TAKEN_ADDRESS);
		is_found = true;
		i = end - 1;
	}
	return is_found;
}

static bool scan_v6(struct line *line, size_t first, size_t last)
{
	size_t colons = 0;
	size_t end = first;
	uint8_t address[16];
	unsigned prefix;

	for (; end < last &&
	       (yg_hex_digit(line->c[end]) >= 0 || line->c[end] == ':' || line->c[end] == '.');
	     end++)
		colons += line->c[end] == ':';
	while (end > first && line->c[end - 1] == '.')
		end--;
	if (colons < 2)
		return false;
	if (end - first > 2 && line->c[end - 1] == ':' && line->c[end - 2] != ':')
		end--;
	if (!yg_scan_address(word_of(line, first, end), address, &prefix))
		return false;
	if (!address_may_stay(line->scan, word_of(line, first, end)))
		mark(line, first, last, YG_TAKEN_ADDRESS);
	return true;
}

/* From '?' or '#' at @at to the end of what can be one: past '=' and '&'. */
static size_t query_end(const struct line *line, size_t at)
{
	while (at < line->count && !is_end(line->c[at]))
		at++;
	return at;
}

/* Is the host (and port) in [host, end) proved to be an attacker's? */
static bool host_may_stay(const struct line *line, size_t host, size_t end)
{
	size_t port = yg_bytes_chr(word_of(line, host, end), ':');

	end = port == SIZE_MAX ? end : host + port;
	return address_may_stay(line->scan, word_of(line, host, end)) ||
	       domain_may_stay(line->scan, word_of(line, host, end));
}

/* The first of @which from @at on, or @stop. */
static size_t url_part(const struct line *line, size_t at, size_t stop, const char *which)
{
	while (at < stop && !strchr(which, line->c[at]))
		at++;
	return at;
}

/* http://user:password@host:port/path?query: what stays is an attacker's host and path. */
static bool scan_url(struct line *line, size_t first, size_t last)
{
	size_t mid = yg_bytes_find(word_of(line, first, last), YG_S("://"));
	size_t host;
	size_t end;
	size_t stop;

	if (mid == SIZE_MAX)
		return false;
	host = first + mid + 3;
	stop = query_end(line, first);
	end = url_part(line, host, stop, "/?#");
	for (size_t i = host; i < end; i++) {
		if (line->c[i] == '@') {
			mark(line, host, i, YG_TAKEN_USER);
			host = i + 1;
		}
	}
	mid = url_part(line, end, stop, "?#");
	mark(line, mid, stop, YG_TAKEN_QUERY);
	if (host_may_stay(line, host, end))
		return true;
	if (line->scan->manner == YG_MANNER_FREE || !yg_scan_is_domain(word_of(line, host, end)))
		mark(line, host, mid, YG_TAKEN_DOMAIN);
	else
		(void)scan_quads(line, host, mid); /* "10.0.0.1.example" */
	return true;
}

/* A path with drive or server: to a quote, or past blanks as long as '\' follows. */
static size_t windows_end(const struct line *line, size_t at)
{
	size_t end = at;
	size_t i = at;

	while (i < line->count && line->c[i] != '"' && line->c[i] != '\n' && line->c[i] != '<' &&
	       line->c[i] != '>' && line->c[i] != '|') {
		if (line->c[i] == '\\' || line->c[i] == '/')
			end = i + 1;
		i++;
	}
	while (end < line->count && !is_end(line->c[end]))
		end++;
	/* Names in Japanese belong to it. */
	while (end < line->count && (line->c[end] == OTHER || !is_end(line->c[end])))
		end++;
	return end;
}

static bool scan_windows(struct line *line, size_t first, size_t last, size_t *next)
{
	struct yg_bytes word = word_of(line, first, last);
	size_t slash = yg_bytes_chr(word, '\\');
	bool has_drive = word.size >= 3 && word.data[1] == ':' &&
			 (word.data[2] == '\\' || word.data[2] == '/') && word.data[0] >= 'a' &&
			 word.data[0] <= 'z';

	if (!has_drive && slash == SIZE_MAX)
		return false;
	if (line->scan->manner != YG_MANNER_FREE && has_drive &&
	    yg_bytes_starts(yg_bytes_from(word, 3), YG_S("windows")))
		return true;
	/* DOMAIN\user, and "\\" that a JSON text has doubled. */
	if (!has_drive && slash > 0 &&
	    yg_bytes_chr(yg_bytes_from(word, slash + 2), '\\') == SIZE_MAX) {
		mark(line, first, last, YG_TAKEN_USER);
		return true;
	}
	*next = windows_end(line, first);
	mark(line, first, *next, YG_TAKEN_PATH);
	return true;
}

static bool scan_mail(struct line *line, size_t first, size_t last)
{
	size_t at = yg_bytes_chr(word_of(line, first, last), '@');

	if (at == SIZE_MAX || first + at + 1 >= last)
		return false;
	if (line->scan->manner != YG_MANNER_SENDER)
		mark(line, first, last, YG_TAKEN_MAIL);
	return true;
}

static bool is_title_path(struct yg_bytes word)
{
	static const char *const houses[] = {"/home/",	"/users/", "/srv/", "/mnt/",
					     "/media/", "/data/",  "/opt/", NULL};

	for (size_t i = 0; houses[i]; i++)
		if (yg_bytes_starts(word, yg_bytes_str(houses[i])))
			return true;
	return false;
}

static bool scan_path(struct line *line, size_t first, size_t last)
{
	struct yg_bytes word = word_of(line, first, last);
	size_t slashes = 0;
	size_t letters = 0;

	for (size_t i = 0; i < word.size; i++) {
		slashes += word.data[i] == '/';
		letters += (word.data[i] >= 'a' && word.data[i] <= 'z') || word.data[i] == '_';
	}
	if (first > 0 && line->c[first - 1] == '<')
		return true; /* "</Data>" */
	if (slashes == 0 || (letters == 0 && word.data[0] != '/'))
		return false;
	if (line->scan->manner != YG_MANNER_FREE
		    ? is_title_path(word)
		    : word.size > 1 && (word.data[0] == '/' || word.data[0] == '~' || slashes > 1 ||
					is_file(word)))
		mark(line, first, last, YG_TAKEN_PATH);
	return true;
}

/* What has dots: a file, a site, a version. */
static bool scan_dotted(struct line *line, size_t first, size_t last)
{
	struct yg_bytes word = word_of(line, first, last);
	size_t port = yg_bytes_chr(word, ':');

	if (port != SIZE_MAX)
		word.size = port;
	if (is_file(word)) {
		if (line->scan->manner == YG_MANNER_FREE && !is_one_of(word, programs))
			mark(line, first, last, YG_TAKEN_PATH);
		return true;
	}
	if (!is_dotted(word))
		return false;
	if (is_internal_ending(last_label(word)))
		mark(line, first, last, YG_TAKEN_HOST);
	else if (line->scan->manner == YG_MANNER_FREE && !domain_may_stay(line->scan, word))
		mark(line, first, last, YG_TAKEN_DOMAIN);
	return true;
}

/* ---- key and value ---- */

/* What the value of a key is, by words in its name; false: nothing that must go. */
static bool key_says(struct yg_bytes key, enum yg_taken *why)
{
	static const struct {
		const char *word;
		enum yg_taken why;
	} words[] = {
		{"password", YG_TAKEN_SECRET},	{"passwd", YG_TAKEN_SECRET},
		{"secret", YG_TAKEN_SECRET},	{"token", YG_TAKEN_SECRET},
		{"cookie", YG_TAKEN_SECRET},	{"session", YG_TAKEN_SECRET},
		{"user", YG_TAKEN_USER},	{"account", YG_TAKEN_USER},
		{"logname", YG_TAKEN_USER},	{"login", YG_TAKEN_USER},
		{"sender", YG_TAKEN_MAIL},	{"recipient", YG_TAKEN_MAIL},
		{"mail", YG_TAKEN_MAIL},	{"host", YG_TAKEN_HOST},
		{"computer", YG_TAKEN_HOST},	{"workstation", YG_TAKEN_HOST},
		{"machine", YG_TAKEN_HOST},	{"device", YG_TAKEN_HOST},
		{"devname", YG_TAKEN_HOST},	{"srcname", YG_TAKEN_HOST},
		{"dstname", YG_TAKEN_HOST},	{"domainname", YG_TAKEN_HOST},
		{"sharename", YG_TAKEN_PATH},	{"file", YG_TAKEN_PATH},
		{"path", YG_TAKEN_PATH},	{"image", YG_TAKEN_PATH},
		{"commandline", YG_TAKEN_PATH}, {"cmdline", YG_TAKEN_PATH},
		{"directory", YG_TAKEN_PATH},	{"folder", YG_TAKEN_PATH},
		{"attachment", YG_TAKEN_PATH},	{"subject", YG_TAKEN_PATH},
	};

	if (is_in("agent", key) || key.size > KEY_MAX)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (is_in(words[i].word, key)) {
			*why = words[i].why;
			return true;
		}
	}
	return false;
}

/* Behind a key that ends at @at: where its value is, [*first, *last). False: none follows. */
static bool value_of(const struct line *line, size_t at, size_t *first, size_t *last)
{
	bool has_sign = false;
	uint8_t quote;
	size_t i = at;

	for (; i < line->count && i < at + 8 && strchr("=:>\"'` \\", line->c[i]); i++)
		has_sign = has_sign || strchr("=:>", line->c[i]);
	if (!has_sign || i >= line->count)
		return false;
	quote = is_quote(line->c[i - 1]) ? line->c[i - 1] : 0;
	*first = i;
	while (i < line->count && (quote ? line->c[i] != quote
					 : line->c[i] > ' ' && !strchr("<>,;&|)}]\"", line->c[i])))
		i++;
	*last = i;
	return true;
}

/*
 * "user taro.yamada": without a sign only what no word of a sentence looks like, or what stands
 * where programs put one: "for taro from 192.0.2.1". Of secrets no plain word there: no program
 * writes one, but people write "passwords guessed from one address".
 */
static bool is_plain_word(struct yg_bytes word)
{
	for (size_t i = 0; i < word.size; i++)
		if (word.data[i] < 'a' || word.data[i] > 'z')
			return false;
	return true;
}

static bool looks_like_account(const struct line *line, size_t first, size_t last,
			       enum yg_taken why)
{
	struct yg_bytes word = word_of(line, first, last);

	if (line->scan->manner == YG_MANNER_FREE &&
	    (why != YG_TAKEN_SECRET || !is_plain_word(word)) &&
	    yg_bytes_starts(word_of(line, last, line->count), YG_S(" from ")))
		return true;
	for (size_t i = 0; i + 1 < word.size; i++)
		if ((word.data[i] >= '0' && word.data[i] <= '9') || word.data[i] == '_' ||
		    (word.data[i] == '.' && word.data[i + 1] != ' '))
			return true;
	return false;
}

/* A key that ends at @last without a sign: the word or the quoted text after it. */
static void next_is_value(struct line *line, size_t last, enum yg_taken why)
{
	size_t start = last + 1;
	size_t end = start;

	if (start >= line->count || line->c[last] != ' ')
		return;
	if (is_quote(line->c[start])) {
		for (end = start + 1; end < line->count && line->c[end] != line->c[start];)
			end++;
		mark(line, start + 1, end, why);
		return;
	}
	while (end < line->count && !is_delimiter(line->c[end]))
		end++;
	if (looks_like_account(line, start, end, why))
		mark(line, start, end, why);
}

/* "Device: account added": whoever wrote a rule's title says what it is about, and no value. */
static bool is_topic(const struct line *line, size_t at, size_t first, size_t last)
{
	struct yg_bytes word = word_of(line, first, last);

	if (line->scan->manner != YG_MANNER_TITLE || first != at + 2 || line->c[at] != ':' ||
	    line->c[at + 1] != ' ')
		return false;
	while (word.size > 0 &&
	       (word.data[0] == '-' || (word.data[0] >= 'a' && word.data[0] <= 'z')))
		word = yg_bytes_from(word, 1);
	return word.size == 0;
}

static void scan_key(struct line *line, size_t first, size_t last, size_t *next)
{
	struct yg_bytes word = word_of(line, first, last);
	size_t colon = yg_bytes_chr(word, ':');
	enum yg_taken why = YG_TAKEN_USER;
	size_t start;
	size_t end;

	if (colon != SIZE_MAX && colon > 0)
		word.size = colon;
	if (!yg_bytes_eq(word, YG_S("for")) && !key_says(word, &why))
		return;
	if (!value_of(line, first + word.size, &start, &end)) {
		next_is_value(line, last, why);
		return;
	}
	if (is_topic(line, first + word.size, start, end))
		return;
	mark(line, start, end, why);
	*next = end > *next ? end : *next;
}

/* ---- all words ---- */

static bool scan_addresses(struct line *line, size_t first, size_t last)
{
	if (is_mac(word_of(line, first, last))) {
		mark(line, first, last, YG_TAKEN_HOST);
		return true;
	}
	return scan_v6(line, first, last) || scan_quads(line, first, last);
}

/* A query behind '?' in the word: where the rest of it ends. */
static size_t before_query(struct line *line, size_t first, size_t last, size_t *next)
{
	size_t query = yg_bytes_chr(word_of(line, first, last), '?');

	if (query == SIZE_MAX || first + query + 1 >= last)
		return last;
	*next = query_end(line, first + query);
	mark(line, first + query, *next, YG_TAKEN_QUERY);
	return first + query;
}

/* A word without the signs around it, of a size that a word has. */
static void scan_bare(struct line *line, size_t first, size_t last, size_t *next)
{
	struct yg_bytes word;

	if (scan_url(line, first, last)) {
		*next = query_end(line, first);
		return;
	}
	last = before_query(line, first, last, next);
	word = word_of(line, first, last);
	if (word.size < 2)
		return;
	scan_key(line, first, last, next);
	if (scan_windows(line, first, last, next) || scan_mail(line, first, last) ||
	    scan_addresses(line, first, last) || scan_path(line, first, last) ||
	    scan_dotted(line, first, last))
		return;
	if (line->scan->manner == YG_MANNER_FREE && is_machine(word) &&
	    !(is_hex(word) && word.size >= 32))
		mark(line, first, last, YG_TAKEN_HOST);
}

static void scan_word(struct line *line, size_t first, size_t last, size_t *next)
{
	while (last > first && strchr(".:!", line->c[last - 1]))
		last--;
	while (first + 1 < last && strchr(":!*", line->c[first]) && line->c[first + 1] != ':')
		first++;
	if (last - first > WORD_MAX)
		mark(line, first, last, YG_TAKEN_ENCODED);
	else if (last - first > 1)
		scan_bare(line, first, last, next);
}

/* ASCII, with "[.]" and "(.)" as "." and "hxxp" as "http". */
static void build(struct line *line)
{
	const struct yg_unit *at = line->folded.at;
	size_t count = line->folded.count;

	for (size_t i = 0; i < count; i++) {
		uint32_t point = at[i].point;
		bool opens = point == '[' || point == '(' || point == '{';

		if (opens && i + 2 < count && (at[i + 1].point == '.' || at[i + 1].point == ':') &&
		    (at[i + 2].point == ']' || at[i + 2].point == ')' || at[i + 2].point == '}')) {
			line->from[line->count] = (uint32_t)i + 1;
			line->c[line->count++] = (uint8_t)at[i + 1].point;
			i += 2;
			continue;
		}
		line->from[line->count] = (uint32_t)i;
		line->c[line->count++] = point < 0x80 ? (uint8_t)(point < 1 ? ' ' : point) : OTHER;
	}
}

bool yg_scan_units(const struct yg_scan *scan, struct yg_units folded, struct yg_arena *arena,
		   struct yg_spans *spans)
{
	struct line line = {scan,
			    folded,
			    spans,
			    yg_arena_alloc(arena, folded.count + 1),
			    yg_arena_alloc(arena, (folded.count + 1) * sizeof(uint32_t)),
			    0};

	if (!line.c || !line.from)
		return false;
	build(&line);
	for (size_t i = 0; i < line.count && !spans->is_over;) {
		size_t last = i;
		size_t next;

		while (last < line.count && !is_delimiter(line.c[last]))
			last++;
		next = last > i ? last : i + 1;
		if (last > i)
			scan_word(&line, i, last, &next);
		/* A value that was marked is looked at again: an address in it changes nothing. */
		i = next;
	}
	return true;
}
