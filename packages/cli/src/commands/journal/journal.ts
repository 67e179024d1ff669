/** `cowlab journal`: what is kept in a journal, looked at, checked, taken out and thrown away. */
import type { Command } from 'commander';
import { JOURNAL_HELP } from '../../journal/open-journal.ts';
import type { Ends, Io } from '../../terminal/io.ts';
import { addExport } from './journal-export.ts';
import { addLs } from './journal-ls.ts';
import { addPrune } from './journal-prune.ts';
import { addShow } from './journal-show.ts';
import { addVerify } from './journal-verify.ts';

export function addJournal(program: Command, io: Io, ends: Ends): void {
  const journal = program.command('journal')
    .summary('what runs have left in a journal')
    .description('Look at what commands with --journal have kept, also while they run.')
    .addHelpText('after', `
${JOURNAL_HELP}

Example:
  $ cowlab run examples/rdma.cow --policy linux-5.9 --journal runs
  $ cowlab journal ls runs`);
  for (const add of [addLs, addShow, addVerify, addExport, addPrune]) add(journal, io, ends);
}
