// What runs on this machine, as the kernel tells it.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

/** The processes that `ancestor` started, and those that they started, and so on. */
export async function descendants(ancestor) {
    const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(Number);
    const parents = new Map(await Promise.all(pids.map(async pid => [pid, await parentOf(pid)])));
    const isBelow = pid => {
        const parent = parents.get(pid);
        return parent === ancestor || parents.has(parent) && isBelow(parent);
    };
    return pids.filter(isBelow);
}

/** Waits until none of the processes is left. */
export async function ended(pids) {
    const patience = Date.now() + 10_000;
    for (const pid of pids) {
        while (await parentOf(pid) !== null) {
            assert(Date.now() < patience, `process ${pid} is still there`);
            await setTimeout(20);
        }
    }
}

/** `null`: there is no such process. */
async function parentOf(pid) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
    // The name stands in parentheses, and may hold any sign.
    return stat && Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}
