/* SPDX-License-Identifier: MIT */
/* userfaultfds of the processes of a program. */
#ifndef UFFD_H
#define UFFD_H
#include "program.h"

/* Of the process that calls it; -1: errno says why. */
int openUffd(enum heirs heirs);
/* A step with one. */
long uffdStep(const struct step *step, int fd);

/* Someone who takes the fork event of fd, for which fork() waits. 0: nobody, -1: there is none to be had. */
int beginFork(int fd);
/* The userfaultfd of the child, or -1. */
int endFork(int reader);

#endif
