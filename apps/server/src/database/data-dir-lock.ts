import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StartupError } from '../startup-error.ts';

/** Whether a process with this id runs. Signal 0 sends nothing; EPERM means that it runs as someone else. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function tryLock(file: string): boolean {
  try {
    const handle = openSync(file, 'wx');
    writeSync(handle, `${process.pid}\n`);
    closeSync(handle);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Take the lock on a data folder: one process only may open the embedded database. A lock whose process is gone (killed, or the
 * machine restarted) is taken over; in a container every server has the same small pid, so one's own pid in it counts as gone.
 * Returns what gives the lock back.
 */
export function lockDataDir(dataDir: string): () => void {
  const file = join(dataDir, 'server.lock');
  if (!tryLock(file)) {
    const holder = Number.parseInt(readFileSync(file, 'utf8'), 10);
    if (Number.isSafeInteger(holder) && holder !== process.pid && isRunning(holder)) {
      throw new StartupError(
        `The data folder ${dataDir} is in use by another Undertone server (process ${holder}). Stop that one, or give this one its own DATA_DIR.`,
      );
    }
    rmSync(file, { force: true });
    if (!tryLock(file)) throw new StartupError(`The data folder ${dataDir} was taken by another server just now.`);
  }
  return () => rmSync(file, { force: true });
}
