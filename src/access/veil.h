/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/veil.h - numbers that count over all organisations, as those outside see them.
 *
 * A number that ascends with what everybody does would tell each member how busy the others are.
 * So it goes out in a secret order: a permutation of the numbers below 2^52 (six rounds of Feistel
 * over keyed BLAKE2b), the same one as long as the hub lives, so that a cursor given back is
 * understood after a restart too. Whoever has not the key learns only whether two are the same.
 * Pure; thread-safe. Source: Luby and Rackoff, 1988.
 */
#pragma once

#include "base/crypt.h"

#define YG_VEIL_BITS 52u /* what JSON's readers hold exactly */

/* @number below 2^52; larger ones give 0, which is a number as any other. */
uint64_t yg_veil(const uint8_t key[YG_MAC_KEY_BYTES], uint64_t number);
/* And back. False: nothing that yg_veil() could have given. */
bool yg_unveil(const uint8_t key[YG_MAC_KEY_BYTES], uint64_t veiled, uint64_t *ret);
