/** What people hand to the studio, read here and shown there. Code of others runs here: the page runs none. */
import { closeSync, openSync, readSync } from 'node:fs';
import { catalogueOf, chooseLanes, compose, isPath, type Lane, parseLanes, stackKey } from '@cowlab/composition';
import { findInput, inputPath, lookAt, readLines, readScenario, readText } from '@cowlab/composition/node';
import { chooseRaceLanes, replayRace } from '@cowlab/experiments/check';
import { galleryNames, readRace, readRecording } from '@cowlab/experiments/node';
import { formatRace } from '@cowlab/checker';
import { formatLog, readLog } from '@cowlab/runtime';
import type { Scenario } from '@cowlab/scenario';
import type { StudioDocument } from '@cowlab/studio/server';
import { runScenario } from '@cowlab/trial';
import { type Io, UsageError } from '../../terminal/io.ts';
import { openHere } from '../../terminal/open-here.ts';
import { recordingDocument } from './studio-recording.ts';
import type { StudioFlags } from './studio-flags.ts';

/** What fits beside each other. */
const LANES_MAX = 4;

export async function studioDocument(what: readonly string[], flags: StudioFlags, io: Io): Promise<StudioDocument> {
  const [first, ...more] = what;
  const path = inputPath(first, io.cwd);
  if (lookAt(path) === 'file' && isLog(path)) return logDocument(what, io);
  if (more.length > 0)
    throw new UsageError(`${more[0]} is one too many; several logs can be shown together, no others`);
  if (first.endsWith('.race') || (lookAt(path) !== 'file' && galleryNames().includes(first)))
    return raceDocument(first, flags, io);
  if (flags.replay !== undefined) throw new UsageError('--replay is for races; leave it out');
  const input = findInput(first, io.cwd);
  return input.kind === 'scenario'
    ? scenarioDocument(input.path, first, flags, io)
    : recordingDocument(input.files, readRecording(input.files), flags, io);
}

const LOG_BEGINS = '{"cowlab":"log"';

function isLog(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(LOG_BEGINS.length);
    readSync(file, bytes);
    return bytes.toString('latin1') === LOG_BEGINS;
  } finally {
    closeSync(file);
  }
}

function logDocument(what: readonly string[], io: Io): StudioDocument {
  if (what.length > LANES_MAX) throw new UsageError(`${what.length} logs are too many; give up to ${LANES_MAX}`);
  const logs = what.map((name) => {
    const text = [...readLines(inputPath(name, io.cwd), name)].join('');
    // Whatever is wrong with it is said here, in one line.
    return { name: readLog(text, name).name, text };
  });
  return { kind: 'log', logs: logs.map((log, i) => ({ ...log, name: nameIn(logs, i, what[i]) })) };
}

/** Two lanes may have one name; then their files tell them apart. */
const nameIn = (logs: readonly { readonly name: string }[], at: number, file: string): string =>
  logs.filter(({ name }) => name === logs[at].name).length > 1 ? `${logs[at].name} ${file}` : logs[at].name;

async function raceDocument(name: string, { policies, replay }: StudioFlags, io: Io): Promise<StudioDocument> {
  const race = readRace(name, io.cwd);
  const lanes = await chooseRaceLanes(policies, race, await openHere(io));
  withoutFiles(policies, 'a race is asked again in the page, which runs no code of files');
  if (replay !== undefined) replayRace(race, lanes[0], 'sc', replay);
  return { kind: 'race', name: race.name, text: formatRace(race), lanes: policies ?? null, schedule: replay ?? null };
}

function withoutFiles(policies: string | undefined, why: string): void {
  const path = parseLanes(policies ?? 'linux-5.9').flatMap(({ parts }) => parts).find(({ name }) => isPath(name));
  if (path !== undefined) throw new UsageError(`${path.name}: ${why}; name a policy or a kernel`);
}

async function scenarioDocument(
  path: string,
  name: string,
  { policies }: StudioFlags,
  io: Io,
): Promise<StudioDocument> {
  const scenario = readScenario(path, name);
  const workplace = await openHere(io);
  const lanes = await chooseLanes(policies, scenario, workplace);
  if (lanes.length > LANES_MAX && policies !== undefined)
    throw new UsageError(`${lanes.length} lanes are too many for a screen; give up to ${LANES_MAX}`);
  if (await isSameInPage(lanes, policies, scenario))
    return { kind: 'scenario', name, text: readText(path, name), lanes: policies ?? null };
  const labs = compose(lanes.slice(0, LANES_MAX));
  return { kind: 'log', logs: labs.map((lab) => {
    runScenario(scenario, lab);
    return { name: lab.name, text: formatLog(lab) };
  }) };
}

/** The page knows the policies and profiles that come with the laboratory, and nothing of this folder. */
async function isSameInPage(
  lanes: readonly Lane[],
  policies: string | undefined,
  scenario: Scenario,
): Promise<boolean> {
  try {
    const there = await chooseLanes(policies, scenario, { catalogue: await catalogueOf(), policies: null,
      configFile: null });
    return there.map(stackKey).join() === lanes.map(stackKey).join()
      && there.every(({ stack }, i) => stack.every(({ plugin }, at) => plugin === lanes[i].stack[at].plugin));
  } catch {
    return false;
  }
}
