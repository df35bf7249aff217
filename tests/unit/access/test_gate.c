/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate with whole notices: each cell of docs/gate-matrix.csv, what stands whatever the table
 * says, entries with markings of their own, loosening, and memory that fails.
 */
#define YG_BAN_ALLOW_MALLOC
#include <stdlib.h>

#include "../check.h"
#include "access/audit.h"
#include "access/gate-int.h"
#include "base/alloc.h"
#include "base/io.h"
#include "model/notice.h"

#include "hub_help.h"

static const char *const notice_text =
	"{\"kind\":\"warning\",\"number\":\"2026-0001\",\"situation\":\"s1\","
	"\"time\":\"2026-11-25T09:00:00Z\",\"certainty\":{\"level\":\"analyst\",\"source\":\"an:"
	"1\","
	"\"time\":\"2026-11-25T08:00:00Z\"},\"title\":{\"en\":\"Attack on Hatomune Corp\"},"
	"\"victim\":{\"id\":\"m7\",\"name\":{\"en\":\"Hatomune Corp\"}},"
	"\"attack\":{\"field\":\"web\",\"sources\":[\"192.0.2.1\",\"10.0.0.1\"],"
	"\"rules\":[{\"id\":\"r\",\"title\":{\"en\":\"Scanner\"},\"level\":\"low\",\"count\":1}],"
	"\"indicators\":[{\"type\":\"address\",\"value\":\"192.0.2.1\"},"
	"{\"type\":\"domain\",\"value\":\"Evil.example\",\"tlp\":\"red\"},"
	"{\"type\":\"address\",\"value\":\"192.0.2.9\",\"pap\":\"red\"}]},"
	"\"damage\":{\"what\":{\"en\":\"Files of Hatomune went.\"}}}";

static struct yg_own *own;

static json_t *notice_of(enum yg_tlp tlp, enum yg_pap pap)
{
	struct yg_fault fault;
	json_t *value = NULL;

	if (yg_json_load(yg_bytes_str(notice_text), 1u << 20, &value, &fault) != YG_OK)
		return NULL;
	if (tlp != YG_TLP_NONE)
		(void)json_object_set_new(value, "tlp", json_string(yg_tlp_name(tlp)));
	if (pap != YG_PAP_NONE)
		(void)json_object_set_new(value, "pap", json_string(yg_pap_name(pap)));
	return value;
}

/* What the table calls it: a refusal's word, "named", "whole" or "indicators". */
static const char *outcome(const struct yg_release_ask *ask, enum yg_tlp tlp)
{
	json_t *notice = notice_of(tlp, YG_PAP_GREEN);
	struct yg_released released;
	const char *word = "broken";
	int rc = yg_release(ask, notice, &released);

	if (rc == YG_EACCES)
		word = released.copy ? "broken" : yg_refusal_name(released.refusal);
	else if (rc == YG_OK && json_object_get(released.copy, "victim"))
		word = released.is_named ? "named" : "broken";
	else if (rc == YG_OK)
		word = json_object_get(json_object_get(released.copy, "attack"), "rules")
			       ? "whole"
			       : "indicators";
	yg_released_done(&released);
	json_decref(notice);
	return word;
}

static bool cell_holds(struct yg_bytes *cells, size_t marking)
{
	static const enum yg_tlp tlps[] = {YG_TLP_NONE,	 YG_TLP_CLEAR,	      YG_TLP_GREEN,
					   YG_TLP_AMBER, YG_TLP_AMBER_STRICT, YG_TLP_RED,
					   YG_TLP_RED};
	struct yg_release_ask ask = {.kind = "notice",
				     .own = own,
				     .is_named_person = marking == 6,
				     .has_damage_consent = true};
	const char *got;

	if (!yg_outlet_by_name(cells[0], &ask.outlet) ||
	    !yg_audience_by_name(cells[1], &ask.audience) ||
	    !yg_agreed_by_name(cells[2], &ask.agreed))
		return false;
	got = outcome(&ask, tlps[marking]);
	if (yg_bytes_eq(cells[3 + marking], yg_bytes_str(got)))
		return true;
	fprintf(stderr, "%.*s by %.*s with %.*s, TLP:%s: %s, not %.*s\n", YG_FMT(cells[1]),
		YG_FMT(cells[0]), YG_FMT(cells[2]), yg_tlp_name(tlps[marking]), got,
		YG_FMT(cells[3 + marking]));
	return false;
}

