/* SPDX-License-Identifier: MIT */
/* Steps of a program, and the tasks that take them. */
#ifndef STEPS_H
#define STEPS_H
#include "program.h"

extern struct task { int pid, pagemap; } tasks[NR_TASKS]; /* pid 0: does not run; pagemap -1: cannot be read */
extern const char *failure; /* why the program cannot go on */

struct outcome { long ret; int err; };

void prepareTasks(void);
void endTasks(void);
/* 0, or -1 when the target does not answer. */
int ask(int p);
struct outcome takeStep(const struct step *step);

#endif
