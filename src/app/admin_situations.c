/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `yagura admin situations`, `noise`, `funnel`: beside the hub, for whoever may open its folder.
 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <getopt.h>
#include <unistd.h>

#include "access/situations.h"
#include "app/admin-int.h"
#include "app/commands.h"
#include "app/hub_situations.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/crypt.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/zone.h"
#include "model/day.h"

#include "base/ban.h"

#define PATH_ROOM 4096u
#define WORDS_MAX (YG_SITUATION_SPLIT_MAX + 4u)
#define OUT_MAX	  (256u << 20)

struct cli {
	const char *data;
	const char *org;
	const char *state;
	const char *kind;
	uint64_t limit;
	bool is_json;
	const char *words[WORDS_MAX]; /* from "list" on */
	unsigned count;
	struct yg_situations *s;
	struct yg_facts *facts;
	struct yg_control *store; /* the three of the funnel alone */
	struct yg_enrol *enrol;
	struct yg_hub_access *hub;
	struct yg_zone *zone;
	struct yg_zone *hub_zone;
	const char *days_of; /* --zone */
	const struct yg_zone *days;
	struct yg_situation_saying how;
	struct yg_situation_by by;
	char actor[128];
	uint64_t number;
	enum yg_situation_state now;
	uint64_t given;
	int64_t last_ns;
	uint8_t last_id[YG_SITUATION_ALERT_ID];
	struct yg_buf out;
};

static bool read_option(struct cli *cli, int c)
{
	const struct yg_admin_option known[] = {
		{'d', .text = &cli->data},    {'o', .text = &cli->org},
		{'s', .text = &cli->state},   {'k', .text = &cli->kind},
		{'j', .flag = &cli->is_json}, {'m', .limit = &cli->limit},
		{'z', .text = &cli->days_of}, {.letter = 'l'},
	};

	return yg_admin_option(known, sizeof(known) / sizeof(known[0]), c);
}

static bool read_cli(int argc, char **argv, struct cli *cli)
{
	static const struct option longs[] = {
		{"data", required_argument, NULL, 'd'},
		{"org", required_argument, NULL, 'o'},
		{"state", required_argument, NULL, 's'},
		{"kind", required_argument, NULL, 'k'},
		{"limit", required_argument, NULL, 'm'},
		{"json", no_argument, NULL, 'j'},
		{"lang", required_argument, NULL, 'l'},
		{"zone", required_argument, NULL, 'z'},
		{0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (!read_option(cli, c))
			return false;
	for (int i = optind + 1; i < argc; i++) {
		if (cli->count == WORDS_MAX)
			return false;
		cli->words[cli->count++] = argv[i];
	}
	return cli->data != NULL;
}

static const char *word(const struct cli *cli, unsigned at)
{
	return at < cli->count ? cli->words[at] : "";
}

static int say_error(const struct cli *cli, int rc)
{
	const char *trouble = cli->s ? yg_situations_trouble(cli->s) : "";
	const char *about = yg_say_safe(yg_bytes_str(word(cli, 1)), 100);

	if (rc == YG_ENOENT && cli->s)
		yg_say(N_("%s: there is none of this name"), about);
	else if (rc == YG_EMISMATCH && cli->s)
		yg_say_hint(N_("new -> check -> noise or confirmed -> notified -> acknowledged -> "
			       "resolved; back to check"),
			    N_("situation %s: from where it stands (%s) it cannot go there"), about,
			    yg_situation_state_name(cli->now));
	else if (rc == YG_EINVAL && cli->s)
		yg_say(N_("%s: this cannot be done with these situations or alerts"), about);
	else
		yg_say("%s/situations.db: %s%s%s", yg_say_safe(yg_bytes_str(cli->data), 300),
		       yg_say_tr(yg_err_text(rc)), trouble[0] ? ": " : "",
		       yg_say_safe(yg_bytes_str(trouble), 200));
	return cli->s ? YG_EXIT_PARTLY : YG_EXIT_FAILED;
}

static int flush(struct cli *cli)
{
	int rc = yg_buf_error(&cli->out);

	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&cli->out));
	yg_buf_reset(&cli->out);
	return rc == YG_EPIPE ? YG_OK : rc;
}

/* ---- showing ---- */

