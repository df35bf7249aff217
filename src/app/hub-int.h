/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub-int.h - inside `yagura hub`: its processes (docs/ARCHITECTURE.md has the picture).
 *
 *   hub.c          parent: command line, lock, sockets, the list of processes, ready line
 *   hub_config.c   the file of --config
 *   hub_demo.c     parent, keeper: the hub of a demo, and none but that
 *   hub_front.c    front: TLS and HTTP of sensors
 *   hub_pages.c    pages: TLS and HTTP of people; hub_pages_wire.c: what it says to the keeper
 *   hub_keeper.c   keeper: journal, archive, database; its loop, what comes from the others
 *   hub_api.c      keeper: people and programs, who asks; hub_asks.c: their calls
 *   hub_work.c     keeper: batches given to workers; worker: its life
 *   hub_known.c    keeper: who calls, remembered
 *   hub_sensors.c  keeper: what each address of docs/protocol.md does
 *   hub_down.c     keeper: those who wait: for the disk, for a message
 *   hub_sync.c     keeper, a thread: waits for the disk
 *   hub_archive.c  keeper, a thread: from the journal to the archive
 *   hub_detect.c   keeper, a thread: from the journal, by way of the engine, to findings;
 *                  hub_engine_ask.c: its talk with it
 *   hub_engine.c   engine: reads what sensors sent, judges it; hub_engine_wire.c: what they say
 *   hub_situations.c  keeper, a thread: from findings to situations
 *   hub_hunt.c     keeper, a thread: what is new is looked for in the archive, by way of the
 *                  hunter, which is the engine again (hub_engine.c) with other work
 *   hub_clues.c    keeper, a thread: indicators that came as STIX act by themselves
 *   hub_sight.c    keeper, a thread: indicators of warnings to sensors and lists, sightings back
 *   hub_publish.c  keeper, a thread: warnings into collections of STIX objects
 *   hub_feeds.c    keeper, a thread: collections of other TAXII servers, by way of out
 *   hub_outbox.c   keeper: what is to be sent, row by row; hub_mail.c: as a mail
 *   hub_out.c      out: mail and webhooks (post.c), pages of feeds (hub_out_fetch.c);
 *                  hub_out_wire.c: what they say
 *   hub_signer.c   signer: its life; how the keeper asks it
 *   hub_ca.c       keys and certificates below DATA/ca
 *   hub_wire.c     what they say to each other
 */
#pragma once

#include "access/enrol.h"
#include "app/hub_config.h"
#include "app/hub_signer.h"
#include "app/hub_wire.h"
#include "app/keep.h"
#include "app/walls.h"
#include "base/net.h"
#include "wire/cert.h"

#define YG_HUB_PATH_MAX	   4096u
#define YG_HUB_NAMES_MAX   16u /* --name */
#define YG_HUB_TICK_MS	   200
#define YG_HUB_WAIT_S_MAX  55u
#define YG_HUB_HTTP	   "127.0.0.1:8470"
#define YG_HUB_SENSORS	   "0.0.0.0:8471"
#define YG_HUB_WORKERS_MAX 16u
#define YG_HUB_CALLS_MAX   12288u	/* that the keeper holds at once */
#define YG_HUB_BYTES_MAX   (256u << 20) /* of their bodies; beyond, the front is not read */
#define YG_HUB_TRIES_MAX   3u		/* deaths of workers over one batch */

/* ---- the command line and the file, as all processes see them ---- */

struct yg_hub_settings {
	const char *data; /* folder */
	struct yg_net_place http;
	struct yg_net_place sensors;
	const char *names[YG_HUB_NAMES_MAX];
	size_t name_count;
	unsigned workers;     /* from 1 */
	unsigned connections; /* of sensors; 0: as many as the system allows */
	uint32_t timeout_s;   /* 0: the listener's own */
	uint32_t hunt_days;   /* 0: YG_HUB_HUNT_DAYS */
	bool is_demo;	      /* app/hub_demo.h */
	uint32_t hunt_ask_mb; /* 0: YG_HUB_HUNT_ASK_MB */
	struct yg_clue_rules clue_rules;
	const char *http_certificate; /* PEM files for pages over TLS; NULL: in the clear */
	const char *http_key;
	const char *http_client_authorities;
	struct yg_hub_config_names http_names; /* hosts that browsers may name, beside our own */
	struct yg_web_proxies http_proxies;
	struct yg_hub_config_out out;
	int http_fd; /* listen; the parent's */
	int sensors_fd;
	char host[YG_CERT_NAME_MAX + 1]; /* of this machine; may be empty */
	struct yg_clock clock;
	char link_key[65]; /* of the start link; "" once the hub was ready */
};

/* @data/@name to @to. False when it is too long. */
bool yg_hub_join(const char *data, const char *name, char to[YG_HUB_PATH_MAX]);

/* "FOLDER/NAME: what is wrong", and @rc again. */
int yg_hub_say_path(const char *data, const char *name, int rc);

