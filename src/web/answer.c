/* SPDX-License-Identifier: Apache-2.0 */
/* From what stands in an exchange to an answer with its header fields. */
#include "model/stix.h"
#include "web/server-int.h"

#include "base/ban.h"

#define VALUE_MAX 1200u /* bytes of one header field; a file name of 255 bytes, escaped, fits */

/* On every answer of ours. */
static const struct {
	const char *name;
	const char *value;
} always[] = {
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
	{"X-Frame-Options", "DENY"},
};

/* The console: its own files only, nothing inline. */
#define CSP_CONSOLE                                                                                \
	"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "        \
	"object-src 'none'"
/* A report is one file with its style inside; it runs nothing and loads nothing. */
#define CSP_REPORT                                                                                 \
	"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "          \
	"form-action 'none'; frame-ancestors 'none'"
/* What people uploaded: never more than bytes to keep. */
#define CSP_DOWNLOAD "default-src 'none'; frame-ancestors 'none'; sandbox"

static const char *policy_of(const struct yg_web_exchange *exchange)
{
	if (!exchange->is_api)
		return CSP_CONSOLE;
	return exchange->reply.file_name[0] ? CSP_DOWNLOAD : CSP_REPORT;
}

static bool add(struct MHD_Response *response, const char *name, const char *value)
{
	return MHD_add_response_header(response, name, value) == MHD_YES;
}

static bool add_seconds(struct MHD_Response *response, const char *name, uint32_t seconds)
{
	char value[16];

	(void)snprintf(value, sizeof(value), "%u", (unsigned)seconds);
	return add(response, name, value);
}

static bool add_tag(struct MHD_Response *response, const char *tag)
{
	char value[YG_WEB_TAG_MAX + 4];

	(void)snprintf(value, sizeof(value), "\"%s\"", tag);
	return add(response, "ETag", value);
}

static bool add_file_name(struct MHD_Response *response, const char *name)
{
	struct yg_buf value;
	bool is_added;

	yg_buf_init(&value, VALUE_MAX);
	yg_web_disposition(&value, yg_bytes_str(name));
	yg_buf_add_byte(&value, 0);
	is_added = !yg_buf_error(&value) &&
		   add(response, "Content-Disposition", (const char *)value.data);
	yg_buf_done(&value);
	return is_added;
}

static bool add_name(struct MHD_Response *response, const struct yg_reply *reply)
{
	return !reply->file_name[0] || add_file_name(response, reply->file_name);
}

static bool add_cookie(struct MHD_Response *response, const struct yg_web_exchange *exchange)
{
	char value[160];
	bool is_added;

	(void)snprintf(value, sizeof(value), "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s",
		       exchange->web->cookie,
		       exchange->cookie[0] ? exchange->cookie : exchange->reply.session,
		       exchange->web->config.key || exchange->is_named ? "; Secure" : "",
		       exchange->reply.ends_session ? "; Max-Age=0" : "");
	is_added = add(response, "Set-Cookie", value);
	yg_wipe(value, sizeof(value));
	return is_added;
}

static bool add_allow(struct MHD_Response *response, const struct yg_web_exchange *exchange)
{
	char value[40];

	if (exchange->match.methods == 0)
		return add(response, "Allow", "GET"); /* the start link */
	yg_web_allow(exchange->match.methods, value);
	return add(response, "Allow", value);
}

/* The kind of content; NULL: there is none. */
static const char *type_of(const struct yg_web_exchange *exchange)
{
	int status = exchange->reply.status;

	if (status == 204 || status == 303 || status == 304)
		return NULL;
	if (exchange->file)
		return exchange->file->content_type;
	return exchange->reply.content_type ? exchange->reply.content_type : "application/json";
}

/* What browsers are told to keep to. */
static bool add_security(struct MHD_Response *response, const struct yg_web_exchange *exchange)
{
	bool is_good = add(response, "Content-Security-Policy", policy_of(exchange)) &&
		       add(response, "Cache-Control", exchange->file ? "no-cache" : "no-store");

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		is_good = is_good && add(response, always[i].name, always[i].value);
	return is_good;
}

/* What a sign-in, or a refusal of one, carries. */
static bool add_session(struct MHD_Response *response, const struct yg_web_exchange *exchange)
{
	const struct yg_reply *reply = &exchange->reply;
	bool has_cookie = exchange->cookie[0] || reply->session[0] || reply->ends_session;

	if (has_cookie && !add_cookie(response, exchange))
		return false;
	return reply->retry_s == 0 || add_seconds(response, "Retry-After", reply->retry_s);
}

