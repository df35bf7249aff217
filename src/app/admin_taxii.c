/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `yagura admin collection` and `taxii-load`: collections of STIX objects, and the data set by
 * which other servers are tested, beside the hub or before it runs.
 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <getopt.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/password.h"
#include "app/admin-int.h"
#include "app/commands.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/crypt.h"
#include "base/io.h"
#include "base/json.h"
#include "parse/stix.h"
#include "store/stix.h"

#include "base/ban.h"

#define PATH_ROOM 4096u
#define FILE_MAX  (64u << 20)
#define ARENA_MAX (512u << 20)
#define OUT_MAX	  (64u << 20)

struct cli {
	const char *data;
	const char *user; /* NAME:PASSWORD */
	const char *id;
	const char *alias;
	const char *title;
	const char *owner;
	const char *reach;
	const char *tlp;
	bool may_others_write;
	bool may_others_not; /* --no-others-write */
	bool is_sure;	     /* --yes */
	bool is_json;
	const char *words[3]; /* from the command on */
	unsigned count;
	struct yg_collections *s;
	char who[YG_COLLECTION_NAME_MAX + 1];
	struct yg_buf out;
	uint64_t loaded;
};

static bool read_option(struct cli *cli, int c)
{
	const struct yg_admin_option known[] = {
		{'d', .text = &cli->data},
		{'u', .text = &cli->user},
		{'i', .text = &cli->id},
		{'a', .text = &cli->alias},
		{'t', .text = &cli->title},
		{'o', .text = &cli->owner},
		{'r', .text = &cli->reach},
		{'m', .text = &cli->tlp},
		{'w', .flag = &cli->may_others_write},
		{'n', .flag = &cli->may_others_not},
		{'y', .flag = &cli->is_sure},
		{'j', .flag = &cli->is_json},
		{.letter = 'l'},
	};

	return yg_admin_option(known, sizeof(known) / sizeof(known[0]), c);
}

