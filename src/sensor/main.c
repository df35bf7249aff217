/* SPDX-License-Identifier: Apache-2.0 */
/* The small binary of the member organisation: `yagura-sensor`. */
#define _GNU_SOURCE
#include <getopt.h>
#include <signal.h>
#include <sys/stat.h>

#include "sensor/commands.h"
#include "sensor/inventory_run.h"
#include "sensor/ledger.h"
#include "sensor/local.h"
#include "sensor/spool.h"
#include "sensor/watch_set.h"

#include "base/ban.h"

static void print_house_help(void)
{
	fputs(yg_sensor_tr(N_(
		      "\n"
		      "Inside the house:\n"
		      "  check --state FOLDER [--json]\n"
		      "                       which attacks would be seen here today, which not, "
		      "and how\n"
		      "                       to switch the missing logs on. Exit status 0: all; "
		      "1: not all\n"
		      "  inventory [--json]   what this machine is: system, packages, updates,\n"
		      "                       sockets, administrators, malware protection\n"
		      "  search --state FOLDER [--from T] [--to T] [--field NAME=VALUE] WORD...\n"
		      "                       look in the local archive; all must fit\n"
		      "\n"
		      "  --archive SIZE       run: most that the local archive takes (10G); off: "
		      "none\n"
		      "  --archive-days N     run: for how long it is kept (366)\n"
		      "  --drop FOLDER        run: files put there (Windows event files, logs) "
		      "are\n"
		      "                       read once and moved to FOLDER/done or FOLDER/failed\n"
		      "  --inventory-every S  run: seconds between two looks at this machine (60), "
		      "or off\n"
		      "  --root FOLDER        what stands for this machine's files (inventory)\n"
		      "  --json               for programs\n")),
	      stdout);
	fputs(yg_sensor_tr(
		      N_("  --ledger SIZE        run: most that the record of what left takes "
			 "(4G); then\n"
			 "                       its oldest entries go, and an entry says so\n")),
	      stdout);
}

static void print_help(void)
{
	fputs(yg_sensor_tr(N_(
		      "usage: yagura-sensor COMMAND --state FOLDER [OPTION]...\n"
		      "\n"
		      "Collects logs and sends them to a hub; what cannot be sent waits on disk.\n"
		      "\n"
		      "  enrol --hub URL --ca FILE --token T --state FOLDER\n"
		      "                       get a certificate from the hub; URL and FILE stand "
		      "in the\n"
		      "                       hub's ready line. --token -: from standard input.\n"
		      "                       --again: give an enrolled sensor another identity\n"
		      "  run --state FOLDER [--follow PATH]... [--syslog ADDR:PORT]\n"
		      "  policy show|check --state FOLDER [--policy FILE]\n"
		      "                       what may leave, in plain words; check: is the file "
		      "right\n"
		      "  ledger verify --state FOLDER [--key KEY]\n"
		      "                       is the record of what left whole; KEY: the hub's, "
		      "base64,\n"
		      "                       as it is known from elsewhere\n"
		      "  ledger show --state FOLDER [--batch N [--payload]] [--json]\n"
		      "                       what left; --payload: the very bytes, as long as "
		      "they "
		      "are kept\n"
		      "  --version\n"
		      "\n"
		      "  --policy FILE        what may leave and how (FOLDER/policy.yaml)\n"
		      "  --follow PATH        a log file, through rotation; may be repeated\n"
		      "  --syslog ADDR:PORT   receive syslog by UDP and TCP; nobody is asked who "
		      "he "
		      "is\n"
		      "  --spool-max SIZE     most that waits on disk, for example 512M (1G); then "
		      "the\n"
		      "                       oldest goes, and the hub is told exactly what\n"
		      "  --tz ZONE            zone of times written without one; otherwise this "
		      "machine's\n"
		      "  --lang ja|en         language of messages\n"
		      "\n"
		      "The first line of standard output of `run` is\n"
		      "{\"ready\":true,\"sensor\":ID,\"syslog\":ADDR:PORT or null}. Ends on "
		      "SIGTERM and "
		      "Ctrl+C.\n"
		      "\n"
		      "Exit status: 0 done; 1 refused, nothing was changed; 2 wrong usage, or it "
		      "cannot go on.\n")),
	      stdout);
	print_house_help();
}

