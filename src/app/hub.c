/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `yagura hub`, the parent: the command line, the data folder and its lock, the sockets, the list
 * of processes. It reads nothing that comes from outside.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/audit.h"
#include "app/commands.h"
#include "app/hub-int.h"
#include "app/hub_api.h"
#include "app/hub_check.h"
#include "app/hub_config.h"
#include "app/hub_demo.h"
#include "app/process.h"
#include "app/say.h"
#include "base/hash.h"
#include "base/io.h"

#include "base/ban.h"

struct hub_cli {
	const char *data;
	const char *http_text;
	const char *sensors_text;
	struct yg_net_place http;
	struct yg_net_place sensors;
	const char *names[YG_HUB_NAMES_MAX];
	size_t name_count;
	bool is_check;
	bool is_demo;
	bool has_lang;
	const char *try_role; /* --self-test-sandbox */
	const char *config_path;
	struct yg_hub_config config;
};

struct hub_run {
	const struct hub_cli *cli;
	struct yg_hub_settings settings;
	int lock_fd;
	int signal_fd;
};

#define LOCK_WAIT_MS 10000 /* for the processes of a hub that was killed to be gone */
#define BIND_WAIT_MS 500   /* the same for its ports */
#define STEP_MS	     10
#define LINKS	     6u /* of the keeper, but for workers */

/* ---- command line ---- */

static bool read_place(const char *option, const char *text, struct yg_net_place *ret)
{
	if (yg_net_read(text, ret) == YG_OK)
		return true;
	yg_say_hint(N_("write an address and a port, for example 127.0.0.1:8470; port 0 takes a "
		       "free one"),
		    N_("%s %s: this is no address to listen at"), option,
		    yg_say_safe(yg_bytes_str(text), 80));
	return false;
}

/* Pages in the clear stay on this machine. */
static bool check_http(const struct hub_cli *cli)
{
	if (strcmp(cli->http.host, "127.0.0.1") == 0 || cli->config.http_key)
		return true;
	if (cli->http_text == cli->config.http_listen)
		yg_say_hint(N_("put a reverse proxy in front of it, reach it through a tunnel, or "
			       "give certificate and key beside it"),
			    N_("%s:%u: listen: pages are served on 127.0.0.1 only"),
			    yg_say_safe(yg_bytes_str(cli->config_path), 300),
			    yg_hub_config_line(&cli->config, "http", "listen"));
	else
		yg_say_hint(N_("put a reverse proxy in front of it, reach it through a tunnel, or "
			       "give http.certificate and http.key in the file of --config"),
			    N_("--http %s: pages are served on 127.0.0.1 only"),
			    yg_say_safe(yg_bytes_str(cli->http_text), 80));
	return false;
}

/* Where anybody may look on as everybody, nobody else is let near. */
static bool check_demo(const struct hub_cli *cli)
{
	if (!cli->is_demo || (!cli->config_path && strcmp(cli->http.host, "127.0.0.1") == 0 &&
			      strcmp(cli->sensors.host, "127.0.0.1") == 0))
		return true;
	yg_say_hint(N_("give --http 127.0.0.1:PORT and --sensors 127.0.0.1:PORT, and no --config"),
		    N_("hub: --demo: a demo is served at 127.0.0.1 alone"));
	return false;
}

static bool check_cli(struct hub_cli *cli)
{
	if (!cli->data) {
		yg_say_hint(N_("it holds everything that the hub keeps; an empty one is filled"),
			    N_("hub: give the data folder with --data"));
		return false;
	}
	return read_place("--http", cli->http_text, &cli->http) &&
	       read_place("--sensors", cli->sensors_text, &cli->sensors) && check_http(cli) &&
	       check_demo(cli);
}

