/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura hub`: the command line, the data folder and its lock, the loop. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/hub-int.h"
#include "app/hub_archive.h"
#include "app/hub_retention.h"
#include "app/say.h"
#include "base/disk.h"
#include "base/io.h"
#include "web/server.h"
#include "wire/message.h"

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
};

struct hub_run {
	const struct hub_cli *cli;
	struct yg_hub hub;
	struct yg_control *store;
	struct yg_web *web;
	struct yg_hub_archive *archive;
	struct yg_hub_retention *retention;
	char archive_dir[YG_HUB_PATH_MAX];
	char db_path[YG_HUB_PATH_MAX];
	int lock_fd;
	int signal_fd;
	char host[YG_CERT_NAME_MAX + 1];
};

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

static bool check_cli(struct hub_cli *cli)
{
	if (!cli->data) {
		yg_say_hint(N_("it holds everything that the hub keeps; an empty one is filled"),
			    N_("hub: give the data folder with --data"));
		return false;
	}
	if (!read_place("--http", cli->http_text, &cli->http) ||
	    !read_place("--sensors", cli->sensors_text, &cli->sensors))
		return false;
	if (strcmp(cli->http.host, "127.0.0.1") != 0) {
		yg_say_hint(N_("put a reverse proxy in front of it, or reach it through a tunnel"),
			    N_("--http %s: pages are served on 127.0.0.1 only"),
			    yg_say_safe(yg_bytes_str(cli->http_text), 80));
		return false;
	}
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

/* False: *ret_status is the exit status. */
static bool read_cli(int argc, char **argv, struct hub_cli *cli, int *ret_status)
{
	static const struct option longs[] = {
		{"data", required_argument, NULL, 'd'},	   {"http", required_argument, NULL, 'w'},
		{"sensors", required_argument, NULL, 's'}, {"name", required_argument, NULL, 'n'},
		{"check-config", no_argument, NULL, 'c'},  {"lang", required_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},	   {0},
	};
	int c;

	*cli = (struct hub_cli){.http_text = YG_HUB_HTTP, .sensors_text = YG_HUB_SENSORS};
	*ret_status = YG_EXIT_FAILED;
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (c == 'd')
			cli->data = optarg;
		else if (c == 'w')
			cli->http_text = optarg;
		else if (c == 's')
			cli->sensors_text = optarg;
		else if (c == 'c')
			cli->is_check = true;
		else if (c == 'n' && !add_name(cli, optarg))
			return false;
		else if (c == 'h') {
			yg_help_hub();
			*ret_status = YG_EXIT_DONE;
			return false;
		} else if (c == '?') {
			yg_say(N_("`yagura hub --help` shows the options"));
			return false;
		}
	}
	if (optind < argc) {
		yg_say_hint(N_("`yagura hub --help` shows the options"),
			    N_("hub: %s: this word is one too many"),
			    yg_say_safe(yg_bytes_str(argv[optind]), 80));
		return false;
	}
	return check_cli(cli);
}

/* ---- the data folder ---- */

static int say_path(const struct hub_run *run, const char *name, int rc)
{
	yg_say("%s/%s: %s", yg_say_safe(yg_bytes_str(run->cli->data), 300), name,
	       yg_say_tr(yg_err_text(rc)));
	return rc;
}

static int make_folder(const struct hub_run *run, const char *name)
{
	char path[YG_HUB_PATH_MAX];

	if (!yg_hub_path(&run->hub, name, path))
		return say_path(run, name, YG_ELIMIT);
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return say_path(run, name, yg_err_from_errno(errno));
	return YG_OK;
}

/* What was made in the folder is there after a power cut too. */
static int sync_folder(const struct hub_run *run)
{
	int fd = open(run->cli->data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 ? yg_err_from_errno(errno) : yg_disk_sync(fd);

	if (fd >= 0)
		(void)close(fd); /* read only: nothing to lose */
	return rc == YG_OK ? YG_OK : say_path(run, "", rc);
}

/* One hub for a folder. The lock goes with the process, however that ends. */
static int lock(struct hub_run *run)
{
	char path[YG_HUB_PATH_MAX];

	if (!yg_hub_path(&run->hub, "lock", path))
		return say_path(run, "lock", YG_ELIMIT);
	run->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (run->lock_fd < 0)
		return say_path(run, "lock", yg_err_from_errno(errno));
	if (flock(run->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return YG_OK;
	yg_say_hint(N_("end that one first, or give this one a folder of its own"),
		    N_("%s: another hub is running on this data folder"),
		    yg_say_safe(yg_bytes_str(run->cli->data), 300));
	return YG_EAGAIN;
}

/* Made when it is not there; the folder above it must be. */
static int open_folder(struct hub_run *run)
{
	if (mkdir(run->cli->data, 0700) != 0 && errno != EEXIST)
		return say_path(run, "", yg_err_from_errno(errno));
	return YG_OK;
}

/* ---- parts ---- */

static int open_store(struct hub_run *run)
{
	int rc = yg_hub_path(&run->hub, "hub.db", run->db_path)
			 ? yg_control_open_sqlite(run->db_path, true, &run->store)
			 : YG_ELIMIT;

	if (rc == YG_OK)
		rc = yg_enrol_new(run->store, run->hub.clock, "hub", &run->hub.enrol);
	return rc == YG_OK ? rc : say_path(run, "hub.db", rc);
}

static int open_journal(struct hub_run *run)
{
	struct yg_journal_report report;
	char path[YG_HUB_PATH_MAX];
	int rc = yg_hub_path(&run->hub, "journal", path)
			 ? yg_keep_open_journal(path, 0, &run->hub.keep, &report)
			 : YG_ELIMIT;

	if ((rc == YG_EDIGEST || rc == YG_EFORMAT) && report.fault_file[0])
		yg_say_hint(N_("what stands there was acknowledged: put back a backup of the whole "
			       "data folder; sensors send again what is missing"),
			    N_("the journal is damaged: %s"), report.text);
	else if (rc != YG_OK)
		(void)say_path(run, "journal", rc);
	else if (report.cut_bytes > 0)
		yg_say(N_("%s/journal/%s: %llu bytes behind byte %llu were never acknowledged and "
			  "are left out"),
		       yg_say_safe(yg_bytes_str(run->cli->data), 300), report.cut_file,
		       (unsigned long long)report.cut_bytes, (unsigned long long)report.cut_at);
	return rc;
}

static int open_archive(struct hub_run *run)
{
	struct yg_hub_archive_opts opts = {
		.dir = run->archive_dir, .name = YG_KEEP_CONSUMER, .clock = run->hub.clock};
	int rc;

	if (!yg_hub_path(&run->hub, "archive", run->archive_dir))
		return say_path(run, "archive", YG_ELIMIT);
	opts.journal = yg_keep_journal(run->hub.keep);
	rc = yg_hub_archive_new(&opts, &run->archive);
	if (rc != YG_EMISMATCH)
		return rc == YG_OK ? rc : say_path(run, "journal/cursors/" YG_KEEP_CONSUMER, rc);
	yg_say_hint(N_("put back the whole data folder from one backup; sensors send again what "
		       "is missing"),
		    N_("%s/journal: the archive was made from more than this journal holds"),
		    yg_say_safe(yg_bytes_str(run->cli->data), 300));
	return rc;
}

/* By which names do sensors know this machine? */
static int open_ca(struct hub_run *run)
{
	const struct hub_cli *cli = run->cli;
	const char *names[YG_HUB_NAMES_MAX + 5] = {"localhost", "127.0.0.1", "::1"};
	char folder[YG_HUB_PATH_MAX];
	size_t count = 3;

	if (gethostname(run->host, sizeof(run->host) - 1) == 0 && run->host[0])
		names[count++] = run->host;
	if (cli->sensors.host[0] && strcmp(cli->sensors.host, "0.0.0.0") != 0 &&
	    strcmp(cli->sensors.host, "127.0.0.1") != 0)
		names[count++] = cli->sensors.host;
	for (size_t i = 0; i < cli->name_count; i++)
		names[count++] = cli->names[i];
	if (!yg_hub_path(&run->hub, "ca", folder))
		return say_path(run, "ca", YG_ELIMIT);
	return yg_hub_ca_open(&run->hub.ca, folder, names, count, yg_hub_now(&run->hub));
}

static int say_port(const char *option, const char *text, int rc)
{
	if (rc == YG_EDUPLICATE || rc == YG_EACCES)
		yg_say_hint(N_("another program has it, or it is below 1024: take another, or 0 "
			       "for a free one"),
			    N_("%s %s: this port cannot be used"), option, text);
	else
		yg_say("%s %s: %s", option, text, yg_say_tr(yg_err_text(rc)));
	return rc;
}

static bool is_ready(void *arg)
{
	const struct hub_run *run = arg;

	return run->hub.tls != NULL;
}

static int open_listeners(struct hub_run *run)
{
	struct yg_web_config config = {
		.port = run->cli->http.port,
		.is_ready = is_ready,
		.is_ready_arg = run,
		.clock = run->hub.clock,
	};
	int rc = yg_hub_listen(&run->hub, &run->cli->sensors);

	if (rc != YG_OK)
		return say_port("--sensors", run->cli->sensors_text, rc);
	rc = yg_web_open(&config, &run->web);
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

static int open_parts(struct hub_run *run)
{
	int rc = open_folder(run);

	if (rc == YG_OK)
		rc = lock(run);
	if (rc == YG_OK)
		rc = make_folder(run, "heartbeats");
	if (rc == YG_OK)
		rc = make_folder(run, "archive");
	if (rc == YG_OK)
		rc = open_store(run);
	if (rc == YG_OK)
		rc = open_ca(run);
	if (rc == YG_OK)
		rc = open_journal(run);
	if (rc == YG_OK)
		rc = open_archive(run);
	if (rc == YG_OK)
		rc = sync_folder(run);
	return rc;
}

static void close_parts(struct hub_run *run)
{
	struct yg_hub *hub = &run->hub;

	run->web = yg_web_free(run->web);
	hub->tls = yg_tls_free(hub->tls);
	yg_hub_waiters_done(hub);
	run->retention = yg_hub_retention_free(run->retention);
	run->archive = yg_hub_archive_free(run->archive);
	if (hub->keep)
		hub->keep = hub->keep->ops->free(hub->keep);
	yg_hub_ca_done(&hub->ca);
	hub->enrol = yg_enrol_free(hub->enrol);
	run->store = yg_control_free(run->store);
	yg_buf_done(&hub->content);
	yg_buf_done(&hub->text);
	if (run->lock_fd >= 0)
		(void)close(run->lock_fd); /* the lock goes with it */
	if (run->signal_fd >= 0)
		(void)close(run->signal_fd); /* nothing to lose */
}

/* ---- running ---- */

static int open_signals(struct hub_run *run)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return YG_EIO;
	run->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return run->signal_fd < 0 ? yg_err_from_errno(errno) : YG_OK;
}

/* The first line of standard output: for the program that started this one. */
static int print_ready(struct hub_run *run)
{
	struct yg_net_place sensors = yg_tls_place(run->hub.tls);
	char *real = realpath(run->hub.ca.path, NULL);
	char text[YG_NET_TEXT_MAX];
	struct yg_buf line;
	int rc;

	/* Every address: name the machine, whose name stands in the certificate. */
	yg_net_write(&sensors, text);
	yg_buf_init(&line, 4 * YG_HUB_PATH_MAX);
	yg_buf_addf(&line, "{\"ready\":true,\"url\":\"http://127.0.0.1:%u\",\"sensors\":\"https://",
		    (unsigned)yg_web_port(run->web));
	if (sensors.host[0] == '\0' || strcmp(sensors.host, "0.0.0.0") == 0)
		yg_buf_addf(&line, "%s:%u", run->host[0] ? run->host : "127.0.0.1",
			    (unsigned)sensors.port);
	else
		yg_buf_add_str(&line, text);
	yg_buf_add_str(&line, "\",\"ca\":");
	yg_buf_add_json(&line, yg_bytes_str(real ? real : run->hub.ca.path));
	/* There is no console yet that a link could lead to. */
	yg_buf_add_str(&line, ",\"admin_link\":null}\n");
	rc = yg_buf_error(&line);
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&line));
	yg_buf_done(&line);
	free(real);
	return rc;
}

static int shortest(int a, int b)
{
	return a < 0 ? b : b < 0 || a < b ? a : b;
}

static int serve(struct hub_run *run)
{
	struct pollfd fds[] = {
		{.fd = yg_tls_fd(run->hub.tls), .events = POLLIN},
		{.fd = yg_web_fd(run->web), .events = POLLIN},
		{.fd = run->signal_fd, .events = POLLIN},
	};
	int rc = YG_OK;

	while (rc == YG_OK) {
		int wait_ms = shortest(
			shortest(yg_tls_timeout_ms(run->hub.tls), yg_web_timeout_ms(run->web)),
			yg_hub_timeout_ms(&run->hub));

		if (poll(fds, 3, wait_ms) < 0 && errno != EINTR)
			return yg_err_from_errno(errno);
		if (fds[2].revents)
			return YG_OK;
		rc = yg_tls_run(run->hub.tls);
		if (rc == YG_OK)
			rc = yg_web_run(run->web);
		if (rc == YG_OK)
			yg_hub_round(&run->hub);
	}
	return rc;
}

/* Nothing is made, and a hub that runs is not disturbed. */
static int check_config(struct hub_run *run)
{
	struct stat st;

	if (stat(run->cli->data, &st) == 0 && !S_ISDIR(st.st_mode))
		return say_path(run, "", YG_EINVAL);
	if (access(run->cli->data, R_OK | W_OK | X_OK) != 0 && errno != ENOENT)
		return say_path(run, "", yg_err_from_errno(errno));
	puts(yg_say_tr(N_("the configuration is good")));
	return YG_OK;
}

static int start_retention(struct hub_run *run)
{
	const struct yg_hub_retention_opts opts = {.archive_dir = run->archive_dir,
						   .db_path = run->db_path,
						   .journal = yg_keep_journal(run->hub.keep),
						   .clock = run->hub.clock};

	return yg_hub_retention_start(&opts, &run->retention);
}

static int run_hub(struct hub_run *run)
{
	int rc;

	if (run->cli->is_check)
		return check_config(run);
	rc = open_parts(run);
	raise_limits();
	if (rc == YG_OK)
		rc = open_listeners(run);
	if (rc != YG_OK)
		return rc;
	rc = open_signals(run);
	if (rc == YG_OK)
		rc = yg_hub_archive_start(run->archive); /* inherits the signals' mask */
	if (rc == YG_OK)
		rc = start_retention(run);
	if (rc == YG_OK)
		rc = print_ready(run);
	if (rc == YG_OK)
		rc = serve(run);
	if (rc != YG_OK)
		yg_say(N_("the hub cannot go on: %s; what it acknowledged is kept"),
		       yg_say_tr(yg_err_text(rc)));
	return rc;
}

int yg_command_hub(int argc, char **argv)
{
	struct hub_cli cli;
	struct hub_run run = {.cli = &cli, .lock_fd = -1, .signal_fd = -1};
	int status;
	int rc;

	if (!read_cli(argc, argv, &cli, &status))
		return status;
	run.hub.data = cli.data;
	run.hub.clock = yg_clock_system();
	yg_buf_init(&run.hub.content, YG_WIRE_CONTENT_MAX);
	yg_buf_init(&run.hub.text, 4 * YG_WIRE_MESSAGE_MAX);
	rc = run_hub(&run);
	close_parts(&run);
	return rc == YG_OK ? YG_EXIT_DONE : YG_EXIT_FAILED;
}
