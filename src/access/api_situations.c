/* SPDX-License-Identifier: Apache-2.0 */
/* Situations: what belongs together, and what people decide of it. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/situations.h"
#include "base/alloc.h"
#include "base/crypt.h"
#include "base/hash.h"

#include "base/ban.h"

#define ID_HEX	  (2u * YG_SITUATION_ID_BYTES)
#define PARTS_MAX 10u	 /* of each, in a list */
#define ROW_MAX	  32768u /* bytes of an object in a list */

/* A call with what its reader may see. */
struct asked {
	const struct yg_hub_call *call;
	struct yg_situations *s;
	struct yg_situation_view view;
	struct yg_situation_saying how;
	struct yg_buf *to;
	bool is_begun;
	int64_t last_ns; /* of the last one, for the next page */
	uint64_t number;
	uint32_t count;
	uint8_t id[YG_SITUATION_ID_BYTES];
	enum yg_situation_state state;
};

static int refuse_several(const struct yg_hub_call *call)
{
	(void)yg_call_bad(call, N_("Say which organisation: ?org=.")); /* always YG_OK */
	return YG_EEND;
}

/* YG_OK, or YG_EEND: refused in the reply. */
static int ask(const struct yg_hub_call *call, struct asked *ret)
{
	const struct yg_hub_api_opts *opts = &call->api->opts;
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes org = yg_call_query(call, "org", mem);
	struct yg_hub_reach reach = {0};
	char text[YG_ENROL_ID_MAX + 1];
	int rc;

	*ret = (struct asked){.call = call, .s = opts->situations, .to = &call->reply->body};
	if (!opts->situations) {
		(void)yg_call_refuse(call, 503, "busy", N_("Situations cannot be read now"),
				     N_("Wait a moment and try again.")); /* always YG_OK */
		return YG_EEND;
	}
	(void)snprintf(text, sizeof(text), "%.*s", YG_FMT(org)); /* a longer one is none */
	rc = yg_hub_reach(opts->hub, call->request->actor, YG_MAY_read_findings, &reach);
	if (rc == YG_OK)
		rc = org.size < sizeof(text) ? yg_situation_view(&reach, text, &ret->view)
					     : YG_ENOENT;
	yg_hub_reach_done(&reach);
	ret->how = (struct yg_situation_saying){.is_whole = ret->view.is_whole,
						.lang = call->request->lang,
						.now_ns = opts->clock.now_ns(opts->clock.arg)};
	if (rc == YG_EINVAL)
		return refuse_several(call);
	if (rc == YG_ENOENT) {
		(void)yg_call_not_found(call); /* always YG_OK */
		return YG_EEND;
	}
	return rc;
}

static int end(int rc)
{
	return rc == YG_EEND ? YG_OK : rc;
}

static void comma(struct asked *asked)
{
	yg_buf_add_str(asked->to, asked->is_begun ? "," : "");
	asked->is_begun = true;
}

/* ---- reading ---- */

static int add_one(void *arg, const struct yg_situation *one)
{
	struct asked *asked = arg;

	comma(asked);
	yg_situation_json(one, &asked->how, asked->to);
	asked->last_ns = one->facts.last_ns;
	asked->number = one->internal;
	asked->count++;
	asked->state = one->state;
	return yg_buf_error(asked->to);
}

/* ?after= "TIME.NUMBER", the number veiled: it counts over all organisations. */
static int read_after(const struct yg_hub_call *call, struct yg_situations_filter *filter)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes after = yg_call_query(call, "after", mem);
	size_t dot = yg_bytes_chr(after, '.');
	uint64_t number = 0;

	if (after.size == 0)
		return YG_OK;
	filter->has_after = dot < after.size &&
			    yg_bytes_i64(yg_bytes_cut(after, 0, dot), &filter->after_last_ns) &&
			    yg_bytes_u64(yg_bytes_from(after, dot + 1), &number) &&
			    yg_unveil(call->api->veil_key, number, &filter->after_number);
	if (filter->has_after)
		return YG_OK;
	(void)yg_call_bad(call, N_("after must be what `next` said.")); /* always YG_OK */
	return YG_EEND;
}