/* "http://127.0.0.1:8470", where people find the pages. */
void yg_hub_url(const struct yg_hub_settings *settings, struct yg_buf *to);

/* ---- keys: signer and front ---- */

struct yg_hub_keys {
	struct yg_cert_ca *ca;			/* issues */
	char *pem;				/* of the authority */
	uint8_t seed[YG_SIGN_SEED_BYTES];	/* messages to sensors, receipts */
	uint8_t audit_seed[YG_SIGN_SEED_BYTES]; /* checkpoints of the audit log */
};

/*
 * Load what is below @folder (DATA/ca), make what is not there; the server's certificate also when
 * it does not hold for @names or has little time left. YG_OK, or an error that was said.
 */
YG_MUST_USE int yg_hub_keys_open(struct yg_hub_keys *keys, const char *folder,
				 const char *const *names, size_t count, int64_t now_ns);
void yg_hub_keys_done(struct yg_hub_keys *keys);

/* Of the listener for sensors; PEM, owned. */
struct yg_hub_server {
	char *key;
	char *certificate;
	char *authority;
};
/* YG_OK, or an error that was said. */
YG_MUST_USE int yg_hub_server_open(struct yg_hub_server *server, const char *folder);
void yg_hub_server_done(struct yg_hub_server *server);

/* ---- lives of the processes (app/process.h); arg: struct yg_hub_settings ---- */

/* Places in the list of processes, workers from WORKER on. */
enum yg_hub_place {
	YG_HUB_AT_SIGNER,
	YG_HUB_AT_ENGINE, /* before the keeper, so that it ends behind it */
	YG_HUB_AT_KEEPER,
	YG_HUB_AT_FRONT,
	YG_HUB_AT_HUNTER, /* behind the keeper, which makes the folder that it reads */
	YG_HUB_AT_PAGES,
	YG_HUB_AT_OUT, /* mail and webhooks */
	YG_HUB_AT_WORKER,
};

/* Those who serve no people have no use for the start link. */
void yg_hub_forget_link(void *settings);

int yg_hub_signer_live(void *arg, int control, unsigned index);
int yg_hub_engine_live(void *arg, int control, unsigned index);
int yg_hub_hunter_live(void *arg, int control, unsigned index);
int yg_hub_keeper_live(void *arg, int control, unsigned index);
int yg_hub_front_live(void *arg, int control, unsigned index);
int yg_hub_pages_live(void *arg, int control, unsigned index);
int yg_hub_out_live(void *arg, int control, unsigned index);
int yg_hub_worker_live(void *arg, int control, unsigned index);

/* ---- the keeper ---- */

/* One call of a sensor, from the front's message until it is answered. */
struct yg_hub_call {
	uint64_t id; /* the front's */
	size_t address;
	struct yg_bytes query;
	struct yg_bytes certificate; /* DER; empty: none */
	struct yg_bytes body;
	struct yg_reply reply;
	struct yg_cert_peer peer;      /* after yg_hub_peer() */
	struct yg_wire_batch batch;    /* while a worker has it */
	struct yg_hub_call *work_next; /* in a worker's queue */
	unsigned tries;		       /* workers that died over it */
	bool is_at_work;
	bool is_orphan; /* the front has gone: nobody waits for the answer */
	size_t size;	/* of what it takes */
	struct yg_hub_call *next;
	struct yg_hub_call **link;
};

struct yg_hub_detect;
struct yg_hub_hunts;
struct yg_hub_waiter;
struct yg_hub_known;
struct yg_hub_sync;

struct yg_hub_worker {
	struct yg_msg_pipe pipe;
	struct yg_hub_call *first; /* that it has, in order */
	struct yg_hub_call **end;
};

struct yg_hub {
	const char *data; /* folder; borrowed */
	struct yg_clock clock;
	struct yg_cert_ca *ca; /* checks only */
	char *ca_pem;
	uint8_t down_key[YG_SIGN_PUBLIC_BYTES];
	uint8_t audit_key[YG_SIGN_PUBLIC_BYTES];
	struct yg_signer signer;
	struct yg_enrol *enrol;
	struct yg_keep *keep;
	struct yg_buf text;
	struct yg_hub_waiter *waiters;
	struct yg_hub_waiter *signing; /* whose receipts the signer has, in order */
	struct yg_hub_waiter **signing_end;
	bool has_signed;      /* somebody's wait for it is over */
	uint32_t for_disk;    /* how many of them wait for the disk */
	int journal_rc;	      /* of the last group */
	uint64_t change_seen; /* of the register */
	int64_t tick_ns;
	struct yg_msg_pipe front;
	int control; /* to the parent */
	struct yg_hub_worker workers[YG_HUB_WORKERS_MAX];
	unsigned worker_count;
	struct yg_hub_call *calls;
	size_t call_count;
	size_t call_bytes;
	struct yg_hub_known *known;
	struct yg_hub_lines *lines;
	struct yg_hub_sync *sync;
	struct yg_hub_detect *detect; /* the keeper's; NULL: not yet */
	struct yg_hub_hunts *hunts;   /* as above */
	int engine_fd, hunter_fd;     /* for them, until then */
};

