/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `yagura-sensor check`: which attacks this firm would see today, which not, and how to switch the
 * missing logs on. From what the sources delivered (STATE/seen.json), what the sensor was started
 * with (STATE/run.json), its archive's range, and logrotate's configuration.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "sensor/check_watch.h"
#include "sensor/checks.h"
#include "sensor/commands.h"
#include "sensor/local.h"

#include "base/ban.h"

#define OUT_MAX	  (4u << 20)
#define FILE_MAX  (1u << 20)
#define PATH_ROOM 4096u
#define DAY_NS	  (INT64_C(86400) * YG_NS_PER_S)

enum state {
	SEEN,
	QUIET,	 /* came once, not lately */
	MISSING, /* never came */
};
static const char *const state_names[] = {"seen", "quiet", "missing"};

/* How long records stay. */
enum keeping {
	LONG,
	SHORT,
	BAD,
	UNKNOWN,
};
static const char *const keeping_names[] = {"long", "short", "bad", "unknown"};

struct check {
	const struct yg_sensor_options *options;
	enum yg_lang lang;
	struct yg_checks *checks;
	struct yg_seen seen;
	int64_t now_ns;
	json_t *run;   /* NULL: the sensor never ran */
	json_t *range; /* NULL: there is no local archive */
	struct yg_check_watch watch;
	struct yg_buf out;
	uint32_t counts[3];
	enum keeping keeping;
	int64_t days; /* that are kept, as far as is known; -1: not known */
};

static json_t *load(const char *state, const char *name)
{
	char path[PATH_ROOM];
	struct yg_fault fault;
	uint8_t *bytes = NULL;
	json_t *object = NULL;
	size_t size = 0;
	int rc = snprintf(path, sizeof(path), "%s/%s", state, name) < (int)sizeof(path)
			 ? yg_io_read_file(path, FILE_MAX, &bytes, &size)
			 : YG_ELIMIT;

	if (rc == YG_OK)
		rc = yg_json_load((struct yg_bytes){bytes, size}, FILE_MAX, &object, &fault);
	free(bytes);
	return rc == YG_OK ? object : NULL; /* what cannot be read says nothing */
}

static const char *tr(const struct check *c, const char *msgid)
{
	return yg_tr(c->lang, msgid);
}

/* ---- attacks ---- */

static enum state look_up(const struct check *c, const struct yg_check *check, uint64_t *ret_count,
			  int64_t *ret_last_ns)
{
	int64_t fresh_ns = c->now_ns - (int64_t)c->checks->fresh_days * DAY_NS;

	*ret_count = 0;
	*ret_last_ns = YG_TIME_NONE;
	for (uint32_t i = 0; i < check->need_count; i++) {
		const struct yg_seen_signal *signal = &c->seen.signals[check->needs[i]];

		*ret_count += signal->count;
		if (signal->last_ns > *ret_last_ns)
			*ret_last_ns = signal->last_ns;
	}
	if (*ret_count == 0)
		return MISSING;
	return *ret_last_ns >= fresh_ns ? SEEN : QUIET;
}

static void say_how(struct check *c, const struct yg_check *check)
{
	yg_buf_addf(&c->out, "      %s %s\n", tr(c, N_("Why it matters:")),
		    yg_both_text(&check->why, c->lang));
	for (uint32_t i = 0; i < check->how_count; i++)
		yg_buf_addf(&c->out, "      %s %s: %s\n", tr(c, N_("To switch it on,")),
			    yg_both_text(&check->how[i].device, c->lang),
			    yg_both_text(&check->how[i].step, c->lang));
	if (check->is_secret)
		yg_buf_addf(&c->out, "      %s %s\n", tr(c, N_("Mind:")),
			    yg_both_text(&c->checks->secrecy, c->lang));
}

static void say_check(struct check *c, const struct yg_check *check, enum state wanted)
{
	char iso[YG_ISO_SIZE];
	int64_t last_ns;
	uint64_t count;
	enum state state = look_up(c, check, &count, &last_ns);

	if (state != wanted)
		return;
	yg_buf_addf(&c->out, "  %s %s\n", state == SEEN ? "o" : "x",
		    yg_both_text(&check->attack, c->lang));
	if (state != MISSING) {
		(void)yg_time_iso(last_ns - last_ns % YG_NS_PER_S, 0, iso);
		yg_buf_addf(&c->out,
			    tr(c, N_("      %llu records so far, the last one on %.10s\n")),
			    (unsigned long long)count, iso);
	}
	if (state == QUIET)
		yg_buf_addf(&c->out,
			    tr(c, N_("      Nothing came for %u days: is the source still "
				     "sending?\n")),
			    c->checks->fresh_days);
	if (state != SEEN)
		say_how(c, check);
}

