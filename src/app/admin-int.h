/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/admin-int.h - inside `yagura admin`: the command line that was read, the register, and what
 * the commands share. Each command returns an exit status.
 */
#pragma once

#include <jansson.h>

#include "access/audit.h"
#include "access/consent.h"
#include "access/mandate.h"
#include "access/people.h"
#include "access/token.h"
#include "model/day.h"

#define YG_ADMIN_ARGS_MAX 5u

struct yg_admin {
	const char *data;
	const char *org;
	const char *name;
	const char *corporate_number;
	const char *role;
	const char *provider;
	const char *signed_by;
	const char *version;
	const char *host;
	const char *checkpoint;
	const char *sensor;
	const char *ledger;
	const char *certificate;
	const char *as;
	const char *to;
	const char *record;
	const char *finding;
	const char *reason;
	const char *month;
	const char *collection;
	const char *at_most;
	uint64_t limit; /* 0: all */
	uint64_t hours; /* 0: not given, as below */
	uint64_t days;
	uint64_t after;
	int32_t signed_day; /* YG_DAY_NONE: not given, as below */
	int32_t last_day;
	int32_t from_day;
	uint64_t rights;
	struct yg_hub_grant grants[YG_PERSON_GRANTS_MAX];
	uint32_t grant_count;
	bool with_factor;
	bool is_sure;
	bool is_json;
	const char *days_of; /* --zone: "hub", "utc"; NULL: by what is asked for */
	bool adds_orgs;	     /* members import --add: also organisations that are not there yet */
	bool is_confirmed;   /* relations import --confirmed: both sides said so, on paper */
	bool is_open;	     /* relations import --analysts: and that analysts see it */
	const char *args[YG_ADMIN_ARGS_MAX];
	size_t arg_count;
	struct yg_control *store;
	struct yg_enrol *enrol;
	struct yg_hub_access *hub;
	struct yg_hub_actor actor;
	int64_t now_ns;
	struct yg_zone *zone; /* as the hub was started with; NULL: Japan's */
	struct yg_buf out;
};

int yg_admin_org(struct yg_admin *admin);
int yg_admin_person(struct yg_admin *admin);
int yg_admin_token(struct yg_admin *admin);
int yg_admin_mandate(struct yg_admin *admin);
int yg_admin_consent(struct yg_admin *admin);
int yg_admin_views(struct yg_admin *admin);
int yg_admin_audit(struct yg_admin *admin);
int yg_admin_members(struct yg_admin *admin);
int yg_admin_relations(struct yg_admin *admin);
int yg_admin_export(struct yg_admin *admin);
int yg_admin_warnings(struct yg_admin *admin);
int yg_admin_publish(struct yg_admin *admin, const char *what); /* `warnings publish` and its kin */
int yg_admin_report(struct yg_admin *admin);
int yg_admin_sign_in_link(struct yg_admin *admin);
int yg_admin_org_erase(struct yg_admin *admin); /* `org erase` */

/*
 * Until every consumer is done with what the journal holds of @org; *ret_records: how many of its
 * records still stand there. YG_EAGAIN: not within a minute; or an error.
 */
YG_MUST_USE int yg_admin_journal_wait(const struct yg_admin *admin, const char *org,
				      bool is_just_refused, uint64_t *ret_records);

/*
 * What hunts hold of the closed organisation @org (admin_erase_hunts.c): until none is at work in
 * its archive any more (YG_EAGAIN: not within a minute); its part of each, *ret_count added to; its
 * part of each as a line of JSON.
 */
YG_MUST_USE int yg_admin_hunts_wait(const struct yg_admin *admin, const char *org);
YG_MUST_USE int yg_admin_hunts_erase(const struct yg_admin *admin, const char *org,
				     uint64_t *ret_count);
typedef int (*yg_admin_line_fn)(void *arg, struct yg_bytes line);
YG_MUST_USE int yg_admin_hunts_lines(const struct yg_admin *admin, const char *org,
				     yg_admin_line_fn fn, void *arg);

/* Its collections of STIX objects (admin_shelves.c): with all in them, *ret_count added to; each
 * version as a line of JSON. YG_OK also where there are none. */
YG_MUST_USE int yg_admin_shelves_erase(const struct yg_admin *admin, const char *org,
				       uint64_t *ret_count);
