/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "web/server-int.h"

#include "base/ban.h"

/* Longer than any pause of a person, so that the poll is never for nothing. */
#define WAIT_MS_MAX (60 * 1000)
#define PRIORITIES  "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

int64_t yg_web_now_ns(const struct yg_web *web)
{
	return web->config.clock.now_ns(web->config.clock.arg);
}

static int64_t timeout_ns(const struct yg_web *web)
{
	return (int64_t)web->config.timeout_s * YG_NS_PER_S;
}

/* Targets are decoded strictly and once, in web/headers.c: the library leaves them as they are. */
static size_t leave_escaped(void *arg, struct MHD_Connection *connection, char *text)
{
	(void)arg;
	(void)connection;
	return strlen(text);
}

static struct yg_web_slot *slot_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void *begin_request(void *arg, const char *target, struct MHD_Connection *connection)
{
	struct yg_web_exchange *exchange = yg_web_exchange_new(arg, connection, target);

	if (exchange)
		exchange->slot = slot_of(connection);
	return exchange;
}

static enum MHD_Result serve(void *arg, struct MHD_Connection *connection, const char *url,
			     const char *method, const char *version, const char *piece,
			     size_t *piece_size, void **context)
{
	(void)arg;
	(void)url;
	/* Without memory for it the connection is closed: there is none for an answer either. */
	if (!*context)
		return MHD_NO;
	return yg_web_exchange_step(*context, connection, method, version, piece, piece_size);
}

static void end_request(void *arg, struct MHD_Connection *connection, void **context,
			enum MHD_RequestTerminationCode why)
{
	struct yg_web_slot *slot = slot_of(connection);

	*context = yg_web_exchange_free(*context);
	if (slot && why == MHD_REQUEST_TERMINATED_COMPLETED_OK)
		slot->since_ns = yg_web_now_ns(arg);
}

static void note_remote(struct MHD_Connection *connection, struct yg_web_slot *slot)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address = info ? info->client_addr : NULL;

	if (address && address->sa_family == AF_INET)
		(void)inet_ntop(AF_INET,
				&((const struct sockaddr_in *)(const void *)address)->sin_addr,
				slot->remote, sizeof(slot->remote)); /* there is room */
	else if (address && address->sa_family == AF_INET6)
		(void)inet_ntop(AF_INET6,
				&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
				slot->remote, sizeof(slot->remote)); /* as above */
}

static void change_connection(void *arg, struct MHD_Connection *connection, void **context,
			      enum MHD_ConnectionNotificationCode what)
{
	struct yg_web *web = arg;
	const union MHD_ConnectionInfo *info;
	struct yg_web_slot *slot = *context;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (slot)
			slot->fd = -1;
		*context = NULL;
		return;
	}
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	for (size_t i = 0; info && i < web->slot_count; i++) {
		slot = &web->slots[i];
		if (slot->fd >= 0)
			continue;
		*slot = (struct yg_web_slot){.fd = info->connect_fd,
					     .since_ns = yg_web_now_ns(web)};
		note_remote(connection, slot);
		*context = slot;
		return;
	}
}

/* On success *ret_fd is owned by the caller. */
static int listen_here(const struct yg_web_config *config, int *ret_fd, uint16_t *ret_port)
{
	struct yg_net_place place = {.port = config->port};
	struct yg_net_place bound;
	int error;

	if (snprintf(place.host, sizeof(place.host), "%s",
		     config->host ? config->host : "127.0.0.1") >= (int)sizeof(place.host))
		return YG_EINVAL;
	if (!yg_net_is_loopback(&place) && !config->key)
		return YG_EINVAL; /* passwords do not travel in the clear */
	error = yg_net_listen(&place, YG_NET_TCP, ret_fd, &bound);
	if (error == YG_EDUPLICATE)
		return YG_EACCES;
	*ret_port = bound.port;
	return error;
}

static int start(struct yg_web *web, int listener)
{
	const struct yg_web_config *config = &web->config;
	const union MHD_DaemonInfo *info;
	/* Without TLS the list ends at once. */
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)config->key},
		{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)config->certificate},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)PRIORITIES},
		{config->client_authorities ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0,
		 (void *)(uintptr_t)config->client_authorities},
		{MHD_OPTION_END, 0, NULL},
	};
	/* Not strict: all that it would do more (0.9.75) is to answer itself, in HTML, to a request
	 * without Host, and to hang up on a target with a blank. exchange.c refuses both. */
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (config->key ? MHD_USE_TLS : 0);

	/* From here on the listener is the daemon's, but not when it cannot be started. */
	web->daemon = MHD_start_daemon(
		flags, web->port, NULL, NULL, serve, web, MHD_OPTION_LISTEN_SOCKET, listener,
		MHD_OPTION_ARRAY, config->key ? tls : tls + 4, MHD_OPTION_CONNECTION_LIMIT,
		web->slot_count, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)YG_WEB_HEAD_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)web->config.timeout_s,
		MHD_OPTION_STRICT_FOR_CLIENT, 0, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
		MHD_OPTION_URI_LOG_CALLBACK, begin_request, web, MHD_OPTION_NOTIFY_COMPLETED,
		end_request, web, MHD_OPTION_NOTIFY_CONNECTION, change_connection, web,
		MHD_OPTION_END);
	if (!web->daemon) {
		close(listener);
		return config->key ? YG_EFORMAT : YG_ENOMEM;
	}
	info = MHD_get_daemon_info(web->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return YG_EIO;
	web->fd = info->epoll_fd;
	return YG_OK;
}

