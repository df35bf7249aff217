/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nobody reaches what is not his: random organisations, people, tokens, mandates and their ends,
 * and every question asked of register and reference. The reference is the one rule of access/hub.h
 * over arrays. Accesses that were opened long ago are asked again after every change.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; nothing is allocated here */
#include <inttypes.h>
#include <unistd.h>

#include "hub_help.h"

#include "base/ban.h"

#define ORGS	 6u
#define ACTORS	 8u
#define MANDATES 24u
#define OPEN	 200u
#define ROUNDS	 40u
#define WORLDS	 6u

static const bool table[YG_MAY_COUNT][YG_HUB_ROLE_COUNT] = {
#define X(name, administrator, analyst, member, provider)                                          \
	{administrator, analyst, member, provider},
#include "access/hub_rights.def"
#undef X
};

static uint64_t state;
static uint32_t below(uint32_t bound)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 11) % bound;
}

static const char *const orgs[ORGS + 2] = {"acme", "acme-2", "a",   "b",
					   "msp",  "msp-2",  "hub", "none"};
static bool is_closed[ORGS];

static struct {
	struct yg_hub_actor actor;
	uint64_t rights;
	bool is_ended;
} actors[ACTORS];

static struct {
	unsigned org;
	unsigned provider;
	uint64_t rights;
	bool is_ended;
	char id[YG_RANDOM_ID_HEX + 1];
} mandates[MANDATES];
static unsigned mandate_count;

/* ---- the reference ---- */

static unsigned org_of(const char *id)
{
	unsigned i = 0;

	while (strcmp(orgs[i], id) != 0)
		i++;
	return i;
}

static bool closed(unsigned org)
{
	return org < ORGS && is_closed[org];
}

static int expected(unsigned a, unsigned org, unsigned right)
{
	const struct yg_hub_actor *actor = &actors[a].actor;
	bool is_reached = false;
	bool is_allowed = false;

	if (actors[a].is_ended)
		return YG_EACCES;
	if (org == ORGS + 1)
		return YG_ENOENT;
	for (uint32_t g = 0; g < actor->grant_count; g++) {
		unsigned at = org_of(actor->grants[g].org);
		enum yg_hub_role role = actor->grants[g].role;

		if ((at == ORGS && role <= YG_HUB_ANALYST) || (at == org && !closed(org))) {
			is_reached = true;
			is_allowed |= table[right][role];
		}
		if (role != YG_HUB_PROVIDER || at == org || org == ORGS || closed(org) ||
		    closed(at))
			continue;
		for (unsigned m = 0; m < mandate_count; m++) {
			if (mandates[m].is_ended || mandates[m].org != org ||
			    mandates[m].provider != at)
				continue;
			is_reached = true;
			is_allowed |= table[right][role] && (mandates[m].rights >> right & 1);
		}
	}
	is_allowed &= actors[a].rights >> right & 1;
	return is_allowed ? YG_OK : is_reached ? YG_EACCES : YG_ENOENT;
}

/* ---- the world ---- */

static void add_person(unsigned a)
{
	static const char *const grants[] = {
		"analyst",
		"administrator",
		"member:acme",
		"member:a member:b",
		"provider:msp",
		"provider:msp-2",
		"provider:msp member:a",
		"provider:msp provider:msp-2",
		"member:msp",
		"provider:acme member:acme-2",
	};
	char login[16];

	(void)snprintf(login, sizeof(login), "p%u", a);
	actors[a].actor = person(login, grants[below(10)]);
	actors[a].rights = UINT64_MAX;
	actors[a].is_ended = false;
}

static void add_program(unsigned a)
{
	char secret[YG_HUB_TOKEN_HEX + 1];
	char id[YG_RANDOM_ID_HEX + 1];
	bool is_of_hub = below(5) == 0;
	enum yg_hub_role role = (enum yg_hub_role)below(is_of_hub ? 2 : YG_HUB_ROLE_COUNT);
	uint64_t rights = yg_token_rights_of(role) & (below(2) ? UINT64_MAX : (uint64_t)state);

	MUST(make_token(is_of_hub ? "hub" : orgs[below(ORGS)], role, rights, YG_DAY_NONE, id,
			secret) == YG_OK);
	MUST(yg_hub_by_token(hub, yg_bytes_str(secret), &actors[a].actor) == YG_OK);
	actors[a].rights = rights ? rights : yg_token_rights_of(role);
	actors[a].is_ended = false;
}

static void put_document(const char *org)
{
	struct yg_doc_put put = {.org = yg_bytes_str(org),
				 .kind = YG_S("assessment"),
				 .key = YG_S("same-key"),
				 .body = YG_S("{}"),
				 .expected = YG_REVISION_NONE,
				 .time_ns = now_ns,
				 .actor = yg_bytes_str(org)};

	MUST(yg_control_put(store, &put, NULL) == YG_OK);
}

/* The first in memory, the others in a database: listings within listings are its own matter. */
static char folder[64];
static char path[80];

