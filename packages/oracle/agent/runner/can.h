/* SPDX-License-Identifier: MIT */
/* What this kernel lets this user do. */
#ifndef CAN_H
#define CAN_H
#include <stdio.h>

struct can {
	int frames;      /* numbers, mapcounts and flags of page frames */
	int presence;    /* which pages are present */
	int zeroPage, hugeZeroPage; /* loads map them; unseen, that is taken for granted, and without frames they are one */
	int splitZeroPage; /* the split of a THP maps the zero page */
	int collapse;    /* batches are drained on all CPUs */
	int uring, remote, uffd; /* 0, or the errno that it brings */
	int force;       /* writes to read-only memory by /proc/PID/mem */
	int swap;
	int softDirty; /* the kernel keeps such bits */
	long hugePages;  /* free ones */
	long memlock;    /* bytes, -1: no limit */
	char thp[16];
};
extern struct can can;
void probe(void);
void sayCan(FILE *out);
/* References that per-CPU batches hold on pages would decide between reuse and copy. */
void drainBatches(void);
const char *errName(int err);

#endif
