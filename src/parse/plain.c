/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/plain.h"

#include "parse/address.h"
#include "parse/cursor.h"
#include "parse/time_format.h"
#include "parse/times.h"
#include "parse/words.h"

#include "base/ban.h"

#define RECORD_BYTES_MAX (64u << 10) /* of a line: longer ones are no log of a program */

/* Times as far as the seconds; a fraction and a zone are looked for behind them. */
static const char *const forms[] = {
	"%Y-%m-%dT%H:%M:%S",	 "%Y-%m-%d %H:%M:%S",	  "%Y/%m/%d %H:%M:%S",
	"%Y/%m/%d - %H:%M:%S",	 "%Y.%m.%d %H:%M:%S",	  "%Y-%m-%d-%H:%M:%S",
	"%Y%m%d %H:%M:%S",	 "%Y%m%d-%H:%M:%S",	  "%d/%b/%Y:%H:%M:%S",
	"%d/%b/%Y %H:%M:%S",	 "%d-%b-%Y %H:%M:%S",	  "%d %b %Y %H:%M:%S",
	"%a, %d %b %Y %H:%M:%S", "%a %b %d %H:%M:%S %Y",  "%b %d, %Y %I:%M:%S %p",
	"%b %d %Y %H:%M:%S",	 "%b %d %H:%M:%S %Y",	  "%b %d %H:%M:%S",
	"%m/%d/%Y %I:%M:%S %p",	 "%m/%d/%Y %H:%M:%S",	  "%d/%m/%Y %H:%M:%S",
	"%m/%d/%y %H:%M:%S",	 "%d.%m.%Y %H:%M:%S",	  "%d.%m.%Y, %H:%M:%S",
	"%m/%d/%Y, %H:%M:%S",	 "%m/%d/%y, %I:%M:%S %p", "%Y年%m月%d日 %H:%M:%S",
	"%y%m%d %k:%M:%S",	 "%d-%m-%Y %H:%M:%S",	  "%Y:%m:%d-%H:%M:%S",
	"%b-%d-%y %H:%M:%S",	 "%m.%d %H:%M:%S",	  "%Y年%m月%d日 %H時%M分%S秒",
	"%m月 %d %H:%M:%S",	 "%Y-%b-%d %H:%M:%S",
};

struct stamp {
	int64_t ns;
	size_t size;
	bool has_zone;
};

static bool is_letter(uint8_t c)
{
	return (uint8_t)((c | 0x20) - 'a') < 26;
}

static bool is_digit(uint8_t c)
{
	return (uint8_t)(c - '0') <= 9;
}

/* The format for the fraction at the start of @b: its size in *ret_size. */
static const char *fraction_form(struct yg_bytes b, size_t *ret_size)
{
	size_t digits = yg_count_digits(yg_bytes_from(b, 1));

	*ret_size = 0;
	if (b.size < 2 || (b.data[0] != '.' && b.data[0] != ',') || digits == 0 || digits > 9)
		return "";
	*ret_size = 1 + digits;
	return b.data[0] == '.' ? ".%f" : ",%f";
}

static bool is_zone_name(struct yg_bytes b)
{
	return yg_bytes_starts(b, YG_S("UTC")) || yg_bytes_starts(b, YG_S("GMT")) ||
	       yg_bytes_starts(b, YG_S("JST"));
}

/* "Z", "+0900", "+09:00", and not "-- text". */
static bool is_zone(struct yg_bytes b)
{
	if (b.size > 0 && b.data[0] == 'Z')
		return b.size == 1 || !is_letter(b.data[1]);
	return b.size >= 5 && (b.data[0] == '+' || b.data[0] == '-') && is_digit(b.data[1]) &&
	       is_digit(b.data[2]) && (is_digit(b.data[3]) || b.data[3] == ':');
}

/* The format for the zone at the start of @b; "" where none stands there. */
static const char *zone_form(struct yg_bytes b)
{
	bool has_blank = b.size > 0 && b.data[0] == ' ';
	struct yg_bytes zone = yg_bytes_from(b, has_blank);

	if (is_zone_name(zone))
		return has_blank ? " %Z" : "%Z";
	if (is_zone(zone))
		return has_blank ? " %z" : "%z";
	return "";
}

/* A time of form @form at the start of @text, with its fraction and zone. */
static bool read_form(struct yg_parser_int *ctx, const char *form, struct yg_bytes text,
		      struct stamp *ret)
{
	const struct yg_zone *zone = ctx->opts.zone;
	int64_t reference = ctx->opts.reference_ns;
	char whole[YG_TIME_FORMAT_MAX];
	const char *fraction, *place;
	size_t fraction_size, size;

	ret->size = yg_time_format_read(yg_bytes_str(form), text, zone, reference, &ret->ns,
					&ret->has_zone);
	if (ret->size == 0)
		return false;
	fraction = fraction_form(yg_bytes_from(text, ret->size), &fraction_size);
	place = zone_form(yg_bytes_from(text, ret->size + fraction_size));
	if (!*fraction && !*place)
		return true;
	(void)snprintf(whole, sizeof(whole), "%s%s%s", form, fraction, place);
	size = yg_time_format_read(yg_bytes_str(whole), text, zone, reference, &ret->ns,
				   &ret->has_zone);
	if (size > 0) {
		ret->size = size;
		return true;
	}
	/* a zone that is none after all: the time without it */
	ret->size = yg_time_format_read(yg_bytes_str(form), text, zone, reference, &ret->ns,
					&ret->has_zone);
	return ret->size > 0;
}

