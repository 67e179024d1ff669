/** Loads and stores. */
import type { Result } from '@cowlab/core';
import { PAGE, STORE, word } from './word.ts';

/** By the CPU. */
export const ACCESS = {
  write: word(STORE, { says: 'a store of one byte by the CPU', effect: 'touches' },
    (on, { p, r, page, value }) => on.execute({ type: 'Store', task: p, vpn: on.vpn(r, page), nr: 1, value })),
  read: word(PAGE, { says: 'a load of one byte by the CPU', effect: 'touches', gives: 'byte' },
    (on, { p, r, page }) => on.execute({ type: 'Load', task: p, vpn: on.vpn(r, page), nr: 1 })),
};

/** By /proc/PID/mem, as a debugger does: whatever the protection of a private mapping says (FOLL_FORCE). */
export const FORCED = {
  memread: word(PAGE, { says: 'a load through /proc/PID/mem, whatever the protection (FOLL_FORCE)', effect: 'touches',
    gives: 'byte', needs: 'force' },
    (on, { p, r, page }) => forced(on.execute({ type: 'RemoteLoad', task: p, vpn: on.vpn(r, page), force: true }))),
  memwrite: word(STORE, { says: 'a store through /proc/PID/mem, as by ptrace(), whatever the protection of private '
    + 'memory (FOLL_FORCE)', effect: 'touches', needs: 'force' },
    (on, { p, r, page, value }) =>
      forced(on.execute({ type: 'RemoteStore', task: p, vpn: on.vpn(r, page), value, force: true }))),
};

/** @kernel fs/proc/base.c mem_rw() */
const forced = (result: Result): Result => (result.ok ? result : { ...result, errno: 'EIO' });

/** By process_vm_readv / writev of another process: a transient FOLL_PIN. */
export const REMOTE = {
  pvread: word(PAGE, { says: 'process_vm_readv() by another process', effect: 'touches', gives: 'byte',
    needs: 'remote' }, (on, { p, r, page }) => on.execute({ type: 'RemoteLoad', task: p, vpn: on.vpn(r, page) })),
  pvwrite: word(STORE, { says: 'process_vm_writev() by another process', effect: 'touches', needs: 'remote' },
    (on, { p, r, page, value }) => on.execute({ type: 'RemoteStore', task: p, vpn: on.vpn(r, page), value })),
};
