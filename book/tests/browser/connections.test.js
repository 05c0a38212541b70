// Many tabs: a browser opens six connections to a host, and they must do for all.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serve } from './support/book.js';
import { descendants, ended } from './support/processes.js';
import { launch, newReader } from './support/reader.js';
import { runnerOf } from './support/runner.js';

const book = await serve();
const browser = await launch();
after(() => Promise.all([browser.close(), book.stop()]));

test('ten tabs are read, four of them run a program, and each Stop is prompt', async () => {
    const { context, page, faults } = await newReader(browser, book);
    const tabs = [page];
    while (tabs.length < 10) {
        tabs.push(await context.newPage());
    }
    for (const tab of tabs) {
        await tab.goto(`${book.address}faults.html`, { timeout: 10_000 });
    }
    const runners = [];
    for (const tab of tabs.slice(0, 4)) {
        await tab.getByRole('tab', { name: 'Python' }).first().click();
        const runner = runnerOf(tab, 'lesson5/killed_worker.py');
        await runner.run.press('Enter');
        await runner.output.getByText('the worker that gets 3 is killed').waitFor();
        runners.push(runner);
    }
    await tabs[9].goto(`${book.address}lesson1.html`, { timeout: 10_000 });

    const running = await descendants(book.pid);
    for (const { stop, says } of runners) {
        await stop.press('Enter');
        await says(/^Ended after [\d.]+ s: you stopped it\.$/, { timeout: 2000 });
    }
    await ended(running);
    assert.deepEqual(faults, []);
    await context.close();
});
