/** @cowlab/composition/node: what of it reads files: the configuration, policies by path or package, inputs. */

export { type CowlabConfig, defineConfig, openWorkplace } from './node/config.ts';
export { examplePath, inputPath } from './node/examples.ts';
export { findInput, type Input, readScenario, readText, type RecordingFiles } from './node/inputs.ts';
export { moduleLoader } from './node/module-loader.ts';
export { openCatalogue } from './node/open-catalogue.ts';
