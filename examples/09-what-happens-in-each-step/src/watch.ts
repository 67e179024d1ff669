import { catalogueOf, compose, findings, parseScenario, resolveLanes, runScenario } from 'cowlab/lab';

const PROGRAM = `question What does each step cost?
mmap 0 0 anon 32
mlock 0 0 0 32
munlock 0 0 0 32
pin 0 0 0 0 8
fork 0 1
write 0 0 0 2
write 0 0 9 2
write 1 0 10 3
write 1 0 9 3
exit 1
write 0 0 11 4`;

/** A line for each command when it has been carried out, with a mark for each page copied until then, and hazards. */
export async function watch(lanes: string, say: (line: string) => void): Promise<void> {
  for (const lab of compose(await resolveLanes(lanes, await catalogueOf()))) {
    say(lab.name);
    const step = { copied: 0, hazards: [] as string[] };
    // Subscribers hear of a command in the order in which they subscribed: the one that speaks comes last.
    lab.commits$.pipe(findings(lab)).subscribe(({ hazard }) => step.hazards.push(hazard));
    lab.commits$.subscribe(({ events }) => {
      for (const event of events)
        if (event.type === 'PagesCopied' || event.type === 'CowBroken') step.copied += event.nr;
    });
    lab.commits$.subscribe(({ command }) => {
      say(
        `  ${command.type.padEnd(8)} ${'#'.repeat(step.copied).padEnd(16)} ${step.hazards.splice(0).join(' ')}`
          .trimEnd(),
      );
    });
    runScenario(parseScenario(PROGRAM, 'program'), lab);
    lab.close();
  }
}
