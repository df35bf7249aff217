/* SPDX-License-Identifier: Apache-2.0 */
#include "assess/report.h"

#include "base/clock.h"
#include "base/crypt.h"

#include "base/ban.h"

#define DUE_SOON_DAYS	 60 /* from here on a check is announced */
#define MANAGEMENT_LINES 3u /* what fits on one page */
#define YEARLY_COLUMN	 "yearly_checks"

static const char *const names[] = {"ciso", "management", "gaps", "progress", "expert"};
_Static_assert(sizeof(names) / sizeof(names[0]) == YG_REPORT_KIND_COUNT, "one name each");

const char *yg_report_kind_name(enum yg_report_kind kind)
{
	return names[kind];
}

bool yg_report_kind_by_name(struct yg_bytes name, enum yg_report_kind *ret)
{
	for (unsigned i = 0; i < YG_REPORT_KIND_COUNT; i++) {
		if (yg_bytes_eq(name, yg_bytes_str(names[i]))) {
			*ret = (enum yg_report_kind)i;
			return true;
		}
	}
	return false;
}

static int put(int rc, json_t *to, const char *key, json_t *take_value)
{
	if (rc == YG_OK)
		return yg_json_set(to, key, take_value);
	json_decref(take_value);
	return rc;
}

/* A value that another tree owns, or null. */
static json_t *shared(const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);

	return value ? json_incref(value) : json_null();
}

static int append(int rc, json_t *to, json_t *take_value)
{
	if (rc == YG_OK)
		return json_array_append_new(to, take_value) == 0 ? YG_OK : YG_ENOMEM;
	json_decref(take_value);
	return rc;
}

static json_t *day_or_null(int32_t day)
{
	char text[YG_DAY_SIZE];

	if (day == YG_DAY_NONE)
		return json_null();
	yg_day_write(day, text);
	return json_string(text);
}

static json_t *list_or_empty(const json_t *list)
{
	return json_is_array(list) ? json_deep_copy(list) : json_array();
}

static bool is_text(const json_t *object, const char *key, const char *text)
{
	return yg_bytes_eq(yg_json_text(object, key), yg_bytes_str(text));
}

/* ---- yearly checks ---- */

struct check {
	const json_t *criterion;
	int32_t last; /* day of the newest record */
	int32_t due;
	const json_t *newest; /* evidence; NULL: never checked */
};

/* Does some criterion name @id in its list of yearly checks? *ret_any: is there such a list? */
static bool is_listed(const json_t *criteria, struct yg_bytes id, bool *ret_any)
{
	bool is_found = false;

	for (size_t i = 0; i < json_array_size(criteria); i++) {
		const json_t *refs = json_object_get(json_array_get(criteria, i), "refs");

		for (size_t j = 0; j < json_array_size(refs); j++) {
			const json_t *ref = json_array_get(refs, j);
			const json_t *items = json_object_get(ref, "items");

			if (!is_text(ref, "column", YEARLY_COLUMN))
				continue;
			*ret_any = true;
			for (size_t k = 0; k < json_array_size(items); k++) {
				const char *item = json_string_value(json_array_get(items, k));

				is_found |= item && yg_bytes_eq(yg_bytes_str(item), id);
			}
		}
	}
	return is_found;
}

static const json_t *yearly_wanted(const json_t *criterion)
{
	const json_t *wanted = json_object_get(criterion, "evidence_wanted");

	for (size_t i = 0; i < json_array_size(wanted); i++) {
		const json_t *one = json_array_get(wanted, i);

		if (is_text(one, "max_age", "P1Y") && !is_text(one, "kind", "query"))
			return one;
	}
	return NULL;
}

static bool is_yearly(const json_t *criteria, const json_t *criterion)
{
	bool has_list = false;
	bool is_found = is_listed(criteria, yg_json_text(criterion, "id"), &has_list);

	return has_list ? is_found : yearly_wanted(criterion) != NULL;
}

static struct check check_of(const json_t *criterion)
{
	const json_t *evidence = json_object_get(criterion, "evidence");
	struct check check = {
		.criterion = criterion, .last = YG_DAY_NONE, .due = YG_DAY_NONE, .newest = NULL};

	for (size_t i = 0; i < json_array_size(evidence); i++) {
		const json_t *one = json_array_get(evidence, i);
		int32_t day = yg_day_read(yg_json_text(one, "date"));

		if (day != YG_DAY_NONE && day >= check.last) {
			check.last = day;
			check.newest = one;
		}
	}
	if (check.newest) {
		int32_t expires = yg_day_read(yg_json_text(check.newest, "expires"));

		check.due = yg_day_add(check.last, (struct yg_period){.years = 1});
		if (expires != YG_DAY_NONE && expires < check.due)
			check.due = expires;
	}
	return check;
}

