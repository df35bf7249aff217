/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of indicators compiled by a process of its own, and mapped.
 *
 *   STATE/detect/indicators.image   written under a name of its own, synced, renamed
 *
 * Of the mapping what was checked is given back at once: what is looked at later comes back, a page
 * at a time.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/crypt.h"
#include "base/disk.h"
#include "base/io.h"
#include "detect/indicators_build.h"
#include "sensor/commands.h"
#include "sensor/watch_set.h"

#include "base/ban.h"

#define NAME	     "detect/indicators.image"
#define PART	     "detect/indicators.image.part"
#define SPILL	     "detect/indicators.spill"
#define PAGE	     4096u
#define BLOCK_BYTES  (1u << 20)			  /* read at a time */
#define WINDOW_BYTES (BLOCK_BYTES + (128u << 10)) /* with what the builder left over */
#define FILE_MAX     (UINT64_C(2) << 30)

/* What an image is made from: the files, as they were when it was begun. */
static void key_of(uint64_t signature, uint8_t key[YG_DIGEST_BYTES])
{
	yg_digest_parts((struct yg_bytes[]){YG_S("indicators of a sensor " YG_VERSION),
					    {(const uint8_t *)&signature, sizeof(signature)}},
			2, key);
}

static uint64_t signature_of(const struct yg_detect_settings *settings, const struct yg_home *home,
			     uint32_t *ret_files)
{
	return yg_watch_lists_signature(settings, home, ret_files) + settings->takes_indicators;
}

/* ---- the other process ---- */

struct making {
	int image_fd;
	int spill_fd;
	uint64_t spilled;
	struct yg_indicator_build *build;
	uint8_t *window;
};

static int put(void *arg, uint64_t at, struct yg_bytes b)
{
	const struct making *m = arg;

	return yg_disk_write(m->image_fd, b, at);
}

static int spill(void *arg, struct yg_bytes b)
{
	struct making *m = arg;
	int rc = yg_disk_write(m->spill_fd, b, m->spilled);

	m->spilled += b.size;
	return rc;
}

static int unspill(void *arg, uint64_t at, uint8_t *to, size_t size)
{
	const struct making *m = arg;
	int rc = YG_OK;

	while (rc == YG_OK && size > 0) {
		size_t got = 0;

		rc = yg_io_read_at(m->spill_fd, to, size, at, &got);
		if (rc == YG_OK && got == 0)
			rc = YG_EIO; /* we wrote more than that */
		to += got;
		at += got;
		size -= got;
	}
	return rc;
}

static int feed(struct making *m, int fd, const char *path)
{
	size_t have = 0;
	uint64_t at = 0;
	bool is_last = false;
	int rc = yg_indicator_build_list(m->build, path);

	while (rc == YG_OK && !is_last) {
		size_t got = 0, used = 0;

		if (at > YG_WATCH_LIST_BYTES_MAX)
			return YG_ELIMIT;
		rc = yg_io_read_at(fd, m->window + have, BLOCK_BYTES, at, &got);
		is_last = got == 0;
		at += got;
		have += got;
		if (rc == YG_OK)
			rc = yg_indicator_build_feed(m->build, (struct yg_bytes){m->window, have},
						     is_last, &used);
		have -= used;
		memmove(m->window, m->window + used, have);
	}
	return rc;
}

static int add_list(void *arg, const char *path)
{
	struct making *m = arg;
	int fd = -1;
	int rc = yg_io_open_read(path, &fd);

	if (rc != YG_OK) {
		yg_sensor_say(N_("%s: cannot be read: %s"), path, yg_sensor_tr(yg_err_text(rc)));
		return rc == YG_ENOMEM ? rc : YG_OK; /* counted by who reads the image */
	}
	rc = feed(m, fd, path);
	(void)close(fd); /* read only */
	return rc;
}

