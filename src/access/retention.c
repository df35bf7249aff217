/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/retention.h"

#include "access/enrol-int.h"
#include "base/json.h"

#include "base/ban.h"

#define DAY_S 86400
#define LIMIT 1000u
#define CLOCK "clock" /* key of the one document of passes */

static const struct {
	const char *name;
	const char *words;
	bool is_wanted;
} kinds[] = {
#define X(id, name, is_wanted, words) {name, words, is_wanted},
	YG_RETENTION_KIND_MAP(X)
#undef X
};

const char *yg_retention_kind_name(enum yg_retention_kind kind)
{
	return kind < YG_RETENTION_KIND_COUNT ? kinds[kind].name : "all";
}

const char *yg_retention_kind_words(enum yg_retention_kind kind)
{
	return kind < YG_RETENTION_KIND_COUNT ? kinds[kind].words : N_("all");
}

enum yg_retention_kind yg_retention_kind_by_name(struct yg_bytes name)
{
	unsigned kind = 0;

	while (kind < YG_RETENTION_KIND_COUNT && !yg_bytes_eq(yg_bytes_str(kinds[kind].name), name))
		kind++;
	return (enum yg_retention_kind)kind;
}

enum yg_retention_kind yg_retention_kind_of(enum yg_format format)
{
	/* + 1, so that what is not named is 0: all else. */
	static const uint8_t kind_of[YG_FORMAT_COUNT] = {
		[YG_FORMAT_FORTIGATE] = YG_RETENTION_FIREWALL + 1,
		[YG_FORMAT_CEF] = YG_RETENTION_FIREWALL + 1,
		[YG_FORMAT_ASA] = YG_RETENTION_FIREWALL + 1,
		[YG_FORMAT_NETFILTER] = YG_RETENTION_FIREWALL + 1,
		[YG_FORMAT_FILTERLOG] = YG_RETENTION_FIREWALL + 1,
		[YG_FORMAT_PALOALTO] = YG_RETENTION_FIREWALL + 1,
		[YG_FORMAT_OPENVPN] = YG_RETENTION_FIREWALL + 1,
		[YG_FORMAT_KEYVALUE] = YG_RETENTION_FIREWALL + 1,
		[YG_FORMAT_SQUID] = YG_RETENTION_PROXY + 1,
		[YG_FORMAT_SYSLOG] = YG_RETENTION_AUTHENTICATION + 1,
		[YG_FORMAT_SAMBA] = YG_RETENTION_AUTHENTICATION + 1,
		[YG_FORMAT_AUDITD] = YG_RETENTION_AUTHENTICATION + 1,
		[YG_FORMAT_WINDOWS] = YG_RETENTION_AUTHENTICATION + 1,
		[YG_FORMAT_EVTX] = YG_RETENTION_AUTHENTICATION + 1,
		[YG_FORMAT_CLOUDTRAIL] = YG_RETENTION_AUTHENTICATION + 1,
		[YG_FORMAT_ACCESS] = YG_RETENTION_WEB + 1,
		[YG_FORMAT_NGINX_JSON] = YG_RETENTION_WEB + 1,
		[YG_FORMAT_APACHE_ERROR] = YG_RETENTION_WEB + 1,
		[YG_FORMAT_NGINX_ERROR] = YG_RETENTION_WEB + 1,
		[YG_FORMAT_HAPROXY] = YG_RETENTION_WEB + 1,
		[YG_FORMAT_IIS] = YG_RETENTION_WEB + 1,
		[YG_FORMAT_DNS] = YG_RETENTION_NETWORK + 1,
		[YG_FORMAT_SURICATA] = YG_RETENTION_NETWORK + 1,
		[YG_FORMAT_ZEEK] = YG_RETENTION_NETWORK + 1,
	};

	if (format >= YG_FORMAT_COUNT || kind_of[format] == 0)
		return YG_RETENTION_OTHER;
	return (enum yg_retention_kind)(kind_of[format] - 1);
}

