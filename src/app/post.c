/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/post.h"

#include <arpa/inet.h>
#include <assert.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "app/say.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/crypt.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/net.h"
#include "base/thread.h"

#include "base/ban.h"

#define ANSWER_MAX   65536u
#define AUTHORITIES  "/etc/ssl/certs/ca-certificates.crt"
#define LOCAL	     "127.0.0.1"
#define PASSWORD_MAX 1024u
#define FIELD_ROOM   256u

struct slot {
	struct yg_post *post;
	CURL *curl;
	uint64_t tag;
	bool is_busy;
	enum yg_post_kind kind;
	struct curl_slist *list; /* recipients, or fields */
	struct yg_buf body;
	struct yg_bytes rest; /* of the mail that is sent */
	size_t answered;
	uint8_t answer[YG_POST_ANSWER_MAX];
	size_t answer_size;
	char trouble[CURL_ERROR_SIZE];
	bool is_inside; /* an address was refused */
	/*
	 * A mail has a thread of its own: libcurl waits for a server's last word behind the text
	 * without letting anything else go on, and a server may keep silent there.
	 */
	pthread_t thread;
	atomic_bool has_ended; /* the thread's last act */
	CURLcode code;
};

struct yg_post {
	struct yg_post_opts opts;
	CURLM *multi;
	struct slot *slots;
	uint32_t busy;
	uint32_t busy_hooks;
	atomic_uint ended_mails; /* whose end was not asked for yet */
	atomic_bool is_ending;	 /* what is under way is given up */
	char password[PASSWORD_MAX + 1];
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

bool yg_post_may_speak(const struct yg_hub_config_out *config, const struct sockaddr *to)
{
	const struct sockaddr_in *four = (const void *)to;
	const struct sockaddr_in6 *six = (const void *)to;
	uint8_t mapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	if (to->sa_family == AF_INET) {
		if (four->sin_addr.s_addr == htonl(INADDR_LOOPBACK))
			return config->local != NULL;
		memcpy(mapped + 12, &four->sin_addr, 4);
		return !is_special_4(mapped + 12) && !yg_net_is_internal(mapped, 128);
	}
	return to->sa_family == AF_INET6 && !is_special_6(six->sin6_addr.s6_addr) &&
	       !yg_net_is_internal(six->sin6_addr.s6_addr, 128);
}

/* The address itself, after its name was looked up: a name that changes its mind gains nothing. */
static curl_socket_t open_outside(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct slot *slot = arg;

	(void)purpose;
	if (!yg_post_may_speak(slot->post->opts.config, &to->addr)) {
		slot->is_inside = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* In the clear to this machine alone, and only where the operator wrote so. */
bool yg_post_may_be_plain(const struct yg_hub_config_out *config, const char *url)
{
	const char *host = strstr(url, "://");
	size_t size = strlen(LOCAL);

	if (!host || !config->local)
		return false;
	host += 3;
	return strncmp(host, LOCAL, size) == 0 && (host[size] == '\0' || strchr(":/", host[size]));
}

/* ---- sending ---- */

static size_t take_answer(char *data, size_t size, size_t count, void *arg)
{
	struct slot *slot = arg;
	size_t part = size * count;
	size_t room = sizeof(slot->answer) - slot->answer_size;

	slot->answered += part;
	if (room > part)
		room = part;
	if (room > 0)
		memcpy(slot->answer + slot->answer_size, data, room);
	slot->answer_size += room;
	return slot->answered > ANSWER_MAX ? 0 : part;
}

static size_t give_mail(char *to, size_t size, size_t count, void *arg)
{
	struct slot *slot = arg;
	size_t room = size * count;
	size_t part = slot->rest.size < room ? slot->rest.size : room;

	if (part > 0)
		memcpy(to, slot->rest.data, part);
	slot->rest = yg_bytes_from(slot->rest, part);
	return part;
}

static CURLcode set_numbers(struct slot *slot)
{
	const struct yg_post_opts *opts = &slot->post->opts;
	const struct {
		CURLoption option;
		long value;
	} numbers[] = {
		{CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
		{CURLOPT_NOSIGNAL, 1},
		{CURLOPT_QUICK_EXIT, 1}, /* a name server that hangs holds nothing up */
		{CURLOPT_CONNECTTIMEOUT_MS, opts->connect_ms},
		{CURLOPT_TIMEOUT_MS, opts->timeout_ms},
		{CURLOPT_FOLLOWLOCATION, 0},
		{CURLOPT_FRESH_CONNECT, opts->is_single},
		{CURLOPT_FORBID_REUSE, opts->is_single},
	};
	CURLcode code = CURLE_OK;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && code == CURLE_OK; i++)
		code = curl_easy_setopt(slot->curl, numbers[i].option, numbers[i].value);
	return code;
}

static CURLcode set_common(struct slot *slot)
{
	const struct yg_hub_config_out *config = slot->post->opts.config;
	CURL *curl = slot->curl;
	CURLcode code = curl_easy_setopt(curl, CURLOPT_PROXY, "");

	if (code == CURLE_OK)
		code = set_numbers(slot);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_CAINFO,
					config->authorities ? config->authorities : AUTHORITIES);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, slot->trouble);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_PRIVATE, slot);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
	return code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_WRITEDATA, slot) : code;
}