static void every_cell_of_the_table(void)
{
	uint8_t *bytes;
	size_t size;
	struct yg_bytes rest;
	size_t rows = 0;

	CHECK(yg_io_read_file(GATE_MATRIX, 1u << 20, &bytes, &size) == YG_OK);
	rest = (struct yg_bytes){bytes, size};
	while (rest.size) {
		size_t end = yg_bytes_chr(rest, '\n');
		struct yg_bytes line = yg_bytes_cut(rest, 0, end);
		struct yg_bytes cells[10];
		size_t count = 0;

		rest = yg_bytes_from(rest, end + 1);
		for (; count < 10; count++) {
			size_t comma = yg_bytes_chr(line, ',');

			cells[count] = yg_bytes_cut(line, 0, comma == SIZE_MAX ? line.size : comma);
			line = yg_bytes_from(line, cells[count].size + 1);
		}
		if (rows++ == 0)
			continue;
		for (size_t marking = 0; marking < 7; marking++)
			if (!cell_holds(cells, marking))
				check_failed = 1;
	}
	free(bytes);
	CHECK(rows == 1 + (size_t)YG_OUTLET_COUNT * (YG_AUDIENCE_COUNT - YG_AUDIENCE_PARTNER) *
				      YG_AGREED_COUNT);
}

/* Whatever the tables are changed to. */
static void what_no_table_may_allow(void)
{
	for (unsigned i = 0; i < YG_OUTLET_COUNT * YG_AUDIENCE_COUNT * 2u; i++) {
		struct yg_release_ask ask = {
			.kind = "notice",
			.own = own,
			.agreed = YG_AGREED_NAMED,
			.outlet = (enum yg_outlet)(i % YG_OUTLET_COUNT),
			.audience = (enum yg_audience)(i / YG_OUTLET_COUNT % YG_AUDIENCE_COUNT),
			.is_named_person = i / YG_OUTLET_COUNT >= YG_AUDIENCE_COUNT};
		bool was_released = true;

		if (ask.audience == YG_AUDIENCE_OWN)
			continue;
		/* A stricter marking never gives what a less strict one does not. */
		for (enum yg_tlp tlp = YG_TLP_CLEAR; tlp < YG_TLP_COUNT; tlp++) {
			bool is_released = yg_gate_ask(&ask, tlp, YG_PAP_CLEAR) == YG_REFUSAL_NONE;

			CHECK(was_released || !is_released);
			was_released = is_released;
			CHECK(!is_released || tlp < YG_TLP_RED || ask.is_named_person);
			CHECK(!is_released || tlp == YG_TLP_CLEAR ||
			      ask.audience != YG_AUDIENCE_PUBLIC);
			CHECK(!is_released || tlp <= YG_TLP_GREEN ||
			      (ask.audience != YG_AUDIENCE_SECTOR &&
			       ask.audience != YG_AUDIENCE_COMMUNITY));
		}
		/* Unmarked is RED. */
		CHECK((yg_gate_ask(&ask, YG_TLP_NONE, YG_PAP_CLEAR) == YG_REFUSAL_NONE) ==
		      (yg_gate_ask(&ask, YG_TLP_RED, YG_PAP_CLEAR) == YG_REFUSAL_NONE));
		/* Without consent nothing, without knowing whom nothing. */
		ask.agreed = YG_AGREED_NOTHING;
		CHECK(yg_gate_ask(&ask, YG_TLP_CLEAR, YG_PAP_CLEAR) != YG_REFUSAL_NONE);
	}
}

static void what_may_be_done_with_it(void)
{
	static const bool may[YG_PAP_COUNT][YG_USE_COUNT] = {
		{true, false, false}, {true, true, true},   {true, true, true},
		{true, true, false},  {true, false, false},
	};

	for (enum yg_pap pap = YG_PAP_NONE; pap < YG_PAP_COUNT; pap++) {
		for (enum yg_use use = YG_USE_MATCH; use < YG_USE_COUNT; use++) {
			struct yg_release_ask ask = {.kind = "notice",
						     .own = own,
						     .use = use,
						     .agreed = YG_AGREED_NAMELESS,
						     .outlet = YG_OUTLET_SENSOR,
						     .audience = YG_AUDIENCE_SENSOR};
			json_t *notice = notice_of(YG_TLP_AMBER, pap);
			struct yg_released released;
			int rc = yg_release(&ask, notice, &released);
			json_t *list = json_object_get(json_object_get(released.copy, "attack"),
						       "indicators");

			CHECK(rc == (may[pap][use] ? YG_OK : YG_EACCES));
			CHECK(rc == YG_OK || released.refusal == YG_REFUSAL_PAP);
			/* The domain is RED; the second address PAP:RED, to be matched only. */
			CHECK(rc != YG_OK ||
			      json_array_size(list) == (use == YG_USE_MATCH ? 2 : 1));
			yg_released_done(&released);
			json_decref(notice);
		}
	}
}

