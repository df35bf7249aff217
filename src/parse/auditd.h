/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/auditd.h - records of the Linux audit system (audit.log), joined to one event.
 *
 *   type=SYSCALL msg=audit(1684329817.579:2995): arch=c000003e syscall=59 … exe="/usr/bin/perl"
 *   type=EXECVE msg=audit(1684329817.579:2995): argc=2 a0="perl" a1="x.pl"
 *
 * Lines with the same number that stand together are one record (parse/frame.h joins them, at most
 * YG_AUDIT_LINES_MAX). Fields: type (one for each line), node, audit_id, and the keys of all lines
 * under their own names, those inside msg='…' too; a name that several lines hold is a list. Hex
 * that stands for text (proctitle, name, exe, comm, acct, arguments …) is decoded.
 * Derived: Image, CommandLine (of EXECVE, else proctitle), user, src_ip, auth_result.
 *
 * Layer:  parse. Input untrusted. Pure.
 * Source: Linux audit userspace 3.0, auditd.conf(5), ausearch(8), "Audit record types".
 * Tests:  tests/unit/parse/test_sources.c, tests/fuzz/fuzz_parse_auditd.c
 */
#pragma once

#include "parse/format-int.h"

#define YG_AUDIT_LINES_MAX 256u

/* What stands in "msg=audit(…)" at the front of @line, behind node= and type=; empty: no record. */
struct yg_bytes yg_audit_id(struct yg_bytes line);

/* Is @line, with an id, the last of its event whatever follows? Cheap; false when unsure. */
bool yg_audit_is_last(struct yg_bytes line);

bool yg_auditd_fits(struct yg_bytes record);
yg_read_fn yg_auditd_read;
YG_MUST_USE int yg_auditd_finish(struct yg_event *event);
