import { sweepText } from 'cowlab/experiment';
import { run } from './help.ts';

console.log(sweepText(await run()).join('\n'));
