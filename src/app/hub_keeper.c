/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keeper: journal, archive, database. It opens the data folder, is shut in, and does what the
 * front and the pages hand on. It has no socket that listens, and no TLS key.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/hub-int.h"
#include "app/hub_api.h"
#include "app/hub_archive.h"
#include "app/hub_catch_up.h"
#include "app/hub_clues.h"
#include "app/hub_detect.h"
#include "app/hub_feeds.h"
#include "app/hub_hunt.h"
#include "app/hub_lines.h"
#include "app/hub_looks.h"
#include "app/hub_outbox.h"
#include "app/hub_publish.h"
#include "app/hub_retention.h"
#include "app/hub_rules.h"
#include "app/hub_sight.h"
#include "app/hub_situations.h"
#include "app/process.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/disk.h"
#include "base/zone.h"
#include "source/text.h"

#include "base/ban.h"

struct keeper {
	struct yg_hub hub;
	const struct yg_hub_settings *settings;
	struct yg_control *store;
	struct yg_hub_http *http;
	struct yg_hub_outbox *outbox;
	int out_fd;		   /* that came before there was one; -1: none */
	int pages_fd;		   /* that came before there was http; -1: none */
	char url[YG_HUB_PATH_MAX]; /* of the pages */
	char facts_path[YG_HUB_PATH_MAX];
	struct yg_hub_archive *archive;
	struct yg_hub_retention *retention;
	struct yg_hub_catch_up *catch_up;
	char db_path[YG_HUB_PATH_MAX];
	struct yg_hub_rules rules; /* for hunts: without those that the engine has */
	struct yg_facts *facts;	   /* the detection's own connection */
	struct yg_hub_detect *detect;
	struct yg_hub_hunts *hunts;
	struct yg_hub_situations *situations;
	struct yg_hub_sight *sight;
	struct yg_hub_clues *clues;
	struct yg_hub_publish *publish;
	struct yg_hub_feeds *feeds;
	struct yg_hub_looks *looks; /* of the detection's thread */
	char situations_path[YG_HUB_PATH_MAX];
	char collections_path[YG_HUB_PATH_MAX];
	char archive_dir[YG_HUB_PATH_MAX];
	char journal_dir[YG_HUB_PATH_MAX];
	char batches_dir[YG_HUB_PATH_MAX];
};

static int say_path(const struct keeper *keeper, const char *name, int rc)
{
	return yg_hub_say_path(keeper->settings->data, name, rc);
}

/* ---- opening ---- */

static int make_folder(const struct keeper *keeper, const char *name)
{
	char path[YG_HUB_PATH_MAX];

	if (!yg_hub_path(&keeper->hub, name, path))
		return say_path(keeper, name, YG_ELIMIT);
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return say_path(keeper, name, yg_err_from_errno(errno));
	return YG_OK;
}

