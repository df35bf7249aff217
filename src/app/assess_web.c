/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `yagura assess web`: the assessment in the browser of the person at this machine.
 *
 * One thread: poll on the server, on signals, and on the terminal, where Enter prints a new link.
 * The operations are assess/api.h's; here are the session (whose desk is it?) and the loop.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/assess-int.h"
#include "app/assess_lent.h"
#include "app/console.h"
#include "assess/api.h"
#include "base/io.h"
#include "base/json.h"
#include "web/server.h"
#include "web/session.h"

#include "base/ban.h"

#define SESSION_BODY_MAX 4096u
#define OPENER_PATH_MAX	 512u
#define TERMINAL_BYTES	 256u

extern char **environ;

/* Where a browser session sits: its owner's desk, or that of an invited expert. */
struct desk {
	uint32_t session;	  /* web/session.h; 0: free */
	struct yg_access *expert; /* NULL: the owner's own */
	char id[YG_ASSESS_ID_MAX];
};

struct web_run {
	struct yg_assess_run *run;
	struct yg_assess_api *api;
	struct desk desks[YG_WEB_SESSIONS_MAX];
	struct desk *now; /* of the request that is being served */
};

/* ---- desks ---- */

static void leave_desk(struct web_run *web, struct desk *desk)
{
	yg_assess_api_forget(web->api);
	desk->expert = yg_access_free(desk->expert);
	desk->id[0] = 0;
}

/* The desk of @session; a new session takes that of the oldest, which has ended. */
static struct desk *desk_of(struct web_run *web, uint32_t session)
{
	struct desk *oldest = &web->desks[0];

	for (size_t i = 0; i < YG_WEB_SESSIONS_MAX; i++) {
		if (web->desks[i].session == session)
			return &web->desks[i];
		if (web->desks[i].session < oldest->session)
			oldest = &web->desks[i];
	}
	leave_desk(web, oldest);
	oldest->session = session;
	return oldest;
}

static struct yg_access *access_at(const struct web_run *web, const struct desk *desk)
{
	return desk->expert ? desk->expert : web->run->access;
}

static int resolve(void *arg, uint32_t session, struct yg_access **ret)
{
	struct web_run *web = arg;

	web->now = desk_of(web, session);
	*ret = access_at(web, web->now);
	return YG_OK;
}

/* ---- /api/v1/session ---- */

struct newest {
	json_t *document; /* owned */
};

static int keep_newest(void *arg, const struct yg_doc *doc)
{
	struct newest *newest = arg;
	struct yg_fault fault;
	json_t *document = NULL;
	int rc = yg_json_load(doc->body, YG_DOC_BODY_MAX, &document, &fault);

	if (rc != YG_OK)
		return rc;
	json_decref(newest->document);
	newest->document = document;
	return YG_OK;
}

static json_t *may_json(const struct yg_access *access)
{
	static const struct {
		const char *key;
		const char *kind;
	} rights[] = {
		{"manage", "assessment"}, {"answer", "answer"},
		{"evidence", "evidence"}, {"scope", "scope"},
		{"dispute", "dispute"},	  {"confirm", "confirmation"},
		{"invite", "expert"},	  {"technical", "technical"},
		{"official", "official"}, {"official_result", "official_result"},
		{"framework", "library"}, {"facts", "facts"},
	};
	json_t *may = json_object();

	for (size_t i = 0; may && i < sizeof(rights) / sizeof(rights[0]); i++)
		if (yg_json_set(may, rights[i].key,
				json_boolean(yg_access_may_write(access, rights[i].kind))) !=
		    YG_OK) {
			json_decref(may);
			return NULL;
		}
	return may;
}

static int session_reply(const struct web_run *web, struct yg_reply *reply)
{
	struct yg_access *access = access_at(web, web->now);
	struct yg_doc_filter filter = {.kind = YG_S("assessment"), .limit = YG_DOC_LIST_MAX};
	struct newest newest = {0};
	json_t *session = NULL;
	int rc = yg_access_visit(access, &filter, keep_newest, &newest);

	if (rc == YG_OK) {
		session = json_pack("{s:o, s:s, s:o, s:s, s:o, s:o}", "actor",
				    yg_json_string(yg_bytes_str(yg_access_actor(access))), "role",
				    yg_role_name(yg_access_role(access)), "organisation",
				    yg_json_string(yg_json_text(newest.document, "organisation")),
				    "version", YG_VERSION, "acting_as",
				    web->now->expert ? json_string(web->now->id) : json_null(),
				    "may", may_json(access));
		rc = session ? yg_json_canonical(session, &reply->body) : YG_ENOMEM;
	}
	json_decref(newest.document);
	json_decref(session);
	return rc;
}

static int get_session(void *context, struct yg_access *access, const struct yg_request *request,
		       struct yg_reply *reply)
{
	(void)access;
	(void)request;
	return session_reply(context, reply);
}

