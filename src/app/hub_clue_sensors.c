/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of sensors: which there are, what is in them, and who is sent what. */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <stdlib.h>

#include "app/hub_clue_lists-int.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/json.h"

#include "base/ban.h"

#define GROUP ((int64_t)YG_CLUE_GROUP)
#define HEAD  "value\n"

/* ---- which lists there are ---- */

static int look_full(struct yg_clue_lists *lists, int64_t *ret)
{
	struct yg_buf text;
	uint64_t number = 0;
	int rc;

	yg_buf_init(&text, YG_CLUE_TEXTS_MAX);
	rc = yg_collections_get_text(lists->stix, YG_CLUE_TEXTS, YG_S("full"), &text);
	if (rc == YG_OK && !yg_bytes_u64(yg_buf_bytes(&text), &number))
		number = 0;
	*ret = (int64_t)number;
	yg_buf_done(&text);
	return rc == YG_ENOENT ? YG_OK : rc;
}

int yg_clue_round_settle(const struct yg_clue_round *round)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%lld", (long long)round->full); /* fits */
	return yg_collections_put_text(round->town->lists->stix, YG_CLUE_TEXTS, YG_S("full"),
				       yg_bytes_str(text));
}

static int begin(const struct yg_clue_town *town, struct yg_clue_round *ret)
{
	int64_t window = GROUP * (int64_t)YG_CLUE_SENSOR_GROUPS;
	int rc;

	*ret = (struct yg_clue_round){.town = town};
	rc = yg_clues_parts(town->lists->stix, &ret->parts);
	/* The last part is never full: what comes next goes there. */
	ret->full = ret->parts > 0 ? (ret->parts - 1) / GROUP * GROUP : 0;
	ret->first = ret->full > window ? ret->full - window : 0;
	return rc;
}

/* The list that @part is in. Ascending: one that was added already is the last. */
static int add_list(struct yg_clue_round *r, int64_t part)
{
	bool is_full = part < r->full;
	int64_t first = is_full ? part / GROUP * GROUP : part;
	void *more;

	if (part < r->first || part >= r->parts ||
	    (r->count > 0 && r->lists[r->count - 1].first >= first))
		return YG_OK;
	more = yg_clue_room_for(r->lists, r->count, sizeof(*r->lists));
	if (!more)
		return YG_ENOMEM;
	r->lists = more;
	r->lists[r->count++] =
		(struct yg_clue_list){.first = first, .parts = is_full ? YG_CLUE_GROUP : 1u};
	return YG_OK;
}

int yg_clue_round_begin(const struct yg_clue_town *town, const struct yg_clue_marks *marks,
			struct yg_clue_round *ret)
{
	int64_t was = 0;
	int rc = begin(town, ret);
	size_t i = 0;
	int64_t from, to;

	if (rc == YG_OK)
		rc = look_full(town->lists, &was);
	/* Groups that became full, or are not any more, are in other lists than before. */
	from = was < ret->full ? was : ret->full;
	to = was < ret->full ? ret->full : was;
	for (; rc == YG_OK && i < marks->count && marks->list[i].number < from; i++)
		rc = add_list(ret, marks->list[i].number);
	for (int64_t part = from; rc == YG_OK && part < to && part < ret->parts; part++)
		rc = add_list(ret, part);
	for (; rc == YG_OK && i < marks->count; i++)
		if (marks->list[i].number >= to)
			rc = add_list(ret, marks->list[i].number);
	/* Without a sensor none is made. */
	if (town->sensor_count == 0)
		ret->count = 0;
	return rc;
}

int yg_clue_round_greet(const struct yg_clue_town *town, struct yg_clue_round *ret)
{
	int rc = begin(town, ret);

	ret->is_greeting = true;
	for (int64_t part = ret->first; rc == YG_OK && part < ret->parts; part++)
		rc = add_list(ret, part);
	return rc;
}

static void piece_done(struct yg_clue_piece *p)
{
	yg_buf_done(&p->text);
	p->message = yg_enrol_message_free(p->message);
	for (size_t i = 0; i < p->run_count; i++)
		free(p->runs[i].of);
	free(p->runs);
}

static void list_done(struct yg_clue_list *list)
{
	for (uint32_t k = 0; k < list->count; k++)
		piece_done(&list->pieces[k]);
	list->count = 0;
}

