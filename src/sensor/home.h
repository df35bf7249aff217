/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/home.h - the sensor's own folder (--state): who it is, and where it sends.
 *
 *   sensor.json   hub, sensor, organisation, downlink_key; written last: with it one is enrolled
 *   identity.pem  private key and certificate, mode 0600
 *   ca.pem        the hub's authority
 *   downlink      the number of the last message that was answered
 *   spool/        sensor/spool.h
 *   refused/      batches that the hub will never take
 *
 * Layer: sensor. One thread, but for what says otherwise.
 */
#pragma once

#include "wire/message.h"

#define YG_HOME_PATH_MAX    4096u
#define YG_HOME_URL_MAX	    512u
#define YG_HOME_REFUSED_MAX 100u

struct yg_home {
	char folder[YG_HOME_PATH_MAX];
	char hub[YG_HOME_URL_MAX + 1]; /* "https://host:port" */
	char sensor[YG_WIRE_ID_MAX + 1];
	char organisation[YG_WIRE_ID_MAX + 1];
	uint8_t key[YG_SIGN_PUBLIC_BYTES];
};

/* FOLDER/NAME to @to. False when it is too long. Any thread. */
bool yg_home_path(const struct yg_home *home, const char *name, char to[YG_HOME_PATH_MAX]);

/* Make the folder when it is not there. YG_OK or an error. */
YG_MUST_USE int yg_home_make(struct yg_home *home, const char *folder);
/* YG_OK; YG_ENOENT: not enrolled; YG_EFORMAT; or an error. */
YG_MUST_USE int yg_home_load(struct yg_home *home, const char *folder);

/* Keep a new certificate with its key (one file, whole or not at all). */
YG_MUST_USE int yg_home_write_identity(const struct yg_home *home, struct yg_bytes key,
				       struct yg_bytes certificate);
/* Keep what the hub said at the enrolment; the key of @home is filled before. */
YG_MUST_USE int yg_home_write(const struct yg_home *home, struct yg_bytes ca);

uint64_t yg_home_downlink(const struct yg_home *home);
YG_MUST_USE int yg_home_write_downlink(const struct yg_home *home, uint64_t number);

/* Set bytes aside that the hub refused for good; a few at most. */
void yg_home_set_aside(const struct yg_home *home, uint64_t number, struct yg_bytes bytes);
