/* SPDX-License-Identifier: Apache-2.0 */
/* The machine itself: its system, sockets, malware protection. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/tr.h"
#include "sensor/inventory-int.h"

#include "base/ban.h"

#define FILE_MAX  (4u << 20)
#define PROCESSES 32768u /* looked at */
#define SMALL	  4096u
#define LISTEN	  "0A"
#define UNBOUND	  "07" /* UDP without a peer */

extern const unsigned char yg_host_facts[];
extern const size_t yg_host_facts_size;

/* ---- small things ---- */

bool yg_host_path(char to[YG_HOST_PATH_MAX], const char *root, const char *path)
{
	int size = snprintf(to, YG_HOST_PATH_MAX, "%s%s", root, path);

	return size > 0 && (unsigned)size < YG_HOST_PATH_MAX;
}

int64_t yg_host_time(const char *root, const char *path)
{
	char full[YG_HOST_PATH_MAX];
	struct stat st;

	if (!yg_host_path(full, root, path) || stat(full, &st) != 0)
		return YG_TIME_NONE;
	return (int64_t)st.st_mtim.tv_sec * YG_NS_PER_S + st.st_mtim.tv_nsec;
}

/* Files of /proc say that they are empty, so the size is not asked. */
struct yg_bytes yg_host_read(const char *root, const char *path, size_t bytes_max,
			     uint8_t **ret_free)
{
	char full[YG_HOST_PATH_MAX];
	struct yg_buf text;
	size_t got = 1;
	int fd = -1;

	*ret_free = NULL;
	if (!yg_host_path(full, root, path) || yg_io_open_read(full, &fd) != YG_OK)
		return (struct yg_bytes){0};
	yg_buf_init(&text, bytes_max + SMALL);
	while (got > 0 && text.size < bytes_max) {
		uint8_t *to = yg_buf_reserve(&text, SMALL);

		if (!to || yg_io_read(fd, to, SMALL, &got) != YG_OK)
			break;
		yg_buf_grew(&text, got);
	}
	(void)close(fd); /* read only */
	*ret_free = text.data;
	return yg_buf_bytes(&text);
}

bool yg_host_line(struct yg_bytes *text, struct yg_bytes *ret)
{
	if (text->size == 0)
		return false;
	*ret = yg_host_word(text, '\n');
	return true;
}

bool yg_host_section(struct yg_bytes line, struct yg_bytes *ret_name)
{
	size_t end;

	if (line.size < 2 || line.data[0] != '[')
		return false;
	end = yg_bytes_chr(line, ']');
	*ret_name = yg_bytes_cut(line, 1, end == SIZE_MAX ? line.size : end);
	return true;
}

struct yg_bytes yg_host_word(struct yg_bytes *line, uint8_t separator)
{
	size_t end = yg_bytes_chr(*line, separator);
	struct yg_bytes word = yg_bytes_cut(*line, 0, end);

	*line = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(*line, end + 1);
	return word;
}

/* Words that any number of blanks part. */
static struct yg_bytes blank_word(struct yg_bytes *line)
{
	struct yg_bytes word;

	do
		word = yg_host_word(line, ' ');
	while (word.size == 0 && line->size > 0);
	return word;
}

struct yg_bytes yg_facts_text(void)
{
	return (struct yg_bytes){yg_host_facts, yg_host_facts_size};
}

bool yg_facts_find(const char *kind, struct yg_bytes first, struct yg_bytes second,
		   struct yg_bytes *ret_rest)
{
	struct yg_bytes text = yg_facts_text();
	struct yg_bytes line;

	while (yg_host_line(&text, &line)) {
		if (!yg_bytes_eq(yg_host_word(&line, '|'), yg_bytes_str(kind)) ||
		    !yg_bytes_eq(yg_host_word(&line, '|'), first) ||
		    (second.size > 0 && !yg_bytes_eq(yg_host_word(&line, '|'), second)))
			continue;
		*ret_rest = line;
		return true;
	}
	return false;
}

static void add(struct yg_inventory *to, const char *kind, const char *name, struct yg_bytes value)
{
	yg_inventory_add(to, kind, yg_bytes_str(name), value, (struct yg_bytes){0});
}

/* ---- the system ---- */

/* VALUE, "VALUE" or 'VALUE'. */
static struct yg_bytes unquote(struct yg_bytes value)
{
	value = yg_bytes_trim(value);
	if (value.size >= 2 && (value.data[0] == '"' || value.data[0] == '\'') &&
	    value.data[value.size - 1] == value.data[0])
		return yg_bytes_cut(value, 1, value.size - 1);
	return value;
}

