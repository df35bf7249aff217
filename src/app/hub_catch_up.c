/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/hub_catch_up.h"

#include <stdlib.h>
#include <string.h>

#include "access/enrol.h"
#include "app/hub_thread.h"
#include "app/say.h"
#include "base/alloc.h"
#include "store/control.h"

#include "base/ban.h"

#define AGAIN_MS 5000 /* after a failure, of which the first is said */

struct yg_hub_catch_up {
	struct yg_hub_thread life;
	struct yg_clock clock;
	char *db_path;
	struct yg_control *store;
	bool has_settled; /* what nobody is to get does not become shared first */
	int64_t work_ns;
};

static int64_t steady_ns(void)
{
	return yg_clock_steady().now_ns(NULL);
}

static int settle(struct yg_hub_catch_up *w)
{
	struct yg_enrol *enrol = NULL;
	int rc = yg_enrol_new(w->store, w->clock, "hub", &enrol);

	if (rc == YG_OK)
		rc = yg_enrol_down_settle(enrol);
	(void)yg_enrol_free(enrol);
	w->has_settled = rc == YG_OK;
	return rc;
}

/* *ret_ms: how long the others are let. */
static int portion(struct yg_hub_catch_up *w, int64_t *ret_ms)
{
	int64_t begun_ns = steady_ns();
	int rc = w->store ? YG_OK : yg_control_open_sqlite(w->db_path, false, &w->store);

	if (rc == YG_OK && !w->has_settled)
		rc = settle(w);
	else if (rc == YG_OK)
		rc = yg_control_catch_up(w->store, YG_HUB_CATCH_UP_BYTES);
	w->work_ns += steady_ns() - begun_ns;
	*ret_ms = (steady_ns() - begun_ns) / 1000000;
	if (*ret_ms < YG_HUB_CATCH_UP_PAUSE_MS)
		*ret_ms = YG_HUB_CATCH_UP_PAUSE_MS;
	return rc;
}

static void *live(void *arg)
{
	struct yg_hub_catch_up *w = arg;
	int said = YG_OK;
	int64_t pause_ms;
	int rc;

	do {
		rc = portion(w, &pause_ms);
		if (rc == YG_OK || rc == YG_ENOENT)
			continue;
		if (rc != said && rc != YG_EAGAIN)
			yg_say_hint(N_("nothing is lost by that; it is tried again"),
				    N_("hub.db, messages to sensors into their new form: %s"),
				    yg_say_tr(yg_err_text(rc)));
		said = rc;
		w->store = yg_control_free(w->store); /* by then it may be another one */
		pause_ms = AGAIN_MS;
	} while (rc != YG_ENOENT && yg_hub_thread_pause(&w->life, pause_ms));
	if (rc == YG_ENOENT)
		yg_say(N_("hub.db: messages to sensors are in their new form, each once: %lld.%lld "
			  "s of work"),
		       (long long)(w->work_ns / YG_NS_PER_S),
		       (long long)(w->work_ns / (YG_NS_PER_S / 10) % 10));
	w->store = yg_control_free(w->store);
	return NULL;
}

int yg_hub_catch_up_start(const char *db_path, struct yg_clock clock, struct yg_hub_catch_up **ret)
{
	struct yg_hub_catch_up *w = yg_calloc(1, sizeof(*w));
	int rc;

	*ret = NULL;
	if (!w)
		return YG_ENOMEM;
	w->clock = clock;
	w->db_path = yg_strndup(db_path, strlen(db_path));
	rc = w->db_path ? yg_control_open_sqlite(db_path, false, &w->store) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = yg_control_catch_up(w->store, 0);
	if (rc == YG_OK)
		rc = yg_hub_thread_start(&w->life, YG_THREAD_PREFIX "catch-up", live, w);
	if (rc == YG_OK)
		*ret = w;
	else
		(void)yg_hub_catch_up_free(w);
	return rc == YG_ENOENT ? YG_OK : rc;
}

struct yg_hub_catch_up *yg_hub_catch_up_free(struct yg_hub_catch_up *work)
{
	if (!work)
		return NULL;
	yg_hub_thread_done(&work->life);
	(void)yg_control_free(work->store);
	free(work->db_path);
	free(work);
	return NULL;
}