/* A file of ours, empty. */
static int open_fresh(const struct yg_home *home, const char *name, int *ret)
{
	char path[YG_HOME_PATH_MAX];

	if (!yg_home_path(home, name, path))
		return YG_ELIMIT;
	(void)yg_disk_unlink(path); /* left by one that was killed, or not there */
	return yg_disk_open(path, YG_DISK_CREATE, 0600, ret);
}

static int finish(struct making *m, const struct yg_home *home, uint64_t signature)
{
	char from[YG_HOME_PATH_MAX];
	char to[YG_HOME_PATH_MAX];
	uint8_t key[YG_DIGEST_BYTES];
	uint64_t size;
	int rc;

	key_of(signature, key);
	rc = yg_indicator_build_finish(m->build, key, &size);
	if (rc == YG_OK)
		rc = yg_disk_sync(m->image_fd);
	if (rc == YG_OK)
		rc = yg_home_path(home, PART, from) && yg_home_path(home, NAME, to)
			     ? yg_disk_rename(from, to)
			     : YG_ELIMIT;
	return rc;
}

static int make_image(const struct yg_detect_settings *settings, const struct yg_home *home,
		      uint64_t signature)
{
	struct making m = {.image_fd = -1, .spill_fd = -1};
	const struct yg_indicator_store store = {put, spill, unspill, &m};
	char path[YG_HOME_PATH_MAX];
	uint64_t seed;
	uint32_t unreadable;
	int rc;

	yg_random((uint8_t *)&seed, sizeof(seed));
	m.build = yg_indicator_build_new(seed, &store);
	m.window = yg_malloc(WINDOW_BYTES);
	rc = m.build && m.window ? open_fresh(home, PART, &m.image_fd) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = open_fresh(home, SPILL, &m.spill_fd);
	if (rc == YG_OK && yg_home_path(home, SPILL, path))
		(void)yg_disk_unlink(path); /* only its descriptor is used */
	if (rc == YG_OK)
		rc = yg_watch_lists_each(settings, home, add_list, &m, &unreadable);
	if (rc == YG_OK)
		rc = finish(&m, home, signature);
	if (m.image_fd >= 0)
		(void)yg_disk_close(m.image_fd); /* it was synced */
	if (m.spill_fd >= 0)
		(void)yg_disk_close(m.spill_fd); /* thrown away */
	(void)yg_indicator_build_free(m.build);
	free(m.window);
	return rc;
}

static bool read_arguments(int argc, char **argv, struct yg_home *home, uint64_t *ret_signature,
			   struct yg_detect_settings *to)
{
	char *end = NULL;

	if (argc < 4 || argc - 4 > (int)YG_DETECT_PATHS_MAX ||
	    strlen(argv[1]) >= sizeof(home->folder))
		return false;
	(void)snprintf(home->folder, sizeof(home->folder), "%s", argv[1]); /* measured */
	*ret_signature = strtoull(argv[2], &end, 16);
	to->takes_indicators = strchr(argv[3], 'o') != NULL;
	for (int i = 4; i < argc; i++)
		(void)snprintf(to->indicators[to->indicator_count++], YG_DETECT_PATH_MAX + 1, "%s",
			       argv[i]); /* the caller's were measured */
	return end && *end == '\0';
}

int yg_watch_lists_main(int argc, char **argv)
{
	struct yg_detect_settings *settings = yg_calloc(1, sizeof(*settings));
	struct yg_home home = {0};
	uint64_t signature;
	int rc = YG_ENOMEM;

	/* Not longer than who asked for it: the next one may be at the same file. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* Linux has it */
	if (settings)
		rc = read_arguments(argc, argv, &home, &signature, settings) ? YG_OK : YG_EINVAL;
	if (rc == YG_OK)
		rc = make_image(settings, &home, signature);
	if (rc != YG_OK)
		yg_sensor_say("detect: %s", yg_sensor_tr(yg_err_text(rc)));
	free(settings);
	return rc == YG_OK ? 0 : 2;
}

/* ---- this one ---- */

