/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/share_fetch.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "access/feeds.h"
#include "base/alloc.h"

#include "base/ban.h"

#define AUTHORITIES "/etc/ssl/certs/ca-certificates.crt"
#define MEDIA_TYPE  "application/taxii+json"
#define CONNECT_MS  10000L
#define RETRY_MAX_S 3600u

struct yg_fetch {
	struct yg_fetch_opts opts;
	CURL *curl;
	struct curl_slist *fields;
	struct yg_fetch_answer *now;
	char trouble[CURL_ERROR_SIZE];
	bool is_inside; /* an address was refused */
};

/* ---- what may be asked ---- */

bool yg_fetch_is_url(const char *url)
{
	return strlen(url) <= YG_FETCH_URL_MAX && yg_feed_is_url(url);
}

void yg_fetch_escape(struct yg_bytes text, struct yg_buf *to)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
				(c >= '0' && c <= '9') || (c && strchr("-._~", c));

		if (is_plain)
			yg_buf_add_byte(to, c);
		else
			yg_buf_addf(to, "%%%02X", c);
	}
}

/* ---- what comes ---- */

static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
	struct yg_fetch *fetch = arg;
	struct yg_fetch_answer *answer = fetch->now;

	if (size * count > fetch->opts.body_max - answer->body.size) {
		answer->how = YG_FETCH_TOO_MUCH;
		return 0;
	}
	yg_buf_add(&answer->body, (struct yg_bytes){(const uint8_t *)data, size * count});
	return yg_buf_error(&answer->body) ? 0 : size * count;
}

static void copy_field(struct yg_bytes value, char to[YG_FETCH_FIELD_MAX + 1])
{
	if (value.size > YG_FETCH_FIELD_MAX)
		return; /* no time is so long */
	memcpy(to, value.data, value.size);
	to[value.size] = 0;
}

static bool is_our_type(struct yg_bytes value)
{
	size_t at = yg_bytes_chr(value, ';');
	struct yg_bytes rest = at == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(value, at + 1);

	if (!yg_bytes_eq_nocase(yg_bytes_trim(yg_bytes_cut(value, 0, at)), YG_S(MEDIA_TYPE)))
		return false;
	/* Another version is another protocol; without one it is the newest that is spoken. */
	at = yg_bytes_find(rest, YG_S("version="));
	if (at == SIZE_MAX)
		return true;
	rest = yg_bytes_from(rest, at + strlen("version="));
	if (rest.size > 0 && rest.data[0] == '"')
		rest = yg_bytes_from(rest, 1);
	return yg_bytes_starts(rest, YG_S("2.1")) &&
	       (rest.size == 3 ||
		(rest.data[3] != '.' && (rest.data[3] < '0' || rest.data[3] > '9')));
}

static size_t take_field(char *data, size_t size, size_t count, void *arg)
{
	struct yg_fetch *fetch = arg;
	struct yg_bytes line = {(const uint8_t *)data, size * count};
	size_t colon = yg_bytes_chr(line, ':');
	struct yg_bytes name = yg_bytes_cut(line, 0, colon);
	struct yg_bytes value;
	uint64_t seconds;

	if (colon == SIZE_MAX)
		return size * count;
	value = yg_bytes_trim(yg_bytes_from(line, colon + 1));
	if (yg_bytes_eq_nocase(name, YG_S("X-TAXII-Date-Added-First")))
		copy_field(value, fetch->now->first);
	else if (yg_bytes_eq_nocase(name, YG_S("X-TAXII-Date-Added-Last")))
		copy_field(value, fetch->now->last);
	else if (yg_bytes_eq_nocase(name, YG_S("Content-Type")))
		fetch->now->is_taxii = is_our_type(value);
	else if (yg_bytes_eq_nocase(name, YG_S("Retry-After")) && yg_bytes_u64(value, &seconds))
		fetch->now->retry_s = seconds < RETRY_MAX_S ? (uint32_t)seconds : RETRY_MAX_S;
	return size * count;
}

/* ---- asking ---- */

static CURLcode set_numbers(struct yg_fetch *fetch)
{
	const struct {
		CURLoption option;
		long value;
	} numbers[] = {
		{CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
		{CURLOPT_NOSIGNAL, 1},
		{CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS},
		{CURLOPT_TIMEOUT_MS, (long)fetch->opts.timeout_s * 1000},
		{CURLOPT_LOW_SPEED_LIMIT, YG_FETCH_SLOW_BYTES},
		{CURLOPT_LOW_SPEED_TIME, YG_FETCH_SLOW_S},
		{CURLOPT_FOLLOWLOCATION, 0},
	};
	CURLcode code = CURLE_OK;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && code == CURLE_OK; i++)
		code = curl_easy_setopt(fetch->curl, numbers[i].option, numbers[i].value);
	return code;
}

