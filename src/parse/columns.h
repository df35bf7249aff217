/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/columns.h - logs that are tables: head lines say what the columns of the lines below are.
 *
 *   #Fields: date time cs-method cs-uri-stem …             IIS and others, W3C Extended Log Format
 *   #separator \x09 / #path conn / #fields ts uid …        Zeek
 *
 * A parser remembers nothing of earlier records, so the caller keeps the head lines (struct
 * yg_head) and gives them to yg_parser_set_head (parse/format.h) before the records below.
 *
 * IIS: fields under the names of the head, as rules call them: cs(User-Agent) is cs-user-agent,
 * cs-uri-query (the query alone) is cs-uri-args; "+" in headers is a space. Times are UTC, as
 * the form demands. Derived: those of parse/web.h.
 * Zeek: fields under Zeek's names, `_path` the log's; sets and vectors are lists; "-" and
 * "(empty)" give no field. Derived: src_ip, src_port, dst_ip, dst_port, record_type, answer.
 *
 * Layer:  parse. Input untrusted. Pure.
 * Source: W3C Working Draft WD-logfile-960323; Microsoft "IIS W3C Logging"; Zeek 5 ASCII writer.
 * Tests:  tests/unit/parse/test_columns.c, tests/fuzz/fuzz_parse_columns.c
 */
#pragma once

#include "base/buf.h"
#include "parse/format-int.h"

#define YG_HEAD_BYTES_MAX 32768u

/* The head lines that hold at a place of an input. Start with yg_buf_init(&text, …MAX). */
struct yg_head {
	struct yg_buf text;
};

/* Is @line a head line? Then it is no record. A look at a few bytes. */
bool yg_head_is(struct yg_bytes line);

/* Remember head line @line. Lines that begin a new head drop the old one. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_head_add(struct yg_head *head, struct yg_bytes line);

struct yg_columns;

/* Understand @head (copied). NULL: it names no columns, or there is no memory (*ret_rc). */
struct yg_columns *yg_columns_new(struct yg_bytes head, const struct yg_names *names, int *ret_rc);
struct yg_columns *yg_columns_free(struct yg_columns *columns);

bool yg_iis_fits(struct yg_bytes record);
yg_read_fn yg_iis_read;
YG_MUST_USE int yg_iis_finish(struct yg_event *event);

bool yg_zeek_fits(struct yg_bytes record);
yg_read_fn yg_zeek_read;
/* Also for Zeek's JSON. */
YG_MUST_USE int yg_zeek_finish(struct yg_event *event);
