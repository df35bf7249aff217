/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/say.h"
#include "base/alloc.h"

#include "base/ban.h"

#ifndef YG_VERSION
#error "the build gives the version"
#endif

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"admin", yg_command_admin},	 {"archive", yg_command_archive},
	{"assess", yg_command_assess},	 {"demo", yg_command_demo},
	{"detect", yg_command_detect},	 {"evtx", yg_command_evtx},
	{"hub", yg_command_hub},	 {"hunt", yg_command_hunt},
	{"rules", yg_command_rules},	 {"search", yg_command_search},
	{"share", yg_command_share},	 {"source", yg_command_source},
	{"summary", yg_command_summary},
};

/* Tests of failing calls set this in builds with the option `torture` (base/alloc.h). */
static void read_fail_at(void)
{
#ifdef YG_TORTURE
	const char *text = getenv("YAGURA_FAIL_AT");
	uint64_t value;

	if (text && yg_bytes_u64(yg_bytes_str(text), &value) && value < 1u << 30)
		yg_fail_at = (long)value;
#endif
}

/* --lang counts for help and for what is said about options before it. Bad ones are said later. */
static void choose_lang(int argc, char **argv)
{
	enum yg_lang lang;

	yg_say_lang(yg_lang_of_environment());
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		struct yg_bytes text = yg_bytes_str(argv[i]);

		if (yg_bytes_starts(text, YG_S("--lang=")))
			text = yg_bytes_from(text, 7);
		else if (yg_bytes_eq(text, YG_S("--lang")) && i + 1 < argc)
			text = yg_bytes_str(argv[++i]);
		else
			continue;
		if (yg_lang_by_name(text, &lang))
			yg_say_lang(lang);
	}
}

/* The program under the name of another one that it stands in for (app/checker.c). */
static bool is_checker(const char *path)
{
	static const struct yg_bytes name = {(const uint8_t *)"evtx-sigma-checker", 18};

	return path && yg_bytes_ends(yg_bytes_str(path), name);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	choose_lang(argc, argv);
	/* A closed pipe is an error of write(), not the end of the process without cleaning up. */
	(void)signal(SIGPIPE, SIG_IGN);
	read_fail_at();
	if (is_checker(argv[0]))
		return yg_command_checker(argc, argv);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (strcmp(name, "--version") == 0) {
		printf("yagura %s\n", YG_VERSION);
		return YG_EXIT_DONE;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		yg_help();
		return YG_EXIT_DONE;
	}
	if (!name[0])
		yg_say_hint(N_("try: yagura detect /var/log"), N_("no command was given"));
	else
		yg_say_hint(N_("`yagura --help` lists the commands"),
			    N_("%s: there is no such command"),
			    yg_say_safe(yg_bytes_str(name), 80));
	return YG_EXIT_FAILED;
}
