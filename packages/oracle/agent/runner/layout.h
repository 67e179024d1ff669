/* SPDX-License-Identifier: MIT */
/* How large programs may be, and where their regions lie. */
#ifndef LAYOUT_H
#define LAYOUT_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

enum {
	PAGE = 4096,
	NR_TASKS = 64,
	NR_REGIONS = 8,
	NR_SLOTS = 1024,
	NR_WATCHED = 8, /* of a region; more are not observed */
	NR_STEPS = 4096,
	POOL = 64, /* huge pages, unless a program says otherwise */
};
#define HUGE (2ul << 20)
#define REGIONS 0x100000000000ul /* where region 0 lies, in every process */
#define REGION_SPAN (1ul << 30)

static inline uint64_t address(int r, long page)
{
	return REGIONS + (uint64_t)r * REGION_SPAN + (uint64_t)page * PAGE;
}

#endif
