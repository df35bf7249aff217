/* SPDX-License-Identifier: Apache-2.0 */
#include "hub_help.h"

#include "base/ban.h"

/* Published numbers of public bodies (NTA's own, Digital Agency's, METI's). */
static void corporate_numbers(void)
{
	CHECK(yg_corporate_number_is_right(YG_S("7000012050002")));
	CHECK(yg_corporate_number_is_right(YG_S("8000012010038")));
	CHECK(yg_corporate_number_is_right(YG_S("4000012090001")));
	CHECK(!yg_corporate_number_is_right(YG_S("7000012050003")));
	CHECK(!yg_corporate_number_is_right(YG_S("6000012050002")));
	CHECK(!yg_corporate_number_is_right(YG_S("7000012050020"))); /* two digits changed places */
	CHECK(!yg_corporate_number_is_right(YG_S("700001205000")));
	CHECK(!yg_corporate_number_is_right(YG_S("70000120500021")));
	CHECK(!yg_corporate_number_is_right(YG_S("700001205000a")));
	CHECK(!yg_corporate_number_is_right(YG_S("")));
}

static char listed[200];
static int list(void *arg, const struct yg_hub_org *org)
{
	size_t size = strlen(listed);

	(void)arg;
	(void)snprintf(listed + size, sizeof(listed) - size, "%s%s ", org->id,
		       org->closed_ns != YG_TIME_NONE ? "(closed)" : "");
	return YG_OK;
}

static void organisations(void)
{
	struct yg_access *by;
	struct yg_access *one;
	struct yg_hub_actor tanaka;

	hub_start();
	by = open_as(&root, "hub", YG_MAY_write_org);
	CHECK(yg_hub_org_add(by, "acme", "Acme", "7000012050002") == YG_OK);
	CHECK(yg_hub_org_add(by, "acme", NULL, NULL) == YG_EDUPLICATE);
	CHECK(yg_hub_org_add(by, "other", NULL, "7000012050002") == YG_EDUPLICATE);
	CHECK(yg_hub_org_add(by, "other", NULL, "7000012050003") == YG_EDIGEST);
	CHECK(ask(&root, "other", YG_MAY_read_org) == YG_ENOENT); /* nothing half made */
	CHECK(yg_hub_org_add(by, "hub", NULL, NULL) == YG_EINVAL);
	CHECK(yg_hub_org_add(by, "local", NULL, NULL) == YG_EINVAL);
	CHECK(yg_hub_org_add(by, "hub.access", NULL, NULL) == YG_EINVAL);
	CHECK(yg_hub_org_add(by, "other", "a\nb", NULL) == YG_EINVAL);
	CHECK(yg_hub_org_add(by, "other", NULL, NULL) == YG_OK);
	/* A number that is given up is free for another. */
	CHECK(yg_hub_org_change(by, "other", NULL, "7000012050002") == YG_EDUPLICATE);
	CHECK(yg_hub_org_change(by, "acme", "New name", "") == YG_OK);
	CHECK(yg_hub_org_change(by, "other", NULL, "7000012050002") == YG_OK);
	CHECK(yg_hub_org_change(by, "none", "x", NULL) == YG_ENOENT);
	tanaka = person("tanaka", "member:acme");
	CHECK(ask(&tanaka, "acme", YG_MAY_read_findings) == YG_OK);
	one = open_as(&tanaka, "acme", YG_MAY_read_org);
	listed[0] = '\0';
	CHECK(yg_hub_org_list(one, "", 10, list, NULL) == YG_OK);
	CHECK_TEXT(yg_bytes_str(listed), "acme ");
	CHECK(yg_hub_org_close(by, "acme") == YG_OK && yg_hub_org_close(by, "acme") == YG_OK);
	CHECK(ask(&tanaka, "acme", YG_MAY_read_org) == YG_ENOENT);
	CHECK(yg_hub_org_list(one, "", 10, list, NULL) == YG_ENOENT); /* opened before */
	CHECK(ask(&root, "acme", YG_MAY_read_org) == YG_OK);
	CHECK(yg_consent_is_current(enrol, "acme") == YG_ENOENT);
	(void)yg_access_free(one);
	one = open_as(&root, "hub", YG_MAY_read_org);
	listed[0] = '\0';
	CHECK(yg_hub_org_list(one, "", 10, list, NULL) == YG_OK);
	CHECK_TEXT(yg_bytes_str(listed), "acme(closed) other ");
	listed[0] = '\0';
	CHECK(yg_hub_org_list(one, "acme", 1, list, NULL) == YG_OK);
	CHECK_TEXT(yg_bytes_str(listed), "other ");
	/* An access is for one right alone. */
	CHECK(yg_hub_org_add(one, "third", NULL, NULL) == YG_EACCES);
	(void)yg_access_free(one);
	(void)yg_access_free(by);
	hub_end();
}

static const struct check_case cases[] = {CASE(corporate_numbers), CASE(organisations)};
CHECK_MAIN(cases)
