/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All of an organisation goes: not its alerts alone, as when their time is over, but also what the
 * rest of the file still says of what stood in its logs.
 *
 *   before its alerts go   words of the keys in its chains that no alert of others has; what people
 *                          wrote about situations that are nobody else's
 *   its alerts
 *   behind them            patterns that no alert has any more, names of logs, its own name; its
 *                          numbers of days become numbers of nobody
 *
 * Each is a transaction that can be done again. Each looks at the whole file once: this is rare.
 */
#include "store/situations-int.h"

#include "base/ban.h"

/* A key goes on tying what comes; only what it is called goes. Of an indicator's value everybody
 * knows who has the list. */
static const char forget_words[] =
	"UPDATE spans SET value='' WHERE value>'' AND tie<>?2"
	" AND node IN (SELECT chain FROM chain_parts WHERE org=?1)"
	" AND value NOT IN (SELECT a.actor FROM chain_parts p JOIN alerts a ON a.chain=p.chain"
	"  WHERE p.org=?1 AND a.org<>?1 UNION SELECT a.target FROM chain_parts p"
	"  JOIN alerts a ON a.chain=p.chain WHERE p.org=?1 AND a.org<>?1)";

#define ITS_ALONE                                                                                  \
	"(SELECT situation FROM parts WHERE org=?1"                                                \
	" EXCEPT SELECT situation FROM parts WHERE org<>?1)"

static const char forget_patterns[] =
	"DELETE FROM spans WHERE tie=?1 AND key NOT IN (SELECT pattern FROM alerts)";

/* Sums over all stay as they were. */
static const char give_days_away[] =
	"INSERT INTO funnel SELECT 0, day_ns, step, bundles, findings FROM funnel WHERE org=?1"
	" ON CONFLICT DO UPDATE SET bundles=bundles+excluded.bundles,"
	" findings=findings+excluded.findings";

static const char forget_names[] =
	"DELETE FROM names WHERE n NOT IN (SELECT org FROM alerts UNION SELECT log FROM alerts"
	" UNION SELECT org FROM chain_parts UNION SELECT org FROM parts UNION SELECT org FROM"
	" facets UNION SELECT org FROM seen UNION SELECT org FROM sums UNION SELECT org FROM"
	" funnel)";

static int before(struct yg_situations *s, int64_t org)
{
	int rc = yg_sit_begin(s);

	if (rc != YG_OK)
		return rc;
	rc = yg_sit_run(s, forget_words, "ii", org, (int64_t)YG_TIE_INDICATOR);
	if (rc == YG_OK)
		rc = yg_sit_run(s, "UPDATE events SET text='' WHERE situation IN " ITS_ALONE, "i",
				org);
	if (rc == YG_OK)
		rc = yg_sit_run(s, "UPDATE situations SET key='' WHERE n IN " ITS_ALONE, "i", org);
	return yg_sit_end(s, rc);
}

static int behind(struct yg_situations *s, int64_t org)
{
	int rc = yg_sit_begin(s);

	if (rc != YG_OK)
		return rc;
	rc = yg_sit_run(s, forget_patterns, "i", (int64_t)YG_TIE_PATTERN);
	if (rc == YG_OK)
		rc = yg_sit_run(s, give_days_away, "i", org);
	if (rc == YG_OK)
		rc = yg_sit_run(s, "DELETE FROM funnel WHERE org=?1", "i", org);
	if (rc == YG_OK)
		rc = yg_sit_run(s, forget_names, "");
	return yg_sit_end(s, rc);
}

int yg_situations_forget(struct yg_situations *s, struct yg_bytes org, uint32_t limit)
{
	uint32_t count = limit;
	int64_t n = 0;
	int rc = yg_sit_name(s, org, false, &n);

	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK
				       : rc; /* it never had an alert, or was here already */
	rc = before(s, n);
	while (rc == YG_OK && count == limit)
		rc = yg_situations_expire(s, org, INT64_MAX, limit, &count);
	return rc == YG_OK ? behind(s, n) : rc;
}
