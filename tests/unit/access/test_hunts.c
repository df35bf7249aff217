/* SPDX-License-Identifier: Apache-2.0 */
#include "hub_help.h"

#include "access/hunts.h"

#include "base/ban.h"

#define ID "20261125-210905-1a2b3c4d"

static struct yg_view seen[10];
static unsigned count;

static int see(void *arg, const struct yg_view *view)
{
	(void)arg;
	if (count < 10)
		seen[count] = *view;
	count++;
	return YG_OK;
}

static unsigned views_of(const char *org)
{
	struct yg_access *list = open_as(&root, org, YG_MAY_read_views);

	count = 0;
	MUST(yg_views_list(list, "", 10, see, NULL) == YG_OK);
	(void)yg_access_free(list);
	return count;
}

static unsigned entries;

static int add_entry(void *arg, const struct yg_audit_entry *entry)
{
	entries += yg_bytes_starts(entry->action, yg_bytes_str(arg));
	return YG_OK;
}

static unsigned audited(const char *action)
{
	struct yg_access *by = open_as(&root, "hub", YG_MAY_read_audit);
	char name[32];

	(void)snprintf(name, sizeof(name), "%s", action);
	entries = 0;
	MUST(yg_audit_list(by, 0, 1000, add_entry, name) == YG_OK);
	(void)yg_access_free(by);
	return entries;
}

/* However often a killed hunt goes on, it stands there once. */
static void notes(void)
{
	struct yg_hub_actor analyst;
	struct yg_hunt_who who = {0};
	struct yg_access *by;

	hub_start();
	add_org("acme");
	add_org("beta");
	analyst = person("ito", "analyst");
	CHECK(yg_hunt_note(hub, ID, "hunt.begin", "", "2 rules") == YG_OK);
	CHECK(yg_hunt_note(hub, ID, "hunt.begin", "", "2 rules") == YG_OK);
	CHECK(yg_hunt_note(hub, ID, "hunt.end", "", "done") == YG_OK);
	CHECK(audited("hunt.begin") == 1 && audited("hunt.") == 2);
	CHECK(yg_hunt_note_search(hub, ID, "acme", "2 rules, 0 indicators", &who) == YG_OK);
	CHECK(yg_hunt_note_search(hub, ID, "acme", "2 rules, 0 indicators", &who) == YG_OK);
	CHECK(yg_hunt_note_search(hub, ID, "none", "2 rules", &who) == YG_ENOENT);
	CHECK(audited("hunt.search") == 1 && views_of("beta") == 0 && views_of("acme") == 1);
	CHECK(seen[0].is_machine && strcmp(yg_view_role_name(&seen[0]), "machine") == 0);
	CHECK_TEXT(yg_bytes_str(seen[0].what), "hunt " ID ": 2 rules, 0 indicators");
	CHECK_TEXT(yg_bytes_str(seen[0].reason), "automatic hunt for what arrived");
	/* A person said yes to another. */
	by = open_as(&analyst, "hub", YG_MAY_write_hunts);
	CHECK(yg_hunt_who_of(by, "two\nlines", &who) == YG_EINVAL);
	CHECK(yg_hunt_who_of(by, "is it old?", &who) == YG_OK);
	(void)yg_access_free(by);
	now_ns += YG_NS_PER_S;
	CHECK(yg_hunt_note_search(hub, "20261125-210906-1a2b3c4d", "acme", "1 rules", &who) ==
	      YG_OK);
	CHECK(views_of("acme") == 2 && !seen[0].is_machine && seen[0].role == YG_HUB_ANALYST);
	CHECK_TEXT(yg_bytes_str(seen[0].name), "Name of ito");
	CHECK_TEXT(yg_bytes_str(seen[0].reason), "is it old?");
	/* The archive of a closed one is left alone. */
	by = open_as(&root, "hub", YG_MAY_write_org);
	CHECK(yg_hunt_may_search(hub, "beta") == YG_OK);
	CHECK(yg_hub_org_close(by, "beta") == YG_OK);
	(void)yg_access_free(by);
	CHECK(yg_hunt_may_search(hub, "beta") == YG_ENOENT);
	CHECK(yg_hunt_note_search(hub, ID, "beta", "2 rules", &who) == YG_ENOENT);
	CHECK(audited("hunt.search") == 2);
	hub_end();
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* Each sees its own part, and that there is another nowhere. */
static void objects(void)
{
	char acme[1][YG_ENROL_ID_MAX + 1] = {"acme"}, gamma[1][YG_ENROL_ID_MAX + 1] = {"gamma"};
	const struct yg_hub_reach all = {.is_all = true};
	const struct yg_hub_reach one = {.orgs = acme, .count = 1};
	const struct yg_hub_reach none = {.orgs = gamma, .count = 1};
	json_t *job = json_pack("{s:s, s:s, s:s, s:i, s:i, s:[s], s:i, s:s, s:{s:{s:i, s:i, s:i, "
				"s:b}, s:{s:i, s:i, "
				"s:i}}}",
				"id", ID, "state", "running", "created", "2026-11-25T21:09:05Z",
				"rules", 1, "bytes", 77, "rule_ids", "r1", "findings", 5,
				"finished", "2026-11-25T21:10:00Z", "orgs", "acme", "files", 1,
				"records", 10, "findings", 2, "done", 1, "beta", "files", 1,
				"records", 20, "findings", 3);
	json_t *got = NULL;
	char *text;

	MUST(job != NULL);
	CHECK(yg_hunt_json(job, &all, &got) == YG_OK);
	CHECK(json_array_size(json_object_get(got, "orgs")) == 2);
	CHECK(strcmp(text_of(got, "state"), "running") == 0);
	CHECK(json_integer_value(json_object_get(json_object_get(got, "total"), "findings")) == 5);
	json_decref(got);
	CHECK(yg_hunt_json(job, &one, &got) == YG_OK);
	CHECK(strcmp(text_of(got, "state"), "done") == 0); /* with its own */
	CHECK(json_is_null(json_object_get(got, "total")) &&
	      json_is_null(json_object_get(got, "finished")));
	text = json_dumps(got, 0);
	CHECK(text && !strstr(text, "beta") && !strstr(text, "77") && strstr(text, "acme"));
	free(text);
	json_decref(got);
	CHECK(yg_hunt_json(job, &none, &got) == YG_ENOENT);
	json_decref(job);
}

static const struct check_case cases[] = {CASE(notes), CASE(objects)};
CHECK_MAIN(cases)
