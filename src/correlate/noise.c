/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "correlate/noise.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/tr.h"
#include "model/day.h"

#include "base/ban.h"

#define ACTOR_MAX 200u
#define DAY_NS	  (86400 * YG_NS_PER_S)
#define TELL_MAX  80 /* bytes of what is wrong that are shown */

struct scanner {
	char *actor; /* owned; lower case */
	char *name;
	char *seen;
};

struct allowed {
	char *cells[3]; /* org, rule, actor; "": any */
	char *reason;
	int32_t until; /* last day, or YG_DAY_NONE */
};

struct yg_noise_lists {
	struct scanner *scanners; /* by actor, once ready */
	uint32_t scanner_count;
	uint32_t scanner_room;
	struct allowed *allowed;
	uint32_t allowed_count;
	uint32_t allowed_room;
};

int yg_noise_lists_new(struct yg_noise_lists **ret)
{
	*ret = yg_calloc(1, sizeof(**ret));
	return *ret ? YG_OK : YG_ENOMEM;
}

static void free_scanner(const struct scanner *s)
{
	free(s->actor);
	free(s->name);
	free(s->seen);
}

static void free_allowed(const struct allowed *a)
{
	for (unsigned i = 0; i < 3; i++)
		free(a->cells[i]);
	free(a->reason);
}

/* Back to as many as there were before a list that was refused. */
static void cut_lists(struct yg_noise_lists *lists, uint32_t scanners, uint32_t allowed)
{
	while (lists->scanner_count > scanners)
		free_scanner(&lists->scanners[--lists->scanner_count]);
	while (lists->allowed_count > allowed)
		free_allowed(&lists->allowed[--lists->allowed_count]);
}

struct yg_noise_lists *yg_noise_lists_free(struct yg_noise_lists *lists)
{
	if (!lists)
		return NULL;
	cut_lists(lists, 0, 0);
	free(lists->scanners);
	free(lists->allowed);
	free(lists);
	return NULL;
}

/* Lower case; cut to @most bytes. NULL without memory. */
static char *copy(struct yg_bytes text, size_t most, bool is_folded)
{
	text = yg_bytes_cut(yg_bytes_trim(text), 0, most);
	char *made = yg_strndup((const char *)text.data, text.size);

	for (size_t i = 0; made && is_folded && made[i]; i++)
		if (made[i] >= 'A' && made[i] <= 'Z')
			made[i] = (char)(made[i] | 0x20);
	return made;
}

/* Room for one more of @size bytes. */
static int grow(void **list, uint32_t count, uint32_t *room, size_t size)
{
	uint32_t more = *room ? *room * 2 : 64;
	void *mem;

	if (count >= YG_NOISE_ENTRIES_MAX)
		return YG_ELIMIT;
	if (count < *room)
		return YG_OK;
	mem = yg_reallocarray(*list, more, size);
	if (!mem)
		return YG_ENOMEM;
	*list = mem;
	*room = more;
	return YG_OK;
}

/* ---- survey scanners ---- */

static int add_scanner(struct yg_noise_lists *lists, struct yg_bytes actor, struct yg_bytes name,
		       struct yg_bytes seen)
{
	int rc = grow((void **)&lists->scanners, lists->scanner_count, &lists->scanner_room,
		      sizeof(*lists->scanners));
	struct scanner *s;

	if (rc != YG_OK)
		return rc;
	s = &lists->scanners[lists->scanner_count++];
	*s = (struct scanner){copy(actor, ACTOR_MAX, true), copy(name, YG_NOISE_NAME_MAX, false),
			      copy(seen, 10, false)};
	return s->actor && s->name && s->seen ? YG_OK : YG_ENOMEM;
}

static bool is_actor(struct yg_bytes text)
{
	text = yg_bytes_trim(text);
	return text.size > 0 && text.size <= ACTOR_MAX && !memchr(text.data, ' ', text.size);
}

static int add_object(struct yg_noise_lists *lists, const json_t *one, uint32_t number,
		      struct yg_line_fault *reterr)
{
	struct yg_bytes actor = yg_json_text(one, "ip");
	struct yg_bytes name = yg_json_text(one, "scanner");

	if (!is_actor(actor) || name.size == 0)
		return yg_line_fault_set(reterr, YG_EFORMAT, 0,
					 "entry %u: needs \"ip\" and \"scanner\", both texts",
					 (unsigned)number);
	return add_scanner(lists, actor, name, yg_json_text(one, "last_seen"));
}

int yg_noise_add_scanners(struct yg_noise_lists *lists, struct yg_bytes content,
			  struct yg_line_fault *reterr)
{
	uint32_t before = lists->scanner_count;
	struct yg_fault fault = {0};
	json_t *tree = NULL;
	int rc = yg_json_load(content, YG_NOISE_LIST_BYTES_MAX, &tree, &fault);

