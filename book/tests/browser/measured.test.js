// The reader's own figures appear beside the recorded ones while the page is read.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { serve } from './support/book.js';
import { assertAccessible, comeTo, launch, newReader, screens } from './support/reader.js';

const criterion = await mkdtemp(join(tmpdir(), 'criterion-'));
process.env.CRITERION_HOME = criterion;
const book = await serve();
const browser = await launch();
after(() => Promise.all([browser.close(), book.stop(), rm(criterion, { recursive: true })]));

/** Leaves a figure as Criterion does, `wide` apart from its bounds. */
async function leave([group, name, parameter = ''], nanoseconds, { wide = 0, samples = 20 } = {}) {
    const folder = join(criterion, group, name, parameter, 'new');
    await mkdir(folder, { recursive: true });
    const write = (file, content) => writeFile(join(folder, file), JSON.stringify(content));
    const [lower_bound, upper_bound] = [nanoseconds * (1 - wide / 2), nanoseconds * (1 + wide / 2)];
    await write('sample.json', { times: Array(samples).fill(nanoseconds) });
    await write('estimates.json', {
        median: { point_estimate: nanoseconds, confidence_interval: { lower_bound, upper_bound } },
    });
    await write('benchmark.json', { group_id: group, function_id: name, value_str: parameter || null, throughput: null });
}

async function leaveRow(name, seconds) {
    const folder = join(criterion, 'versus_python');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `${name}.json`), JSON.stringify({
        python_version: 'Python 3.99', start_method: 'forkserver', workers: 2, short: false, what: name, unit: 's', python: [seconds], rust: [seconds / 2],
    }));
}

const steps = name => ['Count 23 million Collatz steps', name];
const chart = (page, title) => page.getByRole('figure').filter({ hasText: title });

test('figures are added to charts, table, description and model, and nothing else changes', async () => {
    const { context, page, faults } = await newReader(browser, book);
    await page.goto(`${book.address}measured.html`);
    await page.evaluate(() => { globalThis.stays = true; });
    const start = chart(page, 'Starting something');
    const table = start.getByText('The figures as a table');
    await table.press('Enter');
    const model = page.locator('figure.play');
    await comeTo(model);
    await table.focus();
    assert.equal(await page.locator('.own').count(), 0);

    await leave(['Start and join', 'a thread'], 43_210);
    await start.getByText('yours 43.2 µs').waitFor();
    await start.getByRole('cell', { name: 'yours 43.2' }).waitFor();
    assert.match(await start.locator('svg > desc').first().textContent(), /Your own figures: a thread 43\.2 µs\./);
    assert.equal(await table.evaluate(summary => summary === document.activeElement && summary.parentElement.open), true);

    await leave(['Start and join', 'a process'], 250_000, { wide: 0.5, samples: 10 });
    await start.getByText('yours 250 µs, noisy').waitFor();
    await start.getByText('One of 2 is noisy').waitFor();
    await start.getByText('A short run').waitFor();

    await leave([...steps('in one process'), '1'], 60e6);
    await leave([...steps('by processes'), '1'], 60e6);
    await leave([...steps('by processes'), '24'], 6e6);
    await model.getByRole('button', { name: 'Set to your machine' }).click();
    await model.getByText('Points of your machine').waitFor();
    const speedup = chart(page, 'Arithmetic, by more workers');
    await speedup.getByText('Yours:').waitFor();
    assert.match(await speedup.locator('svg > desc').first().textContent(), /processes: 1 1; 24 10\./);

    await leaveRow('apply', 0.0003);
    await chart(page, 'The same work by Python').getByText('yours 300 µs').waitFor();

    assert.equal(await page.evaluate(() => globalThis.stays), true, 'the page was loaded once');
    await assertAccessible(page);
    assert.deepEqual(faults, []);
    await context.close();
});

test('they have room and contrast on every screen, and are there without JavaScript', async () => {
    await leave(['Start and join', 'a thread'], 43_210_000, { wide: 0.5 });
    for (const screen of [screens.light, screens.dark, screens.telephone, screens.narrow]) {
        const { context, page, faults } = await newReader(browser, book, screen);
        await page.goto(`${book.address}measured.html`);
        const start = chart(page, 'Starting something');
        const label = await start.getByText('yours 43 210 µs, noisy').boundingBox();
        const figure = await start.boundingBox();
        assert(label.x + label.width <= figure.x + figure.width, `${label.x + label.width} of ${figure.x + figure.width}`);
        await assertAccessible(page);
        assert.deepEqual(faults, []);
        await context.close();
    }
    const { context, page } = await newReader(browser, book, { ...screens.light, javaScriptEnabled: false });
    await page.goto(`${book.address}measured.html`);
    await chart(page, 'Starting something').getByText('yours 43 210 µs, noisy').waitFor();
    await context.close();
});