/* What was made in the folder is there after a power cut too. */
static int sync_folder(const struct keeper *keeper)
{
	int fd = open(keeper->settings->data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 ? yg_err_from_errno(errno) : yg_disk_sync(fd);

	if (fd >= 0)
		(void)close(fd); /* read only: nothing to lose */
	return rc == YG_OK ? YG_OK : say_path(keeper, "", rc);
}

static int open_store(struct keeper *keeper)
{
	int rc = yg_hub_path(&keeper->hub, "hub.db", keeper->db_path)
			 ? yg_control_open_sqlite(keeper->db_path, true, &keeper->store)
			 : YG_ELIMIT;

	if (rc == YG_EMISMATCH) {
		yg_say_hint(N_("use the newer program, or an older copy of the file"),
			    N_("%s: made by a newer version of Yagura; it was left as it is"),
			    yg_say_safe(yg_bytes_str(keeper->db_path), 300));
		return rc;
	}
	if (rc == YG_OK)
		rc = yg_enrol_new(keeper->store, keeper->hub.clock, "hub", &keeper->hub.enrol);
	if (rc == YG_OK) /* reading makes the files beside it, before the walls stand */
		rc = yg_enrol_change(keeper->hub.enrol, &keeper->hub.change_seen);
	return rc == YG_OK ? rc : say_path(keeper, "hub.db", rc);
}

static int open_journal(struct keeper *keeper)
{
	const char *data = yg_say_safe(yg_bytes_str(keeper->settings->data), 300);
	struct yg_journal_report report;
	char path[YG_HUB_PATH_MAX];
	int rc = yg_hub_path(&keeper->hub, "journal", path)
			 ? yg_keep_open_journal(path, 0, &keeper->hub.keep, &report)
			 : YG_ELIMIT;

	if ((rc == YG_EDIGEST || rc == YG_EFORMAT) && report.fault_file[0])
		yg_say_hint(N_("what stands there was acknowledged: put back a backup of the whole "
			       "data folder; sensors send again what is missing"),
			    N_("the journal is damaged: %s"), report.text);
	else if (rc != YG_OK)
		(void)say_path(keeper, "journal", rc);
	else if (report.cut_bytes > 0)
		yg_say(N_("%s/journal/%s: %llu bytes behind byte %llu were never acknowledged and "
			  "are left out"),
		       data, report.cut_file, (unsigned long long)report.cut_bytes,
		       (unsigned long long)report.cut_at);
	return rc;
}

static int open_archive(struct keeper *keeper)
{
	struct yg_hub_archive_opts opts = {.dir = keeper->archive_dir,
					   .journal_dir = keeper->journal_dir,
					   .batches_dir = keeper->batches_dir,
					   .name = YG_KEEP_CONSUMER,
					   .clock = keeper->hub.clock};
	int rc;

	if (!yg_hub_path(&keeper->hub, "archive", keeper->archive_dir) ||
	    !yg_hub_path(&keeper->hub, "journal", keeper->journal_dir) ||
	    !yg_hub_path(&keeper->hub, "batches", keeper->batches_dir))
		return say_path(keeper, "archive", YG_ELIMIT);
	opts.journal = yg_keep_journal(keeper->hub.keep);
	rc = yg_hub_archive_new(&opts, &keeper->archive);
	if (rc != YG_EMISMATCH)
		return rc == YG_OK ? rc : say_path(keeper, "journal/cursors/" YG_KEEP_CONSUMER, rc);
	yg_say_hint(N_("put back the whole data folder from one backup; sensors send again what "
		       "is missing"),
		    N_("%s/journal: the archive was made from more than this journal holds"),
		    yg_say_safe(yg_bytes_str(keeper->settings->data), 300));
	return rc;
}

static int say_facts(const struct keeper *keeper, int rc)
{
	if (rc == YG_EMISMATCH)
		yg_say_hint(N_("put back the whole data folder from one backup; sensors send again "
			       "what is missing"),
			    N_("%s/facts.db: it is of a newer version, or was made from more than "
			       "this journal holds"),
			    yg_say_safe(yg_bytes_str(keeper->settings->data), 300));
	else if (rc != YG_OK)
		(void)say_path(keeper, "facts.db", rc);
	return rc;
}

/* Before the walls: time zones come from outside the data folder. */
static int open_facts(struct keeper *keeper)
{
	char path[YG_HUB_PATH_MAX];
	uint64_t change = 0;
	int rc = yg_hub_rules_open_reading(&keeper->rules, keeper->settings->data, false);

	if (rc != YG_OK)
		return rc; /* said */
	rc = yg_hub_path(&keeper->hub, "facts.db", path)
		     ? yg_facts_open_sqlite(path, true, &keeper->facts)
		     : YG_ELIMIT;
	if (rc == YG_OK)
		yg_facts_zone(keeper->facts, yg_zone_of(keeper->settings->clock));
	if (rc == YG_OK) /* reading makes the files beside it */
		rc = yg_facts_last_change(keeper->facts, &change);
	return say_facts(keeper, rc);
}

/* Engine and hunter are others' to talk with; each may be linked before there is one who does. */
static void give_engine(struct yg_hub *hub, unsigned peer, int *fd)
{
	if (*fd < 0)
		return;
	if (peer == YG_HUB_AT_ENGINE && hub->detect)
		yg_hub_detect_link(hub->detect, *fd);
	else if (peer == YG_HUB_AT_HUNTER && hub->hunts)
		yg_hub_hunts_link(hub->hunts, *fd);
	else
		return;
	*fd = -1;
}

static void take_engine(struct yg_hub *hub, unsigned peer, int fd)
{
	int *at = peer == YG_HUB_AT_ENGINE ? &hub->engine_fd : &hub->hunter_fd;

	if (*at >= 0)
		(void)close(*at); /* of one that has ended already */
	*at = fd;
	give_engine(hub, peer, at);
}

static void distrust_engine(void *arg)
{
	yg_process_distrust(((struct keeper *)arg)->hub.control, YG_HUB_AT_ENGINE);
}

static int open_detect(struct keeper *keeper)
{
	/* Before what refers to it. */
	int opened = yg_hub_looks_new(keeper->db_path, keeper->hub.clock, &keeper->looks);
	const struct yg_hub_detect_opts opts = {
		.name = YG_KEEP_DETECT,
		.journal = yg_keep_journal(keeper->hub.keep),
		.facts = keeper->facts,
		.clock = keeper->hub.clock,
		.distrust = distrust_engine,
		.arg = keeper,
		.look = yg_hub_looks_take,
		.look_arg = keeper->looks,
	};

	int rc = opened == YG_OK ? yg_hub_detect_new(&opts, &keeper->detect) : opened;

	keeper->hub.detect = keeper->detect;
	give_engine(&keeper->hub, YG_HUB_AT_ENGINE, &keeper->hub.engine_fd);
	return say_facts(keeper, rc);
}

static int start_retention(struct keeper *keeper)
{
	const struct yg_hub_retention_opts opts = {.archive_dir = keeper->archive_dir,
						   .db_path = keeper->db_path,
						   .facts_path = keeper->facts_path,
						   .batches_dir = keeper->batches_dir,
						   .situations_path = keeper->situations_path,
						   .journal = yg_keep_journal(keeper->hub.keep),
						   .clock = keeper->hub.clock};

	return yg_hub_retention_start(&opts, &keeper->retention);
}

static int start_catch_up(struct keeper *keeper)
{
	int rc = yg_hub_catch_up_start(keeper->db_path, keeper->hub.clock, &keeper->catch_up);

	return rc == YG_OK ? rc : say_path(keeper, "hub.db", rc);
}

static void distrust_hunter(void *arg)
{
	yg_process_distrust(((struct keeper *)arg)->hub.control, YG_HUB_AT_HUNTER);
}

static int start_hunts(struct keeper *keeper)
{
	const struct yg_hub_hunts_opts opts = {
		.data = keeper->settings->data,
		.facts_path = keeper->facts_path,
		.archive_dir = keeper->archive_dir,
		.db_path = keeper->db_path,
		.archiver = YG_KEEP_CONSUMER,
		.rules = &keeper->rules,
		.journal = yg_keep_journal(keeper->hub.keep),
		.detect = keeper->detect,
		.clock = keeper->hub.clock,
		.days = keeper->settings->hunt_days,
		.ask_mb = keeper->settings->hunt_ask_mb,
		.distrust = distrust_hunter,
		.arg = keeper,
		.told = yg_hub_sight_hunted,
		.told_arg = keeper->sight,
	};
	int rc = yg_hub_hunts_start(&opts, &keeper->hunts);

	keeper->hub.hunts = keeper->hunts;
	give_engine(&keeper->hub, YG_HUB_AT_HUNTER, &keeper->hub.hunter_fd);

	return rc == YG_OK ? rc : say_path(keeper, "hunts/known", rc);
}

static int start_sight(struct keeper *keeper)
{
	const struct yg_hub_sight_opts opts = {.data = keeper->settings->data,
					       .db_path = keeper->db_path,
					       .facts_path = keeper->facts_path,
					       .clock = keeper->hub.clock};
	int rc = yg_hub_sight_start(&opts, &keeper->sight);

	return rc == YG_OK ? rc : say_path(keeper, "indicators", rc);
}

static int start_clues(struct keeper *keeper)
{
	const struct yg_hub_clues_opts opts = {.data = keeper->settings->data,
					       .db_path = keeper->db_path,
					       .facts_path = keeper->facts_path,
					       .stix_path = keeper->collections_path,
					       .clock = keeper->hub.clock,
					       .rules = keeper->settings->clue_rules};
	int rc = yg_hub_clues_start(&opts, &keeper->clues);

	return rc == YG_OK ? rc : say_path(keeper, "indicators", rc);
}

static int start_publish(struct keeper *keeper)
{
	const struct yg_hub_publish_opts opts = {.db_path = keeper->db_path,
						 .collections_path = keeper->collections_path,
						 .clock = keeper->hub.clock,
						 .lang = yg_say_lang_now()};
	int rc = yg_hub_publish_start(&opts, &keeper->publish);

	return rc == YG_OK ? rc : say_path(keeper, "stix.db", rc);
}

static int start_feeds(struct keeper *keeper)
{
	const struct yg_hub_feeds_opts opts = {.db_path = keeper->db_path,
					       .collections_path = keeper->collections_path,
					       .config = &keeper->settings->out,
					       .clock = keeper->hub.clock};
	int rc = yg_hub_feeds_start(&opts, &keeper->feeds);

	if (rc == YG_OK)
		yg_hub_outbox_feeds(keeper->outbox, keeper->feeds);
	return rc == YG_OK ? rc : say_path(keeper, "stix.db", rc);
}

/* What puts objects into collections by itself, and what lets those that came act. */
static int start_shelves(struct keeper *keeper)
{
	int rc = start_publish(keeper);

	if (rc == YG_OK)
		rc = start_clues(keeper);
	return rc == YG_OK ? start_feeds(keeper) : rc;
}

/* Before the walls, as the facts file, which must be there. */
static int open_situations(struct keeper *keeper)
{
	const struct yg_hub_situations_opts opts = {.facts_path = keeper->facts_path,
						    .path = keeper->situations_path,
						    .clock = keeper->hub.clock};
	int rc = yg_hub_path(&keeper->hub, "facts.db", keeper->facts_path) &&
				 yg_hub_path(&keeper->hub, "situations.db", keeper->situations_path)
			 ? yg_hub_situations_new(&opts, &keeper->situations)
			 : YG_ELIMIT;

	return rc == YG_OK ? rc : say_path(keeper, "situations.db", rc);
}

static bool is_ready(void *arg)
{
	const struct keeper *keeper = arg;

	return keeper->hub.front.fd >= 0;
}

static void metrics(void *arg, struct yg_buf *to)
{
	struct keeper *keeper = arg;

	yg_hub_metrics(&keeper->hub, to);
	yg_hub_metrics_detect(keeper->detect, to);
	yg_hub_feeds_metrics(keeper->feeds, to);
}

static int sign_audit(void *arg, struct yg_bytes message, uint8_t *signature)
{
	struct keeper *keeper = arg;

	return yg_signer_sign(&keeper->hub.signer, YG_SIGN_CHECKPOINT, message, signature);
}

static int open_outbox(struct keeper *keeper)
{
	const struct yg_hub_outbox_opts opts = {.hub = yg_hub_http_access(keeper->http),
						.config = &keeper->settings->out,
						.report = yg_hub_http_report(keeper->http),
						.clock = keeper->hub.clock};

	keeper->outbox = yg_hub_outbox_new(&opts);
	if (!keeper->outbox)
		return say_path(keeper, "", YG_ENOMEM);
	if (keeper->out_fd >= 0)
		yg_hub_outbox_take(keeper->outbox, keeper->out_fd);
	keeper->out_fd = -1;
	return YG_OK;
}

static int open_http(struct keeper *keeper)
{
	const struct yg_hub_settings *settings = keeper->settings;
	struct yg_hub_http_opts opts = {
		.data = settings->data,
		.facts = keeper->facts_path,
		.situations = keeper->situations_path,
		.collections = keeper->collections_path,
		.store = keeper->store,
		.store_path = keeper->db_path,
		.enrol = keeper->hub.enrol,
		.clock = keeper->hub.clock,
		.audit_key = keeper->hub.audit_key,
		.audit_sign = sign_audit,
		.link_key = settings->link_key,
		.is_demo = settings->is_demo,
		.url = keeper->url,
		.is_ready = is_ready,
		.metrics = metrics,
		.arg = keeper,
	};
	struct yg_buf url;
	int rc;

	if (!yg_hub_path(&keeper->hub, "stix.db", keeper->collections_path))
		return say_path(keeper, "stix.db", YG_ELIMIT);
	yg_buf_init(&url, sizeof(keeper->url) - 1);
	yg_hub_url(settings, &url);
	rc = yg_buf_error(&url);
	if (rc == YG_OK)
		memcpy(keeper->url, url.data, url.size);
	yg_buf_done(&url);
	if (rc == YG_OK)
		rc = yg_hub_path(&keeper->hub, "facts.db", keeper->facts_path)
			     ? yg_hub_http_new(&opts, &keeper->http)
			     : YG_ELIMIT;
	return rc == YG_OK ? rc : say_path(keeper, "facts.db", rc);
}

static int start_http(struct keeper *keeper)
{
	int rc = yg_hub_http_start(keeper->http);

	if (rc == YG_OK && keeper->pages_fd >= 0)
		yg_hub_http_take(keeper->http, keeper->pages_fd);
	keeper->pages_fd = -1;
	if (rc == YG_OK)
		rc = open_outbox(keeper);
	return rc == YG_OK ? rc : say_path(keeper, "hub.db", rc);
}

/* All folders that are written to later must be there before the walls stand. */
static int open_all(struct keeper *keeper)
{
	static const char *const folders[] = {"heartbeats",	   "archive", "batches",
					      "journal",	   "hunts",   "indicators",
					      "indicators/.warned"};
	int rc = YG_OK;

	yg_wall_become(YG_WALL_KEEPER, keeper->settings->data);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && rc == YG_OK; i++)
		rc = make_folder(keeper, folders[i]);
	if (rc == YG_OK)
		rc = open_store(keeper);
	if (rc == YG_OK)
		rc = open_facts(keeper);
	if (rc == YG_OK)
		rc = open_situations(keeper);
	if (rc == YG_OK)
		rc = open_http(keeper);
	if (rc == YG_OK)
		rc = sync_folder(keeper);
	yg_text_keep(); /* tables that people bring in a browser */
	if (rc == YG_OK && yg_wall_enter(YG_WALL_KEEPER, keeper->settings->data) != YG_OK)
		rc = say_path(keeper, "", YG_EUNSUPPORTED);
	if (rc == YG_OK)
		rc = open_journal(keeper);
	if (rc == YG_OK)
		rc = open_archive(keeper);
	if (rc == YG_OK)
		rc = open_detect(keeper);
	if (rc == YG_OK)
		rc = start_http(keeper);
	return rc;
}

