/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/refuse.h - everything that the hub refuses a sensor, and why: one table for both sides.
 *
 * The code is what programs look at (docs/protocol.md lists them); titles are for people, in the
 * language of whoever shows them, details for those who write a sensor, in English.
 * Layer: wire. Pure; any thread.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/tr.h"

/*
 * Name, HTTP status, code, title, what to do. A sensor that gets a status of 500 and above, or 429,
 * tries the same again later; below, the same bytes will be refused again.
 */
#define YG_WIRE_REFUSALS(X)                                                                        \
	X(NO_CERTIFICATE, 401, "no-certificate", N_("No client certificate was shown"),            \
	  "Enrol first, then connect with the certificate that the hub gave.")                     \
	X(FOREIGN, 401, "foreign-certificate", N_("This certificate is not from this hub"),        \
	  "Enrol at this hub; certificates of other hubs are of no use here.")                     \
	X(EXPIRED, 401, "expired-certificate", N_("This certificate is out of its time"),          \
	  "Enrol again with a new token, and check the clock of this machine.")                    \
	X(UNKNOWN, 403, "not-enrolled", N_("This sensor is not enrolled"),                         \
	  "Enrol again with a new token.")                                                         \
	X(REVOKED, 403, "revoked", N_("This sensor was revoked"),                                  \
	  "Ask the operator of the hub; a new enrolment needs a new token.")                       \
	X(CONSENT, 403, "no-consent",                                                              \
	  N_("The organisation has not agreed to the terms that hold now"),                        \
	  "Keep the batch. The organisation gives its consent at the hub; then send it again.")    \
	X(CLOSED, 403, "closed", N_("The organisation has left this hub"),                         \
	  "Nothing is taken from it any more.")                                                    \
	X(OTHER_SENSOR, 403, "other-sensor", N_("This speaks for another sensor"),                 \
	  "A sensor may only send what carries its own id.")                                       \
	X(TOKEN, 403, "bad-token", N_("This enrolment token is not valid"),                        \
	  "A token works once and for a limited time. Ask for a new one.")                         \
	X(REQUEST, 400, "bad-request", N_("The request is malformed"), NULL)                       \
	X(VERSION, 400, "wrong-version", N_("This version of the form is not known here"),         \
	  "Send version 1.")                                                                       \
	X(CSR, 400, "bad-csr", N_("The certificate request is malformed"),                         \
	  "Send a PKCS#10 request in PEM with an ECDSA P-256 key, signed by that key.")            \
	X(NOT_FOUND, 404, "not-found", N_("There is nothing at this address"), NULL)               \
	X(METHOD, 405, "wrong-method", N_("This address does not know that method"), NULL)         \
	X(TOO_LARGE, 413, "too-large", N_("The request is too large"),                             \
	  "Send smaller batches; docs/protocol.md states the limits.")                             \
	X(HEAD, 400, "bad-head", N_("The head of the batch is malformed"), NULL)                   \
	X(CONTENT, 422, "bad-content", N_("The content of the batch cannot be unpacked"),          \
	  "Send zstd frames and nothing else behind the head.")                                    \
	X(BOMB, 422, "bad-ratio", N_("The content of the batch is packed too densely"),            \
	  "Beyond the first 2 MiB, at most 1000 bytes for each packed one: send smaller "          \
	  "batches.")                                                                              \
	X(SIZE, 422, "wrong-size", N_("The content has another size than the head says"), NULL)    \
	X(DIGEST, 422, "wrong-digest", N_("The content has another digest than the head says"),    \
	  "The digest is the SHA-256 of the content before packing.")                              \
	X(COUNT, 422, "wrong-count", N_("The content has another number of records"), NULL)        \
	X(RECORD, 422, "bad-record", N_("A line of the content is no record"),                     \
	  "Each line is one JSON object of docs/record-format.md, at most 1 MiB, ending in "       \
	  "LF.")                                                                                   \
	X(CONFLICT, 409, "conflict",                                                               \
	  N_("Another batch of this epoch and sequence is kept here already"),                     \
	  "Nothing of yours is lost: send it again as sequence 1 of the epoch that this "          \
	  "answer names.")                                                                         \
	X(GAP, 409, "gap", N_("An earlier batch is missing"),                                      \
	  "Send from the sequence that this answer names, or say that it was dropped.")            \
	X(PASSED, 409, "passed", N_("This sequence was passed over and cannot come any more"),     \
	  "Send it as sequence 1 of the epoch that this answer names.")                            \
	X(FULL, 503, "full", N_("The hub cannot keep more for now"),                               \
	  "Keep the batch and send it again later.")                                               \
	X(BUSY, 503, "busy", N_("The hub has too much to do"), "Send it again later.")             \
	X(INTERNAL, 500, "internal", N_("Something went wrong inside the hub"),                    \
	  "Send it again later.")

enum yg_wire_refusal {
	YG_WIRE_OK,
#define X(name, status, code, title, detail) YG_WIRE_##name,
	YG_WIRE_REFUSALS(X)
#undef X
		YG_WIRE_REFUSAL_COUNT
};

#define YG_WIRE_NOWHERE UINT64_MAX /* what is wrong has no place in bytes */

/* What is wrong with bytes of the other side. @msg: static English text; @at: byte or line. */
struct yg_wire_fault {
	enum yg_wire_refusal refusal;
	const char *msg; /* NULL: the refusal says it all */
	uint64_t at;
};

/* Fill *@reterr and return @rc. */
int yg_wire_fault_set(struct yg_wire_fault *reterr, int rc, enum yg_wire_refusal refusal,
		      const char *msg, uint64_t at);

int yg_wire_status(enum yg_wire_refusal refusal);
const char *yg_wire_code(enum yg_wire_refusal refusal);
const char *yg_wire_title(enum yg_wire_refusal refusal); /* a msgid; never NULL */

/* Where to go on after a conflict or a gap; 0: not said. */
struct yg_wire_next {
	uint64_t epoch;
	uint64_t sequence;
};

/* Add the problem (RFC 9457) for @fault, English, with @next where it has something to say. */
void yg_wire_problem_write(struct yg_buf *to, const struct yg_wire_fault *fault,
			   const struct yg_wire_next *next);

/*
 * Read such a problem: which refusal (YG_WIRE_INTERNAL for a code that is not known), where to go
 * on. YG_OK, YG_EFORMAT, YG_ENOMEM.
 */
YG_MUST_USE int yg_wire_problem_read(struct yg_bytes body, enum yg_wire_refusal *ret,
				     struct yg_wire_next *ret_next);