static int read_filter(const struct yg_hub_call *call, struct yg_situations_filter *filter,
		       char *assignee)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes state = yg_call_query(call, "state", mem);
	int rc = yg_call_query_limit(call, &filter->limit);

	if (rc == YG_OK)
		rc = read_after(call, filter);
	filter->assignee = yg_call_query(call, "assignee", assignee);
	filter->is_open = yg_bytes_eq(state, YG_S("open"));
	filter->has_state = state.size > 0 && !filter->is_open;
	if (rc == YG_OK && filter->has_state &&
	    !yg_situation_state_by_name(state, &filter->state)) {
		(void)yg_call_bad(call, N_("state is open, new, check, noise, confirmed, notified, "
					   "acknowledged or resolved.")); /* always YG_OK */
		return YG_EEND;
	}
	return rc;
}

static int add_part(void *arg, const struct yg_situation_part *part)
{
	struct asked *asked = arg;

	comma(asked);
	yg_situation_part_json(part, asked->to);
	return yg_buf_error(asked->to);
}

/* What a list adds to its objects: the parts of each, at most so many. */
struct with_parts {
	struct asked *asked;
	uint32_t most; /* 0: none */
	struct yg_buf text;
	struct {
		size_t end; /* of its object in @text */
		uint64_t number;
	} * rows; /* owned */
	uint32_t count;
};

/* ?parts=, for those who see whole situations; to others there is nothing to add. */
static int read_parts(const struct yg_hub_call *call, const struct asked *asked, uint32_t *ret)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes text = yg_call_query(call, "parts", mem);
	uint64_t number = 0;

	*ret = 0;
	if (text.size == 0)
		return YG_OK;
	if (!yg_bytes_u64(text, &number) || number < 1 || number > PARTS_MAX) {
		(void)yg_call_bad(call, N_("parts is a number from 1 to 10.")); /* always YG_OK */
		return YG_EEND;
	}
	*ret = asked->view.is_whole ? (uint32_t)number : 0;
	return YG_OK;
}

/* Kept for now: while a list runs nothing else may be asked of its store. */
static int keep_one(void *arg, const struct yg_situation *one)
{
	struct with_parts *w = arg;
	struct asked *asked = w->asked;
	int rc;

	asked->is_begun = false;
	asked->to = &w->text;
	rc = add_one(asked, one);
	asked->to = &asked->call->reply->body;
	w->rows[w->count].end = w->text.size;
	w->rows[w->count++].number = one->internal;
	return rc;
}

static int add_parts(struct with_parts *w)
{
	struct asked *asked = w->asked;
	size_t from = 0;
	int rc = YG_OK;

	for (uint32_t i = 0; i < w->count && rc == YG_OK; i++) {
		struct yg_bytes one = yg_bytes_cut(yg_buf_bytes(&w->text), from, w->rows[i].end);

		yg_buf_add_str(asked->to, i ? "," : "");
		yg_buf_add(asked->to, yg_bytes_cut(one, 0, one.size - 1));
		yg_buf_add_str(asked->to, ",\"parts\":[");
		asked->is_begun = false;
		rc = yg_situations_parts(asked->s, w->rows[i].number, w->most, add_part, asked);
		yg_buf_add_str(asked->to, "]}");
		from = w->rows[i].end;
	}
	return rc;
}

static int list_with_parts(struct asked *asked, const struct yg_situations_filter *filter,
			   uint32_t most)
{
	struct with_parts w = {.asked = asked, .most = most};
	int rc;

	yg_buf_init(&w.text, ROW_MAX * (size_t)filter->limit);
	w.rows = yg_calloc(filter->limit, sizeof(*w.rows));
	rc = w.rows ? yg_situation_list(asked->s, &asked->view, filter, keep_one, &w) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = add_parts(&w);
	yg_buf_done(&w.text);
	free(w.rows);
	return rc;
}

int yg_hub_do_list_situations(struct yg_hub_call *call)
{
	struct yg_situations_filter filter = {0};
	char assignee[YG_API_QUERY_MAX + 1];
	uint32_t parts = 0;
	struct asked asked;
	int rc = ask(call, &asked);

	if (rc == YG_OK)
		rc = read_filter(call, &filter, assignee);
	if (rc == YG_OK)
		rc = read_parts(call, &asked, &parts);
	if (rc != YG_OK)
		return end(rc);
	yg_buf_add_str(asked.to, "{\"items\":[");
	rc = parts ? list_with_parts(&asked, &filter, parts)
		   : yg_situation_list(asked.s, &asked.view, &filter, add_one, &asked);
	yg_buf_add_byte(asked.to, ']');
	if (asked.count == filter.limit)
		yg_buf_addf(asked.to, ",\"next\":\"%lld.%llu\"", (long long)asked.last_ns,
			    (unsigned long long)yg_veil(call->api->veil_key, asked.number));
	yg_buf_add_byte(asked.to, '}');
	return rc == YG_OK ? yg_buf_error(asked.to) : rc;
}

