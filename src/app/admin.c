/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura admin`: the operator of a hub, beside it: the same database, no running hub needed. */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <getopt.h>
#include <unistd.h>

#include "access/enrol.h"
#include "app/admin-int.h"
#include "app/admin_ledger.h"
#include "app/archive-int.h"
#include "app/commands.h"
#include "app/say.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define PATH_ROOM      4096u
#define ARGS_MAX       5u
#define HOURS	       72u
#define HOURS_MAX      8760u
#define HEARTBEAT_MAX  (2u << 20)
#define SILENT_AFTER_S 90 /* three heartbeats */

struct admin {
	const char *data;
	const char *org;
	const char *name;
	const char *sensor;
	const char *ledger;
	uint64_t hours;
	uint64_t limit; /* 0: all */
	bool is_json;
	const char *args[ARGS_MAX];
	size_t arg_count;
	struct yg_control *store;
	struct yg_enrol *enrol;
	int64_t now_ns;
	struct yg_buf out;
};

static int refuse_wording(const char *what)
{
	yg_say_hint(N_("`yagura admin --help` shows what there is"),
		    N_("admin: %s: something is missing, or one word is too many"), what);
	return YG_EXIT_FAILED;
}

/* What went wrong with @word; the exit status. */
static int say_error(const struct admin *admin, const char *word, int rc)
{
	const char *trouble = admin->store ? yg_control_trouble(admin->store) : "";
	const char *safe = yg_say_safe(yg_bytes_str(word), 100);

	if (rc == YG_ENOENT)
		yg_say(N_("%s: there is none of this name"), safe);
	else if (rc == YG_EDUPLICATE)
		yg_say(N_("%s: there is one of this name already"), safe);
	else if (rc == YG_EINVAL)
		yg_say(N_("%s: this is malformed"), safe);
	else {
		yg_say("%s: %s%s%s", safe, yg_say_tr(yg_err_text(rc)), trouble[0] ? ": " : "",
		       yg_say_safe(yg_bytes_str(trouble), 200));
		return YG_EXIT_FAILED;
	}
	return YG_EXIT_PARTLY;
}

/* ---- commands ---- */

static int add_org(struct admin *admin)
{
	int rc;

	if (admin->arg_count != 3 || strcmp(admin->args[1], "add") != 0)
		return refuse_wording("org");
	rc = yg_enrol_add_org(admin->enrol, admin->args[2], admin->name);
	return rc == YG_OK ? YG_EXIT_DONE : say_error(admin, admin->args[2], rc);
}

static int make_token(struct admin *admin)
{
	char token[YG_ENROL_TOKEN_HEX + 1];
	int rc;

	if (admin->arg_count != 1 || !admin->org)
		return refuse_wording("enrol-token");
	rc = yg_enrol_token_new(admin->enrol, admin->org, (int64_t)admin->hours * 3600, token);
	if (rc != YG_OK)
		return say_error(admin, admin->org, rc);
	puts(token);
	yg_wipe(token, sizeof(token));
	return YG_EXIT_DONE;
}

/* The last heartbeat of @sensor as the hub noted it; NULL: none that can be read. */
static json_t *heartbeat_of(const struct admin *admin, const char *sensor)
{
	char path[PATH_ROOM];
	struct yg_fault fault;
	uint8_t *bytes = NULL;
	size_t size = 0;
	json_t *value = NULL;
	int length = snprintf(path, sizeof(path), "%s/heartbeats/%s.json", admin->data, sensor);

	if (length <= 0 || (unsigned)length >= sizeof(path) ||
	    yg_io_read_file(path, HEARTBEAT_MAX, &bytes, &size) != YG_OK)
		return NULL;
	if (yg_json_load((struct yg_bytes){bytes, size}, HEARTBEAT_MAX, &value, &fault) != YG_OK)
		value = NULL;
	free(bytes);
	return value;
}

static const char *state_of(const struct admin *admin, const struct yg_enrol_sensor *sensor,
			    const json_t *heartbeat)
{
	struct yg_bytes text = yg_json_text(heartbeat, "received");
	int64_t received_ns;
	bool has_zone;

	if (sensor->is_revoked)
		return N_("revoked");
	if (admin->now_ns >= sensor->until_ns)
		return N_("certificate over");
	if (!yg_time_parse_iso(text, 0, &received_ns, &has_zone))
		return N_("never heard");
	return admin->now_ns - received_ns > SILENT_AFTER_S * YG_NS_PER_S ? N_("silent")
									  : N_("connected");
}

static int print_json(struct admin *admin, const struct yg_enrol_sensor *sensor,
		      const json_t *heartbeat)
{
	json_t *line = json_pack(
		"{s:s, s:s, s:o, s:s, s:b, s:I, s:O?}", "organisation", sensor->org, "sensor",
		sensor->id, "host", yg_json_string(yg_bytes_str(sensor->host)), "state",
		state_of(admin, sensor, heartbeat), "revoked", (int)sensor->is_revoked,
		"certificate_until_s", (json_int_t)(sensor->until_ns / YG_NS_PER_S),
		"last_heartbeat", heartbeat);
	int rc = line ? yg_json_canonical(line, &admin->out) : YG_ENOMEM;

	json_decref(line);
	yg_buf_add_byte(&admin->out, '\n');
	return rc;
}

static int print_sensor(void *arg, const struct yg_enrol_sensor *sensor)
{
	struct admin *admin = arg;
	json_t *heartbeat = heartbeat_of(admin, sensor->id);
	struct yg_bytes received = yg_json_text(heartbeat, "received");
	int rc = YG_OK;

	if (admin->is_json)
		rc = print_json(admin, sensor, heartbeat);
	else
		yg_buf_addf(&admin->out, "%s/%s  %s  %s  %.*s\n", sensor->org, sensor->id,
			    yg_say_safe(yg_bytes_str(sensor->host), 60),
			    yg_say_tr(state_of(admin, sensor, heartbeat)), YG_FMT(received));
	json_decref(heartbeat);
	return rc == YG_OK ? yg_buf_error(&admin->out) : rc;
}

static int send_message(struct admin *admin)
{
	const char *body = admin->arg_count == 5 ? admin->args[4] : "{}";
	uint64_t number = 0;
	int rc;

	if (admin->arg_count < 4)
		return refuse_wording("sensor send");
	rc = yg_enrol_down_add(admin->enrol, admin->args[2], admin->args[3], yg_bytes_str(body),
			       &number);
	if (rc != YG_OK)
		return say_error(admin, admin->args[rc == YG_EINVAL ? 3 : 2], rc);
	printf("%llu\n", (unsigned long long)number);
	return YG_EXIT_DONE;
}

static int sensors(struct admin *admin)
{
	const char *what = admin->arg_count > 1 ? admin->args[1] : "";
	int rc;

	if (strcmp(what, "send") == 0)
		return send_message(admin);
	if (strcmp(what, "revoke") == 0 && admin->arg_count == 3) {
		rc = yg_enrol_sensor_revoke(admin->enrol, admin->args[2]);
		return rc == YG_OK ? YG_EXIT_DONE : say_error(admin, admin->args[2], rc);
	}
	if (strcmp(what, "list") != 0 || admin->arg_count != 2)
		return refuse_wording("sensor");
	rc = yg_enrol_sensor_list(admin->enrol, admin->org, print_sensor, admin);
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&admin->out));
	return rc == YG_OK || rc == YG_EPIPE ? YG_EXIT_DONE : say_error(admin, "sensor list", rc);
}

static int check_archive(struct admin *admin)
{
	char path[PATH_ROOM];
	int size;

	if (admin->arg_count != 2 || strcmp(admin->args[1], "verify") != 0)
		return refuse_wording("archive");
	size = snprintf(path, sizeof(path), "%s/archive", admin->data);
	if (size <= 0 || (unsigned)size >= sizeof(path))
		return say_error(admin, admin->data, YG_ELIMIT);
	return yg_archive_verify_all(path, admin->is_json);
}

static int findings(struct admin *admin)
{
	if (admin->arg_count != 1)
		return refuse_wording("findings");
	return yg_admin_findings(admin->data, admin->org, admin->limit, admin->is_json);
}

/* ---- ledgers ---- */

static int compare_one(struct admin *admin, const char *org, const char *sensor)
{
	json_t *heartbeat = heartbeat_of(admin, sensor);
	struct yg_admin_compare compare = {
		.data = admin->data,
		.ledger = admin->ledger,
		.org = org,
		.sensor = sensor,
		.heartbeat = heartbeat,
		.is_json = admin->is_json,
	};
	int status = yg_admin_ledger_compare(&compare);

	json_decref(heartbeat);
	return status;
}

static int tell_ledger(void *arg, const struct yg_enrol_sensor *sensor)
{
	struct admin *admin = arg;

	if (admin->sensor && strcmp(admin->sensor, sensor->id) != 0)
		return YG_OK;
	return compare_one(admin, sensor->org, sensor->id) == YG_EXIT_DONE ? YG_OK : YG_EIO;
}

static int ledger(struct admin *admin)
{
	char owner[160];
	char *slash;
	int rc;

	if (admin->arg_count != 2 || strcmp(admin->args[1], "compare") != 0)
		return refuse_wording("ledger");
	if (!admin->ledger) {
		rc = yg_enrol_sensor_list(admin->enrol, admin->org, tell_ledger, admin);
		return rc == YG_OK ? YG_EXIT_DONE : YG_EXIT_FAILED;
	}
	rc = yg_admin_ledger_owner(admin->ledger, owner);
	slash = strchr(owner, '/');
	if (rc != YG_OK || !slash) {
		yg_say_hint(N_("it is the folder `ledger` of the sensor's --state, or its files one "
			       "behind the other"),
			    N_("%s: this is no ledger that says whose it is"),
			    yg_say_safe(yg_bytes_str(admin->ledger), 300));
		return YG_EXIT_FAILED;
	}
	*slash = '\0';
	if (admin->sensor && strcmp(admin->sensor, slash + 1) != 0) {
		yg_say(N_("this ledger is that of sensor %s"), slash + 1);
		return YG_EXIT_PARTLY;
	}
	return compare_one(admin, owner, slash + 1);
}

static const struct {
	const char *name;
	int (*run)(struct admin *admin);
} commands[] = {
	{"archive", check_archive}, {"enrol-token", make_token}, {"findings", findings},
	{"ledger", ledger},	    {"org", add_org},		  {"sensor", sensors},
};

/* ---- command line ---- */

static bool take_option(struct admin *admin, int c)
{
	switch (c) {
	case 'd':
		admin->data = optarg;
		return true;
	case 'o':
		admin->org = optarg;
		return true;
	case 'n':
		admin->name = optarg;
		return true;
	case 'j':
		admin->is_json = true;
		return true;
	case 's':
		admin->sensor = optarg;
		return true;
	case 'g':
		admin->ledger = optarg;
		return true;
	case 'l':
		return true; /* main.c */
	case 'm':
		if (yg_bytes_u64(yg_bytes_str(optarg), &admin->limit) && admin->limit > 0)
			return true;
		yg_say(N_("--limit: a number from 1 on"));
		return false;
	case 't':
		if (yg_bytes_u64(yg_bytes_str(optarg), &admin->hours) && admin->hours > 0 &&
		    admin->hours <= HOURS_MAX)
			return true;
		yg_say(N_("--hours: a number from 1 to %u"), HOURS_MAX);
		return false;
	default:
		yg_say(N_("`yagura admin --help` shows what there is"));
		return false;
	}
}

/* False: *ret_status is the exit status. */
static bool read_cli(int argc, char **argv, struct admin *admin, int *ret_status)
{
	static const struct option longs[] = {
		{"data", required_argument, NULL, 'd'},
		{"org", required_argument, NULL, 'o'},
		{"name", required_argument, NULL, 'n'},
		{"sensor", required_argument, NULL, 's'},
		{"ledger", required_argument, NULL, 'g'},
		{"hours", required_argument, NULL, 't'},
		{"limit", required_argument, NULL, 'm'},
		{"json", no_argument, NULL, 'j'},
		{"lang", required_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int c;

	*ret_status = YG_EXIT_FAILED;
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (c == 'h') {
			yg_help_admin();
			*ret_status = YG_EXIT_DONE;
			return false;
		}
		if (!take_option(admin, c))
			return false;
	}
	for (int i = optind; i < argc; i++) {
		if (admin->arg_count == ARGS_MAX) {
			(void)refuse_wording(yg_say_safe(yg_bytes_str(argv[i]), 80));
			return false;
		}
		admin->args[admin->arg_count++] = argv[i];
	}
	if (admin->data && admin->arg_count > 0)
		return true;
	yg_say_hint(N_("`yagura admin --help` shows what there is"),
		    N_("admin: give --data FOLDER, and say what shall be done"));
	return false;
}

static int open_register(struct admin *admin)
{
	const char *user = getenv("USER");
	char path[PATH_ROOM];
	char actor[128];
	int size = snprintf(path, sizeof(path), "%s/hub.db", admin->data);
	int rc = size > 0 && (unsigned)size < sizeof(path)
			 ? yg_control_open_sqlite(path, true, &admin->store)
			 : YG_ELIMIT;

	(void)snprintf(actor, sizeof(actor), "local:%s",
		       user && user[0] ? yg_say_safe(yg_bytes_str(user), 100) : "?"); /* cut */
	if (rc == YG_OK)
		rc = yg_enrol_new(admin->store, yg_clock_system(), actor, &admin->enrol);
	if (rc == YG_ENOENT)
		yg_say_hint(N_("is this the folder that the hub was started with?"),
			    N_("%s: there is no such folder"),
			    yg_say_safe(yg_bytes_str(admin->data), 300));
	else if (rc != YG_OK)
		(void)say_error(admin, path, rc);
	return rc;
}

int yg_command_admin(int argc, char **argv)
{
	struct admin admin = {.hours = HOURS};
	int status;

	if (!read_cli(argc, argv, &admin, &status))
		return status;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(admin.args[0], commands[i].name) != 0)
			continue;
		admin.now_ns = yg_clock_system().now_ns(NULL);
		yg_buf_init(&admin.out, 64u << 20);
		status = open_register(&admin) == YG_OK ? commands[i].run(&admin) : YG_EXIT_FAILED;
		yg_buf_done(&admin.out);
		(void)yg_enrol_free(admin.enrol);
		(void)yg_control_free(admin.store);
		if (fflush(stdout) != 0 && errno != EPIPE)
			status = YG_EXIT_FAILED;
		return status;
	}
	yg_say_hint(N_("`yagura admin --help` shows what there is"),
		    N_("admin %s: there is no such command"),
		    yg_say_safe(yg_bytes_str(admin.args[0]), 60));
	return YG_EXIT_FAILED;
}
