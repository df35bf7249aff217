/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `yagura demo`: a hub, sensors and people of its own, who live through one attack. Whatever was
 * started is ended and taken away, also after SIGINT, SIGTERM, SIGHUP and when the time is over.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#define _GNU_SOURCE
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/demo-int.h"
#include "app/say.h"
#include "base/io.h"

#include "base/ban.h"

#define ARENA_MAX (1u << 30)
#define HUB_MS	  10000 /* docs/cli-contract.md: it ends within that */
#define SENSOR_MS 5000

enum option_code {
	OPT_ONCE = 1000,
	OPT_STORY,
	OPT_ATTACK,
	OPT_AT,
	OPT_MEMBERS,
	OPT_RELATIONS,
	OPT_TIMEOUT,
	OPT_PLACE,
	OPT_TZ,
	OPT_JSON,
	OPT_LANG,
};

static const struct option longs[] = {
	{"once", no_argument, NULL, OPT_ONCE},
	{"story", no_argument, NULL, OPT_STORY},
	{"attack", required_argument, NULL, OPT_ATTACK},
	{"at", required_argument, NULL, OPT_AT},
	{"members", required_argument, NULL, OPT_MEMBERS},
	{"relations", required_argument, NULL, OPT_RELATIONS},
	{"timeout", required_argument, NULL, OPT_TIMEOUT},
	{"place", required_argument, NULL, OPT_PLACE},
	{"tz", required_argument, NULL, OPT_TZ},
	{"json", no_argument, NULL, OPT_JSON},
	{"lang", required_argument, NULL, OPT_LANG},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static bool refuse(const char *format, const char *word)
{
	yg_say_hint(N_("`yagura demo --help` shows what there is"), format,
		    yg_say_safe(yg_bytes_str(word), 80));
	return false;
}

static bool take_timeout(struct yg_demo *demo)
{
	uint64_t number;

	if (!yg_bytes_u64(yg_bytes_str(optarg), &number) || number == 0 ||
	    number > YG_DEMO_TIMEOUT_MAX) {
		yg_say(N_("%s: a number from 1 to %u"), "--timeout", YG_DEMO_TIMEOUT_MAX);
		return false;
	}
	demo->timeout_s = (unsigned)number;
	return true;
}

static bool take_option(struct yg_demo *demo, int option)
{
	const struct {
		int option;
		const char **to;
	} texts[] = {
		{OPT_ATTACK, &demo->attack},   {OPT_AT, &demo->org},
		{OPT_MEMBERS, &demo->members}, {OPT_RELATIONS, &demo->relations},
		{OPT_PLACE, &demo->place},     {OPT_TZ, &demo->zone},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].option == option) {
			*texts[i].to = optarg;
			return true;
		}
	if (option == OPT_TIMEOUT)
		return take_timeout(demo);
	demo->is_once |= option == OPT_ONCE;
	demo->is_story |= option == OPT_STORY;
	demo->is_json |= option == OPT_JSON;
	return true; /* --lang: main.c */
}

static bool check_options(const struct yg_demo *demo)
{
	if (!demo->members != !demo->relations)
		return refuse(N_("demo: %s is missing: the two go together"),
			      demo->members ? "--relations FILE" : "--members FILE");
	if (demo->members && !demo->org)
		return refuse(N_("demo: %s is missing: whom does the attack hit?"), "--at ID");
	if (demo->is_story && (demo->members || demo->attack || demo->org))
		return refuse(
			N_("demo: %s tells of its own logs and community; leave out --attack, "
			   "--at, --members and --relations"),
			"--story");
	if (demo->place && !demo->place[0])
		return refuse(N_("demo: %s: give a folder"), "--place");
	return true;
}

/* False: *ret_status is the exit status. *ret_word: run, clean or log. */
static bool read_options(int argc, char **argv, struct yg_demo *demo, int *ret_status)
{
	int option;

	*ret_status = YG_EXIT_FAILED;
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		if (option == 'h') {
			yg_help_demo();
			*ret_status = YG_EXIT_DONE;
			return false;
		}
		if (option == ':' || option == '?')
			return refuse(option == ':' ? N_("%s: a value is missing after it")
						    : N_("%s: there is no such option"),
				      argv[optind - 1]);
		if (!take_option(demo, option))
			return false;
	}
	return check_options(demo);
}

