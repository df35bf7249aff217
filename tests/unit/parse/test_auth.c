/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/auth.h"

#include "../check.h"
#include "reading.h"

static const struct {
	const char *program;
	const char *message;
	const char
		*expected; /* user|target_user|src_ip|src_port|auth_method|auth_result|repeated */
} lines[] = {
	{"sshd", "Failed password for root from 192.0.2.1 port 22 ssh2",
	 "root||192.0.2.1|22|password|failed|"},
	{"sshd-session", "Failed password for invalid user admin from 2001:db8::1 port 22 ssh2",
	 "admin||2001:db8::1|22|password|failed|"},
	{"sshd", "Failed none for invalid user  from 192.0.2.1 port 22 ssh2",
	 "||192.0.2.1|22|none|failed|"},
	{"sshd",
	 "Failed password for invalid user a from 9.9.9.9 port 1 ssh2 from 192.0.2.1 port 22 ssh2",
	 "a from 9.9.9.9 port 1 ssh2||192.0.2.1|22|password|failed|"},
	{"sshd",
	 "Accepted publickey for bob from 192.0.2.1 port 22 ssh2: RSA SHA256:x from 9.9.9.9",
	 "bob||192.0.2.1|22|publickey|accepted|"},
	{"sshd", "Accepted keyboard-interactive/pam for bob from 192.0.2.1 port 22 ssh2",
	 "bob||192.0.2.1|22|keyboard-interactive|accepted|"},
	{"sshd", "Invalid user test from 192.0.2.1", "test||192.0.2.1|||invalid|"},
	{"sshd", "Invalid user  from 192.0.2.1 port 5", "||192.0.2.1|5||invalid|"},
	{"sshd", "Invalid user x y from 192.0.2.1 port 5", "x y||192.0.2.1|5||invalid|"},
	{"sshd", "Connection closed by authenticating user root 192.0.2.1 port 5 [preauth]",
	 "root||192.0.2.1|5||closed|"},
	{"sshd", "Connection closed by invalid user a b 192.0.2.1 port 5 [preauth]",
	 "a b||192.0.2.1|5||closed|"},
	{"sshd", "Connection closed by 192.0.2.1 [preauth]", "||192.0.2.1|||closed|"},
	{"sshd", "Connection reset by 192.0.2.1 port 5 [preauth]", "||192.0.2.1|5||closed|"},
	{"sshd", "Disconnected from user bob 192.0.2.1 port 5", "bob||192.0.2.1|5||closed|"},
	{"sshd", "Received disconnect from 192.0.2.1 port 5:11: Bye Bye [preauth]",
	 "||192.0.2.1|5||closed|"},
	{"sshd", "error: Received disconnect from 192.0.2.1: 3: Auth fail",
	 "||192.0.2.1|||closed|"},
	{"sshd",
	 "error: maximum authentication attempts exceeded for invalid user u from 192.0.2.1 port 5 "
	 "ssh2 [preauth]",
	 "u||192.0.2.1|5||limit|"},
	{"sshd",
	 "Disconnecting authenticating user root 192.0.2.1 port 5: Too many authentication "
	 "failures [preauth]",
	 "root||192.0.2.1|5||limit|"},
	{"sshd", "Disconnecting: Too many authentication failures for invalid user x [preauth]",
	 "x|||||limit|"},
	{"sshd", "refused connect from example.org (192.0.2.1)", "||192.0.2.1|||refused|"},
	{"sshd", "refused connect from 192.0.2.1", "||192.0.2.1|||refused|"},
	{"sshd", "User git from 192.0.2.1 not allowed because not listed in AllowUsers",
	 "git||192.0.2.1|||refused|"},
	{"sshd", "Did not receive identification string from 192.0.2.1 port 5",
	 "||192.0.2.1|5||probe|"},
	{"sshd", "Bad protocol version identification 'GET / from 9.9.9.9 x' from 192.0.2.1 port 5",
	 "||192.0.2.1|5||probe|"},
	{"sshd",
	 "Unable to negotiate with 192.0.2.1 port 5: no matching key exchange method found.",
	 "||192.0.2.1|5||probe|"},
	{"sshd",
	 "reverse mapping checking getaddrinfo for a.b [192.0.2.1] failed - POSSIBLE BREAK-IN "
	 "ATTEMPT!",
	 "||192.0.2.1||||"},
	{"sshd",
	 "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= "
	 "rhost=192.0.2.1  user=root",
	 "root||192.0.2.1||pam|failed|"},
	{"sshd",
	 "PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1 "
	 " user=root",
	 "root||192.0.2.1||pam|failed|2"},
	{"sshd",
	 "message repeated 3 times: [ Failed password for root from 192.0.2.1 port 22 ssh2]",
	 "root||192.0.2.1|22|password|failed|3"},
	{"kernel", "last message repeated 4 times", "||||||4"},
	{"sshd(pam_unix)", "session opened for user news by (uid=0)", "news||||pam|opened|"},
	{"sudo", "pam_unix(sudo:session): session opened for user root(uid=0) by bob(uid=1000)",
	 "bob|root|||pam|opened|"},
	{"cron", "pam_unix(cron:session): session closed for user root", "root||||pam|closed|"},
	{"su", "(to root) bob on pts/1", "bob|root||||accepted|"},
	{"su", "FAILED SU (to root) bob on pts/1", "bob|root||||failed|"},
	{"su", "+ pts/0 bob:root", "bob|root||||accepted|"},
	{"su", "- /dev/pts/0 bob:root", "bob|root||||failed|"},
	{"su", "Successful su for root by bob", "bob|root||||accepted|"},
	{"su",
	 "pam_unix(su:auth): authentication failure; logname=bob uid=1000 euid=0 tty=pts/0 "
	 "ruser=bob rhost=  user=root",
	 "root||||pam|failed|"},
	{"systemd-logind", "New session 5 of user bob.", "bob|||||opened|"},
	{"login", "FAILED LOGIN 1 FROM 192.0.2.1 FOR root, Authentication failure",
	 "root||192.0.2.1|||failed|"},
	{"dropbear", "Bad password attempt for 'foo' from 192.0.2.1:49242",
	 "foo||192.0.2.1|49242||failed|"},
	{"dropbear", "Login attempt for nonexistent user from 192.0.2.1:49242",
	 "||192.0.2.1|49242||invalid|"},
};

