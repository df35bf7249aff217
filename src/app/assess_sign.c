/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <unistd.h>

#include "app/assess-int.h"
#include "assess/statement.h"
#include "base/disk.h"
#include "base/io.h"

#include "base/ban.h"

#define PATH_BYTES_MAX 4096u

static const char *shown(const char *path)
{
	return yg_say_safe(yg_bytes_str(path), 200);
}

/* Today where this machine stands. */
static int32_t today_here(const struct yg_assess_run *run)
{
	struct yg_clock clock = yg_clock_system();

	return yg_day_of_time(clock.now_ns(clock.arg), run->ports.zone_s);
}

/* ---- keys ---- */

static bool read_key(const char *path, struct yg_key *ret)
{
	struct yg_line_fault fault = {0};
	uint8_t *text = NULL;
	size_t size = 0;
	int rc = yg_io_read_file(path, YG_KEY_FILE_MAX, &text, &size);

	if (rc != YG_OK) {
		yg_say("%s: %s", shown(path), yg_say_tr(yg_err_text(rc)));
		return false;
	}
	rc = yg_key_read((struct yg_bytes){text, size}, ret, &fault);
	yg_wipe(text, size);
	free(text);
	if (rc != YG_OK && fault.line > 0)
		yg_say("%s:%u: %s", shown(path), fault.line, yg_say_tr(fault.msg));
	else if (rc != YG_OK)
		yg_say("%s: %s", shown(path), yg_say_tr(fault.msg));
	return rc == YG_OK;
}

static bool read_secret_key(const char *path, struct yg_key *ret)
{
	struct stat meta;

	if (!read_key(path, ret))
		return false;
	if (!ret->has_secret) {
		yg_say_hint(N_("give the file without .pub"),
			    N_("%s: this is the public half of a key; it cannot sign"),
			    shown(path));
		yg_key_done(ret);
		return false;
	}
	if (stat(path, &meta) == 0 && (meta.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		yg_say_hint(N_("allow yourself alone: chmod 600"),
			    N_("%s: others on this machine may be able to read this key"),
			    shown(path));
	return true;
}

static void say_not_written(const char *path, int rc)
{
	if (rc == YG_EDUPLICATE)
		yg_say_hint(N_("choose another name; a key that is lost cannot be made again"),
			    N_("%s: there is such a file already"), shown(path));
	else
		yg_say(N_("%s: could not be written: %s"), shown(path), yg_say_tr(yg_err_text(rc)));
}

static int write_pair(const char *path, const struct yg_key *key)
{
	char public_path[PATH_BYTES_MAX];
	struct yg_buf text;
	int size = snprintf(public_path, sizeof(public_path), "%s.pub", path);
	int rc;

	if (size < 0 || (size_t)size >= sizeof(public_path)) {
		say_not_written(path, YG_ELIMIT);
		return YG_EXIT_FAILED;
	}
	yg_buf_init(&text, YG_KEY_FILE_MAX);
	yg_key_write_public(key, &text);
	rc = yg_buf_error(&text) ? yg_buf_error(&text)
				 : yg_disk_create(public_path, yg_buf_bytes(&text), 0644);
	if (rc != YG_OK) {
		say_not_written(public_path, rc);
	} else {
		yg_buf_reset(&text);
		yg_key_write_secret(key, &text);
		rc = yg_buf_error(&text) ? yg_buf_error(&text)
					 : yg_disk_create(path, yg_buf_bytes(&text), 0600);
		if (rc != YG_OK) {
			say_not_written(path, rc);
			(void)unlink(public_path); /* it is ours and has no other half */
		}
	}
	if (text.data)
		yg_wipe(text.data, text.room);
	yg_buf_done(&text);
	return rc == YG_OK ? YG_EXIT_DONE : YG_EXIT_FAILED;
}

static int key_new(const struct yg_assess_run *run, const char *path)
{
	const struct yg_assess_cli *cli = run->cli;
	int32_t today = today_here(run);
	int32_t expires = yg_day_add(today, (struct yg_period){.years = 1});
	struct yg_line_fault fault = {0};
	struct yg_key key;
	int status;

	if (cli->expires) {
		expires = yg_day_read(yg_bytes_str(cli->expires));
		if (expires == YG_DAY_NONE || expires < today) {
			yg_say(N_("--expires %s: give a day from today on, such as 2027-11-25"),
			       shown(cli->expires));
			return YG_EXIT_FAILED;
		}
	}
	if (yg_key_new(yg_bytes_str(cli->name ? cli->name : ""), today, expires, &key, &fault) !=
	    YG_OK) {
		yg_say("--name: %s", yg_say_tr(fault.msg));
		return YG_EXIT_FAILED;
	}
	status = write_pair(path, &key);
	if (status == YG_EXIT_DONE) {
		printf("fingerprint: %s\n", key.id);
		yg_say_hint(
			N_("give partners the .pub file, and its fingerprint by telephone or on "
			   "paper"),
			N_("%s: made; keep this file secret and a copy of it safe"), shown(path));
	}
	yg_key_done(&key);
	return status;
}

static int key_show(const char *path)
{
	struct yg_buf text;
	struct yg_key key;
	int rc;

	if (!read_key(path, &key))
		return YG_EXIT_FAILED;
	yg_buf_init(&text, YG_KEY_FILE_MAX);
	yg_key_write_public(&key, &text);
	yg_key_done(&key);
	rc = yg_buf_error(&text) ? yg_buf_error(&text)
				 : yg_io_write(STDOUT_FILENO, yg_buf_bytes(&text));
	yg_buf_done(&text);
	if (rc != YG_OK)
		say_not_written("-", rc);
	return rc == YG_OK ? YG_EXIT_DONE : YG_EXIT_FAILED;
}

int yg_assess_cmd_key(struct yg_assess_run *run)
{
	char *const *args = run->cli->args;

	if (run->cli->arg_count == 2 && strcmp(args[0], "new") == 0)
		return key_new(run, args[1]);
	if (run->cli->arg_count == 2 && strcmp(args[0], "show") == 0)
		return key_show(args[1]);
	yg_say_hint(N_("yagura assess key new FILE, or yagura assess key show FILE"),
		    N_("this is not how `assess key` is used"));
	return YG_EXIT_FAILED;
}

/* ---- verify ---- */

static int tell_verdict(const char *path, const struct yg_statement_verdict *verdict)
{
	if (!verdict->is_valid) {
		/* A signature that fits, but not the right key or day: the file itself is whole. */
		yg_say_hint(verdict->key_id[0]
				    ? N_("ask the signer which key he used, and when")
				    : N_("ask the sender for the file again, as it was written"),
			    N_("%s: not valid: %s"), shown(path), yg_say_tr(verdict->reason));
		return YG_EXIT_PARTLY;
	}
	/* Words of the contract, for scripts: the same in every language. */
	printf(verdict->is_signer_known ? "valid: signed by %s\n"
					: "signature intact, signer not confirmed: %s\n",
	       verdict->key_id);
	if (!verdict->is_signer_known)
		yg_say_hint(
			N_("ask the signer for the fingerprint by telephone, or give --key FILE"),
			N_("anyone can make a key: whose it is has not been checked"));
	if (verdict->is_expired_now)
		yg_say(N_("the key has expired since; it was valid when this was issued"));
	if (verdict->is_from_future)
		yg_say(N_("it is dated later than today: one of the clocks is wrong"));
	return YG_EXIT_DONE;
}

static int verify_file(const char *path, const struct yg_key *key, int32_t today)
{
	struct yg_statement_verdict verdict;
	uint8_t *text = NULL;
	size_t size = 0;
	int status = YG_EXIT_FAILED;
	int rc = yg_io_read_file(path, YG_STATEMENT_MAX, &text, &size);

	if (rc == YG_OK)
		rc = yg_statement_verify((struct yg_bytes){text, size}, key, today, &verdict);
	if (rc == YG_OK) {
		status = tell_verdict(path, &verdict);
		yg_statement_verdict_done(&verdict);
	} else {
		yg_say("%s: %s", shown(path), yg_say_tr(yg_err_text(rc)));
	}
	free(text);
	return status;
}

int yg_assess_cmd_verify(struct yg_assess_run *run)
{
	const struct yg_assess_cli *cli = run->cli;
	struct yg_key key;
	int status;

	if (cli->arg_count != 1) {
		yg_say_hint(N_("yagura assess verify S.json --key PARTNER.pub"),
			    N_("name one statement to check"));
		return YG_EXIT_FAILED;
	}
	if (cli->key && !read_key(cli->key, &key))
		return YG_EXIT_FAILED;
	status = verify_file(cli->args[0], cli->key ? &key : NULL, today_here(run));
	if (cli->key)
		yg_key_done(&key);
	return status;
}

/* ---- sign ---- */

static int seal_to(const json_t *statement, const struct yg_key *key, const char *path)
{
	struct yg_buf envelope;
	int rc;

	yg_buf_init(&envelope, YG_STATEMENT_MAX);
	rc = yg_statement_seal(statement, key, &envelope);
	if (rc == YG_OK && strcmp(path, "-") == 0)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&envelope));
	else if (rc == YG_OK)
		rc = yg_io_write_to(path, yg_buf_bytes(&envelope), 0644);
	yg_buf_done(&envelope);
	if (rc != YG_OK)
		say_not_written(path, rc);
	return rc;
}