/* The situation of the path, checked: asked->number, asked->state; its object to @to. */
static int find(struct asked *asked, struct yg_buf *to)
{
	struct yg_bytes part = asked->call->request->parts[0];
	struct yg_buf *kept = asked->to;
	int rc = part.size == ID_HEX && yg_hex_read(part, asked->id, sizeof(asked->id)) ? YG_OK
											: YG_ENOENT;

	asked->to = to;
	if (rc == YG_OK)
		rc = yg_situation_get(asked->s, &asked->view, asked->id, add_one, asked,
				      &asked->number);
	asked->to = kept;
	asked->is_begun = false;
	if (rc == YG_ENOENT) {
		(void)yg_call_not_found(asked->call); /* always YG_OK */
		return YG_EEND;
	}
	return rc;
}

/* The object, with the organisations that are hit for those who may know. */
static int answer(struct asked *asked)
{
	struct yg_buf one;
	int rc;

	yg_buf_init(&one, 1u << 16);
	rc = find(asked, &one);
	if (rc == YG_OK) {
		struct yg_bytes text = yg_buf_bytes(&one);

		yg_buf_add(asked->to, yg_bytes_cut(text, 0, text.size - 1));
		if (asked->view.is_whole) {
			yg_buf_add_str(asked->to, ",\"parts\":[");
			rc = yg_situations_parts(asked->s, asked->number, YG_SITUATIONS_LIST_MAX,
						 add_part, asked);
			yg_buf_add_byte(asked->to, ']');
		}
		yg_buf_add_byte(asked->to, '}');
	}
	yg_buf_done(&one);
	return rc == YG_OK ? yg_buf_error(asked->to) : rc;
}

int yg_hub_do_get_situation(struct yg_hub_call *call)
{
	struct asked asked;
	int rc = ask(call, &asked);

	return end(rc == YG_OK ? answer(&asked) : rc);
}

static int add_alert(void *arg, const struct yg_situation_alert *alert)
{
	struct asked *asked = arg;

	comma(asked);
	yg_situation_alert_json(alert, &asked->how, asked->to);
	memcpy(asked->id, alert->id, sizeof(asked->id));
	asked->count++;
	return yg_buf_error(asked->to);
}

int yg_hub_do_situation_alerts(struct yg_hub_call *call)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes text = yg_call_query(call, "after", mem);
	uint8_t after[YG_SITUATION_ALERT_ID];
	char hex[2 * YG_SITUATION_ALERT_ID + 1];
	uint32_t limit = 0;
	struct asked asked;
	struct yg_buf one;
	int rc = ask(call, &asked);

	yg_buf_init(&one, 1u << 16);
	if (rc == YG_OK)
		rc = find(&asked, &one);
	yg_buf_done(&one);
	if (rc == YG_OK)
		rc = yg_call_query_limit(call, &limit);
	if (rc == YG_OK && text.size > 0 &&
	    (text.size != ID_HEX || !yg_hex_read(text, after, sizeof(after)))) {
		(void)yg_call_bad(call, N_("after must be what `next` said.")); /* always YG_OK */
		rc = YG_EEND;
	}
	if (rc != YG_OK)
		return end(rc);
	asked.count = 0;
	yg_buf_add_str(asked.to, "{\"items\":[");
	rc = yg_situation_alerts(asked.s, &asked.view, asked.number, text.size ? after : NULL,
				 limit, add_alert, &asked);
	yg_buf_add_byte(asked.to, ']');
	yg_hex((struct yg_bytes){asked.id, sizeof(asked.id)}, hex);
	if (asked.count == limit)
		yg_buf_addf(asked.to, ",\"next\":\"%s\"", hex);
	yg_buf_add_byte(asked.to, '}');
	return rc == YG_OK ? yg_buf_error(asked.to) : rc;
}

static int add_event(void *arg, const struct yg_situation_event *event)
{
	struct asked *asked = arg;

	comma(asked);
	yg_situation_event_json(event, asked->to);
	return yg_buf_error(asked->to);
}

int yg_hub_do_situation_events(struct yg_hub_call *call)
{
	struct asked asked;
	struct yg_buf one;
	int rc = ask(call, &asked);

	yg_buf_init(&one, 1u << 16);
	if (rc == YG_OK)
		rc = find(&asked, &one);
	yg_buf_done(&one);
	if (rc != YG_OK)
		return end(rc);
	yg_buf_add_str(asked.to, "{\"items\":[");
	rc = yg_situations_events(asked.s, asked.number, add_event, &asked);
	yg_buf_add_str(asked.to, "]}");
	return rc == YG_OK ? yg_buf_error(asked.to) : rc;
}

