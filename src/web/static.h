/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web/static.h - the console's files, which are part of the binary, and the plain pages that stand
 * where a file cannot: no console built in, a refusal that a person sees instead of a program.
 *
 * Layer: web. Pure; any thread.
 */
#pragma once

#include "base/buf.h"

/* One file; all borrowed for as long as the server runs. */
struct yg_web_file {
	const char *path;	  /* "/index.html", "/assets/app-1a2b.js" */
	const char *content_type; /* "text/html; charset=utf-8" */
	struct yg_bytes bytes;
	const char *etag;      /* without quotes; changes with the bytes */
	struct yg_bytes gzip;  /* the same compressed (RFC 1952); empty: it does not get smaller */
	const char *gzip_etag; /* another one: it is another representation */
};

/*
 * The file for a decoded path: the one of that path; for a path without a dot in its last segment
 * /index.html, because the console keeps its own places in the address; else NULL. O(files).
 */
const struct yg_web_file *yg_web_file(const struct yg_web_file *files, size_t count,
				      struct yg_bytes path);

/* A page in both languages: @title and @detail are msgids of base/tr.h. No style, no script. */
void yg_web_page(struct yg_buf *to, const char *title, const char *detail);

/* The page that stands for the console where none was built in. */
void yg_web_page_no_console(struct yg_buf *to);
