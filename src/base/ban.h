/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/ban.h - included last in every .c file: these names do not compile.
 *
 * The string functions have no bound; the time functions share static state;
 * the conversions cannot report an error. Memory comes from base/alloc.h, so that
 * tests can make each allocation fail: a file that hands memory to a library which
 * frees it itself defines YG_BAN_ALLOW_MALLOC and says why.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok gets
#pragma GCC poison atoi atol atoll atof gmtime localtime ctime asctime mktemp tmpnam
#ifndef YG_BAN_ALLOW_MALLOC
#pragma GCC poison malloc calloc realloc strdup strndup
#endif