static CURLcode bound_addresses(struct slot *slot)
{
	CURLcode code = curl_easy_setopt(slot->curl, CURLOPT_OPENSOCKETFUNCTION, open_outside);

	return code == CURLE_OK ? curl_easy_setopt(slot->curl, CURLOPT_OPENSOCKETDATA, slot) : code;
}

/* To our own server we sign in; another one never gets to see the password. */
static CURLcode set_server(struct slot *slot, const char *other)
{
	const struct yg_hub_config_out *config = slot->post->opts.config;
	const char *server = other ? other : config->mail_server;
	CURL *curl = slot->curl;
	CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, server);

	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_USE_SSL,
					yg_post_may_be_plain(config, server)
						? (long)CURLUSESSL_NONE
						: (long)CURLUSESSL_ALL);
	if (code == CURLE_OK && other)
		return bound_addresses(slot);
	if (code == CURLE_OK && config->mail_user)
		code = curl_easy_setopt(curl, CURLOPT_USERNAME, config->mail_user);
	if (code == CURLE_OK && config->mail_user)
		code = curl_easy_setopt(curl, CURLOPT_PASSWORD, slot->post->password);
	return code;
}

static CURLcode set_mail(struct slot *slot, const struct yg_post_letter *letter)
{
	CURL *curl = slot->curl;
	CURLcode code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");

	slot->list = curl_slist_append(NULL, letter->to);
	if (!slot->list)
		return CURLE_OUT_OF_MEMORY;
	slot->rest = yg_buf_bytes(&slot->body);
	if (code == CURLE_OK)
		code = set_server(slot, letter->server);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_MAIL_FROM,
					slot->post->opts.config->mail_from);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, slot->list);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_mail);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_READDATA, slot);
	return code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L) : code;
}

static bool add_field(struct slot *slot, const char *name, const char *value)
{
	char field[FIELD_ROOM];
	struct curl_slist *more;
	int size = snprintf(field, sizeof(field), "%s: %s", name, value);

	if (size < 0 || (size_t)size >= sizeof(field))
		return false;
	more = curl_slist_append(slot->list, field);
	if (more)
		slot->list = more;
	return more != NULL;
}

static CURLcode set_hook(struct slot *slot, const struct yg_post_letter *letter)
{
	CURL *curl = slot->curl;
	CURLcode code = curl_easy_setopt(
		curl, CURLOPT_PROTOCOLS_STR,
		yg_post_may_be_plain(slot->post->opts.config, letter->to) ? "http,https" : "https");

	if (!add_field(slot, "Content-Type", "application/json") ||
	    !add_field(slot, "Idempotency-Key", letter->key) ||
	    (letter->signature[0] && !add_field(slot, "X-Yagura-Signature", letter->signature)))
		return CURLE_OUT_OF_MEMORY;
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_URL, letter->to);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_HTTPHEADER, slot->list);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
					(curl_off_t)slot->body.size);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (const char *)slot->body.data);
	return code == CURLE_OK ? bound_addresses(slot) : code;
}

