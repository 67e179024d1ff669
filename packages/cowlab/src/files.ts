/** cowlab/files: what is read from files: scenarios, recordings, races, policies by path, a folder's configuration. */

export * from '@cowlab/composition/node';
export * from '@cowlab/experiments/node';