static const char *status_of(const struct check *check, int32_t today)
{
	if (!check->newest)
		return "never";
	if (check->due < today || is_text(check->newest, "state", "changed"))
		return "overdue";
	return check->due - today <= DUE_SOON_DAYS ? "due_soon" : "done";
}

static json_t *check_json(const struct check *check, int32_t today)
{
	json_t *to = json_object();
	int rc = to ? YG_OK : YG_ENOMEM;

	rc = put(rc, to, "id", shared(check->criterion, "id"));
	rc = put(rc, to, "title", shared(check->criterion, "title"));
	rc = put(rc, to, "state", shared(check->criterion, "state"));
	rc = put(rc, to, "by", shared(check->criterion, "by"));
	rc = put(rc, to, "last", day_or_null(check->last));
	rc = put(rc, to, "due", day_or_null(check->due));
	rc = put(rc, to, "status", json_string(status_of(check, today)));
	rc = put(rc, to, "record", check->newest ? shared(check->newest, "title") : json_null());
	if (rc == YG_OK)
		return to;
	json_decref(to);
	return NULL;
}

static int add_checks(json_t *report, const struct yg_report_parts *parts)
{
	static const char *const states[] = {"done", "due_soon", "overdue", "never"};
	json_t *checks = json_array();
	json_t *totals = json_object();
	uint32_t counts[4] = {0};
	int rc = checks && totals ? YG_OK : YG_ENOMEM;

	for (size_t i = 0; rc == YG_OK && i < json_array_size(parts->criteria); i++) {
		const json_t *criterion = json_array_get(parts->criteria, i);
		struct check check;

		if (!is_yearly(parts->criteria, criterion))
			continue;
		check = check_of(criterion);
		for (unsigned j = 0; j < 4; j++)
			counts[j] += strcmp(states[j], status_of(&check, parts->today)) == 0;
		rc = append(rc, checks, check_json(&check, parts->today));
	}
	for (unsigned j = 0; j < 4; j++)
		rc = put(rc, totals, states[j], json_integer(counts[j]));
	rc = put(rc, report, "checks", checks);
	return put(rc, report, "check_totals", totals);
}

/* ---- gaps ---- */

static bool is_gap(const json_t *criterion)
{
	if (json_is_true(json_object_get(criterion, "stale")))
		return true;
	return !is_text(criterion, "state", "met") && !is_text(criterion, "state", "na");
}

static json_t *gap_json(const json_t *criterion)
{
	static const char *const own[] = {"id",	      "title", "requirement", "state",	"stale",
					  "observed", "by",    "date",	      "effect", "effort"};
	static const char *const help[] = {"asked", "cheap", "closed_by"};
	json_t *to = json_object();
	int rc = to ? YG_OK : YG_ENOMEM;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		rc = put(rc, to, own[i], shared(criterion, own[i]));
	for (size_t i = 0; i < sizeof(help) / sizeof(help[0]); i++)
		rc = put(rc, to, help[i], shared(json_object_get(criterion, "help"), help[i]));
	rc = put(rc, to, "reason", shared(json_object_get(criterion, "answer"), "reason"));
	if (rc == YG_OK)
		return to;
	json_decref(to);
	return NULL;
}

/* All gaps, or those that only the management can close, at most @limit; *ret_count of them all. */
static json_t *gaps_json(const json_t *criteria, bool is_decision, size_t limit, size_t *ret_count)
{
	json_t *to = json_array();
	int rc = to ? YG_OK : YG_ENOMEM;

	*ret_count = 0;
	for (size_t i = 0; rc == YG_OK && i < json_array_size(criteria); i++) {
		const json_t *criterion = json_array_get(criteria, i);
		const json_t *closed_by =
			json_object_get(json_object_get(criterion, "help"), "closed_by");
		bool is_wanted = !is_decision;

		for (size_t j = 0; j < json_array_size(closed_by); j++) {
			const char *word = json_string_value(json_array_get(closed_by, j));

			is_wanted |= word && strcmp(word, "decision") == 0;
		}
		if (!is_wanted || !is_gap(criterion))
			continue;
		if ((*ret_count)++ < limit)
			rc = append(rc, to, gap_json(criterion));
	}
	if (rc == YG_OK)
		return to;
	json_decref(to);
	return NULL;
}

