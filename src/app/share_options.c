/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <getopt.h>

#include "app/commands.h"
#include "app/say.h"
#include "app/share-int.h"

#include "base/ban.h"

bool yg_share_refuse(const char *format, const char *word)
{
	yg_say_hint(N_("`yagura share --help` shows what there is"), format, word);
	return false;
}

bool yg_share_take_lang(const char *word)
{
	enum yg_lang lang;

	if (!yg_lang_by_name(yg_bytes_str(word), &lang))
		return yg_share_refuse(N_("--lang %s: give ja or en"),
				       yg_say_safe(yg_bytes_str(word), 40));
	yg_say_lang(lang);
	return true;
}

bool yg_share_options(int argc, char **argv, const struct option *longs,
		      bool (*take)(void *arg, int option), void *arg, int *ret_status)
{
	const struct option *last = longs;
	int option;

	while (last->name && last->val != 'o')
		last++;
	*ret_status = YG_EXIT_FAILED;
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, last->name ? ":ho:" : ":h", longs, NULL)) != -1) {
		if (option == 'h') {
			/* `plan` is still in its place; of the others the name stands first. */
			yg_help_share(strcmp(argv[0], "share") != 0 ? argv[0]
				      : argc > 1		    ? argv[1]
								    : NULL);
			*ret_status = YG_EXIT_DONE;
			return false;
		}
		if (option == ':' || option == '?')
			return yg_share_refuse(option == ':' ? N_("%s: a value is missing after it")
							     : N_("%s: there is no such option"),
					       yg_say_safe(yg_bytes_str(argv[optind - 1]), 80));
		if (!take(arg, option))
			return false;
	}
	return true;
}
