// `node tools/page.mjs`: the page of the studio, where something that it is made of has changed.
import { buildPageIfStale } from '../packages/studio/build.mjs';

await buildPageIfStale();