/* What the command line does not say, the file says; what neither does, we do. */
static bool add_config(struct hub_cli *cli)
{
	const struct yg_hub_config *config = &cli->config;
	enum yg_lang lang;

	if (cli->config_path && yg_hub_config_read(cli->config_path, &cli->config) != YG_OK)
		return false;
	if (!cli->data)
		cli->data = config->data;
	if (!cli->http_text)
		cli->http_text = config->http_listen ? config->http_listen : YG_HUB_HTTP;
	if (!cli->sensors_text)
		cli->sensors_text =
			config->sensors_listen ? config->sensors_listen : YG_HUB_SENSORS;
	if (cli->name_count == 0) {
		cli->name_count = config->names.count;
		memcpy(cli->names, config->names.names, sizeof(cli->names));
	}
	if (config->lang && !cli->has_lang && yg_lang_by_name(yg_bytes_str(config->lang), &lang))
		yg_say_lang(lang);
	return true;
}

static bool add_name(struct hub_cli *cli, const char *name)
{
	size_t size = strlen(name);

	if (cli->name_count == YG_HUB_NAMES_MAX || size == 0 || size > YG_CERT_NAME_MAX) {
		yg_say(N_("--name: give at most %u host names or addresses"), YG_HUB_NAMES_MAX);
		return false;
	}
	cli->names[cli->name_count++] = name;
	return true;
}

static bool take_option(struct hub_cli *cli, int c)
{
	switch (c) {
	case 'd':
		cli->data = optarg;
		return true;
	case 'w':
		cli->http_text = optarg;
		return true;
	case 's':
		cli->sensors_text = optarg;
		return true;
	case 'c':
		cli->is_check = true;
		return true;
	case 'D':
		cli->is_demo = true;
		return true;
	case 't':
		cli->try_role = optarg;
		return true;
	case 'f':
		cli->config_path = optarg;
		return true;
	case 'l':
		cli->has_lang = true; /* chosen in main.c */
		return true;
	case 'n':
		return add_name(cli, optarg);
	default:
		yg_say(N_("`yagura hub --help` shows the options"));
		return false;
	}
}

/* False: *ret_status is the exit status. */
static bool read_cli(int argc, char **argv, struct hub_cli *cli, int *ret_status)
{
	static const struct option longs[] = {
		{"data", required_argument, NULL, 'd'},
		{"http", required_argument, NULL, 'w'},
		{"sensors", required_argument, NULL, 's'},
		{"name", required_argument, NULL, 'n'},
		{"check-config", no_argument, NULL, 'c'},
		{"lang", required_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},
		{"self-test-sandbox", required_argument, NULL, 't'},
		{"config", required_argument, NULL, 'f'},
		{"routes", no_argument, NULL, 'r'},
		{"demo", no_argument, NULL, 'D'},
		{0},
	};
	int c;

	*cli = (struct hub_cli){0};
	*ret_status = YG_EXIT_FAILED;
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (c == 'h' || c == 'r') {
			c == 'h' ? yg_help_hub() : yg_hub_http_print_routes();
			*ret_status = YG_EXIT_DONE;
			return false;
		}
		if (!take_option(cli, c))
			return false;
	}
	if (optind < argc) {
		yg_say_hint(N_("`yagura hub --help` shows the options"),
			    N_("hub: %s: this word is one too many"),
			    yg_say_safe(yg_bytes_str(argv[optind]), 80));
		return false;
	}
	return add_config(cli) && check_cli(cli);
}

bool yg_hub_join(const char *data, const char *name, char to[YG_HUB_PATH_MAX])
{
	int size = snprintf(to, YG_HUB_PATH_MAX, "%s/%s", data, name);

	return size > 0 && (unsigned)size < YG_HUB_PATH_MAX;
}

int yg_hub_say_path(const char *data, const char *name, int rc)
{
	yg_say("%s/%s: %s", yg_say_safe(yg_bytes_str(data), 300), name, yg_say_tr(yg_err_text(rc)));
	return rc;
}

/* ---- the data folder ---- */

static int say_path(const struct hub_run *run, const char *name, int rc)
{
	return yg_hub_say_path(run->cli->data, name, rc);
}

static int say_running(const struct hub_run *run)
{
	yg_say_hint(N_("end that one first, or give this one a folder of its own"),
		    N_("%s: another hub is running on this data folder"),
		    yg_say_safe(yg_bytes_str(run->cli->data), 300));
	return YG_EAGAIN;
}

static void rest(void)
{
	const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};

	(void)nanosleep(&step, NULL); /* cut short is as good */
}

