/** `cowlab campaign check`: every order of races, by any number of workers. */
import { type RaceMemory, RACE_MEMORIES } from '@cowlab/checker';
import { galleryNames } from '@cowlab/experiments/node';
import type { Command } from 'commander';
import { type Ends, type Io, UsageError } from '../../terminal/io.ts';
import { begin, BEGIN_HELP, type BeginFlags, beginOptions } from './begin-campaign.ts';
import { listed, whole } from './engine-flags.ts';

interface CheckFlags extends BeginFlags {
  readonly policies?: string;
  readonly memory?: string;
  readonly gallery?: boolean;
  readonly reduce?: boolean;
  readonly maxStates?: string;
  readonly pieces?: string;
}

export function addCampaignCheck(campaign: Command, io: Io, ends: Ends): void {
  beginOptions(campaign.command('check'))
    .summary('every order of races')
    .description('Races under lanes and memory models, each of them a unit: the verdicts are those of cowlab check.')
    .argument('[races...]', '.race files, or names of the gallery')
    .option('--gallery', 'all races of the gallery')
    .option('--policies <lanes>', 'the lanes (default: those each race speaks of)')
    .option('--memory <models>', `${RACE_MEMORIES.join(', ')} (default: those each race speaks of)`)
    .option('--no-reduce', 'follow all actors, also where one of them loses nothing')
    .option('--pieces <n>', 'search each race in n x n cells, by many workers', '1')
    .option('--max-states <n>', 'of one search', '20000000')
    .addHelpText('after', `
With --pieces one large race is cut by how far two of its actors have come:
a state is in one cell, so what the cells count adds up to what one machine
counts. Of sc and tso, without --reduce; a broken race is asked once more
as a whole, for the way to it.

${BEGIN_HELP}

Exit code 1 when a race is not what its file says.

Example:
  $ cowlab campaign check pin-against-fork --policies linux-5.9,linux-6.18`)
    .action(async (races: readonly string[], flags: CheckFlags) => {
      const names = flags.gallery === true ? galleryNames() : races;
      if (flags.gallery === true && races.length > 0)
        throw new UsageError(`--gallery takes all of them; leave out ${races[0]}`);
      if (names.length === 0) throw new UsageError('no race is given; name one, or say --gallery');
      const memory = flags.memory === undefined ? null : listed(flags.memory).map(memoryOf);
      ends(
        await begin({ kind: 'check', races: names, lanes: flags.policies ?? null, memory,
          reduce: flags.reduce !== false, maxStates: whole('--max-states', flags.maxStates, 1) ?? 1,
          pieces: whole('--pieces', flags.pieces, 1, 64) ?? 1 },
          `check: ${flags.gallery === true ? 'the gallery' : names.join(' ')}`, flags, io),
      );
    });
}

function memoryOf(text: string): RaceMemory {
  const found = RACE_MEMORIES.find((memory) => memory === text);
  if (found === undefined) throw new UsageError(`--memory ${text} is not known; use ${RACE_MEMORIES.join(', ')}`);
  return found;
}
