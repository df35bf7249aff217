/* SPDX-License-Identifier: Apache-2.0 */
#include "app/hub_config.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/hub-int.h"
#include "app/say.h"
#include "base/io.h"
#include "base/nearest.h"
#include "parse/yaml.h"

#include "base/ban.h"

#define ARENA_MAX    (16u << 20)
#define FAULTS_MAX   20u
#define ZONES	     "/usr/share/zoneinfo" /* Debian's tzdata */
#define NAMES_LISTED 32u		   /* settings of one group */

enum kind {
	GROUP,
	TEXT,
	PLACE, /* address and port */
	LANG,
	NUMBER,
	NAMES,
	PROXIES, /* addresses, and prefixes of them */
};

struct setting {
	const char *group; /* "" at the top */
	const char *name;
	enum kind kind;
	size_t at; /* in struct yg_hub_config */
	uint32_t min;
	uint32_t max;
};

#define AT(member) offsetof(struct yg_hub_config, member)
static const struct setting settings[] = {
	{"", "data", TEXT, AT(data), 0, 0},
	{"", "lang", LANG, AT(lang), 0, 0},
	{"", "time_zone", TEXT, AT(time_zone), 0, 0},
	{"", "workers", NUMBER, AT(workers), 1, YG_HUB_WORKERS_MAX},
	{"", "http", GROUP, 0, 0, 0},
	{"", "sensors", GROUP, 0, 0, 0},
	{"", "hunts", GROUP, 0, 0, 0},
	{"", "out", GROUP, 0, 0, 0},
	{"", "indicators", GROUP, 0, 0, 0},
	{"http", "listen", PLACE, AT(http_listen), 0, 0},
	{"http", "certificate", TEXT, AT(http_certificate), 0, 0},
	{"http", "key", TEXT, AT(http_key), 0, 0},
	{"http", "client_authorities", TEXT, AT(http_client_authorities), 0, 0},
	{"http", "names", NAMES, AT(http_names), 0, 0},
	{"http", "trusted_proxies", PROXIES, AT(proxies), 0, 0},
	{"http", "trusted_header", TEXT, AT(trusted_header), 0, 0},
	{"sensors", "listen", PLACE, AT(sensors_listen), 0, 0},
	{"sensors", "names", NAMES, AT(names), 0, 0},
	{"sensors", "connections", NUMBER, AT(connections), 1, 10240},
	{"sensors", "timeout", NUMBER, AT(timeout_s), 5, 3600},
	{"hunts", "days", NUMBER, AT(hunt_days), 1, 7300},
	{"out", "mail_server", TEXT, AT(out.mail_server), 0, 0},
	{"out", "mail_from", TEXT, AT(out.mail_from), 0, 0},
	{"out", "mail_user", TEXT, AT(out.mail_user), 0, 0},
	{"out", "mail_password_file", TEXT, AT(out.mail_password_file), 0, 0},
	{"out", "webhooks", TEXT, AT(out.webhooks), 0, 0},
	{"out", "feeds", TEXT, AT(out.feeds), 0, 0},
	{"out", "authorities", TEXT, AT(out.authorities), 0, 0},
	{"out", "local", TEXT, AT(out.local), 0, 0},
	{"indicators", "act", TEXT, AT(clues.act), 0, 0},
	{"indicators", "confidence", NUMBER, AT(clues.confidence), 1, 100},
	{"indicators", "confidence_unsaid", NUMBER, AT(clues.unsaid), 1, 100},
	{"indicators", "keep_above", NUMBER, AT(clues.keep_above), 1, 100},
	{"indicators", "lifetime_days", NUMBER, AT(clues.lifetime_days), 1, 7300},
	{"indicators", "pap", TEXT, AT(clues.pap), 0, 0},
	{"indicators", "pap_sensors", TEXT, AT(clues.pap_sensors), 0, 0},
	{"hunts", "ask_above_mb", NUMBER, AT(hunt_ask_mb), 1, 1000000000},
};
#define SETTING_COUNT (sizeof(settings) / sizeof(settings[0]))
static_assert(SETTING_COUNT <= YG_HUB_CONFIG_SETTINGS, "a line for each");

