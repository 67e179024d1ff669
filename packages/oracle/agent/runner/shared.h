/* SPDX-License-Identifier: MIT */
/* What supervisor, controller and targets share. */
#ifndef SHARED_H
#define SHARED_H
#include "program.h"
#include <stdatomic.h>
#include <sys/types.h>

struct mailbox {
	_Atomic uint32_t asked, answered;
	struct step step;
	int fd;         /* the memfd, ring or pipe that the step needs */
	int newFd;      /* that the step made */
	long oldLength; /* of the region, for mremap */
	long ret;
	int err;        /* errno; -SIGSEGV or -SIGBUS */
	int nrLoads;
	uint64_t addr[NR_REGIONS * NR_WATCHED];
	int loaded[NR_REGIONS * NR_WATCHED]; /* -signal */
};

struct shared {
	pid_t supervisor, controller;
	/* What is going on, for whoever must say where it got stuck. step: -1 before the first, nrSteps at the last look. */
	char program[64];
	int step, idle;
	enum op op;
	int childUffd; /* of the fork at hand */
	struct mailbox box[NR_TASKS];
};
extern struct shared *shared;
/* The memory's file: a target that called execve() maps it again. */
extern int sharedFd;

void futexWait(_Atomic uint32_t *word, uint32_t seen, int seconds);
void futexWake(_Atomic uint32_t *word);
__attribute__((noreturn)) void die(const char *what);

extern int stepSeconds; /* a step that takes longer is a failure */

/* Makes it, in the supervisor. */
void makeShared(void);

#endif
