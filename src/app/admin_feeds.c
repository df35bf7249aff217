/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura admin feeds`: collections of other TAXII servers that the hub fetches (docs/taxii.md). */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <getopt.h>
#include <unistd.h>

#include "access/feeds.h"
#include "app/admin-int.h"
#include "app/commands.h"
#include "app/say.h"
#include "app/share_fetch.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define WORDS	    "feeds list|add NAME|remove NAME|poll-now NAME|objects NAME"
#define PATH_ROOM   4096u
#define OUT_MAX	    (16u << 20)
#define INTERVAL_S  3600u
#define LIMIT	    1000u
#define LIST_LIMIT  200u
#define TEXT_SHOWN  120u
#define ERROR_SHOWN 300u

struct cli {
	struct yg_admin admin; /* its register */
	const char *url;
	const char *remote;
	const char *into;
	const char *user;
	const char *password;
	const char *token;
	const char *authorities;
	const char *certificate;
	const char *key;
	const char *tlp;
	const char *interval;
	const char *limit;
	bool is_json;
	const char *words[3]; /* "feeds", what, NAME */
	unsigned count;
	struct yg_collections *s; /* NULL: there are no collections yet, and none were to be made */
};

static bool read_option(struct cli *cli, int c)
{
	const struct yg_admin_option known[] = {
		{'d', .text = &cli->admin.data},
		{'u', .text = &cli->url},
		{'r', .text = &cli->remote},
		{'i', .text = &cli->into},
		{'n', .text = &cli->user},
		{'p', .text = &cli->password},
		{'t', .text = &cli->token},
		{'a', .text = &cli->authorities},
		{'c', .text = &cli->certificate},
		{'k', .text = &cli->key},
		{'m', .text = &cli->tlp},
		{'e', .text = &cli->interval},
		{'l', .text = &cli->limit},
		{'j', .flag = &cli->is_json},
		{.letter = 'L'},
	};

	return yg_admin_option(known, sizeof(known) / sizeof(known[0]), c);
}

static bool read_cli(int argc, char **argv, struct cli *cli)
{
	static const struct option longs[] = {
		{"data", required_argument, NULL, 'd'},
		{"url", required_argument, NULL, 'u'},
		{"collection", required_argument, NULL, 'r'},
		{"into", required_argument, NULL, 'i'},
		{"user", required_argument, NULL, 'n'},
		{"password-file", required_argument, NULL, 'p'},
		{"token-file", required_argument, NULL, 't'},
		{"authorities", required_argument, NULL, 'a'},
		{"certificate", required_argument, NULL, 'c'},
		{"key", required_argument, NULL, 'k'},
		{"default-tlp", required_argument, NULL, 'm'},
		{"interval", required_argument, NULL, 'e'},
		{"limit", required_argument, NULL, 'l'},
		{"json", no_argument, NULL, 'j'},
		{"lang", required_argument, NULL, 'L'},
		{0},
	};
	int c;

	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (!read_option(cli, c))
			return false;
	for (int i = optind; i < argc && cli->count < 3; i++)
		cli->words[cli->count++] = argv[i];
	if (cli->count < 2 || argc - optind > 3) {
		(void)yg_admin_wording(WORDS);
		return false;
	}
	if (!cli->admin.data)
		yg_say_hint(N_("give the hub's data folder, as `yagura hub --data` has it"),
			    N_("admin feeds: %s is missing"), "--data FOLDER");
	return cli->admin.data != NULL;
}

static const char *name_of(const struct cli *cli)
{
	return cli->count > 2 ? cli->words[2] : "";
}

/* ---- showing ---- */

static void add_shown(struct yg_buf *to, const json_t *one, const char *key, const char *end)
{
	struct yg_bytes text = yg_json_text(one, key);

	yg_buf_addf(to, "%s%s", text.size ? yg_say_safe(text, TEXT_SHOWN) : "-", end);
}

static int print_feed(void *arg, json_t *one)
{
	struct cli *cli = arg;
	struct yg_buf *out = &cli->admin.out;
	const json_t *state = json_object_get(one, "state");
	struct yg_bytes error = yg_json_text(state, "last_error");

	if (cli->is_json)
		return yg_admin_json(&cli->admin, json_incref(one));
	add_shown(out, one, "name", "  ");
	add_shown(out, one, "url", "  ");
	add_shown(out, one, "collection_there", "  -> ");
	add_shown(out, one, "collection", "\n");
	yg_buf_addf(out, "    %s ", yg_say_tr(N_("last good:")));
	add_shown(out, state, "last_success", "  ");
	yg_buf_addf(out, "%s ", yg_say_tr(N_("next:")));
	add_shown(out, state, "next", "  ");
	yg_buf_addf(out, yg_say_tr(N_("%lld objects, %lld the last time, %lld refused\n")),
		    (long long)yg_json_int(state, "objects", 0),
		    (long long)yg_json_int(state, "last_objects", 0),
		    (long long)yg_json_int(state, "refused", 0));
	if (error.size > 0) {
		yg_buf_addf(out, "    %s ", yg_say_tr(N_("failed:")));
		add_shown(out, state, "error_time", "  ");
		yg_buf_addf(out, "%s\n", yg_say_safe(error, ERROR_SHOWN));
	}
	return yg_buf_error(out);
}

static int print_object(void *arg, const struct yg_stix_came *one)
{
	struct cli *cli = arg;
	struct yg_buf *out = &cli->admin.out;
	char added[YG_STIX_TIME_SIZE];

	yg_stix_time_write(one->added_us, added);
	if (cli->is_json)
		return yg_admin_json(&cli->admin,
				     json_pack("{s:s, s:o, s:o, s:s}", "feed", name_of(cli), "id",
					       yg_json_string(one->id), "version",
					       yg_json_string(one->version), "added", added));
	yg_buf_addf(out, "%s  %s  ", added, yg_say_safe(one->id, TEXT_SHOWN));
	yg_buf_addf(out, "%s\n", yg_say_safe(one->version, TEXT_SHOWN));
	return yg_buf_error(out);
}

/* ---- what is said ---- */

static bool take_number(const char *text, const char *option, uint32_t min, uint32_t max,
			uint32_t *to)
{
	uint64_t number;

	if (!text)
		return true;
	if (yg_bytes_u64(yg_bytes_str(text), &number) && number >= min && number <= max) {
		*to = (uint32_t)number;
		return true;
	}
	yg_say(N_("%s: a number from %u to %u"), option, min, max);
	return false;
}

static bool take_text(const char *text, char *to, size_t room, const char *option)
{
	size_t size = text ? strlen(text) : 0;

	if (size >= room) {
		yg_say(N_("%s: at most %u bytes"), option, (unsigned)room - 1);
		return false;
	}
	memcpy(to, text ? text : "", size + 1);
	return true;
}

static bool take_file(const char *name, char to[YG_FEED_FILE_MAX + 1], const char *option)
{
	if (!name || yg_feed_is_file(name))
		return take_text(name, to, YG_FEED_FILE_MAX + 1, option);
	yg_say_hint(N_("`out.feeds` of the hub's configuration says which folder; give the name "
		       "alone"),
		    N_("%s %s: a file in the folder of the feeds"), option,
		    yg_say_safe(yg_bytes_str(name), TEXT_SHOWN));
	return false;
}

static bool take_files(const struct cli *cli, struct yg_feed *feed)
{
	if ((cli->password && cli->token) || !cli->user != !cli->password) {
		yg_say(N_("admin feeds: give one of %s"),
		       "--user NAME --password-file FILE, --token-file FILE");
		return false;
	}
	if (!cli->certificate != !cli->key) {
		yg_say(N_("admin feeds: %s is missing"),
		       cli->key ? "--certificate FILE" : "--key FILE");
		return false;
	}
	return take_text(cli->user, feed->user, sizeof(feed->user), "--user") &&
	       take_file(cli->password ? cli->password : cli->token, feed->secret,
			 cli->password ? "--password-file" : "--token-file") &&
	       take_file(cli->authorities, feed->authorities, "--authorities") &&
	       take_file(cli->certificate, feed->certificate, "--certificate") &&
	       take_file(cli->key, feed->key, "--key");
}

static bool take_all(const struct cli *cli, struct yg_feed *feed)
{
	if (!cli->url || !cli->remote || !cli->into) {
		yg_say(N_("admin feeds: %s is missing"), !cli->url	? "--url URL"
							 : !cli->remote ? "--collection ID"
									: "--into ID");
		return false;
	}
	if (!yg_fetch_is_url(cli->url)) {
		yg_say(N_("--url %s: https://…, or http:// and this machine, without a name or "
			  "password in it"),
		       yg_say_safe(yg_bytes_str(cli->url), 200));
		return false;
	}
	if (cli->tlp && !yg_tlp_by_name(yg_bytes_str(cli->tlp), &feed->default_tlp)) {
		yg_say(N_("--default-tlp %s: give clear, green, amber, amber+strict or red"),
		       yg_say_safe(yg_bytes_str(cli->tlp), 80));
		return false;
	}
	return take_text(name_of(cli), feed->name, sizeof(feed->name), "NAME") &&
	       take_text(cli->url, feed->url, sizeof(feed->url), "--url") &&
	       take_text(cli->remote, feed->remote, sizeof(feed->remote), "--collection") &&
	       take_number(cli->interval, "--interval", YG_FEED_INTERVAL_MIN, YG_FEED_INTERVAL_MAX,
			   &feed->interval_s) &&
	       take_number(cli->limit, "--limit", 1, YG_FEED_LIMIT_MAX, &feed->limit) &&
	       take_files(cli, feed);
}

/* ---- commands: YG_OK, YG_EEND (said), or an error ---- */

static int add(struct cli *cli, struct yg_access *by)
{
	struct yg_feed feed = {.interval_s = INTERVAL_S, .limit = LIMIT};
	struct yg_collection c;
	int rc;

	if (!take_all(cli, &feed))
		return YG_EEND;
	rc = yg_collections_get(cli->s, yg_bytes_str(cli->into), &c);
	if (rc == YG_ENOENT) {
		yg_say(N_("%s: there is no such collection"),
		       yg_say_safe(yg_bytes_str(cli->into), 80));
		return YG_EEND;
	}
	memcpy(feed.collection, c.id, sizeof(feed.collection));
	return rc == YG_OK ? yg_feed_add(by, &feed) : rc;
}

static int list_objects(struct cli *cli)
{
	uint32_t limit = LIST_LIMIT;

	if (!take_number(cli->limit, "--limit", 1, 1000000, &limit))
		return YG_EEND;
	if (!cli->s)
		return YG_ENOENT;
	return yg_collections_came(cli->s, name_of(cli), limit, print_object, cli);
}

static bool is_read(const char *what)
{
	return strcmp(what, "list") == 0 || strcmp(what, "objects") == 0;
}

static int run_command(struct cli *cli, const char *what)
{
	struct yg_access *by = NULL;
	int rc = yg_access_hub(cli->admin.hub, &cli->admin.actor, YG_HUB_ORG,
			       is_read(what) ? YG_MAY_read_indicators : YG_MAY_write_indicators,
			       &by);

	if (rc == YG_OK && strcmp(what, "list") == 0)
		rc = yg_feed_list(by, cli->s, print_feed, cli);
	else if (rc == YG_OK && is_read(what))
		rc = list_objects(cli);
	else if (rc == YG_OK && strcmp(what, "add") == 0)
		rc = add(cli, by);
	else if (rc == YG_OK && strcmp(what, "remove") == 0)
		rc = yg_feed_remove(by, name_of(cli));
	else if (rc == YG_OK)
		rc = yg_feed_poll_now(by, name_of(cli));
	(void)yg_access_free(by);
	return rc;
}

static int end(struct cli *cli, int rc)
{
	const char *name = yg_say_safe(yg_bytes_str(name_of(cli)), 80);

	if (rc == YG_OK && cli->admin.out.size > 0)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&cli->admin.out));
	if (rc == YG_OK || rc == YG_EPIPE)
		return YG_EXIT_DONE;
	if (rc == YG_ENOENT)
		yg_say(N_("%s: there is none of this name"), name);
	else if (rc == YG_EDUPLICATE)
		yg_say(N_("%s: there is a feed of this name"), name);
	else if (rc == YG_EINVAL)
		yg_say(N_("%s: a name of letters, digits, -, _ and ."), name);
	else if (rc != YG_EEND)
		return yg_admin_error(&cli->admin, name, rc);
	return YG_EXIT_PARTLY;
}

static int run(struct cli *cli, const char *what)
{
	char path[PATH_ROOM];
	int size = snprintf(path, sizeof(path), "%s/stix.db", cli->admin.data);
	char name[sizeof(cli->admin.actor.name)];
	int rc;

	if (size <= 0 || (size_t)size >= sizeof(path))
		return yg_admin_error(&cli->admin, cli->admin.data, YG_ELIMIT);
	if (yg_admin_register(&cli->admin) != YG_OK)
		return YG_EXIT_FAILED;
	/* Who has the folder's files acts as an analyst here, under his own name. */
	(void)snprintf(name, sizeof(name), "%s", cli->admin.actor.name); /* the same room */
	yg_hub_local_analyst(name, &cli->admin.actor);
	rc = yg_collections_open(path, !is_read(what), &cli->s); /* who looks makes nothing */
	if (rc == YG_OK || (rc == YG_ENOENT && is_read(what)))
		rc = run_command(cli, what);
	return end(cli, rc);
}

int yg_admin_feeds(int argc, char **argv)
{
	static const struct {
		const char *name;
		unsigned words;
	} known[] = {{"list", 2}, {"add", 3}, {"remove", 3}, {"poll-now", 3}, {"objects", 3}};
	struct cli cli = {.admin = {.signed_day = YG_DAY_NONE,
				    .last_day = YG_DAY_NONE,
				    .from_day = YG_DAY_NONE}};
	int status = YG_EXIT_FAILED;
	bool is_known = false;

	if (!read_cli(argc, argv, &cli))
		return status;
	yg_buf_init(&cli.admin.out, OUT_MAX);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(cli.words[1], known[i].name) == 0 && cli.count == known[i].words) {
			status = run(&cli, known[i].name);
			is_known = true;
		}
	if (!is_known)
		(void)yg_admin_wording(WORDS);
	(void)yg_collections_free(cli.s);
	yg_admin_register_close(&cli.admin);
	yg_buf_done(&cli.admin.out);
	return status;
}