static bool read_cli(int argc, char **argv, struct cli *cli)
{
	static const struct option longs[] = {
		{"data", required_argument, NULL, 'd'},
		{"user", required_argument, NULL, 'u'},
		{"id", required_argument, NULL, 'i'},
		{"alias", required_argument, NULL, 'a'},
		{"title", required_argument, NULL, 't'},
		{"org", required_argument, NULL, 'o'},
		{"for", required_argument, NULL, 'r'},
		{"default-tlp", required_argument, NULL, 'm'},
		{"others-write", no_argument, NULL, 'w'},
		{"no-others-write", no_argument, NULL, 'n'},
		{"yes", no_argument, NULL, 'y'},
		{"json", no_argument, NULL, 'j'},
		{"lang", required_argument, NULL, 'l'},
		{0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (!read_option(cli, c))
			return false;
	for (int i = optind; i < argc && cli->count < 3; i++)
		cli->words[cli->count++] = argv[i];
	if (cli->data && argc - optind <= 3)
		return true;
	yg_say(N_("`yagura admin --help` shows what there is"));
	return false;
}

static int say_file(const struct cli *cli, const char *name, int rc)
{
	yg_say("%s/%s: %s", yg_say_safe(yg_bytes_str(cli->data), 300), name,
	       yg_say_tr(yg_err_text(rc)));
	return rc;
}

static int open_store(struct cli *cli)
{
	char path[PATH_ROOM];
	int size = snprintf(path, sizeof(path), "%s/stix.db", cli->data);
	int rc = size > 0 && (unsigned)size < sizeof(path) ? YG_OK : YG_ELIMIT;

	(void)mkdir(cli->data, 0700); /* there already, or opening the file says why not */
	if (rc == YG_OK)
		rc = yg_collections_open(path, true, &cli->s);
	return rc == YG_OK ? rc : say_file(cli, "stix.db", rc);
}

/* ---- collections ---- */

static bool take_name(const char *from, char *to, size_t room, const char *option)
{
	if (!from)
		return true;
	if (strlen(from) < room && from[0]) {
		(void)snprintf(to, room, "%s", from);
		return true;
	}
	yg_say(N_("%s %s: too long, or empty"), option, yg_say_safe(yg_bytes_str(from), 60));
	return false;
}

/* own, community, sector:NAME */
static bool take_reach(const char *text, struct yg_collection *c)
{
	struct yg_bytes b = yg_bytes_str(text ? text : "own");

	if (yg_bytes_starts(b, YG_S("sector:"))) {
		c->reach = YG_COLLECTION_SECTOR;
		return take_name(text + strlen("sector:"), c->sector, sizeof(c->sector), "--for");
	}
	if (yg_collection_reach_by_name(b, &c->reach) && c->reach != YG_COLLECTION_SECTOR)
		return true;
	yg_say(N_("--for %s: own, community or sector:NAME"), yg_say_safe(b, 60));
	return false;
}

/* What stands in the transaction, with its entry in the audit log, which outlives an organisation:
 * no title in it. @rc: what became of it so far. Exit status. */
static int finish(struct cli *cli, int rc, const struct yg_collection *c, const char *action,
		  const char *detail)
{
	if (rc == YG_OK && yg_admin_note(cli->data, c->owner, action, c->id, detail) != YG_OK) {
		yg_collections_abort(cli->s);
		return YG_EXIT_FAILED;
	}
	if (rc == YG_OK)
		rc = yg_collections_commit(cli->s);
	else
		yg_collections_abort(cli->s);
	if (rc == YG_EDUPLICATE) {
		yg_say(N_("there is a collection of this id or alias already"));
		return YG_EXIT_PARTLY;
	}
	return rc == YG_OK ? YG_EXIT_DONE : (say_file(cli, "stix.db", rc), YG_EXIT_FAILED);
}

static int add(struct cli *cli)
{
	struct yg_collection c = {.is_readable = true,
				  .is_writable = true,
				  .may_others_write = cli->may_others_write,
				  .specs = (1u << YG_STIX_2_0) | (1u << YG_STIX_2_1)};
	int rc;

	if (cli->id && !yg_stix_is_uuid(yg_bytes_str(cli->id))) {
		yg_say(N_("--id %s: this is no UUID"), yg_say_safe(yg_bytes_str(cli->id), 60));
		return YG_EXIT_FAILED;
	}
	if (cli->tlp && !yg_tlp_by_name(yg_bytes_str(cli->tlp), &c.default_tlp)) {
		yg_say(N_("--default-tlp %s: clear, green, amber, amber+strict or red"),
		       yg_say_safe(yg_bytes_str(cli->tlp), 60));
		return YG_EXIT_FAILED;
	}
	if (!take_name(cli->id, c.id, sizeof(c.id), "--id") ||
	    !take_name(cli->alias, c.alias, sizeof(c.alias), "--alias") ||
	    !take_name(cli->title ? cli->title : "STIX", c.title, sizeof(c.title), "--title") ||
	    !take_name(cli->owner ? cli->owner : YG_HUB_ORG, c.owner, sizeof(c.owner), "--org") ||
	    !take_name("hub", c.root, sizeof(c.root), "") || !take_reach(cli->reach, &c))
		return YG_EXIT_FAILED;
	rc = yg_collections_begin(cli->s);
	if (rc == YG_OK)
		rc = yg_collections_add(cli->s, &c);
	rc = finish(cli, rc, &c, "collection.add", yg_collection_reach_name(c.reach));
	if (rc == YG_EXIT_DONE)
		printf("%s\n", c.id);
	return rc;
}

/* The one that is named. YG_EXIT_DONE, or it was said what is wrong. */
static int find(struct cli *cli, struct yg_collection *ret)
{
	int rc;

	if (cli->count != 3) {
		yg_say(N_("`yagura admin --help` shows what there is"));
		return YG_EXIT_FAILED;
	}
	rc = yg_collections_get(cli->s, yg_bytes_str(cli->words[2]), ret);
	/* A data set is loaded, and loaded again: it has no other life. */
	if (rc == YG_ENOENT || (rc == YG_OK && strchr(ret->owner, ':'))) {
		yg_say(N_("%s: there is no such collection"),
		       yg_say_safe(yg_bytes_str(cli->words[2]), 80));
		return YG_EXIT_PARTLY;
	}
	return rc == YG_OK ? YG_EXIT_DONE : (say_file(cli, "stix.db", rc), YG_EXIT_FAILED);
}

/* What was said when it was made of objects without a marking stays: readers go by it. */
static int change(struct cli *cli)
{
	struct yg_collection c;
	int rc = find(cli, &c);

	if (rc != YG_EXIT_DONE)
		return rc;
	if (cli->id || cli->owner || cli->tlp) {
		yg_say(N_("id, owner and --default-tlp of a collection are set when it is made"));
		return YG_EXIT_FAILED;
	}
	if (cli->reach)
		c.sector[0] = 0;
	if (!take_name(cli->alias, c.alias, sizeof(c.alias), "--alias") ||
	    !take_name(cli->title, c.title, sizeof(c.title), "--title") ||
	    (cli->reach && !take_reach(cli->reach, &c)))
		return YG_EXIT_FAILED;
	c.may_others_write = (c.may_others_write || cli->may_others_write) && !cli->may_others_not;
	rc = yg_collections_begin(cli->s);
	if (rc == YG_OK)
		rc = yg_collections_change(cli->s, &c);
	return finish(cli, rc, &c, "collection.change", yg_collection_reach_name(c.reach));
}

static int remove_one(struct cli *cli)
{
	struct yg_collection c;
	uint64_t count = 0;
	char detail[64];
	int rc = find(cli, &c);

	if (rc != YG_EXIT_DONE)
		return rc;
	if (!cli->is_sure) {
		yg_say_hint(N_("add --yes; it cannot be undone"),
			    N_("%s: this deletes the collection with all its objects; nothing was "
			       "deleted"),
			    c.id);
		return YG_EXIT_PARTLY;
	}
	rc = yg_collections_begin(cli->s);
	if (rc == YG_OK)
		rc = yg_collections_remove(cli->s, &c, &count);
	(void)snprintf(detail, sizeof(detail), "%llu versions", (unsigned long long)count);
	return finish(cli, rc, &c, "collection.remove", detail);
}

static int list_one(void *arg, const struct yg_collection *c)
{
	struct cli *cli = arg;
	json_t *line;
	int rc;

	if (!cli->is_json) {
		yg_buf_addf(&cli->out, "%s  %-10s  %-10s  TLP:%-12s  %s\n", c->id, c->owner,
			    yg_collection_reach_name(c->reach),
			    c->default_tlp ? yg_tlp_name(c->default_tlp) : "-",
			    yg_say_safe(yg_bytes_str(c->title), YG_COLLECTION_TITLE_MAX));
		return yg_buf_error(&cli->out);
	}
	line = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "collection", c->id,
			 "root", c->root, "alias", c->alias, "title", c->title, "organisation",
			 c->owner, "for", yg_collection_reach_name(c->reach), "sector", c->sector,
			 "default_tlp", yg_tlp_name(c->default_tlp), "others_write",
			 (int)c->may_others_write);
	rc = line ? yg_json_canonical(line, &cli->out) : YG_ENOMEM;
	json_decref(line);
	yg_buf_add_byte(&cli->out, '\n');
	return rc == YG_OK ? yg_buf_error(&cli->out) : rc;
}

static int list(struct cli *cli)
{
	int rc = yg_collections_each(cli->s, (struct yg_bytes){0}, list_one, cli);

	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&cli->out));
	if (rc != YG_OK && rc != YG_EPIPE)
		return say_file(cli, "stix.db", rc), YG_EXIT_FAILED;
	return YG_EXIT_DONE;
}

