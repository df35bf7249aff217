/* SPDX-License-Identifier: Apache-2.0 */
/* Indicators that came as STIX: what became of them, what people say of them; relationships. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/clues.h"
#include "base/alloc.h"

#include "base/ban.h"

#define VALUE_ROOM 2048u /* of a normal value */

/* A call with what its reader may see. */
struct looking {
	struct yg_hub_reach reach;
	struct yg_shelf_reader *reader;
	struct yg_clue_view *view;
};

static void look_done(struct looking *l)
{
	(void)yg_clue_view_free(l->view);
	(void)yg_shelf_reader_free(l->reader);
	yg_hub_reach_done(&l->reach);
}

/* YG_OK, YG_EEND: refused in the reply. */
static int look(const struct yg_hub_call *call, struct looking *ret)
{
	const struct yg_hub_api_opts *opts = &call->api->opts;
	int rc;

	*ret = (struct looking){.reader = NULL};
	if (!opts->collections) {
		(void)yg_call_refuse(call, 503, "busy", N_("Indicators cannot be read now"),
				     N_("Wait a moment and try again.")); /* always YG_OK */
		return YG_EEND;
	}
	/* What is written is answered with what may be read, whatever the route's right is. */
	rc = call->right == YG_MAY_read_indicators
		     ? yg_call_reach(call, &ret->reach)
		     : yg_hub_reach(opts->hub, call->request->actor, YG_MAY_read_indicators,
				    &ret->reach);
	if (rc == YG_OK)
		rc = yg_shelf_reader_new(opts->hub, opts->collections, opts->clock,
					 call->request->actor, (struct yg_bytes){0}, &ret->reader);
	if (rc == YG_OK)
		rc = yg_clue_view_new(ret->reader, opts->hub, opts->collections, &ret->reach,
				      call->request->lang, &ret->view);
	return rc;
}

static int end(int rc)
{
	return rc == YG_EEND ? YG_OK : rc;
}

/* ?after= is a number over all organisations, veiled. YG_OK, YG_EEND: refused. */
static int read_after(const struct yg_hub_call *call, int64_t *to)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes after = yg_call_query(call, "after", mem);
	uint64_t shown = 0, number = 0;

	*to = 0;
	if (after.size == 0)
		return YG_OK;
	if (yg_bytes_u64(after, &shown) && yg_unveil(call->api->veil_key, shown, &number) &&
	    number <= INT64_MAX) {
		*to = (int64_t)number;
		return YG_OK;
	}
	(void)yg_call_bad(call, N_("after must be what `next` said.")); /* always YG_OK */
	return YG_EEND;
}

static int give_page(const struct yg_hub_call *call, json_t *take_items, int64_t next)
{
	char text[32] = "";

	if (next > 0)
		(void)snprintf(text, sizeof(text), "%llu",
			       (unsigned long long)yg_veil(call->api->veil_key,
							   (uint64_t)next)); /* fits */
	return yg_call_page(call, take_items, yg_bytes_str(text));
}

/* ?value= as lists have it, to @to. Empty where there is none; YG_EEND: refused. */
static int read_value(const struct yg_hub_call *call, uint8_t to[VALUE_ROOM], struct yg_bytes *ret)
{
	const struct yg_hub_api_ports *ports = &call->api->opts.ports;
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes text = yg_call_query(call, "value", mem);

	*ret = (struct yg_bytes){0};
	if (text.size == 0)
		return YG_OK;
	ret->data = to;
	ret->size = ports->normal ? ports->normal(text, to) : 0;
	if (ret->size == 0 && text.size <= VALUE_ROOM) { /* of a person: as it was written */
		memcpy(to, text.data, text.size);
		ret->size = text.size;
	}
	if (ret->size > 0)
		return YG_OK;
	(void)yg_call_bad(call, N_("value is an address, a name, a URL or a hash."));
	return YG_EEND;
}