/* "512M": bytes. 0: none. */
static uint64_t read_size(const char *text)
{
	struct yg_bytes b = yg_bytes_str(text);
	unsigned shift = 0;
	uint64_t value = 0;

	if (b.size > 1) {
		uint8_t unit = b.data[b.size - 1] | 0x20;

		shift = unit == 'k' ? 10 : unit == 'm' ? 20 : unit == 'g' ? 30 : 0;
		if (shift > 0)
			b.size--;
	}
	return yg_bytes_u64(b, &value) && value <= UINT64_MAX >> 40 ? value << shift : 0;
}

static bool add_follow(struct yg_sensor_options *options, const char *path)
{
	if (options->follow_count == YG_SOURCES_FILES_MAX) {
		yg_sensor_say(N_("--follow: at most %u files"), YG_SOURCES_FILES_MAX);
		return false;
	}
	options->follows[options->follow_count++] = path;
	return true;
}

static bool set_spool(struct yg_sensor_options *options, const char *text)
{
	options->spool_max = read_size(text);
	if (options->spool_max >= YG_SPOOL_BYTES_MIN)
		return true;
	yg_sensor_say(N_("--spool-max %s: a size of at least 128K, for example 512M"), text);
	return false;
}

static bool set_ledger(struct yg_sensor_options *options, const char *text)
{
	options->ledger_max = read_size(text);
	if (options->ledger_max >= YG_LEDGER_BYTES_MIN)
		return true;
	yg_sensor_say(N_("--ledger %s: a size of at least 16K, for example 4G"), text);
	return false;
}

static bool set_syslog(struct yg_sensor_options *options, const char *text)
{
	options->has_syslog = yg_net_read(text, &options->syslog) == YG_OK;
	if (!options->has_syslog)
		yg_sensor_say(N_("--syslog %s: this is no address to listen at"), text);
	return options->has_syslog;
}

static bool set_every(struct yg_sensor_options *options, const char *text)
{
	uint64_t value;

	options->inventory_s = 0;
	if (strcmp(text, "off") == 0)
		return true;
	if (!yg_bytes_u64(yg_bytes_str(text), &value) || value < 1 || value > 86400) {
		yg_sensor_say(N_("--inventory-every %s: seconds from 1 to 86400, or off"), text);
		return false;
	}
	options->inventory_s = (unsigned)value;
	return true;
}

static bool set_archive(struct yg_sensor_options *options, const char *text)
{
	options->archive_max = 0;
	if (strcmp(text, "off") == 0)
		return true;
	options->archive_max = read_size(text);
	if (options->archive_max >= YG_LOCAL_BYTES_MIN)
		return true;
	yg_sensor_say(N_("--archive %s: a size of at least 1M, for example 10G, or off"), text);
	return false;
}

static bool set_days(struct yg_sensor_options *options, const char *text)
{
	uint64_t days;

	if (yg_bytes_u64(yg_bytes_str(text), &days) && days >= 1 && days <= 36500) {
		options->archive_days = (unsigned)days;
		return true;
	}
	yg_sensor_say(N_("--archive-days %s: a number of days from 1"), text);
	return false;
}

static bool add_term(struct yg_sensor_options *options, const char *text, bool is_field)
{
	struct yg_sensor_search *search = &options->search;

	if (search->count == YG_SEARCH_TERMS_MAX) {
		yg_sensor_say(N_("search: at most %u words and fields"), YG_SEARCH_TERMS_MAX);
		return false;
	}
	search->is_field[search->count] = is_field;
	search->terms[search->count++] = text;
	return true;
}

