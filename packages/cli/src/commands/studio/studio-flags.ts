/** What `cowlab studio` is asked for. */
export interface StudioFlags {
  readonly policies?: string;
  readonly replay?: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly port?: string;
  readonly json?: boolean;
}