/* Seconds since 1970 with a fraction or without, as a word of its own. */
static bool read_seconds(struct yg_parser_int *ctx, struct yg_bytes text, struct stamp *ret)
{
	size_t size = yg_count_digits(text);

	if (size != 10 && size != 13)
		return false;
	if (size < text.size && text.data[size] == '.')
		size += 1 + yg_count_digits(yg_bytes_from(text, size + 1));
	if (size < text.size && (is_letter(text.data[size]) || strchr("./-_\t", text.data[size])))
		return false;
	ret->size = size;
	return yg_times_any(yg_bytes_cut(text, 0, size), ctx->opts.zone, &ret->ns, &ret->has_zone);
}

static bool read_stamp(struct yg_parser_int *ctx, struct yg_bytes text, bool is_first,
		       struct stamp *ret)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (read_form(ctx, forms[i], text, ret))
			return true;
	return is_first && read_seconds(ctx, text, ret);
}

/* A time can begin here: with a digit or a letter that continues nothing. */
static bool may_begin(struct yg_bytes b, size_t i)
{
	uint8_t c = b.data[i];
	uint8_t before = i > 0 ? b.data[i - 1] : ' ';

	if (is_digit(c))
		return !is_digit(before) && before != '.' && before != '/';
	return is_letter(c) && !is_letter(before) && !is_digit(before);
}

/* The first time in the first bytes of @b; *ret_at: where it begins. */
static bool find_stamp(struct yg_parser_int *ctx, struct yg_bytes b, size_t *ret_at,
		       struct stamp *ret)
{
	bool is_first = true;

	for (size_t i = 0; i < b.size && i < YG_PLAIN_LOOK_BYTES; i++) {
		if (!may_begin(b, i))
			continue;
		*ret_at = i;
		if (read_stamp(ctx, yg_bytes_from(b, i), is_first, ret))
			return true;
		is_first = false;
	}
	return false;
}

bool yg_plain_fits(struct yg_bytes record)
{
	return record.size >= 10 && record.size <= RECORD_BYTES_MAX && !yg_fits_json(record);
}

/* What stands behind a time at the start, without what divides it from the time. */
static struct yg_bytes message_of(struct yg_bytes b, size_t at, size_t size)
{
	struct yg_bytes rest = b;

	for (size_t i = 0; i < at; i++)
		if (!strchr(" [(<\"'", b.data[i]) || !b.data[i])
			return b;
	rest = yg_bytes_from(rest, at + size);
	while (rest.size > 0 && rest.data[0] && strchr(" \t])>\"'|:,;-", rest.data[0]))
		rest = yg_bytes_from(rest, 1);
	return rest;
}

/*
 * A row of the tables that web servers of Microsoft write, without the head that says what its
 * columns are: better not read, with a word about it, than read as a text in which nobody looks for
 * requests.
 */
static bool is_w3c_row(struct yg_bytes message)
{
	static const char *const methods[] = {"GET", "POST", "HEAD", "PUT", "OPTIONS"};
	struct yg_bytes first = yg_take_word(&message);
	struct yg_bytes method = yg_take_word(&message);

	if (!yg_address_in(first, NULL, NULL) && !yg_bytes_starts(first, YG_S("W3SVC")))
		return false;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (yg_bytes_eq(method, yg_bytes_str(methods[i])))
			return yg_bytes_starts(message, YG_S("/"));
	return false;
}

int yg_plain_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		  struct yg_fault *reterr)
{
	struct yg_bytes b = yg_bytes_trim(record);
	struct yg_bytes message;
	struct stamp stamp;
	bool is_known;
	size_t at;
	int rc;

	if (!yg_plain_fits(record) || !find_stamp(ctx, b, &at, &stamp))
		return yg_fault_set(reterr, YG_EMISMATCH, "no time near the start of the line", 0);
	message = message_of(b, at, stamp.size);
	if (is_w3c_row(message))
		return yg_fault_set(reterr, YG_EMISMATCH, "requests without a line #Fields:", 0);
	event->time_ns = stamp.ns;
	event->has_zone = stamp.has_zone;
	event->time_text = yg_bytes_cut(b, at, at + stamp.size);
	rc = message.size > 0 ? yg_event_add_id(event, YG_F_message, message, YG_VALUE_TEXT)
			      : YG_OK;
	if (rc == YG_OK)
		rc = yg_words_add(event, message, &is_known);
	if (rc == YG_OK)
		rc = yg_plain_finish(event);
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}

int yg_plain_finish(struct yg_event *event)
{
	event->channel = (struct yg_bytes){0};
	return YG_OK;
}

int yg_plain_object(struct yg_event *event, struct yg_bytes record)
{
	bool is_known;
	int rc = YG_OK;

	if (!yg_event_find(event, YG_F_auth_result)) {
		rc = yg_words_add(event, record, &is_known);
		if (rc == YG_OK && is_known)
			event->format = YG_FORMAT_PLAIN;
	}
	return rc;
}