/* Sit down at the desk of expert @id, or with an empty one at the own desk. */
static int change_desk(struct web_run *web, struct yg_bytes id)
{
	struct yg_access *expert = NULL;
	char text[YG_ASSESS_ID_MAX];
	int rc;

	if (id.size >= sizeof(text))
		return YG_ENOENT;
	(void)snprintf(text, sizeof(text), "%.*s", YG_FMT(id)); /* fits: checked */
	rc = id.size ? yg_access_as_expert(web->run->access, text, &expert) : YG_OK;
	if (rc != YG_OK)
		return rc;
	leave_desk(web, web->now);
	web->now->expert = expert;
	memcpy(web->now->id, text, sizeof(text));
	return YG_OK;
}

static int refuse_session(struct yg_reply *reply, enum yg_lang lang, int rc)
{
	if (rc == YG_EINVAL)
		return yg_reply_problem(
			reply, 400, "bad-request",
			yg_tr(lang, N_("The content does not fit this operation")),
			yg_tr(lang,
			      N_("Send {\"act_as\": \"ID\"} with the id of an invited expert, or "
				 "{\"act_as\": null} for the own desk.")));
	if (rc == YG_ENOENT)
		return yg_reply_problem(reply, 404, "unknown-expert",
					yg_tr(lang, N_("This expert has not been invited")),
					yg_tr(lang, N_("Load the list of experts again.")));
	if (rc == YG_EACCES)
		return yg_reply_problem(
			reply, 403, "invitation-over",
			yg_tr(lang, N_("The invitation of this expert is over")),
			yg_tr(lang, N_("The owner can set a new last day in the invitation.")));
	return rc;
}

static int put_session(void *context, struct yg_access *access, const struct yg_request *request,
		       struct yg_reply *reply)
{
	struct web_run *web = context;
	struct yg_fault fault;
	json_t *in = NULL;
	const json_t *act_as;
	int rc = yg_json_load(request->body, SESSION_BODY_MAX, &in, &fault);

	(void)access;
	act_as = json_object_get(in, "act_as");
	if (rc == YG_EFORMAT || rc == YG_ELIMIT ||
	    (rc == YG_OK && !json_is_null(act_as) && !json_is_string(act_as)))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = change_desk(web, yg_json_text(in, "act_as"));
	json_decref(in);
	return rc == YG_OK ? session_reply(web, reply) : refuse_session(reply, request->lang, rc);
}

static const struct yg_route session_routes[] = {
	{YG_METHOD_GET, "/api/v1/session", "getSession", get_session, 0, 0},
	{YG_METHOD_PUT, "/api/v1/session", "putSession", put_session, 0, 0},
};

/* ---- opening the browser ---- */

/*
 * A page, readable by this user alone, that leads to @link: handed over on a command line the key
 * would stand in the list of processes for everybody on this machine.
 */
static bool write_opener(const char *link, char path[OPENER_PATH_MAX])
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	char page[512];
	int size = snprintf(
		page, sizeof(page),
		"<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<meta name=\"referrer\" "
		"content=\"no-referrer\">\n<meta http-equiv=\"refresh\" "
		"content=\"0; url=%s\">\n<title>Yagura</title>\n<a href=\"%s\">Yagura</a>\n",
		link, link);
	int length = snprintf(path, OPENER_PATH_MAX, "%s/yagura-XXXXXX.html",
			      folder && folder[0] == '/' ? folder : "/tmp");
	int fd = length > 0 && (size_t)length < OPENER_PATH_MAX ? mkstemps(path, 5) : -1;
	bool is_written;

	if (fd < 0 || size <= 0 || (size_t)size >= sizeof(page)) {
		path[0] = 0;
		return false;
	}
	is_written =
		yg_io_write(fd, (struct yg_bytes){(const uint8_t *)page, (size_t)size}) == YG_OK;
	return close(fd) == 0 && is_written;
}

/* The process of xdg-open, or -1: then the person opens the link that was printed. */
static pid_t open_browser(const char *link, char path[OPENER_PATH_MAX])
{
	posix_spawnattr_t attributes;
	char program[] = "xdg-open";
	char *const argv[] = {program, path, NULL};
	sigset_t none;
	pid_t pid = -1;

	if (!write_opener(link, path) || posix_spawnattr_init(&attributes) != 0)
		return -1;
	sigemptyset(&none);
	if (posix_spawnattr_setsigmask(&attributes, &none) != 0 ||
	    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK) != 0 ||
	    posix_spawnp(&pid, program, NULL, &attributes, argv, environ) != 0)
		pid = -1;
	(void)posix_spawnattr_destroy(&attributes);
	if (pid < 0)
		yg_say(N_("the browser could not be started: open the link yourself"));
	return pid;
}

/* ---- the loop ---- */