struct reading {
	const char *path;
	struct yg_hub_config *config;
	unsigned faults;
};

/* ---- saying ---- */

static const char *file_of(const struct reading *r)
{
	return yg_say_safe(yg_bytes_str(r->path), 300);
}

static void say_value(struct reading *r, const struct yg_yaml *node, const char *hint)
{
	if (r->faults++ < FAULTS_MAX)
		yg_say_hint(hint, N_("%s:%u: %s: this value cannot be used"), file_of(r),
			    node->line, yg_say_safe(node->key, 60));
}

/* What is found out when all is read. */
static void say_setting(struct reading *r, const char *group, const char *name, const char *hint)
{
	if (r->faults++ < FAULTS_MAX)
		yg_say_hint(hint, N_("%s:%u: %s: this value cannot be used"), file_of(r),
			    yg_hub_config_line(r->config, group, name), name);
}

static void say_number(struct reading *r, const struct yg_yaml *node, const struct setting *s)
{
	if (r->faults++ < FAULTS_MAX)
		yg_say(N_("%s:%u: %s: give a number from %u to %u"), file_of(r), node->line,
		       s->name, s->min, s->max);
}

static void say_unknown(struct reading *r, const char *group, const struct yg_yaml *node)
{
	const char *names[NAMES_LISTED];
	const char *near;
	size_t count = 0;

	for (size_t i = 0; i < SETTING_COUNT && count < NAMES_LISTED; i++)
		if (strcmp(settings[i].group, group) == 0)
			names[count++] = settings[i].name;
	near = yg_nearest(node->key, names, count);
	if (r->faults++ >= FAULTS_MAX)
		return;
	if (near)
		yg_say(N_("%s:%u: %s: there is no such setting; nearest: %s"), file_of(r),
		       node->line, yg_say_safe(node->key, 60), near);
	else
		yg_say_hint(N_("docs/hub-config.md lists all settings"),
			    N_("%s:%u: %s: there is no such setting"), file_of(r), node->line,
			    yg_say_safe(node->key, 60));
}

/* ---- values ---- */

static const char **text_at(struct yg_hub_config *config, size_t at)
{
	return (const char **)(void *)((char *)config + at);
}

/* NULL: no text, or one with a NUL inside. */
static const char *text_of(const struct yg_yaml *node)
{
	if (node->kind != YG_YAML_SCALAR || yg_yaml_is_null(node) || node->text.size == 0 ||
	    yg_bytes_chr(node->text, 0) != SIZE_MAX)
		return NULL;
	return (const char *)node->text.data; /* ends in NUL as well */
}

static void take_text(struct reading *r, const struct setting *s, const struct yg_yaml *node)
{
	const char *text = text_of(node);
	struct yg_net_place place;
	enum yg_lang lang;

	if (!text)
		say_value(r, node, N_("write one text here, on the same line"));
	else if (s->kind == PLACE && yg_net_read(text, &place) != YG_OK)
		say_value(r, node,
			  N_("write an address and a port, for example 127.0.0.1:8470; port 0 "
			     "takes a free one"));
	else if (s->kind == LANG && !yg_lang_by_name(node->text, &lang))
		say_value(r, node, N_("write ja or en"));
	else
		*text_at(r->config, s->at) = text;
}

static void take_number(struct reading *r, const struct setting *s, const struct yg_yaml *node)
{
	uint64_t number;

	if (node->kind != YG_YAML_SCALAR || !yg_bytes_u64(node->text, &number) || number < s->min ||
	    number > s->max) {
		say_number(r, node, s);
		return;
	}
	*(uint32_t *)(void *)((char *)r->config + s->at) = (uint32_t)number;
}

