/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/syslog.h - system logs: the header, and what its message is.
 *
 *   [octets ][<PRI>]Mmm dd hh:mm:ss [year ][host ]program[pid]: message      RFC 3164 and kin
 *   [octets ][<PRI>]2024-05-01T10:00:00.123+09:00 host program[pid]: message  rsyslog, journald
 *   [octets ][<PRI>]1 time host program pid msgid [id param="value"…] message   RFC 5424
 *   2024-05-01 10:00:00, Wed 2024-05-01 10:00:00 JST, 1714525200.250000, " 5月 01 10:00:00"
 *                                                                 journalctl and other loggers
 *
 * A message that is itself a record of another format (firewall key=value, JSON, access log)
 * makes the event one of that format; hostname and program stay with it. Messages of sshd, sudo,
 * su, PAM and their kin are read by parse/auth.h.
 *
 * Layer:  parse. Input untrusted.
 * Source: RFC 3164 sec. 4, RFC 5424 sec. 6, RFC 6587 sec. 3.4.1 (octet counting).
 * Tests:  tests/unit/parse/test_syslog.c, tests/fuzz/fuzz_parse_syslog.c
 */
#pragma once

#include "parse/format-int.h"

bool yg_syslog_fits(struct yg_bytes record);
yg_read_fn yg_syslog_read;

/* What follows from the fields alone: channel. Also for events read from the record form. */
YG_MUST_USE int yg_syslog_finish(struct yg_event *event);

/*
 * Read @message, which stood inside another record, as a record of its own format: JSON, key=value,
 * access log. On success *event is that record, with the outer one's raw text, and its time where
 * the message has none. YG_OK, YG_EMISMATCH (it is just text; *event is as before) or YG_ENOMEM.
 */
YG_MUST_USE int yg_syslog_read_message(struct yg_parser_int *ctx, struct yg_bytes message,
				       struct yg_event *event);

/*
 * An entry of the journal: what @message of @program is, in an event that has the fields of its
 * header already. @message has YG_PARSE_PADDING readable bytes behind it. YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_syslog_read_entry(struct yg_parser_int *ctx, struct yg_bytes program,
				     struct yg_bytes message, struct yg_event *event);