int yg_web_open(const struct yg_web_config *config, struct yg_web **ret)
{
	struct yg_web *web;
	int listener;
	int error = yg_web_routes_check(config->tables, config->table_count, NULL);

	if (error)
		return error;
	web = yg_calloc(1, sizeof(*web));
	if (!web)
		return YG_ENOMEM;
	web->config = *config;
	if (web->config.timeout_s == 0)
		web->config.timeout_s = YG_WEB_TIMEOUT_S;
	if (web->config.heartbeat_s == 0)
		web->config.heartbeat_s = YG_WEB_HEARTBEAT_S;
	web->slot_count = config->connections_max ? config->connections_max : YG_WEB_CONNECTIONS;
	web->slots = yg_calloc(web->slot_count, sizeof(*web->slots));
	error = web->slots ? YG_OK : YG_ENOMEM;
	for (size_t i = 0; !error && i < web->slot_count; i++)
		web->slots[i].fd = -1;
	listener = config->listener;
	web->port = config->port;
	if (!error && !config->has_listener)
		error = listen_here(config, &listener, &web->port);
	if (!error) {
		(void)snprintf(web->cookie, sizeof(web->cookie), "yagura_%u", web->port);
		error = start(web, listener);
	}
	if (error) {
		yg_web_free(web);
		return error;
	}
	*ret = web;
	return YG_OK;
}

struct yg_web *yg_web_free(struct yg_web *web)
{
	if (!web)
		return NULL;
	/* The library must not be stopped while a connection is suspended. */
	while (web->waiting)
		yg_web_exchange_leave(web->waiting);
	if (web->daemon)
		MHD_stop_daemon(web->daemon);
	free(web->slots);
	yg_web_sessions_done(&web->sessions);
	free(web);
	return NULL;
}

void yg_web_link(struct yg_web *web, char to[YG_WEB_LINK_MAX])
{
	char key[YG_WEB_KEY_HEX + 1];

	yg_web_link_new(&web->sessions, key);
	(void)snprintf(to, YG_WEB_LINK_MAX, "http://127.0.0.1:%u/start?key=%s", web->port, key);
	yg_wipe(key, sizeof(key));
}

void yg_web_link_with(struct yg_web *web, const char *key)
{
	yg_web_link_set(&web->sessions, key);
}

uint16_t yg_web_port(const struct yg_web *web)
{
	return web->port;
}

int yg_web_fd(const struct yg_web *web)
{
	return web->fd;
}

int yg_web_timeout_ms(const struct yg_web *web)
{
	MHD_UNSIGNED_LONG_LONG library;
	int64_t wait_ns = INT64_MAX;
	int64_t now = yg_web_now_ns(web);

	/* Nothing in the library's descriptor tells of it (0.9.75). */
	if (web->is_resumed)
		return 0;
	for (size_t i = 0; i < web->slot_count; i++) {
		int64_t left = web->slots[i].since_ns + timeout_ns(web) - now;

		if (web->slots[i].fd >= 0 && !web->slots[i].is_waiting && left < wait_ns)
			wait_ns = left > 0 ? left : 0;
	}
	if (MHD_get_timeout(web->daemon, &library) == MHD_YES &&
	    (int64_t)library < wait_ns / 1000000)
		wait_ns = (int64_t)library * 1000000;
	if (web->stream_count > 0 && wait_ns > YG_NS_PER_S)
		wait_ns = YG_NS_PER_S;
	if (wait_ns == INT64_MAX)
		return -1;
	/* Rounded up, so that the deadline has passed when the wait ends. */
	wait_ns = (wait_ns + 999999) / 1000000;
	return wait_ns < WAIT_MS_MAX ? (int)wait_ns : WAIT_MS_MAX;
}

static bool is_at_limit(const struct yg_web *web)
{
	for (size_t i = 0; i < web->slot_count; i++)
		if (web->slots[i].fd < 0)
			return false;
	return true;
}

int yg_web_run(struct yg_web *web)
{
	int64_t now = yg_web_now_ns(web);
	bool is_full;

	/* Shut down, the connection ends by the library's own hand in the run that follows. */
	for (size_t i = 0; i < web->slot_count; i++) {
		struct yg_web_slot *slot = &web->slots[i];

		if (slot->fd < 0 || slot->is_waiting || now - slot->since_ns < timeout_ns(web))
			continue;
		(void)shutdown(slot->fd, SHUT_RDWR); /* gone already is as good */
		slot->since_ns = now;
	}
	yg_web_streams_look(web);
	web->is_resumed = false;
	is_full = is_at_limit(web);
	if (MHD_run(web->daemon) != MHD_YES)
		return YG_EIO;
	/* At its limit the library does not listen, and begins again only in the run after the one
	 * in which a connection went: nothing would wake us for it. */
	if (is_full && !is_at_limit(web) && MHD_run(web->daemon) != MHD_YES)
		return YG_EIO;
	return YG_OK;
}
