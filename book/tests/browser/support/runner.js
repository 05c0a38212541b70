// A Run button of a page, and what belongs to it.

/** Time to build a lesson, where nobody has built it yet. */
export const PATIENCE = { timeout: 120_000 };

/** The first Run button for a program, and what belongs to it. */
export function runnerOf(page, program) {
    const run = page.getByRole('button', { name: `Run ${program}`, exact: true }).first();
    const figure = page.locator('figure[data-program]').filter({ has: run }).first();
    const status = figure.getByRole('status');
    const timeline = figure.locator('.run-timeline figure.timeline');
    return {
        run,
        stop: figure.getByRole('button', { name: `Stop ${program}`, exact: true }),
        option: name => figure.getByRole('spinbutton', { name, exact: true }),
        output: figure.getByRole('region', { name: `Output of ${program}`, exact: true }),
        says: (text, patience = PATIENCE) => status.filter({ hasText: text }).waitFor(patience),
        timeline,
        earlier: figure.locator('.run-earlier'),
        slider: timeline.getByRole('slider', { name: 'Step through the bars' }),
    };
}
