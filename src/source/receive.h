/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source/receive.h - syslog from other machines: UDP datagrams and TCP streams at one address.
 *
 * A datagram is a message. On TCP a message is counted in octets ("12 <34>…") or ends in LF or NUL,
 * as it shows itself. Of more than YG_RECEIVE_CONNECTIONS_MAX connections one is ended that never
 * said anything, else the one that was silent longest. Messages are given out as they came, without
 * their ending; what is longer than YG_RECEIVE_MESSAGE_MAX is cut and counted.
 *
 * Layer:   source. One thread. Nobody is asked who he is: listen only where the network is trusted.
 * Source:  RFC 5426 (UDP), RFC 6587 (TCP).
 * Tests:   tests/unit/source/test_receive.c, tests/e2e/sensor_syslog.py
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/net.h"

#define YG_RECEIVE_MESSAGE_MAX	   65536u
#define YG_RECEIVE_CONNECTIONS_MAX 64u

struct yg_receive;

/* Both at @place; port 0 takes one that is free for both. YG_OK or as yg_net_listen. */
YG_MUST_USE int yg_receive_open(const struct yg_net_place *place, struct yg_receive **ret);
struct yg_receive *yg_receive_free(struct yg_receive *receive);

struct yg_net_place yg_receive_place(const struct yg_receive *receive);
int yg_receive_fd(const struct yg_receive *receive); /* readable when there is something */

/* @from: the sender's address. @message borrowed. Return YG_OK to go on; else it ends with that. */
typedef int (*yg_receive_fn)(void *arg, bool is_tcp, const char *from, struct yg_bytes message);

/* Hand out what is there, at most about @messages_max of each kind; never waits. */
YG_MUST_USE int yg_receive_read(struct yg_receive *receive, unsigned messages_max, yg_receive_fn fn,
				void *arg);

/* Give out what stands in connections without an ending yet, as the end of everything. */
YG_MUST_USE int yg_receive_finish(struct yg_receive *receive, yg_receive_fn fn, void *arg);

struct yg_receive_state {
	uint64_t udp; /* messages */
	uint64_t tcp;
	uint64_t cut;	    /* longer than the limit */
	uint64_t displaced; /* connections that others took the place of */
	uint32_t connected;
};
struct yg_receive_state yg_receive_state(const struct yg_receive *receive);