/*
 * One hub for a folder, by two locks on one file: one is the parent's alone and goes with it, the
 * other goes with the last of its processes. So a hub that was killed is waited for until all of it
 * is gone, and one that runs is not.
 */
static int lock(struct hub_run *run)
{
	struct flock mine = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
	char path[YG_HUB_PATH_MAX];

	if (!yg_hub_join(run->cli->data, "lock", path))
		return say_path(run, "lock", YG_ELIMIT);
	run->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (run->lock_fd < 0)
		return say_path(run, "lock", yg_err_from_errno(errno));
	if (fcntl(run->lock_fd, F_SETLK, &mine) != 0)
		return say_running(run);
	for (int waited = 0; flock(run->lock_fd, LOCK_EX | LOCK_NB) != 0; waited += STEP_MS) {
		if (waited >= LOCK_WAIT_MS)
			return say_running(run);
		rest();
	}
	return YG_OK;
}

/* Made when it is not there; the folder above it must be. */
static int open_folder(struct hub_run *run)
{
	struct stat st;

	if (mkdir(run->cli->data, 0700) != 0 && errno != EEXIST)
		return say_path(run, "", yg_err_from_errno(errno));
	if (stat(run->cli->data, &st) == 0 && S_ISDIR(st.st_mode))
		return YG_OK;
	yg_say("%s: %s", yg_say_safe(yg_bytes_str(run->cli->data), 300),
	       yg_say_tr(N_("this is no folder")));
	return YG_EINVAL;
}

/* ---- sockets ---- */

static int say_port(const char *option, const char *text, int rc)
{
	if (rc == YG_EDUPLICATE || rc == YG_EACCES)
		yg_say_hint(N_("another program has it, or it is below 1024: take another, or 0 "
			       "for a free one"),
			    N_("%s %s: this port cannot be used"), option, text);
	else if (rc == YG_ENOENT)
		yg_say("%s %s: %s", option, text,
		       yg_say_tr(N_("this machine has no such address")));
	else
		yg_say("%s %s: %s", option, text, yg_say_tr(yg_err_text(rc)));
	return rc;
}

/* A hub that was killed just now may hold its port for a moment longer than its lock. */
static int listen_at(const struct yg_net_place *place, int *ret_fd, struct yg_net_place *ret)
{
	int rc = yg_net_listen(place, YG_NET_TCP, ret_fd, ret);

	for (int waited = 0; rc == YG_EDUPLICATE && waited < BIND_WAIT_MS; waited += STEP_MS) {
		rest();
		rc = yg_net_listen(place, YG_NET_TCP, ret_fd, ret);
	}
	return rc;
}

static int open_listeners(struct hub_run *run)
{
	struct yg_hub_settings *settings = &run->settings;
	int rc = listen_at(&run->cli->sensors, &settings->sensors_fd, &settings->sensors);

	if (rc != YG_OK)
		return say_port("--sensors", run->cli->sensors_text, rc);
	rc = listen_at(&run->cli->http, &settings->http_fd, &settings->http);
	return rc == YG_OK ? rc : say_port("--http", run->cli->http_text, rc);
}

/* As many connections as the machine allows; the default of 1,024 is for programs with few. */
static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* fewer connections then */
}

void yg_hub_forget_link(void *settings)
{
	struct yg_hub_settings *mine = settings;

	yg_wipe(mine->link_key, sizeof(mine->link_key));
}

/* ---- the signer's beginning ---- */

