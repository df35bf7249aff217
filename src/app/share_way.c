/* SPDX-License-Identifier: Apache-2.0 */
/* The way to a collection of another TAXII server, and how far one came the last time. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/say.h"
#include "app/share_poll-int.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/json.h"

#include "base/ban.h"

#define SEED 0x7a13u /* of the name under which a place is kept: never changed */

/* ---- what is said ---- */

void yg_poll_say(struct yg_poll *p, const char *hint, const char *format, ...)
{
	char text[YG_POLL_TROUBLE_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), p->is_quiet ? format : yg_say_tr(format),
			args); /* cut */
	va_end(args);
	memcpy(p->trouble, text, sizeof(text));
	if (p->is_quiet)
		return;
	if (hint)
		yg_say_hint(hint, "%s", text);
	else
		yg_say("%s", text);
}

const char *yg_poll_busy(const struct yg_fetch_answer *a)
{
	if (a->how != YG_FETCHED)
		return NULL;
	if (a->status == 429)
		return N_("%s: it wants to be asked less often (%ld)%s; if it stays so, give a "
			  "larger --limit, or more time between");
	if (a->status >= 500)
		return N_("%s: the server has trouble of its own (%ld)%s; if it stays so, whoever "
			  "runs it has to know");
	return a->status == 408 ? N_("%s: what was asked came to the server too slowly (%ld)%s")
				: NULL;
}

bool yg_poll_say_busy(struct yg_poll *p)
{
	const char *text = yg_poll_busy(&p->answer);

	if (text)
		yg_poll_say(p, YG_POLL_AGAIN, text, yg_say_safe(yg_bytes_str(p->url), 200),
			    p->answer.status, p->is_quiet ? "; it is tried again by itself" : "");
	return text != NULL;
}

/* ---- memory ---- */

int yg_poll_init(struct yg_poll *p)
{
	p->broken_us = INT64_MAX;
	yg_buf_init(&p->objects, 4 * YG_FETCH_URL_MAX);
	yg_buf_init(&p->answer.body, YG_FETCH_BODY_MAX + 1);
	yg_buf_init(&p->later, YG_POLL_LATER_BYTES + YG_POLL_LATER_MAX);
	p->seen = yg_calloc(1, sizeof(*p->seen));
	p->wrong = yg_calloc(1, sizeof(*p->wrong));
	return p->seen && p->wrong ? YG_OK : YG_ENOMEM;
}

void yg_poll_done(struct yg_poll *p)
{
	yg_buf_done(&p->objects);
	yg_buf_done(&p->answer.body);
	yg_buf_done(&p->later);
	free(p->seen);
	free(p->wrong);
	p->seen = p->wrong = NULL;
}

/* ---- the way there ---- */

/* "https://host:port" of an address. */
static struct yg_bytes origin_of(struct yg_bytes url)
{
	size_t start = yg_bytes_find(url, YG_S("://")) + 3;
	size_t end = yg_bytes_chr(yg_bytes_from(url, start), '/');

	return yg_bytes_cut(url, 0, end == SIZE_MAX ? url.size : start + end);
}

static int say_status(struct yg_poll *p)
{
	const struct yg_fetch_answer *a = &p->answer;

	if (yg_poll_say_busy(p))
		return YG_EIO;
	if (a->how != YG_FETCHED)
		yg_poll_say(p, NULL, "%s: %s", yg_say_safe(yg_bytes_str(p->url), 200),
			    yg_say_safe(yg_bytes_str(a->words), 200));
	else
		yg_poll_say(p, NULL, N_("%s: answered with %ld: %s"),
			    yg_say_safe(yg_bytes_str(p->url), 200), a->status,
			    yg_say_safe(yg_buf_bytes(&a->body), 200));
	return YG_EIO;
}