/* ---- what is followed ---- */

enum log {
	LOG_GOOD,
	LOG_GONE,
	LOG_FORBIDDEN,
	LOG_NO_FILE,
	LOG_EMPTY,
	LOG_OLD, /* nothing was written for so long that it counts as quiet */
	LOG_COUNT
};
static const char *const log_names[LOG_COUNT] = {
	[LOG_GOOD] = "good",	   [LOG_GONE] = "gone",	  [LOG_FORBIDDEN] = "forbidden",
	[LOG_NO_FILE] = "no-file", [LOG_EMPTY] = "empty", [LOG_OLD] = "old",
};
static const char *const log_words[LOG_COUNT] = {
	[LOG_GONE] = N_("there is no such file: is it called otherwise, or not switched on?"),
	[LOG_FORBIDDEN] = N_("this account may not read it: put it into the file's group (often "
			     "adm)"),
	[LOG_NO_FILE] = N_("it is no file"),
	[LOG_EMPTY] = N_("it is empty"),
	[LOG_OLD] = N_("nothing was written to it for days: is it still in use?"),
};

static enum log look_at_log(const struct check *c, const char *path)
{
	struct stat st;
	int64_t written_ns;

	if (stat(path, &st) != 0)
		return errno == EACCES ? LOG_FORBIDDEN : LOG_GONE;
	if (!S_ISREG(st.st_mode))
		return LOG_NO_FILE;
	if (access(path, R_OK) != 0)
		return LOG_FORBIDDEN;
	if (st.st_size == 0)
		return LOG_EMPTY;
	written_ns = (int64_t)st.st_mtim.tv_sec * YG_NS_PER_S;
	return c->now_ns - written_ns > (int64_t)c->checks->fresh_days * DAY_NS ? LOG_OLD
										: LOG_GOOD;
}

/* Of the logs that are followed those that bring nothing, and why. */
static void say_logs(struct check *c)
{
	const json_t *follows = json_object_get(c->run, "follows");
	bool has_title = false;

	for (size_t i = 0; i < json_array_size(follows); i++) {
		const char *path = json_string_value(json_array_get(follows, i));
		enum log log = path ? look_at_log(c, path) : LOG_GOOD;

		if (log == LOG_GOOD)
			continue;
		if (!has_title)
			yg_buf_addf(&c->out, "\n%s\n",
				    tr(c, N_("Logs that are followed and bring nothing now")));
		has_title = true;
		yg_buf_addf(&c->out, "  x %s: %s\n", path, tr(c, log_words[log]));
	}
}

static void json_logs(struct check *c)
{
	const json_t *follows = json_object_get(c->run, "follows");

	yg_buf_add_str(&c->out, ",\"follows\":[");
	for (size_t i = 0; i < json_array_size(follows); i++) {
		const char *path = json_string_value(json_array_get(follows, i));

		yg_buf_add_str(&c->out, i ? ",{\"path\":" : "{\"path\":");
		yg_buf_add_json(&c->out, yg_bytes_str(path ? path : ""));
		yg_buf_addf(&c->out, ",\"state\":\"%s\"}",
			    log_names[path ? look_at_log(c, path) : LOG_GONE]);
	}
	yg_buf_add_byte(&c->out, ']');
}

/* ---- keeping ---- */

static bool has_archive(const struct check *c)
{
	return c->range && yg_json_int(c->run, "archive_max", 0) > 0;
}

static int64_t archive_days(const struct check *c)
{
	int64_t days = yg_json_int(c->run, "archive_days", 0);
	int64_t bytes = yg_json_int(c->range, "bytes", 0);
	int64_t bytes_max = yg_json_int(c->range, "bytes_max", 0);
	int64_t from_ns;
	bool has_zone;

	/* When the bound of bytes is met, it is that which decides. */
	if (bytes_max > 0 && bytes > bytes_max / 10 * 9 &&
	    yg_time_parse_iso(yg_json_text(c->range, "from"), 0, &from_ns, &has_zone))
		return (c->now_ns - from_ns) / DAY_NS;
	return days;
}