/* ---- calls ---- */

static void forget(struct yg_hub *hub, struct yg_hub_call *call)
{
	*call->link = call->next;
	if (call->next)
		call->next->link = call->link;
	hub->call_count--;
	hub->call_bytes -= call->size;
	yg_buf_done(&call->reply.body);
	free(call);
}

void yg_hub_answer(struct yg_hub *hub, struct yg_hub_call *call)
{
	/* A front that does not read its answers gets none. */
	if (!call->is_orphan && yg_buf_error(&call->reply.body) == YG_OK)
		(void)yg_hub_answer_put(&hub->front, call->id, &call->reply);
	forget(hub, call);
}

/* The message's bytes live until the next one is read: a call has its own. */
static struct yg_hub_call *call_new(struct yg_hub *hub, uint64_t id,
				    const struct yg_hub_request *request)
{
	size_t size = sizeof(struct yg_hub_call) + request->query.size + request->certificate.size +
		      request->body.size;
	struct yg_hub_call *call = yg_malloc(size);
	uint8_t *at;

	if (!call)
		return NULL;
	at = (uint8_t *)(call + 1);
	*call = (struct yg_hub_call){.id = id, .address = request->address, .size = size};
	struct {
		struct yg_bytes from;
		struct yg_bytes *to;
	} parts[] = {{request->query, &call->query},
		     {request->certificate, &call->certificate},
		     {request->body, &call->body}};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].from.size > 0)
			memcpy(at, parts[i].from.data, parts[i].from.size);
		*parts[i].to = (struct yg_bytes){at, parts[i].from.size};
		at += parts[i].from.size;
	}
	yg_buf_init(&call->reply.body, YG_HUB_REPLY_MAX);
	call->next = hub->calls;
	call->link = &hub->calls;
	if (call->next)
		call->next->link = &call->next;
	hub->calls = call;
	hub->call_count++;
	hub->call_bytes += size;
	return call;
}

