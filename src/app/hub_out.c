/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out: the one process of the hub that connects to the world. It has the network and no data: what
 * it sends comes from the keeper, one thing at a time, and it says how that ended. Mail goes over
 * TLS (in the clear to 127.0.0.1 alone, and where the operator said so); webhooks over HTTPS, to no
 * address inside, and no redirect is followed. A server that hangs costs its time and no more.
 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/hub-int.h"
#include "app/hub_out_wire.h"
#include "app/process.h"
#include "app/say.h"
#include "base/io.h"
#include "base/net.h"

#include "base/ban.h"

#define CONNECT_MS   5000L
#define TIMEOUT_MS   15000L
#define ANSWER_MAX   65536u
#define AUTHORITIES  "/etc/ssl/certs/ca-certificates.crt"
#define LOCAL	     "127.0.0.1"
#define PASSWORD_MAX 1024u
#define FIELD_ROOM   256u

struct out {
	const struct yg_hub_config_out *config;
	CURL *curl;
	struct yg_msg_pipe keeper;
	char password[PASSWORD_MAX + 1];
	char trouble[CURL_ERROR_SIZE];
	struct yg_bytes rest; /* of the mail that is sent */
	size_t answered;
	bool is_inside; /* an address was refused */
};

/* ---- whom it may speak with ---- */

/* Beside what is inside houses: protocol assignments, benchmarks (RFC 6890). */
static bool is_special_4(const uint8_t *a)
{
	return (a[0] == 192 && a[1] == 0 && a[2] == 0) || (a[0] == 198 && (a[1] & 0xfe) == 18);
}

/* Not global unicast, or what stands for addresses of the other kind. */
static bool is_special_6(const uint8_t a[16])
{
	return (a[0] & 0xe0) != 0x20 || (a[0] == 0x20 && a[1] == 0x02) || /* 6to4 */
	       (a[0] == 0x20 && a[1] == 0x01 && a[2] == 0 && a[3] == 0);  /* Teredo */
}

static bool may_speak(const struct out *out, const struct sockaddr *to)
{
	const struct sockaddr_in *four = (const void *)to;
	const struct sockaddr_in6 *six = (const void *)to;
	uint8_t mapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	if (to->sa_family == AF_INET) {
		if (four->sin_addr.s_addr == htonl(INADDR_LOOPBACK))
			return out->config->local != NULL;
		memcpy(mapped + 12, &four->sin_addr, 4);
		return !is_special_4(mapped + 12) && !yg_net_is_internal(mapped, 128);
	}
	return to->sa_family == AF_INET6 && !is_special_6(six->sin6_addr.s6_addr) &&
	       !yg_net_is_internal(six->sin6_addr.s6_addr, 128);
}

/* The address itself, after its name was looked up: a name that changes its mind gains nothing. */
static curl_socket_t open_webhook(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct out *out = arg;

	(void)purpose;
	if (!may_speak(out, &to->addr)) {
		out->is_inside = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* ---- sending ---- */

static size_t drop_answer(char *data, size_t size, size_t count, void *arg)
{
	struct out *out = arg;

	(void)data;
	out->answered += size * count;
	return out->answered > ANSWER_MAX ? 0 : size * count; /* of no use to us */
}

static size_t give_mail(char *to, size_t size, size_t count, void *arg)
{
	struct out *out = arg;
	size_t room = size * count;
	size_t part = out->rest.size < room ? out->rest.size : room;

	if (part > 0)
		memcpy(to, out->rest.data, part);
	out->rest = yg_bytes_from(out->rest, part);
	return part;
}

static CURLcode set_common(struct out *out)
{
	CURL *curl = out->curl;
	static const struct {
		CURLoption option;
		long value;
	} numbers[] = {
		{CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
		{CURLOPT_NOSIGNAL, 1},
		{CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS},
		{CURLOPT_TIMEOUT_MS, TIMEOUT_MS},
		{CURLOPT_FOLLOWLOCATION, 0},
	};
	CURLcode code = curl_easy_setopt(curl, CURLOPT_PROXY, "");

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && code == CURLE_OK; i++)
		code = curl_easy_setopt(curl, numbers[i].option, numbers[i].value);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_CAINFO,
					out->config->authorities ? out->config->authorities
								 : AUTHORITIES);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, out->trouble);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop_answer);
	return code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_WRITEDATA, out) : code;
}

