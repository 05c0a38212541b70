'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const load = require('./rules.js');
// ../pool_figure.rs holds the library to the same table.
const table = require('./pool.json');

const pool = load('poolRules', 'pool-rules.js');

function finish(state) {
    while (!pool.isOver(state)) {
        pool.tick(state);
    }
}

test('chunks are cut as the library cuts them', () => {
    for (const { items, workers, sizes } of table.chunks) {
        const chunks = pool.cut(items, pool.chunkSize(items, workers));
        assert.deepEqual(chunks.map(chunk => chunk.count), sizes);
    }
});

test('a death costs what it costs in the library', () => {
    for (const { items, dies_at, begun, workers } of table.deaths) {
        const state = pool.start({ workers: 1, lengths: Array(items).fill(2), size: pool.chunkSize(items, 1) });
        while (state.runs.at(-1)?.item !== dies_at) {
            pool.tick(state);
        }
        pool.kill(state, 0);
        finish(state);
        assert.deepEqual(state.runs.map(run => run.item), begun);
        assert.deepEqual(state.runs.map(run => run.worker), workers);
        const lost = state.runs.filter(run => run.outcome !== 'done').map(run => run.item);
        assert.deepEqual(lost, [dies_at]);
    }
});

test('time is either worked or idle', () => {
    const lengths = [3, 1, 4, 1, 5, 9, 2, 6];
    for (const workers of [1, 2, 3, 8]) {
        const state = pool.start({ workers, lengths, size: 1 });
        finish(state);
        const worked = lengths.reduce((sum, length) => sum + length);
        assert.equal(worked + pool.idle(state).reduce((sum, idle) => sum + idle), workers * state.time);
        assert.equal(state.runs.length, lengths.length);
    }
});

test('whoever dies idle costs nothing', () => {
    const state = pool.start({ workers: 2, lengths: [5, 1], size: 1 });
    pool.tick(state);
    pool.tick(state);
    assert.equal(pool.kill(state, 1).lost, null);
    finish(state);
    assert.equal(state.time, 5);
    assert.ok(state.runs.every(run => run.outcome === 'done'));
});
