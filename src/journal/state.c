/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of batches, as a file (docs/journal.md). */
#include "journal/bytes-int.h"
#include "journal/known-int.h"

#include "base/ban.h"

#define VERSION	   1u
#define HEAD_BYTES 40u
#define TAIL_BYTES 8u

static const uint8_t magic[8] = {'Y', 'G', 'J', 'S', 'T', 'A', 'T', '\n'};

/* ---- writing ---- */

static void add_number(struct yg_buf *to, uint64_t value, unsigned size)
{
	uint8_t bytes[8];

	yg_put_le(bytes, value, size);
	yg_buf_add(to, (struct yg_bytes){bytes, size});
}

static uint64_t compared_of(uint64_t highest)
{
	return highest < YG_JOURNAL_COMPARED ? highest : YG_JOURNAL_COMPARED;
}

static void add_epoch(struct yg_buf *to, const struct yg_known_epoch *e)
{
	uint64_t compared = compared_of(e->highest);

	add_number(to, e->epoch, 8);
	add_number(to, e->highest, 8);
	add_number(to, e->refused_count, 4);
	add_number(to, e->drop_count, 4);
	for (uint32_t i = 0; i < e->refused_count; i++)
		yg_buf_add(to, (struct yg_bytes){e->refused[i], YG_KNOWN_DIGEST_BYTES});
	for (uint32_t i = 0; i < e->drop_count; i++) {
		add_number(to, e->drops[i].first, 8);
		add_number(to, e->drops[i].last, 8);
	}
	for (uint64_t s = e->highest - compared + 1; s <= e->highest; s++)
		yg_buf_add(to, (struct yg_bytes){e->digests[s % YG_JOURNAL_COMPARED],
						 YG_KNOWN_DIGEST_BYTES});
}

void yg_state_write(const struct yg_known *known, const struct yg_state_head *head,
		    struct yg_buf *to)
{
	size_t start = to->size;

	yg_buf_add(to, (struct yg_bytes){magic, sizeof(magic)});
	add_number(to, VERSION, 8);
	add_number(to, head->position, 8);
	add_number(to, head->trimmed, 8);
	add_number(to, known->sensor_count, 8);
	for (size_t i = 0; i < known->slot_count; i++) {
		const struct yg_known_sensor *sensor = known->slots[i];

		if (!sensor)
			continue;
		add_number(to, sensor->id_size, 4);
		add_number(to, sensor->epoch_count, 4);
		add_number(to, sensor->floor, 8);
		yg_buf_add(to, (struct yg_bytes){sensor->id, sensor->id_size});
		for (const struct yg_known_epoch *e = sensor->newest; e; e = e->next)
			add_epoch(to, e);
	}
	if (yg_buf_error(to) == YG_OK)
		add_number(to, yg_hash64(yg_bytes_from(yg_buf_bytes(to), start), 0), 8);
}

/* ---- reading ---- */

struct input {
	struct yg_bytes b;
	size_t at;
	bool is_short;
};

/* @size bytes, or zeros and the mark that there were not as many. */
static const uint8_t *take(struct input *in, size_t size)
{
	static const uint8_t zeros[YG_JOURNAL_SENSOR_MAX];

	if (in->is_short || in->b.size - in->at < size) {
		in->is_short = true;
		return zeros; /* no caller asks for more at once */
	}
	in->at += size;
	return in->b.data + in->at - size;
}

static uint64_t number(struct input *in, unsigned size)
{
	return yg_get_le(take(in, size), size);
}

/* What stands behind the numbers of an epoch. */
static void read_lists(struct input *in, struct yg_known_epoch *e)
{
	for (uint32_t i = 0; i < e->refused_count; i++)
		memcpy(e->refused[i], take(in, YG_KNOWN_DIGEST_BYTES), YG_KNOWN_DIGEST_BYTES);
	for (uint32_t i = 0; i < e->drop_count; i++) {
		e->drops[i].first = number(in, 8);
		e->drops[i].last = number(in, 8);
	}
	for (uint64_t s = e->highest - compared_of(e->highest) + 1; s <= e->highest; s++)
		memcpy(e->digests[s % YG_JOURNAL_COMPARED], take(in, YG_KNOWN_DIGEST_BYTES),
		       YG_KNOWN_DIGEST_BYTES);
}

