/** @cowlab/composition/node: what of it reads files: the configuration, policies by path or package, inputs. */

export { type Asked, type CowlabConfig, defineConfig, openWorkplace } from './node/config.ts';
export { COWTRACE, type CowtraceManifest, isCowtrace, manifestOf, readCowtrace } from './node/cowtrace.ts';
export { packTar } from './node/tar.ts';
export { examplePath, inputPath, STDIN } from './node/examples.ts';
export { filesIn, findInput, type Input, readScenario, type RecordingFiles } from './node/inputs.ts';
export { moduleLoader } from './node/module-loader.ts';
export { readPieces, readPiecesNow } from './node/read-pieces.ts';
export { lookAt, readLines, readRecordingText, readText, TEXT_BYTES_MAX } from './node/read-text.ts';
export { openCatalogue } from './node/open-catalogue.ts';
