/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/message.h - the small messages between sensor and hub: JSON objects with "v":1.
 *
 * Each has a struct, a writer and a reader; the reader of one side takes what the writer of the
 * other made, and nothing that a limit below forbids. Members that a reader does not know are
 * passed over, so that a later version can add some.
 *
 * Layer:   wire. May include base/, model/. Both sides.
 * Input:   untrusted bytes.
 * State:   none: no globals, no clock, no I/O; any thread.
 * Source:  docs/protocol.md
 * Tests:   tests/unit/wire/test_message.c, tests/fuzz/fuzz_wire_message.c
 */
#pragma once

#include "wire/batch.h"
#include "wire/range.h"

#define YG_WIRE_MESSAGE_MAX   (1u << 20) /* bytes of any message below */
#define YG_WIRE_SOURCES_MAX   256u
#define YG_WIRE_NAME_MAX      512u   /* bytes of a source's name */
#define YG_WIRE_WORDS_MAX     256u   /* bytes of an error in words, of a version, of a reason */
#define YG_WIRE_TOKEN_MAX     128u   /* bytes of an enrolment token */
#define YG_WIRE_PEM_MAX	      16384u /* bytes of a request or certificate */
#define YG_WIRE_PAYLOAD_MAX   (256u << 10)
#define YG_WIRE_DOWN_MAX      64u /* messages in one answer of the downlink */
#define YG_WIRE_KIND_MAX      32u
#define YG_WIRE_TOLD_MAX      4096u /* bytes of what a sensor tells of its policy */
#define YG_WIRE_DETECTION_MAX 1024u /* of its own detection */

/* How a source fares; a quiet one and a dead one differ by @read_ns, @error and @lag. */
struct yg_wire_source {
	char name[YG_WIRE_NAME_MAX + 1];
	char kind[YG_WIRE_KIND_MAX + 1]; /* "file", "syslog-udp", "syslog-tcp" */
	uint64_t position;		 /* bytes read (file), messages received (syslog) */
	uint64_t lag;			 /* bytes that are there and not read yet */
	uint64_t records;
	uint64_t errors;		   /* what could not be read or had to be left out */
	uint64_t held;			   /* records that the local policy kept back */
	int64_t read_ns;		   /* last time something came; YG_TIME_NONE: never */
	char error[YG_WIRE_WORDS_MAX + 1]; /* what is wrong now; empty: nothing is */
};

struct yg_wire_heartbeat {
	char sensor[YG_WIRE_ID_MAX + 1];
	char version[YG_WIRE_WORDS_MAX + 1]; /* of the program */
	int64_t time_ns;		     /* the sensor's clock */
	uint64_t epoch;
	uint64_t last;	/* sequence that was given out last; 0: none in this epoch */
	uint64_t acked; /* sequence up to which the hub has acknowledged */
	uint64_t spool_bytes;
	uint64_t spool_bytes_max;
	uint64_t dropped;		      /* records that the spool had to give up, ever */
	uint64_t ledger_entries;	      /* of the sensor's ledger; 0: it has none */
	uint8_t ledger_head[YG_SHA256_BYTES]; /* digest of the last of them */
	char policy[YG_WIRE_TOLD_MAX + 1];    /* a JSON object (wire/policy.h); empty: not told */
	char detection[YG_WIRE_DETECTION_MAX + 1]; /* of its own: a JSON object; empty: none */
	struct yg_wire_range archive;		   /* what the sensor can look back on */
	struct yg_wire_source *sources;
	uint32_t source_count;
};

void yg_wire_heartbeat_write(const struct yg_wire_heartbeat *heartbeat, struct yg_buf *to);
/* ret->sources is heap memory, also when it is empty: free(). */
YG_MUST_USE int yg_wire_heartbeat_read(struct yg_bytes text, struct yg_wire_heartbeat *ret,
				       struct yg_wire_fault *reterr);

/* Batches that will never come: exactly @first to @last of @epoch. */
struct yg_wire_drop {
	char sensor[YG_WIRE_ID_MAX + 1];
	uint64_t epoch;
	uint64_t first;
	uint64_t last;
	uint64_t records;
	int64_t first_ns; /* of their records */
	int64_t last_ns;
	int64_t time_ns;		    /* when it was dropped */
	char reason[YG_WIRE_WORDS_MAX + 1]; /* "spool-full" */
};
void yg_wire_drop_write(const struct yg_wire_drop *drop, struct yg_buf *to);
YG_MUST_USE int yg_wire_drop_read(struct yg_bytes text, struct yg_wire_drop *ret,
				  struct yg_wire_fault *reterr);