static void add_when(struct cli *cli, int64_t ns)
{
	char when[YG_ISO_SIZE];

	(void)yg_time_iso(ns, yg_zone_offset_utc(cli->zone, ns / YG_NS_PER_S), when);
	yg_buf_add_str(&cli->out, when);
}

static int print_one(void *arg, const struct yg_situation *one)
{
	struct cli *cli = arg;
	const char *why = "";
	struct yg_buf words;

	cli->given++;
	cli->number = one->internal;
	cli->last_ns = one->facts.last_ns;
	cli->now = one->state;
	if (cli->is_json) {
		yg_situation_json(one, &cli->how, &cli->out);
		yg_buf_add_byte(&cli->out, '\n');
		return yg_buf_error(&cli->out);
	}
	yg_buf_init(&words, 4096);
	yg_situation_say(&one->facts, cli->how.lang, &words);
	yg_buf_addf(&cli->out, "%llu  ", (unsigned long long)one->number);
	add_when(cli, one->facts.last_ns);
	yg_buf_addf(&cli->out, "  %-8s  %-5s  ",
		    yg_level_name(yg_situation_severity(&one->facts, &why)),
		    yg_urgency_name(yg_situation_urgency(&one->facts, cli->how.now_ns, &why)));
	yg_buf_addf(&cli->out, "%s  ", yg_say_tr(yg_situation_state_words(one->state)));
	yg_buf_addf(&cli->out, "%s\n", yg_say_safe(yg_buf_bytes(&words), 400));
	yg_buf_done(&words);
	return yg_buf_error(&cli->out);
}

static int keep_one(void *arg, const struct yg_situation *one)
{
	struct cli *cli = arg;

	cli->number = one->internal;
	cli->now = one->state;
	return YG_OK;
}

static bool read_list_filter(struct cli *cli, struct yg_situations_filter *filter)
{
	if (!cli->state)
		return true;
	filter->is_open = strcmp(cli->state, "open") == 0;
	filter->has_state = !filter->is_open;
	if (filter->is_open || yg_situation_state_by_name(yg_bytes_str(cli->state), &filter->state))
		return true;
	yg_say(N_(
		"--state: open, new, check, noise, confirmed, notified, acknowledged or resolved"));
	return false;
}

static int list(struct cli *cli)
{
	struct yg_situation_view view = {.is_whole = true};
	struct yg_situations_filter filter = {0};
	uint64_t before;
	int rc = YG_OK;

	if (!read_list_filter(cli, &filter))
		return YG_EXIT_FAILED;
	if (cli->org && strlen(cli->org) < sizeof(view.org))
		(void)snprintf(view.org, sizeof(view.org), "%s", cli->org); /* measured */
	do {
		before = cli->given;
		filter.limit = cli->limit > 0 && cli->limit - cli->given < YG_SITUATIONS_LIST_MAX
				       ? (uint32_t)(cli->limit - cli->given)
				       : YG_SITUATIONS_LIST_MAX;
		rc = yg_situation_list(cli->s, &view, &filter, print_one, cli);
		filter.has_after = true;
		filter.after_last_ns = cli->last_ns;
		filter.after_number = cli->number;
		if (rc == YG_OK)
			rc = flush(cli);
	} while (rc == YG_OK && cli->given - before == filter.limit &&
		 (cli->limit == 0 || cli->given < cli->limit));
	if (rc == YG_OK && cli->given == 0 && !cli->is_json)
		yg_say(N_("there are no situations"));
	return rc == YG_OK ? YG_EXIT_DONE : say_error(cli, rc);
}

