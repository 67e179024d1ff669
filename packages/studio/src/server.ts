/** @cowlab/studio/server: the built page, with a document inside, as a file or for one person on this machine. */

export { documentProblem, type StudioDocument, type Timeline } from './document/document.ts';
export { pageWith } from './document/embed.ts';
export { BUILD_IT, readPage } from './server/page-file.ts';
export { type Serving, serveStudio } from './server/serve.ts';
