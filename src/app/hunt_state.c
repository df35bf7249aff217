/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/hunt_state.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/disk.h"
#include "base/io.h"

#include "base/ban.h"

#define MAGIC	    "YGHUNT1\n"
#define MAGIC_SIZE  8u
#define NUMBERS	    (10u + YG_SUM_COUNT)
#define FIXED	    (MAGIC_SIZE + 2 * YG_DIGEST_BYTES + NUMBERS * 8)
#define COPY_BYTES  65536u
#define FLAG_FATAL  1u
#define FLAG_PARTLY 2u

/* Standard output, where it is a file: which one, and how long. */
struct place {
	uint64_t device;
	uint64_t inode;
	uint64_t size;
};

static struct place place_of_output(void)
{
	struct stat st;

	if (fstat(STDOUT_FILENO, &st) != 0 || !S_ISREG(st.st_mode))
		return (struct place){0};
	return (struct place){st.st_dev, st.st_ino, (uint64_t)st.st_size};
}

static void put64(struct yg_buf *to, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		yg_buf_add_byte(to, (uint8_t)(value >> 8 * i));
}

static uint64_t get64(const uint8_t *p)
{
	uint64_t value = 0;

	for (unsigned i = 8; i-- > 0;)
		value = value << 8 | p[i];
	return value;
}

int yg_hunt_state_keep(struct yg_hunt_state *s, struct yg_bytes correlations,
		       const uint64_t sums[YG_SUM_COUNT])
{
	struct place place = place_of_output();
	struct yg_buf buf;
	int rc = yg_disk_sync(s->out_fd);

	if (rc != YG_OK)
		return rc;
	yg_buf_init(&buf, YG_HUNT_STATE_MAX);
	yg_buf_add_str(&buf, MAGIC);
	yg_buf_add(&buf, (struct yg_bytes){s->asked, YG_DIGEST_BYTES});
	yg_buf_add(&buf, (struct yg_bytes){s->inputs, YG_DIGEST_BYTES});
	put64(&buf, s->input);
	put64(&buf, s->batches);
	put64(&buf, s->frame);
	put64(&buf, s->out_size);
	put64(&buf, (s->is_fatal ? FLAG_FATAL : 0) | (s->is_partly ? FLAG_PARTLY : 0));
	put64(&buf, place.device);
	put64(&buf, place.inode);
	put64(&buf, place.size);
	put64(&buf, correlations.size);
	put64(&buf, s->next.size);
	for (unsigned i = 0; i < YG_SUM_COUNT; i++)
		put64(&buf, sums[i]);
	yg_buf_add(&buf, correlations);
	yg_buf_add(&buf, yg_buf_bytes(&s->next));
	rc = yg_buf_error(&buf);
	if (rc == YG_OK)
		put64(&buf, yg_hash64(yg_buf_bytes(&buf), 0));
	if (rc == YG_OK)
		rc = yg_buf_error(&buf);
	if (rc == YG_OK)
		rc = yg_io_replace(s->path, yg_buf_bytes(&buf), 0600);
	yg_buf_done(&buf);
	return rc;
}

static int parse(struct yg_hunt_state *s, struct yg_bytes b, struct place *ret_place,
		 struct yg_buf *ret_correlations)
{
	const uint8_t *p = b.data + MAGIC_SIZE + 2 * YG_DIGEST_BYTES;
	uint64_t middle;