/* In the clear to this machine alone, and only where the operator wrote so. */
static bool may_be_plain(const struct yg_hub_config_out *config)
{
	const char *host = strstr(config->mail_server, "://") + 3;
	size_t size = strlen(LOCAL);

	return config->local && strncmp(host, LOCAL, size) == 0 &&
	       (host[size] == ':' || host[size] == '\0');
}

static CURLcode set_mail(struct out *out, const char *to, struct curl_slist *recipients)
{
	const struct yg_hub_config_out *config = out->config;
	CURL *curl = out->curl;
	CURLcode code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");

	(void)to;
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_URL, config->mail_server);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_USE_SSL,
					may_be_plain(config) ? (long)CURLUSESSL_NONE
							     : (long)CURLUSESSL_ALL);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_MAIL_FROM, config->mail_from);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
	if (code == CURLE_OK && config->mail_user)
		code = curl_easy_setopt(curl, CURLOPT_USERNAME, config->mail_user);
	if (code == CURLE_OK && config->mail_user)
		code = curl_easy_setopt(curl, CURLOPT_PASSWORD, out->password);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_mail);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_READDATA, out);
	return code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L) : code;
}

static CURLcode set_hook(struct out *out, const struct yg_out_wish *wish, struct curl_slist *fields)
{
	CURL *curl = out->curl;
	CURLcode code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");

	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_URL, wish->to);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
					(curl_off_t)wish->body.size);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (const char *)wish->body.data);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_webhook);
	return code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, out) : code;
}

static void words_of(struct out *out, CURLcode code, long status, char words[YG_OUT_WORDS_MAX + 1])
{
	const char *text = out->trouble[0] ? out->trouble : curl_easy_strerror(code);
	size_t at = 0;

	if (out->is_inside)
		text = "an address inside is not spoken with";
	if (code == CURLE_OK)
		(void)snprintf(words, YG_OUT_WORDS_MAX + 1, "status %ld", status); /* it fits */
	else
		(void)snprintf(words, YG_OUT_WORDS_MAX + 1, "%.190s", text); /* cut */
	for (at = 0; words[at]; at++)
		if (words[at] < ' ' || words[at] > '~')
			words[at] = ' '; /* a server's words */
}

/* 4xx of mail, and whatever failed on the way, may go better later. */
static enum yg_warn_sent how_mail(CURLcode code, long status)
{
	if (code == CURLE_OK)
		return YG_WARN_SENT;
	return status >= 500 && status < 600 ? YG_WARN_BOUNCED : YG_WARN_LATER;
}

static enum yg_warn_sent send_mail(struct out *out, const struct yg_out_wish *wish,
				   char words[YG_OUT_WORDS_MAX + 1])
{
	struct curl_slist *recipients = curl_slist_append(NULL, wish->to);
	long status = 0;
	CURLcode code;

	if (!recipients)
		return YG_WARN_LATER;
	out->rest = wish->body;
	code = set_common(out);
	if (code == CURLE_OK)
		code = set_mail(out, wish->to, recipients);
	if (code == CURLE_OK)
		code = curl_easy_perform(out->curl);
	(void)curl_easy_getinfo(out->curl, CURLINFO_RESPONSE_CODE, &status); /* 0 otherwise */
	curl_slist_free_all(recipients);
	words_of(out, code, status, words);
	return how_mail(code, status);
}

static struct curl_slist *add_field(struct curl_slist *fields, const char *name, const char *value)
{
	char field[FIELD_ROOM];
	struct curl_slist *more;

	(void)snprintf(field, sizeof(field), "%s: %s", name, value); /* bounded by the wire */
	more = curl_slist_append(fields, field);
	if (!more)
		curl_slist_free_all(fields);
	return more;
}

