// SPDX-License-Identifier: MIT
/*
 * One pass is what ksmd does between two sleeps, if it may look at enough pages: it ends a pass where all memory has been
 * seen. It sleeps for as long as it is told, and wakes when it is told another time.
 */
#include "shared.h"
#include "can.h"
#include "ksm.h"
#include "machine-settings.h"
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

enum { NR_PASSES = 3, HOLD_PAGES = 64, HELD_MAX = 4096 };
static char *held;
static int nrHeld;
static int hasRun, hasCompany, longer;

/* Guests let their memory be merged, if nobody forbids it, and may well have pages like ours. */
static int othersMerge(void)
{
	static char line[4096];
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int found = 0;
	while (dir && !found && (entry = readdir(dir))) {
		char path[300];
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof path, "/proc/%s/smaps", entry->d_name);
		FILE *file = fopen(path, "re");
		while (file && !found && fgets(line, sizeof line, file))
			found = !strncmp(line, "VmFlags:", 8) && strstr(line, " mg ");
		if (file)
			fclose(file);
	}
	if (dir)
		closedir(dir);
	return found;
}

int ksmIsOurs(void)
{
	return !othersMerge() && isSet(SET_KSM) && isSet(SET_KSM_PASS) && isSet(SET_KSM_SLEEP) && isSet(SET_KSM_SHARING);
}

/* Without any mergeable memory it would make no passes. A page that equals no other, in a process that forks none. */
static void keepCompany(void)
{
	if (hasCompany++)
		return;
	pid_t child = fork();
	if (child < 0)
		die("fork");
	if (child > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	unsigned char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED || getppid() != shared->controller)
		_exit(0);
	for (int i = 0; i < PAGE; i++)
		page[i] = (unsigned char)(i * 31 + 7);
	madvise(page, PAGE, MADV_MERGEABLE);
	for (;;)
		pause();
}

static long nrPasses(void)
{
	char text[32];
	if (setting(KSM_DIR "full_scans", text, sizeof text) < 0)
		die(KSM_DIR "full_scans");
	return atol(text);
}

static void wake(void)
{
	setTo(KSM_DIR "sleep_millisecs", (longer = !longer) ? "1000001" : "1000000");
}

/*
 * It may have been about to go to sleep when it was woken, and sleeps on: then it is woken again, ever later, lest it make a
 * pass more than it is asked for. The alarm of the step ends this if need be.
 */
static void awaitPass(long before)
{
	struct timespec moment = { .tv_nsec = 100000 };
	for (long tries = 0, again = 2000; nrPasses() == before; tries++) {
		if (tries == again) {
			again *= 2;
			wake();
		}
		nanosleep(&moment, NULL);
	}
}

/*
 * What a pass has freed lies uppermost where its CPU takes pages from. It is taken away there, so that no page comes back in
 * the next pass to where it was: nobody could tell that it had been gone.
 */
static void holdFreed(void)
{
	cpu_set_t all, here, one;
	/* What is in a batch is not free yet. */
	drainBatches();
	sched_getaffinity(0, sizeof here, &here);
	if (sched_getaffinity(shared->supervisor, sizeof all, &all) < 0)
		all = here;
	for (int cpu = 0; cpu < CPU_SETSIZE && nrHeld + HOLD_PAGES <= HELD_MAX; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof one, &one);
		for (int i = 0; i < HOLD_PAGES; i++)
			held[(size_t)nrHeld++ * PAGE] = 1;
	}
	sched_setaffinity(0, sizeof here, &here);
}

void ksmPasses(void)
{
	keepCompany();
	held = mmap(NULL, (size_t)HELD_MAX * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (held == MAP_FAILED)
		die("mmap");
	madvise(held, (size_t)HELD_MAX * PAGE, MADV_NOHUGEPAGE);
	nrHeld = 0;
	hasRun = 1;
	for (int pass = 0; pass < NR_PASSES; pass++) {
		long before = nrPasses();
		if (pass == 0)
			setTo(KSM_DIR "run", "1");
		else
			wake();
		awaitPass(before);
		holdFreed();
	}
	munmap(held, (size_t)HELD_MAX * PAGE);
	/* Waits for the end of what it is about. Asleep until it is to run again, it would not hear that it is. */
	setTo(KSM_DIR "run", "0");
	wake();
}

void ksmForget(void)
{
	if (!hasRun)
		return;
	hasRun = 0;
	setTo(KSM_DIR "run", "2");
	setTo(KSM_DIR "run", "0");
}