/* The API root that discovery names, which has to be of the same server: the credential is its. */
static int discover(struct yg_poll *p, struct yg_buf *root)
{
	struct yg_bytes url = yg_bytes_str(p->url);
	struct yg_bytes origin = origin_of(url);
	struct yg_fault fault;
	struct yg_bytes found;
	json_t *tree = NULL;
	int rc;

	p->get(p->arg, (const char *)root->data, &p->answer);
	if (p->answer.how != YG_FETCHED || p->answer.status != 200)
		return say_status(p);
	rc = yg_json_load(yg_buf_bytes(&p->answer.body), 1u << 20, &tree, &fault);
	found = rc == YG_OK ? yg_json_text(tree, "default") : (struct yg_bytes){0};
	if (rc == YG_OK && found.size == 0) {
		const json_t *first = json_array_get(json_object_get(tree, "api_roots"), 0);

		found = yg_bytes_str(json_is_string(first) ? json_string_value(first) : "");
	}
	yg_buf_reset(root);
	if (yg_bytes_starts(found, YG_S("/")) && !yg_bytes_starts(found, YG_S("//")))
		yg_buf_add(root, origin);
	else if (!yg_bytes_starts(found, origin) || found.size == origin.size ||
		 found.data[origin.size] != '/')
		rc = YG_EFORMAT;
	yg_buf_add(root, found);
	yg_buf_add_byte(root, 0);
	if (rc != YG_OK || !yg_fetch_is_url((const char *)root->data)) {
		yg_poll_say(p, N_("give the address of the API root with --url"),
			    N_("%s: names no API root of the same server"), yg_say_safe(url, 200));
		rc = YG_EFORMAT;
	}
	json_decref(tree);
	return rc;
}

/* ROOT/collections/ID/objects/ */
int yg_poll_find(struct yg_poll *p)
{
	struct yg_bytes url = yg_bytes_str(p->url);
	struct yg_buf root;
	int rc = YG_OK;

	yg_buf_init(&root, 2 * YG_FETCH_URL_MAX);
	yg_buf_add(&root, url);
	if (url.data[url.size - 1] != '/')
		yg_buf_add_byte(&root, '/');
	yg_buf_add_byte(&root, 0);
	if (yg_bytes_ends(yg_buf_bytes(&root), (struct yg_bytes){(const uint8_t *)"/taxii2/", 9}))
		rc = discover(p, &root);
	if (rc == YG_OK) {
		struct yg_bytes base = yg_bytes_str((const char *)root.data);

		yg_buf_add(&p->objects, base);
		yg_buf_add_str(&p->objects, yg_bytes_ends(base, YG_S("/")) ? "" : "/");
		yg_buf_add_str(&p->objects, "collections/");
		yg_fetch_escape(yg_bytes_str(p->remote), &p->objects);
		yg_buf_add_str(&p->objects, "/objects/");
		yg_buf_add_byte(&p->objects, 0);
		rc = yg_buf_error(&p->objects);
	}
	yg_buf_done(&root);
	return rc;
}

/* "0123456789abcdef" of each word that was asked with. */
static void read_asked(struct yg_poll *p, const json_t *list)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < json_array_size(list) && i < YG_POLL_ASKED_MAX; i++) {
		const char *text = json_string_value(json_array_get(list, i));
		uint64_t hash = 0;

		for (size_t at = 0; text && at < 16 && text[at]; at++) {
			const char *digit = strchr(digits, text[at]);

			hash = hash << 4 | (uint64_t)(digit ? digit - digits : 0);
		}
		p->asked[p->asked_count++] = hash;
	}
}

int yg_poll_resume(struct yg_poll *p)
{
	uint64_t hash = yg_hash64(yg_bytes_str((const char *)p->objects.data), SEED);
	struct yg_fault fault;
	struct yg_buf text;
	json_t *tree = NULL;
	int64_t ns;
	int rc;

	(void)snprintf(p->state, sizeof(p->state), "%s/%016llx", p->place.c.id,
		       (unsigned long long)hash); /* it fits */
	p->cursor_us = p->kept_us = INT64_MIN;
	if (p->is_again)
		return YG_OK;
	yg_buf_init(&text, 1u << 20);
	rc = yg_collections_get_text(p->place.s, "poll", yg_bytes_str(p->state), &text);
	if (rc == YG_OK)
		rc = yg_json_load(yg_buf_bytes(&text), 1u << 20, &tree, &fault);
	if (rc == YG_OK && yg_stix_time(yg_json_text(tree, "added_after"), &ns))
		p->cursor_us = p->kept_us = ns / 1000;
	if (rc == YG_OK)
		read_asked(p, json_object_get(tree, "asked"));
	json_decref(tree);
	yg_buf_done(&text);
	return rc == YG_ENOENT ? YG_OK : rc;
}
