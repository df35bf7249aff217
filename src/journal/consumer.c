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
	uint64_t position; /* read last */
	bool is_aborted;   /* the reader stands elsewhere than behind the cursor */
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

/* Records up to the limits. YG_OK: there was at least one. The first is in @record already. */
static int take_some(struct yg_consumer *c, struct yg_journal_record *record)
{
	uint64_t bytes = 0;
	uint32_t count = 0;
	int rc = YG_OK;

	while (rc == YG_OK) {
		c->position = record->position;
		rc = c->options.ops->take(c->options.arg, record);
		if (rc != YG_OK)
			return rc == YG_EAGAIN ? YG_EIO : rc; /* EAGAIN means: nothing to do */
		bytes += record->batch.body.size;
		if (++count >= c->options.records_max || bytes >= c->options.bytes_max)
			break;
		rc = yg_journal_reader_next(c->reader, record);
	}
	/* Before damage: what was read so far is whole, and is committed. */
	return rc == YG_EAGAIN || count > 0 ? YG_OK : rc;
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
	yg_journal_reader_keep(c->reader, c->cursor);
	rc = yg_journal_passed(c->journal, c->options.name,
			       ops->passed ? ops->passed(c->options.arg, c->cursor) : c->cursor);
	if (rc == YG_OK)
		(void)!yg_journal_trim(c->journal); /* looks; costs nothing when there is nothing */
	return rc;
}

int yg_consumer_step(struct yg_consumer *consumer)
{
	struct yg_journal_record record;
	int rc = YG_OK;

	if (consumer->is_aborted)
		rc = yg_journal_reader_seek(consumer->reader, consumer->cursor);
	if (rc != YG_OK)
		return rc;
	consumer->is_aborted = false;
	rc = yg_journal_reader_next(consumer->reader, &record);
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
