/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "sensor/house.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/json.h"
#include "sensor/back.h"
#include "sensor/checks.h"
#include "sensor/drop.h"
#include "sensor/inventory_run.h"
#include "sensor/local.h"
#include "sensor/spool.h"
#include "sensor/watch.h"

#include "base/ban.h"

#define HELD_NS	 (INT64_C(2) * YG_NS_PER_S)
#define HELD_MAX 1000u /* records that do not leave, before how far they were read is kept */

struct yg_house {
	struct yg_house_config config;
	struct yg_names *names;
	struct yg_inventory_run *inventory;
	struct yg_drop *drop;
	struct yg_local *local;
	struct yg_checks *checks;
	struct yg_watch *watch;
	struct yg_back *back;
	uint64_t signature; /* of the files that back was told of */
	struct yg_seen seen;
	uint64_t taken;	  /* records since the last commit */
	int64_t after_ns; /* when that was */
	struct yg_lines_tap tap;
	struct yg_collect *collect;
};

/* ---- what was read, as it was ---- */

static size_t take_event(void *arg, struct yg_event *event, struct yg_bytes source)
{
	struct yg_house *h = arg;
	int64_t now_ns = h->config.clock.now_ns(h->config.clock.arg);

	if (h->local)
		yg_local_take(h->local, event, source);
	h->taken++;
	if (event->format != YG_FORMAT_FINDING)
		yg_seen_take(&h->seen, event, now_ns);
	return h->watch ? yg_watch_take(h->watch, event, source, now_ns) : 0;
}

static void undo_event(void *arg)
{
	struct yg_house *h = arg;

	h->taken--;
	if (h->local)
		yg_local_undo(h->local);
	if (h->watch)
		yg_watch_undo(h->watch);
}

static int say_failed(const char *what, int rc)
{
	if (rc != YG_OK)
		yg_sensor_say("%s: %s", what, yg_sensor_tr(yg_err_text(rc)));
	return rc;
}

static int open_inventory(struct yg_house *h, const json_t *kept)
{
	const struct yg_sensor_options *options = h->config.options;
	struct yg_inventory_config config = {
		.root = options->root,
		.folder = h->config.home->folder,
		.every_s = options->inventory_s,
		.clock = h->config.clock,
		.zone = h->config.zone,
		.names = h->names,
		.filter = h->config.inventory_filter,
		.number = (uint64_t)yg_json_int(kept, "inventory", 0),
	};

	if (options->inventory_s == 0)
		return YG_OK;
	return say_failed("inventory", yg_inventory_run_start(&config, &h->inventory));
}

static int open_local(struct yg_house *h, const json_t *kept)
{
	const struct yg_sensor_options *options = h->config.options;
	struct yg_local_config config = {
		.state = h->config.home->folder,
		.org = h->config.home->organisation,
		.bytes_max = options->archive_max,
		.days = options->archive_days,
		.now_ns = h->config.clock.now_ns(h->config.clock.arg),
		.number = (uint64_t)yg_json_int(kept, "archive", 0),
		.say = yg_sensor_say,
		.tr = yg_sensor_tr,
	};

	if (options->archive_max == 0)
		return YG_OK;
	return say_failed("archive", yg_local_open(&config, &h->local));
}

static int open_watch(struct yg_house *h, const json_t *kept)
{
	struct yg_watch_config config = {
		.home = h->config.home,
		.policy = h->config.policy,
		.zone = h->config.zone,
		.program = "/proc/self/exe",
		.number = (uint64_t)yg_json_int(kept, "detect", 0),
	};

	return config.policy ? say_failed("detect", yg_watch_open(&config, &h->watch)) : YG_OK;
}

/* Which files judge, and from which line of the archive on. */
static void tell_back(struct yg_house *h)
{
	uint64_t signature = yg_watch_signature(h->watch);

	if (signature == h->signature)
		return;
	h->signature = signature;
	yg_back_set(h->back, signature, h->local ? yg_local_number(h->local) : 0);
}

static int open_back(struct yg_house *h)
{
	struct yg_back_config config = {
		.home = h->config.home,
		.policy = h->config.policy,
		.zone = h->config.zone,
		.names = h->names,
		.clock = h->config.clock,
	};
	int rc = h->watch ? yg_back_open(&config, &h->back) : YG_OK;

	if (rc == YG_OK && h->back) {
		h->signature = ~yg_watch_signature(h->watch);
		tell_back(h);
	}
	return say_failed("look back", rc);
}

