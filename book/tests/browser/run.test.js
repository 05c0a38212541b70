// Run buttons: real programs, started from the page, seen in the page, and ended with it.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { serve } from './support/book.js';
import { descendants, ended } from './support/processes.js';
import { assertAccessible, launch, readings, screens } from './support/reader.js';
import { PATIENCE, runnerOf } from './support/runner.js';

const book = await serve();
const browser = await launch();
const reads = readings(browser, book);
after(() => Promise.all([browser.close(), book.stop()]));

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
    assert(running.length >= 4, `its supervisor, itself, two workers: ${running}`);
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
    await says(/^Ended after [\d.]+ s: you stopped it\.$/);
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

reads('arrows do not turn the page while a program runs, nor from a button', 'faults.html', screens.light, async page => {
    const { run } = runnerOf(page, 'lesson5/killed_worker');
    await run.press('ArrowRight');
    const { runner } = await runForEver(page);
    await runner.run.press('ArrowRight');
    await runner.stop.press('ArrowLeft');
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('ArrowRight');
    assert(page.url().endsWith('/faults.html'));
    assert.equal(await runner.stop.isVisible(), true);

    await runner.stop.press('Enter');
    await runner.says('you stopped it');
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('ArrowRight');
    await page.waitForURL('**/beside.html');
});

reads('the previous run stays, folded and labelled', 'lesson4.html', screens.light, async page => {
    const { run, says, option, output, timeline, earlier } = runnerOf(page, 'lesson4/main');
    assert.equal(await earlier.isVisible(), false);
    for (const workers of ['1', '2']) {
        await option('workers').fill(workers);
        await option('items').fill('3');
        await run.press('Enter');
        await says('Exit status 0');
        await timeline.first().waitFor();
    }
    const summary = earlier.locator('summary').first();
    assert.match(await summary.textContent(), /^Previous run \(workers 1, items 3\): Exit status 0, after [\d.]+\s.*\.$/);
    assert.equal(await earlier.locator('.run-output').isVisible(), false);
    await summary.press('Enter');
    assert.equal(await earlier.locator('.run-output').isVisible(), true);
    assert.equal(await earlier.locator('figure.timeline').isVisible(), true);
    assert.equal(await output.isVisible(), true);
    await assertAccessible(page);
});

/** Shows an answer that is made up here, as no program of the book prints in colour. */
async function answered(page, program, events) {
    const runner = runnerOf(page, program);
    await page.route('**/run', route => route.fulfill({
        contentType: 'application/x-ndjson',
        body: events.map(event => `${JSON.stringify(event)}\n`).join(''),
    }));
    await runner.run.press('Enter');
    return runner;
}

const printed = text => ({ event: 'output', text });

for (const screen of ['light', 'dark']) {
    reads(`colours and lines written over are shown as on a terminal: ${screen}`, 'lesson3.html', screens[screen], async page => {
        const { output } = await answered(page, 'lesson3/numbers', [
            { event: 'started' },
            printed('\x1b[1;31mred\x1b[0m plain \x1b[3'), printed('8;2;200;180;90mown\x1b[m \x1b[38;5;208mcube\x1b[39m\n'),
            printed('\x1b]0;a title\x07\x1b[2J\x1b[44m blue \x1b[7mreverse\x1b[0m\n'),
            printed('  0 %'), printed('\r 50 %'), printed('\r100 %\n'),
            printed('longer than\rshort\x1b[K\n'),
            ...Array.from('wxyz', sign => printed(`\x1b[3${'wxyz'.indexOf(sign) + 2}m${sign}\x1b[0m`)),
            { event: 'ended', well: true, text: 'Exit status 0, after 1 ms.', microseconds: 1000 },
        ]);
        await output.getByText('red').waitFor();
        assert.equal(await output.textContent(), 'red plain own cube\n blue reverse\n100 %\nshort\nwxyz');
        const red = output.getByText('red');
        const look = await red.evaluate(span => {
            const probe = document.createElement('i');
            probe.style.color = 'var(--wrong)';
            span.after(probe);
            const colour = getComputedStyle(probe).color;
            probe.remove();
            return { own: getComputedStyle(span).color, theme: colour, weight: getComputedStyle(span).fontWeight };
        });
        assert.equal(look.own, look.theme);
        assert.equal(look.weight, '700');
        await assertAccessible(page);
    });
}

reads('a program that does not compile opens at its first error', 'lesson3.html', screens.light, async page => {
    const text = `\x1b[1;31merror[E0308]\x1b[0m: the first\n${'a line of it\n'.repeat(100)}error: the last\n`;
    const { output, says } = await answered(page, 'lesson3/numbers', [
        { event: 'building', text: '3 of 4 done, now lesson3' },
        { event: 'not-built', text },
    ]);
    await says('It could not be built.');
    assert.equal(await output.evaluate(pre => pre.scrollTop), 0);
    assert(await output.evaluate(pre => pre.scrollHeight > pre.clientHeight));
    assert((await output.textContent()).startsWith('error[E0308]: the first'));
});

reads('a run whose end the page is not told is over all the same', 'lesson3.html', screens.light, async page => {
    const { stop, says } = await answered(page, 'lesson3/numbers', [{ event: 'started' }, printed('one\n')]);
    await says('Ended: this page was suspended');
    assert.equal(await stop.isVisible(), false);
});

reads('a build tells what it does and how long it has taken', 'lesson3.html', screens.light, async page => {
    await page.clock.install();
    await page.reload();
    const { run, says } = runnerOf(page, 'lesson3/numbers');
    await page.evaluate(() => {
        const real = globalThis.fetch;
        globalThis.fetch = (url, options) => options?.method !== 'POST' ? real(url, options)
            : Promise.resolve(new Response(new ReadableStream({
                start: stream => stream.enqueue(new TextEncoder().encode(
                    '{"event":"building","text":"3 of 45 done, now serde"}\n')),
            })));
    });
    await run.press('Enter');
    await says('Building…');
    await page.clock.runFor(65_000);
    const told = await page.locator('.run-clock').filter({ hasText: 's' }).textContent();
    assert.equal(told, '3 of 45 done, now serde, 65 s');
});

reads('Run stands at an output whose program is folded away', 'lesson2.html', screens.light, async page => {
    const output = page.locator('figure.run[data-program="lesson2/main"]');
    const run = output.getByRole('button', { name: 'Run lesson2/main', exact: true });
    await run.waitFor();
    assert.equal(await run.isVisible(), true);
    assert(await output.locator('samp').isVisible());
});
