/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/commands.h - the subcommands: one table (main.c), one function each.
 *
 * A function gets argv from its own name on and returns the exit status:
 * 0 done; 1 done, but a named input or rule could not be used; 2 usage, nothing could be read, or
 * the output could not be written; 3 --fail-on reached (docs/cli-contract.md).
 */
#pragma once

#define YG_EXIT_DONE	0
#define YG_EXIT_PARTLY	1
#define YG_EXIT_FAILED	2
#define YG_EXIT_FINDING 3

int yg_command_admin(int argc, char **argv);
int yg_command_archive(int argc, char **argv);
int yg_command_assess(int argc, char **argv);
/* app/checker.c: the whole command line of the program under another name. */
int yg_command_checker(int argc, char **argv);
int yg_command_demo(int argc, char **argv);
int yg_command_detect(int argc, char **argv);
int yg_command_evtx(int argc, char **argv);
int yg_command_hub(int argc, char **argv);
int yg_command_hunt(int argc, char **argv);
/* app/summary.c, app/search.c */
int yg_command_search(int argc, char **argv);
int yg_command_summary(int argc, char **argv);
int yg_command_rules(int argc, char **argv);
int yg_command_share(int argc, char **argv);
int yg_command_source(int argc, char **argv);

/* What follows `yagura source`. */
int yg_command_source_learn(int argc, char **argv);
int yg_command_source_test(int argc, char **argv);

/* Help texts, on standard output (help.c). */
void yg_help(void);
void yg_help_admin(void);
void yg_help_hub(void);
void yg_help_archive(void);
void yg_help_demo(void);
void yg_help_detect(void);
void yg_help_evtx(void);
void yg_help_hunt(void);
void yg_help_rules(void);
void yg_help_search(void);
/* @word: one command of it, NULL or an unknown one: all. */
void yg_help_share(const char *word);
void yg_help_source(void);
void yg_help_summary(void);