void yg_clue_round_done(struct yg_clue_round *round)
{
	for (size_t i = 0; i < round->count; i++)
		list_done(&round->lists[i]);
	free(round->lists);
}

/* ---- what is in them ---- */

static struct yg_clue_list *list_of(struct yg_clue_round *r, int64_t part)
{
	size_t low = r->at < r->count && r->lists[r->at].first <= part ? r->at : 0;
	size_t high = r->count;

	while (low < high) { /* the last that does not begin behind it */
		size_t middle = low + (high - low) / 2;

		if (r->lists[middle].first <= part)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || part >= r->lists[low - 1].first + (int64_t)r->lists[low - 1].parts)
		return NULL;
	r->at = low - 1;
	return &r->lists[r->at];
}

/* With room for @size bytes more; *ret NULL: the list is full. */
static void piece_for(struct yg_clue_list *list, size_t size, struct yg_clue_piece **ret)
{
	struct yg_clue_piece *p = list->count > 0 ? &list->pieces[list->count - 1] : NULL;

	if (p && p->text.size + p->escapes + size <= YG_CLUE_PART_BYTES) {
		*ret = p;
		return;
	}
	*ret = NULL;
	if (list->count == YG_CLUE_PIECES_MAX)
		return;
	p = &list->pieces[list->count++];
	*p = (struct yg_clue_piece){.run_count = 0};
	yg_buf_init(&p->text, YG_CLUE_PART_BYTES + (64u << 10));
	*ret = p;
}

/* Bare where nothing in it could be read as something else. */
static bool is_bare(struct yg_bytes value)
{
	for (size_t i = 0; i < value.size; i++) {
		uint8_t c = value.data[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '.' && c != ':' && c != '-' && c != '_' && (c != '/' || i == 0))
			return false;
	}
	return value.size > 0 && !yg_bytes_starts(value, YG_S("//"));
}

static void put_value(struct yg_buf *to, struct yg_bytes value)
{
	if (is_bare(value))
		yg_buf_add(to, value);
	else
		yg_clue_put_cell(to, value);
	yg_buf_add_byte(to, '\n');
}

static int add_run(struct yg_clue_piece *p, size_t at, enum yg_tlp tlp,
		   const struct yg_collection *of)
{
	struct yg_clue_run *run = p->run_count > 0 ? &p->runs[p->run_count - 1] : NULL;
	void *more;

	if (run && !of && !run->of) {
		run->size = p->text.size - run->at;
		return YG_OK;
	}
	more = yg_clue_room_for(p->runs, p->run_count, sizeof(*p->runs));
	if (!more)
		return YG_ENOMEM;
	p->runs = more;
	run = &p->runs[p->run_count];
	*run = (struct yg_clue_run){.at = at, .size = p->text.size - at, .tlp = tlp};
	if (of) {
		run->of = yg_malloc(sizeof(*run->of));
		if (!run->of)
			return YG_ENOMEM;
		*run->of = *of;
		p->has_scoped = true;
	}
	p->run_count++;
	return YG_OK;
}

int yg_clue_round_take(struct yg_clue_round *round, const struct yg_clue *clue,
		       const struct yg_collection *of, struct yg_bytes value)
{
	struct yg_clue_list *list = list_of(round, clue->number / (int64_t)YG_CLUE_PART);
	bool is_scoped = yg_clue_scope_of(of, clue->facts.tlp) != YG_CLUE_FOR_ALL;
	struct yg_clue_piece *p;
	size_t at;
	int rc;

	if (!list)
		return YG_OK;
	piece_for(list, 2 * value.size + 8, &p);
	if (!p) {
		round->town->lists->left_out++;
		return YG_OK;
	}
	at = p->text.size;
	put_value(&p->text, value);
	for (size_t i = at; i < p->text.size; i++)
		p->escapes += p->text.data[i] == '"' || p->text.data[i] == '\\' ||
			      p->text.data[i] == '\n';
	rc = yg_buf_error(&p->text);
	return rc == YG_OK ? add_run(p, at, clue->facts.tlp, is_scoped ? of : NULL) : rc;
}

/* ---- telling ---- */

