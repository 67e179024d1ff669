// SPDX-License-Identifier: MIT
/* Frames are noted before the step, for after it nothing maps them. */
#include "writeback.h"
#include "shared.h"
#include "steps.h"
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <time.h>

enum { NOTED_MAX = 4096, PM_PRESENT = 63, PM_PFN_BITS = 55, POLLS_A_SECOND = 5000 };

static uint64_t noted[NOTED_MAX];
static long nrNoted;

void noteFrames(const struct step *step)
{
	long nr = step->nr < NOTED_MAX ? step->nr : NOTED_MAX;
	off_t at = (off_t)(address(step->r, step->page) / PAGE * sizeof *noted);
	ssize_t length = pread(tasks[step->p].pagemap, noted, (size_t)nr * sizeof *noted, at);
	nrNoted = 0;
	for (long i = 0; i < length / (ssize_t)sizeof *noted; i++)
		if (noted[i] >> PM_PRESENT & 1)
			noted[nrNoted++] = noted[i] & ((1ull << PM_PFN_BITS) - 1);
}

static int isWritten(int flags, uint64_t frame)
{
	uint64_t word;
	return pread(flags, &word, sizeof word, (off_t)(frame * sizeof word)) == sizeof word && word >> KPF_WRITEBACK & 1;
}

void awaitWriteback(void)
{
	struct timespec moment = { .tv_nsec = 1000000000 / POLLS_A_SECOND };
	int flags = nrNoted ? open("/proc/kpageflags", O_RDONLY | O_CLOEXEC) : -1;
	long polls = (long)stepSeconds * POLLS_A_SECOND;
	for (long i = 0; flags >= 0 && i < nrNoted; i++)
		for (; isWritten(flags, noted[i]) && polls > 0; polls--)
			nanosleep(&moment, NULL);
	if (flags >= 0)
		close(flags);
	if (polls == 0)
		failure = "what was swapped out is not written";
	nrNoted = 0;
}
