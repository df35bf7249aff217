/* SPDX-License-Identifier: Apache-2.0 */
/* The small binary of the member organisation: `yagura-sensor`. */
#define _GNU_SOURCE
#include <getopt.h>
#include <signal.h>
#include <sys/stat.h>

#include "sensor/commands.h"
#include "sensor/spool.h"

#include "base/ban.h"

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

static bool set_syslog(struct yg_sensor_options *options, const char *text)
{
	options->has_syslog = yg_net_read(text, &options->syslog) == YG_OK;
	if (!options->has_syslog)
		yg_sensor_say(N_("--syslog %s: this is no address to listen at"), text);
	return options->has_syslog;
}

static bool set_batch(struct yg_sensor_options *options, const char *text)
{
	if (yg_bytes_u64(yg_bytes_str(text), &options->batch) && options->batch > 0)
		return true;
	yg_sensor_say(N_("--batch %s: a number from 1, as `ledger show` lists them"), text);
	return false;
}

/* Where the text of option @c goes; NULL: it is none that is kept as it is. */
static const char **text_of(struct yg_sensor_options *options, int c)
{
	switch (c) {
	case 's':
		return &options->state;
	case 'u':
		return &options->hub;
	case 'c':
		return &options->ca;
	case 't':
		return &options->token;
	case 'z':
		return &options->zone;
	case 'p':
		return &options->policy;
	case 'k':
		return &options->key;
	default:
		return NULL;
	}
}

/* True: go on. */
static bool take_option(struct yg_sensor_options *options, int c)
{
	const char **text = text_of(options, c);
	enum yg_lang lang;

	if (text) {
		*text = optarg;
		return true;
	}
	switch (c) {
	case 'a':
		options->is_again = true;
		return true;
	case 'f':
		return add_follow(options, optarg);
	case 'y':
		return set_syslog(options, optarg);
	case 'm':
		return set_spool(options, optarg);
	case 'b':
		return set_batch(options, optarg);
	case 'P':
		options->is_payload = true;
		return true;
	case 'j':
		options->is_json = true;
		return true;
	case 'l':
		if (yg_lang_by_name(yg_bytes_str(optarg), &lang))
			yg_sensor_lang(lang);
		return true;
	default:
		return false;
	}
}

static bool read_options(int argc, char **argv, size_t max_words, struct yg_sensor_options *options)
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
		{"tz", required_argument, NULL, 'z'},
		{"policy", required_argument, NULL, 'p'},
		{"batch", required_argument, NULL, 'b'},
		{"payload", no_argument, NULL, 'P'},
		{"json", no_argument, NULL, 'j'},
		{"key", required_argument, NULL, 'k'},
		{"lang", required_argument, NULL, 'l'},
		{0},
	};
	int c;

	*options = (struct yg_sensor_options){.spool_max = YG_SPOOL_BYTES_DEFAULT};
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (!take_option(options, c)) {
			if (c == '?')
				yg_sensor_say(N_("`yagura-sensor --help` shows the options"));
			return false;
		}
	while (optind < argc && options->word_count < max_words)
		options->words[options->word_count++] = argv[optind++];
	if (optind < argc) {
		yg_sensor_hint(N_("`yagura-sensor --help` shows the options"),
			       N_("%s: this word is one too many"), argv[optind]);
		return false;
	}
	if (!options->state)
		yg_sensor_say(N_("give the sensor's own folder with --state"));
	return options->state != NULL;
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
	if (options->follow_count > 0 || options->has_syslog)
		return yg_sensor_run(options);
	yg_sensor_say(N_("run: give --follow or --syslog: there is nothing to collect"));
	return 2;
}

static const struct {
	const char *name;
	size_t words; /* that may stand behind it */
	int (*run)(const struct yg_sensor_options *options);
} commands[] = {
	{"enrol", 0, run_enrol},
	{"run", 0, run_run},
	{"policy", 1, yg_sensor_policy},
	{"ledger", 1, yg_sensor_ledger},
};

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	struct yg_sensor_options options;

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
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(name, commands[i].name) == 0)
			return read_options(argc - 1, argv + 1, commands[i].words, &options)
				       ? commands[i].run(&options)
				       : 2;
	yg_sensor_hint(N_("`yagura-sensor --help` shows what there is"),
		       N_("%s: there is no such command"), name[0] ? name : "?");
	return 2;
}