/* "stix-32-16.csv", "stix-32-16.1.csv". */
static void name_of(const struct yg_clue_list *list, uint32_t piece, char to[YG_CLUE_LIST_NAME])
{
	if (piece == 0)
		(void)snprintf(to, YG_CLUE_LIST_NAME, "stix-%lld-%u.csv", (long long)list->first,
			       list->parts); /* fits */
	else
		(void)snprintf(to, YG_CLUE_LIST_NAME, "stix-%lld-%u.%u.csv", (long long)list->first,
			       list->parts, piece); /* fits */
}

/* Is that a list that there is now? Those of an earlier form are not. */
static bool is_there(const struct yg_clue_round *r, struct yg_bytes name)
{
	struct yg_bytes rest = yg_bytes_from(name, 5);
	size_t dash = yg_bytes_chr(rest, '-');
	size_t dot = yg_bytes_chr(rest, '.');
	uint64_t first, parts;

	if (dash == SIZE_MAX || dot == SIZE_MAX || dot < dash ||
	    !yg_bytes_u64(yg_bytes_cut(rest, 0, dash), &first) ||
	    !yg_bytes_u64(yg_bytes_cut(rest, dash + 1, dot), &parts) || first > INT64_MAX / 2)
		return false;
	if (parts == 1)
		return (int64_t)first >= r->full && (int64_t)first < r->parts;
	return parts == YG_CLUE_GROUP && first % YG_CLUE_GROUP == 0 && (int64_t)first >= r->first &&
	       (int64_t)first < r->full;
}

/* Who is told: a sensor, and what it has by then. */
struct told {
	struct yg_clue_lists *lists;
	const struct yg_clue_org *org;
	const char *sensor;
	json_t *sent; /* {NAME:DIGEST} */
};

static int send(const struct told *to, const struct yg_enrol_message *message)
{
	uint64_t number;

	return yg_enrol_down_send(to->lists->enrol, to->org->id, to->sensor, message, &number);
}

static int make_message(json_t *take_tree, struct yg_enrol_message **ret)
{
	struct yg_buf body;
	int rc;

	yg_buf_init(&body, YG_ENROL_BODY_MAX);
	rc = take_tree ? yg_json_canonical(take_tree, &body) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = yg_enrol_message_new("detect", yg_buf_bytes(&body), ret);
	yg_buf_done(&body);
	json_decref(take_tree);
	return rc;
}

static int remove_list(const struct told *to, const char *name)
{
	struct yg_enrol_message *message = NULL;
	int rc;

	if (!json_object_get(to->sent, name))
		return YG_OK;
	rc = make_message(
		json_pack("{s:s, s:s, s:b}", "what", "indicators", "name", name, "remove", 1),
		&message);
	if (rc == YG_OK)
		rc = send(to, message);
	if (rc == YG_OK)
		(void)json_object_del(to->sent, name); /* it is there */
	(void)yg_enrol_message_free(message);
	return rc;
}

/* The lines of @p that are for @org; nothing: the list is to go. */
static int text_for(const struct yg_clue_piece *p, const struct yg_clue_org *org, struct yg_buf *to)
{
	struct yg_bytes text = yg_buf_bytes(&p->text);

	for (size_t i = 0; i < p->run_count; i++) {
		const struct yg_clue_run *run = &p->runs[i];

		if (run->of && !yg_clue_is_for(run->of, run->tlp, org->id, org->sector))
			continue;
		if (to->size == 0)
			yg_buf_add_str(to, HEAD);
		yg_buf_add(to, yg_bytes_cut(text, run->at, run->at + run->size));
	}
	return yg_buf_error(to);
}

static void digest_of(struct yg_bytes text, char to[17])
{
	uint8_t digest[YG_DIGEST_BYTES];
	char hex[2 * YG_DIGEST_BYTES + 1];

	yg_digest(text, digest);
	yg_hex((struct yg_bytes){digest, sizeof(digest)}, hex);
	memcpy(to, hex, 16);
	to[16] = '\0';
}

/* The message for @org into p->message, and its digest: once for all, where it is the same for all.
 * Without a line for it there is none. */
