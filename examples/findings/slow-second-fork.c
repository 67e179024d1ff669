// SPDX-License-Identifier: MIT
/*
 * How long fork() takes before and after one byte of every THP was written while a child shared it.
 *
 *   cc -O2 -o slow-second-fork slow-second-fork.c && ./slow-second-fork [MiB]
 *
 * Prints medians over a few rounds, each with memory of its own. khugepaged may mend a split THP, but not within
 * the milliseconds that a round takes.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MIB = 1 << 20, THP = 2 * MIB, ROUNDS = 9 };

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Microseconds that fork() takes in the parent; the child waits until it may go. */
static double timedFork(int go[2], pid_t *child)
{
	if (pipe(go) < 0)
		exit(1);
	double begun = now();
	*child = fork();
	if (*child == 0) {
		char byte;
		close(go[1]);
		_exit(read(go[0], &byte, 1) != 0);
	}
	double took = now() - begun;
	close(go[0]);
	if (*child < 0)
		exit(1);
	return took;
}

static void end(int go[2], pid_t child)
{
	close(go[1]);
	waitpid(child, NULL, 0);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof *values, ascending);
	return values[ROUNDS / 2];
}

static long hugeKiB(const char *memory)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	char line[512], begins[32];
	long found = -1;
	int ours = 0;
	snprintf(begins, sizeof begins, "%lx-", (unsigned long)memory);
	while (smaps && found < 0 && fgets(line, sizeof line, smaps)) {
		ours |= strncmp(line, begins, strlen(begins)) == 0;
		if (ours)
			sscanf(line, "AnonHugePages: %ld kB", &found);
	}
	if (smaps)
		fclose(smaps);
	return found;
}

int main(int argc, char **argv)
{
	size_t length = (size_t)(argc > 1 ? atol(argv[1]) : 512) * MIB / THP * THP;
	double first[ROUNDS], second[ROUNDS];
	long before = 0, after = 0;
	for (int round = 0; round < ROUNDS; round++) {
		int go[2];
		pid_t child;
		char *room = mmap(NULL, length + THP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (length == 0 || room == MAP_FAILED)
			return 1;
		char *memory = (char *)(((uintptr_t)room + THP - 1) & ~(uintptr_t)(THP - 1));
		/* A mapping of its own, which smaps tells apart. */
		madvise(memory, length, MADV_HUGEPAGE);
		memset(memory, 1, length);
		before = hugeKiB(memory);
		first[round] = timedFork(go, &child);
		for (size_t at = 0; at < length; at += THP)
			memory[at] = 2;
		end(go, child);
		after = hugeKiB(memory);
		second[round] = timedFork(go, &child);
		end(go, child);
		munmap(room, length + THP);
	}
	double a = median(first), b = median(second);
	printf("%zu MiB, AnonHugePages %ld MiB before and %ld MiB after the writes\n", length / MIB, before / 1024, after / 1024);
	printf("fork #1 %.0f us, fork #2 %.0f us: %.1f times\n", a, b, b / a);
	return 0;
}
