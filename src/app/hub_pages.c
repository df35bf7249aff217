/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages: TLS and HTTP of people and programs. It holds what docs/api.md says "for all" (host,
 * origin, sizes, types, proxies: web/server.h), and knows nobody: cookie, token and address go to
 * the keeper as they were shown.
 *
 *   head ─► something to say, or a body to come? ─► ASK, the body waits ─► MAY
 *   all there ─► CALL ─► (the connection waits) ─► ANSWER ─► response; or a stream: PIECE … END
 *   the browser went ─► GONE
 *
 * A process of its own beside the front of the sensors: two programs of the outside (browsers and
 * sensors), two TLS keys, two sets of connections, and a fault in one is none of the other. While
 * there is no keeper, the answer is 503, and browsers find their place again afterwards.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "access/api.h"
#include "app/console.h"
#include "app/hub-int.h"
#include "app/hub_pages_wire.h"
#include "app/process.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/io.h"
#include "share/taxii.h"
#include "web/pem.h"
#include "web/server.h"

#include "base/ban.h"

#define CONNECTIONS 2048u
#define OTHER_FDS   128u	/* what libraries open */
#define QUEUE_HIGH  (48u << 20) /* bytes that wait for the keeper: new calls are put off */
#define PEM_MAX	    (4u * YG_CERT_PEM_MAX)
static_assert(CONNECTIONS <= YG_PAGES_CALLS_MAX, "each connection may have a call that waits");

/* A call that the keeper has: its id carries its place and a number that is never used again. */
struct pages;
struct pending {
	struct pages *pages;
	struct yg_api_later *call; /* NULL: free, or the browser went */
	struct yg_reply *reply;
	uint64_t id;
	bool is_served; /* all of it is there, not only its head */
	bool is_stream;
	bool is_more;	    /* more of its body is to come */
	uint32_t next_free; /* + 1; 0: none */
};

struct pages {
	struct yg_web *web;
	struct yg_msg_pipe keeper;
	struct pending *pending;
	uint32_t first_free; /* + 1 */
	uint64_t serial;
	bool is_broken; /* the keeper could not be told that somebody went */
	struct yg_web_remote remote;
	struct yg_route_table tables[2];
	struct yg_web_file *files; /* of the console, as the hub shows them; file_count entries */
	size_t file_count;
	char *key; /* PEM, as the next; NULL: in the clear */
	char *certificate;
	char *client_authorities;
};

/* ---- calls at the keeper ---- */

static void release(struct pages *pages, struct pending *pending)
{
	pending->call = NULL;
	pending->reply = NULL;
	pending->id = 0;
	pending->next_free = pages->first_free;
	pages->first_free = (uint32_t)(pending - pages->pending) + 1;
}

/* NULL: there are too many. */
static struct pending *pend(struct pages *pages, struct yg_api_later *call, struct yg_reply *reply)
{
	struct pending *pending;
	uint64_t place;

	if (pages->first_free == 0)
		return NULL;
	place = pages->first_free - 1;
	pending = &pages->pending[place];
	pages->first_free = pending->next_free;
	*pending = (struct pending){.pages = pages,
				    .call = call,
				    .reply = reply,
				    .id = ++pages->serial << YG_PAGES_PLACE_BITS | place};
	return pending;
}

/* Whose answer is this? NULL: of nobody who still waits. */
static struct pending *pending_of(struct pages *pages, uint64_t id)
{
	uint64_t place = id & ((1u << YG_PAGES_PLACE_BITS) - 1);

	if (place >= YG_PAGES_CALLS_MAX || pages->pending[place].id != id)
		return NULL;
	return &pages->pending[place];
}

/* The browser went. */
static void gone(void *arg)
{
	struct pending *pending = arg;
	struct pages *pages = pending->pages;
	int rc = yg_pages_word_put(&pages->keeper, YG_PAGES_GONE, pending->id);

	if (rc != YG_OK && rc != YG_EPIPE)
		pages->is_broken = true;
	release(pages, pending);
}

/* The one that @call has since ask(), if any. */
static struct pending *pending_at(const struct yg_api_later *call)
{
	return call->cancel == gone ? call->arg : NULL;
}

/* ---- what the server asks ---- */

