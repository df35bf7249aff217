/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract in memory, in the simplest way: lists in order of their keys, a copy of everything
 * when a batch begins, put back when it is given up.
 */
#include "store/facts-int.h"

#include "base/alloc.h"

#include "base/ban.h"

#define TEXTS 13u

struct row {
	struct yg_fact_finding f; /* its bytes are below */
	char *texts[TEXTS];	  /* owned */
};

struct consumer {
	char name[YG_FACT_CONSUMER_MAX + 1];
	uint64_t cursor;
	struct yg_buf state;
};

struct part {
	char consumer[YG_FACT_CONSUMER_MAX + 1];
	struct yg_buf key;
	uint64_t position;
	struct yg_buf state;
};

struct day {
	char org[YG_FACT_ORG_MAX + 1]; /* empty: all */
	struct yg_fact_day sums;
};

struct data {
	struct row *rows; /* by id */
	size_t row_count;
	struct consumer *consumers;
	size_t consumer_count;
	struct part *parts;
	size_t part_count;
	struct day *days; /* by day */
	size_t day_count;
	uint64_t change;
};

struct ram {
	struct yg_facts facts;
	struct data data;
	struct data before; /* of the open batch */
};

/* ---- memory ---- */

/* Room for one more at @at of an array; the entry is zeroed. NULL without memory. */
static void *insert(void *array, size_t *count, size_t size, size_t at)
{
	uint8_t *grown = yg_reallocarray(array, *count + 1, size);

	if (!grown)
		return NULL;
	memmove(grown + (at + 1) * size, grown + at * size, (*count - at) * size);
	memset(grown + at * size, 0, size);
	(*count)++;
	return grown;
}

#define INSERT(array, count, at) insert(array, count, sizeof((array)[0]), at)

static struct yg_bytes *text_at(struct yg_fact_finding *f, size_t i)
{
	struct yg_bytes *const texts[TEXTS] = {&f->org,	     &f->sensor, &f->rule,    &f->title,
					       &f->title_ja, &f->rules,	 &f->reason,  &f->source,
					       &f->actor,    &f->target, &f->matched, &f->hunt,
					       NULL};

	return texts[i];
}

static int own_text(struct row *row, size_t i, struct yg_bytes text)
{
	char *copy = yg_strndup(text.size > 0 ? (const char *)text.data : "", text.size);

	if (!copy)
		return YG_ENOMEM;
	free(row->texts[i]);
	row->texts[i] = copy;
	*text_at(&row->f, i) = (struct yg_bytes){(uint8_t *)copy, text.size};
	return YG_OK;
}

static int copy_row(struct row *to, const struct yg_fact_finding *from)
{
	int rc = YG_OK;

	to->f = *from;
	for (size_t i = 0; rc == YG_OK && text_at(&to->f, i); i++)
		rc = own_text(to, i, *text_at(&to->f, i));
	return rc;
}

static void free_row(struct row *row)
{
	for (size_t i = 0; i < TEXTS; i++)
		free(row->texts[i]);
}

static void free_data(struct data *data)
{
	for (size_t i = 0; i < data->row_count; i++)
		free_row(&data->rows[i]);
	for (size_t i = 0; i < data->consumer_count; i++)
		yg_buf_done(&data->consumers[i].state);
	for (size_t i = 0; i < data->part_count; i++) {
		yg_buf_done(&data->parts[i].key);
		yg_buf_done(&data->parts[i].state);
	}
	free(data->rows);
	free(data->consumers);
	free(data->parts);
	free(data->days);
	*data = (struct data){0};
}

static int copy_buf(struct yg_buf *to, const struct yg_buf *from)
{
	yg_buf_init(to, from->max);
	yg_buf_add(to, yg_buf_bytes(from));
	return yg_buf_error(to);
}

