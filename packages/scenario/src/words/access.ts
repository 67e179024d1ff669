/** Loads and stores. */
import { PAGE, STORE, word } from './word.ts';

/** By the CPU. */
export const ACCESS = {
  write: word(STORE, { says: 'a store of one byte by the CPU', effect: 'touches' },
    (on, { p, r, page, value }) => on.execute({ type: 'Store', task: p, vpn: on.vpn(r, page), nr: 1, value })),
  read: word(PAGE, { says: 'a load of one byte by the CPU', effect: 'touches', gives: 'byte' },
    (on, { p, r, page }) => on.execute({ type: 'Load', task: p, vpn: on.vpn(r, page), nr: 1 })),
};

/** By process_vm_readv / writev of another process: a transient FOLL_PIN. */
export const REMOTE = {
  pvread: word(PAGE, { says: 'process_vm_readv() by another process', effect: 'touches', gives: 'byte',
    needs: 'remote' }, (on, { p, r, page }) => on.execute({ type: 'RemoteLoad', task: p, vpn: on.vpn(r, page) })),
  pvwrite: word(STORE, { says: 'process_vm_writev() by another process', effect: 'touches', needs: 'remote' },
    (on, { p, r, page, value }) => on.execute({ type: 'RemoteStore', task: p, vpn: on.vpn(r, page), value })),
};