static int read_epoch(struct input *in, struct yg_known *known, struct yg_known_sensor *sensor)
{
	struct yg_known_epoch *e;
	uint64_t epoch = number(in, 8);
	uint64_t highest = number(in, 8);
	uint64_t refused = number(in, 4);
	uint64_t drops = number(in, 4);
	int rc;

	if (in->is_short || epoch == 0 || epoch < sensor->floor || highest == UINT64_MAX ||
	    refused > YG_JOURNAL_REFUSED_MAX || drops > YG_JOURNAL_DROPS_MAX ||
	    (sensor->newest && epoch >= sensor->newest->epoch && sensor->epoch_count > 0))
		return YG_EFORMAT;
	rc = yg_known_epoch_at(known, sensor, epoch, &e);
	if (rc == YG_OK && drops > 0)
		rc = yg_known_room_for_drops(e);
	if (rc != YG_OK)
		return rc;
	e->highest = highest;
	e->refused_count = (uint32_t)refused;
	e->drop_count = (uint32_t)drops;
	read_lists(in, e);
	return in->is_short ? YG_EFORMAT : YG_OK;
}

static int read_sensor(struct input *in, struct yg_known *known)
{
	struct yg_known_sensor *sensor;
	uint64_t size = number(in, 4);
	uint64_t epochs = number(in, 4);
	uint64_t floor = number(in, 8);
	size_t before = known->sensor_count;
	int rc;

	if (in->is_short || size == 0 || size > YG_JOURNAL_SENSOR_MAX ||
	    epochs > YG_JOURNAL_EPOCHS_MAX || in->b.size - in->at < size)
		return YG_EFORMAT;
	rc = yg_known_sensor_at(known, (struct yg_bytes){take(in, size), size}, &sensor);
	if (rc == YG_OK && known->sensor_count == before)
		rc = YG_EFORMAT; /* twice */
	if (rc == YG_OK)
		sensor->floor = floor;
	for (uint64_t i = 0; rc == YG_OK && i < epochs; i++) {
		rc = read_epoch(in, known, sensor);
		if (rc == YG_OK && sensor->epoch_count != i + 1)
			rc = YG_EFORMAT;
	}
	return rc;
}

static int read_all(struct input *in, struct yg_known *known, struct yg_state_head *ret,
		    struct yg_fault *reterr)
{
	uint64_t sensors;
	int rc = YG_OK;

	if (number(in, 8) != VERSION)
		return yg_fault_set(reterr, YG_EMISMATCH, "the state was made by a newer version",
				    sizeof(magic));
	ret->position = number(in, 8);
	ret->trimmed = number(in, 8);
	sensors = number(in, 8);
	if (ret->trimmed > ret->position)
		return yg_fault_set(reterr, YG_EFORMAT, "the state is impossible", in->at);
	for (uint64_t i = 0; rc == YG_OK && i < sensors; i++)
		rc = read_sensor(in, known);
	if (rc == YG_ENOMEM)
		return yg_fault_set(reterr, YG_ENOMEM, "out of memory", in->at);
	if (rc != YG_OK || in->at != in->b.size)
		return yg_fault_set(reterr, YG_EFORMAT, "the state is impossible", in->at);
	return YG_OK;
}

int yg_state_read(struct yg_bytes b, struct yg_known *known, struct yg_state_head *ret,
		  struct yg_fault *reterr)
{
	struct input in = {.b = b, .at = sizeof(magic)};
	int rc;

	if (b.size < HEAD_BYTES + TAIL_BYTES || memcmp(b.data, magic, sizeof(magic)) != 0)
		return yg_fault_set(reterr, YG_EFORMAT, "this is no state of a journal", 0);
	in.b.size -= TAIL_BYTES;
	if (yg_get_le(b.data + in.b.size, 8) != yg_hash64(in.b, 0))
		return yg_fault_set(reterr, YG_EDIGEST, "the state is damaged", in.b.size);
	rc = read_all(&in, known, ret, reterr);
	if (rc != YG_OK)
		yg_known_done(known);
	return rc;
}