static int copy_data(struct data *to, const struct data *from)
{
	int rc = YG_OK;

	*to = (struct data){.change = from->change};
	to->rows = yg_calloc(from->row_count + 1, sizeof(*to->rows));
	to->consumers = yg_calloc(from->consumer_count + 1, sizeof(*to->consumers));
	to->parts = yg_calloc(from->part_count + 1, sizeof(*to->parts));
	to->days = yg_calloc(from->day_count + 1, sizeof(*to->days));
	if (!to->rows || !to->consumers || !to->parts || !to->days)
		return YG_ENOMEM;
	while (rc == YG_OK && to->row_count < from->row_count) {
		rc = copy_row(&to->rows[to->row_count], &from->rows[to->row_count].f);
		to->row_count++;
	}
	while (rc == YG_OK && to->consumer_count < from->consumer_count) {
		size_t i = to->consumer_count++;

		to->consumers[i] = from->consumers[i];
		rc = copy_buf(&to->consumers[i].state, &from->consumers[i].state);
	}
	while (rc == YG_OK && to->part_count < from->part_count) {
		size_t i = to->part_count++;

		to->parts[i] = from->parts[i];
		yg_buf_init(&to->parts[i].state, YG_FACT_PART_MAX);
		rc = copy_buf(&to->parts[i].key, &from->parts[i].key);
		if (rc == YG_OK)
			rc = copy_buf(&to->parts[i].state, &from->parts[i].state);
	}
	if (from->day_count > 0)
		memcpy(to->days, from->days, from->day_count * sizeof(*to->days));
	to->day_count = from->day_count;
	return rc;
}

/* ---- batches ---- */

static int ram_begin(struct yg_facts *facts)
{
	struct ram *ram = (struct ram *)facts;
	int rc = copy_data(&ram->before, &ram->data);

	if (rc != YG_OK)
		free_data(&ram->before);
	return rc;
}

static void ram_abort(struct yg_facts *facts)
{
	struct ram *ram = (struct ram *)facts;

	free_data(&ram->data);
	ram->data = ram->before;
	ram->before = (struct data){0};
}

static struct consumer *find_consumer(const struct data *data, const char *name)
{
	for (size_t i = 0; i < data->consumer_count; i++)
		if (strcmp(data->consumers[i].name, name) == 0)
			return &data->consumers[i];
	return NULL;
}

static int ram_commit(struct yg_facts *facts, uint64_t cursor, const struct yg_bytes *state)
{
	struct ram *ram = (struct ram *)facts;
	struct data *data = &ram->data;
	struct consumer *consumer = find_consumer(data, facts->consumer);

	if (!consumer) {
		struct consumer *grown =
			INSERT(data->consumers, &data->consumer_count, data->consumer_count);

		if (!grown)
			return YG_ENOMEM;
		data->consumers = grown;
		consumer = &grown[data->consumer_count - 1];
		memcpy(consumer->name, facts->consumer, sizeof(consumer->name));
		yg_buf_init(&consumer->state, YG_FACT_STATE_MAX);
	}
	consumer->cursor = cursor;
	if (state && state->size > 0) {
		yg_buf_reset(&consumer->state);
		yg_buf_add(&consumer->state, *state);
		if (yg_buf_error(&consumer->state) != YG_OK)
			return yg_buf_error(&consumer->state);
	}
	free_data(&ram->before);
	return YG_OK;
}

static int ram_cursor(struct yg_facts *facts, const char *name, uint64_t *ret_cursor,
		      struct yg_buf *ret_state)
{
	struct ram *ram = (struct ram *)facts;
	const struct consumer *consumer = find_consumer(&ram->data, name);

	*ret_cursor = consumer ? consumer->cursor : 0;
	if (consumer && ret_state)
		yg_buf_add(ret_state, yg_buf_bytes(&consumer->state));
	return ret_state ? yg_buf_error(ret_state) : YG_OK;
}

