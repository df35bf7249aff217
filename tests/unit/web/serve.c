/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real server with a small route table, for tests/e2e/web.py: serve [--files] [--timeout S]
 * Prints the start link as its first line. Commands on standard input, a line each: "link" prints
 * a new one; the end of the input ends it.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/crypt.h"
#include "web/server.h"

/* An access is only handed through: the server must not look into it. */
static char nobody;

/* What a handler was given, as JSON. */
static int echo(void *context, struct yg_access *access, const struct yg_request *request,
		struct yg_reply *reply)
{
	char digest[YG_SHA256_HEX + 1];

	(void)context;
	if ((void *)access != (void *)&nobody)
		return YG_EINVAL;
	yg_sha256_hex(request->body, digest);
	yg_buf_addf(&reply->body, "{\"method\":\"%s\",\"path\":", yg_method_name(request->method));
	yg_buf_add_json(&reply->body, request->path);
	yg_buf_add_str(&reply->body, ",\"part\":");
	yg_buf_add_json(&reply->body, request->parts[0]);
	yg_buf_add_str(&reply->body, ",\"query\":");
	yg_buf_add_json(&reply->body, request->query);
	yg_buf_add_str(&reply->body, ",\"type\":");
	yg_buf_add_json(&reply->body, request->content_type);
	yg_buf_add_str(&reply->body, ",\"if_match\":");
	yg_buf_add_json(&reply->body, request->if_match);
	yg_buf_add_str(&reply->body, ",\"file_name\":");
	yg_buf_add_json(&reply->body, request->file_name);
	yg_buf_addf(&reply->body, ",\"size\":%zu,\"sha256\":\"%s\",\"lang\":\"%s\"}",
		    request->body.size, digest, request->lang == YG_LANG_JA ? "ja" : "en");
	(void)snprintf(reply->etag, sizeof(reply->etag), "7");
	return YG_OK;
}

static int empty(void *context, struct yg_access *access, const struct yg_request *request,
		 struct yg_reply *reply)
{
	(void)context;
	(void)access;
	(void)request;
	reply->status = 204;
	return YG_OK;
}

static int download(void *context, struct yg_access *access, const struct yg_request *request,
		    struct yg_reply *reply)
{
	(void)context;
	(void)access;
	reply->content_type = "application/octet-stream";
	(void)snprintf(reply->file_name, sizeof(reply->file_name), "規程.html");
	yg_buf_add(&reply->body, request->parts[0]);
	return YG_OK;
}

/* {size} bytes. */
static int large(void *context, struct yg_access *access, const struct yg_request *request,
		 struct yg_reply *reply)
{
	uint64_t size;
	uint8_t *to;

	(void)context;
	(void)access;
	if (!yg_bytes_u64(request->parts[0], &size))
		return yg_reply_problem(reply, 400, "bad-request", "no number", NULL);
	to = yg_buf_reserve(&reply->body, size);
	if (to) {
		memset(to, 'x', size);
		yg_buf_grew(&reply->body, size);
	}
	return YG_OK;
}

/* The error with number -{code}. */
static int fail(void *context, struct yg_access *access, const struct yg_request *request,
		struct yg_reply *reply)
{
	uint64_t code;

	(void)context;
	(void)access;
	yg_buf_add_str(&reply->body, "half an answer");
	(void)snprintf(reply->etag, sizeof(reply->etag), "half");
	return yg_bytes_u64(request->parts[0], &code) ? -(int)code : YG_EINVAL;
}

static const struct yg_route routes[] = {
	{YG_METHOD_GET, "/api/v1/echo/{word}", "getEcho", echo, 0, 0},
	{YG_METHOD_PUT, "/api/v1/echo/{word}", "putEcho", echo, 0, 0},
	{YG_METHOD_POST, "/api/v1/echo/{word}", "postEcho", echo, 0, 0},
	{YG_METHOD_DELETE, "/api/v1/echo/{word}", "deleteEcho", empty, 0, 0},
	{YG_METHOD_GET, "/api/v1/download/{text}", "download", download, 0, 0},
	{YG_METHOD_GET, "/api/v1/large/{size}", "large", large, 0, 0},
	{YG_METHOD_GET, "/api/v1/fail/{code}", "fail", fail, 0, 0},
};