/* A host name, or an address: without a port, which one ':' would begin. */
static bool is_name(const char *text)
{
	unsigned colons = 0;

	for (const char *c = text; *c; c++) {
		bool is_word = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			       (*c >= '0' && *c <= '9');

		if (!is_word && !strchr(".-_:[]", *c))
			return false;
		colons += *c == ':';
	}
	return colons != 1 && strlen(text) <= YG_CERT_NAME_MAX;
}

static void take_names(struct reading *r, const struct setting *s, const struct yg_yaml *node)
{
	struct yg_hub_config_names *to = (void *)((char *)r->config + s->at);
	const char *hint = N_("write a list of at most 16 host names or addresses, without port: "
			      "[a.example, b]");

	if (node->kind != YG_YAML_LIST || node->count > YG_HUB_CONFIG_NAMES_MAX) {
		say_value(r, node, hint);
		return;
	}
	for (const struct yg_yaml *one = node->first; one; one = one->next) {
		const char *text = text_of(one);

		if (!text || !is_name(text)) {
			say_value(r, node, hint);
			return;
		}
		to->names[to->count++] = text;
	}
}

/* All of a family's addresses would be everybody: then each says who he is himself. */
static bool is_proxy(const char *text, struct yg_net_prefix *ret)
{
	static const uint8_t mapped[12] = {[10] = 0xff, 0xff};

	return text && yg_net_prefix_read(yg_bytes_str(text), ret) == YG_OK && ret->bits >= 8 &&
	       (ret->bits > 96 || memcmp(ret->address, mapped, sizeof(mapped)) != 0);
}

static void take_proxies(struct reading *r, const struct setting *s, const struct yg_yaml *node)
{
	struct yg_web_proxies *to = (void *)((char *)r->config + s->at);
	const char *hint = N_("write a list of at most 16 addresses of proxies, or prefixes whose "
			      "other bits are 0: [127.0.0.1, 10.20.0.0/16]");

	if (node->kind != YG_YAML_LIST || node->count == 0 || node->count > YG_WEB_PROXIES_MAX) {
		say_value(r, node, hint);
		return;
	}
	for (const struct yg_yaml *one = node->first; one; one = one->next)
		if (!is_proxy(text_of(one), &to->trusted[to->count++])) {
			say_value(r, node, hint);
			return;
		}
}

static void take(struct reading *r, const struct setting *s, const struct yg_yaml *node)
{
	r->config->lines[s - settings] = node->line;
	if (s->kind == NUMBER)
		take_number(r, s, node);
	else if (s->kind == NAMES)
		take_names(r, s, node);
	else if (s->kind == PROXIES)
		take_proxies(r, s, node);
	else
		take_text(r, s, node);
}

/* The settings of one group; groups have none in them. */
static void take_group(struct reading *r, const char *group, const struct yg_yaml *map)
{
	for (const struct yg_yaml *node = map->first; node; node = node->next) {
		size_t i = 0;

		while (i < SETTING_COUNT &&
		       (strcmp(settings[i].group, group) != 0 ||
			!yg_bytes_eq(node->key, yg_bytes_str(settings[i].name))))
			i++;
		if (i == SETTING_COUNT)
			say_unknown(r, group, node);
		else if (settings[i].kind != GROUP)
			take(r, &settings[i], node);
		else if (node->kind != YG_YAML_MAP)
			say_value(r, node, N_("write its settings below it, indented"));
	}
}

static bool begins(const char *text, const char *with)
{
	return text && strncmp(text, with, strlen(with)) == 0;
}

static bool is_or_none(const char *text, const char *word)
{
	return !text || strcmp(text, word) == 0;
}

