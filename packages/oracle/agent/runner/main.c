// SPDX-License-Identifier: MIT
/*
 * Runs programs of fork, COW and pin steps on the kernel it is started on, and says what can be seen from outside after
 * every step. Programs come on stdin in the recordings' language, a line a program goes to stdout. Page frames are told by
 * their numbers; who reads this turns them into classes.
 *
 * Three kinds of processes. The supervisor (main.c) changes the settings that the recordings presuppose, watches over
 * the controller and puts everything back, whatever became of it. The controller (controller.c) reads programs, holds
 * pins and pipes, and observes. The targets (target.c) are the processes of a program; all are children of the controller
 * and do in their own mm what it tells them through shared memory. They share its file table, so a ring or a pipe is the
 * same number everywhere and outlives the process whose pages it holds.
 *
 * What only root may do or see is done and seen if it can be; the first line says what could not.
 */
#include "shared.h"
#include "controller.h"
#include "machine-settings.h"
#include "target.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

static volatile sig_atomic_t stopped;

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
	int wantsSwap = 0;
	for (int i = 1; i < nrWords; i++) {
		if (!strcmp(words[i], "--swap"))
			wantsSwap = 1;
		else if (!strcmp(words[i], "--seconds") && i + 1 < nrWords && atoi(words[i + 1]) > 0)
			stepSeconds = atoi(words[++i]);
	}
	int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction stop = { .sa_handler = onStop };
	for (int i = 0; i < 3; i++)
		sigaction(signals[i], &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
	makeShared();
	shared->supervisor = getpid();
	/* Orphaned targets come here, so that none is left when this ends. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	waitForTurn();
	if (!stopped)
		changeSettings(wantsSwap);
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
