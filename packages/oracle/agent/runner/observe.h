/* SPDX-License-Identifier: MIT */
/* What is seen from outside, written as JSON. */
#ifndef OBSERVE_H
#define OBSERVE_H

void openFrames(void);
void clearLine(void);
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
void sayState(void);
void sayFinalLoads(void);
void tellLine(void);

#endif