static int print_alert(void *arg, const struct yg_situation_alert *a)
{
	struct cli *cli = arg;
	bool is_ja = cli->how.lang == YG_LANG_JA && a->title_ja.size > 0;

	cli->given++;
	memcpy(cli->last_id, a->id, sizeof(cli->last_id));
	if (cli->is_json) {
		yg_buf_add_str(&cli->out, "{\"alert\":");
		yg_situation_alert_json(a, &cli->how, &cli->out);
		yg_buf_add_str(&cli->out, "}\n");
		return yg_buf_error(&cli->out);
	}
	yg_buf_add_str(&cli->out, "  ");
	add_when(cli, a->first_ns);
	yg_buf_addf(&cli->out, "  %-8s  %-8s  %s  ", yg_level_name(a->level),
		    yg_outcome_name(a->outcome), yg_say_safe(a->org, 64));
	yg_buf_addf(&cli->out, "%s  ", yg_say_safe(is_ja ? a->title_ja : a->title, 160));
	yg_buf_addf(&cli->out, "%s > ", yg_say_safe(a->actor, 80));
	yg_buf_addf(&cli->out, "%s  x%llu", yg_say_safe(a->target, 120),
		    (unsigned long long)a->count);
	if (a->step != YG_NOISE_KEPT)
		yg_buf_addf(&cli->out, "  [%s: %s]", yg_say_tr(yg_noise_words(a->step)),
			    yg_say_safe(a->why, 200));
	else if (a->judged != YG_SITUATION_NEW)
		yg_buf_addf(&cli->out, "  [%s]", yg_say_tr(yg_situation_state_words(a->judged)));
	yg_buf_add_byte(&cli->out, '\n');
	return yg_buf_error(&cli->out);
}

static int print_event(void *arg, const struct yg_situation_event *event)
{
	struct cli *cli = arg;

	if (!cli->is_json)
		yg_buf_add_str(&cli->out, "  ");
	else
		yg_buf_add_str(&cli->out, "{\"event\":");
	yg_situation_event_json(event, &cli->out);
	yg_buf_add_str(&cli->out, cli->is_json ? "}\n" : "\n");
	return yg_buf_error(&cli->out);
}

static int show(struct cli *cli)
{
	uint64_t number = cli->number;
	uint64_t before;
	bool has_after = false;
	int rc = yg_situations_number(cli->s, number, print_one, cli);

	do {
		before = cli->given;
		if (rc == YG_OK)
			rc = yg_situations_alerts(cli->s, number, (struct yg_bytes){0},
						  has_after ? cli->last_id : NULL,
						  YG_SITUATIONS_LIST_MAX, print_alert, cli);
		has_after = true;
		if (rc == YG_OK)
			rc = flush(cli);
	} while (rc == YG_OK && cli->given - before == YG_SITUATIONS_LIST_MAX);
	if (rc == YG_OK)
		rc = yg_situations_events(cli->s, number, print_event, cli);
	if (rc == YG_OK)
		rc = flush(cli);
	return rc == YG_OK ? YG_EXIT_DONE : say_error(cli, rc);
}

/* ---- doing ---- */

static int split(struct cli *cli)
{
	unsigned count = cli->count - 2;
	uint8_t *ids = yg_calloc(count + 1u, YG_SITUATION_ALERT_ID);
	uint64_t made = 0;
	int rc = ids ? YG_OK : YG_ENOMEM;

	for (unsigned i = 0; i < count && rc == YG_OK; i++) {
		struct yg_bytes text = yg_bytes_str(cli->words[i + 2]);

		if (text.size != (size_t)2 * YG_SITUATION_ALERT_ID ||
		    !yg_hex_read(text, ids + (size_t)i * YG_SITUATION_ALERT_ID,
				 YG_SITUATION_ALERT_ID))
			rc = YG_EINVAL;
	}
	if (rc == YG_OK)
		rc = yg_situations_split(cli->s, cli->number, ids, count, &cli->by, &made);
	free(ids);
	if (rc == YG_OK)
		printf("%llu\n", (unsigned long long)made);
	return rc;
}

static int change(struct cli *cli, const char *what)
{
	enum yg_situation_state to;
	uint64_t other = 0;

	if (strcmp(what, "comment") == 0) {
		cli->by.text = yg_bytes_str(word(cli, 2));
		return yg_situations_comment(cli->s, cli->number, &cli->by);
	}
	if (strcmp(what, "assign") == 0)
		return yg_situations_assign(cli->s, cli->number, yg_bytes_str(word(cli, 2)),
					    &cli->by);
	if (strcmp(what, "split") == 0)
		return split(cli);
	if (strcmp(what, "state") == 0) {
		if (!yg_situation_state_by_name(yg_bytes_str(word(cli, 2)), &to))
			return YG_EINVAL;
		cli->by.text = yg_bytes_str(word(cli, 3));
		return yg_situations_set_state(cli->s, cli->number, cli->now, to, &cli->by);
	}
	if (!yg_bytes_u64(yg_bytes_str(word(cli, 2)), &other))
		return YG_EINVAL;
	return strcmp(what, "merge") == 0
		       ? yg_situations_merge(cli->s, cli->number, other, &cli->by)
		       : yg_situations_unmerge(cli->s, cli->number, other, &cli->by);
}

