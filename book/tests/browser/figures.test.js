// Figures to play with: what they tell, by keyboard, by touch, on paper and without JavaScript.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { serve, workspace } from './support/book.js';
import { assertAccessible, comeTo, launch, newReader, readings, screens } from './support/reader.js';

const book = await serve();
const browser = await launch();
const reads = readings(browser, book);
after(() => Promise.all([browser.close(), book.stop()]));

const POOL = 'lesson4.html';
const COUNTER = 'lesson2.html';
const LINES = 'lesson6.html';
const MEMORY = 'underneath/copy-on-write.html';
const AMDAHL = 'measured.html';
const withMotion = { ...screens.light, reducedMotion: 'no-preference' };

/** The figure of a page, as a reader finds it: its controls by name, what it says, its table. */
async function figureOf(page) {
    const figure = page.locator('figure.play');
    await comeTo(figure);
    const find = (role, name) => figure.getByRole(role, { name, exact: true });
    const status = figure.getByRole('status');
    return {
        find,
        status,
        press: async (...names) => {
            for (const name of names) {
                await find('button', name).press('Enter');
            }
        },
        says: text => status.filter({ hasText: text }).waitFor(),
        said: () => status.textContent(),
        /** The cells under a heading of the table. */
        column: heading => figure.getByRole('table', { includeHidden: true }).evaluate((table, heading) => {
            const at = [...table.rows[0].cells].findIndex(cell => cell.textContent === heading);
            return [...table.tBodies[0].rows].map(row => row.cells[at].textContent);
        }, heading),
    };
}