static int look_for_end(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct slot *slot = arg;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return atomic_load(&slot->post->is_ending);
}

static void *run_mail(void *arg)
{
	struct slot *slot = arg;
	struct yg_post *post = slot->post;

	yg_thread_name(YG_THREAD_PREFIX "mail");
	slot->code = curl_easy_perform(slot->curl);
	atomic_fetch_add(&post->ended_mails, 1);
	atomic_store(&slot->has_ended, true);
	(void)curl_multi_wakeup(post->multi); /* else it is seen a little later */
	return NULL;
}

/* YG_OK, or nothing was begun. */
static int start_mail(struct slot *slot)
{
	CURLcode code = curl_easy_setopt(slot->curl, CURLOPT_NOPROGRESS, 0L);

	if (code == CURLE_OK)
		code = curl_easy_setopt(slot->curl, CURLOPT_XFERINFOFUNCTION, look_for_end);
	if (code == CURLE_OK)
		code = curl_easy_setopt(slot->curl, CURLOPT_XFERINFODATA, slot);
	atomic_store(&slot->has_ended, false);
	return code == CURLE_OK && pthread_create(&slot->thread, NULL, run_mail, slot) == 0
		       ? YG_OK
		       : YG_ENOMEM;
}

static int start_slot(struct slot *slot)
{
	if (slot->kind == YG_POST_MAIL)
		return start_mail(slot);
	return curl_multi_add_handle(slot->post->multi, slot->curl) == CURLM_OK ? YG_OK : YG_ENOMEM;
}

static void release(struct slot *slot)
{
	curl_slist_free_all(slot->list);
	slot->list = NULL;
	yg_buf_reset(&slot->body);
	slot->is_busy = false;
}

int yg_post_start(struct yg_post *post, const struct yg_post_letter *letter, uint64_t tag)
{
	struct slot *slot = post->slots;
	CURLcode code;
	int rc;

	assert(yg_post_has_room(post));
	while (slot->is_busy)
		slot++;
	slot->kind = letter->kind;
	slot->tag = tag;
	slot->answered = slot->answer_size = 0;
	slot->trouble[0] = '\0';
	slot->is_inside = false;
	yg_buf_add(&slot->body, letter->body);
	rc = yg_buf_error(&slot->body);
	curl_easy_reset(slot->curl); /* connections stay */
	code = set_common(slot);
	if (code == CURLE_OK && rc == YG_OK)
		code = letter->kind == YG_POST_MAIL ? set_mail(slot, letter)
						    : set_hook(slot, letter);
	if (rc == YG_OK)
		rc = code == CURLE_OK ? start_slot(slot) : YG_ENOMEM;
	if (rc != YG_OK) {
		release(slot);
		return rc;
	}
	slot->is_busy = true;
	post->busy++;
	post->busy_hooks += slot->kind == YG_POST_HOOK;
	return YG_OK;
}

/* ---- how it ended ---- */

static void words_of(const struct slot *slot, CURLcode code, long status,
		     char words[YG_POST_WORDS_MAX + 1])
{
	const char *text = slot->trouble[0] ? slot->trouble : curl_easy_strerror(code);

	if (slot->is_inside)
		text = "an address inside is not spoken with";
	if (code == CURLE_OK)
		(void)snprintf(words, YG_POST_WORDS_MAX + 1, "status %ld", status); /* it fits */
	else
		(void)snprintf(words, YG_POST_WORDS_MAX + 1, "%.190s", text); /* cut */
	for (size_t at = 0; words[at]; at++)
		if (words[at] < ' ' || words[at] > '~')
			words[at] = ' '; /* a server's words */
}

