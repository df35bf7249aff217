/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows events, however they were turned into JSON. The names of System are Sigma's, event data
 * keep their own; what else rules expect is derived, as in SigmaHQ's mapping of log sources.
 */
#include "parse/address.h"
#include "parse/json-int.h"

#include "base/ban.h"

#define SYSMON_CONNECTION 3u
#define NEW_PROCESS	  4688u
#define FILTER_CONNECTION 5156u

static bool is_number(struct yg_bytes text, uint32_t *ret)
{
	uint64_t value;

	if (!yg_bytes_u64(yg_bytes_trim(text), &value) || value > UINT32_MAX)
		return false;
	*ret = (uint32_t)value;
	return true;
}

bool yg_windows_fits(struct yg_event *event, const struct yg_json_facts *facts)
{
	uint32_t id;
	struct yg_bytes provider;

	if (!is_number(yg_json_role_text(event, facts, YG_ROLE_EVENT_ID), &id))
		return false;
	if (facts->has_windows)
		return facts->at[YG_ROLE_CHANNEL] || facts->at[YG_ROLE_PROVIDER];
	if (facts->rank[YG_ROLE_EVENT_ID] == 1)
		return facts->at[YG_ROLE_CHANNEL] ||
		       (facts->at[YG_ROLE_PROVIDER] && facts->rank[YG_ROLE_PROVIDER] <= 3);
	provider = yg_json_role_text(event, facts, YG_ROLE_PROVIDER);
	if (facts->rank[YG_ROLE_EVENT_ID] == 4)
		return provider.size > 0 && facts->at[YG_ROLE_CHANNEL];
	return (facts->rank[YG_ROLE_EVENT_ID] == 2 && facts->at[YG_ROLE_CHANNEL]) ||
	       yg_bytes_starts(provider, YG_S("Microsoft-Windows-"));
}

/* The first field whose name is @name, also when the dictionary does not hold it. */
static struct yg_bytes text_of(struct yg_event *event, struct yg_bytes name)
{
	for (uint32_t i = 0; i < event->field_count; i++)
		if (yg_bytes_eq(event->fields[i].name, name))
			return yg_event_text(event, &event->fields[i]);
	return (struct yg_bytes){0};
}

/* Where the converter left the channel out: the one channel this provider writes to. */
static struct yg_bytes channel_of(struct yg_bytes provider)
{
	static const struct {
		struct yg_bytes provider;
		struct yg_bytes channel;
	} known[] = {
#define X(provider, channel)                                                                       \
	{                                                                                          \
		{(const uint8_t *)(provider), sizeof(provider) - 1},                               \
		{                                                                                  \
			(const uint8_t *)(channel), sizeof(channel) - 1                            \
		}                                                                                  \
	}
		X("Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational"),
		X("Microsoft-Windows-Security-Auditing", "Security"),
		X("Microsoft-Windows-PowerShell", "Microsoft-Windows-PowerShell/Operational"),
		X("PowerShell", "Windows PowerShell"),
		X("Service Control Manager", "System"),
		X("Microsoft-Windows-Windows Defender",
		  "Microsoft-Windows-Windows Defender/Operational"),
#undef X
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (yg_bytes_eq(provider, known[i].provider))
			return known[i].channel;
	return (struct yg_bytes){0};
}

/* Give the field that plays @role the name rules know, unless it has it. */
static int derive_role(struct yg_event *event, const struct yg_json_facts *facts,
		       enum yg_json_role role, uint32_t name_id)
{
	struct yg_field *field = yg_json_role(event, facts, role);