YG_MUST_USE int yg_admin_shelves_lines(const struct yg_admin *admin, const char *org,
				       yg_admin_line_fn fn, void *arg);
/* What indicators of any collection hit in its logs, a finding and an indicator a line:
 * {"indicator","finding","first","last","records"}. */
YG_MUST_USE int yg_admin_sightings_lines(const struct yg_admin *admin, const char *org,
					 yg_admin_line_fn fn, void *arg);

/* Once that is so: its records go from the journal, beside the hub or without it, as far as that
 * can be within a minute; *ret_records as above. YG_OK, or an error. */
YG_MUST_USE int yg_admin_journal_cut(const struct yg_admin *admin, const char *org,
				     uint64_t *ret_records);

/* With options of their own: argv as the program got it, from "admin" on. */
int yg_admin_retention(int argc, char **argv);
int yg_admin_search(int argc, char **argv);
int yg_admin_hunt(int argc, char **argv);
int yg_admin_situations(int argc, char **argv);
int yg_admin_noise(int argc, char **argv);
int yg_admin_funnel(int argc, char **argv);
int yg_admin_taxii_load(int argc, char **argv);
int yg_admin_collection(int argc, char **argv);
int yg_admin_clues(int argc, char **argv); /* `indicators` */
int yg_admin_feeds(int argc, char **argv);
int yg_admin_backup(int argc, char **argv);
int yg_admin_restore(int argc, char **argv);

/* One of their options, by its letter: where the text goes, or that it was said, or a number from 1
 * on (--limit); with none of the three it is main.c's. */
struct yg_admin_option {
	int letter;
	const char **text;
	bool *flag;
	uint64_t *limit;
};
/* What getopt_long() gave. False: it is none of @known, or wrong (said). */
YG_MUST_USE bool yg_admin_option(const struct yg_admin_option *known, size_t count, int letter);

/* The register of admin->data: store, enrol, hub, actor. YG_OK, or an error that was said.
 * yg_admin_register_close() in any case. */
YG_MUST_USE int yg_admin_register(struct yg_admin *admin);
/* The zone that the hub of this register was started with last: loaded (owned, *ret stays NULL
 * where it is Japan's), and used by @hub. One that is not known here is said. */
void yg_admin_zone(struct yg_hub_access *hub, struct yg_zone **ret);
/*
 * --zone hub|utc (@text; NULL: @otherwise says whether it is the hub's): *ret is @there, or NULL
 * for UTC. False: another word, which was said. The second reads the admin's own option.
 */
bool yg_admin_days_read(const char *text, bool otherwise, const struct yg_zone *there,
			const struct yg_zone **ret);
bool yg_admin_days_of(const struct yg_admin *admin, bool otherwise, const struct yg_zone **ret);
void yg_admin_register_close(struct yg_admin *admin);

/* One entry of the audit log by whoever runs this command, at the hub in @data; @org "": the hub.
 * YG_OK, or an error that was said. */
YG_MUST_USE int yg_admin_note(const char *data, const char *org, const char *action,
			      const char *object, const char *detail);

/* Something is missing, or too much: said. */
int yg_admin_wording(const char *what);
/* What went wrong with @word, said. */
int yg_admin_error(const struct yg_admin *admin, const char *word, int rc);
/* An access as the one at this machine has it; YG_EXIT_DONE, or it was said why not. */
YG_MUST_USE int yg_admin_open(struct yg_admin *admin, const char *org, enum yg_hub_right right,
			      struct yg_access **ret);
/* Print what is in admin->out, or say the error. */
int yg_admin_done(struct yg_admin *admin, const char *word, int rc);

/* One object a line to admin->out; NULL: no memory. */
YG_MUST_USE int yg_admin_json(struct yg_admin *admin, json_t *take_line);
json_t *yg_admin_time(int64_t time_ns); /* null for YG_TIME_NONE */
json_t *yg_admin_day(int32_t day);	/* null for YG_DAY_NONE */
json_t *yg_admin_rights(uint64_t rights);

/*
 * `admin findings`: what detection found in the hub at @data, newest first; @org NULL: of all. The
 * exit status; errors were said.
 */
int yg_admin_finding_records(struct yg_admin *admin); /* `findings --records` */
int yg_admin_findings(const char *data, const char *org, uint64_t limit, bool is_json);
