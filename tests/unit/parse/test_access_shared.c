/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access logs of others, whole: every line of a scan, of a real site and of web servers' test
 * lines must be read. The folder is the argument; without it the test is skipped.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "parse/frame.h"
#include "parse_help.h"

#define FILE_BYTES_MAX (64u << 20)

static unsigned long failed, passed;

struct want {
	const char *file;
	uint64_t records;
	enum yg_format format; /* of every line; YG_FORMAT_UNKNOWN: any, but each must be read */
};

/* One file: framed, recognised, each record read, and the fields that must not be missing. */
static bool check_record(struct yg_bytes record, enum yg_format format)
{
	int rc = yg_parse_any(help_parser, format, record, help_arena, &help_event, &help_fault);

	if (rc != YG_OK) {
		fprintf(stderr, "%s at %zu: %.*s\n", help_fault.msg, help_fault.pos,
			YG_FMT(record));
		return false;
	}
	if (format != YG_FORMAT_UNKNOWN && help_event.format != format)
		return false;
	if (help_event.format != YG_FORMAT_ACCESS)
		return true;
	return help_event.time_ns != YG_TIME_NONE &&
	       yg_event_get(&help_event, YG_F_c_ip).size > 0 &&
	       yg_event_get(&help_event, YG_F_sc_status).size > 0 &&
	       (!yg_event_find(&help_event, YG_F_cs_version) ||
		yg_bytes_starts(yg_event_get(&help_event, YG_F_cs_version), YG_S("HTTP/")));
}

static bool check_text(struct yg_bytes text, const struct want *want)
{
	struct yg_framer framer = {.framing =
					   yg_frame_recognise(yg_bytes_cut(text, 0, 65536), true)};
	struct yg_frame frame;
	uint64_t records = 0;

	while (yg_frame_next(&framer, text, true, &frame) == YG_OK) {
		text = yg_bytes_from(text, frame.consumed);
		if (frame.is_skipped)
			continue;
		records++;
		yg_arena_reset(help_arena);
		if (!check_record(frame.record, want->format)) {
			fprintf(stderr, "%s: record %lu\n", want->file, (unsigned long)records);
			return false;
		}
	}
	if (records != want->records)
		fprintf(stderr, "%s: %lu records\n", want->file, (unsigned long)records);
	return records == want->records;
}

static void check_file(const char *folder, const struct want *want)
{
	char path[1024];
	uint8_t *data = NULL;
	size_t size = 0;
	bool is_good;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, want->file);
	is_good = yg_io_read_file(path, FILE_BYTES_MAX, &data, &size) == YG_OK;
	if (!is_good) {
		fprintf(stderr, "cannot read %s\n", path);
	} else {
		uint8_t *padded = realloc(data, size + YG_PARSE_PADDING);

		if (!padded)
			abort();
		data = padded;
		is_good = check_text((struct yg_bytes){data, size}, want);
	}
	free(data);
	failed += !is_good;
	passed += is_good;
}

#define BY_PRODUCT(name, count, format)                                                            \
	{                                                                                          \
		"logs/by-product/" name, count, YG_FORMAT_##format                                 \
	}

