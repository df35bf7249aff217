/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/http.h"

#include <curl/curl.h>

#include "base/alloc.h"

#include "base/ban.h"

#define TIMEOUT_S	  60u
#define CONNECT_TIMEOUT_S 10L
#define URL_ROOM	  (YG_HOME_URL_MAX + 128)

struct yg_http {
	CURL *curl;
	char *hub;
	char *ca;
	char *identity;
	const atomic_int *stop;
	char trouble[CURL_ERROR_SIZE];
};

int yg_http_start(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? YG_OK : YG_ENOMEM;
}

static char *copy(const char *text)
{
	return text ? yg_strndup(text, strlen(text)) : NULL;
}

struct yg_http *yg_http_new(const char *hub, const char *ca, const char *identity,
			    const atomic_int *stop)
{
	struct yg_http *http = yg_calloc(1, sizeof(*http));

	if (!http)
		return NULL;
	http->hub = copy(hub);
	http->ca = copy(ca);
	http->identity = copy(identity);
	http->stop = stop;
	http->curl = curl_easy_init();
	if (!http->hub || !http->ca || (identity && !http->identity) || !http->curl)
		return yg_http_free(http);
	return http;
}

struct yg_http *yg_http_free(struct yg_http *http)
{
	if (!http)
		return NULL;
	if (http->curl)
		curl_easy_cleanup(http->curl);
	free(http->hub);
	free(http->ca);
	free(http->identity);
	free(http);
	return NULL;
}

void yg_http_reconnect(struct yg_http *http)
{
	CURL *fresh = curl_easy_init();

	if (!fresh)
		return; /* the old connection goes on until it breaks */
	curl_easy_cleanup(http->curl);
	http->curl = fresh;
}

/* More than the limit is no answer of a hub. */
static size_t take(char *data, size_t size, size_t count, void *arg)
{
	struct yg_buf *to = arg;

	yg_buf_add(to, (struct yg_bytes){(const uint8_t *)data, size * count});
	return yg_buf_error(to) ? 0 : size * count;
}

static int is_over(void *arg, curl_off_t down_max, curl_off_t down, curl_off_t up_max,
		   curl_off_t up)
{
	const struct yg_http *http = arg;

	(void)down_max;
	(void)down;
	(void)up_max;
	(void)up;
	return http->stop && atomic_load(http->stop) != 0;
}

/* Who is spoken to, and as whom. */
static CURLcode set_identity(struct yg_http *http)
{
	CURL *curl = http->curl;
	CURLcode code = curl_easy_setopt(curl, CURLOPT_CAINFO, http->ca);

	if (code == CURLE_OK) /* this hub's authority and no other */
		code = curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	if (code == CURLE_OK && http->identity)
		code = curl_easy_setopt(curl, CURLOPT_SSLCERT, http->identity);
	if (code == CURLE_OK && http->identity)
		code = curl_easy_setopt(curl, CURLOPT_SSLKEY, http->identity);
	return code;
}

static CURLcode set_connection(struct yg_http *http)
{
	static const struct {
		CURLoption option;
		long value;
	} numbers[] = {
		{CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
		{CURLOPT_NOSIGNAL, 1},
		{CURLOPT_TCP_KEEPALIVE, 1},
		{CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S},
		{CURLOPT_NOPROGRESS, 0},
	};
	CURL *curl = http->curl;
	CURLcode code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && code == CURLE_OK; i++)
		code = curl_easy_setopt(curl, numbers[i].option, numbers[i].value);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_PROXY, "");
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->trouble);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_over);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_XFERINFODATA, http);
	return code == CURLE_OK ? set_identity(http) : code;
}

static CURLcode set_request(struct yg_http *http, const struct yg_http_call *call, const char *url,
			    struct curl_slist *fields, struct yg_buf *ret)
{
	unsigned timeout_s = call->timeout_s ? call->timeout_s : TIMEOUT_S;
	bool has_body = strcmp(call->method, "GET") != 0;
	CURL *curl = http->curl;
	CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, url);

	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)timeout_s);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_WRITEDATA, ret);
	if (code == CURLE_OK && !has_body)
		code = curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
	if (code == CURLE_OK && has_body)
		code = curl_easy_setopt(curl, CURLOPT_POST, 1L);
	if (code == CURLE_OK && has_body)
		code = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
					(curl_off_t)call->body.size);
	if (code == CURLE_OK && has_body)
		code = curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
					call->body.size ? (const char *)call->body.data : "");
	return code;
}

static int error_of(struct yg_http *http, CURLcode code)
{
	if (code == CURLE_OUT_OF_MEMORY)
		return YG_ENOMEM;
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return YG_EEND;
	if (!http->trouble[0])
		(void)snprintf(http->trouble, sizeof(http->trouble), "%s",
			       curl_easy_strerror(code)); /* cut */
	return YG_EIO;
}

int yg_http_call(struct yg_http *http, const struct yg_http_call *call, long *ret_status,
		 struct yg_buf *ret)
{
	const char *type = call->content_type ? call->content_type : "application/json";
	struct curl_slist *fields = NULL;
	char field[128];
	char url[URL_ROOM];
	CURLcode code;

	yg_buf_reset(ret);
	http->trouble[0] = '\0';
	(void)snprintf(url, sizeof(url), "%s%s", http->hub, call->path); /* both are bounded */
	(void)snprintf(field, sizeof(field), "Content-Type: %s", type);	 /* ours, short */
	fields = curl_slist_append(NULL, field);
	/* Without this a larger body waits a second for a leave that no hub of ours gives. */
	if (fields && !curl_slist_append(fields, "Expect:")) {
		curl_slist_free_all(fields);
		fields = NULL;
	}
	if (!fields)
		return YG_ENOMEM;
	code = set_connection(http);
	if (code == CURLE_OK)
		code = set_request(http, call, url, fields, ret);
	if (code == CURLE_OK)
		code = curl_easy_perform(http->curl);
	if (code == CURLE_OK)
		code = curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, ret_status);
	curl_slist_free_all(fields);
	return code == CURLE_OK ? YG_OK : error_of(http, code);
}

const char *yg_http_trouble(const struct yg_http *http)
{
	return http->trouble;
}
