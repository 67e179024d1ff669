/** Who wants to know which pages are stored to. */
import type { Heirs, Watches } from '../operand.ts';
import { RANGE, shape, STORE, word } from './word.ts';

export const WATCHING = {
  clearrefs: word(shape<[p: number]>()('p'), {
    says: 'somebody writes 4 to /proc/P/clear_refs: no page of P is soft-dirty, and the next store to each shows',
    effect: 'touches',
    needs: 'soft-dirty',
  }, (on, { p }) => on.execute({ type: 'ClearRefs', task: p })),
  uffdopen: word(shape<[p: number, heirs: Heirs]>()('p', 'heirs'), {
    says: 'P opens its userfaultfd, with UFFD_FEATURE_SIGBUS: who would wait for a handler gets SIGBUS',
    effect: 'touches',
    needs: 'uffd',
  }, (on, { p, heirs }) => on.execute({ type: 'UffdOpen', task: p, forks: heirs === 'forks' })),
  uffd: word(
    shape<[p: number, r: number, start: number, nr: number, watches: Watches]>()('p', 'r', 'start', 'nr', 'watches'),
    { says: 'the userfaultfd of P watches N pages from page A on', effect: 'touches', needs: 'uffd' },
    (on, step) =>
      on.execute({ type: 'UffdRegister', ...on.range(step), missing: step.watches !== 'stores',
        protects: step.watches !== 'missing' }),
  ),
  uffdprotect: word(RANGE, { says: 'no stores to N pages from page A on, those that are there', effect: 'touches',
    needs: 'uffd' }, (on, step) => on.execute({ type: 'UffdProtect', ...on.range(step), on: true })),
  uffdunprotect: word(RANGE, { says: 'the end of uffdprotect', effect: 'touches', needs: 'uffd' },
    (on, step) => on.execute({ type: 'UffdProtect', ...on.range(step), on: false })),
  uffdcopy: word(STORE, { says: 'a page that is not there is filled with V (UFFDIO_COPY)', effect: 'touches',
    needs: 'uffd' },
    (on, { p, r, page, value }) => on.execute({ type: 'UffdCopy', task: p, vpn: on.vpn(r, page), value })),
  uffdend: word(RANGE, { says: 'the userfaultfd watches N pages from page A on no longer', effect: 'touches',
    needs: 'uffd' }, (on, step) => on.execute({ type: 'UffdUnregister', ...on.range(step) })),
};
