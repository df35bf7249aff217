/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/auth.h - who signed in, or tried to: messages of sshd, sudo, su, PAM, logind, cron.
 *
 * Adds user, target_user, src_ip, src_port, auth_method, auth_result, repeated, and sudo's TTY,
 * PWD, USER, COMMAND. auth_result is one of
 *   accepted, failed   the answer to one try        invalid  an account that does not exist
 *   opened, closed     a session or connection      refused  turned away before any try
 *   limit              too many tries               probe    no sign-in was tried at all
 * A try that sshd reports and its PAM module too has auth_method "pam" in the latter.
 * Names of users are what the other side sent: they may hold spaces and words of the message.
 *
 * Layer:  parse. Pure. Input untrusted.
 * Source: OpenSSH auth.c, auth2.c, packet.c; Linux-PAM pam_unix; sudo logging.c; util-linux su;
 *         systemd-logind; cron: the texts of their messages.
 * Tests:  tests/unit/parse/test_auth.c, tests/fuzz/fuzz_parse_syslog.c
 */
#pragma once

#include "base/err.h"
#include "model/event.h"

/*
 * Add what @message of @program says. *ret_known: it was understood (fields may have been
 * added). YG_OK or YG_ENOMEM. Cost: O(message).
 */
YG_MUST_USE int yg_auth_read(struct yg_event *event, struct yg_bytes program,
			     struct yg_bytes message, bool *ret_known);
