/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `yagura share poll`: what is new in a collection of another TAXII server, into one of ours.
 * Beside the hub or without one; how far it came stands in the file of collections.
 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <errno.h>
#include <getopt.h>
#include <time.h>

#include "app/commands.h"
#include "app/say.h"
#include "app/share-int.h"
#include "app/share_poll-int.h"
#include "base/crypt.h"

#include "base/ban.h"

#define LIMIT	  1000u
#define LIMIT_MAX 100000u

enum option_code {
	OPT_URL = 1000,
	OPT_COLLECTION,
	OPT_INTO,
	OPT_USER,
	OPT_PASSWORD,
	OPT_TOKEN,
	OPT_AUTHORITIES,
	OPT_CERTIFICATE,
	OPT_KEY,
	OPT_LIMIT,
	OPT_TIMEOUT,
	OPT_AGAIN,
	OPT_JSON,
	OPT_TLP,
	OPT_STORE,
	OPT_DATA,
	OPT_TITLE,
	OPT_LANG,
};

static const struct option longs[] = {
	{"url", required_argument, NULL, OPT_URL},
	{"collection", required_argument, NULL, OPT_COLLECTION},
	{"into", required_argument, NULL, OPT_INTO},
	{"user", required_argument, NULL, OPT_USER},
	{"password-file", required_argument, NULL, OPT_PASSWORD},
	{"token-file", required_argument, NULL, OPT_TOKEN},
	{"authorities", required_argument, NULL, OPT_AUTHORITIES},
	{"certificate", required_argument, NULL, OPT_CERTIFICATE},
	{"key", required_argument, NULL, OPT_KEY},
	{"limit", required_argument, NULL, OPT_LIMIT},
	{"timeout", required_argument, NULL, OPT_TIMEOUT},
	{"again", no_argument, NULL, OPT_AGAIN},
	{"json", no_argument, NULL, OPT_JSON},
	{"default-tlp", required_argument, NULL, OPT_TLP},
	{"store", required_argument, NULL, OPT_STORE},
	{"data", required_argument, NULL, OPT_DATA},
	{"title", required_argument, NULL, OPT_TITLE},
	{"lang", required_argument, NULL, OPT_LANG},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static bool take_number(const char *name, uint64_t max, uint64_t *to)
{
	return (yg_bytes_u64(yg_bytes_str(optarg), to) && *to > 0 && *to <= max) ||
	       yg_share_refuse(N_("%s: a whole number above 0, and not so large"), name);
}

static bool take_flag(struct yg_poll *p, int option)
{
	uint64_t number = 0;

	switch (option) {
	case OPT_AGAIN:
		p->is_again = true;
		return true;
	case OPT_JSON:
		p->is_json = true;
		return true;
	case OPT_TLP:
		return yg_share_place_tlp(&p->place, optarg);
	case OPT_LIMIT:
		if (!take_number("--limit", LIMIT_MAX, &number))
			return false;
		p->limit = (uint32_t)number;
		return true;
	case OPT_TIMEOUT:
		if (!take_number("--timeout", 3600, &number))
			return false;
		p->http.timeout_s = (unsigned)number;
		return true;
	default:
		return yg_share_take_lang(optarg);
	}
}

static bool take_option(void *arg, int option)
{
	struct yg_poll *p = arg;
	const struct {
		int option;
		const char **to;
	} texts[] = {
		{OPT_URL, &p->url},
		{OPT_COLLECTION, &p->remote},
		{OPT_INTO, &p->place.collection},
		{OPT_USER, &p->http.user},
		{OPT_PASSWORD, &p->secret_file},
		{OPT_TOKEN, &p->token_file},
		{OPT_AUTHORITIES, &p->http.authorities},
		{OPT_CERTIFICATE, &p->http.certificate},
		{OPT_KEY, &p->http.key},
		{OPT_STORE, &p->place.store},
		{OPT_DATA, &p->place.data},
		{OPT_TITLE, &p->place.title},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].option == option) {
			*texts[i].to = optarg;
			return true;
		}
	return take_flag(p, option);
}

