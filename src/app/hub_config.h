/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_config.h - the file of `yagura hub --config` (docs/hub-config.md): YAML of the operator.
 *
 * Every fault is said, with file, line and what to do; an unknown setting with the nearest known
 * one. What the file does not say is NULL or 0; options of the command line win over it.
 * Tests: tests/e2e/hub_config.py
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/zone.h"
#include "model/clue.h"
#include "web/forwarded.h"

#define YG_HUB_CONFIG_BYTES_MAX (1u << 20)
#define YG_HUB_CONFIG_NAMES_MAX 16u
#define YG_HUB_CONFIG_SETTINGS	48u /* room for a line of each */

struct yg_hub_config_names {
	const char *names[YG_HUB_CONFIG_NAMES_MAX];
	uint32_t count;
};

/* How warnings are sent. */
struct yg_hub_config_out {
	const char *mail_server; /* smtps://HOST:PORT, smtp://HOST:PORT (STARTTLS); NULL: no mail */
	const char *mail_from;
	const char *mail_user;
	const char *mail_password_file;
	const char *webhooks; /* "yes"; NULL: none are sent */
	const char *feeds; /* folder of the feeds' files (access/feeds.h); NULL: none are fetched */
	const char *authorities; /* PEM file; NULL: the machine's */
	const char *local; /* "127.0.0.1": there mail may go in the clear, and webhooks at all */
};

/* What indicators that come as STIX act by (docs/indicators.md). */
struct yg_hub_config_clues {
	const char *act; /* "no": none does */
	uint32_t confidence;
	uint32_t unsaid;
	uint32_t keep_above;
	uint32_t lifetime_days;
	const char *pap;
	const char *pap_sensors;
};

struct yg_hub_config {
	struct yg_arena *arena;			/* owns the texts */
	const char *path;			/* of the file; borrowed */
	uint32_t lines[YG_HUB_CONFIG_SETTINGS]; /* see yg_hub_config_line() */
	const char *data;
	const char *lang;
	const char *time_zone;
	struct yg_zone *zone; /* the same, loaded; owned. NULL: Japan's */
	const char *http_listen;
	const char *http_certificate; /* paths of PEM files, both or none */
	const char *http_key;
	const char *http_client_authorities; /* PEM, of programs' certificates */
	const char *sensors_listen;
	struct yg_hub_config_names http_names; /* by which browsers reach it */
	struct yg_hub_config_names names;      /* by which sensors do */
	struct yg_web_proxies proxies;	       /* whose word on who asks is taken */
	const char *trusted_header;	       /* the field they say it in; as it is called */
	uint32_t connections;		       /* of sensors at once */
	uint32_t timeout_s;
	uint32_t workers;
	uint32_t hunt_days; /* looked back by automatic hunts */
	struct yg_hub_config_out out;
	struct yg_hub_config_clues clues;
	uint32_t hunt_ask_mb; /* of packed archive; a hunt that would read more asks first */
};

/* YG_OK, or an error: all that is wrong was said. */
YG_MUST_USE int yg_hub_config_read(const char *path, struct yg_hub_config *ret);
/* Where this setting stands in the file; 0: it does not. @group "": at the top. */
uint32_t yg_hub_config_line(const struct yg_hub_config *config, const char *group,
			    const char *name);
/* The rules by what the file says, and what holds without. */
void yg_hub_config_rules(const struct yg_hub_config_clues *clues, struct yg_clue_rules *ret);
void yg_hub_config_done(struct yg_hub_config *config);
