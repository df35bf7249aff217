/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <dirent.h>
#include <math.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <unistd.h>

#include "w6.h"

#include "base/ban.h"

#define FIRST_NS 1000.0 /* class 0: below a microsecond */

void w6_times_add(struct w6_times *times, int64_t ns)
{
	double at = (double)ns > FIRST_NS ? log((double)ns / FIRST_NS) / log(1.01) + 1 : 0;
	unsigned index = at < W6_CLASSES - 1 ? (unsigned)at : W6_CLASSES - 1;

	times->counts[index]++;
	times->all++;
	if (ns > times->max_ns)
		times->max_ns = ns;
}

double w6_times_at(const struct w6_times *times, double share)
{
	uint64_t wanted = (uint64_t)ceil(share * (double)times->all);
	uint64_t seen = 0;

	for (unsigned i = 0; i < W6_CLASSES && times->all > 0; i++) {
		seen += times->counts[i];
		if (seen >= wanted)
			return fmin(FIRST_NS * pow(1.01, i), (double)times->max_ns) / 1e6;
	}
	return 0;
}

void w6_times_json(const struct w6_times *times, const char *name, struct yg_buf *to)
{
	yg_buf_addf(to, "\"%s\":{\"count\":%llu,\"p50_ms\":%.2f,\"p95_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f}",
		    name, (unsigned long long)times->all, w6_times_at(times, 0.5), w6_times_at(times, 0.95),
		    w6_times_at(times, 0.99), (double)times->max_ns / 1e6);
}

static double cpu_of(int pid)
{
	char path[64];
	char text[1024];
	unsigned long user = 0;
	unsigned long kernel = 0;
	const char *at;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fgets(text, sizeof(text), file) && (at = strrchr(text, ')')) != NULL)
		(void)!sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel);
	(void)fclose(file);
	return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static void look(struct w6_process *process)
{
	char path[64];
	char line[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", process->pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		(void)!sscanf(line, "Name: %31s", process->name);
		(void)!sscanf(line, "VmRSS: %ld", &process->rss_kb);
		(void)!sscanf(line, "VmHWM: %ld", &process->peak_kb);
	}
	if (file)
		(void)fclose(file);
	process->cpu_s = cpu_of(process->pid);
}

unsigned w6_processes(int pid, struct w6_process to[W6_PROCESSES_MAX])
{
	char path[64];
	unsigned count = 0;
	FILE *file;
	int child;

	if (pid <= 0)
		return 0;
	to[count] = (struct w6_process){.pid = pid};
	look(&to[count++]);
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	file = fopen(path, "re");
	while (file && count < W6_PROCESSES_MAX && fscanf(file, "%d", &child) == 1) {
		to[count] = (struct w6_process){.pid = child};
		look(&to[count++]);
	}
	if (file)
		(void)fclose(file);
	return count;
}

double w6_own_cpu_s(void)
{
	struct rusage used;

	(void)getrusage(RUSAGE_SELF, &used); /* cannot fail */
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

int64_t w6_now(void)
{
	return yg_clock_system().now_ns(NULL);
}

int64_t w6_steady(void)
{
	return yg_clock_steady().now_ns(NULL);
}

void w6_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fputs("w6: ", stderr);
	(void)vfprintf(stderr, format, args);
	(void)fputc('\n', stderr);
	va_end(args);
	exit(2);
}
