/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/thread.h - what a thread is called, for those who look (top -H, ps -L).
 *
 * Names of the hub's threads begin with YG_THREAD_PREFIX and stand in docs/hub-config.md, where
 * tests/e2e/hub_config.py holds them to be the same.
 */
#pragma once

#define YG_THREAD_PREFIX   "yg:"
#define YG_THREAD_NAME_MAX 15u /* bytes; the kernel cuts what is beyond */

/* The calling thread; cut at YG_THREAD_NAME_MAX. Where it may not, it keeps its process's name. */
void yg_thread_name(const char *name);
