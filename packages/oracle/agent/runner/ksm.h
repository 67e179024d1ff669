/* SPDX-License-Identifier: MIT */
/* ksmd, pass by pass. */
#ifndef KSM_H
#define KSM_H

/* Nobody else lets it run, and its settings are as they are wanted. */
int ksmIsOurs(void);
/* Some full passes. */
void ksmPasses(void);
/* Everything that it knows of memory is dropped, if it has run since. */
void ksmForget(void);

#endif
