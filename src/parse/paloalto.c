/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/paloalto.h"

#include "parse/cursor.h"
#include "parse/when.h"

#include "base/ban.h"

#define PARTS_MAX  64u /* further ones are not looked at */
#define TIME_BYTES 19u /* 2023/07/06 08:11:40 */

struct parts {
	struct yg_bytes at[PARTS_MAX];
	size_t count;
};

/* A value in quotes may hold commas; a doubled quote inside stays as it is. */
static struct yg_bytes take_part(struct yg_bytes *b)
{
	struct yg_bytes ret;
	size_t end = 1;

	if (b->size == 0 || b->data[0] != '"')
		return yg_take_to(b, ',');
	while (end < b->size &&
	       (b->data[end] != '"' || (end + 1 < b->size && b->data[end + 1] == '"')))
		end += b->data[end] == '"' ? 2u : 1u;
	ret = yg_bytes_cut(*b, 1, end);
	*b = yg_bytes_from(*b, end + 1);
	(void)yg_take_to(b, ',');
	return ret;
}

static void cut_parts(struct yg_bytes b, struct parts *ret)
{
	*ret = (struct parts){0};
	while (b.size > 0 && ret->count < PARTS_MAX)
		ret->at[ret->count++] = take_part(&b);
}

static bool is_time(struct yg_bytes b)
{
	return b.size >= TIME_BYTES && yg_count_digits(b) == 4 && b.data[4] == '/' &&
	       b.data[7] == '/' && b.data[10] == ' ' && b.data[13] == ':' && b.data[16] == ':';
}

bool yg_paloalto_fits(struct yg_bytes record)
{
	struct yg_bytes b = record;
	struct yg_bytes first = yg_take_to(&b, ',');
	struct yg_bytes time = yg_take_to(&b, ',');
	struct yg_bytes type;

	if (first.size > 2 || (first.size > 0 && !yg_is_digits(first)) || time.size != TIME_BYTES ||
	    !is_time(time))
		return false;
	(void)yg_take_to(&b, ',');
	type = yg_take_to(&b, ',');
	for (size_t i = 0; i < type.size; i++)
		if ((uint8_t)(type.data[i] - 'A') >= 26 && type.data[i] != '-' &&
		    type.data[i] != '_')
			return false;
	return type.size >= 3;
}

static bool set_time(struct yg_parser_int *ctx, struct yg_bytes text, struct yg_event *event)
{
	const uint8_t *d = text.data;
	uint32_t year, month, day, hour, minute, second;
	struct yg_when when = {0};

	if (!is_time(text) || text.size != TIME_BYTES || !yg_when_digits(d, 4, &year) ||
	    !yg_when_digits(d + 5, 2, &month) || !yg_when_digits(d + 8, 2, &day) ||
	    !yg_when_digits(d + 11, 2, &hour) || !yg_when_digits(d + 14, 2, &minute) ||
	    !yg_when_digits(d + 17, 2, &second))
		return false;
	when.civil = (struct yg_civil){.year = (int32_t)year,
				       .month = (uint8_t)month,
				       .day = (uint8_t)day,
				       .hour = (uint8_t)hour,
				       .minute = (uint8_t)minute,
				       .second = (uint8_t)second};
	if (!yg_when_instant(&when, ctx->opts.zone, &event->time_ns))
		return false;
	event->time_text = text;
	return true;
}

/* TRAFFIC and THREAT share what stands up to the action; behind it they differ. */
static int add_session(struct yg_event *event, const struct parts *p, bool is_threat)
{
	const struct yg_put puts[] = {
		{"src_ip", p->at[7]},	   {"dst_ip", p->at[8]},    {"nat_src_ip", p->at[9]},
		{"nat_dst_ip", p->at[10]}, {"rule", p->at[11]},	    {"user", p->at[12]},
		{"dst_user", p->at[13]},   {"app", p->at[14]},	    {"vsys", p->at[15]},
		{"from_zone", p->at[16]},  {"to_zone", p->at[17]},  {"session", p->at[22]},
		{"src_port", p->at[24]},   {"dst_port", p->at[25]}, {"proto", p->at[29]},
		{"action", p->at[30]},
	};
	const struct yg_put traffic[] = {
		{"bytes", p->at[31]},
		{"bytes_sent", p->at[32]},
		{"bytes_received", p->at[33]},
		{"session_end_reason", p->at[46]},
	};
	const struct yg_put threat[] = {
		{"misc", p->at[31]},	  {"threat", p->at[32]},
		{"category", p->at[33]},  {"threat_severity", p->at[34]},
		{"direction", p->at[35]},
	};
	int rc = YG_PUT_ALL(event, puts);

	if (rc != YG_OK)
		return rc;
	return is_threat ? YG_PUT_ALL(event, threat) : YG_PUT_ALL(event, traffic);
}

static int add_globalprotect(struct yg_event *event, const struct parts *p)
{
	bool is_sign_in = yg_bytes_ends(p->at[8], YG_S("-auth")) ||
			  yg_bytes_ends(p->at[8], YG_S("-connected"));
	const char *result = !is_sign_in			       ? ""
			     : yg_bytes_eq(p->at[28], YG_S("success")) ? "accepted"
								       : "failed";
	const struct yg_put puts[] = {
		{"event", p->at[8]},
		{"stage", p->at[9]},
		{"auth_method", p->at[10]},
		{"tunnel", p->at[11]},
		{"user", p->at[12]},
		{"region", p->at[13]},
		{"machine", p->at[14]},
		{"src_ip", p->at[15]},
		{"reason", p->at[25]},
		{"error", p->at[26]},
		{"message", p->at[27]},
		{"status", p->at[28]},
		{"auth_result", yg_bytes_str(result)},
	};

	return YG_PUT_ALL(event, puts);
}

int yg_paloalto_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		     struct yg_fault *reterr)
{
	struct parts p;
	struct yg_bytes type;
	int rc;

	if (!yg_paloalto_fits(record))
		return yg_fault_set(reterr, YG_EMISMATCH, "no line as PAN-OS writes it", 0);
	cut_parts(record, &p);
	type = p.at[3];
	if (!set_time(ctx, p.at[6], event) && !set_time(ctx, p.at[1], event))
		return yg_fault_set(reterr, YG_EFORMAT, "there is no such time", 0);
	{
		const struct yg_put puts[] = {
			{"serial", p.at[2]}, {"type", type}, {"subtype", p.at[4]}};

		rc = YG_PUT_ALL(event, puts);
	}
	if (rc == YG_OK &&
	    (yg_bytes_eq(type, YG_S("TRAFFIC")) || yg_bytes_eq(type, YG_S("THREAT"))))
		rc = add_session(event, &p, yg_bytes_eq(type, YG_S("THREAT")));
	else if (rc == YG_OK && yg_bytes_eq(type, YG_S("GLOBALPROTECT")))
		rc = add_globalprotect(event, &p);
	else if (rc == YG_OK && yg_bytes_eq(type, YG_S("SYSTEM")))
		rc = yg_event_add(event, YG_S("message"), p.at[14], YG_VALUE_TEXT);
	if (rc == YG_OK)
		rc = yg_paloalto_finish(event);
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}

/* What routing looks at is the type. */
int yg_paloalto_finish(struct yg_event *event)
{
	event->channel = yg_event_get(event, YG_F_type);
	return YG_OK;
}
