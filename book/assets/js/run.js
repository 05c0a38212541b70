// Below each program a Run button: it builds the program, runs it on this machine, shows
// what it prints as it comes, and draws what its processes did. Only the served book has
// this script.
'use strict';

{
    const desk = document.currentScript.dataset.desk;
    const listings = [...document.querySelectorAll('.listing[data-program]')];
    /** The run that goes on; there is one a page. */
    let current = null;

    if (listings.length > 0) {
        offer().finally(() => document.documentElement.classList.add('offered'));
    }

    async function offer() {
        const shown = new Set(listings.map(listing => listing.dataset.program));
        const answer = await fetch(`${desk}?programs=${[...shown]}`).catch(() => null);
        if (!answer?.ok) {
            return; // Then this is a book to read.
        }
        const { token, page, programs } = await answer.json();
        for (const listing of listings) {
            const { program, language } = listing.dataset;
            const options = optionsOf(programs[program], language);
            if (options) {
                addRunner(listing, { token, page, program, language }, options);
            }
        }
        document.dispatchEvent(new Event('layout'));
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

    function addRunner(listing, order, options) {
        const name = order.language === 'python' ? `${order.program}.py` : order.program;
        const form = element('form', 'runner');
        const run = button('run-start', 'Run', `Run ${name}`);
        run.type = 'submit';
        const stop = button('run-stop', 'Stop', `Stop ${name}`);
        stop.hidden = true;
        const fields = options.map(field);
        const status = element('p', 'run-status');
        status.setAttribute('role', 'status');
        form.append(run, stop, ...fields, status);

        const output = element('pre', 'run-output');
        output.hidden = true;
        output.tabIndex = 0;
        output.setAttribute('role', 'region');
        output.setAttribute('aria-label', `Output of ${name}`);
        const drawing = element('div', 'run-timeline');
        listing.append(form, output, drawing);

        const runner = { form, run, stop, status, output, drawing, order, name };
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

    async function start(runner) {
        if (current === runner) {
            return;
        }
        if (current) {
            // One at a time: this one begins when the other is over.
            await halt(current);
        }
        current = runner;
        runner.abort = new AbortController();
        runner.over = follow(runner).finally(() => { current = null; });
    }

    async function halt(runner) {
        runner.status.textContent = 'Stopping…';
        await post(runner, '/stop', {}).catch(() => runner.abort.abort());
        await runner.over;
    }

    async function follow(runner) {
        const { form, run, stop, status, output, drawing } = runner;
        const options = Object.fromEntries([...new FormData(form)]
            .filter(([, value]) => value !== '')
            .map(([name, value]) => [name, Number(value)]));
        output.textContent = '';
        output.hidden = true;
        drawing.replaceChildren();
        status.className = 'run-status';
        status.textContent = 'Starting…';
        run.setAttribute('aria-disabled', true);
        stop.hidden = false;
        try {
            const { program, language } = runner.order;
            const answer = await post(runner, '', { program, language, options });
            if (!answer.ok) {
                throw new Error(await answer.text());
            }
            for await (const line of lines(answer.body)) {
                show(runner, JSON.parse(line));
            }
        } catch (error) {
            say(runner, error.name === 'Error' ? error.message : 'The book is not served any more.', false);
        }
        if (document.activeElement === stop) {
            run.focus();
        }
        stop.hidden = true;
        run.removeAttribute('aria-disabled');
        document.dispatchEvent(new Event('layout'));
    }

    function post({ order: { token, page }, abort }, path, body) {
        return fetch(desk + path, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json', 'Run-Token': token },
            body: JSON.stringify({ page, ...body }),
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
                write(runner, `${event.text}\n`);
                break;
            case 'not-built':
                write(runner, event.text);
                say(runner, 'It could not be built. The compiler says why.', false);
                break;
            case 'started':
                runner.status.textContent = 'Running…';
                runner.output.textContent = '';
                break;
            case 'output':
                write(runner, event.text);
                break;
            case 'ended':
                say(runner, event.text, event.well);
                break;
            case 'timeline':
                // The server drew it, as it draws those that the book keeps.
                runner.drawing.innerHTML = event.html;
                tellTimes(runner.drawing.firstElementChild);
                break;
        }
    }

    function write({ output }, text) {
        const atEnd = output.scrollTop + output.clientHeight >= output.scrollHeight - 4;
        output.hidden = false;
        output.append(text);
        if (atEnd) {
            output.scrollTop = output.scrollHeight;
        }
    }

    function say({ status }, text, well) {
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

    // The program ends with the page, also where the browser keeps the page for later.
    addEventListener('pagehide', () => current?.abort.abort());
}
