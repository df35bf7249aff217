/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura admin api-token` and `mandate`. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/admin-int.h"
#include "app/commands.h"
#include <stdlib.h>

#include "app/say.h"
#include "base/alloc.h"
#include "base/io.h"
#include "base/json.h"
#include "model/day.h"

#include "base/ban.h"

static const char *word(const struct yg_admin *admin, size_t at)
{
	return admin->arg_count > at ? admin->args[at] : "";
}

static void day_text(int32_t day, char to[YG_DAY_SIZE])
{
	to[0] = '-';
	to[1] = '\0';
	if (day != YG_DAY_NONE)
		yg_day_write(day, to);
}

/* ---- tokens of programs ---- */

static int print_token(void *arg, const struct yg_token *token)
{
	struct yg_admin *admin = arg;
	char last_day[YG_DAY_SIZE];

	if (admin->is_json)
		return yg_admin_json(admin,
				     json_pack("{s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:b}",
					       "token", token->id, "organisation", token->org,
					       "name", yg_json_string(yg_bytes_str(token->name)),
					       "role", yg_hub_role_name(token->role), "rights",
					       yg_admin_rights(token->rights), "last_day",
					       yg_admin_day(token->last_day), "made",
					       yg_admin_time(token->made_ns), "used",
					       yg_admin_time(token->used_ns), "revoked",
					       (int)token->is_revoked));
	day_text(token->last_day, last_day);
	yg_buf_addf(&admin->out, "%s  %s  %s  %s%s%s\n", token->id, yg_hub_role_name(token->role),
		    last_day, yg_say_safe(yg_bytes_str(token->name), YG_ENROL_NAME_MAX),
		    token->is_revoked ? "  " : "",
		    token->is_revoked ? yg_say_tr(N_("revoked")) : "");
	return yg_buf_error(&admin->out);
}

#define PEM_MAX (64u << 10)

/* The first certificate of a PEM file; its digest to @to. False: there is none. */
static bool read_pem(struct yg_bytes text, char to[YG_SHA256_HEX + 1])
{
	const struct yg_bytes head = YG_S("-----BEGIN CERTIFICATE-----");
	size_t start = yg_bytes_find(text, head);
	struct yg_bytes inner =
		start == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(text, start + head.size);
	uint8_t *bytes = yg_calloc(2, PEM_MAX); /* without its line ends, and what they hold */
	size_t size = 0, der = 0;
	bool is_good;

	inner = yg_bytes_cut(inner, 0, yg_bytes_find(inner, YG_S("-----END CERTIFICATE-----")));
	for (size_t i = 0; bytes && i < inner.size && size < PEM_MAX; i++)
		if (inner.data[i] > ' ')
			bytes[size++] = inner.data[i];
	is_good = bytes && size > 0 &&
		  yg_base64_read((struct yg_bytes){bytes, size}, bytes + PEM_MAX, PEM_MAX, &der) &&
		  der > 0;
	if (is_good)
		yg_sha256_hex((struct yg_bytes){bytes + PEM_MAX, der}, to);
	free(bytes);
	return is_good;
}

/* YG_OK, or an error that was said. */
static int read_certificate(const char *path, char to[YG_SHA256_HEX + 1])
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc;

	if (!path)
		return YG_OK;
	rc = yg_io_read_file(path, PEM_MAX, &bytes, &size);
	if (rc == YG_OK && !read_pem((struct yg_bytes){bytes, size}, to))
		rc = YG_EFORMAT;
	free(bytes);
	if (rc == YG_EFORMAT)
		yg_say(N_("%s: there is no certificate (PEM) in it"),
		       yg_say_safe(yg_bytes_str(path), 300));
	else if (rc != YG_OK)
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(yg_err_text(rc)));
	return rc;
}

static int make_token(struct yg_admin *admin, struct yg_access *by)
{
	struct yg_token wish = {.rights = admin->rights, .last_day = YG_DAY_NONE};
	char id[YG_RANDOM_ID_HEX + 1];
	char secret[YG_HUB_TOKEN_HEX + 1];
	int rc;

	if (!admin->role || !yg_hub_role_by_name(yg_bytes_str(admin->role), &wish.role)) {
		yg_say_hint(N_("administrator, analyst, member or provider"),
			    N_("api-token: give the role with --role"));
		return YG_EXIT_FAILED;
	}
	if (admin->name && strlen(admin->name) > YG_ENROL_NAME_MAX)
		return yg_admin_error(admin, "--name", YG_EINVAL);
	if (admin->name)
		(void)snprintf(wish.name, sizeof(wish.name), "%s", admin->name); /* as measured */
	/* N days from today on, today counted. */
	if (admin->days)
		wish.last_day = yg_day_in(yg_hub_zone_of(admin->hub), admin->now_ns) +
				(int32_t)admin->days - 1;
	if (read_certificate(admin->certificate, wish.certificate) != YG_OK)
		return YG_EXIT_FAILED;
	rc = yg_token_new(by, &wish, id, secret);
	if (rc == YG_EDUPLICATE) {
		yg_say(N_("%s: this certificate is another program's already"),
		       yg_say_safe(yg_bytes_str(admin->certificate), 300));
		return YG_EXIT_PARTLY;
	}
	/* A certificate has no secret: what is printed is by what it is revoked. */
	if (rc == YG_OK)
		yg_buf_addf(&admin->out, "%s\n", secret[0] ? secret : id);
	yg_wipe(secret, sizeof(secret));
	return yg_admin_done(admin, admin->role, rc);
}

int yg_admin_token(struct yg_admin *admin)
{
	const char *what = word(admin, 1);
	bool is_list = strcmp(what, "list") == 0 && admin->arg_count == 2;
	bool is_revoke = strcmp(what, "revoke") == 0 && admin->arg_count == 3;
	bool is_new = admin->arg_count == 1 || (strcmp(what, "add") == 0 && admin->arg_count == 2);
	struct yg_access *by = NULL;
	int status;

	if (!admin->org || (!is_list && !is_revoke && !is_new))
		return yg_admin_wording("api-token");
	status = yg_admin_open(admin, admin->org,
			       is_list ? YG_MAY_read_tokens : YG_MAY_write_tokens, &by);
	if (status == YG_EXIT_DONE && is_list)
		status = yg_admin_done(admin, "api-token list",
				       yg_token_list(by, print_token, admin));
	else if (status == YG_EXIT_DONE && is_revoke)
		status = yg_admin_done(admin, admin->args[2], yg_token_revoke(by, admin->args[2]));
	else if (status == YG_EXIT_DONE)
		status = make_token(admin, by);
	(void)yg_access_free(by);
	return status;
}

/* ---- mandates ---- */

static int print_mandate(void *arg, const struct yg_mandate *mandate)
{
	struct yg_admin *admin = arg;
	char last_day[YG_DAY_SIZE];

	if (admin->is_json)
		return yg_admin_json(
			admin, json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s}",
					 "mandate", mandate->id, "organisation", mandate->org,
					 "provider", mandate->provider, "signed_by",
					 yg_json_string(yg_bytes_str(mandate->signed_by)), "signed",
					 yg_admin_day(mandate->signed_day), "last_day",
					 yg_admin_day(mandate->last_day), "rights",
					 yg_admin_rights(mandate->rights), "given",
					 yg_admin_time(mandate->given_ns), "ended",
					 yg_admin_time(mandate->ended_ns), "given_by",
					 mandate->given_by, "ended_by", mandate->ended_by));
	day_text(mandate->last_day, last_day);
	yg_buf_addf(&admin->out, "%s  %s -> %s  %s  %s%s%s\n", mandate->id, mandate->org,
		    mandate->provider, last_day,
		    yg_say_safe(yg_bytes_str(mandate->signed_by), YG_ENROL_NAME_MAX),
		    mandate->ended_ns != YG_TIME_NONE ? "  " : "",
		    mandate->ended_ns != YG_TIME_NONE ? yg_say_tr(N_("ended")) : "");
	return yg_buf_error(&admin->out);
}

/* What the member signed on paper, written down here. */
static int give_mandate(struct yg_admin *admin, struct yg_access *by)
{
	struct yg_mandate wish = {.rights = admin->rights,
				  .signed_day = admin->signed_day,
				  .last_day = admin->last_day};
	char id[YG_RANDOM_ID_HEX + 1];
	int rc;

	if (strlen(admin->provider) > YG_ENROL_ID_MAX ||
	    strlen(admin->signed_by) > YG_ENROL_NAME_MAX)
		return yg_admin_error(admin, "mandate give", YG_EINVAL);
	(void)snprintf(wish.provider, sizeof(wish.provider), "%s", admin->provider); /* measured */
	(void)snprintf(wish.signed_by, sizeof(wish.signed_by), "%s",
		       admin->signed_by); /* measured */
	rc = yg_mandate_give(by, &wish, id);
	if (rc == YG_OK)
		yg_buf_addf(&admin->out, "%s\n", id);
	return yg_admin_done(admin, rc == YG_ENOENT ? admin->provider : "mandate give", rc);
}

static int end_mandate(struct yg_admin *admin, struct yg_access *by)
{
	return yg_admin_done(admin, admin->args[2], yg_mandate_end(by, admin->org, admin->args[2]));
}

static int list_mandates(struct yg_admin *admin, struct yg_access *by)
{
	return yg_admin_done(admin, "mandate list", yg_mandate_list(by, print_mandate, admin));
}

static bool has_paper(const struct yg_admin *admin)
{
	return admin->org && admin->provider && admin->signed_by && admin->rights;
}

int yg_admin_mandate(struct yg_admin *admin)
{
	const char *what = word(admin, 1);
	int (*run)(struct yg_admin * admin, struct yg_access * by) = NULL;
	struct yg_access *by = NULL;
	int status;

	if (strcmp(what, "list") == 0 && admin->arg_count == 2)
		run = list_mandates;
	else if (strcmp(what, "end") == 0 && admin->arg_count == 3 && admin->org)
		run = end_mandate;
	else if (strcmp(what, "give") == 0 && admin->arg_count == 2 && has_paper(admin))
		run = give_mandate;
	if (!run)
		return yg_admin_wording("mandate");
	status = yg_admin_open(admin, admin->org ? admin->org : YG_HUB_ORG,
			       run == list_mandates ? YG_MAY_read_mandates : YG_MAY_write_mandates,
			       &by);
	if (status == YG_EXIT_DONE)
		status = run(admin, by);
	(void)yg_access_free(by);
	return status;
}