static CURLcode set_texts(struct yg_fetch *fetch)
{
	const struct yg_fetch_opts *o = &fetch->opts;
	const struct {
		CURLoption option;
		const char *value;
	} texts[] = {
		{CURLOPT_PROXY, ""},
		{CURLOPT_PROTOCOLS_STR, "http,https"},
		{CURLOPT_USERAGENT, "yagura"},
		{CURLOPT_CAINFO, o->authorities ? o->authorities : AUTHORITIES},
		{CURLOPT_CAPATH, NULL},
		{CURLOPT_SSLCERT, o->certificate},
		{CURLOPT_SSLKEY, o->key},
		{CURLOPT_USERNAME, o->secret ? o->user : NULL},
		{CURLOPT_PASSWORD, o->user ? o->secret : NULL},
		{CURLOPT_XOAUTH2_BEARER, o->user ? NULL : o->secret},
	};
	CURLcode code = CURLE_OK;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && code == CURLE_OK; i++)
		code = curl_easy_setopt(fetch->curl, texts[i].option, texts[i].value);
	if (code == CURLE_OK && o->secret)
		code = curl_easy_setopt(fetch->curl, CURLOPT_HTTPAUTH,
					o->user ? (long)CURLAUTH_BASIC : (long)CURLAUTH_BEARER);
	return code;
}

/* The address itself, after its name was looked up: a name that changes its mind gains nothing. */
static curl_socket_t open_allowed(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct yg_fetch *fetch = arg;

	(void)purpose;
	if (!fetch->opts.may_speak(fetch->opts.arg, &to->addr)) {
		fetch->is_inside = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static int look_at_end(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct yg_fetch *fetch = arg;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return fetch->opts.is_ending(fetch->opts.arg);
}

static CURLcode set_callers(struct yg_fetch *fetch)
{
	CURL *curl = fetch->curl;
	CURLcode code = CURLE_OK;

	if (fetch->opts.may_speak)
		code = curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_allowed);
	if (code == CURLE_OK && fetch->opts.may_speak)
		code = curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, fetch);
	if (code != CURLE_OK || !fetch->opts.is_ending)
		return code;
	code = curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_at_end);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_XFERINFODATA, fetch);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	/* A name server that hangs holds nothing up. */
	return code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L) : code;
}

static CURLcode set_all(struct yg_fetch *fetch)
{
	CURL *curl = fetch->curl;
	CURLcode code = set_numbers(fetch);

	if (code == CURLE_OK)
		code = set_texts(fetch);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fetch->fields);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, fetch->trouble);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetch);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_field);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_HEADERDATA, fetch);
	return code == CURLE_OK ? set_callers(fetch) : code;
}

int yg_fetch_new(const struct yg_fetch_opts *opts, struct yg_fetch **ret)
{
	struct yg_fetch *fetch = yg_calloc(1, sizeof(*fetch));

	if (!fetch)
		return YG_ENOMEM;
	fetch->opts = *opts;
	if (fetch->opts.timeout_s == 0)
		fetch->opts.timeout_s = YG_FETCH_TIMEOUT_S;
	if (fetch->opts.body_max == 0)
		fetch->opts.body_max = YG_FETCH_BODY_MAX;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		fetch->curl = curl_easy_init();
	fetch->fields = curl_slist_append(NULL, "Accept: " MEDIA_TYPE ";version=2.1");
	if (!fetch->curl || !fetch->fields || set_all(fetch) != CURLE_OK) {
		(void)yg_fetch_free(fetch);
		return YG_ENOMEM;
	}
	*ret = fetch;
	return YG_OK;
}

struct yg_fetch *yg_fetch_free(struct yg_fetch *fetch)
{
	if (!fetch)
		return NULL;
	if (fetch->curl)
		curl_easy_cleanup(fetch->curl);
	curl_slist_free_all(fetch->fields);
	free(fetch);
	return NULL;
}

static enum yg_fetched how_of(CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return YG_FETCHED;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
		return YG_FETCH_UNREACHABLE;
	default:
		return YG_FETCH_BROKEN;
	}
}

void yg_fetch_get(struct yg_fetch *fetch, const char *url, struct yg_fetch_answer *ret)
{
	struct yg_buf body = ret->body;
	CURLcode code;

	*ret = (struct yg_fetch_answer){.body = body};
	yg_buf_reset(&ret->body);
	fetch->now = ret;
	fetch->trouble[0] = 0;
	fetch->is_inside = false;
	code = curl_easy_setopt(fetch->curl, CURLOPT_URL, url);
	if (code == CURLE_OK)
		code = curl_easy_perform(fetch->curl);
	(void)curl_easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE,
				&ret->status); /* 0 otherwise */
	fetch->now = NULL;
	if (ret->how == YG_FETCHED)
		ret->how = how_of(code);
	(void)snprintf(ret->words, sizeof(ret->words), "%.190s",
		       fetch->is_inside	   ? "an address inside is not spoken with"
		       : fetch->trouble[0] ? fetch->trouble
					   : curl_easy_strerror(code)); /* cut */
}