/* ---- run ---- */

static int open_signals(struct yg_demo *demo)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return yg_err_from_errno(errno);
	demo->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return demo->signal_fd >= 0 ? YG_OK : yg_err_from_errno(errno);
}

/* The guide on the pages changes the person: nobody needs a password. */
static int say_guide(const struct yg_demo *demo)
{
	printf(yg_say_tr(N_(
		       "\nNow look for yourself, in a browser on this machine:\n"
		       "\n"
		       "    http://127.0.0.1:%u/\n"
		       "\n"
		       "The bar at the top of each page tells the six scenes again and changes the "
		       "person looking.\n"
		       "Ctrl+C ends the demo and removes every trace of it.\n")),
	       (unsigned)demo->port);
	(void)fflush(stdout); /* a closed output is no reason to end */
	return YG_OK;
}

/* Where to look, and as whom; until somebody ends it. */
static int say_open(struct yg_demo *demo)
{
	char self[YG_DEMO_PATH];
	struct yg_buf link;
	int rc = yg_demo_self(self) ? YG_OK : YG_EIO;

	yg_buf_init(&link, 4096);
	if (rc == YG_OK) {
		const char *const words[] = {self,	 "admin",	 "--data",
					     demo->data, "sign-in-link", NULL};

		rc = yg_demo_call(demo, words, "sign-in-link", &link);
	}
	if (rc == YG_OK) {
		printf(yg_say_tr(N_("\nThe hub stays open until Ctrl+C. / デモ\n"
				    "  pages                http://127.0.0.1:%u/\n"
				    "  administrator's link %.*s"
				    "  analyst              demo-analyst  %s\n")),
		       (unsigned)demo->port, YG_FMT(yg_buf_bytes(&link)), demo->analyst.password);
		if (demo->member.password[0])
			printf(yg_say_tr(N_("  the one that was hit demo-member   %s\n")),
			       demo->member.password);
		(void)fflush(stdout); /* a closed output is no reason to end */
	}
	yg_buf_done(&link);
	return rc;
}

static int stay_open(struct yg_demo *demo)
{
	int rc = demo->is_story ? say_guide(demo) : say_open(demo);

	demo->deadline_ns = INT64_MAX;
	while (rc == YG_OK) {
		rc = yg_demo_wait(demo, demo->hub.out, POLLIN, 3600 * 1000);
		if (rc == YG_OK) { /* it says no more: it has ended */
			yg_demo_why(demo, N_("the hub has ended"));
			return YG_EIO;
		}
		if (rc == YG_EAGAIN)
			rc = YG_OK;
	}
	return rc == YG_EEND ? YG_OK : rc; /* that is how it ends */
}

static int play(struct yg_demo *demo)
{
	int rc = yg_demo_town_read(demo);

	if (rc == YG_OK)
		rc = yg_demo_place_make(demo);
	if (rc == YG_OK)
		rc = yg_demo_town_start(demo);
	if (rc == YG_OK && demo->is_story)
		rc = yg_demo_cast(demo);
	if (rc == YG_OK)
		rc = yg_demo_replay(demo);
	if (rc == YG_OK)
		rc = demo->is_story ? yg_demo_scenes(demo) : yg_demo_story(demo);
	return rc == YG_OK && !demo->is_once ? stay_open(demo) : rc;
}

/* The sensors first: they have nobody to speak with afterwards. */
static void end_all(struct yg_demo *demo)
{
	for (unsigned i = 0; i < demo->sensor_count; i++)
		yg_demo_end(&demo->sensors[i].process, demo->is_ending ? 0 : SENSOR_MS);
	yg_demo_end(&demo->hub, HUB_MS);
}