/* ---- the data set ---- */

static int add_text(struct cli *cli, const char *kind, const char *root, const json_t *value)
{
	char name[2 * YG_COLLECTION_NAME_MAX + 2];
	char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
	int rc = YG_OK;

	(void)snprintf(name, sizeof(name), root ? "%s/%s" : "%s", cli->who, root); /* measured */
	if (value)
		rc = text ? yg_collections_put_text(cli->s, kind, yg_bytes_str(name),
						    yg_bytes_str(text))
			  : YG_ENOMEM;
	free(text);
	return rc;
}

/* The entry of the manifest for @object: its time of adding, its version of STIX. */
static int64_t added_of(const json_t *manifest, struct yg_stix_object *object)
{
	size_t at;
	json_t *one;

	json_array_foreach(manifest, at, one)
	{
		int64_t added_ns;

		if (!yg_bytes_eq(yg_json_text(one, "id"), object->id) ||
		    !yg_bytes_eq(yg_json_text(one, "version"), object->version) ||
		    !yg_stix_time(yg_json_text(one, "date_added"), &added_ns))
			continue;
		if (yg_bytes_ends(yg_json_text(one, "media_type"), YG_S("version=2.0")))
			object->spec = YG_STIX_2_0;
		else
			object->spec = YG_STIX_2_1;
		return added_ns / 1000;
	}
	return 0;
}