/* By version, and by what is left of it before its last points: RHEL counts minor releases. */
static bool find_support(struct yg_bytes id, struct yg_bytes version, struct yg_bytes *ret)
{
	while (id.size > 0 && version.size > 0) {
		if (yg_facts_find("os", id, version, ret))
			return true;
		while (version.size > 0 && version.data[version.size - 1] != '.')
			version.size--;
		version.size -= version.size > 0;
	}
	return false;
}

/* "2026-11-26" */
static bool is_day(struct yg_bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		if (i == 4 || i == 7 ? text.data[i] != '-'
				     : text.data[i] < '0' || text.data[i] > '9')
			return false;
	return text.size == 10;
}

/* @stated: what the system says of itself, where the facts do not know it. */
static void add_support(struct yg_inventory *to, struct yg_bytes id, struct yg_bytes version,
			struct yg_bytes stated)
{
	struct yg_bytes facts;

	if (find_support(id, version, &facts)) {
		add(to, "host", "support_regular_end", yg_host_word(&facts, '|'));
		add(to, "host", "support_end", yg_host_word(&facts, '|'));
		add(to, "host", "support_source", yg_host_word(&facts, '|'));
	} else if (is_day(stated)) {
		add(to, "host", "support_regular_end", stated);
		add(to, "host", "support_end", stated);
		add(to, "host", "support_source", YG_S("os-release"));
	} else {
		add(to, "host", "support_end", YG_S("unknown"));
		add(to, "problem", "support",
		    yg_bytes_str(N_("how long this system gets updates is not known to this "
				    "program")));
	}
}

void yg_inventory_system(struct yg_inventory *to, struct yg_bytes text)
{
	struct yg_bytes id = {0};
	struct yg_bytes version = {0};
	struct yg_bytes name = {0};
	struct yg_bytes stated = {0};
	struct yg_bytes line;

	while (yg_host_line(&text, &line)) {
		struct yg_bytes key = yg_bytes_trim(yg_host_word(&line, '='));

		if (yg_bytes_eq(key, YG_S("ID")))
			id = unquote(line);
		else if (yg_bytes_eq(key, YG_S("VERSION_ID")))
			version = unquote(line);
		else if (yg_bytes_eq(key, YG_S("PRETTY_NAME")))
			name = unquote(line);
		else if (yg_bytes_eq(key, YG_S("SUPPORT_END")))
			stated = unquote(line);
	}
	add(to, "host", "os_id", id);
	add(to, "host", "os_version", version);
	add(to, "host", "os_name", name);
	add_support(to, id, version, stated);
}

static void collect_system(const char *root, struct yg_inventory *to)
{
	uint8_t *mem;
	struct yg_bytes text = yg_host_read(root, "/etc/os-release", SMALL * 4, &mem);

	if (!mem)
		text = yg_host_read(root, "/usr/lib/os-release", SMALL * 4, &mem);
	yg_inventory_system(to, text);
	free(mem);
	text = yg_host_read(root, "/proc/sys/kernel/hostname", SMALL, &mem);
	if (!mem)
		text = yg_host_read(root, "/etc/hostname", SMALL, &mem);
	add(to, "host", "name", yg_bytes_trim(text));
	free(mem);
	text = yg_host_read(root, "/proc/sys/kernel/osrelease", SMALL, &mem);
	add(to, "host", "kernel", yg_bytes_trim(text));
	free(mem);
}

/* ---- sockets ---- */

/* 8 hexadecimal digits: a word as this machine keeps it. */
static bool read_word(struct yg_bytes digits, uint32_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < 8; i++) {
		int digit = i < digits.size ? yg_hex_digit(digits.data[i]) : -1;

		if (digit < 0)
			return false;
		*ret = *ret << 4 | (uint32_t)digit;
	}
	return true;
}

/* "0100007F:0CEA". */
static bool read_place(struct yg_bytes place, char to[INET6_ADDRSTRLEN], unsigned *ret_port)
{
	struct yg_bytes address = yg_host_word(&place, ':');
	uint32_t words[4] = {0};
	unsigned port = 0;

	if ((address.size != 8 && address.size != 32) || place.size != 4)
		return false;
	for (size_t i = 0; i < address.size / 8; i++)
		if (!read_word(yg_bytes_from(address, i * 8), &words[i]))
			return false;
	for (size_t i = 0; i < 4; i++) {
		if (yg_hex_digit(place.data[i]) < 0)
			return false;
		port = port << 4 | (unsigned)yg_hex_digit(place.data[i]);
	}
	*ret_port = port;
	return inet_ntop(address.size == 8 ? AF_INET : AF_INET6, words, to, INET6_ADDRSTRLEN) !=
	       NULL;
}

