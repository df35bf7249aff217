/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out: the one process of the hub that connects to the world. It has the network and no data: what
 * it sends comes from the keeper, a few things at once, and it says how each ended. Mail goes over
 * TLS (in the clear to 127.0.0.1 alone, and where the operator said so); webhooks over HTTPS, to no
 * address inside, and no redirect is followed. A server that hangs costs its time and no more, and
 * nobody else waits for it.
 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/hub-int.h"
#include "app/hub_out_wire.h"
#include "app/process.h"
#include "app/say.h"
#include "base/alloc.h"
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
/* More than a keeper has under way (app/hub_outbox.c): what one asked for that was killed ends
 * beside what the next one asks for. */
#define AT_ONCE	    24u
#define STACK_BYTES (512u << 10)

struct out;
/*
 * One thing that is being sent, in a thread of its own: the library waits for a mail server's last
 * word with its hands full, whatever else it has to do (libcurl, smtp_done). What the thread wrote
 * is read after it was joined.
 */
struct sending {
	struct out *out;
	uint64_t id; /* 0: free */
	pthread_t thread;
	bool is_dropped; /* whom to tell of its end is gone */
	CURLcode code;
	CURL *curl;
	bool is_mail;
	struct yg_out_wish wish; /* its body is ours */
	uint8_t *body;
	struct curl_slist *list; /* recipients, or fields */
	char trouble[CURL_ERROR_SIZE];
	struct yg_bytes rest; /* of the mail */
	size_t answered;
	bool is_inside; /* an address was refused */
};

struct out {
	const struct yg_hub_config_out *config;
	int ended[2]; /* a pipe: places in @sending that came to their end */
	struct yg_msg_pipe keeper;
	char password[PASSWORD_MAX + 1];
	struct sending sending[AT_ONCE];
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
	struct sending *one = arg;

	(void)purpose;
	if (!may_speak(one->out, &to->addr)) {
		one->is_inside = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* ---- sending ---- */

static size_t drop_answer(char *data, size_t size, size_t count, void *arg)
{
	struct sending *one = arg;

	(void)data;
	one->answered += size * count;
	return one->answered > ANSWER_MAX ? 0 : size * count; /* of no use to us */
}

static size_t give_mail(char *to, size_t size, size_t count, void *arg)
{
	struct sending *one = arg;
	size_t room = size * count;
	size_t part = one->rest.size < room ? one->rest.size : room;

	if (part > 0)
		memcpy(to, one->rest.data, part);
	one->rest = yg_bytes_from(one->rest, part);
	return part;
}

static CURLcode set_common(struct sending *one)
{
	const char *authorities = one->out->config->authorities;
	CURL *curl = one->curl;
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
					authorities ? authorities : AUTHORITIES);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, one->trouble);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop_answer);
	return code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_WRITEDATA, one) : code;
}

/* In the clear to this machine alone, and only where the operator wrote so. */
static bool may_be_plain(const struct yg_hub_config_out *config)
{
	const char *host = strstr(config->mail_server, "://") + 3;
	size_t size = strlen(LOCAL);

	return config->local && strncmp(host, LOCAL, size) == 0 &&
	       (host[size] == ':' || host[size] == '\0');
}

static CURLcode set_mail(struct sending *one)
{
	const struct yg_hub_config_out *config = one->out->config;
	CURL *curl = one->curl;
	CURLcode code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");

	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_URL, config->mail_server);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_USE_SSL,
					may_be_plain(config) ? (long)CURLUSESSL_NONE
							     : (long)CURLUSESSL_ALL);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_MAIL_FROM, config->mail_from);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, one->list);
	if (code == CURLE_OK && config->mail_user)
		code = curl_easy_setopt(curl, CURLOPT_USERNAME, config->mail_user);
	if (code == CURLE_OK && config->mail_user)
		code = curl_easy_setopt(curl, CURLOPT_PASSWORD, one->out->password);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_mail);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_READDATA, one);
	return code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L) : code;
}