/* What is signed is what the evidence's files are now. Exit status; *ret only with 0. */
static int state_now(struct yg_assess_run *run, const struct yg_key *key, json_t **ret)
{
	struct yg_line_fault fault = {0};
	int rc = yg_assess_check_files(run);

	if (rc == YG_OK)
		rc = yg_assess_statement(run->assess, key, YG_VERSION, run->ports.zone_s, ret,
					 &fault);
	/* Kept first: a statement that went out must not be followed by an older one. */
	if (rc == YG_OK)
		rc = yg_assess_keep_statement(run->assess, *ret, key);
	if (rc == YG_OK)
		return YG_EXIT_DONE;
	return fault.msg[0] || rc == YG_EACCES ? yg_assess_say_fault(rc, &fault, "sign")
					       : yg_assess_say_store(run, rc);
}

int yg_assess_cmd_sign(struct yg_assess_run *run)
{
	const struct yg_assess_cli *cli = run->cli;
	json_t *statement = NULL;
	struct yg_key key;
	int status;

	if (!cli->key) {
		yg_say_hint(N_("make one with: yagura assess key new FILE"),
			    N_("sign: give the key with --key FILE"));
		return YG_EXIT_FAILED;
	}
	if (!read_secret_key(cli->key, &key))
		return YG_EXIT_FAILED;
	status = state_now(run, &key, &statement);
	if (status == YG_EXIT_DONE && seal_to(statement, &key, cli->out ? cli->out : "-") != YG_OK)
		status = YG_EXIT_FAILED;
	if (status == YG_EXIT_DONE)
		yg_say(N_("signed with key %s"), key.id);
	json_decref(statement);
	yg_key_done(&key);
	return status;
}