static int add_gaps(json_t *report, const struct yg_report_parts *parts)
{
	size_t count;

	return put(YG_OK, report, "gaps", gaps_json(parts->criteria, false, SIZE_MAX, &count));
}

static json_t *first_of(const json_t *list, size_t limit)
{
	json_t *to = json_array();
	int rc = to ? YG_OK : YG_ENOMEM;

	for (size_t i = 0; rc == YG_OK && i < json_array_size(list) && i < limit; i++)
		rc = append(rc, to, json_incref(json_array_get(list, i)));
	if (rc == YG_OK)
		return to;
	json_decref(to);
	return NULL;
}

static int add_management(json_t *report, const struct yg_report_parts *parts)
{
	size_t count;
	json_t *list;
	int rc = add_checks(report, parts);

	list = gaps_json(parts->criteria, false, MANAGEMENT_LINES, &count);
	rc = put(rc, report, "gaps", list);
	rc = put(rc, report, "gap_count", json_integer((json_int_t)count));
	list = gaps_json(parts->criteria, true, MANAGEMENT_LINES, &count);
	rc = put(rc, report, "decisions", list);
	rc = put(rc, report, "decision_count", json_integer((json_int_t)count));
	return put(rc, report, "next", first_of(parts->next, MANAGEMENT_LINES));
}

/* The officer also gets the plan: what comes next. */
static int add_ciso(json_t *report, const struct yg_report_parts *parts)
{
	size_t count;
	int rc = add_checks(report, parts);
	json_t *gaps = gaps_json(parts->criteria, false, SIZE_MAX, &count);

	rc = put(rc, report, "gaps", gaps);
	return put(rc, report, "next", list_or_empty(parts->next));
}

/* ---- progress ---- */

/*
 * The declared state of @criterion at the end of @day: what the last change until then made of it,
 * or what the first change after it found. *ret_entry: the last change after @day, if any.
 */
static struct yg_bytes state_at(const json_t *criterion, int32_t day, int32_t zone_s,
				const json_t **ret_entry)
{
	const json_t *history = json_object_get(criterion, "history");
	struct yg_bytes state = yg_json_text(criterion, "state");
	int64_t first_after = INT64_MAX;
	int64_t last_after = INT64_MIN;

	*ret_entry = NULL;
	for (size_t i = 0; i < json_array_size(history); i++) {
		const json_t *entry = json_array_get(history, i);
		int64_t time_ns;
		bool has_zone;

		if (!yg_time_parse_iso(yg_json_text(entry, "time"), 0, &time_ns, &has_zone) ||
		    yg_day_of_time(time_ns, zone_s) <= day)
			continue;
		if (time_ns < first_after) {
			first_after = time_ns;
			state = yg_json_text(entry, "from");
		}
		if (time_ns > last_after) {
			last_after = time_ns;
			*ret_entry = entry;
		}
	}
	return state.size > 0 ? state : YG_S("open");
}

static json_t *change_json(const json_t *criterion, struct yg_bytes before, const json_t *entry)
{
	json_t *to = json_object();
	int rc = to ? YG_OK : YG_ENOMEM;

	rc = put(rc, to, "id", shared(criterion, "id"));
	rc = put(rc, to, "title", shared(criterion, "title"));
	rc = put(rc, to, "from", yg_json_string(before));
	rc = put(rc, to, "to", shared(criterion, "state"));
	rc = put(rc, to, "by", shared(criterion, "by"));
	rc = put(rc, to, "time", shared(entry, "time"));
	rc = put(rc, to, "reason", shared(entry, "reason"));
	if (rc == YG_OK)
		return to;
	json_decref(to);
	return NULL;
}

static json_t *counts_json(const uint32_t counts[YG_ANSWER_STATE_COUNT])
{
	json_t *to = json_object();
	int rc = to ? YG_OK : YG_ENOMEM;

	for (unsigned i = 0; i < YG_ANSWER_STATE_COUNT; i++)
		rc = put(rc, to, yg_answer_state_name((enum yg_answer_state)i),
			 json_integer(counts[i]));
	if (rc == YG_OK)
		return to;
	json_decref(to);
	return NULL;
}

