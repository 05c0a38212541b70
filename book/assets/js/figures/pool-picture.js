// The picture of the pool: its chunks, and below them the workers over time.
'use strict';

function paintPool(pool, width) {
    const table = paintTable(pool, width);
    const lanes = paintLanes(pool, width, table.height);
    return { height: lanes.height, shapes: [...table.shapes, ...lanes.shapes] };
}

/** The chunks, as many per row as fit. */
function paintTable(pool, width) {
    const looks = { ready: 'box', taken: 'pale-1', done: 'pale-3', ended: 'pale-4' };
    const each = 68;
    const inRow = Math.floor(width / each);
    const shapes = [label(0, 14, 'The table', { class: 'name' })];
    pool.chunks.forEach(({ first, count, finished, state, worker }, at) => {
        const x = at % inRow * each;
        const y = 24 + Math.floor(at / inRow) * 44;
        const tasks = count === 1 ? first + 1 : `${first + 1}–${first + count}`;
        const about = state === 'taken' ? `worker ${worker}` : state === 'ended' ? `${finished} kept` : state;
        shapes.push(
            shape('rect', { class: looks[state], x: x + 1, y, width: each - 6, height: 38, rx: 4 }),
            label(x + each / 2 - 2, y + 16, tasks, { class: 'small', 'text-anchor': 'middle' }),
            label(x + each / 2 - 2, y + 31, about, { class: 'small', 'text-anchor': 'middle' }));
    });
    return { height: 24 + Math.ceil(pool.chunks.length / inRow) * 44 + 12, shapes };
}

/** A lane for each place, with time to the right. */
function paintLanes(pool, width, top) {
    const work = pool.lengths.reduce((sum, length) => sum + length, 0);
    const looks = { running: 'pale-1', done: 'pale-3', lost: 'pale-4' };
    const left = 68;
    const usual = Math.ceil(work / pool.desks.length * 1.5) + 4;
    const unit = (width - left - 4) / Math.max(usual, pool.time);
    const bottom = top + 24 + pool.desks.length * 34;
    const shapes = [label(0, top + 14, 'Who does what, and when', { class: 'name' })];
    const step = unit * 5 < 26 ? 20 : 5;
    for (let time = 0; left + time * unit <= width; time += step) {
        const x = left + time * unit;
        shapes.push(shape('path', { class: 'grid', d: `M${x} ${top + 24}V${bottom}` }),
            label(x, bottom + 16, time, { class: 'small soft', 'text-anchor': 'middle' }));
    }
    pool.desks.forEach((desk, at) => {
        const y = top + 28 + at * 34;
        shapes.push(label(0, y + 18, `worker ${desk.worker}`, { class: 'small' }));
    });
    for (const { desk, from, to } of pool.waits) {
        const [x, y, wide] = [left + from * unit, top + 28 + desk * 34, (to - from) * unit];
        shapes.push(box('idle', x, y, wide, 26, wide >= 32 ? 'idle' : ''));
    }
    const runs = [...pool.runs].sort((one, other) => (one.outcome === 'lost') - (other.outcome === 'lost'));
    for (const { item, desk, from, to, outcome } of runs) {
        const [x, y, wide] = [left + from * unit, top + 28 + desk * 34, (to - from) * unit];
        const isLost = outcome === 'lost'; // It may have lasted no time; it is shown anyway.
        if (wide > 0 || isLost) {
            const name = isLost ? '✕' : wide >= 16 ? item + 1 : '';
            shapes.push(box(looks[outcome], x, y, wide, 26, name));
        }
    }
    return { height: bottom + 24, shapes };
}
