// Run buttons: real programs, started from the page, seen in the page, and ended with it.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { serve } from './support/book.js';
import { descendants, ended } from './support/processes.js';
import { assertAccessible, launch, readings, screens } from './support/reader.js';

const book = await serve();
const browser = await launch();
const reads = readings(browser, book);
after(() => Promise.all([browser.close(), book.stop()]));

/** Time to build a lesson, where nobody has built it yet. */
const PATIENCE = { timeout: 120_000 };

/** The first Run button for a program, and what belongs to it. */
function runnerOf(page, program) {
    const run = page.getByRole('button', { name: `Run ${program}`, exact: true }).first();
    const listing = page.locator('figure.listing').filter({ has: run }).first();
    const status = listing.getByRole('status');
    const timeline = listing.locator('figure.timeline');
    return {
        run,
        stop: listing.getByRole('button', { name: `Stop ${program}`, exact: true }),
        option: name => listing.getByRole('spinbutton', { name, exact: true }),
        output: listing.getByRole('region', { name: `Output of ${program}`, exact: true }),
        says: text => status.filter({ hasText: text }).waitFor(PATIENCE),
        timeline,
        slider: timeline.getByRole('slider', { name: 'Step through the bars' }),
    };
}

const choose = (page, language) => page.getByRole('tab', { name: language }).first().click();

/** Starts a program that waits for ever; returns all processes that there are then. */
async function runForEver(page) {
    await choose(page, 'Python');
    const runner = runnerOf(page, 'lesson5/killed_worker.py');
    await runner.run.press('Enter');
    // What it prints is there, though it has not ended, and never will.
    await runner.output.getByText('the worker that gets 3 is killed').waitFor();
    assert.equal(await runner.stop.isVisible(), true);
    const running = await descendants(book.pid);
    assert(running.length >= 4, `its keeper, itself, two workers: ${running}`);
    return { runner, running };
}

reads('a program is built and run; its output and how it ended are shown', 'lesson3.html', screens.light, async page => {
    const { run, stop, says, output, timeline } = runnerOf(page, 'lesson3/numbers');
    await run.press('Enter');
    await says(/^Exit status 0, after [\d.]+\s(µs|ms|s)\.$/);
    for (const number of [1, 2, 3, 4, 5]) {
        await output.getByText(`Number: ${number}`).waitFor();
    }
    await timeline.waitFor();
    assert.equal(await stop.isVisible(), false);
    await assertAccessible(page);
});

reads('options are fields; what is out of range is said and not run', 'lesson4.html', screens.light, async page => {
    const { run, says, option, output, timeline } = runnerOf(page, 'lesson4/main');
    const workers = option('workers');
    await workers.fill('17');
    await workers.press('Enter');
    const reason = await workers.evaluate(field => field.validationMessage);
    assert.match(reason, /less than or equal to 16/);
    assert.equal(await workers.evaluate(field => field === document.activeElement), true);
    assert.equal(await output.isVisible(), false);
    assert.deepEqual(await descendants(book.pid), []);

    await workers.fill('2');
    await option('items').fill('5');
    await run.press('Enter');
    await says('Exit status 0');
    await timeline.getByText('The times as a table').press('Enter');
    const table = timeline.getByRole('table');
    assert.equal(await table.getByRole('cell', { name: 'process', exact: true }).count(), 3, 'the parent and two workers');
    assert.equal(await table.getByRole('cell', { name: '1 item', exact: true }).count(), 5);
});

reads('a timeline tells its times to the pointer and to the keys', 'lesson4.html', screens.light, async page => {
    const { run, slider, timeline } = runnerOf(page, 'lesson4/who_did_what');
    await run.press('Enter');
    await slider.waitFor(PATIENCE);
    const blocks = timeline.locator('svg .block');
    assert.equal(await blocks.count(), 12);

    const told = timeline.locator('.told');
    const time = /^ForkPoolWorker-\d: 1 item, [\d.]+ to [\d.]+ ms$/;
    await blocks.last().hover();
    assert.match(await told.textContent(), time);
    assert.equal(await told.textContent(), await slider.getAttribute('aria-valuetext'));
    await slider.press('Home');
    assert.match(await told.textContent(), /^MainProcess: /);
    await slider.press('ArrowRight');
    await slider.press('ArrowRight');
    assert.match(await slider.getAttribute('aria-valuetext'), time);
    assert(page.url().endsWith('lesson4.html'), 'the arrows turn no page here');
    await assertAccessible(page);
});

reads('the Python twin runs too', 'lesson3.html', screens.telephone, async page => {
    await choose(page, 'Python');
    const { run, says, output } = runnerOf(page, 'lesson3/numbers.py');
    await run.tap();
    await says('Exit status 0');
    await output.getByText('Number: 5').waitFor();
    await assertAccessible(page);
});

reads('Stop ends a program that would run for ever, and all its children', 'faults.html', screens.light, async page => {
    const { runner: { run, stop, says }, running } = await runForEver(page);
    await stop.press('Enter');
    await says(/^Ended after .*: you stopped it\.$/);
    await ended(running);
    assert.equal(await run.evaluate(button => button === document.activeElement), true);
    assert.equal(await stop.isVisible(), false);
    await assertAccessible(page);
});

reads('a second run of a page ends the first', 'faults.html', screens.light, async page => {
    const { runner: { says }, running } = await runForEver(page);
    await choose(page, 'Rust');
    const second = runnerOf(page, 'lesson5/killed_worker');
    await second.run.press('Enter');
    await second.says('Exit status 0');
    await second.output.getByText('The same pool goes on').waitFor();
    await ended(running);
    await choose(page, 'Python');
    await says('you stopped it');
});

reads('a run ends when the reader goes to another page', 'faults.html', screens.light, async page => {
    const { running } = await runForEver(page);
    await page.goto(`${book.address}lesson1.html`);
    await ended(running);
});

reads('a run ends when the page is closed', 'faults.html', screens.light, async page => {
    const { running } = await runForEver(page);
    await page.close();
    await ended(running);
});