void yg_inventory_sockets(struct yg_inventory *to, const char *protocol, struct yg_bytes text,
			  unsigned udp_first, unsigned udp_last)
{
	bool is_udp = protocol[0] == 'u';
	struct yg_bytes wanted = is_udp ? YG_S(UNBOUND) : YG_S(LISTEN);
	struct yg_bytes line;

	(void)yg_host_line(&text, &line); /* the head; the loop looks for the end itself */
	while (yg_host_line(&text, &line)) {
		char address[INET6_ADDRSTRLEN];
		char name[INET6_ADDRSTRLEN + 32];
		struct yg_bytes local;
		struct yg_bytes state;
		unsigned port;

		(void)blank_word(&line); /* its number */
		local = blank_word(&line);
		(void)blank_word(&line); /* the peer */
		state = blank_word(&line);
		for (unsigned i = 0; i < 3; i++)
			(void)blank_word(&line); /* queues, timer, retransmits */
		if (!yg_bytes_eq(state, wanted) || !read_place(local, address, &port) ||
		    (is_udp && port >= udp_first && port <= udp_last))
			continue;
		(void)snprintf(name, sizeof(name), strchr(address, ':') ? "%s [%s]:%u" : "%s %s:%u",
			       is_udp ? "udp" : "tcp", address, port); /* measured */
		yg_inventory_add(to, "socket", yg_bytes_str(name), blank_word(&line),
				 (struct yg_bytes){0});
	}
}

/* Ports that programs get who ask for none: of UDP they come and go. */
static void read_range(const char *root, unsigned *ret_first, unsigned *ret_last)
{
	uint8_t *mem;
	struct yg_bytes text =
		yg_host_read(root, "/proc/sys/net/ipv4/ip_local_port_range", SMALL, &mem);
	uint64_t first;
	uint64_t last;

	*ret_first = 32768;
	*ret_last = 60999;
	text = yg_bytes_trim(text);
	if (yg_bytes_u64(yg_host_word(&text, '\t'), &first) &&
	    yg_bytes_u64(yg_bytes_trim(text), &last) && first <= last && last <= 65535) {
		*ret_first = (unsigned)first;
		*ret_last = (unsigned)last;
	}
	free(mem);
}

static void collect_sockets(const char *root, struct yg_inventory *to)
{
	static const char *const files[] = {"tcp", "tcp6", "udp", "udp6"};
	unsigned first;
	unsigned last;
	size_t found = 0;

	read_range(root, &first, &last);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[32];
		struct yg_bytes text;
		uint8_t *mem;

		(void)snprintf(path, sizeof(path), "/proc/net/%s", files[i]); /* short */
		text = yg_host_read(root, path, FILE_MAX, &mem);
		found += mem != NULL;
		yg_inventory_sockets(to, files[i], text, first, last);
		free(mem);
	}
	if (found == 0)
		add(to, "problem", "sockets",
		    yg_bytes_str(N_("the list of sockets (/proc/net) could not be read")));
}

/* ---- malware protection ---- */

/* When signatures were made: the head of a database of ClamAV, "ClamAV-VDB:" and fields, of which
 * the ninth counts seconds; else when the file was written. */
static int64_t signature_time(DIR *dir, const char *name)
{
	char head[512 + 1] = "";
	struct yg_bytes rest;
	struct stat st;
	uint64_t made_s;
	size_t got = 0;
	int fd = openat(dirfd(dir), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return YG_TIME_NONE;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    yg_io_read(fd, (uint8_t *)head, sizeof(head) - 1, &got) != YG_OK) {
		(void)close(fd); /* read only */
		return YG_TIME_NONE;
	}
	(void)close(fd); /* read only */
	rest = (struct yg_bytes){(const uint8_t *)head, got};
	if (yg_bytes_starts(rest, YG_S("ClamAV-VDB:"))) {
		for (unsigned i = 0; i < 8; i++)
			(void)yg_host_word(&rest, ':');
		rest = yg_host_word(&rest, ' '); /* blanks fill the head */
		if (yg_bytes_u64(yg_bytes_trim(rest), &made_s) && made_s > 0 && made_s < UINT32_MAX)
			return (int64_t)made_s * YG_NS_PER_S;
	}
	return (int64_t)st.st_mtim.tv_sec * YG_NS_PER_S;
}

