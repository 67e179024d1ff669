import { watchFork } from './watch-fork.ts';

await watchFork(process.argv[2] ?? 'linux-5.9', console.log);