int yg_hub_do_list_indicators(struct yg_hub_call *call)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes state = yg_call_query(call, "state", mem);
	struct yg_clue_filter filter = {.state = YG_CLUE_STATE_COUNT};
	uint8_t value[VALUE_ROOM];
	struct looking l;
	json_t *items = NULL;
	int64_t next = 0;
	int rc = yg_call_query_limit(call, &filter.limit);

	if (rc == YG_OK)
		rc = read_after(call, &filter.after);
	if (rc == YG_OK)
		rc = read_value(call, value, &filter.value);
	if (rc == YG_OK && state.size > 0 && !yg_clue_state_by_name(state, &filter.state))
		return yg_call_bad(call, N_("state is waits, acts or over."));
	if (rc != YG_OK)
		return end(rc);
	rc = look(call, &l);
	if (rc == YG_OK)
		rc = yg_clue_list(l.view, &filter, &items, &next);
	look_done(&l);
	return rc == YG_OK ? give_page(call, items, next) : end(rc);
}

int yg_hub_do_get_indicator(struct yg_hub_call *call)
{
	struct looking l;
	json_t *one = NULL;
	int rc = look(call, &l);

	if (rc == YG_OK)
		rc = yg_clue_get(l.view, call->request->parts[0], &one);
	look_done(&l);
	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	return rc == YG_OK ? yg_call_json(call, 200, one) : end(rc);
}

/* ---- words ---- */

struct saying {
	enum yg_clue_word word;
	char org[YG_ENROL_ID_MAX + 1];
	char text[YG_CLUE_TEXT_MAX + 1];
	char id[YG_CLUE_ID + 1];
};

/* The body: YG_OK; YG_EEND: refused. */
static int read_saying(const struct yg_hub_call *call, const char *key, struct saying *ret)
{
	char word[32];
	json_t *in = NULL;
	int rc = yg_call_body(call, &in);
	bool is_good;

	if (rc != YG_OK)
		return rc;
	is_good = yg_call_text(call, in, key, word, sizeof(word)) &&
		  yg_call_text(call, in, "org", ret->org, sizeof(ret->org)) &&
		  yg_call_text(call, in, "text", ret->text, sizeof(ret->text));
	json_decref(in);
	if (!is_good)
		return YG_EEND;
	if (yg_clue_word_by_name(yg_bytes_str(word), &ret->word) &&
	    (ret->word >= YG_CLUE_WORD_YES) == (strcmp(key, "decision") == 0))
		return YG_OK;
	(void)yg_call_bad(call, strcmp(key, "decision") == 0
					? N_("decision is yes, no or back.")
					: N_("what is false-positive or seen.")); /* always YG_OK */
	return YG_EEND;
}

/* May he see it at all? *ret_one owned: as it stands. */
static int see(const struct yg_hub_call *call, struct saying *s, json_t **ret_one)
{
	struct looking l;
	int rc;

	if (!yg_call_part(call, 0, s->id, sizeof(s->id)))
		return YG_ENOENT;
	rc = look(call, &l);
	if (rc == YG_OK)
		rc = yg_clue_get(l.view, yg_bytes_str(s->id), ret_one);
	look_done(&l);
	return rc;
}

static int say(const struct yg_hub_call *call, struct yg_access *by, const struct saying *s)
{
	int rc = yg_clue_say(by, s->id, s->word, s->text);

	if (rc == YG_EINVAL)
		(void)yg_call_bad(call, N_("text is 1 to 1,000 bytes: why it is said."));
	else if (rc == YG_ELIMIT)
		(void)yg_call_refuse(call, 409, "too-many", N_("Too much was said of this already"),
				     N_("Say yes or no to it.")); /* both always YG_OK */
	return rc == YG_EINVAL || rc == YG_ELIMIT ? YG_EEND : rc;
}

static int answer(const struct yg_hub_call *call, struct saying *s)
{
	json_t *one = NULL;
	int rc = see(call, s, &one);

	return rc == YG_OK ? yg_call_json(call, 200, one) : rc;
}

