/* SPDX-License-Identifier: Apache-2.0 */
/* A new assessment: its framework is sealed into the store, so that a later program file or a new
 * official version never changes what was asked. */
#include "assess/assess-int.h"
#include "base/alloc.h"
#include "base/crypt.h"

#include "base/ban.h"

#define NUMBER_DIGITS 13u

/* The check digit of a corporate number (法人番号): first digit = 9 - (weighted sum mod 9). */
bool yg_is_corporate_number(struct yg_bytes number)
{
	unsigned sum = 0;

	if (number.size != NUMBER_DIGITS)
		return false;
	for (unsigned i = 0; i < NUMBER_DIGITS; i++) {
		unsigned digit = number.data[i] - (unsigned)'0';

		if (digit > 9)
			return false;
		/* The lowest digit has weight 1, the next 2, and so on in turn. */
		if (i > 0)
			sum += digit * ((NUMBER_DIGITS - i) % 2 == 1 ? 1 : 2);
	}
	return number.data[0] - (unsigned)'0' == 9 - sum % 9;
}

/* The text of the framework called @name, or with the urn @name. */
struct wanted {
	const struct yg_assess_new *in;
	struct yg_arena *arena;
	struct yg_bytes text;
	const struct yg_library *library;
};

static bool is_called(const struct yg_library *library, struct yg_bytes name)
{
	return library->framework && (yg_bytes_eq(library->urn, name) ||
				      yg_bytes_eq(library->framework->urn, name) ||
				      yg_bytes_eq_nocase(library->framework->ref_id, name) ||
				      yg_bytes_eq_nocase(library->ref_id, name));
}

struct stored_search {
	struct yg_access *access;
	const struct yg_assess_ports *ports;
	struct wanted *wanted;
};

static int look_at_stored(void *arg, const struct yg_doc *doc)
{
	struct stored_search *search = arg;
	struct wanted *wanted = search->wanted;
	const struct yg_library *library;
	struct yg_line_fault fault;
	struct yg_bytes text;

	if (wanted->library)
		return YG_OK;
	if (!yg_arena_dup(wanted->arena, doc->body, &text))
		return YG_ENOMEM;
	if (search->ports->read_framework(text, wanted->arena, &library, &fault) == YG_OK &&
	    is_called(library, wanted->in->framework)) {
		wanted->text = text;
		wanted->library = library;
	}
	return YG_OK;
}

static int find_framework(struct yg_access *access, const struct yg_assess_ports *ports,
			  struct wanted *wanted, struct yg_line_fault *reterr)
{
	struct stored_search search = {access, ports, wanted};
	struct yg_doc_filter filter = {.kind = YG_S("library"), .limit = ASSESSMENTS_MAX};
	int rc;

	for (size_t i = 0; i < ports->framework_count; i++) {
		const struct yg_library *library;

		rc = ports->read_framework(ports->frameworks[i].bytes, wanted->arena, &library,
					   reterr);
		if (rc != YG_OK)
			return rc;
		if (!yg_bytes_eq(yg_bytes_str(ports->frameworks[i].name), wanted->in->framework) &&
		    !is_called(library, wanted->in->framework))
			continue;
		wanted->text = ports->frameworks[i].bytes;
		wanted->library = library;
		return YG_OK;
	}
	rc = yg_access_visit(access, &filter, look_at_stored, &search);
	if (rc == YG_OK && !wanted->library)
		rc = yg_line_fault_set(reterr, YG_ENOENT, 0,
				       "unknown-framework: there is no framework called %.*s",
				       wanted->in->framework.size > 80 ? 80
								       : YG_FMT(wanted->in->framework));
	return rc;
}

/* Keep the file under its urn, unless the same bytes are there. Another file under the same urn is
 * refused: what was asked never changes silently. */
static int seal(struct yg_access *access, const struct yg_library *library, struct yg_bytes text,
		struct yg_line_fault *reterr)
{
	char urn[KEY_MAX];
	int rc;

	if (library->urn.size >= sizeof(urn))
		return yg_line_fault_set(reterr, YG_EINVAL, 0, "bad-framework: the urn is too long");
	(void)snprintf(urn, sizeof(urn), "%.*s", YG_FMT(library->urn)); /* fits: checked */
	rc = yg_access_put_bytes(access, "library", urn, text, YG_REVISION_NONE, NULL);
	return rc == YG_EMISMATCH ? YG_OK : rc;
}