static bool check_options(int argc, char **argv, const struct yg_poll *p)
{
	if (optind < argc)
		return yg_share_refuse(N_("share: %s: one word too many"),
				       yg_say_safe(yg_bytes_str(argv[optind]), 80));
	if (!p->url || !p->remote || !p->place.collection)
		return yg_share_refuse(N_("share: %s is missing"), !p->url	? "--url URL"
								   : !p->remote ? "--collection ID"
										: "--into ID");
	if (p->place.store && p->place.data)
		return yg_share_refuse(N_("share: give one of %s"), "--store, --data");
	if ((p->http.user != NULL) != (p->secret_file != NULL) || (p->token_file && p->secret_file))
		return yg_share_refuse(N_("share: give one of %s"),
				       "--user NAME --password-file FILE, --token-file FILE");
	if ((p->http.certificate != NULL) != (p->http.key != NULL))
		return yg_share_refuse(N_("share: %s is missing"),
				       p->http.key ? "--certificate FILE" : "--key FILE");
	if (!yg_fetch_is_url(p->url))
		return yg_share_refuse(N_("--url %s: https://…, or http:// and this machine, "
					  "without a name or password in it"),
				       yg_say_safe(yg_bytes_str(p->url), 200));
	return true;
}

/* ---- the way there ---- */

static int open_place(struct yg_poll *p)
{
	int rc = yg_share_place_open(&p->place, true);

	if (rc == YG_ENOENT) {
		rc = yg_collections_begin(p->place.s);
		if (rc == YG_OK)
			rc = yg_share_place_make(&p->place);
		if (rc == YG_OK)
			rc = yg_collections_commit(p->place.s);
		else
			yg_collections_abort(p->place.s);
		if (rc != YG_OK && rc != YG_EINVAL)
			(void)yg_share_say_error(p->place.collection, rc);
	}
	if (rc != YG_OK)
		return rc;
	rc = yg_poll_resume(p);
	return rc == YG_OK ? rc : yg_share_say_error(p->place.collection, rc);
}

static void get(void *arg, const char *url, struct yg_fetch_answer *ret)
{
	yg_fetch_get(((struct yg_poll *)arg)->fetch, url, ret);
}

static bool pause_here(void *arg, int64_t ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)arg;
	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
	return true;
}

static int open_way(struct yg_poll *p)
{
	const char *file = p->secret_file ? p->secret_file : p->token_file;
	int rc = file ? yg_share_secret(file, p->secret, sizeof(p->secret)) : YG_OK;

	if (rc == YG_OK && file)
		p->http.secret = p->secret;
	if (rc == YG_OK)
		rc = yg_fetch_new(&p->http, &p->fetch);
	p->get = get;
	p->pause = pause_here;
	p->arg = p;
	if (rc == YG_OK)
		rc = yg_poll_find(p);
	return rc == YG_OK ? open_place(p) : rc;
}

/* ---- all of it ---- */

/* In English whatever the language: scripts read it. */
static void print_result(const struct yg_poll *p, bool is_complete)
{
	char added[YG_STIX_TIME_SIZE] = "";

	if (p->kept_us != INT64_MIN)
		yg_stix_time_write(p->kept_us, added);
	if (p->is_json)
		printf("{\"collection\":\"%s\",\"stored\":%llu,\"there_before\":%llu,"
		       "\"refused\":%llu,\"pages\":%llu,\"restarts\":%llu,\"added_after\":\"%s\","
		       "\"complete\":%s}\n",
		       p->place.c.id, (unsigned long long)p->stored, (unsigned long long)p->there,
		       (unsigned long long)p->refused, (unsigned long long)p->pages,
		       (unsigned long long)p->restarts, added, is_complete ? "true" : "false");
	else
		printf("%llu stored, %llu there before, %llu refused\n",
		       (unsigned long long)p->stored, (unsigned long long)p->there,
		       (unsigned long long)p->refused);
}

static int run(struct yg_poll *p)
{
	int rc = open_way(p);

	if (rc != YG_OK)
		return YG_EXIT_FAILED;
	rc = yg_poll_pages(p);
	if (yg_share_place_note(&p->place, "collection.poll", p->stored) != YG_OK)
		rc = YG_EIO;
	print_result(p, rc == YG_OK);
	return rc == YG_OK && p->refused == 0	? YG_EXIT_DONE
	       : rc == YG_OK || rc == YG_EAGAIN ? YG_EXIT_PARTLY
						: YG_EXIT_FAILED;
}

int yg_share_poll(int argc, char **argv)
{
	struct yg_poll p = {.limit = LIMIT};
	int status;

	if (!yg_share_options(argc, argv, longs, take_option, &p, &status) ||
	    (status = YG_EXIT_FAILED, !check_options(argc, argv, &p)))
		return status;
	status = yg_poll_init(&p) == YG_OK ? run(&p) : YG_EXIT_FAILED;
	p.place.s = yg_collections_free(p.place.s);
	p.fetch = yg_fetch_free(p.fetch);
	yg_wipe(p.secret, sizeof(p.secret));
	yg_poll_done(&p);
	return status;
}
