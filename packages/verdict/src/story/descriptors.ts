/**
 * Tables of descriptors and what they refer to. fork() hands a descriptor on, dup() and SCM_RIGHTS make another one of
 * the same file, and what a file holds goes when the last of them is closed.
 */
import type { Description, Files } from './entities.ts';

export class Descriptors {
  private made = 0;

  /** `ended` is told of a file that nobody refers to any more. */
  constructor(private readonly ended: (file: Description, line: number, how: string) => void) {}

  open(files: Files, fd: number, file: Pick<Description, 'kind' | 'path' | 'line' | 'cloexec'>): Description {
    const made: Description = { ...file, id: ++this.made, refs: 0, endLine: null };
    this.put(files, fd, made, file.line);
    return made;
  }

  /** Another descriptor of the same file. */
  put(files: Files, fd: number, file: Description, line: number): void {
    // The number was free, or dup2() closes what had it.
    this.close(files, fd, line, 'its descriptor was used again');
    file.refs++;
    files.set(fd, file);
  }

  close(files: Files, fd: number, line: number, how = 'close()'): void {
    const file = files.get(fd);
    if (file === undefined) return;
    files.delete(fd);
    this.drop(file, line, how);
  }

  /** A child's copy of its parent's table. */
  copy(files: Files): Files {
    for (const file of files.values()) file.refs++;
    return new Map(files);
  }

  /** The last task that used the table is gone. */
  closeAll(files: Files, line: number, how: string): void {
    for (const fd of [...files.keys()]) this.close(files, fd, line, how);
  }

  closeOnExec(files: Files, line: number): void {
    for (const [fd, file] of [...files]) if (file.cloexec) this.close(files, fd, line, 'execve()');
  }

  drop(file: Description, line: number, how: string): void {
    file.refs--;
    if (file.refs > 0 || file.endLine !== null) return;
    file.endLine = line;
    this.ended(file, line, how);
  }
}