/* In the order of the manifest, which is that of adding: of two with one time the first has it. */
static int put_objects(struct cli *cli, int64_t number, const json_t *in,
		       struct yg_stix_bundle *bundle)
{
	const json_t *manifest = json_object_get(in, "manifest");
	size_t at;
	json_t *one;
	int rc = YG_OK;

	json_array_foreach(manifest, at, one)
	{
		for (uint32_t i = 0; i < bundle->count && rc == YG_OK; i++) {
			struct yg_stix_object *object = &bundle->items[i].object;
			int64_t added_us;

			if (!yg_bytes_eq(yg_json_text(one, "id"), object->id) ||
			    !yg_bytes_eq(yg_json_text(one, "version"), object->version))
				continue;
			added_us = added_of(manifest, object);
			rc = yg_collections_put(cli->s, number, object, added_us, added_us,
						&added_us);
			if (rc == YG_EDUPLICATE)
				rc = YG_OK;
			cli->loaded += rc == YG_OK;
		}
	}
	return rc;
}

static int load_objects(struct cli *cli, int64_t number, const json_t *in, struct yg_arena *arena)
{
	struct yg_stix_ask ask = {0};
	struct yg_stix_bundle bundle;
	struct yg_line_fault fault = {.msg = ""};
	json_t *envelope = json_pack("{s:O}", "objects", json_object_get(in, "objects"));
	char *text = envelope ? json_dumps(envelope, JSON_COMPACT) : NULL;
	int rc = text ? yg_stix_read(yg_bytes_str(text), &ask, arena, &bundle, &fault) : YG_ENOMEM;

	for (uint32_t i = 0; rc == YG_OK && i < bundle.count; i++)
		if (bundle.items[i].fault) {
			yg_say("objects[%u].%s", i,
			       yg_say_safe(yg_bytes_str(bundle.items[i].fault), 240));
			rc = YG_EFORMAT;
		}
	if (rc == YG_OK)
		rc = put_objects(cli, number, in, &bundle);
	free(text);
	json_decref(envelope);
	return rc;
}

static void copy(const json_t *in, const char *key, char *to, size_t room)
{
	struct yg_bytes b = yg_bytes_cut(yg_json_text(in, key), 0, room - 1);

	if (b.size > 0)
		memcpy(to, b.data, b.size);
	to[b.size] = 0;
}

static int load_collection(struct cli *cli, const char *root, const json_t *in,
			   struct yg_arena *arena)
{
	const json_t *types = json_object_get(in, "media_types");
	struct yg_collection c = {.is_readable = json_is_true(json_object_get(in, "can_read")),
				  .is_writable = json_is_true(json_object_get(in, "can_write"))};
	size_t at;
	json_t *one;
	int rc;

	json_array_foreach(types, at, one)
	{
		struct yg_bytes type = yg_bytes_str(json_string_value(one));

		if (yg_bytes_ends(type, YG_S("version=2.0")))
			c.specs |= 1u << YG_STIX_2_0;
		if (yg_bytes_ends(type, YG_S("version=2.1")))
			c.specs |= 1u << YG_STIX_2_1;
	}
	if (!yg_stix_is_uuid(yg_json_text(in, "id")))
		return YG_EFORMAT;
	copy(in, "id", c.id, sizeof(c.id));
	copy(in, "title", c.title, sizeof(c.title));
	copy(in, "description", c.description, sizeof(c.description));
	(void)snprintf(c.root, sizeof(c.root), "%s", root);	  /* measured */
	(void)snprintf(c.owner, sizeof(c.owner), "%s", cli->who); /* as above */
	rc = yg_collections_add(cli->s, &c);
	return rc == YG_OK ? load_objects(cli, c.number, in, arena) : rc;
}

static int load_status(struct cli *cli, const char *root, const json_t *in)
{
	struct yg_clock clock = yg_clock_system();
	char *text = json_dumps(in, JSON_COMPACT);
	char id[YG_STIX_UUID + 1];
	int rc = YG_EFORMAT;

	copy(in, "id", id, sizeof(id));
	if (yg_stix_is_uuid(yg_bytes_str(id)))
		rc = text ? yg_collections_put_status(
				    cli->s, id, yg_bytes_str(root), yg_bytes_str(cli->who),
				    clock.now_ns(clock.arg) / 1000, yg_bytes_str(text))
			  : YG_ENOMEM;
	free(text);
	return rc;
}