struct counted {
	struct asked *asked;
	const struct yg_zone *zone;
};

static int add_day(void *arg, const struct yg_funnel_day *day)
{
	const struct counted *counted = arg;

	comma(counted->asked);
	yg_funnel_json(day, counted->zone, counted->asked->to);
	return yg_buf_error(counted->asked->to);
}

int yg_hub_do_get_funnel(struct yg_hub_call *call)
{
	const struct yg_hub_api_opts *opts = &call->api->opts;
	struct asked asked = {.call = call, .to = &call->reply->body};
	struct counted counted = {.asked = &asked};
	int64_t from_ns = 0, to_ns = 0;
	int rc = yg_call_query_zone(call, &counted.zone);

	if (rc == YG_OK)
		rc = yg_call_query_span(call, &from_ns, &to_ns);
	if (rc != YG_OK)
		return end(rc);
	if (!opts->situations || !opts->facts)
		return yg_call_refuse(call, 503, "busy", N_("Situations cannot be read now"),
				      N_("Wait a moment and try again."));
	yg_buf_add_str(asked.to, "{\"items\":[");
	rc = yg_funnel(
		&(struct yg_funnel_from){opts->situations, opts->facts, opts->hub, counted.zone},
		yg_access_org(call->access), from_ns == YG_TIME_NONE ? 0 : from_ns,
		to_ns == YG_TIME_NONE ? 0 : to_ns, add_day, &counted);
	yg_buf_add_str(asked.to, "]}");
	return rc == YG_OK ? yg_buf_error(asked.to) : rc;
}

/* ---- writing: analysts alone, whole situations ---- */

struct written {
	struct asked asked;
	json_t *in;
	char text[YG_SITUATION_TEXT_MAX + 1];
	char word[YG_SITUATION_WHO_MAX + 1];
	struct yg_situation_by by;
};

/* What every change begins with: YG_OK, or YG_EEND refused. */
static int begin(struct yg_hub_call *call, struct written *w)
{
	const struct yg_hub_api_opts *opts = &call->api->opts;
	struct yg_buf one;
	int rc = ask(call, &w->asked);

	w->in = NULL;
	/* Who may write but not read would learn by writing. */
	if (rc == YG_OK && !w->asked.view.is_whole) {
		(void)yg_hub_api_refuse(call->reply, call->request->lang, YG_EACCES);
		return YG_EEND;
	}
	yg_buf_init(&one, 1u << 16);
	if (rc == YG_OK)
		rc = find(&w->asked, &one);
	yg_buf_done(&one);
	if (rc == YG_OK)
		rc = yg_call_body(call, &w->in);
	if (rc == YG_OK && !yg_call_text(call, w->in, "text", w->text, sizeof(w->text)))
		rc = YG_EEND;
	w->by = (struct yg_situation_by){yg_bytes_str(yg_access_actor(call->access)),
					 opts->clock.now_ns(opts->clock.arg),
					 yg_bytes_str(w->text)};
	return rc;
}

static int finish(struct yg_hub_call *call, struct written *w, int rc)
{
	json_decref(w->in);
	if (rc == YG_EMISMATCH)
		return yg_call_refuse(
			call, 409, "changed", N_("It does not stand where this step begins"),
			N_("Load it again: somebody was faster, or a step is missing."));
	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	if (rc == YG_EINVAL)
		return yg_call_bad(call,
				   N_("This cannot be done with these situations or alerts."));
	if (rc == YG_OK)
		rc = answer(&w->asked);
	return end(rc);
}

static bool read_state(struct written *w, const char *key, enum yg_situation_state *ret)
{
	return yg_call_text(w->asked.call, w->in, key, w->word, sizeof(w->word)) &&
	       yg_situation_state_by_name(yg_bytes_str(w->word), ret);
}

/* {"from","to","text"} */
int yg_hub_do_set_situation_state(struct yg_hub_call *call)
{
	enum yg_situation_state from, to;
	struct written w;
	int rc = begin(call, &w);

	if (rc == YG_OK && (!read_state(&w, "from", &from) || !read_state(&w, "to", &to))) {
		if (call->reply->status < 400)
			(void)yg_call_bad(call, N_("from and to are states.")); /* always YG_OK */
		rc = YG_EEND;
	}
	if (rc == YG_OK)
		rc = yg_situations_set_state(w.asked.s, w.asked.number, from, to, &w.by);
	return finish(call, &w, rc);
}