int yg_assess_add_framework(struct yg_access *access, const struct yg_assess_ports *ports,
			    struct yg_bytes text, struct yg_line_fault *reterr)
{
	struct yg_arena *arena = yg_arena_new(ARENA_BYTES_MAX);
	const struct yg_library *library;
	int rc;

	if (!arena)
		return YG_ENOMEM;
	rc = text.size > LIBRARY_BYTES_MAX
		     ? yg_line_fault_set(reterr, YG_ELIMIT, 0, "bad-framework: the file is too large")
		     : ports->read_framework(text, arena, &library, reterr);
	if (rc == YG_OK && !library->framework)
		rc = yg_line_fault_set(reterr, YG_EINVAL, 0,
				       "bad-framework: the file holds no framework");
	if (rc == YG_OK)
		rc = seal(access, library, text, reterr);
	(void)yg_arena_free(arena);
	return rc;
}

static json_t *head_of(const struct wanted *wanted, const char *id, struct yg_access *access)
{
	char time[YG_ISO_SIZE];
	char digest[YG_SHA256_HEX + 1];

	(void)yg_time_iso(yg_access_now(access), 0, time);
	yg_sha256_hex(wanted->text, digest);
	return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:s, s:o}", "id", id, "library",
			 yg_json_string(wanted->library->urn), "library_sha256", digest, "level",
			 yg_json_string(wanted->in->level), "organisation",
			 yg_json_string(wanted->in->organisation), "corporate_number",
			 yg_json_string(wanted->in->corporate_number), "created", time, "from",
			 yg_json_string(wanted->in->from));
}

static int check_names(const struct wanted *wanted, struct yg_line_fault *reterr)
{
	const struct yg_assess_new *in = wanted->in;

	if (in->level.size && yg_framework_level(wanted->library->framework, in->level) == YG_NODE_NONE)
		return yg_line_fault_set(reterr, YG_ENOENT, 0,
					 "unknown-level: the framework has no level called %.*s",
					 in->level.size > 60 ? 60 : YG_FMT(in->level));
	if (in->organisation.size > TEXT_SHORT_MAX)
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "bad-request: the organisation's name is too long");
	if (in->corporate_number.size && !yg_is_corporate_number(in->corporate_number))
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "bad-corporate-number: 13 digits whose check digit agrees");
	return YG_OK;
}

static int write_new(struct yg_access *access, const struct wanted *wanted, const char *id,
		     struct yg_line_fault *reterr)
{
	json_t *head = head_of(wanted, id, access);
	int rc = head ? yg_access_begin(access) : YG_ENOMEM;

	if (rc == YG_OK) {
		rc = seal(access, wanted->library, wanted->text, reterr);
		if (rc == YG_OK)
			rc = yg_access_put(access, "assessment", id, head, YG_REVISION_NONE, NULL);
		if (rc == YG_OK)
			rc = yg_access_commit(access);
		else
			yg_access_abort(access);
	}
	json_decref(head);
	return rc;
}

int yg_assess_create(struct yg_access *access, const struct yg_assess_ports *ports,
		     const struct yg_assess_new *in, char ret_id[YG_ASSESS_ID_MAX],
		     struct yg_line_fault *reterr)
{
	struct wanted wanted = {.in = in, .arena = yg_arena_new(4 * ARENA_BYTES_MAX)};
	char id[YG_RANDOM_ID_HEX + 1];
	int rc;

	*reterr = (struct yg_line_fault){0};
	if (!wanted.arena)
		return YG_ENOMEM;
	rc = find_framework(access, ports, &wanted, reterr);
	if (rc == YG_OK)
		rc = check_names(&wanted, reterr);
	if (rc == YG_OK) {
		yg_random_id(yg_access_now(access), id);
		rc = write_new(access, &wanted, id, reterr);
	}
	if (rc == YG_OK)
		(void)snprintf(ret_id, YG_ASSESS_ID_MAX, "%s", id); /* ids are shorter */
	if (rc == YG_OK && in->from.size) {
		char from[YG_ASSESS_ID_MAX];

		(void)snprintf(from, sizeof(from), "%.*s", YG_FMT(in->from));
		rc = yg_assess_move(access, ports, from, id);
	}
	(void)yg_arena_free(wanted.arena);
	return rc;
}