/* By which names do sensors know this machine? */
int yg_hub_signer_live(void *arg, int control, unsigned index)
{
	const struct yg_hub_settings *settings = arg;
	const char *names[YG_HUB_NAMES_MAX + 5] = {"localhost", "127.0.0.1", "::1"};
	const char *host = settings->sensors.host;
	struct yg_hub_keys keys;
	char folder[YG_HUB_PATH_MAX];
	size_t count = 3;
	int rc;

	(void)index;
	yg_hub_forget_link(arg);
	if (settings->host[0])
		names[count++] = settings->host;
	if (host[0] && strcmp(host, "0.0.0.0") != 0 && strcmp(host, "127.0.0.1") != 0)
		names[count++] = host;
	for (size_t i = 0; i < settings->name_count; i++)
		names[count++] = settings->names[i];
	if (!yg_hub_join(settings->data, "ca", folder))
		return yg_hub_say_path(settings->data, "ca", YG_ELIMIT);
	rc = yg_hub_keys_open(&keys, folder, names, count,
			      settings->clock.now_ns(settings->clock.arg));
	if (rc == YG_OK) {
		rc = yg_audit_seed_open(settings->data, keys.audit_seed);
		if (rc != YG_OK)
			(void)yg_hub_say_path(settings->data, "ca/audit.key", rc);
	}
	if (rc == YG_OK && yg_wall_enter(YG_WALL_SIGNER, NULL) != YG_OK)
		rc = yg_hub_say_path(settings->data, "ca", YG_EUNSUPPORTED);
	if (rc == YG_OK)
		rc = yg_signer_live(&keys, settings->clock, control);
	yg_hub_keys_done(&keys);
	return rc;
}

/* ---- processes ---- */

static int open_signals(struct hub_run *run)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return YG_EIO;
	run->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return run->signal_fd < 0 ? yg_err_from_errno(errno) : YG_OK;
}

/* Every address: name the machine, whose name stands in certificates. */
static void add_place(const struct yg_hub_settings *settings, const struct yg_net_place *place,
		      struct yg_buf *line)
{
	char text[YG_NET_TEXT_MAX];

	yg_net_write(place, text);
	if (place->host[0] == '\0' || strcmp(place->host, "0.0.0.0") == 0)
		yg_buf_addf(line, "%s:%u", settings->host[0] ? settings->host : "127.0.0.1",
			    (unsigned)place->port);
	else
		yg_buf_add_str(line, text);
}

void yg_hub_url(const struct yg_hub_settings *settings, struct yg_buf *to)
{
	yg_buf_add_str(to, settings->http_key ? "https://" : "http://");
	add_place(settings, &settings->http, to);
}

/* The first line of standard output: for the program that started this one. */
static int print_ready(void *arg)
{
	struct hub_run *run = arg;
	char path[YG_HUB_PATH_MAX];
	struct yg_buf line;
	char *real;
	int rc;

	if (!yg_hub_join(run->cli->data, "ca/ca.pem", path))
		return YG_ELIMIT;
	real = realpath(path, NULL);
	yg_buf_init(&line, 4 * YG_HUB_PATH_MAX);
	yg_buf_add_str(&line, "{\"ready\":true,\"url\":\"");
	yg_hub_url(&run->settings, &line);
	yg_buf_add_str(&line, "\",\"sensors\":\"https://");
	add_place(&run->settings, &run->settings.sensors, &line);
	yg_buf_add_str(&line, "\",\"ca\":");
	yg_buf_add_json(&line, yg_bytes_str(real ? real : path));
	yg_buf_add_str(&line, ",\"admin_link\":\"");
	yg_hub_url(&run->settings, &line);
	yg_buf_addf(&line, "/start?key=%s\"}\n", run->settings.link_key);
	rc = yg_buf_error(&line);
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&line));
	/* It works once: a keeper that is started again knows it no more. */
	yg_wipe(run->settings.link_key, sizeof(run->settings.link_key));
	yg_wipe(line.data, line.size);
	yg_buf_done(&line);
	free(real);
	return rc;
}

static void say_ended(void *arg, const char *name, int signal, int code)
{
	(void)arg;
	if (signal)
		yg_say(N_("the process %s ended by signal %d; it is started again"), name, signal);
	else
		yg_say(N_("the process %s ended with status %d; it is started again"), name, code);
}

static void draw_link(struct yg_hub_settings *settings)
{
	uint8_t key[32];

	yg_random(key, sizeof(key));
	yg_hex((struct yg_bytes){key, sizeof(key)}, settings->link_key);
	yg_wipe(key, sizeof(key));
}