/* Where the row of @id is, or would be. */
static size_t place_of(const struct data *data, const uint8_t *id, bool *ret_is_there)
{
	size_t at = 0;

	while (at < data->row_count && memcmp(data->rows[at].f.id, id, YG_FACT_ID_BYTES) < 0)
		at++;
	*ret_is_there =
		at < data->row_count && memcmp(data->rows[at].f.id, id, YG_FACT_ID_BYTES) == 0;
	return at;
}

/* A row that changed in this batch keeps its number. */
static void change_row(struct ram *ram, struct row *row)
{
	if (row->f.change <= ram->before.change)
		row->f.change = ++ram->data.change;
}

static int ram_outcome_of(struct ram *ram, struct row *row, enum yg_outcome outcome,
			  struct yg_bytes reason)
{
	row->f.outcome = outcome;
	change_row(ram, row);
	return own_text(row, 6, reason);
}

static int ram_add(struct yg_facts *facts, const struct yg_fact_finding *finding, bool *ret_is_new)
{
	struct ram *ram = (struct ram *)facts;
	struct data *data = &ram->data;
	bool is_there;
	size_t at = place_of(data, finding->id, &is_there);
	struct row *grown;

	*ret_is_new = !is_there;
	if (is_there) {
		struct row *row = &data->rows[at];

		change_row(ram, row);
		if (yg_fact_merge(&row->f, finding))
			return ram_outcome_of(ram, row, finding->outcome, finding->reason);
		return YG_OK;
	}
	grown = INSERT(data->rows, &data->row_count, at);
	if (!grown)
		return YG_ENOMEM;
	data->rows = grown;
	grown[at].f.change = 0;
	if (copy_row(&grown[at], finding) != YG_OK)
		return YG_ENOMEM;
	grown[at].f.change = ++data->change;
	return YG_OK;
}

static int ram_outcome(struct yg_facts *facts, const uint8_t id[YG_FACT_ID_BYTES],
		       enum yg_outcome outcome, struct yg_bytes reason)
{
	struct ram *ram = (struct ram *)facts;
	bool is_there;
	struct row *row = &ram->data.rows[place_of(&ram->data, id, &is_there)];

	if (!is_there)
		return YG_ENOENT;
	return outcome > row->f.outcome ? ram_outcome_of(ram, row, outcome, reason) : YG_OK;
}

static int count_in(struct data *data, struct yg_bytes org, const struct yg_fact_day *more)
{
	struct day *day;
	size_t at = 0;

	while (at < data->day_count && (data->days[at].sums.day_ns < more->day_ns ||
					(data->days[at].sums.day_ns == more->day_ns &&
					 !yg_bytes_eq(yg_bytes_str(data->days[at].org), org))))
		at++;
	if (at == data->day_count || data->days[at].sums.day_ns != more->day_ns) {
		struct day *grown = INSERT(data->days, &data->day_count, at);

		if (!grown)
			return YG_ENOMEM;
		data->days = grown;
		if (org.size > 0)
			memcpy(grown[at].org, org.data, org.size);
		grown[at].sums.day_ns = more->day_ns;
	}
	day = &data->days[at];
	yg_fact_day_sum(&day->sums, more);
	return YG_OK;
}

static int ram_count(struct yg_facts *facts, const struct yg_fact_day *more)
{
	struct ram *ram = (struct ram *)facts;
	int rc = count_in(&ram->data, more->org, more);

	return rc == YG_OK ? count_in(&ram->data, (struct yg_bytes){0}, more) : rc;
}

static struct part *find_part(const struct data *data, const char *consumer, struct yg_bytes key)
{
	for (size_t i = 0; i < data->part_count; i++)
		if (strcmp(data->parts[i].consumer, consumer) == 0 &&
		    yg_bytes_eq(yg_buf_bytes(&data->parts[i].key), key))
			return &data->parts[i];
	return NULL;
}

static void drop_part(struct data *data, struct part *part)
{
	size_t at = (size_t)(part - data->parts);

	yg_buf_done(&part->key);
	yg_buf_done(&part->state);
	memmove(part, part + 1, (data->part_count - at - 1) * sizeof(*part));
	data->part_count--;
}

