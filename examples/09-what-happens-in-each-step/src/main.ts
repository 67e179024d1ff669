import { watch } from './watch.ts';

await watch('linux-5.9-rc5,linux-5.9', console.log);
