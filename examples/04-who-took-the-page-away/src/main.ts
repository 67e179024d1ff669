import { lookBack } from './look-back.ts';

await lookBack(console.log);
