/* SPDX-License-Identifier: MIT */
/* Runs one program after the other. */
#ifndef CONTROLLER_H
#define CONTROLLER_H

__attribute__((noreturn)) void controller(void);

#endif