static int ram_put_part(struct yg_facts *facts, struct yg_bytes key, uint64_t position,
			struct yg_bytes state)
{
	struct data *data = &((struct ram *)facts)->data;
	struct part *part = find_part(data, facts->consumer, key);
	struct part *grown;

	if (part)
		drop_part(data, part);
	if (state.size == 0)
		return YG_OK;
	grown = INSERT(data->parts, &data->part_count, data->part_count);
	if (!grown)
		return YG_ENOMEM;
	data->parts = grown;
	part = &grown[data->part_count - 1];
	memcpy(part->consumer, facts->consumer, sizeof(part->consumer));
	part->position = position;
	yg_buf_init(&part->key, YG_FACT_KEY_MAX);
	yg_buf_init(&part->state, YG_FACT_PART_MAX);
	yg_buf_add(&part->key, key);
	yg_buf_add(&part->state, state);
	return yg_buf_error(&part->key) ? YG_ENOMEM : yg_buf_error(&part->state);
}

static int ram_part(struct yg_facts *facts, const char *consumer, struct yg_bytes key,
		    uint64_t *ret_position, struct yg_buf *ret_state)
{
	const struct part *part = find_part(&((struct ram *)facts)->data, consumer, key);

	if (!part)
		return YG_ENOENT;
	*ret_position = part->position;
	if (ret_state)
		yg_buf_add(ret_state, yg_buf_bytes(&part->state));
	return ret_state ? yg_buf_error(ret_state) : YG_OK;
}

/* ---- reading ---- */

static bool is_allowed(const struct yg_fact_filter *filter, struct yg_bytes org)
{
	if (filter->is_all_orgs)
		return true;
	for (size_t i = 0; i < filter->org_count; i++)
		if (yg_bytes_eq(filter->orgs[i], org))
			return true;
	return false;
}

static bool is_wanted(const struct yg_fact_filter *filter, const struct yg_fact_finding *f)
{
	if (filter->rule.size > 0 && !yg_bytes_eq(filter->rule, f->rule))
		return false;
	if (filter->sensor.size > 0 && !yg_bytes_eq(filter->sensor, f->sensor))
		return false;
	if (filter->by_change
		    ? f->change <= filter->after_change
		    : filter->has_after && memcmp(f->id, filter->after_id, YG_FACT_ID_BYTES) >= 0)
		return false;
	return is_allowed(filter, f->org) && yg_fact_passes(filter, f);
}

/* The next one to give: behind what was given, in the order that is asked for. */
static const struct yg_fact_finding *next_of(const struct data *data,
					     const struct yg_fact_filter *filter)
{
	const struct yg_fact_finding *best = NULL;

	for (size_t i = data->row_count; i-- > 0;) {
		const struct yg_fact_finding *f = &data->rows[i].f;

		if (!is_wanted(filter, f))
			continue;
		if (!filter->by_change)
			return f;
		if (!best || f->change < best->change)
			best = f;
	}
	return best;
}

static int ram_list(struct yg_facts *facts, const struct yg_fact_filter *filter, yg_fact_fn fn,
		    void *arg)
{
	const struct data *data = &((struct ram *)facts)->data;
	struct yg_fact_filter now = *filter;
	int rc = YG_OK;

	facts->next.is_more = false;
	for (uint32_t given = 0; rc == YG_OK; given++) {
		const struct yg_fact_finding *f = next_of(data, &now);

		if (!f)
			return YG_OK;
		if (given == filter->limit) {
			facts->next.is_more = true;
			return YG_OK;
		}
		rc = fn(arg, f);
		now.has_after = true;
		memcpy(now.after_id, f->id, YG_FACT_ID_BYTES);
		now.after_change = f->change;
		if (filter->by_change)
			facts->next.after_change = f->change;
		else
			memcpy(facts->next.after_id, f->id, YG_FACT_ID_BYTES);
	}
	return rc;
}