	if (rc != YG_OK)
		return rc == YG_ENOMEM
			       ? rc
			       : yg_line_fault_set(reterr, YG_EFORMAT, 0, "byte %zu: %s", fault.pos,
						   fault.msg ? fault.msg : "no JSON");
	if (!json_is_array(tree))
		rc = yg_line_fault_set(reterr, YG_EFORMAT, 0,
				       "not a list [{\"ip\",\"scanner\",\"last_seen\"}, ...]");
	for (size_t i = 0; i < json_array_size(tree) && rc == YG_OK; i++)
		rc = add_object(lists, json_array_get(tree, i), (uint32_t)i + 1, reterr);
	json_decref(tree);
	if (rc == YG_ELIMIT)
		rc = yg_line_fault_set(reterr, YG_ELIMIT, 0, "more than %u entries",
				       YG_NOISE_ENTRIES_MAX);
	if (rc != YG_OK)
		cut_lists(lists, before, lists->allowed_count);
	return rc;
}

/* ---- tables ---- */

static int add_scanner_row(struct yg_noise_lists *lists, const struct yg_table_row *row,
			   const uint32_t *at, struct yg_line_fault *reterr)
{
	struct yg_bytes actor = yg_table_cell(row, at[0]);

	if (!is_actor(actor) || yg_table_cell(row, at[1]).size == 0)
		return yg_line_fault_set(reterr, YG_EFORMAT, row->line,
					 "needs an address (ip) and whose it is (scanner)");
	return add_scanner(lists, actor, yg_table_cell(row, at[1]), yg_table_cell(row, at[2]));
}

static int add_allowed_row(struct yg_noise_lists *lists, const struct yg_table_row *row,
			   const uint32_t *at, struct yg_line_fault *reterr)
{
	struct yg_bytes until = yg_table_cell(row, at[3]);
	struct yg_bytes reason = yg_table_cell(row, at[4]);
	int32_t day = until.size > 0 ? yg_day_read(until) : YG_DAY_NONE;
	struct allowed *a;
	int rc;

	if (until.size > 0 && day == YG_DAY_NONE)
		return yg_line_fault_set(reterr, YG_EFORMAT, row->line,
					 "until: %.*s: write a day as 2026-11-25",
					 (int)(until.size < TELL_MAX ? until.size : TELL_MAX),
					 (const char *)until.data);
	if (yg_table_cell(row, at[1]).size == 0 && yg_table_cell(row, at[2]).size == 0)
		return yg_line_fault_set(reterr, YG_EFORMAT, row->line,
					 "needs a rule or an actor: nothing may be allowed whole");
	if (reason.size == 0)
		return yg_line_fault_set(reterr, YG_EFORMAT, row->line,
					 "needs a reason: people read it later");
	rc = grow((void **)&lists->allowed, lists->allowed_count, &lists->allowed_room,
		  sizeof(*lists->allowed));
	if (rc != YG_OK)
		return rc;
	a = &lists->allowed[lists->allowed_count++];
	*a = (struct allowed){.reason = copy(reason, YG_NOISE_NAME_MAX, false), .until = day};
	for (unsigned i = 0; i < 3; i++)
		a->cells[i] = copy(yg_table_cell(row, at[i]), ACTOR_MAX, true);
	return a->reason && a->cells[0] && a->cells[1] && a->cells[2] ? YG_OK : YG_ENOMEM;
}

int yg_noise_add_table(struct yg_noise_lists *lists, bool is_allowed, const struct yg_table *table,
		       struct yg_line_fault *reterr)
{
	static const char *const allowed[] = {"org", "rule", "actor", "until", "reason"};
	static const char *const scanners[] = {"ip", "scanner", "last_seen"};
	uint32_t before[2] = {lists->scanner_count, lists->allowed_count};
	uint32_t at[5];
	bool has_head;
	int rc = YG_OK;

	for (unsigned i = 0; i < (is_allowed ? 5u : 3u); i++)
		at[i] = yg_table_column(table, is_allowed ? allowed[i] : scanners[i]);
	has_head = is_allowed ? at[4] != UINT32_MAX && (at[1] != UINT32_MAX || at[2] != UINT32_MAX)
			      : at[0] != UINT32_MAX && at[1] != UINT32_MAX;
	if (!has_head)
		return yg_line_fault_set(reterr, YG_EFORMAT, 1, "head line: %s",
					 is_allowed ? "org,rule,actor,until,reason"
						    : "ip,scanner,last_seen");
	for (uint32_t i = 0; i < table->row_count && rc == YG_OK; i++) {
		rc = is_allowed ? add_allowed_row(lists, &table->rows[i], at, reterr)
				: add_scanner_row(lists, &table->rows[i], at, reterr);
		if (rc == YG_ELIMIT)
			rc = yg_line_fault_set(reterr, YG_ELIMIT, table->rows[i].line,
					       "more than %u entries", YG_NOISE_ENTRIES_MAX);
	}
	if (rc != YG_OK)
		cut_lists(lists, before[0], before[1]);
	return rc;
}