static bool set_limit(struct yg_sensor_options *options, const char *text)
{
	if (yg_bytes_u64(yg_bytes_str(text), &options->search.limit) && options->search.limit > 0)
		return true;
	yg_sensor_say(N_("--limit %s: a number from 1"), text);
	return false;
}

static bool set_batch(struct yg_sensor_options *options, const char *text)
{
	if (yg_bytes_u64(yg_bytes_str(text), &options->batch) && options->batch > 0)
		return true;
	yg_sensor_say(N_("--batch %s: a number from 1, as `ledger show` lists them"), text);
	return false;
}

/* Options of policy and ledger. True: go on. */
static bool take_ledger_option(struct yg_sensor_options *options, int c)
{
	switch (c) {
	case 'p':
		options->policy = optarg;
		return true;
	case 'b':
		return set_batch(options, optarg);
	case 'P':
		options->is_payload = true;
		return true;
	case 'k':
		options->key = optarg;
		return true;
	default:
		return false;
	}
}

static bool take_search_option(struct yg_sensor_options *options, int c)
{
	switch (c) {
	case 'F':
		options->search.from = optarg;
		return true;
	case 'T':
		options->search.to = optarg;
		return true;
	case 'L':
		return set_limit(options, optarg);
	case 'V':
		return add_term(options, optarg, true);
	default:
		return take_ledger_option(options, c);
	}
}

/* Options of what happens inside the house. True: go on. */
static bool take_house_option(struct yg_sensor_options *options, int c)
{
	switch (c) {
	case 'i':
		return set_every(options, optarg);
	case 'r':
		options->root = strcmp(optarg, "/") == 0 ? "" : optarg;
		return true;
	case 'A':
		return set_archive(options, optarg);
	case 'D':
		return set_days(options, optarg);
	case 'B':
		return set_ledger(options, optarg);
	case 'd':
		options->drop = optarg;
		return true;
	case 'j':
		options->is_json = true;
		return true;
	default:
		return take_search_option(options, c);
	}
}

/* True: go on. */
static bool take_option(struct yg_sensor_options *options, int c)
{
	enum yg_lang lang;

	switch (c) {
	case 's':
		options->state = optarg;
		return true;
	case 'u':
		options->hub = optarg;
		return true;
	case 'c':
		options->ca = optarg;
		return true;
	case 't':
		options->token = optarg;
		return true;
	case 'a':
		options->is_again = true;
		return true;
	case 'z':
		options->zone = optarg;
		return true;
	case 'f':
		return add_follow(options, optarg);
	case 'y':
		return set_syslog(options, optarg);
	case 'm':
		return set_spool(options, optarg);
	case 'l':
		if (yg_lang_by_name(yg_bytes_str(optarg), &lang))
			yg_sensor_lang(lang);
		return true;
	default:
		return take_house_option(options, c);
	}
}

struct command {
	const char *name;
	int (*run)(const struct yg_sensor_options *options);
	size_t words; /* that may stand behind it */
	bool is_stateless;
	bool is_search; /* any number of words: what is looked for */
};

static bool read_options(int argc, char **argv, const struct command *command,
			 struct yg_sensor_options *options)
{
	static const struct option longs[] = {
		{"state", required_argument, NULL, 's'},
		{"hub", required_argument, NULL, 'u'},
		{"ca", required_argument, NULL, 'c'},
		{"token", required_argument, NULL, 't'},
		{"again", no_argument, NULL, 'a'},
		{"follow", required_argument, NULL, 'f'},
		{"syslog", required_argument, NULL, 'y'},
		{"spool-max", required_argument, NULL, 'm'},
		{"ledger", required_argument, NULL, 'B'},
		{"tz", required_argument, NULL, 'z'},
		{"inventory-every", required_argument, NULL, 'i'},
		{"archive", required_argument, NULL, 'A'},
		{"archive-days", required_argument, NULL, 'D'},
		{"from", required_argument, NULL, 'F'},
		{"to", required_argument, NULL, 'T'},
		{"field", required_argument, NULL, 'V'},
		{"limit", required_argument, NULL, 'L'},
		{"drop", required_argument, NULL, 'd'},
		{"root", required_argument, NULL, 'r'},
		{"policy", required_argument, NULL, 'p'},
		{"batch", required_argument, NULL, 'b'},
		{"payload", no_argument, NULL, 'P'},
		{"json", no_argument, NULL, 'j'},
		{"key", required_argument, NULL, 'k'},
		{"lang", required_argument, NULL, 'l'},
		{0},
	};
	int c;

