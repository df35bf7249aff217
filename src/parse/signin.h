/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/signin.h - sign-ins to services that write to the system log: mail (Postfix, Dovecot,
 * Exim) and file shares (Samba). Others are descriptions (sources/).
 *
 * Fields as parse/auth.h: user, src_ip, src_port, auth_method (smtp, imap, pop3, sieve,
 * smb …), auth_result (accepted, failed, invalid).
 *
 * Layer:  parse. Input untrusted. Pure.
 * Source: Postfix 3.7 smtpd(8), Dovecot 2.3 "Logging", Samba 4.17 auth_log.c.
 * Tests:  tests/unit/parse/test_signin.c, tests/fuzz/fuzz_parse_syslog.c
 */
#pragma once

#include "parse/format-int.h"

/*
 * Samba's own log: "[2021/10/14 15:24:12.023984,  2] source(function)" and, indented below it,
 * "Auth: [SMB2,(null)] user [W]\[U] at [time] … remote host [ipv4:192.0.2.1:44890] …".
 */
bool yg_samba_fits(struct yg_bytes record);
yg_read_fn yg_samba_read;
YG_MUST_USE int yg_samba_finish(struct yg_event *event);

/* Add what @message of @program says about a sign-in. *ret_known: it was understood. */
YG_MUST_USE int yg_signin_read(struct yg_event *event, struct yg_bytes program,
			       struct yg_bytes message, bool *ret_known);