/* Until the whole ends. All keep the lock, so that the next hub waits for the last of them. */
static int run_processes(struct hub_run *run)
{
	struct yg_hub_settings *settings = &run->settings;
	struct yg_process_spec specs[YG_HUB_AT_WORKER + YG_HUB_WORKERS_MAX] = {
		[YG_HUB_AT_SIGNER] = {.name = "signer", .live = yg_hub_signer_live},
		[YG_HUB_AT_ENGINE] = {.name = "engine", .live = yg_hub_engine_live},
		[YG_HUB_AT_KEEPER] = {.name = "keeper",
				      .live = yg_hub_keeper_live,
				      .may_distrust = true,
				      .fds = {run->lock_fd},
				      .fd_count = 1},
		[YG_HUB_AT_FRONT] = {.name = "front",
				     .live = yg_hub_front_live,
				     .fds = {run->lock_fd, settings->sensors_fd},
				     .fd_count = 2},
		[YG_HUB_AT_HUNTER] = {.name = "hunter", .live = yg_hub_hunter_live},
		[YG_HUB_AT_PAGES] = {.name = "pages",
				     .live = yg_hub_pages_live,
				     .fds = {run->lock_fd, settings->http_fd},
				     .fd_count = 2},
		[YG_HUB_AT_OUT] = {.name = "out", .live = yg_hub_out_live},
	};
	struct yg_process_link links[LINKS + YG_HUB_WORKERS_MAX] = {
		{YG_HUB_AT_KEEPER, YG_HUB_AT_SIGNER}, {YG_HUB_AT_KEEPER, YG_HUB_AT_ENGINE},
		{YG_HUB_AT_KEEPER, YG_HUB_AT_HUNTER}, {YG_HUB_AT_KEEPER, YG_HUB_AT_FRONT},
		{YG_HUB_AT_KEEPER, YG_HUB_AT_PAGES},  {YG_HUB_AT_KEEPER, YG_HUB_AT_OUT},
	};
	struct yg_processes_opts opts = {
		.specs = specs,
		.spec_count = YG_HUB_AT_WORKER + settings->workers,
		.kept_count = YG_HUB_AT_KEEPER + 1,
		.links = links,
		.link_count = LINKS + settings->workers,
		.signals = run->signal_fd,
		.clock = yg_clock_steady(),
		.ready = print_ready,
		.ended = say_ended,
		.arg = run,
	};

	draw_link(settings);
	for (unsigned i = 0; i < settings->workers; i++) {
		specs[YG_HUB_AT_WORKER + i] = (struct yg_process_spec){
			.name = "worker", .live = yg_hub_worker_live, .index = i};
		links[LINKS + i] = (struct yg_process_link){YG_HUB_AT_KEEPER, YG_HUB_AT_WORKER + i};
	}
	for (unsigned i = 0; i < opts.spec_count; i++) {
		specs[i].arg = settings;
		if (specs[i].fd_count == 0)
			specs[i].fds[specs[i].fd_count++] = run->lock_fd;
	}
	return yg_processes_run(&opts);
}

/* ---- checking ---- */

static void print_lacks(const struct hub_run *run)
{
	for (unsigned i = 0; i < YG_WALL_ROLES; i++) {
		unsigned lacks = yg_wall_lacks((enum yg_wall_role)i, run->cli->data);

		for (unsigned bit = 1; bit <= lacks; bit <<= 1)
			if (lacks & bit)
				printf("%s: %s\n", yg_wall_role_name((enum yg_wall_role)i),
				       yg_say_tr(yg_wall_lack_text((enum yg_wall_lack)bit)));
	}
}

/* Nothing is made, and a hub that runs is not disturbed. */
static int check_config(struct hub_run *run)
{
	const struct hub_cli *cli = run->cli;
	int rc = yg_hub_check_config(&cli->config, cli->data, &cli->http, &cli->sensors);

	if (rc != YG_OK)
		return rc;
	puts(yg_say_tr(N_("the configuration is good")));
	print_lacks(run);
	return YG_OK;
}

static void print_try(void *arg, const char *what, int errnum)
{
	(void)arg;
	dprintf(STDERR_FILENO, "%s %s\n", what, errnum ? strerrorname_np(errnum) : "DONE");
}