static const struct want wants[] = {
	{"weblogs/attack/acunetix.txt", 6539, YG_FORMAT_ACCESS},
	{"weblogs/benign/apache_logs/apache_logs", 10000, YG_FORMAT_ACCESS},
	{"syslog/Apache/Apache_2k.log", 2000, YG_FORMAT_APACHE_ERROR},
	BY_PRODUCT("CVE-2017-9841/CVE-2017-9841.log", 1, ACCESS),
	BY_PRODUCT("CVE-2022-26134/CVE-2022-26134.log", 2, ACCESS),
	BY_PRODUCT("CVE-2022-35914/CVE-2022-35914.log", 2, ACCESS),
	BY_PRODUCT("CVE-2022-40684/CVE-2022-40684.log", 1, ACCESS),
	BY_PRODUCT("CVE-2024-0012/CVE-2024-0012.log", 2, ACCESS),
	BY_PRODUCT("CVE-2024-38475/CVE-2024-38475.log", 12, ACCESS),
	BY_PRODUCT("CVE-2025-0108/CVE-2025-0108.log", 1, ACCESS),
	BY_PRODUCT("actual-budget-whitelist/actual-budget-logs.log", 9, ACCESS),
	BY_PRODUCT("apache2-http-sensitive-files/apache2-http-sensitive-files.log", 13, ACCESS),
	BY_PRODUCT("bunkerweb-http-malformed/bunkerweb-http-malformed.log", 12, ACCESS),
	BY_PRODUCT("bunkerweb-http-sensitive-files/bunkerweb-http-sensitive-files.log", 9, ACCESS),
	BY_PRODUCT("calibre-web-whitelist/calibre-web-logs.log", 16, ACCESS),
	BY_PRODUCT("cri-logs/cri-logs.log", 3, ACCESS),
	BY_PRODUCT("fortinet-cve-2018-13379/fortinet-cve-2018-13379.log", 1, ACCESS),
	BY_PRODUCT("http-bf-wordpress-bf/http-bf-wordpress-bf.log", 9, ACCESS),
	BY_PRODUCT("http-dos-bypass-cache/http_dos_bypass_cache.log", 356, ACCESS),
	BY_PRODUCT("http-dos-invalid-http-versions/http-dos-invalid-http-versions.log", 6, ACCESS),
	BY_PRODUCT("http-dos-switching-ua/http-dos-switching-ua.log", 15, ACCESS),
	BY_PRODUCT("http-technology-probing/http-technology-probing.log", 5, ACCESS),
	BY_PRODUCT("http-wordpress_user-enum/http-wordpress_user-enum.log", 12, ACCESS),
	BY_PRODUCT("litespeed-http-sensitive-files/litespeed-http-sensitive-files.log", 6, ACCESS),
	BY_PRODUCT("modsecurity-nginx/modsecurity-nginx.log", 2, NGINX_ERROR),
	BY_PRODUCT("modsecurity/modsecurity.log", 10, APACHE_ERROR),
	BY_PRODUCT("nginx-bad-user-agent/nginx-bad-user-agent.log", 3, ACCESS),
	BY_PRODUCT("nginx-cve-2021-41773/cve-2021-41773.log", 2, ACCESS),
	BY_PRODUCT("nginx-http-generic-bf/nginx-http-generic-bf.log", 22, UNKNOWN),
	BY_PRODUCT("nginx-http-malformed/nginx_http-logs.log", 12, ACCESS),
	BY_PRODUCT("nginx-http-sqli-probing/nginx-http-sqli-probing.log", 16, ACCESS),
	BY_PRODUCT("nginx-http-w00twoot/nginx-http-w00twoot.log", 2, ACCESS),
	BY_PRODUCT("nginx-http-xss-probing/nginx-http-xss-probing.log", 26, ACCESS),
	BY_PRODUCT("nginx-mail-logs/nginx-mail-logs.log", 17, UNKNOWN),
	BY_PRODUCT("nginx-proxy-manager-malformed/nginx_http-logs.log", 12, ACCESS),
	BY_PRODUCT("nginx_http-catch-npm/nginx_http-catch-npm.log", 6, ACCESS),
	BY_PRODUCT("nginx_req_limit_exceeded/nginx_req_limit_exceeded.log", 9, NGINX_ERROR),
	BY_PRODUCT("sap-probing/sap-probing.log", 2, ACCESS),
	BY_PRODUCT("spring4shell_cve-2022-22965/spring4shell_cve-2022-22965.log", 2, ACCESS),
	BY_PRODUCT("vmware-cve-2022-22954/vmware-cve-2022-22954.log", 2, ACCESS),
};

int main(int argc, char **argv)
{
	const char *folder = getenv("YAGURA_SHARED");
	DIR *open;

	if (!folder)
		folder = argc > 1 ? argv[1] : "";
	open = opendir(folder);
	if (!open) {
		printf("missing: the shared test data (YAGURA_SHARED, else ../shared/data)\n"
		       "0 passed, 0 failed, 1 skipped\n");
		return 77;
	}
	(void)closedir(open);
	help_open(NULL, NULL);
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++)
		check_file(folder, &wants[i]);
	help_close();
	printf("%lu passed, %lu failed, 0 skipped\n", passed, failed);
	return failed > 0;
}