static int hear_call(struct yg_hub *hub, const struct yg_msg *message)
{
	struct yg_hub_request request;
	struct yg_hub_call *call;

	if (hub->call_count >= YG_HUB_CALLS_MAX ||
	    yg_hub_call_read(message->body, &request) != YG_OK)
		return YG_EFORMAT; /* a front that is ours never has so many */
	call = call_new(hub, message->id, &request);
	if (!call)
		return YG_ENOMEM;
	yg_hub_serve(hub, call);
	return YG_OK;
}

static int hear_admit(struct yg_hub *hub, const struct yg_msg *message)
{
	struct yg_cert_peer peer;

	if (message->body.size > YG_HUB_CERT_MAX)
		return YG_EFORMAT;
	return yg_hub_admitted_put(&hub->front, message->id,
				   yg_hub_look(hub, message->body, &peer));
}

/* Its calls are nobody's any more: those that wait are gone, those at work end without answer. */
static void lose_front(struct yg_hub *hub)
{
	struct yg_hub_call *call = hub->calls;

	yg_msg_pipe_close(&hub->front);
	yg_hub_waiters_done(hub);
	while (call) {
		struct yg_hub_call *next = call->next;

		call->is_orphan = true;
		if (!call->is_at_work)
			forget(hub, call);
		call = next;
	}
}

