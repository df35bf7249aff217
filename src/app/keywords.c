/* SPDX-License-Identifier: Apache-2.0 */
#include "app/keywords.h"

#include "base/json.h"

#include "base/ban.h"

#define EVENT_BYTES_MAX (16u << 20)

static const struct yg_tally_shape shape = {
	.columns = {"kind", "value", "level"},
	.heads = {N_("kind"), N_("value"), N_("level")},
	.counts = {"findings"},
	.count_heads = {N_("findings")},
	.has_times = true,
};

static const struct {
	const char *kind;
	const char *fields[12];
} kinds[] = {
	{"user",
	 {"user", "target_user", "TargetUserName", "SubjectUserName", "User", "cs-username",
	  "user.name", "userIdentity.userName", "srcuser", "dstuser"}},
	{"address",
	 {"src_ip", "dst_ip", "c-ip", "IpAddress", "SourceIp", "DestinationIp", "remip", "srcip",
	  "dstip", "sourceIPAddress", "source.ip"}},
	{"host", {"Computer", "hostname", "WorkstationName", "devname", "host.name", "cs-host"}},
	{"program",
	 {"Image", "ParentImage", "NewProcessName", "ProcessName", "ParentProcessName", "ImagePath",
	  "process.executable"}},
};

struct yg_tally *yg_keywords_new(void)
{
	return yg_tally_new(&shape);
}

static int add_value(struct yg_tally *tally, const char *kind, const json_t *value,
		     const struct yg_finding *finding)
{
	struct yg_bytes text = {(const uint8_t *)json_string_value(value),
				json_string_length(value)};
	const struct yg_bytes words[YG_TALLY_COLUMNS_MAX] = {
		yg_bytes_str(kind), text, yg_bytes_str(yg_level_name(finding->rule->level))};

	if (!json_is_string(value) || text.size == 0 || (text.size == 1 && text.data[0] == '-'))
		return YG_OK;
	return yg_tally_add(tally, words, 0, finding->time_ns);
}

/* A field with several values is a list. */
static int add_field(struct yg_tally *tally, const char *kind, const json_t *value,
		     const struct yg_finding *finding)
{
	int rc = YG_OK;

	if (!json_is_array(value))
		return add_value(tally, kind, value, finding);
	for (size_t i = 0; i < json_array_size(value) && rc == YG_OK; i++)
		rc = add_value(tally, kind, json_array_get(value, i), finding);
	return rc;
}

int yg_keywords_add(struct yg_tally *tally, const struct yg_finding *finding)
{
	struct yg_fault fault;
	json_t *event;
	int rc = yg_json_load(finding->event_json, EVENT_BYTES_MAX, &event, &fault);

	if (rc != YG_OK)
		return rc == YG_ENOMEM ? rc : YG_OK; /* too large or too deep to name anybody */
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]) && rc == YG_OK; k++)
		for (const char *const *name = kinds[k].fields; *name && rc == YG_OK; name++)
			rc = add_field(tally, kinds[k].kind, json_object_get(event, *name),
				       finding);
	json_decref(event);
	return rc;
}
