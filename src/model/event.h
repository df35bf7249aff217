/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/event.h - one record of a log: what was written, where, when, and its fields.
 *
 * This is the one record form (docs/record-format.md). Parsers fill it, detection reads it.
 * Fields carry their Sigma names; what a parser does not know is kept under the name the log
 * uses. A field's value is text as written (numbers too), so that rules compare one way only.
 *
 * Lifetime: names and texts point into the buffer that was parsed, into static tables or into
 * event->arena. All is valid until that arena is reset. An event never crosses a process.
 * Threads: one thread at a time.
 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/tr.h"
#include "model/names.h"

#define YG_EVENT_VERSION    1u
#define YG_EVENT_FIELDS_MAX 2048u      /* further fields of a record are dropped and counted */
#define YG_EVENT_NAME_MAX   512u       /* bytes of one field name (a dotted path) */
#define YG_EVENT_RECORD_MAX (1u << 20) /* bytes of one record; longer ones are cut off */

/*
 * Formats: id, name (for --format, and in records), family, words for people (en; ja in po/).
 * A family tells routing and the stateful detectors what kind of thing a record is.
 */
#define YG_FORMAT_MAP(X)                                                                           \
	X(UNKNOWN, "unknown", NONE, N_("unknown"))                                                 \
	X(RECORD, "record", NONE, N_("Yagura records"))                                            \
	X(ACCESS, "access", WEB, N_("web access log"))                                             \
	X(NGINX_JSON, "nginx-json", WEB, N_("web access log (JSON)"))                              \
	X(APACHE_ERROR, "apache-error", WEB_ERROR, N_("Apache error log"))                         \
	X(NGINX_ERROR, "nginx-error", WEB_ERROR, N_("nginx error log"))                            \
	X(SYSLOG, "syslog", SYSLOG, N_("system log (syslog)"))                                     \
	X(FORTIGATE, "fortigate", FIREWALL, N_("firewall/VPN log (FortiGate form)"))               \
	X(SQUID, "squid", FIREWALL, N_("proxy log (Squid)"))                                       \
	X(HAPROXY, "haproxy", WEB, N_("load balancer log (HAProxy)"))                              \
	X(CEF, "cef", FIREWALL, N_("firewall/VPN log (CEF)"))                                      \
	X(ASA, "cisco-asa", FIREWALL, N_("firewall/VPN log (Cisco ASA)"))                          \
	X(NETFILTER, "netfilter", FIREWALL, N_("packet filter log (Linux)"))                       \
	X(FILTERLOG, "filterlog", FIREWALL, N_("packet filter log (pfSense)"))                     \
	X(PALOALTO, "paloalto", FIREWALL, N_("firewall/VPN log (Palo Alto Networks)"))             \
	X(OPENVPN, "openvpn", FIREWALL, N_("VPN log (OpenVPN)"))                                   \
	X(DNS, "dns", FIREWALL, N_("query log of a name server"))                                  \
	X(IIS, "iis", WEB, N_("web access log (IIS, W3C)"))                                        \
	X(SAMBA, "samba", SYSLOG, N_("file server log (Samba)"))                                   \
	X(AUDITD, "auditd", SYSLOG, N_("Linux audit log"))                                         \
	X(SURICATA, "suricata", FIREWALL, N_("intrusion detection (Suricata)"))                    \
	X(ZEEK, "zeek", FIREWALL, N_("network monitor (Zeek)"))                                    \
	X(CLOUDTRAIL, "cloudtrail", JSON, N_("cloud activity (AWS CloudTrail)"))                   \
	X(DESCRIBED, "described", JSON, N_("log of a described source"))                           \
	X(PLAIN, "plain", JSON, N_("log of an unknown product"))                                   \
	X(KEYVALUE, "keyvalue", FIREWALL, N_("firewall/VPN log (key=value)"))                      \
	X(WINDOWS, "windows", WINDOWS, N_("Windows events (JSON, XML)"))                           \
	X(ECS, "ecs", JSON, N_("ECS events (JSON)"))                                               \
	X(JSON, "json", JSON, N_("JSON events"))                                                   \
	X(EVTX, "evtx", WINDOWS, N_("Windows events (EVTX)"))                                      \
	X(FINDING, "yagura-finding", NONE, N_("findings of a sensor"))

enum yg_family {
	YG_FAMILY_NONE,
	YG_FAMILY_WEB,
	YG_FAMILY_WEB_ERROR,
	YG_FAMILY_SYSLOG,
	YG_FAMILY_FIREWALL,
	YG_FAMILY_WINDOWS,
	YG_FAMILY_JSON,
};