static void fill_call(struct yg_pages_call *to, const struct yg_web_caller *caller,
		      const struct yg_request *request)
{
	*to = (struct yg_pages_call){
		.method = (unsigned)request->method,
		.lang = request->lang,
		.is_direct = caller->is_direct,
		.is_local = caller->is_local,
		.path = request->path,
		.query = request->query,
		.content_type = request->content_type,
		.accept = request->accept,
		.type_parameters = request->type_parameters,
		.login = request->login,
		.if_match = request->if_match,
		.file_name = request->file_name,
		.remote = request->remote,
		.browser = request->browser,
		.idempotency_key = request->idempotency_key,
		.token = caller->token,
		.bearer = caller->bearer,
		.body = request->body,
	};
}

static int hand_on(struct pages *pages, enum yg_pages_kind kind, struct pending *pending,
		   const struct yg_pages_call *call)
{
	int rc = YG_EAGAIN;

	if (pages->keeper.fd < 0)
		rc = YG_EPIPE;
	else if (pages->keeper.out.size - pages->keeper.sent < QUEUE_HIGH)
		rc = yg_pages_call_put(&pages->keeper, kind, pending->id, call);
	if (rc != YG_OK)
		return rc;
	pending->call->cancel = gone;
	pending->call->arg = pending;
	return YG_API_LATER;
}

static int ask(void *arg, struct yg_api_later *call, const struct yg_web_caller *caller,
	       const struct yg_request *request, struct yg_reply *reply)
{
	struct pages *pages = arg;
	struct pending *pending = pend(pages, call, reply);
	struct yg_pages_call message;
	int rc;

	if (!pending)
		return YG_EAGAIN;
	fill_call(&message, caller, request);
	rc = hand_on(pages, YG_PAGES_ASK, pending, &message);
	if (rc != YG_API_LATER)
		release(pages, pending);
	return rc;
}

static int serve(void *arg, struct yg_api_later *call, const struct yg_web_caller *caller,
		 const struct yg_request *request, struct yg_reply *reply)
{
	struct pages *pages = arg;
	struct pending *asked = pending_at(call);
	struct pending *pending = asked ? asked : pend(pages, call, reply);
	struct yg_pages_call message;
	int rc;

	if (!pending)
		return YG_EAGAIN;
	pending->is_served = true;
	fill_call(&message, caller, request);
	rc = hand_on(pages, YG_PAGES_CALL, pending, &message);
	if (rc != YG_API_LATER && !asked)
		release(pages, pending); /* else the end of the exchange says it */
	return rc;
}

/* ---- what the keeper says ---- */

static void finish(struct pages *pages, struct pending *pending, int error)
{
	struct yg_api_later *call = pending->call;
	bool is_served = pending->is_served;

	release(pages, pending);
	if (is_served)
		yg_web_finish(pages->web, call, error);
	else
		yg_web_admit(pages->web, call, error ? error : YG_EEND);
}

static int hear_answer(struct pages *pages, struct pending *pending, const struct yg_msg *message)
{
	bool is_more;

	if (pending->is_more || pending->is_stream ||
	    yg_pages_answer_read(message->body, pending->reply, &is_more) != YG_OK)
		return YG_EFORMAT;
	if (pending->reply->is_stream) {
		if (!pending->is_served)
			return YG_EFORMAT;
		pending->is_stream = true;
		yg_web_finish(pages->web, pending->call, YG_OK);
	} else if (is_more) {
		pending->is_more = true;
	} else {
		finish(pages, pending, YG_OK);
	}
	return YG_OK;
}

static int hear_piece(struct pages *pages, struct pending *pending, struct yg_bytes piece)
{
	if (pending->is_stream)
		/* One that nobody reads says so by its end. */
		(void)yg_web_stream_put(pages->web, pending->call, piece);
	else if (pending->is_more)
		yg_buf_add(&pending->reply->body, piece); /* shows in the buffer */
	else
		return YG_EFORMAT;
	return YG_OK;
}

static int hear_end(struct pages *pages, struct pending *pending)
{
	if (pending->is_stream) {
		struct yg_api_later *call = pending->call;

		release(pages, pending);
		yg_web_stream_end(pages->web, call);
	} else if (pending->is_more) {
		finish(pages, pending, YG_OK);
	} else {
		return YG_EFORMAT;
	}
	return YG_OK;
}

