/* SPDX-License-Identifier: Apache-2.0 */
/* Private to render/: what the writers of CSV share. */
#pragma once

#include "render/csv.h"
#include "render/text-int.h"
