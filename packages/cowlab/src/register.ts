/** cowlab/register: `node --import cowlab/register file.ts` runs TypeScript on every Node that cowlab runs on. */

import 'jiti/register';