static void check_out(struct reading *r, const struct yg_hub_config_out *out)
{
	const char *hint = N_("mail_server is smtps://HOST:PORT or smtp://HOST:PORT, mail_from "
			      "one address");
	bool is_server =
		begins(out->mail_server, "smtp://") || begins(out->mail_server, "smtps://");

	if (out->mail_server && (!is_server || !out->mail_from))
		say_setting(r, "out", "mail_server", hint);
	else if (out->mail_server &&
		 (!strchr(out->mail_from, '@') || strpbrk(out->mail_from, " <>\t\",;")))
		say_setting(r, "out", "mail_from", hint);
	if (!is_or_none(out->webhooks, "yes"))
		say_setting(r, "out", "webhooks", N_("webhooks is \"yes\" or not there"));
	if (!is_or_none(out->local, "127.0.0.1"))
		say_setting(r, "out", "local", N_("local is 127.0.0.1 or not there"));
}

/* Of one field alone: the other is what a client made up (web/forwarded.h). */
static void check_proxies(struct reading *r, struct yg_hub_config *config)
{
	const char *name = config->trusted_header;
	bool is_x = !name || yg_bytes_eq_nocase(yg_bytes_str(name), YG_S("X-Forwarded-For"));

	if (!is_x && !yg_bytes_eq_nocase(yg_bytes_str(name), YG_S("Forwarded")))
		say_setting(r, "http", "trusted_header",
			    N_("trusted_header is X-Forwarded-For or Forwarded: the one that your "
			       "proxy writes"));
	else if (name && yg_hub_config_line(config, "http", "trusted_proxies") == 0)
		say_setting(r, "http", "trusted_header", N_("give trusted_proxies with it"));
	config->proxies.field = is_x ? YG_WEB_HOPS_X : YG_WEB_HOPS_RFC_7239;
}

/*
 * What the machine's own settings would decide is refused ("localtime"), and zones that count leap
 * seconds ("right/…"): all else here does not.
 */
static int load_zone(const char *name, struct yg_zone **ret)
{
	if (strcmp(name, "localtime") == 0 || strcmp(name, "posixrules") == 0 ||
	    strncmp(name, "right/", 6) == 0)
		return YG_ENOENT;
	return yg_zone_load(name, ret);
}

static void check_zone(struct reading *r, struct yg_hub_config *config)
{
	int rc = config->time_zone ? load_zone(config->time_zone, &config->zone) : YG_OK;

	if (rc == YG_ENOENT && access(ZONES, F_OK) != 0)
		say_setting(r, "", "time_zone",
			    N_("this machine has no time zone data: install the package tzdata, "
			       "or write an offset, for example +09:00"));
	else if (rc == YG_ENOENT)
		say_setting(r, "", "time_zone",
			    N_("there is no such time zone: write a name, for example Asia/Tokyo, "
			       "or an offset, for example +09:00"));
	else if (rc != YG_OK)
		say_setting(r, "", "time_zone",
			    N_("the machine's file of this time zone cannot be read: install the "
			       "package tzdata again, or write an offset, for example +09:00"));
}

static bool is_pap(const char *word)
{
	enum yg_pap pap;

	return !word || yg_pap_by_name(yg_bytes_str(word), &pap);
}

static void check_clues(struct reading *r, const struct yg_hub_config_clues *clues)
{
	const char *hint = N_("act is \"yes\" or \"no\"; pap and pap_sensors are clear, green, "
			      "amber or red");

	if (!is_or_none(clues->act, "yes") && !is_or_none(clues->act, "no"))
		say_setting(r, "indicators", "act", hint);
	if (!is_pap(clues->pap))
		say_setting(r, "indicators", "pap", hint);
	if (!is_pap(clues->pap_sensors))
		say_setting(r, "indicators", "pap_sensors", hint);
}

uint32_t yg_hub_config_line(const struct yg_hub_config *config, const char *group, const char *name)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (strcmp(settings[i].group, group) == 0 && strcmp(settings[i].name, name) == 0)
			return config->lines[i];
	return 0;
}