static int add_progress(json_t *report, const struct yg_report_parts *parts)
{
	uint32_t before[YG_ANSWER_STATE_COUNT] = {0};
	uint32_t after[YG_ANSWER_STATE_COUNT] = {0};
	json_t *changes = json_array();
	int rc = changes ? YG_OK : YG_ENOMEM;

	if (parts->since == YG_DAY_NONE || parts->since >= parts->today) {
		json_decref(changes);
		return YG_EINVAL;
	}
	for (size_t i = 0; rc == YG_OK && i < json_array_size(parts->criteria); i++) {
		const json_t *criterion = json_array_get(parts->criteria, i);
		struct yg_bytes now = yg_json_text(criterion, "state");
		enum yg_answer_state state;
		const json_t *entry;
		struct yg_bytes was = state_at(criterion, parts->since, parts->zone_s, &entry);

		if (yg_answer_state_by_name(was, &state))
			before[state]++;
		if (yg_answer_state_by_name(now, &state))
			after[state]++;
		if (!yg_bytes_eq(was, now))
			rc = append(rc, changes, change_json(criterion, was, entry));
	}
	rc = put(rc, report, "since", day_or_null(parts->since));
	rc = put(rc, report, "before", counts_json(before));
	rc = put(rc, report, "after", counts_json(after));
	return put(rc, report, "changes", changes);
}

/* ---- the specialist's paper ---- */

static json_t *confirmed_json(const json_t *criterion)
{
	json_t *to = json_object();
	int rc = to ? YG_OK : YG_ENOMEM;

	rc = put(rc, to, "id", shared(criterion, "id"));
	rc = put(rc, to, "title", shared(criterion, "title"));
	rc = put(rc, to, "state", shared(criterion, "state"));
	rc = put(rc, to, "confirmation", shared(criterion, "confirmation"));
	if (rc == YG_OK)
		return to;
	json_decref(to);
	return NULL;
}

void yg_report_qr(const char *digest, const char *key_id, char to[YG_REPORT_QR_MAX])
{
	int size = snprintf(to, YG_REPORT_QR_MAX, "YAGURA:1:S:%.64s%s%.64s", digest,
			    key_id ? ":K:" : "", key_id ? key_id : "");

	for (int i = 0; i < size && i < (int)YG_REPORT_QR_MAX; i++)
		if (to[i] >= 'a' && to[i] <= 'f')
			to[i] = (char)(to[i] - 'a' + 'A');
}

static json_t *statement_json(const struct yg_report_parts *parts)
{
	char qr[YG_REPORT_QR_MAX];

	if (!parts->digest)
		return json_null();
	yg_report_qr(parts->digest, parts->key_id, qr);
	return json_pack("{s:s,s:s?,s:s}", "sha256", parts->digest, "key_id", parts->key_id, "qr",
			 qr);
}

static int add_expert(json_t *report, const struct yg_report_parts *parts)
{
	json_t *criteria = json_array();
	int rc = criteria ? YG_OK : YG_ENOMEM;

	for (size_t i = 0; rc == YG_OK && i < json_array_size(parts->criteria); i++)
		rc = append(rc, criteria, confirmed_json(json_array_get(parts->criteria, i)));
	rc = put(rc, report, "criteria", criteria);
	rc = put(rc, report, "scope",
		 json_is_object(parts->scope) ? json_deep_copy(parts->scope) : json_null());
	rc = put(rc, report, "experts", list_or_empty(parts->experts));
	rc = put(rc, report, "technical", list_or_empty(parts->technical));
	rc = put(rc, report, "official_results", list_or_empty(parts->official_results));
	return put(rc, report, "statement", statement_json(parts));
}

/* ---- all ---- */

static int add_head(json_t *report, enum yg_report_kind kind, const struct yg_report_parts *parts)
{
	static const char *const shown[] = {"framework",  "level",  "organisation",
					    "practice",	  "counts", "level_state",
					    "level_text", "review", "publisher_page"};
	int rc = put(YG_OK, report, "report", json_string(names[kind]));

	rc = put(rc, report, "date", day_or_null(parts->today));
	rc = put(rc, report, "scope_date",
		 json_is_object(parts->scope) ? shared(parts->scope, "date") : json_null());
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		rc = put(rc, report, shown[i], shared(parts->head, shown[i]));
	return rc;
}

int yg_report_build(enum yg_report_kind kind, const struct yg_report_parts *parts, json_t **ret)
{
	static int (*const add[])(json_t * report, const struct yg_report_parts *parts) = {
		add_ciso, add_management, add_gaps, add_progress, add_expert};
	json_t *report;
	int rc;

	_Static_assert(sizeof(add) / sizeof(add[0]) == YG_REPORT_KIND_COUNT, "one each");
	if (!json_is_object(parts->head) || !json_is_array(parts->criteria))
		return YG_EINVAL;
	report = json_object();
	rc = report ? add_head(report, kind, parts) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = add[kind](report, parts);
	if (rc == YG_OK)
		*ret = report;
	else
		json_decref(report);
	return rc;
}