static enum yg_post_cause cause_of_code(CURLcode code)
{
	static const struct {
		CURLcode code;
		enum yg_post_cause cause;
	} causes[] = {
		{CURLE_COULDNT_RESOLVE_HOST, YG_POST_NO_HOST},
		{CURLE_COULDNT_CONNECT, YG_POST_REFUSED},
		{CURLE_OPERATION_TIMEDOUT, YG_POST_TIMEOUT},
		{CURLE_SSL_CONNECT_ERROR, YG_POST_TLS},
		{CURLE_PEER_FAILED_VERIFICATION, YG_POST_TLS},
		{CURLE_SSL_CERTPROBLEM, YG_POST_TLS},
		{CURLE_SSL_CIPHER, YG_POST_TLS},
		{CURLE_SSL_ISSUER_ERROR, YG_POST_TLS},
		{CURLE_USE_SSL_FAILED, YG_POST_TLS},
		{CURLE_SEND_ERROR, YG_POST_BROKEN},
		{CURLE_RECV_ERROR, YG_POST_BROKEN},
		{CURLE_GOT_NOTHING, YG_POST_BROKEN},
		{CURLE_PARTIAL_FILE, YG_POST_BROKEN},
		{CURLE_WEIRD_SERVER_REPLY, YG_POST_BROKEN},
		{CURLE_HTTP2, YG_POST_BROKEN},
		{CURLE_HTTP2_STREAM, YG_POST_BROKEN},
		{CURLE_WRITE_ERROR, YG_POST_BROKEN}, /* more than we read of an answer */
		{CURLE_UNSUPPORTED_PROTOCOL, YG_POST_BROKEN},
	};

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (causes[i].code == code)
			return causes[i].cause;
	return YG_POST_OTHER;
}

static enum yg_post_cause cause_of_status(long status)
{
	if (status >= 200 && status < 300)
		return YG_POST_TAKEN;
	return status >= 300 && status < 500 && status != 408 && status != 429 ? YG_POST_BOUNCED
									       : YG_POST_LATER;
}

/* What a mail server said counts before how the connection ended then; but for TLS and time. */
static enum yg_post_cause cause_of_mail(enum yg_post_cause cause, long status)
{
	if (cause == YG_POST_TLS || cause == YG_POST_TIMEOUT || status < 400 || status >= 600)
		return cause;
	return status >= 500 ? YG_POST_BOUNCED : YG_POST_LATER;
}

static enum yg_post_cause cause_of(const struct slot *slot, CURLcode code, long status)
{
	bool is_mail = slot->kind == YG_POST_MAIL;

	if (code == CURLE_OK)
		return is_mail ? YG_POST_TAKEN : cause_of_status(status);
	if (slot->is_inside)
		return YG_POST_INSIDE;
	return is_mail ? cause_of_mail(cause_of_code(code), status) : cause_of_code(code);
}

int yg_post_wait(struct yg_post *post, int wait_ms)
{
	int running = 0;
	CURLMcode code = curl_multi_perform(post->multi, &running);

	/* Nothing has ended yet; a mail that does wakes it. */
	if (code == CURLM_OK && post->busy > 0 && (uint32_t)running == post->busy_hooks &&
	    atomic_load(&post->ended_mails) == 0)
		code = curl_multi_poll(post->multi, NULL, 0, wait_ms, NULL);
	if (code == CURLM_OK)
		code = curl_multi_perform(post->multi, &running);
	return code == CURLM_OK ? YG_OK : code == CURLM_OUT_OF_MEMORY ? YG_ENOMEM : YG_EIO;
}

/* A webhook that has ended. NULL: none. */
static struct slot *ended_hook(struct yg_post *post, CURLcode *ret_code)
{
	int left;
	const CURLMsg *message = curl_multi_info_read(post->multi, &left);
	struct slot *slot = NULL;

