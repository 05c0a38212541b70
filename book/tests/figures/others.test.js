'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const load = require('./rules.js');

const chance = load('chance', 'chance.js');
const counter = load('counterRules', 'counter-rules.js');
const memory = load('memoryRules', 'memory-rules.js');
const lines = load('linesRules', 'lines-rules.js');
const amdahl = load('amdahlRules', 'amdahl-rules.js');

const seeds = Array.from({ length: 200 }, (_, seed) => seed + 1);

test('chance is the same for the same seed, and reaches every number', () => {
    const draw = seed => {
        const next = chance(seed);
        return Array.from({ length: 60 }, () => next(6));
    };
    assert.deepEqual(draw(7), draw(7));
    assert.notDeepEqual(draw(7), draw(8));
    for (const seed of seeds) {
        assert.deepEqual([...new Set(draw(seed))].sort(), [0, 1, 2, 3, 4, 5]);
    }
});

function randomRun(way, seed) {
    const next = chance(seed);
    const order = [];
    let can;
    while ((can = counter.canGo(counter.run(way, order))).length > 0) {
        order.push(can[next(can.length)]);
    }
    return counter.run(way, order);
}

test('what the counter lacks is what was lost', () => {
    const bare = seeds.map(seed => randomRun('bare', seed));
    for (const { counter: value, lost } of bare) {
        assert.equal(value + lost, 2 * counter.TIMES);
    }
    assert.ok(bare.some(({ lost }) => lost > 0) && bare.some(({ lost }) => lost === 0));
});

test('with a lock or an atomic step nothing is lost', () => {
    for (const way of ['lock', 'atomic']) {
        for (const seed of seeds) {
            assert.equal(randomRun(way, seed).counter, 2 * counter.TIMES);
        }
    }
});

test('the counter can end at 2, and no lower', () => {
    const ends = new Set();
    const states = [[]];
    const seen = new Set();
    while (states.length > 0) {
        const order = states.pop();
        const state = counter.run('bare', order);
        const key = JSON.stringify([state.counter, state.processes]);
        if (seen.has(key)) {
            continue;
        }
        seen.add(key);
        const can = counter.canGo(state);
        if (can.length === 0) {
            ends.add(state.counter);
        }
        states.push(...can.map(who => [...order, who]));
    }
    assert.deepEqual([...ends].sort(), [2, 3, 4, 5, 6]);
});

test('a process waits for the lock until the other lets go', () => {
    assert.equal(counter.hindrance(counter.run('lock', [0]), 1), 'waits');
    assert.equal(counter.hindrance(counter.run('lock', [0, 0, 0, 0, 0]), 1), null);
});

test('a page is copied at the first write, if somebody else has it', () => {
    const state = memory.start();
    assert.equal(memory.write(state, 'parent', 0), 'written');
    memory.fork(state);
    assert.equal(memory.used(state), memory.PAGES);
    assert.equal(memory.write(state, 'child', 0), 'copied');
    assert.equal(memory.write(state, 'child', 0), 'written');
    assert.equal(memory.write(state, 'parent', 0), 'freed');
    assert.deepEqual([state.copies, state.faults, memory.used(state)], [1, 2, memory.PAGES + 1]);
    const value = who => state.frames[state.tables[who][0].frame].value;
    assert.deepEqual([value('parent'), value('child')], [12, 13]);
    memory.write(state, 'child', 1);
    memory.end(state);
    assert.equal(memory.used(state), memory.PAGES);
    assert.equal(memory.write(state, 'parent', 2), 'freed');
});

test('a line in one call is whole in every order, and in two it may be torn', () => {
    const whole = (way, seed) => lines.whole(lines.printed(lines.order(way, chance(seed))));
    assert.ok(seeds.every(seed => whole('whole', seed) === lines.PROCESSES));
    for (const way of ['apart', 'words']) {
        assert.ok(seeds.some(seed => whole(way, seed) < lines.PROCESSES), way);
        const texts = lines.calls(way, 3);
        assert.equal(texts.join(''), 'Process 3: 3\n');
    }
    assert.equal(lines.whole('Process 1: 1Process 3: 3\n\nProcess 2: 2\n'), 1);
});

test('Amdahl’s law', () => {
    const setting = { work: 100, unsplit: 0.1, start: 0, cores: 1000 };
    assert.equal(amdahl.speedup(setting, 1), 1);
    assert.ok(Math.abs(amdahl.speedup(setting, 9) - 5) < 1e-9);
    assert.ok(amdahl.speedup(setting, 1000) < amdahl.limit(setting));
    const two = { ...setting, unsplit: 0, cores: 2 };
    assert.equal(amdahl.speedup(two, 4), 2);
    const costly = { ...setting, unsplit: 0, start: 1 };
    assert.equal(amdahl.best(costly, 64), 10);
});