static int change_certainty(struct written *w)
{
	enum yg_certainty certainty;
	struct yg_situation_by by = w->by;
	char source[YG_SITUATION_WHO_MAX + 1];

	if (!yg_call_text(w->asked.call, w->in, "certainty", w->word, sizeof(w->word)) ||
	    !yg_call_text(w->asked.call, w->in, "certainty_source", source, sizeof(source)))
		return YG_EEND;
	if (!yg_certainty_by_name(yg_bytes_str(w->word), &certainty) ||
	    (certainty == YG_CERTAINTY_CONFIRMED && source[0] == '\0')) {
		(void)yg_call_bad(w->asked.call,
				  N_("certainty is machine, analyst or confirmed; confirmed needs "
				     "certainty_source: who of the organisation says so."));
		return YG_EEND; /* refused above, always YG_OK */
	}
	if (source[0])
		by.text = yg_bytes_str(source);
	return yg_situations_certain(w->asked.s, w->asked.number, certainty, &by);
}

static int change_due(struct written *w, const json_t *due)
{
	int64_t ns = YG_TIME_NONE;
	bool has_zone;

	if (!json_is_null(due) &&
	    !yg_time_parse_iso(yg_json_text(w->in, "due"), 0, &ns, &has_zone)) {
		(void)yg_call_bad(w->asked.call,
				  N_("Write a time as 2026-11-25T03:04:05Z, or a day as 2026-11-25 "
				     "(UTC).")); /* always YG_OK */
		return YG_EEND;
	}
	return yg_situations_due(w->asked.s, w->asked.number, ns, &w->by);
}

/* {"assignee","due","certainty","certainty_source"}: what is not there stays. */
int yg_hub_do_change_situation(struct yg_hub_call *call)
{
	struct written w;
	int rc = begin(call, &w);
	const json_t *due = json_object_get(w.in, "due");

	if (rc == YG_OK && json_object_get(w.in, "certainty"))
		rc = change_certainty(&w);
	if (rc == YG_OK && due)
		rc = change_due(&w, due);
	if (rc == YG_OK && json_object_get(w.in, "assignee")) {
		rc = yg_call_text(call, w.in, "assignee", w.word, sizeof(w.word)) ? YG_OK : YG_EEND;
		if (rc == YG_OK)
			rc = yg_situations_assign(w.asked.s, w.asked.number, yg_bytes_str(w.word),
						  &w.by);
	}
	return finish(call, &w, rc);
}

/* {"text"} */
int yg_hub_do_comment_situation(struct yg_hub_call *call)
{
	struct written w;
	int rc = begin(call, &w);

	if (rc == YG_OK)
		rc = yg_situations_comment(w.asked.s, w.asked.number, &w.by);
	return finish(call, &w, rc);
}

static int keep_number(void *arg, const struct yg_situation *one)
{
	*(uint64_t *)arg = one->internal;
	return YG_OK;
}

/* {"other","text"}: the id of the other one. */
static int with_other(struct yg_hub_call *call, bool is_merge)
{
	uint8_t id[YG_SITUATION_ID_BYTES];
	uint64_t other = 0, number = 0;
	struct written w;
	int rc = begin(call, &w);
	struct yg_bytes text = yg_json_text(w.in, "other");

	if (rc == YG_OK)
		rc = text.size == ID_HEX && yg_hex_read(text, id, sizeof(id))
			     ? yg_situation_get(w.asked.s, &w.asked.view, id, keep_number, &other,
						&number)
			     : YG_ENOENT;
	if (rc == YG_OK)
		rc = is_merge ? yg_situations_merge(w.asked.s, w.asked.number, number, &w.by)
			      : yg_situations_unmerge(w.asked.s, w.asked.number, number, &w.by);
	return finish(call, &w, rc);
}

int yg_hub_do_merge_situation(struct yg_hub_call *call)
{
	return with_other(call, true);
}

int yg_hub_do_unmerge_situation(struct yg_hub_call *call)
{
	return with_other(call, false);
}