static int situations(struct cli *cli)
{
	static const struct {
		const char *name;
		unsigned least;
		unsigned most;
	} words[] = {
		{"show", 2, 2},	 {"state", 3, 4},   {"comment", 3, 3},	     {"assign", 3, 3},
		{"merge", 3, 3}, {"unmerge", 3, 3}, {"split", 3, WORDS_MAX},
	};
	int rc;

	if (strcmp(word(cli, 0), "list") == 0 && cli->count == 1)
		return list(cli);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(word(cli, 0), words[i].name) != 0 || cli->count < words[i].least ||
		    cli->count > words[i].most)
			continue;
		rc = yg_bytes_u64(yg_bytes_str(word(cli, 1)), &cli->number)
			     ? yg_situations_number(cli->s, cli->number, keep_one, cli)
			     : YG_ENOENT;
		if (rc == YG_OK && i == 0)
			return show(cli);
		if (rc == YG_OK)
			rc = change(cli, words[i].name);
		return rc == YG_OK ? YG_EXIT_DONE : say_error(cli, rc);
	}
	return yg_admin_wording("situations");
}

/* ---- noise ---- */

static int print_list(void *arg, const struct yg_situation_list *list)
{
	struct cli *cli = arg;
	const char *kind = list->is_allowed ? "allowed" : "scanners";

	if (cli->is_json) {
		yg_buf_add_str(&cli->out, "{\"list\":");
		yg_buf_add_json(&cli->out, list->name);
		yg_buf_addf(&cli->out, ",\"kind\":\"%s\",\"on\":%s,\"entries\":%u}\n", kind,
			    list->is_on ? "true" : "false", (unsigned)list->entries);
		return yg_buf_error(&cli->out);
	}
	yg_buf_addf(&cli->out, "%-10s  %s  %s", kind, list->is_on ? "on " : "off",
		    yg_say_safe(list->name, 100));
	yg_buf_addf(&cli->out, "  %u  ", (unsigned)list->entries);
	add_when(cli, list->time_ns);
	yg_buf_addf(&cli->out, "  %s\n", yg_say_safe(list->actor, 100));
	return yg_buf_error(&cli->out);
}

static int noise_list(struct cli *cli)
{
	unsigned steps = 0;
	int rc = yg_situations_steps(cli->s, &steps);

	for (unsigned i = 1; i < YG_NOISE_COUNT && rc == YG_OK; i++) {
		const char *name = yg_noise_name((enum yg_noise)i);
		bool is_on = (steps >> i & 1) != 0;

		if (cli->is_json)
			yg_buf_addf(&cli->out, "{\"step\":\"%s\",\"on\":%s}\n", name,
				    is_on ? "true" : "false");
		else
			yg_buf_addf(&cli->out, "%-10s  %s  %s\n", name, is_on ? "on " : "off",
				    yg_say_tr(yg_noise_words((enum yg_noise)i)));
	}
	if (rc == YG_OK)
		rc = yg_situations_lists(cli->s, false, print_list, cli);
	if (rc == YG_OK)
		rc = flush(cli);
	return rc == YG_OK ? YG_EXIT_DONE : say_error(cli, rc);
}

