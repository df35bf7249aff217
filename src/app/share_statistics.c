/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura share statistics`: reports and provisions by fiscal year and quarter. No hub is needed.
 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <getopt.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/say.h"
#include "app/share-int.h"
#include "base/alloc.h"
#include "base/io.h"
#include "base/json.h"
#include "share/statistics.h"

#include "base/ban.h"

#define PIECE	(256u << 10)
#define OUT_MAX (64u << 20)

enum form {
	FORM_TEXT,
	FORM_CSV,
	FORM_JSON,
};

struct run {
	const char *reports;
	struct yg_statistics_order order;
	enum form form;
	bool with_zeros;
	struct yg_statistics *statistics;
	struct yg_buf out;
	json_t *rows;	  /* FORM_JSON */
	uint64_t sums[2]; /* by kind, as far as printed */
	int last_kind;	  /* FORM_TEXT; -1: none yet */
};

enum option_code {
	OPT_REPORTS = 1000,
	OPT_BY,
	OPT_CSV,
	OPT_JSON,
	OPT_ZEROS,
	OPT_LANG,
};

static const struct option longs[] = {
	{"reports", required_argument, NULL, OPT_REPORTS},
	{"by", required_argument, NULL, OPT_BY},
	{"csv", no_argument, NULL, OPT_CSV},
	{"json", no_argument, NULL, OPT_JSON},
	{"zeros", no_argument, NULL, OPT_ZEROS},
	{"lang", required_argument, NULL, OPT_LANG},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static bool take_form(struct run *run, enum form form)
{
	if (run->form != FORM_TEXT && run->form != form)
		return yg_share_refuse(N_("share: give one of %s"), "--csv, --json");
	run->form = form;
	return true;
}

static bool take_option(void *arg, int option)
{
	struct run *run = arg;
	struct yg_bytes word;

	switch (option) {
	case OPT_REPORTS:
		run->reports = optarg;
		return true;
	case OPT_BY:
		return yg_statistics_order_read(yg_bytes_str(optarg), &run->order, &word) ==
			       YG_OK ||
		       yg_share_refuse(N_("--by: %s: give some of kind, fy, quarter, month, each "
					  "once, with commas between them"),
				       yg_say_safe(word, 40));
	case OPT_CSV:
		return take_form(run, FORM_CSV);
	case OPT_JSON:
		return take_form(run, FORM_JSON);
	case OPT_ZEROS:
		run->with_zeros = true;
		return true;
	default:
		return yg_share_take_lang(optarg);
	}
}

static bool read_options(int argc, char **argv, struct run *run, int *ret_status)
{
	if (!yg_share_options(argc, argv, longs, take_option, run, ret_status))
		return false;
	*ret_status = YG_EXIT_FAILED;
	if (optind < argc)
		return yg_share_refuse(N_("share: %s: one word too many"),
				       yg_say_safe(yg_bytes_str(argv[optind]), 80));
	if (!run->reports)
		return yg_share_refuse(N_("share: %s is missing"), "--reports FILE");
	return true;
}

/* ---- reading ---- */

static void say_fault(const char *place, const struct yg_statistics_fault *fault)
{
	const char *value = yg_say_safe(yg_bytes_str(fault->value), YG_STATISTICS_VALUE_MAX);
	unsigned long long number = fault->number;

	switch (fault->wrong) {
	case YG_STATISTICS_NO_JSON:
		yg_say(N_("%s: no JSON at byte %llu of the line"), place, number);
		break;
	case YG_STATISTICS_NO_OBJECT:
		yg_say(N_("%s: no JSON object: a record is {\"id\",\"kind\",\"date\"}"), place);
		break;
	case YG_STATISTICS_MISSING:
		yg_say(N_("%s: %s is missing, or is no text"), place, fault->key);
		break;
	case YG_STATISTICS_LONG_ID:
		yg_say(N_("%s: %s is longer than %u bytes: shorten it"), place, fault->key,
		       YG_STATISTICS_ID_MAX);
		break;
	case YG_STATISTICS_NO_KIND:
		yg_say(N_("%s: kind: %s is neither report nor provision"), place, value);
		break;
	case YG_STATISTICS_NO_DATE:
		yg_say(N_("%s: date: %s is no day such as 2023-04-01, from 1970 to 2999"), place,
		       value);
		break;
	case YG_STATISTICS_DOUBLE:
		yg_say(N_("%s: the id %s stands in line %llu already: a record counts once"), place,
		       value, number);
		break;
	case YG_STATISTICS_LONG_LINE:
		yg_say(N_("%s: more than %llu bytes in one line"), place, number);
		break;
	default:
		yg_say(N_("%s: more than %llu records: the others were not looked at"), place,
		       number);
		break;
	}
}

static void say_faults(const struct run *run)
{
	const struct yg_statistics_fault *items;
	uint32_t count;
	uint64_t total = yg_statistics_faults(run->statistics, &items, &count);
	char safe[320];
	char place[360];

	(void)snprintf(safe, sizeof(safe), "%s", yg_say_safe(yg_bytes_str(run->reports), 300));
	for (uint32_t i = 0; i < count; i++) {
		(void)snprintf(place, sizeof(place), "%s:%llu", safe,
			       (unsigned long long)items[i].line);
		say_fault(place, &items[i]);
	}
	if (total > count)
		yg_say(N_("%s: and %llu more faults"), safe, (unsigned long long)(total - count));
	yg_say_hint(N_("correct the lines and try again"),
		    N_("%s: nothing of it was taken: %llu faults"), safe,
		    (unsigned long long)total);
}

static int read_pieces(struct run *run, int fd)
{
	uint8_t *piece = yg_malloc(PIECE);
	size_t size = 1;
	int rc = piece ? YG_OK : YG_ENOMEM;

	while (rc == YG_OK && size > 0) {
		rc = yg_io_read(fd, piece, PIECE, &size);
		if (rc == YG_OK)
			rc = yg_statistics_feed(run->statistics, (struct yg_bytes){piece, size});
	}
	free(piece);
	if (rc == YG_OK || rc == YG_ELIMIT)
		rc = yg_statistics_end(run->statistics);
	return rc;
}

static int read_reports(struct run *run)
{
	bool is_input = strcmp(run->reports, "-") == 0;
	int fd = STDIN_FILENO;
	int rc = is_input ? YG_OK : yg_io_open_read(run->reports, &fd);

	if (rc == YG_OK)
		rc = read_pieces(run, fd);
	if (!is_input && fd != STDIN_FILENO)
		(void)close(fd); /* only read */
	if (rc == YG_EFORMAT)
		say_faults(run);
	else if (rc != YG_OK)
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(run->reports), 300),
		       yg_say_tr(yg_err_text(rc)));
	return rc;
}

/* ---- writing ---- */

static void add_value(struct yg_buf *to, enum yg_statistics_by by, int32_t value)
{
	if (by == YG_STATISTICS_MONTH)
		yg_buf_addf(to, "%04d-%02d", (int)(value / 12), (int)(value % 12 + 1));
	else
		yg_buf_addf(to, "%d", (int)value);
}

static int csv_row(void *arg, const struct yg_statistics_row *row)
{
	struct run *run = arg;

	yg_buf_add_str(&run->out, yg_statistics_kind_name(row->kind));
	for (uint32_t i = 0; i < run->order.count; i++) {
		yg_buf_add_byte(&run->out, ',');
		add_value(&run->out, run->order.by[i], row->by[i]);
	}
	yg_buf_addf(&run->out, ",%llu\n", (unsigned long long)row->count);
	return yg_buf_error(&run->out);
}

/* Names of columns are for programs: the same in every language. */
static int write_csv(struct run *run)
{
	yg_buf_add_str(&run->out, "kind");
	for (uint32_t i = 0; i < run->order.count; i++)
		yg_buf_addf(&run->out, ",%s", yg_statistics_by_name(run->order.by[i]));
	yg_buf_add_str(&run->out, ",count\n");
	return yg_statistics_rows(run->statistics, &run->order, run->with_zeros, csv_row, run);
}

static json_t *value_json(enum yg_statistics_by by, int32_t value)
{
	struct yg_buf text;
	json_t *made;

	if (by != YG_STATISTICS_MONTH)
		return json_integer(value);
	yg_buf_init(&text, 32);
	add_value(&text, by, value);
	made = yg_buf_error(&text) ? NULL : yg_json_string(yg_buf_bytes(&text));
	yg_buf_done(&text);
	return made;
}

static int json_row(void *arg, const struct yg_statistics_row *row)
{
	struct run *run = arg;
	json_t *one = json_pack("{s:s, s:I}", "kind", yg_statistics_kind_name(row->kind), "count",
				(json_int_t)row->count);
	int rc = one ? YG_OK : YG_ENOMEM;

	for (uint32_t i = 0; rc == YG_OK && i < run->order.count; i++)
		rc = yg_json_set(one, yg_statistics_by_name(run->order.by[i]),
				 value_json(run->order.by[i], row->by[i]));
	if (rc == YG_OK && json_array_append(run->rows, one) != 0)
		rc = YG_ENOMEM;
	json_decref(one);
	return rc;
}

static int write_json(struct run *run)
{
	json_t *whole = NULL;
	int rc;

	run->rows = json_array();
	rc = run->rows ? yg_statistics_rows(run->statistics, &run->order, run->with_zeros, json_row,
					    run)
		       : YG_ENOMEM;
	if (rc == YG_OK)
		whole = json_pack("{s:O, s:I}", "rows", run->rows, "records",
				  (json_int_t)yg_statistics_records(run->statistics));
	if (rc == YG_OK)
		rc = whole ? yg_json_canonical(whole, &run->out) : YG_ENOMEM;
	yg_buf_add_byte(&run->out, '\n');
	json_decref(whole);
	json_decref(run->rows);
	return rc;
}

static const char *const kind_words[YG_STATISTICS_KIND_COUNT] = {N_("Reports (upwards)"),
								 N_("Provisions (downwards)")};

static void text_total(struct run *run)
{
	if (run->last_kind >= 0 && run->order.count > 0)
		yg_buf_addf(&run->out, yg_say_tr(N_("  in all: %llu\n")),
			    (unsigned long long)run->sums[run->last_kind]);
}

static void text_value(struct run *run, enum yg_statistics_by by, int32_t value)
{
	if (by == YG_STATISTICS_FY)
		yg_buf_addf(&run->out, yg_say_tr(N_("  fiscal %d")), (int)value);
	else if (by == YG_STATISTICS_QUARTER)
		yg_buf_addf(&run->out, yg_say_tr(N_("  quarter %d")), (int)value);
	else
		yg_buf_addf(&run->out, "  %04d-%02d", (int)(value / 12), (int)(value % 12 + 1));
}

static int text_row(void *arg, const struct yg_statistics_row *row)
{
	struct run *run = arg;

	if (run->last_kind != (int)row->kind) {
		text_total(run);
		run->last_kind = (int)row->kind;
		yg_buf_add_str(&run->out, yg_say_tr(kind_words[row->kind]));
		if (run->order.count > 0)
			yg_buf_add_byte(&run->out, '\n');
	}
	for (uint32_t i = 0; i < run->order.count; i++)
		text_value(run, run->order.by[i], row->by[i]);
	yg_buf_addf(&run->out, ": %llu\n", (unsigned long long)row->count);
	run->sums[row->kind] += row->count;
	return yg_buf_error(&run->out);
}

static int write_text(struct run *run)
{
	int rc = yg_statistics_rows(run->statistics, &run->order, run->with_zeros, text_row, run);

	text_total(run);
	if (yg_statistics_records(run->statistics) == 0)
		yg_buf_add_str(&run->out, yg_say_tr(N_("There are no records.\n")));
	return rc;
}

static int print(struct run *run)
{
	int rc = run->form == FORM_CSV	  ? write_csv(run)
		 : run->form == FORM_JSON ? write_json(run)
					  : write_text(run);

	if (rc == YG_OK)
		rc = yg_buf_error(&run->out);
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&run->out));
	if (rc == YG_OK || rc == YG_EPIPE)
		return YG_OK;
	yg_say("%s", yg_say_tr(yg_err_text(rc)));
	return rc;
}

int yg_share_statistics(int argc, char **argv)
{
	struct run run = {.order = {.by = {YG_STATISTICS_FY, YG_STATISTICS_QUARTER}, .count = 2},
			  .last_kind = -1};
	int status;
	int rc;

	if (!read_options(argc, argv, &run, &status))
		return status;
	yg_buf_init(&run.out, OUT_MAX);
	run.statistics = yg_statistics_new();
	if (run.statistics) {
		rc = read_reports(&run);
	} else {
		rc = YG_ENOMEM;
		yg_say("%s", yg_say_tr(yg_err_text(rc)));
	}
	if (rc == YG_OK)
		rc = print(&run);
	run.statistics = yg_statistics_free(run.statistics);
	yg_buf_done(&run.out);
	return rc == YG_OK ? YG_EXIT_DONE : YG_EXIT_FAILED;
}
