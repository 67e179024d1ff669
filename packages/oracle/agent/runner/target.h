/* SPDX-License-Identifier: MIT */
/* The processes of a program. */
#ifndef TARGET_H
#define TARGET_H

/* A child of the controller, whoever asks for it: it is the one that waits. */
long forkTarget(int child, unsigned long flags);
/* What a target is after execve(). */
int execedTarget(int fd, int p);

#endif