/* More than this at once is not taken from it: it waits then, and so do the sensors. */
static bool is_full(const struct yg_hub *hub)
{
	return hub->call_bytes > YG_HUB_BYTES_MAX ||
	       hub->front.out.size - hub->front.sent > YG_HUB_QUEUE_MAX / 4;
}

static void hear_front(struct yg_hub *hub)
{
	struct yg_msg message;
	int rc = yg_msg_fill(&hub->front);

	while (rc == YG_OK && (rc = yg_msg_next(&hub->front, &message)) == YG_OK)
		rc = message.kind == YG_HUB_CALL    ? hear_call(hub, &message)
		     : message.kind == YG_HUB_ADMIT ? hear_admit(hub, &message)
						    : YG_EFORMAT;
	if (rc == YG_EAGAIN)
		return;
	lose_front(hub);
	if (rc != YG_EPIPE)
		yg_process_distrust(hub->control, YG_HUB_AT_FRONT);
}

/* ---- its life ---- */

static void take_pages(struct keeper *keeper, int take_fd)
{
	if (keeper->http) {
		yg_hub_http_take(keeper->http, take_fd);
		return;
	}
	if (keeper->pages_fd >= 0)
		(void)close(keeper->pages_fd); /* of pages that have gone */
	keeper->pages_fd = take_fd;
}

