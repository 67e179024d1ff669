/** Loads and stores. */
import { PAGE, STORE, word } from './word.ts';

/** By the CPU. */
export const ACCESS = {
  write: word(STORE, { effect: 'touches' },
    (on, { p, r, page, value }) => on.execute({ type: 'Store', task: p, vpn: on.vpn(r, page), nr: 1, value })),
  read: word(PAGE, { effect: 'touches', gives: 'byte' },
    (on, { p, r, page }) => on.execute({ type: 'Load', task: p, vpn: on.vpn(r, page), nr: 1 })),
};

/** By process_vm_readv / writev of another process: a transient FOLL_PIN. */
export const REMOTE = {
  pvread: word(PAGE, { effect: 'touches', gives: 'byte', needs: 'remote' },
    (on, { p, r, page }) => on.execute({ type: 'RemoteLoad', task: p, vpn: on.vpn(r, page) })),
  pvwrite: word(STORE, { effect: 'touches', needs: 'remote' },
    (on, { p, r, page, value }) => on.execute({ type: 'RemoteStore', task: p, vpn: on.vpn(r, page), value })),
};