static size_t read_partials(const json_t *list, struct yg_drop_partial *to)
{
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(list) && count < YG_DROP_PARTIALS_MAX; i++) {
		const json_t *item = json_array_get(list, i);
		struct yg_bytes digest = yg_json_text(item, "sha256");

		if (digest.size != sizeof(to->digest) - 1)
			continue;
		memcpy(to[count].digest, digest.data, digest.size);
		to[count].digest[digest.size] = '\0';
		to[count++].records = (uint64_t)yg_json_int(item, "records", 0);
	}
	return count;
}

static int open_drop(struct yg_house *h, const json_t *kept)
{
	struct yg_drop_partial partials[YG_DROP_PARTIALS_MAX];
	struct yg_drop_config config = {
		.folder = h->config.options->drop,
		.state = h->config.home->folder,
		.zone = h->config.zone,
		.names = h->names,
		.filter = h->config.filter,
		.partials = partials,
		.partial_count = read_partials(json_object_get(kept, "drop"), partials),
		.say = yg_sensor_say,
		.tr = yg_sensor_tr,
	};

	if (!config.folder)
		return YG_OK;
	return say_failed(config.folder, yg_drop_open(&config, &h->drop));
}

/* For `check`: what this run was asked to do. */
static void write_run(struct yg_house *h)
{
	const struct yg_sensor_options *options = h->config.options;
	char path[YG_HOME_PATH_MAX];
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, YG_SPOOL_CHECKPOINT_MAX);
	yg_buf_add_str(&text, "{\"v\":1,\"follows\":[");
	for (size_t i = 0; i < options->follow_count; i++) {
		yg_buf_add_str(&text, i ? "," : "");
		yg_buf_add_json(&text, yg_bytes_str(options->follows[i]));
	}
	yg_buf_addf(&text,
		    "],\"syslog\":%s,\"drop\":%s,\"archive_max\":%llu,\"archive_days\":%u}\n",
		    options->has_syslog ? "true" : "false", options->drop ? "true" : "false",
		    (unsigned long long)options->archive_max, options->archive_days);
	rc = yg_buf_error(&text);
	if (rc == YG_OK && yg_home_path(h->config.home, "run.json", path))
		rc = yg_io_replace(path, yg_buf_bytes(&text), 0600);
	(void)rc; /* `check` says less then */
	yg_buf_done(&text);
}

static int open_counts(struct yg_house *h)
{
	char reason[200];
	int rc = yg_checks_load((struct yg_bytes){0}, &h->checks, reason);

	if (rc == YG_OK)
		rc = yg_seen_load(&h->seen, h->checks, h->config.home->folder,
				  h->config.clock.now_ns(h->config.clock.arg));
	return say_failed("check", rc);
}

int yg_house_open(const struct yg_house_config *config, struct yg_collect *collect,
		  struct yg_house **ret)
{
	struct yg_house *h = yg_calloc(1, sizeof(*h));
	json_t *checkpoint = NULL;
	struct yg_fault fault;
	const json_t *kept;
	int rc = YG_OK;

	if (!h)
		return YG_ENOMEM;
	h->config = *config;
	h->collect = collect;
	h->tap = (struct yg_lines_tap){take_event, undo_event, h};
	collect->tap = &h->tap;
	h->names = yg_names_new();
	if (!h->names)
		rc = YG_ENOMEM;
	if (rc == YG_OK && config->checkpoint.size > 0 &&
	    yg_json_load(config->checkpoint, YG_SPOOL_CHECKPOINT_MAX, &checkpoint, &fault) != YG_OK)
		checkpoint = NULL; /* as the sources: from the beginning */
	kept = json_object_get(checkpoint, "house");
	if (rc == YG_OK)
		rc = open_counts(h);
	if (rc == YG_OK)
		rc = open_inventory(h, kept);
	if (rc == YG_OK)
		rc = open_drop(h, kept);
	if (rc == YG_OK)
		rc = open_local(h, kept);
	if (rc == YG_OK)
		rc = open_watch(h, kept);
	if (rc == YG_OK)
		rc = open_back(h);
	json_decref(checkpoint);
	if (rc == YG_OK) {
		write_run(h);
		*ret = h;
	} else {
		(void)yg_house_close(h);
	}
	return rc;
}