int64_t yg_hub_now(const struct yg_hub *hub);

/* What Prometheus asks for, as text (hub_metrics.c). */
void yg_hub_metrics(struct yg_hub *hub, struct yg_buf *to);
void yg_hub_metrics_detect(struct yg_hub_detect *detect, struct yg_buf *to);

/* DATA/NAME to @to. False when it is too long. */
bool yg_hub_path(const struct yg_hub *hub, const char *name, char to[YG_HUB_PATH_MAX]);

/* Send call->reply; the call is gone. */
void yg_hub_answer(struct yg_hub *hub, struct yg_hub_call *call);

/* ---- hub_known.c ---- */

/* NULL without memory. */
struct yg_hub_known *yg_hub_known_new(void);
struct yg_hub_known *yg_hub_known_free(struct yg_hub_known *known);
/* The register may have changed: a new round, or a change of our own. */
void yg_hub_known_stale(struct yg_hub *hub);
/* Who calls, as the register has it in this round? *ret is call->peer. */
enum yg_wire_refusal yg_hub_peer(struct yg_hub *hub, struct yg_hub_call *call,
				 const struct yg_cert_peer **ret);
/* The same of a certificate alone. */
enum yg_wire_refusal yg_hub_look(struct yg_hub *hub, struct yg_bytes certificate,
				 struct yg_cert_peer *ret);
/* May anything be taken of this organisation? */
enum yg_wire_refusal yg_hub_consent(struct yg_hub *hub, const char *org);

/* ---- hub_keeper.c, hub_sensors.c ---- */

/* A call has come: do what its address says, and answer now or later. */
void yg_hub_serve(struct yg_hub *hub, struct yg_hub_call *call);

/* Fill call->reply with the refusal, and answer. @next may be NULL. */
void yg_hub_refuse(struct yg_hub *hub, struct yg_hub_call *call, enum yg_wire_refusal refusal,
		   const struct yg_wire_next *next);
void yg_hub_refuse_fault(struct yg_hub *hub, struct yg_hub_call *call,
			 const struct yg_wire_fault *fault, const struct yg_wire_next *next);

/* For an error of our own: a store that is busy is no reason to give up. */
enum yg_wire_refusal yg_hub_refusal_of(int rc);

/* ---- hub_work.c ---- */

/* Give the batch of @call (whose head was read into call->batch) to a worker. */
void yg_hub_work(struct yg_hub *hub, struct yg_hub_call *call);
/* A worker has looked at it (hub_sensors.c goes on). */
void yg_hub_worked(struct yg_hub *hub, struct yg_hub_call *call, const struct yg_wire_fault *fault);
/* Another end for worker @index: what it had is given to it again. */
void yg_hub_worker_begin(struct yg_hub *hub, unsigned index, int take_fd);
/* What it answered. */
void yg_hub_worker_hear(struct yg_hub *hub, unsigned index);

/* ---- hub_sync.c: all but its own thread's work from the loop's thread ---- */

/* NULL without memory or descriptors. */
struct yg_hub_sync *yg_hub_sync_new(void);
struct yg_hub_sync *yg_hub_sync_free(struct yg_hub_sync *sync);
/* @keep is borrowed, until free. */
YG_MUST_USE int yg_hub_sync_start(struct yg_hub_sync *sync, struct yg_keep *keep);
/* Readable when a sync has ended. */
int yg_hub_sync_fd(const struct yg_hub_sync *sync);
bool yg_hub_sync_is_busy(const struct yg_hub_sync *sync);
/* Sync what was appended before; not while it is busy. */
void yg_hub_sync_begin(struct yg_hub_sync *sync);
/* Has it ended? Then *ret_rc is what it answered, once. */
bool yg_hub_sync_end(struct yg_hub_sync *sync, int *ret_rc);

/* ---- hub_down.c ---- */

/* Answer @call with @receipt, signed over @to_sign (empty: not), when what has @position is
 * durable, or with the reason why it was lost. */
void yg_hub_wait_sync(struct yg_hub *hub, struct yg_hub_call *call, uint64_t position,
		      const struct yg_wire_receipt *receipt, struct yg_bytes to_sign);
/* What the signer answered; without it, receipts go out unsigned. */
void yg_hub_take_signature(void *hub, uint64_t id, const uint8_t *signature);
void yg_hub_signer_lost(struct yg_hub *hub);
/* Answer with messages above @after, now or within @wait_s. */
void yg_hub_wait_down(struct yg_hub *hub, struct yg_hub_call *call, uint64_t after,
		      uint64_t wait_s);

/* Once a round: commit and answer, look for messages, end what waits in vain. */
void yg_hub_round(struct yg_hub *hub);
/* How long the loop may wait for the sake of those who wait; -1: as long as it likes. */
int yg_hub_timeout_ms(const struct yg_hub *hub);
/* Nobody waits any more; their calls stay. */
void yg_hub_waiters_done(struct yg_hub *hub);