static void remove_database(void)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char name[100];

	for (unsigned i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof(name), "%s%s", path, ends[i]); /* fits */
		(void)unlink(name);					   /* when it is there */
	}
	(void)rmdir(folder); /* as above */
}

static void make_world(unsigned world)
{
	hub_end();
	hub_path = NULL;
	if (world >= WORLDS / 2) {
		remove_database();
		(void)snprintf(folder, sizeof(folder), "/tmp/yagura-isolation-XXXXXX"); /* fits */
		MUST(mkdtemp(folder));
		(void)snprintf(path, sizeof(path), "%s/hub.db", folder); /* fits */
		hub_path = path;
	}
	hub_start();
	mandate_count = 0;
	for (unsigned i = 0; i < ORGS; i++) {
		add_org(orgs[i]);
		put_document(orgs[i]);
		is_closed[i] = false;
	}
	for (unsigned a = 0; a < ACTORS; a++) {
		if (below(2))
			add_person(a);
		else
			add_program(a);
	}
}

static void add_mandate(void)
{
	unsigned m = mandate_count;
	uint64_t all = 0;

	if (m == MANDATES)
		return;
	for (unsigned i = 0; i < YG_MAY_COUNT; i++)
		all |= table[i][YG_HUB_PROVIDER] && below(3) ? UINT64_C(1) << i : 0;
	mandates[m].org = below(ORGS);
	mandates[m].provider = below(2) ? 4 + below(2) : below(ORGS);
	mandates[m].rights = all;
	mandates[m].is_ended = false;
	if (all && mandates[m].org != mandates[m].provider && !closed(mandates[m].provider) &&
	    give_mandate(orgs[mandates[m].org], orgs[mandates[m].provider], all, mandates[m].id) ==
		    YG_OK)
		mandate_count++;
}

static void end_actor(unsigned a)
{
	struct yg_access *by;

	if (actors[a].actor.person[0]) {
		by = open_as(&root, "hub", YG_MAY_write_people);
		MUST(yg_person_set_state(by, actors[a].actor.person, YG_PERSON_LOCKED) == YG_OK);
	} else {
		by = open_as(&root, actors[a].actor.grants[0].org, YG_MAY_write_tokens);
		MUST(yg_token_revoke(by, actors[a].actor.token) == YG_OK);
	}
	(void)yg_access_free(by);
	actors[a].is_ended = true;
}

static void close_org(unsigned org)
{
	struct yg_access *by = open_as(&root, "hub", YG_MAY_write_org);

	MUST(yg_hub_org_close(by, orgs[org]) == YG_OK);
	(void)yg_access_free(by);
	is_closed[org] = true;
}

static void change_world(void)
{
	uint32_t what = below(20);
	unsigned m;

	if (what < 12) {
		add_mandate();
	} else if (what < 17 && mandate_count > 0) {
		m = below(mandate_count);
		MUST(end_mandate(orgs[mandates[m].org], mandates[m].id) == YG_OK);
		mandates[m].is_ended = true;
	} else if (what == 17) {
		m = below(ACTORS);
		if (!actors[m].is_ended)
			end_actor(m);
	} else if (what == 18) {
		close_org(below(ORGS));
	}
}

/* ---- questions ---- */

static struct yg_access *open_ones[OPEN];
static unsigned open_of[OPEN];
static unsigned open_right[OPEN];
static unsigned open_count;
static uint64_t asked;

static unsigned strangers;
static int own_only(void *arg, const struct yg_doc *doc)
{
	if (!yg_bytes_eq(doc->actor, yg_bytes_str(arg)))
		strangers++;
	return YG_OK;
}

/* Every way to read or write with @access: what the reference allows, and nothing of others. */
static bool call_all(struct yg_access *access, int rc, unsigned right)
{
	bool is_read = right == YG_MAY_read_assessments || right == YG_MAY_write_assessments;
	bool is_write = right == YG_MAY_write_assessments;
	int reading = rc != YG_OK ? rc : is_read ? YG_OK : YG_EACCES;
	int writing = rc != YG_OK ? rc : is_write ? YG_EMISMATCH : YG_EACCES;
	char org[YG_ENROL_ID_MAX + 1];
	struct yg_doc_filter filter = {.kind = YG_S("assessment"), .limit = 10};
	json_t *body = NULL;
	uint8_t *bytes = NULL;
	size_t size = 0;
	uint64_t change;
	bool is_as_expected;
	int at_hub =
		strcmp(yg_access_org(access), "hub") == 0 && reading == YG_OK ? YG_ENOENT : reading;

	(void)snprintf(org, sizeof(org), "%s", yg_access_org(access));
	is_as_expected = yg_access_last_change(access, &change) == rc;
	is_as_expected &= yg_access_get(access, "assessment", "same-key", &body, NULL) == at_hub;
	json_decref(body);
	is_as_expected &= yg_access_get_bytes(access, "assessment", "same-key", &bytes, &size,
					      NULL) == at_hub;
	free(bytes);
	is_as_expected &= yg_access_visit(access, &filter, own_only, org) == reading;
	filter = (struct yg_doc_filter){.by_change = true, .limit = 10};
	is_as_expected &= yg_access_visit(access, &filter, own_only, org) == rc;
	is_as_expected &=
		yg_access_history(access, "assessment", "same-key", own_only, org) == reading;
	body = json_object();
	is_as_expected &=
		yg_access_put(access, "assessment", "same-key", body, 77, NULL) == writing;
	json_decref(body);
	is_as_expected &=
		yg_access_put_bytes(access, "library", "k", YG_S("x"), 77, NULL) == writing;
	is_as_expected &= yg_access_remove(access, "assessment", "same-key", 77) == writing;
	/* The register's own kinds are no documents of anybody. */
	is_as_expected &=
		yg_access_get(access, "person", "x", &body, NULL) == (rc == YG_OK ? YG_EACCES : rc);
	return is_as_expected && strangers == 0;
}