	if (!field || facts->rank[role] == 1)
		return YG_OK;
	return yg_event_derive(event, name_id, yg_event_text(event, field), field->kind);
}

/* The same value under a second name. */
static int derive_copy(struct yg_event *event, uint32_t from, uint32_t to)
{
	return yg_json_derive(event, to, yg_event_get(event, from), YG_VALUE_TEXT);
}

/* The machine a connection came from; of one that this machine opened it is no actor. */
static int derive_source(struct yg_event *event, const struct yg_json_facts *facts)
{
	struct yg_bytes address;

	if (!yg_address_in(yg_json_role_text(event, facts, YG_ROLE_ADDRESS), &address, NULL) ||
	    !yg_address_is_remote(address))
		return YG_OK;
	if (event->event_code == SYSMON_CONNECTION &&
	    yg_bytes_eq_nocase(text_of(event, YG_S("Initiated")), YG_S("true")))
		return YG_OK;
	if (event->event_code > FILTER_CONNECTION - 10 &&
	    event->event_code < FILTER_CONNECTION + 10 && /* 5152..5159: what the filter saw */
	    !yg_bytes_eq(text_of(event, YG_S("Direction")), YG_S("%%14592")))
		return YG_OK;
	return yg_json_derive(event, YG_F_src_ip, address, YG_VALUE_TEXT);
}

static bool is_defender_threat(const struct yg_event *event)
{
	static const uint16_t ids[] = {1006, 1007, 1008, 1009, 1010, 1011,
				       1012, 1017, 1018, 1019, 1115, 1116};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (event->event_code == ids[i])
			return yg_bytes_find(event->channel, YG_S("Windows Defender")) != SIZE_MAX;
	return false;
}

static int derive_names(struct yg_event *event)
{
	int rc = YG_OK;

	if (event->event_code == NEW_PROCESS) {
		rc = derive_copy(event, YG_F_NewProcessName, YG_F_Image);
		if (rc == YG_OK)
			rc = derive_copy(event, YG_F_ParentProcessName, YG_F_ParentImage);
	} else if (is_defender_threat(event)) {
		rc = derive_copy(event, YG_F_ThreatName, YG_F_Signature);
		if (rc == YG_OK)
			rc = derive_copy(event, YG_F_Path, YG_F_Filename);
	}
	return rc;
}

/*
 * Event data may hold a name of System too (the log that event 104 says was cleared is a Channel),
 * and may come before it. System's value goes first: there a reader of the record looks for it.
 */
static void put_first(struct yg_event *event, struct yg_json_facts *facts, enum yg_json_role role)
{
	struct yg_field *field = yg_json_role(event, facts, role);
	struct yg_field *first;
	struct yg_field kept;

	if (!field || field->name_id == YG_NAME_OTHER)
		return;
	first = yg_event_find(event, field->name_id);
	kept = *first;
	*first = *field;
	*field = kept;
	facts->at[role] = (uint32_t)(first - event->fields) + 1;
}

int yg_windows_finish(struct yg_event *event, struct yg_json_facts *facts)
{
	struct yg_bytes provider;
	int rc;

	if (facts->has_windows)
		for (enum yg_json_role role = YG_ROLE_EVENT_ID; role <= YG_ROLE_COMPUTER; role++)
			put_first(event, facts, role);
	(void)is_number(yg_json_role_text(event, facts, YG_ROLE_EVENT_ID), &event->event_code);
	event->channel = yg_json_role_text(event, facts, YG_ROLE_CHANNEL);
	provider = yg_json_role_text(event, facts, YG_ROLE_PROVIDER);
	rc = derive_role(event, facts, YG_ROLE_EVENT_ID, YG_F_EventID);
	if (rc == YG_OK && event->channel.size == 0) {
		event->channel = channel_of(provider);
		rc = yg_json_derive(event, YG_F_Channel, event->channel, YG_VALUE_TEXT);
	}
	if (rc == YG_OK)
		rc = derive_role(event, facts, YG_ROLE_CHANNEL, YG_F_Channel);
	if (rc == YG_OK)
		rc = derive_role(event, facts, YG_ROLE_PROVIDER, YG_F_Provider_Name);
	if (rc == YG_OK)
		rc = derive_role(event, facts, YG_ROLE_COMPUTER, YG_F_Computer);
	if (rc == YG_OK && facts->alias_count > 0)
		rc = yg_ecs_derive(event, facts);
	if (rc == YG_OK)
		rc = derive_names(event);
	if (rc == YG_OK)
		rc = derive_source(event, facts);
	return rc;
}