static void take_out(struct keeper *keeper, int take_fd)
{
	if (keeper->outbox) {
		yg_hub_outbox_take(keeper->outbox, take_fd);
		return;
	}
	if (keeper->out_fd >= 0)
		(void)close(keeper->out_fd); /* of one that has gone */
	keeper->out_fd = take_fd;
}

static int take_link(struct keeper *keeper)
{
	struct yg_hub *hub = &keeper->hub;
	unsigned peer;
	int fd;
	int rc = yg_process_next_link(hub->control, &peer, &fd);

	if (rc != YG_OK)
		return rc;
	if (peer == YG_HUB_AT_SIGNER) {
		yg_hub_signer_lost(hub);
		yg_msg_pipe_open(&hub->signer.pipe, fd);
		hub->signer.is_bad = false;
	} else if (peer == YG_HUB_AT_FRONT) {
		lose_front(hub);
		yg_msg_pipe_open(&hub->front, fd);
	} else if (peer == YG_HUB_AT_ENGINE || peer == YG_HUB_AT_HUNTER) {
		take_engine(hub, peer, fd);
	} else if (peer == YG_HUB_AT_PAGES) {
		take_pages(keeper, fd);
	} else if (peer == YG_HUB_AT_OUT) {
		take_out(keeper, fd);
	} else if (peer - YG_HUB_AT_WORKER < hub->worker_count) {
		yg_hub_worker_begin(hub, peer - YG_HUB_AT_WORKER, fd);
	} else {
		(void)close(fd); /* nobody we know */
	}
	return YG_OK;
}

/* The signer is there before the keeper is started, and again soon when it died meanwhile. */
static int learn_identity(struct keeper *keeper)
{
	struct yg_hub *hub = &keeper->hub;
	int rc = YG_EAGAIN;

	while (rc == YG_EAGAIN) {
		struct pollfd one = {.fd = hub->control, .events = POLLIN};

		if (hub->signer.pipe.fd < 0 && poll(&one, 1, -1) > 0) {
			rc = take_link(keeper);
			if (rc != YG_OK && rc != YG_EAGAIN)
				return rc;
		}
		rc = yg_signer_identity(&hub->signer, &hub->ca_pem, hub->down_key, hub->audit_key);
		if (hub->signer.is_bad) {
			yg_process_distrust(hub->control, YG_HUB_AT_SIGNER);
			hub->signer.is_bad = false;
		}
	}
	if (rc == YG_OK)
		rc = yg_cert_ca_load(yg_bytes_str(hub->ca_pem), (struct yg_bytes){0}, &hub->ca);
	return rc == YG_OK ? rc : say_path(keeper, "ca/ca.pem", rc);
}

static int shortest(int a, int b)
{
	return a < 0 ? b : b < 0 || a < b ? a : b;
}

static struct pollfd to_poll(const struct yg_msg_pipe *pipe, bool is_read)
{
	bool is_written = pipe->sent < pipe->out.size;

	return (struct pollfd){
		.fd = pipe->fd,
		.events = (short)((is_read ? POLLIN : 0) | (is_written ? POLLOUT : 0))};
}

enum {
	AT_CONTROL,
	AT_PAGES,
	AT_PASSWORDS,
	AT_READERS,
	AT_TAXII,
	AT_SYNC,
	AT_SIGNER,
	AT_FRONT,
	AT_OUT,
	AT_FEEDS,
	AT_WORKERS
};

