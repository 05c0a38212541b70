// Questions: answered by keyboard, counted, kept, and forgotten when asked.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serve } from './support/book.js';
import { assertAccessible, launch, newReader } from './support/reader.js';

const book = await serve();
const browser = await launch();
after(() => Promise.all([browser.close(), book.stop()]));

test('answers open by keyboard, are counted, kept and cleared', async () => {
    const { context, page, faults } = await newReader(browser, book);
    await page.goto(`${book.address}lesson1.html`);
    const quiz = page.getByRole('region', { name: 'Quiz' });
    const questions = quiz.locator('.question');
    const all = await questions.count();
    const score = quiz.getByRole('status');
    const clear = quiz.getByRole('button', { name: 'Clear my answers' });
    const open = quiz.locator('details[open]');
    const says = found => score.getByText(`${found} of ${all} found.`).waitFor();
    await says(0);
    assert.equal(await clear.isVisible(), false);

    const wrong = questions.first().locator('[data-verdict=wrong]').first();
    await wrong.locator('summary').press('Enter');
    await wrong.getByText('Wrong.').waitFor();
    await says(0);
    const right = questions.first().locator('[data-verdict=right]');
    await right.locator('summary').press('Space');
    await right.getByText('Right.').waitFor();
    await says(1);
    await assertAccessible(page);

    await page.reload();
    await says(1);
    assert.equal(await open.count(), 2);

    await clear.press('Enter');
    await says(0);
    await clear.waitFor({ state: 'hidden' });
    await page.reload();
    await says(0);
    assert.equal(await open.count(), 0);
    assert.deepEqual(faults, []);
    await context.close();
});
