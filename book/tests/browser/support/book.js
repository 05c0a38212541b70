// The real program, as a reader starts it: the book served, and the book as files.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const workspace = fileURLToPath(new URL('../../../../', import.meta.url));

/** Serves the book on a free port: its address, its process, and a way to end it. */
export async function serve() {
    const server = start(['--no-open', '--port', '0']);
    for await (const line of createInterface(server.stdout)) {
        const [address] = line.match(/http:\S+/) ?? [];
        if (address) {
            server.stdout.resume();
            return { address, pid: server.pid, stop: () => stop(server, address) };
        }
    }
    throw new Error('The book did not start; the reason stands above.');
}

/** Builds the book into a folder of its own: its address, and a way to remove it. */
export async function build() {
    const folder = await mkdtemp(join(tmpdir(), 'book-'));
    const [code] = await once(start(['build', '--dest', folder]), 'exit');
    if (code !== 0) {
        throw new Error('The book has problems; they stand above.');
    }
    return {
        address: pathToFileURL(`${folder}/`).href,
        stop: () => rm(folder, { recursive: true }),
    };
}

// Cargo becomes the program that it runs, so this is the process of the book itself.
function start(options) {
    const cargo = ['run', '--quiet', '--package', 'book', '--', ...options];
    const book = spawn('cargo', cargo, { cwd: workspace, stdio: ['ignore', 'pipe', 'inherit'] });
    process.once('exit', () => book.kill());
    return book;
}

async function stop(server, address) {
    server.kill();
    await once(server, 'exit');
    const served = join(workspace, 'target/book-served', new URL(address).port);
    await rm(served, { recursive: true });
}
