// A Run button below each program: builds it, runs it on this machine, shows its output as it
// comes, and draws what its processes did. Only the served book has this script.
'use strict';

{
    const server = document.currentScript.dataset.server;
    // An output gets a Run button only if the code right above it has none.
    const listings = [...document.querySelectorAll(
        ':is(.listing, .run:not(.listing + *, .twins + *))[data-program]')];
    /** The current run; a page has one at a time. */
    let current = null;

    if (listings.length > 0) {
        offer().finally(() => document.documentElement.classList.add('offered'));
    }

    async function offer() {
        const shown = new Set(listings.map(listing => listing.dataset.program));
        const answer = await fetch(`${server}?programs=${[...shown]}`).catch(() => null);
        if (!answer?.ok) {
            return; // Then the book can only be read.
        }
        const { token, page, programs } = await answer.json();
        for (const listing of listings) {
            const { program, language } = listing.dataset;
            const options = optionsOf(programs[program], language);
            if (options) {
                whenUnfolded(listing, () => addRunner(listing, { token, page, program, language }, options));
            }
        }
        document.dispatchEvent(new Event('layout'));
    }

    /** The browser lays out every field, even one that is folded away. */
    function whenUnfolded(listing, add) {
        const fold = listing.closest('details:not([open])');
        if (!fold) {
            add();
            return;
        }
        listing.classList.add('run-later');
        fold.addEventListener('toggle', () => {
            listing.classList.remove('run-later');
            add();
        }, { once: true });
    }

    /** A twin has the options that it shares with the program, each with its own default. */
    function optionsOf(known, language) {
        if (language === 'rust') {
            return known?.rust;
        }
        const usual = known?.python;
        return usual && known.rust.filter(({ name }) => name in usual)
            .map(option => ({ ...option, usual: usual[option.name] }));
    }

    function addRunner(listing, request, options) {
        const name = request.language === 'python' ? `${request.program}.py` : request.program;
        const form = element('form', 'runner');
        const run = button('run-start', 'Run', `Run ${name}`);
        run.type = 'submit';
        const stop = button('run-stop', 'Stop', `Stop ${name}`);
        stop.hidden = true;
        const fields = options.map(field);
        const status = element('p', 'run-status');
        status.setAttribute('role', 'status');
        // It changes every second, so screen readers skip it.
        const clock = element('span', 'run-clock');
        clock.setAttribute('aria-hidden', true);
        form.append(run, stop, ...fields, status, clock);

        const output = element('pre', 'run-output');
        output.hidden = true;
        output.tabIndex = 0;
        output.setAttribute('role', 'region');
        output.setAttribute('aria-label', `Output of ${name}`);
        const drawing = element('div', 'run-timeline');
        const earlier = element('details', 'run-earlier');
        earlier.hidden = true;
        listing.append(form, earlier, output, drawing);

        const screen = terminal(output);
        const runner = { form, run, stop, status, clock, earlier, output, screen, drawing, request, name };
        stop.addEventListener('click', () => halt(runner));
        form.addEventListener('submit', event => {
            event.preventDefault();
            start(runner);
        });
    }

    function field({ name, help, min, max, usual }) {
        const label = element('label', 'run-option');
        const input = element('input');
        Object.assign(input, { type: 'number', name, min, max, step: 1 });
        input.placeholder = usual ?? 'auto';
        input.title = `${help}: from ${min} to ${max}`;
        label.append(name, ' ', input);
        return label;
    }

    function start(runner) {
        if (current === runner) {
            return;
        }
        // One at a time: the server starts this one once the other has ended.
        halt(current);
        current = runner;
        follow(runner).finally(() => {
            if (current === runner) {
                current = null;
            }
        });
    }

    /** Closing the response ends the program, without a further connection. */
    function halt(runner) {
        runner?.abort.abort();
    }

    async function follow(runner) {
        const { form, run, stop, status } = runner;
        const options = Object.fromEntries([...new FormData(form)]
            .filter(([, value]) => value !== '')
            .map(([name, value]) => [name, Number(value)]));
        setAside(runner);
        Object.assign(runner, { options, abort: new AbortController(), isOver: false });
        status.className = 'run-status';
        status.textContent = 'Starting…';
        count(runner);
        run.setAttribute('aria-disabled', true);
        stop.hidden = false;
        form.classList.add('running');
        try {
            const answer = await ask(runner);
            if (!answer.ok) {
                throw new Error(await answer.text());
            }
            for await (const line of lines(answer.body)) {
                show(runner, JSON.parse(line));
            }
            if (!runner.isOver) {
                say(runner, 'Ended: this page was suspended and did not read the output.', false);
            }
        } catch (error) {
            const since = `${((Date.now() - runner.since) / 1000).toFixed(1)} s`;
            say(runner, {
                AbortError: `Ended after ${since}: you stopped it.`,
                Error: error.message,
            }[error.name] ?? 'The book is no longer being served.', false);
        }
        clearInterval(runner.counting);
        runner.clock.textContent = '';
        if (document.activeElement === stop) {
            run.focus();
        }
        stop.hidden = true;
        run.removeAttribute('aria-disabled');
        form.classList.remove('running');
        document.dispatchEvent(new Event('layout'));
    }

    /** The previous run stays, folded, for comparison. */
    function setAside({ earlier, output, screen, drawing, status, options }) {
        if (!output.hidden) {
            const given = Object.entries(options).map(([name, value]) => `${name} ${value}`);
            const summary = element('summary');
            const how = given.length > 0 ? ` (${given.join(', ')})` : '';
            summary.textContent = `Previous run${how}: ${status.textContent}`;
            const kept = output.cloneNode();
            kept.removeAttribute('role');
            kept.removeAttribute('aria-label');
            kept.append(...output.childNodes);
            const drawn = element('div');
            drawn.append(...drawing.childNodes);
            earlier.replaceChildren(summary, kept, drawn);
            earlier.hidden = false;
        }
        drawing.replaceChildren();
        screen.clear();
        output.hidden = true;
    }

    /** Counts the seconds from now on. */
    function count(runner) {
        clearInterval(runner.counting);
        runner.since = Date.now();
        runner.step = '';
        runner.clock.textContent = '';
        runner.counting = setInterval(tick, 1000, runner);
    }

    function tick({ clock, since, step }) {
        const seconds = Math.floor((Date.now() - since) / 1000);
        clock.textContent = [step, seconds > 0 && `${seconds} s`].filter(Boolean).join(', ');
    }

    function ask({ request, options, abort }) {
        const { token, page, program, language } = request;
        return fetch(server, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json', 'Run-Token': token },
            body: JSON.stringify({ page, program, language, options }),
            signal: abort.signal,
        });
    }

    async function* lines(stream) {
        let rest = '';
        for await (const text of pieces(stream.pipeThrough(new TextDecoderStream()))) {
            const whole = (rest + text).split('\n');
            rest = whole.pop();
            yield* whole;
        }
    }

    async function* pieces(stream) {
        const reader = stream.getReader();
        for (;;) {
            const { done, value } = await reader.read();
            if (done) {
                return;
            }
            yield value;
        }
    }

    function show(runner, event) {
        switch (event.event) {
            case 'building':
                runner.status.textContent = 'Building…';
                runner.step = event.text;
                tick(runner);
                break;
            case 'not-built':
                write(runner, event.text);
                // The first error is usually the cause of the others.
                runner.output.scrollTop = 0;
                say(runner, 'It could not be built. The compiler says why.', false);
                break;
            case 'started':
                runner.status.textContent = 'Running…';
                count(runner);
                break;
            case 'output':
                write(runner, event.text);
                break;
            case 'ended':
                say(runner, event.text, event.well);
                break;
            case 'timeline':
                // Drawn by the server, like the recorded ones.
                runner.drawing.innerHTML = event.html;
                tellTimes(runner.drawing.firstElementChild);
                break;
        }
    }

    function write({ output, screen }, text) {
        const atEnd = output.scrollTop + output.clientHeight >= output.scrollHeight - 4;
        output.hidden = false;
        screen.write(text);
        if (atEnd) {
            output.scrollTop = output.scrollHeight;
        }
    }

    function say(runner, text, well) {
        const { status } = runner;
        runner.isOver = true;
        status.textContent = text;
        status.classList.add(well ? 'well' : 'failed');
    }

    function button(className, text, label) {
        const made = element('button', className);
        made.type = 'button';
        made.textContent = text;
        made.setAttribute('aria-label', label);
        return made;
    }

    function element(name, className = '') {
        const made = document.createElement(name);
        made.className = className;
        return made;
    }

    // The program ends with the page, even if the browser keeps the page in its cache.
    addEventListener('pagehide', () => halt(current));

    // Arrow keys turn the page, but not from a button, and not during a run, which would end.
    document.body.addEventListener('keydown', event => {
        const isPage = event.target.matches('body, main, a, #mdbook-content');
        if (['ArrowLeft', 'ArrowRight'].includes(event.key) && (current || !isPage)) {
            event.stopPropagation();
        }
    });
}
