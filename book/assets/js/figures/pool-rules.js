// How the pool distributes its tasks: the rules of src/pool, one unit of time after another. Taking a
// chunk and starting a worker take no time here.
'use strict';

const poolRules = (() => {
    /** The default of `Pool::map`: about four chunks for each worker. */
    function chunkSize(items, workers) {
        return Math.max(1, Math.ceil(items / (4 * workers)));
    }

    /** The chunks of that many items, as they are put into the table. */
    function cut(items, size) {
        const chunks = [];
        for (let first = 0; first < items; first += size) {
            chunks.push(chunk(first, Math.min(size, items - first)));
        }
        return chunks;
    }

    /** Its state is `ready`, `taken`, `done`, or `ended`, if its worker died. */
    function chunk(first, count) {
        return { first, count, finished: 0, state: 'ready', worker: null };
    }

    /** A pool before its workers start. `lengths` are the items' lengths. */
    function start({ workers, lengths, size }) {
        const desks = Array.from({ length: workers }, (_, at) => ({ worker: at + 1, chunk: null, run: null }));
        return { time: 0, lengths, chunks: cut(lengths.length, size), desks, started: workers, runs: [], waits: [] };
    }

    /** Idle workers take the first chunk that is ready, and begin an item. */
    function takeWork(pool) {
        for (const desk of pool.desks) {
            if (!desk.chunk) {
                desk.chunk = pool.chunks.find(chunk => chunk.state === 'ready') ?? null;
                if (desk.chunk) {
                    Object.assign(desk.chunk, { state: 'taken', worker: desk.worker });
                }
            }
            if (desk.chunk && !desk.run) {
                const item = desk.chunk.first + desk.chunk.finished;
                desk.run = { item, desk: pool.desks.indexOf(desk), worker: desk.worker, from: pool.time, to: pool.time, outcome: 'running' };
                pool.runs.push(desk.run);
            }
        }
    }

    /** Advances by one unit of time. */
    function tick(pool) {
        if (isOver(pool)) {
            return;
        }
        takeWork(pool);
        pool.time += 1;
        for (const [at, desk] of pool.desks.entries()) {
            const { run, chunk } = desk;
            if (!run) {
                wait(pool, at);
                continue;
            }
            run.to = pool.time;
            if (run.to - run.from < pool.lengths[run.item]) {
                continue;
            }
            run.outcome = 'done';
            desk.run = null;
            chunk.finished += 1;
            if (chunk.finished === chunk.count) {
                chunk.state = 'done';
                desk.chunk = null;
            }
        }
        takeWork(pool);
    }

    /** Idle workers wait for one more unit of time. */
    function wait(pool, desk) {
        const last = pool.waits.findLast(wait => wait.desk === desk);
        if (last?.to === pool.time - 1) {
            last.to = pool.time;
        } else {
            pool.waits.push({ desk, from: pool.time - 1, to: pool.time });
        }
    }

    /**
     * The worker at a desk dies. What it had finished is kept, the item that was running is
     * lost, and what it had not begun goes back onto the table, behind what lies there. A new
     * worker takes its place.
     */
    function kill(pool, at) {
        const desk = pool.desks[at];
        const { worker, chunk: held, run } = desk;
        const news = { worker, kept: 0, lost: null, spent: 0, again: 0 };
        if (held) {
            run.outcome = 'lost';
            Object.assign(news, { kept: held.finished, lost: run.item, spent: run.to - run.from });
            news.again = held.count - held.finished - 1;
            held.state = 'ended';
            if (news.again > 0) {
                pool.chunks.push(chunk(run.item + 1, news.again));
            }
        }
        pool.started += 1;
        news.next = pool.started;
        Object.assign(desk, { worker: pool.started, chunk: null, run: null });
        takeWork(pool);
        return news;
    }

    function isOver(pool) {
        return pool.chunks.every(({ state }) => state === 'done' || state === 'ended');
    }

    /** The idle time of each worker's place. */
    function idle(pool) {
        return pool.desks.map((_, at) => pool.waits
            .filter(wait => wait.desk === at)
            .reduce((sum, { from, to }) => sum + to - from, 0));
    }

    return { chunkSize, cut, start, tick, kill, isOver, idle };
})();