static enum yg_warn_sent send_hook(struct out *out, const struct yg_out_wish *wish,
				   char words[YG_OUT_WORDS_MAX + 1])
{
	struct curl_slist *fields = add_field(NULL, "Content-Type", "application/json");
	long status = 0;
	CURLcode code;

	if (fields)
		fields = add_field(fields, "Idempotency-Key", wish->key);
	if (fields)
		fields = add_field(fields, "X-Yagura-Signature", wish->signature);
	if (!fields)
		return YG_WARN_LATER;
	code = set_common(out);
	if (code == CURLE_OK)
		code = set_hook(out, wish, fields);
	if (code == CURLE_OK)
		code = curl_easy_perform(out->curl);
	if (code == CURLE_OK)
		code = curl_easy_getinfo(out->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(fields);
	words_of(out, code, status, words);
	if (code == CURLE_OK && status >= 200 && status < 300)
		return YG_WARN_SENT;
	if (out->is_inside || (status >= 300 && status < 500 && status != 408 && status != 429))
		return YG_WARN_BOUNCED;
	return YG_WARN_LATER;
}

static int send_one(struct out *out, const struct yg_msg *message)
{
	char words[YG_OUT_WORDS_MAX + 1] = "";
	struct yg_out_wish wish;
	enum yg_warn_sent how;
	bool is_mail = message->kind == YG_OUT_MAIL;

	if ((!is_mail && message->kind != YG_OUT_HOOK) ||
	    yg_out_wish_read(message->body, &wish) != YG_OK)
		return YG_EFORMAT;
	if (is_mail ? !out->config->mail_server : !out->config->webhooks)
		return yg_out_done_put(&out->keeper, message->id, YG_WARN_LATER, "not set up");
	curl_easy_reset(out->curl); /* connections stay */
	out->trouble[0] = '\0';
	out->answered = 0;
	out->is_inside = false;
	how = is_mail ? send_mail(out, &wish, words) : send_hook(out, &wish, words);
	return yg_out_done_put(&out->keeper, message->id, how, words);
}

/* ---- its life ---- */

static int hear(struct out *out)
{
	struct yg_msg message;
	int rc = yg_msg_fill(&out->keeper);

	/* One thing at a time, and its end is told before the next begins. */
	while (rc == YG_OK && (rc = yg_msg_next(&out->keeper, &message)) == YG_OK) {
		rc = send_one(out, &message);
		if (rc == YG_OK && yg_msg_flush(&out->keeper) == YG_EPIPE)
			rc = YG_EPIPE;
	}
	if (rc != YG_EAGAIN)
		yg_msg_pipe_close(&out->keeper); /* a new one comes */
	return YG_OK;
}

static int live(struct out *out, int control)
{
	int rc = yg_process_say_ready(control);

	while (rc == YG_OK || rc == YG_EAGAIN) {
		bool is_full = yg_msg_flush(&out->keeper) == YG_EAGAIN;
		struct pollfd fds[] = {
			{.fd = control, .events = POLLIN},
			{.fd = out->keeper.fd, .events = is_full ? POLLOUT : POLLIN}};
		unsigned peer;
		int fd;

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return YG_EIO;
		if (fds[0].revents) {
			rc = yg_process_next_link(control, &peer, &fd);
			if (rc == YG_OK)
				yg_msg_pipe_open(&out->keeper, fd);
		} else if (fds[1].revents && !is_full) {
			rc = hear(out);
		}
	}
	return rc == YG_EEND ? YG_OK : rc;
}

static int read_password(struct out *out)
{
	const char *path = out->config->mail_password_file;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = path ? yg_io_read_file(path, PASSWORD_MAX, &bytes, &size) : YG_OK;

	if (rc != YG_OK) {
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(yg_err_text(rc)));
		return rc;
	}
	while (size > 0 && (bytes[size - 1] == '\n' || bytes[size - 1] == '\r'))
		size--;
	if (size > 0)
		memcpy(out->password, bytes, size);
	free(bytes);
	return YG_OK;
}

int yg_hub_out_live(void *arg, int control, unsigned index)
{
	const struct yg_hub_settings *settings = arg;
	struct out out = {.config = &settings->out};
	int rc;

	(void)index;
	yg_hub_forget_link(arg);
	yg_msg_pipe_init(&out.keeper, YG_OUT_BODY_MAX, YG_OUT_QUEUE_MAX);
	rc = read_password(&out);
	if (rc == YG_OK && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		rc = YG_ENOMEM;
	if (rc == YG_OK && yg_wall_enter(YG_WALL_OUT, out.config->authorities) != YG_OK)
		rc = yg_hub_say_path(settings->data, "", YG_EUNSUPPORTED);
	if (rc == YG_OK && !(out.curl = curl_easy_init()))
		rc = YG_ENOMEM;
	if (rc == YG_OK)
		rc = live(&out, control);
	if (out.curl)
		curl_easy_cleanup(out.curl);
	yg_wipe(out.password, sizeof(out.password));
	yg_msg_pipe_close(&out.keeper);
	return rc;
}