	while (message && message->msg != CURLMSG_DONE)
		message = curl_multi_info_read(post->multi, &left);
	if (!message)
		return NULL;
	*ret_code = message->data.result;
	(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
	(void)curl_multi_remove_handle(post->multi, slot->curl); /* it is one of them */
	post->busy_hooks--;
	return slot;
}

static struct slot *ended_mail(struct yg_post *post, CURLcode *ret_code)
{
	for (uint32_t i = 0; i < post->opts.at_once && atomic_load(&post->ended_mails) > 0; i++) {
		struct slot *slot = &post->slots[i];

		if (!slot->is_busy || slot->kind != YG_POST_MAIL || !atomic_load(&slot->has_ended))
			continue;
		(void)pthread_join(slot->thread, NULL); /* ours, joinable */
		atomic_fetch_sub(&post->ended_mails, 1);
		*ret_code = slot->code;
		return slot;
	}
	return NULL;
}

bool yg_post_next(struct yg_post *post, uint64_t *ret_tag, struct yg_post_end *ret)
{
	CURLcode code = CURLE_OK;
	struct slot *slot = ended_mail(post, &code);

	if (!slot)
		slot = ended_hook(post, &code);
	if (!slot)
		return false;
	*ret = (struct yg_post_end){.status = 0};
	(void)curl_easy_getinfo(slot->curl, CURLINFO_RESPONSE_CODE, &ret->status); /* 0 otherwise */
	*ret_tag = slot->tag;
	ret->cause = cause_of(slot, code, ret->status);
	words_of(slot, code, ret->status, ret->words);
	ret->answer = (struct yg_bytes){slot->answer, slot->answer_size};
	release(slot);
	post->busy--;
	return true;
}

bool yg_post_has_room(const struct yg_post *post)
{
	return post->busy < post->opts.at_once;
}

int yg_post_sign(struct yg_bytes secret, int64_t ns, struct yg_bytes body,
		 char to[YG_POST_SIGNATURE_MAX])
{
	uint8_t mac[YG_SHA256_BYTES];
	char hex[YG_SHA256_HEX + 1];
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, YG_POST_BODY_MAX + 32u);
	yg_buf_addf(&text, "%lld.", (long long)(ns / YG_NS_PER_S));
	yg_buf_add(&text, body);
	rc = yg_buf_error(&text);
	if (rc == YG_OK) {
		yg_hmac_sha256(secret, yg_buf_bytes(&text), mac);
		yg_hex((struct yg_bytes){mac, sizeof(mac)}, hex);
		(void)snprintf(to, YG_POST_SIGNATURE_MAX, "t=%lld,v1=%s",
			       (long long)(ns / YG_NS_PER_S), hex); /* it fits */
	}
	yg_buf_done(&text);
	return rc;
}

/* ---- its life ---- */

static int read_password(struct yg_post *post)
{
	const char *path = post->opts.config->mail_password_file;
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
		memcpy(post->password, bytes, size);
	if (bytes)
		yg_wipe(bytes, size);
	free(bytes);
	return YG_OK;
}

static int open_slots(struct yg_post *post)
{
	post->multi = curl_multi_init();
	post->slots = yg_calloc(post->opts.at_once, sizeof(*post->slots));
	if (!post->multi || !post->slots)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < post->opts.at_once; i++) {
		post->slots[i].post = post;
		yg_buf_init(&post->slots[i].body, YG_POST_BODY_MAX);
		post->slots[i].curl = curl_easy_init();
		if (!post->slots[i].curl)
			return YG_ENOMEM;
	}
	return YG_OK;
}

int yg_post_new(const struct yg_post_opts *opts, struct yg_post **ret)
{
	struct yg_post *post = yg_calloc(1, sizeof(*post));
	int rc;

	assert(opts->at_once > 0 && opts->at_once <= YG_POST_AT_ONCE_MAX);
	if (!post)
		return YG_ENOMEM;
	post->opts = *opts;
	rc = read_password(post);
	if (rc == YG_OK && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		rc = YG_ENOMEM;
	if (rc == YG_OK)
		rc = open_slots(post);
	if (rc == YG_OK)
		*ret = post;
	else
		yg_post_free(post);
	return rc;
}

struct yg_post *yg_post_free(struct yg_post *post)
{
	if (!post)
		return NULL;
	atomic_store(&post->is_ending, true);
	for (uint32_t i = 0; post->slots && i < post->opts.at_once; i++) {
		struct slot *slot = &post->slots[i];

		if (slot->is_busy && slot->kind == YG_POST_MAIL)
			(void)pthread_join(slot->thread, NULL); /* ours: it looks for the end */
		else if (slot->is_busy)
			(void)curl_multi_remove_handle(post->multi, slot->curl); /* it is one */
		curl_slist_free_all(slot->list);
		if (slot->curl)
			curl_easy_cleanup(slot->curl);
		yg_buf_done(&slot->body);
	}
	if (post->multi)
		(void)curl_multi_cleanup(post->multi);
	free(post->slots);
	yg_wipe(post->password, sizeof(post->password));
	free(post);
	return NULL;
}