static CURLcode set_hook(struct sending *one)
{
	CURL *curl = one->curl;
	CURLcode code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");

	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_URL, one->wish.to);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_HTTPHEADER, one->list);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
					(curl_off_t)one->wish.body.size);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
					(const char *)one->wish.body.data);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_webhook);
	return code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, one) : code;
}

static void words_of(const struct sending *one, CURLcode code, long status,
		     char words[YG_OUT_WORDS_MAX + 1])
{
	const char *text = one->trouble[0] ? one->trouble : curl_easy_strerror(code);
	size_t at = 0;

	if (one->is_inside)
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

static enum yg_warn_sent how_hook(const struct sending *one, CURLcode code, long status)
{
	if (code == CURLE_OK && status >= 200 && status < 300)
		return YG_WARN_SENT;
	if (one->is_inside || (status >= 300 && status < 500 && status != 408 && status != 429))
		return YG_WARN_BOUNCED;
	return YG_WARN_LATER;
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

static struct curl_slist *list_of(const struct sending *one)
{
	struct curl_slist *fields;

	if (one->is_mail)
		return curl_slist_append(NULL, one->wish.to);
	fields = add_field(NULL, "Content-Type", "application/json");
	if (fields)
		fields = add_field(fields, "Idempotency-Key", one->wish.key);
	return fields ? add_field(fields, "X-Yagura-Signature", one->wish.signature) : NULL;
}

static void end_one(struct sending *one)
{
	if (one->curl)
		curl_easy_cleanup(one->curl);
	curl_slist_free_all(one->list);
	free(one->body);
	*one = (struct sending){.out = one->out};
}

/* What is under way ends by itself, and is told to nobody: who asked for it knows that it began. */
static void drop_all(struct out *out)
{
	for (unsigned i = 0; i < AT_ONCE; i++)
		out->sending[i].is_dropped = out->sending[i].id != 0;
}

static void *run_one(void *arg)
{
	struct sending *one = arg;
	uint8_t place = (uint8_t)(one - one->out->sending);

	one->code = curl_easy_perform(one->curl);
	while (write(one->out->ended[1], &place, 1) < 0 && errno == EINTR)
		;
	return NULL;
}

/* False: there is no memory for it, no thread, or the library refuses it. */
static bool begin_one(struct sending *one)
{
	pthread_attr_t attr;
	bool is_begun;

	one->body = yg_malloc(one->wish.body.size + 1);
	one->curl = curl_easy_init();
	one->list = list_of(one);
	if (!one->body || !one->curl || !one->list)
		return false;
	if (one->wish.body.size > 0)
		memcpy(one->body, one->wish.body.data, one->wish.body.size);
	one->wish.body.data = one->body;
	one->rest = one->wish.body;
	if (set_common(one) != CURLE_OK ||
	    (one->is_mail ? set_mail(one) : set_hook(one)) != CURLE_OK ||
	    pthread_attr_init(&attr) != 0)
		return false;
	is_begun = pthread_attr_setstacksize(&attr, STACK_BYTES) == 0 &&
		   pthread_create(&one->thread, &attr, run_one, one) == 0;
	(void)pthread_attr_destroy(&attr); /* always 0 here */
	return is_begun;
}

static int take_one(struct out *out, const struct yg_msg *message)
{
	struct sending *one = NULL;
	bool is_mail = message->kind == YG_OUT_MAIL;

	for (unsigned i = 0; i < AT_ONCE && !one; i++)
		one = out->sending[i].id ? NULL : &out->sending[i];
	if ((!is_mail && message->kind != YG_OUT_HOOK) || message->id == 0)
		return YG_EFORMAT;
	if (is_mail ? !out->config->mail_server : !out->config->webhooks)
		return yg_out_done_put(&out->keeper, message->id, YG_WARN_LATER, "not set up");
	if (!one)
		return yg_out_done_put(&out->keeper, message->id, YG_WARN_LATER, "busy");
	*one = (struct sending){.out = out, .is_mail = is_mail};
	if (yg_out_wish_read(message->body, &one->wish) != YG_OK)
		return YG_EFORMAT;
	one->id = message->id;
	if (begin_one(one))
		return YG_OK;
	end_one(one);
	return yg_out_done_put(&out->keeper, message->id, YG_WARN_LATER, "no memory");
}

/* What came to its end: told, and its place is free. */
static int tell_one(struct out *out, struct sending *one)
{
	char words[YG_OUT_WORDS_MAX + 1] = "";
	long status = 0;
	int rc = YG_OK;

	(void)pthread_join(one->thread, NULL); /* it said that it ends */
	(void)curl_easy_getinfo(one->curl, CURLINFO_RESPONSE_CODE, &status); /* 0 otherwise */
	words_of(one, one->code, status, words);
	if (!one->is_dropped)
		rc = yg_out_done_put(&out->keeper, one->id,
				     one->is_mail ? how_mail(one->code, status)
						  : how_hook(one, one->code, status),
				     words);
	end_one(one);
	return rc;
}

static int tell_ended(struct out *out)
{
	uint8_t places[AT_ONCE];
	ssize_t count = read(out->ended[0], places, sizeof(places));
	int rc = YG_OK;

	for (ssize_t i = 0; i < count; i++) {
		int one = tell_one(out, &out->sending[places[i] % AT_ONCE]);

		rc = rc == YG_OK ? one : rc;
	}
	return rc;
}

/* ---- its life ---- */

/* Another keeper counts anew: nothing of the one before is told to it. */
static void drop_keeper(struct out *out)
{
	drop_all(out);
	yg_msg_pipe_close(&out->keeper);
}

static void hear(struct out *out)
{
	struct yg_msg message;
	int rc = yg_msg_fill(&out->keeper);

	while (rc == YG_OK && (rc = yg_msg_next(&out->keeper, &message)) == YG_OK)
		rc = take_one(out, &message);
	if (rc != YG_EAGAIN)
		drop_keeper(out); /* a new one comes */
}

static int live(struct out *out, int control)
{
	int rc = yg_process_say_ready(control);

	while (rc == YG_OK || rc == YG_EAGAIN) {
		bool is_full = yg_msg_flush(&out->keeper) == YG_EAGAIN;
		struct pollfd fds[] = {{.fd = control, .events = POLLIN},
				       {.fd = out->keeper.fd, .events = is_full ? POLLOUT : POLLIN},
				       {.fd = out->ended[0], .events = POLLIN}};
		unsigned peer;
		int fd;

		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			return YG_EIO;
		if (fds[2].revents && tell_ended(out) != YG_OK)
			drop_keeper(out);
		if (fds[0].revents) {
			rc = yg_process_next_link(control, &peer, &fd);
			if (rc == YG_OK) {
				drop_all(out);
				yg_msg_pipe_open(&out->keeper, fd);
			}
		} else if (fds[1].revents && !is_full) {
			hear(out);
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

static bool is_idle(const struct out *out)
{
	for (unsigned i = 0; i < AT_ONCE; i++)
		if (out->sending[i].id)
			return false;
	return true;
}

int yg_hub_out_live(void *arg, int control, unsigned index)
{
	const struct yg_hub_settings *settings = arg;
	struct out *out = yg_calloc(1, sizeof(*out));
	int rc;

	(void)index;
	yg_hub_forget_link(arg);
	if (!out)
		return YG_ENOMEM;
	out->config = &settings->out;
	for (unsigned i = 0; i < AT_ONCE; i++)
		out->sending[i].out = out;
	yg_msg_pipe_init(&out->keeper, YG_OUT_BODY_MAX, YG_OUT_QUEUE_MAX);
	rc = read_password(out);
	if (rc == YG_OK && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		rc = YG_ENOMEM;
	if (rc == YG_OK && pipe2(out->ended, O_CLOEXEC) != 0)
		rc = YG_EIO;
	if (rc == YG_OK && yg_wall_enter(YG_WALL_OUT, out->config->authorities) != YG_OK)
		rc = yg_hub_say_path(settings->data, "", YG_EUNSUPPORTED);
	if (rc == YG_OK)
		rc = live(out, control);
	yg_msg_pipe_close(&out->keeper);
	if (is_idle(out)) { /* else a thread is at it: the process ends, nobody waits for a server
			     */
		yg_wipe(out->password, sizeof(out->password));
		free(out);
	}
	return rc;
}
