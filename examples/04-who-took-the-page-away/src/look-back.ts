/**
 * A device and its program have parted. The log of the run is saved, read again, replayed to the same world, and asked
 * who changed the page last; then the world is looked at before and after that command.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose, resolveLanes } from '@cowlab/composition';
import { eventText, reportWorld, runScenario } from '@cowlab/trial';
import { formatLog, type Lab, readLog, replay, type SavedLog } from '@cowlab/runtime';
import { openCatalogue } from '@cowlab/composition/node';
import { scenario } from '@cowlab/scenario';
import { pageHistory, TimeTravel, WorldView } from '@cowlab/runtime';

const [PARENT, CHILD, BUFFER, PIN] = [0, 1, 0, 0];
const program = scenario('Who took the page away from its device?')
  .mmap(PARENT, BUFFER, 'anon', 1)
  .write(PARENT, BUFFER, 0, 1)
  .pin(PARENT, PIN, BUFFER, 0, 1)
  .fork(PARENT, CHILD)
  .exit(CHILD)
  .write(PARENT, BUFFER, 0, 2)
  .devwrite(PIN, 0, 3)
  .build();

export async function lookBack(print: (line: string) => void): Promise<void> {
  const [lab] = compose(await resolveLanes('linux-5.9-rc5', await openCatalogue({ cwd: process.cwd() })));
  runScenario(program, lab);
  const saved = savedAndRead(lab);
  print(`saved    ${saved.log.length} commands, hash ${lab.hash}`);
  print(`replayed ${saved.log.length} commands, hash ${replay(saved).hash()}`);

  const [{ mm, vpn }] = reportWorld(lab.world, lab.log).pins;
  const history = pageHistory(saved.log, mm, vpn);
  print(`page 0x${vpn.toString(16)} of mm ${mm} was changed ${history.length} times:`);
  for (const { position, command, event } of history)
    print(`  ${position}  ${command.type.padEnd(6)} ${eventText(event)}`);

  const last = history[history.length - 1].position;
  const travel = new TimeTravel(saved);
  for (const position of [last, last + 1]) {
    const { pfn, ownerPfn } =
      reportWorld(new WorldView(travel.worldAt(position)), saved.log.slice(0, position)).pins[PIN].pages[0];
    print(`after ${position} commands: device on frame ${pfn}, program on frame ${ownerPfn}`);
  }
}

/** A log is text, one line an entry; `cowlab run --log FILE` writes the same, `cowlab replay FILE` reads it. */
function savedAndRead(lab: Lab): SavedLog {
  const folder = mkdtempSync(join(tmpdir(), 'cowlab-'));
  const file = join(folder, 'run.log');
  writeFileSync(file, formatLog(lab));
  const saved = readLog(readFileSync(file, 'utf8'), file);
  rmSync(folder, { recursive: true });
  return saved;
}
