/* SPDX-License-Identifier: Apache-2.0 */
/* A new assessment: its framework is sealed into the store, so that a later program file or a new
 * official version never changes what was asked. */
#include "assess/assess-int.h"
#include "base/alloc.h"
#include "base/crypt.h"

#include "base/ban.h"

#define NUMBER_DIGITS 13u
#define DIGEST_SHOWN  16u /* hex digits behind the urn of another text of a framework */

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
	return library->framework &&
	       (yg_bytes_eq(library->urn, name) || yg_bytes_eq(library->framework->urn, name) ||
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
		rc = yg_line_fault_set(
			reterr, YG_ENOENT, 0, "unknown-framework: \"%.*s\"",
			wanted->in->framework.size > 80 ? 80 : YG_FMT(wanted->in->framework));
	return rc;
}

/* Keep @text under @key. YG_EMISMATCH: other bytes are there. */
static int keep_library(struct yg_access *access, const char *key, struct yg_bytes text)
{
	uint8_t *kept = NULL;
	size_t size;
	int rc = yg_access_put_bytes(access, "library", key, text, YG_REVISION_NONE, NULL);

	if (rc != YG_EMISMATCH)
		return rc;
	rc = yg_access_get_bytes(access, "library", key, &kept, &size, NULL);
	if (rc == YG_OK && !yg_bytes_eq((struct yg_bytes){kept, size}, text))
		rc = YG_EMISMATCH;
	free(kept);
	return rc;
}

int yg_assess_seal(struct yg_access *access, struct yg_bytes urn, struct yg_bytes text,
		   char ret_key[KEY_MAX], struct yg_line_fault *reterr)
{
	char digest[YG_SHA256_HEX + 1];
	int rc;

	if (urn.size == 0 || urn.size + 1 + DIGEST_SHOWN >= KEY_MAX)
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "bad-framework: the urn is too long");
	(void)snprintf(ret_key, KEY_MAX, "%.*s", YG_FMT(urn)); /* fits: checked */
	rc = keep_library(access, ret_key, text);
	if (rc != YG_EMISMATCH)
		return rc;
	yg_sha256_hex(text, digest);
	(void)snprintf(ret_key, KEY_MAX, "%.*s#%.*s", YG_FMT(urn), (int)DIGEST_SHOWN,
		       digest); /* fits: checked */
	rc = keep_library(access, ret_key, text);
	return rc == YG_EMISMATCH ? YG_EFORMAT : rc;
}

static int other_text(const struct yg_library *library, struct yg_line_fault *reterr)
{
	return yg_line_fault_set(
		reterr, YG_EINVAL, 0,
		"bad-framework: another file with the urn %.*s is in use; give this "
		"one an urn of its own",
		library->urn.size > 120 ? 120 : YG_FMT(library->urn));
}

/* A user's file: one that only pretends to be a framework there is would never be asked. */
static int seal_file(struct yg_access *access, const struct yg_assess_ports *ports,
		     struct yg_arena *arena, const struct yg_library *library, struct yg_bytes text,
		     struct yg_line_fault *reterr)
{
	char key[KEY_MAX];
	int rc;

	for (size_t i = 0; i < ports->framework_count; i++) {
		const struct yg_library *shipped;

		if (yg_bytes_eq(ports->frameworks[i].bytes, text))
			return YG_OK; /* comes with the program */
		rc = ports->read_framework(ports->frameworks[i].bytes, arena, &shipped, reterr);
		if (rc == YG_OK && yg_bytes_eq(shipped->urn, library->urn))
			rc = other_text(library, reterr);
		if (rc != YG_OK)
			return rc;
	}
	if (library->urn.size == 0 || library->urn.size >= sizeof(key))
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "bad-framework: the urn is too long");
	(void)snprintf(key, sizeof(key), "%.*s", YG_FMT(library->urn)); /* fits: checked */
	rc = keep_library(access, key, text);
	return rc == YG_EMISMATCH ? other_text(library, reterr) : rc;
}

int yg_assess_add_framework(struct yg_access *access, const struct yg_assess_ports *ports,
			    struct yg_bytes text, struct yg_line_fault *reterr)
{
	struct yg_arena *arena = yg_arena_new(4 * ARENA_BYTES_MAX);
	const struct yg_library *library;
	int rc;

	if (!arena)
		return YG_ENOMEM;
	rc = text.size > LIBRARY_BYTES_MAX
		     ? yg_line_fault_set(reterr, YG_ELIMIT, 0,
					 "bad-framework: the file is too large")
		     : ports->read_framework(text, arena, &library, reterr);
	if (rc == YG_OK && !library->framework)
		rc = yg_line_fault_set(reterr, YG_EINVAL, 0,
				       "bad-framework: the file holds no framework");
	if (rc == YG_OK)
		rc = seal_file(access, ports, arena, library, text, reterr);
	(void)yg_arena_free(arena);
	return rc;
}

