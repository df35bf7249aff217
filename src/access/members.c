/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/members-int.h"

#include "access/hub-int.h"
#include "base/json.h"
#include "base/utf8.h"

#include "base/ban.h"

int yg_hub_together(struct yg_hub_access *hub)
{
	int rc = yg_hub_begin(hub);

	if (rc == YG_OK)
		hub->is_together = true;
	return rc;
}

int yg_hub_together_end(struct yg_hub_access *hub, int rc)
{
	uint64_t signed_to = hub->audit_signed;

	hub->is_together = false;
	if (rc == YG_OK)
		rc = yg_control_commit(hub->store);
	else
		yg_control_abort(hub->store);
	if (rc == YG_OK)
		yg_audit_after(hub);
	else
		hub->audit_number = signed_to; /* nothing was added since, as far as is known */
	return rc;
}

static const struct yg_member_field fields[] = {
#define F(name, max)                                                                               \
	{                                                                                          \
#name, offsetof(struct yg_member_profile, name), max                               \
	}
	F(name_ja, YG_MEMBER_TEXT_MAX),
	F(name_en, YG_MEMBER_TEXT_MAX),
	F(sector, YG_MEMBER_TEXT_MAX),
	F(provider, YG_MEMBER_TEXT_MAX),
	F(contact_mail, YG_MEMBER_MAIL_MAX),
	F(contact_phone, YG_MEMBER_PHONE_MAX),
	F(deputy_mail, YG_MEMBER_MAIL_MAX),
	F(deputy_phone, YG_MEMBER_PHONE_MAX),
	F(hours, YG_MEMBER_HOURS_MAX),
	F(language, YG_MEMBER_LANGUAGE_MAX),
#undef F
	{NULL, 0, 0},
};

const struct yg_member_field *yg_member_fields(void)
{
	return fields;
}

int yg_member_get(struct yg_access *by, struct yg_member_profile *ret)
{
	struct yg_hub_access *hub;
	json_t *body = NULL;
	int rc = yg_hub_require(by, YG_MAY_read_members, &hub);

	*ret = (struct yg_member_profile){.verified_day = YG_DAY_NONE, .changed_ns = YG_TIME_NONE};
	if (rc == YG_OK)
		rc = yg_hub_get(hub, "member", by->org, &body, NULL);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? yg_hub_check(by) : rc;
	for (const struct yg_member_field *f = fields; f->name; f++)
		yg_hub_text(body, f->name, (char *)ret + f->offset, f->bytes_max + 1);
	ret->verified_day = yg_hub_day_of(body, "verified");
	ret->changed_ns = yg_hub_time(body, "changed");
	json_decref(body);
	return YG_OK;
}

/* Empty, or text that is safe in the head of a mail. */
static bool is_clean(const char *text, size_t max)
{
	struct yg_bytes b = yg_bytes_str(text);

	return b.size == 0 || (yg_utf8_is_line(b) && yg_hub_is_text(text, max));
}

/* One address: something on both sides of one @, and nothing that begins another. */
bool yg_member_is_mail(const char *text)
{
	const char *at = strchr(text, '@');

	if (!text[0])
		return true;
	if (!at || at == text || !at[1] || strchr(at + 1, '@'))
		return false;
	for (; *text; text++)
		if (*text <= ' ' || *text > '~' || strchr(",;<>()\"\\", *text))
			return false;
	return true;
}

static bool is_language(const char *text)
{
	return !text[0] || strcmp(text, "ja") == 0 || strcmp(text, "en") == 0;
}

static json_t *profile_json(const struct yg_member_profile *profile, int64_t now_ns)
{
	json_t *body = json_pack("{s:o, s:o}", "verified", yg_hub_day(profile->verified_day),
				 "changed", yg_hub_seconds(now_ns));

	for (const struct yg_member_field *f = fields; body && f->name; f++)
		if (yg_json_set(body, f->name, yg_hub_string((const char *)profile + f->offset)) !=
		    YG_OK) {
			json_decref(body);
			body = NULL;
		}
	return body;
}

int yg_member_set(struct yg_access *by, const struct yg_member_profile *profile)
{
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_write_members, &hub);

	if (rc != YG_OK)
		return rc;
	if (strcmp(by->org, YG_HUB_ORG) == 0)
		return YG_EINVAL; /* of which member? */
	for (const struct yg_member_field *f = fields; f->name; f++)
		if (!is_clean((const char *)profile + f->offset, f->bytes_max))
			return YG_EINVAL;
	if (!yg_member_is_mail(profile->contact_mail) || !yg_member_is_mail(profile->deputy_mail) ||
	    !is_language(profile->language) ||
	    (profile->verified_day != YG_DAY_NONE && profile->verified_day > yg_hub_today(hub)))
		return YG_EINVAL;
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = yg_hub_put(hub, by->actor, "member", by->org,
			profile_json(profile, yg_hub_now_ns(hub)), YG_REVISION_ANY);
	return yg_hub_finish(hub, rc,
			     &(struct yg_hub_deed){by->actor, by->org, "member.set", by->org, ""});
}

int yg_member_contact_put(struct yg_hub_access *hub, const char *actor, const char *org,
			  const char *mail, const char *phone)
{
	struct yg_member_profile profile = {.verified_day = YG_DAY_NONE};
	json_t *body = NULL;
	int rc;

	if ((mail && (!is_clean(mail, YG_MEMBER_MAIL_MAX) || !yg_member_is_mail(mail))) ||
	    (phone && !is_clean(phone, YG_MEMBER_PHONE_MAX)))
		return YG_EINVAL;
	rc = yg_hub_get(hub, "member", org, &body, NULL);
	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	for (const struct yg_member_field *f = fields; f->name; f++)
		yg_hub_text(body, f->name, (char *)&profile + f->offset, f->bytes_max + 1);
	json_decref(body);
	if (mail)
		(void)snprintf(profile.contact_mail, sizeof(profile.contact_mail), "%s", mail);
	if (phone)
		(void)snprintf(profile.contact_phone, sizeof(profile.contact_phone), "%s", phone);
	return yg_hub_put(hub, actor, "member", org, profile_json(&profile, yg_hub_now_ns(hub)),
			  YG_REVISION_ANY);
}
