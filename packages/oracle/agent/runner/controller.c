// SPDX-License-Identifier: MIT
/* A program after the other: its processes, its steps, and what was seen after each. */
#include "shared.h"
#include "can.h"
#include "controller.h"
#include "device.h"
#include "machine-settings.h"
#include "observe.h"
#include "steps.h"
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* ksmd goes through the memory of others, too: that of guests, if they let it. */
enum { IDLE_SECONDS = 120, KSMD_PATIENCE = 20 };

static void resizePool(int nr)
{
	static int now = POOL;
	char text[16];
	if (nr == now || !isSet(SET_POOL))
		return;
	snprintf(text, sizeof text, "%d", nr);
	if (setTo(NR_HUGEPAGES, text) < 0 || setting(NR_HUGEPAGES, text, sizeof text) < 0 || atoi(text) != nr)
		failure = "the hugetlb pool cannot be resized";
	now = nr;
}

static void began(int step, enum op op)
{
	shared->step = step;
	shared->op = op;
	/* Whoever waits for a target gives up earlier, and says so. */
	alarm((op == OP_KSMD ? KSMD_PATIENCE : 1) * 2 * (unsigned)stepSeconds);
}

/* Others wait for their turn: whoever asks nothing for so long, or does not listen, has lost it. */
static void limitIdleness(void)
{
	shared->idle = 1;
	alarm(IDLE_SECONDS);
}

static void runProgram(void)
{
	failure = NULL;
	clearLine();
	memcpy(shared->program, program.id, sizeof program.id);
	shared->idle = 0;
	began(-1, OP_NONE);
	resizePool(program.pool);
	if (!failure)
		failure = useFolios(program.thp, program.folios);
	prepareTasks();
	say("{\"prog\":\"%s\",\"obs\":[", program.id);
	for (int i = 0; i < program.nrSteps && !failure; i++) {
		const struct step *step = &program.steps[i];
		began(i, step->op);
		drainBatches();
		struct outcome outcome = takeStep(step);
		if (failure)
			break;
		say("{\"i\":%d,\"ret\":%ld,", i, outcome.err ? -1 : outcome.ret);
		if (outcome.err)
			say("\"err\":\"%s\",", errName(outcome.err));
		sayState();
		say("},");
	}
	if (!failure) {
		began(program.nrSteps, OP_LOADS);
		drainBatches();
		say("{\"i\":-1,");
		sayFinalLoads();
		sayState();
		say("}]}\n");
	}
	const char *why = failure;
	endTasks();
	if (why || failure) {
		clearLine();
		say("{\"prog\":\"%s\",\"failure\":\"%s\",\"step\":%d}\n", program.id, why ? why : failure, shared->step);
	}
	limitIdleness();
	tellLine();
}

/* The supervisor was killed, so nobody else puts the settings back. The targets end with the controller. */
static void onOrphaned(int signal)
{
	(void)signal;
	restoreSettings();
	_exit(1);
}

/* One CPU: handing over is cheap and there is one set of batches. */
static void useOneCpu(void)
{
	cpu_set_t allowed, one;
	CPU_ZERO(&one);
	sched_getaffinity(0, sizeof allowed, &allowed);
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0 && !CPU_COUNT(&one); cpu--)
		if (CPU_ISSET(cpu, &allowed))
			CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof one, &one);
}

/* Slots are pipes, and there may be many. */
static void raiseFileLimit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

void controller(void)
{
	struct sigaction orphaned = { .sa_handler = onOrphaned };
	pid_t supervisor = shared->supervisor;
	sigaction(SIGTERM, &orphaned, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != supervisor)
		onOrphaned(SIGTERM);
	shared->controller = getpid();
	raiseFileLimit();
	useOneCpu();
	makeScratch();
	openFrames();
	probe();
	sayCan(stdout);
	limitIdleness();
	while (readProgram(stdin))
		runProgram();
	_exit(0);
}