/* What TAXII 2.1 adds: sec. 3.4 (times of adding), RFC 9110 sec. 11.6.1 (how to sign in). */
static bool add_taxii(struct MHD_Response *response, const struct yg_reply *reply)
{
	char value[YG_STIX_TIME_SIZE];

	if (!reply->is_taxii)
		return true;
	if (reply->status == 401 &&
	    !add(response, "WWW-Authenticate", "Basic realm=\"Yagura\", charset=\"UTF-8\""))
		return false;
	if (reply->added_first_us == 0)
		return true;
	yg_stix_time_write(reply->added_first_us, value);
	if (!add(response, "X-TAXII-Date-Added-First", value))
		return false;
	yg_stix_time_write(reply->added_last_us, value);
	return add(response, "X-TAXII-Date-Added-Last", value);
}

static bool is_gzip(const struct yg_web_exchange *exchange)
{
	return exchange->file && exchange->takes_gzip && exchange->file->gzip.size > 0;
}

const char *yg_web_file_tag(const struct yg_web_exchange *exchange)
{
	return is_gzip(exchange) ? exchange->file->gzip_etag : exchange->file->etag;
}

/* Kind and form; a cache in between must not give one form to who asked for the other. */
static bool add_kind(struct MHD_Response *response, const struct yg_web_exchange *exchange)
{
	const char *type = type_of(exchange);

	if (type && !add(response, "Content-Type", type))
		return false;
	if (!exchange->file || exchange->file->gzip.size == 0)
		return true;
	return add(response, "Vary", "Accept-Encoding") &&
	       (!is_gzip(exchange) || exchange->reply.status == 304 ||
		add(response, "Content-Encoding", "gzip"));
}

static bool add_fields(struct MHD_Response *response, const struct yg_web_exchange *exchange)
{
	const struct yg_reply *reply = &exchange->reply;
	const char *tag = exchange->file ? yg_web_file_tag(exchange) : reply->etag;
	bool is_good = add_security(response, exchange) && add_kind(response, exchange);

	is_good = is_good && (!exchange->is_last || add(response, "Connection", "close"));
	/* A proxy hands on what comes as it comes. */
	is_good = is_good && (!reply->is_stream || add(response, "X-Accel-Buffering", "no"));
	is_good = is_good && (!tag[0] || add_tag(response, tag)) && add_name(response, reply);
	is_good = is_good && (!exchange->location || add(response, "Location", exchange->location));
	is_good = is_good && add_session(response, exchange) && add_taxii(response, reply);
	return is_good && (reply->status != 405 || add_allow(response, exchange));
}

/* The body of the answer goes over to the response, without a copy. */
static struct MHD_Response *new_response(struct yg_web_exchange *exchange)
{
	struct yg_buf *body = &exchange->reply.body;
	struct MHD_Response *response;
	bool is_empty = !type_of(exchange);

	if (exchange->reply.is_stream)
		return yg_web_stream_response(exchange);
	if (exchange->file && !is_empty) {
		/* The library only reads what is persistent, whatever its prototype says. */
		struct yg_bytes sent =
			is_gzip(exchange) ? exchange->file->gzip : exchange->file->bytes;
		void *bytes = (void *)(uintptr_t)sent.data;

		return MHD_create_response_from_buffer(sent.size, bytes, MHD_RESPMEM_PERSISTENT);
	}
	if (is_empty || body->size == 0)
		return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	response = MHD_create_response_from_buffer(body->size, body->data, MHD_RESPMEM_MUST_FREE);
	if (response)
		*body = (struct yg_buf){.max = body->max};
	return response;
}

enum MHD_Result yg_web_answer(struct yg_web_exchange *exchange, struct MHD_Connection *connection)
{
	struct MHD_Response *response;
	enum MHD_Result result = MHD_NO;

	if (exchange->reply.status == 0)
		exchange->reply.status = 200;
	/* Without memory even for a refusal the connection is closed. */
	response = yg_buf_error(&exchange->reply.body) ? NULL : new_response(exchange);
	if (!response)
		return MHD_NO;
	if (add_fields(response, exchange))
		result = MHD_queue_response(connection, (unsigned)exchange->reply.status, response);
	MHD_destroy_response(response);
	return result;
}
