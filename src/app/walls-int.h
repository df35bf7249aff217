/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/walls-int.h - the parts that walls are built of: walls.c (roles of the hub), query_sandbox.c.
 */
#pragma once

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define YG_WALL_HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define YG_WALL_HAS_SANITIZER 1
#endif
#endif
#ifndef YG_WALL_HAS_SANITIZER
#define YG_WALL_HAS_SANITIZER 0
#endif

/* No capabilities, no new privileges, no dump, no tracing by others of the same user. */
bool yg_wall_privileges(void);

/* A limit of the kernel, for good. */
bool yg_wall_bound(int what, uint64_t most);

/* Bytes of address space in use, or 0 when the kernel does not tell. */
uint64_t yg_wall_mapped(void);

/* Landlock's version; below 1: there is none. */
long yg_wall_landlock_version(void);

enum yg_wall_files {
	YG_WALL_NO_FILES,
	YG_WALL_DATA,  /* the data folder, as the keeper has it */
	YG_WALL_RULES, /* what the engine reads of it */
	YG_WALL_HUNTS, /* what the hunter does */
	YG_WALL_NAMES, /* what finding hosts and checking certificates reads; @data: one file more
			*/
};

/*
 * No path of the file system but @files of @data, as yg_wall_enter() says. YG_OK also where the
 * kernel has no Landlock: it is a second wall.
 */
int yg_wall_landlock(enum yg_wall_files files, const char *data);

#if !YG_WALL_HAS_SANITIZER
#include <seccomp.h>

/* Argument @n equals @value (the second value is for ranges). */
#define IS(n, value) SCMP_CMP(n, SCMP_CMP_EQ, value, 0)
#define ALLOW(name, ...)                                                                           \
	(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(name), __VA_ARGS__) == 0)

/* Memory that is no file's and never executed. */
bool yg_wall_allow_memory(scmp_filter_ctx filter);
/* To end, to return from a signal, to ask the time, to wait for itself, to get random bytes. */
bool yg_wall_allow_rest(scmp_filter_ctx filter);
#endif
