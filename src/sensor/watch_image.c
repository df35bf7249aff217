/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules compiled by a process of its own, and mapped.
 *
 *   STATE/detect/rules.image  struct header, zeros up to a multiple of 64, the image
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/disk.h"
#include "sensor/commands.h"
#include "sensor/watch_set.h"

#include "base/ban.h"

extern char **environ;

#define MAGIC	 "YGWI1 " YG_VERSION
#define IMAGE_AT 256u
#define FILE_MAX (YG_IMAGE_BYTES_MAX + IMAGE_AT)

struct header {
	char magic[64];
	uint64_t signature; /* of the files, and of what was asked for */
	uint64_t size;	    /* of the image */
	uint32_t rules;
	uint32_t refused;
	uint32_t unreadable;
	uint8_t key[YG_DIGEST_BYTES];
};
_Static_assert(sizeof(struct header) <= IMAGE_AT, "the image stands behind it");

/* Also what was asked for: another matcher, another set of paths is another image. */
static uint64_t signature_of(const struct yg_detect_settings *settings, const struct yg_home *home)
{
	const char *matcher = getenv("YAGURA_MATCHER");
	uint64_t signature = yg_watch_set_signature(settings, home, false);

	signature = yg_hash64(yg_bytes_str(matcher ? matcher : ""), signature);
	return signature + settings->has_built_in + 2u * settings->takes_rules;
}

/* ---- the other process ---- */

static int write_image(const struct yg_home *home, uint64_t signature,
		       const struct yg_watch_set *set, const uint8_t key[YG_DIGEST_BYTES],
		       size_t size)
{
	struct header header = {.magic = MAGIC,
				.signature = signature,
				.size = size,
				.rules = set->rules,
				.refused = set->refused,
				.unreadable = set->unreadable};
	uint8_t head[IMAGE_AT] = {0};
	char path[YG_HOME_PATH_MAX];
	struct yg_buf file;
	int rc;

	memcpy(header.key, key, sizeof(header.key));
	memcpy(head, &header, sizeof(header));
	yg_buf_init(&file, FILE_MAX);
	yg_buf_add(&file, (struct yg_bytes){head, sizeof(head)});
	yg_buf_add(&file, (struct yg_bytes){set->image, size});
	rc = yg_buf_error(&file);
	if (rc == YG_OK)
		rc = yg_home_path(home, "detect/rules.image", path)
			     ? yg_disk_replace(path, yg_buf_bytes(&file), 0600)
			     : YG_ELIMIT;
	yg_buf_done(&file);
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
	to->has_built_in = strchr(argv[3], 'b') != NULL;
	to->takes_rules = strchr(argv[3], 'o') != NULL;
	for (int i = 4; i < argc; i++)
		(void)snprintf(to->rules[to->rule_count++], YG_DETECT_PATH_MAX + 1, "%s",
			       argv[i]); /* the caller's were measured */
	return end && *end == '\0';
}

int yg_watch_image_main(int argc, char **argv)
{
	struct yg_detect_settings *settings = yg_calloc(1, sizeof(*settings));
	struct yg_watch_set set = {.engine = NULL};
	uint8_t key[YG_DIGEST_BYTES];
	struct yg_home home = {0};
	uint64_t signature;
	size_t size = 0;
	int rc = YG_ENOMEM;

	/* Not longer than who asked for it: the next one may be at the same file. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* Linux has it */
	if (settings)
		rc = read_arguments(argc, argv, &home, &signature, settings) ? YG_OK : YG_EINVAL;
	if (rc == YG_OK)
		rc = yg_watch_rules_compile(settings, &home, &set, key, &size);
	if (rc == YG_OK)
		rc = write_image(&home, signature, &set, key, size);
	if (rc != YG_OK)
		yg_sensor_say("detect: %s", yg_sensor_tr(yg_err_text(rc)));
	free(set.image);
	free(settings);
	return rc == YG_OK ? 0 : 2;
}

/* ---- this one ---- */