static void hear_pages(struct keeper *keeper)
{
	int rc = yg_hub_http_hear(keeper->http);

	if (rc != YG_OK && rc != YG_EPIPE)
		yg_process_distrust(keeper->hub.control, YG_HUB_AT_PAGES);
}

static int hear_all(struct keeper *keeper, const struct pollfd *fds)
{
	struct yg_hub *hub = &keeper->hub;

	if (fds[AT_CONTROL].revents)
		return take_link(keeper);
	for (unsigned i = 0; i < hub->worker_count; i++)
		if (fds[AT_WORKERS + i].revents & ~POLLOUT)
			yg_hub_worker_hear(hub, i);
	if (fds[AT_SIGNER].revents & ~POLLOUT)
		yg_signer_hear(&hub->signer);
	if (fds[AT_FRONT].revents & ~POLLOUT)
		hear_front(hub);
	if (fds[AT_PAGES].revents & ~POLLOUT)
		hear_pages(keeper);
	if ((fds[AT_OUT].revents & ~POLLOUT) && yg_hub_outbox_hear(keeper->outbox) != YG_OK)
		yg_process_distrust(hub->control, YG_HUB_AT_OUT);
	return YG_OK;
}

static void flush_all(struct yg_hub *hub)
{
	/* What cannot be written shows when it is read. */
	(void)yg_msg_flush(&hub->front);
	for (unsigned i = 0; i < hub->worker_count; i++)
		(void)yg_msg_flush(&hub->workers[i].pipe);
	if (hub->signer.is_bad) {
		yg_process_distrust(hub->control, YG_HUB_AT_SIGNER);
		hub->signer.is_bad = false;
	}
}

static int serve(struct keeper *keeper)
{
	struct yg_hub *hub = &keeper->hub;
	int rc = YG_OK;

	while (rc == YG_OK || rc == YG_EAGAIN) {
		struct pollfd fds[AT_WORKERS + YG_HUB_WORKERS_MAX] = {
			[AT_CONTROL] = {.fd = hub->control, .events = POLLIN},
			[AT_PAGES] = yg_hub_http_poll(keeper->http),
			[AT_PASSWORDS] = {.fd = yg_hub_http_work_fd(keeper->http),
					  .events = POLLIN},
			[AT_READERS] = {.fd = yg_hub_http_read_fd(keeper->http), .events = POLLIN},
			[AT_TAXII] = {.fd = yg_hub_http_taxii_fd(keeper->http), .events = POLLIN},
			[AT_SYNC] = {.fd = yg_hub_sync_fd(hub->sync), .events = POLLIN},
			[AT_SIGNER] = to_poll(&hub->signer.pipe, true),
			[AT_FRONT] = to_poll(&hub->front, !is_full(hub)),
			[AT_OUT] = yg_hub_outbox_poll(keeper->outbox),
			[AT_FEEDS] = {.fd = yg_hub_feeds_fd(keeper->feeds), .events = POLLIN},
		};

		for (unsigned i = 0; i < hub->worker_count; i++)
			fds[AT_WORKERS + i] = to_poll(&hub->workers[i].pipe, true);
		if (poll(fds, AT_WORKERS + hub->worker_count,
			 shortest(shortest(yg_hub_http_timeout_ms(keeper->http),
					   yg_hub_timeout_ms(hub)),
				  YG_HUB_TICK_MS)) < 0 &&
		    errno != EINTR)
			return yg_err_from_errno(errno);
		yg_hub_known_stale(hub);
		rc = hear_all(keeper, fds);
		if (rc == YG_OK || rc == YG_EAGAIN) {
			yg_hub_http_run(keeper->http);
			yg_hub_outbox_run(keeper->outbox);
			yg_hub_known_stale(hub); /* a person may have changed something */
			yg_hub_round(hub);
			flush_all(hub);
		}
	}
	return rc == YG_EEND ? YG_OK : rc;
}