static int noise_import(struct cli *cli)
{
	struct yg_situation_list made = {.name = yg_bytes_str(word(cli, 1)),
					 .is_on = true,
					 .time_ns = cli->by.now_ns,
					 .actor = cli->by.actor};
	struct yg_noise_lists *lists = NULL;
	struct yg_line_fault fault = {0};
	uint32_t counts[2] = {0};
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc;

	made.is_allowed = cli->kind && strcmp(cli->kind, "allowed") == 0;
	if (!made.is_allowed && (!cli->kind || strcmp(cli->kind, "scanners") != 0)) {
		yg_say(N_("noise import NAME FILE --kind scanners|allowed"));
		return YG_EXIT_FAILED;
	}
	if (made.name.size == 0 || made.name.size > YG_NOISE_NAME_MAX)
		return yg_admin_wording("noise");
	rc = yg_io_read_file(word(cli, 2), YG_NOISE_LIST_BYTES_MAX, &bytes, &size);
	if (rc != YG_OK) {
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(word(cli, 2)), 300),
		       yg_say_tr(yg_err_text(rc)));
		return YG_EXIT_FAILED;
	}
	made.body = (struct yg_bytes){bytes, size};
	rc = yg_noise_lists_new(&lists);
	if (rc == YG_OK)
		rc = yg_hub_noise_read(lists, made.is_allowed, made.body, &fault);
	if (rc == YG_OK) {
		yg_noise_lists_count(lists, &counts[0], &counts[1]);
		made.entries = counts[made.is_allowed];
		rc = yg_situations_put_list(cli->s, &made);
	}
	(void)yg_noise_lists_free(lists); /* always NULL */
	free(bytes);
	if (rc != YG_OK && fault.msg[0]) {
		yg_say_hint(N_("nothing of it was taken"), N_("%s, line %u: %s"),
			    yg_say_safe(yg_bytes_str(word(cli, 2)), 300), (unsigned)fault.line,
			    fault.msg);
		return YG_EXIT_PARTLY;
	}
	if (rc == YG_OK)
		printf("%u\n", (unsigned)made.entries);
	return rc == YG_OK ? YG_EXIT_DONE : say_error(cli, rc);
}

/* `on` and `off`: a step, else a list of that name. */
static int noise_switch(struct cli *cli, bool is_on)
{
	struct yg_bytes name = yg_bytes_str(word(cli, 1));
	enum yg_noise step;
	unsigned steps = 0;
	int rc;

	if (yg_noise_by_name(name, &step) && step != YG_NOISE_KEPT) {
		rc = yg_situations_steps(cli->s, &steps);
		steps = is_on ? steps | 1u << step : steps & ~(1u << step);
		if (rc == YG_OK)
			rc = yg_situations_set_steps(cli->s, steps, &cli->by);
	} else {
		rc = yg_situations_switch_list(cli->s, name, is_on, false);
	}
	return rc == YG_OK ? YG_EXIT_DONE : say_error(cli, rc);
}

static int noise(struct cli *cli)
{
	const char *what = word(cli, 0);
	int rc;

	if (strcmp(what, "list") == 0 && cli->count == 1)
		return noise_list(cli);
	if (strcmp(what, "import") == 0 && cli->count == 3)
		return noise_import(cli);
	if (cli->count == 2 && (strcmp(what, "on") == 0 || strcmp(what, "off") == 0))
		return noise_switch(cli, strcmp(what, "on") == 0);
	if (strcmp(what, "remove") == 0 && cli->count == 2) {
		rc = yg_situations_switch_list(cli->s, yg_bytes_str(word(cli, 1)), false, true);
		return rc == YG_OK ? YG_EXIT_DONE : say_error(cli, rc);
	}
	return yg_admin_wording("noise");
}

/* ---- funnel ---- */

static int print_day(void *arg, const struct yg_funnel_day *day)
{
	struct cli *cli = arg;
	const struct yg_situations_day *s = &day->situations;
	uint64_t findings = 0;
	char when[YG_ISO_SIZE];

	if (cli->is_json) {
		yg_funnel_json(day, cli->days, &cli->out);
		yg_buf_add_byte(&cli->out, '\n');
		return yg_buf_error(&cli->out);
	}
	for (unsigned i = 0; i < YG_NOISE_COUNT; i++)
		findings += s->findings[i];
	yg_day_write(yg_day_in(cli->days, day->day_ns), when);
	yg_buf_addf(&cli->out,
		    yg_say_tr(N_("%.10s  logs %llu, findings %llu, after noise %llu, situations "
				 "%llu, notices %llu\n")),
		    when, (unsigned long long)day->records, (unsigned long long)findings,
		    (unsigned long long)s->findings[0], (unsigned long long)s->situations,
		    (unsigned long long)day->notices);
	return yg_buf_error(&cli->out);
}