int yg_watch_run(const char *program, char **argv)
{
	int status = 0;
	pid_t pid;
	int error = posix_spawn(&pid, program, NULL, NULL, argv, environ);

	if (error != 0)
		return yg_err_from_errno(error);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return yg_err_from_errno(errno);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? YG_OK : YG_EFORMAT;
}

static int make(const struct yg_detect_settings *settings, const struct yg_home *home,
		const char *program, uint64_t signature)
{
	char *argv[YG_DETECT_PATHS_MAX + 6];
	char flags[4];
	char hex[20];
	size_t count = 0;

	(void)snprintf(flags, sizeof(flags), "-%s%s", settings->has_built_in ? "b" : "",
		       settings->takes_rules ? "o" : "");			 /* fits */
	(void)snprintf(hex, sizeof(hex), "%llx", (unsigned long long)signature); /* fits */
	/* posix_spawn() takes them as they are and changes nothing. */
	argv[count++] = (char *)(uintptr_t) "yagura-sensor";
	argv[count++] = (char *)(uintptr_t)YG_WATCH_IMAGE_WORD;
	argv[count++] = (char *)(uintptr_t)home->folder;
	argv[count++] = hex;
	argv[count++] = flags;
	for (size_t i = 0; i < settings->rule_count; i++)
		argv[count++] = (char *)(uintptr_t)settings->rules[i];
	argv[count] = NULL;
	return yg_watch_run(program, argv);
}

static int map_file(const struct yg_home *home, struct yg_watch_set *set)
{
	char path[YG_HOME_PATH_MAX];
	struct stat st;
	void *mapping;
	int fd;

	if (!yg_home_path(home, "detect/rules.image", path))
		return YG_ELIMIT;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return yg_err_from_errno(errno);
	if (fstat(fd, &st) != 0 || st.st_size <= IMAGE_AT || (uint64_t)st.st_size > FILE_MAX) {
		(void)close(fd); /* read only */
		return YG_EFORMAT;
	}
	mapping = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	(void)close(fd); /* read only */
	if (mapping == MAP_FAILED)
		return YG_ENOMEM;
	set->image = mapping;
	set->mapped_size = (size_t)st.st_size;
	return YG_OK;
}

static void unmap(struct yg_watch_set *set)
{
	if (set->mapped_size > 0)
		(void)munmap(set->image, set->mapped_size); /* our own mapping */
	set->image = NULL;
	set->mapped_size = 0;
}

/* The folder is the sensor's alone: what is in it is as good as the program. */
static int open_image(const struct yg_home *home, uint64_t signature, struct yg_watch_set *set)
{
	struct yg_fault fault = {0};
	struct header header;
	int rc = map_file(home, set);

	if (rc != YG_OK)
		return rc;
	memcpy(&header, set->image, sizeof(header));
	if (memcmp(header.magic, (char[sizeof(header.magic)]){MAGIC}, sizeof(header.magic)) != 0 ||
	    header.signature != signature || header.size != set->mapped_size - IMAGE_AT)
		rc = YG_EMISMATCH;
	if (rc == YG_OK)
		rc = yg_engine_open(
			(struct yg_bytes){(const uint8_t *)set->image + IMAGE_AT, header.size},
			header.key, &set->engine, &fault);
	if (rc != YG_OK) {
		unmap(set);
		return rc;
	}
	set->rules = header.rules;
	set->refused = header.refused;
	set->unreadable += header.unreadable;
	yg_hex((struct yg_bytes){header.key, sizeof(header.key)}, set->digest);
	return YG_OK;
}

int yg_watch_image_load(const struct yg_detect_settings *settings, const struct yg_home *home,
			const char *program, struct yg_watch_set *set)
{
	uint64_t signature = signature_of(settings, home);
	int rc = open_image(home, signature, set);

	if (rc == YG_OK || rc == YG_ENOMEM)
		return rc;
	rc = make(settings, home, program, signature);
	return rc == YG_OK ? open_image(home, signature, set) : rc;
}