static void who_came_and_how_it_ended(void)
{
	struct reading r = reading("");

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		static const uint32_t ids[] = {YG_F_user,     YG_F_target_user, YG_F_src_ip,
					       YG_F_src_port, YG_F_auth_method, YG_F_auth_result,
					       YG_F_repeated};
		char got[1024] = "";
		bool is_known = false;

		yg_event_init(&r.event, r.arena, r.names);
		CHECK(yg_auth_read(&r.event, yg_bytes_str(lines[i].program),
				   yg_bytes_str(lines[i].message), &is_known) == YG_OK);
		for (size_t k = 0; k < 7; k++) {
			size_t n = strlen(got);

			(void)snprintf(got + n, sizeof(got) - n, "%s%.*s", k ? "|" : "",
				       YG_FMT(yg_event_get(&r.event, ids[k])));
		}
		if (!is_known || strcmp(got, lines[i].expected) != 0)
			fprintf(stderr, "%s\n  gives    %s\n  expected %s\n", lines[i].message, got,
				lines[i].expected);
		CHECK(is_known && strcmp(got, lines[i].expected) == 0);
	}
	reading_done(&r);
}

static void sudo_tells_what_was_run(void)
{
	struct reading r = reading("Jan  1 00:00:00 h sudo:      bob : TTY=pts/0 ; PWD=/home/bob ; "
				   "USER=root ; COMMAND=/bin/sh -c a ; USER=x");

	CHECK_TEXT(field(&r, "user"), "bob");
	CHECK_TEXT(field(&r, "target_user"), "root");
	CHECK_TEXT(field(&r, "TTY"), "pts/0");
	CHECK_TEXT(field(&r, "PWD"), "/home/bob");
	CHECK_TEXT(field(&r, "USER"), "root");
	CHECK_TEXT(field(&r, "COMMAND"), "/bin/sh -c a ; USER=x");
	CHECK_TEXT(field(&r, "auth_result"), "accepted");
	reading_next(&r,
		     "Jan  1 00:00:00 h sudo: bob : 3 incorrect password attempts ; TTY=pts/0 ; "
		     "PWD=/ ; USER=root ; COMMAND=/bin/ls");
	CHECK_TEXT(field(&r, "auth_result"), "failed");
	CHECK_TEXT(field(&r, "repeated"), "3");
	CHECK_TEXT(field(&r, "COMMAND"), "/bin/ls");
	reading_next(&r, "Jan  1 00:00:00 h sudo: bob : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; "
			 "USER=root ; COMMAND=/bin/ls");
	CHECK_TEXT(field(&r, "auth_result"), "refused");
	reading_next(&r, "Jan  1 00:00:00 h CRON[5]: (root) CMD (run-parts /etc/cron.daily)");
	CHECK_TEXT(field(&r, "user"), "root");
	CHECK_TEXT(field(&r, "COMMAND"), "run-parts /etc/cron.daily");
	reading_done(&r);
}

static const struct check_case cases[] = {
	CASE(who_came_and_how_it_ended),
	CASE(sudo_tells_what_was_run),
};

CHECK_MAIN(cases)