/* Notices are in the register. */
static int open_register(struct cli *cli)
{
	char path[PATH_ROOM];
	int size = snprintf(path, sizeof(path), "%s/hub.db", cli->data);
	int rc = size > 0 && (unsigned)size < sizeof(path)
			 ? yg_control_open_sqlite(path, false, &cli->store)
			 : YG_ELIMIT;

	if (rc == YG_OK)
		rc = yg_enrol_new(cli->store, yg_clock_system(), cli->actor, &cli->enrol);
	return rc == YG_OK ? yg_hub_access_new(cli->store, cli->enrol, yg_clock_system(), &cli->hub)
			   : rc;
}

static int funnel(struct cli *cli)
{
	int rc;

	if (cli->count != 0)
		return yg_admin_wording("funnel");
	rc = open_register(cli);
	if (rc == YG_OK)
		yg_admin_zone(cli->hub, &cli->hub_zone);
	if (rc == YG_OK &&
	    !yg_admin_days_read(cli->days_of, false, yg_hub_zone_of(cli->hub), &cli->days))
		return YG_EXIT_FAILED;
	if (rc == YG_OK)
		rc = yg_funnel(&(struct yg_funnel_from){cli->s, cli->facts, cli->hub, cli->days},
			       cli->org ? cli->org : "", 0, 0, print_day, cli);
	if (rc == YG_OK)
		rc = flush(cli);
	return rc == YG_OK ? YG_EXIT_DONE : say_error(cli, rc);
}

/* ---- the command ---- */

static int open_files(struct cli *cli)
{
	char path[PATH_ROOM];
	int rc = strlen(cli->data) < sizeof(path) - 32 ? YG_OK : YG_ELIMIT;

	if (rc != YG_OK)
		return rc;
	(void)snprintf(path, sizeof(path), "%s/facts.db", cli->data); /* measured */
	rc = yg_facts_open_sqlite(path, false, &cli->facts);
	(void)snprintf(path, sizeof(path), "%s/situations.db", cli->data); /* as above */
	if (rc == YG_OK)
		rc = yg_situations_open(path, false, &cli->s);
	return rc == YG_OK ? yg_zone_load(NULL, &cli->zone) : rc;
}

static int run(int argc, char **argv, const char *name, int (*fn)(struct cli *cli))
{
	struct yg_clock clock = yg_clock_system();
	const char *user = getenv("USER");
	struct cli *cli = yg_calloc(1, sizeof(*cli));
	int status;
	int rc;

	if (!cli)
		return YG_EXIT_FAILED;
	if (!read_cli(argc, argv, cli)) {
		status = yg_admin_wording(name);
		free(cli);
		return status;
	}
	if (user && user[0])
		(void)snprintf(cli->actor, sizeof(cli->actor), "local:%.100s", user);
	else
		(void)snprintf(cli->actor, sizeof(cli->actor), "local:uid %u", (unsigned)getuid());
	cli->by = (struct yg_situation_by){yg_bytes_str(cli->actor), clock.now_ns(clock.arg), {0}};
	cli->how = (struct yg_situation_saying){true, yg_say_lang_now(), cli->by.now_ns};
	yg_buf_init(&cli->out, OUT_MAX);
	rc = open_files(cli);
	if (rc == YG_ENOENT)
		yg_say_hint(N_("is this the folder that the hub was started with?"),
			    N_("%s: no hub that looks for situations ran here yet"),
			    yg_say_safe(yg_bytes_str(cli->data), 300));
	status = rc == YG_OK ? fn(cli) : rc == YG_ENOENT ? YG_EXIT_FAILED : say_error(cli, rc);
	yg_buf_done(&cli->out);
	cli->zone = yg_zone_free(cli->zone);
	(void)yg_hub_access_free(cli->hub);
	cli->hub_zone = yg_zone_free(cli->hub_zone);
	(void)yg_enrol_free(cli->enrol);
	(void)yg_control_free(cli->store);
	(void)yg_situations_free(cli->s);
	(void)yg_facts_free(cli->facts);
	free(cli);
	return status;
}

int yg_admin_situations(int argc, char **argv)
{
	return run(argc, argv, "situations", situations);
}

int yg_admin_noise(int argc, char **argv)
{
	return run(argc, argv, "noise", noise);
}

int yg_admin_funnel(int argc, char **argv)
{
	return run(argc, argv, "funnel", funnel);
}
