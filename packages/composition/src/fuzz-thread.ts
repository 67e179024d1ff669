/** A thread that judges for `cowlab fuzz`. It opens the workplace itself: policies are functions and do not travel. */
import { parentPort, workerData } from 'node:worker_threads';
import { serveJudge } from '@cowlab/oracle/live';
import { openWorkplace } from './config.ts';
import { laneJudge, type ThreadData } from './fuzz.ts';

if (parentPort !== null) {
  await serveJudge(parentPort, async () => {
    const { cwd, lane, zeroPage } = workerData as ThreadData;
    const { catalogue } = await openWorkplace(cwd);
    return (await laneJudge(lane, catalogue, zeroPage)).judge;
  });
}
