/* SPDX-License-Identifier: Apache-2.0 */
#include "base/zone.h"

#include "base/ban.h"
