/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over saved inputs (a folder) with any compiler, as an ordinary test. */
#define YG_BAN_ALLOW_MALLOC  /* each input in a block of its own size, so that ASan sees overruns  \
			      */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/ban.h"

#define INPUT_BYTES_MAX (4u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One input; 0 when the file cannot be read. */
static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct stat st;
	uint8_t *data;
	size_t size;

	if (!file || fstat(fileno(file), &st) != 0 || st.st_size > (off_t)INPUT_BYTES_MAX)
		return 0;
	size = (size_t)st.st_size;
	data = malloc(size ? size : 1);
	if (!data || fread(data, 1, size, file) != size)
		return 0;
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 1;
}

int main(int argc, char **argv)
{
	DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	char path[4096];
	int passed = 0;
	int failed = 0;

	if (!folder) {
		fprintf(stderr, "usage: replay FOLDER\n");
		return EXIT_FAILURE;
	}
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		if (replay(path)) {
			passed++;
		} else {
			fprintf(stderr, "%s: cannot be read\n", path);
			failed++;
		}
	}
	closedir(folder);
	printf("%d passed, %d failed, 0 skipped\n", passed, failed);
	return failed > 0 || passed == 0;
}
