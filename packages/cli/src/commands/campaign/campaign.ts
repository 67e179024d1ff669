/** `cowlab campaign`: work that outgrows one evening, in units that any number of workers carry. */
import type { Command } from 'commander';
import type { Ends, Io } from '../../terminal/io.ts';
import { addCampaignCheck } from './campaign-check.ts';
import { addCampaignConform } from './campaign-conform.ts';
import { addCampaignFuzz } from './campaign-fuzz.ts';
import { addLooks } from './campaign-looks.ts';
import { addSteering } from './campaign-steering.ts';
import { addCampaignSweep } from './campaign-sweep.ts';
import { ENGINE_HELP } from './engine-flags.ts';

export function addCampaign(program: Command, io: Io, ends: Ends): void {
  const campaign = program.command('campaign')
    .summary('work in units that many workers carry')
    .description(
      'Fuzzing, sweeps, races and comparisons, cut into units of some seconds; any number of workers carry them.',
    )
    .addHelpText('after', `
${ENGINE_HELP}

A campaign goes on where it stood, whatever dies: a worker, the server,
the machine. Units of another build of cowlab are left to workers of that
build.

Example:
  $ cowlab campaign fuzz --lanes linux-6.18 --programs 5000
  $ cowlab campaign status
  $ cowlab campaign fuzz --programs 100000 --engine postgres://lab/cowlab
  $ cowlab worker --engine postgres://lab/cowlab`);
  for (const add of [addCampaignFuzz, addCampaignSweep, addCampaignCheck, addCampaignConform, addLooks, addSteering])
    add(campaign, io, ends);
}