static int hear(struct pages *pages, const struct yg_msg *message)
{
	struct pending *pending = pending_of(pages, message->id);

	if (!pending)
		return YG_OK; /* said before it knew that the browser went */
	switch (message->kind) {
	case YG_PAGES_MAY:
		if (pending->is_served || pending->is_more)
			return YG_EFORMAT;
		yg_web_admit(pages->web, pending->call, YG_OK);
		return YG_OK;
	case YG_PAGES_ANSWER:
		return hear_answer(pages, pending, message);
	case YG_PAGES_PIECE:
		return hear_piece(pages, pending, message->body);
	case YG_PAGES_END:
		return hear_end(pages, pending);
	default:
		return YG_EFORMAT;
	}
}

/* All who wait for the keeper are told to come again; streams end. */
static void lose_keeper(struct pages *pages)
{
	yg_msg_pipe_close(&pages->keeper);
	for (uint32_t i = 0; i < YG_PAGES_CALLS_MAX; i++) {
		struct pending *pending = &pages->pending[i];

		if (!pending->call)
			continue;
		if (pending->is_stream) {
			pending->is_more = false;
			(void)hear_end(pages, pending); /* a stream ends */
			continue;
		}
		*pending->reply = (struct yg_reply){.body = pending->reply->body,
						    .is_taxii = pending->reply->is_taxii};
		finish(pages, pending, YG_EPIPE);
	}
}

/* Other than YG_OK: it says what it must not. */
static int hear_keeper(struct pages *pages)
{
	struct yg_msg message;
	int rc = yg_msg_fill(&pages->keeper);

	while (rc == YG_OK && (rc = yg_msg_next(&pages->keeper, &message)) == YG_OK)
		rc = hear(pages, &message);
	if (rc == YG_EPIPE)
		lose_keeper(pages);
	return rc == YG_EPIPE || rc == YG_EAGAIN ? YG_OK : rc;
}

/* ---- its life ---- */

/* The operator's own file, read before the walls stand. */
static int read_pem(const char *path, char **ret)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc;

	if (!path)
		return YG_OK;
	rc = yg_io_read_file(path, PEM_MAX, &bytes, &size);
	if (rc == YG_OK) {
		*ret = yg_strndup((const char *)bytes, size);
		rc = *ret ? YG_OK : YG_ENOMEM;
		yg_wipe(bytes, size);
	}
	free(bytes);
	if (rc != YG_OK)
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(yg_err_text(rc)));
	return rc;
}

/* What the system lets this process have open, without what it needs besides. */
static unsigned connections_max(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > CONNECTIONS + OTHER_FDS)
		return CONNECTIONS;
	return limit.rlim_cur > 2 * OTHER_FDS ? (unsigned)limit.rlim_cur - OTHER_FDS : OTHER_FDS;
}

/*
 * The console's files: at a hub its first page is hub.html; that of `assess web`, whose API is not
 * here, is left out. None built in: the web says so itself.
 */
static int find_files(struct pages *pages)
{
	pages->files = yg_calloc(yg_console_count + 1, sizeof(*pages->files));
	if (!pages->files)
		return YG_ENOMEM;
	for (size_t i = 0; i < yg_console_count; i++) {
		struct yg_web_file *file = &pages->files[pages->file_count];

		*file = yg_console_table[i];
		if (strcmp(file->path, "/index.html") == 0)
			continue;
		if (strcmp(file->path, "/hub.html") == 0)
			file->path = "/index.html";
		pages->file_count++;
	}
	return YG_OK;
}

static struct yg_bytes text_of(const char *text)
{
	return text ? yg_bytes_str(text) : (struct yg_bytes){0};
}

/* Which of the files is wrong, and why. */
static int check_pem(const struct pages *pages, const struct yg_hub_settings *settings)
{
	enum yg_web_pem pem = yg_web_pem_check(text_of(pages->certificate), text_of(pages->key),
					       text_of(pages->client_authorities));
	const char *path = pem == YG_WEB_PEM_CERTIFICATE   ? settings->http_certificate
			   : pem == YG_WEB_PEM_AUTHORITIES ? settings->http_client_authorities
							   : settings->http_key;

	if (pem == YG_WEB_PEM_GOOD)
		return YG_OK;
	yg_say("%s: %s", yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(yg_web_pem_text(pem)));
	return YG_EFORMAT;
}