	if (b.size < FIXED + 8 || memcmp(b.data, MAGIC, MAGIC_SIZE) != 0)
		return YG_EFORMAT;
	middle = get64(p + 64);
	if (middle > b.size - FIXED - 8 || get64(p + 72) != b.size - FIXED - 8 - middle)
		return YG_EFORMAT;
	if (yg_hash64(yg_bytes_cut(b, 0, b.size - 8), 0) != get64(b.data + b.size - 8))
		return YG_EDIGEST;
	if (memcmp(b.data + MAGIC_SIZE, s->asked, YG_DIGEST_BYTES) != 0)
		return YG_EMISMATCH;
	memcpy(s->inputs, b.data + MAGIC_SIZE + YG_DIGEST_BYTES, YG_DIGEST_BYTES);
	s->input = get64(p);
	s->batches = get64(p + 8);
	s->frame = get64(p + 16);
	s->out_size = get64(p + 24);
	s->is_fatal = get64(p + 32) & FLAG_FATAL;
	s->is_partly = get64(p + 32) & FLAG_PARTLY;
	*ret_place = (struct place){get64(p + 40), get64(p + 48), get64(p + 56)};
	for (unsigned i = 0; i < YG_SUM_COUNT; i++)
		s->before[i] = get64(p + 80 + 8 * (size_t)i);
	s->is_resumed = true;
	yg_buf_add(ret_correlations, yg_bytes_cut(b, FIXED, FIXED + middle));
	yg_buf_add(&s->next, yg_bytes_cut(b, FIXED + middle, b.size - 8));
	return yg_buf_error(ret_correlations) ? yg_buf_error(ret_correlations)
					      : yg_buf_error(&s->next);
}

/* All of FILE.out to standard output. */
static int copy_out(const struct yg_hunt_state *s)
{
	uint8_t part[COPY_BYTES];
	uint64_t at = 0;

	while (at < s->out_size) {
		size_t want =
			s->out_size - at < sizeof(part) ? (size_t)(s->out_size - at) : sizeof(part);
		ssize_t got = pread(s->out_fd, part, want, (off_t)at);
		int rc;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? yg_err_from_errno(errno) : YG_ETRUNC;
		rc = yg_io_write(STDOUT_FILENO, (struct yg_bytes){part, (size_t)got});
		if (rc != YG_OK)
			return rc;
		at += (uint64_t)got;
	}
	return YG_OK;
}

/* Bring FILE.out and standard output to where the state is. */
static int go_back(struct yg_hunt_state *s, const struct place *kept)
{
	struct place now = place_of_output();
	struct stat st;

	if (fstat(s->out_fd, &st) != 0)
		return yg_err_from_errno(errno);
	if ((uint64_t)st.st_size < s->out_size)
		return YG_EDIGEST; /* less than was kept */
	if (ftruncate(s->out_fd, (off_t)s->out_size) != 0 || lseek(s->out_fd, 0, SEEK_END) < 0)
		return yg_err_from_errno(errno);
	if (kept->inode == 0 || now.device != kept->device || now.inode != kept->inode ||
	    now.size < kept->size)
		return copy_out(s);
	if (ftruncate(STDOUT_FILENO, (off_t)kept->size) != 0 ||
	    lseek(STDOUT_FILENO, 0, SEEK_END) < 0)
		return yg_err_from_errno(errno);
	return YG_OK;
}

static int load(struct yg_hunt_state *s, struct yg_buf *ret_correlations)
{
	struct place place = {0};
	uint8_t *data;
	size_t size;
	int rc = yg_io_read_file(s->path, YG_HUNT_STATE_MAX, &data, &size);

	if (rc == YG_ENOENT) /* a first run; what an earlier one wrote without keeping it goes */
		return ftruncate(s->out_fd, 0) == 0 ? YG_OK : yg_err_from_errno(errno);
	if (rc != YG_OK)
		return rc;
	rc = parse(s, (struct yg_bytes){data, size}, &place, ret_correlations);
	free(data);
	return rc == YG_OK ? go_back(s, &place) : rc;
}

int yg_hunt_state_open(struct yg_hunt_state *s, const char *path, struct yg_buf *ret_correlations)
{
	size_t size = strlen(path) + sizeof(".out");

	s->path = path;
	yg_buf_init(&s->next, YG_HUNT_STATE_MAX);
	s->out_path = yg_malloc(size);
	if (!s->out_path)
		return YG_ENOMEM;
	(void)snprintf(s->out_path, size, "%s.out", path); /* measured above */
	s->out_fd = open(s->out_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->out_fd < 0)
		return yg_err_from_errno(errno);
	if (flock(s->out_fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? YG_EAGAIN : yg_err_from_errno(errno);
	return load(s, ret_correlations);
}

void yg_hunt_state_close(struct yg_hunt_state *s)
{
	if (s->out_fd >= 0)
		(void)close(s->out_fd); /* what counted was synced */
	free(s->out_path);
	yg_buf_done(&s->next);
	*s = (struct yg_hunt_state){.out_fd = -1};
}