/* The least that a followed log is kept; -1: of none it is known. */
static int64_t log_days(const struct check *c)
{
	const json_t *follows = json_object_get(c->run, "follows");
	int64_t least = -1;

	for (size_t i = 0; i < json_array_size(follows); i++) {
		const char *path = json_string_value(json_array_get(follows, i));
		uint32_t days = path ? yg_logrotate_days(c->options->root, path) : 0;

		if (days > 0 && (least < 0 || days < least))
			least = days;
	}
	return least;
}

static void judge_keeping(struct check *c)
{
	c->days = has_archive(c) ? archive_days(c) : log_days(c);
	c->keeping = c->days < 0			  ? UNKNOWN
		     : c->days < c->checks->keep_days_bad ? BAD
		     : c->days < c->checks->keep_days	  ? SHORT
							  : LONG;
}

static void say_keeping(struct check *c)
{
	yg_buf_addf(&c->out, "\n%s\n", tr(c, N_("How far back one can look")));
	if (has_archive(c)) {
		yg_buf_addf(&c->out, tr(c, N_("  %s Local archive: %lld days, since %.10s\n")),
			    c->keeping == LONG ? "o" : "x", (long long)c->days,
			    json_string_value(json_object_get(c->range, "from")));
	} else {
		yg_buf_addf(&c->out, "  x %s\n", tr(c, N_("There is no local archive.")));
		if (c->days >= 0)
			yg_buf_addf(&c->out,
				    tr(c, N_("    The logs that are followed stay for %lld days "
					     "(logrotate).\n")),
				    (long long)c->days);
		else
			yg_buf_addf(&c->out, "    %s\n",
				    tr(c, N_("How long the logs stay is not known.")));
	}
	if (c->keeping == BAD || c->keeping == SHORT)
		yg_buf_addf(&c->out,
			    tr(c, N_("    That is less than the %u days that are wanted.\n")),
			    c->checks->keep_days);
	if (c->keeping != LONG)
		say_how(c, &c->checks->keeping);
}

/* ---- for people, for programs ---- */

static void say_group(struct check *c, enum state state, const char *title)
{
	if (c->counts[state] == 0)
		return;
	yg_buf_addf(&c->out, "\n%s\n", tr(c, title));
	for (uint32_t i = 0; i < c->checks->check_count; i++)
		say_check(c, &c->checks->checks[i], state);
}

static void write_text(struct check *c)
{
	char iso[YG_ISO_SIZE];

	if (!c->run)
		yg_buf_addf(&c->out, "%s\n",
			    tr(c, N_("The sensor has not collected anything here yet: start it "
				     "with `run`, and ask again after a day.")));
	(void)yg_time_iso(c->seen.since_ns - c->seen.since_ns % YG_NS_PER_S, 0, iso);
	yg_buf_addf(&c->out,
		    tr(c, N_("Counted since %.10s: %llu records. \"Today\" means the last %u "
			     "days.\n")),
		    iso, (unsigned long long)c->seen.records, c->checks->fresh_days);
	say_logs(c);
	say_group(c, SEEN, N_("Attacks that would be seen today"));
	say_group(c, QUIET, N_("Attacks that were in sight once, and are not now"));
	say_group(c, MISSING, N_("Attacks that would NOT be seen today"));
	yg_check_watch_text(&c->watch, c->lang, &c->out);
	say_keeping(c);
	yg_buf_addf(
		&c->out,
		tr(c, N_("\n%u of %u kinds of attack would be seen. That a log arrives does not "
			 "mean that every attack is found in it.\n")),
		c->counts[SEEN], c->checks->check_count);
}

static void json_both(struct yg_buf *out, const char *key, const struct yg_both *both,
		      enum yg_lang lang)
{
	yg_buf_addf(out, ",\"%s\":", key);
	yg_buf_add_json(out, yg_bytes_str(yg_both_text(both, lang)));
}

static void json_how(struct check *c, const struct yg_check *check)
{
	json_both(&c->out, "why", &check->why, c->lang);
	yg_buf_add_str(&c->out, ",\"how\":[");
	for (uint32_t i = 0; i < check->how_count; i++) {
		yg_buf_add_str(&c->out, i ? ",{\"device\":" : "{\"device\":");
		yg_buf_add_json(&c->out,
				yg_bytes_str(yg_both_text(&check->how[i].device, c->lang)));
		json_both(&c->out, "step", &check->how[i].step, c->lang);
		yg_buf_add_byte(&c->out, '}');
	}
	yg_buf_addf(&c->out, "],\"secrecy_of_communications\":%s",
		    check->is_secret ? "true" : "false");
}