static json_t *head_of(const struct wanted *wanted, const char *id, const char *key,
		       struct yg_access *access)
{
	char time[YG_ISO_SIZE];
	char digest[YG_SHA256_HEX + 1];

	(void)yg_time_iso(yg_access_now(access), 0, time);
	yg_sha256_hex(wanted->text, digest);
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:o}", "id", id, "library", key,
			 "library_sha256", digest, "level", yg_json_string(wanted->in->level),
			 "organisation", yg_json_string(wanted->in->organisation),
			 "corporate_number", yg_json_string(wanted->in->corporate_number),
			 "created", time, "from", yg_json_string(wanted->in->from));
}

static int check_names(const struct wanted *wanted, struct yg_line_fault *reterr)
{
	const struct yg_assess_new *in = wanted->in;

	if (in->level.size &&
	    yg_framework_level(wanted->library->framework, in->level) == YG_NODE_NONE)
		return yg_line_fault_set(reterr, YG_ENOENT, 0, "unknown-level: \"%.*s\"",
					 in->level.size > 60 ? 60 : YG_FMT(in->level));
	if (in->organisation.size > TEXT_SHORT_MAX)
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "bad-request: the organisation's name is too long");
	if (in->corporate_number.size && !yg_is_corporate_number(in->corporate_number))
		return yg_line_fault_set(
			reterr, YG_EINVAL, 0,
			"bad-corporate-number: 13 digits whose check digit agrees");
	return YG_OK;
}

static int write_new(struct yg_access *access, const struct wanted *wanted, const char *id,
		     struct yg_line_fault *reterr)
{
	char key[KEY_MAX];
	json_t *head = NULL;
	int rc = yg_access_begin(access);

	if (rc != YG_OK)
		return rc;
	rc = yg_assess_seal(access, wanted->library->urn, wanted->text, key, reterr);
	if (rc == YG_OK) {
		head = head_of(wanted, id, key, access);
		rc = head ? yg_access_put(access, "assessment", id, head, YG_REVISION_NONE, NULL)
			  : YG_ENOMEM;
	}
	if (rc == YG_OK)
		rc = yg_access_commit(access);
	else
		yg_access_abort(access);
	json_decref(head);
	return rc;
}

/* The assessment whose answers shall move, before anything is made. */
static int find_from(struct yg_access *access, const struct yg_assess_ports *ports,
		     struct yg_bytes id, char to[YG_ASSESS_ID_MAX], struct yg_line_fault *reterr)
{
	struct yg_assess *from = NULL;
	int rc = YG_ENOENT;

	if (id.size < YG_ASSESS_ID_MAX && !memchr(id.data, 0, id.size)) {
		(void)snprintf(to, YG_ASSESS_ID_MAX, "%.*s", YG_FMT(id)); /* fits: checked */
		rc = yg_assess_open(access, ports, to, &from);
	}
	(void)yg_assess_free(from);
	if (rc == YG_ENOENT)
		return yg_line_fault_set(
			reterr, YG_EINVAL, 0,
			"unknown-assessment: there is no assessment %.*s to move from",
			id.size > 64 ? 64 : (int)id.size, (const char *)id.data);
	return rc;
}

int yg_assess_create(struct yg_access *access, const struct yg_assess_ports *ports,
		     const struct yg_assess_new *in, char ret_id[YG_ASSESS_ID_MAX],
		     struct yg_line_fault *reterr)
{
	struct wanted wanted = {.in = in, .arena = yg_arena_new(4 * ARENA_BYTES_MAX)};
	char from[YG_ASSESS_ID_MAX];
	char id[YG_RANDOM_ID_HEX + 1];
	int rc;

	*reterr = (struct yg_line_fault){0};
	if (!wanted.arena)
		return YG_ENOMEM;
	rc = find_framework(access, ports, &wanted, reterr);
	if (rc == YG_OK)
		rc = check_names(&wanted, reterr);
	if (rc == YG_OK && in->from.size)
		rc = find_from(access, ports, in->from, from, reterr);
	if (rc == YG_OK) {
		yg_random_id(yg_access_now(access), id);
		rc = write_new(access, &wanted, id, reterr);
	}
	if (rc == YG_OK)
		(void)snprintf(ret_id, YG_ASSESS_ID_MAX, "%s", id); /* ids are shorter */
	if (rc == YG_OK && in->from.size)
		rc = yg_assess_move(access, ports, from, id);
	(void)yg_arena_free(wanted.arena);
	return rc;
}