static void close_all(struct keeper *keeper)
{
	struct yg_hub *hub = &keeper->hub;

	keeper->outbox = yg_hub_outbox_free(keeper->outbox);
	if (keeper->out_fd >= 0)
		(void)close(keeper->out_fd); /* nothing was said over it */
	keeper->http = yg_hub_http_free(keeper->http);
	yg_hub_waiters_done(hub);
	hub->sync = yg_hub_sync_free(hub->sync); /* what it has begun, it ends */
	while (hub->calls)
		forget(hub, hub->calls);
	keeper->retention = yg_hub_retention_free(keeper->retention);
	keeper->catch_up = yg_hub_catch_up_free(keeper->catch_up);
	hub->hunts = NULL;
	keeper->hunts = yg_hub_hunts_free(keeper->hunts);
	keeper->situations = yg_hub_situations_free(keeper->situations);
	keeper->clues = yg_hub_clues_free(keeper->clues);
	keeper->sight = yg_hub_sight_free(keeper->sight);
	keeper->publish = yg_hub_publish_free(keeper->publish);
	keeper->feeds = yg_hub_feeds_free(keeper->feeds);
	keeper->archive = yg_hub_archive_free(keeper->archive);
	keeper->detect = yg_hub_detect_free(keeper->detect);
	keeper->looks = yg_hub_looks_free(keeper->looks);
	hub->detect = NULL;
	if (hub->engine_fd >= 0)
		(void)close(hub->engine_fd); /* nothing was said over it */
	if (hub->hunter_fd >= 0)
		(void)close(hub->hunter_fd); /* as above */
	keeper->facts = yg_facts_free(keeper->facts);
	yg_hub_rules_done(&keeper->rules);
	if (hub->keep)
		hub->keep = hub->keep->ops->free(hub->keep);
	hub->enrol = yg_enrol_free(hub->enrol);
	keeper->store = yg_control_free(keeper->store);
	hub->ca = yg_cert_ca_free(hub->ca);
	free(hub->ca_pem);
	hub->known = yg_hub_known_free(hub->known);
	hub->lines = yg_hub_lines_free(hub->lines);
	yg_signer_done(&hub->signer);
	yg_msg_pipe_close(&hub->front);
	for (unsigned i = 0; i < hub->worker_count; i++)
		yg_msg_pipe_close(&hub->workers[i].pipe);
	yg_buf_done(&hub->text);
}

static int begin(struct keeper *keeper, int control)
{
	const struct yg_hub_settings *settings = keeper->settings;
	struct yg_hub *hub = &keeper->hub;

	hub->data = settings->data;
	hub->clock = settings->clock;
	hub->control = control;
	hub->engine_fd = -1;
	hub->hunter_fd = -1;
	hub->worker_count = settings->workers;
	yg_buf_init(&hub->text, 4 * YG_WIRE_MESSAGE_MAX);
	yg_signer_init(&hub->signer);
	hub->signer.take = yg_hub_take_signature;
	hub->signer.arg = hub;
	yg_msg_pipe_init(&hub->front, YG_HUB_CALL_MAX, YG_HUB_QUEUE_MAX);
	for (unsigned i = 0; i < hub->worker_count; i++)
		yg_msg_pipe_init(&hub->workers[i].pipe, YG_WIRE_BATCH_MAX, YG_HUB_QUEUE_MAX);
	hub->known = yg_hub_known_new();
	hub->lines = yg_hub_lines_new();
	hub->sync = yg_hub_sync_new();
	return hub->known && hub->lines && hub->sync ? YG_OK : say_path(keeper, "", YG_ENOMEM);
}

int yg_hub_keeper_live(void *arg, int control, unsigned index)
{
	struct keeper keeper = {.settings = arg, .pages_fd = -1, .out_fd = -1};
	int rc = begin(&keeper, control);

	(void)index;
	if (rc == YG_OK)
		rc = learn_identity(&keeper);
	if (rc == YG_OK)
		rc = open_all(&keeper);
	if (rc == YG_OK) /* threads inside the walls */
		rc = yg_hub_sync_start(keeper.hub.sync, keeper.hub.keep);
	if (rc == YG_OK)
		rc = yg_hub_archive_start(keeper.archive);
	if (rc == YG_OK)
		rc = yg_hub_detect_start(keeper.detect);
	if (rc == YG_OK)
		rc = start_retention(&keeper);
	if (rc == YG_OK)
		rc = start_catch_up(&keeper);
	if (rc == YG_OK)
		rc = start_sight(&keeper);
	if (rc == YG_OK) /* tells it how they get on */
		rc = start_hunts(&keeper);
	if (rc == YG_OK)
		rc = start_shelves(&keeper);
	if (rc == YG_OK)
		rc = yg_hub_situations_start(keeper.situations);
	if (rc == YG_OK)
		rc = yg_process_say_ready(control);
	if (rc == YG_OK) {
		rc = serve(&keeper);
		if (rc != YG_OK)
			yg_say(N_("the hub cannot go on: %s; what it acknowledged is kept"),
			       yg_say_tr(yg_err_text(rc)));
	}
	close_all(&keeper);
	return rc == YG_EEND ? YG_OK : rc;
}
