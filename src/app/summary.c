/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura summary logons | events | files | keywords`: what is in the logs, counted. */
#include <unistd.h>

#include "app/commands.h"
#include "app/detect-int.h"
#include "app/keywords.h"
#include "app/say.h"
#include "app/walk.h"
#include "detect/trace.h"

#include "base/ban.h"

static const struct yg_tally_shape logon_shape = {
	.columns = {"user", "source", "host", "type"},
	.heads = {N_("account"), N_("came from"), N_("machine"), N_("type")},
	.counts = {"accepted", "failed"},
	.count_heads = {N_("accepted"), N_("refused")},
	.has_times = true,
};

static const struct yg_tally_shape event_shape = {
	.columns = {"format", "channel", "event", "host"},
	.heads = {N_("format"), N_("channel"), N_("event"), N_("machine")},
	.counts = {"count"},
	.count_heads = {N_("records")},
	.has_times = true,
};

static const struct yg_tally_shape file_shape = {
	.columns = {"source", "format", "channel", "host"},
	.heads = {N_("file"), N_("format"), N_("channel"), N_("machine")},
	.counts = {"count"},
	.count_heads = {N_("records")},
	.has_times = true,
};

/* How somebody signed in: Windows' number with its word, else what the log names. */
static struct yg_bytes logon_type(struct yg_event *event)
{
	static const char *const words[] = {
		[2] = "2 interactive",	   [3] = "3 network",
		[4] = "4 batch",	   [5] = "5 service",
		[7] = "7 unlock",	   [8] = "8 network, clear text",
		[9] = "9 new credentials", [10] = "10 remote desktop",
		[11] = "11 cached",	   [12] = "12 cached remote",
		[13] = "13 cached unlock",
	};
	struct yg_bytes type = yg_event_get(event, YG_F_LogonType);
	uint64_t number;

	if (yg_bytes_u64(type, &number) && number < sizeof(words) / sizeof(words[0]) &&
	    words[number])
		return yg_bytes_str(words[number]);
	if (type.size > 0)
		return type;
	type = yg_event_get(event, YG_F_auth_method);
	if (type.size == 0)
		type = yg_event_get(event, YG_F_tunneltype);
	return type.size > 0 ? type : yg_bytes_str(yg_format_name(event->format));
}

static int take_logon(void *arg, struct yg_event *event, const struct yg_walk_place *place)
{
	struct yg_sign_in sign_in = yg_trace_sign_in(event);
	struct yg_bytes words[YG_TALLY_COLUMNS_MAX] = {sign_in.account, sign_in.source,
						       sign_in.host};

	(void)place; /* a sign-in is the same in whatever file it stands */
	if (sign_in.flags == 0)
		return YG_OK;
	if (words[1].size == 0)
		words[1] = yg_event_get(event, YG_F_WorkstationName);
	if (yg_bytes_eq(words[1], YG_S("-")))
		words[1] = (struct yg_bytes){0};
	words[3] = logon_type(event);
	return yg_tally_add(arg, words, (sign_in.flags & YG_TRACE_SIGN_IN_BAD) != 0,
			    event->time_ns);
}

/* What tells events of a source apart: Windows' id, else the number or type that the device gives.
 */
static struct yg_bytes event_name(struct yg_event *event)
{
	static const uint32_t fields[] = {YG_F_EventID, YG_F_msgid, YG_F_logid, YG_F_type,
					  YG_F_auth_result};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct yg_bytes text = yg_event_get(event, fields[i]);

		if (text.size > 0)
			return text;
	}
	return (struct yg_bytes){0};
}

/* The machine that wrote a record. */
static struct yg_bytes host_of(struct yg_event *event)
{
	static const uint32_t fields[] = {YG_F_Computer, YG_F_hostname, YG_F_devname};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct yg_bytes text = yg_event_get(event, fields[i]);

		if (text.size > 0)
			return text;
	}
	return (struct yg_bytes){0};
}

static int take_event(void *arg, struct yg_event *event, const struct yg_walk_place *place)
{
	struct yg_bytes words[YG_TALLY_COLUMNS_MAX] = {yg_bytes_str(yg_format_name(event->format)),
						       event->channel, event_name(event),
						       host_of(event)};

	(void)place; /* counted together: the same log in several files */
	return yg_tally_add(arg, words, 0, event->time_ns);
}

static int take_file(void *arg, struct yg_event *event, const struct yg_walk_place *place)
{
	const struct yg_bytes words[YG_TALLY_COLUMNS_MAX] = {
		event->source.size > 0 ? event->source : place->source,
		yg_bytes_str(yg_format_name(event->format)), event->channel, host_of(event)};

	return yg_tally_add(arg, words, 0, event->time_ns);
}

/* Count and print. Frees the options. */
static int run_tally(int argc, char **argv, const struct yg_tally_shape *shape,
		     int (*take)(void *arg, struct yg_event *event,
				 const struct yg_walk_place *place))
{
	const char *from = NULL, *to = NULL;
	const struct yg_extra extras[] = {{"--from", true, &from, NULL}, {"--to", true, &to, NULL}};
	struct yg_options options = {0};
	struct yg_walk walk = {.options = &options, .take = take, .arg = yg_tally_new(shape)};
	struct yg_zone *zone = NULL;
	int status = YG_EXIT_FAILED;
	int rc;

	if (!walk.arg)
		return yg_walk_failed(YG_ENOMEM);
	if (yg_extras_take(&argc, argv, extras, 2, NULL) &&
	    yg_options_read(argc, argv, &options) == YG_OPTIONS_RUN &&
	    yg_walk_times(&walk, from, to)) {
		rc = yg_walk_run(&walk);
		if (rc == YG_OK)
			rc = yg_zone_load(options.zone, &zone);
		if (rc == YG_OK && walk.readable > 0)
			rc = yg_tally_print(walk.arg, options.output, zone);
		status = rc == YG_OK ? yg_walk_status(&walk) : yg_walk_failed(rc);
	}
	(void)yg_zone_free(zone);
	(void)yg_tally_free(walk.arg);
	yg_options_done(&options);
	return status;
}

static int logons(int argc, char **argv)
{
	return run_tally(argc, argv, &logon_shape, take_logon);
}

static int events(int argc, char **argv)
{
	return run_tally(argc, argv, &event_shape, take_event);
}

static int files(int argc, char **argv)
{
	return run_tally(argc, argv, &file_shape, take_file);
}

/* A run of detection whose findings are not printed but counted (sink.c). */
static int keywords(int argc, char **argv)
{
	const char *level = "low";
	const struct yg_extra extras[] = {{"--level", true, &level, NULL}};
	struct yg_options options = {0};

	if (!yg_extras_take(&argc, argv, extras, 1, NULL) ||
	    yg_options_read(argc, argv, &options) != YG_OPTIONS_RUN) {
		yg_options_done(&options);
		return YG_EXIT_FAILED;
	}
	if (!yg_level_by_name(yg_bytes_str(level), &options.level_min)) {
		yg_say(N_("--level %s: give informational, low, medium, high or critical"),
		       yg_say_safe(yg_bytes_str(level), 40));
		yg_options_done(&options);
		return YG_EXIT_FAILED;
	}
	options.keywords = yg_keywords_new();
	if (!options.keywords) {
		yg_options_done(&options);
		return yg_walk_failed(YG_ENOMEM);
	}
	return yg_detect(&options);
}

int yg_command_summary(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{"logons", logons}, {"events", events}, {"files", files}, {"keywords", keywords}};
	const char *name = argc > 1 ? argv[1] : "";

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			yg_help_summary();
			return YG_EXIT_DONE;
		}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	yg_say(N_("summary: of what? give logons, events, files or keywords, and logs"));
	return YG_EXIT_FAILED;
}