	*options = (struct yg_sensor_options){.spool_max = YG_SPOOL_BYTES_DEFAULT,
					      .ledger_max = YG_LEDGER_BYTES_DEFAULT,
					      .root = "",
					      .inventory_s = YG_INVENTORY_EVERY_S,
					      .archive_max = YG_LOCAL_BYTES_DEFAULT,
					      .archive_days = YG_LOCAL_DAYS_DEFAULT};
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (!take_option(options, c)) {
			if (c == '?')
				yg_sensor_say(N_("`yagura-sensor --help` shows the options"));
			return false;
		}
	while (command->is_search && optind < argc)
		if (!add_term(options, argv[optind++], false))
			return false;
	while (optind < argc && options->word_count < command->words)
		options->words[options->word_count++] = argv[optind++];
	if (optind < argc) {
		yg_sensor_hint(N_("`yagura-sensor --help` shows the options"),
			       N_("%s: this word is one too many"), argv[optind]);
		return false;
	}
	return true;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	struct yg_sensor_options options;

	if (!read_options(argc, argv, command, &options))
		return 2;
	if (!command->is_stateless && !options.state) {
		yg_sensor_say(N_("give the sensor's own folder with --state"));
		return 2;
	}
	return command->run(&options);
}

static int run_enrol(const struct yg_sensor_options *options)
{
	if (options->hub && options->ca && options->token)
		return yg_sensor_enrol(options);
	yg_sensor_say(N_("enrol: give --hub, --ca and --token"));
	return 2;
}

static int run_run(const struct yg_sensor_options *options)
{
	if (options->follow_count > 0 || options->has_syslog || options->drop)
		return yg_sensor_run(options);
	yg_sensor_say(N_("run: give --follow, --syslog or --drop: there is nothing to collect"));
	return 2;
}

static const struct command commands[] = {
	{"enrol", run_enrol, 0, false, false},
	{"run", run_run, 0, false, false},
	{"check", yg_sensor_check, 0, false, false},
	{"inventory", yg_sensor_inventory, 0, true, false},
	{"ledger", yg_sensor_ledger, 1, false, false},
	{"policy", yg_sensor_policy, 1, false, false},
	{"search", yg_sensor_search, 0, false, true},
};

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	yg_sensor_lang(yg_lang_of_environment());
	(void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of write() */
	(void)umask(077);		/* what is made here is nobody else's business */
	if (strcmp(name, "--version") == 0) {
		printf("yagura-sensor %s\n", YG_VERSION);
		return 0;
	}
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			print_help();
			return 0;
		}
	if (strcmp(name, YG_WATCH_IMAGE_WORD) == 0) /* started by `run`, not by people */
		return yg_watch_image_main(argc - 1, argv + 1);
	if (strcmp(name, YG_WATCH_LISTS_WORD) == 0) /* the same */
		return yg_watch_lists_main(argc - 1, argv + 1);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(name, commands[i].name) == 0)
			return run_command(&commands[i], argc - 1, argv + 1);
	yg_sensor_hint(N_("`yagura-sensor --help` shows what there is"),
		       N_("%s: there is no such command"), name[0] ? name : "?");
	return 2;
}
