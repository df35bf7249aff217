/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/crc32.h - the checksum of zip, PNG and Windows event files. No protection against anybody.
 *
 * Source: ISO 3309, polynomial 0xedb88320 (reflected). Thread-safe.
 */
#pragma once

#include "base/bytes.h"

/* The checksum of what gave @before (0 at the beginning) followed by @b. Cost: about 1 ns a byte
 * and less. */
uint32_t yg_crc32(struct yg_bytes b, uint32_t before);