/* {"alerts":[id,…],"text"}: answered with the situation they become. */
int yg_hub_do_split_situation(struct yg_hub_call *call)
{
	struct written w;
	uint64_t made = 0;
	uint8_t *ids = NULL;
	int rc = begin(call, &w);
	const json_t *list = json_object_get(w.in, "alerts");
	size_t count = json_array_size(list);

	if (rc == YG_OK && (count == 0 || count > YG_SITUATION_SPLIT_MAX))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		ids = yg_calloc(count, YG_SITUATION_ALERT_ID);
	if (rc == YG_OK && !ids)
		rc = YG_ENOMEM;
	for (size_t i = 0; i < count && rc == YG_OK; i++) {
		struct yg_bytes text = yg_bytes_str(json_string_value(json_array_get(list, i)));

		if (text.size != ID_HEX ||
		    !yg_hex_read(text, ids + i * YG_SITUATION_ALERT_ID, YG_SITUATION_ALERT_ID))
			rc = YG_ENOENT;
	}
	if (rc == YG_OK)
		rc = yg_situations_split(w.asked.s, w.asked.number, ids, (uint32_t)count, &w.by,
					 &made);
	free(ids);
	if (rc != YG_OK)
		return finish(call, &w, rc);
	json_decref(w.in);
	w.asked.is_begun = false;
	call->reply->status = 201;
	return yg_situations_number(w.asked.s, made, add_one, &w.asked);
}

/* ---- noise removal ---- */

static int add_list(void *arg, const struct yg_situation_list *list)
{
	json_t *one =
		json_pack("{s:o, s:s, s:b, s:I, s:o, s:o}", "name", yg_json_string(list->name),
			  "kind", list->is_allowed ? "allowed" : "scanners", "on", (int)list->is_on,
			  "entries", (json_int_t)list->entries, "imported",
			  yg_call_time(list->time_ns), "by", yg_json_string(list->actor));

	return one && json_array_append_new(arg, one) == 0 ? YG_OK : YG_ENOMEM;
}

static int answer_noise(const struct yg_hub_call *call, struct asked *asked)
{
	json_t *steps = json_array(), *lists = json_array();
	unsigned on = 0;
	int rc = steps && lists ? yg_situations_steps(asked->s, &on) : YG_ENOMEM;

	for (unsigned i = 1; i < YG_NOISE_COUNT && rc == YG_OK; i++) {
		const char *words = yg_tr(asked->how.lang, yg_noise_words((enum yg_noise)i));
		json_t *one = json_pack("{s:s, s:b, s:s}", "step", yg_noise_name((enum yg_noise)i),
					"on", (int)(on >> i & 1), "words", words);

		rc = one && json_array_append_new(steps, one) == 0 ? YG_OK : YG_ENOMEM;
	}
	if (rc == YG_OK)
		rc = yg_situations_lists(asked->s, false, add_list, lists);
	if (rc == YG_OK)
		return yg_call_json(call, 200,
				    json_pack("{s:o, s:o}", "steps", steps, "lists", lists));
	json_decref(steps);
	json_decref(lists);
	return rc;
}

int yg_hub_do_get_noise(struct yg_hub_call *call)
{
	struct asked asked;
	int rc = ask(call, &asked);

	return end(rc == YG_OK ? answer_noise(call, &asked) : rc);
}

/* {"steps":["mitigated",…],"text"}: those that are on from now. */
int yg_hub_do_set_noise(struct yg_hub_call *call)
{
	const struct yg_hub_api_opts *opts = &call->api->opts;
	struct asked asked;
	json_t *in = NULL;
	unsigned steps = 0;
	int rc = ask(call, &asked);

	if (rc == YG_OK)
		rc = yg_call_body(call, &in);
	const json_t *list = json_object_get(in, "steps");

	if (rc == YG_OK && !json_is_array(list))
		rc = YG_EINVAL;
	for (size_t i = 0; i < json_array_size(list) && rc == YG_OK; i++) {
		enum yg_noise step;

		if (!yg_noise_by_name(yg_bytes_str(json_string_value(json_array_get(list, i))),
				      &step) ||
		    step == YG_NOISE_KEPT)
			rc = YG_EINVAL;
		else
			steps |= 1u << step;
	}
	if (rc == YG_OK) {
		const struct yg_situation_by by = {yg_bytes_str(yg_access_actor(call->access)),
						   opts->clock.now_ns(opts->clock.arg),
						   yg_json_text(in, "text")};

		rc = yg_situations_set_steps(asked.s, steps, &by);
	}
	json_decref(in);
	if (rc == YG_EINVAL)
		return yg_call_bad(call,
				   N_("steps is a list of allowed, scanner, mitigated and recon."));
	return end(rc == YG_OK ? answer_noise(call, &asked) : rc);
}