static bool ask_all(void)
{
	for (unsigned a = 0; a < ACTORS; a++) {
		for (unsigned org = 0; org < ORGS + 2; org++) {
			for (unsigned right = 0; right < YG_MAY_COUNT; right++) {
				struct yg_access *access = NULL;
				int want = expected(a, org, right);
				int rc = yg_access_hub(hub, &actors[a].actor, orgs[org],
						       (enum yg_hub_right)right, &access);

				asked++;
				if (rc != want)
					fprintf(stderr, "actor %u, %s, right %u: %d, not %d\n", a,
						orgs[org], right, rc, want);
				if (rc != want)
					return false;
				if (rc == YG_OK && open_count < OPEN && below(40) == 0) {
					open_of[open_count] = a;
					open_right[open_count] = right;
					open_ones[open_count++] = access;
				} else {
					(void)yg_access_free(access);
				}
			}
		}
	}
	return true;
}

/*
 * An access that was opened before: while its credential and what allowed it hold it works; after
 * that it says what asking anew would say, or no, when another mandate would allow it now.
 */
static bool ask_open(unsigned i)
{
	struct yg_access *access = open_ones[i];
	int want = expected(open_of[i], org_of(yg_access_org(access)), open_right[i]);
	uint64_t change;
	int rc = yg_access_last_change(access, &change);

	asked++;
	if (want == YG_OK && rc == YG_EACCES) {
		const char *by = strstr(yg_access_actor(access), " by ");
		bool is_over = false;

		/* It was ended, or the provider's house closed; another mandate is there. */
		for (unsigned m = 0; by && m < mandate_count; m++)
			is_over |= strstr(by, mandates[m].id) &&
				   (mandates[m].is_ended || closed(mandates[m].provider));
		return is_over;
	}
	if (rc != want)
		fprintf(stderr, "open: actor %u, %s, right %u: %d, not %d\n", open_of[i],
			yg_access_org(access), open_right[i], rc, want);
	return rc == want && call_all(access, rc, open_right[i]);
}

static bool reach_agrees(unsigned a, unsigned right)
{
	struct yg_hub_reach reach;
	bool is_listed[ORGS] = {false};
	bool is_all = expected(a, ORGS, right) == YG_OK;

	MUST(yg_hub_reach(hub, &actors[a].actor, (enum yg_hub_right)right, &reach) == YG_OK);
	asked++;
	for (uint32_t i = 0; i < reach.count; i++)
		is_listed[org_of(reach.orgs[i])] = true;
	if (reach.is_all != is_all || (is_all && reach.count > 0))
		return false;
	for (unsigned org = 0; org < ORGS && !is_all; org++) {
		if (is_listed[org] != (expected(a, org, right) == YG_OK))
			return false;
	}
	yg_hub_reach_done(&reach);
	return true;
}

static void isolation(void)
{
	const char *text = getenv("YAGURA_SEED");
	uint64_t seed = 0;

	if (!text || !yg_bytes_u64(yg_bytes_str(text), &seed))
		yg_random((uint8_t *)&seed, sizeof(seed));
	fprintf(stderr, "seed %" PRIu64 " (YAGURA_SEED repeats it)\n", seed);
	state = seed ? seed : 1;
	for (unsigned world = 0; world < WORLDS; world++) {
		make_world(world);
		for (unsigned round = 0; round < ROUNDS; round++) {
			change_world();
			if (round % 8 == 0)
				CHECK(ask_all());
			for (unsigned i = 0; i < open_count; i++)
				CHECK(ask_open(i));
			CHECK(reach_agrees(below(ACTORS), below(YG_MAY_COUNT)));
		}
		while (open_count > 0)
			(void)yg_access_free(open_ones[--open_count]);
	}
	fprintf(stderr, "%" PRIu64 " questions\n", asked);
	hub_end();
	remove_database();
}

static const struct check_case cases[] = {CASE(isolation)};
CHECK_MAIN(cases)