static int run(struct yg_demo *demo)
{
	struct yg_clock steady = yg_clock_steady();
	struct yg_clock wall = yg_clock_system();
	int rc;
	int gone;

	demo->begun_ns = steady.now_ns(steady.arg);
	if (demo->timeout_s == 0)
		demo->timeout_s = demo->is_story ? YG_DEMO_STORY_S : YG_DEMO_TIMEOUT_S;
	demo->deadline_ns = demo->begun_ns + demo->timeout_s * YG_NS_PER_S;
	/* The story was last night; other runs read the same bytes each time. */
	demo->day_s = demo->is_story ? wall.now_ns(wall.arg) / YG_NS_PER_S / 86400 * 86400 - 86400
				     : YG_DEMO_LOG_DAY_S;
	demo->arena = yg_arena_new(ARENA_MAX);
	rc = demo->arena ? open_signals(demo) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = yg_demo_base(demo);
	if (rc == YG_OK)
		rc = play(demo);
	if (!demo->is_told)
		rc = yg_demo_tell_end(demo, rc, 0, 0, NULL);
	end_all(demo);
	gone = yg_demo_place_remove(demo);
	if (demo->signal_fd >= 0)
		(void)close(demo->signal_fd);
	json_decref(demo->scenes);
	json_decref(demo->people);
	demo->arena = yg_arena_free(demo->arena);
	if (rc == YG_OK && gone != YG_OK)
		rc = gone;
	return rc;
}

/* ---- clean, log ---- */

static int clean(struct yg_demo *demo)
{
	unsigned count = 0;
	int rc = yg_demo_base(demo);

	if (rc == YG_OK)
		rc = yg_demo_place_clean(demo, &count);
	if (demo->is_json)
		printf("{\"removed\":%u}\n", count);
	else
		printf(yg_say_tr(N_("%u runs of the demo were removed\n")), count);
	return rc == YG_OK ? YG_EXIT_DONE : YG_EXIT_FAILED;
}

static int write_log(const char *folder, const char *name, struct yg_buf *log)
{
	char path[YG_DEMO_PATH];
	int size = snprintf(path, sizeof(path), "%s/%s", folder, name);
	int rc = size > 0 && (unsigned)size < sizeof(path)
			 ? yg_io_write_to(path, yg_buf_bytes(log), 0644)
			 : YG_ELIMIT;

	if (rc != YG_OK)
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(yg_err_text(rc)));
	return rc;
}

/* The own logs, to look at or to try something else with. */
static int write_logs(const char *folder)
{
	static const char *const names[] = {"vpn.log", "windows.json", "web.log"};
	struct yg_buf logs[3];
	int rc = yg_demo_log_make(YG_DEMO_LOG_DAY_S, &logs[0], &logs[1], &logs[2]);

	if (rc == YG_OK && mkdir(folder, 0755) != 0 && errno != EEXIST)
		rc = yg_err_from_errno(errno);
	if (rc != YG_OK)
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(folder), 300),
		       yg_say_tr(yg_err_text(rc)));
	for (unsigned i = 0; i < 3; i++) {
		if (rc == YG_OK)
			rc = write_log(folder, names[i], &logs[i]);
		yg_buf_done(&logs[i]);
	}
	return rc == YG_OK ? YG_EXIT_DONE : YG_EXIT_FAILED;
}

int yg_command_demo(int argc, char **argv)
{
	struct yg_demo demo = {
		.lock_fd = -1, .signal_fd = -1, .hub = {.out = -1}, .victim = YG_MEMBER_NONE};
	const char *word;
	int status;
	int left;
	int rc;

	if (!read_options(argc, argv, &demo, &status))
		return status;
	left = argc - optind;
	word = left > 0 ? argv[optind] : "";
	if (left == 1 && strcmp(word, "clean") == 0)
		return clean(&demo);
	if (left == 2 && strcmp(word, "log") == 0)
		return write_logs(argv[optind + 1]);
	if (left != 1 || strcmp(word, "run") != 0) {
		(void)refuse(N_("demo: %s: what shall be done? run, clean, or log FOLDER"),
			     left > 1 ? argv[optind + 1] : word);
		return YG_EXIT_FAILED;
	}
	/* Nobody looks on who could end it. */
	demo.is_once |= !isatty(STDOUT_FILENO) || demo.is_json;
	rc = run(&demo);
	if (rc == YG_OK)
		return YG_EXIT_DONE;
	/* It ran, and not everybody has his; anything else: it could not. */
	return rc == YG_EMISMATCH || rc == YG_EEND || rc == YG_EAGAIN ? YG_EXIT_PARTLY
								      : YG_EXIT_FAILED;
}