static int ram_get(struct yg_facts *facts, const struct yg_fact_filter *filter,
		   const uint8_t id[YG_FACT_ID_BYTES], yg_fact_fn fn, void *arg)
{
	const struct data *data = &((struct ram *)facts)->data;
	bool is_there;
	size_t at = place_of(data, id, &is_there);

	if (!is_there || !is_allowed(filter, data->rows[at].f.org))
		return YG_ENOENT;
	return fn(arg, &data->rows[at].f);
}

static int days_of(const struct data *data, struct yg_bytes org, struct yg_fact_days *days)
{
	int rc = YG_OK;

	days->day.org = org;
	for (size_t i = 0; rc == YG_OK && i < data->day_count; i++)
		if (yg_bytes_eq(yg_bytes_str(data->days[i].org), org))
			rc = yg_fact_days_add(days, &data->days[i].sums);
	if (rc == YG_OK)
		rc = yg_fact_days_end(days);
	return rc;
}

static int ram_days(struct yg_facts *facts, const struct yg_fact_filter *filter, yg_fact_day_fn fn,
		    void *arg)
{
	const struct data *data = &((struct ram *)facts)->data;
	struct yg_fact_days days = {.filter = filter, .fn = fn, .arg = arg};
	int rc = YG_OK;

	if (filter->is_all_orgs)
		rc = days_of(data, (struct yg_bytes){0}, &days);
	for (size_t i = 0; rc == YG_OK && !filter->is_all_orgs && i < filter->org_count; i++)
		rc = days_of(data, filter->orgs[i], &days);
	return rc == YG_EEND ? YG_OK : rc;
}

static int ram_last_change(struct yg_facts *facts, uint64_t *ret)
{
	*ret = ((struct ram *)facts)->data.change;
	return YG_OK;
}

static int ram_expire(struct yg_facts *facts, struct yg_bytes org, int64_t before_ns,
		      uint32_t limit, uint32_t *ret_count)
{
	struct data *data = &((struct ram *)facts)->data;
	size_t kept = 0;

	for (size_t i = 0; i < data->row_count; i++) {
		struct row *row = &data->rows[i];

		if (*ret_count < limit && row->f.minute_ns < before_ns &&
		    row->f.received_ns < before_ns && yg_bytes_eq(row->f.org, org)) {
			free_row(row);
			(*ret_count)++;
		} else {
			data->rows[kept++] = *row;
		}
	}
	data->row_count = kept;
	return YG_OK;
}

static int ram_forget(struct yg_facts *facts, struct yg_bytes org)
{
	struct data *data = &((struct ram *)facts)->data;
	size_t kept = 0;

	for (size_t i = 0; i < data->day_count; i++)
		if (!yg_bytes_eq(yg_bytes_str(data->days[i].org), org))
			data->days[kept++] = data->days[i];
	data->day_count = kept;
	return YG_OK;
}

static const char *ram_trouble(const struct yg_facts *facts)
{
	(void)facts;
	return "";
}

static void ram_free(struct yg_facts *facts)
{
	struct ram *ram = (struct ram *)facts;

	free_data(&ram->data);
	free_data(&ram->before);
	free(ram);
}

struct yg_facts *yg_facts_new_ram(void)
{
	static const struct yg_facts_ops ops = {
		.free = ram_free,
		.cursor = ram_cursor,
		.begin = ram_begin,
		.commit = ram_commit,
		.abort = ram_abort,
		.add = ram_add,
		.outcome = ram_outcome,
		.count = ram_count,
		.put_part = ram_put_part,
		.part = ram_part,
		.list = ram_list,
		.get = ram_get,
		.days = ram_days,
		.last_change = ram_last_change,
		.expire = ram_expire,
		.forget = ram_forget,
		.trouble = ram_trouble,
	};
	struct ram *ram = yg_calloc(1, sizeof(*ram));

	if (!ram)
		return NULL;
	ram->facts.ops = &ops;
	return &ram->facts;
}