static int load_root(struct cli *cli, const char *root, const json_t *in, struct yg_arena *arena)
{
	size_t at;
	json_t *one;
	int rc = strlen(root) <= YG_COLLECTION_NAME_MAX && json_object_get(in, "information")
			 ? add_text(cli, "root", root, json_object_get(in, "information"))
			 : YG_EFORMAT;

	json_array_foreach(json_object_get(in, "collections"), at, one)
	{
		if (rc == YG_OK)
			rc = load_collection(cli, root, one, arena);
	}
	json_array_foreach(json_object_get(in, "status"), at, one)
	{
		if (rc == YG_OK)
			rc = load_status(cli, root, one);
	}
	return rc;
}

static int load_all(struct cli *cli, const json_t *set)
{
	struct yg_arena *arena = yg_arena_new(ARENA_MAX);
	const char *key;
	json_t *value;
	int rc = arena ? yg_collections_begin(cli->s) : YG_ENOMEM;

	if (rc == YG_OK)
		rc = yg_collections_drop(cli->s, cli->who);
	json_object_foreach((json_t *)(uintptr_t)set, key, value)
	{
		if (rc == YG_OK)
			rc = key[0] == '/' ? add_text(cli, "discovery", NULL, value)
					   : load_root(cli, key, value, arena);
	}
	(void)yg_arena_free(arena);
	return rc;
}

static int put_login(struct cli *cli, const char *password)
{
	char hash[YG_PASSWORD_HASH_MAX];
	int rc = yg_password_make(yg_bytes_str(password), hash);

	return rc == YG_OK ? yg_collections_put_text(cli->s, "login", yg_bytes_str(cli->who),
						     yg_bytes_str(hash))
			   : rc;
}

static int load(struct cli *cli)
{
	const char *colon = cli->user ? strchr(cli->user, ':') : NULL;
	struct yg_fault fault = {0};
	json_t *set = NULL;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc;

	if (cli->count != 2 || !colon || colon == cli->user || !colon[1] ||
	    colon - cli->user > (int)YG_COLLECTION_NAME_MAX - 6) {
		yg_say(N_("taxii-load: give FILE and --user NAME:PASSWORD"));
		return YG_EXIT_FAILED;
	}
	(void)snprintf(cli->who, sizeof(cli->who), "login:%.*s", (int)(colon - cli->user),
		       cli->user); /* measured */
	rc = yg_io_read_file(cli->words[1], FILE_MAX, &bytes, &size);
	if (rc == YG_OK)
		rc = yg_json_load((struct yg_bytes){bytes, size}, FILE_MAX, &set, &fault);
	free(bytes);
	if (rc == YG_OK)
		rc = load_all(cli, set);
	if (rc == YG_OK)
		rc = put_login(cli, colon + 1);
	if (rc == YG_OK)
		rc = yg_collections_commit(cli->s);
	else
		yg_collections_abort(cli->s);
	json_decref(set);
	if (rc != YG_OK) {
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(cli->words[1]), 300),
		       yg_say_tr(yg_err_text(rc)));
		return YG_EXIT_PARTLY;
	}
	printf("%llu objects loaded\n", (unsigned long long)cli->loaded); /* for scripts */
	return YG_EXIT_DONE;
}

static int collection(struct cli *cli)
{
	if (cli->count == 2 && strcmp(cli->words[1], "add") == 0)
		return add(cli);
	if (cli->count == 2 && strcmp(cli->words[1], "list") == 0)
		return list(cli);
	if (cli->count >= 2 && strcmp(cli->words[1], "change") == 0)
		return change(cli);
	if (cli->count >= 2 && strcmp(cli->words[1], "remove") == 0)
		return remove_one(cli);
	yg_say(N_("`yagura admin --help` shows what there is"));
	return YG_EXIT_FAILED;
}

static int run(int argc, char **argv, int (*fn)(struct cli *cli))
{
	struct cli cli = {0};
	int status = YG_EXIT_FAILED;

	opterr = 0;
	optind = 1;
	if (!read_cli(argc, argv, &cli))
		return status;
	yg_buf_init(&cli.out, OUT_MAX);
	if (open_store(&cli) == YG_OK)
		status = fn(&cli);
	yg_buf_done(&cli.out);
	(void)yg_collections_free(cli.s);
	return status;
}

int yg_admin_taxii_load(int argc, char **argv)
{
	return run(argc, argv, load);
}

int yg_admin_collection(int argc, char **argv)
{
	return run(argc, argv, collection);
}
