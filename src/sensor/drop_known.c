/* SPDX-License-Identifier: Apache-2.0 */
/* STATE/drop.known: a line of JSON for each file that was read, the newest last. */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/disk.h"
#include "base/io.h"
#include "base/json.h"
#include "sensor/drop-int.h"

#include "base/ban.h"

#define FILE_MAX (64u << 20)
#define LINE_MAX 8192u

static bool read_line(struct yg_bytes line, uint8_t to[YG_SHA256_BYTES])
{
	struct yg_fault fault;
	json_t *object = NULL;
	bool is_right = false;
	struct yg_bytes digest;

	if (yg_json_load(line, LINE_MAX, &object, &fault) != YG_OK)
		return false; /* torn by a power cut: that file is read again */
	digest = yg_json_text(object, "sha256");
	is_right = digest.size == YG_SHA256_HEX && yg_hex_read(digest, to, YG_SHA256_BYTES);
	json_decref(object);
	return is_right;
}

/* Keep the newest lines only, so that the file stays bounded. */
static int shorten(struct yg_drop_known *known, struct yg_bytes text)
{
	size_t drop = known->count - YG_DROP_KNOWN_MAX / 2;

	for (size_t i = 0; i < drop && text.size > 0; i++)
		text = yg_bytes_from(text, yg_bytes_chr(text, '\n') + 1);
	known->count -= drop;
	memmove(known->digests, known->digests + drop, known->count * sizeof(*known->digests));
	return yg_io_replace(known->path, text, 0600);
}

static int load(struct yg_drop_known *known)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_io_read_file(known->path, FILE_MAX, &bytes, &size);
	struct yg_bytes text = {bytes, size};

	known->count = 0;
	if (rc == YG_ENOENT)
		return YG_OK;
	while (rc == YG_OK && text.size > 0 && known->count < 2 * YG_DROP_KNOWN_MAX) {
		size_t end = yg_bytes_chr(text, '\n');

		if (read_line(yg_bytes_cut(text, 0, end), known->digests[known->count]))
			known->count++;
		text = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(text, end + 1);
	}
	if (rc == YG_OK && known->count >= YG_DROP_KNOWN_MAX)
		rc = shorten(known, (struct yg_bytes){bytes, size});
	free(bytes);
	return rc;
}

int yg_drop_known_open(struct yg_drop_known *known, const char *path)
{
	int rc = YG_OK;

	*known = (struct yg_drop_known){.path = yg_strndup(path, strlen(path))};
	known->digests = yg_calloc(2 * YG_DROP_KNOWN_MAX, sizeof(*known->digests));
	rc = known->path && known->digests ? load(known) : YG_ENOMEM;
	if (rc != YG_OK)
		yg_drop_known_done(known);
	return rc;
}

void yg_drop_known_done(struct yg_drop_known *known)
{
	free(known->path);
	free(known->digests);
	*known = (struct yg_drop_known){0};
}

bool yg_drop_known_has(const struct yg_drop_known *known, const char *digest)
{
	uint8_t wanted[YG_SHA256_BYTES];

	if (!yg_hex_read(yg_bytes_str(digest), wanted, sizeof(wanted)))
		return false;
	for (size_t i = known->count; i-- > 0;)
		if (memcmp(known->digests[i], wanted, sizeof(wanted)) == 0)
			return true;
	return false;
}

static void write_line(const struct yg_drop_result *result, struct yg_buf *to)
{
	char iso[YG_ISO_SIZE];

	(void)yg_time_iso(result->time_ns - result->time_ns % YG_NS_PER_S, 0, iso);
	/* Begins on a line of its own, also behind one that was torn. */
	yg_buf_addf(to, "\n{\"time\":\"%s\",\"sha256\":\"%s\",\"name\":", iso, result->digest);
	yg_buf_add_json(to, yg_bytes_str(result->name));
	yg_buf_addf(to, ",\"size\":%llu,\"records\":%llu,\"damaged\":%llu,\"result\":\"%s\"",
		    (unsigned long long)result->size, (unsigned long long)result->records,
		    (unsigned long long)result->damaged, result->reason ? "failed" : "done");
	if (result->reason) {
		yg_buf_add_str(to, ",\"reason\":");
		yg_buf_add_json(to, yg_bytes_str(result->reason));
	}
	yg_buf_add_str(to, "}\n");
}

static int append(const struct yg_drop_known *known, struct yg_bytes line)
{
	struct stat st;
	int fd = -1;
	int rc = yg_disk_open(known->path, YG_DISK_CREATE, 0600, &fd);

	if (rc != YG_OK)
		return rc;
	if (fstat(fd, &st) != 0)
		rc = yg_err_from_errno(errno);
	if (rc == YG_OK)
		rc = yg_disk_write(fd, line, (uint64_t)st.st_size);
	if (rc == YG_OK)
		rc = yg_disk_sync(fd);
	if (rc == YG_OK && st.st_size == 0)
		rc = yg_disk_sync_folder_of(known->path);
	(void)yg_disk_close(fd); /* synced */
	return rc;
}

int yg_drop_known_add(struct yg_drop_known *known, const struct yg_drop_result *result)
{
	struct yg_buf line;
	int rc;

	if (known->count == 2 * YG_DROP_KNOWN_MAX) {
		rc = load(known); /* shortens it */
		if (rc != YG_OK)
			return rc;
	}
	if (!yg_hex_read(yg_bytes_str(result->digest), known->digests[known->count],
			 YG_SHA256_BYTES))
		return YG_EFORMAT;
	yg_buf_init(&line, LINE_MAX);
	write_line(result, &line);
	rc = yg_buf_error(&line);
	if (rc == YG_OK)
		rc = append(known, yg_buf_bytes(&line));
	if (rc == YG_OK)
		known->count++;
	yg_buf_done(&line);
	return rc;
}
