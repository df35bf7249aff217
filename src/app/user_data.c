/* SPDX-License-Identifier: Apache-2.0 */
#include "app/user_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/ban.h"

bool yg_user_data_path(const char *name, char *to, size_t room)
{
	const char *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");
	int size;

	if (data && data[0] == '/')
		size = snprintf(to, room, "%s/yagura", data);
	else if (home && home[0] == '/')
		size = snprintf(to, room, "%s/.local/share/yagura", home);
	else
		return false;
	if (size <= 0 || (size_t)size + 1 + strlen(name) >= room)
		return false;
	for (char *at = to + 1; *at; at++)
		if (*at == '/') {
			*at = 0;
			(void)mkdir(to, 0700); /* there already, or opening the file says why not */
			*at = '/';
		}
	(void)mkdir(to, 0700);					     /* as above */
	(void)snprintf(to + size, room - (size_t)size, "/%s", name); /* room was left */
	return true;
}
