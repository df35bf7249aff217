/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura share report`: one record of an incident, every form. No hub is needed. */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/forms.h"
#include "app/say.h"
#include "app/share_report-int.h"
#include "base/crypt.h"
#include "base/hash.h"
#include "base/io.h"

#include "base/ban.h"

#define FILE_MODE 0600u
#define OUT_MAX	  (32u << 20)

enum option_code {
	OPT_RECORD = 1000,
	OPT_FORM,
	OPT_FORM_FILE,
	OPT_STAGE,
	OPT_HALF,
	OPT_AS,
	OPT_PERSON,
	OPT_OUTLET,
	OPT_NOW,
	OPT_AT,
	OPT_ID,
	OPT_BY,
	OPT_FROM,
	OPT_TO,
	OPT_CONTACTS,
	OPT_WORKBOOK,
	OPT_MAP,
	OPT_JSON,
	OPT_LANG,
};

static const struct option longs[] = {
	{"record", required_argument, NULL, OPT_RECORD},
	{"form", required_argument, NULL, OPT_FORM},
	{"form-file", required_argument, NULL, OPT_FORM_FILE},
	{"stage", required_argument, NULL, OPT_STAGE},
	{"half", required_argument, NULL, OPT_HALF},
	{"as", required_argument, NULL, OPT_AS},
	{"person", no_argument, NULL, OPT_PERSON},
	{"outlet", required_argument, NULL, OPT_OUTLET},
	{"now", required_argument, NULL, OPT_NOW},
	{"at", required_argument, NULL, OPT_AT},
	{"id", required_argument, NULL, OPT_ID},
	{"by", required_argument, NULL, OPT_BY},
	{"from", required_argument, NULL, OPT_FROM},
	{"to", required_argument, NULL, OPT_TO},
	{"contacts", required_argument, NULL, OPT_CONTACTS},
	{"workbook", required_argument, NULL, OPT_WORKBOOK},
	{"map", required_argument, NULL, OPT_MAP},
	{"output", required_argument, NULL, 'o'},
	{"out", required_argument, NULL, 'o'},
	{"json", no_argument, NULL, OPT_JSON},
	{"lang", required_argument, NULL, OPT_LANG},
	{"help", no_argument, NULL, 'h'},
	{0},
};

/* ---- options ---- */

static bool take_time(const char *name, int64_t *ret)
{
	struct yg_bytes text = yg_bytes_str(optarg);
	int64_t ns;
	int32_t day = yg_incident_day(text, &ns);

	if (day != YG_DAY_NONE && ns == YG_TIME_NONE &&
	    !yg_time_from_civil(&(struct yg_civil){.year = yg_date_civil(day).year,
						   .month = yg_date_civil(day).month,
						   .day = yg_date_civil(day).day,
						   .hour = 12},
				YG_INCIDENT_ZONE_S, &ns))
		day = YG_DAY_NONE;
	if (day == YG_DAY_NONE) {
		yg_say_hint(N_("write a time as 2026-11-25T09:30, or a day as 2026-11-25 (Japan)"),
			    N_("%s %s: no time"), name, yg_say_safe(text, 60));
		return false;
	}
	*ret = ns;
	return true;
}

static bool take_as(struct yg_report_run *run)
{
	static const char *const names[] = {"json", "csv", "xlsx", "html"};

	for (unsigned i = 0; i < 4; i++) {
		if (strcmp(optarg, names[i]) == 0) {
			run->as = (enum yg_report_as)i;
			run->has_as = true;
			return true;
		}
	}
	return yg_share_refuse(N_("--as %s: give json, csv, xlsx or html"),
			       yg_say_safe(yg_bytes_str(optarg), 40));
}

static bool take_number(const char *name, uint64_t *ret)
{
	if (yg_bytes_u64(yg_bytes_str(optarg), ret) && *ret > 0 && *ret <= INT32_MAX)
		return true;
	yg_say(N_("%s %s: a version is a number from 1 on"), name,
	       yg_say_safe(yg_bytes_str(optarg), 40));
	return false;
}

static bool take_words(struct yg_report_run *run, int option)
{
	struct yg_bytes word = yg_bytes_str(optarg);

	switch (option) {
	case OPT_STAGE:
		run->has_stage = yg_form_stage_by_name(word, &run->stage);
		return run->has_stage ||
		       yg_share_refuse(N_("--stage %s: give first, followup or final"),
				       yg_say_safe(word, 40));
	case OPT_HALF:
		run->is_attack_only = strcmp(optarg, "attack") == 0;
		return run->is_attack_only || strcmp(optarg, "all") == 0 ||
		       yg_share_refuse(N_("--half %s: give attack or all"), yg_say_safe(word, 40));
	case OPT_OUTLET:
		run->has_outlet = yg_outlet_by_name(word, &run->outlet);
		return run->has_outlet ||
		       yg_share_refuse(N_("--outlet %s: there is no such way out"),
				       yg_say_safe(word, 40));
	case OPT_NOW:
		return take_time("--now", &run->now_ns);
	case OPT_AT:
		return take_time("--at", &run->at_ns);
	case OPT_FROM:
		return take_number("--from", &run->from);
	case OPT_TO:
		return take_number("--to", &run->to);
	default:
		run->has_lang = yg_lang_by_name(word, &run->lang);
		return yg_share_take_lang(optarg);
	}
}

static bool take_option(void *arg, int option)
{
	struct yg_report_run *run = arg;

	switch (option) {
	case OPT_RECORD:
		run->path = optarg;
		return true;
	case OPT_FORM:
		run->form = optarg;
		return true;
	case OPT_FORM_FILE:
		if (run->form_count == YG_REPORT_FILES_MAX)
			return yg_share_refuse(N_("%s: too many files of forms"), optarg);
		run->forms[run->form_count++] = optarg;
		return true;
	case OPT_AS:
		return take_as(run);
	case OPT_PERSON:
		run->is_person = true;
		return true;
	case OPT_ID:
		run->id = optarg;
		return true;
	case OPT_BY:
		run->by = optarg;
		return true;
	case OPT_CONTACTS:
		run->contacts = optarg;
		return true;
	case OPT_WORKBOOK:
		run->workbook = optarg;
		return true;
	case OPT_MAP:
		run->map = optarg;
		return true;
	case 'o':
		run->output = optarg;
		return true;
	case OPT_JSON:
		run->is_json = true;
		return true;
	default:
		return take_words(run, option);
	}
}

/* ---- reading ---- */

void yg_report_say_faults(const struct yg_report_run *run, const struct yg_incident_faults *faults)
{
	for (uint32_t i = 0; i < faults->count; i++)
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(run->path), 200),
		       yg_say_safe(yg_bytes_str(faults->at[i]), YG_LINE_FAULT_MAX));
	if (faults->all > faults->count)
		yg_say(N_("%s: and %u more"), yg_say_safe(yg_bytes_str(run->path), 200),
		       faults->all - faults->count);
}

static int check_record(struct yg_report_run *run, const json_t *record, const json_t *before)
{
	struct yg_incident_ask ask = {run->all, yg_say_lang_now(), run->now_ns, before};
	struct yg_incident_faults *faults = yg_arena_alloc(run->arena, sizeof(*faults));
	int rc = faults ? yg_incident_check(&ask, record, faults) : YG_ENOMEM;

	if (rc == YG_EINVAL)
		yg_report_say_faults(run, faults);
	return rc;
}

int yg_report_load(struct yg_report_run *run)
{
	struct yg_fault fault = {0};
	uint8_t *bytes;
	size_t size;
	int rc = yg_io_read_file(run->path, YG_INCIDENT_READ_MAX, &bytes, &size);

	if (rc == YG_OK) {
		rc = yg_json_load((struct yg_bytes){bytes, size}, YG_INCIDENT_READ_MAX,
				  &run->record, &fault);
		free(bytes);
	}
	if (fault.msg)
		yg_say(N_("%s: no JSON at byte %zu: %s"), yg_say_safe(yg_bytes_str(run->path), 200),
		       fault.pos, fault.msg);
	else if (rc == YG_ELIMIT)
		yg_say(N_("%s: larger than %u MiB"), yg_say_safe(yg_bytes_str(run->path), 200),
		       YG_INCIDENT_READ_MAX >> 20);
	else if (rc != YG_OK)
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(run->path), 200),
		       yg_say_tr(yg_err_text(rc)));
	/* A day to come that stands in the file may be over by now: that is no fault of the file.
	 */
	return rc == YG_OK ? check_record(run, run->record, run->record) : rc;
}

const struct yg_form *yg_report_form(const struct yg_report_run *run)
{
	const struct yg_form *form =
		run->form ? yg_form_find(run->all, yg_bytes_str(run->form)) : NULL;

	if (!run->form)
		yg_say_hint(N_("`yagura share report forms` lists them"),
			    N_("share report: %s is missing"), "--form ID");
	else if (!form)
		yg_say_hint(N_("`yagura share report forms` lists them"),
			    N_("--form %s: there is no such form"),
			    yg_say_safe(yg_bytes_str(run->form), 80));
	return form;
}

static int load_forms(struct yg_report_run *run)
{
	int rc = yg_forms_load(run->arena, &run->all);

	if (rc != YG_OK)
		yg_say("%s", yg_say_tr(yg_err_text(rc)));
	for (uint32_t i = 0; rc == YG_OK && i < run->form_count; i++)
		rc = yg_forms_add(run->forms[i], run->arena, run->all);
	return rc;
}

/* ---- new, set, sent ---- */

static int write_record(const struct yg_report_run *run, const json_t *record)
{
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, OUT_MAX);
	rc = yg_json_canonical(record, &text);
	yg_buf_add_byte(&text, '\n');
	if (rc == YG_OK)
		rc = yg_buf_error(&text);
	if (rc == YG_OK)
		rc = yg_io_replace(run->path, yg_buf_bytes(&text), FILE_MODE);
	yg_buf_done(&text);
	if (rc != YG_OK)
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(run->path), 200),
		       yg_say_tr(yg_err_text(rc)));
	return rc;
}

/* What stands behind the options: FIELD=VALUE. */
static int set_fields(struct yg_report_run *run, char **words, int count, json_t *record)
{
	struct yg_incident_ask ask = {run->all, yg_say_lang_now(), run->now_ns, NULL};
	struct yg_incident_faults *faults = yg_arena_alloc(run->arena, sizeof(*faults));
	int rc = faults ? YG_OK : YG_ENOMEM;

	for (int i = 0; rc == YG_OK && i < count; i++)
		rc = yg_incident_set(&ask, record, yg_bytes_str(words[i]), faults);
	if (rc == YG_EINVAL)
		yg_report_say_faults(run, faults);
	return rc;
}

static const char *who(const struct yg_report_run *run)
{
	const char *user = getenv("USER");

	if (run->by)
		return run->by;
	return user && user[0] && strlen(user) <= YG_INCIDENT_LINE_MAX ? user : "-";
}

/* "2026-1125-5c1e": the day, and enough that two of a day differ. */
static void make_id(const struct yg_report_run *run, char to[YG_INCIDENT_ID_MAX + 1])
{
	uint8_t random[4];
	char hex[2 * sizeof(random) + 1];
	char day[YG_DAY_SIZE];

	yg_random(random, sizeof(random));
	yg_hex((struct yg_bytes){random, sizeof(random)}, hex);
	yg_day_write(yg_day_of_time(run->now_ns, YG_INCIDENT_ZONE_S), day);
	(void)snprintf(to, YG_INCIDENT_ID_MAX + 1, "%s-%s", day, hex); /* fits */
}

static int command_new(struct yg_report_run *run, char **words, int count)
{
	char id[YG_INCIDENT_ID_MAX + 1];
	int rc;

	if (access(run->path, F_OK) == 0) {
		yg_say_hint(N_("`yagura share report set` changes it"),
			    N_("%s: is there already; nothing was written"),
			    yg_say_safe(yg_bytes_str(run->path), 200));
		return YG_EXIT_FAILED;
	}
	if (run->id && !yg_incident_is_id(yg_bytes_str(run->id))) {
		yg_say(N_("--id %s: letters, digits, . _ and -, at most %u of them"),
		       yg_say_safe(yg_bytes_str(run->id), 80), YG_INCIDENT_ID_MAX);
		return YG_EXIT_FAILED;
	}
	make_id(run, id);
	run->record = yg_incident_new(run->id ? run->id : id);
	rc = run->record ? set_fields(run, words, count, run->record) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = check_record(run, run->record, NULL);
	if (rc == YG_OK)
		rc = write_record(run, run->record);
	return rc == YG_OK ? YG_EXIT_DONE : YG_EXIT_FAILED;
}

static int command_set(struct yg_report_run *run, char **words, int count)
{
	json_t *fresh = NULL;
	int rc = yg_report_load(run);

	if (rc == YG_OK && count == 0) {
		(void)yg_share_refuse(N_("share report: %s is missing"), "FIELD=VALUE");
		rc = YG_EINVAL;
	}
	if (rc == YG_OK)
		fresh = json_deep_copy(run->record);
	if (rc == YG_OK)
		rc = fresh ? set_fields(run, words, count, fresh) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = check_record(run, fresh, run->record);
	if (rc == YG_OK)
		rc = yg_incident_next(run->all, run->record, fresh, who(run), run->now_ns);
	if (rc == YG_EEND) {
		yg_say(N_("nothing differs; no version was added"));
		rc = YG_OK;
	} else if (rc == YG_OK) {
		rc = write_record(run, fresh);
	}
	json_decref(fresh);
	return rc == YG_OK ? YG_EXIT_DONE : YG_EXIT_FAILED;
}

static int command_sent(struct yg_report_run *run)
{
	const struct yg_form *form = yg_report_form(run);
	enum yg_form_stage stage = run->stage;
	int rc = form ? yg_report_load(run) : YG_EINVAL;

	if (rc == YG_OK && !run->has_stage && !yg_incident_stage(form, run->record, &stage)) {
		yg_say(N_("%s: all of its stages were sent"), run->form);
		rc = YG_EINVAL;
	}
	if (rc == YG_OK && !form->stages[stage]) {
		yg_say(N_("%s has no stage %s"), run->form, yg_form_stage_name(stage));
		rc = YG_EINVAL;
	}
	if (rc == YG_OK)
		rc = yg_incident_sent(run->record, form, stage,
				      run->at_ns == YG_TIME_NONE ? run->now_ns : run->at_ns);
	if (rc == YG_ELIMIT)
		yg_say("%s", yg_say_tr(yg_err_text(rc)));
	if (rc == YG_OK)
		rc = write_record(run, run->record);
	return rc == YG_OK ? YG_EXIT_DONE : YG_EXIT_FAILED;
}

/* ---- which ---- */

static const struct {
	const char *word;
	int (*run)(struct yg_report_run *run);
	bool needs_record;
	bool takes_record; /* as a word of its own, in place of --record */
	bool takes_workbook;
} words_alone[] = {
	{"sent", command_sent, .needs_record = true},
	{"check", yg_report_check, .needs_record = true},
	{"render", yg_report_render, .needs_record = true},
	{"diff", yg_report_diff, .needs_record = true},
	{"fill", yg_report_fill, .needs_record = true, .takes_record = true},
	{"workbook-map", yg_report_workbook_map, .takes_workbook = true},
	{.word = "forms", .run = yg_report_forms},
	{.word = "fields", .run = yg_report_fields},
};

static int refuse_word(const char *word)
{
	(void)yg_share_refuse(N_("share report: %s: one word too many"),
			      yg_say_safe(yg_bytes_str(word), 80));
	return YG_EXIT_FAILED;
}

static bool has_record(const struct yg_report_run *run)
{
	return run->path || yg_share_refuse(N_("share report: %s is missing"), "--record FILE");
}

/* Number @at of words_alone, with the words behind it. */
static int run_alone(struct yg_report_run *run, size_t at, char **words, int count)
{
	if (count > 0 && words_alone[at].takes_record && !run->path)
		run->path = *words++, count--;
	if (count > 0 && words_alone[at].takes_workbook && !run->workbook)
		run->workbook = *words++, count--;
	if (count > 0)
		return refuse_word(words[0]);
	if (words_alone[at].needs_record && !has_record(run))
		return YG_EXIT_FAILED;
	return words_alone[at].run(run);
}

static int run_command(struct yg_report_run *run, char **words, int count)
{
	bool is_new = strcmp(run->word, "new") == 0;

	if (is_new || strcmp(run->word, "set") == 0) {
		if (!has_record(run))
			return YG_EXIT_FAILED;
		return is_new ? command_new(run, words, count) : command_set(run, words, count);
	}
	for (size_t i = 0; i < sizeof(words_alone) / sizeof(words_alone[0]); i++)
		if (strcmp(run->word, words_alone[i].word) == 0)
			return run_alone(run, i, words, count);
	(void)yg_share_refuse(N_("share report: %s: what shall be done? new, set, check, render, "
				 "fill, workbook-map, sent, diff, forms or fields"),
			      yg_say_safe(yg_bytes_str(run->word), 40));
	return YG_EXIT_FAILED;
}

int yg_share_report(int argc, char **argv)
{
	struct yg_clock clock = yg_clock_system();
	struct yg_report_run run = {.now_ns = clock.now_ns(clock.arg), .at_ns = YG_TIME_NONE};
	int status;

	if (!yg_share_options(argc, argv, longs, take_option, &run, &status))
		return status;
	run.word = optind < argc ? argv[optind++] : "";
	run.arena = yg_arena_new(YG_FORMS_ARENA_MAX);
	status = YG_EXIT_FAILED;
	if (!run.arena)
		yg_say("%s", yg_say_tr(yg_err_text(YG_ENOMEM)));
	else if (load_forms(&run) == YG_OK)
		status = run_command(&run, argv + optind, argc - optind);
	json_decref(run.record);
	(void)yg_arena_free(run.arena);
	return status;
}
