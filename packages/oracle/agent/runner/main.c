// SPDX-License-Identifier: MIT
/* The supervisor: changes settings, watches over the controller, puts everything back. */
#include "agent.h"
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

struct shared *shared;
int sharedFd;
int stepSeconds = 5;
static volatile sig_atomic_t stopped;

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

static void onStop(int signal)
{
	stopped = signal;
}

/* Whoever runs second waits: the settings, the hugetlb pool above all, are the machine's. */
static void waitForTurn(void)
{
	int lock = open(NR_HUGEPAGES, O_RDONLY | O_CLOEXEC);
	if (lock < 0)
		lock = open("/proc/version", O_RDONLY | O_CLOEXEC);
	while (lock >= 0 && flock(lock, LOCK_EX) < 0 && errno == EINTR && !stopped)
		;
}

static void sayEnd(int how)
{
	if (!WIFSIGNALED(how) || stopped)
		return;
	if (WTERMSIG(how) == SIGALRM && shared->idle)
		fprintf(stderr, "agent: nothing was asked for two minutes, and others wait for their turn\n");
	else if (WTERMSIG(how) == SIGALRM)
		fprintf(stderr, "agent: program %s, step %d (%s): does not end within %d s\n", shared->program, shared->step, opName(shared->op), 2 * stepSeconds);
	else
		fprintf(stderr, "agent: the controller was ended by signal %d\n", WTERMSIG(how));
}

/* Its exit status, or 1. */
static int watchOver(pid_t child)
{
	for (;;) {
		struct timespec moment = { .tv_nsec = 20000000 };
		int how;
		if (stopped)
			kill(child, SIGKILL);
		if (waitpid(child, &how, stopped ? 0 : WNOHANG) == child) {
			sayEnd(how);
			return WIFEXITED(how) ? WEXITSTATUS(how) : 1;
		}
		nanosleep(&moment, NULL);
	}
}

int main(int nrWords, char **words)
{
	if (nrWords == 4 && !strcmp(words[1], "--target"))
		return execedTarget(atoi(words[2]), atoi(words[3]));
	if (nrWords == 3 && !strcmp(words[1], "--seconds") && atoi(words[2]) > 0)
		stepSeconds = atoi(words[2]);
	int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction stop = { .sa_handler = onStop };
	for (int i = 0; i < 3; i++)
		sigaction(signals[i], &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
	sharedFd = memfd_create("agent", 0);
	if (sharedFd < 0 || ftruncate(sharedFd, sizeof *shared) < 0)
		die("memfd_create");
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, sharedFd, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	shared->supervisor = getpid();
	/* Orphaned targets come here, so that none is left when this ends. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	waitForTurn();
	if (!stopped)
		changeSettings();
	int status = 1;
	pid_t child = stopped ? -1 : fork();
	if (child == 0) {
		for (int i = 0; i < 3; i++)
			signal(signals[i], SIG_DFL);
		controller();
	}
	if (child > 0)
		status = watchOver(child);
	/* The controller's end ends them. */
	while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR)
		;
	restoreSettings();
	if (stopped) {
		signal(stopped, SIG_DFL);
		raise(stopped);
	}
	return status;
}