static void json_check(struct check *c, const struct yg_check *check)
{
	char iso[YG_ISO_SIZE];
	int64_t last_ns;
	uint64_t count;
	enum state state = look_up(c, check, &count, &last_ns);

	yg_buf_addf(&c->out, "{\"id\":\"%s\",\"state\":\"%s\",\"count\":%llu,\"last\":", check->id,
		    state_names[state], (unsigned long long)count);
	if (last_ns != YG_TIME_NONE) {
		(void)yg_time_iso(last_ns, 0, iso);
		yg_buf_addf(&c->out, "\"%s\"", iso);
	} else {
		yg_buf_add_str(&c->out, "null");
	}
	json_both(&c->out, "attack", &check->attack, c->lang);
	json_how(c, check);
	yg_buf_add_byte(&c->out, '}');
}

static void write_json(struct check *c)
{
	char iso[YG_ISO_SIZE];

	(void)yg_time_iso(c->seen.since_ns - c->seen.since_ns % YG_NS_PER_S, 0, iso);
	yg_buf_addf(&c->out, "{\"v\":1,\"since\":\"%s\",\"records\":%llu,\"fresh_days\":%u", iso,
		    (unsigned long long)c->seen.records, c->checks->fresh_days);
	yg_buf_addf(&c->out, ",\"seen\":%u,\"quiet\":%u,\"missing\":%u,\"checks\":[",
		    c->counts[SEEN], c->counts[QUIET], c->counts[MISSING]);
	for (uint32_t i = 0; i < c->checks->check_count; i++) {
		if (i > 0)
			yg_buf_add_byte(&c->out, ',');
		json_check(c, &c->checks->checks[i]);
	}
	yg_buf_addf(&c->out, "],\"keeping\":{\"state\":\"%s\",\"archive\":%s,\"days\":",
		    keeping_names[c->keeping], has_archive(c) ? "true" : "false");
	if (c->days >= 0)
		yg_buf_addf(&c->out, "%lld", (long long)c->days);
	else
		yg_buf_add_str(&c->out, "null");
	yg_buf_addf(&c->out, ",\"days_wanted\":%u", c->checks->keep_days);
	json_how(c, &c->checks->keeping);
	yg_buf_add_str(&c->out, "},\"detection\":");
	yg_check_watch_json(&c->watch, &c->out);
	json_logs(c);
	yg_buf_add_str(&c->out, "}\n");
}

static void count_states(struct check *c)
{
	for (uint32_t i = 0; i < c->checks->check_count; i++) {
		int64_t last_ns;
		uint64_t count;

		c->counts[look_up(c, &c->checks->checks[i], &count, &last_ns)]++;
	}
}

static int answer(struct check *c)
{
	int rc;

	c->run = load(c->options->state, "run.json");
	c->range = load(c->options->state, "archive.json");
	yg_check_watch_look(c->options, &c->watch);
	count_states(c);
	judge_keeping(c);
	if (c->options->is_json)
		write_json(c);
	else
		write_text(c);
	rc = yg_buf_error(&c->out);
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&c->out));
	json_decref(c->run);
	json_decref(c->range);
	return rc == YG_EPIPE ? YG_OK : rc;
}

int yg_sensor_check(const struct yg_sensor_options *options)
{
	struct yg_clock clock = yg_clock_system();
	struct check c = {.options = options,
			  .lang = yg_sensor_language(),
			  .now_ns = clock.now_ns(clock.arg)};
	char reason[200];
	int rc = yg_checks_load((struct yg_bytes){0}, &c.checks, reason);

	yg_buf_init(&c.out, OUT_MAX);
	if (rc == YG_OK)
		rc = yg_seen_load(&c.seen, c.checks, options->state, c.now_ns);
	if (rc == YG_OK)
		rc = answer(&c);
	if (rc != YG_OK)
		yg_sensor_say(N_("the check cannot be made: %s"), yg_sensor_tr(yg_err_text(rc)));
	c.checks = yg_checks_free(c.checks);
	yg_buf_done(&c.out);
	if (rc != YG_OK)
		return 2;
	return c.counts[QUIET] + c.counts[MISSING] > 0 || c.keeping != LONG ? 1 : 0;
}