static int make(const struct yg_detect_settings *settings, const struct yg_home *home,
		const char *program, uint64_t signature)
{
	char *argv[YG_DETECT_PATHS_MAX + 6];
	char hex[20];
	size_t count = 0;

	(void)snprintf(hex, sizeof(hex), "%llx", (unsigned long long)signature); /* fits */
	/* posix_spawn() takes them as they are and changes nothing. */
	argv[count++] = (char *)(uintptr_t) "yagura-sensor";
	argv[count++] = (char *)(uintptr_t)YG_WATCH_LISTS_WORD;
	argv[count++] = (char *)(uintptr_t)home->folder;
	argv[count++] = hex;
	argv[count++] = (char *)(uintptr_t)(settings->takes_indicators ? "o" : "-");
	for (size_t i = 0; i < settings->indicator_count; i++)
		argv[count++] = (char *)(uintptr_t)settings->indicators[i];
	argv[count] = NULL;
	return yg_watch_run(program, argv);
}

static int map_file(const struct yg_home *home, struct yg_watch_set *set)
{
	char path[YG_HOME_PATH_MAX];
	struct stat st;
	void *mapping;
	int fd;

	if (!yg_home_path(home, NAME, path))
		return YG_ELIMIT;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return yg_err_from_errno(errno);
	if (fstat(fd, &st) != 0 || st.st_size <= 0 || (uint64_t)st.st_size > FILE_MAX) {
		(void)close(fd); /* read only */
		return YG_EFORMAT;
	}
	mapping = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd); /* read only */
	if (mapping == MAP_FAILED)
		return YG_ENOMEM;
	set->lists = mapping;
	set->lists_size = (size_t)st.st_size;
	return YG_OK;
}

static void unmap(struct yg_watch_set *set)
{
	set->indicators = yg_indicators_free(set->indicators);
	if (set->lists)
		(void)munmap(set->lists, set->lists_size); /* our own mapping */
	set->lists = NULL;
	set->lists_size = 0;
}

static void drop_pages(void *arg, size_t at, size_t size)
{
	uint8_t *from = (uint8_t *)arg + at / PAGE * PAGE;

	(void)madvise(from, size, MADV_DONTNEED); /* a wish; they come back when looked at */
}

static int open_image(const struct yg_home *home, uint64_t signature, struct yg_watch_set *set)
{
	uint8_t key[YG_DIGEST_BYTES];
	struct yg_indicators_image image = {.key = key, .seen = drop_pages};
	struct yg_fault fault = {0};
	int rc = map_file(home, set);

	if (rc != YG_OK)
		return rc;
	key_of(signature, key);
	image.bytes = (struct yg_bytes){set->lists, set->lists_size};
	image.arg = set->lists;
	set->indicators = yg_indicators_new();
	rc = set->indicators
		     ? yg_indicators_open(set->indicators, YG_INDICATORS_LISTED, &image, &fault)
		     : YG_ENOMEM;
	if (rc == YG_OK)
		rc = yg_indicators_finish(set->indicators);
	if (rc == YG_OK)
		set->indicator_count = yg_indicators_count(set->indicators);
	if (rc != YG_OK || set->indicator_count == 0)
		unmap(set);
	return rc;
}

static int look(void *arg, const char *path)
{
	uint32_t *unreadable = arg;

	if (access(path, R_OK) != 0)
		(*unreadable)++;
	return YG_OK;
}

int yg_watch_lists_load(const struct yg_detect_settings *settings, const struct yg_home *home,
			const char *program, struct yg_watch_set *set)
{
	uint32_t files = 0, unreadable = 0;
	uint64_t signature = signature_of(settings, home, &files);
	int rc = yg_watch_lists_each(settings, home, look, &set->unreadable, &unreadable);

	set->unreadable += unreadable;
	if (rc != YG_OK || files == 0)
		return rc;
	rc = open_image(home, signature, set);
	if (rc == YG_OK || rc == YG_ENOMEM)
		return rc;
	rc = make(settings, home, program, signature);
	return rc == YG_OK ? open_image(home, signature, set) : rc;
}