uint32_t yg_retention_months(const struct yg_retention *retention, enum yg_retention_kind kind)
{
	if (kind < YG_RETENTION_KIND_COUNT && retention->months[kind] > 0)
		return retention->months[kind];
	return retention->months[YG_RETENTION_ALL] > 0 ? retention->months[YG_RETENTION_ALL]
						       : YG_RETENTION_MONTHS;
}

bool yg_retention_is_short(const struct yg_retention *retention, enum yg_retention_kind kind)
{
	for (unsigned k = 0; k < YG_RETENTION_KIND_COUNT; k++)
		if ((kind == YG_RETENTION_ALL || kind == (enum yg_retention_kind)k) &&
		    kinds[k].is_wanted &&
		    yg_retention_months(retention, (enum yg_retention_kind)k) < YG_RETENTION_WANTED)
			return true;
	return false;
}

/* ---- what is set ---- */

static void copy_org(struct yg_retention *to, const char *org)
{
	(void)snprintf(to->org, sizeof(to->org), "%s", org); /* ids hold their limit */
}

static int read(struct yg_enrol *enrol, const char *org, struct yg_retention *ret,
		uint32_t *ret_revision)
{
	json_t *body = NULL;
	int rc;

	*ret = (struct yg_retention){0};
	*ret_revision = YG_REVISION_NONE;
	copy_org(ret, org);
	if (!yg_enrol_is_id(yg_bytes_str(org)))
		return YG_OK; /* a folder of somebody else's making */
	rc = yg_enrol_get(enrol, "retention", org, &body, ret_revision);
	for (unsigned k = 0; rc == YG_OK && k <= YG_RETENTION_ALL; k++) {
		int64_t months =
			yg_json_int(body, yg_retention_kind_name((enum yg_retention_kind)k), 0);

		if (months < 0 || months > YG_RETENTION_MONTHS_MAX)
			rc = YG_EFORMAT; /* nothing is deleted on such grounds */
		ret->months[k] = (uint32_t)months;
	}
	json_decref(body);
	return rc == YG_ENOENT ? YG_OK : rc;
}

int yg_retention_get(struct yg_enrol *enrol, const char *org, struct yg_retention *ret)
{
	uint32_t revision;

	return read(enrol, org, ret, &revision);
}

static json_t *write(const struct yg_retention *retention)
{
	json_t *body = json_object();

	for (unsigned k = 0; body && k <= YG_RETENTION_ALL; k++) {
		if (retention->months[k] > 0 &&
		    json_object_set_new(body, yg_retention_kind_name((enum yg_retention_kind)k),
					json_integer(retention->months[k])) != 0) {
			json_decref(body);
			return NULL;
		}
	}
	return body;
}

int yg_retention_set(struct yg_enrol *enrol, const char *org, enum yg_retention_kind kind,
		     uint32_t months, struct yg_retention *ret)
{
	json_t *found = NULL;
	uint32_t revision;
	int rc = yg_enrol_is_id(yg_bytes_str(org)) ? yg_enrol_get(enrol, "org", org, &found, NULL)
						   : YG_ENOENT;

	json_decref(found);
	if (rc == YG_OK && (months == 0 || months > YG_RETENTION_MONTHS_MAX))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = read(enrol, org, ret, &revision);
	if (rc != YG_OK)
		return rc;
	ret->months[kind] = months;
	return yg_enrol_put(enrol, "retention", org, write(ret), revision);
}

struct listing {
	struct yg_enrol *enrol;
	yg_retention_fn fn;
	void *arg;
	char last[YG_ENROL_ID_MAX + 1];
	uint32_t seen;
};

static int list_one(void *arg, const struct yg_doc *doc)
{
	struct listing *listing = arg;
	struct yg_retention retention;
	int rc;

	listing->seen++;
	if (doc->key.size > YG_ENROL_ID_MAX)
		return YG_EFORMAT;
	memcpy(listing->last, doc->key.data, doc->key.size);
	listing->last[doc->key.size] = '\0';
	rc = yg_retention_get(listing->enrol, listing->last, &retention);
	return rc == YG_OK ? listing->fn(listing->arg, &retention) : rc;
}

