/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/ban.h"

int main(void)
{
	puts("yagura");
	return 0;
}
