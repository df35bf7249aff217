/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura admin sign-in-link`: a link to the pages for whoever has the data folder. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/start_link.h"
#include "app/admin-int.h"
#include "app/commands.h"
#include "app/say.h"

#include "base/ban.h"

int yg_admin_sign_in_link(struct yg_admin *admin)
{
	char key[YG_START_LINK_HEX + 1];
	char url[YG_START_URL_MAX + 1];
	int rc;

	if (admin->arg_count != 1)
		return yg_admin_wording("sign-in-link");
	rc = yg_start_link_make(admin->hub, &admin->actor, key, url);
	if (rc == YG_OK && !url[0]) {
		yg_wipe(key, sizeof(key));
		yg_say_hint(N_("start it once: `yagura hub --data FOLDER`"),
			    N_("%s: no hub has run on this folder yet: nobody knows where its "
			       "pages are"),
			    yg_say_safe(yg_bytes_str(admin->data), 300));
		return YG_EXIT_PARTLY;
	}
	if (rc != YG_OK)
		return yg_admin_error(admin, "sign-in-link", rc);
	printf("%s/start?key=%s\n", url, key);
	yg_wipe(key, sizeof(key));
	return YG_EXIT_DONE;
}