static int piece_message(struct yg_clue_piece *p, const char *name, const struct yg_clue_org *org)
{
	struct yg_buf text;
	int rc;

	if (p->made_for && (!p->has_scoped || p->made_for == org))
		return YG_OK;
	p->message = yg_enrol_message_free(p->message);
	yg_buf_init(&text, YG_ENROL_BODY_MAX);
	rc = text_for(p, org, &text);
	digest_of(yg_buf_bytes(&text), p->digest);
	if (rc == YG_OK && text.size > 0)
		rc = make_message(json_pack("{s:s, s:s, s:o}", "what", "indicators", "name", name,
					    "text", yg_json_string(yg_buf_bytes(&text))),
				  &p->message);
	yg_buf_done(&text);
	p->made_for = rc == YG_OK ? org : NULL;
	return rc;
}

static int send_list(const struct told *to, struct yg_clue_list *list)
{
	char name[YG_CLUE_LIST_NAME];
	int rc = YG_OK;

	for (uint32_t k = 0; rc == YG_OK && k < YG_CLUE_PIECES_MAX; k++) {
		struct yg_clue_piece *p = k < list->count ? &list->pieces[k] : NULL;

		name_of(list, k, name);
		if (p)
			rc = piece_message(p, name, to->org);
		if (rc != YG_OK)
			break;
		if (!p || !p->message) {
			rc = remove_list(to, name);
		} else if (!yg_bytes_eq(yg_json_text(to->sent, name), yg_bytes_str(p->digest))) {
			rc = send(to, p->message);
			if (rc == YG_OK)
				rc = yg_json_set(to->sent, name, json_string(p->digest));
		}
	}
	return rc;
}

/* Lists that are no more: others have what was in them, or it is older than what is sent. */
static int remove_former(const struct yg_clue_round *r, const struct told *to)
{
	const char *name;
	json_t *one;
	void *next;
	int rc = YG_OK;

	json_object_foreach_safe(to->sent, next, name, one)
	{
		struct yg_bytes text = yg_bytes_str(name);

		if (rc == YG_OK && yg_bytes_starts(text, YG_S("stix-")) && !is_there(r, text))
			rc = remove_list(to, name);
	}
	return rc;
}

/* Those of the round up to @end. In a transaction: messages and what is known of them are one. */
static int tell_sensor(const struct yg_clue_round *r, size_t end,
		       const struct yg_clue_sensor *sensor)
{
	struct yg_clue_lists *lists = r->town->lists;
	struct told to = {.lists = lists, .org = &r->town->orgs[sensor->org], .sensor = sensor->id};
	json_t *before = NULL;
	bool is_new;
	int rc = yg_clue_lists(lists->hub, to.org->id, sensor->id, &to.sent, &is_new);

	/* Who has none yet gets all of them at once, or would never get the others. */
	if (rc != YG_OK || r->is_greeting != is_new) {
		json_decref(to.sent);
		return rc;
	}
	before = json_deep_copy(to.sent);
	rc = before ? YG_OK : YG_ENOMEM;
	for (size_t i = r->told; rc == YG_OK && i < end; i++)
		rc = send_list(&to, &r->lists[i]);
	if (rc == YG_OK && end == r->count) /* behind: twice is better than a gap */
		rc = remove_former(r, &to);
	if (rc == YG_OK && (is_new || !json_equal(before, to.sent)))
		rc = yg_clue_lists_set(lists->hub, to.org->id, sensor->id, json_incref(to.sent));
	json_decref(before);
	json_decref(to.sent);
	return rc;
}

static int tell_all(const struct yg_clue_round *r, size_t end)
{
	struct yg_clue_lists *lists = r->town->lists;
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < r->town->sensor_count; i++) {
		if (yg_hub_thread_ends(lists->life))
			return YG_EAGAIN;
		rc = yg_control_begin(lists->store);
		if (rc != YG_OK)
			break;
		rc = tell_sensor(r, end, &r->town->sensors[i]);
		if (rc == YG_OK)
			rc = yg_control_commit(lists->store);
		else
			yg_control_abort(lists->store);
		if (rc == YG_ENOENT) /* it was revoked just now */
			rc = YG_OK;
	}
	return rc;
}

int yg_clue_round_tell(struct yg_clue_round *r, int64_t below)
{
	size_t end = r->told;
	int rc;

	while (end < r->count && r->lists[end].first < below)
		end++;
	if (end == r->told && (below != INT64_MAX || r->is_closed))
		return YG_OK;
	rc = tell_all(r, end);
	r->is_closed = end == r->count;
	for (size_t i = r->told; i < end; i++)
		list_done(&r->lists[i]);
	r->told = end;
	return rc;
}
