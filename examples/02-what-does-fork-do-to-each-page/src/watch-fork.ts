/**
 * Two pages, one of them registered with a device: every step of fork() as it happens, then the facts, then the harm.
 */
import { compose, resolveLanes } from '@cowlab/composition';
import { eventText, runScenario, taskMms } from '@cowlab/trial';
import { openCatalogue } from '@cowlab/composition/node';
import { scenario } from '@cowlab/scenario';
import { findings, inMm, ofType } from '@cowlab/runtime';

const [PARENT, CHILD, BUFFER] = [0, 1, 0];
const before = scenario('What does fork() do to each page?')
  .mmap(PARENT, BUFFER, 'anon', 2)
  .write(PARENT, BUFFER, 0, 1)
  .write(PARENT, BUFFER, 1, 1)
  .pin(PARENT, 0, BUFFER, 1, 1)
  .build();

export async function watchFork(lane: string, print: (line: string) => void): Promise<void> {
  const [lab] = compose(await resolveLanes(lane, await openCatalogue({ cwd: process.cwd() })));
  const { driver } = runScenario(before, lab);
  const parentMm = taskMms(lab.log).get(PARENT) as number;

  // Tracepoints: in the middle of a command, one call per atomic step and one per change of the world.
  lab.tracepoints.on('step', (path, step) => print(`${path}: ${step}`));
  lab.tracepoints.on('fact', (event) => print(`    ${eventText(event)}`));
  // Streams: after the command. Neighbouring pages that met the same fate are one event.
  lab.events$.pipe(inMm(parentMm), ofType('PtesShared', 'PagesCopied', 'CowBroken', 'CowReused')).subscribe(
    ({ command, event }) => {
      print(`=> ${command.type}: ${eventText(event)}`);
    },
  );
  lab.commits$.pipe(findings(lab)).subscribe(({ hazard, text }) => print(`!! ${hazard}: ${text}`));

  lab.execute({ type: 'Fork', task: PARENT, child: CHILD });
  lab.tracepoints.removeAllListeners();
  lab.execute({ type: 'Store', task: PARENT, vpn: driver.regionStart(BUFFER), nr: 2, value: 2 });
  lab.close();
}