static int64_t newest_signature(const char *root, struct yg_bytes folder)
{
	int64_t newest = YG_TIME_NONE;
	char path[YG_HOST_PATH_MAX];
	const struct dirent *entry;
	size_t left = 1000;
	DIR *dir;
	int size = snprintf(path, sizeof(path), "%s%.*s", root, YG_FMT(folder));

	if (size <= 0 || (unsigned)size >= sizeof(path))
		return YG_TIME_NONE;
	dir = opendir(path);
	while (dir && left-- > 0 && (entry = readdir(dir)) != NULL) {
		struct yg_bytes name = yg_bytes_str(entry->d_name);
		int64_t time_ns;

		if (!yg_bytes_ends(name, YG_S(".cvd")) && !yg_bytes_ends(name, YG_S(".cld")))
			continue;
		time_ns = signature_time(dir, entry->d_name);
		if (time_ns != YG_TIME_NONE && (newest == YG_TIME_NONE || time_ns > newest))
			newest = time_ns;
	}
	if (dir)
		(void)closedir(dir); /* read only */
	return newest;
}

static void add_signature_time(const char *root, struct yg_bytes folder, struct yg_inventory *to)
{
	int64_t newest = newest_signature(root, folder);
	char iso[YG_ISO_SIZE];

	if (newest == YG_TIME_NONE)
		return;
	(void)yg_time_iso(newest, 0, iso);
	add(to, "now", "signatures_time", yg_bytes_str(iso));
}

struct protection {
	struct yg_bytes process;
	struct yg_bytes name;
	struct yg_bytes folder;
	bool is_running;
};
#define PROTECTIONS 32u

static size_t read_protections(struct protection *list)
{
	struct yg_bytes text = yg_facts_text();
	struct yg_bytes line;
	size_t count = 0;

	while (count < PROTECTIONS && yg_host_line(&text, &line)) {
		if (!yg_bytes_eq(yg_host_word(&line, '|'), YG_S("av")))
			continue;
		list[count].process = yg_host_word(&line, '|');
		list[count].name = yg_host_word(&line, '|');
		list[count++].folder = line;
	}
	return count;
}

static void look_at_process(const char *root, const char *pid, struct protection *list,
			    size_t count)
{
	char path[300];
	struct yg_bytes name;
	uint8_t *mem;

	if (snprintf(path, sizeof(path), "/proc/%s/comm", pid) >= (int)sizeof(path))
		return;
	name = yg_bytes_trim(yg_host_read(root, path, SMALL, &mem));
	for (size_t i = 0; i < count; i++)
		list[i].is_running |= name.size > 0 && yg_bytes_eq(name, list[i].process);
	free(mem);
}

static void collect_protection(const char *root, struct yg_inventory *to)
{
	struct protection list[PROTECTIONS] = {0};
	size_t count = read_protections(list);
	size_t left = PROCESSES;
	size_t found = 0;
	char path[YG_HOST_PATH_MAX];
	const struct dirent *entry;
	DIR *dir = yg_host_path(path, root, "/proc") ? opendir(path) : NULL;

	while (dir && left-- > 0 && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			look_at_process(root, entry->d_name, list, count);
	if (dir)
		(void)closedir(dir); /* read only */
	for (size_t i = 0; i < count; i++) {
		bool has_files = list[i].folder.data[0] == '/' &&
				 newest_signature(root, list[i].folder) != YG_TIME_NONE;

		if (!list[i].is_running && !has_files)
			continue;
		found++;
		yg_inventory_add(to, "antivirus", list[i].name,
				 list[i].is_running ? YG_S("running") : YG_S("not running"),
				 (struct yg_bytes){0});
		if (has_files)
			add_signature_time(root, list[i].folder, to);
	}
	if (found == 0)
		add(to, "problem", "antivirus",
		    yg_bytes_str(N_("no malware protection that this program knows was found")));
}

int yg_host_collect(const char *root, struct yg_inventory *to)
{
	int rc;

	collect_system(root, to);
	collect_sockets(root, to);
	rc = yg_host_administrators(root, to);
	collect_protection(root, to);
	return rc;
}
