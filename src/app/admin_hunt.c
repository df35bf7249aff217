/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura admin hunt`: what was looked for in the archive, and the yes that a large hunt waits for.
 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <getopt.h>
#include <unistd.h>

#include "app/admin-int.h"
#include "app/commands.h"
#include "app/hub_hunt_job.h"
#include "app/say.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define MB (INT64_C(1) << 20)

struct hunt_cli {
	const char *data;
	const char *word; /* list, show, approve, cancel */
	const char *id;
	const char *reason;
	bool is_json;
	char dir[YG_HUNT_PATH_MAX];
	struct yg_buf out;
};

static bool read_cli(int argc, char **argv, struct hunt_cli *cli)
{
	static const struct option longs[] = {
		{"data", required_argument, NULL, 'd'},
		{"json", no_argument, NULL, 'j'},
		{"reason", required_argument, NULL, 'r'},
		{"lang", required_argument, NULL, 'l'},
		{0},
	};
	int count;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'd') {
			cli->data = optarg;
		} else if (c == 'j') {
			cli->is_json = true;
		} else if (c == 'r') {
			cli->reason = optarg;
		} else if (c != 'l') { /* that is main.c's */
			yg_say(N_("`yagura admin --help` shows what there is"));
			return false;
		}
	}
	count = argc - optind;
	cli->word = count > 1 ? argv[optind + 1] : "";
	cli->id = count > 2 ? argv[optind + 2] : NULL;
	if (cli->data && (strcmp(cli->word, "list") == 0 ? count == 2 : count == 3))
		return true;
	(void)yg_admin_wording("hunt");
	return false;
}

/* ---- showing ---- */

static long long number(const json_t *job, const char *key)
{
	return (long long)yg_json_int(job, key, 0);
}

static int add_json(struct hunt_cli *cli, const json_t *job)
{
	int rc = yg_json_canonical(job, &cli->out);

	yg_buf_add_byte(&cli->out, '\n');
	return rc;
}

static int show_line(void *arg, json_t *job)
{
	struct hunt_cli *cli = arg;

	if (cli->is_json)
		return add_json(cli, job);
	yg_buf_addf(&cli->out, "%.*s  %-9.*s", YG_FMT(yg_json_text(job, "id")),
		    YG_FMT(yg_json_text(job, "state")));
	yg_buf_addf(&cli->out,
		    yg_say_tr(N_("  %lld rules, %lld indicators; files %lld of %lld; findings "
				 "%lld\n")),
		    number(job, "rules"), number(job, "indicators"), number(job, "files_done"),
		    number(job, "files"), number(job, "findings"));
	return yg_buf_error(&cli->out);
}

static int show_orgs(struct hunt_cli *cli, json_t *job)
{
	const char *name;
	json_t *org;

	json_object_foreach(json_object_get(job, "orgs"), name, org)
	{
		yg_buf_addf(&cli->out,
			    yg_say_tr(N_("  %s: %lld files, %lld records looked at, %lld "
					 "findings\n")),
			    name, number(org, "files"), number(org, "records"),
			    number(org, "findings"));
	}
	return yg_buf_error(&cli->out);
}

static int show(struct hunt_cli *cli)
{
	json_t *job = NULL;
	int rc = yg_hunt_job_load(cli->dir, cli->id, &job);

	if (rc != YG_OK)
		return rc;
	rc = show_line(cli, job);
	if (!cli->is_json) {
		yg_buf_addf(&cli->out,
			    yg_say_tr(N_("  archive that arrived from %.*s on; %lld MB to be read "
					 "(asks above %lld MB); damaged parts %lld\n")),
			    YG_FMT(yg_json_text(job, "from")), number(job, "bytes") / MB,
			    number(job, "bound") / MB, number(job, "damaged"));
		rc = rc == YG_OK ? show_orgs(cli, job) : rc;
	}
	json_decref(job);
	return rc;
}

/* ---- answering ---- */

/* By whom, before it can have an effect: in the audit log, and for the members to see. */
static int note_answer(struct hunt_cli *cli, bool is_yes)
{
	struct yg_admin admin = {.data = cli->data};
	struct yg_access *access = NULL;
	struct yg_hub_actor actor;
	struct yg_hunt_who who;
	int rc = yg_admin_register(&admin);

	if (rc == YG_OK) {
		yg_hub_local_analyst(admin.actor.name, &actor);
		rc = yg_access_hub(admin.hub, &actor, YG_HUB_ORG, YG_MAY_write_hunts, &access);
	}
	if (rc == YG_OK)
		rc = yg_hunt_who_of(access, cli->reason, &who);
	if (rc == YG_OK)
		rc = yg_hunt_note(admin.hub, cli->id, is_yes ? "hunt.confirm" : "hunt.refuse",
				  who.actor, who.reason);
	if (rc == YG_OK)
		rc = yg_hunt_answer_write(cli->dir, cli->id,
					  is_yes ? YG_HUNT_APPROVED : YG_HUNT_CALLED_OFF, &who);
	(void)yg_access_free(access);
	yg_admin_register_close(&admin);
	return rc;
}

static int answer(struct hunt_cli *cli, bool is_yes)
{
	json_t *job = NULL;
	bool fits;
	int rc = yg_hunt_job_load(cli->dir, cli->id, &job);

	if (rc != YG_OK)
		return rc;
	fits = yg_hunt_job_is(job, YG_HUNT_ASKS) ||
	       (!is_yes &&
		(yg_hunt_job_is(job, YG_HUNT_WAITING) || yg_hunt_job_is(job, YG_HUNT_RUNNING)));
	json_decref(job);
	if (!fits) {
		yg_say(is_yes ? N_("hunt %s: it does not ask") : N_("hunt %s: it is over"),
		       cli->id);
		return YG_EEND;
	}
	return note_answer(cli, is_yes);
}

static int run(struct hunt_cli *cli)
{
	if (strcmp(cli->word, "list") == 0)
		return yg_hunt_job_list(cli->dir, show_line, cli);
	if (!yg_hunt_is_id(cli->id))
		return YG_ENOENT;
	if (strcmp(cli->word, "show") == 0)
		return show(cli);
	if (strcmp(cli->word, "approve") == 0)
		return answer(cli, true);
	if (strcmp(cli->word, "cancel") == 0)
		return answer(cli, false);
	return YG_EINVAL;
}

int yg_admin_hunt(int argc, char **argv)
{
	struct hunt_cli cli = {0};
	struct yg_admin admin = {0};
	int status = YG_EXIT_FAILED;
	int size, rc;

	if (!read_cli(argc, argv, &cli))
		return status;
	yg_buf_init(&cli.out, 256u << 20);
	size = snprintf(cli.dir, sizeof(cli.dir), "%s/hunts", cli.data);
	rc = size > 0 && (size_t)size < sizeof(cli.dir) ? run(&cli) : YG_ELIMIT;
	if (rc == YG_OK && cli.out.size > 0)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&cli.out));
	if (rc == YG_OK || rc == YG_EPIPE)
		status = YG_EXIT_DONE;
	else if (rc == YG_EEND) /* said */
		status = YG_EXIT_PARTLY;
	else if (rc == YG_EINVAL)
		(void)yg_admin_wording("hunt");
	else
		status = yg_admin_error(&admin, cli.id ? cli.id : "hunt", rc);
	yg_buf_done(&cli.out);
	return status;
}
