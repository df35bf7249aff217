/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura admin findings`: the newest bundles, for the operator beside the hub. */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <unistd.h>

#include "access/findings.h"
#include "app/admin-int.h"
#include "app/commands.h"
#include "app/say.h"
#include "base/io.h"
#include "base/zone.h"

#include "base/ban.h"

#define PATH_ROOM  4096u
#define FLUSH_SIZE (256u << 10)

struct printing {
	uint64_t count;
	struct yg_buf out;
	struct yg_zone *zone;
	bool is_json;
};

static int flush(struct printing *p)
{
	int rc = yg_buf_error(&p->out);

	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&p->out));
	yg_buf_reset(&p->out);
	return rc;
}

static struct yg_bytes title_of(const struct yg_fact_finding *f)
{
	return yg_say_lang_now() == YG_LANG_JA && f->title_ja.size > 0 ? f->title_ja : f->title;
}

static int print(void *arg, const struct yg_fact_finding *f)
{
	struct printing *p = arg;
	char when[YG_ISO_SIZE];

	p->count++;
	if (p->is_json) {
		yg_findings_json(f, true, &p->out);
		yg_buf_add_byte(&p->out, '\n');
	} else {
		(void)yg_time_iso(f->last_ns, yg_zone_offset_utc(p->zone, f->last_ns / YG_NS_PER_S),
				  when);
		yg_buf_addf(&p->out, "%s  %-8s  %-8s  %.*s/%.*s  %s", when, yg_level_name(f->level),
			    yg_outcome_name(f->outcome), YG_FMT(f->org), YG_FMT(f->sensor),
			    yg_say_safe(title_of(f), 160));
		yg_buf_addf(&p->out, "  %s > %s  x%llu%s\n", yg_say_safe(f->actor, 80),
			    yg_say_safe(f->target, 120), (unsigned long long)f->count,
			    yg_findings_is_told(f)
				    ? yg_say_tr(N_("  (found by the sensor; records held by the "
						   "member)"))
				    : "");
	}
	return p->out.size >= FLUSH_SIZE ? flush(p) : yg_buf_error(&p->out);
}

/* Pages, until @limit bundles are out (0: all). */
static int print_all(struct yg_facts *facts, const char *org, uint64_t limit, struct printing *p)
{
	const struct yg_hub_reach all = {.is_all = true}; /* who can read this folder reads all */
	struct yg_fact_filter filter = {0};
	struct yg_fact_next next = {.is_more = true};
	int rc = YG_OK;

	/* A page may end early, so what counts is what was printed. */
	while (rc == YG_OK && next.is_more && (limit == 0 || p->count < limit)) {
		filter.limit = limit > 0 && limit - p->count < YG_FACT_LIST_MAX
				       ? (uint32_t)(limit - p->count)
				       : YG_FACT_LIST_MAX;
		rc = yg_findings_list(facts, &all, org ? org : "", &filter, print, p);
		next = yg_facts_next(facts);
		filter.has_after = true;
		memcpy(filter.after_id, next.after_id, sizeof(filter.after_id));
	}
	if (rc == YG_OK && p->count == 0 && !p->is_json)
		yg_say(N_("nothing was found yet; `admin sensor list` shows who sends"));
	return rc == YG_OK ? flush(p) : rc;
}

int yg_admin_findings(const char *data, const char *org, uint64_t limit, bool is_json)
{
	struct printing p = {.is_json = is_json};
	struct yg_facts *facts = NULL;
	char path[PATH_ROOM];
	int size = snprintf(path, sizeof(path), "%s/facts.db", data);
	int rc = size > 0 && (unsigned)size < sizeof(path)
			 ? yg_facts_open_sqlite(path, false, &facts)
			 : YG_ELIMIT;

	if (rc == YG_ENOENT)
		return YG_EXIT_DONE; /* no hub ran here yet that looked for anything */
	yg_buf_init(&p.out, 64u << 20);
	if (rc == YG_OK)
		rc = yg_zone_load(NULL, &p.zone);
	if (rc == YG_OK)
		rc = print_all(facts, org, limit, &p);
	if (rc != YG_OK && rc != YG_EPIPE)
		yg_say("%s: %s%s%s", yg_say_safe(yg_bytes_str(path), 300),
		       yg_say_tr(yg_err_text(rc)), facts && yg_facts_trouble(facts)[0] ? ": " : "",
		       facts ? yg_say_safe(yg_bytes_str(yg_facts_trouble(facts)), 200) : "");
	p.zone = yg_zone_free(p.zone);
	(void)yg_facts_free(facts);
	yg_buf_done(&p.out);
	return rc == YG_OK || rc == YG_EPIPE ? YG_EXIT_DONE : YG_EXIT_FAILED;
}