/* The answer to a batch, a drop record or a heartbeat. */
struct yg_wire_receipt {
	uint64_t epoch;
	uint64_t sequence; /* of the batch; last of a drop record; 0 for a heartbeat */
	bool is_already;   /* it was there before */
	uint64_t next;	   /* the lowest sequence of @epoch that the hub does not have */
	int64_t time_ns;   /* the hub's clock */
	bool takes_none;   /* heartbeats: it takes no batches now (no consent, or closed) */
	bool is_signed;	   /* batches: the hub countersigns (yg_ledger_sign, wire/ledger.h) */
	uint8_t signature[YG_SIGN_BYTES];
};
void yg_wire_receipt_write(const struct yg_wire_receipt *receipt, struct yg_buf *to);
YG_MUST_USE int yg_wire_receipt_read(struct yg_bytes text, struct yg_wire_receipt *ret,
				     struct yg_wire_fault *reterr);

/* Enrolment: all texts borrowed from the caller (writing) or from @mem (reading). */
struct yg_wire_enrol {
	struct yg_bytes token;
	struct yg_bytes csr;  /* PEM */
	struct yg_bytes host; /* the machine's name, for people */
};
struct yg_wire_enrolled {
	char sensor[YG_WIRE_ID_MAX + 1];
	char organisation[YG_WIRE_ID_MAX + 1];
	struct yg_bytes certificate;	   /* PEM */
	struct yg_bytes ca;		   /* PEM */
	uint8_t key[YG_SIGN_PUBLIC_BYTES]; /* that signs the downlink */
};
YG_MUST_USE int yg_wire_enrol_write(const struct yg_wire_enrol *enrol, struct yg_buf *to);
YG_MUST_USE int yg_wire_enrol_read(struct yg_bytes text, struct yg_buf *mem,
				   struct yg_wire_enrol *ret, struct yg_wire_fault *reterr);
YG_MUST_USE int yg_wire_enrolled_write(const struct yg_wire_enrolled *enrolled, struct yg_buf *to);
YG_MUST_USE int yg_wire_enrolled_read(struct yg_bytes text, struct yg_buf *mem,
				      struct yg_wire_enrolled *ret, struct yg_wire_fault *reterr);

/*
 * A message of the hub to one sensor, signed by the hub's key: the signature stands for the bytes
 * of the payload behind "yagura-downlink-1:". Numbers ascend by one for each sensor, from 1.
 */
struct yg_wire_down {
	char sensor[YG_WIRE_ID_MAX + 1];
	uint64_t number;
	char kind[YG_WIRE_KIND_MAX + 1]; /* "ping", "resend"; later "policy", "rules", … */
	int64_t time_ns;
	struct yg_bytes body; /* a JSON object; borrowed */
};
/* So that a signature of that key can never be taken for one over something else. */
#define YG_WIRE_DOWN_CONTEXT "yagura-downlink-1:"
/*
 * In two steps, where another process has the key: the payload to @to; then, with its signature
 * over YG_WIRE_DOWN_CONTEXT and the payload, the whole. YG_OK, YG_ENOMEM or YG_ELIMIT.
 */
YG_MUST_USE int yg_wire_down_payload(const struct yg_wire_down *down, struct yg_buf *to);
YG_MUST_USE int yg_wire_down_seal(struct yg_bytes payload, const uint8_t signature[YG_SIGN_BYTES],
				  struct yg_buf *to);
/* Both with the seed. Add {"payload":BASE64,"signature":BASE64}. YG_OK, YG_ENOMEM or YG_ELIMIT. */
YG_MUST_USE int yg_wire_down_write(const struct yg_wire_down *down,
				   const uint8_t seed[YG_SIGN_SEED_BYTES], struct yg_buf *to);
/*
 * Read an answer {"v":1,"messages":[…]}: each message whose signature is right and that is meant
 * for @sensor goes to @fn, in order; its body lives during the call. The first that is neither ends
 * it with YG_EDIGEST. What @fn returns other than YG_OK ends it too.
 */
typedef int (*yg_wire_down_fn)(void *arg, const struct yg_wire_down *down);
YG_MUST_USE int yg_wire_down_read(struct yg_bytes text, const char *sensor,
				  const uint8_t key[YG_SIGN_PUBLIC_BYTES], yg_wire_down_fn fn,
				  void *arg, struct yg_wire_fault *reterr);

/* What became of such a message. */
struct yg_wire_down_ack {
	char sensor[YG_WIRE_ID_MAX + 1];
	uint64_t number;
	bool is_applied;
	char detail[YG_WIRE_WORDS_MAX + 1]; /* why not */
};
void yg_wire_down_ack_write(const struct yg_wire_down_ack *ack, struct yg_buf *to);
YG_MUST_USE int yg_wire_down_ack_read(struct yg_bytes text, struct yg_wire_down_ack *ret,
				      struct yg_wire_fault *reterr);