int yg_retention_list(struct yg_enrol *enrol, yg_retention_fn fn, void *arg)
{
	struct listing listing = {.enrol = enrol, .fn = fn, .arg = arg};
	struct yg_doc_filter filter = {.kind = YG_S("org"), .limit = LIMIT};
	int rc;

	do {
		listing.seen = 0;
		rc = yg_enrol_list(enrol, &filter, list_one, &listing);
		filter.after_key = yg_bytes_str(listing.last);
	} while (rc == YG_OK && listing.seen == filter.limit);
	return rc;
}

int64_t yg_retention_since(int64_t now_ns, uint32_t months)
{
	struct yg_civil t = yg_time_civil(now_ns, 0);
	int64_t month = (int64_t)t.year * 12 + t.month - 1 - months;
	int64_t since_ns = INT64_MIN + 1;
	unsigned days;

	t.year = (int32_t)(month / 12);
	t.month = (uint8_t)(month % 12 + 1);
	days = yg_month_days(t.year, t.month);
	if (t.day > days)
		t.day = (uint8_t)days;
	/* Out of range: before all that there can be, so nothing goes. */
	(void)yg_time_from_civil(&t, 0, &since_ns);
	return since_ns;
}

/* ---- what was done ---- */

int yg_retention_note(struct yg_enrol *enrol, const char *org, const struct yg_retention_done *done)
{
	return yg_enrol_put(enrol, "retention_done", org,
			    json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "files",
				      (json_int_t)done->files, "records", (json_int_t)done->records,
				      "bytes", (json_int_t)done->bytes, "oldest",
				      (json_int_t)(done->oldest_ns / YG_NS_PER_S), "newest",
				      (json_int_t)(done->newest_ns / YG_NS_PER_S), "time",
				      (json_int_t)(yg_enrol_now(enrol) / YG_NS_PER_S)),
			    YG_REVISION_ANY);
}

int yg_retention_noted(struct yg_enrol *enrol, const char *org, struct yg_retention_done *ret,
		       int64_t *ret_ns)
{
	json_t *body = NULL;
	int rc = yg_enrol_get(enrol, "retention_done", org, &body, NULL);

	if (rc != YG_OK)
		return rc;
	*ret = (struct yg_retention_done){
		.files = (uint64_t)yg_json_int(body, "files", 0),
		.records = (uint64_t)yg_json_int(body, "records", 0),
		.bytes = (uint64_t)yg_json_int(body, "bytes", 0),
		.oldest_ns = yg_json_int(body, "oldest", 0) * YG_NS_PER_S,
		.newest_ns = yg_json_int(body, "newest", 0) * YG_NS_PER_S,
	};
	*ret_ns = yg_json_int(body, "time", 0) * YG_NS_PER_S;
	json_decref(body);
	return YG_OK;
}

int yg_retention_pass(struct yg_enrol *enrol, bool *is_safe)
{
	int64_t now_s = yg_enrol_now(enrol) / YG_NS_PER_S;
	uint32_t revision = YG_REVISION_NONE;
	int64_t last_s, ahead_s;
	json_t *body = NULL;
	int rc = yg_enrol_get(enrol, "retention_pass", CLOCK, &body, &revision);

	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	last_s = yg_json_int(body, "last", now_s);
	ahead_s =
		yg_json_int(body, "ahead", 0); /* since then the clock is far ahead; 0: it is not */
	json_decref(body);
	if (now_s - last_s <= YG_RETENTION_JUMP_S) {
		ahead_s = 0;
		last_s = now_s; /* also when it was put back */
		*is_safe = true;
	} else {
		if (ahead_s == 0 || now_s < ahead_s || now_s - ahead_s > YG_RETENTION_JUMP_S)
			ahead_s = now_s; /* it jumps again */
		*is_safe = now_s - ahead_s >= DAY_S;
		if (*is_safe) {
			last_s = now_s;
			ahead_s = 0;
		}
	}
	return yg_enrol_put(
		enrol, "retention_pass", CLOCK,
		json_pack("{s:I, s:I}", "last", (json_int_t)last_s, "ahead", (json_int_t)ahead_s),
		revision);
}
