// Exercises: what opens by keyboard, and what the page says once the check has passed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after } from 'node:test';
import { serve, workspace } from './support/book.js';
import { assertAccessible, launch, readings, screens } from './support/reader.js';

const folder = join(workspace, 'lessons/lesson3/exercises/return_value');
const file = join(folder, 'exercise.rs');
const noted = join(workspace, 'lessons/support/exercises/.progress/lesson3/return_value');

const book = await serve();
const browser = await launch();
const reads = readings(browser, book);
after(() => Promise.all([browser.close(), book.stop()]));

const exerciseOf = page => page.getByRole('region', { name: 'Bring it home' });

reads('a hint and the solution open by keyboard', 'lesson3.html', screens.light, async page => {
    const exercise = exerciseOf(page);
    const opens = async (name, text) => {
        await exercise.getByText(text).waitFor({ state: 'hidden' });
        await exercise.locator('summary').filter({ hasText: name }).press('Enter');
        await exercise.getByText(text).waitFor();
    };
    const hint = await readFile(join(folder, 'hint.md'), 'utf8');
    await opens('A hint', hint.split(/[.`*_]/)[0]);
    await opens('The solution', 'searches.push');
    await assertAccessible(page);
});

reads('the page knows when an exercise is solved', 'lesson3.html', screens.light, async page => {
    const exercise = exerciseOf(page);
    const text = await readFile(file, 'utf8');
    const solution = await readFile(join(folder, 'solution.rs'), 'utf8');
    const progress = await readFile(noted).catch(() => null);
    const heading = page.getByRole('heading', { name: 'Bring it home' });
    try {
        await rm(noted, { force: true });
        await writeFile(file, solution);
        assert.equal(await check(), 0);
        await exercise.getByText('Solved', { exact: true }).waitFor();
        // Whatever the reader writes into it, the exercise keeps its title and its task.
        await heading.waitFor();
        await exercise.getByText('of several that are equally long').waitFor();
        await page.getByRole('navigation', { name: 'Contents' }).getByRole('link', { name: 'Bring it home' }).waitFor();
    } finally {
        // The reader's own work.
        await writeFile(file, text);
        await (progress ? writeFile(noted, progress) : rm(noted, { force: true }));
    }
});

/** Checks the exercise as a reader does; returns the exit status. */
async function check() {
    const options = ['run', '--quiet', '--package', 'lesson3', '--bin', 'exercise_return_value'];
    const [status] = await once(spawn('cargo', options, { cwd: workspace, stdio: 'ignore' }), 'exit');
    return status;
}