void yg_hub_config_rules(const struct yg_hub_config_clues *clues, struct yg_clue_rules *ret)
{
	struct yg_clue_rules rules = YG_CLUE_RULES_DEFAULT;

	rules.is_off = clues->act && strcmp(clues->act, "no") == 0;
	rules.confidence = clues->confidence ? clues->confidence : rules.confidence;
	rules.unsaid = clues->unsaid ? clues->unsaid : rules.unsaid;
	rules.keep_above = clues->keep_above ? clues->keep_above : rules.keep_above;
	rules.lifetime_days = clues->lifetime_days ? clues->lifetime_days : rules.lifetime_days;
	if (clues->pap)
		(void)yg_pap_by_name(yg_bytes_str(clues->pap), &rules.pap); /* it was checked */
	if (clues->pap_sensors)
		(void)yg_pap_by_name(yg_bytes_str(clues->pap_sensors), &rules.pap_sensors);
	*ret = rules;
}

static void take_file(struct reading *r, const struct yg_yaml *top)
{
	take_group(r, "", top);
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const struct yg_yaml *node;

		if (settings[i].kind != GROUP)
			continue;
		node = yg_yaml_get(top, settings[i].name);
		if (node && node->kind == YG_YAML_MAP)
			take_group(r, settings[i].name, node);
	}
	check_zone(r, r->config);
	check_proxies(r, r->config);
	check_out(r, &r->config->out);
	check_clues(r, &r->config->clues);
	if (!r->config->http_certificate != !r->config->http_key && r->faults++ < FAULTS_MAX)
		yg_say_hint(N_("give both, or none and a reverse proxy"),
			    N_("%s:%u: http: certificate and key go together"), file_of(r),
			    yg_hub_config_line(r->config, "http",
					       r->config->http_key ? "key" : "certificate"));
	if (r->config->http_client_authorities && !r->config->http_key && r->faults++ < FAULTS_MAX)
		yg_say_hint(N_("a reverse proxy does not hand certificates on"),
			    N_("%s:%u: http: client_authorities needs certificate and key"),
			    file_of(r),
			    yg_hub_config_line(r->config, "http", "client_authorities"));
}

/* ---- the file ---- */

static int parse(struct reading *r, struct yg_bytes text)
{
	const struct yg_yaml *docs = NULL;
	struct yg_yaml_fault fault;
	int rc = yg_yaml_parse(text, r->config->arena, &docs, &fault);

	if (rc != YG_OK) {
		yg_say("%s:%u: %s", file_of(r), fault.line, fault.msg);
		return rc;
	}
	if (docs->count > 1 || (docs->first && docs->first->kind != YG_YAML_MAP)) {
		yg_say_hint(N_("docs/hub-config.md has an example"),
			    N_("%s: this is no configuration"), file_of(r));
		return YG_EFORMAT;
	}
	if (docs->first)
		take_file(r, docs->first);
	if (r->faults > FAULTS_MAX)
		yg_say(N_("%s: and %u more faults"), file_of(r), r->faults - FAULTS_MAX);
	return r->faults == 0 ? YG_OK : YG_EFORMAT;
}

int yg_hub_config_read(const char *path, struct yg_hub_config *ret)
{
	struct reading r = {.path = path, .config = ret};
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc;

	*ret = (struct yg_hub_config){.arena = yg_arena_new(ARENA_MAX), .path = path};
	rc = ret->arena ? yg_io_read_file(path, YG_HUB_CONFIG_BYTES_MAX, &bytes, &size) : YG_ENOMEM;
	if (rc != YG_OK)
		yg_say("%s: %s", file_of(&r), yg_say_tr(yg_err_text(rc)));
	else
		rc = parse(&r, (struct yg_bytes){bytes, size});
	free(bytes);
	return rc;
}

void yg_hub_config_done(struct yg_hub_config *config)
{
	config->zone = yg_zone_free(config->zone);
	config->arena = yg_arena_free(config->arena);
}