/** The numbers that stand in cells such as `1, 2, 7 (worker 3)` and `none`. */
const tasksIn = cells => cells.flatMap(cell => [...cell.matchAll(/(\d+)(?= \(|,|$)/g)])
    .map(([number]) => Number(number));

for (const name of [POOL, COUNTER, LINES, MEMORY, AMDAHL]) {
    reads(`the Tab key goes through the figure of ${name}, and arrows move its sliders`, name, screens.light, async page => {
        const figure = page.locator('figure.play');
        await comeTo(figure);
        const sliders = figure.getByRole('slider');
        for (const slider of await sliders.all()) {
            const before = await slider.inputValue();
            await slider.press('ArrowRight');
            assert.equal(Number(await slider.inputValue()), Number(before) + 1);
            await slider.press('ArrowLeft');
            assert.equal(await slider.inputValue(), before);
        }

        // Of radio buttons only the chosen one is a stop.
        const stops = await figure.locator('button, input, summary').evaluateAll(all => all
            .filter(control => control.checkVisibility({ visibilityProperty: true }))
            .filter(({ type, checked }) => type !== 'radio' || checked)
            .map(control => control.outerHTML));
        assert(stops.length > 3);
        const met = [];
        await figure.locator('button, input').first().focus();
        while (await figure.evaluate(figure => figure.contains(document.activeElement))) {
            met.push(await page.evaluate(() => document.activeElement.outerHTML));
            await page.keyboard.press('Tab');
        }
        assert.deepEqual(met, stops);
        assert(page.url().endsWith(name), 'the arrows turn no page here');
    });

    reads(`the Tab key reaches the table of the figure of ${name}`, name, screens.light, async page => {
        const figure = page.locator('figure.play');
        await comeTo(figure);
        // The page is measured anew while the table is folded away and has no width.
        await page.evaluate(() => dispatchEvent(new Event('resize')));
        const summary = figure.locator('summary');
        await summary.press('Enter');
        await summary.press('Tab');
        await figure.getByRole('region').and(page.locator(':focus')).waitFor();
    });
}

reads('the pool asks for a guess, then tells how long it took', POOL, screens.light, async page => {
    const { find, press, says, said, column } = await figureOf(page);
    await says('24 tasks');
    await press('Step');
    await says('Guess first');
    await page.keyboard.type('30');
    assert.equal(await find('spinbutton', 'Your guess: how many units of time it takes').inputValue(), '30');

    // With reduced motion, the end is shown at once.
    await press('Play');
    await says('You guessed 30.');
    const [first, outcome] = [await said(), await column('Tasks done')];
    assert.deepEqual(tasksIn(outcome).sort((a, b) => a - b), Array.from({ length: 24 }, (_, at) => at + 1));
    await assertAccessible(page);

    await press('Start again', 'Play', 'Play');
    assert.equal(await said(), first.replace(' You guessed 30.', ''), 'the same seed, the same run');
    assert.deepEqual(await column('Tasks done'), outcome);
    await press('New lengths', 'Play', 'Play');
    assert.notDeepEqual(await column('Tasks done'), outcome);
    await page.reload();
    await press('Play', 'Play');
    assert.deepEqual(await column('Tasks done'), outcome);
});

reads('a killed worker loses one task, and no task runs twice', POOL, screens.light, async page => {
    const { find, press, says, column } = await figureOf(page);
    await press('Kill worker 2');
    await says('Nothing is running.');
    await press('Step', 'Step', 'Kill worker 2');
    await says(/Worker 2 was killed in task \d+\. That task is lost.* Worker 5 takes its place\./);
    assert.equal(await find('button', 'Kill worker 5').evaluate(button => button === document.activeElement), true);
    assert.equal(await find('button', 'Kill worker 2').count(), 0);
    await assertAccessible(page);

    await press('Play');
    await says('1 task lost; no task ran twice.');
    const lost = tasksIn(await column('Lost'));
    const done = tasksIn(await column('Tasks done'));
    assert.equal(lost.length, 1);
    assert.deepEqual([...lost, ...done].sort((a, b) => a - b), Array.from({ length: 24 }, (_, at) => at + 1));
    await press('Kill worker 1');
    await says('Nothing is running.');
});

reads('the pool follows its settings', POOL, screens.light, async page => {
    const { find, press, says, column } = await figureOf(page);
    await find('slider', 'Workers').press('ArrowRight');
    await says('24 tasks');
    await says('5 workers');
    await find('slider', 'Tasks').press('Home');
    await says('4 tasks');
    const size = find('slider', 'Chunk size');
    assert.equal(await size.getAttribute('aria-valuetext'), '1, as map chooses');
    await size.press('End');
    await find('radio', 'random').press('ArrowRight');
    await says('4 tasks, 12 units of work');
    await press('Play', 'Play');
    assert.deepEqual(await column('Tasks done'), ['1, 2, 3, 4', 'none', 'none', 'none', 'none']);
});

test('the pool plays, pauses, and goes on by steps', async () => {
    const { context, page, faults } = await newReader(browser, book, withMotion);
    await page.clock.install();
    await page.goto(book.address + POOL);
    const { find, press, status, says } = await figureOf(page);
    await press('Play', 'Play');
    assert.equal(await find('button', 'Play').count(), 0);
    assert.equal(await status.getAttribute('aria-live'), 'off', 'four times a second is no news');
    await page.clock.runFor(1000);
    await says('Time 4:');
    await press('Pause');
    assert.equal(await status.getAttribute('aria-live'), 'polite');
    await page.clock.runFor(10_000);
    await says('Time 4:');
    await press('Step');
    await says('Time 5:');
    await press('Play');
    await page.clock.runFor(60_000);
    await says('It took');
    await find('button', 'Play').waitFor();
    assert.equal(await status.getAttribute('aria-live'), 'polite');
    assert.deepEqual(faults, []);
    await context.close();
});

reads('an update of the counter is lost, unless a lock or an atomic step keeps it', COUNTER, screens.light, async page => {
    const { find, press, says, said, column } = await figureOf(page);
    await press('Process 1: load', 'Process 2: load', 'Process 1: add', 'Process 1: store');
    await says('Process 1 writes 1.');
    await press('Process 2: add', 'Process 2: store');
    await says('1 update of the other process overwritten, and lost.');
    assert.deepEqual(await column('Updates lost'), ['0', '0', '0', '0', '0', '1']);
    await press('Take one step back');
    await says('One step back.');
    assert.equal((await column('Step')).length, 5);
    await assertAccessible(page);

    await press('New random order');
    await says('All is done: 6 increments');
    const [first, order] = [await said(), await column('Process')];
    await press('New random order');
    assert.notDeepEqual(await column('Process'), order);

    await find('radio', 'none').press('ArrowRight');
    await press('Process 1: lock', 'Process 2: lock');
    await says('Process 2 waits: process 1 holds the lock.');
    for (const way of ['a lock', 'an atomic']) {
        assert.equal(await find('radio', way).isChecked(), true);
        await press('New random order');
        await says('the counter says 6. No order can lose one.');
        await find('radio', way).press('ArrowRight');
    }

    await page.reload();
    await press('New random order');
    assert.equal(await said(), first, 'the same seed, the same order');
    assert.deepEqual(await column('Process'), order);
});

reads('lines are torn between calls, and never within one', LINES, screens.light, async page => {
    const { find, press, says, said, column } = await figureOf(page);
    const terminal = () => find('group', 'The terminal').locator('samp').textContent();
    await says('How many lines will be whole?');
    await press('Next call');
    await says(/Process \d writes “Process \d: \d”\./);
    await press('All calls');
    await says(/\d of 4 lines are whole\./);
    const [first, shown] = [await said(), await terminal()];
    assert.equal((await column('Call')).length, 8);
    await press('Start again', 'All calls');
    assert.equal(await terminal(), shown, 'the same seed, the same order');
    await press('New order', 'All calls');
    assert.notEqual(await terminal(), shown);

    const ways = ['in two calls: text, line break', 'word by word', 'in one call'];
    await find('radio', ways[0]).press('ArrowRight');
    await press('All calls');
    await says('A process wrote between two calls of another.');
    await assertAccessible(page);
    await find('radio', ways[1]).press('ArrowRight');
    for (let order = 0; order < 5; order += 1) {
        await press('New order', 'All calls');
        await says('4 of 4 lines are whole.');
    }
    await page.reload();
    await press('All calls');
    assert.deepEqual([await said(), await terminal()], [first, shown]);
});

reads('a write after a fork copies one page', MEMORY, screens.light, async page => {
    const { find, press, says, column } = await figureOf(page);
    assert.equal(await find('button', 'The child writes to page 2').count(), 0);
    await press('Fork');
    await says('not one page');
    assert.deepEqual(await column('Frame'), ['1', '2', '3', '4', '5', '1', '2', '3', '4', '5']);
    await press('The child writes to page 2');
    await says('the kernel copies it to frame 6');
    assert.deepEqual(await column('Frame'), ['1', '2', '3', '4', '5', '1', '6', '3', '4', '5']);
    assert.deepEqual(await column('Value'), ['10', '20', '30', '40', '50', '10', '21', '30', '40', '50']);
    await press('The child writes to page 2');
    await says('the kernel is not involved');
    await assertAccessible(page);
    await press('End the child');
    await says('Its own copies are gone: 1 frame.');
    await press('The parent writes to page 3');
    await says('no other process has it any more');
    await press('Start again');
    await says('One process');
    assert.equal(await find('button', 'The child writes to page 2').count(), 0);
});

reads('more workers are faster, up to a limit', AMDAHL, screens.light, async page => {
    const { find, says, column } = await figureOf(page);
    await find('slider', 'Workers').press('Home');
    await says('With 1 worker:');
    await find('slider', 'Starting a worker').press('Home');
    await find('slider', 'Can’t be split').press('End');
    await says('limits this to 2, with any number');
    const faster = (await column('Times as fast')).map(Number);
    assert.equal(faster[0], 1);
    assert(faster.every(times => times < 2));
    await find('slider', 'Can’t be split').press('Home');
    await find('slider', 'Cores').press('Home');
    await says('Fastest with 1:');
    await assertAccessible(page);
});

reads('what was measured lies over the curve', AMDAHL, screens.light, async page => {
    const { find, press, column } = await figureOf(page);
    const file = await readFile(join(workspace, 'book/data/measured.json'), 'utf8');
    const { benchmarks } = JSON.parse(file);
    const { machine, functions } = benchmarks['Count 23 million Collatz steps'];
    await press('Set to the recorded machine');
    assert.equal(await find('slider', 'Cores').inputValue(), `${machine.cores}`);
    await page.getByText(`Points of the recorded machine: ${machine.cpu}`).waitFor();

    const { 'in one process': alone, 'by processes': together } = functions;
    const shown = await column('Measured on the recorded machine');
    for (const [workers, { median_ns }] of Object.entries(together)) {
        const faster = alone['1'].median_ns / median_ns;
        assert.equal(shown[workers - 1], `${Number(faster.toPrecision(3))}`);
    }
});

reads('a finger plays as the keys do', MEMORY, screens.telephone, async page => {
    const { find, says, column } = await figureOf(page);
    await find('button', 'Fork').tap();
    await page.getByText('page 2 r').last().tap();
    await says('The child writes to page 2. It is read-only and shared');
    await find('button', 'The parent writes to page 2').tap();
    await says('The parent writes to page 2. It is read-only, but no other process has it');
    assert.deepEqual((await column('Value')).filter(value => value === '21').length, 2);
    await assertAccessible(page);

    await page.goto(book.address + POOL);
    await comeTo(page.locator('figure.play'));
    await find('slider', 'Workers').tap({ position: { x: 2, y: 13 } });
    await says('1 worker.');
    await find('radio', 'all equal').tap();
    await find('button', 'Step').tap();
    await find('button', 'Step').tap();
    await find('button', 'Kill worker 1').tap();
    await says('Worker 1 was killed');
    await assertAccessible(page);
});

reads('on paper stands the picture that does not move', POOL, screens.light, async page => {
    const { find, says } = await figureOf(page);
    await says('24 tasks');
    await page.emulateMedia({ media: 'print' });
    assert.equal(await find('button', 'Play').count(), 0);
    await page.getByRole('figure').getByRole('img', { name: /^A pool at work/ }).waitFor();
});
