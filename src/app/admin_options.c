/* SPDX-License-Identifier: Apache-2.0 */
/* Options of commands of `yagura admin` that have their own. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <getopt.h>

#include "app/admin-int.h"
#include "app/say.h"

#include "base/ban.h"

static bool take(const struct yg_admin_option *one)
{
	if (one->text)
		*one->text = optarg;
	if (one->flag)
		*one->flag = true;
	if (!one->limit || (yg_bytes_u64(yg_bytes_str(optarg), one->limit) && *one->limit > 0))
		return true;
	yg_say(N_("%s: a number from 1 to %u"), "--limit", UINT32_MAX);
	return false;
}

bool yg_admin_option(const struct yg_admin_option *known, size_t count, int letter)
{
	for (size_t i = 0; i < count; i++)
		if (known[i].letter == letter)
			return take(&known[i]);
	yg_say(N_("`yagura admin --help` shows what there is"));
	return false;
}
