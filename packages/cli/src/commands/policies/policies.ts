/** `cowlab policies`: what a lane can be made of. */
import { HAZARDS, type PolicyPlugin } from '@cowlab/plugin-api';
import { FACTS, factsThatBegin, factsThatEnd, type Profile, type Profiles } from '@cowlab/composition';
import type { Command } from 'commander';
import { type Ends, EXIT, type Io } from '../../terminal/io.ts';
import { openHere } from '../../terminal/open-here.ts';
import { paragraph } from '@cowlab/prose';

export function addPolicies(program: Command, io: Io, ends: Ends): void {
  program.command('policies')
    .summary('what lanes are made of')
    .description('List the policies and profiles that lanes are made of.')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
Those of a cowlab.config.json (.yaml, .toml) in this folder, of --config
and of --plugin are listed too.

Example:
  $ cowlab policies`)
    .action(async ({ json }: { json?: boolean }) => {
      const { catalogue } = await openHere(io);
      const policies = [...catalogue.shelf.plugins.values()];
      const lines = json === true
        ? [JSON.stringify(dataOf(policies, catalogue.profiles), null, 2)]
        : textOf(policies, catalogue.profiles);
      io.stdout.write(`${lines.join('\n')}\n`);
      ends(EXIT.holds);
    });
}

function dataOf(policies: readonly PolicyPlugin[], profiles: Profiles): object {
  return {
    kind: 'policies',
    policies: policies.map(({ id, summary, kernel, over, hazards, defaults }) => ({ id, summary, kernel: kernel ?? null,
      over: overOf(id, over), hazards: hazards ?? [], options: defaults })
    ),
    profiles: Object.entries(profiles).map(([name, stack]) => ({ name, stack,
      begins: factsThatBegin(name).map(({ id }) => id) })
    ),
    facts: FACTS,
    hazards: HAZARDS,
  };
}

function textOf(policies: readonly PolicyPlugin[], profiles: Profiles): string[] {
  return [
    'Policies (a lane asks for one by its id)',
    ...policies.flatMap((policy) => ['', ...policyText(policy)]),
    '',
    'Profiles (a kernel is a stack of policies, bottom first)',
    '',
    ...Object.entries(profiles).flatMap(([name, stack], at, all) => profileText(name, stack, all[at - 1]?.[1] ?? null)),
    '',
    'Hazards',
    '',
    ...Object.entries(HAZARDS).map(([id, text]) => `${id}  ${text}`),
  ];
}

/** The stack, if it is not that of the profile before; and the dated facts that came, or went, with this kernel. */
function profileText(name: string, stack: Profile, before: Profile | null): string[] {
  const alike = before !== null && JSON.stringify(before) === JSON.stringify(stack);
  return [
    ...(alike
      ? [`${name.padEnd(17)}as the one before`]
      : paragraph(stack.map(({ policy, options }) => policy + optionText(options)).join(', '), name.padEnd(17))),
    ...factsThatBegin(name).flatMap(({ text, commit }) =>
      paragraph(`${text} ${commit.id ?? ''}`.trim(), '                 + ', 19)
    ),
    ...factsThatEnd(name).flatMap(({ text, until }) =>
      paragraph(`no more: ${text} ${until?.commit.id ?? ''}`.trim(), '                 - ', 19)
    ),
  ];
}

function policyText({ id, summary, kernel, over, hazards, defaults }: PolicyPlugin): string[] {
  const below = overOf(id, over);
  return [
    id,
    ...paragraph(summary, '    '),
    ...(kernel === undefined ? [] : paragraph(kernel, '    kernel   ')),
    ...(below === null ? [] : [`    over     ${below}`]),
    ...paragraph(hazards === undefined || hazards.length === 0 ? 'none known' : hazards.join(' '), '    hazards  '),
    ...paragraph(Object.entries(defaults).map(([key, value]) => `${key}=${value}`).join('  ') || 'none',
      '    options  '),
  ];
}

function overOf(id: string, over: string | undefined): string | null {
  return over ?? (id === 'naive-cow' ? null : 'naive-cow');
}

function optionText(options: Readonly<Record<string, unknown>>): string {
  return Object.entries(options).map(([key, value]) => `:${key}=${String(value)}`).join('');
}