static void own_gets_everything_and_the_rest_is_refused(void)
{
	json_t *notice = notice_of(YG_TLP_RED, YG_PAP_NONE);
	struct yg_release_ask ask = {.kind = "notice", .audience = YG_AUDIENCE_OWN};
	struct yg_released released;

	CHECK(yg_release(&ask, notice, &released) == YG_OK);
	CHECK(json_object_get(released.copy, "damage") && json_object_get(released.copy, "victim"));
	CHECK(!json_object_get(released.copy, "situation"));
	yg_released_done(&released);
	ask = (struct yg_release_ask){.kind = "notice",
				      .audience = YG_AUDIENCE_PARTNER,
				      .agreed = YG_AGREED_NAMED,
				      .is_named_person = true,
				      .outlet = YG_OUTLET_PRINT,
				      .use = YG_USE_MATCH};
	CHECK(yg_release(&ask, notice, &released) == YG_EACCES);
	CHECK(released.refusal == YG_REFUSAL_OWN);
	ask.own = own;
	ask.audience = YG_AUDIENCE_STATEMENT;
	CHECK(yg_release(&ask, notice, &released) == YG_EACCES);
	CHECK(released.refusal == YG_REFUSAL_KIND);
	ask.audience = YG_AUDIENCE_PARTNER;
	(void)json_object_set_new(notice, "kind", json_string("victim"));
	CHECK(yg_release(&ask, notice, &released) == YG_EACCES);
	CHECK(released.refusal == YG_REFUSAL_KIND);
	ask.kind = "unheard-of";
	CHECK(yg_release(&ask, notice, &released) == YG_EACCES);
	ask.kind = "notice";
	(void)json_object_set_new(notice, "attack", json_integer(1));
	CHECK(yg_release(&ask, notice, &released) == YG_EINVAL);
	json_decref(notice);
}

/* Nothing to look for, but how it was done or what to do: for people, not for a program. */
static void what_to_do_alone_is_worth_telling(void)
{
	static const struct {
		enum yg_audience audience;
		enum yg_outlet outlet;
		int rc;
	} cases[] = {{YG_AUDIENCE_SECTOR, YG_OUTLET_CONSOLE, YG_OK},
		     {YG_AUDIENCE_PARTNER, YG_OUTLET_MAIL, YG_OK},
		     {YG_AUDIENCE_SENSOR, YG_OUTLET_SENSOR, YG_EACCES}};

	for (unsigned i = 0; i < 3 * (sizeof(cases) / sizeof(cases[0])); i++) {
		unsigned what = i % 3; /* nothing, techniques, what to do */
		json_t *notice = notice_of(YG_TLP_GREEN, YG_PAP_GREEN);
		json_t *attack = json_object_get(notice, "attack");
		struct yg_release_ask ask = {.kind = "notice",
					     .audience = cases[i / 3].audience,
					     .own = own,
					     .agreed = YG_AGREED_NAMELESS,
					     .outlet = cases[i / 3].outlet};
		struct yg_released released;
		int rc;

		(void)json_object_del(attack, "sources");
		(void)json_object_del(attack, "indicators");
		if (cases[i / 3].audience == YG_AUDIENCE_PARTNER)
			(void)json_object_del(attack, "rules");
		if (what == 2)
			(void)json_object_set_new(notice, "act",
						  json_pack("[{s:s}]", "en", "Look at your logs."));
		if (what == 1)
			(void)json_object_set_new(attack, "techniques",
						  json_pack("[s]", "attack.t1490"));
		rc = yg_release(&ask, notice, &released);
		CHECK(rc == (what ? cases[i / 3].rc : YG_EACCES));
		CHECK(rc == YG_OK || released.refusal == YG_REFUSAL_EMPTY);
		yg_released_done(&released);
		json_decref(notice);
	}
}

static void certainty_survives(void)
{
	for (enum yg_audience audience = YG_AUDIENCE_PARTNER; audience < YG_AUDIENCE_COUNT;
	     audience++) {
		json_t *notice = notice_of(YG_TLP_CLEAR, YG_PAP_CLEAR);
		struct yg_release_ask ask = {.kind = "notice",
					     .audience = audience,
					     .own = own,
					     .agreed = YG_AGREED_NAMELESS,
					     .outlet = audience == YG_AUDIENCE_SENSOR
							       ? YG_OUTLET_SENSOR
							       : YG_OUTLET_API};
		struct yg_released released;

		CHECK(yg_release(&ask, notice, &released) == YG_OK);
		CHECK(json_equal(json_object_get(released.copy, "certainty"),
				 json_object_get(notice, "certainty")));
		yg_released_done(&released);
		json_decref(notice);
	}
}

