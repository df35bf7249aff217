/* SPDX-License-Identifier: Apache-2.0 */
#include "app/matcher.h"

#include "app/say.h"

#include "base/ban.h"

int yg_matcher_choose(enum yg_matcher *ret)
{
	const char *wanted = getenv("YAGURA_MATCHER");

	*ret = yg_matcher_here();
	if (wanted && *wanted && strcmp(wanted, "builtin") != 0) {
		yg_say_hint(N_("set it to builtin, or not at all"),
			    N_("YAGURA_MATCHER: there is no matcher '%s'"),
			    yg_say_safe(yg_bytes_str(wanted), 40));
		return YG_EINVAL;
	}
	if (*ret == YG_MATCHER_BUILTIN && yg_vectorscan_runs()) {
		yg_say(N_(
			"the slower built-in matcher is used: Vectorscan misses texts on this CPU "
			"(the library's fault)"));
	} else if (*ret == YG_MATCHER_BUILTIN) {
		yg_say(N_("the slower built-in matcher is used: this CPU has no SSE4.2"));
	} else if (wanted && *wanted) {
		*ret = YG_MATCHER_BUILTIN;
		yg_say(N_("the slower built-in matcher is used: YAGURA_MATCHER asks for it"));
	}
	return YG_OK;
}
