/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura admin`: the operator of a hub, beside it: the same database, no running hub needed. */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <getopt.h>
#include <unistd.h>

#include "access/time_zone.h"
#include "app/admin-int.h"
#include "app/admin_ledger.h"
#include "app/archive-int.h"
#include "app/commands.h"
#include "app/say.h"
#include "base/io.h"
#include "base/json.h"
#include "wire/policy.h"

#include "base/ban.h"

#define PATH_ROOM      4096u
#define HOURS	       72u   /* of an enrolment token */
#define TOKEN_HOURS    8760u /* of an enrolment token, at most */
#define HEARTBEAT_MAX  (2u << 20)
#define SILENT_AFTER_S 90 /* three heartbeats */

int yg_admin_wording(const char *what)
{
	yg_say_hint(N_("`yagura admin --help` shows what there is"),
		    N_("admin: %s: something is missing, or one word is too many"), what);
	return YG_EXIT_FAILED;
}

int yg_admin_error(const struct yg_admin *admin, const char *word, int rc)
{
	const char *trouble = admin->store ? yg_control_trouble(admin->store) : "";
	const char *safe = yg_say_safe(yg_bytes_str(word), 100);

	if (rc == YG_ENOENT)
		yg_say(N_("%s: there is none of this name"), safe);
	else if (rc == YG_EDUPLICATE)
		yg_say(N_("%s: there is one of this name already"), safe);
	else if (rc == YG_EINVAL)
		yg_say(N_("%s: this is malformed"), safe);
	else if (rc == YG_EDIGEST)
		yg_say(N_("%s: this is no corporate number: its check digit is wrong"), safe);
	else if (rc == YG_ELIMIT)
		yg_say(N_("%s: there are as many as there can be"), safe);
	else if (rc == YG_EMISMATCH)
		yg_say(N_("%s: these are not the terms that hold now"), safe);
	else {
		yg_say("%s: %s%s%s", safe, yg_say_tr(yg_err_text(rc)), trouble[0] ? ": " : "",
		       yg_say_safe(yg_bytes_str(trouble), 200));
		return YG_EXIT_FAILED;
	}
	return YG_EXIT_PARTLY;
}

/* ---- commands ---- */

static int make_token(struct yg_admin *admin)
{
	char token[YG_ENROL_TOKEN_HEX + 1];
	int rc;

	if (admin->arg_count != 1 || !admin->org)
		return yg_admin_wording("enrol-token");
	rc = yg_enrol_token_new(admin->enrol, admin->org,
				(int64_t)(admin->hours ? admin->hours : HOURS) * 3600, token);
	if (rc != YG_OK)
		return yg_admin_error(admin, admin->org, rc);
	puts(token);
	yg_wipe(token, sizeof(token));
	return YG_EXIT_DONE;
}

/* The last heartbeat of @sensor as the hub noted it; NULL: none that can be read. */
static json_t *heartbeat_of(const struct yg_admin *admin, const char *sensor)
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

static const char *state_of(const struct yg_admin *admin, const struct yg_enrol_sensor *sensor,
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

static int print_json(struct yg_admin *admin, const struct yg_enrol_sensor *sensor,
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

/* Which communications a member's sensor sends, by whose decision. */
static void add_decisions(struct yg_admin *admin, const json_t *heartbeat)
{
	const json_t *policy = json_object_get(json_object_get(heartbeat, "heartbeat"), "policy");
	const json_t *list = json_object_get(policy, "secrecy");
	char line[1024];

	for (size_t i = 0; i < json_array_size(list) && i < YG_POLICY_CLASS_COUNT; i++) {
		const json_t *one = json_array_get(list, i);
		enum yg_policy_class class_ = YG_POLICY_NONE;
		enum yg_policy_basis basis = YG_POLICY_BASIS_OTHER;

		(void)yg_policy_class_by_word(yg_json_text(one, "kind"), &class_); /* else: other */
		(void)yg_policy_basis_by_word(yg_json_text(one, "basis"), &basis); /* as above */
		/* What a sensor says is shown safely, a piece at a time. */
		yg_buf_addf(&admin->out, "    %s: ", yg_say_tr(yg_policy_class_words(class_)));
		(void)snprintf(line, sizeof(line), "%s", yg_say_safe(yg_json_text(one, "by"), 200));
		yg_buf_addf(&admin->out, "%s, %s", line, yg_say_safe(yg_json_text(one, "on"), 10));
		yg_buf_addf(&admin->out, " (%s) ", yg_say_tr(yg_policy_basis_words(basis)));
		yg_buf_addf(&admin->out, "%s\n", yg_say_safe(yg_json_text(one, "note"), 200));
	}
}

/* Where a sensor judges its records itself. */
static void add_detection(struct yg_admin *admin, const json_t *heartbeat)
{
	const json_t *told = json_object_get(json_object_get(heartbeat, "heartbeat"), "detection");

	if (!json_is_object(told))
		return;
	yg_buf_addf(&admin->out,
		    yg_say_tr(N_("    local detection: %lld rules, %lld indicators, %lld findings "
				 "since it started\n")),
		    (long long)yg_json_int(told, "rules", 0),
		    (long long)yg_json_int(told, "indicators", 0),
		    (long long)yg_json_int(told, "findings", 0));
}

static int print_sensor(void *arg, const struct yg_enrol_sensor *sensor)
{
	struct yg_admin *admin = arg;
	json_t *heartbeat = heartbeat_of(admin, sensor->id);
	struct yg_bytes received = yg_json_text(heartbeat, "received");
	int rc = YG_OK;

	if (admin->is_json)
		rc = print_json(admin, sensor, heartbeat);
	else
		yg_buf_addf(&admin->out, "%s/%s  %s  %s  %.*s\n", sensor->org, sensor->id,
			    yg_say_safe(yg_bytes_str(sensor->host), 60),
			    yg_say_tr(state_of(admin, sensor, heartbeat)), YG_FMT(received));
	if (!admin->is_json) {
		add_decisions(admin, heartbeat);
		add_detection(admin, heartbeat);
	}
	json_decref(heartbeat);
	return rc == YG_OK ? yg_buf_error(&admin->out) : rc;
}

static int send_message(struct yg_admin *admin)
{
	const char *body = admin->arg_count == 5 ? admin->args[4] : "{}";
	uint64_t number = 0;
	int rc;

	if (admin->arg_count < 4)
		return yg_admin_wording("sensor send");
	rc = yg_enrol_down_add(admin->enrol, admin->args[2], admin->args[3], yg_bytes_str(body),
			       &number);
	if (rc != YG_OK)
		return yg_admin_error(admin, admin->args[rc == YG_EINVAL ? 3 : 2], rc);
	printf("%llu\n", (unsigned long long)number);
	return YG_EXIT_DONE;
}

static int sensors(struct yg_admin *admin)
{
	const char *what = admin->arg_count > 1 ? admin->args[1] : "";
	int rc;

	if (strcmp(what, "send") == 0)
		return send_message(admin);
	if (strcmp(what, "revoke") == 0 && admin->arg_count == 3) {
		rc = yg_enrol_sensor_revoke(admin->enrol, admin->args[2]);
		return rc == YG_OK ? YG_EXIT_DONE : yg_admin_error(admin, admin->args[2], rc);
	}
	if (strcmp(what, "list") != 0 || admin->arg_count != 2)
		return yg_admin_wording("sensor");
	rc = yg_enrol_sensor_list(admin->enrol, admin->org, print_sensor, admin);
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&admin->out));
	return rc == YG_OK || rc == YG_EPIPE ? YG_EXIT_DONE
					     : yg_admin_error(admin, "sensor list", rc);
}

static int check_archive(struct yg_admin *admin)
{
	char path[PATH_ROOM];
	int size;

	if (admin->arg_count != 2 || strcmp(admin->args[1], "verify") != 0)
		return yg_admin_wording("archive");
	size = snprintf(path, sizeof(path), "%s/archive", admin->data);
	if (size <= 0 || (unsigned)size >= sizeof(path))
		return yg_admin_error(admin, admin->data, YG_ELIMIT);
	return yg_archive_verify_all(path, admin->is_json);
}

static int findings(struct yg_admin *admin)
{
	if (admin->arg_count != 1)
		return yg_admin_wording("findings");
	if (admin->finding)
		return yg_admin_finding_records(admin);
	return yg_admin_findings(admin->data, admin->org, admin->limit, admin->is_json);
}

/* ---- ledgers ---- */

static int compare_one(struct yg_admin *admin, const char *org, const char *sensor)
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
	struct yg_admin *admin = arg;

	if (admin->sensor && strcmp(admin->sensor, sensor->id) != 0)
		return YG_OK;
	return compare_one(admin, sensor->org, sensor->id) == YG_EXIT_DONE ? YG_OK : YG_EIO;
}

static int ledger(struct yg_admin *admin)
{
	char owner[160];
	char *slash;
	int rc;

	if (admin->arg_count != 2 || strcmp(admin->args[1], "compare") != 0)
		return yg_admin_wording("ledger");
	if (!admin->ledger) {
		rc = yg_enrol_sensor_list(admin->enrol, admin->org, tell_ledger, admin);
		return rc == YG_OK ? YG_EXIT_DONE : YG_EXIT_FAILED;
	}
	rc = yg_admin_ledger_owner(admin->ledger, owner);
	slash = strchr(owner, '/');
	if (rc != YG_OK || !slash) {
		yg_say_hint(
			N_("it is the folder `ledger` of the sensor's --state, or its files one "
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
	int (*run)(struct yg_admin *admin);
} commands[] = {
	{"findings", findings},
	{"ledger", ledger},
	{"archive", check_archive},
	{"org", yg_admin_org},
	{"enrol-token", make_token},
	{"sensor", sensors},
	{"person", yg_admin_person},
	{"api-token", yg_admin_token},
	{"mandate", yg_admin_mandate},
	{"consent", yg_admin_consent},
	{"views", yg_admin_views},
	{"audit", yg_admin_audit},
	{"export", yg_admin_export},
	{"members", yg_admin_members},
	{"relations", yg_admin_relations},
	{"sign-in-link", yg_admin_sign_in_link},
	{"warnings", yg_admin_warnings},
	{"report", yg_admin_report},
};

/* ---- command line ---- */

/* A number from 1 to @most. */
static bool take_number(const char *option, uint64_t most, uint64_t *ret)
{
	if (yg_bytes_u64(yg_bytes_str(optarg), ret) && *ret > 0 && *ret <= most)
		return true;
	yg_say(N_("%s: a number from 1 to %u"), option, (unsigned)most);
	return false;
}

static bool take_day(const char *option, int32_t *ret)
{
	*ret = yg_day_read(yg_bytes_str(optarg));
	if (*ret != YG_DAY_NONE)
		return true;
	yg_say(N_("%s: a day, for example 2026-11-25"), option);
	return false;
}

static bool take_grant(struct yg_admin *admin)
{
	if (admin->grant_count < YG_PERSON_GRANTS_MAX &&
	    yg_person_grant_read(yg_bytes_str(optarg), &admin->grants[admin->grant_count])) {
		admin->grant_count++;
		return true;
	}
	yg_say_hint(N_("administrator, analyst, member:ORG or provider:ORG; at most 16"),
		    N_("--grant %s: this is no role of anybody"),
		    yg_say_safe(yg_bytes_str(optarg), 80));
	return false;
}

static bool take_rights(struct yg_admin *admin)
{
	if (yg_token_rights_read(yg_bytes_str(optarg), &admin->rights))
		return true;
	yg_say_hint(N_("for example read_findings,read_records; docs/cli-contract.md lists them"),
		    N_("--rights %s: a right that there is not"),
		    yg_say_safe(yg_bytes_str(optarg), 80));
	return false;
}

/* Options that are texts. */
static const char **text_option(struct yg_admin *admin, int c)
{
	const struct {
		int letter;
		const char **to;
	} texts[] = {
		{'d', &admin->data},	    {'o', &admin->org},
		{'n', &admin->name},	    {'c', &admin->corporate_number},
		{'r', &admin->role},	    {'p', &admin->provider},
		{'s', &admin->signed_by},   {'v', &admin->version},
		{'H', &admin->host},	    {'k', &admin->checkpoint},
		{'N', &admin->sensor},	    {'L', &admin->ledger},
		{'T', &admin->to},	    {'E', &admin->record},
		{'Q', &admin->finding},	    {'W', &admin->reason},
		{'Z', &admin->certificate}, {'B', &admin->as},
		{'M', &admin->month},	    {'z', &admin->days_of},
		{'K', &admin->collection},  {'X', &admin->at_most},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].letter == c)
			return texts[i].to;
	return NULL;
}

static bool take_number_option(struct yg_admin *admin, int c)
{
	switch (c) {
	case 't':
		return take_number("--hours", TOKEN_HOURS, &admin->hours);
	case 'D':
		return take_number("--days", YG_TOKEN_DAYS_MAX, &admin->days);
	case 'm':
		return take_number("--limit", UINT32_MAX, &admin->limit);
	default:
		return take_number("--after", UINT32_MAX, &admin->after);
	}
}

/* Options without a value. */
static bool take_flag(struct yg_admin *admin, int c)
{
	switch (c) {
	case 'j':
		admin->is_json = true;
		return true;
	case 'F':
		admin->with_factor = true;
		return true;
	case 'y':
		admin->is_sure = true;
		return true;
	case 'a':
		admin->adds_orgs = true;
		return true;
	case 'C':
		admin->is_confirmed = true;
		return true;
	case 'O':
		admin->is_open = true;
		return true;
	default:
		return false;
	}
}

static bool take_option(struct yg_admin *admin, int c)
{
	const char **text = text_option(admin, c);

	if (text) {
		*text = optarg;
		return true;
	}
	if (take_flag(admin, c))
		return true;
	switch (c) {
	case 'l':
		return true; /* main.c */
	case 't':
	case 'D':
	case 'm':
	case 'A':
		return take_number_option(admin, c);
	case 'S':
		return take_day("--signed", &admin->signed_day);
	case 'U':
		return take_day("--until", &admin->last_day);
	case 'f':
		return take_day("--from", &admin->from_day);
	case 'g':
		return take_grant(admin);
	case 'R':
		return take_rights(admin);
	default:
		yg_say(N_("`yagura admin --help` shows what there is"));
		return false;
	}
}

/* False: *ret_status is the exit status. */
static bool read_cli(int argc, char **argv, struct yg_admin *admin, int *ret_status)
{
	static const struct option longs[] = {
		{"data", required_argument, NULL, 'd'},
		{"org", required_argument, NULL, 'o'},
		{"name", required_argument, NULL, 'n'},
		{"hours", required_argument, NULL, 't'},
		{"json", no_argument, NULL, 'j'},
		{"lang", required_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},
		{"limit", required_argument, NULL, 'm'},
		{"sensor", required_argument, NULL, 'N'},
		{"ledger", required_argument, NULL, 'L'},
		{"corporate-number", required_argument, NULL, 'c'},
		{"role", required_argument, NULL, 'r'},
		{"provider", required_argument, NULL, 'p'},
		{"signed-by", required_argument, NULL, 's'},
		{"version", required_argument, NULL, 'v'},
		{"host", required_argument, NULL, 'H'},
		{"checkpoint", required_argument, NULL, 'k'},
		{"second-factor", no_argument, NULL, 'F'},
		{"to", required_argument, NULL, 'T'},
		{"record", required_argument, NULL, 'E'},
		{"records", required_argument, NULL, 'Q'},
		{"reason", required_argument, NULL, 'W'},
		{"yes", no_argument, NULL, 'y'},
		{"add", no_argument, NULL, 'a'},
		{"confirmed", no_argument, NULL, 'C'},
		{"analysts", no_argument, NULL, 'O'},
		{"days", required_argument, NULL, 'D'},
		{"after", required_argument, NULL, 'A'},
		{"signed", required_argument, NULL, 'S'},
		{"until", required_argument, NULL, 'U'},
		{"from", required_argument, NULL, 'f'},
		{"month", required_argument, NULL, 'M'},
		{"zone", required_argument, NULL, 'z'},
		{"grant", required_argument, NULL, 'g'},
		{"rights", required_argument, NULL, 'R'},
		{"certificate", required_argument, NULL, 'Z'},
		{"as", required_argument, NULL, 'B'},
		{"collection", required_argument, NULL, 'K'},
		{"at-most", required_argument, NULL, 'X'},
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
		if (admin->arg_count == YG_ADMIN_ARGS_MAX) {
			(void)yg_admin_wording(yg_say_safe(yg_bytes_str(argv[i]), 80));
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

void yg_admin_zone(struct yg_hub_access *hub, struct yg_zone **ret)
{
	char name[YG_HUB_ZONE_NAME_MAX + 1];

	if (yg_hub_zone_kept(hub, name) != YG_OK)
		return; /* it was never started: Japan's */
	if (yg_zone_load(name, ret) == YG_OK)
		yg_hub_zone_use(hub, *ret);
	else
		yg_say_hint(N_("install the package tzdata"),
			    N_("the hub's time zone %s is not known here: days are those of "
			       "Asia/Tokyo"),
			    yg_say_safe(yg_bytes_str(name), YG_HUB_ZONE_NAME_MAX));
}

bool yg_admin_days_read(const char *text, bool otherwise, const struct yg_zone *there,
			const struct yg_zone **ret)
{
	bool is_hub = text ? strcmp(text, "hub") == 0 : otherwise;

	*ret = is_hub ? there : NULL;
	if (!text || is_hub || strcmp(text, "utc") == 0)
		return true;
	yg_say(N_("--zone %s: give hub or utc"), yg_say_safe(yg_bytes_str(text), 40));
	return false;
}

bool yg_admin_days_of(const struct yg_admin *admin, bool otherwise, const struct yg_zone **ret)
{
	return yg_admin_days_read(admin->days_of, otherwise, yg_hub_zone_of(admin->hub), ret);
}

static int open_parts(struct yg_admin *admin, const char *path)
{
	const char *user = getenv("USER");
	char number[32];
	char actor[128];
	int rc = yg_control_open_sqlite(path, true, &admin->store);

	(void)snprintf(number, sizeof(number), "uid %u", (unsigned)getuid()); /* fits */
	yg_hub_local(user && user[0] ? user : number, &admin->actor);
	(void)snprintf(actor, sizeof(actor), "local:%.100s", admin->actor.name); /* as measured */
	if (rc == YG_OK)
		rc = yg_enrol_new(admin->store, yg_clock_system(), actor, &admin->enrol);
	if (rc == YG_OK)
		rc = yg_hub_access_new(admin->store, admin->enrol, yg_clock_system(), &admin->hub);
	if (rc == YG_OK)
		yg_admin_zone(admin->hub, &admin->zone);
	if (rc == YG_OK)
		rc = yg_audit_key_open(admin->hub, admin->data);
	return rc;
}

int yg_admin_register(struct yg_admin *admin)
{
	char path[PATH_ROOM];
	int size = snprintf(path, sizeof(path), "%s/hub.db", admin->data);
	int rc = size > 0 && (unsigned)size < sizeof(path) ? open_parts(admin, path) : YG_ELIMIT;

	if (rc == YG_ENOENT)
		yg_say_hint(N_("is this the folder that the hub was started with?"),
			    N_("%s: there is no such folder"),
			    yg_say_safe(yg_bytes_str(admin->data), 300));
	else if (rc == YG_EMISMATCH)
		yg_say_hint(N_("use the newer program, or an older copy of the file"),
			    N_("%s: made by a newer version of Yagura; it was left as it is"),
			    yg_say_safe(yg_bytes_str(path), 300));
	else if (rc != YG_OK)
		(void)yg_admin_error(admin, path, rc);
	return rc;
}

void yg_admin_register_close(struct yg_admin *admin)
{
	admin->hub = yg_hub_access_free(admin->hub); /* signs what it wrote */
	admin->zone = yg_zone_free(admin->zone);
	admin->enrol = yg_enrol_free(admin->enrol);
	admin->store = yg_control_free(admin->store);
}

int yg_admin_note(const char *data, const char *org, const char *action, const char *object,
		  const char *detail)
{
	struct yg_admin admin = {.data = data};
	char actor[128];
	int rc = yg_admin_register(&admin);

	(void)snprintf(actor, sizeof(actor), "local:%.100s", admin.actor.name); /* as measured */
	if (rc == YG_OK) {
		rc = yg_audit_add(admin.hub, actor, strcmp(org, YG_HUB_ORG) == 0 ? "" : org, action,
				  object, detail);
		if (rc != YG_OK)
			(void)yg_admin_error(&admin, data, rc);
	}
	yg_admin_register_close(&admin);
	return rc;
}

/* Those that have files and options of their own. */
static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} own_commands[] = {
	{"retention", yg_admin_retention},
	{"search", yg_admin_search},
	{"hunt", yg_admin_hunt},
	{"backup", yg_admin_backup},
	{"restore", yg_admin_restore},
	{"situations", yg_admin_situations},
	{"noise", yg_admin_noise},
	{"funnel", yg_admin_funnel},
	{"taxii-load", yg_admin_taxii_load},
	{"collection", yg_admin_collection},
	{"indicators", yg_admin_clues},
	{"feeds", yg_admin_feeds},
};

/* The first word that is neither an option nor the value of one that may stand before it; "" with
 * --help. */
static const char *first_word(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return "";
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--data") == 0 || strcmp(argv[i], "--lang") == 0 ||
		    strcmp(argv[i], "--org") == 0 || strcmp(argv[i], "--to") == 0 ||
		    strcmp(argv[i], "--from") == 0)
			i++;
		else if (argv[i][0] != '-')
			return argv[i];
	}
	return "";
}

int yg_admin_open(struct yg_admin *admin, const char *org, enum yg_hub_right right,
		  struct yg_access **ret)
{
	int rc = yg_access_hub(admin->hub, &admin->actor, org, right, ret);

	return rc == YG_OK ? YG_EXIT_DONE : yg_admin_error(admin, org, rc);
}

int yg_admin_done(struct yg_admin *admin, const char *word, int rc)
{
	if (rc == YG_OK && admin->out.size > 0) {
		rc = yg_buf_error(&admin->out);
		if (rc == YG_OK)
			rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&admin->out));
	}
	return rc == YG_OK || rc == YG_EPIPE ? YG_EXIT_DONE : yg_admin_error(admin, word, rc);
}

int yg_admin_json(struct yg_admin *admin, json_t *take_line)
{
	int rc = take_line ? yg_json_canonical(take_line, &admin->out) : YG_ENOMEM;

	json_decref(take_line);
	yg_buf_add_byte(&admin->out, '\n');
	return rc;
}

json_t *yg_admin_time(int64_t time_ns)
{
	char text[YG_ISO_SIZE];

	if (time_ns == YG_TIME_NONE)
		return json_null();
	(void)yg_time_iso(time_ns, 0, text); /* returns its size */
	return json_string(text);
}

json_t *yg_admin_day(int32_t day)
{
	char text[YG_DAY_SIZE];

	if (day == YG_DAY_NONE)
		return json_null();
	yg_day_write(day, text);
	return json_string(text);
}

json_t *yg_admin_rights(uint64_t rights)
{
	static const char *const names[] = {
#define X(name, ...) #name,
#include "access/hub_rights.def"
#undef X
	};
	json_t *list = json_array();

	for (unsigned i = 0; i < YG_MAY_COUNT && list; i++) {
		if ((rights >> i & 1) && json_array_append_new(list, json_string(names[i])) != 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

int yg_command_admin(int argc, char **argv)
{
	struct yg_admin admin = {
		.signed_day = YG_DAY_NONE, .last_day = YG_DAY_NONE, .from_day = YG_DAY_NONE};
	int status;

	for (size_t i = 0; i < sizeof(own_commands) / sizeof(own_commands[0]); i++)
		if (strcmp(first_word(argc, argv), own_commands[i].name) == 0)
			return own_commands[i].run(argc, argv);
	if (!read_cli(argc, argv, &admin, &status))
		return status;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(admin.args[0], commands[i].name) != 0)
			continue;
		admin.now_ns = yg_clock_system().now_ns(NULL);
		yg_buf_init(&admin.out, 64u << 20);
		status = yg_admin_register(&admin) == YG_OK ? commands[i].run(&admin)
							    : YG_EXIT_FAILED;
		yg_buf_done(&admin.out);
		yg_admin_register_close(&admin);
		if (fflush(stdout) != 0 && errno != EPIPE)
			status = YG_EXIT_FAILED;
		return status;
	}
	yg_say_hint(N_("`yagura admin --help` shows what there is"),
		    N_("admin %s: there is no such command"),
		    yg_say_safe(yg_bytes_str(admin.args[0]), 60));
	return YG_EXIT_FAILED;
}