static void failing_memory_leaks_nothing(void)
{
	json_t *notice = notice_of(YG_TLP_AMBER, YG_PAP_GREEN);
	struct yg_release_ask ask = {.kind = "notice",
				     .audience = YG_AUDIENCE_PARTNER,
				     .own = own,
				     .agreed = YG_AGREED_NAMELESS,
				     .has_damage_consent = true};

	for (long at = 1;; at++) {
		struct yg_released released;
		char *text;
		long left;
		int rc;

		yg_fail_at = at;
		rc = yg_release(&ask, notice, &released);
		left = yg_fail_at;
		yg_fail_at = 0;
		text = released.copy ? json_dumps(released.copy, 0) : NULL;
		/* Without memory it says so, or leaves out more: never less. */
		CHECK(rc == YG_OK || (rc == YG_ENOMEM && !text));
		CHECK(!text || !strstr(text, "atomune"));
		free(text);
		yg_released_done(&released);
		if (left > 0)
			break;
	}
	json_decref(notice);
}

static bool has_entry;
static int see_entry(void *arg, const struct yg_audit_entry *entry)
{
	(void)arg;
	has_entry = has_entry || (yg_bytes_eq(entry->action, YG_S("marking.loosen")) &&
				  yg_bytes_eq(entry->org, YG_S("m7")) &&
				  yg_bytes_find(entry->detail, YG_S("tlp red -> green")) == 0);
	return YG_OK;
}

static void loosening_needs_its_owner_and_is_written_down(void)
{
	struct yg_release_ask ask_sector = {.kind = "notice",
					    .audience = YG_AUDIENCE_SECTOR,
					    .own = own,
					    .agreed = YG_AGREED_NAMELESS};
	json_t *notice = notice_of(YG_TLP_RED, YG_PAP_GREEN);
	struct yg_hub_actor sato, other, analyst;
	struct yg_loosening *loosening = NULL;
	struct yg_released released;
	struct yg_access *by;

	hub_start();
	add_org("m7");
	add_org("m8");
	sato = person("sato", "member:m7");
	other = person("other", "member:m8");
	analyst = person("analyst", "analyst");
	CHECK(ask(&analyst, "m7", YG_MAY_write_consent) == YG_EACCES);
	by = open_as(&other, "m8", YG_MAY_write_consent);
	CHECK(yg_gate_loosen(by, notice, YG_TLP_GREEN, YG_PAP_NONE, "why", &loosening) ==
	      YG_EACCES);
	by = yg_access_free(by);
	by = open_as(&sato, "m7", YG_MAY_write_consent);
	CHECK(yg_gate_loosen(by, notice, YG_TLP_GREEN, YG_PAP_NONE, "", &loosening) == YG_EINVAL);
	CHECK(yg_gate_loosen(by, notice, YG_TLP_RED, YG_PAP_NONE, "why", &loosening) == YG_EINVAL);
	CHECK(yg_gate_loosen(by, notice, YG_TLP_GREEN, YG_PAP_RED, "why", &loosening) == YG_EINVAL);
	CHECK(!loosening);
	CHECK(yg_release(&ask_sector, notice, &released) == YG_EACCES);
	CHECK(yg_gate_loosen(by, notice, YG_TLP_GREEN, YG_PAP_NONE, "speed", &loosening) == YG_OK);
	ask_sector.loosening = loosening;
	CHECK(yg_release(&ask_sector, notice, &released) == YG_OK);
	CHECK(released.tlp == YG_TLP_GREEN);
	CHECK_TEXT(yg_json_text(released.copy, "tlp"), "green");
	yg_released_done(&released);
	/* For this object alone. */
	(void)json_object_set_new(notice, "number", json_string("2026-0002"));
	CHECK(yg_release(&ask_sector, notice, &released) == YG_EACCES);
	by = yg_access_free(by);
	by = open_as(&root, "hub", YG_MAY_read_audit);
	has_entry = false;
	CHECK(yg_audit_list(by, 0, 1000, see_entry, NULL) == YG_OK);
	CHECK(has_entry);
	(void)yg_access_free(by);
	(void)yg_loosening_free(loosening);
	json_decref(notice);
	hub_end();
}

static const struct check_case cases[] = {
	CASE(loosening_needs_its_owner_and_is_written_down),
	CASE(every_cell_of_the_table),
	CASE(what_no_table_may_allow),
	CASE(what_may_be_done_with_it),
	CASE(own_gets_everything_and_the_rest_is_refused),
	CASE(what_to_do_alone_is_worth_telling),
	CASE(certainty_survives),
	CASE(failing_memory_leaks_nothing),
};

int main(void)
{
	int failed;

	own = yg_own_new();
	if (!own || yg_own_add(own, YG_OWN_NAME, YG_S("Hatomune Corp")) != YG_OK)
		return 1;
	failed = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	yg_own_free(own);
	return failed;
}