/* "export {};" and a line end, forty times, as gzip. */
static const uint8_t packed[] = {
	0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4b, 0xad,
	0x28, 0xc8, 0x2f, 0x2a, 0x51, 0xa8, 0xae, 0xb5, 0xe6, 0x4a, 0x1d, 0x65,
	0x0e, 0x1d, 0x26, 0x00, 0xf7, 0x56, 0x48, 0xc3, 0xb8, 0x01, 0x00, 0x00,
};

#define FILE_OF(path, type, text, etag)                                                            \
	{                                                                                          \
		path, type, {(const uint8_t *)(text), sizeof(text) - 1}, etag, {0}, 0              \
	}
#define TEN(text) text text text text text text text text text text
static const struct yg_web_file files[] = {
	{"/assets/large.js",
	 "text/javascript; charset=utf-8",
	 {(const uint8_t *)TEN("export {};\n") TEN("export {};\n") TEN("export {};\n")
		  TEN("export {};\n"),
	  440},
	 "l1",
	 {packed, sizeof(packed)},
	 "l1-gz"},
	FILE_OF("/index.html", "text/html; charset=utf-8", "<!DOCTYPE html><p>index", "i1"),
	FILE_OF("/assets/app.js", "text/javascript; charset=utf-8", "export {};", "a1"),
};

static int resolve(void *arg, uint32_t session, struct yg_access **ret)
{
	(void)arg;
	*ret = (struct yg_access *)(void *)&nobody;
	return session > 0 ? YG_OK : YG_EACCES;
}

static void print_link(struct yg_web *web)
{
	char link[YG_WEB_LINK_MAX];

	yg_web_link(web, link);
	printf("%s\n", link);
	fflush(stdout);
}

/* False at the end of the input. */
static bool obey(struct yg_web *web)
{
	char mem[256];
	ssize_t size = read(STDIN_FILENO, mem, sizeof(mem));

	for (ssize_t i = 0; i < size; i++)
		if (mem[i] == '\n')
			print_link(web);
	return size > 0;
}

int main(int argc, char **argv)
{
	struct yg_route_table table = {routes, sizeof(routes) / sizeof(routes[0]), NULL};
	struct yg_web_config config = {
		.tables = &table, .table_count = 1, .resolve = resolve, .clock = yg_clock_system()};
	struct yg_web *web;
	int error;

	for (int i = 1; i < argc; i++) {
		uint64_t seconds;

		if (strcmp(argv[i], "--files") == 0) {
			config.files = files;
			config.file_count = sizeof(files) / sizeof(files[0]);
		} else if (i + 1 < argc && yg_bytes_u64(yg_bytes_str(argv[i + 1]), &seconds)) {
			config.timeout_s = (uint32_t)seconds;
			i++;
		}
	}
	error = yg_web_open(&config, &web);
	if (error) {
		fprintf(stderr, "cannot listen: %s\n", yg_err_text(error));
		return EXIT_FAILURE;
	}
	print_link(web);
	for (;;) {
		struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
				       {.fd = yg_web_fd(web), .events = POLLIN}};

		if (poll(fds, 2, yg_web_timeout_ms(web)) < 0 && errno != EINTR)
			break;
		if (yg_web_run(web) != YG_OK)
			break;
		if (fds[0].revents && !obey(web)) {
			yg_web_free(web);
			return EXIT_SUCCESS;
		}
	}
	fprintf(stderr, "the server broke\n");
	yg_web_free(web);
	return EXIT_FAILURE;
}
