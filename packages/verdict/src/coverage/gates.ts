/** Reasons for which nothing of a recording may be called safe: what it left out could be just what matters. */
import type { Evidence } from '../hazards/evidence.ts';
import { type Claim, claim } from '../hazards/claims.ts';

export function gates(evidence: Evidence): Claim[] {
  return [...attached(evidence), ...damage(evidence), ...pageSize(evidence), ...unrecorded(evidence),
    ...lostChildren(evidence)];
}

const depends = (why: string, weight: number, lines: readonly number[], command: string): Claim =>
  claim({ word: 'DEPENDS', why, weight, lines, datum: why, command });

const START =
  'start the program under strace -f, or take gcore and /proc/PID/{maps,smaps,fdinfo} at the time of attaching';

/** Processes that no call of the recording made. */
function attached({ story, recorded, reading, seen }: Evidence): Claim[] {
  const unseen = story.tasks.filter(({ birth }) => birth === 'unseen');
  if (unseen.length === 0) return [];
  const [first] = story.tasks;
  const pids = unseen.map(({ pid }) => pid);
  const lines = unseen.map(({ bornLine }) => bornLine);
  if (first.birth === 'started') {
    const one = unseen[0];
    const many = unseen.length > 1 ? ` (and ${unseen.length - 1} more)` : '';
    return [
      depends(
        `pid ${one.pid}${many} appears without a clone at line ${one.bornLine}; its memory is unknown${
          story.calls.has('clone') || story.calls.has('clone3') || story.calls.has('fork')
            ? ''
            : ', and what made it is not in the recorded set'
        }`,
        90,
        lines,
        'add clone, clone3, fork, vfork, execve and exit_group to the set (-e trace=%memory,%process,…), and follow with -f',
      ),
    ];
  }
  const past = 'what it had mapped and registered before is not in the file';
  const attachedTo = reading.attached.length > 0 ? ` (strace attached to ${reading.attached.join(', ')})` : '';
  if (unseen.length === 1) {
    const notStarted = ['exit_group', 'exit', 'wait4', 'waitid', 'execve'].some((name) =>
        story.calls.has(name)
      ) && recorded.processes
      ? ''
      : ' (or execve() is not in the set)';
    return [
      depends(`attached to a running process, pid ${pids[0]}${attachedTo}${notStarted}; ${past}`, 90, lines, START),
    ];
  }
  const thread = unseen.find(({ pid }) => seen.leaving.has(pid));
  return [
    depends(
      `attached; pids ${pids.slice(0, 4).join(' and ')}${
        pids.length > 4 ? ` and ${pids.length - 4} more` : ''
      } were not born here and may share one address space${
        thread === undefined ? '' : ` (${thread.pid} ends by exit(), as threads do)`
      }; ${past.replace('it', 'they')}`,
      90,
      lines,
      START,
    ),
  ];
}

function damage({ story, reading }: Evidence): Claim[] {
  const { torn, unread, unreadNr } = reading;
  const claims: Claim[] = [];
  if (torn !== null) {
    const what = torn.call === null
      ? 'what came after is not in the file'
      : /uring_register|vmsplice/.test(torn.call)
      ? 'a registration may have succeeded'
      : `what came of this ${torn.call}(), and all that followed, is not in the file`;
    claims.push(
      depends(`torn at line ${torn.line}, ${what}`, 95, [torn.line],
        'let the recorder finish (stop it by SIGINT), and copy the file whole'),
    );
  }
  if (unread.length > 0) {
    const [first] = unread;
    const more = unreadNr === 1 ? '' : `, and ${unreadNr - 1} more like it`;
    claims.push(
      depends(
        `line ${first.line} does not read${
          first.call === null ? '' : ` (${first.call})`
        }${more}: it may be a registration or a fork()`,
        85,
        unread.slice(0, 5).map(({ line }) => line),
        'give the recording whole and unedited',
      ),
    );
  }
  const [doubt] = story.doubts;
  if (doubt !== undefined)
    claims.push(
      claim({ word: 'DEPENDS', weight: 84.5, why: `line ${doubt.line}: ${doubt.what}`, lines: [doubt.line],
        datum: doubt.what, command: doubt.command }),
    );
  return claims;
}

function pageSize({ pageSize: { bytes, line, addressBits }, story }: Evidence): Claim[] {
  if (bytes === null) return [];
  const died = story.faults.find(({ mm, addr }) =>
    addr !== null && mm?.holes.some(({ start, end }) => start * 4096 <= addr && addr < end * 4096)
  );
  return [
    depends(
      `the page size of this recording is not 4 KiB but ${bytes / 1024} KiB (line ${line})${
        addressBits === 48 ? ', and its addresses have 48 bits, as on arm64' : ''
      }; pages are counted as 4 KiB here, so nothing that is said of them holds${
        died === undefined ? '' : `; the child died by the hole that MADV_DONTFORK left (line ${died.line})`
      }`,
      1000,
      died === undefined ? [line] : [line, died.line],
      'getconf PAGESIZE on that machine; use 4 KiB pages to have it judged',
    ),
  ];
}

/** Kinds of calls that do not occur, and must have if they had been in the set. */
function unrecorded({ story, recorded }: Evidence): Claim[] {
  const claims: Claim[] = [];
  const kinds = ['mmap', 'mmap2', 'brk', 'mprotect', 'munmap'].filter((name) => story.calls.has(name)).length;
  if (!recorded.processes) {
    claims.push(
      depends('no call that makes or ends a process is in the recorded set: a fork() would not show', 70, [],
        'strace -f -e trace=%memory,%process,io_uring_setup,io_uring_register,vmsplice,userfaultfd,close'),
    );
  }
  if (!recorded.memory || (kinds < 2 && !recorded.all)) {
    claims.push(
      depends(
        'mmap(), madvise() and their kin are not in the recorded set: what protects or takes memory would not show',
        69,
        [],
        'strace -f -e trace=%memory,%process,io_uring_setup,io_uring_register,vmsplice,userfaultfd,close',
      ),
    );
  }
  return claims;
}

/** A child that is not followed may have died in a hole. */
function lostChildren({ story, recorded }: Evidence): Claim[] {
  if (recorded.followed) return [];
  const fork = story.forks.find(({ child, mm }) => child !== null && (mm?.holes.length ?? 0) > 0);
  if (fork === undefined) return [];
  return [
    claim({ word: 'DEPENDS', hazard: 'H2', fork, weight: 68, lines: [fork.line],
      why:
        `child ${fork.child} of line ${fork.line} is not in the recording, and MADV_DONTFORK left it holes that it may have touched`,
      datum: 'what the child did', command: 'strace -f, without -qq' }),
  ];
}
