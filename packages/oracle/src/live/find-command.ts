/** Programs of the machine. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where PATH has it, or null. */
export function findCommand(command: string, env: Readonly<Record<string, string | undefined>>): string | null {
  const files = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '').map((folder) =>
    join(folder, command)
  );
  return files.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  }) ?? null;
}