static int by_actor(const void *a, const void *b)
{
	const struct scanner *x = a;
	const struct scanner *y = b;
	int order = strcmp(x->actor, y->actor);

	return order ? order : strcmp(x->name, y->name);
}

void yg_noise_lists_ready(struct yg_noise_lists *lists)
{
	if (lists->scanner_count > 0)
		qsort(lists->scanners, lists->scanner_count, sizeof(*lists->scanners), by_actor);
}

void yg_noise_lists_count(const struct yg_noise_lists *lists, uint32_t *ret_scanners,
			  uint32_t *ret_allowed)
{
	*ret_scanners = lists->scanner_count;
	*ret_allowed = lists->allowed_count;
}

/* ---- judging ---- */

static const struct scanner *scanner_of(const struct yg_noise_lists *lists, struct yg_bytes actor)
{
	char mem[ACTOR_MAX + 1];
	uint32_t low = 0, high = lists->scanner_count;

	if (actor.size == 0 || actor.size > ACTOR_MAX)
		return NULL;
	for (size_t i = 0; i < actor.size; i++)
		mem[i] = (char)(actor.data[i] >= 'A' && actor.data[i] <= 'Z' ? actor.data[i] | 0x20
									     : actor.data[i]);
	mem[actor.size] = '\0';
	while (low < high) { /* the first of those that are equal */
		uint32_t mid = low + (high - low) / 2;

		if (strcmp(lists->scanners[mid].actor, mem) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < lists->scanner_count && strcmp(lists->scanners[low].actor, mem) == 0
		       ? &lists->scanners[low]
		       : NULL;
}

static bool fits(const char *cell, struct yg_bytes value)
{
	return cell[0] == '\0' || yg_bytes_eq_nocase(yg_bytes_str(cell), value);
}

static const struct allowed *allowed_of(const struct yg_noise_lists *lists,
					const struct yg_noise_alert *alert)
{
	int64_t day = alert->time_ns / DAY_NS;

	for (uint32_t i = 0; i < lists->allowed_count; i++) {
		const struct allowed *a = &lists->allowed[i];

		if ((a->until == YG_DAY_NONE || day <= a->until) && fits(a->cells[0], alert->org) &&
		    fits(a->cells[1], alert->rule) && fits(a->cells[2], alert->actor))
			return a;
	}
	return NULL;
}

/* Guessing that goes on and on is worth a look even where each try failed. */
static bool is_lasting(const struct yg_noise_alert *a)
{
	return (a->kind == YG_KIND_BEHAVIOUR || a->kind == YG_KIND_CORRELATION) &&
	       a->level >= YG_LEVEL_HIGH;
}

static enum yg_noise by_outcome(unsigned steps, const struct yg_noise_alert *a, char *why)
{
	if (steps & 1u << YG_NOISE_MITIGATED && a->outcome == YG_OUTCOME_ATTEMPT &&
	    !is_lasting(a)) {
		(void)snprintf(why, YG_NOISE_WHY_MAX, "%.*s", YG_FMT(a->reason)); /* cut is fine */
		return YG_NOISE_MITIGATED;
	}
	if (steps & 1u << YG_NOISE_RECON && a->outcome == YG_OUTCOME_UNKNOWN &&
	    a->level <= YG_LEVEL_LOW) {
		(void)snprintf(why, YG_NOISE_WHY_MAX, "%s", yg_level_name(a->level));
		return YG_NOISE_RECON;
	}
	return YG_NOISE_KEPT;
}

enum yg_noise yg_noise_judge(const struct yg_noise_lists *lists, unsigned steps,
			     const struct yg_noise_alert *alert, char why[YG_NOISE_WHY_MAX])
{
	const struct allowed *allowed =
		steps & 1u << YG_NOISE_ALLOWED ? allowed_of(lists, alert) : NULL;
	const struct scanner *scanner;

	why[0] = '\0';
	if (allowed) {
		(void)snprintf(why, YG_NOISE_WHY_MAX, "%s", allowed->reason); /* fits */
		return YG_NOISE_ALLOWED;
	}
	if (alert->outcome == YG_OUTCOME_POSSIBLE)
		return YG_NOISE_KEPT;
	scanner = steps & 1u << YG_NOISE_SCANNER ? scanner_of(lists, alert->actor) : NULL;
	if (scanner) {
		(void)snprintf(why, YG_NOISE_WHY_MAX, "%s%s%s", scanner->name,
			       scanner->seen[0] ? ", " : "", scanner->seen); /* fits */
		return YG_NOISE_SCANNER;
	}
	return by_outcome(steps, alert, why);
}
