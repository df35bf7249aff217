/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura admin audit`. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/admin-int.h"
#include "app/commands.h"
#include "app/say.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define PAGE		 1000u
#define CHECKPOINT_BYTES (1u << 20)

struct listing {
	struct yg_admin *admin;
	uint64_t last;
	uint32_t seen;
};

static int print_entry(void *arg, const struct yg_audit_entry *entry)
{
	struct listing *listing = arg;
	struct yg_buf *out = &listing->admin->out;

	listing->seen++;
	listing->last = entry->number;
	if (listing->admin->is_json) {
		/* The very bytes that are hashed. */
		yg_buf_add(out, entry->line);
		yg_buf_add_byte(out, '\n');
		return yg_buf_error(out);
	}
	/* In two: yg_say_safe() has four places. */
	yg_buf_addf(out, "%llu  %.*s  %s  %s", (unsigned long long)entry->number,
		    YG_FMT(entry->time), yg_say_safe(entry->actor, YG_DOC_ACTOR_MAX),
		    yg_say_safe(entry->org, YG_ENROL_ID_MAX));
	yg_buf_addf(out, "  %s  %s  %s\n", yg_say_safe(entry->action, 60),
		    yg_say_safe(entry->object, 100), yg_say_safe(entry->detail, 200));
	return yg_buf_error(out);
}

static int list(struct yg_admin *admin)
{
	struct listing listing = {.admin = admin, .last = admin->after};
	struct yg_access *by = NULL;
	int status = yg_admin_open(admin, YG_HUB_ORG, YG_MAY_read_audit, &by);
	int rc;

	if (status != YG_EXIT_DONE)
		return status;
	do {
		listing.seen = 0;
		rc = yg_audit_list(by, listing.last, PAGE, print_entry, &listing);
		if (rc == YG_OK)
			rc = yg_buf_error(&admin->out);
		if (rc == YG_OK)
			rc = yg_io_write(1, yg_buf_bytes(&admin->out));
		yg_buf_reset(&admin->out);
	} while (rc == YG_OK && listing.seen == PAGE);
	(void)yg_access_free(by);
	return yg_admin_done(admin, "audit list", rc);
}

/* The last checkpoint, to be kept elsewhere. */
static int give_checkpoint(struct yg_admin *admin)
{
	int rc = yg_audit_checkpoint(admin->hub);

	if (rc == YG_OK)
		rc = yg_audit_last(admin->hub, &admin->out);
	yg_buf_add_byte(&admin->out, '\n');
	return yg_admin_done(admin, "audit checkpoint", rc);
}

static void say_report(const struct yg_audit_report *report)
{
	static const char *const texts[] = {
		[YG_AUDIT_GOOD] = "",
		[YG_AUDIT_CHANGED] = N_("entry %llu was changed"),
		[YG_AUDIT_REMOVED] = N_("entry %llu is missing"),
		[YG_AUDIT_REORDERED] = N_("entry %llu stands in another place than it was written"),
		[YG_AUDIT_CUT] = N_("everything from entry %llu on was cut off"),
		[YG_AUDIT_FORM] = N_("at entry %llu stands something that is no entry"),
		[YG_AUDIT_SIGNATURE] =
			N_("entry %llu stands below no checkpoint that this hub's key signed"),
		[YG_AUDIT_KEY] = N_("the checkpoint over entry %llu was signed by another key than "
				    "the one in ca/audit.key"),
	};

	if (report->fault != YG_AUDIT_GOOD)
		yg_say(texts[report->fault], (unsigned long long)report->number);
}

static int print_report(struct yg_admin *admin, const struct yg_audit_report *report)
{
	if (admin->is_json)
		return yg_admin_json(admin,
				     json_pack("{s:b, s:s, s:I, s:I, s:I, s:I, s:s}", "whole",
					       (int)(report->fault == YG_AUDIT_GOOD), "fault",
					       yg_audit_fault_name(report->fault), "entry",
					       (json_int_t)report->number, "entries",
					       (json_int_t)report->entries, "checkpoints",
					       (json_int_t)report->checkpoints, "covered",
					       (json_int_t)report->covered, "last", report->last));
	if (report->fault == YG_AUDIT_GOOD)
		yg_buf_addf(&admin->out,
			    yg_say_tr(N_("%llu entries, whole; %llu of them below %llu signed "
					 "checkpoints\n")),
			    (unsigned long long)report->entries,
			    (unsigned long long)report->covered,
			    (unsigned long long)report->checkpoints);
	return yg_buf_error(&admin->out);
}

static int verify(struct yg_admin *admin)
{
	struct yg_audit_report report;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int status;
	int rc = YG_OK;

	if (admin->checkpoint)
		rc = yg_io_read_file(admin->checkpoint, CHECKPOINT_BYTES, &bytes, &size);
	if (rc != YG_OK) {
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(admin->checkpoint), 300),
		       yg_say_tr(yg_err_text(rc)));
		return YG_EXIT_FAILED;
	}
	rc = yg_audit_verify(admin->hub, (struct yg_bytes){bytes, size}, &report);
	free(bytes);
	if (rc == YG_OK) {
		say_report(&report);
		rc = print_report(admin, &report);
	}
	status = yg_admin_done(admin, "audit verify", rc);
	return status == YG_EXIT_DONE && report.fault != YG_AUDIT_GOOD ? YG_EXIT_PARTLY : status;
}

int yg_admin_audit(struct yg_admin *admin)
{
	const char *what = admin->arg_count == 2 ? admin->args[1] : "";

	if (strcmp(what, "list") == 0)
		return list(admin);
	if (strcmp(what, "verify") == 0)
		return verify(admin);
	return strcmp(what, "checkpoint") == 0 ? give_checkpoint(admin) : yg_admin_wording("audit");
}
