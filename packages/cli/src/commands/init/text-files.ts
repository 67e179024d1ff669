/** Scenarios and races: text that the command itself holds to what it expects. */
import type { Files, Wanted } from './wanted.ts';

export function scenarioFiles({ name }: Wanted): Files {
  return { [`${name}.cow`]: SCENARIO,
    'README.md': readme(name, 'cow', 'scenario', `compare ${name}.cow --policies linux-5.7,linux-6.1`) };
}

export function raceFiles({ name }: Wanted): Files {
  return { [`${name}.race`]: RACE,
    'README.md': readme(name, 'race', 'race', `check ${name}.race --policies linux-5.9`) };
}

const SCENARIO = `question Does a child that lived for a moment cost the parent its pinned page?
# Steps: process, region, pages. Process 0 maps region 0, four private anonymous pages.
mmap 0 0 anon 4
write 0 0 0 1
# Slot 0: a device pins page 0.
pin 0 0 0 0 1
fork 0 1
exit 1
write 0 0 0 2
devwrite 0 0 3
# What each kernel makes of it; cowlab explain coherent.
expect linux-5.7 pin 0 coherent
expect linux-5.9-rc5 pin 0 diverged 0
expect linux-5.9 pin 0 coherent
expect linux-5.9 copied 1
`;

const RACE = `title A pin that comes while fork() runs
question Can a fast GUP pin a page that fork() then shares all the same?

# What happened before.
mmap 0 0 anon 1
write 0 0 0 1

# What happens at the same time.
actor A
  fork 0 1
actor B
  gupfast 0 0 0 0 1

# What is claimed; npm test fails when it is not so.
check linux-5.9 sc broken
check linux-5.11 sc,tso safe
`;

const readme = (name: string, ending: string, kind: string, command: string): string =>
  `# ${name}

A ${kind} for [cowlab](https://www.npmjs.com/package/cowlab). \`npm test\` asks whether what \`${name}.${ending}\` expects
still holds; \`npx cowlab ${command}\` asks other kernels.
`;
