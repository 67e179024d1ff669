/** Below the options of `cowlab check --help`. */
import { SPECS, STRENGTHENINGS } from '@cowlab/checker';
import { LANES_HELP } from '../../terminal/lanes-help.ts';
import { JOURNAL_HELP } from '../../journal/open-journal.ts';
import { paragraph } from '@cowlab/prose';

const WIDTH = Math.max(...Object.keys(SPECS).map((name) => name.length)) + 4;

export const CHECK_HELP = `${LANES_HELP}

A .race file is a scenario whose last part happens at the same time:
  title Does my order keep the pin?
  mmap 0 0 anon 1
  write 0 0 0 1
  actor A
    fork 0 1
  actor B
    gupfast 0 0 0 0 1
  check linux-5.9 sc,tso broken
An actor has the steps of scenarios, gupfast P SLOT R A N (a pin that gives
up where the fast path ends), ksm P R PAGE, clearrefs P (soft-dirty) and
touch P R PAGE (a store to another byte); "actor B tlb" keeps stale TLB
entries. A huge page has four pages here. "weaken wrprotect" or
"weaken lock" takes a barrier away, "strengthen NAME..." puts some in, and
on ARMv8 "atomics llsc" has pairs for atomics; "spec NAME..." says what
must hold:
${Object.entries(SPECS).flatMap(([name, what]) => paragraph(what, `  ${name}`.padEnd(WIDTH), WIDTH)).join('\n')}

With --journal each verdict is kept when it is known; a check that was cut
goes on with those it has.

${JOURNAL_HELP}

--mend tries barriers, those of "strengthen" and those that the file takes
away: all sets of them, smallest first. It says which least sets make the
race safe, or that none does; exit code 1 where none does, or where a
search was cut short. sc has nothing that a barrier could order:
${
  Object.entries(STRENGTHENINGS).flatMap(([name, { what }]) => paragraph(what, `  ${name}`.padEnd(WIDTH), WIDTH)).join(
    '\n',
  )
}

--threads N searches with N threads over one memory, under sc and tso: the
verdict, the counts and the order that is drawn are those of one thread.
Small searches are made by one anyway. With --max-bytes states are kept in
at most 16 bytes each and 9 for the way to them, none mistaken for another;
where they hold so many bytes the search ends as "bounded".

A verdict is safe only when every order was looked at; "bounded" means that
nothing was found in a part, which is no pass.

Exit code 1 when something is broken, or is not as the file says; where the
file says broken and it is, 0.

Example:
  $ cowlab check merged-5.9 --memory sc
  $ cowlab check seqcount-no-barrier --mend
  $ cowlab check seqcount-3-pages-2-gups --threads 2`;
