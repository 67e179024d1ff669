/** What a sweep asks, as a command line says it: here all at once, in a campaign by any number of workers. */
import { parseAxis } from '@cowlab/experiments/sweep';
import type { Command } from 'commander';
import { UsageError } from '../../terminal/io.ts';

export interface SweepQuestionFlags {
  readonly set: readonly string[];
  readonly zip?: boolean;
  readonly policies?: string;
  readonly measure?: string;
  readonly repeats?: string;
  readonly seed?: string;
}

const gathered = (value: string, before: readonly string[]): readonly string[] => [...before, value];

export const sweepQuestion = (command: Command): Command =>
  command
    .argument('<file>', 'a .cow text with ${name} in it, or a module that exports an experiment')
    .option('--set <values>', 'a parameter: pinned=1,64,256 or n=0..100:10 or n=1..4096*2', gathered, [])
    .option('--zip', 'take the values side by side instead of every combination')
    .option('--policies <lanes>', 'the lanes (default: those the file names)')
    .option('--measure <names>', 'what is measured, joined by commas')
    .option('--repeats <n>', 'runs of each point, each with other chance')
    .option('--seed <n>', 'where chance begins (the same seed, the same table)');

/** @throws UsageError when a parameter is given twice */
export function axesOf(set: readonly string[]): readonly ReturnType<typeof parseAxis>[] {
  const axes = set.map(parseAxis);
  const twice = axes.find(([name], at) => axes.findIndex(([other]) => other === name) < at);
  if (twice !== undefined) throw new UsageError(`--set ${twice[0]} is given twice; join its values by commas`);
  return axes;
}
