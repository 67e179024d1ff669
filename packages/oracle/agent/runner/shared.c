// SPDX-License-Identifier: MIT
/* The memory through which supervisor, controller and targets tell each other what to do, and how each of them gives up. */
#include "shared.h"
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

struct shared *shared;
int sharedFd;
int stepSeconds = 5;

void makeShared(void)
{
	sharedFd = memfd_create("agent", 0);
	if (sharedFd < 0 || ftruncate(sharedFd, sizeof *shared) < 0)
		die("memfd_create");
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, sharedFd, 0);
	if (shared == MAP_FAILED)
		die("mmap");
}

void futexWait(_Atomic uint32_t *word, uint32_t seen, int seconds)
{
	struct timespec limit = { .tv_sec = seconds };
	syscall(SYS_futex, word, FUTEX_WAIT, seen, seconds ? &limit : NULL, NULL, 0);
}

void futexWake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void die(const char *what)
{
	fprintf(stderr, "agent: %s: %s\n", what, strerror(errno));
	_exit(1);
}