static int open_web(struct pages *pages, const struct yg_hub_settings *settings)
{
	static const char *const of_keeper[] = {"/start", "/readyz", "/metrics", NULL};
	struct yg_web_config config = {
		.port = settings->http.port,
		.listener = settings->http_fd,
		.has_listener = true,
		.key = pages->key,
		.certificate = pages->certificate,
		.client_authorities = pages->client_authorities,
		.connections_max = connections_max(),
		.remote = &pages->remote,
		.tables = pages->tables,
		.table_count = 2,
		.files = pages->files,
		.file_count = pages->file_count,
		.clock = yg_clock_steady(), /* a slow client is one whatever the clock says */
	};
	int rc = YG_OK;

	for (uint32_t i = 0; i < settings->http_names.count && i < YG_WEB_NAMES_MAX; i++)
		config.names[config.name_count++] = settings->http_names.names[i];
	config.proxies = settings->http_proxies;
	pages->remote = (struct yg_web_remote){
		.ask = ask, .serve = serve, .pages = of_keeper, .arg = pages};
	/* Only to know which operations there are. */
	pages->tables[0] = yg_hub_api_routes(NULL);
	pages->tables[1] = yg_taxii_routes(NULL);
	if (pages->key)
		rc = check_pem(pages, settings);
	if (rc == YG_OK)
		rc = yg_web_open(&config, &pages->web);
	else
		return rc;
	if (rc != YG_OK && pages->key)
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(settings->http_certificate), 300),
		       yg_say_tr(yg_err_text(rc)));
	else if (rc != YG_OK)
		(void)yg_hub_say_path(settings->data, "", rc);
	return rc;
}

static int open_all(struct pages *pages, const struct yg_hub_settings *settings)
{
	int rc = read_pem(settings->http_certificate, &pages->certificate);

	if (rc == YG_OK)
		rc = read_pem(settings->http_key, &pages->key);
	if (rc == YG_OK)
		rc = read_pem(settings->http_client_authorities, &pages->client_authorities);
	pages->pending = yg_calloc(YG_PAGES_CALLS_MAX, sizeof(*pages->pending));
	if (rc == YG_OK && (!pages->pending || find_files(pages) != YG_OK))
		rc = yg_hub_say_path(settings->data, "", YG_ENOMEM);
	if (rc != YG_OK)
		return rc;
	for (uint32_t i = YG_PAGES_CALLS_MAX; i-- > 0;)
		release(pages, &pages->pending[i]);
	return open_web(pages, settings);
}

static int round_once(struct pages *pages, int control)
{
	int rc = yg_msg_flush(&pages->keeper);
	struct pollfd fds[] = {
		{.fd = control, .events = POLLIN},
		{.fd = pages->keeper.fd,
		 .events = (short)(POLLIN | (rc == YG_EAGAIN ? POLLOUT : 0))},
		{.fd = yg_web_fd(pages->web), .events = POLLIN},
	};
	unsigned peer;
	int fd;

	if (poll(fds, 3, yg_web_timeout_ms(pages->web)) < 0 && errno != EINTR)
		return yg_err_from_errno(errno);
	if (fds[0].revents) {
		rc = yg_process_next_link(control, &peer, &fd);
		if (rc == YG_EEND)
			return rc;
		if (rc == YG_OK) {
			lose_keeper(pages);
			yg_msg_pipe_open(&pages->keeper, fd);
		}
	} else if (fds[1].revents & ~POLLOUT) {
		rc = hear_keeper(pages);
		if (rc != YG_OK)
			return rc;
	}
	rc = yg_web_run(pages->web);
	return rc == YG_OK && pages->is_broken ? YG_ENOMEM : rc;
}

static void wipe_text(char *text)
{
	if (text)
		yg_wipe(text, strlen(text));
	free(text);
}

int yg_hub_pages_live(void *arg, int control, unsigned index)
{
	const struct yg_hub_settings *settings = arg;
	struct pages pages = {0};
	int rc;

	(void)index;
	yg_hub_forget_link(arg);
	yg_msg_pipe_init(&pages.keeper, YG_PAGES_BODY_MAX, YG_PAGES_QUEUE_MAX);
	rc = open_all(&pages, settings);
	if (rc == YG_OK && yg_wall_enter(YG_WALL_PAGES, NULL) != YG_OK)
		rc = yg_hub_say_path(settings->data, "", YG_EUNSUPPORTED);
	if (rc == YG_OK)
		rc = yg_process_say_ready(control);
	while (rc == YG_OK)
		rc = round_once(&pages, control);
	pages.web = yg_web_free(pages.web);
	yg_msg_pipe_close(&pages.keeper);
	free(pages.pending);
	free(pages.files);
	free(pages.certificate);
	free(pages.client_authorities);
	wipe_text(pages.key);
	return rc == YG_EEND ? YG_OK : rc;
}
