/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub-int.h - inside `yagura hub`: its folder, its authority, the listener for sensors.
 *
 *   hub.c          command line, lock, loop, end
 *   hub_ca.c       keys and certificates below DATA/ca
 *   hub_sensors.c  who calls, and what each address of docs/protocol.md does
 *   hub_down.c     those who wait: for the disk, for a message
 *   hub_archive.c  a thread: from the journal to the archive
 *   hub_detect.c   a thread: from the journal to findings
 */
#pragma once

#include "access/enrol.h"
#include "app/keep.h"
#include "web/tls.h"
#include "wire/cert.h"

#define YG_HUB_PATH_MAX	  4096u
#define YG_HUB_NAMES_MAX  16u /* --name */
#define YG_HUB_TICK_MS	  200
#define YG_HUB_WAIT_S_MAX 55u
#define YG_HUB_HTTP	  "127.0.0.1:8470"
#define YG_HUB_SENSORS	  "0.0.0.0:8471"

/* Keys and certificates, as long as the hub runs. */
struct yg_hub_ca {
	struct yg_cert_ca *ca;
	char *pem; /* of the authority; owned, as are the others */
	char *server_key;
	char *server_pem;
	char path[YG_HUB_PATH_MAX];	  /* of the authority's certificate */
	uint8_t seed[YG_SIGN_SEED_BYTES]; /* signs the downlink */
};

/*
 * Load what is below @folder (DATA/ca), make what is not there; the server's certificate also when
 * it does not hold for @names or has little time left. YG_OK, or an error that was said.
 */
YG_MUST_USE int yg_hub_ca_open(struct yg_hub_ca *ca, const char *folder, const char *const *names,
			       size_t count, int64_t now_ns);
void yg_hub_ca_done(struct yg_hub_ca *ca);

struct yg_hub_waiter;

struct yg_hub {
	const char *data; /* folder; borrowed */
	struct yg_clock clock;
	struct yg_hub_ca ca;
	struct yg_enrol *enrol;
	struct yg_keep *keep;
	struct yg_tls *tls;
	struct yg_buf content; /* of the batch that is being looked at */
	struct yg_buf text;
	struct yg_hub_waiter *waiters;
	uint32_t for_disk;    /* how many of them wait for the disk */
	int journal_rc;	      /* of the last group */
	uint64_t change_seen; /* of the register */
	int64_t tick_ns;
};

int64_t yg_hub_now(const struct yg_hub *hub);

/* DATA/NAME to @to. False when it is too long. */
bool yg_hub_path(const struct yg_hub *hub, const char *name, char to[YG_HUB_PATH_MAX]);

/* Open the listener. YG_OK or as yg_tls_open. */
YG_MUST_USE int yg_hub_listen(struct yg_hub *hub, const struct yg_net_place *place);

/* Who calls, as the register has it now? *ret lives as long as the connection. */
enum yg_wire_refusal yg_hub_peer(struct yg_hub *hub, struct yg_tls_call *call,
				 const struct yg_cert_peer **ret);

/* Fill call->reply with the refusal, and answer. @next may be NULL. */
void yg_hub_refuse(struct yg_hub *hub, struct yg_tls_call *call, enum yg_wire_refusal refusal,
		   const struct yg_wire_next *next);

/* For an error of our own: a store that is busy is no reason to give up. */
enum yg_wire_refusal yg_hub_refusal_of(int rc);

/* ---- hub_down.c ---- */

/* Answer @call with @receipt when what has @position is durable, or with the reason why it was
 * lost. */
void yg_hub_wait_sync(struct yg_hub *hub, struct yg_tls_call *call, uint64_t position,
		      const struct yg_wire_receipt *receipt);
/* Answer with messages above @after, now or within @wait_s. */
void yg_hub_wait_down(struct yg_hub *hub, struct yg_tls_call *call, uint64_t after,
		      uint64_t wait_s);

/* Once a round: commit and answer, look for messages, end what waits in vain. */
void yg_hub_round(struct yg_hub *hub);
/* How long the loop may wait for the sake of those who wait; -1: as long as it likes. */
int yg_hub_timeout_ms(const struct yg_hub *hub);
void yg_hub_waiters_done(struct yg_hub *hub);
