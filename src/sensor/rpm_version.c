/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of two versions of rpm is the newer: epochs as numbers, then version, then release, each by
 * its runs of digits and of letters:
 *
 *   ~  sorts before everything, the end too     1.0~rc1 < 1.0
 *   ^  sorts before everything but the end      1.0 < 1.0^git1 < 1.0.1
 *   digits are newer than letters, more runs than fewer; all other characters part runs.
 *
 * Source: rpm-version(7); what it says is tried against rpm 4.18 in tests/e2e/sensor_rpm.py.
 */
#include "sensor/rpm.h"

#include "base/ban.h"

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* What parts runs goes. */
static void skip(struct yg_bytes *b)
{
	size_t i = 0;

	while (i < b->size && !is_digit(b->data[i]) && !is_letter(b->data[i]) &&
	       b->data[i] != '~' && b->data[i] != '^')
		i++;
	*b = yg_bytes_from(*b, i);
}

static bool begins(struct yg_bytes b, uint8_t c)
{
	return b.size > 0 && b.data[0] == c;
}

static struct yg_bytes take_run(struct yg_bytes *b, bool is_number)
{
	size_t i = 0;
	struct yg_bytes run;

	while (i < b->size && (is_number ? is_digit(b->data[i]) : is_letter(b->data[i])))
		i++;
	run = yg_bytes_cut(*b, 0, i);
	*b = yg_bytes_from(*b, i);
	return run;
}

static struct yg_bytes without_zeros(struct yg_bytes run)
{
	size_t i = 0;

	while (i < run.size && run.data[i] == '0')
		i++;
	return yg_bytes_from(run, i);
}

static int compare_bytes(struct yg_bytes a, struct yg_bytes b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int found = size ? memcmp(a.data, b.data, size) : 0;

	return found ? found : (a.size > b.size) - (a.size < b.size);
}

/* The next run of both, which both have. */
static int compare_runs(struct yg_bytes *a, struct yg_bytes *b)
{
	bool is_number = is_digit(a->data[0]);
	struct yg_bytes x;
	struct yg_bytes y;

	if (is_digit(b->data[0]) != is_number)
		return is_number ? 1 : -1;
	x = take_run(a, is_number);
	y = take_run(b, is_number);
	if (!is_number)
		return compare_bytes(x, y);
	x = without_zeros(x);
	y = without_zeros(y);
	if (x.size != y.size)
		return x.size > y.size ? 1 : -1;
	return compare_bytes(x, y);
}

/* Of the version or the release. */
static int compare_part(struct yg_bytes a, struct yg_bytes b)
{
	for (;;) {
		int found;

		skip(&a);
		skip(&b);
		if (begins(a, '~') != begins(b, '~'))
			return begins(a, '~') ? -1 : 1;
		if (!begins(a, '~') && begins(a, '^') != begins(b, '^')) {
			if (begins(a, '^'))
				return b.size == 0 ? 1 : -1;
			return a.size == 0 ? -1 : 1;
		}
		if (begins(a, '~') || begins(a, '^')) {
			a = yg_bytes_from(a, 1);
			b = yg_bytes_from(b, 1);
			continue;
		}
		if (a.size == 0 || b.size == 0)
			return (a.size > 0) - (b.size > 0);
		found = compare_runs(&a, &b);
		if (found != 0)
			return found;
	}
}

/* [EPOCH:]VERSION[-RELEASE]; no part but the version may hold what parts it. */
static struct yg_bytes split(struct yg_bytes text, struct yg_bytes *ret_epoch,
			     struct yg_bytes *ret_release)
{
	size_t colon = yg_bytes_chr(text, ':');
	size_t dash;

	*ret_epoch = colon == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_cut(text, 0, colon);
	text = colon == SIZE_MAX ? text : yg_bytes_from(text, colon + 1);
	dash = text.size;
	while (dash > 0 && text.data[dash - 1] != '-')
		dash--;
	*ret_release = dash > 0 ? yg_bytes_from(text, dash) : (struct yg_bytes){0};
	return dash > 0 ? yg_bytes_cut(text, 0, dash - 1) : text;
}

int yg_rpm_compare(struct yg_bytes a, struct yg_bytes b)
{
	struct yg_bytes a_epoch;
	struct yg_bytes b_epoch;
	struct yg_bytes a_release;
	struct yg_bytes b_release;
	struct yg_bytes a_version = split(a, &a_epoch, &a_release);
	struct yg_bytes b_version = split(b, &b_epoch, &b_release);
	int found;

	a_epoch = without_zeros(a_epoch); /* none is 0 */
	b_epoch = without_zeros(b_epoch);
	found = compare_part(a_epoch, b_epoch);
	if (found == 0)
		found = compare_part(a_version, b_version);
	return found ? found : compare_part(a_release, b_release);
}