enum yg_format {
#define X(id, name, family, words) YG_FORMAT_##id,
	YG_FORMAT_MAP(X)
#undef X
		YG_FORMAT_COUNT
};

const char *yg_format_name(enum yg_format format);  /* "access"; never NULL */
const char *yg_format_words(enum yg_format format); /* untranslated; never NULL */
enum yg_family yg_format_family(enum yg_format format);
/* The format called @name, or YG_FORMAT_UNKNOWN. */
enum yg_format yg_format_by_name(struct yg_bytes name);

enum yg_value_kind {
	YG_VALUE_TEXT,
	YG_VALUE_NUMBER, /* text is the number as written */
	YG_VALUE_BOOL,	 /* text is "true" or "false" */
	YG_VALUE_NULL,	 /* text is empty */
};

struct yg_field {
	uint32_t name_id;     /* of yg_names, or YG_NAME_OTHER: a name no rule and no table knows */
	uint8_t kind;	      /* enum yg_value_kind */
	uint8_t is_escaped;   /* text holds JSON escapes: read it through yg_event_text() */
	uint8_t is_derived;   /* made by us from other fields (an alias, a normalised form) */
	uint8_t is_utf16;     /* text is UTF-16LE as it stands in the log: the same */
	struct yg_bytes name; /* as written: "c-ip", "userIdentity.arn" */
	struct yg_bytes text;
};

struct yg_event {
	enum yg_format format;
	bool has_zone;		   /* the time was written with its zone; false: --tz was applied */
	int64_t time_ns;	   /* time as understood, or YG_TIME_NONE */
	struct yg_bytes time_text; /* time as written; may be empty */
	uint64_t position;	   /* line or record number in its source, from 1 */
	struct yg_bytes source;	   /* path as given; empty = that of the input being read */
	struct yg_bytes raw;	   /* the record as read, without line ending; may be empty */

	/* What routing looks at; empty or 0 where the format has no such thing. */
	struct yg_bytes channel; /* Windows channel; syslog program; device type */
	uint32_t event_code;	 /* Windows event id */

	struct yg_field *fields;
	uint32_t field_count;
	uint32_t field_room;
	uint32_t dropped;	      /* fields beyond YG_EVENT_FIELDS_MAX */
	struct yg_arena *arena;	      /* borrowed */
	const struct yg_names *names; /* borrowed */
};

/* Start an empty event on @arena (not reset here). Cheap; nothing is allocated. */
void yg_event_init(struct yg_event *event, struct yg_arena *arena, const struct yg_names *names);

/*
 * Add a field. @name and @text are borrowed (see Lifetime). The _id form is for names of the
 * dictionary and saves the look-up. A field may be added several times: a list.
 * Returns YG_OK or YG_ENOMEM; beyond YG_EVENT_FIELDS_MAX the field is counted and dropped.
 */
YG_MUST_USE int yg_event_add(struct yg_event *event, struct yg_bytes name, struct yg_bytes text,
			     enum yg_value_kind kind);
YG_MUST_USE int yg_event_add_id(struct yg_event *event, uint32_t name_id, struct yg_bytes text,
				enum yg_value_kind kind);
/* The same, marking the field as derived (it is left out of the record and of event{…}). */
YG_MUST_USE int yg_event_derive(struct yg_event *event, uint32_t name_id, struct yg_bytes text,
				enum yg_value_kind kind);
/* Add with JSON escapes still in @text (only when a backslash is in it). */
YG_MUST_USE int yg_event_add_escaped(struct yg_event *event, struct yg_bytes name,
				     struct yg_bytes text);

/* Add a copy of @field, whose name_id the caller has looked up. Returns as yg_event_add. */
YG_MUST_USE int yg_event_add_field(struct yg_event *event, const struct yg_field *field);

/*
 * The text of @field without escapes, in UTF-8; decodes into the arena on first use and remembers.
 * Bad escapes are kept as written. An arena without room gives the text as written.
 */
struct yg_bytes yg_event_text(struct yg_event *event, struct yg_field *field);

/* The first field called @name_id, or NULL. Cost: O(fields). */
struct yg_field *yg_event_find(struct yg_event *event, uint32_t name_id);

/* Its text, or an empty run when there is none. */
struct yg_bytes yg_event_get(struct yg_event *event, uint32_t name_id);