static void print_link(struct yg_web *server, bool is_first, char to[YG_WEB_LINK_MAX])
{
	yg_web_link(server, to);
	puts(yg_say_tr(is_first
			       ? N_("Open this link in the browser on this machine; it works once:")
			       : N_("A new link; it works once:")));
	puts(to);
	if (is_first)
		puts(yg_say_tr(isatty(STDIN_FILENO) ? N_("Enter: another link. Ctrl+C: end.")
						    : N_("Ctrl+C: end.")));
	(void)fflush(stdout); /* asked again at the end */
}

/* A line on the terminal asks for a link. False when nothing more can come. */
static bool obey_terminal(struct yg_web *server)
{
	char mem[TERMINAL_BYTES];
	char link[YG_WEB_LINK_MAX];
	ssize_t size = read(STDIN_FILENO, mem, sizeof(mem));

	if (size > 0)
		print_link(server, false, link);
	yg_wipe(link, sizeof(link));
	return size > 0 || (size < 0 && errno == EINTR);
}

/* Until a signal comes. YG_OK or an error of the server. */
static int serve(struct yg_web *server, int signals)
{
	struct pollfd fds[] = {
		{.fd = yg_web_fd(server), .events = POLLIN},
		{.fd = signals, .events = POLLIN},
		{.fd = isatty(STDIN_FILENO) ? STDIN_FILENO : -1, .events = POLLIN},
	};
	int rc = YG_OK;

	while (rc == YG_OK) {
		if (poll(fds, 3, yg_web_timeout_ms(server)) < 0) {
			if (errno != EINTR)
				return yg_err_from_errno(errno);
			continue;
		}
		if (fds[1].revents)
			return YG_OK;
		if (fds[2].revents && !obey_terminal(server))
			fds[2].fd = -1;
		rc = yg_web_run(server);
	}
	return rc;
}

/* SIGINT and SIGTERM as a descriptor, or -1. */
static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int say_server(const struct yg_assess_cli *cli, int rc)
{
	if (rc == YG_EACCES)
		yg_say_hint(N_("leave out --port: a free one is taken then"),
			    N_("port %u is taken or may not be used"), (unsigned)cli->port);
	else
		yg_say(N_("the server could not go on: %s"), yg_say_tr(yg_err_text(rc)));
	return YG_EXIT_FAILED;
}

static int run_server(struct yg_assess_run *run, const struct yg_web_config *config)
{
	char link[YG_WEB_LINK_MAX];
	char opener[OPENER_PATH_MAX] = "";
	struct yg_web *server;
	pid_t browser = -1;
	int signals = open_signals();
	int rc = signals < 0 ? YG_EIO : yg_web_open(config, &server);

	if (rc == YG_OK) {
		print_link(server, true, link);
		if (run->cli->is_opening)
			browser = open_browser(link, opener);
		yg_wipe(link, sizeof(link));
		rc = serve(server, signals);
		server = yg_web_free(server);
	}
	if (signals >= 0)
		close(signals);
	if (opener[0])
		(void)unlink(opener); /* gone already is as good */
	if (browser > 0)
		(void)waitpid(browser, NULL, WNOHANG); /* a child that still runs goes on alone */
	return rc == YG_OK ? YG_EXIT_DONE : say_server(run->cli, rc);
}

/* Every route, for the test that compares them with docs/openapi.json. */
static int print_routes(const struct yg_route_table *tables, size_t count)
{
	for (size_t t = 0; t < count; t++)
		for (size_t i = 0; i < tables[t].count; i++)
			printf("%s %s %s\n", yg_method_name(tables[t].routes[i].method),
			       tables[t].routes[i].pattern, tables[t].routes[i].id);
	return YG_EXIT_DONE;
}

int yg_assess_cmd_web(struct yg_assess_run *run)
{
	struct yg_assess_api_ports ports;
	struct web_run web = {.run = run};
	struct yg_route_table tables[2];
	struct yg_web_config config = {
		.port = (uint16_t)run->cli->port,
		.tables = tables,
		.table_count = 2,
		.files = yg_console_table,
		.file_count = yg_console_count,
		.resolve = resolve,
		.resolve_arg = &web,
		.clock = yg_clock_system(),
	};
	int status;

	yg_assess_lend_api(run, &ports);
	web.api = yg_assess_api_new(&ports);
	if (!web.api)
		return yg_assess_say_store(run, YG_ENOMEM);
	tables[0] = (struct yg_route_table){
		session_routes, sizeof(session_routes) / sizeof(session_routes[0]), &web};
	tables[1] = yg_assess_api_routes(web.api);
	status = run->cli->is_routes_only ? print_routes(tables, 2) : run_server(run, &config);
	for (size_t i = 0; i < YG_WEB_SESSIONS_MAX; i++)
		leave_desk(&web, &web.desks[i]);
	web.api = yg_assess_api_free(web.api);
	return status;
}
