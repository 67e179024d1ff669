/** Programs of the machine. */
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** Where PATH has it, or null. A relative entry would be wherever somebody happens to stand. */
export function findCommand(command: string, env: Readonly<Record<string, string | undefined>>): string | null {
  const files = (env.PATH ?? '').split(delimiter).filter(isAbsolute).map((folder) => join(folder, command));
  return files.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  }) ?? null;
}
