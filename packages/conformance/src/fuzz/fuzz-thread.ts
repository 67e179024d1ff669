/** A thread that judges for `cowlab fuzz`. It opens the workplace itself: policies are functions and do not travel. */
import { parentPort, workerData } from 'node:worker_threads';
import { serveJudge } from '@cowlab/oracle/fuzz';
import { openWorkplace } from '@cowlab/composition/node';
import { laneJudge, type ThreadData } from './fuzz-here.ts';

if (parentPort !== null) {
  await serveJudge(parentPort, async () => {
    const { cwd, asked, lane, zeroPage, version } = workerData as ThreadData;
    const { catalogue } = await openWorkplace(cwd, asked);
    return (await laneJudge(lane, catalogue, zeroPage, version)).judge;
  });
}