struct yg_house *yg_house_close(struct yg_house *house)
{
	if (!house)
		return NULL;
	(void)yg_inventory_run_stop(house->inventory);
	(void)yg_drop_free(house->drop);
	(void)yg_back_close(house->back);
	(void)yg_watch_close(house->watch);
	(void)yg_local_close(house->local, house->config.clock.now_ns(house->config.clock.arg));
	house->collect->tap = NULL;
	if (house->checks)
		yg_seen_save(&house->seen, house->config.home->folder,
			     house->config.clock.now_ns(house->config.clock.arg), true);
	(void)yg_checks_free(house->checks);
	(void)yg_names_free(house->names);
	free(house);
	return NULL;
}

int yg_house_read(struct yg_house *house, int64_t now_ns, struct yg_collect *collect,
		  bool *ret_more)
{
	int rc = yg_inventory_run_read(house->inventory, now_ns, collect);

	if (rc == YG_OK && house->back)
		rc = yg_back_read(house->back, now_ns, collect);
	return rc == YG_OK ? yg_drop_read(house->drop, now_ns, collect, ret_more) : rc;
}

int yg_house_before(struct yg_house *house, int64_t now_ns)
{
	/* Findings first: the archive here has them, too. */
	int rc = house->watch ? yg_watch_before(house->watch, now_ns, house->collect) : YG_OK;

	if (rc == YG_OK && house->local)
		yg_local_before(house->local, now_ns);
	return rc;
}

int yg_house_checkpoint(struct yg_house *house, struct yg_buf *checkpoint)
{
	if (checkpoint->size == 0 || checkpoint->data[checkpoint->size - 1] != '}')
		return YG_EFORMAT;
	checkpoint->size--;
	yg_buf_addf(checkpoint, ",\"house\":{\"v\":1");
	if (house->inventory)
		yg_buf_addf(checkpoint, ",\"inventory\":%llu",
			    (unsigned long long)yg_inventory_run_number(house->inventory));
	if (house->local)
		yg_buf_addf(checkpoint, ",\"archive\":%llu",
			    (unsigned long long)yg_local_number(house->local));
	if (house->watch)
		yg_buf_addf(checkpoint, ",\"detect\":%llu",
			    (unsigned long long)yg_watch_number(house->watch));
	yg_drop_checkpoint(house->drop, checkpoint);
	yg_buf_add_str(checkpoint, "}}");
	return yg_buf_error(checkpoint);
}

void yg_house_after(struct yg_house *house, int64_t now_ns)
{
	house->taken = 0;
	house->after_ns = now_ns;
	if (house->local)
		yg_local_after(house->local, now_ns);
	if (house->watch)
		yg_watch_after(house->watch);
	if (house->back) {
		yg_back_after(house->back);
		tell_back(house);
	}
	yg_inventory_run_committed(house->inventory);
	yg_drop_committed(house->drop);
}

bool yg_house_is_broken(const struct yg_house *house)
{
	return house->watch && yg_watch_is_broken(house->watch);
}

bool yg_house_has_held(const struct yg_house *house)
{
	return house->taken > 0;
}

bool yg_house_waits(const struct yg_house *house, int64_t now_ns)
{
	return house->taken >= HELD_MAX || house->collect->kept >= YG_WIRE_CONTENT_AIM ||
	       (house->watch && yg_watch_waits(house->watch, now_ns)) ||
	       (house->taken > 0 &&
		(now_ns - house->after_ns >= HELD_NS || now_ns < house->after_ns));
}

void yg_house_tick(struct yg_house *house, int64_t now_ns)
{
	if (house->local)
		yg_local_tick(house->local, now_ns);
	if (house->watch)
		yg_watch_tick(house->watch);
	if (house->back)
		tell_back(house);
	yg_seen_save(&house->seen, house->config.home->folder, now_ns, false);
}

void yg_house_range(const struct yg_house *house, struct yg_wire_range *ret)
{
	*ret = (struct yg_wire_range){0};
	if (house->local)
		yg_local_range(house->local, ret);
}

void yg_house_detection(const struct yg_house *house, char to[YG_WIRE_DETECTION_MAX + 1])
{
	yg_watch_told(house->watch, to);
}

uint32_t yg_house_state(struct yg_house *house, struct yg_wire_source *to, uint32_t count)
{
	if (house->inventory && count < YG_WIRE_SOURCES_MAX)
		yg_inventory_run_state(house->inventory, &to[count++]);
	if (house->drop && count < YG_WIRE_SOURCES_MAX)
		yg_drop_state(house->drop, &to[count++]);
	return count;
}