/* For tests: this very process enters the walls of a role, and tries. */
static int try_walls(struct hub_run *run)
{
	char key[YG_HUB_PATH_MAX];
	enum yg_wall_role role;
	int rc;

	if (!yg_hub_join(run->cli->data, "ca/ca.key", key))
		return say_path(run, "ca/ca.key", YG_ELIMIT);
	if (strcmp(run->cli->try_role, "parent") == 0) {
		rc = yg_wall_enter_parent(false);
	} else if (yg_wall_role_of(run->cli->try_role, &role)) {
		/* What `out` is given besides is a file of the operator's, not the folder. */
		rc = yg_wall_enter(role, role == YG_WALL_OUT ? NULL : run->cli->data);
	} else {
		yg_say(N_("--self-test-sandbox: parent, front, pages, keeper, engine, hunter, "
			  "worker, signer or out"));
		return YG_EINVAL;
	}
	if (rc != YG_OK)
		return say_path(run, "", rc);
	yg_wall_try(key, print_try, NULL);
	return YG_OK;
}

/* ---- all ---- */

static unsigned cores(void)
{
	long count = sysconf(_SC_NPROCESSORS_ONLN);

	return count < 1 ? 1 : count > YG_HUB_WORKERS_MAX ? YG_HUB_WORKERS_MAX : (unsigned)count;
}

static void fill_settings(struct hub_run *run)
{
	const struct hub_cli *cli = run->cli;
	struct yg_hub_settings *settings = &run->settings;

	settings->data = cli->data;
	settings->clock = yg_clock_system();
	settings->clock.zone = cli->config.zone;
	settings->workers = cli->config.workers ? cli->config.workers : cores();
	settings->connections = cli->config.connections;
	settings->timeout_s = cli->config.timeout_s;
	settings->hunt_days = cli->config.hunt_days;
	settings->hunt_ask_mb = cli->config.hunt_ask_mb;
	yg_hub_config_rules(&cli->config.clues, &settings->clue_rules);
	settings->is_demo = cli->is_demo;
	settings->http_certificate = cli->config.http_certificate;
	settings->http_key = cli->config.http_key;
	settings->http_client_authorities = cli->config.http_client_authorities;
	settings->name_count = cli->name_count;
	memcpy(settings->names, cli->names, sizeof(settings->names));
	settings->http_names = cli->config.http_names;
	settings->http_proxies = cli->config.proxies;
	settings->out = cli->config.out;
	if (gethostname(settings->host, sizeof(settings->host) - 1) != 0)
		settings->host[0] = 0;
}

/* Is anything sent from here? Without, no process of the hub connects anywhere. */
static bool settings_send(const struct hub_run *run)
{
	return run->settings.out.mail_server || run->settings.out.webhooks ||
	       run->settings.out.feeds;
}

static int run_hub(struct hub_run *run)
{
	int rc;

	if (run->cli->is_check)
		return check_config(run);
	if (run->cli->try_role)
		return try_walls(run);
	fill_settings(run);
	rc = open_folder(run);
	if (rc == YG_OK)
		rc = lock(run);
	if (rc == YG_OK)
		rc = yg_hub_demo_mark(run->cli->data, run->cli->is_demo);
	raise_limits();
	if (rc == YG_OK)
		rc = open_listeners(run);
	if (rc == YG_OK)
		rc = open_signals(run);
	if (rc == YG_OK && yg_wall_enter_parent(settings_send(run)) != YG_OK)
		rc = say_path(run, "", YG_EUNSUPPORTED);
	return rc == YG_OK ? run_processes(run) : rc;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		(void)close(fd); /* nothing to lose; the lock goes with it */
}

int yg_command_hub(int argc, char **argv)
{
	struct hub_cli cli;
	struct hub_run run = {.cli = &cli,
			      .settings = {.http_fd = -1, .sensors_fd = -1},
			      .lock_fd = -1,
			      .signal_fd = -1};
	int status;
	int rc;

	if (!read_cli(argc, argv, &cli, &status)) {
		yg_hub_config_done(&cli.config);
		return status;
	}
	rc = run_hub(&run);
	close_fd(run.settings.http_fd);
	close_fd(run.settings.sensors_fd);
	close_fd(run.signal_fd);
	close_fd(run.lock_fd);
	yg_hub_config_done(&cli.config);
	return rc == YG_OK ? YG_EXIT_DONE : YG_EXIT_FAILED;
}
