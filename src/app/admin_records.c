/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura admin findings --records`: the records that a finding refers to, with a reason that their
 * member sees. */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <unistd.h>

#include "access/consent.h"
#include "access/findings.h"
#include "app/admin-int.h"
#include "app/commands.h"
#include "app/hub_refs.h"
#include "app/say.h"
#include "base/io.h"
#include "model/record.h"

#include "base/ban.h"

#define PATH_ROOM 4096u

struct records {
	struct yg_admin *admin;
	struct yg_fact_ref refs[YG_FACT_REFS_MAX];
	uint32_t ref_count;
	bool is_hunted;
	int64_t first_ns;
	int64_t last_ns;
	struct yg_access *access;
};

static int note_finding(void *arg, const struct yg_fact_finding *finding)
{
	struct records *r = arg;

	r->ref_count =
		finding->ref_count < YG_FACT_REFS_MAX ? finding->ref_count : YG_FACT_REFS_MAX;
	memcpy(r->refs, finding->refs, r->ref_count * sizeof(*r->refs));
	r->is_hunted = finding->hunt.size > 0;
	r->first_ns = finding->first_ns;
	r->last_ns = finding->last_ns;
	return YG_OK;
}

/* The finding, when it is of that organisation. */
static int find(struct records *r)
{
	struct yg_admin *admin = r->admin;
	char orgs[1][YG_ENROL_ID_MAX + 1];
	const struct yg_hub_reach reach = {.orgs = orgs, .count = 1};
	uint8_t id[YG_FACT_ID_BYTES];
	struct yg_facts *facts = NULL;
	char path[PATH_ROOM];
	int size = snprintf(path, sizeof(path), "%s/facts.db", admin->data);
	int rc = size > 0 && (unsigned)size < sizeof(path) ? YG_OK : YG_ELIMIT;

	(void)snprintf(orgs[0], sizeof(orgs[0]), "%s", yg_access_org(r->access)); /* an id */
	if (rc == YG_OK && !yg_findings_id_read(yg_bytes_str(admin->finding), id))
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = yg_facts_open_sqlite(path, false, &facts);
	if (rc == YG_OK)
		rc = yg_findings_get(facts, &reach, id, note_finding, r);
	(void)yg_facts_free(facts);
	return rc;
}

static int print(void *arg, const struct yg_archive_found *found)
{
	struct yg_admin *admin = ((struct records *)arg)->admin;

	if (admin->is_json) {
		yg_buf_add(&admin->out, found->line);
		yg_buf_add_byte(&admin->out, '\n');
	} else {
		yg_found_write(&admin->out, found->event, YG_S("-"), false);
	}
	return yg_buf_error(&admin->out);
}

static int give(struct records *r, uint32_t *ret_missing)
{
	struct yg_admin *admin = r->admin;
	char archive[PATH_ROOM], batches[PATH_ROOM];
	const struct yg_hub_refs_opts opts = {.archive_dir = archive,
					      .batches_dir = batches,
					      .org = admin->org,
					      .refs = r->refs,
					      .ref_count = r->ref_count,
					      .is_hunted = r->is_hunted};

	if (snprintf(archive, sizeof(archive), "%s/archive", admin->data) >= (int)sizeof(archive) ||
	    snprintf(batches, sizeof(batches), "%s/batches", admin->data) >= (int)sizeof(batches))
		return YG_ELIMIT;
	return yg_hub_refs_each(&opts, print, r, ret_missing);
}

/* How to see what stood around them. */
static void say_rest(const struct records *r, uint32_t missing)
{
	char from[YG_ISO_SIZE], to[YG_ISO_SIZE];

	if (missing > 0)
		yg_say(N_("%u records of it are gone, or it cannot be said which they are"),
		       (unsigned)missing);
	(void)yg_time_iso(r->first_ns, 0, from); /* both return their size */
	(void)yg_time_iso(r->last_ns + YG_NS_PER_S, 0, to);
	yg_say(N_("more of that time: yagura admin search --org %s --from %s --to %s --reason …"),
	       r->admin->org, from, to);
}

int yg_admin_finding_records(struct yg_admin *admin)
{
	struct records r = {.admin = admin};
	struct yg_hub_actor actor;
	char what[YG_VIEW_WHAT_MAX + 1];
	uint32_t missing = 0;
	int rc;

	if (!admin->org)
		return yg_admin_wording("findings --records");
	if (!admin->reason || !admin->reason[0]) {
		yg_say_hint(N_("the member sees who opened what, when and why"),
			    N_("admin findings --records: give --reason \"…\""));
		return YG_EXIT_FAILED;
	}
	yg_hub_local_analyst(admin->actor.name, &actor);
	rc = yg_access_hub(admin->hub, &actor, admin->org, YG_MAY_read_records, &r.access);
	if (rc != YG_OK)
		return yg_admin_error(admin, admin->org, rc);
	rc = find(&r);
	(void)snprintf(what, sizeof(what), "finding %.40s", admin->finding); /* an id: 32 */
	if (rc == YG_OK)
		rc = yg_views_add(r.access, what, r.ref_count, admin->reason);
	(void)yg_access_free(r.access);
	if (rc == YG_OK)
		rc = give(&r, &missing);
	if (rc != YG_OK)
		return yg_admin_error(admin, admin->finding, rc);
	rc = yg_admin_done(admin, admin->finding, YG_OK);
	if (rc == YG_EXIT_DONE)
		say_rest(&r, missing);
	return rc == YG_EXIT_DONE && missing > 0 ? YG_EXIT_PARTLY : rc;
}
