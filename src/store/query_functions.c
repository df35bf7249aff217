/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of ours that queries may call. SQLite's own functions of dates are not on the list:
 * they read the clock of the machine. */
#include "store/query-int.h"

#include "base/ban.h"

#define DAYS_MOST 400000 /* that may be added at once: a thousand years */

static struct yg_bytes text_of(sqlite3_value *value)
{
	const uint8_t *text = sqlite3_value_text(value);

	return (struct yg_bytes){text, text ? (size_t)sqlite3_value_bytes(value) : 0};
}

static void give_day(sqlite3_context *context, int32_t day)
{
	char iso[YG_DAY_SIZE];

	if (day == YG_DAY_NONE)
		return; /* NULL */
	yg_day_write(day, iso);
	if (iso[0] != 0)
		sqlite3_result_text(context, iso, -1, SQLITE_TRANSIENT);
}

/* yg_today(): the day of the run. */
static void today(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct yg_query *query = sqlite3_user_data(context);

	(void)count;
	(void)values;
	give_day(context, query->day);
}

/* days(DAY): days since 1970-01-01, so that two can be subtracted; NULL when it is no day. */
static void days(sqlite3_context *context, int count, sqlite3_value **values)
{
	int32_t day = yg_day_read(text_of(values[0]));

	(void)count;
	if (day != YG_DAY_NONE)
		sqlite3_result_int(context, day);
}

/* day_add(DAY, 14) and day_add(DAY, 'P1Y'): NULL when either is none. */
static void day_add(sqlite3_context *context, int count, sqlite3_value **values)
{
	int32_t day = yg_day_read(text_of(values[0]));
	struct yg_period period;

	(void)count;
	if (day == YG_DAY_NONE || sqlite3_value_type(values[1]) == SQLITE_NULL)
		return;
	if (sqlite3_value_type(values[1]) == SQLITE_INTEGER) {
		int64_t more = sqlite3_value_int64(values[1]);

		if (more >= -DAYS_MOST && more <= DAYS_MOST)
			give_day(context, day + (int32_t)more);
	} else if (yg_period_read(text_of(values[1]), &period)) {
		give_day(context, yg_day_add(day, period));
	} else {
		sqlite3_result_error(context,
				     "day_add: the second value is a number of days or a span "
				     "such as 'P1Y', 'P6M', 'P14D'",
				     -1);
	}
}

int yg_query_add_functions(struct yg_query *query)
{
	int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
	int rc = sqlite3_create_function_v2(query->db, "yg_today", 0, flags, query, today, NULL,
					    NULL, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_create_function_v2(query->db, "days", 1, flags, NULL, days, NULL, NULL,
						NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_create_function_v2(query->db, "day_add", 2, flags, NULL, day_add, NULL,
						NULL, NULL);
	return yg_inventory_code(rc);
}
