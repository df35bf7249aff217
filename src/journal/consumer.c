/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/consumer.h"

#include "base/alloc.h"
#include "journal/journal-int.h"

#include "base/ban.h"

#define RECORDS_MAX 1024u
#define BYTES_MAX   (16u << 20)

struct yg_consumer {
	struct yg_journal *journal;
	struct yg_journal_reader *reader;
	struct yg_consumer_options options;
	uint64_t cursor;   /* committed */
	uint64_t position; /* taken last */
	bool is_aborted;   /* the reader stands elsewhere than behind the cursor */
	/* Of the step to come: what was taken ahead. */
	uint32_t ahead_count;
	uint64_t ahead_bytes;
	uint64_t ahead_position;
	bool is_lost; /* the reader stands elsewhere than behind ahead_position */
	bool has_next;
	struct yg_journal_record next; /* read, and not taken ahead */
};

int yg_consumer_new(struct yg_journal *journal, const struct yg_consumer_options *options,
		    struct yg_consumer **ret)
{
	struct yg_consumer *c = yg_calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return YG_ENOMEM;
	c->journal = journal;
	c->options = *options;
	if (c->options.records_max == 0)
		c->options.records_max = RECORDS_MAX;
	if (c->options.bytes_max == 0)
		c->options.bytes_max = BYTES_MAX;
	rc = options->ops->load(options->arg, &c->cursor);
	if (rc == YG_OK)
		rc = yg_journal_reader_new(journal, c->cursor, &c->reader);
	if (rc == YG_OK)
		rc = yg_journal_passed(journal, options->name, c->cursor);
	if (rc != YG_OK) {
		(void)yg_consumer_free(c);
		return rc;
	}
	yg_journal_reader_keep(c->reader, c->cursor);
	c->position = c->cursor;
	*ret = c;
	return YG_OK;
}

struct yg_consumer *yg_consumer_free(struct yg_consumer *consumer)
{
	if (consumer) {
		(void)yg_journal_reader_free(consumer->reader);
		free(consumer);
	}
	return NULL;
}

static int next_record(struct yg_consumer *c, struct yg_journal_record *ret)
{
	if (!c->has_next)
		return yg_journal_reader_next(c->reader, ret);
	*ret = c->next;
	c->has_next = false;
	return YG_OK;
}

static bool is_full(const struct yg_consumer *c, uint32_t count, uint64_t bytes)
{
	return count >= c->options.records_max || bytes >= c->options.bytes_max;
}

/* Records up to the limits. YG_OK: there was at least one. The first is in @record already, unless
 * some were taken ahead. */
static int take_some(struct yg_consumer *c, struct yg_journal_record *record)
{
	uint64_t bytes = c->ahead_bytes;
	uint32_t count = c->ahead_count;
	int rc = YG_OK;

	c->ahead_count = 0;
	c->ahead_bytes = 0;
	if (count > 0) {
		c->position = c->ahead_position;
		rc = is_full(c, count, bytes) ? YG_EAGAIN : next_record(c, record);
	}
	while (rc == YG_OK) {
		c->position = record->position;
		rc = c->options.ops->take(c->options.arg, record);
		if (rc != YG_OK)
			return rc == YG_EAGAIN ? YG_EIO : rc; /* EAGAIN means: nothing to do */
		bytes += record->batch.body.size;
		if (is_full(c, ++count, bytes))
			break;
		rc = next_record(c, record);
	}
	/* Before damage: what was read so far is whole, and is committed. */
	return rc == YG_EAGAIN || count > 0 ? YG_OK : rc;
}

static bool has_looked_ahead(const struct yg_consumer *c)
{
	return c->ahead_count > 0 || c->has_next || c->is_lost;
}

void yg_consumer_ahead(struct yg_consumer *c,
		       int (*take)(void *arg, const struct yg_journal_record *record))
{
	int rc = YG_OK;

	if (has_looked_ahead(c))
		return;
	yg_journal_reader_keep(c->reader, c->position);
	c->ahead_position = c->position;
	while (!is_full(c, c->ahead_count, c->ahead_bytes)) {
		rc = yg_journal_reader_next(c->reader, &c->next);
		if (rc != YG_OK)
			break;
		c->has_next = take(c->options.arg, &c->next) != YG_OK;
		if (c->has_next)
			break;
		c->ahead_position = c->next.position;
		c->ahead_bytes += c->next.batch.body.size;
		c->ahead_count++;
	}
	c->is_lost = rc != YG_OK && rc != YG_EAGAIN; /* the step to come meets it again */
}

static int finish(struct yg_consumer *c, int rc)
{
	const struct yg_consumer_ops *ops = c->options.ops;

	if (rc == YG_OK)
		rc = ops->commit(c->options.arg, c->position);
	if (rc != YG_OK) {
		ops->abort(c->options.arg);
		c->is_aborted = true;
		return rc == YG_EAGAIN ? YG_EIO : rc;
	}
	c->cursor = c->position;
	if (!has_looked_ahead(c))
		yg_journal_reader_keep(c->reader, c->cursor);
	rc = yg_journal_passed(c->journal, c->options.name,
			       ops->passed ? ops->passed(c->options.arg, c->cursor) : c->cursor);
	if (rc == YG_OK)
		(void)!yg_journal_trim(c->journal); /* looks; costs nothing when there is nothing */
	return rc;
}

/* The reader to where the step begins, should it stand elsewhere. */
static int find_place(struct yg_consumer *c)
{
	int rc = YG_OK;

	if (c->is_aborted) { /* what was taken ahead, too, comes again */
		c->ahead_count = 0;
		c->ahead_bytes = 0;
		c->has_next = false;
	}
	if (c->is_aborted || c->is_lost)
		rc = yg_journal_reader_seek(c->reader,
					    c->is_aborted ? c->cursor : c->ahead_position);
	if (rc == YG_OK)
		c->is_aborted = c->is_lost = false;
	return rc;
}

int yg_consumer_step(struct yg_consumer *consumer)
{
	struct yg_journal_record record;
	int rc = find_place(consumer);

	if (rc == YG_OK && consumer->ahead_count == 0)
		rc = next_record(consumer, &record);
	if (rc != YG_OK)
		return rc;
	rc = consumer->options.ops->begin(consumer->options.arg);
	if (rc != YG_OK) {
		consumer->is_aborted = true; /* that record is to come again */
		return rc == YG_EAGAIN ? YG_EIO : rc;
	}
	return finish(consumer, take_some(consumer, &record));
}

int yg_consumer_wait(struct yg_consumer *consumer, uint32_t timeout_ms)
{
	return yg_journal_reader_wait(consumer->reader, timeout_ms);
}

uint64_t yg_consumer_cursor(const struct yg_consumer *consumer)
{
	return consumer->cursor;
}

uint64_t yg_consumer_position(const struct yg_consumer *consumer)
{
	return consumer->position;
}

const char *yg_consumer_fault(const struct yg_consumer *consumer)
{
	return yg_journal_reader_fault(consumer->reader);
}