int yg_hub_do_decide_indicator(struct yg_hub_call *call)
{
	struct saying s = {.org = ""};
	json_t *one = NULL;
	int rc = read_saying(call, "decision", &s);

	if (rc == YG_OK)
		rc = see(call, &s, &one);
	json_decref(one);
	if (rc == YG_OK)
		rc = say(call, call->access, &s);
	if (rc == YG_OK)
		rc = answer(call, &s);
	return rc == YG_ENOENT ? yg_call_not_found(call) : end(rc);
}

/* Whose word it is: the organisation that is named, or the only one there is, to @to; "" for the
 * hub. YG_OK; YG_EEND: refused. */
static int find_speaker(const struct yg_hub_call *call, const struct saying *s,
			char to[YG_ENROL_ID_MAX + 1])
{
	struct yg_hub_reach reach = {0};
	int rc = YG_OK;

	memcpy(to, s->org, sizeof(s->org));
	if (!to[0] && call->access)
		(void)snprintf(to, YG_ENROL_ID_MAX + 1, "%s",
			       yg_access_org(call->access)); /* fits */
	if (strcmp(to, YG_HUB_ORG) == 0)
		to[0] = '\0';
	else if (!to[0])
		rc = yg_hub_reach(call->api->opts.hub, call->request->actor, YG_MAY_write_warnings,
				  &reach);
	if (rc == YG_OK && reach.count == 1)
		memcpy(to, reach.orgs[0], sizeof(reach.orgs[0]));
	if (rc == YG_OK && reach.count > 1) {
		(void)yg_call_bad(call, N_("Say which organisation: \"org\".")); /* always YG_OK */
		rc = YG_EEND;
	}
	yg_hub_reach_done(&reach);
	return rc;
}

static int open_speaker(const struct yg_hub_call *call, const struct saying *s,
			struct yg_access **ret)
{
	char org[YG_ENROL_ID_MAX + 1];
	int rc = find_speaker(call, s, org);

	if (rc == YG_OK)
		rc = yg_call_open(call, org[0] ? org : NULL,
				  org[0] ? YG_MAY_write_warnings : YG_MAY_write_indicators, ret);
	if (rc != YG_ENOENT && rc != YG_EACCES && rc != YG_EAGAIN)
		return rc;
	(void)yg_hub_api_refuse(call->reply, call->request->lang, rc); /* in the buffer */
	return YG_EEND;
}

int yg_hub_do_report_indicator(struct yg_hub_call *call)
{
	struct saying s = {.org = ""};
	struct yg_access *by = NULL;
	json_t *one = NULL;
	int rc = read_saying(call, "what", &s);

	if (rc == YG_OK)
		rc = see(call, &s, &one);
	json_decref(one);
	if (rc == YG_OK)
		rc = open_speaker(call, &s, &by);
	if (rc == YG_OK)
		rc = say(call, by, &s);
	(void)yg_access_free(by);
	if (rc == YG_OK)
		rc = answer(call, &s);
	return rc == YG_ENOENT ? yg_call_not_found(call) : end(rc);
}

/* ---- relationships ---- */

int yg_hub_do_list_relationships(struct yg_hub_call *call)
{
	char source[YG_API_QUERY_MAX + 1], target[YG_API_QUERY_MAX + 1];
	struct yg_bytes from = yg_call_query(call, "source_ref", source);
	struct yg_bytes to = yg_call_query(call, "target_ref", target);
	struct yg_relation_ask ask = {.is_target = to.size > 0};
	struct looking l;
	json_t *items = NULL;
	int64_t next = 0;
	int rc = yg_call_query_limit(call, &ask.limit);

	if (rc == YG_OK)
		rc = read_after(call, &ask.after);
	ask.ref = ask.is_target ? to : from;
	if (rc == YG_OK && ((from.size > 0) == (to.size > 0) || !yg_stix_is_id(ask.ref, NULL)))
		return yg_call_bad(call, N_("Give one end: source_ref or target_ref, the id of an "
					    "object."));
	if (rc != YG_OK)
		return end(rc);
	rc = look(call, &l);
	if (rc == YG_OK)
		rc = yg_clue_relations(l.view, &ask, &items, &next);
	look_done(&l);
	return rc == YG_OK ? give_page(call, items, next) : end(rc);
}
